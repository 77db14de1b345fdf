"""The graph of a plan that nobody has run yet: the same that each trial of its text has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from provkit.identifiers import Identifiers
from provkit.mapping import quads_of
from provkit.model import Plan, Trial
from provkit.vocabulary import Quad

_NO_TRIAL = "0" * 32


def plan_quads(plan: Plan, base_iri: str) -> Iterator[Quad]:
    """Say what a plan's text says.

    A plan's graph follows from its text alone, so any trial of it will do; what is said of that
    trial itself is left out.
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC)
    trial = Trial(_NO_TRIAL, base_iri, "", plan, moment, moment, "completed", 0, "0")
    graph = Identifiers(base_iri, _NO_TRIAL).plan_graph(plan.digest)
    return (quad for quad in quads_of(trial) if quad[3] == graph)
