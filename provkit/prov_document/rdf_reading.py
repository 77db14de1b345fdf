"""Read PROV-O in any RDF syntax."""

from __future__ import annotations

from prov.model import ProvDocument

from provkit.errors import BadInput


def document_of_rdf(content: bytes, syntax: str) -> ProvDocument:
    raise BadInput(f"{syntax} arrives with the PROV-O reader.")
