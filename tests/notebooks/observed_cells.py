"""Run cells in a shell of IPython, and write down a digest of each name's last value.

python observed_cells.py CELLS.json NAMES.json
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "replay"))

import numpy as np
from digests import digest, is_left_out
from IPython.core.interactiveshell import InteractiveShell


class Shell(InteractiveShell):
    """A shell without windows, in which `%matplotlib inline` can be said all the same."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: a kernel does it."""


def main() -> None:
    """Run the cells of the first file; the name `!` tells of the first that failed."""
    cells = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path.insert(0, "")
    shell = Shell.instance()
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  the generator that notebooks draw from
    before = set(shell.user_ns)
    found: dict[str, str] = {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for place, text in enumerate(cells):
            result = shell.run_cell(text, store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if error is not None and "!" not in found:
                found["!"] = f"cell {place}: {type(error).__name__}: {error}"[:300]
        for name, value in shell.user_ns.items():
            if name not in before and not name.startswith("_") and not is_left_out(value):
                found[name] = digest(value)
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
