"""What an expression shows or keeps under a name: parts of texts, members of dicts, arguments of `print`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_SPEC = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|\{[^{}]*\}")
_BREAK = re.compile(r"[,;|\n\t]|\s-\s|  ")
_LOGGERS = frozenset({"info", "debug", "warning", "error", "write", "log", "echo"})
_KEEPERS = frozenset({"dict", "log_metric", "add_scalar", "log_scalar"})


def labelled_parts(node: ast.expr) -> Iterator[tuple[str, ast.expr, bool]]:
    """List the parts of an expression that are shown or kept, what each is called, and whether it is kept."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Lambda):
            continue
        if isinstance(inner, ast.Dict):
            for key, value in zip(inner.keys, inner.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value, True
        elif isinstance(inner, ast.JoinedStr):
            yield from _of_text(inner)
        elif isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mod):
            yield from _of_format(inner.left, _members(inner.right))
        elif isinstance(inner, ast.Call):
            yield from _of_call(inner)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.expr, bool]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = node.func.id if isinstance(node.func, ast.Name) else name
    if name == "format" and isinstance(node.func, ast.Attribute):
        yield from _of_format(node.func.value, node.args)
    elif name in _KEEPERS or name == "update":
        for keyword in node.keywords:
            if keyword.arg is not None:
                yield keyword.arg, keyword.value, True
        if len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), node.args[1], True
    elif name in ("print", *_LOGGERS):
        label = ""
        for argument in node.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                label = argument.value
            elif not isinstance(argument, ast.JoinedStr):
                yield label, argument, False


def _of_text(node: ast.JoinedStr) -> Iterator[tuple[str, ast.expr, bool]]:
    before = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            before += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            yield _last_of(before), part.value, False
            before += ", " if _last_of(before) else ""


def _of_format(text: ast.expr, members: list[ast.expr]) -> Iterator[tuple[str, ast.expr, bool]]:
    if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
        return
    pieces = _SPEC.split(text.value)
    for piece, member in zip(pieces, members, strict=False):
        yield _last_of(piece), member, False


def _members(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _last_of(text: str) -> str:
    """Give what stands right before a number in a text."""
    pieces = [piece for piece in _BREAK.split(text) if re.search(r"[A-Za-z]", piece)]
    return pieces[-1].strip() if pieces else ""
