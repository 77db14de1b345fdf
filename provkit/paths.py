"""How one thing of a trial came from another: the shortest path of derivations between them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provkit.entities import Describer, Node, find, find_executions, find_versions
from provkit.facts import Facts, is_iri
from provkit.lineage import neighbours_of
from provkit.vocabulary import Term

if TYPE_CHECKING:
    from provkit.store import LocalStore


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing on a path, and how it came from the one before."""

    node: Node
    control: bool = False
    """Only a test read the one before: it decided that this was made."""


@dataclass(frozen=True, slots=True)
class Path:
    """How `target` came from `source`."""

    trial: str
    source: Node
    target: Node
    stages: tuple[Stage, ...]
    """From the source to the target, both included; empty if the one did not come from the other."""
    is_reversed: bool = False
    """There is none, but the source came from the target."""

    @property
    def exists(self) -> bool:
        """Tell whether the target came from the source."""
        return bool(self.stages)


def path_between(store: LocalStore, trial_id: str, source: str, target: str) -> Path:
    """Find the shortest path by which something came from something else.

    One by data alone is taken before any that leads through a test, however short.

    Args:
        store: The store that has the trial.
        trial_id: The trial's full id.
        source: What it may have come from, by the names that `lineage` takes; a name without a version is
            any version of it.
        target: What may have come from it: its last version, if none is given; or `train.py:42`, what the
            statement on that line read.

    Raises:
        UsageError: Nothing in the trial answers to one of the names, or several things do.
    """
    return path_in(Facts(store.quads(trial_id)), trial_id, source, target)


def path_in(facts: Facts, trial_id: str, source: str, target: str) -> Path:
    """Find the path in facts that have been read already; see `path_between`."""
    describe = Describer(facts, trial_id)
    starts = find_versions(facts, trial_id, source)
    ends = _read_on_line(facts, trial_id, target) or [find(facts, trial_id, target)]
    found = _shortest(facts, set(starts), ends)
    stages = tuple(Stage(describe(iri), control) for iri, control in found)
    if stages:
        return Path(trial_id, stages[0].node, stages[-1].node, stages)
    is_reversed = bool(_shortest(facts, set(ends), starts))
    return Path(trial_id, describe(starts[0]), describe(ends[0]), (), is_reversed)


def _read_on_line(facts: Facts, trial_id: str, target: str) -> list[Term]:
    executions = find_executions(facts, trial_id, target)
    used = [one for execution in executions for one in facts.objects(execution, "prov:used")]
    made = [
        one for execution in executions for one in facts.having("prov:wasGeneratedBy", execution)
    ]
    return list(dict.fromkeys(filter(is_iri, [*used, *made])))


def _shortest(facts: Facts, starts: set[Term], ends: list[Term]) -> list[tuple[Term, bool]]:
    """Walk back from the ends to the nearest start; give the way from there, each with its kind.

    Source:
        Breadth first, so the first start met is the nearest; by data alone first, then by both.
    """
    sources = neighbours_of(facts, forward=False)
    for by_control_too in (False, True):
        came_by: dict[Term, tuple[Term, bool] | None] = dict.fromkeys(ends)
        queue = deque(ends)
        while queue:
            iri = queue.popleft()
            if iri in starts:
                return _way(came_by, iri)
            for source, control in sources(iri):
                if source not in came_by and (by_control_too or not control):
                    came_by[source] = (iri, control)
                    queue.append(source)
    return []


def _way(came_by: dict[Term, tuple[Term, bool] | None], start: Term) -> list[tuple[Term, bool]]:
    way = [(start, False)]
    following = came_by[start]
    while following is not None:
        way.append(following)
        following = came_by[following[0]]
    return way
