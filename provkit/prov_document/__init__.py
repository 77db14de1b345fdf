"""PROV documents (statements of PROV-DM, in the model of `prov`) to and from quads."""

from provkit.prov_document.from_quads import document_of
from provkit.prov_document.imports import import_quads, prefixes_in
from provkit.prov_document.reading import read_document
from provkit.prov_document.to_quads import quads_of_document

__all__ = ["document_of", "import_quads", "prefixes_in", "quads_of_document", "read_document"]
