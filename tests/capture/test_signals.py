"""Signals, terminals and ends: the process above the program is not noticed.

Real processes, a real terminal (a pty). The programs say when they are ready; nothing sleeps
for luck.
"""

# a case is one line
# ruff: noqa: PLW1509  # what happens between fork and exec is the subject

import contextlib
import fcntl
import os
import resource
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest

from provkit.capture import child, script
from provkit.errors import BadInput, TargetNotFound

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals with senders: Linux")

REPOSITORY = Path(script.__file__).parents[2]
PARENT = f"""
import os, sys
sys.path.insert(0, {str(REPOSITORY)!r})
from pathlib import Path
from provkit.capture import script
journal = Path("journal"); journal.mkdir(exist_ok=True)
target = script.Target("script", sys.argv[1])
ending = script.run(target, sys.argv[2:], interpreter=script.find_interpreter(), journal_folder=journal, options={{"trial": "0" * 32}})
Path("ending.txt").write_text(repr((ending.exit_status, ending.signal)))
script.end_alike(ending)
"""
COUNTING = """
import os, signal, sys, time
counts = {name: 0 for name in sys.argv[1].split(",")}
def handler(number, frame): counts[signal.Signals(number).name] += 1
for name in counts: signal.signal(getattr(signal, name), handler)
print("ready", os.getpid(), flush=True)
deadline = time.monotonic() + 20
while not any(counts.values()) and time.monotonic() < deadline: time.sleep(0.01)
time.sleep(0.3)  # a second delivery would come now
print(counts, flush=True)
sys.exit(5)
"""
WAITING = "import os, time\nprint('ready', os.getpid(), flush=True)\ntime.sleep(30)\nprint('slept')"
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
def to_foreground(group): os.tcsetpgrp(0, group)
job = os.fork()
if job == 0:
    os.setpgid(0, 0); to_foreground(os.getpid()); signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    to_foreground(os.getpgrp())
    if not os.WIFSTOPPED(status): break
    print("stopped by", signal.Signals(os.WSTOPSIG(status)).name, flush=True)
    input()
    to_foreground(job)
    os.killpg(job, signal.SIGCONT)
print("ended with", os.waitstatus_to_exitcode(status), flush=True)
"""


@pytest.fixture
def command(tmp_path):
    """Write a program, and return the command line that runs it as `provkit capture` does."""
    (tmp_path / "parent.py").write_text(PARENT)

    def write(source, *arguments):
        (tmp_path / "program.py").write_text(source)
        return [sys.executable, "parent.py", "program.py", *arguments]

    return write


@pytest.fixture
def start(tmp_path, command):
    """Start a program under a parent, and wait for its word that it is ready."""
    started = []

    def start(source, *arguments, **options):
        parent = subprocess.Popen(
            command(source, *arguments),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            **options,
        )
        started.append(parent)
        ready, program = parent.stdout.readline().split()
        assert ready == b"ready"
        return parent, int(program)

    yield start
    for parent in started:
        parent.kill()
        parent.communicate()


def is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1", "SIGHUP", "SIGQUIT", "SIGCONT", "SIGRTMIN", "SIGALRM", "SIGWINCH"])  # fmt: skip
def test_what_is_sent_to_the_parent_reaches_the_program_once(start, name):
    source = COUNTING
    if name == "SIGRTMIN":
        source = COUNTING.replace("signal.Signals(number).name", "'SIGRTMIN'")
    parent, _ = start(source, name)
    parent.send_signal(getattr(signal, name))
    out, err = parent.communicate(timeout=30)
    assert (out.decode().strip(), err, parent.returncode) == (str({name: 1}), b"", 5)


def test_what_is_sent_to_the_program_does_not_touch_the_parent(start):
    parent, program = start(COUNTING, "SIGTERM")
    os.kill(program, signal.SIGTERM)
    assert parent.communicate(timeout=30)[0] == b"{'SIGTERM': 1}\n"
    assert parent.returncode == 5


def test_what_the_program_sends_its_group_reaches_it_once(start, tmp_path):
    source = COUNTING.replace("deadline =", "os.killpg(0, signal.SIGTERM)\ndeadline =")
    parent, _ = start(source, "SIGTERM")
    assert parent.communicate(timeout=30)[0] == b"{'SIGTERM': 1}\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGINT", "SIGPIPE", "SIGUSR2", "SIGQUIT", "SIGRTMIN"])  # fmt: skip
def test_the_parent_dies_by_the_signal_that_killed_the_program(start, tmp_path, name):
    number = getattr(signal, name)
    default = f"import signal\nsignal.signal({int(number)}, signal.SIG_DFL)\n"
    source = "" if name == "SIGKILL" else default
    parent, program = start(source + WAITING)
    os.kill(program, number)
    assert parent.wait(30) == -number
    assert (tmp_path / "ending.txt").read_text() == f"(None, {int(number)})"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_nobody_handles_ends_both_alike(start, name):
    parent, program = start(WAITING)
    parent.send_signal(getattr(signal, name))
    assert parent.wait(30) == -getattr(signal, name)
    assert not is_running(program)


def test_the_parent_leaves_no_core(start):
    """The program's own core dump is the one of interest, and may have the same name."""
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if limit == 0:
        pytest.skip("core dumps are forbidden here")
    parent, program = start(
        WAITING, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    )
    os.kill(program, signal.SIGSEGV)
    _, status = os.waitpid(parent.pid, 0)
    assert os.WTERMSIG(status) == signal.SIGSEGV
    assert not os.WCOREDUMP(status)


