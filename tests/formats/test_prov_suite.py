"""The published PROV cases come back equal, and more of them than by `prov` alone.

Counts are of the cases whose PROV-N `prov` reads; the rest are PROV-Dictionary, and PROV-N
that redeclares a reserved prefix.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from pathlib import Path

import pytest
from prov.model import ProvDocument
from shared_material import SHARED, needs_shared

from provkit.errors import BadInput
from provkit.export import render
from provkit.prov_document import document_of, import_quads, quads_of_document, read_document

PROV_FORMATS = {"prov-n": "provn", "prov-json": "json", "prov-xml": "xml", "prov-jsonld": "jsonld"}
EQUAL_BY_PROV = {"prov-n": 291, "prov-json": 291, "prov-jsonld": 287, "prov-xml": 288, "trig": 234}
"""Cases of the two suites that `prov` 3.2.3 itself brings back equal."""


@lru_cache
def cases() -> dict[Path, ProvDocument]:
    found: dict[Path, ProvDocument] = {}
    for folder in ("prov-suite", "prov-constraints"):
        for path in sorted((SHARED / "suites" / folder).rglob("*.provn")):
            if path.is_file():
                try:
                    found[path] = read_document(path)
                except BadInput:
                    continue
    return found


def by_prov(document: ProvDocument, format: str) -> bool:
    """Whether `prov` alone writes the document and reads it back equal."""
    options = {"rdf_format": "trig"} if format == "rdf" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            written = document.serialize(format=format, **options)
            return bool(
                ProvDocument.deserialize(content=written, format=format, **options) == document
            )
        except Exception:  # noqa: BLE001 - whatever it raises, it did not bring the document back
            return False


@needs_shared
@pytest.mark.parametrize("format", ["nquads", "trig", "jsonld", *PROV_FORMATS])
def test_every_case_comes_back_equal_through_quads_and_format(format: str) -> None:
    lost = [
        path.name
        for path, document in cases().items()
        if read_document(render(quads_of_document(document), format)) != document
    ]
    assert (lost, len(cases())) == ([], 291)


@needs_shared
@pytest.mark.parametrize("format", ["turtle", "ntriples", "rdf-xml"])
def test_every_case_without_bundles_comes_back_from_one_graph(format: str) -> None:
    flat = {path: document for path, document in cases().items() if not document.has_bundles()}
    lost = [
        path.name
        for path, document in flat.items()
        if read_document(render(quads_of_document(document), format)) != document
    ]
    assert (lost, len(flat)) == ([], 287)


@needs_shared
def test_every_case_comes_back_from_its_import() -> None:
    base = "https://example.org/project/"
    lost = [
        path.name
        for path, document in cases().items()
        if document_of(import_quads(document, base)[1]) != document
    ]
    assert lost == []


@needs_shared
@pytest.mark.parametrize("format", [*PROV_FORMATS, "trig"])
def test_prov_alone_brings_back_no_more(format: str) -> None:
    equal = sum(by_prov(document, PROV_FORMATS.get(format, "rdf")) for document in cases().values())
    assert equal <= len(cases())
    assert equal == EQUAL_BY_PROV[format]


@needs_shared
def test_published_rdf_reads_as_its_prov_n_more_often_than_by_prov() -> None:
    ours = theirs = 0
    for path, document in cases().items():
        for suffix, syntax in ((".ttl", "turtle"), (".trig", "trig")):
            published = path.with_suffix(suffix)
            if not published.is_file():
                continue
            ours += read_document(published) == document
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    read = ProvDocument.deserialize(str(published), format="rdf", rdf_format=syntax)
                except Exception:  # noqa: BLE001 - it could not be read, so it is not equal
                    continue
            theirs += read == document
    assert (ours, theirs) == (375, 365)


@needs_shared
@pytest.mark.parametrize("suffix", [".provn", ".json", ".provx", ".ttl", ".trig"])
def test_dictionary_statements_are_refused_with_a_clear_word(suffix: str) -> None:
    said = re.compile(
        rb"derivedBy(?:Insertion|Removal)From|hadDictionaryMember|qualified(?:Insertion|Removal)"
    )
    files = [
        path
        for path in (SHARED / "suites" / "prov-suite").rglob(f"*{suffix}")
        if path.is_file() and said.search(path.read_bytes())
    ]
    assert files
    for path in files:
        with pytest.raises(BadInput, match="PROV-Dictionary statements are not supported"):
            read_document(path)
