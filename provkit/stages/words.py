"""What the words of a statement say of its stage: names called and bound, settings, the stages around it.

The rules of `deciding` read what the code does; where they know too little, the words still lean towards a stage, as
they do for a person who skims. Two tables hold how far, each as weights of a softmax over the eleven stages.
`usual.json` is wide: what the rules, where they are sure, call statements with such words in thousands of programs that
nobody labelled (`tests/benchmarks/learn_usual.py`). `words.json` is careful: fitted to hand-labelled programs of others
with what the rules had said of each before anybody had looked at it (`tests/benchmarks/learn_words.py`), it weighs the
rules' stage, the words, the form, what the wide table says of the unit and its neighbours. The rules' own stage is the
heaviest of these signs, so that the others overrule it only together.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from provkit.knowledge import STAGES
from provkit.model import Stage

FOLDER = resources.files("provkit.stages")
TABLE = "words.json"
USUAL = "usual.json"
_FEW = 8
"""Units of a program at least; a fragment has too little around its words."""
_SUBWORDS = re.compile(r"[a-z]{2,}|[A-Z][a-z]+|[A-Z]{2,}(?![a-z])")
_TEXT_WORDS = re.compile(r"[A-Za-z]{3,}")
_LONG, _MANY = 300, 30
"""Longer texts, and further words of a text, tell of no stage."""
_SHOWN = 3
"""Words that are named as evidence, at most."""
_RARE = -8.0
"""A logarithm of a share below it says no more than it."""
_OPERATIONS = (
    ast.Subscript,
    ast.BinOp,
    ast.Compare,
    ast.For,
    ast.If,
    ast.Import,
    ast.ImportFrom,
    ast.Return,
    ast.Lambda,
    ast.ListComp,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A unit as the rules left it."""

    nodes: Sequence[ast.stmt]
    """The statement, or those of the cell."""
    stage: Stage
    inside: Sequence[str]
    """Stages of the statements in it."""
    settled: bool = False
    """The user said it, it is the header of a block, or a call that somebody described: words change nothing."""


