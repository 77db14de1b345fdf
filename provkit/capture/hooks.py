"""What the hooks of a rewritten program do: they turn what happens into events of the journal.

No hook raises: whatever goes wrong inside is told once, as a warning in the journal, and the recorder
leaves the program alone from then on.
"""

from __future__ import annotations

import sys
import weakref
from _thread import get_ident  # `threading` in a process changes how it ends
from collections.abc import Iterable
from functools import partial
from types import FunctionType, MethodType, ModuleType

from provkit.capture import callees
from provkit.capture.effects import FIRST_ARGUMENT, always_changes, never_changes
from provkit.capture.fingerprints import family_of, fingerprint, is_generator, is_iterator
from provkit.capture.hidden import Hidden
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.objects import Changes, Known, Made, Objects, Places
from provkit.capture.regions import Block, Statement, Tables
from provkit.capture.running import Activation, Calling, Item, Running
from provkit.capture.summaries import (
    Found,
    RegionSummary,
    blocks_that_ran,
    reads_of,
    writes_of,
)
from provkit.capture.values import (
    attributes_of,
    is_atom,
    is_code,
    is_module,
    type_name,
)
from provkit.redaction import is_secret_name, redact, remember

MESSAGE = 2_000
_ABSENT = object()
_ACTIVATIONS = 20
"""Times that a function is looked into."""
_ROUNDS = 5
"""Rounds of a loop that are looked into; each is a link in the chain of what comes out of it, and people read that."""
_POOL = 1_000
"""Statements in functions and loops that are told again after their first time, in the whole process."""
_PLAIN = frozenset({"builtins", "collections", "numpy", "pandas"})
"""Where classes come from whose methods leave the members of a container, or what an array is made of, as they are."""
_HOOKS = (
    *("begin", "bind", "caught", "callee", "closed", "defined", "end", "enter", "fell", "jump"),
    *("leave", "look", "looked", "member", "module", "name", "owner", "result", "returned"),
    *("through", "turn", "walrus"),
)


class Hook(partial):  # type: ignore[type-arg]
    """A hook as a constant of code; what is serialised in its place needs nothing of provkit's.

    Of the hooks only `enter` can be reached where every guard is closed, and not even that one: its stand-in
    finds nothing in an empty tuple.
    """

    def __reduce__(self) -> tuple[object, ...]:
        """Give the stand-in."""
        return getattr, ((), "__contains__")


