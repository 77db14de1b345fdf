"""The Recommendation rule by rule, as slowly and literally as it is written.

An oracle for small documents: no index, no closure kept, every rule tried on
every tuple of statements until nothing changes, every pair of events ordered
explicitly. It shares no code with provkit.
"""

from __future__ import annotations

import itertools

RELATIONS = {
    "Generation": "wasGeneratedBy",
    "Usage": "used",
    "Communication": "wasInformedBy",
    "Start": "wasStartedBy",
    "End": "wasEndedBy",
    "Invalidation": "wasInvalidatedBy",
    "Derivation": "wasDerivedFrom",
    "Attribution": "wasAttributedTo",
    "Association": "wasAssociatedWith",
    "Delegation": "actedOnBehalfOf",
    "Influence": "wasInfluencedBy",
}
# Places that Table 3 lets be expanded; the identifier is place 0.
EXPANDABLE = {
    "wasGeneratedBy": {2, 3},
    "used": {2, 3},
    "wasStartedBy": {2, 3, 4},
    "wasEndedBy": {2, 3, 4},
    "wasInvalidatedBy": {2, 3},
    "wasAssociatedWith": {2},
    "actedOnBehalfOf": {3},
    "activity": {1, 2},
}
INFLUENCES = {
    "wasGeneratedBy": (1, 2),
    "used": (1, 2),
    "wasInformedBy": (1, 2),
    "wasStartedBy": (1, 2),
    "wasEndedBy": (1, 2),
    "wasInvalidatedBy": (1, 2),
    "wasDerivedFrom": (1, 2),
    "wasAttributedTo": (1, 2),
    "wasAssociatedWith": (1, 2),
    "actedOnBehalfOf": (1, 2),
}
UNIQUE = {
    "wasGeneratedBy": (1, 2),
    "wasInvalidatedBy": (1, 2),
    "wasStartedBy": (1, 3),
    "wasEndedBy": (1, 3),
}


class MergingError(Exception):
    """Merging failed."""


