"""The smallest program in the author's own lines that lineage says produces a value.

A slice holds the statements whose executions made the value and all that it came from by data; the statements
around them, and the calls that ran them, with what their headers read; what an execution that is kept was
given, whether or not its result came from that; the jumps of what is kept; the imports and definitions whose
names are used. Where something was summed up, the text says what of it is needed.

Source:
    Korel and Laski (1988), Dynamic program slicing: a slice is a program that runs.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provkit.bindings import DEFINITIONS
from provkit.entities import Describer, find, find_executions
from provkit.errors import UsageError
from provkit.excerpt import Statement
from provkit.executions import Executions, StepCarriedOut
from provkit.facts import Facts, is_iri, text_of
from provkit.notebook_description import ReadArtifact
from provkit.statement_syntax import FUNCTIONS, LOOPS, TRIES, is_import
from provkit.vocabulary import Term

if TYPE_CHECKING:
    from provkit.store import LocalStore

_MAKES_FOLDERS = frozenset(
    {"os.makedirs", "os.mkdir", "pathlib.Path.mkdir", "pathlib.PosixPath.mkdir"}
)
_SETS_THE_PROCESS = frozenset(
    {
        *("os.chdir", "sys.setrecursionlimit", "locale.setlocale", "decimal.setcontext"),
        *(
            "matplotlib.use",
            "matplotlib.pyplot.switch_backend",
            "numpy.seterr",
            "numpy.set_printoptions",
        ),
        *("numpy.random.seed", "random.seed", "torch.manual_seed", "pandas.set_option"),
        *("warnings.filterwarnings", "warnings.simplefilter"),
    }
)
"""Calls whose effect is on the process, which no value holds."""


_UNCHANGEABLE = frozenset({"bool", "int", "float", "complex", "str", "bytes", "NoneType"})
_PLAIN_TYPES = _UNCHANGEABLE | {"dict", "frozenset", "list", "range", "set", "tuple"}


@dataclass(frozen=True, slots=True)
class SlicedFile:
    """One file of a slice."""

    path: str
    """Relative to the project."""
    text: str
    statements: int
    """Statements kept, a compound one's header counting as one."""
    of: int
    """Statements of the whole file."""
    is_main: bool = False
    lines: tuple[int, ...] = ()
    """For each line of the text, which line of the file, or of a notebook's cells, it is; 0 for an empty one."""


@dataclass(frozen=True, slots=True)
class SlicedCell:
    """What a slice needs of one execution of a cell."""

    id: str
    index: int
    """The cell's place in its notebook, from 0."""
    text: str
    """In the syntax that its author used."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A program that produces one value of a trial."""

    trial: str
    name: str
    files: tuple[SlicedFile, ...]
    """The program itself first, then the project's own modules that it needs."""
    cells: tuple[SlicedCell, ...] = ()
    """Of a notebook, what is needed of each execution of a cell, in the order in which they ran."""

    @property
    def main(self) -> SlicedFile:
        """The program itself."""
        return self.files[0]


def slice_of(store: LocalStore, trial_id: str, name: str) -> Slice:
    """Find the program that lineage says produces a value.

    Args:
        store: The store that has the trial.
        trial_id: The trial's full id.
        name: As `lineage` takes it; or `train.py:42`, what the statement on that line did.

    Raises:
        UsageError: Nothing in the trial answers to the name, or nothing in the program made it.
        BadInput: The trial does not hold its program's text, or that text is no Python any more since a
            secret in it was redacted.
    """
    return slice_in(Facts(store.quads(trial_id)), trial_id, name, read=store.artifact)


