"""A finding speaks of scripts, lines, variables and files, not of nodes; and says what to do."""

import pytest
from test_shapes import (
    NOWHERE,
    TRIAL,
    association,
    execution,
    file,
    made_up,
    plan,
    step,
    uncalled,
    value,
)
from validated_quads import Spoilt, typed

from provkit.errors import BadInput, UsageError
from provkit.export import render
from provkit.validation import PROFILES, profile_named, validate_document, validate_trial

# fmt: off
IN_WORDS = [
    ("execution-step", lambda t: t.added(of_line_9(t), "p-plan:correspondsToStep", step(t)), "execution 10 (`m = mean(prices)`)", "tidy.py:9"),
    ("execution-start", lambda t: t.without(of_line_9(t), "prov:startedAtTime"), "execution 10 (`m = mean(prices)`)", "tidy.py:9"),
    ("value-label", lambda t: t.without(t.having("rdfs:label", "names@1"), "rdfs:label"), "value names.1", "tidy.py:10"),
    ("value-scalar", lambda t: t.added(t.having("rdfs:label", "level@1"), "prov:value", "low"), "value level@1", "tidy.py:13"),
    ("step-plan", lambda t: t.without(t.having("prov:value", 'level = "low"'), "p-plan:isStepOfPlan"), 'step `level = "low"`', "tidy.py:15"),
    ("file-place", lambda t: t.without(t.having("rdfs:label", "houses.csv", also=("prov:atLocation",)), "prov:atLocation"), "file houses.csv", "houses.csv"),
    ("function-plan", lambda t: t.without(uncalled(t), "p-plan:isSubPlanOfPlan"), "function spare", "tidy.py:21"),
    ("cell-kind", lambda t: t.changed(t.a("repr:Cell"), "pk:cellKind", "picture"), "cell 0", "tidy.py:1"),
    ("variable-plan", lambda t: t.without(t.having("rdfs:label", "level", also=("p-plan:isVariableOfPlan",)), "p-plan:isVariableOfPlan"), "variable level", None),
    ("trial-label", lambda t: t.without(t.a(TRIAL), "rdfs:label"), None, "tidy.py"),
    ("trial-status", lambda t: t.without(t.a(TRIAL), "pk:status"), "trial tidy.py", "tidy.py"),
    ("plan-text", lambda t: t.without(plan(t), "prov:wasDerivedFrom"), None, None),
    ("association-agent", lambda t: t.without(association(t), "prov:agent"), "association of trial tidy.py", "tidy.py"),
    ("record-maker", lambda t: t.without(t.having("prov:wasAttributedTo", also=("rdf:type",)), "prov:wasAttributedTo"), None, None),
    ("setting-label", lambda t: t.without(t.having("rdfs:label", "command line"), "rdfs:label"), "setting argv", None),
    ("output-text", lambda t: t.without(t.a("repr:Output"), "prov:value"), "output stdout", None),
]
# fmt: on


def of_line_9(t):
    """The execution of `m = mean(prices)`."""
    (step_,) = (s for s, p, o, _ in t.quads if p.endswith("#value>") and o == '"m = mean(prices)"')
    return t.having("p-plan:correspondsToStep", step_)


@pytest.mark.parametrize("case", IN_WORDS, ids=lambda case: case[0])
def test_a_finding_names_the_thing_as_its_author_does(trials, case):
    shape, spoil, thing, place = case
    (finding,) = (f for f in spoil(trials["tidy"]).report().findings if f.severity != "info")

    assert finding.shape == shape
    assert thing is None or finding.thing == thing
    assert finding.place == place
    assert finding.advice


