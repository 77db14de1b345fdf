"""Journal -> Trial: what happened, told once, with every value under a name and its origins.

Runs outside the watched process, after it: when it has ended, or when a journal is found whose process is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from provkit.assembly.contents import Keep, forget
from provkit.assembly.derivation import Derivations
from provkit.assembly.executions import Executions, Implementations
from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import Gathered, gather, moment_of
from provkit.assembly.kept_models import kept_models, last_model
from provkit.assembly.meaning import Meaning
from provkit.assembly.naming import Naming
from provkit.assembly.plans import Plans
from provkit.circumstances import Circumstances
from provkit.errors import BadJournal, BadKnowledge
from provkit.journal_file import read_journal
from provkit.knowledge import Knowledge, project_knowledge
from provkit.model import Failure, File, Learning, Output, Package, Setting, Status, Trial
from provkit.redaction import redact
from provkit.source import plan_of_garbage

_TAIL = 4_000
"""Characters of an output that a trial keeps."""

PackagesOf = Callable[
    [Mapping[str, str | None], Sequence[str]], tuple[tuple[Package, ...], Mapping[str, Package]]
]
"""Given imported top-level modules with their files, and a search path: the distributions, and
which of them has which module."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the watched process ended, as its parent saw it."""

    exit_status: int | None
    signal: int | None
    ended_ns: int
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None


def assemble(
    folder: Path,
    *,
    packages_of: PackagesOf,
    outcome: Outcome | None = None,
    keep: Keep = forget,
) -> Trial:
    """Make a trial of what lies in a journal's folder.

    Args:
        folder: Holds `circumstances.json`, the journal of the process and the source texts it read.
        packages_of: Finds the distributions of what was imported.
        outcome: How the process ended; None if nobody was there to see, so the trial is *aborted* unless
            the journal has its end.
        keep: Where contents go that are too long to be told (outputs of a notebook's cells).

    Raises:
        BadJournal: There are no circumstances, or they cannot be read. A missing or unreadable journal is no error: the
            trial then tells what its parent knew.
    """
    circumstances = _circumstances(folder)
    journals = sorted(folder.glob("*.jsonl"))
    warnings: list[str] = []
    gathered = None
    if not journals:
        warnings.append("there is no journal: the program ended before it could be watched")
    for journal in journals[:1]:
        try:
            gathered = gather(read_journal(journal))
        except (BadJournal, OSError) as error:
            warnings.append(str(error))
    if gathered is None:
        return _Assembly(folder, circumstances, None, packages_of, outcome, warnings, keep).trial()
    return _Assembly(folder, circumstances, gathered, packages_of, outcome, warnings, keep).trial()


def _circumstances(folder: Path) -> Circumstances:
    path = folder / "circumstances.json"
    try:
        return Circumstances.from_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadJournal(
            f"Couldn't assemble a trial from {str(folder)!r}: its 'circumstances.json' cannot be read "
            f"({error}); if the folder holds nothing else, remove it."
        ) from error


