"""`why` and `slice` as a person uses them, and the names and options of `lineage`."""

import json

import pytest
from programs import run_program
from pyoxigraph import RdfFormat, parse

from provkit.mapping import quads_of
from provkit.store import LocalStore

PROGRAM = """\
import helpers

def clean(rows):
    kept = [row for row in rows if row > limit]
    return kept

limit = 2
unused = "x"
raw = [1, 2, 3, 4]
data = clean(raw)
frame = {"a": data}
frame["total"] = helpers.total(data)
if frame["total"] > 5:
    verdict = "high"
print(verdict)
with open("out.txt", "w") as handle:
    handle.write(verdict)
"""
HELPERS = "def total(values):\n    return sum(values)\n\n\ndef unused():\n    return 0\n"


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """A project with one trial of a program that has a module of its own."""
    folder = tmp_path_factory.mktemp("traced")
    trial = run_program(folder, PROGRAM, files={"helpers.py": HELPERS})
    (folder / ".provkit").rename(folder / "journals-of-it")
    LocalStore.create(folder / ".provkit").seal(trial.id, quads_of(trial))
    return folder


@pytest.fixture
def project(captured, monkeypatch):
    monkeypatch.chdir(captured)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    return captured


def test_why_shows_the_way_with_the_lines_between(project, provkit):
    said = provkit("why", "last", "raw", 'frame["total"]')

    assert said.status == 0
    lines = [line.split("  ")[0] for line in said.out.splitlines()]
    assert lines[0].startswith("raw@1")
    assert lines[-1].startswith('→ frame["total"]@1')
    assert "program.py:9" in said.out.splitlines()[0]
    assert "(control)" not in said.out


def test_why_tells_control_apart(project, provkit):
    said = provkit("why", "last", 'frame["total"]', "verdict", "--format", "json")
    path = json.loads(said.out)["path"]

    assert [stage["control"] for stage in path] == [False, True]
    assert "(control)" in provkit("why", "last", "raw", "out.txt").out


def test_why_says_that_there_is_no_way(project, provkit):
    said = provkit("why", "last", "unused", "verdict")
    assert (said.status, said.out) == (1, "")
    assert "verdict@1 did not come from unused@1" in said.err

    said = provkit("why", "last", "verdict", "raw")
    assert said.status == 1
    assert "the other way round" in said.err


def test_why_takes_a_line_of_the_program(project, provkit):
    assert provkit("why", "last", "limit", "program.py:15").status == 0
    assert provkit("why", "last", "unused", "program.py:15").status == 1


@pytest.mark.parametrize("format", ["table", "csv", "md"])
def test_why_has_the_formats_of_tables(project, provkit, format):
    said = provkit("why", "last", "raw", "data", "-f", format)

    assert said.status == 0
    assert "raw@1" in said.out


def test_slice_goes_to_a_file_or_with_its_modules_to_a_folder(project, provkit, tmp_path):
    said = provkit("slice", "last", 'frame["total"]', "-o", str(tmp_path / "one.py"))
    assert (said.status, said.out) == (0, "")
    assert "it needs helpers.py" in said.err
    text = (tmp_path / "one.py").read_text()
    assert "verdict" not in text
    assert "limit = 2" in text

    assert provkit("slice", "last", 'frame["total"]', "-o", f"{tmp_path}/both/").status == 0
    assert (tmp_path / "both" / "program.py").read_text() == text
    assert (tmp_path / "both" / "helpers.py").read_text() == HELPERS.partition("\n\n\n")[0] + "\n"


def test_show_tells_the_programs_own_names_before_those_of_its_modules(
    tmp_path, provkit, monkeypatch
):
    module = "def thrice(x):\n    z = x * 3\n    return z\n"
    program = "from mine import thrice\nb = 4\nc = thrice(b)\n"
    trial = run_program(tmp_path, program, files={"mine.py": module})
    (tmp_path / ".provkit").rename(tmp_path / "journals-of-it")
    LocalStore.create(tmp_path / ".provkit").seal(trial.id, quads_of(trial))
    monkeypatch.chdir(tmp_path)

    said = provkit("show", "last").out
    assert "b = 4 " in said
    assert "c = 12 " in said
    assert "thrice.z = 12" not in said
    assert "mine.thrice.z = 12" in provkit("show", "last", "--all").out


def test_slice_as_json_counts_statements(project, provkit):
    found = json.loads(provkit("slice", "last", "limit", "-f", "json").out)

    assert found["files"] == [
        {"path": "program.py", "is_main": True, "statements": 1, "of": 15, "text": "limit = 2\n"}
    ]


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (("slice", "last", "dat"), 2, "did you mean 'data'"),
        (("slice", "last", "program.py:99"), 2, "near it ran line"),
        (("slice", "last", "data", "-f", "svg"), 2, "no format 'svg'"),
        (("why", "last", "raw"), 2, "B"),
        (("why", "last", "rw", "data"), 2, "'raw'"),
    ],
)
def test_wrong_words_are_answered_with_what_was_meant(project, provkit, words, status, hint):
    said = provkit(*words)

    assert said.status == status
    assert hint in said.err


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("clean:rows", "raw@1"),
        ("clean:kept@1", "clean.kept@1"),
        ("frame['total']", 'frame["total"]@1'),
        ('frame["a"]', "frame@2"),
        ("helpers:total:values", "clean.kept@1"),
        ("total:values", "clean.kept@1"),
    ],
)
def test_lineage_takes_names_of_functions_parts_and_aliases(project, provkit, name, label):
    said = json.loads(provkit("lineage", "last", name, "-f", "json").out)

    assert said["nodes"][0]["label"] == label


def test_lineage_of_one_kind_alone(project, provkit):
    def labels(*options):
        nodes = json.loads(provkit("lineage", "last", "verdict", "-f", "json", *options).out)[
            "nodes"
        ]
        return {node["label"] for node in nodes}

    assert labels("--data") == {"verdict@1"}
    assert 'frame["total"]@1' in labels("--control")
    assert labels("--data", "--control") == labels()


def test_lineage_as_turtle_says_the_same_edges(project, provkit):
    said = provkit("lineage", "last", "out.txt", "-f", "ttl")
    triples = [
        (triple.subject.value, triple.object.value)
        for triple in parse(said.out.encode(), format=RdfFormat.TURTLE)
        if triple.predicate.value.endswith("#wasDerivedFrom")
    ]
    edges = json.loads(provkit("lineage", "last", "out.txt", "-f", "json").out)["edges"]

    assert sorted(triples) == sorted((edge["derived"], edge["source"]) for edge in edges)
    assert "dependence" in said.out
