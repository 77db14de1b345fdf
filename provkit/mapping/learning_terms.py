"""The terms of what a trial meant for learning, minted once for every mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from provkit.identifiers import Identifiers
from provkit.model import Implementation, ParameterSetting, Trial, Value
from provkit.vocabulary import Term


class NamedSetting(NamedTuple):
    """A parameter setting with its term and that of its parameter."""

    node: Term
    role: Term
    setting: ParameterSetting


@dataclass(frozen=True)
class LearningTerms:
    """What there is to say, and under which names.

    Attributes:
        settings: Those that are nodes; one inside a pipeline that its own constructor has already is none.
        emitted: For each setting that is no node, the key of the one that stands for it.
        evaluations: By key, the value that is the number, or a node of its own.
        minted: Evaluations that are nodes of their own.
        models: Keys of the values that are fitted models.
        data: By key, the values that runs learned from or were evaluated on; none of them is a model or a measure.
        owners: For each implementation its hyperparameters.
        algorithms: Implementations that runs have executed.
        measures: What was measured.
        tasks: What learning was for.
    """

    settings: tuple[NamedSetting, ...]
    emitted: dict[str, str]
    evaluations: dict[str, Term]
    minted: tuple[str, ...]
    models: tuple[str, ...]
    data: dict[str, Value]
    owners: dict[Implementation, tuple[Term, ...]]
    algorithms: tuple[Implementation, ...]
    measures: tuple[Term, ...]
    tasks: tuple[Term, ...]


def learning_terms(trial: Trial, names: Identifiers, paths: dict[str, str]) -> LearningTerms:
    """Mint the terms.

    Args:
        trial: The trial.
        names: Its identifiers.
        paths: The path of each plan's text, by digest.
    """
    learning = trial.learning
    settings = []
    owners: dict[Implementation, dict[Term, None]] = {}
    emitted: dict[str, str] = {}
    for setting in learning.parameters:
        if setting.same_as is not None:
            emitted[setting.key] = setting.same_as
            continue
        path = paths.get(setting.owner.plan) if setting.owner.plan else None
        role = names.role(setting.owner, setting.parameter, path)
        settings.append(NamedSetting(names.setting(setting.key), role, setting))
        owners.setdefault(setting.owner, {})[role] = None
    values = {value.key: value for value in trial.values}
    evaluations = {
        one.key: names.value(one.value) if one.value is not None else names.evaluation(one.key)
        for one in learning.evaluations
    }
    measured = {one.value for one in learning.evaluations}
    models = tuple(
        dict.fromkeys(run.model for run in learning.runs if run.model and run.model not in measured)
    )
    data = {
        reference.key: values[reference.key]
        for run in learning.runs
        for reference in run.inputs
        if reference.key in values
        and reference.key not in measured
        and reference.key not in models
        and values[reference.key].scalar is None
    }
    return LearningTerms(
        tuple(settings),
        emitted,
        evaluations,
        tuple(one.key for one in learning.evaluations if one.value is None),
        models,
        data,
        {owner: tuple(roles) for owner, roles in owners.items()},
        tuple(dict.fromkeys(run.implementation for run in learning.runs if run.parent is None)),
        tuple(dict.fromkeys(names.measure(one.measure) for one in learning.evaluations)),
        tuple(
            dict.fromkeys(
                names.task(run.task) for run in learning.runs if run.task and run.parent is None
            )
        ),
    )