def test_a_killed_parent_takes_the_program_along(start):
    parent, program = start(WAITING)
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_running(program))


def test_a_daemon_of_the_program_outlives_it(start, tmp_path):
    daemon = "import os, time\nif os.fork() == 0:\n    os.setsid(); os.closerange(0, 3); open('daemon', 'w').write(str(os.getpid())); os.rename('daemon', 'daemon.pid'); time.sleep(30); os._exit(0)\n"
    parent, _ = start(
        daemon
        + "while not os.path.exists('daemon.pid'): time.sleep(.01)\nprint('ready', os.getpid(), flush=True)"
    )
    assert parent.wait(30) == 0
    daemon = int((tmp_path / "daemon.pid").read_text())
    try:
        time.sleep(0.1)
        assert is_running(daemon)
    finally:
        os.kill(daemon, signal.SIGKILL)


def test_ignored_and_blocked_signals_are_inherited(tmp_path, command):
    source = "import signal; print(signal.getsignal(signal.SIGHUP).name, signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGCHLD), signal.pthread_sigmask(signal.SIG_BLOCK, ()))"

    def before():
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

    watched = command(source)
    plain = [sys.executable, "program.py"]
    said = [subprocess.run(words, cwd=tmp_path, capture_output=True, preexec_fn=before, timeout=60, check=False).stdout for words in (plain, watched)]  # fmt: skip
    assert said[0] == said[1]
    assert b"SIG_IGN" in said[0]
    assert b"SIGUSR1" in said[0]


def test_descriptors_are_inherited(tmp_path, command):
    reading, writing = os.pipe()
    done = subprocess.run(
        command(f"import os; os.write({writing}, b'through'); print(os.listdir('/proc/self/fd'))"),
        cwd=tmp_path,
        pass_fds=[writing],
        capture_output=True,
        timeout=60,
        check=True,
    )
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"through"
    open_ones = {int(name) for name in eval(done.stdout)}
    # The journal's own is far above those that a program counts.
    assert {name for name in open_ones if name < 200} <= {0, 1, 2, 3, writing, writing + 1}


# ---------------------------------------------------------------- a terminal


class Terminal:
    """A pty with a program as its session's leader; `read_until` gives up after ten seconds."""

    def __init__(self, words, folder):
        self.ours, theirs = os.openpty()
        self.process = subprocess.Popen(
            words,
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(theirs)
        self.text = b""

    def read_until(self, word):
        deadline = time.monotonic() + 10
        while word.encode() not in self.text:
            assert time.monotonic() < deadline, f"no {word!r} in {self.text!r}"
            if select.select([self.ours], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.ours, 4096)
                except OSError:  # the other side is closed
                    break
        found, _, self.text = self.text.partition(word.encode())
        return found.decode()

    def type(self, keys):
        os.write(self.ours, keys)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.ours)


@pytest.fixture
def terminal(tmp_path):
    with contextlib.ExitStack() as opened:

        def open_terminal(words):
            made = Terminal(words, tmp_path)
            opened.callback(made.close)
            return made

        yield open_terminal


