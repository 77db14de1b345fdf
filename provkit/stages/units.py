"""What is decided about: statements as units, the work found in them, and who uses what they bind."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from provkit.stages.meanings import Meaning, Sort


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
    learns: bool = False
    """Models are fitted in it, though it is not for their sake (cross-validation)."""


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
