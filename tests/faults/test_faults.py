"""The fault scripts find nothing wrong: a short run of each kind always, all of them with `-m slow`."""

import subprocess
import sys
from pathlib import Path

import pytest
from commands import BOUND_BY_PERMISSIONS

FOLDER = Path(__file__).parent
LONG = [
    ("kill_at_random.py", "--captures", "60", "--seed", "7"),
    ("at_once.py",),
    ("full_disk.py",),
    ("read_only_store.py",),
    ("corruption.py",),
    ("two_users.py",),
]
SHORT = [("kill_at_random.py", "--captures", "5"), ("clock_backwards.py",)]


@pytest.mark.parametrize(
    "words",
    [*SHORT, *(pytest.param(words, marks=pytest.mark.slow) for words in LONG)],
    ids=lambda words: words[0].removesuffix(".py"),
)
def test_nothing_is_lost_or_corrupted(words):
    name, *arguments = words
    done = subprocess.run(
        [sys.executable, FOLDER / name, *arguments],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_being_bound_by_permissions_binds(tmp_path):
    """Or else the scripts would check nothing when root runs them."""
    tmp_path.chmod(0o500)
    done = subprocess.run([*BOUND_BY_PERMISSIONS, "touch", tmp_path / "file"], capture_output=True, check=False)  # fmt: skip
    tmp_path.chmod(0o700)
    assert done.returncode != 0
