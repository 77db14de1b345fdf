"""What objects hold, do their work on, and share their memory with; asked without running code of the program's."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from functools import partial
from gc import get_referents
from itertools import chain, islice
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
)

from provkit.capture.fingerprints import family_of, tensors_of
from provkit.capture.temporary_files import file_behind
from provkit.capture.values import (
    attributes_of,
    is_atom,
    is_class,
    is_code,
    is_element,
    is_module,
    module_of,
    root_package,
    slots_of,
    type_name,
)

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import Any

CONTAINERS = frozenset({list, tuple, dict, set, frozenset, bytearray})
MEMBERS = 64
"""Members of one container that are looked at."""
OWN_MODULES = {"__main__"}
"""Names of the program's own modules, whose classes may keep what changes."""
_NOTHING: tuple[object, ...] = ()
_DESCRIPTORS = (classmethod, staticmethod, property, GetSetDescriptorType, MemberDescriptorType)
_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__
_PASSES_ON = frozenset({"configparser", "csv", "_csv", "sqlite3"})
"""Modules of which some classes do their work on another object."""
_REACH = 200
"""Objects that one look into containers goes through."""


def reachable(obj: object) -> Iterator[object]:
    """Walk the objects inside a container or an object of the user's, in bounded time."""
    waiting = list(_members_of(obj))
    visited = {id(obj)}
    position = 0
    while position < len(waiting) and position < _REACH:
        member = waiting[position]
        position += 1
        if id(member) not in visited:
            visited.add(id(member))
            yield member
            waiting.extend(_members_of(member))


def may_lead_to(obj: object, wanted: object) -> bool:
    """Tell whether what is done with one object may change another: it is that one, holds it, or may hide it."""
    if obj is wanted:
        return True
    if is_atom(obj):
        return False
    kind = type(obj)
    if is_module(obj):
        # Of a library's module nobody knows what of its own kind it holds: pyplot has the figures.
        name = (attributes_of(obj) or {}).get("__name__")
        return type(name) is not str or name.partition(".")[0] == root_package(type(wanted))
    if issubclass(kind, type):
        return any(one is wanted for one in list(_NAMESPACE(obj).values()))
    if kind is BuiltinFunctionType:
        holder = obj.__self__  # type: ignore[attr-defined]
        return not (holder is None or is_module(holder)) and may_lead_to(holder, wanted)
    is_container = type(kind) is type and kind in CONTAINERS
    if kind not in (FunctionType, MethodType) and not is_container:
        has_parts = attributes_of(obj) is not None or slots_of(obj) is not None
        is_data = root_package(kind) in ("numpy", "pandas")
        if not (has_parts or is_data) or any(
            "__call__" in _NAMESPACE(one) for one in _MRO(kind) or ()
        ):
            return True
    memory = set(buffers_of(wanted))
    if not memory.isdisjoint(buffers_of(obj)):
        return True
    for number, member in enumerate(reachable(obj), 1):
        if member is wanted or number >= _REACH or not memory.isdisjoint(buffers_of(member)):
            return True
    return any(one is wanted for one in passed_on_to(obj))


def _members_of(obj: object) -> list[object]:
    kind = type(obj)
    members: Iterator[object]
    if kind is FunctionType:
        members = map(content_of, obj.__closure__ or ())  # type: ignore[attr-defined]
    elif kind is MethodType:
        members = iter((obj.__self__, obj.__func__))  # type: ignore[attr-defined]
    elif kind is BuiltinFunctionType:
        members = iter((obj.__self__,))  # type: ignore[attr-defined]
    elif kind is partial:
        members = iter((obj.func, *obj.args, *obj.keywords.values()))  # type: ignore[attr-defined]
    elif is_code(obj):
        members = _state_of_class(obj)
    elif kind is GeneratorType or kind is CoroutineType:
        # Its variables; to ask its frame for them would keep them.
        members = (one for one in islice(get_referents(obj), MEMBERS) if type(one) is not CodeType)
    elif root_package(kind) in ("numpy", "pandas"):
        members = _objects_in(obj)
    else:
        attributes = attributes_of(obj) or {}
        members = chain(
            _contents_of(obj),
            islice(attributes.values(), MEMBERS),
            (slots_of(obj) or {}).values(),
        )
    return [
        member
        for member in members
        # There is but one empty tuple, whoever holds it.
        if not is_atom(member) and member is not _NOTHING and not is_module(member)
    ]


