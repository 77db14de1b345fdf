"""From a program to a stored trial: run it, assemble its journal, map, seal, annotate.

The program comes first: once it has started, whatever goes wrong here is said in one
sentence and its journal is kept, so that `provkit recover` can store it later.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from provkit.errors import ProvkitError, StoreError, TargetNotFound, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provkit.assembly import Outcome
    from provkit.capture.notebook_running import NotebookWanted, Progress
    from provkit.capture.script import Ending, Interpreter
    from provkit.circumstances import Circumstances
    from provkit.model import Trial
    from provkit.store import LocalStore

TargetKind = Literal["script", "module", "command"]

CIRCUMSTANCES = "circumstances.json"
OUTCOME = "outcome.json"
PARENT_LOCK = "parent.lock"
_NOTHING_TOLD = {PARENT_LOCK, "circumstances.part"}

_TAKEN_FOR_OTHERS = re.compile(r"last(?:~\d+)?|[0-9a-f]{4,32}", re.IGNORECASE)


class Wanted(NamedTuple):
    """What is to be run, and what is to be said of the trial."""

    target: str
    arguments: tuple[str, ...] = ()
    kind: TargetKind | Literal["notebook"] = "script"
    python: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    keep_models: bool = False
    """Keep the models that it fits, too."""
    notebook: NotebookWanted | None = None
    """How to execute it; of a notebook only."""
    progress: Callable[[Progress], None] | None = None
    """Told of each cell of a notebook."""


class _Runner(Protocol):
    """What runs a target; when it has been made, nothing has been started."""

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter that will run it."""

    def run(
        self,
        *,
        journal_folder: Path,
        options: Mapping[str, object],
        while_running: Callable[[], object] | None = None,
    ) -> Ending:
        """Run it to its end."""


class Captured(NamedTuple):
    """How a captured program ended, and what became of its record."""

    trial_id: str
    ending: Ending
    """Status or signal, times, memory."""
    trial: Trial | None = None
    """None if it could not be stored; `problem` says why."""
    problem: str | None = None
    journal_kept: bool = False
    """Its journal is still there, so that `provkit recover` can store it."""
    overhead_seconds: float = 0.0
    """What capture took before the program's start and after its end."""


def record(find_store: Callable[[], LocalStore], wanted: Wanted) -> Captured:
    """Run a program and store what happened.

    Args:
        find_store: Opens the store, or makes it; called once it is sure that there is
            something to run.
        wanted: What to run, and what to say of it.

    Raises:
        TargetNotFound: There is no such target, so nothing was started.
        BadInput: The target or the interpreter cannot be used, so nothing was started.
        StoreError: The store cannot be written, so nothing was started.
        UsageError: The name is taken, so nothing was started.
    """
    began = time.perf_counter()
    runner = _runner(wanted)
    store = find_store()
    if wanted.name:
        check_name(store, wanted.name)
    trial_id = new_id()
    changes = changes_declared_in(store.project)
    from provkit.capture.code_folder import code_folder, trim

    code = code_folder()
    with _journal_folder(store, trial_id) as journal:
        known = _circumstances(store, trial_id, wanted)
        try:
            _write_circumstances(journal, known)
        except OSError as error:
            _discard(journal)
            raise _cannot_start(store, error) from error
        started = time.perf_counter()
        try:
            ending = runner.run(
                journal_folder=journal,
                options={
                    "trial": trial_id,
                    "version": known.provkit,
                    "project": known.project,
                    "store": str(store.folder.resolve()),
                    "changes": changes,
                    "keep_models": wanted.keep_models,
                    "kept_code": code,
                },
                while_running=lambda: _look_around(journal, known, runner.interpreter),
            )
        except ProvkitError:
            _discard(journal)
            raise
        ended = time.perf_counter()
        trial, problem = None, None
        if code is not None:
            trim(code)
        try:
            _write_outcome(journal, _outcome(ending))
            trial = _store(store, journal, ending)
        except Exception as error:  # noqa: BLE001  the program has run: nothing may hide its status
            problem = _sentence(error)
        journal_kept = problem is not None and (journal / CIRCUMSTANCES).exists()
    overhead = (started - began) + (time.perf_counter() - ended)
    return Captured(trial_id, ending, trial, problem, journal_kept, overhead)


