"""The hooks of a rewritten program: they turn what happens into events of the journal.

No hook raises: whatever goes wrong inside is told once, as a warning in the journal, and the recorder
leaves the program alone from then on. Where the stack is full nothing can be called any more, not even what
gives up: that is said in the end. So a function is only looked into where there is room for its hooks.
"""

from __future__ import annotations

import sys
from _thread import get_ident  # `threading` in a process changes how it ends
from collections.abc import Callable
from functools import partial

from provkit.capture.functions import Functions
from provkit.capture.objects import Places

_HOOKS = (
    *(
        "asked",
        "begin",
        "bind",
        "caught",
        "callee",
        "closed",
        "closing",
        "defined",
        "end",
        "enter",
        "fell",
        "jump",
    ),
    *(
        "leaving",
        "listed",
        "look",
        "looked",
        "member",
        "module",
        "name",
        "next",
        "owner",
        "result",
        "returned",
    ),
    *("given", "ran", "run", "through", "turn", "walrus"),
)

_ROOM = 150
"""Calls that have to fit on the stack where a function is looked into: what its hooks take, and more."""


_USUAL_LIMIT = 1_000

# The program may replace any of these in its own time.
_frame = sys._getframe  # noqa: SLF001
_recursion_limit = sys.getrecursionlimit


class Hook(partial):  # type: ignore[type-arg]
    """A hook as a constant of code; what is serialised in its place needs nothing of provkit's.

    Of the hooks only `enter` can be reached where every guard is closed, and not even that one: its stand-in
    finds nothing in an empty tuple.
    """

    def __reduce__(self) -> tuple[object, ...]:
        """Give the stand-in."""
        return getattr, ((), "__contains__")


class Leaving:
    """Surrounds the body of a function, and tells when it is left, in whatever way."""

    __slots__ = ("_leave", "_region")

    def __init__(self, leave: Callable[[int], None], region: int) -> None:
        self._leave = leave
        self._region = region

    def __enter__(self) -> None:
        """The body begins."""

    def __exit__(self, *_error: object) -> None:
        """The body is left; what left it goes on."""
        self._leave(self._region)


