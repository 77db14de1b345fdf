"""Read a PROV document from any of its syntaxes; the content says which one it is."""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

from lxml import etree
from prov import Error as ProvError
from prov.model import ProvDocument
from prov.serializers.provjson import decode_json_document
from prov.serializers.provjsonld import decode_jsonld_document
from prov.serializers.provn_lexer import ProvNSyntaxError

from provkit.errors import BadInput
from provkit.prov_document import recognition
from provkit.prov_document.mentions import specializations_as_mentions
from provkit.prov_document.rdf_reading import document_of_rdf
from provkit.prov_document.recognition import FORMATS, recognise, recognise_json

MOST_BYTES = 512 * 1024 * 1024
"""More than this, after decompression, is not read: a small gzip can hold terabytes."""

_LOSSES = r"(?s).*(?:ignored|is dropped|is used|no value)"
"""What prov's warnings say when it reads less than was written."""

_DICTIONARY = re.compile(
    r"derivedBy(?:Insertion|Removal)From|hadDictionaryMember|prov-dictionary|KeyEntityPair"
    r"|(?<=[:\"/#])(?:Empty)?Dictionary\b"
)


def read_document(
    source: Path | bytes, *, name: str | None = None, format: str | None = None
) -> ProvDocument:
    """Read a PROV document, in any syntax, gzipped or not.

    Args:
        source: A file, or its bytes.
        name: What to call the source in messages; the path if it has one.
        format: One of `recognition.FORMATS`; None to tell from the content. A file's suffix
            is never looked at.

    Raises:
        BadInput: The file cannot be read, is in none of the syntaxes, or has a mistake in it;
            with line and column where the syntax has them.
    """
    called = name or (str(source) if isinstance(source, Path) else "the document")
    content = content_of(source, called)
    try:
        return document_in(content, format)
    except BadInput as error:
        raise BadInput(f"Couldn't read '{called}': {error}") from error


def content_of(source: Path | bytes, called: str) -> bytes:
    """The bytes of a source, decompressed if they are gzip.

    Raises:
        BadInput: There is no such file, or it cannot be read, or its gzip is broken.
    """
    if isinstance(source, Path):
        try:
            raw = source.read_bytes()
        except IsADirectoryError as error:
            raise BadInput(f"Couldn't read '{called}': it is a directory; name a file.") from error
        except OSError as error:
            raise BadInput(f"Couldn't read '{called}': {error.strerror or error}.") from error
    else:
        raw = source
    return _decompressed(raw, called) if raw.startswith(b"\x1f\x8b") else raw


def _decompressed(raw: bytes, called: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            content = stream.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(
            f"Couldn't read '{called}': it begins like gzip but cannot be decompressed: {error}."
        ) from error
    if len(content) > MOST_BYTES:
        raise BadInput(
            f"Couldn't read '{called}': decompressed it is larger than {MOST_BYTES // 2**20} MiB; "
            "split it into several documents."
        )
    return content


def format_of(content: bytes) -> str:
    """The syntax of a document, told from its content.

    Raises:
        BadInput: It is empty, no text, or looks like none of `recognition.FORMATS`.
    """
    if not content.strip():
        raise BadInput("it is empty.")
    found = recognise(_text(content))
    if found is None:
        raise BadInput(
            "it looks like no PROV or RDF syntax that is known; expected one of "
            f"{', '.join(FORMATS)}."
        )
    if found == recognition.PROV_JSON:
        return recognise_json(recognition.parse_json(_text(content)))
    if found == recognition.PROV_XML:
        return _recognise_xml(content)
    return found


def document_in(content: bytes, format: str | None = None) -> ProvDocument:
    """The document that bytes say, in the syntax named or else the one they look like.

    Raises:
        BadInput: As `read_document`, without the source's name.
    """
    if len(content) > MOST_BYTES:
        raise BadInput(f"it is larger than {MOST_BYTES // 2**20} MiB; split it up.")
    syntax = format or format_of(content)
    if syntax not in FORMATS:
        raise BadInput(
            f"'{syntax}' is no format that can be read; use one of {', '.join(FORMATS)}."
        )
    reader = _READERS.get(syntax)
    if reader is None:
        return document_of_rdf(content, syntax)
    try:
        with warnings.catch_warnings():
            # What a later `prov` will refuse is read today; what it ignores today is refused here
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=_LOSSES)
            return reader(content)
    except ProvNSyntaxError as error:
        raise BadInput(_sentence(str(error), content)) from error
    except etree.XMLSyntaxError as error:
        raise BadInput(
            f"line {error.lineno}, column {error.offset}: it is not well-formed XML: {error.msg}."
        ) from error
    except BadInput:
        raise
    except (ProvError, Warning, RecursionError) as error:
        raise BadInput(_sentence(str(error), content)) from error
    except (
        AssertionError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
    ) as error:
        # prov's readers look into a structure before they know that it is one
        raise BadInput(
            _sentence(f"a part of it is not what {syntax} has in that place: {error!r}", content)
        ) from error


def _sentence(message: str, content: bytes) -> str:
    """A parser's message as one sentence, saying so if the reason is PROV-Dictionary."""
    said = " ".join(message.split()).rstrip(".")
    if len(said) > 300:
        said = said[:300] + "…"
    if _DICTIONARY.search(content[:10_000_000].decode("utf-8", "replace")):
        return f"PROV-Dictionary statements are not supported ({said})."
    return f"{said}."


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput(f"line {line}: it is not text in UTF-8 (byte {error.start}).") from error


def _read_prov_n(content: bytes) -> ProvDocument:
    return ProvDocument.deserialize(content=_text(content), format="provn")


def _read_prov_json(content: bytes) -> ProvDocument:
    document = ProvDocument()
    decode_json_document(recognition.parse_json(_text(content)), document)
    return document


def _read_prov_jsonld(content: bytes) -> ProvDocument:
    document = ProvDocument()
    decode_jsonld_document(recognition.parse_json(_text(content)), document)
    return specializations_as_mentions(document)


def _read_prov_xml(content: bytes) -> ProvDocument:
    if b"<!DOCTYPE" in content[: max(0, content.find(b"document"))] or b"<!ENTITY" in content:
        raise BadInput("it declares a document type or entities, which PROV-XML never needs.")
    return ProvDocument.deserialize(content=content, format="xml")


def _recognise_xml(content: bytes) -> str:
    """PROV-XML or RDF/XML, by the namespace of the root element."""
    stream = etree.iterparse(
        io.BytesIO(content),
        events=("start",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    try:
        _, root = next(stream)
    except etree.XMLSyntaxError as error:
        raise BadInput(
            f"line {error.lineno}, column {error.offset}: it is not well-formed XML: {error.msg}."
        ) from error
    if root.tag.startswith("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"):
        return recognition.RDF_XML
    if root.tag.startswith("{http://www.w3.org/ns/prov#}"):
        return recognition.PROV_XML
    raise BadInput(
        f"its root element is <{etree.QName(root).localname}>, which is neither prov:document "
        "nor rdf:RDF."
    )


_READERS: dict[str, Callable[[bytes], ProvDocument]] = {
    recognition.PROV_N: _read_prov_n,
    recognition.PROV_JSON: _read_prov_json,
    recognition.PROV_XML: _read_prov_xml,
    recognition.PROV_JSONLD: _read_prov_jsonld,
}
