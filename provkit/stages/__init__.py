"""Which stage of a data-science pipeline each statement and cell belongs to, from the text alone.

`expressions` and `calls` read what each expression stands for, by the knowledge base, by the dataflow and by names;
`statements` makes units of it; `deciding` gives each its stage, with a confidence and the evidence; `words` lets the
words of a unit lean to another one where they are clear.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provkit import quiet_parsing
from provkit.knowledge import Knowledge
from provkit.model import Stage
from provkit.stages.deciding import Decisions
from provkit.stages.ipython_syntax import stage_of_commands
from provkit.stages.meanings import Unit
from provkit.stages.python2_syntax import python_3_of
from provkit.stages.statements import FUNCTIONS, Program, is_flattened
from provkit.stages.tags import tag_of_cell
from provkit.stages.words import Seen, reconsidered

__all__ = ["Staged", "is_flattened", "stages_of_cell_trees", "stages_of_cells", "stages_of_tree"]


@dataclass(frozen=True, slots=True)
class Staged:
    """A statement with its stage; the statements inside it are its children."""

    node: ast.stmt
    stage: Stage
    children: tuple[Staged, ...] = ()


def stages_of_tree(
    tree: ast.Module, lines: Sequence[str] = (), knowledge: Knowledge | None = None
) -> list[Staged]:
    """Give each statement of a script its stage.

    Args:
        tree: The parsed text.
        lines: The text's lines, in which the user's tags are looked for.
        knowledge: What is known of libraries; provkit's own without it.
    """
    program = Program(knowledge or Knowledge(), lines)
    program.note_methods(tree)
    units = program.block(tree.body)
    program.finish()
    decisions = Decisions()
    decisions.block(units)
    counted = [unit for unit in _flattened(units) if unit.node is not None]
    seen = [
        _seen([unit], decisions.decided(unit), decisions, settled=decisions.is_settled(unit))
        for unit in counted
    ]
    found = reconsidered(seen)
    changed = {
        id(unit): (said.stage, stage)
        for unit, said, stage in zip(counted, seen, found, strict=True)
        if stage is not said.stage and isinstance(unit.node, FUNCTIONS)
    }
    for unit, said, stage in zip(counted, seen, found, strict=True):
        decisions.overrule(unit, _as_called(unit, said, changed) or stage)
    return list(_staged(units, decisions))


def _as_called(unit: Unit, said: Seen, changed: Mapping[int, tuple[Stage, Stage]]) -> Stage | None:
    """Give the call of a function whose stage the words changed the function's new one, if it had its old one."""
    work = unit.works[0] if unit.works else None
    if said.settled or work is None or work.definition is None:
        return None
    old, new = changed.get(id(work.definition.unit), (None, None))
    if old is None or new is None or old.name != said.stage.name:
        return None
    return Stage(new.name, min(new.confidence, work.confidence), (work.evidence, *new.evidence[:1]))


def stages_of_cells(
    cells: Sequence[str | None], knowledge: Knowledge | None = None
) -> list[tuple[Stage, list[Staged]]]:
    """Give each code cell of a notebook its stage, and each statement in it.

    Args:
        cells: The cells' Python text, IPython's own syntax taken out; None for one in another language.
        knowledge: What is known of libraries; provkit's own without it.

    Returns:
        For each cell its stage, and its statements, whose lines count within the cell.
    """
    trees = [parsed(text) if text is not None else None for text in cells]
    return stages_of_cell_trees(cells, trees, knowledge)


def stages_of_cell_trees(
    cells: Sequence[str | None],
    trees: Sequence[ast.Module | None],
    knowledge: Knowledge | None = None,
) -> list[tuple[Stage, list[Staged]]]:
    """Give each code cell of a notebook its stage, as `stages_of_cells` does, where they are parsed already.

    Args:
        cells: The cells' texts, in which the user's tags are looked for.
        trees: What was read of each; None where it is no Python.
        knowledge: What is known of libraries; provkit's own without it.
    """
    program = Program(knowledge or Knowledge())
    read: list[list[Unit] | None] = []
    for tree in trees:
        if tree is not None:
            program.note_methods(tree)
    for program.cell, tree in enumerate(trees):
        read.append(program.block(tree.body) if tree is not None else None)
    program.finish()
    decisions = Decisions()
    seen = [_seen_cell(*cell, decisions) for cell in zip(cells, read, strict=True)]
    found = reconsidered(seen)
    for units, cell, stage in zip(read, seen, found, strict=True):
        if units and len(units) == 1 and stage is not cell.stage:
            decisions.overrule(units[0], stage)
    return [
        (stage, list(_staged(units or (), decisions)))
        for units, stage in zip(read, found, strict=True)
    ]


def _seen_cell(text: str | None, units: Sequence[Unit] | None, decisions: Decisions) -> Seen:
    """Decide a cell and what is in it, by the rules."""
    if units is None:
        reason = "another language" if text is None else "no Python that can be read"
        return Seen((), Stage("other", 0.5, (reason,)), ())
    decisions.block(units)
    if not units:
        reason = "nothing but comments" if text and text.strip() else "an empty cell"
        return Seen((), Stage("other", 0.95, (reason,)), (), settled=True)
    tag = tag_of_cell(text or "")
    stage = decisions.cell(units, tag)
    if all(isinstance(unit.node, ast.Pass) for unit in units):
        said = stage_of_commands(_commands(units, text or ""))
        stage = Stage(said[0], 0.8, (said[1],)) if said is not None else stage
    return _seen(units, stage, decisions, units, settled=tag is not None)


def _seen(
    units: Sequence[Unit],
    stage: Stage,
    decisions: Decisions,
    inside: Sequence[Unit] | None = None,
    *,
    settled: bool,
) -> Seen:
    parts = inside if inside is not None else units[0].children
    return Seen(
        [unit.node for unit in units if unit.node is not None],
        stage,
        [found.name for part in parts if (found := decisions.stage(part)) is not None],
        settled,
    )


def _flattened(units: Sequence[Unit]) -> Iterator[Unit]:
    """Go through the units as people count them: what the main block holds is counted by itself."""
    for unit in units:
        yield unit
        if unit.is_header:
            yield from _flattened(unit.children)


def _commands(units: Sequence[Unit], text: str) -> str:
    """Give the commands of a cell: `pass  # !wget ...` as it was written."""
    lines = text.split("\n")
    held = (lines[unit.node.lineno - 1] for unit in units if unit.node is not None)
    return "\n".join(line.removeprefix("pass  # ") for line in held)


def parsed(text: str) -> ast.Module | None:
    """Parse a text, as Python 2 if it is no Python 3, or say that it is no Python."""
    for read in (text, None):
        python = read if read is not None else python_3_of(text)
        try:
            return quiet_parsing.parsed(python) if python is not None else None
        except (SyntaxError, ValueError):
            continue
    return None


def _staged(units: Sequence[Unit], decisions: Decisions) -> Iterator[Staged]:
    for unit in units:
        stage = decisions.stage(unit)
        if unit.node is not None and stage is not None:
            yield Staged(unit.node, stage, tuple(_staged(unit.children, decisions)))
