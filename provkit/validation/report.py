"""What checking against shapes gives: a report, and in it findings that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Severity = Literal["violation", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a shape does not let pass."""

    shape: str
    """Name of the rule: `execution-step`; the IRI of one that is not provkit's."""
    title: str
    """What the rule is about: `step of an execution`."""
    severity: Severity
    thing: str
    """On what it was found, in the user's words: ``execution 5 (`b = f(a)`)``, `file houses.csv`."""
    place: str | None
    """`train.py:11`; the path alone if no line is known, None if no path is."""
    rule: str
    """What should be so."""
    found: str
    """What is so instead; empty if the rule says it all."""
    advice: str
    """What to do; empty for a shape that does not say."""
    node: str
    """IRI of the thing, or `_:label`."""
    path: str | None = None
    """The property, as `prov:used`; of a longer path the last one."""
    value: str | None = None
    """The value at fault, as N-Triples text."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one trial or one document, the worst first."""

    target: str
    """As the user named it."""
    profile: str
    checked: int
    """Nodes that at least one shape was aimed at; 0 means that nothing was checked at all."""
    triples: int
    findings: tuple[Finding, ...]

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Give the findings of that severity and the worse ones."""
        counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return tuple(finding for finding in self.findings if finding.severity in counted)

    def conforms(self, severity: Severity = "violation") -> bool:
        """Tell whether nothing of that severity or worse was found."""
        return not self.at_least(severity)
