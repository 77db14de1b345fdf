"""The normal form of an instance as plain facts, in full and in a compact form.

The full form is what the Recommendation describes. The compact form leaves
out what the rest determines (the influences that repeat a relation, the pairs
of a class of alternates), so two compact forms are isomorphic if and only if
the full ones are, and they stay linear where the full ones are quadratic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from provkit.constraints import kinds
from provkit.constraints.inference import (
    alternate_classes,
    communications,
    influences,
    inherited_attributes,
    specialization_closure,
)
from provkit.constraints.statements import NO_ATTRIBUTES, Attribute, Instance, Statement
from provkit.constraints.terms import ABSENT
from provkit.constraints.uniqueness import ClosedStatements

ALTERNATES = "alternates"
"""Name of the facts that say, in the compact form, that an entity is of a class of alternates."""

_TREATED_APART = (kinds.ENTITY, kinds.SPECIALIZATION, kinds.ALTERNATE, kinds.INFLUENCE)


class Fact(NamedTuple):
    """A statement of a normal form: the PROV-N name, classes of terms, attributes."""

    name: str
    terms: tuple[int, ...]
    attributes: frozenset[Attribute]


def full_facts(statements: ClosedStatements) -> list[Fact]:
    """Return the whole normal form of saturated statements."""
    communications(statements)
    influences(statements)
    facts = list(_common_facts(statements))
    find = statements.terms.find
    facts.extend(_fact(influence, statements) for influence in statements.of(kinds.INFLUENCE))
    for group in alternate_classes(statements, specialization_closure(statements)):
        facts.extend(
            Fact(kinds.ALTERNATE.name, (find(ABSENT), one, other), NO_ATTRIBUTES)
            for one in group
            for other in group
        )
    return list(dict.fromkeys(facts))


def compact_facts(statements: ClosedStatements) -> list[Fact]:
    """Return facts from which the normal form of saturated statements follows."""
    communications(statements)
    facts = list(_common_facts(statements))
    facts.extend(_influences_beyond_relations(statements))
    entities = {fact.terms[0] for fact in facts if fact.name == kinds.ENTITY.name}
    for group in alternate_classes(statements, specialization_closure(statements)):
        # That an entity is an alternate of itself follows from there being one.
        if len(group) > 1 or group[0] not in entities:
            of_class = statements.terms.fresh()
            facts.extend(Fact(ALTERNATES, (entity, of_class), NO_ATTRIBUTES) for entity in group)
    return list(dict.fromkeys(facts))


def stated_facts(instance: Instance) -> list[Fact]:
    """Return the statements as they were written, for documents without a normal form."""
    return list(
        dict.fromkeys(
            Fact(statement.kind.name, statement.terms, frozenset(statement.attributes))
            for statement in instance.statements
        )
    )


def _fact(statement: Statement, statements: ClosedStatements) -> Fact:
    terms = tuple(map(statements.terms.find, statement.terms))
    return Fact(statement.kind.name, terms, frozenset(statement.attributes))


def _common_facts(statements: ClosedStatements) -> Iterator[Fact]:
    for kind in kinds.KINDS:
        if kind not in _TREATED_APART:
            for statement in statements.of(kind):
                yield _fact(statement, statements)
    closure = specialization_closure(statements)
    for entity, attributes in inherited_attributes(statements, closure).items():
        yield Fact(kinds.ENTITY.name, (entity,), attributes)
    absent = statements.terms.find(ABSENT)
    for specific, generals in closure.items():
        for general in generals:
            yield Fact(kinds.SPECIALIZATION.name, (absent, specific, general), NO_ATTRIBUTES)


def _influences_beyond_relations(statements: ClosedStatements) -> Iterator[Fact]:
    """Yield the influences that say more than the relation with their identifier."""
    for influence in statements.of(kinds.INFLUENCE):
        relations = [
            found
            for kind in kinds.RELATIONS
            if kind is not kinds.INFLUENCE
            and (found := statements.identified(kind, influence.terms[0]))
        ]
        implied = NO_ATTRIBUTES.union(*(relation.attributes for relation in relations))
        if not relations or not influence.attributes <= implied:
            fact = _fact(influence, statements)
            yield fact._replace(attributes=fact.attributes | implied)
