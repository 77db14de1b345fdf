"""Where rewritten code is kept between runs, and how much of it: the user's cache folder, not the project's.

So that it is found again wherever a text lies, and goes with no store that is given away.
"""

from __future__ import annotations

import contextlib
import os

MOST_BYTES = 1 << 26
"""What may stand there after a capture; what was used last stays."""


def code_folder() -> str | None:
    """Give the folder, which need not be there; None if the person has none of their own.

    Source: the XDG Base Directory Specification, `$XDG_CACHE_HOME`, which has to be absolute.
    """
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "provkit", "code") if os.path.isabs(cache) else None


def trim(folder: str, most_bytes: int = MOST_BYTES) -> None:
    """Remove what was not used for longest if there is too much; what cannot be removed stays."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, status.st_size, entry.path))
    left = sum(size for _, size, _ in found)
    if left <= most_bytes:
        return
    for _, size, path in sorted(found):
        with contextlib.suppress(OSError):
            os.unlink(path)
            left -= size
        if left <= most_bytes * 3 // 4:
            return
