"""Which cells were run with something that has since been made anew, and which were run out of order.

Read from a journal alone: what each execution of a cell bound, and which of these things others read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from provkit.events import (
    CallBegan,
    CallEnded,
    CellBegan,
    CellEnded,
    Event,
    RanBetweenCells,
    StepBegan,
    StepBound,
    ValueSeen,
)


@dataclass(slots=True)
class CellRun:
    """One execution of a cell."""

    order: int
    cell: str
    """What stays the same when it is run again: its id, else its text."""
    count: int | None
    binds: dict[int, str] = field(default_factory=dict)
    """Values that it bound or changed, with what each was called first."""
    latest: dict[str, int] = field(default_factory=dict)
    """For each name the last of these values."""
    reads: dict[int, None] = field(default_factory=dict)
    failed: bool = False
    deletes: dict[str, None] = field(default_factory=dict)
    contents: dict[int, str] = field(default_factory=dict)
    """What each value of the journal is, as far as it was small enough to be told; one for all runs."""
    between: str | None = None
    """It is none of a cell: what happened while no cell ran, and this is what set it going."""

    @property
    def label(self) -> str:
        """What people call it: its execution count."""
        if self.between is not None:
            return self.cell
        return "a cell" if self.count is None else f"cell {self.count}"


@dataclass(frozen=True, slots=True)
class Finding:
    """A cell that used what is not there any more, or that will not be there when all is run from the top."""

    run: CellRun
    name: str
    made_by: CellRun
    """The execution whose value it read."""
    since: CellRun | None
    """A later execution of the same cell; None if the order is what is wrong. Or what changed it between cells."""
    deleted: bool = False
    """`since` deleted the name."""
    follows: bool = False
    """It read nothing that was made anew, but what it read came from a cell that did."""
    repeats: bool = False
    """It went on with what it had left itself, and that is another thing now."""

    @property
    def sentence(self) -> str:
        """Say it to a person."""
        used = f"{self.run.label} used `{self.name}` as {self.made_by.label} left it"
        if self.made_by.between is not None:
            used += " between cells"
        if self.since is not None and self.since.between is not None:
            did = "deleted" if self.deleted else "changed"
            return f"{used}; {self.since.label} has {did} it since, between cells"
        if self.made_by.between is not None and self.since is None and not self.follows:
            cause = self.made_by.between
            why = "" if cause == self.made_by.label else f" ({cause})"
            return f"{used}{why}: run from the top, that may not happen, or at another time"
        if self.repeats:
            return (
                f"{self.run.label} changed `{self.name}` again, as the same cell had as {self.made_by.label}; "
                "run from the top, that happens once"
            )
        if self.follows:
            return f"{used}, and {self.made_by.label} is stale"
        if self.since is not None and self.deleted:
            return f"{used}; {self.since.label} has deleted it since"
        if self.since is not None:
            again = f"{self.made_by.label} has been run again since"
            count = "" if self.since.count is None else f", as {self.since.label}"
            return f"{used}; {again}{count}"
        return f"{used}; that cell first ran after it: run from the top, it will not find it so"


class _Names:
    """What people call values: by the notebook's own name that held it first, else by another."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._others: dict[int, str] = {}
        """Names of functions' own, and those of what was shown."""

    def of(self, value: int, name: str, *, is_own: bool) -> str:
        """Take notice of a name, and give what the value is called now."""
        is_own = is_own and name != "return" and not name.startswith("_")
        (self._names if is_own else self._others).setdefault(value, name)
        return self._names.get(value) or self._others[value]

    def of_next(self, old: int, new: int) -> str:
        """Call a new version of an object as its object is called."""
        for names in (self._names, self._others):
            if old in names:
                names.setdefault(new, names[old])
        return self._names.get(new) or self._others.get(new, "")


def runs_of(events: Iterable[Event]) -> list[CellRun]:
    """Gather the executions of cells in a journal, in the order in which they began."""
    gathering = _Gathering()
    for event in events:
        gathering.take(event)
    return sorted(gathering.runs.values(), key=lambda run: run.order)


