"""Where a parameter was set, and by whom: the text, the command line, a file of settings, a cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from provkit.assembly.gathering import statement_of
from provkit.assembly.invocations import Given, Invocation, Invocations, Shown
from provkit.assembly.makers import Makers
from provkit.assembly.origins import COMMAND_LINE, Source, walked_back
from provkit.assembly.parameter_drafts import Draft, ParametersFound
from provkit.assembly.parameter_texts import is_data, option
from provkit.model import Reference

CONFIGURATION = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env")
"""Endings of files whose content sets parameters."""
_KEY = re.compile(r"\[['\"](\w+)['\"]\]$")
_REACH = 300
"""Values that the search for where a parameter was set goes through."""


class Whereabouts:
    """Says of parameters in the making where they were set."""

    def __init__(
        self,
        invocations: Invocations,
        found: ParametersFound,
        makers: Makers,
        *,
        files: Mapping[str, str],
        arguments: list[str],
        paths: Mapping[int, str],
    ) -> None:
        """Take what there is to look in.

        Args:
            invocations: The calls of the trial.
            found: The parameters found so far; what objects hand on was said when they were made.
            makers: Finds the calls that made them.
            files: The path of each file state, by key.
            arguments: The program's command line.
            paths: For each source text its path.
        """
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._derivations = invocations.derivations
        self._found = found
        self._makers = makers
        self._files = files
        self._arguments = arguments
        self._paths = paths

    def say(self, draft: Draft, given: Given, invocation: Invocation | None) -> None:
        """Say of a parameter that was given who set it, and where."""
        draft.sources = given.sources
        if invocation is not None and not given.is_spread:
            draft.shown = self._with_expression(draft.shown, invocation, draft.name, given.value)
        plan = invocation.statement.plan if invocation is not None else 0
        draft.set_by = "**" if given.is_spread else "source"
        draft.where = f"{self._paths.get(plan, '')}:{given.line}".lstrip(":")
        if not given.sources or is_data(given.shown) or _holds_objects(given.shown):
            # What an object was made of has settings of its own.
            self._say_cell(draft, plan, given.line)
            return
        if self._is_set_in_an_object(draft, given):
            return
        key = _key_of(draft, given)
        for source in self.behind(given.sources):
            if source == COMMAND_LINE:
                if key is not None and not self._is_on_command_line(key):
                    # A dictionary has it, of which other things were said there; perhaps a file said this.
                    draft.set_by, draft.where = "command line", None
                    continue
                self._say_option(draft, key if key is not None else given.part or "")
                return
            if isinstance(source, Reference) and source.kind == "file":
                path = self._files.get(source.key, source.key)
                if path.endswith(CONFIGURATION):
                    draft.set_by, draft.where = "file", path
                    return
        for source in given.sources:
            origin = self._derivations.origins.get(source) if isinstance(source, int) else None
            if origin is not None and origin.generated_by is not None and not origin.data:
                statement = statement_of(self._gathered, origin.generated_by)
                line = int(statement.key.partition(".")[0])
                draft.where = f"{self._paths.get(statement.plan, '')}:{line}".lstrip(":")
                self._say_cell(draft, statement.plan, line)
                return

    def _is_set_in_an_object(self, draft: Draft, given: Given) -> bool:
        """Say of an attribute what was said of it as the object was made: `seed=settings.seed`."""
        if not (given.part or "").startswith("."):
            return False
        name = (given.part or "").lstrip(".")
        for source in given.sources:
            maker = self._makers.maker_of(source) if isinstance(source, int) else None
            for before in self._found.of_call.get(maker.order, ()) if maker is not None else ():
                if before.name == name and before.shown == draft.shown:
                    draft.set_by, draft.where = before.set_by, before.where
                    if before.origin == "default":
                        short = before.owner.qualified_name.rpartition(".")[2]
                        draft.set_by = "default of a parameter"
                        draft.where = f"{short}.{name}"
                    return True
        return False

    def _with_expression(
        self, shown: Shown, invocation: Invocation, name: str, value: int | None
    ) -> Shown:
        """Of an array or an object that a call is given, tell also how the program writes it: `np.logspace(-5, 5)`."""
        if shown.scalar is not None or not is_data(shown):
            return shown
        written = self._invocations.expression_of(invocation, name)
        if written is not None and written.isidentifier():
            written = self._invocations.expression_behind(value)
        if written is None or written.isidentifier():
            return shown
        return Shown(None, f"{shown.text}: {written}", shown.items)

    def _say_option(self, draft: Draft, part: str) -> None:
        written = option(part)
        if written == "--":
            draft.set_by, draft.where = "command line", None
        elif self._is_on_command_line(part) or not any(
            argument.startswith("-") for argument in self._arguments
        ):
            draft.set_by, draft.where = "command line", written
        else:
            draft.set_by, draft.where = "default of an option", written

    def _is_on_command_line(self, part: str) -> bool:
        written = option(part)
        spelled = {written, written.replace("-", "_").replace("__", "--", 1)}
        return any(argument.partition("=")[0] in spelled for argument in self._arguments)

    def _say_cell(self, draft: Draft, plan: int, line: int) -> None:
        analysis = self._invocations.analysis(plan)
        if analysis is None:
            return
        for cell in analysis.plan.cells:
            named = "parameters" in getattr(cell, "tags", ()) or (
                cell.title.strip().lower() == "parameters"
            )
            if named and cell.first_line <= line <= cell.last_line:
                draft.set_by = "parameters cell"

    def behind(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Walk back from what flowed into an argument, not through what is data."""
        return walked_back(sources, self._sources_of, _REACH)

    def _sources_of(self, source: Source) -> Iterable[Source]:
        if not isinstance(source, int):
            return ()
        seen = self._gathered.values.get(source)
        origin = self._derivations.origins.get(source)
        if origin is None or (seen is not None and "shape" in seen.description):
            return ()
        return origin.data

    def place(self, order: int) -> str | None:
        """Give the file and line of the statement that an execution is of, or lies in."""
        try:
            statement = statement_of(self._gathered, order)
        except KeyError:
            return None
        line = statement.key.partition(".")[0]
        return f"{self._paths.get(statement.plan, '')}:{line}".lstrip(":")


def _holds_objects(shown: Shown) -> bool:
    """Tell whether a value is a list of objects, as the steps of a pipeline are: each has settings of its own."""
    text = shown.text or ""
    return text.startswith(("[", "(")) and re.search(r"<\w[\w.]*>", text) is not None


def _key_of(draft: Draft, given: Given) -> str | None:
    """Give the key that an argument had in a mapping: the one it is read with, or its own name in one taken apart."""
    if given.is_spread:
        return draft.name if draft.name.isidentifier() else None
    key = _KEY.search(given.part or "")
    return key[1] if key is not None else None
