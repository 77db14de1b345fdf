"""Equivalence: which differences count and which do not."""

import datetime as dt

import pytest
from constraint_cases import cases
from prov.model import ProvDocument
from prov_n import document

from provkit.constraints import equivalent
from provkit.constraints.facts import Fact
from provkit.constraints.isomorphism import Isomorphism
from provkit.constraints.terms import Terms

SAME = [
    (
        "the order of statements",
        "entity(ex:e)\nactivity(ex:a, -, -)",
        "activity(ex:a, -, -)\nentity(ex:e)",
    ),
    ("a statement twice", "entity(ex:e)\nentity(ex:e)", "entity(ex:e)"),
    ("a member twice", "hadMember(ex:c, ex:e)\nhadMember(ex:c, ex:e)", "hadMember(ex:c, ex:e)"),
    ("the order of attributes", "entity(ex:e, [ex:k=1, ex:l=2])", "entity(ex:e, [ex:l=2, ex:k=1])"),
    (
        "attributes in two statements",
        "entity(ex:e, [ex:k=1])\nentity(ex:e, [ex:l=2])",
        "entity(ex:e, [ex:k=1, ex:l=2])",
    ),
    ("a long form", "used(ex:a)", "used(ex:a, -, -)"),
    ("an inferred generation", "entity(ex:e)", "entity(ex:e)\nwasGeneratedBy(ex:e)"),
    (
        "an inferred invalidation",
        "entity(ex:e)\nwasGeneratedBy(ex:e, ex:a, -)",
        "entity(ex:e)\nwasGeneratedBy(ex:e, ex:a, -)\nwasInvalidatedBy(ex:e)",
    ),
    (
        "an inferred start",
        "activity(ex:a, 2011-11-16T16:05:00, -)",
        "activity(ex:a, 2011-11-16T16:05:00, -)\nwasStartedBy(ex:a, -, -, 2011-11-16T16:05:00)",
    ),
    (
        "the time in the start or in the activity",
        "activity(ex:a, -, -)\nwasStartedBy(ex:a, -, -, 2011-11-16T16:05:00)",
        "activity(ex:a, 2011-11-16T16:05:00, -)",
    ),
    (
        "an inferred communication",
        "wasGeneratedBy(ex:e, ex:a, -)\nused(ex:b, ex:e, -)",
        "wasGeneratedBy(ex:e, ex:a, -)\nused(ex:b, ex:e, -)\nwasInformedBy(ex:b, ex:a)",
    ),
    (
        "an inferred influence",
        "used(ex:u; ex:a, ex:e, -)",
        "used(ex:u; ex:a, ex:e, -)\nwasInfluencedBy(ex:u; ex:a, ex:e)",
    ),
    ("alternates the other way round", "alternateOf(ex:e, ex:f)", "alternateOf(ex:f, ex:e)"),
    (
        "a revision is an alternate",
        "wasDerivedFrom(ex:d; ex:e, ex:f, [prov:type='prov:Revision'])",
        "wasDerivedFrom(ex:d; ex:e, ex:f, [prov:type='prov:Revision'])\nalternateOf(ex:f, ex:e)",
    ),
    (
        "a transitive specialization",
        "specializationOf(ex:e, ex:f)\nspecializationOf(ex:f, ex:g)",
        (
            "specializationOf(ex:e, ex:f)\nspecializationOf(ex:f, ex:g)\n"
            "specializationOf(ex:e, ex:g)"
        ),
    ),
    (
        "inherited attributes",
        "entity(ex:e, [ex:k=1])\nspecializationOf(ex:f, ex:e)",
        "entity(ex:e, [ex:k=1])\nentity(ex:f, [ex:k=1])\nspecializationOf(ex:f, ex:e)",
    ),
    (
        "the events of a derivation",
        "wasDerivedFrom(ex:d; ex:e, ex:f, ex:a, ex:g, ex:u)",
        (
            "wasDerivedFrom(ex:d; ex:e, ex:f, ex:a, ex:g, ex:u)\n"
            "used(ex:u; ex:a, ex:f, -)\nwasGeneratedBy(ex:g; ex:e, ex:a, -)"
        ),
    ),
    (
        "one instant in two zones",
        "activity(ex:a, 2011-11-16T16:05:00Z, -)",
        "activity(ex:a, 2011-11-16T17:05:00+01:00, -)",
    ),
    (
        "two ways to write a decimal",
        'entity(ex:e, [ex:k="1.0" %% xsd:decimal])',
        'entity(ex:e, [ex:k="1.00" %% xsd:decimal])',
    ),
]

