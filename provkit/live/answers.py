"""Answers to what is asked in a live notebook, from the journal as it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from provkit.assembly import assemble
from provkit.events import CaptureDegraded, Event, StepBegan
from provkit.facts import Facts
from provkit.journal_file import read_journal
from provkit.live.cutting import counts_of, program_of
from provkit.live.showing import columns, plain_svg, program, sentences, table
from provkit.live.staleness import CellRun, findings_of, runs_of
from provkit.mapping import quads_of

if TYPE_CHECKING:
    from provkit.entities import Node
    from provkit.lineage import TreeLine

_ROWS = 40
"""Lines of a lineage that are shown."""
_CAUSES = 4
"""Things that happened between cells that are listed."""
_WIDTH = 46
"""Signs of a name and of a statement that are shown: beside each other they fit into a window of 1280 pixels."""


class Told(NamedTuple):
    """An answer: as text, as HTML, and as a picture where there is one."""

    text: str
    html: str | None = None
    svg: str | None = None


def answer(folder: Path, question: str, words: Mapping[str, Any]) -> Told:
    """Answer a question about a journal that may be growing.

    Raises:
        ProvkitError: It cannot be answered; the sentence says why.
    """
    answers: dict[str, Callable[..., Told]] = {
        "status": _status,
        "lineage": _lineage,
        "forward": _lineage,
        "why": _why,
        "stale": _stale,
        "slice": _slice,
    }
    return answers[question](
        folder, **({"forward": True} if question == "forward" else {}), **words
    )


def _events(folder: Path) -> list[Event]:
    journals = sorted(folder.glob("*.jsonl"))
    return list(read_journal(journals[0])) if journals else []


def _facts(folder: Path) -> Facts:
    trial = assemble(folder, packages_of=lambda *_: ((), {}))
    return Facts(quads_of(trial))


# ------------------------------------------------------------------ what is going on


def _status(folder: Path) -> Told:
    events = _events(folder)
    runs = runs_of(events)
    between = [run for run in runs if run.between is not None]
    runs_of_cells = [run for run in runs if run.between is None]
    cells = len({run.cell for run in runs_of_cells})
    failed = sum(run.failed for run in runs_of_cells)
    steps = sum(isinstance(event, StepBegan) for event in events)
    warnings = [event.text for event in events if isinstance(event, CaptureDegraded)]
    stale = findings_of(runs)
    size = sum(path.stat().st_size for path in folder.glob("*.jsonl"))
    rows = [
        ("trial", f"{folder.name[:8]}, being recorded"),
        ("store", str(folder.parent.parent)),
        (
            "cells",
            f"{cells}, run {len(runs_of_cells)} times" + (f", {failed} failed" if failed else ""),
        ),
        *([("between", _between_said(between))] if between else []),
        ("steps", f"{steps:,}, in a journal of {size / 1000:,.0f} kB"),
        ("stale", f"{len(stale)}: see %prov stale" if stale else "nothing"),
        *(("warning", text) for text in warnings[:3]),
    ]
    return Told(columns(rows), table(rows))


def _between_said(runs: list[CellRun]) -> str:
    """Say what happened while no cell ran, and how often."""
    counts = Counter(
        run.label if run.label == run.between else f"{run.label} ({run.between})" for run in runs
    )
    said = [f"{label}, {count} times" if count > 1 else label for label, count in counts.items()]
    more = len(said) - _CAUSES
    said = [one.replace("`", "") for one in said]
    return "; ".join([*said[:_CAUSES], *([f"and {more} more"] if more > 0 else [])])


def _stale(folder: Path) -> Told:
    found = findings_of(runs_of(_events(folder)))
    if not found:
        return Told("Nothing is stale: each cell used what the cells before it left last.")
    said = [f"{finding.sentence}." for finding in found]
    return Told("\n".join(said), sentences(said))


# ------------------------------------------------------------------ lineage


def _lineage(folder: Path, name: str, *, depth: int | None = None, forward: bool = False) -> Told:
    from provkit.export.picture import svg
    from provkit.lineage import lineage_in

    found = lineage_in(_facts(folder), folder.name, name, depth=depth, forward=forward)
    counts = counts_of(_events(folder))
    rows = [_row(line, counts) for line in found.tree()]
    hidden = len(rows) - _ROWS
    rows = rows[:_ROWS]
    if hidden > 0:
        rows.append(
            (f"and {hidden} more lines: give a depth, as in %prov lineage {name} --depth 3", "", "")
        )
    elif found.cut:
        rows.append((f"{found.cut} more thing{'s' * (found.cut > 1)} beyond this depth", "", ""))
    return Told(columns(rows), table(rows, pre=True), plain_svg(svg(found)))


def _row(line: TreeLine, counts: Mapping[int, str]) -> tuple[str, str, str]:
    room = max(_WIDTH - len(line.branches), _WIDTH // 2)
    if line.settings:
        return line.branches + _cut(line.settings_said, room), "", ""
    node = line.node
    marks = " (control)" * line.control + " (above)" * line.repeated
    what = _cut(f"{node.label}{marks} {node.description}".rstrip(), room)
    return line.branches + what, *_made(node, counts)


def _made(node: Node, counts: Mapping[int, str]) -> tuple[str, str]:
    """Say in which execution of a cell something was made, and by which words; or between which, and on what."""
    source = _first_line(node.source)
    if node.between is None:
        return counts.get(node.order, ""), source
    return counts.get(node.order, "between"), f"{source} ({node.between})".lstrip()


def _why(folder: Path, target: str, source: str) -> Told:
    from provkit.paths import path_in

    found = path_in(_facts(folder), folder.name, source, target)
    counts = counts_of(_events(folder))
    if not found.exists:
        if found.is_reversed:
            return Told(f"{target} did not come from {source}; {source} came from {target}.")
        return Told(f"{target} did not come from {source}.")
    rows = [
        (
            _cut(f"{stage.node.label} {stage.node.description}".rstrip())
            + (" (control)" if stage.control else ""),
            *_made(stage.node, counts),
        )
        for stage in found.stages
    ]
    return Told(columns(rows), table(rows, pre=True))


def _slice(folder: Path, name: str) -> Told:
    from provkit.lineage import lineage_in

    found = lineage_in(_facts(folder), folder.name, name)
    text = program_of(folder, _events(folder), [node.order for node in found.nodes], name)
    return Told(text, program(text))


def _first_line(source: str | None) -> str:
    return _cut((source or "").strip().partition("\n")[0])


def _cut(text: str, room: int = _WIDTH) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
