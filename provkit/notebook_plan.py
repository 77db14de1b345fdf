"""A notebook's cells -> Plan: their statements as steps in one namespace, found without running them.

Cells share their variables, so what flows from one to the next is a variable that one writes and
the other reads. IPython's own syntax (`!ls`, `%matplotlib inline`, `df?`) is turned into the calls that
it stands for by IPython itself where that is installed; without it, a cell that is no plain Python has
no steps, and that is told.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

from provkit.magic_bodies import opened
from provkit.model import Cell, Function, Plan, Stage, Step
from provkit.notebook_cells import WrittenCell, canonical_bytes
from provkit.quiet_parsing import parsed
from provkit.source import SourceAnalysis, stages_by_place
from provkit.stages import stages_of_cell_trees

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_TITLE = 80

TextKey = tuple[str, int]
"""A cell's id, and the number of one of its texts, from 1."""


class NotebookAnalysis:
    """A notebook's texts, read once: the plan, and what each text says."""

    def __init__(
        self,
        cells: Sequence[WrittenCell],
        *,
        is_python: bool = True,
        compiled: Mapping[TextKey, bytes] | None = None,
    ) -> None:
        """Read all texts.

        Args:
            cells: In the notebook's order; those that ran and were deleted come last.
            is_python: False for a notebook in another language, whose cells have no steps.
            compiled: Of texts that ran, what IPython made of them; others are turned into plain
                Python here.
        """
        self._cells = tuple(cells)
        self._last = {cell.id: len(cell.texts) for cell in cells}
        self.unread: dict[TextKey, str] = {}
        """Texts that could not be read as Python, and why."""
        self.analyses: dict[TextKey, SourceAnalysis] = {}
        self.python: dict[TextKey, str] = {}
        """What IPython made of a text, where that is more than `without_ipython` does."""
        if is_python:
            self._analyse(dict(compiled or {}))

    def _analyse(self, compiled: dict[TextKey, bytes]) -> None:
        trees: dict[TextKey, bytes] = {}
        names: set[str] = set()
        for cell in self._cells:
            if cell.kind != "code":
                continue
            for number, text in enumerate(cell.texts, start=1):
                key = cell.id, number
                source = compiled.get(key)
                if source is None:
                    source = plain_python(text).encode("utf-8", "surrogatepass")
                try:
                    analysis = SourceAnalysis(source, "notebook")
                except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                    self.unread[key] = _reason(error)
                    continue
                trees[key] = source
                compiled_text = source.decode("utf-8", "surrogatepass")
                if compiled_text != without_ipython(text):
                    self.python[key] = compiled_text
                names.update(analysis.plan.variables)
        for key, source in trees.items():
            self.analyses[key] = SourceAnalysis(source, "notebook", shared=names)

    def prefix(self, key: TextKey) -> str:
        """Give what keys of the steps of a text begin with."""
        cell, number = key
        return f"{cell}." if number == self._last[cell] else f"{cell}@{number}."

    def plan(self) -> Plan:
        """The plan: a function of the cells' ids, types and texts alone."""
        steps: list[Step] = []
        variables: dict[str, None] = {}
        functions: list[Function] = []
        for cell in self._cells:
            for number in range(1, len(cell.texts) + 1):
                analysis = self.analyses.get((cell.id, number))
                if analysis is None:
                    continue
                found = analysis.plan
                prefix = self.prefix((cell.id, number))
                steps += [_within(step, cell.id, prefix) for step in found.steps]
                variables.update(dict.fromkeys(found.variables))
                functions += found.functions
        stages, of_cells = self._stages()
        content = canonical_bytes(self._cells)
        return Plan(
            digest=sha256(content).hexdigest(),
            kind="notebook",
            size_bytes=len(content),
            steps=tuple(replace(step, stage=stages.get(step.key)) for step in steps),
            variables=tuple(variables),
            functions=tuple(functions),
            cells=tuple(
                _cell(index, cell, of_cells.get(cell.id)) for index, cell in enumerate(self._cells)
            ),
        )

    def _stages(self) -> tuple[dict[str, Stage], dict[str, Stage]]:
        """Give each statement its stage, by the key of its step, and each cell by its id."""
        keys = [(cell.id, n) for cell in self._cells for n in range(1, len(cell.texts) + 1)]
        texts = {(cell.id, n): text for cell in self._cells for n, text in enumerate(cell.texts, 1)}
        keys = [key for key in keys if key in self.analyses]
        try:
            found = stages_of_cell_trees(
                [texts[key] for key in keys], [self.analyses[key].tree for key in keys]
            )
        except RecursionError:  # expressions nested so deeply that nobody wrote them
            return {}, {}
        steps: dict[str, Stage] = {}
        cells: dict[str, Stage] = {}
        for key, (stage, staged) in zip(keys, found, strict=True):
            cells[key[0]] = stage
            for place, of_step in stages_by_place(staged).items():
                steps[f"{self.prefix(key)}{place}"] = of_step
        return steps, cells


def _within(step: Step, cell: str, prefix: str) -> Step:
    return replace(
        step,
        key=f"{prefix}{step.key}",
        parent=None if step.parent is None else f"{prefix}{step.parent}",
        preceded_by=None if step.preceded_by is None else f"{prefix}{step.preceded_by}",
        cell=cell,
    )


def _cell(index: int, cell: WrittenCell, stage: Stage | None) -> Cell:
    heading = _HEADING.search(cell.source) if cell.kind == "markdown" else None
    return Cell(
        index=index,
        first_line=1,
        last_line=cell.source.count("\n") + 1,
        title=heading[1][:_TITLE] if heading else "",
        kind=cell.kind,
        id=cell.id,
        stage=stage,
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return str(error) or type(error).__name__


# ------------------------------------------------------------------ IPython's syntax


def plain_python(text: str) -> str:
    """Turn a cell's text into plain Python, as IPython would before it compiles it; bodies of magics in the open.

    Without IPython only what needs none of its syntax is done: empty lines at the top go, which
    its positions do not count either, and the last line ends.
    """
    transform = _transformer()
    if transform is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return opened(transform(text), transform).text
        except (SyntaxError, ValueError, RecursionError):
            return text
    return without_ipython(text)


def without_ipython(text: str) -> str:
    """Do what IPython does to every text: empty lines at the top go, and the last line ends."""
    lines = text.splitlines(keepends=True)
    while lines and not lines[0].strip():
        del lines[0]
    joined = "".join(lines)
    return joined if joined.endswith("\n") else joined + "\n"


def is_ipython_installed() -> bool:
    """Tell whether IPython's own syntax can be read."""
    return _transformer() is not None


@cache
def _transformer() -> Callable[[str], str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from IPython.core.inputtransformer2 import TransformerManager
    except Exception:  # noqa: BLE001  half an installation is none
        return None
    transform: Callable[[str], str] = TransformerManager().transform_cell  # type: ignore[no-untyped-call]
    return transform


def needs_ipython(text: str) -> bool:
    """Tell whether a text is Python only after IPython has gone over it."""
    try:
        parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
