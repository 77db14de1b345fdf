"""The journal of a notebook whose kernel is not watched: what can be seen from outside, cell by cell."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from provkit.capture.files import keep_bytes
from provkit.capture.journal import VERSION, Journal, json_of, text
from provkit.redaction import redact


class OutsideRecord:
    """Writes the events of cells into a journal of this process.

    Args of the constructor are those of the `journal` and `notebook` events.
    """

    def __init__(
        self,
        folder: Path,
        *,
        trial: str,
        version: str,
        language: str,
        path: str,
        kernel: str,
        working_directory: str,
    ) -> None:
        self._folder = folder
        self._journal = Journal(f"{folder}/{os.getpid()}.jsonl")
        self._order = 0
        self._journal.write(
            f'["journal",{VERSION},{text(trial)},{text(version)},{os.getpid()},{os.getppid()},'
            f'{self._journal.wall_ns},"",{text(language)},"",[],[],{json_of([path])},{text(working_directory)}]'
        )
        self._journal.write(
            f'["notebook","executed",{text(path)},{text(kernel)},{json_of({"language": language})},null]'
        )

    def begin(self, identifier: str, index: int, source: str) -> int:
        """Tell that a cell was sent to the kernel; gives its order."""
        self._order += 1
        content = source.encode("utf-8", "surrogatepass")
        digest = sha256(content).hexdigest()
        keep_bytes(f"{self._folder}/source-{digest}", content)
        plan = self._order - 1
        self._journal.write(f'["source",{plan},"cell",null,"{digest}",{len(content)},false]')
        self._journal.write(
            f'["cell",{self._order},{plan},{text(identifier)},{index},"{digest}",null,{self._journal.now()},null]'
        )
        return self._order

    def end(self, order: int, count: int | None, error: tuple[str, str] | None) -> None:
        """Tell that a cell is done; `error` is its kind and message."""
        now = self._journal.now()
        if error is not None:
            kind, message = error
            self._journal.write(f'["failed",{order},{now},{text(kind)},{text(redact(message))}]')
        status = "error" if error is not None else "ok"
        self._journal.write(f'["cell-done",{order},{now},"{status}",{json_of(count)}]')

    def warn(self, sentence: str) -> None:
        """Tell what could not be seen."""
        self._journal.warn(redact(sentence))

    def close(self, status: int) -> None:
        """Tell that the notebook ended, and let go of the journal."""
        self._journal.write(f'["end",{self._journal.now()},{status}]')
        self._journal.close()
