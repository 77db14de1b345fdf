"""`doctor` and `gc`: whether all is well, and what can go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import TABLES, Output, Store, format_option, one_of
from provkit.cli.writing import put

if TYPE_CHECKING:
    from provkit.upkeep import Health

_STYLES = {"ok": "green", "note": "cyan", "repaired": "yellow", "problem": "red"}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="everything, for a bug report")] = False,
    output: Output = None,
    store: Store = None,
) -> int:
    """Look at the store and at this machine, and say what is wrong and what to do.

    Every segment's seal is checked, the index and the catalog are compared with
    the segments and made anew if they differ, and a small program is captured to
    see what capture can see. A segment is never changed. Exit status 1 if there
    is a problem that a person has to see to.

    Examples:
        provkit doctor
        provkit doctor --json -o report.json
    """
    health = api.doctor(store=store)
    if json:
        rows = [{name: getattr(check, name) for name in check.__slots__} for check in health.checks]
        put(console.as_json({"healthy": health.is_good, "checks": rows}), output)
    else:
        put("\n".join(_lines(health)) + "\n", output)
    return 0 if health.is_good else 1


def _lines(health: Health) -> list[str]:
    colour = console.wants_colour(sys.stdout)
    wide = max(len(check.subject) for check in health.checks)
    lines = []
    for check in health.checks:
        state = console.style(check.state.ljust(8), _STYLES[check.state], on=colour)
        found = console.printable(check.found)
        lines.append(f"{state}  {check.subject.ljust(wide)}  {found}")
        if check.advice:
            lines.append(f"{'':10}{'':{wide}}  what to do: {console.printable(check.advice)}")
    return lines


def gc(
    yes: Annotated[bool, typer.Option("-y", "--yes", help="remove it, without asking")] = False,
    format: Annotated[str, format_option("table, json, csv, tsv or md")] = "table",
    store: Store = None,
) -> int:
    """Show what nothing in the store refers to, and with -y remove it.

    That is: files that a killed writer left, journals whose trials are sealed,
    annotations without a trial, an index that cannot be used. Never a segment,
    never a journal in use; a capture that runs meanwhile is safe.

    Examples:
        provkit gc
        provkit gc -y
    """
    one_of(format, TABLES)
    found = api.leftovers(store=store)
    rows = [
        {
            "kind": leftover.kind,
            "size": console.sized(leftover.size_bytes)
            if format == "table"
            else leftover.size_bytes,
            "path": str(leftover.path),
            "reason": leftover.reason,
        }
        for leftover in found
    ]
    columns = (
        Column("kind"),
        Column("size", right=True),
        Column("path", shrinks=True),
        Column("reason"),
    )
    if rows or format != "table":
        put(console.rows_as(format, columns, rows))
    total = console.sized(sum(leftover.size_bytes for leftover in found))
    if not found:
        api.tell("nothing is left over")
        return 0
    if not (yes or _agreed(len(found), total)):
        api.tell(f"nothing was removed: say -y to remove what is listed, {total}")
        return 0
    clearings = api.gc(found, store=store)
    staying = [clearing for clearing in clearings if clearing.problem is not None]
    for clearing in staying:
        api.tell(f"left {str(clearing.leftover.path)!r}: {clearing.problem}")
    gone = console.counted(len(clearings) - len(staying), "thing")
    freed = sum(c.leftover.size_bytes for c in clearings if c.problem is None)
    api.tell(f"removed {gone}, {console.sized(freed)}")
    return 1 if staying else 0


def _agreed(count: int, total: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"Remove {console.counted(count, 'thing')}, {total}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
