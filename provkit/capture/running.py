"""What is going on: statements that have begun, calls that have not returned, functions that are being run."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator

from provkit.capture import callees
from provkit.capture.effects import HARMLESS, STREAMS
from provkit.capture.fingerprints import fingerprint
from provkit.capture.objects import Changes, Made, Places
from provkit.capture.opaque_files import (
    Listing,
    listing_of,
    looks_at_files,
    may_open,
    path_of,
)
from provkit.capture.regions import Statement
from provkit.capture.summaries import Span
from provkit.capture.values import type_name


class Running:
    """A statement that has begun and not ended."""

    __slots__ = (
        "asked",
        "before",
        "began",
        "binds",
        "changes",
        "is_summed_up",
        "made",
        "managed",
        "number",
        "order",
        "parts",
        "reads",
        "rounds",
        "settled",
        "shown",
        "sources",
        "spans",
        "stamp",
        "statement",
        "stored",
        "turns",
        "unbinds",
    )

    def __init__(self, number: int, order: int, statement: Statement, stamp: int) -> None:
        self.number = number
        self.order = order
        self.statement = statement
        self.began = self.stamp = stamp
        """Time at which it began; `stamp` is later the time up to which it is told of."""
        self.spans: list[Span] = []
        """Times of what went on inside it that tells of itself."""
        self.reads: list[tuple[str, int]] = []
        self.binds: list[tuple[str, int]] = []
        self.changes: Changes = []
        self.parts: list[tuple[int, str, int]] = []
        """For a version, the part of it that was stored, and the version of that."""
        self.sources: dict[int, list[int]] = {}
        """For a version that other threads have made, what it came from; of the others all that was read may be."""
        self.unbinds: list[str] = []
        self.stored: list[object] = []
        """Objects that were stored into."""
        self.made: Made = {}
        """Results of calls, held until the statement ends, by identity."""
        self.shown: dict[str, object] = {}
        """Local names that are bound, and what they hold."""
        self.before: list[tuple[str, int, object, int | None]] = []
        """Name, identity, fingerprint and version of what a loop read, or names there were before `import *`."""
        self.asked: list[tuple[object, object, object, int | None]] = []
        """Objects that may change by being read or in a comprehension: what each is told as, fingerprint, version."""
        self.managed: list[tuple[Callable[[], object], int, object]] = []
        """How to get at a context manager and what it can reach, versions, and fingerprints as it was entered."""
        self.rounds = 0
        self.turns = 0
        """Rounds that were looked into."""
        self.is_summed_up = False
        """Code ran in it that was not looked into, and in no call that is told of."""
        self.settled = False
        """Its header is done: what it read and bound there has been told."""


class Calling:
    """A call whose callee is known and which has not returned."""

    __slots__ = (
        "_watched",
        "arguments",
        "began",
        "begin",
        "called",
        "callee",
        "constructed",
        "function",
        "given",
        "given_back",
        "gives_away",
        "harmless",
        "lambdas",
        "left",
        "names",
        "order",
        "own",
        "owners",
        "paths",
        "place",
        "places",
        "receiver",
        "returned",
        "spans",
        "stamp",
        "texts",
        "told",
        "within",
    )

    def __init__(
        self, place: str, order: int, callee: callees.Callee, stamp: int, *, own: bool
    ) -> None:
        self.place = place
        self.order = order
        self.own = own
        self.callee = callee
        self.began = self.stamp = stamp
        self.spans: list[Span] = []
        self.harmless = callee.kind == "builtin" and callee.name in HARMLESS
        self.begin = 0
        self.receiver: tuple[object, int | None, object] | None = None
        self.owners: list[object] = []
        """What the receiver was reached through: `a` and `a.b` of `a.b.append(1)`."""
        self.arguments: list[tuple[Callable[[], object], int, object]] = []
        """How to get at it, version and fingerprint of all that the call can reach, as far as it is known."""
        self._watched: dict[int, Callable[[], object]] = {}
        """The same by identity."""
        self.called: object = None
        self.constructed: tuple[int, int] | None = None
        """Of a class that was called, identity and version of what its `__init__` was given to fill."""
        self.gives_away = False
        """It lets other threads run something."""
        self.given: dict[int | str, object] = {}
        """Immutable arguments that are no names, calls or literals, by position or parameter."""
        self.given_back: list[int] = []
        """What functions of the project's have returned that were called by what is called."""
        self.paths: dict[str, Listing] | None = (
            {} if may_open(callee) or looks_at_files(callee) else None
        )
        """What its arguments name, as it was before; None if it opens or looks at no file that Python does not see."""
        self.told: list[tuple[int | str, dict[str, object], bool]] = []
        """Arguments that were computed or taken apart: position or keyword, description, and which of the two."""
        self.names: dict[str, int] | None = None
        """Of `exec`, what the module's names held before, by identity."""
        self.texts: list[object] = []
        """Of `exec`, what it may be given to run."""
        self.function: object = None
        """The function of the project's that is called."""
        self.places: Places | None = None
        """Where the function called was defined, if inside another."""
        self.lambdas: list[int] = []
        """What the lambdas read that the call was given; they may be gone when it returns."""
        self.left: Places | None = None
        """The names of the function called, if it was looked into and has been left."""
        self.returned: tuple[object, int] | None = None
        """What the function called has returned, and its version, if it was looked into."""
        self.within: dict[int, list[int]] = {}
        """For a version that the call has made of a container, what has changed in it meanwhile."""

    def reached(self) -> Iterator[object]:
        """Go through what the call can reach, as far as it is known and still there."""
        if self.receiver is not None:
            yield self.receiver[0]
        for get, *_ in self.arguments:
            yield get()

    def look_for_file(self, argument: object) -> None:
        """Remember what a path that the call is given leads to."""
        if self.paths is None:
            return
        path = path_of(argument)
        if path is not None and path not in self.paths:
            self.paths[path] = {} if looks_at_files(self.callee) else listing_of(path)

    def watch(self, obj: object, value: int) -> None:
        """Remember what something looks like that the call can reach."""
        already = self._watched.get(id(obj))
        if already is None or already() is not obj:
            # A stream that nothing holds but the call would be gone when it returns, and what it wrote with it.
            is_stream = type_name(obj) in STREAMS
            get = self._watched[id(obj)] = (lambda: obj) if is_stream else weakly(obj)
            self.arguments.append((get, value, fingerprint(obj)))


