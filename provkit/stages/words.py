"""What the words of a statement say of its stage: names called and bound, settings, the stages around it.

The rules of `deciding` read what the code does; where they know too little, the words still lean towards a stage, as
they do for a person who skims. `words.json` holds how far each word leans: weights of a softmax over the eleven stages,
fitted to hand-labelled programs of others with what the rules had said of each program before anybody had looked at it
(`tests/benchmarks/learn_words.py`). The rules' own stage is the heaviest of the signs, so that words overrule it only
together.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from provkit.knowledge import STAGES
from provkit.model import Stage

_CLEARLY = 1.5
"""How much likelier another stage must be, by the words, than what the rules say."""
TABLE = resources.files("provkit.stages").joinpath("words.json")
_FEW = 8
"""Units of a program at least; a fragment has too little around its words."""
_SUBWORDS = re.compile(r"[a-z]{2,}|[A-Z][a-z]+|[A-Z]{2,}(?![a-z])")
_SHOWN = 3
"""Words that are named as evidence, at most."""
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
    found: set[str] = set()
    for node in (part for statement in nodes for part in ast.walk(statement)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found.add(f"{'.' if isinstance(node.func, ast.Attribute) else ''}{name}()")
            found.update(f"call {word}" for word in _split(name))
            found.update(f"{keyword.arg}=" for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
        elif isinstance(node, ast.Name):
            stored = isinstance(node.ctx, ast.Store)
            found.update(f"{'to' if stored else 'of'} {word}" for word in _split(node.id))
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.update(f"def {word}" for word in _split(node.name))
        elif isinstance(node, _OPERATIONS):
            found.add(f"<{type(node).__name__}>")
    return frozenset(found)


def signs_of(units: Sequence[Seen], number: int) -> frozenset[str]:
    """Give all signs of a unit: its words, its form, what the rules say of it and of the units around it."""
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
    if unit.nodes:
        last = unit.nodes[-1]
        signs.add(f"<ends {type(last).__name__} {type(getattr(last, 'value', None)).__name__}>")
        signs.add(f"<begins {type(unit.nodes[0]).__name__}>")
        signs.add(f"<{min(len(unit.nodes), 4)} statements>")
    around = [
        units[place].stage.name if 0 <= place < len(units) else "nothing"
        for place in (number - 2, number - 1, number + 1, number + 2)
    ]
    signs.update(f"[{where} {name}]" for where, name in zip((-2, -1, 1, 2), around, strict=True))
    signs.add(f"[between {around[1]} {around[2]}]")
    signs.add(f"[fifth {5 * number // len(units)}]")
    return frozenset(signs)


def reconsidered(units: Sequence[Seen]) -> list[Stage]:
    """Give each unit of a program its stage once more, with what its words say."""
    if len(units) < _FEW:
        return [unit.stage for unit in units]
    weights = _weights()
    return [
        unit.stage if unit.settled else _leaning(unit.stage, signs_of(units, number), weights)
        for number, unit in enumerate(units)
    ]


def _leaning(said: Stage, signs: frozenset[str], weights: Mapping[str, Sequence[float]]) -> Stage:
    known = sorted(sign for sign in signs if sign in weights)
    sums = list(weights[""])
    for sign in known:
        for place, weight in enumerate(weights[sign]):
            sums[place] += weight
    highest = max(sums)
    shares = [math.exp(total - highest) for total in sums]
    chosen = shares.index(max(shares))
    own = STAGES.index(said.name)
    if shares[chosen] <= _CLEARLY * shares[own]:
        return said
    told = sorted(
        (
            sign
            for sign in known
            if sign[0] not in "[<" and weights[sign][chosen] > weights[sign][own]
        ),
        key=lambda sign: (weights[sign][own] - weights[sign][chosen], sign),
    )
    named = list(dict.fromkeys(map(_plainly, told)))[:_SHOWN]
    words = ", ".join(named) or "its form and what stands around it"
    reason = f"words and place as in {STAGES[chosen]}: {words}"
    confidence = round(shares[chosen] / sum(shares), 2)
    return Stage(
        STAGES[chosen],
        confidence,
        (reason, f"rather than {said.name}: {', '.join(said.evidence[:1])}"),
    )


@cache
def _weights() -> dict[str, tuple[float, ...]]:
    found = {}
    for sign, leaning in json.loads(TABLE.read_text("utf-8")).items():
        row = [0.0] * len(STAGES)
        for place, weight in zip(leaning[::2], leaning[1::2], strict=True):
            row[place] = weight / 100
        found[sign] = tuple(row)
    return found


def kind_of(evidence: str) -> str:
    """Name the rule that an evidence stands for, without the names of this program."""
    return " ".join(re.sub(r"[\w.]*\(\)", "f()", evidence).split()[:2])


def _plainly(sign: str) -> str:
    word = sign.split(" ", 1)[1] if sign.startswith(("call ", "to ", "of ", "def ")) else sign
    return word.strip(".()")


def _split(name: str) -> list[str]:
    return [word.lower() for word in _SUBWORDS.findall(name)]
