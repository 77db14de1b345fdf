"""Slice replay: whatever a program left, its slice run alone has to leave the same.

    python tests/replay/replaying.py [--smallest N] [--at-most N] [SCRIPT | FOLDER ...]

captures each program (by default those of `programs/`; `program.py` says what a folder has to hold), and for every
file it wrote, every statement that printed and the last value of every module-level name makes the slice, runs it
alone beside the same inputs and compares. Prints a line for each program and each miss, and the rate.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from observing import Observed, Observer
from program import Program, programs

from provkit.errors import ProvkitError
from provkit.excerpt import SourceText
from provkit.facts import Facts
from provkit.slicing import slice_in
from provkit.store import LocalStore


@dataclass(frozen=True)
class Target:
    """One thing that a program left: a name, a line that printed, a file."""

    kind: str
    name: str
    """As `provkit slice` takes it."""
    key: str
    """As it is found in what was observed."""

    def key_in(self, lines: tuple[int, ...]) -> str:
        """Give the key by which it is found in what a slice left, of each of whose lines it is told which it is."""
        if self.kind != "line":
            return self.key
        return str(lines.index(int(self.key)) + 1) if int(self.key) in lines else ""


@dataclass
class Replayed:
    """What came of a script."""

    script: str
    targets: int = 0
    same: int = 0
    misses: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """What two plain runs do not have in common, or what a slice cannot be asked for."""
    shares: list[float] = field(default_factory=list)
    """Statements of each slice, as a share of the program's."""
    ratios: list[tuple[str, int, int]] = field(default_factory=list)
    """For a sample: target, statements of the slice, statements of the smallest that still gives it."""


