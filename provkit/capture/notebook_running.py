"""What an execution of a notebook is asked for, how far it has come, and how it runs and writes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from provkit.capture.kernel_command import KernelCommand
from provkit.capture.script import Interpreter

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpec

EXECUTED = "notebook.ipynb"
KERNEL_LOG = "kernel.log"


class NotebookWanted(NamedTuple):
    """How a notebook is to be executed."""

    parameters: Mapping[str, object] = {}
    output: str | None = None
    """Where the executed notebook goes; nowhere but into the store by default."""
    kernel: str | None = None
    """A kernelspec's name; the notebook's own by default."""
    timeout: int | None = None
    """Seconds that a cell may take; any number of them by default."""
    folder: str | None = None
    """The kernel's working directory; the notebook's folder by default."""


class Progress(NamedTuple):
    """How far an execution has come."""

    cell: int
    """Code cells that are done, or being run, from 1."""
    cells: int
    source: str
    is_done: bool
    seconds: float
    failed: bool = False


class Prepared(Protocol):
    """A notebook that has been read, and the kernel that is to run it."""

    path: str
    wanted: NotebookWanted
    notebook: Any
    ids: list[str]
    remarks: list[str]
    spec_name: str
    spec: KernelSpec
    command: KernelCommand | None

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter that runs the cells."""
        ...

    @property
    def folder(self) -> str:
        """The kernel's working directory."""
        ...


def write_whole(path: Path, content: str) -> None:
    """Write a file so that whoever reads it finds the old one or the new one, and never half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(content, encoding="utf-8")
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


def name_of_signal(number: int) -> str:
    """Name a signal as people know it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def run_to_end(coroutine: Any) -> None:
    """Run a coroutine to its end, also where a loop is running already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(coroutine)
        return
    import threading

    errors: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(coroutine)
        except BaseException as error:  # noqa: BLE001  raised again below
            errors.append(error)

    thread = threading.Thread(target=run, name="provkit notebook")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
