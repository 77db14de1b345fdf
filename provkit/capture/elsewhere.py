"""What the program's functions do in other threads, as far as the watched one can see it.

Functions are not looked into there. A call that hands work over is remembered, with what that work can reach; when
the watched thread reads one of these objects and it is not what it was, it has a next version. That comes from what
was handed over and from what the functions read that have run elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, MethodType

from provkit.capture.callees import Callee
from provkit.capture.fingerprints import fingerprint
from provkit.capture.held_objects import reachable
from provkit.capture.journal import Journal
from provkit.capture.names import Names
from provkit.capture.objects import Places
from provkit.capture.observation import ABSENT, MOVES_ON
from provkit.capture.regions import Block
from provkit.capture.running import Calling, Running
from provkit.capture.summaries import Found, RegionSummary, reads_of, stored_in, writes_of
from provkit.capture.values import attribute_of_class, is_atom, is_code, module_of

HANDS_OVER = frozenset(
    {
        *("apply", "apply_async", "imap", "imap_unordered", "map", "map_async", "run_in_executor"),
        *("start", "start_new_thread", "starmap", "starmap_async", "submit", "to_thread"),
    }
)
"""What lets other threads run something, by the last part of its name."""
_MODULES = ("threading", "_thread", "concurrent.futures", "multiprocessing", "asyncio")


class Shared:
    """An object that other threads can reach, as it was when the watched one last looked at it."""

    __slots__ = ("get", "mark", "time", "value")

    def __init__(self, get: Callable[[], object], value: int, mark: object, time: int) -> None:
        self.get = get
        self.value = value
        self.mark = mark
        self.time = time


def hands_over(callee: Callee, function: object) -> bool:
    """Tell whether a call lets other threads run something."""
    if callee.name.rpartition(".")[2] not in HANDS_OVER:
        return False
    # A class of the program's has the method from its base.
    defined = function.__func__.__module__ if type(function) is MethodType else callee.module
    return type(defined) is str and defined.startswith(_MODULES)


class Elsewhere(Names):
    """Follows what other threads change."""

    def __init__(self, journal: Journal, project: str, libraries: list[str]) -> None:
        super().__init__(journal, project, libraries)
        self._shared: dict[int, Shared] = {}
        """By identity."""
        self._handed: dict[int, None] = {}
        """Versions of what work was handed over with."""

    def _watch_handed(self, calling: Calling, receiver: object) -> None:
        """Remember what the functions can reach that a thread runs, before it is started."""
        functions = [one for one in reachable(receiver) if type(one) is FunctionType]
        run = attribute_of_class(type(receiver), "run")
        for function in (*functions, run):
            if type(function) is FunctionType:
                for obj, value in self._named_in(function):
                    calling.watch(obj, value)

    def _share(self, calling: Calling, result: int | None) -> None:
        """Remember what was handed over, and what can be reached from it by now."""
        reached = list(calling.arguments)
        receiver, value, mark = calling.receiver or (None, None, None)
        if value is not None:
            reached.append((lambda: receiver, value, mark))
            known = self._objects.entry(receiver)
            self._handed[known.value if known is not None else value] = None
        if result is not None:
            self._handed[result] = None
        for get, value, mark in reached:
            obj = get()
            if obj is not None and not is_code(obj) and id(obj) not in self._shared:
                getter = self._objects.getter_of(obj)
                self._shared[id(obj)] = Shared(getter, value, mark, calling.began)

    def _share_asked(self, running: Running) -> None:
        """Remember what a comprehension has handed over, if it asked something that lets other threads run."""
        asked = [one for one in running.asked if one[0] is one[1] and one[3] is not None]
        if not any(
            type(module) is str and module.startswith(_MODULES)
            for module in (module_of(type(obj)) for obj, *_ in asked)
        ):
            return
        for obj, _, mark, value in asked:
            if value is None or mark is MOVES_ON:
                continue
            self._handed[value] = None
            if id(obj) not in self._shared:
                getter = self._objects.getter_of(obj)
                self._shared[id(obj)] = Shared(getter, value, mark, running.began)

    def _see_elsewhere(self, running: Running, found: Found, obj: object) -> None:
        """See what other threads have made of what a name holds, or have bound it to."""
        if obj is ABSENT:
            return
        if found[0] == "global":
            self._see_bound(running, self._modules.get(found[2]), found, obj)
        if self._shared and not is_atom(obj):
            self._see_shared(running, obj)

    def _see_shared(self, running: Running, obj: object) -> None:
        """Give what other threads have changed of an object that is read, and of what it holds, the next version."""
        for member in (obj, *reachable(obj)):
            shared = self._shared.get(id(member))
            if shared is None:
                continue
            if shared.get() is not member:
                del self._shared[id(member)]
                continue
            self._look_again(running, member, shared)

    def _look_again(self, running: Running, obj: object, shared: Shared) -> None:
        known = self._objects.find(obj, running.made)
        blocks = self._ran_elsewhere(shared.time) if known is not None else []
        if known is None or not blocks:
            return
        mark = fingerprint(obj)
        named = self._named(obj, blocks)
        moved = mark != shared.mark
        if known.value != shared.value:
            moved = any(found in stored_in(blocks) for found in named) or not named
        if moved:
            old = known.value
            changes: list[tuple[int, int]] = []
            self._objects.new_version(obj, old, changes)
            running.changes.extend(changes)
            running.sources[changes[0][1]] = self._sources_of(named, blocks)
        shared.value, shared.mark, shared.time = known.value, mark, self._tick()

    def _see_bound(
        self, running: Running, places: Places | None, found: Found, obj: object
    ) -> None:
        """Bind a module's name anew that a function has bound in another thread."""
        name = found[1]
        bound = places.names.get(name) if places is not None else None
        if places is None or bound is None or bound[0] == id(obj) or is_code(obj):
            return
        blocks = self._ran_elsewhere(1)
        if found not in writes_of(blocks):
            return
        value = self._value_under(name, obj, running.made)
        self._objects.hold(obj, value, places, name)
        running.binds.append((f"{found[2]}:{name}", value))
        running.sources[value] = [bound[1], *self._sources_of([found], blocks)]

    def _ran_elsewhere(self, since: int) -> list[Block]:
        """List the blocks of functions that ran in other threads since a time."""
        tables = self._tables
        return [
            tables.blocks[number]
            for number in tables.plain_since(since)
            if tables.blocks[number].region in self._functions_elsewhere
        ]

    def _named(self, obj: object, blocks: list[Block]) -> list[Found]:
        """List the module's names under which blocks reach an object."""
        return [
            found
            for found in reads_of(blocks)
            if found[0] == "global" and self._object_at(found) is obj
        ]

    def _sources_of(self, named: Iterable[Found], blocks: list[Block]) -> list[int]:
        """Find the versions that come into what functions have made of an object elsewhere."""
        found: dict[Found, None] = {}
        for target in named:
            found.update(sources_in(self, target, blocks))
        if not found:
            found = reads_of(blocks)
        values = dict.fromkeys([*self._handed, *self._values_of(found)])
        return list(values)

    def _tell_what_others_left(self) -> None:
        """Tell what other threads have changed that was not read again."""
        places = self._modules.get(0)
        if places is None or places.namespace is None:
            return
        for name, (identity, _) in list(places.names.items()):
            obj = places.namespace.get(name, ABSENT)
            shared = self._shared.get(identity)
            known = self._objects.find(obj, None) if shared is not None else None
            if shared is None or known is None or shared.get() is not obj or is_atom(obj):
                continue
            blocks = self._ran_elsewhere(shared.time)
            if blocks and known.value == shared.value and fingerprint(obj) != shared.mark:
                sources = self._sources_of(self._named(obj, blocks), blocks)
                old = known.value
                new = self._objects.new_version(obj, old, [])
                self._tell_left(name, old, new, sources)

    def _tell_left(self, name: str, old: int, new: int, sources: list[int]) -> None:
        """Tell what a name held in the end, of what its object has come to be by then."""
        raise NotImplementedError


def sources_in(names: Names, target: Found, blocks: list[Block]) -> dict[Found, None]:
    """Find the names that come into what functions have made of what a module's name holds.

    What its callers gave a function that stores into it comes from what these read.
    """
    tables = names._tables  # noqa: SLF001
    found: dict[Found, None] = {}
    for region in {block.region for block in blocks if block.region is not None}:
        own = [block for block in blocks if block.region == region]
        if target not in reads_of(own) and target not in writes_of(own):
            continue
        summary = RegionSummary(tables, blocks, region)
        if target not in stored_in(own) and target not in writes_of(own):
            continue
        found.update(summary.sources(target))
        callers = {tables.regions[region].name}
        size = 0
        while size != len(callers):
            size = len(callers)
            for block in blocks:
                if block.region is not None and any(
                    not callers.isdisjoint(flow.calls) for flow in block.flows
                ):
                    callers.add(tables.regions[block.region].name)
        found.update(summary.given_to(callers))
    return found
