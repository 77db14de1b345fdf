"""Rounds of loops: those that are looked into, and what the others have done as a whole."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import ModuleType

from provkit.capture.effects import changing_methods
from provkit.capture.elsewhere import HANDS_OVER
from provkit.capture.fingerprints import fingerprint, holds_streams, is_iterator
from provkit.capture.held_objects import may_lead_to
from provkit.capture.logs import METHODS
from provkit.capture.objects import Changes
from provkit.capture.observation import ABSENT, MOVES_ON
from provkit.capture.regions import Block
from provkit.capture.running import Activation, Item, Running
from provkit.capture.summaries import Found, RegionSummary, reads_of, stored_in, writes_of
from provkit.capture.unwinding import Unwinding
from provkit.capture.values import is_atom, is_code, type_name


class Loops(Unwinding):
    """Follows loops."""

    def _look_before(self, running: Running, name: str, obj: object) -> None:
        if not is_atom(obj):
            known = self._objects.find(obj, None)
            value = known.value if known is not None else None
            moves_on = is_iterator(obj) or holds_streams(obj)
            mark = MOVES_ON if moves_on else fingerprint(obj)
            running.before.append((name, id(obj), mark, value))

    def _look_at_globals(self, running: Running) -> None:
        """Look at the module's objects that functions called in a loop may change."""
        statement = running.statement
        namespace = self._namespace(statement)
        read = [
            name
            for program in self._programs_of(namespace)
            for name in self._tables.read_in_functions(program)
        ]
        for name in dict.fromkeys(read):
            obj = namespace.get(name, ABSENT)
            if obj is ABSENT or is_atom(obj) or is_code(obj) or name in statement.peeks:
                continue
            if statement.scope.place(name)[0] == "global":
                self._look_before(running, name, obj)

    def _turn(self, number: int, region: int, values: tuple[object, ...]) -> bool:
        running = self._unwound_to(number)
        if running is None:
            return False
        statement = running.statement
        self._read_unseen(running)
        self._see_asked(running)
        running.asked = []
        self._read_hidden(running)
        admitted = self._admit(region, is_called=False)
        if not admitted:
            return False
        running.turns += 1
        targets = statement.targets
        if statement.region is None:
            places = self._modules.get(statement.program)
            namespace = self._namespace(statement)
            for name in targets:
                if places is not None and name in namespace:
                    self._bind(running, places, name, namespace[name])
        else:
            for name, obj in zip(targets, values, strict=True):
                places = self._places(statement.scope.place(name)[0], name, statement.program)
                if places is not None:
                    self._bind(running, places, name, obj)
        self._write_bind(running.order, running)
        running.reads, running.binds, running.changes = [], [], []
        running.made = {}
        return True

    def _settle_what_is_left(self, item: Item) -> None:
        """Sum up the rounds of a loop at a module's own level, whose names go on to be there."""
        if isinstance(item, Running) and self._is_loop(item) and item.statement.region is None:
            self._settle_loop(item)

    def _settle_loop(self, running: Running) -> None:
        """Sum up the rounds of a loop that were not looked into: what each name and object came from."""
        blocks = self._own_blocks(running)
        statement = running.statement
        if not blocks:
            running.shown = {}
            return
        if any(flow.looks for block in blocks for flow in block.flows):
            self._look_at_all_files(running.order)
        summary = RegionSummary(self._tables, blocks, statement.region)
        if statement.region is None:
            namespace = self._namespace(statement)
            names = dict.fromkeys([*statement.writes, *(name for name, *_ in running.before)])
            running.shown = {name: namespace[name] for name in names if name in namespace}
        else:
            namespace = self._namespace(statement)
            for name, *_ in running.before:
                if statement.scope.place(name)[0] == "global" and name in namespace:
                    running.shown[name] = namespace[name]
        atoms = [
            self._found(statement, name) for name, obj in running.shown.items() if is_atom(obj)
        ]
        parts = []
        drawn: Changes = []
        hidden, _ = self._hidden.moved(None, None, running.made, drawn)
        for name, changes in self._touched_by(running, blocks):
            found = self._found(statement, name)
            sources = summary.sources(
                found, atoms, self._reaching(running, name) if changes else None
            )
            part = Running(running.number, running.order, statement, running.stamp)
            part.reads = [("", value) for value in self._values_of(sources)]
            if hidden and any(self._is_code_at(source) for source in sources):
                part.reads.extend(("", value) for value in hidden)
            parts.append((part, name, changes))
        for part, name, changes in parts:
            obj = running.shown[name]
            places = self._places(*self._found(statement, name)[:3])
            if changes:
                self._changed(obj, part.changes)
            elif places is not None:
                self._bind(part, places, name, obj)
            self._write_bind(running.order, part)
        self._settle_modules(running, summary)
        self._settle_shared(running, blocks, summary)
        given_away = [
            name
            for block in blocks
            for flow in block.flows
            for name in flow.calls
            if name in HANDS_OVER
        ]
        if given_away and self._functions_elsewhere:
            handed = self._values_of(summary.given_to(given_away))
            self._handed.update(dict.fromkeys(handed))
        logged = any(not METHODS.isdisjoint(flow.calls) for block in blocks for flow in block.flows)
        called = [block for block in blocks if block.region != statement.region]
        part = Running(running.number, running.order, statement, running.stamp)
        read = reads_of(called)
        if logged and drawn:
            read.update(summary.given_to(METHODS))
        part.reads = [("", value) for value in self._values_of(read)]
        self._bind_globals(called, part.binds)
        part.reads.extend(("", value) for value in hidden)
        part.changes = drawn
        if part.binds or drawn:
            self._write_bind(running.order, part)
        running.shown = {}
        running.stamp = self._tick()

    def _settle_shared(self, running: Running, blocks: list[Block], summary: RegionSummary) -> None:
        """Number what closures share and plain rounds have bound anew, by calling these by their names."""
        statement = running.statement
        for block in blocks:
            if block.region != statement.region:
                continue
            for name in dict.fromkeys(called for flow in block.flows for called in flow.calls):
                obj = running.shown.get(name, ABSENT)
                if obj is ABSENT:
                    obj = self._object_at(self._found(statement, name))
                part = Running(running.number, running.order, statement, running.stamp)
                before = self._bind_shared(obj, part.changes)
                if part.changes:
                    sources = [*before, *self._values_of(summary.given_to((name,)))]
                    part.reads = [("", value) for value in dict.fromkeys(sources)]
                    self._write_bind(running.order, part)

    def _reaching(self, running: Running, target: str) -> Callable[[Found], bool]:
        """Give what tells whether something that a name holds may lead to what another one does."""
        wanted = running.shown[target]
        known: dict[Found, bool] = {}

        def reaches(found: Found) -> bool:
            if found not in known:
                kind, name, *_ = found
                is_own = self._found(running.statement, name) == found
                obj = running.shown.get(name, ABSENT) if is_own else ABSENT
                if obj is ABSENT and kind == "global":
                    obj = self._object_at(found)
                    if obj is ABSENT:
                        obj = builtins.__dict__.get(name, ABSENT)
                known[found] = obj is ABSENT or may_lead_to(obj, wanted)
            return known[found]

        return reaches

    def _settle_modules(self, running: Running, summary: RegionSummary) -> None:
        """Bind the names of the project's modules that plain rounds have stored into them as attributes."""
        statement = running.statement
        for name, module in running.shown.items():
            programs = self._programs_of(module.__dict__) if type(module) is ModuleType else []
            if not programs:
                continue
            sources = self._values_of(summary.sources(self._found(statement, name)))
            places = self._modules[programs[0]]
            for attribute, (identity, earlier) in list(places.names.items()):
                obj = module.__dict__.get(attribute, ABSENT)
                if obj is ABSENT or id(obj) == identity:
                    continue
                part = Running(running.number, running.order, statement, running.stamp)
                part.reads = [("", value) for value in dict.fromkeys([earlier, *sources])]
                value = self._value_under(attribute, obj, running.made)
                self._objects.hold(obj, value, places, attribute)
                part.binds.append((f"{programs[0]}:{attribute}", value))
                self._write_bind(running.order, part)

    def _touched_by(self, running: Running, blocks: list[Block]) -> list[tuple[str, bool]]:
        """List the names that plain rounds have bound, and those whose objects they have changed."""
        statement = running.statement
        written = writes_of(blocks)
        read = reads_of(blocks)
        before = {name: (identity, mark, value) for name, identity, mark, value in running.before}
        touched: list[tuple[str, bool]] = []
        changed: set[int] = set()
        for name, obj in running.shown.items():
            found = self._found(statement, name)
            places = self._places(*found[:3])
            bound = places.names.get(name) if places is not None else None
            same = bound is not None and bound[0] == id(obj)
            if found in written and (is_atom(obj) or not same):
                touched.append((name, False))
                continue
            if id(obj) in self._shared and found not in read:
                # Another thread may have changed it meanwhile.
                continue
            known = None if is_atom(obj) else self._objects.find(obj, running.made)
            if known is None or id(obj) in changed or name not in before:
                continue
            identity, mark, value = before[name]
            if identity != id(obj) or known.value != value or mark is MOVES_ON:
                moved = found in read
            else:
                moved = (
                    fingerprint(obj) != mark
                    or (mark is not None and name in statement.mutated)
                    or _is_told_to_change(found, obj, blocks)
                )
            if moved:
                changed.add(id(obj))
                touched.append((name, True))
        return touched

    def _leave_round(self, running: Running) -> None:
        """Finish what a `break` or `continue` leaves."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Activation):
                break
            if self._is_loop(item):
                while self._stack[-1] is not item:
                    self._finish(self._stack[-1])
                return
        # The loop is not there any more: a `finally` took back a `return`.
        self._finish(running)


def _is_told_to_change(found: Found, obj: object, blocks: list[Block]) -> bool:
    """Tell whether blocks call a method of an object that is known to change it: a queue may look as it did before."""
    methods = changing_methods(type_name(obj))
    return bool(methods) and any(
        not methods.isdisjoint(flow.calls) and found in stored_in([block])
        for block in blocks
        for flow in block.flows
    )
