"""Whatever the format, a document is as valid as it was, and its normal form comes back."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from prov.model import ProvDocument
from prov_strategies import prov_documents

from provkit.constraints import check, equivalent, normalize
from provkit.errors import BadInput
from provkit.exchange import take_in
from provkit.export import FORMATS, export
from provkit.export.conversion import write_document
from provkit.prov_document import read_document
from provkit.store import LocalStore

GRAPHS = [name for name in FORMATS if name not in ("turtle", "ntriples", "rdf-xml")]
relaxed = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    max_examples=int(os.environ.get("PROVKIT_EXAMPLES", "10")),
)


def through(document: ProvDocument, format: str) -> ProvDocument:
    written = write_document(document, format)
    # only an empty document needs its format said
    return read_document(written, format=None if written.strip() else format)


def numbers(document: ProvDocument) -> set[int | None]:
    return {violation.constraint for violation in check(document).violations}


@pytest.mark.parametrize("format", GRAPHS)
@relaxed
@given(document=prov_documents())
def test_a_document_is_as_valid_in_every_format(format: str, document: ProvDocument) -> None:
    assert numbers(through(document, format)) == numbers(document)


@pytest.mark.parametrize("format", ["turtle", "ntriples"])
@relaxed
@given(document=prov_documents(bundles=False))
def test_a_document_without_bundles_is_as_valid_in_one_graph(
    format: str, document: ProvDocument
) -> None:
    assert check(through(document, format)).valid == check(document).valid


@pytest.mark.parametrize("format", GRAPHS)
@relaxed
@given(document=prov_documents())
def test_the_normal_form_comes_back_from_every_format(format: str, document: ProvDocument) -> None:
    try:
        normal = normalize(document)
    except BadInput:
        return  # merging fails: it has none
    read = through(normal, format)
    assert read == normal
    assert equivalent(read, normal)
    assert check(read).valid == check(normal).valid


@pytest.mark.parametrize("format", GRAPHS)
@relaxed
@given(document=prov_documents())
def test_a_document_comes_back_equal_from_the_store_and_a_format(
    format: str, document: ProvDocument
) -> None:
    with TemporaryDirectory() as folder:
        store = LocalStore.create(Path(folder) / ".provkit", base_iri="https://example.org/lab/")
        (first,) = take_in(
            store, write_document(document, "nquads") or b" document endDocument", "d"
        )
        written = export(store, [first.id], format)
        found = read_document(written, format=None if written.strip() else format)
        assert found == document
        (second,) = take_in(store, write_document(found, "prov-n"), "d")
        assert (second.id, second.is_new) == (first.id, False)
        assert check(found).valid == check(document).valid
