"""Python 2's own syntax, rewritten line by line so that the rest can be read as Python 3."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Sequence
from itertools import pairwise

_SAID = frozenset({"print", "exec"})
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_BLANK = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})


def python_3_of(text: str) -> str | None:
    r"""Rewrite what Python 2 says otherwise: `print x`, `except E, e`, `raise E, text`, `<>`, `10L`.

    Returns:
        The text with the same lines; None where nothing of it is Python 2.

    >>> python_3_of('print "a", x  # said')
    'print ("a", x)  # said'
    """
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    edits = [
        edit
        for statement in _statements(tokens)
        for edit in (*_as_call(statement), *_as_clause(statement), *_as_number(statement))
    ]
    if not edits:
        return None
    lines = text.split("\n")
    for (row, column), length, new in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new + line[column + length :]
    return "\n".join(lines)


Edit = tuple[tuple[int, int], int, str]
"""Where a text is replaced, by line and column; how much of it, and by what."""


def _statements(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[list[tokenize.TokenInfo]]:
    """Part the tokens into statements, at the ends of lines, semicolons, and the colons of headers."""
    depth = 0
    statement: list[tokenize.TokenInfo] = []
    for token in tokens:
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        ends = token.type == tokenize.NEWLINE or (depth == 0 and token.string in (";", ":"))
        if not ends and token.type not in _BLANK:
            statement.append(token)
        if ends and statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _as_call(statement: Sequence[tokenize.TokenInfo]) -> Iterator[Edit]:
    if len(statement) < len(("print", "x")) or statement[0].string not in _SAID:
        return
    following = statement[1]
    if following.string in ("(", "=", ".", ",", ")"):
        return
    if following.string == ">>":
        yield following.start, len(following.string), "("
    else:
        yield following.start, 0, "("
    last = [token for token in statement if token.type != tokenize.ENDMARKER][-1]
    yield last.end, 0, ")"


def _as_clause(statement: Sequence[tokenize.TokenInfo]) -> Iterator[Edit]:
    word = {"except": " as", "raise": " from"}.get(statement[0].string)
    depth = 0
    for token, following in zip(statement, [*statement[1:], None], strict=True):
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        if token.string == "<" and following is not None and following.string == ">":
            yield token.start, 2, "!="
        elif word is not None and depth == 0 and token.string == ",":
            yield token.start, 1, word
            word = None


def _as_number(statement: Sequence[tokenize.TokenInfo]) -> Iterator[Edit]:
    for before, token in pairwise(statement):
        if (
            before.type == tokenize.NUMBER
            and token.string in ("L", "l")
            and before.end == token.start
        ):
            yield token.start, 1, ""
