"""Kill captures with SIGKILL at random moments, and see that nothing is lost.

    python tests/faults/kill_at_random.py --captures 300

Each capture runs a small program under one store. At a random moment between the start of provkit and a little after the
usual end, the program, its parent or both are killed; so the moments fall into start, run, assembly, sealing and the
removal of the journal. In between, commands that bring the index up to date are killed as well. At the end every orphan
is recovered, and the script checks that

- each sealed segment reads, and none that was sealed once has changed or is gone,
- no journal is left, and every capture that began to be written is a trial, once,
- the index answers for all of them.

Exit status 0 if all of that holds.
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

from commands import ENVIRONMENT, command, journals, provkit, sealed

PROGRAM = """
rows = [n * n for n in range(200)]
total = 0
for row in rows: total += row
open("out.txt", "w").write(str(total))
print(total)
a = [1]
a.append(total)
b = {"a": a}
c = len(b)
"""
COUNT = "SELECT (COUNT(?t) AS ?n) WHERE { ?t a <https://w3id.org/provkit/ns#Trial> }"
ENDED = "nobody: it had ended"
NOT_THERE = "nobody: no program was there"
SPARED = (ENDED, NOT_THERE)
INDEX_KILLS = 10
"""Every so many captures, a query is killed while it makes the index."""


def main() -> int:
    """Kill, recover, check; print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--captures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        problems, figures = run(Path(folder), arguments.captures, random.Random(arguments.seed))
    for name, figure in figures.items():
        parts = figure.items() if isinstance(figure, dict) else [("", figure)]
        for part, count in parts:
            print(f"{name + (': ' if part else '') + part:<52}{count}")
    print(f"{'seconds':<52}{time.monotonic() - began:.0f}")
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


def run(folder: Path, captures: int, chance: random.Random) -> tuple[list[str], dict[str, object]]:
    """Make a store under fire; give what is wrong with it, and what was done to it."""
    (folder / "program.py").write_text(PROGRAM)
    usual = calibrate(folder)
    before = sealed(folder)
    killed: Counter[str] = Counter()
    problems: list[str] = []
    number = spared = 0
    while number < captures and spared < captures:
        victim = chance.choice(["program", "parent", "parent", "both"])
        what = kill_one(folder, victim, chance.uniform(0, usual))
        killed[what] += 1
        if what in SPARED:
            # Too late: the machine is quicker by now. (Slower is found out by no such thing.)
            usual *= 0.95 if what == ENDED else 1
            spared += 1
            continue
        usual *= 1.01
        number += 1
        if number % INDEX_KILLS == 0:
            kill_query(folder, chance.uniform(0, 2 * usual))
            killed["a query, indexing"] += 1
            problems += check_sealed(folder, before)
            before = sealed(folder)
    left = len(journals(folder))
    said = provkit(folder, "recover")
    if "couldn't" in said.stderr:
        problems.append(said.stderr.strip())
    problems += check_sealed(folder, before)
    problems += check_end(folder)
    statuses: Counter[str] = Counter()
    for text in sealed(folder).values():
        statuses[next(s for s in ("completed", "failed", "aborted") if f"ns#{s}>" in text)] += 1
    return problems, {
        "captures killed": number,
        "captures spared": spared,
        "killed": dict(killed),
        "usual seconds of a capture": f"{usual:.2f}",
        "journals left for the end": left,
        "trials stored": len(sealed(folder)),
        "by status": dict(statuses),
        "died before a word was written": number + spared + 3 - len(sealed(folder)),
        "problems": len(problems),
    }


def calibrate(folder: Path) -> float:
    """Capture undisturbed three times; give the median of the seconds it took."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert provkit(folder, "capture", "-q", "program.py").returncode == 0
        took.append(time.monotonic() - began)
    return sorted(took)[1]


def kill_one(folder: Path, victim: str, after: float) -> str:
    """Start a capture and kill who is meant, if that process is there at the moment."""
    parent = subprocess.Popen(
        command("capture", "-q", "program.py"),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    if parent.poll() is not None:
        return ENDED
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    programs = [int(number) for number in children.read_text().split()]
    if victim in ("program", "both"):
        for program in programs:
            os.kill(program, signal.SIGKILL)
    if victim in ("parent", "both"):
        parent.kill()
    parent.wait(timeout=60)
    if victim == "program" and not programs:
        return NOT_THERE
    where = "the program ran" if programs else "before or after it"
    return f"{victim}, {where}"


def kill_query(folder: Path, after: float) -> None:
    """Start a command that recovers what is left and indexes it, and kill it at some moment."""
    query = subprocess.Popen(
        command("query", COUNT),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    query.kill()
    query.wait(timeout=60)


def check_sealed(folder: Path, before: dict[str, str]) -> list[str]:
    """See that what was sealed still is what it was; `sealed` has read and decompressed it."""
    now = sealed(folder)
    lost = [trial for trial in before if trial not in now]
    changed = [trial for trial in before if trial in now and now[trial] != before[trial]]
    unsealed = [trial for trial, text in now.items() if "\n# sealed quads=" not in text]
    found = [("lost", lost), ("changed", changed), ("without a seal", unsealed)]
    return [f"{what}: {trials}" for what, trials in found if trials]


def check_end(folder: Path) -> list[str]:
    """See that no journal is left, that the store reads, and that the index answers for all."""
    from provkit import api
    from provkit.store import LocalStore

    problems = []
    left = [path.name for path in journals(folder) if not path.name.startswith(".")]
    if left:
        problems.append(f"journals left: {left}")
    store = LocalStore.find(folder)
    trials = store.summaries()
    for trial in trials:
        store.read(trial.id)
    if store.warnings:
        problems.append(f"warnings: {store.warnings}")
    if len(trials) != len(sealed(folder)):
        problems.append(f"{len(trials)} summaries of {len(sealed(folder))} segments")
    with store.index() as index:
        labels = {str(q.graph_name) for q in index.quads_for_pattern(None, None, None, None)}
    indexed = sum(f"<{trial.iri}/graph>" in labels for trial in trials)
    if indexed != len(trials) or store.warnings:
        problems.append(f"the index holds {indexed} of {len(trials)} trials; {store.warnings}")
    rows = api.query(
        "SELECT DISTINCT ?s { ?s <https://w3id.org/provkit/ns#status> ?o }", store=folder
    )
    answered = len(rows)
    if answered != len(trials):
        problems.append(f"a query over the index finds {answered} of {len(trials)} trials")
    return problems


if __name__ == "__main__":
    sys.exit(main())
