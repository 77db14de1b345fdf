"""Runs `provkit` as a command of its own, in a folder, as a person would; for tests and for scripts."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("PROVKIT")},
    "PYTHONPATH": str(REPOSITORY),
}
SECONDS = 120
MAIN = "from provkit.cli import main; import sys; raise SystemExit(main(sys.argv[1:]))"
KILL = "import os, signal; kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)"


BOUND_BY_PERMISSIONS = (
    ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]
    if os.geteuid() == 0
    else []
)
"""Goes before a command that is to be refused what the modes of files refuse, although it is root's."""


def command(*words: str, doctored: str | None = None, bound: bool = False) -> list[str]:
    """Give the command line of provkit; `doctored` is run in its process first."""
    before = BOUND_BY_PERMISSIONS if bound else []
    if doctored is None:
        return [*before, sys.executable, "-P", "-m", "provkit", *words]
    return [*before, sys.executable, "-P", "-c", f"{KILL}\n{doctored}\n{MAIN}", *words]


def provkit(
    folder: Path, *words: str, doctored: str | None = None, bound: bool = False, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run a command of provkit in a folder, and give its status and outputs."""
    return subprocess.run(
        command(*words, doctored=doctored, bound=bound),
        check=False,
        cwd=folder,
        **{
            "env": ENVIRONMENT,
            "capture_output": True,
            "text": True,
            "timeout": SECONDS,
            **options,
        },
    )


def sealed(folder: Path) -> dict[str, str]:
    """Read every segment of the store in a folder, by trial."""
    segments = sorted((folder / ".provkit" / "trials").glob("*.nq.gz"))
    return {path.name[:32]: gzip.decompress(path.read_bytes()).decode() for path in segments}


def journals(folder: Path) -> list[Path]:
    """List what lies among the journals of the store in a folder."""
    place = folder / ".provkit" / "journals"
    return sorted(place.iterdir()) if place.is_dir() else []
