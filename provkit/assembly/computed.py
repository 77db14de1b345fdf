"""What a value is, as far as predictions and what they are held against go into it; and what becomes of two of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["prediction", "data", "met", "constant", "mixed"]
"""Predictions; other data; what was computed of both; a count or a literal; something that holds both."""
Shape = Literal["array", "item", "number"]

MEAN_OF = {
    "equal": "accuracy",
    "unequal": "error_rate",
    "hit": "top_k_accuracy",
    "residual": "bias",
    "absolute": "mae",
    "relative absolute": "mape",
    "squares": "mse",
    "log squares": "msle",
    "log terms": "log_loss",
    "cell": "rate",
    "within": "coverage",
    "close": "accuracy_within_tolerance",
    "same direction": "directional_accuracy",
    "picked": "rate",
}
"""By what stands in an array, element by element, what the mean of it is."""
_ELEMENTWISE = frozenset({*MEAN_OF, "relative", "log residual", "likelihood"})
CHANGE = "change"
"""How data or predictions move from one row to the next: of two such it is asked whether they go the same way."""
DEVIATION = "deviation"
"""How far data lie from their mean."""
ORDER = "order"
"""Which rows the predictions put first."""
CORRELATIONS = {
    "corrcoef": "correlation",
    "corr": "correlation",
    "pearsonr": "pearsonr",
    "spearmanr": "spearmanr",
    "kendalltau": "kendalltau",
    "ks_2samp": "ks_2samp",
}
"""By function, what it says of predictions and what they are held against."""
_ROOT_OF = {
    "mse": "rmse",
    "msle": "rmsle",
    "total squares": "norm",
    "mean_squared_error": "rmse",
    "mse_loss": "rmse",
}
COMPLEMENT = {
    "accuracy": "error_rate",
    "error_rate": "accuracy",
    "ratio of squares": "r2",
    "ratio of errors": "skill_score",
    "equal": "unequal",
    "unequal": "equal",
}
RIGHT = "right answers"
"""The cells of a table of answers in which both sides agree."""
_INTERMEDIATE = frozenset(
    {
        *_ELEMENTWISE,
        "rate",
        "norm",
        "ratio of squares",
        "ratio of errors",
        "bound",
        "counts",
        "order",
        RIGHT,
    }
)
ERRORS = {
    **{name: name for name in ("mae", "mse", "rmse", "mape")},
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_percentage_error": "mape",
}
"""Means of errors, by all their names: a share of one in another is told as a skill."""
MEANS = frozenset({"mean", "average", "fmean", "nanmean"})
TOTALS = frozenset({"sum", "nansum", "count_nonzero", "fsum"})
LOGS = frozenset({"log", "log1p", "log2", "log10", "logaddexp", "xlogy"})


@dataclass(frozen=True, slots=True)
class Computed:
    """What a value is, as far as predictions and what they are held against go into it."""

    kind: Kind
    shape: Shape = "number"
    form: str | None = None
    """Of what was computed of both, what it is: `residual`, `total squares`, `rmse`."""
    compares: tuple[int, ...] = ()
    """The versions of what was compared."""
    parts: tuple[Computed | None, ...] | None = None
    """Of a tuple its parts; of what is gone through in rounds, those of each round."""
    found: int | None = None
    """The number of the measure that it is, or that it is but in another unit."""
    used: frozenset[int] = frozenset()
    """The measures that went into it."""
    is_sum: bool = False
    """A sum of measures, over batches, say."""

    @property
    def is_final(self) -> bool:
        """Whether what it is has a name in the field."""
        return self.form is not None and not (
            self.form in _INTERMEDIATE or self.form.startswith("total ") or self.is_sum
        )


CONSTANT = Computed("constant")


def accumulated(before: Computed | None, added: Computed | None) -> Computed | None:
    """Tell what `total += added` makes."""
    if added is None or added.kind != "met":
        return before if before is not None and before.kind == "met" else added
    form = added.form
    if form in _ELEMENTWISE:
        form = f"total {form}"
    was = before.used if before is not None else frozenset()
    return replace(
        added,
        form=form,
        shape="number",
        found=None,
        used=was | _all_of([added]),
        is_sum=form is not None and not form.startswith("total "),
    )


def _all_of(sides: Iterable[Computed | None]) -> frozenset[int]:
    found: set[int] = set()
    for side in sides:
        if side is not None:
            found |= side.used
            if side.found is not None:
                found.add(side.found)
    return frozenset(found)


def meet(sides: Sequence[Computed | None], form: str | None, shape: Shape) -> Computed:
    """Say that what is on the sides was held against each other."""
    compared = dict.fromkeys(one for side in sides if side is not None for one in side.compares)
    return Computed("met", shape, form, tuple(compared)[:8], used=_all_of(sides))


def formed(computed: Computed | None, form: str | None) -> Computed | None:
    """Say what something computed is now, after a step."""
    if computed is None:
        return None
    return replace(computed, form=form, found=None, used=_all_of([computed]), is_sum=False)


def hold(sides: Sequence[Computed | None]) -> Computed | None:
    """Say what holds all that is given."""
    kinds = {side.kind for side in sides if side is not None} - {"constant"}
    if not kinds:
        return None
    kind: Kind = kinds.pop() if len(kinds) == 1 else "mixed"
    if kind == "met":
        shapes = [side for side in sides if side is not None and side.kind == "met"]
        return replace(meet(shapes, None, "array"), kind="met")
    return replace(meet(sides, None, "array"), kind=kind)


def joined(sides: Sequence[Computed | None]) -> Computed | None:
    """Put together what does not meet: of predictions and numbers come predictions."""
    kinds = [side.kind for side in sides if side is not None]
    if not kinds:
        return None
    order: tuple[Kind, ...] = ("met", "prediction", "mixed", "data", "constant")
    kind = next(one for one in order if one in kinds)
    if kind == "constant":
        return CONSTANT
    return replace(meet(sides, None, widest(sides)), kind=kind)


def reduced(name: str, subject: Computed, *, keeps: bool) -> Computed | None:
    """Tell what a function or method of that name makes of what was computed; None if that is not known.

    `keeps` says that it goes along one axis, so that an array stays.
    """
    form = subject.form or ""
    if name in ("abs", "fabs", "absolute"):
        told = {"residual": "absolute", "relative": "relative absolute"}.get(form, subject.form)
        return formed(subject, told)
    if name in ("square", "pow", "power"):
        return squared(subject)
    if name == "sqrt":
        return rooted(subject)
    if name in LOGS:
        return formed(subject, "log terms" if form == "likelihood" else None)
    if name == "any" and form == "equal":
        return formed(subject, "hit")
    if form == "confusion_matrix" and name in ("diag", "diagonal", "trace"):
        return formed(replace(subject, shape="number" if name == "trace" else "array"), RIGHT)
    if form == RIGHT and name in TOTALS:
        return formed(replace(subject, shape="number"), RIGHT)
    if keeps and form == "confusion_matrix" and name in TOTALS:
        return formed(replace(subject, shape="array"), "cell")
    if keeps and name in (*MEANS, *TOTALS):
        return formed(subject, subject.form)
    one = replace(subject, shape="number")
    if name in MEANS:
        if form in MEAN_OF:
            return formed(one, MEAN_OF[form])
        return replace(formed(one, subject.form) or one, is_sum=False)
    if name in TOTALS:
        if form in _ELEMENTWISE:
            return formed(one, f"total {form}")
        return formed(one, "cell" if form == "confusion_matrix" else subject.form)
    if name == "median":
        return formed(one, "median_absolute_error" if form == "absolute" else None)
    if name in ("max", "amax", "nanmax"):
        return formed(one, "max_error" if form == "absolute" else subject.form)
    if name in ("std", "var", "min"):
        return formed(one, None)
    if name == "norm":
        return formed(one, "norm")
    return None


def squared(base: Computed) -> Computed:
    """Tell what the square is."""
    forms = {
        "residual": "squares",
        "absolute": "squares",
        "log residual": "log squares",
        "rmse": "mse",
        "norm": "total squares",
    }
    return formed(base, forms.get(base.form or "")) or base


def rooted(base: Computed) -> Computed:
    """Tell what the root is."""
    return formed(base, _ROOT_OF.get(base.form or "")) or base


def is_kind(computed: Computed | None, kind: Kind) -> bool:
    """Tell whether something is of a kind."""
    return computed is not None and computed.kind == kind


def opposed(left: Computed | None, right: Computed | None) -> bool:
    """Tell whether one is predictions and the other what they can be held against."""
    if left is None or right is None or "number" in (left.shape, right.shape):
        return False
    if "weights" in (left.form, right.form):
        return False  # what comes of weights and data are predictions
    return {left.kind, right.kind} == {"prediction", "data"}


def alike(sides: Sequence[Computed | None]) -> bool:
    """Tell whether all sides have members that can be held against each other."""
    return all(side is not None and side.shape != "number" for side in sides)


def widest(sides: Sequence[Computed | None]) -> Shape:
    """Give the shape of what comes of the sides."""
    shapes = {side.shape for side in sides if side is not None}
    return "array" if "array" in shapes else "item" if "item" in shapes else "number"


def item(computed: Computed | None) -> Computed | None:
    """Give one of what it holds."""
    return replace(computed, shape="item", parts=None) if computed is not None else None


def without_parts(computed: Computed | None) -> Computed | None:
    """Forget the parts of a tuple."""
    return replace(computed, parts=None) if computed is not None else None
