"""Placeholders of hooks: new syntax that calls them, and compiled code that has the hooks in their place.

The hooks are not names, they are constants of the code object: nothing is added to any namespace,
and nothing in the program can shadow them. `ast` refuses such constants, so that placeholders are
compiled and then replaced.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeVar

from provkit.bindings import children_of
from provkit.capture.regions import SLOT_NAME, Tables

Hooks = dict[str, Callable[..., object] | type]
"""The hooks by name, and `NameError`."""

OF_HOOKS = (
    "ignore",
    re.compile("'frozenset' object is not callable"),
    SyntaxWarning,
    None,
    0,
)
"""A rule as `warnings.filters` has them: what the compiler says of placeholders is not to be heard."""
_MARK = b"\x00provkit\x00"
_Node = TypeVar("_Node", bound=ast.AST)


def with_hooks(
    code: types.CodeType,
    hooks: Hooks,
    tables: Tables,
    filename: str | None = None,
    since: Mapping[str, int] | None = None,
) -> types.CodeType:
    """Put the hooks in place of the placeholders in compiled code.

    Args:
        code: As the compiler gave it.
        hooks: What the placeholders of hooks stand for.
        tables: Where the slots are.
        filename: What is to stand in tracebacks; None for what the code says itself.
        since: From which number on each kind of number is counted (`Tables.sizes`); None for 0.
    """
    constants: list[object] = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constants.append(with_hooks(constant, hooks, tables, filename, since))
        elif type(constant) is frozenset:
            constants.append(_stands_for(constant, hooks, tables, since or {}))
        elif type(constant) is tuple and since and type(next(iter(constant), None)) is frozenset:
            # What a function without parameters begins with.
            members = [_stands_for(one, hooks, tables, since) for one in constant]
            constants.append(tuple(members))
        else:
            constants.append(constant)
    if filename is None:
        return code.replace(co_consts=tuple(constants))
    return code.replace(co_consts=tuple(constants), co_filename=filename)


def _stands_for(constant: object, hooks: Hooks, tables: Tables, since: Mapping[str, int]) -> object:
    name = _name_in(constant)
    if name is None:
        return constant
    kind, _, said = name.partition(":")
    if not said:
        return hooks.get(kind) or (tables.clock if kind == "clock" else tables.latest)
    number = int(said) + since.get(kind, 0)
    slot = tables.slot(kind, number)
    return number if slot is None else slot


def hook_named(node: ast.expr) -> str | None:
    """Give the name of the hook, or slot, whose placeholder a node is; None for any other node."""
    return _name_in(node.value) if isinstance(node, ast.Constant) else None


def _name_in(constant: object) -> str | None:
    if type(constant) is not frozenset or len(constant) != 1:
        return None
    (only,) = constant
    is_mark = type(only) is bytes and only.startswith(_MARK)
    return only[len(_MARK) :].decode() if is_mark else None


@cache
def _placeholder(name: str) -> frozenset[bytes]:
    return frozenset({_MARK + name.encode()})


def hook_constant(name: str, **where: int) -> ast.Constant:
    """Make the placeholder of a hook; a frozen set, which nothing folds, subscripts or looks into."""
    return ast.Constant(_placeholder(name), **where)  # type: ignore[arg-type]  # `compile` takes one


def number_constant(tables: Tables, kind: str, number: int, **where: int) -> ast.Constant:
    """Make the number of a `statement`, `name`, `call`, `region` or `program`; a placeholder where tables are apart."""
    if tables.are_apart:
        return hook_constant(f"{kind}:{number}", **where)
    return ast.Constant(number, **where)  # type: ignore[arg-type]


def where_is(node: ast.AST) -> dict[str, int]:
    """Give the place of a node as new nodes take it."""
    return {
        "lineno": node.lineno,  # type: ignore[attr-defined]
        "col_offset": node.col_offset,  # type: ignore[attr-defined]
        "end_lineno": node.end_lineno,  # type: ignore[attr-defined]
        "end_col_offset": node.end_col_offset,  # type: ignore[attr-defined]
    }


def slot(name: str, context: ast.expr_context) -> ast.Attribute:
    """Make the syntax of a slot's number."""
    return ast.Attribute(value=hook_constant(name), attr=SLOT_NAME, ctx=context)


def at(new: _Node, old: ast.AST) -> _Node:
    """Give a new node, and what is new inside it, the place of an old one."""
    line, column = old.lineno, old.col_offset  # type: ignore[attr-defined]
    end_line, end_column = old.end_lineno, old.end_col_offset  # type: ignore[attr-defined]
    waiting: list[ast.AST] = [new]
    while waiting:
        node = waiting.pop()
        if not hasattr(node, "lineno"):
            node.lineno, node.col_offset = line, column  # type: ignore[attr-defined]
            node.end_lineno, node.end_col_offset = end_line, end_column  # type: ignore[attr-defined]
            if isinstance(node, ast.Attribute):
                # One over several lines is compiled as standing on its last: a debugger would step there.
                node.end_lineno, node.end_col_offset = line, column
            waiting.extend(children_of(node))
        elif node is new:
            return new
    return new
