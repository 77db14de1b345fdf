"""What names one thing of a trial, or stands as it is."""

from __future__ import annotations

from typing import Literal, NamedTuple

Scalar = bool | int | float | str
"""What has an XML Schema datatype of the OWL 2 map; everything else is described by `repr`."""


class Reference(NamedTuple):
    """A value, file state, setting (a parameter's among them), output or evaluation of the same trial, by its key."""

    kind: Literal["value", "file", "setting", "output", "evaluation"]
    key: str