def record_saved(find_store: Callable[[], LocalStore], wanted: Wanted) -> Trial:
    """Store what a saved notebook tells by itself, without running it.

    Args:
        find_store: Opens the store, or makes it.
        wanted: The notebook's file, and what to say of the trial.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no notebook.
        StoreError: The store cannot be written.
        UsageError: The name is taken.
    """
    from provkit.assembly.saved_notebook import assemble_saved

    path = Path(wanted.target)
    if not path.is_file():
        raise TargetNotFound(
            f"Couldn't find the notebook {wanted.target!r}; give the path of a file."
        )
    store = find_store()
    if wanted.name:
        check_name(store, wanted.name)
    trial = assemble_saved(path, _circumstances(store, new_id(), wanted), store.artifacts.keep)
    _seal(store, trial)
    return trial


def _runner(wanted: Wanted) -> _Runner:
    """Prepare what runs a target, and see that it can be run."""
    if wanted.kind == "notebook":
        from provkit.capture.notebook import Preparation
        from provkit.capture.notebook_running import NotebookWanted

        return Preparation(wanted.target, wanted.notebook or NotebookWanted(), wanted.progress)
    from provkit.capture.script import Program, Target

    return Program(Target(wanted.kind, wanted.target), wanted.arguments, wanted.python)


def begin_live(store: LocalStore, notebook: str | None) -> tuple[str, Path, Callable[[], None]]:
    """Make the folder of a trial whose journal this process itself will write.

    Args:
        store: Where the trial will be.
        notebook: Path of the notebook, if it is known.

    Returns:
        The trial's id, its folder, and what to call when the journal is there: until then the folder is held.

    Raises:
        StoreError: The folder cannot be made.
    """
    import contextlib

    trial_id = new_id()
    held = contextlib.ExitStack()
    journal = held.enter_context(_journal_folder(store, trial_id))
    known = _circumstances(store, trial_id, Wanted(notebook or "notebook", kind="notebook"))
    try:
        _write_circumstances(journal, known)
    except OSError as error:
        held.close()
        _discard(journal)
        raise _cannot_start(store, error) from error
    return trial_id, journal, held.close


def look_around_live(journal: Path) -> None:
    """Look at the machine and the repository for a trial that `begin_live` began in another process."""
    from provkit.capture.script import find_interpreter
    from provkit.circumstances import Circumstances

    known = Circumstances.from_json((journal / CIRCUMSTANCES).read_text(encoding="utf-8"))
    _look_around(journal, known, find_interpreter())


def store_left(store: LocalStore, journal: Path) -> str | None:
    """Store a trial whose process is gone, unless somebody else is doing that.

    Returns:
        None, or the sentence that says why it could not be stored; its journal stays then.
    """
    try:
        with _claimed(journal) as is_ours:
            if is_ours and not _is_stored(store, journal.name) and not _is_empty(journal):
                _store(store, journal, None)
            elif is_ours:
                _discard(journal)
    except Exception as error:  # noqa: BLE001  whatever it is, the journal is kept
        return _sentence(error)
    return None


