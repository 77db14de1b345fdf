"""From a trial to quads: one file for each vocabulary, none of which knows another.

A trial fills its own named graph, one graph for each plan, and the shared graph of what an IRI
alone determines. docs/vocabulary.md shows every pattern with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.identifiers import Identifiers
from provkit.mapping import (
    ml_schema,
    p_plan,
    prov_ml,
    prov_o,
    provkit_terms,
    provone,
    reproduce_me,
    schema_org,
)
from provkit.mapping.resources import resources_of
from provkit.model import Trial
from provkit.vocabulary import Quad, Term, literal, term

_MAPPINGS = (prov_o, p_plan, reproduce_me, provone, schema_org, ml_schema, prov_ml, provkit_terms)


def quads_of(trial: Trial) -> Iterator[Quad]:
    """Say all that is known of a trial in RDF; no quad comes twice, none has a blank node.

    Name, tags and note are left out, because they change and what is sealed does not:
    `annotation_quads` has them.
    """
    resources = resources_of(trial)
    for mapping in _MAPPINGS:
        yield from mapping.quads(trial, resources)


def annotation_quads(
    base_iri: str,
    trial_id: str,
    *,
    name: str | None = None,
    tags: tuple[str, ...] = (),
    note: str | None = None,
) -> Iterator[Quad]:
    """Say what people call a trial and think of it, in a graph of its own.

    Returns:
        Nothing if nothing is said.
    """
    names = Identifiers(base_iri, trial_id)
    said = list(remarks(names.trial, names.annotations, name=name, tags=tags, note=note))
    if said:
        # consumers do not reason, and `prov` drops what is not typed in the same graph
        yield names.trial, term("rdf:type"), term("prov:Activity"), names.annotations
    yield from said


def remarks(
    subject: Term,
    graph: Term,
    *,
    name: str | None = None,
    tags: tuple[str, ...] = (),
    note: str | None = None,
) -> Iterator[Quad]:
    """Say a name, tags and a note of anything that the store keeps."""
    said = [(term("pk:tag"), literal(tag)) for tag in dict.fromkeys(tags)]
    if name is not None:
        said.append((term("pk:name"), literal(name)))
    if note is not None:
        said.append((term("rdfs:comment"), literal(note)))
    for predicate, value in said:
        yield subject, predicate, value, graph
