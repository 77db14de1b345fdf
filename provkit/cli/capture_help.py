"""The options of `provkit capture` as typer knows them, for its help and for completion.

The words themselves are parsed by `provkit.cli.capture`; a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provkit.cli.words import Store


def capture(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="script to run")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="the program's own, passed on untouched"),
    ] = None,
    *,
    module: Annotated[
        str | None, typer.Option("-m", metavar="MODULE", help="run a module, as python -m does")
    ] = None,
    command: Annotated[
        str | None, typer.Option("-c", metavar="TEXT", help="run a text, as python -c does")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="a name for the trial")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="a word to find it by; may be repeated"),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="what should be remembered")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(
            "--python",
            metavar="PROGRAM",
            help="interpreter to run it with; it needs no provkit of its own",
        ),
    ] = None,
    store: Store = None,
    detail: Annotated[
        str, typer.Option("--detail", metavar="LEVEL", help="how finely to record: statement")
    ] = "statement",
    no_execute: Annotated[
        bool,
        typer.Option("--no-execute", help="take in a notebook as it was saved, and run nothing"),
    ] = False,
    keep_models: Annotated[
        bool,
        typer.Option("--keep-models", help="keep the models that it fits in the store, too"),
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="no summary after the run")] = False,
) -> None:
    """Run a program unchanged, and record what it read, made and wrote.

    Options of capture stand before the target; everything after it belongs to
    the program, options too. Its input, output, signals and exit status are its
    own; a summary of one line follows on stderr. PROVKIT_DISABLED=1 runs it
    plainly.

    A notebook is executed on its own kernel. After it stand options of its
    own: -p NAME VALUE, -r NAME TEXT and -f FILE for parameters, -o FILE for the
    executed notebook, -k KERNEL, --timeout SECONDS for each cell, --cwd FOLDER.

    Examples:
        provkit capture --name baseline --tag paper train.py --alpha 0.1
        provkit capture analysis.ipynb -p alpha 0.1 -o executed.ipynb
    """


__all__ = ["capture"]
