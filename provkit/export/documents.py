"""Hand a PROV document to one of `prov`'s writers, refusing what would not come back."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prov import Error as ProvError
from prov.model import ProvDocument
from prov.serializers import Serializer

from provkit.errors import BadInput
from provkit.export.prefixes import prefixes_of
from provkit.prov_document import document_of, prefixes_in, quads_of_document
from provkit.prov_document.prov_o import IMPORTED
from provkit.prov_document.to_quads import DEFAULT_GRAPH
from provkit.vocabulary import Quad

_CHANGES = r"(?s).*(?:changes the IRI|cannot be written|is dropped|will be ignored)"
"""What prov's writers warn of when a reader would not get back what was written."""

_BESIDE = ("about", "annotations")


def document_from(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> ProvDocument:
    """The document that quads say, with prefixes that read well."""
    kept = list(quads)
    return document_of(kept, prefixes=prefixes_of(_of_documents(kept), prefixes))


def _of_documents(quads: list[Quad]) -> Iterator[Quad]:
    """Leave out what an import keeps beside a document, and the names of its graphs."""
    imports = {quad[0] for quad in quads if quad[2] == IMPORTED}
    beside = {f"{graph.removesuffix('/graph>')}/{p}>" for graph in imports for p in _BESIDE}
    for subject, property_, value, graph in quads:
        if graph not in beside:
            yield subject, property_, value, DEFAULT_GRAPH if graph in imports else graph


def with_prefixes(document: ProvDocument, rename: Callable[[str], str] = str) -> ProvDocument:
    """An equal document whose prefixes are all declared at its top, each with one meaning.

    Args:
        document: Any document.
        rename: Gives the prefix to use in place of each.
    """
    quads = list(quads_of_document(document))
    prefixes = prefixes_of(quads, prefixes_in(document))
    return document_of(quads, prefixes={rename(prefix): iri for prefix, iri in prefixes.items()})


def serialized(serializer: Serializer, called: str, **options: Any) -> bytes:
    """What one of `prov`'s serializers writes of its document.

    Args:
        serializer: Has the document.
        called: Name of the format for people.
        options: Passed on to the serializer.

    Raises:
        BadInput: The format cannot hold a name, a character or a statement of the document.
    """
    stream = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=_CHANGES)
            serializer.serialize(stream, **options)
    except (ProvError, Warning, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise BadInput(f"Couldn't write the document as {called}: {said[:300]}.") from error
    return stream.getvalue()
