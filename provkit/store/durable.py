"""Files that are either wholly there or not there at all, power loss included."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from provkit.errors import StoreError


def write_durably(path: Path, content: bytes) -> None:
    """Put a file in place in one step: a reader sees the old one, the new one, nothing between.

    The temporary file is in the same folder, because a rename is atomic inside one file
    system only.

    Raises:
        StoreError: The disk is full, the folder is read-only, ...; what was there before
            is as it was, and no temporary file is left.
    """
    temporary: Path | None = None
    try:
        # Empty folders get lost when a store is copied by tools that keep files only.
        path.parent.mkdir(exist_ok=True)
        import tempfile  # brings a dozen modules along

        descriptor, name = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            # Whoever may read the folder may read the file: a store is shared by its folders' modes.
            os.fchmod(file.fileno(), path.parent.stat().st_mode & 0o666)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise StoreError(
            f"Couldn't write {str(path)!r}: {_cause(error)}. Nothing that was stored before is "
            "changed; make room or give write permission, and try again."
        ) from error
    _sync_folder(path.parent)


def write_if_possible(path: Path, content: bytes) -> None:
    """Write a file that is only a convenience: a reader without write permission goes without."""
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself outlive a power loss; some file systems cannot, and say so."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cause(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
