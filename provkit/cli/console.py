"""What goes to the terminal: tables that fit it, trees in columns, colour if it is wanted.

Written without rich: importing it costs more than drawing a table of a thousand rows does here.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from provkit.model import Scalar

Cell = Scalar | None | Sequence[str]

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_GAP = "  "
_NARROWEST = 8
_ROOM_FOR_LAST = 24


# ------------------------------------------------------------------ the terminal


def wants_colour(stream: IO[str]) -> bool:
    """Tell whether to colour: `NO_COLOR`, then `FORCE_COLOR`, then whether it is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width_of_terminal(stream: IO[str]) -> int | None:
    """Give the columns to fit into; None if the text goes to a file or a pipe."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no terminal, or no descriptor
        return None


def style(text: str, *names: str, on: bool) -> str:
    """Put text into the styles named, if colour is on."""
    if not on or not names or not text:
        return text
    return f"\x1b[{';'.join(_STYLES[name] for name in names)}m{text}\x1b[0m"


def printable(text: str) -> str:
    """Put text on one line, with control characters made visible.

    Labels and messages come from the user's program: an escape sequence in them must not
    reach the terminal as one.
    """
    text = text.replace("\r\n", " ⏎ ").replace("\n", " ⏎ ").replace("\t", " ")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def columns_of(text: str) -> int:
    """Count the columns that text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def shortened(text: str, columns: int) -> str:
    """Cut text to so many columns, the cut marked by an ellipsis."""
    if columns_of(text) <= columns:
        return text
    kept = text[: max(columns - 1, 0)]
    while kept and columns_of(kept) > columns - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…"


# ------------------------------------------------------------------ words for people


def ago(moment: datetime, *, now: datetime | None = None) -> str:
    """Say when something was, as a person would: `2 min ago`, `yesterday`, `12 Mar 2026`."""
    now = now or datetime.now(UTC)
    seconds = (now - moment).total_seconds()
    if seconds < 0:
        return moment.astimezone().strftime("%Y-%m-%d %H:%M")
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // size)} {unit} ago" if seconds >= 1 else "just now"
    days = int(seconds // 86400)
    if days < 2:
        return "yesterday"
    return f"{days} days ago" if days < 30 else moment.astimezone().strftime("%d %b %Y")


def lasted(seconds: float | None) -> str:
    """Say how long something took: `0.08 s`, `2.1 s`, `3 min 20 s`, `1 h 05 min`."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def sized(size_bytes: float | None) -> str:
    """Say a size: `845 B`, `11.0 kB`, `1.4 GB`."""
    if size_bytes is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} B" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Say a number of things: `1 step`, `2 steps`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


# ------------------------------------------------------------------ tables


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its field, its heading, and how it is drawn."""

    name: str
    heading: str | None = None
    right: bool = False
    shrinks: bool = False
    """May be cut when the table is wider than the terminal."""
    styles: Mapping[str, str] | None = None
    """Style of a cell by its text."""

    @property
    def title(self) -> str:
        """The heading, in the table's manner."""
        return (self.heading or self.name.replace("_", " ")).upper()


def table(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Cell]],
    *,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """Draw rows as a table that fits into `width` columns, if it can be made to.

    Columns that may shrink give way, the widest first; the others are never cut.
    """
    texts = [[_text(row.get(column.name)) for column in columns] for row in rows]
    widths = [
        max([columns_of(column.title), *(columns_of(line[i]) for line in texts)])
        for i, column in enumerate(columns)
    ]
    _shrink(widths, columns, width)
    heading = _GAP.join(
        _padded(column.title, widths[i], right=column.right) for i, column in enumerate(columns)
    )
    lines = [style(heading.rstrip(), "bold", on=colour)]
    lines += [_row(columns, line, widths, colour=colour) for line in texts]
    return "\n".join(lines) + "\n"


def _row(
    columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int], *, colour: bool
) -> str:
    cells = []
    for column, text, width in zip(columns, texts, widths, strict=True):
        cell = _padded(shortened(text, width), width, right=column.right)
        named = (column.styles or {}).get(text)
        cells.append(style(cell, named, on=colour) if named else cell)
    return _GAP.join(cells).rstrip()


