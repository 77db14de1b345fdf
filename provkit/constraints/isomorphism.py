"""Whether two sets of facts are the same but for the names of existential variables.

Facts fall into components that share existential variables; constants do not
connect. A variable that occurs once needs no name at all. Within a component,
colours are refined until nothing changes (see `colouring`). Where colours tell
all variables apart, which is the ordinary case, that is a canonical form.
Where they do not, one variable after the other is singled out, and two
components whose forms then differ are compared by search with backtracking.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from provkit.constraints.colouring import Colouring, Colours
from provkit.constraints.facts import Fact
from provkit.constraints.statements import Attribute
from provkit.constraints.terms import Terms

Written = frozenset[tuple[Hashable, int]]

_UNNAMED = ("occurs once",)


@dataclass
class Component:
    """Facts that share existential variables.

    `refined` is how far the facts tell the variables apart; in `colours` all
    have different ones, some having been singled out, in no particular order.
    `written` is the facts with the variables numbered by those.
    """

    facts: list[Fact]
    refined: Colouring
    colours: Colours
    written: Written

    @property
    def is_ambiguous(self) -> bool:
        """Whether refinement alone does not tell all variables apart."""
        return self.refined.tie() is not None

    @property
    def signature(self) -> tuple[int, ...]:
        """What isomorphic components have in common, cheap to compare."""
        return tuple(sorted(self.refined.colours.values()))


class Isomorphism:
    """The facts of one instance, prepared for comparing and for naming variables."""

    def __init__(self, facts: Sequence[Fact], terms: Terms) -> None:
        self._terms = terms
        self._hashes: dict[Hashable, int] = {}
        occurrences = Counter(term for fact in facts for term in fact.terms)
        self._recurring = {
            term for term, count in occurrences.items() if count > 1 and terms.is_existential(term)
        }
        grouped = self._group(facts)
        self.ground = Counter(self._write(fact, {}) for fact in grouped.pop(-1, []))
        self.ground_facts = [fact for fact in facts if not self._named(fact)]
        self.components = [self._component(group) for group in grouped.values()]

    def matches(self, other: Isomorphism) -> bool:
        """Say whether a renaming of existential variables makes the two the same."""
        if self.ground != other.ground or len(self.components) != len(other.components):
            return False
        mine = _by_form(self.components)
        theirs = _by_form(other.components)
        mine_left, theirs_left = [], []
        for form in mine.keys() | theirs.keys():
            surplus = len(mine.get(form, ())) - len(theirs.get(form, ()))
            mine_left.extend(mine.get(form, [])[: max(surplus, 0)])
            theirs_left.extend(theirs.get(form, [])[: max(-surplus, 0)])
        return self._pair_up(mine_left, theirs_left, other)

    def _pair_up(self, mine: list[Component], theirs: list[Component], other: Isomorphism) -> bool:
        """Match components whose forms differ; only ambiguous ones can still be isomorphic."""
        if len(mine) != len(theirs) or not all(one.is_ambiguous for one in (*mine, *theirs)):
            return False
        for component in mine:
            for candidate in theirs:
                if component.signature == candidate.signature and self._search(
                    component, candidate, other
                ):
                    theirs.remove(candidate)
                    break
            else:
                return False
        return True

    def naming_order(self) -> list[int]:
        """Return the existential variables in an order that the facts alone determine.

        Up to symmetry: what can be exchanged without changing the facts comes
        in either order.
        """
        order: dict[int, None] = {}
        keyed = [(self._fact_hash(fact, {}), fact) for fact in self.ground_facts]
        for _, fact in sorted(keyed, key=lambda pair: pair[0]):
            order.update(dict.fromkeys(filter(self._terms.is_existential, fact.terms)))
        by_form = [
            (sorted(self._fact_hash(fact, one.colours) for fact in one.facts), one)
            for one in self.components
        ]
        for _, component in sorted(by_form, key=lambda pair: pair[0]):
            colours = component.colours
            order.update(dict.fromkeys(sorted(colours, key=colours.__getitem__)))
            for fact in sorted(component.facts, key=lambda fact: self._fact_hash(fact, colours)):
                order.update(dict.fromkeys(filter(self._terms.is_existential, fact.terms)))
        return list(order)

    def _named(self, fact: Fact) -> list[int]:
        """Return the variables of a fact that occur elsewhere too."""
        return [term for term in fact.terms if term in self._recurring]

    def _group(self, facts: Sequence[Fact]) -> dict[int, list[Fact]]:
        """Return the facts of each component; those that share nothing under -1."""
        leader: dict[int, int] = {}

        def lead(term: int) -> int:
            leader.setdefault(term, term)
            while leader[term] != term:
                leader[term] = leader[leader[term]]
                term = leader[term]
            return term

        for fact in facts:
            named = self._named(fact)
            for term in named:
                leader[lead(term)] = lead(named[0])
        groups: defaultdict[int, list[Fact]] = defaultdict(list)
        for fact in facts:
            named = self._named(fact)
            groups[lead(named[0]) if named else -1].append(fact)
        return dict(groups)

    def _component(self, facts: list[Fact]) -> Component:
        variables = {term for fact in facts for term in self._named(fact)}
        refined = Colouring(facts, variables, self._fact_hash)
        if refined.tie() is None:
            return Component(facts, refined, refined.colours, self._written(facts, refined.colours))
        singled = refined.copy()
        while tie := singled.tie():
            singled.single_out(min(tie[1]))
        return Component(facts, refined, singled.colours, self._written(facts, singled.colours))

    def _search(self, one: Component, two: Component, other: Isomorphism) -> bool:
        """Look for an isomorphism of two components, by singling out and backtracking."""
        attempts: list[Iterator[tuple[Colouring, Colouring]]] = [iter([(one.refined, two.refined)])]
        while attempts:
            pair = next(attempts[-1], None)
            if pair is None:
                attempts.pop()
                continue
            mine, theirs = pair
            if Counter(mine.colours.values()) != Counter(theirs.colours.values()):
                continue
            tie = mine.tie()
            if tie is not None:
                attempts.append(_singled_out(mine, theirs, tie[0]))
            elif self._written(one.facts, mine.colours) == other._written(
                two.facts, theirs.colours
            ):
                return True
        return False

    def _written(self, facts: list[Fact], colours: Colours) -> Written:
        """Return the facts with variables numbered in the order of their colours."""
        ranked = sorted(colours, key=colours.__getitem__)
        names = {term: number for number, term in enumerate(ranked)}
        return frozenset(Counter(self._write(fact, names) for fact in facts).items())

    def _write(self, fact: Fact, names: dict[int, int]) -> Hashable:
        labels = tuple(
            ("existential", names[term]) if term in names else self._terms.value(term) or _UNNAMED
            for term in fact.terms
        )
        return (fact.name, labels, fact.attributes)

    def _fact_hash(self, fact: Fact, colours: Colours) -> int:
        return hash(
            (
                self._hash(fact.name),
                *(
                    colours[term] if term in colours else self._hash(self._terms.value(term))
                    for term in fact.terms
                ),
                self._attributes_hash(fact.attributes),
            )
        )

    def _attributes_hash(self, attributes: frozenset[Attribute]) -> int:
        if not attributes:
            return 0
        return hash(tuple(sorted(map(self._hash, attributes))))

    def _hash(self, constant: Hashable) -> int:
        """Return a number for a constant, the same in every process.

        Python's own hash of a text differs from run to run, which would give
        the variables of a normal form other names each time.
        """
        number = self._hashes.get(constant)
        if number is None:
            digest = hashlib.blake2b(repr(constant).encode(), digest_size=7).digest()
            number = self._hashes[constant] = int.from_bytes(digest, "big")
        return number


def _by_form(components: list[Component]) -> dict[Written, list[Component]]:
    grouped: defaultdict[Written, list[Component]] = defaultdict(list)
    for component in components:
        grouped[component.written].append(component)
    return dict(grouped)


def _singled_out(
    mine: Colouring, theirs: Colouring, colour: int
) -> Iterator[tuple[Colouring, Colouring]]:
    """Yield the ways to pair one variable of a colour with one of the same colour."""
    singled = mine.copy()
    singled.single_out(min(term for term, own in mine.colours.items() if own == colour))
    for candidate in [term for term, own in theirs.colours.items() if own == colour]:
        attempt = theirs.copy()
        attempt.single_out(candidate)
        yield singled, attempt
