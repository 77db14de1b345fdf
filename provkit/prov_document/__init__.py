"""PROV documents (statements of PROV-DM, in the model of `prov`) to and from quads.

The names are looked up when they are asked for: `prov` takes a quarter of a second to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from provkit.prov_document.from_quads import document_of
    from provkit.prov_document.imports import import_quads, prefixes_in
    from provkit.prov_document.reading import read_document
    from provkit.prov_document.to_quads import quads_of_document

__all__ = ["document_of", "import_quads", "prefixes_in", "quads_of_document", "read_document"]

_WHERE = {
    "document_of": "from_quads",
    "import_quads": "imports",
    "prefixes_in": "imports",
    "quads_of_document": "to_quads",
    "read_document": "reading",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
