"""Two users and one store: refused in a word by default, shared if the folder's modes say so.

    python tests/faults/two_users.py

Needs root, to become the two, and an interpreter that they may run (PROVKIT_USERS_PYTHON, by default the first of those
on the usual paths).
"""

# ruff: noqa: E402  # the repository is put on the path first

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[n]) for n in (1, 2)]

import os
import shutil
import subprocess
import sysconfig

from commands import ENVIRONMENT, REPOSITORY
from reporting import SAID, Checks, report

ADA, BOB, GROUP = 61001, 61002, 61000


def two_users(folder: Path, checks: Checks) -> None:
    """A store of Ada's own, then one that both may use."""
    python = interpreter()
    if os.geteuid() != 0 or python is None:
        checks.note("two users", "not root, or no interpreter that others may run: left out")
        return
    folder.chmod(0o2775)
    os.chown(folder, ADA, GROUP)
    first = run(python, folder, ADA, "capture", "-q", "program.py")
    checks.that(
        "Ada captures", (first.returncode, first.stdout, first.stderr) == (5, SAID, ""), first
    )
    (folder / "out.txt").chmod(0o666)
    for words in (("trials",), ("capture", "program.py"), ("recover",)):
        refused = run(python, folder, BOB, *words)
        checks.that(
            f"Bob is refused: {words[0]}",
            refused.returncode == 4
            and "denied" in refused.stderr
            and "Traceback" not in refused.stderr,
            refused,
        )
    for path in [folder / ".provkit", *(folder / ".provkit").rglob("*")]:
        path.chmod(0o2770 if path.is_dir() else 0o660)
    second = run(python, folder, BOB, "capture", "-q", "--tag", "bob", "program.py")
    checks.that(
        "Bob captures", (second.returncode, second.stdout, second.stderr) == (5, SAID, ""), second
    )
    for user in (ADA, BOB):
        listed = run(python, folder, user, "trials")
        checks.that(
            f"{user} reads both",
            listed.returncode == 0 and listed.stdout.count("program.py") >= 2 and not listed.stderr,
            listed,
        )
        shown = run(python, folder, user, "show", "last")
        checks.that(f"{user} reads the other's", shown.returncode == 0, shown)
        tagged = run(python, folder, user, "tag", "last", f"by{user}")
        checks.that(f"{user} tags what Bob made", tagged.returncode == 0, tagged)
    killed = run(
        python,
        folder,
        BOB,
        "capture",
        "-q",
        "program.py",
        doctored="import os, provkit.assembly as a; a.assemble = lambda *b, **k: os.kill(os.getpid(), 9)",
    )
    checks.that("Bob's capture is killed", killed.returncode == -9, killed)
    told = run(python, folder, ADA, "trials")
    checks.that(
        "Ada is told of Bob's orphan and goes on",
        told.returncode == 0 and "couldn't recover" in told.stderr and "denied" in told.stderr,
        told,
    )
    checks.that("Ada cannot take Bob's orphan", run(python, folder, ADA, "recover").returncode != 0)
    own = run(python, folder, BOB, "recover")
    checks.that("Bob recovers it", own.returncode == 0, own)
    checks.that(
        "all three are there", run(python, folder, ADA, "trials").stdout.count("program.py") >= 3
    )
    checks.note("users", 2)


def interpreter() -> str | None:
    """Find an interpreter of this version that any user may run."""
    wanted = os.environ.get("PROVKIT_USERS_PYTHON")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for name in filter(None, (wanted, shutil.which(version, path="/usr/bin:/usr/local/bin"))):
        done = subprocess.run(
            [name, "-c", "pass"],
            user=BOB,
            group=GROUP,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
        if done.returncode == 0:
            return name
    return None


def run(
    python: str, folder: Path, user: int, *words: str, doctored: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command of provkit as a user of the group."""
    code = f"{doctored}\nfrom provkit.cli import main; import sys; raise SystemExit(main(sys.argv[1:]))"
    return subprocess.run(
        [python, "-P", "-c", code, *words],
        cwd=folder,
        env={
            **ENVIRONMENT,
            "PYTHONPATH": f"{REPOSITORY}:{sysconfig.get_path('purelib')}",
            "HOME": "/nonexistent",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        user=user,
        group=GROUP,
        extra_groups=[],
        umask=0o007,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(report(two_users))
