"""The data of a specification: tables and arrays that were learned from, and how they were parted."""

from __future__ import annotations

import json
from typing import Any

from provkit.facts import Facts, scalar_of
from provkit.specification.pipeline import implementation_of
from provkit.vocabulary import Term

_CLASSES = ("mls:Dataset", "mls:Feature", "mls:Data")


def data_of(facts: Facts) -> dict[str, Any]:
    """List what learning had as its input, with its schema."""
    sets = dict.fromkeys(iri for kind in _CLASSES for iri in facts.instances(kind))
    used = [iri for iri in sets if facts.having("mls:hasInput", iri) or _role(facts, iri)]
    return {"sets": [_data_set(facts, iri) for iri in used]}


def _data_set(facts: Facts, iri: Term) -> dict[str, Any]:
    return {
        "name": facts.text(iri, "rdfs:label"),
        "type": facts.text(iri, "pk:type"),
        "shape": _shape(facts, iri),
        "columns": _names(facts.text(iri, "pk:columns")),
        "dtype": facts.text(iri, "pk:dtype"),
        "role": _role(facts, iri),
        "features": _names(facts.text(iri, "pk:featureNames")),
        "target": _names(facts.text(iri, "pk:targetNames")),
        "sha256": facts.text(iri, "pk:contentDigest"),
    }


def _role(facts: Facts, iri: Term) -> str | None:
    return facts.text(iri, "pk:splitRole")


def _shape(facts: Facts, iri: Term) -> list[int] | None:
    written = facts.text(iri, "pk:shape")
    numbers = (written or "").strip("()").replace(" ", "").split(",")
    return [int(one) for one in numbers if one.isdigit()] if written else None


def _names(written: str | None) -> list[str] | None:
    """Read a list of names as the graph holds it: a JSON array, or names with commas between them."""
    if written is None:
        return None
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    return [str(one) for one in found] if isinstance(found, list) else written.split(", ")


def split_of(facts: Facts) -> list[dict[str, Any]]:
    """List the executions that parted data, each with its parts."""
    found: dict[Term, list[Term]] = {}
    for iri in facts.subjects():
        if _role(facts, iri):
            maker = facts.object(iri, "prov:wasGeneratedBy")
            if maker is not None:
                found.setdefault(maker, []).append(iri)
    return [_split(facts, makers, parts) for makers, parts in _put_together(facts, found)]


def _put_together(
    facts: Facts, found: dict[Term, list[Term]]
) -> list[tuple[list[Term], list[Term]]]:
    """Make one split of parts that several statements have cut out of the same thing."""
    splits: list[tuple[list[Term], list[Term]]] = []
    for maker, parts in found.items():
        behind = {one for part in parts for one in facts.objects(part, "prov:wasDerivedFrom")}
        role = {_role(facts, part) for part in parts}
        for makers, others in splits:
            shared = {one for part in others for one in facts.objects(part, "prov:wasDerivedFrom")}
            is_alike = _called(facts, makers[0]) == _called(facts, maker)
            is_other = role.isdisjoint(_role(facts, part) for part in others)
            if is_alike and is_other and behind & shared:
                makers.append(maker)
                others.extend(parts)
                break
        else:
            splits.append(([maker], list(parts)))
    return splits


def _called(facts: Facts, maker: Term) -> str | None:
    called = facts.object(maker, "pk:called")
    return str(implementation_of(called)["name"]) if called else None


def _split(facts: Facts, makers: list[Term], parts: list[Term]) -> dict[str, Any]:
    ratios = [one for maker in makers if (one := facts.object(maker, "pk:splitRatio")) is not None]
    return {
        "by": _called(facts, makers[0]),
        "ratio": scalar_of(ratios[0]) if ratios else None,
        "stratified_by": facts.text(makers[0], "pk:stratifiedBy"),
        "parts": [
            {
                "role": _role(facts, part),
                "name": facts.text(part, "rdfs:label"),
                "rows": next(iter(_shape(facts, part) or ()), None),
            }
            for part in parts
        ],
    }
