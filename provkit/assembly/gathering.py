"""Events -> what each statement and call did, in the order of the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from provkit.events import (
    ArgumentsGiven,
    CallBegan,
    CalleeSeen,
    CallEnded,
    CaptureDegraded,
    CellBegan,
    CellEnded,
    Event,
    ExceptionCaught,
    FileTouched,
    FunctionEntered,
    JournalBegan,
    ModelFitted,
    ModelKept,
    ModuleSeen,
    NameLeft,
    NotebookBegan,
    NumbersSeen,
    OutputShown,
    OutputWritten,
    ParametersSeen,
    PlainCodeRan,
    ProcessStarted,
    ProgramEnded,
    ProgramRaised,
    RanBetweenCells,
    SourceRead,
    StepBegan,
    StepBound,
    StepEnded,
    StepFailed,
    Tagged,
    ValueSeen,
)
from provkit.notebook_cells import editor_cell


@dataclass(slots=True)
class Chunk:
    """Part of a statement: what it read, bound and changed up to a moment, and the calls it made."""

    moment: int
    """Number of the event that told of it."""
    reads: dict[str, list[int]] = field(default_factory=dict)
    """By place, the version read first, and then those of its members that had changed since."""
    binds: list[tuple[str, int]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    sources: dict[int, list[int]] = field(default_factory=dict)
    """For a version that another thread has made, what it came from."""
    parts: dict[int, tuple[str, int]] = field(default_factory=dict)
    """For a version that is new, the part that was stored, and its version."""
    calls: dict[str, Call] = field(default_factory=dict)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Activation:
    """A run of a function of the project's that was looked into."""

    number: int
    parent: int | None
    """The execution that called it."""
    plan: int
    key: str
    moment: int
    binds: list[tuple[str, int]]
    latest_value: int = 0
    """The highest number of a value that had been told of when it began."""


@dataclass(slots=True)
class Call:
    """A call that was made: one execution, or part of its statement's."""

    order: int
    key: str
    began_ns: int
    parent: int | None = None
    ended_ns: int | None = None
    callee: int | None = None
    result: int | None = None
    receiver: int | None = None
    changes: list[tuple[int, int]] = field(default_factory=list)
    within: dict[int, list[int]] = field(default_factory=dict)
    """For a version that it has made of a container, what had changed in it meanwhile."""
    reads: list[int] = field(default_factory=list)
    sources: dict[int, list[int]] = field(default_factory=dict)
    """For a version that unwatched functions have made, what of the reads it came from."""
    binds: list[tuple[str, int]] = field(default_factory=list)
    summarised: bool = False
    failed: StepFailed | None = None
    moment: int = 0
    """Number of the event of its end."""


@dataclass(slots=True)
class Statement:
    """A statement that was run: its reads by place, what it bound and changed, its calls by place."""

    order: int
    plan: int
    key: str
    parent: int | None
    began_ns: int
    ended_ns: int | None = None
    iterations: int | None = None
    summarised: bool = False
    failed: StepFailed | None = None
    reads: list[tuple[str, int]] = field(default_factory=list)
    binds: list[tuple[str, int]] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    made: list[Call] = field(default_factory=list)
    """Every call it made that returned, in the order of their ends."""
    chunks: list[Chunk] = field(default_factory=list)
    unbinds: list[tuple[int, str]] = field(default_factory=list)
    """Names that it deleted, each with the number of the event."""
    activation: int | None = None
    moment: int = 0
    """Number of the event of its beginning."""
    caught: list[int] = field(default_factory=list)
    """Executions whose exception a handler had taken when this statement, inside it, began."""
    last_caught: list[int] = field(default_factory=list)
    jumps: dict[int, None] = field(default_factory=dict)
    """Of a loop: statements inside it whose test could have left it, or the round."""

    def chunk_at(self, moment: int) -> Chunk | None:
        """Find the part of it that a moment belongs to."""
        return next((chunk for chunk in self.chunks if chunk.moment >= moment), None)


@dataclass(slots=True)
class CellRun:
    """A cell that ran once."""

    began: CellBegan
    ended: CellEnded | None = None
    failed: StepFailed | None = None


