"""What is going on in a watched program: the stack, the time, the guards."""

from __future__ import annotations

import weakref
from _thread import get_ident  # `threading` in a process changes how it ends
from collections.abc import Callable

from provkit.capture import callees
from provkit.capture.hidden import Hidden
from provkit.capture.journal import Journal
from provkit.capture.objects import Objects, Places
from provkit.capture.regions import Block, Statement, Tables
from provkit.capture.running import Activation, Item, Returned, Running
from provkit.capture.summaries import blocks_that_ran
from provkit.redaction import is_secret_name

FULL = "the program's calls left no room on the stack"
"""Why hooks could not do what they are there for."""
ABSENT = object()
MOVES_ON = object()
"""Stands for the fingerprint of what any use changes."""
_ACTIVATIONS = 20
"""Times that a function is looked into which is called by what is looked into itself."""
_ROUNDS = 5
"""Rounds of a loop, or calls by plain code and libraries, that are looked into.

Each round is a link in the chain of what comes out of the loop, and people read that."""
_POOL = 1_000
"""Statements in functions and loops that are told again after their first time, in the whole process."""


class Observation:
    """One program that is being watched.

    What is done with what is seen lies in the classes that build on this one, each a room of its own: names,
    unwinding, loops, statements, calls, functions, and on top the hooks themselves.
    """

    def __init__(self, journal: Journal, project: str, libraries: list[str]) -> None:
        self._journal = journal
        self._project = project
        self._libraries = libraries
        self._off = False
        self._ran_out = False
        """There was no room left on the stack for a hook."""
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
        self._asking: dict[int, tuple[weakref.ref[type], bool]] = {}
        """By identity of a class, whether its objects may change by being read."""
        self._functions_elsewhere: dict[int, None] = {}
        """Functions that have run in other threads."""
        self._order = 0
        self._pool = _POOL
        self._run: int | None = None
        """The first of the plain assignments that are being run and will be told of together."""
        self._run_stamp = 0
        """The time at which they began."""
        self._callees: dict[str, callees.Callee] = {}
        self.listeners: list[Callable[[Returned], None]] = []
        """Told of each call that has returned; what they raise ends the recording, as anything does."""
        self.stores: list[Callable[[int, object], None]] = []
        """Told of each object that a statement, by its order, has stored into."""

    def _tick(self) -> int:
        clock = self._tables.clock
        clock.value += 1
        return clock.value

    def _pop(self) -> Item:
        """Take off what is on top of the stack; what ran in the meantime is told of by it."""
        item = self._stack.pop()
        if self._stack:
            top = self._stack[-1]
            top.spans.append((item.began, self._tick()))
            self._set_secret(top)
        return item

    def _set_secret(self, item: Item) -> None:
        if item.__class__ is Running:
            self._objects.is_secret = self._is_secret(item.statement)

    def _is_secret(self, statement: Statement) -> bool:
        """Tell whether a statement binds a name that sounds like a secret's."""
        if statement.is_secret is None:
            names = [*statement.writes]
            if statement.region is not None:
                # What a function computes whose name says so is one as well.
                names.append(giver_of(self._tables.regions[statement.region].name))
            statement.is_secret = any([is_secret_name(name) for name in names])  # noqa: C419  a list is quicker
        return statement.is_secret

    def _own_blocks(self, item: Item) -> list[Block]:
        if self._tables.latest.value < item.stamp:
            return []
        blocks = blocks_that_ran(self._tables, item.stamp, item.spans)
        if self._functions_elsewhere:
            # What ran in another thread meanwhile is no doing of this statement's.
            blocks = [block for block in blocks if not self._is_elsewhere(block)]
        return blocks

    def _is_elsewhere(self, block: Block) -> bool:
        region = block.region
        return region in self._functions_elsewhere and not self._tables.regions[region].count

    def _statement(self) -> Running | None:
        """Find the statement that is running."""
        for item in reversed(self._stack):
            if isinstance(item, Running):
                return item
            if isinstance(item, Activation):
                return None
        return None

    def _activation_number(self) -> int:
        return self._activation.number if self._activation is not None else 0

    def _version_of(self, obj: object) -> int | None:
        """Give the latest version of an object, if it is known for sure."""
        known = self._objects.find(obj, self._made())
        return known.value if known is not None else None

    def _made(self) -> dict[int, tuple[object, int]] | None:
        running = self._statement()
        return running.made if running is not None else None

    @staticmethod
    def _is_loop(item: Item) -> bool:
        return isinstance(item, Running) and item.statement.kind == "loop"

    def _admit(self, number: int, *, is_called: bool) -> bool:
        """Tell whether to look into a region once more; closes its guard if not.

        A function that is called by a call that is looked into is so more often than a loop's round, or than one that
        plain code or a library calls.
        """
        region = self._tables.regions[number]
        region.count += 1
        limit = _ACTIVATIONS if is_called else _ROUNDS
        if region.count == 1 or (region.count <= limit and self._pool > 0):
            return True
        self._tables.close(number)
        return False

    def _make_way(self) -> None:
        """Look into nothing from now on: a debugger is to see the program's own steps."""
        for region in range(len(self._tables.guards)):
            self._tables.close(region)
        if not self._off:
            self._off = True
            self._degrade("recording stopped: the program set a trace or profile function")

    def _flush(self) -> None:
        """Tell what was written to the standard streams."""
        raise NotImplementedError

    def _look_at_all_files(self, order: int) -> None:
        """Tell that any file of the working directory may have been looked at: nobody knows which."""
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


def giver_of(name: str) -> str:
    """Give the name that says whether a function's result is a secret: `getpass` does not say so itself."""
    last = name.rpartition(".")[2]
    return "password" if last.endswith("getpass") else last
