"""Hyperparameters: what objects are set to that have some, and what calls were given.

An object has hyperparameters if its class has `get_params`, as scikit-learn's convention asks for. They are read
as attributes of the names of the constructor's parameters, which is what `get_params` does; a library's own
`get_params` is asked where it does something else, one of the program's never is.

Nothing here imports a library, runs code of the program's, or raises.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from itertools import islice
from types import BuiltinFunctionType, FunctionType

from provkit.capture.callees import implementation_of
from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.values import (
    Description,
    attributes_of,
    class_name,
    describe,
    is_atom,
    is_class,
    written_deep,
)
from provkit.redaction import is_secret_name, remember

_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__
_KEPT = ("scalar", "preview", "shape", "dtype", "columns")
_PARAMETERS = 300
"""Parameters of one object, those of the objects inside it included."""
_DEPTH = 6
_DEFAULTS = 80
_SPREAD = 64
_ABSENT = object()

Setting = tuple[str, object, bool, str]
"""Name, value, whether that is the default, and the class that has it."""


def brief(obj: object, name: str = "") -> Description:
    """Describe a parameter's value: its scalar, or how it would be written."""
    if is_secret_name(name) and type(obj) in (str, bytes):
        remember(name, obj)
        return {"preview": "[redacted]"}
    if is_class(obj):
        return {"preview": class_name(obj)}
    if type(obj) is FunctionType or type(obj) is BuiltinFunctionType:
        return {"preview": str(obj.__qualname__)}
    described = describe(obj, contents=False)
    deep = written_deep(obj) if "preview" in described else None
    if deep is not None:
        described["preview"] = deep
    kept = {part: described[part] for part in _KEPT if part in described}
    return kept or {"preview": f"<{class_name(type(obj))}>"}


def is_default(obj: object, default: object) -> bool:
    """Tell whether a value is the declared default, without asking a class of the program's."""
    if obj is default:
        return True
    kind = type(obj)
    if kind is not type(default):
        return False
    if is_atom(obj):
        return obj == default or (obj != obj and default != default)
    if kind in (tuple, list, dict):
        return len(obj) == len(default) and describe(obj) == describe(default)  # type: ignore[arg-type]
    return False


def defaults_of(function: object) -> dict[str, object]:
    """Give the declared defaults of what can be called, by parameter; nothing if it is no Python function."""
    implementation = implementation_of(function)
    if implementation is None:
        return {}
    code = implementation.__code__
    values = implementation.__defaults__ or ()
    positional = code.co_varnames[: code.co_argcount]
    found = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
    found.update(implementation.__kwdefaults__ or {})
    return found


def described_defaults(function: object) -> dict[str, Description]:
    """Describe the declared defaults of what can be called."""
    found = islice(defaults_of(function).items(), _DEFAULTS)
    return {name: brief(value, name) for name, value in found}


def is_spread(parameter: int | str) -> bool:
    """Tell whether what a rewritten call gives as its parameter stands for `*sequence` or `**mapping`."""
    return parameter == "**" or (type(parameter) is int and parameter < 0)


def taken_apart(parameter: int | str, obj: object) -> list[tuple[int | str, object]]:
    """Take apart what `*sequence` or `**mapping` stands for: the positions or names, and their values.

    Args:
        parameter: `**`, or -1 minus the position of the sequence's first member.
        obj: The sequence or mapping.
    """
    if type(parameter) is int:
        members = list(islice(obj, _SPREAD)) if type(obj) in (list, tuple) else []  # type: ignore[call-overload]
        return [(-1 - parameter + position, member) for position, member in enumerate(members)]
    if not issubclass(type(obj), dict):
        return []
    items: list[tuple[object, object]] = list(islice(dict.items(obj), _SPREAD))  # type: ignore[arg-type]
    return [(name, member) for name, member in items if type(name) is str]


class _Shape:
    """What a class says of its parameters: their names, their defaults, and how to get at them."""

    __slots__ = ("ask", "defaults", "names", "owner", "reference")

    def __init__(self, kind: type, *, is_own: Callable[[str], bool]) -> None:
        self.reference = weakref.ref(kind)
        self.owner = class_name(kind)
        self.names: tuple[str, ...] = ()
        self.defaults: dict[str, object] = {}
        self.ask: FunctionType | None = None
        """The library's own `get_params`."""
        for cls in _MRO(kind) or ():
            namespace = _NAMESPACE(cls)
            if type(namespace.get("__init__")) is FunctionType:
                self._add(cls)
            asked = namespace.get("get_params")
            if self.ask is None and type(asked) is FunctionType:
                self.ask = asked
        if self.ask is not None:
            plain = str(self.ask.__module__).startswith("sklearn.base")
            if plain or is_own(self.ask.__code__.co_filename):
                self.ask = None

    def _add(self, cls: type) -> None:
        """Take in a class's constructor; of those it inherits only the defaults."""
        implementation = implementation_of(cls)
        if implementation is None:
            return
        code = implementation.__code__
        if not self.names:
            self.names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        for name, value in defaults_of(cls).items():
            self.defaults.setdefault(name, value)


