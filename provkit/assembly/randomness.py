"""Where a seed that was left unset matters: not where nothing is drawn, nor where the library has a seed of its own."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from provkit.model import Scalar

_NOTHING_DRAWN: tuple[tuple[str, str, tuple[Scalar, ...]], ...] = (
    ("sklearn.model_selection.*", "shuffle", (False,)),
    ("sklearn.svm.*SVC", "probability", (False, "deprecated")),
    ("sklearn.linear_model.*", "selection", ("cyclic",)),
    ("sklearn.linear_model.*Logistic*", "solver", ("lbfgs", "newton-cg", "newton-cholesky")),
    (
        "sklearn.linear_model.*Ridge*",
        "solver",
        ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "lbfgs"),
    ),
    ("sklearn.decomposition.*PCA", "svd_solver", ("full", "covariance_eigh")),
)
"""Classes, and a parameter with the values at which they draw no numbers (scikit-learn's reference, `random_state`)."""
_SEED_OF_ITS_OWN = ("xgboost.*", "lightgbm.*", "catboost.*")
"""Libraries whose seeds are fixed numbers by default, as their parameter references say."""


def is_drawn(owner: str, settings: Mapping[str, Scalar | None]) -> bool:
    """Tell whether a class or function draws numbers from elsewhere if its seed is left unset.

    Args:
        owner: Its qualified name; private parts of the path do not matter.
        settings: Its other parameters.
    """
    name = ".".join(part for part in owner.split(".") if not part.startswith("_"))
    if any(fnmatchcase(name, pattern) for pattern in _SEED_OF_ITS_OWN):
        return False
    return not any(
        fnmatchcase(name, pattern) and parameter in settings and settings[parameter] in values
        for pattern, parameter, values in _NOTHING_DRAWN
    )
