"""Where values come from, as it is found out, and under which names: what flowed into a part of a statement.

The source says which reads and calls *can* flow into an expression; the journal says which of them happened
and what they gave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from provkit.assembly.gathering import Call, Chunk, Gathered, Statement
from provkit.dataflow import DISPATCH, PART, Dataflow, Flow
from provkit.model import Reference
from provkit.source import SourceAnalysis

COMMAND_LINE = Reference("setting", "argv")
Source = Reference | int
_S = TypeVar("_S", Reference, int, Source)
Place = tuple[int, int, str]
"""A name: its plan, its activation (0 for a module's, and for one that closures share), itself."""


@dataclass(slots=True)
class Origin:
    """Where a value came from, as it is found out."""

    generated_by: int | None = None
    revision_of: int | None = None
    part: tuple[str, int] | None = None
    """Of a version that differs from the one before in one part: that part, and what is there."""
    data: dict[Reference | int, None] = field(default_factory=dict)
    """Values by number, and other things by reference, in the order in which they were met."""
    control: dict[Reference | int, None] = field(default_factory=dict)
    holds: int | None = None
    """Of what a name or a part holds, told apart from the object: the version of the object."""


def walked_back(
    values: Iterable[_S], sources: Callable[[_S], Iterable[_S]], reach: int
) -> Iterator[_S]:
    """Go back from values to what they came from, the nearest first, each once.

    Args:
        values: Where to begin; they are given first.
        sources: Says what one came from; asked once the walk goes on from it. Nothing, where it is to end.
        reach: How many are given, at most.
    """
    waiting = list(values)
    visited: set[_S] = set()
    while waiting and len(visited) < reach:
        current = waiting.pop(0)
        if current not in visited:
            visited.add(current)
            yield current
            waiting.extend(sources(current))


def values_behind(origins: Mapping[int, Origin], value: int) -> list[int]:
    """List the values that a value came from by data, at one step."""
    origin = origins.get(value)
    return [] if origin is None else [one for one in origin.data if isinstance(one, int)]


class Origins:
    """Values with their origins and their names."""

    def __init__(self, gathered: Gathered, analyses: dict[int, SourceAnalysis]) -> None:
        self._gathered = gathered
        self._analyses = analyses
        self.origins: dict[int, Origin] = {}
        self.names: dict[int, list[str]] = {}
        """The names each value was bound to, or was first read through, in order."""
        self.named_by_parameters: set[int] = set()
        """Values whose first name is a parameter's: they were given before any name was bound to them."""
        self.used: dict[int, dict[Source, None]] = {}
        """What each execution used."""
        self._inputs: dict[int, dict[Source, None]] = {}
        """What flowed into each call, by identity."""
        self._picked_by: dict[int, dict[Source, None]] = {}
        """For each call of a function that gave back what was there before, what it was found by."""
        cells = [number for number, source in gathered.sources.items() if source.kind == "cell"]
        self._namespace = dict.fromkeys(cells, min(cells, default=0))
        """For each cell's text, the number that stands for the namespace that all cells share."""

    def prefix(self, plan: int) -> str:
        """Give what names of a plan begin with: for a module of the project its name."""
        source = self._gathered.sources.get(plan)
        is_module = source is not None and source.module and plan not in self._namespace
        return f"{source.module}." if source is not None and is_module else ""

    def dataflow(self, statement: Statement) -> Dataflow:
        """Give the dataflow of a statement, as far as its source is known."""
        analysis = self._analyses.get(statement.plan)
        return (
            analysis.dataflow.get(statement.key) if analysis is not None else None
        ) or Dataflow()

    def into(self, statement: Statement, part: Flow, chunk: Chunk) -> Iterable[Source]:
        """List what flowed into a part of a statement."""
        return self._inside(self.dataflow(statement), part, chunk)

    # ---------------------------------------------------------------- values and their names

    def _make(self, value: int, order: int, control: dict[Source, None]) -> Origin | None:
        """Begin the origin of a value that is new; None for one that was there already."""
        if value in self.origins:
            return None
        origin = self.origins[value] = Origin(order)
        origin.control.update(control)
        return origin

    def _name(self, value: int, name: str) -> None:
        names = self.names.setdefault(value, [])
        if name not in names:
            names.append(name)

    def _name_what_was_read(self, chunk: Chunk, statement: Statement) -> None:
        analysis = self._analyses.get(statement.plan)
        for site, values in chunk.reads.items():
            value = values[0]
            if value not in self.origins and value not in self.names and analysis is not None:
                name = analysis.name_at(site)
                if name:
                    self.names[value] = [self.scoped(statement, name)]

    def _place(self, statement: Statement, name: str) -> Place:
        """Tell apart the same name in different functions, activations and modules."""
        plan, _, rest = name.rpartition(":")
        if plan:
            return self._namespace.get(int(plan), int(plan)), 0, rest
        scope = self.dataflow(statement).scope
        if scope.place(name)[0] == "local":
            return statement.plan, statement.activation or 0, name
        owner = scope.owner(name)
        if owner.parent is not None:
            return statement.plan, 0, f"{owner.path}{name}"
        return self._namespace.get(statement.plan, statement.plan), 0, f"{owner.path}{name}"

    def scoped(self, statement: Statement, name: str) -> str:
        """Write a name with the functions around it, as plans do."""
        plan, _, rest = name.rpartition(":")
        if plan:
            return f"{self.prefix(int(plan))}{rest}"
        root = re.split(r"[.\[]", name, maxsplit=1)[0]
        path = self.dataflow(statement).scope.owner(root).path
        return f"{self.prefix(statement.plan)}{path}{name}"

    # ---------------------------------------------------------------- what flowed

    def _inside(self, flow: Dataflow, part: Flow, chunk: Chunk) -> Iterable[Source]:
        """List what flowed into an expression: values read, and results of the calls in it.

        The result of the statement's own call is bound or taken apart at once, so what went into
        the call stands for it.
        """
        for site in (*part.reads, *part.peeks):
            name, _, inner = site.partition(PART)
            values = chunk.reads.get(name, [])
            told = self._told_by(values)
            if inner and values:
                next(told)
                yield self._part(values[0], inner)
            yield from told
        for key in part.calls:
            call = chunk.calls.get(key)
            if call is None:
                continue
            if key == flow.own_call or call.result is None:
                if key == flow.own_call:
                    yield from self._inputs.get(id(call), {})
                    if call.result is not None:
                        yield call.result
            else:
                yield call.result
                if self._was_there(call):
                    # `pick(models).name`: what it was picked by.
                    yield from self._inputs.get(id(call), {})
                    yield from self._picked_by.get(call.order, {})
        if part.command_line:
            yield COMMAND_LINE

    def _was_there(self, call: Call) -> bool:
        """Tell whether what a call gave had been there before, as something else made it."""
        origin = self.origins.get(call.result or 0)
        return origin is not None and (origin.generated_by or 0) < call.order

    def _told_by(self, values: list[int]) -> Iterator[int]:
        """Give the version that was read, and what is reached through it and has changed since it was made."""
        yield from values[:1]
        yield from (member for member in values[1:] if self._is_news(member, values[0]))

    def _is_news(self, member: int, container: int) -> bool:
        """Tell whether what is reached through a container has changed since: else the container came from it."""
        inner, outer = self.origins.get(member), self.origins.get(container)
        if inner is None or inner.generated_by is None:
            return False
        return (
            outer is None or outer.generated_by is None or inner.generated_by > outer.generated_by
        )

    def _part(self, value: int, part: str) -> int:
        """Find what was last stored into a part of a version; the version itself if that is not known."""
        current: int | None = value
        while current is not None:
            origin = self.origins.get(current)
            if origin is None or origin.part is None:
                break
            if origin.part[0] == part:
                return origin.part[1]
            current = origin.revision_of
        return current if current is not None and part == DISPATCH else value
