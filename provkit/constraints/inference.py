"""Inferences 5 to 21: what follows from the statements, existential variables included.

`saturate` adds what validity depends on: the events, activities and agents
that must exist (5, 7-11, 13, 14) and the entities that specialization implies
(21, existence). `complete` adds the rest of the normal form (6, 12, 15-21).

Why it ends: an inference with existential conclusions is applied only if its
conclusion does not hold yet, and once for each choice of its named places.
No such inference is fed by the existentials of another without end: 8 makes
starts with fresh triggers, whose generation 9 adds; nothing further applies
to those. The order of application is fixed, those that say most about an
existential first, and each inference is applied to all its premises at once.
So the order of the statements in a document has no influence on the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from provkit.constraints import kinds
from provkit.constraints.kinds import Kind
from provkit.constraints.statements import (
    EMPTY_COLLECTION,
    NO_ATTRIBUTES,
    REVISION,
    Attribute,
    Inferred,
    Statement,
)
from provkit.constraints.terms import ABSENT
from provkit.constraints.uniqueness import ClosedStatements


def saturate(statements: ClosedStatements) -> None:
    """Add every statement on which validity depends, merging as it goes."""
    inferences = (
        _generation_and_usage_of_derivations,
        _specializations_of_mentions,
        _entities_of_specializations,
        _associations_of_delegations,
        _starts_and_ends_of_activities,
        _generations_of_triggers,
        _generation_and_usage_of_communications,
        _generation_and_association_of_attributions,
        _generations_and_invalidations_of_entities,
    )
    before = None
    while before != (state := (len(statements.terms), statements.merges)):
        before = state
        for inference in inferences:
            inference(statements)


def _pairs(
    statements: ClosedStatements, kind: Kind, first: int, second: int
) -> dict[tuple[int, int], Statement]:
    """Return the first statement of a kind for each pair of terms in two places."""
    find = statements.terms.find
    pairs: dict[tuple[int, int], Statement] = {}
    for statement in statements.of(kind):
        pair = (find(statement.terms[first]), find(statement.terms[second]))
        pairs.setdefault(pair, statement)
    return pairs


def _seconds(pairs: Iterable[tuple[int, int]]) -> defaultdict[int, set[int]]:
    """Return the second terms for each first one."""
    grouped: defaultdict[int, set[int]] = defaultdict(set)
    for first, second in pairs:
        grouped[first].add(second)
    return grouped


def _generation_and_usage_of_derivations(statements: ClosedStatements) -> None:
    """Inference 11: a derivation with an activity has its generation and usage."""
    terms = statements.terms
    for derivation in statements.of(kinds.DERIVATION):
        _, generated, used, activity, generation, usage = derivation.terms
        if any(map(terms.is_absent, (activity, generation, usage))):
            continue
        _conclude_event(statements, kinds.USAGE, (usage, activity, used), derivation)
        _conclude_event(statements, kinds.GENERATION, (generation, generated, activity), derivation)


def _conclude_event(
    statements: ClosedStatements, kind: Kind, places: tuple[int, ...], derivation: Statement
) -> None:
    """Add an event at an unknown time, once, unless it is there."""
    find = statements.terms.find
    wanted = tuple(map(find, places))
    known = statements.identified(kind, wanted[0])
    if known is not None and tuple(map(find, known.terms[:3])) == wanted:
        return
    if (kind, wanted) not in statements.concluded:
        statements.concluded.add((kind, wanted))
        inferred = Inferred(11, (derivation,))
        statements.infer(kind, (*places, statements.terms.fresh()), inferred)


def _specializations_of_mentions(statements: ClosedStatements) -> None:
    """PROV-LINKS, mention-specialization: what mentions an entity specializes it."""
    known = _pairs(statements, kinds.SPECIALIZATION, 1, 2)
    for pair, mention in _pairs(statements, kinds.MENTION, 1, 2).items():
        if pair not in known:
            statements.infer(kinds.SPECIALIZATION, (ABSENT, *pair), Inferred(0, (mention,)))


def _entities_of_specializations(statements: ClosedStatements) -> None:
    """Inference 21, as far as validity goes: existence, and being an empty collection."""
    find = statements.terms.find
    specific_of: defaultdict[int, list[tuple[int, Statement]]] = defaultdict(list)
    for specialization in statements.of(kinds.SPECIALIZATION):
        _, specific, general = map(find, specialization.terms)
        specific_of[general].append((specific, specialization))
    if not specific_of:
        return
    entities = {find(entity.terms[0]): entity for entity in statements.of(kinds.ENTITY)}
    waiting = [entity for term, entity in entities.items() if term in specific_of]
    while waiting:
        entity = waiting.pop()
        passed_on = EMPTY_COLLECTION.intersection(entity.attributes)
        for specific, specialization in specific_of[find(entity.terms[0])]:
            known = statements.identified(kinds.ENTITY, specific)
            if known is not None and passed_on <= known.attributes:
                continue
            inferred = Inferred(21, (entity, specialization))
            added = statements.infer(kinds.ENTITY, (specific,), inferred, passed_on)
            if specific in specific_of:
                waiting.append(added if known is None else known)


def _associations_of_delegations(statements: ClosedStatements) -> None:
    """Inference 14: both agents of a delegation are associated with its activity."""
    known = _pairs(statements, kinds.ASSOCIATION, 1, 2)
    find = statements.terms.find
    for delegation in statements.of(kinds.DELEGATION):
        _, delegate, responsible, activity = map(find, delegation.terms)
        for agent in (delegate, responsible):
            if (activity, agent) not in known:
                known[activity, agent] = statements.infer(
                    kinds.ASSOCIATION,
                    (statements.terms.fresh(), activity, agent, statements.terms.fresh()),
                    Inferred(14, (delegation,)),
                )


def _starts_and_ends_of_activities(statements: ClosedStatements) -> None:
    """Inference 8: an activity has a start and an end, at its times."""
    terms = statements.terms
    for kind, time_place in ((kinds.START, 1), (kinds.END, 2)):
        known = {terms.find(event.terms[1]) for event in statements.of(kind)}
        for activity in statements.of(kinds.ACTIVITY):
            if terms.find(activity.terms[0]) in known:
                continue
            event, trigger, other = terms.fresh(), terms.fresh(), terms.fresh()
            conclusion = (event, activity.terms[0], trigger, other, activity.terms[time_place])
            statements.infer(kind, conclusion, Inferred(8, (activity,)))


def _generations_of_triggers(statements: ClosedStatements) -> None:
    """Inferences 9 and 10: the starter or ender generated the trigger."""
    terms = statements.terms
    known = _pairs(statements, kinds.GENERATION, 1, 2)
    for kind, number in ((kinds.START, 9), (kinds.END, 10)):
        for event in statements.of(kind):
            pair = (terms.find(event.terms[2]), terms.find(event.terms[3]))
            if pair not in known:
                known[pair] = statements.infer(
                    kinds.GENERATION,
                    (terms.fresh(), *pair, terms.fresh()),
                    Inferred(number, (event,)),
                )


def _generation_and_usage_of_communications(statements: ClosedStatements) -> None:
    """Inference 5: between communicating activities there was an entity."""
    terms = statements.terms
    generated_by = _seconds(_pairs(statements, kinds.GENERATION, 2, 1))
    used_by = _seconds(_pairs(statements, kinds.USAGE, 1, 2))
    for pair, communication in _pairs(statements, kinds.COMMUNICATION, 1, 2).items():
        informed, informant = pair
        if not generated_by[informant].isdisjoint(used_by[informed]):
            continue
        inferred, entity = Inferred(5, (communication,)), terms.fresh()
        conclusion = (terms.fresh(), entity, informant, terms.fresh())
        statements.infer(kinds.GENERATION, conclusion, inferred)
        conclusion = (terms.fresh(), informed, entity, terms.fresh())
        statements.infer(kinds.USAGE, conclusion, inferred)


def _generation_and_association_of_attributions(statements: ClosedStatements) -> None:
    """Inference 13: an agent took part in an activity that generated the entity."""
    terms = statements.terms
    generated_by = _seconds(_pairs(statements, kinds.GENERATION, 1, 2))
    associated_with = _seconds(_pairs(statements, kinds.ASSOCIATION, 2, 1))
    for pair, attribution in _pairs(statements, kinds.ATTRIBUTION, 1, 2).items():
        entity, agent = pair
        if not generated_by[entity].isdisjoint(associated_with[agent]):
            continue
        inferred, activity = Inferred(13, (attribution,)), terms.fresh()
        conclusion = (terms.fresh(), entity, activity, terms.fresh())
        statements.infer(kinds.GENERATION, conclusion, inferred)
        conclusion = (terms.fresh(), activity, agent, terms.fresh())
        statements.infer(kinds.ASSOCIATION, conclusion, inferred)


def _generations_and_invalidations_of_entities(statements: ClosedStatements) -> None:
    """Inference 7: an entity was generated, and will have been invalidated."""
    terms = statements.terms
    for kind in (kinds.GENERATION, kinds.INVALIDATION):
        known = {terms.find(event.terms[1]) for event in statements.of(kind)}
        for entity in statements.of(kinds.ENTITY):
            if terms.find(entity.terms[0]) in known:
                continue
            conclusion = (terms.fresh(), entity.terms[0], terms.fresh(), terms.fresh())
            statements.infer(kind, conclusion, Inferred(7, (entity,)))


def communications(statements: ClosedStatements) -> None:
    """Inference 6: an activity that used what another generated was informed by it."""
    find, terms = statements.terms.find, statements.terms
    generations: defaultdict[int, dict[int, Statement]] = defaultdict(dict)
    for generation in statements.of(kinds.GENERATION):
        entity, activity = find(generation.terms[1]), find(generation.terms[2])
        generations[entity].setdefault(activity, generation)
    known = set(_pairs(statements, kinds.COMMUNICATION, 1, 2))
    for usage in statements.of(kinds.USAGE):
        informed = find(usage.terms[1])
        for informant, generation in generations.get(find(usage.terms[2]), {}).items():
            if (informed, informant) not in known:
                known.add((informed, informant))
                statements.infer(
                    kinds.COMMUNICATION,
                    (terms.fresh(), informed, informant),
                    Inferred(6, (generation, usage)),
                )


def influences(statements: ClosedStatements) -> None:
    """Inference 15: each relation is an influence with its identifier and attributes."""
    for kind in kinds.RELATIONS:
        if kind is kinds.INFLUENCE or kind.influence is None:
            continue
        effect, cause = kind.influence
        for statement in statements.of(kind):
            terms = statement.terms
            statements.infer(
                kinds.INFLUENCE,
                (terms[0], terms[effect], terms[cause]),
                Inferred(15, (statement,)),
                statement.attributes,
            )


def specialization_closure(statements: ClosedStatements) -> dict[int, set[int]]:
    """Inference 19: return, for each entity, all that it specializes."""
    direct = dict(_seconds(_pairs(statements, kinds.SPECIALIZATION, 1, 2)))
    closure: dict[int, set[int]] = {}
    for start, generals in direct.items():
        reached: set[int] = set()
        waiting = list(generals)
        while waiting:
            general = waiting.pop()
            if general in reached:
                continue
            reached.add(general)
            if general in closure:
                reached |= closure[general]
            else:
                waiting.extend(direct.get(general, ()))
        closure[start] = reached
    return closure


def inherited_attributes(
    statements: ClosedStatements, closure: dict[int, set[int]]
) -> dict[int, frozenset[Attribute]]:
    """Inference 21: return the attributes of each entity with those of what it specializes."""
    find = statements.terms.find
    own = {find(entity.terms[0]): entity.attributes for entity in statements.of(kinds.ENTITY)}
    return {
        term: frozenset(attributes).union(
            *(own.get(general, NO_ATTRIBUTES) for general in closure.get(term, ()))
        )
        for term, attributes in own.items()
    }


def alternate_classes(
    statements: ClosedStatements, closure: dict[int, set[int]]
) -> list[list[int]]:
    """Inferences 12, 16-18 and 20: return the classes of entities that are alternates.

    Every entity stated is at least an alternate of itself.
    """
    find = statements.terms.find
    leader: dict[int, int] = {
        find(e.terms[0]): find(e.terms[0]) for e in statements.of(kinds.ENTITY)
    }

    def lead(entity: int) -> int:
        leader.setdefault(entity, entity)
        while leader[entity] != entity:
            leader[entity] = leader[leader[entity]]
            entity = leader[entity]
        return entity

    related = [*_pairs(statements, kinds.ALTERNATE, 1, 2)]
    related.extend((specific, general) for specific in closure for general in closure[specific])
    related.extend(
        (find(derivation.terms[1]), find(derivation.terms[2]))
        for derivation in statements.of(kinds.DERIVATION)
        if not REVISION.isdisjoint(derivation.attributes)
    )
    for one, other in related:
        leader[lead(one)] = lead(other)
    classes: defaultdict[int, list[int]] = defaultdict(list)
    for entity in list(leader):
        classes[lead(entity)].append(entity)
    return list(classes.values())
