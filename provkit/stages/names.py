"""What people mean by the names they give: evidence of the weakest kind, used where nothing else is known."""

from __future__ import annotations

import re

from provkit.stages.meanings import Meaning, Sort

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_VARIABLES: tuple[tuple[str, Sort], ...] = (
    (r"y_?(pred|hat|prob|proba|score)\w*|\w*pred(s|iction|ictions|icted|t)?|\w*probs?|logits|outputs?|estimated?", "prediction"),
    (r"\w*(accuracy|acc|score|scores|metric|metrics|losses|auc|rmse|mse|mae|error|errors|f1|precision|recall|results?|report|history|cv_results|summary)", "scores"),
    (r"(ax|axs|axes|fig|figure|plt|sns|ax\d|fig\d|ax_\w+|fig_\w+|canvas|cmap)", "plot"),
    (r"(clf|model|classifier|regressor|estimator|est|reg|net|network|booster|bst|gbm|svm|knn|forest|pipeline|pipe|learner)\d*|\w+_(model|clf|net|classifier|regressor|pipeline)|model_\w+", "model"),
    (r"(scaler|encoder|vectorizer|vectoriser|pca|imputer|transformer|selector|tokenizer)\d*|\w+_(scaler|encoder|vectorizer|transformer|imputer)", "transformer"),
    (r"(x|y|xs|ys|z|data|df|dataset|frame|table|train|test|valid|val|rows|records|samples|features|targets?|labels?|images?|inputs?|corpus|texts?|points|series|actual|y_true|ground_truth)(_?(\d+|train|test|val|valid|tr|te|dev|data|set|df|raw|all|true))*|(train|test|val|valid|raw|d)_?(x|y|data|set|df|loader|labels?|features|dataset|images|targets?|train|test|val)\w*|\w+_(df|data|loader|dataset|train|test|true|labels|features)|batch\w*|loader|dataloader|dtrain|dtest", "data"),
    (r"(path|filename|fname|file_name|filepath|file_path|folder|directory|dir|url|root)|\w+_(path|dir|file|folder|url|filename|root)|tmpdir", "path"),
    (r"(args|opts|options|config|cfg|params?|kwargs|flags|settings|hparams|device|parser)|\w+_(args|params|config|kwargs)", "option"),
    (r"(start|begin|end|elapsed|duration|tic|toc|t0|t1)(_?time)?|\w+_time|time_\w+", "clock"),
    (r"(rng|random_state|rs|generator|seed)", "random"),
    (r"(optimizer|optim|criterion|scheduler|loss_fn|loss_function)\w*", "model"),
)  # fmt: skip
_COMPILED = [(re.compile(pattern, re.IGNORECASE), sort) for pattern, sort in _VARIABLES]

_VERBS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"plot", "draw", "visualize", "visualise", "imshow", "hist"}), "visualisation"),
    (frozenset({"save", "write", "export", "dump", "store", "checkpoint"}), "saving"),
    (frozenset({"split"}), "split"),
    (frozenset({"train", "fit", "training", "learn", "optimize", "finetune"}), "training"),
    (frozenset({"eval", "evaluate", "evaluation", "test", "predict", "score", "validate", "accuracy", "metric", "metrics", "rmse", "mse", "mae", "report", "auc", "error", "inference", "benchmark"}), "evaluation"),
    (frozenset({"build", "define", "compile"}), "model_definition"),
    (frozenset({"load", "read", "fetch", "download", "import", "loader"}), "data_loading"),
    (frozenset({"preprocess", "preprocessing", "clean", "cleanup", "scale", "normalize", "normalise", "standardize", "standardise", "encode", "tokenize", "impute", "resample", "transform", "augment", "prepare", "filter", "collate"}), "preprocessing"),
    (frozenset({"features", "feature", "featurize", "vectorize", "embed"}), "feature_engineering"),
)  # fmt: skip

RESULT_WORDS = re.compile(
    r"\b(accurac\w*|scores?|scored|error|loss|losses|log-loss|auc|roc|f1|recall|precision|rmse|mse|mae|r2|r\^2|"
    r"confusion|classification report|report|results?|coefficients?|importances?|best parameters?|best params|"
    r"predict(ed|ions)|deviance|likelihood|summary|silhouette|optimal|estimates?|metrics?)\b",
    re.IGNORECASE,
)
"""Words in a printed text that announce results."""
PROGRESS_WORDS = re.compile(
    r"(\.\.\.|…)\s*$|^\W*(loading|starting|saving|training|reading|processing|done|finished|begin|epoch)\b",
    re.IGNORECASE,
)
"""Words in a printed text that say how far the program is."""


def variable_hint(name: str) -> Meaning | None:
    """Guess from a variable's name what it holds."""
    for pattern, sort in _COMPILED:
        if pattern.fullmatch(name):
            return Meaning(sort)
    return None


def function_hint(name: str) -> str | None:
    """Guess from a function's name the stage that it belongs to."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if {"model", "net", "network", "classifier"} & set(words) and {
        "get",
        "make",
        "create",
        "build",
        "init",
        "define",
    } & set(words):
        return "model_definition"
    if {"data", "dataset", "datasets", "batch"} & set(words) and {
        "get",
        "make",
        "create",
        "generate",
        "gen",
        "sample",
    } & set(words):
        return "data_loading"
    for word in words:
        for verbs, stage in _VERBS:
            if word in verbs:
                return stage
    return None
