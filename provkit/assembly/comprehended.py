"""Calls in comprehensions: nobody looks into their rounds, so what they have called is told by the text.

`{name: f1_score(y, model.predict(X)) for name, model in models.items()}` has measured once for each model; what the
names mean is said by the imports of the program.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Invocations
from provkit.bindings import COMPREHENSIONS, dotted
from provkit.knowledge import Entry


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
    """List the calls in the rounds of a statement's comprehensions, not those of statements inside it."""
    waiting: deque[tuple[ast.AST, bool]] = deque([(node, False)])
    while waiting:
        current, in_rounds = waiting.popleft()
        if isinstance(current, ast.Call) and in_rounds:
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