DIFFERENT = [
    ("an identifier", "entity(ex:e)", "entity(ex:f)"),
    ("an attribute", "entity(ex:e, [ex:k=1])", "entity(ex:e)"),
    ("the value of an attribute", "entity(ex:e, [ex:k=1])", "entity(ex:e, [ex:k=2])"),
    ("the datatype of an attribute", "entity(ex:e, [ex:k=1])", 'entity(ex:e, [ex:k="1"])'),
    ("integer and double", "entity(ex:e, [ex:k=1])", 'entity(ex:e, [ex:k="1" %% xsd:double])'),
    ("the language of an attribute", 'entity(ex:e, [ex:k="x"@en])', 'entity(ex:e, [ex:k="x"@de])'),
    ("a name and its text", "entity(ex:e, [ex:k='ex:x'])", 'entity(ex:e, [ex:k="ex:x"])'),
    ("the identifier of a relation or none", "used(ex:u; ex:a, ex:e, -)", "used(ex:a, ex:e, -)"),
    ("one usage or two", "used(ex:a, ex:e, -)", "used(ex:a, ex:e, -)\nused(ex:a, ex:e, -)"),
    ("a plan or none", "wasAssociatedWith(ex:a, ex:ag, ex:p)", "wasAssociatedWith(ex:a, ex:ag, -)"),
    (
        "an activity of a derivation or none",
        "wasDerivedFrom(ex:e, ex:f, ex:a, -, -)",
        "wasDerivedFrom(ex:e, ex:f)",
    ),
    ("a time", "used(ex:a, ex:e, 2011-11-16T16:05:00)", "used(ex:a, ex:e, -)"),
    (
        "a zone or none",
        "activity(ex:a, 2011-11-16T16:05:00Z, -)",
        "activity(ex:a, 2011-11-16T16:05:00, -)",
    ),
    ("entity and agent", "entity(ex:x)", "agent(ex:x)"),
    (
        "the direction of a specialization",
        "specializationOf(ex:e, ex:f)",
        "specializationOf(ex:f, ex:e)",
    ),
    ("an alternate of itself, its entity stated or not", "alternateOf(ex:e, ex:e)", "entity(ex:e)"),
    (
        "revision and quotation",
        "wasDerivedFrom(ex:e, ex:f, [prov:type='prov:Revision'])",
        "wasDerivedFrom(ex:e, ex:f, [prov:type='prov:Quotation'])",
    ),
    (
        "the attributes of an influence beyond its usage",
        "used(ex:u; ex:a, ex:e, -)",
        "used(ex:u; ex:a, ex:e, -)\nwasInfluencedBy(ex:u; ex:a, ex:e, [ex:k=1])",
    ),
    (
        "which usages are of one unknown entity",
        "used(ex:a, existential:x, -)\nused(ex:b, existential:x, -)",
        "used(ex:a, existential:x, -)\nused(ex:b, existential:y, -)",
    ),
    (
        "the name of a bundle",
        "bundle ex:b\nentity(ex:e)\nendBundle",
        "bundle ex:c\nentity(ex:e)\nendBundle",
    ),
    ("an empty bundle or none", "entity(ex:e)\nbundle ex:b\nendBundle", "entity(ex:e)"),
    (
        "in a bundle or not",
        "bundle ex:b\nentity(ex:e)\nendBundle",
        "entity(ex:e)\nbundle ex:b\nendBundle",
    ),
    (
        "valid and invalid",
        "wasDerivedFrom(ex:e, ex:f)",
        "wasDerivedFrom(ex:e, ex:f)\nentity(ex:e)\nactivity(ex:e, -, -)",
    ),
    (
        "two that are invalid in different ways",
        "entity(ex:e)\nactivity(ex:e, -, -)",
        "entity(ex:f)\nactivity(ex:f, -, -)",
    ),
]

PREFIX = "prefix existential <https://w3id.org/provkit/existential#>\n"


def read(statements):
    return document(PREFIX + statements)


@pytest.mark.parametrize(("what", "one", "other"), SAME, ids=[row[0] for row in SAME])
def test_does_not_matter(what, one, other):
    assert equivalent(read(one), read(other))
    assert equivalent(read(other), read(one))


