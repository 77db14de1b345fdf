"""Identifiers, times and existential variables, and which of them are known to be one."""

from __future__ import annotations

from collections.abc import Hashable

ABSENT = 0
"""The term that stands for a kept `-`; it is a constant, different from every other."""


class Terms:
    """Terms by number, in classes of terms that were found equal.

    A class has at most one constant. Constants are interned, so one
    identifier is one number; an existential variable has no constant.
    """

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._constant: list[Hashable | None] = []
        self._numbers: dict[Hashable, int] = {}
        self._names: dict[str, int] = {}
        self.constant(("absent",))

    def __len__(self) -> int:
        return len(self._parent)

    def _new(self, constant: Hashable | None) -> int:
        self._parent.append(len(self._parent))
        self._constant.append(constant)
        return len(self._parent) - 1

    def constant(self, value: Hashable) -> int:
        """Return the term of a constant."""
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = self._new(value)
        return number

    def existential(self, name: str) -> int:
        """Return the existential variable that the document itself calls `name`."""
        number = self._names.get(name)
        if number is None:
            number = self._names[name] = self._new(None)
        return number

    def fresh(self) -> int:
        """Return an existential variable that occurs nowhere yet."""
        return self._new(None)

    def find(self, term: int) -> int:
        """Return the number that stands for the class of `term`."""
        parent = self._parent
        while parent[term] != term:
            parent[term] = parent[parent[term]]
            term = parent[term]
        return term

    def value(self, term: int) -> Hashable | None:
        """Return the constant that `term` is equal to, or None for an existential."""
        return self._constant[self.find(term)]

    def stated_as_constant(self, term: int) -> bool:
        """Say whether the term was a constant where it was written, before any merging."""
        constant = self._constant[term]
        return constant is not None and self._numbers.get(constant) == term

    def is_existential(self, term: int) -> bool:
        """Say whether nothing is known of the term but that it exists."""
        return self._constant[self.find(term)] is None

    def is_absent(self, term: int) -> bool:
        """Say whether the term is a kept `-`."""
        return self.find(term) == self.find(ABSENT)

    def join(self, kept: int, dropped: int) -> None:
        """Make one class of two; both must be numbers that `find` returned."""
        self._parent[dropped] = kept
        if self._constant[kept] is None:
            self._constant[kept] = self._constant[dropped]
