"""Put a query to the store, or to files, in this process or in one that can be stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyoxigraph

from provkit import errors
from provkit.errors import BadInput, ProvkitError, QueryTimeout, StoreError
from provkit.query.results import QueryResult
from provkit.query.sparql import has_dataset, refuse_what_is_no_query, syntax_error
from provkit.store import LocalStore
from provkit.vocabulary import PREFIXES

_SUFFIXES = {
    ".ttl": pyoxigraph.RdfFormat.TURTLE,
    ".nt": pyoxigraph.RdfFormat.N_TRIPLES,
    ".nq": pyoxigraph.RdfFormat.N_QUADS,
    ".trig": pyoxigraph.RdfFormat.TRIG,
    ".jsonld": pyoxigraph.RdfFormat.JSON_LD,
    ".rdf": pyoxigraph.RdfFormat.RDF_XML,
    ".owl": pyoxigraph.RdfFormat.RDF_XML,
    ".xml": pyoxigraph.RdfFormat.RDF_XML,
    ".n3": pyoxigraph.RdfFormat.N3,
}
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def ask(
    store: LocalStore | None,
    sparql: str,
    *,
    trial: str | None = None,
    data: Sequence[Path] = (),
    timeout: float | None = None,
    origin: str = "query",
) -> QueryResult:
    """Answer a query.

    Args:
        store: Where the trials are; None if only `data` is asked.
        sparql: SELECT, ASK, CONSTRUCT or DESCRIBE of SPARQL 1.1. The prefixes of
            `provkit.vocabulary` need no declaration; one declared in the query wins.
        trial: Ask only this trial: its own graphs, those of its plans, what it shares
            with others and what is said of it.
        data: Ask these files instead of the store, all of them together.
        timeout: Seconds after which the query is stopped; it then runs in a process of
            its own, which costs about 0.1 s.
        origin: What messages call the query: its file's name, for one.

    Returns:
        The whole answer, independent of the store.

    Raises:
        BadInput: The query is malformed, is no question, or a file of data is.
        UnknownTrial: No trial answers to `trial`; so with AmbiguousTrial.
        QueryTimeout: It took longer than `timeout`.
        StoreError: The store cannot be read.
    """
    refuse_what_is_no_query(sparql, origin)
    if timeout is None:
        return _ask_here(store, sparql, trial=trial, data=data, origin=origin)
    return _ask_in_child(store, sparql, trial, data, timeout, origin)


# ------------------------------------------------------------ in this process


def _ask_here(
    store: LocalStore | None,
    sparql: str,
    *,
    trial: str | None,
    data: Sequence[Path],
    origin: str,
) -> QueryResult:
    if data:
        return _answer(_database_of(data), sparql, None, (), origin)
    if store is None:
        raise StoreError("There is nothing to ask: no store, and no file of data.")
    trial_id = None if trial is None else store.resolve(trial)
    said = len(store.warnings)
    try:
        return _ask_index(store, sparql, trial_id, said, origin)
    except StoreError:
        # An index found damaged while reading has been thrown away: the second time it is new.
        return _ask_index(store, sparql, trial_id, said, origin)


def _ask_index(
    store: LocalStore, sparql: str, trial_id: str | None, said: int, origin: str
) -> QueryResult:
    trials = None if trial_id is None else [trial_id]
    graphs = None if trial_id is None else _graphs_of(store, trial_id)
    with store.index(trials=trials) as database:
        return _answer(database, sparql, graphs, tuple(store.warnings[said:]), origin)


def _graphs_of(store: LocalStore, trial_id: str) -> list[pyoxigraph.NamedNode]:
    summary = store.summary(trial_id)
    own = (f"{summary.iri}/annotations", f"{summary.iri}/inferred")
    return [pyoxigraph.NamedNode(graph) for graph in (*summary.graphs, *own)]


def _answer(
    database: pyoxigraph.Store,
    sparql: str,
    graphs: list[pyoxigraph.NamedNode] | None,
    warnings: tuple[str, ...],
    origin: str,
) -> QueryResult:
    """Ask a database; `graphs`, if given, are all there is, whatever FROM says."""
    dataset: dict[str, Any] = {"default_graph": graphs, "named_graphs": graphs}
    if graphs is None:
        # With the union on, the engine would ignore FROM.
        dataset = {"use_default_graph_as_union": not has_dataset(sparql)}
    try:
        found = database.query(sparql, prefixes=PREFIXES, **dataset)
    except SyntaxError as error:
        raise syntax_error(sparql, str(error), origin) from None
    return _complete(found, warnings)


def _complete(found: Any, warnings: tuple[str, ...]) -> QueryResult:
    """Use up the engine's answer while the database is open."""
    if isinstance(found, pyoxigraph.QueryBoolean):
        return QueryResult("ask", answer=bool(found), warnings=warnings)
    if isinstance(found, pyoxigraph.QueryTriples):
        # CONSTRUCT repeats a triple for each solution that makes it.
        triples = dict.fromkeys((str(t.subject), str(t.predicate), str(t.object)) for t in found)
        return QueryResult("graph", rows=tuple(triples), warnings=warnings)
    variables = tuple(variable.value for variable in found.variables)
    rows = tuple(
        tuple(None if term is None else str(term) for term in solution) for solution in found
    )
    return QueryResult("select", variables, rows, warnings=warnings)


