"""What is known of one name: an `Entry`, and the words that its fields may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STAGES = (
    "imports",
    "data_loading",
    "preprocessing",
    "feature_engineering",
    "split",
    "model_definition",
    "training",
    "evaluation",
    "visualisation",
    "saving",
    "other",
)
"""Stages of a data-science pipeline, in their usual order."""

CLASS_STAGE = "class"
"""Stands for the stage of the class, where a method has no other."""

NEUTRAL = frozenset({"operation", "maker", "composition", "table", "array", "show", "grouping"})
"""Concepts of what is only as its inputs are: it has no stage of its own."""

CONCEPTS = frozenset(
    {
        # classes that learn
        "estimator",
        "clusterer",
        "transformer",
        "sampler",
        "pipeline",
        "column_transformer",
        "search",
        "network",
        "layer",
        "loss",
        "optimizer",
        "scheduler",
        "trainer",
        "settings",
        "training_step",
        "callback",
        "fitted_model",
        "booster",
        # data
        "dataset",
        "container",
        "data_reader",
        "data_generator",
        "data_writer",
        "feature_maker",
        "splitter",
        "split",
        # models kept and brought back
        "model_reader",
        "model_writer",
        # measuring
        "metric",
        "statistical_test",
        "scorer",
        "cross_validation",
        "inspection",
        "prediction",
        "report",
        "display",
        # pictures
        "plot",
        "figure",
        "axes",
        "figure_writer",
        # randomness
        "random_generator",
        "random_draw",
        "seeder",
        # tables, arrays and what surrounds them
        "table",
        "array",
        "maker",
        "operation",
        "grouping",
        "text",
        "file",
        "path",
        "clock",
        "argument_parser",
        "arguments",
        "option",
        "logger",
        "tracker",
        "show",
        "composition",
    }
)
"""What a name is, in the words of the field; ML-Schema's classes are made from these by `provkit.mapping`."""

TASKS = frozenset(
    {
        "classification",
        "regression",
        "clustering",
        "outlier detection",
        "density estimation",
        "dimensionality reduction",
        "ranking",
        "forecasting",
        "test of hypothesis",
    }
)

ROLES = frozenset(
    {
        "data",
        "features",
        "label",
        "groups",
        "weight",
        "evaluation_data",
        "hyperparameter",
        "path",
        "seed",
        "prediction",
        "scores",
        "model",
        "estimator",
        "transformer",
        "metric",
        "splitter",
        "optimizer",
        "formula",
        "callback",
        "axes",
        "value",
    }
)
"""What an argument or a result is to the call. `value` is anything else."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a function, class or method.

    `arguments` maps parameters to roles in the order of the signature: the leading ones may be given by position;
    `self` is never listed, and `*arrays` stands for all positions that follow. `returns` holds the role of the
    result, one for each part where it is a tuple; `result` the qualified name of its class, likewise (`self`: the
    object itself).
    """

    pattern: str
    library: str
    """Name of the distribution (`scikit-learn`)."""
    stage: str | None = None
    concept: str | None = None
    task: str | None = None
    measure: str | None = None
    """Name of the measure that a metric computes."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    mutates: tuple[str, ...] = ()
    """Parameters whose objects the call changes; `self` is the object whose method it is."""
    returns: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    source: str = ""
    """Where this is written: file and line."""
    is_method: bool = False
    """It was found by the method's name for a kind of class, and not by the whole name."""

    def role(self, parameter: int | str) -> str | None:
        """Say which role an argument has, by its position from 0 or by its name."""
        if isinstance(parameter, str):
            return self.arguments.get(parameter)
        for index, (name, role) in enumerate(self.arguments.items()):
            if index == parameter or name.startswith("*"):
                return role
        return None
