"""Questions: where something came from, and whatever SPARQL can ask."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from provkit.api.stores import Place, open_store

if TYPE_CHECKING:
    from provkit.lineage import Lineage
    from provkit.paths import Path as DerivationPath
    from provkit.query import NamedQuery, QueryResult
    from provkit.slicing import Slice


def lineage(
    trial: str,
    name: str,
    *,
    forward: bool = False,
    depth: int | None = None,
    files_only: bool = False,
    only: Literal["data", "control"] | None = None,
    store: Place = None,
) -> Lineage:
    """Find where a value or a file came from, or with `forward` what became of it.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        name: A variable (its last version), a version (`model@1`), a function's variable (`clean:frame`), an
            attribute or item (`model.alpha`, `df["price"]`), a file's path or base name, a metric, a model.
        forward: Follow the derivations the other way.
        depth: Derivations to go; None for all.
        files_only: Keep only files, joined where a path joins them.
        only: `data` for what values were made from, `control` for what tests read; None for both.
        store: The store's folder.
    """
    from provkit.lineage import lineage as lineage_of

    opened = open_store(store)
    return lineage_of(
        opened,
        opened.resolve(trial),
        name,
        forward=forward,
        depth=depth,
        files_only=files_only,
        only=only,
    )


def why(trial: str, source: str, target: str, *, store: Place = None) -> DerivationPath:
    """Find how one thing in a trial came from another: the shortest path of derivations.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        source: What it may have come from, by any name that `lineage` takes; any version, if none is given.
        target: What may have come from it; its last version, if none is given. `train.py:42` is what the
            statement on that line read or made.
        store: The store's folder.

    Returns:
        A path; it `exists` or not, and has `stages`, the source first. One by data alone is preferred.

    Raises:
        UsageError: Nothing in the trial answers to one of the names, or several things do.
    """
    from provkit.paths import path_between

    opened = open_store(store)
    return path_between(opened, opened.resolve(trial), source, target)


def slice_(trial: str, name: str, *, store: Place = None) -> Slice:
    """Find the smallest program in the author's own lines that lineage says produces something.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        name: As `lineage` takes it; or `train.py:42`, what the statement on that line did.
        store: The store's folder.

    Returns:
        The slice: `main`, the program itself, and `files`, with the project's modules that it needs cut
        down as well. Each has its `path` and `text`.

    Raises:
        UsageError: Nothing in the trial answers to the name, or nothing in the program made it.
        BadInput: The trial does not hold its program's text.
    """
    from provkit.slicing import slice_of

    opened = open_store(store)
    return slice_of(opened, opened.resolve(trial), name)


def notebook_of(found: Slice, *, store: Place = None) -> bytes:
    """Write the slice of a notebook as a notebook: what is needed of each execution of a cell, as they ran.

    Args:
        found: From `slice_`.
        store: The store's folder, the same.

    Raises:
        BadInput: The trial ran no notebook.
    """
    from provkit.export import notebook

    opened = open_store(store)
    cells = [(cell.id, cell.text) for cell in found.cells]
    return notebook.write_cells(opened.quads(found.trial), opened.artifact, cells)


def query(
    sparql: str,
    *,
    parameters: Mapping[str, str] | None = None,
    trial: str | None = None,
    data: Iterable[str | os.PathLike[str]] = (),
    timeout: float | None = None,
    origin: str = "query",
    store: Place = None,
) -> QueryResult:
    """Ask the store in SPARQL 1.1: SELECT, ASK, CONSTRUCT or DESCRIBE.

    The usual prefixes are declared, and the default graph is the union of all trials.

    Args:
        sparql: The query.
        parameters: Values of its variables: a string, or an IRI if it is written `<iri>`.
        trial: Ask this trial alone.
        data: Files of RDF to be asked instead of the store.
        timeout: Seconds after which the query is stopped; None for no limit.
        origin: What messages call the query, the name of its file for one.
        store: The store's folder.

    Raises:
        BadInput: It is no SPARQL query, or an update.
        QueryTimeout: It took longer than it was given.
    """
    from provkit.query import ask
    from provkit.query.sparql import parameter_term, with_parameters

    if parameters:
        terms = {name: parameter_term(value) for name, value in parameters.items()}
        sparql = with_parameters(sparql, terms)
    files = [Path(file) for file in data]
    opened = None if files else open_store(store)
    return ask(opened, sparql, trial=trial, data=files, timeout=timeout, origin=origin)


def queries() -> list[NamedQuery]:
    """List the queries that come with provkit, by name."""
    from provkit.query import queries as known

    return known()


def named_query(
    name: str,
    parameters: Mapping[str, str] | None = None,
    *,
    trial: str | None = None,
    timeout: float | None = None,
    store: Place = None,
) -> QueryResult:
    """Ask one of the queries that come with provkit.

    Args:
        name: Its name, as `queries` lists it.
        parameters: A value for each parameter that it declares.
        trial: Ask this trial alone.
        timeout: Seconds after which the query is stopped; None for no limit.
        store: The store's folder.

    Raises:
        UsageError: There is no such query, or a parameter is missing or unknown.
    """
    from provkit.query import named_query as find_query

    bound = find_query(name).bound(parameters or {})
    return query(bound, trial=trial, timeout=timeout, origin=name, store=store)
