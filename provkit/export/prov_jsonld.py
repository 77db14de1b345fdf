"""Quads and documents as PROV-JSONLD."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from prov.model import ProvDocument
from prov.serializers.provjsonld import ProvJSONLDSerializer

from provkit.export.documents import document_from, serialized, with_prefixes
from provkit.prov_document.mentions import mentions_as_specializations
from provkit.vocabulary import Quad

_PREFIX = re.compile(r"[A-Za-z0-9_]+")
"""What the schema of PROV-JSONLD takes for a prefix."""


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The PROV document that quads say; each named graph is a bundle."""
    return write_document(document_from(quads, prefixes))


def write_document(document: ProvDocument) -> bytes:
    """A document as PROV-JSONLD, its prefixes without hyphens and dots."""
    written = mentions_as_specializations(_with_plain_prefixes(document))
    return serialized(ProvJSONLDSerializer(written), "PROV-JSONLD", indent=1)


def _with_plain_prefixes(document: ProvDocument) -> ProvDocument:
    bundles = [document, *document.bundles]
    declared = [space for bundle in bundles for space in bundle.get_registered_namespaces()]
    if all(_PREFIX.fullmatch(namespace.prefix) for namespace in declared):
        return document
    return with_prefixes(document, lambda prefix: re.sub(r"[^A-Za-z0-9_]", "_", prefix))
