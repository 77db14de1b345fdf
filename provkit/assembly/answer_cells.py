"""Shares of right and wrong answers, by the names of their counts: `tp / (tp + fp)` is a precision."""

from __future__ import annotations

import ast
import re

CELLS = re.compile(r"(?:^|_)(tp|fp|fn|tn|true_pos|false_pos|false_neg|true_neg)\w*$", re.IGNORECASE)
"""Names of counts of right and wrong answers."""
_SHORT = {"true_pos": "tp", "false_pos": "fp", "false_neg": "fn", "true_neg": "tn"}
_RATIOS = {
    (("tp",), ("fp", "tp")): "precision",
    (("tp",), ("fn", "tp")): "recall",
    (("tn",), ("fp", "tn")): "specificity",
    (("fp",), ("fp", "tn")): "false_positive_rate",
    (("tp",), ("fn", "fp", "tp")): "f1",
    (("tn", "tp"), ("fn", "fp", "tn", "tp")): "accuracy",
}
"""What a share of the cells of a table of right and wrong answers is, by the names of the cells."""


def _cells_in(node: ast.expr) -> tuple[str, ...]:
    """List the cells of a table of answers that an expression names."""
    found = set()
    for inner in ast.walk(node):
        name = inner.id if isinstance(inner, ast.Name) else getattr(inner, "attr", "")
        match = CELLS.search(name) if isinstance(name, str) else None
        if match:
            found.add(_SHORT.get(match[1].lower(), match[1].lower()))
    return tuple(sorted(found))


def share_of_cells(node: ast.BinOp) -> str | None:
    """Name a quotient of counts of right and wrong answers."""
    return _RATIOS.get((_cells_in(node.left), _cells_in(node.right))) or harmonic_mean(node)


def harmonic_mean(node: ast.BinOp) -> str | None:
    """Know `2 * precision * recall / (precision + recall)` by its names."""
    above = node.left if isinstance(node.op, ast.Div) else node
    names = {inner.id.lower() for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    short = {name[:4] if name.startswith("prec") else name[:3] for name in names}
    has_two = any(isinstance(inner, ast.Constant) and inner.value == 2 for inner in ast.walk(above))
    has_sum = any(isinstance(inner, ast.Add) for inner in ast.walk(node))
    is_mean = short in ({"prec", "rec"}, {"p", "r"}) and has_two and has_sum
    return "f1" if is_mean else None
