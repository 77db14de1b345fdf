"""The statements of a notebook's cells that made something, in the order in which they ran."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from provkit.events import (
    CallBegan,
    CallEnded,
    CellBegan,
    CellEnded,
    Event,
    RanBetweenCells,
    SourceRead,
    StepBegan,
    StepBound,
)
from provkit.journal_file import SourceTexts
from provkit.statement_syntax import output_of_capture


def counts_of(events: Iterable[Event]) -> dict[int, str]:
    """Tell for each step in which execution of a cell it was made, as people call it: `[3]`, or after which one."""
    cells: dict[int, int] = {}
    counts: dict[int, int | None] = {}
    after: dict[int, int | None] = {}
    last: int | None = None
    for event in events:
        if isinstance(event, CellBegan):
            cells[event.order] = event.order
            counts[event.order] = event.execution_count
        elif isinstance(event, CellEnded):
            last = counts[event.order] = event.execution_count
        elif isinstance(event, RanBetweenCells) and event.order is not None:
            cells[event.order] = event.order
            after[event.order] = last
        elif isinstance(event, StepBegan | CallBegan) and event.parent in cells:
            cells[event.order] = cells[event.parent]
    said: dict[int, str] = {}
    for order, cell in cells.items():
        count = after.get(cell, counts.get(cell))
        if count is not None:
            said[order] = f"after [{count}]" if cell in after else f"[{count}]"
    return said


class _Step(NamedTuple):
    plan: int
    key: str
    cell: int


def program_of(folder: Path, events: list[Event], orders: Iterable[int], wanted: str = "") -> str:
    """Write the statements of cells in which executions took place, and what they need to run.

    Args:
        folder: Holds the texts of the cells.
        events: Of the journal.
        orders: The executions.
        wanted: The name that they have led to.
    """
    orders = set(orders)
    steps, counts = _steps_of_cells(events), counts_of(events)
    texts = _Texts(folder, events)
    kept: dict[_Step, int] = {}
    for order in sorted(orders):
        step = steps.get(order)
        if step is not None:
            kept[step] = order
    between = [one for one in _told_between(events) if not orders.isdisjoint(one.orders)]
    for one in between:
        # The function's definition, as it was when it ran.
        kept.update({step: at for at, step in steps.items() if step[:2] == one.definition})
    kept.update(texts.providers(steps, kept))
    other_names = texts.other_names(events, steps, kept, wanted)
    kept.update(other_names)
    kept.update(texts.providers(steps, other_names))
    # A `%%capture` that is needed runs all of its cell itself.
    whole = {step.cell: step for step in kept if texts.is_whole(step)}
    kept = {step: order for step, order in kept.items() if whole.get(step.cell, step) is step}
    parts: list[str] = []
    last = 0
    names = {*texts.names(kept), wanted}
    told = [one for one in _told_between(events) if one in between or one.names & names]
    for step in sorted(kept, key=lambda one: kept[one]):
        while told and told[0].moment < kept[step]:
            parts.append(told.pop(0).said)
            last = 0
        if step.cell != last:
            parts.append(f"# {counts.get(step.cell, 'cell')}")
            last = step.cell
        parts.append(texts.statement(step))
    parts.extend(one.said for one in told)
    return "\n".join(parts)


class _Between(NamedTuple):
    """Something that happened while no cell ran."""

    moment: int
    """The order of what had begun last."""
    orders: set[int]
    """Of its execution, if it is one, and of those inside."""
    definition: tuple[int, str]
    """Plan and key of the function."""
    names: set[str]
    """Of what it bound and changed, where it is no execution."""
    said: str


def _told_between(events: Iterable[Event]) -> list[_Between]:
    """List what happened while no cell ran, each as a line of comment."""
    found: list[_Between] = []
    names: dict[int, str] = {}
    within: dict[int, _Between] = {}
    last = 0
    definition = (-1, "")
    for event in events:
        if isinstance(event, StepBegan | CallBegan | CellBegan):
            last = event.order
        if isinstance(event, StepBegan):
            definition = (event.plan, event.key)
        if isinstance(event, StepBegan | CallBegan) and event.parent in within:
            within[event.order] = within[event.parent]
            within[event.order].orders.add(event.order)
        elif isinstance(event, StepBound):
            names.update({value: name for name, value in event.binds})
            names.update({new: names[old] for old, new in event.changes if old in names})
        elif isinstance(event, CallEnded):
            names.update({new: names[old] for old, new, *_ in event.changes if old in names})
        elif isinstance(event, RanBetweenCells):
            names.update({value: name for name, value in event.binds})
            names.update({new: names[old] for old, new in event.changes if old in names})
            changed = {name for name, _ in event.binds}
            changed |= {names[new] for _, new in event.changes if new in names}
            what = f"{', '.join(sorted(changed)) or 'something'} changed"
            if event.function is not None:
                what = f"{event.function} ran"
            said = f"# between cells {what}: {event.cause}"
            one = _Between(last, set(), definition, changed, said)
            if event.order is not None:
                one.orders.add(event.order)
                within[event.order] = one
            found.append(one)
    return found


def _steps_of_cells(events: Iterable[Event]) -> dict[int, _Step]:
    """Find for each execution the statement of a cell, at its own level, that it took place in."""
    steps: dict[int, _Step] = {}
    cells: set[int] = set()
    plans: set[int] = set()
    for event in events:
        if isinstance(event, CellBegan):
            cells.add(event.order)
            plans.add(event.plan)
        elif isinstance(event, StepBegan) and event.parent in cells and event.plan in plans:
            steps[event.order] = _Step(event.plan, event.key, event.parent or 0)
        elif isinstance(event, StepBegan | CallBegan) and event.parent in steps:
            steps[event.order] = steps[event.parent]
    return steps


class _Texts:
    """The texts of cells as they were compiled, by number and place."""

    def __init__(self, folder: Path, events: Iterable[Event]) -> None:
        self._lines: dict[int, list[str]] = {}
        self._nodes: dict[int, dict[str, ast.stmt]] = {}
        texts = SourceTexts(folder)
        for event in events:
            if isinstance(event, SourceRead) and event.instrumented:
                text = (texts.bytes_of(event.sha256) or b"").decode("utf-8", "replace")
                self._lines[event.plan] = text.splitlines()
                body = ast.parse(text).body
                self._nodes[event.plan] = {
                    f"{node.lineno}.{node.col_offset}": node for node in body
                }

    def statement(self, step: _Step) -> str:
        """Give a statement's own lines, its decorators too."""
        node = self._nodes.get(step.plan, {}).get(step.key)
        if node is None:
            return ""
        if self.is_whole(step):
            lines = self._lines[step.plan]
            call = ast.parse(lines[node.lineno - 1]).body[0].value  # type: ignore[attr-defined]
            body = "\n".join([*lines[node.lineno :], ""])
            return ast.unparse(ast.Call(call.func, [*call.args[:2], ast.Constant(body)], []))
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        return "\n".join(self._lines[step.plan][first - 1 : node.end_lineno])

    def is_whole(self, step: _Step) -> bool:
        """Tell whether a statement stands for all of its cell: it binds a name to what that shows."""
        node = self._nodes.get(step.plan, {}).get(step.key)
        call = node.value if isinstance(node, ast.Expr) else None
        return isinstance(call, ast.Call) and output_of_capture(call) is not None

    def names(
        self, steps: Iterable[_Step], context: type[ast.expr_context] = ast.expr_context
    ) -> set[str]:
        """List the names that statements mention."""
        nodes = [
            node
            for step in steps
            for key, node in self._nodes.get(step.plan, {}).items()
            if key == step.key or self.is_whole(step)
        ]
        return {
            part.id
            for node in nodes
            for part in ast.walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, context)
        }

    def providers(self, steps: Mapping[int, _Step], kept: Mapping[_Step, int]) -> dict[_Step, int]:
        """Find the imports and definitions that give the names which statements need, as they were when these ran."""
        giving: dict[str, list[int]] = {}
        for order, step in sorted(steps.items()):
            node = self._nodes.get(step.plan, {}).get(step.key)
            for name in _provided(node) if node is not None else ():
                giving.setdefault(name, []).append(order)
        found: dict[_Step, int] = {}
        for user, at in kept.items():
            waiting, seen = list(self.names([user])), set[str]()
            while waiting:
                name = waiting.pop()
                before = bisect_left(giving.get(name, []), at)
                if name in seen or before == 0:
                    continue
                seen.add(name)
                order = giving[name][before - 1]
                if steps[order] not in kept:
                    found[steps[order]] = order
                waiting.extend(self.names([steps[order]]))
        return self._without_repetitions(found)

    def other_names(
        self,
        events: Iterable[Event],
        steps: Mapping[int, _Step],
        kept: Mapping[_Step, int],
        wanted: str,
    ) -> dict[_Step, int]:
        """Find the statements that give what is there already the name under which others read it: `b = a`."""
        binding: dict[str, list[tuple[int, bool]]] = {}
        known: set[int] = set()
        for event in events:
            if not isinstance(event, StepBound):
                continue
            is_other = not event.changes and all(value in known for _, value in event.binds)
            for name, _ in event.binds if event.order in steps else ():
                binding.setdefault(name, []).append((event.order, is_other))
            known.update(value for _, value in (*event.binds, *event.changes))
        found: dict[_Step, int] = {}
        waiting = [(name, at) for step, at in kept.items() for name in self._read([step])]
        waiting += [(wanted, at + 1) for at, _ in binding.get(wanted, [])[-1:]]
        while waiting:
            name, until = waiting.pop()
            before = bisect_left(binding.get(name, []), (until, False))
            order, is_other = binding[name][before - 1] if before else (0, False)
            step = steps.get(order)
            if is_other and step is not None and step not in kept and step not in found:
                found[step] = order
                waiting += [(one, order) for one in self._read([step])]
        return found

    def _read(self, steps: Iterable[_Step]) -> set[str]:
        """List the names that statements read, without those that they bind alone."""
        return self.names(steps, ast.Load)

    def _without_repetitions(self, found: dict[_Step, int]) -> dict[_Step, int]:
        """Leave out what says again, word for word, what its names mean already: a cell that was run twice."""
        needed: dict[_Step, int] = {}
        meaning: dict[str, str] = {}
        for step in sorted(found, key=lambda one: found[one]):
            said = dict.fromkeys(_provided(self._nodes[step.plan][step.key]), self.statement(step))
            if not said.items() <= meaning.items():
                needed[step] = found[step]
            meaning.update(said)
        return needed


def _provided(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(name.asname or name.name).partition(".")[0] for name in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return set()
