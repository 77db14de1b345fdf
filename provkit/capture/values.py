"""What an object looks like from outside, and whether it has changed, without running its code.

Nothing here calls a method that the user's program defines: no `__repr__`, `__len__`, `__eq__` or
`__getattr__` of a class that is not known. What an exact built-in class, an array or a frame says
of itself is asked of that class. Nothing is kept but text and numbers.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from collections.abc import Callable
from itertools import islice

from provkit.capture.interruptions import is_interruption
from provkit.capture.tables import describe_table, digest_of_bytes, simple_name
from provkit.redaction import is_secret_name, redact, remember

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import TypeGuard

_MRO = type.__dict__["__mro__"].__get__
_OF_PYTHON = (types.GetSetDescriptorType, types.MemberDescriptorType)
_NAMESPACE = type.__dict__["__dict__"].__get__
_MODULE = type.__dict__["__module__"].__get__
_NAMES_IN = vars(types.ModuleType)["__dict__"].__get__
_QUALNAME = type.__dict__["__qualname__"].__get__
_NAME = type.__dict__["__name__"].__get__

Description = dict[str, object]

_SCALARS = frozenset({bool, int, float, str})
_SORTED = 500
"""Members of a set up to which a preview shows them in order."""
_NUMBERS = frozenset({bool, int, float})
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
_RUN_WHEN_ASKED = frozenset({"__getattr__", "__getattribute__", "__getitem__"})
_PROPERTIES = frozenset({"cached_property", "property"})
_SEQUENCES = frozenset({list, tuple, set, frozenset, dict, bytearray})
_SHOWN = 120
"""Characters of a preview."""
_TEXT = 1000
"""Characters of a text kept as a scalar; a longer one is a preview."""
_INTEGER_BITS = 2048


def is_atom(obj: object) -> bool:
    """Tell whether an object is one of the immutable built-ins, whose identity means nothing."""
    # A class of another metaclass is none of these, and the metaclass may have a `__hash__` of its own.
    kind = type(obj)
    return type(kind) is type and kind in _ATOMS


def is_code(obj: object) -> bool:
    """Tell whether an object is a module, function, method or class."""
    return issubclass(type(obj), _CODE)


def is_element(obj: object) -> bool:
    """Tell whether an object is an element of `xml.etree`, whose parts no attribute's dictionary shows."""
    module = sys.modules.get("xml.etree.ElementTree")
    return module is not None and type(obj) is getattr(module, "Element", None)


def is_class(obj: object) -> TypeGuard[type]:
    """Tell whether an object is a class, without asking it (`isinstance` does, for `__class__`)."""
    return issubclass(type(obj), type)


def module_of(kind: type) -> object:
    """Give the name of the module in which a class was defined, without asking its metaclass."""
    return _MODULE(kind)


def attribute_of_class(kind: type, name: str) -> object:
    """Find what a class, or the first that it is derived from, has under a name; None if none has it."""
    return next((_NAMESPACE(base)[name] for base in _MRO(kind) if name in _NAMESPACE(base)), None)


def is_module(obj: object) -> bool:
    """Tell whether an object is a module (`isinstance` would ask the object for its `__class__`)."""
    return issubclass(type(obj), types.ModuleType)


def makes_what_is_asked_for(kind: type, modules: list[object]) -> bool:
    """Tell whether reading an item or an attribute of an object may change it, by its class alone.

    Args:
        kind: The class: a mapping that makes keys it is asked for, or one of the program's that runs code for that.
        modules: Names of the program's own modules.
    """
    for base in _MRO(kind) or ():
        if any(base is plain for plain in (object, dict, list, tuple, set)):
            continue
        names = _NAMESPACE(base)
        if "__missing__" in names and issubclass(kind, dict):
            return simple_name(base) != "Counter"
        module = _MODULE(base)
        if (
            type(module) is not str
            or module not in modules
            or type(names) is not types.MappingProxyType
        ):
            continue
        if not _RUN_WHEN_ASKED.isdisjoint(names):
            return True
        if any(simple_name(type(one)) in _PROPERTIES for one in names.values()):
            return True
    return False


