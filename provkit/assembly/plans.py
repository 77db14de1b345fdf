"""The source texts that a journal tells of -> their plans, and what ran of them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from provkit.assembly.cells import ORIGINAL, Cells
from provkit.assembly.file_states import FileState, FileStates
from provkit.assembly.gathering import Gathered
from provkit.assembly.plain_code import ran_in_blocks
from provkit.events import CalleeSeen, ModuleSeen
from provkit.journal_file import SourceTexts
from provkit.model import Plan, PlanKind
from provkit.source import SourceAnalysis, plan_of_garbage, plan_without_steps


class Plans:
    """The plans of one trial: of its script or notebook, and of the project's modules."""

    def __init__(self, folder: Path, gathered: Gathered, warnings: list[str]) -> None:
        """Read all texts.

        Args:
            folder: That of the journal; the texts lie in it.
            gathered: All that the journal tells.
            warnings: Takes what could not be read.
        """
        self._folder = folder
        self._gathered = gathered
        self._texts = SourceTexts(folder)
        self.analyses: dict[int, SourceAnalysis] = {}
        """By number of the text, for those that are Python."""
        self.cells: Cells | None = None
        """Of a notebook."""
        self._of_text: dict[int, Plan] = {}
        self._own_plans: dict[str, str] = {}
        """For each file of the project's, the digest of its text."""
        self._step_prefixes: dict[int, str] = {}
        if gathered.notebook is not None:
            self.cells = Cells(folder, gathered, self._texts.bytes_of)
            warnings.extend(self.cells.warnings)
            self._read_cells(self.cells)
        self._read_sources(warnings)

    def _read_cells(self, cells: Cells) -> None:
        for number, key in cells.programs():
            self._of_text[number] = cells.plan
            self._step_prefixes[number] = cells.analysis.prefix(key)
            analysis = cells.analysis_of(key)
            if analysis is not None:
                self.analyses[number] = analysis

    def _read_sources(self, warnings: list[str]) -> None:
        places_run = _places_run(self._gathered)
        for number, source in self._gathered.sources.items():
            if source.kind == "cell":
                continue
            kind: PlanKind = source.kind  # type: ignore[assignment]
            text = self._texts.bytes_of(source.sha256)
            if text is None:
                warnings.append(f"the source text {source.sha256[:12]} is not beside the journal")
                self._of_text[number] = Plan(source.sha256, kind, source.size_bytes)
                continue
            try:
                ran = None if number == 0 else places_run.get(number, ())
                self.analyses[number] = SourceAnalysis(text, kind, ran=ran)
                self._of_text[number] = self.analyses[number].plan
            except (SyntaxError, ValueError, RecursionError):
                self._of_text[number] = plan_of_garbage(text, kind)
            if source.path is not None:
                self._own_plans[source.path] = source.sha256

    @property
    def main(self) -> Plan | None:
        """That of the script or notebook; None if the journal tells of none."""
        return self._of_text.get(0) if self.cells is None else self.cells.plan

    def digest_of(self, number: int) -> str:
        """Give the digest that names the plan which a text belongs to."""
        return self._of_text[number].digest

    def step_prefix(self, plan: int) -> str:
        """Give what keys of steps begin with: for a cell of a notebook its id."""
        return self._step_prefixes.get(plan, "")

    def script(self, files: FileStates) -> FileState | None:
        """Tell the file that was run, as it was before that; None for a command and what was never saved."""
        if self._gathered.notebook is not None:
            return self._notebook(files, self._gathered.notebook.path)
        source = self._gathered.sources.get(0)
        if source is None or source.path is None:
            return None
        return files.code(source.path, source.sha256, source.size_bytes)

    def _notebook(self, files: FileStates, path: str | None) -> FileState | None:
        try:
            content = (self._folder / ORIGINAL).read_bytes()
        except OSError:
            return None
        if path is None:
            return None
        return files.code(path, sha256(content).hexdigest(), len(content))

    def modules(self, files: FileStates) -> tuple[tuple[str, Plan], ...]:
        """List the project's modules that were imported: of each text the key of its file, and its plan."""
        modules = {}
        for number, source in self._gathered.sources.items():
            if number != 0 and source.path is not None and source.kind != "cell":
                state = files.code(source.path, source.sha256, source.size_bytes)
                modules[source.sha256] = (state.key, self._of_text[number])
        for module in self._gathered.modules:
            if module.sha256 is None or module.file is None or module.file in self._own_plans:
                continue
            self._own_plans[module.file] = module.sha256
            text = self._texts.bytes_of(module.sha256) or b""
            state = files.code(module.file, module.sha256, module.size_bytes or 0)
            try:
                plan = plan_without_steps(text, "module")
            except (SyntaxError, ValueError, RecursionError):
                plan = plan_of_garbage(text, "module")
            modules[module.sha256] = (state.key, plan)
        return tuple(modules.values())

    def ran_unseen(self) -> Iterable[tuple[str, str]]:
        """List the statements that ran without being looked into, by plan and step."""
        for event in self._gathered.plain:
            analysis = self.analyses.get(event.plan)
            if analysis is not None:
                prefix = self.step_prefix(event.plan)
                for key in ran_in_blocks(analysis, event.blocks):
                    yield self._of_text[event.plan].digest, f"{prefix}{key}"

    def defining(self, callee: CalleeSeen) -> str | None:
        """Find the plan that defines something of the project's that is called, by its digest."""
        file = callee.file
        if file is None and callee.kind == "class":
            file = next((one.file for one in self._modules_of(callee.module)), None)
        own = self._own_plans.get(file or "")
        if own is not None or callee.module != "__main__":
            return own
        return self.main.digest if self.main is not None else None

    def _modules_of(self, name: str | None) -> Iterable[ModuleSeen]:
        """List the project's own modules of a name."""
        return (one for one in self._gathered.modules if one.name == name and one.sha256)

    def paths(self, files: FileStates) -> dict[int, str]:
        """Give for each text the path of its file, or the place of its cell, to say where something stands."""
        by_digest = {state.digest: state.path for state in files.states}
        found = {
            number: by_digest.get(source.sha256, "")
            for number, source in self._gathered.sources.items()
        }
        if self.cells is not None:
            found.update(self.cells.places())
        return found


def _places_run(gathered: Gathered) -> dict[int, set[str]]:
    """List the places of the statements that ran in each text."""
    places: dict[int, set[str]] = {}
    for statement in gathered.statements.values():
        places.setdefault(statement.plan, set()).add(statement.key)
    for event in gathered.plain:
        # Where nobody looked something ran as well.
        places.setdefault(event.plan, set()).update(first for first, _ in event.blocks)
    return places
