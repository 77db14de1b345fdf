"""Perturbation: where changing an input changes an output, lineage has to lead from the one to the other.

    python tests/replay/perturbing.py [--at-most N] [SCRIPT | FOLDER ...]

changes one literal of a script, one argument of its command line or one cell of a file beside it, at a time,
runs it plainly, and holds every output that differs (last value of a module-level name, what a statement printed,
a file) against the lineage recorded of the unchanged run. Prints a line for each script and each output that
changed without a path, and the counts.
"""

from __future__ import annotations

import argparse
import ast
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from observing import Observer
from program import programs
from replaying import Captured, left_by

from provkit.bindings import DEFINITIONS
from provkit.entities import Describer, find, find_executions, step_place
from provkit.errors import ProvkitError
from provkit.excerpt import SourceText
from provkit.executions import Executions
from provkit.facts import Facts, is_iri, text_of
from provkit.vocabulary import Term

_TABLES = (".csv", ".tsv", ".dat", ".train", ".test")
_CELLS_OF_A_FILE = 40


@dataclass(frozen=True)
class Perturbation:
    """One input that was changed."""

    what: str
    """As a person would say it."""
    text: str
    """The script that is run instead."""
    statement: str | None = None
    """Key of the statement whose literal it is."""
    file: str | None = None
    content: bytes = b""
    arguments: tuple[str, ...] | None = None


@dataclass
class Perturbed:
    """What came of a script."""

    script: str
    changes: int = 0
    """Inputs changed after which the program still ran to its end."""
    broken: int = 0
    """Inputs changed after which it did not."""
    outputs: int = 0
    """Outputs that differed, over all changes."""
    without_path: list[str] = field(default_factory=list)


def perturbations(captured: Captured, at_most: int, seed: str = "") -> list[Perturbation]:
    """List the changes to a script's inputs: all, or as many as are asked for, chosen at random but always the same."""
    found = [*_literals(captured), *_cells(captured), *_arguments(captured)]
    return random.Random(seed + captured.program.path.name).sample(found, min(at_most, len(found)))


def _literals(captured: Captured) -> Iterator[Perturbation]:
    source = SourceText(captured.text)
    lines = captured.text.encode().split(b"\n")
    tree = ast.parse(captured.text)
    skipped = {id(part) for node in ast.walk(tree) for part in _no_inputs(node)}
    for node in ast.walk(tree):
        if (
            not isinstance(node, ast.Constant)
            or id(node) in skipped
            or node.lineno != node.end_lineno
        ):
            continue
        changed = _changed(node.value)
        if changed is None:
            continue
        line = lines[node.lineno - 1]
        new = line[: node.col_offset] + repr(changed).encode() + line[node.end_col_offset :]
        text = b"\n".join([*lines[: node.lineno - 1], new, *lines[node.lineno :]]).decode()
        statement = source.at(node.lineno, node.col_offset)
        what = f"line {node.lineno}: {node.value!r} -> {changed!r}"
        yield Perturbation(what, text, statement)


def _no_inputs(node: ast.AST) -> Iterator[ast.AST]:
    """List the constants that are no input: docstrings, texts in f-strings, patterns, annotations."""
    if isinstance(node, ast.Expr):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.pattern):
        yield from ast.walk(node)
    elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
        yield from ast.walk(node.annotation)


def _changed(value: object) -> object | None:
    if value is True or value is False:
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.25 + 0.01
    if isinstance(value, str) and value:
        return value + "x" if value.isprintable() else None
    return None


def _cells(captured: Captured) -> Iterator[Perturbation]:
    folder = captured.program.folder
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _TABLES):
        name = path.relative_to(folder).as_posix()
        rows = path.read_text(encoding="utf-8").splitlines()
        separator = next((mark for mark in "\t;, " if mark in rows[-1]), ",")
        chosen = random.Random(name)
        for _ in range(_CELLS_OF_A_FILE):
            number = chosen.randrange(1, len(rows))
            cells = rows[number].split(separator)
            place = chosen.randrange(len(cells))
            try:
                cells[place] = str(float(cells[place]) * 1.5)
            except ValueError:
                continue
            changed = [*rows[:number], separator.join(cells), *rows[number + 1 :]]
            content = ("\n".join(changed) + "\n").encode()
            yield Perturbation(
                f"{name} row {number} cell {place}", captured.text, None, name, content
            )


