"""Names that were deleted, and which values ended with them.

That a name is deleted ends a binding; the object may live on under another name, inside a container or in a model.
A value is said to have ended only where none of these can be, and nothing that began later used it.
"""

from __future__ import annotations

from collections.abc import Iterable

from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Gathered, Statement


class Deletions:
    """What was deleted in a trial."""

    def __init__(self, gathered: Gathered, derivations: Derivations) -> None:
        self._gathered = gathered
        self._derivations = derivations
        self._told: dict[int, dict[str, None]] = {}
        self.ended: dict[int, int] = {}
        """For each value that has ended, the order of the execution that deleted its last name."""
        self._known = {name for names in derivations.names.values() for name in names}
        deleted = any(statement.unbinds for statement in gathered.statements.values())
        if deleted:
            self._follow()

    def of(self, order: int) -> tuple[str, ...]:
        """List the variables that an execution deleted, of those that ever held a value that is told."""
        return tuple(self._told.get(order, ()))

    def _follow(self) -> None:
        """Go through what was bound, changed and deleted, moment by moment."""
        holders: dict[str, int] = {}
        candidates: list[tuple[int, int]] = []
        for _, statement, binds, changes, unbinds in sorted(
            self._moments(), key=lambda moment: moment[0]
        ):
            newer = dict(changes)
            for name, value in holders.items():
                holders[name] = newer.get(value, value)
            holders.update(binds)
            for name in unbinds:
                if name in self._known:
                    self._told.setdefault(statement.order, {})[name] = None
                if name not in holders:
                    continue
                value = holders.pop(name)
                if statement.activation is None and not self._lives_on(value, holders.values()):
                    candidates.append((value, statement.order))
        last_use = self._last_uses()
        for value, order in candidates:
            if last_use.get(value, 0) <= order:
                self.ended.setdefault(value, order)

    def _moments(
        self,
    ) -> Iterable[tuple[int, Statement, dict[str, int], list[tuple[int, int]], list[str]]]:
        scoped = self._derivations.scoped
        for statement in self._gathered.statements.values():
            for chunk in statement.chunks:
                binds = {scoped(statement, name): value for name, value in chunk.binds}
                yield chunk.moment, statement, binds, chunk.changes, []
            for call in statement.made:
                binds = {scoped(statement, name): value for name, value in call.binds}
                yield call.moment, statement, binds, call.changes, []
            for moment, name in statement.unbinds:
                yield moment, statement, {}, [], [scoped(statement, name)]

    def _lives_on(self, value: int, held: Iterable[int]) -> bool:
        """Tell whether something that has a name may hold a value, or is it."""
        for other in set(held):
            if other == value:
                return True
            origin = self._derivations.origins.get(other)
            if origin is not None and value in origin.data and not self._is_flat(other):
                return True
        return False

    def _is_flat(self, value: int) -> bool:
        """Tell whether a value holds no other: a number, a text, an array, a table."""
        described = self._gathered.values[value].description
        return not described.keys().isdisjoint(("scalar", "dtype", "columns"))

    def _last_uses(self) -> dict[int, int]:
        """Give for each value the last execution that used it, or made something of it."""
        last: dict[int, int] = {}
        for order, used in self._derivations.used.items():
            for source in used:
                if isinstance(source, int):
                    last[source] = max(last.get(source, 0), order)
        for origin in self._derivations.origins.values():
            for source in (*origin.data, *origin.control):
                if isinstance(source, int):
                    last[source] = max(last.get(source, 0), origin.generated_by or 0)
        return last
