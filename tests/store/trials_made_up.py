"""Trials made up for tests and benchmarks, in the pattern of the worked example."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from provkit.vocabulary import PREFIXES, Quad

BASE = "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/"
START = datetime(2026, 11, 20, 10, tzinfo=UTC)


def trial_id(number: int) -> str:
    """The id of the Nth made-up trial; ids differ in their first characters."""
    return uuid.UUID(int=random.Random(number).getrandbits(128)).hex


def iri(text: str) -> str:
    return f"<{text}>"


def name(text: str) -> str:
    prefix, _, local = text.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def text(value: object, datatype: str = "string") -> str:
    written = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{written}"' if datatype == "string" else f'"{written}"^^{name("xsd:" + datatype)}'


def moment(seconds: float) -> str:
    at = START + timedelta(seconds=seconds)
    return text(f"{at:%Y-%m-%dT%H:%M:%S}Z", "dateTime")


def quads_of(
    number: int,
    *,
    values: int = 220,
    plan: str = "a" * 64,
    base: str = BASE,
    status: str = "completed",
    script: str = "train.py",
) -> list[Quad]:
    """One trial: a chain of values with cross links, executions, files, packages, settings."""
    return list(_quads(number, values, plan, base, status, script))


def annotation_quads(
    number: int, *, named: str | None = None, tags: tuple[str, ...] = (), base: str = BASE
) -> list[Quad]:
    trial = iri(f"{base}trial/{trial_id(number)}")
    graph = iri(f"{base}trial/{trial_id(number)}/annotations")
    said = [(trial, name("pk:tag"), text(tag), graph) for tag in tags]
    if named is not None:
        said.append((trial, name("pk:name"), text(named), graph))
    return said


def _quads(
    number: int, values: int, plan: str, base: str, status: str, script: str
) -> Iterator[Quad]:
    rnd = random.Random(number)
    at = f"{base}trial/{trial_id(number)}"
    trial, graph = iri(at), iri(f"{at}/graph")
    plan_iri, plan_graph = iri(f"{base}plan/{plan}"), iri(f"{base}plan/{plan}/graph")
    shared = iri(f"{base}shared")
    a = name("rdf:type")
    entity, activity = name("prov:Entity"), name("prov:Activity")
    label, derived = name("rdfs:label"), name("prov:wasDerivedFrom")
    generated, used = name("prov:wasGeneratedBy"), name("prov:used")

    def digest() -> str:
        return iri(f"ni:///sha-256;{rnd.getrandbits(256):064x}")

    source = iri(f"ni:///sha-256;{plan[:43]}")
    yield graph, a, name("prov:Bundle"), graph
    yield graph, a, entity, graph
    for kind in ("prov:Activity", "p-plan:Activity", "repr:Trial"):
        yield trial, a, name(kind), graph
    yield trial, label, text(f"{script} --alpha {number / 10}"), graph
    yield trial, name("prov:startedAtTime"), moment(60 * number), graph
    yield trial, name("prov:endedAtTime"), moment(60 * number + 2), graph
    yield trial, name("pk:status"), name(f"pk:{status}"), graph
    yield trial, name("pk:exitStatus"), text(0 if status == "completed" else 1, "integer"), graph
    association = iri(f"{at}/association")
    yield trial, name("prov:qualifiedAssociation"), association, graph
    yield association, a, name("prov:Association"), graph
    yield association, name("prov:hadPlan"), plan_iri, graph

    for file, bytes_ in ((script, source), ("houses.csv", digest()), ("model.joblib", digest())):
        node = iri(f"{at}/file/{file}")
        for kind in ("prov:Entity", "p-plan:Entity", "repr:File"):
            yield node, a, name(kind), graph
        yield node, label, text(file), graph
        yield node, name("prov:atLocation"), iri(f"{base}path/{file}"), graph
        yield node, name("prov:specializationOf"), bytes_, graph
        yield bytes_, a, entity, graph
        yield iri(f"{base}path/{file}"), a, name("prov:Location"), shared
    yield trial, used, iri(f"{at}/file/{script}"), graph
    yield iri(f"{at}/file/model.joblib"), derived, iri(f"{at}/value/v.{values}"), graph
    yield iri(f"{at}/file/model.joblib"), generated, iri(f"{at}/execution/{values}"), graph
    yield iri(f"{at}/execution/1"), used, iri(f"{at}/file/houses.csv"), graph

    for package in range(40):
        node = iri(f"pkg:pypi/package{package}@1.{package}.0")
        yield trial, used, node, graph
        yield node, a, entity, graph
        yield node, a, name("repr:Library"), shared
        yield node, label, text(f"package{package} 1.{package}.0"), shared
        yield node, name("schema:softwareVersion"), text(f"1.{package}.0"), shared
    # A package that this trial alone used: what removing it must take along.
    yield iri(f"pkg:pypi/only{number}@1.0"), label, text(f"only{number} 1.0"), shared

    for order in range(1, values + 1):
        execution, value = iri(f"{at}/execution/{order}"), iri(f"{at}/value/v.{order}")
        yield execution, a, activity, graph
        yield (
            execution,
            name("p-plan:correspondsToStep"),
            iri(f"{base}plan/{plan}/step/{order}.0"),
            graph,
        )
        yield execution, name("provone:wasPartOf"), trial, graph
        yield execution, name("pk:order"), text(order, "integer"), graph
        yield execution, name("prov:startedAtTime"), moment(60 * number + order / 200), graph
        yield value, a, entity, graph
        yield value, a, name("p-plan:Entity"), graph
        yield value, label, text(f"v@{order}"), graph
        yield value, name("pk:type"), text("pandas.DataFrame"), graph
        yield value, generated, execution, graph
        if order > 1:
            yield value, derived, iri(f"{at}/value/v.{order - 1}"), graph
            yield execution, used, iri(f"{at}/value/v.{order - 1}"), graph
        else:
            yield value, derived, iri(f"{at}/file/houses.csv"), graph
        if order % 20 == 0:
            yield value, name("prov:value"), text(rnd.random(), "double"), graph
        step = iri(f"{base}plan/{plan}/step/{order}.0")
        yield step, a, name("p-plan:Step"), plan_graph
        yield step, name("prov:value"), text(f'v = step{order}(v, "x")\n'), plan_graph
        yield step, name("p-plan:isStepOfPlan"), plan_iri, plan_graph
    yield plan_iri, a, name("prov:Plan"), plan_graph
    yield plan_iri, derived, source, plan_graph
