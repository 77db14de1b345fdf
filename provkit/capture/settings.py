"""The circumstances of a trial: machine, system, interpreter, version control, person, packages.

Read beside the watched program, never in it. The host's name is not recorded: it says more about
a person's employer than about a result. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from provkit.model import Agent, Package, Setting
from provkit.redaction import REDACTED, redact, redact_arguments


def settings_of_machine() -> tuple[Setting, ...]:
    """Describe the operating system, the processor and the memory; what is unknown is left out."""
    system = os.uname()
    found = (
        ("os.name", "operating system", system.sysname),
        ("os.release", "release of the operating system", system.release),
        ("os.distribution", "distribution", _distribution()),
        ("machine", "machine type", system.machine),
        ("cpu.model", "processor", _processor()),
        ("cpu.count", "processors that may be used", _processor_count()),
        ("memory.bytes", "memory in bytes", _memory_bytes()),
        ("gpu.model", "graphics processors", _graphics_processors()),
    )
    return tuple(Setting(key, label, value) for key, label, value in found if value)


def platform_package() -> Package:
    """Return the operating system as software: its name in lower case, and its release."""
    system = os.uname()
    return Package(system.sysname.lower(), system.release, "generic")


def interpreter_package(version: Sequence[int]) -> Package:
    """Return the interpreter as software, from `major, minor, micro`."""
    return Package("python", ".".join(map(str, version)), "generic")


def settings_of_run(
    command: Sequence[str],
    *,
    executable: str,
    version: Sequence[int],
    implementation: str = "cpython",
    folder: Path | None = None,
) -> tuple[Setting, ...]:
    """Describe how the program was started.

    Args:
        command: The program and its arguments, as after `python`.
        executable: The interpreter's file.
        version: Its `major, minor, micro`.
        implementation: As in `sys.implementation.name`.
        folder: The working directory; None for this process's.
    """
    return (
        Setting("argv", "command line", command_line(command)),
        Setting("cwd", "working directory", redact(str(folder or Path.cwd()))),
        Setting("python.version", "Python version", ".".join(map(str, version))),
        Setting("python.implementation", "Python implementation", implementation),
        Setting("python.executable", "Python interpreter", redact(executable)),
    )


def command_line(command: Sequence[str]) -> str:
    """Write a command line as one would type it, secrets redacted."""
    import shlex

    words = redact_arguments(list(command))
    marked = [shlex.quote(word.replace(REDACTED, "_redacted_")) for word in words]
    return " ".join(word.replace("_redacted_", REDACTED) for word in marked)


def _distribution() -> str | None:
    for line in _text("/etc/os-release").splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip("\"'")
    return None


def _processor() -> str | None:
    for line in _text("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model", "cpu model"):
            return " ".join(value.split())
    if sys.platform == "darwin":
        return _answers([["sysctl", "-n", "machdep.cpu.brand_string"]], limit_seconds=2)[0] or None
    return None


def _processor_count() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None


def _graphics_processors() -> str | None:
    """Name what NVIDIA's driver lists; others are not looked for."""
    places = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = [line for place in places for line in _text(place).splitlines()]
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return ", ".join(models) or None


