"""Reports of `validate --constraints` as a person reads them, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from provkit.cli import console
from provkit.cli.console import Column

if TYPE_CHECKING:
    from provkit.constraints import Report

FORMATS = ("human", "table", "json", "csv", "tsv", "md")
_COLUMNS = (
    Column("constraint", "no."),
    Column("title"),
    Column("message", shrinks=True),
    Column("bundle", shrinks=True),
    Column("statements", shrinks=True),
)
_FOR_PROGRAMS = (Column("target"), *_COLUMNS, Column("cycle"), Column("link"))


def written(reports: Sequence[tuple[str, Report]], format: str) -> str:
    """Write reports, each with the name of what it is about, in one of `FORMATS`."""
    if format == "json":
        return _as_json(reports)
    if format == "human":
        return "".join(
            _page(target, report, several=len(reports) > 1) for target, report in reports
        )
    rows = [
        {
            **vars(violation),
            "target": target,
            "statements": list(violation.statements),
            "cycle": [str(step) for step in violation.cycle],
        }
        for target, report in reports
        for violation in report.violations
    ]
    if format == "table":
        several = (Column("target"),) if len(reports) > 1 else ()
        return console.rows_as("table", (*several, *_COLUMNS), rows) if rows else ""
    return console.rows_as(format, _FOR_PROGRAMS, rows)


def verdict(target: str, report: Report) -> str:
    """Say in one line how it went."""
    if report.valid:
        return f"{target} is valid"
    return f"{target} is not valid: {console.counted(len(report.violations), 'violation')}"


def _as_json(reports: Sequence[tuple[str, Report]]) -> str:
    return console.as_json(
        {
            "valid": all(report.valid for _, report in reports),
            "reports": [
                {
                    "target": target,
                    "valid": report.valid,
                    "violations": [asdict(violation) for violation in report.violations],
                }
                for target, report in reports
            ],
        }
    )


def _page(target: str, report: Report, *, several: bool) -> str:
    parts = [str(violation).splitlines() for violation in report.violations]
    heading = [[f"{target}:"]] if several and parts else []
    return "".join(
        "\n".join(map(console.printable, lines)) + "\n\n" for lines in (*heading, *parts)
    )
