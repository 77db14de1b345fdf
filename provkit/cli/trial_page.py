"""One trial as a page of text: what a person asks first stands first."""

from __future__ import annotations

import textwrap
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from provkit.cli.console import (
    Column,
    aligned,
    counted,
    lasted,
    printable,
    shortened,
    sized,
    style,
    table,
)
from provkit.entities import said

if TYPE_CHECKING:
    from provkit.description import FileState, TrialDescription
    from provkit.learning import FittedModel, Measured
    from provkit.notebook_description import CellSeen

_CELLS = (
    Column("cell"),
    Column("count", heading=" "),
    Column("runs"),
    Column("status"),
    Column("text", shrinks=True),
    Column("shows", shrinks=True),
    Column("remarks", shrinks=True),
    Column("id", shrinks=True),
)
_STATUS_STYLES = {"completed": "green", "failed": "red", "aborted": "yellow"}
_FEW = 12
_LABELS = 11


def plain(trial: TrialDescription) -> dict[str, Any]:
    """Give a description as plain values, for JSON."""
    values = asdict(trial)
    values["seconds"] = trial.seconds
    values["settings"] = {key: value for key, _, value in trial.settings}
    values["packages"] = dict(trial.packages)
    values["written"] = dict(trial.written)
    return values


def as_text(
    trial: TrialDescription,
    *,
    everything: bool = False,
    cells: bool = False,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """Write the page.

    Args:
        trial: The trial.
        cells: Each cell of a notebook, and not only those of which something is to be said.
        everything: All settings, packages and values, also where they are many.
        colour: Whether to use it.
        width: Columns to fit into; None for no limit.
    """
    page = _Page(everything=everything, colour=colour, width=width)
    blocks = [page.heading(trial), page.circumstances(trial), page.cells(trial.cells, shown=cells)]
    blocks += [page.files("in", trial.inputs), page.files("out", trial.outputs)]
    blocks += [page.models(trial.models), page.measured(trial), page.scalars(trial)]
    blocks += [page.packages(trial)]
    if everything:
        blocks.append(page.settings(trial))
    blocks.append(page.written(trial))
    return "\n".join(block for block in blocks if block)


class _Page:
    def __init__(self, *, everything: bool, colour: bool, width: int | None) -> None:
        self.everything = everything
        self.colour = colour
        self.width = width

    def heading(self, trial: TrialDescription) -> str:
        status = style(
            trial.status, "bold", _STATUS_STYLES.get(trial.status, "bold"), on=self.colour
        )
        if trial.signal is not None:
            status += f" (killed by signal {trial.signal})"
        elif trial.exit_status not in (0, None):
            status += f" (exit status {trial.exit_status})"
        named = f"  {style(trial.name, 'bold', on=self.colour)}" if trial.name else ""
        took = f" in {lasted(trial.seconds)}" if trial.seconds is not None else ""
        head = style(f"trial {trial.id[:8]}", "bold", on=self.colour) + named
        lines = [f"{head}  {printable(trial.label)}", f"{status}{took}"]
        if trial.failure is not None:
            failure = trial.failure
            lines.append(
                style(f"{failure.type}: {printable(failure.message)}", "red", on=self.colour)
            )
            if failure.place:
                lines.append(f"  at {failure.place}  {_first_line(failure.source)}")
        return "\n".join(lines) + "\n"

    def circumstances(self, trial: TrialDescription) -> str:
        started = (
            trial.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
            if trial.started_at
            else ""
        )
        texts = Counter(state.path for state in trial.modules)
        modules = [
            f"{path} ({count} texts)" if count > 1 else path for path, count in texts.items()
        ]
        pairs = [
            ("started", started),
            ("by", trial.agent),
            ("experiment", trial.experiment),
            ("script", _file(trial.script) if trial.script else None),
            ("modules", self._some(modules)),
            *(("between", f"cells: {said}") for said in trial.between),
            ("git", _git(trial)),
            ("on", _machine(trial)),
            ("used", _effort(trial)),
            ("recorded", _counts(trial)),
            ("tags", ", ".join(trial.tags)),
            ("note", trial.note),
            *(("warning", warning) for warning in trial.warnings),
        ]
        return "".join(self._pair(label, text) for label, text in pairs if text)

    def cells(self, cells: tuple[CellSeen, ...], *, shown: bool) -> str:
        """Write a line for each cell, or, unasked, for those that failed alone."""
        chosen = [cell for cell in cells if shown or cell.status in ("failed", "aborted")]
        if not chosen:
            return ""
        rows = [_cell(cell) for cell in chosen]
        body = table(
            _CELLS, rows, width=None if self.width is None else self.width - 2, colour=self.colour
        )
        title = "cells" if shown else "cells that did not complete"
        return self._title(title) + "".join(f"  {line}\n" for line in body.splitlines())

    def files(self, direction: str, states: tuple[FileState, ...]) -> str:
        shown = states if self.everything else states[:_FEW]
        lines = [
            (printable(state.path), sized(state.size_bytes), _digest(state)) for state in shown
        ]
        more = len(states) - len(shown)
        text = self._block(f"files {direction}", lines, ("", "dim", "dim"))
        return text + (f"  and {more:,} more (--all)\n" if more and text else "")

    def models(self, models: tuple[FittedModel, ...]) -> str:
        """Write a line for each model that was fitted, the last ones if they are many."""
        shown = models if self.everything else models[-_FEW:]
        lines = [
            (
                printable(model.label),
                model.implementation.rpartition(".")[2],
                f"on {printable(', '.join(model.inputs))}" if model.inputs else "",
                model.place,
            )
            for model in shown
        ]
        more = len(models) - len(shown)
        text = self._block("models", lines, ("", "bold", "", "dim"))
        return text + (f"  and {more:,} before them (--models)\n" if more and text else "")

    def measured(self, trial: TrialDescription) -> str:
        """Write what was measured: in variables, and beside them."""
        named = {scalar.name for scalar in trial.scalars if scalar.is_metric}
        lines = [
            (
                f"{scalar.name} = {shortened(printable(said(scalar.value)), 40)}",
                scalar.place,
                printable(_first_line(scalar.source)),
            )
            for scalar in trial.scalars
            if scalar.is_metric
        ]
        held_out = {one.model for one in trial.measures if one.on in ("validation", "test")}
        beside = [
            one
            for one in trial.measures
            if one.value is not None and one.name.partition("@")[0] not in named
        ]
        lines += [
            (
                f"{_measure(one)} = {one.value:.6g}",
                one.place,
                f"of {printable(one.model)}" if one.model else "",
            )
            for one in beside
            # The losses of batches say less than what was measured on data held out.
            if self.everything
            or not (one.on == "train" and one.via == "expression" and one.model in held_out)
        ]
        shown = lines if self.everything else lines[-_FEW:]
        more = len(named) + len(beside) - len(shown)
        text = self._block("metrics", shown, ("bold", "dim", "dim"))
        return text + (f"  and {more:,} more (--metrics)\n" if more and text else "")

    def scalars(self, trial: TrialDescription) -> str:
        """Write what variables ended with; unless all is asked for, where nothing was measured alone."""
        is_measured = any(scalar.is_metric for scalar in trial.scalars) or any(
            one.value is not None for one in trial.measures
        )
        if is_measured and not self.everything:
            return ""
        chosen = list(trial.scalars)
        if not self.everything:
            # What the program itself says before what its modules hold, whose names begin with theirs.
            parts = {
                part.removesuffix(".py")
                for module in trial.modules
                for part in module.path.split("/")
            }
            own = [one for one in chosen if one.name.partition(".")[0] not in parts]
            chosen = (own or chosen)[-_FEW:]
        lines = [
            (
                f"{scalar.name} = {shortened(printable(said(scalar.value)), 40)}",
                scalar.place,
                printable(_first_line(scalar.source)),
            )
            for scalar in chosen
            if not scalar.is_metric
        ]
        return self._block("values", lines, ("bold", "dim", "dim"))

    def packages(self, trial: TrialDescription) -> str:
        if self.everything:
            return self._block("packages", [(n, v) for n, v in trial.packages], ("", "dim"))
        return self._pair(
            "packages", self._some([f"{name} {version}" for name, version in trial.packages])
        )

    def settings(self, trial: TrialDescription) -> str:
        lines = [(key, printable(said(value))) for key, _, value in trial.settings]
        return self._block("settings", lines, ("", "dim"))

    def written(self, trial: TrialDescription) -> str:
        blocks = []
        for stream, text in trial.written:
            lines = text.rstrip("\n").splitlines()
            shown = lines if self.everything else lines[-5:]
            if not shown:
                continue
            title = f"end of {stream}" if len(shown) < len(lines) else stream
            blocks.append(
                self._title(title) + "".join(f"  {self._cut(printable(line))}\n" for line in shown)
            )
        return "\n".join(blocks)

    def _title(self, text: str) -> str:
        return style(text, "bold", on=self.colour) + "\n"

    def _block(self, title: str, lines: list[Any], styles: tuple[str, ...]) -> str:
        if not lines:
            return ""
        width = None if self.width is None else self.width - 2
        body = aligned(lines, width=width, styles=styles, colour=self.colour)
        return self._title(title) + "".join(f"  {line}\n" for line in body.splitlines())

    def _pair(self, label: str, text: str | None) -> str:
        if not text:
            return ""
        head = style(label, "dim", on=self.colour) + " " * (_LABELS - len(label))
        room = max((self.width or 0) - _LABELS, 20)
        lines = textwrap.wrap(printable(text), room) if self.width else [printable(text)]
        return head + ("\n" + " " * _LABELS).join(lines) + "\n"

    def _cut(self, text: str) -> str:
        if self.width is None or self.everything:
            return text
        return shortened(text, max(self.width - 2, 20))

    def _some(self, words: list[str]) -> str:
        if self.everything or len(words) <= _FEW:
            return ", ".join(words)
        return f"{', '.join(words[:_FEW])} and {len(words) - _FEW} more (--all)"


def _file(state: FileState) -> str:
    return f"{state.path}  {_digest(state)}"


def _digest(state: FileState) -> str:
    return f"sha256 {state.digest[:12]}" if state.digest else "digest unknown"


def _measure(one: Measured) -> str:
    of_folds = one.via if "mean of" in one.via else ""
    said_of = ", ".join(part for part in (one.on, one.averaging, of_folds) if part)
    return f"{one.measure} ({said_of})" if said_of else one.measure


def _git(trial: TrialDescription) -> str:
    commit = str(trial.setting("git.commit") or "")[:12]
    branch = trial.setting("git.branch")
    dirty = trial.setting("git.dirty")
    parts = [commit, f"on {branch}" if branch else "", "with uncommitted changes" if dirty else ""]
    return " ".join(part for part in parts if part) if commit else ""


def _machine(trial: TrialDescription) -> str:
    memory = trial.setting("memory.bytes") or trial.setting("memory.total")
    parts = [
        trial.interpreter,
        trial.platform,
        trial.setting("cpu.model"),
        sized(memory) if isinstance(memory, int) else None,
    ]
    return ", ".join(str(part) for part in parts if part)


def _effort(trial: TrialDescription) -> str:
    parts = [
        f"{lasted(trial.cpu_seconds)} of CPU time" if trial.cpu_seconds is not None else "",
        f"{sized(trial.peak_memory_bytes)} of memory at most" if trial.peak_memory_bytes else "",
    ]
    return ", ".join(part for part in parts if part)


def _cell(cell: CellSeen) -> dict[str, str]:
    brackets = (
        ""
        if cell.runs == 0
        else f"[{'' if cell.execution_count is None else cell.execution_count}]"
    )
    remarks = [
        *cell.stages,
        *cell.tags,
        counted(cell.texts, "text") if cell.texts > 1 else "",
        "deleted" if cell.is_deleted else "",
        "run by another cell" if cell.is_inside else "",
        f"deletes {', '.join(cell.deletes)}" if cell.deletes else "",
    ]
    return {
        "cell": f"cell {cell.index}",
        "count": brackets,
        "runs": str(cell.runs) if cell.kind == "code" else cell.kind,
        "status": cell.status or "",
        "text": printable(_first_line(cell.source.strip())),
        "shows": cell.failure or ", ".join(cell.outputs),
        "remarks": ", ".join(remark for remark in remarks if remark),
        "id": cell.id,
    }


def _counts(trial: TrialDescription) -> str:
    return ", ".join(
        (
            *([counted(len(trial.cells), "cell")] if trial.cells else []),
            counted(trial.steps, "step"),
            counted(trial.executions, "execution"),
            counted(trial.values, "value"),
        )
    )


def _first_line(text: str) -> str:
    first, _, rest = text.partition("\n")
    return first + (" …" if rest else "")
