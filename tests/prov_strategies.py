"""Random PROV documents for Hypothesis: every statement, bundles, every kind of attribute.

`prov_documents()` draws from few names, so that identifiers are shared: elements stated
twice, relations with one identifier and different times, agents that are entities too.
"""

from __future__ import annotations

import datetime

from hypothesis import strategies as st
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import PROV, PROV_REC_CLS, XSD, Literal, ProvBundle, ProvDocument

NAMESPACES = (
    Namespace("ex", "http://example.org/"),
    Namespace("ex2", "http://example.org/second#"),
    Namespace("p-plan", "http://purl.org/net/p-plan#"),
    Namespace("run", "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/trial/3f/"),
    Namespace("sk", "pkg:pypi/scikit-learn@1.7.2#sklearn."),
    Namespace("bytes", "ni:///sha-256;"),
    Namespace("", "http://example.org/default/"),
)
ELEMENTS = ("Entity", "Activity", "Agent")
RELATIONS = (
    *("Generation", "Usage", "Communication", "Start", "End", "Invalidation", "Derivation"),
    *("Attribution", "Association", "Delegation", "Influence"),
    *("Specialization", "Alternate", "Membership", "Mention"),
)
NEVER_LEFT_OUT = {"Specialization": 2, "Alternate": 2, "Membership": 2, "Mention": 3}
"""How many first arguments a relation always has; one, for the others."""
_TIMES = frozenset({PROV["time"], PROV["startTime"], PROV["endTime"]})
_PLAIN_LOCALS = ("e1", "e2", "a1", "ag", "x_y")
_ODD_LOCALS = (
    *("10", "11.14-11.35", "train.py", "value/df.2", "a(b)", "a:b", "x,y=z", "%20", "q'", "[0]"),
    *("日本語", "имя", "é", "-dash", "dot.", "#", "a@b", "*", "~", "/", "//x", "x-y"),
)
_CONTROL = "".join(
    map(chr, [*range(0x09), 0x0B, 0x0C, 0x0D, *range(0x0E, 0x20), 0x7F, 0xFFFE, 0xFFFF])
)
_LEXICAL = {
    "decimal": ("1.5", "-0.10", "10"),
    "float": ("1.5", "1E3"),
    "long": ("5", "123456789012"),
    "short": ("5",),
    "unsignedByte": ("200",),
    "nonNegativeInteger": ("0", "007"),
    "date": ("2026-11-20",),
    "time": ("10:00:00Z",),
    "gYear": ("2013",),
    "duration": ("PT12.225S",),
    "hexBinary": ("00FF",),
    "base64Binary": ("AAEC",),
    "language": ("en",),
    "token": ("a token",),
}


def names(*, odd: bool = True) -> st.SearchStrategy[QualifiedName]:
    """Qualified names; with `odd`, of all the characters that a name may have."""
    locals_ = st.sampled_from(_PLAIN_LOCALS)
    if odd:
        locals_ = st.one_of(locals_, locals_, st.sampled_from(_ODD_LOCALS))
    return st.builds(QualifiedName, st.sampled_from(NAMESPACES), locals_)


def texts() -> st.SearchStrategy[str]:
    """Texts that every syntax can hold (XML knows no control characters)."""
    return st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters=_CONTROL), max_size=12
    )


def times() -> st.SearchStrategy[datetime.datetime]:
    """Times with and without a zone, to the microsecond."""
    zones = st.sampled_from(
        [None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=5, minutes=30))]
    )
    return st.datetimes(
        min_value=datetime.datetime(1000, 1, 1),  # noqa: DTZ001
        max_value=datetime.datetime(3000, 1, 1),  # noqa: DTZ001
        timezones=zones,
    )


