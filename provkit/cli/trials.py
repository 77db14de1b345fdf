"""`provkit trials` and `provkit show`: what is in the store, and what happened in one trial."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import (
    TABLES,
    Output,
    Store,
    TableFormat,
    Trial,
    format_of,
    format_option,
    one_of,
)
from provkit.cli.writing import put
from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit.store import TrialSummary

_STATUS_STYLES = {"completed": "green", "failed": "red", "aborted": "yellow", "imported": "cyan"}
_NARROW = (
    Column("id", styles=None),
    Column("name", shrinks=True),
    Column("when"),
    Column("status", styles=_STATUS_STYLES),
    Column("took", right=True),
    Column("script", shrinks=True),
)
_WIDE = (
    *_NARROW[:5],
    Column("exit_status", "exit", right=True),
    Column("tags", shrinks=True),
    Column("command", shrinks=True),
    Column("note", shrinks=True),
)
_DATA = tuple(
    Column(name)
    for name in (
        "id", "name", "status", "exit_status", "started_at", "ended_at", "seconds",
        "script", "command", "tags", "note",
    )
)  # fmt: skip
_ORDERS = ("when", "name", "status", "took", "script")
_SINCE = re.compile(r"(\d+)\s*(s|min|h|d|w)(?:\s+ago)?")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def trials(
    *,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="TAG", help="only those that have the tag")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="STATUS", help="only completed, failed, aborted or imported ones"
        ),
    ] = None,
    script: Annotated[
        str | None, typer.Option("--script", metavar="PATH", help="only those of a script")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="only those since a date (2026-11-20) or an age (3d, 2h)",
        ),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="KEY", help="when, name, status, took or script")
    ] = "when",
    reverse: Annotated[
        bool, typer.Option("-r", "--reverse", help="the other way round: the oldest first")
    ] = False,
    number: Annotated[
        int | None, typer.Option("-n", "--number", metavar="N", help="at most so many")
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help="command, tags, note and exit too")] = False,
    format: TableFormat = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """List the trials in the store, the newest first.

    Examples:
        provkit trials --status failed --since 2d
        provkit trials --tag paper --format csv -o trials.csv
    """
    chosen = format_of(format, output, TABLES)
    one_of(sort, _ORDERS, "order")
    if number is not None and number < 0:
        raise UsageError(f"The number of trials cannot be {number}: it counts, from 0.")
    if status is not None:
        one_of(status, tuple(_STATUS_STYLES), "status")
    found = api.trials(
        tag=tag,
        status=status,
        script=script,
        since=None if since is None else moment_of(since),
        store=store,
    )
    found = list(_sorted(found, sort))
    if reverse:
        found.reverse()
    found = found if number is None else found[:number]
    if chosen != "table":
        put(
            console.rows_as(chosen, _DATA, [_row(trial, for_people=False) for trial in found]),
            output,
        )
        return
    if not found:
        api.tell(
            'no trials here yet: "provkit capture SCRIPT" makes one'
            if number != 0 and not any((tag, status, script, since))
            else "no trial is like that"
        )
        return
    rows = [_row(trial, for_people=True) for trial in found]
    put(console.rows_as("table", _WIDE if wide else _NARROW, rows), output)


def _sorted(trials: list[TrialSummary], key: str) -> Iterator[TrialSummary]:
    if key == "when":
        yield from trials
    elif key == "took":
        yield from sorted(trials, key=lambda t: -(t.duration_seconds or 0))
    else:
        yield from sorted(trials, key=lambda t: str(getattr(t, key) or "\uffff"))


def _script(trial: TrialSummary) -> str | None:
    """Name what ran: a module that was run by its name (`-m pytest`) by that, and not by where it is installed."""
    words = (trial.label or "").split()
    return " ".join(words[:2]) if words[:1] == ["-m"] else trial.script


def _row(trial: TrialSummary, *, for_people: bool) -> dict[str, console.Cell]:
    return {
        "id": trial.id[:8],
        "name": trial.name,
        "when": console.ago(trial.started_at) if trial.started_at else "",
        "status": trial.status,
        "exit_status": trial.exit_status,
        "took": console.lasted(trial.duration_seconds),
        "seconds": trial.duration_seconds,
        "started_at": _utc(trial.started_at),
        "ended_at": _utc(trial.ended_at),
        "script": _script(trial) if for_people else trial.script,
        "command": trial.label,
        "tags": list(trial.tags),
        "note": trial.note,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def moment_of(text: str) -> datetime:
    """Turn a date, a time or an age (`3d`, `2h ago`) into a moment.

    Raises:
        UsageError: It is none of these.
    """
    age = _SINCE.fullmatch(text.strip())
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
    if text == "today":
        return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"Couldn't tell which time {text!r} is: write a date (2026-11-20), a time "
            "(2026-11-20T14:30), or an age (30min, 2h, 3d, 1w)."
        ) from error
    return moment.astimezone() if moment.tzinfo is None else moment


def show(
    trial: Trial = "last",
    *,
    params: Annotated[
        bool,
        typer.Option(
            "--params", help="hyperparameters: value, given or default, where set, resolved"
        ),
    ] = False,
    models: Annotated[
        bool, typer.Option("--models", help="models: what was fitted on what")
    ] = False,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="measures of models, with --all of each fold too")
    ] = False,
    format: Annotated[
        str | None,
        format_option("text or json; of a part table, json, csv, tsv or md"),
    ] = None,
    all: Annotated[
        bool, typer.Option("-a", "--all", help="every setting, package and value")
    ] = False,
    cells: Annotated[
        bool, typer.Option("--cells", help="each cell of a notebook: runs, text, outputs")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="its steps with their stages, and how often each ran")
    ] = False,
    output: Output = None,
    store: Store = None,
) -> None:
    """Say what happened in a trial: what ran, how it ended, what went in and out.

    Of an imported document it says how much of what is in it.

    Examples:
        provkit show last
        provkit show baseline --metrics --format csv -o metrics.csv
    """
    from provkit.cli import document_page
    from provkit.cli.trial_page import as_text, plain
    from provkit.description import DocumentDescription

    if params or models or metrics:
        chosen = format_of(format, output, TABLES)
        put(_part(trial, params=params, models=models, format=chosen, all=all, store=store), output)
        return
    chosen = format_of(format, output, ("text", "json"))
    if plan:
        from provkit.cli.planning import as_data, as_table

        found = api.trial_plan(trial, store=store)
        if chosen == "json":
            put(console.as_json([as_data(step) for step in found.steps]), output)
        else:
            put(as_table(found, to_file=output is not None), output)
        return
    described = api.show(trial, store=store)
    if isinstance(described, DocumentDescription):
        text = document_page.as_text if chosen == "text" else document_page.as_json
        put(text(described), output)
        return
    if chosen == "json":
        put(console.as_json(plain(described)), output)
        return
    put(
        as_text(
            described,
            everything=all,
            cells=cells,
            colour=output is None and console.wants_colour(sys.stdout),
            width=None if output else console.width_of_terminal(sys.stdout),
        ),
        output,
    )


def _part(trial: str, *, params: bool, models: bool, format: str, all: bool, store: Store) -> str:
    """Write the hyperparameters, the models or the measures of a trial, whichever is asked for first."""
    from provkit.cli import learning_page

    if params:
        return learning_page.parameters(api.parameters(trial, store=store), format)
    if models:
        return learning_page.models(api.models(trial, store=store), format)
    return learning_page.measures(api.measures(trial, folds=all, store=store), format)
