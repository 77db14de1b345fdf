"""The stages of a specification: contiguous statements with the same purpose, in the order in which they ran."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from provkit.entities import Describer, Place, step_place
from provkit.facts import Facts, is_iri, text_of
from provkit.mapping.stage_terms import STAGE_TERMS
from provkit.vocabulary import Term, term

_NAMES = {term(name): stage for stage, name in STAGE_TERMS.items()}
_OTHER = "other"
_DEPTH = 8
"""Calls and blocks inside one another that are opened."""
_CALLS = 30
"""Implementations that are listed of one statement."""
_DEFINITION = re.compile(r"@|(async\s+)?def\s|class\s")
_LOOP = re.compile(r"(async\s+)?for\s|while\b")
_MAIN_BLOCK = re.compile(r"if\s+__name__\s*==")


def stages_of(facts: Facts, trial_id: str) -> list[dict[str, Any]]:
    """List the stages of a trial, each with its statements and what they called.

    What a statement ran that is a pipeline by itself (`main()`, the main block, `with run:`) stands there in its place;
    the definition of a function or class is no stage, calling it is.
    """
    return _Stages(facts, trial_id).listed()


class _Stages:
    """Reads the order of events from the executions of one trial."""

    def __init__(self, facts: Facts, trial_id: str) -> None:
        self._facts = facts
        self._describe = Describer(facts, trial_id)
        self._below: dict[Term, list[Term]] = {}
        """What was carried out directly inside each execution, in the order of its beginning."""
        for execution in sorted(facts.instances("p-plan:Activity"), key=self._order):
            parent = facts.object(execution, "provone:wasPartOf")
            if parent is not None:
                self._below.setdefault(parent, []).append(execution)

    def listed(self) -> list[dict[str, Any]]:
        steps = [
            (self._stage(execution), execution, place)
            for outermost in self._outermost()
            for execution in self._opened(outermost, _DEPTH)
            if (place := self._describe.place_of(execution)) is not None
            and _DEFINITION.match(place.source) is None
        ]
        return [
            {
                "stage": stage,
                "steps": [self._step(execution, place) for _, execution, place in members],
            }
            for stage, members in groupby(steps, key=lambda step: step[0])
        ]

    def _outermost(self) -> list[Term]:
        """List the executions that stand directly below the trial or a cell, in their order."""
        facts = self._facts
        above = [*facts.instances("repr:Trial"), *facts.instances("repr:CellExecution")]
        found = [
            execution
            for parent in above
            for execution in self._below.get(parent, ())
            if not facts.is_a(execution, "repr:CellExecution")
        ]
        return sorted(found, key=self._order)

    def _opened(self, execution: Term, depth: int) -> list[Term]:
        """List the statements that stand for one: those inside it if they have several stages, else itself."""
        place = self._describe.place_of(execution)
        inner = self._inside(execution)
        if place is None or not inner or not depth or _LOOP.match(place.source):
            return [execution]
        found = [one for below in inner for one in self._opened(below, depth - 1)]
        stages = {self._stage(one) for one in found} - {_OTHER}
        is_main = _MAIN_BLOCK.match(place.source) is not None
        return found if is_main or len(stages) > 1 else [execution]

    def _inside(self, execution: Term) -> list[Term]:
        """List the statements that an execution has run, by itself or in the calls in it: `sys.exit(main())`.

        None of them, if a call in it has a stage of its own and would be lost: `train(read_csv(path))`.
        """
        found: list[Term] = []
        for one in self._below.get(execution, ()):
            if self._is_statement(one):
                found.append(one)
            elif inside := self._inside(one):
                found += inside
            elif self._stage(one) != _OTHER:
                return []
        return found

    def _is_statement(self, execution: Term) -> bool:
        step = self._facts.text(execution, "p-plan:correspondsToStep") or ""
        at = step_place(unquote(step.partition("/step/")[2]))
        return at is not None and not at.is_call

    def _order(self, execution: Term) -> int:
        order = self._facts.scalar(execution, "pk:order")
        return order if isinstance(order, int) else 0

    def _stage(self, execution: Term) -> str:
        """Name the stage of a statement: what its run showed, or a call's in it, or what its text says."""
        facts = self._facts
        step = facts.object(execution, "p-plan:correspondsToStep")
        inner = self._below.get(execution, ())
        for types in (
            facts.objects(execution, "rdf:type"),
            facts.objects(step, "pk:stage") if step is not None else [],
            [kind for one in inner for kind in facts.objects(one, "rdf:type")],
        ):
            named = [_NAMES[kind] for kind in types if kind in _NAMES]
            if named:
                return named[0]
        return _OTHER

    def _step(self, execution: Term, place: Place) -> dict[str, Any]:
        called = self._facts.object(execution, "pk:called")
        return {
            "where": f"{place.path}:{place.line}",
            "source": place.source,
            "implementation": implementation_of(called) if called is not None else None,
            "calls": self._calls(execution),
        }

    def _calls(self, execution: Term) -> list[dict[str, Any]]:
        """List what of packages was called inside an execution, each once."""
        found: dict[Term, dict[str, Any]] = {}
        waiting = [*self._below.get(execution, ())]
        while waiting and len(found) < _CALLS:
            one = waiting.pop(0)
            waiting[:0] = self._below.get(one, ())
            called = self._facts.object(one, "pk:called")
            if called is None or called in found:
                continue
            implementation = implementation_of(called)
            if implementation["package"] not in (None, "python"):
                found[called] = implementation
        return list(found.values())


def implementation_of(called: Term) -> dict[str, Any]:
    """Say what was called: qualified name, package, and its version; the project's own has no package."""
    where, _, name = text_of(called).rpartition("#")
    package, _, version = where.rpartition("/")[2].rpartition("@")
    if not is_iri(called) or not package:
        return {"name": text_of(called).rpartition("/")[2], "package": None, "version": None}
    return {"name": unquote(name), "package": unquote(package), "version": unquote(version)}