class Parameters:
    """Knows which objects have hyperparameters, and tells what they are set to."""

    def __init__(
        self,
        journal: Journal,
        version_of: Callable[[object], int | None],
        is_own: Callable[[str], bool],
    ) -> None:
        self._journal = journal
        self._version_of = version_of
        self._is_own = is_own
        self._shapes: dict[int, _Shape | None] = {}
        self._last: dict[int, tuple[weakref.ref[object], dict[str, str]]] = {}
        """By identity of an object, what was told of it last."""

    def has_some(self, obj: object) -> bool:
        """Tell whether an object has hyperparameters."""
        return self._shape(type(obj)) is not None

    def is_told(self, obj: object) -> bool:
        """Tell whether the parameters of an object have been told."""
        last = self._last.get(id(obj))
        return last is not None and last[0]() is obj

    def made(self, order: int, obj: object, value: int) -> None:
        """Tell all parameters of an object that is new."""
        self._tell(order, obj, value, "made", {})

    def changed(self, order: int, obj: object, value: int) -> None:
        """Tell the parameters of an object that differ from what was told of it last."""
        last = self._last.get(id(obj))
        known = last[1] if last is not None and last[0]() is obj else {}
        self._tell(order, obj, value, "set", known)

    def settings_of(self, obj: object) -> list[Setting]:
        """List the parameters of an object, without those of the objects inside it."""
        return self._read(obj)

    def parts_of(self, obj: object) -> Iterator[tuple[str, object]]:
        """List an object and those inside it that have parameters, each with the prefix of their names."""
        waiting: list[tuple[str, object, int]] = [("", obj, 0)]
        visited = {id(obj)}
        while waiting:
            prefix, current, depth = waiting.pop(0)
            yield prefix, current
            for name, found, _, _ in self._read(current) if depth < _DEPTH else ():
                for inner_name, inner in self._inside(name, found):
                    if id(inner) not in visited and len(visited) < _SPREAD:
                        visited.add(id(inner))
                        waiting.append((f"{prefix}{inner_name}__", inner, depth + 1))

    # ---------------------------------------------------------------- how they are read

    def _shape(self, kind: type) -> _Shape | None:
        identity = id(kind)
        shape = self._shapes.get(identity, _ABSENT)
        if shape is None or (isinstance(shape, _Shape) and shape.reference() is kind):
            return shape
        found: _Shape | None = None
        if any("get_params" in _NAMESPACE(cls) for cls in _MRO(kind) or ()):
            found = _Shape(kind, is_own=self._is_own)
            self._shapes[identity] = found
        return found

    def _read(self, obj: object) -> list[Setting]:
        shape = self._shape(type(obj))
        if shape is None:
            return []
        attributes = attributes_of(obj) or {}
        values: dict[str, object] = {
            name: attributes[name] for name in shape.names if name in attributes
        }
        if shape.ask is not None:
            values.update(_answer(shape.ask, obj))
        return [
            (name, value, is_default(value, shape.defaults.get(name, _ABSENT)), shape.owner)
            for name, value in islice(values.items(), _PARAMETERS)
        ]

    def _tell(self, order: int, obj: object, value: int, by: str, known: dict[str, str]) -> None:
        settings: list[str] = []
        parts: list[str] = []
        told: dict[str, str] = {}
        waiting: list[tuple[str, object, int]] = [("", obj, 0)]
        visited = {id(obj)}
        known_parts: set[str] = set()
        while waiting and len(told) < _PARAMETERS:
            prefix, current, depth = waiting.pop(0)
            for name, found, default, owner in self._read(current):
                path = f"{prefix}{name}"
                shown = json_of(brief(found, name))
                told[path] = shown
                if known.get(path) != shown and not (by == "made" and prefix in known_parts):
                    settings.append(f"[{text(path)},{shown},{json_of(default)},{text(owner)}]")
                if depth >= _DEPTH:
                    continue
                for inner_name, inner in self._inside(name, found):
                    if id(inner) in visited:
                        continue
                    visited.add(id(inner))
                    version = self._version_of(inner)
                    waiting.append((f"{prefix}{inner_name}__", inner, depth + 1))
                    if version is not None and not self.is_told(inner):
                        version = None
                    if version is not None or prefix in known_parts:
                        known_parts.add(f"{prefix}{inner_name}__")
                    if version is not None:
                        parts.append(f"[{text(f'{prefix}{inner_name}__')},{version}]")
        self._remember(obj, told)
        if settings or by == "made":
            owner = class_name(type(obj))
            self._journal.write(
                f'["parameters",{order},{value},{text(owner)},"{by}",[{",".join(settings)}],[{",".join(parts)}]]'
            )

    def _inside(self, name: str, found: object) -> list[tuple[str, object]]:
        """List the objects with parameters that a parameter holds: itself, or the named ones of a list."""
        if self.has_some(found):
            return [(name, found)]
        if type(found) not in (list, tuple):
            return []
        inside: list[tuple[str, object]] = []
        for member in islice(found, _SPREAD):  # type: ignore[call-overload]
            if type(member) is tuple and len(member) > 1 and type(member[0]) is str:
                inside.extend((member[0], part) for part in member[1:] if self.has_some(part))
        return inside

    def _remember(self, obj: object, told: dict[str, str]) -> None:
        identity = id(obj)
        try:
            reference = weakref.ref(obj, lambda _: self._last.pop(identity, None))
        except TypeError:
            return
        self._last[identity] = (reference, told)


def _answer(ask: FunctionType, obj: object) -> dict[str, object]:
    """Ask a library's `get_params`; nothing if it cannot say."""
    try:
        answer = ask(obj, deep=False)
    except Exception as error:
        if is_interruption(error):
            raise
        return {}
    if type(answer) is not dict:
        return {}
    return {name: value for name, value in answer.items() if type(name) is str}
