"""What a function's parameters come from: the arguments of the call that it ran for."""

from __future__ import annotations

from functools import cached_property

from provkit.assembly.argument_binding import parameter_name, positional_parameters
from provkit.assembly.control import Control
from provkit.assembly.gathering import (
    Activation,
    Call,
    Chunk,
    Gathered,
    Statement,
    statement_of,
)
from provkit.assembly.origins import Source
from provkit.dataflow import CallSite, Dataflow
from provkit.events import CalleeSeen
from provkit.source import SourceAnalysis


class Activations(Control):
    """Follows values into the functions that are entered."""

    def __init__(self, gathered: Gathered, analyses: dict[int, SourceAnalysis]) -> None:
        super().__init__(gathered, analyses)
        self._returned: dict[int, dict[Source, None]] = {}
        """For each execution, what functions have returned into it."""
        self._in_the_making: dict[int, int] = {}
        """For the last version of each object whose `__init__` a comprehension has run, the statement's order."""

    def _enter(self, activation: Activation) -> None:
        """Let a function's parameters come from the arguments of its call."""
        caller = self._caller(activation)
        if caller is None:
            for name, value in activation.binds:
                self._name_as_parameter(activation, name, value)
                self._make(value, activation.parent or 0, {})
            return
        statement, call, chunk = caller
        flow = self.dataflow(statement)
        control = self._control(statement, activation.moment)
        site = flow.calls.get(call.key) if call is not None else None
        callee = self._gathered.callees.get(call.callee or 0) if call is not None else None
        around = dict(control)
        if site is not None:
            around.update(dict.fromkeys(self._inside(flow, site.callee, chunk)))
        else:
            # An operator, an attribute, a decorator: what it is applied to decides what is run.
            around.update((one, None) for values in chunk.reads.values() for one in values)
        self._entered[activation.number] = self._by_then(around, activation)
        sources = self._arguments(activation, site, callee, flow, chunk)
        if call is None and activation.binds and self._is_constructor(activation):
            # Of a comprehension that makes objects no call is told which gives them.
            self._in_the_making[activation.binds[0][1]] = statement.order
        for name, value in activation.binds:
            self._name_as_parameter(activation, name, value)
            origin = self._make(value, activation.parent or 0, control)
            if origin is not None:
                origin.data.update(self._by_then(sources.get(name, {}), activation))
                origin.data.pop(value, None)
                if site is not None:
                    self._add_conditional(origin, statement, site.flow)

    def _is_constructor(self, activation: Activation) -> bool:
        analysis = self._analyses.get(activation.plan)
        return analysis is not None and analysis.functions.get(activation.key) == "__init__"

    def _follow_making(self, old: int, new: int) -> None:
        """Let a statement have been given the new version of an object that it makes, and not the old one."""
        maker = self._in_the_making.pop(old, None)
        if maker is not None:
            self._in_the_making[new] = maker
            given = self._returned.setdefault(maker, {})
            given.pop(old, None)
            given[new] = None

    def _name_as_parameter(self, activation: Activation, name: str, value: int) -> None:
        if value not in self.names:
            self.named_by_parameters.add(value)
        self._name_parameter(activation, name, value)

    def _by_then(self, sources: dict[Source, None], activation: Activation) -> dict[Source, None]:
        """Leave out what was made after a function began: a comprehension tells all it read when it is done."""
        latest = activation.latest_value
        return {
            source: None
            for source in sources
            if not isinstance(source, int) or source <= latest or source not in self._made_values
        }

    @cached_property
    def _made_values(self) -> frozenset[int]:
        """All values that a statement or call bound, returned or made of an earlier version."""
        made: set[int] = set()
        for statement in self._gathered.statements.values():
            made.update(value for _, value in statement.binds)
            made.update(new for _, new in statement.changes)
            for call in statement.made:
                made.update(value for _, value in call.binds)
                made.update(new for _, new in call.changes)
                if call.result is not None:
                    made.add(call.result)
        return frozenset(made)

    def _name_parameter(self, activation: Activation, name: str, value: int) -> None:
        analysis = self._analyses.get(activation.plan)
        scope = analysis.scopes.get(activation.key) if analysis is not None else None
        path = scope.path if scope is not None else ""
        self._name(value, f"{self.prefix(activation.plan)}{path}{name}")
        self._last_bound[activation.plan, activation.number, name] = activation.parent or 0

    def _caller(self, activation: Activation) -> tuple[Statement, Call | None, Chunk] | None:
        """Find the statement and, if it is one, the call that a function was run by."""
        if activation.parent is None:
            return None
        call = self._gathered.calls.get(activation.parent)
        statement = statement_of(self._gathered, activation.parent)
        chunk = statement.chunk_at(activation.moment) or Chunk(activation.moment)
        if call is None:
            call = next((one for one in chunk.calls.values() if one.order == statement.order), None)
        return statement, call, chunk

    def _arguments(
        self,
        activation: Activation,
        site: CallSite | None,
        callee: CalleeSeen | None,
        flow: Dataflow,
        chunk: Chunk,
    ) -> dict[str, dict[Source, None]]:
        """Find what flowed into each parameter."""
        if site is None:
            every = dict.fromkeys(self._inside(flow, flow.flow, chunk))
            every.update((one, None) for values in chunk.reads.values() for one in values)
            return {name: every for name, _ in activation.binds}
        analysis = self._analyses.get(activation.plan)
        own_name = analysis.functions.get(activation.key) if analysis is not None else None
        if callee is None or not _is_run_by(own_name, callee):
            inputs = dict.fromkeys(self._inside(flow, site.flow, chunk))
            return {name: inputs for name, _ in activation.binds}
        found: dict[str, dict[Source, None]] = {}
        takes_self = bool(callee.parameters) and callee.parameters[0] in ("self", "cls")  # type: ignore[index]
        is_bound = takes_self and site.receiver is not None
        called = dict.fromkeys(self._inside(flow, site.callee, chunk))
        positional = positional_parameters(callee.parameters, skip_first=is_bound)
        spread: dict[Source, None] = {}
        for argument in site.arguments:
            sources = dict.fromkeys(self._inside(flow, argument.flow, chunk))
            name = parameter_name(argument, positional, callee.parameters)
            if name is None:
                spread.update(sources)
            else:
                found.setdefault(name.partition(".")[0], {}).update(sources)
        for name, _ in activation.binds:
            given = found.setdefault(name, {} if name in found else dict(called))
            given.update(spread)
        named = set(callee.parameters or ())
        rest = {
            source: None
            for name, sources in found.items()
            if name not in named
            for source in sources
        }
        for parameter in callee.parameters or ():
            if parameter.startswith("*"):
                found.setdefault(parameter.lstrip("*"), {}).update(rest)
        return found


def _is_run_by(function: str | None, callee: CalleeSeen) -> bool:
    """Tell whether a function is the one called, and not one that the callee calls in its turn."""
    if callee.kind != "own" or function is None:
        return False
    return function in (callee.name.rpartition(".")[2], "__init__", "__call__")
