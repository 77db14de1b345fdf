"""A lineage as a picture: SVG drawn here, or text for Graphviz; no other program is needed.

The drawing is layered as Sugiyama, Tagawa and Toda (1981) laid graphs out: each node as near
to what came from it as can be, long edges in steps through the layers between, the order in
each layer by barycentres, then places by averaging neighbours. Each part stops after a fixed
effort, so a lineage of thousands of nodes is drawn too, if less tidily.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from provkit.entities import Node
from provkit.lineage import Edge, Lineage

_SWEEPS = 12
_STEPS_AT_MOST = 4_000
"""Steps of long edges; beyond, edges are drawn straight through."""
_LINE = 15.0
_GAP_X, _GAP_Y, _MARGIN = 26.0, 44.0, 24.0
_STEP_WIDTH = 10.0
_TIP = 9.0
_LABEL_SIGNS, _SMALL_SIGNS = 40, 52
_LABEL_WIDTH, _SMALL_WIDTH = 7.6, 6.3
"""Average width of a sign in the two sizes of type, in pixels; texts are cut by it."""


# ------------------------------------------------------------------ Graphviz


def dot(lineage: Lineage) -> str:
    """Write a lineage in the language of Graphviz, arrows from source to derived."""
    nodes, edges = _worth_drawing(lineage)
    names = {node.iri: f"n{number}" for number, node in enumerate(nodes)}
    lines = [
        "digraph lineage {",
        '  node [fontname="Helvetica", shape=box, style=rounded];',
        f"  label={_quoted(_title(lineage))}; labelloc=t;",
    ]
    for node in nodes:
        text = "\n".join(line.text for line in _lines_of(node))
        shape = {"file": ", shape=note, style=solid", "setting": ", shape=ellipse, style=solid"}
        bold = ", penwidth=2" if node.iri == lineage.root.iri else ""
        look = shape.get(node.kind, "") + bold
        lines.append(f"  {names[node.iri]} [label={_quoted(text)}{look}];")
    for edge in edges:
        dashed = " [style=dashed]" if edge.control else ""
        lines.append(f"  {names[edge.source]} -> {names[edge.derived]}{dashed};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _title(lineage: Lineage) -> str:
    label = _cut(_one_line(lineage.root.label), _SMALL_SIGNS)
    what = f"What came from {label}" if lineage.forward else f"Where {label} came from"
    return f"{what} (trial {lineage.trial[:8]})"


def _worth_drawing(lineage: Lineage) -> tuple[list[Node], list[Edge]]:
    """Leave out the parameters that nobody set: twenty of them hide the one that matters."""
    dropped = {
        node.iri for node in lineage.nodes if node.is_default and node.iri != lineage.root.iri
    }
    return (
        [node for node in lineage.nodes if node.iri not in dropped],
        [edge for edge in lineage.edges if not {edge.source, edge.derived} & dropped],
    )


# ------------------------------------------------------------------ what a node says


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    style: str
    """Class in the style sheet: `label`, `said` or `code`."""


def _lines_of(node: Node) -> list[_Text]:
    description = _one_line(node.description)
    label = _one_line(node.label)
    together = f"{label} {description}".strip()
    if description.startswith("=") and len(together) <= _LABEL_SIGNS:
        lines = [_Text(together, "label")]
    else:
        lines = [_Text(_cut(label, _LABEL_SIGNS), "label")]
        lines += [_Text(_cut(description, _SMALL_SIGNS), "said")] if description else []
    source = _one_line((node.source or "").partition("\n")[0])
    if node.place and source and source != label:
        lines.append(_Text(_cut(f"{node.place}  {source}", _SMALL_SIGNS), "code"))
    elif node.place:
        lines.append(_Text(_cut(node.place, _SMALL_SIGNS), "code"))
    if node.between is not None:
        lines += [
            _Text("between cells, by", "said"),
            _Text(_cut(node.between, _SMALL_SIGNS), "said"),
        ]
    return lines


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(text: str, signs: int) -> str:
    return text if len(text) <= signs else text[: signs - 1].rstrip() + "…"


# ------------------------------------------------------------------ the layout


@dataclass(slots=True)
class _Box:
    """A node, or (without one) a step of a long edge, in its place."""

    node: Node | None
    lines: list[_Text] = field(default_factory=list)
    width: float = _STEP_WIDTH
    height: float = 0.0
    layer: int = 0
    x: float = 0.0
    """Of its middle."""
    y: float = 0.0
    """Of its upper edge."""
    ceiling: float = 0.0
    floor: float = 0.0
    """Upper and lower edge of its layer."""


@dataclass(slots=True)
class _Drawing:
    boxes: list[_Box]
    layers: list[list[int]]
    """Numbers of boxes, from left to right, from the top layer down."""
    paths: list[tuple[Edge, list[int]]]
    """Each edge with the boxes that it goes through."""
    width: float
    height: float


def _drawn(lineage: Lineage) -> _Drawing:
    nodes, edges = _worth_drawing(lineage)
    boxes = [_box(node) for node in nodes]
    number = {node.iri: i for i, node in enumerate(nodes)}
    pairs = [(number[edge.source], number[edge.derived]) for edge in edges]
    depth = _layers(len(boxes), pairs)
    for box, layer in zip(boxes, depth, strict=True):
        box.layer = layer
    paths = _stepped(boxes, pairs)
    layers: list[list[int]] = [[] for _ in range(max(depth, default=0) + 1)]
    for i, box in enumerate(boxes):
        layers[box.layer].append(i)
    above, below = _neighbours(len(boxes), paths)
    _order(layers, above, below)
    _place(boxes, layers, above, below)
    width, height = _settle(boxes, layers)
    return _Drawing(boxes, layers, list(zip(edges, paths, strict=True)), width, height)


def _box(node: Node) -> _Box:
    lines = _lines_of(node)
    widths = [
        len(line.text) * (_LABEL_WIDTH if line.style == "label" else _SMALL_WIDTH) for line in lines
    ]
    return _Box(node, lines, max([*widths, 60.0]) + 24, len(lines) * _LINE + 14)


def _layers(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Put each node as low as what came from it allows: one layer above the highest of these.

    What lies on a cycle, which provenance has none of but a foreign file may, is put below
    the rest in the order given.
    """
    derived: list[list[int]] = [[] for _ in range(count)]
    sources: list[list[int]] = [[] for _ in range(count)]
    for source, result in pairs:
        derived[source].append(result)
        sources[result].append(source)
    waiting = [len(found) for found in derived]
    ready = [i for i in range(count) if not waiting[i]]
    height = [0] * count
    done = [False] * count
    left = iter(range(count))
    while True:
        while ready:
            i = ready.pop()
            done[i] = True
            for source in sources[i]:
                height[source] = max(height[source], height[i] + 1)
                waiting[source] -= 1
                if not waiting[source] and not done[source]:
                    ready.append(source)
        stuck = next((i for i in left if not done[i]), None)
        if stuck is None:
            break
        ready.append(stuck)
        waiting[stuck] = 0
    top = max(height, default=0)
    return [top - h for h in height]


