"""The names of things: as worked out by hand, always valid, never the same for two."""

import pyoxigraph
import pytest
from example_trial import BASE_IRI, DIGEST, SCIKIT_LEARN, TRIAL_ID
from hypothesis import given
from hypothesis import strategies as st
from trial_strategies import base_iris, odd_texts

from provkit.errors import UsageError
from provkit.identifiers import (
    Identifiers,
    checked_base_iri,
    content,
    normalised_name,
    package,
    parameter_name,
)
from provkit.model import Agent, Implementation, Package, Reference

NAMES = Identifiers(BASE_IRI, TRIAL_ID)
TRIAL = f"{BASE_IRI}trial/{TRIAL_ID}"
PLAN = f"{BASE_IRI}plan/{DIGEST}"
FIT = Implementation("sklearn.linear_model.Lasso.fit", SCIKIT_LEARN)
OWN = Implementation("load.<locals>.clean", plan=DIGEST)


@pytest.mark.parametrize(
    ("minted", "iri"),
    [
        (NAMES.trial, TRIAL),
        (NAMES.trial_graph, f"{TRIAL}/graph"),
        (NAMES.annotations, f"{TRIAL}/annotations"),
        (NAMES.inferred, f"{TRIAL}/inferred"),
        (NAMES.association, f"{TRIAL}/association"),
        (NAMES.execution(14), f"{TRIAL}/execution/14"),
        (NAMES.value("df.2"), f"{TRIAL}/value/df.2"),
        (NAMES.value("11.14-11.35.1"), f"{TRIAL}/value/11.14-11.35.1"),
        (NAMES.value("größe.1"), f"{TRIAL}/value/gr%C3%B6%C3%9Fe.1"),
        (NAMES.file("data/a b.csv@2"), f"{TRIAL}/file/data/a%20b.csv@2"),
        (NAMES.setting("git.commit"), f"{TRIAL}/setting/git.commit"),
        (NAMES.output("stdout"), f"{TRIAL}/output/stdout"),
        (NAMES.entity(Reference("output", "stdout")), f"{TRIAL}/output/stdout"),
        (NAMES.usage(11, "X"), f"{TRIAL}/usage/11.X"),
        (NAMES.usage(9, "arrays.0"), f"{TRIAL}/usage/9.arrays.0"),
        (NAMES.usage(9, "X", 2), f"{TRIAL}/usage/9.X@2"),
        (NAMES.usage(9, None), f"{TRIAL}/usage/9@1"),
        (
            NAMES.derivation(Reference("value", "b.1"), Reference("file", "d/a")),
            f"{TRIAL}/derivation/value/b.1/file/d%2Fa",
        ),
        (NAMES.plan(DIGEST), PLAN),
        (NAMES.plan_graph(DIGEST), f"{PLAN}/graph"),
        (NAMES.step(DIGEST, "11.14-11.35"), f"{PLAN}/step/11.14-11.35"),
        (NAMES.variable(DIGEST, "X_train"), f"{PLAN}/variable/X_train"),
        (NAMES.function(DIGEST, "f.<locals>.g"), f"{PLAN}/function/f.%3Clocals%3E.g"),
        (NAMES.cell(DIGEST, "0"), f"{PLAN}/cell/0"),
        (NAMES.cell_source(DIGEST, "0"), f"{PLAN}/cell/0.source"),
        (NAMES.shared_graph, f"{BASE_IRI}shared"),
        (NAMES.experiment("house prices"), f"{BASE_IRI}experiment/house%20prices"),
        (NAMES.agent(Agent("Ada Lovelace")), f"{BASE_IRI}agent/Ada%20Lovelace"),
        (NAMES.agent(Agent("A", "0000-0002-1825-0097")), "https://orcid.org/0000-0002-1825-0097"),
        (
            NAMES.agent(Agent("A", "https://orcid.org/0000-0002-1825-0097")),
            "https://orcid.org/0000-0002-1825-0097",
        ),
        (NAMES.location("data/houses.csv"), f"{BASE_IRI}path/data/houses.csv"),
        (NAMES.location("/etc/a#b"), "file:///etc/a%23b"),
        (NAMES.implementation(FIT), "pkg:pypi/scikit-learn@1.7.2#sklearn.linear_model.Lasso.fit"),
        (NAMES.implementation(OWN), f"{PLAN}/function/load.%3Clocals%3E.clean"),
        (NAMES.implementation(Implementation("f")), f"{BASE_IRI}implementation/f"),
        (NAMES.role(FIT, "X"), "pkg:pypi/scikit-learn#sklearn.linear_model.Lasso.fit/X"),
        (
            NAMES.role(OWN, "x", "lib/load.py"),
            f"{BASE_IRI}path/lib/load.py#load.%3Clocals%3E.clean/x",
        ),
        (NAMES.role(OWN, "x"), f"{PLAN}/function/load.%3Clocals%3E.clean/x"),
        (NAMES.role(Implementation("f"), "arrays.0"), f"{BASE_IRI}implementation/f/arrays"),
        (NAMES.role(None, "x"), f"{BASE_IRI}parameter/x"),
        (package(Package("Scikit_Learn", "1.7.2")), "pkg:pypi/scikit-learn@1.7.2"),
        (package(Package("torch", "2.1.0+cu118")), "pkg:pypi/torch@2.1.0%2Bcu118"),
        (package(Package("Python", "3.11.7", "generic")), "pkg:generic/python@3.11.7"),
        (content(DIGEST), "ni:///sha-256;6i-Wmbk1m5HmWbtbGo3cVyTHEt5UNUfBCEjB5_LSbM0"),
    ],
)
def test_names_are_as_worked_out_by_hand(minted, iri):
    assert minted == f"<{iri}>"


