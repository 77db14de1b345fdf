"""What a trial names, found once and given to every mapping with the terms already minted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from provkit.identifiers import Identifiers, package, package_name, parameter_name
from provkit.mapping.learning_terms import LearningTerms, learning_terms
from provkit.mapping.notebook_nodes import NotebookNodes, contents_in, notebook_nodes
from provkit.model import (
    Derivation,
    File,
    Function,
    Implementation,
    Package,
    Plan,
    Reference,
    Trial,
    Value,
)
from provkit.vocabulary import Term


class QualifiedUsage(NamedTuple):
    """A usage of which more is known than that it was."""

    execution: Term
    node: Term
    entity: Term
    role: Term | None
    part: str | None


class ControlDerivation(NamedTuple):
    """A derivation by control alone; those by data need no node of their own."""

    node: Term
    result: Term
    source: Term


class NamedPackage(NamedTuple):
    """A package with its term and the name that its term holds."""

    node: Term
    name: str
    package: Package


@dataclass(frozen=True)
class Resources:
    """The terms of a trial and of all that it refers to.

    Attributes:
        names: Mints whatever is not here.
        entity: The term of a reference, remembered.
        plans: The script's first, then the modules', each text once.
        modules: The plans that were imported, each text once; the script's own is none of them.
        software: The tool that made the records.
        libraries: What was imported.
        platform: The interpreter and the operating system.
        called: What was called and is not described by one of the trial's plans.
        roles: The parameter's name for each role.
        usages: Those with a parameter or a part.
        derivations: Each pair of result and source once.
        controls: Those that are by control alone.
        decompositions: The functions of the project's own that each step was seen to call.
        functions: For each plan's digest what its text defines; of a name defined twice the last.
        variables: For each plan's digest what its text names: its list, and all that steps use.
        unwritten: Variables that values were bound to and the script's text does not name.
        contents: Size, if known, of the bytes of each digest.
        locations: The path of each place.
        learning: Parameters, runs and evaluations.
        notebook: What a notebook's trial tells beside its plan.
        cells_with_steps: For each plan's digest the keys of cells that have steps.
    """

    names: Identifiers
    entity: Callable[[Reference], Term]
    plans: tuple[Plan, ...]
    modules: tuple[Plan, ...]
    software: NamedPackage
    libraries: tuple[NamedPackage, ...]
    platform: tuple[NamedPackage, ...]
    called: dict[Implementation, Term]
    roles: dict[Term, str]
    usages: tuple[QualifiedUsage, ...]
    derivations: tuple[tuple[Term, Term], ...]
    controls: tuple[ControlDerivation, ...]
    decompositions: dict[Term, tuple[Term, ...]]
    functions: dict[str, tuple[Function, ...]]
    variables: dict[str, tuple[str, ...]]
    unwritten: tuple[str, ...]
    contents: dict[str, int | None]
    locations: dict[Term, str]
    learning: LearningTerms
    notebook: NotebookNodes
    cells_with_steps: dict[str, frozenset[str]]


def resources_of(trial: Trial) -> Resources:
    """Find what a trial names."""
    names = Identifiers(trial.base_iri, trial.id)
    learning = learning_terms(trial, names, _paths_of_plans(trial))

    @cache
    def entity(reference: Reference) -> Term:
        """Name what a reference is to; a setting that is no node of its own by the one that stands for it."""
        if reference.kind == "setting" and reference.key in learning.emitted:
            return names.setting(learning.emitted[reference.key])
        return names.entity(reference)

    plans = {plan.digest: plan for plan in (trial.plan, *(plan for _, plan in trial.modules))}
    roles: dict[Term, str] = {}
    usages = tuple(_usages(trial, names, entity, roles))
    derivations, controls = _derivations(trial, names, entity)
    roles.update((named.role, named.setting.parameter) for named in learning.settings)
    variables = {digest: _variables(plan) for digest, plan in plans.items()}
    written = frozenset(variables[trial.plan.digest])
    bound = dict.fromkeys(variable for value in trial.values for variable in value.variables)
    return Resources(
        names=names,
        entity=entity,
        plans=tuple(plans.values()),
        modules=tuple(plan for plan in plans.values() if plan.digest != trial.plan.digest),
        software=_named(Package("provkit", trial.provkit_version)),
        libraries=tuple({found.node: found for found in map(_named, trial.packages)}.values()),
        platform=tuple(_named(of) for of in (trial.interpreter, trial.platform) if of),
        called=_called(trial, names, plans),
        roles=roles,
        usages=usages,
        derivations=derivations,
        controls=controls,
        decompositions=_decompositions(trial, names),
        functions={digest: _functions(plan) for digest, plan in plans.items()},
        variables=variables,
        unwritten=tuple(variable for variable in bound if variable not in written),
        contents=_contents(trial, plans.values()),
        notebook=notebook_nodes(trial, names),
        cells_with_steps={digest: _cells_with_steps(plan) for digest, plan in plans.items()},
        locations={names.location(file.path): file.path for file in trial.files},
        learning=learning,
    )


def _named(of: Package) -> NamedPackage:
    return NamedPackage(package(of), package_name(of), of)


def _called(trial: Trial, names: Identifiers, plans: dict[str, Plan]) -> dict[Implementation, Term]:
    described = {
        (plan.digest, function.name) for plan in plans.values() for function in plan.functions
    }
    found = dict.fromkeys(execution.called for execution in trial.executions if execution.called)
    found.update((setting.owner, None) for setting in trial.learning.parameters)
    found.update((run.implementation, None) for run in trial.learning.runs)
    return {
        called: names.implementation(called)
        for called in found
        if (called.plan, called.qualified_name) not in described
    }


def _usages(
    trial: Trial,
    names: Identifiers,
    entity: Callable[[Reference], Term],
    roles: dict[Term, str],
) -> Iterator[QualifiedUsage]:
    paths = _paths_of_plans(trial)
    role = cache(names.role)
    for execution in trial.executions:
        seen: dict[str | None, int] = {}
        for usage in execution.usages:
            parameter = usage.parameter
            if parameter is None and usage.part is None:
                continue
            seen[parameter] = seen.get(parameter, 0) + 1
            filled = None
            if parameter is not None:
                called = execution.called
                path = paths.get(called.plan) if called and called.plan else None
                filled = role(called, parameter, path)
                roles[filled] = parameter_name(parameter)
            yield QualifiedUsage(
                names.execution(execution.order),
                names.usage(execution.order, parameter, seen[parameter]),
                entity(usage.entity),
                filled,
                usage.part,
            )


def _paths_of_plans(trial: Trial) -> dict[str, str]:
    paths = {file.key: file.path for file in trial.files}
    holders = [*trial.modules, *([(trial.script, trial.plan)] if trial.script else [])]
    return {plan.digest: paths[key] for key, plan in holders if key in paths}


def _derivations(
    trial: Trial, names: Identifiers, entity: Callable[[Reference], Term]
) -> tuple[tuple[tuple[Term, Term], ...], tuple[ControlDerivation, ...]]:
    pairs: list[tuple[Term, Term]] = []
    controls: list[ControlDerivation] = []
    for result, sources in _sources(trial):
        made = entity(result)
        # Data outweighs control: what is marked control is so by control alone, and following
        # data means leaving the marked pairs out.
        by_control: dict[Reference, bool] = {}
        for derivation in sources:
            source = derivation.source
            by_control[source] = derivation.control and by_control.get(source, True)
        for source, control in by_control.items():
            origin = entity(source)
            pairs.append((made, origin))
            if control:
                controls.append(ControlDerivation(names.derivation(result, source), made, origin))
    return tuple(pairs), tuple(controls)


def _sources(trial: Trial) -> Iterator[tuple[Reference, Iterable[Derivation]]]:
    for value in trial.values:
        yield Reference("value", value.key), _with_revision("value", value)
    for file in trial.files:
        yield Reference("file", file.key), _with_revision("file", file)
    for output in trial.notebook.outputs if trial.notebook is not None else ():
        yield Reference("output", output.key), output.derived_from


def _with_revision(kind: str, entity: Value | File) -> Iterable[Derivation]:
    # PROV-O has a revision be a derivation, and readers that do not reason must find it
    if entity.revision_of is None:
        return entity.derived_from
    before = Reference("value" if kind == "value" else "file", entity.revision_of)
    return (*entity.derived_from, Derivation(before))


def _contents(trial: Trial, plans: Iterable[Plan]) -> dict[str, int | None]:
    sizes: dict[str, int | None] = {plan.digest: plan.size_bytes for plan in plans}
    for file in trial.files:
        if file.digest and file.verified:
            sizes.setdefault(file.digest, file.size_bytes)
    for content in contents_in(trial):
        if content.digest is not None:
            sizes.setdefault(content.digest, content.size_bytes)
    return sizes


def _functions(plan: Plan) -> tuple[Function, ...]:
    return tuple({function.name: function for function in plan.functions}.values())


def _variables(plan: Plan) -> tuple[str, ...]:
    used = (name for step in plan.steps for name in (*step.reads, *step.writes))
    return tuple(dict.fromkeys((*plan.variables, *used)))


def _decompositions(trial: Trial, names: Identifiers) -> dict[Term, tuple[Term, ...]]:
    found: dict[Term, dict[Term, None]] = {}
    for execution in trial.executions:
        called = execution.called
        if called is not None and called.plan is not None:
            step = names.step(execution.plan, execution.step)
            found.setdefault(step, {})[names.implementation(called)] = None
    return {step: tuple(functions) for step, functions in found.items()}


def _cells_with_steps(plan: Plan) -> frozenset[str]:
    if plan.kind != "notebook":
        return frozenset(cell.key for cell in plan.cells)
    return frozenset(step.cell for step in plan.steps if step.cell is not None)
