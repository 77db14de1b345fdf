"""What people mean by the names they give: evidence of the weakest kind, used where nothing else is known."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from provkit.stages.meanings import RESULTS, Meaning, Sort

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_VARIABLES: tuple[tuple[Sort, str], ...] = (
    (
        "prediction",
        r"""y_?(pred|hat|prob|proba|score)\w*
        |\w*pred(s|iction|ictions|icted|t)?|\w*probs?|logits|outputs?|estimated?""",
    ),
    (
        "scores",
        r"""\w*(accuracy|acc|score|scores|metric|metrics|losses|auc|rmse|mse|mae|costs?|error|errors|f1|precision|recall
        |results?|report|history|cv_results|summary)""",
    ),
    ("plot", r"(ax|axs|axes|fig|figure|plt|sns|ax\d|fig\d|ax_\w+|fig_\w+|canvas|cmap)"),
    (
        "model",
        r"""(clf|model|classifier|regressor|estimator|est|reg|net|network|booster|bst|gbm|svm|knn|forest|pipeline|pipe
        |learner)\d*|\w+_(model|clf|net|classifier|regressor|pipeline)|model_\w+
        |[A-Za-z]+(Model|Classifier|Regressor|Net)\d*|(optimizer|optim|criterion|scheduler|loss_fn|loss_function)\w*""",
    ),
    (
        "transformer",
        r"""(scaler|encoder|vectorizer|vectoriser|pca|imputer|transformer|selector|tokenizer|preprocessor)\d*
        |\w+_(scaler|encoder|vectorizer|transformer|imputer|transforms?)|transforms?""",
    ),
    (
        "data",
        r"""(x|y|xs|ys|z|data|df|dataset|frame|table|train|test|valid|val|rows|records|samples|features|targets?|labels?
        |images?|inputs?|corpus|texts?|points|series|actual|y_true|ground_truth)
        (_?(\d+|train|test|val|valid|tr|te|dev|data|set|df|raw|all|true))*
        |(train|test|val|valid|raw|d)_?(x|y|data|set|df|loader|labels?|features|dataset|images|targets?|train|test|val)\w*
        |\w+_(df|data|loader|dataset|train|test|true|labels|features)|batch\w*|loader|dataloader|dtrain|dtest""",
    ),
    (
        "path",
        r"""(path|filename|fname|file_name|filepath|file_path|folder|directory|dir|url|root|tmpdir)
        |\w+_(path|dir|file|folder|url|filename|root)""",
    ),
    (
        "option",
        r"""(args|opts|options|config|cfg|params?|kwargs|flags|settings|hparams|device|parser)
        |\w+_(args|params|config|kwargs)|_?logger|logging""",
    ),
    ("clock", r"(start|begin|end|elapsed|duration|tic|toc|t0|t1)(_?time)?|\w+_time|time_\w+"),
    ("random", r"(rng|random_state|rs|generator|seed)"),
)
_COMPILED = [
    (re.compile(pattern, re.IGNORECASE | re.VERBOSE), sort) for sort, pattern in _VARIABLES
]

_VERBS = {
    "visualisation": "plot draw visualize visualise imshow hist graph render",
    "saving": "save write export dump store checkpoint upload",
    "split": "split",
    "training": "train fit training learn optimize finetune objective gradient gradients backprop backpropagation",
    "evaluation": "eval evaluate evaluation test predict classify confusion score validate accuracy metric metrics"
    " rmse mse mae report auc error inference benchmark recommend",
    "model_definition": "build define compile",
    "data_loading": "load read fetch download import loader reader",
    "preprocessing": "preprocess preprocessing clean cleanup scale normalize normalise standardize standardise encode"
    " tokenize impute resample transform augment prepare filter collate"
    " tokenizer vocab vocabulary balance undersample oversample deduplicate dedupe merge",
    "feature_engineering": "pca tsne features feature featurize vectorize embed embedding embeddings",
}
_MAKING = frozenset({"build", "define"})
"""Words that say that something is made: a model, where nothing says what."""
_STAGE_OF_WORD = {word: stage for stage, words in _VERBS.items() for word in words.split()}

RESULT_WORDS = re.compile(
    r"\b(accurac\w*|scores?|scored|error|loss|losses|log-loss|auc|roc|f1|recall|precision|rmse|mse|mae|r2|r\^2|"
    r"confusion|classification report|report|results?|coefficients?|importances?|best parameters?|best params|"
    r"predict(ed|ions)|deviance|likelihood|summary|silhouette|optimal|estimates?|metrics?|"
    r"(classification|error|success|hit|win) rate)\b",
    re.IGNORECASE,
)
"""Words in a printed text that announce results."""
PROGRESS_WORDS = re.compile(
    r"(\.\.\.|…)\s*$|^\W*(loading|starting|saving|training|reading|processing|done|finished|begin|epoch|running|performing|fitting|computing|building|creating|preparing|generating|testing|plotting)\b",
    re.IGNORECASE,
)
"""Words in a printed text that say how far the program is."""


def variable_hint(name: str) -> Meaning | None:
    """Guess from a variable's name what it holds."""
    for pattern, sort in _COMPILED:
        if pattern.fullmatch(name):
            return Meaning(sort)
    return None


