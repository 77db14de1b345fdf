"""Notebooks for tests: written as tables of cells, executed with and without provkit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
_VOLATILE = re.compile(
    r"[0-9a-f]{32}|object at (0x)?[0-9a-f]+|0x[0-9a-f]+|ipykernel_\d+|\d+\.py|\d+(\.\d+)?(e[+-]\d+)? ?(ns|μs|µs|us|ms|s)\b"
)


def notebook(*cells: str | tuple[str, str], **metadata: Any) -> Any:
    """Make a notebook of code cells; a pair is a cell and a tag."""
    made = []
    for number, cell in enumerate(cells):
        source, *tags = [cell] if isinstance(cell, str) else cell
        more = {"metadata": {"tags": tags}} if tags else {}
        made.append(nbformat.v4.new_code_cell(source, id=f"cell-{number}", **more))
    return nbformat.v4.new_notebook(cells=made, metadata={**KERNEL, **metadata})


def written(folder: Path, *cells: str | tuple[str, str], name: str = "nb.ipynb") -> Path:
    """Write a notebook of code cells to a file."""
    path = folder / name
    nbformat.write(notebook(*cells), path)
    return path


def executed_plainly(path: Path, *, allow_errors: bool = True) -> Any:
    """Execute a notebook with nbclient alone."""
    plain = nbformat.read(path, as_version=4)
    NotebookClient(plain, allow_errors=allow_errors).execute(cwd=str(path.parent))
    return plain


def outputs_of(executed: Any) -> list[list[dict[str, Any]]]:
    """List what each cell put out, without times and addresses."""
    return [[_settled(output) for output in cell.get("outputs", [])] for cell in executed["cells"]]


def _settled(value: Any) -> Any:
    if isinstance(value, str):
        return _VOLATILE.sub("…", value)
    if isinstance(value, dict):
        return {key: _settled(member) for key, member in value.items()}
    if isinstance(value, Sequence):
        return [_settled(member) for member in value]
    return value


def joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join what one stream said in several messages: how often a kernel flushes is a matter of time."""
    found: list[dict[str, Any]] = []
    for output in outputs:
        before = found[-1] if found else {}
        if output["output_type"] == "stream" and before.get("name") == output["name"]:
            found[-1] = {**before, "text": before["text"] + output["text"]}
        else:
            found.append(output)
    return found
