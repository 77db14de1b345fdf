"""Files that are opened by other than Python code, and so without an audit event.

A call of a library outside the standard one may do that. What its arguments name is looked at before and after it: a
file that has come or changed was written; one that is as it was has been read, if the callee's name says that it reads.

What asks whether a file is there, or how large it is, opens it neither: what the call was given says which.
"""

from __future__ import annotations

import os
import stat
import sys

from provkit.capture.callees import Callee

_os_stat, _scandir, _abspath, _fspath = os.stat, os.scandir, os.path.abspath, os.fspath

_LENGTH = 1024
"""Characters of a text that may be a path."""
_ENTRIES = 200
"""Files of a folder that are looked at."""
_PYTHONIC = frozenset(
    {"joblib", "matplotlib", "numpy", "provkit", "scipy", "seaborn", "sklearn", "statsmodels"}
)
"""Libraries that open files as Python does."""
_OF_PANDAS = ("feather", "hdf", "orc", "parquet")
_READING = (
    *("connect", "dataset", "dmatrix", "file", "from_", "import", "load", "memmap", "memory_map"),
    *("open", "parse", "read", "scan", "source", "store", "booster"),
)
"""Parts of the names of what reads files."""

_OF_FILES = frozenset({"pathlib", "os", "posix", "genericpath", "posixpath"})
_LOOK = frozenset(
    (
        *("access", "exists", "is_dir", "is_file", "isdir", "isfile", "lexists", "lstat", "stat"),
        *("getatime", "getctime", "getmtime", "getsize"),
    )
)
"""Functions of those modules, and methods of paths, that tell something of files without opening them."""

State = tuple[int, int, int]
Listing = State | dict[str, State] | None
"""Inode, size and modification time of a file; those of the files in a folder; None if there is nothing."""


def may_open(callee: Callee) -> bool:
    """Tell whether something that is called may open files in other than Python code."""
    if callee.kind == "own" or callee.module is None:
        return False
    root = callee.module.partition(".")[0]
    if root in _PYTHONIC or root == "builtins" or root in sys.stdlib_module_names:
        return False
    return root != "pandas" or any(word in callee.name for word in _OF_PANDAS)


def looks_at_files(callee: Callee) -> bool:
    """Tell whether something that is called says what files there are, how large or how old, and opens none."""
    module = callee.module
    if module is None or module.partition(".")[0] not in _OF_FILES:
        return False
    return callee.name.rpartition(".")[2] in _LOOK


def says_it_reads(callee: Callee) -> bool:
    """Tell whether a callee's name says that it reads a file."""
    name = callee.name.lower()
    return any(word in name for word in _READING)


def path_of(argument: object) -> str | None:
    """Get the path that an argument may be; None for what is none."""
    kind = type(argument)
    if kind is not str:
        module = type.__getattribute__(kind, "__module__")
        if type(module) is not str or module.partition(".")[0] != "pathlib":
            return None
    name = _fspath(argument)  # type: ignore[call-overload]
    if type(name) is not str or not 0 < len(name) <= _LENGTH or "\0" in name or "\n" in name:
        return None
    if "://" in name:
        return None
    # xgboost's way to say the format: `data.txt?format=libsvm`.
    return _abspath(name.partition("?")[0] or name)


def listing_of(path: str) -> Listing:
    """Look at a path: at a file, or at the files of a folder."""
    try:
        status = _os_stat(path)
        if stat.S_ISREG(status.st_mode):
            return _state(status)
        if not stat.S_ISDIR(status.st_mode):
            return None
        found: dict[str, State] = {}
        with _scandir(path) as entries:
            for entry in entries:
                if len(found) == _ENTRIES:
                    return None
                if entry.is_file():
                    found[entry.path] = _state(entry.stat())
    except (OSError, ValueError):  # gone, forbidden, or a text that no file can be named by
        return None
    return dict(sorted(found.items()))


def touched(path: str, before: Listing, after: Listing, *, reads: bool) -> list[tuple[str, str]]:
    """List what has happened between two looks: actions, and the files they were done to."""
    old = before if type(before) is dict else {} if before is None else {path: before}
    new = after if type(after) is dict else {} if after is None else {path: after}
    found = []
    for name, state in new.items():
        if old.get(name) != state:
            found.append(("write", name))
        elif reads and name == path:
            found.append(("read", name))
    return found


def _state(status: os.stat_result) -> State:
    return status.st_ino, status.st_size, status.st_mtime_ns
