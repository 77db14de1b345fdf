"""Trials and documents between formats, and what they are held against."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.api.keeping import annotate
from provkit.api.stores import Place, find_or_create, open_store, tell
from provkit.errors import UsageError

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from provkit.constraints import Report
    from provkit.exchange import Arrival
    from provkit.store import LocalStore
    from provkit.validation import Report as ShapesReport


def export(trials: str | Iterable[str], format: str, *, store: Place = None) -> bytes:
    """Write trials in one of the formats of `provkit.export.FORMATS`.

    Args:
        trials: One or several, as ids, beginnings of ids, names or `last`.
        format: `turtle`, `trig`, `nquads`, `jsonld`, `rdf-xml`, `prov-json`, ...
        store: The store's folder.

    Raises:
        UsageError: There is no such format.
    """
    from provkit.export import export as export_trials

    opened = open_store(store)
    names = [trials] if isinstance(trials, str) else list(trials)
    return export_trials(opened, [opened.resolve(name) for name in names], format)


def import_(file: str | os.PathLike[str] | bytes, *, store: Place = None) -> list[str]:
    """Take trials that were exported elsewhere, or any PROV document, into the store.

    A document is named after its file if nothing has that name yet. Its id is determined by
    what it says: the same statements, in whatever syntax and order, are there only once.

    Args:
        file: In any syntax of PROV or RDF; gzipped or not. Or the bytes of one.
        store: The store's folder.

    Returns:
        The ids of the trials and documents, those included that were there already.

    Raises:
        BadInput: The file cannot be read, or the store has another trial of the same id.
    """
    from provkit.exchange import take_in

    opened = find_or_create(store)
    called = "standard input" if isinstance(file, bytes) else str(file)
    arrivals = take_in(opened, _source(file), called)
    for arrival in arrivals:
        if not arrival.is_new:
            tell(f"{arrival.id[:8]} of {called!r} is there already; nothing was added")
            continue
        if arrival.remark:
            tell(f"{called!r}: {arrival.remark}")
        if arrival.is_document:
            _annotate_arrival(opened, arrival, None if isinstance(file, bytes) else Path(file).name)
    return [arrival.id for arrival in arrivals]


def _annotate_arrival(opened: LocalStore, arrival: Arrival, file_name: str | None) -> None:
    """Say of a document what was said where it was exported; name it after its file, at worst."""
    from provkit.recording import check_name
    from provkit.store.catalog import Annotations

    said = arrival.said or Annotations()
    given = None
    for name in filter(None, (said.name, file_name)):
        with contextlib.suppress(UsageError):  # somebody else has the name
            check_name(opened, name)
            given = name
            break
    annotate(opened, arrival.id, name=given, tags=said.tags, note=said.note)


def convert(
    source: str | os.PathLike[str] | bytes,
    format: str,
    *,
    source_format: str | None = None,
) -> bytes:
    """Turn a provenance document into another format.

    From RDF to RDF every statement is kept; else what is no PROV is left out.

    Args:
        source: A file, or the bytes of one.
        format: The format wanted.
        source_format: That of the source; None to tell it from the content.

    Raises:
        BadInput: The source cannot be read, or the format cannot hold what it says.
        UsageError: There is no such format.
    """
    from provkit.export import writer_of

    writer_of(format)  # that the format is known is found out before `prov` is imported
    from provkit.export.conversion import convert as converted

    name = "standard input" if isinstance(source, bytes) else None
    return converted(_source(source), format, name=name, format=source_format)


def trial_document(trial: str, *, store: Place = None) -> ProvDocument:
    """Give what a trial, or an imported document, says as statements of PROV.

    Its name, tags and note are left out.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.
    """
    from provkit.prov_document import document_of

    opened = open_store(store)
    quads = opened.quads(opened.resolve(trial))
    return document_of(quad for quad in quads if not quad[3].endswith("/annotations>"))


def read_document(source: str | os.PathLike[str] | bytes) -> ProvDocument:
    """Read a provenance document, in whichever syntax it is written."""
    from provkit.prov_document import read_document as read

    return read(_source(source))


def validate_constraints(source: str | os.PathLike[str] | bytes | ProvDocument) -> Report:
    """Check a document against PROV-CONSTRAINTS, the W3C Recommendation.

    Returns:
        A report: `valid`, and `violations` each with its constraint and its statements.
    """
    from provkit.constraints import check

    return check(_document(source))


def validate(
    trial: str = "last",
    *,
    profile: str | None = None,
    shapes: Iterable[str | os.PathLike[str]] = (),
    store: Place = None,
) -> ShapesReport:
    """Hold a trial, or an imported document, against SHACL shapes.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        profile: A key of `provkit.validation.PROFILES`; None for `trial`, or for `prov` if it is
            a document that was imported.
        shapes: Files with shapes of one's own, in any RDF syntax.
        store: The store's folder.

    Returns:
        A report: `conforms()`, and `findings` each with the thing it is about and what to do.

    Raises:
        BadInput: A file of shapes cannot be read, or is malformed.
    """
    from provkit.validation import profile_named, validate_trial

    if profile is not None:
        profile_named(profile)
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    is_imported = opened.summary(trial_id).status == "imported"
    chosen = profile_named(profile or ("prov" if is_imported else "trial"))
    own = [Path(file) for file in shapes]
    return validate_trial(opened, trial_id, profile=chosen, shapes=own, target=trial)


def validate_document(
    source: str | os.PathLike[str] | bytes,
    *,
    profile: str | None = None,
    shapes: Iterable[str | os.PathLike[str]] = (),
) -> ShapesReport:
    """Hold a document against SHACL shapes, as `validate` does a trial.

    Args:
        source: A file in any syntax of RDF or PROV, or the bytes of one.
        profile: A key of `provkit.validation.PROFILES`; None for `trial`, or for `prov` if the
            document uses no term of REPRODUCE-ME, as every trial does.
        shapes: Files with shapes of one's own.
    """
    from provkit.prov_document.reading import content_of
    from provkit.validation import profile_named, validate_document
    from provkit.vocabulary import PREFIXES

    own = [Path(file) for file in shapes]
    given = _source(source)
    if profile is None:
        content = content_of(given, "standard input" if isinstance(given, bytes) else str(given))
        # A prefix is declared with its namespace in every syntax, so the bytes are enough.
        profile = "trial" if PREFIXES["repr"].encode() in content else "prov"
    return validate_document(given, profile=profile_named(profile), shapes=own)


def write_document(document: ProvDocument, format: str) -> bytes:
    """Write a provenance document in one of the formats that `convert` knows."""
    from provkit.export import writer_of

    writer_of(format)
    from provkit.export.conversion import write_document as written

    return written(document, format)


def normalize(source: str | os.PathLike[str] | bytes | ProvDocument) -> ProvDocument:
    """Give the normal form of a document by PROV-CONSTRAINTS.

    Raises:
        BadInput: The document is invalid, so it has none.
    """
    from provkit.constraints import normalize as normal_form

    return normal_form(_document(source))


def equivalent(
    one: str | os.PathLike[str] | bytes | ProvDocument,
    other: str | os.PathLike[str] | bytes | ProvDocument,
) -> bool:
    """Tell whether two documents have the same normal form, by PROV-CONSTRAINTS."""
    from provkit.constraints import equivalent as are_equivalent

    return are_equivalent(_document(one), _document(other))


def _source(source: str | os.PathLike[str] | bytes) -> Path | bytes:
    return source if isinstance(source, bytes) else Path(source)


def _document(source: str | os.PathLike[str] | bytes | ProvDocument) -> ProvDocument:
    if isinstance(source, str | bytes | os.PathLike):
        return read_document(source)
    return source
