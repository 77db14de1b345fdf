"""Calls as the reader of a program sees them: what was called, with which argument for which parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provkit.assembly.argument_binding import parameter_name, positional_parameters
from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Call, Chunk, Gathered, Statement, statement_of
from provkit.assembly.origins import Source
from provkit.bindings import place, span
from provkit.dataflow import PART, Argument
from provkit.events import CalleeSeen
from provkit.knowledge import Entry, Knowledge
from provkit.model import Scalar
from provkit.redaction import is_secret_name
from provkit.source import SourceAnalysis

_SHOWN = 200
_FITS = frozenset({"fit", "partial_fit"})
_UNKNOWN = CalleeSeen(0, None, "", "object", None)


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text or number, as far as it is known."""

    scalar: Scalar | None = None
    text: str | None = None
    """What it looks like, where it is no scalar."""
    items: Mapping[str, Shown] | None = None
    """Of a mapping, what it holds."""

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return self.scalar is not None or self.text is not None


@dataclass(frozen=True, slots=True)
class Given:
    """An argument of a call."""

    shown: Shown
    value: int | None = None
    """Version of the object, if it was given as a name or as another call's result."""
    sources: tuple[Source, ...] = ()
    """What flowed into it."""
    part: str | None = None
    is_spread: bool = False
    line: int = 0


