"""Each pattern by its statements: what a fact of the model becomes in the graph."""

from dataclasses import replace
from pathlib import Path

import pytest
from full_trial import BASE, MODULE, SCRIPT, TRIAL_ID, full_trial
from mapped_quads import short
from notebook_trial import full_notebook
from rdflib import Graph

from provkit.mapping import annotation_quads, quads_of
from provkit.model import Derivation, Implementation, Plan, Reference, Usage
from provkit.vocabulary import PREFIXES, declared_terms, tabled_prefixes, term

REPOSITORY = Path(__file__).resolve().parents[2]


def _said(trial):
    """Statements as people read them: `subject predicate object graph`."""
    return {" ".join(_local(one) for one in quad) for quad in quads_of(trial)}


def _local(text):
    for iri, name in (
        (f"{BASE}trial/{TRIAL_ID}", "T"),
        (f"{BASE}plan/{SCRIPT}", "S"),
        (f"{BASE}plan/{MODULE}", "M"),
        (BASE, ""),
    ):
        text = text.replace(f"<{iri}", f"<{name}")
    return short(text).replace(f"^^<{PREFIXES['xsd']}", "^^<")


@pytest.fixture(scope="module")
def said():
    return _said(full_trial())


@pytest.mark.parametrize(
    "pattern",
    [
        # the trial, its outcome and what it took
        """<T> pk:status pk:failed <T/graph>
        <T> pk:exitStatus "1"^^<integer> <T/graph>
        <T> pk:signal "9"^^<integer> <T/graph>
        <T> pk:failedWith "ValueError" <T/graph>
        <T> pk:failureMessage "no rows" <T/graph>
        <T> pk:failedIn <T/execution/2> <T/graph>
        <T> pk:cpuSeconds "2.5"^^<double> <T/graph>
        <T> pk:peakMemory "100000000"^^<integer> <T/graph>""",
        # the execution that failed, and did not end
        """<T/execution/2> pk:failedWith "ValueError" <T/graph>
        <T/execution/2> pk:failureMessage "no rows" <T/graph>
        <T/execution/2> provone:wasPartOf <T/execution/1> <T/graph>""",
        # a summary
        """<T/execution/1> pk:summarised "true"^^<boolean> <T/graph>
        <T/execution/1> pk:iterations "7"^^<integer> <T/graph>""",
        # a name deleted, and a value that ended
        """<T/execution/3> pk:unbinds <S/variable/c> <T/graph>
        <T/value/w.1> prov:wasInvalidatedBy <T/execution/3> <T/graph>""",
        # data and control
        """<T/value/b.1> prov:wasDerivedFrom <T/value/a.1> <T/graph>
        <T/value/b.1> prov:wasDerivedFrom <T/value/c.1> <T/graph>
        <T/value/b.1> prov:qualifiedDerivation <T/derivation/value/b.1/value/c.1> <T/graph>
        <T/derivation/value/b.1/value/c.1> rdf:type prov:Derivation <T/graph>
        <T/derivation/value/b.1/value/c.1> prov:entity <T/value/c.1> <T/graph>
        <T/derivation/value/b.1/value/c.1> pk:dependence pk:control <T/graph>""",
        # a revision nobody listed as a derivation
        """<T/value/b.2> prov:wasRevisionOf <T/value/b.1> <T/graph>
        <T/value/b.2> prov:wasDerivedFrom <T/value/b.1> <T/graph>""",
        # arguments: the same parameter twice, and a part that is no argument
        """<T/usage/1.rows.0> pk:part "[\\"x\\"]" <T/graph>
        <T/usage/1.rows.0> prov:hadRole <path/run.py#clean/rows> <T/graph>
        <T/execution/1> prov:qualifiedUsage <T/usage/1.rows.0@2> <T/graph>
        <path/run.py#clean/rows> rdfs:label "rows" <shared>
        <T/usage/2@1> pk:part ".T" <T/graph>
        <T/usage/2@1> prov:entity <T/value/b.1> <T/graph>""",
        # description of a value
        """<T/value/a.1> pk:type "numpy.ndarray" <T/graph>
        <T/value/a.1> pk:shape "(2, 3)" <T/graph>
        <T/value/a.1> pk:columns "[\\"x\\", \\"y\\"]" <T/graph>
        <T/value/a.1> pk:length "2"^^<integer> <T/graph>
        <T/value/a.1> pk:dtype "float64" <T/graph>
        <T/value/a.1> pk:preview "[[…]]" <T/graph>
        <T/value/a.1> pk:columnTypes "[\\"float64\\", \\"float64\\"]" <T/graph>
        <T/value/a.1> pk:missing "1"^^<integer> <T/graph>
        <T/value/a.1> pk:missingIn "{\\"y\\": 1}" <T/graph>
        <T/value/a.1> pk:byteSize "48"^^<integer> <T/graph>
        <T/value/a.1> pk:contentDigest "5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d" <T/graph>
        <T/value/a.1> pk:seeded "false"^^<boolean> <T/graph>
        <T/value/c.1> prov:value "true"^^<boolean> <T/graph>""",
        # a variable that the text does not name is described where it was learnt
        """<T/value/b.1> p-plan:correspondsToVariable <S/variable/injected> <T/graph>
        <S/variable/injected> rdf:type p-plan:Variable <T/graph>
        <S/variable/injected> rdf:type prov:Entity <T/graph>
        <S/variable/injected> p-plan:isVariableOfPlan <S> <T/graph>
        <S/variable/injected> rdfs:label "injected" <T/graph>""",
        # a file that changed while it was hashed is not said to be those bytes
        """<T/file/out.csv@2> pk:verified "false"^^<boolean> <T/graph>
        <T/file/out.csv@2> pk:byteSize "13"^^<integer> <T/graph>
        <T/file/out.csv@2> prov:wasRevisionOf <T/file/out.csv> <T/graph>
        <T/file/out.csv@2> prov:wasDerivedFrom <T/file/out.csv> <T/graph>
        <T/file/out.csv@2> prov:atLocation <path/out.csv> <T/graph>""",
        # a project's module
        """<M> rdf:type repr:Module <T/graph>
        <M> p-plan:isSubPlanOfPlan <S> <T/graph>
        <T> prov:used <T/file/lib/tools.py> <T/graph>
        <T/execution/3> p-plan:correspondsToStep <M/step/1.0> <T/graph>
        <M/step/1.0> p-plan:isStepOfPlan <M> <M/graph>""",
        # a function of the script's own: of two of one name, the last
        """<T/execution/1> pk:called <S/function/clean> <T/graph>
        <S/step/1.0> p-plan:isDecomposedAsPlan <S/function/clean> <T/graph>
        <S/step/1.0> rdf:type p-plan:MultiStep <T/graph>
        <S/step/1.0> rdf:type prov:Entity <T/graph>
        <S/function/clean> rdf:type prov:Entity <T/graph>
        <S/function/clean> rdf:type prov:Plan <T/graph>
        <S/function/clean> rdf:type p-plan:Plan <T/graph>
        <S/function/clean> rdf:type repr:Function <S/graph>
        <S/function/clean> rdf:type prov:Entity <S/graph>
        <S/function/clean> rdf:type prov:Plan <S/graph>
        <S/function/clean> rdf:type p-plan:Plan <S/graph>
        <S/function/clean> p-plan:isSubPlanOfPlan <S> <S/graph>
        <S/function/clean> pk:firstLine "12"^^<integer> <S/graph>
        <S/function/clean> pk:lastLine "15"^^<integer> <S/graph>""",
        # cells
        """<S/cell/0> rdf:type repr:Cell <S/graph>
        <S/cell/0> rdfs:label "Load" <S/graph>
        <S/cell/0> pk:cellIndex "0"^^<integer> <S/graph>
        <S/cell/1> pk:cellKind "markdown" <S/graph>
        <S/cell/1> p-plan:isPrecededBy <S/cell/0> <S/graph>
        <S/cell/0> p-plan:hasInputVar <S/cell/0.source> <S/graph>
        <S/cell/0.source> rdf:type repr:Source <S/graph>
        <S/cell/0.source> p-plan:isVariableOfPlan <S> <S/graph>
        <S/step/1.0> p-plan:isStepOfPlan <S/cell/0> <S/graph>
        <S/cell/0> p-plan:isStepOfPlan <S> <S/graph>""",
        # steps
        """<S/step/2.0> rdf:type p-plan:MultiStep <S/graph>
        <S/step/2.0> p-plan:isPrecededBy <S/step/1.0> <S/graph>
        <S/step/2.6> p-plan:isStepOfPlan <S/step/2.0> <S/graph>
        <S/step/2.6> rdf:type repr:FunctionActivation <S/graph>
        <S/step/2.0> p-plan:hasInputVar <S/variable/c> <S/graph>
        <S/step/2.0> p-plan:hasOutputVar <S/variable/b> <S/graph>""",
        # output, settings, warnings
        """<T/output/stderr> prov:wasGeneratedBy <T> <T/graph>
        <T/output/stderr> rdfs:label "stderr" <T/graph>
        <T/output/stderr> prov:value "Traceback …" <T/graph>
        <T/output/stderr> schema:encodingFormat "text/plain" <T/graph>
        <T/output/stderr> pk:characterCount "4000"^^<integer> <T/graph>
        <T> repr:hasSetting <T/setting/cpu.count> <T/graph>
        <T/setting/cpu.count> rdf:type repr:Setting <T/graph>
        <T/setting/cpu.count> prov:value "8"^^<integer> <T/graph>
        <T> pk:warning "Couldn't hash '/dev/ttyS0': it is a device." <T/graph>""",
    ],
)
def test_fact_becomes_its_pattern(said, pattern):
    for statement in pattern.splitlines():
        assert statement.strip() in said


