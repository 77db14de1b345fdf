"""What happened in the cells of a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from provkit.model.executions import Derivation, Failure, Status


@dataclass(frozen=True, slots=True)
class Content:
    """Text that is told, or bytes that are kept by their digest."""

    mime: str
    text: str | None
    """None if it is kept in the artifacts of the store, under `digest`."""
    digest: str | None = None
    """SHA-256 in hex of what is kept."""
    size_bytes: int = 0
    encoding: Literal["text", "json", "base64", "base64-line", "base64-lines"] = "text"
    """How a notebook writes it: as it is, as a JSON value, or as base64: without line end, with one, or in
    lines of 76 characters."""


@dataclass(frozen=True, slots=True)
class CellText:
    """The text of a cell as it was for some of its executions, and what stood with it."""

    cell: str
    """Key of the cell."""
    number: int
    """Counts the edits between executions, from 1; the last is how the cell stands at the end."""
    source: Content
    metadata: Content | None = None
    tags: tuple[str, ...] = ()
    attachments: tuple[tuple[str, Content], ...] = ()
    python: Content | None = None
    """What IPython made of it before it ran, where that is another text; the steps' places are in this one."""
    is_deleted: bool = False
    """The cell ran, and is not in the notebook at the end."""

    @property
    def key(self) -> str:
        """`c790615e.2` for the second text of a cell."""
        return f"{self.cell}.{self.number}"


@dataclass(frozen=True, slots=True)
class CellExecution:
    """A cell of a notebook, run once; it shares the count of orders with `Execution`."""

    order: int
    cell: str
    text: int
    """Number of the text that ran."""
    status: Status
    started_at: datetime | None = None
    """None where a saved notebook does not tell."""
    ended_at: datetime | None = None
    execution_count: int | None = None
    parent: int | None = None
    """Order of the execution that ran it; None directly below the trial."""
    failure: Failure | None = None
    tags: tuple[str, ...] = ()
    is_cleared: bool = False
    """It is the last of its cell, and the notebook shows its outputs and count no longer."""


@dataclass(frozen=True, slots=True)
class CellOutput:
    """Something that a cell showed: text of a stream, an error, or one thing in several formats."""

    execution: int
    """Order of the cell's execution."""
    number: int
    """Place among its outputs, from 1."""
    kind: Literal["stream", "display_data", "execute_result", "error"]
    contents: tuple[Content, ...] = ()
    """Each format; of an error all that is known of it, as JSON."""
    stream: str | None = None
    execution_count: int | None = None
    metadata: Content | None = None
    failure: Failure | None = None
    derived_from: tuple[Derivation, ...] = ()

    @property
    def key(self) -> str:
        """`12.1` for the first output of execution 12."""
        return f"{self.execution}.{self.number}"


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a trial of a notebook tells beside its plan."""

    way: Literal["saved", "executed", "live"]
    format: tuple[int, int] | None = None
    """Major and minor version of nbformat; None where there is no file."""
    metadata: Content | None = None
    texts: tuple[CellText, ...] = ()
    executions: tuple[CellExecution, ...] = ()
    outputs: tuple[CellOutput, ...] = ()
    previous: str | None = None
    """Id of the trial that the same kernel made before it was started anew."""
