"""What a slice needs of what was done to the whole process, which no value holds: seeds, folders, settings."""

from __future__ import annotations

import re
import sys

from provkit.facts import text_of
from provkit.slicing.written import Written
from provkit.vocabulary import Term

_MAKES_FOLDERS = frozenset(
    {"os.makedirs", "os.mkdir", "pathlib.Path.mkdir", "pathlib.PosixPath.mkdir"}
)
_SETS_THE_PROCESS = frozenset(
    {
        *("os.chdir", "sys.setrecursionlimit", "locale.setlocale"),
        *("decimal.getcontext", "decimal.setcontext"),
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
_WAITS = frozenset({"join", "shutdown", "wait"})
"""Methods, by the last part of their names, that wait for other threads."""
_OTHER_JOINS = ("builtins", "str", "posixpath", "ntpath", "os.path", "bytes")
_FINDS_MODULES = frozenset(
    {"sys.path", "site.addsitedir"}.union(
        f"sys.path.{method}" for method in ("append", "extend", "insert", "remove")
    )
)
"""What is called, or stored into, to let modules be found."""


class OfProcess(Written):
    """Keeps calls whose effect is on the process."""

    def _is_needed_by_the_process(self, iri: Term) -> bool:
        called = self._facts.object(iri, "pk:called")
        step = self._ran.step(iri)
        if step is None:
            return False
        text = self._ran.text(step.plan)
        if self._finds_modules(step.plan, step.key):
            self._setters.add((step.plan, step.key))
            return self._imports_more_than_pythons_own()
        if called is None:
            return False
        # An extension's function may not know its own name: then the text does.
        names = text.calls_in(step.key)
        names.add(re.split(r"#|/implementation/", text_of(called))[-1])
        for name in names & _SETS_THE_PROCESS:
            self._setters.add((step.plan, step.key))
            if self._is_at_work(name.partition(".")[0]):
                return True
        if self._waits_for_threads(text_of(called), text.attributes_in(step.key)):
            return True
        if not names & _MAKES_FOLDERS:
            return False
        return (
            self._opens_for_writing()
            or any(
                self._describe.kind(entity) == "file"
                and self._facts.object(entity, "prov:wasGeneratedBy") in self._executions
                for entity in self._entities
            )
            or any(
                self._describe.kind(entity) == "file"
                for one in self._executions
                for entity in self._facts.having("prov:wasGeneratedBy", one)
            )
        )

    def _opens_for_writing(self) -> bool:
        """Tell whether a statement that is kept opens a file for writing, whatever is written into it."""
        return any(
            self._ran.text(plan).writes_a_file(key)
            for plan, kept in self._kept.items()
            for key in kept
        )

    def _waits_for_threads(self, called: str, attributes: set[str]) -> bool:
        """Tell whether a call waits for threads that what is kept may have started."""
        name = re.split(r"#|/implementation/|/function/", called)[-1]
        return (
            name.rpartition(".")[2] in _WAITS & attributes
            and not name.startswith(_OTHER_JOINS)
            and "threading" in self._libraries()
        )

    def _is_at_work(self, library: str) -> bool:
        """Tell whether what is kept imports a library, or any that may use one that is not Python's own."""
        if library in sys.stdlib_module_names:
            return library == "sys" or library in self._libraries()
        return self._imports_more_than_pythons_own()

    def _finds_modules(self, plan: Term, key: str) -> bool:
        known = self._finders.get((plan, key))
        if known is None:
            text = self._ran.text(plan)
            touched = text.calls_in(key) | text.stored_in(key)
            known = self._finders[plan, key] = not _FINDS_MODULES.isdisjoint(touched)
        return known

    def _imports_more_than_pythons_own(self) -> bool:
        return not self._libraries() <= sys.stdlib_module_names

    def _libraries(self) -> set[str]:
        """List the modules, at the top of their packages, that what is kept imports."""
        return {
            top
            for plan, kept in self._kept.items()
            for key in kept
            if (plan, key) not in self._setters
            for top in self._ran.text(plan).libraries_in(key)
        }
