"""Trials, and any quads, in the formats that other tools read; one format per file.

To add a format, write a module with a function from quads and prefixes to bytes, and add its
line to `FORMATS`. What a format cannot hold is in `docs/formats.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from provkit.errors import UsageError
from provkit.prov_document.collecting import collector_resting
from provkit.vocabulary import Quad

if TYPE_CHECKING:
    from provkit.store import LocalStore

Writer = Callable[[Iterable[Quad], Mapping[str, str]], bytes]

FORMATS: dict[str, str] = {
    "turtle": "provkit.export.rdf:turtle",
    "trig": "provkit.export.rdf:trig",
    "nquads": "provkit.export.rdf:nquads",
    "ntriples": "provkit.export.rdf:ntriples",
    "jsonld": "provkit.export.jsonld:write",
    "rdf-xml": "provkit.export.rdf:rdf_xml",
    "prov-json": "provkit.export.prov_json:write",
    "prov-n": "provkit.export.prov_n:write",
    "prov-xml": "provkit.export.prov_xml:write",
    "prov-jsonld": "provkit.export.prov_jsonld:write",
}
"""Where the writer of each format is; it is imported when it is asked for."""

NOTEBOOK = "notebook"
"""Of one trial, and made of what the store keeps beside its quads, too."""
SPECIFICATIONS: dict[str, str] = {
    "spec": "provkit.export.spec:as_yaml",
    "spec-json": "provkit.export.spec:as_json",
}
"""Writers of trials as declarative representations, which say what a trial's quads mean and not how."""
OF_TRIALS = (NOTEBOOK, *SPECIFICATIONS)
"""What only a trial of a store can be written as."""

SUFFIXES: dict[str, str] = {
    ".ttl": "turtle",
    ".trig": "trig",
    ".nq": "nquads",
    ".nt": "ntriples",
    ".jsonld": "jsonld",
    ".rdf": "rdf-xml",
    ".json": "prov-json",
    ".provn": "prov-n",
    ".provx": "prov-xml",
    ".xml": "prov-xml",
    ".ipynb": NOTEBOOK,
    ".yaml": "spec",
    ".yml": "spec",
}
"""The format that an output file's suffix asks for."""


def export(store: LocalStore, trial_ids: Iterable[str], format: str) -> bytes:
    """Write trials, each with its plans and the shared statements it leans on, in one document.

    Raises:
        UsageError: There is no such format.
        BadInput: The format cannot hold a character or a name of the trial.
    """
    if format == NOTEBOOK:
        return _notebook(store, list(trial_ids))
    if format in SPECIFICATIONS:
        from provkit.specification import specification_of

        write = _imported(SPECIFICATIONS[format])
        return cast("bytes", write([specification_of(store, trial_id) for trial_id in trial_ids]))
    writer = writer_of(format)
    quads = dict.fromkeys(quad for trial_id in trial_ids for quad in store.quads(trial_id))
    return writer(quads, {})


def _notebook(store: LocalStore, trial_ids: list[str]) -> bytes:
    from provkit.export import notebook

    if len(trial_ids) != 1:
        raise UsageError(f"A notebook is that of one trial: {len(trial_ids)} were named.")
    return notebook.write(store.quads(trial_ids[0]), store.artifact)


@collector_resting()
def render(
    quads: Iterable[Quad], format: str, *, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """Write quads in a format.

    Turtle, N-Triples and RDF/XML cannot name graphs: all graphs are merged into one there.

    Args:
        quads: In any order; equal quads are written once.
        format: A key of `FORMATS`.
        prefixes: Namespace IRIs by prefix, beside those of the vocabularies and those that
            suit the quads.

    Raises:
        UsageError: There is no such format.
        BadInput: The format cannot hold a character or a name of the quads.
    """
    return writer_of(format)(quads, prefixes or {})


def writer_of(format: str) -> Writer:
    """The writer of a format.

    Raises:
        UsageError: There is no such format.
    """
    if format in OF_TRIALS:
        raise UsageError(f"Only a trial can be written as {format!r}; use 'provkit export'.")
    where = FORMATS.get(format)
    if where is None:
        raise UsageError(f"There is no export format '{format}'; use one of {', '.join(FORMATS)}.")
    return cast("Writer", _imported(where))


def _imported(where: str) -> Any:
    """Import what stands as `module:name`."""
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)


def format_for(file_name: str) -> str:
    """The format that the suffix of an output file asks for.

    Raises:
        UsageError: The suffix says none.
    """
    found = SUFFIXES.get(PurePath(file_name.removesuffix(".gz")).suffix.lower())
    if found is None:
        raise UsageError(
            f"The suffix of '{file_name}' names no format; give one of {', '.join(FORMATS)} "
            f"by name, or a suffix of {', '.join(SUFFIXES)}."
        )
    return found