class Hooks:
    """The hooks, and what they keep track of."""

    def __init__(self, journal: Journal, project: str, libraries: list[str]) -> None:
        self._journal = journal
        self._project = project
        self._libraries = libraries
        self._off = False
        self._tables = Tables()
        self._objects = Objects(journal)
        self._hidden = Hidden(self._objects)
        self._thread = get_ident()
        self._stack: list[Item] = []
        self._activation: Activation | None = None
        self._activations = 0
        self._modules: dict[int, Places] = {}
        """The names of each program's module."""
        self._latest: dict[int, Places] = {}
        """The latest activation of each function."""
        self._closures: dict[int, tuple[weakref.ref[object], Places]] = {}
        """By identity of a function, where it was defined."""
        self._pending: dict[int, list[object]] = {}
        self._order = 0
        self._pool = _POOL
        self._callees: dict[str, callees.Callee] = {}

    def constants(self) -> dict[str, object]:
        """Give what the placeholders in code stand for."""
        return {
            **{hook: Hook(getattr(self, hook)) for hook in _HOOKS},
            "NameError": NameError,
        }

    # ---------------------------------------------------------------- the hooks

    def module(self, program: int) -> None:
        """A module begins to run."""
        if self._off:
            return
        try:
            if program not in self._modules:
                namespace = sys._getframe(1).f_globals  # noqa: SLF001  the module's own
                self._modules[program] = Places(namespace, None, None)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def begin(self, number: int) -> None:
        """A statement begins."""
        if self._off:
            return
        try:
            self._begin(number)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def bind(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A compound statement's header is done, and its body begins."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                running.shown.update(zip(names, values, strict=True))
                self._settle(running)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def end(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A statement ended without an exception."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                running.shown.update(zip(names, values, strict=True))
                self._end(running)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def caught(self, number: int, name: str | None) -> None:
        """A handler, or a `finally`, of a `try` statement begins."""
        if self._off:
            return
        try:
            self._caught(number, name)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def name(self, number: int, obj: object) -> object:
        """A name was read; gives back what it stands for."""
        if not self._off:
            try:
                self._read(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def member(self, number: int, obj: object) -> object:
        """An attribute was read of what may be a module; gives back what it is."""
        if not self._off:
            try:
                self._read_member(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def walrus(self, number: int, obj: object) -> object:
        """A local name was bound inside an expression; gives back to what."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    running.shown[self._tables.names[number][0]] = obj
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def callee(self, number: int, function: object) -> object:
        """Something is about to be called; gives it back."""
        if not self._off:
            try:
                self._call(number, function)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return function

    def result(self, number: int, obj: object) -> object:
        """A call returned; gives back its result."""
        if not self._off:
            try:
                self._return(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def owner(self, number: int, obj: object) -> object:
        """An object will be stored into; gives it back."""
        if not self._off:
            try:
                if number >= 0:
                    self._read(number, obj)
                running = self._statement()
                if running is not None:
                    running.stored.append(obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def through(self, number: int, obj: object) -> object:
        """A call's receiver is reached through an object; gives it back."""
        if not self._off:
            self._pending.setdefault(number, []).append(obj)
        return obj

    def closed(self, names: tuple[str, ...], obj: object) -> object:
        """A comprehension was evaluated that read these names; gives it back."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    self._peek(running, names)
                    self._read_hidden(running)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def defined(self, _number: int, function: object) -> object:
        """A lambda was made; gives it back."""
        if not self._off:
            try:
                self._remember_closure(function)
                self._give_function(function)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return function

    def turn(self, number: int, region: int, *values: object) -> bool:
        """A round of a loop begins; tells whether to look into it."""
        if self._off:
            return False
        try:
            return self._turn(number, region, values)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return False

    def look(self, number: int, name: str, obj: object) -> None:
        """A local name is bound just before a loop."""
        if not self._off:
            try:
                running = self._unwound_to(number)
                if running is not None:
                    self._look_before(running, name, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)

    def looked(self, number: int, name: str, obj: object) -> None:
        """A local name is bound just after a loop."""
        if not self._off:
            try:
                running = self._unwound_to(number)
                if running is not None:
                    running.shown[name] = obj
            except Exception as error:  # noqa: BLE001
                self._give_up(error)

    def jump(self, number: int) -> None:
        """A `break` or `continue` leaves what stands around it, up to its loop."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                self._leave_round(running)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def enter(self, packed: tuple[object, ...]) -> bool:
        """A function begins; tells whether to look into it."""
        if self._off or get_ident() != self._thread:
            return False
        try:
            return self._enter(packed[0], packed[1:])  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return False

    def returned(self, number: int, obj: object) -> object:
        """A function is about to return something; gives it back."""
        if not self._off:
            try:
                self._returned(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def fell(self, _region: int) -> None:
        """A function came to its end without a `return`."""
        if not self._off and self._activation is not None:
            self._activation.is_done = True

    def leave(self, region: int) -> None:
        """A function that was looked into is left, in whatever way."""
        if self._off:
            return
        try:
            self._leave_function(region)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    # ---------------------------------------------------------------- time

    def _tick(self) -> int:
        clock = self._tables.clock
        clock.value += 1
        return clock.value

    def _pop(self) -> Item:
        """Take off what is on top of the stack; what ran in the meantime is told of by it."""
        item = self._stack.pop()
        if self._stack:
            top = self._stack[-1]
            top.spans.append((item.stamp, self._tick()))
            self._set_secret(top)
        return item

    def _set_secret(self, item: Item) -> None:
        if isinstance(item, Running):
            statement = item.statement
            if statement.is_secret is None:
                names = [*statement.writes]
                if statement.region is not None:
                    # What a function computes whose name says so is one as well.
                    names.append(_giver(self._tables.regions[statement.region].name))
                statement.is_secret = any(is_secret_name(name) for name in names)
            self._objects.is_secret = statement.is_secret

    def _own_blocks(self, item: Item) -> list[Block]:
        if self._tables.latest.value < item.stamp:
            return []
        return blocks_that_ran(self._tables, item.stamp, item.spans)

    # ---------------------------------------------------------------- statements

    def _begin(self, number: int) -> None:
        statement = self._tables.statements[number]
        if statement.region is not None and (
            self._activation is None or self._activation.region != statement.region
        ):
            return
        if statement.seen:
            self._pool -= self._is_inside()
        statement.seen = True
        self._order += 1
        parent = self._stack[-1].order if self._stack else None
        running = Running(number, self._order, statement, self._tick())
        self._stack.append(running)
        self._set_secret(running)
        activation = "" if statement.region is None else f",{self._activation_number()}"
        self._journal.write(
            f'["step",{running.order},{statement.program},"{statement.key}",{json_of(parent)},{self._journal.now()}{activation}]'
        )
        if statement.kind == "loop":
            running.rounds = self._tables.rounds[number].value
            if statement.region is None:
                namespace = self._namespace(statement)
                for name in statement.peeks:
                    obj = namespace.get(name, _ABSENT)
                    if obj is not _ABSENT:
                        self._look_before(running, name, obj)
            self._look_at_globals(running)
        elif statement.kind == "star":
            namespace = self._namespace(statement)
            running.before.extend((name, id(obj), None, None) for name, obj in namespace.items())
        self._peek(running, statement.peeks)

    def _is_inside(self) -> bool:
        """Tell whether the next statement is one of a function or of a loop's body."""
        return self._activation is not None or any(self._is_loop(item) for item in self._stack)

    def _activation_number(self) -> int:
        return self._activation.number if self._activation is not None else 0

    def _namespace(self, statement: Statement) -> dict[str, object]:
        places = self._modules.get(statement.program)
        return places.namespace if places is not None and places.namespace is not None else {}

    def _look_before(self, running: Running, name: str, obj: object) -> None:
        if not is_atom(obj):
            known = self._objects.find(obj, None)
            value = known.value if known is not None else None
            running.before.append((name, id(obj), fingerprint(obj), value))

    def _look_at_globals(self, running: Running) -> None:
        """Look at the module's objects that functions called in a loop may change."""
        statement = running.statement
        namespace = self._namespace(statement)
        for name in self._tables.read_in_functions(statement.program):
            obj = namespace.get(name, _ABSENT)
            if obj is _ABSENT or is_atom(obj) or is_code(obj) or name in statement.peeks:
                continue
            if statement.scope.place(name)[0] == "global":
                self._look_before(running, name, obj)

    def _end(self, running: Running) -> None:
        statement = running.statement
        if statement.kind == "loop":
            self._settle_loop(running)
        if statement.kind == "match" and not running.settled:
            # No case fitted, so that nothing was bound.
            self._settle_reads(running)
        elif statement.kind not in ("block", "match") or not running.settled:
            self._settle(running)
        if statement.kind == "definition":
            for obj in self._bound_objects(running):
                self._remember_closure(obj)
        self._finish(running)
        if statement.kind in ("import", "star"):
            self._look_at_modules()
        self._flush()

    def _finish(self, item: Item) -> None:
        """Take a statement that is over, and is told of, off the stack."""
        self._pop()
        if not isinstance(item, Running):
            return
        rounds = ""
        if item.statement.kind == "loop":
            count = self._tables.rounds[item.number].value - item.rounds
            summarised = self._tables.latest.value >= item.stamp
            rounds = f",{count},{json_of(summarised)}"
        self._journal.write(f'["done",{item.order},{self._journal.now()}{rounds}]')

    def _bound_objects(self, running: Running) -> Iterable[object]:
        if running.statement.region is not None:
            return list(running.shown.values())
        namespace = self._namespace(running.statement)
        return [namespace[name] for name in running.statement.writes if name in namespace]

    def _settle(self, running: Running) -> None:
        """Number what the statement has bound and changed, and write all it did since the last time."""
        self._read_unseen(running)
        seen: set[int] = set()
        for obj in running.stored:
            if id(obj) not in seen:
                seen.add(id(obj))
                self._changed(obj, running.changes)
        if len(seen) == 1 and running.statement.part is not None and running.changes:
            self._settle_part(running, running.stored[0])
        if running.statement.region is None:
            self._settle_module_names(running)
        else:
            self._settle_local_names(running)
        self._write_bind(running.order, running)
        running.settled = True
        running.reads = []
        running.binds = []
        running.changes = []
        running.parts = []
        running.unbinds = []
        running.stored = []
        running.made = {}

    def _settle_part(self, running: Running, obj: object) -> None:
        """Number what was stored, if its place can be told apart from the others of the object."""
        assert running.statement.part is not None
        part, key, is_attribute = running.statement.part
        known = self._objects.find(obj, running.made)
        if known is None or known.value != running.changes[0][1]:
            return
        if is_attribute:
            holder: object = attributes_of(obj)
        else:
            holder = obj if type(obj) is dict else None
            if type_name(obj) == "pandas.DataFrame":
                running.parts.append((known.value, part, self._objects.new_value(obj[key])))  # type: ignore[index]
        if type(holder) is dict and key in holder:
            secret = is_secret_name(str(key))
            value = self._objects.new_value(holder[key], secret=secret)
            running.parts.append((known.value, part, value))

    def _settle_module_names(self, running: Running) -> None:
        namespace = self._namespace(running.statement)
        places = self._modules.get(running.statement.program)
        if places is None:
            return
        for name in self._names_bound(running, namespace):
            obj = namespace.get(name, _ABSENT)
            if obj is _ABSENT:
                if places.names.pop(name, None) is not None:
                    running.unbinds.append(name)
            else:
                self._bind(running, places, name, obj)

    def _settle_local_names(self, running: Running) -> None:
        scope = running.statement.scope
        for name, obj in running.shown.items():
            places = self._places(scope.place(name)[0], name, running.statement.program)
            if places is not None:
                self._bind(running, places, name, obj)
        for name in running.statement.unbinds:
            places = self._places(scope.place(name)[0], name, running.statement.program)
            if places is not None and places.names.pop(name, None) is not None:
                running.unbinds.append(name)
        if running.statement.kind != "definition":
            running.shown = {}

    def _write_bind(self, order: int, running: Running) -> None:
        if not (running.reads or running.binds or running.changes or running.unbinds):
            return
        reads = ",".join([f"[{text(site)},{value}]" for site, value in running.reads])
        binds = ",".join([f"[{text(name)},{value}]" for name, value in running.binds])
        changes = ",".join([f"[{old},{new}]" for old, new in running.changes])
        parts = ",".join([f"[{of},{text(part)},{value}]" for of, part, value in running.parts])
        parts = f",[{parts}]" if parts else ""
        self._journal.write(
            f'["bind",{order},[{reads}],[{binds}],[{changes}],{json_of(running.unbinds)}{parts}]'
        )

    def _names_bound(self, running: Running, namespace: dict[str, object]) -> Iterable[str]:
        if running.statement.kind == "loop":
            return ()
        if running.statement.kind != "star":
            return running.statement.writes
        before = {name: identity for name, identity, _, _ in running.before}
        return [name for name, obj in namespace.items() if before.get(name) != id(obj)]

    def _bind(self, running: Running, places: Places, name: str, obj: object) -> None:
        kind = running.statement.kind
        if kind in ("import", "star") and is_code(obj):
            known = self._objects.find(obj, None)
            if known is None:
                return
        remember(name, obj)
        earlier = places.names.get(name)
        value: int | None = None
        if not is_atom(obj):
            known = self._objects.find(obj, running.made)
            value = known.value if known is not None else None
            same_object = earlier is not None and earlier[0] == id(obj)
            if kind == "augmented" and same_object and value is not None:
                value = self._objects.new_version(obj, value, running.changes)
            elif value is None and same_object and earlier is not None and kind == "loop":
                value = earlier[1]
        elif running.statement.own_call is not None and id(obj) in running.made:
            value = running.made[id(obj)][1]
        elif kind in ("import", "star"):
            value = self._imported(name, obj)
        if value is None:
            value = self._objects.new_value(obj)
        self._objects.hold(obj, value, places, name)
        running.binds.append((name, value))

    def _imported(self, name: str, obj: object) -> int | None:
        """Find the value that another module of the project has under the same name."""
        for places in reversed(self._modules.values()):
            bound = places.names.get(name)
            if bound is not None and bound[0] == id(obj):
                return bound[1]
        return None

    def _read_unseen(self, running: Running) -> None:
        """Read what plain code has read that ran inside a statement and outside its calls."""
        blocks = self._own_blocks(running)
        if blocks:
            for value in self._values_of(reads_of(blocks)):
                running.reads.append(("", value))
            self._bind_globals(blocks, running.binds)
            running.stamp = self._tick()

    # ---------------------------------------------------------------- loops

    def _turn(self, number: int, region: int, values: tuple[object, ...]) -> bool:
        running = self._unwound_to(number)
        if running is None:
            return False
        statement = running.statement
        self._read_unseen(running)
        admitted = self._admit(region)
        if not admitted:
            return False
        targets = self._targets(statement)
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

    @staticmethod
    def _targets(statement: Statement) -> tuple[str, ...]:
        return statement.targets

    def _admit(self, number: int) -> bool:
        """Tell whether to look into a region once more; closes its guard if not."""
        region = self._tables.regions[number]
        region.count += 1
        limit = _ROUNDS if region.is_loop else _ACTIVATIONS
        if region.count == 1 or (region.count <= limit and self._pool > 0):
            return True
        self._tables.guards[number].value = 0
        return False

    def _make_way(self) -> None:
        """Look into nothing from now on: a debugger is to see the program's own steps."""
        for guard in self._tables.guards:
            guard.value = 0
        if not self._off:
            self._off = True
            self._degrade("recording stopped: the program set a trace or profile function")

    @staticmethod
    def _is_loop(item: Item) -> bool:
        return isinstance(item, Running) and item.statement.kind == "loop"

    def _settle_loop(self, running: Running) -> None:
        """Sum up the rounds of a loop that were not looked into: what each name and object came from."""
        blocks = self._own_blocks(running)
        statement = running.statement
        if not blocks:
            running.shown = {}
            return
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
        parts = []
        drawn: Changes = []
        hidden, _ = self._hidden.moved(None, None, running.made, drawn)
        for name, changes in self._touched_by(running, blocks):
            found = self._found(statement, name)
            sources = summary.sources(found)
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
        called = [block for block in blocks if block.region != statement.region]
        part = Running(running.number, running.order, statement, running.stamp)
        part.reads = [("", value) for value in self._values_of(reads_of(called))]
        self._bind_globals(called, part.binds)
        part.reads.extend(("", value) for value in hidden)
        part.changes = drawn
        if part.binds or drawn:
            self._write_bind(running.order, part)
        running.shown = {}
        running.stamp = self._tick()

    def _is_code_at(self, found: Found) -> bool:
        """Tell whether a name holds what can draw random numbers behind the back: a module or a function."""
        kind, name, program, _ = found
        places = self._places(kind, name, program)
        if places is None or places.namespace is None:
            return places is None or name not in places.names
        obj = places.namespace.get(name, _ABSENT)
        return obj is not _ABSENT and is_code(obj)

    def _found(self, statement: Statement, name: str) -> Found:
        kind = statement.scope.place(name)[0]
        region = statement.region if kind != "global" else None
        return kind, name, statement.program, region

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
            known = None if is_atom(obj) else self._objects.find(obj, running.made)
            if known is None or id(obj) in changed or name not in before:
                continue
            identity, mark, value = before[name]
            if identity != id(obj) or known.value != value:
                moved = found in read
            else:
                moved = fingerprint(obj) != mark or (mark is not None and name in statement.mutated)
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

    # ---------------------------------------------------------------- names

    def _places(self, kind: str, name: str, program: int) -> Places | None:
        """Find what holds a name, as seen from what is being run."""
        if kind == "global":
            return self._modules.get(program)
        if self._activation is None:
            return None
        places: Places | None = self._activation.places
        if kind == "local":
            return places
        places = places.parent if places is not None else None
        while places is not None and name not in places.names:
            places = places.parent
        return places

    def _value_at(self, found: Found) -> int | None:
        """Get the version that a name holds, without looking at what it is."""
        kind, name, program, region = found
        if kind == "global":
            places = self._modules.get(program)
            if places is None or places.namespace is None:
                return None
            obj = places.namespace.get(name, _ABSENT)
            bound = places.names.get(name)
            if obj is _ABSENT or (bound is not None and bound[0] != id(obj)):
                # It has been bound by what is being summed up: what it held before was read.
                return bound[1] if bound is not None else None
            return self._value_of(places, name, obj)
        if self._activation is not None and self._activation.region == region:
            places = self._places(kind, name, program)
        elif kind == "local":
            return None
        else:
            places = self._latest.get(region) if region is not None else None
            while places is not None and name not in places.names:
                places = places.parent
        bound = places.names.get(name) if places is not None else None
        return bound[1] if bound is not None else None

    def _values_of(self, names: Iterable[Found]) -> list[int]:
        values = (self._value_at(found) for found in names)
        return [value for value in dict.fromkeys(values) if value is not None]

    def _value_of(self, places: Places | None, name: str, obj: object) -> int | None:
        """Get the version of the object a name holds; None for what is no value, such as a module."""
        bound = places.names.get(name) if places is not None else None
        if is_atom(obj):
            if bound is not None and bound[0] == id(obj):
                return bound[1]
            if places is None or (places.namespace is not None and name not in places.namespace):
                return None
        else:
            known = self._objects.find(obj, self._made())
            if known is not None:
                return known.value
            if is_module(obj):
                return None
            is_local = places is not None and places.namespace is None
            if is_local and bound is not None and bound[0] == id(obj):
                return bound[1]
            if is_code(obj):
                return None
        value = self._objects.new_value(obj, secret=is_secret_name(name))
        self._objects.hold(obj, value, places, name)
        return value

    def _made(self) -> dict[int, tuple[object, int]] | None:
        running = self._statement()
        return running.made if running is not None else None

    def _bind_globals(self, blocks: Iterable[Block], binds: list[tuple[str, int]]) -> None:
        """Bind anew the module's names that plain functions have bound."""
        for kind, name, program, _ in writes_of(
            block for block in blocks if block.region is not None
        ):
            places = self._modules.get(program)
            if kind != "global" or places is None or places.namespace is None:
                continue
            obj = places.namespace.get(name, _ABSENT)
            if obj is _ABSENT:
                places.names.pop(name, None)
                continue
            known = None if is_atom(obj) else self._objects.find(obj, None)
            value = known.value if known is not None else self._objects.new_value(obj)
            self._objects.hold(obj, value, places, name)
            binds.append((f"{program}:{name}", value))

    # ---------------------------------------------------------------- exceptions

    def _unwound_to(self, number: int) -> Running | None:
        """Find a statement of what is being run on the stack; what lies above it was left by an exception."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Running) and item.number == number:
                if index + 1 < len(self._stack):
                    self._leave(index + 1, sys.exc_info()[1])
                return item
            if (
                isinstance(item, Activation)
                and self._tables.statements[number].region == item.region
            ):
                return None
        return None

    def _leave(self, index: int, error: BaseException | None) -> list[int]:
        """Take off the stack what an exception has left, the innermost first."""
        failed = []
        kind = "" if error is None else type_name(error)
        message = "" if error is None else callees.message_of(error)
        while len(self._stack) > index:
            item = self._pop()
            if isinstance(item, Activation):
                self._deactivate(item)
                continue
            if isinstance(item, Running):
                self._read_unseen(item)
                self._settle_reads(item)
            else:
                self._look_after_failure(item)
                if item.own:
                    continue
            failed.append(item.order)
            self._journal.write(
                f'["failed",{item.order},{self._journal.now()},{text(kind)},{text(redact(message)[:MESSAGE])}]'
            )
        return failed

    def _settle_reads(self, running: Running) -> None:
        """Write what a statement read before it failed."""
        running.binds = []
        self._write_bind(running.order, running)

    def _look_after_failure(self, calling: Calling) -> None:
        """See what a call has changed before it failed."""
        running = self._statement()
        if running is not None:
            self._look_at_arguments(calling, running.changes)

    def _caught(self, number: int, name: str | None) -> None:
        running = None
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Running) and item.number == number:
                running = item
                break
        if running is None:
            return
        error = sys.exc_info()[1]
        failed = self._leave(index + 1, error)
        if failed:
            self._journal.write(f'["caught",{running.order},{json_of(failed)}]')
        if name is not None and error is not None:
            value = self._objects.new_value(error)
            statement = running.statement
            places = self._places(statement.scope.place(name)[0], name, statement.program)
            self._objects.hold(error, value, places, name)
            self._journal.write(f'["bind",{running.order},[],[[{text(name)},{value}]],[],[]]')

    # ---------------------------------------------------------------- reads and calls

    def _statement(self) -> Running | None:
        """Find the statement that is running."""
        for item in reversed(self._stack):
            if isinstance(item, Running):
                return item
            if isinstance(item, Activation):
                return None
        return None

    def _read(self, number: int, obj: object) -> None:
        name, place, kind, program = self._tables.names[number]
        running = self._statement()
        if running is None:
            return
        value = self._value_of(self._places(kind, name, program), name, obj)
        if value is None:
            return
        self._note_read(running, place, value, obj)

    def _read_member(self, number: int, obj: object) -> None:
        """Read a name of another module of the project's."""
        name, place, base, program = self._tables.names[number]
        running = self._statement()
        outer = self._modules.get(program)
        if running is None or outer is None or outer.namespace is None or len(self._modules) == 1:
            return
        module = outer.namespace.get(base)
        if type(module) is not ModuleType:
            return
        for places in self._modules.values():
            if places.namespace is module.__dict__:
                value = self._value_of(places, name, obj)
                if value is not None:
                    self._note_read(running, place, value, obj)

    def _note_read(self, running: Running, place: str, value: int, obj: object) -> None:
        running.reads.append((place, value))
        if is_atom(obj):
            return
        running.reads.extend((place, newer) for newer in self._objects.newer_members(obj, value))
        top = self._stack[-1]
        if isinstance(top, Calling) and (not top.harmless or is_iterator(obj)):
            self._watch(top, obj, value)
        self._give_function(obj)

    def _give_function(self, obj: object) -> None:
        """Remember a lambda that a call is given: what it reads, the call may read."""
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Calling) and type(obj) is FunctionType and obj.__name__ == "<lambda>":
            top.lambdas.extend(self._reads_of_lambda(obj))

    def _watch(self, calling: Calling, obj: object, value: int) -> None:
        """Remember what an object that a call can reach looks like, and its members that are known."""
        calling.watch(obj, value)
        for member, known in self._objects.known_members(obj):
            calling.watch(member, known)
        function = obj.__func__ if type(obj) is MethodType else obj
        if type(function) is FunctionType:
            self._watch_globals(calling, function)

    def _watch_members(self, calling: Calling, receiver: object) -> None:
        """Remember what the known members of a receiver look like: an estimator draws from a generator it was given."""
        for member, known in self._objects.known_members(receiver):
            calling.watch(member, known)

    def _read_hidden(self, running: Running) -> None:
        """Note what hidden state a statement has read and moved outside its calls."""
        reads, _ = self._hidden.moved(None, None, running.made, running.changes)
        running.reads.extend(("", value) for value in reads)

    def _watch_globals(self, calling: Calling, function: FunctionType) -> None:
        """Remember what the module's objects look like that a function of the project's may reach."""
        program = self._program_of(function)
        if program is None:
            return
        places = self._modules[program]
        for name in self._tables.read_in_functions(program):
            if name not in places.names or places.namespace is None:
                continue
            obj = places.namespace.get(name, _ABSENT)
            if obj is _ABSENT or is_atom(obj) or is_code(obj):
                continue
            known = self._objects.find(obj, None)
            if known is not None:
                calling.watch(obj, known.value)

    def _program_of(self, function: FunctionType) -> int | None:
        namespace = function.__globals__
        for program, places in self._modules.items():
            if places.namespace is namespace:
                return program
        return None

    def _peek(self, running: Running, names: Iterable[str]) -> None:
        """Note reads where no hook stands, by looking at what the names hold."""
        statement = running.statement
        for name in names:
            value = self._value_at(self._found(statement, name))
            if value is not None:
                running.reads.append((name, value))

    def _call(self, number: int, function: object) -> None:
        owners = self._pending.pop(number, [])
        statement = self._statement()
        if statement is None:
            return
        place, own = self._tables.calls[number]
        callee = callees.identify(function)
        known = self._known_callee(callee, function)
        order = statement.order
        if not own:
            self._order += 1
            order = self._order
            self._journal.write(
                f'["calling",{order},{statement.statement.program},"{place}",{self._stack[-1].order},{self._journal.now()}]'
            )
        calling = Calling(place, order, known, self._tick(), own=own)
        calling.owners = owners
        receiver = callee.receiver
        if (
            receiver is not None
            and not is_atom(receiver)
            and not issubclass(type(receiver), ModuleType | type)
        ):
            found = self._objects.find(receiver, statement.made)
            is_told = always_changes(known.receiver_type, known.method) or never_changes(
                known.receiver_type, known.method
            )
            mark = None if is_told else fingerprint(receiver)
            calling.receiver = (receiver, found.value if found is not None else None, mark)
            if known.receiver_type.partition(".")[0] not in _PLAIN:
                self._watch_members(calling, receiver)
        if known.kind == "own":
            self._prepare(calling, function)
        if known.method == "backward":
            for learner, value in self._objects.learners():
                calling.watch(learner, value)
        self._hidden.look()
        calling.begin = self._journal.now()
        self._stack.append(calling)

    def _known_callee(self, callee: callees.Callee, function: object) -> callees.Callee:
        known = self._callees.get(callee.key)
        if known is None:
            callees.settle(callee, function, self._project, self._libraries)
            callee.number = len(self._callees) + 1
            known = self._callees[callee.key] = callee.without_receiver()
            self._journal.write(
                f'["callee",{known.number},{text(callee.module)},{text(callee.name)},{text(callee.kind)},'
                f"{json_of(callee.parameters)},{text(callee.file)}]"
            )
        return known

    def _prepare(self, calling: Calling, function: object) -> None:
        """Find where a function of the project's was defined, and what it may reach."""
        code = callees.implementation_of(function)
        if code is None:
            return
        calling.function = code
        definition = self._closures.get(id(code))
        if definition is not None and definition[0]() is code:
            calling.places = definition[1]
        self._watch_globals(calling, code)
        for member, known in self._objects.known_members(code):
            calling.watch(member, known)

    def _return(self, number: int, obj: object) -> None:
        place, _ = self._tables.calls[number]
        calling = self._calling_at(place)
        if calling is None:
            return
        statement = self._statement()
        if statement is None:
            return
        end = self._journal.now()
        remember(_giver(calling.callee.name), obj)
        blocks = self._own_blocks(calling)
        self._pop()
        reads, binds = self._reads_of_call(calling, blocks)
        changes: list[tuple[int, int]] = []
        receiver = self._look_at_receiver(calling, changes)
        self._look_at_arguments(calling, changes)
        self._bind_globals(blocks, binds)
        known = calling.receiver[0] if calling.receiver is not None else None
        moved = self._hidden.moved(calling.callee, known, statement.made, changes)
        reads.extend(moved[0])
        binds.extend(moved[1])
        result = self._result_value(calling, statement, obj)
        changed = ",".join([f"[{old},{new}]" for old, new in changes])
        bound = ",".join([f"[{text(name)},{value}]" for name, value in binds])
        more = f",{json_of(bool(blocks))},{json_of(reads)},[{bound}]"
        self._journal.write(
            f'["call",{calling.order},"{place}",{calling.callee.number},{calling.begin},{end},'
            f"{json_of(result)},{json_of(receiver)},[{changed}]{more if blocks or reads or binds else ''}]"
        )
        top = self._stack[-1]
        if isinstance(top, Calling):
            # The outer call proper begins when the last of its arguments is there.
            top.begin = end
            if result is not None and not is_atom(obj) and not top.harmless:
                self._watch(top, obj, result)

    def _calling_at(self, place: str) -> Calling | None:
        """Find the call that returns; what lies above it was left by an exception that was caught unseen."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Calling) and item.place == place:
                if index + 1 < len(self._stack):
                    self._leave(index + 1, None)
                return item
            if isinstance(item, Running):
                return None
        return None

    def _reads_of_call(
        self, calling: Calling, blocks: list[Block]
    ) -> tuple[list[int], list[tuple[str, int]]]:
        """Find what plain code has read that ran inside a call, and lambdas that the call was given."""
        names = reads_of(blocks)
        values = []
        for found in names:
            kind, name, _, region = found
            if kind == "local":
                left = calling.left
                if left is not None and left.region == region and name in left.names:
                    values.append(left.names[name][1])
                continue
            if kind == "free" and calling.places is not None:
                places: Places | None = calling.places
                while places is not None and name not in places.names:
                    places = places.parent
                if places is not None:
                    values.append(places.names[name][1])
                    continue
            function = calling.function
            is_function = type(function) is FunctionType
            if kind == "free" and is_function and name in function.__code__.co_freevars:  # type: ignore[attr-defined]
                # It was defined by plain code: what it holds on to came into the function itself.
                continue
            value = self._value_at(found)
            if value is not None:
                values.append(value)
        if type(calling.function) is FunctionType and calling.function.__name__ == "<lambda>":
            values.extend(self._reads_of_lambda(calling.function))
        values.extend(calling.lambdas)
        return list(dict.fromkeys(values)), []

    def _reads_of_lambda(self, function: FunctionType) -> list[int]:
        program = self._program_of(function)
        if program is None:
            return []
        code = function.__code__
        found: list[Found] = [("global", name, program, None) for name in code.co_names]
        values = [value for value in map(self._value_at, found) if value is not None]
        definition = self._closures.get(id(function))
        places: Places | None = definition[1] if definition is not None else None
        for name in code.co_freevars:
            holder = places
            while holder is not None and name not in holder.names:
                holder = holder.parent
            if holder is not None:
                values.append(holder.names[name][1])
        return values

    def _look_at_receiver(self, calling: Calling, changes: list[tuple[int, int]]) -> int | None:
        if calling.receiver is None:
            return None
        obj, value, mark = calling.receiver
        known = always_changes(calling.callee.receiver_type, calling.callee.method)
        if known or (mark is not None and fingerprint(obj) != mark):
            entry = self._objects.find(obj, self._made())
            if entry is None or entry.value == value:
                self._changed(obj, changes)
                for owner in reversed(calling.owners):
                    self._changed(owner, changes)
        return value

    def _look_at_arguments(self, calling: Calling, changes: list[tuple[int, int]]) -> None:
        done = {id(calling.receiver[0])} if calling.receiver is not None else set()
        for index, (get, value, mark) in enumerate(calling.arguments):
            obj = get()
            if obj is None or id(obj) in done:
                continue
            done.add(id(obj))
            moved_on = always_changes(type_name(obj), None) or is_iterator(obj)
            if index == 0 and f"{calling.callee.module}.{calling.callee.name}" in FIRST_ARGUMENT:
                moved_on = True
            if moved_on or (mark is not None and fingerprint(obj) != mark):
                known = self._objects.find(obj, self._made())
                if known is not None and known.value == value:
                    self._changed(obj, changes)

    def _changed(self, obj: object, changes: list[tuple[int, int]]) -> None:
        self._objects.changed(obj, self._made(), changes)

    def _result_value(self, calling: Calling, statement: Running, obj: object) -> int | None:
        if obj is None or is_module(obj):
            return None
        returned = calling.returned
        if returned is not None and returned[0] is obj:
            value = returned[1]
            self._objects.hold(obj, value, None, None)
        elif is_atom(obj):
            value = self._objects.new_value(obj)
        else:
            known = self._objects.find(obj, statement.made)
            if known is None and is_code(obj) and calling.callee.kind != "own":
                return None
            if known is None:
                known = self._among(calling, obj)
            value = known.value if known is not None else self._objects.new_value(obj)
            if known is None:
                self._objects.hold(obj, value, None, None)
        if not self._objects.is_known_weakly(obj):
            statement.made[id(obj)] = (obj, value)
        return value

    def _among(self, calling: Calling, obj: object) -> Known | None:
        """Find an object among the receiver and the arguments of a call, which are alive for sure."""
        candidates = [argument[0]() for argument in calling.arguments]
        if calling.receiver is not None:
            candidates.append(calling.receiver[0])
        return (
            self._objects.entry(obj) if any(candidate is obj for candidate in candidates) else None
        )

    # ---------------------------------------------------------------- functions

    def _remember_closure(self, function: object) -> None:
        """Remember in which activation a function was defined, as it may read that one's names."""
        if self._activation is None or type(function) is not FunctionType:
            return
        identity = id(function)
        places = self._activation.places
        reference: weakref.ref[object] = weakref.ref(
            function, lambda _: self._closures.pop(identity, None)
        )
        self._closures[identity] = (reference, places)
        places.functions.append(reference)

    def _enter(self, number: int, values: tuple[object, ...]) -> bool:
        if not self._stack or not self._admit(number):
            return False
        region = self._tables.regions[number]
        top = self._stack[-1]
        made = self._made()
        parent = top.places if isinstance(top, Calling) else None
        if parent is None and region.parent is not None:
            parent = self._latest.get(region.parent)
        places = Places(None, number, parent)
        self._latest[number] = places
        self._activations += 1
        bound = []
        for name, obj in zip(region.parameters, values, strict=True):
            remember(name, obj)
            value = self._value_given(name, obj, made, top)
            if value is not None:
                self._objects.hold(obj, value, places, name)
                bound.append(f"[{text(name)},{value}]")
        activation = Activation(
            self._activations, top.order, number, places, self._activation, self._tick()
        )
        activation.handled = id(sys.exc_info()[1])
        self._stack.append(activation)
        self._activation = activation
        self._journal.write(
            f'["enter",{activation.number},{json_of(top.order)},{region.program},"{region.key}",'
            f"{self._journal.now()},[{','.join(bound)}]]"
        )
        return True

    def _value_given(self, name: str, obj: object, made: Made | None, top: Item) -> int | None:
        if is_module(obj):
            return None
        if not is_atom(obj):
            known = self._objects.find(obj, made)
            if known is None and isinstance(top, Calling):
                known = self._among(top, obj)
            if known is not None:
                return known.value
            if is_code(obj):
                return None
        return self._objects.new_value(obj, secret=is_secret_name(name))

    def _returned(self, number: int, obj: object) -> None:
        running = self._unwound_to(number)
        activation = self._activation
        if running is None or activation is None:
            return
        activation.is_done = True
        self._read_unseen(running)
        if obj is not None and not is_module(obj):
            value = self._value_returned(running, obj)
            if value is not None:
                running.binds.append(("return", value))
                activation.returned = (obj, value)
        for changed in running.stored:
            self._changed(changed, running.changes)
        self._write_bind(running.order, running)
        while self._stack[-1] is not activation:
            self._finish(self._stack[-1])

    def _value_returned(self, running: Running, obj: object) -> int | None:
        if is_atom(obj):
            if running.statement.own_call is not None and id(obj) in running.made:
                return running.made[id(obj)][1]
            return self._objects.new_value(obj)
        known = self._objects.find(obj, running.made)
        if known is not None:
            return known.value
        return None if is_code(obj) else self._objects.new_value(obj)

    def _leave_function(self, number: int) -> None:
        index = self._activation_of(number)
        if index is None:
            return
        item = self._stack[index]
        assert isinstance(item, Activation)
        error = sys.exc_info()[1]
        if item.is_done or id(error) == item.handled:
            # What is still there was left by a jump, or by a `return` in plain code.
            while self._stack[-1] is not item:
                left = self._stack[-1]
                if isinstance(left, Running):
                    self._settle_loop(left) if self._is_loop(left) else self._settle(left)
                self._finish(left)
        else:
            self._leave(index + 1, error)
        self._pop()
        self._deactivate(item)
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Calling) and top.callee.kind == "own":
            top.returned = item.returned
            top.left = item.places
        self._flush()

    def _activation_of(self, region: int) -> int | None:
        """Find the place on the stack of the innermost run of a function."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Activation) and item.region == region:
                return index
        return None

    def _deactivate(self, activation: Activation) -> None:
        self._activation = activation.outer
        self._objects.leave(activation.places)

    # ---------------------------------------------------------------- what the recorder does

    def _flush(self) -> None:
        """Tell what was written to the standard streams."""
        raise NotImplementedError

    def _look_at_modules(self) -> None:
        """Tell which modules have been imported since the last time."""
        raise NotImplementedError

    def _degrade(self, message: str) -> None:
        """Tell that something could not be done."""
        raise NotImplementedError

    def _give_up(self, error: Exception) -> None:
        """Leave the program alone from now on, and say why."""
        raise NotImplementedError


def _giver(name: str) -> str:
    """Give the name that says whether a function's result is a secret: `getpass` does not say so itself."""
    last = name.rpartition(".")[2]
    return "password" if last.endswith("getpass") else last
