"""What P-Plan says of a trial: which step of which plan each execution carried out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from provkit.mapping.resources import Resources
from provkit.model import Plan, Reference, Step, Trial
from provkit.vocabulary import Quad, Term, term

_TYPE = term("rdf:type")
_PLAN = term("p-plan:Plan")
_STEP = term("p-plan:Step")
_MULTI_STEP = term("p-plan:MultiStep")
_VARIABLE = term("p-plan:Variable")
_ENTITY = term("p-plan:Entity")
_ACTIVITY = term("p-plan:Activity")
_IS_STEP_OF_PLAN = term("p-plan:isStepOfPlan")
_IS_VARIABLE_OF_PLAN = term("p-plan:isVariableOfPlan")
_IS_SUB_PLAN_OF_PLAN = term("p-plan:isSubPlanOfPlan")
_IS_PRECEDED_BY = term("p-plan:isPrecededBy")
_INPUT = term("p-plan:hasInputVar")
_OUTPUT = term("p-plan:hasOutputVar")
_STEP_DONE = term("p-plan:correspondsToStep")
_VARIABLE_BOUND = term("p-plan:correspondsToVariable")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what P-Plan can say."""
    graph = resources.names.trial_graph
    yield from _activities(trial, resources, graph)
    yield from _entities(trial, resources, graph)
    yield from _nested_plans(trial, resources, graph)
    yield from _decompositions(resources, graph)
    for plan in resources.plans:
        yield from _plan(plan, resources)


def _activities(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    yield names.trial, _TYPE, _ACTIVITY, graph
    for execution in trial.executions:
        node = names.execution(execution.order)
        yield node, _TYPE, _ACTIVITY, graph
        yield node, _STEP_DONE, names.step(execution.plan, execution.step), graph


def _entities(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, digest = resources.names, trial.plan.digest
    for file in trial.files:
        yield names.file(file.key), _TYPE, _ENTITY, graph
    for output in trial.outputs:
        yield names.output(output.stream), _TYPE, _ENTITY, graph
    for value in trial.values:
        node = resources.entity(Reference("value", value.key))
        yield node, _TYPE, _ENTITY, graph
        for variable in dict.fromkeys(value.variables):
            yield node, _VARIABLE_BOUND, names.variable(digest, variable), graph
    yield from _notebook(trial, resources, graph)
    for variable in resources.unwritten:
        of = names.variable(digest, variable)
        yield of, _TYPE, _VARIABLE, graph
        yield of, _IS_VARIABLE_OF_PLAN, names.plan(digest), graph


def _notebook(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    if trial.notebook is None:
        return
    names, digest, nodes = resources.names, trial.plan.digest, resources.notebook
    cell_of: dict[int, str] = {}
    for execution in trial.notebook.executions:
        node = names.execution(execution.order)
        cell_of[execution.order] = execution.cell
        yield node, _TYPE, _ACTIVITY, graph
        yield node, _STEP_DONE, names.cell(digest, execution.cell), graph
    for text, node in nodes.texts:
        yield node, _TYPE, _ENTITY, graph
        yield node, _VARIABLE_BOUND, names.cell_source(digest, text.cell), graph
    for output, node in nodes.outputs:
        yield node, _TYPE, _ENTITY, graph
        yield node, _VARIABLE_BOUND, names.cell_output(digest, cell_of[output.execution]), graph


def _nested_plans(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    script = names.plan(trial.plan.digest)
    for module in resources.modules:
        yield names.plan(module.digest), _IS_SUB_PLAN_OF_PLAN, script, graph
    if trial.experiment is not None:
        experiment = names.experiment(trial.experiment)
        yield experiment, _TYPE, _PLAN, graph
        yield script, _IS_SUB_PLAN_OF_PLAN, experiment, graph


def _decompositions(resources: Resources, graph: Term) -> Iterator[Quad]:
    """Which function a step calls is learnt by running, so it stands in the trial's graph."""
    for step, functions in resources.decompositions.items():
        yield step, _TYPE, _MULTI_STEP, graph
        for function in functions:
            yield step, term("p-plan:isDecomposedAsPlan"), function, graph
    for function in dict.fromkeys(chain.from_iterable(resources.decompositions.values())):
        yield function, _TYPE, _PLAN, graph


def _plan(plan: Plan, resources: Resources) -> Iterator[Quad]:
    names, digest = resources.names, plan.digest
    graph, node = names.plan_graph(digest), names.plan(digest)
    yield node, _TYPE, _PLAN, graph
    for step in plan.steps:
        yield from _step(step, digest, resources, graph)
    for variable in resources.variables[digest]:
        of = names.variable(digest, variable)
        yield of, _TYPE, _VARIABLE, graph
        yield of, _IS_VARIABLE_OF_PLAN, node, graph
    for function in resources.functions[digest]:
        of = names.function(digest, function.name)
        yield of, _TYPE, _PLAN, graph
        yield of, _IS_SUB_PLAN_OF_PLAN, node, graph
    yield from _cells(plan, resources, graph)


def _step(step: Step, digest: str, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    node = names.step(digest, step.key)
    yield node, _TYPE, _STEP, graph
    if step.is_compound:
        yield node, _TYPE, _MULTI_STEP, graph
        yield node, _TYPE, _PLAN, graph
    if step.parent is not None:
        enclosing = names.step(digest, step.parent)
    elif step.cell is not None:
        enclosing = names.cell(digest, step.cell)
    else:
        enclosing = names.plan(digest)
    yield node, _IS_STEP_OF_PLAN, enclosing, graph
    if step.preceded_by is not None:
        yield node, _IS_PRECEDED_BY, names.step(digest, step.preceded_by), graph
    for variable in dict.fromkeys(step.reads):
        yield node, _INPUT, names.variable(digest, variable), graph
    for variable in dict.fromkeys(step.writes):
        yield node, _OUTPUT, names.variable(digest, variable), graph


def _cells(plan: Plan, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, digest = resources.names, plan.digest
    node = names.plan(digest)
    before: Term | None = None
    written = _written_in_cells(plan)
    for cell in plan.cells:
        of, source = names.cell(digest, cell.key), names.cell_source(digest, cell.key)
        yield of, _TYPE, _STEP, graph
        if cell.key in resources.cells_with_steps[digest]:
            yield of, _TYPE, _MULTI_STEP, graph
            yield of, _TYPE, _PLAN, graph
        yield of, _IS_STEP_OF_PLAN, node, graph
        # A cell's one input is its text; the variables it reads are on its statements' steps.
        yield of, _INPUT, source, graph
        yield source, _TYPE, _VARIABLE, graph
        yield source, _IS_VARIABLE_OF_PLAN, node, graph
        if cell.shows:
            output = names.cell_output(digest, cell.key)
            yield of, _OUTPUT, output, graph
            yield output, _TYPE, _VARIABLE, graph
            yield output, _IS_VARIABLE_OF_PLAN, node, graph
            for variable in written.get(cell.key, ()):
                yield of, _OUTPUT, names.variable(digest, variable), graph
        if before is not None:
            yield of, _IS_PRECEDED_BY, before, graph
        before = of


def _written_in_cells(plan: Plan) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for step in plan.steps:
        if step.cell is not None:
            found.setdefault(step.cell, {}).update(dict.fromkeys(step.writes))
    return {cell: tuple(variables) for cell, variables in found.items()}
