"""Terms, literals and the tables of what the vocabularies declare."""

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pyoxigraph
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from make_term_tables import OWN, REPOSITORY, own_table, tables
from rdflib import RDFS, Graph, URIRef
from shared_material import SHARED, needs_shared

from provkit.errors import UsageError
from provkit.vocabulary import (
    PREFIXES,
    TABLES,
    declared_terms,
    iri,
    literal,
    tabled_prefixes,
    term,
    undeclared,
)

XSD = "http://www.w3.org/2001/XMLSchema#"


def _read(value):
    """What pyoxigraph's store gives back for a term in the object position."""
    store = pyoxigraph.Store()
    store.load(f"<a:a> <a:b> {value} .".encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    (quad,) = store
    return quad.object


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, f'"true"^^<{XSD}boolean>'),
        (False, f'"false"^^<{XSD}boolean>'),
        (1, f'"1"^^<{XSD}integer>'),
        (-7, f'"-7"^^<{XSD}integer>'),
        (0.1, f'"0.1"^^<{XSD}double>'),
        (0.0, f'"0"^^<{XSD}double>'),
        (-0.0, f'"-0"^^<{XSD}double>'),
        (1e16, f'"10000000000000000"^^<{XSD}double>'),
        (1e-7, f'"0.0000001"^^<{XSD}double>'),
        (math.nan, f'"NaN"^^<{XSD}double>'),
        (math.inf, f'"INF"^^<{XSD}double>'),
        (-math.inf, f'"-INF"^^<{XSD}double>'),
        ("plain", '"plain"'),
        ('say "a\\b"\n', r'"say \"a\\b\"\n"'),
        ("\x1b[1m\u2028", r'"\u001B[1m\u2028"'),
        ("name-\udcff", '"name-\ufffd"'),
    ],
)
def test_literals_have_one_form(value, written):
    assert literal(value) == written


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (datetime(2026, 11, 20, 10, tzinfo=UTC), "2026-11-20T10:00:00Z"),
        (datetime(2026, 11, 20, 10, 0, 2, 250000, tzinfo=UTC), "2026-11-20T10:00:02.25Z"),
        (datetime(2026, 11, 20, 10, 0, 2, 999999, tzinfo=UTC), "2026-11-20T10:00:02.999Z"),
        (datetime(2026, 11, 20, 10, 0, 2, 400, tzinfo=UTC), "2026-11-20T10:00:02Z"),
        (datetime(2026, 11, 20, 10, 0, 20, 400, tzinfo=UTC), "2026-11-20T10:00:20Z"),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2025-12-31T23:00:00Z"),
    ],
)
def test_times_are_utc_and_cut_to_milliseconds(time, written):
    assert literal(time) == f'"{written}"^^<{XSD}dateTime>'


def test_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="'2026-01-01T00:00:00': it has no time zone"):
        literal(datetime(2026, 1, 1))  # noqa: DTZ001


def test_text_may_have_a_datatype_or_a_language():
    assert literal("1.5", datatype=term("xsd:decimal")) == f'"1.5"^^<{XSD}decimal>'
    assert literal("Größe", language="de") == '"Größe"@de'


def test_integer_too_long_for_str_is_written():
    assert literal(10**5000) == f'"1{"0" * 5000}"^^<{XSD}integer>'


@given(st.floats(allow_nan=False))
@example(562949953421312.25)
@example(-562949953421312.75)
@example(9007199254740993.0)
@example(2.0**-50)
def test_doubles_come_back_and_the_store_keeps_their_form(value):
    written = literal(value)
    assert float(written[1:].partition('"')[0].replace("INF", "inf")) == value
    assert str(_read(written)) == written


@given(
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)),  # noqa: DTZ001
    )
)
def test_store_keeps_the_form_of_other_scalars(value):
    assert str(_read(literal(value))) == literal(value)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_texts_come_back(text):
    assert _read(literal(text)).value == text


@given(st.text(st.characters()))
def test_any_text_stands_on_one_line(text):
    assert len(literal(text).splitlines()) == 1
    literal(text).encode()


