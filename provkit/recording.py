"""From a program to a stored trial: run it, assemble its journal, map, seal, annotate.

The program comes first: once it has started, whatever goes wrong here is said in one
sentence and its journal is kept, so that `provkit recover` can store it later.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from provkit.errors import ProvkitError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provkit.assembly import Outcome
    from provkit.capture.script import Ending, Interpreter
    from provkit.circumstances import Circumstances
    from provkit.model import Trial
    from provkit.store import LocalStore

TargetKind = Literal["script", "module", "command"]

_TAKEN_FOR_OTHERS = re.compile(r"last(?:~\d+)?|[0-9a-f]{4,32}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run, and what is to be said of the trial."""

    target: str
    arguments: tuple[str, ...] = ()
    kind: TargetKind = "script"
    python: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Captured:
    """How a captured program ended, and what became of its record."""

    trial_id: str
    ending: Ending
    """Status or signal, times, memory."""
    trial: Trial | None = None
    """None if it could not be stored; `problem` says why."""
    problem: str | None = None
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
    from provkit.capture import script

    began = time.perf_counter()
    target = script.Target(wanted.kind, wanted.target)
    script.check_target(target)
    interpreter = script.find_interpreter(wanted.python)
    store = find_store()
    if wanted.name:
        check_name(store, wanted.name)
    trial_id = uuid.uuid4().hex
    with _journal_folder(store, trial_id) as journal:
        known = _circumstances(store, trial_id, wanted)
        _write_circumstances(journal, known)
        started = time.perf_counter()
        try:
            ending = script.run(
                target,
                wanted.arguments,
                interpreter=interpreter,
                journal_folder=journal,
                options={
                    "trial": trial_id,
                    "version": known.provkit,
                    "project": known.project,
                    "store": str(store.folder.resolve()),
                },
                while_running=lambda: _look_around(journal, known, interpreter),
            )
        except ProvkitError:
            shutil.rmtree(journal, ignore_errors=True)
            raise
        ended = time.perf_counter()
        trial, problem = None, None
        try:
            trial = _store(store, journal, ending)
        except Exception as error:  # noqa: BLE001  the program has run: nothing may hide its status
            problem = _sentence(error)
    overhead = (started - began) + (time.perf_counter() - ended)
    return Captured(trial_id, ending, trial, problem, overhead)


def _circumstances(store: LocalStore, trial_id: str, wanted: Wanted) -> Circumstances:
    """Tell what is known before the start; it is written down, should nobody be left to tell it."""
    from provkit import __version__
    from provkit.circumstances import Circumstances
    from provkit.redaction import redact, redact_arguments

    option = {"script": [], "module": ["-m"], "command": ["-c"]}[wanted.kind]
    target = redact(wanted.target) if wanted.kind == "command" else wanted.target
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
    whole = journal / "circumstances.json"
    part = journal / "circumstances.part"
    part.write_text(known.to_json(), encoding="utf-8")
    part.replace(whole)


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
        replace(
            known,
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
    """Store each orphaned journal as a trial.

    Yields:
        The trial's id, and None or the sentence that says why it could not be stored; its
        journal stays then.
    """
    from provkit.capture import orphans

    for journal in orphans(store.journals):
        try:
            _store(store, journal, None)
        except Exception as error:  # noqa: BLE001  one bad journal must not hide the store
            yield journal.name, _sentence(error)
        else:
            yield journal.name, None


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
    try:
        journal.mkdir(parents=True, mode=0o700)
        lock = os.open(journal / "parent.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(
            f"Couldn't write to the store {str(store.folder)!r}: {reason}; nothing was started. "
            "Choose another store with --store."
        ) from error
    try:
        yield journal
    finally:
        os.close(lock)


def _store(store: LocalStore, journal: Path, ending: Ending | None) -> Trial:
    """Make the trial that a journal tells of, and put it into the store for good."""
    from provkit.assembly import assemble
    from provkit.capture import settings
    from provkit.mapping import annotation_quads, quads_of

    outcome = None if ending is None else _outcome(ending)
    trial = assemble(journal, packages_of=settings.packages_of, outcome=outcome)
    if ending is not None and ending.problems:
        last = ending.problems.strip().splitlines()[-1]
        trial = replace(trial, warnings=(*trial.warnings, f"the program ran unwatched: {last}"))
    store.seal(trial.id, quads_of(trial))
    if trial.name or trial.tags or trial.note:
        store.annotate(
            trial.id,
            annotation_quads(
                trial.base_iri, trial.id, name=trial.name, tags=trial.tags, note=trial.note
            ),
        )
    shutil.rmtree(journal, ignore_errors=True)
    return trial


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
    return f"{type(error).__name__}: {error}"
