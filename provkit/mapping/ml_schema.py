"""What ML-Schema says of a trial: runs, models, data, hyperparameter settings, evaluations.

A run is an activity of its own for each fitted model, fold or candidate: its input is data and settings, its
output models and evaluations, and these four are disjoint. So a model that another run reads is not said to be
its input, and what is a model is nothing else. An estimator that was not fitted is no model.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.mapping.resources import Resources
from provkit.model import Dataset, Trial, Value
from provkit.vocabulary import Quad, Term, literal, term

_TYPE = term("rdf:type")
_HAS_VALUE = term("mls:hasValue")
_SPECIFIED_BY = term("mls:specifiedBy")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what ML-Schema can say."""
    graph = resources.names.trial_graph
    yield from _settings(resources, graph)
    yield from _runs(trial, resources, graph)
    yield from _evaluations(trial, resources, graph)
    yield from _data(trial, resources, graph)
    yield from _shared(resources)


def _settings(resources: Resources, graph: Term) -> Iterator[Quad]:
    for named in resources.learning.settings:
        yield named.node, _TYPE, term("mls:HyperParameterSetting"), graph
        yield named.node, _SPECIFIED_BY, named.role, graph
        if named.setting.scalar is not None:
            yield named.node, _HAS_VALUE, literal(named.setting.scalar), graph


def _runs(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, learning = resources.names, resources.learning
    for run in trial.learning.runs:
        node = names.run(run.key)
        yield node, _TYPE, term("mls:Run"), graph
        yield node, term("mls:executes"), names.implementation(run.implementation), graph
        if run.parent is None:
            algorithm = names.algorithm(run.implementation)
            yield node, term("mls:realizes"), algorithm, graph
            if run.task is not None:
                yield node, term("mls:achieves"), names.task(run.task), graph
        for reference in run.inputs:
            if reference.key in learning.data:
                yield node, term("mls:hasInput"), resources.entity(reference), graph
        for key in dict.fromkeys(learning.emitted.get(key, key) for key in run.parameters):
            yield node, term("mls:hasInput"), names.setting(key), graph
        if run.model is not None:
            yield node, term("mls:hasOutput"), names.value(run.model), graph
    for evaluation in trial.learning.evaluations:
        if evaluation.run is not None:
            of = learning.evaluations[evaluation.key]
            yield names.run(evaluation.run), term("mls:hasOutput"), of, graph


def _evaluations(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    for evaluation in trial.learning.evaluations:
        node = resources.learning.evaluations[evaluation.key]
        yield node, _TYPE, term("mls:ModelEvaluation"), graph
        yield node, _SPECIFIED_BY, resources.names.measure(evaluation.measure), graph
        if evaluation.number is not None:
            # Scores of folds may be integers; a measure is a double, whatever computed it.
            yield node, _HAS_VALUE, literal(float(evaluation.number)), graph


def _data(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    learning = resources.learning
    for key in learning.models:
        yield resources.names.value(key), _TYPE, term("mls:Model"), graph
    for key, value in learning.data.items():
        yield resources.names.value(key), _TYPE, term(_class_of_data(value)), graph
    for dataset in trial.learning.datasets:
        if dataset.value in learning.data and dataset.classes:
            node = resources.names.value(dataset.value)
            yield from _balance(dataset, node, resources, graph)


def _balance(dataset: Dataset, node: Term, resources: Resources, graph: Term) -> Iterator[Quad]:
    of = resources.names.balance(dataset.value)
    yield node, term("mls:hasQuality"), of, graph
    yield of, _TYPE, term("mls:DatasetCharacteristic"), graph
    written = ", ".join(f"{label}: {count}" for label, count in dataset.classes)
    yield of, _HAS_VALUE, literal(written), graph


def _class_of_data(value: Value) -> str:
    """A table is a data set, one column a feature; ML-Schema has no word for any other array but data."""
    if value.shape is not None and len(value.shape) == 2 and value.columns is not None:
        return "mls:Dataset"
    if value.shape is not None and len(value.shape) == 1 and value.columns is not None:
        return "mls:Feature"
    return "mls:Data"


def _shared(resources: Resources) -> Iterator[Quad]:
    names, graph, learning = resources.names, resources.names.shared_graph, resources.learning
    for implementation in dict.fromkeys([*learning.owners, *learning.algorithms]):
        yield names.implementation(implementation), _TYPE, term("mls:Implementation"), graph
    for owner, roles in learning.owners.items():
        node = names.implementation(owner)
        for role in roles:
            yield node, term("mls:hasHyperParameter"), role, graph
            yield role, _TYPE, term("mls:HyperParameter"), graph
    for implementation in learning.algorithms:
        algorithm = names.algorithm(implementation)
        yield names.implementation(implementation), term("mls:implements"), algorithm, graph
        yield algorithm, _TYPE, term("mls:Algorithm"), graph
    for measure in learning.measures:
        yield measure, _TYPE, term("mls:EvaluationMeasure"), graph
    for task in learning.tasks:
        yield task, _TYPE, term("mls:Task"), graph
