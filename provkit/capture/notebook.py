"""Execute a notebook with nbclient, on a kernel of its own that is watched where that can be done.

The notebook's file is never written to. The executed one is kept beside the journal, and where it was
asked for, as far as it has come after each cell.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provkit.capture.kernel_command import KernelCommand, parted
from provkit.capture.notebook_parameters import (
    DECLARED,
    INJECTED,
    inject,
    source_of,
    tags_of,
    unknown,
)
from provkit.capture.notebook_running import NotebookWanted, Progress
from provkit.capture.script import PROBLEMS, Ending, Interpreter
from provkit.errors import BadInput, MissingExtra, TargetNotFound, UsageError
from provkit.notebook_cells import ids_of

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpec

ORIGINAL = "original.ipynb"


class Preparation:
    """A notebook that has been read, and the kernel that is to run it; nothing has been started."""

    def __init__(
        self,
        path: str,
        wanted: NotebookWanted,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Read and check everything that can be known before the start.

        Args:
            path: The notebook's.
            wanted: How to execute it.
            progress: Told when a cell begins and when it ends.

        Raises:
            TargetNotFound: There is no such notebook.
            BadInput: It is no notebook, or there is no such kernel.
            MissingExtra: nbclient is not installed.
            UsageError: A parameter has no name that a variable could have.
        """
        _load_nbclient()
        self.path = path
        self.wanted = wanted
        self._progress = progress
        self.original = _bytes_of(path)
        self.notebook = _read(path, self.original)
        self.spec_name, self.spec = _kernel_of(path, self.notebook, wanted.kernel)
        self.remarks: list[str] = []
        if wanted.parameters:
            self._set_parameters()
        self.ids = ids_of(self.notebook["cells"])
        self.command: KernelCommand | None = None
        try:
            self.command = parted(_plain_command(self.spec), self.spec.language)
        except BadInput as reason:
            why = str(reason).rstrip(".")
            self.remarks.append(
                f"the kernel {self.spec_name!r} is not watched ({why}): its cells and their outputs are recorded, "
                "but not what happens in them"
            )

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter that runs the cells; this one where the kernel's is none that can be watched."""
        if self.command is not None:
            return self.command.interpreter
        return Interpreter(sys.executable, sys.executable, sys.version_info[:3])

    @property
    def folder(self) -> str:
        """The kernel's working directory."""
        return os.path.abspath(self.wanted.folder or os.path.dirname(self.path) or ".")

    def _set_parameters(self) -> None:
        names = list(self.wanted.parameters)
        for name in names:
            if not name.isidentifier():
                raise UsageError(f"A parameter cannot be named {name!r}: no variable could be.")
        cells = self.notebook["cells"]
        if not any(DECLARED in tags_of(cell) for cell in cells):
            self.remarks.append(
                f"{self.path!r} has no cell tagged {DECLARED!r}: the parameters are set before its first cell"
            )
        self.remarks.extend(
            f"the parameter {name!r} is unknown: no cell tagged {DECLARED!r} sets it"
            for name in unknown(cells, names)
        )
        from nbformat import v4

        new_code_cell: Any = v4.new_code_cell
        source = source_of(self.wanted.parameters, self.spec.language)
        cell: dict[str, Any] = new_code_cell(source, metadata={"tags": [INJECTED]})
        if _has_ids(self.notebook):
            cell["id"] = INJECTED
        else:
            del cell["id"]
        self.notebook["cells"] = inject(cells, cell)

    def run(
        self,
        *,
        journal_folder: Path,
        options: Mapping[str, object],
        while_running: Callable[[], object] | None = None,
    ) -> Ending:
        """Execute the notebook, and tell how that ended; a cell that fails ends it, and raises nothing.

        Args:
            journal_folder: Where the kernel writes its journal; exists.
            options: As for `script.run`.
            while_running: As for `script.run`.

        Raises:
            BadInput: The kernel could not be started.
        """
        from provkit.capture.notebook_execution import Execution
        from provkit.capture.script import in_background

        (journal_folder / ORIGINAL).write_bytes(self.original)
        execution = Execution(self, journal_folder, options, self._progress)
        errors: list[BaseException] = []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started_at = datetime.now(UTC)
        with in_background(while_running, errors):
            execution.run()
            ended_at = datetime.now(UTC)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        problems = journal_folder / PROBLEMS
        return Ending(
            exit_status=None if execution.signal else int(execution.failure is not None),
            signal=execution.signal,
            started_at=started_at,
            ended_at=ended_at,
            cpu_seconds=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            peak_memory_bytes=after.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            problems=problems.read_text(encoding="utf-8") if problems.exists() else "",
            background_error=errors[0] if errors else None,
            failure=execution.failure,
            traceback=execution.traceback,
            remarks=(*self.remarks, *execution.remarks),
        )


# ------------------------------------------------------------------ before the start


def _load_nbclient() -> None:
    try:
        import nbclient
        import nbformat  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            "Executing a notebook needs nbclient and ipykernel: pip install 'provkit[notebook]'."
        ) from error
    del nbclient


def _bytes_of(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise TargetNotFound(
            f"Couldn't capture {path!r}: there is no such file in {os.getcwd()!r}."
        ) from None
    except OSError as error:
        reason = "it is a folder" if isinstance(error, IsADirectoryError) else error.strerror
        raise BadInput(f"Couldn't capture {path!r}: {reason}.") from error


def _read(path: str, content: bytes) -> Any:
    """Read a notebook of any version as one of version 4."""
    import nbformat

    reads: Any = nbformat.reads
    try:
        raw = json.loads(content)
        _check_cells(raw)
        if _has_ids(raw) and raw.get("nbformat") == 4:
            # nbformat would make up other ones at every reading.
            for cell, identifier in zip(raw["cells"], ids_of(raw["cells"]), strict=True):
                cell["id"] = identifier
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = reads(json.dumps(raw), as_version=4)
    except UnicodeDecodeError as error:
        raise BadInput(f"Couldn't read {path!r} as a notebook: it is not UTF-8.") from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInput(f"Couldn't read {path!r} as a notebook: {reason[:300]}.") from error
    return notebook


def _check_cells(raw: object) -> None:
    if not isinstance(raw, dict) or not ("cells" in raw or "worksheets" in raw):
        raise ValueError("it has no cells")


def _has_ids(notebook: Mapping[str, Any]) -> bool:
    minor = notebook.get("nbformat_minor", 0)
    return isinstance(minor, int) and (notebook.get("nbformat"), minor) >= (4, 5)


def _kernel_of(path: str, notebook: Any, asked: str | None) -> tuple[str, KernelSpec]:
    """Find the kernel that is to run a notebook: the one asked for, its own, or the one for Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    said = notebook.get("metadata", {}).get("kernelspec", {}).get("name")
    name = asked or said or "python3"
    manager = KernelSpecManager()
    try:
        return name, manager.get_kernel_spec(name)
    except (NoSuchKernel, ValueError):
        there = sorted(manager.find_kernel_specs())
        known = ", ".join(map(repr, there)) if there else "none; pip install 'provkit[notebook]'"
        whose = "there is no kernel" if asked else "the notebook wants the kernel"
        more = "" if asked else ", which is not installed"
        raise BadInput(
            f"Couldn't execute {path!r}: {whose} {name!r}{more}. Name one with -k; there is {known}."
        ) from None


def _plain_command(spec: KernelSpec) -> list[str]:
    command = list(spec.argv)
    names = ("python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info[:2]))
    if command and command[0] in names:
        command[0] = sys.executable  # as jupyter_client does
    return command
