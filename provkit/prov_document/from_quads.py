"""Read PROV-O quads, provkit's own or anybody's, as a PROV document."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from itertools import product, zip_longest
from typing import Any

from prov import Error as ProvError
from prov.identifier import QualifiedName
from prov.model import PROV, ProvBundle, ProvDocument

from provkit.errors import BadInput
from provkit.prov_document import prov_o
from provkit.prov_document.collecting import collector_resting
from provkit.prov_document.literals import literal_parts
from provkit.prov_document.prov_o import (
    ELEMENTS,
    GENID,
    INVERSES,
    KINDS,
    NODE_CLASSES,
    PLAIN,
    PLAIN_SUBTYPES,
    QUALIFIED,
    QUALIFIED_SUBTYPES,
    RDF_TYPE,
    SUBCLASSES,
    SUBTYPES,
    Kind,
)  # fmt: skip
from provkit.prov_document.records import add_record
from provkit.prov_document.terms import Names, time_of
from provkit.prov_document.to_quads import DEFAULT_GRAPH, argument_properties, owner_of_attributes
from provkit.vocabulary import Quad, Term

MOST_COMBINATIONS = 10_000
"""Statements that one qualified node with several subjects and objects may stand for."""

_DERIVATION = KINDS["Derivation"]
_MENTION = KINDS["Mention"]
_AS_IN_BUNDLE = prov_o.prov("asInBundle")
_RELATIONS = frozenset({*PLAIN, *QUALIFIED, *INVERSES, *PLAIN_SUBTYPES, *QUALIFIED_SUBTYPES})
_STATEMENT_CLASSES = frozenset({*NODE_CLASSES, *SUBTYPES})
_OWN_PROPERTIES = frozenset(
    {prov_o.STATEMENT_TYPE, prov_o.STATEMENT_ID, prov_o.STATEMENT_SUBJECT, RDF_TYPE}
)
_TYPE = PROV["type"]
_PROV_NAMES = {term: PROV[iri.removeprefix(prov_o.PROV)] for term, iri in prov_o.ATTRIBUTES.items()}
_TIME_ATTRIBUTES = frozenset({PROV["time"], PROV["startTime"], PROV["endTime"]})
_ELEMENT_OF_ROLE = {
    **dict.fromkeys(("activity", "informed", "informant", "starter", "ender"), "Activity"),
    **dict.fromkeys(("agent", "delegate", "responsible"), "Agent"),
}

Node = dict[tuple[Term, Term], None]
"""Property and value of each triple about a node, in the order met, each once."""
Attributes = list[tuple[QualifiedName, Any]]


@collector_resting()
def document_of(
    quads: Iterable[Quad], *, prefixes: Mapping[str, str] | None = None
) -> ProvDocument:
    """The PROV document that quads say.

    A plain relation that a qualified node repeats is one statement. A node that no PROV class
    types is taken for what its relations make of it, or an entity, so that nothing said about
    it is lost. A named graph is a bundle.

    Args:
        quads: In any order; a quad twice counts once. A graph of `DEFAULT_GRAPH`, and the
            graph of an imported document, is the document itself.
        prefixes: Namespace IRIs by prefix, for names that read well; others are made up.

    Raises:
        BadInput: PROV-Dictionary, a time that is none, or what no statement of PROV can say.
    """
    graphs, imported, declared = _by_graph(quads)
    document = ProvDocument()
    names = Names(document, {**declared, **(prefixes or {})})
    try:
        with warnings.catch_warnings():
            # they tell of what a later `prov` refuses to hold; it holds it today
            warnings.simplefilter("ignore")
            for graph, nodes in graphs.items():
                bundle: ProvBundle = document
                if graph not in imported:
                    bundle = document.bundle(names[graph])
                _GraphReader(bundle, names, nodes).read()
    except ProvError as error:
        raise BadInput(f"The quads are no PROV document: {error}.") from error
    return document


def _by_graph(
    quads: Iterable[Quad],
) -> tuple[dict[Term, dict[Term, Node]], set[Term], dict[str, str]]:
    """Nodes by graph, the graphs that are the document itself, and the prefixes told."""
    graphs: dict[Term, dict[Term, Node]] = {}
    documents: set[Term] = {DEFAULT_GRAPH}
    about: set[Term] = set()
    for subject, property_, value, graph in quads:
        nodes = graphs.get(graph)
        if nodes is None:
            nodes = graphs[graph] = {}
        if value == prov_o.EMPTY_BUNDLE:
            continue  # it says no more than that the graph is there
        node = nodes.get(subject)
        if node is None:
            node = nodes[subject] = {}
        node[(property_, value)] = None
        if value == prov_o.IMPORTED:
            documents.add(subject)
            about.add(graph)
    declared: dict[str, str] = {}
    for graph in about:
        graphs.pop(f"{graph.removesuffix('/about>')}/annotations>", None)  # what people say of it
        for node in graphs.pop(graph).values():
            for property_, value in node:
                if property_ == prov_o.PREFIX:
                    prefix, _, iri = literal_parts(value)[0].partition(" ")
                    declared[prefix] = iri
    return graphs, documents, declared


class _GraphReader:
    """Reads one graph into one bundle."""

    def __init__(self, bundle: ProvBundle, names: Names, nodes: dict[Term, Node]) -> None:
        self._bundle = bundle
        self._names = names
        self._nodes = nodes
        self._owners: dict[Term, list[tuple[Kind, Term, Term | None]]] = {}
        self._plain: dict[tuple[str, Term, Term], dict[Term | None, None]] = {}
        self._referenced: set[Term] = set()
        self._roles: dict[Term, str] = {}
        self._covered: set[tuple[str, Term | None, Term | None, Term | None]] = set()
        for subject, node in nodes.items():
            for property_, value in node:
                self._index(subject, property_, value)

    def _index(self, subject: Term, property_: Term, value: Term) -> None:
        if property_ == RDF_TYPE:
            return
        if property_ in prov_o.DICTIONARY_WORDS:
            raise BadInput(
                f"PROV-Dictionary statements are not supported ({property_} of {subject})."
            )
        kind = PLAIN.get(property_)
        subtype = None
        if kind is None:
            subtype = PLAIN_SUBTYPES.get(property_)
            kind = _DERIVATION if subtype else None
        if kind is not None:
            self._plain.setdefault((kind.name, subject, value), {})[subtype] = None
        elif property_ in QUALIFIED:
            self._owners.setdefault(value, []).append((QUALIFIED[property_], subject, None))
            return
        elif property_ in QUALIFIED_SUBTYPES:
            own = QUALIFIED_SUBTYPES[property_]
            self._owners.setdefault(value, []).append((_DERIVATION, subject, own))
            return
        elif property_ in INVERSES:
            self._plain.setdefault((INVERSES[property_].name, value, subject), {})[None] = None
        if value.startswith(("_:", f"<{GENID}")) and property_ != prov_o.STATEMENT_ID:
            self._referenced.add(value)

    def read(self) -> None:
        own = [node for node, said in self._nodes.items() if (RDF_TYPE, prov_o.STATEMENT) in said]
        shared = {
            value
            for node in own
            for property_, value in self._nodes[node]
            if property_ == prov_o.STATEMENT_ID
        }
        skipped = shared.union(own)
        for node in own:
            self._read_own(self._nodes[node])
        for node, said in self._nodes.items():
            if node not in skipped:
                self._read_node(node, said)
        for owned in self._owners.keys() - self._nodes.keys() - shared:
            self._read_node(owned, {})
        self._read_plain()

    # -------------------------------------------------------------- nodes

    def _read_node(self, node: Term, said: Node) -> None:
        types = [value for property_, value in said if property_ == RDF_TYPE]
        kinds = self._kinds(node, types)
        elements = _elements(types)
        if not kinds and not elements:
            if not self._says_more(said):
                return
            elements = {self._role(node): None}
        if kinds:
            attributes = [] if elements else self._attributes(said, kinds)
            for kind in kinds.values():
                self._read_qualified(node, said, kind, attributes)
        if elements:
            self._read_element(node, said, list(elements), is_statement=bool(kinds))

    def _kinds(self, node: Term, types: list[Term]) -> dict[str, Kind]:
        kinds = {kind.name: kind for kind, _, _ in self._owners.get(node, ())}
        for type_ in types:
            if type_ in SUBTYPES:
                kinds["Derivation"] = _DERIVATION
            elif type_ in NODE_CLASSES:
                kinds[NODE_CLASSES[type_].name] = NODE_CLASSES[type_]
        if len(kinds) > 1:
            kinds.pop("Influence", None)
        return kinds

    def _read_qualified(
        self, node: Term, said: Node, kind: Kind, attributes: list[tuple[Term, Term]]
    ) -> None:
        owners = [
            (subject, subtype) for of, subject, subtype in self._owners.get(node, ()) if of is kind
        ]
        subtypes = {subtype for _, subtype in owners if subtype}
        subtypes |= {
            value for property_, value in said if property_ == RDF_TYPE and value in SUBTYPES
        }
        subjects: list[Term | None] = list(dict.fromkeys(subject for subject, _ in owners)) or [
            None
        ]
        objects = (
            _values(said, kind.influencer) or _values(said, prov_o.prov("influencer")) or [None]
        )
        more = [_values(said, property_) for _, property_ in kind.arguments]
        if len(subjects) * len(objects) > MOST_COMBINATIONS:
            raise BadInput(f"The node {node} stands for more than {MOST_COMBINATIONS} statements.")
        extra = self._extra(attributes, kind)
        extra += (
            [(_TYPE, self._names[term]) for term in sorted(subtypes)] if kind is _DERIVATION else []
        )
        identifier = self._statement_id(node)
        for subject, object_ in product(subjects, objects):
            for covered in (None, *subtypes):
                self._covered.add((kind.name, subject, object_, covered))
            for arguments in zip_longest(*more) if any(more) else [()]:
                self._add(kind, identifier, (subject, object_, *arguments), extra)

    def _attributes(self, said: Node, kinds: Mapping[str, Kind]) -> list[tuple[Term, Term]]:
        taken = {prov_o.prov("influencer")}
        if _has_mention(said):
            taken.add(_AS_IN_BUNDLE)
        for kind in kinds.values():
            taken |= {kind.influencer, *(property_ for _, property_ in kind.arguments)}
        return [
            (property_, value)
            for property_, value in said
            if property_ not in taken
            and property_ not in _RELATIONS
            and not (
                property_ == RDF_TYPE
                and (value in _STATEMENT_CLASSES or value in prov_o.UPPER_CLASSES)
            )
        ]

    def _statement_id(self, node: Term) -> QualifiedName | None:
        if node.startswith(("_:", f"<{GENID}")) and node not in self._referenced:
            return None
        return self._names[node]

    def _read_own(self, said: Node) -> None:
        """A statement that stands in provkit's own terms, apart from others of its identifier."""
        named = _values(said, prov_o.STATEMENT_TYPE)
        name = named[0].removeprefix(f"<{prov_o.PROV}").rstrip(">") if named else ""
        if name not in KINDS and name not in ELEMENTS.values():
            raise BadInput(
                f"A pk:Statement is of the type {name!r}, which is no statement of PROV."
            )
        properties = argument_properties(name)
        identifiers = _values(said, prov_o.STATEMENT_ID)
        identifier = self._names[identifiers[0]] if identifiers else None
        attributes = [
            (property_, value)
            for property_, value in said
            if property_ not in properties and property_ not in _OWN_PROPERTIES
        ]
        arguments = [_values(said, property_) for property_ in properties]
        kind = KINDS.get(name)
        if kind is None:
            self._add_element(name, identifier, arguments, self._extra(attributes))
            return
        extra = self._extra(attributes, kind)
        subtypes = [value for property_, value in attributes if value in SUBTYPES]
        for subject, object_ in product(arguments[0], arguments[1]):
            for covered in (None, *subtypes):
                self._covered.add((name, subject, object_, covered))
        formal = (kind.subject, kind.object, *(argument for argument, _ in kind.arguments))
        pairs = [
            (attribute, self._formal(attribute, value))
            for attribute, values in zip(formal, arguments, strict=True)
            for value in values
        ]
        add_record(self._bundle, name, identifier, pairs, extra)

    # -------------------------------------------------------------- elements

    def _says_more(self, said: Node) -> bool:
        return any(
            property_ not in _RELATIONS and property_ != _AS_IN_BUNDLE for property_, _ in said
        )

    def _role(self, node: Term) -> str:
        """What an untyped node is, by the relations it stands in."""
        if not self._roles:
            for name, subject, object_ in self._plain:
                self._take_roles(KINDS[name], subject, object_)
            for owned, owners in self._owners.items():
                for kind, subject, _ in owners:
                    for object_ in _values(self._nodes.get(owned, {}), kind.influencer):
                        self._take_roles(kind, subject, object_)
            self._roles.setdefault("", "Entity")
        return self._roles.get(node, "Entity")

    def _take_roles(self, kind: Kind, subject: Term, object_: Term) -> None:
        for node, attribute in ((subject, kind.subject), (object_, kind.object)):
            role = _ELEMENT_OF_ROLE.get(attribute.localpart)
            if role:
                self._roles[node] = role

    def _read_element(
        self, node: Term, said: Node, elements: list[str], *, is_statement: bool
    ) -> None:
        has_mention = _has_mention(said)
        owner = owner_of_attributes(elements)
        attributes: dict[str, list[tuple[Term, Term]]] = {name: [] for name in elements}
        times: tuple[list[Term], list[Term]] = ([], [])
        for property_, value in said:
            if property_ in _RELATIONS or (property_ == _AS_IN_BUNDLE and has_mention):
                continue
            if property_ == RDF_TYPE:
                if value in ELEMENTS or (is_statement and value in _STATEMENT_CLASSES):
                    continue
                of = SUBCLASSES.get(value, owner)
                attributes[of if of in attributes else owner].append((property_, value))
            elif property_ == prov_o.STARTED and "Activity" in attributes:
                times[0].append(value)
            elif property_ == prov_o.ENDED and "Activity" in attributes:
                times[1].append(value)
            else:
                attributes[owner].append((property_, value))
        for name in elements:
            own_times = list(times) if name == "Activity" else []
            self._add_element(name, self._names[node], own_times, self._extra(attributes[name]))

    def _add_element(
        self,
        name: str,
        identifier: QualifiedName | None,
        times: list[list[Term]],
        extra: Attributes,
    ) -> None:
        if not any(times):
            add_record(self._bundle, name, identifier, (), extra)
            return
        for started, ended in zip_longest(*times):
            formal: Attributes = []
            if started is not None:
                formal.append((PROV["startTime"], time_of(started)))
            if ended is not None:
                formal.append((PROV["endTime"], time_of(ended)))
            add_record(self._bundle, name, identifier, formal, extra)

    # -------------------------------------------------------------- plain relations

    def _read_plain(self) -> None:
        covered = self._covered
        for (name, subject, object_), subtypes in self._plain.items():
            kind = KINDS[name]
            is_said = (name, subject, object_, None) in covered
            for subtype in subtypes:
                if subtype is not None and (name, subject, object_, subtype) not in covered:
                    self._add(kind, None, (subject, object_), [(_TYPE, self._names[subtype])])
                    is_said = True
            if is_said:
                continue
            if kind is _MENTION:
                bundles = _values(self._nodes.get(subject, {}), _AS_IN_BUNDLE) or [None]
                for bundle in bundles:
                    self._add(kind, None, (subject, object_, bundle), [])
            else:
                self._add(kind, None, (subject, object_), [])

    def _add(
        self,
        kind: Kind,
        identifier: QualifiedName | None,
        arguments: tuple[Term | None, ...],
        extra: Attributes,
    ) -> None:
        formal = (kind.subject, kind.object, *(argument for argument, _ in kind.arguments))
        pairs = [
            (attribute, self._formal(attribute, value))
            for attribute, value in zip(formal, arguments, strict=False)
            if value is not None
        ]
        add_record(self._bundle, kind.name, identifier, pairs, extra)

    def _formal(self, attribute: QualifiedName, value: Term) -> Any:
        if attribute in _TIME_ATTRIBUTES:
            return time_of(value)
        if value.startswith('"'):
            raise BadInput(f"The literal {value[:80]} stands where a {attribute} was expected.")
        return self._names[value]

    def _extra(
        self, attributes: Iterable[tuple[Term, Term]], kind: Kind | None = None
    ) -> Attributes:
        formal = (
            () if kind is None else (kind.subject, kind.object, *(a for a, _ in kind.arguments))
        )
        return [
            (self._attribute_name(property_, formal), self._names.value(value))
            for property_, value in attributes
        ]

    def _attribute_name(self, property_: Term, formal: tuple[QualifiedName, ...]) -> QualifiedName:
        if property_ == RDF_TYPE:
            return _TYPE
        name = _PROV_NAMES.get(property_) or self._names[property_]
        if name in formal:
            # not an argument of this kind in PROV-O, but the argument's name in PROV-DM
            return self._names.of_iri(prov_o.escaped(name.uri))
        return name


def _values(said: Node, property_: Term) -> list[Any]:
    return [value for of, value in said if of == property_]


def _has_mention(said: Node) -> bool:
    """Whether `prov:asInBundle` of a node belongs to a mention, and is no attribute."""
    return any(property_ == _MENTION.plain for property_, _ in said)


def _elements(types: list[Term]) -> dict[str, None]:
    """The kinds of element that classes make a node, as an ordered set."""
    said = {ELEMENTS[type_]: None for type_ in types if type_ in ELEMENTS}
    return said | {SUBCLASSES[type_]: None for type_ in types if type_ in SUBCLASSES}
