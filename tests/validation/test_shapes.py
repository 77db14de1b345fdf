"""Real trials conform; spoil one thing in them, and exactly the shape fires that is meant for it."""

from functools import cache

import pyshacl
import pytest
import rdflib
from example_trial import example_trial
from full_trial import full_trial
from rdflib.namespace import RDF, SH
from test_notebook_shapes import SPOILT as SPOILT_NOTEBOOKS
from validated_quads import Spoilt, typed

from provkit import bundled
from provkit.mapping import quads_of
from provkit.validation import PROFILES
from provkit.validation.checking import NAMESPACE, UNDECLARED

TRIAL, EXECUTION = "repr:Trial", ("pk:order",)
LATER = '"2126-11-20T10:00:00Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
NO_ZONE = typed("2026-11-20T10:00:00", "dateTime")
NOWHERE = "<https://example.org/nowhere>"


def execution(t, **more):
    return t.having("pk:order", **more)


def value(t, **more):
    return t.having("pk:type", **more)


def file(t):
    return t.a("repr:File", also=("prov:specializationOf",))


def nested(t):
    """An execution that others are part of."""
    held = {s for s, p, _, _ in t.quads if p.endswith("#order>")}
    return next(o for s, p, o, _ in t.quads if p.endswith("wasPartOf>") and o in held)


def step(t):
    return t.having("p-plan:isStepOfPlan", also=("p-plan:hasInputVar",), without=("pk:cellIndex",))


def bytes_of(t):
    return t.value_of(file(t), "prov:specializationOf")


def plan(t):
    return t.value_of(t.a("prov:Association"), "prov:hadPlan")


def other_bytes(t):
    """The bytes of another file."""
    return next(o for _, p, o, _ in t.quads if p.endswith("specializationOf>") and o != bytes_of(t))


def uncalled(t):
    """The function that the program defines and never calls."""
    return t.having("rdfs:label", "spare", also=("p-plan:isSubPlanOfPlan",))


def parameter(t):
    return t.a("mls:HyperParameterSetting", also=("mls:hasValue",))


def association(t):
    return t.a("prov:Association")


