"""What a live kernel pays for being recorded: python tests/benchmarks/bench_notebook.py [cells].

Two real kernels, one recorded and one not, run the same cells in turns. Printed are medians of CPU time (user and
system, of the kernel alone), so that what else the machine does counts for little: of loading the extension, and of one
cell of each kind beyond the plain kernel's. Each cell is run ten times between two readings of the clock, as a reading
is a cell as well.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "notebooks")]

from live_kernels import Kernel  # noqa: E402  its folder has just been put on the path

CELLS = {
    "nothing to look into": "pass",
    "one assignment": "x = 1",
    "a result": "x + 1",
    "ten statements": "\n".join(f"y{number} = x + {number}" for number in range(10)),
    "ten calls": "\n".join(f"y{number} = abs(x)" for number in range(10)),
    "a printed line": "print(x)",
    "a magic": "%time z = x",
}
CLOCK = "__import__('time').process_time()"
REPETITIONS = 10
BAR_MS = 5.0
LOADING_BAR_MS = 150.0


def cpu_of(kernel: Kernel) -> float:
    """Read the kernel's CPU clock, in milliseconds; the cell that reads it costs the same each time."""
    return float(kernel.text(f"print({CLOCK})")) * 1000


def cost_of(kernel: Kernel, source: str) -> float:
    """Run a cell several times between two readings of the clock, and give what one cost."""
    before = cpu_of(kernel)
    for _ in range(REPETITIONS):
        kernel.run(source)
    return (cpu_of(kernel) - before) / REPETITIONS


def loading() -> float:
    """Load the extension in a new kernel; the kernel's own first cells come before."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Kernel(Path(folder))
        try:
            kernel.run("pass")
            text = f"t = {CLOCK}\n%load_ext provkit\nprint({CLOCK} - t)"
            return float(kernel.text(text)) * 1000
        finally:
            kernel.stop()


def main(rounds: int) -> int:
    """Measure, and tell whether the bars hold."""
    load = statistics.median(loading() for _ in range(3))
    print(f"{'loading the extension':24} {load:8.1f} ms of CPU time, bar {LOADING_BAR_MS:.0f}")
    worst = 0.0
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain, recorded = Kernel(Path(one)), Kernel(Path(other))
        try:
            recorded.run("%load_ext provkit")
            for kernel in (plain, recorded):
                for source in ("x = 1", *CELLS.values()):
                    kernel.run(source)
            for name, source in CELLS.items():
                pairs = [(cost_of(plain, source), cost_of(recorded, source)) for _ in range(rounds)]
                before = statistics.median(cost for cost, _ in pairs)
                after = statistics.median(cost for _, cost in pairs)
                worst = max(worst, after - before)
                print(
                    f"{name:24} {before:8.2f} ms plain {after:8.2f} ms recorded {after - before:+8.2f}"
                )
        finally:
            plain.stop()
            recorded.stop()
    return 0 if worst <= BAR_MS and load <= LOADING_BAR_MS else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
