"""Measures of models: those that were called for, those that libraries compute unasked, those written by hand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from statistics import fmean

from provkit.assembly.comprehended import Comprehended, called_in_comprehensions
from provkit.assembly.data_roles import KeyOf
from provkit.assembly.evaluation_drafts import Draft
from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Invocation
from provkit.assembly.library_evaluations import OBJECTIVE
from provkit.assembly.measured_statements import find_measures
from provkit.assembly.measures import (
    ASKED_FOR,
    PREDICTED_SO,
    answers,
    field_name,
    measure_of_display,
    measure_of_score,
)
from provkit.assembly.measures_by_hand import ByHand
from provkit.assembly.own_evaluations import OfPrograms
from provkit.assembly.run_drafts import Run
from provkit.bindings import span
from provkit.model import Evaluation, Implementation

_DIGITS = 12
_ROUNDS = 100
"""Rounds of a comprehension of which each is told."""


class Evaluations(OfPrograms):
    """The evaluations of a trial."""

    @cached_property
    def _comprehended(self) -> Comprehended:
        return Comprehended(self._invocations)

    def find(self) -> None:
        """Find all evaluations."""
        self._predictions |= self._runs.outputs
        for invocation in self._invocations.all:
            self._of_call(invocation)
        for run in list(self._runs.found):
            self._of_search(run)
            self._of_cross_validation(run)
            self._of_histories(run)
        self._of_attributes()
        self._of_comprehensions()
        self._of_attributes_in_rounds()
        for run in self._runs.found:
            self._predictions |= run.weights.predicted if run.weights is not None else frozenset()
        by_hand = self._computed_by_hand()
        chosen = find_measures(by_hand)
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
        self._name_objectives()

    def _of_call(self, invocation: Invocation) -> None:
        """Tell what a call measures, or that it predicts."""
        if (
            invocation.concept == "prediction"
            or (invocation.entry is not None and "prediction" in invocation.entry.returns)
            or (invocation.callee.kind == "own" and answers(invocation.short_name))
        ):
            if invocation.call.result is not None:
                self._predictions.add(invocation.call.result)
                self._keep_with_run(invocation)
        elif invocation.short_name == "score" and self._model_asked(invocation) is not None:
            self._of_score(invocation)
        elif invocation.concept == "metric" and invocation.call.receiver is None:
            self._of_metric(invocation)
        elif invocation.concept == "metric" and _measure_known(invocation) is not None:
            self._of_model_asked(invocation)
        elif invocation.concept == "metric":
            self._of_many(invocation)
        elif invocation.concept == "statistical_test":
            self._of_test(invocation)
        elif invocation.concept == "display":
            self._of_display(invocation)
        elif invocation.concept == "inspection":
            measure = _measure_known(invocation) or field_name(invocation.short_name)
            self._add(invocation, measure, "call", model=invocation.call.receiver)

    def _computed_by_hand(self) -> ByHand:
        """Read what the program computes itself of predictions and what they are held against."""
        weights = {
            version
            for run in self._runs.found
            if run.weights is not None
            for version in run.weights.versions
        }
        return ByHand(
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
            {
                run.loop.own_loss: run.loop.measure
                for run in self._runs.found
                if run.loop is not None and run.loop.own_loss is not None
            },
        )

    def _name_objectives(self) -> None:
        """Say what the numbers of a search's trials measure: what the function measured that gave the same numbers."""
        searched = [draft for draft in self.found if draft.measure == OBJECTIVE]
        if not searched:
            return
        measured: dict[float, tuple[str, bool]] = {}
        folds: dict[tuple[str, str], list[float]] = {}
        for draft in self.found:
            if draft.number is None or draft.measure == OBJECTIVE:
                continue
            number = draft.number
            measured.setdefault(round(abs(number), _DIGITS), (draft.measure, number < 0))
            if draft.via == "cross-validation" and draft.run is not None:
                key = (draft.run.partition(".")[0], draft.measure)
                folds.setdefault(key, []).append(draft.number)
        for (_, measure), numbers in folds.items():
            mean = fmean(numbers)
            measured.setdefault(round(abs(mean), _DIGITS), (measure, mean < 0))
        told: dict[str, tuple[str, bool]] = {}
        for draft in searched:
            said = measured.get(round(abs(draft.number or 0), _DIGITS))
            if said is not None and draft.run is not None:
                is_turned = (draft.number or 0) < 0 and not said[1]  # `return -accuracy`
                told.setdefault(draft.run.partition(".")[0], (said[0], is_turned))
        for draft in searched:
            key_of_run = (draft.run or "").partition(".")[0]
            draft.measure, is_turned = told.get(key_of_run, (OBJECTIVE, False))
            if is_turned and draft.number is not None:
                draft.number = -draft.number

    def _keep_with_run(self, invocation: Invocation) -> None:
        """A prediction is part of the run whose model made it."""
        run = self._runs.of_model(invocation.call.receiver)
        if run is not None:
            run.executions.append(invocation.order)
            run.data.extend(self._versions(invocation.with_role("features", "data")))
            if invocation.call.result is not None:
                self._runs.tie(invocation.call.result, run)

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

    def _of_test(self, invocation: Invocation) -> None:
        """What a statistical test gives is a measure only where it sets beside others what a model has said.

        Tests of data, and of residuals, tell of the data and of a model's assumptions, not how well it does.
        """
        measure = _measure_known(invocation)
        predicted = [
            given
            for given in invocation.given.values()
            if (value := self._runs.value_of(given)) is not None
            and (
                self._is_predicted(value)
                if given.value is not None
                else self._runs.is_model(value) and PREDICTED_SO.search(given.part or "")
            )
        ]
        if measure is None or not predicted:
            return
        model = next(filter(self._runs.is_model, self._versions(predicted)), None)
        compares = [
            value
            for value in self._versions(list(invocation.given.values()))
            if not self._runs.is_model(value)
        ]
        draft = self._add(invocation, measure, "call", compares=compares, model=model)
        chunk = invocation.statement.chunk_at(invocation.call.moment)
        bound = [value for _, value in chunk.binds] if chunk is not None else []
        if draft.number is None and bound:  # the statistic stands before how likely it is
            draft.number = self._number(bound[0])
            self._measured.update(bound)

    def _of_score(self, invocation: Invocation) -> None:
        receiver = self._model_asked(invocation)
        task = self._runs.task_of(receiver)
        settings = self._parameters.in_force(receiver)
        by_itself = invocation.call.receiver is not None  # and not a part of a search
        scoring = settings["scoring"].shown.scalar if by_itself and "scoring" in settings else None
        measure = field_name(str(scoring)) if scoring is not None else measure_of_score(task)
        data = self._versions(invocation.with_role("features", "label"))
        data += self._runs.rows_of(invocation)
        draft = self._add(invocation, measure, "score", compares=data, model=receiver)
        draft.split = draft.split or self._role_of_parts(invocation)

    def _model_asked(self, invocation: Invocation) -> int | None:
        """Find whose method was called: an object, or one that a fitted one holds (`search.best_estimator_`)."""
        if invocation.call.receiver is not None or invocation.callee.kind == "own":
            return invocation.call.receiver
        behind = self._invocations.behind_receiver(invocation)
        return next((one for one in behind if self._runs.of_model(one) is not None), None)

    def _of_comprehensions(self) -> None:
        """What was measured in each round of a comprehension, where nobody looked: that it was, without numbers."""
        for statement, call, name, entry in called_in_comprehensions(self._invocations):
            if entry.concept == "metric":
                measure = field_name(entry.measure or name)
            elif entry.concept == "cross_validation":
                scoring = [one.value for one in call.keywords if one.arg == "scoring"]
                asked = (
                    scoring[0].value if scoring and isinstance(scoring[0], ast.Constant) else None
                )
                task = _task_in(call) or self._task_in_rounds(statement, call)
                measure = field_name(asked) if isinstance(asked, str) else measure_of_score(task)
            else:
                continue
            via = "call" if entry.concept == "metric" else "cross-validation"
            self._in_rounds(statement, call, measure, via)
        for method in self._comprehended.methods("score"):
            models = method.members
            known = [one for one in models if self._runs.of_model(one) is not None]
            run = self._run_behind(method.statement, method.call)
            if method.call.args and (known or run is not None or method.made is not None):
                task = self._runs.task_of(known[0]) if known else run.task if run else None
                if task is None and method.made is not None:
                    made = self._invocations.knowledge.entry(method.made)
                    task = made.task if made is not None else None
                self._in_rounds(method.statement, method.call, measure_of_score(task), "score")

    def _task_in_rounds(self, statement: Statement, call: ast.Call) -> str | None:
        """Tell the task of the objects that a comprehension goes through, and gives to a call."""
        node = self._invocations.node_of(statement)
        models = self._comprehended.gone_through(statement, node, call) if node is not None else ()
        tasks = {self._runs.task_of(model) for model in models}
        return tasks.pop() if len(tasks) == 1 else None

    def _of_attributes_in_rounds(self) -> None:
        """What fitted models are asked for in the rounds of a comprehension: `[m.inertia_ for m in fitted]`."""
        for statement, part in self._comprehended.attributes(*ASKED_FOR):
            node = self._invocations.node_of(statement)
            models = self._comprehended.gone_through(statement, node, part) if node else ()
            if any(self._runs.of_model(one) is not None for one in models) or (
                self._run_behind(statement, part) is not None
            ):
                self._in_rounds(statement, part, ASKED_FOR[part.attr], "expression")

    def _in_rounds(self, statement: Statement, call: ast.expr, measure: str, via: str) -> None:
        """Tell what a comprehension has measured in its rounds: of each model, and its number if it gathers numbers."""
        node = self._invocations.node_of(statement)
        if node is None:
            return
        numbers = self._comprehended.numbers(statement, node, call)
        models = [
            one
            for one in self._comprehended.gone_through(statement, node, call)
            if self._runs.of_model(one) is not None
        ]
        behind = self._run_behind(statement, call) if not models else None
        rounds: list[tuple[float | None, int | None]]
        if numbers and len(numbers) == len(models):
            rounds = list(zip(numbers, models, strict=True))
        elif numbers:
            rounds = [(number, None) for number in numbers[:_ROUNDS]]
        else:
            rounds = [(None, model) for model in models] or [(None, None)]
        for position, (number, model) in enumerate(rounds):
            draft = Draft(
                f"{statement.order}.{span(call)}.{measure}.{position}",
                measure,
                number,
                None,
                statement.order,
                via,
                compares=tuple(self._held_in(statement, call)),
            )
            if behind is not None:
                draft.run = behind.key
                behind.executions.append(statement.order)
            self._say_of_what(draft, model)
            self.found.append(draft)

    def _run_behind(self, statement: Statement, call: ast.expr) -> Run | None:
        """Find the run that fitted what a comprehension goes through, where the objects have no names of their own."""
        held = self._comprehended.held(statement)
        node = self._invocations.node_of(statement)
        names = {one.id for one in ast.walk(node or call) if isinstance(one, ast.Name)}
        for name in names & held.keys():
            run = self._runs.that_filled(held[name])
            if run is None and not self._shape(held[name]):
                run = self._runs.of_model(held[name])
            if run is not None:
                return run
        made_here = (one for one in self._runs.found if one.invocation.order == statement.order)
        return next((one for one in made_here if one.model is None and not one.parent), None)

    def _held_in(self, statement: Statement, call: ast.expr) -> Iterator[int]:
        """List the arrays that a call in a comprehension was given by name."""
        if not isinstance(call, ast.Call):
            return
        given = [*call.args, *(one.value for one in call.keywords)]
        names = {node.id for one in given for node in ast.walk(one) if isinstance(node, ast.Name)}
        for chunk in statement.chunks[:1]:
            for site, values in chunk.reads.items():
                analysis = self._invocations.analysis(statement.plan)
                name = analysis.name_at(site) if analysis is not None else None
                if (name or site) in names and self._shape(values[0]):
                    yield values[0]

    def _of_model_asked(self, invocation: Invocation) -> None:
        """What a fitted model is asked for by a method: `mixture.bic(X)`."""
        data = self._versions(invocation.with_role("features", "label"))
        measure = _measure_known(invocation) or invocation.short_name
        # What its library has wrapped is another object than what the program holds.
        held = (invocation.call.receiver, *self._invocations.behind_receiver(invocation))
        model = next((one for one in held if self._runs.of_model(one) is not None), None)
        self._add(invocation, measure, "call", compares=data, model=model)

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


def _measure_known(invocation: Invocation) -> str | None:
    """Give the measure that the knowledge base has for what was called; `score` is none, as its model says which."""
    measure = invocation.entry.measure if invocation.entry is not None else None
    return measure if measure != "score" else None


def _task_in(call: ast.Call) -> str | None:
    """Tell the task of the estimator that a call in a comprehension is given, by its class's name."""
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and node is not call:
            name = ast.unparse(node.func).rpartition(".")[2]
            if name.endswith(("Classifier", "SVC", "NB", "LogisticRegression")):
                return "classification"
            if name.endswith(("Regressor", "SVR", "Regression", "Ridge", "Lasso", "ElasticNet")):
                return "regression"
    return None
