"""Quads of real trials, and ways to spoil them."""

from functools import cached_property

from provkit.store import LocalStore
from provkit.validation import PROFILES, validate_document
from provkit.vocabulary import literal, term

XSD = "http://www.w3.org/2001/XMLSchema#"


def typed(text, datatype):
    """A literal as it is written, right or wrong."""
    return f'"{text}"^^<{XSD}{datatype}>'


class Trials:
    """Trials of a store by name."""

    def __init__(self, folder):
        self.folder = folder
        self.store = LocalStore.find(explicit=folder)
        self.names = [summary.name for summary in self.store.summaries()]
        self._known = {}

    def __getitem__(self, name):
        if name not in self._known:
            self._known[name] = Spoilt(list(self.store.quads(self.store.resolve(name))))
        return self._known[name]


class Spoilt:
    """A trial's quads, to be changed; each change gives the changed one."""

    def __init__(self, quads):
        self.quads = quads

    def having(self, predicate, value=None, *, also=(), without=()):
        """The first subject that has the predicate (and the value, and more of them)."""
        wanted = term(predicate)
        for s, p, o, _ in self.quads:
            if p == wanted and (value is None or o == _value(value)):
                held = {p for subject, p, _, _ in self.quads if subject == s}
                if all(term(a) in held for a in also) and all(term(w) not in held for w in without):
                    return s
        raise AssertionError(f"no subject has {predicate} {value} {also}")

    def a(self, kind, **more):
        """The first thing that is typed so."""
        return self.having("rdf:type", kind, **more)

    def value_of(self, subject, predicate):
        """The first object."""
        wanted = term(predicate)
        return next(o for s, p, o, _ in self.quads if s == subject and p == wanted)

    def graph_of(self, subject):
        """The graph of the first statement about it."""
        return next((g for s, _, _, g in self.quads if s == subject), self.quads[0][3])

    def without(self, subject, predicate=None, value=None):
        """All statements taken away that fit."""

        def fits(quad):
            return (
                quad[0] == subject
                and (predicate is None or quad[1] == term(predicate))
                and (value is None or quad[2] == _value(value))
            )

        kept = [quad for quad in self.quads if not fits(quad)]
        assert len(kept) < len(self.quads), f"nothing to take from {subject} {predicate}"
        return Spoilt(kept)

    def added(self, subject, predicate, value):
        """A statement more."""
        quad = (subject, term(predicate), _value(value), self.graph_of(subject))
        assert quad not in self.quads
        return Spoilt([*self.quads, quad])

    def changed(self, subject, predicate, value):
        """Another object in place of those that there are."""
        return self.without(subject, predicate).added(subject, predicate, value)

    def nquads(self):
        """The bytes of a file."""
        return "".join(f"{s} {p} {o} {g} .\n" for s, p, o, g in self.quads).encode()

    def report(self, profile="trial", shapes=()):
        """What the shapes say."""
        return validate_document(self.nquads(), profile=PROFILES[profile], shapes=shapes)

    @cached_property
    def fired_as_it_is(self):
        """What is found already, to be told from what spoiling adds."""
        return self.shapes_fired()

    def shapes_fired(self, profile="trial"):
        """Names of the shapes that say something worse than a hint."""
        return {finding.shape for finding in self.report(profile).at_least("warning")}


def _value(value):
    if isinstance(value, str) and value[:1] in '<"':
        return value
    if isinstance(value, str) and ":" in value and " " not in value:
        return term(value)
    return literal(value)
