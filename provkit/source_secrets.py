"""The secrets that a Python text itself holds: literals given to names that say so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from provkit.redaction import REDACTED, forms_of, is_secret_name, redact


def secrets_of(tree: ast.AST) -> tuple[str, ...]:
    """Find the literals that are given to secret names, in every form in which they may be written.

    They are looked for in the whole text, since a secret that is written twice may have a telling
    name at one place only.
    """
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        for given in _given_to_secrets(node):
            for literal in ast.walk(given):
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str | bytes):
                    value = literal.value
                    text = value if isinstance(value, str) else value.decode("latin-1")
                    found.update(dict.fromkeys(forms_of(text)))
    return tuple(found)


def redacted_source(text: str, tree: ast.AST, known: tuple[str, ...]) -> str | None:
    """Redact a whole text so that every line stays where it is.

    Args:
        text: The text, decoded, with Unix line ends.
        tree: What it was parsed into.
        known: Its own secrets, as `secrets_of` finds them.

    Returns:
        The text; None if a secret that spans lines could not be told apart from what is around it.
    """
    # A form feed at the beginning of a line is no indentation to Python, and nothing to XML.
    text = text.replace("\x0c", "")
    redacted = redact(text, known)
    if redacted.count("\n") != text.count("\n"):
        redacted = redact(_without_secret_blocks(text, tree, known), known)
    return redacted if redacted.count("\n") == text.count("\n") else None


def _without_secret_blocks(text: str, tree: ast.AST, known: tuple[str, ...]) -> str:
    """Replace each literal of several lines that holds a secret by one of as many lines."""
    lines = text.encode("utf-8", "surrogatepass").split(b"\n")
    for node in ast.walk(tree):
        last, end = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        if not isinstance(node, ast.Constant | ast.JoinedStr) or last is None or end is None:
            continue
        inside = [*lines[node.lineno - 1 : last - 1], lines[last - 1][:end]]
        inside[0] = inside[0][node.col_offset :]
        written = b"\n".join(inside).decode("utf-8", "replace")
        if len(inside) == 1 or redact(written, known).count("\n") == written.count("\n"):
            continue
        lines[last - 1] = b'"""' + lines[last - 1][end:]
        lines[node.lineno : last - 1] = [b""] * (last - 1 - node.lineno)
        head = lines[node.lineno - 1][: node.col_offset]
        lines[node.lineno - 1] = head + b'"""' + REDACTED.encode()
    return b"\n".join(lines).decode("utf-8", "replace")


def _given_to_secrets(node: ast.AST) -> Iterator[ast.AST]:
    """Give the expressions in a node, not below it, whose values go to secret names."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _taken(target, value)
        case ast.AnnAssign(target=target, value=ast.AST() as value):
            yield from _taken(target, value)
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield from _taken(target, value)
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield from _taken(target, value)
        case ast.keyword(arg=str(name), value=value) if is_secret_name(name):
            yield value
        case ast.Dict(keys=keys, values=values):
            yield from (v for k, v in zip(keys, values, strict=True) if _is_secret_key(k))
        case ast.arguments():
            yield from _defaults(node)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if is_secret_name(name):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield inner.value
        case ast.Call(func=ast.Name("setattr"), args=[_, key, value]) if _is_secret_key(key):
            yield value
        case ast.Compare(left=left, comparators=[right]):
            yield from _taken(left, right)
            yield from _taken(right, left)


def _taken(target: ast.AST, value: ast.AST) -> Iterator[ast.AST]:
    match target, value:
        case (
            ast.Tuple(elts=names) | ast.List(elts=names),
            ast.Tuple(elts=values) | ast.List(elts=values),
        ) if len(names) == len(values):
            for name, part in zip(names, values, strict=True):
                yield from _taken(name, part)
        case ((ast.Tuple(elts=names) | ast.List(elts=names)), _):
            if any(_says_secret(name) for name in names):
                yield value
        case _ if _says_secret(target) and not isinstance(value, ast.Call | ast.Subscript):
            yield value


def _says_secret(target: ast.AST) -> bool:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return is_secret_name(name)
        case ast.Subscript(slice=key):
            return _is_secret_key(key)
    return False


def _is_secret_key(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and is_secret_name(node.value)
    )


def _defaults(node: ast.arguments) -> Iterator[ast.AST]:
    positional = [*node.posonlyargs, *node.args]
    pairs = [
        *zip(reversed(positional), reversed(node.defaults), strict=False),
        *zip(node.kwonlyargs, node.kw_defaults, strict=True),
    ]
    for parameter, default in pairs:
        if default is not None and is_secret_name(parameter.arg):
            yield default
