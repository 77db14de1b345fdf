"""`export`, `import` and `convert`: trials and documents in the formats of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provkit import api
from provkit.cli.sources import Source, content_of, is_file
from provkit.cli.words import Output, Store, Trials, format_option, one_of
from provkit.cli.writing import put
from provkit.errors import UsageError


def export(
    trials: Trials,
    format: Annotated[
        str | None,
        format_option("turtle, trig, nquads, jsonld, prov-json, ..."),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Write trials in a format that other tools read.

    Without --format the suffix of the output file decides, else it is Turtle.
    turtle, trig, nquads, jsonld and rdf-xml are RDF; prov-json is the W3C's;
    notebook rebuilds the notebook of a trial as it stood at the end; spec is
    the whole experiment as one document, YAML, or JSON for a .json file.

    Examples:
        provkit export last -f prov-json -o trial.json
        provkit export last baseline -o both.trig
    """
    put(api.export(trials, chosen_format(format, output, otherwise="turtle"), store=store), output)


def import_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="trials or provenance made elsewhere; - is stdin"),
    ],
    store: Store = None,
) -> None:
    """Take in trials or any PROV document, and print their ids.

    A document becomes a graph of the store that can be shown, queried, validated
    and exported as a trial can; it is named after its file. What is there already,
    with the same statements, is left as it is.

    Examples:
        provkit import trial.trig
        provkit import published.provn results/*.json --store .provkit
    """
    for file in files:
        for trial_id in api.import_(content_of(file), store=store):
            print(trial_id)


def convert(
    source: Source,
    output: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", help="the file to write; - or nothing is standard output"),
    ] = None,
    format: Annotated[
        str | None,
        format_option("wanted; else by the suffix of OUT"),
    ] = None,
    source_format: Annotated[
        str | None,
        typer.Option("--from", metavar="FORMAT", help="of the file; else its content says it"),
    ] = None,
    store: Store = None,
) -> None:
    """Turn a provenance document, or a trial, into another format.

    Examples:
        provkit convert trial.ttl trial.provn
        provkit convert - -f turtle < trial.json
    """
    to = None if str(output) == "-" else output
    wanted = chosen_format(format, to)
    if is_file(source, store):
        put(api.convert(content_of(source), wanted, source_format=source_format), to)
        return
    if source_format is not None:
        raise UsageError(f"{source!r} is a trial and has no format: leave out --from.")
    put(api.export(source, wanted, store=store), to)


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
    from provkit.export import FORMATS, OF_TRIALS, format_for

    if format == "spec" and output is not None and output.suffix == ".json":
        return "spec-json"
    if format is not None:
        return one_of(format, (*FORMATS, *OF_TRIALS))
    if output is not None and (otherwise is None or output.suffix):
        return format_for(str(output))
    if otherwise is None:
        raise UsageError(f"Which format? Say one with -f: {', '.join(FORMATS)}.")
    return otherwise
