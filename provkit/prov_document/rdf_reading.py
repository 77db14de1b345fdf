"""Read quads from any RDF syntax, nothing fetched and no entity trusted."""

from __future__ import annotations

import hashlib
import re
from xml.parsers import expat

import pyoxigraph
from prov.model import ProvDocument
from pyoxigraph import BlankNode, DefaultGraph, RdfFormat

from provkit.errors import BadInput
from provkit.prov_document import recognition
from provkit.prov_document.collecting import collector_resting
from provkit.prov_document.from_quads import document_of
from provkit.prov_document.to_quads import DEFAULT_GRAPH
from provkit.vocabulary import Quad

SYNTAXES = {
    recognition.TURTLE: RdfFormat.TURTLE,
    recognition.TRIG: RdfFormat.TRIG,
    recognition.NQUADS: RdfFormat.N_QUADS,
    recognition.NTRIPLES: RdfFormat.N_TRIPLES,
    recognition.JSONLD: RdfFormat.JSON_LD,
    recognition.RDF_XML: RdfFormat.RDF_XML,
}
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s*)?\S+\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_POSITION = re.compile(
    r"^(?:Parser error )?at line \d+ (?:between columns \d+ and(?: line \d+ column)? \d+|column \d+)?:? ?"
)
_NO_IRI = re.compile(r"<(?![A-Za-z][A-Za-z0-9+.-]*:)|[\x00-\x20\"{}|^`\\]|%(?![0-9A-Fa-f]{2})")
_LONGEST_ENTITY = 1000
_DEEPEST_XML = 1000
LONGEST_LITERAL = 16 * 1024 * 1024
"""The buffer of pyoxigraph's parsers; longer literals are refused in PROV-N and RDF/XML too."""

_GIVEN_LABEL = re.compile(r"(?![0-9a-f]{30,32}$)[A-Za-z0-9][A-Za-z0-9_-]*$")
_MARKED_LABEL = re.compile(r"[0-9a-f]{8}-")


def document_of_rdf(content: bytes, syntax: str) -> ProvDocument:
    """The PROV document that an RDF file says in PROV-O.

    Raises:
        BadInput: With line and column, if the file is not of that syntax.
    """
    quads, prefixes = quads_of_rdf(content, syntax)
    return document_of(quads, prefixes=prefixes)


@collector_resting()
def quads_of_rdf(content: bytes, syntax: str) -> tuple[list[Quad], dict[str, str]]:
    """The quads of an RDF file, and the prefixes that it declares.

    Blank nodes are labelled by the file's bytes and their order in it, so that reading a file
    twice gives the same labels and two files never share one.

    Raises:
        BadInput: With line and column, if the file is not of that syntax.
    """
    if syntax == recognition.RDF_XML:
        _refuse_entities(content)
        _check_xml(content)
    if syntax == recognition.JSONLD:
        recognition.parse_json(content.decode("utf-8-sig"))  # refuses endless nesting
    try:
        return _parsed(content, syntax, lenient=False)
    except SyntaxError as error:
        if "Invalid IRI" not in str(error.msg):
            raise BadInput(_sentence(error)) from error
        refused = error
    except MemoryError as error:
        raise BadInput(_TOO_LONG) from error
    # ProvToolbox writes brackets into IRIs: let those pass, and nothing worse
    try:
        quads, prefixes = _parsed(content, syntax, lenient=True)
    except SyntaxError:
        raise BadInput(_sentence(refused)) from refused
    except MemoryError as error:
        raise BadInput(_TOO_LONG) from error
    if any(_NO_IRI.search(term) for quad in quads for term in quad if term.startswith("<")):
        raise BadInput(_sentence(refused)) from refused
    return quads, prefixes


def _parsed(content: bytes, syntax: str, *, lenient: bool) -> tuple[list[Quad], dict[str, str]]:
    parser = pyoxigraph.parse(
        content.removeprefix(b"\xef\xbb\xbf"), format=SYNTAXES[syntax], lenient=lenient
    )
    labels = _Labels(content)
    quads: list[Quad] = []
    for quad in parser:
        graph = quad.graph_name
        quads.append(
            (
                labels[quad.subject],
                str(quad.predicate),
                labels[quad.object],
                DEFAULT_GRAPH if isinstance(graph, DefaultGraph) else labels[graph],
            )
        )
    return quads, dict(parser.prefixes)


_TOO_LONG = f"it holds a literal of more than {LONGEST_LITERAL // 2**20} MiB."


def _check_xml(content: bytes) -> None:
    """Refuse what pyoxigraph's RDF/XML parser would take hours over, and tell where XML breaks.

    Its time grows with the square of the depth and of a text's length.
    """
    parser = expat.ParserCreate()
    depth = text = 0

    def start(_name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, text
        depth += 1
        text = max(map(len, attributes.values()), default=0)
        check()

    def end(_name: str) -> None:
        nonlocal depth, text
        depth -= 1
        text = 0

    def characters(data: str) -> None:
        nonlocal text
        text += len(data)
        check()

    def check() -> None:
        if depth > _DEEPEST_XML or text > LONGEST_LITERAL:
            where = f"line {parser.CurrentLineNumber}, column {parser.CurrentColumnNumber + 1}: "
            raise BadInput(
                where
                + ("its XML is nested too deeply to be RDF." if depth > _DEEPEST_XML else _TOO_LONG)
            )

    parser.buffer_text = True
    parser.buffer_size = 2**20
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadInput(
            f"line {error.lineno}, column {error.offset + 1}: it is not well-formed XML: "
            f"{expat.ErrorString(error.code)}."
        ) from error


class _Labels:
    """Terms as text, blank nodes under labels that the file alone determines."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._labels: dict[str, str] = {}
        self._mark = ""

    def __getitem__(self, term: object) -> str:
        if not isinstance(term, BlankNode):
            return str(term)
        label = self._labels.get(term.value)
        if label is None:
            label = self._labels[term.value] = self._label(term.value)
        return label

    def _label(self, given: str) -> str:
        if _MARKED_LABEL.match(given):
            return f"_:{given}"
        if not self._mark:
            self._mark = hashlib.sha256(self._content).hexdigest()[:8]
        if _GIVEN_LABEL.match(given):
            return f"_:{self._mark}-{given}"
        return f"_:{self._mark}-anon.{len(self._labels)}"


def _refuse_entities(content: bytes) -> None:
    """Let through the short, flat entities that ontology editors write; no others."""
    for match in _ENTITY.finditer(content):
        text = match[2] or match[3] or b""
        if match[1] or match[4] or b"&" in text or b"%" in text or len(text) > _LONGEST_ENTITY:
            line = content.count(b"\n", 0, match.start()) + 1
            raise BadInput(
                f"line {line}: it declares an XML entity that is external, nested or long, "
                "which is not expanded."
            )


def _sentence(error: SyntaxError) -> str:
    message = _POSITION.sub("", " ".join(str(error.msg).split())).rstrip(".")
    if "LoadDocumentCallback" in message or "remote context" in message:
        return "it refers to a remote JSON-LD context, which is never fetched; put the context into the file."
    where = f"line {error.lineno}, column {error.offset}: " if error.lineno else ""
    return f"{where}{message[:300]}."
