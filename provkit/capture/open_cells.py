"""Cells that are being run, and the magics in them that run Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

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

    @property
    def whole(self) -> OpenCell:
        """The cell that it is, or is a part of."""
        return self.within.cell if self.within is not None else self


class BodyPart(NamedTuple):
    """A statement of a magic's body that has not been compiled yet."""

    written: ast.stmt
    """As IPython compiles it."""
    body: Body | None
    """If it is a magic itself, what that runs."""
    twins: list[ast.stmt]
    """The same in the lines of the opened text; of a magic all that it runs."""


class OpenBody:
    """A magic that is running its Python."""

    def __init__(self, cell: OpenCell, body: Body, outer: OpenBody | None = None) -> None:
        self.cell = cell
        self.body = body
        self.is_shown = False
        """What its last expression gives is what the cell displays."""
        self.first: int = body.first + (outer.first if outer is not None else 0)
        """Place of its first statement among those of the opened cell."""
        self.shift: int = body.shift + (outer.shift if outer is not None else 0)
        """What its own lines have to be moved by."""
        self.left = self._parts()
        self.is_untouched = True
        """None of it has been compiled yet."""

    def _parts(self) -> list[BodyPart]:
        twins = twins_of(self.cell.opened)[self.first : self.first + self.body.length]
        inner = {body.line: body for body in self.body.bodies}
        parts: list[BodyPart] = []
        for node in twins_of(self.body.own):
            body = inner.get(node.lineno)
            length = 1
            if body is not None and not body.is_assigned:
                # A `%%capture out`, which is all of a text, has a line of its own before its body.
                length = body.length + (body.output is not None)
            parts.append(BodyPart(node, body, twins[:length]))
            del twins[:length]
        return parts

    def take(self, nodes: list[ast.stmt]) -> list[BodyPart] | None:
        """Give the next statements, if these are the same."""
        parts = self.left[: len(nodes)]
        same = [ast.dump(part.written) for part in parts] == [ast.dump(node) for node in nodes]
        if not same:
            return None
        del self.left[: len(nodes)]
        self.is_untouched = False
        return parts


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
