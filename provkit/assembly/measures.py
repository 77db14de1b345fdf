"""The field's names of measures, and what libraries measure when nobody says what."""

from __future__ import annotations

import re
from collections.abc import Collection

_DISPLAYS = {
    "ConfusionMatrixDisplay": "confusion_matrix",
    "DetCurveDisplay": "det_curve",
    "PrecisionRecallDisplay": "precision_recall_curve",
    "PredictionErrorDisplay": "prediction_error",
    "RocCurveDisplay": "roc_curve",
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
    r"(?:\w+_)?(?:accuracy|precision|recall|f1|rmse|rmsle|mse|mae|mape|smape|wape|mase|auc|r2|inertia|purity|"
    r"silhouette|brier|log_?loss|perplexity|youden|gini|ks|log_?lik(?:elihood)?|bic|aic|elbo|ndcg|psnr|wcss)"
    r"(?:_(?:score|rate|\w{1,5}))?",
    re.IGNORECASE,
)
"""Names that nobody gives to anything but a measure."""
ANSWERING = frozenset({"predict", "classify", "infer", "forecast"})
"""First words of the names of functions that give predictions."""


_WORDS = {
    **dict.fromkeys(("acc", "accuracy", "accuracies", "accs"), "accuracy"),
    **dict.fromkeys(
        ("error_rate", "err_rate", "misclassification", "misclassification_rate"), "error_rate"
    ),
    **dict.fromkeys(("precision", "prec", "ppv"), "precision"),
    **dict.fromkeys(("recall", "sensitivity"), "recall"),
    **dict.fromkeys(("specificity",), "specificity"),
    **dict.fromkeys(("f1", "f1_score", "f1score", "fscore", "f_score", "f_measure"), "f1"),
    **dict.fromkeys(("fbeta", "f_beta"), "f_beta"),
    **dict.fromkeys(("mse", "mean_squared_error"), "mse"),
    **dict.fromkeys(("rmse", "root_mean_squared_error"), "rmse"),
    **dict.fromkeys(("rmsle",), "rmsle"),
    **dict.fromkeys(("mae", "mean_absolute_error"), "mae"),
    **dict.fromkeys(("mape",), "mape"),
    **dict.fromkeys(("smape",), "smape"),
    **dict.fromkeys(("r2", "r_2", "r_squared", "rsquared", "rsq", "r2_score"), "r2"),
    **dict.fromkeys(("auc", "auroc", "roc_auc"), "auc"),
    **dict.fromkeys(("log_loss", "logloss", "log_likelihood_loss"), "log_loss"),
    **dict.fromkeys(("cross_entropy", "crossentropy", "xent", "bce", "nll"), "cross_entropy"),
    **dict.fromkeys(("perplexity", "ppl"), "perplexity"),
    **dict.fromkeys(("iou", "jaccard"), "iou"),
    **dict.fromkeys(("dice",), "dice"),
    **dict.fromkeys(("mcc", "matthews"), "mcc"),
    **dict.fromkeys(("kappa",), "kappa"),
    **dict.fromkeys(("deviance",), "deviance"),
    **dict.fromkeys(("rae",), "rae"),
    **dict.fromkeys(("skill", "skill_score"), "skill_score"),
    **{name: name for name in ("brier", "ece", "mase", "mrr", "msle", "ndcg", "purity", "rmspe")},
    **{name: name for name in ("gini", "silhouette", "theil_u", "wape", "youden", "lift")},
    **{name: name for name in ("psnr", "snr", "ssim", "crps", "nse", "kge", "elbo", "aic", "bic")},
    **{name: name for name in ("bleu", "rouge", "wer", "cer", "eer", "nmi", "ari", "dcg", "npv")},
    **{name: name for name in ("nrmse", "medae", "mdape", "mpe", "rrse", "informedness")},
    **{name: name for name in ("precision_at_k", "recall_at_k", "hit_rate", "top_k_accuracy")},
    **dict.fromkeys(("nlpd",), "nlpd"),
    **dict.fromkeys(("balanced", "balanced_accuracy", "bal_acc", "bacc"), "balanced_accuracy"),
    **dict.fromkeys(("gmean", "g_mean"), "geometric_mean"),
    **dict.fromkeys(("c_index", "cindex", "concordance", "concordance_index"), "concordance_index"),
    **dict.fromkeys(("corr", "correlation", "pearson", "corrcoef"), "correlation"),
    **dict.fromkeys(("spearman",), "spearman"),
    **dict.fromkeys(("loglik", "log_lik", "log_likelihood", "loglikelihood"), "log_likelihood"),
    **dict.fromkeys(("pinball", "pinball_loss", "quantile_loss"), "pinball_loss"),
    **dict.fromkeys(("directional_accuracy", "direction_accuracy"), "directional_accuracy"),
    **dict.fromkeys(("mean_average_precision",), "mean_average_precision"),
    **dict.fromkeys(("jaccard_index", "mean_iou", "miou"), "iou"),
    **dict.fromkeys(("silhouette_width",), "silhouette"),
    **dict.fromkeys(("within_cluster_sum_of_squares", "wcss", "inertia", "distortion"), "inertia"),
    "ks": "ks",
    **dict.fromkeys(("confusion", "confusion_matrix", "cm", "confmat"), "confusion_matrix"),
    **dict.fromkeys(("tpr", "fpr"), "roc_curve"),
}
"""Words that are said of one measure alone."""
_NO_MEASURES = re.compile(
    r"(?:^|_)(?:std|sd|stdev|var|sem|best|delta|diff|threshold|patience|ci|idx|index|argmax|argmin)(?:_|$)",
    re.IGNORECASE,
)


