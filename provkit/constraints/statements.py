"""PROV-DM statements over terms, built from one bundle of a `prov` document.

Building applies Definitions 1 to 4: a missing identifier, time or expandable
parameter becomes an existential variable of its own.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from prov.constants import PROV, PROV_N_MAP, PROV_TYPE, XSD_DECIMAL, XSD_QNAME
from prov.identifier import Identifier, QualifiedName
from prov.model import Literal, ProvBundle, ProvRecord

from provkit.constraints import kinds
from provkit.constraints.kinds import Kind, WhenAbsent
from provkit.constraints.terms import ABSENT, Terms

EXISTENTIAL_NAMESPACE = "https://w3id.org/provkit/existential#"
"""Identifiers in this namespace, and `_:` ones, are read as existential variables."""

_KIND_OF_NAME = {kind.name: kind for kind in kinds.KINDS}
_KIND_OF_TYPE: dict[QualifiedName, Kind] = {
    prov_type: _KIND_OF_NAME[name]
    for prov_type, name in PROV_N_MAP.items()
    if name in _KIND_OF_NAME
}


class Attribute(NamedTuple):
    """An attribute and its value, comparable by what they mean and not how they are written."""

    name: str
    value: tuple[Hashable, ...]


def _typed(name: str) -> frozenset[Attribute]:
    """Return the attributes that say something is of a type of PROV: by name, or by xsd:anyURI."""
    iri = PROV[name].uri
    return frozenset(Attribute(PROV_TYPE.uri, (how, iri)) for how in ("iri", "anyURI"))


EMPTY_COLLECTION = _typed("EmptyCollection")
REVISION = _typed("Revision")
NO_ATTRIBUTES: frozenset[Attribute] = frozenset()


class Inferred(NamedTuple):
    """That a statement follows by an inference from others."""

    number: int
    premises: tuple[Statement, ...]


class Statement:
    """A statement: its identifier and parameters as terms, and its attributes.

    `terms[0]` is the identifier (the absent term for kinds without one).
    `origin` is the record that states it, or how it was inferred. A statement
    that was merged into another is no longer `alive`; the other keeps it
    among its `members`, to say where things come from.
    """

    __slots__ = ("alive", "attributes", "kind", "members", "origin", "terms")

    def __init__(
        self,
        kind: Kind,
        terms: tuple[int, ...],
        attributes: AbstractSet[Attribute],
        origin: ProvRecord | Inferred,
    ) -> None:
        self.kind = kind
        self.terms = terms
        self.attributes = attributes
        self.origin = origin
        self.alive = True
        self.members: list[Statement] = []

    def all_members(self) -> Iterator[Statement]:
        """Yield this statement and all that were merged into it."""
        waiting = [self]
        while waiting:
            statement = waiting.pop()
            yield statement
            waiting.extend(reversed(statement.members))

    def add_attributes(self, attributes: AbstractSet[Attribute]) -> None:
        """Take in the attributes of a statement that is merged into this one."""
        if attributes <= self.attributes:
            return
        if not isinstance(self.attributes, set):
            self.attributes = set(self.attributes)
        self.attributes |= attributes


class Malformed(NamedTuple):
    """A record that leaves out what PROV-DM does not let it leave out."""

    record: ProvRecord
    kind: Kind
    parameter: str


@dataclass
class Instance:
    """The statements of one bundle, or of the top level, before any inference.

    `attribute_values`, `names` and `moments` give back what the document
    wrote for an attribute, the IRI of an identifier, and a time.
    """

    name: str | None
    terms: Terms = field(default_factory=Terms)
    statements: list[Statement] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    attribute_values: dict[Attribute, tuple[QualifiedName, Any]] = field(default_factory=dict)
    names: dict[str, QualifiedName] = field(default_factory=dict)
    moments: dict[tuple[Hashable, ...], dt.datetime] = field(default_factory=dict)


def read_instance(bundle: ProvBundle, name: str | None = None) -> Instance:
    """Turn the records of a bundle into statements.

    Args:
        bundle: A bundle, or a document (its own records only).
        name: What to call it in a report; None for the top level.
    """
    instance = Instance(name)
    reader = _Reader(instance)
    for record in bundle.records:
        reader.read(record)
    return instance


class _Reader:
    """Turns records into statements of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._terms = instance.terms

    def read(self, record: ProvRecord) -> None:
        kind = _KIND_OF_TYPE[record.get_type()]
        values = record.args
        if kind.is_element and record.identifier is None:
            self._instance.malformed.append(Malformed(record, kind, "identifier"))
            return
        missing = [
            parameter.name
            for parameter, value in zip(kind.parameters, values, strict=True)
            if value is None and parameter.when_absent is WhenAbsent.REQUIRED
        ]
        if missing:
            self._instance.malformed.append(Malformed(record, kind, missing[0]))
        terms = (self._identifier(kind, record), *self._parameters(kind, values))
        self._instance.statements.append(Statement(kind, terms, self._attributes(record), record))

    def _identifier(self, kind: Kind, record: ProvRecord) -> int:
        if not kind.has_identifier:
            return ABSENT
        return self._term(record.identifier) if record.identifier else self._terms.fresh()

    def _parameters(self, kind: Kind, values: tuple[Any, ...]) -> Iterable[int]:
        knows_activity = kind is kinds.DERIVATION and values[2] is not None
        for parameter, value in zip(kind.parameters, values, strict=True):
            if value is not None:
                yield self._term(value)
            elif parameter.when_absent is WhenAbsent.KEPT and not knows_activity:
                yield ABSENT
            else:
                # What is required and missing has been reported; going on with an
                # existential finds whatever else is wrong.
                yield self._terms.fresh()

    def _term(self, value: Any) -> int:
        if isinstance(value, dt.datetime):
            key = time_key(value)
            self._instance.moments.setdefault(key, value)
            return self._terms.constant(key)
        return self._identifier_term(value)

    def _identifier_term(self, name: QualifiedName) -> int:
        iri = name.uri
        if iri.startswith((EXISTENTIAL_NAMESPACE, "_:")):
            return self._terms.existential(iri)
        self._instance.names.setdefault(iri, name)
        return self._terms.constant(("iri", iri))

    def _attributes(self, record: ProvRecord) -> frozenset[Attribute]:
        extra = record.extra_attributes
        if not extra:
            return NO_ATTRIBUTES
        attributes = []
        for name, value in extra:
            attribute = Attribute(name.uri, value_key(_resolved(value, record)))
            self._instance.attribute_values.setdefault(attribute, (name, value))
            attributes.append(attribute)
        return frozenset(attributes)


