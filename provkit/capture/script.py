"""Run the user's program in a child, as if there were nothing between it and the shell.

The child inherits every descriptor and the process group, so the terminal speaks to it directly.
This process only waits: what other processes send it is passed on, what the kernel sends
(the terminal's Ctrl-C, which the child gets too) is not.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from provkit.capture import child
from provkit.errors import BadInput, TargetNotFound

if TYPE_CHECKING:
    from provkit.model import PlanKind


OLDEST_PYTHON = (3, 11)
BOOTSTRAP = Path(__file__).with_name("importlib_bootstrap.py")
PROBLEMS = "problems"
"""File in the journal folder where the child leaves word of what went wrong with the tracer."""


class Target(NamedTuple):
    """What is to be run: `text` is a script's path, a module's name or a command's code."""

    kind: PlanKind
    text: str


class Interpreter(NamedTuple):
    """A python that can run programs for provkit: how it was called, and the file that is run."""

    name: str
    executable: str
    version: tuple[int, int, int]


class Ending(NamedTuple):
    """How the program ended, and what it took.

    `peak_memory_bytes` is at least what this process had when it started the child, since Linux
    carries the mark over; it and `cpu_seconds` cover processes that the child has waited for.
    """

    exit_status: int | None
    """None if a signal killed it."""
    signal: int | None
    started_at: datetime
    ended_at: datetime
    cpu_seconds: float
    peak_memory_bytes: int
    problems: str = ""
    """What went wrong with the tracer in the child (tracebacks); empty if nothing did."""
    background_error: BaseException | None = None
    """What `while_running` raised."""
    failure: str | None = None
    """Of a notebook: what ended it before its last cell."""
    traceback: str = ""
    """Of a notebook: how its last cell failed, as the kernel wrote it."""
    remarks: tuple[str, ...] = ()
    """What the person should know of how it was run."""


# --------------------------------------------------------------- what is run


def check_target(target: Target) -> None:
    """See that there is something that can be watched, before anything is started.

    Raises:
        TargetNotFound: The script is not there.
        BadInput: It is a folder, cannot be read, or holds no source text.
    """
    if target.kind != "script":
        return
    path = Path(target.text)
    try:
        if path.is_dir():
            raise BadInput(
                f"Couldn't capture {target.text!r}: it is a folder. Name a script in it, or run "
                "the package it holds with -m."
            )
        path.stat()
        head = b""
        if path.is_file():  # a pipe (`<(...)`) can be read but once
            with path.open("rb") as file:
                head = file.read(4)
    except (FileNotFoundError, NotADirectoryError):
        raise TargetNotFound(
            f"Couldn't capture {target.text!r}: there is no such file in {os.getcwd()!r}."  # as the system says it
        ) from None
    except OSError as error:
        raise BadInput(
            f"Couldn't capture {target.text!r}: it cannot be read ({error.strerror})."
        ) from error
    if path.suffix == ".pyc" or head == b"PK\x03\x04" or path.suffix == ".pyz":
        raise BadInput(
            f"Couldn't capture {target.text!r}: it is compiled or archived code, and provkit "
            "watches source text. Name the script it was made from."
        )


def find_interpreter(python: str | None = None) -> Interpreter:
    """Find the interpreter that is to run the program.

    Args:
        python: A path, or a name looked up on PATH; None for the one that runs provkit.

    Raises:
        BadInput: There is none of that name, it does not run, it is older than 3.11, or it is
            not CPython.
    """
    if python is None or python == sys.executable:
        return Interpreter(sys.executable, sys.executable, sys.version_info[:3])
    import shutil

    executable = shutil.which(python)
    if executable is None:
        raise BadInput(
            f"Couldn't run {python!r}: there is no such interpreter. Give --python a path, or a "
            "name that is on PATH."
        )
    implementation, version = _ask_interpreter(python, executable)
    if version < OLDEST_PYTHON:
        raise BadInput(
            f"Couldn't use {python!r}: it is Python {'.'.join(map(str, version))}, and provkit "
            "watches Python 3.11 or newer. Give --python a newer one."
        )
    if implementation != "cpython":
        raise BadInput(f"Couldn't use {python!r}: it is {implementation}, not CPython.")
    return Interpreter(python, executable, version)


def _ask_interpreter(name: str, executable: str) -> tuple[str, tuple[int, int, int]]:
    import subprocess

    question = (
        "import sys; v = sys.version_info; "
        "print('%s %d %d %d' % (getattr(sys, 'implementation', sys).__dict__.get('name', '?'), "
        "v[0], v[1], v[2]))"
    )
    try:
        answer = subprocess.run(  # what it says is checked below
            [name, "-S", "-c", question],
            executable=executable,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=True,
        ).stdout.split()
        implementation, major, minor, micro = answer
        return implementation.decode(), (int(major), int(minor), int(micro))
    except OSError as error:
        reason = error.strerror
    except subprocess.TimeoutExpired:
        reason = "no answer within 30 seconds"
    except (subprocess.CalledProcessError, ValueError):
        reason = "it does not answer as a Python interpreter does"
    raise BadInput(f"Couldn't run {name!r} as an interpreter: {reason}.")


