"""Parameter settings in the making, and those in force for each version of an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provkit.assembly.invocations import Shown
from provkit.assembly.origins import Source
from provkit.model import Implementation, Origin

_REACH = 300
"""Versions of an object that are gone back through."""


@dataclass(slots=True)
class Draft:
    """A parameter setting in the making: it names values by their numbers."""

    key: str
    name: str
    order: int
    owner: Implementation
    shown: Shown
    origin: Origin
    of: int | None = None
    set_by: str | None = None
    where: str | None = None
    same_as: str | None = None
    resolves: str | None = None
    sources: tuple[Source, ...] = ()
    is_seed: bool = False

    @property
    def parameter(self) -> str:
        """The name without those of the parts around it."""
        return self.name.rpartition("__")[2] or self.name


@dataclass(slots=True)
class ParametersFound:
    """All settings of a trial, and those in force for each version of an object and for each call."""

    drafts: list[Draft] = field(default_factory=list)
    of_version: dict[int, dict[str, Draft]] = field(default_factory=dict)
    of_call: dict[int, list[Draft]] = field(default_factory=dict)
    _revisions: Mapping[int, int] = field(default_factory=dict)

    def in_force(self, version: int | None) -> dict[str, Draft]:
        """Give what an object was set to at a version."""
        current = version
        for _ in range(_REACH):
            if current is None:
                break
            if current in self.of_version:
                return self.of_version[current]
            current = self._revisions.get(current)
        return {}
