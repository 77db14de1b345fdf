"""A PROV document from elsewhere as graphs of the store, named by what the document says."""

from __future__ import annotations

import hashlib

from prov.model import ProvDocument

from provkit.prov_document import prov_o
from provkit.prov_document.prov_o import RDF_TYPE
from provkit.prov_document.terms import value_term
from provkit.prov_document.to_quads import quads_of_document
from provkit.vocabulary import Quad

_BLANK_GRAPH = "<>"
"""Stands for the document's graph while its name, a digest of all quads, is not known."""


def import_quads(document: ProvDocument, base_iri: str) -> tuple[str, list[Quad]]:
    """The quads to keep for a document, under an id that its statements alone determine.

    The statements outside bundles go to `<base>import/<id>/graph`, a bundle to the graph of its
    own name, and what is known of the import (its prefixes) to `<base>import/<id>/about`.
    Statements without identifiers have IRIs made from their content instead of blank nodes.
    Importing the same statements again, in any format and order, gives the same quads.

    Args:
        document: As read.
        base_iri: Of the store; ends in `/`.

    Returns:
        The id (64 hex digits of SHA-256), and the quads, from which `document_of` gives an
        equal document.
    """
    quads = list(quads_of_document(document, graph=_BLANK_GRAPH, blank=False))
    lines = sorted(" ".join(quad) for quad in quads)
    import_id = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    root = f"{base_iri}import/{import_id}"
    graph, about = f"<{root}/graph>", f"<{root}/about>"
    said = [(s, p, o, graph if g == _BLANK_GRAPH else g) for s, p, o, g in quads]
    said.append((graph, RDF_TYPE, prov_o.IMPORTED, about))
    said += [
        (graph, prov_o.PREFIX, value_term(f"{prefix} {iri}", blank=False), about)
        for prefix, iri in sorted(prefixes_in(document).items())
    ]
    return import_id, said


def prefixes_in(document: ProvDocument) -> dict[str, str]:
    """The prefixes that a document and its bundles declare; the empty one is the default namespace.

    Where a bundle and the document differ, the document's comes first and the other is renamed.
    """
    prefixes: dict[str, str] = {}
    for bundle in (document, *document.bundles):
        for namespace in bundle.get_registered_namespaces():
            prefix = namespace.prefix
            while prefixes.get(prefix, namespace.uri) != namespace.uri:
                prefix += "_"
            prefixes[prefix] = namespace.uri
    default = document.get_default_namespace()
    if default is not None:
        prefixes[""] = default.uri
    return prefixes
