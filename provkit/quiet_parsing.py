"""Texts that are parsed or compiled once more: what they deserve to be warned of has been said.

`warnings.catch_warnings` would forget, each time, which warnings of the program have been shown once already.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NOTHING = ("ignore", None, Warning, None, 0)


@contextmanager
def with_filter(*rules: Any) -> Iterator[None]:
    """Put rules, as `warnings.filters` has them, before all others; without any, let no warning through."""
    before = warnings.filters
    warnings.filters = [*rules, *before] if rules else [_NOTHING]
    try:
        yield
    finally:
        warnings.filters = before


def parsed(text: str | bytes) -> ast.Module:
    """Parse a text, and say nothing of what it deserves to be warned of.

    Raises:
        SyntaxError: As `ast.parse` does, and whatever else that raises.
    """
    with with_filter():
        return ast.parse(text)
