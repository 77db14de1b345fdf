"""Set the clock back while a program runs: no step ends before it began, and the order stays.

    python tests/faults/clock_backwards.py

As root in a time of its own (unshare --time moves the monotonic clock, not the wall clock), the wall clock cannot be
moved for one process; so its readings are: the process that watches is given a `time_ns` that runs backwards, inside
the watched program and in the parent, and the anchor in a journal is moved by hand.
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import re
from datetime import datetime

from commands import journals, provkit, sealed
from reporting import SAID, Checks, report

BACKWARDS = "import time; real = time.time_ns; count = iter(range(10**6)); time.time_ns = lambda: real() - next(count) * 3600 * 10**9; now = time.time; time.time = lambda: now() - next(count) * 3600"
PROGRAM_TOO = f"{BACKWARDS}\nimport datetime\n"
TIME = re.compile(
    r"<([^>]*/execution/\d+|[^>]*/trial/[0-9a-f]{32})> <http://www.w3.org/ns/prov#(started|ended)AtTime> \"([^\"]*)\""
)


def backwards(folder: Path, checks: Checks) -> None:
    """In the program, in the parent, and in the journal."""
    program = (folder / "program.py").read_text()
    (folder / "program.py").write_text(PROGRAM_TOO + program)
    done = provkit(folder, "capture", "-q", "program.py")
    checks.that("the program's own result", (done.returncode, done.stdout) == (5, SAID), done)
    done = provkit(folder, "capture", "-q", "program.py", doctored=BACKWARDS)
    checks.that("the program's own result", (done.returncode, done.stdout) == (5, SAID), done)
    provkit(
        folder,
        "capture",
        "-q",
        "program.py",
        doctored="import provkit.assembly as a; a.assemble = kill",
    )
    (journal,) = journals(folder)
    (lines,) = journal.glob("*.jsonl")
    (journal / "outcome.json").unlink(missing_ok=True)
    lines.write_text(
        re.sub(
            r"(?<=,)(1[0-9]{18})(?=,)",
            lambda found: str(int(found[1]) - 10**18),
            lines.read_text(),
            count=1,
        )
    )
    recovered = provkit(folder, "recover")
    checks.that("recovered", recovered.returncode == 0, recovered.stderr)
    for number, text in enumerate(sealed(folder).values()):
        look(checks, number, text)
    checks.note("trials", len(sealed(folder)))


def look(checks: Checks, number: int, text: str) -> None:
    """Compare the start and the end of each execution, and the starts with the order."""
    times: dict[str, dict[str, datetime]] = {}
    for subject, which, moment in TIME.findall(text):
        times.setdefault(subject, {})[which] = datetime.fromisoformat(moment)
    executions = {int(s.rpartition("/")[2]): t for s, t in times.items() if "/execution/" in s}
    checks.that(f"trial {number}: there are executions", len(executions) > 5, len(times))
    for order, moments in executions.items():
        checks.that(
            f"trial {number}, execution {order}: it ends after it began",
            moments.get("ended", moments["started"]) >= moments["started"],
            moments,
        )
    starts = [moments["started"] for _, moments in sorted(executions.items())]
    checks.that(f"trial {number}: the starts are in order", starts == sorted(starts), starts)
    (trial,) = [t for s, t in times.items() if "/execution/" not in s]
    checks.that(
        f"trial {number}: it ends after it began", trial["ended"] >= trial["started"], trial
    )
    last = max(moments.get("ended", moments["started"]) for moments in executions.values())
    checks.that(
        f"trial {number}: it ends after its last execution", trial["ended"] >= last, (trial, last)
    )


if __name__ == "__main__":
    sys.exit(report(backwards))