def new_id() -> str:
    """Make a random UUID, version 4 of RFC 9562, in 32 hex digits.

    By hand, since importing `uuid` takes longer than finding the store.
    """
    octets = bytearray(os.urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    return octets.hex()


def changes_declared_in(project: Path) -> object:
    """Collect what a project's own knowledge says of changes, for the watched process; None if it has none.

    Raises:
        BadKnowledge: pyproject.toml or a file that it names is not what it should be.
    """
    try:
        declares = b"knowledge" in (project / "pyproject.toml").read_bytes()
    except OSError:
        return None
    if not declares:
        return None
    # Few projects have any: the others do not pay for reading the format.
    from provkit.knowledge.changing import changes_of

    return changes_of(project)


def _discard(journal: Path) -> None:
    import shutil

    shutil.rmtree(journal, ignore_errors=True)


def _circumstances(store: LocalStore, trial_id: str, wanted: Wanted) -> Circumstances:
    """Tell what is known before the start; it is written down, should nobody be left to tell it."""
    from provkit.circumstances import Circumstances
    from provkit.redaction import redact, redact_arguments, redact_path
    from provkit.version import __version__

    option = {"module": ["-m"], "command": ["-c"]}.get(wanted.kind, [])
    target = (redact if wanted.kind == "command" else redact_path)(wanted.target)
    return Circumstances(
        trial=trial_id,
        base_iri=store.base_iri,
        provkit=__version__,
        project=str(store.project.resolve()),
        command=(*option, target, *redact_arguments(list(wanted.arguments))),
        started_ns=time.time_ns(),
        name=wanted.name,
        tags=wanted.tags,
        note=wanted.note,
        experiment=store.project_name,
    )


def _write_circumstances(journal: Path, known: Circumstances) -> None:
    _write_whole(journal / CIRCUMSTANCES, known.to_json())


def _write_outcome(journal: Path, outcome: Outcome) -> None:
    """Leave word of how the program ended, should this process not come to storing it."""
    with suppress(OSError):  # what is left without it is an aborted trial
        from dataclasses import asdict

        _write_whole(journal / OUTCOME, json.dumps(asdict(outcome)))


def _outcome_left(journal: Path) -> Outcome | None:
    from provkit.assembly import Outcome

    try:
        return Outcome(**json.loads((journal / OUTCOME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _write_whole(path: Path, content: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def _look_around(journal: Path, known: Circumstances, interpreter: Interpreter) -> None:
    """While the program runs: look at the machine and the repository, and load what comes after."""
    from provkit.capture import settings

    loading = threading.Thread(target=_load_what_follows)
    loading.start()
    repository = settings.repository(Path(known.project))
    of_run = settings.settings_of_run(
        known.command, executable=interpreter.executable, version=interpreter.version
    )
    found = (*of_run, *settings.settings_of_machine(), *repository.settings())
    _write_circumstances(
        journal,
        known._replace(
            agent=settings.person(repository),
            settings=found,
            platform=settings.platform_package(),
        ),
    )
    loading.join()


def _load_what_follows() -> None:
    """Import what is needed when the program has ended, while git is asked."""
    import provkit.assembly
    import provkit.mapping  # noqa: F401


def recovered(store: LocalStore) -> Iterator[tuple[str, str | None]]:
    """Store each orphaned journal as a trial, unless another process is doing that.

    Yields:
        The trial's id, and None or the sentence that says why it could not be stored; its
        journal stays then. Of a trial that had been stored already, or of which nothing is
        known, only the folder is removed, and nothing is said.
    """
    from provkit.capture import orphans

    for journal in orphans(store.journals):
        try:
            with _claimed(journal) as is_ours:
                if not is_ours:
                    continue
                if _is_stored(store, journal.name) or _is_empty(journal):
                    _discard(journal)
                    continue
                _store(store, journal, None)
        except Exception as error:  # noqa: BLE001  one bad journal must not hide the store
            yield journal.name, _sentence(error)
        else:
            yield journal.name, None


@contextmanager
def _claimed(journal: Path) -> Iterator[bool]:
    """Hold an orphan's folder while it is stored; gives False if another process has it, or had."""
    try:
        lock = os.open(journal / PARENT_LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:  # stored by another meanwhile
        yield False
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield os.fstat(lock).st_nlink > 0
    except BlockingIOError:
        yield False
    finally:
        os.close(lock)


def _is_stored(store: LocalStore, trial_id: str) -> bool:
    """Tell whether a trial is sealed and whole: its process died while it removed the journal."""
    try:
        store.read(trial_id)
    except ProvkitError:
        return False
    return True


def _is_empty(journal: Path) -> bool:
    """Tell whether a process died before it could write down a word."""
    return all(path.name in _NOTHING_TOLD for path in journal.iterdir())


def check_name(store: LocalStore, name: str, *, of: str | None = None) -> None:
    """Refuse a name that could not find its trial.

    Args:
        store: The store that the trial is in.
        name: The name wanted.
        of: Id of the trial that may have the name already.

    Raises:
        UsageError: Another trial has it, or it would be taken for an id or for `last`.
    """
    if _TAKEN_FOR_OTHERS.fullmatch(name):
        raise UsageError(
            f"A trial cannot be named {name!r}: that would be taken for an id or for 'last'; "
            "choose a name that is no hexadecimal number."
        )
    if not name.strip() or any(not character.isprintable() for character in name):
        raise UsageError(f"A trial cannot be named {name!r}: use signs that can be printed.")
    for trial in store.summaries():
        if trial.name == name and trial.id != of:
            raise UsageError(
                f"The name {name!r} is that of trial {trial.id[:8]}; choose another, or rename "
                f"that one first."
            )


@contextmanager
def _journal_folder(store: LocalStore, trial_id: str) -> Iterator[Path]:
    """Make the folder of a trial's journals, and hold it as long as this process is at work on it."""
    journal = (store.journals / trial_id).absolute()
    # Out of sight until it is locked, so that nobody takes it for an orphan.
    making = journal.with_name(f".{trial_id}")
    try:
        making.mkdir(parents=True, mode=0o700)
        lock = os.open(making / PARENT_LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        making.rename(journal)
    except OSError as error:
        _discard(making)
        raise _cannot_start(store, error) from error
    try:
        yield journal
    finally:
        os.close(lock)


def _cannot_start(store: LocalStore, error: OSError) -> StoreError:
    reason = (error.strerror or str(error)).lower()
    return StoreError(
        f"Couldn't write to the store {str(store.folder)!r}: {reason}; nothing was started. "
        "Choose another store with --store."
    )


def _store(store: LocalStore, journal: Path, ending: Ending | None) -> Trial:
    """Make the trial that a journal tells of, and put it into the store for good."""
    from dataclasses import replace

    from provkit.assembly import assemble
    from provkit.capture import settings
    from provkit.redaction import redact

    outcome = _outcome_left(journal) if ending is None else _outcome(ending)
    trial = assemble(
        journal,
        packages_of=settings.packages_of,
        outcome=outcome,
        keep=store.artifacts.keep,
    )
    if ending is not None and ending.problems:
        last = ending.problems.strip().splitlines()[-1]
        trial = replace(trial, warnings=(*trial.warnings, f"the program ran unwatched: {last}"))
    if ending is not None and ending.remarks:
        told = [redact(remark) for remark in ending.remarks if redact(remark) not in trial.warnings]
        trial = replace(trial, warnings=(*trial.warnings, *told))
    if ending is not None and ending.background_error is not None:
        unseen = f"the machine could not be looked at: {ending.background_error!r}"
        trial = replace(trial, warnings=(*trial.warnings, unseen))
    _seal(store, trial)
    _discard(journal)
    return trial


def _seal(store: LocalStore, trial: Trial) -> None:
    """Put a trial into the store for good."""
    from provkit.mapping import annotation_quads, quads_of

    # Annotated first, so that what is sealed is complete at whatever moment this process is killed.
    if trial.name or trial.tags or trial.note:
        store.annotate(
            trial.id,
            annotation_quads(
                trial.base_iri, trial.id, name=trial.name, tags=trial.tags, note=trial.note
            ),
        )
    store.seal(trial.id, quads_of(trial))


def _outcome(ending: Ending) -> Outcome:
    from provkit.assembly import Outcome

    return Outcome(
        exit_status=ending.exit_status,
        signal=ending.signal,
        ended_ns=int(ending.ended_at.timestamp() * 1e6) * 1000,
        cpu_seconds=ending.cpu_seconds,
        peak_memory_bytes=ending.peak_memory_bytes,
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, ProvkitError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.strerror or error}"
    return f"provkit made a mistake of its own ({type(error).__name__}: {error})"
