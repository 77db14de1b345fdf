"""IPython's own syntax in a cell, taken out so that the rest can be read as Python, line by line."""

from __future__ import annotations

import ast
import re

_CELL_MAGIC = re.compile(r"%%(?P<name>\w+)")
_OTHER_LANGUAGES = frozenset(
    {
        "bash", "sh", "cmd", "script", "system", "sx", "html", "HTML", "javascript", "js", "latex", "markdown", "perl",
        "ruby", "svg", "SVG", "writefile", "file", "sql", "bigquery", "cython", "R", "julia", "pypy", "python2", "ai",
    }
)  # fmt: skip
"""Cell magics whose body is no Python; that of one that nobody knows may be."""
_LINE_MAGIC = re.compile(r"(?P<indent>\s*)(?:%\s*\w|!|\?)")
_TIMED = re.compile(r"(?P<indent>\s*)%(?:time|timeit)\s+(?P<rest>[^-\s].*)")
_HELP = re.compile(r"\s*[\w.*%]+\s*\?\??\s*$")
_ASSIGNED = re.compile(r"(?P<before>\s*[\w., ]+=\s*)(?:%\w|!).*")

_SET_UP = frozenset(
    {"matplotlib", "pylab", "load_ext", "reload_ext", "autoreload", "config", "precision"}
)
"""IPython's line magics that set up a notebook."""


def python_of_cell(text: str) -> str | None:
    r"""Give a cell's text with IPython's own lines replaced, each by one that does nothing.

    Returns:
        Python with the lines of the cell, so far as it is any; None where the cell is in another language.

    >>> python_of_cell("%matplotlib inline\nx = 1")
    'pass  # %matplotlib inline\nx = 1'
    """
    lines = text.split("\n")
    found = []
    inside = ""
    goes_on = False
    for number, line in enumerate(lines):
        if goes_on:  # a command of the shell on several lines
            goes_on = line.endswith("\\")
            found.append("")
            continue
        magic = _CELL_MAGIC.match(line)
        if magic is not None and not any(before.strip() for before in lines[:number]):
            if magic["name"] in _OTHER_LANGUAGES:
                return None
            found.append("")
            continue
        inside, is_text = _after(line, inside)
        if is_text:
            found.append(line)
            continue
        goes_on = line.endswith("\\") and _LINE_MAGIC.match(line) is not None
        found.append(_plain(line[:-1] if goes_on else line))
    return "\n".join(found)


def _plain(line: str) -> str:
    timed = _TIMED.match(line)
    if timed is not None:
        return timed["indent"] + timed["rest"]
    assigned = _ASSIGNED.fullmatch(line)
    if assigned is not None:
        return f"{assigned['before']}None"
    magic = _LINE_MAGIC.match(line)
    if magic is not None:
        return f"{magic['indent']}pass  # {line.strip()}"
    if _HELP.fullmatch(line):
        return f"pass  # {line.strip()}"
    return line


def _after(line: str, inside: str) -> tuple[str, bool]:
    """Follow what a line leaves open: a text in three quotes, a bracket; tell whether it began inside one.

    `inside` is the open quotes, or the open brackets one after the other.
    """
    began_inside = bool(inside)
    position = 0
    while position < len(line):
        three = line[position : position + 3]
        sign = line[position]
        if inside in ('"""', "'''"):
            if three == inside:
                inside, position = "", position + 3
            else:
                position += 2 if sign == "\\" else 1
            continue
        if sign == "#":
            break
        if three in ('"""', "'''"):
            if inside:
                end = line.find(three, position + 3)
                position = len(line) if end < 0 else end + 3
                continue
            inside, position = three, position + 3
            continue
        if sign in "\"'":
            end = position + 1
            while end < len(line) and line[end] != sign:
                end += 2 if line[end] == "\\" else 1
            position = end + 1
            continue
        if sign in "([{":
            inside += sign
        elif sign in ")]}":
            inside = inside[:-1]
        position += 1
    return inside, began_inside


_FETCHES = re.compile(
    r"^\s*!\s*(sudo\s+)?(wget|curl|unzip|tar|gunzip|gdown|kaggle|gsutil|aws\s+s3|7z|git\s+lfs)\b",
    re.MULTILINE,
)
_SETS_UP = re.compile(r"^\s*%|^\s*!\s*(pip3?|conda|mamba|apt(-get)?|uv)\b", re.MULTILINE)


def stage_of_commands(text: str) -> tuple[str, str] | None:
    """Say what a cell is for that holds nothing but commands: one that fetches files, one that installs.

    >>> stage_of_commands("!wget -q https://example.org/a.csv")
    ('data_loading', 'a command fetches files')
    """
    if _FETCHES.search(text):
        return "data_loading", "a command fetches files"
    return ("imports", "sets up the notebook") if _SETS_UP.search(text) else None


def sets_up_notebook(value: ast.expr) -> bool:
    """Find what IPython makes of `%matplotlib inline` and its like."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "run_line_magic"
        and bool(value.args)
        and isinstance(value.args[0], ast.Constant)
        and value.args[0].value in _SET_UP
    )