_ANSWERS = re.compile(
    r"y_?(hat|pred)\w*|pred(iction)?s?|\w*(accuracy|_acc|rmse|_mse|_mae)", re.IGNORECASE
)


def names_answers(names: Sequence[str]) -> bool:
    """Tell whether what is bound can only be predictions, or how good they are: `y_hat`, `test_acc`."""
    return len(names) == 1 and _ANSWERS.fullmatch(names[0]) is not None


def names_results(name: str) -> Meaning | None:
    """Tell whether a variable is named for predictions or scores, and for nothing else."""
    hint = variable_hint(name)
    return hint if hint is not None and hint.sort in RESULTS else None


_PART_WORDS = frozenset(
    {
        "train",
        "training",
        "tr",
        "test",
        "te",
        "val",
        "valid",
        "validation",
        "dev",
        "holdout",
        "heldout",
    }
)
_ANSWERING = frozenset({"predict", "classify", "infer", "forecast", "recommend", "evaluate"})


def names_a_part(name: str) -> bool:
    """Tell whether a variable is named for what a part of the data is kept for: `test_input`, `X_train`."""
    return any(word.lower() in _PART_WORDS for word in re.split(r"[_\d]+", name))


_PLACE = re.compile(
    r"(https?|ftp|s3|gs)://\S+|[\w.~:-]*[\\/][^\s<>]*|\S+\.(csv|tsv|txt|json|xlsx?|pkl|pickle|h5|hdf5|npy|npz|parquet"
    r"|feather|zip|gz|png|jpe?g|gif|pdf|pth?|onnx|model|db|sqlite|xml|html|joblib)"
)


def names_a_data_set(name: str) -> bool:
    """Tell whether a class is named for being a data set: `HousesDataset`, `DataModule`."""
    return name.endswith(("Dataset", "DataSet", "DataModule", "DataGenerator"))


_ESTIMATOR = re.compile(r"([A-Z]\w*)?(Classifier|Regressor|Clusterer|Fitter|Estimator)(CV)?")


def names_an_estimator(name: str) -> bool:
    """Tell whether a class is named for what it learns: `DNNRegressor`, `WeibullFitter`."""
    return _ESTIMATOR.fullmatch(name) is not None


_BY_HAND: tuple[tuple[str, str], ...] = (
    (
        "training",
        r"""(back(ward)?_?prop(agat\w+)?|backward(_\w+)?|\w+_backward|gradient_descent|sgd(_step)?|update_(weights?|params|parameters)
        |(compute_)?grad(ient)?s?|d_?(sigmoid|relu|tanh|softmax|loss|cost)|(derivative|deriv|grad)_\w+
        |(sigmoid|(leaky_?)?relu|tanh|softmax|activation|loss|cost|cross_entropy|mse)_(prime|deriv(ative)?|grad(ient)?|d|back\w*))""",
    ),
    (
        "model_definition",
        r"""(sigmoid|(leaky_?)?relu|tanh|softmax|softplus|gelu|elu|heaviside|(unit_)?step(_function)?|activation(_function|_fn)?)
        |((random_?|xavier_?|he_?|glorot_?|zeros_?|ones_?)?(init|initiali[sz]e)(_(weights?|params|parameters|network|biases|layers?))?)
        |(init|initiali[sz]e)_with_\w+|make_layers?|create_(network|layers?)""",
    ),
    (
        "evaluation",
        r"""forward(_pass|_prop(agat\w+)?)?|feed_?forward|hypothesis|net_input|linear_forward|model_forward
        |((binary|categorical)_?)?(cross_?entropy|x_entropy)(_loss)?|log_?loss|(compute_|calculate_)?(loss|cost)(_function|_func|_fn)?""",
    ),
)
_COMPILED_BY_HAND = [
    (re.compile(pattern, re.IGNORECASE | re.VERBOSE), stage) for stage, pattern in _BY_HAND
]


def network_part(name: str) -> str | None:
    """Say which stage a function is that is named as those of networks written by hand: `relu_prime`, `forward`."""
    name = name.strip("_")
    return next((stage for names, stage in _COMPILED_BY_HAND if names.fullmatch(name)), None)


_WEIGHTS = re.compile(r"[wWb]\d+|W|thetas?\d*|(\w+_)?(weights?|bias(es)?)(_\w+)?\d*", re.ASCII)


def names_weights(names: Sequence[str]) -> bool:
    """Tell whether an array is named for the weights of a model: `w1`, `W`, `biases`."""
    return bool(names) and all(_WEIGHTS.fullmatch(name) for name in names)


