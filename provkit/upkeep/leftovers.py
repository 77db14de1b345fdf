"""What stands in a store and nothing refers to: found, shown, and cleared while others work.

Why a capture that runs meanwhile loses nothing: a journal goes only if its trial is sealed and
whole, or if it is empty and old, and only under the locks that a capture would hold; anything else
has to be old enough that nobody can still be about to rename or to refer to it. What was found is
looked at again at the moment when it is cleared.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from provkit.errors import StoreError
from provkit.store import LocalStore
from provkit.store.artifacts import kept_for
from provkit.store.segment import read_segment
from provkit.store.stamps import SUFFIX

Kind = Literal[
    "temporary file", "stored journal", "empty journal", "annotations", "artifact", "index"
]

GRACE_SECONDS = 600.0
"""How old a thing has to be that no lock protects."""

_INDEX_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Leftover:
    """One file or folder that nothing refers to."""

    kind: Kind
    path: Path
    size_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Clearing:
    """What became of one of them."""

    leftover: Leftover
    problem: str | None = None
    """Why it is still there; None if it is gone."""


def find_leftovers(store: LocalStore, *, grace_seconds: float = GRACE_SECONDS) -> list[Leftover]:
    """Find what nothing refers to, without touching it.

    Args:
        store: Where to look.
        grace_seconds: Age below which a temporary file, an empty journal or an annotation
            without its trial is left alone.
    """
    oldest = time.time() - grace_seconds
    return [
        *_temporary_files(store, oldest),
        *_journals(store, oldest),
        *_annotations(store, oldest),
        *_artifacts(store, oldest),
        *_index(store),
    ]


def clear(
    store: LocalStore, found: Sequence[Leftover], *, grace_seconds: float = GRACE_SECONDS
) -> list[Clearing]:
    """Remove what was found, as far as it still is what it was.

    Returns:
        For each whether it is gone; nothing raises, one that stays does not keep the others.
    """
    return [_cleared(store, leftover, grace_seconds) for leftover in found]


def _cleared(store: LocalStore, leftover: Leftover, grace_seconds: float) -> Clearing:
    oldest = time.time() - grace_seconds
    try:
        if leftover.kind in ("stored journal", "empty journal"):
            problem = _clear_journal(store, leftover.path, oldest)
        elif leftover.kind == "index":
            problem = _clear_index(store)
        else:
            look = _LOOKS[leftover.kind]
            if any(again.path == leftover.path for again in look(store, oldest)):
                leftover.path.unlink(missing_ok=True)
                problem = None
            else:
                problem = "it has changed since it was found" if leftover.path.exists() else None
    except (OSError, StoreError) as error:
        problem = str(getattr(error, "strerror", None) or error)
    return Clearing(leftover, problem)


# ------------------------------------------------------------------ temporary files


def _temporary_files(store: LocalStore, oldest: float) -> Iterator[Leftover]:
    """Find what a writer left that was killed before it could rename its file."""
    folders = (
        *(store.folder, store.folder / "trials", store.folder / "annotations"),
        *store.artifacts.folder.glob("*/"),
    )
    for folder in folders:
        yield from _old(
            sorted(folder.glob(".tmp-*")), "temporary file", oldest, "its writer was killed"
        )


def _old(paths: Sequence[Path], kind: Kind, oldest: float, reason: str) -> Iterator[Leftover]:
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            continue  # it was renamed a moment ago
        if status.st_mtime < oldest and not path.is_dir():
            yield Leftover(kind, path, status.st_size, reason)


# ------------------------------------------------------------------ journals


def _journals(store: LocalStore, oldest: float) -> Iterator[Leftover]:
    for folder in sorted(store.journals.iterdir()) if store.journals.is_dir() else []:
        if not folder.is_dir() or folder.is_symlink():
            continue
        kind = _kind_of_journal(store, folder, oldest)
        # Only then is a lock tried: a capture that starts in this moment must find its own free.
        if kind is None or _is_in_use(folder):
            continue
        reason = "its trial is sealed" if kind == "stored journal" else "no event was ever in it"
        yield Leftover(kind, folder, _size(folder), reason)


def _is_in_use(folder: Path) -> bool:
    with ExitStack() as held:
        return not _all_locked(folder, held)


def _kind_of_journal(store: LocalStore, folder: Path, oldest: float) -> Kind | None:
    """Tell in which way nothing needs a journal, or None if something may."""
    segment = store.folder / "trials" / f"{folder.name}{SUFFIX}"
    if segment.exists():
        try:
            read_segment(segment)
        except StoreError:
            return None  # the journal may be all that is left of the trial
        return "stored journal"
    try:
        holds_events = any(path.suffix != ".lock" for path in folder.iterdir())
        is_old = folder.stat().st_mtime < oldest
    except FileNotFoundError:
        return None  # its capture has ended just now
    return "empty journal" if is_old and not holds_events else None


def _all_locked(folder: Path, held: ExitStack) -> bool:
    """Take the locks of all processes that could be at work on a journal, or tell that one is."""
    try:
        paths = [path for path in folder.iterdir() if path.suffix in (".lock", ".jsonl")]
    except OSError:
        return False  # somebody is clearing it just now
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False  # it goes just now, or is another user's: who can tell
        held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _clear_journal(store: LocalStore, folder: Path, oldest: float) -> str | None:
    with ExitStack() as held:
        if not folder.exists():
            return None
        needed = "something needs it again"
        if _kind_of_journal(store, folder, oldest) is None or not _all_locked(folder, held):
            return needed
        if _kind_of_journal(store, folder, oldest) is None:  # it had changed before it was locked
            return needed
        shutil.rmtree(folder)
    return None


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):  # which passes over what goes while it looks
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_size
    return total


# ------------------------------------------------------------------ annotations and index


def _annotations(store: LocalStore, oldest: float) -> Iterator[Leftover]:
    """Find what is said of trials that are not here, nor being recorded."""
    said = sorted((store.folder / "annotations").glob("*.nq"))
    gone = [
        path
        for path in said
        if not (store.folder / "trials" / f"{path.stem}{SUFFIX}").exists()
        and not (store.journals / path.stem).exists()
    ]
    yield from _old(gone, "annotations", oldest, "there is no such trial")


def _artifacts(store: LocalStore, oldest: float) -> Iterator[Leftover]:
    """Find what is kept for no trial; one that is being stored keeps its artifacts first."""
    files = list(store.artifacts.files())
    if not files:
        return
    needed: set[str] = set()
    for trial_id in store.trial_ids():
        try:
            needed |= kept_for(store.read(trial_id))
        except StoreError:
            return  # who can tell what a damaged trial needs
    gone = [path for digest, path in files if digest not in needed]
    yield from _old(gone, "artifact", oldest, "no trial holds it")


_LOOKS: dict[str, Callable[[LocalStore, float], Iterator[Leftover]]] = {
    "temporary file": _temporary_files,
    "annotations": _annotations,
    "artifact": _artifacts,
}


def _index(store: LocalStore) -> Iterator[Leftover]:
    from provkit.store.index import Index

    folder = store.folder / "index"
    if not Index(folder).is_usable():
        yield Leftover("index", folder, _size(folder), "what is in it is not known")


def _clear_index(store: LocalStore) -> str | None:
    from provkit.store.index import Index

    index = Index(store.folder / "index")
    if not index.is_usable():
        # A bulk load that is still going on looks the same, but holds the lock.
        index.discard(wait_seconds=_INDEX_WAIT_SECONDS)
    return None
