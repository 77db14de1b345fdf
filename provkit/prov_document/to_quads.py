"""Write a PROV document as PROV-O quads, so that every statement can be read back as it was.

Plain relations are always there for whoever reads PROV-O simply; a statement that says more
has its qualified node; only what PROV-O has no words for (two statements with one
identifier, an alternate with attributes) gets a node in provkit's own terms beside it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prov.identifier import QualifiedName
from prov.model import PROV, ProvBundle, ProvDocument, ProvRecord

from provkit.prov_document import prov_o
from provkit.prov_document.prov_o import ELEMENTS, KINDS, RDF_TYPE, SUBCLASSES, SUBTYPES, Kind, pk
from provkit.prov_document.terms import iri_term, name_term, value_term
from provkit.vocabulary import Quad, Term

DEFAULT_GRAPH: Term = ""
"""Graph of a quad that stands in no named graph."""

_FORMAL = {
    **{name: (kind.subject, kind.object, *(arg for arg, _ in kind.arguments)) for name, kind in KINDS.items()},
    "Activity": tuple(PROV[name] for name in ("startTime", "endTime")),
    "Entity": (),
    "Agent": (),
}  # fmt: skip
_TIMES = (prov_o.STARTED, prov_o.ENDED)
_TYPE = f"{prov_o.PROV}type"
_ASSERTED_TYPE = pk("assertedType")
_TAKEN_CLASSES = frozenset(
    {
        *ELEMENTS,
        *prov_o.NODE_CLASSES,
        *SUBTYPES,
        *prov_o.UPPER_CLASSES,
        prov_o.STATEMENT,
        prov_o.EMPTY_BUNDLE,
    }
)
"""Classes that the reader takes for the kind of a node; as a mere attribute they are escaped."""

Pairs = tuple[tuple[Term, Term], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of PROV-DM in terms of RDF; equal statements say the same."""

    name: str
    """Local name of its record type: `Entity`, `Usage`, ..."""
    id: Term | None
    arguments: tuple[tuple[Term, ...], ...]
    """Values of each formal attribute, in the order of `_FORMAL`."""
    attributes: Pairs
    """Property and value of each other attribute, sorted."""

    @property
    def digest(self) -> str:
        """Names its node: the same statement has the same node wherever it stands."""
        said = "\x1e".join(
            (
                self.name,
                self.id or "",
                *map("\x1f".join, self.arguments),
                *map("\x1f".join, self.attributes),
            )
        )
        return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()


def quads_of_document(
    document: ProvDocument, *, graph: Term = DEFAULT_GRAPH, blank: bool = True
) -> Iterator[Quad]:
    """Say a PROV document in PROV-O.

    Args:
        document: Any document; statements that stand in it twice are said once.
        graph: For the statements outside bundles; a bundle is the graph of its own name.
        blank: Whether a statement without an identifier has a blank node. If not, it has an
            IRI made from its content, which `document_of` takes for a blank node again.

    Raises:
        BadInput: A value of an attribute has no form in PROV, or is no text.
    """
    yield from _bundle_quads(document, graph, blank=blank)
    for bundle in document.bundles:
        assert bundle.identifier is not None, "a bundle in a document has a name"
        name = name_term(bundle.identifier, blank=blank)
        if bundle.records:
            yield from _bundle_quads(bundle, name, blank=blank)
        else:
            yield name, RDF_TYPE, prov_o.EMPTY_BUNDLE, name


def _bundle_quads(bundle: ProvBundle, graph: Term, *, blank: bool) -> Iterator[Quad]:
    statements = dict.fromkeys(_statement(record, blank=blank) for record in bundle.records)
    seen: set[tuple[Term, Term, Term]] = set()
    for triple in _Writer(list(statements), blank=blank).triples():
        if triple not in seen:
            seen.add(triple)
            yield (*triple, graph)


def _statement(record: ProvRecord, *, blank: bool) -> Statement:
    name = record.get_type().localpart
    formal = _FORMAL[name]
    arguments: dict[QualifiedName, list[Term]] = {}
    attributes: set[tuple[Term, Term]] = set()
    for attribute, value in record.attributes:
        term = value_term(value, blank=blank)
        if attribute in formal:
            arguments.setdefault(attribute, []).append(term)
        else:
            attributes.add(_attribute(name, attribute.uri, term))
    return Statement(
        name,
        name_term(record.identifier, blank=blank) if record.identifier else None,
        tuple(tuple(sorted(arguments.get(attribute, ()))) for attribute in formal),
        tuple(sorted(attributes)),
    )


def _attribute(name: str, iri: str, value: Term) -> tuple[Term, Term]:
    """Property and value that say an attribute of a statement of the kind `name`."""
    if iri == _TYPE:
        return _type_property(name, value), value
    term = prov_o.PROPERTIES.get(iri) or iri_term(iri)
    return (
        iri_term_of_escaped(iri)
        if term in prov_o.RESERVED and iri not in prov_o.PROPERTIES
        else term
    ), value


def iri_term_of_escaped(iri: str) -> Term:
    """The property that stands for an attribute with a reserved name."""
    return f"<{prov_o.escaped(iri)}>"


def _type_property(name: str, value: Term) -> Term:
    """`rdf:type`, unless a reader would take that class for the kind of the statement."""
    if value in SUBTYPES and name == "Derivation":
        return RDF_TYPE
    if value in _TAKEN_CLASSES or (name in _FORMAL and SUBCLASSES.get(value, name) != name):
        return _ASSERTED_TYPE
    return RDF_TYPE


def owner_of_attributes(names: Iterable[str]) -> str:
    """Which of several elements on one node has the attributes that say no more themselves."""
    present = set(names)
    return next(name for name in ("Entity", "Activity", "Agent") if name in present)


