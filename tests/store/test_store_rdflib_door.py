"""rdflib gets the same trial, in terms that it holds equal to its own."""

import pytest
import rdflib
from store.trials_made_up import quads_of

from provkit.store.rdflib_door import dataset_of, graph_of

GRAPH = "<x:g>"


def one(term):
    return next(iter(graph_of([("<x:s>", "<x:p>", term, GRAPH)]).objects()))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ('"a"', rdflib.Literal("a")),
        ('"a"^^<http://www.w3.org/2001/XMLSchema#string>', rdflib.Literal("a")),
        ('"a"@en', rdflib.Literal("a", lang="en")),
        ('"7"^^<http://www.w3.org/2001/XMLSchema#integer>', rdflib.Literal(7)),
        ('"0.1"^^<http://www.w3.org/2001/XMLSchema#double>', rdflib.Literal(0.1)),
        (r'"a\n\"b\u00e9"', rdflib.Literal('a\n"bé')),
        ("<x:a>", rdflib.URIRef("x:a")),
        ("_:b", rdflib.BNode("b")),
    ],
)
def test_a_term_equals_rdflibs_own(term, expected):
    assert one(term) == expected


def test_a_time_keeps_its_form():
    moment = one('"2026-11-20T10:00:01.413Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>')
    assert str(moment) == "2026-11-20T10:00:01.413Z"


def facts(graph):
    """By value: rdflib's own parser rewrites how a time is written."""
    return {(s, p, o.toPython()) for s, p, o in graph}


@pytest.mark.filterwarnings("ignore:Dataset.default_context is deprecated")
def test_a_dataset_has_the_same_quads_as_rdflib_reads():
    quads = quads_of(0, values=10)
    lines = "".join(f"{s} {p} {o} {g} .\n" for s, p, o, g in quads)
    read = rdflib.Dataset(default_union=True).parse(data=lines, format="nquads")
    made = dataset_of(quads)
    assert {graph.identifier for graph in made.graphs()} >= {
        rdflib.URIRef(quad[3][1:-1]) for quad in quads
    }
    for graph in read.graphs():
        assert facts(graph) == facts(made.graph(graph.identifier))
    assert len(made) == len(graph_of(quads)) == len({quad[:3] for quad in quads})
