"""What capture costs in memory: peak resident memory of the watched process against a plain run.

Run by hand: `python tests/benchmarks/bench_memory.py [NAME ...]`. The bar is 40 MB more, for the five shapes of
`bench_capture` and for programs that make much and let it go again. Medians; what is left after `del` is what a
program says of itself.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from bench_capture import DESCENT, FILES, HOT, RECURSION, TABULAR

from provkit.capture import script

REPETITIONS = 3
BAR = 40.0
"""Megabytes that a watched process may have more at its peak."""

OBJECTS = """
class Thing:
    pass
things = [Thing() for _ in range(300_000)]
for thing in things:
    thing.n = 1
del things, thing
print("left", resident())
"""
ARRAYS = """
import numpy as np
for i in range(40):
    a = np.ones((1000, 1000))
    b = a + i
    c = b[::2]
    c[0] = 3
del a, b, c
print("left", resident())
"""
FRAMES = """
import numpy as np, pandas as pd
kept = []
for i in range(30):
    f = pd.DataFrame(np.ones((20_000, 20)))
    f["x"] = f[0] * i
    kept.append(f.groupby("x").sum())
del f, kept
print("left", resident())
"""
RESIDENT = """
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20
"""
PEAK = """
with open("/proc/self/status") as file:
    print("peak", *[int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM")])
"""
"""What the kernel says of this process alone; `ru_maxrss` begins with what its parent had when it forked."""
WORKLOADS = {
    "tabular": TABULAR,
    "hot loops": HOT,
    "small files": FILES,
    "gradient descent": DESCENT,
    "recursion": RECURSION,
    "300,000 objects": RESIDENT + OBJECTS,
    "arrays let go": RESIDENT + ARRAYS,
    "frames let go": RESIDENT + FRAMES,
}


def megabytes(source: str, *, watched: bool) -> tuple[float, float | None]:
    """Run a program once; give its peak, and what it says to have left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(textwrap.dedent(source) + PEAK)
        command = [sys.executable, "program.py"]
        if watched:
            journal = folder / ".provkit" / "journals" / "t"
            journal.mkdir(parents=True)
            options = {"journal": str(journal), "trial": "0" * 32, "version": "0", "project": name}
            options["store"] = str(folder / ".provkit")
            target = script.Target("script", "program.py")
            command = script.watched_command(target, (), python=sys.executable, options=options)
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        said = process.stdout.read()
        process.stdout.close()
        assert process.wait() == 0, said
        told = dict(line.split() for line in said.splitlines() if line[:5] in ("left ", "peak "))
        return float(told["peak"]), float(told["left"]) if "left" in told else None


def main(names: list[str]) -> None:
    """Measure the workloads, or those named, and print a table."""
    print(f"{'workload':20}{'plain MB':>10}{'watched':>10}{'more':>8}{'bar':>6}{'left more':>11}")
    for name, source in WORKLOADS.items():
        if names and name not in names:
            continue
        plain = [megabytes(source, watched=False) for _ in range(REPETITIONS)]
        watched = [megabytes(source, watched=True) for _ in range(REPETITIONS)]
        before = statistics.median(peak for peak, _ in plain)
        after = statistics.median(peak for peak, _ in watched)
        left = [
            statistics.median(left for _, left in runs if left is not None)
            for runs in (plain, watched)
            if runs[0][1] is not None
        ]
        more = f"{left[1] - left[0]:11.1f}" if left else ""
        print(f"{name:20}{before:10.1f}{after:10.1f}{after - before:8.1f}{BAR:6.0f}{more}")


if __name__ == "__main__":
    main(sys.argv[1:])
