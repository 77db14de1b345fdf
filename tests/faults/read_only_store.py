"""Take away the right to write to a store, before and while a program runs.

    python tests/faults/read_only_store.py

Root is bound by the modes of files too, for this, with the capabilities that it has above them taken away.
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import stat

from commands import journals, provkit, sealed
from reporting import PROGRAM, SAID, Checks, report

CLOSES = "import os\nfor name in {names!r}: os.chmod('.provkit/' + name if name else '.provkit', 0o500)\n"
PARTS = {
    "all of it": ["", "trials", "annotations", "journals"],
    "the segments": ["trials"],
    "the annotations": ["annotations"],
    "the journals": ["journals"],
    "the top": [""],
}


def read_only(folder: Path, checks: Checks) -> None:
    """Before the start; while the program runs; for those who only read."""
    provkit(folder, "capture", "-q", "program.py")
    kept = sealed(folder)
    close(folder, PARTS["all of it"])
    done = provkit(folder, "capture", "program.py", bound=True)
    checks.that("nothing is started", (done.returncode, done.stdout) == (4, ""), done)
    checks.that("it is said", "nothing was started" in done.stderr, done.stderr)
    for words in (
        ("trials",),
        ("show", "last"),
        ("lineage", "last", "total"),
        ("export", "last"),
        ("query", "ASK { ?s ?p ?o }"),
    ):
        read = provkit(folder, *words, bound=True)
        checks.that(f"{words[0]} reads it", read.returncode == 0 and read.stdout, read)
    written = provkit(folder, "tag", "last", "x", bound=True)
    checks.that(
        "a tag is refused in a word",
        written.returncode == 4 and "Traceback" not in written.stderr,
        written,
    )
    removed = provkit(folder, "rm", "--yes", "last", bound=True)
    checks.that(
        "a removal is refused in a word",
        removed.returncode != 0 and "Traceback" not in removed.stderr,
        removed,
    )
    checks.that("nothing has changed", sealed(folder) == kept)
    unlock(folder)
    for what, names in PARTS.items():
        (folder / "closes.py").write_text(CLOSES.format(names=names) + PROGRAM)
        done = provkit(folder, "capture", "-q", "--tag", "t", "closes.py", bound=True)
        checks.that(
            f"{what}: the program's own result", (done.returncode, done.stdout) == (5, SAID), done
        )
        stored = "provkit: " not in done.stderr
        checks.note(
            f"closed while it ran: {what}", "stored" if stored else "kept as a journal, and said"
        )
        checks.that(
            f"{what}: told how to go on", stored or "provkit recover" in done.stderr, done.stderr
        )
        unlock(folder)
        count = len(sealed(folder))
        recovered = provkit(folder, "recover", bound=True)
        checks.that(f"{what}: recovered", recovered.returncode == 0, recovered.stderr)
        checks.that(f"{what}: stored in the end", len(sealed(folder)) == count + (not stored))
        checks.that(f"{what}: no journal is left", not journals(folder), journals(folder))
        checks.that(f"{what}: nothing lost", kept.items() <= sealed(folder).items())


def close(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / ".provkit" / name).chmod(stat.S_IRUSR | stat.S_IXUSR)


def unlock(folder: Path) -> None:
    (folder / ".provkit").chmod(0o700)
    for path in (folder / ".provkit").rglob("*"):
        if path.is_dir():
            path.chmod(0o700)


if __name__ == "__main__":
    sys.exit(report(read_only))
