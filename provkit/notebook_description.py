"""The cells of a notebook's trial, each told in a line: what it is, how often it ran, what it showed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container
from dataclasses import dataclass, replace

from provkit.assembly.contents import value_of
from provkit.facts import Facts, text_of
from provkit.identifiers import digest_of
from provkit.model import Content
from provkit.notebook_plan import without_ipython
from provkit.vocabulary import Term

ReadArtifact = Callable[[str], bytes]
"""Gives the bytes that a store keeps under a digest."""
_DEFINED = re.compile(r"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CellSeen:
    """A cell as a trial saw it."""

    index: int
    """Place in the notebook, from 0."""
    id: str
    kind: str
    """code, markdown or raw."""
    source: str
    """Its text as it stood at the end; empty if it is kept elsewhere because it is long."""
    runs: int = 0
    texts: int = 1
    """1 more than it was edited between runs."""
    execution_count: int | None = None
    """That of the last run."""
    status: str | None = None
    """completed, failed or aborted; None if it did not run."""
    order: int | None = None
    """Place of the last run in the trial."""
    failure: str | None = None
    """Type and message of the exception that ended the last run."""
    outputs: tuple[str, ...] = ()
    """What the last run showed, as media types and streams."""
    shown: str | None = None
    """The last of it that is text."""
    stages: tuple[str, ...] = ()
    """Of its statements, each once, in their order."""
    tags: tuple[str, ...] = ()
    is_deleted: bool = False
    is_inside: bool = False
    """Only other cells ran it, as `%rerun` does."""
    deletes: tuple[str, ...] = ()
    """Variables that the last run deleted."""


def happened_between(facts: Facts, only: Container[Term] | None = None) -> tuple[str, ...]:
    """Say what happened while no cell ran, in the order of its happening: what ran or changed, on what, how often.

    Args:
        facts: Of the trial.
        only: Executions and values; of others nothing is said.
    """
    counts: dict[str, int] = {}
    told = [
        *facts.pairs("pk:ranBetweenCells"),
        *facts.pairs("pk:changedBetweenCells"),
    ]
    for node, cause in sorted(told, key=lambda one: (_number(facts, one[0], "pk:order") or 0, one)):
        if only is not None and node not in only:
            continue
        step = facts.object(node, "p-plan:correspondsToStep")
        if step is not None:
            named = _DEFINED.search(facts.text(step, "prov:value") or "")
            what = f"{named[1] if named else 'a function'} ran"
        else:
            what = f"{(facts.text(node, 'rdfs:label') or '').partition('@')[0]} changed"
        said = f"{what} ({text_of(cause)})"
        counts[said] = counts.get(said, 0) + 1
    return tuple(said if count == 1 else f"{said}, {count} times" for said, count in counts.items())


def cells_of(facts: Facts) -> tuple[CellSeen, ...]:
    """List the cells of a trial's notebook, in its order; none if it ran no notebook."""
    found = [cell for cell in facts.instances("repr:Cell") if facts.object(cell, "pk:cellId")]
    return tuple(sorted((_cell(facts, cell) for cell in found), key=lambda cell: cell.index))


def _cell(facts: Facts, cell: Term) -> CellSeen:
    source = facts.object(cell, "p-plan:hasInputVar")
    texts = facts.having("p-plan:correspondsToVariable", source) if source else []
    last_text = next((t for t in texts if not facts.having("prov:wasRevisionOf", t)), None)
    runs = [
        node
        for node in facts.having("p-plan:correspondsToStep", cell)
        if facts.is_a(node, "repr:CellExecution")
    ]
    last = max(runs, key=lambda run: _number(facts, run, "pk:order") or 0, default=None)
    seen = CellSeen(
        index=_number(facts, cell, "pk:cellIndex") or 0,
        id=facts.text(cell, "pk:cellId") or "",
        kind=facts.text(cell, "pk:cellKind") or "code",
        source=(facts.text(last_text, "prov:value") or "") if last_text else "",
        runs=len(runs),
        texts=len(texts),
        stages=_stages(facts, cell),
        tags=tuple(
            text_of(tag)
            for node in (last_text, last)
            if node is not None
            for tag in facts.objects(node, "pk:tag")
        ),
        is_deleted=last_text is not None and facts.scalar(last_text, "pk:deleted") is True,
    )
    if runs and all(is_inside_another(facts, run) for run in runs):
        seen = replace(seen, is_deleted=False, is_inside=True)
    return seen if last is None else _with_last_run(facts, seen, last)


def _stages(facts: Facts, cell: Term) -> tuple[str, ...]:
    parts = (cell, *facts.having("p-plan:isStepOfPlan", cell))
    found = (_local(stage) for part in parts for stage in facts.objects(part, "pk:stage"))
    return tuple(dict.fromkeys(found))


