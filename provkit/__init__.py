"""Semantic provenance for data-science scripts and notebooks, without touching them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from provkit.version import __version__

if TYPE_CHECKING:
    from provkit import api
    from provkit.errors import ProvkitError
    from provkit.magics import tag, tag_cell

__all__ = ["ProvkitError", "__version__", "api", "tag", "tag_cell"]
_OF_MAGICS = {
    "load_ipython_extension": "load",
    "unload_ipython_extension": "unload",
    "tag": "tag",
    "tag_cell": "tag_cell",
}
# The verbs are functions of `provkit.api` and not of `provkit`: `capture`, `lineage`, `query`
# and `export` are packages too, and importing one would put it in the function's place.


def __getattr__(name: str) -> object:
    """Import what is asked for when it is first used: `import provkit` loads nothing (PEP 562)."""
    import importlib

    if name == "api":
        return importlib.import_module("provkit.api")
    if name in _OF_MAGICS:
        # Without IPython there is no notebook, and nothing to tag.
        module = "provkit.magics" if "IPython" in sys.modules else "provkit.untagged"
        return getattr(importlib.import_module(module), _OF_MAGICS[name])
    if name == "ProvkitError":
        return importlib.import_module("provkit.errors").ProvkitError
    raise AttributeError(f"module 'provkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
