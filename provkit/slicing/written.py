"""What the text of what is kept asks for: names, methods, jumps, the project's own modules."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator

from provkit.bindings import DEFINITIONS, dotted
from provkit.excerpt import Statement
from provkit.slicing.happened import Happened
from provkit.statement_syntax import FUNCTIONS, LOOPS, is_import
from provkit.vocabulary import Term

_ABSTRACT = frozenset({"collections.abc", "contextlib", "io", "numbers", "os", "typing"})
"""Modules of Python's own that have abstract classes."""
_LISTS_METHODS = frozenset({"dir", "vars", "__dict__", "inspect.getmembers"})
"""What tells which methods a class has."""
_READS_DOCSTRINGS = frozenset({"__doc__", "help", "inspect.getdoc"})
_RUNS_ELSEWHERE = frozenset({"concurrent", "dask", "joblib", "loky", "multiprocessing", "ray"})
"""Libraries that run functions in other processes."""
_RUNS_BESIDE = frozenset({"_thread", "asyncio", "concurrent", "threading"})
"""Libraries that run functions in other threads, or by an event loop."""


class Written(Happened):
    """Completes what is kept, so that it runs."""

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
                kept |= self._live_in(plan, key)
            kept |= text.completed(kept)
        self._need_shown()
        self._need_methods()
        self._need_what_other_processes_run()
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
        if self._ran.may_have_run(plan, key) or isinstance(node, ast.Global | ast.Nonlocal):
            return True
        is_whole = any(one.key in self._whole.get(plan, ()) for one in text.around(key))
        return is_whole and not self._ran.never_ran(plan, key)

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
        called = {
            name
            for plan, kept in self._kept.items()
            for key in kept
            for name in (*self._ran.text(plan).names_in(key), *self._ran.text(plan).calls_in(key))
        }
        if not _LISTS_METHODS.isdisjoint(attributes | called):
            self._need_all_methods()
        if not _READS_DOCSTRINGS.isdisjoint(attributes | called):
            for plan, kept in self._kept.items():
                text = self._ran.text(plan)
                for key in list(kept):
                    if isinstance(text.statements[key].node, DEFINITIONS):
                        kept.update(text.docstring_of(key))
        self._need_abstract_methods()
        unseen, here = self._attributes_nobody_looked_at(), self._statements_kept_as_they_ran()
        summed_up = self._is_anything_summed_up()
        for plan, kept in self._kept.items():
            text = self._ran.text(plan)
            for key in list(kept):
                one = text.statements[key]
                if isinstance(one.node, FUNCTIONS):
                    if summed_up and (plan, key) in self._ran.functions_unseen:
                        # Nobody knows whether it was for what is kept that it ran so.
                        self._take_whole(plan, key)
                elif isinstance(one.node, ast.ClassDef):
                    for method in self._methods(plan, one):
                        self._need_method(plan, method, attributes, unseen, here)

    def _need_abstract_methods(self) -> None:
        """Keep that classes have the methods without which no object of them can be made, whatever these do."""
        classes = [
            (plan, self._ran.text(plan).statements[key])
            for plan, kept in self._kept.items()
            for key in kept
            if isinstance(self._ran.text(plan).statements[key].node, ast.ClassDef)
        ]
        abstract = {
            name
            for plan, one in classes
            for base in self._ran.text(plan).bases_of(one.key)
            for name in _abstract_methods(base)
        }
        methods = [(plan, method) for plan, one in classes for method in self._methods(plan, one)]
        for plan, method in methods:
            if method.key in self._kept[plan] and _is_abstract(method.node):
                abstract.add(method.node.name)  # type: ignore[attr-defined]
        for plan, method in methods:
            if method.node.name in abstract and not _is_abstract(method.node):  # type: ignore[attr-defined]
                self._kept[plan].add(method.key)

    def _need_all_methods(self) -> None:
        """Keep that there are all methods of the classes that are kept, whatever they do: something lists them."""
        for plan, kept in self._kept.items():
            text = self._ran.text(plan)
            for key in list(kept):
                one = text.statements[key]
                if isinstance(one.node, ast.ClassDef):
                    kept.update(method.key for method in self._methods(plan, one))

    def _methods(self, plan: Term, one: Statement) -> Iterator[Statement]:
        text = self._ran.text(plan)
        for block in one.blocks:
            for inner in map(text.statements.__getitem__, block.statements):
                if isinstance(inner.node, FUNCTIONS):
                    yield inner

    def _need_method(
        self,
        plan: Term,
        method: Statement,
        attributes: set[str],
        unseen: set[str],
        here: set[tuple[Term, str]],
    ) -> None:
        """Keep a method of a kept class if it is needed.

        Args:
            plan: That the class stands in.
            method: Its definition.
            attributes: Those that are read in what is kept.
            unseen: Those of them that are read where nobody looked.
            here: Statements of which an execution is kept.
        """
        name = method.node.name  # type: ignore[attr-defined]
        kept = self._kept[plan]
        inside = [(plan, one.key) for one in self._ran.text(plan).inside(method.key)]
        ran_unseen = (plan, method.key) in self._ran.functions_unseen
        if name in unseen and here.isdisjoint(inside) and (ran_unseen or not self._is_told()):
            # It was looked into elsewhere, if at all, and not where it is needed.
            self._take_whole(plan, method.key)
            return
        if method.key in kept:
            return
        is_special = name.startswith("__") and name.endswith("__")
        may_have_run = self._is_anything_summed_up() and (
            ran_unseen if self._is_told() else self._ran.executed.isdisjoint(inside)
        )
        if ran_unseen and name == "run" and "start" in attributes:
            # A thread of a class of the program's own.
            self._take_whole(plan, method.key)
        if name in attributes or (is_special and may_have_run):
            kept.add(method.key)
            if may_have_run:
                self._take_whole(plan, method.key)

    def _is_told(self) -> bool:
        """Tell whether the trial says what ran where nobody looked."""
        return bool(self._ran.ran_unseen)

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
                if self._ran.is_loop(step) and not step.is_call:
                    inside = (one.key for one in self._ran.text(step.plan).inside(step.key))
                    keys.update((step.plan, one) for one in inside if one in self._kept[step.plan])
        for plan, whole in self._whole.items():
            text = self._ran.text(plan)
            for key in whole:
                keys.update(
                    (plan, one.key) for one in text.inside(key) if one.key in self._kept[plan]
                )
        return {name for plan, key in keys for name in self._ran.text(plan).attributes_in(key)}

    def _is_anything_summed_up(self) -> bool:
        return bool(self._whole) or any(map(self._ran.is_summed_up, self._executions))

    def _need_what_other_processes_run(self) -> None:
        """Keep all of the functions of which nothing ran in the watched process, if others may have run them."""
        for plan, kept in self._kept.items():
            text = self._ran.text(plan)
            roots = {
                name.partition(".")[0]
                for key in kept
                if is_import(text.statements[key].node)
                for name in _modules_imported(text.statements[key].node)
            }
            runs_elsewhere = not roots.isdisjoint(_RUNS_ELSEWHERE)
            runs_beside = not roots.isdisjoint(_RUNS_BESIDE)
            for key in list(kept):
                if not isinstance(text.statements[key].node, FUNCTIONS):
                    continue
                ran_unseen = runs_beside and (plan, key) in self._ran.functions_unseen
                if ran_unseen or (runs_elsewhere and not self._ran.ran_here(plan, key)):
                    self._take_whole(plan, key)

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


def _modules_imported(node: ast.stmt) -> list[str]:
    """List the modules that an import names."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _imported(node: ast.stmt) -> Iterable[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else ()


def _is_abstract(node: ast.stmt) -> bool:
    """Tell whether a function's decorators say that classes have to have one of their own."""
    return any(
        dotted(decorator).rpartition(".")[2].startswith("abstract")
        for decorator in getattr(node, "decorator_list", ())
    )


def _abstract_methods(base: str) -> Iterable[str]:
    """List the methods that a class of one of Python's own abstract classes has to have."""
    module, _, name = base.rpartition(".")
    if module not in _ABSTRACT:
        return ()
    found = getattr(importlib.import_module(module), name, None)
    return getattr(getattr(found, "__origin__", found), "__abstractmethods__", ())
