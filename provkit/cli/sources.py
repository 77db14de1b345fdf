"""What a command reads that takes documents as well as trials: a file, `-`, or a trial's name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.errors import StoreNotFound, UnknownTrial

if TYPE_CHECKING:
    from prov.model import ProvDocument

Source = Annotated[
    str,
    typer.Argument(metavar="TRIAL|FILE", help="a document, - for stdin; or a trial by id or name"),
]


def is_file(target: str, store: Path | None) -> bool:
    """Tell a document from a trial: what is there is a document, else what the store knows a trial.

    What neither knows is a document if it is written like a path, so that the file is missed.
    """
    if target == "-" or Path(target).is_file():
        return True
    is_path = Path(target).exists() or "/" in target or "." in target
    return is_path and not _is_known(target, store)


def _is_known(target: str, store: Path | None) -> bool:
    try:
        api.open_store(store).resolve(target)
    except (StoreNotFound, UnknownTrial):
        return False
    return True


def content_of(file: str) -> Path | bytes:
    """Give a file as it is, and `-` as the bytes of the standard input."""
    return sys.stdin.buffer.read() if file == "-" else Path(file)


def document_of(target: str, store: Path | None) -> ProvDocument:
    """Read a document, or give a trial as one."""
    if is_file(target, store):
        return api.read_document(content_of(target))
    return api.trial_document(target, store=store)