@dataclass(slots=True)
class Invocation:
    """A call that returned."""

    order: int
    call: Call
    statement: Statement
    callee: CalleeSeen
    name: str
    """Qualified name of what was called."""
    entry: Entry | None
    given: dict[str, Given] = field(default_factory=dict)
    called_as: str = ""
    """The method that the text calls, whatever stands under its name: `fit` of a patched class."""

    @property
    def short_name(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    @property
    def is_own_training(self) -> bool:
        """Whether it is a method of the program's own that is named for training, and was given two things at least."""
        given = [one for one in self.given.values() if one.value is not None or one.sources]
        is_method = self.callee.kind == "own" and self.call.receiver is not None
        return is_method and self.short_name in ("train", "learn") and len(given) > 1

    @property
    def is_constructor(self) -> bool:
        """Whether it is a method that a class itself was asked for, and that gives one of the class: `from_formula`."""
        entry = self.entry
        gives_self = entry is not None and entry.is_method and entry.result[:1] == ("self",)
        return gives_self and self.call.receiver is None

    @property
    def concept(self) -> str | None:
        """What it is, in the words of the knowledge base."""
        return self.entry.concept if self.entry is not None else None

    @property
    def line(self) -> int:
        """The line that the call begins on."""
        return int(self.call.key.partition(".")[0])

    def role(self, parameter: str) -> str | None:
        """Say which role an argument has."""
        return self.entry.role(parameter) if self.entry is not None else None

    def with_role(self, *roles: str) -> list[Given]:
        """List the arguments that have one of the roles, in the order of the roles."""
        found: list[Given] = []
        for role in roles:
            found.extend(
                given
                for name, given in self.given.items()
                if self.role(name.partition(".")[0] if "." in name else name) == role
                or self.role("*" + name.partition(".")[0]) == role
            )
        return found


class Invocations:
    """All calls of a trial that returned, in the order in which they did."""

    def __init__(
        self,
        gathered: Gathered,
        analyses: Mapping[int, SourceAnalysis],
        derivations: Derivations,
        knowledge: Knowledge,
    ) -> None:
        self._nodes: dict[int, dict[str, ast.stmt]] = {}
        self.gathered = gathered
        self.derivations = derivations
        self.knowledge = knowledge
        self._analyses = analyses
        self._methods: dict[int, dict[str, str]] = {}
        found = [
            self._invocation(statement, call)
            for statement in gathered.statements.values()
            for call in statement.made
        ]
        self.all = sorted(found, key=lambda one: one.call.moment)
        self.by_order: dict[int, Invocation] = {}
        self.by_result: dict[int, Invocation] = {}
        for invocation in self.all:
            self.by_order.setdefault(invocation.order, invocation)
            if invocation.call.result is not None:
                self.by_result.setdefault(invocation.call.result, invocation)

    def _invocation(self, statement: Statement, call: Call) -> Invocation:
        callee = self.gathered.callees.get(call.callee or 0, _UNKNOWN)
        name = f"{callee.module}.{callee.name}" if callee.module else callee.name
        entry = None
        if callee.kind != "own":
            entry = self.knowledge.entry(name)
            if entry is None and callee.kind in ("method", "object"):
                entry = self.knowledge.method(None, name.rpartition(".")[2], name.partition(".")[0])
        elif callee.name.rpartition(".")[0] and callee.kind == "own":
            # A method of a class of the project's, which may be an estimator by convention.
            entry = self.knowledge.method(None, name.rpartition(".")[2])
        called_as = self._method_called(statement.plan, call.key)
        if callee.kind == "own" and entry is None and called_as in _FITS:
            entry = self.knowledge.method(None, called_as)  # put there in a method's place
        invocation = Invocation(call.order, call, statement, callee, name, entry)
        invocation.given = dict(self._given(statement, call, callee, entry))
        if callee.kind == "own":
            invocation.called_as = called_as
        if call.receiver is None and callee.kind == "function" and "self" in invocation.given:
            call.receiver = invocation.given["self"].value  # `Ridge.fit(model, X, y)`
        elif call.receiver is None and callee.kind == "own" and called_as in _FITS:
            call.receiver = self._receiver_in_text(statement, call)
        return invocation

    def _method_called(self, plan: int, key: str) -> str:
        """Give the name of the method that a call has in the text; empty if it is no method."""
        if plan not in self._methods:
            analysis = self._analyses.get(plan)
            tree = analysis.tree if analysis is not None else ast.Module([], [])
            self._methods[plan] = {
                span(node): node.func.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            }
        return self._methods[plan].get(key, "")

    def _receiver_in_text(self, statement: Statement, call: Call) -> int | None:
        analysis = self._analyses.get(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        site = flow.calls.get(call.key) if flow is not None else None
        chunk = statement.chunk_at(call.moment)
        if site is None or site.receiver is None or chunk is None:
            return None
        return self._value_of(site.receiver, chunk)

    def behind_receiver(self, invocation: Invocation) -> list[int]:
        """List what the object came from whose method was called, where that has no name of its own."""
        statement, call = invocation.statement, invocation.call
        analysis = self._analyses.get(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        site = flow.calls.get(call.key) if flow is not None else None
        chunk = statement.chunk_at(call.moment)
        if site is None or site.receiver is None or chunk is None:
            return []
        found = self.derivations.into(statement, site.receiver.flow, chunk)
        return [source for source in found if isinstance(source, int)]

    def _given(
        self, statement: Statement, call: Call, callee: CalleeSeen, entry: Entry | None
    ) -> Iterator[tuple[str, Given]]:
        analysis = self._analyses.get(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        site = flow.calls.get(call.key) if flow is not None else None
        if site is None:
            return
        told = self.gathered.arguments.get((call.order, call.key))
        shown = (
            {parameter: (seen, spread) for parameter, seen, spread in told.given} if told else {}
        )
        mappings = dict(told.mappings) if told else {}
        takes_self = bool(callee.parameters) and callee.parameters[0] in ("self", "cls")  # type: ignore[index]
        takes_self = takes_self and callee.kind != "function"
        positional = positional_parameters(callee.parameters, skip_first=takes_self)
        chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
        spread_sources: tuple[Source, ...] = ()
        spread_line = 0
        for argument in site.arguments:
            sources = tuple(self.derivations.into(statement, argument.flow, chunk))
            name = parameter_name(argument, positional, callee.parameters)
            if name is None and isinstance(argument.parameter, int):
                name = _documented(entry, argument.parameter)
            if name is None:
                spread_sources, spread_line = (*spread_sources, *sources), argument.line
                continue
            value = self._value_of(argument, chunk)
            seen = shown.get(argument.parameter or 0, (None, False))[0]
            known = _shown(seen, name) if seen is not None else self._known(argument, value, name)
            if value is not None and value in mappings:
                known = Shown(known.scalar, known.text, _items(mappings[value]))
            part = argument.part or _part_of_flow(argument)
            yield name, Given(known, value, sources, part, line=argument.line)
        for parameter, (seen, spread) in shown.items():
            if spread:
                name = _spread_name(parameter, positional)
                yield (
                    name,
                    Given(
                        _shown(seen, name),
                        sources=spread_sources,
                        is_spread=True,
                        line=spread_line,
                    ),
                )

    @staticmethod
    def _value_of(argument: Argument, chunk: Chunk) -> int | None:
        if argument.place is None or argument.part is not None:
            return None
        if argument.place in chunk.reads:
            return chunk.reads[argument.place][0]
        call = chunk.calls.get(argument.place)
        return call.result if call is not None else None

    def _known(self, argument: Argument, value: int | None, name: str) -> Shown:
        if argument.literal is not None:
            return _literal(argument.literal, name)
        if value is not None and value in self.gathered.values:
            seen = self.gathered.values[value]
            described = _shown(seen.description, name)
            return described if described.is_known else Shown(text=f"<{seen.type}>")
        return Shown()

    def node_of(self, statement: Statement) -> ast.stmt | None:
        """Find the syntax of a statement; None where its text was not kept or is no Python."""
        if statement.plan not in self._nodes:
            analysis = self.analysis(statement.plan)
            tree = analysis.tree if analysis is not None else ast.Module([], [])
            self._nodes[statement.plan] = {
                place(node): node for node in ast.walk(tree) if isinstance(node, ast.stmt)
            }
        return self._nodes[statement.plan].get(statement.key)

    def trees(self) -> Iterator[ast.Module]:
        """List the syntax of all texts of the program."""
        yield from (analysis.tree for analysis in self._analyses.values())

    def tree_of(self, invocation: Invocation) -> ast.Module:
        """Parse the text of a call's step, or of its statement; it may be none that parses by itself."""
        analysis = self.analysis(invocation.statement.plan)
        texts = {step.key: step.source for step in (analysis.plan.steps if analysis else ())}
        text = texts.get(invocation.call.key) or texts.get(invocation.statement.key, "")
        try:
            return ast.parse(text)
        except SyntaxError:
            return ast.Module([], [])

    def expression_of(self, invocation: Invocation, name: str) -> str | None:
        """Give the text of what a call is given as a parameter, if it is short and no more than one call gives it."""
        found = {
            ast.unparse(keyword.value)
            for node in ast.walk(self.tree_of(invocation))
            if isinstance(node, ast.Call)
            for keyword in node.keywords
            if keyword.arg == name
        }
        text = found.pop() if len(found) == 1 else ""
        return text if 0 < len(text) <= _SHOWN else None

    def expression_behind(self, value: int | None) -> str | None:
        """Give the text that a name's value was computed by, if it is short: that of `Cs = np.logspace(-5, 5, 20)`."""
        origin = self.derivations.origins.get(value or 0)
        if origin is None or origin.generated_by is None or origin.revision_of is not None:
            return None
        statement = self.statement_at(origin.generated_by)
        analysis = self.analysis(statement.plan)
        texts = {step.key: step.source for step in (analysis.plan.steps if analysis else ())}
        try:
            tree = ast.parse(texts.get(statement.key, ""))
        except SyntaxError:
            return None
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                text = ast.unparse(node.value)
                return text if isinstance(node.value, ast.Call) and len(text) <= _SHOWN else None
        return None

    def calls_around(self, order: int) -> Iterator[int]:
        """List the calls, and what else was carried out, inside which an execution took place."""
        current: int | None = order
        while current is not None:
            yield current
            # What stands around the outermost is a cell; activations have numbers of their own, and are none of these.
            item = self.gathered.calls.get(current) or self.gathered.statements.get(current)
            current = item.parent if item is not None else None

    def statement_at(self, order: int) -> Statement:
        """Find the statement in which an execution took place."""
        return statement_of(self.gathered, order)

    def analysis(self, plan: int) -> SourceAnalysis | None:
        """Give what the text of a plan says."""
        return self._analyses.get(plan)


def _documented(entry: Entry | None, position: int) -> str:
    """Name the parameter at a position that the declaration does not name, or number it.

    Functions that still take by position what they declare by keyword (`xgboost.train`'s `evals`), and those in
    compiled code, are known by the knowledge base's order.
    """
    names = [name for name in entry.arguments if name != "self"] if entry is not None else []
    if position < len(names) and not names[position].startswith("*"):
        return names[position]
    return str(position)


def _part_of_flow(argument: Argument) -> str | None:
    """Find the one part of a name that an expression reads: `.alpha` of `2 * args.alpha`."""
    parts = [site.partition(PART)[2] for site in argument.flow.reads if PART in site]
    return parts[0] if len(parts) == 1 else None


def _spread_name(parameter: str | int, positional: list[str]) -> str:
    if isinstance(parameter, str):
        return parameter
    return positional[parameter] if parameter < len(positional) else str(parameter)


def _shown(described: Mapping[str, Any], name: str = "") -> Shown:
    """Read a description of the journal as a parameter's value."""
    scalar = described.get("scalar")
    if is_secret_name(name) and isinstance(scalar, str):
        return Shown(text="[redacted]")
    text = described.get("preview")
    if scalar is None and "shape" in described:
        text = f"array of shape {tuple(described['shape'])}"
    items = described.get("items")
    return Shown(scalar, text, _items(items) if isinstance(items, dict) else None)


def shown_of(described: Mapping[str, Any], name: str = "") -> Shown:
    """Read a description of the journal as a parameter's value; a secret's stays hidden."""
    return _shown(described, name)


def _items(items: Mapping[str, Mapping[str, Any]]) -> dict[str, Shown]:
    return {name: _shown(member, name) for name, member in items.items()}


def _literal(text: str, name: str) -> Shown:
    if is_secret_name(name):
        return Shown(text="[redacted]")
    value = ast.literal_eval(text)
    if isinstance(value, bool | int | float | str):
        return Shown(value)
    items = None
    if isinstance(value, dict):
        items = {
            key: _literal(repr(member), key)
            for key, member in value.items()
            if isinstance(key, str)
        }
    return Shown(text=text[:_SHOWN], items=items)
