"""`lineage`, `query` and `queries`: asking where something came from, in one word or in SPARQL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import TABLES, Output, Store, TableFormat, Trial, format_of, format_option
from provkit.cli.writing import put
from provkit.errors import BadInput, UsageError

if TYPE_CHECKING:
    from provkit.lineage import Lineage, TreeLine
    from provkit.query import QueryResult

_LINEAGE_FORMATS = ("tree", "table", "json", "csv", "md", "dot", "svg", "ttl")
_COLUMNS = (
    Column("label", shrinks=True),
    Column("kind"),
    Column("description", shrinks=True),
    Column("from", "came from", shrinks=True),
    Column("place", "made at"),
    Column("statement", shrinks=True),
)


def lineage(
    trial: Trial,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="variable, version of it (model@1), one of a function's (clean:frame), attribute or item "
            '(model.alpha, df["price"]), file (its path or name), metric or model',
        ),
    ],
    *,
    forward: Annotated[
        bool, typer.Option("--forward", help="what became of it, not where it came from")
    ] = False,
    depth: Annotated[
        int | None, typer.Option("--depth", metavar="N", help="go no further than N derivations")
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="only what things were made from, not what tests read")
    ] = False,
    control: Annotated[
        bool, typer.Option("--control", help="only what tests and loops read that decided on them")
    ] = False,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="only files, joined where a path joins them")
    ] = False,
    format: Annotated[
        str | None,
        format_option("tree, table, json, csv, md, dot, svg or ttl"),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Show where a value or a file came from, each step in the program's own words.

    A bare name is the last version of a variable. What was shown already is
    marked (above); what only decided whether a statement ran is marked (control),
    and named in one line where it was shown already.
    Without --format the suffix of the output file decides, else it is a tree.

    Examples:
        provkit lineage last score
        provkit lineage last model.joblib --format svg -o model.svg
    """
    chosen = format_of(format, output, _LINEAGE_FORMATS)
    if depth is not None and depth < 0:
        raise UsageError(f"The depth cannot be {depth}: it counts derivations, from 0.")
    only: Literal["data", "control"] | None = None
    if data != control:
        only = "data" if data else "control"
    found = api.lineage(
        trial, name, forward=forward, depth=depth, files_only=files_only, only=only, store=store
    )
    put(_written(found, chosen, to_file=output is not None), output)


def _written(found: Lineage, format: str, *, to_file: bool) -> str:
    if format == "tree":
        return as_tree(
            found,
            width=None if to_file else console.width_of_terminal(sys.stdout),
            colour=not to_file and console.wants_colour(sys.stdout),
        )
    if format == "json":
        return console.as_json(as_data(found))
    if format == "ttl":
        from provkit.export import render

        return render(found.quads(), "turtle").decode()
    if format in ("dot", "svg"):
        from provkit.export import picture

        return picture.svg(found) if format == "svg" else picture.dot(found)
    return console.rows_as(format, _COLUMNS, _rows(found))


def as_tree(found: Lineage, *, width: int | None = None, colour: bool = False) -> str:
    """Draw a lineage as a tree: what it is, where it was made, by which words."""
    lines = [_line(line) for line in found.tree()]
    text = console.aligned(lines, width=width, styles=("", "cyan", "dim"), colour=colour)
    if found.cut:
        more = console.counted(found.cut, "more thing")
        text += f"{more} beyond this depth\n"
    return text


def _line(line: TreeLine) -> tuple[str, str, str]:
    if line.settings:
        return line.branches + console.shortened(console.printable(line.settings_said), 100), "", ""
    if line.deciders:
        names = ", ".join(node.label.partition("\n")[0] for node in line.deciders)
        said = console.shortened(console.printable(names), 80)
        return f"{line.branches}decided by {said} (above)", "", ""
    node = line.node
    label = console.shortened(console.printable(node.label), 60)
    description = console.shortened(console.printable(node.description), 40)
    marks = " (control)" * line.control + " (above)" * line.repeated
    what = f"{line.branches}{label}{marks}{' ' if description else ''}{description}"
    source = (node.source or "").partition("\n")
    said = f"{source[0]}{' …' if source[2] else ''} {node.said_between}"
    return what, node.place, console.printable(said.strip())


def as_data(found: Lineage) -> dict[str, object]:
    """Give a lineage as plain values, for JSON."""
    from provkit.entities import fields_of

    return {
        "trial": found.trial,
        "root": found.root.iri,
        "direction": "forward" if found.forward else "back",
        "nodes": [{"iri": node.iri, **fields_of(node)} for node in found.nodes],
        "edges": [
            {"source": edge.source, "derived": edge.derived, "control": edge.control}
            for edge in found.edges
        ],
        "cut": found.cut,
    }


