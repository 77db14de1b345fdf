"""Rewritten code that was kept is what rewriting would give again, and is not kept where it must not be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provkit.capture import script
from provkit.capture.code_folder import code_folder, trim

PROGRAM = '''
"""A text with all that the tables hold something of."""
from __future__ import annotations
import contextlib
import beside

LIMIT = 4

@contextlib.contextmanager
def counted(into):
    into["began"] = True
    yield into
    into["ended"] = True

class Shape:
    sides: int = 0
    def __init__(self, side):
        self.side = side
    def area(self):
        return self.side ** 2

def numbers(n):
    total = 0
    def add(x):
        nonlocal total
        total += x
        return total
    for i in range(n):
        if i > LIMIT and i % 2:
            continue
        yield add(i)
    else:
        yield -1

def kind_of(value):
    match value:
        case {"k": k} if k: return k
        case [first, *_]: return first
        case _: return None

with counted({}) as seen:
    seen["numbers"] = list(numbers(30))
shapes = [Shape(side) for side in range(9) if (double := side * 2) > 3]
areas = {shape.side: shape.area() for shape in shapes}
try:
    found = kind_of([areas[3], 2]) + beside.twice(LIMIT)
except KeyError as error:
    found = str(error)
while LIMIT:
    LIMIT -= 1
while 0:
    print("never")
areas[3] += 1
del seen["began"]
print(sorted(areas.items()), found, seen, eval("double"), kind_of({"k": 3}))
'''
BESIDE = "SCALE = 2\ndef twice(x):\n    return SCALE * x\n"


def watched(
    folder: Path,
    kept: Path | None,
    source: str = PROGRAM,
    flags: tuple[str, ...] = (),
    status: int = 0,
) -> tuple[str, str, list[str]]:
    """Run a program; gives what it printed on both streams, and its journal without times and places."""
    shutil.rmtree(folder, ignore_errors=True)
    journal = folder / ".provkit" / "journals" / "t"
    journal.mkdir(parents=True)
    (folder / "program.py").write_text(source)
    (folder / "beside.py").write_text(BESIDE)
    options = {
        "journal": str(journal),
        "trial": "0" * 32,
        "version": "0",
        "project": str(folder),
        "store": str(folder / ".provkit"),
        "problems": str(folder / "problems"),
        "kept_code": None if kept is None else str(kept),
    }
    target = script.Target("script", "program.py")
    command = script.watched_command(
        target, (), python=sys.executable, options=options, flags=flags
    )
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == status, done.stderr
    assert not (folder / "problems").exists()
    lines = "".join(path.read_text() for path in sorted(journal.glob("*.jsonl"))).splitlines()
    told = [re.sub(r"\b\d{3,}\b", "N", line.replace(folder.name, "FOLDER")) for line in lines[1:]]
    return done.stdout, done.stderr, told


def test_what_is_told_is_the_same_from_kept_code(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    without = watched(tmp_path / "one", None)
    assert not [line for line in without[2] if "warning" in line]
    assert watched(tmp_path / "one", kept) == without
    assert len(list(kept.iterdir())) == 2, "the program and the module beside it"
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}
    stamps = {path: path.stat().st_ino for path in kept.iterdir()}
    assert watched(tmp_path / "one", kept) == without
    assert {path: path.stat().st_ino for path in kept.iterdir()} == stamps, "nothing made anew"
    assert not any("kept" in line for line in without[2]), "no file of the program's"


def test_a_module_is_not_made_anew_where_the_program_has_changed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    watched(tmp_path / "one", kept)
    before = {path.name: path.stat().st_ino for path in kept.iterdir()}
    longer = PROGRAM.replace("LIMIT = 4", "LIMIT = 5\nMORE = [str(x) for x in range(3)]")
    told = watched(tmp_path / "one", kept, longer)
    after = {path.name: path.stat().st_ino for path in kept.iterdir()}
    assert len(after) == 3
    assert before.items() <= after.items(), "the module's is the one that there was"
    assert told == watched(tmp_path / "one", None, longer)


def test_tracebacks_name_the_file_where_it_lies_now(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    source = "def f(x):\n    return 1 / x\nf(0)\n"
    for name in ("here", "there"):
        _, error, _ = watched(tmp_path / name, kept, source, status=1)
        assert f'{tmp_path / name}/program.py", line 2, in f' in error
        assert "there" not in error or name == "there"
    assert len(list(kept.iterdir())) == 1


def test_what_others_may_write_is_not_run(tmp_path: Path) -> None:
    kept, planted = tmp_path / "kept", tmp_path / "planted"
    watched(tmp_path / "one", kept, "print('mine')\n")
    watched(tmp_path / "one", planted, "print('planted')\n")
    (mine,), (other,) = kept.iterdir(), planted.iterdir()
    mine.write_bytes(other.read_bytes())
    assert watched(tmp_path / "one", kept, "print('mine')\n")[0] == "planted\n"
    mine.chmod(0o620)
    assert watched(tmp_path / "one", kept, "print('mine')\n")[0] == "mine\n"
    assert mine.stat().st_mode & 0o777 == 0o600, "made anew"


@pytest.mark.parametrize("damage", [b"", b"garbage" * 9, None], ids=["empty", "garbage", "cut"])
def test_a_damaged_file_is_made_anew(damage: bytes | None, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    first = watched(tmp_path / "one", kept)
    whole = {path: path.read_bytes() for path in kept.iterdir()}
    for path, content in whole.items():
        path.write_bytes(content[:-40] if damage is None else damage)
    assert watched(tmp_path / "one", kept) == first
    assert {path: path.read_bytes() for path in kept.iterdir()} == whole


def test_what_the_compiler_warns_of_is_said_each_time(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for source in ("x = 5\nprint(x is 5)\n", "def f(x):\n    return x is 5\nprint(f(5))\n"):
        for _ in range(2):
            _, error, _ = watched(tmp_path / "one", kept, source)
            assert "SyntaxWarning" in error
        assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.parametrize(
    ("source", "flags"),
    [
        ("password = 'hunter2-is-no-password'\nprint(1)\n", ()),
        ("key = 'AKIAIOSFODNN7EXAMPLE'\nprint(1)\n", ()),
        ("print(1)\n", ("-B",)),
    ],
    ids=["assigned", "shape", "no byte code"],
)
def test_what_is_not_to_be_kept_is_not(source: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    watched(tmp_path / "one", tmp_path / "kept", source, flags)
    assert not (tmp_path / "kept").exists()


def test_asserts_are_not_those_of_another_optimisation(tmp_path: Path) -> None:
    source = "assert False, 'asked'\nprint('went on')\n"
    assert "asked" in watched(tmp_path / "one", tmp_path / "kept", source, status=1)[1]
    assert watched(tmp_path / "one", tmp_path / "kept", source, ("-O",))[0] == "went on\n"


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (
        watched(tmp_path / "one", tmp_path / "file" / "kept")[0]
        == watched(tmp_path / "one", None)[0]
    )


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / str(number)
        path.write_bytes(bytes(100))
        os.utime(path, (number, number))
    trim(str(tmp_path), 1_000)
    assert len(list(tmp_path.iterdir())) == 10
    trim(str(tmp_path), 800)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4", "5", "6", "7", "8", "9"]
    trim(str(tmp_path / "none"))


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert code_folder() == "/home/someone/.cache/provkit/code"
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert code_folder() == "/caches/provkit/code"
