"""Whether an object has changed: its state summed up in bounded time, without running the program's code.

What a library keeps where no attribute shows it is looked at in the library's own way: the state of a generator of
random numbers, the versions of tensors and of their gradients, what a figure shows.
"""

from __future__ import annotations

import sys
import types
from collections import deque
from itertools import islice
from math import prod
from zlib import crc32

from provkit.capture.drawings import mark_of_artist
from provkit.capture.interruptions import is_interruption
from provkit.capture.tables import simple_name
from provkit.capture.values import (
    attributes_of,
    is_atom,
    is_code,
    is_element,
    root_package,
    slots_of,
)

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import Any

_MRO = type.__dict__["__mro__"].__get__
_MEMBERS = 500
"""Members of a container, or attributes of an object, that a fingerprint looks at."""
_TENSORS = 500
"""Tensors of one model that a fingerprint looks at."""
_WHOLE_BYTES = 1 << 16
"""An array up to this size is looked at whole."""
_PLACES = 64
_SAMPLE_BYTES = 1 << 13
"""Bytes of a larger array that are looked at."""
_SMALL_ARRAY = 1 << 12
"""Bytes up to which an array is looked at wherever it lies in an object."""
_MERSENNE_WORDS = 624

_ITERATORS = frozenset(
    {
        *map(
            type, (iter([]), iter(()), iter({}), iter(set()), iter(""), iter(b""), iter(range(0)))
        ),
        *map(type, (iter({}.values()), iter({}.items()))),
        *(map, filter, zip, enumerate, reversed, types.GeneratorType),
        *(kind for kind in vars(__import__("itertools")).values() if isinstance(kind, type)),
    }
)

_ARGUMENTS = BaseException.__dict__["args"].__get__
"""Gets what an exception was given, past its class's own `args`."""


def is_iterator(obj: Any) -> bool:
    """Tell whether an object is one of the iterators of Python's own, which every use moves on."""
    kind = type(obj)
    return type(kind) is type and kind in _ITERATORS


def holds_streams(obj: object) -> bool:
    """Tell whether a container, or a function's closure, holds streams, whose use nothing shows."""
    kind = type(obj)
    if kind is types.FunctionType:
        cells = obj.__closure__ or ()  # type: ignore[attr-defined]
        return any(_is_stream(cell) for cell in islice(cells, 3))
    # Not by `in`: a metaclass of the program's would be asked.
    if kind is not list and kind is not tuple and kind is not dict:
        return False
    members = obj.values() if kind is dict else obj  # type: ignore[attr-defined]
    return any(root_package(type(one)) == "_io" for one in islice(members, 3))  # type: ignore[arg-type]


def _is_stream(cell: types.CellType) -> bool:
    try:
        return root_package(type(cell.cell_contents)) == "_io"
    except ValueError:  # not bound yet
        return False


def fingerprint(obj: Any) -> object:
    """Sum up an object's state in bounded time, to be compared with a later one.

    Returns:
        Something that can be compared; None if the object cannot change or cannot be looked at.
        Two equal ones do not prove that nothing changed: deep inside, or between the places of a
        large array that are looked at, a change is not seen.
    """
    try:
        return _fingerprint(obj, 2)
    except Exception as error:
        if is_interruption(error):
            raise
        return None


def _fingerprint(obj: Any, depth: int) -> object:
    kind = type(obj)
    if is_atom(obj) or is_code(obj):
        return None
    if kind is tuple or kind is frozenset:
        return tuple(_deeper(member, depth) for member in islice(obj, _MEMBERS))
    if kind is bytearray:
        return _of_buffer(obj, kind)
    found = family_of(kind)
    if found is not None:
        return _OF_FAMILY[found[0]](obj, found[1])
    contents = _contents(obj, depth)
    attributes = attributes_of(obj)
    slots = slots_of(obj)
    if attributes is None and slots is None:
        return contents
    own = {**(attributes or {}), **(slots or {})}
    shown = tuple(
        (name, id(member), _deeper(member, depth)) for name, member in islice(own.items(), _MEMBERS)
    )
    return contents, len(own), shown


_FAMILIES = {
    ("numpy", "ndarray"): "array",
    ("numpy", "Generator"): "generator",
    ("numpy", "RandomState"): "generator",
    ("numpy", "BitGenerator"): "generator",
    ("random", "Random"): "generator",
    ("torch", "Generator"): "generator",
    ("torch", "Tensor"): "tensor",
    ("torch", "Module"): "learner",
    ("torch", "Optimizer"): "learner",
    ("pandas", "DataFrame"): "frame",
    ("pandas", "Series"): "frame",
    ("array", "array"): "buffer",
    ("matplotlib", "Artist"): "artist",
    ("sqlite3", "Connection"): "connection",
    ("functools", "_lru_cache_wrapper"): "cache",
    ("configparser", "RawConfigParser"): "settings",
}
"""What a class, or one that it is derived from, is to be looked at as: by top-level package and name."""


def family_of(kind: type) -> tuple[str, Any] | None:
    """Find out what an object of a library's class is to be looked at as, and the library's class."""
    for base in _MRO(kind) or ():  # a class that is still being made may have none
        found = _FAMILIES.get((root_package(base), simple_name(base)))
        if found is not None:
            return found, base
    return None


