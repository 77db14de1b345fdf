"""A script or notebook -> its steps with their stages, without running anything.

Units are counted as people label them: each statement of the module, the statements of the main block and of a function
`main` below their header, each code cell of a notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provkit.bindings import bound_names, free_names, place
from provkit.errors import BadInput, TargetNotFound
from provkit.knowledge import Knowledge
from provkit.model import Plan, Stage
from provkit.notebook_cells import text_of
from provkit.notebook_file import parse_notebook
from provkit.redaction import redact
from provkit.source import SourceAnalysis, decode
from provkit.source_secrets import secrets_of
from provkit.stages import Staged, is_flattened, parsed, stages_of_cells, stages_of_tree
from provkit.stages.ipython_syntax import python_of_cell

_PREVIEW = 200
_CHANGING = {
    "fit",
    "partial_fit",
    "fit_transform",
    "append",
    "extend",
    "update",
    "add",
    "insert",
    "train",
    "step",
}
"""Methods that change what they are called on."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What running taught of a step: how often it was carried out, and for how long in all."""

    executions: int = 0
    seconds: float = 0.0
    iterations: int = 0
    """Rounds of a loop, over all its executions."""
    failed: bool = False
    stages: tuple[str, ...] = ()
    """The stages that running showed, where it showed any."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A statement, or a cell, with its place and its stage.

    `first_line` and `last_line` count from 1, in a notebook within the cell. The header of a block whose statements
    are steps of their own ends before the first of them. `cell_index` counts all cells of the notebook from 0.
    """

    first_line: int
    last_line: int
    stage: Stage
    text: str
    """The line that tells of it: of a cell that of its first statement of the cell's stage, of a function its `def`."""
    key: str
    """What the trial's plan calls it: `line.column`; of a notebook's cell its id."""
    cell_index: int | None = None
    children: tuple[PlannedStep, ...] = ()
    reads: tuple[str, ...] = ()
    """Names that it reads and has not bound before."""
    writes: tuple[str, ...] = ()
    """Names that it binds, and those of objects whose methods it calls or parts it sets."""
    ran: Ran | None = None
    """What running taught of it; None in a plan that nobody has run."""


@dataclass(frozen=True, slots=True)
class ProspectivePlan:
    """What a file is going to do, as far as its text tells."""

    path: str
    kind: str
    """`script` or `notebook`."""
    steps: tuple[PlannedStep, ...]

    @property
    def segments(self) -> tuple[tuple[str, tuple[PlannedStep, ...]], ...]:
        """The pipeline: contiguous steps of one stage."""
        found: list[tuple[str, list[PlannedStep]]] = []
        for step in units_of(self.steps):
            if found and found[-1][0] == step.stage.name:
                found[-1][1].append(step)
            else:
                found.append((step.stage.name, [step]))
        return tuple((name, tuple(steps)) for name, steps in found)


def units_of(steps: Sequence[PlannedStep]) -> Iterator[PlannedStep]:
    """Go through the steps as people count them: blocks as one, but for the headers that only enclose others."""
    for step in steps:
        yield step
        if step.children and step.last_line < step.children[0].first_line:
            yield from units_of(step.children)


