"""Cells whose magics run Python (`%%time`, `%%capture out`, `%time x = f()`), with that Python in the open.

IPython turns a magic into one call that has the Python in it as a text. Opened, each statement of
that text stands by itself, in the line in which its author wrote it, and the magic's own line is empty; that of a
`%%capture out`, which binds a name, keeps a call without the text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import NamedTuple

from provkit.quiet_parsing import parsed

_OPTIONS = re.compile(r"\s*(--[\w-]+\s*)*")
Transform = Callable[[str], str]
"""Turns IPython's own syntax into Python, as IPython does."""


class Body(NamedTuple):
    """Python that a magic runs in the notebook's own namespace."""

    magic: str
    """`time` or `capture`."""
    line: int
    """Of the magic's call, in what IPython made of the cell."""
    shift: int
    """What a line of the body's own, counted from 1, has to be moved by."""
    first: int
    """Place of its first statement among those of the opened text."""
    length: int
    text: str
    """As the magic gets it."""
    output: str | None = None
    """The name that a `%%capture` binds to what was shown."""
    is_assigned: bool = False
    """It is an expression whose value the statement of the magic binds: `x = %time f()`."""
    own: str = ""
    """As IPython turns it into Python."""
    bodies: tuple[Body, ...] = ()
    """Those of the magics in it, their lines and places counted in it."""


class Opened(NamedTuple):
    """A cell's text with the bodies of its magics in the open."""

    text: str
    bodies: tuple[Body, ...] = ()


def opened(
    python: str,
    transform: Transform,
    is_known: Callable[[str, str], bool] = lambda _kind, _name: True,
) -> Opened:
    r"""Open the bodies of a cell's magics.

    Args:
        python: The cell's text as IPython has turned it into Python.
        transform: IPython's, for the bodies.
        is_known: Tells whether the `cell` or `line` magic of a name is IPython's own.

    >>> opened("get_ipython().run_cell_magic('time', '', 'x = f()\\ny = x')\n", lambda body: body + "\n").text
    '\nx = f()\ny = x\n'
    """
    if "run_cell_magic('" not in python and "run_line_magic('time'" not in python:
        return Opened(python)
    tree = _parsed(python)
    if tree is None:
        return Opened(python)
    lines = python.split("\n")
    bodies: list[Body] = []
    more = 0
    for place, node in enumerate(tree.body):
        given = _handed_over(node)
        if given is None:
            continue
        kind, name, words, text = given
        if not is_known(kind, name):
            continue
        if kind == "cell":
            found = None
            if len(tree.body) == 1:
                own = transform(text)
                found = _whole_cell(node, name, words, text, own, opened(own, transform, is_known))
            return found or Opened(python)
        is_alone = node.col_offset == 0 and node.lineno == node.end_lineno
        line = lines[node.lineno - 1]
        if not is_alone or line.encode()[node.end_col_offset :].strip():
            continue
        own = transformed = transform(text).rstrip("\n")
        inner = _parsed(own)
        if inner is None or not inner.body or "\n" in own:
            continue
        first, length = place + more, len(inner.body)
        if isinstance(node, ast.Assign):
            if length != 1 or not isinstance(inner.body[0], ast.Expr):
                continue
            own = line.encode()[: node.value.col_offset].decode() + own
        bodies.append(
            Body(
                name,
                node.lineno,
                node.lineno - 1,
                first,
                length,
                text,
                is_assigned=isinstance(node, ast.Assign),
                own=transformed,
            )
        )
        more += length - 1
        lines[node.lineno - 1] = own
    return Opened("\n".join(lines), tuple(bodies))


def _whole_cell(
    node: ast.stmt, name: str, words: str, text: str, own: str, inside: Opened
) -> Opened | None:
    """Open a cell that is one magic; None if what stands in it is no Python.

    Args:
        node: The magic's call.
        name: That of the magic.
        words: Those behind it.
        text: The body as it is written.
        own: The same as Python.
        inside: That with the magics in it in the open, too.
    """
    inner = _parsed(inside.text)
    if inner is None or not inner.body:
        return None
    empty = 0
    for line in text.split("\n"):
        if line.strip():
            break
        empty += 1
    names = [word for word in words.split() if not word.startswith("-")]
    output = names[0] if name == "capture" and names else None
    head = "" if output is None else f"get_ipython().run_cell_magic({name!r}, {words!r}, '')"
    shift = node.lineno + empty
    before = "\n" * (node.lineno - 1)
    body = Body(
        name,
        node.lineno,
        shift,
        int(output is not None),
        len(inner.body),
        text,
        output=output,
        own=own,
        bodies=inside.bodies,
    )
    return Opened(f"{before}{head}\n{chr(10) * empty}{inside.text}", (body,))


def _handed_over(node: ast.stmt) -> tuple[str, str, str, str] | None:
    """Find what a statement hands to a magic that runs it as it stands: kind, name, words and body."""
    call = node.value if isinstance(node, ast.Expr | ast.Assign) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    given = [one.value for one in call.args if isinstance(one, ast.Constant)]
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) != len(call.args) or not _is_shell(call.func.value):
        return None
    if call.func.attr == "run_cell_magic" and len(texts) == 3 and isinstance(node, ast.Expr):
        name, words, body = texts
        is_options = bool(_OPTIONS.fullmatch(words))
        if (name == "time" and is_options) or name == "capture":
            return "cell", name, words, body
    if call.func.attr == "run_line_magic" and len(texts) == 2 and texts[0] == "time":
        return "line", "time", "", _OPTIONS.sub("", texts[1], count=1)
    return None


def _is_shell(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "get_ipython"
    )


def _parsed(text: str) -> ast.Module | None:
    try:
        return parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def as_written(python: str) -> str:
    r"""Give a statement in IPython's own syntax, if it is one of IPython's calls; any other as it is.

    >>> as_written("get_ipython().run_cell_magic('timeit', '-n 2', 'f(x)\\n')")
    '%%timeit -n 2 …'
    >>> as_written("files = get_ipython().getoutput('ls')")
    'files = !ls'
    """
    if "get_ipython()." not in python:
        return python
    tree = _parsed(python)
    node = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    if not isinstance(node, ast.Expr | ast.Assign):
        return python
    call = node.value
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or not _is_shell(call.func.value)
    ):
        return python
    texts = [
        one.value
        for one in call.args
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    if len(texts) != len(call.args) or call.keywords:
        return python
    before = "".join(f"{ast.unparse(one)} = " for one in getattr(node, "targets", ()))
    match call.func.attr, texts:
        case "run_cell_magic", [name, words, _] if not before:
            return f"%%{name} {words}".rstrip() + " …"
        case "run_line_magic", [name, words]:
            return f"{before}%{name} {words}".rstrip()
        case (("system" | "getoutput"), [words]):
            return f"{before}!{words}"
    return python


def call_of(written: str) -> str:
    r"""Give the call that IPython makes of a cell that is one magic.

    >>> call_of("%%capture out\nprint(1)")
    "get_ipython().run_cell_magic('capture', 'out', 'print(1)')"
    """
    lines = written.splitlines(keepends=True)
    while lines and not lines[0].strip():
        del lines[0]
    name, _, words = lines[0].removeprefix("%%").rstrip().partition(" ")
    return f"get_ipython().run_cell_magic({name!r}, {words!r}, {''.join(lines[1:])!r})"
