"""From an older format of the store's folder to the current one, a step for each version.

The first format is 1, so there is no step yet. Whoever changes the folder's layout raises
`provkit.store.config.FORMAT` and adds the step from the version before. A step works on the files
of the folder, leaves sealed segments as they are, and may be carried out twice: a process that is
killed in the middle leaves the old version in config.json, and the step is carried out again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from provkit.capture import is_in_use
from provkit.errors import StoreBusy, StoreError
from provkit.store.durable import write_durably
from provkit.store.lock import locked

Step = Callable[[Path], None]

STEPS: dict[int, Step] = {}
"""By the version that it starts from, the step that leads to the one after it."""

_LOCK_SECONDS = 30.0


def migrate(folder: Path, *, to: int) -> None:
    """Bring a store to a format, one version after the other.

    Several processes can do so at once: one does it, the others find it done.

    Raises:
        StoreError: No step leads there, or a file cannot be written; the version that was
            reached is in config.json.
        StoreBusy: A capture by an older provkit is writing to it, or another process takes long.
    """
    with locked(folder / "create.lock", wait_seconds=_LOCK_SECONDS):
        version = _version(folder)
        while version < to:
            step = STEPS.get(version)
            if step is None:
                raise StoreError(
                    f"Couldn't open the store {str(folder)!r}: it has format {version}, from "
                    f"which no step leads to format {to}. Open it with the provkit that made it, "
                    "and export its trials from there."
                )
            _refuse_while_captured(folder)
            try:
                step(folder)
            except OSError as error:
                raise StoreError(
                    f"Couldn't bring the store {str(folder)!r} from format {version} to "
                    f"{version + 1}: {(error.strerror or str(error)).lower()}. No trial is lost; "
                    "make room or give write permission, and try again."
                ) from error
            version += 1
            _write_version(folder, version)


def _version(folder: Path) -> int:
    return int(json.loads((folder / "config.json").read_bytes())["format"])


def _write_version(folder: Path, version: int) -> None:
    config = json.loads((folder / "config.json").read_bytes())
    config["format"] = version
    write_durably(folder / "config.json", json.dumps(config, indent=2).encode() + b"\n")


def _refuse_while_captured(folder: Path) -> None:
    journals = folder / "journals"
    if journals.is_dir() and any(is_in_use(journal) for journal in journals.iterdir()):
        raise StoreBusy(
            f"Couldn't bring the store {str(folder)!r} to a newer format: a capture is writing "
            "to it; try again when it has ended."
        )
