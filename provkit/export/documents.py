"""Hand a PROV document to one of `prov`'s writers, refusing what would not come back."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping

from prov import Error as ProvError
from prov.model import ProvDocument

from provkit.errors import BadInput
from provkit.export.prefixes import prefixes_of
from provkit.prov_document import document_of
from provkit.vocabulary import Quad

_CHANGES = r"(?s).*(?:changes the IRI|cannot be written|is dropped|will be ignored)"
"""What prov's writers warn of when a reader would not get back what was written."""


def document_from(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> ProvDocument:
    """The document that quads say, with prefixes that read well."""
    kept = list(quads)
    return document_of(kept, prefixes=prefixes_of(kept, prefixes))


def serialized(document: ProvDocument, format: str, called: str, **options: object) -> bytes:
    """A document in one of `prov`'s formats.

    Args:
        document: Any document.
        format: Name of the format in `prov`.
        called: Its name for people.
        options: Passed on to the writer.

    Raises:
        BadInput: The format cannot hold a name, a character or a statement of it.
    """
    stream = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=_CHANGES)
            document.serialize(stream, format=format, **options)
    except (ProvError, Warning, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise BadInput(f"Couldn't write the document as {called}: {said[:300]}.") from error
    return stream.getvalue()
