"""What an expression stands for, as far as the text tells, and the statements as units with the work found in them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from provkit.knowledge import Entry

Sort = Literal[
    "unknown",
    "constant",
    "text",
    "option",
    "random",
    "path",
    "file",
    "sink",
    "meta",
    "generated",
    "data",
    "bundle",
    "splitter",
    "order",
    "transformer",
    "model",
    "weights",
    "clock",
    "prediction",
    "scores",
    "display",
    "plot",
]
"""What a value is to a pipeline.

`generated` is data that the program itself draws, `bundle` a data set with its parts, `meta` what is known of data
(shape, names), `order` row numbers in an order that was drawn, `weights` the parameters of a model written by hand,
`sink` a file open for writing.
"""

_RANK: dict[Sort, int] = {
    "constant": 0,
    "text": 1,
    "unknown": 2,
    "option": 3,
    "random": 3,
    "splitter": 3,
    "order": 6,
    "path": 4,
    "meta": 5,
    "file": 6,
    "sink": 6,
    "generated": 7,
    "bundle": 8,
    "data": 8,
    "transformer": 9,
    "weights": 10,
    "model": 10,
    "clock": 11,
    "prediction": 12,
    "scores": 13,
    "display": 13,
    "plot": 14,
}
DATA: frozenset[Sort] = frozenset({"data", "generated", "bundle"})
RESULTS: frozenset[Sort] = frozenset({"prediction", "scores"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression stands for."""

    sort: Sort = "unknown"
    name: str | None = None
    """Qualified name of the module, function or class that it is."""
    type: str | None = None
    """Qualified name of the class of which it is an instance."""
    concept: str | None = None
    """What the knowledge base calls it: the concept of its class."""
    entry: Entry | None = None
    definition: Definition | None = None
    """The function or class of the program's own that it is, or is an instance of."""
    parts: tuple[Meaning, ...] = ()
    """Meanings of the items, of a tuple or list whose items are known."""
    literal: bool = False
    """It is written out in the text."""
    guessed: bool = False
    """It came of a call that nobody described, and is only as its inputs are."""


UNKNOWN = Meaning()
SHOWS_DATA = "shows data"
"""The evidence of a look at data that nothing keeps."""
PRINTS_DATA = "prints data, settings or progress"
PRINTS_FILE = "prints what is in a file"
CONSTANT = Meaning("constant", literal=True)


def join(meanings: list[Meaning]) -> Meaning:
    """Say what comes of an operation on several things: what it tells of most."""
    if not meanings:
        return CONSTANT
    sorts = {meaning.sort for meaning in meanings}
    if "weights" in sorts and sorts & DATA:
        return Meaning("prediction")
    strongest = max(meanings, key=lambda meaning: _RANK[meaning.sort])
    if strongest.sort == "bundle":
        return Meaning("data")
    if len(meanings) == 1:
        return Meaning(strongest.sort, type=strongest.type, concept=strongest.concept)
    return Meaning(strongest.sort)


def of_sort(sort: Sort, type_name: str | None = None) -> Meaning:
    """Make a meaning of which little more than the sort is known."""
    return Meaning(sort, type=type_name)


def element_of(meaning: Meaning) -> Meaning:
    """Say what the items of something are."""
    if meaning.parts:
        return join(list(meaning.parts)) if len(meaning.parts) > 1 else meaning.parts[0]
    sort = "data" if meaning.sort in ("bundle", "file") else meaning.sort
    return Meaning(sort, type=meaning.type if meaning.sort == "plot" else None)


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work that an expression does.

    `stage` is None where the work is that of a function of the program's own: `definition` then decides. Weak work
    (`firm` False) is what an operation is by its inputs; who uses its result may know better.
    """

    stage: str | None
    confidence: float
    evidence: str
    firm: bool = True
    definition: Definition | None = None
    sets_up: bool = False
    """It only sets how something later will look."""
    keeps: bool = False
    """It only keeps what the statements around it make: a figure."""
    by_name: bool = False
    """Only the name of what is called tells."""
    fed: bool = True
    """The program's own function is given data, or results."""
    within: tuple[Work, ...] = ()
    """Work that is done in the arguments of a call of the program's own function."""


@dataclass(slots=True)
class Use:
    """A statement reads what another one bound, perhaps as an argument of a known role."""

    unit: Unit
    role: str | None = None
    stage: str | None = None
    """Stage of the call whose argument it is."""
    fills: bool = False
    """It stores into it, or appends to it."""


@dataclass(slots=True)
class Unit:
    """A statement, or a cell, and what was found in it."""

    node: ast.stmt | None
    key: str
    children: list[Unit] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    sort: Sort = "unknown"
    """Of what it binds or shows."""
    uses: list[Use] = field(default_factory=list)
    """Who reads what it binds."""
    definition: Definition | None = None
    is_block: bool = False
    """Its stage is that of its children."""
    pattern: Work | None = None
    """What its dataflow is, in code that calls no library."""
    tag: str | None = None
    """The stage that the user says."""
    is_header: bool = False
    """The header of a block whose statements are units of their own (`if __name__ == "__main__":`)."""
    names: tuple[str, ...] = ()
    """Names it binds."""
    prints: str | None = None
    """The text that it prints, if it prints nothing else."""
    is_progress: bool = False
    """It only says how far the program is."""
    filled: list[Unit] = field(default_factory=list)
    """The statements that bound the containers which it fills."""
    literal: bool = False
    """It binds what is written out in the text."""
    renames: str = ""
    """The module or function that it gives another name."""
    parent: Unit | None = None
    """The block that it stands in."""
    cell: int | None = None
    """Number of the notebook's cell that it stands in."""


@dataclass(slots=True, eq=False)
class Definition:
    """A function or class of the program's own.

    `nature` is what a class is by its bases and methods: a network, an estimator, a transformer, a data set.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    unit: Unit
    nature: Meaning | None = None
    methods: dict[str, Definition] = field(default_factory=dict)
    result: Meaning | None = None
    is_running: bool = False
    bases: tuple[str, ...] = ()


@dataclass(slots=True)
class Binding:
    """What a name stands for, and the statement that bound it."""

    meaning: Meaning
    unit: Unit | None


Read = tuple[Meaning, Work | None]
"""What an expression stands for, and the work that it does."""

_PRIORITY = (
    "training",
    "evaluation",
    "saving",
    "visualisation",
    "split",
    "data_loading",
    "feature_engineering",
    "preprocessing",
    "model_definition",
    "imports",
    "other",
)
"""Which work names an expression that does several, where none encloses the others."""


def strongest(reads: Sequence[Read]) -> Work | None:
    """Choose the work that names an expression which does several, none enclosing the others."""
    works = [work for _, work in reads if work is not None]
    if not works:
        return None
    return min(works, key=lambda work: (not work.firm, _rank(work)))


def _rank(work: Work) -> float:
    return _PRIORITY.index(work.stage) if work.stage is not None else 3.5
