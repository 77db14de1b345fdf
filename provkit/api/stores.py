"""Stores: made, found, opened."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.errors import StoreError, StoreNotFound

if TYPE_CHECKING:
    from provkit.store import LocalStore

Place = str | os.PathLike[str] | None
"""A store's folder; None for `$PROVKIT_STORE` or the nearest `.provkit` upwards."""


def init(folder: str | os.PathLike[str] = ".", *, base_iri: str | None = None) -> Path:
    """Make a store for a project.

    Args:
        folder: The project's folder; the store is `.provkit` in it.
        base_iri: What every IRI of the project begins with; None for an `arcp:` one that is
            unique anywhere and needs no domain.

    Returns:
        The store's folder. A store that is there already is left as it is.

    Raises:
        StoreError: The store cannot be made here, or it is there with another base IRI.
    """
    from provkit.store import LocalStore

    made = LocalStore.create(Path(folder) / ".provkit", base_iri=base_iri)
    if base_iri is not None and made.base_iri != base_iri:
        raise StoreError(
            f"The store {str(made.folder)!r} is there already, with the base IRI "
            f"{made.base_iri!r}; trials keep the one that they were made with."
        )
    return made.folder


def open_store(store: Place = None) -> LocalStore:
    """Open the store, and first take in what interrupted captures have left.

    Raises:
        StoreNotFound: There is none here.
    """
    opened = find(store)
    if opened.journals.is_dir() and any(opened.journals.iterdir()):
        from provkit.recording import recovered

        for trial_id, problem in recovered(opened):
            tell(
                f"recovered trial {trial_id[:8]}, which was interrupted"
                if problem is None
                else f"couldn't recover trial {trial_id[:8]}: {problem}"
            )
    return opened


def tell(sentence: str) -> None:
    """Say one line to the person on stderr, if anybody listens."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"provkit: {sentence}\n")


def find_or_create(store: Place) -> LocalStore:
    """Open the store that a capture writes to, made if there is none."""
    from provkit.store import LocalStore

    try:
        return find(store)
    except StoreNotFound:
        asked = store or os.environ.get("PROVKIT_STORE")
        return LocalStore.create(Path(asked) if asked else Path.cwd() / ".provkit")


def find(store: Place) -> LocalStore:
    """Open the store that is named, or the nearest one.

    Raises:
        StoreNotFound: There is none here.
    """
    from provkit.store import LocalStore

    return LocalStore.find(explicit=None if store is None else Path(store))
