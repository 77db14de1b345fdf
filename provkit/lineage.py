"""Where a value or a file came from, and what became of it, by `prov:wasDerivedFrom` alone.

One segment is read without the index of the store: reading 3,000 quads takes less time than
opening the index does. The walk keeps its own stack, so a chain may be as long as it likes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from provkit.entities import Describer, Node, fields_of, find
from provkit.facts import Facts, is_iri, text_of
from provkit.vocabulary import Quad, Term, literal, term

if TYPE_CHECKING:
    from provkit.store import LocalStore


Only = Literal["data", "control"] | None
"""Which derivations are followed; None for all."""


_CODE = frozenset({"abc.ABCMeta", "enum.EnumType", "function", "type"})
"""Types of what functions and classes are."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`derived` came from `source`: by data, or because a test read it (control)."""

    source: str
    derived: str
    control: bool = False
    qualified: str | None = None
    """IRI of the derivation by control, as a thing of its own in the trial."""


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of a lineage as a tree: the branches drawn before it, and its node."""

    branches: str
    node: Node
    repeated: bool = False
    """The node's own branches are shown at its first line, above."""
    control: bool = False
    settings: tuple[Node, ...] = ()
    """The line stands for these parameters, which came from nowhere else; `node` is the first."""
    deciders: tuple[Node, ...] = ()
    """The line stands for these, which decided on the node above it and are shown already; `node` is the first."""

    @property
    def settings_said(self) -> str:
        """Name the parameters that were given, and count those that were left at their defaults."""
        given = [node for node in self.settings if not node.is_default]
        parts = [f"{node.label} {node.description}" for node in given]
        if left := len(self.settings) - len(given):
            parts.append(f"{left} default{'s' * (left > 1)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a value came from, or (forward) what came from it."""

    trial: str
    root: Node
    nodes: tuple[Node, ...]
    """The root first, then by distance from it."""
    edges: tuple[Edge, ...]
    forward: bool = False
    cut: int = 0
    """Nodes that were left out because `depth` was reached."""
    _by_iri: Mapping[str, Node] = field(default_factory=dict, repr=False, compare=False)

    def next_to(self) -> dict[str, list[tuple[Node, bool]]]:
        """Give the neighbours of each node away from the root, and whether by control.

        Data comes before control, what was made earlier before what was made later, and
        parameters come last.
        """
        found: dict[str, list[tuple[Node, bool]]] = {node.iri: [] for node in self.nodes}
        for edge in self.edges:
            near, far = (edge.source, edge.derived) if self.forward else (edge.derived, edge.source)
            found[near].append((self._by_iri[far], edge.control))
        for neighbours in found.values():
            neighbours.sort(key=lambda item: (item[1], item[0].kind == "setting", *_age(item[0])))
        return found

    def tree(self, *, indent_at_most: int = 20) -> Iterator[TreeLine]:
        """Give the lineage as lines from the root outwards, each node's branches only once.

        Args:
            indent_at_most: Levels drawn; deeper lines begin with their level instead, or the
                text of a chain of 10,000 nodes would grow with the square of its length.
        """
        neighbours = self.next_to()
        shown: set[str] = set()
        waiting: list[tuple[Node, bool, tuple[bool, ...], int]] = [(self.root, False, (), 0)]
        while waiting:
            node, control, lasts, level = waiting.pop()
            branches = _branches(lasts, level, indent_at_most)
            children, settings = _folded(neighbours[node.iri], neighbours)
            repeated = node.iri in shown and bool(children or settings)
            yield TreeLine(branches, node, repeated, control)
            shown.add(node.iri)
            if repeated:
                continue
            inner = lasts[-indent_at_most:]
            deciders = tuple(one for one, decided in children if decided and one.iri in shown)
            children = [child for child in children if child[0] not in deciders]
            # That a function's or method's own code was called is said once.
            deciders = tuple(one for one in deciders if one.type not in _CODE)
            # Nothing hangs below these, so that their lines can follow the node's own at once.
            if settings:
                is_last = not children and not deciders
                own = _branches((*inner, is_last), level + 1, indent_at_most)
                yield TreeLine(own, settings[0], settings=settings)
            if deciders:
                own = _branches((*inner, not children), level + 1, indent_at_most)
                yield TreeLine(own, deciders[0], control=True, deciders=deciders)
            for place, (child, by_control) in enumerate(reversed(children)):
                waiting.append((child, by_control, (*inner, place == 0), level + 1))

    def quads(self) -> Iterator[Quad]:
        """Say in RDF what each thing is called and is, and which of them came from which."""
        graph = f"<{self.root.iri}>"
        for node in self.nodes:
            subject = f"<{node.iri}>"
            yield subject, term("rdf:type"), term("prov:Entity"), graph
            yield subject, term("rdfs:label"), literal(node.label), graph
            if node.value is not None:
                yield subject, term("prov:value"), literal(node.value), graph
            if node.digest is not None:
                yield subject, term("schema:sha256"), literal(node.digest), graph
        for edge in self.edges:
            derived, source = f"<{edge.derived}>", f"<{edge.source}>"
            yield derived, term("prov:wasDerivedFrom"), source, graph
            if edge.qualified is not None:
                influence = f"<{edge.qualified}>"
                yield derived, term("prov:qualifiedDerivation"), influence, graph
                yield influence, term("rdf:type"), term("prov:Derivation"), graph
                yield influence, term("prov:entity"), source, graph
                yield influence, term("pk:dependence"), term("pk:control"), graph

    def to_networkx(self) -> Any:
        """Give the lineage as a `networkx.DiGraph`, its edges from source to derived.

        Returns:
            A graph whose nodes are IRIs with the fields of `Node` as attributes, and whose
            edges have `control`.
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph(trial=self.trial, root=self.root.iri)
        for node in self.nodes:
            graph.add_node(node.iri, **fields_of(node))
        for edge in self.edges:
            graph.add_edge(edge.source, edge.derived, control=edge.control)
        return graph


def lineage(
    store: LocalStore,
    trial_id: str,
    name: str,
    *,
    forward: bool = False,
    depth: int | None = None,
    files_only: bool = False,
    only: Only = None,
) -> Lineage:
    """Find where something in a trial came from, or what became of it.

    Args:
        store: The store that has the trial.
        trial_id: The trial's full id.
        name: A variable (`score`: its last version), a version of it (`model@1`), one of a function's
            (`clean:frame`), an attribute or item (`model.alpha`, `df["price"]`), the path or unique base
            name of a file, a metric or a model by its label, the key of a value, or an IRI.
        forward: Follow the derivations the other way.
        depth: Steps away from the root to go; None for all.
        files_only: Keep the root and the files, joined where a path joins them.
        only: `data` for what values were made from, `control` for what tests read; None for both.

    Raises:
        UsageError: Nothing in the trial answers to the name, or several things do.
    """
    return lineage_in(
        Facts(store.quads(trial_id)),
        trial_id,
        name,
        forward=forward,
        depth=depth,
        files_only=files_only,
        only=only,
    )


def lineage_in(
    facts: Facts,
    trial_id: str,
    name: str,
    *,
    forward: bool = False,
    depth: int | None = None,
    files_only: bool = False,
    only: Only = None,
) -> Lineage:
    """Find the lineage in facts that have been read already; see `lineage`."""
    describe = Describer(facts, trial_id)
    root = find(facts, trial_id, name)
    neighbours = neighbours_of(facts, forward=forward, only=only)
    reached, cut = _walk(root, neighbours, depth)
    keep = {iri for iri in reached if iri == root or describe.kind(iri) == "file"}
    near = (
        _contracted(keep, reached, neighbours)
        if files_only
        else {iri: neighbours(iri) for iri in reached}
    )
    nodes = tuple(describe(iri) for iri in reached if not files_only or iri in keep)
    edges = []
    for iri, found in near.items():
        for other, control in found:
            if other not in near:
                continue
            source, derived = (iri, other) if forward else (other, iri)
            node = _controls(facts, derived).get(source) if control else None
            qualified = text_of(node) if node is not None else None
            edges.append(Edge(text_of(source), text_of(derived), control, qualified))
    return Lineage(
        trial=trial_id,
        root=nodes[0],
        nodes=nodes,
        edges=tuple(edges),
        forward=forward,
        cut=cut,
        _by_iri={node.iri: node for node in nodes},
    )


# ------------------------------------------------------------------ walking

Neighbours = Callable[[Term], list[tuple[Term, bool]]]


def neighbours_of(facts: Facts, *, forward: bool, only: Only = None) -> Neighbours:
    """Give the way from a thing to those one derivation further, and whether each is by control."""
    every = _forward(facts) if forward else _backward(facts)
    if only is None:
        return every
    wanted = only == "control"
    return lambda iri: [(other, control) for other, control in every(iri) if control is wanted]


def _backward(facts: Facts) -> Neighbours:
    def sources(iri: Term) -> list[tuple[Term, bool]]:
        by_control = _controls(facts, iri)
        return [
            (source, source in by_control)
            for source in facts.objects(iri, "prov:wasDerivedFrom")
            if is_iri(source) and source != iri
        ]

    return sources


def _forward(facts: Facts) -> Neighbours:
    def derived(iri: Term) -> list[tuple[Term, bool]]:
        return [
            (other, iri in _controls(facts, other))
            for other in facts.having("prov:wasDerivedFrom", iri)
            if other != iri
        ]

    return derived


def _controls(facts: Facts, derived: Term) -> dict[Term, Term]:
    """Give the sources that only a condition read, each with the qualified derivation that tells of it."""
    return {
        source: influence
        for influence in facts.objects(derived, "prov:qualifiedDerivation")
        if term("pk:control") in facts.objects(influence, "pk:dependence")
        for source in facts.objects(influence, "prov:entity")
    }


def _walk(root: Term, neighbours: Neighbours, depth: int | None) -> tuple[dict[Term, int], int]:
    """Go out from the root by breadth; give each node's distance, and how many were cut off."""
    distances = {root: 0}
    beyond: set[Term] = set()
    queue = deque([root])
    while queue:
        iri = queue.popleft()
        for other, _ in neighbours(iri):
            if other in distances:
                continue
            if depth is not None and distances[iri] >= depth:
                beyond.add(other)
                continue
            distances[other] = distances[iri] + 1
            queue.append(other)
    return distances, len(beyond)


def _contracted(
    keep: set[Term], reached: Mapping[Term, int], neighbours: Neighbours
) -> dict[Term, list[tuple[Term, bool]]]:
    """Join the kept nodes wherever a path of others joins them.

    A joint is control only if every path that makes it has a control step.
    """
    joined: dict[Term, list[tuple[Term, bool]]] = {}
    for start in (iri for iri in reached if iri in keep):
        found: dict[Term, bool] = {}
        seen: set[tuple[Term, bool]] = {(start, False)}
        waiting = [(start, False)]
        while waiting:
            iri, by_control = waiting.pop()
            for other, control in neighbours(iri):
                step = (other, by_control or control)
                if other not in reached or step in seen:
                    continue
                seen.add(step)
                if other in keep:
                    found[other] = found.get(other, True) and step[1]
                else:
                    waiting.append(step)
        joined[start] = list(found.items())
    return joined


# ------------------------------------------------------------------ the tree


def _age(node: Node) -> tuple[int, str]:
    return node.order, node.label


def _branches(lasts: tuple[bool, ...], level: int, indent_at_most: int) -> str:
    if not lasts:
        return ""
    drawn = "".join("   " if last else "│  " for last in lasts[:-1])
    deep = f"⋯{level} " if level > indent_at_most else ""
    return deep + drawn + ("└─ " if lasts[-1] else "├─ ")


def _folded(
    neighbours: list[tuple[Node, bool]], all_neighbours: Mapping[str, list[tuple[Node, bool]]]
) -> tuple[list[tuple[Node, bool]], tuple[Node, ...]]:
    """Part the parameters that lead nowhere from what deserves a line of its own."""
    settings = tuple(
        node for node, _ in neighbours if node.kind == "setting" and not all_neighbours[node.iri]
    )
    if len(settings) < 2 and not any(node.is_default for node in settings):
        return neighbours, ()
    return [item for item in neighbours if item[0] not in settings], settings