def _stepped(boxes: list[_Box], pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Give each edge the boxes it goes through: its ends, and a step in each layer between."""
    needed = sum(max(abs(boxes[b].layer - boxes[a].layer) - 1, 0) for a, b in pairs)
    if needed > _STEPS_AT_MOST:
        return [[a, b] for a, b in pairs]
    paths = []
    for a, b in pairs:
        path = [a]
        for layer in range(boxes[a].layer + 1, boxes[b].layer):
            boxes.append(_Box(None, layer=layer))
            path.append(len(boxes) - 1)
        paths.append([*path, b])
    return paths


def _neighbours(count: int, paths: Iterable[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for path in paths:
        for upper, lower in pairwise(path):
            below[upper].append(lower)
            above[lower].append(upper)
    return above, below


def _order(layers: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
    """Order each layer by the barycentres of its neighbours, down and up in turn.

    The order with the fewest crossings that was seen is kept: sweeps do not always help.
    """
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        places: dict[int, float] = {}
        for layer in layers if downwards else reversed(layers):
            by_centre = {
                i: (sum(places[n] for n in neighbours[i]) / len(neighbours[i]))
                if neighbours[i]
                else float(place)
                for place, i in enumerate(layer)
            }
            layer.sort(key=by_centre.__getitem__)
            places.update((i, float(place)) for place, i in enumerate(layer))
        found = _crossings(layers, below)
        if found < fewest:
            fewest, best = found, [list(layer) for layer in layers]
    layers[:] = best


def _crossings(layers: list[list[int]], below: list[list[int]]) -> int:
    """Count the crossings of edges between layers that are next to each other."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {i: number for number, i in enumerate(lower)}
        seen: list[int] = [0] * (len(lower) + 1)  # a Fenwick tree of ends so far
        count = 0
        for i in upper:
            ends = sorted(place[n] for n in below[i] if n in place)
            for end in ends:
                total += count - _sum(seen, end + 1)
            for end in ends:
                _add(seen, end + 1)
                count += 1
    return total


def _sum(tree: list[int], index: int) -> int:
    total = 0
    while index > 0:
        total += tree[index]
        index -= index & -index
    return total


def _add(tree: list[int], index: int) -> None:
    while index < len(tree):
        tree[index] += 1
        index += index & -index


def _place(
    boxes: list[_Box], layers: list[list[int]], above: list[list[int]], below: list[list[int]]
) -> None:
    """Move boxes towards their neighbours, without overlap and in the order that was found."""
    for layer in layers:
        x = 0.0
        for i in layer:
            boxes[i].x = x + boxes[i].width / 2
            x += boxes[i].width + _GAP_X
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            wanted = []
            for i in layer:
                near = (above if downwards else below)[i] or (below if downwards else above)[i]
                wanted.append(sum(boxes[n].x for n in near) / len(near) if near else boxes[i].x)
            for i, x in zip(layer, _apart([boxes[i] for i in layer], wanted), strict=True):
                boxes[i].x = x


def _apart(boxes: Sequence[_Box], wanted: Sequence[float]) -> list[float]:
    """Place boxes nearest to where they want to be, none over another.

    Least squares under a fixed order: neighbours that collide move together to their mean,
    as in isotonic regression.
    """
    offsets, reach = [], 0.0
    for before, box in zip([None, *boxes[:-1]], boxes, strict=True):
        if before is not None:
            reach += before.width / 2 + _GAP_X + box.width / 2
        offsets.append(reach)
    groups: list[tuple[float, int]] = []  # mean, and how many
    for target, offset in zip(wanted, offsets, strict=True):
        mean, count = target - offset, 1
        while groups and groups[-1][0] > mean:
            other, number = groups.pop()
            mean = (mean * count + other * number) / (count + number)
            count += number
        groups.append((mean, count))
    means = [mean for mean, count in groups for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _settle(boxes: list[_Box], layers: list[list[int]]) -> tuple[float, float]:
    """Move everything into the picture, and give its size."""
    left = min((box.x - box.width / 2 for box in boxes), default=0.0)
    y = _MARGIN + 2 * _LINE
    for layer in layers:
        height = max((boxes[i].height for i in layer), default=0.0)
        for i in layer:
            box = boxes[i]
            box.x += _MARGIN - left
            if box.node is None:
                box.height = height  # a step passes the whole layer
            box.y = y + (height - box.height) / 2
            box.ceiling, box.floor = y, y + height
        y += height + _GAP_Y
    width = max((box.x + box.width / 2 for box in boxes), default=0.0) + _MARGIN
    return max(width, 360.0), y - _GAP_Y + _MARGIN


# ------------------------------------------------------------------ SVG

_STYLE = """\
    svg { background: #ffffff; }
    text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
    .title { font-size: 15px; font-weight: 600; fill: #1c2330; }
    .label { font-size: 13px; font-weight: 600; fill: #1c2330; }
    .said { font-size: 11px; fill: #4a5568; }
    .code { font-size: 10.5px; fill: #4a5568;
            font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    .value { fill: #eef3fb; stroke: #5b7db1; }
    .file { fill: #fdf3df; stroke: #b7862b; }
    .setting { fill: #f1f1f3; stroke: #8a8f99; }
    .output, .entity { fill: #eef6ee; stroke: #5d8f5d; }
    .root { stroke-width: 2.5; }
    .edge { fill: none; stroke: #7a8499; stroke-width: 1.3; }
    .control { stroke-dasharray: 5 4; }
    .tip { fill: #7a8499; }
    @media (prefers-color-scheme: dark) {
      svg { background: #14181f; }
      .title, .label { fill: #e8ecf3; }
      .said, .code { fill: #aab4c4; }
      .value { fill: #1d2a3f; stroke: #6f94cf; }
      .file { fill: #38290e; stroke: #cf9d3f; }
      .setting { fill: #262a31; stroke: #868d99; }
      .output, .entity { fill: #1b2d1c; stroke: #6fa66f; }
      .edge { stroke: #8c97ab; }
      .tip { fill: #8c97ab; }
    }
"""


_ARROW_TIP = """\
  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
    orient="auto"><path class="tip" d="M0,0.5 L8,4 L0,7.5 Z"/></marker></defs>"""


def svg(lineage: Lineage) -> str:
    """Draw a lineage, from what it came from at the top to what came of it at the bottom.

    The picture holds text only: no script, nothing loaded from elsewhere. It follows the
    light or dark scheme of the reader.
    """
    drawing = _drawn(lineage)
    width, height = round(drawing.width), round(drawing.height)
    title = _one_line(_title(lineage))
    nodes = sum(box.node is not None for box in drawing.boxes)
    said = (
        f"{nodes} values, files and settings joined by {len(drawing.paths)} "
        "derivations; arrows lead from a source to what was derived from it, dashed where "
        "only a condition read it."
    )
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    told = 'role="img" aria-labelledby="title desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {told}>',
        f'  <title id="title">{_escaped(title)}</title>',
        f'  <desc id="desc">{_escaped(said)}</desc>',
        f"  <style>\n{_STYLE}  </style>",
        _ARROW_TIP,
        f'  <text class="title" x="{_MARGIN:g}" y="{_MARGIN + 4:g}">{_escaped(title)}</text>',
    ]
    parts += [_path(drawing, edge, path) for edge, path in drawing.paths]
    parts += [
        _shape(box, is_root=box.node.iri == lineage.root.iri)
        for box in drawing.boxes
        if box.node is not None
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _path(drawing: _Drawing, edge: Edge, numbers: list[int]) -> str:
    boxes = [drawing.boxes[i] for i in numbers]
    x, y = boxes[0].x, boxes[0].floor
    # Straight to the edge of the layer first: a curve could cross a taller neighbour.
    data = [f"M{x:.1f},{boxes[0].y + boxes[0].height:.1f}", f"L{x:.1f},{y:.1f}"]
    for box in boxes[1:]:
        # The last stretch leads straight down, so that the tip of the arrow does too.
        end = box.ceiling - (_TIP if box.node is not None else 0.0)
        bend = (end - y) / 2
        data.append(f"C{x:.1f},{y + bend:.1f} {box.x:.1f},{end - bend:.1f} {box.x:.1f},{end:.1f}")
        x, y = box.x, box.floor
        data.append(f"L{x:.1f},{y if box.node is None else box.y - 1.5:.1f}")
    control = " control" if edge.control else ""
    return f'  <path class="edge{control}" d="{" ".join(data)}" marker-end="url(#tip)"/>'


def _shape(box: _Box, *, is_root: bool) -> str:
    assert box.node is not None
    left, top = box.x - box.width / 2, box.y
    kind = f"{box.node.kind}{' root' if is_root else ''}"
    lines = [f"  <g><title>{_escaped(_whole(box.node))}</title>"]
    if box.node.kind == "file":
        fold = 10
        lines.append(
            f'    <path class="{kind}" d="M{left:.1f},{top:.1f} h{box.width - fold:.1f} '
            f'l{fold},{fold} v{box.height - fold:.1f} h{-box.width:.1f} Z"/>'
        )
    else:
        radius = box.height / 2 if box.node.kind == "setting" else 6
        lines.append(
            f'    <rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{radius:.1f}"/>'
        )
    for number, line in enumerate(box.lines):
        y = top + 7 + _LINE * number + 11
        lines.append(
            f'    <text class="{line.style}" x="{box.x:.1f}" y="{y:.1f}" '
            f'text-anchor="middle" xml:space="preserve">{_escaped(line.text)}</text>'
        )
    return "\n".join([*lines, "  </g>"])


def _whole(node: Node) -> str:
    """Say everything of a node, for the reader who points at it."""
    parts = [f"{node.label} {node.description}".strip(), node.type or "", node.place]
    parts += [node.source or "", f"sha256 {node.digest}" if node.digest else ""]
    return "\n".join(part for part in parts if part)


def _escaped(text: str) -> str:
    # XML 1.0 has no way at all to write most control characters, escaped or not.
    kept = "".join(c if c in "\n\t" or (c >= " " and _is_xml(c)) else "�" for c in text)
    return html.escape(kept, quote=True)


def _is_xml(character: str) -> bool:
    code = ord(character)
    return not (0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or 0x7F <= code <= 0x9F)
