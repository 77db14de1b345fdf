"""What PROV-O says of a trial: entities, activities, agents, and how each led to the next.

Each graph is a whole PROV instance: what a relation names is typed in the same graph, because
bundles are read and checked each by itself. Roles and places, attributes in PROV-DM, are typed
in the shared graph alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from provkit.identifiers import content as content_of
from provkit.mapping.notebook_nodes import contents_in
from provkit.mapping.resources import Resources
from provkit.model import CellExecution, Execution, File, Plan, Reference, Trial
from provkit.vocabulary import Quad, Term, literal, term

_TYPE = term("rdf:type")
_ENTITY = term("prov:Entity")
_ACTIVITY = term("prov:Activity")
_AGENT = term("prov:Agent")
_PLAN = term("prov:Plan")
_USED = term("prov:used")
_GENERATED_BY = term("prov:wasGeneratedBy")
_INVALIDATED_BY = term("prov:wasInvalidatedBy")
_DERIVED_FROM = term("prov:wasDerivedFrom")
_REVISION_OF = term("prov:wasRevisionOf")
_SPECIALIZES = term("prov:specializationOf")
_STARTED_AT = term("prov:startedAtTime")
_ENDED_AT = term("prov:endedAtTime")
_VALUE = term("prov:value")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what PROV-O can say."""
    graph = resources.names.trial_graph
    yield from _record(graph, resources)
    yield from _trial(trial, resources, graph)
    yield from _circumstances(trial, resources, graph)
    yield from _learnt_of_plans(trial, resources, graph)
    for execution in trial.executions:
        yield from _execution(execution, resources, graph)
    yield from _notebook(trial, resources, graph)
    yield from _qualified(resources, graph)
    yield from _values(trial, resources, graph)
    for file in trial.files:
        yield from _file(file, resources, graph)
    yield from _contents_of_files(trial, graph)
    yield from _learning(trial, resources, graph)
    for result, source in resources.derivations:
        yield result, _DERIVED_FROM, source, graph
    for plan in resources.plans:
        yield from _plan(plan, resources)
    yield from _shared(resources)


def _record(graph: Term, resources: Resources) -> Iterator[Quad]:
    """The graph is an entity of its own: a trial is an activity, and no activity is a bundle."""
    software = resources.software.node
    yield graph, _TYPE, term("prov:Bundle"), graph
    yield graph, _TYPE, _ENTITY, graph
    yield graph, term("prov:wasAttributedTo"), software, graph
    yield software, _TYPE, _AGENT, graph
    yield software, _TYPE, term("prov:SoftwareAgent"), graph


