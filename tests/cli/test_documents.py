"""PROV documents on the command line: imported, converted, checked, normalised and compared."""

import csv
import gzip
import io
import json

import pytest
from stored_example import EXAMPLE

from provkit.export import FORMATS
from provkit.prov_document import read_document

HEAD = "document\n prefix ex <http://example.org/>\n"
RICH = (
    HEAD
    + """ entity(ex:e, [ex:n=3])
 entity(ex:e2)
 activity(ex:a)
 agent(ex:ag)
 wasGeneratedBy(ex:g; ex:e, ex:a, 2020-01-02T00:00:00Z)
 used(ex:a, ex:e2, -)
 wasAssociatedWith(ex:a, ex:ag, -)
 wasDerivedFrom(ex:e, ex:e2)
 mentionOf(ex:e, ex:e2, ex:b)
 bundle ex:b
  entity(ex:e2)
 endBundle
 bundle ex:empty
 endBundle
endDocument
"""
)
CYCLE = (
    HEAD
    + """ entity(ex:e1)
 entity(ex:e2)
 wasDerivedFrom(ex:e1, ex:e2)
 wasDerivedFrom(ex:e2, ex:e1)
endDocument
"""
)
ASKED = "SELECT ?e { ?e a prov:Entity ; prov:wasGeneratedBy ?a }"


@pytest.fixture
def document(project):
    """A project's folder with a document in it."""
    (project / "d.provn").write_text(RICH)
    return project


# ------------------------------------------------------------------ import


