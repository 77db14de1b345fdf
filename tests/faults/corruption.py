"""Damage every file of a store: truth that is damaged is named and left alone, the disposable is made again.

python tests/faults/corruption.py
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import random
import shutil

from commands import provkit
from reporting import Checks, report

COUNT = "SELECT (COUNT(DISTINCT ?t) AS ?n) { ?t <https://w3id.org/provkit/ns#status> ?s }"
DAMAGES = {
    "cut in half": lambda data: data[: len(data) // 2],
    "cut by one byte": lambda data: data[:-1],
    "empty": lambda _: b"",
    "garbage": lambda data: random.Random(1).randbytes(len(data)),
    "one bit": lambda data: (
        data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 4]) + data[len(data) // 2 + 1 :]
    ),
    "bytes appended": lambda data: data + b"more\n",
}


def corrupted(folder: Path, checks: Checks) -> None:
    """Three trials; each file of the store damaged in each way, one at a time."""
    for name in ("one", "two", "three"):
        provkit(
            folder, "capture", "-q", "--tag", "t", "--note", "said", "--name", name, "program.py"
        )
    provkit(folder, "query", COUNT)
    whole = folder / "whole"
    shutil.copytree(folder / ".provkit", whole)
    files = [path.relative_to(whole) for path in sorted(whole.rglob("*")) if path.is_file()]
    tried = 0
    for file in files:
        if file.suffix == ".lock" or file.name in (".gitignore", "LOCK"):
            continue
        for damage, act in DAMAGES.items():
            restore(folder, whole)
            damaged = folder / ".provkit" / file
            content = act(damaged.read_bytes())
            if content == damaged.read_bytes():
                continue
            damaged.write_bytes(content)
            look(folder, checks, file, f"{file}, {damage}", content)
            tried += 1
    checks.note("files of the store", len(files))
    checks.note("damages tried", tried)


def look(folder: Path, checks: Checks, file: Path, what: str, content: bytes) -> None:
    """See what the commands make of the damage."""
    listed = provkit(folder, "trials")
    answer = provkit(folder, "query", "--format", "csv", COUNT)
    for done in (listed, answer):
        checks.that(
            f"{what}: no traceback, no mistake",
            "Traceback" not in done.stderr and "mistake of its own" not in done.stderr,
            done.stderr,
        )
    part = file.parts[0]
    if part == "config.json":
        readable = b'"format"' in content and listed.returncode == 0
        checks.that(
            f"{what}: refused in a word",
            readable or (listed.returncode == 4 and "config.json" in listed.stderr),
            listed,
        )
        return
    checks.that(f"{what}: listed", listed.returncode == 0, listed.stderr)
    checks.that(f"{what}: answered", answer.returncode == 0, answer.stderr)
    number = answer.stdout.split()[-1] if answer.stdout.split() else "nothing"
    if part == "trials":
        named = file.name[:32] in listed.stderr + answer.stderr
        checks.that(f"{what}: the damaged one is named", named, listed.stderr)
        checks.that(f"{what}: the others are there", number in ("2", "3"), answer)
        checks.that(
            f"{what}: it is left as it is", (folder / ".provkit" / file).read_bytes() == content
        )
    else:
        checks.that(f"{what}: all three are there", number == "3", answer)


def restore(folder: Path, whole: Path) -> None:
    shutil.rmtree(folder / ".provkit")
    shutil.copytree(whole, folder / ".provkit")


if __name__ == "__main__":
    sys.exit(report(corrupted))
