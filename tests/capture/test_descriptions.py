"""What values are said to look like: bounded, without running the program's code, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import run_program

from provkit.model import Trial, Value

FRAME = """
import numpy as np
import pandas as pd
f = pd.DataFrame({"a": [1.0, None], "b": ["x", None], "c": [1, 2]})
g = f[["a", "c"]]
h = f[["a", "c"]].copy()
s = f["a"]
a = np.arange(5.0)
b = np.arange(5.0)[::1].copy()
big = np.zeros(1_000_000)
n = np.array([1.0, np.nan])
"""
GENERATORS = """
import random
import numpy as np
none = None
given = np.random.default_rng(3)
without = np.random.default_rng()
by_name = np.random.default_rng(none)
by_keyword = np.random.RandomState(seed=None)
own = random.Random(4)
x = own.random()
y = random.random()
random.seed(3)
z = random.random()
random.seed()
w = random.random()
"""
QUIET = """
import numpy as np
class Array(np.ndarray):
    def __array_finalize__(self, other): log.append("finalize")
    def __getitem__(self, key): log.append("getitem"); return super().__getitem__(key)
log = []
a = np.zeros(3).view(Array)
log.clear()
b = a
c = [a, b]
n = len(log)
"""


def _values(trial: Trial) -> dict[str, Value]:
    return {value.key: value for value in trial.values}


def test_tables_and_arrays(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    found = _values(run_program(tmp_path, FRAME))
    frame = found["f.1"]
    assert frame.columns == ("a", "b", "c")
    assert frame.column_types is not None
    assert frame.column_types[::2] == ("float64", "int64")
    assert (frame.missing, frame.missing_in) == (2, (("a", 1), ("b", 1)))
    assert frame.digest is None, "texts have no plain bytes"
    assert found["g.1"].digest == found["h.1"].digest != None  # noqa: E711
    assert found["s.1"].missing == 1
    assert found["a.1"].digest == found["b.1"].digest != None  # noqa: E711
    assert found["a.1"].preview == "[0, 1, 2, 3, 4]"
    assert (found["big.1"].digest, found["big.1"].size_bytes) == (None, 8_000_000)
    assert found["n.1"].missing == 1


def test_where_randomness_was_not_seeded(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    values = run_program(tmp_path, GENERATORS).values
    begun = [value for value in values if value.seeded is not None and value.revision_of is None]
    seeded: dict[str, list[bool | None]] = {}
    for value in begun:
        seeded.setdefault(value.variables[0], []).append(value.seeded)
    assert seeded == {
        "given": [True],
        "without": [False],
        "by_name": [False],
        "by_keyword": [False],
        "own": [True],
        "random": [False, True, False],
    }


def test_describing_runs_none_of_the_programs_code(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    assert _values(run_program(tmp_path, QUIET))["n.1"].scalar == 0


def test_described_alike_each_time(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    first, second = (_values(run_program(tmp_path / name, FRAME)) for name in ("a", "b"))
    assert first == second
