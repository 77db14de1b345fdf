"""`export`, `import` and `convert`: trials and documents in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provkit import api
from provkit.cli.words import Output, Store, Trials
from provkit.cli.writing import put
from provkit.errors import UsageError

_SUFFIXES = {
    ".ttl": "turtle",
    ".trig": "trig",
    ".nq": "nquads",
    ".nt": "ntriples",
    ".jsonld": "jsonld",
    ".rdf": "rdf-xml",
    ".owl": "rdf-xml",
    ".json": "prov-json",
    ".provn": "provn",
    ".provx": "prov-xml",
    ".xml": "prov-xml",
}
"""Formats by the suffix of the file that is written."""


def export(
    trials: Trials,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help="turtle, trig, nquads, jsonld, prov-json, ..."
        ),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Write trials in a format that other tools read.

    Without --format the suffix of the output file decides, else it is Turtle.
    turtle, trig, nquads, jsonld and rdf-xml are RDF; prov-json is the W3C's.

    Examples:
        provkit export last -f prov-json -o trial.json
        provkit export last baseline -o both.trig
    """
    put(api.export(trials, chosen_format(format, output, otherwise="turtle"), store=store), output)


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="what `provkit export` wrote elsewhere")
    ],
    store: Store = None,
) -> None:
    """Take in trials that were exported elsewhere, and print their ids.

    They keep the identifiers that they were made with. A trial that is there
    already, with the same statements, is left as it is.

    Examples:
        provkit import trial.trig
        provkit import results/*.nq --store .provkit
    """
    for file in files:
        for trial_id in api.import_(file, store=store):
            print(trial_id)


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="the document; - is standard input")],
    output: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="the file to write; else standard output")
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("-f", "--format", metavar="FORMAT", help="wanted; else by the suffix of OUT"),
    ] = None,
    source_format: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="of IN; else it is told from the content"),
    ] = None,
) -> None:
    """Turn a provenance document into another format.

    Examples:
        provkit convert trial.ttl trial.provn
        provkit convert trial.json -f turtle
    """
    wanted = chosen_format(format, output)
    put(api.convert(content_of(source), wanted, source_format=source_format), output)


def content_of(source: Path) -> Path | bytes:
    """Give a file as it is, and `-` as the bytes of the standard input."""
    if str(source) != "-":
        return source
    import sys

    return sys.stdin.buffer.read()


def chosen_format(format: str | None, output: Path | None, *, otherwise: str | None = None) -> str:  # noqa: A002
    """Choose the format: that asked for, or by the suffix of the output file.

    Raises:
        UsageError: Neither says one.
    """
    if format is not None:
        return format
    by_suffix = _SUFFIXES.get(output.suffix.lower()) if output is not None else None
    chosen = by_suffix or (None if output is not None else otherwise)
    if chosen is None:
        where = f"the suffix of {str(output)!r} tells none" if output else "no file tells it"
        known = ", ".join(dict.fromkeys(_SUFFIXES.values()))
        raise UsageError(f"Which format? None was asked for, and {where}: say -f with {known}.")
    return chosen
