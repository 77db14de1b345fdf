"""An index while it is open, and its sharing inside one process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
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
    """An index that this process has open, and how many users it has."""

    opened: OpenIndex
    users: int = 1


_sharing: dict[Path, Sharing] = {}
_sharing_lock = threading.RLock()
_inherited: list[Sharing] = []


def _leave_to_parent() -> None:
    """After a fork, never touch the parent's database: both writing loses trials silently.

    It is kept alive unused, because closing it here would write too.
    """
    _inherited.extend(_sharing.values())
    _sharing.clear()


os.register_at_fork(after_in_child=_leave_to_parent)


def join(folder: Path) -> Sharing | None:
    """Become one more user of an index that this process has open already."""
    with _sharing_lock:
        sharing = _sharing.get(folder)
        if sharing is not None:
            sharing.users += 1
        return sharing


def share(folder: Path, database: pyoxigraph.Store) -> Sharing:
    """Let others in this process use an index that was just opened."""
    sharing = Sharing(OpenIndex(database))
    with _sharing_lock:
        _sharing[folder] = sharing
    return sharing


def leave(folder: Path, sharing: Sharing) -> None:
    """Stop using an index; the last one to leave closes it."""
    with _sharing_lock:
        sharing.users -= 1
        if sharing.users == 0:
            sharing.opened.close()
            if _sharing.get(folder) is sharing:
                del _sharing[folder]
