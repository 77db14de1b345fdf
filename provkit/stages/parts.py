"""Taking parts of arrays and frames: columns, rows, X and y apart, training and test rows apart."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from provkit.stages.meanings import Meaning
from provkit.stages.names import names_a_part


def slicing(node: ast.Subscript, owner: Meaning, index: Meaning) -> tuple[str, str]:
    """Say what taking a part of data is: choosing columns, rows of a split, filtering, or separating X and y."""
    part = node.slice
    by_position = isinstance(node.value, ast.Attribute) and node.value.attr in ("iloc", "loc")
    if isinstance(part, ast.Tuple) and len(part.elts) >= 2:
        rows, columns = part.elts[0], part.elts[1]
        if _is_new_axis(columns) or _is_new_axis(rows):
            return "preprocessing", "adds an axis"
        is_all = isinstance(columns, ast.Slice) and not (columns.lower or columns.upper)
        if (
            isinstance(rows, ast.Slice)
            and (rows.lower or rows.upper)
            and (is_all or not by_position)
        ):
            return "split", "takes a range of rows"
        if by_position or isinstance(columns, ast.Constant | ast.UnaryOp):
            return "preprocessing", "separates columns"
        if isinstance(rows, ast.Slice):
            return "feature_engineering", "chooses columns"
        return "preprocessing", "selects items"
    if isinstance(part, ast.Slice):
        return (
            ("split", "takes a range of rows")
            if part.lower or part.upper
            else (
                "preprocessing",
                "rearranges rows",
            )
        )
    if isinstance(part, ast.List):
        return (
            ("feature_engineering", "chooses a subset of the columns")
            if len(part.elts) > 1
            else ("preprocessing", "separates a column")
        )
    if isinstance(part, ast.Compare | ast.BoolOp | ast.BinOp | ast.UnaryOp):
        return "preprocessing", "filters rows"
    if isinstance(part, ast.Name) and index.sort == "splitter":
        return "split", "takes the rows of a fold"
    if isinstance(part, ast.Name) and index.sort == "generated":
        return "preprocessing", "filters rows"
    if isinstance(part, ast.Name) and index.sort == "order":
        return "preprocessing", "rearranges rows"
    if owner.sort == "bundle":
        return "data_loading", "takes a part out of a data set"
    return "preprocessing", "separates a column"


def column_of(node: ast.AST) -> str | None:
    """Name the column that an index written out is: `df["fare"]`, `df[f"{a}_log"]`, `df["Close", ticker]`."""
    if not isinstance(node, ast.Subscript):
        return None
    column = node.slice
    if isinstance(column, ast.Constant):
        return column.value if isinstance(column.value, str) else None
    texts = (
        column.elts
        if isinstance(column, ast.Tuple)
        else [column.left]
        if isinstance(column, ast.BinOp)
        else []
    )
    written = isinstance(column, ast.JoinedStr) or any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) for part in texts
    )
    return ast.unparse(column) if written else None


def root_of(node: ast.AST) -> str | None:
    """Name what a part of a part is taken of: `df` for `df.loc[mask, "fare"].values`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_new_axis(index: ast.expr) -> bool:
    return (isinstance(index, ast.Constant) and index.value is None) or (
        isinstance(index, ast.Attribute) and index.attr == "newaxis"
    )


def parted_array(node: ast.AST) -> str | None:
    """Name the array of which one column is taken: `table[:, 8]`, `table[:, -1]`, `frame.values[:, -1:]`."""
    if not (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name | ast.Attribute)
        and isinstance(node.slice, ast.Tuple)
        and len(node.slice.elts) == len(("rows", "columns"))
    ):
        return None
    rows, column = node.slice.elts
    if isinstance(column, ast.Slice) and column.upper is None:
        column = column.lower if isinstance(column.lower, ast.UnaryOp) else column
    is_one = isinstance(rows, ast.Slice) and isinstance(column, ast.Constant | ast.UnaryOp)
    return ast.unparse(node.value) if is_one else None


def point_of_division(node: ast.AST) -> tuple[str, str, bool] | None:
    """Say where a range of rows ends or begins: the array, the bound, and whether it is the rows before it."""
    if not isinstance(node, ast.Subscript):
        return None
    rows = (
        node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    )
    if not isinstance(rows, ast.Slice) or rows.step is not None:
        return None
    bound = rows.upper or rows.lower
    if bound is None:
        return None
    if (
        isinstance(bound, ast.BinOp)
        and isinstance(bound.right, ast.Constant)
        and bound.right.value == 1
    ):
        bound = bound.left  # the row itself may stand in both, or in the other part
    return _array_of(node.value), ast.unparse(bound), rows.upper is not None


def _array_of(node: ast.expr) -> str:
    """Name the array of which rows are taken, whatever part of it: `frame` for `frame.iloc[...]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return ast.unparse(node)


def filters_a_part(node: ast.stmt | None) -> bool:
    """Tell whether rows are taken out of what is a part already: `train = train[train.fare < 300]`."""
    owner = getattr(node, "value", None)
    while isinstance(owner, ast.Subscript | ast.Attribute | ast.Call):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    return isinstance(owner, ast.Name) and names_a_part(owner.id)


def takes_rows_apart(node: ast.stmt | None, names: Sequence[str]) -> bool:
    """Tell whether a range of rows gets a name of its own: `few = X[:20]`, not `frame = frame[1:]`."""
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Subscript):
        return False
    point = point_of_division(value)
    return point is not None and point[0] not in names
