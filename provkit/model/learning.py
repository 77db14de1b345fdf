"""What was learned: parameters, data sets, splits, runs, evaluations and models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from provkit.model.executions import Derivation, Implementation
from provkit.model.notebooks import Content
from provkit.model.references import Reference, Scalar

Origin = Literal["given", "default", "resolved"]


@dataclass(frozen=True, slots=True)
class ParameterSetting:
    """What one hyperparameter was set to, for one object or one call.

    `key` is the order of the execution that got it and its name, `10.alpha`; inside a pipeline
    or a search with the name of the part before it, `10.svc__C`.
    """

    key: str
    name: str
    execution: int
    """Order of the execution that got it: a constructor, a function, an assignment, a `fit` that resolved it."""
    owner: Implementation
    """The class or function whose parameter it is."""
    parameter: str
    """Its name there: `C` for `svc__C`."""
    origin: Origin
    """Given by the program, left at its default, or resolved from another while fitting."""
    scalar: Scalar | None = None
    repr: str | None = None
    """The value, where it is none that a literal can hold: `None`, a tuple, an estimator's class."""
    set_by: str | None = None
    """What set a given one: `source`, `command line`, `file`, `parameters cell`, `assignment`, `set_params`, `**`."""
    where: str | None = None
    """The place: `train.py:14`, `--alpha`, `params.yaml`."""
    of: str | None = None
    """Key of the value that has it: the object made or changed; None for a call's own parameter."""
    same_as: str | None = None
    """Key of the setting that this one repeats: a nested one, of the part's own constructor."""
    resolves: str | None = None
    """Key of the setting that this one is the resolution of."""
    derived_from: tuple[Derivation, ...] = ()
    is_seed: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """What the columns of a table or array stand for in learning."""

    value: str
    """Key of the value."""
    role: Literal["data", "features", "target"]
    features: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    classes: tuple[tuple[str, int], ...] = ()
    """Of labels: each with its count, the most frequent first."""


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One part of a split: the values that hold it, and its number of rows."""

    role: Literal["train", "validation", "test"]
    values: tuple[str, ...]
    rows: int | None = None
    fold: int | None = None
    """Which fold of a splitter's it belongs to, counted from 1."""


@dataclass(frozen=True, slots=True)
class Split:
    """Data parted for training and testing; `execution` is the order of the call that did it."""

    execution: int
    method: str
    """Qualified name of the function or splitter."""
    parts: tuple[SplitPart, ...]
    ratio: float | None = None
    """Share of the rows in the parts that are not for training."""
    folds: int | None = None
    shuffled: bool | None = None
    stratified_by: str | None = None
    """Name of what the classes were kept in balance by."""
    seed: Scalar | None = None
    """None: randomness was not seeded here, or there was none."""


@dataclass(frozen=True, slots=True)
class LearningRun:
    """A model was fitted: by a call, or inside one, for one fold or candidate."""

    key: str
    """`1`, or below the search or cross-validation it is part of `1.candidate-3`, `1.fold-2`."""
    kind: Literal["fit", "search", "cross-validation", "candidate", "fold"]
    implementation: Implementation
    """The class of the estimator, or the function that trains."""
    executions: tuple[int, ...]
    """Orders of what was done in it: first the fit, then what evaluated its model."""
    model: str | None = None
    """Key of the fitted model; None for one that was thrown away."""
    inputs: tuple[Reference, ...] = ()
    """Data: what it was fitted on and what its model was evaluated on."""
    features: str | None = None
    """Key of the value it was fitted on."""
    target: str | None = None
    parameters: tuple[str, ...] = ()
    """Keys of the settings in force."""
    parent: str | None = None
    """Key of the search or cross-validation that it is part of."""
    task: str | None = None
    """`classification`, `regression`, `clustering`, ..."""
    candidate: tuple[tuple[str, str], ...] = ()
    """What a search tried: names and values as text."""
    folds: int | None = None
    """Of a cross-validation or a search: into how many folds the data was parted."""
    folded_by: str | None = None
    """Qualified name of the splitter's class, a library's own where it was given a number."""
    held_out: int | None = None
    """Of a fold: rows that were not fitted on, but measured on."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A measure of a model was computed."""

    key: str
    """The value's key where a value of the trial is the number, else minted: `1.fold-2.accuracy`."""
    measure: str
    """By the field's name: `accuracy`, `f1`, `log_loss`."""
    number: float | None
    """None where the measure is no single number: a matrix, a curve."""
    execution: int
    """Order of the execution that computed it."""
    via: Literal[
        "call",
        "score",
        "search",
        "cross-validation",
        "evaluation set",
        "history",
        "display",
        "expression",
    ]
    function: Implementation | None = None
    value: str | None = None
    """Key of the value that is the number."""
    run: str | None = None
    """Key of the run whose model it measures."""
    compares: tuple[str, ...] = ()
    """Keys of the values that it compares: labels and predictions."""
    split: Literal["train", "validation", "test"] | None = None
    averaging: str | None = None
    iteration: int | None = None
    """Round of training after which it was computed, from 0."""
    is_implied: bool = False
    """Nobody asked for it: the library has computed it on its own."""


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """What a measure was after each round of training."""

    measure: str
    numbers: tuple[float, ...]
    execution: int
    run: str | None = None
    series: str | None = None
    """Name of the data it was measured on, as the library or the program calls it."""
    rounds: int | None = None
    """Rounds in all, where fewer are known: the others were not looked into."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a fitted model besides its parameters."""

    value: str
    """Key of the model."""
    facts: tuple[tuple[str, Scalar], ...] = ()
    """Attributes that fitting set and that are single values: `n_iter_`, `best_score_`."""
    size_bytes: int | None = None
    """Bytes of its arrays."""
    digest: str | None = None
    """SHA-256 of its arrays in the order of their names, in hex; None where they are too many, or not all."""


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model whose bytes are in the artifacts of the store."""

    value: str
    """Key of the model."""
    suffix: str
    """What a file of this format is called: `skops`, `safetensors`, `json`, `pickle`."""
    content: Content


@dataclass(frozen=True, slots=True)
class Learning:
    """What the trial's executions meant for learning."""

    parameters: tuple[ParameterSetting, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    splits: tuple[Split, ...] = ()
    runs: tuple[LearningRun, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    curves: tuple[TrainingCurve, ...] = ()
    kept: tuple[KeptModel, ...] = ()
    models: tuple[ModelFacts, ...] = ()
    unseeded: tuple[str, ...] = ()
    """Keys of the seeds that were left unset, so that randomness was not repeatable there."""
    stages: tuple[tuple[int, str], ...] = ()
    """For executions, by order, the stage that running showed."""
