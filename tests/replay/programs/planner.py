"""Dataclasses, caching and recursion: knapsack, game tree, dependency order."""
from __future__ import annotations

import functools
import heapq
import operator
from collections import ChainMap
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple


class Point(NamedTuple):
    x: int
    y: int

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)


@dataclass(order=True)
class Task:
    priority: int
    name: str = field(compare=False)
    needs: tuple = field(default=(), compare=False)
    cost: int = field(default=1, compare=False)


@dataclass
class Plan:
    tasks: dict = field(default_factory=dict)
    order: list = field(default_factory=list)
    total: int = 0

    def add(self, task):
        self.tasks[task.name] = task
        return self

    def visit(self, name, seen=frozenset()):
        if name in seen:
            raise ValueError(f"cycle at {name}")
        if name in self.order:
            return
        for need in self.tasks[name].needs:
            self.visit(need, seen | {name})
        self.order.append(name)
        self.total += self.tasks[name].cost

    @property
    def average(self):
        return self.total / max(1, len(self.order))


def memo(function):
    known = {}

    @functools.wraps(function)
    def asked(*args):
        if args not in known:
            known[args] = function(*args)
        return known[args]

    asked.known = known
    return asked


ITEMS = [(12, 4), (2, 2), (1, 1), (1, 2), (4, 10), (3, 3), (5, 6)]


@memo
def knapsack(index, room):
    if index == len(ITEMS) or room == 0:
        return 0
    weight, value = ITEMS[index]
    best = knapsack(index + 1, room)
    if weight <= room:
        best = max(best, value + knapsack(index + 1, room - weight))
    return best


@functools.lru_cache(None)
def wins(pile, most=3):
    return any(not wins(pile - take, most) for take in range(1, most + 1) if take <= pile)


def shortest(walls, start, goal, size):
    queue = [(0, start, (start,))]
    done = set()
    while queue:
        cost, place, path = heapq.heappop(queue)
        if place == goal:
            return cost, path
        if place in done:
            continue
        done.add(place)
        for move in (Point(0, 1), Point(1, 0), Point(0, -1), Point(-1, 0)):
            then = place + move
            if 0 <= then.x < size and 0 <= then.y < size and then not in walls:
                heapq.heappush(queue, (cost + 1, then, path + (then,)))
    return None


plan = Plan()
plan.add(Task(3, "report", ("train", "plot"), 2)).add(Task(1, "load", cost=3)).add(Task(2, "train", ("load",), 8))
plan.add(Task(5, "plot", ("load",)))
plan.visit("report")
try:
    broken = replace(plan, order=[], total=0)
    broken.tasks = ChainMap({"load": Task(1, "load", ("report",))}, plan.tasks)
    broken.visit("report")
except ValueError as error:
    problem = str(error)
queue = list(plan.tasks.values())
heapq.heapify(queue)
first = heapq.heappop(queue)
loot = knapsack(0, 15)
asked = len(knapsack.known)
losing = [n for n in range(20) if not wins(n)]
walls = {Point(1, 0), Point(1, 1), Point(3, 3), Point(3, 2), Point(3, 4)}
cost, path = shortest(walls, Point(0, 0), Point(4, 4), 5)
product = functools.reduce(operator.mul, (t.cost for t in plan.tasks.values()))
as_text = asdict(first)
print(plan.order, plan.total, plan.average)
print(problem)
print(loot, asked, losing)
print(cost, "->".join(f"{p.x}{p.y}" for p in path[:4]))
print(first.name, as_text["cost"], product)
