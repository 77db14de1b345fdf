"""The notebook of a trial, rebuilt from the store alone: as it stood at the end.

What comes back is what was taken in: cells with their ids, tags and attachments, metadata, and
all outputs in all their formats, for nbformat 4; docs/notebooks.md lists what older versions lose. Where
a secret was redacted, the rebuilt notebook says `[redacted]`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from provkit.assembly.contents import value_of
from provkit.errors import BadInput
from provkit.facts import Facts, text_of
from provkit.identifiers import digest_of
from provkit.model import Content
from provkit.vocabulary import Quad, Term

_NEWEST = (4, 5)
_FIRST_WITH_IDS = 5
_SPLIT = ("application/javascript", "image/svg+xml")
"""Formats, beside those that are text by their name, that nbformat writes as lists of lines."""

ReadArtifact = Callable[[str], bytes]
"""Gives the bytes that a store keeps under a digest."""


def write(quads: Iterable[Quad], read: ReadArtifact) -> bytes:
    """Rebuild the notebook that a trial's quads tell of, as Jupyter would save it.

    Raises:
        BadInput: The trial is not of a notebook.
        StoreError: Something that it holds was not copied along with the store.
    """
    return saved(_Rebuilding(Facts(quads), read).notebook())


def write_cells(
    quads: Iterable[Quad], read: ReadArtifact, cells: Iterable[tuple[str, str]]
) -> bytes:
    """Write code cells as a notebook of their own, with the kernel and the metadata of a trial's notebook.

    Args:
        quads: Of the trial.
        read: Gives what the store keeps under a digest.
        cells: Id and text of each, in order; an id that comes again gets a number after it.

    Raises:
        BadInput: The trial is not of a notebook.
    """
    return saved(_Rebuilding(Facts(quads), read).of_cells(cells))


def saved(notebook: dict[str, Any]) -> bytes:
    """Write a notebook as Jupyter does: keys sorted, texts as lists of lines."""
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
        for bundle in cell.get("attachments", {}).values():
            _split(bundle)
        for output in cell.get("outputs", ()):
            if output["output_type"] == "stream":
                output["text"] = output["text"].splitlines(keepends=True)
            _split(output.get("data", {}))
    text = json.dumps(
        notebook, sort_keys=True, indent=1, separators=(",", ": "), ensure_ascii=False
    )
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:  # half a character, which JSON's escapes can hold
        return (
            json.dumps(notebook, sort_keys=True, indent=1, separators=(",", ": ")) + "\n"
        ).encode()


def _split(bundle: dict[str, Any]) -> None:
    for mime, value in bundle.items():
        if isinstance(value, str) and (mime.startswith("text/") or mime in _SPLIT):
            bundle[mime] = value.splitlines(keepends=True)


class _Rebuilding:
    """One notebook in the making."""

    def __init__(self, facts: Facts, read: ReadArtifact) -> None:
        self._facts = facts
        self._read = read
        self._trial = next(iter(facts.instances("repr:Trial")), None)
        association = self._trial and facts.object(self._trial, "prov:qualifiedAssociation")
        self._plan = facts.object(association, "prov:hadPlan") if association else None
        if self._plan is None or not facts.is_a(self._plan, "repr:Notebook"):
            label = self._trial and facts.text(self._trial, "rdfs:label")
            raise BadInput(
                f"Couldn't rebuild a notebook from the trial of {label or 'a document'!r}: it ran none; "
                "export it in another format."
            )
        self._format = self._version()

    def notebook(self) -> dict[str, Any]:
        """Put it all together."""
        cells = [
            cell
            for cell in self._facts.instances("repr:Cell")
            if self._plan in self._facts.objects(cell, "p-plan:isStepOfPlan")
        ]
        cells.sort(key=lambda cell: int(self._facts.text(cell, "pk:cellIndex") or 0))
        built = [self._cell(cell) for cell in cells]
        return {
            "cells": [cell for cell in built if cell is not None],
            "metadata": self._metadata_of_notebook(),
            "nbformat": self._format[0],
            "nbformat_minor": self._format[1],
        }

    def of_cells(self, cells: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Put code cells together that have not been executed."""
        metadata = {
            self._facts.text(cell, "pk:cellId"): self._metadata(text)
            for cell in self._facts.instances("repr:Cell")
            if (text := self._text(cell)) is not None
        }
        times: Counter[str] = Counter()
        built: list[dict[str, Any]] = []
        for name, text in cells:
            times[name] += 1
            cell: dict[str, Any] = {
                "cell_type": "code",
                "execution_count": None,
                "outputs": [],
                "source": text,
            }
            cell["id"] = name if times[name] == 1 else f"{name[:60]}-{times[name]}"
            cell["metadata"] = {
                key: value
                for key, value in metadata.get(name, {}).items()
                if key != "execution"  # when it ran, which this cell did not
            }
            built.append(cell)
        return {
            "cells": built,
            "metadata": self._metadata_of_notebook(),
            "nbformat": _NEWEST[0],
            "nbformat_minor": _NEWEST[1],
        }

    # ---------------------------------------------------------------- the whole

    def _setting(self, key: str) -> Term | None:
        """Find a setting of the trial by its key."""
        assert self._trial is not None
        node = f"{self._trial[:-1]}/setting/{key}>"
        return node if node in self._facts else None

    def _version(self) -> tuple[int, int]:
        node = self._setting("notebook.format")
        major, _, minor = (
            (self._facts.text(node, "prov:value") if node else None) or ""
        ).partition(".")
        if major != "4":  # older ones were brought to 4 when they were read
            return _NEWEST
        return 4, int(minor)

    def _metadata_of_notebook(self) -> Any:
        node = self._setting("notebook.metadata")
        if node is not None:
            return self._content(node)
        kernel = self._setting("kernel")
        if kernel is None or self._setting("notebook.format") is not None:
            return {}
        name = self._facts.text(kernel, "prov:value")
        title = self._setting("kernel.title")
        shown = self._facts.text(title, "prov:value") if title else None
        return {"kernelspec": {"name": name, "display_name": shown or name}}

    # ---------------------------------------------------------------- cells

    def _cell(self, cell: Term) -> dict[str, Any] | None:
        """Rebuild a cell; None for one that ran and was deleted."""
        facts = self._facts
        text = self._text(cell)
        if text is None or facts.scalar(text, "pk:deleted") is True:
            return None
        kind = facts.text(cell, "pk:cellKind") or "code"
        built: dict[str, Any] = {
            "cell_type": kind,
            "metadata": self._metadata(text),
            "source": self._content(text),
        }
        if self._format[1] >= _FIRST_WITH_IDS:
            built["id"] = facts.text(cell, "pk:cellId")
        if kind == "code":
            built["execution_count"], built["outputs"] = self._shown(cell)
        else:
            attachments = self._attachments(text)
            if attachments:
                built["attachments"] = attachments
        return built

    def _text(self, cell: Term) -> Term | None:
        """Find how a cell's text stood at the end: the one that none is a revision of."""
        source = self._facts.object(cell, "p-plan:hasInputVar")
        if source is None:
            return None
        texts = self._facts.having("p-plan:correspondsToVariable", source)
        last = (text for text in texts if not self._facts.having("prov:wasRevisionOf", text))
        return next(last, None)

    def _metadata(self, node: Term) -> Any:
        metadata = self._facts.object(node, "pk:metadata")
        return {} if metadata is None else self._content(metadata)

    def _attachments(self, text: Term) -> dict[str, Any]:
        attachments: dict[str, Any] = {}
        for node in self._facts.objects(text, "pk:attachment"):
            name = self._facts.text(node, "rdfs:label") or ""
            mime = self._facts.text(node, "schema:encodingFormat") or ""
            attachments.setdefault(name, {})[mime] = self._content(node)
        return attachments

    # ---------------------------------------------------------------- outputs

    def _shown(self, cell: Term) -> tuple[int | None, list[dict[str, Any]]]:
        """Rebuild what the last execution of a cell left in it."""
        facts = self._facts
        runs = [
            node
            for node in facts.having("p-plan:correspondsToStep", cell)
            if facts.is_a(node, "repr:CellExecution")
        ]
        if not runs:
            return None, []
        last = max(runs, key=lambda node: int(facts.text(node, "pk:order") or 0))
        if facts.scalar(last, "pk:cleared") is True:
            return None, []
        outputs = [
            node
            for node in facts.having("prov:wasGeneratedBy", last)
            if facts.object(node, "pk:outputKind")
        ]
        outputs.sort(key=lambda node: int(facts.text(node, "pk:outputIndex") or 0))
        return self._count(last), [self._output(node) for node in outputs]

    def _count(self, node: Term) -> int | None:
        count = self._facts.scalar(node, "pk:executionCount")
        return int(count) if count is not None else None

    def _output(self, node: Term) -> dict[str, Any]:
        kind = self._facts.text(node, "pk:outputKind")
        if kind == "stream":
            name = self._facts.text(node, "pk:stream")
            return {"output_type": kind, "name": name, "text": self._content(node)}
        if kind == "error":
            return {"output_type": kind, **self._content(node)}
        formats = [node, *self._facts.having("prov:alternateOf", node)]
        data = {
            mime: self._content(one)
            for one in formats
            if (mime := self._facts.text(one, "schema:encodingFormat")) is not None
        }
        built = {"output_type": kind, "data": data, "metadata": self._metadata(node)}
        if kind == "execute_result":
            built["execution_count"] = self._count(node)
        return built

    def _content(self, node: Term) -> Any:
        value = self._facts.object(node, "prov:value")
        kept = self._facts.object(node, "prov:specializationOf")
        encoding = self._facts.text(node, "pk:encoding") or "text"
        content = Content(
            mime="",
            text=text_of(value) if value is not None else None,
            digest=digest_of(kept) if kept is not None else None,
            encoding=encoding,  # type: ignore[arg-type]
        )
        return value_of(content, self._read)
