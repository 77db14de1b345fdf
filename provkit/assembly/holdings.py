"""What names and parts of objects hold, where that was chosen: `best = models[name]`, `y = layer(x)`.

Such a statement makes no object, so that what it binds has the version of an object which was there before. What
was chosen by is of the binding and not of the object: it is told of a value of its own, which the name has.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from provkit.assembly.activations import Activations
from provkit.assembly.gathering import Chunk, Gathered, Statement
from provkit.assembly.origins import Origin, Place, Source
from provkit.dataflow import Flow
from provkit.events import ValueSeen
from provkit.source import SourceAnalysis

_OF_THE_OBJECT = frozenset(
    (
        *("shape", "columns", "column_types", "length", "dtype", "preview", "scalar", "missing"),
        *("missing_in", "size_bytes", "digest"),
    )
)
"""What a description says of an object itself."""


class Choice(NamedTuple):
    """What an object that was there before was chosen by."""

    data: dict[Source, None]
    """What was read to find it."""
    control: dict[Source, None]
    """What was read by the tests that decided."""


class _Held(NamedTuple):
    """What a name was bound to last."""

    value: int
    name: str
    """With the functions around it."""
    order: int
    """Of the statement that bound it."""


class Holdings(Activations):
    """Follows what chose the objects that names and parts hold."""

    def __init__(self, gathered: Gathered, analyses: dict[int, SourceAnalysis]) -> None:
        super().__init__(gathered, analyses)
        self._return_control: dict[int, dict[Source, None]] = {}
        """For each call, what was read by the tests that decided what a function gave back."""
        self._chosen: dict[Place, Choice] = {}
        """For each name that a part of a statement has bound to what was there before, what that was chosen by."""
        self._choices: dict[Place, Choice] = {}
        """The same of all names, as they are bound now."""
        self._held: dict[Place, _Held] = {}
        self._last_number = 0
        self._places: dict[int, float] = {}
        """For each value that is told of a binding, after which of the values it has its place."""

    def in_order(self, values: Iterable[int]) -> list[int]:
        """Sort values by when they were made."""
        return sorted(values, key=lambda value: (self._places.get(value, value), value))

    def _hold(self, name: str, value: int, statement: Statement) -> None:
        place = self._place(statement, name)
        self._held[place] = _Held(value, self.scoped(statement, name), statement.order)

    def _let_go(self, statement: Statement, name: str) -> None:
        self._held.pop(self._place(statement, name), None)

    def _choose(
        self,
        name: str,
        value: int,
        statement: Statement,
        part: Flow,
        chunk: Chunk,
        control: dict[Source, None],
        unseen: dict[Source, None],
    ) -> None:
        """Note what a name was bound by to an object that was there before: what is read of it hangs on that."""
        choice = self._choice(value, statement, part, chunk, control)
        if name == "return":
            activation = self._gathered.activations.get(statement.activation or 0)
            if activation is not None and activation.parent is not None:
                self._picked_by.setdefault(activation.parent, {}).update(choice.data)
                self._return_control.setdefault(activation.parent, {}).update(choice.control)
            return
        flow = self.dataflow(statement)
        maker = self.origins[value].generated_by or 0
        if maker == statement.order or (maker > statement.order and not flow.is_loop):
            return
        if flow.is_loop and name not in flow.targets:
            choice = Choice({**choice.data, **unseen}, choice.control)
            choice.data.pop(value, None)
        if choice.data or choice.control:
            self._chosen[self._place(statement, name)] = choice

    def _choice(
        self,
        value: int,
        statement: Statement,
        part: Flow,
        chunk: Chunk,
        control: dict[Source, None],
    ) -> Choice:
        """Find what an object that was there before was chosen by, where a part of a statement gave it."""
        data = dict.fromkeys(self._inside(self.dataflow(statement), part, chunk))
        decided = {**control, **self._conditional_of(statement, part)}
        for call in chunk.calls.values():
            if call.result == value:
                data.update(self._inputs.get(id(call), {}))
                data.update(self._picked_by.get(call.order, {}))
                decided.update(self._return_control.get(call.order, {}))
        for sources in (data, decided):
            sources.pop(value, None)
        return Choice(data, decided)

    def _take_in_choices(self) -> None:
        """Let what is read of the names that have just been bound hang on what chose the objects that they hold."""
        for place, (data, control) in self._chosen.items():
            self._conditional[place] = {**control, **data}
        self._choices.update(self._chosen)
        self._chosen.clear()

    def _holding(self, value: int, name: str, order: int, choice: Choice, after: float) -> int:
        """Make the value that tells what a name or a part holds; its place is `after` those with lower numbers."""
        values = self._gathered.values
        self._last_number = number = max(self._last_number, max(values, default=0)) + 1
        seen = values[value]
        told = {key: said for key, said in seen.description.items() if key in _OF_THE_OBJECT}
        values[number] = ValueSeen(number, seen.type, told)
        self._places[number] = after
        self.origins[number] = Origin(
            order, data={value: None, **choice.data}, control=dict(choice.control), holds=value
        )
        self._name(number, name)
        return number

    def _take_in_what_names_hold(self) -> None:
        """Tell what each name of a module holds in the end, if that is not told by the object alone."""
        latest = {
            origin.revision_of: number
            for number, origin in sorted(self.origins.items())
            if origin.revision_of is not None
        }
        by_name: dict[str, list[int]] = {}
        for number, names in self.names.items():
            for name in names:
                by_name.setdefault(name, []).append(number)
        for place, held in self._held.items():
            if place[1] or "." in place[2] or held.value not in self._gathered.values:
                continue
            versions = [held.value]
            while versions[-1] in latest:
                versions.append(latest[versions[-1]])
            last = self.origins.get(versions[-1], Origin())
            chosen = self._choices.get(place, Choice({}, {}))
            decided = {**chosen.control, **self._conditional.get(place, {})}
            told = {*versions, *last.data, *last.control}
            choice = Choice(
                {one: None for one in chosen.data if one not in told},
                {one: None for one in decided if one not in told and one not in chosen.data},
            )
            order = max(held.order, self._deciding.get(place, 0), last.generated_by or 0)
            is_older = any(
                other > versions[-1] and other not in self._places
                for other in by_name.get(held.name, ())
            )
            if choice.data or choice.control or is_older:
                self._holding(versions[-1], held.name, order, choice, math.inf)
