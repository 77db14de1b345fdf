"""Write docs/command-line.md from the commands' own help: python docs/write_command_line.py."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

from provkit.cli import ALIASES, FAMILIES, main, overview

PAGE = Path(__file__).with_name("command-line.md")

HEAD = """\
# Command line

Written by `docs/write_command_line.py` from the commands' own `--help`; a test holds the two together.

## Conventions

- Only data goes to stdout; what is said to the person goes to stderr.
- A trial is named by its id, by the first four or more characters of it, by its name, or as `last`, `last~1`, ...
- `-o` is the output file, always. It appears when it is whole, and its suffix chooses the format if none is given.
- `--store` names the store; else `PROVKIT_STORE` does, else the nearest `.provkit` upwards, as git finds its folder.
- Tables fit the terminal; `COLUMNS` overrides its width. `NO_COLOR` and `FORCE_COLOR` are obeyed.
- `PROVKIT_DISABLED=1` makes `provkit capture` run the program plainly; `PROVKIT_DEBUG=1` shows tracebacks.

| exit status | meaning |
|---:|---|
| 0 | yes, done |
| 1 | no: does not conform, differs, was not confirmed |
| 2 | wrong usage; an unknown or ambiguous trial too |
| 3 | bad input; the program to capture is not there |
| 4 | the store |
| 5 | an extra is not installed; the message has its `pip install` line |

Once a program has started, `provkit capture` ends with the program's own status, or by the same signal.
"""


def page() -> str:
    """Write the page."""
    parts = [HEAD, _block(overview(), "provkit")]
    for family, commands in FAMILIES.items():
        parts.append(f"## {family.capitalize()}\n")
        for name in commands:
            alias = next((f" (alias `{a}`)" for a, of in ALIASES.items() if of == name), "")
            parts.append(f"### provkit {name}{alias}\n")
            parts.append(_block(_help(name), f"provkit {name} --help"))
    return "\n".join(parts)


def _help(name: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main([name, "--help"])
    return said.getvalue()


def _block(text: str, command: str) -> str:
    return f"```console\n$ {command}\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
