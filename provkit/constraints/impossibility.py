"""Constraints 51 to 56: what can never be, and the uniqueness of mentions of PROV-LINKS."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from provkit.constraints import kinds
from provkit.constraints.graph import Digraph
from provkit.constraints.report import Violation, mention_clash, violation
from provkit.constraints.statements import Statement
from provkit.constraints.typing import is_empty_collection, types_of
from provkit.constraints.uniqueness import LOOKED_THROUGH, ClosedStatements
from provkit.constraints.wording import Wording


def impossibilities(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    """Yield the violations of Constraints 51 to 56 among saturated statements."""
    yield from _unspecified_derivations(statements, wording)
    yield from _reflexive_specializations(statements, wording)
    yield from _shared_identifiers(statements, wording)
    yield from _mixed_types(statements, wording)
    yield from _different_mentions(statements, wording)


def _unspecified_derivations(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    is_absent = statements.terms.is_absent
    for derivation in statements.of(kinds.DERIVATION):
        *_, activity, generation, usage = derivation.terms
        if is_absent(activity) and not (is_absent(generation) and is_absent(usage)):
            named = "usage" if is_absent(generation) else "generation"
            yield violation(
                51,
                f"A derivation names its {named} but no activity; name the activity too.",
                wording.members(derivation),
            )


def _reflexive_specializations(
    statements: ClosedStatements, wording: Wording
) -> Iterator[Violation]:
    """Constraint 52, over the transitive closure of Inference 19: no entity on a cycle."""
    for loop in _specialization_cycles(statements):
        name = wording.term(loop[0].terms[1])
        yield violation(
            52,
            f"{name} would be a specialization of itself.",
            tuple(wording.statement(specialization) for specialization in loop),
        )


def _specialization_cycles(statements: ClosedStatements) -> Iterator[list[Statement]]:
    """Yield a shortest cycle of specializations for each entangled group of entities."""
    find = statements.terms.find
    graph: Digraph[Statement] = Digraph()
    numbers: dict[int, int] = {}
    for statement in statements.of(kinds.SPECIALIZATION):
        specific, general = (
            numbers.setdefault(find(term), len(numbers)) for term in statement.terms[1:]
        )
        graph.add_edge(specific, general, statement)
    for edges in graph.shortest_cycles(range(len(graph.labels))):
        yield [graph.labels[edge] for edge in edges]


def _shared_identifiers(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    """Constraints 53 and 54."""
    find = statements.terms.find
    elements: dict[int, Statement] = {}
    for kind in (kinds.ENTITY, kinds.ACTIVITY, kinds.AGENT):
        for element in statements.of(kind):
            elements.setdefault(find(element.terms[0]), element)
    disjoint: dict[int, Statement] = {}
    for kind in kinds.RELATIONS:
        for relation in statements.of(kind):
            identifier = find(relation.terms[0])
            if identifier in elements:
                yield _overlap(54, elements[identifier], relation, wording)
            if kind in kinds.DISJOINT_RELATIONS:
                other = disjoint.setdefault(identifier, relation)
                if other.kind is not kind:
                    yield _overlap(53, other, relation, wording)


def _overlap(number: int, one: Statement, other: Statement, wording: Wording) -> Violation:
    name = wording.term(one.terms[0])
    return violation(
        number,
        f"{name} identifies both {_article(one.kind.name)} and {_article(other.kind.name)}"
        " statement; give one of them another identifier.",
        (wording.statement(one), wording.statement(other)),
    )


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aei" else f"a {name}"


def _mixed_types(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    """Constraints 55 and 56, on the types of Constraint 50."""
    types = types_of(statements)
    for term, as_entity in types.entity.items():
        if term in types.activity:
            as_activity = types.activity[term]
            yield violation(
                55,
                f"{wording.term(term)} is an entity in one statement and an activity in another.",
                (wording.statement(as_entity), wording.statement(as_activity)),
            )
    find = statements.terms.find
    for membership in statements.of(kinds.MEMBERSHIP):
        collection = find(membership.terms[1])
        if collection in types.empty_collection:
            yield violation(
                56,
                f"{wording.term(collection)} is an empty collection, yet it has a member.",
                (
                    *map(wording.statement, _sources_of_type(types.empty_collection[collection])),
                    wording.statement(membership),
                ),
            )


def _sources_of_type(entity: Statement) -> list[Statement]:
    """Return an entity statement, with the one merged into it that says it is empty, if any."""
    merged = islice(entity.all_members(), 1, LOOKED_THROUGH)
    return [entity, *islice(filter(is_empty_collection, merged), 1)]


def _different_mentions(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    """PROV-LINKS, unique-mention: an entity mentions one entity of one bundle."""
    find = statements.terms.find
    mentions: dict[int, Statement] = {}
    for mention in statements.of(kinds.MENTION):
        first = mentions.setdefault(find(mention.terms[1]), mention)
        if list(map(find, first.terms)) != list(map(find, mention.terms)):
            yield mention_clash(
                f"{wording.term(mention.terms[1])} is a mention of two things;"
                " an entity mentions one entity of one bundle.",
                (wording.statement(first), wording.statement(mention)),
            )
