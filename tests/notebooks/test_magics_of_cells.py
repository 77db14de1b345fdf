"""Magics that run Python: their statements are the cell's own, and what they show is what they show."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from notebook_files import executed_plainly, joined, outputs_of, written
from test_executed_notebooks import capture

from provkit import api
from provkit.lineage import Lineage
from provkit.notebook_cells import WrittenCell
from provkit.notebook_plan import NotebookAnalysis, plain_python

_TIMES = re.compile(
    r"ipykernel_\d+|(?<=[ :])[\d.e+]+ (ns|μs|us|ms|s)\b|in [\d.]+ seconds|<ipython-input[^>]*>"
)
_NESTED = (
    "%%time\n%%capture b\nc = [a, 1]\nprint(c)",
    "%%capture d\n%%time\nprint(c)\n5",
    "b.stdout, d.stdout[:6]",
    "%%time\ne = c + c\n%time f = e; g = f\nh = %time g + [1]\nh",
    "%%capture\n\n%time print(h)\ni = %time h",
    "%%time\n%time [][1]\nj = 1",
    "'j' in globals(), i",
)
CELLS = {
    "the last expression": ("%%time\na = 3\na + 1", "_ + 1", "%time a + 2", "Out[3] + 1", *_NESTED),
    "silenced": ("%%time\na = 1\na;", "%%capture\na;", "%time a;"),
    "compound statements": (
        "%%time\n\ndef f(x):\n    y = x + 1\n    return y\n\nk = 0\nfor i in range(3):\n    k += f(i)\nk",
        "%%time\nclass K:\n    def m(self):\n        return f(1)\nK().m()",
    ),
    "an exception": (
        "%%time\nq = 1\nr = [][1]\ns = 3",
        "q, 's' in globals()",
        "%time [][1]",
        "w = %time [][1]",
        "%%time\nreturn 5",
        # Shown once for each place, whatever runs in between.
        "import warnings\ndef warn():\n    warnings.warn('old')\n    return 'told'\nwarn()",
        "warn()",
    ),
    "an exception that a magic swallows": (
        "%%capture\nu = 1\nraise KeyError('x')",
        "u",
        "%%time --no-raise-error\nm = 1\nn = {}['k']\n",
        "m",
    ),
    "what is no program": ("%%time\nq +", "%%time here\nq = 1", "%%capture\n"),
    "what was captured": (
        "%%capture out\nprint('said')\n5",
        "out.stdout, len(out.outputs)",
        "out.show()",
        "%%capture --no-stdout out\nprint('shown')",
        "%%capture out\nprint('not kept');",
        "'out' in globals()",
    ),
    "magics in magics": (
        "%%capture a\n%%capture b\nprint(1)",
        "%%time\n%%time\n1",
        "%%time\n%%capture c\n[][1]",
        "%%time\n!echo {1 + 1}\n%time b = 2\nb",
        "%%capture\n%time c = 3",
        "for i in range(2):\n    %time d = i",
        "e = %time 4\ne",
    ),
    "statements in a line": ("%time x = [1,  2]; y = 'a  b'\n%time x[0]\ny",),
    "what measures": ("def f():\n    return 1", "%prun -q f()", "%%timeit -n1 -r1 -q\nf()", "f()"),
    "a profile": ("def f():\n    return 1", "%%prun\nf()\nf()"),
    "in files of its own": (
        "%%time\nwith open('o.txt', 'w') as file:\n    file.write('x')",
        "%%time\nopen('o.txt').read()",
    ),
}


_EVERY_TIME = ("the last expression", "an exception", "what measures")


@pytest.mark.parametrize(
    "name",
    [name if name in _EVERY_TIME else pytest.param(name, marks=pytest.mark.slow) for name in CELLS],
)
def test_what_magics_show_is_what_they_show_plainly(name: str, tmp_path: Path) -> None:
    cells = [(cell, "raises-exception") for cell in CELLS[name]]
    path = written(tmp_path, *cells)
    plain = executed_plainly(path)
    result = capture(tmp_path, "nb.ipynb", "-o", "executed.ipynb")
    assert result.returncode == 0, result.stderr
    captured = nbformat.read(tmp_path / "executed.ipynb", 4)
    shown = [
        _TIMES.sub("…", json.dumps([*map(joined, outputs_of(each))], sort_keys=True))
        for each in (plain, captured)
    ]
    assert shown[0] == shown[1]
    assert "provkit" not in shown[1]
    told = api.show("last", store=tmp_path / ".provkit").warnings
    assert not told


def lineage(folder: Path, name: str) -> list[str]:
    """Give the statements that a value came from, the nearest first."""
    found: Lineage = api.lineage("last", name, store=folder / ".provkit")
    return [node.source for node in found.nodes if node.source]


def test_lineage_goes_through_the_statements_in_magics(tmp_path: Path) -> None:
    cells = (
        "a = [1, 2]",
        "%%time\nb = a[0]\nunused = 3\nc = b + 1",
        "%time d = c * 2",
        "%%capture out\ne = d + 1\nprint(e)",
        "%%prun -q\nf = [e]",
        "g = f[0]",
        "said = out.stdout",
        "h = %time sorted(f)",
        "files = !echo {h}",
        "%%time\n%%capture deep\ni = f[0] + 1\nprint(i)",
        "%%capture\n%time j = i\nk = %time j + 1",
        "least = deep.stdout",
    )
    written(tmp_path, *cells)
    assert capture(tmp_path, "nb.ipynb").returncode == 0
    found = lineage(tmp_path, "g")
    assert found == [
        "g = f[0]",
        "%%prun -q …",
        "e = d + 1",
        "d = c * 2",
        "c = b + 1",
        "b = a[0]",
        "a = [1, 2]",
    ]
    assert lineage(tmp_path, "files")[:3] == ["files = !echo {h}", "h = sorted(f)", "%%prun -q …"]
    assert lineage(tmp_path, "k")[:4] == ["k = j + 1", "j = i", "i = f[0] + 1", "%%prun -q …"]
    assert "i = f[0] + 1" in lineage(tmp_path, "least")
    shown = api.show("last", store=tmp_path / ".provkit")
    assert len(shown.cells) == len(cells)
    assert "print(e)" not in lineage(tmp_path, "said")
    assert "e = d + 1" in lineage(tmp_path, "said")


def test_recording_goes_on_after_a_profile_and_a_tracer(tmp_path: Path) -> None:
    cells = (
        "def f(x):\n    y = x + 1\n    return y",
        "%prun -q f(1)",
        "a = f(1)",
        "import sys\nsys.settrace(lambda *_: None)\nsys.settrace(None)",
        "b = a + 1",
    )
    written(tmp_path, *cells)
    assert capture(tmp_path, "nb.ipynb").returncode == 0
    assert lineage(tmp_path, "b")[:3] == ["b = a + 1", "return y", "y = x + 1"]
    (told,) = api.show("last", store=tmp_path / ".provkit").warnings
    assert "trace or profile function" in told


def _cells_of(path: Path) -> list[WrittenCell]:
    cells = nbformat.read(path, 4).cells
    return [WrittenCell(cell.id, cell.cell_type, cell.source) for cell in cells]


def test_the_plan_of_a_saved_notebook_has_the_statements_in_magics(tmp_path: Path) -> None:
    path = written(tmp_path, "%%time\n\nx = 1\ny = x", "%%capture out\nz = y", "%%prun\nw = z")
    plan = NotebookAnalysis(_cells_of(path)).plan()
    assert [(step.source, step.reads, step.writes) for step in plan.steps] == [
        ("x = 1", (), ("x",)),
        ("y = x", ("x",), ("y",)),
        ("%%capture out …", ("y",), ("out",)),
        ("get_ipython()", (), ()),
        ("z = y", ("y",), ("z",)),
        ("%%prun …", ("z",), ("w",)),
        ("get_ipython()", (), ()),
    ]


@pytest.mark.parametrize(
    ("written_so", "opened"),
    [
        ("%%time\n\nx = 1\n!ls", "\n\nx = 1\nget_ipython().system('ls')\n"),
        ("%%time --no-raise-error\nx = 1", "\nx = 1\n"),
        ("a = 1\n%time b = 2; c = 3\n", "a = 1\nb = 2; c = 3\n"),
        ("if a:\n    %time b", "if a:\n    get_ipython().run_line_magic('time', 'b')\n"),
        ("%%time\nx = (", "get_ipython().run_cell_magic('time', '', 'x = (\\n')\n"),
        ("%%timeit\nx", "get_ipython().run_cell_magic('timeit', '', 'x\\n')\n"),
        ("%%capture a\nx", "get_ipython().run_cell_magic('capture', 'a', '')\nx\n"),
    ],
)
def test_a_body_is_opened_line_by_line(written_so: str, opened: str) -> None:
    pytest.importorskip("IPython")
    assert plain_python(written_so) == opened