# shape that has to fire, and how a trial is spoilt; the trial is `tidy` unless the name says else
# fmt: off
SPOILT = [
    # -- PROV-O alone
    ("entity-typed", lambda t: t.added(execution(t), "prov:used", NOWHERE)),
    ("activity-typed", lambda t: t.changed(nested(t), "provone:wasPartOf", NOWHERE)),
    ("agent-typed", lambda t: t.changed(t.a("prov:Bundle"), "prov:wasAttributedTo", NOWHERE)),
    ("activity-or-entity", lambda t: t.added(t.a(TRIAL), "rdf:type", "prov:Entity")),
    ("other-than-itself", lambda t: t.added(value(t), "prov:wasDerivedFrom", value(t))),
    ("other-than-itself", lambda t: t.added(file(t), "prov:wasRevisionOf", file(t)).added(file(t), "prov:wasDerivedFrom", bytes_of(t))),
    ("start-time", lambda t: t.changed(execution(t), "prov:startedAtTime", LATER)),
    ("start-time", lambda t: t.changed(execution(t), "prov:startedAtTime", NO_ZONE)),
    ("start-time", lambda t: t.changed(execution(t), "prov:startedAtTime", "ten o'clock")),
    ("start-time", lambda t: t.added(t.a(TRIAL), "prov:startedAtTime", typed("2020-01-01T00:00:00Z", "dateTime"))),
    ("end-time", lambda t: t.changed(execution(t), "prov:endedAtTime", NO_ZONE)),
    ("end-time", lambda t: t.changed(t.a(TRIAL), "prov:endedAtTime", "soon after")),
    ("event-time", lambda t: t.added(value(t), "prov:generatedAtTime", NO_ZONE)),
    ("entity-of-influence", lambda t: t.without(t.a("prov:Usage"), "prov:entity")),
    ("association-agent", lambda t: t.without(association(t), "prov:agent")),
    ("revision-derived", lambda t: t.without(t.having("prov:wasRevisionOf"), "prov:wasDerivedFrom")),
    # -- said, not left to be inferred
    ("said-entity", lambda t: t.without(value(t), "rdf:type", "prov:Entity")),
    ("said-entity", lambda t: t.without(step(t), "rdf:type", "prov:Entity")),
    ("said-entity", lambda t: t.without(t.a("repr:Library"), "rdf:type", "prov:Entity"), "full"),
    ("said-activity", lambda t: t.without(execution(t), "rdf:type", "prov:Activity")),
    ("said-activity", lambda t: t.without(t.a(TRIAL), "rdf:type", "prov:Activity")),
    ("said-agent", lambda t: t.without(t.a("prov:SoftwareAgent"), "rdf:type", "prov:Agent")),
    ("subject-type", lambda t: t.without(value(t), "rdf:type")),
    ("subject-type", lambda t: t.without(execution(t), "rdf:type")),
    ("subject-type", lambda t: t.added(NOWHERE, "pk:byteSize", 4)),
    # -- the trial
    ("trial-type", lambda t: t.without(t.a(TRIAL), "rdf:type", TRIAL)),
    ("trial-label", lambda t: t.without(t.a(TRIAL), "rdfs:label")),
    ("trial-start", lambda t: t.without(t.a(TRIAL), "prov:startedAtTime")),
    ("trial-status", lambda t: t.without(t.a(TRIAL), "pk:status")),
    ("trial-status", lambda t: t.changed(t.a(TRIAL), "pk:status", "pk:control")),
    ("trial-status", lambda t: t.added(t.a(TRIAL), "pk:status", "pk:aborted")),
    ("trial-exit-status", lambda t: t.changed(t.a(TRIAL), "pk:exitStatus", typed("-3", "integer")), "exits"),
    ("trial-agent", lambda t: t.without(t.a(TRIAL), "prov:wasAssociatedWith")),
    ("trial-plan", lambda t: t.without(association(t), "prov:hadPlan")),
    ("trial-plan", lambda t: t.without(t.a(TRIAL), "prov:qualifiedAssociation")),
    ("trial-failed-in", lambda t: t.changed(t.a(TRIAL), "pk:failedIn", NOWHERE), "broken"),
    ("trial-cpu-time", lambda t: t.changed(t.a(TRIAL), "pk:cpuSeconds", "little")),
    ("trial-memory", lambda t: t.changed(t.a(TRIAL), "pk:peakMemory", typed("-1", "integer"))),
    ("trial-signal", lambda t: t.added(t.a(TRIAL), "pk:signal", "SIGKILL"), "killed"),
    ("trial-settings", lambda t: t.without(t.a(TRIAL), "repr:hasSetting")),
    ("trial-end", lambda t: t.without(t.a(TRIAL), "prov:endedAtTime")),
    ("trial-completed", lambda t: t.changed(t.a(TRIAL), "pk:exitStatus", 2)),
    ("trial-completed", lambda t: t.added(t.a(TRIAL), "pk:failedWith", "ValueError")),
    ("trial-completed", lambda t: t.changed(t.a(TRIAL), "pk:status", "pk:completed"), "exits"),
    ("trial-failed", lambda t: t.changed(t.a(TRIAL), "pk:status", "pk:failed")),
    ("failure-type", lambda t: t.without(t.a(TRIAL), "pk:failedWith"), "broken"),
    ("failure-type", lambda t: t.without(execution(t, also=("pk:failedWith",)), "pk:failedWith"), "broken"),
    ("record-maker", lambda t: t.without(t.a("prov:Bundle"), "prov:wasAttributedTo")),
    ("agent-label", lambda t: t.without(t.value_of(t.a(TRIAL), "prov:wasAssociatedWith"), "rdfs:label")),
    ("annotation-name", lambda t: t.added(t.a(TRIAL), "pk:name", "second")),
    ("annotation-tag", lambda t: t.added(t.a(TRIAL), "pk:tag", '""')),
    # -- executions
    ("execution-type", lambda t: t.without(execution(t), "rdf:type", "p-plan:Activity")),
    ("execution-type", lambda t: t.added(execution(t), "rdf:type", "repr:FunctionActivation")),
    ("execution-order", lambda t: t.without(execution(t), "pk:order")),
    ("execution-order", lambda t: t.without(nested(t), "pk:order")),
    ("execution-order", lambda t: t.changed(execution(t), "pk:order", 0)),
    ("execution-step", lambda t: t.without(execution(t), "p-plan:correspondsToStep")),
    ("execution-step", lambda t: t.added(execution(t), "p-plan:correspondsToStep", step(t))),
    ("execution-whole", lambda t: t.without(execution(t), "provone:wasPartOf")),
    ("execution-start", lambda t: t.without(execution(t), "prov:startedAtTime")),
    ("loop-rounds", lambda t: t.changed(t.having("pk:iterations"), "pk:iterations", "many")),
    ("summary-mark", lambda t: t.added(execution(t), "pk:summarised", "yes")),
    ("callee-name", lambda t: t.without(t.value_of(t.having("pk:called"), "pk:called"), "rdfs:label")),
    ("role-type", lambda t: t.without(t.a("prov:Role"), "rdf:type", "prov:Role")),
    ("role-label", lambda t: t.without(t.a("prov:Role"), "rdfs:label")),
    ("usage-type", lambda t: t.changed(t.a("prov:Usage"), "rdf:type", "prov:Influence")),
    ("derivation-type", lambda t: t.changed(t.a("prov:Derivation"), "rdf:type", "prov:Influence")),
    ("derivation-dependence", lambda t: t.without(t.a("prov:Derivation"), "pk:dependence")),
    # -- values
    ("value-type", lambda t: t.without(value(t), "rdf:type", "p-plan:Entity")),
    ("value-class", lambda t: t.without(value(t, also=("p-plan:correspondsToVariable",)), "pk:type")),
    ("value-label", lambda t: t.without(value(t), "rdfs:label")),
    ("value-one-class", lambda t: t.added(value(t), "pk:type", "another")),
    ("value-one-label", lambda t: t.added(value(t), "rdfs:label", "another")),
    ("value-scalar", lambda t: t.added(value(t, also=("prov:value",)), "prov:value", 12345)),
    ("entity-of-a-trial", lambda t: t.without(file(t), "rdf:type", "repr:File")),
    ("entity-of-a-trial", lambda t: t.without(value(t, without=("p-plan:correspondsToVariable",)), "pk:type")),
    ("made-once", lambda t: t.added(value(t, also=("prov:wasGeneratedBy",)), "prov:wasGeneratedBy", nested(t))),
    ("description-shape", lambda t: t.added(value(t), "pk:shape", "506 x 4")),
    ("description-columns", lambda t: t.added(value(t), "pk:columns", "rooms, age")),
    ("description-length", lambda t: t.changed(t.having("pk:length"), "pk:length", typed("-1", "integer"))),
    ("description-dtype", lambda t: t.added(value(t), "pk:dtype", 64)),
    ("description-preview", lambda t: t.added(value(t), "pk:preview", 1)),
    ("description-column-types", lambda t: t.added(value(t), "pk:columnTypes", "int64")),
    ("description-missing", lambda t: t.added(value(t), "pk:missing", 0)),
    ("description-missing-in", lambda t: t.added(value(t), "pk:missingIn", "[3]")),
    ("description-digest", lambda t: t.added(value(t), "pk:contentDigest", "ab")),
    ("description-seeded", lambda t: t.added(value(t), "pk:seeded", "yes")),
    # -- files, bytes, outputs
    ("file-type", lambda t: t.without(file(t), "rdf:type", "p-plan:Entity")),
    ("file-label", lambda t: t.without(file(t), "rdfs:label")),
    ("file-place", lambda t: t.without(file(t), "prov:atLocation")),
    ("file-bytes", lambda t: t.added(file(t), "prov:specializationOf", other_bytes(t))),
    ("file-digest", lambda t: t.without(file(t), "prov:specializationOf")),
    ("bytes-digest", lambda t: t.without(bytes_of(t), "schema:sha256")),
    ("bytes-digest", lambda t: t.changed(bytes_of(t), "schema:sha256", "a" * 63)),
    ("bytes-size", lambda t: t.changed(bytes_of(t), "pk:byteSize", "small")),
    ("bytes-named", lambda t: t.added(file(t), "schema:sha256", "a" * 64)),
    ("unverified-mark", lambda t: t.without(file(t), "prov:specializationOf").added(file(t), "pk:verified", False).added(file(t), "pk:verified", "no")),
    ("unverified-bytes", lambda t: t.added(file(t), "pk:verified", False)),
    ("location-type", lambda t: t.without(t.a("prov:Location"), "rdf:type", "prov:Location")),
    ("location-label", lambda t: t.without(t.a("prov:Location"), "rdfs:label")),
    ("entity-of-a-trial", lambda t: t.without(t.a("repr:Output"), "rdf:type", "repr:Output")),
    ("output-label", lambda t: t.without(t.a("repr:Output"), "rdfs:label")),
    ("output-text", lambda t: t.without(t.a("repr:Output"), "prov:value")),
    ("output-format", lambda t: t.without(t.a("repr:Output"), "schema:encodingFormat")),
    ("output-count", lambda t: t.without(t.a("repr:Output"), "pk:characterCount")),
    ("output-length", lambda t: t.changed(t.a("repr:Output"), "pk:characterCount", "long")),
    ("output-maker", lambda t: t.without(t.a("repr:Output"), "prov:wasGeneratedBy")),
    # -- what the text says
    ("plan-type", lambda t: t.without(plan(t), "rdf:type", "p-plan:Plan")),
    ("plan-kind", lambda t: t.without(plan(t), "rdf:type", "repr:Script")),
    ("plan-text", lambda t: t.without(plan(t), "prov:wasDerivedFrom")),
    ("module-whole", lambda t: t.without(t.a("repr:Module"), "p-plan:isSubPlanOfPlan")),
    ("step-known", lambda t: t.changed(execution(t), "p-plan:correspondsToStep", NOWHERE)),
    ("step-known", lambda t: t.without(step(t), "rdf:type", "p-plan:Step")),
    ("step-plan", lambda t: t.without(step(t), "p-plan:isStepOfPlan")),
    ("step-text", lambda t: t.without(step(t), "prov:value")),
    ("whole-known", lambda t: t.changed(step(t), "p-plan:isStepOfPlan", NOWHERE)),
    ("variable-known", lambda t: t.without(t.a("p-plan:Variable"), "rdf:type", "p-plan:Variable")),
    ("variable-known", lambda t: t.added(step(t), "p-plan:hasInputVar", NOWHERE)),
    ("variable-plan", lambda t: t.without(t.a("p-plan:Variable"), "p-plan:isVariableOfPlan")),
    ("variable-label", lambda t: t.without(t.a("p-plan:Variable", also=("rdfs:label",)), "rdfs:label")),
    ("function-label", lambda t: t.without(uncalled(t), "rdfs:label")),
    ("function-plan", lambda t: t.without(t.a("repr:Function"), "p-plan:isSubPlanOfPlan")),
    ("first-line", lambda t: t.changed(t.a("repr:Function"), "pk:firstLine", 900)),
    ("last-line", lambda t: t.without(t.a("repr:Function"), "pk:lastLine")),
    ("cell-type", lambda t: t.without(t.a("repr:Cell"), "rdf:type", "repr:Cell").added(t.a("repr:Cell"), "prov:value", "text")),
    ("cell-input", lambda t: t.without(t.a("repr:Cell"), "p-plan:hasInputVar")),
    ("cell-index", lambda t: t.without(t.a("repr:Cell"), "pk:cellIndex")),
    ("cell-kind", lambda t: t.changed(t.a("repr:Cell"), "pk:cellKind", "picture")),
    # -- learning
    ("parameter-of", lambda t: t.without(parameter(t), "mls:specifiedBy"), "full"),
    ("parameter-origin", lambda t: t.without(parameter(t), "pk:origin"), "full"),
    ("parameter-origin", lambda t: t.changed(parameter(t), "pk:origin", "pk:control"), "full"),
    ("parameter-literal", lambda t: t.added(parameter(t), "mls:hasValue", 11), "full"),
    ("parameter-text", lambda t: t.added(t.having("pk:repr"), "pk:repr", "Nothing"), "full"),
    ("parameter-value", lambda t: t.without(parameter(t), "mls:hasValue"), "full"),
    ("run-executes", lambda t: t.without(t.a("mls:Run"), "mls:executes"), "full"),
    ("run-whole", lambda t: t.without(t.a("mls:Run"), "provone:wasPartOf"), "full"),
    ("run-input", lambda t: t.added(t.a("mls:Run"), "mls:hasInput", t.a("mls:Model")), "full"),
    ("run-output", lambda t: t.added(t.a("mls:Run"), "mls:hasOutput", t.a("mls:Dataset")), "full"),
    ("run-kind", lambda t: t.changed(t.a("mls:Run"), "pk:runKind", "walk"), "full"),
    ("run-known", lambda t: t.changed(t.having("pk:partOfRun"), "pk:partOfRun", t.a(TRIAL)), "full"),
    ("model-fitted", lambda t: t.added(value(t, without=("prov:value", "mls:hasValue", "pk:splitRole", "pk:fitted", "pk:targetNames")), "rdf:type", "mls:Model"), "tidy"),
    ("evaluation-measure", lambda t: t.without(t.a("mls:ModelEvaluation"), "mls:specifiedBy"), "full"),
    ("evaluation-value", lambda t: t.changed(t.a("mls:ModelEvaluation"), "mls:hasValue", "good"), "full"),
    ("evaluation-split", lambda t: t.changed(t.having("pk:evaluatedOn"), "pk:evaluatedOn", "all"), "full"),
    ("evaluation-implied", lambda t: t.changed(t.having("pk:implied"), "pk:implied", False), "full"),
    ("learned-from", lambda t: t.added(t.a("mls:Dataset"), "rdf:type", "mls:HyperParameterSetting").added(t.a("mls:Dataset"), "pk:origin", "pk:given").added(t.a("mls:Dataset"), "mls:specifiedBy", t.a("mls:HyperParameter")).added(t.a("mls:Dataset"), "pk:repr", "x"), "full"),
    ("measure-label", lambda t: t.without(t.a("mls:EvaluationMeasure"), "rdfs:label"), "full"),
    ("split-role", lambda t: t.changed(t.having("pk:splitRole"), "pk:splitRole", "rest"), "full"),
    # -- settings and software
    ("setting-type", lambda t: t.without(t.a("repr:Setting", also=("prov:value",)), "rdf:type", "repr:Setting")),
    ("setting-label", lambda t: t.without(t.a("repr:Setting"), "rdfs:label")),
    ("setting-value", lambda t: t.without(t.a("repr:Setting", also=("prov:value",)), "prov:value")),
    ("software-version", lambda t: t.without(t.a("repr:ProgrammingLanguage"), "schema:softwareVersion")),
    ("library-label", lambda t: t.without(t.a("repr:Library"), "rdfs:label"), "full"),
]
# fmt: on

