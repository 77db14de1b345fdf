"""The stages of a specification: contiguous statements with the same purpose, in the order in which they ran."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import unquote

from provkit.entities import Describer, Place
from provkit.facts import Facts, is_iri, text_of
from provkit.mapping.stage_terms import STAGE_TERMS
from provkit.vocabulary import Term, term

_NAMES = {term(name): stage for stage, name in STAGE_TERMS.items()}
_OTHER = "other"


def stages_of(facts: Facts, trial_id: str) -> list[dict[str, Any]]:
    """List the stages of a trial, each with its statements and what they called."""
    describe = Describer(facts, trial_id)
    steps = [
        (_stage(facts, execution), execution, place)
        for execution in _statements(facts)
        if (place := describe.place_of(execution)) is not None
    ]
    return [
        {
            "stage": stage,
            "steps": [_step(facts, execution, place) for _, execution, place in members],
        }
        for stage, members in groupby(steps, key=lambda step: step[0])
    ]


def _statements(facts: Facts) -> list[Term]:
    """List the executions that stand directly below the trial or a cell, in their order."""
    found = []
    for execution in facts.instances("p-plan:Activity"):
        parent = facts.object(execution, "provone:wasPartOf")
        is_outermost = parent is not None and (
            facts.is_a(parent, "repr:Trial") or facts.is_a(parent, "repr:CellExecution")
        )
        if is_outermost and not facts.is_a(execution, "repr:CellExecution"):
            found.append(execution)
    return sorted(found, key=lambda execution: _order(facts, execution))


def _order(facts: Facts, execution: Term) -> int:
    order = facts.scalar(execution, "pk:order")
    return order if isinstance(order, int) else 0


def _stage(facts: Facts, execution: Term) -> str:
    """Name the stage of a statement: what its run showed, or a call's in it, or what its text says."""
    step = facts.object(execution, "p-plan:correspondsToStep")
    inner = facts.having("provone:wasPartOf", execution)
    for types in (
        facts.objects(execution, "rdf:type"),
        facts.objects(step, "pk:stage") if step is not None else [],
        [kind for one in inner for kind in facts.objects(one, "rdf:type")],
    ):
        named = [_NAMES[kind] for kind in types if kind in _NAMES]
        if named:
            return named[0]
    return _OTHER


def _step(facts: Facts, execution: Term, place: Place) -> dict[str, Any]:
    called = facts.object(execution, "pk:called")
    return {
        "where": f"{place.path}:{place.line}",
        "source": place.source,
        "implementation": implementation_of(called) if called is not None else None,
    }


def implementation_of(called: Term) -> dict[str, Any]:
    """Say what was called: qualified name, package, and its version; the project's own has no package."""
    where, _, name = text_of(called).rpartition("#")
    package, _, version = where.rpartition("/")[2].rpartition("@")
    if not is_iri(called) or not package:
        return {"name": text_of(called).rpartition("/")[2], "package": None, "version": None}
    return {"name": unquote(name), "package": unquote(package), "version": unquote(version)}
