"""How values of parameters are written: settings told from data, options of the command line, parameters in pairs."""

from __future__ import annotations

import ast

from provkit.assembly.invocations import Shown

_SHORT = 60
"""Characters of a list that is a setting."""


def is_data(shown: Shown) -> bool:
    """Tell whether a value is an array, a table or an object, and no setting."""
    text = shown.text or ""
    return text.startswith(("array of shape", "<", "[<", "(<"))


def is_setting(shown: Shown, is_constructor: bool) -> bool:  # noqa: FBT001
    """Tell whether an argument of a function of the program's is a setting: a short list is one of an object only."""
    if shown.scalar is not None:
        return True
    text = shown.text or ""
    return (
        is_constructor
        and text[:1] in ("[", "(", "{")
        and len(text) <= _SHORT
        and "\u2026" not in text
    )


def option(part: str) -> str:
    """Write the option that an attribute of the parsed command line stands for: `.batch_size` is `--batch-size`."""
    return "--" + part.lstrip(".").partition(".")[0].replace("_", "-")


def pairs_in(shown: Shown) -> dict[str, Shown]:
    """Read parameters that are given as a list of pairs; of a name that stands there twice all values."""
    try:
        members = ast.literal_eval(shown.text or "")
    except (ValueError, SyntaxError):
        return {}
    found: dict[str, list[object]] = {}
    for member in members if isinstance(members, list) else ():
        if not (isinstance(member, tuple) and len(member) == 2 and isinstance(member[0], str)):
            return {}
        found.setdefault(member[0], []).append(member[1])
    return {name: shown_all(values) for name, values in found.items()}


def shown_all(values: list[object]) -> Shown:
    """Write the values that one name was given."""
    if len(values) == 1 and isinstance(values[0], str | int | float | bool):
        return Shown(scalar=values[0])
    return Shown(text=repr(values if len(values) > 1 else values[0]))
