"""What a kernel sends to its front ends, read over its shoulder: the outputs of cells, as nbformat 4 has them.

What is sent is not touched. Streams are sent by a thread of the kernel's own, so that what has come is kept until
the recorder takes it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

from provkit.capture.interruptions import is_interruption
from provkit.redaction import redact

_KINDS = frozenset(
    {"stream", "display_data", "update_display_data", "execute_result", "error", "clear_output"}
)
_PARAMETERS = ("stream", "msg_or_type", "content", "parent")
_BINARY = ("image/", "audio/", "video/", "application/pdf")
_LONGEST = 20_000_000
"""Characters of one output that are kept; beyond that it is told that there was one."""


class ShownOutputs:
    """Listens to a kernel's session."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._waiting: deque[tuple[str | None, dict[str, Any]]] = deque()
        self._orders: dict[str, int] = {}
        """By id of a request, the cell that it made run."""
        original = session.send

        def send(*arguments: Any, **named: Any) -> Any:
            sent = original(*arguments, **named)
            try:
                given = {**dict(zip(_PARAMETERS, arguments, strict=False)), **named}
                self._see(*map(given.get, _PARAMETERS[1:]))
            except Exception as error:
                if is_interruption(error):
                    raise
            return sent

        session.send = send

    def begin(self, shell: Any, order: int) -> None:
        """Take note of which request a cell is."""
        header = (shell.get_parent() or {}).get("header") or {}
        identifier = header.get("msg_id")
        if isinstance(identifier, str):
            self._orders[identifier] = order

    def end(self) -> None:
        """Listen no longer."""
        self._session.__dict__.pop("send", None)

    def taken(self, *, flush: bool) -> Iterator[tuple[int | None, dict[str, Any]]]:
        """Take what has come: the order of its cell, and the output.

        Args:
            flush: Let the kernel send first what it holds back of its streams.
        """
        if flush:
            for stream in (sys.stdout, sys.stderr):
                if type(stream).__name__ == "OutStream":
                    stream.flush()
        while self._waiting:
            request, output = self._waiting.popleft()
            yield self._orders.get(request) if request is not None else None, output

    def _see(self, message: Any, content: Any, parent: Any) -> None:
        if isinstance(message, dict):
            content, parent = message.get("content"), message.get("parent_header")
            message = message.get("msg_type") or (message.get("header") or {}).get("msg_type")
        if message not in _KINDS or not isinstance(content, dict):
            return
        header = parent.get("header", parent) if isinstance(parent, dict) else {}
        request = header.get("msg_id") if isinstance(header, dict) else None
        self._waiting.append((request, _output(str(message), content)))


def _output(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """Make an output of a message: its content, without what is only for the front end."""
    output: dict[str, Any] = {"output_type": kind}
    for key, value in content.items():
        if key == "data" and isinstance(value, dict):
            output[key] = {mime: _safe(part, mime) for mime, part in value.items()}
        else:
            output[key] = _safe(value, "")
    return output


def _safe(value: Any, mime: str) -> Any:
    """Redact the texts in a value; what JSON cannot hold is left out."""
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return f"({len(value)} characters)"
        return value if mime.startswith(_BINARY) and "svg" not in mime else redact(value)
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {str(key): _safe(member, mime) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(member, mime) for member in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
