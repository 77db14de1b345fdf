"""State that no name of the program holds: global generators of random numbers, pyplot's current figure, log files.

Each is a value as any other, under the name of its module. It is seen once a call has moved it on: what the call gave
came from it. The first version of a generator that nobody has seeded is a value that was there before.
"""

from __future__ import annotations

import sys

from provkit.capture.callees import Callee
from provkit.capture.drawings import current_figure, only_looks
from provkit.capture.fingerprints import fingerprint
from provkit.capture.logs import PLACE as LOG
from provkit.capture.logs import Logs
from provkit.capture.objects import Changes, Made, Objects, Places
from provkit.capture.process_state import ENVIRONMENT, ProcessState, environment

PYPLOT = "matplotlib.pyplot"
_ABSENT = object()
_OF_NO_PROGRAM = "-1:"
"""What a name that is bound begins with if no program's text has it."""

SEEDERS = frozenset(
    {
        "numpy.random.seed",
        "numpy.random.set_state",
        "random.Random.seed",
        "random.Random.setstate",
        "torch.manual_seed",
        "torch.random.manual_seed",
        "torch.random.set_rng_state",
        "torch.random.seed",
        "torch.seed",
        "torch.set_rng_state",
    }
)
"""What sets a global generator anew, so that where it stood before does not matter."""

UNMOVING = frozenset({"len", "range", "isinstance", "type", "id", "print", "append"})
"""Calls so frequent and so plain that nothing hidden is looked for behind them."""