def _text(path: Path | str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# ----------------------------------------------------------- version control


@dataclass(frozen=True, slots=True)
class Repository:
    """What git says of a folder; everything is None or empty outside a repository.

    `is_dirty` is about files that git follows: what a program writes anew makes nothing dirty.
    """

    commit: str | None = None
    """None in a repository without one, too."""
    branch: str | None = None
    """None if no branch is checked out, too."""
    is_dirty: bool | None = None
    remotes: tuple[tuple[str, str], ...] = ()
    """Name and URL, without passwords."""
    user: str | None = None
    """`user.name` of git's configuration, found outside a repository as well."""

    def settings(self) -> tuple[Setting, ...]:
        """Return what is known, as settings."""
        found: list[tuple[str, str, str | bool | None]] = [
            ("git.commit", "git commit", self.commit),
            ("git.branch", "git branch", self.branch),
            ("git.dirty", "uncommitted changes", self.is_dirty),
            *((f"git.remote.{name}", f"git remote {name}", url) for name, url in self.remotes),
        ]
        return tuple(Setting(key, label, value) for key, label, value in found if value is not None)


def repository(folder: Path, *, limit_seconds: float = 5.0) -> Repository:
    """Ask git about a folder; without git, or if it takes too long, nothing is known.

    Takes no lock and runs no hook of the repository's.
    """
    git = ["git", "--no-optional-locks", "-C", str(folder), "-c", "core.fsmonitor=false"]
    status, config = _answers(
        [
            [*git, "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=no"],
            [*git, "config", "--null", "--get-regexp", r"^(remote\..*\.url|user\.name)$"],
        ],
        limit_seconds=limit_seconds,
    )
    entries = [entry for entry in status.split("\0") if entry]
    heads = dict(
        entry[2:].partition(" ")[::2] for entry in entries if entry.startswith("# branch.")
    )
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    configured = [entry.partition("\n")[::2] for entry in config.split("\0") if entry]
    return Repository(
        commit=None if commit == "(initial)" else commit,
        branch=None if branch is None or branch == "(detached)" else redact(branch),
        is_dirty=any(not entry.startswith("# ") for entry in entries) if entries else None,
        remotes=tuple(
            (key.removeprefix("remote.").removesuffix(".url"), redact(url))
            for key, url in configured
            if key.startswith("remote.")
        )
        if entries
        else (),
        user=next((name for key, name in reversed(configured) if key == "user.name"), None),
    )


def person(repository: Repository) -> Agent:
    """Tell for whom the program runs: by git's name for the user, else by the login name."""
    if repository.user:
        return Agent(repository.user)
    try:
        import pwd

        return Agent(pwd.getpwuid(os.getuid()).pw_name)
    except (ImportError, KeyError):  # a container's user may have no entry
        return Agent(os.environ.get("LOGNAME") or os.environ.get("USER") or "unknown")


def _answers(commands: Sequence[Sequence[str]], *, limit_seconds: float) -> list[str]:
    """Run commands at the same time; the answer of one that fails or takes too long is empty."""
    import subprocess
    import time

    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    running: list[subprocess.Popen[bytes] | None] = []
    for command in commands:
        try:
            running.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
            )
        except OSError:
            running.append(None)
    deadline = time.monotonic() + limit_seconds
    answers = []
    for process in running:
        answer = b""
        if process is not None:
            with process:
                try:
                    answer = process.communicate(timeout=max(0, deadline - time.monotonic()))[0]
                except subprocess.TimeoutExpired:
                    process.kill()
            if process.returncode:
                answer = b""
        answers.append(answer.decode("utf-8", "replace").strip("\n"))
    return answers


# ----------------------------------------------------------------- packages


def packages_of(
    modules: Mapping[str, str | None], search_paths: Iterable[str]
) -> tuple[tuple[Package, ...], dict[str, Package]]:
    """Find the distributions that imported modules belong to, in the interpreter's own folders.

    Reads what installers leave (`*.dist-info`, `*.egg-info`), so the interpreter may be another
    than this one. Only folders are looked at from which something was imported; modules of the
    standard library and of the project belong to none.

    Args:
        modules: File of each module, by name; None for namespace packages. Top-level names will
            do, but of a namespace package (`google`) a name below it (`google.protobuf`)
            with its file is needed to tell whose it is.
        search_paths: The interpreter's `sys.path`.

    Returns:
        The distributions, sorted by name, each once; and the one of each module that has one.
    """
    folders = sorted({path.rstrip("/") for path in search_paths if path}, key=len, reverse=True)
    by_folder: dict[str, dict[str, str]] = {}
    elsewhere: dict[str, str] = {}
    for name, file in modules.items():
        if file is None:
            continue
        folder = next((folder for folder in folders if file.startswith(folder + "/")), None)
        if folder is None:
            elsewhere[name] = file
        else:
            by_folder.setdefault(folder, {})[name] = file[len(folder) + 1 :]
    found: dict[str, Package] = {}
    for folder, files in by_folder.items():
        if _is_standard_library(folder):
            continue
        installed = _installed(folder)
        if installed:
            found |= _owners(files, installed)
        else:  # a source folder: the project's, or that of an editable installation
            elsewhere |= {name: f"{folder}/{file}" for name, file in files.items()}
    if elsewhere:
        found |= _editable_owners(elsewhere, folders)
    return tuple(sorted(set(found.values()), key=lambda package: package.name)), found


