"""Replay, perturbation and the smallest slices of many programs, each captured once, as rows of one table.

    python tests/replay/measuring.py --into FILE [--targets N] [--changes N] [--smallest N] [--seed TEXT] [SCRIPT | FOLDER ...]

appends a line of JSON for each program to the file, from which it leaves out those that are in there already, so
that it can be stopped and started again; `--table FILE ...` prints a row for each such file.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from observing import Observer
from perturbing import perturb
from program import Program, programs
from replaying import Captured, replay

from provkit.errors import ProvkitError


def measure(program: Program, observer: Observer, options: argparse.Namespace) -> dict[str, object]:
    """Capture a program, replay some of what it left and change some of its inputs."""
    began = time.monotonic()
    try:
        captured = Captured(program, observer, seconds=options.seconds)
        if captured.plain.status != "ok":
            return {"not run": captured.plain.status}
        replayed = replay(
            captured,
            sample=options.smallest,
            at_most=options.targets,
            seed=options.seed,
            verbose=options.verbose,
        )
        changed = perturb(captured, options.changes, options.seed)
    except (ProvkitError, subprocess.TimeoutExpired) as error:
        return {"not run": str(error)}
    return {
        "targets": replayed.targets,
        "same": replayed.same,
        "misses": replayed.misses,
        "left out": replayed.left_out,
        "share": statistics.median(replayed.shares) if replayed.shares else None,
        "ratios": replayed.ratios,
        "changes": changed.changes,
        "broken": changed.broken,
        "outputs": changed.outputs,
        "without path": changed.without_path,
        "seconds": round(time.monotonic() - began),
    }


def row(file: Path) -> str:
    """Give the row of a file: programs, replay, median share and ratio of slices, perturbation."""
    every = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    run = [one for one in every if "not run" not in one]

    def total(what: str) -> int:
        return sum(one[what] for one in run)

    shares = [one["share"] for one in run if one["share"] is not None]
    ratios = [size / smallest for one in run for _, size, smallest in one["ratios"]]
    cells: Iterable[object] = (
        file.stem,
        len(run),
        total("targets"),
        total("same"),
        f"{statistics.median(shares):.0%}" if shares else "",
        f"{statistics.median(ratios):.2f}, {max(ratios):.2f} ({len(ratios)})" if ratios else "",
        total("changes"),
        total("outputs"),
        sum(len(one["without path"]) for one in run),
    )
    return " | ".join(map(str, cells))


def main() -> None:
    """Measure the programs that the command line names, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--into", type=Path, default=Path("measured.jsonl"))
    parser.add_argument("--table", type=Path, nargs="+")
    parser.add_argument("--targets", type=int, default=5)
    parser.add_argument("--changes", type=int, default=4)
    parser.add_argument("--smallest", type=int, default=0)
    parser.add_argument("--seed", default="")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if options.table:
        print("\n".join(map(row, options.table)))
        return
    done = set()
    if options.into.exists():
        lines = options.into.read_text(encoding="utf-8").splitlines()
        done = {json.loads(line)["program"] for line in lines}
    found = [one for one in programs(options.paths) if one.name not in done]
    observer = Observer(libraries=(name for one in found for name in one.imported()))
    for program in found:
        told = {"program": program.name, **measure(program, observer, options)}
        with options.into.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
        print(json.dumps(told, indent=1))
        sys.stdout.flush()
    observer.close()


if __name__ == "__main__":
    main()