def is_generator(obj: Any) -> bool:
    """Tell whether an object is a generator of random numbers that has a state."""
    found = family_of(type(obj))
    return found is not None and found[0] == "generator"


def is_learner(obj: Any) -> bool:
    """Tell whether an object is a torch model or optimizer, whatever class of the program's it is of."""
    found = family_of(type(obj))
    return found is not None and found[0] == "learner"


def is_optimizer(obj: Any) -> bool:
    """Tell whether a learner is an optimizer, which moves the tensors of models."""
    return type((attributes_of(obj) or {}).get("param_groups")) is list


def _contents(obj: Any, depth: int) -> object:
    """Sum up the members of a built-in container, or of an object whose class is derived from one."""
    if issubclass(type(obj), dict):
        return dict.__len__(obj), tuple(
            (id(key), id(member), _deeper(member, depth))
            for key, member in islice(dict.items(obj), _MEMBERS)
        )
    if issubclass(type(obj), list):
        members = _sampled(obj)
        return list.__len__(obj), tuple((id(one), _deeper(one, depth)) for one in members)
    if issubclass(type(obj), set):
        return set.__len__(obj), tuple(id(one) for one in islice(set.__iter__(obj), _MEMBERS))
    if issubclass(type(obj), deque):
        return deque.__len__(obj), tuple(id(one) for one in islice(deque.__iter__(obj), _MEMBERS))
    if is_element(obj):
        inside = tuple((id(one), _deeper(one, depth)) for one in obj[:_MEMBERS])
        return obj.tag, obj.text, obj.tail, len(obj), tuple(obj.attrib.items()), inside
    if issubclass(type(obj), BaseException):
        given = _ARGUMENTS(obj)
        return len(given), tuple((id(one), _deeper(one, depth)) for one in given[:_MEMBERS])
    return None


def _deeper(obj: Any, depth: int) -> object:
    if is_atom(obj):
        return None
    if depth > 1:
        return _fingerprint(obj, depth - 1)
    # A new array often lies where the one before it lay, so that where it is says little.
    numpy = sys.modules.get("numpy")
    if type(numpy) is types.ModuleType and type(obj) is numpy.__dict__.get("ndarray"):
        kind = type(obj)
        return _of_array(obj, kind) if kind.nbytes.__get__(obj) <= _SMALL_ARRAY else None
    return None


def _sampled(members: list[object]) -> list[object]:
    step = list.__len__(members) // _MEMBERS + 1
    return list.__getitem__(members, slice(None, None, step))


# -------------------------------------------------------------------- arrays and frames


def _of_array(array: Any, kind: Any) -> object:
    shape = kind.shape.__get__(array)
    size = kind.nbytes.__get__(array)
    dtype = kind.dtype.__get__(array)
    if dtype.hasobject:
        return shape, size, str(dtype)
    if size <= _WHOLE_BYTES:
        return shape, str(dtype), crc32(kind.tobytes(array))
    if not shape or not shape[0]:
        return shape, size
    # As a plain array: a class of the program's would hear of each view.
    plain = kind.view(array, kind)
    return shape, str(dtype), crc32(plain[_places_in(shape, dtype.itemsize)].tobytes())


