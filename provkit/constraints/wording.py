"""Statements, terms and events in words and in PROV-N, for reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from prov.model import ProvRecord

from provkit.constraints import kinds
from provkit.constraints.statements import Instance, Statement
from provkit.constraints.terms import ABSENT

_PREMISES_SHOWN = 6


class Wording:
    """Says what the terms and statements of one instance are."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def term(self, term: int) -> str:
        """Return a term as PROV-N writes it; an existential variable is `_:nNUMBER`."""
        terms = self._instance.terms
        value = terms.value(term)
        if value is None:
            return f"_:n{terms.find(term)}"
        assert isinstance(value, tuple)
        if terms.is_absent(term):
            return "-"
        if value[0] == "iri":
            return str(self._instance.names[str(value[1])])
        return self._instance.moments[value].isoformat()

    def statement(self, statement: Statement) -> str:
        """Return a statement in PROV-N, and for an inferred one from what it follows."""
        origin = statement.origin
        if isinstance(origin, ProvRecord):
            return origin.get_provn()
        stated = islice(_stated_premises(statement), _PREMISES_SHOWN)
        premises = " and ".join(record.get_provn() for record in stated)
        rule = f"Inference {origin.number}" if origin.number else "mention-specialization"
        return f"{self.expression(statement)} [inferred by {rule} from {premises}]"

    def expression(self, statement: Statement) -> str:
        """Return a statement in PROV-N without its attributes."""
        kind = statement.kind
        identifier, *rest = statement.terms
        words = [
            "-"
            if parameter.is_time and self._instance.terms.is_existential(term)
            else self.term(term)
            for parameter, term in zip(kind.parameters, rest, strict=True)
        ]
        if kind.is_element:
            words.insert(0, self.term(identifier))
        elif kind.has_identifier and identifier != ABSENT:
            return f"{kind.name}({self.term(identifier)}; {', '.join(words)})"
        return f"{kind.name}({', '.join(words)})"

    def members(self, statement: Statement) -> tuple[str, ...]:
        """Return the statements that were merged into one, each once, those stated first."""
        members = sorted(
            statement.all_members(), key=lambda member: not isinstance(member.origin, ProvRecord)
        )
        return tuple(dict.fromkeys(self.statement(member) for member in members))

    def event(self, event: Statement) -> str:
        """Say which event a statement is about: `generation of ex:e by ex:a (ex:gen)`."""
        kind, places = event.kind, event.terms
        said = f"{kind.noun} of {self.term(places[1])}"
        if kind is kinds.USAGE:
            said = f"usage of {self.term(places[2])} by {self.term(places[1])}"
        elif kind in (kinds.GENERATION, kinds.INVALIDATION) and not self.is_existential(places[2]):
            said += f" by {self.term(places[2])}"
        if not self.is_existential(places[0]):
            said += f" ({self.term(places[0])})"
        return said

    def is_existential(self, term: int) -> bool:
        """Say whether nothing is known of a term but that it exists."""
        return self._instance.terms.is_existential(term)


def _stated_premises(statement: Statement) -> Iterator[ProvRecord]:
    """Yield the records that an inferred statement goes back to, the nearest first."""
    seen: set[int] = set()
    waiting = deque([statement])
    while waiting:
        one = waiting.popleft()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one.origin, ProvRecord):
            yield one.origin
        else:
            waiting.extend(one.origin.premises)