def _shrink(widths: list[int], columns: Sequence[Column], width: int | None) -> None:
    if width is None:
        return
    givers = [i for i, column in enumerate(columns) if column.shrinks]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while excess > 0 and givers:
        widest = max(givers, key=lambda i: widths[i])
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1
        excess -= 1


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * max(width - columns_of(text), 0)
    return space + text if right else text + space


def _text(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return printable(str(value))
    return printable(", ".join(value))


def markdown(columns: Sequence[Column], rows: Iterable[Mapping[str, Cell]]) -> str:
    """Write rows as a table in Markdown."""
    lines = [
        "| " + " | ".join(column.name for column in columns) + " |",
        "|" + "|".join("---:" if column.right else "---" for column in columns) + "|",
    ]
    for row in rows:
        cells = (_text(row.get(column.name)).replace("|", "\\|") for column in columns)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def separated(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Cell]], *, delimiter: str = ","
) -> str:
    """Write rows as CSV (or TSV), one heading line first, values uncut."""
    lines = [[column.name for column in columns]]
    lines += [[_plain(row.get(column.name)) for column in columns] for row in rows]
    return "".join(
        delimiter.join(_quoted(cell, delimiter) for cell in line) + "\n" for line in lines
    )


def _quoted(cell: str, delimiter: str) -> str:
    # The standard writer leaves a lone carriage return bare if lines end in a line feed, and
    # readers take it for the end of the row.
    if any(sign in cell for sign in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else " ".join(value)


def as_json(value: object) -> str:
    """Write a value as JSON for people and programs alike: indented, UTF-8, dates as text."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, default=_jsonable) + "\n"


def _jsonable(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def rows_as(
    format: str,
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Cell]],
    *,
    stream: IO[str] | None = None,
) -> str:
    """Write rows as `table`, `json`, `csv`, `tsv` or `md`.

    Args:
        format: One of the five.
        columns: Those to be written, in order; JSON has the same.
        rows: Values by name of column; what a row lacks is empty.
        stream: Where a table will go, so that it fits there; the standard output if None.
    """
    if format == "json":
        names = [column.name for column in columns]
        return as_json([{name: row.get(name) for name in names} for row in rows])
    if format == "md":
        return markdown(columns, rows)
    if format in ("csv", "tsv"):
        return separated(columns, rows, delimiter="\t" if format == "tsv" else ",")
    stream = stream or sys.stdout
    return table(columns, rows, width=width_of_terminal(stream), colour=wants_colour(stream))


# ------------------------------------------------------------------ lines in columns


def aligned(
    lines: Sequence[tuple[str, ...]], *, width: int | None, styles: Sequence[str], colour: bool
) -> str:
    """Write lines of a few parts each in columns, the last part cut to fit, and then the first.

    Args:
        lines: The parts of each line; all of the same number.
        width: Columns of the terminal; None to cut nothing.
        styles: Style of each part; empty for none.
        colour: Whether to use them.
    """
    if not lines:
        return ""
    widths = [max(columns_of(line[i]) for line in lines) for i in range(len(styles) - 1)]
    room = None
    if width is not None and widths:
        others = sum(widths[1:]) + len(_GAP) * len(widths)
        last = min(max(columns_of(line[-1]) for line in lines), _ROOM_FOR_LAST)
        widths[0] = min(widths[0], max(width - others - last, _NARROWEST))
        room = max(width - others - widths[0], _NARROWEST)
    text = []
    for line in lines:
        fitting = [shortened(line[0], widths[0]), *line[1:-1]] if widths else []
        parts = [
            style(part, named, on=colour and bool(named)) + " " * (size - columns_of(part))
            for part, size, named in zip(fitting, widths, styles[:-1], strict=True)
        ]
        last_part = line[-1] if room is None else shortened(line[-1], room)
        text.append(
            _GAP.join([*parts, style(last_part, styles[-1], on=colour and bool(styles[-1]))])
        )
    return "\n".join(part.rstrip() for part in text) + "\n"
