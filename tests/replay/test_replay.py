"""Slices run alone, inputs perturbed: whatever programs left has to be given again, and every effect has a path."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from observing import Observer
from perturbing import perturb
from program import PROGRAMS, Program, programs
from replaying import Captured, replay

QUICK = ("roundtrip.py", "arguments.py", "looks.py")
SAMPLED = ("corpus.py", "epidemic.py", "library.py", "planner.py")
_OF_QUICK = 6
_OF_EACH = 3
"""Slices that are run of each program; all of all, where the slow tests are run."""
KNOWN: dict[str, list[str]] = {}
"""What a slice does not give again yet, by program."""
_OF_BOB = (
    "name bank",
    "name bob",
    "name interest",
    "name total",
    "printed print('interest', interest)",
)
KNOWN_EFFECTS: dict[str, set[str]] = {
    # Whether a withdrawal was refused decides whether `deposit` is called, a method of the program's own, on `bob`.
    "accounts.py": {*_OF_BOB, "printed print(f'total {total:.2f}')"},
}
"""What a changed input changes without having a path to it, by program."""
NAMES = [program.name for program in programs()]
OF_FEW_STATEMENTS = (
    "corpus.py",
    "database.py",
    "inventory.py",
    "logs.py",
    "looks.py",
    "roundtrip.py",
)
"""Programs of which statements are deleted, one at a time, in seconds."""


@pytest.fixture(scope="module")
def observer():
    """Runs programs; it has loaded what they import, where that is there."""
    started = Observer(libraries=(name for one in programs() for name in one.imported()))
    yield started
    started.close()


@pytest.fixture(scope="module")
def captured(observer):
    """Gives a program as it was captured, once for all that is asked of it."""
    return functools.cache(lambda name: Captured(Program.of_script(PROGRAMS / name), observer))


@pytest.mark.parametrize("name", QUICK)
def test_what_a_program_left_its_slices_give_again(captured, name):
    replayed = replay(captured(name), at_most=_OF_QUICK)

    assert replayed.targets >= 4
    assert replayed.misses == []
    assert replayed.same == replayed.targets


@pytest.mark.parametrize("name", SAMPLED)
def test_a_sample_of_what_a_program_left_its_slices_give_again(captured, name):
    if name == "epidemic.py":
        pytest.importorskip("numpy")
    replayed = replay(captured(name), at_most=_OF_EACH)

    assert replayed.targets == _OF_EACH
    assert replayed.misses == []


def test_what_a_changed_input_changes_came_from_it(captured):
    found = perturb(captured("arguments.py"), at_most=8)

    assert found.changes >= 4
    assert found.outputs > 0
    assert found.without_path == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_that_a_program_left_its_slices_give_again(captured, name):
    pytest.importorskip("sklearn")
    replayed = replay(captured(name))

    assert replayed.misses == KNOWN.get(name, [])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_effect_of_a_changed_input_has_a_path(captured, name):
    pytest.importorskip("sklearn")
    found = perturb(captured(name), at_most=20)

    missing = {line.rpartition(" changes ")[2] for line in found.without_path}
    assert missing <= KNOWN_EFFECTS.get(name, set()), found.without_path


@pytest.mark.slow
def test_slices_are_little_larger_than_the_smallest(captured):
    every = [replay(captured(name), sample=2, at_most=4) for name in OF_FEW_STATEMENTS]
    ratios = sorted(size / smallest for one in every for _, size, smallest in one.ratios)

    assert len(ratios) >= len(OF_FEW_STATEMENTS)
    assert ratios[len(ratios) // 2] <= 1.5
