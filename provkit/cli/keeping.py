"""`init`, `tag`, `note`, `rename`, `rm` and `recover`: keeping the store in order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import Output, Store, Trial, Trials
from provkit.cli.writing import put
from provkit.errors import UsageError


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="the project's folder; this one if left out")
    ] = Path(),
    base_iri: Annotated[
        str | None,
        typer.Option("--base-iri", metavar="IRI", help="what the project's IRIs begin with"),
    ] = None,
) -> None:
    """Make a store in a project's folder: .provkit, which git ignores.

    Not needed before the first capture, which makes one too. Without a base IRI
    the project gets one that is unique anywhere and needs no domain.

    Examples:
        provkit init
        provkit init --base-iri https://example.org/houses/
    """
    made = api.init(folder, base_iri=base_iri)
    api.tell(f"the store is {str(made)!r}")


def tag(
    trial: Trial,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="TAG", help="tags to put on the trial")
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("-d", "--remove", metavar="TAG", help="take a tag off; may be repeated"),
    ] = None,
    store: Store = None,
) -> None:
    """Put tags on a trial, or take them off; without any, print those it has.

    Examples:
        provkit tag last baseline paper
        provkit tag last --remove paper
    """
    for text in api.tag(trial, tags or (), remove=remove or (), store=store):
        print(text)


def restore(
    name: Annotated[
        str, typer.Argument(metavar="TRIAL[:MODEL]", help="a trial, and which of its models")
    ],
    output: Output = None,
    store: Store = None,
) -> None:
    """Write a model that a trial keeps, as it was kept.

    Models are kept by provkit capture --keep-models, or when the program gives
    one to provkit.tag; provkit show TRIAL --models says which, and how. Nothing
    is unpickled here: load a pickle only if you trust what made it.

    Examples:
        provkit restore last:forest -o forest.skops
        provkit restore baseline -o model.json
    """
    trial, _, model = name.partition(":")
    if output is None and sys.stdout.isatty():
        raise UsageError("A model is bytes and no text: give a file with -o, or redirect.")
    put(api.restore(trial, model or None, store=store), output)


def note(
    trial: Trial,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="the note; - reads it from standard input")
    ],
    store: Store = None,
) -> None:
    """Write a note on a trial, in place of the one it has.

    Examples:
        provkit note last "first run with the cleaned data"
        provkit note baseline ""
    """
    words = sys.stdin.read().strip() if text == ["-"] else " ".join(text)
    api.note(trial, words, store=store)


def rename(
    trial: Trial,
    name: Annotated[str, typer.Argument(metavar="NAME", help='the name; "" takes it away')],
    store: Store = None,
) -> None:
    """Give a trial a name that every command takes in place of its id.

    Examples:
        provkit rename last baseline
        provkit rename 3f9a6c0d ""
    """
    api.rename(trial, name, store=store)


def rm(
    trials: Trials,
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="do not ask")] = False,
    store: Store = None,
) -> int:
    """Remove trials from the store, after showing which and asking.

    Without a terminal to ask on, and without -y, it shows them and removes
    nothing.

    Examples:
        provkit rm last
        provkit rm 3f9a6c0d 8c11d2a7 -y
    """
    opened = api.open_store(store)
    ids = list(dict.fromkeys(opened.resolve(name) for name in trials))
    if not yes:
        known = {summary.id: summary for summary in opened.summaries()}
        rows = [
            {
                "id": trial_id[:8],
                "name": known[trial_id].name,
                "script": known[trial_id].script,
                "tags": list(known[trial_id].tags),
            }
            for trial_id in ids
        ]
        columns = (Column("id"), Column("name"), Column("script"), Column("tags"))
        sys.stderr.write(console.rows_as("table", columns, rows, stream=sys.stderr))
        if not sys.stdin.isatty():
            api.tell("nothing was removed: say -y to remove what is listed")
            return 1
        sys.stderr.write(f"Remove {console.counted(len(ids), 'trial')} for good? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            api.tell("nothing was removed")
            return 1
    api.remove(ids, store=store)
    api.tell(f"removed {console.counted(len(ids), 'trial')}")
    return 0


def recover(store: Store = None) -> int:
    """Store what interrupted captures have left, as trials with status aborted.

    Every command that opens the store does this first; this one says what became
    of each.

    Examples:
        provkit recover
        provkit recover --store /data/project/.provkit
    """
    stored, failed = 0, 0
    for trial_id, problem in api.recoveries(store=store):
        if problem is None:
            stored += 1
            print(trial_id)
        else:
            failed += 1
            api.tell(f"couldn't recover trial {trial_id[:8]}: {problem}")
    if not stored and not failed:
        api.tell("nothing to recover")
    return 1 if failed else 0
