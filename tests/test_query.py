"""Questions are answered, everything else is refused in one sentence."""

import csv
import io
import json
import re
import socket
import subprocess
import sys
import time

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.trials_made_up import BASE, annotation_quads, quads_of, trial_id

from provkit.errors import BadInput, QueryTimeout, StoreError, UnknownTrial, UsageError
from provkit.query import FORMATS, QueryResult, ask, named_query, queries
from provkit.query.grammar import first_mistake
from provkit.query.named import read_query
from provkit.query.sparql import parameter_term, tokens, with_parameters
from provkit.store import LocalStore
from provkit.store.terms import parts
from provkit.vocabulary import PREFIXES

RDF_XML = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="x:">
<rdf:Description rdf:about="x:a"><x:b rdf:resource="x:c"/></rdf:Description></rdf:RDF>"""
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three trials of one plan, a fourth of another, the first failed, the second named."""
    store = LocalStore.create(tmp_path_factory.mktemp("asked") / ".provkit", base_iri=BASE)
    for number in range(4):
        quads = quads_of(
            number,
            values=20,
            plan=("b" if number == 3 else "a") * 64,
            status="completed" if number else "failed",
        )
        store.seal(trial_id(number), quads)
    store.annotate(trial_id(1), annotation_quads(1, named="best", tags=("a",)))
    return store


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.ttl"
    path.write_text("@prefix x: <x:> . x:a x:b 1, 'one'@en, 'say \"|\"\\t\\nso', x:c, _:b, 0.5e0 .")
    return path


def bare(result):
    return [tuple(term and parts(term).text for term in row) for row in result.rows]


# ------------------------------------------------------------ what is asked


def test_the_default_graph_is_the_union_of_all(store):
    result = ask(
        store,
        "SELECT ?trial ?package { ?trial a repr:Trial ; prov:used/rdfs:label ?package "
        "FILTER(CONTAINS(?package, 'package7 ')) }",
    )
    assert len(result) == 4
    assert ask(store, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }").rows != ()


@pytest.mark.parametrize(
    ("sparql", "kind"),
    [
        ("SELECT ?s { ?s ?p ?o } LIMIT 1", "select"),
        ("ASK { ?s a repr:Trial }", "ask"),
        ("CONSTRUCT { ?s a repr:Trial } WHERE { ?s a repr:Trial }", "graph"),
        (f"DESCRIBE <{BASE}trial/{trial_id(0)}>", "graph"),
    ],
)
@pytest.mark.parametrize("timeout", [None, 60])
def test_every_kind_of_question_is_answered_here_and_in_a_child(store, sparql, kind, timeout):
    result = ask(store, sparql, timeout=timeout)
    assert result.kind == kind
    assert len(result) >= 1
    assert result == ask(store, sparql)


def test_a_prefix_that_the_query_declares_wins(store):
    assert not ask(store, "PREFIX repr: <x:> ASK { ?s a repr:Trial }").answer


def test_from_is_heeded(store):
    """With the union switched on, the engine ignores FROM."""
    graph = f"{BASE}trial/{trial_id(2)}/graph"
    [row] = ask(store, f"SELECT ?s FROM <{graph}> {{ ?s a repr:Trial }}").rows
    assert trial_id(2) in row[0]
    assert len(ask(store, "SELECT ?from { ?from a repr:Trial }")) == 4


def test_a_constructed_triple_comes_once(store):
    result = ask(store, "CONSTRUCT { prov:a prov:b prov:c } WHERE { ?s a repr:Trial }")
    assert len(result) == 1


# ------------------------------------------------------------ one trial


