"""Fill the disk under a store: the program's own result stays, what was stored stays, the rest is recovered.

    python tests/faults/full_disk.py

Two kinds: a small tmpfs (if this process may mount one), filled to a little more each time, so that every write of
a capture is at some time the first to fail; and a limit on the size of files (RLIMIT_FSIZE), which holds for any user.
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import os
import resource
import signal
import subprocess
import tempfile

from commands import journals, provkit, sealed
from reporting import PROGRAM, SAID, Checks, report

STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64)
"""Free kB that a capture is left with."""
LIMITS = (0, 100, 500, 1_000, 2_000, 4_000, 8_000, 16_000)
"""Bytes that a file may have."""


def full(folder: Path, checks: Checks) -> None:
    """Both kinds, the first only where it can be done."""
    limited(folder, checks)
    with tempfile.TemporaryDirectory() as place:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place],
            capture_output=True,
            check=False,
        )
        if mounted.returncode != 0:
            checks.note("small tmpfs", "may not be mounted here: left out")
            return
        try:
            (Path(place) / "program.py").write_text(PROGRAM)
            filled(Path(place), checks)
        finally:
            subprocess.run(["umount", place], check=True)


def filled(disk: Path, checks: Checks) -> None:
    """Leave a capture less and less room, then make room again."""
    provkit(disk, "capture", "-q", "program.py")
    outcomes: dict[str, int] = {}
    for free in STEPS:
        before = sealed(disk)
        ballast = disk / "ballast"
        room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - free * 1024
        with ballast.open("wb") as file:
            file.write(b"x" * max(0, room))
        done = provkit(disk, "capture", "-q", "program.py")
        outcomes[outcome(done, checks, f"{free} kB")] = (
            outcomes.get(outcome(done, Checks(), ""), 0) + 1
        )
        checks.that(
            f"{free} kB: what was stored is as it was", before.items() <= sealed(disk).items()
        )
        ballast.unlink()
        recovered = provkit(disk, "recover")
        checks.that(f"{free} kB: recovered", recovered.returncode == 0, recovered.stderr)
        checks.that(f"{free} kB: no journal is left", not journals(disk), journals(disk))
    for kind, count in outcomes.items():
        checks.note(f"disk: {kind}", count)
    checks.note("disk: trials stored", len(sealed(disk)))
    checks.that("what was not started is not stored", len(sealed(disk)) <= len(STEPS) + 1)


def outcome(done: subprocess.CompletedProcess[str], checks: Checks, when: str) -> str:
    """Say how a capture ended, and check that it is one of the ways in which it may."""
    if done.returncode == 4:
        checks.that(
            f"{when}: not started, and said so", "nothing was started" in done.stderr, done.stderr
        )
        checks.that(f"{when}: the program did not run", done.stdout == "")
        return "not started, and said"
    # The program's own file does not fit either: then it fails as without capture.
    ran = (
        (done.returncode, done.stdout) == (5, SAID)
        or "No space left" in done.stderr
        or "File too large" in done.stderr
    )
    checks.that(
        f"{when}: the program's own result",
        ran and done.returncode in (1, 5),
        (done.returncode, done.stdout, done.stderr),
    )
    if "provkit: " in done.stderr:
        checks.that(f"{when}: told how to go on", "provkit recover" in done.stderr, done.stderr)
        return "ran, not stored, and said"
    return "ran and stored"


def limited(folder: Path, checks: Checks) -> None:
    """Let no file grow beyond a limit, for provkit and the program alike."""
    provkit(folder, "capture", "-q", "program.py")
    outcomes: dict[str, int] = {}
    for limit in LIMITS:
        before = sealed(folder)

        def shrink(limit: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = provkit(folder, "capture", "-q", "program.py", preexec_fn=shrink)
        kind = outcome(done, checks, f"{limit} bytes")
        outcomes[kind] = outcomes.get(kind, 0) + 1
        checks.that(
            f"{limit} bytes: what was stored is as it was", before.items() <= sealed(folder).items()
        )
        recovered = provkit(folder, "recover")
        checks.that(f"{limit} bytes: recovered", recovered.returncode == 0, recovered.stderr)
        checks.that(f"{limit} bytes: no journal is left", not journals(folder), journals(folder))
    for kind, count in outcomes.items():
        checks.note(f"limit: {kind}", count)


if __name__ == "__main__":
    sys.exit(report(full))
