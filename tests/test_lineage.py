"""Lineage: what it reaches, what names mean, how it is drawn as a tree."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_example import EXAMPLE, FULL, make_store

from provkit.entities import find
from provkit.errors import UsageError
from provkit.facts import Facts
from provkit.lineage import Lineage, lineage, lineage_in
from provkit.vocabulary import literal, term

TRIAL = "0" * 32
BASE = f"arcp://uuid,x/trial/{TRIAL}/"
DERIVED = term("prov:wasDerivedFrom")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("project"))


def facts_of(*derivations: tuple[str, str], control: tuple[tuple[str, str], ...] = ()) -> Facts:
    """Say that the first of each pair came from the second; names are below the trial."""
    quads = []
    for number, (derived, source) in enumerate((*derivations, *control)):
        quads.append((f"<{BASE}{derived}>", DERIVED, f"<{BASE}{source}>", "<g>"))
        if number >= len(derivations):
            node = f"<{BASE}derivation/{number}>"
            quads += [
                (f"<{BASE}{derived}>", term("prov:qualifiedDerivation"), node, "<g>"),
                (node, term("prov:entity"), f"<{BASE}{source}>", "<g>"),
                (node, term("pk:dependence"), term("pk:control"), "<g>"),
            ]
    return Facts(quads)


def keys(found: Lineage) -> set[str]:
    return {node.iri.removeprefix(BASE) for node in found.nodes}


# ------------------------------------------------------------------ what is reached


def test_the_score_comes_from_the_fit_the_split_and_the_file(store):
    labels = {node.label for node in lineage(store, EXAMPLE, "score").nodes}

    assert labels >= {"model@2", "model@1", "X_train@1", "y_train@1", "df@1", "houses.csv"}
    assert not labels & {"total@1", "total@2", "price@1", "model.joblib"}


def test_forward_is_the_reverse_of_back(store):
    back = lineage(store, EXAMPLE, "score")
    for node in back.nodes:
        forward = lineage(store, EXAMPLE, node.iri, forward=True)
        assert back.root.iri in {other.iri for other in forward.nodes}


pairs = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda p: p[0] != p[1]),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)
@given(pairs)
def test_lineage_is_the_closure_of_the_derivations_cycles_or_not(derivations):
    start = derivations[0][0]
    graph = nx.DiGraph(derivations)
    facts = facts_of(*((f"value/v.{a}", f"value/v.{b}") for a, b in derivations))
    found = lineage_in(facts, TRIAL, f"{BASE}value/v.{start}")

    wanted = {f"value/v.{n}" for n in {start} | nx.descendants(graph, start)}
    assert keys(found) == wanted
    assert set(found.to_networkx()) == {BASE + key for key in wanted}


@settings(deadline=None)
@given(pairs)
def test_the_tree_shows_every_node_and_opens_each_once(derivations):
    start = derivations[0][0]
    facts = facts_of(*((f"value/v.{a}", f"value/v.{b}") for a, b in derivations))
    found = lineage_in(facts, TRIAL, f"{BASE}value/v.{start}")
    lines = list(found.tree())

    assert {line.node.iri for line in lines} == {node.iri for node in found.nodes}
    first = {}
    for place, line in enumerate(lines):
        assert line.repeated <= (line.node.iri in first)
        first.setdefault(line.node.iri, place)
    # the root's line, and one for each derivation
    assert len(lines) == 1 + len(found.edges)


def test_depth_says_what_it_cut_off(store):
    found = lineage(store, EXAMPLE, "model@2", depth=1)

    assert {node.label for node in found.nodes} == {"model@2", "model@1", "X_train@1", "y_train@1"}
    assert found.cut == 3
    assert lineage(store, EXAMPLE, "model@2", depth=0).nodes == (found.root,)
    assert lineage(store, EXAMPLE, "model@2").cut == 0


def test_files_only_joins_files_by_what_lies_between(store):
    found = lineage(store, EXAMPLE, "model.joblib", files_only=True)

    assert [node.label for node in found.nodes] == ["model.joblib", "houses.csv"]
    assert len(found.edges) == 1


def test_control_is_told_apart(store):
    found = lineage(store, FULL, "b@1")
    by_label = {edge.source.rpartition("/")[2]: edge.control for edge in found.edges}

    assert by_label == {"a.1": False, "c.1": True}


def test_a_path_by_data_outweighs_one_by_control():
    data = (("file/out", "value/v.1"), ("value/v.1", "file/in"))
    control = (("file/out", "value/w.1"),)
    facts = facts_of(*data, ("value/w.1", "file/in"), control=control)
    found = lineage_in(facts, TRIAL, f"{BASE}file/out", files_only=True)

    assert [edge.control for edge in found.edges] == [False]
    facts = facts_of(("value/w.1", "file/in"), control=control)
    found = lineage_in(facts, TRIAL, f"{BASE}file/out", files_only=True)
    assert [edge.control for edge in found.edges] == [True]


def test_a_chain_of_ten_thousand_is_walked_and_drawn():
    facts = facts_of(*((f"value/v.{n + 1}", f"value/v.{n}") for n in range(10_000)))
    found = lineage_in(facts, TRIAL, f"{BASE}value/v.10000")
    lines = list(found.tree())

    assert len(lines) == len(found.nodes) == 10_001
    assert lines[-1].branches.startswith("⋯10000 ")
    assert max(len(line.branches) for line in lines) < 80


# ------------------------------------------------------------------ names

NAMES = [
    ("score", "score@1"),
    ("model", "model@2"),
    ("model@1", "model@1"),
    ("total", "total@2"),
    ("11.14-11.35.1", 'df["rooms"].fillna(0)'),
    ("model.predict(X_test)", "model.predict(X_test)"),
    ("houses.csv", "houses.csv"),
    ("df.2", "df@2"),
]


@pytest.mark.parametrize(("name", "label"), NAMES)
def test_a_name_means_what_a_person_means(store, name, label):
    assert lineage(store, EXAMPLE, name).root.label == label


def test_a_file_is_found_by_its_base_name_and_by_its_state(store):
    facts = Facts(store.quads(FULL))

    assert find(facts, FULL, "tools.py") == find(facts, FULL, "lib/tools.py")
    assert find(facts, FULL, "out.csv").endswith("2>")  # its last state
    assert find(facts, FULL, "out.csv@1").endswith("out.csv>")
    assert find(facts, FULL, "out.csv@2") == find(facts, FULL, "out.csv")


def test_a_variable_bound_under_two_names_is_found_by_either(store):
    assert lineage(store, FULL, "injected").root.label == "b@1"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("scor", "'score'"), ("modle", "'model'"), ("house.csv", "'houses.csv'"), ("qqqq", "it has ")],
)
def test_an_unknown_name_is_answered_with_close_ones(store, name, hint):
    with pytest.raises(UsageError, match="Nothing in trial 3f9a6c0d is named") as caught:
        lineage(store, EXAMPLE, name)
    assert hint in str(caught.value)


def test_an_ambiguous_base_name_is_answered_with_the_paths():
    facts = Facts(
        [
            quad
            for path in ("a/x.csv", "b/x.csv")
            for quad in (
                (f"<{BASE}file/{path}>", term("rdf:type"), term("repr:File"), "<g>"),
                (f"<{BASE}file/{path}>", term("rdfs:label"), literal(path), "<g>"),
            )
        ]
    )
    with pytest.raises(UsageError, match=r"ambiguous.*'a/x\.csv', 'b/x\.csv'"):
        find(facts, TRIAL, "x.csv")


# ------------------------------------------------------------------ describing


def test_a_node_says_where_it_was_made_and_by_which_words(store):
    score = lineage(store, EXAMPLE, "score").root

    assert score.place == "train.py:16"
    assert score.source == "score = r2_score(y_test, model.predict(X_test))"
    assert score.called == "sklearn.metrics.r2_score"
    assert (score.description, score.value) == ("= 0.6134", 0.6134)


def test_parameters_share_a_line():
    setting = [
        (f"<{BASE}setting/1.{name}>", term("prov:value"), literal(value), "<g>")
        for name, value in (("alpha", 0.1), ("seed", 7), ("shuffle", True))
    ]
    setting.append((f"<{BASE}setting/1.shuffle>", term("pk:origin"), term("pk:default"), "<g>"))
    derived = [(f"<{BASE}value/m.1>", DERIVED, s, "<g>") for s, *_ in setting[:3]]
    lines = list(lineage_in(Facts(setting + derived), TRIAL, f"{BASE}value/m.1").tree())

    assert len(lines) == 2
    assert len(lines[1].settings) == 3
    assert [node.is_default for node in lines[1].settings].count(True) == 1


def test_what_decided_and_was_shown_shares_a_line():
    facts = facts_of(
        ("value/total.1", "value/price.1"),
        ("value/total.1", "value/rate.1"),
        control=(("value/price.1", "value/rounds.1"), ("value/rate.1", "value/rounds.1")),
    )
    lines = list(lineage_in(facts, TRIAL, f"{BASE}value/total.1").tree())

    shown = [line for line in lines if line.node.iri.endswith("rounds.1")]
    assert [bool(line.deciders) for line in shown] == [False, True]
    assert [node.iri for node in shown[1].deciders] == [f"{BASE}value/rounds.1"]
