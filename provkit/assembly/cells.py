"""Runs of cells -> the notebook's plan, its texts, executions and outputs.

What a journal tells of cells is laid beside the notebook's file, where there is one: cells that did not
run, markdown and metadata stand there alone, and so do the outputs of a notebook that was executed
from its first cell to its last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from provkit.assembly.contents import Contents, Keep, forget
from provkit.assembly.gathering import CellRun, Gathered
from provkit.assembly.outputs_shown import output_of, shown_at_the_end
from provkit.errors import BadInput
from provkit.events import OutputShown
from provkit.model import (
    CellExecution,
    CellOutput,
    CellText,
    Derivation,
    Failure,
    Notebook,
    Plan,
    Reference,
    Setting,
    Status,
)
from provkit.notebook_cells import WrittenCell, cell_id, editor_cell, is_cell_id, text_of
from provkit.notebook_file import NotebookFile, read_notebook
from provkit.notebook_plan import NotebookAnalysis, TextKey
from provkit.source import SourceAnalysis
from provkit.source_secrets import secrets_of

EXECUTED = "notebook.ipynb"
ORIGINAL = "original.ipynb"
SAVED = "saved.ipynb"
_ALIKE = 0.6
"""How much of a cell that was edited after it ran has to be what ran."""
_STATUS: dict[str, Status] = {"ok": "completed", "error": "failed", "aborted": "aborted"}


class Cells:
    """The cells of one trial, from its journal and what lies beside it."""

    def __init__(
        self, folder: Path, gathered: Gathered, text_of_digest: Callable[[str], bytes | None]
    ) -> None:
        """Read what there is.

        Args:
            folder: That of the journal.
            gathered: All that the journal tells.
            text_of_digest: Gives a source text that lies beside the journal.
        """
        self._gathered = gathered
        self._text_of_digest = text_of_digest
        self.warnings: list[str] = []
        self._saved_as: dict[str, str] = {}
        """For cells that VS Code has named, what they are called in the file."""
        self._file = self._notebook_beside(folder)
        self._ids: dict[int, str] = {}
        """For each run its cell's id."""
        self._numbers: dict[int, int] = {}
        """For each run the number of the text that ran."""
        self._texts: dict[str, list[str]] = {}
        self._take_runs()
        written = list(self._written())
        compiled = {
            (self._ids[order], self._numbers[order]): source
            for order, run in gathered.cells.items()
            if (source := self._compiled(run)) is not None
        }
        is_python = self._file.is_python if self._file is not None else True
        self.analysis = NotebookAnalysis(written, is_python=is_python, compiled=compiled)
        self.plan: Plan = self.analysis.plan()
        self._written_cells = written

    def _notebook_beside(self, folder: Path) -> NotebookFile | None:
        for name in (EXECUTED, ORIGINAL):
            if (folder / name).exists():
                try:
                    return read_notebook(folder / name)
                except BadInput as error:
                    self.warnings.append(str(error))
        return self._saved_beside(folder / SAVED)

    def _saved_beside(self, path: Path) -> NotebookFile | None:
        """Read the file that a session was lived in, if it was saved when all had run and has cells that ran.

        An earlier state would say of cells that came later that they had been deleted.
        """
        runs = [run for run in self._gathered.cells.values() if run.began.parent is None]
        ends = [(run.ended or run.began).time_ns for run in runs]
        try:
            saved_ns = path.stat().st_mtime_ns
            if not runs or saved_ns < self._gathered.began.wall_ns + max(ends):
                return None
            file = read_notebook(path)
        except (OSError, BadInput):
            return None
        ids = {cell["id"] for cell in file.cells if cell["cell_type"] == "code"}
        if ids & {run.began.cell for run in runs}:
            return file
        return file if self._matched_by_text(file, runs) else None

    def _matched_by_text(self, file: NotebookFile, runs: list[CellRun]) -> bool:
        """Find the cells of a file that VS Code has told the kernel of under other names: by what stands in them."""
        texts: dict[str, str] = {}
        for run in sorted(runs, key=lambda run: run.began.order):
            cell = editor_cell(run.began.cell)
            if cell is not None:
                text = self._text_of_digest(run.began.raw_sha256) or b""
                texts[cell.name] = text.decode("utf-8", "surrogatepass").strip()
        left = {
            cell["id"]: text_of(cell["source"]).strip()
            for cell in file.cells
            if cell["cell_type"] == "code"
        }
        for least in (1.0, _ALIKE):
            for name in sorted(texts.keys() - self._saved_as.keys()):
                shares = {one: _share(texts[name], text) for one, text in left.items()}
                best = max(shares, key=lambda one: shares[one], default=None)
                if best is not None and shares[best] >= least:
                    self._saved_as[name] = best
                    del left[best]
        return bool(self._saved_as)

    def _compiled(self, run: CellRun) -> bytes | None:
        source = self._gathered.sources.get(run.began.plan)
        return self._text_of_digest(source.sha256) if source is not None else None

    # ---------------------------------------------------------------- texts

    def _take_runs(self) -> None:
        for order, run in sorted(self._gathered.cells.items()):
            text = self._text_of_digest(run.began.raw_sha256)
            if text is None:
                self.warnings.append(
                    f"the text that cell run {order} ran is not beside the journal"
                )
            source = (text or b"").decode("utf-8", "surrogatepass")
            name = self._id_of(run, source)
            texts = self._texts.setdefault(name, [])
            if not texts or texts[-1] != source:
                texts.append(source)
            self._ids[order], self._numbers[order] = name, len(texts)

    def _id_of(self, run: CellRun, source: str) -> str:
        if is_cell_id(run.began.cell):
            return str(run.began.cell)
        in_editor = editor_cell(run.began.cell)
        if in_editor is not None:
            return self._saved_as.get(in_editor.name, in_editor.name)
        cells = self._file.cells if self._file is not None else []
        index = run.began.index
        if index is not None and index < len(cells):
            return str(cells[index]["id"])
        return cell_id(index, source)

    def _written(self) -> Iterator[WrittenCell]:
        """Give the cells in their order: the file's, or by their places, and then the others."""
        left = dict(self._texts)
        for cell in self._file.cells if self._file is not None else ():
            texts = left.pop(cell["id"], [])
            source = text_of(cell["source"])
            if not texts or texts[-1] != source:
                texts = [*texts, source]
            yield WrittenCell(cell["id"], cell["cell_type"], texts[-1], tuple(texts[:-1]))
        places: dict[str, int] = {}
        if self._file is None:
            for order, run in sorted(self._gathered.cells.items()):
                if run.began.index is not None and run.began.parent is None:
                    places[self._ids[order]] = run.began.index
        for name in sorted(
            left, key=lambda name: places.get(name, len(self._gathered.cells) ** 2 + 10**6)
        ):
            texts = left[name]
            yield WrittenCell(name, "code", texts[-1], tuple(texts[:-1]))

    # ---------------------------------------------------------------- what the rest of assembly asks

    def key_of(self, program: int) -> TextKey | None:
        """Find the text that a program of the journal is."""
        for order, run in self._gathered.cells.items():
            if run.began.plan == program:
                return self._ids[order], self._numbers[order]
        return None

    def programs(self) -> Iterator[tuple[int, TextKey]]:
        """List the journal's programs that are cells."""
        for order, run in sorted(self._gathered.cells.items()):
            yield run.began.plan, (self._ids[order], self._numbers[order])

    def places(self) -> dict[int, str]:
        """Say for each program that is a cell where it stands: `analysis.ipynb cell 3`."""
        notebook = self._gathered.notebook
        name = Path(notebook.path).name if notebook is not None and notebook.path else ""
        index = {cell.id: number for number, cell in enumerate(self._written_cells)}
        return {
            program: f"{name} cell {index.get(key[0], key[0])}".strip()
            for program, key in self.programs()
        }

    def analysis_of(self, key: TextKey) -> SourceAnalysis | None:
        """What a text says; None if it is no Python."""
        return self.analysis.analyses.get(key)

    # ---------------------------------------------------------------- what happened

    def notebook(
        self,
        keep: Keep,
        at: Callable[[int], datetime],
        reference_of: Callable[[int], Reference | None],
    ) -> Notebook:
        """Tell what happened to the cells.

        Args:
            keep: Where long contents go.
            at: Turns a time of the journal into one of the calendar.
            reference_of: Finds the value of a number.
        """
        began = self._gathered.notebook
        contents = Contents(keep, self.secrets())
        file = self._file
        return Notebook(
            way="executed" if began is not None and began.kind == "executed" else "live",
            format=file.format if file is not None else None,
            metadata=contents.json(file.metadata) if file is not None and file.metadata else None,
            texts=tuple(self._cell_texts(contents)),
            executions=tuple(self._executions(contents, at)),
            outputs=tuple(self._outputs(contents, reference_of)),
            previous=began.previous if began is not None else None,
        )

    def settings(self) -> tuple[Setting, ...]:
        """Tell which kernel it was, and what the notebook's file says."""
        began = self._gathered.notebook
        contents = Contents(forget)
        found: dict[str, Setting] = {}
        if self._file is not None:
            found = {setting.key: setting for setting in settings_of(self._file, contents)}
        if began is not None:
            if began.kernel is not None:
                found["kernel"] = Setting("kernel", "kernel", contents.redacted(began.kernel))
            for key, value in began.facts.items():
                if isinstance(value, str):
                    known = "language" if key == "language" else f"notebook.{key}"
                    found.setdefault(known, Setting(known, key, contents.redacted(value)))
        return tuple(found.values())

    def secrets(self) -> list[str]:
        """List what the cells' own texts say is secret."""
        return [
            secret
            for analysis in self.analysis.analyses.values()
            for secret in secrets_of(analysis.tree)
        ]

    def _cell_texts(self, contents: Contents) -> Iterator[CellText]:
        in_file = {cell["id"]: cell for cell in self._file.cells} if self._file is not None else {}
        for written in self._written_cells:
            for number in range(1, len(written.texts) + 1):
                text = cell_text(
                    contents,
                    written,
                    number,
                    in_file.get(written.id),
                    self.analysis.python.get((written.id, number)),
                )
                is_deleted = self._file is not None and written.id not in in_file
                yield replace(text, is_deleted=is_deleted)

    def _executions(
        self, contents: Contents, at: Callable[[int], datetime]
    ) -> Iterator[CellExecution]:
        tags: dict[int, list[str]] = {}
        for tag in self._gathered.tags:
            if tag.kind == "cell":
                tags.setdefault(tag.target, []).append(tag.text)
        for order, run in sorted(self._gathered.cells.items()):
            ended = run.ended
            status = _STATUS.get(ended.status, "aborted") if ended is not None else "aborted"
            failure = None
            if run.failed is not None:
                message = contents.redacted(run.failed.message)
                failure = Failure(run.failed.type or "an exception that was suppressed", message)
            count = ended.execution_count if ended is not None else None
            yield CellExecution(
                order=order,
                cell=self._ids[order],
                text=self._numbers[order],
                status=status,
                started_at=at(run.began.time_ns),
                ended_at=at(ended.time_ns) if ended is not None else None,
                execution_count=run.began.execution_count if count is None else count,
                parent=run.began.parent,
                failure=failure,
                tags=tuple(tags.get(order, ())),
            )

    def _outputs(
        self, contents: Contents, reference_of: Callable[[int], Reference | None]
    ) -> Iterator[CellOutput]:
        shown: dict[int, list[OutputShown]] = {}
        for event in self._gathered.shown:
            if event.order is not None:
                shown.setdefault(event.order, []).append(event)
        saved = self._saved_outputs()
        for order in sorted(self._gathered.cells):
            events = shown_at_the_end(shown.get(order, []))
            outputs: Iterable[dict[str, Any]] = (event.output for event in events)
            values = [(event.output["output_type"], event.value) for event in events]
            for number, output in enumerate(saved.get(order, outputs), start=1):
                derived = _source(values, output["output_type"], reference_of)
                yield output_of(contents, output, order, number, derived)

    def _saved_outputs(self) -> dict[int, list[dict[str, Any]]]:
        """Take the outputs in the file for the last run of each cell; nothing for a session that was lived."""
        began = self._gathered.notebook
        if self._file is None or began is None or began.kind != "executed":
            return {}
        in_file = {cell["id"]: cell for cell in self._file.cells}
        last = {self._ids[order]: order for order in sorted(self._gathered.cells)}
        return {
            order: in_file[name]["outputs"]
            for name, order in last.items()
            if name in in_file and in_file[name]["cell_type"] == "code"
        }