def _need_room(calls: int) -> None:
    """See that some calls fit on the stack.

    Raises:
        RecursionError: It is too full for that.
    """
    limit = _recursion_limit()
    if limit >= _USUAL_LIMIT:
        # Calls in C may take as much again, and there is room even so. Quicker than to try.
        try:
            _frame(limit // 4)
        except ValueError:
            return
    _call_itself(calls)


def _call_itself(times: int) -> None:
    if times:
        _call_itself(times - 1)


class Hooks(Functions):
    """What the constants of a rewritten program stand for."""

    def constants(self) -> dict[str, object]:
        """Give what the placeholders in code stand for."""
        return {
            **{hook: Hook(getattr(self, hook)) for hook in _HOOKS},
            "NameError": NameError,
        }

    def module(self, program: int) -> None:
        """A module begins to run."""
        if self._off:
            return
        try:
            if program not in self._modules:
                namespace = sys._getframe(1).f_globals  # noqa: SLF001  the module's own
                self._modules[program] = Places(namespace, None, None)
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def begin(self, number: int) -> None:
        """A statement begins."""
        if self._off:
            return
        try:
            self._begin(number)
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def next(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A statement begins, and so the one before it in its block has ended without an exception."""
        if self._off:
            return
        try:
            running = self._unwound_to(self._tables.statements[number].previous)
            if running is not None:
                running.shown.update(zip(names, values, strict=True))
                self._end(running)
            self._begin(number)
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def run(self, number: int) -> None:
        """Plain assignments begin that will be told of together."""
        self._run = number
        self._run_stamp = self._tables.clock.value

    def ran(self, number: int) -> None:
        """Plain assignments have run."""
        if self._off:
            return
        try:
            self._run = None
            self._tell_run(number, self._tables.statements[number].until)
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def bind(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A compound statement's header is done, and its body begins."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                running.shown.update(zip(names, values, strict=True))
                self._settle(running)
                self._journal.flush()
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def end(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A statement ended without an exception."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                running.shown.update(zip(names, values, strict=True))
                self._end(running)
                self._statement_told()
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def caught(self, number: int, name: str | None) -> None:
        """A handler, or a `finally`, of a `try` statement begins."""
        if self._off:
            return
        try:
            self._caught(number, name)
            self._journal.flush()
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def name(self, number: int, obj: object) -> object:
        """A name was read; gives back what it stands for."""
        if not self._off:
            try:
                self._read(number, obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def member(self, number: int, obj: object) -> object:
        """An attribute was read of what may be a module; gives back what it is."""
        if not self._off:
            try:
                self._read_member(number, obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def asked(self, number: int, obj: object) -> object:
        """A part is about to be read of what is no name's; gives it back."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    self._look_at_what_may_answer(running, obj, number)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def walrus(self, number: int, obj: object) -> object:
        """A local name was bound inside an expression; gives back to what."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    running.shown[self._tables.names[number][0]] = obj
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def callee(self, number: int, function: object) -> object:
        """Something is about to be called; gives it back."""
        if not self._off:
            try:
                self._call(number, function)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return function

    def given(self, number: int, parameter: int | str, obj: object) -> object:
        """An argument was evaluated that is no name, call or literal; gives it back."""
        if not self._off:
            try:
                self._give_argument(number, parameter, obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def result(self, number: int, obj: object) -> object:
        """A call returned; gives back its result."""
        if not self._off:
            try:
                self._return(number, obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def owner(self, number: int, obj: object) -> object:
        """An object will be stored into; gives it back."""
        if not self._off:
            try:
                if number >= 0:
                    self._read(number, obj)
                running = self._statement()
                if running is not None:
                    running.stored.append(obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def through(self, number: int, obj: object) -> object:
        """A call's receiver is reached through an object; gives it back."""
        if not self._off:
            self._pending.setdefault(number, []).append(obj)
        return obj

    def closing(self, names: tuple[str, ...], called: tuple[str, ...]) -> tuple[str, ...]:
        """A comprehension is about to be evaluated that calls something of, or with, some of its names; gives all."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    self._look_at_asked(running, called)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return names

    def closed(self, names: tuple[str, ...], obj: object) -> object:
        """A comprehension was evaluated that read these names; gives it back."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    self._peek(running, names)
                    self._see_asked(running)
                    self._share_asked(running)
                    self._read_hidden(running)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def listed(self, _number: int, obj: object) -> object:
        """A comprehension was evaluated that looks at files; gives it back."""
        if not self._off:
            try:
                running = self._statement()
                if running is not None:
                    self._look_at_all_files(running.order)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def defined(self, _number: int, function: object) -> object:
        """A lambda was made; gives it back."""
        if not self._off:
            try:
                self._remember_closure(function)
                self._give_function(function)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return function

    def turn(self, number: int, region: int, *values: object) -> bool:
        """A round of a loop begins; tells whether to look into it."""
        if self._off:
            return False
        try:
            is_looked_into = self._turn(number, region, values)
            if not is_looked_into:
                self._tables.run_plainly(region)
            self._journal.flush()
            return is_looked_into
        except RecursionError:
            self._off = self._ran_out = True
            return False
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return False

    def look(self, number: int, name: str, obj: object) -> None:
        """A local name is bound just before a loop."""
        if not self._off:
            try:
                running = self._unwound_to(number)
                if running is not None:
                    self._look_before(running, name, obj)
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)

    def looked(self, number: int, name: str, obj: object) -> None:
        """A local name is bound just after a loop."""
        if not self._off:
            try:
                running = self._unwound_to(number)
                if running is not None:
                    running.shown[name] = obj
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)

    def jump(self, number: int) -> None:
        """A `break` or `continue` leaves what stands around it, up to its loop."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                self._leave_round(running)
                self._journal.flush()
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def enter(self, packed: tuple[object, ...]) -> bool:
        """A function begins; tells whether to look into it."""
        if self._off:
            return False
        try:
            _need_room(_ROOM)
        except RecursionError:
            try:
                self._tables.run_plainly(packed[0])  # type: ignore[arg-type]
            except RecursionError:
                self._ran_out = True
            return False
        try:
            is_own = get_ident() == self._thread
            if not is_own:
                self._functions_elsewhere[packed[0]] = None  # type: ignore[index]
            is_looked_into = is_own and self._enter(packed[0], packed[1:])  # type: ignore[arg-type]
            if not is_looked_into:
                self._tables.run_plainly(packed[0])  # type: ignore[arg-type]
            return is_looked_into
        except RecursionError:
            self._off = self._ran_out = True
            return False
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
            return False

    def returned(self, number: int, obj: object) -> object:
        """A function is about to return something; gives it back."""
        if not self._off:
            try:
                self._returned(number, obj)
                self._journal.flush()
            except RecursionError:
                self._off = self._ran_out = True
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def fell(self, _region: int) -> None:
        """A function came to its end without a `return`."""
        if not self._off and self._activation is not None:
            self._activation.is_done = True

    def leaving(self, region: int) -> Leaving:
        """Surround the body of a function that is looked into."""
        return Leaving(self.leave, region)

    def leave(self, region: int) -> None:
        """A function that was looked into is left, in whatever way."""
        if self._off:
            return
        try:
            self._leave_function(region)
            self._journal.flush()
        except RecursionError:
            self._off = self._ran_out = True
        except Exception as error:  # noqa: BLE001
            self._give_up(error)
