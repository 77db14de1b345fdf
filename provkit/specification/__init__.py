"""A trial as a declarative representation of the experiment: what would have to be said to set it up again.

Task, data, ordered stages with implementations, all parameters, evaluation protocol and measures, software,
hardware, seeds: the parts that "automated documentation of experiments" asks for, read from the trial's triples
and from nothing else. `schema.json` beside this file is the JSON schema of the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from provkit.description import FileState, TrialDescription, describe_facts
from provkit.facts import Facts
from provkit.learning import FittedModel, LearningFacts, Measured, Parameter
from provkit.specification.data import data_of, split_of
from provkit.specification.pipeline import stages_of

if TYPE_CHECKING:
    from provkit.store import LocalStore

VERSION = 1
"""Of the document's form; raised when a reader of the form before could go wrong."""
_HARDWARE = {
    "machine": "machine",
    "cpu.model": "processor",
    "cpu.count": "processors",
    "memory.bytes": "memory_bytes",
    "gpu": "gpu",
}
"""What a setting of a trial is called in the document."""

_SEEDS = ("random_state", "seed", "random_seed")

Specification = dict[str, Any]
"""A document of mappings, lists, texts, numbers, truth values and nulls, as JSON has them."""


def specification_of(store: LocalStore, trial_id: str) -> Specification:
    """Write down a trial as a specification; what nobody knows is left out or null.

    Args:
        store: Where the trial is.
        trial_id: Its full id.
    """
    facts = Facts(store.quads(trial_id))
    learning = LearningFacts(facts, trial_id)
    trial = describe_facts(facts, learning, trial_id, store.annotations(trial_id))
    parameters, models = learning.parameters(), trial.models
    measures = learning.measures(folds=True)
    return {
        "specification": VERSION,
        "trial": _trial(trial),
        "tasks": list(dict.fromkeys(model.task for model in models if model.task)),
        "source": _source(trial),
        "data": {
            "inputs": [_file(state) for state in trial.inputs],
            "outputs": [_file(state) for state in trial.outputs],
            **data_of(facts),
        },
        "stages": stages_of(facts, trial_id),
        "parameters": [_parameter(one) for one in parameters],
        "models": [_model(one) for one in models],
        "evaluation": {
            "protocol": _protocol(facts, learning, measures),
            "measures": _measures(measures),
        },
        "seeds": _seeds(parameters),
        "software": _software(trial),
        "hardware": _hardware(trial),
    }


def _trial(trial: TrialDescription) -> Specification:
    return {
        "id": trial.id,
        "command": trial.label,
        "name": trial.name,
        "experiment": trial.experiment,
        "by": trial.agent,
        "status": trial.status,
        "started": trial.started_at.isoformat() if trial.started_at else None,
        "seconds": trial.seconds,
        "tags": list(trial.tags),
        "note": trial.note,
    }


def _source(trial: TrialDescription) -> Specification:
    texts = [state for state in (trial.script, *trial.modules) if state is not None]
    git = {
        key.removeprefix("git."): value
        for key, _, value in trial.settings
        if key.startswith("git.") and key.count(".") == 1
    }
    return {"files": [_file(state) for state in texts], "git": git or None}


def _file(state: FileState) -> Specification:
    return {"path": state.path, "sha256": state.digest, "size_bytes": state.size_bytes}


# ------------------------------------------------------------------ parameters, models, measures


def _parameter(one: Parameter) -> Specification:
    return {
        "of": one.of,
        "object": one.holder or None,
        "name": one.name,
        "value": one.value,
        "origin": one.origin,
        "set_by": one.set_by or None,
        "where": one.where or None,
        "resolved": one.resolved,
        "models": list(one.models),
    }


def _model(one: FittedModel) -> Specification:
    return {
        "name": one.label,
        "implementation": one.implementation,
        "continues": one.continues or None,
        "task": one.task or None,
        "fitted_on": list(one.inputs),
        "evaluated_on": list(one.evaluated_on),
        "features": list(one.features),
        "target": list(one.target),
        "classes": one.classes or None,
        "chosen": one.chosen or None,
        "where": one.place or None,
    }


def _measures(measures: Iterable[Measured]) -> list[Specification]:
    return [
        {
            "measure": one.measure,
            "value": one.value,
            "on": one.on or None,
            "averaging": one.averaging or None,
            "via": one.via or None,
            "implied": one.implied,
            "model": one.model or None,
            "run": one.run,
            "tried": one.tried or None,
            "name": one.name or None,
            "where": one.place or None,
        }
        for one in measures
    ]


def _protocol(facts: Facts, learning: LearningFacts, measures: Iterable[Measured]) -> Specification:
    runs = {one.run for one in measures if "." in one.run}
    folds = {run for run in runs if run.partition(".")[2].startswith("fold")}
    candidates = {run for run in runs if run.partition(".")[2].startswith("candidate")}
    return {
        "splits": split_of(facts),
        "folds": len(folds),
        "candidates": len(candidates),
        "cross_validations": [
            {
                "run": one.run,
                "by": one.by,
                "kind": one.kind,
                "estimators": list(one.estimators),
                "on": list(one.on),
                "folds": one.folds,
                "folded_by": one.folded_by or None,
                "rows_held_out": list(one.held_out),
                "candidates": len([run for run in candidates if run.startswith(f"{one.run}.")]),
                "chosen": one.chosen or None,
                "where": one.place or None,
            }
            for one in learning.cross_validations()
        ],
    }


def _is_seed(one: Parameter) -> bool:
    # That of Python's own `random.seed` is called `a`.
    is_pythons = one.name == "a" and one.of == "random.Random.seed"
    return is_pythons or one.name.rpartition("__")[2] in _SEEDS


def _seeds(parameters: Iterable[Parameter]) -> list[Specification]:
    """List what randomness started from: the parameters that are seeds, and whether they were set.

    One that was left unset and from which nothing was drawn is none.
    """
    return [
        {
            "of": one.of,
            "object": one.holder or None,
            "name": one.name,
            "value": None if one.unseeded else one.value,
            "seeded": not one.unseeded,
        }
        for one in parameters
        if one.unseeded or (_is_seed(one) and one.value != "None")
    ]


# ------------------------------------------------------------------ what it ran on


def _software(trial: TrialDescription) -> Specification:
    return {
        "interpreter": trial.interpreter,
        "platform": trial.platform,
        "packages": dict(trial.packages),
    }


def _hardware(trial: TrialDescription) -> Specification:
    return {_HARDWARE[key]: value for key, _, value in trial.settings if key in _HARDWARE}
