"""Which PROV or RDF syntax a text is written in, told from its content.

A file's suffix is not looked at: people name Turtle `.owl` and JSON-LD `.json`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from provkit.errors import BadInput

PROV_N, PROV_JSON, PROV_XML, PROV_JSONLD = "prov-n", "prov-json", "prov-xml", "prov-jsonld"
TURTLE, TRIG, NQUADS, NTRIPLES = "turtle", "trig", "nquads", "ntriples"
JSONLD, RDF_XML = "jsonld", "rdf-xml"

FORMATS = (
    *(PROV_N, PROV_JSON, PROV_XML, PROV_JSONLD),
    *(TURTLE, TRIG, NQUADS, NTRIPLES, JSONLD, RDF_XML),
)
"""The names of everything that can be read."""

PROV_JSONLD_CONTEXT = "https://openprovenance.org/prov-jsonld/context.jsonld"

_COMMENTS = re.compile(
    r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^\[>]*(?:\[.*?\])?\s*>)+",
    re.DOTALL,
)
_ANGLE_COMMENT = re.compile(r"<(?:\?|!--|!DOCTYPE)")
_XML_ELEMENT = re.compile(r"<([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?(\s|/?>|$)")
_JSON_VALUE = re.compile(r'\{\s*(?:"|\}|$)|\[\s*(?:\{\s*(?:"|\})|\]\s*$)')
_QUAD_LINE = re.compile(
    r"(?:<[^>\s]*>|_:\S+)[ \t]*<[^>\s]*>[ \t]*"
    r'(?:<[^>\s]*>|_:[^\s.]+|"[^"\\\n]*(?:\\.[^"\\\n]*)*"(?:\^\^<[^>\s]*>|@[\w-]+)?)[ \t]*'
    r"(?:<[^>\s]*>|_:[^\s.]+)?[ \t]*\.[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_RDF_START = re.compile(
    r'@prefix|@base|@version|prefix\b|base\b|graph\b|<|\[|\(|\{|_:|[^\s<>"{}|^`\\]*:', re.IGNORECASE
)


def recognise(text: str) -> str | None:
    """The syntax that a text is written in, as far as its beginning tells.

    Returns:
        One of `FORMATS`, or None if the text looks like none of them. JSON is always
        `prov-json` here: `recognise_json` tells its kinds apart once it is parsed.
    """
    bare = _COMMENTS.match(text)
    start = bare.end() if bare else 0
    if _ANGLE_COMMENT.match(text, start):
        return PROV_XML
    if re.compile(r"document\b").match(text, start):
        return PROV_N
    if _JSON_VALUE.match(text, start):
        return PROV_JSON
    xml = _XML_ELEMENT.match(text, start)
    if xml and not (xml[2] and xml[3].endswith(">")):
        return RDF_XML if xml[2] == "RDF" or xml[1] == "RDF" else PROV_XML
    if _QUAD_LINE.match(text, start):
        return NQUADS
    return TRIG if _RDF_START.match(text, start) else None


def recognise_json(container: Any) -> str:
    """Which kind of JSON a parsed document is.

    Raises:
        BadInput: It is not an object or a list of nodes.
    """
    if isinstance(container, list):
        return JSONLD
    if not isinstance(container, dict):
        raise BadInput(f"it holds a JSON {type(container).__name__} where an object was expected.")
    if "@context" in container and PROV_JSONLD_CONTEXT in _context_parts(container["@context"]):
        return PROV_JSONLD
    return JSONLD if any(key.startswith("@") for key in container) else PROV_JSON


def _context_parts(context: Any) -> list[str]:
    parts = context if isinstance(context, list) else [context]
    return [part for part in parts if isinstance(part, str)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; the parser itself would keep the last of several values in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise BadInput(f"the key {repeated!r} is repeated in one JSON object.")
    return found


def parse_json(text: str) -> Any:
    """Parse JSON, refusing what is malformed or nested beyond reason.

    Raises:
        BadInput: With line and column, if the text is not JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"line {error.lineno}, column {error.colno}: it is not JSON: {error.msg}."
        ) from error
    except RecursionError as error:
        raise BadInput("its JSON is nested too deeply to be a PROV document.") from error
    except ValueError as error:
        raise BadInput(f"its JSON holds a number that cannot be read: {error}.") from error