@pytest.mark.parametrize(
    "format", [f for f in FORMATS if f not in ("turtle", "ntriples", "rdf-xml")]
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_document_is_the_same_import_from_every_format(document, provkit, format, packed):
    first = provkit("import", "d.provn").out
    content = provkit("convert", "d.provn", "-", "-f", format).out.encode()
    (document / "other").write_bytes(gzip.compress(content) if packed else content)
    files = sorted((document / ".provkit" / "trials").iterdir())
    said = provkit("import", "other")

    assert (said.status, said.out) == (0, first)
    assert "is there already; nothing was added" in said.err
    assert sorted((document / ".provkit" / "trials").iterdir()) == files


@pytest.mark.parametrize("format", ["turtle", "ntriples", "rdf-xml"])
def test_a_document_without_bundles_is_the_same_import_from_one_graph(document, provkit, format):
    (document / "c.provn").write_text(CYCLE)
    first = provkit("import", "c.provn").out
    provkit("convert", "c.provn", "other", "-f", format)

    assert provkit("import", "other").out == first


@pytest.mark.parametrize("format", FORMATS)
def test_an_import_is_exported_as_the_document_that_it_was(document, provkit, format):
    provkit("import", "d.provn")
    provkit("tag", "d.provn", "published")
    provkit("rename", "d.provn", "theirs")
    said = provkit("export", "theirs", "-f", format)

    assert said.status == 0
    if format not in ("turtle", "ntriples", "rdf-xml"):
        assert read_document(said.out.encode()) == read_document(RICH.encode())


def test_an_import_is_listed_shown_asked_and_removed_like_a_trial(document, provkit):
    import_id = provkit("import", "d.provn").out.strip()
    (row,) = json.loads(provkit("trials", "--status", "imported", "-f", "json").out)
    shown = provkit("show", "d.provn").out

    assert (row["id"], row["name"], row["status"]) == (import_id[:8], "d.provn", "imported")
    assert "2 entities, 1 activity, 1 agent, 5 relations" in shown
    assert "bundles    2" in shown
    assert "http://example.org/b" in shown
    rows = list(
        csv.DictReader(io.StringIO(provkit("query", ASKED, "--trial", "d.provn", "-f", "csv").out))
    )
    assert rows == [{"e": "http://example.org/e"}]
    assert "http://example.org/e\n" in provkit("query", ASKED, "-f", "csv").out.replace("\r", "")
    assert provkit("rm", "d.provn", "-y").status == 0
    assert "http://example.org/e\n" not in provkit("query", ASKED, "-f", "csv").out.replace(
        "\r", ""
    )
    assert provkit("show", "d.provn").status == 2


def test_show_in_json_counts_each_part(document, provkit):
    provkit("import", "d.provn")
    top, bundle, empty = json.loads(provkit("show", "d.provn", "-f", "json").out)["parts"]

    assert (top["entities"], top["activities"], top["agents"]) == (2, 1, 1)
    assert top["relations"] == {
        "mentionOf": 1, "used": 1, "wasAssociatedWith": 1, "wasDerivedFrom": 1, "wasGeneratedBy": 1,
    }  # fmt: skip
    assert (bundle["bundle"], bundle["entities"]) == ("http://example.org/b", 1)
    assert (empty["bundle"], empty["entities"]) == ("http://example.org/empty", 0)


def test_the_list_of_trials_is_rebuilt_from_the_segment(document, provkit):
    provkit("import", "d.provn")
    before = provkit("trials", "-f", "json").out
    (document / ".provkit" / "catalog.jsonl").unlink()

    assert provkit("trials", "-f", "json").out == before


def test_a_name_that_is_taken_is_not_taken_away(document, provkit):
    provkit("rename", "3f9a", "d.provn")
    import_id = provkit("import", "d.provn").out.strip()

    assert json.loads(provkit("show", import_id, "-f", "json").out)["name"] is None
    assert json.loads(provkit("show", "d.provn", "-f", "json").out)["id"] == EXAMPLE


def test_what_is_said_of_an_import_goes_along_to_another_store(document, provkit):
    import_id = provkit("import", "d.provn").out
    provkit("tag", "d.provn", "paper")
    provkit("note", "d.provn", "as published")
    provkit("export", "d.provn", "3f9a", "-o", "both.trig")
    provkit("init", "elsewhere")
    there = ("--store", "elsewhere/.provkit")
    said = provkit("import", "both.trig", *there)

    assert said.out.split() == [EXAMPLE, import_id.strip()]
    shown = json.loads(provkit("show", import_id.strip(), "-f", "json", *there).out)
    assert (shown["name"], shown["tags"], shown["note"]) == ("d.provn", ["paper"], "as published")


def test_an_import_is_found_by_its_whole_digest_and_its_iri(document, provkit):
    import_id = provkit("import", "d.provn").out.strip()
    iri = json.loads(provkit("show", import_id[:6], "-f", "json").out)["iri"]

    for name in (iri, iri.rpartition("/")[2]):
        assert json.loads(provkit("show", name, "-f", "json").out)["id"] == import_id


def test_documents_of_bundles_alone_and_of_nothing_are_kept(document, provkit):
    (document / "b.provn").write_text(
        HEAD + " bundle ex:b\n entity(ex:x)\n endBundle\nendDocument\n"
    )
    (document / "n.provn").write_text(HEAD + "endDocument\n")
    assert provkit("import", "b.provn", "n.provn").status == 0

    for _ in range(2):
        assert "ex:x" in provkit("export", "b.provn", "-f", "prov-n").out
        assert (
            "example.org/x"
            in provkit("query", "SELECT ?e { ?e a prov:Entity }", "--trial", "b.provn").out
        )
    assert "bundles    0" in provkit("show", "n.provn").out


def test_two_imports_that_share_a_bundle_are_removed_apart(document, provkit):
    bundle = " bundle ex:b\n entity(ex:x)\n endBundle\nendDocument\n"
    (document / "one.provn").write_text(HEAD + " entity(ex:one)\n" + bundle)
    (document / "two.provn").write_text(HEAD + " entity(ex:two)\n" + bundle)
    provkit("import", "one.provn", "two.provn")
    asked = (
        "query",
        "ASK { GRAPH <http://example.org/b> { <http://example.org/x> a prov:Entity } }",
    )
    assert provkit(*asked).status == 0
    provkit("rm", "one.provn", "-y")

    assert "true" in provkit(*asked, "-f", "json").out
    provkit("rm", "two.provn", "-y")
    assert "false" in provkit(*asked, "-f", "json").out


def test_an_import_is_held_against_the_shapes_for_any_prov(document, provkit):
    provkit("import", "d.provn")
    said = provkit("validate", "d.provn", "-f", "json")
    (report,) = json.loads(said.out)["reports"]

    assert (said.status, report["profile"], report["conforms"]) == (0, "prov", True)
    assert report["checked"] > 0


def test_an_import_whose_file_is_gone_is_checked_by_its_name(document, provkit):
    provkit("import", "d.provn")
    (document / "d.provn").rename(document / "e.provn")

    assert provkit("validate", "d.provn").status == 0
    assert provkit("validate", "--constraints", "d.provn").status == 0
    assert provkit("equivalent", "d.provn", "e.provn").status == 0
    assert "ex:g" in provkit("convert", "d.provn", "-", "-f", "prov-n").out
    assert "ex:g" in provkit("normalize", "d.provn").out


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    "command",
    [
        ("import",),
        ("convert", "-f", "turtle"),
        ("normalize",),
        ("equivalent", "d.provn"),
        ("validate", "--constraints"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEAD + " entity(ex:a,\nendDocument\n", "line 4"),
        (HEAD + ' hadDictionaryMember(ex:d, ex:e, "k")\nendDocument\n', "PROV-Dictionary"),
        ('{"prefix": {}, "entity": {"a": }}', "line 1"),
        ("<prov:document xmlns:prov='http://www.w3.org/ns/prov#'><prov:e></prov:document>", "line 1, column"),
        ("<http://a/a> <http://a/b> .", "line 1"),
        ("", "it is empty"),
    ],
    ids=["prov-n", "dictionary", "json", "xml", "turtle", "empty"],
)  # fmt: skip
def test_bad_input_is_told_in_one_line_with_its_place(document, provkit, command, content, said):
    (document / "bad").write_text(content)
    result = provkit(*command, "./bad")

    assert (result.status, result.out) == (3, "")
    assert result.err.count("\n") == 1
    assert "bad'" in result.err
    assert said in result.err
    assert "Traceback" not in result.err


