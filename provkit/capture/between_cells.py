"""What runs while no cell does: callbacks of widgets, tasks of the event loop, threads, timers.

A function of the project's that runs then is an execution of its own, and what it binds and changes is its doing.
What else has become of the notebook's names and objects by the time that a cell begins is told to have changed
between cells.
"""

from __future__ import annotations

import ast
import os
import sys
from _thread import get_ident  # `threading` in a process changes how it ends
from collections.abc import Iterable
from types import CodeType
from typing import Any

from provkit.bindings import own_nodes
from provkit.capture.cell_statements import CellStatements, is_history
from provkit.capture.exceptions import failure_of
from provkit.capture.fingerprints import fingerprint
from provkit.capture.held_objects import may_lead_to
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.objects import Changes
from provkit.capture.observation import ABSENT
from provkit.capture.open_cells import OpenCell
from provkit.capture.regions import Block
from provkit.capture.running import Between, Running
from provkit.capture.summaries import blocks_that_ran, reads_of, stored_in, writes_of
from provkit.capture.values import is_atom, is_code, is_module, root_package

_UNKNOWN = "something that ran between cells"
_MESSAGE = "a message from the front end"
_KINDS = {"task": "a task of the event loop", "timer": "a timer", "thread": "a thread"}
_WIDGETS = "ipywidgets.widgets.widget"

Mark = tuple[int, object, int]
"""Of what a name held: identity, fingerprint, version."""


