"""What capture costs before and after a program, and what the quick commands take, as whole processes.

    python tests/benchmarks/bench_start.py [ROUNDS]

All commands take turns in one run, so that their ratios hold when the machine's speed drifts; medians. `python` is
this interpreter, and provkit is what it imports.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROVKIT = "import sys; from provkit.__main__ import main; main()"
CHAIN = "".join(f"v{n} = f(v{n - 1}, {n})\n" for n in range(1, 75))
PROGRAM = f"def f(a, b):\n    return a + b\nv0 = 1\n{CHAIN}"
"""About 3,000 triples."""


def environment() -> dict[str, str]:
    """Let byte code be kept, as it is for an installed program."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


def seconds(command: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; give its wall and its CPU time, children included."""
    before = os.times()
    began = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    wall = time.perf_counter() - began
    after = os.times()
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return wall, cpu


def assembled_ms(folder: Path) -> tuple[float, int, int]:
    """Assemble, map and seal the trial of `PROGRAM` from its journal; give the milliseconds, triples and bytes."""
    sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "tests" / "capture")]
    from programs import run_program

    from provkit.assembly import Outcome, assemble
    from provkit.mapping import quads_of
    from provkit.store import LocalStore

    run_program(folder / "one", PROGRAM)
    journal = folder / "one" / ".provkit" / "journals" / "trial"
    store = LocalStore.create(folder / "kept" / ".provkit")
    taken = []
    for _ in range(9):
        began = time.perf_counter()
        trial = assemble(
            journal, packages_of=lambda _m, _p: ((), {}), outcome=Outcome(0, None, time.time_ns())
        )
        quads = list(quads_of(trial))
        path = store.seal(trial.id, quads)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), len(quads), path.stat().st_size


def main() -> None:
    """Print the figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "empty.py").touch()
        python = sys.executable
        commands = {
            "python empty.py": [python, "empty.py"],
            'python -c "import typer, rich"': [python, "-c", "import typer, rich"],
            "provkit capture -q empty.py": [python, "-c", PROVKIT, "capture", "-q", "empty.py"],
            "provkit --help": [python, "-c", PROVKIT, "--help"],
            "provkit trials": [python, "-c", PROVKIT, "trials"],
        }
        for command in reversed(commands.values()):
            if command[-1] != "trials":
                seconds(command, folder)
        taken = {what: [] for what in commands}
        for _ in range(rounds):
            for what, command in commands.items():
                taken[what].append(seconds(command, folder))
        print(f"{'command':34} {'wall ms':>8} {'cpu ms':>8}   (medians of {rounds})")
        for what, pairs in taken.items():
            wall, cpu = (statistics.median(pair[part] * 1000 for pair in pairs) for part in (0, 1))
            print(f"{what:34} {wall:8.0f} {cpu:8.0f}")
        ratios = [
            (captured[0] - plain[0]) / (typer[0] - plain[0])
            for captured, typer, plain in zip(
                taken["provkit capture -q empty.py"],
                taken['python -c "import typer, rich"'],
                taken["python empty.py"],
                strict=True,
            )
        ]
        print(
            f"capture over plain python / import typer, rich over plain python: {statistics.median(ratios):.2f} (bar 1.5)"
        )
        milliseconds, quads, size = assembled_ms(folder)
        print(
            f"a trial of {quads} quads assembled, mapped and sealed: {milliseconds:.0f} ms (bar 60), {size} bytes (bar 60000)"
        )


if __name__ == "__main__":
    main()