def _places_in(shape: tuple[int, ...], size: int) -> tuple[slice, ...]:
    """Choose the elements of a large array to look at: of each axis some, at even distances.

    No more than `_SAMPLE_BYTES` are copied, however large the array and whatever its strides.
    """
    left = max(1, _SAMPLE_BYTES // max(1, size))
    places = []
    for axis, length in enumerate(shape):
        others = prod(shape[axis + 1 :])
        taken = max(1, min(length, left, max(_PLACES, left // max(1, others))))
        step = max(1, -(-length // taken))
        places.append(slice(None, None, step))
        left = max(1, left * step // max(1, length))
    return tuple(places)


def _of_frame(frame: Any, _: type) -> object:
    attributes = attributes_of(frame) or {}
    manager = attributes.get("_mgr")
    marks = []
    for block in islice(getattr(manager, "blocks", ()), _PLACES):
        values = block.values
        plain = type(values).__module__ == "numpy" and type(values).__name__ == "ndarray"
        marks.append((id(values), _of_array(values, type(values)) if plain else None))
    axes = tuple(id(axis) for axis in getattr(manager, "axes", ()))
    facts = _deeper(attributes.get("_attrs"), 2)
    return id(manager), axes, tuple(marks), facts, attributes.get("_name")


def _of_buffer(obj: Any, kind: Any) -> object:
    """Sum up a `bytearray` or an `array.array` from a copy: as long as it is lent it cannot grow in another thread."""
    length = kind.__len__(obj)
    size = length if kind is bytearray else length * kind.itemsize.__get__(obj)
    sample = kind.__getitem__(obj, slice(None, None, size // _WHOLE_BYTES + 1))
    return size, crc32(sample)


# -------------------------------------------------------------------- generators of random numbers


def state_of_generator(obj: Any) -> object:
    """Sum up where a generator stands; it draws nothing.

    Returns:
        Something that differs once a number was drawn; None if the generator keeps its state to itself.
    """
    found = family_of(type(obj))
    assert found is not None
    base = found[1]
    if base.__name__ == "Random":
        if type(obj).__name__ == "SystemRandom":
            return None
        state = base.getstate(obj)
        # The last word says how many of the others have been used up; all are made anew then.
        return state[1][-1], state[1][:2], state[2]
    if root_package(base) == "torch":
        return crc32(base.get_state(obj).numpy())
    if base.__name__ == "BitGenerator":
        return _state_of_bits(obj)
    if base.__name__ == "RandomState":
        return _state_of_bits(obj._bit_generator)  # noqa: SLF001
    bits = base.bit_generator.__get__(obj)
    seed_sequence = getattr(bits, "seed_seq", None)
    return _state_of_bits(bits), getattr(seed_sequence, "n_children_spawned", None)


def _state_of_bits(bits: Any) -> object:
    if type(bits).__name__ == "MT19937":
        # Asked for its state it copies 624 words one by one, in 30 us; looked at where it says that they are, in 1.
        from ctypes import c_uint32  # numpy has it loaded

        address = bits.ctypes.state_address
        words = (c_uint32 * (_MERSENNE_WORDS + 1)).from_address(address)
        return words[_MERSENNE_WORDS], words[0], words[1]
    return repr(bits.state)


# -------------------------------------------------------------------- torch


def _of_tensor(tensor: Any, _: type | None = None) -> object:
    grad = tensor.grad if tensor.is_leaf else None
    return (
        _version(tensor),
        tensor.requires_grad,
        id(grad) if grad is not None else None,
        _version(grad) if grad is not None else None,
    )


def _version(tensor: Any) -> object:
    try:
        return tensor._version  # noqa: SLF001
    except RuntimeError:  # made in inference mode, where no versions are counted
        return None


def tensors_of(obj: Any) -> list[object]:
    """List the parameters and buffers of a torch model, or what an optimizer moves; empty for anything else."""
    attributes = attributes_of(obj) or {}
    groups = attributes.get("param_groups")
    found: list[object] = []
    if type(groups) is list:
        for group in islice(groups, _PLACES):
            found.extend(islice(group.get("params", ()), _TENSORS) if type(group) is dict else ())
        return found[:_TENSORS]
    waiting = [attributes]
    while waiting and len(found) < _TENSORS:
        current = waiting.pop()
        for part in ("_parameters", "_buffers"):
            held: Any = current.get(part)
            if issubclass(type(held), dict):
                found.extend(one for one in dict.values(held) if one is not None)
        modules: Any = current.get("_modules")
        if issubclass(type(modules), dict):
            inner = islice(dict.values(modules), _TENSORS)
            waiting.extend(attributes_of(one) or {} for one in inner)
    return found[:_TENSORS]


def parts_of(learner: Any) -> list[object]:
    """List the modules inside a torch model, whatever their depth; empty for anything else."""
    found: list[object] = []
    waiting = [learner]
    while waiting and len(found) < _TENSORS:
        modules: Any = (attributes_of(waiting.pop()) or {}).get("_modules")
        if issubclass(type(modules), dict):
            inner = [one for one in islice(dict.values(modules), _TENSORS) if one is not None]
            found.extend(inner)
            waiting.extend(inner)
    return found


def _of_learner(obj: Any, _: type) -> object:
    """Sum up a torch model or optimizer: its tensors, their gradients, and its plain settings."""
    attributes = attributes_of(obj) or {}
    tensors = tuple((id(one), _of_tensor(one)) for one in tensors_of(obj))
    plain = tuple((name, id(one)) for name, one in islice(attributes.items(), _MEMBERS))
    groups = attributes.get("param_groups")
    settings: tuple[object, ...] = ()
    if type(groups) is list:
        settings = tuple(
            (key, repr(one))
            for group in islice(groups, _PLACES)
            for key, one in islice(group.items(), _PLACES)
            if is_atom(one)
        )
    return tensors, plain, settings


def _of_connection(obj: Any, kind: Any) -> object:
    """Sum up a connection to a database of SQLite by what it has changed there."""
    try:
        return kind.total_changes.__get__(obj), kind.in_transaction.__get__(obj)
    except Exception as error:
        if is_interruption(error):
            raise
        return None  # closed, or another thread's


def _of_settings(obj: Any, _: type) -> object:
    """Sum up the sections of a parser of settings, which lie deeper than others' attributes."""
    attributes = attributes_of(obj) or {}
    return tuple(_fingerprint(attributes.get(name), 2) for name in ("_sections", "_defaults"))


_OF_FAMILY = {
    "array": _of_array,
    "artist": lambda obj, _: mark_of_artist(obj),
    "buffer": _of_buffer,
    "cache": lambda obj, kind: kind.cache_info(obj),  # type: ignore[attr-defined]
    "connection": _of_connection,
    "frame": _of_frame,
    "generator": lambda obj, _: state_of_generator(obj),
    "learner": _of_learner,
    "settings": _of_settings,
    "tensor": _of_tensor,
}
