"""What the quads of one trial say, indexed by subject so that plain questions are plain calls.

Lineage and description read one sealed segment through this: the segment of a trial is small,
so reading it whole takes less time than opening the index of the whole store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provkit.model import Scalar
from provkit.store.terms import parts
from provkit.vocabulary import Quad, Term, term

_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS: dict[str, type[int | float]] = {
    _XSD + "integer": int,
    _XSD + "int": int,
    _XSD + "long": int,
    _XSD + "double": float,
    _XSD + "float": float,
    _XSD + "decimal": float,
}


def is_iri(text: Term) -> bool:
    """Tell an IRI from a literal."""
    return text.startswith("<")


def text_of(text: Term) -> str:
    """Take a term's own text: the IRI without brackets, the literal without quotes and escapes."""
    return parts(text).text


def scalar_of(text: Term) -> Scalar:
    """Turn a literal into the Python value that its datatype says it is, else its text."""
    _, lexical, datatype, _ = parts(text)
    if datatype == _XSD + "boolean":
        return lexical in ("true", "1")
    number = _NUMBERS.get(datatype or "")
    try:
        return number(lexical) if number else lexical
    except ValueError:  # more digits than Python turns into an int, or a foreign store's mistake
        return lexical


class Facts:
    """The statements of one trial, whichever of its graphs they stand in.

    Predicates are given as in `term`: `prov:used`. Subjects and objects are terms.
    """

    def __init__(self, quads: Iterable[Quad]) -> None:
        # dict[..., None] is an ordered set: the same statement may stand in two graphs
        self._statements: dict[Term, dict[Term, dict[Term, None]]] = {}
        for subject, predicate, value, _ in quads:
            self._statements.setdefault(subject, {}).setdefault(predicate, {})[value] = None
        self._inverted: dict[Term, dict[Term, list[Term]]] = {}

    def __contains__(self, subject: Term) -> bool:
        return subject in self._statements

    def subjects(self) -> Iterator[Term]:
        """Give everything that something is said of, in the order of the segment."""
        return iter(self._statements)

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """Give what the subject has under the predicate; empty if nothing."""
        return self.values(subject, term(predicate))

    def values(self, subject: Term, predicate: Term) -> list[Term]:
        """Do as `objects`, for a predicate that is given as a term."""
        return list(self._statements.get(subject, {}).get(predicate, ()))

    def object(self, subject: Term, predicate: str) -> Term | None:
        """Give the first object, or None."""
        found = self.objects(subject, predicate)
        return found[0] if found else None

    def text(self, subject: Term, predicate: str) -> str | None:
        """Give the first object's text, or None."""
        found = self.object(subject, predicate)
        return None if found is None else text_of(found)

    def scalar(self, subject: Term, predicate: str) -> Scalar | None:
        """Give the first object as a Python value, or None."""
        found = self.object(subject, predicate)
        return None if found is None else scalar_of(found)

    def having(self, predicate: str, value: Term) -> list[Term]:
        """Give the subjects that have this object under the predicate."""
        key = term(predicate)
        if key not in self._inverted:
            inverted: dict[Term, list[Term]] = {}
            for subject, statements in self._statements.items():
                for found in statements.get(key, ()):
                    inverted.setdefault(found, []).append(subject)
            self._inverted[key] = inverted
        return self._inverted[key].get(value, [])

    def pairs(self, predicate: str) -> Iterator[tuple[Term, Term]]:
        """Give each subject with each of its objects under the predicate."""
        key = term(predicate)
        for subject, statements in self._statements.items():
            for found in statements.get(key, ()):
                yield subject, found

    def is_a(self, subject: Term, kind: str) -> bool:
        """Tell whether the subject is typed so."""
        return term(kind) in self.objects(subject, "rdf:type")

    def instances(self, kind: str) -> list[Term]:
        """Give everything typed so."""
        return self.having("rdf:type", term(kind))
