"""Quads as Turtle, TriG, N-Quads, N-Triples and RDF/XML: sorted, and with readable prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import pyoxigraph
from pyoxigraph import RdfFormat, Triple

from provkit.errors import BadInput
from provkit.export.prefixes import prefixes_of
from provkit.vocabulary import Quad

_NUMBER = re.compile(r"\d{1,9}(?!\d)")
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def trig(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """All graphs, each with its name."""
    ordered = sorted_quads(quads)
    return _serialize(_parsed(ordered), RdfFormat.TRIG, prefixes_of(ordered, prefixes))


def turtle(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """All graphs merged into one."""
    ordered = merged(quads)
    return _serialize(_triples(ordered), RdfFormat.TURTLE, prefixes_of(ordered, prefixes))


def rdf_xml(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """All graphs merged into one; a property that XML cannot name is refused."""
    ordered = merged(quads)
    return _serialize(_triples(ordered), RdfFormat.RDF_XML, prefixes_of(ordered, prefixes))


def ntriples(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """All graphs merged into one, a line for each triple."""
    return _encoded("".join(f"{s} {p} {o} .\n" for s, p, o, _ in merged(quads)))


def nquads(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """All graphs, a line for each quad."""
    return _encoded(_lines(sorted_quads(quads)))


def sorted_quads(quads: Iterable[Quad]) -> list[Quad]:
    """Quads by graph, subject, property (the type first) and value, each once.

    Numbers in names count as numbers: `execution/9` stands before `execution/10`.
    """
    return sorted(
        set(quads),
        key=lambda quad: (quad[3], _natural(quad[0]), quad[1] != _TYPE, quad[1], _natural(quad[2])),
    )


def merged(quads: Iterable[Quad]) -> list[Quad]:
    """The triples of all graphs as quads of one, sorted, each once."""
    return sorted_quads({(s, p, o, "") for s, p, o, _ in quads})


@lru_cache(maxsize=100_000)
def _natural(term: str) -> str:
    return _NUMBER.sub(lambda match: match[0].zfill(9), term) if len(term) < 200 else term


def _lines(quads: Iterable[Quad]) -> str:
    return "".join(f"{s} {p} {o} {g} .\n" if g else f"{s} {p} {o} .\n" for s, p, o, g in quads)


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            "Couldn't write the document: it holds half a surrogate pair, which is no character."
        ) from error


def _parsed(quads: Iterable[Quad]) -> Iterable[pyoxigraph.Quad]:
    # lenient: what is in a store was checked on its way in, and a name must come out as it is
    return pyoxigraph.parse(_encoded(_lines(quads)), format=RdfFormat.N_QUADS, lenient=True)


def _triples(quads: Iterable[Quad]) -> Iterable[Triple]:
    return (Triple(quad.subject, quad.predicate, quad.object) for quad in _parsed(quads))


def _serialize(
    quads: Iterable[pyoxigraph.Quad] | Iterable[Triple],
    format: RdfFormat,
    prefixes: dict[str, str],
) -> bytes:
    try:
        content = pyoxigraph.serialize(quads, format=format, prefixes=prefixes)
    except (ValueError, SyntaxError, OSError) as error:
        raise BadInput(f"Couldn't write the document as {format.name}: {error}.") from error
    return content or b""
