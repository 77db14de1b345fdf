"""A journal read: its events up to the last whole line, and the source texts that lie beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from provkit.errors import BadJournal
from provkit.events import EVENTS, VERSION, CaptureDegraded, Event, JournalBegan

TEXTS = "source-texts"
"""The file beside the journal that holds texts of cells: on each line a JSON array of the SHA-256 and the text."""
_ARITY = {
    name: (len(kind._fields) - len(kind._field_defaults), len(kind._fields))
    for name, kind in EVENTS.items()
}


class SourceTexts:
    """The source texts that lie beside a journal."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bytes_of(self, digest: str) -> bytes | None:
        """Give the bytes of a text; None if they are not there, or are not those any more."""
        content = self._of_cells.get(digest)
        if content is None:
            try:
                content = (self._folder / f"source-{digest}").read_bytes()
            except OSError:
                return None
        return content if sha256(content).hexdigest() == digest else None

    @cached_property
    def _of_cells(self) -> dict[str, bytes]:
        texts: dict[str, bytes] = {}
        try:
            lines = (self._folder / TEXTS).read_bytes().splitlines(keepends=True)
        except OSError:
            return texts
        for line in lines:
            try:
                digest, text = json.loads(line)
                texts[digest] = text.encode("utf-8", "surrogatepass")
            except (ValueError, TypeError, AttributeError):  # what a killed process was writing
                continue
        return texts


def parse_event(line: bytes | str) -> Event | None:
    """Read one line of a journal.

    Returns:
        The event; None for an event whose name this version does not know.

    Raises:
        ValueError: The line is not an event: no JSON array, or with too few fields.
    """
    parts = json.loads(line)
    if not isinstance(parts, list) or not parts:
        raise ValueError("not a JSON array")
    kind = EVENTS.get(parts[0])
    if kind is None:
        return None
    least, most = _ARITY[parts[0]]
    if len(parts) - 1 < least:
        raise ValueError(f"event {parts[0]!r} has {len(parts) - 1} fields and needs {least}")
    return kind(*parts[1 : most + 1])


def read_journal(path: Path) -> Iterator[Event]:
    """Read the events of a journal, up to the last whole line.

    A last line without its end is what a killed process was writing: it is left out in silence. A
    line in the middle that cannot be read is told as a `CaptureDegraded` event in its place, so that
    what follows it is kept.

    Raises:
        BadJournal: The first line is missing or is not of a known version.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        yield from _events(file, str(path))


def _events(lines: Iterable[bytes], name: str) -> Iterator[Event]:
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n"):
            return
        try:
            event = parse_event(line)
        except (ValueError, TypeError, RecursionError) as error:
            if number == 1:
                raise _no_header(name, str(error)) from error
            yield CaptureDegraded(f"line {number} of the journal could not be read: {error}")
            continue
        if number == 1:
            if not isinstance(event, JournalBegan):
                raise _no_header(name, "its first line is another event")
            if event.version != VERSION:
                raise BadJournal(
                    f"Couldn't read journal {name!r}: it is of version {event.version}, and this provkit "
                    f"reads version {VERSION}; use the provkit that wrote it ({event.provkit})."
                )
        if event is not None:
            yield event
    if number == 0:
        raise _no_header(name, "it is empty")


def _no_header(name: str, reason: str) -> BadJournal:
    return BadJournal(
        f"Couldn't read journal {name!r}: it does not begin with a 'journal' event ({reason}). "
        "The process probably died before it began; the folder can be removed."
    )
