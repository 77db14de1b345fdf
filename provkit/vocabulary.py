"""The words of the graphs: namespaces, terms and literals as N-Triples text, and who declares what.

Capture ends in quads of plain text, so this module imports no RDF library: importing rdflib
alone takes longer than mapping and sealing a trial.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from provkit.errors import UsageError
from provkit.model import Scalar

Term = str
"""An IRI or a literal as N-Triples writes it: `<iri>`, `"text"`, `"1"^^<datatype>`."""

Quad = tuple[Term, Term, Term, Term]
"""Subject, predicate, object, graph."""

PREFIXES: dict[str, str] = {
    "prov": "http://www.w3.org/ns/prov#",
    "p-plan": "http://purl.org/net/p-plan#",
    "repr": "https://w3id.org/reproduceme#",
    "mls": "http://www.w3.org/ns/mls#",
    "provone": "http://purl.dataone.org/provone/2015/01/15/ontology#",
    "schema": "https://schema.org/",
    "pk": "https://w3id.org/provkit/ns#",
    "pml": "https://w3id.org/provkit/prov-ml#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "dcterms": "http://purl.org/dc/terms/",
}

# What N-Triples must escape, and what would harm a reader on the way: line separators that
# `str.splitlines` cuts at, other control characters. Lone surrogates are no characters at all.
_ESCAPED_IN_LITERALS = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}

# RFC 3987 `ucschar`: what may stand in an IRI as it is, beside ASCII; planes end two short.
_UCSCHAR = "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr((plane << 16) + (0x1000 if plane == 14 else 0))}-{chr((plane << 16) + 0xFFFD)}"
    for plane in range(1, 15)
)
_ESCAPED_IN_IRIS = re.compile(
    rf"%(?![0-9A-Fa-f]{{2}})|[^%A-Za-z0-9!#$&'()*+,\-./:;=?@_~{_UCSCHAR}]"
)
# Brackets are allowed around an IPv6 address and nowhere else.
_AUTHORITY = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9._~!$&'()*+,;=:@-]*(?:\[[0-9A-Fa-f:.]*\])?(?::[0-9]*)?(?=[/?#]|\Z)"
)


def iri(text: str) -> Term:
    """Write an IRI as a term, percent-encoding what no IRI may hold.

    A text that is an IRI already comes through unchanged. What is not one as a whole (no
    scheme) is the caller's to find: this escapes characters and checks nothing else.
    """
    authority = _AUTHORITY.match(text)
    start = authority.end() if authority else 0
    before, hash_sign, fragment = text[start:].partition("#")
    rest = before + hash_sign + fragment.replace("#", "%23")
    return f"<{text[:start]}{_ESCAPED_IN_IRIS.sub(_percent_encoded, rest)}>"


def _percent_encoded(match: re.Match[str]) -> str:
    # surrogatepass: two texts that differ in lone surrogates alone stay two IRIs
    octets = match[0].encode("utf-8", "surrogatepass")
    return "".join(f"%{octet:02X}" for octet in octets)


@cache
def term(name: str) -> Term:
    """Write a prefixed name (`prov:used`) as a term.

    Raises:
        UsageError: The prefix is none of `PREFIXES`.
    """
    prefix, colon, local = name.partition(":")
    if not colon or prefix not in PREFIXES:
        known = ", ".join(PREFIXES)
        raise UsageError(
            f"Couldn't expand the name {name!r}: its prefix is unknown; use one of {known}."
        )
    return iri(PREFIXES[prefix] + local)


# ------------------------------------------------------------------ literals

_INTEGER = f'"^^{term("xsd:integer")}'
_TELLING_DIGITS = 15
"""Of a double: with fewer no other form is as near."""
_DOUBLE = f'"^^{term("xsd:double")}'
_DATE_TIME = f'"^^{term("xsd:dateTime")}'
TRUE = f'"true"^^{term("xsd:boolean")}'
FALSE = f'"false"^^{term("xsd:boolean")}'


def literal(
    value: Scalar | datetime,
    *,
    datatype: Term | None = None,
    language: str | None = None,
) -> Term:
    """Write a Python value as a literal in the canonical form that pyoxigraph keeps.

    A form that an index would rewrite makes segment and index differ, so a double has no
    exponent and no trailing `.0`, and a time is in UTC with milliseconds at most (HermiT
    refuses more digits, and trailing zeros). Lone surrogates, which no text file can hold,
    become U+FFFD.

    Args:
        value: A time has to know its zone.
        datatype: A term, for text that is written as it stands; not for other values.
        language: A BCP 47 tag for text.

    Raises:
        ValueError: A time without a zone.
    """
    if isinstance(value, str):
        text = _ESCAPED_IN_LITERALS.sub(_escaped, value)
        if datatype is not None:
            return f'"{text}"^^{datatype}'
        return f'"{text}"@{language}' if language else f'"{text}"'
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    if isinstance(value, int):
        return f'"{_digits(value)}{_INTEGER}'
    if isinstance(value, float):
        return f'"{_double(value)}{_DOUBLE}'
    return f'"{_utc(value)}{_DATE_TIME}'


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    short = _SHORT_ESCAPES.get(character)
    if short:
        return short
    code = ord(character)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04X}"


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:
        # beyond `sys.get_int_max_str_digits`; Decimal has no such limit
        return format(Decimal(value), "f")


def _double(value: float) -> str:
    if math.isfinite(value):
        shortest = repr(value)
        if len(shortest) > _TELLING_DIGITS:
            shortest = _nearer_up(value, shortest)
        if "e" in shortest or "E" in shortest:
            return format(Decimal(shortest), "f")
        return shortest.removesuffix(".0")
    if math.isnan(value):
        return "NaN"
    return "INF" if value > 0 else "-INF"


def _nearer_up(value: float, shortest: str) -> str:
    """Choose the larger of two shortest forms that are equally near, as the store does; Python has the even one."""
    exact, told = Decimal(value), Decimal(shortest)
    if len(exact.as_tuple().digits) != len(told.as_tuple().digits) + 1:
        return shortest
    last = Decimal((0, (1,), int(told.as_tuple().exponent)))
    rounded = exact.quantize(last, rounding=ROUND_HALF_UP)
    return str(rounded) if float(rounded) == value else shortest


def _utc(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"Couldn't write the time {value.isoformat()!r}: it has no time zone.")
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    # cut, not rounded: rounding could put an end before the start that follows it
    text = value.isoformat(timespec="milliseconds")[:23]
    return (text.rstrip("0").removesuffix(".") if value.microsecond else text[:19]) + "Z"


# ------------------------------------------------------------------ what is declared

TABLES = Path(__file__).resolve().parent / "term_tables"
"""One table for each vocabulary, made from its published file by tests/make_term_tables.py."""

Kind = str
"""`class`, `property` or `individual`; several, joined by `+`, where a file declares a pun."""


@dataclass(frozen=True, slots=True)
class DeclaredTerm:
    """What a published file says of one of its terms: facts only, no words of its authors.

    Parents, domain and range are names with a prefix where one is known, else IRIs; unnamed
    classes are left out.
    """

    name: str
    """With its prefix: `prov:used`."""
    kind: Kind
    parents: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    source: str = ""
    """The published file that declares it."""


@cache
def declared_terms(prefix: str) -> dict[str, DeclaredTerm]:
    """Read the table of one vocabulary, by prefixed name.

    Of schema.org only the terms that provkit uses are listed, so any other is undeclared here.

    Returns:
        The terms in the order of their names; empty for a vocabulary without a table.
    """
    table = TABLES / f"{prefix}.tsv"
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            row["name"]: DeclaredTerm(
                row["name"],
                row["kind"],
                tuple(row["parents"].split()),
                tuple(row["domain"].split()),
                tuple(row["range"].split()),
                row["source"],
            )
            for row in rows
        }


def tabled_prefixes() -> tuple[str, ...]:
    """List the prefixes that have a table of terms, in the order of `PREFIXES`."""
    return tuple(prefix for prefix in PREFIXES if (TABLES / f"{prefix}.tsv").is_file())


def undeclared(quads: Iterable[Quad]) -> list[Term]:
    """Find terms in a tabled namespace that its vocabulary does not declare as they are used.

    Looked at are predicates (to be declared as properties), classes in the object position of
    `rdf:type`, and any object in provkit's own namespace.

    Returns:
        Each such term once, in the order of first use.
    """
    vocabulary = _Declared.read()
    rdf_type = term("rdf:type")
    own = "<" + PREFIXES["pk"]
    found: dict[Term, None] = {}
    for _, predicate, value, _ in quads:
        if not vocabulary.knows(predicate, "property"):
            found[predicate] = None
        if predicate == rdf_type:
            if not vocabulary.knows(value, "class"):
                found[value] = None
        elif value.startswith(own) and not vocabulary.knows(value, ""):
            found[value] = None
    return list(found)


class _Declared:
    """All tables as one look-up from term to kind."""

    def __init__(self) -> None:
        self._namespaces = tuple("<" + PREFIXES[prefix] for prefix in tabled_prefixes())
        self._kinds = {
            term(name): declared.kind
            for prefix in tabled_prefixes()
            for name, declared in declared_terms(prefix).items()
        }

    @staticmethod
    @cache
    def read() -> _Declared:
        return _Declared()

    def knows(self, used: Term, kind: Kind) -> bool:
        """Tell whether a term is declared as that kind, or lies in no tabled namespace."""
        declared = self._kinds.get(used)
        if declared is None:
            return not used.startswith(self._namespaces)
        return kind in declared
