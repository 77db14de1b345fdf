"""What arrays, tables and tensors look like: shape, types, columns, what is missing, size, digest, first elements.

Asked of the libraries' own classes alone, and of nothing that would be computed for it: a lazy table is described by
its class, what is on another device is not fetched. All is bounded, and does not depend on how fast it goes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import islice

from provkit.redaction import redact

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import Any

    Description = dict[str, Any]

_NAME = type.__dict__["__name__"].__get__
_COLUMNS = 200
_BLOCKS = 64
_ELEMENTS = 1 << 18
"""Elements up to which those that are missing are counted."""
_OBJECTS = 1 << 13
"""Objects among which those that stand for nothing are counted."""
_DIGESTED = 1 << 20
"""Bytes up to which the content has a digest."""
_IN_ALL = 1 << 26
"""Bytes that are digested in one process; there is no digest beyond them."""
_FIRST = 6
"""Elements that a preview shows."""
_PLAIN_KINDS = "biufcmM"
"""Kinds of numpy's dtypes whose bytes are their content."""


class _Allowance:
    """How much may still be digested."""

    left = _IN_ALL


def describe_table(obj: Any, root: str, *, contents: bool = True) -> Description | None:
    """Describe an array, table or tensor of one of the libraries known.

    Args:
        obj: What may be one.
        root: Top-level package of its class.
        contents: All of it is looked at, for what is missing and for a digest; otherwise its first elements alone.

    Returns:
        None if it is none, or if its class only says that it comes from the library.
    """
    library = sys.modules.get(root)
    if library is None:
        return None
    for base in type.__dict__["__mro__"].__get__(type(obj)):
        describe = _DESCRIBED.get((root, simple_name(base)))
        if describe is not None and _publishes(root, base):
            if type(obj) is base or _publishes(root, type(obj)):
                return describe(obj, base, contents)
            # A class of the program's, which may have a say in whatever is asked of it.
            return _outline(obj, base) if describe is _array else None
    return None


def simple_name(cls: type) -> str:
    """Get the name of a class past its metaclass."""
    return str.__str__(_NAME(cls))


def _outline(obj: Any, base: Any) -> Description:
    return {
        "shape": list(base.shape.__get__(obj)),
        "dtype": str(base.dtype.__get__(obj)),
    }


def _publishes(root: str, base: Any) -> bool:
    """Tell whether a class is the library's, and does not only say so."""
    name = simple_name(base)
    places = (root, f"{root}.sparse", f"{root}.nn", f"{root}.ma")
    held = (getattr(sys.modules.get(place), "__dict__", {}).get(name) for place in places)
    return any(one is base for one in held)


def digest_of_bytes(*parts: bytes) -> str | None:
    """Compute the SHA-256 of bytes, in hex; None if they are too many, here or in all."""
    size = sum(map(len, parts))
    if size > _DIGESTED or size > _Allowance.left:
        return None
    _Allowance.left -= size
    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _with_digest(described: Description, digest: str | None) -> Description:
    return described if digest is None else {**described, "digest": digest}


# -------------------------------------------------------------------- numpy and scipy


def _array(obj: Any, base: Any, contents: bool) -> Description:  # noqa: FBT001
    dtype = base.dtype.__get__(obj)
    size = base.nbytes.__get__(obj)
    shape = base.shape.__get__(obj)
    described: Description = {"shape": list(shape), "dtype": str(dtype), "size_bytes": size}
    if dtype.kind not in _PLAIN_KINDS:
        return described
    missing = _missing_in(obj) if contents else None
    if missing:
        described["missing"] = missing
    first = base.flat.__get__(obj)[:_FIRST]
    described["preview"] = _first(first.tolist(), _count(shape))
    return _with_digest(described, _digest_of_array(obj, base)) if contents else described


def _digest_of_array(array: Any, base: Any) -> str | None:
    """Digest dtype, shape and bytes in C order, so that equal arrays have equal digests."""
    if base.nbytes.__get__(array) > _DIGESTED:
        return None
    dtype, shape = base.dtype.__get__(array), base.shape.__get__(array)
    return digest_of_bytes(f"{dtype.str}{shape}".encode(), base.tobytes(array))


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _first(members: list[object], count: int) -> str:
    shown = ", ".join(_short(member) for member in members)
    return f"[{shown}, …]" if count > len(members) else f"[{shown}]"


def _short(member: object) -> str:
    return f"{member:.6g}" if type(member) is float else str(member)


