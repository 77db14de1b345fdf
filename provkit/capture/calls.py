"""Reads of names, and calls: what each was given, what it has changed, and what it gave."""

from __future__ import annotations

from functools import lru_cache
from gc import get_referents
from types import CellType, CodeType, FunctionType, GeneratorType, MethodType, ModuleType

from provkit.capture import callees
from provkit.capture.effects import always_changes, is_plain, never_changes
from provkit.capture.elsewhere import hands_over, sources_in
from provkit.capture.fingerprints import fingerprint, holds_streams, is_iterator
from provkit.capture.held_objects import content_of
from provkit.capture.journal import json_of, text
from provkit.capture.meaning import defaults_text, is_told, mapping_items
from provkit.capture.objects import Known, Places
from provkit.capture.observation import giver_of
from provkit.capture.parameters import brief, is_spread, taken_apart
from provkit.capture.process_state import environment
from provkit.capture.regions import Block
from provkit.capture.running import Calling, Returned, Running, weakly
from provkit.capture.statements import Statements
from provkit.capture.summaries import Found, reads_of
from provkit.capture.temporary_files import note_made
from provkit.capture.values import attributes_of, is_atom, is_code, is_module, root_package
from provkit.redaction import remember

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import Any

_CACHE = type(lru_cache(len))
"""The class of functions that remember what they have given."""
_ITERATORS = 8
"""Iterators, one going over the other, that are looked into for what they reach."""


def _only_gives(owner: object, part: object) -> bool:
    """Tell whether an array or a table gives an object that is no part of it: `df.style`, `series.plot`."""
    if root_package(type(owner)) not in ("numpy", "pandas"):
        return False
    attributes = attributes_of(owner) or {}
    axes = getattr(attributes.get("_mgr"), "axes", ())
    return all(one is not part for one in (*attributes.values(), *axes))