def type_name(obj: object) -> str:
    """Name an object's class as a reader would import it: `pandas.DataFrame`, not where it is defined."""
    return class_name(type(obj))


def class_name(cls: type) -> str:
    """Name a class by the shortest module that publishes it."""
    module, name = names_of_class(cls)
    if module is None or module == "builtins":
        return name
    return f"{published_module(module, name, cls)}.{name}"


def names_of_class(cls: type) -> tuple[str | None, str]:
    """Give the module that a class says it comes from, and its name there, without asking its metaclass."""
    try:
        module = _MODULE(cls)
    except AttributeError:  # it has been deleted
        module = None
    return module if type(module) is str else None, str.__str__(_QUALNAME(cls))


def published_module(module: str, name: str, obj: object) -> str:
    """Find the module nearest the top that has the object under the same name.

    `sklearn.linear_model._coordinate_descent` has `Lasso`, and so has `sklearn.linear_model`.
    """
    parts = module.split(".")
    head = name.partition(".")[0]
    for count in range(1, len(parts)):
        candidate = sys.modules.get(".".join(parts[:count]))
        if issubclass(type(candidate), types.ModuleType):  # or a lazy one, as transformers is
            found = _NAMES_IN(candidate).get(head)
            if found is not None and (found is obj or head != name):
                return ".".join(parts[:count])
    return module


def describe(obj: object, *, contents: bool = True) -> Description:
    """Describe an object.

    Args:
        obj: Anything.
        contents: Of a table, all of it is looked at, for what is missing and for a digest.

    Returns:
        Of the fields of a `value` event what applies. Text is redacted. Nothing, if the object is not what its
        class says, or another thread is changing it.
    """
    try:
        return _describe(obj, contents=contents)
    except Exception as error:
        if is_interruption(error):
            raise
        return {}


def _describe(obj: object, *, contents: bool) -> Description:
    kind = type(obj)
    if is_atom(obj):
        return _describe_atom(obj)
    if _is_sequence(kind):
        described: Description = {"length": len(obj), "preview": _preview(obj, 2)}  # type: ignore[arg-type]
        if kind is bytearray:
            described["size_bytes"] = len(obj)  # type: ignore[arg-type]
        return described
    root = root_package(kind)
    found = describe_table(obj, root, contents=contents)
    if found is not None:
        if type(found.get("preview")) is str:
            found["preview"] = redact(found["preview"])[:_SHOWN]
        return found
    if root == "numpy" and any(simple_name(base) == "generic" for base in _MRO(kind) or ()):
        scalar = obj.item()  # type: ignore[attr-defined]
        if type(scalar) in _SCALARS:
            return {**_describe_atom(scalar), "dtype": str(obj.dtype)}  # type: ignore[attr-defined]
    if root in ("argparse", "types") and simple_name(kind) in ("Namespace", "SimpleNamespace"):
        return {"preview": _preview_namespace(obj)}
    if root in _SAID and is_published(kind):
        return {"preview": redact(_SAID[root](obj))[:_SHOWN]}
    return _describe_contents(obj)


def is_published(kind: type) -> bool:
    """Tell whether a class is the one that its top-level module has under its name."""
    return getattr(sys.modules.get(root_package(kind)), simple_name(kind), None) is kind


def _said_of_time(obj: object) -> str:
    if has_zone_of_its_own(obj):
        return str(obj.replace(tzinfo=None))  # type: ignore[attr-defined]
    return str(obj)


def has_zone_of_its_own(obj: object) -> bool:
    """Tell whether a time lies in a zone of the program's, which would be asked when it is written."""
    zone = getattr(obj, "tzinfo", None)
    if zone is None:
        return False
    return root_package(type(zone)) not in ("datetime", "zoneinfo") or not is_published(type(zone))


_SAID: dict[str, Callable[[object], str]] = {
    "datetime": _said_of_time,
    "decimal": str,
    "fractions": str,
    "pathlib": str,
    "uuid": str,
}
"""Modules of the standard library whose classes say in a line what their objects are."""


def _describe_contents(obj: object) -> Description:
    """Describe a container whose class is derived from a built-in one by its length, as the built-in has it."""
    for base in _MRO(type(obj)) or ():
        if _is_sequence(base) or base is deque:
            return {"length": base.__len__(obj)}
    return {}


