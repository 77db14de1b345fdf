"""A project may be far longer than what a run of it needs: only what ran is read, and long packages are libraries."""

from __future__ import annotations

import pytest

from provkit.source import SourceAnalysis
from tests.capture.programs import run_program

MODULE = """
import math

RATE = 2

def used(x):
    y = x * RATE
    return y

def unused(x):
    z = math.sqrt(x)
    return z

class Shape:
    def area(self):
        side = 3
        return side * side
"""


def _sources(analysis):
    return [step.source for step in analysis.plan.steps]


def test_only_functions_in_which_something_ran_are_read():
    analysis = SourceAnalysis(MODULE.encode(), "module", ran={"2.0", "4.0", "6.0", "7.4", "8.4"})
    sources = _sources(analysis)
    assert "y = x * RATE" in sources
    assert "def unused(x):" in sources
    assert "z = math.sqrt(x)" not in sources
    assert "side = 3" not in sources
    assert {function.name for function in analysis.plan.functions} >= {"unused", "Shape.area"}
    assert all(step.stage is not None for step in analysis.plan.steps if step.parent is None)


def test_what_is_read_of_a_text_is_the_same_as_where_all_is_read():
    whole = {step.key: step for step in SourceAnalysis(MODULE.encode(), "module").plan.steps}
    part = SourceAnalysis(MODULE.encode(), "module", ran={"7.4"}).plan.steps
    assert len(part) < len(whole)
    assert all(whole[step.key] == step for step in part)


def test_a_text_that_only_defines_has_no_stages():
    analysis = SourceAnalysis(MODULE.encode(), "module", ran={"2.0", "4.0"})
    assert [step.source for step in analysis.plan.steps] == [
        *("import math", "RATE = 2", "def used(x):", "def unused(x):", "class Shape:"),
        "def area(self):",
    ]
    assert not any(step.stage for step in analysis.plan.steps)


def test_a_text_that_works_as_it_is_imported_has_stages():
    text = b"import pandas as pd\ntable = pd.read_csv('x.csv')\n"
    steps = SourceAnalysis(text, "module", ran={"1.0", "2.0"}).plan.steps
    assert [step.stage.name for step in steps if step.stage] == ["imports", "data_loading"]


PROGRAM = """
from vendored.inner import twice, counted
from mine import thrice
a = 2
b = twice(a)
c = thrice(b)
seen = []
counted(seen)
print(b, c, seen)
"""
INNER = """
def twice(x):
    y = x * 2
    return y

def counted(items):
    items.append(len(open(__file__.replace("inner.py", "data.txt")).read()))
"""
MINE = "def thrice(x):\n    z = x * 3\n    return z\n"


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    package = folder / "vendored"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text(INNER)
    (package / "data.txt").write_text("four")
    (package / "tables.py").write_text(("# " + "x" * 97 + "\n") * 6_001)
    return run_program(folder, PROGRAM, files={"mine.py": MINE})


def _value(trial, name):
    return [value for value in trial.values if name in value.variables][-1]


def test_a_long_package_of_the_project_is_taken_for_a_library(trial):
    said = "".join(output.text for output in trial.outputs)
    assert said == "4 12 [4]\n"
    plans = {plan.digest for _, plan in trial.modules if plan.steps}
    assert len(plans) == 1  # that of `mine`
    assert [w for w in trial.warnings if "'vendored' is long" in w]
    named = {name for value in trial.values for name in value.variables}
    assert "thrice.z" in named or any(name.endswith("thrice.z") for name in named)
    assert not any("twice" in name and name != "twice" for name in named)


def test_its_calls_are_steps_like_those_of_libraries(trial):
    b, a = _value(trial, "b"), _value(trial, "a")
    assert a.key in {derivation.source.key for derivation in b.derived_from}
    assert len([value for value in trial.values if "seen" in value.variables]) == 2


def test_its_texts_are_told_once_and_its_data_are_files(trial):
    paths = [file.path for file in trial.files]
    assert sorted(path.rpartition("vendored")[2] for path in paths if "vendored" in path) == [
        *("/__init__.py", "/data.txt", "/inner.py"),
    ]
    texts = {plan.text for _, plan in trial.modules}
    assert INNER in texts


def test_a_function_that_ran_where_nobody_looked_is_read(tmp_path):
    module = "def doubled(n):\n    for i in range(n):\n        yield i * 2\n\ndef idle(n):\n    return -n\n"
    source = "from mine import doubled\nc = list(doubled(3))\n"
    trial = run_program(tmp_path, source, files={"mine.py": module})
    sources = [step.source for _, plan in trial.modules for step in plan.steps]
    assert "yield i * 2" in sources
    assert "return -n" not in sources
