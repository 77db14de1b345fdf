"""Journal -> Trial: what happened, told once, with every value under a name and its origins.

Runs outside the watched process, after it: when it has ended, or when a journal is found whose process is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from provkit.assembly.argument_binding import parameter_name, positional_parameters
from provkit.assembly.cells import ORIGINAL, Cells
from provkit.assembly.contents import Keep, forget
from provkit.assembly.derivation import Derivations
from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import Call, Gathered, Statement, gather
from provkit.assembly.kept_models import kept_models, last_model
from provkit.assembly.meaning import Meaning
from provkit.assembly.naming import Naming
from provkit.assembly.origins import Source
from provkit.assembly.plain_code import ran_in_blocks
from provkit.circumstances import Circumstances
from provkit.dataflow import Argument
from provkit.errors import BadJournal, BadKnowledge
from provkit.events import CalleeSeen
from provkit.journal_file import SourceTexts, read_journal
from provkit.knowledge import Knowledge, project_knowledge
from provkit.model import (
    Execution,
    Failure,
    File,
    Implementation,
    Learning,
    Output,
    Package,
    Plan,
    PlanKind,
    Reference,
    Setting,
    Status,
    Trial,
    Usage,
)
from provkit.redaction import redact
from provkit.source import SourceAnalysis, plan_of_garbage, plan_without_steps

_TAIL = 4_000
"""Characters of an output that a trial keeps."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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
        self._texts = SourceTexts(folder)
        self._keep = keep
        self._cells: Cells | None = None
        self._step_prefixes: dict[int, str] = {}
        self._known = circumstances
        self._gathered = gathered
        self._outcome = outcome
        self._warnings = warnings
        self._files = FileStates(Path(circumstances.project), hash_file)
        self._analyses: dict[int, SourceAnalysis] = {}
        self._plans: dict[int, Plan] = {}
        self._packages: tuple[Package, ...] = ()
        self._package_of: Mapping[str, Package] = {}
        self._interpreter: Package | None = None
        if gathered is not None:
            self._packages, self._package_of = packages_of(
                {module.name: module.file for module in gathered.modules if module.sha256 is None},
                gathered.began.search_path,
            )
            self._interpreter = Package("python", gathered.began.python, "generic")
            self._own_plans: dict[str, str] = {}

    def trial(self) -> Trial:
        """Put it all together."""
        known = self._known
        status, exit_status, signal = self._ending()
        settings = known.settings
        if not any(setting.key == "argv" for setting in settings):
            settings = (Setting("argv", "command line", " ".join(known.command)), *settings)
        trial_facts: dict[str, object] = {}
        if self._gathered is not None:
            trial_facts = self._happened(self._gathered)
            settings = (
                *settings,
                *(
                    Setting(f"process.{number}", "command line of another program", process.command)
                    for number, process in enumerate(self._gathered.processes, 1)
                ),
            )
        plan = trial_facts.pop("plan", None) or plan_of_garbage(b"", "command")
        assert isinstance(plan, Plan)
        if self._cells is not None:
            settings = (*settings, *self._cells.settings())
        return Trial(
            id=known.trial,
            base_iri=known.base_iri,
            label=next(str(setting.value) for setting in settings if setting.key == "argv"),
            plan=plan,
            started_at=_moment(
                self._gathered.began.wall_ns if self._gathered else known.started_ns
            ),
            ended_at=_moment(self._ended_ns()),
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
            interpreter=self._interpreter,
            packages=self._packages,
            cpu_seconds=self._outcome.cpu_seconds if self._outcome else None,
            peak_memory_bytes=self._outcome.peak_memory_bytes if self._outcome else None,
            **trial_facts,  # type: ignore[arg-type]
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

    def _happened(self, gathered: Gathered) -> dict[str, object]:
        self._read_sources(gathered)
        script = self._script_state(gathered)
        modules = self._modules(gathered)
        for event in gathered.files:
            self._files.take(event)
        if self._outcome is not None or gathered.end is not None:
            self._files.settle()
        derivations = Derivations(gathered, self._analyses, self._files)
        derivations.walk()
        meaning = self._meaning(gathered, derivations)
        naming = Naming(gathered, self._analyses, derivations, self._step_prefix)
        self._warnings.extend(gathered.warnings)
        failure = None
        if gathered.raised is not None:
            failure = Failure(gathered.raised.type, gathered.raised.message)
        return {
            "plan": self._plans.get(0) if self._cells is None else self._cells.plan,
            "notebook": self._cells.notebook(self._keep, self._at, naming.reference)
            if self._cells is not None
            else None,
            "script": script.key if script is not None else None,
            "modules": modules,
            "executions": tuple(self._executions(gathered, derivations, naming)),
            "ran_unseen": tuple(dict.fromkeys(self._ran_unseen(gathered))),
            "values": tuple(naming.values()),
            "files": tuple(_file(state, naming) for state in self._files.states),
            "outputs": tuple(_outputs(gathered)),
            "learning": self._learning(gathered, meaning, naming),
            "failure": failure,
            "failed_in": gathered.failed_in,
        }

    def _learning(self, gathered: Gathered, meaning: Meaning, naming: Naming) -> Learning:
        learning = meaning.told(naming.reference)
        if not gathered.kept:
            return learning

        def key_of(value: int) -> str | None:
            reference = naming.reference(value)
            return reference.key if reference is not None else None

        before = {value.key: value.revision_of for value in naming.values()}
        models = [run.model for run in learning.runs if run.model is not None]
        kept = kept_models(
            gathered.kept,
            self._folder,
            self._keep,
            key_of,
            lambda key: last_model(key, models, before),
            self._warnings,
        )
        return replace(learning, kept=tuple(kept))

    def _meaning(self, gathered: Gathered, derivations: Derivations) -> Meaning:
        try:
            knowledge = project_knowledge(Path(self._known.project))
        except BadKnowledge as error:
            self._warnings.append(str(error))
            knowledge = Knowledge()
        files = {state.key: state.path for state in self._files.states}
        by_digest = {state.digest: state.path for state in self._files.states}
        by_place = {number: by_digest.get(of.sha256, "") for number, of in gathered.sources.items()}
        if self._cells is not None:
            by_place.update(self._cells.places())
        return Meaning(
            gathered,
            self._analyses,
            derivations,
            knowledge,
            name_call=self._implementation,
            files=files,
            arguments=gathered.began.arguments[1:],
            paths=by_place,
        )

    def _step_prefix(self, plan: int) -> str:
        """Give what keys of steps begin with: for a cell of a notebook its id."""
        return self._step_prefixes.get(plan, "")

    def _read_cells(self, gathered: Gathered) -> None:
        cells = self._cells = Cells(self._folder, gathered, self._texts.bytes_of)
        self._warnings.extend(cells.warnings)
        for number, key in cells.programs():
            self._plans[number] = cells.plan
            self._step_prefixes[number] = cells.analysis.prefix(key)
            analysis = cells.analysis_of(key)
            if analysis is not None:
                self._analyses[number] = analysis

    def _read_sources(self, gathered: Gathered) -> None:
        if gathered.notebook is not None:
            self._read_cells(gathered)
        places_run = _places_run(gathered)
        for number, source in gathered.sources.items():
            if source.kind == "cell":
                continue
            kind: PlanKind = source.kind  # type: ignore[assignment]
            text = self._texts.bytes_of(source.sha256)
            if text is None:
                self._warnings.append(
                    f"the source text {source.sha256[:12]} is not beside the journal"
                )
                self._plans[number] = Plan(source.sha256, kind, source.size_bytes)
                continue
            try:
                ran = None if number == 0 else places_run.get(number, ())
                self._analyses[number] = SourceAnalysis(text, kind, ran=ran)
                self._plans[number] = self._analyses[number].plan
            except (SyntaxError, ValueError, RecursionError):
                self._plans[number] = plan_of_garbage(text, kind)
            if source.path is not None:
                self._own_plans[source.path] = source.sha256

    def _script_state(self, gathered: Gathered) -> FileState | None:
        if gathered.notebook is not None:
            return self._notebook_state(gathered.notebook.path)
        source = gathered.sources.get(0)
        if source is None or source.path is None:
            return None
        return self._files.code(source.path, source.sha256, source.size_bytes)

    def _notebook_state(self, path: str | None) -> FileState | None:
        """Tell the file of a notebook as it was before it was executed."""
        try:
            content = (self._folder / ORIGINAL).read_bytes()
        except OSError:
            return None
        if path is None:
            return None
        return self._files.code(path, sha256(content).hexdigest(), len(content))

    def _modules(self, gathered: Gathered) -> tuple[tuple[str, Plan], ...]:
        modules = {}
        for number, source in gathered.sources.items():
            if number != 0 and source.path is not None and source.kind != "cell":
                state = self._files.code(source.path, source.sha256, source.size_bytes)
                modules[source.sha256] = (state.key, self._plans[number])
        for module in gathered.modules:
            if module.sha256 is None or module.file is None or module.file in self._own_plans:
                continue
            self._own_plans[module.file] = module.sha256
            text = self._texts.bytes_of(module.sha256) or b""
            state = self._files.code(module.file, module.sha256, module.size_bytes or 0)
            try:
                plan = plan_without_steps(text, "module")
            except (SyntaxError, ValueError, RecursionError):
                plan = plan_of_garbage(text, "module")
            modules[module.sha256] = (state.key, plan)
        return tuple(modules.values())

    def _ran_unseen(self, gathered: Gathered) -> Iterable[tuple[str, str]]:
        """List the statements that ran without being looked into, by plan and step."""
        for event in gathered.plain:
            analysis = self._analyses.get(event.plan)
            if analysis is not None:
                prefix = self._step_prefix(event.plan)
                for key in ran_in_blocks(analysis, event.blocks):
                    yield self._plans[event.plan].digest, f"{prefix}{key}"

    # ---------------------------------------------------------------- executions

    def _executions(
        self, gathered: Gathered, derivations: Derivations, naming: Naming
    ) -> Iterable[Execution]:
        orders = sorted([*gathered.statements, *gathered.calls])
        for order in orders:
            statement = gathered.statements.get(order)
            call = gathered.calls.get(order)
            if statement is not None:
                own = next((item for item in statement.calls.values() if item.order == order), None)
                yield self._execution(statement, statement, own, derivations, naming)
            elif call is not None:
                inside = _statement_around(gathered, call)
                yield self._execution(inside, call, call, derivations, naming)

    def _execution(
        self,
        statement: Statement,
        item: Statement | Call,
        call: Call | None,
        derivations: Derivations,
        naming: Naming,
    ) -> Execution:
        gathered = self._gathered
        assert gathered is not None
        callee = gathered.callees.get(call.callee or 0) if call is not None else None
        failed = item.failed
        ended = item.ended_ns
        if ended is None and gathered.end is not None and failed is None:
            # `sys.exit()` and its kin: the step ended with the program.
            ended = gathered.end.time_ns
        return Execution(
            order=item.order,
            plan=self._plans[statement.plan].digest,
            step=f"{self._step_prefix(statement.plan)}{item.key}",
            parent=item.parent,
            started_at=self._at(item.began_ns),
            ended_at=self._at(ended) if ended is not None else None,
            called=self._implementation(callee) if callee is not None else None,
            usages=tuple(self._usages(item.order, statement, call, callee, derivations, naming)),
            iterations=item.iterations if isinstance(item, Statement) else None,
            summarised=item.summarised or (call is not None and call.summarised),
            failure=Failure(failed.type or "an exception that was suppressed", failed.message)
            if failed
            else None,
            unbinds=naming.deletions.of(item.order),
            between=gathered.between.get(item.order),
        )

    def _at(self, nanoseconds: int) -> datetime:
        assert self._gathered is not None
        return _moment(self._gathered.began.wall_ns + nanoseconds)

    def _implementation(self, callee: CalleeSeen) -> Implementation:
        name = f"{callee.module}.{callee.name}" if callee.module else callee.name
        if callee.kind == "own":
            plan = self._own_plans.get(callee.file or "") or self._own_plan_of_main(callee)
            own_name = callee.name if plan is not None else name
            return Implementation(own_name, plan=plan)
        top = (callee.module or "builtins").partition(".")[0]
        package = self._package_of.get(top)
        if package is None and callee.module is not None and _is_standard(top):
            package = self._interpreter
        return Implementation(name, package=package)

    def _own_plan_of_main(self, callee: CalleeSeen) -> str | None:
        if callee.module != "__main__":
            return None
        if self._cells is not None:
            return self._cells.plan.digest
        return self._plans[0].digest if 0 in self._plans else None

    def _usages(
        self,
        order: int,
        statement: Statement,
        call: Call | None,
        callee: CalleeSeen | None,
        derivations: Derivations,
        naming: Naming,
    ) -> Iterable[Usage]:
        bound: dict[tuple[Reference, str | None, str | None], None] = {}
        if call is not None and callee is not None:
            for name, argument, taken in self._arguments(statement, call, callee):
                reference = naming.reference(argument)
                if reference is not None:
                    bound[reference, name, taken] = None
        with_role = {reference for reference, _, _ in bound}
        for entity, parameter, part in bound:
            yield Usage(entity, parameter, part)
        for source in derivations.used.get(order, {}):
            reference = naming.reference(source)
            if reference is not None and reference not in with_role:
                yield Usage(reference)

    def _arguments(
        self, statement: Statement, call: Call, callee: CalleeSeen
    ) -> Iterable[tuple[str, Source, str | None]]:
        analysis = self._analyses.get(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        site = flow.calls.get(call.key) if flow is not None else None
        if site is None:
            return
        reads = dict(reversed(statement.reads))
        takes_self = bool(callee.parameters) and callee.parameters[0] in ("self", "cls")  # type: ignore[index]
        if site.receiver is not None and callee.kind in ("method", "own", "object"):
            part = site.receiver.part
            receiver = call.receiver or _source_of(site.receiver, reads, statement)
            if receiver is not None:
                yield "self", receiver, None if call.receiver is not None else part
        positional = positional_parameters(callee.parameters, skip_first=takes_self)
        for argument in site.arguments:
            source = _source_of(argument, reads, statement)
            name = parameter_name(argument, positional, callee.parameters)
            if source is not None and name is not None:
                yield name, source, argument.part


def _source_of(argument: Argument, reads: dict[str, int], statement: Statement) -> int | None:
    if argument.place is None:
        return None
    if argument.place in reads:
        return reads[argument.place]
    call = statement.calls.get(argument.place)
    return call.result if call is not None else None


def _places_run(gathered: Gathered) -> dict[int, set[str]]:
    """List the places of the statements that ran in each text."""
    places: dict[int, set[str]] = {}
    for statement in gathered.statements.values():
        places.setdefault(statement.plan, set()).add(statement.key)
    for event in gathered.plain:
        # Where nobody looked something ran as well.
        places.setdefault(event.plan, set()).update(first for first, _ in event.blocks)
    return places


def _statement_around(gathered: Gathered, call: Call) -> Statement:
    current: Call = call
    while current.parent is not None and current.parent not in gathered.statements:
        current = gathered.calls[current.parent]
    assert current.parent is not None
    return gathered.statements[current.parent]


def _is_standard(module: str) -> bool:
    import sys

    return module in sys.stdlib_module_names or module == "builtins"


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


def _moment(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
