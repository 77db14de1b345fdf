"""Quads and documents as PROV-N."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prov.identifier import QualifiedName
from prov.model import ProvDocument
from prov.serializers.provn import ProvNSerializer

from provkit.export.documents import document_from, serialized, with_prefixes
from provkit.vocabulary import Quad


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The PROV document that quads say; each named graph is a bundle."""
    return write_document(document_from(quads, prefixes))


def write_document(document: ProvDocument) -> bytes:
    """A document as PROV-N.

    Without a prefix a name like `//x` would be read as a comment; such a document is written
    with a prefix for its default namespace.
    """
    if any(
        not name.namespace.prefix and name.localpart.startswith("//") for name in _names(document)
    ):
        document = with_prefixes(document)
    return serialized(ProvNSerializer(document), "PROV-N")


def _names(document: ProvDocument) -> Iterator[QualifiedName]:
    for bundle in (document, *document.bundles):
        if bundle.identifier:
            yield bundle.identifier
        for record in bundle.records:
            if record.identifier:
                yield record.identifier
            for pair in record.attributes:
                yield from (part for part in pair if isinstance(part, QualifiedName))
