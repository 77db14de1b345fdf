"""A program with a module of its own."""

import helpers
from helpers import Table, scale

numbers = [scale(n) for n in range(5)]
shifted = [helpers.shift(n, by=2) for n in numbers]
table = Table((n, n * n) for n in shifted)
table.add((0, 0)).add((1, 1))
squares = table.column(1)
looked_at = helpers.seen()
note = "nothing to do with it"
total = sum(squares)
print("total", total)
print("seen", looked_at)
