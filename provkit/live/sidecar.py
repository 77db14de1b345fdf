"""The process beside a live kernel: answers questions, and stores the trial when the kernel is gone.

Started by the kernel with the store's folder, the trial's id, the kernel's process id and the notebook's file, which
may be unknown. Requests come as
lines of JSON on standard input, and answers go to standard output in the same way. A closed input is a kernel
that stopped recording, or died.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import sys
import threading
import time
from pathlib import Path

from provkit.assembly.cells import SAVED
from provkit.capture import is_in_use
from provkit.errors import ProvkitError
from provkit.events import CellBegan
from provkit.journal_file import read_journal
from provkit.notebook_cells import editor_cell
from provkit.recording import look_around_live, store_left
from provkit.store import LocalStore

_LARGEST_NOTEBOOK = 100_000_000
_LOOK_SECONDS = 0.05
_GIVE_UP_SECONDS = 30.0
"""How long a journal may be held by children of the kernel after its end; `provkit recover` has it then."""


def main() -> int:
    """Serve a kernel until it is gone, then store its trial."""
    folder, trial, kernel, notebook = sys.argv[1:5]
    store = LocalStore.find(explicit=Path(folder))
    journal = store.journals / trial
    threading.Thread(target=_look_around, args=(journal,), daemon=True).start()
    _serve(journal, int(kernel))
    notebook = notebook or _told_by_cells(journal)
    if notebook:
        _keep_saved(Path(notebook), journal)
    until = time.monotonic() + _GIVE_UP_SECONDS
    while is_in_use(journal) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return 0 if is_in_use(journal) or store_left(store, journal) is None else 1


def _told_by_cells(journal: Path) -> str:
    """Find the file of a notebook by what VS Code calls its cells: it tells the kernel later than that begins."""
    with contextlib.suppress(ProvkitError, OSError):
        for path in journal.glob("*.jsonl"):
            for event in read_journal(path):
                cell = editor_cell(event.cell) if isinstance(event, CellBegan) else None
                if cell is not None:
                    return cell.notebook
    return ""


def _keep_saved(notebook: Path, journal: Path) -> None:
    """Put the notebook's file beside the journal, with its date, which tells whether it has all that ran."""
    with contextlib.suppress(OSError):
        if notebook.is_file() and notebook.stat().st_size <= _LARGEST_NOTEBOOK:
            shutil.copy2(notebook, journal / SAVED)


def _look_around(journal: Path) -> None:
    """Look at the machine; a trial without that is still one."""
    with contextlib.suppress(Exception):
        look_around_live(journal)


def _serve(journal: Path, kernel: int) -> None:
    """Answer until the input is closed, or the kernel is gone: a child of it may hold the other end."""
    watched: list[int] = [sys.stdin.fileno()]
    with contextlib.suppress(OSError, AttributeError):
        watched.append(os.pidfd_open(kernel))
    pending = b""
    while True:
        ready = select.select(watched, [], [])[0]
        if watched[0] in ready:
            read = os.read(watched[0], 1 << 16)
            if not read:
                return
            pending += read
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                _reply(journal, line)
        elif ready:
            return


def _reply(journal: Path, line: bytes) -> None:
    request = json.loads(line)
    number, question = request.pop("number"), request.pop("ask")
    from provkit.live.answers import answer

    try:
        told = answer(journal, question, request)._asdict()
    except ProvkitError as error:
        told = {"text": str(error), "is_error": True}
    except Exception as error:  # noqa: BLE001  one question that cannot be answered is not the end
        text = f"provkit made a mistake of its own ({type(error).__name__}: {error})"
        told = {"text": text, "is_error": True}
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps({"number": number, **told}) + "\n")
        sys.stdout.flush()
