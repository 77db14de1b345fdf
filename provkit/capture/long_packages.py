"""Packages of the project that are too long to be looked into: they are taken for libraries.

Rewriting takes time for each line of a text, and a project may have a library's whole source in it, of which a program
uses little.
"""

from __future__ import annotations

import os

_scandir = os.scandir
_PACKAGE = 600_000
"""Bytes of Python that a package may have; to rewrite it takes about 1.5 s."""
_PROJECT = 2_000_000
"""Bytes of Python that are rewritten in one process."""


class LongPackages:
    """Decides of each module of the project whether it is looked into."""

    def __init__(self, libraries: list[str]) -> None:
        """Take the folders of libraries, to which what is too long is added."""
        self._libraries = libraries
        self.program = ""
        """The program's file: the package it lies in is looked into, however long."""
        self.taken: list[str] = []
        """What has been taken for a library."""
        self._seen: set[str] = set()
        self._bytes = 0

    def takes(self, name: str, path: str, size: int) -> bool:
        """Tell whether a module is taken for a library's, by its name, its file and the bytes of its text."""
        package = _package_of(name, path)
        if package and package not in self._seen:
            self._seen.add(package)
            is_own = os.path.abspath(self.program).startswith(f"{package}/")
            if not is_own and _is_longer(package, _PACKAGE):
                self._take(package)
                return True
        self._bytes += size
        if self._bytes > _PROJECT:
            self._take(path)
            return True
        return False

    def _take(self, path: str) -> None:
        self.taken.append(path)
        self._libraries.append(path)


def _package_of(name: str, path: str) -> str:
    """Give the folder of the outermost package that a module belongs to; an empty text if it belongs to none."""
    folder, file = os.path.split(os.path.abspath(path))
    above = name.count(".") - (file != "__init__.py")
    if above < 0:
        return ""
    for _ in range(above):
        folder = os.path.dirname(folder)
    return folder


def _is_longer(folder: str, limit: int) -> bool:
    """Tell whether the Python files in a folder and below it have more bytes than a limit."""
    total = 0
    waiting = [folder]
    try:
        while waiting:
            with _scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.name.endswith(".py"):
                        total += entry.stat().st_size
            if total > limit:
                return True
    except OSError:
        return False
    return False
