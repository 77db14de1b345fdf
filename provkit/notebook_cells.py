"""What a notebook's cells are called, and the text that their plan is a function of.

Standard library only: the process that executes a notebook, and the kernel, call cells by the
same names as what reads a saved one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, TypeGuard
from urllib.parse import unquote, urlsplit

from provkit.model import CellKind

_EDITOR = "vscode-notebook-cell:"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class WrittenCell(NamedTuple):
    """A cell with all the texts that it had when it ran, and the one that stands in it at the end."""

    id: str
    kind: CellKind
    source: str
    earlier: tuple[str, ...] = ()
    """Texts before the last, oldest first."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts, oldest first."""
        return (*self.earlier, self.source)


def cell_id(index: int | None, source: str) -> str:
    """Name a cell that has no id of its own (nbformat before 4.5, plain IPython).

    Args:
        index: Its place, from 0 over cells of all types; None where nobody knows.
        source: Its text.
    """
    digest = sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"t-{digest}" if index is None else f"c{index}-{digest}"


class EditorCell(NamedTuple):
    """A cell as VS Code tells a kernel of it."""

    notebook: str
    """Path of the file."""
    name: str
    """Stays the same as long as the file is open; in the file the cell has another."""


def editor_cell(identifier: str | None) -> EditorCell | None:
    """Take apart what VS Code calls a cell; None for any other identifier.

    >>> editor_cell("vscode-notebook-cell:/home/u/my%20work.ipynb#W1sZmlsZQ%3D%3D")
    EditorCell(notebook='/home/u/my work.ipynb', name='W1sZmlsZQ')
    """
    if identifier is None or not identifier.startswith(_EDITOR):
        return None
    parts = urlsplit(identifier)
    name = "".join(sign for sign in unquote(parts.fragment) if is_cell_id(sign))
    return EditorCell(unquote(parts.path), name) if is_cell_id(name) else None


def is_cell_id(text: object) -> TypeGuard[str]:
    """Tell whether nbformat 4.5 takes this as a cell's id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def ids_of(cells: Sequence[dict[str, Any]]) -> list[str]:
    """Name all cells of a notebook, given as nbformat 4 has them, each by a name of its own.

    An id that is there is kept, but for one that no id may look like, and the second of two equal ones.
    """
    taken: set[str] = set()
    found: list[str] = []
    for index, cell in enumerate(cells):
        own = cell.get("id")
        name = own if is_cell_id(own) and own not in taken else None
        if name is None:
            name = cell_id(index, text_of(cell.get("source", "")))
        while name in taken:  # somebody gave a cell the name that another would be given
            name += "-"
        taken.add(name)
        found.append(name)
    return found


def text_of(source: Any) -> str:
    """Join a text that a notebook's file may hold as a list of lines."""
    return "".join(source) if isinstance(source, list) else str(source)


def canonical_bytes(cells: Iterable[WrittenCell]) -> bytes:
    """Write the part of a notebook that its plan is a function of.

    Outputs, execution counts and metadata are not in it, so that a saved notebook and its
    execution without edits have the same plan.
    """
    written = []
    for cell in cells:
        said: dict[str, Any] = {"id": cell.id, "type": cell.kind, "source": cell.source}
        if cell.earlier:
            said["revisions"] = list(cell.earlier)
        written.append(said)
    text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