class _Writer:
    """Says the statements of one bundle, knowing what else is said there."""

    def __init__(self, statements: list[Statement], *, blank: bool) -> None:
        self._statements = statements
        self._node = "_:s{}" if blank else f"<{prov_o.GENID}{{}}>"
        by_id: dict[Term, list[Statement]] = {}
        self._pairs: Counter[tuple[str, Term, Term]] = Counter()
        self._mentions: Counter[Term] = Counter()
        for statement in statements:
            if statement.id is not None:
                by_id.setdefault(statement.id, []).append(statement)
            if statement.name in KINDS:
                pair = _pair(statement)
                if pair:
                    self._pairs[(statement.name, *pair)] += 1
                    self._mentions[pair[0]] += statement.name == "Mention"
        self._shared = {
            id_ for id_, group in by_id.items() if len(group) > 1 and not _is_told_apart(group)
        }

    def triples(self) -> Iterator[tuple[Term, Term, Term]]:
        for statement in self._statements:
            if statement.name in ELEMENTS.values():
                yield from self._element(statement)
            else:
                yield from self._relation(statement, KINDS[statement.name])
            if statement.id in self._shared:
                yield from self._own_node(statement)

    def _element(self, statement: Statement) -> Iterator[tuple[Term, Term, Term]]:
        assert statement.id is not None, "an element has an identifier"
        yield statement.id, RDF_TYPE, prov_o.prov(statement.name)
        for property_, values in zip(_TIMES, statement.arguments, strict=False):
            for value in values:
                yield statement.id, property_, value
        for property_, value in statement.attributes:
            yield statement.id, property_, value

    def _relation(self, statement: Statement, kind: Kind) -> Iterator[tuple[Term, Term, Term]]:
        subjects, objects = statement.arguments[:2]
        yield from self._plain(statement, kind)
        if self._is_said_by_plain(statement, kind):
            return
        if (
            kind.qualified is None
            or len(subjects) > 1
            or any(len(a) > 1 for a in statement.arguments)
        ):
            if statement.id not in self._shared:
                yield from self._own_node(statement)
            return
        node = statement.id or self._node.format(statement.digest)
        if subjects:
            yield subjects[0], kind.qualified, node
        yield node, RDF_TYPE, kind.node_class
        if objects:
            yield node, kind.influencer, objects[0]
        for (_, property_), values in zip(kind.arguments, statement.arguments[2:], strict=True):
            for value in values:
                yield node, property_, value
        for property_, value in statement.attributes:
            yield node, property_, value

    def _plain(self, statement: Statement, kind: Kind) -> Iterator[tuple[Term, Term, Term]]:
        subjects, objects = statement.arguments[:2]
        for subject in subjects:
            for object_ in objects:
                yield subject, kind.plain, object_
                for property_, value in statement.attributes:
                    if property_ == RDF_TYPE and value in SUBTYPES:
                        yield subject, SUBTYPES[value].plain, object_
            if kind.name == "Mention" and objects:
                for bundle in statement.arguments[2]:
                    yield subject, kind.arguments[0][1], bundle

    def _is_said_by_plain(self, statement: Statement, kind: Kind) -> bool:
        """Whether the plain relation alone reads back as this very statement."""
        pair = _pair(statement)
        if statement.id or pair is None or self._pairs[(kind.name, *pair)] > 1:
            return False
        if kind.name == "Mention":
            return (
                not statement.attributes
                and len(statement.arguments[2]) == 1
                and self._mentions[pair[0]] == 1
            )
        if any(statement.arguments[2:]):
            return False
        if kind.name == "Derivation" and len(statement.attributes) == 1:
            property_, value = statement.attributes[0]
            return property_ == RDF_TYPE and value in SUBTYPES
        return not statement.attributes

    def _own_node(self, statement: Statement) -> Iterator[tuple[Term, Term, Term]]:
        """The statement as a node in provkit's terms, apart from all others of its identifier."""
        node = self._node.format(statement.digest)
        yield node, RDF_TYPE, prov_o.STATEMENT
        yield node, prov_o.STATEMENT_TYPE, prov_o.prov(statement.name)
        if statement.id is not None:
            yield node, prov_o.STATEMENT_ID, statement.id
        for property_, values in zip(
            argument_properties(statement.name), statement.arguments, strict=True
        ):
            for value in values:
                yield node, property_, value
        for property_, value in statement.attributes:
            yield node, (_ASSERTED_TYPE if property_ == RDF_TYPE else property_), value


def argument_properties(name: str) -> tuple[Term, ...]:
    """Properties of the formal attributes of a kind on a node of its own, in their order."""
    if name not in KINDS:
        return _TIMES if name == "Activity" else ()
    kind = KINDS[name]
    return (prov_o.STATEMENT_SUBJECT, kind.influencer, *(term for _, term in kind.arguments))


def _pair(statement: Statement) -> tuple[Term, Term] | None:
    subjects, objects = statement.arguments[:2]
    return (subjects[0], objects[0]) if len(subjects) == len(objects) == 1 else None


def _is_told_apart(group: list[Statement]) -> bool:
    """Whether statements with one identifier read back from one node, each with its own.

    That is so for an entity, an activity and an agent of one name, if only one of them has
    attributes that do not themselves say whose they are.
    """
    names = [statement.name for statement in group]
    if not set(names) <= set(ELEMENTS.values()) or len(set(names)) < len(names):
        return False
    owner = owner_of_attributes(names)
    return all(
        statement.name == owner or _says_whose(statement, attribute)
        for statement in group
        for attribute in statement.attributes
    )


def _says_whose(statement: Statement, attribute: tuple[Term, Term]) -> bool:
    property_, value = attribute
    return property_ == RDF_TYPE and SUBCLASSES.get(value) == statement.name
