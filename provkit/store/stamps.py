"""The files of a trial and the states they are in, by which what was made from them is known to be true still."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

SUFFIX = ".nq.gz"
"""What the name of a segment ends in."""


class Stamp(NamedTuple):
    """A state of a file: when either number differs, the file has changed."""

    size: int
    mtime_ns: int


class Holding(NamedTuple):
    """The files of one trial."""

    segment: Path
    segment_stamp: Stamp
    annotations: Path | None
    annotations_stamp: Stamp | None
