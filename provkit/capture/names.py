"""Which version of which object each name holds."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType

from provkit.capture.fingerprints import fingerprint, is_iterator
from provkit.capture.held_objects import content_of
from provkit.capture.journal import json_of, text
from provkit.capture.objects import Changes, Made, Places
from provkit.capture.observation import ABSENT, MOVES_ON, Observation
from provkit.capture.regions import Block, Statement
from provkit.capture.running import Running
from provkit.capture.summaries import Found, reads_of, writes_of
from provkit.capture.values import is_atom, is_code, is_module, makes_what_is_asked_for
from provkit.redaction import is_secret_name, remember


class Names(Observation):
    """Finds what names hold, and binds them."""

    def _namespace(self, statement: Statement) -> dict[str, object]:
        places = self._modules.get(statement.program)
        return places.namespace if places is not None and places.namespace is not None else {}

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

    def _found(self, statement: Statement, name: str) -> Found:
        kind = statement.scope.place(name)[0]
        region = statement.region if kind != "global" else None
        return kind, name, statement.program, region

    def _value_at(self, found: Found) -> int | None:
        """Get the version that a name holds, without looking at what it is."""
        kind, name, program, region = found
        if kind == "global":
            places = self._modules.get(program)
            if places is None or places.namespace is None:
                return None
            obj = places.namespace.get(name, ABSENT)
            bound = places.names.get(name)
            if obj is ABSENT or (bound is not None and bound[0] != id(obj)):
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

    def _is_code_at(self, found: Found) -> bool:
        """Tell whether a name holds what can draw random numbers: a module or a function, or what nobody knows."""
        kind, name, program, _ = found
        places = self._places(kind, name, program)
        if places is None or places.namespace is None:
            return places is None or name not in places.names
        return is_code(places.namespace.get(name))

    def _read_hidden(self, running: Running) -> None:
        """Note what hidden state a statement has read and moved outside its calls."""
        reads, binds = self._hidden.moved(None, None, running.made, running.changes)
        running.reads.extend(("", value) for value in reads)
        running.binds.extend(binds)

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

    def _changed(self, obj: object, changes: list[tuple[int, int]]) -> None:
        self._objects.changed(obj, self._made(), changes)

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
                self._objects.changed_beside(obj, running.made, running.changes)
            elif value is None and same_object and earlier is not None and kind == "loop":
                value = earlier[1]
        elif running.statement.own_call is not None and id(obj) in running.made:
            value = running.made[id(obj)][1]
        elif kind in ("import", "star"):
            value = self._imported(name, obj)
        is_new = value is None
        if value is None:
            value = self._objects.new_value(obj)
        self._objects.hold(obj, value, places, name)
        if is_new and running.reads and places.namespace is None:
            self._objects.keep_by_owner(obj, value, self._read_by(running, places))
        running.binds.append((name, value))

    def _read_by(self, running: Running, places: Places) -> Iterator[object]:
        """Go through the objects that a statement has read by local names."""
        read = {value for _, value in running.reads}
        for identity, value in list(places.names.values()):
            obj = self._objects.held_at(identity) if value in read else None
            if obj is not None:
                yield obj

    def _imported(self, name: str, obj: object) -> int | None:
        """Find the value that another module of the project has under the same name."""
        for places in reversed(self._modules.values()):
            bound = places.names.get(name)
            if bound is not None and bound[0] == id(obj):
                return bound[1]
        return None

    def _value_under(self, name: str, obj: object, made: Made | None) -> int:
        """Find the version of what a name holds that was bound unseen, or number it; a secret is not shown."""
        remember(name, obj)
        known = None if is_atom(obj) else self._objects.find(obj, made)
        if known is not None:
            return known.value
        return self._objects.new_value(obj, secret=is_secret_name(name))

    def _bind_globals(self, blocks: Iterable[Block], binds: list[tuple[str, int]]) -> None:
        """Bind anew the module's names that plain functions have bound."""
        for kind, name, program, _ in writes_of(
            block for block in blocks if block.region is not None
        ):
            places = self._modules.get(program)
            if kind != "global" or places is None or places.namespace is None:
                continue
            obj = places.namespace.get(name, ABSENT)
            if obj is ABSENT:
                places.names.pop(name, None)
                continue
            value = self._value_under(name, obj, None)
            self._objects.hold(obj, value, places, name)
            binds.append((f"{program}:{name}", value))

    def _write_bind(self, order: int, running: Running) -> None:
        if not (running.reads or running.binds or running.changes or running.unbinds):
            return
        reads = ",".join([f"[{text(site)},{value}]" for site, value in running.reads])
        binds = ",".join([f"[{text(name)},{value}]" for name, value in running.binds])
        changes = ",".join([f"[{old},{new}]" for old, new in running.changes])
        parts = ",".join([f"[{of},{text(part)},{value}]" for of, part, value in running.parts])
        sources = json_of([[new, of] for new, of in running.sources.items()])
        running.sources = {}
        parts = f",[{parts}]" if parts or sources != "[]" else ""
        parts += f",{sources}" if sources != "[]" else ""
        self._journal.tell(
            f'["bind",{order},[{reads}],[{binds}],[{changes}],{json_of(running.unbinds)}{parts}]'
        )

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

    def _bind_shared(self, function: object, changes: Changes) -> list[int]:
        """Number what the variables hold that a closure shares with others, where plain code has bound them anew.

        Returns:
            The versions that all of its variables held before.
        """
        function = function.__func__ if type(function) is MethodType else function
        definition = self._closures.get(id(function))
        if type(function) is not FunctionType or definition is None:
            return []
        if definition[0]() is not function:
            return []
        before: list[int] = []
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=False
        ):
            places: Places | None = definition[1]
            while places is not None and name not in places.names:
                places = places.parent
            if places is None:
                continue
            obj = content_of(cell)
            identity, old = places.names[name]
            before.append(old)
            if obj is None or identity == id(obj):
                continue
            value = self._value_under(name, obj, self._made())
            self._objects.hold(obj, value, places, name)
            if value != old:
                changes.append((old, value))
        return before

    def _named_in(self, function: FunctionType) -> Iterator[tuple[object, int]]:
        """Go through the module's known objects that a function of the project's may reach, with their versions."""
        for program in self._programs_of(function.__globals__):
            places = self._modules[program]
            names = self._tables.read_in_functions(program)
            if function.__name__ == "<lambda>":
                # It is no function of the tables.
                names = dict.fromkeys([*names, *function.__code__.co_names])
            for name in names:
                if name not in places.names or places.namespace is None:
                    continue
                obj = places.namespace.get(name, ABSENT)
                if obj is ABSENT or is_atom(obj) or is_code(obj):
                    continue
                known = self._objects.find(obj, None)
                if known is not None:
                    yield obj, known.value

    def _programs_of(self, namespace: dict[str, object]) -> list[int]:
        """List the programs whose names lie in a namespace; the cells of a notebook share theirs."""
        return [
            program for program, places in self._modules.items() if places.namespace is namespace
        ]

    def _peek(self, running: Running, names: Iterable[str]) -> None:
        """Note reads where no hook stands, by looking at what the names hold."""
        statement = running.statement
        for name in names:
            found = self._found(statement, name)
            value = self._value_at(found)
            if value is None:
                continue
            obj = self._object_at(found)
            if self._functions_elsewhere:
                self._see_elsewhere(running, found, obj)
                value = self._value_at(found) or value
            running.reads.append((name, value))
            if obj is not ABSENT and not is_atom(obj):
                newer = self._objects.newer_members(obj, value)
                running.reads.extend([(name, member) for member in newer])

    def _see_elsewhere(self, running: Running, found: Found, obj: object) -> None:
        """See what other threads have made of what a name holds, or have bound it to."""
        raise NotImplementedError

    def _look_at_asked(self, running: Running, names: Iterable[str]) -> None:
        """Look at what names hold that a comprehension may change."""
        for name in names:
            obj = self._object_at(self._found(running.statement, name))
            if obj is not ABSENT and not is_atom(obj) and not is_code(obj):
                # Every use of an iterator moves it on, and nothing shows that.
                mark = MOVES_ON if is_iterator(obj) else fingerprint(obj)
                running.asked.append((obj, obj, mark, self._version_of(obj)))
                for member, value in self._objects.known_members(obj):
                    if all(one is not member for one, *_ in running.asked):
                        running.asked.append((member, member, fingerprint(member), value))

    def _look_at_what_may_answer(self, running: Running, obj: object, root: int = -1) -> None:
        """Look at an object that may change by being read: a mapping that makes keys, one of a class that acts.

        Args:
            running: The statement.
            obj: The object.
            root: Number of the name that it was reached from, which stands for what has no version of its own.
        """
        if is_atom(obj) or not self._may_change_if_asked(type(obj)):
            return
        if any(one is obj for one, *_ in running.asked):
            return
        told = obj
        if root >= 0 and self._version_of(obj) is None:
            name, _, kind, program = self._tables.names[root]
            told = self._object_at((kind, name, program, None))
        running.asked.append((obj, told, fingerprint(obj), self._version_of(told)))

    def _may_change_if_asked(self, kind: type) -> bool:
        """Tell whether reading an item or an attribute of an object may run what changes it, by its class alone."""
        known = self._asking.get(id(kind))
        if known is not None and known[0]() is kind:
            return known[1]
        modules = [
            places.namespace.get("__name__")
            for places in self._modules.values()
            if places.namespace is not None
        ]
        found = makes_what_is_asked_for(kind, modules)
        self._asking[id(kind)] = (weakref.ref(kind), found)
        return found

    def _see_asked(self, running: Running) -> None:
        """Give what comprehensions have changed its next version."""
        asked, running.asked = running.asked, []
        for obj, told, mark, value in asked:
            if mark is MOVES_ON:
                self._changed(obj, running.changes)
                continue
            now = fingerprint(obj)
            if now != mark and self._version_of(told) == value:
                # Else what has changed it has been told of.
                self._changed(told, running.changes)
            running.asked.append((obj, told, now, self._version_of(told)))

    def _object_at(self, found: Found) -> object:
        """Get the object that a name holds, as far as it can be reached."""
        kind, name, program, _ = found
        places = self._places(kind, name, program)
        if places is None:
            return ABSENT
        if places.namespace is not None:
            return places.namespace.get(name, ABSENT)
        bound = places.names.get(name)
        obj = self._objects.held_at(bound[0]) if bound is not None else None
        return obj if obj is not None else ABSENT

    def _read_unseen(self, running: Running) -> None:
        """Read what plain code has read that ran inside a statement and outside its calls."""
        if self._tables.latest.value < running.stamp:
            return
        blocks = self._own_blocks(running)
        if blocks:
            running.is_summed_up = True
            for value in self._values_of(reads_of(blocks)):
                running.reads.append(("", value))
            self._bind_globals(blocks, running.binds)
            running.stamp = self._tick()
