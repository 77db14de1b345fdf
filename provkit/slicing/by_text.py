"""What of a function or a loop that was not looked into can matter to what comes after, by its text alone."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from functools import cached_property

from provkit.bindings import DEFINITIONS, declarations, dotted
from provkit.excerpt import SourceText, Statement
from provkit.statement_syntax import (
    FUNCTIONS,
    TRIES,
    is_idle,
    names_bound,
    names_read,
    roots_changed,
)


class ByText:
    """Asks a text what its functions and loops need."""

    def __init__(self, text: SourceText) -> None:
        """Take the text."""
        self._text = text

    def needed_in_loop(
        self,
        loop: str,
        kept: Iterable[str],
        names: Iterable[str],
        unchangeable: Collection[str] = (),
    ) -> set[str]:
        """Find what of a loop its kept statements, and the last values of names, can have come from.

        By the text alone, for a loop whose rounds were not looked into: a name that is bound from what another
        holds may be that object, and an object that was given another as it was made may hold it, so what changes
        the one changes the other.
        """
        inside = {one.key: one for one in self._text.inside(loop)}
        binders = {
            name: {key for key in keys if name in names_bound(inside[key].node)}
            for name, keys in self._binders_in(loop).items()
        }
        changers = self._changers_in(loop)
        aliases = _aliases(inside.values())
        for name, holders in self._holders.items():
            aliases.setdefault(name, set()).update(holders)
        needed = {key for key in kept if key in inside} | set(self._text.jumps_in(loop))
        wanted = set(names) | names_read(self._text.statements[loop].node)
        done: set[str] = set()
        while True:
            needed |= self._tried_for(needed, inside)
            for key in needed:
                wanted |= names_read(inside[key].node)
                wanted.update(
                    name
                    for one in self._text.around(key)
                    if one.key in inside
                    for name in names_read(one.node)
                )
            fresh = wanted - done
            if not fresh:
                return needed
            done |= fresh
            for name in fresh:
                needed |= binders.get(name, set())
                if name not in unchangeable:
                    needed |= changers.get(name, set())
                    for other in aliases.get(name, set()) - set(unchangeable):
                        needed |= changers.get(other, set())

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """For each name, the names of objects that were made of it, by a class: a scheduler holds its optimizer."""
        found: dict[str, set[str]] = {}
        for one in self._text.statements.values():
            node = one.node
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            if not dotted(node.value.func).rpartition(".")[2][:1].isupper():
                continue
            made = names_bound(node)
            for given in (*node.value.args, *(part.value for part in node.value.keywords)):
                root = _root_of_calls(given)
                if isinstance(root, ast.Name):
                    found.setdefault(root.id, set()).update(made)
        return found

    def _tried_for(self, keys: Iterable[str], inside: Collection[str]) -> set[str]:
        """List what the `try` statements around some of a loop try: whether the rest of them runs hangs on that."""
        tries = {
            outer.key: outer
            for key in keys
            for outer in (self._text.statements[key], *self._text.around(key))
            if outer.key in inside and isinstance(outer.node, TRIES) and outer.node.handlers
        }
        return {
            one.key
            for outer in tries.values()
            for tried in map(self._text.statements.__getitem__, outer.blocks[0].statements)
            for one in (tried, *self._text.inside(tried.key))
        }

    def live_in(self, key: str, kept: Collection[str]) -> set[str]:
        """Find what of a function or loop can matter to what comes after, by the text alone.

        Left out is what only binds names that nothing reads which matters, or prints.
        """
        inside = {one.key: one for one in self._text.inside(key)}
        idle = {
            one.key
            for one in inside.values()
            if one.key not in kept and is_idle(one.node) and self._binds_its_own(one, key)
        }
        live = inside.keys() - idle
        while True:
            names = {name for one in live for name in names_read(inside[one].node)}
            names |= names_read(self._text.statements[key].node)
            woken = {one for one in idle if names & set(names_bound(inside[one].node))}
            if not woken:
                return set(live)
            idle -= woken
            live = live | woken

    def _binds_its_own(self, one: Statement, region: str) -> bool:
        """Tell whether nobody outside a function sees what a statement in it binds."""
        scope = self._text.statements[one.scope] if one.scope is not None else None
        if scope is None or not isinstance(scope.node, FUNCTIONS):
            return not names_bound(one.node)
        declared = set().union(*declarations(scope.node.body))
        is_inside = scope.key == region or any(
            o.key == region for o in self._text.around(scope.key)
        )
        return not names_bound(one.node) or (
            is_inside and not declared & set(names_bound(one.node))
        )

    def names_changed_in(self, loop: str) -> set[str]:
        """List the names that a loop may bind, or whose object it may change, and of what it calls."""
        named = {name for one in self._text.inside(loop) for name in names_read(one.node)}
        called = {name for name in named if self._is_function(name, loop)}
        return {*self._binders_in(loop), *names_bound(self._text.statements[loop].node), *called}

    def _is_function(self, name: str, key: str) -> bool:
        bindings = self._text.bindings_of(name, self._text.statements[key].scope)
        return any(isinstance(binding.node, FUNCTIONS) for binding in bindings)

    def _binders_in(self, loop: str) -> dict[str, set[str]]:
        """By name, the statements in a loop that may bind it or change its object."""
        binders = self._changers_in(loop)
        for one in self._text.inside(loop):
            for name in names_bound(one.node):
                binders.setdefault(name, set()).add(one.key)
        return binders

    def _changers_in(self, loop: str) -> dict[str, set[str]]:
        """By name, the statements in a loop that may change its object."""
        changers: dict[str, set[str]] = {}
        for one in self._text.inside(loop):
            for name in roots_changed(one.node):
                changers.setdefault(name, set()).add(one.key)
        return changers


def _aliases(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """For each name, the names that are bound from it in the same text, directly."""
    found: dict[str, set[str]] = {}
    for one in statements:
        if isinstance(one.node, DEFINITIONS):
            continue
        bound = names_bound(one.node)
        for name in names_read(one.node) if bound else ():
            found.setdefault(name, set()).update(bound)
    return found


def _root_of_calls(node: ast.expr) -> ast.expr:
    """Go down to what an expression like `model.layers[0].parameters()` is asked of."""
    while True:
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return node
