"""Constraints 22 to 29: keys and uniqueness, and the merging that they ask for.

Statements are kept closed under merging: as soon as a statement is added, or
two terms are found equal, whatever follows is merged too (congruence closure
over union-find, the shorter list of occurrences being moved, so n statements
cost about n log n steps).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from provkit.constraints import kinds
from provkit.constraints.kinds import Kind
from provkit.constraints.statements import (
    NO_ATTRIBUTES,
    Attribute,
    Inferred,
    Instance,
    Statement,
)
from provkit.constraints.terms import ABSENT

KEY_OBJECT = 22
KEY_PROPERTIES = 23
# How many statements are looked through for the one that brought in a clashing constant: a
# document where everything clashes with everything is to be refused quickly all the same.
LOOKED_THROUGH = 1000
# Constraints 24 to 27: kind -> number and the two places that determine the event.
UNIQUE_EVENTS = {
    kinds.GENERATION: (24, 1, 2),
    kinds.INVALIDATION: (25, 1, 2),
    kinds.START: (26, 1, 3),
    kinds.END: (27, 1, 3),
}
# Constraints 28 and 29: kind of event -> number and the place of the activity's time.
_ACTIVITY_TIME = {kinds.START: (28, 1), kinds.END: (29, 2)}
_EVENT_TIME_PLACE = 4


class Cause(NamedTuple):
    """Why two terms must be equal: the constraint, two statements, and the places in them."""

    number: int
    left: Statement
    right: Statement
    left_place: int
    right_place: int


class Clash(NamedTuple):
    """Two different constants that a constraint wants to be equal."""

    cause: Cause
    left: int
    right: int


class ClosedStatements:
    """The statements of an instance, closed under the uniqueness constraints.

    `clashes` are the equalities that could not be made true; `merges` grows
    with each that was; `concluded` is where an inference notes what it has
    concluded already, if the statements cannot tell (after a clash).
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.terms = instance.terms
        self.clashes: list[Clash] = []
        self.merges = 0
        self.concluded: set[tuple[Kind, tuple[int, ...]]] = set()
        self._by_kind: dict[Kind, list[Statement]] = {kind: [] for kind in kinds.KINDS}
        self._by_identifier: dict[Kind, dict[int, Statement]] = {kind: {} for kind in kinds.KINDS}
        self._influences: dict[int, Statement] = {}
        self._unique: dict[Kind, dict[tuple[int, int], Statement]] = {
            kind: {} for kind in UNIQUE_EVENTS
        }
        self._events_of_activity: dict[Kind, defaultdict[int, list[Statement]]] = {
            kind: defaultdict(list) for kind in _ACTIVITY_TIME
        }
        self._occurrences: defaultdict[int, list[Statement]] = defaultdict(list)
        self._pending: deque[tuple[int, int, Cause]] = deque()
        for statement in instance.statements:
            self._add(statement)

    def of(self, kind: Kind) -> list[Statement]:
        """Return the statements of a kind, those that were merged away left out."""
        alive = [statement for statement in self._by_kind[kind] if statement.alive]
        self._by_kind[kind] = alive
        return list(alive)

    def all(self) -> Iterator[Statement]:
        """Yield every statement that was not merged away."""
        for kind in kinds.KINDS:
            yield from self.of(kind)

    def identified(self, kind: Kind, identifier: int) -> Statement | None:
        """Return the statement of a kind with that identifier, if there is one."""
        return self._by_identifier[kind].get(self.terms.find(identifier))

    def sources_of(self, constant: int, statement: Statement) -> list[Statement]:
        """Return a statement that writes a constant and has another term of `statement`."""
        find = self.terms.find
        shared = set(map(find, statement.terms)) - {find(ABSENT), constant}
        for source in self._occurrences[constant][:LOOKED_THROUGH]:
            written = any(
                self.terms.stated_as_constant(term) and find(term) == constant
                for term in source.terms
            )
            if written and not shared.isdisjoint(map(find, source.terms)):
                return [source]
        return []

    def infer(
        self,
        kind: Kind,
        terms: tuple[int, ...],
        inferred: Inferred,
        attributes: AbstractSet[Attribute] = NO_ATTRIBUTES,
    ) -> Statement:
        """Add a statement that an inference concludes."""
        statement = Statement(kind, terms, attributes, inferred)
        self._add(statement)
        return statement

    def _add(self, statement: Statement) -> None:
        self._by_kind[statement.kind].append(statement)
        find, occurrences = self.terms.find, self._occurrences
        for term in statement.terms:
            occurrences[find(term)].append(statement)
        self._index(statement)
        if self._pending:
            self._settle()

    def _index(self, statement: Statement) -> None:
        """Enter a statement under its keys, and note the equalities that follow."""
        kind = statement.kind
        if not kind.has_identifier:
            return
        identifier = self.terms.find(statement.terms[0])
        other = self._by_identifier[kind].setdefault(identifier, statement)
        if other is not statement:
            self._merge(other, statement)
            return
        if kind.influence:
            self._index_influence(identifier, statement)
        if kind in UNIQUE_EVENTS:
            self._index_unique(statement)
        if kind in _ACTIVITY_TIME:
            self._index_time(statement)
        elif kind is kinds.ACTIVITY:
            self._index_activity(identifier, statement)

    def _merge(self, kept: Statement, merged: Statement) -> None:
        """Constraints 22 and 23: statements with one identifier are one statement."""
        number = KEY_OBJECT if kept.kind.is_element else KEY_PROPERTIES
        merged.alive = False
        self.merges += 1
        kept.add_attributes(merged.attributes)
        for place, (left, right) in enumerate(zip(kept.terms, merged.terms, strict=True)):
            if left != right:
                self._pending.append((left, right, Cause(number, kept, merged, place, place)))
        kept.members.append(merged)
        self._index(kept)

    def _index_influence(self, identifier: int, statement: Statement) -> None:
        """Inference 15 with Constraint 23: whatever shares an identifier is one influence."""
        other = self._influences.setdefault(identifier, statement)
        if other.kind is statement.kind or _are_disjoint(other.kind, statement.kind):
            return
        assert other.kind.influence is not None
        assert statement.kind.influence is not None
        for left, right in zip(other.kind.influence, statement.kind.influence, strict=True):
            self._pending.append(
                (
                    other.terms[left],
                    statement.terms[right],
                    Cause(KEY_PROPERTIES, other, statement, left, right),
                )
            )

    def _index_unique(self, statement: Statement) -> None:
        number, first, second = UNIQUE_EVENTS[statement.kind]
        key = (self.terms.find(statement.terms[first]), self.terms.find(statement.terms[second]))
        index = self._unique[statement.kind]
        other = index.get(key)
        if other is None or not other.alive:
            index[key] = statement
        elif other is not statement:
            cause = Cause(number, other, statement, 0, 0)
            self._pending.append((other.terms[0], statement.terms[0], cause))

    def _index_time(self, event: Statement) -> None:
        number, place = _ACTIVITY_TIME[event.kind]
        activity = self.terms.find(event.terms[1])
        self._events_of_activity[event.kind][activity].append(event)
        stated = self._by_identifier[kinds.ACTIVITY].get(activity)
        if stated is not None:
            self._equate_time(number, stated, place, event)

    def _index_activity(self, activity: int, stated: Statement) -> None:
        for kind, (number, place) in _ACTIVITY_TIME.items():
            for event in self._events_of_activity[kind].get(activity, ()):
                if event.alive:
                    self._equate_time(number, stated, place, event)

    def _equate_time(self, number: int, stated: Statement, place: int, event: Statement) -> None:
        left, right = stated.terms[place], event.terms[_EVENT_TIME_PLACE]
        if self.terms.find(left) != self.terms.find(right):
            cause = Cause(number, stated, event, place, _EVENT_TIME_PLACE)
            self._pending.append((left, right, cause))

    def _settle(self) -> None:
        """Make the noted equalities true, and those that follow from them."""
        terms = self.terms
        while self._pending:
            left, right, cause = self._pending.popleft()
            kept, dropped = terms.find(left), terms.find(right)
            if kept == dropped:
                continue
            if not terms.is_existential(kept) and not terms.is_existential(dropped):
                self.clashes.append(Clash(cause, kept, dropped))
                continue
            self.merges += 1
            if len(self._occurrences[kept]) < len(self._occurrences[dropped]):
                kept, dropped = dropped, kept
            terms.join(kept, dropped)
            moved = self._occurrences.pop(dropped, [])
            self._occurrences[kept].extend(moved)
            for statement in moved:
                if statement.alive:
                    self._index(statement)


def _are_disjoint(one: Kind, other: Kind) -> bool:
    """Say whether Constraint 53 forbids the two to share an identifier anyway."""
    return one in kinds.DISJOINT_RELATIONS and other in kinds.DISJOINT_RELATIONS
