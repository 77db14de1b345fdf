"""Reports of `validate` as a person reads them, as tables and as JSON."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from provkit.cli import console
from provkit.cli.console import Column
from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit.validation import Finding, Report, Severity

FORMATS = ("human", "table", "json", "csv", "tsv", "md", "ttl", "junit")
_STYLES = {"violation": "red", "warning": "yellow", "info": "cyan"}
_COLUMNS = (
    Column("severity", styles=_STYLES),
    Column("shape"),
    Column("place"),
    Column("thing", shrinks=True),
    Column("found", shrinks=True),
    Column("rule", shrinks=True),
)
_FOR_PROGRAMS = (
    *(Column("target"), *_COLUMNS),
    *(Column("advice"), Column("node"), Column("path"), Column("value")),
)
_SHOWN_OF_A_SHAPE = 5
"""A mistake in how trials are made is made on every node: a person needs a few of them."""


def severity_named(name: str) -> Severity:
    """Check the name of a severity.

    Raises:
        UsageError: There is none of that name.
    """
    from provkit.validation import SEVERITIES

    if name not in SEVERITIES:
        raise UsageError(f"There is no severity {name!r}: use one of {', '.join(SEVERITIES)}.")
    return name


def written(reports: Sequence[Report], format: str, level: Severity) -> str | bytes:
    """Write reports in one of `FORMATS`."""
    from provkit import validation

    if format == "ttl":
        return validation.as_turtle(reports, level)
    if format == "junit":
        return validation.as_junit(reports, level)
    if format == "human":
        return "".join(_page(report, level) for report in reports)
    if format == "json":
        return console.as_json(_plain(reports, level))
    rows = [_row(report, finding) for report in reports for finding in report.at_least(level)]
    if format == "table":
        several = (Column("target"),) if len(reports) > 1 else ()
        return console.rows_as("table", (*several, *_COLUMNS), rows) if rows else ""
    return console.rows_as(format, _FOR_PROGRAMS, rows)


def verdict(report: Report, level: Severity) -> str:
    """Say in one line how it went."""
    if report.checked == 0:
        return (
            f"{report.target} holds nothing that the shapes of profile {report.profile} speak of, "
            "so nothing was checked"
        )
    hidden = len(report.findings) - len(report.at_least(level))
    more = f"; --severity info shows {hidden} more" if hidden else ""
    if report.conforms(level):
        things = console.counted(report.checked, "thing")
        return f"{report.target} conforms ({things} checked against {report.profile}{more})"
    kinds = Counter(finding.severity for finding in report.at_least(level))
    counts = [
        console.counted(kinds[kind], kind, "info" if kind == "info" else None) for kind in kinds
    ]
    return f"{report.target} does not conform: {', '.join(counts)}{more}"


def profiles_as(format: str) -> str:
    """List the profiles."""
    from provkit.validation import PROFILES

    columns = (Column("name"), Column("summary", shrinks=True), Column("shapes", shrinks=True))
    rows = [
        {"name": p.name, "summary": p.summary, "shapes": list(p.files)} for p in PROFILES.values()
    ]
    return console.rows_as(format, columns, rows)


# ------------------------------------------------------------------ for programs


def _row(report: Report, finding: Finding) -> dict[str, Any]:
    return {"target": report.target, **_fields(finding)}


def _fields(finding: Finding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in finding.__slots__}


def _plain(reports: Sequence[Report], level: Severity) -> dict[str, Any]:
    return {
        "conforms": all(report.conforms(level) for report in reports),
        "severity": level,
        "reports": [
            {
                "target": report.target,
                "profile": report.profile,
                "conforms": report.conforms(level),
                "checked": report.checked,
                "triples": report.triples,
                "findings": [_fields(finding) for finding in report.at_least(level)],
            }
            for report in reports
        ],
    }


# ------------------------------------------------------------------ for people


def _page(report: Report, level: Severity) -> str:
    colour = console.wants_colour(sys.stdout)
    lines: list[str] = []
    shown: Counter[str] = Counter()
    found = Counter(finding.shape for finding in report.at_least(level))
    for finding in report.at_least(level):
        shown[finding.shape] += 1
        if shown[finding.shape] <= _SHOWN_OF_A_SHAPE:
            lines += [*_paragraph(finding, colour=colour), ""]
        if shown[finding.shape] == found[finding.shape] > _SHOWN_OF_A_SHAPE:
            rest = found[finding.shape] - _SHOWN_OF_A_SHAPE
            lines += [f"... and {rest:,} more of {finding.shape}; --format table has all", ""]
    return "\n".join(lines) + "\n" if lines else ""


def _paragraph(finding: Finding, *, colour: bool) -> list[str]:
    where = f"{finding.place}: " if finding.place else ""
    told = console.printable(f"{finding.rule} {finding.found}".strip())
    severity = console.style(finding.severity, _STYLES[finding.severity], on=colour)
    lines = [
        console.style(console.printable(f"{where}{finding.thing}"), "bold", on=colour),
        f"  {severity}: {told}",
    ]
    if finding.advice:
        lines.append(f"  what to do: {console.printable(finding.advice)}")
    name = finding.node if finding.node.startswith("_:") else f"<{finding.node}>"
    lines.append(console.style(f"  {finding.shape} on {console.printable(name)}", "dim", on=colour))
    return lines
