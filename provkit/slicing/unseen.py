"""What a slice needs of code that ran where nobody looked: there the text has to say what can matter."""

from __future__ import annotations

import ast
from urllib.parse import unquote

from provkit.executions import StepCarriedOut
from provkit.facts import is_iri, text_of
from provkit.slicing.by_text import ByText
from provkit.slicing.kept import UNCHANGEABLE, Kept
from provkit.statement_syntax import FUNCTIONS
from provkit.vocabulary import Term

_PLAIN_TYPES = UNCHANGEABLE | {"dict", "frozenset", "list", "range", "set", "tuple"}


class Unseen(Kept):
    """Keeps what was summed up."""

    def _take_whole(self, plan: Term, key: str) -> None:
        if isinstance(self._ran.text(plan).statements[key].node, ast.ClassDef):
            # Of a class that was called, what makes an object ran, and what is asked of that by name.
            self._keep(plan, key)
            self._take_special_methods(plan, key)
            return
        whole = self._whole.setdefault(plan, set())
        if key not in whole:
            whole.add(key)
            self._keep(plan, key)
            self._kept[plan] |= self._live_in(plan, key)

    def _live_in(self, plan: Term, key: str) -> set[str]:
        """List what of a function or loop that is kept as a whole can matter, as far as it ran at all."""
        live = self._asked(plan).live_in(key, self._kept[plan])
        return {one for one in live if not self._ran.never_ran(plan, one)}

    def _asked(self, plan: Term) -> ByText:
        if plan not in self._by_text:
            self._by_text[plan] = ByText(self._ran.text(plan))
        return self._by_text[plan]

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

    def _take_methods_named(self, plan: Term, key: str) -> None:
        text = self._ran.text(plan)
        attributes = text.attributes_in(key)
        for qualified, one in text.definitions():
            name = qualified.rpartition(".")
            if name[0] and name[2] in attributes and isinstance(one.node, FUNCTIONS):
                self._take_whole(plan, one.key)

    def _take_special_methods(self, plan: Term, key: str) -> None:
        """Keep the methods of a class that the language calls without naming them, and those of its bases."""
        if (plan, key) in self._classes:
            return
        self._classes.add((plan, key))
        for one in self._ran.text(plan).inside(key):
            name = one.node.name if isinstance(one.node, FUNCTIONS) else ""
            is_special = one.parent == key and name.startswith("__") and name.endswith("__")
            if is_special and (not self._ran.ran_unseen or self._ran.ran_here(plan, one.key)):
                self._take_whole(plan, one.key)
        self._take_functions_named(plan, key)

    def _follow_loop(self, iri: Term, step: StepCarriedOut) -> None:
        """Keep what the text says of a loop's rounds that were not looked into, and what they read."""
        if not self._ran.is_loop(step):
            return
        text, kept = self._ran.text(step.plan), self._kept[step.plan]
        asked = self._asked(step.plan)
        made = self._made_by_loops.get(iri, [])
        changed = asked.names_changed_in(step.key)
        if not all(names & changed for names in made):
            # Something without a name of its own: nobody can tell which statement made it.
            self._take_whole(step.plan, step.key)
        wanted = {name for names in made for name in names}
        needed = asked.needed_in_loop(step.key, kept, wanted, self._plain_names)
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
