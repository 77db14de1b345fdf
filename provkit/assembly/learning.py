"""What was learned: the runs that fitted models, on what, with which parameters; and the models."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from provkit.assembly.comprehended import Comprehended, MethodCalled
from provkit.assembly.data_roles import DataRoles, KeyOf
from provkit.assembly.gathering import Call
from provkit.assembly.invocations import Given, Invocation, Invocations
from provkit.assembly.measures import answers
from provkit.assembly.origins import values_behind, walked_back
from provkit.assembly.parameter_drafts import Draft, ParametersFound
from provkit.assembly.run_drafts import Run
from provkit.assembly.training_loops import TrainingLoop
from provkit.assembly.weights_by_hand import Weights
from provkit.bindings import span
from provkit.events import CalleeSeen
from provkit.knowledge import Entry
from provkit.model import (
    Implementation,
    ModelFacts,
)

_FITS = frozenset({"fit", "partial_fit", "fit_predict"})
_PREDICTORS = frozenset({"estimator", "clusterer", "search", "pipeline", "network", "booster"})
_PREPARERS = frozenset({"transformer", "column_transformer", "sampler", "feature_maker"})
_SEARCHING = frozenset({"optimize", "fmin"})
"""Of optuna's studies and of hyperopt, what tries one setting after the other."""
_LAST_STEP = re.compile(r"<([\w.]+)>\)\]?$")
_FIRST_OBJECT = re.compile(r"<([\w.]+)>")
_REACH = 200

NameClass = Callable[[str], Implementation]
NameCall = Callable[[Invocation], Implementation]


