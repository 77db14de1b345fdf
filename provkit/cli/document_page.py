"""One imported document as a page of text: how much of what is in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from provkit.cli import console
from provkit.cli.console import counted, printable

if TYPE_CHECKING:
    from provkit.description import DocumentDescription, StatementCounts

_LABELS = 11


def as_json(document: DocumentDescription) -> str:
    """Write the description for a program."""
    values = asdict(document)
    values["prefixes"] = dict(document.prefixes)
    for part in values["parts"]:
        part["relations"] = dict(part["relations"])
    return console.as_json(values)


def as_text(document: DocumentDescription) -> str:
    """Write the page for a person."""
    named = f"  {document.name}" if document.name else ""
    pairs = [
        ("graph", f"{document.iri}/graph"),
        ("tags", ", ".join(document.tags)),
        ("note", document.note or ""),
        ("bundles", str(sum(part.bundle is not None for part in document.parts))),
    ]
    lines = [f"document {document.id[:8]}{named}", document.status, ""]
    lines += [f"{label:<{_LABELS}}{text}" for label, text in pairs if text]
    for part in document.parts:
        lines += ["", part.bundle or "outside bundles", *_counts(part)]
    return "\n".join(map(printable, lines)) + "\n"


def _counts(part: StatementCounts) -> list[str]:
    things = (
        counted(part.entities, "entity", "entities"),
        counted(part.activities, "activity", "activities"),
        counted(part.agents, "agent"),
        counted(sum(number for _, number in part.relations), "relation"),
    )
    kinds = [f"{name} {number}" for name, number in part.relations]
    return [f"  {line}" for line in (", ".join(things), ", ".join(kinds)) if line]
