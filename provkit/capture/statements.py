"""Statements: what each has read, bound and changed when it is done."""

from __future__ import annotations

from collections.abc import Iterable

from provkit.capture.journal import json_of
from provkit.capture.loops import Loops
from provkit.capture.observation import ABSENT
from provkit.capture.running import Cell, Running
from provkit.capture.values import attributes_of, type_name
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
                    obj = namespace.get(name, ABSENT)
                    if obj is not ABSENT:
                        self._look_before(running, name, obj)
            self._look_at_globals(running)
        elif statement.kind == "star":
            namespace = self._namespace(statement)
            running.before.extend((name, id(obj), None, None) for name, obj in namespace.items())
        self._peek(running, statement.peeks)

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
        self._read_unseen(running)
        seen: set[int] = set()
        for obj in running.stored:
            if id(obj) not in seen:
                seen.add(id(obj))
                self._changed(obj, running.changes)
                for listener in self.stores:
                    listener(running.order, obj)
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
