"""Real kernels that are driven cell by cell, as a front end drives them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands import ENVIRONMENT
from jupyter_client.manager import KernelManager

_SECONDS = 60
_OUTPUTS = ("stream", "execute_result", "display_data", "update_display_data", "error")


class Kernel:
    """A kernel and the front end that talks to it."""

    def __init__(self, folder: Path, kernel: str = "python3", **more: str) -> None:
        own = {
            name: value
            for name, value in os.environ.items()
            if "JUPYTER" in name or "IPYTHON" in name
        }
        self.folder = folder
        self.manager = KernelManager(kernel_name=kernel)
        self.manager.start_kernel(cwd=str(folder), env={**ENVIRONMENT, **own, **more})
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=_SECONDS)

    def run(self, source: str, cell: str | None = None) -> list[dict[str, Any]]:
        """Run a cell, and give its outputs."""
        self.client.session.metadata = {"cellId": cell} if cell is not None else {}
        request = self.client.execute(source, stop_on_error=False)
        outputs: list[dict[str, Any]] = []
        while True:
            message = self.client.get_iopub_msg(timeout=_SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] in _OUTPUTS:
                outputs.append({"output_type": message["msg_type"], **message["content"]})
            if message["content"].get("execution_state") == "idle":
                break
        self.client.get_shell_msg(timeout=_SECONDS)
        return outputs

    def text(self, source: str, cell: str | None = None) -> str:
        """Run a cell, and give what it put out as text."""
        return "".join(
            output.get("text")
            or output.get("data", {}).get("text/plain")
            or "\n".join(output.get("traceback", []))
            for output in self.run(source, cell)
        )

    def restart(self) -> None:
        """Restart it, as the button does."""
        self.client.stop_channels()
        self.manager.restart_kernel()
        self._connect()

    def interrupt_after(self, seconds: float) -> None:
        """Interrupt what it runs, as the button does, a while from now."""
        process: int = self.manager.provisioner.pid  # type: ignore[union-attr]
        threading.Timer(seconds, os.kill, (process, signal.SIGINT)).start()

    def kill(self) -> None:
        """Kill it as the system does when memory runs out."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def stop(self) -> None:
        """Shut it down as a front end does."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()


@contextlib.contextmanager
def kernel(
    folder: Path, *, live: bool = True, name: str = "python3", **more: str
) -> Iterator[Kernel]:
    """Start a kernel in a folder, with more in its environment; it records if `live`."""
    started = Kernel(folder, name, **more)
    try:
        if live:
            assert started.text("%load_ext provkit") == ""
        yield started
    finally:
        if started.manager.has_kernel:
            started.stop()


def trials_in(folder: Path, count: int = 1) -> list[str]:
    """Wait until so many trials are stored, and give their ids, the oldest first."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        found = sorted(
            (folder / ".provkit" / "trials").glob("*.nq.gz"), key=lambda path: path.stat().st_mtime
        )
        if len(found) >= count and not list((folder / ".provkit" / "journals").iterdir()):
            return [path.name.partition(".")[0] for path in found]
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} trials and not {count}")


def events_in(folder: Path) -> list[list[Any]]:
    """Read the events of the journal that is being written."""
    (journal,) = (folder / ".provkit" / "journals").glob("*/*.jsonl")
    return [json.loads(line) for line in journal.read_text().splitlines()]
