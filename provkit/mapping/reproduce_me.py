"""What REPRODUCE-ME says of a trial: what kind of computational thing each node is."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.mapping.notebook_nodes import METADATA
from provkit.mapping.resources import Resources
from provkit.model import Plan, Trial
from provkit.vocabulary import Quad, Term, term

_TYPE = term("rdf:type")
_SETTING = term("repr:Setting")
_HAS_SETTING = term("repr:hasSetting")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what REPRODUCE-ME can say."""
    graph = resources.names.trial_graph
    yield from _trial(trial, resources, graph)
    yield from _settings(trial, resources, graph)
    for file in trial.files:
        yield resources.names.file(file.key), _TYPE, term("repr:File"), graph
    for output in trial.outputs:
        yield resources.names.output(output.stream), _TYPE, term("repr:Output"), graph
    for plan in resources.plans:
        yield from _plan(plan, resources)
    yield from _software(trial, resources)


def _trial(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    yield names.trial, _TYPE, term("repr:Trial"), graph
    # Whether a text was run or imported is no fact of the text, so it is not in the plan's graph.
    if trial.plan.kind != "notebook":
        yield names.plan(trial.plan.digest), _TYPE, term("repr:Script"), graph
    for execution in trial.notebook.executions if trial.notebook is not None else ():
        yield names.execution(execution.order), _TYPE, term("repr:CellExecution"), graph
    for module in resources.modules:
        yield names.plan(module.digest), _TYPE, term("repr:Module"), graph
    if trial.experiment is not None:
        yield names.experiment(trial.experiment), _TYPE, term("repr:Experiment"), graph


def _settings(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    node = resources.names.trial
    for setting in trial.settings:
        of = resources.names.setting(setting.key)
        yield of, _TYPE, _SETTING, graph
        yield node, _HAS_SETTING, of, graph
        if setting.key == "kernel":
            yield of, _TYPE, term("repr:Kernel"), graph
    if trial.notebook is not None and trial.notebook.metadata is not None:
        of = resources.names.setting(METADATA)
        yield of, _TYPE, _SETTING, graph
        yield node, _HAS_SETTING, of, graph
    for software in resources.platform:
        yield node, _HAS_SETTING, software.node, graph


def _plan(plan: Plan, resources: Resources) -> Iterator[Quad]:
    names, digest = resources.names, plan.digest
    graph = names.plan_graph(digest)
    if plan.kind == "notebook":
        # unlike a script, its text in this form is nothing else
        yield names.plan(digest), _TYPE, term("repr:Notebook"), graph
    for step in plan.steps:
        if step.is_call:
            # a Step by its definition: the call as written, never the execution of it
            yield names.step(digest, step.key), _TYPE, term("repr:FunctionActivation"), graph
    for function in resources.functions[digest]:
        yield names.function(digest, function.name), _TYPE, term("repr:Function"), graph
    for cell in plan.cells:
        yield names.cell(digest, cell.key), _TYPE, term("repr:Cell"), graph
        yield names.cell_source(digest, cell.key), _TYPE, term("repr:Source"), graph
        if cell.shows:
            yield names.cell_output(digest, cell.key), _TYPE, term("repr:Output"), graph


def _software(trial: Trial, resources: Resources) -> Iterator[Quad]:
    graph = resources.names.shared_graph
    for library in resources.libraries:
        yield library.node, _TYPE, term("repr:Library"), graph
    for software in resources.platform:
        kind = "ProgrammingLanguage" if software.package == trial.interpreter else "OperatingSystem"
        yield software.node, _TYPE, _SETTING, graph
        yield software.node, _TYPE, term(f"repr:{kind}"), graph
