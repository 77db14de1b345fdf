"""Where the files that come with provkit are found, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

from provkit.errors import ProvkitError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Find the folder `ontologies` or `shapes`.

    A wheel holds them inside the package; a checkout, and so an editable install, beside it
    (an editable install does not apply hatch's `force-include`).

    Raises:
        ProvkitError: Neither place has it, so the installation is broken.
    """
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise ProvkitError(
        f"Couldn't find provkit's own folder {name!r} beside {str(_PACKAGE)!r}: the installation "
        "is incomplete; install provkit again."
    )
