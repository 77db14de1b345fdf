"""What is being called: its name as a reader would import it, and the names of its parameters."""

from __future__ import annotations

import os
import sys
import types
import weakref
from collections.abc import Sequence

from provkit.capture.temporary_files import file_behind
from provkit.capture.values import (
    attributes_of,
    class_name,
    is_class,
    names_of_class,
    published_module,
)

_UNWRAPPED = 8
_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__

_METHODS = (types.MethodType,)
_BUILTINS = (types.BuiltinFunctionType, types.MethodWrapperType)
_DESCRIPTORS = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_LIKE_FUNCTIONS = frozenset(
    {"cython_function_or_method", "_ArrayFunctionDispatcher", "_lru_cache_wrapper"}
)
"""Classes of other languages, or of C, whose objects have the names of functions."""


class Callee:
    """Something that is called; `settle` finds what only has to be found once."""

    __slots__ = (
        "file",
        "key",
        "kind",
        "method",
        "module",
        "name",
        "number",
        "parameters",
        "receiver",
        "receiver_type",
    )

    def __init__(self, kind: str, module: str | None, name: str) -> None:
        self.kind = kind
        self.module = module
        self.name = name
        self.key = f"{kind} {module} {name}"
        self.number = 0
        self.method: str | None = None
        self.receiver: object = None
        self.receiver_type = ""
        self.parameters: list[str] | None = None
        self.file: str | None = None

    def without_receiver(self) -> Callee:
        """Copy what holds for every call of it, and keep no object alive."""
        copy = Callee(self.kind, self.module, self.name)
        for part in ("key", "number", "method", "receiver_type", "parameters", "file"):
            setattr(copy, part, getattr(self, part))
        return copy


def identify(function: object) -> Callee:
    """Name a callee; for a bound method, its receiver too."""
    kind = type(function)
    if is_class(function):
        module, name = _class_place(function)
        return Callee("class", module, name)
    if kind is types.FunctionType:
        return _function(function)  # type: ignore[arg-type]
    if kind in _METHODS:
        return _method(function)  # type: ignore[arg-type]
    if kind in _BUILTINS:
        return _builtin(function)
    if kind in _DESCRIPTORS:
        owner = function.__objclass__  # type: ignore[attr-defined]
        module, name = _class_place(owner)
        return Callee("builtin", module, f"{name}.{function.__name__}")  # type: ignore[attr-defined]
    module, name = _class_place(kind)
    if name in _LIKE_FUNCTIONS:
        return _function(function)  # type: ignore[arg-type]
    if module == "numpy" and name == "ufunc":
        return Callee("builtin", module, function.__name__)  # type: ignore[attr-defined]
    callee = Callee("object", module, f"{name}.__call__")
    callee.receiver = function
    callee.receiver_type = class_name(kind)
    return callee


def _function(function: types.FunctionType) -> Callee:
    module = function.__module__ if isinstance(function.__module__, str) else None
    name = function.__qualname__
    if module is not None:
        module = published_module(module, name, function)
    wrapped = _wrapped_for(function)
    if wrapped is None:
        return Callee("function", module, name)
    callee = Callee("method", module, name)
    callee.method = name.rpartition(".")[2]
    callee.receiver = wrapped
    callee.receiver_type = class_name(type(wrapped))
    return callee


def _wrapped_for(function: types.FunctionType) -> object:
    """Find the object one of whose methods a function stands before, put into it under the method's name.

    torch's schedulers do so with the `step` of their optimizer, which the function holds by a weak reference.
    """
    if type(function) is not types.FunctionType or "__wrapped__" not in function.__dict__:
        return None
    method = function.__qualname__.rpartition(".")[2]
    for cell in function.__closure__ or ():
        try:
            held = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        held = held() if type(held) is weakref.ref else held
        attributes = None if held is None or is_class(held) else attributes_of(held)
        if attributes is not None and attributes.get(method) is function:
            return held
    return file_behind(function)


def _method(method: types.MethodType) -> Callee:
    receiver = method.__self__
    function = method.__func__
    return _bound(receiver, getattr(function, "__name__", type(function).__name__))