def measure_said_by(text: str) -> str | None:
    """Find the measure that a name or a text says, the longest word of it; of a spread or a record it says none."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    tokens = "_".join(re.findall(r"[a-z]+\d*|\d+", plain))
    if _NO_MEASURES.search(tokens):
        return None
    framed = f"_{tokens}_"
    hits = [word for word in _WORDS if f"_{word}_" in framed or f"_{word}s_" in framed]
    return _WORDS[max(hits, key=len)] if hits else None


def answers(name: str) -> bool:
    """Tell whether a function is named for giving predictions."""
    return name.lstrip("_").partition("_")[0].lower() in ANSWERING


def is_implied(measure: str, asked: Collection[str]) -> bool:
    """Tell whether a library computes a measure on its own: its objective's, where others or none were asked for.

    A measure that is no library's default was asked for somewhere, by a function of the program's own, say.
    """
    named = {name.partition("@")[0] for one in asked for name in (one, _ALIASES.get(one, one))}
    stem = measure.partition("@")[0]
    return stem in set(_BOOSTED.values()) and stem not in named


ASKED_FOR = {
    "feature_importances_": "feature_importances",
    "inertia_": "inertia",
    "oob_score_": "oob_score",
    "lower_bound_": "lower_bound",
    "rsquared": "r2",
    "rsquared_adj": "adjusted_r2",
    "prsquared": "pseudo_r2",
    "aic": "aic",
    "bic": "bic",
    "deviance": "deviance",
    "llf": "log_likelihood",
    "mse_resid": "mse",
    "concordance_index_": "concordance_index",
    "mse_path_": "mean_squared_error",
    "loss_": "loss",
    "best_loss_": "loss",
    "pearson_chi2": "pearson_chi2",
    "criterion_": "criterion",
}
"""Attributes of fitted models that are measures of them."""

PREDICTED_SO = re.compile(
    r"(?:^|[._])(?:y_?)?(?:hat|pred|preds|predicted|prediction|predictions|yhat|guess|guesses|guessed|forecasts?|"
    r"prob|proba|probas|probs|fitted_?values)\d*(?:_|$)",
    re.IGNORECASE,
)
"""Names that people give to what a model of theirs says."""


def field_name(name: str) -> str:
    """Name a measure as the field does: `accuracy_score` and the scorer `accuracy` are one."""
    last = name.rpartition(".")[2]
    if is_negated(last):
        return "brier_score_loss" if last == "neg_brier_score" else last.removeprefix("neg_")
    return last.removesuffix("_score") if last != "score" else last


def is_negated(scorer: str) -> bool:
    """Tell whether a scorer gives a loss with its sign turned, so that more is better: `neg_mean_absolute_error`.

    Source:
        scikit-learn's user guide, "String name scorers".
    """
    return scorer.startswith("neg_") and "likelihood" not in scorer


def measure_of_score(task: str | None) -> str:
    """Say what `score` computes where nobody says otherwise."""
    return {"classification": "accuracy", "regression": "r2"}.get(task or "", "score")


def measure_of_scorer(text: str) -> str:
    """Name what a scorer computes by how it was made, `make_scorer(f1_score)`; `score` if that does not tell."""
    made = re.search(r"make_scorer\(\s*(?:score_func\s*=\s*)?([A-Za-z_][\w.]*)", text)
    if made is not None:
        return "score" if made[1] == "lambda" else field_name(made[1])
    named = re.fullmatch(r"<?(?:function |class )?([A-Za-z_][\w.]*)>?", text.strip())
    plain = named[1].rpartition(".")[2] if named is not None else ""
    return (
        field_name(plain)
        if plain and not plain.startswith("_") and plain != "function"
        else "score"
    )


def measure_of_display(class_name: str) -> str | None:
    """Say what a display of scikit-learn's computes."""
    return _DISPLAYS.get(class_name)


def measure_of_objective(objective: str | None) -> str | None:
    """Say what xgboost and lightgbm measure on an evaluation set if they are not told."""
    return _BOOSTED.get(objective or "")


def loss_name(name: str) -> str:
    """Name a loss as the field does: `torch.nn.CrossEntropyLoss` is `cross_entropy`."""
    last = name.rpartition(".")[2].removesuffix("Loss")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).lower() or "loss"


def series_of(name: str) -> tuple[str, str]:
    """Part the name of what was measured after each round: data it was measured on, and the measure."""
    series, _, measure = name.rpartition("/")
    if not series and measure.startswith(("val_", "eval_")):
        return "validation", measure.partition("_")[2]
    return series, measure
