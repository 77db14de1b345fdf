"""No object lives longer for being watched: finalisers run when they would, and memory is given back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from commands import command


class Case(NamedTuple):
    """A program that prints when its objects go."""

    name: str
    source: str


NOTED = """
import weakref
def note(obj, name):
    weakref.finalize(obj, print, name, "is gone")
    return obj
class Thing:
    def made(self):
        return Thing()
"""

CASES = [
    Case("a deleted name", "t = note(Thing(), 't')\ndel t\nprint('then')\n"),
    Case("a name bound again", "t = note(Thing(), 't')\nt = 1\nprint('then')\n"),
    Case("an alias", "t = note(Thing(), 't')\nu = t\ndel t\nprint('still')\ndel u\nprint('then')\n"),
    Case("a temporary", "n = len([note(Thing(), 't')])\nprint('then')\n"),
    Case("a result that is dropped", "note(Thing(), 't')\nprint('then')\n"),
    Case("a receiver", "t = note(Thing(), 't').made()\nprint('then')\n"),
    Case("a member of a list", "a = [note(Thing(), 't')]\na.clear()\nprint('then')\n"),
    Case("a member of an object", "a = Thing()\na.b = note(Thing(), 't')\ndel a\nprint('then')\n"),
    Case("a local name", "def f():\n    t = note(Thing(), 't')\n    return 1\na = f()\nprint('then')\n"),
    Case("an argument", "def f(t):\n    return 1\na = f(note(Thing(), 't'))\nprint('then')\n"),
    Case("what a closure holds", "def f():\n    t = note(Thing(), 't')\n    return lambda: t\ng = f()\na = g()\ndel a\nprint('still')\ndel g\nprint('then')\n"),
    Case("a loop's name", "for i in range(8):\n    t = note(Thing(), i)\ndel t\nprint('then')\n"),
    Case("an exception", "class E(Exception): pass\ntry:\n    raise note(E('x'), 'e')\nexcept E as e:\n    a = str(e)\nprint('then')\n"),
    Case("a generator", "def g():\n    t = note(Thing(), 't')\n    yield 1\n    yield 2\ni = g()\na = next(i)\ndel i\nprint('then')\n"),
    Case("an object with slots", "class S:\n    __slots__ = ('t',)\ns = S()\ns.t = note(Thing(), 't')\ndel s\nprint('then')\n"),
    Case("an array", "import numpy as np\na = note(np.ones(9), 'a')\nb = a[2:]\nb[0] = 3\ndel b\nprint('still')\ndel a\nprint('then')\n"),
    Case("a frame", "import pandas as pd\nf = note(pd.DataFrame({'a': [1]}), 'f')\nf['b'] = f['a']\nn = f.shape\ndel f\nprint('then')\n"),
    Case("an estimator and its generator", "import numpy as np\nfrom sklearn.linear_model import Ridge\nr = np.random.RandomState(0)\nm = note(Ridge(random_state=r), 'm')\nf = m.fit(np.ones((3, 1)), np.ones(3))\ndel f, m, r\nprint('then')\n"),
    Case("a closed figure", "import gc\nimport matplotlib.pyplot as plt\np = note(plt.figure(), 'p')\nplt.plot([1, 2])\nplt.savefig('p.png')\nplt.close()\ndel p\nn = gc.collect() > 0\nprint('then')\n"),
    Case("an object that is passed into a library", "import functools\nt = note(Thing(), 't')\na = functools.reduce(lambda x, y: x, [1, t])\ndel t\nprint('then')\n"),
    Case("a module's global in a function", "t = note(Thing(), 't')\ndef f():\n    global t\n    t = None\nf()\nprint('then')\n"),
]  # fmt: skip


LIBRARIES = ("numpy", "pandas", "sklearn", "matplotlib")
OF_LIBRARIES = [case for case in CASES if any(name in case.source for name in LIBRARIES)]


def test_objects_go_when_they_would(tmp_path: Path) -> None:
    """What is said, and in which order, is that of a plain run; all in one process, as each takes a second."""
    plain = [case for case in CASES if case not in OF_LIBRARIES]
    _hold("".join(f"print({case.name!r})\n{case.source}" for case in plain), tmp_path)


@pytest.mark.parametrize("case", OF_LIBRARIES, ids=lambda case: case.name)
def test_objects_of_libraries_go_when_they_would(case: Case, tmp_path: Path) -> None:
    for library in LIBRARIES:
        if library in case.source:
            pytest.importorskip(library)
    _hold(case.source, tmp_path)


def _hold(source: str, folder: Path) -> None:
    (folder / "program.py").write_text(NOTED + source)
    plain = _said([sys.executable, "program.py"], folder)
    assert "is gone" in plain
    assert _said(command("capture", "--quiet", "program.py"), folder) == plain


GIVEN_BACK = """
import numpy as np
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 // 2**20
before = resident()
a = np.ones((4000, 2000))
b = a * 2
v = b[10:]
v[0] = 1
parts = [a, b]
there = resident()
del a, b, v, parts
print(there - before > 100, resident() - before < 20)
"""


def test_memory_is_given_back(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "program.py").write_text(GIVEN_BACK)
    assert _said(command("capture", "--quiet", "program.py"), tmp_path) == "True True\n"


def _said(words: list[str], folder: Path) -> str:
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout
