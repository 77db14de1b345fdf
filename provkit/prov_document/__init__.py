"""PROV documents (statements of PROV-DM, in the model of `prov`) to and from quads."""

from provkit.prov_document.reading import read_document

__all__ = ["read_document"]