@pytest.mark.parametrize(
    ("never", "reason"),
    [
        ("<T/execution/2> prov:endedAtTime", "it did not end"),
        ("<T/value/b.2> prov:qualifiedDerivation", "data outweighs control"),
        ("<T/file/out.csv@2> prov:specializationOf", "nobody knows which bytes were read"),
        ("<T/file//dev/ttyS0> prov:specializationOf", "nobody could read them"),
        ("<T/execution/1> rdf:type repr:FunctionActivation", "that is the step"),
        ("<T> prov:used <T/setting/cpu.count>", "a circumstance, not read by the program"),
        ("<S> rdf:type repr:Script <S/graph>", "no fact of the text"),
        ("<S> rdf:type repr:Module", "it was run, not imported"),
    ],
)
def test_what_is_not_known_is_not_said(said, never, reason):
    assert not [statement for statement in said if statement.startswith(never)], reason


def test_file_that_changed_keeps_the_digest_that_was_found(said):
    assert f'<T/file/out.csv@2> schema:sha256 "{"d4" * 32}" <T/graph>' in said


def test_trial_without_end_has_none():
    said = _said(replace(full_trial(), ended_at=None, status="aborted", exit_status=None))
    assert "<T> pk:status pk:aborted <T/graph>" in said
    assert not [
        one for one in said if one.startswith(("<T> prov:endedAtTime", "<T> pk:exitStatus"))
    ]


