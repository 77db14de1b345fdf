"""Runs tiny programs under capture and gives the trials they make."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from provkit.assembly import Outcome, assemble
from provkit.capture import script
from provkit.circumstances import Circumstances
from provkit.constraints import check
from provkit.mapping import quads_of
from provkit.model import Execution, Reference, Trial
from provkit.prov_document import document_of

PYTHONS = [sys.executable, *filter(None, os.environ.get("PROVKIT_PYTHONS", "").split(os.pathsep))]
"""Interpreters that programs are run with: this one, and those that the variable names."""

BASE = "arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/"


def run_program(
    folder: Path,
    source: str,
    *,
    arguments: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    python: str | None = None,
    name: str = "program.py",
    expect: int | None = 0,
    may_fail: bool = False,
    project: Path | None = None,
) -> Trial:
    """Write a script and its files into a folder, run it watched, and assemble its trial.

    Its exit status has to be `expect`, unless it `may_fail`. The project is the folder, or lies above it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(source, encoding="utf-8")
    for file, content in (files or {}).items():
        (folder / file).write_text(content, encoding="utf-8")
    journal = folder / ".provkit" / "journals" / "trial"
    journal.mkdir(parents=True)
    circumstances = Circumstances(
        trial="3f9a6c0d1b7e4a52a8d4c1e09b5f7723",
        base_iri=BASE,
        provkit="0.1.0",
        project=str(project or folder),
        command=(name, *arguments),
        started_ns=time.time_ns(),
    )
    (journal / "circumstances.json").write_text(circumstances.to_json(), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        ending = script.run(
            script.Target("script", name),
            list(arguments),
            interpreter=script.find_interpreter(python or sys.executable),
            journal_folder=journal,
            options={
                "trial": circumstances.trial,
                "version": "0.1.0",
                "project": str(project or folder),
                "store": str(folder / ".provkit"),
            },
        )
    finally:
        os.chdir(before)
    assert ending.problems == "", ending.problems
    assert may_fail or ending.exit_status == expect
    outcome = Outcome(ending.exit_status, ending.signal, time.time_ns())
    return assemble(journal, packages_of=lambda _modules, _path: ((), {}), outcome=outcome)


@dataclass
class Lineage:
    """The backward closure of one value of a trial."""

    trial: Trial

    def of(self, name: str) -> set[Reference]:
        """Give everything that a name's last version, or `name@n`, or a file came from."""
        waiting = [self.find(name)]
        found: set[Reference] = set()
        sources = {Reference("value", value.key): value.derived_from for value in self.trial.values}
        sources |= {Reference("file", file.key): file.derived_from for file in self.trial.files}
        while waiting:
            for derivation in sources.get(waiting.pop(), ()):
                if derivation.source not in found:
                    found.add(derivation.source)
                    waiting.append(derivation.source)
        return found

    def find(self, name: str) -> Reference:
        """Find a value by name or `name@n`, or a file by its key."""
        if any(file.key == name for file in self.trial.files):
            return Reference("file", name)
        if "@" in name:
            return Reference("value", name.replace("@", "."))
        versions = [value for value in self.trial.values if name in value.variables]
        return Reference("value", versions[-1].key)

    def lines(self, name: str) -> set[int]:
        """Give the lines of the statements that made a value and all it came from.

        Those of a function were run by a call, whose line is there too.
        """
        made = {Reference("value", value.key): value.generated_by for value in self.trial.values}
        made |= {Reference("file", file.key): file.generated_by for file in self.trial.files}
        orders = {made.get(source) for source in {self.find(name), *self.of(name)}}
        return {line for order in orders if order is not None for line in self.lines_around(order)}

    def lines_around(self, order: int) -> set[int]:
        """Give the line of an execution and, if it took place in functions, of the calls that ran them."""
        plans = {self.trial.plan.digest: self.trial.plan}
        plans |= {plan.digest: plan for _, plan in self.trial.modules}
        steps = {(plan.digest, step.key): step for plan in plans.values() for step in plan.steps}
        executions = {execution.order: execution for execution in self.trial.executions}
        current = executions[order]
        lines = {self.line(order)}
        while current.parent is not None:
            outer = executions[current.parent]
            if steps[current.plan, current.step].parent != outer.step:
                lines.add(self.line(outer.order))
            current = outer
        return lines

    def line(self, order: int) -> int:
        """Give the line of the step that an execution carried out."""
        execution: Execution = next(e for e in self.trial.executions if e.order == order)
        return int(execution.step.split(".")[0])


def violations_of(trial: Trial) -> list[str]:
    """Hold a trial against PROV-CONSTRAINTS."""
    return [str(found) for found in check(document_of(quads_of(trial))).violations]
