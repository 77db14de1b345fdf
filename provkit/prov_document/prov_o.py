"""How PROV-O says each statement of PROV-DM: its relations, classes and argument properties.

Where PROV-O has no words, terms of `https://w3id.org/provkit/ns#` stand in; they are
declared in `ontologies/provkit.ttl` and explained in `docs/formats.md`.

Source:
    PROV-O (W3C Recommendation 30 April 2013), section 3.3 and tables 2 and 3; PROV-Links for mentions.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from prov import model
from prov.identifier import QualifiedName

PROV = "http://www.w3.org/ns/prov#"
PK = "https://w3id.org/provkit/ns#"
RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
RDFS_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"

ESCAPED = "https://w3id.org/provkit/attribute/"
"""An attribute whose own IRI PROV-O would read as something else stands below this, percent-encoded."""

NAME = "https://w3id.org/provkit/name/"
"""A name that is no IRI (some tools bind prefixes to plain words) stands below this, percent-encoded."""

GENID = "https://w3id.org/provkit/.well-known/genid/"
"""A blank node that is no statement is named below this in a document."""

LANGUAGE = "https://w3id.org/provkit/language/"
"""Datatype of a string whose language tag is no BCP 47 tag; the tag follows."""


def prov(local: str) -> str:
    """The N-Triples term of a PROV name."""
    return f"<{PROV}{local}>"


def pk(local: str) -> str:
    """The N-Triples term of one of provkit's own names."""
    return f"<{PK}{local}>"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of relation: how PROV-DM and PROV-O name its parts."""

    name: str
    """Local name of its class, and of its record type in `prov`."""
    subject: QualifiedName
    """Formal attribute that is the subject of the plain relation."""
    object: QualifiedName
    """Formal attribute that is its object."""
    plain: str
    """Term of the plain relation."""
    qualified: str | None = None
    """Term of the property that leads to the qualified node; None if PROV-O has none."""
    influencer: str = pk("object")
    """Term of the property that leads from the node to the object."""
    arguments: tuple[tuple[QualifiedName, str], ...] = ()
    """The other formal attributes, with the property that gives each on the node."""

    @property
    def node_class(self) -> str:
        """Term of the class of its qualified node."""
        return prov(self.name)


def _formal(name: str) -> QualifiedName:
    return model.PROV[name]


_TIME = (_formal("time"), prov("atTime"))


def _kind(name: str, parts: str, words: str, *more: tuple[QualifiedName, str]) -> Kind:
    subject, object_ = parts.split()
    plain, qualified, influencer = words.split()
    return Kind(
        name,
        _formal(subject),
        _formal(object_),
        prov(plain),
        prov(qualified),
        prov(influencer),
        more,
    )


def _bare(name: str, parts: str, plain: str, *more: tuple[QualifiedName, str]) -> Kind:
    subject, object_ = parts.split()
    return Kind(name, _formal(subject), _formal(object_), prov(plain), arguments=more)


def _activity(name: str) -> tuple[QualifiedName, str]:
    return (_formal(name), prov("hadActivity"))


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("Generation", "entity activity", "wasGeneratedBy qualifiedGeneration activity", _TIME),
        _kind("Usage", "activity entity", "used qualifiedUsage entity", _TIME),
        _kind("Communication", "informed informant", "wasInformedBy qualifiedCommunication activity"),
        _kind("Start", "activity trigger", "wasStartedBy qualifiedStart entity", _activity("starter"), _TIME),
        _kind("End", "activity trigger", "wasEndedBy qualifiedEnd entity", _activity("ender"), _TIME),
        _kind("Invalidation", "entity activity", "wasInvalidatedBy qualifiedInvalidation activity", _TIME),
        _kind(
            "Derivation", "generatedEntity usedEntity", "wasDerivedFrom qualifiedDerivation entity",
            _activity("activity"),
            (_formal("generation"), prov("hadGeneration")),
            (_formal("usage"), prov("hadUsage")),
        ),
        _kind("Attribution", "entity agent", "wasAttributedTo qualifiedAttribution agent"),
        _kind(
            "Association", "activity agent", "wasAssociatedWith qualifiedAssociation agent",
            (_formal("plan"), prov("hadPlan")),
        ),
        _kind(
            "Delegation", "delegate responsible", "actedOnBehalfOf qualifiedDelegation agent",
            _activity("activity"),
        ),
        _kind("Influence", "influencee influencer", "wasInfluencedBy qualifiedInfluence influencer"),
        _bare("Specialization", "specificEntity generalEntity", "specializationOf"),
        _bare("Alternate", "alternate1 alternate2", "alternateOf"),
        _bare("Membership", "collection entity", "hadMember"),
        _bare("Mention", "specificEntity generalEntity", "mentionOf", (_formal("bundle"), prov("asInBundle"))),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subtype:
    """A kind of derivation that PROV-O has own words for and PROV-DM a type attribute."""

    name: str
    plain: str
    qualified: str


SUBTYPES: dict[str, Subtype] = {
    prov(name): Subtype(name, prov(plain), prov(f"qualified{name}"))
    for name, plain in (
        ("Revision", "wasRevisionOf"),
        ("Quotation", "wasQuotedFrom"),
        ("PrimarySource", "hadPrimarySource"),
    )
}
"""By the term of the class."""

ELEMENTS = {prov(name): name for name in ("Entity", "Activity", "Agent")}

SUBCLASSES = {
    **{prov(name): "Agent" for name in ("Person", "Organization", "SoftwareAgent")},
    **{prov(name): "Entity" for name in ("Plan", "Collection", "EmptyCollection", "Bundle")},
}
"""Classes of PROV-O that make a node an element without saying so twice."""

UPPER_CLASSES = frozenset(
    prov(name)
    for name in ("Influence", "EntityInfluence", "ActivityInfluence", "AgentInfluence", "InstantaneousEvent")
)  # fmt: skip
"""Classes that follow from the class of a qualified node, and say nothing more."""

NODE_CLASSES = {kind.node_class: kind for kind in KINDS.values() if kind.qualified}

PLAIN = {kind.plain: kind for kind in KINDS.values()}
QUALIFIED = {kind.qualified: kind for kind in KINDS.values() if kind.qualified}
INVERSES = {prov("generated"): KINDS["Generation"], prov("invalidated"): KINDS["Invalidation"]}
PLAIN_SUBTYPES = {subtype.plain: term for term, subtype in SUBTYPES.items()}
QUALIFIED_SUBTYPES = {subtype.qualified: term for term, subtype in SUBTYPES.items()}

ATTRIBUTES: dict[str, str] = {
    RDFS_LABEL: f"{PROV}label",
    prov("atLocation"): f"{PROV}location",
    prov("hadRole"): f"{PROV}role",
    pk("assertedType"): f"{PROV}type",
}
"""Properties whose PROV-DM attribute has another name."""

PROPERTIES: dict[str, str] = {
    attribute: term for term, attribute in ATTRIBUTES.items() if not attribute.endswith("#type")
}

STATEMENT = pk("Statement")
STATEMENT_TYPE = pk("statementType")
STATEMENT_ID = pk("statementIdentifier")
STATEMENT_SUBJECT = pk("subject")
EMPTY_BUNDLE = pk("EmptyBundle")
IMPORTED = pk("ImportedDocument")
PREFIX = pk("prefixDeclaration")

STARTED, ENDED = prov("startedAtTime"), prov("endedAtTime")

RESERVED = frozenset(
    {RDF_TYPE, STARTED, ENDED, STATEMENT_TYPE, STATEMENT_ID, STATEMENT_SUBJECT, pk("object")}
    | set(ATTRIBUTES)
    | set(PLAIN) | set(QUALIFIED) | set(INVERSES) | set(PLAIN_SUBTYPES) | set(QUALIFIED_SUBTYPES)
    | {kind.influencer for kind in KINDS.values()}
    | {term for kind in KINDS.values() for _, term in kind.arguments}
)  # fmt: skip
"""Properties that mean something here; an attribute of that very name is escaped."""

DICTIONARY_WORDS = frozenset(
    prov(name)
    for name in (
        "qualifiedInsertion", "qualifiedRemoval", "hadDictionaryMember", "derivedByInsertionFrom",
        "derivedByRemovalFrom", "insertedKeyEntityPair", "removedKey", "pairKey", "pairEntity",
    )
)  # fmt: skip
"""Properties of PROV-Dictionary, which the model of `prov` cannot hold."""


def escaped(iri: str) -> str:
    """The property that stands for an attribute whose own IRI is reserved."""
    return ESCAPED + quote(iri, safe="")


def unescaped(iri: str) -> str:
    """The attribute that a property of `escaped` stands for, or the property itself."""
    return unquote(iri[len(ESCAPED) :]) if iri.startswith(ESCAPED) else iri
