"""The writing end of a journal, inside the watched process: one `write(2)` for each event.

What is written is described in `provkit.events`, which is not imported here: the watched process pays for
nothing that it does not use.
"""

from __future__ import annotations

import fcntl
import os
from time import monotonic_ns, time_ns

try:
    from _json import encode_basestring_ascii as quote
except ImportError:  # an interpreter without the accelerator
    from json.encoder import py_encode_basestring_ascii as quote

VERSION = 1
_BEYOND = {"nan": "NaN", "inf": "Infinity"}
_HIGH = 200
"""The journal's descriptor is moved up here, so that the program's own count from 3 as they always did."""

# The program may replace any of these in its own time.
_write = os.write
_fstat = os.fstat
_open = os.open
_close = os.close
_flock = fcntl.flock
_fcntl = fcntl.fcntl
_clock = monotonic_ns


class Journal:
    """An append-only file that belongs to this process.

    Made when the process begins to be watched, never closed by it: a process that is killed leaves
    the same file as one that ends. A child made by `fork` does not write to it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.broken = False
        """Nothing can be written any more (the disk is full, the file is gone)."""
        self.wall_ns = time_ns()
        self._began = _clock()
        self._descriptor = -1
        self._waiting: list[str] = []
        self._identity: tuple[int, int] | None = None
        self._attach(os.O_CREAT | os.O_EXCL)
        os.register_at_fork(after_in_child=self._leave)

    def now(self) -> int:
        """Give the nanoseconds since the journal began."""
        return _clock() - self._began

    def tell(self, line: str) -> None:
        """Append an event together with the next one that is written, at the latest.

        For what is followed by another event before the program goes on: one `write(2)` for both.
        """
        if not self.broken:
            self._waiting.append(line)

    def flush(self) -> None:
        """Write what has only been told."""
        if self._waiting:
            self.write(self._waiting.pop())

    def write(self, line: str) -> None:
        """Append an event, given as a line of JSON without its end.

        Before each write the descriptor is checked to be the journal's still: a program that closes
        all descriptors and opens a file of its own would otherwise find events in it.
        """
        if self.broken:
            return
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            waiting.append(line)
            line = "\n".join(waiting)
        data = (line + "\n").encode("ascii")
        try:
            if not self._is_ours():
                self._attach(0)
            if _write(self._descriptor, data) != len(data):
                self.broken = True
        except OSError:
            self.broken = True

    def warn(self, message: str) -> None:
        """Append what a person should know of the recording."""
        self.write(f'["warning",{text(message)}]')

    def close(self) -> None:
        """Let go of the journal, in a process that has other things to do."""
        self._leave()

    def _is_ours(self) -> bool:
        try:
            status = _fstat(self._descriptor)
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def _attach(self, flags: int) -> None:
        low = _open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | flags, 0o600)
        try:
            self._descriptor = _fcntl(low, fcntl.F_DUPFD_CLOEXEC, _HIGH)
        except OSError:  # a low limit of descriptors
            self._descriptor = low
        else:
            _close(low)
        # The lock is how others know that this process is alive; it goes with the process.
        _flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = _fstat(self._descriptor)
        identity = (status.st_dev, status.st_ino)
        if self._identity not in (None, identity):
            raise FileNotFoundError(self.path)
        self._identity = identity

    def _leave(self) -> None:
        """Let go of the journal in a forked child, whose parent goes on writing to it."""
        if not self.broken and self._is_ours():
            _close(self._descriptor)
        self.broken = True


def text(value: str | None) -> str:
    """Write a string, or null, as JSON."""
    return "null" if value is None else quote(value)


def json_of(value: object) -> str:
    """Write a plain value as JSON: None, booleans, numbers, strings, lists and dicts of exact types.

    Numbers that JSON does not have become strings; anything else becomes null.
    """
    if type(value) is str:
        return quote(value)
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return int.__repr__(value)
    if type(value) is float:
        shown = float.__repr__(value)
        is_finite = value - value == 0
        return shown if is_finite else _BEYOND.get(shown, "-Infinity")
    if type(value) is list or type(value) is tuple:
        return f"[{','.join([json_of(member) for member in value])}]"
    if type(value) is dict:
        members = [f"{quote(str(key))}:{json_of(member)}" for key, member in value.items()]
        return f"{{{','.join(members)}}}"
    return "null"
