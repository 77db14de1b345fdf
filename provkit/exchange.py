"""What was made elsewhere taken in: trials of provkit's as trials, any other PROV as documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.errors import BadInput
from provkit.vocabulary import Quad, Term, term

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from provkit.store import LocalStore
    from provkit.store.catalog import Annotations

_TRIAL_GRAPH = re.compile(r"<(.*trial/([0-9a-f]{32}))/graph>")
_ABOUT_IMPORT = re.compile(r"<(.*import/[0-9a-f]{64})/about>")
_ID_LENGTH = 32
"""Of the 64 digits of a document's digest, so many are its id in the store."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A trial or a document that was taken in."""

    id: str
    is_new: bool
    """False if the store had it already; nothing was added then."""
    is_document: bool = False
    said: Annotations | None = None
    """Name, tags and note of a document where it was exported; a trial's are stored with it."""
    remark: str | None = None
    """Something that the person should know."""


def take_in(store: LocalStore, source: Path | bytes, called: str) -> list[Arrival]:
    """Seal what a file holds in the store: the trials of provkit's in it, or a PROV document.

    Args:
        store: Where it is kept.
        source: A file in any syntax of PROV or RDF, or its bytes; gzipped or not.
        called: What messages call it.

    Raises:
        BadInput: The file cannot be read, or the store has a different trial of the same id;
            nothing of the file is stored then.
    """
    from provkit.prov_document.rdf_reading import SYNTAXES
    from provkit.prov_document.reading import content_of, document_in, format_of

    content = content_of(source, called)
    try:
        syntax = format_of(content)
        if syntax in SYNTAXES:
            return _take_in_rdf(store, content, syntax)
        return [_keep_document(store, document_in(content, syntax))]
    except BadInput as error:
        raise BadInput(f"Couldn't import {called!r}: {error}") from error


def _take_in_rdf(store: LocalStore, content: bytes, syntax: str) -> list[Arrival]:
    from provkit.prov_document.rdf_reading import document_of_rdf, quads_of_rdf

    by_graph = _by_graph(quads_of_rdf(content, syntax)[0])
    trials = {found[2]: found[1] for found in map(_TRIAL_GRAPH.fullmatch, by_graph) if found}
    imports = [found[1] for found in map(_ABOUT_IMPORT.fullmatch, by_graph) if found]
    if not trials and not imports:
        document = document_of_rdf(content, syntax)
        return [_keep_document(store, document, remark=_of_merged_graphs(by_graph))]
    documents = _exported_documents(by_graph, trials.values(), imports)
    arrivals = _keep_trials(store, by_graph, trials)
    arrivals += [_keep_document(store, document, said) for document, said in documents]
    return arrivals


def _by_graph(quads: Iterable[Quad]) -> dict[Term, list[Quad]]:
    graphs: dict[Term, list[Quad]] = {}
    for quad in quads:
        graphs.setdefault(quad[3], []).append(quad)
    return graphs


# ------------------------------------------------------------------ documents


def _keep_document(
    store: LocalStore,
    document: ProvDocument,
    said: Annotations | None = None,
    remark: str | None = None,
) -> Arrival:
    """Seal a document under an id that its statements determine, if it is not there."""
    from provkit.prov_document import import_quads

    digest, quads = import_quads(document, store.base_iri)
    import_id = digest[:_ID_LENGTH]
    is_new = import_id not in store.holdings()
    if is_new:
        store.seal(import_id, quads)
    return Arrival(import_id, is_new, is_document=True, said=said, remark=remark)


def _of_merged_graphs(by_graph: Mapping[Term, list[Quad]]) -> str | None:
    """Warn that a trial came without the graphs that would tell its parts apart."""
    trial_type = term("repr:Trial")
    if not any(quad[2] == trial_type for quads in by_graph.values() for quad in quads):
        return None
    return (
        "it holds a trial without its graphs, so it was kept as a PROV document; export the trial "
        "as trig or nquads to take it in as a trial"
    )


def _exported_documents(
    by_graph: Mapping[Term, list[Quad]], trials: Iterable[str], imports: list[str]
) -> list[tuple[ProvDocument, Annotations]]:
    """Read the documents that a store had imported and exported again, each with what is said of it.

    Raises:
        BadInput: There are several, and bundles that may belong to either.
    """
    from provkit.prov_document import document_of
    from provkit.store.catalog import annotations_in

    own = {f"<{root}/{part}>" for root in imports for part in ("graph", "about", "annotations")}
    bundles = {graph for graph in by_graph if graph not in own and not _is_of_trials(graph, trials)}
    if len(imports) > 1 and bundles:
        raise BadInput(
            "it holds several imported documents, and bundles that cannot be told to belong to one "
            "of them; export each to a file of its own."
        )
    return [
        (
            document_of(
                quad
                for graph in (f"<{root}/graph>", f"<{root}/about>", *sorted(bundles))
                for quad in by_graph.get(graph, ())
            ),
            annotations_in(by_graph.get(f"<{root}/annotations>", ())),
        )
        for root in imports
    ]


def _is_of_trials(graph: Term, trials: Iterable[str]) -> bool:
    bases = {trial.rpartition("trial/")[0] for trial in trials}
    return graph.startswith(
        tuple(f"<{base}{part}" for base in bases for part in ("trial/", "plan/", "shared>"))
    )


# ------------------------------------------------------------------ trials


def _keep_trials(
    store: LocalStore, by_graph: Mapping[Term, list[Quad]], trials: Mapping[str, str]
) -> list[Arrival]:
    """Seal trials, given by id with their IRIs; none if one differs from what the store has."""
    parts = {trial_id: _belonging(by_graph, iri) for trial_id, iri in sorted(trials.items())}
    there = parts.keys() & store.holdings().keys()
    for trial_id in there:
        _check_same(store, trial_id, parts[trial_id])
    for trial_id in parts.keys() - there:
        store.seal(trial_id, parts[trial_id])
        store.annotate(trial_id, by_graph.get(f"<{trials[trial_id]}/annotations>", ()))
    return [Arrival(trial_id, trial_id not in there) for trial_id in parts]


def _belonging(by_graph: Mapping[Term, list[Quad]], trial: str) -> list[Quad]:
    """Choose a trial's own graph, the graphs of its plans, and the shared statements they need."""
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


def _check_same(store: LocalStore, trial_id: str, quads: list[Quad]) -> None:
    """Refuse another text under an id that the store has: what is sealed does not change."""
    said = {quad for quad in store.quads(trial_id) if not quad[3].endswith("/annotations>")}
    if said != set(quads):
        raise BadInput(
            f"the store has trial {trial_id[:8]} already, with other statements; remove that one "
            "first if this is the better one."
        )