def words_of(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """Name what is called, bound, read and set in statements, each with a mark of how it stands there."""
    return frozenset(_words(nodes, set()))


def all_words_of(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """Name what `words_of` does, with the words of attributes and texts, and the form of the statements."""
    further = set(_form(nodes))
    return frozenset(_words(nodes, further) | further)


def _words(nodes: Sequence[ast.stmt], further: set[str]) -> set[str]:
    found: set[str] = set()
    for node in (part for statement in nodes for part in ast.walk(statement)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found.add(f"{'.' if isinstance(node.func, ast.Attribute) else ''}{name}()")
            found.update(f"call {word}" for word in _split(name))
            found.update(f"{keyword.arg}=" for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
            further.update(f"at {word}" for word in _split(node.attr))
        elif isinstance(node, ast.Name):
            stored = isinstance(node.ctx, ast.Store)
            found.update(f"{'to' if stored else 'of'} {word}" for word in _split(node.id))
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.update(f"def {word}" for word in _split(node.name))
        elif isinstance(node, _OPERATIONS):
            found.add(f"<{type(node).__name__}>")
        elif isinstance(text := getattr(node, "value", None), str) and len(text) < _LONG:
            further.update(f"in {word.lower()}" for word in _TEXT_WORDS.findall(text)[:_MANY])
    return found


def _form(nodes: Sequence[ast.stmt]) -> Iterator[str]:
    if nodes:
        last = nodes[-1]
        yield f"<ends {type(last).__name__} {type(getattr(last, 'value', None)).__name__}>"
        yield f"<begins {type(nodes[0]).__name__}>"
        yield f"<{min(len(nodes), 4)} statements>"


def usual_shares(nodes: Sequence[ast.stmt]) -> list[float]:
    """Say how often statements with such words are of each stage."""
    return _softmax(_summed(_table(USUAL), dict.fromkeys(all_words_of(nodes), 1.0)))


def signs_of(
    units: Sequence[Seen], number: int, shares: Sequence[Sequence[float]]
) -> dict[str, float]:
    """Give all signs of a unit, and how strong each is: its words and form, what the rules say of it and around it.

    Args:
        units: All units of the program.
        number: Which of them.
        shares: Of each unit, what `usual_shares` says.
    """
    unit = units[number]
    said = unit.stage
    signs = set(words_of(unit.nodes))
    signs.add(f"[{said.name}]")
    signs.add(f"[{said.name} {math.floor(min(said.confidence, 0.99) * 10)}]")
    signs.update(f"[{said.name}: {kind}]" for kind in map(kind_of, said.evidence[:4]))
    signs.update(f"[in it {name}]" for name in unit.inside)
    if unit.inside:
        signs.add(f"[first {unit.inside[0]}]")
        signs.add(f"[last {unit.inside[-1]}]")
    signs.update(_form(unit.nodes))
    around = [
        units[place].stage.name if 0 <= place < len(units) else "nothing"
        for place in (number - 2, number - 1, number + 1, number + 2)
    ]
    signs.update(f"[{where} {name}]" for where, name in zip((-2, -1, 1, 2), around, strict=True))
    signs.add(f"[between {around[1]} {around[2]}]")
    signs.add(f"[fifth {5 * number // len(units)}]")
    graded = dict.fromkeys(signs, 1.0)
    for stage, share in zip(STAGES, shares[number], strict=True):
        graded[f"[log usual {stage}]"] = max(math.log(share), _RARE) / 4 + 1 if share else -1.0
    for where, place in (("usual", number), ("before", number - 1), ("after", number + 1)):
        if 0 <= place < len(units):
            for stage, share in zip(STAGES, shares[place], strict=True):
                graded[f"[{where} {stage}]"] = math.sqrt(share)
    return graded


def reconsidered(units: Sequence[Seen]) -> list[Stage]:
    """Give each unit of a program its stage once more, with what its words say."""
    if len(units) < _FEW:
        return [unit.stage for unit in units]
    shares = [usual_shares(unit.nodes) for unit in units]
    return [
        unit.stage if unit.settled else _leaning(unit, signs_of(units, number, shares))
        for number, unit in enumerate(units)
    ]


def _leaning(unit: Seen, signs: Mapping[str, float]) -> Stage:
    shares = _softmax(_summed(_table(TABLE), signs))
    chosen, own = shares.index(max(shares)), STAGES.index(unit.stage.name)
    if chosen == own:
        return unit.stage
    words = ", ".join(_telling(unit.nodes, chosen, own)) or "its form and what stands around it"
    return Stage(
        STAGES[chosen],
        round(shares[chosen], 2),
        (
            f"words and place as in {STAGES[chosen]}: {words}",
            f"rather than {unit.stage.name}: {', '.join(unit.stage.evidence[:1])}",
        ),
    )


def _telling(nodes: Sequence[ast.stmt], chosen: int, own: int) -> list[str]:
    """Name the words that lean most from one stage to another."""
    leaning: dict[str, float] = {}
    for word in sorted(all_words_of(nodes)):
        if word[0] == "<":
            continue
        for table in (TABLE, USUAL):
            row = _table(table).get(word, ())
            said = dict(zip(row[::2], row[1::2], strict=True))
            plain = _plainly(word)
            leaning[plain] = leaning.get(plain, 0) + said.get(chosen, 0) - said.get(own, 0)
    told = sorted((-weight, word) for word, weight in leaning.items() if weight > 0)
    return [word for _, word in told[:_SHOWN]]


def _summed(table: Mapping[str, Sequence[int]], signs: Mapping[str, float]) -> list[float]:
    sums = [0.0] * len(STAGES)
    for sign, strength in [("", 1.0), *sorted(signs.items())]:
        row = table.get(sign, ())
        for place, weight in zip(row[::2], row[1::2], strict=True):
            sums[place] += strength * weight
    return [total / 100 for total in sums]


def _softmax(sums: Sequence[float]) -> list[float]:
    highest = max(sums)
    parts = [math.exp(total - highest) for total in sums]
    whole = sum(parts)
    return [part / whole for part in parts]


@cache
def _table(name: str) -> dict[str, list[int]]:
    """Read a table: for each sign the numbers of stages, each followed by its weight in hundredths."""
    found: dict[str, list[int]] = json.loads(FOLDER.joinpath(name).read_text("utf-8"))
    return found


def kind_of(evidence: str) -> str:
    """Name the rule that an evidence stands for, without the names of this program."""
    return " ".join(re.sub(r"[\w.]*\(\)", "f()", evidence).split()[:2])


def _plainly(sign: str) -> str:
    word = (
        sign.split(" ", 1)[1]
        if sign.startswith(("call ", "to ", "of ", "def ", "at ", "in "))
        else sign
    )
    return word.strip(".()")


def _split(name: str) -> list[str]:
    return [word.lower() for word in _SUBWORDS.findall(name)]
