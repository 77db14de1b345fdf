"""Telling existential variables apart by what is said of them: colour refinement.

Two variables have one colour as long as nothing tells them apart. A class of
one colour splits when its members are said different things of, colours of
the other variables included; then those that stand in facts with a variable
that changed are looked at again. The largest part of a class keeps its
colour, so a variable changes about log n times and not n.

Which colour a variable gets depends on the facts alone, not on numbers of
terms or on order: isomorphic facts are coloured alike.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from provkit.constraints.facts import Fact

Colours = dict[int, int]


class Colouring:
    """Variables of a set of facts in classes, refined as far as the facts go.

    Args:
        facts: The facts, all of one component.
        variables: The variables to be told apart.
        fact_hash: Gives the number of a fact, given the colours of its variables.
    """

    def __init__(
        self,
        facts: Sequence[Fact],
        variables: Iterable[int],
        fact_hash: Callable[[Fact, Colours], int],
    ) -> None:
        self._fact_hash = fact_hash
        self.colours: Colours = dict.fromkeys(variables, 0)
        self._facts_of: defaultdict[int, list[tuple[Fact, int]]] = defaultdict(list)
        for fact in facts:
            for place, term in enumerate(fact.terms):
                if term in self.colours:
                    self._facts_of[term].append((fact, place))
        self._classes: dict[int, set[int]] = {0: set(self.colours)}
        self._ties: list[tuple[int, int]] = [(len(self.colours), 0)]
        # Part of every new colour, or one that was given before could be given again.
        self._step = 0
        self._refine(set(self.colours))

    def copy(self) -> Colouring:
        """Return a colouring that can be refined further without changing this one."""
        other = object.__new__(Colouring)
        other._fact_hash = self._fact_hash
        other._facts_of = self._facts_of
        other.colours = dict(self.colours)
        other._classes = {colour: set(found) for colour, found in self._classes.items()}
        other._step = self._step
        other._ties = list(self._ties)
        return other

    def tie(self) -> tuple[int, set[int]] | None:
        """Return colour and members of a smallest class of more than one, if there is one."""
        while self._ties:
            size, colour = self._ties[0]
            members = self._classes.get(colour, set())
            if size > 1 and len(members) == size:
                return colour, members
            heapq.heappop(self._ties)
        return None

    def single_out(self, variable: int) -> None:
        """Tell a variable from the others of its class by decree, and refine."""
        self._step += 1
        self._recolour([variable], hash((self.colours[variable], self._step)))
        self._refine({variable})

    def _refine(self, changed: set[int]) -> None:
        while changed:
            self._step += 1
            groups: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(
                lambda: defaultdict(list)
            )
            for variable in self._affected(changed):
                groups[self.colours[variable]][self._said_of(variable)].append(variable)
            changed = set()
            for colour, parts in groups.items():
                changed.update(self._split(colour, parts))

    def _affected(self, changed: set[int]) -> set[int]:
        """Return the variables that what changed might tell apart from others."""
        return {
            term
            for variable in changed
            for fact, _ in self._facts_of[variable]
            for term in fact.terms
            if term in self.colours and len(self._classes[self.colours[term]]) > 1
        }

    def _said_of(self, variable: int) -> int:
        return hash(
            tuple(
                sorted(
                    hash((self._fact_hash(fact, self.colours), place))
                    for fact, place in self._facts_of[variable]
                )
            )
        )

    def _split(self, colour: int, parts: dict[int, list[int]]) -> list[int]:
        """Split a class and return its variables that got another colour."""
        unaffected = self._classes[colour].difference(*parts.values())
        sized = sorted((len(members), said) for said, members in parts.items())
        if unaffected and len(unaffected) >= sized[-1][0]:
            recoloured = parts
        else:
            largest = sized[-1][1]
            recoloured = {said: found for said, found in parts.items() if said != largest}
            if unaffected:
                recoloured[0] = list(unaffected)
        changed: list[int] = []
        for said, members in recoloured.items():
            self._recolour(members, hash((colour, said, self._step)))
            changed.extend(members)
        return changed

    def _recolour(self, members: list[int], colour: int) -> None:
        former = self.colours[members[0]]
        self._classes[former].difference_update(members)
        self._classes[colour] = set(members)
        self.colours.update(dict.fromkeys(members, colour))
        for one in (former, colour):
            heapq.heappush(self._ties, (len(self._classes[one]), one))
