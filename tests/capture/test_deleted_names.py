"""A name that is deleted is told; what it held has ended only if nothing can lead to it any more."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import run_program, violations_of

CASES = {
    "the only name": ("a = [1]\ndel a\n", ["a"], ["a.1"]),
    "what came of it holds nothing": ("a = [1]\nn = len(a)\ndel a\nn += 1\n", ["a"], ["a.1"]),
    "another name": ("a = [1]\nb = a\ndel a\nprint(b)\n", ["a"], []),
    "the last of two names": ("a = [1]\nb = a\ndel a\nprint(b)\ndel b\n", ["a", "b"], ["a.1"]),
    "a list that holds it": ("a = [1]\nbox = [a]\ndel a\nprint(box)\n", ["a"], []),
    "bound again": ("a = [1]\ndel a\na = [2]\nprint(a)\n", ["a"], ["a.1"]),
    "changed before": ("a = [1]\na.append(2)\ndel a\n", ["a"], ["a.2"]),
    "a name of a function's": (
        "def f(v):\n    w = v\n    del w\n    return v\nx = f([1])\n",
        ["f.w"],
        [],
    ),
    "without `del`": ("a = [1]\ndel globals()['a']\nb = 1\n", [], []),
}


@pytest.mark.parametrize("name", CASES)
def test_deleted_names_are_told(tmp_path: Path, name: str) -> None:
    source, unbound, ended = CASES[name]
    trial = run_program(tmp_path / "project", source)
    told = [one for execution in trial.executions for one in execution.unbinds]
    assert told == unbound
    assert [value.key for value in trial.values if value.ended_by is not None] == ended
    assert violations_of(trial) == []
