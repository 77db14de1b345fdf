"""Run a program as its user would, and watch it: the side of provkit that is inside the user's process.

What runs inside is `start`, `recorder`, `rewriting`, `values`, `effects`, `callees`, `files`, `outputs`
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
    folders = [folder for folder in journals.iterdir() if folder.is_dir()]
    found = [folder for folder in folders if not is_in_use(folder)]
    return sorted(found, key=lambda folder: folder.stat().st_mtime_ns)


def is_in_use(folder: Path) -> bool:
    """Tell whether a process holds a lock on any file of a journal's folder."""
    return any(_is_locked(path) for path in [*folder.glob("*.jsonl"), *folder.glob("*.lock")])


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
