"""Take RDF literals apart, as N-Triples writes them."""

from __future__ import annotations

import re

from provkit.errors import BadInput

_LITERAL = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9-]+))?', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_UNESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def literal_parts(term: str) -> tuple[str, str | None, str | None]:
    """Text, datatype IRI and language tag of a literal term.

    Raises:
        BadInput: It is no literal.
    """
    match = _LITERAL.fullmatch(term)
    if match is None:
        raise BadInput(f"The term {term[:80]!r} is no RDF literal.")
    return unescaped_text(match[1]), match[2], match[3]


def unescaped_text(text: str) -> str:
    """A text without the escapes of N-Triples."""
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    if match[3]:
        return _UNESCAPES.get(match[3], match[3])
    return chr(int(match[1] or match[2], 16))
