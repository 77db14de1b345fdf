"""`provkit validate` as a person types it: formats, exit statuses, what goes where."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import rdflib
from rdflib.namespace import RDF, SH
from test_shapes import TRIAL, execution

from provkit.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def validate(trials, tmp_path, monkeypatch, capfdbinary):
    """Carry out the command in a folder of its own; gives status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PROVKIT_STORE", str(trials.folder))

    def carry_out(*words):
        capfdbinary.readouterr()
        status = main(["validate", *words])
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return carry_out


@pytest.fixture
def spoilt(trials, tmp_path):
    """A file with two faults and a hint."""
    trial = trials["tidy"]
    first = execution(trial)
    bad = trial.without(first, "prov:startedAtTime").without(trial.a(TRIAL), "rdfs:label")
    bad = bad.without(bad.a(TRIAL), "repr:hasSetting", bad.a("repr:OperatingSystem"))
    (tmp_path / "bad.nq").write_bytes(bad.nquads())
    return "bad.nq"


def test_a_trial_that_conforms_is_said_to_on_stderr_and_nothing_goes_to_stdout(validate):
    status, out, err = validate("tidy")
    assert (status, out) == (0, "")
    assert "tidy conforms" in err


def test_the_last_trial_is_meant_if_none_is_named(validate):
    status, _, err = validate()
    assert status == 0
    assert "last conforms" in err


def test_a_person_reads_what_is_wrong_where_and_what_to_do(validate, spoilt):
    status, out, err = validate(spoilt)
    assert status == 1
    assert out.startswith("tidy.py: trial ")
    assert "violation: A trial has the command line as its one label. There is none." in out
    assert "what to do: Capture the program again" in out
    assert "tidy.py:2: execution 1 (`import csv`)" in out
    assert "bad.nq does not conform: 2 violations; --severity info shows 1 more" in err


def test_severity_says_what_counts_and_what_is_shown(validate, trials, tmp_path):
    trial = trials["tidy"]
    hint = trial.without(trial.a(TRIAL), "repr:hasSetting", trial.a("repr:OperatingSystem"))
    (tmp_path / "hint.nq").write_bytes(hint.nquads())

    assert validate("hint.nq")[0] == 0
    assert validate("hint.nq", "--severity", "warning")[0] == 0
    status, out, _ = validate("hint.nq", "--severity", "info")
    assert status == 1
    assert "trial-system" in out


def test_many_findings_of_one_shape_are_cut_short_for_people_alone(validate, trials, tmp_path):
    trial = trials["tidy"]
    for _ in range(8):
        trial = trial.without(execution(trial, also=("prov:startedAtTime",)), "prov:startedAtTime")
    (tmp_path / "many.nq").write_bytes(trial.nquads())

    assert "and 3 more of execution-start" in validate("many.nq")[1]
    assert validate("many.nq", "-f", "csv")[1].count("execution-start") == 8


def test_json_holds_everything_and_is_the_same_each_time(validate, spoilt):
    status, out, _ = validate(spoilt, "tidy", "--format", "json")
    again = validate(spoilt, "tidy", "--format", "json")[1]
    said = json.loads(out)

    assert status == 1
    assert out == again
    assert said["conforms"] is False
    assert [report["conforms"] for report in said["reports"]] == [False, True]
    first = said["reports"][0]["findings"][0]
    assert set(first) == {
        *("shape", "title", "severity", "thing", "place", "rule", "found", "advice"),
        *("node", "path", "value"),
    }


def test_junit_parses_as_xml_with_a_case_for_each_finding(validate, spoilt):
    status, _, _ = validate(spoilt, "tidy", "--format", "junit", "-o", "report.xml")
    root = ET.parse("report.xml").getroot()
    suites = list(root)

    assert status == 1
    assert [suite.get("failures") for suite in suites] == ["2", "0"]
    assert [case.get("line") for case in suites[0]] == [None, "2"]
    assert suites[0][1].get("file") == "tidy.py"
    assert suites[0][1].find("failure").get("type") == "violation"
    assert [case.get("name") for case in suites[1]] == ["conforms"]


