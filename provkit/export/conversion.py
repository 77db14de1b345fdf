"""Convert a document from any syntax that can be read to any that can be written."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from prov.model import ProvDocument

from provkit.errors import BadInput
from provkit.export import FORMATS, render, writer_of
from provkit.prov_document import prefixes_in
from provkit.prov_document.rdf_reading import SYNTAXES, quads_of_rdf
from provkit.prov_document.reading import content_of, document_in, format_of
from provkit.prov_document.to_quads import quads_of_document


def convert(
    source: Path | bytes, target_format: str, *, name: str | None = None, format: str | None = None
) -> bytes:
    """Write a document in another format.

    RDF to RDF goes triple by triple, so that what is no PROV comes along; everything else goes
    by way of the PROV document.

    Args:
        source: A file or its bytes, gzipped or not.
        target_format: A key of `provkit.export.FORMATS`.
        name: What to call the source in messages.
        format: The source's syntax; None to tell from its content.

    Raises:
        UsageError: There is no such target format.
        BadInput: The source cannot be read, or the target cannot hold what it says.
    """
    writer_of(target_format)
    called = name or (str(source) if isinstance(source, Path) else "the document")
    content = content_of(source, called)
    try:
        syntax = format or format_of(content)
        if syntax in SYNTAXES and not target_format.startswith("prov-"):
            quads, prefixes = quads_of_rdf(content, syntax)
            return render(quads, target_format, prefixes=prefixes)
        document = document_in(content, syntax)
        return write_document(document, target_format)
    except BadInput as error:
        raise BadInput(f"Couldn't convert '{called}': {error}") from error


def write_document(document: ProvDocument, format: str) -> bytes:
    """Write a PROV document in a format.

    Raises:
        UsageError: There is no such format.
        BadInput: The format cannot hold what the document says.
    """
    writer_of(format)
    if format.startswith("prov-"):
        module = import_module(FORMATS[format].partition(":")[0])
        written: bytes = module.write_document(document)
        return written
    return render(quads_of_document(document), format, prefixes=prefixes_in(document))