@pytest.mark.parametrize(("what", "one", "other"), DIFFERENT, ids=[row[0] for row in DIFFERENT])
def test_matters(what, one, other):
    assert not equivalent(read(one), read(other))
    assert not equivalent(read(other), read(one))


def test_the_names_of_existentials_do_not_matter():
    one = (
        "used(ex:a, existential:x, -)\nwasDerivedFrom(ex:e, existential:x)\n"
        "used(ex:b, existential:y, -)"
    )
    other = one.replace("existential:x", "existential:q").replace("existential:y", "existential:x")
    assert equivalent(read(one), read(other))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_every_document_valid_or_not_is_equivalent_to_itself(case):
    assert equivalent(document(case.statements), document(case.statements))


def test_no_two_of_many_documents_are_equivalent_without_reason():
    """Transitivity and symmetry over all pairs of a table that has equivalent ones in it."""
    documents = [read(text) for row in (*SAME, *DIFFERENT) for text in row[1:]]
    verdicts = [[equivalent(one, other) for other in documents] for one in documents]
    classes = {tuple(row) for row in verdicts}
    for members in classes:
        assert sum(tuple(row) == members for row in verdicts) == sum(members)


def ring(terms, names, length):
    """Facts that say of unknown entities that each derives from the next, in a circle."""
    nodes = [terms.existential(f"{names}{number}") for number in range(length)]
    return [
        Fact("alternateOf", (0, node, nodes[(place + 1) % length]), frozenset())
        for place, node in enumerate(nodes)
    ]


def rings(*lengths):
    terms = Terms()
    facts = [fact for number, n in enumerate(lengths) for fact in ring(terms, f"r{number}-", n)]
    return Isomorphism(facts, terms)


def test_what_colours_cannot_tell_apart_is_found_by_search():
    """A circle of six and two of three look the same to every unknown entity in them."""
    assert rings(6).matches(rings(6))
    assert rings(3, 3).matches(rings(3, 3))
    assert not rings(6).matches(rings(3, 3))
    assert not rings(3, 4, 5).matches(rings(4, 4, 4))


def strongly_regular(neighbours, size):
    """Undirected graphs that look the same from every node, as facts."""
    terms = Terms()
    nodes = {(i, j): terms.existential(f"{i},{j}") for i in range(size) for j in range(size)}
    facts = [
        Fact("alternateOf", (0, node, nodes[other]), frozenset())
        for place, node in nodes.items()
        for other in neighbours(place)
    ]
    return Isomorphism(facts, terms)


def rook(place):
    row, column = place
    return [(row, j) for j in range(4) if j != column] + [(i, column) for i in range(4) if i != row]


def shrikhande(place):
    row, column = place
    steps = [(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)]
    return [((row + i) % 4, (column + j) % 4) for i, j in steps]


def test_graphs_with_the_same_parameters_are_told_apart():
    """The 4x4 rook's graph and the Shrikhande graph: refinement alone never does it."""
    assert not strongly_regular(rook, 4).matches(strongly_regular(shrikhande, 4))
    assert strongly_regular(rook, 4).matches(strongly_regular(rook, 4))
    mirrored = strongly_regular(lambda place: [(j, i) for i, j in shrikhande(place[::-1])], 4)
    assert strongly_regular(shrikhande, 4).matches(mirrored)


def test_what_is_left_after_singling_out_has_colours_of_its_own():
    """A hundred entities that nothing tells apart, of one unknown activity."""
    terms = Terms()
    activity = terms.existential("a")
    entities = [terms.existential(f"e{number}") for number in range(100)]
    facts = [Fact("wasGeneratedBy", (0, entity, activity), frozenset()) for entity in entities]
    facts += [Fact("used", (0, 0, entity), frozenset()) for entity in entities]
    (component,) = Isomorphism(facts, terms).components
    assert component.is_ambiguous
    assert len(set(component.colours.values())) == 101


def test_an_hour_set_back_does_not_matter():
    """Python's `fold` tells apart times that are equal and that no syntax can."""
    documents = []
    for fold in (0, 1):
        document = ProvDocument()
        document.add_namespace("ex", "http://example.org/")
        document.activity("ex:a", dt.datetime(2000, 1, 1, fold=fold))  # noqa: DTZ001
        documents.append(document)

    assert equivalent(*documents)