def test_nobody_named_makes_the_tool_the_agent():
    said = _said(replace(full_trial(), agent=None))
    assert "<T/association> prov:agent <pkg:pypi/provkit@0.1.0> <T/graph>" in said
    assert "<T> prov:wasAssociatedWith <pkg:pypi/provkit@0.1.0> <T/graph>" in said


def test_module_with_the_script_s_own_text_is_one_plan():
    trial = full_trial()
    twin = replace(trial, modules=(("lib/tools.py", replace(trial.plan, kind="module")),))
    kept = tuple(of for of in twin.executions if of.plan == SCRIPT)
    said = _said(replace(twin, executions=kept))
    assert not [one for one in said if "repr:Module" in one]
    assert "<S> p-plan:isSubPlanOfPlan <S> <T/graph>" not in said


def test_roles_of_a_command_s_function_hang_on_its_text():
    said = _said(replace(full_trial(), script=None))
    assert "<T/usage/1.rows.0> prov:hadRole <S/function/clean/rows> <T/graph>" in said


def test_argument_of_an_unknown_callee_keeps_its_parameter():
    trial = full_trial()
    first = replace(trial.executions[0], called=None)
    said = _said(replace(trial, executions=(first, *trial.executions[1:])))
    assert "<T/usage/1.rows.0> prov:hadRole <parameter/rows> <T/graph>" in said


