"""The normal form: what it contains, how existential variables are written, when there is none."""

import datetime as dt

import pytest
from constraint_cases import cases
from prov_n import document

from provkit.constraints import EXISTENTIAL_NAMESPACE, check, equivalent, normalize
from provkit.errors import BadInput

VALID = [case for case in cases() if case.is_valid]


def lines_of(statements):
    text = normalize(document(statements)).get_provn()
    return [line.strip() for line in text.splitlines() if "(" in line]


# name of the inference, statements, a line of the normal form (existential:v1 etc. as `?`)
CONCLUSIONS = [
    ("5", "wasInformedBy(ex:a2, ex:a1)", "wasGeneratedBy(?; ?, ex:a1, -)"),
    ("5", "wasInformedBy(ex:a2, ex:a1)", "used(?; ex:a2, ?, -)"),
    ("6", "wasGeneratedBy(ex:e, ex:a1, -)\nused(ex:a2, ex:e, -)", "wasInformedBy(?; ex:a2, ex:a1)"),
    ("7", "entity(ex:e)", "wasGeneratedBy(?; ex:e, ?, -)"),
    ("7", "entity(ex:e)", "wasInvalidatedBy(?; ex:e, ?, -)"),
    (
        "8",
        "activity(ex:a, 2011-11-16T16:05:00, -)",
        "wasStartedBy(?; ex:a, ?, ?, 2011-11-16T16:05:00)",
    ),
    (
        "8",
        "activity(ex:a, -, 2011-11-16T16:05:00)",
        "wasEndedBy(?; ex:a, ?, ?, 2011-11-16T16:05:00)",
    ),
    ("9", "wasStartedBy(ex:a, ex:e, ex:b, -)", "wasGeneratedBy(?; ex:e, ex:b, -)"),
    ("10", "wasEndedBy(ex:a, ex:e, ex:b, -)", "wasGeneratedBy(?; ex:e, ex:b, -)"),
    ("11", "wasDerivedFrom(ex:e2, ex:e1, ex:a, ex:g, ex:u)", "used(ex:u; ex:a, ex:e1, -)"),
    ("11", "wasDerivedFrom(ex:e2, ex:e1, ex:a, -, -)", "wasGeneratedBy(?; ex:e2, ex:a, -)"),
    (
        "12",
        "wasDerivedFrom(ex:e2, ex:e1, [prov:type='prov:Revision'])",
        "alternateOf(ex:e2, ex:e1)",
    ),
    ("13", "wasAttributedTo(ex:e, ex:ag)", "wasGeneratedBy(?; ex:e, ?, -)"),
    ("13", "wasAttributedTo(ex:e, ex:ag)", "wasAssociatedWith(?; ?, ex:ag, ?)"),
    ("14", "actedOnBehalfOf(ex:d, ex:r, ex:a)", "wasAssociatedWith(?; ex:a, ex:d, ?)"),
    ("14", "actedOnBehalfOf(ex:d, ex:r, ex:a)", "wasAssociatedWith(?; ex:a, ex:r, ?)"),
    (
        "15",
        "wasGeneratedBy(ex:g; ex:e, ex:a, -, [ex:k=1])",
        "wasInfluencedBy(ex:g; ex:e, ex:a, [ex:k=1])",
    ),
    ("15", "used(ex:u; ex:a, ex:e, -)", "wasInfluencedBy(ex:u; ex:a, ex:e)"),
    ("15", "wasInformedBy(ex:i; ex:b, ex:a)", "wasInfluencedBy(ex:i; ex:b, ex:a)"),
    ("15", "wasStartedBy(ex:s; ex:a, ex:e, ex:b, -)", "wasInfluencedBy(ex:s; ex:a, ex:e)"),
    ("15", "wasEndedBy(ex:s; ex:a, ex:e, ex:b, -)", "wasInfluencedBy(ex:s; ex:a, ex:e)"),
    ("15", "wasInvalidatedBy(ex:i; ex:e, ex:a, -)", "wasInfluencedBy(ex:i; ex:e, ex:a)"),
    ("15", "wasDerivedFrom(ex:d; ex:e2, ex:e1)", "wasInfluencedBy(ex:d; ex:e2, ex:e1)"),
    ("15", "wasAttributedTo(ex:x; ex:e, ex:ag)", "wasInfluencedBy(ex:x; ex:e, ex:ag)"),
    ("15", "wasAssociatedWith(ex:x; ex:a, ex:ag, -)", "wasInfluencedBy(ex:x; ex:a, ex:ag)"),
    ("15", "actedOnBehalfOf(ex:x; ex:d, ex:r, ex:a)", "wasInfluencedBy(ex:x; ex:d, ex:r)"),
    ("16", "entity(ex:e)", "alternateOf(ex:e, ex:e)"),
    ("17", "alternateOf(ex:e1, ex:e2)\nalternateOf(ex:e2, ex:e3)", "alternateOf(ex:e1, ex:e3)"),
    ("18", "alternateOf(ex:e1, ex:e2)", "alternateOf(ex:e2, ex:e1)"),
    (
        "19",
        "specializationOf(ex:e1, ex:e2)\nspecializationOf(ex:e2, ex:e3)",
        "specializationOf(ex:e1, ex:e3)",
    ),
    ("20", "specializationOf(ex:e1, ex:e2)", "alternateOf(ex:e1, ex:e2)"),
    ("21", "entity(ex:e1, [ex:k=1])\nspecializationOf(ex:e2, ex:e1)", "entity(ex:e2, [ex:k=1])"),
    ("mention", "mentionOf(ex:e2, ex:e1, ex:b)", "specializationOf(ex:e2, ex:e1)"),
    (
        "merging",
        "activity(ex:a, 2011-11-16T16:05:00, -)\nwasStartedBy(ex:s; ex:a, ex:e, -, -)",
        "wasStartedBy(ex:s; ex:a, ex:e, ?, 2011-11-16T16:05:00)",
    ),
    (
        "merging",
        ("wasGeneratedBy(ex:e, ex:a, 2011-11-16T16:05:00)\nwasGeneratedBy(ex:g; ex:e, ex:a, -)"),
        "wasGeneratedBy(ex:g; ex:e, ex:a, 2011-11-16T16:05:00)",
    ),
]


