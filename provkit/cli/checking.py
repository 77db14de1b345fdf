"""`validate`, `normalize` and `equivalent`: documents held against PROV-CONSTRAINTS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.exchange import chosen_format, content_of
from provkit.cli.words import Output, Store, one_of
from provkit.cli.writing import put
from provkit.errors import UsageError

_COLUMNS = (
    Column("constraint", "no."),
    Column("title"),
    Column("message", shrinks=True),
    Column("bundle", shrinks=True),
    Column("statements", shrinks=True),
)


def validate(
    target: Annotated[
        str, typer.Argument(metavar="TRIAL|FILE", help="a trial of the store, or a document")
    ] = "last",
    *,
    constraints: Annotated[
        bool, typer.Option("--constraints", help="against PROV-CONSTRAINTS of the W3C")
    ] = False,
    format: Annotated[
        str, typer.Option("-f", "--format", metavar="FORMAT", help="table, json, csv, tsv or md")
    ] = "table",
    output: Output = None,
    store: Store = None,
) -> int:
    """Check a trial or a provenance document; exit status 1 if it does not conform.

    Examples:
        provkit validate last --constraints
        provkit validate --constraints document.provn --format json
    """
    one_of(format, ("table", "json", "csv", "tsv", "md"))
    if not constraints:
        raise UsageError("Say what to check against: provkit validate --constraints TRIAL|FILE.")
    report = api.validate_constraints(_document(target, store))
    rows = [
        {
            "constraint": violation.constraint,
            "title": violation.title,
            "bundle": violation.bundle,
            "message": violation.message,
            "statements": list(violation.statements),
        }
        for violation in report.violations
    ]
    if format == "json":
        put(console.as_json({"valid": report.valid, "violations": rows}), output)
    elif format != "table" or rows:
        put(console.rows_as(format, _COLUMNS, rows), output)
    found = console.counted(len(rows), "violation")
    api.tell(f"{target} is valid" if report.valid else f"{target} is not valid: {found}")
    return 0 if report.valid else 1


def normalize(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="the document; - is stdin")],
    format: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help="wanted; else by suffix, else prov-n"
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Write the normal form of a document by PROV-CONSTRAINTS.

    Examples:
        provkit normalize document.provn
        provkit normalize document.json -f prov-json -o normal.json
    """
    wanted = chosen_format(format, output, otherwise="prov-n")
    put(api.write_document(api.normalize(content_of(source)), wanted), output)


def equivalent(
    one: Annotated[Path, typer.Argument(metavar="A", help="a document")],
    other: Annotated[Path, typer.Argument(metavar="B", help="another")],
) -> int:
    """Tell whether two documents say the same by PROV-CONSTRAINTS; 1 if they do not.

    Examples:
        provkit equivalent document.provn document.json
        provkit equivalent one.ttl other.ttl && echo same
    """
    same = api.equivalent(one, other)
    api.tell(f"{one} and {other} are {'equivalent' if same else 'not equivalent'}")
    return 0 if same else 1


def _document(target: str, store: Path | None) -> Path | bytes:
    """Take a file, or else a trial of the store as N-Quads."""
    if Path(target).exists() or "/" in target or "." in target or target == "-":
        return content_of(Path(target))
    return api.export(target, "nquads", store=store)