class BetweenCells(CellStatements):
    """Follows what happens while no cell runs."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        self._rests_since: int | None = None
        """The time at which nothing was left that is not told of; None before the first cell and while one runs."""
        self._told_between: list[tuple[int, int]] = []
        """Times, since then, of what was looked into."""
        self._marks: dict[str, Mark] = {}
        """What the names held that may be changed unseen."""
        self._message: str | None = None
        """What the front end has sent to whom, while that is being handled."""
        self._heard: list[str] = []
        """What the front end has sent to widgets by way of threads of its own, since the last cell."""
        self._addressed: object = None
        """The widget that it was sent to, if it is one."""
        self._at_beginning: dict[str, set[int]] = {}
        """What was going on beside the shell when the cell began: identities, by kind."""
        self._beside: dict[str, list[Any]] = {}
        """What cells have set going, by kind."""
        self._in_threads: list[int] = []
        """Functions that threads of the program's were running when the last cell ended."""
        self._awaiting: dict[int, dict[str, Mark]] = {}
        """By number of a statement that awaits something, what the names held looked like when it began."""
        self._plans_of_files: dict[str, int] = {}
        """The latest program that was compiled under each name of a file."""

    # ---------------------------------------------------------------- what IPython tells

    def message_begins(self) -> None:
        """IPython is about to handle something; a message to a widget, perhaps."""
        if self._off or self._rests_since is None:
            return
        parent = self._shell.get_parent() if hasattr(self._shell, "get_parent") else {}
        header = (parent or {}).get("header") or {}
        if header.get("msg_type") != "comm_msg":
            return
        addressed = self._addressee((parent.get("content") or {}).get("comm_id"))
        kind = "" if addressed is None else f" to {type(addressed).__name__}"
        if not self._is_own_thread():
            # A subshell handles it: what it did is looked for when the next cell begins.
            self._heard.append(f"{_MESSAGE}{kind}")
        elif not self._cells:
            self._guarded(self._message_begun, addressed, f"{_MESSAGE}{kind}")

    def message_ends(self) -> None:
        """IPython has handled something."""
        if self._message is not None and not self._off and self._is_own_thread():
            self._guarded(self._message_handled)

    @staticmethod
    def _addressee(comm: object) -> object:
        """Find the widget that a message is for, if it is one."""
        widgets = getattr(sys.modules.get(_WIDGETS), "_instances", None)
        return widgets.get(comm) if type(widgets) is dict else None

    def _message_begun(self, addressed: object, said: str) -> None:
        self._look_between()
        self._addressed, self._message = addressed, said
        self._take_marks()

    def _message_handled(self) -> None:
        self._look_between()
        self._message = self._addressed = None
        self._rest()

    def _cell_awakes(self) -> None:
        """Tell what has happened since the last cell; one begins."""
        if self._rests_since is not None:
            self._look_between()
            self._rests_since = None
            self._heard.clear()
            # Nobody says so where handling it has failed.
            self._message = self._addressed = None
        self._at_beginning = {kind: set(map(id, one)) for kind, one in self._going_on().items()}

    def _rest(self) -> None:
        """No cell is running any more."""
        for kind, going in self._going_on().items():
            before = self._at_beginning.get(kind, set())
            held = [
                one for one in self._beside.get(kind, ()) if any(one is other for other in going)
            ]
            new = [
                one for one in going if id(one) not in before and all(one is not o for o in held)
            ]
            self._beside[kind] = held + new
        self._marks = {}
        self._in_threads = []
        if self._has_subshells():
            self._take_marks()
        if any(self._beside.values()):
            self._take_marks()
            functions = (self._function_of(thread) for thread in self._beside.get("thread", ()))
            self._in_threads = [one for one in functions if one is not None]
        self._told_between = []
        self._rests_since = self._tick()

    # ---------------------------------------------------------------- what may change something unseen

    def _has_subshells(self) -> bool:
        """Tell whether the front end has threads of its own in the kernel for messages to widgets."""
        channel = getattr(getattr(self._shell, "kernel", None), "shell_channel_thread", None)
        return bool(getattr(getattr(channel, "manager", None), "_cache", None))

    def _going_on(self) -> dict[str, list[Any]]:
        """List the threads, tasks and timers that there are."""
        found: dict[str, list[Any]] = {}
        threading = sys.modules.get("threading")
        if threading is not None:
            threads = list(threading._active.values())  # noqa: SLF001  as `enumerate` gives them, without its lock
            found["thread"] = [one for one in threads if root_package(type(one)) in _OF_PROGRAMS]
        asyncio = sys.modules.get("asyncio")
        loop = asyncio._get_running_loop() if asyncio is not None else None  # noqa: SLF001
        if asyncio is not None and loop is not None:
            found["task"] = [
                one for one in asyncio.all_tasks(loop) if not _is_machinery(one.get_coro())
            ]
            # What is ready at once is told apart from the kernel's own by its code alone.
            ready = getattr(loop, "_ready", None) or ()
            found["timer"] = [
                *(one for one in ready if _code_of(getattr(one, "_callback", None)) is not None),
                *(getattr(loop, "_scheduled", None) or ()),
            ]
            found["timer"] = [
                one for one in found["timer"] if not _is_machinery(getattr(one, "_callback", None))
            ]
        return found

    def _function_of(self, thread: Any) -> int | None:
        """Find the function of a cell that a thread runs."""
        function = getattr(thread, "_target", None) or getattr(thread, "function", None)
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        program = self._plans_of_files.get(getattr(code, "co_filename", ""))
        for number, region in enumerate(self._tables.regions if program is not None else ()):
            is_named_so = region.name.rpartition(".")[2] == code.co_name  # type: ignore[union-attr]
            if region.program == program and not region.is_loop and is_named_so:
                return number
        return None

    def _take_marks(self) -> None:
        self._marks = self._marks_now()

    def _marks_now(self) -> dict[str, Mark]:
        """Look at the objects that the notebook's names hold."""
        namespace = self._names.namespace or {}
        marks: dict[str, Mark] = {}
        seen: set[int] = set()
        for name, (identity, _) in self._names.names.items():
            obj = namespace.get(name, ABSENT)
            if id(obj) != identity or identity in seen or is_history(name):
                continue
            if is_atom(obj) or is_code(obj) or is_module(obj):
                continue
            if root_package(type(obj)) in _MACHINERY:
                continue
            known = self._objects.find(obj, None)
            if known is not None:
                seen.add(identity)
                marks[name] = (identity, fingerprint(obj), known.value)
        return marks

    def _changed_since(self, marks: dict[str, Mark]) -> dict[str, object]:
        """Find the names whose objects have changed, and nobody was told; marks are put right."""
        namespace = self._names.namespace or {}
        found: dict[str, object] = {}
        for name, (identity, mark, value) in list(marks.items()):
            obj = namespace.get(name, ABSENT)
            known = self._objects.find(obj, None) if id(obj) == identity else None
            if known is None:
                continue
            now = fingerprint(obj)
            if now != mark and known.value == value:
                found[name] = obj
            marks[name] = (identity, now, known.value)
        return found

    def _bound_unseen(self, blocks: Iterable[Block]) -> dict[str, object]:
        """Find the names that hold another object than they were told to, and those that are new."""
        namespace = self._names.namespace or {}
        found = {
            name: namespace[name]
            for name, (identity, _) in self._names.names.items()
            if name in namespace and id(namespace[name]) != identity and not is_history(name)
        }
        for kind, name, program, _ in writes_of(blocks):
            is_here = kind == "global" and self._modules.get(program) is self._names
            if is_here and name not in self._names.names and name in namespace:
                found[name] = namespace[name]
        return {name: obj for name, obj in found.items() if not is_module(obj)}

    # ---------------------------------------------------------------- telling

    def _cause(self) -> str:
        """Say what has set something going while no cell ran, as far as that is known."""
        if self._message is not None:
            return self._message
        heard = [*dict.fromkeys(self._heard)]
        if heard:
            return heard[0] if len(heard) == 1 else "messages from the front end"
        kinds = [_KINDS[kind] for kind, going in self._beside.items() if going]
        return kinds[0] if len(kinds) == 1 else _UNKNOWN

    def _look_between(self) -> None:
        """Tell what plain code, libraries and other threads have bound and changed since the last look."""
        if self._rests_since is None:
            return
        spans, self._told_between = self._told_between, []
        ran = blocks_that_ran(self._tables, self._rests_since, spans)
        blocks = [block for block in ran if block.region is not None]
        changed, bound = self._changed_since(self._marks), self._bound_unseen(blocks)
        gone = [name for name in self._names.gone() if not is_history(name)]
        for stored in stored_in(blocks):
            kind, name, program, _ = stored
            obj = self._object_at(stored) if kind == "global" else ABSENT
            is_marked = self._modules.get(program) is not self._names or name in self._marks
            if obj is not ABSENT and not is_marked and not is_atom(obj) and not is_code(obj):
                changed.setdefault(name, obj)
        if (changed or bound) and self._in_threads:
            # Where a function that has begun before goes on in a straight line, nothing marks that.
            blocks += [one for one in self._tables.blocks if one.region in self._in_threads]
        if blocks or changed or bound or gone:
            self._tell_between(blocks, changed, bound, gone)
        self._rests_since = self._tick()

    def _tell_between(
        self,
        blocks: list[Block],
        changed: dict[str, object],
        bound: dict[str, object],
        gone: list[str],
    ) -> None:
        cause = self._cause()
        roots = self._roots(blocks)
        owners = {
            name: self._owner(name, roots) for name in [*dict.fromkeys([*changed, *bound, *gone])]
        }
        for root, own in roots.items():
            self._tell_plain_run(
                root,
                own,
                cause,
                {name: obj for name, obj in changed.items() if owners[name] == root},
                {name: obj for name, obj in bound.items() if owners[name] == root},
                [name for name in gone if owners[name] == root],
            )
        changes: Changes = []
        for name, obj in changed.items():
            if owners[name] is None:
                self._objects.changed(obj, None, changes)
        binds = [
            [name, self._bound_between(name, obj)]
            for name, obj in bound.items()
            if owners[name] is None
        ]
        lost = [name for name in gone if owners[name] is None]
        if changes or binds or lost:
            self._journal.write(
                f'["between",null,{text(cause)},null,{json_of(changes)},{json_of(binds)},{json_of(lost)}]'
            )

    def _bound_between(self, name: str, obj: object) -> int:
        value = self._value_under(name, obj, None)
        self._objects.hold(obj, value, self._names, name)
        return value

    def _roots(self, blocks: list[Block]) -> dict[int, list[Block]]:
        """Sort blocks by the functions that were run by none of the others, each with what it may have called."""
        by_region: dict[int, list[Block]] = {}
        for block in blocks:
            if block.region is not None:
                by_region.setdefault(block.region, []).append(block)
        calls = {
            region: {name for block in own for flow in block.flows for name in flow.calls}
            for region, own in by_region.items()
        }
        names = {
            region: self._tables.regions[region].name.rpartition(".")[2] for region in by_region
        }
        roots = [
            region
            for region in by_region
            if not any(
                names[region] in called for other, called in calls.items() if other != region
            )
        ]
        found: dict[int, list[Block]] = {}
        for root in roots or list(by_region)[:1]:
            reached, waiting = {root}, [root]
            while waiting:
                called = calls[waiting.pop()]
                inner = [one for one in by_region if names[one] in called and one not in reached]
                reached.update(inner)
                waiting.extend(inner)
            found[root] = [block for region in reached for block in by_region[region]]
        return found

    def _owner(self, name: str, roots: dict[int, list[Block]]) -> int | None:
        """Find the function that can have bound a name, or changed what it holds."""
        for among in (
            lambda own: {**writes_of(own), **stored_in(own)},
            reads_of,
        ):
            for root, own in roots.items():
                if any(found[1] == name for found in among(own)):
                    return root
        obj = (self._names.namespace or {}).get(name, ABSENT)
        for root, own in roots.items():
            held = (self._object_at(found) for found in reads_of(own) if found[0] == "global")
            if any(
                one is not ABSENT and not is_code(one) and may_lead_to(one, obj) for one in held
            ):
                return root
        return None

    def _tell_plain_run(
        self,
        region: int,
        blocks: list[Block],
        cause: str,
        changed: dict[str, object],
        bound: dict[str, object],
        gone: list[str],
    ) -> None:
        """Tell that a function ran that was not looked into, and all that it read, bound and changed."""
        reads = [["", value] for value in self._values_of(reads_of(blocks))]
        reads += [["", value] for value in self._version_addressed()]
        order = self._begin_between(region, cause)
        changes: Changes = []
        for obj in changed.values():
            self._objects.changed(obj, None, changes)
        program = self._tables.regions[region].program
        binds = [
            [f"{program}:{name}", self._bound_between(name, obj)] for name, obj in bound.items()
        ]
        self._journal.write(
            f'["bind",{order},{json_of(reads)},{json_of(binds)},{json_of(changes)},{json_of(gone)}]'
        )
        self._journal.write(f'["done",{order},{self._journal.now()},null,true]')

    def _version_addressed(self) -> list[int]:
        known = self._objects.find(self._addressed, None) if self._addressed is not None else None
        return [known.value] if known is not None else []

    def _begin_between(self, region: int, cause: str) -> int:
        self._order += 1
        found = self._tables.regions[region]
        self._journal.write(
            f'["step",{self._order},{found.program},"{found.key}",null,{self._journal.now()}]'
        )
        self._journal.write(f'["between",{self._order},{text(cause)},{text(found.name)},[],[],[]]')
        return self._order

    # ---------------------------------------------------------------- cells that await

    def _instrument(
        self, cell: OpenCell, node: ast.stmt, twin: ast.stmt | None, symbol: str
    ) -> list[ast.stmt]:
        may_await = "await" in cell.text or "async" in cell.text
        is_awaiting = may_await and any(_awaits(one) for one in own_nodes([node]))
        first = len(self._tables.statements)
        told = super()._instrument(cell, node, twin, symbol)
        if is_awaiting and len(self._tables.statements) > first:
            self._awaiting[first] = {}
        return told

    def _begin(self, number: int) -> None:
        super()._begin(number)
        if number in self._awaiting:
            self._awaiting[number] = self._marks_now()

    def _end(self, running: Running) -> None:
        # While it waits, whatever the event loop has to do is done.
        marks = self._awaiting.pop(running.number, None)
        if marks:
            running.stored.extend(self._changed_since(marks).values())
        super()._end(running)

    # ---------------------------------------------------------------- functions that are looked into

    def _enter(self, number: int, values: tuple[object, ...]) -> bool:
        if self._stack or self._cells or self._rests_since is None:
            return super()._enter(number, values)
        self._look_between()
        item = Between(self._order + 1, self._tick())
        self._stack.append(item)
        is_looked_into = super()._enter(number, values)
        if not is_looked_into:
            self._stack.remove(item)
        return is_looked_into

    def _admit(self, number: int, *, is_called: bool) -> bool:
        is_admitted = super()._admit(number, is_called=is_called)
        if is_admitted and self._stack and isinstance(self._stack[-1], Between):
            order = self._begin_between(number, self._cause())
            reads = [["", value] for value in self._version_addressed()]
            if reads:
                self._journal.write(f'["bind",{order},{json_of(reads)},[],[],[]]')
        return is_admitted

    def _leave_function(self, number: int) -> None:
        item = self._stack[0] if self._stack else None
        index = self._activation_of(number) if isinstance(item, Between) else None
        if index is None or not isinstance(item, Between):
            super()._leave_function(number)
            return
        error = sys.exc_info()[1]
        activation: Any = self._stack[index]
        failed = error if not activation.is_done and id(error) != activation.handled else None
        super()._leave_function(number)
        if self._stack == [item]:
            self._stack.pop()
            self._told_between.append((item.began, self._tick()))
            self._close_between(item, failed)

    def _close_between(self, item: Between, error: BaseException | None) -> None:
        now = self._journal.now()
        if error is None:
            self._journal.write(f'["done",{item.order},{now}]')
        else:
            self._journal.write(f'["failed",{item.order},{now},{failure_of(error)}]')
        self._tell_plain_code()

    def _is_own_thread(self) -> bool:
        return get_ident() == self._thread


_MACHINERY = frozenset({"ipykernel", "IPython", "comm", "tornado", "zmq", "jupyter_client"})
"""Packages that run a kernel: what their objects hold changes all the time, and means nothing to a notebook."""
_OF_PROGRAMS = frozenset({"threading", "__main__", "concurrent"})
"""Top-level modules of the classes of threads that run what they are given; other classes run a library's code."""


def _awaits(node: ast.AST) -> bool:
    return isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) or (
        isinstance(node, ast.comprehension) and bool(node.is_async)
    )


def _code_of(called: object) -> CodeType | None:
    """Find the code of a function, a method, a coroutine or what a `partial` calls."""
    for name in ("func", "__func__"):
        called = getattr(called, name, called)
    for name in ("__code__", "cr_code", "gi_code"):
        code = getattr(called, name, None)
        if type(code) is CodeType:
            return code
    return None


def _is_machinery(called: object) -> bool:
    """Tell whether what is to run is a part of the kernel."""
    code = _code_of(called)
    places = code.co_filename.split(os.sep) if code is not None else []
    return not _MACHINERY.isdisjoint(places)
