"""Trials that come about: programs, notebooks, and what was left of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from provkit.api.stores import Place, find, find_or_create
from provkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from provkit.capture.notebook_running import Progress
    from provkit.live.kernelspecs import Installed
    from provkit.model import Trial
    from provkit.recording import Captured


def capture(
    target: str,
    arguments: Sequence[str] = (),
    *,
    kind: Literal["script", "module", "command"] = "script",
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    keep_models: bool = False,
    python: str | None = None,
    detail: Literal["statement"] = "statement",
    store: Place = None,
) -> Captured:
    """Run a program unchanged, in a process of its own, and store what happened.

    Args:
        target: The path of a script, the name of a module, or the text of a command.
        arguments: The program's own.
        kind: Which of the three `target` is.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        keep_models: Keep the models that it fits in the store, each in a safe format where there is one.
        python: The interpreter to run it with, by path or name; None for this one.
        detail: How finely to record; a statement is the only level there is.
        store: The store's folder. One that is not there yet is made; if no store is found
            upwards either, `.provkit` is made in this folder.

    Returns:
        How it ended. That the program failed, or that its record could not be stored, is in
        the result and raises nothing: the program has run.

    Raises:
        TargetNotFound: There is no such script, so nothing was started.
        StoreError: The store cannot be used, so nothing was started.
    """
    from provkit.recording import Wanted, record

    if detail != "statement":
        raise UsageError(f"There is no level of detail {detail!r}: 'statement' is the one built.")
    return record(
        lambda: find_or_create(store),
        Wanted(
            target=target,
            arguments=tuple(arguments),
            kind=kind,
            python=python,
            name=name,
            tags=tuple(tags),
            note=note,
            keep_models=keep_models,
        ),
    )


def capture_saved(
    notebook: str,
    *,
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    store: Place = None,
) -> Trial:
    """Store what a saved notebook tells by itself, and run nothing.

    Args:
        notebook: The path of its file, of nbformat 2 to 4.5, in any language.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        store: As for `capture`.

    Returns:
        The trial; what had to be repaired in the file is among its warnings.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no notebook.
        StoreError: The store cannot be used.
    """
    from provkit.recording import Wanted, record_saved

    wanted = Wanted(target=notebook, name=name, tags=tuple(tags), note=note)
    return record_saved(lambda: find_or_create(store), wanted)


def capture_notebook(
    path: str,
    parameters: Mapping[str, object] | None = None,
    *,
    output: str | Path | None = None,
    kernel: str | None = None,
    timeout: int | None = None,
    folder: str | Path | None = None,
    name: str | None = None,
    tags: Iterable[str] = (),
    note: str | None = None,
    keep_models: bool = False,
    arguments: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
    store: Place = None,
) -> Captured:
    """Execute a notebook on a kernel of its own, and store what happened; its file is not written to.

    Args:
        path: The notebook's.
        parameters: Set in a cell after the one tagged `parameters`, or before the first cell.
        output: Where to keep the executed notebook, written after each cell.
        kernel: Name of a kernelspec; None for the one that the notebook wants.
        timeout: Seconds that a cell may take; None for any number of them.
        folder: The kernel's working directory; None for the notebook's folder.
        name: A name for the trial, that commands will take instead of its id.
        tags: Words to find it by.
        note: Whatever should be remembered with it.
        keep_models: As for `capture`.
        arguments: The words that the command line had after the notebook, for the record.
        progress: Called when a cell begins and when it ends.
        store: As for `capture`.

    Returns:
        How it ended: exit status 1 if a cell failed, took too long, or its kernel died.

    Raises:
        TargetNotFound: There is no such notebook, so nothing was started.
        BadInput: It is no notebook, or there is no such kernel, so nothing was started.
        MissingExtra: nbclient is not installed.
        StoreError: The store cannot be used, so nothing was started.
    """
    from provkit.capture.notebook_running import NotebookWanted
    from provkit.recording import Wanted, record

    how = NotebookWanted(
        parameters=dict(parameters or {}),
        output=None if output is None else str(output),
        kernel=kernel,
        timeout=timeout,
        folder=None if folder is None else str(folder),
    )
    return record(
        lambda: find_or_create(store),
        Wanted(
            target=path,
            arguments=tuple(arguments),
            kind="notebook",
            name=name,
            tags=tuple(tags),
            note=note,
            keep_models=keep_models,
            notebook=how,
            progress=progress,
        ),
    )


def kernel_install(
    *,
    name: str = "provkit",
    display_name: str | None = None,
    user: bool = True,
    prefix: str | None = None,
    python: str | None = None,
) -> Installed:
    """Add a kernel to Jupyter that records every notebook that is run on it.

    Args:
        name: What commands call it.
        display_name: What people see in the list of kernels.
        user: For this person, else for everybody on this machine.
        prefix: The folder of the environment it is for; wins over `user`.
        python: The interpreter that runs the kernel, a path or a name on PATH; None for this one.

    Raises:
        MissingExtra: ipykernel is not installed here.
        UsageError: No kernel may have such a name, or one that is not provkit's has it.
        BadInput: The folder cannot be written, or the interpreter is none, or has no provkit or ipykernel.
    """
    from provkit.live.kernelspecs import install

    return install(name=name, display_name=display_name, user=user, prefix=prefix, python=python)


def kernels() -> list[Installed]:
    """List the kernels of provkit's that Jupyter finds."""
    from provkit.live.kernelspecs import installed

    return installed()


def kernel_remove(name: str = "provkit") -> Installed:
    """Remove a kernel of provkit's, and give what it was.

    Raises:
        UsageError: There is none of that name.
        BadInput: Its folder cannot be removed.
    """
    from provkit.live.kernelspecs import remove

    return remove(name)


def recover(*, store: Place = None) -> list[str]:
    """Store what interrupted captures have left, each as a trial with status *aborted*.

    Every function that opens the store does this first; calling it is a way to see it done.

    Returns:
        Ids of the trials that were stored; empty if nothing was left.
    """
    return [trial_id for trial_id, problem in recoveries(store=store) if problem is None]


def recoveries(*, store: Place = None) -> list[tuple[str, str | None]]:
    """Do as `recover` does, and tell of failures too.

    Returns:
        For each journal that was left the trial's id, and None or the sentence that says why
        it could not be stored; the journal is kept then.
    """
    from provkit.recording import recovered

    return list(recovered(find(store)))
