"""How an answer looks in a notebook: rows as text and as HTML that reads well in light and dark, without scripts."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

Rows = Sequence[tuple[str, ...]]
_CODE = re.compile("`([^`]+)`")
_FONT = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"


def columns(rows: Rows) -> str:
    """Write rows in columns, as text."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    )


def table(rows: Rows, *, pre: bool = False) -> str:
    """Write rows as an HTML table; with `pre`, spaces in them count."""
    space = "white-space:pre;" if pre else ""
    style = f"{space}text-align:left;padding:1px 12px 1px 0;border:none;background:transparent"
    # JupyterLab shows a notebook that is not trusted yet without its fonts; `samp` has one by itself.
    letters = f"background:transparent;color:inherit;padding:0;{space}{_FONT}"
    body = "".join(
        "<tr style='background:transparent'>"
        + "".join(
            f"<td style='{style}'><samp style='{letters}'>{escaped(cell)}</samp></td>"
            for cell in row
        )
        + "</tr>"
        for row in rows
    )
    return framed(f"<table style='border-collapse:collapse;margin:0'>{body}</table>")


def program(text: str) -> str:
    """Write lines of a program as HTML."""
    return framed(f"<pre style='margin:0;background:transparent;{_FONT}'>{escaped(text)}</pre>")


def sentences(said: Sequence[str]) -> str:
    """Write sentences as an HTML list; what is between backticks in them is code."""
    style = f"background:transparent;color:inherit;padding:0;{_FONT}"
    items = (_CODE.sub(rf"<code style='{style}'>\1</code>", escaped(sentence)) for sentence in said)
    return framed(
        "<ul style='margin:0;padding-left:1.2em'>"
        + "".join(f"<li>{item}</li>" for item in items)
        + "</ul>"
    )


def framed(inner: str) -> str:
    """Put HTML into what marks it as an answer, in the colours of the page it is on."""
    return (
        "<div style='color:var(--jp-content-font-color1,currentColor);background:transparent;"
        "overflow-x:auto;border-left:3px solid var(--jp-brand-color1,#1976d2);padding-left:8px'>"
        f"{inner}</div>"
    )


def plain_svg(picture: str) -> str:
    """Leave out what an SVG file needs and an SVG in a page must not have."""
    return picture[picture.index("<svg") :]


def escaped(text: str) -> str:
    """Write a text so that HTML takes none of it for markup."""
    return html.escape(text, quote=True)
