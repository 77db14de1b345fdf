"""Constraints 30 to 49: the order of events, and cycles in it.

Most constraints say that one event precedes another or is simultaneous; a
cycle of those is no contradiction. Constraint 42 says *strictly* precedes, so
an instance has no consistent order if and only if a strict step lies within a
strongly connected component of the graph of all steps.

The graph stays linear in the number of statements: all generations of an
entity are simultaneous (Constraint 39), so the first stands for all of them
(likewise invalidations, starts and ends), and the transitive closure of
specialization is walked through a node of its own for each entity.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from provkit.constraints import kinds
from provkit.constraints.graph import Digraph
from provkit.constraints.kinds import Kind
from provkit.constraints.report import Step, Violation, violation
from provkit.constraints.statements import Statement
from provkit.constraints.uniqueness import ClosedStatements
from provkit.constraints.wording import Wording


class _Reason(NamedTuple):
    constraint: int
    statement: Statement


# Constraint by which all events of a kind, of one entity or activity, are simultaneous.
_FIRST_OF = {
    kinds.GENERATION: 39,
    kinds.INVALIDATION: 40,
    kinds.START: 31,
    kinds.END: 32,
}


class EventOrder:
    """The graph of events.

    Attributes:
        events: The event of each node; None for a node to pass through.
        strict: The edges that say *strictly* precedes.
    """

    def __init__(self, statements: ClosedStatements) -> None:
        self._statements = statements
        self._find = statements.terms.find
        self.graph: Digraph[_Reason] = Digraph()
        self.events: list[Statement | None] = []
        self.strict: list[int] = []
        self._nodes: dict[int, int] = {}
        self._first: dict[Kind, dict[int, int]] = {kind: {} for kind in _FIRST_OF}
        self._number_events()

    def _number_events(self) -> None:
        for kind in kinds.EVENTS:
            for event in self._statements.of(kind):
                node = self._nodes[id(event)] = len(self.events)
                self.events.append(event)
                if kind not in _FIRST_OF:
                    continue
                first = self._first[kind].setdefault(self._find(event.terms[1]), node)
                if first != node:
                    self.graph.add_edge(first, node, _Reason(_FIRST_OF[kind], event))
                    self.graph.add_edge(node, first, _Reason(_FIRST_OF[kind], event))

    def first(self, kind: Kind, of: int) -> int | None:
        """Return the event of a kind that an entity or activity has, if any."""
        return self._first[kind].get(self._find(of))

    def node(self, event: Statement) -> int:
        """Return the node of an event."""
        return self._nodes[id(event)]

    def precedes(
        self, earlier: int | None, later: int | None, constraint: int, because: Statement
    ) -> None:
        """Add a step unless one of the two events does not exist."""
        if earlier is not None and later is not None and earlier != later:
            self.graph.add_edge(earlier, later, _Reason(constraint, because))

    def strictly_precedes(
        self, earlier: int | None, later: int | None, constraint: int, because: Statement
    ) -> None:
        """Add a strict step unless one of the two events does not exist."""
        if earlier is not None and later is not None:
            self.strict.append(self.graph.add_edge(earlier, later, _Reason(constraint, because)))

    def passage(self) -> int:
        """Add a node that is no event, for relations that are transitive by themselves."""
        self.events.append(None)
        return len(self.events) - 1


def disorders(statements: ClosedStatements, wording: Wording) -> Iterator[Violation]:
    """Yield a violation for each group of events that cannot be put in order."""
    order = event_order(statements)
    for edges in order.graph.shortest_cycles(order.strict):
        yield _describe(order, edges, wording)


def event_order(statements: ClosedStatements) -> EventOrder:
    """Return the graph of what precedes what among saturated statements."""
    order = EventOrder(statements)
    _order_within_activities(order, statements)
    _order_lifetimes(order, statements)
    _order_derivations(order, statements)
    _order_specializations(order, statements)
    _order_agents(order, statements)
    return order


def _order_within_activities(order: EventOrder, statements: ClosedStatements) -> None:
    """Constraints 30 and 33 to 35."""
    for start in statements.of(kinds.START):
        activity = start.terms[1]
        order.precedes(order.node(start), order.first(kinds.END, activity), 30, start)
    for kind, place, number in ((kinds.USAGE, 1, 33), (kinds.GENERATION, 2, 34)):
        for event in statements.of(kind):
            activity, node = event.terms[place], order.node(event)
            order.precedes(order.first(kinds.START, activity), node, number, event)
            order.precedes(node, order.first(kinds.END, activity), number, event)
    for communication in statements.of(kinds.COMMUNICATION):
        _, informed, informant = communication.terms
        order.precedes(
            order.first(kinds.START, informant),
            order.first(kinds.END, informed),
            35,
            communication,
        )


def _order_lifetimes(order: EventOrder, statements: ClosedStatements) -> None:
    """Constraints 36 to 38, 43 and 44: an entity is there from generation to invalidation."""
    for generation in statements.of(kinds.GENERATION):
        last = order.first(kinds.INVALIDATION, generation.terms[1])
        order.precedes(order.node(generation), last, 36, generation)
    for usage in statements.of(kinds.USAGE):
        entity, node = usage.terms[2], order.node(usage)
        order.precedes(order.first(kinds.GENERATION, entity), node, 37, usage)
        order.precedes(node, order.first(kinds.INVALIDATION, entity), 38, usage)
    for kind, number in ((kinds.START, 43), (kinds.END, 44)):
        for event in statements.of(kind):
            trigger, node = event.terms[2], order.node(event)
            order.precedes(order.first(kinds.GENERATION, trigger), node, number, event)
            order.precedes(node, order.first(kinds.INVALIDATION, trigger), number, event)


def _order_derivations(order: EventOrder, statements: ClosedStatements) -> None:
    """Constraints 41 and 42."""
    for derivation in statements.of(kinds.DERIVATION):
        _, generated, used, _, generation, usage = derivation.terms
        order.strictly_precedes(
            order.first(kinds.GENERATION, used),
            order.first(kinds.GENERATION, generated),
            42,
            derivation,
        )
        earlier = statements.identified(kinds.USAGE, usage)
        later = statements.identified(kinds.GENERATION, generation)
        if earlier is not None and later is not None:
            order.precedes(order.node(earlier), order.node(later), 41, derivation)


def _order_specializations(order: EventOrder, statements: ClosedStatements) -> None:
    """Constraints 45 and 46 over the transitive closure of Inference 19.

    Each entity gets a node to pass through, so that a chain of n
    specializations needs n steps and not n squared.
    """
    find = statements.terms.find
    for kind, number, outwards in ((kinds.GENERATION, 45, True), (kinds.INVALIDATION, 46, False)):
        passages: dict[int, int] = {}
        for specialization in statements.of(kinds.SPECIALIZATION):
            _, specific, general = map(find, specialization.terms)
            for entity in (specific, general):
                if entity not in passages:
                    passages[entity] = passage = order.passage()
                    event = order.first(kind, entity)
                    order.precedes(event, passage, number, specialization)
                    order.precedes(passage, event, number, specialization)
            earlier, later = (general, specific) if outwards else (specific, general)
            order.precedes(passages[earlier], passages[later], number, specialization)


def _order_agents(order: EventOrder, statements: ClosedStatements) -> None:
    """Constraints 47 to 49: agents are there when they act, whatever else they are."""
    first = order.first
    start, end = kinds.START, kinds.END
    generation, invalidation = kinds.GENERATION, kinds.INVALIDATION
    for association in statements.of(kinds.ASSOCIATION):
        _, activity, agent, _ = association.terms
        order.precedes(first(start, activity), first(invalidation, agent), 47, association)
        order.precedes(first(generation, agent), first(end, activity), 47, association)
        order.precedes(first(start, activity), first(end, agent), 47, association)
        order.precedes(first(start, agent), first(end, activity), 47, association)
    for attribution in statements.of(kinds.ATTRIBUTION):
        _, entity, agent = attribution.terms
        order.precedes(first(generation, agent), first(generation, entity), 48, attribution)
        order.precedes(first(start, agent), first(generation, entity), 48, attribution)
    for delegation in statements.of(kinds.DELEGATION):
        _, delegate, responsible, _ = delegation.terms
        order.precedes(
            first(generation, responsible), first(invalidation, delegate), 49, delegation
        )
        order.precedes(first(start, responsible), first(end, delegate), 49, delegation)


def _describe(order: EventOrder, edges: list[int], wording: Wording) -> Violation:
    graph = order.graph
    strict = set(order.strict)
    steps: list[Step] = []
    statements: dict[str, None] = {}
    because: dict[str, None] = {}
    origin = graph.sources[edges[0]]
    for edge in edges:
        label = graph.labels[edge]
        because[wording.statement(label.statement)] = None
        if order.events[graph.targets[edge]] is None:
            continue
        earlier, later = order.events[origin], order.events[graph.targets[edge]]
        origin = graph.targets[edge]
        assert earlier is not None
        assert later is not None
        steps.append(
            Step(
                earlier=wording.event(earlier),
                later=wording.event(later),
                strictly=edge in strict,
                constraint=label.constraint,
                statement=" and ".join(because),
            )
        )
        statements |= because
        because = {}
    first = steps[0]
    message = (
        f"The {first.earlier} must come strictly before the {first.later},"
        " yet it cannot come before it"
        if len(steps) > 1
        else f"The {first.earlier} would have to come strictly before itself"
    )
    return violation(42, f"{message}: these events have no order.", tuple(statements), tuple(steps))