def _builtin(function: object) -> Callee:
    receiver = getattr(function, "__self__", None)
    name = function.__name__  # type: ignore[attr-defined]
    if receiver is None or issubclass(type(receiver), types.ModuleType):
        module = getattr(function, "__module__", None)
        return Callee("builtin", module if isinstance(module, str) else None, name)
    return _bound(receiver, name)


def _bound(receiver: object, name: str) -> Callee:
    """Describe a method by what it is bound to: an object, or a class."""
    owner = receiver if is_class(receiver) else type(receiver)
    module, owner_name = _class_place(owner)
    callee = Callee("method", module, f"{owner_name}.{name}")
    callee.method = name
    if not is_class(receiver):
        callee.receiver = receiver
        callee.receiver_type = f"{module}.{owner_name}" if module else owner_name
    return callee


def _class_place(cls: type) -> tuple[str | None, str]:
    module, name = names_of_class(cls)
    return (published_module(module, name, cls) if module is not None else None), name


# -------------------------------------------------------------------- what is found once


def settle(callee: Callee, function: object, project: str, libraries: Sequence[str]) -> None:
    """Find a callee's parameters and, if the project's own text defines it, its file."""
    implementation = implementation_of(function)
    if implementation is None:
        return
    code = implementation.__code__
    callee.parameters = parameters_of(implementation)
    if is_class(function) and callee.parameters:
        callee.parameters = callee.parameters[1:]
    file = code.co_filename
    if file.startswith("<") and is_class(function):
        file = (
            _file_of_class(function) or file
        )  # a data class's constructor is made of no file's text
    if is_own(file, project, libraries) or callee.module == "__main__":
        callee.kind = "own"
        callee.file = os.path.abspath(file) if not file.startswith("<") else None


def _file_of_class(cls: type) -> str | None:
    module = sys.modules.get(names_of_class(cls)[0] or "")
    file = module.__dict__.get("__file__") if type(module) is types.ModuleType else None
    return file if type(file) is str else None


def implementation_of(function: object) -> types.FunctionType | None:
    """Find the Python function that runs when something is called, past its wrappers."""
    found: object = function
    if is_class(function):
        # A class that is still being made may have no order of resolution yet.
        spaces = map(_NAMESPACE, _MRO(function) or ())
        found = next((space["__init__"] for space in spaces if "__init__" in space), None)
    elif type(function) is types.MethodType:
        found = function.__func__
    elif type.__getattribute__(type(function), "__name__") in _LIKE_FUNCTIONS:
        found = getattr(function, "__wrapped__", getattr(function, "_implementation", None))
    for _ in range(_UNWRAPPED):
        if type(found) is not types.FunctionType:
            return None
        inner = found.__dict__.get("__wrapped__")
        if inner is None:
            return found
        found = inner
    return None


def parameters_of(function: types.FunctionType) -> list[str]:
    """List a function's parameters: positional ones, `*rest`, keyword-only ones, `**rest`.

    >>> def f(a, b=1, *c, d, **e): ...
    >>> parameters_of(f)
    ['a', 'b', '*c', 'd', '**e']
    """
    code = function.__code__
    positional = code.co_argcount
    keyword_only = code.co_kwonlyargcount
    names = code.co_varnames
    parameters = list(names[:positional])
    following = positional + keyword_only
    if code.co_flags & 0x04:
        parameters.append(f"*{names[following]}")
        following += 1
    elif keyword_only:
        parameters.append("*")
    parameters.extend(names[positional : positional + keyword_only])
    if code.co_flags & 0x08:
        parameters.append(f"**{names[following]}")
    return parameters


def is_own(file: str, project: str, libraries: Sequence[str]) -> bool:
    """Tell whether a source file belongs to the project, and to no library that lies in it."""
    path = os.path.abspath(file)
    if not path.startswith(f"{project.rstrip('/')}/"):
        return False
    return not any(
        path == library or path.startswith(f"{library.rstrip('/')}/")
        for library in libraries
        if not f"{project}/".startswith(f"{library.rstrip('/')}/")
    )
