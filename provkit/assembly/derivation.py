"""What each value and file came from: the journal laid upon the dataflow of the source.

The source says which reads and calls *can* flow into a call or a name; the journal says which of them
happened and what they gave. A value derives, by data, from what flowed into the innermost expression that
made it, and, by control, from what was read by the tests it was made under, and by those that could have
bound a name it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import (
    Activation,
    Call,
    Chunk,
    Gathered,
    Statement,
    statement_of,
)
from provkit.events import CalleeSeen
from provkit.model import Reference
from provkit.source import DISPATCH, PART, Argument, CallSite, Dataflow, Flow, SourceAnalysis

COMMAND_LINE = Reference("setting", "argv")
_READS_COMMAND_LINE = frozenset(
    {
        "argparse.ArgumentParser.parse_args",
        "argparse.ArgumentParser.parse_known_args",
        "argparse.ArgumentParser.parse_intermixed_args",
    }
)
_OF_FILES = frozenset({"pathlib", "os", "posix", "genericpath", "posixpath", "glob"})
_LOOK_AT_FILES = frozenset(
    (
        *("stat", "lstat", "exists", "is_file", "is_dir", "isfile", "isdir", "getsize", "getmtime"),
        *("listdir", "scandir", "iterdir", "glob", "rglob", "walk"),
    )
)
"""Functions of those modules that tell something of files without opening them."""
_STREAM_TYPES = (
    *("_io.", "gzip.", "bz2.", "lzma.", "zipfile.", "tarfile."),
    *("h5py.", "pyarrow.", "sqlite3."),
)


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


Source = Reference | int
Place = tuple[int, int, str]
"""A name: its plan, its activation (0 for a module's, and for one that closures share), itself."""


class Derivations:
    """Walks through what was gathered, moment by moment."""

    def __init__(
        self, gathered: Gathered, analyses: dict[int, SourceAnalysis], files: FileStates
    ) -> None:
        self._gathered = gathered
        self._analyses = analyses
        self._files = files
        self.origins: dict[int, Origin] = {}
        self.names: dict[int, list[str]] = {}
        """The names each value was bound to, or was first read through, in order."""
        self.used: dict[int, dict[Source, None]] = {}
        """What each execution used."""
        self._inputs: dict[int, dict[Source, None]] = {}
        """What flowed into each call, by identity."""
        self._conditional: dict[Place, dict[Source, None]] = {}
        """For a name that a test could have bound since it was bound, and did not, what the test read."""
        self._open_tests: list[Statement] = []
        self._last_bound: dict[Place, int] = {}
        self._entered: dict[int, dict[Source, None]] = {}
        """For each activation, what decided that it ran: what its call ran under, and what was called."""
        self._left: dict[int, dict[Source, None]] = {}
        """For each activation or loop, what the tests read that could have left it and did not."""
        self._returned: dict[int, dict[Source, None]] = {}
        """For each execution, what functions have returned into it."""
        cells = [number for number, source in gathered.sources.items() if source.kind == "cell"]
        self._namespace = dict.fromkeys(cells, min(cells, default=0))
        """For each cell's text, the number that stands for the namespace that all cells share."""

    def walk(self) -> None:
        """Find all derivations."""
        gathered = self._gathered
        for value, seen in gathered.values.items():
            if "place" in seen.description:
                self.names[value] = [str(seen.description["place"])]
        moments: list[tuple[int, int, Callable[[], None]]] = []
        for statement in gathered.statements.values():
            moments.append((statement.moment, 0, partial(self._close_tests, statement)))
            moments.extend(
                (call.moment, 1, partial(self._call, call, statement)) for call in statement.made
            )
            moments.extend(
                (chunk.moment, 2, partial(self._chunk, chunk, statement))
                for chunk in statement.chunks
            )
        moments.extend(
            (activation.moment, 1, partial(self._enter, activation))
            for activation in gathered.activations.values()
        )
        for _, _, happen in sorted(moments, key=lambda item: item[:2]):
            happen()
        for statement in gathered.statements.values():
            self._update_used_of_failed(statement)
        for number, process in enumerate(gathered.processes, 1):
            if process.order is not None:
                command = Reference("setting", f"process.{number}")
                self.used.setdefault(process.order, {})[command] = None
        self._files_written()
        self._take_in_what_is_left()
        self._take_in_own_results()
        self._forget_own_products()

    def _take_in_what_is_left(self) -> None:
        """Let what a name held in the end come from what had changed in it, by what changed that last."""
        for left in self._gathered.left:
            members = [one for one in left.members if one in self.origins]
            makers = [self.origins[one].generated_by or 0 for one in members]
            if not members or left.value not in self._gathered.values:
                continue
            origin = self.origins[left.value] = Origin(max(makers), revision_of=left.version)
            origin.data.update(dict.fromkeys([left.version, *members]))
            self._name(left.value, left.name)

    def _take_in_own_results(self) -> None:
        """Let what was bound come from what the unnamed result that it was taken from came from."""
        for origin in self.origins.values():
            for source in list(origin.data):
                inner = self.origins.get(source) if isinstance(source, int) else None
                if inner is None or inner.generated_by != origin.generated_by:
                    continue
                if (
                    source in self.names
                    or inner.revision_of is not None
                    or origin.revision_of == source
                ):
                    continue
                del origin.data[source]
                origin.data.update(inner.data)

    def _forget_own_products(self) -> None:
        """No execution uses what it has made itself, and nothing comes from itself."""
        for order, used in self.used.items():
            for source in [source for source in used if isinstance(source, int)]:
                origin = self.origins.get(source)
                if origin is not None and origin.generated_by == order:
                    del used[source]
        for value, origin in self.origins.items():
            origin.data.pop(value, None)
            origin.control.pop(value, None)

    def is_seeded(self, value: int) -> bool | None:
        """Tell whether the program said where a generator of random numbers starts; None for any other value."""
        if not _is_generator(self._gathered.values[value].type):
            return None
        visited: set[int] = set()
        while value not in visited:
            visited.add(value)
            origin = self.origins.get(value)
            if origin is None:
                return False
            if origin.revision_of is None:
                return self._is_given_a_seed(origin)
            value = origin.revision_of
        return None

    def _is_given_a_seed(self, origin: Origin) -> bool | None:
        """Tell whether the call that made a generator was given anything but `None`."""
        order = origin.generated_by
        if order is None:
            return None
        statement = statement_of(self._gathered, order)
        call = self._gathered.calls.get(order)
        if call is None:
            call = next((one for one in statement.calls.values() if one.order == order), None)
        site = self._dataflow(statement).calls.get(call.key) if call is not None else None
        if call is None or site is None:
            return None
        chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
        for argument in site.arguments:
            sources = list(self._inside(self._dataflow(statement), argument.flow, chunk))
            if not sources and not argument.is_none:
                return True
            for source in sources:
                if isinstance(source, Reference):
                    return True
                if self._gathered.values[source].type != "NoneType":
                    return True
        return False

    def file_states(self) -> Iterable[FileState]:
        """List the states of all files."""
        return self._files.states

    # ---------------------------------------------------------------- statements

    def _chunk(self, chunk: Chunk, statement: Statement) -> None:
        flow = self._dataflow(statement)
        self._name_what_was_read(chunk, statement)
        control = self._control(statement, chunk.moment)
        used = self.used.setdefault(statement.order, {})
        for site, values in chunk.reads.items():
            used.update(dict.fromkeys(values if site == "" else self._told_by(values)))
        used.update(dict.fromkeys(self._inside(flow, flow.flow, chunk)))
        unseen: dict[Source, None] = dict.fromkeys(chunk.reads.get("", ()))
        unseen.update(self._returned.pop(statement.order, {}))
        part = (flow.test or Flow()) if flow.is_loop else flow.flow
        for old, new in chunk.changes:
            origin = self._make(new, statement.order, control)
            if origin is not None and new in chunk.parts and flow.stores is not None:
                origin.revision_of = old
                self._store_part(origin, chunk.parts[new], chunk, statement, control)
            elif origin is not None:
                origin.revision_of = old
                origin.data[old] = None
                origin.data.update(dict.fromkeys(self._inside(flow, part, chunk)))
                origin.data.update(unseen)
                for name, _ in chunk.binds if not flow.is_loop else ():
                    # `view += x`: what shares its memory came from the name that was looked at, too.
                    origin.data.update(dict.fromkeys(chunk.reads.get(name, ())))
                self._add_conditional(origin, statement, part)
        for name, value in chunk.binds:
            self._bind(name, value, statement, flow, chunk, control, unseen)
        for name, _ in chunk.binds:
            place = self._place(statement, name)
            self._last_bound[place] = statement.order
            self._conditional.pop(place, None)
        if flow.test is not None and statement not in self._open_tests:
            self._open_tests.append(statement)

    def _store_part(
        self,
        origin: Origin,
        stored: tuple[str, int],
        chunk: Chunk,
        statement: Statement,
        control: dict[Source, None],
    ) -> None:
        """Let a part come from what was stored, and the object from all that it had and from the part."""
        flow = self._dataflow(statement)
        assert origin.revision_of is not None
        assert flow.stores is not None
        place, value = stored
        inner = self._make(value, statement.order, control)
        if inner is not None:
            self._name(value, self._scoped(statement, flow.stored_into))
            inner.data.update(dict.fromkeys(self._inside(flow, flow.stores, chunk)))
            inner.data.update(dict.fromkeys(chunk.reads.get("", ())))
            inner.data[self._part(origin.revision_of, DISPATCH)] = None
            self._add_conditional(inner, statement, flow.stores)
        origin.data[origin.revision_of] = None
        origin.data[value] = None
        origin.part = (place, value)

    def _bind(
        self,
        name: str,
        value: int,
        statement: Statement,
        flow: Dataflow,
        chunk: Chunk,
        control: dict[Source, None],
        unseen: dict[Source, None],
    ) -> None:
        if name == "return":
            activation = self._gathered.activations.get(statement.activation or 0)
            if activation is not None and activation.parent is not None:
                self._returned.setdefault(activation.parent, {})[value] = None
        else:
            self._name(value, self._scoped(statement, name))
        origin = self._make(value, statement.order, control)
        if origin is None:
            return
        part = flow.targets.get(name, flow.flow)
        if flow.takes_all and name not in flow.targets:
            origin.data.update((one, None) for values in chunk.reads.values() for one in values)
        if not (flow.is_loop and name not in flow.targets):
            origin.data.update(dict.fromkeys(self._inside(flow, part, chunk)))
        origin.data.update(unseen)
        if statement.last_caught:
            for order in statement.last_caught:
                origin.data.update(self.used.get(order, {}))
        if name in chunk.reads and not flow.is_loop:
            # `x += 1`: the name itself was looked at.
            origin.data.update(dict.fromkeys(chunk.reads[name]))
        self._add_conditional(origin, statement, part)

    def _name(self, value: int, name: str) -> None:
        names = self.names.setdefault(value, [])
        if name not in names:
            names.append(name)

    def _place(self, statement: Statement, name: str) -> Place:
        """Tell apart the same name in different functions, activations and modules."""
        plan, _, rest = name.rpartition(":")
        if plan:
            return self._namespace.get(int(plan), int(plan)), 0, rest
        scope = self._dataflow(statement).scope
        if scope.place(name)[0] == "local":
            return statement.plan, statement.activation or 0, name
        owner = scope.owner(name)
        if owner.parent is not None:
            return statement.plan, 0, f"{owner.path}{name}"
        return self._namespace.get(statement.plan, statement.plan), 0, f"{owner.path}{name}"

    def _scoped(self, statement: Statement, name: str) -> str:
        """Write a name with the functions around it, as plans do."""
        plan, _, rest = name.rpartition(":")
        if plan:
            return f"{self.prefix(int(plan))}{rest}"
        root = re.split(r"[.\[]", name, maxsplit=1)[0]
        path = self._dataflow(statement).scope.owner(root).path
        return f"{self.prefix(statement.plan)}{path}{name}"

    def prefix(self, plan: int) -> str:
        """Give what names of a plan begin with: for a module of the project its name."""
        source = self._gathered.sources.get(plan)
        is_module = source is not None and source.module and plan not in self._namespace
        return f"{source.module}." if source is not None and is_module else ""

    # ---------------------------------------------------------------- calls

    def _call(self, call: Call, statement: Statement) -> None:
        flow = self._dataflow(statement)
        chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
        control = self._control(statement, call.moment)
        site = flow.calls.get(call.key)
        inputs: dict[Source, None] = {}
        if site is not None:
            inputs.update(dict.fromkeys(self._inside(flow, site.flow, chunk)))
        inputs.update(dict.fromkeys(call.reads))
        callee = self._gathered.callees.get(call.callee or 0)
        if callee is not None and f"{callee.module}.{callee.name}" in _READS_COMMAND_LINE:
            inputs[COMMAND_LINE] = None
        inputs.update(dict.fromkeys(state.reference for state in self._files.read_by(call.order)))
        if callee is not None and callee.name.rpartition(".")[2] in _LOOK_AT_FILES:
            inputs.update(self._files_looked_at(callee, call, inputs))
        self._inputs[id(call)] = inputs
        used = self.used.setdefault(call.order, {})
        used.update(inputs)
        if call.order != statement.order:
            outside = [source for source in inputs if isinstance(source, Reference)]
            self.used.setdefault(statement.order, {}).update(dict.fromkeys(outside))
        returned = self._returned.pop(call.order, {})
        made = [(new, old) for old, new in call.changes]
        made.extend((value, None) for _, value in call.binds)  # type: ignore[misc]
        if call.result is not None:
            made.append((call.result, None))  # type: ignore[arg-type]
        for name, value in call.binds:
            self._name(value, self._scoped(statement, name))
            self._last_bound[self._place(statement, name)] = statement.order
        for value, old in made:
            origin = self._make(value, call.order, control)
            if origin is None:
                continue
            if old is not None:
                origin.revision_of = old
                origin.data[old] = None
            origin.data.update(inputs)
            origin.data.update(returned)
            if site is not None:
                self._add_conditional(origin, statement, site.flow)
        for state in self._files.written_by(call.order):
            state.derived.update(inputs)
            state.control.update(control)

    def into(self, statement: Statement, part: Flow, chunk: Chunk) -> Iterable[Source]:
        """List what flowed into a part of a statement."""
        return self._inside(self._dataflow(statement), part, chunk)

    def _files_looked_at(
        self, callee: CalleeSeen, call: Call, inputs: Iterable[Source]
    ) -> dict[Source, None]:
        """Find the files that the program made and whose size, date or name it asks for."""
        found: dict[Source, None] = {}
        if callee.module not in _OF_FILES:
            return found
        for source in [*inputs, call.receiver]:
            seen = self._gathered.values.get(source) if isinstance(source, int) else None
            if seen is None or not (seen.type == "str" or seen.type.startswith("pathlib.")):
                continue
            path = seen.description.get("scalar", seen.description.get("preview"))
            state = self._files.made_before(str(path), call.order) if path else None
            if state is not None:
                found[state.reference] = None
        return found

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
        if part.command_line:
            yield COMMAND_LINE

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

    def _update_used_of_failed(self, statement: Statement) -> None:
        """Say what a call had been given when an exception left it."""
        flow = self._dataflow(statement)
        for order, call in self._gathered.calls.items():
            if call.failed is None or order in self.used or call.key not in flow.calls:
                continue
            if call.parent == statement.order or call.parent in self.used:
                site = flow.calls[call.key]
                chunk = statement.chunk_at(call.moment) or Chunk(0)
                self.used[order] = dict.fromkeys(self._inside(flow, site.flow, chunk))

    # ---------------------------------------------------------------- functions

    def _enter(self, activation: Activation) -> None:
        """Let a function's parameters come from the arguments of its call."""
        caller = self._caller(activation)
        if caller is None:
            for name, value in activation.binds:
                self._name_parameter(activation, name, value)
                self._make(value, activation.parent or 0, {})
            return
        statement, call, chunk = caller
        flow = self._dataflow(statement)
        control = self._control(statement, activation.moment)
        site = flow.calls.get(call.key) if call is not None else None
        callee = self._gathered.callees.get(call.callee or 0) if call is not None else None
        around = dict(control)
        if site is not None:
            around.update(dict.fromkeys(self._inside(flow, site.callee, chunk)))
        else:
            # An operator, an attribute, a decorator: what it is applied to decides what is run.
            around.update((one, None) for values in chunk.reads.values() for one in values)
        self._entered[activation.number] = around
        sources = self._arguments(activation, site, callee, flow, chunk)
        for name, value in activation.binds:
            self._name_parameter(activation, name, value)
            origin = self._make(value, activation.parent or 0, control)
            if origin is not None:
                origin.data.update(sources.get(name, {}))
                origin.data.pop(value, None)
                if site is not None:
                    self._add_conditional(origin, statement, site.flow)

    def _name_parameter(self, activation: Activation, name: str, value: int) -> None:
        analysis = self._analyses.get(activation.plan)
        scope = analysis.scopes.get(activation.key) if analysis is not None else None
        path = scope.path if scope is not None else ""
        self._name(value, f"{self.prefix(activation.plan)}{path}{name}")
        self._last_bound[activation.plan, activation.number, name] = activation.moment

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

    # ---------------------------------------------------------------- control

    def _ancestors(self, statement: Statement) -> Iterable[Statement]:
        """List the statements around one in the same function, from the inside out."""
        current = statement
        while current.parent is not None and current.parent in self._gathered.statements:
            outer = self._gathered.statements[current.parent]
            if outer.activation != current.activation or outer.plan != current.plan:
                return
            current = outer
            yield current

    def _control(self, statement: Statement, until: int) -> dict[Source, None]:
        """Find what was read by the tests and caught exceptions under which a statement ran."""
        sources: dict[Source, None] = {}
        for order in statement.caught:
            sources.update(self.used.get(order, {}))
        for ancestor in self._ancestors(statement):
            sources.update(self._tested_by(ancestor, until))
            sources.update(self._left.get(ancestor.order, {}))
            for order in ancestor.caught:
                sources.update(self.used.get(order, {}))
        sources.update(self._tested_by(statement, until))
        if statement.activation is not None:
            sources.update(self._entered.get(statement.activation, {}))
            sources.update(self._left.get(-statement.activation, {}))
        return sources

    def _tested_by(self, statement: Statement, until: int | None = None) -> dict[Source, None]:
        """Find what a statement's test was made from; nothing for a statement that tests nothing.

        Of a loop's tests only those count that were made by the moment `until`: what a round made does
        not come from what was read to decide on a later one.
        """
        flow = self._dataflow(statement)
        if flow.test is None or not statement.chunks:
            return {}
        sources: dict[Source, None] = {}
        for chunk in statement.chunks if flow.is_loop else statement.chunks[:1]:
            if until is not None and chunk.moment > until:
                break
            sources.update(dict.fromkeys(self._inside(flow, flow.test, chunk)))
        return sources

    def _close_tests(self, statement: Statement) -> None:
        """Remember, of each test that has ended by now, what it could have bound, and what it could have left."""
        around = set(self._around(statement))
        while self._open_tests and self._open_tests[-1].order not in around:
            test = self._open_tests.pop()
            sources = self._tested_by(test)
            flow = self._dataflow(test)
            for name in flow.may_bind:
                place = self._place(test, name)
                if self._last_bound.get(place, 0) < test.order:
                    self._conditional.setdefault(place, {}).update(sources)
            if flow.jumps == "return" and test.activation is not None:
                self._left.setdefault(-test.activation, {}).update(sources)
            elif flow.jumps is not None:
                loop = next(
                    (one for one in self._ancestors(test) if self._dataflow(one).is_loop), None
                )
                if loop is not None:
                    self._left.setdefault(loop.order, {}).update(sources)

    def _around(self, statement: Statement) -> Iterable[int]:
        """List all executions in which a statement runs, calls and callers included."""
        current = statement.parent
        while current is not None:
            yield current
            outer = self._gathered.statements.get(current) or self._gathered.calls.get(current)
            current = outer.parent if outer is not None else None

    def _add_conditional(self, origin: Origin, statement: Statement, part: Flow) -> None:
        analysis = self._analyses.get(statement.plan)
        if analysis is None or not self._conditional:
            return
        for site in (*part.reads, *part.peeks):
            name = analysis.name_at(site)
            if name is not None:
                origin.control.update(self._conditional.get(self._place(statement, name), {}))

    # ---------------------------------------------------------------- values and files

    def _make(self, value: int, order: int, control: dict[Source, None]) -> Origin | None:
        """Begin the origin of a value that is new; None for one that was there already."""
        if value in self.origins:
            return None
        origin = self.origins[value] = Origin(order)
        origin.control.update(control)
        return origin

    def _name_what_was_read(self, chunk: Chunk, statement: Statement) -> None:
        analysis = self._analyses.get(statement.plan)
        for site, values in chunk.reads.items():
            value = values[0]
            if value not in self.origins and value not in self.names and analysis is not None:
                name = analysis.name_at(site)
                if name:
                    self.names[value] = [self._scoped(statement, name)]

    def _dataflow(self, statement: Statement) -> Dataflow:
        analysis = self._analyses.get(statement.plan)
        return (
            analysis.dataflow.get(statement.key) if analysis is not None else None
        ) or Dataflow()

    def _files_written(self) -> None:
        """Let a file come from what was written through its handle, after it was opened."""
        latest: dict[int, int] = {}
        for value, origin in self.origins.items():
            if origin.revision_of is not None:
                latest[origin.revision_of] = value
        for state in self._files.states:
            handle = self._handle_of(state)
            if handle is None:
                continue
            last = handle
            while last in latest:
                last = latest[last]
            if last != handle:
                state.derived[last] = None
                state.generated_by = self.origins[last].generated_by
                state.control.update(self.origins[last].control)

    def _handle_of(self, state: FileState) -> int | None:
        if state.generated_by is None:
            return None
        statement = self._gathered.statements.get(state.generated_by)
        call: Call | None = self._gathered.calls.get(state.generated_by)
        if statement is not None:
            call = next(
                (item for item in statement.calls.values() if item.order == statement.order), None
            )
        if call is None or call.result is None:
            return None
        kind = self._gathered.values[call.result].type
        return call.result if kind.startswith(_STREAM_TYPES) else None


_GENERATORS = frozenset({"Generator", "RandomState", "Random"})


def _is_generator(kind: str) -> bool:
    """Tell whether a class is one of the generators of random numbers that are known."""
    library, _, _ = kind.partition(".")
    return library in ("numpy", "random", "torch") and kind.rpartition(".")[2] in _GENERATORS


def _is_run_by(function: str | None, callee: CalleeSeen) -> bool:
    """Tell whether a function is the one called, and not one that the callee calls in its turn."""
    if callee.kind != "own" or function is None:
        return False
    return function in (callee.name.rpartition(".")[2], "__init__", "__call__")


def positional_parameters(parameters: list[str] | None, *, skip_first: bool) -> list[str]:
    """List the parameters that arguments without a name go to, in their order."""
    names: list[str] = []
    for parameter in parameters or ():
        if parameter.startswith("*"):
            if parameter != "*" and not parameter.startswith("**"):
                names.append(parameter)
            break
        names.append(parameter)
    return names[1:] if skip_first and names and not names[0].startswith("*") else names


def parameter_name(
    argument: Argument, positional: list[str], parameters: list[str] | None
) -> str | None:
    """Say which parameter an argument is bound to; None if nobody can tell."""
    if isinstance(argument.parameter, str):
        return argument.parameter
    if argument.parameter is None or parameters is None:
        return None
    if argument.parameter < len(positional) and not positional[argument.parameter].startswith("*"):
        return positional[argument.parameter]
    if positional and positional[-1].startswith("*"):
        return f"{positional[-1][1:]}.{argument.parameter - len(positional) + 1}"
    return None