class Naive:
    def __init__(self, records):
        self.fresh_numbers = itertools.count()
        self.statements = set()
        for record in records:
            self.statements.add(self.read(record))

    def fresh(self):
        return ("variable", next(self.fresh_numbers))

    def term(self, value):
        if value is None:
            return "-"
        if hasattr(value, "uri"):
            local = value.localpart
            return ("named variable", local) if "existential" in value.uri else local
        return value

    def read(self, record):
        name = record.get_type().localpart
        arguments = [self.term(value) for value in record.args]
        types = {str(v) for k, v in record.extra_attributes if str(k) == "prov:type"}
        if name in ("Entity", "Agent", "Activity"):
            kind = name.lower()
            statement = [kind, self.term(record.identifier), *arguments]
        elif name in RELATIONS:
            kind = RELATIONS[name]
            statement = [
                kind,
                self.fresh() if record.identifier is None else self.term(record.identifier),
            ]
            statement += arguments
        else:
            kind = name
            statement = [kind, "-", *arguments]
        expandable = {place + 1 for place in EXPANDABLE.get(kind, ())}
        if kind == "wasDerivedFrom" and arguments[2] != "-":
            expandable = {5, 6}
        for place in expandable:
            if statement[place] == "-":
                statement[place] = self.fresh()
        return (*statement, frozenset(types))

    def of(self, kind):
        return [statement for statement in self.statements if statement[0] == kind]

    def is_variable(self, term):
        return isinstance(term, tuple)

    def unify(self, one, other):
        if one == other:
            return
        if not self.is_variable(one):
            one, other = other, one
        if not self.is_variable(one):
            raise MergingError
        self.statements = {
            tuple(other if term == one else term for term in statement)
            for statement in self.statements
        }

    def merge_once(self):
        """Apply the first uniqueness constraint that applies; say whether there was one."""
        for one, other in itertools.combinations(self.statements, 2):
            if one[0] != other[0]:
                continue
            if one[1] == other[1] and one[1] != "-":
                for left, right in zip(one[2:-1], other[2:-1], strict=True):
                    if left != right:
                        self.unify(left, right)
                        return True
                self.statements -= {one, other}
                self.statements.add((*one[:-1], one[-1] | other[-1]))
                return True
            if one[0] in UNIQUE and one[1] != other[1]:
                places = UNIQUE[one[0]]
                if all(one[place + 1] == other[place + 1] for place in places):
                    self.unify(one[1], other[1])
                    return True
        for kind, place in (("wasStartedBy", 2), ("wasEndedBy", 3)):
            for activity in self.of("activity"):
                for event in self.of(kind):
                    if event[2] == activity[1] and event[5] != activity[place]:
                        self.unify(event[5], activity[place])
                        return True
        return False

    def conclusions(self):
        """Yield, for each inference that applies, its conclusion with None for existentials.

        A name in the place of None stands for one existential in the whole conclusion.
        """
        for _, _, a2, a1, _ in self.of("wasInformedBy"):
            yield [("wasGeneratedBy", None, "?e", a1, None), ("used", None, a2, "?e", None)]
        for generation in self.of("wasGeneratedBy"):
            for usage in self.of("used"):
                if generation[2] == usage[3]:
                    yield [("wasInformedBy", None, usage[2], generation[3])]
        for _, entity, _ in self.of("entity"):
            yield [("wasGeneratedBy", None, entity, None, None)]
            yield [("wasInvalidatedBy", None, entity, None, None)]
        for _, activity, start, end, _ in self.of("activity"):
            yield [("wasStartedBy", None, activity, None, None, start)]
            yield [("wasEndedBy", None, activity, None, None, end)]
        for kind in ("wasStartedBy", "wasEndedBy"):
            for event in self.of(kind):
                yield [("wasGeneratedBy", None, event[3], event[4], None)]
        for _, _, e2, e1, activity, generation, usage, types in self.of("wasDerivedFrom"):
            if "-" not in (activity, generation, usage):
                yield [("used", usage, activity, e1, None)]
                yield [("wasGeneratedBy", generation, e2, activity, None)]
            if "prov:Revision" in types:
                yield [("Alternate", "-", e2, e1)]
        for _, _, entity, agent, _ in self.of("wasAttributedTo"):
            yield [
                ("wasGeneratedBy", None, entity, "?a", None),
                ("wasAssociatedWith", None, "?a", agent, None),
            ]
        for _, _, delegate, responsible, activity, _ in self.of("actedOnBehalfOf"):
            yield [("wasAssociatedWith", None, activity, delegate, None)]
            yield [("wasAssociatedWith", None, activity, responsible, None)]
        for kind, (effect, cause) in INFLUENCES.items():
            for statement in self.of(kind):
                yield [
                    ("wasInfluencedBy", statement[1], statement[effect + 1], statement[cause + 1])
                ]
        for _, entity, _ in self.of("entity"):
            yield [("Alternate", "-", entity, entity)]
        for kind in ("Alternate", "Specialization"):
            for one in self.of(kind):
                for other in self.of(kind):
                    if one[3] == other[2]:
                        yield [(kind, "-", one[2], other[3])]
        for _, _, one, other, _ in self.of("Alternate"):
            yield [("Alternate", "-", other, one)]
        for _, _, specific, general, _ in self.of("Specialization"):
            yield [("Alternate", "-", specific, general)]
            for _, entity, types in self.of("entity"):
                if entity == general:
                    yield [("entity", specific, types)]

    def holds(self, conclusion):
        """Say whether existentials can be chosen so that all of a conclusion is stated."""
        choices = [[s for s in self.statements if s[0] == wanted[0]] for wanted in conclusion]
        for chosen in itertools.product(*choices):
            bound = {}
            if all(
                self.fits(wanted, statement, bound)
                for wanted, statement in zip(conclusion, chosen, strict=True)
            ):
                return True
        return False

    def fits(self, wanted, statement, bound):
        for want, have in zip(wanted[1:], statement[1:], strict=False):
            if isinstance(want, frozenset):
                if not want <= have:
                    return False
            elif isinstance(want, str) and want.startswith("?"):
                if bound.setdefault(want, have) != have:
                    return False
            elif want is not None and want != have:
                return False
        return True

    def infer_once(self):
        for conclusion in self.conclusions():
            if self.holds(conclusion):
                continue
            bound = {}
            for wanted in conclusion:
                statement = [
                    self.fresh()
                    if term is None
                    else bound.setdefault(term, self.fresh())
                    if isinstance(term, str) and term.startswith("?")
                    else term
                    for term in wanted
                ]
                if not isinstance(statement[-1], frozenset):
                    statement.append(frozenset())
                self.statements.add(tuple(statement))
            return True
        return False

    def normalize(self):
        while self.merge_once() or self.infer_once():
            pass

    def types(self):
        pairs = set()
        places = {
            "entity": [(1, "entity")],
            "agent": [(1, "agent")],
            "activity": [(1, "activity")],
            "used": [(2, "activity"), (3, "entity")],
            "wasGeneratedBy": [(2, "entity"), (3, "activity")],
            "wasInformedBy": [(2, "activity"), (3, "activity")],
            "wasStartedBy": [(2, "activity"), (3, "entity"), (4, "activity")],
            "wasEndedBy": [(2, "activity"), (3, "entity"), (4, "activity")],
            "wasInvalidatedBy": [(2, "entity"), (3, "activity")],
            "wasDerivedFrom": [(2, "entity"), (3, "entity"), (4, "activity")],
            "wasAttributedTo": [(2, "entity"), (3, "agent")],
            "wasAssociatedWith": [(2, "activity"), (3, "agent"), (4, "entity")],
            "actedOnBehalfOf": [(2, "agent"), (3, "agent"), (4, "activity")],
            "Alternate": [(2, "entity"), (3, "entity")],
            "Specialization": [(2, "entity"), (3, "entity")],
            "Membership": [(2, "entity"), (3, "entity")],
        }
        for statement in self.statements:
            for place, sort in places.get(statement[0], ()):
                if statement[place] != "-":
                    pairs.add((statement[place], sort))
            if statement[0] == "entity" and "prov:EmptyCollection" in statement[-1]:
                pairs.add((statement[1], "empty"))
        return pairs

    def is_impossible(self):
        for _, _, _, _, activity, generation, usage, _ in self.of("wasDerivedFrom"):
            if activity == "-" and (generation != "-" or usage != "-"):
                return True
        if any(specific == general for _, _, specific, general, _ in self.of("Specialization")):
            return True
        disjoint = set(RELATIONS.values()) - {"wasInfluencedBy", "wasDerivedFrom"}
        elements = {s[1] for s in self.statements if s[0] in ("entity", "agent", "activity")}
        for one in self.statements:
            if one[0] in RELATIONS.values() and one[1] in elements:
                return True
            for other in self.statements:
                if one[0] != other[0] and {one[0], other[0]} <= disjoint and one[1] == other[1]:
                    return True
        types = self.types()
        if any((term, "activity") in types for term, sort in types if sort == "entity"):
            return True
        return any(
            (collection, "empty") in types for _, _, collection, _, _ in self.of("Membership")
        )

    def precedences(self):
        """Yield (earlier, later, whether strictly) for Constraints 30 to 49."""
        gens = [(s[1], s[2], s[3]) for s in self.of("wasGeneratedBy")]
        uses = [(s[1], s[2], s[3]) for s in self.of("used")]
        invs = [(s[1], s[2]) for s in self.of("wasInvalidatedBy")]
        starts = [(s[1], s[2], s[3]) for s in self.of("wasStartedBy")]
        ends = [(s[1], s[2], s[3]) for s in self.of("wasEndedBy")]
        pairs = itertools.product
        yield from ((s, e) for (s, a, _), (e, b, _) in pairs(starts, ends) if a == b)
        yield from ((s, t) for (s, a, _), (t, b, _) in pairs(starts, starts) if a == b)
        yield from ((s, t) for (s, a, _), (t, b, _) in pairs(ends, ends) if a == b)
        yield from ((s, u) for (s, a, _), (u, b, _) in pairs(starts, uses) if a == b)
        yield from ((u, e) for (u, b, _), (e, a, _) in pairs(uses, ends) if a == b)
        yield from ((s, g) for (s, a, _), (g, _, b) in pairs(starts, gens) if a == b)
        yield from ((g, e) for (g, _, b), (e, a, _) in pairs(gens, ends) if a == b)
        for _, _, a2, a1, _ in self.of("wasInformedBy"):
            yield from (
                (s, e) for (s, a, _), (e, b, _) in pairs(starts, ends) if a == a1 and b == a2
            )
        yield from ((g, i) for (g, x, _), (i, y) in pairs(gens, invs) if x == y)
        yield from ((g, u) for (g, x, _), (u, _, y) in pairs(gens, uses) if x == y)
        yield from ((u, i) for (u, _, x), (i, y) in pairs(uses, invs) if x == y)
        yield from ((g, h) for (g, x, _), (h, y, _) in pairs(gens, gens) if x == y)
        yield from ((i, j) for (i, x), (j, y) in pairs(invs, invs) if x == y)
        for _, _, _, _, activity, generation, usage, _ in self.of("wasDerivedFrom"):
            if "-" not in (activity, generation, usage):
                yield (usage, generation)
        for events in (starts, ends):
            yield from ((g, s) for (g, x, _), (s, _, y) in pairs(gens, events) if x == y)
            yield from ((s, i) for (s, _, x), (i, y) in pairs(events, invs) if x == y)
        for _, _, e2, e1, _ in self.of("Specialization"):
            yield from ((g, h) for (g, x, _), (h, y, _) in pairs(gens, gens) if x == e1 and y == e2)
            yield from ((i, j) for (i, x), (j, y) in pairs(invs, invs) if x == e2 and y == e1)
        for _, _, activity, agent, _, _ in self.of("wasAssociatedWith"):
            yield from (
                (s, i) for (s, a, _), (i, x) in pairs(starts, invs) if a == activity and x == agent
            )
            yield from (
                (g, e) for (g, x, _), (e, a, _) in pairs(gens, ends) if a == activity and x == agent
            )
            yield from (
                (s, e)
                for (s, a, _), (e, b, _) in pairs(starts, ends)
                if a == activity and b == agent
            )
            yield from (
                (s, e)
                for (s, b, _), (e, a, _) in pairs(starts, ends)
                if a == activity and b == agent
            )
        for _, _, entity, agent, _ in self.of("wasAttributedTo"):
            yield from (
                (g, h) for (g, x, _), (h, y, _) in pairs(gens, gens) if x == agent and y == entity
            )
            yield from (
                (s, h) for (s, a, _), (h, y, _) in pairs(starts, gens) if a == agent and y == entity
            )
        for _, _, delegate, responsible, _, _ in self.of("actedOnBehalfOf"):
            yield from (
                (g, i)
                for (g, x, _), (i, y) in pairs(gens, invs)
                if x == responsible and y == delegate
            )
            yield from (
                (s, e)
                for (s, a, _), (e, b, _) in pairs(starts, ends)
                if a == responsible and b == delegate
            )

    def strict_precedences(self):
        gens = [(s[1], s[2]) for s in self.of("wasGeneratedBy")]
        for _, _, e2, e1, *_ in self.of("wasDerivedFrom"):
            for (g, x), (h, y) in itertools.product(gens, gens):
                if x == e1 and y == e2:
                    yield (g, h)

    def has_cycle(self):
        strict = set(self.strict_precedences())
        onward = {}
        for earlier, later in itertools.chain(self.precedences(), strict):
            onward.setdefault(earlier, set()).add(later)
        for earlier, later in strict:
            reached, waiting = {later}, [later]
            while waiting:
                for following in onward.get(waiting.pop(), set()) - reached:
                    reached.add(following)
                    waiting.append(following)
            if earlier in reached:
                return True
        return False


def is_valid(document):
    naive = Naive(document.records)
    try:
        naive.normalize()
    except MergingError:
        return False
    return not naive.is_impossible() and not naive.has_cycle()
