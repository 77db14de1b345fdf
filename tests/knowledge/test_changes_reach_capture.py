"""What a project's own knowledge says of changes is seen in the watched process, and costs nothing where there is none."""

from __future__ import annotations

import json
from pathlib import Path

from commands import provkit

DEVICE = """\
class Plotter:
    __slots__ = ("_handle",)

    def __init__(self):
        self._handle = id(self)

    def draw(self, what):
        pass

    def look(self):
        return 1


def feed(device, what):
    pass
"""
KNOWLEDGE = """\
library = "device"
modules = ["device"]

[[entry]]
names = ["device.feed"]
arguments = {device = "data", what = "data"}
mutates = ["device"]

[[method]]
names = ["draw"]
of = ["device.Plotter"]
mutates = ["self"]
"""
PROGRAM = """\
import device
p = device.Plotter()
p.draw("a")
p.look()
device.feed(p, "b")
"""


def versions_of(folder: Path) -> set[str]:
    said = provkit(folder, "lineage", "last", "p", "--format", "json")
    return {node["label"] for node in json.loads(said.stdout)["nodes"] if node["label"][:2] == "p@"}


def make(folder: Path, *, knowledge: str | None) -> None:
    # A library and no part of the project: its code is not looked into.
    library = folder / "lib" / "site-packages"
    library.mkdir(parents=True)
    (library / "device.py").write_text(DEVICE)
    project = folder / "project"
    project.mkdir()
    program = f"import sys\nsys.path.append({str(library)!r})\n{PROGRAM}"
    (project / "draw.py").write_text(program)
    if knowledge is not None:
        (project / "device.toml").write_text(knowledge)
        (project / "pyproject.toml").write_text('[tool.provkit]\nknowledge = ["device.toml"]\n')


def test_what_shows_nothing_changes_if_the_project_says_so(tmp_path: Path) -> None:
    make(tmp_path, knowledge=KNOWLEDGE)
    said = provkit(tmp_path / "project", "capture", "draw.py")
    assert said.returncode == 0, said.stderr
    assert versions_of(tmp_path / "project") >= {"p@1", "p@2", "p@3"}


def test_without_that_knowledge_it_is_one_version(tmp_path: Path) -> None:
    make(tmp_path, knowledge=None)
    assert provkit(tmp_path / "project", "capture", "draw.py").returncode == 0
    assert not versions_of(tmp_path / "project") & {"p@2", "p@3"}


def test_a_mistake_in_it_stops_before_the_program_starts(tmp_path: Path) -> None:
    make(tmp_path, knowledge=KNOWLEDGE.replace('["self"]', "3"))
    said = provkit(tmp_path / "project", "capture", "draw.py")
    assert said.returncode == 3
    assert "device.toml:" in said.stderr
    assert "Traceback" not in said.stderr