def _names_of_text(executed: object) -> tuple[str, ...]:
    """List the names that a text, or code, has at its own level."""
    code = executed
    if type(executed) is str:
        try:
            code = compile(executed, "<exec>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ()
    return code.co_names if type(code) is CodeType else ()


class Calls(Statements):
    """Follows reads and calls inside a statement."""

    def _read(self, number: int, obj: object) -> None:
        name, place, kind, program = self._tables.names[number]
        running = self._statement()
        if running is None:
            return
        if self._functions_elsewhere:
            region = running.statement.region if kind != "global" else None
            self._see_elsewhere(running, (kind, name, program, region), obj)
        value = self._value_of(self._places(kind, name, program), name, obj)
        if value is None:
            return
        self._note_read(running, place, value, obj)

    def _read_member(self, number: int, obj: object) -> None:
        """Read a name of another module of the project's."""
        name, place, base, program = self._tables.names[number]
        running = self._statement()
        outer = self._modules.get(program)
        if running is not None and obj is environment():
            variables = self._hidden.environment_read()
            if variables is not None:
                self._note_read(running, place, variables, obj)
            return
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
                return

    def _note_read(self, running: Running, place: str, value: int, obj: object) -> None:
        running.reads.append((place, value))
        top = self._stack[-1]
        if isinstance(top, Calling):
            if top.paths is not None:
                top.look_for_file(obj)
            if top.names is not None:
                top.texts.append(obj)
        if is_atom(obj):
            return
        if top is running:
            self._note_manager(running, obj)
        self._look_at_what_may_answer(running, obj)
        running.reads.extend((place, newer) for newer in self._objects.newer_members(obj, value))
        if isinstance(top, Calling) and (not top.harmless or is_iterator(obj)):
            self._watch(top, obj, value)
        self._give_function(obj)

    @staticmethod
    def _note_manager(running: Running, obj: object) -> None:
        """Remember what the header of a `with` gives: it may be a context manager."""
        if running.statement.enters and not running.settled and not is_atom(obj):
            running.managed.append((weakly(obj), 0, None))

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
        elif type(obj) is GeneratorType:
            self._watch_generator(calling, obj)

    def _watch_globals(self, calling: Calling, function: FunctionType) -> None:
        """Remember what the module's objects look like that a function of the project's may reach."""
        for obj, value in self._named_in(function):
            calling.watch(obj, value)

    def _watch_generator(self, calling: Calling, generator: GeneratorType[Any, Any, Any]) -> None:
        """Remember what a generator may reach that has not run to its end: what uses it up runs its code."""
        for obj in self._reached_by(generator):
            known = self._objects.find(obj, None)
            if known is not None:
                calling.watch(obj, known.value)

    def _reached_by(self, generator: GeneratorType[Any, Any, Any]) -> list[object]:
        """List what a generator, and the iterators that it goes over, hold or name."""
        found: list[object] = []
        waiting: list[object] = [generator]
        for position in range(_ITERATORS):
            if position == len(waiting):
                break
            # Its locals as the collector sees them: asked for, they would be held by a copy.
            held = get_referents(waiting[position])
            reached = [content_of(one) if type(one) is CellType else one for one in held]
            inner = waiting[position]
            frame = inner.gi_frame if type(inner) is GeneratorType else None
            if frame is not None and self._programs_of(frame.f_globals):
                reached += [frame.f_globals.get(name) for name in frame.f_code.co_names]
            for obj in reached:
                if is_atom(obj) or is_code(obj):
                    continue
                if not is_iterator(obj):
                    found.append(obj)
                elif all(obj is not one for one in waiting):
                    waiting.append(obj)
        return found

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
        if calling.paths is not None:
            if callee.receiver is not None:
                calling.look_for_file(callee.receiver)
            for constant in self._tables.texts.get(number, ()):
                calling.look_for_file(constant)
        calling.called = function
        if known.kind == "builtin" and known.name == "exec":
            namespace = self._namespace(statement.statement)
            calling.names = {name: id(obj) for name, obj in namespace.items()}
            calling.texts = [*self._tables.texts.get(number, ())]
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
            if type(receiver) is GeneratorType:
                self._watch_generator(calling, receiver)
            if not is_plain(known.receiver_type):
                # An estimator draws from a generator that it was given, a pipeline fits its parts.
                for member, value in self._objects.known_members(receiver):
                    calling.watch(member, value)
        if known.kind == "own":
            self._prepare(calling, function)
            if type(function) is _CACHE or holds_streams(function):
                keeper = self._objects.find(function, None)
                if keeper is not None:
                    calling.watch(function, keeper.value)
        calling.gives_away = hands_over(known, function)
        if calling.gives_away:
            self._watch_handed(calling, receiver)
        if known.method == "backward":
            for learner, value in self._objects.learners():
                calling.watch(learner, value)
        self._hidden.look()
        calling.begin = self._journal.now()
        self._stack.append(calling)

    def _give_argument(self, number: int, parameter: int | str, obj: object) -> None:
        """Remember an argument that no name and no call stands for; nothing that would be kept alive."""
        calling = self._stack[-1] if self._stack else None
        if not isinstance(calling, Calling) or calling.place != self._tables.calls[number][0]:
            return
        calling.look_for_file(obj)
        if is_spread(parameter):
            if is_told(calling.callee):
                found = taken_apart(parameter, obj)
                calling.told.extend(
                    (name, brief(member, str(name)), True) for name, member in found
                )
            return
        if is_atom(obj):
            calling.given[parameter] = obj
        if is_told(calling.callee):
            shown = brief(obj, str(parameter))
            if type(obj) is dict:
                shown["items"] = mapping_items(obj)
            calling.told.append((parameter, shown, False))

    def _known_callee(self, callee: callees.Callee, function: object) -> callees.Callee:
        known = self._callees.get(callee.key)
        if known is None:
            callees.settle(callee, function, self._project, self._libraries)
            callee.number = len(self._callees) + 1
            known = self._callees[callee.key] = callee.without_receiver()
            self._journal.tell(
                f'["callee",{known.number},{text(callee.module)},{text(callee.name)},{text(callee.kind)},'
                f"{json_of(callee.parameters)},{text(callee.file)},{defaults_text(callee, function)}]"
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
        remember(giver_of(calling.callee.name), obj)
        # A class may name its module by a text of its own kind, which is asked for nothing.
        module = calling.callee.module
        if type(module) is str and module == "tempfile":
            note_made(obj)
        blocks = self._own_blocks(calling)
        self._pop()
        reads, binds = self._reads_of_call(calling, blocks)
        changes: list[tuple[int, int]] = []
        receiver = self._look_at_receiver(calling, changes)
        if not calling.gives_away:
            self._look_at_arguments(calling, changes)
        self._bind_globals(blocks, binds)
        if blocks:
            self._bind_shared(calling.called, changes)
        if calling.names is not None:
            self._bind_executed(calling, statement, reads, binds)
        drawn = self._hidden.moved(calling.callee, calling.receiver, statement.made, changes)
        reads.extend(drawn[0])
        binds.extend(drawn[1])
        result = self._result_value(calling, statement, obj)
        if calling.gives_away:
            self._share(calling, result)
        for listener in self.listeners:
            listener(Returned(calling, statement.statement.program, obj, result))
        within = calling.within
        changed = ",".join(
            [json_of([old, new, *within.get(new, ())]) for old, new in changes]
            if within
            else [f"[{old},{new}]" for old, new in changes]
        )
        bound = ",".join([f"[{text(name)},{value}]" for name, value in binds])
        sources = self._told_apart(calling, changes, blocks) if blocks and changes else []
        more = f",{json_of(bool(blocks))},{json_of(reads)},[{bound}]"
        more += f",{json_of(sources)}" if sources else ""
        self._journal.write(
            f'["call",{calling.order},"{place}",{calling.callee.number},{calling.begin},{end},'
            f"{json_of(result)},{json_of(receiver)},[{changed}]{more if blocks or reads or binds else ''}]"
        )
        top = self._stack[-1]
        if top is statement:
            self._note_manager(statement, obj)
        if isinstance(top, Calling):
            # The outer call proper begins when the last of its arguments is there.
            top.begin = end
            top.look_for_file(obj)
            if result is not None and not is_atom(obj) and not top.harmless:
                self._watch(top, obj, result)

    def _told_apart(
        self, calling: Calling, changes: list[tuple[int, int]], blocks: list[Block]
    ) -> list[tuple[int, list[int]]]:
        """Tell what the module's objects came from that plain functions have changed, each by itself."""
        made = dict(changes)
        found = []
        for get, value, _ in calling.arguments:
            obj = get() if value in made else None
            named = self._named(obj, blocks) if obj is not None else []
            sources = {one: None for target in named for one in sources_in(self, target, blocks)}
            if sources:
                found.append((made[value], self._values_of(sources)))
        return found

    def _bind_executed(
        self,
        calling: Calling,
        statement: Running,
        reads: list[int],
        binds: list[tuple[str, int]],
    ) -> None:
        """Bind the module's names that `exec` has bound; they come from those that its text reads."""
        program = statement.statement.program
        places = self._modules.get(program)
        if places is None or places.namespace is None or calling.names is None:
            return
        named = dict.fromkeys(name for one in calling.texts for name in _names_of_text(one))
        found: list[Found] = [("global", name, program, None) for name in named]
        reads.extend(self._values_of(found))
        for name, obj in list(places.namespace.items()):
            if calling.names.get(name) == id(obj) or is_module(obj):
                continue
            value = self._value_under(name, obj, statement.made)
            self._objects.hold(obj, value, places, name)
            binds.append((f"{program}:{name}", value))

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
        values.extend(calling.given_back)
        return list(dict.fromkeys(values)), []

    def _reads_of_lambda(self, function: FunctionType) -> list[int]:
        programs = self._programs_of(function.__globals__)
        if not programs:
            return []
        code = function.__code__
        found: list[Found] = [("global", name, programs[0], None) for name in code.co_names]
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
        known = (
            is_iterator(obj)
            or always_changes(calling.callee.receiver_type, calling.callee.method)
            or calling.gives_away
        )
        if known or (mark is not None and fingerprint(obj) != mark):
            entry = self._objects.find(obj, self._made())
            if entry is None or entry.value == value:
                self._changed_within(calling, obj, value, changes)
                self._manage_more(obj)
                for owner in reversed(calling.owners):
                    if not _only_gives(owner, obj):
                        self._changed(owner, changes)
        return value

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
            made = calling.constructed
            if known is None and made is not None and made[0] == id(obj):
                # No weak reference leads to an object of a class with `__slots__`.
                self._objects.hold(obj, made[1], None, None)
                known = self._objects.entry(obj)
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