class Activation:
    """A function that is being run and looked into."""

    __slots__ = (
        "began",
        "handled",
        "is_done",
        "number",
        "order",
        "outer",
        "places",
        "region",
        "returned",
        "spans",
        "stamp",
    )

    def __init__(
        self,
        number: int,
        order: int | None,
        region: int,
        places: Places,
        outer: Activation | None,
        stamp: int,
    ) -> None:
        self.number = number
        self.order = order
        """The execution that calls it."""
        self.region = region
        self.places = places
        self.outer = outer
        self.began = self.stamp = stamp
        self.spans: list[Span] = []
        self.handled = 0
        """Identity of the exception that was being handled when it began."""
        self.is_done = False
        """It has come to a `return`, or to its end."""
        self.returned: tuple[object, int] | None = None


class Cell:
    """A cell of a notebook that is being run."""

    __slots__ = ("began", "order", "spans", "stamp")

    def __init__(self, order: int, stamp: int) -> None:
        self.order = order
        self.began = self.stamp = stamp
        self.spans: list[Span] = []


class Between(Cell):
    """A function of the project's that runs while no cell does: a callback of a widget, say."""

    __slots__ = ()


class Returned:
    """A call that has returned, as it is told to who listens; not to be kept, as it holds the program's objects."""

    __slots__ = (
        "arguments",
        "called",
        "callee",
        "given",
        "order",
        "paths",
        "place",
        "program",
        "receiver",
        "result",
        "told",
        "value",
    )

    def __init__(self, calling: Calling, program: int, result: object, value: int | None) -> None:
        self.order = calling.order
        self.program = program
        """Number of the source text that the call stands in."""
        self.place = calling.place
        """Where in it."""
        self.callee = calling.callee
        self.called = calling.called
        """What was called, as it is: a function, a bound method, a class."""
        self.paths = calling.paths
        """What its arguments name, as it was before the call; None if it opens no file that Python does not see."""
        self.arguments = calling.arguments
        """How to get at it, version and fingerprint of all that the call could reach, as far as it is known."""
        self.told = calling.told
        """Arguments that were computed or taken apart, described."""
        self.given = calling.given
        """By position or parameter, the immutable arguments that are not in the text: no names, calls or literals."""
        self.receiver = calling.receiver
        """The object whose method it is, with its version before the call and a fingerprint."""
        self.result = result
        self.value = value
        """Version of the result; None if it is no value."""


def weakly(obj: object) -> Callable[[], object]:
    """Remember an object without keeping it alive, if its class allows that."""
    try:
        return weakref.ref(obj)
    except TypeError:
        return lambda: obj


Item = Running | Calling | Activation | Cell
