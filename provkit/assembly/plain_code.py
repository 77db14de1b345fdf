"""Blocks of plain code, of which the journal tells the first and the last statement, taken apart."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from provkit.source import SourceAnalysis


def ran_in_blocks(analysis: SourceAnalysis, blocks: Sequence[tuple[str, str]]) -> Iterable[str]:
    """List the keys of the statements in blocks: the first, the last, and all between that stand beside them."""
    beside: dict[str | None, list[tuple[tuple[int, int], str]]] = {}
    parents: dict[str, str | None] = {}
    for step in analysis.plan.steps:
        if "-" not in step.key:
            parents[step.key] = step.parent
            beside.setdefault(step.parent, []).append((_place(step.key), step.key))
    for steps in beside.values():
        steps.sort()
    for first, last in blocks:
        if first not in parents:
            continue
        steps = beside[parents[first]]
        until = _place(last)
        for place, key in steps[bisect_left(steps, (_place(first), "")) :]:
            if place > until:
                break
            yield key


def _place(key: str) -> tuple[int, int]:
    line, _, column = key.partition(".")
    return int(line), int(column)
