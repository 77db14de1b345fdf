"""Evaluations that libraries compute by themselves: of searches, cross-validations, boosting rounds and histories."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from provkit.assembly.data_roles import role_said_by
from provkit.assembly.evaluation_drafts import Draft, Drafts
from provkit.assembly.folds import Folds, folds_by_number, folds_by_splitter
from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Given, Invocation, Shown
from provkit.assembly.measures import (
    ASKED_FOR,
    field_name,
    is_implied,
    is_negated,
    measure_of_objective,
    measure_of_score,
    measure_of_scorer,
    series_of,
)
from provkit.assembly.run_drafts import Run
from provkit.dataflow import PART

OBJECTIVE = "objective"
"""What a search has measured by a function of the program's own, until it is known what that measures."""
_NAMES = re.compile(r"[A-Za-z_]\w*")
_MEASURES = re.compile(r"'([\w ]+)'|<([\w.]+)")
_PHASE = re.compile(r"^(?:eval|test|val|validation)_(?=\w)|/dataloader_idx_\d+$")
_BESIDE = re.compile(r"(?:runtime|_per_second|^epoch|^step|preparation_time)$")
"""Of what an evaluation gives, what is no measure of the model."""
_WORD_BEGINS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CANDIDATES = 100
"""Candidates of a search that are told by fold; of the others only the mean."""
_WITH_MEASURES = frozenset({"booster", "clusterer", "estimator", "fitted_model"})
"""Concepts of objects whose attributes are measures of them."""
_OWN_CRITERION = {
    "LogisticRegressionCV": "accuracy",
    "RidgeCV": "mean_squared_error",
    "RidgeClassifierCV": "accuracy",
    "ElasticNetCV": "mean_squared_error",
    "LassoCV": "mean_squared_error",
    "LassoLarsCV": "mean_squared_error",
    "LarsCV": "mean_squared_error",
    "OrthogonalMatchingPursuitCV": "mean_squared_error",
    "MultiTaskElasticNetCV": "mean_squared_error",
    "MultiTaskLassoCV": "mean_squared_error",
}
"""Estimators that choose among settings on their own, and what they measure where nobody says."""


