"""What an object looks like from outside, and whether it has changed, without running its code.

Nothing here calls a method that the user's program defines: no `__repr__`, `__len__`, `__eq__` or
`__getattr__` of a class that is not known. What an exact built-in class, an array or a frame says
of itself is asked of that class. Nothing is kept but text and numbers.
"""

from __future__ import annotations

import sys
import types
from itertools import islice

from provkit.capture.interruptions import is_interruption
from provkit.redaction import is_secret_name, redact, remember

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import TypeGuard

_MRO = type.__dict__["__mro__"].__get__
_OF_PYTHON = (types.GetSetDescriptorType, types.MemberDescriptorType)
_NAMESPACE = type.__dict__["__dict__"].__get__

Description = dict[str, object]

_SCALARS = frozenset({bool, int, float, str})
_ATOMS = frozenset(
    {
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        type(None),
        type(Ellipsis),
        type(NotImplemented),
        range,
        slice,
    }
)
_CODE = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    type,
)
_SEQUENCES = frozenset({list, tuple, set, frozenset, dict, bytearray})
_SHOWN = 120
"""Characters of a preview."""
_TEXT = 1000
"""Characters of a text kept as a scalar; a longer one is a preview."""
_INTEGER_BITS = 2048
_COLUMNS = 200


def is_atom(obj: object) -> bool:
    """Tell whether an object is one of the immutable built-ins, whose identity means nothing."""
    # A class of another metaclass is none of these, and the metaclass may have a `__hash__` of its own.
    kind = type(obj)
    return type(kind) is type and kind in _ATOMS


def is_code(obj: object) -> bool:
    """Tell whether an object is a module, function, method or class."""
    return issubclass(type(obj), _CODE)


def is_class(obj: object) -> TypeGuard[type]:
    """Tell whether an object is a class, without asking it (`isinstance` does, for `__class__`)."""
    return issubclass(type(obj), type)


def is_module(obj: object) -> bool:
    """Tell whether an object is a module (`isinstance` would ask the object for its `__class__`)."""
    return issubclass(type(obj), types.ModuleType)


def type_name(obj: object) -> str:
    """Name an object's class as a reader would import it: `pandas.DataFrame`, not where it is defined."""
    return class_name(type(obj))


def class_name(cls: type) -> str:
    """Name a class by the shortest module that publishes it."""
    module = type.__getattribute__(cls, "__module__")
    name = type.__getattribute__(cls, "__qualname__")
    if not isinstance(module, str) or module == "builtins":
        return str(name)
    return f"{published_module(module, name, cls)}.{name}"


def published_module(module: str, name: str, obj: object) -> str:
    """Find the module nearest the top that has the object under the same name.

    `sklearn.linear_model._coordinate_descent` has `Lasso`, and so has `sklearn.linear_model`.
    """
    parts = module.split(".")
    head = name.partition(".")[0]
    for count in range(1, len(parts)):
        candidate = sys.modules.get(".".join(parts[:count]))
        if type(candidate) is types.ModuleType:
            found = candidate.__dict__.get(head)
            if found is not None and (found is obj or head != name):
                return ".".join(parts[:count])
    return module


def describe(obj: object) -> Description:
    """Describe an object.

    Returns:
        Of `shape`, `columns`, `length`, `dtype`, `preview` and `scalar` what applies. Text is redacted.
        Nothing, if the object is not what its class says, or another thread is changing it.
    """
    try:
        return _describe(obj)
    except Exception as error:
        if is_interruption(error):
            raise
        return {}


def _describe(obj: object) -> Description:
    kind = type(obj)
    if is_atom(obj):
        return _describe_atom(obj)
    if _is_sequence(kind):
        return {"length": len(obj), "preview": _preview(obj, 2)}  # type: ignore[arg-type]
    root = root_package(kind)
    if root == "numpy":
        return _describe_numpy(obj)
    if root == "pandas":
        return _describe_pandas(obj)
    if root in ("argparse", "types") and kind.__name__ in ("Namespace", "SimpleNamespace"):
        return {"preview": _preview_namespace(obj)}
    if root == "torch" and kind.__name__ in ("Tensor", "Parameter"):
        return {"shape": list(obj.shape), "dtype": str(obj.dtype)}  # type: ignore[attr-defined]
    if root == "scipy" and hasattr(kind, "shape") and hasattr(kind, "nnz"):
        return {"shape": list(obj.shape), "dtype": str(obj.dtype)}  # type: ignore[attr-defined]
    return {}


def _is_sequence(kind: type) -> bool:
    return type(kind) is type and kind in _SEQUENCES


def root_package(kind: type) -> str:
    """Name the top-level package that a class says it comes from."""
    module = type.__getattribute__(kind, "__module__")
    return module.partition(".")[0] if type(module) is str else ""


def _describe_atom(obj: object) -> Description:
    if type(obj) is str:
        if len(obj) > _TEXT:
            return {"length": len(obj), "preview": redact(obj[:_TEXT])[:_SHOWN]}
        return {"length": len(obj), "scalar": redact(obj)}
    if type(obj) is int:
        small = obj.bit_length() <= _INTEGER_BITS
        return {"scalar": obj} if small else {"preview": f"an integer of {obj.bit_length()} bits"}
    if type(obj) in _SCALARS:
        return {"scalar": obj}
    if type(obj) is bytes:
        return {"length": len(obj)}
    return {"preview": repr(obj)}