@dataclass(slots=True)
class Gathered:
    """All that a journal tells."""

    began: JournalBegan
    sources: dict[int, SourceRead] = field(default_factory=dict)
    statements: dict[int, Statement] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    """Calls that are executions of their own, by order."""
    activations: dict[int, Activation] = field(default_factory=dict)
    ended: list[Statement] = field(default_factory=list)
    """Statements in the order in which they ended; those that never did come last."""
    callees: dict[int, CalleeSeen] = field(default_factory=dict)
    values: dict[int, ValueSeen] = field(default_factory=dict)
    files: list[FileTouched] = field(default_factory=list)
    arguments: dict[tuple[int, str], ArgumentsGiven] = field(default_factory=dict)
    """What calls were given, by order and place."""
    parameters: list[tuple[int, ParametersSeen]] = field(default_factory=list)
    """With the number of the event."""
    fitted: list[ModelFitted] = field(default_factory=list)
    kept: list[ModelKept] = field(default_factory=list)
    numbers: list[NumbersSeen] = field(default_factory=list)
    modules: list[ModuleSeen] = field(default_factory=list)
    outputs: list[OutputWritten] = field(default_factory=list)
    processes: list[ProcessStarted] = field(default_factory=list)
    notebook: NotebookBegan | None = None
    cells: dict[int, CellRun] = field(default_factory=dict)
    """Runs of cells, by order."""
    shown: list[OutputShown] = field(default_factory=list)
    tags: list[Tagged] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    raised: ProgramRaised | None = None
    failed_in: int | None = None
    end: ProgramEnded | None = None
    left: list[NameLeft] = field(default_factory=list)
    plain: list[PlainCodeRan] = field(default_factory=list)
    between: dict[int, str] = field(default_factory=dict)
    """Executions that took place while no cell ran, with what set them going."""
    changed_between: list[tuple[int, RanBetweenCells]] = field(default_factory=list)
    """What changed while no cell ran and no execution is known to have done; with the number of the event."""
    last_ns: int = 0

    def at(self, nanoseconds: int) -> datetime:
        """Give the moment of a time of the journal's."""
        return moment_of(self.began.wall_ns + nanoseconds)


def moment_of(nanoseconds: int) -> datetime:
    """Give the moment, in UTC, of nanoseconds since 1970."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def gather(events: Iterable[Event]) -> Gathered:
    """Sort a journal's events by what they tell of."""
    iterator = iter(events)
    began = next(iterator)
    assert isinstance(began, JournalBegan)
    gathered = Gathered(began)
    latest_failures: list[int] = []
    for moment, event in enumerate(iterator, start=1):
        time_ns = getattr(event, "time_ns", 0)
        if isinstance(time_ns, int):
            gathered.last_ns = max(gathered.last_ns, time_ns)
        if isinstance(event, StepFailed):
            latest_failures.append(event.order)
        elif isinstance(event, ProgramRaised):
            gathered.raised = event
            gathered.failed_in = latest_failures[0] if latest_failures else None
        elif not isinstance(event, StepBound):
            latest_failures = []
        try:
            _take(gathered, event, moment)
        except (KeyError, TypeError, ValueError) as error:
            # What it refers to is on a line that could not be read.
            gathered.warnings.append(
                f"an event of the journal could not be placed: {event!r:.100} ({error!r:.100})"
            )
    for statement in gathered.statements.values():
        _close(statement)
    finished = {statement.order for statement in gathered.ended}
    gathered.ended.extend(
        statement
        for order, statement in sorted(gathered.statements.items(), reverse=True)
        if order not in finished
    )
    return gathered


def _take(gathered: Gathered, event: Event, moment: int) -> None:
    """Take what tells of executions; the rest is facts."""
    match event:
        case StepBegan():
            parent = gathered.statements.get(event.parent) if event.parent is not None else None
            gathered.statements[event.order] = Statement(
                event.order,
                event.plan,
                event.key,
                event.parent,
                event.time_ns,
                activation=event.activation,
                moment=moment,
                caught=list(parent.last_caught) if parent is not None else [],
            )
        case FunctionEntered():
            gathered.activations[event.activation] = Activation(
                event.activation,
                event.parent,
                event.plan,
                event.key,
                moment,
                [(name, value) for name, value in event.binds],
                next(reversed(gathered.values), 0),
            )
        case CallBegan():
            gathered.calls[event.order] = Call(event.order, event.key, event.time_ns, event.parent)
        case CallEnded():
            _take_call(gathered, event, moment)
        case StepBound():
            _take_chunk(gathered.statements[event.order], event, moment)
        case StepEnded():
            statement = gathered.statements[event.order]
            statement.ended_ns = event.time_ns
            statement.iterations = event.iterations
            statement.summarised = event.summarised
            gathered.ended.append(statement)
        case StepFailed():
            _take_failure(gathered, event)
        case ExceptionCaught():
            gathered.statements[event.order].last_caught = list(event.failed)
        case CellBegan():
            gathered.cells[event.order] = CellRun(event)
            in_editor = editor_cell(event.cell)
            if in_editor is not None and gathered.notebook and gathered.notebook.path is None:
                gathered.notebook = gathered.notebook._replace(path=in_editor.notebook)
        case CellEnded():
            gathered.cells[event.order].ended = event
        case RanBetweenCells():
            if event.order is not None:
                gathered.between[event.order] = event.cause
            else:
                gathered.changed_between.append((moment, event))
        case PlainCodeRan():
            gathered.plain.append(event)
        case ProgramEnded():
            gathered.end = event
        case _:
            _take_fact(gathered, event, moment)


