"""Calls in comprehensions: nobody looks into their rounds, so what they have called is told by the text.

`{name: f1_score(y, model.predict(X)) for name, model in models.items()}` has measured once for each model; what the
names mean is said by the imports of the program.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Invocations
from provkit.assembly.origins import walked_back
from provkit.bindings import COMPREHENSIONS, dotted
from provkit.knowledge import Entry

_REACH = 60
_HOLDERS = frozenset({"dict", "list", "tuple", "set", "collections.OrderedDict"})
_LEARNERS = frozenset({"estimator", "clusterer", "search", "pipeline", "booster"})
_AS_NUMBER = frozenset({"float", "round", "abs"})
_COPIES = frozenset({"sklearn.base.clone", "copy.copy", "copy.deepcopy"})


@dataclass(frozen=True, slots=True)
class MethodCalled:
    """A method that is called in each round of a comprehension."""

    statement: Statement
    call: ast.Call
    name: str
    made: str | None
    """Qualified name of what the round has constructed for it: `DecisionTreeClassifier(max_depth=d).fit(X, y)`."""
    members: tuple[int, ...]
    """Versions of the objects that the rounds go through, after the statement."""
    is_copied: bool
    """What was called is a copy of such an object, which stays as it was."""


class Comprehended:
    """Knows what was called in the rounds of comprehensions, and on what."""

    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._imported = _imported(invocations)
        self._origins = invocations.derivations.origins
        self._revised: dict[int, list[int]] = {}
        for value, origin in sorted(self._origins.items()):
            if origin.revision_of is not None:
                self._revised.setdefault(origin.revision_of, []).append(value)

    def methods(self, *names: str) -> Iterator[MethodCalled]:
        """List the calls of methods with one of the names, in the order of their statements."""
        told: set[int] = set()
        for statement in self._invocations.gathered.statements.values():
            node = self._invocations.node_of(statement)
            if node is None or statement.order in told or not statement.chunks:
                continue
            told.add(statement.order)
            for call in _calls_in_rounds(node):
                if isinstance(call.func, ast.Attribute) and call.func.attr in names:
                    yield self._method(statement, node, call, call.func)

    def attributes(self, *names: str) -> Iterator[tuple[Statement, ast.Attribute]]:
        """List the attributes with one of the names that are read in the rounds of comprehensions."""
        told: set[int] = set()
        for statement in self._invocations.gathered.statements.values():
            node = self._invocations.node_of(statement)
            if node is None or statement.order in told or not statement.chunks:
                continue
            told.add(statement.order)
            for part in _in_rounds(node):
                if isinstance(part, ast.Attribute) and part.attr in names:
                    yield statement, part

    def _method(
        self, statement: Statement, node: ast.stmt, call: ast.Call, method: ast.Attribute
    ) -> MethodCalled:
        made, is_copied = None, False
        of: ast.expr = method.value
        for part in ast.walk(of):
            name = _qualified(part.func, self._imported) if isinstance(part, ast.Call) else None
            entry = self._invocations.knowledge.entry(name) if name is not None else None
            is_copied = is_copied or name in _COPIES
            if made is None and entry is not None and entry.concept in _LEARNERS:
                made = entry.result[0] if entry.result[:1] not in ((), ("self",)) else name
        members = () if made is not None else self.gone_through(statement, node, of)
        return MethodCalled(statement, call, method.attr, made, members, is_copied)

    def gone_through(
        self, statement: Statement, node: ast.stmt, expression: ast.AST
    ) -> tuple[int, ...]:
        """List the fitted and other learners among what the names of an expression stand for in the rounds."""
        names = {one.id for one in ast.walk(expression) if isinstance(one, ast.Name)}
        held = self.held(statement)
        found: dict[int, None] = {}
        for inner in ast.walk(node):
            for generator in inner.generators if isinstance(inner, COMPREHENSIONS) else ():
                bound = {one.id for one in ast.walk(generator.target) if isinstance(one, ast.Name)}
                for one in ast.walk(generator.iter) if bound & names else ():
                    if isinstance(one, ast.Name) and one.id in held:
                        found.update(dict.fromkeys(self.members(held[one.id], statement)))
        for name in names & held.keys():
            if self._is_learner(held[name]):
                found[self._latest(held[name], statement)] = None
        return tuple(found)

    def held(self, statement: Statement) -> dict[str, int]:
        """Give the versions that a statement has read, by name."""
        found: dict[str, int] = {}
        analysis = self._invocations.analysis(statement.plan)
        for chunk in statement.chunks:
            for site, values in chunk.reads.items():
                name = analysis.name_at(site) if analysis is not None else None
                found.setdefault(name or site, values[0])
        return found

    def members(self, value: int, statement: Statement) -> Iterator[int]:
        """List the learners that a container holds, as they are after a statement."""
        values = self._invocations.gathered.values

        def behind(one: int) -> list[int]:
            origin = self._origins.get(one)
            if one not in values or values[one].type not in _HOLDERS or origin is None:
                return []
            return [source for source in origin.data if isinstance(source, int)]

        for one in walked_back([value], behind, _REACH):
            if self._is_learner(one):
                yield self._latest(one, statement)

    def _is_learner(self, value: int) -> bool:
        seen = self._invocations.gathered.values.get(value)
        entry = self._invocations.knowledge.entry(seen.type) if seen is not None else None
        return entry is not None and entry.concept in _LEARNERS

    def _latest(self, value: int, statement: Statement) -> int:
        """Give the version of an object that a statement has left."""
        for _ in range(_REACH):
            later = [
                one
                for one in self._revised.get(value, ())
                if (self._origins[one].generated_by or 0) <= statement.order
            ]
            if not later:
                break
            value = later[-1]
        return value

    def numbers(self, statement: Statement, node: ast.stmt, call: ast.expr) -> list[float]:
        """List what a call has given in the rounds, where that is all that the comprehension gathers."""
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        gathered = getattr(node, "value", None)
        if not isinstance(target, ast.Name):
            return []
        if isinstance(gathered, ast.DictComp):
            given: ast.expr = gathered.value
        elif isinstance(gathered, ast.ListComp):
            given = gathered.elt
        else:
            return []
        while isinstance(given, ast.Call) and given is not call:
            if isinstance(given.func, ast.Attribute) and given.func.attr == "mean":
                given = given.func.value  # over folds
            elif dotted(given.func) in _AS_NUMBER and given.args:
                given = given.args[0]
            else:
                return []
        if given is not call:
            return []
        for chunk in statement.chunks:
            for name, version in chunk.binds:
                if name == target.id:
                    return self._numbers_in(version)
        return []

    def _numbers_in(self, version: int) -> list[float]:
        seen = self._invocations.gathered.values.get(version)
        shown = str(seen.description.get("preview", "")) if seen is not None else ""
        try:
            found = ast.literal_eval(shown)
        except (SyntaxError, ValueError, RecursionError):
            return []
        members = list(found.values()) if isinstance(found, dict) else found
        length = seen.description.get("length") if seen is not None else None
        if not isinstance(members, list) or length not in (None, len(members)):
            return []
        is_all = all(isinstance(one, float | int) and type(one) is not bool for one in members)
        return [float(one) for one in members] if is_all else []


def called_in_comprehensions(
    invocations: Invocations,
) -> Iterator[tuple[Statement, ast.Call, str, Entry]]:
    """List the calls of what is known in comprehensions: of each the statement, its text, what was called."""
    imported = _imported(invocations)
    told: set[int] = set()
    for statement in invocations.gathered.statements.values():
        node = invocations.node_of(statement)
        if node is None or statement.order in told or not statement.chunks:
            continue
        told.add(statement.order)
        for call in _calls_in_rounds(node):
            name = _qualified(call.func, imported)
            entry = invocations.knowledge.entry(name) if name is not None else None
            if name is not None and entry is not None:
                yield statement, call, name, entry


def _calls_in_rounds(node: ast.stmt) -> Iterator[ast.Call]:
    return (one for one in _in_rounds(node) if isinstance(one, ast.Call))


def _in_rounds(node: ast.stmt) -> Iterator[ast.expr]:
    """List what is in the rounds of a statement's comprehensions, not what is in statements inside it."""
    waiting: deque[tuple[ast.AST, bool]] = deque([(node, False)])
    while waiting:
        current, in_rounds = waiting.popleft()
        if isinstance(current, ast.expr) and in_rounds:
            yield current
        in_rounds = in_rounds or isinstance(current, COMPREHENSIONS)
        waiting.extend(
            (child, in_rounds)
            for child in ast.iter_child_nodes(current)
            if not isinstance(child, ast.stmt | ast.Lambda | ast.ExceptHandler | ast.match_case)
        )


def _imported(invocations: Invocations) -> dict[str, str]:
    """Give what the program's imports say that its names mean."""
    found: dict[str, str] = {}
    for tree in invocations.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for one in node.names:
                    head = one.name.partition(".")[0]
                    found[one.asname or head] = one.name if one.asname else head
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    found[one.asname or one.name] = f"{node.module}.{one.name}"
    return found


def _qualified(node: ast.expr, imported: dict[str, str]) -> str | None:
    root, dot, rest = dotted(node).partition(".")
    return f"{imported[root]}{dot}{rest}" if root in imported else None