# ------------------------------------------------------------------ convert, normalize, equivalent


def test_convert_reads_and_writes_the_streams(document, provkit_process):
    done = provkit_process("convert", "-", "-", "-f", "prov-json", input=RICH)

    assert done.returncode == 0, done.stderr
    assert read_document(done.stdout.encode()) == read_document(RICH.encode())
    assert provkit_process("import", "-", input=RICH).returncode == 0


def test_convert_without_a_format_asks_for_one(document, provkit):
    assert provkit("convert", "d.provn").status == 2
    assert provkit("convert", "d.provn", "out.unknown").status == 2
    assert provkit("convert", "3f9a", "-f", "trig", "--from", "turtle").status == 2


@pytest.mark.parametrize(
    "suffix", ["ttl", "trig", "nq", "nt", "rdf", "jsonld", "json", "provn", "provx"]
)
def test_convert_goes_by_the_suffix_for_documents_and_trials(document, provkit, suffix):
    for source in ("d.provn", "3f9a"):
        assert provkit("convert", source, f"out.{suffix}").status == 0
        assert (document / f"out.{suffix}").stat().st_size > 0


def test_trials_are_normalised_and_compared(document, provkit):
    provkit("export", "3f9a", "-f", "nquads", "-o", "t.nq")
    assert provkit("normalize", "3f9a", "-f", "prov-json", "-o", "n.json").status == 0

    assert provkit("equivalent", "3f9a", "t.nq").status == 0
    assert provkit("equivalent", "3f9a", "n.json").status == 0
    assert provkit("equivalent", "3f9a", "broken").status == 1
    assert provkit("equivalent", "3f9a", "nothing").status == 2


# ------------------------------------------------------------------ validate --constraints


def test_a_violation_is_told_with_number_statements_cycle_and_link(document, provkit):
    (document / "c.provn").write_text(CYCLE)
    said = provkit("validate", "--constraints", "c.provn")

    assert said.status == 1
    assert "Constraint 42 (derivation-generation-generation-ordering)" in said.out
    assert "wasDerivedFrom(ex:e1, ex:e2" in said.out
    assert said.out.count("strictly precedes") == 2
    assert "https://www.w3.org/TR/2013/REC-prov-constraints-20130430/#derivation" in said.out
    assert "c.provn is not valid: 1 violation" in said.err


def test_json_of_several_targets_has_a_report_for_each(document, provkit):
    (document / "c.provn").write_text(CYCLE)
    said = provkit("validate", "--constraints", "c.provn", "d.provn", "3f9a", "-f", "json")
    found = json.loads(said.out)

    assert (said.status, found["valid"]) == (1, False)
    assert [(r["target"], r["valid"]) for r in found["reports"]] == [
        ("c.provn", False), ("d.provn", True), ("3f9a", True),
    ]  # fmt: skip
    (violation,) = found["reports"][0]["violations"]
    assert violation["constraint"] == 42
    assert violation["link"].endswith("#derivation-generation-generation-ordering")
    assert violation["cycle"][0]["earlier"] == violation["cycle"][-1]["later"]


@pytest.mark.parametrize("format", ["table", "csv", "tsv", "md"])
def test_violations_as_tables(document, provkit, format):
    (document / "c.provn").write_text(CYCLE)
    said = provkit("validate", "--constraints", "c.provn", "d.provn", "-f", format)

    assert said.status == 1
    assert "c.provn" in said.out
    assert "42" in said.out


def test_shapes_beside_constraints_are_refused(document, provkit):
    assert provkit("validate", "--constraints", "d.provn", "--profile", "prov").status == 2
