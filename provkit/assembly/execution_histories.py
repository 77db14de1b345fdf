"""What a saved notebook tells of when its cells ran: the last run of each, and the histories that some tools keep.

the notebook itself   execution counts and outputs: the last run of each cell
Jupyter, nbclient     `metadata.execution`: when a cell was sent, began and ended
papermill             `metadata.papermill`: when, and how it ended
Colab, ExecuteTime    `metadata.executionInfo`, `metadata.ExecuteTime`: when
ProvBook              `metadata.provenance`: every run, with text and outputs as they were
MLProvLab             the notebook's `metadata.provenance.epochs`: every run of every kernel session
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from provkit.model import Status
from provkit.notebook_cells import is_cell_id, text_of
from provkit.notebook_file import NotebookFile, repaired_outputs

_PAPERMILL: dict[str, Status] = {
    "completed": "completed",
    "failed": "failed",
    "running": "aborted",
}


@dataclass(slots=True)
class Run:
    """A cell that ran once, as a saved notebook tells it."""

    cell: str
    source: str
    outputs: list[dict[str, Any]]
    count: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    status: Status | None = None
    is_shown: bool = True
    """Its outputs are those that the notebook has now."""
    session: int = 0
    """Counts kernel sessions, where a history tells them apart; the notebook's last is the greatest."""
    index: int = 0
    """Place of its cell."""

    @property
    def error(self) -> dict[str, Any] | None:
        """The exception that it ended with."""
        return next((one for one in self.outputs if one["output_type"] == "error"), None)


@dataclass(slots=True)
class Histories:
    """All runs that a saved notebook tells of, in order, and cells that ran and are there no longer."""

    runs: list[Run] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


def histories_of(notebook: NotebookFile) -> Histories:
    """Find all runs, in the order in which they took place as far as the notebook tells it.

    Kernel sessions come one after the other; within one, runs are in the order of their times where all
    of them have one, else of their execution counts. Of those without a count, what a history tells
    comes first, and what the notebook shows last.
    """
    found = Histories()
    earlier = _of_mlprovlab(notebook)
    for index, cell in enumerate(notebook.cells):
        if cell["cell_type"] != "code":
            continue
        history = earlier.pop(cell["id"], []) + list(_of_provbook(cell))
        shown = _shown(cell)
        if shown is not None:
            if history and _is_same(history[-1], shown):
                last = history.pop()
                shown.started_at = shown.started_at or last.started_at
                shown.ended_at = shown.ended_at or last.ended_at
                shown.session = last.session
            elif history:
                shown.session = max(run.session for run in history)
            history.append(shown)
        for run in history:
            run.index = index
        found.runs += history
    for name, history in earlier.items():
        found.deleted.append(name)
        for run in history:
            run.index = len(notebook.cells)
        found.runs += history
    _sort(found.runs)
    return found


def _sort(runs: list[Run]) -> None:
    timed = {run.session for run in runs} - {run.session for run in runs if run.started_at is None}

    def place(run: Run) -> tuple[int, float, float, int]:
        moment = run.started_at.timestamp() if run.started_at and run.session in timed else 0.0
        uncounted = float("inf") if run.is_shown else -1.0
        return run.session, moment, uncounted if run.count is None else run.count, run.index

    runs.sort(key=place)


def _is_same(last: Run, shown: Run) -> bool:
    """Tell whether the last run of a history is the one that the notebook shows."""
    if last.count is not None and shown.count is not None and last.count != shown.count:
        return False
    return last.source == shown.source and (last.outputs == shown.outputs or last.count is not None)


def _shown(cell: dict[str, Any]) -> Run | None:
    """Tell the run that a cell shows; None if it was not run, or was cleared."""
    if cell["execution_count"] is None and not cell["outputs"]:
        return None
    run = Run(cell["id"], text_of(cell["source"]), cell["outputs"], cell["execution_count"])
    run.started_at, run.ended_at = _times(cell["metadata"])
    papermill = cell["metadata"].get("papermill")
    if isinstance(papermill, dict):
        run.status = _PAPERMILL.get(str(papermill.get("status")))
        if papermill.get("exception") is True:
            run.status = "failed"
    return run


