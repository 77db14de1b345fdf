"""Constraint 50: which identifiers are of entities, activities and agents.

Types are collected for existential variables too: a merged variable is of
every type that any of its places asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from provkit.constraints import kinds
from provkit.constraints.statements import EMPTY_COLLECTION, Statement
from provkit.constraints.uniqueness import ClosedStatements

_ELEMENT_SORT = {kinds.ENTITY: "entity", kinds.ACTIVITY: "activity", kinds.AGENT: "agent"}


@dataclass
class Types:
    """For each sort, the terms of it, with one statement that makes them so."""

    entity: dict[int, Statement] = field(default_factory=dict)
    activity: dict[int, Statement] = field(default_factory=dict)
    agent: dict[int, Statement] = field(default_factory=dict)
    empty_collection: dict[int, Statement] = field(default_factory=dict)


def types_of(statements: ClosedStatements) -> Types:
    """Collect the types that Constraint 50 concludes."""
    types = Types()
    find = statements.terms.find
    for kind in kinds.KINDS:
        places = _typed_places(kind, types)
        if not places:
            continue
        for statement in statements.of(kind):
            for place, typed in places:
                typed.setdefault(find(statement.terms[place]), statement)
    for entity in statements.of(kinds.ENTITY):
        if not EMPTY_COLLECTION.isdisjoint(entity.attributes):
            types.empty_collection.setdefault(find(entity.terms[0]), entity)
    absent = find(0)
    for typed in (types.entity, types.activity, types.agent):
        typed.pop(absent, None)
    return types


def _typed_places(kind: kinds.Kind, types: Types) -> list[tuple[int, dict[int, Statement]]]:
    by_sort = {"entity": types.entity, "activity": types.activity, "agent": types.agent}
    if kind.is_element:
        return [(0, by_sort[_ELEMENT_SORT[kind]])]
    return [
        (place, by_sort[parameter.sort])
        for place, parameter in enumerate(kind.parameters, 1)
        if parameter.sort
    ]