@pytest.mark.parametrize("memory", [0, 10**9], ids=["from the index", "from its segment"])
def test_one_trial_is_its_graph_its_plan_what_it_shares_and_what_is_said(
    store, memory, monkeypatch
):
    monkeypatch.setattr("provkit.store.local._IN_MEMORY_BYTES", memory)
    found = ask(store, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", trial="best")
    trial = f"{BASE}trial/{trial_id(1)}"
    assert {row[0] for row in bare(found)} == {
        f"{trial}/graph",
        f"{trial}/annotations",
        f"{BASE}plan/{'a' * 64}/graph",
        f"{BASE}shared",
    }
    assert bare(ask(store, "SELECT ?t { ?t a repr:Trial }", trial="best")) == [(trial,)]
    assert bare(ask(store, "SELECT ?n { ?t pk:name ?n }", trial="best")) == [("best",)]
    other = f"{BASE}trial/{trial_id(2)}/graph"
    assert not ask(store, f"ASK FROM <{other}> {{ <{other}> ?p ?o }}", trial="best").answer


def test_an_unknown_trial_is_a_usage_error(store):
    for timeout in (None, 60):
        with pytest.raises(UnknownTrial, match="'nobody'"):
            ask(store, "ASK {}", trial="nobody", timeout=timeout)


def test_a_damaged_trial_is_named_with_the_answer(tmp_path):
    store = LocalStore.create(tmp_path / ".provkit", base_iri=BASE)
    for number in range(2):
        path = store.seal(trial_id(number), quads_of(number, values=2))
    path.write_bytes(b"damaged")
    for timeout in (None, 60):
        result = ask(store, "SELECT ?t { ?t a repr:Trial }", timeout=timeout)
        assert len(result) == 1
        assert trial_id(1) in result.warnings[0]
        with pytest.raises(StoreError, match="Couldn't read the segment"):
            ask(store, "ASK {}", trial=trial_id(1), timeout=timeout)


# ------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ttl", "<x:a> <x:b> <x:c> ."),
        ("a.nt", "<x:a> <x:b> <x:c> ."),
        ("a.nq", "<x:a> <x:b> <x:c> <x:g> ."),
        ("a.trig", "<x:g> { <x:a> <x:b> <x:c> }"),
        ("a.jsonld", '{"@id": "x:a", "x:b": {"@id": "x:c"}}'),
        (
            "a.rdf",
            RDF_XML,
        ),
        ("turtle-without-suffix", "<x:a> <x:b> <x:c> ."),
        ("json-without-suffix", '{"@id": "x:a", "x:b": {"@id": "x:c"}}'),
    ],
)
def test_a_file_is_asked_instead_of_the_store(store, tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    for asked in (store, None):
        assert bare(ask(asked, "SELECT * { ?s ?p ?o }", data=[path])) == [
            ("x:c", "x:b", "x:a")
        ] or (
            bare(ask(asked, "SELECT ?s ?p ?o { ?s ?p ?o }", data=[path])) == [("x:a", "x:b", "x:c")]
        )


def test_several_files_are_asked_together(data, tmp_path):
    other = tmp_path / "other.nt"
    other.write_text("<x:c> <x:d> <x:e> .")
    assert ask(None, "ASK { <x:a> <x:b>/<x:d> <x:e> }", data=[data, other]).answer


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.ttl", None, "no such file"),
        ("bad.ttl", "<x:a> <x:b>", "bad.ttl"),
        ("folder.ttl", "", "directory"),
    ],
)
def test_a_bad_file_is_named(tmp_path, name, content, said):
    path = tmp_path / name
    if content == "":
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    with pytest.raises(BadInput, match=said):
        ask(None, "ASK {}", data=[path])


def test_nothing_to_ask_is_said():
    with pytest.raises(StoreError, match="nothing to ask"):
        ask(None, "ASK {}")