class Hidden:
    """What is known of hidden state, and how to find out that a call has moved it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._namespace: dict[str, object] = {}
        self._places = Places(self._namespace, None, None)
        self._marks: dict[str, object] = {}
        self._figure: tuple[int, object] | None = None
        """Identity and fingerprint of the current figure."""
        self._modules = 0
        self._logs = Logs()
        self.process = ProcessState()

    def look(self) -> None:
        """Look for generators that have come with modules; to be called before what may draw from them."""
        if len(sys.modules) == self._modules:
            return
        self._modules = len(sys.modules)
        for name, (module, attribute) in _GLOBAL.items():
            if name in self._namespace or module not in sys.modules:
                continue
            obj = sys.modules[module].__dict__.get(attribute, _ABSENT)
            if obj is not _ABSENT:
                self._namespace[name] = obj
                self._marks[name] = fingerprint(obj)

    def forget(self) -> None:
        """Let go of everything."""
        self._namespace.clear()
        self._marks.clear()
        self._logs.forget()
        self.process.forget()
        self._figure = None

    def moved(
        self,
        callee: Callee | None,
        receiver: tuple[object, ...] | None,
        made: Made | None,
        changes: Changes,
    ) -> tuple[list[int], list[tuple[str, int]]]:
        """Find out what has moved since the last time.

        Args:
            callee: What was called; None after anything else than a call.
            receiver: What a method was called on, first of all that is known of it.
            made: Results of calls that are held.
            changes: Takes the new versions.

        Returns:
            Versions that were read, and names that were bound.
        """
        reads: list[int] = []
        binds: list[tuple[str, int]] = []
        for stream in self.process.written(callee):
            self._take_new_version(stream, made, changes)
        if self.process.is_environment_set:
            self._take_environment(binds, changes)
        if callee is not None and callee.name.rpartition(".")[2] in UNMOVING:
            return reads, binds
        is_asked = receiver is not None and receiver[0] is environment()
        if is_asked or (callee is not None and callee.name == "getenv"):
            reads += [value for value in (self.environment_read(),) if value is not None]
        for name, obj in self._namespace.items():
            if name == ENVIRONMENT:
                continue
            mark = fingerprint(obj)
            is_direct = receiver is not None and receiver[0] is obj
            seeds = _seeds(callee, name, is_direct=is_direct)
            if mark != self._marks[name] or seeds or is_direct:
                self._marks[name] = mark
                self._take_generator(name, obj, reads, binds, changes, seeds=seeds)
        if "logging" in sys.modules:
            self._take_logs(binds, changes)
        if PYPLOT in sys.modules:
            self._take_figure(callee, made, reads, binds, changes)
        return reads, binds

    def _take_generator(
        self,
        name: str,
        obj: object,
        reads: list[int],
        binds: list[tuple[str, int]],
        changes: Changes,
        *,
        seeds: bool,
    ) -> None:
        known = self._objects.find(obj, None)
        if seeds:
            changes[:] = [one for one in changes if known is None or one[1] != known.value]
            value = self._objects.new_value(obj, place=name)
            self._objects.hold(obj, value, self._places, name)
            binds.append((_OF_NO_PROGRAM + name, value))
            return
        if known is None:
            value = self._objects.new_value(obj, place=name)
            self._objects.hold(obj, value, self._places, name)
        else:
            value = known.value
        self._revise(obj, value, reads, changes)

    def _take_new_version(self, obj: object, made: Made | None, changes: Changes) -> None:
        known = self._objects.find(obj, made)
        if known is not None and all(new != known.value for _, new in changes):
            self._objects.new_version(obj, known.value, changes)

    def _take_environment(self, binds: list[tuple[str, int]], changes: Changes) -> None:
        """Note that a variable of the environment has been set or removed."""
        self.process.is_environment_set = False
        obj = environment()
        if self._objects.find(obj, None) is not None:
            self._take_new_version(obj, None, changes)
            return
        self._namespace[ENVIRONMENT] = obj
        value = self._objects.new_value(obj, place=ENVIRONMENT)
        self._objects.hold(obj, value, self._places, ENVIRONMENT)
        binds.append((_OF_NO_PROGRAM + ENVIRONMENT, value))

    def environment_read(self) -> int | None:
        """Give the version of the environment's variables; None if the program has set none."""
        known = self._objects.find(environment(), None)
        return known.value if known is not None else None

    def _take_logs(self, binds: list[tuple[str, int]], changes: Changes) -> None:
        """Note which log files have been opened, and which written to: no result comes from that."""
        grown = self._logs.grown()
        for handler in grown:
            self._take_new_version(handler, None, changes)
        for path, handler in self._logs.opened():
            value = self._objects.new_value(handler, place=LOG, log=path)
            self._objects.hold(handler, value, self._places, f"{LOG} {path}")
            binds.append((_OF_NO_PROGRAM + LOG, value))

    def _revise(self, obj: object, value: int, reads: list[int], changes: Changes) -> None:
        """Note that a version was read and that there is a new one, if the call has not said so."""
        for old, new in changes:
            if new == value:
                reads.append(old)
                return
        reads.append(value)
        self._objects.new_version(obj, value, changes)

    def _take_figure(
        self,
        callee: Callee | None,
        made: Made | None,
        reads: list[int],
        binds: list[tuple[str, int]],
        changes: Changes,
    ) -> None:
        figure = current_figure()
        before, self._figure = (
            self._figure,
            None if figure is None else (id(figure), fingerprint(figure)),
        )
        if figure is None:
            return
        of_pyplot = callee is not None and callee.module == PYPLOT
        drew = of_pyplot and callee is not None and not only_looks(callee.name)
        if not (of_pyplot or self._figure != before):
            return
        known = self._objects.find(figure, made)
        was_there = before is not None and before[0] == id(figure)
        if known is None:
            value = self._objects.new_value(figure, place=PYPLOT)
            self._objects.hold(figure, value, self._places, PYPLOT)
            if not was_there:
                binds.append((_OF_NO_PROGRAM + PYPLOT, value))
                return
        else:
            value = known.value
        if drew or self._figure != before:
            if was_there:
                self._revise(figure, value, reads, changes)
        else:
            reads.append(value)


_GLOBAL = {
    "random": ("random", "_inst"),
    "numpy.random": ("numpy.random.mtrand", "_rand"),
    "torch.random": ("torch", "default_generator"),
}
"""Global generators: by the name they are told under, the module and the attribute that has them."""


def _seeds(callee: Callee | None, name: str, *, is_direct: bool) -> bool:
    if callee is None:
        return False
    called = f"{callee.module}.{callee.name}"
    if called not in SEEDERS:
        return False
    return is_direct or (called.startswith(name.partition(".")[0] + ".") and name != "random")
