"""Quads as Turtle, TriG, N-Quads, N-Triples and RDF/XML: sorted, and with readable prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pyoxigraph
from pyoxigraph import RdfFormat, Triple

from provkit.errors import BadInput
from provkit.export.prefixes import prefixes_of
from provkit.vocabulary import Quad

_NUMBER = re.compile(r"\d{1,9}(?!\d)")
_LETTERS = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u3001-\ud7ff"
_XML_NAMED = re.compile(rf"[{_LETTERS}][{_LETTERS}0-9.\u00b7-]*>$")
_NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
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
    """All graphs merged into one.

    Raises:
        BadInput: A property's IRI does not end in a name of XML, or a text holds a character
            that XML has no form for.
    """
    ordered = merged(quads)
    for property_ in {quad[1] for quad in ordered}:
        if not _XML_NAMED.search(property_):
            raise BadInput(
                f"Couldn't write the document as RDF/XML: the property {property_} does not end "
                "in a name of XML; use turtle or trig."
            )
    content = _serialize(_triples(ordered), RdfFormat.RDF_XML, prefixes_of(ordered, prefixes))
    if _NOT_IN_XML.search(content):
        raise BadInput(
            "Couldn't write the document as RDF/XML: a text holds a control character, which XML "
            "has no form for; use turtle or trig."
        )
    return content


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
    natural = _NaturalKeys()
    return sorted(
        set(quads),
        key=lambda quad: (quad[3], natural[quad[0]], quad[1] != _TYPE, quad[1], natural[quad[2]]),
    )


def merged(quads: Iterable[Quad]) -> list[Quad]:
    """The triples of all graphs as quads of one, sorted, each once."""
    return sorted_quads({(s, p, o, "") for s, p, o, _ in quads})


class _NaturalKeys(dict[str, str]):
    """Sort keys of terms, each made once: digits padded, so that they compare as numbers."""

    def __missing__(self, term: str) -> str:
        key = term
        if len(term) < 200:
            key = _NUMBER.sub(_padded, term)
        self[term] = key
        return key


def _padded(match: re.Match[str]) -> str:
    return match[0].zfill(9)


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
    except MemoryError as error:
        raise BadInput(
            f"Couldn't write the document as {format.name}: it holds a literal of more than 16 MiB; "
            "use nquads or ntriples."
        ) from error
    except (ValueError, SyntaxError, OSError) as error:
        raise BadInput(f"Couldn't write the document as {format.name}: {error}.") from error
    return content or b""
