"""What is checked, as one rdflib graph; and its nodes as terms again."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import rdflib

from provkit.errors import BadInput
from provkit.store import rdflib_door
from provkit.vocabulary import Quad, Term

# rdflib logs a traceback for `"x"^^xsd:integer`, which a shape reports in a sentence.
_LOG = logging.getLogger("rdflib.term")


def graph_of(quads: Sequence[Quad]) -> rdflib.Graph:
    """Merge quads of all graphs into one graph.

    Raises:
        BadInput: A term is a quoted triple, which SHACL does not know.
    """
    if any(term.startswith("<") and " " in term for quad in quads for term in quad[:3]):
        raise BadInput("it holds a quoted triple, which SHACL cannot check; take it out.")
    level = _LOG.level
    _LOG.setLevel(logging.ERROR)
    try:
        return rdflib_door.graph_of(quads)
    finally:
        _LOG.setLevel(level)


def term_of(node: rdflib.term.Node) -> Term:
    """Write a node of such a graph as the term that it came from."""
    if isinstance(node, rdflib.BNode):
        return f"_:{node}"
    if isinstance(node, rdflib.URIRef):
        return f"<{node}>"
    return node.n3()