def plain_command(
    target: Target, arguments: Sequence[str], *, python: str, flags: Sequence[str] = ()
) -> list[str]:
    """Return the command line that runs the program without provkit."""
    option = {"script": [], "module": ["-m"], "command": ["-c"]}[target.kind]
    return [python, *flags, *option, target.text, *arguments]


def watched_command(
    target: Target,
    arguments: Sequence[str],
    *,
    python: str,
    options: Mapping[str, object],
    flags: Sequence[str] = (),
) -> list[str]:
    """Return the command line that runs the program under the tracer; see `start`."""
    # The text of a command may be as long as the system allows an argument to be: said once.
    text = "" if target.kind == "command" else target.text
    said = ascii({**options, "target": {"kind": target.kind, "text": text}})
    return [python, *flags, str(BOOTSTRAP), said, target.text, *arguments]


def run_plain(
    target: Target,
    arguments: Sequence[str],
    *,
    python: str | None = None,
    flags: Sequence[str] = (),
) -> NoReturn:
    """Become plain python running the program (`PROVKIT_DISABLED=1`).

    Raises:
        BadInput: There is no such interpreter.
    """
    import shutil

    name = python or sys.executable
    executable = shutil.which(name)
    if executable is None:
        raise BadInput(f"Couldn't run {name!r}: there is no such interpreter.")
    for flushed in (sys.stdout, sys.stderr):
        flushed.flush()
    child.restore_what_python_ignored()
    os.execv(executable, plain_command(target, arguments, python=name, flags=flags))  # noqa: S606


# --------------------------------------------------------------- running it


class Program:
    """A program that can be run; nothing has been started."""

    def __init__(self, target: Target, arguments: Sequence[str], python: str | None) -> None:
        """Check that there is something to run, and something to run it with.

        Raises:
            TargetNotFound: The script is not there.
            BadInput: It, or the interpreter, cannot be used.
        """
        check_target(target)
        self.target = target
        self.arguments = arguments
        self.interpreter = find_interpreter(python)

    def run(
        self,
        *,
        journal_folder: Path,
        options: Mapping[str, object],
        while_running: Callable[[], object] | None = None,
    ) -> Ending:
        """Run it as the function `run` does."""
        return run(
            self.target,
            self.arguments,
            interpreter=self.interpreter,
            journal_folder=journal_folder,
            options=options,
            while_running=while_running,
        )


def run(
    target: Target,
    arguments: Sequence[str],
    *,
    interpreter: Interpreter,
    journal_folder: Path,
    options: Mapping[str, object],
    flags: Sequence[str] = (),
    while_running: Callable[[], object] | None = None,
) -> Ending:
    """Run a program under the tracer and wait for its end.

    Args:
        target: Checked by `check_target`.
        arguments: What follows it on the command line.
        interpreter: From `find_interpreter`.
        journal_folder: Where the child writes; exists.
        options: For the tracer's `recorder.begin`; values of the kinds JSON has. `target`
            (kind and text), `journal` (the folder, unless given) and `problems` are added.
        flags: The interpreter's own (`-W error`).
        while_running: Called in a thread once the child has been started; the end of
            the run waits for it.

    Raises:
        BadInput: The system refused to start the interpreter.
    """
    problems = journal_folder.absolute() / PROBLEMS
    said = {"journal": str(journal_folder.absolute()), **options, "problems": str(problems)}
    command = watched_command(target, arguments, python=interpreter.name, flags=flags, options=said)
    errors: list[BaseException] = []
    with child.signals_waited_for() as before:
        started_at = datetime.now(UTC)
        process = _start(interpreter, command, before)
        with in_background(while_running, errors):
            status, usage = child.wait(process)
            ended_at = datetime.now(UTC)
    code = os.waitstatus_to_exitcode(status)
    return Ending(
        exit_status=code if code >= 0 else None,
        signal=-code if code < 0 else None,
        started_at=started_at,
        ended_at=ended_at,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_memory_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        problems=problems.read_text(encoding="utf-8") if problems.exists() else "",
        background_error=errors[0] if errors else None,
    )


def end_alike(ending: Ending) -> NoReturn:
    """End this process as the program ended: by its status, or by the same signal.

    Without a core dump: the program's own is the one of interest.
    """
    if ending.signal is None:
        sys.exit(ending.exit_status)
    for flushed in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            flushed.flush()
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if ending.signal not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(ending.signal, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {ending.signal})
    os.kill(os.getpid(), ending.signal)
    os._exit(128 + ending.signal)  # a signal that does not kill here


def _start(interpreter: Interpreter, command: Sequence[str], before: child.SignalState) -> int:
    try:
        return child.start(interpreter.executable, command, before)
    except OSError as error:
        raise BadInput(
            f"Couldn't start {interpreter.executable!r}: {error.strerror}. Give --python an "
            "interpreter that runs."
        ) from error


@contextlib.contextmanager
def in_background(work: Callable[[], object] | None, errors: list[BaseException]) -> Iterator[None]:
    """Do work in a thread while the body waits; what it raises ends up in `errors`.

    A thread, since the main one has to pass signals on.
    """
    if work is None:
        yield
        return
    import threading

    def work_and_report() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # the caller decides, after the run
            errors.append(error)

    thread = threading.Thread(target=work_and_report, name="provkit while running")
    thread.start()
    try:
        yield
    finally:
        thread.join()
