"""Reading the arguments of a call, each in the role that it has for the call."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace

from provkit.knowledge import NEUTRAL, Entry
from provkit.stages.meanings import Meaning, Read, join
from provkit.stages.reading import Reader

_METRIC_KEYWORD = re.compile(r"metric|scor(ing|er)|^feval$")
_FILLING = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})


@dataclass(slots=True)
class Arguments:
    """The arguments of a call, read."""

    positional: list[Meaning]
    named: dict[str | None, Meaning]
    works: list[Read]

    @property
    def all(self) -> list[Meaning]:
        """All of them, in the order of the text."""
        return [*self.positional, *self.named.values()]


def read_arguments(
    reader: Reader, node: ast.Call, entry: Entry | None, *, shows: bool = False
) -> Arguments:
    """Read a call's arguments, so that what is used in them knows its role.

    Args:
        reader: Knows the names.
        node: The call.
        entry: What is known of the callee.
        shows: The call only shows what it is given.
    """
    stage = entry.stage if entry is not None else None
    # What a mere operation is, its inputs decide; and an operation says nothing about what flows into it.
    if entry is not None and entry.concept in NEUTRAL:
        stage = None
    outer = reader.context[-1] if reader.context and stage is None else (stage, None)
    if shows or (entry is not None and entry.concept == "tracker"):
        outer, stage = (None, "shown"), None
    positional, works = [], []
    for position, argument in enumerate(node.args):
        listed = entry is not None and (stage is not None or entry.concept == "file")
        role = entry.role(position) if entry is not None and listed else outer[1]
        read = reader.in_context(argument, outer[0], role)
        works.append(read)
        positional.append(read[0])
    named: dict[str | None, Meaning] = {}
    for keyword in node.keywords:
        known = entry.role(keyword.arg) if entry is not None and keyword.arg and stage else None
        role = known or (outer[1] if stage is None else _unlisted(entry, stage, keyword.arg))
        read = reader.in_context(keyword.value, outer[0], role)
        works.append(read)
        named[keyword.arg] = read[0]
    return Arguments(positional, named, works)


def _unlisted(entry: Entry | None, stage: str, keyword: str | None) -> str | None:
    """Say what a keyword is that the knowledge base does not list."""
    if keyword is not None and _METRIC_KEYWORD.search(keyword):
        return "metric"
    if entry is not None and entry.concept == "display":
        return "style"
    return "hyperparameter" if stage in ("training", "model_definition") else None


def note_filling(reader: Reader, node: ast.Call, arguments: Arguments) -> None:
    """Note that a container of the program's own is filled: what is in it says what it is."""
    function = node.func
    if not (
        isinstance(function, ast.Attribute)
        and function.attr in _FILLING
        and isinstance(function.value, ast.Name)
    ):
        return
    binding = reader.names.find(function.value.id)
    if binding is not None and binding.meaning.type is None and binding.meaning.name is None:
        reader.use(binding, fills=True)
        binding.meaning = replace(
            join([binding.meaning, *arguments.all]), parts=(), literal=False, type=None
        )
