"""A prospective plan as a picture: the segments of the pipeline, and which feeds which."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provkit.planning import PlannedStep, ProspectivePlan

_COLOURS = {
    "imports": "#eceff1",
    "data_loading": "#d7e8f7",
    "preprocessing": "#d9f0e3",
    "feature_engineering": "#e3f2c9",
    "split": "#f3edc6",
    "model_definition": "#fbe3c4",
    "training": "#f8cfc2",
    "evaluation": "#ecd3ee",
    "visualisation": "#dcd8f5",
    "saving": "#d5dde3",
    "other": "#ffffff",
}
_WIDTH, _LINE, _MARGIN, _GAP, _PAD = 620.0, 16.0, 20.0, 22.0, 10.0
_LANE = 14.0
"""Pixels between two arrows that run beside the boxes."""
_TIP = (
    '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" '
    'orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>'
)
_SHOWN, _SIGNS = 4, 80


class Segment(NamedTuple):
    """Contiguous steps of one stage, with what they read and bind."""

    stage: str
    steps: tuple[PlannedStep, ...]

    @property
    def place(self) -> str:
        """Say where it stands: lines of a script, cells of a notebook."""
        first, last = self.steps[0], self.steps[-1]
        if first.cell_index is not None:
            return _range("cell", first.cell_index, last.cell_index or first.cell_index)
        return _range("line", first.first_line, last.last_line)

    @property
    def lines(self) -> list[str]:
        """The first lines of its first steps, and how many steps follow."""
        shown = [step.text[:_SIGNS] for step in self.steps[:_SHOWN]]
        more = len(self.steps) - len(shown)
        return [*shown, f"… and {more} more"] if more else shown


def segments_of(plan: ProspectivePlan) -> list[Segment]:
    """List the segments that are worth drawing: without imports."""
    return [Segment(name, steps) for name, steps in plan.segments if name != "imports"]


def edges_of(segments: Sequence[Segment]) -> list[tuple[int, int, list[str]]]:
    """List which segment reads what an earlier one bound: from, to, names."""
    bound: dict[str, int] = {}
    edges: dict[tuple[int, int], dict[str, None]] = {}
    for number, segment in enumerate(segments):
        for step in segment.steps:
            for name in step.reads:
                if name in bound and bound[name] != number:
                    edges.setdefault((bound[name], number), {})[name] = None
            bound.update(dict.fromkeys(step.writes, number))
    return [(source, target, list(names)) for (source, target), names in edges.items()]


def dot(plan: ProspectivePlan) -> str:
    """Write a plan in the language of Graphviz."""
    segments = segments_of(plan)
    lines = [
        "digraph plan {",
        '  node [fontname="Helvetica", shape=box, style="rounded,filled"];',
        f"  label={_quoted(plan.path)}; labelloc=t;",
    ]
    for number, segment in enumerate(segments):
        text = "\n".join([f"{segment.stage} ({segment.place})", *segment.lines])
        colour = _COLOURS.get(segment.stage, "#ffffff")
        lines.append(f'  s{number} [label={_quoted(text)}, fillcolor="{colour}"];')
    for source, target, names in edges_of(segments):
        lines.append(f"  s{source} -> s{target} [label={_quoted(', '.join(names))}];")
    return "\n".join([*lines, "}"]) + "\n"


def svg(plan: ProspectivePlan) -> str:
    """Draw a plan: its segments from top to bottom, arrows beside them for what flows."""
    segments = segments_of(plan)
    tops: list[float] = []
    top = _MARGIN + 24
    for segment in segments:
        tops.append(top)
        top += _height(segment) + _GAP
    edges = edges_of(segments)
    lanes = _lanes(edges)
    width = _MARGIN * 2 + _WIDTH + _LANE * (max(lanes, default=0) + 2)
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{top:.0f}" '
                f'viewBox="0 0 {width:.0f} {top:.0f}" font-family="Helvetica, Arial, sans-serif">'
            ),
            f"<title>{html.escape(plan.path)}</title>",
            _TIP,
            f'<text x="{_MARGIN}" y="{_MARGIN + 6}" font-size="14">{html.escape(plan.path)}</text>',
            *(line for segment, y in zip(segments, tops, strict=True) for line in _box(segment, y)),
            *(
                line
                for (source, target, names), lane in zip(edges, lanes, strict=True)
                for line in _arrow(
                    tops[source] + _height(segments[source]) - 10, tops[target] + 12, lane, names
                )
            ),
            "</svg>",
            "",
        ]
    )


def _height(segment: Segment) -> float:
    return _PAD * 2 + _LINE * (1 + len(segment.lines))


def _box(segment: Segment, y: float) -> Iterator[str]:
    colour = _COLOURS.get(segment.stage, "#ffffff")
    yield (
        f'<rect x="{_MARGIN}" y="{y:.0f}" width="{_WIDTH:.0f}" height="{_height(segment):.0f}" '
        f'rx="6" fill="{colour}" stroke="#777"/>'
    )
    title = html.escape(f"{segment.stage.replace('_', ' ')} ({segment.place})")
    baseline = y + _PAD + 12
    yield f'<text x="{_MARGIN + _PAD}" y="{baseline:.0f}" font-size="13" font-weight="bold">{title}</text>'
    for number, line in enumerate(segment.lines, 1):
        yield (
            f'<text x="{_MARGIN + _PAD}" y="{baseline + _LINE * number:.0f}" font-size="11" '
            f'font-family="monospace" xml:space="preserve">{html.escape(_drawable(line))}</text>'
        )


def _arrow(start: float, end: float, lane: int, names: Sequence[str]) -> Iterator[str]:
    edge = _MARGIN + _WIDTH
    x = edge + _LANE * (lane + 1)
    yield (
        f'<path d="M{edge:.0f},{start:.0f} H{x:.0f} V{end:.0f} H{edge + 2:.0f}" fill="none" '
        f'stroke="#555" marker-end="url(#tip)"><title>{html.escape(", ".join(names))}</title></path>'
    )


def _lanes(edges: Sequence[tuple[int, int, list[str]]]) -> list[int]:
    """Give each arrow a lane in which no other runs beside it."""
    taken: list[list[tuple[int, int]]] = []
    found = []
    for source, target, _ in edges:
        lane = next(
            (
                number
                for number, spans in enumerate(taken)
                if all(target <= first or last <= source for first, last in spans)
            ),
            len(taken),
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((source, target))
        found.append(lane)
    return found


def _range(what: str, first: int, last: int) -> str:
    return f"{what} {first}" if first == last else f"{what}s {first} to {last}"


def _drawable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
    return f'"{escaped}\\l"' if "\\l" in escaped else f'"{escaped}"'