# node on which a property stands that its kind does not have
CLOSED = {
    "trial": lambda t: t.a(TRIAL),
    "execution": execution,
    "value": value,
    "file": file,
    "output": lambda t: t.a("repr:Output"),
    "setting": lambda t: t.a("repr:Setting"),
    "library": lambda t: t.a("repr:Library"),
    "step": step,
    "variable": lambda t: t.a("p-plan:Variable"),
    "function": lambda t: t.a("repr:Function"),
    "plan": plan,
    "usage": lambda t: t.a("prov:Usage"),
    "derivation": lambda t: t.a("prov:Derivation"),
    "association": association,
    "record": lambda t: t.a("prov:Bundle"),
    "place": lambda t: t.a("prov:Location"),
}
HINTS = {"trial-language", "trial-system"}


@cache
def made_up(name):
    trial = {"full": full_trial, "example": example_trial}[name]()
    return Spoilt(list(quads_of(trial)))


def the(trials, name):
    return made_up(name) if name in ("full", "example") else trials[name]


@pytest.mark.parametrize("name", ["tidy", "broken", "exits", "killed", "example"])
@pytest.mark.parametrize("profile", ["trial", "strict", "prov"])
def test_a_real_trial_conforms_without_even_a_hint(trials, name, profile):
    assert the(trials, name).report(profile).findings == ()