# ------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <x:a> <x:b> <x:c> }",
        "# a comment\nPREFIX select: <x:>\nDELETE WHERE { ?s ?p ?o }",
        "LOAD <http://example.org/>",
        "clear all",
        "DROP GRAPH <x:g>",
        "CREATE GRAPH <x:g>",
        "COPY <x:a> TO <x:b>",
        "MOVE <x:a> TO <x:b>",
        "ADD <x:a> TO <x:b>",
        "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_updates_are_refused_with_the_reason(store, update):
    with pytest.raises(BadInput, match="truth is its sealed files"):
        ask(store, update)


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.3)
        yield server


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE <{url}> {{ ?s ?p ?o }}",
        "service silent <{url}> {{ ?s ?p ?o }}",
        "BIND(1 AS ?x)SERVICE<{url}>{{ ?s ?p ?o }}",
        "?s ?p 1SERVICE<{url}>{{ ?s ?p ?o }}",
        "?s ?p trueSERVICE<{url}>{{ ?s ?p ?o }}",
        "SERVICE:x {{ ?s ?p ?o }}",
        "?s ?p true SERVICE:x {{ ?s ?p ?o }}",
        "?s ?p 'a'SERVICE?url {{ ?s ?p ?o }} VALUES ?url {{ <{url}> }}",
        '?s ?p "#" . # " \n SERVICE <{url}> {{ ?s ?p ?o }}',
        "?s ?p '''a'b''' SERVICE <{url}> {{ ?s ?p ?o }}",
        "{{ SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }}",
        "FILTER EXISTS {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
        "FILTER(?a<?b) SERVICE <{url}> {{ ?s ?p ?o }}",
        r"\u0053ERVICE <{url}> {{ ?s ?p ?o }}",
        "?s <x:a> ?o.SERVICE<{url}>{{ ?s ?p ?o }}",
    ],
)
def test_no_query_reaches_the_network(data, listener, pattern):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    sparql = f"PREFIX : <{url}> SELECT * {{ " + pattern.format(url=url) + " }"
    with pytest.raises(BadInput):
        ask(None, sparql, data=[data])
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize(
    "harmless",
    [
        "ASK { ?s ?p 'SERVICE <http://example.org/> {}' }",
        "ASK { ?service ?p ?o } # SERVICE",
        "ASK { ?s <http://example.org/SERVICE> prov:service }",
        "ASK { ?s ?p 'insert'@en }",
        "ASK { ?insert ?p _:service }",
    ],
)
def test_words_in_strings_names_and_comments_are_harmless(data, harmless):
    assert ask(None, harmless, data=[data]).kind == "ask"


# ------------------------------------------------------------ malformed


@pytest.mark.parametrize(
    ("sparql", "said"),
    [
        ("", "1:1: expected 'ASK', 'BASE', 'CONSTRUCT', 'DESCRIBE', 'PREFIX' or 'SELECT'"),
        ("SELEC * {", "1:1: .* but found 'SELEC'"),
        ("SELECT * WHERE { ?s ?p }", "1:24: .* a variable.* but found '}'"),
        ("SELECT ?x { ?s ?p ?o\n FILTER(?o = ) }", "2:14: .* but found '\\)'"),
        ("SELECT ?x\nWHERE {\n ?x a prov:Entity .\n", "4:1: expected '}'.* but the query ends"),
        ("SELECT ?x WHERE {\n ?x a 'abc .\n}", "2:7: "),
        ("ASK { ?x a prov:Entity ;\n OPTIONAL ?x a ?l }", "2:11: expected '{', but found '\\?x'"),
        ("ASK { ?s foo:bar ?o }", "1:10: the prefix 'foo:' is not declared"),
        ("SELECT * { ?s ?p <relative> }", "1:18: <relative> is not an absolute IRI"),
        ("SELECT ?x { ?x ?p ?o } ORDER ?x", "1:30: expected 'BY'"),
        ("SELECT ?x { ?x ?p ?o } LIMIT x", "1:30: expected a number, but found 'x'"),
        ("ASK { ?x ?p ?o } garbage", "1:18: .* but found 'garbage'"),
        (
            "SELECT (COUNT(?s) AS ?c) ?p { ?s ?p ?o }",
            "1:1: SELECT names .* neither in GROUP BY nor in an aggregate",
        ),
    ],
)
def test_a_malformed_query_is_answered_by_place_and_expectation(data, sparql, said):
    with pytest.raises(
        BadInput, match=rf"^file\.rq:.*{said}" if said[0] == "n" else rf"^file\.rq:{said}"
    ):
        ask(None, sparql, data=[data], origin="file.rq")


