"""Small documents written in PROV-N."""

from __future__ import annotations

from prov.model import ProvDocument


def document(statements: str) -> ProvDocument:
    text = f"document\nprefix ex <http://example.org/>\n{statements}\nendDocument\n"
    return ProvDocument.deserialize(content=text, format="provn")
