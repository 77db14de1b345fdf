"""A child process that lives and dies with this one: started, waited for, sent what is sent here.

All signals are blocked here and fetched with `sigwaitinfo`, so that none is lost or handled
twice, and the sender is known: the kernel sends the terminal's signals to the child as well,
other processes mean the child but know this process only.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

_LEFT_ALONE = {"SIGKILL", "SIGSTOP", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"}
_WAITED_FOR = {
    number
    for number in signal.valid_signals()
    if not (isinstance(number, signal.Signals) and number.name in _LEFT_ALONE)
}
_STOPS_OF_JOBS = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
_OF_TERMINALS = {signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH, *_STOPS_OF_JOBS}
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ", "SIGXFZ")
_PR_SET_PDEATHSIG = 1


class SignalState(NamedTuple):
    """What `signals_waited_for` found, and the child is given."""

    mask: set[int | signal.Signals]
    ignores_children: bool
    """SIGCHLD was ignored (inherited from whoever started this process)."""


class Received(NamedTuple):
    """A signal, and the process that sent it: None if it was the kernel."""

    number: int
    sender: int | None


@contextlib.contextmanager
def signals_waited_for() -> Iterator[SignalState]:
    """Hold all signals back, for `wait` to fetch one by one.

    On leaving, what a process sent meanwhile and nobody fetched is delivered here; the kernel's
    is dropped: the Ctrl-C that ended the child is not meant for what comes after it.
    """
    ignores_children = (
        signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
        and threading.current_thread() is threading.main_thread()  # others may change nothing
    )
    if ignores_children:  # or it would vanish before anybody asks how it ended
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    try:
        yield SignalState(mask, ignores_children)
    finally:
        late = []
        while received := _next_signal(block=False):
            if received.number != signal.SIGCHLD and received.sender is not None:
                late.append(received.number)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if ignores_children:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for number in late:
            os.kill(os.getpid(), number)


def start(executable: str, command: Sequence[str], before: SignalState) -> int:
    """Start a process with every inheritable descriptor; return its id.

    Forked by hand: `subprocess` costs 10 ms to import and does not hand out resource usage.

    Raises:
        OSError: The system did not run the file.
    """
    die_with_parent = _parent_death_signal()
    report, reported = os.pipe()  # closed by a successful exec
    parent = os.getpid()
    with warnings.catch_warnings():
        # In a process of several threads: what is called until exec takes no lock of theirs.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        try:
            _become(executable, command, before, parent, die_with_parent)
        except OSError as error:
            os.write(reported, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(reported)
    with os.fdopen(report, "rb") as pipe:
        failure = pipe.read()
    if failure:
        os.waitpid(process, 0)
        raise OSError(int(failure), os.strerror(int(failure)), executable)
    return process


def _become(
    executable: str,
    command: Sequence[str],
    before: SignalState,
    parent: int,
    die_with_parent: Callable[[], object] | None,
) -> None:
    """Turn the forked child into the program: runs between fork and exec, so does little."""
    if die_with_parent is not None:
        die_with_parent()
        if os.getppid() != parent:  # it died before it was asked for
            os._exit(127)
    restore_what_python_ignored()
    if before.ignores_children:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if callable(signal.getsignal(signal.SIGINT)):  # python's handler would swallow it until exec
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, before.mask)
    os.execv(executable, list(command))  # noqa: S606


def restore_what_python_ignored() -> None:
    """Undo what python ignores when it starts, for a program that is to start afresh."""
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def _parent_death_signal() -> Callable[[], object] | None:
    """Make what asks the kernel, in the child, to kill it when this process dies; Linux only.

    Elsewhere a child outlives a parent that was killed with SIGKILL.
    """
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def wait(process: int) -> tuple[int, resource.struct_rusage]:
    """Wait for the child's end, and pass on what is sent here; inside `signals_waited_for`.

    Returns:
        The wait status, and what the child and those it waited for have used.
    """
    with _end_announced(process):
        return _wait_and_pass_on(process)


@contextlib.contextmanager
def _end_announced(process: int) -> Iterator[None]:
    """Have this thread sent SIGCHLD when the child has ended.

    The kernel sends it to the process, and a thread that does not wait for it may swallow it.
    """
    waiting = threading.get_ident()

    def announce() -> None:
        with contextlib.suppress(ChildProcessError):  # the kernel's own was heard first
            os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
            signal.pthread_kill(waiting, signal.SIGCHLD)

    thread = threading.Thread(target=announce, name="provkit child", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _wait_and_pass_on(process: int) -> tuple[int, resource.struct_rusage]:
    while True:
        received = _next_signal(block=True)
        while True:
            changed, status, usage = os.wait4(process, os.WNOHANG | os.WUNTRACED)
            if not changed:
                break
            if not os.WIFSTOPPED(status):
                return status, usage
            if os.WSTOPSIG(status) in _STOPS_OF_JOBS:
                _stop_with(process, os.WSTOPSIG(status))
        if received is not None and _is_meant_for(process, received):
            os.kill(process, received.number)


def _stop_with(process: int, number: int) -> None:
    """Stop this process too, by the signal that stopped the child; go on with it."""
    _forget(number)  # the terminal's own, sent here as well
    os.kill(os.getpid(), number)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})  # comes here when continued
    _forget(signal.SIGCONT)
    what = os.WEXITED | os.WSTOPPED | os.WCONTINUED | os.WNOHANG | os.WNOWAIT
    if os.waitid(os.P_PID, process, what) is None:  # continued was this process alone, not the job
        os.kill(process, signal.SIGCONT)


def _forget(number: int) -> None:
    if number in signal.sigpending():
        signal.sigwait({number})


def _is_meant_for(process: int, received: Received) -> bool:
    """Whether a signal has to be passed on: not the kernel's, nor what the child sent its group."""
    return received.number != signal.SIGCHLD and received.sender not in (None, process)


def _next_signal(*, block: bool) -> Received | None:
    """Fetch a signal that is held back; None if there is none and `block` is False."""
    if hasattr(signal, "sigwaitinfo"):
        if block:
            info = signal.sigwaitinfo(_WAITED_FOR)
        elif (found := signal.sigtimedwait(_WAITED_FOR, 0)) is None:
            return None
        else:
            info = found
        return Received(info.si_signo, info.si_pid if info.si_code <= 0 else None)
    # macOS tells no sender. What terminals send is taken to be sent by one.
    if not block and not signal.sigpending() & _WAITED_FOR:
        return None
    number = signal.sigwait(_WAITED_FOR)
    return Received(number, None if number in _OF_TERMINALS else 0)