@pytest.mark.parametrize(
    ("given_name", "name"),
    [("Scikit_Learn", "scikit-learn"), ("ruamel.yaml", "ruamel-yaml"), ("a-_.b", "a-b")],
)
def test_distributions_are_spelt_as_pypi_does(given_name, name):
    assert normalised_name(given_name) == name


def test_only_a_position_is_taken_off_a_parameter():
    assert [parameter_name(of) for of in ("arrays.0", "X", "kw.a1", "x.1.2")] == [
        "arrays",
        "X",
        "kw.a1",
        "x.1",
    ]


MINTERS = {
    "value": NAMES.value,
    "file": NAMES.file,
    "setting": NAMES.setting,
    "output": NAMES.output,
    "usage": lambda text: NAMES.usage(1, text),
    "step": lambda text: NAMES.step(DIGEST, text),
    "variable": lambda text: NAMES.variable(DIGEST, text),
    "function": lambda text: NAMES.function(DIGEST, text),
    "experiment": NAMES.experiment,
    "agent": lambda text: NAMES.agent(Agent(text)),
    "location": NAMES.location,
    "implementation": lambda text: NAMES.implementation(Implementation(text)),
    "packaged implementation": lambda text: NAMES.implementation(
        Implementation(text, SCIKIT_LEARN)
    ),
    "own implementation": lambda text: NAMES.implementation(Implementation(text, plan=DIGEST)),
    "role of": lambda text: NAMES.role(Implementation(text), "x"),
    "version": lambda text: package(Package("a", text)),
    "derivation from": lambda text: NAMES.derivation(
        Reference("output", "a"), Reference("value", text)
    ),
    "derivation of": lambda text: NAMES.derivation(
        Reference("value", text), Reference("output", "a")
    ),
}


@given(odd_texts)
def test_minted_iris_are_valid(text):
    for mint in MINTERS.values():
        pyoxigraph.NamedNode(mint(text)[1:-1])


@given(st.lists(odd_texts, max_size=8, unique=True))
def test_distinct_names_give_distinct_iris(texts):
    minted = [mint(text) for mint in MINTERS.values() for text in texts]
    # an own implementation is the function of its plan, by intent
    own = {NAMES.function(DIGEST, text) for text in texts}
    assert len(set(minted)) == len(minted) - len(own)


@given(st.lists(st.tuples(odd_texts, st.integers(1, 3)), max_size=8, unique=True))
def test_distinct_usages_give_distinct_iris(usages):
    minted = {NAMES.usage(1, parameter, ordinal) for parameter, ordinal in usages}
    minted |= {NAMES.usage(1, None, ordinal) for ordinal in (1, 2, 3)}
    assert len(minted) == len(usages) + 3


@given(base_iris, odd_texts)
def test_any_base_gives_valid_iris(base, text):
    names = Identifiers(base, TRIAL_ID)
    for minted in (names.trial, names.shared_graph, names.file(text), names.location(text)):
        pyoxigraph.NamedNode(minted[1:-1])


@pytest.mark.parametrize("base", [BASE_IRI, "https://example.org/lab/", "urn:example:/"])
def test_base_iris_are_accepted(base):
    assert checked_base_iri(base) == base


@pytest.mark.parametrize(
    "base",
    ["", "example.org/", "https://example.org", "https://a/b c/", "https://a/?q/", "http://a/%/"],
)
def test_base_iri_that_would_not_do_is_refused(base):
    with pytest.raises(UsageError, match="has to be an absolute IRI that ends with a slash"):
        checked_base_iri(base)
