"""What the reading of a call needs of who reads it: the names, and a way to read what stands in the call."""

from __future__ import annotations

import ast
from typing import Protocol

from provkit.knowledge import Knowledge
from provkit.stages.meanings import Binding, Definition, Meaning, Read, Work


class Names:
    """The names of one scope, and of those around it."""

    def __init__(self, outer: Names | None = None) -> None:
        self.own: dict[str, Binding] = {}
        self._outer = outer

    def find(self, name: str) -> Binding | None:
        """Find the innermost binding of a name."""
        scope: Names | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name]
            scope = scope._outer  # noqa: SLF001
        return None


class Reader(Protocol):
    """Reads expressions, one in the other."""

    knowledge: Knowledge
    names: Names
    context: list[tuple[str | None, str | None]]
    """Around the expression being read: the stage of each call, and the role of the argument."""

    def read(self, node: ast.expr | None) -> Read:
        """Read an expression: what it stands for, and what work it does."""
        ...

    def in_context(self, node: ast.expr, stage: str | None, role: str | None) -> Read:
        """Read an argument of a call of a stage."""
        ...

    def use(self, binding: Binding, *, fills: bool = False) -> None:
        """Note that the statement being read uses what another one bound."""
        ...

    def attribute_of(self, owner: Meaning, work: Work | None, name: str) -> Read:
        """Read an attribute of what is known already."""
        ...

    def run(self, definition: Definition, arguments: list[Meaning]) -> Meaning:
        """Read a function of the program's own, as it is called here."""
        ...
