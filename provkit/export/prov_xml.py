"""Quads and documents as PROV-XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prov.constants import PROV_BASE_CLS
from prov.identifier import QualifiedName
from prov.model import PROV, ProvDocument
from prov.serializers.provxml import ProvXMLSerializer

from provkit.export.documents import document_from, serialized, with_prefixes
from provkit.vocabulary import Quad


def write(quads: Iterable[Quad], prefixes: Mapping[str, str]) -> bytes:
    """The PROV document that quads say; each named graph is a bundle."""
    return write_document(document_from(quads, prefixes))


def write_document(document: ProvDocument) -> bytes:
    """A document as PROV-XML.

    The writer declares the default namespace of the document alone, so a bundle with another
    one is written with a prefix for it.
    """
    default = document.get_default_namespace()
    if any(bundle.get_default_namespace() not in (None, default) for bundle in document.bundles):
        document = with_prefixes(document)
    return serialized(_Serializer(document), "PROV-XML")


class _Serializer(ProvXMLSerializer):
    """`prov`'s writer, but an agent of the type prov:Plan stays an agent.

    The original takes the element's name from any type of PROV that has an own element, and so
    writes `<prov:plan>`, which reads back as an entity.
    """

    def _derive_record_label(
        self, rec_type: QualifiedName, attributes: list[tuple[QualifiedName, Any]]
    ) -> str:
        foreign = [
            (name, value)
            for name, value in attributes
            if name == PROV["type"] and PROV_BASE_CLS.get(value, rec_type) != rec_type
        ]
        for pair in foreign:
            attributes.remove(pair)
        label = super()._derive_record_label(rec_type, attributes)
        attributes.extend(foreign)
        return label
