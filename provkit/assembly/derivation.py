"""What each value and file came from: the journal laid upon the dataflow of the source.

The source says which reads and calls *can* flow into a call or a name; the journal says which of them
happened and what they gave. A value derives, by data, from what flowed into the innermost expression that
made it, and, by control, from what was read by the tests it was made under, and by those that could have
bound a name it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import Call, Chunk, Gathered, Statement
from provkit.assembly.holdings import Choice, Holdings
from provkit.assembly.origins import COMMAND_LINE, Origin, Source
from provkit.dataflow import DISPATCH, Dataflow, Flow
from provkit.events import RanBetweenCells
from provkit.model import Reference
from provkit.source import SourceAnalysis

_READS_COMMAND_LINE = frozenset(
    {
        "argparse.ArgumentParser.parse_args",
        "argparse.ArgumentParser.parse_known_args",
        "argparse.ArgumentParser.parse_intermixed_args",
    }
)
_MADE_IN_ROUNDS = ("generator", "map", "filter", "zip", "enumerate", "itertools.")
"""Types, or beginnings of their names, of iterators that run other code for each member."""
_MAPPED = ".memmap"
"""How the type of an array ends that lies in a file."""
_STREAM_TYPES = (
    *("_io.", "gzip.", "bz2.", "lzma.", "zipfile.", "tarfile."),
    *("h5py.", "pyarrow.", "sqlite3.", "tempfile."),
)


class Derivations(Holdings):
    """Walks through what was gathered, moment by moment."""

    def __init__(
        self, gathered: Gathered, analyses: dict[int, SourceAnalysis], files: FileStates
    ) -> None:
        super().__init__(gathered, analyses)
        self._files = files
        self._written: dict[int, Source] = {}
        """By number of a module's text that the program itself has written, the file."""
        self.between: dict[int, str] = {}
        """For each value that nothing known made while no cell ran, what may have."""

    def walk(self) -> None:
        """Find all derivations."""
        gathered = self._gathered
        for number, source in gathered.sources.items():
            if source.kind == "module" and source.path is not None:
                state = self._files.written(source.path, source.sha256)
                if state is not None:
                    self._written[number] = state.reference
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
                (moment, 3, partial(self._let_go, statement, name))
                for moment, name in statement.unbinds
            )
        moments.extend(
            (activation.moment, 1, partial(self._enter, activation))
            for activation in gathered.activations.values()
        )
        moments.extend(
            (moment, 2, partial(self._between, event)) for moment, event in gathered.changed_between
        )
        for _, _, happen in sorted(moments, key=lambda item: item[:2]):
            happen()
        self._close_all_tests()
        failed = [
            (order, call) for order, call in gathered.calls.items() if call.failed is not None
        ]
        for statement in gathered.statements.values():
            self._update_used_of_failed(statement, failed)
        for number, process in enumerate(gathered.processes, 1):
            if process.order is not None:
                command = Reference("setting", f"process.{number}")
                self.used.setdefault(process.order, {})[command] = None
        self._files_written()
        self._take_in_what_is_left()
        self._take_in_what_names_hold()
        self._take_in_own_results()
        self._forget_own_products()

    def _between(self, event: RanBetweenCells) -> None:
        """Let what changed while no cell ran come from what it was, and from nothing else that is known."""
        for old, new in event.changes:
            if new not in self.origins:
                self.origins[new] = Origin(None, revision_of=old, data={old: None})
                self.between[new] = event.cause
        for name, value in event.binds:
            self._name(value, name)
            if value not in self.origins:
                self.origins[value] = Origin(None)
                self.between[value] = event.cause

    def _update_used_of_failed(
        self, statement: Statement, failed: Sequence[tuple[int, Call]]
    ) -> None:
        """Say what a call had been given when an exception left it."""
        flow = self.dataflow(statement)
        for order, call in failed:
            if order in self.used or call.key not in flow.calls:
                continue
            if call.parent == statement.order or call.parent in self.used:
                site = flow.calls[call.key]
                chunk = statement.chunk_at(call.moment) or Chunk(0)
                self.used[order] = dict.fromkeys(self._inside(flow, site.flow, chunk))

    def _take_in_what_is_left(self) -> None:
        """Let what a name held in the end come from what had changed in it, by what changed that last."""
        for left in self._gathered.left:
            members = [one for one in left.members if one in self.origins]
            makers = [self.origins[one].generated_by or 0 for one in members]
            if not members or left.value not in self._gathered.values:
                continue
            origin = self.origins[left.value] = Origin(
                max(makers) or None, revision_of=left.version
            )
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
                    or source in (origin.revision_of, origin.holds)
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

    # ---------------------------------------------------------------- statements

    def _chunk(self, chunk: Chunk, statement: Statement) -> None:
        flow = self.dataflow(statement)
        self._name_what_was_read(chunk, statement)
        control = self._control(statement, chunk.moment)
        used = self.used.setdefault(statement.order, {})
        for site, values in chunk.reads.items():
            used.update(dict.fromkeys(values if site == "" else self._told_by(values)))
        used.update(dict.fromkeys(self._inside(flow, flow.flow, chunk)))
        if flow.is_loop:
            self._written_where_nobody_looked(chunk, statement, control)
        unseen: dict[Source, None] = dict.fromkeys(chunk.reads.get("", ()))
        unseen.update(self._returned.pop(statement.order, {}))
        files = self._files_read_outside_calls(statement)
        used.update(files)
        unseen.update(files)
        if statement.activation is None and chunk.binds and statement.plan in self._written:
            used[self._written[statement.plan]] = None
        is_eager = flow.is_loop and not self._is_lazy(flow, chunk)
        part = (flow.test or Flow()) if flow.is_loop else flow.flow
        for old, new in chunk.changes:
            self._follow_making(old, new)
            origin = self._make(new, statement.order, control)
            if origin is not None and new in chunk.sources:
                origin.revision_of = old
                origin.data.update(dict.fromkeys([old, *chunk.sources[new]]))
            elif origin is not None and new in chunk.parts and flow.stores is not None:
                origin.revision_of = old
                self._store_part(origin, chunk.parts[new], chunk, statement, control)
            elif origin is not None:
                origin.revision_of = old
                origin.data[old] = None
                origin.data.update(dict.fromkeys(self._inside(flow, part, chunk)))
                origin.data.update(unseen)
                for order in statement.last_caught:
                    origin.data.update(self.used.get(order, {}))
                if statement.failed is not None:
                    # No result tells what a call was given that an exception left.
                    origin.data.update(
                        (one, None) for given in chunk.reads.values() for one in given
                    )
                for name, _ in chunk.binds if not flow.is_loop else ():
                    # `view += x`: what shares its memory came from the name that was looked at, too.
                    origin.data.update(dict.fromkeys(chunk.reads.get(name, ())))
                self._add_conditional(origin, statement, part)
        for name, value in chunk.binds:
            of_this = unseen
            if files and is_eager and not self._comes_of_calls(statement, name):
                of_this = {source: None for source in unseen if source not in files}
            self._bind(name, value, statement, flow, chunk, control, of_this)
        for name, _ in chunk.binds:
            place = self._place(statement, name)
            self._last_bound[place] = statement.order
            self._conditional.pop(place, None)
            self._deciding.pop(place, None)
            self._choices.pop(place, None)
        self._take_in_choices()
        decides = flow.test is not None or flow.tries
        if decides and statement not in self._open_tests:
            self._open_tests.append(statement)

    def _files_read_outside_calls(self, statement: Statement) -> dict[Source, None]:
        """List the files read in a statement by no call that is told of: by an iterator, or in plain rounds."""
        if any(call.order == statement.order for call in statement.made):
            return {}
        return dict.fromkeys(state.reference for state in self._files.read_by(statement.order))

    def _is_lazy(self, flow: Dataflow, chunk: Chunk) -> bool:
        """Tell whether a loop goes over what is made round by round: its variables come from what that reads."""
        sources = self._inside(flow, flow.test or flow.flow, chunk)
        seen = (self._gathered.values.get(one) for one in sources if isinstance(one, int))
        return any(one is not None and one.type.startswith(_MADE_IN_ROUNDS) for one in seen)

    def _comes_of_calls(self, loop: Statement, name: str) -> bool:
        """Tell whether what a loop's body binds to a name can have been given by a call, by the text alone."""
        analysis = self._analyses.get(loop.plan)
        if analysis is None:
            return True
        parents = {step.key: step.parent for step in analysis.plan.steps}
        inside = [
            flow for key, flow in analysis.dataflow.items() if loop.key in _around(key, parents)
        ]
        wanted, done = {name}, set[str]()
        while wanted:
            done |= wanted
            binding = [flow for flow in inside if not wanted.isdisjoint(flow.may_bind)]
            if any(flow.calls for flow in binding):
                return True
            read = {
                analysis.name_at(site) or ""
                for flow in binding
                for site in (*flow.flow.reads, *flow.flow.peeks)
            }
            wanted = read - done
        return False

    def _written_where_nobody_looked(
        self, chunk: Chunk, statement: Statement, control: dict[Source, None]
    ) -> None:
        """Let the files that the rounds of a loop wrote come from all that these read, but for themselves."""
        states = list(self._files.written_by(statement.order))
        own = {state.reference for state in states}
        read: list[Source] = [one for values in chunk.reads.values() for one in values]
        read += self._returned.get(statement.order, {})
        for state in states:
            state.derived.update(dict.fromkeys(one for one in read if one not in own))
            state.control.update(control)

    def _store_part(
        self,
        origin: Origin,
        stored: tuple[str, int],
        chunk: Chunk,
        statement: Statement,
        control: dict[Source, None],
    ) -> None:
        """Let a part come from what was stored, and the object from all that it had and from the part."""
        flow = self.dataflow(statement)
        assert origin.revision_of is not None
        assert flow.stores is not None
        place, value = stored
        inner = self._make(value, statement.order, control)
        if inner is None:
            choice = self._choice(value, statement, flow.stores, chunk, control)
            name = self.scoped(statement, flow.stored_into)
            if choice.data or choice.control:
                after = min(new for _, new in chunk.changes) - 0.5
                value = self._holding(value, name, statement.order, choice, after)
        else:
            self._name(value, self.scoped(statement, flow.stored_into))
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
            self._name(value, self.scoped(statement, name))
            self._hold(name, value, statement)
        part = flow.targets.get(name, flow.flow)
        origin = self._make(value, statement.order, control)
        if origin is None:
            self._choose(name, value, statement, part, chunk, control, unseen)
            return
        if value in chunk.sources:
            origin.data.update(dict.fromkeys(chunk.sources[value]))
            return
        if flow.takes_all and name not in flow.targets:
            origin.data.update((one, None) for values in chunk.reads.values() for one in values)
        if not (flow.is_loop and name not in flow.targets):
            origin.data.update(dict.fromkeys(self._inside(flow, part, chunk)))
        origin.data.update(unseen)
        if statement.activation is None and statement.plan in self._written:
            origin.data[self._written[statement.plan]] = None
        if statement.last_caught:
            for order in statement.last_caught:
                origin.data.update(self.used.get(order, {}))
        if name in chunk.reads and not flow.is_loop:
            # `x += 1`: the name itself was looked at.
            origin.data.update(dict.fromkeys(chunk.reads[name]))
        self._add_conditional(origin, statement, part)

    # ---------------------------------------------------------------- calls

    def _call(self, call: Call, statement: Statement) -> None:
        flow = self.dataflow(statement)
        chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
        control = self._control(statement, call.moment)
        site = flow.calls.get(call.key)
        inputs: dict[Source, None] = {}
        if site is not None:
            inputs.update(dict.fromkeys(self._inside(flow, site.flow, chunk)))
        by_text = set(inputs)
        inputs.update(dict.fromkeys(call.reads))
        callee = self._gathered.callees.get(call.callee or 0)
        if callee is not None and f"{callee.module}.{callee.name}" in _READS_COMMAND_LINE:
            inputs[COMMAND_LINE] = None
        inputs.update(dict.fromkeys(state.reference for state in self._files.read_by(call.order)))
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
            self._name(value, self.scoped(statement, name))
            self._hold(name, value, statement)
            place = self._place(statement, name)
            self._last_bound[place] = statement.order
            self._conditional.pop(place, None)
            if value in self.origins:
                self._chosen[place] = Choice(dict.fromkeys((*inputs, *returned)), dict(control))
        self._take_in_choices()
        for value, old in made:
            origin = self._make(value, call.order, control)
            if origin is None:
                continue
            if old is not None:
                self._follow_making(old, value)
                origin.revision_of = old
                origin.data[old] = None
                origin.data.update(dict.fromkeys(call.within.get(value, ())))
            if value in call.sources:
                kept = {*call.sources[value], *by_text}
                origin.data.update((one, None) for one in inputs if one in kept)
            else:
                origin.data.update(inputs)
                origin.data.update(returned)
            if site is not None:
                self._add_conditional(origin, statement, site.flow)
        for state in self._files.written_by(call.order):
            state.derived.update(inputs)
            state.control.update(control)

    # ---------------------------------------------------------------- files

    def file_states(self) -> Iterable[FileState]:
        """List the states of all files."""
        return self._files.states

    def _files_written(self) -> None:
        """Let a file come from what was written through its handle, after it was opened."""
        latest: dict[int, int] = {}
        holders: dict[Source, list[int]] = {}
        for value, origin in self.origins.items():
            if origin.revision_of is not None:
                latest[origin.revision_of] = value
            part = self.origins.get(origin.part[1]) if origin.part is not None else None
            for source in part.data if part is not None else ():
                # A handle kept as an attribute: what uses it changes the object.
                holders.setdefault(source, []).append(value)
        self._logs_written(latest)
        for state in self._files.states:
            handle = self._handle_of(state)
            if handle is None:
                continue
            for first in (handle, *holders.get(handle, ())):
                last = first
                while last in latest:
                    last = latest[last]
                if last != first:
                    state.derived[last] = None
                    state.generated_by = self.origins[last].generated_by
                    state.control.update(self.origins[last].control)

    def _logs_written(self, latest: Mapping[int, int]) -> None:
        """Let a log file come from what was logged into it, up to where the program reads it again."""
        for value, seen in self._gathered.values.items():
            path = seen.description.get("log")
            if path is None or value not in self.origins:
                continue
            shown = self._files.shown(str(path))
            written = [one for one in self._files.states if one.path == shown and one.generated_by]
            if not written:
                continue
            state = written[-1]
            until = min(state.read_by, default=None)
            last = value
            while last in latest:
                following = self.origins[latest[last]].generated_by
                if until is not None and (following or 0) >= until:
                    break
                last = latest[last]
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
        if call is not None and call.result is not None:
            kind = self._gathered.values[call.result].type
            if kind.startswith(_STREAM_TYPES) or kind.endswith(_MAPPED):
                return call.result
        # A comprehension or a context manager has opened it: what is bound to its streams is used in its place.
        held = [value for _, value in statement.binds] if statement is not None else []
        return next((one for one in held if self._holds_streams(one)), None)

    def _holds_streams(self, value: int) -> bool:
        seen = self._gathered.values.get(value)
        return seen is not None and seen.description.get("streams") is True


def _around(key: str, parents: Mapping[str, str | None]) -> set[str]:
    """List the steps that a step lies in."""
    found: set[str] = set()
    outer = parents.get(key)
    while outer is not None:
        found.add(outer)
        outer = parents.get(outer)
    return found
