"""Statements: what each has read, bound and changed when it is done."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType, ModuleType

from provkit.capture.fingerprints import fingerprint
from provkit.capture.held_objects import reachable
from provkit.capture.journal import json_of, text
from provkit.capture.loops import Loops
from provkit.capture.objects import Places
from provkit.capture.observation import ABSENT
from provkit.capture.regions import Block, Statement
from provkit.capture.running import Cell, Running, weakly
from provkit.capture.summaries import blocks_that_ran, reads_of, stored_in
from provkit.capture.values import attributes_of, is_atom, type_name
from provkit.redaction import is_secret_name


class Statements(Loops):
    """Follows statements from their beginning to their end."""

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
        parent = json_of(self._stack[-1].order) if self._stack else "null"
        running = Running(number, self._order, statement, self._tick())
        self._stack.append(running)
        self._set_secret(running)
        activation = "" if statement.region is None else f",{self._activation_number()}"
        self._journal.write(
            f'["step",{running.order},{statement.program},"{statement.key}",{parent},{self._journal.now()}{activation}]'
        )
        if statement.kind == "loop":
            running.rounds = self._tables.rounds[number].value
            if statement.region is None:
                namespace = self._namespace(statement)
                for name in statement.peeks:
                    obj = namespace.get(name, ABSENT)
                    if obj is not ABSENT:
                        self._look_before(running, name, obj)
            self._look_at_globals(running)
        elif statement.enters:
            self._look_at_globals(running)
        elif statement.kind == "star":
            namespace = self._namespace(statement)
            running.before.extend((name, id(obj), None, None) for name, obj in namespace.items())
        if statement.reads:
            self._read_at_once(running)
        if statement.peeks:
            self._peek(running, statement.peeks)

    def _read_at_once(self, running: Running) -> None:
        """Read what a plain assignment at a module's own level is about to read."""
        places = self._modules.get(running.statement.program)
        if places is None or places.namespace is None:
            return
        for name, place in running.statement.reads:
            obj = places.namespace.get(name, ABSENT)
            if obj is ABSENT:
                continue
            if self._functions_elsewhere:
                found = ("global", name, running.statement.program, None)
                self._see_elsewhere(running, found, obj)
            value = self._value_of(places, name, obj)
            if value is None:
                continue
            running.reads.append((place, value))
            self._look_at_what_may_answer(running, obj)
            if not is_atom(obj):
                newer = self._objects.newer_members(obj, value)
                running.reads.extend([(place, member) for member in newer])

    def _tell_atoms(self, order: int, statement: Statement, places: Places) -> bool:
        """Tell what a plain assignment has read and bound, if that is all known and immutable: the quickest way."""
        namespace, names = places.namespace, places.names
        if namespace is None:
            return False
        reads = []
        for name, place in statement.reads:
            obj = namespace.get(name, ABSENT)
            bound = names.get(name)
            if bound is None or bound[0] != id(obj) or not is_atom(obj):
                return False
            reads.append(f'["{place}",{bound[1]}]')
        found = [(name, namespace.get(name, ABSENT)) for name in statement.writes]
        for _, obj in found:
            if not is_atom(obj):
                return False
        binds = []
        for name, obj in found:
            value = self._objects.new_value(obj)
            self._objects.hold(obj, value, places, name)
            binds.append(f"[{text(name)},{value}]")
        self._journal.tell(f'["bind",{order},[{",".join(reads)}],[{",".join(binds)}],[],[]]')
        return True

    def _tell_run(self, first: int, until: int) -> None:
        """Tell of plain assignments that have run, one after the other, and bound each name but once."""
        statements = self._tables.statements[first:until]
        if not statements:
            return
        places = self._modules.get(statements[0].program)
        namespace = self._namespace(statements[0])
        unseen: list[tuple[str, int]] = []
        stamp = self._run_stamp
        if self._tables.latest.value >= stamp:
            # An operator has called what plain code says: nobody knows which one.
            blocks = blocks_that_ran(self._tables, stamp, ())
            unseen = [("", value) for value in self._values_of(reads_of(blocks))]
        parent = json_of(self._stack[-1].order) if self._stack else "null"
        tell = self._journal.tell
        for number, statement in enumerate(statements, first):
            self._order += 1
            order = self._order
            now = self._journal.now()
            tell(f'["step",{order},{statement.program},"{statement.key}",{parent},{now}]')
            self._objects.is_secret = self._is_secret(statement)
            if places is not None and (unseen or not self._tell_atoms(order, statement, places)):
                running = Running(number, order, statement, stamp)
                self._read_at_once(running)
                running.reads.extend(unseen)
                for name in statement.writes:
                    obj = namespace.get(name, ABSENT)
                    if obj is not ABSENT:
                        self._bind(running, places, name, obj)
                self._write_bind(order, running)
            tell(f'["done",{order},{now}]')
        self._tick()
        self._statement_told()

    def _statement_told(self) -> None:
        """Write what has been told of a statement that has ended."""
        self._journal.flush()

    def _break_run(self, error: BaseException | None) -> None:
        """Tell of the plain assignments up to the one that an error has left; and of that one, that it failed."""
        first, self._run = self._run, None
        if first is None:
            return
        statements = self._tables.statements
        namespace = self._namespace(statements[first])
        line = 0
        trace = error.__traceback__ if error is not None else None
        while trace is not None:
            if trace.tb_frame.f_globals is namespace and trace.tb_frame.f_locals is namespace:
                line = trace.tb_lineno
            trace = trace.tb_next
        failed = first
        for number in range(first, statements[first].until):
            if int(statements[number].key.partition(".")[0]) <= line:
                failed = number
        self._tell_run(first, failed)
        self._begin(failed)

    def open_cell(self) -> int:
        """Let a cell of a notebook begin: the statements of its program's own level lie in it.

        Its program's names have to be known: `_modules[program]` is that of the notebook's other cells.

        Returns:
            Its order among all executions.
        """
        self._order += 1
        self._stack.append(Cell(self._order, self._tick()))
        return self._order

    def close_cell(self, order: int, error: BaseException | None = None) -> None:
        """Let a cell end; what is still going on inside it was left by an error, or by nothing known."""
        for index, item in enumerate(self._stack):
            if isinstance(item, Cell) and item.order == order:
                self._leave(index + 1, error)
                self._pop()
                return

    def _is_inside(self) -> bool:
        """Tell whether the next statement is one of a function or of a loop's body."""
        return self._activation is not None or any(self._is_loop(item) for item in self._stack)

    def _end(self, running: Running) -> None:
        statement = running.statement
        if statement.kind == "loop":
            self._settle_loop(running)
        if statement.kind == "match" and not running.settled:
            # No case fitted, so that nothing was bound.
            self._settle_reads(running)
        elif statement.kind == "with" and running.settled:
            self._settle_exit(running)
        elif statement.kind not in ("block", "match") or not running.settled:
            self._settle(running)
        if statement.kind == "definition":
            for obj in self._bound_objects(running):
                self._remember_closure(obj)
        self._finish(running)
        if statement.kind in ("import", "star"):
            self._look_at_modules()
        self._flush()

    def _bound_objects(self, running: Running) -> Iterable[object]:
        if running.statement.region is not None:
            return list(running.shown.values())
        namespace = self._namespace(running.statement)
        return [namespace[name] for name in running.statement.writes if name in namespace]

    def _settle(self, running: Running) -> None:
        """Number what the statement has bound and changed, and write all it did since the last time."""
        if running.statement.enters:
            self._see_entry(running)
        self._read_unseen(running)
        self._see_asked(running)
        running.asked = []
        seen: set[int] = set()
        for obj in running.stored:
            if id(obj) not in seen:
                seen.add(id(obj))
                self._changed(obj, running.changes)
                if type(obj) is ModuleType:
                    self._settle_module(running, obj)
                for listener in self.stores:
                    listener(running.order, obj)
        if self._hidden.process.is_environment_set:
            self._read_hidden(running)
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
        if running.statement.kind == "with":
            self._look_at_managed(running)
        running.made = {}

    def _look_at_managed(self, running: Running) -> None:
        """Look at what a context manager may change as it is left: itself, what it reaches, the module's objects."""
        statement = running.statement
        running.before = []
        if not statement.enters:
            return
        managers = [get() for get, *_ in running.managed]
        for name in statement.writes:
            obj = self._object_at(self._found(statement, name))
            if obj is not ABSENT:
                self._look_before(running, name, obj)
        self._look_at_globals(running)
        for manager in managers:
            self._manage(running, manager)

    def _manage(self, running: Running, manager: object) -> None:
        """Remember what a context manager can reach, itself or by functions that it will call."""
        reached = [*self._objects.known_members(manager)]
        for member in reachable(manager):
            if type(member) is FunctionType:
                reached += self._named_in(member)
        known = {id(get()) for get, *_ in running.managed}
        for obj, value in reached:
            if id(obj) not in known:
                known.add(id(obj))
                running.managed.append((weakly(obj), value, fingerprint(obj)))

    def _manage_more(self, obj: object) -> None:
        """Look at what a context manager can reach by now, if an object that has changed is one."""
        for item in self._stack:
            if isinstance(item, Running) and any(get() is obj for get, *_ in item.managed):
                self._manage(item, obj)

    def _see_entry(self, running: Running) -> None:
        """See what plain code has changed of the module's objects that ran as a context manager was entered."""
        before, running.before = running.before, []
        blocks = self._own_blocks(running) if before else []
        if blocks:
            self._see_changed(running, before, blocks)

    def _see_changed(
        self,
        running: Running,
        before: list[tuple[str, int, object, int | None]],
        blocks: list[Block],
    ) -> None:
        stored = stored_in(blocks)
        done = {old for old, _ in running.changes}
        for name, identity, mark, value in before:
            found = self._found(running.statement, name)
            obj = self._object_at(found)
            known = self._objects.find(obj, None) if id(obj) == identity else None
            if known is None or value in done:
                continue
            if fingerprint(obj) != mark if known.value == value else found in stored:
                self._changed(obj, running.changes)

    def _settle_exit(self, running: Running) -> None:
        """Tell what has been read and changed as a context manager was left."""
        blocks = self._own_blocks(running)
        before, running.before = running.before, []
        managed, running.managed = running.managed, []
        for get, value, mark in managed:
            obj = get()
            if obj is None:
                continue
            # It is alive for sure.
            known = self._objects.entry(obj)
            current = known.value if known is not None else None
            if not value and current is not None:
                running.reads.append(("", current))
            elif value and current == value and fingerprint(obj) != mark:
                self._changed(obj, running.changes)
        if blocks:
            self._see_changed(running, before, blocks)
            self._read_unseen(running)
            # What it gave it has: in the generator behind a `contextmanager` that is a name of its own.
            self._peek(running, running.statement.writes)
        if blocks or running.changes:
            self._write_bind(running.order, running)
        running.reads, running.changes = [], []

    def _settle_module(self, running: Running, module: ModuleType) -> None:
        """Bind the name of another module of the project's that was stored into it as an attribute."""
        part = running.statement.part
        programs = self._programs_of(module.__dict__)
        if part is None or not part[2] or not programs:
            return
        name = str(part[1])
        places = self._modules[programs[0]]
        obj = module.__dict__.get(name, ABSENT)
        if obj is ABSENT:
            return
        known = None if is_atom(obj) else self._objects.find(obj, running.made)
        value = known.value if known is not None else self._objects.new_value(obj)
        self._objects.hold(obj, value, places, name)
        running.binds.append((f"{programs[0]}:{name}", value))

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
            if is_attribute and self._objects.find(holder[key], running.made) is not None:
                self._objects.keep_as_attribute(obj, str(key), holder[key])
            secret = is_secret_name(str(key))
            value = self._objects.new_value(holder[key], secret=secret)
            running.parts.append((known.value, part, value))

    def _settle_module_names(self, running: Running) -> None:
        namespace = self._namespace(running.statement)
        places = self._modules.get(running.statement.program)
        if places is None:
            return
        for name in self._names_bound(running, namespace):
            obj = namespace.get(name, ABSENT)
            if obj is ABSENT:
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

    def _names_bound(self, running: Running, namespace: dict[str, object]) -> Iterable[str]:
        if running.statement.kind == "loop":
            return ()
        if running.statement.kind != "star":
            return running.statement.writes
        before = {name: identity for name, identity, _, _ in running.before}
        return [name for name, obj in namespace.items() if before.get(name) != id(obj)]