def _database_of(files: Sequence[Path]) -> pyoxigraph.Store:
    database = pyoxigraph.Store()
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BadInput(
                f"Couldn't read {str(path)!r}: {(error.strerror or str(error)).lower()}."
            ) from error
        try:
            database.load(
                content, format=_format_of(path, content), base_iri=path.resolve().as_uri()
            )
        except (SyntaxError, ValueError) as error:
            raise BadInput(f"Couldn't read {str(path)!r}: {error}.") from error
    return database


def _format_of(path: Path, content: bytes) -> pyoxigraph.RdfFormat:
    """Know the format by the suffix, else by how the content begins."""
    known = _SUFFIXES.get(path.suffix.lower())
    if known is not None:
        return known
    start = content.lstrip()[:200]
    if start.startswith((b"{", b"[")) and b'"' in start:
        return pyoxigraph.RdfFormat.JSON_LD
    if start.startswith((b"<?xml", b"<rdf:RDF", b"<!DOCTYPE")):
        return pyoxigraph.RdfFormat.RDF_XML
    return pyoxigraph.RdfFormat.TRIG  # which every Turtle, N-Triples and TriG text is


# ------------------------------------------------------------ in a process of its own


def _ask_in_child(
    store: LocalStore | None,
    sparql: str,
    trial: str | None,
    data: Sequence[Path],
    timeout: float,
    origin: str,
) -> QueryResult:
    """Ask in a process that can be killed: the engine cannot be interrupted in this one.

    Being killed harms nothing: the index's lock dies with its holder, and its content is
    sound after a kill at any moment.
    """
    question = {
        "store": None if store is None else str(store.folder),
        "sparql": sparql,
        "trial": trial,
        "data": [str(path) for path in data],
        "origin": origin,
    }
    command = [sys.executable, "-P", "-m", "provkit.query.child"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            env=_child_environment(),
        )
    except subprocess.TimeoutExpired:
        raise QueryTimeout(
            f"The query was stopped after {timeout:g} s; give it more time with --timeout, or ask "
            "one trial with --trial."
        ) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise ProvkitError(
            f"The process that ran the query ended without an answer (status {done.returncode}): "
            f"{reason or 'it was killed, perhaps for want of memory'}."
        ) from None
    return _received(answer)


def _child_environment() -> dict[str, str]:
    """Let the child find this very provkit, however it was found here."""
    known = [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, known))}


def _received(answer: dict[str, Any]) -> QueryResult:
    if "error" in answer:
        kind = getattr(errors, answer["error"], ProvkitError)
        raise kind(answer["message"])
    return QueryResult(
        answer["kind"],
        tuple(answer["variables"]),
        tuple(map(tuple, answer["rows"])),
        answer["answer"],
        tuple(answer["warnings"]),
    )


def answer_in_child(question: dict[str, Any]) -> dict[str, Any]:
    """Do the child's part: what `_received` understands."""
    try:
        store = LocalStore.find(explicit=Path(question["store"])) if question["store"] else None
        result = _ask_here(
            store,
            question["sparql"],
            trial=question["trial"],
            data=[Path(path) for path in question["data"]],
            origin=question["origin"],
        )
    except ProvkitError as error:
        return {"error": type(error).__name__, "message": str(error)}
    return {
        "kind": result.kind,
        "variables": result.variables,
        "rows": result.rows,
        "answer": result.answer,
        "warnings": result.warnings,
    }