def _trial(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    node, association, plan = names.trial, names.association, names.plan(trial.plan.digest)
    # An association needs an agent: if nobody is named, it is the program that ran it.
    agent = names.agent(trial.agent) if trial.agent else resources.software.node
    yield node, _TYPE, _ACTIVITY, graph
    yield node, _STARTED_AT, literal(trial.started_at), graph
    if trial.ended_at is not None:
        yield node, _ENDED_AT, literal(trial.ended_at), graph
    yield node, term("prov:wasAssociatedWith"), agent, graph
    yield node, term("prov:qualifiedAssociation"), association, graph
    yield association, _TYPE, term("prov:Association"), graph
    yield association, term("prov:agent"), agent, graph
    yield association, term("prov:hadPlan"), plan, graph
    if trial.agent:
        yield agent, _TYPE, _AGENT, graph
        yield agent, _TYPE, term("prov:Person"), graph
    for of in resources.plans:
        yield names.plan(of.digest), _TYPE, _PLAN, graph
        yield names.plan(of.digest), _TYPE, _ENTITY, graph
    if trial.experiment is not None:
        experiment = names.experiment(trial.experiment)
        yield experiment, _TYPE, _PLAN, graph
        yield experiment, _TYPE, _ENTITY, graph


def _circumstances(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, node = resources.names, resources.names.trial
    for library in resources.libraries:
        yield library.node, _TYPE, _ENTITY, graph
        yield node, _USED, library.node, graph
    for code in _code_files(trial):
        yield node, _USED, names.file(code), graph
    for setting in trial.settings:
        of = names.setting(setting.key)
        yield of, _TYPE, _ENTITY, graph
        yield of, _VALUE, literal(setting.value), graph
        if setting.key == "argv":
            # the one setting that the program itself reads
            yield node, _USED, of, graph
    for output in trial.outputs:
        of = names.output(output.stream)
        yield of, _TYPE, _ENTITY, graph
        yield of, _VALUE, literal(output.text), graph
        yield of, _GENERATED_BY, node, graph


def _learnt_of_plans(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    """What the trial's graph says of a plan's parts, it types: they are its subjects."""
    for variable in resources.unwritten:
        yield resources.names.variable(trial.plan.digest, variable), _TYPE, _ENTITY, graph
    for step in resources.decompositions:
        yield step, _TYPE, _ENTITY, graph
    for function in dict.fromkeys(chain.from_iterable(resources.decompositions.values())):
        yield function, _TYPE, _ENTITY, graph
        yield function, _TYPE, _PLAN, graph


def _code_files(trial: Trial) -> dict[str, None]:
    keys = [key for key, _ in trial.modules]
    keys += [file.key for file in trial.files if file.role == "code"]
    return dict.fromkeys([trial.script, *keys] if trial.script else keys)


def _execution(execution: Execution, resources: Resources, graph: Term) -> Iterator[Quad]:
    node = resources.names.execution(execution.order)
    yield node, _TYPE, _ACTIVITY, graph
    yield node, _STARTED_AT, literal(execution.started_at), graph
    if execution.ended_at is not None:
        yield node, _ENDED_AT, literal(execution.ended_at), graph
    for entity in dict.fromkeys(usage.entity for usage in execution.usages):
        yield node, _USED, resources.entity(entity), graph


def _notebook(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    if trial.notebook is None:
        return
    names, nodes = resources.names, resources.notebook
    for execution in trial.notebook.executions:
        yield from _cell_execution(execution, resources, graph)
    for text, node in nodes.texts:
        if text.number > 1:
            before = names.cell_text(f"{text.cell}.{text.number - 1}")
            # an edit changes the text, and not the step: one cell all along
            yield node, _DERIVED_FROM, before, graph
            yield node, _REVISION_OF, before, graph
    for output, node in nodes.outputs:
        yield node, _GENERATED_BY, names.execution(output.execution), graph
    told = (*(node for _, node in nodes.outputs), *(node for node, _ in nodes.contents))
    for node in dict.fromkeys(told):
        yield node, _TYPE, _ENTITY, graph
    for node, content in nodes.contents:
        if content.text is not None:
            yield node, _VALUE, literal(content.text), graph
        elif content.digest is not None:
            yield node, term("prov:specializationOf"), content_of(content.digest), graph
    for output_node, node in nodes.formats:
        yield node, term("prov:alternateOf"), output_node, graph
    if trial.notebook.previous is not None:
        before = names.other_trial(trial.notebook.previous)
        yield names.trial, term("prov:wasInformedBy"), before, graph
        yield before, _TYPE, _ACTIVITY, graph


def _cell_execution(execution: CellExecution, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    node = names.execution(execution.order)
    yield node, _TYPE, _ACTIVITY, graph
    if execution.started_at is not None:
        yield node, _STARTED_AT, literal(execution.started_at), graph
    if execution.ended_at is not None:
        yield node, _ENDED_AT, literal(execution.ended_at), graph
    yield node, _USED, names.cell_text(f"{execution.cell}.{execution.text}"), graph
    for entity in resources.notebook.uses.get(execution.order, ()):
        yield node, _USED, resources.entity(entity), graph


def _qualified(resources: Resources, graph: Term) -> Iterator[Quad]:
    for usage in resources.usages:
        yield usage.execution, term("prov:qualifiedUsage"), usage.node, graph
        yield usage.node, _TYPE, term("prov:Usage"), graph
        yield usage.node, term("prov:entity"), usage.entity, graph
        if usage.role is not None:
            yield usage.node, term("prov:hadRole"), usage.role, graph
    for control in resources.controls:
        yield control.result, term("prov:qualifiedDerivation"), control.node, graph
        yield control.node, _TYPE, term("prov:Derivation"), graph
        yield control.node, term("prov:entity"), control.source, graph


def _values(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    names, entity = resources.names, resources.entity
    for value in trial.values:
        node = entity(Reference("value", value.key))
        yield node, _TYPE, _ENTITY, graph
        if value.scalar is not None:
            yield node, _VALUE, literal(value.scalar), graph
        if value.generated_by is not None:
            yield node, _GENERATED_BY, names.execution(value.generated_by), graph
        if value.revision_of is not None:
            yield node, _REVISION_OF, entity(Reference("value", value.revision_of)), graph
        if value.holds is not None:
            yield node, _SPECIALIZES, entity(Reference("value", value.holds)), graph
        if value.ended_by is not None:
            yield node, _INVALIDATED_BY, names.execution(value.ended_by), graph


def _learning(trial: Trial, resources: Resources, graph: Term) -> Iterator[Quad]:
    """Settings and evaluations are entities; a run is an activity around what was done in it."""
    names, learning = resources.names, resources.learning
    orders = {execution.order: execution for execution in trial.executions}
    for named in learning.settings:
        setting = named.setting
        yield named.node, _TYPE, _ENTITY, graph
        for source in dict.fromkeys(one.source for one in setting.derived_from):
            yield named.node, _DERIVED_FROM, resources.entity(source), graph
        if setting.resolves is not None:
            before = names.setting(learning.emitted.get(setting.resolves, setting.resolves))
            yield named.node, _DERIVED_FROM, before, graph
            yield named.node, _GENERATED_BY, names.execution(setting.execution), graph
    minted = frozenset(learning.minted)
    for evaluation in trial.learning.evaluations:
        if evaluation.key in minted:
            node = names.evaluation(evaluation.key)
            yield node, _TYPE, _ENTITY, graph
            if evaluation.execution in orders:
                yield node, _GENERATED_BY, names.execution(evaluation.execution), graph
    for run in trial.learning.runs:
        node = names.run(run.key)
        yield node, _TYPE, _ACTIVITY, graph
        inside = [orders[order] for order in run.executions if order in orders]
        if inside:
            yield node, _STARTED_AT, literal(min(one.started_at for one in inside)), graph
            ends = [one.ended_at for one in inside if one.ended_at is not None]
            if len(ends) == len(inside):
                yield node, _ENDED_AT, literal(max(ends)), graph
    for ordinal, curve in enumerate(trial.learning.curves, start=1):
        yield names.curve(ordinal), _TYPE, _ENTITY, graph
        if curve.execution in orders:
            yield names.curve(ordinal), _GENERATED_BY, names.execution(curve.execution), graph
    for kept in trial.learning.kept:
        node = names.kept_model(kept.value)
        yield node, _TYPE, _ENTITY, graph
        # A form of the same thing, and nothing that came of it: closures of derivation are about the program.
        yield node, term("prov:alternateOf"), names.value(kept.value), graph
        if kept.content.digest is not None:
            yield node, term("prov:specializationOf"), content_of(kept.content.digest), graph
    for dataset in trial.learning.datasets:
        if dataset.value in learning.data and dataset.classes:
            yield names.balance(dataset.value), _TYPE, _ENTITY, graph


def _file(file: File, resources: Resources, graph: Term) -> Iterator[Quad]:
    names = resources.names
    node = names.file(file.key)
    yield node, _TYPE, _ENTITY, graph
    yield node, term("prov:atLocation"), names.location(file.path), graph
    if file.digest and file.verified:
        # Only what was surely read is said to be these bytes: trials are joined on them.
        yield node, term("prov:specializationOf"), content_of(file.digest), graph
    if file.generated_by is not None:
        yield node, _GENERATED_BY, names.execution(file.generated_by), graph
    if file.revision_of is not None:
        yield node, _REVISION_OF, names.file(file.revision_of), graph
    if file.ended_by is not None:
        yield node, _INVALIDATED_BY, names.execution(file.ended_by), graph


def _contents_of_files(trial: Trial, graph: Term) -> Iterator[Quad]:
    digests = [file.digest for file in trial.files if file.digest and file.verified]
    digests += [one.digest for one in contents_in(trial) if one.digest]
    for digest in dict.fromkeys(digests):
        yield content_of(digest), _TYPE, _ENTITY, graph


def _plan(plan: Plan, resources: Resources) -> Iterator[Quad]:
    names, digest = resources.names, plan.digest
    graph, node = names.plan_graph(digest), names.plan(digest)
    yield from _record(graph, resources)
    yield node, _TYPE, _ENTITY, graph
    yield node, _TYPE, _PLAN, graph
    yield node, _DERIVED_FROM, content_of(digest), graph
    yield content_of(digest), _TYPE, _ENTITY, graph
    for step in plan.steps:
        of = names.step(digest, step.key)
        yield of, _TYPE, _ENTITY, graph
        yield of, _VALUE, literal(step.source), graph
        if step.is_compound:
            yield of, _TYPE, _PLAN, graph
    for variable in resources.variables[digest]:
        yield names.variable(digest, variable), _TYPE, _ENTITY, graph
    for function in resources.functions[digest]:
        of = names.function(digest, function.name)
        yield of, _TYPE, _ENTITY, graph
        yield of, _TYPE, _PLAN, graph
    for cell in plan.cells:
        of = names.cell(digest, cell.key)
        yield of, _TYPE, _ENTITY, graph
        if cell.key in resources.cells_with_steps[digest]:
            yield of, _TYPE, _PLAN, graph
        yield names.cell_source(digest, cell.key), _TYPE, _ENTITY, graph
        if cell.shows:
            yield names.cell_output(digest, cell.key), _TYPE, _ENTITY, graph


def _shared(resources: Resources) -> Iterator[Quad]:
    graph = resources.names.shared_graph
    software = (*resources.libraries, *resources.platform)
    nodes = [of.node for of in software]
    nodes += resources.called.values()
    nodes += map(content_of, resources.contents)
    nodes += [*resources.roles, *resources.locations]
    nodes += [resources.names.algorithm(of) for of in resources.learning.algorithms]
    nodes += resources.learning.measures
    nodes += resources.learning.tasks
    for node in dict.fromkeys(nodes):
        yield node, _TYPE, _ENTITY, graph
    for role in resources.roles:
        yield role, _TYPE, term("prov:Role"), graph
    for location in resources.locations:
        yield location, _TYPE, term("prov:Location"), graph