def test_a_trial_that_says_everything_conforms_but_for_a_file_that_nobody_could_read(trials):
    assert {f.shape for f in made_up("full").report("strict").findings} == {"file-digest"}


@pytest.mark.parametrize(
    "case", SPOILT, ids=[f"{number}-{case[0]}" for number, case in enumerate(SPOILT)]
)
def test_a_spoilt_trial_is_found_by_its_shape_alone(trials, case):
    expected, spoil, name = (*case, "tidy")[:3]
    sound = the(trials, name)
    assert spoil(sound).shapes_fired() - sound.fired_as_it_is == {expected}


def test_two_plans_of_one_association_are_found_by_the_shapes_of_prov(trials):
    trial = trials["tidy"]
    two = trial.added(association(trial), "prov:hadPlan", trial.a("repr:Module"))

    assert two.shapes_fired("prov") == {"association-plans"}
    assert two.shapes_fired() == {"association-plans", "trial-plan"}


@pytest.mark.parametrize("kind", CLOSED)
def test_the_strict_profile_finds_a_property_out_of_place(trials, kind):
    trial = the(trials, "full" if kind == "library" else "tidy")
    stranger = trial.added(CLOSED[kind](trial), "rdfs:seeAlso", NOWHERE)

    assert stranger.shapes_fired("strict") - trial.fired_as_it_is == {f"closed-{kind}"}


