"""What a class of the program's own is: a network, an estimator, a transformer, a data set."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provkit.stages.meanings import UNKNOWN, Meaning, Work
from provkit.stages.names import function_hint, names_an_estimator

_LEARNT = re.compile(r"[a-z]\w*[a-z]_")
"""By scikit-learn's custom, what was learnt ends in an underscore."""
_NETWORK = frozenset({"load_state_dict", "state_dict", "parameters", "zero_grad", "requires_grad_"})
"""What only networks have; an optimizer, which has some of it, is made of one."""
_MODEL_LOADERS = frozenset({"load_state_dict", "load_weights", "load_model"})


def nature_of(bases: Sequence[Meaning], methods: set[str]) -> Meaning:
    """Say what objects of a class are: by its bases, or else by the methods that it has."""
    for base in bases:
        if base.definition is not None and base.definition.nature not in (None, UNKNOWN):
            return base.definition.nature or UNKNOWN
        concept = base.entry.concept if base.entry is not None else None
        name = (base.name or "").rpartition(".")[2]
        if concept in ("network", "layer", "estimator", "clusterer"):
            return Meaning("model", concept="network" if concept == "layer" else concept)
        if concept in ("dataset", "container"):
            return Meaning("data", concept="dataset")
        if concept in ("transformer", "column_transformer", "sampler"):
            return Meaning("transformer", concept=concept, type=base.name)
        if concept == "callback":
            return Meaning("option", concept="callback")
        is_unknown = base.entry is None and base.definition is None
        if name in ("ClassifierMixin", "RegressorMixin", "ClusterMixin") or (
            is_unknown and names_an_estimator(name)
        ):
            return Meaning("model", concept="estimator")
        if name in ("TransformerMixin", "OneToOneFeatureMixin"):
            return Meaning("transformer", concept="transformer")
    if "forward" in methods:
        return Meaning("model", concept="network")
    if "predict" in methods or "predict_proba" in methods:
        return Meaning("model", concept="estimator")
    if methods & {"transform", "fit_transform", "fit_resample", "_fit_resample"}:
        return Meaning("transformer", concept="transformer")
    return UNKNOWN


def is_no_step(base: Meaning) -> bool:
    """Tell whether what derives from a class has no part in a pipeline: errors, schemas of a web service."""
    name = (base.name or "").rpartition(".")[2]
    inherits = base.definition is not None and name == ""
    of_service = (
        base.entry is not None and base.entry.stage == "other" and base.entry.concept == "option"
    )
    return (
        of_service
        or name.endswith(("Error", "Exception"))
        or (
            inherits
            and base.definition is not None
            and base.definition.name.endswith(("Error", "Exception"))
        )
    )


def nature_by_use(attributes: set[str]) -> Meaning:
    """Say what an object that nobody described is, by everything that a program reads or calls of it."""
    nature = nature_of([], attributes)
    if nature is not UNKNOWN:
        return nature
    if attributes & _NETWORK:
        return Meaning("model", concept="network")
    if any(
        name == "train" or name.startswith("fit") or _LEARNT.fullmatch(name) for name in attributes
    ):
        return Meaning("model", concept="estimator")
    if attributes and all(
        function_hint(name) == "data_loading" and name not in _MODEL_LOADERS for name in attributes
    ):
        return Meaning("bundle")
    return UNKNOWN


def work_of_class(nature: Meaning, methods: set[str], inherited: str | None = None) -> Work | None:
    """Say what defining a class is for, perhaps by the stage of its base; None where its body has to tell."""
    if nature.sort == "model":
        return Work("model_definition", 0.93, f"defines a class of {nature.concept or 'model'}")
    if nature.sort == "transformer":
        selects = "select" in " ".join(methods)
        stage = inherited or ("feature_engineering" if selects else "preprocessing")
        return Work(stage, 0.75, "defines a transformer")
    if nature.concept == "dataset":
        return Work("data_loading", 0.8, "defines a data set")
    return None
