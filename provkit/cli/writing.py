"""Where a command's result goes: the standard output, or whole into the file of `-o`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from provkit.errors import BadInput


def put(result: str | bytes, output: Path | None = None) -> None:
    """Write a result to the standard output, or to a file that appears only when it is whole.

    Raises:
        BadInput: The file cannot be written.
    """
    content = result.encode("utf-8", "surrogateescape") if isinstance(result, str) else result
    if output is None:
        sys.stdout.flush()
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:  # a stream put in place of stdout, as tests do
            sys.stdout.write(content.decode("utf-8", "replace"))
            return
        buffer.write(content)
        buffer.flush()
        return
    if output.exists() and not output.is_file():
        _write(output, content)  # /dev/stdout, a named pipe: nothing to rename
        return
    _replace(output, content)


def _replace(output: Path, content: bytes) -> None:
    target = output.resolve()  # the file behind a link is replaced, not the link
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _unwritable(output, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        temporary.chmod(_mode_of(target))
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _unwritable(output, error) from error


def _mode_of(target: Path) -> int:
    """Give the mode that the file has, or that a new one would get from the umask."""
    try:
        return target.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _write(output: Path, content: bytes) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> BadInput:
    reason = error.strerror or str(error)
    return BadInput(f"Couldn't write {str(output)!r}: {reason}; choose another file with -o.")
