"""What a project's own files of knowledge say of changes, for the process that is watched.

Most changes are seen there by looking before and after a call; these are for objects that show nothing: what a
library in C keeps to itself, a connection, a device.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from provkit.knowledge.looking_up import files_named_by
from provkit.knowledge.reading import LibraryFile, read_library


class Changes(TypedDict):
    """What calls change, by qualified name."""

    methods: dict[str, list[str]]
    """Of a class, the methods that change their receiver."""
    first: list[str]
    """Functions that change their first argument."""


def changes_of(project: Path) -> Changes | None:
    """Collect what the files that a project's pyproject.toml names say of changes; None if there are none.

    Raises:
        BadKnowledge: pyproject.toml or one of the files is not what it should be.
    """
    return _changes(read_library(file) for file in files_named_by(project))


def _changes(files: Iterable[LibraryFile]) -> Changes | None:
    methods: dict[str, list[str]] = {}
    first: list[str] = []
    for file in files:
        for rule in file.methods:
            for kind in rule.of:
                if "self" in rule.entry.mutates and "." in kind and "*" not in kind:
                    methods.setdefault(kind, []).append(rule.entry.pattern)
        first += [
            entry.pattern
            for entry in file.entries
            if entry.mutates and next(iter(entry.arguments), None) in entry.mutates
        ]
    return {"methods": methods, "first": first} if methods or first else None
