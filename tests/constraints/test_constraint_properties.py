"""Laws that hold for every document: random statements over few names, so that they meet."""

import datetime as dt

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_reference import is_valid
from prov.model import ProvDocument

from provkit.constraints import EXISTENTIAL_NAMESPACE, check, equivalent, normalize
from provkit.constraints.facts import Fact
from provkit.constraints.isomorphism import Isomorphism
from provkit.constraints.terms import Terms
from provkit.errors import BadInput

MOMENTS = [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (1, 2)]
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Names of each sort are different, or nearly every document would violate Constraint 55.
entities = st.sampled_from(["ex:e1", "ex:e2", "ex:e3", "existential:x", "existential:y"])
activities = st.sampled_from(["ex:a1", "ex:a2", "existential:z"])
agents = st.sampled_from(["ex:ag1", "ex:ag2", "ex:e1"])
NO_IDENTIFIER = st.none()
moments = st.sampled_from([None, None, *MOMENTS])
attributes = st.lists(
    st.sampled_from(
        [
            ("ex:k", 1),
            ("ex:k", 2),
            ("ex:k", 1.0),
            ("ex:l", "text"),
            ("prov:type", "prov:Revision"),
            ("prov:type", "prov:EmptyCollection"),
        ]
    ),
    max_size=2,
    unique=True,
)


def maybe(strategy):
    return st.none() | strategy


def named(*names):
    return st.sampled_from([None, None, *names])


def statement(name, *arguments, identifier=NO_IDENTIFIER):
    return st.tuples(st.just(name), st.tuples(*arguments), identifier, attributes)


statements = st.one_of(
    statement("entity", entities),
    statement("activity", activities, moments, moments),
    statement("agent", agents),
    statement(
        "generation", entities, maybe(activities), moments, identifier=named("ex:g1", "ex:g2")
    ),
    statement("usage", activities, maybe(entities), moments, identifier=named("ex:u1", "ex:u2")),
    statement("invalidation", entities, maybe(activities), moments, identifier=named("ex:i1")),
    statement(
        "start", activities, maybe(entities), maybe(activities), moments, identifier=named("ex:s1")
    ),
    statement(
        "end", activities, maybe(entities), maybe(activities), moments, identifier=named("ex:x1")
    ),
    statement("communication", activities, activities, identifier=named("ex:c1")),
    statement("derivation", entities, entities, identifier=named("ex:d1")),
    statement(
        "derivation",
        entities,
        entities,
        activities,
        named("ex:g1"),
        named("ex:u1"),
        identifier=named("ex:d1", "ex:d2"),
    ),
    statement("attribution", entities, agents, identifier=named("ex:t1")),
    statement("association", activities, maybe(agents), maybe(entities), identifier=named("ex:o1")),
    statement("delegation", agents, agents, maybe(activities), identifier=named("ex:l1")),
    statement("influence", entities, agents, identifier=named("ex:n1", "ex:t1")),
    statement("specialization", entities, entities).map(lambda found: (*found[:3], [])),
    statement("alternate", entities, entities).map(lambda found: (*found[:3], [])),
    statement("membership", entities, entities).map(lambda found: (*found[:3], [])),
)
lists_of_statements = st.lists(statements, max_size=9)


def build(found, renamed=None):
    document = ProvDocument()
    document.add_namespace("ex", "http://example.org/")
    document.add_namespace("existential", EXISTENTIAL_NAMESPACE)

    def name(value):
        return (renamed or {}).get(value, value) if isinstance(value, str) else value

    for kind, arguments, identifier, extra in found:
        values = [
            (key, document.valid_qualified_name(value) if key == "prov:type" else value)
            for key, value in extra
        ]
        options = {}
        if identifier is not None:
            options["identifier"] = identifier
        if values:
            options["other_attributes"] = values
        getattr(document, kind)(*map(name, arguments), **options)
    return document


def has_normal_form(document):
    try:
        normalize(document)
    except BadInput:
        return False
    return True


@QUIET
@given(lists_of_statements, st.randoms(use_true_random=False))
def test_order_of_statements_changes_nothing(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = build(found), build(shuffled)
    assert check(one).valid == check(other).valid
    assert equivalent(one, other)


@QUIET
@given(lists_of_statements)
def test_names_of_existentials_change_nothing(found):
    renaming = {"existential:x": "existential:q", "existential:y": "existential:x"}
    one, other = build(found), build(found, renaming)
    assert check(one).valid == check(other).valid
    assert equivalent(one, other)


@QUIET
@given(lists_of_statements)
def test_normal_form_is_idempotent_valid_and_equivalent(found):
    document = build(found)
    if not has_normal_form(document):
        assert not check(document).valid
        return
    normal = normalize(document)
    assert normalize(normal) == normal
    assert check(normal).valid == check(document).valid
    if check(document).valid:
        assert equivalent(document, normal)
        assert equivalent(normal, document)


@QUIET
@given(lists_of_statements)
def test_repeating_identified_statements_changes_nothing(found):
    again = [
        one for one in found if one[2] or one[0] in ("entity", "activity", "agent", "membership")
    ]
    once, twice = build(found), build(found + again)
    assert check(once).valid == check(twice).valid
    if has_normal_form(once):
        assert equivalent(once, twice)


@QUIET
@given(lists_of_statements)
def test_changing_one_constant_is_noticed(found):
    """A new name for one entity everywhere: the same shape, another document."""
    one, other = build(found), build(found, {"ex:e1": "ex:unheard_of"})
    uses_it = any("ex:e1" in arguments for _, arguments, _, _ in found)
    assert equivalent(one, other) != uses_it


@QUIET
@given(lists_of_statements, lists_of_statements)
def test_statements_never_make_an_invalid_document_valid(found, more):
    if not check(build(found)).valid:
        assert not check(build(found + more)).valid


@QUIET
@given(lists_of_statements, lists_of_statements)
def test_equivalence_is_symmetric_and_keeps_validity(found, other):
    one, two = build(found), build(other)
    assert equivalent(one, two) == equivalent(two, one)
    if equivalent(one, two):
        assert check(one).valid == check(two).valid


@QUIET
@given(lists_of_statements)
def test_bundles_are_decided_by_themselves(found):
    document = ProvDocument()
    document.add_namespace("ex", "http://example.org/")
    bundle = document.bundle("ex:bundle")
    bundle.add_namespace("existential", EXISTENTIAL_NAMESPACE)
    bundle.update(build(found))
    assert check(document).valid == check(build(found)).valid


@QUIET
@given(st.lists(statements, max_size=6))
def test_verdict_is_that_of_the_rules_applied_one_by_one(found):
    """No index, no shortcut: what the literal reading of the Recommendation decides."""
    assert check(build(found)).valid == is_valid(build(found))


def is_isomorphic(edges, others):
    return nx.is_isomorphic(nx.DiGraph(edges), nx.DiGraph(others))


def between_unknown_entities(edges):
    terms = Terms()
    facts = [
        Fact("used", (0, *(terms.existential(str(end)) for end in edge)), frozenset())
        for edge in edges
    ]
    return Isomorphism(facts, terms)


edges_between_six = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12, unique=True
)


@QUIET
@given(edges_between_six, edges_between_six, st.permutations(range(6)), st.booleans())
def test_isomorphism_of_unknowns_is_that_of_graphs(edges, others, renaming, is_renamed):
    if is_renamed:
        others = [(renaming[start], renaming[end]) for start, end in edges]
    found = between_unknown_entities(edges).matches(between_unknown_entities(others))
    assert found == is_isomorphic(edges, others)
    assert found or not is_renamed
