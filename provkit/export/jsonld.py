"""Quads as JSON-LD: nodes under short property names, graphs nested, nothing to fetch.

Written here and not by pyoxigraph, which writes full IRIs on one endless line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from provkit.errors import BadInput
from provkit.export.prefixes import prefixes_of
from provkit.export.rdf import sorted_quads
from provkit.prov_document.literals import literal_parts
from provkit.vocabulary import Quad, Term

_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_SCHEME = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*):")
_GENERIC_DELIMITERS = tuple(":/?#[]@")
_Node = dict[str, Any]


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """All graphs, each a node with its own `@graph`; the default graph's nodes stand beside them."""
    ordered = sorted_quads(quads)
    names = _Names(ordered, prefixes_of(ordered, prefixes))
    graphs: dict[Term, dict[Term, _Node]] = {}
    for subject, property_, value, graph in ordered:
        nodes = graphs.setdefault(graph, {})
        node = nodes.get(subject)
        if node is None:
            node = nodes[subject] = {"@id": names[subject]}
        if property_ == _TYPE and not value.startswith('"'):
            node.setdefault("@type", []).append(names[value])
        else:
            node.setdefault(names[property_], []).append(_value(value, names))
    listed = list(graphs.pop("", {}).values())
    listed += [
        {"@id": names[graph], "@graph": list(nodes.values())} for graph, nodes in graphs.items()
    ]
    document = {"@context": names.context, "@graph": listed}
    try:
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            "Couldn't write the document: it holds half a surrogate pair, which is no character."
        ) from error


class _Names:
    """IRIs as JSON-LD writes them, under a prefix if one suits.

    A prefix must end in a delimiter (JSON-LD 1.1, 4.4), must not be the scheme of some IRI that
    is written in full, and the rest must not begin with `//` (JSON-LD API, IRI expansion).
    """

    def __init__(self, quads: list[Quad], prefixes: Mapping[str, str]) -> None:
        terms = {term for quad in quads for term in quad}
        schemes = {match[1] for term in terms if (match := _SCHEME.match(term))}
        self.context = {
            prefix: iri
            for prefix, iri in prefixes.items()
            if prefix and prefix not in schemes and iri.endswith(_GENERIC_DELIMITERS)
        }
        self._prefix_of = {iri: prefix for prefix, iri in self.context.items()}
        self._names: dict[Term, str] = {}

    def __getitem__(self, term: Term) -> str:
        name = self._names.get(term)
        if name is None:
            name = self._names[term] = term if term.startswith("_:") else self.of_iri(term[1:-1])
        return name

    def of_iri(self, iri: str) -> str:
        for cut in (iri.rfind("#") + 1, iri.rfind("/") + 1):
            prefix = self._prefix_of.get(iri[:cut])
            if prefix and not iri.startswith("//", cut):
                return f"{prefix}:{iri[cut:]}"
        return iri


def _value(term: Term, names: _Names) -> Any:
    if not term.startswith('"'):
        return {"@id": names[term]}
    text, datatype, language = literal_parts(term)
    if language is not None:
        return {"@value": text, "@language": language}
    if datatype is None or datatype == _STRING:
        return text
    return {"@value": text, "@type": names.of_iri(datatype)}
