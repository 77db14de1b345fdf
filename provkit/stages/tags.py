"""What the user says of a stage: `# stage: training` behind a statement or above it, `%%stage training` in a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from provkit.knowledge import STAGES

_COMMENT = re.compile(r"(?P<before>.*?)#\s*stage\s*[:=]\s*(?P<stage>[\w -]+?)\s*$", re.IGNORECASE)
_MAGIC = re.compile(r"%%?stage\s+(?P<stage>[\w -]+?)\s*$")


def stage_named(text: str) -> str | None:
    """Take the stage that a user's word means: `feature engineering`, `Visualization`."""
    word = re.sub(r"[\s-]+", "_", text.strip().lower()).replace("visualiz", "visualis")
    return word if word in STAGES else None


def tags_of(lines: Sequence[str]) -> dict[int, str]:
    """Find the stages that comments give, by the line of the statement that each is about."""
    found: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        match = _COMMENT.match(line)
        stage = stage_named(match["stage"]) if match else None
        if match is None or stage is None:
            continue
        if match["before"].strip():
            found[number] = stage
        else:
            following = number
            while following < len(lines) and (
                not lines[following].strip() or lines[following].lstrip().startswith("#")
            ):
                following += 1
            found.setdefault(following + 1, stage)
    return found


def tag_of_cell(text: str) -> str | None:
    """Find the stage that a cell's first lines give it."""
    for line in text.splitlines():
        match = _MAGIC.match(line.strip())
        if match:
            return stage_named(match["stage"])
        comment = _COMMENT.match(line)
        if comment and not comment["before"].strip():
            return stage_named(comment["stage"])
        if line.strip() and not line.lstrip().startswith(("#", "%")):
            return None
    return None
