"""Random documents come back equal from quads and from every format."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, settings
from prov.model import ProvDocument
from prov_strategies import prov_documents

from provkit.export import FORMATS, render
from provkit.export.conversion import write_document
from provkit.prov_document import (
    document_of,
    import_quads,
    quads_of_document,
    read_document,
)

GRAPHS = [name for name in FORMATS if name not in ("turtle", "ntriples", "rdf-xml")]
ONE_GRAPH = ["turtle", "ntriples", "rdf-xml"]
BASE = "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/"
relaxed = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=int(os.environ.get("PROVKIT_EXAMPLES", "40")),
)


def assert_same(found: ProvDocument, expected: ProvDocument, written: bytes = b"") -> None:
    if found != expected:
        note(f"expected {expected.get_provn()}")
        note(f"found {found.get_provn()}")
        note(f"by way of {written.decode()}")
    assert found == expected


@relaxed
@given(prov_documents())
def test_quads_say_the_whole_document(document: ProvDocument) -> None:
    assert_same(document_of(quads_of_document(document)), document)


@pytest.mark.parametrize("format", GRAPHS)
@relaxed
@given(document=prov_documents())
def test_document_comes_back_equal(format: str, document: ProvDocument) -> None:
    written = render(quads_of_document(document), format)
    # only an empty document needs its format said
    found = read_document(written, format=None if written.strip() else format)
    assert_same(found, document, written)


@pytest.mark.parametrize("format", ONE_GRAPH)
@relaxed
@given(document=prov_documents(bundles=False))
def test_document_without_bundles_comes_back_from_one_graph(
    format: str, document: ProvDocument
) -> None:
    written = render(quads_of_document(document), format)
    found = read_document(written, format=None if written.strip() else format)
    assert_same(found, document, written)


@pytest.mark.parametrize("format", ["prov-n", "prov-json", "prov-xml", "prov-jsonld"])
@relaxed
@given(document=prov_documents())
def test_written_document_keeps_its_own_prefixes_and_comes_back_equal(
    format: str, document: ProvDocument
) -> None:
    written = write_document(document, format)
    assert_same(read_document(written), document, written)


@relaxed
@given(document=prov_documents())
def test_import_adds_nothing_the_second_time(document: ProvDocument) -> None:
    import_id, quads = import_quads(document, BASE)
    again_id, again = import_quads(document_of(reversed(quads)), BASE)
    assert again_id == import_id
    assert set(again) - set(quads) <= {quad for quad in again if quad[3].endswith("/about>")}
    assert_same(document_of(quads), document)
