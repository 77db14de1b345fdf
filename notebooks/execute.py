"""Execute the notebooks that teach provkit, each in an empty folder, and write their outputs into them.

    python notebooks/execute.py [NAME.ipynb ...]

Cells are run from the top, or in the order that the notebook's metadata lists them in, by id:

    {"session": [["load"], ["columns", "columns = [1]"], ["score"], ["columns"]]}

A text beside the id is what the cell held at that time, where that is not what it holds at last.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
NAMES = ("first_trial.ipynb", "live_session.ipynb", "asking_sparql.ipynb")
SECONDS = 300
"""That a cell may take."""
_KEPT_FROM_JUPYTER = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


def execute(path: Path, folder: Path) -> Any:
    """Execute a notebook with a real kernel.

    Args:
        path: The notebook; it is not written to.
        folder: Empty; the kernel's working directory and, for what Jupyter writes, home are made in it.

    Returns:
        The notebook with its outputs and execution counts.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    work = folder / "work"
    work.mkdir()
    with _environment(folder):
        client = NotebookClient(notebook, timeout=SECONDS, record_timing=False)
        with client.setup_kernel(cwd=str(work)):
            places = {cell.id: place for place, cell in enumerate(notebook.cells)}
            for number, (name, *earlier) in enumerate(_session_of(notebook), 1):
                cell = notebook.cells[places[name]]
                last, cell.source = cell.source, (earlier or [cell.source])[0]
                # As JupyterLab does, so that an edited cell is known to be the same cell.
                client.kc.session.metadata = {"cellId": name}
                client.execute_cell(cell, places[name], execution_count=number)
                cell.source = last
    _wait_until_stored(work)
    for cell in notebook.cells:
        _settle(cell)
    return notebook


def _wait_until_stored(work: Path) -> None:
    """Let the process beside a live kernel write the trial before its folder goes."""
    until = time.monotonic() + SECONDS
    journals = work / ".provkit" / "journals"
    while journals.is_dir() and any(journals.iterdir()):
        if time.monotonic() > until:
            raise RuntimeError(f"the trial in {str(journals)!r} was not stored within {SECONDS} s")
        time.sleep(0.1)


def _session_of(notebook: Any) -> list[list[str]]:
    session = notebook.metadata.get("session")
    return session or [[cell.id] for cell in notebook.cells if cell.cell_type == "code"]


@contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """Keep out what the person who runs this has set up, and let `provkit` be a command."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("PROVKIT")]:
        del os.environ[name]
    for name in _KEPT_FROM_JUPYTER:
        os.environ[name] = str(folder / name.lower())
    commands = folder / "commands"
    commands.mkdir()
    command = commands / "provkit"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m provkit "$@"\n')
    command.chmod(0o755)
    own = [str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(
        PATH=os.pathsep.join([str(commands), os.environ["PATH"]]),
        PYTHONPATH=os.pathsep.join(own),
        GIT_CONFIG_GLOBAL=os.devnull,
        NO_COLOR="1",
        COLUMNS="120",
    )
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _settle(cell: Any) -> None:
    """Join what a kernel sent of one stream in parts, as Jupyter does, and end lines as text does."""
    joined: list[Any] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            output.text = output.text.replace("\r\n", "\n")
            if joined and joined[-1].get("name") == output.name:
                joined[-1].text += output.text
                continue
        joined.append(output)
    if "outputs" in cell:
        cell.outputs = joined


def main() -> None:
    """Execute the notebooks that are named, or all."""
    for name in sys.argv[1:] or NAMES:
        path = FOLDER / Path(name).name
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(execute(path, Path(folder)), path)


if __name__ == "__main__":
    main()
