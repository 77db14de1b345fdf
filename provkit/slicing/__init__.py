"""The smallest program in the author's own lines that lineage says produces a value.

A slice holds the statements whose executions made the value and all that it came from by data; the statements
around them, and the calls that ran them, with what their headers read; what an execution that is kept was
given, whether or not its result came from that; the jumps of what is kept; the imports and definitions whose
names are used. Where something was summed up, the text says what of it is needed.

Source:
    Korel and Laski (1988), Dynamic program slicing: a slice is a program that runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from provkit.bindings import bound_names
from provkit.entities import find, find_executions
from provkit.errors import UsageError
from provkit.facts import Facts, text_of
from provkit.notebook_description import ReadArtifact, happened_between
from provkit.slicing.process import OfProcess
from provkit.vocabulary import Term

if TYPE_CHECKING:
    from provkit.store import LocalStore


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
    between: tuple[str, ...] = ()
    """What happened between the cells that the value came from, in words: nothing here repeats it."""

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
    slicing.settle_texts()
    return slicing.result(name)


class _Slicing(OfProcess):
    """A slice in the making: what is kept grows until it needs nothing more."""

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

    def settle_texts(self) -> None:
        """Let a module that had several texts, as it was edited and loaded again, be written as the latest needed."""
        texts: dict[str, list[Term]] = {}
        for plan in self._kept:
            if plan != self._ran.main:
                texts.setdefault(self._describe.file_of(text_of(plan)), []).append(plan)
        for plans in texts.values():
            *earlier, latest = sorted(plans, key=self._last_ran)
            text = self._ran.text(latest)
            wanted = {
                name
                for plan in earlier
                for key in self._kept[plan]
                if self._ran.text(plan).statements[key].parent is None
                for name in bound_names(self._ran.text(plan).statements[key].node)
            }
            for key, one in text.statements.items():
                if one.parent is None and not wanted.isdisjoint(bound_names(one.node)):
                    self._keep(latest, key)
            if earlier:
                self.settle()
            for plan in earlier:
                self._kept.pop(plan, None)

    def _last_ran(self, plan: Term) -> int:
        """Give the order of the last execution that is kept of a text."""
        orders = [
            self._ran.order(one)
            for one in self._executions
            if (step := self._ran.step(one)) is not None and step.plan == plan
        ]
        return max(orders, default=0)

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
            runs_again = is_inside and (
                is_kept or self._gives_back(step) or self._sets_what_a_with_gave(step)
            )
            # What ran between cells does not do so again by itself.
            runs_again = runs_again and iri not in self._ran_between
            if runs_again or iri in raised or self._is_needed_by_the_process(iri):
                self.take_execution(iri)
            if iri not in self._executions or iri not in self._making_classes:
                self._take_what_the_language_runs(iri, step)
            if iri in self._executions and self._ran.is_summed_up(iri) and not step.is_call:
                self._follow_loop(iri, step)

    def result(self, name: str) -> Slice:
        """Write the program."""
        if not self._kept.get(self._ran.main):
            raise UsageError(
                f"Nothing that the program of trial {self._trial_id[:8]} did made {name!r}: it was there "
                "before, so there is no slice of it."
            )
        plans = [self._ran.main, *(plan for plan in self._kept if plan != self._ran.main)]
        return Slice(
            self._trial_id,
            name,
            tuple(map(self._file, plans)),
            tuple(self._cells()),
            self._between(),
        )

    @cached_property
    def _ran_between(self) -> frozenset[Term]:
        """Executions, and values that none made, of the time when no cell ran."""
        return frozenset(
            one
            for term in ("pk:ranBetweenCells", "pk:changedBetweenCells")
            for one, _ in self._facts.pairs(term)
        )

    def _between(self) -> tuple[str, ...]:
        """Say what is needed that happened while no cell ran."""
        return happened_between(self._facts, self._executions | self._entities)

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
        missing = [f"# not repeated here, between cells: {said}\n" for said in self._between()]
        return "".join(missing) + "\n".join(parts)

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
