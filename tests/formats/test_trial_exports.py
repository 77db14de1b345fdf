"""A trial's exports parse again with other tools, say the same, and lose no record."""

from __future__ import annotations

import io
import json
import warnings
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import rdflib
from prov.model import ProvDocument
from shared_material import SHARED, needs_shared

from provkit.errors import UsageError
from provkit.export import FORMATS, SUFFIXES, export, format_for, render
from provkit.prov_document import read_document
from provkit.prov_document.rdf_reading import quads_of_rdf
from provkit.vocabulary import Quad

SMALL = Path(__file__).with_name("small_trial.trig")
EXAMPLE = SHARED / "reference" / "example-trial.trig"
TRIALS = [SMALL, pytest.param(EXAMPLE, marks=needs_shared)]
RDFLIB = {
    "turtle": "turtle", "trig": "trig", "nquads": "nquads", "ntriples": "nt",
    "jsonld": "json-ld", "rdf-xml": "xml",
}  # fmt: skip
ONE_GRAPH = {"turtle", "ntriples", "rdf-xml"}
PROV = {"prov-json": "json", "prov-n": "provn", "prov-xml": "xml", "prov-jsonld": "jsonld"}
ELEMENTS = {rdflib.PROV[name] for name in ("Entity", "Activity", "Agent")}


def quads_of(path: Path) -> list[Quad]:
    return quads_of_rdf(path.read_bytes(), "trig")[0]


def by_rdflib(content: bytes, format: str, *, merged: bool) -> set[tuple[str, ...]]:
    """Quads as rdflib reads them, lexical forms untouched; no graph names if merged."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        dataset = rdflib.Dataset()
        dataset.parse(io.BytesIO(content), format=format)
        return {
            (s.n3(), p.n3(), o.n3(), "" if merged else str(g)) for s, p, o, g in dataset.quads()
        }
    finally:
        rdflib.NORMALIZE_LITERALS = before


@pytest.mark.parametrize("path", TRIALS)
@pytest.mark.parametrize("format", RDFLIB)
def test_rdflib_reads_the_same_from_every_rdf_export(path: Path, format: str) -> None:
    merged = format in ONE_GRAPH
    written = render(quads_of(path), format)
    found = by_rdflib(written, RDFLIB[format], merged=merged)
    assert found == by_rdflib(path.read_bytes(), "trig", merged=merged)


def records_expected(path: Path) -> Counter[str]:
    """Records by graph, counted from the triples by the rules of `docs/formats.md`."""
    dataset = rdflib.Dataset()
    dataset.parse(path, format="trig")
    plain = {
        getattr(rdflib.PROV, name)
        for name in ("used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith", "wasAttributedTo",
                     "specializationOf", "actedOnBehalfOf", "wasInformedBy", "hadMember", "alternateOf")
    }  # fmt: skip
    counts: Counter[str] = Counter()
    for graph in dataset.graphs():
        repeated = set()
        for name, relation, to in (("Usage", "used", "entity"), ("Association", "wasAssociatedWith", "agent"),
                                   ("Derivation", "wasDerivedFrom", "entity")):  # fmt: skip
            for subject, node in graph.subject_objects(rdflib.PROV[f"qualified{name}"]):
                counts[str(graph.identifier)] += 1
                repeated |= {
                    (subject, rdflib.PROV[relation], object_)
                    for object_ in graph.objects(node, rdflib.PROV[to])
                }
        for subject, predicate, object_ in graph:
            if (predicate == rdflib.RDF.type and object_ in ELEMENTS) or (
                predicate in plain and (subject, predicate, object_) not in repeated
            ):
                counts[str(graph.identifier)] += 1
    return counts


@pytest.mark.parametrize("path", TRIALS)
@pytest.mark.parametrize("format", PROV)
def test_no_record_is_lost_on_the_way_out(path: Path, format: str) -> None:
    expected = records_expected(path)
    content = render(quads_of(path), format)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        document = ProvDocument.deserialize(content=content.decode(), format=PROV[format])
    found = Counter({bundle.identifier.uri: len(bundle.records) for bundle in document.bundles})
    assert found == expected
    assert document == read_document(path)


@pytest.mark.parametrize("path", TRIALS)
@pytest.mark.parametrize("format", [*PROV, *FORMATS])
def test_export_read_and_exported_again_is_the_same_text(path: Path, format: str) -> None:
    written = render(quads_of(path), format)
    if format in RDFLIB:
        quads, prefixes = quads_of_rdf(written, format)
        assert render(quads, format, prefixes=prefixes) == written
    else:
        assert read_document(written) == read_document(path)


@needs_shared
@pytest.mark.parametrize("path", TRIALS)
@pytest.mark.parametrize("format", ["prov-json", "prov-jsonld"])
def test_json_exports_are_valid_by_their_schema(path: Path, format: str) -> None:
    schema = json.loads((SHARED / "suites" / "prov-schemas" / f"{format}.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    errors = list(validator.iter_errors(json.loads(render(quads_of(path), format))))
    assert [error.message[:200] for error in errors] == []


@needs_shared
def test_turtle_binds_short_prefixes_for_the_parts_of_a_trial() -> None:
    text = render(quads_of(EXAMPLE), "trig").decode()
    for line in (
        "e:10 a ",
        "v:df.2 ",
        "prov:used f:houses.csv",
        "p-plan:correspondsToStep p:11.14-11.35",
    ):
        assert line in text
    assert text.index("e:9 a ") < text.index("e:10 a ")


def test_export_of_several_trials_holds_each_quad_once() -> None:
    class Store:
        def quads(self, trial_id: str):
            return iter(quads_of(SMALL) if trial_id == "a" else quads_of(SMALL)[:5])

    lines = export(Store(), ["a", "b"], "nquads").splitlines()
    assert len(lines) == len(set(lines)) == len(set(quads_of(SMALL)))


def test_unknown_format_is_refused_by_name() -> None:
    with pytest.raises(
        UsageError, match="There is no export format 'toml'; use one of turtle, trig"
    ):
        render([], "toml")


def test_suffix_asks_for_its_format() -> None:
    assert {suffix: format_for(f"out{suffix}") for suffix in SUFFIXES} == SUFFIXES
    assert format_for("out.TTL.gz") == "turtle"
    with pytest.raises(UsageError, match="The suffix of 'out.docx' names no format"):
        format_for("out.docx")
