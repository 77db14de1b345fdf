"""What each value and file came from: the journal laid upon the dataflow of the source.

The source says which reads and calls *can* flow into a call or a name; the journal says which of them
happened and what they gave. A value derives, by data, from what flowed into the innermost expression that
made it, and, by control, from what was read by the tests it was made under, and by those that could have
bound a name it was made from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import Call, Gathered, Statement
from provkit.model import Reference
from provkit.source import Dataflow, Flow, SourceAnalysis

COMMAND_LINE = Reference("setting", "argv")
_READS_COMMAND_LINE = frozenset(
    {
        "argparse.ArgumentParser.parse_args",
        "argparse.ArgumentParser.parse_known_args",
        "argparse.ArgumentParser.parse_intermixed_args",
    }
)
_STREAM_TYPES = ("_io.", "gzip.", "bz2.", "lzma.", "zipfile.", "tarfile.")


@dataclass(slots=True)
class Origin:
    """Where a value came from, as it is found out."""

    generated_by: int | None = None
    revision_of: int | None = None
    data: dict[Reference | int, None] = field(default_factory=dict)
    """Values by number, and other things by reference, in the order in which they were met."""
    control: dict[Reference | int, None] = field(default_factory=dict)


Source = Reference | int


class Derivations:
    """Walks through what was gathered, statement by statement, as each ended."""

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
        self._conditional: dict[str, dict[Source, None]] = {}
        """For a name that a test could have bound since it was bound, and did not, what the test read."""
        self._open_tests: list[Statement] = []
        self._last_bound: dict[str, int] = {}

    def walk(self) -> None:
        """Find all derivations."""
        for statement in sorted(self._gathered.statements.values(), key=lambda item: item.order):
            self._close_tests(statement)
            self._statement(statement)
        self._files_written()

    def file_states(self) -> Iterable[FileState]:
        """List the states of all files."""
        return self._files.states

    # ---------------------------------------------------------------- statements

    def _statement(self, statement: Statement) -> None:
        flow = self._dataflow(statement)
        reads = dict(statement.reads)
        self._name_what_was_read(statement)
        control = self._control(statement)
        used = self.used.setdefault(statement.order, {})
        used.update(dict.fromkeys(value for _, value in statement.reads))
        for call in sorted(statement.calls.values(), key=_by_completion):
            self._call(call, statement, flow, reads, control)
        used.update(dict.fromkeys(self._inside(flow, flow.flow, statement, reads)))
        self._update_used_of_failed(statement, flow, reads)
        for old, new in statement.changes:
            origin = self._make(new, statement.order, control)
            if origin is not None:
                origin.revision_of = old
                origin.data[old] = None
                origin.data.update(dict.fromkeys(self._inside(flow, flow.flow, statement, reads)))
                self._add_conditional(origin, statement, flow.flow)
        for name, value in statement.binds:
            self._bind(name, value, statement, flow, reads, control)
        for name, _ in statement.binds:
            self._last_bound[name] = statement.order
            self._conditional.pop(name, None)
        if flow.test is not None:
            self._open_tests.append(statement)

    def _bind(
        self,
        name: str,
        value: int,
        statement: Statement,
        flow: Dataflow,
        reads: dict[str, int],
        control: dict[Source, None],
    ) -> None:
        names = self.names.setdefault(value, [])
        if name not in names:
            names.append(name)
        origin = self._make(value, statement.order, control)
        if origin is None:
            return
        part = flow.targets.get(name, flow.flow)
        if flow.takes_all and name not in flow.targets:
            origin.data.update(dict.fromkeys(reads.values()))
        origin.data.update(dict.fromkeys(self._inside(flow, part, statement, reads)))
        if statement.last_caught:
            for order in statement.last_caught:
                origin.data.update(self.used.get(order, {}))
        if name in reads:
            # `x += 1`: the name itself was looked at.
            origin.data[reads[name]] = None
        origin.data.pop(value, None)
        self._add_conditional(origin, statement, part)

    # ---------------------------------------------------------------- calls

    def _call(
        self,
        call: Call,
        statement: Statement,
        flow: Dataflow,
        reads: dict[str, int],
        control: dict[Source, None],
    ) -> None:
        site = flow.calls.get(call.key)
        inputs: dict[Source, None] = {}
        if site is not None:
            inputs.update(dict.fromkeys(self._inside(flow, site.flow, statement, reads)))
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
        for old, new in call.changes:
            origin = self._make(new, call.order, control)
            if origin is not None:
                origin.revision_of = old
                origin.data[old] = None
                origin.data.update(inputs)
                if site is not None:
                    self._add_conditional(origin, statement, site.flow)
        if call.result is not None:
            origin = self._make(call.result, call.order, control)
            if origin is not None:
                origin.data.update(inputs)
                if site is not None:
                    self._add_conditional(origin, statement, site.flow)
        for state in self._files.written_by(call.order):
            state.derived.update(inputs)
            state.control.update(control)

    def _inside(
        self, flow: Dataflow, part: Flow, statement: Statement, reads: dict[str, int]
    ) -> Iterable[Source]:
        """List what flowed into an expression: values read, and results of the calls in it.

        The result of the statement's own call is bound or taken apart at once, so what went into
        the call stands for it.
        """
        for site in part.reads:
            if site in reads:
                yield reads[site]
        for name in part.peeks:
            if name in reads:
                yield reads[name]
        for key in part.calls:
            call = statement.calls.get(key)
            if call is None:
                continue
            if key == flow.own_call or call.result is None:
                if key == flow.own_call:
                    yield from self._inputs.get(id(call), {})
            else:
                yield call.result
        if part.command_line:
            yield COMMAND_LINE

    def _update_used_of_failed(
        self, statement: Statement, flow: Dataflow, reads: dict[str, int]
    ) -> None:
        """Say what a call had been given when an exception left it."""
        for order, call in self._gathered.calls.items():
            if call.failed is None or order in self.used or call.key not in flow.calls:
                continue
            if call.parent == statement.order or call.parent in self.used:
                site = flow.calls[call.key]
                self.used[order] = dict.fromkeys(self._inside(flow, site.flow, statement, reads))

    # ---------------------------------------------------------------- control

    def _ancestors(self, statement: Statement) -> Iterable[Statement]:
        current = statement
        while current.parent is not None and current.parent in self._gathered.statements:
            current = self._gathered.statements[current.parent]
            yield current

    def _control(self, statement: Statement) -> dict[Source, None]:
        """Find what was read by the tests and caught exceptions under which a statement ran."""
        sources: dict[Source, None] = {}
        for order in statement.caught:
            sources.update(self.used.get(order, {}))
        for ancestor in self._ancestors(statement):
            sources.update(self._tested_by(ancestor))
            for order in ancestor.caught:
                sources.update(self.used.get(order, {}))
        sources.update(self._tested_by(statement))
        return sources

    def _tested_by(self, statement: Statement) -> dict[Source, None]:
        """Find what a statement's test was made from; nothing for a statement that tests nothing."""
        flow = self._dataflow(statement)
        if flow.test is None:
            return {}
        return dict.fromkeys(self._inside(flow, flow.test, statement, dict(statement.reads)))

    def _close_tests(self, statement: Statement) -> None:
        """Remember, of each test that has ended by now, what it could have bound."""
        ancestors = {ancestor.order for ancestor in self._ancestors(statement)}
        while self._open_tests and self._open_tests[-1].order not in ancestors:
            test = self._open_tests.pop()
            sources = self._tested_by(test)
            for name in self._dataflow(test).may_bind:
                if self._last_bound.get(name, 0) < test.order:
                    self._conditional.setdefault(name, {}).update(sources)

    def _add_conditional(self, origin: Origin, statement: Statement, part: Flow) -> None:
        analysis = self._analyses.get(statement.plan)
        if analysis is None or not self._conditional:
            return
        for site in (*part.reads, *part.peeks):
            origin.control.update(self._conditional.get(analysis.name_at(site) or "", {}))

    # ---------------------------------------------------------------- values and files

    def _make(self, value: int, order: int, control: dict[Source, None]) -> Origin | None:
        """Begin the origin of a value that is new; None for one that was there already."""
        if value in self.origins:
            return None
        origin = self.origins[value] = Origin(order)
        origin.control.update(control)
        return origin

    def _name_what_was_read(self, statement: Statement) -> None:
        analysis = self._analyses.get(statement.plan)
        for site, value in statement.reads:
            if value not in self.origins and value not in self.names and analysis is not None:
                name = analysis.name_at(site)
                if name is not None:
                    self.names[value] = [name]

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


def _by_completion(call: Call) -> int:
    return call.ended_ns or 0