# fmt: off
FOUND = [
    (lambda t: t.without(execution(t), "p-plan:correspondsToStep"), "There is none."),
    (lambda t: t.changed(t.a(TRIAL), "pk:status", "pk:control"), "It says pk:control."),
    (lambda t: t.without(value(t), "rdf:type", "prov:Entity"), "It is typed p-plan:Entity only."),
    (lambda t: t.without(value(t), "rdf:type"), "It has no type at all."),
    (lambda t: t.added(t.a(TRIAL), "rdf:type", "prov:Entity"), "It is typed prov:Entity."),
    (lambda t: t.added(t.a(TRIAL), "pk:name", "second"), 'There are 2: "tidy", "second".'),
    (lambda t: t.changed(uncalled(t), "pk:firstLine", 900), '"900" (xsd:integer) comes after "22" (xsd:integer).'),
    (lambda t: t.changed(t.a(TRIAL), "pk:exitStatus", typed("x", "integer")), 'It says "x" (xsd:integer).'),
    (lambda t: t.added(execution(t), "prov:used", NOWHERE), "It has no type at all."),
    (lambda t: t.added(file(t), "pk:verified", False), "There is one:"),
]
# fmt: on


@pytest.mark.parametrize(("spoil", "said"), FOUND)
def test_a_finding_says_what_is_there_instead(trials, spoil, said):
    findings = spoil(trials["tidy"]).report().findings
    assert any(finding.found.startswith(said) for finding in findings), findings


def test_a_tracebacks_worth_of_log_is_not_printed_for_a_number_that_is_none(trials, capfd):
    spoilt = trials["tidy"].changed(trials["tidy"].a(TRIAL), "pk:exitStatus", typed("x", "integer"))
    spoilt.report()
    assert capfd.readouterr().err == ""


def test_the_worst_comes_first_and_then_the_order_of_lines(trials):
    trial = trials["tidy"]
    for _ in range(4):
        trial = trial.without(execution(trial, also=("prov:startedAtTime",)), "prov:startedAtTime")
    trial = trial.without(trial.a(TRIAL), "repr:hasSetting", trial.a("repr:OperatingSystem"))
    findings = trial.report().findings

    assert [finding.severity for finding in findings] == ["violation"] * 4 + ["info"]
    lines = [int(finding.place.rpartition(":")[2]) for finding in findings[:4]]
    assert lines == sorted(lines)


# ------------------------------------------------------------------ what is checked


def test_a_stored_trial_is_checked_with_its_plans_and_what_is_said_of_it(trials):
    store = trials.store
    report = validate_trial(store, store.resolve("tidy"), profile=PROFILES["trial"])

    assert report.conforms("info")
    assert report.checked > 100
    assert report.triples > 400


