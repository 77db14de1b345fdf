"""What exceptions leave: statements, calls and functions that did not come to their end."""

from __future__ import annotations

import sys

from provkit.capture.effects import FIRST_ARGUMENT, always_changes
from provkit.capture.elsewhere import Elsewhere
from provkit.capture.exceptions import failure_of
from provkit.capture.fingerprints import fingerprint, holds_streams, is_iterator
from provkit.capture.journal import json_of, text
from provkit.capture.running import Activation, Calling, Cell, Item, Running
from provkit.capture.values import type_name


class Unwinding(Elsewhere):
    """Takes what is over off the stack, in whatever way it came to be over."""

    def _unwound_to(self, number: int) -> Running | None:
        """Find a statement of what is being run on the stack; what lies above it was left by an exception."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Running) and item.number == number:
                if index + 1 < len(self._stack):
                    failed = self._leave(index + 1, sys.exc_info()[1])
                    if failed and item.statement.kind == "with":
                        # The context manager has taken the exception.
                        self._journal.tell(f'["caught",{item.order},{json_of(failed)}]')
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
        failure = failure_of(error)
        while len(self._stack) > index:
            self._settle_what_is_left(self._stack[-1])
            item = self._pop()
            outer = self._stack[-1] if self._stack else None
            if isinstance(outer, Running) and outer.statement.kind == "with" and outer.settled:
                # Nobody knows when the error came: it may be the context manager's code that ran last.
                outer.spans.pop()
            if isinstance(item, Activation):
                self._deactivate(item)
                continue
            if isinstance(item, Cell):
                continue
            if isinstance(item, Running) and item.statement.kind == "with" and item.settled:
                self._settle_exit(item)
            elif isinstance(item, Running):
                self._read_unseen(item)
                self._settle_reads(item)
            else:
                self._look_after_failure(item)
                if item.own:
                    continue
            failed.append(item.order)
            self._journal.write(f'["failed",{item.order},{self._journal.now()},{failure}]')
        return failed

    def _settle_exit(self, running: Running) -> None:
        """Tell what has been read and changed as a context manager was left."""
        raise NotImplementedError

    def _settle_what_is_left(self, item: Item) -> None:
        """Tell what the rounds of a loop have made that an exception leaves."""
        raise NotImplementedError

    def _finish(self, item: Item) -> None:
        """Take a statement that is over, and is told of, off the stack."""
        self._pop()
        if not isinstance(item, Running):
            return
        rounds = ""
        if item.statement.kind == "loop":
            count = self._tables.rounds[item.number].value - item.rounds
            summarised = count > item.turns or self._tables.latest.value >= item.stamp
            rounds = f",{count},{json_of(summarised)}"
        elif item.is_summed_up:
            rounds = ",null,true"
        self._journal.tell(f'["done",{item.order},{self._journal.now()}{rounds}]')

    def _settle_reads(self, running: Running) -> None:
        """Write what a statement read before it failed."""
        running.binds = []
        self._write_bind(running.order, running)

    def _look_after_failure(self, calling: Calling) -> None:
        """See what a call has changed before it failed."""
        running = self._statement()
        if running is not None:
            self._look_at_arguments(calling, running.changes)

    def _look_at_arguments(self, calling: Calling, changes: list[tuple[int, int]]) -> None:
        done = {id(calling.receiver[0])} if calling.receiver is not None else set()
        callee = calling.callee
        changes_first = f"{callee.module}.{callee.name}" in FIRST_ARGUMENT
        for index, (get, value, mark) in enumerate(calling.arguments):
            obj = get()
            if obj is None or id(obj) in done:
                continue
            done.add(id(obj))
            moved_on = (
                (changes_first and index == 0)
                or is_iterator(obj)
                or holds_streams(obj)
                or always_changes(type_name(obj), None)
            )
            if moved_on or (mark is not None and fingerprint(obj) != mark):
                known = self._objects.find(obj, self._made())
                if known is not None and known.value == value:
                    self._changed_within(calling, obj, value, changes)

    def _changed_within(
        self, calling: Calling, obj: object, value: int | None, changes: list[tuple[int, int]]
    ) -> None:
        """Give what a call has changed its next version, which comes from what has changed in it, too."""
        news = self._objects.newer_members(obj, value) if value is not None else []
        first = len(changes)
        self._changed(obj, changes)
        if news and len(changes) > first:
            calling.within[changes[first][1]] = news

    def _deactivate(self, activation: Activation) -> None:
        self._activation = activation.outer
        self._objects.leave(activation.places)

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
            self._journal.tell(f'["caught",{running.order},{json_of(failed)}]')
        if name is not None and error is not None:
            value = self._objects.new_value(error)
            statement = running.statement
            places = self._places(statement.scope.place(name)[0], name, statement.program)
            self._objects.hold(error, value, places, name)
            self._journal.tell(f'["bind",{running.order},[],[[{text(name)},{value}]],[],[]]')
