"""Documents from one format into another, and trials that were exported elsewhere taken in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.errors import BadInput
from provkit.vocabulary import Quad, Term, term

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from provkit.store import LocalStore

_RDF = {
    "turtle": "turtle",
    "trig": "trig",
    "nquads": "nquads",
    "ntriples": "ntriples",
    "rdf-xml": "rdf-xml",
    "jsonld": "jsonld",
}
"""Formats that hold any statement, not only those of PROV."""

_TRIAL_GRAPH = re.compile(r"<(.*trial/([0-9a-f]{32}))/(graph|annotations)>")


def converted(source: Path | bytes, format: str, source_format: str | None = None) -> bytes:
    """Turn a document into another format.

    From RDF to RDF every statement is kept; else what is no PROV is left out.

    Raises:
        BadInput: The source cannot be read, or the format cannot hold it.
        UsageError: There is no such format.
    """
    from provkit.export import render, writer_of
    from provkit.prov_document.reading import content_of, format_of, read_document

    writer_of(format)  # that the format is known is found out before anything is read
    called = str(source) if isinstance(source, Path) else "standard input"
    content = content_of(source, called)
    syntax = source_format or _said_of(called, format_of, content)
    if syntax in _RDF and format in _RDF:
        from provkit.prov_document.rdf_reading import quads_of_rdf

        quads, prefixes = quads_of_rdf(content, syntax)
        return render(quads, format, prefixes=prefixes)
    return written(read_document(content, name=called, format=source_format), format)


def written(document: ProvDocument, format: str) -> bytes:
    """Write a document in a format, directly where the format is one of PROV's own.

    Raises:
        BadInput: The format cannot hold it.
        UsageError: There is no such format.
    """
    from provkit.export import FORMATS, render, writer_of
    from provkit.prov_document import quads_of_document

    writer_of(format)
    own = getattr(import_module(FORMATS[format].partition(":")[0]), "write_document", None)
    if own is not None:
        content: bytes = own(document)
        return content
    prefixes = {space.prefix: space.uri for space in document.get_registered_namespaces()}
    return render(quads_of_document(document), format, prefixes=prefixes)


def _said_of(called: str, tell: object, content: bytes) -> str:
    try:
        return str(tell(content))  # type: ignore[operator]
    except BadInput as error:
        raise BadInput(f"Couldn't read {called!r}: {error}") from error


def take_in(store: LocalStore, file: Path) -> list[str]:
    """Seal the trials of a file in the store.

    Returns:
        Their ids, those included that were there already.

    Raises:
        BadInput: The file cannot be read or holds no trial, or the store has a different
            trial of the same id; nothing of the file is stored then.
    """
    quads = _quads_in(file)
    trials = {
        found[2]: found[1]
        for found in map(_TRIAL_GRAPH.fullmatch, {quad[3] for quad in quads})
        if found is not None and found[3] == "graph"
    }
    if not trials:
        raise BadInput(
            f"Couldn't import {str(file)!r}: it holds no graph of a trial; export it as trig or "
            "nquads, which keep the graphs apart."
        )
    parts = {trial_id: _belonging(quads, iri) for trial_id, iri in sorted(trials.items())}
    there = set(store.trial_ids())
    for trial_id in parts.keys() & there:
        _check_same(store, trial_id, parts[trial_id], file)
    for trial_id, own in parts.items():
        said = [quad for quad in quads if quad[3] == f"<{trials[trial_id]}/annotations>"]
        if trial_id not in there:
            store.seal(trial_id, own)
            store.annotate(trial_id, said)
    return list(parts)


def _quads_in(file: Path) -> list[Quad]:
    from provkit.prov_document.rdf_reading import quads_of_rdf
    from provkit.prov_document.reading import content_of, format_of

    content = content_of(file, str(file))
    syntax = _said_of(str(file), format_of, content)
    if syntax not in _RDF:
        raise BadInput(
            f"Couldn't import {str(file)!r}: it is {syntax}, and a trial is taken in from trig or "
            "nquads; `provkit convert` reads it."
        )
    return quads_of_rdf(content, syntax)[0]


def _belonging(quads: Iterable[Quad], trial: str) -> list[Quad]:
    """Choose a trial's own graph, the graphs of its plans, and the shared statements they need."""
    by_graph: dict[Term, list[Quad]] = {}
    for quad in quads:
        by_graph.setdefault(quad[3], []).append(quad)
    own = by_graph[f"<{trial}/graph>"]
    plan_type = term("prov:Plan")
    plans = [s for s, _, o, _ in own if o == plan_type]
    chosen = [*own]
    for plan in dict.fromkeys(plans):
        chosen += by_graph.get(f"{plan[:-1]}/graph>", [])
    shared = by_graph.get(f"<{trial.partition('trial/')[0]}shared>", [])
    return chosen + _leaned_on(shared, chosen)


def _leaned_on(shared: list[Quad], chosen: list[Quad]) -> list[Quad]:
    about: dict[Term, list[Quad]] = {}
    for quad in shared:
        about.setdefault(quad[0], []).append(quad)
    waiting = list(dict.fromkeys(name for s, _, o, _ in chosen for name in (s, o)))
    found: dict[Quad, None] = {}
    seen = set(waiting)
    while waiting:
        for quad in about.get(waiting.pop(), ()):
            found[quad] = None
            if quad[2] not in seen:
                seen.add(quad[2])
                waiting.append(quad[2])
    return list(found)


def _check_same(store: LocalStore, trial_id: str, quads: list[Quad], file: Path) -> None:
    """Refuse another text under an id that the store has: what is sealed does not change."""
    said = {quad for quad in store.quads(trial_id) if not quad[3].endswith("/annotations>")}
    if said != set(quads):
        raise BadInput(
            f"Couldn't import {str(file)!r}: the store has trial {trial_id[:8]} already, with "
            "other statements; remove that one first if this is the better one."
        )
