"""Other tools that record the same programs, in environments of their own, for `bench_capture.py`.

A tool that gives no result within the limit is asked again with a smaller size of the program, and plain python at that
size stands beside.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

LIMIT_SECONDS = int(os.environ.get("PROVKIT_PEER_SECONDS", "60"))
"""CPU time that a tool may take for a program."""

IPYFLOW = """
import sys
from ipyflow.shell.interactiveshell import IPyflowInteractiveShell
done = IPyflowInteractiveShell.instance().run_cell(open("program.py").read())
sys.exit(not done.success)
"""
"""Runs a program as one cell of a notebook that ipyflow looks after."""

SMALLER = {
    "tabular": [("12000, 20", "1200, 20"), ("n_estimators=40", "n_estimators=4")],
    "hot loops": [("range(1000)", "range(30)")],
    "small files": [("range(500)", "range(50)")],
    "gradient descent": [("range(1500)", "range(20)")],
    "recursion": [("fib(24)", "fib(12)"), ("range(3000)", "range(30)")],
    "20,000 straight statements": [(r"(?s)(a500 = ).*", r"\1a499 + 500")],
    "1,000 functions x 300 calls": [
        (r"(?s)def f20\(x\):.*(?=\ntotal)", ""),
        (r"(?s)    total \+= f20\(k\).*", ""),
        ("range\\(300\\)", "range(30)"),
    ],
    "deep comprehension": [("range(60)", "range(2)"), ("00_000", "_000")],
    "string building": [("600_000", "2_000")],
    "exceptions in a loop": [("300_000", "1_000")],
    "generator": [("500_000", "2_000")],
}
"""Of each program, what becomes of its sizes (regular expressions)."""


class Peer(NamedTuple):
    """A tool, and how it is told to run `program.py`; its python is that of the plain runs beside it."""

    name: str
    command: list[str]
    python: str


def peers() -> list[Peer]:
    """Find the tools that the environment names.

    `PROVKIT_NOWORKFLOW` is noWorkflow's command `now`, `PROVKIT_IPYFLOW` the python that has ipyflow.
    """
    found = []
    if now := os.environ.get("PROVKIT_NOWORKFLOW"):
        found.append(
            Peer("noWorkflow", [now, "run", "program.py"], str(Path(now).parent / "python"))
        )
    if python := os.environ.get("PROVKIT_IPYFLOW"):
        found.append(Peer("ipyflow", [python, "-c", IPYFLOW], python))
    return found


def smaller(name: str, source: str) -> str:
    """Give a program at a smaller size."""
    for old, new in SMALLER[name]:
        source = re.sub(old if "\\" in old or "(?" in old else re.escape(old), new, source)
    return source


def cpu_seconds(command: list[str], source: str) -> float | None:
    """Run a program in a folder of its own; None if it gives no result within the limit.

    Raises:
        RuntimeError: It failed before.
    """
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "program.py").write_text(textwrap.dedent(source))
        log = Path(name) / "log"
        with log.open("wb") as file:
            limited = ["sh", "-c", f'ulimit -t {LIMIT_SECONDS}; exec "$@"', "sh", *command]
            process = subprocess.Popen(limited, cwd=name, stdout=file, stderr=file)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode < 0:
            return None
        if process.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"failed: {''.join(last)[:60]}")
        return usage.ru_utime + usage.ru_stime


class Costs:
    """What one tool takes: net of what it takes for a program of one line."""

    def __init__(self, peer: Peer, nothing: str) -> None:
        self.peer = peer
        self._idle = self._least(peer.command, nothing) or 0.0
        self._plain_idle = self._least([peer.python, "program.py"], nothing) or 0.0
        self.fixed = self._idle - self._plain_idle

    def told(self, name: str, source: str) -> str:
        """Say what a program costs under the tool, or that it gave no result, and what a smaller one does."""
        try:
            full = cpu_seconds(self.peer.command, source)
            if full is not None:
                return f"{self.peer.name} {self._beside(full, source)}"
            less = smaller(name, source)
            small = cpu_seconds(self.peer.command, less)
        except RuntimeError as error:
            return f"{self.peer.name} {error}"
        none = f"{self.peer.name} no result within {LIMIT_SECONDS} s"
        if small is None:
            return f"{none}, nor at the smaller size"
        return f"{none}; smaller: {self._beside(small, less)}"

    def _beside(self, watched: float, source: str) -> str:
        plain = cpu_seconds([self.peer.python, "program.py"], source) or 0.0
        return f"{watched - self.fixed:.3f} s (plain {plain:.3f})"

    def _least(self, command: list[str], source: str) -> float | None:
        return min((t for _ in range(3) if (t := cpu_seconds(command, source))), default=None)


def told_by_all(nothing: str) -> Callable[[str, str], list[str]]:
    """Make ready what tells, for a program's name and text, one line for each tool that is there."""
    costs = [Costs(peer, nothing) for peer in peers()]
    for cost in costs:
        print(f"fixed cost of {cost.peer.name} {cost.fixed * 1000:.0f} ms")
    return lambda name, source: [cost.told(name, source) for cost in costs]
