"""Figures of matplotlib: which one is current, what it shows, and what belongs to which.

What is drawn on axes is drawn on their figure, and pyplot draws on a figure that no name of the program holds.
"""

from __future__ import annotations

import sys
from itertools import islice

from provkit.capture.tables import simple_name
from provkit.capture.values import attributes_of, root_package

_MRO = type.__dict__["__mro__"].__get__
_AXES = 16
_ARTISTS = 64

LOOKING = (
    *("close", "connect", "contains", "disconnect", "draw", "fignum_exists", "format_", "get_"),
    *("findobj", "ginput", "has_", "have_", "in_axes", "is_", "isinteractive", "pause", "pickable"),
    *(
        "savefig",
        "show",
        "stale",
        "switch_backend",
        "waitforbuttonpress",
        "gca",
        "gcf",
        "get",
        "rc",
    ),
)
"""How the names of those methods of figures and axes, and functions of pyplot, begin that change nothing shown."""


def only_looks(name: str) -> bool:
    """Tell whether a function of matplotlib's leaves what a figure shows as it is."""
    return name.startswith(LOOKING)


def is_artist(obj: object) -> bool:
    """Tell whether an object is part of a figure, or a figure."""
    return any(
        simple_name(base) == "Artist" and root_package(base) == "matplotlib"
        for base in _MRO(type(obj))
    )


def current_figure() -> object | None:
    """Find the figure that pyplot draws on; None if there is none yet."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    figures = getattr(getattr(helpers, "Gcf", None), "figs", None)
    if not figures:
        return None
    manager = next(reversed(figures.values()))
    return getattr(getattr(manager, "canvas", None), "figure", None)


def owners_of(artist: object) -> list[object]:
    """List what an artist is drawn on: its axes, its figure."""
    attributes = attributes_of(artist) or {}
    owners = [
        attributes.get(name) for name in ("_axes", "_parent_figure", "_root_figure", "figure")
    ]
    axes = owners[0]
    if axes is not None and axes is not artist:
        owners.extend(owners_of(axes))
    found = {id(one): one for one in owners if one is not None and one is not artist}
    return [one for one in found.values() if is_artist(one)]


def mark_of_artist(artist: object) -> object:
    """Sum up what a figure or axes show; None for what is too small to be looked at by itself."""
    attributes = attributes_of(artist) or {}
    if "_axstack" in attributes:
        axes = getattr(attributes["_axstack"], "_axes", ())
        return _shallow(attributes), tuple(
            (id(one), _mark_of_axes(attributes_of(one) or {})) for one in islice(axes, _AXES)
        )
    return _mark_of_axes(attributes) if "_children" in attributes else None


def _mark_of_axes(attributes: dict[str, object]) -> object:
    children = attributes.get("_children")
    texts = [_text(attributes.get(name)) for name in ("title", "_left_title", "_right_title")]
    for name in ("xaxis", "yaxis"):
        axis = attributes_of(attributes.get(name)) or {}
        texts.append(_text(axis.get("label")))
    return (
        len(children) if type(children) is list else None,
        tuple(id(one) for one in islice(children, _ARTISTS)) if type(children) is list else None,
        texts,
        id(attributes.get("legend_")),
    )


def _shallow(attributes: dict[str, object]) -> object:
    suptitle = attributes.get("_suptitle")
    sizes = [
        len(one)
        for one in (
            attributes.get(name) for name in ("texts", "legends", "lines", "images", "patches")
        )
        if type(one) is list
    ]
    return _text(suptitle), sizes


def _text(label: object) -> object:
    return (attributes_of(label) or {}).get("_text") if label is not None else None
