"""Measures of models: those that were called for, those that libraries compute unasked, those written by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from provkit.assembly.data_roles import DataRoles, KeyOf, Role, role_said_by
from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Given, Invocation, Invocations, Shown
from provkit.assembly.learning import Run, Runs
from provkit.assembly.measures import (
    NAMED_SO,
    SURELY_SO,
    answers,
    field_name,
    is_implied,
    measure_of_display,
    measure_of_objective,
    measure_of_score,
    measure_of_scorer,
    measure_said_by,
)
from provkit.assembly.measures_by_hand import ByHand, Found
from provkit.assembly.parameters import ParametersFound
from provkit.bindings import span
from provkit.dataflow import PART
from provkit.model import Evaluation, Implementation

_CANDIDATES = 100
"""Candidates of a search that are told by fold; of the others only the mean."""
_REACH = 120
_DEEP = 20
_NAME_AND_NUMBER = re.compile(r"\((?:'[^']*'|\"[^\"]*\"), (?:-?\d|<numpy\.float)")
_WORDS = re.compile(r"[A-Za-z_]\w*")
_NOT_MEASURES = frozenset({"best_score_", "best_score"})


@dataclass(slots=True)
class Draft:
    """An evaluation in the making."""

    key: str
    measure: str
    number: float | None
    invocation: Invocation | None
    order: int
    via: str
    value: int | None = None
    run: str | None = None
    compares: tuple[int, ...] = ()
    split: str | None = None
    averaging: str | None = None
    iteration: int | None = None
    implied: bool = False
    """Nobody asked for it: the library has computed it on its own."""


class Evaluations:
    """The evaluations of a trial."""

    def __init__(
        self, invocations: Invocations, parameters: ParametersFound, roles: DataRoles, runs: Runs
    ) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._names = invocations.derivations.names
        self._parameters = parameters
        self._roles = roles
        self._runs = runs
        self.found: list[Draft] = []
        self._measured: set[int] = set()
        self._called: dict[int, tuple[str, tuple[int, ...]]] = {}
        """Of numbers that measures of libraries gave, the measure and what it compares."""
        self._handed: set[int] = set()
        """Statements in which the program computed a measure itself."""
        self._predictions: set[int] = set()

    def find(self) -> None:
        """Find all evaluations."""
        self._predictions |= self._runs.outputs
        for invocation in self._invocations.all:
            if (
                invocation.concept == "prediction"
                or (invocation.entry is not None and "prediction" in invocation.entry.returns)
                or (invocation.callee.kind == "own" and answers(invocation.short_name))
            ):
                if invocation.call.result is not None:
                    self._predictions.add(invocation.call.result)
                    self._keep_with_run(invocation)
            elif invocation.concept == "metric" and invocation.call.receiver is None:
                self._of_metric(invocation)
            elif invocation.short_name == "score" and invocation.call.receiver is not None:
                self._of_score(invocation)
            elif invocation.concept == "display":
                self._of_display(invocation)
            elif invocation.concept == "inspection":
                self._add(invocation, field_name(invocation.short_name), "call")
        for run in list(self._runs.found):
            self._of_search(run)
            self._of_cross_validation(run)
            self._of_histories(run)
        self._of_importances()
        weights = {
            version
            for run in self._runs.found
            if run.weights is not None
            for version in run.weights.versions
        }
        by_hand = ByHand(
            self._invocations,
            self._predictions,
            self._called,
            {
                self._runs.class_of(run.loop.model)
                for run in self._runs.found
                if run.loop is not None
            },
            weights,
            {self._runs.class_of(run.invocation.call.receiver) for run in self._own_fits()},
        )
        chosen = by_hand.find()
        self._predictions.update(
            value
            for value, computed in by_hand.computed.items()
            if computed is not None
            and computed.kind == "prediction"
            and "shape" in self._gathered.values[value].description
        )
        for found in chosen:
            self._take(found, by_hand)
        self._by_name(by_hand)
        self._unnamed(by_hand)

    def _keep_with_run(self, invocation: Invocation) -> None:
        """A prediction is part of the run whose model made it."""
        run = self._runs.of_model(invocation.call.receiver)
        if run is not None:
            run.executions.append(invocation.order)
            run.data.extend(self._versions(invocation.with_role("features", "data")))
            if invocation.call.result is not None:
                self._runs.tie(invocation.call.result, run)

    # ---------------------------------------------------------------- what was called for

    def _of_metric(self, invocation: Invocation) -> None:
        entry = invocation.entry
        measure = entry.measure if entry is not None and entry.measure else invocation.short_name
        labels = self._versions(invocation.with_role("label"))
        predictions = self._versions(invocation.with_role("prediction", "scores"))
        if not labels and not predictions:
            given = [self._runs.value_of(one) for one in invocation.given.values()]
            labels = [value for value in given if value is not None][:2]
        compares = [*labels, *predictions, *self._runs.rows_of(invocation)]
        draft = self._add(invocation, field_name(measure), "call", compares=compares)
        average = invocation.given.get("average")
        default = invocation.callee.defaults.get("average", {})
        averaging = average.shown.scalar if average is not None else default.get("scalar")
        draft.averaging = str(averaging) if averaging is not None else None

    def _role_in_training(self, draft: Draft) -> str | None:
        """A loss of what a network gave while it was trained is of the training data."""
        run = next((run for run in self._runs.found if run.key == draft.run), None)
        if run is None or run.loop is None:
            return None
        made = (self._invocations.by_result.get(value) for value in draft.compares)
        gave = {
            one.call.result
            for one in made
            if one is not None and one.short_name in ("__call__", "forward")
        }
        return "train" if gave and gave.isdisjoint(self._runs.outputs) else None

    def _of_score(self, invocation: Invocation) -> None:
        receiver = invocation.call.receiver
        task = self._runs.task_of(receiver)
        settings = self._parameters.in_force(receiver)
        scoring = settings["scoring"].shown.scalar if "scoring" in settings else None
        measure = field_name(str(scoring)) if scoring is not None else measure_of_score(task)
        data = self._versions(invocation.with_role("features", "label"))
        data += self._runs.rows_of(invocation)
        draft = self._add(invocation, measure, "score", compares=data, model=receiver)
        draft.split = draft.split or self._role_of_parts(invocation)

    def _role_of_parts(self, invocation: Invocation) -> str | None:
        """Tell the role of data by what picked the rows: `X[test]`, where `test` came out of a splitter."""
        for given in invocation.with_role("features", "data", "label"):
            for source in given.sources:
                role = self._roles.role_of(source) if isinstance(source, int) else None
                if role is not None:
                    return role
        return None

    def _of_display(self, invocation: Invocation) -> None:
        owner = invocation.name.rpartition(".")[0].rpartition(".")[2]
        measure = measure_of_display(owner)
        if measure is not None and invocation.short_name.startswith("from_"):
            given = self._versions(list(invocation.given.values()))
            self._add(invocation, measure, "display", compares=given)

    def _versions(self, given: list[Given]) -> list[int]:
        found = [self._runs.value_of(one) for one in given]
        return [value for value in found if value is not None]

    def _add(
        self,
        invocation: Invocation,
        measure: str,
        via: str,
        *,
        compares: list[int] | None = None,
        model: int | None = None,
    ) -> Draft:
        result = invocation.call.result
        number = self._number(result)
        draft = Draft(
            "",
            measure,
            number,
            invocation,
            invocation.order,
            via,
            value=result,
            compares=tuple(dict.fromkeys(compares or ())),
        )
        self._say_of_what(draft, model)
        if result is not None:
            self._measured.add(result)
            self._called[result] = (measure, draft.compares)
        self.found.append(draft)
        return draft

    def _say_of_what(self, draft: Draft, model: int | None = None) -> None:
        run = self._runs.of_model(model)
        for value in draft.compares if run is None else ():
            run = run or self._runs.of_model(value)
        if run is not None:
            draft.run = run.key
            run.executions.append(draft.order)
        data = [value for value in draft.compares if value not in self._predictions]
        # The rows of a fold say more than what they were picked from.
        data.sort(key=lambda value: value not in self._roles.of_folds)
        roles = [self._roles.role_of(value) for value in data]
        roles += [self._role_of_prediction(value) for value in draft.compares if value not in data]
        draft.split = draft.split or next((role for role in roles if role is not None), None)
        if draft.split is None and run is not None and draft.invocation is not None:
            draft.split = self._role_beside(run, draft.invocation)
        draft.split = draft.split or self._role_in_training(draft)
        if run is not None and draft.split != "train":
            # What is measured while training is of the data that is learned from, which the run has.
            run.data.extend(data)

    def _role_of_prediction(self, value: int, deep: int = 0) -> Role | None:
        """Tell the role of what a model was given for a prediction; the model has its own data."""
        maker = self._invocations.by_result.get(value)
        if maker is not None and maker.call.receiver is not None:
            roles = (self._roles.role_of(one) for one in self._versions(list(maker.given.values())))
            return next((role for role in roles if role is not None), None)
        origin = self._origins.get(value)
        for source in origin.data if origin is not None and deep < _DEEP else ():
            if isinstance(source, int) and source in self._predictions:
                return self._role_of_prediction(source, deep + 1)
        return None

    def _role_beside(self, run: Run, invocation: Invocation) -> str | None:
        """Tell the role of data by what its model was fitted on: the same, or other rows of what that is a part of.

        `X[:100]` and `X[100:]`, or the names that such parts have.
        """
        learned = run.invocation.with_role("features", "data")[:1]
        now = invocation.with_role("features", "data", "label")[:1]
        if not learned or not now or run.features is None:
            return None
        if learned[0].sources == now[0].sources:
            if learned[0].value is not None and learned[0].value == now[0].value:
                return "train"
            before, after = self._rows_given(run.invocation), self._rows_given(invocation)
            if before is None or after is None:
                return None
            return "train" if before == after else "test"
        sources = [source for source in now[0].sources if isinstance(source, int)]
        shared = self._cut_out_of(run.features) & set().union(*map(self._cut_out_of, sources))
        return "test" if shared else None

    def _rows_given(self, invocation: Invocation) -> str | None:
        """Give the text of the slice that a call is given first: `X[:100]`; None if it is given something else."""
        for node in ast.walk(self._invocations.tree_of(invocation)):
            if isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                is_slice = isinstance(first, ast.Subscript) and isinstance(first.slice, ast.Slice)
                return ast.unparse(first) if is_slice else None
        return None

    def _cut_out_of(self, value: int) -> set[int]:
        """Give what a value is some of the rows of: made by no call from one other array or table, and smaller."""
        origin = self._origins.get(value)
        sources = [one for one in origin.data if isinstance(one, int)] if origin is not None else []
        if len(sources) != 1 or value in self._invocations.by_result:
            return set()
        mine, whole = (self._shape(one) for one in (value, sources[0]))
        is_part = len(mine) == len(whole) > 0 and mine[1:] == whole[1:] and mine[0] < whole[0]
        return set(sources) if is_part else set()

    def _shape(self, value: int) -> list[int]:
        seen = self._gathered.values.get(value)
        shape = seen.description.get("shape") if seen is not None else None
        return list(shape) if shape else []

    def _number(self, value: int | None) -> float | None:
        seen = self._gathered.values.get(value or 0)
        scalar = seen.description.get("scalar") if seen is not None else None
        if isinstance(scalar, int | float) and not isinstance(scalar, bool):
            return float(scalar)
        return None

    # ---------------------------------------------------------------- what libraries compute unasked

    def _of_search(self, run: Run) -> None:
        """One evaluation for each candidate and fold."""
        candidates = run.fitted.candidates if run.fitted is not None else {}
        if run.kind == "search":
            self._of_best(run)
        tried = candidates.get("params", [])
        if not tried and run.kind != "search":
            self._of_selection(run)
            return
        for position, settings in enumerate(tried):
            inner = Run(
                f"{run.key}.candidate-{position}",
                run.invocation,
                run.implementation,
                "candidate",
                None,
                run.features,
                run.target,
                [],
                run.task,
                executions=[run.invocation.order],
                parent=run.key,
                candidate=tuple((name, _text(shown)) for name, shown in settings.items()),
            )
            self._runs.found.append(inner)
            for name, column in candidates.items():
                if name == "params" or position >= len(column):
                    continue
                self._of_candidate(inner, name, column[position], position)

    def _of_best(self, run: Run) -> None:
        """The search's own result: the mean over folds of its best candidate."""
        facts = dict(run.fitted.facts) if run.fitted is not None else {}
        best = facts.get("best_score_", {}).get("scalar")
        if isinstance(best, int | float):
            measure = self._measure_of_search(run.invocation.call.receiver, "score", run.task)
            self.found.append(
                Draft(
                    f"{run.key}.best",
                    measure,
                    float(best),
                    run.invocation,
                    run.invocation.order,
                    "search",
                    run=run.key,
                    split="validation",
                    implied=not self._scores_by(run),
                )
            )

    def _scores_by(self, run: Run) -> bool:
        """Tell whether a search was told by what to score."""
        settings = self._parameters.in_force(run.invocation.call.receiver or run.model)
        scoring = settings["scoring"].shown if "scoring" in settings else None
        return scoring is not None and (
            scoring.scalar is not None or scoring.text not in (None, "None")
        )

    def _of_candidate(self, run: Run, name: str, number: float, position: int) -> None:
        part, _, measured = name.partition("_test_")
        if not measured:
            return
        measure = self._measure_of_search(run.invocation.call.receiver, measured, run.task)
        if part.startswith("split") and position < _CANDIDATES:
            key = f"{run.key}.fold-{part.removeprefix('split')}.{measured}"
        elif part == "mean":
            key = f"{run.key}.mean.{measured}"
        else:
            return
        self.found.append(
            Draft(
                key,
                measure,
                number,
                run.invocation,
                run.invocation.order,
                "search",
                run=run.key,
                split="validation",
                implied=not self._scores_by(run),
            )
        )

    def _measure_of_search(self, search: int | None, measured: str, task: str | None) -> str:
        if measured != "score":
            return field_name(measured)
        settings = self._parameters.in_force(search)
        scoring = settings["scoring"].shown if "scoring" in settings else None
        return self._measure_asked(scoring, task)

    def _measure_asked(self, scoring: Shown | None, task: str | None) -> str:
        """Name what `scoring` asks for: a name, a function, or what a scorer was made of."""
        if scoring is None or (scoring.scalar is None and scoring.text in (None, "None")):
            return measure_of_score(task)
        if isinstance(scoring.scalar, str):
            return field_name(scoring.scalar)
        return measure_of_scorer(str(scoring.text))

    def _of_selection(self, run: Run) -> None:
        """Estimators that search on their own (`RFECV`, `LogisticRegressionCV`) measure by their `scoring`."""
        event = run.fitted
        scored = [] if event is None else [c for c in event.candidates if c.startswith("mean_test")]
        settings = self._parameters.in_force(run.model)
        if not scored or "scoring" not in settings:
            return
        measure = self._measure_of_search(run.model, "score", run.task)
        for name in scored:
            numbers = event.candidates[name] if event is not None else []
            self.found.append(
                Draft(
                    f"{run.key}.{name}",
                    measure,
                    max(numbers, default=None),
                    run.invocation,
                    run.invocation.order,
                    "search",
                    run=run.key,
                    split="validation",
                    implied=not self._scores_by(run),
                )
            )

    def _of_cross_validation(self, run: Run) -> None:
        """One evaluation for each fold."""
        if run.kind != "cross-validation":
            return
        scoring = run.invocation.given.get("scoring")
        shown = scoring.shown if scoring is not None else None
        written = self._invocations.expression_of(run.invocation, "scoring")
        if shown is not None and shown.scalar is None and written is not None:
            shown = Shown(text=written)
        default = self._measure_asked(shown, run.task)
        for event in self._gathered.numbers:
            if (event.order, event.key) != (run.invocation.order, run.invocation.call.key):
                continue
            for name, numbers in event.columns:
                if name.endswith("_time"):
                    continue
                measured = name.removeprefix("test_")
                boosted = "-" in name and name.endswith(("-mean", "-std"))
                if boosted:
                    self._of_boosted_rounds(run, name, numbers)
                    continue
                if name.startswith("train_") and not name.startswith("train_score"):
                    measured = name.removeprefix("train_")
                measure = default if measured in ("", "score", "train_score") else measured
                self._of_folds(run, field_name(measure), name or "score", numbers)

    def _of_folds(self, run: Run, measure: str, name: str, numbers: list[float]) -> None:
        split = "train" if name.startswith("train_") else "test"
        for fold, number in enumerate(numbers):
            key = f"{run.key}.fold-{fold}"
            if all(one.key != key for one in self._runs.found):
                self._runs.found.append(
                    Run(
                        key,
                        run.invocation,
                        run.implementation,
                        "fold",
                        None,
                        run.features,
                        run.target,
                        [],
                        run.task,
                        executions=[run.invocation.order],
                        parent=run.key,
                    )
                )
            self.found.append(
                Draft(
                    f"{key}.{name}",
                    measure,
                    number,
                    run.invocation,
                    run.invocation.order,
                    "cross-validation",
                    run=key,
                    split=split,
                )
            )

    def _of_boosted_rounds(self, run: Run, name: str, numbers: list[float]) -> None:
        """`xgb.cv` and `lgb.cv` give the mean over folds after each round: `test-error-mean`."""
        series, _, rest = name.partition("-")
        measure = rest.rpartition("-")[0] or series
        if name.endswith("-mean") and numbers:
            self.found.append(
                Draft(
                    f"{run.key}.{name}",
                    measure,
                    numbers[-1],
                    run.invocation,
                    run.invocation.order,
                    "cross-validation",
                    run=run.key,
                    split="train" if series == "train" else "validation",
                    iteration=len(numbers) - 1,
                )
            )

    def _of_histories(self, run: Run) -> None:
        """What was measured on evaluation sets: the last number of each series, or that it was measured at all."""
        if run.kind not in ("fit", "search"):
            return
        told = False
        settings = {draft.name: draft.shown for draft in run.settings}
        asked = _measures_set(settings, by_objective=False)
        for name, numbers in run.fitted.histories if run.fitted is not None else ():
            series, _, measure = name.rpartition("/")
            if not series or not numbers:
                continue
            told = True
            self.found.append(
                Draft(
                    f"{run.key}.{name.replace('/', '.')}",
                    measure,
                    numbers[-1],
                    run.invocation,
                    run.invocation.order,
                    "evaluation set",
                    run=run.key,
                    split=_split_of_series(series),
                    iteration=len(numbers) - 1,
                    implied=is_implied(measure, asked),
                )
            )
        if told or not run.invocation.with_role("evaluation_data"):
            return
        for position, measure in enumerate(_measures_set(settings)):
            self.found.append(
                Draft(
                    f"{run.key}.evaluation-set.{position}",
                    measure,
                    None,
                    run.invocation,
                    run.invocation.order,
                    "evaluation set",
                    run=run.key,
                    implied=not asked,
                )
            )

    def _of_importances(self) -> None:
        """A fitted model's `feature_importances_` were looked at."""
        for statement in self._gathered.statements.values():
            analysis = self._invocations.analysis(statement.plan)
            flow = analysis.dataflow.get(statement.key) if analysis is not None else None
            if flow is None:
                continue
            sites = [
                *flow.flow.reads,
                *(read for call in flow.calls.values() for read in call.flow.reads),
            ]
            for site in dict.fromkeys(sites):
                name, _, part = site.partition(PART)
                if part != ".feature_importances_":
                    continue
                models = [chunk.reads[name][0] for chunk in statement.chunks if name in chunk.reads]
                run = self._runs.of_model(models[0]) if models else None
                if run is not None:
                    key = f"{statement.order}.feature_importances"
                    draft = Draft(
                        *(key, "feature_importances", None, None, statement.order, "expression"),
                        run=run.key,
                    )
                    run.executions.append(statement.order)
                    self.found.append(draft)

    # ---------------------------------------------------------------- what was written by hand

    def _own_fits(self) -> list[Run]:
        """List the runs in which a class of the program's own was fitted by a method of its own."""
        return [
            run
            for run in self._runs.found
            if run.kind == "fit" and run.invocation.callee.kind == "own"
        ]

    def _take(self, one: Found, by_hand: ByHand) -> None:
        """Tell of a number that the program computed of predictions and what they are held against."""
        compares = one.computed.compares
        models = [one for one in compares if by_hand.is_model(one) or self._runs.is_model(one)]
        draft = Draft(
            f"{one.statement.order}.{span(one.node)}.{one.measure}",
            one.measure,
            one.number,
            one.function,
            one.statement.order,
            "expression",
            value=one.value,
            compares=tuple(value for value in compares if value not in models),
        )
        if one.value is not None:
            self._measured.add(one.value)
        training = self._training_around(one.statement) if one.number is not None else None
        if training is not None:
            draft.split = "train"
        if one.function is not None and one.is_whole:
            draft.order = one.function.order
        self._say_of_what(draft, next(iter(models), None))
        self._handed.add(one.statement.order)
        if training is not None and one.number is not None:
            # What a loop measures of its own training is a curve, and its last number a measure.
            run, loop = training
            run.losses.append((one.measure, one.number))
            run.rounds = loop.iterations
            draft.key, draft.run, draft.split = f"{run.key}.{one.measure}", run.key, "train"
            draft.iteration = len([name for name, _ in run.losses if name == one.measure]) - 1
            self.found = [other for other in self.found if other.key != draft.key]
        self.found.append(draft)

    def _training_around(self, statement: Statement) -> tuple[Run, Statement] | None:
        """Find the training that the program does by hand in a loop around a statement, and the loop."""
        by_loop = {
            run.weights.loop.order: run for run in self._runs.found if run.weights is not None
        }
        by_fit = {run.invocation.order: run for run in self._own_fits()}
        activation = self._gathered.activations.get(statement.activation or 0)
        fit = by_fit.get(activation.parent or 0) if activation is not None else None
        current: int | None = statement.parent
        while current is not None and (by_loop or fit is not None):
            outer = self._gathered.statements.get(current)
            if outer is None:
                return None
            if outer.iterations is not None and (fit is not None or current in by_loop):
                return by_loop.get(current) or fit, outer  # type: ignore[return-value]
            current = outer.parent
        return None

    def _by_name(self, by_hand: ByHand) -> None:
        """Find numbers with a measure's name that came from a prediction in ways that nobody has seen."""
        known_numbers = {draft.number for draft in self.found if draft.number is not None}
        read_so = {
            names[0]
            for value, names in self._names.items()
            if (known := by_hand.computed.get(value)) is not None and known.kind == "met"
        }
        for value, names in list(self._names.items()):
            number = self._number(value)
            origin = self._origins.get(value)
            if number is None or origin is None or value in self._measured:
                continue
            computed = by_hand.of(value)
            if names[0] in read_so:
                continue  # sums on the way to what was told
            last = names[0].rpartition(".")[2]
            if last in _NOT_MEASURES or last.startswith("std_") or number in known_numbers:
                continue
            if computed is not None and computed.kind in ("met", "prediction"):
                continue
            direct = [source for source in origin.data if isinstance(source, int)]
            is_named_so = NAMED_SO.search(last) is not None
            # Of a name that is a measure's and nothing else, that the number was computed is enough.
            is_surely_so = bool(direct) and SURELY_SO.fullmatch(last) is not None
            if not is_surely_so and not (is_named_so and self._comes_from_prediction(value)):
                continue
            if origin.generated_by is None:
                continue
            maker = self._invocations.by_result.get(value)
            measure = measure_said_by(last) or self._loss_behind(value, last)
            if maker is not None and maker.callee.kind == "own":
                measure = maker.short_name
            compared = [one for one in direct if self._is_compared(one)]
            if not compared:
                compared = [one for one in self._read_unnamed(direct) if self._is_compared(one)]
            self._measured.add(value)
            draft = Draft(
                "",
                measure,
                number,
                maker,
                origin.generated_by,
                "expression",
                value=value,
                compares=tuple(compared),
            )
            self._say_of_what(draft)
            if draft.run is None:
                run = self._runs.of_model(value)
                draft.run = run.key if run is not None else None
            self.found.append(draft)

    def _loss_behind(self, value: int, name: str) -> str:
        """Name the mean of a loss by the function that computed the loss: `test_loss` says only where it was."""
        if "loss" not in name.lower():
            return name
        waiting, visited = [value], {value}
        while waiting and len(visited) < _REACH:
            current = waiting.pop(0)
            if current in self._called:
                return self._called[current][0]
            origin = self._origins.get(current)
            fresh = [one for one in (origin.data if origin else ()) if isinstance(one, int)]
            waiting.extend(one for one in fresh if one not in visited)
            visited.update(fresh)
        return name

    def _unnamed(self, by_hand: ByHand) -> None:
        """Find measures that no name holds: a function's of the program's own, and those that are only printed."""
        for invocation in self._invocations.all:
            result = invocation.call.result
            if invocation.callee.kind == "own":
                if result is None or result in self._measured or self._names.get(result):
                    continue
                if by_hand.has_given_back(invocation.order):
                    continue
                given = self._versions(list(invocation.given.values()))
                if self._is_measured_in(result) and self._compare(given):
                    number = self._number_out_of(result)
                    self._add_by_hand(invocation, invocation.short_name, number, given)
            elif (
                invocation.name in ("print", "builtins.print")
                and invocation.statement.order not in self._handed
            ):
                self._of_print(invocation)

    def _of_print(self, invocation: Invocation) -> None:
        """What `print("error=%f" % (...))` computes in its argument, by what it is called there."""
        read = self._read_unnamed(
            source
            for given in invocation.given.values()
            for source in given.sources
            if isinstance(source, int)
        )
        if self._compare(read):
            measure = self._said_in(invocation)
            if measure is not None:
                self._add_by_hand(invocation, measure, None, read)

    def _add_by_hand(
        self, invocation: Invocation, measure: str, number: float | None, given: list[int]
    ) -> None:
        compared = tuple(dict.fromkeys(value for value in given if self._is_compared(value)))
        key = f"{invocation.order}.{invocation.call.key}.{measure}"
        draft = Draft(
            *(key, measure, number, invocation, invocation.order, "expression"), compares=compared
        )
        if invocation.call.result is not None:
            self._measured.add(invocation.call.result)
        self._say_of_what(draft)
        self.found.append(draft)

    def _compare(self, given: Iterable[int]) -> bool:
        """Tell whether predictions and something else of their kind are among what was read."""
        compared = {value for value in given if self._is_compared(value)}
        return len(compared) > 1 and not compared.isdisjoint(self._predictions)

    def _is_measured_in(self, value: int) -> bool:
        """Tell whether a result is a number, or a name with a number, as custom metrics of boosters give."""
        if self._number(value) is not None:
            return True
        seen = self._gathered.values.get(value)
        preview = str(seen.description.get("preview", "")) if seen is not None else ""
        return seen is not None and seen.type == "tuple" and bool(_NAME_AND_NUMBER.match(preview))

    def _number_out_of(self, value: int) -> float | None:
        """Give a result's number, or the one that was taken out of it."""
        number = self._number(value)
        if number is not None:
            return number
        taken = (self._number(one) for one, origin in self._origins.items() if value in origin.data)
        return next((one for one in taken if one is not None), None)

    def _read_unnamed(self, sources: Iterable[int]) -> list[int]:
        """List what was read, through results that have no name of their own."""
        waiting = list(sources)
        found: dict[int, None] = {}
        while waiting and len(found) < _REACH:
            current = waiting.pop(0)
            if current in found or current in self._measured:
                continue
            found[current] = None
            origin = self._origins.get(current)
            is_passed_through = current not in self._predictions and not self._names.get(current)
            if origin is not None and is_passed_through:
                waiting.extend(source for source in origin.data if isinstance(source, int))
        return list(found)

    def _said_in(self, invocation: Invocation) -> str | None:
        """Find a measure's name in the texts of a statement."""
        tree = self._invocations.tree_of(invocation)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for word in _WORDS.findall(node.value):
                    if NAMED_SO.search(word):
                        return field_name(word.lower())
        return None

    def _is_compared(self, value: int) -> bool:
        seen = self._gathered.values.get(value)
        return value in self._predictions or (
            seen is not None and "shape" in seen.description and seen.description["shape"] != []
        )

    def _comes_from_prediction(self, value: int) -> bool:
        waiting = [value]
        visited: set[int] = set()
        while waiting and len(visited) < _REACH:
            current = waiting.pop(0)
            if current in visited:
                continue
            visited.add(current)
            if current in self._predictions:
                return True
            if current != value and current in self._measured:
                return True
            origin = self._origins.get(current)
            seen = self._gathered.values.get(current)
            is_model = seen is not None and self._runs.of_model(current) is not None
            if origin is None or (is_model and "scalar" not in (seen.description if seen else {})):
                continue
            waiting.extend(source for source in origin.data if isinstance(source, int))
        return False

    # ---------------------------------------------------------------- telling

    def evaluations(
        self, key_of: KeyOf, name_call: Callable[[Invocation], Implementation]
    ) -> Iterator[Evaluation]:
        """Tell of each evaluation."""
        used: set[str] = set()
        for draft in self.found:
            value = key_of(draft.value) if draft.value is not None else None
            key = value or draft.key or f"{draft.order}.{draft.measure}"
            while key in used:
                key = f"{key}@{len(used)}"
            used.add(key)
            compares = (key_of(one) for one in draft.compares)
            yield Evaluation(
                key,
                draft.measure,
                draft.number,
                draft.order,
                draft.via,  # type: ignore[arg-type]
                function=name_call(draft.invocation) if draft.invocation is not None else None,
                value=value,
                run=draft.run,
                compares=tuple(one for one in compares if one is not None),
                split=draft.split,  # type: ignore[arg-type]
                averaging=draft.averaging,
                iteration=draft.iteration,
                is_implied=draft.implied,
            )


def _text(described: dict[str, object]) -> str:
    found = described.get("scalar", described.get("preview", ""))
    return str(found)


def _split_of_series(series: str) -> str | None:
    said = role_said_by(series)
    if said is not None:
        return said
    return "validation" if series.startswith(("validation", "valid", "eval")) else None


def _measures_set(settings: dict[str, Shown], *, by_objective: bool = True) -> list[str]:
    """Say which measures were asked for by `eval_metric` or `metric`, or which one the objective has."""
    for name in ("eval_metric", "metric", "metrics"):
        shown = settings.get(name)
        if shown is not None and isinstance(shown.scalar, str):
            return [shown.scalar]
        if shown is not None and shown.text and shown.text[:1] in "[({":
            return [part.strip(" '\"") for part in shown.text.strip("[](){}").split(",") if part]
    shown = settings.get("objective") if by_objective else None
    objective = shown.scalar if shown is not None else None
    default = measure_of_objective(str(objective)) if objective else None
    return [default] if default else []
