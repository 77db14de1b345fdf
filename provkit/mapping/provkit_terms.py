"""What no published vocabulary says of a trial: order, outcome, callee, and what values are like.

Every term used here is declared in ontologies/provkit.ttl with the reason why it is needed.
Labels, which are for people and belong to no vocabulary above, are written here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from provkit.identifiers import content
from provkit.mapping.notebook_nodes import METADATA
from provkit.mapping.resources import Resources
from provkit.mapping.stage_terms import STAGE_TERMS
from provkit.model import (
    CellExecution,
    Execution,
    Failure,
    File,
    Plan,
    Reference,
    Stage,
    Trial,
    Value,
)
from provkit.vocabulary import FALSE, TRUE, Quad, Term, literal, term

_LABEL = term("rdfs:label")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what is left."""
    graph = resources.names.trial_graph
    yield from _trial(trial, resources, graph)
    yield from _labels(trial, resources, graph)
    for execution in trial.executions:
        yield from _execution(execution, trial.plan.digest, resources, graph)
    yield from _notebook(trial, resources, graph)
    yield from _qualified(resources, graph)
    for value in trial.values:
        yield from _value(value, resources.entity(Reference("value", value.key)), graph)
    for file in trial.files:
        yield from _file(file, resources, graph)
    yield from _learning(trial, resources, graph)
    for plan in resources.plans:
        yield from _plan(plan, resources)
    yield from _shared(resources)
    yield from _labels_of_learning(trial, resources)


