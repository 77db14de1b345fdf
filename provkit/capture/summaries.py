"""What code that was not looked into can have read, bound and changed: that of its blocks which ran."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from provkit.bindings import Place
from provkit.capture.regions import Block, BlockFlow, Tables

Span = tuple[int, int]
Found = tuple[str, str, int, int | None]
"""How a name is found, the name, the program and the function it stands in."""


def blocks_that_ran(tables: Tables, since: int, spans: Sequence[Span]) -> list[Block]:
    """List the plain blocks that ran since a time, and not within spans of time that are told of already."""
    if tables.latest.value < since:
        return []
    firsts = [first for first, _ in spans]
    blocks, ran = tables.blocks, tables.ran
    return [
        blocks[number]
        for number in tables.plain_since(since)
        if not _is_within(ran[number].value, spans, firsts)
    ]


def _is_within(time: int, spans: Sequence[Span], firsts: list[int]) -> bool:
    """Tell whether a time lies in one of the spans, which follow one another."""
    place = bisect_right(firsts, time) - 1
    return place >= 0 and time < spans[place][1]


def reads_of(blocks: Iterable[Block]) -> dict[Found, None]:
    """List all names that blocks read."""
    return {_found(place, block): None for block in blocks for place in block.reads}


def writes_of(blocks: Iterable[Block]) -> dict[Found, None]:
    """List all names that blocks bind."""
    return {_found(place, block): None for block in blocks for place in block.writes}


def returned_by(blocks: Iterable[Block]) -> dict[Found, None]:
    """List the names that what a loop of a function has returned was made of, or was decided by."""
    return {
        _found(place, block): None
        for block in blocks
        for flow in block.flows
        if flow.returns or flow.decides
        for place in flow.reads
    }


def stored_in(blocks: Iterable[Block]) -> dict[Found, None]:
    """List all names whose objects blocks store into or call a method of."""
    return {
        _found(place, block): None
        for block in blocks
        for flow in block.flows
        for place in flow.stored
    }


def _found(place: Place, block: Block) -> Found:
    return (*place, block.program, block.region if place[0] != "global" else None)


class RegionSummary:
    """The blocks of a region, and of the functions it called, that ran."""

    def __init__(self, tables: Tables, blocks: list[Block], region: int | None) -> None:
        self._tables = tables
        self._own = [block for block in blocks if block.region == region]
        self._called: dict[str, list[Block]] = {}
        for block in blocks:
            if block.region != region and block.region is not None:
                name = tables.regions[block.region].name
                self._called.setdefault(name, []).append(block)
        self._blocks = blocks

    def sources(
        self,
        target: Found,
        atoms: Iterable[Found] = (),
        reaches: Callable[[Found], bool] | None = None,
    ) -> dict[Found, None]:
        """Find the names that what a name holds at the end can have come from.

        Args:
            target: The name. If nothing in the region binds it or stores into what it holds, all that acts may have.
            atoms: Names that hold what cannot be changed.
            reaches: Tells whether what a name holds may lead to the object that has changed.
        """
        wanted: dict[Found, None] = {}
        calls: dict[str, None] = {}
        reaching: set[str] = set()
        if not any(self._is_touched(flow, block, {target: None}) for flow, block in self._flows()):
            acting = [pair for pair in self._flows() if self._acts(*pair, set(atoms))]
            if reaches is not None:
                reaching = self._functions_that_reach(reaches)
                close = [pair for pair in acting if self._is_near(*pair, reaches, reaching)]
            if reaches is not None and close:
                acting = close
                for flow, _ in close:
                    calls.update(flow.calls)
            elif self._called or not acting:
                return reads_of(self._blocks)
            for flow, block in acting:
                wanted.update((_found(place, block), None) for place in flow.reads)
        wanted[target] = None
        read: dict[Found, None] = dict(wanted)
        read.pop(target)
        size = -1
        while size != len(read) + len(calls) + len(wanted):
            size = len(read) + len(calls) + len(wanted)
            for flow, block in self._flows():
                if flow.decides or self._is_touched(flow, block, wanted):
                    read.update((_found(place, block), None) for place in flow.reads)
                    calls.update(flow.calls)
            for name, blocks in self._called.items():
                writes = writes_of(blocks)
                if name in calls or name in reaching or any(place in wanted for place in writes):
                    read.update(reads_of(blocks))
                    calls.update(
                        (called, None)
                        for block in blocks
                        for flow in block.flows
                        for called in flow.calls
                    )
                    wanted.update(writes)
            wanted.update(read)
        return read

    def given_to(self, called: Iterable[str]) -> dict[Found, None]:
        """List the names that what is called under some name may have been given, or reads of its module."""
        wanted = set(called)
        read: dict[Found, None] = {}
        for flow, block in self._every():
            if not wanted.isdisjoint(flow.calls):
                read.update((_found(place, block), None) for place in flow.reads)
        for name in wanted & self._called.keys():
            inside = reads_of(self._called[name])
            read.update((found, None) for found in inside if found[0] == "global")
        size = -1
        while size != len(read):
            size = len(read)
            for flow, block in self._every():
                if flow.decides or self._is_touched(flow, block, read):
                    read.update((_found(place, block), None) for place in flow.reads)
        return read

    def _every(self) -> Iterable[tuple[BlockFlow, Block]]:
        for block in self._blocks:
            for flow in block.flows:
                yield flow, block

    def _functions_that_reach(self, reaches: Callable[[Found], bool]) -> set[str]:
        """List the functions called that can get at what has changed without being given it."""
        return {
            name
            for name, blocks in self._called.items()
            if any(found[0] != "local" and reaches(found) for found in reads_of(blocks))
        }

    @staticmethod
    def _is_near(
        flow: BlockFlow, block: Block, reaches: Callable[[Found], bool], reaching: set[str]
    ) -> bool:
        """Tell whether a statement names what leads to the object that has changed, or calls a function that does."""
        return not reaching.isdisjoint(flow.calls) or any(
            reaches(_found(place, block)) for place in flow.reads
        )

    @staticmethod
    def _acts(flow: BlockFlow, block: Block, atoms: set[Found]) -> bool:
        return flow.acts or any(_found(place, block) not in atoms for place in flow.augmented)

    def _flows(self) -> Iterable[tuple[BlockFlow, Block]]:
        for block in self._own:
            for flow in block.flows:
                yield flow, block

    @staticmethod
    def _is_touched(flow: BlockFlow, block: Block, wanted: dict[Found, None]) -> bool:
        return any(
            _found(place, block) in wanted
            for places in (flow.writes, flow.stored)
            for place in places
        )
