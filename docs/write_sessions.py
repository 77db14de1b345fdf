"""Carry out the sessions of the README and write what they print: python docs/write_sessions.py.

A session is a `console` block below a comment `<!-- session: FOLDER -->`: its lines that begin
with `$ ` are carried out in a copy of the folder, and what they print is the rest. The tests
compare the two, but for what differs between runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = (REPOSITORY / "README.md",)
_SESSION = re.compile(r"<!-- session: (?P<folder>\S+) -->\n```console\n(?P<text>.*?)```", re.DOTALL)
_DIFFERS = (
    (re.compile(r"sha256 [0-9a-f]{12}"), "sha256 DIGEST"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "ID"),
    (re.compile(r"\b\d+ (?:s|min|h) ago\b|\bjust now\b|\byesterday\b"), "AGO"),
    (re.compile(r"\+?\b\d+\.\d+ s\b"), "TIME"),
    (re.compile(r"\b[01]\.\d+\b"), "NUMBER"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(frozen=True)
class Session:
    """Commands to be carried out in a copy of a folder, and what they are said to print."""

    page: Path
    folder: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines after the prompt."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def sessions() -> Iterator[Session]:
    """Find the sessions of all pages."""
    for page in PAGES:
        for found in _SESSION.finditer(page.read_text(encoding="utf-8")):
            yield Session(page, found["folder"], found["text"])


def carried_out(session: Session) -> str:
    """Carry out a session, and give it with what it printed."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        shutil.copytree(REPOSITORY / session.folder, folder)
        programs = Path(temporary) / "bin"
        programs.mkdir()
        provkit = programs / "provkit"
        provkit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m provkit "$@"\n')
        provkit.chmod(0o755)
        environment = {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY),
            "COLUMNS": "110",
            "NO_COLOR": "1",
        }
        environment.pop("PROVKIT_STORE", None)
        parts = []
        for command in session.commands:
            ended = subprocess.run(
                ["sh", "-c", command], cwd=folder, env=environment, text=True, timeout=120,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False,
            )  # fmt: skip
            status = f"(exit status {ended.returncode})\n" if ended.returncode else ""
            parts.append(f"$ {command}\n{ended.stdout}{status}")
        return "".join(parts)


def comparable(text: str) -> str:
    """Replace what differs between two runs."""
    for pattern, replacement in _DIFFERS:
        text = pattern.sub(replacement, text)
    return text


if __name__ == "__main__":
    for session in list(sessions()):
        page = session.page.read_text(encoding="utf-8")
        session.page.write_text(page.replace(session.text, carried_out(session)), encoding="utf-8")