def test_callee_of_unknown_origin_is_described():
    trial = full_trial()
    first = replace(trial.executions[0], called=Implementation("mystery"))
    said = _said(replace(trial, executions=(first, *trial.executions[1:])))
    assert "<T/execution/1> pk:called <implementation/mystery> <T/graph>" in said
    assert '<implementation/mystery> rdfs:label "mystery" <shared>' in said


def test_entity_read_twice_is_used_once():
    statements = [" ".join(map(_local, quad)) for quad in quads_of(full_trial())]
    assert statements.count("<T/execution/1> prov:used <T/value/a.1> <T/graph>") == 1


def test_file_may_derive_from_a_setting_and_a_usage_from_an_output():
    trial = full_trial()
    argv, stderr = Reference("setting", "argv"), Reference("output", "stderr")
    written = replace(trial.files[2], derived_from=(Derivation(argv),))
    first = replace(trial.executions[0], usages=(Usage(stderr),))
    said = _said(
        replace(
            trial,
            files=(*trial.files[:2], written, *trial.files[3:]),
            executions=(first, *trial.executions[1:]),
        )
    )
    assert "<T/file/out.csv> prov:wasDerivedFrom <T/setting/argv> <T/graph>" in said
    assert "<T/execution/1> prov:used <T/output/stderr> <T/graph>" in said


def test_plan_with_nothing_in_it_is_a_plan():
    trial = full_trial()
    said = _said(
        replace(trial, plan=Plan("c3" * 32, "command", 0), executions=(), values=(), failed_in=None)
    )
    assert f"<plan/{'c3' * 32}> rdf:type p-plan:Plan <plan/{'c3' * 32}/graph>" in said


# ------------------------------------------------------------------ which terms


def _emitted():
    quads = [*quads_of(full_trial()), *quads_of(full_notebook())]
    for status in ("completed", "aborted"):
        quads += quads_of(replace(full_trial(), status=status))
    quads += annotation_quads(BASE, TRIAL_ID, name="a", tags=("b",), note="c")
    namespaces = tuple("<" + PREFIXES[prefix] for prefix in tabled_prefixes())
    terms = {one for _, p, o, _ in quads for one in (p, o) if one.startswith(namespaces)}
    return {short(one) for one in terms}


# Never emitted: a reasoner, and a reader of the ontology, finds the range of a property there.
ONLY_DECLARED = {"pk:Status", "pk:Dependence", "pk:Origin"}
# Emitted for PROV documents from elsewhere and never for a trial; tests/test_exchange.py has them.
OF_DOCUMENTS = {
    *("pk:ImportedDocument", "pk:Statement", "pk:EmptyBundle", "pk:prefixDeclaration"),
    *("pk:statementType", "pk:statementIdentifier", "pk:subject", "pk:object"),
    *("pk:assertedType", "pk:mentionedIn"),
}


def test_own_terms_are_declared_and_no_other_is():
    own = {name for name in _emitted() if name.startswith("pk:")}
    assert own | ONLY_DECLARED | OF_DOCUMENTS == set(declared_terms("pk"))


def test_profile_lists_the_published_terms_that_are_used():
    graph = Graph().parse(REPOSITORY / "ontologies" / "profile.ttl")
    query = "SELECT ?t { <https://w3id.org/provkit/profile> dcterms:references ?t }"
    listed = {short(f"<{row.t}>") for row in graph.query(query)}
    assert listed == {name for name in _emitted() if not name.startswith("pk:")}


@pytest.mark.parametrize("name", ["repr:wasUpdatedBy", "p-plan:isPreceededBy"])
def test_harmful_terms_are_not_emitted(name):
    assert name not in _emitted()
    assert term(name) not in {quad[1] for quad in quads_of(full_trial())}