def slice_in(facts: Facts, trial_id: str, name: str, *, read: ReadArtifact | None = None) -> Slice:
    """Find the slice in facts that have been read already; see `slice_of`.

    Args:
        facts: Of the trial.
        trial_id: Its full id.
        name: As `lineage` takes it.
        read: Gives what the store keeps under a digest; slices of notebooks need it.
    """
    slicing = _Slicing(facts, trial_id, read)
    executions = find_executions(facts, trial_id, name)
    if executions:
        for execution in executions:
            slicing.take_execution(execution)
    else:
        slicing.take_entity(find(facts, trial_id, name))
        slicing.take_binding(name)
    slicing.settle()
    return slicing.result(name)


class _Slicing:
    """A slice in the making: what is kept grows until it needs nothing more."""

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
        self._setters: set[tuple[Term, str]] = set()
        """Statements that set something of the whole process."""

    @cached_property
    def _plain_names(self) -> frozenset[str]:
        """Names that only ever held what cannot be changed: numbers, texts, nothing."""
        types: dict[str, set[str]] = {}
        for value in self._facts.subjects():
            kind = self._facts.text(value, "pk:type")
            for name in self._ran.names(value) if kind is not None else ():
                types.setdefault(name.rpartition(".")[2], set()).add(kind or "")
        return frozenset(name for name, kinds in types.items() if kinds <= _UNCHANGEABLE)

    # ---------------------------------------------------------------- what is kept

    def take_binding(self, name: str) -> None:
        """Keep the statement that bound a variable of the program for the last time, if the name is one."""
        bound = self._ran.binders.get((self._ran.main, None, name))
        if bound:
            self.take_execution(max(bound)[1])

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

    def settle(self) -> None:
        """Add what is needed until nothing more is."""
        while True:
            while self._waiting:
                is_execution, iri = self._waiting.pop()
                (self._execution if is_execution else self._entity)(iri)
            before = sum(map(len, self._kept.values()))
            self._complete()
            self._follow_statements()
            if not self._waiting and sum(map(len, self._kept.values())) == before:
                return

    def _entity(self, iri: Term) -> None:
        facts = self._facts
        maker = facts.object(iri, "prov:wasGeneratedBy")
        by_control = {
            source
            for influence in facts.objects(iri, "prov:qualifiedDerivation")
            for source in facts.objects(influence, "prov:entity")
        }
        for source in facts.objects(iri, "prov:wasDerivedFrom"):
            # What a test read is kept where the test is: in the headers around what is kept.
            if is_iri(source) and source not in by_control:
                self.take_entity(source)
        if maker is None or self._ran.step(maker) is None:
            return
        if self._ran.is_summed_up(maker):
            named = [*self._ran.names(iri), (facts.text(iri, "rdfs:label") or "").partition("@")[0]]
            names = {part for name in named for part in re.split(r"[.\[]", name)}
            self._made_by_loops.setdefault(maker, []).append(names)
        self.take_execution(maker)

    def _execution(self, iri: Term) -> None:
        step = self._ran.step(iri)
        if step is None:
            return
        self._keep(step.plan, step.key)
        parent = self._ran.parent(iri)
        if parent is not None:
            self.take_execution(parent)
        is_loop = self._ran.is_loop(step) and not step.is_call
        if not (is_loop and self._ran.is_summed_up(iri)):
            for entity in self._needed_of_used(iri, step):
                self.take_entity(entity)
        self._take_reaching_bindings(iri, step)
        if self._failed_where_nobody_looked(iri, step):
            inside = [one.key for one in self._ran.text(step.plan).inside(step.key)]
            for key in [step.key, *(inside if is_loop else ())]:
                self._take_functions_named(step.plan, key)
                self._take_methods_named(step.plan, key)
        if self._ran.is_summed_up(iri) and not is_loop:
            self._take_whole_what_ran_in(iri, step)
        else:
            self._take_function_not_looked_into(iri, step)

    def _failed_where_nobody_looked(self, iri: Term, step: StepCarriedOut) -> bool:
        """Tell whether an exception left an execution that nothing in it is told to have raised."""
        if self._facts.object(iri, "pk:failedWith") is None:
            return False
        if isinstance(self._ran.text(step.plan).statements[step.key].node, ast.Raise | ast.Assert):
            return False
        return not any(
            self._facts.object(child, "pk:failedWith") is not None
            for child in self._ran.children.get(iri, ())
        )

    def _take_methods_named(self, plan: Term, key: str) -> None:
        text = self._ran.text(plan)
        attributes = text.attributes_in(key)
        for qualified, one in text.definitions():
            name = qualified.rpartition(".")
            if name[0] and name[2] in attributes and isinstance(one.node, FUNCTIONS):
                self._take_whole(plan, one.key)

    def _take_function_not_looked_into(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep all of a function that was called and of which no statement is told, as of one that waits."""
        called = self._facts.object(iri, "pk:called")
        found = self._definition_called(called, step) if called is not None else None
        if found is None:
            return
        plan, key = found
        inside = self._ran.text(plan).inside(key)
        if not any((plan, one.key) in self._ran.executed for one in inside):
            self._take_whole(plan, key)

    def _take_reaching_bindings(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep what bound each name that a statement reads, for the last time before it did so."""
        if step.is_call:
            return
        text, order = self._ran.text(step.plan), self._ran.order(iri)
        one = text.statements[step.key]
        for name in text.names_in(step.key):
            bindings = text.bindings_of(name, one.scope)
            if not bindings:
                continue
            scope = text.owner_of(bindings[0].key, name)
            known = self._ran.binders.get((step.plan, scope, name), [])
            before = [item for item in known if item[0] < order]
            if scope is not None and scope == one.scope:
                frame = self._ran.frame(iri)
                before = [item for item in before if self._ran.frame(item[1]) == frame]
            if before:
                self.take_execution(max(before)[1])
            if isinstance(one.node, ast.While):
                inside = {inner.key for inner in text.inside(step.key)}
                for binding in bindings:
                    if binding.key in inside:
                        self._keep(step.plan, binding.key)

    def _needed_of_used(self, iri: Term, step: StepCarriedOut) -> Iterator[Term]:
        """List what an execution read, without the rest of an object of which it read a part."""
        used = [entity for entity in self._facts.objects(iri, "prov:used") if is_iri(entity)]
        text = self._ran.text(step.plan)
        if self._ran.is_loop(step) and not step.is_call:
            # A loop's execution is told to have read what its body did; the body is looked at by itself.
            header = text.names_in(step.key)
            used = [
                entity
                for entity in used
                if not (names := {name.rpartition(".")[2] for name in self._ran.names(entity)})
                or names & header
            ]
        parts = text.parts_only(step.key)
        labels = {
            (self._facts.text(entity, "rdfs:label") or "").partition("@")[0] for entity in used
        }
        for entity in used:
            names = {name.rpartition(".")[2] for name in self._ran.names(entity)} & parts.keys()
            told = [
                any(label.endswith(f"{name}{part}") for label in labels)
                for name in names
                for part in parts[name]
            ]
            if not told or not all(told):
                yield entity

    def _keep(self, plan: Term, key: str) -> None:
        self._kept.setdefault(plan, set()).add(key)

    # ---------------------------------------------------------------- what the text asks for

    def _complete(self) -> None:
        for plan in list(self._kept):
            text, kept = self._ran.text(plan), self._kept[plan]
            kept |= text.completed(kept)
            kept |= set(text.future_imports)
            for key in list(kept):
                node = text.statements[key].node
                if isinstance(node, (*LOOPS, *FUNCTIONS)) and self._has_kept_inside(plan, key):
                    kept.update(one for one in text.jumps_in(key) if self._may_run(plan, one))
                self._need_names(plan, key)
            for key in list(self._whole.get(plan, ())):
                kept |= text.live_in(key, kept)
            kept |= text.completed(kept)
        self._need_shown()
        self._need_methods()
        self._need_of_modules()

    def _need_shown(self) -> None:
        """Keep all of a cell whose output a kept `%%capture` binds."""
        runs = self._ran.notebook.runs if self._ran.notebook is not None else ()
        kept = self._kept.get(self._ran.main, set())
        for run in runs:
            if run.head is not None and f"{run.head}.0" in kept:
                text = self._ran.text(self._ran.main)
                kept |= {
                    key
                    for key in text.module
                    if run.first_line <= text.statements[key].first_line <= run.last_line
                }
                for execution in self._facts.having("provone:wasPartOf", run.execution):
                    self.take_execution(execution)

    def _has_kept_inside(self, plan: Term, key: str) -> bool:
        kept = self._kept[plan]
        return any(one.key in kept for one in self._ran.text(plan).inside(key))

    def _may_run(self, plan: Term, key: str) -> bool:
        """Tell whether a statement ran, or stands where nobody looked."""
        text = self._ran.text(plan)
        node = text.statements[key].node
        if (plan, key) in self._ran.executed or isinstance(node, ast.Global | ast.Nonlocal):
            return True
        return any(one.key in self._whole.get(plan, ()) for one in text.around(key))

    def _need_names(self, plan: Term, key: str) -> None:
        """Keep the imports and definitions that a statement's names mean, and what binds its variables."""
        text, kept = self._ran.text(plan), self._kept[plan]
        one = text.statements[key]
        is_whole = any(other.key in self._whole.get(plan, ()) for other in text.around(key))
        names = text.names_in(key)
        if "__doc__" in names:
            kept.update(text.docstring)
        for name in names:
            bindings = text.bindings_of(name, one.scope)
            fixed = [b for b in bindings if is_import(b.node) or isinstance(b.node, DEFINITIONS)]
            if self._is_given_already(plan, key, fixed):
                continue
            for binding in fixed:
                if self._may_be_bound_by(plan, binding):
                    kept.add(binding.key)
                    if is_whole and isinstance(binding.node, FUNCTIONS):
                        self._take_whole(plan, binding.key)
            if fixed or any(binding.key in kept for binding in bindings):
                continue
            kept.update(binding.key for binding in bindings if self._may_be_bound_by(plan, binding))

    def _is_given_already(self, plan: Term, key: str, fixed: list[Statement]) -> bool:
        """Tell whether it is known which of a cell's definitions a statement used: cells are run again."""
        return (
            self._ran.notebook is not None
            and (plan, key) in self._ran.executed
            and len(fixed) > 1
            and any(one.key in self._kept[plan] for one in fixed)
        )

    def _may_be_bound_by(self, plan: Term, binding: Statement) -> bool:
        around = list(self._ran.text(plan).around(binding.key))
        in_class = bool(around) and isinstance(around[0].node, ast.ClassDef)
        return in_class or self._may_run(plan, binding.key)

    def _need_methods(self) -> None:
        """Keep the methods that a kept class needs: those that ran, and those that nobody can rule out."""
        attributes = {
            name
            for plan, kept in self._kept.items()
            for key in kept
            for name in self._ran.text(plan).attributes_in(key)
        }
        unseen, here = self._attributes_nobody_looked_at(), self._statements_kept_as_they_ran()
        for plan, kept in self._kept.items():
            text = self._ran.text(plan)
            for key in list(kept):
                one = text.statements[key]
                if not isinstance(one.node, ast.ClassDef):
                    continue
                for block in one.blocks:
                    for inner in map(text.statements.__getitem__, block.statements):
                        if not isinstance(inner.node, FUNCTIONS):
                            continue
                        name = inner.node.name
                        inside = [(plan, deep.key) for deep in text.inside(inner.key)]
                        if name in unseen and here.isdisjoint(inside):
                            # It was looked into elsewhere, if at all, and not where it is needed.
                            kept.add(inner.key)
                            self._take_whole(plan, inner.key)
                            continue
                        if inner.key in kept:
                            continue
                        is_dunder = name.startswith("__") and name.endswith("__")
                        may_have_run = (
                            self._is_anything_summed_up() and self._ran.executed.isdisjoint(inside)
                        )
                        if name in attributes or (is_dunder and may_have_run):
                            kept.add(inner.key)
                            if may_have_run:
                                self._take_whole(plan, inner.key)

    def _statements_kept_as_they_ran(self) -> set[tuple[Term, str]]:
        """List the statements of which an execution is kept, by plan and key."""
        steps = map(self._ran.step, self._executions)
        return {(step.plan, step.key) for step in steps if step is not None}

    def _attributes_nobody_looked_at(self) -> set[str]:
        """List the attributes that are read where nobody looked: what was summed up, functions kept as a whole."""
        keys: set[tuple[Term, str]] = set()
        for iri in self._executions:
            step = self._ran.step(iri)
            if step is not None and self._ran.is_summed_up(iri):
                keys.add((step.plan, step.key))
        for plan, whole in self._whole.items():
            text = self._ran.text(plan)
            for key in whole:
                keys.update(
                    (plan, one.key) for one in text.inside(key) if one.key in self._kept[plan]
                )
        return {name for plan, key in keys for name in self._ran.text(plan).attributes_in(key)}

    def _is_anything_summed_up(self) -> bool:
        return bool(self._whole) or any(map(self._ran.is_summed_up, self._executions))

    def _need_of_modules(self) -> None:
        """Keep what other files' names may mean in the project's own modules."""
        named = {
            name
            for plan, kept in self._kept.items()
            for key in kept
            for name in (
                *self._ran.text(plan).attributes_in(key),
                *self._ran.text(plan).names_in(key),
                *_imported(self._ran.text(plan).statements[key].node),
            )
        }
        for plan, kept in self._kept.items():
            if plan == self._ran.main:
                continue
            text = self._ran.text(plan)
            for key in text.module:
                node = text.statements[key].node
                if isinstance(node, DEFINITIONS) and node.name in named:
                    kept.add(key)

    # ---------------------------------------------------------------- what was summed up

    def _take_whole(self, plan: Term, key: str) -> None:
        whole = self._whole.setdefault(plan, set())
        if key not in whole:
            whole.add(key)
            self._keep(plan, key)
            self._kept[plan] |= self._ran.text(plan).live_in(key, self._kept[plan])

    def _take_whole_what_ran_in(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep all of the functions that ran in an execution whose inside was not looked into."""
        for entity in self._facts.objects(iri, "prov:used"):
            if is_iri(entity):
                self.take_entity(entity)
        called = self._facts.object(iri, "pk:called")
        found = self._definition_called(called, step) if called is not None else None
        if found is not None:
            self._take_whole(*found)
        else:
            self._take_functions_named(step.plan, step.key)
        waiting = list(self._ran.children.get(iri, ()))
        while waiting:
            child = waiting.pop()
            inner = self._ran.step(child)
            if inner is not None and inner != step:
                function = self._ran.text(inner.plan).function_of(inner.key)
                if function is not None and function.key not in {
                    one.key for one in self._ran.text(step.plan).around(step.key)
                }:
                    self._take_whole(inner.plan, function.key)
            waiting.extend(self._ran.children.get(child, ()))

    def _definition_called(self, called: Term, step: StepCarriedOut) -> tuple[Term, str] | None:
        """Find the definition of a function; of several, the last that stands before where it is called."""
        plan, found, name = text_of(called).partition("/function/")
        if (
            not found
            or f"<{plan}>" not in self._facts
            or self._ran.text_if_any(f"<{plan}>") is None
        ):
            return None
        wanted = unquote(name).replace(".<locals>", "")
        text = self._ran.text(f"<{plan}>")
        same = [one for qualified, one in text.definitions() if qualified == wanted]
        line = text.statements[step.key].first_line if step.plan == f"<{plan}>" else 0
        before = [one for one in same if one.first_line < line]
        chosen = before[-1:] or same[:1]
        return (f"<{plan}>", chosen[0].key) if chosen else None

    def _take_functions_named(self, plan: Term, key: str) -> None:
        text = self._ran.text(plan)
        for name in text.names_in(key):
            for binding in text.bindings_of(name, text.statements[key].scope):
                if isinstance(binding.node, FUNCTIONS):
                    self._take_whole(plan, binding.key)
                elif isinstance(binding.node, ast.ClassDef):
                    self._take_special_methods(plan, binding.key)

    def _take_special_methods(self, plan: Term, key: str) -> None:
        """Keep the methods of a class that the language calls without naming them, and those of its bases."""
        if (plan, key) in self._classes:
            return
        self._classes.add((plan, key))
        for one in self._ran.text(plan).inside(key):
            name = one.node.name if isinstance(one.node, FUNCTIONS) else ""
            if one.parent == key and name.startswith("__") and name.endswith("__"):
                self._take_whole(plan, one.key)
        self._take_functions_named(plan, key)

    def _follow_loop(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep what the text says of a loop's rounds that were not looked into, and what they read."""
        if not self._ran.is_loop(step):
            return
        text, kept = self._ran.text(step.plan), self._kept[step.plan]
        made = self._made_by_loops.get(iri, [])
        changed = text.names_changed_in(step.key)
        if not all(names & changed for names in made):
            # Something without a name of its own: nobody can tell which statement made it.
            self._take_whole(step.plan, step.key)
        wanted = {name for names in made for name in names}
        needed = text.needed_in_loop(step.key, kept, wanted, self._plain_names)
        for key in needed - kept:
            self._keep(step.plan, key)
        names = {name for key in (*needed, step.key) for name in text.names_in(key)}
        for key in needed:
            self._take_functions_named(step.plan, key)
        may_read = any(map(text.may_read_files, needed)) or self._goes_over_what_reads(iri, step)
        for entity in self._facts.objects(iri, "prov:used"):
            known = {name.rpartition(".")[2] for name in self._ran.names(entity)}
            if is_iri(entity) and (known & names if known else may_read):
                self.take_entity(entity)

    def _goes_over_what_reads(self, iri: Term, step: StepCarriedOut) -> bool:
        """Tell whether a loop's header may read files as it goes: by a call, or by going over no plain container."""
        text = self._ran.text(step.plan)
        if text.may_read_files(step.key):
            return True
        header = text.names_in(step.key)
        return any(
            self._facts.text(entity, "pk:type") not in _PLAIN_TYPES
            for entity in self._facts.objects(iri, "prov:used")
            if {name.rpartition(".")[2] for name in self._ran.names(entity)} & header
        )

    # ---------------------------------------------------------------- from statements to what they did

    def _follow_statements(self) -> None:
        """Take each execution of a kept statement inside an execution that is kept."""
        raised = self._raised_in_tries()
        for iri in self._ran.every:
            step = self._ran.step(iri)
            if step is None:
                continue
            is_kept = step.key in self._kept.get(step.plan, ())
            parent = self._ran.parent(iri)
            is_inside = parent is None or parent in self._executions
            runs_again = is_inside and (is_kept or self._gives_back(step))
            if runs_again or iri in raised or self._is_needed_by_the_process(iri):
                self.take_execution(iri)
            if iri in self._executions and self._ran.is_summed_up(iri) and not step.is_call:
                self._follow_loop(iri, step)

    def _gives_back(self, step: StepCarriedOut) -> bool:
        """Tell whether a step is a `return` of a function that is kept: it may give what it was given as it is.

        Then nothing that the call gave was made there, and nothing else inside the function may be kept.
        """
        text = self._ran.text(step.plan)
        if step.is_call or not isinstance(text.statements[step.key].node, ast.Return):
            return False
        function = text.function_of(step.key)
        return function is not None and function.key in self._kept.get(step.plan, ())

    def _raised_in_tries(self) -> set[Term]:
        """List what failed inside a `try` that is kept: without it the handler would not run."""
        found: set[Term] = set()
        for iri in self._ran.every:
            if self._facts.object(iri, "pk:failedWith") is None:
                continue
            current = self._ran.parent(iri)
            while current is not None:
                step = self._ran.step(current)
                if step is not None and step.key in self._kept.get(step.plan, ()):
                    node = self._ran.text(step.plan).statements[step.key].node
                    if isinstance(node, TRIES) and current in self._executions:
                        found.add(iri)
                current = self._ran.parent(current)
        return found

    def _is_needed_by_the_process(self, iri: Term) -> bool:
        called = self._facts.object(iri, "pk:called")
        step = self._ran.step(iri)
        if called is None or step is None:
            return False
        # An extension's function may not know its own name: then the text does.
        names = self._ran.text(step.plan).calls_in(step.key)
        names.add(re.split(r"#|/implementation/", text_of(called))[-1])
        for name in names & _SETS_THE_PROCESS:
            self._setters.add((step.plan, step.key))
            if self._is_at_work(name.partition(".")[0]):
                return True
        if not names & _MAKES_FOLDERS:
            return False
        return any(
            self._describe.kind(entity) == "file"
            and self._facts.object(entity, "prov:wasGeneratedBy") in self._executions
            for entity in self._entities
        ) or any(
            self._describe.kind(entity) == "file"
            for one in self._executions
            for entity in self._facts.having("prov:wasGeneratedBy", one)
        )

    def _is_at_work(self, library: str) -> bool:
        """Tell whether what is kept imports a library, or any that may use one that is not Python's own."""
        names = {
            top
            for plan, kept in self._kept.items()
            for key in kept
            if (plan, key) not in self._setters
            for top in self._ran.text(plan).libraries_in(key)
        }
        if library in sys.stdlib_module_names:
            return library in names or library == "sys"
        return any(name not in sys.stdlib_module_names for name in names)

    # ---------------------------------------------------------------- the program

    def result(self, name: str) -> Slice:
        """Write the program."""
        if not self._kept.get(self._ran.main):
            raise UsageError(
                f"Nothing that the program of trial {self._trial_id[:8]} did made {name!r}: it was there "
                "before, so there is no slice of it."
            )
        plans = [self._ran.main, *(plan for plan in self._kept if plan != self._ran.main)]
        return Slice(self._trial_id, name, tuple(map(self._file, plans)), tuple(self._cells()))

    def _cells(self) -> Iterator[SlicedCell]:
        """Give what is kept of each execution of a cell."""
        notebook = self._ran.notebook
        if notebook is not None:
            for run, lines in notebook.cut_down(self._lines(self._ran.main)):
                yield SlicedCell(run.text.cell, run.text.index, run.as_written(lines))

    def _lines(self, plan: Term) -> dict[int, str]:
        return self._ran.text(plan).lines_of(self._kept[plan])

    def _text(self, plan: Term) -> str:
        """Write what is kept of a file; of a notebook, a script that marks where cells begin."""
        text, notebook = self._ran.text(plan), self._ran.notebook
        if notebook is None or plan != self._ran.main:
            return text.cut_down(self._kept[plan])
        parts = [
            "\n".join(
                [
                    f"# %% cell {run.text.index}",
                    *(one for _, one in text.spaced(run.as_script(lines))),
                    "",
                ]
            )
            for run, lines in notebook.cut_down(self._lines(plan))
        ]
        return "\n".join(parts)

    def _file(self, plan: Term) -> SlicedFile:
        text = self._ran.text(plan)
        kept = text.completed(self._kept[plan])
        return SlicedFile(
            path=self._describe.file_of(text_of(plan)) or "program.py",
            text=self._text(plan),
            statements=len(kept),
            of=len(text.statements),
            is_main=plan == self._ran.main,
            lines=tuple(line for line, _ in text.spaced(self._lines(plan))),
        )


def _imported(node: ast.stmt) -> Iterable[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else ()
