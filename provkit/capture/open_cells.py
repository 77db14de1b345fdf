"""Cells that are being run, and the magics in them that run Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from provkit.magic_bodies import Body
from provkit.quiet_parsing import parsed


class OpenCell:
    """A cell that is being run."""

    def __init__(self, info: Any, time_ns: int) -> None:
        self.info = info
        self.time_ns = time_ns
        self.text: str = info.raw_cell
        """As it is compiled: IPython's own syntax turned into Python."""
        self.count: int | None = None
        self.filename: str | None = None
        self.order: int | None = None
        """None until it is known whether it is a program at all."""
        self.plan = 0
        self.twins: dict[str, ast.stmt] = {}
        """Its statements once more, by place."""
        self.opened = ""
        """Its text with the bodies of its magics in the open: places of steps are counted in it."""
        self.bodies: dict[int, Body] = {}
        """By line of the call."""
        self.within: OpenBody | None = None
        """The body that this is, of a magic which has IPython run its body as a cell."""


class OpenBody:
    """A magic that is running its Python."""

    def __init__(self, cell: OpenCell, body: Body) -> None:
        self.cell = cell
        self.body = body
        self.is_shown = False
        """What its last expression gives is what the cell displays."""
        self.left = twins_of(cell.opened)[body.first : body.first + body.length]
        """Its statements that have not been compiled yet, in the lines of the opened text."""

    def take(self, nodes: list[ast.stmt]) -> list[ast.stmt] | None:
        """Give the same statements once more, if they are the next ones."""
        twins = self.left[: len(nodes)]
        if len(twins) != len(nodes) or [*map(ast.dump, twins)] != [*map(ast.dump, nodes)]:
            return None
        del self.left[: len(nodes)]
        return twins


def is_program(text: str) -> bool:
    """Tell whether a text can be parsed."""
    try:
        twins_of(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def twins_of(text: str) -> list[ast.stmt]:
    """Parse a text once more, and say nothing of what it deserves to be warned of."""
    return parsed(text).body


def move(nodes: Sequence[ast.AST], lines: int) -> None:
    """Move nodes, and all that is in them, down by some lines; a node that is there twice only once."""
    if not lines:
        return
    moved: set[int] = set()
    for node in _inside(nodes):
        if id(node) not in moved:
            moved.add(id(node))
            for part in ("lineno", "end_lineno"):
                line = getattr(node, part, None)
                if line is not None:
                    setattr(node, part, line + lines)


def _inside(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)
