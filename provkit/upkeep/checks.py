"""What an examination gives: one line for each thing looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "repaired", "problem"]
"""`note`: worth knowing, nothing need be done. `problem`: a person has to do something."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    subject: str
    """`segments`, `index`, `git`, ..."""
    state: State
    found: str
    advice: str = ""
    """What to do about a problem."""


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that was looked at, the store first."""

    checks: tuple[Check, ...]

    @property
    def is_good(self) -> bool:
        """Nothing is left for a person to do."""
        return all(check.state != "problem" for check in self.checks)
