"""What a notebook's trial carried out, as one program: the texts of its cells, one after another as they ran.

A cell that ran twice stands there twice, one that was edited between as it was each time. So what is asked of a
script's text (which statement binds a name, what encloses a line) can be asked of a session.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provkit.facts import Facts
from provkit.magic_bodies import call_of
from provkit.notebook_description import ReadArtifact, TextOfCell, is_inside_another, texts_of
from provkit.quiet_parsing import parsed
from provkit.vocabulary import Term


@dataclass(frozen=True, slots=True)
class CellRun:
    """One execution of a cell that people started."""

    execution: Term
    order: int
    """In the trial."""
    text: TextOfCell
    first_line: int
    """Of its text in the program, from 1."""
    last_line: int

    @property
    def head(self) -> int | None:
        """The line of the program at which a magic binds a name to what the rest of the cell shows."""
        first, _, rest = self.text.python.partition("\n")
        is_head = first.startswith("get_ipython().run_cell_magic('capture', ") and rest.strip()
        return self.first_line if is_head else None

    def as_script(self, lines: dict[int, str]) -> dict[int, str]:
        """Give some lines of the program as Python that does what they do: a magic that is needed gets its text."""
        if self.head is None or self.head not in lines:
            return lines
        return {self.head: call_of(self.text.written)}

    def as_written(self, lines: Mapping[int, str]) -> str:
        """Give some lines of its text in the syntax that its author used.

        Args:
            lines: By their number in the program; others are left out.

        Returns:
            Lines that IPython changed are given as they were where each of them became one line, or where
            none is left out; else as the calls that IPython made of them.
        """
        python, written = self.text.python.split("\n"), self.text.written
        own = {line - self.first_line: lines[line] for line in sorted(lines)}
        if _without_gaps(own, python):
            return written.strip("\n")
        user = written.lstrip("\n").split("\n")
        is_line_by_line = len(user) == len([*python[:-1]]) or len(user) == len(python)
        kept = []
        for place, line in own.items():
            is_changed = line == python[place] and is_line_by_line and place < len(user)
            kept.append(user[place] if is_changed else line)
        return "\n".join(kept)


def _without_gaps(own: Mapping[int, str], python: list[str]) -> bool:
    """Tell whether all lines are there that say something, unchanged."""
    said = {place: line for place, line in enumerate(python) if line.strip()}
    return all(
        own.get(place) == line for place, line in said.items() if not line.strip().startswith("#")
    )


class NotebookProgram:
    """The texts of all cells in the order in which they ran."""

    def __init__(self, facts: Facts, read: ReadArtifact) -> None:
        """Put the texts together.

        Args:
            facts: Of the trial of a notebook.
            read: Gives what the store keeps under a digest.
        """
        self._facts = facts
        self.runs: list[CellRun] = []
        self._of_text: dict[str, list[CellRun]] = {}
        self._at: dict[Term, CellRun] = {}
        lines: list[str] = []
        for execution, order, text in _started(facts, texts_of(facts, read)):
            python = text.python if _is_python(text.python) else ""
            own = python.removesuffix("\n").split("\n")
            run = CellRun(execution, order, text, len(lines) + 1, len(lines) + len(own))
            lines += own
            self.runs.append(run)
            self._of_text.setdefault(text.key, []).append(run)
            self._at[execution] = run
        self.text = "\n".join([*lines, ""])

    def line_of(self, key: str, line: int, cell: Term | None, order: int) -> int | None:
        """Find the line of the program that an execution carried out.

        Args:
            key: Of the text, as keys of steps begin.
            line: In that text.
            cell: The execution of the cell that it took place in.
            order: Its own.

        Returns:
            The line, in the text as that execution of the cell ran it; for a function of another cell, as that
            cell had run it last; None for a text that did not run.
        """
        runs = self._of_text.get(key, ())
        if not runs:
            return None
        own = self._at.get(cell) if cell is not None else None
        if own is None or own not in runs:
            before = bisect_right([run.order for run in runs], order)
            own = runs[max(0, before - 1)]
        return own.first_line + line - 1

    def lines_of(self, key: str, line: int) -> list[int]:
        """List the lines of the program that a line of a cell's text is, once for each time that it ran."""
        return [run.first_line + line - 1 for run in self._of_text.get(key, ())]

    def cut_down(self, lines: Mapping[int, str]) -> list[tuple[CellRun, dict[int, str]]]:
        """Sort lines of the program by the runs whose they are, without the runs that have none."""
        found = []
        for run in self.runs:
            own = {
                line: text
                for line, text in lines.items()
                if run.first_line <= line <= run.last_line
            }
            if own:
                found.append((run, own))
        return found


def _started(facts: Facts, texts: Iterable[TextOfCell]) -> list[tuple[Term, int, TextOfCell]]:
    """List the executions of cells that no other cell started, in their order."""
    by_node = {text.node: text for text in texts}
    found = []
    for execution in facts.instances("repr:CellExecution"):
        if is_inside_another(facts, execution):
            continue
        text = next(
            (by_node[one] for one in facts.objects(execution, "prov:used") if one in by_node), None
        )
        order = facts.scalar(execution, "pk:order")
        if text is not None and isinstance(order, int):
            found.append((execution, order, text))
    return sorted(found, key=lambda one: one[1])


def _is_python(text: str) -> bool:
    try:
        parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
