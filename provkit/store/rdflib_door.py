"""Trials as rdflib graphs: the one place where quads become rdflib's terms.

Made term by term and not by rdflib's parser, because of a trap: rdflib holds
`Literal("x", datatype=XSD.string)` to differ from `Literal("x")`, which RDF 1.1 says are the
same, and SHACL shapes then report violations that are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.term import Identifier

from provkit.store.terms import XSD_STRING, parts
from provkit.vocabulary import PREFIXES, Quad, Term


def dataset_of(quads: Iterable[Quad]) -> Dataset:
    """Make a dataset of quads; its default graph is the union of the named ones.

    Lexical forms stay as they are written (rdflib would rewrite times), blank nodes keep
    their labels.
    """
    dataset = Dataset(default_union=True)
    graphs: dict[Term, Graph] = {}
    for subject, predicate, value, name in quads:
        graph = graphs.get(name)
        if graph is None:
            graph = graphs[name] = dataset.graph(_term(name))
        graph.add((_term(subject), _term(predicate), _term(value)))
    _bind(dataset)
    return dataset


def graph_of(quads: Iterable[Quad]) -> Graph:
    """Make one graph of quads, as if they were all in one."""
    graph = Graph()
    for subject, predicate, value, _ in quads:
        graph.add((_term(subject), _term(predicate), _term(value)))
    _bind(graph)
    return graph


def _bind(graph: Graph) -> None:
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)


@lru_cache(maxsize=10_000)
def _term(term: Term) -> Identifier:
    piece = parts(term)
    if piece.kind == "iri":
        return URIRef(piece.text)
    if piece.kind == "blank":
        return BNode(piece.text)
    if piece.language is not None:
        return Literal(piece.text, lang=piece.language)
    if piece.datatype == XSD_STRING:
        return Literal(piece.text)
    return Literal(piece.text, datatype=URIRef(piece.datatype or ""), normalize=False)
