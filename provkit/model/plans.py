"""What was written: plans, with their steps and variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlanKind = Literal["script", "module", "command", "notebook"]
CellKind = Literal["code", "markdown", "raw"]


@dataclass(frozen=True, slots=True)
class Stage:
    """Which stage of a data-science pipeline something belongs to.

    `name` is one of `provkit.knowledge.STAGES`; `confidence` is between 0 and 1, 1 where the user says so.
    """

    name: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, or a call inside one, of a plan.

    `key` is `line.column` for a statement and `line.column-end_line.end_column` for a
    nested call; lines from 1, columns from 0 in UTF-8 bytes, as `ast` counts. In a notebook the cell's
    id comes first (`c790615e.2.0`), for an earlier text of the cell with its number (`c790615e@1.2.0`).
    """

    key: str
    source: str
    parent: str | None = None
    """Key of the enclosing step; None for a statement of the module."""
    preceded_by: str | None = None
    """Key of the statement before it in the same block."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    is_call: bool = False
    """The step is a call, or a statement that is one call or binds one call's result."""
    is_compound: bool = False
    """Other steps have this one as their parent."""
    cell: str | None = None
    """Key of the cell it stands in; None in a script without cells."""
    stage: Stage | None = None
    """The stage that the text alone shows; None for a call inside a statement."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook, or a `# %%` cell of a script: its place, title and text."""

    index: int
    """Place among the cells, from 0."""
    first_line: int
    last_line: int
    title: str
    kind: CellKind = "code"
    id: str | None = None
    """What a notebook calls it; None in a script."""
    stage: Stage | None = None
    """The stage that the text alone shows, of a code cell of a notebook."""

    @property
    def key(self) -> str:
        """What it is called within its plan: the id, or the index in a script."""
        return str(self.index) if self.id is None else self.id

    @property
    def shows(self) -> bool:
        """It can have outputs: a code cell of a notebook."""
        return self.id is not None and self.kind == "code"


@dataclass(frozen=True, slots=True)
class Function:
    """A function or class that the plan's text defines, by qualified name."""

    name: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a source text says, found without running it.

    A function of the text alone, or of a module the part of it in which something ran: `digest` is the SHA-256 of its
    bytes, in hex; of a notebook's cells in the form that `provkit.notebook_cells` gives them.
    """

    digest: str
    kind: PlanKind
    size_bytes: int
    steps: tuple[Step, ...] = ()
    variables: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    cells: tuple[Cell, ...] = ()
    text: str | None = None
    """The whole text, redacted line by line, so that every step stands where its key says; None if it is
    not known, or is that of a notebook, whose cells have theirs."""
