"""The W3C's labelled cases, against what `prov` itself finds in the same run."""

import csv
import warnings

import pytest
from prov.model import ProvDocument
from shared_material import SHARED, needs_shared

from provkit.constraints import check

SUITE = SHARED / "suites" / "prov-constraints"


def labelled(but=()):
    if not SUITE.is_dir():
        return []
    with (SUITE / "labels.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return [row for row in rows if row["tier"][0] in "AB" and row["case"] not in but]


def constraints_of(row):
    return {int(word[1:]) for word in row["constraints"].split("-") if word[:1] == "c"}


FAILING = [row for row in labelled() if row["expected"] == "FAIL" and constraints_of(row)]


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
@pytest.mark.parametrize("row", labelled(but=["bundle-success1"]), ids=lambda row: row["case"])
def test_case_in_xml_is_decided_as_labelled(row):
    """All but one that `prov` refuses to read."""
    assert check(read(row, ".xml")).valid == (row["expected"] == "PASS")


@needs_shared
@pytest.mark.parametrize("row", FAILING, ids=lambda row: row["case"])
def test_a_failing_case_names_the_constraint_of_its_label(row):
    report = check(read(row, ".provn"))
    assert constraints_of(row) & {violation.constraint for violation in report.violations}


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
