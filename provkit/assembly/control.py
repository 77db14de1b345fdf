"""What was read by the tests that a value was made under, and by those that could have made it another one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from provkit.assembly.gathering import Gathered, Statement
from provkit.assembly.origins import Origin, Origins, Place, Source
from provkit.dataflow import Flow
from provkit.source import SourceAnalysis


class Control(Origins):
    """Follows tests: of `if`, of loops, of handlers of exceptions."""

    def __init__(self, gathered: Gathered, analyses: dict[int, SourceAnalysis]) -> None:
        super().__init__(gathered, analyses)
        self._conditional: dict[Place, dict[Source, None]] = {}
        """For a name that a test could have bound since it was bound, and did not, what the test read."""
        self._deciding: dict[Place, int] = {}
        """For such a name, the order of the test that could have done so last."""
        self._open_tests: list[Statement] = []
        self._last_bound: dict[Place, int] = {}
        self._entered: dict[int, dict[Source, None]] = {}
        """For each activation, what decided that it ran: what its call ran under, and what was called."""
        self._left: dict[int, dict[Source, None]] = {}
        """For each activation or loop, what the tests read that could have left it and did not."""

    def _control(self, statement: Statement, until: int) -> dict[Source, None]:
        """Find what was read by the tests and caught exceptions under which a statement ran."""
        sources: dict[Source, None] = {}
        for order in statement.caught:
            sources.update(self.used.get(order, {}))
        for ancestor in self._ancestors(statement):
            sources.update(self._tested_by(ancestor, until))
            sources.update(self._left.get(ancestor.order, {}))
            for order in ancestor.caught:
                sources.update(self.used.get(order, {}))
        sources.update(self._tested_by(statement, until))
        if statement.activation is not None:
            sources.update(self._entered.get(statement.activation, {}))
            sources.update(self._left.get(-statement.activation, {}))
        return sources

    def _tested_by(self, statement: Statement, until: int | None = None) -> dict[Source, None]:
        """Find what a statement's test was made from; nothing for a statement that tests nothing.

        Of a loop's tests only those count that were made by the moment `until`: what a round made does
        not come from what was read to decide on a later one.
        """
        flow = self.dataflow(statement)
        if flow.test is None or not statement.chunks:
            return {}
        sources: dict[Source, None] = {}
        for chunk in statement.chunks if flow.is_loop else statement.chunks[:1]:
            if until is not None and chunk.moment > until:
                break
            sources.update(dict.fromkeys(self._inside(flow, flow.test, chunk)))
        return sources

    def _tried_in(self, statement: Statement) -> dict[Source, None]:
        """Find what was read by what a `try` tried: whether a handler ran hangs on that."""
        sources: dict[Source, None] = {}
        waiting = list(self._children.get(statement.order, ()))
        while waiting:
            inner = waiting.pop()
            sources.update(self.used.get(inner.order, {}))
            waiting.extend(self._children.get(inner.order, ()))
        return sources

    @cached_property
    def _children(self) -> dict[int, list[Statement]]:
        """For each statement those right inside it, of the same function."""
        found: dict[int, list[Statement]] = {}
        for statement in self._gathered.statements.values():
            if statement.parent in self._gathered.statements:
                found.setdefault(statement.parent, []).append(statement)
        return found

    def _ancestors(self, statement: Statement) -> Iterable[Statement]:
        """List the statements around one in the same function, from the inside out."""
        current = statement
        while current.parent is not None and current.parent in self._gathered.statements:
            outer = self._gathered.statements[current.parent]
            if outer.activation != current.activation or outer.plan != current.plan:
                return
            current = outer
            yield current

    def _close_tests(self, statement: Statement) -> None:
        """Remember, of each test that has ended by now, what it could have bound, and what it could have left."""
        around = set(self._around(statement))
        while self._open_tests and self._open_tests[-1].order not in around:
            self._close_test(self._open_tests.pop())

    def _close_all_tests(self) -> None:
        """Do so at the program's end, when all tests have ended."""
        while self._open_tests:
            self._close_test(self._open_tests.pop())

    def _close_test(self, test: Statement) -> None:
        flow = self.dataflow(test)
        sources = self._tried_in(test) if flow.tries else self._tested_by(test)
        for name in flow.untaken:
            place = self._place(test, name)
            if self._last_bound.get(place, 0) < test.order:
                self._conditional.setdefault(place, {}).update(sources)
                self._deciding[place] = test.order
        if flow.jumps == "return" and test.activation is not None:
            self._left.setdefault(-test.activation, {}).update(sources)
        elif flow.jumps is not None:
            loop = next((one for one in self._ancestors(test) if self.dataflow(one).is_loop), None)
            if loop is not None:
                self._left.setdefault(loop.order, {}).update(sources)

    def _around(self, statement: Statement) -> Iterable[int]:
        """List all executions in which a statement runs, calls and callers included."""
        current = statement.parent
        while current is not None:
            yield current
            outer = self._gathered.statements.get(current) or self._gathered.calls.get(current)
            current = outer.parent if outer is not None else None

    def _add_conditional(self, origin: Origin, statement: Statement, part: Flow) -> None:
        origin.control.update(self._conditional_of(statement, part))

    def _conditional_of(self, statement: Statement, part: Flow) -> dict[Source, None]:
        """Find what decided that the names which a part reads are bound as they are."""
        found: dict[Source, None] = {}
        analysis = self._analyses.get(statement.plan)
        if analysis is None or not self._conditional:
            return found
        for site in (*part.reads, *part.peeks):
            name = analysis.name_at(site)
            if name is not None:
                found.update(self._conditional.get(self._place(statement, name), {}))
        return found
