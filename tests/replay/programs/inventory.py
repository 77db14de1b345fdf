"""Dataclasses, enums, match, nested containers and decorators."""

import functools
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    TOOL = "tool"
    PART = "part"


@dataclass
class Item:
    name: str
    kind: Kind
    price: float
    tags: list = field(default_factory=list)

    def discounted(self, share):
        return self.price * (1 - share)


calls = []


def counted(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        calls.append(function.__name__)
        return function(*args, **kwargs)

    return wrapper


@counted
def describe(item):
    match item:
        case Item(kind=Kind.TOOL, price=price) if price > 50:
            return "expensive tool"
        case Item(kind=Kind.TOOL):
            return "tool"
        case Item(tags=[]):
            return "plain part"
        case _:
            return "part"


stock = {
    "saw": Item("saw", Kind.TOOL, 80.0),
    "nail": Item("nail", Kind.PART, 0.1),
    "drill": Item("drill", Kind.TOOL, 45.0),
}
stock["nail"].tags.append("steel")
stock["drill"].price = 55.5
descriptions = {name: describe(item) for name, item in stock.items()}
amounts = {"saw": 2, "nail": 500}
amounts.setdefault("drill", 1)
amounts["saw"] -= 1
worth = sum(stock[name].price * amount for name, amount in amounts.items())
cheap = [item.name for item in stock.values() if item.discounted(0.5) < 30]
matrix = [[0] * 3 for _ in range(3)]
for i in range(3):
    for j in range(3):
        matrix[i][j] = i * j
diagonal = [matrix[i][i] for i in range(3)]
print("worth", round(worth, 2))
print(descriptions)
print("calls", len(calls))