class Captured:
    """A script that was run plainly, twice, and under capture once."""

    def __init__(self, program: Program, observer: Observer, *, seconds: float = 120) -> None:
        self.program = program
        self._observer = observer
        self._seconds = seconds
        self.text = program.text
        began = time.monotonic()
        self.plain = self.observe(self.text)
        self.took = time.monotonic() - began
        """How long a plain run takes, in seconds."""
        again = self.observe(self.text)
        self.unstable = _differences(self.plain, again)
        with tempfile.TemporaryDirectory() as scratch:
            folder = self._inputs(Path(scratch))
            store = folder / ".provkit"
            words = [sys.executable, "-m", "provkit", "capture", "--quiet", "--store", str(store)]
            environment = {
                **os.environ,
                **program.variables(),
                "MPLBACKEND": "Agg",
                "PYTHONHASHSEED": "0",
                "OMP_NUM_THREADS": "1",
            }
            ran = subprocess.run(
                [*words, program.asked, *program.arguments],
                cwd=folder / program.directory,
                env=environment,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds * 5,
            )
            opened = LocalStore.find(explicit=store)
            self.trial_id = opened.resolve("last")
            self.facts = Facts(opened.quads(self.trial_id))
            self.stderr = ran.stderr

    def _inputs(self, scratch: Path) -> Path:
        folder = scratch / "project"
        shutil.copytree(
            self.program.folder, folder, ignore=shutil.ignore_patterns("__pycache__", ".git")
        )
        return folder

    def observe(
        self,
        text: str,
        *,
        arguments: Iterable[str] | None = None,
        files: dict[str, bytes] | None = None,
        seconds: float | None = None,
    ) -> Observed:
        """Run a text plainly in the place of the script, beside a copy of its inputs."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = self._inputs(Path(scratch))
            (folder / self.program.script).write_text(text, encoding="utf-8")
            for path, content in (files or {}).items():
                (folder / path).write_bytes(content)
            return self._observer.run(
                folder,
                self.program.asked,
                self.program.arguments if arguments is None else arguments,
                directory=self.program.directory,
                environment=self.program.environment,
                seconds=seconds or self._seconds,
            )

    def targets(self, replayed: Replayed) -> Iterator[Target]:
        """List all that the program left and that two plain runs have in common."""
        found = [Target("name", name, name) for name in self.plain.names]
        for text, lines in self.plain.lines.items():
            named = [f"{self.program.path.name}:{line}" for line in lines]
            if len(lines) == 1:
                found.append(Target("printed", named[0], text))
            elif ("printed", text) in self.unstable:
                replayed.left_out.append(f"{text!r} differs between two plain runs")
            else:
                # Which of them printed what is told by the line that each has in the slice.
                found += [
                    Target("line", name, str(line)) for name, line in zip(named, lines, strict=True)
                ]
        found += [Target("file", path, path) for path in self.plain.files]
        for target in found:
            if (target.kind, target.key) in self.unstable:
                replayed.left_out.append(f"{target.name} differs between two plain runs")
            else:
                yield target


def _differences(one: Observed, other: Observed) -> set[tuple[str, str]]:
    return {
        (kind, key)
        for kind in ("name", "printed", "file")
        for key in left_by(one, kind)
        if left_by(one, kind)[key] != left_by(other, kind).get(key)
    }


def left_by(observed: Observed, kind: str) -> dict[str, object]:
    """Give what a run left of one kind."""
    found = {
        "name": observed.names,
        "printed": observed.printed,
        "line": observed.at_lines,
        "file": observed.files,
    }
    return found[kind]  # type: ignore[return-value]


def replay(
    captured: Captured,
    *,
    sample: int = 0,
    at_most: int | None = None,
    seed: str = "",
    verbose: bool = False,
) -> Replayed:
    """Slice and replay what a script left.

    Args:
        captured: The script.
        sample: For how many of the targets the smallest slice is looked for.
        at_most: How many targets there are, chosen at random but always the same; all, if not told.
        seed: By which they are chosen, with the script's name.
        verbose: Print each slice that misses.
    """
    replayed = Replayed(captured.program.name)
    if captured.plain.status != "ok":
        replayed.left_out.append(f"it does not run: {captured.plain.status}")
        return replayed
    slices: dict[str, list[Target]] = {}
    lines: dict[Target, tuple[int, ...]] = {}
    sizes: dict[str, int] = {}
    every = list(captured.targets(replayed))
    if at_most is not None and at_most < len(every):
        every = random.Random(seed + captured.program.path.name).sample(every, at_most)
    for target in every:
        replayed.targets += 1
        try:
            found = slice_in(captured.facts, captured.trial_id, target.name).main
        except ProvkitError as error:
            replayed.misses.append(f"{target.kind} {target.name}: {error}")
            continue
        slices.setdefault(found.text, []).append(target)
        sizes[found.text] = found.statements
        lines[target] = found.lines
        replayed.shares.append(found.statements / found.of)
    for text, targets in slices.items():
        observed = captured.observe(text)
        for target in targets:
            wanted = left_by(captured.plain, target.kind)[target.key]
            if left_by(observed, target.kind).get(target.key_in(lines[target])) == wanted:
                replayed.same += 1
            else:
                ended = "" if observed.status == "ok" else f" ({observed.status})"
                replayed.misses.append(f"{target.kind} {target.name}{ended}")
                if verbose:
                    print(f"----- {target.name}\n{text}-----")
    # Where lines move as statements go, one of several that print the same text could not be found again.
    whole = sorted(text for text, (first, *_) in slices.items() if first.kind != "line")
    chosen = random.Random(seed + captured.program.path.name).sample(whole, min(sample, len(whole)))
    for text in chosen:
        target = slices[text][0]
        smallest = _smallest(captured, text, target)
        if smallest is not None:
            replayed.ratios.append((target.name, sizes[text], smallest))
    return replayed


def _smallest(captured: Captured, text: str, target: Target) -> int | None:
    """Delete statements, one at a time and as long as one can go, and count those that stay."""
    wanted = left_by(captured.plain, target.kind)[target.key]

    def gives_it(candidate: str) -> bool:
        # Without one of its statements a loop may never end.
        observed = captured.observe(candidate, seconds=3 + 5 * captured.took)
        return left_by(observed, target.kind).get(target.key) == wanted

    if not gives_it(text):
        return None
    current = text
    shrinking = True
    while shrinking:
        shrinking = False
        source = SourceText(current)
        every = list(source.statements.values())
        for one in reversed(every):
            gone = {one.key, *(inner.key for inner in source.inside(one.key))}
            left = source.statements.keys() - gone
            candidate = source.cut_down(left)
            if candidate == current or len(source.completed(left)) == len(every):
                continue
            if gives_it(candidate):
                current, shrinking = candidate, True
                break
    return sum(
        isinstance(node, ast.stmt) and not isinstance(node, ast.Pass)
        for node in ast.walk(ast.parse(current))
    )


def main() -> None:
    """Replay the scripts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--smallest", type=int, default=0, metavar="N")
    parser.add_argument("--at-most", type=int, default=None, metavar="N")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    found = programs(options.paths)
    observer = Observer(libraries=(name for one in found for name in one.imported()))
    every = []
    for program in found:
        try:
            captured = Captured(program, observer, seconds=options.seconds)
            replayed = replay(
                captured,
                sample=options.smallest,
                at_most=options.at_most,
                verbose=options.verbose,
            )
        except (ProvkitError, subprocess.TimeoutExpired) as error:
            print(f"{program.name}: {error}")
            continue
        every.append(replayed)
        share = statistics.median(replayed.shares) if replayed.shares else 0
        print(
            f"{replayed.script}: {replayed.same} of {replayed.targets}, median slice {share:.0%} of the program"
        )
        for miss in replayed.misses:
            print(f"    miss {miss}")
        for reason in replayed.left_out:
            print(f"    left out {reason}")
        for name, size, smallest in replayed.ratios:
            print(
                f"    {name}: {size} statements, smallest {smallest}, ratio {size / smallest:.2f}"
            )
        sys.stdout.flush()
    observer.close()
    targets, same = sum(one.targets for one in every), sum(one.same for one in every)
    print(f"replayed {same} of {targets} ({same / max(targets, 1):.1%})")
    ratios = [size / smallest for one in every for _, size, smallest in one.ratios]
    if ratios:
        print(
            f"slice / smallest: median {statistics.median(ratios):.2f}, greatest {max(ratios):.2f}, of {len(ratios)}"
        )


if __name__ == "__main__":
    main()
