"""From the words of one command to a call of its function, and its `--help`.

typer parses; the help is written here, from the same parameters, so that it reads the same
under every version of typer and can be printed in the documentation.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from provkit.errors import UsageError

# Paths are given with `readable=False`: typer would call a file that may not be read wrong usage, and
# refuse to write to it. Whoever opens it says better what is the matter.
_WIDTH = 80
_PAIRS = {"query": ("-p", "--parameter")}
"""Options of a command that take two words, which typer does not know to repeat."""
_EXAMPLES = "\nExamples:\n"

# typer wraps a click of its own in some versions and the shared one in others; the class that
# all errors of words have in common is reached through the public one.
_WRONG_WORDS: type[Exception] = typer.BadParameter.__mro__[2]


class HelpfulCommand(TyperCommand):
    """A command whose help ends in examples."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, as plain text of at most 80 columns."""
        formatter.write(help_of(self, ctx))


def carry_out(name: str, function: Callable[..., Any], words: Sequence[str]) -> int:
    """Parse the words of a command, call its function, and give the exit status."""
    command = command_of(name, function)
    try:
        result = command.main(
            args=_joined(name, words), prog_name=f"provkit {name}", standalone_mode=False
        )
    except _WRONG_WORDS as error:
        message = str(error.format_message()).strip().rstrip(".")  # type: ignore[attr-defined]
        message = " ".join(message.split())
        raise UsageError(f'{message}; see "provkit {name} --help".') from error
    except typer.Abort:
        return 130
    return result if isinstance(result, int) else 0


def _joined(name: str, words: Sequence[str]) -> list[str]:
    """Join the two words after `-p`, which papermill's users write so, into `name=value`."""
    options = _PAIRS.get(name, ())
    joined: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        joined.append(word)
        if word == "--":
            return joined + waiting
        if word in options:
            if len(waiting) < 2:
                raise UsageError(f"The option {word!r} needs a name and a value: {word} alpha 0.1.")
            joined.append(f"{waiting.pop(0)}={waiting.pop(0)}")
    return joined


def command_of(name: str, function: Callable[..., Any]) -> Any:
    """Make typer's command of a function."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(
        name,
        cls=HelpfulCommand,
        help=inspect.getdoc(function),
        context_settings={"help_option_names": ["-h", "--help"]},
    )(function)
    return typer.main.get_command(app)


# ------------------------------------------------------------------ help


def help_of(command: Any, context: Any) -> str:
    """Write the help of a command from its parameters and its function's docstring."""
    text, _, examples = f"{command.help}\n".partition(_EXAMPLES)
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.get_params(context) if p.param_type_name == "option"]
    usage = " ".join(["Usage:", context.command_path, "[OPTIONS]", *map(_usage, arguments)])
    parts = [usage, text.strip()]
    if arguments:
        parts.append("Arguments:\n" + "\n".join(_entries((_named(p), p.help) for p in arguments)))
    parts.append("Options:\n" + "\n".join(_entries((_option(p), _said(p)) for p in options)))
    if examples:
        parts.append("Examples:\n" + textwrap.indent(textwrap.dedent(examples).strip(), "  "))
    return "\n\n".join(parts) + "\n"


def _usage(argument: Any) -> str:
    name = _named(argument)
    return name if argument.required else f"[{name}]"


def _named(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return f"{name}..." if argument.nargs == -1 else name


def _option(option: Any) -> str:
    names = sorted(option.opts, key=len)
    negative = "".join(f"/{name}" for name in option.secondary_opts)
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    # Long options stand below each other whether or not they have a short twin.
    return ("    " if len(names[0]) > 2 else "") + ", ".join(names) + negative + value


def _said(option: Any) -> str:
    text = str(option.help or "")
    if option.name == "help":
        return "show this help"
    default = option.default
    if option.is_flag or default in (None, (), []) or callable(default):
        return text
    return f"{text} [{default}]"


def _entries(pairs: Any) -> Iterator[str]:
    pairs = [(name, help_text or "") for name, help_text in pairs]
    column = min(max(len(name) for name, _ in pairs) + 4, 32)
    for name, help_text in pairs:
        lines = textwrap.wrap(help_text, _WIDTH - column) or [""]
        head = f"  {name}"
        if len(head) + 2 > column:
            yield head
            head = ""
        yield head.ljust(column) + lines[0]
        yield from (" " * column + line for line in lines[1:])


# ------------------------------------------------------------------ words that commands share


Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        help="the store; otherwise $PROVKIT_STORE, or .provkit here or in a folder above",
    ),
]
Trial = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL",
        help="id or its beginning (4 characters or more), name, last, last~1",
    ),
]
Trials = Annotated[
    list[str],
    typer.Argument(
        metavar="TRIAL",
        help="id or its beginning (4 characters or more), name, last, last~1",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", readable=False, help="write to this file instead"
    ),
]


def format_option(help_text: str) -> Any:
    """Make the option `-f FORMAT` of a command."""
    return typer.Option("-f", "--format", metavar="FORMAT", help=help_text)


TableFormat = Annotated[
    str | None,
    format_option("table, json, csv, tsv or md [by the suffix of FILE, else table]"),
]
TABLES = ("table", "json", "csv", "tsv", "md")
"""Formats of whatever is a list of rows."""
_SUFFIXES: dict[str, tuple[str, ...]] = {
    ".csv": ("csv",),
    ".dot": ("dot",),
    ".gv": ("dot",),
    ".htm": ("html",),
    ".html": ("html",),
    ".json": ("json",),
    ".jsonld": ("jsonld",),
    ".markdown": ("md", "markdown"),
    ".md": ("md", "markdown"),
    ".nt": ("nt",),
    ".rdf": ("rdf",),
    ".svg": ("svg",),
    ".tsv": ("tsv",),
    ".ttl": ("ttl",),
    ".xml": ("junit",),
}
_OF_ANY_TEXT = ("", ".txt", ".log")
"""Suffixes that say nothing of a format."""


def format_of(format: str | None, output: Path | None, known: Sequence[str]) -> str:
    """Choose a format: the one asked for, else that of the output file's suffix, else the first of those known.

    Raises:
        UsageError: It is none of those known, or the suffix is that of none.
    """
    if format is not None:
        return one_of(format, known)
    suffix = output.suffix.lower() if output is not None else ""
    if suffix in _OF_ANY_TEXT:
        return known[0]
    for name in _SUFFIXES.get(suffix, ()):
        if name in known:
            return name
    raise UsageError(
        f"The suffix of {str(output)!r} names no format that there is here; give one of "
        f"{', '.join(known)} with -f."
    )


def one_of(word: str, known: Sequence[str], kind: str = "format") -> str:
    """Check a word that is one of a few.

    Raises:
        UsageError: It is none of those known.
    """
    if word in known:
        return word
    import difflib

    close = difflib.get_close_matches(word, known, n=2)
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "use one of "
    hint += "" if close else f"{', '.join(known)}."
    raise UsageError(f"There is no {kind} {word!r} here: {hint}")