class _Assembly:
    """One trial in the making."""

    def __init__(
        self,
        folder: Path,
        circumstances: Circumstances,
        gathered: Gathered | None,
        packages_of: PackagesOf,
        outcome: Outcome | None,
        warnings: list[str],
        keep: Keep,
    ) -> None:
        self._folder = folder
        self._keep = keep
        self._known = circumstances
        self._gathered = gathered
        self._outcome = outcome
        self._warnings = warnings
        self._files = FileStates(Path(circumstances.project), hash_file)
        self._packages_of = packages_of

    def trial(self) -> Trial:
        """Put it all together."""
        known = self._known
        status, exit_status, signal = self._ending()
        settings = known.settings
        if not any(setting.key == "argv" for setting in settings):
            settings = (Setting("argv", "command line", " ".join(known.command)), *settings)
        facts: dict[str, Any] = {}
        if self._gathered is not None:
            facts = self._happened(self._gathered)
        plan = facts.pop("plan", None) or plan_of_garbage(b"", "command")
        settings = (*settings, *facts.pop("settings", ()))
        return Trial(
            id=known.trial,
            base_iri=known.base_iri,
            label=next(str(setting.value) for setting in settings if setting.key == "argv"),
            plan=plan,
            started_at=moment_of(
                self._gathered.began.wall_ns if self._gathered else known.started_ns
            ),
            ended_at=moment_of(self._ended_ns()),
            status=status,
            exit_status=exit_status,
            signal=signal,
            provkit_version=known.provkit,
            name=known.name,
            tags=known.tags,
            note=known.note,
            experiment=known.experiment,
            agent=known.agent,
            settings=settings,
            platform=known.platform,
            cpu_seconds=self._outcome.cpu_seconds if self._outcome else None,
            peak_memory_bytes=self._outcome.peak_memory_bytes if self._outcome else None,
            **facts,
            warnings=tuple(self._warnings),
        )

    # ---------------------------------------------------------------- how it ended

    def _ending(self) -> tuple[Status, int | None, int | None]:
        gathered, outcome = self._gathered, self._outcome
        if outcome is None:
            if (
                gathered is not None
                and gathered.end is not None
                and gathered.end.status is not None
            ):
                return (
                    ("completed" if gathered.end.status == 0 else "failed"),
                    gathered.end.status,
                    None,
                )
            return "aborted", None, None
        if outcome.signal is not None:
            raised = gathered is not None and gathered.raised is not None
            return ("failed" if raised else "aborted"), None, outcome.signal
        return ("completed" if outcome.exit_status == 0 else "failed"), outcome.exit_status, None

    def _ended_ns(self) -> int:
        if self._outcome is not None:
            return self._outcome.ended_ns
        if self._gathered is None:
            return self._known.started_ns
        return self._gathered.began.wall_ns + self._gathered.last_ns

    # ---------------------------------------------------------------- what happened

    def _happened(self, gathered: Gathered) -> dict[str, Any]:
        """Tell what the journal does, by the fields of a trial."""
        plans = Plans(self._folder, gathered, self._warnings)
        packages, package_of = self._packages_of(
            {module.name: module.file for module in gathered.modules if module.sha256 is None},
            gathered.began.search_path,
        )
        interpreter = Package("python", gathered.began.python, "generic")
        implementations = Implementations(plans, package_of, interpreter)
        script = plans.script(self._files)
        modules = plans.modules(self._files)
        for event in gathered.files:
            self._files.take(event)
        if self._outcome is not None or gathered.end is not None:
            self._files.settle()
        derivations = Derivations(gathered, plans.analyses, self._files)
        derivations.walk()
        meaning = self._meaning(gathered, plans, implementations, derivations)
        naming = Naming(gathered, plans.analyses, derivations, plans.step_prefix)
        executions = Executions(gathered, plans, implementations, derivations, naming)
        self._warnings.extend(gathered.warnings)
        failure = None
        if gathered.raised is not None:
            failure = Failure(gathered.raised.type, gathered.raised.message)
        return {
            "plan": plans.main,
            "interpreter": interpreter,
            "packages": packages,
            "settings": tuple(self._settings(gathered, plans)),
            "notebook": plans.cells.notebook(self._keep, gathered.at, naming.reference)
            if plans.cells is not None
            else None,
            "script": script.key if script is not None else None,
            "modules": modules,
            "executions": tuple(executions.told()),
            "ran_unseen": tuple(dict.fromkeys(plans.ran_unseen())),
            "values": tuple(naming.values()),
            "files": tuple(_file(state, naming) for state in self._files.states),
            "outputs": tuple(_outputs(gathered)),
            "learning": self._learning(gathered, meaning, naming),
            "failure": failure,
            "failed_in": gathered.failed_in,
        }

    def _settings(self, gathered: Gathered, plans: Plans) -> Iterable[Setting]:
        for number, process in enumerate(gathered.processes, 1):
            yield Setting(f"process.{number}", "command line of another program", process.command)
        if plans.cells is not None:
            yield from plans.cells.settings()

    def _learning(self, gathered: Gathered, meaning: Meaning, naming: Naming) -> Learning:
        learning = meaning.told(naming)
        if not gathered.kept:
            return learning
        before = {value.key: value.revision_of for value in naming.values()}
        models = [run.model for run in learning.runs if run.model is not None]
        kept = kept_models(
            gathered.kept,
            self._folder,
            self._keep,
            naming.key,
            lambda key: last_model(key, models, before),
            self._warnings,
        )
        return replace(learning, kept=tuple(kept))

    def _meaning(
        self,
        gathered: Gathered,
        plans: Plans,
        implementations: Implementations,
        derivations: Derivations,
    ) -> Meaning:
        try:
            knowledge = project_knowledge(Path(self._known.project))
        except BadKnowledge as error:
            self._warnings.append(str(error))
            knowledge = Knowledge()
        return Meaning(
            gathered,
            plans.analyses,
            derivations,
            knowledge,
            name_call=implementations.of,
            files={state.key: state.path for state in self._files.states},
            arguments=gathered.began.arguments[1:],
            paths=plans.paths(self._files),
        )


def _file(state: FileState, naming: Naming) -> File:
    derived = tuple(
        derivation
        for derivation in naming.derivations(state.derived, state.control)
        if derivation.source != state.reference
    )
    return File(
        key=state.key,
        path=state.path,
        digest=state.digest,
        size_bytes=state.size_bytes,
        verified=state.verified,
        generated_by=state.generated_by,
        derived_from=derived,
        revision_of=state.revision_of,
        ended_by=state.ended_by,
        role="code"
        if state.path.endswith(".py") and not state.read_by and state.generated_by is None
        else "data",
    )


def _outputs(gathered: Gathered) -> Iterable[Output]:
    texts: dict[str, list[str]] = {}
    totals: dict[str, int] = {}
    for event in gathered.outputs:
        texts.setdefault(event.stream, []).append(event.text)
        totals[event.stream] = event.total
    for stream, parts in texts.items():
        if stream in ("stdout", "stderr"):
            yield Output(stream, redact("".join(parts))[-_TAIL:], totals[stream])  # type: ignore[arg-type]


def hash_file(path: Path) -> str | None:
    """Compute the SHA-256 of a file's bytes, in hex; None if they cannot be read or it is no regular file."""
    try:
        if not path.is_file():
            return None
        digest = sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()
