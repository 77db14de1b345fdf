"""`validate`, `normalize` and `equivalent`: held against shapes and against PROV-CONSTRAINTS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import findings, violations
from provkit.cli.exchange import chosen_format
from provkit.cli.sources import Source, content_of, document_of, is_file
from provkit.cli.words import TABLES, Output, Store, format_of, format_option
from provkit.cli.writing import put
from provkit.errors import BadInput, UsageError

if TYPE_CHECKING:
    from provkit import validation


def validate(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TRIAL|FILE", help="trials of the store, or documents [last]"),
    ] = None,
    *,
    shapes: Annotated[
        list[Path] | None,
        typer.Option(
            "-s", "--shapes", metavar="FILE", readable=False, help="more shapes; may be repeated"
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="which shapes, see --profiles; trial, or prov for what others made",
        ),
    ] = None,
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
        format_option("human, table, json, csv, md, ttl or junit"),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> int:
    """Check trials or documents against SHACL shapes (exit status 1: one fails).

    A finding says what is wrong, on which thing of yours, and what to do. With
    --constraints the PROV statements are held against PROV-CONSTRAINTS: each
    violation with its number, the statements that clash, and why.

    Examples:
        provkit validate trial.ttl last -s my-shapes.ttl --severity warning
        provkit validate --constraints document.provn last --format json
    """
    if profiles:
        put(findings.profiles_as(format_of(format, output, TABLES)), output)
        return 0
    wanted = targets or ["last"]
    if constraints:
        if shapes or profile:
            raise UsageError("PROV-CONSTRAINTS are no shapes: leave out -s and --profile.")
        return _hold_against_constraints(wanted, format, output, store)
    chosen = format_of(format, output, findings.FORMATS)
    level = findings.severity_named(severity)
    reports = [_report(target, profile, shapes or (), store) for target in wanted]
    put(findings.written(reports, chosen, level), output)
    for report in reports:
        api.tell(findings.verdict(report, level))
    return 0 if all(report.conforms(level) for report in reports) else 1


def _report(
    target: str, profile: str | None, shapes: Sequence[Path], store: Path | None
) -> validation.Report:
    if is_file(target, store):
        source = content_of(target)
        return api.validate_document(source, profile=profile, shapes=shapes)
    return api.validate(target, profile=profile, shapes=shapes, store=store)


def _hold_against_constraints(
    targets: Sequence[str],
    format: str | None,
    output: Path | None,
    store: Path | None,
) -> int:
    chosen = format_of(format, output, violations.FORMATS)
    reports = [(target, api.validate_constraints(document_of(target, store))) for target in targets]
    put(violations.written(reports, chosen), output)
    for target, report in reports:
        api.tell(violations.verdict(target, report))
    return 0 if all(report.valid for _, report in reports) else 1


def normalize(
    source: Source,
    format: Annotated[
        str | None,
        format_option("wanted; else by suffix, else prov-n"),
    ] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Write the normal form of a document or a trial by PROV-CONSTRAINTS.

    Examples:
        provkit normalize document.provn
        provkit normalize last -f prov-json -o normal.json
    """
    wanted = chosen_format(format, output, otherwise="prov-n")
    document = document_of(source, store)
    try:
        normal = api.normalize(document)
    except BadInput as error:
        raise BadInput(f"Couldn't normalize {source!r}: {error}") from error
    put(api.write_document(normal, wanted), output)


def equivalent(one: Source, other: Source, store: Store = None) -> int:
    """Tell whether two documents or trials say the same by PROV-CONSTRAINTS.

    Exit status 0 if they do, 1 if they do not.

    Examples:
        provkit equivalent document.provn document.json
        provkit equivalent one.ttl last && echo same
    """
    same = api.equivalent(document_of(one, store), document_of(other, store))
    api.tell(f"{one} and {other} are {'equivalent' if same else 'not equivalent'}")
    return 0 if same else 1
