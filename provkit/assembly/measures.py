"""The field's names of measures, and what libraries measure when nobody says what."""

from __future__ import annotations

import re
from collections.abc import Collection

_SCORERS = {
    "neg_log_loss": "log_loss",
    "neg_mean_absolute_error": "mean_absolute_error",
    "neg_mean_squared_error": "mean_squared_error",
    "neg_root_mean_squared_error": "root_mean_squared_error",
}
_DISPLAYS = {
    "ConfusionMatrixDisplay": "confusion_matrix",
    "DetCurveDisplay": "det_curve",
    "PrecisionRecallDisplay": "precision_recall_curve",
    "PredictionErrorDisplay": "prediction_error",
    "RocCurveDisplay": "roc_auc",
    "CalibrationDisplay": "calibration_curve",
    "LearningCurveDisplay": "learning_curve",
    "ValidationCurveDisplay": "validation_curve",
}
_BOOSTED = {
    "binary:logistic": "logloss",
    "binary:hinge": "error",
    "multi:softmax": "mlogloss",
    "multi:softprob": "mlogloss",
    "rank:ndcg": "ndcg",
    "rank:pairwise": "ndcg",
    "reg:absoluteerror": "mae",
    "reg:gamma": "gamma-nloglik",
    "reg:logistic": "rmse",
    "reg:squarederror": "rmse",
    "reg:squaredlogerror": "rmsle",
    "reg:tweedie": "tweedie-nloglik",
    "count:poisson": "poisson-nloglik",
    "survival:cox": "cox-nloglik",
    "binary": "binary_logloss",
    "multiclass": "multi_logloss",
    "regression": "l2",
    "regression_l1": "l1",
    "lambdarank": "ndcg",
}
"""By objective, what xgboost and lightgbm measure on evaluation sets (their parameter references, `eval_metric`)."""
NAMED_SO = re.compile(
    r"(?:^|_)(?:acc|accuracy|auc|auroc|ap|average_precision|deviance|err|error|f1|f_?beta|iou|kappa|logloss|loss|"
    r"mae|mape|mcc|mse|perplexity|precision|r2|rae|recall|rmse|rmsle|rmspe|score|sensitivity|silhouette|specificity)"
    r"(?:_|\d*$)",
    re.IGNORECASE,
)
"""Names that people give to what they measure."""


_ALIASES = {
    "mae": "l1",
    "mean_absolute_error": "l1",
    "mse": "l2",
    "mean_squared_error": "l2",
    "regression": "l2",
    "regression_l2": "l2",
    "regression_l1": "l1",
    "binary": "binary_logloss",
    "multiclass": "multi_logloss",
}
"""What lightgbm calls a measure that was asked for by another of its names."""
SURELY_SO = re.compile(
    r"(?:\w+_)?(?:accuracy|precision|recall|f1|rmse|rmsle|mse|mae|mape|auc|r2)(?:_(?:score|rate|\w{1,5}))?",
    re.IGNORECASE,
)
"""Names that nobody gives to anything but a measure."""
ANSWERING = frozenset({"predict", "classify", "infer", "forecast"})
"""First words of the names of functions that give predictions."""


def is_implied(measure: str, asked: Collection[str]) -> bool:
    """Tell whether a library computes a measure on its own: its objective's, where others or none were asked for.

    A measure that is no library's default was asked for somewhere, by a function of the program's own, say.
    """
    named = {_ALIASES.get(one, one).partition("@")[0] for one in asked}
    stem = measure.partition("@")[0]
    return stem in set(_BOOSTED.values()) and stem not in named


def field_name(name: str) -> str:
    """Name a measure as the field does: `accuracy_score` and the scorer `accuracy` are one."""
    last = name.rpartition(".")[2]
    return _SCORERS.get(last, last.removesuffix("_score") if last != "score" else last)


def measure_of_score(task: str | None) -> str:
    """Say what `score` computes where nobody says otherwise."""
    return {"classification": "accuracy", "regression": "r2"}.get(task or "", "score")


def measure_of_display(class_name: str) -> str | None:
    """Say what a display of scikit-learn's computes."""
    return _DISPLAYS.get(class_name)


def measure_of_objective(objective: str | None) -> str | None:
    """Say what xgboost and lightgbm measure on an evaluation set if they are not told."""
    return _BOOSTED.get(objective or "")