def _trial(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    node = resources.names.trial
    yield node, _LABEL, literal(trial.label), graph
    yield node, term("pk:status"), term(f"pk:{trial.status}"), graph
    figures = {
        "pk:exitStatus": trial.exit_status,
        "pk:signal": trial.signal,
        "pk:cpuSeconds": None if trial.cpu_seconds is None else float(trial.cpu_seconds),
        "pk:peakMemory": trial.peak_memory_bytes,
    }
    for name, figure in figures.items():
        if figure is not None:
            yield node, term(name), literal(figure), graph
    for warning in dict.fromkeys(trial.warnings):
        yield node, term("pk:warning"), literal(warning), graph
    if trial.failure is not None:
        yield from _failure(trial.failure, node, graph)
    if trial.failed_in is not None:
        yield node, term("pk:failedIn"), resources.names.execution(trial.failed_in), graph
    for plan, step in trial.ran_unseen:
        yield node, term("pk:ranUnseen"), resources.names.step(plan, step), graph


def _failure(failure: Failure, node: Term, graph: Term) -> Iterator[Quad]:
    yield node, term("pk:failedWith"), literal(failure.type), graph
    yield node, term("pk:failureMessage"), literal(failure.message), graph


def _labels(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, software = resources.names, resources.software
    version = f"{software.name} {software.package.version}"
    yield software.node, _LABEL, literal(version), graph
    if trial.agent is not None:
        yield names.agent(trial.agent), _LABEL, literal(trial.agent.name), graph
    if trial.experiment is not None:
        yield names.experiment(trial.experiment), _LABEL, literal(trial.experiment), graph
    for setting in trial.settings:
        yield names.setting(setting.key), _LABEL, literal(setting.label), graph
    for variable in resources.unwritten:
        of = names.variable(trial.plan.digest, variable)
        yield of, _LABEL, literal(variable), graph
    for output in trial.outputs:
        node = names.output(output.stream)
        yield node, _LABEL, literal(output.stream), graph
        yield node, term("pk:characterCount"), literal(output.size_chars), graph


def _execution(
    execution: Execution, plan: str, resources: Resources, graph: Term
) -> Iterator[Quad]:
    node = resources.names.execution(execution.order)
    yield node, term("pk:order"), literal(execution.order), graph
    if execution.called is not None:
        called = resources.names.implementation(execution.called)
        yield node, term("pk:called"), called, graph
    if execution.iterations is not None:
        yield node, term("pk:iterations"), literal(execution.iterations), graph
    if execution.summarised:
        yield node, term("pk:summarised"), TRUE, graph
    for variable in execution.unbinds:
        of = resources.names.variable(plan, variable)
        yield node, term("pk:unbinds"), of, graph
    if execution.failure is not None:
        yield from _failure(execution.failure, node, graph)
    if execution.between is not None:
        yield node, term("pk:ranBetweenCells"), literal(execution.between), graph


def _notebook(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    if trial.notebook is None:
        return
    nodes = resources.notebook
    for execution in trial.notebook.executions:
        yield from _cell_execution(execution, resources.names.execution(execution.order), graph)
    for output, node in nodes.outputs:
        yield node, term("pk:outputIndex"), literal(output.number), graph
        yield node, term("pk:outputKind"), literal(output.kind), graph
        if output.stream is not None:
            yield node, term("pk:stream"), literal(output.stream), graph
        if output.execution_count is not None:
            yield node, term("pk:executionCount"), literal(output.execution_count), graph
        if output.failure is not None:
            yield from _failure(output.failure, node, graph)
    for text, node in nodes.texts:
        for tag in dict.fromkeys(text.tags):
            yield node, term("pk:tag"), literal(tag), graph
        if text.is_deleted:
            yield node, term("pk:deleted"), TRUE, graph
    for node, told in nodes.contents:
        if told.encoding != "text":
            yield node, term("pk:encoding"), literal(told.encoding), graph
    for node, python in nodes.python:
        yield node, term("pk:plainPython"), python, graph
    for node, metadata in nodes.metadata:
        yield node, term("pk:metadata"), metadata, graph
    for node, attachment, name in nodes.attachments:
        yield node, term("pk:attachment"), attachment, graph
        yield attachment, _LABEL, literal(name), graph
    if trial.notebook.metadata is not None:
        yield resources.names.setting(METADATA), _LABEL, literal("notebook metadata"), graph


def _cell_execution(execution: CellExecution, node: Term, graph: Term) -> Iterator[Quad]:
    yield node, term("pk:order"), literal(execution.order), graph
    yield node, term("pk:status"), term(f"pk:{execution.status}"), graph
    if execution.execution_count is not None:
        yield node, term("pk:executionCount"), literal(execution.execution_count), graph
    if execution.is_cleared:
        yield node, term("pk:cleared"), TRUE, graph
    if execution.failure is not None:
        yield from _failure(execution.failure, node, graph)
    for tag in dict.fromkeys(execution.tags):
        yield node, term("pk:tag"), literal(tag), graph


def _qualified(resources: Resources, graph: Term) -> Iterator[Quad]:
    for usage in resources.usages:
        if usage.part is not None:
            yield usage.node, term("pk:part"), literal(usage.part), graph
    for control in resources.controls:
        yield control.node, term("pk:dependence"), term("pk:control"), graph


def _value(value: Value, node: Term, graph: Term) -> Iterator[Quad]:
    yield node, _LABEL, literal(value.label), graph
    yield node, term("pk:type"), literal(value.type), graph
    if value.shape is not None:
        yield node, term("pk:shape"), literal(str(value.shape)), graph
    if value.columns is not None:
        columns = json.dumps(value.columns, ensure_ascii=False)
        yield node, term("pk:columns"), literal(columns), graph
    if value.length is not None:
        yield node, term("pk:length"), literal(value.length), graph
    if value.dtype is not None:
        yield node, term("pk:dtype"), literal(value.dtype), graph
    if value.preview is not None:
        yield node, term("pk:preview"), literal(value.preview), graph
    for tag in dict.fromkeys(value.tags):
        yield node, term("pk:tag"), literal(tag), graph
    if value.between is not None:
        yield node, term("pk:changedBetweenCells"), literal(value.between), graph
    yield from _content(value, node, graph)


def _content(value: Value, node: Term, graph: Term) -> Iterator[Quad]:
    if value.column_types is not None:
        types = json.dumps(value.column_types, ensure_ascii=False)
        yield node, term("pk:columnTypes"), literal(types), graph
    if value.missing is not None:
        yield node, term("pk:missing"), literal(value.missing), graph
    if value.missing_in:
        counts = json.dumps(dict(value.missing_in), ensure_ascii=False)
        yield node, term("pk:missingIn"), literal(counts), graph
    if value.size_bytes is not None:
        yield node, term("pk:byteSize"), literal(value.size_bytes), graph
    if value.digest is not None:
        yield node, term("pk:contentDigest"), literal(value.digest), graph
    if value.seeded is not None:
        yield node, term("pk:seeded"), TRUE if value.seeded else FALSE, graph


def _file(file: File, resources: Resources, graph: Term) -> Iterator[Quad]:
    node = resources.names.file(file.key)
    yield node, _LABEL, literal(file.path), graph
    if file.verified and file.digest:
        # its size is a fact of the bytes, in the shared graph
        return
    if file.size_bytes is not None:
        yield node, term("pk:byteSize"), literal(file.size_bytes), graph
    if not file.verified:
        yield node, term("pk:verified"), FALSE, graph


def _learning(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, learning = resources.names, resources.learning
    for named in learning.settings:
        setting = named.setting
        yield named.node, term("pk:origin"), term(f"pk:{setting.origin}"), graph
        if setting.repr is not None:
            yield named.node, term("pk:repr"), literal(setting.repr), graph
        if setting.name != setting.parameter:
            yield named.node, _LABEL, literal(setting.name), graph
        if setting.set_by is not None:
            yield named.node, term("pk:setBy"), literal(setting.set_by), graph
        if setting.where is not None:
            yield named.node, term("pk:setAt"), literal(setting.where), graph
    for key in trial.learning.unseeded:
        yield names.setting(key), term("pk:unseeded"), TRUE, graph
    for evaluation in trial.learning.evaluations:
        node = learning.evaluations[evaluation.key]
        yield node, term("pk:via"), literal(evaluation.via), graph
        if evaluation.is_implied:
            yield node, term("pk:implied"), TRUE, graph
        said = {
            "pk:evaluatedOn": evaluation.split,
            "pk:averaging": evaluation.averaging,
            "pk:round": evaluation.iteration,
        }
        for name, what in said.items():
            if what is not None:
                yield node, term(name), literal(what), graph
    orders = {execution.order for execution in trial.executions}
    for run in trial.learning.runs:
        yield names.run(run.key), term("pk:runKind"), literal(run.kind), graph
        for learned in dict.fromkeys((run.features, run.target)):
            if learned is not None and learned in learning.data:
                yield names.run(run.key), term("pk:learnedFrom"), names.value(learned), graph
        for order in run.executions if run.parent is None else ():
            if order in orders:
                yield names.execution(order), term("pk:partOfRun"), names.run(run.key), graph
        parted = {
            "pk:folds": run.folds,
            "pk:foldedBy": run.folded_by,
            "pk:rowsHeldOut": run.held_out,
        }
        for name, what in parted.items():
            if what is not None:
                yield names.run(run.key), term(name), literal(what), graph
        for name, tried in run.candidate:
            yield names.run(run.key), term("pk:tried"), literal(f"{name}={tried}"), graph
    yield from _splits(trial, resources, graph)
    yield from _models(trial, resources, graph)


def _splits(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    orders = {execution.order for execution in trial.executions}
    for split in trial.learning.splits:
        for part in split.parts:
            for key in part.values:
                yield names.value(key), term("pk:splitRole"), literal(part.role), graph
                if part.fold is not None:
                    yield names.value(key), term("pk:fold"), literal(part.fold), graph
        if split.execution not in orders:
            continue
        said = {"pk:splitRatio": split.ratio, "pk:stratifiedBy": split.stratified_by}
        for name, what in said.items():
            if what is not None:
                yield names.execution(split.execution), term(name), literal(what), graph
    for dataset in trial.learning.datasets:
        if dataset.value in resources.learning.data:
            node = names.value(dataset.value)
            columns = dataset.features if dataset.role == "features" else dataset.target
            name = "pk:featureNames" if dataset.role == "features" else "pk:targetNames"
            if columns:
                written = json.dumps(columns, ensure_ascii=False)
                yield node, term(name), literal(written), graph


def _models(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    values = {value.key: value for value in trial.values}
    for facts in trial.learning.models:
        node = names.value(facts.value)
        if facts.value not in resources.learning.models:
            continue
        value = values.get(facts.value)
        if value is None:
            continue
        if facts.size_bytes is not None and value.size_bytes is None:
            yield node, term("pk:byteSize"), literal(facts.size_bytes), graph
        if facts.digest is not None and value.digest is None:
            yield node, term("pk:contentDigest"), literal(facts.digest), graph
        if facts.facts:
            written = json.dumps(dict(facts.facts), ensure_ascii=False)
            yield node, term("pk:fitted"), literal(written), graph
    labels = {value.key: value.label for value in trial.values}
    for kept in trial.learning.kept:
        label = f"{labels.get(kept.value, kept.value)}.{kept.suffix}"
        yield names.kept_model(kept.value), _LABEL, literal(label), graph
    for ordinal, curve in enumerate(trial.learning.curves, start=1):
        node = names.curve(ordinal)
        label = f"{curve.series}/{curve.measure}" if curve.series else curve.measure
        yield node, _LABEL, literal(label), graph
        yield node, term("pk:numbers"), literal(json.dumps(list(curve.numbers))), graph
        if curve.run is not None:
            yield names.run(curve.run), term("pk:trainingCurve"), node, graph


def _labels_of_learning(trial: Trial, resources: Resources) -> Iterator[Quad]:
    names, graph = resources.names, resources.names.shared_graph
    for of in resources.learning.algorithms:
        label = of.qualified_name.rpartition(".")[2]
        yield names.algorithm(of), _LABEL, literal(label), graph
    for measure in dict.fromkeys(one.measure for one in trial.learning.evaluations):
        yield names.measure(measure), _LABEL, literal(measure), graph
    for task in dict.fromkeys(
        run.task for run in trial.learning.runs if run.task and not run.parent
    ):
        yield names.task(task), _LABEL, literal(task), graph


def _plan(plan: Plan, resources: Resources) -> Iterator[Quad]:
    names, digest = resources.names, plan.digest
    graph = names.plan_graph(digest)
    for step in plan.steps:
        yield from _stage(names.step(digest, step.key), step.stage, graph)
    for cell in plan.cells:
        yield from _stage(names.cell(digest, cell.key), cell.stage, graph)
    for variable in resources.variables[digest]:
        yield names.variable(digest, variable), _LABEL, literal(variable), graph
    for function in resources.functions[digest]:
        node = names.function(digest, function.name)
        yield node, _LABEL, literal(function.name), graph
        yield from _lines(node, function.first_line, function.last_line, graph)
    for cell in plan.cells:
        node = names.cell(digest, cell.key)
        if cell.title:
            yield node, _LABEL, literal(cell.title), graph
        yield node, term("pk:cellIndex"), literal(cell.index), graph
        yield node, term("pk:cellKind"), literal(cell.kind), graph
        if cell.id is None:
            yield from _lines(node, cell.first_line, cell.last_line, graph)
        else:
            yield node, term("pk:cellId"), literal(cell.id), graph


def _stage(node: Term, stage: Stage | None, graph: Term) -> Iterator[Quad]:
    """Say the stage that the text shows; that it shows none is not said."""
    if stage is not None and stage.name != "other":
        yield node, term("pk:stage"), term(STAGE_TERMS[stage.name]), graph


def _lines(node: Term, first: int, last: int, graph: Term) -> Iterator[Quad]:
    yield node, term("pk:firstLine"), literal(first), graph
    yield node, term("pk:lastLine"), literal(last), graph


def _shared(resources: Resources) -> Iterator[Quad]:
    graph = resources.names.shared_graph
    for software in resources.libraries:
        yield software.node, _LABEL, literal(software.name), graph
    for software in resources.platform:
        # `capitalize` and not the name as given: a label here follows from the IRI alone
        yield software.node, _LABEL, literal(software.name.capitalize()), graph
    for called, node in resources.called.items():
        yield node, _LABEL, literal(called.qualified_name), graph
    for role, parameter in resources.roles.items():
        yield role, _LABEL, literal(parameter), graph
    for location, path in resources.locations.items():
        yield location, _LABEL, literal(path), graph
    for digest, size_bytes in resources.contents.items():
        if size_bytes is not None:
            yield content(digest), term("pk:byteSize"), literal(size_bytes), graph