def test_the_strict_profile_finds_terms_that_nobody_declares(trials):
    trial = trials["tidy"]
    wrong = trial.added(execution(trial), "prov:usedd", NOWHERE)

    (finding,) = wrong.report("strict").findings
    assert finding.shape == UNDECLARED
    assert finding.found == "prov:usedd is not, and is used once."
    assert finding.advice.startswith("Did you mean prov:used?")


@pytest.mark.parametrize("shape", sorted(HINTS))
def test_a_missing_circumstance_is_a_hint_only(trials, shape):
    kind = {"trial-language": "repr:ProgrammingLanguage", "trial-system": "repr:OperatingSystem"}
    trial = trials["tidy"]
    lacking = trial.without(trial.a(TRIAL), "repr:hasSetting", trial.a(kind[shape]))
    found = lacking.report().findings

    assert [(finding.shape, finding.severity) for finding in found] == [(shape, "info")]


# ------------------------------------------------------------------ the shapes themselves

FILES = sorted(bundled.folder("shapes").glob("*.ttl"))


def shapes_in(files):
    graph = rdflib.Graph()
    for file in files:
        graph.parse(file)
    return graph


def rules():
    """Every shape that says something to a person, by name."""
    graph = shapes_in(FILES)
    return {str(s).removeprefix(NAMESPACE): s for s in graph.subjects(SH.message, None)}, graph