def _arguments(captured: Captured) -> Iterator[Perturbation]:
    given = captured.program.arguments
    for place, argument in enumerate(given):
        if argument.startswith("-"):
            continue
        other = _other_argument(argument)
        changed = (*given[:place], other, *given[place + 1 :])
        yield Perturbation(f"argument {argument} -> {other}", captured.text, arguments=changed)


def _other_argument(argument: str) -> str:
    if argument.isdecimal():
        return str(int(argument) + 1)
    try:
        return str(float(argument) * 1.25)
    except ValueError:
        return f"{argument}x"


# ------------------------------------------------------------------ what lineage says


class Reached:
    """All that lineage says an output came from."""

    def __init__(
        self, facts: Facts, trial_id: str, roots: list[Term], executions: list[Term]
    ) -> None:
        self._facts = facts
        self._describe = Describer(facts, trial_id)
        self._ran = Executions(facts, trial_id)
        self.entities: set[Term] = set()
        self.executions: set[Term] = set(executions)
        waiting = list(roots)
        for execution in executions:
            waiting += self._read_around(execution)
        while waiting:
            iri = waiting.pop()
            if iri in self.entities or not is_iri(iri):
                continue
            self.entities.add(iri)
            waiting += facts.objects(iri, "prov:wasDerivedFrom")
            self.executions.update(facts.objects(iri, "prov:wasGeneratedBy"))
        for execution in list(self.executions):
            self.executions.update(self._around(execution))

    def _around(self, execution: Term) -> Iterator[Term]:
        current = self._facts.object(execution, "provone:wasPartOf")
        while current is not None:
            yield current
            current = self._facts.object(current, "provone:wasPartOf")

    def _read_around(self, execution: Term) -> list[Term]:
        every = [execution, *self._around(execution)]
        return [entity for one in every for entity in self._facts.objects(one, "prov:used")]

    def has_file(self, path: str) -> bool:
        """Tell whether a file is among it."""
        return any(
            self._describe.kind(iri) == "file" and self._describe(iri).label == path
            for iri in self.entities
        )

    def has_command_line(self) -> bool:
        """Tell whether the command line is among it."""
        return any(iri.endswith("setting/argv>") for iri in self.entities)

    def has_statement(self, plan: Term, source: SourceText, key: str) -> bool:
        """Tell whether what a statement did is among it: by itself, by what summed it up, or by its test.

        The body of a function or class that is among it is too, if nobody looked into it.
        """
        places = {}
        for iri in self._facts.instances("p-plan:Activity"):
            place = self._statement_of(iri, plan, source)
            if place is not None:
                places.setdefault(place, []).append(iri)
        mine = places.get(key, [])
        if any(iri in self.executions for iri in mine):
            return True
        if any(self._decided(iri) for iri in mine):
            return True
        around = [key, *(one.key for one in source.around(key))]
        for outer in around:
            for iri in places.get(outer, ()):
                if iri in self.executions and self._ran.is_summed_up(iri):
                    return True
        is_summed_up = any(self._ran.is_summed_up(iri) for iri in self.executions)
        definitions = [
            one for one in around if isinstance(source.statements[one].node, DEFINITIONS)
        ]
        in_reached = any(
            iri in self.executions for one in definitions for iri in places.get(one, ())
        )
        return in_reached and (is_summed_up or not mine)

    def _decided(self, execution: Term) -> bool:
        """Tell whether what a test read is among it: the test then decided what else there is."""
        used = [entity for entity in self._facts.objects(execution, "prov:used") if is_iri(entity)]
        return any(entity in self.entities for entity in used) and any(
            source in used
            for entity in self.entities
            for influence in self._facts.objects(entity, "prov:qualifiedDerivation")
            for source in self._facts.objects(influence, "prov:entity")
        )

    def _statement_of(self, iri: Term, plan: Term, source: SourceText) -> str | None:
        step = self._facts.object(iri, "p-plan:correspondsToStep")
        of, found, key = text_of(step).partition("/step/") if step is not None else ("", "", "")
        place = step_place(key) if found and f"<{of}>" == plan else None
        return source.at(place.line, place.column) if place is not None else None


