"""Expressions whose values pass through hooks, which give back what they got.

Every name that is read, every call that is made and every object that is stored into passes through one.
Lambdas and comprehensions are plain inside.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from provkit.bindings import (
    COMPREHENSIONS,
    Scope,
    children_of,
    fields_of,
    free_names,
    looks_at_files,
    names_called_with,
    place,
    span,
)
from provkit.capture.placeholders import at, hook_constant, number_constant, where_is
from provkit.capture.regions import Tables

_PATH = 1024
"""Characters of a text that may be a path."""
_OPERATORS = frozenset(
    {ast.BinOp, ast.UnaryOp, ast.Compare, ast.Tuple, ast.List, ast.Subscript, ast.Attribute}
)
_LITERALS = frozenset(
    {ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.JoinedStr, *COMPREHENSIONS}
)
"""What cannot be called: the compiler warns of that, and the program fails there."""
_TOLD = (ast.Name, ast.Constant, ast.Call, ast.Lambda, *COMPREHENSIONS)
"""Arguments that other hooks tell of, that stand in the text, or that are no immutable values."""

_NUMBERED = {
    **dict.fromkeys(("asked", "member", "name", "owner", "walrus"), "name"),
    **dict.fromkeys(("callee", "result", "through"), "call"),
    "returned": "statement",
}
"""What the number means that a hook is called with; others are called with none."""


class Expressions:
    """Puts hooks into the expressions of one source text."""

    def __init__(self, tables: Tables, program: int, scope: Scope) -> None:
        self._tables = tables
        self._program = program
        self._scope_now = scope
        self._own: ast.Call | None = None
        self._imported: frozenset[str] = frozenset()
        """Names that may hold modules."""
        self._visitors: dict[type[ast.AST], Callable[[Any], ast.expr]] = {
            ast.Name: self._name,
            ast.Constant: _as_it_is,
            ast.NamedExpr: self._named,
            ast.Call: self._call,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Lambda: self._lambda,
            **dict.fromkeys(COMPREHENSIONS, self._scope),
        }

    @property
    def _in_function(self) -> bool:
        return self._scope_now.parent is not None

    def visit(self, node: ast.AST) -> Any:
        """Instrument an expression, or what is part of one."""
        visitor = self._visitors.get(node.__class__)
        return visitor(node) if visitor is not None else self._visit_parts(node)

    def _visit_parts(self, node: ast.AST) -> ast.AST:
        visitors = self._visitors
        for field in fields_of(node.__class__):
            value = getattr(node, field, None)
            if value is None:
                continue
            if value.__class__ is list:
                value[:] = [
                    self.visit(item) if isinstance(item, ast.AST) else item for item in value
                ]
            elif isinstance(value, ast.AST):
                visitor = visitors.get(value.__class__, self._visit_parts)
                visited = visitor(value)
                if visited is not value:
                    setattr(node, field, visited)
        return node

    def _name(self, node: ast.Name) -> ast.expr:
        """Let the object that a name stands for pass through `name`."""
        if node.ctx.__class__ is not ast.Load:
            return node
        return self._passing("name", self._name_number(node), node)

    def _named(self, node: ast.NamedExpr) -> ast.expr:
        """In a function, let what is bound on the way pass through `walrus`."""
        node.value = self.visit(node.value)
        if not self._in_function:
            return node
        return self._passing("walrus", self._name_number(node.target), node)

    def _call(self, node: ast.Call) -> ast.expr:
        """Let the callee pass through `callee`, and what it gives through `result`."""
        if _is_shell(node) or node.func.__class__ in _LITERALS:
            return node
        number = len(self._tables.calls)
        self._tables.calls.append((span(node), node is self._own))
        self._note_texts(node, number)
        node.func = self._passing("callee", number, self._function_called(node.func, number))
        node.args = self._arguments(node.args, number)
        for keyword in node.keywords:
            self._keyword(keyword, number)
        return self._passing("result", number, node)

    def _note_texts(self, node: ast.Call, number: int) -> None:
        """Keep the texts among a call's arguments: one may be the path of a file."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        texts = tuple(
            one.value
            for one in given
            if one.__class__ is ast.Constant
            and one.value.__class__ is str
            and len(one.value) < _PATH
        )
        if texts:
            self._tables.texts[number] = texts

    def _arguments(self, nodes: Sequence[ast.expr], number: int) -> list[ast.expr]:
        """Let arguments that are computed on the spot pass through `given`, as far as their positions are known."""
        arguments: list[ast.expr] = []
        is_known = True
        for position, node in enumerate(nodes):
            if isinstance(node, ast.Starred):
                value: ast.expr = self.visit(node.value)
                node.value = self._given(number, -1 - position, value) if is_known else value
                is_known = False
                arguments.append(node)
            else:
                arguments.append(
                    self._argument(position, node, number) if is_known else self.visit(node)
                )
        return arguments

    def _keyword(self, keyword: ast.keyword, number: int) -> ast.keyword:
        keyword.value = (
            self._argument(keyword.arg, keyword.value, number)
            if keyword.arg is not None
            else self._given(number, "**", self.visit(keyword.value))
        )
        return keyword

    def _argument(self, parameter: int | str, node: ast.expr, number: int) -> ast.expr:
        visited: ast.expr = self.visit(node)
        return visited if isinstance(node, _TOLD) else self._given(number, parameter, visited)

    def _given(self, number: int, parameter: int | str, node: ast.expr) -> ast.expr:
        where = where_is(node)
        said = number_constant(self._tables, "call", number)
        told = [at(one, node) for one in (said, ast.Constant(parameter))]
        return ast.Call(hook_constant("given", **where), [*told, node], [], **where)

    def _function_called(self, node: ast.expr, number: int) -> ast.expr:
        """Let what a receiver is reached through, as `a` and `a.b` in `a.b.append(1)`, pass through `through`."""
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, (ast.Attribute, ast.Subscript))
            and isinstance(_root(node), ast.Name | ast.Call)
        ):
            receiver = node.value
            receiver.value = self._reached(receiver.value, number)
            if isinstance(receiver, ast.Subscript):
                receiver.slice = self.visit(receiver.slice)
            return node
        visited: ast.expr = self.visit(node)
        return visited

    def _reached(self, node: ast.expr, number: int) -> ast.expr:
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node.value = self._reached(node.value, number)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("through", number, node)
        return self._passing("through", number, self.visit(node))

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        """Let the object that is stored into pass through `owner`."""
        if not isinstance(node.ctx, ast.Load):
            node.value = self._owner(node.value)
            return node
        base = node.value
        node.value = self.visit(base)
        if isinstance(base, ast.Name) and base.id in self._imported:
            # It may be a module of the project, whose names are places like any others.
            self._tables.names.append((node.attr, place(base), base.id, self._program))
            return self._passing("member", len(self._tables.names) - 1, node)
        return node

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        """As `_attribute`, and the subscript is read."""
        if not isinstance(node.ctx, ast.Load):
            node.value = self._owner(node.value)
        elif isinstance(node.value, ast.Name):
            node.value = self.visit(node.value)
        else:
            # What is asked for a key may make it; of a name's object its read has said so.
            root = _root(node.value)
            number = self._name_number(root) if isinstance(root, ast.Name) else -1
            node.value = self._passing("asked", number, self.visit(node.value))
        node.slice = self.visit(node.slice)
        return node

    def _owner(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return self._passing("owner", self._name_number(node), node)
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node.value = self._owner(node.value)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("owner", -1, node)
        return self._passing("owner", -1, self.visit(node))

    def _scope(self, node: ast.expr) -> ast.expr:
        names: ast.expr = _texts(free_names(node))
        called = names_called_with(node)
        if called:
            names = ast.Call(hook_constant("closing"), [names, _texts(called)], [])
        passing = self._passing("closed", names, node)
        if looks_at_files(ast.walk(node)):
            return self._passing("listed", 0, passing)
        return passing

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        """Leave a function's body alone; say that it was made, as it may hold on to what it reads."""
        return self._passing("defined", 0, node)

    def _name_number(self, node: ast.Name) -> int:
        found = self._scope_now.place(node.id)[0]
        self._tables.names.append((node.id, place(node), found, self._program))
        return len(self._tables.names) - 1

    def _passing(self, hook: str, number: int | ast.expr, node: ast.expr) -> ast.expr:
        where = where_is(node)
        if isinstance(number, int):
            kind = _NUMBERED.get(hook)
            if kind is None or number < 0:
                argument: ast.expr = ast.Constant(number, **where)  # type: ignore[arg-type]
            else:
                argument = number_constant(self._tables, kind, number, **where)
        else:
            argument = at(number, node)
        return ast.Call(hook_constant(hook, **where), [argument, node], [], **where)


def _texts(names: Sequence[str]) -> ast.Tuple:
    return ast.Tuple([ast.Constant(name) for name in names], ast.Load())


def _is_shell(node: ast.Call) -> bool:
    """Tell whether a call is `get_ipython()`, which IPython writes where the user wrote `%` or `!`."""
    return isinstance(node.func, ast.Name) and node.func.id == "get_ipython" and not node.args


def only_operators(node: ast.expr, imported: frozenset[str], names: list[ast.Name]) -> bool:
    """Tell whether an expression reads its names, which are listed, whatever comes out, and calls nothing."""
    kind = node.__class__
    if kind is ast.Name:
        names.append(node)  # type: ignore[arg-type]
        return True
    if kind is ast.Constant:
        return True
    if kind is ast.BinOp:
        return only_operators(node.left, imported, names) and only_operators(  # type: ignore[attr-defined]
            node.right,  # type: ignore[attr-defined]
            imported,
            names,
        )
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        # It may be a module of the project, whose names are places like any others.
        return node.value.id not in imported and only_operators(node.value, imported, names)
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return False
    if isinstance(node, ast.Subscript) and not isinstance(node.value, ast.Name):
        return False
    return kind in _OPERATORS and all(
        only_operators(part, imported, names)  # type: ignore[arg-type]
        for part in children_of(node)
    )


def _as_it_is(node: ast.expr) -> ast.expr:
    return node


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node
