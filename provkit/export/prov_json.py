"""Quads and documents as PROV-JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prov.model import ProvDocument
from prov.serializers.provjson import ProvJSONSerializer

from provkit.export.documents import document_from, serialized
from provkit.vocabulary import Quad


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The PROV document that quads say; each named graph is a bundle."""
    return write_document(document_from(quads, prefixes))


def write_document(document: ProvDocument) -> bytes:
    """A document as PROV-JSON."""
    return serialized(ProvJSONSerializer(document), "PROV-JSON", indent=1, ensure_ascii=False)
