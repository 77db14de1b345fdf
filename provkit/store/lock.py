"""One process at a time: a lock on a file that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provkit.errors import StoreBusy, StoreError

_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.05


@contextmanager
def locked(path: Path, *, wait_seconds: float) -> Iterator[None]:
    """Hold the lock on a file; the file itself stays behind and means nothing.

    The kernel's lock is used, not the existence of the file: a killed process leaves no
    lock to clean up.

    Raises:
        StoreBusy: Another process held it for all of `wait_seconds`.
        StoreError: The file cannot be opened, in a read-only folder for one.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"Couldn't open the lock {str(path)!r}: {(error.strerror or str(error)).lower()}. "
            "Check who may write to the store's folder."
        ) from error
    try:
        _acquire(descriptor, path, wait_seconds)
        try:
            yield
        finally:
            # Closing alone would leave it to a forked child that has the descriptor too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreBusy(
                    f"Couldn't get the lock {str(path)!r} in {wait_seconds:g} s: another process "
                    "is using the store; try again when it has ended."
                ) from None
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        else:
            return
