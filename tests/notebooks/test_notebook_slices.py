"""Slices of notebooks: what is kept of each execution of a cell, and that it gives the value when it runs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from notebook_files import executed_plainly, written
from test_executed_notebooks import capture

from provkit import api
from provkit.errors import BadInput
from provkit.slicing import Slice

NOTEBOOKS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "what does not matter is left out": (
        ("a = 1\nb = 2", "print(b)", "c = a + 1\nd = b"),
        ["a = 1", "c = a + 1"],
    ),
    "a function reads what a cell after its own made": (
        ("def f(n):\n    log = []\n    return n + k", "k = 1\nm = 2", "k = 5", "c = f(2)", "k = 9"),
        ["def f(n):\n    return n + k", "k = 5", "c = f(2)"],
    ),
    "a function that is defined anew": (
        ("def f():\n    return 1", "a = f()", "def f():\n    return 2", "b = f()", "c = a"),
        ["def f():\n    return 1", "a = f()", "c = a"],
    ),
    "a mutation in another cell": (
        ("c = []\nd = []", "c.append(1)", "d.append(2)", "c"),
        ["c = []", "c.append(1)"],
    ),
    "magics stay as they were written": (
        (
            "import math\n%matplotlib inline",
            "%%time\na = math.sqrt(4)",
            "%time b = a + 1",
            "%time e = 3\nc = b",
        ),
        ["import math", "%%time\na = math.sqrt(4)", "%time b = a + 1", "c = b"],
    ),
    "a shell's lines": (
        ("said = !echo one\nother = !echo two", "c = len(said)"),
        ["said = !echo one", "c = len(said)"],
    ),
    "statements in a magic are taken one by one": (
        ("%%capture shown\nx = 2\nprint(x)", "%%time\nd = 1\ny = x", "c = y + 1"),
        ["x = 2", "y = x", "c = y + 1"],
    ),
    "what a cell shows needs all of it": (
        ("x = 2\nz = 3", "%%capture shown\nx += 1\nprint(x)", "c = shown.stdout"),
        ["x = 2", "%%capture shown\nx += 1\nprint(x)", "c = shown.stdout"],
    ),
    "a cell inside a cell is that cell": (
        ("x = 1", "get_ipython().run_cell('x = 2')", "c = x + 1"),
        ["x = 1", "get_ipython().run_cell('x = 2')", "c = x + 1"],
    ),
    "what waits": (
        (
            "import asyncio\nasync def g(n):\n    await asyncio.sleep(0)\n    return n",
            "c = await g(3)",
            "e = 1",
        ),
        [
            "import asyncio\nasync def g(n):\n    await asyncio.sleep(0)\n    return n",
            "c = await g(3)",
        ],
    ),
    "empty lines at the top of a cell": (
        ("\n\nq = 1\na = 2", "\n# said\nc = a"),
        ["a = 2", "# said\nc = a"],
    ),
    "a cell that is no Python is passed over": (
        ("a = 1", "1 +", "c = a"),
        ["a = 1", "c = a"],
    ),
}


_EVERY_TIME = (
    "a function reads what a cell after its own made",
    "magics stay as they were written",
    "statements in a magic are taken one by one",
    "what a cell shows needs all of it",
)


@pytest.mark.parametrize(
    "name",
    [
        name if name in _EVERY_TIME else pytest.param(name, marks=pytest.mark.slow)
        for name in NOTEBOOKS
    ],
)
def test_a_slice_of_a_notebook_is_what_is_needed_of_each_cell(name: str, tmp_path: Path) -> None:
    cells, expected = NOTEBOOKS[name]
    written(tmp_path, *[(cell, "raises-exception") for cell in cells])
    assert capture(tmp_path, "nb.ipynb").returncode == 0
    store = tmp_path / ".provkit"
    found = api.slice_("last", "c", store=store)
    assert [cell.text for cell in found.cells] == expected
    assert _value_in(tmp_path, found) == _last(executed_plainly(_asking(tmp_path, list(cells))))


def _asking(folder: Path, texts: list[str]) -> Path:
    return written(folder, *texts, "repr(c)", name="asking.ipynb")


def _value_in(folder: Path, found: Slice) -> str:
    """Run a slice as the notebook that it is written as, and give the value of `c`."""
    path = folder / "slice.ipynb"
    path.write_bytes(api.notebook_of(found, store=folder / ".provkit"))
    made = nbformat.read(path, 4)
    nbformat.validate(made)
    made.cells.append(nbformat.v4.new_code_cell("repr(c)"))
    nbformat.write(made, path)
    return _last(executed_plainly(path, allow_errors=False))


def _last(executed: nbformat.NotebookNode) -> str:
    said: str = executed.cells[-1].outputs[0].data["text/plain"]
    return said


def test_the_notebook_of_a_slice_has_the_ids_tags_and_kernel_of_the_cells(tmp_path: Path) -> None:
    written(tmp_path, ("a = 1", "parameters"), "b = 1", "c = a")
    capture(tmp_path, "nb.ipynb")
    store = tmp_path / ".provkit"
    made = nbformat.reads(api.notebook_of(api.slice_("last", "c", store=store), store=store), 4)
    assert [cell.id for cell in made.cells] == ["cell-0", "cell-2"]
    assert made.cells[0].metadata == {"tags": ["parameters"]}
    assert made.metadata.kernelspec.name == "python3"


def test_the_script_of_a_slice_marks_where_cells_begin(tmp_path: Path) -> None:
    written(tmp_path, "a = 1\n\nd = 2", "b = 1", "c = a + d")
    capture(tmp_path, "nb.ipynb")
    found = api.slice_("last", "c", store=tmp_path / ".provkit")
    assert found.main.text == "# %% cell 0\na = 1\n\nd = 2\n\n# %% cell 2\nc = a + d\n"
    assert (found.main.statements, found.main.of) == (3, 4)


def test_a_saved_notebook_has_no_slices(tmp_path: Path) -> None:
    written(tmp_path, "a = 1")
    assert capture(tmp_path, "--no-execute", "nb.ipynb").returncode == 0
    with pytest.raises(BadInput, match="none of its cells ran"):
        api.slice_("last", "a", store=tmp_path / ".provkit")
