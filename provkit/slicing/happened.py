"""What a slice needs of what happened: the statements that made a value, and what they had been given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from provkit.executions import StepCarriedOut
from provkit.facts import is_iri
from provkit.slicing.unseen import Unseen
from provkit.statement_syntax import DECIDES, TRIES
from provkit.vocabulary import Term


class Happened(Unseen):
    """Follows executions and what they made."""

    def take_binding(self, name: str) -> None:
        """Keep the statement that bound a variable of the program for the last time, if the name is one."""
        bound = self._ran.binders.get((self._ran.main, None, name))
        if bound:
            self.take_execution(max(bound)[1])

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
        if maker is None or self._ran.step(maker) is None or self._only_decided(iri, maker):
            return
        if self._ran.is_summed_up(maker):
            named = [*self._ran.names(iri), (facts.text(iri, "rdfs:label") or "").partition("@")[0]]
            names = {part for name in named for part in re.split(r"[.\[]", name)}
            self._made_by_loops.setdefault(maker, []).append(names)
        self.take_execution(maker)
        self._take_what_changed_it(iri, maker)

    def _take_what_changed_it(self, iri: Term, maker: Term) -> None:
        """Keep all of a function at whose end something was found to have changed: nobody saw what changed it."""
        step = self._ran.step(maker)
        called = self._facts.object(maker, "pk:called")
        if step is None or called is None or self._facts.object(iri, "prov:wasRevisionOf") is None:
            return
        if self._definition_called(called, step) is not None:
            self._take_whole_what_ran_in(maker, step)

    def _only_decided(self, iri: Term, maker: Term) -> bool:
        """Tell whether what made a value only decided that a name goes on holding what it held."""
        step, names = self._ran.step(maker), self._ran.names(iri)
        # A state of a file has no name, and is one of the file by the same term.
        if step is None or not names or self._facts.object(iri, "prov:specializationOf") is None:
            return False
        node = self._ran.text(step.plan).statements[step.key].node
        return isinstance(node, DECIDES) and not any(
            maker == execution
            for name in names
            for _, execution in self._ran.binders.get((step.plan, None, name), ())
        )

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

    def _gives_back(self, step: StepCarriedOut) -> bool:
        """Tell whether a step is a `return` of a function that is kept: it may give what it was given as it is.

        Then nothing that the call gave was made there, and nothing else inside the function may be kept.
        """
        text = self._ran.text(step.plan)
        if step.is_call or not isinstance(text.statements[step.key].node, ast.Return):
            return False
        function = text.function_of(step.key)
        return function is not None and function.key in self._kept.get(step.plan, ())

    def _sets_what_a_with_gave(self, step: StepCarriedOut) -> bool:
        """Tell whether a step stores an attribute of what a kept `with` around it gave: all below may hang on it."""
        text, kept = self._ran.text(step.plan), self._kept.get(step.plan, ())
        target = getattr(text.statements[step.key].node, "targets", [None])[0]
        if step.is_call or not (
            isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
        ):
            return False
        return any(
            isinstance(given, ast.Name) and given.id == target.value.id
            for one in text.around(step.key)
            if one.key in kept and isinstance(one.node, ast.With | ast.AsyncWith)
            for given in (item.optional_vars for item in one.node.items)
        )

    def _take_what_the_language_runs(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep what runs though no text calls it: special methods, and all that makes a class of a kept statement."""
        parent = self._ran.parent(iri)
        outer = self._ran.step(parent) if parent is not None else None
        if parent is None or outer is None or parent not in self._executions:
            return
        if parent in self._making_classes:
            self._making_classes.add(iri)
            self.take_execution(iri)
            return
        text = self._ran.text(step.plan)
        function = text.function_of(step.key)
        if function is None or function.key == step.key:
            return
        node = self._ran.text(outer.plan).statements[outer.key].node
        if isinstance(node, ast.ClassDef) and not outer.is_call:
            # A decorator, a metaclass, `__init_subclass__`: it makes the class.
            self._making_classes.add(iri)
            self.take_execution(iri)
            return
        name = function.node.name  # type: ignore[attr-defined]
        parent_of = text.statements[function.parent].node if function.parent is not None else None
        is_special = name.startswith("__") and name.endswith("__")
        if not (is_special and isinstance(parent_of, ast.ClassDef)):
            return
        if function is self._ran.text(outer.plan).function_of(outer.key):
            return
        if function.parent in self._kept.get(step.plan, ()):
            self._keep(step.plan, function.key)

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
                    takes = isinstance(node, TRIES) or (
                        isinstance(node, ast.With | ast.AsyncWith)
                        and self._facts.object(current, "pk:failedWith") is None
                    )
                    if takes and current in self._executions:
                        found.add(iri)
                current = self._ran.parent(current)
        return found