SYNTAXES = ["turtle", "trig", "ntriples", "jsonld", "rdf-xml"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_any_syntax_of_rdf_gives_the_same_findings(trials, syntax):
    spoilt = trials["tidy"].without(of_line_9(trials["tidy"]), "prov:startedAtTime")
    content = render(spoilt.quads, syntax)
    found = validate_document(content, profile=PROFILES["trial"]).findings

    assert [(f.shape, f.thing, f.place, f.node) for f in found] == [
        (f.shape, f.thing, f.place, f.node) for f in spoilt.report().findings
    ]


def test_prov_n_can_be_checked_too():
    document = b"document\n prefix ex <http://example.org/>\n activity(ex:a, 2026-01-02T00:00:00Z, 2026-01-01T00:00:00Z)\nendDocument\n"
    (finding,) = validate_document(document, profile=PROFILES["prov"]).findings
    assert finding.shape == "start-time"
    assert "comes after" in finding.found


def test_provenance_of_others_is_not_asked_for_what_only_a_trial_has():
    turtle = b"""@prefix prov: <http://www.w3.org/ns/prov#> . @prefix ex: <http://example.org/> .
        ex:chart a prov:Collection ; prov:wasGeneratedBy ex:draw .
        ex:draw a prov:Activity ; prov:used ex:data ; prov:wasAssociatedWith ex:ann .
        ex:data a prov:Entity . ex:ann a prov:Person .
    """
    assert validate_document(turtle, profile=PROFILES["prov"]).findings == ()


def test_a_document_without_provenance_says_that_nothing_was_checked():
    report = validate_document(b"<http://a/s> <http://a/p> 1 .", profile=PROFILES["trial"])
    assert report.checked == 0


BAD = [
    (b"", "it is empty"),
    (b"@prefix prov: <http://www.w3.org/ns/prov#> .\nprov:a prov:b", "line 2"),
    (b"just words", "no PROV or RDF syntax"),
    (b"<http://a/s> <http://a/p> << <http://a/s> <http://a/p> 1 >> .", "quoted triple|line 1"),
]


@pytest.mark.parametrize(("content", "said"), BAD)
def test_what_cannot_be_read_is_refused_in_one_sentence(content, said):
    with pytest.raises(BadInput, match=said):
        validate_document(content, profile=PROFILES["prov"])


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no-such"):
        validate_document(tmp_path / "no-such.ttl", profile=PROFILES["prov"])


# ------------------------------------------------------------------ shapes of one's own

OWN = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
@prefix repr: <https://w3id.org/reproduceme#> . @prefix pk: <https://w3id.org/provkit/ns#> .
ex:lab a sh:NodeShape ; sh:targetClass repr:Trial ; {more}
    sh:property [ sh:path pk:tag ; sh:minCount 1 ; sh:severity sh:Warning ; sh:name "tag of the lab" ;
                  sh:message "Our trials have a tag." ; sh:description "Tag it." ] .
"""
SPARQL = 'sh:sparql [ sh:message "No." ; sh:select "SELECT $this WHERE { $this ?p ?o }" ] ;'


def own_shapes(tmp_path, text):
    path = tmp_path / "own.ttl"
    path.write_text(text)
    return path


def test_shapes_of_ones_own_are_added(trials, tmp_path):
    path = own_shapes(tmp_path, OWN.replace("{more}", ""))
    (finding,) = trials["tidy"].report(shapes=[path]).findings

    assert (finding.shape, finding.severity) == ("tag of the lab", "warning")
    assert finding.rule == "Our trials have a tag."
    assert finding.thing == "trial tidy.py"


def test_shapes_of_ones_own_may_be_written_in_sparql(trials, tmp_path):
    path = own_shapes(tmp_path, OWN.replace("{more}", SPARQL))
    found = trials["tidy"].report("none", [path]).findings

    assert {finding.shape for finding in found} == {"tag of the lab", "http://example.org/lab"}


# fmt: off
BAD_SHAPES = [
    ("@prefix", "line 1"),
    (OWN.replace("{more}", "").replace("sh:targetClass repr:Trial ;", ""), "no shape in it has a target"),
    (OWN.replace("{more}", "").replace("sh:minCount 1", 'sh:minCount "one"'), "refuses"),
    (OWN.replace("{more}", "").replace("sh:path pk:tag ;", ""), "refuses"),
    ("document\nendDocument", "prov-n"),
]
# fmt: on


@pytest.mark.parametrize(("text", "said"), BAD_SHAPES)
def test_malformed_shapes_are_refused_with_their_file(trials, tmp_path, text, said):
    with pytest.raises(BadInput, match=r"own\.ttl") as refused:
        trials["exits"].report(shapes=[own_shapes(tmp_path, text)])
    assert said in str(refused.value)


def test_the_profile_none_needs_shapes(trials):
    with pytest.raises(UsageError, match="-s"):
        trials["exits"].report("none")


def test_an_unknown_profile_is_refused_with_a_hint():
    with pytest.raises(UsageError, match="did you mean 'strict'"):
        profile_named("strikt")


def test_control_characters_and_long_texts_do_no_harm():
    trial = made_up("example")
    node = trial.having("pk:order")
    name = trial.value_of(node, "p-plan:correspondsToStep")
    long = trial.changed(name, "prov:value", "x" * 5000 + "\x1b[31m\n").without(node, "pk:order")
    (finding,) = long.report().findings

    assert len(finding.thing) < 120
    assert isinstance(long, Spoilt)