def settings_of(file: NotebookFile, contents: Contents) -> Iterator[Setting]:
    """Tell what a notebook's file says of how it is run."""
    major, minor = file.format
    yield Setting("notebook.format", "notebook format", f"{major}.{minor}")
    kernel = file.metadata.get("kernelspec")
    for key, label, name in (
        ("kernel", "kernel", "name"),
        ("kernel.title", "name of the kernel for people", "display_name"),
    ):
        if isinstance(kernel, dict) and isinstance(kernel.get(name), str):
            yield Setting(key, label, contents.redacted(kernel[name]))
    yield Setting("language", "language", file.language)


def cell_text(
    contents: Contents,
    written: WrittenCell,
    number: int,
    cell: dict[str, Any] | None,
    python: str | None = None,
) -> CellText:
    """Tell a text of a cell, and of the last one what stands with it in the file.

    Args:
        contents: Makes its contents.
        written: The cell.
        number: Of the text, from 1.
        cell: As the file has it; None if it is not there, or there is no file.
        python: What IPython made of it, where that is another text.
    """
    source, is_last = written.texts[number - 1], number == len(written.texts)
    cell = cell if cell is not None and is_last else {}
    mime = "text/markdown" if written.kind == "markdown" else "text/plain"
    metadata = cell.get("metadata") or {}
    tags = metadata.get("tags")
    attachments = (
        (f"{name}", contents.in_bundle(str(kind), value))
        for name, bundle in (cell.get("attachments") or {}).items()
        for kind, value in bundle.items()
    )
    return CellText(
        cell=written.id,
        number=number,
        source=contents.text(mime, source),
        metadata=contents.json(metadata) if metadata else None,
        tags=tuple(contents.redacted(tag) for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        attachments=tuple(attachments),
        python=contents.text("text/x-python", python) if python is not None else None,
    )


def _share(one: str, other: str) -> float:
    """Tell how much two texts have in common, from 0 to 1."""
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return 0.0 if matcher.quick_ratio() < _ALIKE else min(matcher.ratio(), 0.999)


def _source(
    values: list[tuple[str, int | None]],
    kind: str,
    reference_of: Callable[[int], Reference | None],
) -> tuple[Derivation, ...]:
    """Find what an output shows: the next thing of its kind that was said to have been shown."""
    for place, (shown_kind, number) in enumerate(values):
        if shown_kind == kind:
            del values[place]
            reference = reference_of(number) if number is not None else None
            return (Derivation(reference),) if reference is not None else ()
    return ()