def _with_last_run(facts: Facts, seen: CellSeen, last: Term) -> CellSeen:
    outputs = [node for node in facts.having("prov:wasGeneratedBy", last) if _index(facts, node)]
    outputs.sort(key=lambda node: _index(facts, node))
    named = Counter(_kind(facts, node) for node in outputs)
    told = [facts.text(node, "prov:value") for node in outputs if _is_plain(facts, node)]
    error = facts.text(last, "pk:failedWith")
    status = facts.object(last, "pk:status")
    return replace(
        seen,
        execution_count=_number(facts, last, "pk:executionCount"),
        status=_local(status) if status else None,
        order=_number(facts, last, "pk:order"),
        failure=_failure(error, facts.text(last, "pk:failureMessage")) if error else None,
        outputs=tuple(name if times == 1 else f"{times} {name}" for name, times in named.items()),
        deletes=_deleted_by(facts, last),
        shown=next((text for text in reversed(told) if text and text.strip()), None),
    )


def _failure(kind: str, message: str | None) -> str:
    return f"{kind}: {message}" if message else kind


def _deleted_by(facts: Facts, run: Term) -> tuple[str, ...]:
    """List the variables that a run of a cell deleted, however deep inside it."""
    found: dict[str, None] = {}
    waiting = [run]
    while waiting:
        execution = waiting.pop(0)
        for variable in facts.objects(execution, "pk:unbinds"):
            found[facts.text(variable, "rdfs:label") or text_of(variable).rpartition("/")[2]] = None
        waiting.extend(facts.having("provone:wasPartOf", execution))
    return tuple(found)


def is_inside_another(facts: Facts, execution: Term) -> bool:
    """Tell whether a cell was run by a statement of another, as `%rerun` does."""
    parent = facts.object(execution, "provone:wasPartOf")
    return parent is not None and not facts.is_a(parent, "repr:Trial")


@dataclass(frozen=True, slots=True)
class TextOfCell:
    """One of the texts that a code cell had."""

    node: Term
    cell: str
    """Its id."""
    index: int
    """The cell's place, from 0."""
    key: str
    """What keys of its steps begin with: `c790615e` for the text at the end, `c790615e@1` for an earlier one."""
    written: str
    """As its author wrote it."""
    python: str
    """With IPython's syntax turned into calls: places of steps are counted in it."""


def texts_of(facts: Facts, read: ReadArtifact) -> list[TextOfCell]:
    """List the texts of code cells, in the order of the cells.

    Args:
        facts: Of the trial of a notebook.
        read: Gives the bytes that the store keeps under a digest (`LocalStore.artifact`).
    """
    found: list[TextOfCell] = []
    cells = [cell for cell in facts.instances("repr:Cell") if facts.object(cell, "pk:cellId")]
    for cell in sorted(cells, key=lambda cell: _number(facts, cell, "pk:cellIndex") or 0):
        if facts.text(cell, "pk:cellKind") != "code":
            continue
        source = facts.object(cell, "p-plan:hasInputVar")
        texts = list(facts.having("p-plan:correspondsToVariable", source)) if source else []
        texts.sort(key=_text_number)
        name, index = (
            facts.text(cell, "pk:cellId") or "",
            _number(facts, cell, "pk:cellIndex") or 0,
        )
        for text in texts:
            key = name if text == texts[-1] else f"{name}@{_text_number(text)}"
            written = _said(facts, text, read)
            plain = facts.object(text, "pk:plainPython")
            python = without_ipython(written) if plain is None else _said(facts, plain, read)
            found.append(TextOfCell(text, name, index, key, written, python))
    return found


def python_texts(facts: Facts, read: ReadArtifact) -> dict[str, str]:
    """Give the plain Python of each text of each cell, in which the places of steps are counted.

    Returns:
        By what keys of steps begin with, in the order of the cells.
    """
    return {text.key: text.python for text in texts_of(facts, read)}


def _text_number(text: Term) -> int:
    return int(text[:-1].rpartition(".")[2])


def _said(facts: Facts, node: Term, read: ReadArtifact) -> str:
    kept = facts.object(node, "prov:specializationOf")
    content = Content(
        mime="",
        text=facts.text(node, "prov:value"),
        digest=digest_of(kept) if kept is not None else None,
        encoding="json" if facts.text(node, "pk:encoding") == "json" else "text",
    )
    return str(value_of(content, read))


def _index(facts: Facts, node: Term) -> int:
    return _number(facts, node, "pk:outputIndex") or 0


def _kind(facts: Facts, node: Term) -> str:
    """Say what an output is: its stream, an error, or the richest of its formats."""
    kind = facts.text(node, "pk:outputKind") or ""
    if kind == "stream":
        return facts.text(node, "pk:stream") or kind
    if kind == "error":
        return kind
    formats = [facts.text(one, "schema:encodingFormat") for one in _formats(facts, node)]
    rich = [mime for mime in formats if mime is not None and mime != "text/plain"]
    return rich[0] if rich else "text/plain"


def _formats(facts: Facts, node: Term) -> list[Term]:
    return [node, *facts.having("prov:alternateOf", node)]


def _is_plain(facts: Facts, node: Term) -> bool:
    is_text = facts.text(node, "schema:encodingFormat") == "text/plain"
    return is_text and facts.text(node, "pk:encoding") is None


def _number(facts: Facts, node: Term, predicate: str) -> int | None:
    found = facts.scalar(node, predicate)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _local(iri: Term) -> str:
    return text_of(iri).rpartition("#")[2]