class Runs:
    """The runs of a trial."""

    def __init__(
        self,
        invocations: Invocations,
        parameters: ParametersFound,
        roles: DataRoles,
        weights: Sequence[Weights] = (),
        loops: Sequence[TrainingLoop] = (),
    ) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._parameters = parameters
        self._roles = roles
        self._weights = weights
        self._loops = loops
        self._revised: dict[int, int] = {
            origin.revision_of: value
            for value, origin in self._origins.items()
            if origin.revision_of is not None
        }
        self._comprehended = Comprehended(invocations)
        self._fitted = {(event.order, event.value): event for event in self._gathered.fitted}
        self.found: list[Run] = []
        self.outputs: set[int] = set()
        """What networks gave for data that they were not trained on."""
        self._by_model: dict[int, Run] = {}
        self._held: dict[int, Run] = {}
        """By version of a container that a comprehension has filled, the run that fitted what it holds."""
        self._whole: dict[str, Run] = {}
        """By key of a run in a round of boosting, the run that it is a part of."""

    def find(self, name_class: NameClass, name_call: NameCall) -> None:
        """Find all runs; the two functions name a class, and what a call has called."""
        for invocation in self._invocations.all:
            run = self._run(invocation, name_class, name_call)
            if run is not None:
                self.found.append(run)
                if run.model is not None:
                    self._by_model[run.model] = run
                if invocation.short_name == "fit_predict" and invocation.call.result is not None:
                    self._by_model[invocation.call.result] = run
        for loop in self._loops:
            self._take_loop(loop, name_class)
        self._leave_out_trainers()
        for method in self._comprehended.methods(*_FITS):
            self._take_rounds(method, name_class)
        for weights in self._weights:
            self._take_weights(weights, name_class, name_call)

    def _take_rounds(self, method: MethodCalled, name_class: NameClass) -> None:
        """What is fitted in each round of a comprehension: the objects that it goes through, or new ones."""
        statement = method.statement
        if method.made is not None:
            fitted: list[tuple[str, int | None]] = [(method.made, None)]
        else:
            copied = method.is_copied
            fitted = [(self.class_of(one), None if copied else one) for one in method.members]
        held = self._comprehended.held(statement)
        data = [self._data_in(part, held) for part in method.call.args[:2]]
        named = {one.arg: self._data_in(one.value, held) for one in method.call.keywords}
        features = named.get("X") or (data[0] if data else None)
        target = named.get("y") or (data[1] if len(data) > 1 else None)
        call = Call(
            statement.order, span(method.call), statement.began_ns, ended_ns=statement.ended_ns
        )
        bound = [value for chunk in statement.chunks for _, value in chunk.binds]
        for cls, model in fitted:
            if model is not None and model in self._by_model:
                continue
            entry = self._invocations.knowledge.entry(cls)
            run = Run(
                str(len(self.found) + 1),
                Invocation(
                    *(statement.order, call, statement),
                    *(CalleeSeen(0, None, "", "object", None), "", None),
                ),
                name_class(cls),
                "search" if entry is not None and entry.concept == "search" else "fit",
                model,
                features,
                target,
                [one for one in (features, target) if one is not None],
                self.task_of(model) if model is not None else self._task_of(entry),
                executions=[statement.order],
            )
            run.task = run.task or self._task_of(entry) or _task_by_name(cls)
            run.settings = list(self._parameters.in_force(model).values())
            self.found.append(run)
            if model is not None:
                self._by_model[model] = run
            else:
                self._held.update(dict.fromkeys(bound, run))

    def _data_in(self, part: ast.expr, held: dict[str, int]) -> int | None:
        """Find the data that an argument is, or is made of, by the names in its text."""
        names = [one.id for one in ast.walk(part) if isinstance(one, ast.Name)]
        found = [held[name] for name in names if name in held and self._is_data(held[name])]
        return found[0] if found else None

    def _leave_out_trainers(self) -> None:
        """An object of the program's whose `fit` trains a network that it holds is no model, unless it predicts."""
        answering = {
            self.class_of(one.call.receiver)
            for one in self._invocations.all
            if one.callee.kind == "own" and answers(one.short_name)
        }
        for loop in [run.loop for run in self.found if run.loop is not None]:
            around = set(self._invocations.calls_around(loop.step.order))
            for run in list(self.found):
                cls = self.class_of(run.invocation.call.receiver)
                is_around = run.loop is None and run.invocation.order in around
                is_other = cls != self.class_of(loop.model) and cls not in answering
                if is_around and is_other and run.invocation.callee.kind == "own":
                    self.found.remove(run)
                    self._by_model = {
                        value: one for value, one in self._by_model.items() if one is not run
                    }

    def _take_weights(self, weights: Weights, name_class: NameClass, name_call: NameCall) -> None:
        """Weights that a loop of the program's own has moved, with the settings of the function that it is in."""
        function = weights.function
        loop = weights.loop
        settings = self._parameters.of_call.get(function.order, ()) if function is not None else ()
        call = Call(loop.order, loop.key, loop.began_ns, ended_ns=loop.ended_ns)
        run = Run(
            str(len(self.found) + 1),
            Invocation(loop.order, call, loop, CalleeSeen(0, None, "", "object", None), "", None),
            name_call(function) if function is not None else name_class("__main__.training_loop"),
            "fit",
            weights.model,
            weights.features,
            weights.target,
            [one for one in (weights.features, weights.target) if one is not None],
            None if weights.target is not None else "clustering",
            settings=[*settings, *self._parameters.of_call.get(loop.order, ())],
            executions=[loop.order],
            weights=weights,
        )
        inside = [one for one in self.found if one.invocation.order in weights.fits]
        outer = [
            one
            for one in self.found
            if inside and function is not None and one.invocation.order == function.order
        ]
        if outer:
            run = outer[0]  # a `fit` of the program's own
            run.weights = weights
        else:
            self.found.append(run)
        for inner in inside:  # the models of boosting's rounds are parts of one
            inner.parent = run.key
            self._whole[inner.key] = run
        if inside:
            run.settings.extend(inside[0].settings)
            run.task = run.task or inside[0].task
        for version in (*weights.versions, *weights.predicted):
            self._by_model.setdefault(version, run)

    def _take_loop(self, loop: TrainingLoop, name_class: NameClass) -> None:
        """A network that the program has trained itself, with its optimizer's settings."""
        cls = self._gathered.values[loop.model].type
        entry = self._invocations.knowledge.entry(cls)
        run = Run(
            str(len(self.found) + 1),
            loop.step,
            name_class(cls),
            "fit",
            loop.model,
            loop.features,
            loop.target,
            [value for value in (loop.features, loop.target) if value is not None],
            loop.task or (entry.task if entry is not None else None),
            executions=[loop.loop or loop.step.order],
            loop=loop,
        )
        for order in (loop.made_by, loop.optimizer_made_by, loop.loop):
            run.settings.extend(self._parameters.of_call.get(order or 0, ()))
        self.found.append(run)
        self.outputs.update(loop.outputs)
        for version in loop.versions:
            self._by_model.setdefault(version, run)

    # ---------------------------------------------------------------- what is a run

    def _run(
        self, invocation: Invocation, name_class: NameClass, name_call: NameCall
    ) -> Run | None:
        fitting = self._fitting(invocation, name_class, name_call)
        if fitting is None:
            return None
        receiver = invocation.call.receiver
        kind, model, implementation, task = fitting
        features, target = self.data_of(invocation)
        maker = self._invocations.by_result.get(self._first_version(receiver) or 0)
        is_without = kind == "fit" and features is None and target is None and receiver is not None
        if is_without and maker is not None and maker.callee.kind != "own":
            features, target = self.data_of(maker)  # what is fitted has been given its data
        run = Run(
            str(len(self.found) + 1),
            invocation,
            implementation,
            kind,
            model,
            features,
            target,
            [value for value in (features, target) if value is not None],
            task,
            executions=[invocation.order],
        )
        run.data.extend(self._evaluation_data(invocation))
        run.data.extend(self.rows_of(invocation))
        run.settings = list(self._settings_of(run))
        run.fitted = self._fitted.get((invocation.order, model or 0))
        if kind == "search" and invocation.short_name in _SEARCHING:
            self._take_trials(run, maker)
        if invocation.concept == "trainer" and receiver is not None:
            self._take_trainer(run, receiver, maker)
        return run

    def _fitting(
        self, invocation: Invocation, name_class: NameClass, name_call: NameCall
    ) -> tuple[str, int | None, Implementation, str | None] | None:
        """Tell whether a call fits something: the kind of the run, the model, what is fitted, and its task."""
        receiver = invocation.call.receiver
        if invocation.concept == "trainer" and receiver is None:
            task = self._task_of(invocation.entry)
            return "fit", invocation.call.result, name_call(invocation), task
        if invocation.concept == "trainer":
            trained = self._trained_by(invocation)
            model = self._after(trained or receiver or 0, invocation.call)
            return "fit", model, name_class(self.class_of(model)), self.task_of(model)
        if invocation.concept == "search" and invocation.short_name in _SEARCHING:
            return "search", None, name_call(invocation), None
        if invocation.concept == "cross_validation":
            estimator = next(iter(invocation.with_role("estimator")), None)
            task = self._task_given(estimator, invocation) if estimator is not None else None
            return "cross-validation", None, name_call(invocation), task
        if (
            receiver is not None
            and (
                invocation.short_name in _FITS
                or invocation.called_as in _FITS
                or (invocation.is_own_training and None not in self.data_of(invocation))
            )
            and (self._learns(receiver) or self._selects(receiver, invocation))
        ):
            model = self._model_after(receiver, invocation)
            after = {model, invocation.call.result} & self._by_model.keys()
            if after and invocation.called_as in _FITS and invocation.short_name not in _FITS:
                return None  # what was put in the place of `fit` has called it
            cls = self._gathered.values[receiver].type
            entry = self._invocations.knowledge.entry(cls)
            kind = "search" if entry is not None and entry.concept == "search" else "fit"
            return kind, model, name_class(cls), self.task_of(receiver)
        return None

    def _settings_of(self, run: Run) -> Iterator[Draft]:
        """List the settings in force, and those of the call itself."""
        invocation = run.invocation
        receiver = invocation.call.receiver
        if run.kind != "cross-validation":
            in_force = self._parameters.in_force(run.model or receiver)
            yield from (in_force or self._parameters.in_force(receiver)).values()
        yield from self._parameters.of_call.get(invocation.order, ())
        if run.kind == "cross-validation":
            for given in invocation.with_role("estimator"):
                yield from self._parameters.in_force(given.value).values()

    def _take_trials(self, run: Run, study: Invocation | None) -> None:
        """A study tries settings by calling a function: it has no data of its own, and settings of its maker's."""
        order = run.invocation.order
        run.features = run.target = None
        run.data.clear()
        run.fitted = next((one for (at, _), one in self._fitted.items() if at == order), None)
        run.settings = [
            *self._parameters.of_call.get(study.order if study is not None else 0, ()),
            *self._parameters.of_call.get(order, ()),
        ]

    def _trained_by(self, invocation: Invocation) -> int | None:
        """Find what an object trains that is no model itself: what the call or its constructor was given."""
        first = self._first_version(invocation.call.receiver)
        maker = self._invocations.by_result.get(first or 0)
        given = invocation.with_role("model")
        return self._first(given or (maker.with_role("model") if maker is not None else []))

    def _take_trainer(self, run: Run, trainer: int, maker: Invocation | None) -> None:
        """What trains a model has settings of its own, was given data, and knows what was measured."""
        after = self._after(trainer, run.invocation.call)
        run.fitted = run.fitted or self._fitted.get((run.invocation.order, after))
        self._by_model[after] = run
        if maker is None:
            return
        run.data.extend(self._evaluation_data(maker))
        run.settings.extend(self._parameters.of_call.get(maker.order, ()))
        for given in maker.given.values():
            made_by = self._invocations.by_result.get(given.value or 0)
            if made_by is not None and made_by.concept == "settings":
                run.settings.extend(self._parameters.of_call.get(made_by.order, ()))

    def _first_version(self, value: int | None) -> int | None:
        for _ in range(_REACH):
            origin = self._origins.get(value or 0)
            if origin is None or origin.revision_of is None:
                break
            value = origin.revision_of
        return value

    def _learns(self, receiver: int) -> bool:
        """Tell whether the object is one that learns, and none that only prepares."""
        cls = self._gathered.values[receiver].type
        entry = self._invocations.knowledge.entry(cls)
        if entry is not None:
            return entry.concept in _PREDICTORS or entry.concept not in _PREPARERS
        return True

    def _selects(self, receiver: int, invocation: Invocation) -> bool:
        """Tell whether what prepares has measured candidates to do it (`RFECV`)."""
        after = self._after(receiver, invocation.call)
        event = self._fitted.get((invocation.order, after))
        return event is not None and bool(event.candidates)

    def _model_after(self, receiver: int, invocation: Invocation) -> int:
        """Find what was fitted: the receiver, or what its `fit` gave, where that is another kind of thing."""
        entry, result = invocation.entry, invocation.call.result
        gives = entry.result[:1] if entry is not None else ()
        if result is not None and gives and gives != ("self",) and "model" in entry.returns:  # type: ignore[union-attr]
            return result
        return self._after(receiver, invocation.call)

    def _after(self, receiver: int, call: Call) -> int:
        return next((new for old, new in call.changes if old == receiver), receiver)

    def class_of(self, value: int | None) -> str:
        """Name the class of an object."""
        seen = self._gathered.values.get(value or 0)
        return seen.type if seen is not None else ""

    def _task_of(self, entry: Entry | None) -> str | None:
        return entry.task if entry is not None else None

    def task_of(self, value: int | None) -> str | None:
        """Tell what an estimator learns to do; of a pipeline its last step, of a search what it searches for."""
        cls = self.class_of(value)
        entry = self._invocations.knowledge.entry(cls)
        if entry is not None and entry.task is not None:
            return entry.task
        inside = self._task_inside(value)
        if inside is not None:
            return inside
        settings = self._parameters.in_force(value)
        for name in ("steps", "estimator", "base_estimator"):
            text = settings[name].shown.text if name in settings else None
            match = (_LAST_STEP if name == "steps" else _FIRST_OBJECT).search(text or "")
            if match is None:
                continue
            inner = self._invocations.knowledge.entry(match[1])
            if inner is not None and inner.task is not None:
                return inner.task
        run = self.of_model(value)  # a part of what was fitted
        return _task_by_name(cls) or (run.task if run is not None else None)

    def _task_given(self, estimator: Given, invocation: Invocation) -> str | None:
        """Tell what an estimator learns to do that a call is given, also one of those that a container holds."""
        if estimator.value is not None:
            return self.task_of(estimator.value)
        held = [one for one in estimator.sources if isinstance(one, int)]
        tasks = {
            self.task_of(member)
            for one in held
            for member in self._comprehended.members(one, invocation.statement)
        }
        return tasks.pop() if len(tasks) == 1 else None

    def _task_inside(self, value: int | None) -> str | None:
        """Tell the task of a pipeline or a search by the classes of the nested parameters."""
        found = None
        for draft in self._parameters.in_force(value).values():
            entry = self._invocations.knowledge.entry(draft.owner.qualified_name)
            if entry is not None and entry.concept in _PREDICTORS and entry.task:
                found = entry.task
        return found

    # ---------------------------------------------------------------- what it learned from

    def data_of(self, invocation: Invocation) -> tuple[int | None, int | None]:
        """Find the features and the target among the arguments of a call."""
        features = self._first(invocation.with_role("features", "data"))
        target = self._first(invocation.with_role("label"))
        if features is None and target is None:
            given = [
                one
                for name, one in invocation.given.items()
                if invocation.role(name) not in ("estimator", "hyperparameter", "metric")
            ]
            arrays = [value for value in map(self._value, given) if self._is_data(value)]
            features = arrays[0] if arrays else None
            target = arrays[1] if len(arrays) > 1 else None
        return features, target

    def _first(self, given: list[Given]) -> int | None:
        return next((value for value in map(self._value, given) if value is not None), None)

    @staticmethod
    def _value(given: Given) -> int | None:
        if given.value is not None:
            return given.value
        return next((source for source in given.sources if isinstance(source, int)), None)

    def value_of(self, given: Given) -> int | None:
        """Find the version that an argument is, or was computed from."""
        return self._value(given)

    def columns_asked(self, run: Run, *roles: str) -> tuple[str, ...]:
        """Name the columns that a run's data was picked by where it was given: `fit(table[features], table["y"])`."""
        invocation = run.invocation
        container = self._invocations.by_result.get(run.features or 0)
        if container is not None and container.concept == "container":
            invocation = container  # `lgb.Dataset(table[features], table["y"])`
        for name, given in invocation.given.items():
            if invocation.role(name) not in roles or given.value is not None:
                continue
            try:
                node: ast.expr = ast.parse(f"_{given.part or ''}", mode="eval").body
            except (SyntaxError, ValueError):
                continue
            while isinstance(node, ast.Call | ast.Attribute):  # `table[features].to_numpy()`
                node = node.func if isinstance(node, ast.Call) else node.value
            if isinstance(node, ast.Subscript):
                return self._columns_in(node.slice, given)
        return ()

    def _columns_in(self, index: ast.expr, given: Given) -> tuple[str, ...]:
        texts = [ast.unparse(index)]
        for source in given.sources if isinstance(index, ast.Name) else ():
            seen = self._gathered.values.get(source) if isinstance(source, int) else None
            if seen is not None and seen.type in ("list", "tuple"):
                texts.append(str(seen.description.get("preview", "")))
        for text in texts:
            try:
                found = ast.literal_eval(text)
            except (SyntaxError, ValueError):
                continue
            names = [found] if isinstance(found, str) else found
            if isinstance(names, list | tuple) and all(isinstance(one, str) for one in names):
                return tuple(names)
        return ()

    def rows_of(self, invocation: Invocation) -> list[int]:
        """List the rows of folds by which a call was given its data: `fit(X[train], y[train])`."""
        found = [source for given in invocation.given.values() for source in given.sources]
        waiting = [source for source in found if isinstance(source, int)]
        for value in list(waiting):  # `model.predict(X[test])`, given to a measure at once
            maker = self._invocations.by_result.get(value)
            for given in maker.given.values() if maker is not None else ():
                waiting.extend(one for one in given.sources if isinstance(one, int))
        return [value for value in dict.fromkeys(waiting) if value in self._roles.of_folds]

    def _is_data(self, value: int | None) -> bool:
        seen = self._gathered.values.get(value or 0)
        if seen is None:
            return False
        return "shape" in seen.description or seen.description.get("length", 0) > 1

    def _evaluation_data(self, invocation: Invocation) -> Iterator[int]:
        for given in invocation.with_role("evaluation_data"):
            for source in given.sources:
                if isinstance(source, int) and self._is_measured_on(source):
                    yield source

    def _is_measured_on(self, value: int) -> bool:
        """Tell whether a version is data to measure on, or a library's container of some, and no list of columns."""
        seen = self._gathered.values[value]
        if seen.type in ("list", "tuple", "str"):
            shown = str(seen.description.get("preview", "")).lstrip("[(")
            return self._is_data(value) and not shown.startswith(("'", '"'))
        entry = self._invocations.knowledge.entry(seen.type)
        return self._is_data(value) or (entry is not None and entry.concept == "container")

    # ---------------------------------------------------------------- whose model it is

    def tie(self, value: int, run: Run) -> None:
        """Say of a value that it is what a run's model gave, whatever it came from."""
        self._by_model.setdefault(value, run)

    def of_model(self, value: int | None) -> Run | None:
        """Find the run that a model came out of, also through what it came from."""
        begin = [value] if value is not None else []
        for current in walked_back(begin, partial(values_behind, self._origins), _REACH):
            if current in self._by_model:
                run = self._by_model[current]
                return self._whole.get(run.key, run)
        return None

    def that_filled(self, value: int) -> Run | None:
        """Find the run that fitted what a container holds, whose members have no names of their own."""
        for current in walked_back([value], self._version_before, _REACH):
            if current in self._held:
                return self._held[current]
        return None

    def _version_before(self, value: int) -> list[int]:
        origin = self._origins.get(value)
        before = origin.revision_of if origin is not None else None
        return [before] if before is not None else []

    def is_model(self, value: int) -> bool:
        """Tell whether a version is a model that a run has fitted."""
        run = self._by_model.get(value)
        return run is not None and run.model == value

    # ---------------------------------------------------------------- telling

    def models(self, key_of: KeyOf) -> Iterator[ModelFacts]:
        """Tell what is known of each model that was fitted."""
        for event in self._gathered.fitted:
            key = key_of(event.value)
            if key is None or event.value not in self._by_model:
                continue
            facts = tuple(
                (name, shown)
                for name, described in event.facts
                if (shown := described.get("scalar", described.get("preview"))) is not None
            )
            yield ModelFacts(key, facts, event.size_bytes, event.sha256)


def _task_by_name(cls: str) -> str | None:
    name = cls.rpartition(".")[2].lower()
    if name.endswith(("classifier", "classifiercv")):
        return "classification"
    return "regression" if name.endswith(("regressor", "regressorcv", "regression")) else None