def _missing_in(array: Any) -> int | None:
    """Count the elements of an array that are not a number or not a time; None where nothing is counted."""
    numpy = sys.modules["numpy"]
    kind, size = array.dtype.kind, array.size
    if kind not in "fcmM" or size > _ELEMENTS:
        return None
    plain = numpy.asarray(array)
    return int((numpy.isnat if kind in "mM" else numpy.isnan)(plain).sum())


def _sparse(obj: Any, _: type, _contents: bool) -> Description:  # noqa: FBT001
    parts = [getattr(obj, name, None) for name in ("data", "indices", "indptr", "row", "col")]
    array = sys.modules["numpy"].ndarray
    sizes = [part.nbytes for part in parts if part is not None and type(part) is array]
    described: Description = {"shape": list(obj.shape), "dtype": str(obj.dtype)}
    if sizes:
        described["size_bytes"] = sum(sizes)
        described["preview"] = f"{obj.nnz} elements stored"
    return described


# -------------------------------------------------------------------- pandas


def _frame(obj: Any, _: type, contents: bool) -> Description:  # noqa: FBT001
    columns = obj.columns
    described: Description = {
        "shape": list(obj.shape),
        "columns": [column_label(column) for column in islice(columns, _COLUMNS)],
    }
    if not contents:
        return described
    blocks = list(islice(obj._mgr.blocks, _BLOCKS))  # noqa: SLF001
    if len(blocks) == _BLOCKS or len(columns) > _COLUMNS:
        return described
    types, missing = [""] * len(columns), {}
    size = 0
    for block in blocks:
        values = block.values
        size += int(getattr(values, "nbytes", 0))
        counts = _missing_in_block(values)
        for row, position in enumerate(block.mgr_locs):
            types[position] = str(values.dtype)
            if counts is not None and counts[row]:
                missing[position] = int(counts[row])
    described["column_types"] = types
    described["size_bytes"] = size
    if missing:
        labels = described["columns"]
        described["missing"] = sum(missing.values())
        described["missing_in"] = [
            [labels[position], count] for position, count in sorted(missing.items())
        ]
    return _with_digest(described, _digest_of_frame(obj, blocks, size, types))


def _missing_in_block(values: Any) -> list[int] | None:
    """Count what is missing in each column of a block; None where that is not cheap, or not pandas' own."""
    if values.size > _ELEMENTS:
        return None
    numpy = sys.modules["numpy"]
    if type(values) is numpy.ndarray:
        if values.dtype.kind in "biu":
            return None
        if values.dtype.kind in "fcmM":
            gone = (numpy.isnat if values.dtype.kind in "mM" else numpy.isnan)(values)
        else:
            return _nothing_in(values) if values.size <= _OBJECTS else None
        return gone.sum(axis=1).tolist() if gone.ndim == 2 else [int(gone.sum())]
    if type(values).__module__.startswith("pandas."):
        gone = values.isna()
        return gone.sum(axis=1).tolist() if gone.ndim == 2 else [int(gone.sum())]
    return None


def _nothing_in(values: Any) -> list[int]:
    """Count what is missing among objects; pandas would ask each of them for its class."""
    rows = values.tolist() if values.ndim == 2 else [values.tolist()]
    return [sum(one is None or (type(one) is float and one != one) for one in row) for row in rows]


def _digest_of_frame(frame: Any, blocks: list[Any], size: int, types: list[str]) -> str | None:
    array = sys.modules["numpy"].ndarray
    if size > _DIGESTED or not all(
        type(block.values) is array and block.values.dtype.kind in _PLAIN_KINDS for block in blocks
    ):
        return None
    index = frame.index
    rows = _index_content(index)
    if rows is None:
        return None
    names = [column_label(column) for column in frame.columns]
    by_position: dict[int, bytes] = {}
    for block in blocks:
        for row, position in enumerate(block.mgr_locs):
            by_position[position] = block.values[row].tobytes()
    head = json.dumps([names, types, list(frame.shape)]).encode()
    return digest_of_bytes(head, rows, *(by_position[one] for one in sorted(by_position)))


def _index_content(index: Any) -> bytes | None:
    pandas, array = sys.modules["pandas"], sys.modules["numpy"].ndarray
    if type(index) is pandas.RangeIndex:
        return repr((index.start, index.stop, index.step)).encode()
    if type(index) is not pandas.Index:
        return None
    values = index._values  # noqa: SLF001
    if type(values) is array and values.dtype.kind in _PLAIN_KINDS:
        content: bytes = values.dtype.str.encode() + values.tobytes()
        return content
    return None


