"""The worked example's trial gives the worked example's graph, but for what is listed here."""

import re

import pyoxigraph
import pytest
from example_trial import BASE_IRI, DIGEST, TRIAL_ID, example_trial
from mapped_quads import nquads, statements_in
from shared_material import SHARED, needs_shared

from provkit.mapping import quads_of

LEFT_OUT = {
    # What the worked example says and a trial's mapping does not say yet, by pattern.
    "facts of ML-Schema come with the issue that captures what they say": (
        r"mls:",
        r"<T/ml-run-1> ",
        r" <T/ml-run-1> ",
        r"<task-1> ",
        r"#sklearn.linear_model.Lasso/algorithm> ",
        r"#sklearn.metrics.r2_score_measure> ",
    ),
    "stages come with the knowledge base that names them": (
        r" rdf:type (pk|pml):(DataLoading|DataPreparation|DataSplit|ModelDefinition|Saving)",
        r" rdf:type pml:(Training|Evaluation)",
    ),
    "parameters of calls as settings come with the capture of defaults": (
        r"<T/setting/[0-9]+\.[a-z_]+> ",
        r" <T/setting/[0-9]+\.[a-z_]+>",
        r"#sklearn.linear_model.Lasso/(max_iter|selection|random_state)> ",
        r"#sklearn.model_selection.train_test_split/(test_size|random_state|shuffle)> ",
    ),
}
SAID_OTHERWISE = {
    # The worked example's statement, and the one made in its place.
    "a person is named after the name, so that two of one project stay two": (
        "<agent/user>",
        "<agent/the%20name%20that%20git%20gives>",
    ),
    "an experiment is named after its name, so that a project can have several": (
        "<experiment>",
        "<experiment/house%20prices>",
    ),
    "that a text was run is no fact of the text, so it stands in the trial's graph": (
        "<P> rdf:type repr:Script <P/graph>",
        "<P> rdf:type repr:Script <T/graph>",
    ),
}
ADDED = {
    # What the worked example leaves out, and a trial's mapping says.
    "whatever is called is typed and labelled, not Lasso and the split alone": (
        r"<pkg:[^>]+@[^>]+#[^>]+> rdf:type prov:Entity <shared>",
        r"<pkg:[^>]+@[^>]+#[^>]+> rdfs:label .* <shared>",
    ),
    "resources of the trial": (r"<T> pk:cpuSeconds ", r"<T> pk:peakMemory "),
}


NAMES = {f"{BASE_IRI}trial/{TRIAL_ID}": "T", f"{BASE_IRI}plan/{DIGEST}": "P", BASE_IRI: ""}
"""What IRIs begin with, the longest first, and what stands for that here."""


@pytest.fixture(scope="module")
def mapped():
    return statements_in(
        nquads(quads_of(example_trial())).encode(), pyoxigraph.RdfFormat.N_QUADS, NAMES
    )


@pytest.fixture(scope="module")
def worked_out():
    """The worked example's script trial, as it would be with the differences of wording."""
    text = (SHARED / "reference" / "example-trial.trig").read_text(encoding="utf-8")
    script_part = text.partition(
        "# ===================================================================== 4."
    )[0]
    statements = statements_in(script_part.encode(), pyoxigraph.RdfFormat.TRIG, NAMES)
    for before, after in SAID_OTHERWISE.values():
        assert any(before in statement for statement in statements), before
        statements = {statement.replace(before, after) for statement in statements}
    return statements


def _is_listed(statement, table):
    return any(re.search(pattern, statement) for patterns in table.values() for pattern in patterns)


@needs_shared
def test_everything_worked_out_is_said_but_what_is_listed(mapped, worked_out):
    missing = worked_out - mapped
    assert sorted(one for one in missing if not _is_listed(one, LEFT_OUT)) == []


@needs_shared
def test_nothing_else_is_said_but_what_is_listed(mapped, worked_out):
    extra = mapped - worked_out
    assert sorted(one for one in extra if not _is_listed(one, ADDED)) == []


@needs_shared
@pytest.mark.parametrize("table", [LEFT_OUT, ADDED], ids=["left out", "added"])
def test_every_listed_difference_is_one(mapped, worked_out, table):
    different = worked_out - mapped if table is LEFT_OUT else mapped - worked_out
    for patterns in table.values():
        for pattern in patterns:
            assert any(re.search(pattern, one) for one in different), pattern


@needs_shared
def test_differences_are_few_beside_what_agrees(mapped, worked_out):
    # The lists above could be made to hide anything: these counts say how much they cover.
    assert (len(mapped & worked_out), len(worked_out - mapped), len(mapped - worked_out)) == (
        748,
        149,
        22,
    )