def _describe_numpy(obj: object) -> Description:
    kind = type(obj)
    if kind.__name__ == "ndarray" or any(base.__name__ == "ndarray" for base in kind.__mro__):
        array = _numpy_array(kind)
        return {
            "shape": list(array.shape.__get__(obj)),  # type: ignore[attr-defined]
            "dtype": str(array.dtype.__get__(obj)),  # type: ignore[attr-defined]
        }
    if any(base.__name__ == "generic" for base in kind.__mro__):
        scalar = obj.item()  # type: ignore[attr-defined]
        if type(scalar) in _SCALARS:
            return {**_describe_atom(scalar), "dtype": str(obj.dtype)}  # type: ignore[attr-defined]
    return {}


def _numpy_array(kind: type) -> type:
    return next(base for base in kind.__mro__ if base.__name__ == "ndarray")


def _describe_pandas(obj: object) -> Description:
    name = type(obj).__name__
    if name == "DataFrame":
        columns = obj.columns  # type: ignore[attr-defined]
        return {
            "shape": list(obj.shape),  # type: ignore[attr-defined]
            "columns": [_column(column) for column in islice(columns, _COLUMNS)],
        }
    if name in ("Series", "Index", "RangeIndex", "DatetimeIndex", "MultiIndex"):
        described: Description = {
            "shape": list(obj.shape),  # type: ignore[attr-defined]
            "dtype": str(obj.dtype),  # type: ignore[attr-defined]
        }
        label = obj.name if name == "Series" else None  # type: ignore[attr-defined]
        if label is not None:
            described["columns"] = [_column(label)]
        return described
    return {}


def _column(label: object) -> str:
    return redact(label) if type(label) is str else _preview(label, 1)


def _preview(obj: object, depth: int) -> str:
    """Write an object as `repr` would as far as it is built-in, in at most `_SHOWN` characters."""
    text = redact(_written(obj, depth))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _written(obj: object, depth: int) -> str:
    kind = type(obj)
    if kind is str or kind is bytes:
        # Redacted before it is cut, as half a secret is not known for one.
        text = repr(obj if len(obj) <= _TEXT else obj[:_TEXT])  # type: ignore[arg-type,index]
        return text if len(text) <= _SHOWN else redact(text)[:_SHOWN]
    if kind is int:
        return repr(obj) if obj.bit_length() <= _INTEGER_BITS else "…"  # type: ignore[attr-defined]
    if is_atom(obj):
        return repr(obj)
    if not _is_sequence(kind) or kind is bytearray:
        return f"<{class_name(kind)}>"
    if depth == 0:
        return "…"
    if kind is dict:
        shown = [
            f"{_written(key, depth - 1)}: {_member(key, member, depth)}"
            for key, member in islice(obj.items(), 10)  # type: ignore[attr-defined]
        ]
    else:
        shown = [_written(member, depth - 1) for member in islice(obj, 10)]  # type: ignore[call-overload]
    if len(obj) > 10:  # type: ignore[arg-type]
        shown.append("…")
    if kind is tuple and len(shown) == 1:
        return f"({shown[0]},)"
    opening, closing = "[]" if kind is list else "()" if kind is tuple else "{}"
    if not shown and (kind is set or kind is frozenset):
        return f"{kind.__name__}()"
    return f"{opening}{', '.join(shown)}{closing}"


def _member(key: object, member: object, depth: int) -> str:
    if type(key) is str and is_secret_name(key) and (type(member) is str or type(member) is bytes):
        remember(key, member)
        return "'[redacted]'"
    return _written(member, depth - 1)


def _preview_namespace(obj: object) -> str:
    attributes = attributes_of(obj) or {}
    shown = ", ".join(
        f"{name}={_member(name, member, 2)}" for name, member in islice(attributes.items(), 20)
    )
    text = redact(f"{type(obj).__name__}({shown})")
    return text if len(text) <= 4 * _SHOWN else text[: 4 * _SHOWN] + "…"


def attributes_of(obj: object) -> dict[str, object] | None:
    """Get an object's own attributes past its `__getattribute__`, if it is an ordinary one."""
    for cls in _MRO(type(obj)):
        descriptor = _NAMESPACE(cls).get("__dict__")
        if descriptor is not None:
            if type(descriptor) not in _OF_PYTHON:
                return None
            attributes = descriptor.__get__(obj)
            return attributes if type(attributes) is dict else None
    return None


def slots_of(obj: object) -> dict[str, object]:
    """Get what an object holds in slots, past its `__getattribute__`; empty for a class of another language's."""
    found: dict[str, object] = {}
    for cls in _MRO(type(obj)):
        if "__slots__" not in _NAMESPACE(cls):
            continue
        for name, descriptor in _NAMESPACE(cls).items():
            if type(descriptor) is types.MemberDescriptorType:
                try:
                    found[name] = descriptor.__get__(obj)
                except AttributeError:  # not bound yet
                    continue
    return found