def test_junit_stays_xml_whatever_a_program_is_called(validate, trials, tmp_path):
    trial = trials["tidy"]
    odd = trial.changed(trial.a(TRIAL), "rdfs:label", '"a\\u0000\\u0008<&\\u001B\\uFFFF"')
    odd = odd.without(odd.a(TRIAL), "pk:status")
    (tmp_path / "odd.nq").write_bytes(odd.nquads())

    assert ET.fromstring(validate("odd.nq", "--format", "junit")[1]).find(".//failure") is not None


def test_turtle_is_the_report_that_the_recommendation_describes(validate, spoilt):
    _, out, _ = validate(spoilt, "--format", "ttl")
    report = rdflib.Graph().parse(data=out, format="turtle")
    results = list(report.subjects(RDF.type, SH.ValidationResult))

    assert out == validate(spoilt, "--format", "ttl")[1]
    assert [str(o) for o in report.objects(None, SH.conforms)] == ["false"]
    assert len(results) == 2
    for result in results:
        for predicate in (SH.focusNode, SH.resultSeverity, SH.sourceShape, SH.resultMessage):
            assert report.value(result, predicate) is not None


def test_a_table_fits_the_terminal(validate, spoilt, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    _, out, _ = validate(spoilt, "-f", "table")
    assert len(out.splitlines()) == 3
    assert max(map(len, out.splitlines())) <= 90


def test_the_profiles_are_listed(validate):
    status, out, _ = validate("--profiles")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["trial", "strict", "prov", "none"]


def test_what_no_shape_speaks_of_is_not_called_conforming(validate, tmp_path):
    (tmp_path / "other.ttl").write_text("<http://a/s> <http://a/p> 1 .")
    status, _, err = validate("other.ttl")
    assert status == 0
    assert "nothing was checked" in err


STATUSES = [
    (["tidy"], 0, "conforms"),
    (["bad.nq"], 1, "does not conform"),
    (["nobody"], 2, "No trial answers to 'nobody'"),
    (["tidy", "--profile", "tryal"], 2, "no profile 'tryal'"),
    (["tidy", "--severity", "fatal"], 2, "no severity 'fatal'"),
    (["tidy", "--format", "pdf"], 2, "no format 'pdf'"),
    (["tidy", "exits", "--constraints"], 0, "is valid"),
    (["no-such.ttl"], 3, "no-such.ttl"),
    (["broken.ttl"], 3, "line 1"),
    (["tidy", "-s", "no-such.ttl"], 3, "no-such.ttl"),
    (["tidy", "--store", "newer"], 4, "upgrade provkit"),
    (["tidy", "--store", "nowhere"], 4, "no such folder"),
]


@pytest.mark.parametrize(("words", "status", "said"), STATUSES)
def test_the_exit_status_tells_the_causes_apart(validate, spoilt, tmp_path, words, status, said):
    (tmp_path / "broken.ttl").write_text("@prefix")
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "config.json").write_text(
        '{"format": 99, "base_iri": "x:/", "project": "p"}'
    )
    found, _, err = validate(*words)

    assert found == status
    assert said in err
    assert "Traceback" not in err


def test_constraints_are_checked_as_before(validate, tmp_path):
    assert validate("tidy", "--constraints")[0] == 0
    status, out, _ = validate("tidy", "--constraints", "-f", "json")
    (report,) = json.loads(out)["reports"]
    assert (status, report) == (0, {"target": "tidy", "valid": True, "violations": []})


def test_the_engine_is_not_imported_by_other_commands(trials):
    code = (
        "import sys; from provkit.cli import main; main(['trials']); main(['gc']);"
        "print([m for m in ('pyshacl', 'rdflib') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PROVKIT_STORE": str(trials.folder)},
    )
    assert said.stdout.splitlines()[-1] == "[]"
