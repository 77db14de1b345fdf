"""Programs whose lines say of themselves whether they must be in a lineage: those that end in `#+`, and no others."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from programs import Lineage, run_program, violations_of


def cases(text: str) -> list[ParameterSet]:
    """Take a text of programs apart; each begins with a line of its title."""
    parts = re.split(r"^=== (.*)\n", textwrap.dedent(text), flags=re.MULTILINE)[1:]
    return [
        pytest.param(title, body.strip() + "\n", id=title)
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    ]


def check(tmp_path: Path, source: str, of: str) -> None:
    """Run a program that uses libraries which are there, and hold a lineage against the marks."""
    for library in re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE):
        pytest.importorskip(library)
    trial = run_program(tmp_path, source)
    marked = {n for n, line in enumerate(source.splitlines(), 1) if line.endswith("#+")}
    assert not trial.warnings
    assert Lineage(trial).lines(of) == marked
    assert violations_of(trial) == []