_HYPERPARAMETER = re.compile(
    r"""learning_?rate|lr|eta|(n_?|num_?|max_?)?(epochs?|iter(ation)?s?)|momentum|weight_?decay|dropout(_rate)?
    |(n_?|num_?)?(hidden|neurons)(_?(size|dim|units|layers?|nodes))?|layer_?(sizes?|dims)|lambda_?|regulari[sz]ation(_\w+)?""",
    re.IGNORECASE | re.VERBOSE,
)


def names_a_hyperparameter(names: Sequence[str]) -> bool:
    """Tell whether a constant is named for how something is to be trained: `learning_rate`, `n_epochs`."""
    return bool(names) and all(_HYPERPARAMETER.fullmatch(name) for name in names)


def names_a_place(value: ast.AST | None) -> bool:
    """Tell whether what is written out is a path or an address, and nothing else."""
    return (
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and _PLACE.fullmatch(value.value) is not None
    )


def lists_features(names: Sequence[str]) -> bool:
    """Tell whether a list is named for the columns that a model is given: `features`, `predictors`."""
    return (
        len(names) == 1
        and re.search(r"features?|predictors?|_cols_to_use", names[0].lower()) is not None
    )


def lists_settings(names: Sequence[str]) -> bool:
    """Tell whether rows are named for what is tried or drawn, not for data: `bounds`, `param_grid`, `centers`."""
    pattern = r"bound|range|limit|lims?$|param|grid|colou?r|weight|cent(er|re)|transition|kernel|size|shape|cov"
    return any(re.search(pattern, name.lower()) for name in names)


def checks(name: str) -> bool:
    """Tell whether a function is named for checking what it is given: `validate_schema`, `_require_hex`."""
    first = name.lstrip("_").partition("_")[0].lower()
    return first in ("validate", "check", "verify", "ensure", "assert", "require")


def answers(name: str) -> bool:
    """Tell whether a function is named for giving predictions."""
    return name.lstrip("_").partition("_")[0].lower() in _ANSWERING


_LOGGERS = frozenset({"log", "logger", "logging"})
_LEVELS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "success", "trace"}
)


def logs(name: str) -> bool:
    """Tell whether a function only writes to a log: `logger.error`, whoever made the logger."""
    owner, _, last = name.rpartition(".")
    return last in _LEVELS and owner.rpartition(".")[2].strip("_").lower() in _LOGGERS


_PLOTTING = re.compile(
    r"(plot|hist(ogram)?|draw|visuali[sz]e|imshow)(_\w+)?|\w+_(plot|hist|histogram|heatmap)|[a-z]{1,7}plot(_\w+)?"
)


def plots(name: str) -> bool:
    """Tell whether a method is named for plotting: `plot_forest`, `qqplot`, `pairplot`."""
    return _PLOTTING.fullmatch(name) is not None


_FILES = frozenset(
    {
        "json",
        "csv",
        "parquet",
        "file",
        "files",
        "disk",
        "pickle",
        "excel",
        "sql",
        "directory",
        "folder",
    }
)


_OF_GRAPHS = frozenset({"build", "to", "from", "nodes", "edges", "load", "neural", "knowledge"})


def function_hint(name: str) -> str | None:
    """Guess from a function's name the stage that it belongs to, by the first word that tells."""
    return next(iter(function_hints(name)), None)


def function_hints(name: str) -> list[str]:
    """Guess from a function's name the stages that it has to do with."""
    words = [word.lower() for word in _WORDS.findall(re.sub(r"(?i)z_?scores?", "scale", name))]
    if {
        *("model", "models", "net", "network", "networks", "classifier", "checkpoint", "pipeline")
    } & set(words) and {
        "load",
        "restore",
        "get",
        "make",
        "create",
        "build",
        "init",
        "define",
    } & set(words):
        return ["model_definition"]
    if {"data", "dataset", "datasets", "batch"} & set(words) and {
        "get",
        "make",
        "create",
        "generate",
        "gen",
        "sample",
    } & set(words):
        return ["data_loading"]
    if {"params", "hyperparams", "hyperparameters"} & set(words):
        return ["model_definition"]
    if words[:1] == ["from"] and _FILES & set(words[1:]):  # `Documents.from_json`
        return ["data_loading"]
    if "split" in words:  # whatever is split: `train_test_split`
        return ["split"]
    telling = [word for word in words if word in _STAGE_OF_WORD]
    if _OF_GRAPHS & set(words):  # a graph of nodes is no drawing
        telling = [word for word in telling if word != "graph"]
    if any(word not in _MAKING for word in telling):  # `build_features` says what is built
        telling = [word for word in telling if word not in _MAKING]
    return list(dict.fromkeys(_STAGE_OF_WORD[word] for word in telling))
