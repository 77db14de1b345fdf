"""Eight captures at once, with two readers and a removal all the while.

python tests/faults/at_once.py [--rounds 3]
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import argparse
import subprocess
import threading

from commands import ENVIRONMENT, command, journals, provkit, sealed
from reporting import SAID, Checks, report

COUNT = "SELECT (COUNT(DISTINCT ?t) AS ?n) { ?t <https://w3id.org/provkit/ns#status> ?s }"
CAPTURES = 8
NAMED = "import os, sys\nname = f'out{os.getpid()}.txt'\n"


def at_once(folder: Path, checks: Checks, rounds: int = 3) -> None:
    """Start them together and wait for all, several times over one store that is made by the first."""
    source = (folder / "program.py").read_text()
    own = source.replace('"out.txt"', "name").replace("import sys\n", NAMED)
    (folder / "program.py").write_text(own)
    asked, removed = [0], [0]
    for turn in range(rounds):
        racers = [
            subprocess.Popen(
                command("capture", "-q", "--tag", f"t{turn}", "program.py"),
                cwd=folder,
                env=ENVIRONMENT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(CAPTURES)
        ]
        over = threading.Event()
        others = [
            threading.Thread(target=read, args=(folder, checks, over, asked, words))
            for words in (("query", COUNT), ("trials",))
        ]
        if turn:
            others.append(
                threading.Thread(target=remove, args=(folder, checks, over, removed, turn - 1))
            )
        for other in others:
            other.start()
        for racer in racers:
            out, err = racer.communicate(timeout=120)
            checks.that(
                "the program's own result",
                (racer.returncode, out, err) == (5, SAID, ""),
                (racer.returncode, out, err),
            )
        over.set()
        for other in others:
            other.join()
    trials = sealed(folder)
    checks.note("captures", rounds * CAPTURES)
    checks.note("questions answered meanwhile", asked[0])
    checks.note("trials removed meanwhile", removed[0])
    checks.that(
        "each capture that was not removed is a trial",
        len(trials) == rounds * CAPTURES - removed[0],
        len(trials),
    )
    checks.that("no journal is left", not journals(folder))
    answer = provkit(folder, "query", "--format", "csv", COUNT)
    checks.that("the index answers for all", answer.stdout.split()[-1] == str(len(trials)), answer)


def read(
    folder: Path, checks: Checks, over: threading.Event, asked: list[int], words: tuple[str, ...]
) -> None:
    while not over.is_set():
        done = provkit(folder, *words)
        absent = "Found no store" in done.stderr and asked[0] == 0
        checks.that(f"{words[0]} answers", done.returncode == 0 or absent, done)
        checks.that(
            f"{words[0]} has nothing to complain of",
            absent or "couldn't" not in done.stderr.lower(),
            done.stderr,
        )
        asked[0] += not absent


def remove(
    folder: Path, checks: Checks, over: threading.Event, removed: list[int], turn: int
) -> None:
    """Remove three of the trials of the round before."""
    listed = provkit(
        folder,
        "query",
        "--format",
        "csv",
        f"SELECT ?t {{ ?t <https://w3id.org/provkit/ns#tag> 't{turn}' }}",
    )
    for iri in listed.stdout.split()[1:4]:
        done = provkit(folder, "rm", "--yes", iri.strip(chr(34)).rpartition("/")[2])
        checks.that("a trial is removed", done.returncode == 0, done)
        removed[0] += done.returncode == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args().rounds
    sys.exit(report(lambda folder, checks: at_once(folder, checks, wanted)))
