"""What stands on this machine, and whether a capture here sees what it should."""

from __future__ import annotations

import ctypes
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from provkit.errors import ProvkitError
from provkit.upkeep.checks import Check

_PACKAGES = ("networkx", "prov", "pyoxigraph", "pyshacl", "rdflib", "typer")
_LOOK = """\
with open({name!r}) as stream:
    text = stream.read()
length = len(text)
"""


def versions() -> Iterator[Check]:
    """Tell the versions of provkit, of Python and of the packages that provkit stands on."""
    from provkit.version import __version__

    yield Check("provkit", "ok", __version__)
    yield Check(
        "python",
        "ok",
        f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}",
    )
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    yield Check("packages", "ok", ", ".join(found))
    if missing:
        yield Check(
            "packages",
            "problem",
            f"missing: {', '.join(missing)}",
            f"Install what is missing: pip install {' '.join(missing)}",
        )


def sight() -> Iterator[Check]:
    """Tell what capture can see here, by capturing a small program and looking at its trial."""
    yield from _capture()
    yield from _interpreter()
    yield _git()
    yield _death_signal()


def _capture() -> Iterator[Check]:
    from provkit.recording import Wanted, record
    from provkit.store import LocalStore

    with tempfile.TemporaryDirectory(prefix="provkit-doctor-") as name:
        folder = Path(name).resolve()
        (folder / "seen.txt").write_text("three words here\n")
        script = folder / "look.py"
        script.write_text(_LOOK.format(name=str(folder / "seen.txt")))
        try:
            captured = record(
                lambda: LocalStore.create(folder / ".provkit"), Wanted(target=str(script))
            )
        except (ProvkitError, OSError) as error:
            yield Check("capture", "problem", f"a small program cannot be captured: {error}", _SAY)
            return
    trial = captured.trial
    if trial is None or trial.status != "completed":
        reason = captured.problem or "it did not complete"
        yield Check("capture", "problem", f"a small program was not captured: {reason}", _SAY)
        return
    seen = {
        "statements": len(trial.executions) > 0,
        "values": any("length" in value.variables for value in trial.values),
        "files": any(file.path.endswith("seen.txt") and file.digest for file in trial.files),
    }
    unseen = [name for name, is_seen in seen.items() if not is_seen]
    if unseen:
        yield Check("capture", "problem", f"of a small program were not seen: {unseen}", _SAY)
    else:
        yield Check("capture", "ok", "statements, values and files of a small program were seen")
    for warning in trial.warnings:
        yield Check("capture", "note", warning)


_SAY = "Report it with what `provkit doctor --json` prints."


def _interpreter() -> Iterator[Check]:
    from provkit.capture.script import find_interpreter

    for name in ("python3", "python"):
        if shutil.which(name) is None:
            continue
        try:
            found = find_interpreter(name)
        except ProvkitError as error:
            yield Check(f"{name} on PATH", "note", str(error))
        else:
            number = ".".join(map(str, found.version))
            yield Check(f"{name} on PATH", "ok", f"{number}, {shutil.which(name)}")


def _git() -> Check:
    executable = shutil.which("git")
    if executable is None:
        return Check("git", "note", "not found: trials will not name the commit they ran from")
    try:
        said = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Check("git", "note", f"does not run ({error}): trials will not name the commit")
    return Check("git", "ok", said)


def _death_signal() -> Check:
    if hasattr(ctypes.CDLL(None), "prctl"):
        return Check("end with parent", "ok", "a program ends when its provkit is killed")
    return Check(
        "end with parent", "note", "a program runs on when its provkit is killed; its trial is kept"
    )
