"""What Python code writes to the standard streams: its tail, read over the shoulder.

The descriptors are the program's own. Only `write` of the two stream objects is looked at, so that what C code or a
child process writes is not seen; the objects, their types and their buffering stay as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO

from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import Journal, text
from provkit.redaction import redact

_KEPT = 4_000
"""Characters kept between two statements, from the end."""
_IN_ALL = 64_000
"""Characters journalled as they come; after that only the last ones, when the program ends."""


class OutputTail:
    """The last characters written to one stream."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name
        self._pending: list[str] = []
        self._pending_size = 0
        self._total = 0
        self._written = 0

    def attach(self) -> None:
        """Begin to look at the stream's `write`."""
        stream: IO[str] | None = getattr(sys, self._name)
        if stream is None:
            return
        original: Callable[[str], int] = stream.write

        def write(s: str, /) -> int:
            count = original(s)
            try:
                if type(s) is str:
                    self._see(s)
            except Exception as error:
                if is_interruption(error):
                    raise
            return count

        try:
            stream.write = write  # type: ignore[method-assign]
        except AttributeError:  # a stream of somebody's own making
            return

    def _see(self, written: str) -> None:
        size = len(written)
        self._total += size
        self._pending.append(written[-2 * _KEPT :])
        self._pending_size += min(size, 2 * _KEPT)
        if self._pending_size > 8 * _KEPT:
            kept = "".join(self._pending)[-2 * _KEPT :]
            self._pending = [kept]
            self._pending_size = len(kept)

    def flush(self, *, at_end: bool = False) -> None:
        """Write the lines that have come since the last time to the journal.

        An unfinished line is held back, and so is a private key: a secret that is written in parts
        is known as one when it is seen as a whole. It is redacted before it is cut for the same reason.
        """
        if not self._pending or (self._written > _IN_ALL and not at_end):
            return
        whole = "".join(self._pending)
        told = len(whole) if at_end else _whole_lines(whole)
        self._pending = [whole[told:]] if told < len(whole) else []
        self._pending_size = len(whole) - told
        if not told:
            return
        kept = redact(whole[:told])[-_KEPT:]
        self._written += len(kept)
        total = self._total - self._pending_size
        self._journal.write(f'["output",{text(self._name)},{text(kept)},{total}]')


def _whole_lines(written: str) -> int:
    """Tell how much of a text is whole lines, before a private key whose end is not there."""
    key = written.rfind("-----BEGIN ")
    if key >= 0 and "-----END " not in written[key:]:
        return written.rfind("\n", 0, key) + 1
    return written.rfind("\n") + 1