def _state_of_class(obj: object) -> Iterator[object]:
    """Go through what a class of the program has beside its methods; nothing of any other."""
    # A class may name its module by a text of its own kind, which is asked for nothing.
    module = module_of(obj) if is_class(obj) else None
    if type(module) is not str or module not in OWN_MODULES:
        return iter(())
    held = islice(_NAMESPACE(obj).values(), MEMBERS)
    return (one for one in held if not is_code(one) and not issubclass(type(one), _DESCRIPTORS))


def _objects_in(array: object) -> Iterator[object]:
    """Go through the first objects in an array of objects; an array of numbers has none."""
    found = family_of(type(array))
    if found is None or found[0] != "array":
        return iter(())
    # A class of the program's may say that it is numpy's, and have none of what numpy's has.
    kind = _NAMESPACE(found[1]).get("dtype")
    if type(kind) is not GetSetDescriptorType or not kind.__get__(array).hasobject:
        return iter(())
    return iter(found[1].flat.__get__(array)[:MEMBERS].tolist())


def _contents_of(obj: object) -> Iterator[object]:
    """Go through a built-in container, or an object whose class is derived from one, as the built-in does."""
    kinds: tuple[Any, ...] = (list, tuple, set, frozenset, deque)
    for kind in kinds:
        if issubclass(type(obj), kind):
            return islice(kind.__iter__(obj), MEMBERS)
    if issubclass(type(obj), dict):
        return islice(dict.values(obj), MEMBERS)  # type: ignore[arg-type]
    if is_element(obj):
        return iter(obj[:MEMBERS])  # type: ignore[index]
    return iter(())


def content_of(cell: CellType) -> object:
    """Get at what a closure's variable holds; None if it is not bound yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def passed_on_to(obj: object) -> list[object]:
    """List what an object does its work on: the stream of a writer of CSV, the connection of a cursor."""
    if type.__getattribute__(type(obj), "__module__") not in _PASSES_ON:
        return []
    if type_name(obj) == "configparser.SectionProxy":
        return [obj.parser]  # type: ignore[attr-defined]
    if type_name(obj) == "sqlite3.Cursor":
        return [obj.connection]  # type: ignore[attr-defined]
    attributes = attributes_of(obj)
    if type_name(obj) == "csv.DictWriter" and attributes is not None:
        obj = attributes.get("writer")
    if type_name(obj) != "_csv.writer":
        return []
    # The writer tells nobody of its stream, but for the method of it that it holds.
    methods = [one for one in get_referents(obj) if getattr(one, "__name__", "") == "write"]
    streams = [getattr(one, "__self__", None) or file_behind(one) for one in methods]
    return [one for one in streams if one is not None]


def buffers_of(obj: object) -> tuple[int, ...]:
    """Name the memory that an array, a frame or a model lies in.

    It is named by the identity of what owns it; where tensors and arrays can share it, by its address too.
    """
    kind = type(obj)
    if kind is memoryview or kind is bytearray:
        return (id(obj.obj if kind is memoryview else obj),)  # type: ignore[attr-defined]
    found = family_of(kind)
    if found is None:
        return ()
    family = found[0]
    if family == "array":
        owner = _owner_of(obj)
        if "torch" not in sys.modules or family_of(type(owner)) != found:
            return (id(owner),)
        return id(owner), owner.__array_interface__["data"][0]  # type: ignore[attr-defined]
    if family == "buffer":
        return (id(obj),)
    if family == "frame":
        # A class of the program may have taken the name.
        manager = (attributes_of(obj) or {}).get("_mgr")
        return tuple(
            id(_owner_of(block.values)) for block in islice(getattr(manager, "blocks", ()), 64)
        )
    if family == "tensor":
        return _memory_of_tensor(obj)
    if family == "learner":
        tensors = tensors_of(obj)
        return tuple(dict.fromkeys(one for tensor in tensors for one in _memory_of_tensor(tensor)))
    return ()


def _memory_of_tensor(tensor: object) -> tuple[int, ...]:
    try:
        address = tensor.untyped_storage().data_ptr()  # type: ignore[attr-defined]
    except (RuntimeError, NotImplementedError):  # a sparse one, or one that is no more than a shape
        return (id(tensor),)
    return (id(tensor), address) if address else (id(tensor),)


def _owner_of(array: object) -> object:
    for _ in range(100):
        if type(array) is memoryview:
            return array.obj
        base = getattr(array, "base", None)
        if base is None:
            break
        array = base
    return array
