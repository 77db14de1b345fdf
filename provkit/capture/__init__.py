"""Run a program as its user would, and watch it: the side of provkit that is inside the user's process.

What runs inside is `start`, `recorder`, `rewriting`, `hooks`, `values`, `effects`, `callees`, `files`, `outputs`
and `journal`, with `provkit.bindings` and `provkit.redaction` below them: the standard library and
nothing else. `script` starts it from outside, `settings` looks at the machine, and `orphans` finds
what a killed process left.
"""

from __future__ import annotations

import fcntl
from pathlib import Path


def orphans(journals: Path) -> list[Path]:
    """Find the journals' folders whose processes are gone.

    A folder is in use as long as its parent, or a process that it watches, holds a lock in it. Looking
    takes no lock for longer than a moment.

    Args:
        journals: Holds one folder for each trial that has not been stored.

    Returns:
        The folders, oldest first; none if there is no such folder.
    """
    if not journals.is_dir():
        return []
    # A hidden one is being made.
    folders = [path for path in journals.iterdir() if path.is_dir() and path.name[0] != "."]
    found = [folder for folder in folders if not is_in_use(folder)]
    return sorted(found, key=_age)


def is_in_use(folder: Path) -> bool:
    """Tell whether a process holds a lock on any file of a journal's folder."""
    # The parent's first: as long as it is held, no look at a journal is in its process's way.
    return any(_is_locked(path) for path in [*folder.glob("*.lock"), *folder.glob("*.jsonl")])


def _age(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:  # stored by another process meanwhile
        return 0


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        # Held, or not ours to open: either way somebody else's.
        return True
    return False
