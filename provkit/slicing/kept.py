"""What a slice in the making holds: statements, executions and entities, each taken once."""

from __future__ import annotations

from functools import cached_property

from provkit.entities import Describer
from provkit.executions import Executions
from provkit.facts import Facts
from provkit.notebook_description import ReadArtifact
from provkit.slicing.by_text import ByText
from provkit.vocabulary import Term

UNCHANGEABLE = frozenset({"bool", "int", "float", "complex", "str", "bytes", "NoneType"})


class Kept:
    """What is kept so far, and what of it has not been looked at."""

    def __init__(self, facts: Facts, trial_id: str, read: ReadArtifact | None) -> None:
        self._facts = facts
        self._describe = Describer(facts, trial_id)
        self._trial_id = trial_id
        self._ran = Executions(facts, trial_id, read)
        self._kept: dict[Term, set[str]] = {}
        self._whole: dict[Term, set[str]] = {}
        self._classes: set[tuple[Term, str]] = set()
        self._executions: set[Term] = set()
        self._entities: set[Term] = set()
        self._waiting: list[tuple[bool, Term]] = []
        self._made_by_loops: dict[Term, list[set[str]]] = {}
        """For each value that the unlooked-into rounds of a loop made, what it is called; by execution."""
        self._making_classes: set[Term] = set()
        """Executions of what made a class whose statement is kept: `__init_subclass__`, a metaclass."""
        self._setters: set[tuple[Term, str]] = set()
        """Statements that set something of the whole process."""
        self._finders: dict[tuple[Term, str], bool] = {}
        """For each statement whether it says where modules are found."""
        self._by_text: dict[Term, ByText] = {}

    @cached_property
    def _plain_names(self) -> frozenset[str]:
        """Names that only ever held what cannot be changed: numbers, texts, nothing."""
        types: dict[str, set[str]] = {}
        for value in self._facts.subjects():
            kind = self._facts.text(value, "pk:type")
            for name in self._ran.names(value) if kind is not None else ():
                types.setdefault(name.rpartition(".")[2], set()).add(kind or "")
        return frozenset(name for name, kinds in types.items() if kinds <= UNCHANGEABLE)

    def take_entity(self, iri: Term) -> None:
        """Keep what a value or file came from."""
        if iri not in self._entities:
            self._entities.add(iri)
            self._waiting.append((False, iri))

    def take_execution(self, iri: Term) -> None:
        """Keep a statement that was carried out, and what it was given."""
        if iri not in self._executions:
            self._executions.add(iri)
            self._waiting.append((True, iri))

    def _keep(self, plan: Term, key: str) -> None:
        self._kept.setdefault(plan, set()).add(key)