def perturb(captured: Captured, at_most: int, seed: str = "") -> Perturbed:
    """Change a script's inputs, one at a time, and hold what changes against lineage."""
    result = Perturbed(captured.program.name)
    facts = captured.facts
    association = facts.instances("prov:Association")[0]
    plan = facts.objects(association, "prov:hadPlan")[0]
    source = SourceText(captured.text)
    reached: dict[tuple[str, str], Reached | None] = {}
    for change in perturbations(captured, at_most, seed):
        files = {change.file: change.content} if change.file else None
        # With another number in it a program may never end.
        observed = captured.observe(
            change.text, arguments=change.arguments, files=files, seconds=5 + 10 * captured.took
        )
        if observed.status != "ok":
            result.broken += 1
            continue
        result.changes += 1
        for kind in ("name", "printed", "file"):
            for key, before in left_by(captured.plain, kind).items():
                if (kind, key) in captured.unstable or left_by(observed, kind).get(key) == before:
                    continue
                if key == change.file:
                    continue
                if kind == "printed" and (change.statement == _printing(captured, source, key)):
                    result.outputs += 1
                    continue
                result.outputs += 1
                if (kind, key) not in reached:
                    reached[kind, key] = _reached(captured, kind, key)
                if not _has_path(reached[kind, key], change, plan, source):
                    result.without_path.append(f"{change.what} changes {kind} {key}")
    return result


def _printing(captured: Captured, source: SourceText, text: str) -> str | None:
    line = captured.plain.lines[text][0]
    found = [one.key for one in source.statements.values() if one.node.lineno == line]
    return found[0] if found else None


def _reached(captured: Captured, kind: str, key: str) -> Reached | None:
    facts, trial_id = captured.facts, captured.trial_id
    try:
        if kind == "printed":
            executions = [
                one
                for line in captured.plain.lines[key]
                for one in find_executions(facts, trial_id, f"{captured.program.path.name}:{line}")
            ]
            return Reached(facts, trial_id, [], executions)
        return Reached(facts, trial_id, [find(facts, trial_id, key)], [])
    except ProvkitError:
        return None


def _has_path(
    reached: Reached | None, change: Perturbation, plan: Term, source: SourceText
) -> bool:
    if reached is None:
        return False
    if change.file is not None:
        return reached.has_file(change.file)
    if change.arguments is not None:
        return reached.has_command_line()
    return change.statement is not None and reached.has_statement(plan, source, change.statement)


def main() -> None:
    """Perturb the scripts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--at-most", type=int, default=1000, metavar="N")
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    programs_found = programs(options.paths)
    observer = Observer(libraries=(name for one in programs_found for name in one.imported()))
    every = []
    for program in programs_found:
        try:
            captured = Captured(program, observer, seconds=options.seconds)
            if captured.plain.status != "ok":
                print(f"{program.name}: it does not run: {captured.plain.status}")
                continue
            found = perturb(captured, options.at_most)
        except (ProvkitError, subprocess.TimeoutExpired) as error:
            print(f"{program.name}: {error}")
            continue
        every.append(found)
        print(
            f"{found.script}: {found.changes} changes ({found.broken} broke it), {found.outputs} outputs differ, {len(found.without_path)} without a path"
        )
        for line in found.without_path:
            print(f"    {line}")
        sys.stdout.flush()
    observer.close()
    print(
        f"{sum(one.changes for one in every)} inputs changed, {sum(one.outputs for one in every)} outputs differ, "
        f"{sum(len(one.without_path) for one in every)} without a path"
    )


if __name__ == "__main__":
    main()
