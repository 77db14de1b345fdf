"""The executions of a trial, each with the statement of the text that it carried out."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from provkit.entities import step_place
from provkit.errors import BadInput
from provkit.excerpt import SourceText
from provkit.facts import Facts, text_of
from provkit.notebook_description import ReadArtifact, is_inside_another
from provkit.notebook_program import NotebookProgram
from provkit.statement_syntax import LOOPS
from provkit.vocabulary import Term


@dataclass(frozen=True, slots=True)
class StepCarriedOut:
    """Where an execution's step stands."""

    plan: Term
    key: str
    """Key of the statement that it is, or is a call in."""
    is_call: bool
    """It is a call inside the statement, and not the statement itself."""


class Executions:
    """What a trial says was carried out, laid upon the texts of its program and its modules."""

    def __init__(self, facts: Facts, trial_id: str, read: ReadArtifact | None = None) -> None:
        """Read what the trial says was carried out.

        Args:
            facts: Of the trial.
            trial_id: Its full id.
            read: Gives what the store keeps under a digest; needed for notebooks alone, whose texts may be long.

        Raises:
            BadInput: The trial does not hold its program's text, or that text is no Python any more.
        """
        self._facts = facts
        self._trial_id = trial_id
        self._texts: dict[Term, SourceText] = {}
        self._steps: dict[Term, StepCarriedOut | None] = {}
        self.main = self._main_plan()
        """The plan of the program itself."""
        self.notebook = self._program_of_notebook(read)
        """Of a trial of a notebook, its cells as they ran."""
        self.every = [one for one in facts.instances("p-plan:Activity") if self.step(one)]
        self.executed = {(step.plan, step.key) for one in self.every if (step := self.step(one))}
        """Statements that were carried out at least once, by plan and key."""
        self.ran_unseen = set(self._unseen())
        """Statements that ran, at least once, where nobody looked; none if an older provkit did not tell."""
        self.functions_unseen = set(self._functions_unseen())
        """Functions that ran, at least once, without being looked into at all, by plan and key."""
        self.children: dict[Term, list[Term]] = {}
        self.binders: dict[tuple[Term, str | None, str], list[tuple[int, Term]]] = {}
        """By plan, scope and name, the executions that bound it, each with its order."""
        for one in self.every:
            self._index(one)

    def _index(self, iri: Term) -> None:
        """Note what an execution is part of, and which names it bound."""
        parent, step = self.parent(iri), self.step(iri)
        if parent is not None:
            self.children.setdefault(parent, []).append(iri)
        if step is None or step.is_call:
            return
        for name, scope in self.text(step.plan).bound_in(step.key):
            known = self.binders.setdefault((step.plan, scope, name), [])
            known.append((self.order(iri), iri))

    def frame(self, iri: Term) -> Term | None:
        """Find the execution that ran the function in which another took place."""
        step = self.step(iri)
        current: Term | None = iri
        function = step and self.text(step.plan).function_of(step.key)
        while current is not None:
            inner = self.step(current)
            own = inner and self.text(inner.plan).function_of(inner.key)
            if inner is None or step is None or own != function or inner.plan != step.plan:
                return current
            current = self.parent(current)
        return None

    def step(self, iri: Term) -> StepCarriedOut | None:
        """Find where the step of an execution stands; None if the text is not there."""
        if iri not in self._steps:
            self._steps[iri] = self._find_step(iri)
        return self._steps[iri]

    def _find_step(self, iri: Term) -> StepCarriedOut | None:
        step = self._facts.object(iri, "p-plan:correspondsToStep")
        plan, found, key = text_of(step).partition("/step/") if step is not None else ("", "", "")
        at = step_place(unquote(key)) if found else None
        text = self.text_if_any(f"<{plan}>") if at is not None else None
        if at is None or text is None:
            return None
        line: int | None = at.line
        if at.cell is not None:
            cell = self._cell_around(iri)
            if cell is not None and is_inside_another(self._facts, cell):
                return self._statement_that_ran(cell)
            if self.notebook is not None:
                line = self.notebook.line_of(at.cell, at.line, cell, self.order(iri))
        statement = text.at(line, at.column) if line is not None else None
        return StepCarriedOut(f"<{plan}>", statement, at.is_call) if statement is not None else None

    def _unseen(self) -> Iterator[tuple[Term, str]]:
        """List the statements that ran, at least once, without being looked into."""
        for trial in self._facts.instances("repr:Trial"):
            for step in self._facts.objects(trial, "pk:ranUnseen"):
                plan, _, key = text_of(step).partition("/step/")
                at = step_place(unquote(key))
                text = self.text_if_any(f"<{plan}>") if at is not None else None
                if at is None or text is None:
                    continue
                lines = [at.line]
                if at.cell is not None and self.notebook is not None:
                    lines = self.notebook.lines_of(at.cell, at.line)
                for line in lines:
                    statement = text.at(line, at.column)
                    if statement is not None:
                        yield f"<{plan}>", statement

    def _functions_unseen(self) -> Iterator[tuple[Term, str]]:
        for plan, key in self.ran_unseen:
            text = self.text(plan)
            function = text.function_of(key)
            if function is None:
                continue
            between = itertools.takewhile(lambda one: one.key != function.key, text.around(key))  # noqa: B023
            if not any(isinstance(one.node, LOOPS) for one in between):
                yield plan, function.key

    def may_have_run(self, plan: Term, key: str) -> bool:
        """Tell whether a statement ran, whether or not anybody looked."""
        return (plan, key) in self.executed or (plan, key) in self.ran_unseen

    def never_ran(self, plan: Term, key: str) -> bool:
        """Tell whether it is known that a statement of a function did not run, though the function did."""
        if not self.ran_unseen or self.may_have_run(plan, key):
            return False
        text = self.text(plan)
        one = text.statements[key]
        if isinstance(one.node, ast.Global | ast.Nonlocal):
            return False
        if one.parent is not None and isinstance(text.statements[one.parent].node, ast.ClassDef):
            # What stands in a class beside its methods runs with the class's own statement.
            return self.never_ran(plan, one.parent)
        function = text.function_of(key)
        return function is not None and self.ran_here(plan, function.key)

    def ran_here(self, plan: Term, function: str) -> bool:
        """Tell whether any of a function ran in the process that was watched."""
        return any(self.may_have_run(plan, one.key) for one in self.text(plan).inside(function))

    def _cell_around(self, iri: Term) -> Term | None:
        """Find the execution of a cell in which a statement or call was carried out."""
        current: Term | None = iri
        while current is not None and not self._facts.is_a(current, "repr:CellExecution"):
            current = self._facts.object(current, "provone:wasPartOf")
        return current

    def _statement_that_ran(self, cell: Term) -> StepCarriedOut | None:
        """Find the statement that ran a cell inside another: what the text shows of all that the cell did."""
        parent = self._facts.object(cell, "provone:wasPartOf")
        step = self.step(parent) if parent is not None else None
        return StepCarriedOut(step.plan, step.key, is_call=True) if step is not None else None

    def parent(self, iri: Term) -> Term | None:
        """Find the execution inside which another took place; None directly below the trial."""
        parent = self._facts.object(iri, "provone:wasPartOf")
        return parent if parent is not None and self.step(parent) is not None else None

    def order(self, iri: Term) -> int:
        """Give an execution's place in the order of starting."""
        order = self._facts.scalar(iri, "pk:order")
        return order if isinstance(order, int) else 0

    def names(self, iri: Term) -> list[str]:
        """List the variables that a value was bound to, with the functions around them."""
        variables = self._facts.objects(iri, "p-plan:correspondsToVariable")
        return [unquote(text_of(one).rpartition("/variable/")[2]) for one in variables]

    def is_loop(self, step: StepCarriedOut) -> bool:
        """Tell whether the statement of a step is a loop."""
        return isinstance(self.text(step.plan).statements[step.key].node, LOOPS)

    def is_summed_up(self, iri: Term) -> bool:
        """Tell whether an execution's inside, or some round of it, was not looked into."""
        if self._facts.scalar(iri, "pk:summarised") is True:
            return True
        rounds = self._facts.scalar(iri, "pk:iterations")
        if not isinstance(rounds, int):
            return False
        steps = (self.step(one) for one in self.children.get(iri, ()))
        looked_into = Counter(step.key for step in steps if step is not None and not step.is_call)
        return rounds > max(looked_into.values(), default=0)

    def _main_plan(self) -> Term:
        for association in self._facts.instances("prov:Association"):
            plan = self._facts.object(association, "prov:hadPlan")
            if plan is not None:
                return plan
        raise BadInput(
            f"Couldn't slice trial {self._trial_id[:8]}: it does not say which program ran. "
            "An imported document has no slices."
        )

    def _program_of_notebook(self, read: ReadArtifact | None) -> NotebookProgram | None:
        if read is None or not self._facts.is_a(self.main, "repr:Notebook"):
            return None
        program = NotebookProgram(self._facts, read)
        if not program.runs:
            raise BadInput(
                f"Couldn't slice trial {self._trial_id[:8]}: none of its cells ran; a saved notebook has no values. "
                "Capture it without --no-execute."
            )
        return program

    def text(self, plan: Term) -> SourceText:
        """Give the text of a plan that is known to have one."""
        text = self.text_if_any(plan)
        assert text is not None
        return text

    def text_if_any(self, plan: Term) -> SourceText | None:
        """Give the text of a plan; None for a module whose text was not kept."""
        if plan not in self._texts:
            written = (
                self.notebook.text
                if self.notebook is not None and plan == self.main
                else self._facts.text(plan, "schema:text")
            )
            if written is None and plan != self.main:
                return None
            if written is None:
                raise BadInput(
                    f"Couldn't slice trial {self._trial_id[:8]}: it does not hold the text of its program; "
                    "it was captured by an older provkit, or the text is no Python. Capture it again."
                )
            try:
                self._texts[plan] = SourceText(written)
            except (SyntaxError, ValueError, RecursionError) as error:
                raise BadInput(
                    f"Couldn't slice trial {self._trial_id[:8]}: the text of its program can no longer be "
                    f"parsed ({error}), since a secret in it was redacted."
                ) from error
        return self._texts[plan]
