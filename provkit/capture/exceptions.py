"""What an exception says and where it came from, without running code of the program's."""

from __future__ import annotations

import os
import types

from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import text
from provkit.capture.values import (
    class_name,
    has_zone_of_its_own,
    is_atom,
    is_published,
    root_package,
    type_name,
)
from provkit.redaction import redact

MESSAGE = 2_000
"""Characters of a message that are told."""
_FRAMES = 50
_MEMBERS = 100
"""Members of a container that an exception may hold to be told as it tells itself."""
_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__
_ARGUMENTS = BaseException.__dict__["args"].__get__
_CONTAINERS = frozenset({tuple, list, set, frozenset, dict})
_OF_ONE_PIECE = frozenset(
    {"pathlib", "datetime", "decimal", "fractions", "uuid", "ipaddress", "zoneinfo"}
)
"""Modules whose objects hold none of the program's."""
_LIBRARIES = (os.path.dirname(os.__file__) + os.sep, "<frozen ")
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def message_of(error: BaseException) -> str:
    """Get an exception's message, as it tells it if none of the program's code has to run for that.

    Returns:
        Otherwise its arguments, those of the program's classes by their class.
    """
    try:
        arguments = _ARGUMENTS(error)
        if _is_of_library(_telling(type(error))) and all(map(_is_plain, _told_parts(error))):
            return str(error)
        return ", ".join(
            str(argument) if _is_plain(argument) else f"<{class_name(type(argument))}>"
            for argument in arguments
        )
    except Exception as problem:
        if is_interruption(problem):
            raise
        return ""  # a message that cannot be had is no message


def failure_of(error: BaseException | None) -> str:
    """Give the class and the message of an exception, redacted, as the two fields that events have for them."""
    if error is None:
        return '"",""'
    return f"{text(type_name(error))},{text(redact(message_of(error))[:MESSAGE])}"


def _telling(kind: type) -> object:
    return next(_NAMESPACE(cls)["__str__"] for cls in _MRO(kind) if "__str__" in _NAMESPACE(cls))


def _told_parts(error: BaseException) -> tuple[object, ...]:
    """List what an exception of Python's own makes its message of."""
    parts: tuple[object, ...] = _ARGUMENTS(error)
    if issubclass(type(error), BaseExceptionGroup):
        return parts[:1]
    for kind, names in ((OSError, ("filename", "filename2", "strerror")), (SyntaxError, ("msg",))):
        if issubclass(type(error), kind):
            parts += tuple(kind.__dict__[name].__get__(error) for name in names)
    return parts


def _is_of_library(telling: object) -> bool:
    if type(telling) is not types.FunctionType:
        return type(telling) is types.WrapperDescriptorType
    file = telling.__code__.co_filename
    return file.startswith(_LIBRARIES) or any(folder in file for folder in _INSTALLED)


def _is_plain(obj: object, depth: int = 2) -> bool:
    """Tell whether an object, and all that is in it, is written down without the program's code."""
    kind = type(obj)
    if is_atom(obj):
        return True
    if type(kind) is not type or kind is type:
        return kind is type
    if kind in _CONTAINERS:
        if depth == 0 or len(obj) > _MEMBERS:  # type: ignore[arg-type]
            return False
        members = [*obj, *obj.values()] if kind is dict else obj  # type: ignore[misc,attr-defined]
        return all(_is_plain(member, depth - 1) for member in members)  # type: ignore[attr-defined]
    if root_package(kind) in _OF_ONE_PIECE:
        return is_published(kind) and not has_zone_of_its_own(obj)
    return root_package(kind) == "numpy" and any(cls.__name__ == "generic" for cls in _MRO(kind))


def traceback_of(error: BaseException) -> str:
    """Write where an exception came from: file, line and function of each frame, the outermost first."""
    lines: list[str] = []
    trace = error.__traceback__
    while trace is not None and len(lines) < _FRAMES:
        code = trace.tb_frame.f_code
        lines.append(f'  File "{code.co_filename}", line {trace.tb_lineno}, in {code.co_name}')
        trace = trace.tb_next
    return "\n".join(lines)
