"""Formulas of statistical models: which column is explained, and which explain it."""

from __future__ import annotations

import ast
import re

_QUOTED = re.compile(r"""\bQ\(\s*(["'])(.+?)\1\s*\)""")


def names_of_formula(formula: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the columns on the left and on the right of a formula, each once.

    Functions that a formula applies are no columns.

    >>> names_of_formula("log_rent ~ area + I(area**2) + C(district) - 1")
    (('log_rent',), ('area', 'district'))
    >>> names_of_formula("np.log(price) ~ x:z + Q('net weight')")
    (('price',), ('x', 'z', 'net weight'))
    """
    target, tilde, terms = formula.partition("~")
    if not tilde:
        return (), ()
    return _columns_in(target), _columns_in(terms)


def _columns_in(terms: str) -> tuple[str, ...]:
    quoted: dict[str, str] = {}

    def kept(match: re.Match[str]) -> str:
        name = f"quoted_{len(quoted)}_"
        quoted[name] = match[2]
        return name

    plain = _QUOTED.sub(kept, terms).replace(":", "*").replace("|", "+").strip()
    try:
        tree = ast.parse(plain, mode="eval")
    except SyntaxError:
        return ()
    found = dict.fromkeys(name for name in _names_in(tree.body))
    return tuple(quoted.get(name, name) for name in found)


def _names_in(node: ast.AST) -> list[str]:
    """List the names in an expression in their order, without those of functions and their modules."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Call):
        parts: list[ast.AST] = [*node.args]
    elif isinstance(node, ast.Attribute):
        parts = []
    else:
        parts = list(ast.iter_child_nodes(node))
    return [name for part in parts for name in _names_in(part)]
