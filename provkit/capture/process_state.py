"""What a program changes of its process and no name of it holds: where it prints to, its environment's variables."""

from __future__ import annotations

import os
import sys

from provkit.capture.callees import Callee

ENVIRONMENT = "os.environ"
"""What the variables are told under; their values are not told."""
_STREAMS = ("stdout", "stderr")


class ProcessState:
    """The standard streams as they were, what stands in their place, and whether a variable has been set."""

    def __init__(self) -> None:
        self._streams = {name: sys.__dict__.get(name) for name in _STREAMS}
        self._marks: dict[str, tuple[int, object]] = {}
        self.is_environment_set = False
        """A variable has been set or removed since that was told last."""

    def forget(self) -> None:
        """Let go of everything."""
        self._streams.clear()

    def set_environment(self) -> None:
        """Take notice that a variable is being set or removed."""
        self.is_environment_set = True

    def written(self, callee: Callee | None) -> list[object]:
        """List what stands in the place of a standard stream and has been written to since the last time.

        How long a text in memory is can be seen; of anything else it is only known that `print` writes to it.
        """
        found = []
        for name, original in self._streams.items():
            stream = sys.__dict__.get(name)
            if stream is original or stream is None:
                continue
            is_print = callee is not None and callee.name == "print"
            position = _position(stream)
            if position is None:
                found += [stream] if is_print else []
                continue
            mark = (id(stream), position)
            if mark != self._marks.get(name, (id(stream), 0)):
                found.append(stream)
            self._marks[name] = mark
        return found


def environment() -> object:
    """Give the object that programs read the variables from."""
    return os.environ


def _position(stream: object) -> int | None:
    kind = type(stream)
    if kind.__module__ != "_io" or kind.__name__ != "StringIO":
        return None
    try:
        return kind.tell(stream)  # type: ignore[attr-defined,no-any-return]
    except ValueError:  # closed
        return None
