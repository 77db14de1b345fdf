"""What `project.py` imports."""

FACTOR = 3
UNUSED = [1, 2]
_seen = []


def scale(x, factor=FACTOR):
    _seen.append(x)
    return x * factor


def shift(x, by=1):
    return x + by


class Table:
    def __init__(self, rows):
        self.rows = list(rows)

    def add(self, row):
        self.rows.append(row)
        return self

    def column(self, index):
        return [row[index] for row in self.rows]


def seen():
    return list(_seen)
