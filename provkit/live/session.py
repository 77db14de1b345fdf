"""The kernel's side of a live notebook: a recorder on its shell, and a sidecar to ask."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from provkit.capture.code_folder import code_folder
from provkit.capture.kernel import KernelRecorder, begin
from provkit.errors import ProvkitError, StoreNotFound
from provkit.recording import begin_live, changes_declared_in
from provkit.store import LocalStore

_SIDECAR = "import sys; sys.path.insert(0, {folder!r}); from provkit.live.sidecar import main; raise SystemExit(main())"
_PATIENCE_SECONDS = 60.0


class Answer(NamedTuple):
    """What the sidecar said: always as text, and as what a notebook can show."""

    text: str
    html: str | None = None
    svg: str | None = None
    is_error: bool = False


class Session:
    """One kernel that is being recorded."""

    def __init__(self, recorder: KernelRecorder, journal: Path | None, trial: str) -> None:
        """Take a recorder; without a journal of its own (an executed notebook's) there is nobody to ask."""
        self.recorder = recorder
        self.trial = trial
        self.journal = journal
        self._sidecar: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def start_sidecar(self, store: Path, notebook: str | None) -> None:
        """Start the process that answers, and that stores the trial when this one is gone.

        Args:
            store: The store's folder.
            notebook: The file that is worked in, if it is known.
        """
        assert self.journal is not None
        folder = str(Path(__file__).parents[2])
        self._sidecar = subprocess.Popen(  # this interpreter, on words of ours
            [
                *(sys.executable, "-P", "-c", _SIDECAR.format(folder=folder)),
                *(str(store), self.trial, str(os.getpid()), notebook or ""),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # What interrupts or kills the kernel and its children is not meant for it.
            start_new_session=True,
        )

    def ask(self, question: str, **words: Any) -> Answer:
        """Ask the sidecar, and wait for its answer."""
        sidecar = self._sidecar
        if sidecar is None or sidecar.stdin is None or sidecar.stdout is None:
            return Answer("there is nobody to ask: ask when the notebook has run", is_error=True)
        self.recorder.settle()
        self._asked += 1
        request = json.dumps({"number": self._asked, "ask": question, **words}) + "\n"
        try:
            sidecar.stdin.write(request.encode())
            sidecar.stdin.flush()
            return self._answer(sidecar)
        except (OSError, ValueError) as error:
            return Answer(f"the process that answers is gone ({error})", is_error=True)

    def _answer(self, sidecar: subprocess.Popen[bytes]) -> Answer:
        assert sidecar.stdout is not None
        until = time.monotonic() + _PATIENCE_SECONDS
        while (left := until - time.monotonic()) > 0:
            if not select.select([sidecar.stdout], [], [], left)[0]:
                break
            line = sidecar.stdout.readline()
            if not line:
                raise OSError("it ended")
            said = json.loads(line)
            if said.pop("number") == self._asked:  # an earlier one was interrupted before it came
                return Answer(**said)
        return Answer(f"no answer within {_PATIENCE_SECONDS:.0f} s", is_error=True)

    def end(self) -> None:
        """Stop recording; the sidecar stores what was recorded."""
        self.recorder.dismiss()
        if self._sidecar is not None and self._sidecar.stdin is not None:
            self._sidecar.stdin.close()


_SESSION: Session | None = None


def current(shell: Any) -> Session | None:
    """Find the session of a shell, also if it is an executed notebook's."""
    if _SESSION is not None:
        return _SESSION
    recorder = recorder_of(shell)
    return Session(recorder, None, "") if recorder is not None else None


def recorder_of(shell: Any) -> KernelRecorder | None:
    """Find what records a shell; it may have been loaded from a provkit that is not to be seen here."""
    for function in shell.events.callbacks["pre_run_cell"]:
        owner = getattr(function, "__self__", None)
        if type(owner).__name__ == KernelRecorder.__name__:
            return owner
    return None


def start(shell: Any) -> Session:
    """Begin to record a shell.

    Raises:
        ProvkitError: There is no store, and none can be made.
    """
    global _SESSION  # noqa: PLW0603  one process has one shell
    store = _store()
    path, key = _notebook_of(shell), _connection_file()
    trial, journal, release = begin_live(store, path)
    try:
        recorder = begin(
            {
                "journal": str(journal),
                "trial": trial,
                "version": _version(),
                "project": str(store.project.resolve()),
                "store": str(store.folder.resolve()),
                "changes": changes_declared_in(store.project),
                "kept_code": code_folder(),
                "notebook": "live",
                "about": {"path": path, "kernel": None, "previous": _previous(key, trial)},
            }
        )
    finally:
        release()
    if recorder is None:
        raise ProvkitError(f"Couldn't write to {str(journal)!r}: nothing is recorded.")
    session = Session(recorder, journal, trial)
    session.start_sidecar(store.folder, path)
    recorder.attend(shell)
    atexit.register(recorder.ended, 0)
    _SESSION = session
    return session


def stop() -> bool:
    """Stop recording; tells whether anything was being recorded."""
    global _SESSION
    session, _SESSION = _SESSION, None
    if session is None:
        return False
    session.end()
    return True


def _store() -> LocalStore:
    try:
        return LocalStore.find()
    except StoreNotFound:
        asked = os.environ.get("PROVKIT_STORE")
        return LocalStore.create(Path(asked) if asked else Path.cwd() / ".provkit")


def _version() -> str:
    from provkit.version import __version__

    return __version__


def _notebook_of(shell: Any) -> str | None:
    """Tell which file is worked in, where the front end says so: Jupyter Server, VS Code."""
    for said in (os.environ.get("JPY_SESSION_NAME"), shell.user_ns.get("__vsc_ipynb_file__")):
        if isinstance(said, str) and said:
            return said
    return None


def _connection_file() -> str | None:
    """Tell what stays the same when a kernel is restarted: the file that says how to reach it."""
    application = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    if application is None or not application.initialized():
        return None
    name = application.instance().abs_connection_file
    return name if isinstance(name, str) and name else None


def _previous(connection_file: str | None, trial: str) -> str | None:
    """Find the trial of this kernel before it was restarted, and leave word of this one."""
    if connection_file is None:
        return None
    place = Path(connection_file).with_suffix(".provkit")
    try:
        earlier = place.read_text(encoding="ascii").strip() if place.exists() else ""
        place.write_text(trial, encoding="ascii")
    except (OSError, ValueError):
        return None
    return earlier or None
