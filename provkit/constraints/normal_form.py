"""The normal form of a document, and equivalence, which is having the same one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from prov.constants import PROV_N_MAP
from prov.identifier import Namespace, QualifiedName
from prov.model import PROV_REC_CLS, ProvBundle, ProvDocument

from provkit.constraints import kinds
from provkit.constraints.checking import close, named_instances, violations
from provkit.constraints.facts import Fact, compact_facts, full_facts, stated_facts
from provkit.constraints.garbage import collection_paused
from provkit.constraints.isomorphism import Isomorphism
from provkit.constraints.statements import EXISTENTIAL_NAMESPACE, Instance, read_instance
from provkit.constraints.uniqueness import ClosedStatements
from provkit.errors import BadInput

_EXISTENTIAL = Namespace("existential", EXISTENTIAL_NAMESPACE)
_KIND_OF_NAME = {kind.name: kind for kind in kinds.KINDS}
_TYPE_OF_NAME = {name: prov_type for prov_type, name in PROV_N_MAP.items()}


def normalize(document: ProvDocument) -> ProvDocument:
    """Return the normal form: all that follows from the document, merged, each thing once.

    Existential variables are written as `existential:v1`, `existential:v2`, …
    in the namespace `EXISTENTIAL_NAMESPACE`, numbered by what is said of them
    and not by the order of statements; times that are not known are left out.
    Reading such identifiers makes existential variables of them again, so the
    normal form of a normal form is itself.

    Args:
        document: Left as it is.

    Returns:
        A new document with the same bundles and namespaces.

    Raises:
        BadInput: Merging fails (Constraints 22 to 29) or a statement lacks a
            mandatory parameter, so there is no normal form.

    Source:
        PROV-CONSTRAINTS, section 6.1, normalization.
    """
    result = ProvDocument()
    # `prov` keeps namespaces in a set; in order, the text of a normal form is always the same.
    for namespace in sorted({*document.namespaces, _EXISTENTIAL}, key=lambda one: one.prefix):
        result.add_namespace(namespace)
    if default := document.get_default_namespace():
        result.set_default_namespace(default.uri)
    with collection_paused():
        for name, bundle in named_instances(document):
            target: ProvBundle = result
            if bundle.identifier is not None:
                target = result.bundle(bundle.identifier)
            _write_normal_form(bundle, name, target)
    return result


def _write_normal_form(bundle: ProvBundle, name: str | None, target: ProvBundle) -> None:
    statements = close(read_instance(bundle))
    if not _has_normal_form(statements):
        where = f"bundle '{name}'" if name else "the document"
        first = next(violations(statements))
        raise BadInput(f"Couldn't normalize {where}: {first.message} ({first.statements[0]})")
    order = _compacted(statements).naming_order()
    facts = full_facts(statements)
    _FactWriter(statements, order).write(facts, target)


class _FactWriter:
    """Writes facts as records of a bundle."""

    def __init__(self, statements: ClosedStatements, order: Sequence[int]) -> None:
        self._terms = statements.terms
        self._instance = statements.instance
        self._names: dict[int, QualifiedName] = {}
        self._values: dict[int, QualifiedName | dt.datetime | None] = {}
        times = _times(statements)
        for term in order:
            if term not in times:
                self._names[term] = _EXISTENTIAL[f"v{len(self._names) + 1}"]

    def write(self, facts: Sequence[Fact], target: ProvBundle) -> None:
        for fact in sorted(facts, key=self._sorting):
            self._write_fact(fact, target)

    def _sorting(self, fact: Fact) -> tuple[int, tuple[str, ...]]:
        kind = _KIND_OF_NAME[fact.name]
        return kinds.KINDS.index(kind), tuple(str(self._value(term)) for term in fact.terms)

    def _write_fact(self, fact: Fact, target: ProvBundle) -> None:
        prov_type = _TYPE_OF_NAME[fact.name]
        identifier, *values = fact.terms
        names = PROV_REC_CLS[prov_type].FORMAL_ATTRIBUTES
        attributes = [
            (name, value)
            for name, term in zip(names, values, strict=True)
            if (value := self._value(term)) is not None
        ]
        attributes.extend(
            self._instance.attribute_values[attribute]
            for attribute in sorted(fact.attributes, key=repr)
        )
        name = self._value(identifier)
        assert not isinstance(name, dt.datetime)
        target.new_record(prov_type, name, attributes)

    def _value(self, term: int) -> QualifiedName | dt.datetime | None:
        """Return what is written for a term; None if it is left out."""
        if term not in self._values:
            self._values[term] = self._new_value(term)
        return self._values[term]

    def _new_value(self, term: int) -> QualifiedName | dt.datetime | None:
        if self._terms.is_absent(term):
            return None
        value = self._terms.value(term)
        if value is None:
            return self._names.get(term)
        assert isinstance(value, tuple)
        if isinstance(value[1], dt.datetime):
            return value[1]
        return self._instance.names[value[1]]


def _times(statements: ClosedStatements) -> set[int]:
    """Return the existential variables that are times: `-` says as much."""
    find = statements.terms.find
    return {
        find(statement.terms[place])
        for statement in statements.all()
        for place, parameter in enumerate(statement.kind.parameters, 1)
        if parameter.is_time
    }


def equivalent(a: ProvDocument, b: ProvDocument) -> bool:
    """Say whether two documents say the same.

    Valid documents do if their normal forms differ in nothing but the names
    of existential variables, the order of statements and of attributes; the
    bundles by name, each with its namesake. A valid document is never
    equivalent to an invalid one. For two invalid ones the Recommendation asks
    only for an equivalence relation: here, their normal forms are compared
    too, or what they state if merging fails.

    Source:
        PROV-CONSTRAINTS, sections 6.1 and 6.2, equivalence.
    """
    mine, theirs = _instances_by_iri(a), _instances_by_iri(b)
    if mine.keys() != theirs.keys():
        return False
    with collection_paused():
        return all(_same(mine[name], theirs[name]) for name in mine)


def _instances_by_iri(document: ProvDocument) -> dict[str | None, ProvBundle]:
    return {
        bundle.identifier.uri if bundle.identifier else None: bundle
        for _, bundle in named_instances(document)
    }


def _same(one: ProvBundle, other: ProvBundle) -> bool:
    mine, theirs = close(read_instance(one)), close(read_instance(other))
    status = _status(mine)
    if status != _status(theirs):
        return False
    if status.has_normal_form:
        return _compacted(mine).matches(_compacted(theirs))
    # Read again: closing has merged what would now be compared as it was stated.
    return _as_stated(read_instance(one)).matches(_as_stated(read_instance(other)))


class _Status(NamedTuple):
    is_valid: bool
    has_normal_form: bool


def _status(statements: ClosedStatements) -> _Status:
    is_valid = next(violations(statements), None) is None
    return _Status(is_valid, _has_normal_form(statements))


def _has_normal_form(statements: ClosedStatements) -> bool:
    return not statements.clashes and not statements.instance.malformed


def _compacted(statements: ClosedStatements) -> Isomorphism:
    return Isomorphism(compact_facts(statements), statements.terms)


def _as_stated(instance: Instance) -> Isomorphism:
    return Isomorphism(stated_facts(instance), instance.terms)
