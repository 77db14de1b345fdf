"""Named temporary files: what their methods are asked for with is a function that does not say whose it is.

`tempfile` gives one object that closes and removes the file, and passes everything else on to the file itself
by functions that it makes as they are asked for. They hold what closes the file, and so does the object.
"""

from __future__ import annotations

import weakref
from types import FunctionType

from provkit.capture.values import attributes_of, type_name

WRAPPER = "tempfile._TemporaryFileWrapper"
_CLOSER = "_closer"

_by_closer: dict[int, weakref.ref[object]] = {}


def note_made(obj: object) -> None:
    """Remember a temporary file, by what closes it."""
    attributes = attributes_of(obj) if type_name(obj) == WRAPPER else None
    if attributes is not None and _CLOSER in attributes:
        _by_closer[id(attributes[_CLOSER])] = weakref.ref(obj)


def file_behind(function: object) -> object | None:
    """Find the temporary file of which a function is a method; None for what is no such function."""
    if type(function) is not FunctionType or _CLOSER not in function.__dict__:
        return None
    closer = function.__dict__[_CLOSER]
    known = _by_closer.get(id(closer))
    obj = known() if known is not None else None
    attributes = attributes_of(obj) if obj is not None else None
    return obj if attributes is not None and attributes.get(_CLOSER) is closer else None
