"""What model cards and methods have in common: numbers, lists of names, what was measured again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provkit.reporting.blocks import Code

SHOWN = 40
"""Rows of a table; the specification has the rest."""

Part = Mapping[str, Any]
"""A part of a specification."""


def series_of(measures: Sequence[Part]) -> list[list[Part]]:
    """Put together what was measured of one thing again and again, as rounds of training do."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for one in measures:
        name = str(one["name"] or "").partition("@")[0]  # what a name held, whichever version
        kind = tuple(one[key] for key in ("measure", "averaging", "on", "via", "model", "where"))
        found.setdefault((*kind, name), []).append(one)
    return list(found.values())


def value_of(series: Sequence[Part]) -> str:
    """Write the last of several values, with the first and how many there are."""
    values = [one["value"] for one in series if one["value"] is not None]
    if not values:
        return "a report" if series[-1]["measure"].endswith("report") else ""
    last = number_of(values[-1])
    return (
        f"{last} (last of {len(values)}, from {number_of(values[0])})" if len(values) > 1 else last
    )


def number_of(value: object) -> str:
    """Write a number to six digits, and anything else as it is."""
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)


def listed(names: Sequence[str]) -> list[str]:
    """List names as code, with commas; what is beyond a table's length is counted."""
    shown = [Code(name) for name in names[:SHOWN]]
    more = [f" and {len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return [*joined(shown), *more]


def joined(pieces: Sequence[str]) -> list[str]:
    """Put commas between pieces of a text."""
    text: list[str] = []
    for piece in pieces:
        text += [", ", piece] if text else [piece]
    return text