GOOD = [
    """SELECT (COUNT(DISTINCT ?s) AS ?n) (GROUP_CONCAT(?p; SEPARATOR=', ') AS ?all) { ?s ?p ?o }
    GROUP BY ?s HAVING (COUNT(*) > 1) ORDER BY DESC(?n) ?s LIMIT 5 OFFSET 0""",
    "SELECT * { { ?s ?p ?o } UNION { ?s (^prov:used/prov:wasGeneratedBy|!(a|^prov:used))+ ?o } }",
    'ASK { ?s ?p [ a ?t ; prov:used ( 1 2.5 -3e4 \'x\'@en """y"""^^xsd:string true ) ] . }',
    "SELECT ?x { VALUES (?x ?y) { (1 UNDEF) (prov:a 'b') } FILTER NOT EXISTS { ?x ?p ?y } }",
    "SELECT ?x { ?x ?p ?o MINUS { ?x a ?t } OPTIONAL { ?x ?q ?r FILTER(?r IN (1, 2)) } . }",
    """PREFIX x: <x:> BASE <http://b/> SELECT * FROM NAMED <g>
    { GRAPH ?g { ?s x:p.q <c>, ?o ; a ?t } }""",
    "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1",
    "CONSTRUCT { ?s ?p _:b } { { SELECT ?s (MAX(?o) AS ?m) { ?s ?p ?o } GROUP BY ?s } ?s ?p ?m }",
    "DESCRIBE ?s prov:used WHERE { ?s ?p ?o }",
    "SELECT (IF(BOUND(?o) && !(?o < 3 || ?o >= 4), STR(?o), xsd:string(?p)) AS ?v) { ?s ?p ?o }",
    "SELECT ?s { ?s ?p ?o BIND(?o * 2 - 1 / 4 AS ?z) } VALUES ?s { prov:a }",
    *(query.text for query in queries()),
]


@pytest.mark.parametrize("sparql", GOOD)
def test_the_grammar_takes_what_the_engine_takes(sparql):
    pyoxigraph.Store().query(sparql, prefixes=PREFIXES)
    assert first_mistake(sparql) is None


@pytest.mark.parametrize("sparql", GOOD)
def test_a_cut_query_gets_a_place(data, sparql):
    """Every prefix of a good query is either one itself or a mistake with a place."""
    places = []
    for end in range(0, len(sparql), 7):
        try:
            ask(None, sparql[:end], data=[data])
        except BadInput as error:
            places.append(re.match(r"query:\d+:\d+: ", str(error)))
    assert all(places)


# ------------------------------------------------------------ time


@pytest.mark.parametrize("trial", [None, "last"])
def test_a_runaway_query_is_stopped_and_the_store_stays_sound(store, trial):
    start = time.monotonic()
    with pytest.raises(QueryTimeout, match=r"after 0\.7 s"):
        ask(store, ENDLESS, trial=trial, timeout=0.7)
    assert time.monotonic() - start < 5
    with store.index(wait_seconds=0) as database:
        assert len(list(database.named_graphs())) == 8
    assert store.warnings == []


