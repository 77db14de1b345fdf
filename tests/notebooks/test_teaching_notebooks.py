"""The notebooks that teach provkit say what provkit does: executed again, they put out what is in their files."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from commands import REPOSITORY

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

FOLDER = REPOSITORY / "notebooks"
QUICK = "live_session.ipynb"
"""Executed with every run of the tests; the others are slow."""

_MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( [+-]\d{4})?"), "TIME"),
    (re.compile(r"\(?\+?\d+(\.\d+)? m?s\b\)?"), "DURATION"),
    (re.compile(r"\b[0-9a-f]{8}\b|\b[0-9a-f]{12,}\b"), "ID"),
    (re.compile(r"\d+ defaults"), "DEFAULTS"),
    (re.compile(r"Left at their defaults: .*"), "DEFAULTS"),  # each version of a library has others
    (re.compile(r"\d+ more things"), "MORE"),
    (re.compile(r"[ ─]{2,}"), " "),  # columns are as wide as the numbers in them
)
_FRACTION = re.compile(r"\d+\.\d{3,}")
_OF_A_MACHINE = re.compile(r"/(?:tmp|root|home|Users|usr|opt|var|work)/|\\\\Users|0x[0-9a-f]{6,}")


NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def executing() -> ModuleType:
    """Load the program that executes the notebooks."""
    specification = importlib.util.spec_from_file_location(
        "executing_notebooks", FOLDER / "execute.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == QUICK else pytest.mark.slow) for name in NAMES],
)
def test_a_notebook_executed_again_puts_out_what_is_in_its_file(
    name: str, executing: ModuleType, tmp_path: Path
) -> None:
    shown = nbformat.read(FOLDER / name, as_version=4)
    executed = executing.execute(FOLDER / name, tmp_path)
    assert [_told(cell) for cell in executed.cells] == [_told(cell) for cell in shown.cells]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_whole_and_says_nothing_of_the_machine_it_was_executed_on(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert _OF_A_MACHINE.findall(json.dumps(json.loads(text), ensure_ascii=False)) == []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.execution_count is not None, cell.id
            assert all(output.output_type != "error" for output in cell.outputs), cell.id


def test_all_notebooks_are_among_those_that_are_executed(executing: ModuleType) -> None:
    assert sorted(executing.NAMES) == NAMES


def test_the_live_session_ran_out_of_order_and_with_an_edit() -> None:
    notebook = nbformat.read(FOLDER / QUICK, as_version=4)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts != sorted(counts)
    assert any(len(run) == 2 for run in notebook.metadata.session)


def _told(cell: Any) -> dict[str, Any]:
    """What a person reads of a cell, without what is another at each execution."""
    if cell.cell_type != "code":
        return {"source": cell.source}
    outputs = [
        (output.output_type, sorted(output.get("data", {})), _masked(_text_of(output)))
        for output in cell.outputs
    ]
    return {"source": cell.source, "count": cell.execution_count, "outputs": outputs}


def _text_of(output: Any) -> str:
    if "text" in output:
        return str(output.text)
    data = output.get("data", {})
    return str(data.get("text/markdown") or data.get("text/plain") or "")


def _masked(text: str) -> str:
    for mask, word in _MASKS:
        text = mask.sub(word, text)
    return _FRACTION.sub(lambda number: f"{float(number[0]):.2f}", text)
