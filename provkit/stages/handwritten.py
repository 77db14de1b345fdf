"""What code that calls no library does, by its dataflow: learning by iterated correction, comparing two series."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provkit.bindings import bound_names, parameters_of
from provkit.stages.meanings import DATA, Work

if TYPE_CHECKING:
    from provkit.stages.reading import Names

_SUMS = frozenset({"mean", "std", "var", "min", "max", "median", "average", "ptp"})
_ARRAYS = frozenset({"array", "asarray", "tensor", "Series", "transpose"})
_SEVERAL = 5
"""So many numbers in an array are data; fewer may be settings."""
_TEXTS, _WORDS = 4, 2
"""How many texts, of how many words each, are data."""
_REDUCERS = frozenset({"sum", "mean", "len", "average", "sqrt", "norm", "median", "max"})


def corrected_names(loop: ast.stmt) -> list[str]:
    """List the names that a loop carries from round to round and corrects by a product: `w -= rate * gradient`."""
    found: list[str] = []
    flows = _flows(loop)
    target: ast.expr
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            target, change = node.target, node.value
        elif (
            isinstance(node, ast.Assign)
            and len(node.targets) == 1
            and isinstance(node.value, ast.BinOp)
            and isinstance(node.value.op, ast.Add | ast.Sub)
            and ast.dump(_plain(node.value.left)) == ast.dump(_plain(node.targets[0]))
        ):
            target, change = node.targets[0], node.value.right
        else:
            continue
        # The correction depends on the value corrected: that is what makes the rounds converge.
        sources = _closure(_names_of(change), flows) if _has_product(change) else set()
        found.extend(name for name in _roots(target) if name in sources)
    return list(dict.fromkeys(found))


def iterated_correction(loop: ast.stmt, names: Names) -> Work | None:
    """Find learning in a loop: parameters from before it, corrected again and again by what data says."""
    flows = _flows(loop)
    for name in corrected_names(loop):
        binding = names.find(name)
        if binding is None or binding.meaning.sort in ("data", "bundle"):
            continue
        sources = _closure({name}, flows) - {name}
        held = [names.find(source) for source in sources]
        if any(found is not None and found.meaning.sort in DATA for found in held):
            return Work("training", 0.85, f"corrects {name} round by round by what the data says")
    return None


def corrected_cell(function: ast.stmt) -> Work | None:
    """Find learning a step at a time: a cell of a table is moved towards something: `(1 - a) * old + a * new`."""
    for node in ast.walk(function):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Subscript):
            continue
        value = node.value if isinstance(node, ast.Assign | ast.AugAssign) else None
        if isinstance(node, ast.AugAssign):
            moves = isinstance(node.op, ast.Add | ast.Sub) and any(map(_is_a_rate, _factors(value)))
        else:
            moves = isinstance(value, ast.BinOp) and any(
                _is_a_rate(factor) for factor in (*_factors(value.left), *_factors(value.right))
            )
        if moves:
            return Work("training", 0.7, f"moves {ast.unparse(target)} step by step")
    return None


def _factors(node: ast.expr | None) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node] if node is not None else []


def _is_a_rate(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in ("alpha", "lr", "eta", "learning_rate", "step_size")


def comparison(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Work | None:
    """Find a measure: a function of two series that compares them item by item and gives a number."""
    parameters = [name for name in parameters_of(function) if name not in ("self", "cls")]
    if not 2 <= len(parameters) <= 4 or not any(
        isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function)
    ):
        return None
    # What is the mean of a series is not compared with another item by item, but moves or scales it.
    flows = _flows(function, summed=False)
    first, second = parameters[:2]
    compares = reduces = False
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            compares |= _both(node.left, node.right, first, second, flows)
        elif isinstance(node, ast.Compare) and len(node.comparators) == 1:
            compares |= isinstance(node.ops[0], ast.Eq | ast.NotEq) and _both(
                node.left, node.comparators[0], first, second, flows
            )
        elif isinstance(node, ast.Call):
            called = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            reduces |= called in _REDUCERS
    if compares and reduces:
        return Work("evaluation", 0.75, f"compares {first} with {second} and gives a number")
    return None


def tries_to_import(node: ast.stmt) -> bool:
    """Tell whether a statement only imports, if it can, and notes whether it could."""
    if not isinstance(node, ast.Try) or not any(
        isinstance(part, ast.Import | ast.ImportFrom) for part in node.body
    ):
        return False
    parts = [
        *node.body,
        *node.orelse,
        *(part for handler in node.handlers for part in handler.body),
    ]
    return all(
        isinstance(part, ast.Import | ast.ImportFrom | ast.Pass | ast.Raise)
        or (isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant))
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Call | ast.Constant))
        for part in parts
    )


def writes_out_records(value: ast.AST | None, names: Sequence[str] = ()) -> bool:
    """Tell whether data is written out: dictionaries of the same keys, an array of several numbers, several texts."""
    if _writes_out_texts(value) and not any(name.isupper() for name in names):
        return True
    if isinstance(value, ast.Call):
        called = value.func.attr if isinstance(value.func, ast.Attribute) else ""
        return called in _ARRAYS and bool(value.args) and _is_series(value.args[0])
    if not isinstance(value, ast.List | ast.Tuple) or len(value.elts) < len(("one", "another")):
        return False
    rows = [row for row in value.elts if isinstance(row, ast.Dict)]
    keys = {tuple(ast.dump(key) for key in row.keys if key is not None) for row in rows}
    return (
        len(rows) == len(value.elts)
        and len(keys) == 1
        and all(isinstance(cell, ast.Constant | ast.UnaryOp) for row in rows for cell in row.values)
    )


def writes_out_rows(value: ast.AST | None) -> bool:
    """Tell whether several rows of as many numbers each are written out: `[[0, 0], [0, 1]]`."""
    if not isinstance(value, ast.List) or len(value.elts) < len(("one", "another")):
        return False
    rows = [row.elts for row in value.elts if isinstance(row, ast.List | ast.Tuple)]
    return (
        len(rows) == len(value.elts)
        and len({len(row) for row in rows}) == 1
        and len(rows[0]) > 1
        and all(
            isinstance(cell, ast.Constant | ast.UnaryOp)
            and not isinstance(getattr(cell, "value", None), str)
            for row in rows
            for cell in row
        )
    )


def _writes_out_texts(value: ast.AST | None) -> bool:
    """Tell whether several texts of several words are written out, as data."""
    if not isinstance(value, ast.List | ast.Tuple) or len(value.elts) < _TEXTS:
        return False
    texts = [cell.value for cell in value.elts if isinstance(cell, ast.Constant)]
    return len(texts) == len(value.elts) and all(
        isinstance(text, str) and len(text.split()) >= _WORDS for text in texts
    )


def _is_series(value: ast.expr) -> bool:
    if not isinstance(value, ast.List | ast.Tuple):
        return False
    items = [
        item
        for row in value.elts
        for item in (row.elts if isinstance(row, ast.List | ast.Tuple) else [row])
    ]
    return len(items) >= _SEVERAL and all(
        isinstance(item, ast.Constant | ast.UnaryOp) for item in items
    )


def _both(
    left: ast.expr, right: ast.expr, first: str, second: str, flows: dict[str, set[str]]
) -> bool:
    sources = [_closure(_names_of(side), flows) & {first, second} for side in (left, right)]
    return sources[0] != sources[1] and sources[0] | sources[1] == {first, second} and all(sources)


def _flows(node: ast.AST, *, summed: bool = True) -> dict[str, set[str]]:
    """Map each name bound in a statement to the names that flow into it there; as a mean only if `summed`."""
    flows: dict[str, set[str]] = {}
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Assign | ast.AnnAssign | ast.AugAssign)
            and inner.value is not None
        ):
            sources = _names_of(inner.value, summed=summed)
            if isinstance(inner, ast.AugAssign):
                sources |= _names_of(inner.target)
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            for target in targets:
                for name in [*bound_names(target), *_roots(target)]:
                    flows.setdefault(name, set()).update(sources)
        elif isinstance(inner, ast.For | ast.AsyncFor | ast.comprehension):
            for target, source in paired(inner):
                for name in bound_names(target):
                    flows.setdefault(name, set()).update(_names_of(source))
        elif (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr in ("append", "extend")
            and isinstance(inner.func.value, ast.Name)
        ):
            for argument in inner.args:
                flows.setdefault(inner.func.value.id, set()).update(_names_of(argument))
    return flows


def paired(loop: ast.For | ast.AsyncFor | ast.comprehension) -> list[tuple[ast.expr, ast.expr]]:
    """Pair the targets of a loop with what each goes through, by `zip` and `enumerate`."""
    return _paired(loop.target, loop.iter)


def _paired(target: ast.expr, series: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    called = (
        series.func.id
        if isinstance(series, ast.Call) and isinstance(series.func, ast.Name)
        else None
    )
    if called is None or not isinstance(series, ast.Call) or not isinstance(target, ast.Tuple):
        return [(target, series)]
    if called == "zip" and len(target.elts) == len(series.args):
        return list(zip(target.elts, series.args, strict=True))
    if called == "enumerate" and len(target.elts) == len(("index", "item")) and series.args:
        return _paired(target.elts[1], series.args[0])
    return [(target, series)]


def _roots(target: ast.expr) -> list[str]:
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return [target.id] if isinstance(target, ast.Name) else []


def _closure(names: set[str], flows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(flows.get(name, ()))
    return found


def _names_of(node: ast.AST, *, summed: bool = True) -> set[str]:
    called = node.func if isinstance(node, ast.Call) else None
    if not summed and isinstance(called, ast.Attribute) and called.attr in _SUMS:
        return set()
    if isinstance(node, ast.Name):
        return {node.id}
    return {name for part in ast.iter_child_nodes(node) for name in _names_of(part, summed=summed)}


def _has_product(node: ast.AST) -> bool:
    return any(
        isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult | ast.Div | ast.MatMult)
        for inner in ast.walk(node)
    )


def _plain(node: ast.expr) -> ast.expr:
    """Take a target as an expression that can be compared with one that is read."""
    text = ast.unparse(node)
    return ast.parse(text, mode="eval").body
