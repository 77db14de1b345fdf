"""`provkit capture`: run a program and record how it made what it made.

The words are parsed by hand: everything from the target on belongs to the program, also what
looks like an option, and the program should not wait for typer to be imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from provkit.cli import notebook
from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit.recording import Captured, TargetKind

_WITH_VALUE = ("--name", "--tag", "--note", "--python", "--store", "--detail")
_FLAGS = {
    "-q": "quiet",
    "--quiet": "quiet",
    "-h": "help",
    "--help": "help",
    "--no-execute": "no_execute",
    "--keep-models": "keep_models",
}
_KINDS: dict[str, TargetKind] = {"-m": "module", "-c": "command"}
DETAILS = ("statement",)
"""Levels of detail that are built."""


class Asked:
    """The words of a capture, parted."""

    def __init__(self) -> None:
        self.kind: TargetKind = "script"
        self.target: str | None = None
        self.arguments: tuple[str, ...] = ()
        self.values: dict[str, str] = {}
        self.tags: list[str] = []
        self.quiet = False
        self.help = False
        self.no_execute = False
        self.keep_models = False


def split(words: Sequence[str]) -> Asked:
    """Part the words into provkit's own options, the target, and what is the program's.

    Raises:
        UsageError: There is no such option, or one has no value.
    """
    asked = Asked()
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return _with_target(asked, "script", waiting)
        if word[:2] in _KINDS and not word.startswith("--"):
            rest = [word[2:], *waiting] if len(word) > 2 else waiting
            return _with_target(asked, _KINDS[word[:2]], rest)
        if not word.startswith("-") or word == "-":
            return _with_target(asked, "script", [word, *waiting])
        _option(asked, word, waiting)
        if asked.help:
            return asked
    return asked


def _with_target(asked: Asked, kind: TargetKind, words: Sequence[str]) -> Asked:
    asked.kind = kind
    if words:
        asked.target, asked.arguments = words[0], tuple(words[1:])
    return asked


def _option(asked: Asked, word: str, waiting: list[str]) -> None:
    name, equals, value = word.partition("=")
    if name in _FLAGS and not equals:
        setattr(asked, _FLAGS[name], True)
        return
    if name not in _WITH_VALUE:
        import difflib

        known = [*_WITH_VALUE, *(flag for flag in _FLAGS if flag.startswith("--"))]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else 'see "provkit capture --help".'
        raise UsageError(
            f"There is no option {name!r} of capture: {hint} Options of the program come after it."
        )
    if not equals:
        if not waiting:
            raise UsageError(f'The option {name!r} needs a value; see "provkit capture --help".')
        value = waiting.pop(0)
    if name == "--tag":
        asked.tags.append(value)
    else:
        asked.values[name] = value


def run(words: Sequence[str]) -> int:
    """Carry out a capture, and give the program's exit status."""
    asked = split(words)
    if not asked.target:
        missing = {
            "script": "script to run",
            "module": "module's name",
            "command": "command's text",
        }
        raise UsageError(
            f"The {missing[asked.kind]} is missing: provkit capture train.py, "
            'or see "provkit capture --help".'
        )
    detail = asked.values.get("--detail", DETAILS[0])
    if detail not in DETAILS:
        raise UsageError(
            f"There is no level of detail {detail!r}: {', '.join(map(repr, DETAILS))} is built."
        )
    is_notebook = asked.kind == "script" and asked.target.endswith(notebook.SUFFIX)
    if is_notebook or asked.no_execute:
        return _run_notebook(asked, asked.target)
    if os.environ.get("PROVKIT_DISABLED") == "1":
        from provkit.capture.script import Target, run_plain

        run_plain(
            Target(asked.kind, asked.target), asked.arguments, python=asked.values.get("--python")
        )
    from provkit import api

    captured = api.capture(
        asked.target,
        asked.arguments,
        kind=asked.kind,
        name=asked.values.get("--name"),
        tags=asked.tags,
        note=asked.values.get("--note"),
        keep_models=asked.keep_models,
        python=asked.values.get("--python"),
        store=asked.values.get("--store"),
    )
    return _ended(captured, quiet=asked.quiet)


def _run_notebook(asked: Asked, path: str) -> int:
    words = notebook.Words(asked.arguments)
    if words.help:
        from provkit.cli import main

        return main(["capture", "--help"])
    words.quiet = words.quiet or asked.quiet
    words.keep_models = words.keep_models or asked.keep_models
    if words.no_execute or asked.no_execute:
        notebook.take_in(path, words, asked.values, asked.tags)
        return 0
    captured = notebook.run(path, words, asked.values, asked.tags)
    notebook.report(captured, sys.stderr)
    return _ended(captured, quiet=words.quiet)


def _ended(captured: Captured, *, quiet: bool) -> int:
    _report(captured, quiet=quiet)
    if captured.ending.signal is not None:
        from provkit.capture.script import end_alike

        end_alike(captured.ending)
    return captured.ending.exit_status or 0


def _report(captured: Captured, *, quiet: bool) -> None:
    from provkit.api import tell
    from provkit.cli.console import counted, lasted

    if captured.problem is not None:
        kept = 'its journal is kept, try "provkit recover"'
        tell(
            f"error: couldn't store trial {captured.trial_id[:8]}: {captured.problem.rstrip('.')}; "
            f"{kept if captured.journal_kept else 'its journal is gone, too'}."
        )
        return
    trial = captured.trial
    if quiet or trial is None:
        return
    data = [state for state in trial.files if state.role == "data"]
    # As `show` lists them: what was removed, moved or written over since is no file that came out.
    made = [state for state in data if state.generated_by is not None]
    last = {state.path: state for state in made}
    left = sum(state.ended_by is None for state in last.values())
    ended = trial.status if trial.failure is None else f"failed ({trial.failure.type})"
    seconds = (captured.ending.ended_at - captured.ending.started_at).total_seconds()
    steps = len({(execution.plan, execution.step) for execution in trial.executions})
    took = f"{lasted(seconds)} (+{captured.overhead_seconds:.2f} s)"
    counts = (
        counted(steps, "step"),
        counted(len(trial.values), "value"),
        f"{counted(len(data) - len(made), 'file')} in",
        f"{left:,} out",
    )
    tell(f"trial {trial.id[:8]} {ended} in {took} - {', '.join(counts)} · provkit show last")
    for warning in trial.warnings[:3]:
        tell(f"warning: {warning}")
