"""What a page is made of, and the two ways to write it: Markdown and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .25rem .6rem;
  text-align: left; vertical-align: top; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
""".strip()


class Code(str):
    """A piece of text that is a name, a value or a line of code."""

    __slots__ = ()


Text = str | Sequence[str]
"""Words, or pieces of which some are `Code`."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` counts from 1."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences."""

    text: Text


@dataclass(frozen=True, slots=True)
class Items:
    """A list, one line each."""

    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


Block = Heading | Paragraph | Items | Table


def markdown(blocks: Sequence[Block]) -> str:
    """Write blocks in Markdown, as CommonMark with GitHub's tables has it."""
    return "\n\n".join(_block_in_markdown(block) for block in blocks) + "\n"


def _block_in_markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_in_markdown(block.text)}"
    if isinstance(block, Paragraph):
        return _in_markdown(block.text)
    if isinstance(block, Items):
        return "\n".join(f"- {_in_markdown(text)}" for text in block.texts)
    head = (block.columns, *block.rows)
    lines = [f"| {' | '.join(_in_markdown(cell) for cell in row)} |" for row in head]
    lines.insert(1, f"| {' | '.join('---' for _ in block.columns)} |")
    return "\n".join(lines)


def _in_markdown(text: Text) -> str:
    return "".join(_piece_in_markdown(piece) for piece in _pieces(text))


def _piece_in_markdown(piece: str) -> str:
    line = " ".join(piece.split())
    if not isinstance(piece, Code):
        edges = (piece[:1].isspace() and " ") or "", (piece[-1:].isspace() and " ") or ""
        escaped = _SPECIAL.sub(r"\\\1", line)
        return f"{edges[0]}{escaped}{edges[1] if line else ''}"
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    # A pipe ends a table's cell even inside code.
    return f"{fence}{pad}{line.replace('|', chr(92) + '|')}{pad}{fence}" if line else ""


def page(blocks: Sequence[Block], *, title: str) -> str:
    """Write blocks as a page of HTML that needs nothing else: no script, no style sheet, no picture."""
    body = "\n".join(_block_in_html(block) for block in blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _block_in_html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_in_html(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return f"<p>{_in_html(block.text)}</p>"
    if isinstance(block, Items):
        items = "".join(f"<li>{_in_html(text)}</li>" for text in block.texts)
        return f"<ul>{items}</ul>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in block.columns)
    rows = (
        f"<tr>{''.join(f'<td>{_in_html(cell)}</td>' for cell in row)}</tr>" for row in block.rows
    )
    return (
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + "\n</tbody>\n</table>"
    )


def _in_html(text: Text) -> str:
    return "".join(
        f"<code>{html.escape(piece)}</code>" if isinstance(piece, Code) else html.escape(piece)
        for piece in _pieces(text)
    )


def _pieces(text: Text) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text
