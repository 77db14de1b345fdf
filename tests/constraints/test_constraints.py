"""Every constraint with documents that satisfy it and documents that do not."""

import pytest
from constraint_cases import cases
from naive_reference import is_valid
from prov_n import document

from provkit.constraints import check
from provkit.constraints.report import CONSTRAINT_NAMES, RECOMMENDATION

CASES = cases()
PLAIN = [case for case in CASES if "bundle ex:" not in case.statements]


def named(found):
    return {"argvalues": found, "ids": [f"{case.verdict}: {case.name}" for case in found]}


TITLES = {"malformed": "mandatory-parameter", "mention": "unique-mention"}
# No event is ordered after an end or an invalidation but ends and invalidations, and none of
# those strictly; so these constraints follow from no document's contradiction. 31, 33, 37 and
# 41 always come with a shorter contradiction. What they order is in test_ordering.
NEVER_VIOLATED_ALONE = {30, 31, 32, 33, 35, 36, 37, 38, 40, 41, 43, 44, 46, 47, 49, 50}


@pytest.mark.parametrize("case", **named(CASES))
def test_verdict_and_constraint_are_as_the_recommendation_has_them(case):
    report = check(document(case.statements))
    if case.is_valid:
        assert not report.violations
        return
    assert not report.valid
    named = {str(found.constraint) for found in report.violations}
    named |= {found.title for found in report.violations}
    named |= {str(step.constraint) for found in report.violations for step in found.cycle}
    assert TITLES.get(case.verdict, case.verdict) in named


@pytest.mark.parametrize("case", **named(PLAIN))
def test_verdict_does_not_depend_on_the_order_of_statements(case):
    backwards = "\n".join(reversed(case.statements.splitlines()))
    assert check(document(backwards)).valid == case.is_valid


@pytest.mark.parametrize("case", **named(PLAIN))
def test_a_bundle_is_decided_as_the_top_level_is(case):
    wrapped = document(f"bundle ex:wrapping\n{case.statements}\nendBundle")
    report = check(wrapped)
    assert report.valid == case.is_valid
    assert {found.bundle for found in report.violations} <= {"ex:wrapping"}


# What the oracle does not know: PROV-LINKS, malformed statements, datatypes, and the W3C's own
# leniency about the responsible agent of a delegation (docs/constraints.md, "Readings").
BEYOND_THE_ORACLE = ("mention", "%%", "-, ex:a)", "text that reads", "05:00Z")


@pytest.mark.parametrize(
    "case",
    **named(
        [
            case
            for case in PLAIN
            if case.verdict not in TITLES
            and not any(word in case.statements + case.name for word in BEYOND_THE_ORACLE)
        ]
    ),
)
def test_verdict_is_that_of_the_rules_applied_one_by_one(case):
    assert is_valid(document(case.statements)) == case.is_valid


def test_every_constraint_that_can_be_violated_has_a_failing_case():
    failing = {int(case.verdict) for case in CASES if case.verdict.isdigit()}
    assert failing >= set(CONSTRAINT_NAMES) - NEVER_VIOLATED_ALONE


def test_every_violation_is_explained():
    for case in CASES:
        for found in check(document(case.statements)).violations:
            assert found.message.endswith(".")
            assert found.statements
            assert found.link.startswith("https://www.w3.org/TR/2013/")
            if found.constraint:
                assert found.link == f"{RECOMMENDATION}#{CONSTRAINT_NAMES[found.constraint]}"
            assert str(found).count("\n") >= len(found.statements) + len(found.cycle)
