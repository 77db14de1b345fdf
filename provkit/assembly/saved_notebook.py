"""A saved notebook -> Trial: what it tells by itself, without being run.

Its cells, the last run of each in the order of the execution counts, what it shows, and what is
written between the cells; no values, because those were only there while it ran.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from provkit.assembly.cells import cell_text, settings_of
from provkit.assembly.contents import Contents, Keep
from provkit.assembly.execution_histories import Histories, Run, histories_of
from provkit.assembly.outputs_shown import output_of
from provkit.circumstances import Circumstances
from provkit.errors import BadInput
from provkit.model import (
    Agent,
    CellExecution,
    CellText,
    Failure,
    File,
    Notebook,
    Package,
    Setting,
    Status,
    Trial,
)
from provkit.notebook_cells import WrittenCell, text_of
from provkit.notebook_file import NotebookFile, parse_notebook
from provkit.notebook_plan import NotebookAnalysis, is_ipython_installed, needs_ipython
from provkit.source_secrets import secrets_of

_SHOWN = 8


def assemble_saved(path: Path, known: Circumstances, keep: Keep) -> Trial:
    """Make a trial of a notebook's file.

    Args:
        path: The file.
        known: Whose trial it is to be.
        keep: Where long contents go.

    Raises:
        BadInput: It cannot be read, or is no notebook.
    """
    try:
        content = path.read_bytes()
        saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"Couldn't read the notebook {str(path)!r}: {reason}.") from error
    digest, size_bytes = sha256(content).hexdigest(), len(content)
    notebook = parse_notebook(content, str(path))
    del content
    return _Saved(notebook, known, keep).trial(_file(path, known, digest, size_bytes), saved_at)


def _file(path: Path, known: Circumstances, digest: str, size_bytes: int) -> File:
    resolved = path.resolve()
    try:
        name = resolved.relative_to(known.project).as_posix()
    except ValueError:
        name = resolved.as_posix()
    return File(name, name, digest, size_bytes, role="code")


class _Saved:
    """One trial in the making."""

    def __init__(self, notebook: NotebookFile, known: Circumstances, keep: Keep) -> None:
        self._notebook = notebook
        self._known = known
        self._histories: Histories = histories_of(notebook)
        self._numbers: list[int] = []
        """For each run the number of the text that ran."""
        self._written = self._cells()
        self._analysis = NotebookAnalysis(self._written, is_python=notebook.is_python)
        secrets = [
            secret
            for analysis in self._analysis.analyses.values()
            for secret in secrets_of(analysis.tree)
        ]
        self._contents = Contents(keep, secrets)

    def _cells(self) -> list[WrittenCell]:
        texts: dict[str, list[str]] = {}
        for run in self._histories.runs:
            own = texts.setdefault(run.cell, [])
            if not own or own[-1] != run.source:
                own.append(run.source)
            self._numbers.append(len(own))
        cells = []
        for cell in self._notebook.cells:
            own = texts.get(cell["id"], [])
            source = text_of(cell["source"])
            if not own or own[-1] != source:
                own = [*own, source]
            cells.append(WrittenCell(cell["id"], cell["cell_type"], own[-1], tuple(own[:-1])))
        for name in self._histories.deleted:
            own = texts[name]
            cells.append(WrittenCell(name, "code", own[-1], tuple(own[:-1])))
        return cells

    def trial(self, file: File, saved_at: datetime) -> Trial:
        """Put it all together."""
        known, runs = self._known, self._histories.runs
        executions = tuple(self._executions())
        failed = next(
            (
                one
                for one, run in zip(executions, runs, strict=True)
                if one.failure and run.is_shown
            ),
            None,
        )
        moments = [at for run in runs for at in (run.started_at, run.ended_at) if at is not None]
        return Trial(
            id=known.trial,
            base_iri=known.base_iri,
            label=" ".join(known.command),
            plan=self._analysis.plan(),
            started_at=min(moments, default=saved_at),
            ended_at=max(moments, default=saved_at),
            status="failed" if failed is not None else "completed",
            exit_status=None,
            provkit_version=known.provkit,
            name=known.name,
            tags=known.tags,
            note=known.note,
            experiment=known.experiment,
            failure=failed.failure if failed is not None else None,
            failed_in=failed.order if failed is not None else None,
            agent=self._author(),
            script=file.key,
            files=(file,),
            settings=tuple(self._settings(has_times=bool(moments))),
            interpreter=self._interpreter(),
            notebook=Notebook(
                way="saved",
                format=self._notebook.format,
                metadata=self._contents.json(self._notebook.metadata)
                if self._notebook.metadata
                else None,
                texts=tuple(self._texts()),
                executions=executions,
                outputs=tuple(
                    output_of(self._contents, output, order, number)
                    for order, run in enumerate(runs, start=1)
                    for number, output in enumerate(run.outputs, start=1)
                ),
            ),
            warnings=tuple(self._warnings()),
        )

    # ---------------------------------------------------------------- cells

    def _texts(self) -> Iterator[CellText]:
        in_file = {cell["id"]: cell for cell in self._notebook.cells}
        for written in self._written:
            for number in range(1, len(written.texts) + 1):
                text = cell_text(
                    self._contents,
                    written,
                    number,
                    in_file.get(written.id),
                    self._analysis.python.get((written.id, number)),
                )
                yield replace(text, is_deleted=written.id not in in_file)

    def _executions(self) -> Iterator[CellExecution]:
        runs = self._histories.runs
        last = {run.cell: order for order, run in enumerate(runs, start=1)}
        for order, (run, text) in enumerate(zip(runs, self._numbers, strict=True), start=1):
            error = run.error
            failure = None
            if error is not None:
                redacted = self._contents.redacted
                failure = Failure(redacted(error["ename"]), redacted(error["evalue"]))
            status: Status = "completed" if error is None else "failed"
            yield CellExecution(
                order=order,
                cell=run.cell,
                text=text,
                status=run.status or status,
                started_at=run.started_at,
                ended_at=run.ended_at,
                execution_count=run.count,
                failure=failure,
                is_cleared=last[run.cell] == order and not run.is_shown,
            )

    # ---------------------------------------------------------------- circumstances

    def _settings(self, *, has_times: bool) -> Iterator[Setting]:
        yield Setting("argv", "command line", " ".join(self._known.command))
        yield from settings_of(self._notebook, self._contents)
        yield Setting(
            "notebook.way", "how the notebook was read", "as it was saved, without running it"
        )
        if not has_times:
            said = "not told: the times are when the file was saved"
            yield Setting("notebook.times", "when it ran", said)

    def _interpreter(self) -> Package | None:
        info = self._notebook.metadata.get("language_info")
        version = info.get("version") if isinstance(info, dict) else None
        if not isinstance(version, str) or not version.strip():
            return None
        return Package(self._notebook.language, version.strip(), "generic")

    def _author(self) -> Agent | None:
        authors = self._notebook.metadata.get("authors")
        for author in authors if isinstance(authors, list) else ():
            if (
                isinstance(author, dict)
                and isinstance(author.get("name"), str)
                and author["name"].strip()
            ):
                return Agent(author["name"].strip())
        return None

    # ---------------------------------------------------------------- what is to be told

    def _warnings(self) -> Iterator[str]:
        for repair in self._notebook.repairs[:_SHOWN]:
            yield f"the file was repaired: {repair}"
        if len(self._notebook.repairs) > _SHOWN:
            yield f"the file was repaired in {len(self._notebook.repairs) - _SHOWN} more places"
        if self._notebook.format[0] != 4:
            yield f"the file is of nbformat {self._notebook.format[0]} and was brought to 4"
        yield from self._unread()
        if not self._histories.deleted:
            yield from order_told([run for run in self._histories.runs if run.is_shown])

    def _unread(self) -> Iterator[str]:
        """Say which cells have no steps, and why."""
        if not self._notebook.is_python:
            return
        index = {cell.id: place for place, cell in enumerate(self._written)}
        texts = {cell.id: cell.texts for cell in self._written}
        without = [key for key in self._analysis.unread if texts[key[0]][key[1] - 1].strip()]
        if not without:
            return
        if not is_ipython_installed() and any(needs_ipython(texts[c][n - 1]) for c, n in without):
            cells = _places(sorted({index[cell] for cell, _ in without}))
            yield (
                f"{cells} could not be read as plain Python, and IPython, which knows its own syntax, is not "
                "installed: pip install 'provkit[notebook]'"
            )
            return
        for key in without[:_SHOWN]:
            yield f"cell {index[key[0]]} could not be read as Python: {self._analysis.unread[key]}"


def order_told(runs: Sequence[Run]) -> Iterator[str]:
    """Say in which way execution counts are no plain order: repetitions, gaps, cells out of place."""
    counted = [(run.count, run.index) for run in runs if run.count]
    if not counted:
        return
    times = Counter(count for count, _ in counted)
    for count in [count for count, number in times.items() if number > 1][:_SHOWN]:
        places = _places(sorted(index for one, index in counted if one == count))
        yield f"{places} have the same execution count {count}: they ran in different sessions, or one is a copy"
    missing = sorted(set(range(min(times), max(times))) - set(times))
    if min(times) > 1:
        missing = [*range(1, min(times)), *missing]
    if missing:
        yield f"execution counts {_ranges(missing)} are missing: what ran then is not in the file as it was"
    jumps = [
        later
        for (_, earlier), (_, later) in zip(sorted(counted), sorted(counted)[1:], strict=False)
        if later < earlier
    ]
    if jumps:
        yield f"cells ran in another order than they stand: {_places(sorted(set(jumps)))} after one further down"


def _places(indices: Iterable[int]) -> str:
    found = list(indices)
    shown = ", ".join(map(str, found[:_SHOWN])) + (" and more" if len(found) > _SHOWN else "")
    return f"cell {shown}" if len(found) == 1 else f"cells {shown}"


def _ranges(numbers: list[int]) -> str:
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    said = [str(first) if first == last else f"{first}-{last}" for first, last in parts]
    return ", ".join(said[:_SHOWN]) + (" and more" if len(said) > _SHOWN else "")
