"""Evaluations in the making: of which model, on which data, with which number."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from provkit.assembly.data_roles import DataRoles, Role
from provkit.assembly.invocations import Given, Invocation, Invocations
from provkit.assembly.learning import Runs
from provkit.assembly.measures import PREDICTED_SO
from provkit.assembly.origins import values_behind, walked_back
from provkit.assembly.parameter_drafts import ParametersFound
from provkit.assembly.run_drafts import Run
from provkit.assembly.training_loops import DATASETS

_DEEP = 20
_REACH = 40
_HOLDERS = frozenset({"container", "dataset"})


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


class Drafts:
    """What all that finds evaluations shares."""

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
        for value in draft.compares if run is None else ():
            run = run or self._runs.that_filled(value)
        if run is not None and model is None and self._are_blended(draft.compares):
            run = None
        if run is not None:
            draft.run = run.key
            run.executions.append(draft.order)
        data = [
            value
            for value in draft.compares
            if not self._is_predicted(value) and self._runs.that_filled(value) is None
        ]
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
            run.data.extend(map(self._holder_of, self._given_to(draft, data)))

    def _given_to(self, draft: Draft, data: list[int]) -> list[int]:
        """Give the data that a function of the program's own was given to measure on, not what it made of it inside."""
        function = draft.invocation
        if function is None or function.callee.kind != "own":
            return data
        given = [
            value
            for value in self._versions(list(function.given.values()))
            if self._shape(value)
            and not self._is_predicted(value)
            and self._runs.that_filled(value) is None
        ]
        return given or data

    def _are_blended(self, compared: tuple[int, ...]) -> bool:
        """Tell whether what was compared was made of what several models have said: it is of none of them."""
        for value in compared:
            behind = values_behind(self._origins, value)
            runs = [self._runs.of_model(one) for one in behind if one in self._predictions]
            if len({run.key for run in runs if run is not None}) > 1:
                return True
        return False

    def _holder_of(self, value: int) -> int:
        """Give the loader or data set that a batch came out of, whose rounds a loop went through; else the value."""
        goes_round = False
        for current in walked_back([value], self._roles.behind, _REACH):
            seen = self._gathered.values.get(current)
            entry = self._invocations.knowledge.entry(seen.type) if seen is not None else None
            is_holder = entry is not None and entry.concept in _HOLDERS
            if goes_round and seen is not None and (is_holder or seen.type.startswith(DATASETS)):
                return current
            origin = self._origins.get(current)
            maker = self._gathered.statements.get(origin.generated_by or 0) if origin else None
            goes_round = goes_round or (maker is not None and maker.iterations is not None)
        return value

    def _is_predicted(self, value: int) -> bool:
        """Tell whether a value is what a model said: by where it came from, or by its name."""
        if value in self._predictions:
            return True
        if any(PREDICTED_SO.search(name) for name in self._names.get(value, ())):
            return True
        behind = values_behind(self._origins, value)
        return bool(behind) and all(one in self._predictions for one in behind)

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

    def _versions(self, given: list[Given]) -> list[int]:
        found = [self._runs.value_of(one) for one in given]
        return [value for value in found if value is not None]

    def _number(self, value: int | None) -> float | None:
        seen = self._gathered.values.get(value or 0)
        scalar = seen.description.get("scalar") if seen is not None else None
        if isinstance(scalar, int | float) and not isinstance(scalar, bool):
            return float(scalar)
        return None
