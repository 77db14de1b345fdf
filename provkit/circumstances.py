"""What is known of a trial outside the watched process, written down before the program starts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provkit.model import Agent, Package, Setting


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a trial outside the watched process; kept as `circumstances.json` beside its journal."""

    trial: str
    base_iri: str
    provkit: str
    project: str
    command: tuple[str, ...]
    """As it was given, redacted: target and arguments."""
    started_ns: int
    """Wall clock, nanoseconds since 1970."""
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    experiment: str | None = None
    agent: Agent | None = None
    settings: tuple[Setting, ...] = ()
    platform: Package | None = None

    def to_json(self) -> str:
        """Write it down; `from_json` reads it back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Circumstances:
        """Read what `to_json` wrote.

        Raises:
            ValueError: The text is something else.
        """
        from provkit.model import Agent, Package, Setting

        try:
            facts = json.loads(text)
            return cls(
                **{
                    **facts,
                    "command": tuple(facts["command"]),
                    "tags": tuple(facts["tags"]),
                    "agent": Agent(**facts["agent"]) if facts["agent"] else None,
                    "settings": tuple(Setting(**setting) for setting in facts["settings"]),
                    "platform": Package(**facts["platform"]) if facts["platform"] else None,
                }
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"not what provkit writes: {error}") from error
