"""Constraint 50: the sort that each place of each statement asks for."""

import pytest
from prov_n import document

from provkit.constraints import check
from provkit.constraints.checking import close
from provkit.constraints.statements import read_instance
from provkit.constraints.typing import types_of

# A statement with {} in the place, and the sort of what stands there.
PLACES = [
    ("entity({})", "entity"),
    ("activity({}, -, -)", "activity"),
    ("agent({})", "agent"),
    ("used({}, ex:o, -)", "activity"),
    ("used(ex:o, {}, -)", "entity"),
    ("wasGeneratedBy({}, ex:o, -)", "entity"),
    ("wasGeneratedBy(ex:o, {}, -)", "activity"),
    ("wasInvalidatedBy({}, ex:o, -)", "entity"),
    ("wasInvalidatedBy(ex:o, {}, -)", "activity"),
    ("wasInformedBy({}, ex:o)", "activity"),
    ("wasInformedBy(ex:o, {})", "activity"),
    ("wasStartedBy({}, -, -, -)", "activity"),
    ("wasStartedBy(ex:o, {}, -, -)", "entity"),
    ("wasStartedBy(ex:o, -, {}, -)", "activity"),
    ("wasEndedBy({}, -, -, -)", "activity"),
    ("wasEndedBy(ex:o, {}, -, -)", "entity"),
    ("wasEndedBy(ex:o, -, {}, -)", "activity"),
    ("wasDerivedFrom({}, ex:o)", "entity"),
    ("wasDerivedFrom(ex:o, {})", "entity"),
    ("wasDerivedFrom(ex:o, ex:p, {}, -, -)", "activity"),
    ("wasAttributedTo({}, ex:o)", "entity"),
    ("wasAttributedTo(ex:o, {})", "agent"),
    ("wasAssociatedWith({}, ex:o, -)", "activity"),
    ("wasAssociatedWith(ex:o, {}, -)", "agent"),
    ("wasAssociatedWith(ex:o, ex:p, {})", "entity"),
    ("actedOnBehalfOf({}, ex:o, -)", "agent"),
    ("actedOnBehalfOf(ex:o, {}, -)", "agent"),
    ("actedOnBehalfOf(ex:o, ex:p, {})", "activity"),
    ("specializationOf({}, ex:o)", "entity"),
    ("specializationOf(ex:o, {})", "entity"),
    ("alternateOf({}, ex:o)", "entity"),
    ("alternateOf(ex:o, {})", "entity"),
    ("mentionOf({}, ex:o, ex:b)", "entity"),
    ("mentionOf(ex:o, {}, ex:b)", "entity"),
    ("mentionOf(ex:o, ex:p, {})", "entity"),
    ("hadMember({}, ex:o)", "entity"),
    ("hadMember(ex:o, {})", "entity"),
]
UNTYPED = ["wasInfluencedBy({}, ex:o)", "wasInfluencedBy(ex:o, {})", "used({}; ex:o, ex:p, -)"]
DECLARATIONS = {"entity": "entity(ex:x)", "activity": "activity(ex:x, -, -)"}
OPPOSITE = {"entity": "activity", "activity": "entity"}


def sorts_of_x(statements):
    closed = close(read_instance(document(statements)))
    types = types_of(closed)
    term = closed.terms.constant(("iri", "http://example.org/x"))
    return {sort for sort in ("entity", "activity", "agent") if term in getattr(types, sort)}


@pytest.mark.parametrize(("statement", "sort"), PLACES)
def test_place_asks_for_its_sort_and_no_other(statement, sort):
    assert sorts_of_x(statement.format("ex:x")) == {sort}


@pytest.mark.parametrize("statement", UNTYPED)
def test_place_asks_for_no_sort(statement):
    assert not sorts_of_x(statement.format("ex:x"))


@pytest.mark.parametrize(("statement", "sort"), [row for row in PLACES if row[1] in OPPOSITE])
def test_place_refuses_the_opposite_sort(statement, sort):
    report = check(document(f"{statement.format('ex:x')}\n{DECLARATIONS[OPPOSITE[sort]]}"))
    assert 55 in {violation.constraint for violation in report.violations}


@pytest.mark.parametrize(("statement", "sort"), PLACES)
def test_place_accepts_its_own_sort_and_agents(statement, sort):
    declared = DECLARATIONS.get(sort, "entity(ex:x)")
    assert check(document(f"{statement.format('ex:x')}\n{declared}\nagent(ex:x)")).valid