def _is_sequence(kind: type) -> bool:
    return type(kind) is type and kind in _SEQUENCES


def root_package(kind: type) -> str:
    """Name the top-level package that a class says it comes from."""
    module = names_of_class(kind)[0]
    return module.partition(".")[0] if module is not None else ""


def _describe_atom(obj: object) -> Description:
    if type(obj) is str:
        if len(obj) > _TEXT:
            shown = redact(obj[:_TEXT])[:_SHOWN]
            described: Description = {"length": len(obj), "preview": shown}
            digest = digest_of_bytes(obj.encode("utf-8", "surrogatepass"))
            return {**described, "digest": digest} if digest else described
        return {"length": len(obj), "scalar": redact(obj)}
    if type(obj) is int:
        small = obj.bit_length() <= _INTEGER_BITS
        return {"scalar": obj} if small else {"preview": f"an integer of {obj.bit_length()} bits"}
    if type(obj) in _SCALARS:
        return {"scalar": obj}
    if type(obj) is bytes:
        described = {"length": len(obj), "size_bytes": len(obj)}
        # A short one may be a key, which its digest would give away to whoever can guess it.
        digest = digest_of_bytes(obj) if len(obj) > _TEXT else None
        return {**described, "digest": digest} if digest else described
    return {"preview": repr(obj)}


def written_deep(obj: object) -> str | None:
    """Write a list, tuple or dict with what is nested in it, as grids of settings are; None for anything else."""
    return _preview(obj, 4, 4 * _SHOWN) if type(obj) in (list, tuple, dict) else None


def _preview(obj: object, depth: int, shown: int = _SHOWN) -> str:
    """Write an object as `repr` would as far as it is built-in, in at most so many characters."""
    text = redact(_written(obj, depth))
    return text if len(text) <= shown else text[: shown - 1] + "…"


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
        members = _in_order(obj) if kind is set or kind is frozenset else obj  # type: ignore[arg-type]
        shown = [_written(member, depth - 1) for member in islice(members, 10)]  # type: ignore[call-overload]
    if len(obj) > 10:  # type: ignore[arg-type]
        shown.append("…")
    if kind is tuple and len(shown) == 1:
        return f"({shown[0]},)"
    opening, closing = "[]" if kind is list else "()" if kind is tuple else "{}"
    if not shown and (kind is set or kind is frozenset):
        return f"{kind.__name__}()"
    return f"{opening}{', '.join(shown)}{closing}"


def _in_order(members: set[object] | frozenset[object]) -> list[object]:
    """Give members of a set in an order that does not hang on the seed of hashes, as texts' own does."""
    if len(members) > _SORTED:
        return [member for member in islice(members, 10) if type(member) in _NUMBERS]
    kinds = {type(member) for member in members}
    if len(kinds) == 1 and kinds <= _SCALARS:
        return sorted(members)  # type: ignore[type-var]
    return sorted(members, key=lambda member: _written(member, 1))


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
    """Get an object's own attributes past its `__getattribute__`, if it is an ordinary one.

    Asking a `functools.partial` would give it some, and one without is made flat inside another.
    """
    for cls in _MRO(type(obj)) or ():
        descriptor = _NAMESPACE(cls).get("__dict__")
        if descriptor is not None:
            if type(descriptor) not in _OF_PYTHON or _NAME(cls) == "partial":
                return None
            try:
                attributes = descriptor.__get__(obj)
            except TypeError:  # that of another class, put into this one
                return None
            return attributes if type(attributes) is dict else None
    return None


def slots_of(obj: object) -> dict[str, object] | None:
    """Get what an object holds in slots, past its `__getattribute__`; None if its class has none."""
    found: dict[str, object] | None = None
    for cls in _MRO(type(obj)) or ():
        if "__slots__" not in _NAMESPACE(cls):
            continue
        found = found or {}
        for name, descriptor in _NAMESPACE(cls).items():
            if type(descriptor) is types.MemberDescriptorType:
                try:
                    found[name] = descriptor.__get__(obj)
                except AttributeError:  # not bound yet
                    continue
    return found
