"""`provkit kernel`: kernels that record without a line in the notebook."""

from __future__ import annotations

from typing import Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import TABLES, format_option, one_of
from provkit.cli.writing import put
from provkit.errors import UsageError

_ACTIONS = ("install", "list", "remove")
_COLUMNS = (
    Column("name"),
    Column("display_name", shrinks=True),
    Column("python", shrinks=True),
    Column("folder"),
)


def kernel(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="install, list or remove")],
    *,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="what commands call the kernel")
    ] = "provkit",
    display_name: Annotated[
        str | None,
        typer.Option(
            "--display-name", metavar="TEXT", help="what people see in the list of kernels"
        ),
    ] = None,
    user: Annotated[
        bool, typer.Option("--user", help="for you alone, which it is by default")
    ] = False,
    system: Annotated[bool, typer.Option("--system", help="for everybody on this machine")] = False,
    prefix: Annotated[
        str | None,
        typer.Option("--prefix", metavar="FOLDER", help="for the environment in this folder"),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            "--python",
            metavar="PATH",
            help="the interpreter it runs, if not this one; it has provkit",
        ),
    ] = None,
    format: Annotated[
        str,
        format_option("of list: table, json, csv, tsv or md"),
    ] = "table",
) -> None:
    """Add a kernel to Jupyter that records what is run on it.

    A notebook on it needs no line of its own: it is as if %load_ext provkit
    stood before its first cell. The trial is stored when the kernel ends.

    Examples:
        provkit kernel install
        provkit kernel install --python .venv/bin/python --name trees
    """
    if action not in _ACTIONS:
        raise UsageError(f"There is no {action!r} of kernels: say install, list or remove.")
    if sum([user, system, prefix is not None]) > 1:
        raise UsageError("A kernel goes to one place: give one of --user, --system and --prefix.")
    if python is not None and action != "install":
        raise UsageError(f"--python is for install; {action} takes a kernel's --name.")
    if action == "install":
        made = api.kernel_install(
            name=name, display_name=display_name, user=not system, prefix=prefix, python=python
        )
        api.tell(f"kernel {made.name!r} is there as {made.display_name!r}, in {made.folder}")
    elif action == "remove":
        gone = api.kernel_remove(name)
        api.tell(f"kernel {gone.name!r} is removed from {gone.folder}")
    else:
        one_of(format, TABLES)
        put(console.rows_as(format, _COLUMNS, [one._asdict() for one in api.kernels()]))
