"""The execution of one notebook: its kernel, each of its cells, what is kept after each, and how it ended."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from provkit.capture.notebook_running import (
    EXECUTED,
    KERNEL_LOG,
    Prepared,
    Progress,
    name_of_signal,
    run_to_end,
    write_whole,
)
from provkit.capture.outside_record import OutsideRecord
from provkit.capture.script import PROBLEMS
from provkit.errors import BadInput

_GRACE_SECONDS = 0.5
"""How long an interrupted cell may take to end before its kernel is told to."""
_LOG_SHOWN = 3
"""Lines of a kernel's own messages that are shown if it did not start, or died."""


class Execution:
    """One execution; when `run` has returned, `failure`, `signal` and `remarks` tell how it ended."""

    def __init__(
        self,
        prepared: Prepared,
        journal_folder: Path,
        options: Mapping[str, object],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.prepared = prepared
        self.failure: str | None = None
        """What ended it before its last cell."""
        self.traceback = ""
        """Of the cell that failed, as the kernel wrote it."""
        self.signal: int | None = None
        """The signal that somebody sent to this process."""
        self.remarks: list[str] = []
        self._folder = journal_folder
        self._log = journal_folder / KERNEL_LOG
        self._options = dict(options)
        self._progress = progress
        self._outside: OutsideRecord | None = None
        self._done = 0
        self._in_all = sum(
            cell["cell_type"] == "code" and bool(cell["source"].strip())
            for cell in prepared.notebook["cells"]
        )

    def run(self) -> None:
        """Execute all cells up to the first that fails.

        Raises:
            BadInput: The kernel did not start.
        """
        self.keep()
        client = _Client(self)
        try:
            with self._log.open("wb") as log:
                run_to_end(client.async_execute(cwd=self.prepared.folder, stderr=log))
        except CellExecutionError as error:
            self.failure = f"cell {client.at + 1} failed ({error.ename}: {error.evalue})"
            self.traceback = client.traceback
        except CellTimeoutError:
            limit = self.prepared.wanted.timeout
            self.failure = f"cell {client.at + 1} took longer than {limit} s, and was stopped"
        except DeadKernelError:
            if self.signal is None:
                self.failure = (
                    f"the kernel died{client.death} in cell {client.at + 1}{self._last_words()}"
                )
        except (RuntimeError, OSError) as error:
            if client.is_ready:
                raise
            raise BadInput(
                f"Couldn't start the kernel {self.prepared.spec_name!r}: {_first_line(error)}{self._last_words()}"
            ) from error
        self.keep()
        if self._outside is not None:
            self._outside.close(int(self.failure is not None))

    def keep(self) -> None:
        """Write the notebook as far as it has come, beside the journal and where it was asked for."""
        notebook = self.prepared.notebook
        # On one line: with its pictures a notebook takes 5 ms so, and 200 as people read it.
        write_whole(self._folder / EXECUTED, json.dumps(notebook, sort_keys=True))
        if self.prepared.wanted.output is not None:
            # What `nbformat.write` writes; it would also validate all cells again after each.
            writes: Any = nbformat.v4.writes
            write_whole(Path(self.prepared.wanted.output), writes(notebook) + "\n")

    # ---------------------------------------------------------------- what the client calls

    def command(self, plain: list[str]) -> list[str]:
        """Give the command that starts the kernel, with the tracer in it if it can be watched."""
        from provkit.capture.kernel_command import parted

        if self.prepared.command is None:
            return plain
        about = {"path": self.prepared.path, "kernel": self.prepared.spec_name, "previous": None}
        return parted(plain, self.prepared.spec.language).watched(
            {
                "journal": str(self._folder.absolute()),
                **self._options,
                "problems": str(self._folder.absolute() / PROBLEMS),
                "notebook": "executed",
                "about": about,
            }
        )

    def kernel_is_ready(self) -> None:
        """See whether the kernel is watched; what it does not write down is written here."""
        if any(self._folder.glob("*.jsonl")):
            return
        self._outside = OutsideRecord(
            self._folder,
            trial=str(self._options["trial"]),
            version=str(self._options["version"]),
            language=self.prepared.spec.language,
            path=self.prepared.path,
            kernel=self.prepared.spec_name,
            working_directory=self.prepared.folder,
        )
        for remark in self.prepared.remarks:
            self._outside.warn(remark)
        if self.prepared.command is not None:
            self.remarks.append("the kernel could not be watched: only its cells are recorded")

    def cell_begins(self, index: int, source: str) -> Callable[[Any, tuple[str, str] | None], None]:
        """Tell that a cell is sent to the kernel; gives what is to be told of its end."""
        self._done += 1
        began = time.monotonic()
        order: int | None = None
        if self._outside is not None:
            order = self._outside.begin(self.prepared.ids[index], index, source)
        self._tell(source, began, is_done=False)

        def ended(count: Any, error: tuple[str, str] | None) -> None:
            if self._outside is not None and order is not None:
                self._outside.end(order, count if isinstance(count, int) else None, error)
            self.keep()
            self._tell(source, began, is_done=True, failed=error is not None)

        return ended

    def _tell(self, source: str, began: float, *, is_done: bool, failed: bool = False) -> None:
        if self._progress is not None:
            took = time.monotonic() - began
            self._progress(Progress(self._done, self._in_all, source, is_done, took, failed))

    def _last_words(self) -> str:
        try:
            words = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return "."
        said = [line.strip() for line in words if line.strip() and "WARNING" not in line]
        return f"; it said: {' / '.join(said[-_LOG_SHOWN:])}" if said else "."


class _KernelManager(AsyncKernelManager):
    """Starts the kernel by the command that the execution gives."""

    execution: Execution

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Give the kernel's command line."""
        return self.execution.command(super().format_kernel_cmd(extra_arguments))


class _Client(NotebookClient):
    """nbclient's own client, that tells the kernel which cell it is sent and the execution how it goes."""

    def __init__(self, execution: Execution) -> None:
        prepared = execution.prepared
        silent = logging.getLogger("provkit.notebook")
        silent.addHandler(logging.NullHandler())
        silent.propagate = False
        super().__init__(prepared.notebook, timeout=prepared.wanted.timeout, log=silent)
        self.kernel_name = prepared.spec_name
        self.execution = execution
        self.is_ready = False
        self.at = 0
        """Place of the cell that is being run, or was last."""
        self.death = ""
        self.traceback = ""

    def create_kernel_manager(self) -> AsyncKernelManager:
        """Make the manager of the kernel."""
        self.km = _KernelManager(kernel_name=self.kernel_name, config=self.config)
        self.km.execution = self.execution
        return self.km

    async def async_start_new_kernel_client(self) -> Any:
        """Connect to the kernel; from here on a signal ends the execution and is remembered."""
        client = await super().async_start_new_kernel_client()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._signalled, int(number))
            except RuntimeError:  # not in the main thread: whoever waits there is told
                break
        self.is_ready = True
        self.execution.kernel_is_ready()
        return client

    def _signalled(self, number: int) -> None:
        self.execution.signal = number
        self._cleaning = asyncio.ensure_future(self._async_cleanup_kernel())

    async def async_execute_cell(
        self,
        cell: Any,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,  # noqa: FBT001, FBT002  nbclient's
    ) -> Any:
        """Execute a cell, if it is one that runs."""
        if cell["cell_type"] != "code" or not cell["source"].strip():
            return await super().async_execute_cell(
                cell, cell_index, execution_count, store_history
            )
        self.at = cell_index
        assert self.kc is not None
        # Default metadata of each message: where front ends put the id of the cell they send.
        identifier = self.execution.prepared.ids[cell_index]
        self.kc.session.metadata = {"cellId": identifier, "provkit": {"index": cell_index}}
        ended = self.execution.cell_begins(cell_index, cell["source"])
        error: tuple[str, str] | None = None
        try:
            return await super().async_execute_cell(
                cell, cell_index, execution_count, store_history
            )
        except CellExecutionError as failure:
            error = (failure.ename, failure.evalue)
            self.traceback = "\n".join(
                line
                for output in cell["outputs"]
                if output["output_type"] == "error"
                for line in output["traceback"]
            )
            raise
        except CellTimeoutError:
            error = ("TimeoutError", f"it took longer than {self.timeout} s")
            await self._interrupt()
            raise
        except DeadKernelError:
            error = ("DeadKernelError", "the kernel died")
            await self._find_death()
            raise
        finally:
            error = error or _error_in(cell)
            ended(cell.get("execution_count"), error)

    async def _interrupt(self) -> None:
        if self.km is not None:
            interrupt: Any = self.km.interrupt_kernel
            await interrupt()
            await asyncio.sleep(_GRACE_SECONDS)

    async def _find_death(self) -> None:
        provisioner = self.km.provisioner if self.km is not None else None
        code = await provisioner.poll() if provisioner is not None else None
        if code is not None:
            how = f"killed by {name_of_signal(-code)}" if code < 0 else f"exit status {code}"
            self.death = f" ({how})"


def _error_in(cell: Any) -> tuple[str, str] | None:
    """Find the error of a cell that was allowed to fail."""
    for output in cell["outputs"]:
        if output["output_type"] == "error":
            return output["ename"], output["evalue"]
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
