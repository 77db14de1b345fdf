"""The parameters of a notebook: typed words, files, and the cell that holds them, as papermill's users know them."""

from __future__ import annotations

import ast
import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from provkit.errors import BadInput

DECLARED = "parameters"
INJECTED = "injected-parameters"

_WORDS: dict[str, object] = {
    **dict.fromkeys(("true", "True"), True),
    **dict.fromkeys(("false", "False"), False),
    **dict.fromkeys(("null", "None", "~", ""), None),
}


def typed(word: str) -> object:
    """Read a word of the command line as what it looks like.

    >>> [typed(word) for word in ("3", "1e-3", "true", "null", "[1, a]", "a b")]
    [3, 0.001, True, None, [1, 'a'], 'a b']
    """
    if word in _WORDS:
        return _WORDS[word]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    if word[:1] + word[-1:] in ("[]", "{}", '""', "''"):
        return _collection(word)
    return word


def _collection(word: str) -> object:
    for read in (json.loads, ast.literal_eval):
        try:
            return read(word)
        except (ValueError, SyntaxError, RecursionError):
            continue
    if word.startswith("["):
        return [typed(member.strip()) for member in word[1:-1].split(",")]
    return word


def from_file(name: str) -> dict[str, Any]:
    """Read parameters from a file: YAML, or JSON or TOML by its suffix.

    Raises:
        BadInput: It cannot be read, or holds no mapping of names to values.
    """
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"Couldn't read the parameters in {name!r}: {reason}.") from error
    try:
        found = _parsed(text, path.suffix)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Couldn't read the parameters in {name!r}: {error}.") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise BadInput(
            f"Couldn't read the parameters in {name!r}: it has to map names to values, as 'alpha: 0.1' does."
        )
    return found


def _parsed(text: str, suffix: str) -> object:
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".toml":
        return tomllib.loads(text)
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def inject(cells: list[dict[str, Any]], cell: dict[str, Any]) -> list[dict[str, Any]]:
    """Put the cell that holds parameters into a notebook: after the one that declares them, else first.

    A cell that an earlier execution has put there makes way.
    """
    cells = list(cells)
    for index, old in enumerate(cells):
        if INJECTED in tags_of(old):
            cells[index] = cell
            return cells
    place = next((i + 1 for i, one in enumerate(cells) if DECLARED in tags_of(one)), 0)
    return [*cells[:place], cell, *cells[place:]]


def tags_of(cell: Mapping[str, Any]) -> Sequence[str]:
    """List a cell's tags; what is no list of texts is none."""
    tags = cell.get("metadata", {}).get("tags", [])
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def unknown(cells: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """List the parameters that the cell with the defaults does not have; none if no cell declares any."""
    declared: set[str] | None = None
    for cell in cells:
        if DECLARED in tags_of(cell):
            found = _assigned(str(cell.get("source", "")))
            if found is None:
                return []
            declared = (declared or set()) | found
    return [] if declared is None else [name for name in names if name not in declared]


def _assigned(source: str) -> set[str] | None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


# ------------------------------------------------------------------ source text


def source_of(parameters: Mapping[str, object], language: str) -> str:
    """Write the text of the cell that sets parameters, in the notebook's language.

    >>> print(source_of({"alpha": 0.1, "names": ["a"]}, "python"), end="")
    # Parameters
    alpha = 0.1
    names = ["a"]

    Raises:
        BadInput: Nobody knows how to write values in that language.
    """
    writers = {"python": _python, "r": _r, "julia": _julia, "bash": _bash}
    write = writers.get(language.lower())
    if write is None:
        known = ", ".join(sorted(writers))
        raise BadInput(
            f"Couldn't write the parameters in {language!r}: it is known for {known} only. Run the notebook without -p."
        )
    assign = {"r": " = ", "bash": "="}.get(language.lower(), " = ")
    lines = [f"{name}{assign}{write(value)}" for name, value in parameters.items()]
    return "\n".join(["# Parameters", *lines, ""])


def _python(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    if isinstance(value, dict):
        members = (f"{_python(key)}: {_python(member)}" for key, member in value.items())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_python, value))}]"
    # What else YAML has (dates) is written as its text: the notebook may not know the class.
    return repr(value) if value is None or isinstance(value, int | float) else _python(str(value))


def _r(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dict):
        members = (f"{json.dumps(str(key))} = {_r(member)}" for key, member in value.items())
        return f"list({', '.join(members)})"
    if isinstance(value, list | tuple):
        return f"list({', '.join(map(_r, value))})"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _julia(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        members = (f"{_julia(key)} => {_julia(member)}" for key, member in value.items())
        return f"Dict({', '.join(members)})"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_julia, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("$", "\\$")
    return repr(value)


def _bash(value: object) -> str:
    import shlex

    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))
