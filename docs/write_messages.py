"""Write docs/messages.md from the errors that the code raises: python docs/write_messages.py.

Every message is found in the code where it is raised, so that none can be missing; what each kind means and what to do
about it is said here, once for each class.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

from provkit import errors

PAGE = Path(__file__).with_name("messages.md")
PACKAGE = Path(errors.__file__).parent

HEAD = """\
# Messages

Written by `docs/write_messages.py` from the code; a test holds the two together.

An error is one sentence on stderr, `provkit: error: ...`: what failed, on which thing, why, and what to do. Here they stand by
their kind, as templates: `{...}` is what varies. The exit status follows from the kind. That something does not conform,
or differs, is a result and no error (exit status 1).

Once a program has started, nothing of this changes its output, its result or its exit status: what capture could not do is a
warning of the trial (`provkit show`), and a trial that could not be stored keeps its journal (`provkit recover`).
"""

KINDS = {
    "UsageError": (
        "The words of a command, or the arguments of a call, are wrong.",
        "Read the sentence: it names the word and what it may be; `provkit COMMAND --help` has all options.",
    ),
    "UnknownTrial": (
        "No trial in the store answers to the name given.",
        "`provkit trials` lists them; a trial is named by id, the first four or more characters of it, its name, `last` or `last~1`.",
    ),
    "AmbiguousTrial": (
        "Several trials answer to the beginning of an id.",
        "Give more of the id; the message lists those that fit.",
    ),
    "BadInput": (
        "A file, a document or a query is not what it should be.",
        "Look at the place that the message names (`file:line:column` where there is one) and mend it there.",
    ),
    "TargetNotFound": (
        "The script to be run is not there, so nothing was started.",
        "Check the path; it is looked up from the current folder, as `python` does.",
    ),
    "BadJournal": (
        "What a watched process wrote down cannot be read: the process died before it began, or another version wrote it.",
        "Recover it with the version of provkit that wrote it, or remove its folder below `.provkit/journals/` if it is empty.",
    ),
    "BadKnowledge": (
        "A file of knowledge about a library, named in `[tool.provkit] knowledge`, cannot be read or does not keep to its format.",
        "Mend the line that the message names; [knowledge](knowledge.md) describes the format.",
    ),
    "StoreError": (
        "The store cannot be read or written: permissions, a full disk, a damaged file.",
        "Mend the cause that the message names; `provkit doctor` looks at everything. Sealed trials are never changed by an error.",
    ),
    "StoreNotFound": (
        "There is no store in this folder or above it, nor where `--store` or `PROVKIT_STORE` points.",
        "`provkit init` makes one, and so does the first `provkit capture`.",
    ),
    "StoreBusy": (
        "Another process has held a lock of the store for longer than one should wait.",
        "Wait for it, or end it; locks go with their process.",
    ),
    "StoreTooNew": (
        "A newer provkit made this store. Nothing in it was touched.",
        "Upgrade provkit.",
    ),
    "MissingExtra": (
        "An optional package is not installed.",
        "The message holds its `pip install` line.",
    ),
    "QueryTimeout": (
        "A query ran longer than `--timeout` allowed and was stopped. The store is unharmed.",
        "Ask for less (`--trial`, `LIMIT`, a path with a fixed start), or allow more time.",
    ),
    "ProvkitError": (
        "provkit itself is not whole, or made a mistake.",
        "Install it again; if that does not help, run the command with `PROVKIT_DEBUG=1` and report what it prints.",
    ),
}


def messages() -> dict[str, list[str]]:
    """Find the template of every message in the code, by the class that is raised with it."""
    kinds = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
    found: dict[str, dict[str, None]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", None)
            )
            if name in kinds:
                text = template(node.args[0])
                if text is not None:
                    found.setdefault(str(name), {})[text] = None
    return {name: sorted(texts) for name, texts in found.items()}


def template(node: ast.expr) -> str | None:
    """Write a message with `{...}` for what varies; None if all of it does."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{...}" for part in node.values]
        return "".join(map(str, parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [template(side) or "{...}" for side in (node.left, node.right)]
        return "".join(sides)
    return None


def page() -> str:
    """Write the page."""
    parts: list[str] = []
    found = messages()
    for name, (why, what) in KINDS.items():
        kind = getattr(errors, name)
        parts.append(f"## {name}\n")
        parts.append(f"Exit status {kind.exit_status}. *Why:* {why} *What to do:* {what}\n")
        texts = [text for text in found.get(name, []) if text.strip("{.} ")]
        parts.extend(f"- {' '.join(text.split())}" for text in texts)
        if texts:
            parts.append("")
    lines = [
        wrapped
        for line in "\n".join(parts).splitlines()
        for wrapped in (
            textwrap.wrap(
                line,
                120,
                subsequent_indent="  " if line.startswith("- ") else "",
                break_long_words=False,
                break_on_hyphens=False,
            )
            or [""]
        )
    ]
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
