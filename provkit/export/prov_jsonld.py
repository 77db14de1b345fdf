"""Quads and documents as PROV-JSONLD."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from prov.model import ProvDocument

from provkit.export.documents import document_from, serialized
from provkit.export.prefixes import prefixes_of
from provkit.prov_document import document_of, quads_of_document
from provkit.prov_document.mentions import mentions_as_specializations
from provkit.vocabulary import Quad

_PREFIX = re.compile(r"[A-Za-z0-9_]+")
"""What the schema of PROV-JSONLD takes for a prefix."""


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The PROV document that quads say; each named graph is a bundle."""
    return write_document(document_from(quads, prefixes))


def write_document(document: ProvDocument) -> bytes:
    """A document as PROV-JSONLD, its prefixes without hyphens and dots."""
    return serialized(
        mentions_as_specializations(_with_plain_prefixes(document)),
        "jsonld",
        "PROV-JSONLD",
        indent=1,
    )


def _with_plain_prefixes(document: ProvDocument) -> ProvDocument:
    bundles = [document, *document.bundles]
    declared = [space for bundle in bundles for space in bundle.get_registered_namespaces()]
    if all(_PREFIX.fullmatch(namespace.prefix) for namespace in declared):
        return document
    quads = list(quads_of_document(document))
    prefixes = {namespace.prefix: namespace.uri for namespace in declared}
    plain = {
        re.sub(r"[^A-Za-z0-9_]", "_", prefix): iri
        for prefix, iri in prefixes_of(quads, prefixes).items()
    }
    return document_of(quads, prefixes=plain)
