"""`provkit capture nb.ipynb`: the words after a notebook, and how far its execution has come."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING

from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit.capture.notebook_running import Progress
    from provkit.recording import Captured

SUFFIX = ".ipynb"
_SHORT = {
    "-k": "--kernel",
    "-o": "--output",
    "-p": "--parameter",
    "-q": "--quiet",
    "-r": "--raw",
    "-f": "--parameters-file",
    "-h": "--help",
}
WITH_VALUE = (
    *("--output", "--kernel", "--timeout", "--cwd", "--parameters-file"),
    *("--name", "--tag", "--note", "--store"),
)
WITH_PAIR = ("--parameter", "--raw")
FLAGS = ("--quiet", "--help", "--no-execute", "--keep-models")
_OF_RUNNING = ("--output", "--kernel", "--timeout", "--cwd", "--python")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BAR = 24
_WARNINGS = 3


class Words:
    """The words after a notebook, parted."""

    def __init__(self, words: Sequence[str]) -> None:
        """Part them.

        Raises:
            UsageError: There is no such option, or one lacks what has to follow it.
        """
        self.values: dict[str, str] = {}
        self.tags: list[str] = []
        self.given: list[tuple[str, str, str]] = []
        """Option, name and text of each parameter; of a file of parameters, its name twice."""
        self.quiet = False
        self.help = False
        self.no_execute = False
        self.keep_models = False
        waiting = list(words)
        while waiting:
            self._take(waiting)

    def _take(self, waiting: list[str]) -> None:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        name = _SHORT.get(name, name)
        if name in FLAGS and not equals:
            setattr(self, name[2:].replace("-", "_"), True)
        elif name in WITH_PAIR and not equals:
            if len(waiting) < 2:
                raise UsageError(f"The option {word!r} needs a name and a value: {word} alpha 0.1.")
            self.given.append((name, waiting.pop(0), waiting.pop(0)))
        elif name in WITH_VALUE:
            if not equals:
                if not waiting:
                    raise UsageError(f"The option {word!r} needs a value.")
                value = waiting.pop(0)
            self._set(name, value)
        else:
            raise _unknown(word)

    def _set(self, name: str, value: str) -> None:
        if name == "--tag":
            self.tags.append(value)
        elif name == "--parameters-file":
            self.given.append((name, value, value))
        else:
            self.values[name] = value

    def parameters(self) -> dict[str, object]:
        """Read the parameters, the later ones over the earlier.

        Raises:
            BadInput: A file of parameters cannot be read.
            MissingExtra: One is YAML, and PyYAML is not installed.
        """
        from provkit.capture.notebook_parameters import from_file, typed

        found: dict[str, object] = {}
        for option, name, text in self.given:
            if option == "--parameters-file":
                found.update(from_file(name))
            else:
                found[name] = typed(text) if option == "--parameter" else text
        return found

    def timeout(self) -> int | None:
        """Give the seconds that a cell may take.

        Raises:
            UsageError: They are no positive number.
        """
        text = self.values.get("--timeout")
        if text is None:
            return None
        if not text.isdecimal() or int(text) == 0:
            raise UsageError(f"--timeout takes a number of seconds, and not {text!r}.")
        return int(text)


def _unknown(word: str) -> UsageError:
    import difflib

    if not word.startswith("-"):
        return UsageError(
            f"A notebook takes no arguments, and {word!r} is one: give parameters as -p name value, and where the "
            "executed notebook goes as -o FILE."
        )
    known = [*_SHORT, *WITH_VALUE, *WITH_PAIR, *FLAGS]
    close = difflib.get_close_matches(word.partition("=")[0], known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else 'see "provkit capture --help".'
    return UsageError(f"There is no option {word!r} for a notebook: {hint}")


def run(path: str, words: Words, before: Mapping[str, str], tags: Sequence[str]) -> Captured:
    """Execute a notebook.

    Args:
        path: The notebook's.
        words: What stands after it.
        before: Options that stand before it, with their values.
        tags: Tags that stand before it.

    Raises:
        UsageError: An option makes no sense for notebooks.
    """
    from provkit import api

    if os.environ.get("PROVKIT_DISABLED") == "1":
        raise UsageError(
            f"PROVKIT_DISABLED=1 runs programs plainly, and no notebooks: use jupyter execute {path}."
        )
    if "--python" in before:
        raise UsageError("A notebook runs on its kernel: give -k KERNEL instead of --python.")
    values = {**before, **words.values}
    shown = None if words.quiet else Shown(sys.stderr)
    try:
        return api.capture_notebook(
            path,
            words.parameters(),
            output=values.get("--output"),
            kernel=values.get("--kernel"),
            timeout=words.timeout(),
            folder=values.get("--cwd"),
            name=values.get("--name"),
            tags=[*tags, *words.tags],
            note=values.get("--note"),
            keep_models=words.keep_models,
            arguments=[part for given in words.given for part in _said(given)],
            progress=None if shown is None else shown.tell,
            store=values.get("--store"),
        )
    finally:
        if shown is not None:
            shown.clear()


def take_in(path: str, words: Words, before: Mapping[str, str], tags: Sequence[str]) -> None:
    """Store what a notebook tells as it was saved, and run nothing.

    Args:
        path: The notebook's.
        words: What stands after it.
        before: Options that stand before it, with their values.
        tags: Tags that stand before it.

    Raises:
        UsageError: An option makes no sense where nothing is run.
    """
    from provkit import api
    from provkit.cli.console import counted

    values = {**before, **words.values}
    senseless = [name for name in _OF_RUNNING if name in values] or [
        name for name, *_ in words.given
    ]
    if senseless:
        raise UsageError(f"Nothing is run with --no-execute: leave out {senseless[0]}.")
    trial = api.capture_saved(
        path,
        name=values.get("--name"),
        tags=[*tags, *words.tags],
        note=values.get("--note"),
        store=values.get("--store"),
    )
    if words.quiet or trial.notebook is None:
        return
    counts = (
        counted(len(trial.plan.cells), "cell"),
        counted(len(trial.notebook.executions), "run"),
        counted(len(trial.notebook.outputs), "output"),
    )
    short = trial.id[:8]
    api.tell(
        f"trial {short} read as it was saved - {', '.join(counts)} · provkit show {short} --cells"
    )
    for warning in trial.warnings[:_WARNINGS]:
        api.tell(f"warning: {warning}")
    more = len(trial.warnings) - _WARNINGS
    if more > 0:
        api.tell(f"warning: and {more} more; provkit show {short} has them all")


def _said(given: tuple[str, str, str]) -> list[str]:
    option, name, text = given
    return (
        ["-f", name]
        if option == "--parameters-file"
        else [{"--raw": "-r"}.get(option, "-p"), name, text]
    )


def report(captured: Captured, stream: IO[str]) -> None:
    """Say what ended a notebook early, and what should be known of how it was run."""
    from provkit.api import tell
    from provkit.cli.console import printable, wants_colour

    ending = captured.ending
    for remark in ending.remarks:
        tell(f"warning: {remark}")
    if ending.traceback:
        shown = ending.traceback
        stream.write((shown if wants_colour(stream) else _ESCAPES.sub("", shown)).rstrip() + "\n")
    if ending.failure is not None:
        tell(f"error: {printable(_ESCAPES.sub('', ending.failure))}")


class Shown:
    """Progress on a stream: a bar on a terminal, a line for each cell that is done elsewhere."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._is_drawn = False

    def tell(self, progress: Progress) -> None:
        """Show how far it is."""
        from provkit.cli.console import lasted, printable, shortened, width_of_terminal

        text = printable(progress.source.strip().partition("\n")[0])
        if not self._is_terminal:
            if progress.is_done:
                how = "failed" if progress.failed else "done"
                line = f"cell {progress.cell}/{progress.cells} {how} in {lasted(progress.seconds)}  {text}"
                self._write(f"provkit: {shortened(line, 100)}\n")
            return
        done = progress.cell - (not progress.is_done)
        filled = _BAR * done // max(progress.cells, 1)
        bar = "█" * filled + "░" * (_BAR - filled)
        line = f"{bar} {progress.cell}/{progress.cells}  {text}"
        width = (width_of_terminal(self._stream) or 80) - 1
        self._write(f"\r\x1b[K{shortened(line, width)}")
        self._is_drawn = True

    def clear(self) -> None:
        """Take the bar off the terminal."""
        if self._is_drawn:
            self._write("\r\x1b[K")
            self._is_drawn = False

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody listens
            self._is_terminal = False
