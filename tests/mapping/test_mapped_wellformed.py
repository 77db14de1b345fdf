"""What holds for the quads of any trial: they parse, name nothing untyped, say nothing twice."""

import warnings
from collections import Counter

import pyoxigraph
import pytest
import rdflib
from example_trial import example_trial
from hypothesis import HealthCheck, given, settings
from mapped_quads import ELEMENTS, QUALIFIED, RELATIONS, nquads, prov_record_count, types_by_graph
from prov.model import ProvDocument, ProvWarning
from trial_strategies import trials

from provkit.mapping import annotation_quads, quads_of
from provkit.vocabulary import PREFIXES, term, undeclared

SLOW_TO_DRAW = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
TYPE = term("rdf:type")


@SLOW_TO_DRAW
@given(trials())
def test_quads_of_any_trial_parse_and_are_all_there(trial):
    quads = list(quads_of(trial))
    text = nquads(quads).encode()
    parsed = list(pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_QUADS))
    assert len(parsed) == len(quads)
    assert all(isinstance(quad.subject, pyoxigraph.NamedNode) for quad in parsed), "blank node"


@SLOW_TO_DRAW
@given(trials())
def test_nothing_is_said_twice(trial):
    counts = Counter(quads_of(trial))
    assert [quad for quad, count in counts.items() if count > 1] == []


@SLOW_TO_DRAW
@given(trials())
def test_every_term_is_declared_as_it_is_used(trial):
    assert undeclared(quads_of(trial)) == []


@SLOW_TO_DRAW
@given(trials())
def test_an_entity_is_generated_once(trial):
    made = Counter(s for s, p, _, _ in quads_of(trial) if p == term("prov:wasGeneratedBy"))
    assert [entity for entity, count in made.items() if count > 1] == []


@SLOW_TO_DRAW
@given(trials())
def test_each_graph_types_what_its_relations_name(trial):
    quads = list(quads_of(trial))
    types = types_by_graph(quads)
    for subject, predicate, value, graph in quads:
        for node, expected in zip((subject, value), RELATIONS.get(predicate, ()), strict=False):
            if expected:
                assert term(f"prov:{expected}") in types[graph][node], (subject, predicate, value)


@SLOW_TO_DRAW
@given(trials())
def test_roles_and_places_are_typed_in_the_shared_graph(trial):
    quads = list(quads_of(trial))
    everywhere = {(s, o) for s, p, o, _ in quads if p == TYPE}
    for _, predicate, value, _ in quads:
        if predicate == term("prov:hadRole"):
            assert (value, term("prov:Role")) in everywhere
        if predicate == term("prov:atLocation"):
            assert (value, term("prov:Location")) in everywhere


@SLOW_TO_DRAW
@given(trials())
def test_every_subject_is_an_entity_an_activity_an_agent_or_qualified(trial):
    quads = list(quads_of(trial))
    types = types_by_graph(quads)
    for subject, _, _, graph in quads:
        assert types[graph][subject] & (ELEMENTS | QUALIFIED), subject


@SLOW_TO_DRAW
@given(trials())
def test_no_node_is_both_entity_and_activity(trial):
    everywhere = {(s, o) for s, p, o, _ in quads_of(trial) if p == TYPE}
    activities = {s for s, o in everywhere if o == term("prov:Activity")}
    entities = {s for s, o in everywhere if o in (term("prov:Entity"), term("p-plan:Step"))}
    assert not activities & entities


@SLOW_TO_DRAW
@given(trials())
def test_a_revision_is_a_derivation_too(trial):
    quads = set(quads_of(trial))
    for subject, predicate, value, graph in quads:
        if predicate == term("prov:wasRevisionOf"):
            assert (subject, term("prov:wasDerivedFrom"), value, graph) in quads


@SLOW_TO_DRAW
@given(trials())
def test_a_qualified_derivation_stands_beside_the_plain_one(trial):
    quads = list(quads_of(trial))
    plain = {(s, o) for s, p, o, _ in quads if p == term("prov:wasDerivedFrom")}
    source = {s: o for s, p, o, _ in quads if p == term("prov:entity")}
    for subject, predicate, value, _ in quads:
        if predicate == term("prov:qualifiedDerivation"):
            assert (subject, source[value]) in plain


@SLOW_TO_DRAW
@given(trials())
def test_plan_graphs_do_not_depend_on_the_run(trial):
    """A plan's graph follows from its text: the trial's name is nowhere in it."""
    for subject, _, value, graph in quads_of(trial):
        if "/plan/" in graph:
            assert trial.id not in subject
            assert not (value.startswith("<") and trial.id in value)


# ------------------------------------------------------------------ other readers


def _rdflib_quads(text):
    dataset = rdflib.Dataset()
    dataset.parse(data=text, format="nquads")
    return sum(1 for _ in dataset.quads())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_rdflib_reads_the_example():
    quads = list(quads_of(example_trial()))
    assert _rdflib_quads(nquads(quads)) == len(quads)


def _prov_records(quads):
    # as TriG, because `prov` warns of names without a prefix, and N-Quads has none
    parsed = pyoxigraph.parse(nquads(quads).encode(), format=pyoxigraph.RdfFormat.N_QUADS)
    text = pyoxigraph.serialize(parsed, format=pyoxigraph.RdfFormat.TRIG, prefixes=PREFIXES)
    with warnings.catch_warnings():
        # `prov` mints prefixes for what is under none (purls, ni:), and uses a renamed rdflib class
        warnings.simplefilter("ignore", ProvWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        document = ProvDocument.deserialize(content=text, format="rdf", rdf_format="trig")
    return sum(len(part.records) for part in [document, *document.bundles])


def test_prov_reads_the_example_and_loses_no_record():
    quads = list(quads_of(example_trial()))
    assert prov_record_count(quads) == 217
    assert _prov_records(quads) == 217


@settings(SLOW_TO_DRAW, max_examples=30)
@given(trials())
def test_prov_loses_no_record_of_any_trial(trial):
    quads = list(quads_of(trial))
    assert _prov_records(quads) == prov_record_count(quads)


def test_annotations_have_a_graph_of_their_own():
    quads = list(
        annotation_quads("https://a/", "0" * 32, name="best", tags=("x", "y", "x"), note="why")
    )
    trial, graph = f"<https://a/trial/{'0' * 32}>", f"<https://a/trial/{'0' * 32}/annotations>"
    assert quads == [
        (trial, TYPE, term("prov:Activity"), graph),
        (trial, term("pk:tag"), '"x"', graph),
        (trial, term("pk:tag"), '"y"', graph),
        (trial, term("pk:name"), '"best"', graph),
        (trial, term("rdfs:comment"), '"why"', graph),
    ]
    assert undeclared(quads) == []
    assert _prov_records(quads) == 1


def test_no_annotation_is_no_quad():
    assert list(annotation_quads("https://a/", "0" * 32)) == []
