"""The command line: words to one call of `provkit.api`, its result to text and exit status.

This is the only place that catches and prints errors. Each command's module is imported when
the command is used; typer is imported for parsing one command, never for the list of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from provkit.errors import ProvkitError, UsageError


class Command(NamedTuple):
    """A command: where its function is, and what the list of commands says of it."""

    module: str
    function: str
    summary: str


FAMILIES: dict[str, dict[str, Command]] = {
    "capture and look": {
        "init": Command("keeping", "init", "make a store in this folder"),
        "capture": Command("capture_help", "capture", "run a program and record what it did"),
        "trials": Command("trials", "trials", "list the trials"),
        "show": Command("trials", "show", "say what happened in a trial"),
        "describe": Command("describing", "describe", "write a trial as a page for people"),
        "plan": Command("planning", "plan", "show a program's stages without running it"),
    },
    "ask": {
        "lineage": Command("asking", "lineage", "show where a value or a file came from"),
        "why": Command("tracing", "why", "show how one thing came from another"),
        "slice": Command("tracing", "slice_", "write the program that produces a value"),
        "query": Command("asking", "query", "ask in SPARQL"),
        "queries": Command("asking", "queries", "list the named queries"),
    },
    "exchange and check": {
        "export": Command("exchange", "export", "write trials in a format of the provenance world"),
        "import": Command("exchange", "import_", "take in trials or provenance made elsewhere"),
        "convert": Command("exchange", "convert", "turn one provenance format into another"),
        "validate": Command("checking", "validate", "check a provenance document or a trial"),
        "normalize": Command("checking", "normalize", "write a document's normal form"),
        "equivalent": Command("checking", "equivalent", "tell whether two documents say the same"),
    },
    "keep": {
        "tag": Command("keeping", "tag", "put tags on a trial, or take them off"),
        "note": Command("keeping", "note", "write a note on a trial"),
        "rename": Command("keeping", "rename", "give a trial a name"),
        "rm": Command("keeping", "rm", "remove trials, after showing which"),
        "restore": Command("keeping", "restore", "write a model that a trial keeps"),
        "recover": Command("keeping", "recover", "store what an interrupted capture left"),
        "doctor": Command("upkeep", "doctor", "see whether the store and the machine are well"),
        "gc": Command("upkeep", "gc", "show what nothing refers to, and remove it"),
        "kernel": Command("kernels", "kernel", "add a kernel to Jupyter that records by itself"),
        "completion": Command("completion", "completion", "print the completion script of a shell"),
    },
}
"""Every command by name, in the families that `provkit --help` shows."""

COMMANDS = {name: command for family in FAMILIES.values() for name, command in family.items()}
ALIASES = {"run": "capture", "ls": "trials"}

COMPLETE = "_PROVKIT_COMPLETE"
"""Set by the completion scripts to the words typed so far; see `provkit.cli.completion`."""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out one command line.

    Args:
        words: The words after `provkit`; those of the process if None.

    Returns:
        The exit status; docs/command-line.md has the table.
    """
    words = list(sys.argv[1:] if words is None else words)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet_pipe()
    except KeyboardInterrupt:
        return 130
    except ProvkitError as error:
        return _fail(error, str(error), error.exit_status)
    except Exception as error:  # noqa: BLE001  a bug of ours becomes one sentence
        if isinstance(error, OSError) and error.filename is not None:
            reason = f"Couldn't use {str(error.filename)!r}: {error.strerror or error}."
            return _fail(error, reason, 3)
        return _fail(error, _bug(error), 3)
    return status


def _dispatch(words: list[str]) -> int:
    if COMPLETE in os.environ:
        from provkit.cli.completion import complete

        return complete(os.environ[COMPLETE])
    if not words or words[0] in ("-h", "--help") or words == ["help"]:
        sys.stdout.write(overview())
        return 0
    if words[0] in ("--version", "-V"):
        from provkit.version import __version__

        sys.stdout.write(f"provkit {__version__}\n")
        return 0
    if words[0] == "help":
        words = [*words[1:2], "--help"]
    name = ALIASES.get(words[0], words[0])
    if name not in COMMANDS:
        raise UsageError(_unknown(words[0]))
    if name == "capture":
        # Its options stop at the first positional, and the child should start without waiting
        # for typer to be imported.
        from provkit.cli.capture import run, split

        if not split(words[1:]).help:
            return run(words[1:])
        words = [name, "--help"]
    from provkit.cli.words import carry_out

    return carry_out(name, function_of(name), words[1:])


def function_of(name: str) -> Callable[..., Any]:
    """Import the module of a command, and give its function."""
    import importlib

    command = COMMANDS[name]
    module = importlib.import_module(f"provkit.cli.{command.module}")
    function: Callable[..., Any] = getattr(module, command.function)
    return function


def overview() -> str:
    """Write the list of commands, as `provkit --help` prints it."""
    from provkit import __doc__ as sentence

    lines = ["Usage: provkit COMMAND [OPTIONS] [ARGUMENTS]", "", str(sentence), ""]
    for family, commands in FAMILIES.items():
        lines.append(f"{family}:")
        lines += [f"  {name:<12}{command.summary}" for name, command in commands.items()]
        lines.append("")
    lines += [
        "Aliases: run = capture, ls = trials. `provkit COMMAND --help` has options and examples.",
        "Exit status: 0 yes, 1 no, 2 wrong usage, 3 bad input, 4 the store, 5 a missing extra.",
        "",
        "Examples:",
        "  provkit capture train.py --alpha 0.1",
        "  provkit lineage last score",
    ]
    return "\n".join(lines) + "\n"


def _unknown(word: str) -> str:
    import difflib

    if word.startswith("-"):
        return f'There is no option {word!r} before the command: see "provkit --help".'
    close = difflib.get_close_matches(word, [*COMMANDS, *ALIASES], n=2)
    if close:
        return f"There is no command {word!r}: did you mean {' or '.join(map(repr, close))}?"
    return f'There is no command {word!r}: "provkit --help" lists them.'


# ------------------------------------------------------------------ failures


def _fail(error: Exception, message: str, status: int) -> int:
    if os.environ.get("PROVKIT_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    try:
        sys.stdout.flush()
        sys.stderr.write(f"provkit: error: {message}\n")
    except OSError:  # nobody is left to read it
        return status
    return status


def _bug(error: Exception) -> str:
    from provkit.version import __version__

    return (
        f"provkit {__version__} made a mistake of its own ({type(error).__name__}: {error}); "
        f"please run it again with PROVKIT_DEBUG=1 and report what it prints."
    )


def _quiet_pipe() -> int:
    """End quietly when the reader of the output has gone, as `provkit trials | head` does."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    # Python flushes stdout at exit; without this it would complain about the pipe there.
    os.dup2(devnull, sys.stdout.fileno())
    return 0


def exit_with_status(words: Sequence[str] | None = None) -> NoReturn:
    """Be the program `provkit`."""
    raise SystemExit(main(words))
