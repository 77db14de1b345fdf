"""What was written and what happened, as plain facts: no RDF, no files, no clock.

Written: a `Plan` (script, module, command text) with its `Step`s and variables.
Happened: a `Trial` with its `Execution`s, `Value`s and `File`s. Around them: `Setting`,
`Package`, `Agent`. Whatever names another thing does so by `Reference` or by key, so a
trial is a value that can be compared, pickled and written down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Scalar = bool | int | float | str
"""What has an XML Schema datatype of the OWL 2 map; everything else is described by `repr`."""

PlanKind = Literal["script", "module", "command", "notebook"]
CellKind = Literal["code", "markdown", "raw"]
Status = Literal["completed", "failed", "aborted"]
Origin = Literal["given", "default", "resolved"]


class Reference(NamedTuple):
    """A value, file state, setting (a parameter's among them), output or evaluation of the same trial, by its key."""

    kind: Literal["value", "file", "setting", "output", "evaluation"]
    key: str


# ------------------------------------------------------------------ written


@dataclass(frozen=True, slots=True)
class Stage:
    """Which stage of a data-science pipeline something belongs to.

    `name` is one of `provkit.knowledge.STAGES`; `confidence` is between 0 and 1, 1 where the user says so.
    """

    name: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A statement, or a call inside one, of a plan.

    `key` is `line.column` for a statement and `line.column-end_line.end_column` for a
    nested call; lines from 1, columns from 0 in UTF-8 bytes, as `ast` counts. In a notebook the cell's
    id comes first (`c790615e.2.0`), for an earlier text of the cell with its number (`c790615e@1.2.0`).
    """

    key: str
    source: str
    parent: str | None = None
    """Key of the enclosing step; None for a statement of the module."""
    preceded_by: str | None = None
    """Key of the statement before it in the same block."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    is_call: bool = False
    """The step is a call, or a statement that is one call or binds one call's result."""
    is_compound: bool = False
    """Other steps have this one as their parent."""
    cell: str | None = None
    """Key of the cell it stands in; None in a script without cells."""
    stage: Stage | None = None
    """The stage that the text alone shows; None for a call inside a statement."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a notebook, or a `# %%` cell of a script: its place, title and text."""

    index: int
    """Place among the cells, from 0."""
    first_line: int
    last_line: int
    title: str
    kind: CellKind = "code"
    id: str | None = None
    """What a notebook calls it; None in a script."""
    stage: Stage | None = None
    """The stage that the text alone shows, of a code cell of a notebook."""

    @property
    def key(self) -> str:
        """What it is called within its plan: the id, or the index in a script."""
        return str(self.index) if self.id is None else self.id

    @property
    def shows(self) -> bool:
        """It can have outputs: a code cell of a notebook."""
        return self.id is not None and self.kind == "code"


@dataclass(frozen=True, slots=True)
class Function:
    """A function or class that the plan's text defines, by qualified name."""

    name: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a source text says, found without running it.

    A function of the text alone, or of a module the part of it in which something ran: `digest` is the SHA-256 of its
    bytes, in hex; of a notebook's cells in the form that `provkit.notebook_cells` gives them.
    """

    digest: str
    kind: PlanKind
    size_bytes: int
    steps: tuple[Step, ...] = ()
    variables: tuple[str, ...] = ()
    functions: tuple[Function, ...] = ()
    cells: tuple[Cell, ...] = ()
    text: str | None = None
    """The whole text, redacted line by line, so that every step stands where its key says; None if it is
    not known, or is that of a notebook, whose cells have theirs."""


# ------------------------------------------------------------------ happened


@dataclass(frozen=True, slots=True)
class Package:
    """Installed software: a distribution of PyPI, or the interpreter itself.

    `ecosystem` is the purl type: `pypi`, or `generic` for Python and the operating system.
    """

    name: str
    version: str
    ecosystem: Literal["pypi", "generic"] = "pypi"


@dataclass(frozen=True, slots=True)
class Implementation:
    """Something that was called: where it comes from, and its qualified name.

    Exactly one of `package` and `plan` says where: `plan` is the digest of the project's own
    source that defines it. Neither is set when nobody could tell.
    """

    qualified_name: str
    package: Package | None = None
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """An execution read an entity, perhaps as the argument of a parameter.

    `parameter` is the parameter's name in the callee (`X`, `self`, `arrays.0`); `part` the
    subscript or attribute of the entity that was read (`.alpha`, `["rooms"]`).
    """

    entity: Reference
    parameter: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception: its type's qualified name, and its message (redacted, shortened)."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One step carried out once, a loop as a whole, or an opaque call.

    `order` counts from 1 in the order of starting, and is the execution's name.
    """

    order: int
    plan: str
    """Digest of the plan that has the step."""
    step: str
    """Key of the step."""
    parent: int | None
    """Order of the enclosing execution; None directly below the trial."""
    started_at: datetime
    ended_at: datetime | None
    """None if the program ended, or was killed, inside it."""
    called: Implementation | None = None
    usages: tuple[Usage, ...] = ()
    iterations: int | None = None
    summarised: bool = False
    """Its inside (a loop's rounds, the body of a function of the user's) was not looked into."""
    failure: Failure | None = None
    unbinds: tuple[str, ...] = ()
    """Variables that it deleted; what they had held may live on under another name."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A value or file came from an entity: by data, or (control) because a test read it."""

    source: Reference
    control: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """One version of one object, described and not kept.

    `key` is unique in the trial and names the value in IRIs: `df.2` for the second version of
    what `df` named, `11.14-11.35.1` for the unnamed result of the call at that place.
    """

    key: str
    label: str
    """For people: `df@2`, or the source text of the expression."""
    type: str
    """Qualified name of the class."""
    variables: tuple[str, ...] = ()
    """Variables of the script's plan it was bound to; none for temporaries, several for aliases."""
    shape: tuple[int, ...] | None = None
    columns: tuple[str, ...] | None = None
    length: int | None = None
    dtype: str | None = None
    preview: str | None = None
    scalar: Scalar | None = None
    generated_by: int | None = None
    """Order of the innermost execution that made it; None for what was there before."""
    derived_from: tuple[Derivation, ...] = ()
    revision_of: str | None = None
    """Key of the version before, of the same object."""
    tags: tuple[str, ...] = ()
    """What somebody said that it is."""
    column_types: tuple[str, ...] | None = None
    """Of a table, one for each column."""
    missing: int | None = None
    """Elements that are missing, if some are and they were counted."""
    missing_in: tuple[tuple[str, int], ...] = ()
    """Columns in which some are missing, and how many."""
    size_bytes: int | None = None
    """Of the elements of an array or table, without what they refer to."""
    digest: str | None = None
    """SHA-256 of the whole content, in hex; of small values that consist of plain bytes alone."""
    seeded: bool | None = None
    """Of a generator of random numbers: whether the program said where it starts."""
    ended_by: int | None = None
    """Order of the execution that deleted the last name that could lead to it."""


@dataclass(frozen=True, slots=True)
class File:
    """One state of one file in a trial.

    `path` is relative to the project, in POSIX form, or absolute for what lies outside. A later
    state of the same file has a key ending in `@2`, `@3`, ... . `digest` is SHA-256 in hex; None if the bytes
    could not be read (vanished, unreadable, a device), and `verified` is False when the
    file changed between its use and its hashing.
    """

    key: str
    path: str
    digest: str | None
    size_bytes: int | None
    verified: bool = True
    generated_by: int | None = None
    derived_from: tuple[Derivation, ...] = ()
    revision_of: str | None = None
    role: Literal["data", "code"] = "data"


@dataclass(frozen=True, slots=True)
class Setting:
    """A circumstance or parameter of the trial, by dotted key: `argv`, `git.commit`, `cpu.model`."""

    key: str
    label: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Output:
    """The tail of what Python code wrote to one stream (redacted)."""

    stream: Literal["stdout", "stderr"]
    text: str
    size_chars: int
    """Characters written in all, those not kept included."""


@dataclass(frozen=True, slots=True)
class Content:
    """Text that is told, or bytes that are kept by their digest."""

    mime: str
    text: str | None
    """None if it is kept in the artifacts of the store, under `digest`."""
    digest: str | None = None
    """SHA-256 in hex of what is kept."""
    size_bytes: int = 0
    encoding: Literal["text", "json", "base64", "base64-line", "base64-lines"] = "text"
    """How a notebook writes it: as it is, as a JSON value, or as base64: without line end, with one, or in
    lines of 76 characters."""


@dataclass(frozen=True, slots=True)
class CellText:
    """The text of a cell as it was for some of its executions, and what stood with it."""

    cell: str
    """Key of the cell."""
    number: int
    """Counts the edits between executions, from 1; the last is how the cell stands at the end."""
    source: Content
    metadata: Content | None = None
    tags: tuple[str, ...] = ()
    attachments: tuple[tuple[str, Content], ...] = ()
    python: Content | None = None
    """What IPython made of it before it ran, where that is another text; the steps' places are in this one."""
    is_deleted: bool = False
    """The cell ran, and is not in the notebook at the end."""

    @property
    def key(self) -> str:
        """`c790615e.2` for the second text of a cell."""
        return f"{self.cell}.{self.number}"


@dataclass(frozen=True, slots=True)
class CellExecution:
    """A cell of a notebook, run once; it shares the count of orders with `Execution`."""

    order: int
    cell: str
    text: int
    """Number of the text that ran."""
    status: Status
    started_at: datetime | None = None
    """None where a saved notebook does not tell."""
    ended_at: datetime | None = None
    execution_count: int | None = None
    parent: int | None = None
    """Order of the execution that ran it; None directly below the trial."""
    failure: Failure | None = None
    tags: tuple[str, ...] = ()
    is_cleared: bool = False
    """It is the last of its cell, and the notebook shows its outputs and count no longer."""


@dataclass(frozen=True, slots=True)
class CellOutput:
    """Something that a cell showed: text of a stream, an error, or one thing in several formats."""

    execution: int
    """Order of the cell's execution."""
    number: int
    """Place among its outputs, from 1."""
    kind: Literal["stream", "display_data", "execute_result", "error"]
    contents: tuple[Content, ...] = ()
    """Each format; of an error all that is known of it, as JSON."""
    stream: str | None = None
    execution_count: int | None = None
    metadata: Content | None = None
    failure: Failure | None = None
    derived_from: tuple[Derivation, ...] = ()

    @property
    def key(self) -> str:
        """`12.1` for the first output of execution 12."""
        return f"{self.execution}.{self.number}"


@dataclass(frozen=True, slots=True)
class Notebook:
    """What a trial of a notebook tells beside its plan."""

    way: Literal["saved", "executed", "live"]
    format: tuple[int, int] | None = None
    """Major and minor version of nbformat; None where there is no file."""
    metadata: Content | None = None
    texts: tuple[CellText, ...] = ()
    executions: tuple[CellExecution, ...] = ()
    outputs: tuple[CellOutput, ...] = ()
    previous: str | None = None
    """Id of the trial that the same kernel made before it was started anew."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The person for whom it ran: a name, and an ORCID if one is set."""

    name: str
    orcid: str | None = None


# ------------------------------------------------------------------ what it meant


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


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a plan and all that is known of it."""

    id: str
    """32 hex digits of a random UUID."""
    base_iri: str
    """Base IRI of the project when the trial was made; it keeps it."""
    label: str
    """The command line as a person would say it: `train.py --alpha 0.1`."""
    plan: Plan
    started_at: datetime
    ended_at: datetime | None
    status: Status
    exit_status: int | None
    provkit_version: str
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    experiment: str | None = None
    signal: int | None = None
    """Number of the signal that killed the program."""
    failure: Failure | None = None
    failed_in: int | None = None
    """Order of the innermost execution in which the exception was raised."""
    agent: Agent | None = None
    script: str | None = None
    """Key of the file that holds the plan's text; None for `-c`."""
    modules: tuple[tuple[str, Plan], ...] = ()
    """The project's own modules that were imported: key of the file, and its plan."""
    executions: tuple[Execution, ...] = ()
    ran_unseen: tuple[tuple[str, str], ...] = ()
    """Statements that ran, at least once, without being looked into: digest of the plan and key of the step."""
    values: tuple[Value, ...] = ()
    files: tuple[File, ...] = ()
    settings: tuple[Setting, ...] = ()
    packages: tuple[Package, ...] = ()
    """Distributions that were imported, sorted by name."""
    interpreter: Package | None = None
    platform: Package | None = None
    outputs: tuple[Output, ...] = ()
    notebook: Notebook | None = None
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    learning: Learning = field(default=Learning())
    warnings: tuple[str, ...] = field(default=())
    """What capture itself could not do, each in one sentence."""
