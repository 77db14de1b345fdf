"""What the trial of a notebook names beside its plan, found once, with the terms already minted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote

from provkit.identifiers import Identifiers
from provkit.model import CellOutput, CellText, Content, Notebook, Reference, Trial
from provkit.vocabulary import Term

METADATA = "notebook.metadata"
"""Key of the setting that is the notebook's own metadata."""


class ContentNode(NamedTuple):
    """Something that a notebook holds, with its content."""

    node: Term
    content: Content


@dataclass(frozen=True)
class NotebookNodes:
    """The terms of what a notebook's trial tells beside its plan.

    Attributes:
        texts: Each text of a cell.
        outputs: Each output; its first format, which is plain text if there is that, is told on it.
        contents: All that has a content, texts and outputs among them.
        formats: For each output the nodes of its other formats.
        python: For each text that IPython made another of, the node of that.
        metadata: For each text and output that has any, the node of its metadata.
        attachments: For each text the nodes of its attachments, and what each is called.
        uses: For each cell's execution what went into the cell from outside.
    """

    texts: tuple[tuple[CellText, Term], ...] = ()
    outputs: tuple[tuple[CellOutput, Term], ...] = ()
    contents: tuple[ContentNode, ...] = ()
    formats: tuple[tuple[Term, Term], ...] = ()
    python: tuple[tuple[Term, Term], ...] = ()
    metadata: tuple[tuple[Term, Term], ...] = ()
    attachments: tuple[tuple[Term, Term, str], ...] = ()
    uses: dict[int, tuple[Reference, ...]] = field(default_factory=dict)


def notebook_nodes(trial: Trial, names: Identifiers) -> NotebookNodes:
    """Find what a notebook's trial names; nothing for another's."""
    if trial.notebook is None:
        return NotebookNodes()
    contents: list[ContentNode] = []
    formats: list[tuple[Term, Term]] = []
    python: list[tuple[Term, Term]] = []
    metadata: list[tuple[Term, Term]] = []
    attachments: list[tuple[Term, Term, str]] = []
    texts = tuple((text, names.cell_text(text.key)) for text in trial.notebook.texts)
    for text, node in texts:
        contents.append(ContentNode(node, text.source))
        if text.python is not None:
            python.append((node, _below(node, "python")))
            contents.append(ContentNode(_below(node, "python"), text.python))
        if text.metadata is not None:
            metadata.append((node, _below(node, "metadata")))
            contents.append(ContentNode(_below(node, "metadata"), text.metadata))
        for name, content in text.attachments:
            of = _below(node, "attachment", name, content.mime)
            attachments.append((node, of, name))
            contents.append(ContentNode(of, content))
    outputs = tuple((output, names.output(output.key)) for output in trial.notebook.outputs)
    for output, node in outputs:
        first = shown_first(output)
        for content in output.contents:
            of = node if content is first else _below(node, "format", content.mime)
            contents.append(ContentNode(of, content))
            if of != node:
                formats.append((node, of))
        if output.metadata is not None:
            metadata.append((node, _below(node, "metadata")))
            contents.append(ContentNode(_below(node, "metadata"), output.metadata))
    if trial.notebook.metadata is not None:
        contents.append(ContentNode(names.setting(METADATA), trial.notebook.metadata))
    return NotebookNodes(
        texts,
        outputs,
        tuple(contents),
        tuple(formats),
        tuple(python),
        tuple(metadata),
        tuple(attachments),
        _uses(trial, trial.notebook),
    )


def contents_in(trial: Trial) -> Iterator[Content]:
    """List all contents: those of a notebook's trial, and models that are kept."""
    yield from (kept.content for kept in trial.learning.kept)
    if trial.notebook is None:
        return
    if trial.notebook.metadata is not None:
        yield trial.notebook.metadata
    for text in trial.notebook.texts:
        yield text.source
        yield from (content for _, content in text.attachments)
        if text.metadata is not None:
            yield text.metadata
        if text.python is not None:
            yield text.python
    for output in trial.notebook.outputs:
        yield from output.contents
        if output.metadata is not None:
            yield output.metadata


def shown_first(output: CellOutput) -> Content | None:
    """Choose the format that an output is told in: plain text if it has that."""
    plain = (content for content in output.contents if content.mime == "text/plain")
    return next(plain, output.contents[0] if output.contents else None)


def _below(node: Term, *names: str) -> Term:
    return (
        f"{node[:-1]}/{'/'.join(quote(name, safe='', errors='surrogatepass') for name in names)}>"
    )


def _uses(trial: Trial, notebook: Notebook) -> dict[int, tuple[Reference, ...]]:
    """Find what went into each cell from outside: what its statements read and did not make."""
    outer = {execution.order: execution.parent for execution in trial.executions}
    cells = {execution.order: execution.parent for execution in notebook.executions}
    cell_of: dict[int, int | None] = {}
    for order in sorted(outer):
        parent = outer[order]
        cell_of[order] = parent if parent in cells else cell_of.get(parent or 0)
    makers = {Reference("value", value.key): value.generated_by for value in trial.values}
    makers |= {Reference("file", file.key): file.generated_by for file in trial.files}
    uses: dict[int, dict[Reference, None]] = {}
    for execution in trial.executions:
        cell = cell_of[execution.order]
        if cell is None:
            continue
        for usage in execution.usages:
            maker = makers.get(usage.entity)
            if maker is None or (maker != cell and cell_of.get(maker) != cell):
                uses.setdefault(cell, {})[usage.entity] = None
    return {order: tuple(entities) for order, entities in uses.items()}
