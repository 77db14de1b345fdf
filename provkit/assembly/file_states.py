"""The states that each file went through in a trial: one node for each, with the bytes it had.

What was read is a state, and what every opening for writing led to is one. Of the events, each tells what the file was
just before it, so the bytes of a state that was written are those found by the next event, or by
hashing the file when the program has ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from provkit.events import FileTouched
from provkit.model import Reference

Stat = tuple[int | None, int | None, str | None]
"""Size in bytes, modification time in nanoseconds, SHA-256."""


@dataclass(slots=True)
class FileState:
    """A file as it was between two changes."""

    key: str
    path: str
    digest: str | None = None
    size_bytes: int | None = None
    modified_ns: int | None = None
    verified: bool = True
    generated_by: int | None = None
    revision_of: str | None = None
    read_by: set[int] = field(default_factory=set)
    derived: dict[Reference | int, None] = field(default_factory=dict)
    control: dict[Reference | int, None] = field(default_factory=dict)
    ended_by: int | None = None
    """The execution that removed it, or gave it another name."""
    is_pending: bool = False
    """It was written, and nobody has looked at its bytes since."""
    may_be_unchanged: bool = False
    """It was opened for changing, and nobody has seen it changed."""

    @property
    def reference(self) -> Reference:
        """How others name it."""
        return Reference("file", self.key)


class FileStates:
    """All states of all files of a trial, from the events in their order."""

    def __init__(self, project: Path, hash_file: Callable[[Path], str | None]) -> None:
        """Begin with no file.

        Args:
            project: Folder that paths are made relative to.
            hash_file: Gives the SHA-256 of a file's bytes in hex, or None if they cannot be read.
        """
        self._project = project
        self._hash = hash_file
        self.states: list[FileState] = []
        self._current: dict[str, FileState] = {}
        self._count: dict[str, int] = {}
        self._moved: list[tuple[FileState, FileState]] = []
        """States before and after a file was given another name."""
        self._read_by: dict[int, list[FileState]] = {}
        self._written_by: dict[int, list[FileState]] = {}

    def read_by(self, order: int) -> Iterable[FileState]:
        """List the states that an execution read."""
        return self._read_by.get(order, ())

    def written_by(self, order: int) -> Iterable[FileState]:
        """List the states that an execution made."""
        return self._written_by.get(order, ())

    def _made_at(self, pattern: str) -> list[FileState]:
        """List the files that the program has made and that a pattern says, or those below that folder."""
        made = {path: state for path, state in self._current.items() if state.generated_by}
        if pattern in made:
            return [made[pattern]]
        said = re.compile(translate(pattern))
        found = [state for path, state in made.items() if said.fullmatch(path)]
        return found or [state for path, state in made.items() if path.startswith(f"{pattern}/")]

    def take(self, event: FileTouched) -> None:
        """Follow one event."""
        if event.action == "look":
            for state in self._made_at(event.path):
                self._read(state, event.order)
            return
        before = self._settled(event.path, event.state)
        if event.action == "read":
            self._read(before or self._new(event.path, event.state), event.order)
        elif event.action == "write":
            self._make(event.path, event.order, ())
        elif event.action in ("append", "update"):
            old = before or (self._new(event.path, event.state) if event.state else None)
            if old is not None:
                self._read(old, event.order)
            made = self._make(event.path, event.order, (old,) if old else ())
            made.revision_of = old.key if old is not None else None
            made.may_be_unchanged = event.action == "update" and event.order is not None
        elif event.action == "rename" and event.target is not None:
            if before is None and _is_folder(event.state):
                inside = [path for path in self._current if path.startswith(f"{event.path}/")]
                for path in inside:
                    moved = f"{event.target}{path.removeprefix(event.path)}"
                    self._move(self._current[path], path, moved, event.order)
            else:
                old = before or self._new(event.path, event.state)
                self._move(old, event.path, event.target, event.order)
        elif event.action == "remove":
            removed = self._current.pop(event.path, None)
            if removed is not None:
                removed.ended_by = event.order

    def code(self, path: str, digest: str, size_bytes: int) -> FileState:
        """Add a source file, as it was when it was compiled."""
        state = self._state_of(path)
        state.digest, state.size_bytes = digest, size_bytes
        return state

    def written(self, path: str, digest: str) -> FileState | None:
        """Find the state of a file that the program has made and that had these bytes."""
        shown = self.shown(path)
        for state in reversed(self.states):
            if state.path != shown or state.generated_by is None:
                continue
            if state.digest is None and self._current.get(path) is state:
                self._look(state)
            if state.digest == digest:
                return state
        return None

    def settle(self) -> None:
        """Look at the bytes of everything written or read and not yet hashed, as it is now."""
        for state in self._current.values():
            if state.digest is None:
                self._look(state)
        for old, moved in reversed(self._moved):
            # Nothing was written to it since, or it would be another state.
            if old.digest is None:
                old.digest, old.size_bytes = moved.digest, moved.size_bytes
        for state in [one for one in self.states if one.may_be_unchanged]:
            self._take_back(state)

    def _take_back(self, state: FileState) -> None:
        """What was opened for changing, a database say, and has the bytes that it had, was only read."""
        old = next((one for one in self.states if one.key == state.revision_of), None)
        if old is None or state.digest is None or old.digest != state.digest:
            return
        self.states.remove(state)
        self._written_by[state.generated_by or 0].remove(state)
        for order in state.read_by:
            self._read(old, order)
            self._read_by[order].remove(state)
        if self._current.get(str(self._project / state.path)) is state:
            self._current[str(self._project / state.path)] = old

    # ----------------------------------------------------------------

    def _settled(self, path: str, found: list[object] | None) -> FileState | None:
        """Find the current state of a file, given what an event found there; None if it is another by now."""
        state = self._current.get(path)
        if state is None or found is None:
            return state
        size, modified, digest = _stat(found)
        if state.is_pending:
            state.digest, state.size_bytes, state.modified_ns = digest, size, modified
            state.is_pending = digest is None
            return state
        if digest is not None and state.digest is not None:
            return state if digest == state.digest else None
        return state if (size, modified) == (state.size_bytes, state.modified_ns) else None

    def _new(self, path: str, found: list[object] | None) -> FileState:
        state = self._state_of(path)
        if found is not None:
            state.size_bytes, state.modified_ns, state.digest = _stat(found)
        self._current[path] = state
        return state

    def _make(self, path: str, order: int | None, sources: Iterable[FileState]) -> FileState:
        state = self._state_of(path)
        state.is_pending = True
        state.generated_by = order
        state.derived.update({source.reference: None for source in sources})
        self._current[path] = state
        if order is not None:
            self._written_by.setdefault(order, []).append(state)
        return state

    def _move(self, old: FileState, path: str, target: str, order: int | None) -> None:
        self._current.pop(path, None)
        old.ended_by = order
        made = self._make(target, order, (old,))
        made.digest, made.size_bytes, made.modified_ns = (
            old.digest,
            old.size_bytes,
            old.modified_ns,
        )
        made.is_pending = old.digest is None
        self._moved.append((old, made))

    def _read(self, state: FileState, order: int | None) -> None:
        if order is not None and order not in state.read_by:
            state.read_by.add(order)
            self._read_by.setdefault(order, []).append(state)

    def _state_of(self, path: str) -> FileState:
        shown = self.shown(path)
        count = self._count[shown] = self._count.get(shown, 0) + 1
        state = FileState(shown if count == 1 else f"{shown}@{count}", shown)
        self.states.append(state)
        return state

    def shown(self, path: str) -> str:
        """Write a path relative to the project, or as it is if it lies outside."""
        try:
            return Path(path).relative_to(self._project).as_posix()
        except ValueError:
            return path

    def _look(self, state: FileState) -> None:
        path = self._project / state.path
        try:
            status = path.stat()
        except OSError:
            return
        if state.is_pending or state.modified_ns is None:
            state.size_bytes, state.modified_ns = status.st_size, status.st_mtime_ns
        elif (status.st_size, status.st_mtime_ns) != (state.size_bytes, state.modified_ns):
            # It has changed since it was read, so its bytes then are lost.
            state.verified = False
            return
        state.digest = self._hash(path)
        state.is_pending = False


def _is_folder(found: list[object] | None) -> bool:
    """Tell whether an event found something that is no regular file: it told no size."""
    return found is not None and found[2] is None


def _stat(found: list[object]) -> Stat:
    _device, _inode, size, modified, digest = found
    return (
        size if isinstance(size, int) else None,
        modified if isinstance(modified, int) else None,
        digest if isinstance(digest, str) else None,
    )


def translate(pattern: str) -> str:
    """Write a pattern of `glob` as a regular expression: `**` goes through folders, `*` and `?` do not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    # What a class of characters allows is not told apart: it stands for any one.
    return "".join(
        meanings.get(one) or re.sub(r"\\\[.*?\\\]", ".", re.escape(one)) for one in parts
    )
