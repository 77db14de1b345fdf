"""Directed graphs with labelled edges: strongly connected components and shortest cycles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Label = TypeVar("Label")


class Digraph(Generic[Label]):
    """Nodes are numbers from 0; edges are numbered as they are added."""

    def __init__(self) -> None:
        self.sources: list[int] = []
        self.targets: list[int] = []
        self.labels: list[Label] = []
        self._out: list[list[int]] = []

    def add_edge(self, source: int, target: int, label: Label) -> int:
        """Add an edge and return its number; nodes come into being as they are named."""
        while len(self._out) <= max(source, target):
            self._out.append([])
        self._out[source].append(len(self.labels))
        self.sources.append(source)
        self.targets.append(target)
        self.labels.append(label)
        return len(self.labels) - 1

    def components(self) -> list[int]:
        """Return the strongly connected component of each node.

        Tarjan's algorithm with a stack of its own: a chain of a million events
        would exhaust Python's.
        """
        count = len(self._out)
        order, low, component = [-1] * count, [0] * count, [-1] * count
        found = 0
        next_order = 0
        path: list[int] = []
        for root in range(count):
            if order[root] >= 0:
                continue
            order[root] = low[root] = next_order
            next_order += 1
            path.append(root)
            work = [(root, iter(self._out[root]))]
            while work:
                node, edges = work[-1]
                for edge in edges:
                    target = self.targets[edge]
                    if order[target] < 0:
                        order[target] = low[target] = next_order
                        next_order += 1
                        path.append(target)
                        work.append((target, iter(self._out[target])))
                        break
                    if component[target] < 0:
                        low[node] = min(low[node], order[target])
                else:
                    work.pop()
                    if work:
                        parent = work[-1][0]
                        low[parent] = min(low[parent], low[node])
                    if low[node] == order[node]:
                        while True:
                            member = path.pop()
                            component[member] = found
                            if member == node:
                                break
                        found += 1
        return component

    def shortest_cycles(self, through: Iterable[int]) -> Iterator[list[int]]:
        """Yield one cycle of edges for each component that has an edge of `through` in it.

        Args:
            through: Edges, one of which a cycle must contain. The first few
                of each component are tried and the shortest cycle is taken.
        """
        component = self.components()
        candidates: dict[int, list[int]] = {}
        for edge in through:
            home = component[self.sources[edge]]
            if home == component[self.targets[edge]]:
                candidates.setdefault(home, []).append(edge)
        for edges in candidates.values():
            cycles = [self._cycle(edge, component) for edge in edges[:_TRIED]]
            yield min(cycles, key=len)

    def _cycle(self, edge: int, component: list[int]) -> list[int]:
        """Return a shortest cycle of edges that starts with `edge`."""
        start, goal = self.targets[edge], self.sources[edge]
        arrived_by: dict[int, int] = {start: -1}
        waiting = deque([start])
        while goal not in arrived_by:
            node = waiting.popleft()
            for onward in self._out[node]:
                target = self.targets[onward]
                if target not in arrived_by and component[target] == component[start]:
                    arrived_by[target] = onward
                    waiting.append(target)
        backwards = []
        node = goal
        while (by := arrived_by[node]) >= 0:
            backwards.append(by)
            node = self.sources[by]
        return [edge, *reversed(backwards)]


_TRIED = 8