def test_ctrl_c_reaches_the_program_once(terminal, command):
    screen = terminal(command(COUNTING, "SIGINT,SIGTERM"))
    screen.read_until("ready")
    screen.type(b"\x03")
    screen.read_until("{'SIGINT': 1, 'SIGTERM': 0}")
    assert screen.process.wait(10) == 5


def test_ctrl_c_ends_both_as_it_ends_python(terminal, command):
    screen = terminal(command(WAITING))
    screen.read_until("ready")
    screen.type(b"\x03")
    assert screen.process.wait(10) == -signal.SIGINT
    screen.read_until("KeyboardInterrupt")


def test_ctrl_c_that_the_program_survives_leaves_both_running(terminal, command):
    source = "import time\ntry:\n    print('ready', flush=True); time.sleep(30)\nexcept KeyboardInterrupt:\n    print('on')\nprint(input('name? '))"
    screen = terminal(command(source))
    screen.read_until("ready")
    screen.type(b"\x03")
    screen.read_until("name? ")
    screen.type(b"Ada\n")
    screen.read_until("Ada\r\nAda\r\n")
    assert screen.process.wait(10) == 0


def test_the_program_sees_the_terminal(terminal, command):
    source = "import sys, os; print([f.isatty() for f in (sys.stdin, sys.stdout, sys.stderr)], sys.stdout.line_buffering, os.tcgetpgrp(0) == os.getpgrp(), 'end')"
    said = [
        terminal(words).read_until("end")
        for words in (command(source), [sys.executable, "program.py"])
    ]
    assert said[0] == said[1]
    assert said[0].startswith("[True, True, True]")


def test_ctrl_z_stops_the_job_and_fg_goes_on(terminal, command, tmp_path):
    (tmp_path / "shell.py").write_text(SHELL)
    screen = terminal([sys.executable, "shell.py", *command(COUNTING, "SIGCONT")])
    program = int(screen.read_until("\r\n").split()[1])
    screen.type(b"\x1a")
    screen.read_until("stopped by SIGTSTP")
    screen.type(b"\n")
    screen.read_until("{'SIGCONT': 1}")
    screen.read_until("ended with 5")
    assert not is_running(program)


def test_reading_in_the_background_stops_the_job(terminal, command, tmp_path):
    source = "import os\nos.setpgid(0, 0) if 0 else None\nprint(input())"
    (tmp_path / "shell.py").write_text(SHELL.replace("to_foreground(os.getpid()); ", ""))
    screen = terminal([sys.executable, "shell.py", *command(source)])
    screen.read_until("stopped by SIGTTIN")
    screen.type(b"\n")
    time.sleep(0.1)
    screen.type(b"line\n")
    screen.read_until("line\r\nline")
    screen.read_until("ended with 0")