def _times(metadata: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Find when a cell began and ended in whatever form the program that ran it wrote that."""
    told = metadata.get("execution")
    if isinstance(told, dict):
        began = told.get("iopub.execute_input") or told.get("iopub.status.busy")
        ended = told.get("shell.execute_reply") or told.get("iopub.status.idle")
        if began or ended:
            return _ordered(moment(began or told.get("shell.execute_reply.started")), moment(ended))
    for key in ("papermill", "ExecuteTime"):
        told = metadata.get(key)
        if isinstance(told, dict) and told.get("start_time"):
            return _ordered(moment(told.get("start_time")), moment(told.get("end_time")))
    told = metadata.get("executionInfo")
    if isinstance(told, dict) and isinstance(told.get("timestamp"), int | float):
        ended_at = moment(told["timestamp"])
        elapsed = told.get("elapsed")
        if ended_at is not None and isinstance(elapsed, int | float):
            return _ordered(ended_at - timedelta(milliseconds=elapsed), ended_at)
        return None, ended_at
    return None, None


def _ordered(
    began: datetime | None, ended: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Leave an end out that is before its beginning: one of the two clocks was wrong."""
    return (began, None) if began and ended and ended < began else (began, ended)


def moment(told: object) -> datetime | None:
    """Read a time as ISO 8601, as HTTP writes it, or in milliseconds since 1970; None if it has no zone."""
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told / 1000, UTC)
        if not isinstance(told, str):
            return None
        try:
            found = datetime.fromisoformat(told)
        except ValueError:
            found = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)


# ------------------------------------------------------------------ histories


def _of_provbook(cell: dict[str, Any]) -> Iterator[Run]:
    told = cell["metadata"].get("provenance")
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("source"), str | list):
            continue
        began, ended = _ordered(moment(one.get("start_time")), moment(one.get("end_time")))
        yield Run(
            cell["id"],
            text_of(one["source"]),
            _plausible(one.get("outputs")),
            started_at=began,
            ended_at=ended,
            is_shown=False,
        )


def _of_mlprovlab(notebook: NotebookFile) -> dict[str, list[Run]]:
    """Find the runs of each cell; MLProvLab calls a cell by what it was called when it first ran."""
    provenance = notebook.metadata.get("provenance")
    epochs = provenance.get("epochs") if isinstance(provenance, dict) else None
    known: dict[str, str] = {
        cell["metadata"].get("prov_id", cell["id"]): cell["id"]
        for cell in notebook.cells
        if isinstance(cell["metadata"].get("prov_id", ""), str)
    }
    runs: dict[str, list[Run]] = {}
    for session, epoch in enumerate(epochs if isinstance(epochs, list) else (), start=1):
        data = epoch.get("data") if isinstance(epoch, dict) else None
        for one in data if isinstance(data, list) else ():
            if not isinstance(one, dict) or not isinstance(one.get("cell_id"), str):
                continue
            called = str(one["cell_id"])
            name = known.get(called, called)
            if not is_cell_id(name):
                continue
            count = one.get("execution_count")
            runs.setdefault(name, []).append(
                Run(
                    name,
                    text_of(one.get("cell_source", "")),
                    _plausible(one.get("cell_outputs")),
                    count if type(count) is int else None,
                    started_at=None,
                    ended_at=moment(one.get("time")),
                    status="failed" if one.get("type") == "error" else None,
                    is_shown=False,
                    session=session,
                )
            )
    return runs


def _plausible(outputs: object) -> list[dict[str, Any]]:
    """Take the outputs of a history as far as they are what nbformat calls outputs."""
    return repaired_outputs(outputs)