class _Gathering:
    """The executions of cells, in the making."""

    def __init__(self) -> None:
        self.runs: dict[int, CellRun] = {}
        self._within: dict[int, int] = {}
        """By order of a step, that of its cell."""
        self._contents: dict[int, str] = {}
        self._names = _Names()
        self._of_functions: set[int] = set()
        """Orders of steps of functions: the names that these delete are their own."""
        self._last = 0
        """The order of what has begun last."""

    def take(self, event: Event) -> None:
        """Take what an event tells of cells."""
        match event:
            case CellBegan():
                self._begin_cell(event)
            case RanBetweenCells():
                self._take_between(event)
            case CellEnded() if event.order in self.runs:
                self.runs[event.order].failed = event.status != "ok"
                self.runs[event.order].count = event.execution_count
            case ValueSeen():
                said = event.description.get("digest", event.description.get("scalar"))
                if said is not None:
                    self._contents[event.value] = repr(said)
            case StepBegan() | CallBegan():
                self._last = event.order
                if isinstance(event, StepBegan) and event.activation is not None:
                    self._of_functions.add(event.order)
                if event.parent in self._within:
                    self._within[event.order] = self._within[event.parent]
            case CallEnded() if event.order in self._within:
                run = self.runs[self._within[event.order]]
                run.reads.update(dict.fromkeys(one for one in event.reads if one not in run.binds))
                changes = [(old, new) for old, new, *_ in event.changes]
                _bind(run, self._names, event.binds, changes, in_function=False)
            case StepBound() if event.order in self._within:
                run = self.runs[self._within[event.order]]
                _take(run, event, self._names, event.order in self._of_functions)

    def _begin_cell(self, event: CellBegan) -> None:
        self._last = event.order
        outer = None if event.parent is None else self._within.get(event.parent)
        if outer is None:
            key = event.cell or event.raw_sha256
            self.runs[event.order] = CellRun(
                event.order, key, event.execution_count, contents=self._contents
            )
        self._within[event.order] = event.order if outer is None else outer

    def _take_between(self, event: RanBetweenCells) -> None:
        order = self._last if event.order is None else event.order
        label = event.cause if event.function is None else f"`{event.function}`"
        run = CellRun(order, label, None, contents=self._contents, between=event.cause)
        self._within[order] = order
        while order in self.runs:  # another thing of the same moment
            order -= 1
        self.runs[order] = run
        _bind(run, self._names, event.binds, event.changes, in_function=False)
        run.deletes.update(dict.fromkeys(event.unbinds))


def _take(run: CellRun, event: StepBound, names: _Names, in_function: bool) -> None:  # noqa: FBT001
    run.reads.update(dict.fromkeys(value for _, value in event.reads if value not in run.binds))
    _bind(run, names, event.binds, event.changes, in_function=in_function)
    if not in_function:
        run.deletes.update(dict.fromkeys(event.unbinds))


def _bind(
    run: CellRun,
    names: _Names,
    binds: list[tuple[str, int]],
    changes: list[tuple[int, int]],
    *,
    in_function: bool,
) -> None:
    for bound, value in binds:
        name = bound.rpartition(":")[2]
        run.binds[value] = names.of(value, name, is_own=not in_function)
        run.latest[name] = value
        run.deletes.pop(name, None)
    for old, new in changes:
        name = run.binds[new] = names.of_next(old, new)
        run.latest[name] = new