def _resolved(value: Any, record: ProvRecord) -> Any:
    """Return the name that an xsd:QName literal stands for; `prov` leaves it a text."""
    if isinstance(value, Literal) and value.datatype == XSD_QNAME:
        return record.bundle.valid_qualified_name(value.value) or value
    return value


def time_key(moment: dt.datetime) -> tuple[Hashable, ...]:
    """Return what makes two times the same: the instant, if the zone is known.

    A time without a zone is never the same as one with a zone.
    """
    # Which of two equal times an hour set back means (`fold`) is Python's affair: no syntax writes it.
    if moment.tzinfo is None:
        return ("local time", moment.replace(fold=0))
    return ("time", moment.astimezone(dt.UTC).replace(fold=0))


def value_key(value: Any) -> tuple[Hashable, ...]:
    """Return what makes two attribute values the same: type and value, not Python's `==`.

    Python holds `1`, `1.0` and `True` for equal; PROV does not.
    """
    if isinstance(value, QualifiedName):
        return ("iri", value.uri)
    if isinstance(value, Identifier):
        return ("anyURI", value.uri)
    if isinstance(value, Literal):
        datatype = value.datatype.uri if value.datatype else ""
        language = value.langtag.casefold() if value.langtag else ""
        return ("literal", _canonical(value.value, datatype), datatype, language)
    if isinstance(value, dt.datetime):
        return time_key(value)
    if isinstance(value, float):
        return ("float", repr(value))
    return (type(value).__name__, value if isinstance(value, Hashable) else repr(value))


def _canonical(text: str, datatype: str) -> str:
    """Return one spelling for all of a decimal number, and any other text as it is."""
    if datatype != XSD_DECIMAL.uri:
        return text
    try:
        return format(decimal.Decimal(text).normalize(), "f")
    except decimal.InvalidOperation:
        return text
