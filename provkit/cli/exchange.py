"""`export`, `import` and `convert`: trials and documents in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provkit import api
from provkit.cli.words import Output, Store, Trials, one_of
from provkit.cli.writing import put
from provkit.errors import UsageError


def export(
    trials: Trials,
    format: Annotated[
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
    format: Annotated[
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


def chosen_format(
    format: str | None,
    output: Path | None,
    *,
    otherwise: str | None = None,
) -> str:
    """Choose the format: that asked for, or by the suffix of the output file.

    Raises:
        UsageError: Neither says one.
    """
    from provkit.export import FORMATS, format_for

    if format is not None:
        return one_of(format, tuple(FORMATS))
    if output is not None and (otherwise is None or output.suffix):
        return format_for(str(output))
    if otherwise is None:
        raise UsageError(f"Which format? Say one with -f: {', '.join(FORMATS)}.")
    return otherwise
