"""Log files: what `logging` writes to them past the program's names.

A handler that writes to a file is a value like the other hidden state: it has a next version when the file has grown,
and the file comes from the last one.
"""

from __future__ import annotations

import os
import sys

from provkit.capture.values import attributes_of

PLACE = "logging.FileHandler"
METHODS = frozenset(
    {"critical", "debug", "error", "exception", "fatal", "info", "log", "warn", "warning"}
)
"""What logs, by the last part of its name."""
_HANDLERS = 32
"""Handlers that are looked for."""

_stat = os.stat


class Logs:
    """The handlers of the process that write to files, and how long their files were."""

    def __init__(self) -> None:
        self._seen = 0
        self._sizes: dict[str, int] = {}
        self._handlers: dict[str, object] = {}

    def forget(self) -> None:
        """Let go of everything."""
        self._handlers.clear()
        self._sizes.clear()

    def opened(self) -> list[tuple[str, object]]:
        """List the files that have got a handler since the last time, each with it."""
        module = sys.modules.get("logging")
        listed = (attributes_of(module) or {}).get("_handlerList") if module is not None else None
        if type(listed) is not list or len(listed) == self._seen:
            return []
        self._seen = len(listed)
        found = []
        for reference in listed[:_HANDLERS]:
            handler = reference() if callable(reference) else None
            path = (attributes_of(handler) or {}).get("baseFilename")
            if type(path) is str and self._handlers.get(path) is not handler:
                self._handlers[path] = handler
                self._sizes[path] = _size(path)
                found.append((path, handler))
        return found

    def grown(self) -> list[object]:
        """List the handlers whose files have changed their size since the last time."""
        found = []
        for path, size in self._sizes.items():
            now = _size(path)
            if now != size:
                self._sizes[path] = now
                found.append(self._handlers[path])
        return found


def _size(path: str) -> int:
    try:
        return _stat(path).st_size
    except OSError:  # not there yet
        return 0