@given(st.text(st.characters()))
def test_any_text_after_a_scheme_makes_a_valid_iri(text):
    pyoxigraph.NamedNode(iri("https://example.org/" + text)[1:-1])


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a?b=c#d",
        "http://[::1]:8000/x",
        "https://user@example.org:8080/%C3%A9/é/\U0001f600",
        "pkg:pypi/scikit-learn@1.7.2#sklearn.linear_model.Lasso/alpha",
        "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/",
    ],
)
def test_iri_that_is_one_stays(text):
    assert iri(text) == f"<{text}>"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("http://a/b c", "<http://a/b%20c>"),
        ("http://a/100%", "<http://a/100%25>"),
        ("http://a/[1]", "<http://a/%5B1%5D>"),
        ("http://a/#b#c", "<http://a/#b%23c>"),
        ("http://a/>.\n<http://evil/", "<http://a/%3E.%0A%3Chttp://evil/>"),
    ],
)
def test_iri_escapes_what_no_iri_holds(text, written):
    assert iri(text) == written


def test_term_with_unknown_prefix_is_refused():
    with pytest.raises(UsageError, match="'prv:used': its prefix is unknown; use one of prov, "):
        term("prv:used")


def test_importing_the_capture_side_loads_no_rdf_library():
    code = (
        "import sys, provkit.mapping; "
        "sys.exit(bool({'rdflib', 'pyoxigraph', 'prov'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


# ------------------------------------------------------------------ tables


def test_every_vocabulary_that_is_emitted_has_a_table():
    assert set(tabled_prefixes()) == {
        "prov",
        "p-plan",
        "repr",
        "mls",
        "provone",
        "schema",
        "pk",
        "pml",
    }


@needs_shared
def test_tables_say_what_the_published_files_say():
    for prefix, text in tables(SHARED / "ontologies").items():
        assert (TABLES / f"{prefix}.tsv").read_text(encoding="utf-8") == text, prefix


def test_table_of_own_terms_says_what_their_file_says():
    assert (TABLES / "pk.tsv").read_text(encoding="utf-8") == own_table()


def test_tables_hold_facts():
    used = declared_terms("prov")["prov:used"]
    assert (used.kind, used.domain, used.range) == (
        "property",
        ("prov:Activity",),
        ("prov:Entity",),
    )
    assert used.source == "w3c-ns/prov-o.ttl"
    assert declared_terms("repr")["repr:FunctionActivation"].parents == ("p-plan:Step",)
    assert declared_terms("xsd") == {}


def test_own_file_declares_only_own_terms_and_each_with_its_reason():
    graph = Graph().parse(OWN)
    subjects = set(graph.subjects(None, None))
    described = {str(subject) for subject in subjects if isinstance(subject, URIRef)}
    ontology = PREFIXES["pk"].removesuffix("#")
    assert described - {ontology} == {term(name)[1:-1] for name in declared_terms("pk")}
    query = """SELECT ?t WHERE { ?t rdfs:isDefinedBy ?o
        FILTER NOT EXISTS { ?t rdfs:label ?l ; rdfs:comment ?c ; rdfs:isDefinedBy ?o } }"""
    assert list(graph.query(query)) == []
    assert len(set(graph.subjects(RDFS.isDefinedBy))) == len(declared_terms("pk"))


def test_own_properties_have_domain_and_range():
    for declared in declared_terms("pk").values():
        if declared.kind == "property":
            assert declared.domain, declared.name
            assert declared.range, declared.name


@pytest.mark.parametrize(
    ("predicate", "value", "found"),
    [
        ("prov:used", "<a:b>", []),
        ("prov:wasUsedIn", "<a:b>", ["prov:wasUsedIn"]),
        ("p-plan:isPreceededBy", "<a:b>", ["p-plan:isPreceededBy"]),
        ("rdf:type", term("repr:Trial"), []),
        ("rdf:type", term("repr:Input"), ["repr:Input"]),
        # declared, but as something else
        ("rdf:type", term("prov:used"), ["prov:used"]),
        ("prov:Entity", "<a:b>", ["prov:Entity"]),
        ("pk:status", term("pk:completed"), []),
        ("pk:status", term("pk:succeeded"), ["pk:succeeded"]),
        ("repr:hasKernelName", '"python3"', ["repr:hasKernelName"]),
        ("rdfs:label", '"a"', []),
        ("dcterms:anything", term("owl:Anything"), []),
    ],
)
def test_undeclared_terms_are_found(predicate, value, found):
    quads = [("<a:a>", term(predicate), value, "<a:g>")] * 2
    assert undeclared(quads) == [term(name) for name in found]