class OfLibraries(Drafts):
    """Finds what libraries have measured without being called for it."""

    def _of_search(self, run: Run) -> None:
        """One evaluation for each candidate and fold."""
        candidates = run.fitted.candidates if run.fitted is not None else {}
        if run.kind == "search":
            seen = len([name for name in candidates if re.match(r"split\d+_test_", name)])
            measures = len([name for name in candidates if name.startswith("mean_test_")])
            maker = self._invocations.by_result.get(
                self._first_version(run.invocation.call.receiver) or 0
            )
            given = maker.given.get("cv") if maker is not None else None
            settings = self._parameters.in_force(run.invocation.call.receiver)
            if "cv" in settings:
                run.folds = self._folds(
                    run, given, settings["cv"].shown, seen // max(measures, 1) or None
                )
            self._of_best(run)
        tried = candidates.get("params", [])
        if not tried and run.kind != "search":
            self._of_selection(run)
            self._of_choosing_parts(run)
            return
        for position, settings in enumerate(tried):
            inner = run.part(f"{run.key}.candidate-{position}", "candidate", [])
            inner.candidate = tuple((name, _text(shown)) for name, shown in settings.items())
            self._runs.found.append(inner)
            for name, column in candidates.items():
                if name == "params" or position >= len(column):
                    continue
                self._of_candidate(inner, name, column[position], position)

    def _folds(self, run: Run, given: Given | None, shown: Shown, seen: int | None) -> Folds:
        """Say into what a library parted the data: by a splitter, a number, or its own default."""
        shape = self._shape(run.features) if run.features is not None else []
        rows = shape[0] if shape else None
        behind = [] if given is None else [given.value, *given.sources]
        for value in behind:
            seen_as = self._gathered.values.get(value) if isinstance(value, int) else None
            entry = self._invocations.knowledge.entry(seen_as.type) if seen_as is not None else None
            if seen_as is not None and entry is not None and entry.concept == "splitter":
                drafts = self._parameters.in_force(value)  # type: ignore[arg-type]
                settings = {name: draft.shown.scalar for name, draft in drafts.items()}
                return folds_by_splitter(seen_as.type, settings, rows, seen)
        number = shown.scalar if isinstance(shown.scalar, int) else None
        if number is None and shown.is_known and shown.text != "None":
            return Folds(seen)  # pairs of rows, or a splitter of the program's own
        folds = folds_by_number(number, run.task, rows)
        return folds if seen in (None, folds.count) else Folds(seen, folds.by)

    def _of_best(self, run: Run) -> None:
        """The search's own result: the mean over folds of its best candidate."""
        facts = dict(run.fitted.facts) if run.fitted is not None else {}
        best = facts.get("best_score_", {}).get("scalar")
        if isinstance(best, int | float):
            search = run.invocation.call.receiver
            refit = self._parameters.in_force(search).get("refit")
            by = refit.shown.scalar if refit is not None else None
            by = OBJECTIVE if f"mean_test_{OBJECTIVE}" in run.fitted.candidates else by  # type: ignore[union-attr]
            chosen = by if isinstance(by, str) else "score"  # of several measures, the one named
            measure = self._measure_of_search(search, chosen, run.task)
            number = self._signed(float(best), self._scorer_of(search, chosen))
            self._found_by_search(run, f"{run.key}.best", measure, number)

    def _found_by_search(self, run: Run, key: str, measure: str, number: float | None) -> None:
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
                implied=measure != OBJECTIVE and not self._scores_by(run),
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
        scorer = self._scorer_of(run.invocation.call.receiver, measured)
        self._found_by_search(run, key, measure, self._signed(number, scorer))

    @staticmethod
    def _signed(number: float, scorer: str | None) -> float:
        """Give a loss as itself, where its scorer has turned its sign."""
        return -number if scorer is not None and is_negated(scorer) else number

    def _scorer_of(self, search: int | None, measured: str) -> str | None:
        """Give the name of the scorer that a search was told, if it was told one by its name."""
        if measured != "score":
            return measured
        settings = self._parameters.in_force(search)
        scoring = settings["scoring"].shown.scalar if "scoring" in settings else None
        return scoring if isinstance(scoring, str) else None

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
            best = max(numbers, default=None)
            if best is not None:
                best = self._signed(best, self._scorer_of(run.model, "score"))
            self._found_by_search(run, f"{run.key}.{name}", measure, best)

    def _of_choosing_parts(self, run: Run) -> None:
        """What chooses its own settings while it is fitted (`LogisticRegressionCV`), also inside a pipeline."""
        if run.kind != "fit":
            return
        told = {draft.name: draft for draft in run.settings}
        for name, draft in told.items():
            cls = draft.owner.qualified_name.rpartition(".")[2]
            has_scoring = f"{name.removesuffix(draft.parameter)}scoring" in told
            wanted = "scoring" if has_scoring else "cv"
            if draft.parameter != wanted or cls not in _OWN_CRITERION:
                continue
            asked = has_scoring and (
                draft.shown.scalar is not None or draft.shown.text not in (None, "None")
            )
            measure = self._measure_asked(draft.shown, run.task) if asked else _OWN_CRITERION[cls]
            self._found_by_search(run, f"{run.key}.{name}", measure, self._best_of(run))
            self.found[-1].implied = not asked

    @staticmethod
    def _best_of(run: Run) -> float | None:
        facts = dict(run.fitted.facts) if run.fitted is not None else {}
        best = facts.get("best_score_", {}).get("scalar")
        return float(best) if isinstance(best, int | float) else None

    def _of_cross_validation(self, run: Run) -> None:
        """One evaluation for each fold."""
        if run.kind != "cross-validation":
            return
        scoring = run.invocation.given.get("scoring")
        shown = scoring.shown if scoring is not None else None
        written = self._invocations.expression_of(run.invocation, "scoring")
        if written is not None and written.isidentifier() and scoring is not None:
            written = self._invocations.expression_behind(scoring.value) or written
        if shown is not None and shown.scalar is None and written is not None:
            shown = Shown(text=written)
        default = self._measure_asked(shown, run.task)
        events = [
            event
            for event in self._gathered.numbers
            if (event.order, event.key) == (run.invocation.order, run.invocation.call.key)
        ]
        self._say_folds(run, [numbers for event in events for _, numbers in event.columns])
        is_curve = run.invocation.short_name.endswith("_curve")
        if is_curve:
            events = []  # sizes or settings, and scores for each of them and each fold
        if run.invocation.short_name == "permutation_test_score" or is_curve:
            key = f"{run.key}.{default}"
            call = run.invocation
            self.found.append(
                Draft(
                    *(key, default, None, call, call.order, "cross-validation"),
                    run=run.key,
                    split="validation",
                )
            )
        for event in events:
            for name, numbers in event.columns:
                if name.endswith("_time"):
                    continue
                if name.isdigit() and run.invocation.short_name == "permutation_test_score":
                    continue  # what it scored, what chance did, and how likely that is
                measured = name.removeprefix("test_")
                boosted = "-" in name and name.endswith(("-mean", "-std"))
                if boosted:
                    self._of_boosted_rounds(run, name, numbers)
                    continue
                if name.startswith("train_") and not name.startswith("train_score"):
                    measured = name.removeprefix("train_")
                is_default = measured in ("", "score", "train_score")
                measure = default if is_default else measured
                asked = shown.scalar if is_default and shown is not None else measured
                scorer = asked if isinstance(asked, str) else None
                signed = [self._signed(number, scorer) for number in numbers]
                self._of_folds(run, field_name(measure), name or "score", signed)

    def _say_folds(self, run: Run, columns: list[list[float]]) -> None:
        given = run.invocation.given
        if run.invocation.short_name == "cv":  # of boosters, which give rounds and no folds
            number = given.get("nfold")
            count = number.shown.scalar if number is not None else None
            run.folds = Folds(count if isinstance(count, int) else None)
            return
        by_fold = run.invocation.short_name in ("cross_val_score", "cross_validate")
        seen = len(columns[0]) if columns and by_fold else None
        cv = given.get("cv")
        run.folds = self._folds(run, cv, cv.shown if cv is not None else Shown(), seen)

    def _of_folds(self, run: Run, measure: str, name: str, numbers: list[float]) -> None:
        split = "train" if name.startswith("train_") else "test"
        for fold, number in enumerate(numbers):
            key = f"{run.key}.fold-{fold}"
            if all(one.key != key for one in self._runs.found):
                inner = run.part(key, "fold", list(run.data))
                inner.held_out = run.folds.held_out[fold] if run.folds.held_out else None
                self._runs.found.append(inner)
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
        measure = rest.rpartition("-")[0] or series.partition(" ")[2] or series
        settings = {draft.name: draft.shown for draft in run.settings}
        asked = _measures_set(settings, by_objective=False)
        objective = settings.get("objective")
        default = measure_of_objective(
            str(objective.scalar) if objective is not None else "reg:squarederror"
        )
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
                    implied=measure == default and measure not in asked,
                )
            )

    def _of_histories(self, run: Run) -> None:
        """What was measured on evaluation sets: the last number of each series, or that it was measured at all."""
        if run.kind not in ("fit", "search"):
            return
        told = False
        settings = {draft.name: draft.shown for draft in run.settings}
        asked = _measures_set(settings, by_objective=False)
        asked += self._asked_of(run.invocation.call.receiver)
        for name, numbers in run.fitted.histories if run.fitted is not None else ():
            series, measure = series_of(name)
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
        own = self._functions_given(run, "feval", "custom_metric")
        for position, measure in enumerate([*_measures_set(settings), *own]):
            self.found.append(
                Draft(
                    f"{run.key}.evaluation-set.{position}",
                    measure,
                    None,
                    run.invocation,
                    run.invocation.order,
                    "evaluation set",
                    run=run.key,
                    implied=not asked and measure not in own,
                )
            )

    def _of_many(self, invocation: Invocation) -> None:
        """What `evaluate` gives at once: numbers in the order of what `compile` asked for, or by their names."""
        events = [
            event
            for event in self._gathered.numbers
            if (event.order, event.key) == (invocation.order, invocation.call.key)
        ]
        receiver = invocation.call.receiver
        numbers = dict(
            _named_numbers(events[0].columns, self._asked_of(receiver)) if events else ()
        )
        chunk = invocation.statement.chunk_at(invocation.call.moment)
        bound = [value for _, value in chunk.binds] if chunk is not None else []
        alone = dict(zip(numbers, bound, strict=False)) if len(bound) == len(numbers) > 1 else {}
        data = self._versions(invocation.with_role("features", "data", "label", "evaluation_data"))
        for name, number in numbers.items():
            draft = Draft(
                f"{invocation.order}.{name}",
                field_name(name),
                number,
                invocation,
                invocation.order,
                "call",
                value=alone.get(name),
                compares=tuple(dict.fromkeys(data)),
            )
            self._say_of_what(draft, receiver)
            self.found.append(draft)
        self._measured.update(alone.values())

    def _asked_of(self, network: int | None) -> list[str]:
        """List what a network was compiled to measure: its loss, and the measures by name or class."""
        first = self._first_version(network)
        for invocation in reversed(self._invocations.all):
            is_it = invocation.short_name == "compile" and first is not None
            if is_it and self._first_version(invocation.call.receiver) == first:
                given = invocation.given.get("metrics")
                shown = given.shown if given is not None else Shown()
                texts = [str(shown.scalar)] if shown.scalar is not None else []
                found = texts or [a or b for a, b in _MEASURES.findall(shown.text or "")]
                return ["loss", *(_short(name) for name in found)]
        return []

    def _first_version(self, value: int | None) -> int | None:
        for _ in range(len(self._origins)):
            origin = self._origins.get(value or 0)
            if origin is None or origin.revision_of is None:
                break
            value = origin.revision_of
        return value

    def _functions_given(self, run: Run, *parameters: str) -> list[str]:
        """Name the functions of the program's that a trainer was given to measure by."""
        texts = (self._invocations.expression_of(run.invocation, one) for one in parameters)
        return [name for text in texts if text is not None for name in _NAMES.findall(text)]

    def _of_attributes(self) -> None:
        """A fitted model's own measures were looked at: `feature_importances_`, `inertia_`, `rsquared`."""
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
                part = part.rpartition("]")[2]  # `pipeline[-1].criterion_`
                measure = ASKED_FOR.get(part.removeprefix("."))
                models = [chunk.reads[name][0] for chunk in statement.chunks if name in chunk.reads]
                if measure is not None and models and self._is_fitted(models[0]):
                    self._of_attribute(statement, part.removeprefix("."), measure, models[0])

    def _is_fitted(self, value: int) -> bool:
        entry = self._invocations.knowledge.entry(self._runs.class_of(value))
        of_known = entry is not None and entry.concept in _WITH_MEASURES
        return of_known or self._runs.is_model(value)

    def _of_attribute(self, statement: Statement, attribute: str, measure: str, model: int) -> None:
        run = self._runs.of_model(model)
        key = f"{statement.order}.{attribute.rstrip('_')}"
        if run is None or any(one.key == key for one in self.found):
            return
        if measure == "criterion":  # one that the model was told to choose by
            told = (one.shown.scalar for one in run.settings if one.parameter == "criterion")
            measure = str(next(told, measure))
        facts = dict(run.fitted.facts) if run.fitted is not None else {}
        number = facts.get(attribute, {}).get("scalar")
        bound = [value for chunk in statement.chunks for _, value in chunk.binds]
        node = self._invocations.node_of(statement)
        value = None
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and bound:
            value = bound[0] if self._number(bound[0]) is not None else None
            number = self._number(bound[0])
            self._measured.update(bound[:1])
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        run.executions.append(statement.order)
        self.found.append(
            Draft(
                key,
                measure,
                float(number) if is_number else None,  # type: ignore[arg-type]
                None,
                statement.order,
                "expression",
                value=value,
                run=run.key,
            )
        )


def _named_numbers(
    columns: Sequence[tuple[str, list[float]]], asked: list[str]
) -> Iterator[tuple[str, float]]:
    for column, numbers in columns:
        if not column and len(numbers) == len(asked):
            yield from zip(asked, numbers, strict=True)
        elif column and len(numbers) == 1 and not _BESIDE.search(column):
            yield _PHASE.sub("", column), numbers[0]


def _short(name: str) -> str:
    """`keras.metrics.MeanAbsoluteError` is told as `mean_absolute_error`."""
    last = name.rpartition(".")[2]
    return last if last.islower() or last.isupper() else _WORD_BEGINS.sub("_", last).lower()


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