@dataclass(frozen=True, slots=True)
class _Installed:
    """A distribution by what its installer left in `place`, a folder or (eggs) a file."""

    package: Package
    place: Path

    def size(self) -> int:
        """Return the size of the record; small ones are searched first."""
        try:
            return (self.place / "RECORD").stat().st_size
        except OSError:
            return 0

    def holds(self, files: Mapping[str, str]) -> list[str]:
        """Return which of the modules (and their files) are among the installed files."""
        if not files:
            return []
        for record, before, after in (
            ("RECORD", "\n", ","),
            ("installed-files.txt", "\n../", "\n"),
        ):
            try:
                listed = b"\n" + (self.place / record).read_bytes() + b"\n"  # decoding costs more
            except OSError:
                continue
            return [
                name
                for name, file in files.items()
                if os.fsencode(f"{before}{file}{after}") in listed
            ]
        top_level = _text(self.place / "top_level.txt").split()
        return [name for name in files if name.partition(".")[0] in top_level]


def _is_standard_library(folder: str) -> bool:
    return folder.endswith("/lib-dynload") or Path(folder, "os.py").exists()


def _installed(folder: str) -> list[_Installed]:
    try:
        names = [path.name for path in Path(folder).iterdir()]
    except OSError:  # a zip file, or gone
        return []
    found = []
    for name in names:
        stem, dot, suffix = name.rpartition(".")
        if not dot or suffix not in ("dist-info", "egg-info") or name.startswith("~"):
            continue  # ~: what pip could not remove
        place = Path(folder, name)
        project, dash, version = stem.partition("-")
        if not dash:
            version = _header(place / "PKG-INFO", "Version")
        elif suffix == "egg-info":
            version = version.partition("-py")[0]
        found.append(_Installed(Package(_canonical(project), version), place))
    return found


def _owners(files: Mapping[str, str], installed: Sequence[_Installed]) -> dict[str, Package]:
    """Find which distribution each file, relative to the folder, was installed by."""
    left = dict(files)
    owners: dict[str, Package] = {}

    def ask(one: _Installed, wanted: Mapping[str, str]) -> None:
        for name in one.holds(wanted):
            owners[name] = one.package
            del left[name]

    # Most modules are named as their distribution is: nine of ten searches need not be made.
    by_name: dict[str, dict[str, str]] = {}
    for name, file in files.items():
        by_name.setdefault(name.partition(".")[0].lower(), {})[name] = file
    for one in installed:
        ask(one, by_name.get(one.package.name.replace("-", "_"), {}))
    for one in sorted(installed, key=_Installed.size) if left else ():
        ask(one, left)
        if not left:
            break
    return owners


def _editable_owners(files: Mapping[str, str], folders: Iterable[str]) -> dict[str, Package]:
    """Find the editable installations, known to `folders`, that absolute files belong to."""
    import json
    from urllib.parse import unquote, urlsplit

    sources: list[tuple[str, Package]] = []
    for folder in folders:
        if not folder.endswith(("site-packages", "dist-packages")):
            continue
        for one in _installed(folder):
            text = _text(one.place / "direct_url.json")
            if '"editable"' not in text:
                continue
            said = json.loads(text)
            if said.get("dir_info", {}).get("editable"):
                sources.append((unquote(urlsplit(said["url"]).path).rstrip("/"), one.package))
        sources += _linked_eggs(folder)
    sources.sort(key=lambda source: len(source[0]), reverse=True)
    owners: dict[str, Package] = {}
    for name, file in files.items():
        for source, package in sources:
            if file.startswith(source + "/"):
                owners[name] = package
                break
    return owners


def _linked_eggs(folder: str) -> list[tuple[str, Package]]:
    """Read what `setup.py develop` leaves."""
    sources = [_text(link).partition("\n")[0].strip() for link in Path(folder).glob("*.egg-link")]
    return [(source, one.package) for source in sources for one in _installed(source)]


def _header(path: Path, name: str) -> str:
    for line in _text(path).splitlines():
        if line.startswith(f"{name}: "):
            return line.partition(": ")[2]
    return ""


def _canonical(name: str) -> str:
    """Write a distribution's name as PyPI does (PEP 503)."""
    return "-".join(
        part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part
    )
