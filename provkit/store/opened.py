"""An index while it is open, and its sharing inside one process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph

from provkit.errors import StoreError


class OpenIndex:
    """The database while it is open; afterwards it answers no more.

    A plain `pyoxigraph.Store` would stay open, and its lock taken, for as long as any
    variable of the caller's still named it.
    """

    def __init__(self, database: pyoxigraph.Store) -> None:
        self._database: pyoxigraph.Store | None = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._live(), name)

    def __len__(self) -> int:
        return len(self._live())

    def __iter__(self) -> Iterator[pyoxigraph.Quad]:
        return iter(self._live())

    def __contains__(self, quad: pyoxigraph.Quad) -> bool:
        return quad in self._live()

    def close(self) -> None:
        """Let go of the database."""
        self._database = None

    def _live(self) -> pyoxigraph.Store:
        if self._database is None:
            raise StoreError("The index is closed; ask inside the `with` that opened it.")
        return self._database


@dataclass(slots=True)
class Sharing:
    """An index that this process has open, how many users it has, and the lock it is under."""

    opened: OpenIndex
    lock: ExitStack
    users: int = 1
    process: int = field(default_factory=os.getpid)


class _Open:
    """What this process has open, by the index's folder."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.sharings: dict[Path, Sharing] = {}
        self.of_parent: list[Sharing] = []

    def leave_to_parent(self) -> None:
        """After a fork, never touch the parent's database: both writing loses trials silently.

        It is kept alive unused, because closing it here would write too.
        """
        self.guard = threading.RLock()
        self.of_parent.extend(self.sharings.values())
        self.sharings.clear()


_open = _Open()
os.register_at_fork(after_in_child=_open.leave_to_parent)


def share(
    folder: Path, lock: AbstractContextManager[None], database: Callable[[], pyoxigraph.Store]
) -> Sharing:
    """Become a user of an index: of the one that this process has open, else of a new one.

    Args:
        folder: The index's.
        lock: Is entered before the database is opened, and left when its last user has.
        database: Opens it.
    """
    with _open.guard:
        sharing = _open.sharings.get(folder)
        if sharing is not None:
            sharing.users += 1
            return sharing
        with ExitStack() as held:
            held.enter_context(lock)
            opened = OpenIndex(database())
            sharing = _open.sharings[folder] = Sharing(opened, held.pop_all())
        return sharing


def leave(folder: Path, sharing: Sharing) -> None:
    """Stop using an index; the last one to leave closes it and lets go of the lock."""
    if sharing.process != os.getpid():
        return  # a fork's copy: the parent closes it
    with _open.guard:
        sharing.users -= 1
        if sharing.users == 0:
            sharing.opened.close()
            sharing.lock.close()
            del _open.sharings[folder]