def _series(obj: Any, _: type, contents: bool) -> Description:  # noqa: FBT001
    described: Description = {"shape": list(obj.shape), "dtype": str(obj.dtype)}
    label = getattr(obj, "name", None) if type(obj).__name__ == "Series" else None
    if label is not None:
        described["columns"] = [column_label(label)]
    manager = getattr(obj, "_mgr", None)
    if manager is None:
        return described
    values = manager.blocks[0].values
    described["size_bytes"] = int(getattr(values, "nbytes", 0))
    counts = _missing_in_block(values) if contents else None
    if counts is not None and counts[0]:
        described["missing"] = counts[0]
    array = sys.modules["numpy"].ndarray
    if type(values) is not array or values.dtype.kind not in _PLAIN_KINDS:
        return described
    described["preview"] = _first(values[:_FIRST].tolist(), len(values))
    if not contents or described["size_bytes"] > _DIGESTED:
        return described
    rows = _index_content(obj.index)
    if rows is None:
        return described
    head = json.dumps([described.get("columns"), described["dtype"], described["shape"]]).encode()
    return _with_digest(described, digest_of_bytes(head, rows, values.tobytes()))


def column_label(label: Any) -> str:
    """Write the label of a column: text redacted, anything else as far as it is built-in."""
    kind = type(label)
    if kind is str:
        return redact(label)
    if kind is tuple:
        inner = ", ".join(_quoted(one) for one in islice(label, 10))
        return f"({inner},)" if len(label) == 1 else f"({inner})"
    return _quoted(label)


def _quoted(label: Any) -> str:
    kind = type(label)
    if kind in (bool, int, float, str, bytes, type(None)):
        return redact(repr(label))[:120]
    return f"<{simple_name(kind)}>"


# -------------------------------------------------------------------- torch, polars, arrow


def _tensor(obj: Any, _: type, contents: bool) -> Description:  # noqa: FBT001
    torch = sys.modules["torch"]
    described: Description = {"shape": list(obj.shape), "dtype": str(obj.dtype)}
    if type(obj) not in (torch.Tensor, torch.nn.Parameter) or obj.layout is not torch.strided:
        return described
    described["size_bytes"] = obj.numel() * obj.element_size()
    simple = obj.dtype.is_floating_point or obj.dtype in _WHOLE(torch)
    # Elsewhere it would have to be waited for; and what the program has put around all calls would see it.
    if obj.device.type != "cpu" or not simple or torch._C._len_torch_function_stack():  # noqa: SLF001
        return described
    plain = obj.detach()
    if plain.dim() == 0:
        return {**described, "scalar": plain.item()}
    if plain.is_contiguous():
        first = plain.view(-1)[:_FIRST].tolist()
        described["preview"] = _first(first, plain.numel())
    if not contents or described["size_bytes"] > _DIGESTED or plain.dtype is torch.bfloat16:
        return described
    array = plain.contiguous().numpy()
    return _with_digest(described, _digest_of_array(array, sys.modules["numpy"].ndarray))


def _WHOLE(torch: Any) -> Iterator[object]:  # noqa: N802
    return (getattr(torch, name) for name in ("bool", "uint8", "int8", "int16", "int32", "int64"))


def _polars(obj: Any, _: type, _contents: bool) -> Description:  # noqa: FBT001
    schema = list(islice(obj.schema.items(), _COLUMNS))
    return {
        "shape": list(obj.shape),
        "columns": [column_label(name) for name, _ in schema],
        "column_types": [str(kind) for _, kind in schema],
        "size_bytes": int(obj.estimated_size()),
    }


def _arrow(obj: Any, _: type, _contents: bool) -> Description:  # noqa: FBT001
    schema = list(islice(obj.schema, _COLUMNS))
    return {
        "shape": [obj.num_rows, obj.num_columns],
        "columns": [column_label(field.name) for field in schema],
        "column_types": [str(field.type) for field in schema],
        "size_bytes": obj.nbytes,
    }


_DESCRIBED: dict[tuple[str, str], Callable[[Any, type, bool], Description]] = {
    ("numpy", "ndarray"): _array,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _series,
    ("polars", "DataFrame"): _polars,
    ("pyarrow", "Table"): _arrow,
    ("torch", "Tensor"): _tensor,
    **{
        ("scipy", f"{form}_{kind}"): _sparse
        for form in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
        for kind in ("array", "matrix")
    },
}
