"""What the fault scripts share: a project in a temporary folder, checks that are counted, figures printed."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROGRAM = """
import sys
rows = [n * n for n in range(300)]
total = 0
for row in rows: total += row
open("out.txt", "w").write(str(total))
text = open("out.txt").read()
print(total, text)
sys.exit(5)
"""
"""Ends with status 5, so that a status of provkit's own is told from the program's."""
SAID = "8955050 8955050\n"


class Checks:
    """What was looked at, and what of it was wrong."""

    def __init__(self) -> None:
        self.figures: list[tuple[str, object]] = []
        self.problems: list[str] = []
        self.count = 0

    def that(self, claim: str, holds: object, told: object = "") -> None:
        """Check a claim; `told` is shown if it does not hold."""
        self.count += 1
        if not holds:
            self.problems.append(f"not so: {claim}: {str(told).strip()[:500]}")

    def note(self, name: str, figure: object) -> None:
        """Keep a figure for the end."""
        self.figures.append((name, figure))


def report(scenario: Callable[[Path, Checks], None]) -> int:
    """Carry out a scenario in a folder of its own, and print what came out; 0 if all claims held."""
    checks = Checks()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "program.py").write_text(PROGRAM)
        scenario(Path(folder), checks)
    for name, figure in [*checks.figures, ("checks", checks.count)]:
        print(f"{name:<44}{figure}")
    print(f"{'seconds':<44}{time.monotonic() - began:.1f}")
    for problem in checks.problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    return 1 if checks.problems else 0