def _rows(found: Lineage) -> list[dict[str, console.Cell]]:
    labels = {node.iri: node.label for node in found.nodes}
    sources: dict[str, list[str]] = {}
    for edge in found.edges:
        sources.setdefault(edge.derived, []).append(labels[edge.source])
    return [
        {
            "label": node.label,
            "kind": node.kind,
            "description": node.description,
            "from": sources.get(node.iri, []),
            "place": node.place,
            "statement": node.source,
        }
        for node in found.nodes
    ]


# ------------------------------------------------------------------ SPARQL

_FORMATS = ("table", "json", "csv", "tsv", "md", "ttl", "nt", "jsonld", "rdf")


def query(
    text: Annotated[
        str | None,
        typer.Argument(metavar="QUERY", help="SPARQL, or a file FILE.rq, or - for standard input"),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="one of `provkit queries`")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p", "--parameter", metavar="NAME VALUE", help="value of a variable: text, or <iri>"
        ),
    ] = None,
    trial: Annotated[
        str | None, typer.Option("--trial", metavar="TRIAL", help="ask this trial alone")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="FILE",
            readable=False,
            help="ask this RDF and not the store; may be repeated",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", help="stop a query that runs longer"),
    ] = None,
    format: Annotated[
        str | None,
        format_option("table, json, csv, tsv, md; a graph: ttl, nt, ..."),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Ask the store in SPARQL 1.1. The usual prefixes are declared already.

    The default graph is the union of all trials. The answer of a CONSTRUCT or
    DESCRIBE is written as Turtle. Updates are refused: trials do not change.

    Examples:
        provkit query 'SELECT ?t WHERE { ?t a repr:Trial ; pk:status pk:failed }'
        provkit query --name lineage -p name score@1 --format csv
    """
    if format is not None or (output is not None and output.suffix):
        format = format_of(format, output, _FORMATS)  # noqa: A001
    if timeout is not None and timeout <= 0:
        raise UsageError(f"The time limit cannot be {timeout:g}: it counts seconds, above 0.")
    if (not text) == (name is None):
        raise UsageError(
            'Say either a query or the name of one: provkit query "SELECT ...", or --name NAME.'
        )
    parameters = dict(_pair(text) for text in parameter or ())
    if name is not None:
        answer = api.named_query(name, parameters, trial=trial, timeout=timeout, store=store)
    else:
        sparql, origin = _sparql(text or "")
        answer = api.query(
            sparql,
            parameters=parameters,
            trial=trial,
            data=data or (),
            timeout=timeout,
            origin=origin,
            store=store,
        )
    for warning in answer.warnings:
        api.tell(f"warning: {warning}")
    put(_answered(answer, format, to_file=output is not None), output)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.lstrip("$?"), value


def _sparql(text: str) -> tuple[str, str]:
    """Give the text of a query, and what messages should call it."""
    if text == "-":
        return sys.stdin.read(), "standard input"
    if "{" in text or "\n" in text:
        return text, "query"
    try:
        return Path(text).read_text(encoding="utf-8"), text
    except FileNotFoundError as error:
        raise BadInput(
            f"Couldn't read the query {text!r}: there is no such file, and it is no SPARQL either."
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"Couldn't read the query {text!r}: {reason}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"Couldn't read the query {text!r}: it is not text in UTF-8.") from error


def _answered(answer: QueryResult, format: str | None, *, to_file: bool) -> str:
    if format is None:
        format = "ttl" if answer.kind == "graph" else "table"  # noqa: A001
    if format != "table" or answer.kind == "ask" or to_file:
        return answer.to_format(format)
    headers, rows = answer.table()
    columns = [Column(header, shrinks=True) for header in headers]
    cells = [dict(zip(headers, row, strict=True)) for row in rows]
    return console.rows_as("table", columns, cells)


def queries(
    format: TableFormat = None,
    output: Output = None,
) -> None:
    """List the named queries: what each answers, and its parameters.

    Examples:
        provkit queries
        provkit queries --format json
    """
    chosen = format_of(format, output, TABLES)
    rows = [
        {
            "name": query.name,
            "answers": query.description,
            "parameters": list(query.parameters),
        }
        for query in api.queries()
    ]
    columns = (Column("name"), Column("answers", shrinks=True), Column("parameters"))
    put(console.rows_as(chosen, columns, rows), output)
