"""Source text -> code that says what it reads, calls and binds, and does what it did before.

Each statement is put between two calls of hooks, and inside it every name that is read, every call
that is made and every object that is stored into passes through a hook that gives back what it got. The
calls themselves stay in the user's frame, so `sys._getframe`, `locals`, `eval` and tracebacks see what they
always saw. Nodes keep their places in the source.

Bodies of functions and loops are there twice: instrumented, and plain with marks, behind a guard that is an
attribute of a constant.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable

from provkit.bindings import statements_below
from provkit.capture.hooked_statements import Statements
from provkit.capture.marking import Marker
from provkit.capture.placeholders import at, hook_named
from provkit.capture.regions import FUNCTIONS, LOOPS, Tables

_STATEMENT_HOOKS = frozenset(
    {"begin", "bind", "caught", "end", "jump", "look", "looked", "next", "ran", "run"}
)
"""Hooks that stand by themselves at the level of a module."""


def rewrite(
    tree: ast.Module,
    twin: ast.Module | None,
    filename: str,
    tables: Tables,
    program: int,
    then: Callable[[ast.Module], None] | None = None,
) -> types.CodeType:
    """Instrument a program; both trees are changed. `with_hooks` has to follow.

    Args:
        tree: As `ast.parse` gave it.
        twin: The same once more: what runs when it is not looked into is taken from it. None if `needs_twin` says so.
        filename: Stands in tracebacks.
        tables: Where the numbers that hooks are called with point into; added to.
        program: Number of the source text.
        then: Gets the tree before it is compiled.
    """
    marker = Marker(tables, program)
    scope = marker.module(twin.body if twin is not None else [])
    instrumenter = Statements(tables, program, marker, scope)
    tree.body = instrumenter.module(tree.body)
    if then is not None:
        then(tree)
    return compile(tree, filename, "exec", dont_inherit=True)


def needs_twin(tree: ast.Module | ast.Interactive) -> bool:
    """Tell whether a program has functions or loops, which are there twice."""
    return any(isinstance(node, (*FUNCTIONS, *LOOPS)) for node in statements_below(tree.body))


def rewrite_statement(
    tree: ast.Module | ast.Interactive,
    twin: ast.stmt | None,
    tables: Tables,
    program: int,
    imported: set[str],
    is_settled: Callable[[str], bool] | None = None,
) -> None:
    """Instrument one statement of a notebook's cell, in its place; `with_hooks` has to follow its compilation.

    Args:
        tree: Holds the statement and nothing else; what is shown of an `Interactive` one stays what was shown.
        twin: The statement once more, which is changed, too; None if `needs_twin` says so.
        tables: As for `rewrite`.
        program: Number of the cell's text.
        imported: Names that may hold modules, after all statements so far; added to.
        is_settled: Tells of a name that an assignment reads whether operators on what it holds call nothing of the
            program's: it is told of once it has run. None if nothing may be told of so late.
    """
    marker = Marker(tables, program)
    scope = marker.module([] if twin is None else [twin])
    instrumenter = Statements(tables, program, marker, scope)
    known = None if is_settled is None else instrumenter.run_of_cell(tree.body[0], imported)
    if (
        known is not None
        and is_settled is not None
        and all(is_settled(name) for name, _ in known.reads)
    ):
        tree.body = instrumenter.in_run(tree.body[0], known)
        return
    tree.body = instrumenter.statement_of_cell(tree.body[0], imported)
    if isinstance(tree, ast.Interactive):
        tree.body = [_Unshown().visit(node) for node in tree.body]


class _Unshown(ast.NodeTransformer):
    """Keeps what hooks give back from being displayed, where every expression is that stands by itself."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """Let a hook's call decide about nothing instead of standing by itself."""
        call = node.value
        if not isinstance(call, ast.Call) or hook_named(call.func) not in _STATEMENT_HOOKS:
            return node
        return ast.copy_location(ast.If(test=call, body=[at(ast.Pass(), node)], orelse=[]), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        """Leave functions alone: nothing in them is displayed."""
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815
