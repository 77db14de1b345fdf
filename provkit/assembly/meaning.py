"""From what happened to what it meant: parameters, data sets, splits, runs, evaluations, stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from provkit.assembly.data_roles import DataRoles
from provkit.assembly.derivation import Derivations
from provkit.assembly.evaluations import Evaluations
from provkit.assembly.gathering import Gathered
from provkit.assembly.invocations import Invocation, Invocations
from provkit.assembly.learning import Runs
from provkit.assembly.naming import Naming
from provkit.assembly.parameter_drafts import ParametersFound
from provkit.assembly.parameters import find_parameters
from provkit.assembly.randomness import is_drawn
from provkit.assembly.run_drafts import label_counts, learning_runs, training_curves
from provkit.assembly.training_loops import training_loops
from provkit.assembly.weights_by_hand import weights_by_hand
from provkit.events import CalleeSeen
from provkit.knowledge import NEUTRAL, Knowledge
from provkit.model import (
    Derivation,
    Implementation,
    Learning,
    ParameterSetting,
    Reference,
    Scalar,
)
from provkit.source import SourceAnalysis

_TRAINING = "__main__.training_loop"
"""What a loop of the program's is called that trains, and stands in no function."""


class Meaning:
    """What one trial meant for learning.

    It is made before values are given their keys, because what came from a parameter says so, and told afterwards.
    """

    def __init__(
        self,
        gathered: Gathered,
        analyses: Mapping[int, SourceAnalysis],
        derivations: Derivations,
        knowledge: Knowledge,
        *,
        name_call: Callable[[CalleeSeen], Implementation],
        files: Mapping[str, str],
        arguments: Sequence[str],
        paths: Mapping[int, str],
    ) -> None:
        self._gathered = gathered
        self._derivations = derivations
        self._name = name_call
        self._own_classes = {
            f"{callee.module}.{callee.name}": callee
            for callee in gathered.callees.values()
            if callee.kind == "own" and callee.module not in (None, "__main__")
        }
        self._invocations = Invocations(gathered, analyses, derivations, knowledge)
        self._weights = list(weights_by_hand(self._invocations))
        self._loops = list(training_loops(self._invocations))
        self._parameters: ParametersFound = find_parameters(
            self._invocations,
            loops={
                **{one.loop: gathered.values[one.model].type for one in self._loops if one.loop},
                **{one.loop.order: _TRAINING for one in self._weights if one.function is None},
            },
            trained_in={one.function.order for one in self._weights if one.function is not None},
            implementation=self._class_named,
            own_implementation=self._called,
            files=files,
            arguments=arguments,
            paths=paths,
        )
        self._lead_on()

    def _class_named(self, name: str) -> Implementation:
        own = self._own_classes.get(name)
        if own is not None:
            return self._name(own)
        module, _, rest = name.rpartition(".")
        if "<locals>" in name or module == "__main__":
            return self._name(CalleeSeen(0, "__main__", rest, "own", None))
        return self._name(CalleeSeen(0, module or None, rest, "class", None))

    def _called(self, invocation: Invocation) -> Implementation:
        return self._name(invocation.callee)

    def _lead_on(self) -> None:
        """Let what a call made come from the parameters that it got, and a resolved one from the one it resolves."""
        made: dict[int, list[int]] = {}
        for value, origin in self._derivations.origins.items():
            if origin.generated_by is not None:
                made.setdefault(origin.generated_by, []).append(value)
        for draft in self._parameters.drafts:
            if draft.same_as is not None:
                continue
            if draft.resolves is not None:
                reference = Reference("setting", draft.resolves)
                self._derivations.used.setdefault(draft.order, {})[reference] = None
                continue
            if draft.origin == "resolved":
                continue
            reference = Reference("setting", draft.key)
            self._derivations.used.setdefault(draft.order, {})[reference] = None
            results = made.get(draft.order, [])
            many = [draft.of, *results] if draft.of is not None else results
            if draft.origin == "default" and len(results) > 1:
                # Parameters times results is what makes a graph large; the call has used them all.
                continue
            for value in many:
                found = self._derivations.origins.get(value)
                if found is not None and found.generated_by == draft.order:
                    found.data[reference] = None

    # ---------------------------------------------------------------- telling

    def told(self, naming: Naming) -> Learning:
        """Tell it all, with the keys that values have been given."""
        key_of = naming.key
        roles = DataRoles(self._invocations)
        runs = Runs(self._invocations, self._parameters, roles, self._weights, self._loops)
        runs.find(self._class_named, self._called)
        evaluations = Evaluations(self._invocations, self._parameters, roles, runs)
        evaluations.find()
        features = [run.features for run in runs.found if run.features is not None]
        targets = [run.target for run in runs.found if run.target is not None]
        settings = tuple(self._settings(naming))
        picked = {
            (value, kind): columns
            for run in reversed(runs.found)
            for value, kind, columns in (
                (run.features, "features", runs.columns_asked(run, "features", "data")),
                (run.target, "target", runs.columns_asked(run, "label")),
            )
            if value is not None and columns
        }
        return Learning(
            parameters=settings,
            datasets=tuple(
                roles.datasets(key_of, features, targets, label_counts(runs.found), picked)
            ),
            splits=tuple(roles.splits(key_of, self._scalars_of)),
            runs=tuple(learning_runs(runs.found, key_of)),
            evaluations=tuple(evaluations.evaluations(key_of, self._called)),
            curves=tuple(training_curves(runs.found)),
            models=tuple(runs.models(key_of)),
            unseeded=tuple(
                setting.key
                for setting in settings
                if setting.is_seed
                and setting.repr == "None"
                and setting.same_as is None
                and self._is_drawn(setting)
            ),
            stages=tuple(self._stages()),
        )

    def _scalars_of(self, value: int | None) -> dict[str, Scalar | None]:
        found = self._parameters.in_force(value)
        return {name: draft.shown.scalar for name, draft in found.items()}

    def _is_drawn(self, seed: ParameterSetting) -> bool:
        """Tell whether the owner of a seed draws numbers at the other settings that it has."""
        prefix = seed.name.removesuffix(seed.parameter)
        beside = {
            draft.parameter: draft.shown.scalar
            for draft in self._parameters.drafts
            if draft.order == seed.execution
            and draft.owner == seed.owner
            and draft.name == f"{prefix}{draft.parameter}"
        }
        return is_drawn(seed.owner.qualified_name, beside)

    def _settings(self, naming: Naming) -> Iterator[ParameterSetting]:
        for draft in self._parameters.drafts:
            sources = (naming.reference(source) for source in draft.sources)
            yield ParameterSetting(
                key=draft.key,
                name=draft.name,
                execution=draft.order,
                owner=draft.owner,
                parameter=draft.parameter,
                origin=draft.origin,
                scalar=draft.shown.scalar,
                repr=draft.shown.text if draft.shown.scalar is None else None,
                set_by=draft.set_by,
                where=draft.where,
                of=naming.key(draft.of) if draft.of is not None else None,
                same_as=draft.same_as,
                resolves=draft.resolves,
                derived_from=tuple(
                    Derivation(source) for source in dict.fromkeys(sources) if source is not None
                ),
                is_seed=draft.is_seed,
            )

    def _stages(self) -> Iterator[tuple[int, str]]:
        told = set()
        for invocation in self._invocations.all:
            entry = invocation.entry
            # What only is what its inputs are says no more of a stage than the text did.
            stage = entry.stage if entry is not None and entry.concept not in NEUTRAL else None
            if stage is not None and stage != "other" and invocation.order not in told:
                told.add(invocation.order)
                yield invocation.order, stage