def test_every_rule_was_seen_to_fire():
    tried = {case[0] for case in (*SPOILT, *SPOILT_NOTEBOOKS)} | {
        f"closed-{kind}" for kind in CLOSED
    }
    assert set(rules()[0]) == tried | HINTS | {"association-plans"}


def test_every_rule_has_a_name_a_severity_and_what_to_do():
    named, graph = rules()
    for name, shape in named.items():
        is_property = (shape, RDF.type, SH.PropertyShape) in graph
        title = SH.name if is_property else rdflib.RDFS.label
        advice = SH.description if is_property else rdflib.RDFS.comment
        for predicate in (title, advice, SH.severity, SH.message):
            assert len(list(graph.objects(shape, predicate))) == 1, (name, predicate)
        for predicate in (advice, SH.message):
            assert str(graph.value(shape, predicate)).endswith("."), (name, predicate)


def test_every_property_shape_is_part_of_a_node_shape():
    _, graph = rules()
    for shape in graph.subjects(RDF.type, SH.PropertyShape):
        assert list(graph.subjects(SH.property, shape)), shape


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_shapes_are_well_formed_and_of_shacl_core(file):
    graph = shapes_in([file])
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=graph, meta_shacl=True)
    assert conforms, text
    assert not {SH.sparql, SH.rule, SH.js, SH.target} & set(graph.predicates())


def test_every_file_of_shapes_belongs_to_a_profile():
    used = {name for profile in PROFILES.values() for name in profile.files}
    assert used == {file.stem for file in FILES}
