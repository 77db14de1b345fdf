"""What searches have tried, asked of them when they have run: studies of optuna, trials of hyperopt.

They keep each trial as an object of their own: what it set, and the number that came out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from provkit.capture.interruptions import is_interruption
from provkit.capture.values import attributes_of, root_package

_TRIALS = 1_000
OBJECTIVE = "objective"
"""What the number of a trial is called; its function alone knows what it measures."""

Tried = tuple[dict[str, object], float]
"""What a trial set, and the number that came out."""


def is_study(obj: object) -> bool:
    """Tell whether an object is a study of optuna's."""
    return root_package(type(obj)) == "optuna" and type(obj).__name__ == "Study"


def trials_of_study(study: Any) -> tuple[list[Tried], dict[str, object]]:
    """List the trials of a study that have come to an end, and what it holds for the best.

    Args:
        study: Asked by its own methods, as where it keeps trials depends on its storage.
    """
    tried: list[Tried] = []
    try:
        for one in islice(study.get_trials(deepcopy=False), _TRIALS):
            numbers = one.values
            if one.state.name == "COMPLETE" and numbers and len(numbers) == 1:
                tried.append((dict(one.params), float(numbers[0])))
        if not tried:
            return [], {}
        best = study.best_trial
        return tried, {"best_params_": dict(best.params), "best_score_": float(best.value)}
    except Exception as error:
        if is_interruption(error):
            raise
        return [], {}


def trials_of_fmin(given: Iterable[object], best: object) -> tuple[list[Tried], dict[str, object]]:
    """List what `hyperopt.fmin` has tried, if it was given an object that keeps it; it minimises a loss."""
    tried = [one for obj in given for one in _kept(obj)]
    facts: dict[str, object] = {}
    if type(best) is dict:
        facts["best_params_"] = best
    if tried:
        facts["best_score_"] = min(number for _, number in tried)
    return tried, facts


def _kept(obj: object) -> Iterator[Tried]:
    if root_package(type(obj)) != "hyperopt" or type(obj).__name__ != "Trials":
        return
    documents = (attributes_of(obj) or {}).get("_dynamic_trials")
    for one in documents[:_TRIALS] if type(documents) is list else ():
        result = one.get("result") if type(one) is dict else None
        loss = result.get("loss") if type(result) is dict else None
        values = one["misc"].get("vals") if type(one.get("misc")) is dict else None
        if type(values) is dict and isinstance(loss, int | float):
            settings = {
                name: held[0] for name, held in values.items() if type(held) is list and held
            }
            yield settings, float(loss)
