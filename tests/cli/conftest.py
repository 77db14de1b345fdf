"""Commands carried out as a person would, in this process or in one of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from stored_example import make_store

from provkit.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Said:
    status: int
    out: str
    err: str


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with a store of two trials, and the current one."""
    make_store(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("PROVKIT_STORE", "PROVKIT_DEBUG", "COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@pytest.fixture
def provkit(capfdbinary):
    """Carry out a command line in this process."""

    def carry_out(*words: str) -> Said:
        capfdbinary.readouterr()
        status = main(words)
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Said(status, out.decode(), err.decode())

    return carry_out


@pytest.fixture
def provkit_process(tmp_path):
    """Carry out a command line in a process of its own, in the test's folder."""

    def carry_out(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "NO_COLOR": "1",
            **options.pop("env", {}),
        }
        return subprocess.run(
            [sys.executable, "-m", "provkit", *words],
            **{"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 60, **options},
            env=environment,
            check=False,
        )

    return carry_out
