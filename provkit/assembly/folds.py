"""How a cross-validation or a search parts its data: into how many folds, by what, with how many rows held out.

The rows themselves are the library's: it parts the data where nobody looks. How many each fold holds out follows
from the number of all rows and the splitter, for those that give every row its turn or take a share.

Source:
    scikit-learn's `check_cv`: a number means `StratifiedKFold` for classifiers and `KFold` for others, nothing five.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from provkit.model import Scalar

_USUAL = 5
_REPEATS = 10
_IN_TURNS = frozenset({"KFold", "StratifiedKFold"})
_REPEATED = frozenset({"RepeatedKFold", "RepeatedStratifiedKFold"})
_DRAWN = frozenset({"ShuffleSplit", "StratifiedShuffleSplit"})
_TOLD = 1_000
"""Folds whose rows are told one by one."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Into what data is parted."""

    count: int | None = None
    by: str | None = None
    """Qualified name of the splitter's class."""
    held_out: tuple[int, ...] = ()
    """Rows that each fold leaves for measuring; empty where only the library knows."""


def folds_by_number(count: int | None, task: str | None, rows: int | None) -> Folds:
    """Say what scikit-learn makes of a number of folds, or of none."""
    kinds = {"classification": "StratifiedKFold", "regression": "KFold"}
    name = kinds.get(task or "")
    number = count if count is not None else _USUAL
    return Folds(
        number,
        f"sklearn.model_selection.{name}" if name is not None else None,
        _in_turns(rows, number),
    )


def folds_by_splitter(
    cls: str, settings: Mapping[str, Scalar | None], rows: int | None, seen: int | None
) -> Folds:
    """Say what a splitter makes of a number of rows.

    Args:
        cls: Its class.
        settings: Its parameters, as far as they are single values.
        rows: Of the data; None if nobody knows.
        seen: Folds that were measured; None if none were.
    """
    name = cls.rpartition(".")[2]
    usual = _REPEATS if name in _DRAWN else _USUAL
    number = _whole(settings.get("n_splits"), usual)
    held: tuple[int, ...] = ()
    if name in _IN_TURNS:
        held = _in_turns(rows, number)
    elif name in _REPEATED:
        repeats = _whole(settings.get("n_repeats"), _REPEATS)
        held = _in_turns(rows, number) * repeats
        number *= repeats
    elif name == "TimeSeriesSplit" and rows is not None:
        held = (_whole(settings.get("test_size"), rows // (number + 1)),) * number
    elif name in _DRAWN and rows is not None:
        share = settings.get("test_size")
        share = share if isinstance(share, int | float) else 0.1
        held = ((ceil(rows * share) if isinstance(share, float) else share),) * number
    elif name == "LeaveOneOut" and rows is not None:
        number, held = rows, (1,) * rows
    elif "n_splits" not in settings:
        return Folds(seen, cls)
    if seen is not None and seen != number:
        return Folds(seen, cls)
    return Folds(number, cls, held if len(held) <= _TOLD else ())


def _in_turns(rows: int | None, count: int) -> tuple[int, ...]:
    """Part rows into folds that differ by one at most, the larger ones first."""
    if rows is None or count < 1 or count > min(rows, _TOLD):
        return ()
    return tuple(rows // count + (fold < rows % count) for fold in range(count))


def _whole(given: Scalar | None, usual: int) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) else usual
