"""`why` and `slice`: how one thing came from another, and the program that produces it."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import Output as OutputFile
from provkit.cli.words import Store, Trial, format_of, format_option, one_of
from provkit.cli.writing import put
from provkit.errors import BadInput

if TYPE_CHECKING:
    from provkit.paths import Path as Derivations
    from provkit.paths import Stage
    from provkit.slicing import Slice

_NAMES = "as in lineage: score, model@1, clean:frame, model.alpha, a file, train.py:42"
_COLUMNS = (
    Column("by"),
    Column("label", shrinks=True),
    Column("description", shrinks=True),
    Column("place", "made at"),
    Column("statement", shrinks=True),
)


def why(
    trial: Trial,
    source: Annotated[
        str, typer.Argument(metavar="A", help="what it may have come from; any version of it")
    ],
    target: Annotated[
        str, typer.Argument(metavar="B", help="what may have come from it; its last version")
    ],
    *,
    format: Annotated[
        str | None,
        format_option("text, table, json, csv or md [by the suffix of FILE, else text]"),
    ] = None,
    output: OutputFile = None,
    store: Store = None,
) -> int:
    """Show the shortest way by which B came from A (exit status 1: it did not).

    Each line is made from the one above it, by the statement shown. A way by
    data is taken before any on which something was only read by a test: such a
    line is marked (control). B may be a line of the program, as train.py:42.

    Examples:
        provkit why last houses.csv score
        provkit why last rate train.py:42
    """
    chosen = format_of(format, output, ("text", "table", "json", "csv", "md"))
    found = api.why(trial, source, target, store=store)
    if chosen == "json":
        put(console.as_json(_as_data(found)), output)
    elif found.exists and chosen == "text":
        put(_as_text(found, to_file=output is not None), output)
    elif found.exists:
        put(console.rows_as(chosen, _COLUMNS, [_row(stage) for stage in found.stages]), output)
    if not found.exists:
        api.tell(_no_way(found))
    return 0 if found.exists else 1


def _no_way(found: Derivations) -> str:
    sentence = f"{found.target.label} did not come from {found.source.label}"
    return f"{sentence}; it was the other way round" if found.is_reversed else sentence


def _as_text(found: Derivations, *, to_file: bool) -> str:
    lines = []
    for number, stage in enumerate(found.stages):
        node = stage.node
        arrow = "" if number == 0 else "→ "
        label = console.shortened(console.printable(node.label), 60)
        mark = " (control)" if stage.control else ""
        description = console.shortened(console.printable(node.description), 40)
        source = (node.source or "").partition("\n")
        said = f"{source[0]}{' …' if source[2] else ''} {node.said_between}"
        statement = console.printable(said.strip())
        lines.append((f"{arrow}{label}{mark} {description}".rstrip(), node.place, statement))
    return console.aligned(
        lines,
        width=None if to_file else console.width_of_terminal(sys.stdout),
        styles=("", "cyan", "dim"),
        colour=not to_file and console.wants_colour(sys.stdout),
    )


def _as_data(found: Derivations) -> dict[str, object]:
    from provkit.entities import fields_of

    return {
        "trial": found.trial,
        "source": found.source.iri,
        "target": found.target.iri,
        "exists": found.exists,
        "reversed": found.is_reversed,
        "path": [
            {"iri": stage.node.iri, "control": stage.control, **fields_of(stage.node)}
            for stage in found.stages
        ],
    }


def _row(stage: Stage) -> dict[str, console.Cell]:
    return {
        "by": "control" if stage.control else "data",
        "label": stage.node.label,
        "description": stage.node.description,
        "place": stage.node.place,
        "statement": stage.node.source,
    }


def slice_(
    trial: Trial,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_NAMES)],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="write to this file; a folder takes the project's own modules as well",
        ),
    ] = None,
    format: Annotated[str, format_option("py or json")] = "py",
    store: Store = None,
) -> None:
    """Write the smallest program that lineage says produces a value.

    It is made of the program's own lines: the statements that the value came
    from, what encloses them, and the imports and definitions that they use. It
    runs alone, beside the files that the program reads. Of a notebook's trial
    it has what is needed of each execution of a cell, in the order in which
    they ran: as a notebook if FILE ends in .ipynb.

    Examples:
        provkit slice last score -o score.py
        provkit slice last score -o score.ipynb
    """
    one_of(format, ("py", "json"))
    found = api.slice_(trial, name, store=store)
    for said in found.between:
        api.tell(
            f"it came from what happened between cells, and the slice does not repeat it: {said}"
        )
    if format == "json":
        put(console.as_json(_slice_as_data(found)), Path(output) if output else None)
        return
    if output is not None and output.endswith(".ipynb"):
        put(api.notebook_of(found, store=store), Path(output))
        return
    if output is not None and (output.endswith("/") or Path(output).is_dir()):
        _write_folder(found, Path(output))
        return
    put(found.main.text, Path(output) if output else None)
    modules = [file.path for file in found.files if not file.is_main]
    if modules:
        api.tell(f"it needs {', '.join(modules)}; -o FOLDER/ cuts them down as well")


def _write_folder(found: Slice, folder: Path) -> None:
    for file in found.files:
        path = PurePosixPath(file.path)
        is_inside = not path.is_absolute() and ".." not in path.parts
        target = folder / (path if is_inside else path.name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"Couldn't make the folder {str(target.parent)!r}: {error.strerror or error}; "
                "choose another with -o."
            ) from error
        put(file.text, target)


def _slice_as_data(found: Slice) -> dict[str, object]:
    return {
        "trial": found.trial,
        "name": found.name,
        "files": [
            {
                "path": file.path,
                "is_main": file.is_main,
                "statements": file.statements,
                "of": file.of,
                "text": file.text,
            }
            for file in found.files
        ],
        "cells": [{"id": cell.id, "text": cell.text} for cell in found.cells],
        "between": list(found.between),
    }