def test_the_child_is_not_led_astray_by_the_folder_it_starts_in(store, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('wrong json')")
    monkeypatch.chdir(tmp_path)
    assert ask(store, "ASK { ?s ?p ?o }", timeout=60).answer


def test_errors_in_the_child_are_the_same(store):
    with pytest.raises(BadInput, match=r"query:1:7: expected '\}'"):
        ask(store, "ASK { ", timeout=60)


# ------------------------------------------------------------ formats

ALL_TERMS = "SELECT ?o ?none { ?s ?p ?o } ORDER BY STR(?o)"


def test_json_is_sparql_results_json(data):
    result = ask(None, ALL_TERMS, data=[data])
    written = json.loads(result.to_format("json"))
    assert written["head"] == {"vars": ["o", "none"]}
    found = [binding["o"] for binding in written["results"]["bindings"]]
    assert {"type": "uri", "value": "x:c"} in found
    assert {"type": "literal", "value": "one", "xml:lang": "en"} in found
    assert {"type": "literal", "value": 'say "|"\t\nso'} in found
    assert {
        "type": "literal",
        "value": "1",
        "datatype": "http://www.w3.org/2001/XMLSchema#integer",
    } in found
    assert all("none" not in binding for binding in written["results"]["bindings"])
    assert json.loads(ask(None, "ASK {}", data=[data]).to_format("json"))["boolean"] is True


@pytest.mark.parametrize("name", ["json", "tsv"])
def test_json_and_tsv_lose_nothing(data, name):
    result = ask(None, ALL_TERMS, data=[data])
    format_ = {"json": pyoxigraph.QueryResultsFormat.JSON, "tsv": pyoxigraph.QueryResultsFormat.TSV}
    read = pyoxigraph.parse_query_results(result.to_format(name), format=format_[name])
    rows = [tuple(term and str(term) for term in solution) for solution in read]
    assert [row[0] for row in rows if "_:" not in row[0]] == [
        row[0] for row in result.rows if "_:" not in row[0]
    ]


def test_csv_is_what_spreadsheets_read(data):
    text = ask(None, ALL_TERMS, data=[data]).to_format("csv")
    assert text.startswith("o,none\r\n")
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert {"1", "one", 'say "|"\t\nso', "x:c"} <= set(cells)


def test_tables_are_short_and_one_line_a_row(store):
    result = ask(
        store,
        "SELECT ?kind (COUNT(?s) AS ?n) { ?s a ?kind FILTER(?kind = repr:Trial) } GROUP BY ?kind",
    )
    assert result.table() == (("kind", "n"), [("repr:Trial", "4")])
    assert result.to_format("table") == "kind        n\n----------  -\nrepr:Trial  4\n"
    assert result.to_format("md") == "| kind | n |\n| --- | --- |\n| repr:Trial | 4 |\n"
    assert ask(store, "ASK {}").to_format("table") == "yes\n"


def test_cells_cannot_break_out_of_a_table(data):
    result = ask(None, ALL_TERMS, data=[data])
    assert len(result.to_format("table").splitlines()) == len(result) + 2
    for line in result.to_format("md").splitlines():
        assert line.replace("\\|", "").count("|") == 3


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize("name", [name for name in FORMATS["graph"] if name not in {"table", "md"}])
def test_a_graph_reads_back_equal(store, name):
    import rdflib
    from rdflib.compare import isomorphic

    result = ask(store, f"DESCRIBE <{BASE}trial/{trial_id(0)}>")
    names = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
    read = rdflib.Graph().parse(data=result.to_format(name), format=names[name])
    assert len(read) == len(result)
    assert isomorphic(read, rdflib.Graph().parse(data=result.to_format("nt"), format="nt"))


def test_turtle_uses_the_usual_prefixes_and_no_others(store):
    text = ask(store, "CONSTRUCT { ?t a repr:Trial } WHERE { ?t a repr:Trial }").to_format("ttl")
    assert "repr:Trial" in text
    assert "mls:" not in text


@pytest.mark.parametrize(
    ("sparql", "name", "said"),
    [
        ("SELECT ?s {}", "ttl", r"a table \(SELECT\) as 'ttl': that format is for a graph"),
        ("DESCRIBE <x:a>", "csv", r"a graph \(CONSTRUCT, DESCRIBE\) as 'csv'.* ttl"),
        ("ASK {}", "tsv", r"yes or no \(ASK\)"),
        ("ASK {}", "xlsx", "No format is called 'xlsx'; here it can be table, json"),
    ],
)
def test_a_format_that_does_not_fit_is_a_usage_error(data, sparql, name, said):
    with pytest.raises(UsageError, match=said):
        ask(None, sparql, data=[data]).to_format(name)


@pytest.mark.parametrize("name", list(FORMATS["select"]))
def test_an_empty_answer_has_every_format(name):
    assert QueryResult("select", ("a",)).to_format(name)


# ------------------------------------------------------------ named queries

VALUES = {"name": "model.joblib", "path": "houses.csv"}
ROWS = {
    "derived-from-file": 4 * 21,
    "executions": 4 * 20,
    "failures": 1,
    "files-read": 8,
    "files-written": 4,
    "lineage": 4 * 21,
    "packages": 40,
    "same-bytes": 1,
    "trials": 4,
}


def test_every_named_query_describes_itself():
    assert {query.name for query in queries()} == ROWS.keys()
    for query in queries():
        assert query.description.endswith(".")
        assert all(query.parameters.values())


@pytest.mark.parametrize("name", ROWS)
def test_a_named_query_finds_what_it_says(store, name):
    query = named_query(name)
    values = {parameter: VALUES[parameter] for parameter in query.parameters}
    assert len(ask(store, query.bound(values))) == ROWS[name]


def test_failures_are_those_that_did_not_complete(store):
    [row] = bare(ask(store, named_query("failures").text))
    assert trial_id(0) in row[0]


def test_parameters_are_asked_for_and_checked():
    with pytest.raises(UsageError, match=r"needs a value for name \(Label"):
        named_query("lineage").bound({})
    with pytest.raises(UsageError, match="no parameter 'nmae'; it has name"):
        named_query("lineage").bound({"name": "a", "nmae": "b"})
    with pytest.raises(UsageError, match="No query is called 'linage'"):
        named_query("linage")
    with pytest.raises(BadInput, match="not an absolute IRI"):
        named_query("lineage").bound({"name": "<x> } #>"})


def test_a_file_declares_its_parameters(tmp_path):
    path = tmp_path / "mine.rq"
    path.write_text(
        "# What it does,\n# in two lines.\n# @param who The person.\nASK { ?s ?p $who }"
    )
    query = read_query(path)
    assert (query.description, query.parameters) == (
        "What it does, in two lines.",
        {"who": "The person."},
    )
    assert query.bound({"who": "<x:a>"}).endswith("ASK { ?s ?p <x:a> }")


@given(st.text())
def test_no_value_of_a_parameter_says_more_than_itself(value):
    """Whatever it holds, it is one term: the very text, unless it is written as an IRI."""
    try:
        term = parameter_term(value)
    except BadInput:
        return
    database = pyoxigraph.Store()
    try:
        bound = with_parameters("SELECT ($it AS ?x) { }", {"it": term})
        [row] = database.query(bound)
    except UnicodeEncodeError:
        return  # half a surrogate pair is no text to any engine
    found = row["x"].value
    assert found == (value[1:-1] if term.startswith("<") else value)


@given(st.text(alphabet="?$x'\"\\#<>{}.: \na@_1"))
def test_splitting_a_query_loses_nothing(text):
    assert "".join(token.text for token in tokens(text)) == text


def test_parameters_in_strings_and_comments_stay(data):
    text = "ASK { ?s ?p '$who' } # $who"
    assert with_parameters(text, {"who": "<x:a>"}) == text


def test_the_child_runs_as_a_module(data):
    question = {
        "store": None,
        "sparql": "ASK {}",
        "trial": None,
        "data": [str(data)],
        "origin": "q",
    }
    done = subprocess.run(
        [sys.executable, "-m", "provkit.query.child"],
        input=json.dumps(question).encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["answer"] is True