def plan_of_file(path: Path, knowledge: Knowledge | None = None) -> ProspectivePlan:
    """Draw the plan of a script or a notebook.

    Raises:
        TargetNotFound: The file is not there.
        BadInput: It cannot be read: it is no Python, or no notebook.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise TargetNotFound(
            f"Couldn't plan {str(path)!r}: there is no such file. Check the path."
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"Couldn't plan {str(path)!r}: {reason}.") from error
    kind = "notebook" if path.suffix == ".ipynb" else "script"
    return plan_of_content(content, str(path), kind, knowledge)


def plan_of_content(
    content: bytes, name: str, kind: str, knowledge: Knowledge | None = None
) -> ProspectivePlan:
    """Draw the plan of a text.

    Args:
        content: The script's text, or the notebook's file.
        name: What to call it in messages and pictures.
        kind: `script` or `notebook`.
        knowledge: What is known of libraries; provkit's own without it.

    Raises:
        BadInput: It is no Python, or no notebook.
    """
    read = _notebook_steps if kind == "notebook" else _script_steps
    return ProspectivePlan(name, kind, tuple(read(content, name, knowledge)))


def written_plan(path: Path, knowledge: Knowledge | None = None) -> Plan:
    """Draw the plan of a script as the model has it, for the plan's graph.

    Raises:
        TargetNotFound: The file is not there.
        BadInput: It cannot be read, or is no Python script.
    """
    plan_of_file(path, knowledge)  # says what is wrong with it
    try:
        return SourceAnalysis(path.read_bytes(), "script", knowledge=knowledge).plan
    except SyntaxError as error:
        raise BadInput(
            f"Couldn't draw the graph of {str(path)!r}: it is Python 2, or has IPython's lines in it, and its plan "
            "has no graph. The formats table, json, dot and svg show its stages."
        ) from error
    except RecursionError as error:
        raise BadInput(
            f"Couldn't draw the graph of {str(path)!r}: its expressions are nested too deeply."
        ) from error


def _script_steps(content: bytes, name: str, knowledge: Knowledge | None) -> list[PlannedStep]:
    try:
        text = decode(content)
        tree = _tree_of(content, text)
    except SyntaxError as error:
        place = f"{name}:{error.lineno or 1}:{error.offset or 1}"
        raise BadInput(
            f"{place}: Couldn't plan this script, as it is no Python: {error.msg}."
        ) from error
    except (ValueError, LookupError, RecursionError, MemoryError) as error:
        raise BadInput(
            f"Couldn't plan {name!r}: it cannot be read as Python ({error or type(error).__name__})."
        ) from error
    lines = text.split("\n")
    secrets = secrets_of(tree)
    try:
        return [_step(staged, lines, secrets) for staged in stages_of_tree(tree, lines, knowledge)]
    except RecursionError as error:
        raise BadInput(f"Couldn't plan {name!r}: its expressions are nested too deeply.") from error


def _tree_of(content: bytes, text: str) -> ast.Module:
    try:
        return ast.parse(content)
    except SyntaxError:
        # Plans are drawn of what nobody can run here, too: Python 2, and scripts with IPython's lines in them.
        tree = parsed(text) or parsed(python_of_cell(text) or "")
        if tree is None or not tree.body:
            raise
        return tree


def _notebook_steps(
    content: bytes, name: str, knowledge: Knowledge | None
) -> Iterator[PlannedStep]:
    notebook = parse_notebook(content, name)
    cells = [
        (index, str(cell.get("id", index)), text_of(cell.get("source", "")))
        for index, cell in enumerate(notebook.cells)
        if cell.get("cell_type") == "code"
    ]
    texts = [python_of_cell(text) if notebook.is_python else None for _, _, text in cells]
    try:
        found = stages_of_cells(texts, knowledge)
    except RecursionError as error:
        raise BadInput(f"Couldn't plan {name!r}: its expressions are nested too deeply.") from error
    for (index, cell_id, text), python, (stage, staged) in zip(cells, texts, found, strict=True):
        tree = parsed(python) if python is not None else None
        secrets = secrets_of(tree) if tree is not None else ()
        lines = text.split("\n")
        inside = tuple(_step(inner, lines, secrets, index) for inner in staged)
        telling = next((step.text for step in inside if step.stage.name == stage.name), "")
        yield PlannedStep(
            1,
            len(lines),
            stage,
            telling or _shown(lines, _first_said(lines), secrets),
            cell_id,
            index,
            inside,
            *_flow([inner.node for inner in staged]),
        )


def _step(
    staged: Staged, lines: Sequence[str], secrets: Sequence[str], cell: int | None = None
) -> PlannedStep:
    node = staged.node
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    children = tuple(_step(inner, lines, secrets, cell) for inner in staged.children)
    last = node.end_lineno or node.lineno
    if cell is None and is_flattened(node) and children:
        last = max(first, children[0].first_line - 1)
    flow = _flow([node])
    text = _shown(lines, node.lineno, secrets)
    return PlannedStep(first, last, staged.stage, text, place(node), cell, children, *flow)


def _first_said(lines: Sequence[str]) -> int:
    """Number the first line of a cell that is no comment and not empty; the first one if all are."""
    said = (
        n for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")
    )
    return next(said, 1)


def _flow(nodes: Sequence[ast.stmt]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say which names statements read from before them, and which they bind or change."""
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for node in nodes:
        reads.update(dict.fromkeys(name for name in free_names(node) if name not in writes))
        changed = [
            inner.func.value.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and isinstance(inner.func.value, ast.Name)
            and inner.func.attr in _CHANGING
        ]
        writes.update(dict.fromkeys([*bound_names(node), *changed]))
    return tuple(reads), tuple(writes)


def _shown(lines: Sequence[str], first: int, secrets: Sequence[str]) -> str:
    text = lines[first - 1].strip() if first <= len(lines) else ""
    if text in ('"""', "'''"):  # of a docstring its first words
        text += next((line.strip() for line in lines[first:] if line.strip("=- ")), "")
    return redact(text, secrets)[:_PREVIEW]
