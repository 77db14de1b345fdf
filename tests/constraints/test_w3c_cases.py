"""The W3C's labelled cases, against what `prov` itself finds in the same run."""

import csv
import warnings

import pytest
from prov.model import ProvDocument
from shared_material import SHARED, needs_shared

from provkit.constraints import check

SUITE = SHARED / "suites" / "prov-constraints"


def labelled():
    if not SUITE.is_dir():
        return []
    with (SUITE / "labels.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [row for row in rows if row["tier"][0] in "AB"]


def read(row, suffix):
    path = (SUITE / row["file"]).with_suffix(suffix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ProvDocument.deserialize(str(path), format={".provn": "provn"}.get(suffix, "xml"))


def accepted_by_prov(document):
    try:
        document.unified()
    except Exception:  # noqa: BLE001 - whatever it raises is its verdict
        return False
    return True


@needs_shared
@pytest.mark.parametrize("row", labelled(), ids=lambda row: row["case"])
def test_case_is_decided_as_labelled(row):
    assert check(read(row, ".provn")).valid == (row["expected"] == "PASS")


@needs_shared
@pytest.mark.parametrize("row", labelled(), ids=lambda row: row["case"])
def test_case_in_xml_is_decided_as_labelled(row):
    if row["case"] == "bundle-success1":
        pytest.skip("prov does not read this file")
    assert check(read(row, ".xml")).valid == (row["expected"] == "PASS")


@needs_shared
@pytest.mark.parametrize("row", labelled(), ids=lambda row: row["case"])
def test_a_failing_case_names_the_constraint_of_its_label(row):
    numbers = {int(word[1:]) for word in row["constraints"].split("-") if word[:1] == "c"}
    if row["expected"] == "PASS" or not numbers:
        pytest.skip("no constraint to name")
    report = check(read(row, ".provn"))
    assert numbers & {violation.constraint for violation in report.violations}


@needs_shared
def test_all_cases_are_right_where_prov_misses_many(capsys):
    rows = labelled()
    ours = prov = 0
    for row in rows:
        document, passes = read(row, ".provn"), row["expected"] == "PASS"
        ours += check(document).valid == passes
        prov += accepted_by_prov(document) == passes
    with capsys.disabled():
        print(f"\nPROV-CONSTRAINTS, tiers A and B: provkit {ours}, prov {prov} of {len(rows)}")
    assert ours == len(rows)
    assert prov < ours


@needs_shared
def test_the_example_trial_is_valid():
    path = SHARED / "reference" / "example-trial.trig"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = ProvDocument.deserialize(str(path), format="rdf", rdf_format="trig")
    assert len(list(document.bundles)) >= 1
    assert not check(document).violations
