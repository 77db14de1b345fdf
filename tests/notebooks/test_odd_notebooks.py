"""Notebooks as they come: odd files and cells that end their kernel are executed, or said in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from notebook_files import KERNEL, written
from test_executed_notebooks import capture

from provkit import api


def _saved(
    folder: Path, notebook: dict[str, Any], name: str = "nb.ipynb", newline: str = "\n"
) -> None:
    text = json.dumps(notebook, indent=1).replace("\n", newline)
    (folder / name).write_bytes(text.encode())


def _cell(source: str, **more: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
        **more,
    }


def _notebook(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5, **more}


FILES: dict[str, tuple[dict[str, Any], str]] = {
    "no cells": (_notebook(), "\n"),
    "no kernelspec": (_notebook(_cell("a = 1", id="x"), metadata={}), "\n"),
    "two cells of one id": (_notebook(_cell("a = 1", id="x"), _cell("a = 2", id="x")), "\n"),
    "CRLF around and in the cells": (_notebook(_cell("a = 1\r\nb = a\r\n", id="x")), "\r\n"),
    "version 3": (
        {
            "metadata": {"name": ""},
            "nbformat": 3,
            "nbformat_minor": 0,
            "worksheets": [
                {
                    "metadata": {},
                    "cells": [
                        {
                            "cell_type": "code",
                            "collapsed": False,
                            "input": ["a = 1\n", "print(a)"],
                            "language": "python",
                            "metadata": {},
                            "outputs": [],
                        }
                    ],
                }
            ],
        },
        "\n",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_odd_files_are_executed(name: str, tmp_path: Path) -> None:
    notebook, newline = FILES[name]
    _saved(tmp_path, notebook, newline=newline)
    before = (tmp_path / "nb.ipynb").read_bytes()
    run = capture(tmp_path, "nb.ipynb", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    assert "Traceback" not in run.stderr
    assert (tmp_path / "nb.ipynb").read_bytes() == before
    made = nbformat.read(tmp_path / "out.ipynb", 4)
    assert len(made.cells) == len(notebook.get("cells", [None]))


def test_names_with_spaces_and_of_all_scripts_are_taken(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    written(folder, "größe = 1\nprint(größe)", name="été 空.ipynb")
    run = capture(tmp_path, "a folder/été 空.ipynb", "-o", "aus gabe.ipynb")
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "aus gabe.ipynb").exists()
    assert api.slice_("last", "größe", store=tmp_path / ".provkit").cells[0].text == "größe = 1"


ENDS = {
    "os._exit": ("import os\nos._exit(3)", 1, "the kernel died (exit status 3) in cell 2"),
    "SIGKILL": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        1,
        "the kernel died (killed by SIGKILL) in cell 2",
    ),
    "exit()": ("exit()", 0, "completed"),
    "quit()": ("quit()", 0, "completed"),
    "sys.exit()": ("import sys\nsys.exit(2)", 1, "cell 2 failed (SystemExit: 2)"),
    "input()": ("input('?')", 1, "cell 2 failed (StdinNotImplementedError"),
    "no end": ("while True:\n    pass", 1, "cell 2 took longer than 2 s"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDS)
def test_cells_that_end_the_work_are_told_and_keep_what_was_before(
    name: str, tmp_path: Path
) -> None:
    source, status, said = ENDS[name]
    written(tmp_path, "a = 1", source)
    run = capture(
        tmp_path, "nb.ipynb", "-o", "out.ipynb", *(["--timeout", "2"] if name == "no end" else [])
    )
    assert (run.returncode, said in run.stderr) == (status, True), run.stderr
    assert nbformat.read(tmp_path / "out.ipynb", 4).cells[0].execution_count == 1
    store = tmp_path / ".provkit"
    assert api.slice_("last", "a", store=store).cells[0].text == "a = 1"
    assert api.validate("last", store=store).conforms()


@pytest.mark.slow
def test_a_cell_that_prints_fifty_megabytes_is_kept_whole(tmp_path: Path) -> None:
    written(tmp_path, "print('x' * 50_000_000)")
    assert capture(tmp_path, "nb.ipynb").returncode == 0
    rebuilt = nbformat.reads(api.export("last", "notebook", store=tmp_path / ".provkit"), 4)
    assert len(rebuilt.cells[0].outputs[0].text) == 50_000_001
