"""Training that a program writes out itself, without a library's estimator or optimizer: weights moved round by round.

A loop trains if it moves a number or an array by something that was computed of data and of the weights themselves:
`w -= rate * X.T @ (X @ w - y) / len(y)`. Both are seen in what came from what; sums and recurrences without such a way
back, and simulations without data, are no training.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from provkit.assembly.gathering import Chunk, Statement, statement_of
from provkit.assembly.invocations import Invocation, Invocations
from provkit.assembly.measures import PREDICTED_SO
from provkit.assembly.origins import walked_back

_NEAREST = frozenset({"argmin", "argmax"})
_REACH = 400
_ROWS = 4
"""Fewer rows are no data that anything is learned from."""


@dataclass(slots=True)
class Weights:
    """What a loop of the program's own has trained."""

    loop: Statement
    """The outermost loop in which they are moved."""
    function: Invocation | None
    """The call of the program's function that the loop is in."""
    model: int
    """The last version of the weights; of several the ones with most numbers."""
    versions: frozenset[int]
    """All versions of all of them."""
    features: int
    target: int | None
    """None where groups were looked for."""
    rounds: int | None
    fits: tuple[int, ...] = ()
    """Of boosting by hand, the calls that fitted a library's estimator, one in each round."""
    predicted: frozenset[int] = frozenset()
    """Of boosting by hand, what the models of all rounds together say, after each."""


def weights_by_hand(invocations: Invocations) -> Iterator[Weights]:
    """Find the loops that train, in the order in which they began."""
    finder = _Finder(invocations)
    moved: dict[int, list[tuple[str, int]]] = {}
    for statement in invocations.gathered.statements.values():
        around = list(finder.loops_around(statement))
        if not around:
            continue
        for name, version in finder.moved_in(statement, around[-1]):
            moved.setdefault(around[-1].order, []).append((name, version))
    for order, versions in sorted(moved.items()):
        found = finder.weights(invocations.gathered.statements[order], versions)
        if found is not None:
            yield found


def _reads_gradient(node: ast.expr) -> bool:
    """Tell whether an expression reads the gradient that a library has computed: `rate * w.grad`."""
    return any(isinstance(one, ast.Attribute) and one.attr == "grad" for one in ast.walk(node))