def values() -> st.SearchStrategy[object]:
    """Values of every datatype that PROV has a form for."""
    typed = st.sampled_from(sorted(_LEXICAL)).flatmap(
        lambda name: st.sampled_from(_LEXICAL[name]).map(lambda text: Literal(text, XSD[name]))
    )
    languages = st.sampled_from(["en", "fr", "de-CH", "zh-Hant-TW"])
    return st.one_of(
        texts(),
        st.integers(),
        st.integers(-(10**25), 10**25),
        st.floats(allow_nan=False),
        st.booleans(),
        times(),
        names(),
        st.sampled_from(["http://example.org/a?b=c&d", "urn:x:y"]).map(Identifier),
        st.builds(lambda text, tag: Literal(text, langtag=tag), texts(), languages),
        typed,
        st.sampled_from(["Entity", "Plan", "Person", "Revision", "Usage", "Bundle"]).map(
            PROV.__getitem__
        ),
    )


def attributes() -> st.SearchStrategy[list[tuple[QualifiedName, object]]]:
    """Attributes: PROV's own, and of other namespaces, some with several values."""
    labels = st.one_of(texts(), st.builds(lambda t: Literal(t, langtag="fr"), texts()))
    pair = st.one_of(
        st.tuples(st.just(PROV["label"]), labels),
        st.tuples(st.sampled_from([PROV["type"], PROV["location"]]), values()),
        st.tuples(names(), values()),
        st.tuples(st.sampled_from(NAMESPACES[:4]).map(lambda space: space["attribute"]), values()),
    )
    return st.lists(pair, max_size=3)


@st.composite
def _element(draw: st.DrawFn, bundle: ProvBundle) -> None:
    name = draw(st.sampled_from(ELEMENTS))
    formal = {}
    if name == "Activity":
        for attribute in ("startTime", "endTime"):
            if draw(st.booleans()):
                formal[PROV[attribute]] = draw(times())
    extra = draw(attributes())
    if name == "Entity" and draw(st.booleans()):
        extra.append((PROV["value"], draw(values())))
    bundle.new_record(PROV[name], draw(names()), formal, extra)


@st.composite
def _relation(draw: st.DrawFn, bundle: ProvBundle) -> None:
    name = draw(st.sampled_from(RELATIONS))
    formal = {}
    for index, attribute in enumerate(PROV_REC_CLS[PROV[name]].FORMAL_ATTRIBUTES):
        if index < NEVER_LEFT_OUT.get(name, 1) or draw(st.booleans()):
            formal[attribute] = draw(times() if attribute in _TIMES else names())
    identifier, extra = None, []
    if name not in NEVER_LEFT_OUT:
        identifier = draw(st.one_of(st.none(), names()))
        extra = draw(attributes())
        if name in ("Usage", "Generation", "Association", "Start", "End") and draw(st.booleans()):
            extra.append((PROV["role"], draw(values())))
        if name == "Derivation" and draw(st.booleans()):
            extra.append((PROV["type"], PROV[draw(st.sampled_from(["Revision", "Quotation"]))]))
    bundle.new_record(PROV[name], identifier, formal, extra)


@st.composite
def _fill(draw: st.DrawFn, bundle: ProvBundle, most: int) -> None:
    for _ in range(draw(st.integers(0, most))):
        draw(_element(bundle) if draw(st.booleans()) else _relation(bundle))


@st.composite
def prov_documents(
    draw: st.DrawFn, *, most_statements: int = 8, bundles: bool = True
) -> ProvDocument:
    """A document of some statements, and of some bundles with statements.

    Args:
        draw: Given by Hypothesis.
        most_statements: In the document itself; a bundle has half as many.
        bundles: Whether there may be bundles.
    """
    document = ProvDocument()
    for namespace in NAMESPACES:
        if namespace.prefix:
            document.add_namespace(namespace)
        elif draw(st.booleans()):
            document.set_default_namespace(namespace.uri)
    draw(_fill(document, most_statements))
    if bundles:
        for index in range(draw(st.integers(0, 2))):
            bundle = document.bundle(NAMESPACES[0][f"bundle{index}"])
            draw(_fill(bundle, most_statements // 2))
    return document
