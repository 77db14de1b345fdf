"""`validate`, `normalize` and `equivalent`: held against shapes and against PROV-CONSTRAINTS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import console, findings
from provkit.cli.console import Column
from provkit.cli.exchange import chosen_format, content_of
from provkit.cli.words import Output, Store, one_of
from provkit.cli.writing import put
from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit import validation

_COLUMNS = (
    Column("constraint", "no."),
    Column("title"),
    Column("message", shrinks=True),
    Column("bundle", shrinks=True),
    Column("statements", shrinks=True),
)


_CONSTRAINT_FORMATS = ("table", "json", "csv", "tsv", "md")


def validate(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRIAL|FILE", help="trials of the store, or documents [last]"),
    ] = None,
    *,
    shapes: Annotated[
        list[Path] | None,
        typer.Option("-s", "--shapes", metavar="FILE", help="more shapes; may be repeated"),
    ] = None,
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="which shapes; see --profiles")
    ] = "trial",
    severity: Annotated[
        str,
        typer.Option(
            "--severity",
            metavar="LEVEL",
            help="violation, warning or info: what is shown and counts as failure, with all worse",
        ),
    ] = "violation",
    profiles: Annotated[bool, typer.Option("--profiles", help="list the profiles")] = False,
    constraints: Annotated[
        bool, typer.Option("--constraints", help="against PROV-CONSTRAINTS of the W3C instead")
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help="human, table, json, csv, md, ttl or junit"
        ),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> int:
    """Check trials or documents against SHACL shapes; 1 if one does not conform.

    A finding says what is wrong, on which thing of yours, and what to do. With
    --constraints the one target is held against PROV-CONSTRAINTS.

    Examples:
        provkit validate last~1 last --format junit -o report.xml
        provkit validate trial.ttl -s my-shapes.ttl --severity warning
    """
    if profiles:
        put(findings.profiles_as(format or "table"), output)
        return 0
    wanted = targets or ["last"]
    if constraints:
        return _hold_against_constraints(wanted, format or "table", output, store)
    chosen = one_of(format or "human", findings.FORMATS)
    level = findings.severity_named(severity)
    reports = [_report(target, profile, shapes or (), store) for target in wanted]
    put(findings.written(reports, chosen, level), output)
    for report in reports:
        api.tell(findings.verdict(report, level))
    return 0 if all(report.conforms(level) for report in reports) else 1


def _report(
    target: str, profile: str, shapes: Sequence[Path], store: Path | None
) -> validation.Report:
    if _is_file(target):
        source = content_of(Path(target))
        return api.validate_document(source, profile=profile, shapes=shapes)
    return api.validate(target, profile=profile, shapes=shapes, store=store)


def _hold_against_constraints(
    targets: Sequence[str],
    format: str,
    output: Path | None,
    store: Path | None,
) -> int:
    if len(targets) > 1:
        raise UsageError("With --constraints one trial or document is checked at a time.")
    target = targets[0]
    one_of(format, _CONSTRAINT_FORMATS)
    source = content_of(Path(target)) if _is_file(target) else None
    report = api.validate_constraints(
        api.export(target, "nquads", store=store) if source is None else source
    )
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


def _is_file(target: str) -> bool:
    """Tell a document from a trial: what is there, or is written as a path, is a document."""
    return Path(target).exists() or "/" in target or "." in target or target == "-"
