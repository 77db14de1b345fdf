"""Reading terms in N-Triples text without an RDF library."""

from __future__ import annotations

import re
from typing import NamedTuple

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SHORT = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9-]+))?', re.DOTALL)
XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"


class Parts(NamedTuple):
    """What a term consists of, unescaped."""

    kind: str
    """`iri`, `literal`, `blank` or `triple`."""
    text: str
    """The IRI, the lexical form, the label, or the whole text of a quoted triple."""
    datatype: str | None = None
    language: str | None = None


def parts(term: str) -> Parts:
    """Take a term apart.

    >>> parts('"0.1"^^<http://www.w3.org/2001/XMLSchema#double>').text
    '0.1'
    """
    if term.startswith("<<"):
        return Parts("triple", term)
    if term.startswith("<"):
        return Parts("iri", unescaped(term[1:-1]))
    if term.startswith("_:"):
        return Parts("blank", term[2:])
    found = _LITERAL.fullmatch(term)
    if found is None:
        raise ValueError(f"not a term of N-Triples: {term!r}")
    language = found[3]
    datatype = LANG_STRING if language else found[2] or XSD_STRING
    return Parts("literal", unescaped(found[1]), datatype, language)


def unescaped(text: str) -> str:
    r"""Resolve `\n`, `\"`, `\u00e9` and their kind."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return _SHORT.get(found[3], found[3])
