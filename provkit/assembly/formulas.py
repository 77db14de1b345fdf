"""What an expression computes of predictions and of what they are held against: an error, a count, an accuracy.

An expression is read with what is known of the values that it names. Where predictions meet other data of their kind,
the result is followed through differences, squares, counts and means, and so known by what was computed.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from provkit.assembly.answer_cells import harmonic_mean, share_of_cells
from provkit.assembly.computed import (
    CHANGE,
    COMPLEMENT,
    CONSTANT,
    CORRELATIONS,
    DEVIATION,
    ERRORS,
    LOGS,
    MEAN_OF,
    MEANS,
    ORDER,
    RIGHT,
    TOTALS,
    Computed,
    Kind,
    Shape,
    alike,
    formed,
    hold,
    is_kind,
    item,
    joined,
    meet,
    opposed,
    reduced,
    rooted,
    squared,
    widest,
    without_parts,
)
from provkit.assembly.measures import PREDICTED_SO

_PASSING = frozenset(
    {
        *("float", "int", "round", "asarray", "array", "list", "tuple", "Series", "tensor", "str"),
        *("item", "cpu", "numpy", "detach", "double", "long", "to_numpy", "ravel", "flatten"),
        *("reshape", "squeeze", "unsqueeze", "view", "view_as", "astype", "tolist", "to_list"),
        *("to", "clone", "copy", "float64", "float32", "as_tensor", "from_numpy", "expand_as"),
        *("contiguous", "bool", "int64", "type", "half", "Decimal", "asanyarray", "reset_index"),
    }
)
"""Functions and methods whose result is what they were given, in another shape or type."""
_MODEL_METHODS = frozenset({"fit", "partial_fit", "fit_transform", "transform", "backward", "step"})
_HOLDERS = frozenset(
    {
        *("DataFrame", "dict", "zip", "stack", "vstack", "hstack", "column_stack", "concat", "cat"),
        *("concatenate", "TensorDataset", "DataLoader", "merge", "assign", "DMatrix", "Dataset"),
        *("scatter", "plot", "hist", "bar", "savez", "append", "extend", "insert", "items"),
    }
)
"""Functions that put side by side what they are given, or draw it."""


class Known(Protocol):
    """What is known of a statement's names and calls as it ran."""

    def name(self, node: ast.Name) -> Computed | None:
        """Tell what a name held."""

    def call(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave, if that is known by what was called."""

    def result(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave, by what the result came from."""

    def is_number(self, node: ast.expr) -> bool | None:
        """Tell whether an expression's value is a number; None if nobody has seen it."""


class Reader:
    """Reads the expressions of one statement."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._local: dict[str, Computed | None] = {}

    def read(self, node: ast.expr | None) -> Computed | None:
        """Tell what an expression computes; None if it is of no concern."""
        match node:
            case ast.Constant():
                return CONSTANT
            case ast.NamedExpr() | ast.Starred() | ast.Await():
                return self.read(node.value)
            case ast.Name():
                return self._name(node)
            case ast.Tuple() | ast.List():
                return self._side_by_side(node)
            case ast.Dict():
                return self._dict(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                return self._in_rounds(node)
            case ast.Call():
                return self._call(node)
        return self._operator(node)

    def _operator(self, node: ast.expr | None) -> Computed | None:
        match node:
            case ast.UnaryOp():
                return self._unary_op(node)
            case ast.BoolOp():
                return self._both(list(map(self.read, node.values)))
            case ast.IfExp():
                return self._choice(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BinOp():
                return self._bin_op(node)
        return None

    # ---------------------------------------------------------------- leaves

    def _name(self, node: ast.Name) -> Computed | None:
        return self._local[node.id] if node.id in self._local else self._known.name(node)

    def _side_by_side(self, node: ast.Tuple | ast.List) -> Computed | None:
        parts = tuple(map(self.read, node.elts))
        held = hold(parts)
        return replace(held, parts=parts) if held is not None else None

    def _dict(self, node: ast.Dict) -> Computed | None:
        return hold([self.read(value) for value in node.values])

    def _attribute(self, node: ast.Attribute) -> Computed | None:
        if node.attr in ("shape", "size", "ndim"):
            return CONSTANT
        whole = self.read(node.value)
        if whole is not None and whole.kind == "mixed" and whole.parts is None:
            return _column(whole, node.attr)
        return without_parts(whole)

    def _subscript(self, node: ast.Subscript) -> Computed | None:
        whole, index = self.read(node.value), self.read(node.slice)
        if whole is None:
            return None
        if whole.parts is not None and isinstance(node.slice, ast.Constant):
            position = node.slice.value
            if isinstance(position, int) and -len(whole.parts) <= position < len(whole.parts):
                return whole.parts[position]
        if whole.kind == "mixed" and isinstance(node.slice, ast.Constant):
            return _column(whole, str(node.slice.value))
        number = self._known.is_number(node)
        picks_one = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)
        shape: Shape = "item" if number or (picks_one and whole.shape != "array") else whole.shape
        whole = without_parts(whole) or whole
        kinds = {whole.kind, index.kind if index is not None else None}
        if whole.kind == "met":
            form = "cell" if whole.form == "confusion_matrix" else whole.form
            if whole.is_final and isinstance(node.slice, ast.Name) and form != "cell":
                shape = "number"  # one of many: `f1s[best]`
            return replace(whole, form=form, shape=shape, found=None)
        if kinds == {"prediction", "data"}:
            form = "likelihood" if whole.kind == "prediction" and _is_pair(node.slice) else None
            if is_kind(index, "prediction") and index is not None and index.form == ORDER:
                form = "picked"  # what is there, of the rows that the predictions have put first
            return meet([whole, index], form, "array")
        if is_kind(index, "met") and whole.kind == "data":
            return meet([whole, index], None, "array")  # `weights[guess != label]`
        rows = index.compares if index is not None and index.kind == "data" else ()
        return replace(whole, shape=shape, compares=(*whole.compares, *rows))

    # ---------------------------------------------------------------- operators

    def _unary_op(self, node: ast.UnaryOp) -> Computed | None:
        inner = self.read(node.operand)
        if inner is None or inner.kind != "met":
            return inner
        if isinstance(node.op, ast.Not | ast.Invert):
            return formed(inner, COMPLEMENT.get(inner.form or ""))
        return inner

    def _both(self, sides: Sequence[Computed | None]) -> Computed | None:
        """Join tests: one of a prediction and one of what is so count a cell of the table of answers."""
        kinds = {side.kind for side in sides if side is not None}
        if {"prediction", "data"} <= kinds:
            return meet(sides, "cell", widest(sides))
        forms = {side.form for side in sides if side is not None}
        if len(sides) > 1 and forms == {"bound"}:
            return meet(sides, "within", widest(sides))  # above one and below the other
        return joined(sides)

    def _choice(self, node: ast.IfExp) -> Computed | None:
        test, body, other = self.read(node.test), self.read(node.body), self.read(node.orelse)
        if test is not None and test.kind == "met" and body is not None and body.kind == "constant":
            return test
        if is_kind(test, "prediction") and is_kind(body, "constant"):
            return test  # an answer by a threshold
        if test is not None and test.kind == "data" and is_kind(body, "prediction"):
            return meet([test, body], "likelihood", "item")
        if is_kind(body, "met") or other is None or other.kind == "constant":
            return body or other
        return other

    def _compare(self, node: ast.Compare) -> Computed | None:
        sides = [self.read(node.left), *map(self.read, node.comparators)]
        kinds = [side.kind for side in sides if side is not None]
        if len(sides) == 2 and {"prediction", "data"} == set(kinds) and alike(sides):
            form: str | None = {ast.Eq: "equal", ast.NotEq: "unequal"}.get(
                type(node.ops[0]), "bound"
            )
            if form == "equal" and any(side is not None and side.form == CHANGE for side in sides):
                form = "same direction"
            return meet(sides, form, widest(sides))
        if "met" in kinds:
            form = None
            if sides[0] is not None and sides[0].kind == "met" and len(sides) == 2:
                form = _looked_at(sides[0], sides[1], node.ops[0])
            return meet(sides, form, widest(sides))
        if len(sides) == 3 and kinds == ["prediction", "data", "prediction"]:
            return meet(sides, "within", widest(sides))
        return _moving(sides, joined(sides))

    def _bin_op(self, node: ast.BinOp) -> Computed | None:
        left, right = self.read(node.left), self.read(node.right)
        sides = [left, right]
        if isinstance(node.op, ast.BitAnd | ast.BitOr):
            return self._both(sides)
        if left is None and right is None:
            return None
        if isinstance(node.op, ast.Pow):
            return self._power(left, node.right)
        if isinstance(node.op, ast.Sub):
            return self._difference(node, left, right)
        if isinstance(node.op, ast.Div | ast.FloorDiv):
            return self._quotient(node, left, right)
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant | ast.JoinedStr):
            return None  # a text
        if isinstance(node.op, ast.Mult | ast.MatMult):
            return self._product(node, left, right)
        return self._sum(sides)

    def _power(self, base: Computed | None, exponent: ast.expr) -> Computed | None:
        if base is None or base.kind != "met" or not isinstance(exponent, ast.Constant):
            return base
        if exponent.value == 2:
            return squared(base)
        return rooted(base) if exponent.value == 0.5 else formed(base, None)

    def _difference(
        self, node: ast.BinOp, left: Computed | None, right: Computed | None
    ) -> Computed | None:
        if is_kind(left, "constant") and is_kind(right, "met"):
            assert right is not None
            return formed(right, COMPLEMENT.get(right.form or ""))
        if opposed(left, right) and alike([left, right]):
            form = "log residual" if _is_log(node.left) and _is_log(node.right) else "residual"
            return meet([left, right], form, widest([left, right]))
        if is_kind(left, "data") and is_kind(right, "data") and left is not None:
            assert right is not None
            shapes = {left.shape, right.shape}
            if shapes == {"array", "number"}:  # `y - y.mean()`
                return replace(left, shape="array", form=DEVIATION)
        return self._sum([left, right])

    def _quotient(
        self, node: ast.BinOp, left: Computed | None, right: Computed | None
    ) -> Computed | None:
        by_names = share_of_cells(node)
        if left is not None and left.form == RIGHT and is_kind(right, "met"):
            assert right is not None
            whole = "accuracy" if left.shape == "number" else _by_class(node.right)
            return meet([left, right], whole, widest([left, right]))
        if not is_kind(left, "met"):
            return self._by_cells(by_names, left, right) or joined([left, right])
        assert left is not None
        if by_names is not None:
            return formed(meet([left, right], None, "number"), by_names)
        form = left.form or ""
        if right is None or right.kind in ("constant", "mixed") or form == "cell":
            if is_kind(right, "met"):
                assert right is not None
                share = "rate" if form == right.form == "cell" else None
                return meet([left, right], share, widest([left, right]))
            if form.startswith("total "):
                return formed(left, MEAN_OF.get(form.removeprefix("total ")))
            if not form and not isinstance(node.right, ast.Constant):
                return formed(left, None)  # a share of something: another number
            return replace(left, is_sum=False, found=None if left.is_sum else left.found)
        if right.kind == "met":
            is_of_errors = form in ERRORS and ERRORS[form] == ERRORS.get(right.form or "")
            return meet(
                [left, right], "ratio of errors" if is_of_errors else None, widest([left, right])
            )
        if form in ERRORS and right.shape == "number":
            return meet(
                [left, right], "ratio of errors", "number"
            )  # in that of a simple forecast, say
        if form == "residual":
            return meet([left, right], "relative", left.shape)
        if form == "absolute":
            return meet([left, right], "relative absolute", left.shape)
        if form == "total absolute" and right.shape == "number":
            share = "rae" if right.form == DEVIATION else "wape"
            return meet([left, right], share, "number")
        if form in ("total squares", "mse"):
            return meet([left, right], "ratio of squares", "number")
        return meet(
            [left, right], None, left.shape
        )  # a share of what is there, as R2 and its kin are

    def _by_cells(
        self, form: str | None, left: Computed | None, right: Computed | None
    ) -> Computed | None:
        """A share of cells, one of which may have no comparison behind it that was seen."""
        if form is None or not (is_kind(left, "met") or is_kind(right, "met")):
            return None
        return meet([left, right], form, "number")

    def _product(
        self, node: ast.BinOp, left: Computed | None, right: Computed | None
    ) -> Computed | None:
        if ast.dump(node.left) == ast.dump(node.right) and is_kind(left, "met"):
            assert left is not None
            square = squared(left)
            if isinstance(node.op, ast.MatMult):
                return formed(replace(square, shape="number"), f"total {square.form}")
            return square
        if opposed(left, right):
            is_log = _has_log(node.left) or _has_log(node.right)
            form = "log terms" if is_log else None
            if all(side is not None and side.form == CHANGE for side in (left, right)):
                form = "same direction"
            return meet([left, right], form, widest([left, right]))
        by_names = harmonic_mean(node)
        product = self._sum([left, right])
        return formed(product, by_names) if by_names and is_kind(product, "met") else product

    def _sum(self, sides: Sequence[Computed | None]) -> Computed | None:
        """What else is put together: a measure stays one if it is only scaled or moved."""
        met = [side for side in sides if side is not None and side.kind == "met"]
        if not met:
            return joined(sides)
        if len(met) == 1:
            other = [side for side in sides if side is not None and side.kind != "met"]
            if all(side.kind == "constant" for side in other):
                return met[0]
            return meet(sides, met[0].form, widest(sides))
        forms = {side.form for side in met}
        return meet(sides, forms.pop() if len(forms) == 1 else None, widest(sides))

    # ---------------------------------------------------------------- rounds

    def _in_rounds(self, node: ast.GeneratorExp | ast.ListComp | ast.SetComp) -> Computed | None:
        before = dict(self._local)
        tests: list[Computed | None] = []
        for generator in node.generators:
            self._local.update(targets(generator.target, self.read(generator.iter)))
            tests.extend(map(self.read, generator.ifs))
        found = self.read(node.elt)
        test = self._both(tests) if len(tests) > 1 else next(iter(tests), None)
        self._local = before
        if test is not None and test.kind == "met" and (found is None or found.kind == "constant"):
            found = test
        elif opposed(test, found):
            found = meet([test, found], None, "array")
        return replace(found, shape="array") if found is not None else None

    # ---------------------------------------------------------------- calls

    def _call(self, node: ast.Call) -> Computed | None:
        known = self._known.call(node)
        if known is not None:
            if known.kind in ("data", "constant"):
                # A function of the program's may have been given what was computed of both.
                met = [one for one in map(self.read, node.args) if is_kind(one, "met")]
                return meet(met, None, known.shape) if met else known
            if known.kind == "met" and not known.compares:
                return replace(
                    known, compares=meet(list(map(self.read, node.args)), None, "number").compares
                )
            return known
        is_method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        receiver = self.read(node.func.value) if isinstance(node.func, ast.Attribute) else None
        given = [self.read(one) for one in node.args]
        given += [self.read(one.value) for one in node.keywords]
        everything = [receiver, *given] if is_method else given
        subject = receiver if receiver is not None else next(iter(given), None)
        if name in ("len", "range", "arange", "id", "type", "isinstance", "hash"):
            return CONSTANT
        if name == "zip":
            return Computed("mixed", "array", parts=tuple(map(item, given)))
        if name == "enumerate":
            return Computed("mixed", "array", parts=(CONSTANT, item(subject)))
        if name in _MODEL_METHODS:
            return None
        if name in ("eq", "ne", "equal", "not_equal", "isclose") and len(everything) > 1:
            pair = [one for one in everything if one is not None][:2]
            if len(pair) == 2 and opposed(*pair):
                return meet(pair, "unequal" if name.startswith("n") else "equal", widest(pair))
        return self._function(name, node, subject, everything)

    def _function(
        self,
        name: str,
        node: ast.Call,
        subject: Computed | None,
        everything: Sequence[Computed | None],
    ) -> Computed | None:
        if name in _PASSING:
            return subject
        if subject is not None and subject.kind == "met":
            is_method = everything[0] is subject and len(everything) > len(node.args)
            by_axis = any(one.arg in ("axis", "dim") for one in node.keywords) or (
                len(node.args) > (0 if is_method and isinstance(node.func, ast.Attribute) else 1)
            )
            found = reduced(name, subject, keeps=by_axis and subject.shape == "array")
            if found is not None:
                return found
        if name in (*MEANS, *TOTALS, "median", "std", "var") and is_kind(subject, "data"):
            assert subject is not None
            return replace(subject, shape="number")
        if name in ("dot", "inner", "vdot") and len(everything) > 1:
            pair = [one for one in everything if one is not None][-2:]
            if len(pair) == 2 and pair[0] == pair[1] and pair[0].form == "residual":
                return formed(replace(pair[0], shape="number"), "total squares")
        kinds = {one.kind for one in everything if one}
        if name == "crosstab" and {"prediction", "data"} <= kinds:
            return meet(everything, "confusion_matrix", "array")
        if name in CORRELATIONS and ({"prediction", "data"} <= kinds or "met" in kinds):
            return meet(everything, CORRELATIONS[name], "number")
        if name in ("diff", "pct_change") and subject is not None:
            return replace(subject, form=CHANGE)
        if name in ("argsort", "argpartition", "topk") and is_kind(subject, "prediction"):
            assert subject is not None
            return replace(subject, form=ORDER)
        if name in ("abs", "fabs", "absolute", "square") and is_kind(subject, "data"):
            return subject
        if name == "sign":
            return _moving([subject], subject)
        return self._whatever(name, node, everything)

    def _whatever(
        self, name: str, node: ast.Call, everything: Sequence[Computed | None]
    ) -> Computed | None:
        """A function of which nothing is known but what it was given, and what kind of thing it gave."""
        kinds = {one.kind for one in everything if one is not None}
        if name in _HOLDERS:
            return hold(everything)
        number = self._known.is_number(node)
        if "met" in kinds or {"prediction", "data"} <= kinds:
            if number is None and "met" not in kinds:
                return hold(everything)
            return meet(everything, None, "number" if number else "array")
        whole = joined(everything)
        if whole is None or whole.kind == "constant":
            return self._known.result(node)
        # What is computed of one item is one of its kind, and no sum over many.
        return replace(whole, shape="number" if number and whole.shape != "item" else whole.shape)


def targets(target: ast.expr, gone_through: Computed | None) -> dict[str, Computed | None]:
    """Tell what the names of a loop's target are in a round."""
    if gone_through is None:
        return {}
    parts = gone_through.parts
    if isinstance(target, ast.Name):
        if parts is not None and len(parts) > 1:
            return {target.id: Computed("mixed", "item", parts=parts)}
        return {target.id: item(gone_through)}
    found: dict[str, Computed | None] = {}
    if isinstance(target, ast.Tuple | ast.List):
        for position, inner in enumerate(target.elts):
            if parts is None:
                found.update(targets(inner, gone_through))
            elif position < len(parts):
                part = parts[position]
                found.update(targets(inner, replace(part, shape="array") if part else None))
    return found


def _by_class(total: ast.expr) -> str:
    """Tell what right answers are a share of, class by class: of what is there, or of what was said."""
    for node in ast.walk(total):
        if isinstance(node, ast.Call):
            axes = [one.value for one in node.keywords if one.arg in ("axis", "dim")] or node.args
            axis = axes[0].value if axes and isinstance(axes[0], ast.Constant) else None
            if axis in (0, 1):
                return "recall" if axis == 1 else "precision"
            return "rate"
    return "rate"


def _looked_at(first: Computed, bound: Computed | None, operator: ast.cmpop) -> str | None:
    """Tell what comes of a difference, or of the way two things go, that is held against a bound."""
    is_plain = bound is None or bound.kind == "constant"
    if first.form == "same direction" and is_plain:
        return first.form
    is_distance = first.form in ("absolute", "relative absolute")
    if not is_distance or not isinstance(operator, ast.Lt | ast.LtE):
        return None
    if is_kind(bound, "prediction"):
        return "within"  # a band that the model gives, too
    return "close" if is_plain else None


def _moving(sides: Sequence[Computed | None], found: Computed | None) -> Computed | None:
    """Keep of what is only looked at by its sign that it is a change."""
    is_change = any(side is not None and side.form == CHANGE for side in sides)
    return replace(found, form=CHANGE) if found is not None and is_change else found


def _column(table: Computed, name: str) -> Computed:
    """Tell what a column of a table is that holds predictions, too: its name says so."""
    kind: Kind = "prediction" if PREDICTED_SO.search(name) else "data"
    return Computed(kind, "array", compares=table.compares)


def _is_pair(index: ast.expr) -> bool:
    """Tell whether an index picks one of each row: `p[np.arange(n), y]`."""
    return isinstance(index, ast.Tuple) and not any(
        isinstance(part, ast.Slice | ast.Constant) for part in index.elts
    )


def _is_log(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in LOGS


def _has_log(node: ast.expr) -> bool:
    return any(isinstance(inner, ast.expr) and _is_log(inner) for inner in ast.walk(node))