def test_stopping_the_parent_alone_stops_the_program_too(terminal, command, tmp_path):
    shell = SHELL.replace(
        "to_foreground(job)\n    os.killpg(job,", "to_foreground(job)\n    os.kill(job,"
    )
    (tmp_path / "shell.py").write_text(shell)
    screen = terminal([sys.executable, "shell.py", *command(COUNTING, "SIGUSR1")])
    program = int(screen.read_until("\r\n").split()[1])
    parent = int(Path(f"/proc/{program}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGTSTP)
    screen.read_until("stopped by SIGTSTP")
    assert Path(f"/proc/{program}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    screen.type(b"\n")
    os.kill(program, signal.SIGUSR1)
    screen.read_until("{'SIGUSR1': 1}")
    screen.read_until("ended with 5")


# ------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "text", "error", "words"),
    [
        (lambda _: None, "missing.py", TargetNotFound, "there is no such file"),
        (lambda folder: (folder / "d").mkdir(), "d", BadInput, "it is a folder"),
        (lambda folder: (folder / "x.pyc").write_bytes(b""), "x.pyc", BadInput, "compiled or archived"),
        (lambda folder: (folder / "x").write_bytes(b"PK\3\4"), "x", BadInput, "compiled or archived"),
        (lambda folder: (folder / "x").write_text(""), "x/y.py", TargetNotFound, "no such file"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_watched_is_refused(
    make, text, error, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    with pytest.raises(error, match=words):
        script.check_target(script.Target("script", text))


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("echo cpython 3 10 13", "it is Python 3.10.13, and provkit watches Python 3.11 or newer"),
        ("echo '? 2 7 18'", "it is Python 2.7.18"),
        ("echo pypy 3 11 0", "it is pypy, not CPython"),
        ("echo hello", "does not answer as a Python interpreter"),
        ("exit 3", "does not answer as a Python interpreter"),
    ],
)
def test_an_interpreter_that_cannot_watch_is_refused(says, words, tmp_path):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{says}\n")
    python.chmod(0o755)
    with pytest.raises(BadInput, match=words):
        script.find_interpreter(str(python))


def test_an_interpreter_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no such interpreter"):
        script.find_interpreter(str(tmp_path / "python"))


def test_an_interpreter_that_does_not_start_is_refused(tmp_path):
    broken = script.Interpreter("python", str(tmp_path / "gone"), (3, 12, 0))
    (tmp_path / "x.py").write_text("")
    with pytest.raises(BadInput, match=r"Couldn't start .*No such file"):
        script.run(script.Target("script", str(tmp_path / "x.py")), [], interpreter=broken, journal_folder=tmp_path, options={})  # fmt: skip


# ------------------------------------------------------------ what run returns


def run(source, tmp_path, **options):
    (tmp_path / "program.py").write_text(source)
    return script.run(
        script.Target("script", str(tmp_path / "program.py")),
        [],
        interpreter=script.find_interpreter(),
        journal_folder=tmp_path,
        options={"trial": "0" * 32},
        **options,
    )


def test_run_tells_what_the_program_took(tmp_path):
    source = "import time\nx = b'x' * 200_000_000\nt = time.process_time()\nwhile time.process_time() < t + 0.2: pass\ntime.sleep(.2)"
    ending = run(source, tmp_path)
    assert (ending.exit_status, ending.signal) == (0, None)
    assert 0.2 <= ending.cpu_seconds < 20
    assert 200_000_000 < ending.peak_memory_bytes < 400_000_000
    assert 0.4 <= (ending.ended_at - ending.started_at).total_seconds() < 10


def test_work_is_done_while_the_program_runs(tmp_path):
    wait = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(.01)"
    ending = run(wait, tmp_path, while_running=(tmp_path / "go").touch)
    assert (ending.exit_status, ending.background_error) == (0, None)


def test_an_error_of_that_work_does_not_touch_the_program(tmp_path):
    ending = run("import sys; sys.exit(4)", tmp_path, while_running=lambda: 1 / 0)
    assert ending.exit_status == 4
    assert isinstance(ending.background_error, ZeroDivisionError)


def test_an_end_is_heard_that_another_thread_was_told_of():
    """The kernel gives SIGCHLD to a thread that does not hold it back, if nobody waits for it."""
    over = threading.Event()
    others = [threading.Thread(target=over.wait) for _ in range(4)]
    for thread in others:
        thread.start()
    try:
        with child.signals_waited_for() as before:
            process = child.start(sys.executable, [sys.executable, "-c", "exit(3)"], before)
            wait_until(lambda: not is_running(process))
            time.sleep(0.1)
            assert os.waitstatus_to_exitcode(child.wait(process)[0]) == 3
    finally:
        over.set()
        for thread in others:
            thread.join()


def test_a_run_may_be_made_in_a_thread(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(run, "import sys; sys.exit(3)", tmp_path).result(30)
    assert ending.exit_status == 3


def test_a_script_may_come_through_a_pipe(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    script.check_target(script.Target("script", str(tmp_path / "pipe")))


def test_signals_are_as_before_after_a_run(tmp_path):
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    run("", tmp_path)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    assert {number: signal.getsignal(number) for number in signal.valid_signals()} == handlers


def test_disabled_provkit_becomes_plain_python(tmp_path):
    (tmp_path / "program.py").write_text(
        "import sys, os; print(sys.orig_argv[1:], os.getpid()); sys.exit(6)"
    )
    plainly = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from provkit.capture import script\nimport os; print(os.getpid()); script.run_plain(script.Target('script', 'program.py'), ['a'])"
    done = subprocess.run([sys.executable, "-c", plainly], cwd=tmp_path, capture_output=True, timeout=60, text=True, check=False)  # fmt: skip
    process, said = done.stdout.splitlines()
    assert said == f"['program.py', 'a'] {process}"
    assert done.returncode == 6