class _Finder:
    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._names = invocations.derivations.names
        self._fitting = {
            one.order
            for one in invocations.all
            if one.short_name in ("fit", "partial_fit", "step") or one.is_own_training
        }

    def loops_around(self, statement: Statement) -> Iterator[Statement]:
        """List the loops around a statement in the same run of a function, the innermost first."""
        current = statement.parent
        while current is not None:
            outer = self._gathered.statements.get(current)
            if outer is None or outer.activation != statement.activation:
                return
            if outer.iterations is not None:
                yield outer
            current = outer.parent

    def moved_in(self, statement: Statement, loop: Statement) -> Iterator[tuple[str, int]]:
        """List the numbers and arrays that a statement moves by something computed of themselves and of data."""
        node = self._invocations.node_of(statement)
        target: ast.expr | None = node.target if isinstance(node, ast.AugAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if isinstance(target, ast.Subscript) and isinstance(node, ast.AugAssign):
            target = target.value  # `w[1:] += ...`
        if not isinstance(target, ast.Name) or PREDICTED_SO.search(target.id):
            return
        by_gradient = isinstance(node, ast.AugAssign) and _reads_gradient(node.value)
        for chunk in statement.chunks:
            for name, version in self._made_in(chunk, target.id):
                if not self._is_numeric(version):
                    continue
                before = self._before(version)
                read = {value for values in chunk.reads.values() for value in values}
                read |= {call.result for call in chunk.calls.values() if call.result is not None}
                others = read - before
                is_moved = isinstance(node, ast.AugAssign) or bool(read & before)
                if not is_moved and not self._is_grouping(version, loop):
                    continue  # made anew
                reached = self._reached(others, loop)
                reached |= self._reached(self._behind_decision(version), loop)
                if reached & before or by_gradient:
                    yield name, version

    def _made_in(self, chunk: Chunk, name: str) -> Iterator[tuple[str, int]]:
        """List the versions of what a name holds that a part of a statement has made, also by changing it in place."""
        yield from ((one, version) for one, version in chunk.binds if one == name)
        held = {value for values in chunk.reads.values() for value in values}
        bound = {version for one, version in chunk.binds if one == name}
        for old, new in chunk.changes:
            if new not in bound and (old in held or self._last_name(new, old) == name):
                yield name, new

    def _last_name(self, *versions: int) -> str:
        names = [name for one in versions for name in self._names.get(one, ())]
        return names[0].rpartition(".")[2] if names else ""

    def _behind_decision(self, version: int) -> set[int]:
        """Give what decided that a version was made: `if guess != label: w += ...`."""
        origin = self._origins.get(version)
        return {one for one in (origin.control if origin else ()) if isinstance(one, int)}

    def _is_grouping(self, version: int, loop: Statement) -> bool:
        """Tell whether centres are made anew from the rows that lie nearest to them, as k-means does."""
        shape = self._gathered.values[version].description.get("shape") or []
        return len(shape) == 2 and any(
            one.short_name in _NEAREST and loop.order in self._invocations.calls_around(one.order)
            for one in self._invocations.all
        )

    def _is_numeric(self, value: int) -> bool:
        described = self._gathered.values[value].description
        if "shape" in described:
            return str(described.get("dtype", "")).startswith(("float", "torch.float"))
        return isinstance(described.get("scalar"), float)

    def _before(self, version: int) -> set[int]:
        """List the versions of what a name held earlier, in the loop and when it began."""
        found: set[int] = set()
        mine = self._names.get(version, [])
        for value, names in self._names.items():
            if value < version and names and mine and names[0] == mine[0]:
                found.add(value)
        current = self._origins.get(version)
        while current is not None and current.revision_of not in (None, *found):
            found.add(current.revision_of)  # type: ignore[arg-type]
            current = self._origins.get(current.revision_of or 0)
        return found

    def _reached(self, values: set[int], loop: Statement) -> set[int]:
        """List what values came from, as far as the loop made it, and what those were made of."""

        def sources(value: int) -> list[int]:
            origin = self._origins.get(value)
            if origin is None or (origin.generated_by or 0) < loop.order:
                return []
            return [one for one in (*origin.data, *origin.control) if isinstance(one, int)]

        return set(walked_back(values, sources, _REACH))

    def weights(self, loop: Statement, moved: list[tuple[str, int]]) -> Weights | None:
        """Put together what a loop has trained, if it has learned from data with something to learn."""
        inside = [version for _, version in moved]
        inside += [
            one.call.receiver
            for one in self._invocations.all
            if one.short_name == "backward"
            and one.call.receiver is not None
            and loop.order in self._invocations.calls_around(one.order)
        ]
        before = [
            value for value in self._reached(set(inside), loop) if self._made_at(value) < loop.order
        ]
        arrays = sorted(value for value in before if self._rows(value) >= _ROWS)
        named = {name for name, _ in moved}
        arrays = [
            value
            for value in arrays
            if not any(one.rpartition(".")[2] in named for one in self._names.get(value, ()))
        ]
        found = self._features_and_target(arrays)
        if found is None and arrays and self._is_grouping(moved[-1][1], loop):
            rows = max(arrays, key=lambda value: (self._size(value), -value))
            # There are fewer centres than rows; distances to them have as many.
            moved = [one for one in moved if self._rows(one[1]) < self._rows(rows)]
            found = (rows, None) if moved else None
        fits = self._boosting(loop, moved)
        if found is None or (self._is_a_librarys(loop) and not fits):
            return None
        versions: set[int] = set()
        last: dict[str, int] = {}
        for name, version in moved:
            full = self._names.get(version, [name])[0]
            same = [value for value, names in self._names.items() if names and names[0] == full]
            versions.update([*same, version])
            last[full] = max([*same, version])
        for value in sorted(self._origins):  # what was changed in place has no name of its own
            if self._origins[value].revision_of in versions:
                versions.add(value)
        model = max(last.values(), key=lambda value: (self._size(value), -value))
        predicted: set[int] = set()
        if fits:
            predicted, versions = versions, self._gathered_up(loop, fits)
            model = max(versions, default=model)
        activation = self._gathered.activations.get(loop.activation or 0)
        function = (
            self._invocations.by_order.get(activation.parent)
            if activation is not None and activation.parent is not None
            else None
        )
        return Weights(
            *(loop, function, model, frozenset(versions), *found, loop.iterations),
            fits=tuple(one.order for one in fits),
            predicted=frozenset(predicted),
        )

    def _boosting(self, loop: Statement, moved: list[tuple[str, int]]) -> list[Invocation]:
        """List the fits of a loop that learn from what its earlier rounds have left: of residuals, say."""
        inside = [
            one
            for one in self._invocations.all
            if one.order in self._fitting
            and loop.order in self._invocations.calls_around(one.order)
        ]
        entries = [
            self._invocations.knowledge.entry(self._type_of(one.call.receiver)) for one in inside
        ]
        if len(inside) < 2 or any(
            one.short_name != "fit" or entry is None or entry.concept != "estimator"
            for one, entry in zip(inside, entries, strict=True)
        ):
            return []
        versions = {version for _, version in moved}
        given = {
            value
            for one in inside[1:]
            for argument in one.given.values()
            for value in argument.sources
            if isinstance(value, int)
        }
        return inside if versions & self._reached(given, loop) else []

    def _gathered_up(self, loop: Statement, fits: list[Invocation]) -> set[int]:
        """List the versions of what the models of the rounds are kept in: `trees.append(tree)`."""
        kinds = {self._type_of(one.call.receiver) for one in fits}
        return {
            new
            for one in self._invocations.all
            if one.short_name == "append"
            and loop.order in self._invocations.calls_around(one.order)
            and any(self._type_of(given.value) in kinds for given in one.given.values())
            for _, new in one.call.changes
        }

    def _type_of(self, value: int | None) -> str:
        seen = self._gathered.values.get(value or 0)
        return seen.type if seen is not None else ""

    def _features_and_target(self, arrays: list[int]) -> tuple[int, int | None] | None:
        """Find two of the same number of rows: the wider one is what is learned from, the other what is learned."""
        by_rows: dict[int, list[int]] = {}
        for value in arrays:
            by_rows.setdefault(self._rows(value), []).append(value)
        for values in sorted(by_rows.values(), key=len, reverse=True):
            if len(values) > 1:
                features = max(values, key=lambda value: (self._size(value), -value))
                others = [value for value in values if value != features]
                return features, min(others, key=lambda value: (self._size(value), value))
        return None

    def _is_a_librarys(self, loop: Statement) -> bool:
        """Tell whether the loop fits something that is told of as a model, or is in a `fit` of the program's own."""
        for invocation in self._invocations.all:
            if invocation.order in self._fitting:
                statement: Statement | None = invocation.statement
                while statement is not None:
                    if statement.order == loop.order:
                        return True
                    parent = statement.parent
                    statement = self._gathered.statements.get(parent) if parent else None
        activation = self._gathered.activations.get(loop.activation or 0)
        while activation is not None and activation.parent is not None:
            if activation.parent in self._fitting:
                return True
            outer = statement_of(self._gathered, activation.parent)
            activation = self._gathered.activations.get(outer.activation or 0)
        return False

    def _made_at(self, value: int) -> int:
        origin = self._origins.get(value)
        return (origin.generated_by or 0) if origin is not None else 0

    def _rows(self, value: int) -> int:
        described = self._gathered.values[value].description
        shape = described.get("shape")
        return int(shape[0] if shape else described.get("length") or 0)

    def _size(self, value: int) -> int:
        total = 1
        for extent in self._gathered.values[value].description.get("shape") or [1]:
            total *= extent
        return total