def _take_chunk(statement: Statement, event: StepBound, moment: int) -> None:
    binds = [(name, value) for name, value in event.binds]
    changes = [(old, new) for old, new in event.changes]
    statement.reads.extend((site, value) for site, value in event.reads)
    statement.binds.extend(binds)
    statement.changes.extend(changes)
    statement.unbinds.extend((moment, name) for name in event.unbinds)
    chunk = Chunk(
        moment,
        binds=binds,
        changes=changes,
        parts={of: (part, value) for of, part, value in event.parts},
        sources={new: list(of) for new, of in event.sources},
    )
    for site, value in event.reads:
        chunk.reads.setdefault(site, []).append(value)
    statement.chunks.append(chunk)


def _take_fact(gathered: Gathered, event: Event, moment: int) -> None:
    match event:
        case SourceRead():
            gathered.sources[event.plan] = event
        case CalleeSeen():
            gathered.callees[event.callee] = event
        case ValueSeen():
            gathered.values[event.value] = event
        case ArgumentsGiven():
            gathered.arguments[event.order, event.key] = event
        case ParametersSeen():
            gathered.parameters.append((moment, event))
        case ModelFitted():
            gathered.fitted.append(event)
        case ModelKept():
            gathered.kept.append(event)
        case NumbersSeen():
            gathered.numbers.append(event)
        case FileTouched():
            gathered.files.append(event)
        case ModuleSeen():
            gathered.modules.append(event)
        case OutputWritten():
            gathered.outputs.append(event)
        case ProcessStarted():
            gathered.processes.append(event)
        case CaptureDegraded():
            gathered.warnings.append(event.text)
        case NotebookBegan():
            gathered.notebook = event
        case OutputShown():
            gathered.shown.append(event)
        case Tagged():
            gathered.tags.append(event)
        case NameLeft():
            gathered.left.append(event)


def _close(statement: Statement) -> None:
    """Give a statement a last part, in which nothing is bound, and each part its calls."""
    last = max([statement.moment, *(call.moment for call in statement.made)])
    if not statement.chunks or statement.chunks[-1].moment < last:
        statement.chunks.append(Chunk(last))
    for call in statement.made:
        chunk = statement.chunk_at(call.moment)
        if chunk is not None:
            chunk.calls[call.key] = call


def _take_call(gathered: Gathered, event: CallEnded, moment: int) -> None:
    call = gathered.calls.get(event.order)
    if call is None:
        call = Call(event.order, event.key, event.begin_ns)
        statement = gathered.statements[event.order]
    else:
        statement = statement_of(gathered, event.order)
    statement.calls[event.key] = call
    statement.made.append(call)
    call.began_ns = event.begin_ns
    call.ended_ns = event.end_ns
    call.callee = event.callee
    call.result = event.result
    call.receiver = event.receiver
    call.changes = [(change[0], change[1]) for change in event.changes]
    call.within = {new: members for _, new, *members in event.changes if members}
    call.summarised = event.summarised
    call.reads = list(event.reads)
    call.sources = {new: list(of) for new, of in event.sources}
    call.binds = [(name, value) for name, value in event.binds]
    call.moment = moment
    gathered.last_ns = max(gathered.last_ns, event.end_ns)


def _take_failure(gathered: Gathered, event: StepFailed) -> None:
    call = gathered.calls.get(event.order)
    if call is not None:
        call.failed = event
        call.ended_ns = event.time_ns
        return
    run = gathered.cells.get(event.order)
    if run is not None:
        run.failed = event
        return
    statement = gathered.statements[event.order]
    statement.failed = event
    statement.ended_ns = event.time_ns
    gathered.ended.append(statement)


def statement_of(gathered: Gathered, order: int) -> Statement:
    """Find the statement in which an execution took place."""
    current: int | None = order
    while current is not None:
        statement = gathered.statements.get(current)
        if statement is not None:
            return statement
        current = gathered.calls[current].parent
    raise KeyError(order)