def findings_of(runs: list[CellRun]) -> list[Finding]:
    """Find what is stale, each cell's last execution looked at; what is worse first."""
    made_by = _makers(runs)
    # One that failed before it bound anything has left what the one before it made.
    did = (run for run in runs if run.latest or not run.failed)
    latest = {run.cell: run for run in runs} | {run.cell: run for run in did}
    first = {run.cell: run for run in reversed(runs)}
    found: dict[tuple[int, str], Finding] = {}
    for run in runs:
        if latest[run.cell] is not run or run.between is not None:
            continue
        for value in _reads_through(run, made_by):
            maker, name = made_by.get(value, (None, ""))
            if maker is None or maker.cell == run.cell or not name:
                continue
            again = latest[maker.cell]
            gone = _deleted_by(runs, run, name)
            meanwhile = _changed_between(runs, run, name)
            if meanwhile is not None:
                found[run.order, name] = Finding(run, name, maker, meanwhile)
            elif maker.between is not None:
                found.setdefault((run.order, name), Finding(run, name, maker, None))
            elif again.order > run.order:
                found[run.order, name] = Finding(run, name, maker, again)
            elif gone is not None:
                found[run.order, name] = Finding(run, name, maker, gone, deleted=True)
            elif first[maker.cell].order > first[run.cell].order:
                found.setdefault((run.order, name), Finding(run, name, maker, None))
    return [
        *found.values(),
        *_following(runs, latest, made_by, found),
        *_repeating(latest.values(), made_by),
    ]


def _repeating(
    runs: Iterable[CellRun], made_by: dict[int, tuple[CellRun | None, str]]
) -> list[Finding]:
    """Find cells that were run again on what they had left, and so left something else."""
    found: list[Finding] = []
    for run in runs:
        for value in run.reads if run.between is None else ():
            maker, name = made_by.get(value, (None, ""))
            if maker is None or maker is run or maker.cell != run.cell or name not in run.latest:
                continue
            before, after = run.contents.get(value), run.contents.get(run.latest[name])
            if before is not None and after is not None and before != after:
                found.append(Finding(run, name, maker, None, repeats=True))
    return found


def _reads_through(run: CellRun, made_by: dict[int, tuple[CellRun | None, str]]) -> dict[int, None]:
    """List what a run read; where it went on with what its own cell had left, what that had read as well."""
    found: dict[int, None] = {}
    waiting = [run]
    passed = {run.order}
    while waiting:
        for value in waiting.pop().reads:
            found[value] = None
            maker = made_by.get(value, (None, ""))[0]
            if maker is not None and maker.cell == run.cell and maker.order not in passed:
                passed.add(maker.order)
                waiting.append(maker)
    return found


def _deleted_by(runs: list[CellRun], run: CellRun, name: str) -> CellRun | None:
    """Find the execution after one that deleted a name which nothing has bound since."""
    gone = None
    for later in runs:
        if later.order <= run.order:
            continue
        if name in later.deletes:
            gone = later
        elif name in later.latest:
            gone = None
    return gone


def _changed_between(runs: list[CellRun], run: CellRun, name: str) -> CellRun | None:
    """Find what has changed a name's object after an execution, while no cell ran, if no cell has bound it since."""
    changed = None
    for later in runs:
        if later.order > run.order and name in later.latest:
            changed = later if later.between is not None else None
    return changed


def _makers(runs: list[CellRun]) -> dict[int, tuple[CellRun | None, str]]:
    """Tell for each value which execution made it; a new version of an object has its object's name."""
    makers: dict[int, tuple[CellRun | None, str]] = {}
    for run in runs:
        for value, name in run.binds.items():
            makers.setdefault(value, (run, name))
    return makers


def _following(
    runs: list[CellRun],
    latest: dict[str, CellRun],
    made_by: dict[int, tuple[CellRun | None, str]],
    found: dict[tuple[int, str], Finding],
) -> list[Finding]:
    # What came of something that was deleted is as good as before.
    stale = {
        order
        for (order, _), finding in found.items()
        if finding.since is not None and not finding.deleted
    }
    following: dict[tuple[int, str], Finding] = {}
    for run in runs:
        if latest[run.cell] is not run or run.between is not None:
            continue
        for value in run.reads:
            maker, name = made_by.get(value, (None, ""))
            if maker is not None and maker.order in stale and name and maker is not run:
                stale.add(run.order)
                if not any(order == run.order for order, _ in found):
                    following.setdefault(
                        (run.order, name), Finding(run, name, maker, None, follows=True)
                    )
    return list(following.values())
