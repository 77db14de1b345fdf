"""Evaluations that a program computes itself, by hand or in functions of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import partial

from provkit.assembly.evaluation_drafts import Draft
from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Invocation
from provkit.assembly.library_evaluations import OfLibraries
from provkit.assembly.measures import (
    NAMED_SO,
    SURELY_SO,
    field_name,
    measure_said_by,
)
from provkit.assembly.measures_by_hand import ByHand, Found
from provkit.assembly.origins import values_behind, walked_back
from provkit.assembly.run_drafts import Run
from provkit.bindings import span

_REACH = 120
_NAME_AND_NUMBER = re.compile(r"\((?:'[^']*'|\"[^\"]*\"), (?:-?\d|<numpy\.float)")
_WORDS = re.compile(r"[A-Za-z_]\w*")
_TRAINING = frozenset({"network", "layer", "optimizer", "scheduler", "loss"})
_KEPT_BACK = ("test", "validation")
_NOT_MEASURES = frozenset({"best_score_", "best_score"})


class OfPrograms(OfLibraries):
    """Finds what the program has measured itself."""

    def _own_fits(self) -> list[Run]:
        """List the runs in which a class of the program's own was fitted by a method of its own."""
        return [
            run
            for run in self._runs.found
            if run.kind == "fit" and run.invocation.callee.kind == "own"
        ]

    def _is_learner(self, value: int) -> bool:
        """Tell whether a version is of a model, or of what trains one, and no data."""
        cls = self._runs.class_of(value)
        entry = self._invocations.knowledge.entry(cls)
        return (
            self._runs.is_model(value)
            or (entry is not None and entry.concept in _TRAINING)
            or any(
                run.loop is not None and self._runs.class_of(run.loop.model) == cls
                for run in self._runs.found
            )
        )

    def _is_in_fit(self, order: int) -> bool:
        """Tell whether something took place while a class of the program's own was fitted."""
        fits = {run.invocation.order for run in self._own_fits()}
        return not fits.isdisjoint(self._invocations.calls_around(order))

    def _take(self, one: Found, by_hand: ByHand) -> None:
        """Tell of a number that the program computed of predictions and what they are held against."""
        compares = one.computed.compares
        is_of_one = one.function is not None and len(compares) < 2
        if (one.measure == "gini" or is_of_one) and self._is_in_fit(one.statement.order):
            return  # what a tree parts its nodes by is said of labels alone
        models = [one for one in compares if by_hand.is_model(one) or self._is_learner(one)]
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
        if training is None and one.function is not None and one.number is not None:
            # `cost = self.cost(X, y)` in each round of a `fit`
            is_method = one.function.call.receiver is not None
            training = self._training_around(one.function.statement) if is_method else None
        if any(self._roles.role_of(value) in _KEPT_BACK for value in draft.compares):
            training = None  # what is measured between rounds on other data
        if training is not None:
            draft.split = "train"
        if one.function is not None and one.is_whole:
            draft.order = one.function.order
        self._say_of_what(draft, next(iter(models), None))
        self._handed.add(one.statement.order)
        if one.function is not None:
            self._handed.add(one.function.statement.order)
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
            is_surely_so = SURELY_SO.fullmatch(last) is not None
            kind = computed.kind if computed is not None else None
            if kind == "met" or (kind == "prediction" and not is_surely_so):
                continue
            if re.search(r"(?:^|_)(?:idx|index|argmax|argmin)(?:_|$)", last):
                continue
            direct = [source for source in origin.data if isinstance(source, int)]
            is_named_so = NAMED_SO.search(last) is not None
            # Of a name that is a measure's and nothing else, that the number was computed is enough.
            is_surely_so = bool(direct) and is_surely_so
            if not is_surely_so and not (is_named_so and self._comes_from_prediction(value)):
                continue
            if origin.generated_by is None:
                continue
            if self._is_in_fit(origin.generated_by) and (
                measure_said_by(last) == "gini" or not self._is_predicted_in(value)
            ):
                continue  # what a tree parts its nodes by is said of labels alone
            maker = self._invocations.by_result.get(value)
            measure = measure_said_by(last) or self._loss_behind(value, last)
            if maker is not None and maker.callee.kind == "own":
                measure = maker.short_name
            compared = [one for one in direct if self._is_compared(one)]
            if not compared:
                compared = [one for one in self._read_unnamed(direct) if self._is_compared(one)]
            self._measured.add(value)
            known_numbers.add(number)
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
        for current in walked_back([value], partial(values_behind, self._origins), _REACH):
            if current in self._called:
                return self._called[current][0]
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
                is_named_so = measure_said_by(invocation.short_name) is not None
                compares = self._compare(given) or (is_named_so and self._are_alike(given))
                if self._is_measured_in(result) and compares:
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

    def _are_alike(self, given: Iterable[int]) -> bool:
        """Tell whether two arrays of equal length were given, of which nobody knows where one came from."""
        described = [self._gathered.values[value].description for value in given]
        rows = [
            one["shape"][0] if one.get("shape") else one.get("length", 0) or 0
            for one in described
            if "scalar" not in one
        ]
        return len(rows) > 1 and rows[0] == rows[1] > 1

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
        begin = [one for one in sources if one not in self._measured]
        return list(walked_back(begin, self._behind_unnamed, _REACH))

    def _behind_unnamed(self, value: int) -> list[int]:
        if value in self._predictions or self._names.get(value):
            return []
        return [one for one in values_behind(self._origins, value) if one not in self._measured]

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
        return any(
            current in self._predictions or (current != value and current in self._measured)
            for current in walked_back([value], self._behind, _REACH)
        )

    def _is_predicted_in(self, value: int) -> bool:
        """Tell whether a prediction itself went into a number."""
        return any(
            current in self._predictions for current in walked_back([value], self._behind, _REACH)
        )

    def _behind(self, value: int) -> list[int]:
        seen = self._gathered.values.get(value)
        is_model = seen is not None and self._runs.of_model(value) is not None
        if seen is not None and is_model and "scalar" not in seen.description:
            return []
        return values_behind(self._origins, value)
