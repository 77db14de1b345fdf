"""`provkit.tag` and `provkit.tag_cell` outside of notebooks, where nothing is recorded by them."""

from __future__ import annotations

from typing import TypeVar

_T = TypeVar("_T")


def tag(obj: _T, _said: str) -> _T:
    """Give a value back as it is."""
    return obj


def tag_cell(_said: str) -> None:
    """Do nothing."""
