"""Names and values of a PROV document as RDF terms (N-Triples text), and back."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import PROV as PROV_NAMESPACE
from prov.model import XSD, Literal, ProvDocument, canonical_xsd_datatype, parse_xsd_datetime
from pyoxigraph import NamedNode

from provkit.errors import BadInput
from provkit.prov_document.prov_o import ESCAPED, GENID, LANGUAGE, NAME, unescaped

_STAND_INS = (NAME, ESCAPED, LANGUAGE)
XSD_IRI = "http://www.w3.org/2001/XMLSchema#"
_PLAIN_TEXT = re.compile(r'[^"\\\n\r\x00-\x1f\x7f\ud800-\udfff]*')
_LANGUAGE_TAG = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(r'["\\\n\r\t]')
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\^\^<([^>]*)>|@([A-Za-z0-9-]+))?', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_UNESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_PYTHON_ONLY = (
    (decimal.Decimal, "decimal"),
    (datetime.date, "date"),
    (datetime.time, "time"),
)


# ------------------------------------------------------------------ document to RDF


@lru_cache(maxsize=200_000)
def iri_term(iri: str) -> str:
    """The term of a name: itself if RDF takes it as an IRI, else escaped below `NAME`."""
    try:
        # a name that looks like one of the stand-ins is itself given a stand-in
        return (
            f"<{NAME}{quote(iri, safe='')}>" if iri.startswith(_STAND_INS) else str(NamedNode(iri))
        )
    except ValueError:
        return f"<{NAME}{quote(iri, safe='', errors='surrogatepass')}>"


def name_term(name: QualifiedName | Identifier, *, blank: bool) -> str:
    """The term of a qualified name; one below `GENID` is a blank node again if `blank`."""
    if blank and name.uri.startswith(GENID):
        return f"_:{name.uri[len(GENID) :]}"
    return iri_term(name.uri)


def _quoted(text: str) -> str:
    if _PLAIN_TEXT.fullmatch(text):
        return f'"{text}"'
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInput(
            f"The text {text[:60]!r} holds half a surrogate pair, which is no character."
        ) from error
    return '"' + _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text) + '"'


def time_text(value: datetime.datetime) -> str:
    """A time as xsd:dateTime, in the zone that it has; offsets of odd seconds go to UTC."""
    offset = value.utcoffset()
    if offset is not None and offset.total_seconds() % 60:
        value = value.astimezone(datetime.UTC)
    return value.isoformat()


def double_text(value: float) -> str:
    """A float in the lexical space of xsd:double."""
    if math.isfinite(value):
        return repr(float(value))
    if math.isnan(value):
        return "NaN"
    return "INF" if value > 0 else "-INF"


def value_term(value: Any, *, blank: bool) -> str:
    """The term of an attribute's value.

    Raises:
        BadInput: The value has no form in PROV (only a program could have put it there).
    """
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, QualifiedName):
        return name_term(value, blank=blank)
    if isinstance(value, Literal):
        return _literal_term(value)
    if isinstance(value, bool):
        return f'"{"true" if value else "false"}"^^<{XSD_IRI}boolean>'
    if isinstance(value, int):
        datatype = canonical_xsd_datatype(value)
        return f'"{value}"^^<{datatype.uri if datatype else XSD_IRI + "integer"}>'
    if isinstance(value, float):
        return f'"{double_text(value)}"^^<{XSD_IRI}double>'
    if isinstance(value, datetime.datetime):
        return f'"{time_text(value)}"^^<{XSD_IRI}dateTime>'
    if isinstance(value, Identifier):
        return f"{_quoted(value.uri)}^^<{XSD_IRI}anyURI>"
    for type_, datatype_name in _PYTHON_ONLY:
        if isinstance(value, type_):
            return f'"{value}"^^<{XSD_IRI}{datatype_name}>'
    raise BadInput(f"The value {value!r} of type {type(value).__qualname__} has no form in PROV.")


def _literal_term(literal: Literal) -> str:
    text = _quoted(literal.value)
    if literal.langtag is not None:
        if _LANGUAGE_TAG.fullmatch(literal.langtag):
            return f"{text}@{literal.langtag}"
        return f"{text}^^<{LANGUAGE}{quote(literal.langtag, safe='')}>"
    if literal.datatype is None:
        return text
    return f"{text}^^{iri_term(literal.datatype.uri)}"


# ------------------------------------------------------------------ RDF to document


def literal_parts(term: str) -> tuple[str, str | None, str | None]:
    """Text, datatype IRI and language tag of a literal term."""
    match = _LITERAL.fullmatch(term)
    if match is None:
        raise BadInput(f"The term {term[:80]!r} is no RDF literal.")
    text = match[1]
    return (_ESCAPE.sub(_unescape, text) if "\\" in text else text), match[2], match[3]


def _unescape(match: re.Match[str]) -> str:
    if match[3]:
        return _UNESCAPES.get(match[3], match[3])
    return chr(int(match[1] or match[2], 16))


class Names:
    """Qualified names for IRIs, each splitting so that every syntax can write it.

    A declared prefix is used where its namespace is the longest that leaves a local part
    PROV-N can write; else a namespace is made for the family of the IRI, up to its last
    `/`, `#` or `:`.
    """

    def __init__(self, document: ProvDocument, prefixes: dict[str, str]) -> None:
        """Declare the prefixes in the document; those that clash are renamed.

        Args:
            document: Gets a namespace for each prefix, and for each family met later.
            prefixes: Namespace IRI by prefix; the empty prefix is the default namespace.
        """
        self._document = document
        self._namespaces: dict[str, Namespace] = {
            PROV_NAMESPACE.uri: PROV_NAMESPACE, XSD.uri: XSD
        }  # fmt: skip
        self._taken = {"prov", "xsd", "xsi", "xml", "xmlns", "default", ""}
        self._names: dict[str, QualifiedName] = {}
        for prefix, iri in prefixes.items():
            if iri.strip() and iri not in self._namespaces:
                self._declare(prefix, iri)
        self._lengths = sorted({len(iri) for iri in self._namespaces}, reverse=True)

    def _declare(self, prefix: str, iri: str) -> Namespace:
        if not prefix:
            self._document.set_default_namespace(iri)
            self._namespaces[iri] = Namespace("", iri)
            return self._namespaces[iri]
        chosen = prefix if _PREFIX.fullmatch(prefix) and prefix not in self._taken else ""
        if not chosen:
            stem = prefix if _PREFIX.fullmatch(prefix) else "ns"
            number = 1
            while f"{stem}{number}" in self._taken:
                number += 1
            chosen = f"{stem}{number}"
        self._taken.add(chosen)
        namespace = self._document.add_namespace(chosen, iri)
        self._namespaces[iri] = namespace
        return namespace

    def __getitem__(self, term: str) -> QualifiedName:
        """The qualified name of an IRI or blank node term."""
        found = self._names.get(term)
        if found is None:
            found = self._names[term] = self.of_iri(_iri_of(term))
        return found

    def of_iri(self, iri: str) -> QualifiedName:
        """The qualified name of an IRI."""
        for length in self._lengths:
            namespace = self._namespaces.get(iri[:length])
            if (
                namespace is not None
                and is_writable(iri[length:])
                and (namespace.prefix or iri[length:].isidentifier())
            ):
                return namespace[iri[length:]]
        cut = _split(iri)
        namespace = self._namespaces.get(iri[:cut])
        if namespace is None or not namespace.prefix:
            namespace = self._declare_family(iri[:cut])
        return namespace[iri[cut:]]

    def _declare_family(self, iri: str) -> Namespace:
        known = "bnode" if iri == GENID else "ns"
        namespace = self._declare(known, iri)
        if len(iri) not in self._lengths:
            self._lengths = sorted({*self._lengths, len(iri)}, reverse=True)
        return namespace

    def value(self, term: str) -> Any:
        """The value that a term stands for, as an attribute of `prov` takes it."""
        if not term.startswith('"'):
            return self[term]
        text, datatype, language = literal_parts(term)
        if language is not None:
            return Literal(text, langtag=language)
        if datatype is None:
            return text
        if datatype.startswith(LANGUAGE):
            return Literal(text, langtag=unquote(datatype[len(LANGUAGE) :]))
        if datatype == f"{XSD_IRI}anyURI":
            return Identifier(text)
        return Literal(text, self[f"<{datatype}>"])


_PREFIX = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*", re.ASCII)
# What PROV-N can write in a local part, plainly or behind a backslash (PN_LOCAL, [53] to [55])
_LETTERS = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_FIRST = rf"(?:[{_LETTERS}0-9/@~&+*?#$!='(),:;\[\].-]|%[0-9A-Fa-f]{{2}})"
_REST = (
    rf"(?:[{_LETTERS}0-9\u00b7\u0300-\u036f\u203f-\u2040/@~&+*?#$!='(),:;\[\].-]|%[0-9A-Fa-f]{{2}})"
)
_LOCAL = re.compile(f"{_FIRST}{_REST}*")
_SEPARATOR = re.compile("[#/:]")


def is_writable(local: str) -> bool:
    """Whether every syntax writes this as a local part and reads the same back."""
    return _LOCAL.fullmatch(local) is not None


def _split(iri: str) -> int:
    """Where the local part of an IRI begins: after the last `#`, `/` or `:` that will do."""
    cuts = [match.end() for match in _SEPARATOR.finditer(iri)]
    for cut in [*reversed(cuts[-8:]), *range(1, len(iri))]:
        if is_writable(iri[cut:]):
            return cut
    return len(iri)


def _iri_of(term: str) -> str:
    if term.startswith("_:"):
        return GENID + term[2:]
    iri = term[1:-1]
    if "\\" in iri:
        iri = _ESCAPE.sub(_unescape, iri)
    if iri.startswith(NAME):
        return unquote(iri[len(NAME) :])
    return unescaped(iri)


def time_of(term: str) -> datetime.datetime:
    """The time that a literal term gives.

    Raises:
        BadInput: It is no xsd:dateTime.
    """
    text = literal_parts(term)[0] if term.startswith('"') else term
    parsed = parse_xsd_datetime(text)
    if parsed is None:
        raise BadInput(f"The time {text[:80]!r} is no xsd:dateTime.")
    return parsed