@pytest.mark.parametrize(("inference", "statements", "conclusion"), CONCLUSIONS)
def test_normal_form_has_what_an_inference_concludes(inference, statements, conclusion):
    pieces = conclusion.split("?")
    assert any(matches(line, pieces) for line in lines_of(statements)), (
        f"Inference {inference}: no {conclusion} in {lines_of(statements)}"
    )


def matches(line, pieces):
    for piece in pieces[:-1]:
        if not line.startswith(piece):
            return False
        name = line[len(piece) :]
        if not name.startswith("existential:v"):
            return False
        line = name.removeprefix("existential:v").lstrip("0123456789")
    return line == pieces[-1]


# What must not be concluded.
NOT_CONCLUDED = [
    (
        "the plan of an association that names none",
        "wasAssociatedWith(ex:x; ex:a, ex:ag, -)",
        "wasAssociatedWith(ex:x; ex:a, ex:ag, -)",
    ),
    (
        "the activity of a derivation that names none",
        "wasDerivedFrom(ex:d; ex:e2, ex:e1)",
        "wasDerivedFrom(ex:d; ex:e2, ex:e1, -, -, -)",
    ),
]


@pytest.mark.parametrize(("what", "statements", "kept"), NOT_CONCLUDED)
def test_what_is_kept_as_absent(what, statements, kept):
    assert kept in lines_of(statements)


def test_a_derivation_with_no_activity_has_no_usage():
    assert not [
        line for line in lines_of("wasDerivedFrom(ex:e2, ex:e1)") if line.startswith("used")
    ]


def test_an_event_that_is_stated_is_not_inferred_again():
    lines = lines_of("entity(ex:e)\nwasGeneratedBy(ex:g; ex:e, ex:a, -, [ex:k=1])")
    assert len([line for line in lines if line.startswith("wasGeneratedBy")]) == 1


@pytest.mark.parametrize("case", VALID, ids=[case.name for case in VALID])
def test_normal_form_is_its_own_normal_form(case):
    once = normalize(document(case.statements))
    twice = normalize(once)
    assert once == twice
    assert once.get_provn() == twice.get_provn()


@pytest.mark.parametrize("case", VALID, ids=[case.name for case in VALID])
def test_normal_form_is_valid_and_equivalent_to_the_document(case):
    original = document(case.statements)
    normal = normalize(original)
    assert check(normal).valid
    assert equivalent(original, normal)


def test_names_of_existentials_do_not_depend_on_the_order_of_statements():
    statements = [
        "entity(ex:e1)",
        "activity(ex:a, -, -)",
        "wasAttributedTo(ex:e1, ex:ag)",
        "wasInformedBy(ex:a, ex:b)",
        "used(ex:a, ex:e1, -)",
        "actedOnBehalfOf(ex:ag, ex:r)",
    ]
    forwards = normalize(document("\n".join(statements)))
    backwards = normalize(document("\n".join(reversed(statements))))
    assert forwards.get_provn() == backwards.get_provn()


def test_existentials_are_in_the_namespace_for_them():
    normal = normalize(document("entity(ex:e)"))
    names = [r.identifier.uri for r in normal.records if r.identifier and not r.is_element()]
    assert names
    assert all(name.startswith(EXISTENTIAL_NAMESPACE) for name in names)


def test_each_bundle_is_normalized_by_itself():
    normal = normalize(document("entity(ex:x)\nbundle ex:b\n  activity(ex:y, -, -)\nendBundle"))
    (bundle,) = normal.bundles
    assert bundle.identifier.uri == "http://example.org/b"
    assert "ex:x" not in bundle.get_provn()
    assert "wasEndedBy" in bundle.get_provn()


def test_the_document_given_is_left_as_it_is():
    original = document("entity(ex:e)\nwasDerivedFrom(ex:e, ex:f)")
    before = original.get_provn()
    normalize(original)
    assert original.get_provn() == before


def test_times_in_different_zones_are_written_as_one():
    (activity,) = [
        record
        for record in normalize(
            document(
                "activity(ex:a, 2011-11-16T17:05:00+01:00, -)\n"
                "activity(ex:a, 2011-11-16T16:05:00Z, -)"
            )
        ).records
        if record.is_element()
    ]
    assert activity.args[0] == dt.datetime(2011, 11, 16, 16, 5, tzinfo=dt.UTC)


def test_no_normal_form_if_merging_fails():
    with pytest.raises(
        BadInput, match=r"Couldn't normalize the document: ex:u identifies one st.* and ex:f\."
    ):
        normalize(document("used(ex:u; ex:a, ex:e, -)\nused(ex:u; ex:a, ex:f, -)"))


def test_no_normal_form_if_a_mandatory_parameter_is_missing_in_a_bundle():
    with pytest.raises(
        BadInput, match="Couldn't normalize bundle 'ex:b': wasAttributedTo has no agent"
    ):
        normalize(document("bundle ex:b\n  wasAttributedTo(ex:e, -)\nendBundle"))


def test_a_document_that_only_an_ordering_contradicts_has_a_normal_form():
    circle = document("entity(ex:e)\nwasDerivedFrom(ex:e, ex:e)")
    assert not check(circle).valid
    assert not check(normalize(circle)).valid
