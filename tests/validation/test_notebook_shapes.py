"""Trials of notebooks conform; spoil one thing in them, and exactly the shape fires that is meant for it."""

from dataclasses import replace
from functools import cache

import pytest
from notebook_trial import full_notebook, kept, worked_example
from validated_quads import Spoilt

from provkit.mapping import quads_of


@cache
def the(name):
    return Spoilt(list(quads_of({"full": full_notebook, "example": worked_example}[name]())))


def run(t):
    return t.having("pk:executionCount", also=("p-plan:correspondsToStep",))


def cell(t):
    return t.having("pk:cellId", also=("p-plan:hasOutputVar",))


def shown(t):
    return t.having("pk:outputKind", "stream")


def statement(t):
    return t.a("p-plan:Activity", also=("p-plan:correspondsToStep",), without=("pk:status",))


def text_run(t):
    """The text that an execution used."""
    return t.having("pk:tag", "parameters")


def variable(t, kind):
    return t.a(kind, also=("p-plan:isVariableOfPlan",))


SPOILT = [
    ("cell-id", lambda t: t.added(cell(t), "pk:cellId", "another")),
    ("cell-notebook", lambda t: t.changed(cell(t), "p-plan:isStepOfPlan", t.a("repr:Experiment"))),
    ("cell-output-variable", lambda t: t.added(cell(t), "p-plan:hasOutputVar", next(o for o in _outputs(t) if o != t.value_of(cell(t), "p-plan:hasOutputVar")))),
    ("cell-input", lambda t: t.without(cell(t), "p-plan:hasInputVar")),
    ("cell-input", lambda t: t.added(cell(t), "p-plan:hasInputVar", t.having("rdfs:label", "prices", also=("p-plan:isVariableOfPlan",)))),
    ("cell-execution-cell", lambda t: t.changed(run(t), "p-plan:correspondsToStep", t.value_of(statement(t), "p-plan:correspondsToStep"))),
    ("cell-execution-text", lambda t: t.without(run(t), "prov:used")),
    ("cell-execution-text", lambda t: t.added(run(t), "prov:used", text_run(t))),
    ("cell-execution-status", lambda t: t.without(run(t), "pk:status")),
    ("cell-execution-status", lambda t: t.changed(run(t), "pk:status", "pk:control")),
    ("cell-execution-count", lambda t: t.changed(run(t), "pk:executionCount", "first")),
    ("shown-kind", lambda t: t.without(shown(t), "pk:outputKind")),
    ("shown-kind", lambda t: t.changed(shown(t), "pk:outputKind", "picture")),
    ("shown-place", lambda t: t.without(shown(t), "pk:outputIndex")),
    ("shown-place", lambda t: t.changed(shown(t), "pk:outputIndex", 0)),
    ("shown-maker", lambda t: t.without(shown(t), "prov:wasGeneratedBy")),
    ("shown-maker", lambda t: t.changed(shown(t), "prov:wasGeneratedBy", t.a("repr:Trial"))),
    ("shown-variable", lambda t: t.changed(shown(t), "p-plan:correspondsToVariable", variable(t, "repr:Source"))),
    ("content", lambda t: t.without(shown(t), "prov:value")),
    ("content", lambda t: t.added(shown(t), "prov:specializationOf", t.having("schema:sha256"))),
    ("content-encoding", lambda t: t.changed(t.having("pk:encoding"), "pk:encoding", "rot13")),
    ("beside-format", lambda t: t.without(t.value_of(t.having("pk:metadata"), "pk:metadata"), "schema:encodingFormat")),
    ("beside-format", lambda t: t.without(t.value_of(t.having("pk:attachment"), "pk:attachment"), "schema:encodingFormat")),
    ("execution-whole", lambda t: t.without(run(t), "provone:wasPartOf")),
    ("plan-kind", lambda t: t.without(t.a("repr:Notebook"), "rdf:type", "repr:Notebook"), {"cell-notebook"}),
]  # fmt: skip


def _outputs(t):
    kind = [(s, p, o) for s, p, o, _ in t.quads if p.endswith("hasOutputVar>")]
    return [o for _, _, o in kind if o.endswith(".output>")]


@pytest.mark.parametrize("name", ["full", "example"])
@pytest.mark.parametrize("profile", ["trial", "strict", "prov"])
def test_a_notebook_conforms(name, profile):
    found = {f.shape for f in the(name).report(profile).findings}
    assert found <= {"trial-end", "trial-language", "trial-system"}  # hints


def test_metadata_that_are_too_long_to_be_told_conform():
    """Those of a notebook with widgets hold all their state."""
    trial = full_notebook()
    metadata = kept(b"{}", "application/json", "json")
    long = replace(trial, notebook=replace(trial.notebook, metadata=metadata))
    found = {f.shape for f in Spoilt(list(quads_of(long))).report("strict").findings}
    assert found <= {"trial-end", "trial-language", "trial-system"}


@pytest.mark.parametrize("case", SPOILT, ids=[f"{n}-{case[0]}" for n, case in enumerate(SPOILT)])
def test_a_spoilt_notebook_is_found_by_its_shape_alone(case):
    expected, spoil, also = (*case, set())[:3]
    sound = the("full")
    assert spoil(sound).shapes_fired() - sound.fired_as_it_is == {expected, *also}


def test_a_property_that_no_cell_run_has_is_found_by_the_closed_profile():
    spoilt = the("full").added(run(the("full")), "rdfs:seeAlso", "elsewhere")
    assert "closed-execution" in {f.shape for f in spoilt.report("strict").findings}
