"""A program to replay: a script by itself beside its inputs, or a folder that says how its script is run.

Such a folder has a `run.toml`:

    script = "demo/guide-python/basic_walkthrough.py"
    arguments = ["--plot=0"]              # none, if left out
    directory = "demo"                    # where it is run; the script's own folder, if left out
    environment = {PYTHONPATH = "."}      # paths are those of the directory
"""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
_ARGUMENTS = {"arguments.py": ("--count", "7", "--name", "test")}
_LIBRARIES_OF_PROGRAMS = frozenset({"helpers.py"})
_HOW = "run.toml"


@dataclass(frozen=True)
class Program:
    """A script, the folder that is copied for each run of it, and how it is run."""

    folder: Path
    script: str
    """Its path in the folder."""
    arguments: tuple[str, ...] = ()
    directory: str = "."
    """The working directory, within the folder."""
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_script(cls, script: Path) -> Program:
        """Make the program of a script that is run where it lies."""
        path = script.resolve()
        return cls(path.parent, path.name, _ARGUMENTS.get(path.name, ()))

    @classmethod
    def of_folder(cls, folder: Path) -> Program:
        """Read what a folder says of its program."""
        said = tomllib.loads((folder / _HOW).read_text(encoding="utf-8"))
        script = said["script"]
        directory = said.get("directory", Path(script).parent.as_posix())
        arguments = tuple(map(str, said.get("arguments", ())))
        return cls(folder.resolve(), script, arguments, directory, said.get("environment", {}))

    @property
    def name(self) -> str:
        """What it is called in a report."""
        is_told = (self.folder / _HOW).is_file()
        return self.folder.name if is_told else self.script

    @property
    def path(self) -> Path:
        """Where the script lies."""
        return self.folder / self.script

    @property
    def text(self) -> str:
        """The script's own text."""
        return self.path.read_text(encoding="utf-8")

    @property
    def asked(self) -> str:
        """The script, from the directory in which it is run."""
        return os.path.relpath(self.path, self.folder / self.directory)

    def variables(self) -> dict[str, str]:
        """Give the environment that it is run in, upon this process's own."""
        given = dict(self.environment)
        if "PYTHONPATH" in given and os.environ.get("PYTHONPATH"):
            given["PYTHONPATH"] += os.pathsep + os.environ["PYTHONPATH"]
        return given

    def imported(self) -> Iterator[str]:
        """List the modules that its text imports."""
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module


def programs(paths: Iterable[Path] = ()) -> list[Program]:
    """List the programs of paths: scripts, folders that say how, folders of those; or those that come with the tests."""
    paths = list(paths)
    if paths:
        return [program for path in paths for program in _at(path)]
    return [
        Program.of_script(path)
        for path in sorted(PROGRAMS.glob("*.py"))
        if path.name not in _LIBRARIES_OF_PROGRAMS
    ]


def _at(path: Path) -> Iterator[Program]:
    if not path.is_dir():
        yield Program.of_script(path)
    elif (path / _HOW).is_file():
        yield Program.of_folder(path)
    else:
        yield from (Program.of_folder(told.parent) for told in sorted(path.glob(f"*/{_HOW}")))
