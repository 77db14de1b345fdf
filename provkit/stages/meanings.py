"""What an expression stands for, as far as the text tells: its sort, its class, what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from provkit.knowledge import Entry

if TYPE_CHECKING:
    from provkit.stages.units import Definition

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
(shape, names), `weights` the parameters of a model written by hand, `sink` a file open for writing.
"""

_RANK: dict[Sort, int] = {
    "constant": 0,
    "text": 1,
    "unknown": 2,
    "option": 3,
    "random": 3,
    "splitter": 3,
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


UNKNOWN = Meaning()
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
    return Meaning(strongest.sort, type=strongest.type if len(meanings) == 1 else None)


def of_sort(sort: Sort, type_name: str | None = None) -> Meaning:
    """Make a meaning of which little more than the sort is known."""
    return Meaning(sort, type=type_name)


def element_of(meaning: Meaning) -> Meaning:
    """Say what the items of something are."""
    if meaning.parts:
        return join(list(meaning.parts)) if len(meaning.parts) > 1 else meaning.parts[0]
    sort = "data" if meaning.sort in ("bundle", "file") else meaning.sort
    return Meaning(sort, type=meaning.type if meaning.sort == "plot" else None)
