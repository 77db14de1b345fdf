"""Measures that a program computes itself: where predictions meet what they are held against, and a number comes out.

Each statement that was looked into is read with what its names held as it ran. What is bound, put into a dict or a
list, returned or printed is a measure if it was computed of both; counts and sums on the way to one are not told.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from provkit.assembly.computed import CONSTANT, Computed, Shape, accumulated, formed
from provkit.assembly.formulas import Reader, targets
from provkit.assembly.gathering import Chunk, Statement
from provkit.assembly.invocations import Invocation, Invocations
from provkit.assembly.measures import NAMED_SO, PREDICTED_SO, answers, measure_said_by
from provkit.assembly.texts_shown import labelled_parts
from provkit.bindings import place, span

TOLD = -1
"""The number of a measure that was told already, as a library's."""
_DEEP = 40
_COUNTED_SO = re.compile(
    r"(?:^|_)(?:costs?|gains?|hits?|mistakes?|penalty|profits?|utility)(?:_|$)"
)
"""Names of what is counted up of right and wrong answers, each weighed."""
_TOLD_AGAIN = ("met", "prediction")
"""What a function of the program's gives of these, it gives again where nobody looks."""
_CALLS_OF_NETWORKS = frozenset({"__call__", "forward"})


@dataclass(slots=True)
class Found:
    """A number that was computed of predictions and what they are held against."""

    computed: Computed
    statement: Statement
    node: ast.expr
    number: float | None
    labels: list[str] = field(default_factory=list)
    value: int | None = None
    function: Invocation | None = None
    """The function of the program's that gave it back."""
    is_whole: bool = False
    """It is all that the function gave back."""
    is_kept: bool = False
    """It was bound, returned or put somewhere, and not only printed."""
    measure: str = ""


class ByHand:
    """Goes through a trial's statements in the order in which they came to an end."""

    def __init__(
        self,
        invocations: Invocations,
        predictions: set[int],
        called: Mapping[int, tuple[str, tuple[int, ...]]],
        networks: set[str],
        weights: set[int],
        learners: set[str],
    ) -> None:
        """Take what is known already.

        Args:
            invocations: The trial's calls.
            predictions: Versions that models gave.
            called: Of numbers that measures of libraries gave, the measure and what it compares.
            networks: The classes of networks that the program trained itself.
            weights: Versions of what its loops trained.
            learners: The program's own classes that were fitted.
        """
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._names = invocations.derivations.names
        self._predictions = predictions
        self._called = called
        self._networks = networks
        self._weights = weights
        self._learners = learners
        self._calls = {(one.order, one.call.key): one for one in invocations.all}
        self._tests: dict[int, Computed | None] = {}
        self._returned: dict[int, Computed | None] = {}
        self._last: dict[tuple[int | None, str], Computed] = {}
        self._gives: dict[str, Computed] = {}
        """By function of the program's, what it gave back when it was looked into last."""
        self.computed: dict[int, Computed | None] = {}
        """By version, what it is."""
        self.found: list[Found] = []

    def find(self) -> list[Found]:
        """Find the measures; what only goes into another is left out."""
        parts = [
            (chunk.moment, statement, chunk)
            for statement in self._gathered.statements.values()
            for chunk in statement.chunks
        ]
        for _, statement, chunk in sorted(parts, key=lambda part: part[0]):
            node = self._invocations.node_of(statement)
            with contextlib.suppress(
                RecursionError
            ):  # an expression of thousands of parts is no measure
                if node is not None:
                    _Statement(self, statement, chunk).take(node)
        return list(self._chosen())

    # ---------------------------------------------------------------- what is known

    def text_is_notebook(self, statement: Statement) -> bool:
        """Tell whether a statement is one of a cell, which shows its last value."""
        source = self._gathered.sources.get(statement.plan)
        return source is not None and source.kind == "cell"

    def number(self, value: int | None) -> float | None:
        """Give a version's number."""
        seen = self._gathered.values.get(value or 0)
        scalar = seen.description.get("scalar") if seen is not None else None
        if isinstance(scalar, bool) or not isinstance(scalar, int | float):
            return None
        return float(scalar)

    def is_model(self, value: int) -> bool:
        """Tell whether a version is weights of the program's own, or an object of its own that was fitted."""
        seen = self._gathered.values.get(value)
        return value in self._weights or (seen is not None and seen.type in self._learners)

    def is_plain(self, value: int) -> bool:
        """Tell whether a version is a single number, text or truth value."""
        seen = self._gathered.values.get(value)
        return seen is not None and "scalar" in seen.description

    def of(self, value: int | None, deep: int = 0) -> Computed | None:
        """Tell what a version is: as it was computed, or by what it came from and its name."""
        if value is None:
            return None
        if self.is_model(value):
            # What comes of it and of data are predictions.
            return Computed("prediction", "number", "weights", (value,))
        if value not in self.computed:
            self.computed[value] = None  # while it is being found out
            self.computed[value] = self._by_origin(value, deep)
        return self.computed[value]

    def _by_origin(self, value: int, deep: int) -> Computed | None:
        seen = self._gathered.values.get(value)
        if seen is None or deep > _DEEP:
            return None
        described = seen.description
        is_array = bool(described.get("shape")) or (described.get("length") or 0) > 1
        if value in self._predictions:
            return Computed("prediction", "array" if is_array else "item", compares=(value,))
        if value in self._called:
            measure, compares = self._called[value]
            return Computed("met", form=measure, compares=compares, found=TOLD)
        origin = self._origins.get(value)
        sources = [one for one in origin.data if isinstance(one, int)] if origin is not None else []
        behind = [one for one in (self.of(source, deep + 1) for source in sources) if one]
        kinds = {one.kind for one in behind}
        if not is_array and "scalar" not in described:
            return None
        if isinstance(described.get("scalar"), bool | int) and "met" not in kinds:
            return CONSTANT
        compares = tuple(dict.fromkeys(one for part in behind for one in part.compares))[:8]
        if "met" in kinds:
            met = [one for one in behind if one.kind == "met"]
            used = frozenset(
                one for part in met for one in (*part.used, *([part.found] if part.found else []))
            )
            only = met[0] if len(behind) == 1 else None
            if only is not None and not is_array and only.shape == "number":
                return only  # a parameter that was given it
            return Computed("met", "array" if is_array else "number", None, compares, used=used)
        if not is_array:
            shape = "item" if isinstance(described.get("scalar"), str) else "number"
            kind = "prediction" if kinds == {"prediction"} else "data"
            return Computed(kind, shape, compares=compares) if behind else CONSTANT  # type: ignore[arg-type]
        if seen.type == "dict":
            return (
                Computed("prediction", "array", compares=compares)
                if kinds - {"constant"} == {"prediction"}
                else None
            )
        is_named_so = any(PREDICTED_SO.search(name) for name in self._names.get(value, ()))
        is_table = seen.type in ("list", "tuple") or seen.type.endswith("DataFrame")
        if (
            is_table
            and not (is_named_so and seen.type == "list")
            and ({"prediction", "data"} <= kinds or "mixed" in kinds)
        ):
            return Computed("mixed", "array", compares=compares)
        if is_named_so or ("prediction" in kinds and not self._has_other_rows(sources, described)):
            return Computed("prediction", "array", compares=(value,))
        return Computed("data", "array", compares=(value,))

    def _has_other_rows(self, sources: list[int], described: Mapping[str, object]) -> bool:
        """Tell whether data of another number of rows went in: then it is no prediction for the same."""
        mine = described.get("shape") or [described.get("length")]
        for source in sources:
            if self.is_model(source):
                return False
            one = self.computed.get(source)
            seen = self._gathered.values.get(source)
            if one is None or one.kind != "prediction" or seen is None:
                continue
            shape = seen.description.get("shape") or [seen.description.get("length")]
            if shape and mine and shape[0] == mine[0]:  # type: ignore[index]
                return False
        return any(
            one is not None and one.kind == "data" and one.shape == "array"
            for one in map(self.computed.get, sources)
        )

    def of_call(self, call_order: int, key: str, result: int | None) -> Computed | None:
        """Tell what a call gave, by what was called: a function of the program's, a measure, a network."""
        invocation = self._calls.get((call_order, key))
        if invocation is None:
            return None
        if result is not None and result in self._called:
            return self.of(result)
        loss = self._loss(invocation)
        if loss is not None:
            given = [one.value for one in invocation.given.values() if one.value is not None]
            return Computed("met", "number", loss, tuple(given[:2]))
        if result is not None and self.gives_answers(invocation):
            shape = "item" if self.is_plain(result) else "array"
            return Computed("prediction", shape, compares=(result,))  # type: ignore[arg-type]
        if invocation.callee.kind == "own" and call_order in self._returned:
            return self._returned[call_order]
        if invocation.callee.kind == "own" and invocation.name in self._gives:
            gives = self._gives[invocation.name]
            if gives.kind == "prediction":
                of = (result,) if result is not None else ()
                as_shape: Shape = "item" if self.is_plain(result or 0) else "array"
                return replace(gives, shape=as_shape, compares=of, parts=None)
            given = [one.value for one in invocation.given.values() if one.value is not None]
            receiver = invocation.call.receiver
            given += [receiver] if receiver is not None and self.is_model(receiver) else []
            return _once_more(gives, tuple(given))
        return None

    def has_given_back(self, order: int) -> bool:
        """Tell whether a run of a function gave back what was computed of predictions and others."""
        computed = self._returned.get(order)
        return computed is not None and computed.kind == "met"

    def call_at(self, order: int, key: str) -> Invocation | None:
        """Find a call by its execution and its place."""
        return self._calls.get((order, key))

    def gives_answers(self, invocation: Invocation) -> bool:
        """Tell whether a call gives predictions."""
        if invocation.call.result in self._predictions:
            return True
        seen = self._gathered.values.get(invocation.call.receiver or 0)
        is_network = seen is not None and seen.type in self._networks
        is_learner = seen is not None and seen.type in self._learners
        return (is_network and invocation.short_name in _CALLS_OF_NETWORKS) or (
            is_learner and answers(invocation.short_name)
        )

    def _loss(self, invocation: Invocation) -> str | None:
        owner, _, method = invocation.name.rpartition(".")
        entry = self._invocations.knowledge.entry(owner)
        if method not in _CALLS_OF_NETWORKS or entry is None or entry.concept != "loss":
            return None
        name = owner.rpartition(".")[2].removesuffix("Loss")
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() or "loss"

    # ---------------------------------------------------------------- keeping what was found

    def set(self, statement: Statement, name: str, value: int, computed: Computed | None) -> None:
        """Say what a version is that a name was bound to."""
        if computed is None or computed.kind == "constant" or self.is_model(value):
            return
        if computed.shape != "item" and computed.kind in ("data", "mixed"):
            return  # the version itself says more
        if computed.kind == "prediction" and not self.is_plain(value):
            computed = replace(computed, shape="array", compares=(value,))
        self.computed[value] = computed
        self._last[statement.activation, name] = computed

    def last(self, statement: Statement, name: str) -> Computed | None:
        """Tell what a name held last that was looked into."""
        return self._last.get((statement.activation, name))

    def give_back(self, statement: Statement, computed: Computed | None) -> None:
        """Say what a function gives to its caller."""
        activation = self._gathered.activations.get(statement.activation or 0)
        if activation is not None and activation.parent is not None:
            self._returned[activation.parent] = computed
            function = self._invocations.by_order.get(activation.parent)
            if function is not None and computed is not None and computed.kind in _TOLD_AGAIN:
                self._gives[function.name] = computed

    def caller(self, statement: Statement) -> Invocation | None:
        """Find the call that a statement's function ran for."""
        activation = self._gathered.activations.get(statement.activation or 0)
        parent = activation.parent if activation is not None else None
        return self._invocations.by_order.get(parent) if parent is not None else None

    def test_around(self, statement: Statement) -> Computed | None:
        """Tell what was tested for the statement to run: `if guess == label: right += 1`."""
        return self._tests.get(statement.parent) if statement.parent is not None else None

    def keep_test(self, statement: Statement, computed: Computed | None) -> None:
        """Say what a statement tests."""
        self._tests[statement.order] = computed

    def add(self, one: Found) -> int:
        """Take a number in, and give it its number."""
        self.found.append(one)
        return len(self.found) - 1

    # ---------------------------------------------------------------- choosing

    def _chosen(self) -> Iterator[Found]:
        for one in self.found:
            one.measure = _measure_of(one)
        used = {number for one in self.found if one.measure for number in one.computed.used}
        for position, one in enumerate(self.found):
            if not one.measure and position not in used and one.computed.shape == "number":
                one.measure = self._own_name(one)
            if one.measure:
                yield one

    def _own_name(self, one: Found) -> str:
        """Name a number that nobody has a name for by the function that gave it, or by its variable."""
        if one.computed.is_sum or not one.is_kept or one.computed.form == "norm":
            return ""
        if one.function is not None and one.function.callee.kind == "own":
            name = one.function.short_name
            is_told = one.computed.form is not None or NAMED_SO.search(name) is not None
            return name if is_told or self._was_given_both(one.function) else ""
        last = one.labels[0] if one.labels else ""
        is_spread = re.search(r"(?:^|_)(?:std|sd|best|n|num)(?:_|$)", last)
        is_way_there = bool(one.computed.used) and _COUNTED_SO.search(last) is None
        if not last.isidentifier() or is_spread or is_way_there:
            return ""
        if one.computed.form is None and not (NAMED_SO.search(last) or _COUNTED_SO.search(last)):
            return ""
        return last if one.value is not None or one.number is not None else ""

    def _was_given_both(self, function: Invocation) -> bool:
        """Tell whether a function got predictions and what they can be held against."""
        kinds = {
            computed.kind
            for given in function.given.values()
            if (computed := self.of(given.value)) is not None
        }
        return kinds >= {"prediction", "data"}


def _once_more(computed: Computed, given: tuple[int, ...]) -> Computed:
    """Say what a function gives that runs where nobody looks: what it gave when somebody did, of what it is given."""
    parts = computed.parts
    return replace(
        computed,
        compares=given[:8],
        parts=tuple(part and _once_more(part, given) for part in parts) if parts else None,
        found=None,
        used=frozenset(),
    )


def _names_another(labels: list[str], form: str | None) -> bool:
    """Tell whether a label says another measure than that of which a number was computed."""
    said = next((word for word in map(measure_said_by, labels) if word is not None), None)
    return said is not None and said != (measure_said_by(form or "") or form)


def _measure_of(one: Found) -> str:
    """Name a number by what was computed, or by a name that is said of one measure alone."""
    computed = one.computed
    texts = [*one.labels, *([one.function.short_name] if one.function is not None else [])]
    said = next((word for word in map(measure_said_by, texts) if word is not None), None)
    if computed.shape != "number":
        wanted = computed.form if computed.form == "confusion_matrix" else said
        return wanted if wanted in ("confusion_matrix", "roc_curve") else ""
    if said in ("confusion_matrix", "roc_curve"):
        said = None  # one number is none of them
    if one.number is None and one.value is None and computed.used and computed.form != "cell":
        return ""  # a mean over what was told, that nobody has seen
    if computed.form == "top_k_accuracy":
        return computed.form
    if computed.is_final and said is None:
        return computed.form or ""
    return said or ""


@dataclass(slots=True)
class _Statement:
    """One part of a statement as it ran."""

    by_hand: ByHand
    statement: Statement
    chunk: Chunk

    # What the reader of expressions asks.

    def name(self, node: ast.Name) -> Computed | None:
        """Tell what a name held."""
        values = self._held(node)
        return self.by_hand.of(values[0]) if values else None

    def _held(self, node: ast.expr | None) -> tuple[int, ...]:
        """Give the versions that a name held; nothing for anything else."""
        if not isinstance(node, ast.Name):
            return ()
        site = place(node)
        values = self.chunk.reads.get(site) or self.chunk.reads.get(node.id)
        if values is None:
            values = [value for where, value in self.statement.reads if where == site]
        return tuple(values)

    def call(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave, if that is known by what was called."""
        call = self.chunk.calls.get(span(node))
        if call is None:
            # One of many, in a comprehension: its name tells.
            if not answers(_plain(node.func)):
                return None
            asked = node.func.value if isinstance(node.func, ast.Attribute) else None
            return Computed("prediction", "item", compares=self._held(asked)[:1])
        return self.by_hand.of_call(call.order, call.key, call.result)

    def result(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave by what the result came from."""
        call = self.chunk.calls.get(span(node))
        return self.by_hand.of(call.result) if call is not None else None

    def is_number(self, node: ast.expr) -> bool | None:
        """Tell whether an expression's value is a number."""
        call = self.chunk.calls.get(span(node))
        if call is None or call.result is None:
            return None
        return self.by_hand.is_plain(call.result)

    # ---------------------------------------------------------------- statements

    def take(self, node: ast.stmt) -> None:
        """Read the statement, or the header of a compound one."""
        reader = Reader(self)
        self._carry_over()
        match node:
            case ast.Assign(targets=[*into]):
                self._shown_in(node.value, reader)
                computed = self._noted(node.value, reader.read(node.value), _labels_of(into))
                for target in into:
                    self._bind(target, node.value, computed, reader)
            case ast.AnnAssign(value=ast.expr() as value):
                self._shown_in(value, reader)
                computed = self._noted(value, reader.read(value), _labels_of([node.target]))
                self._bind(node.target, value, computed, reader)
            case ast.AugAssign():
                self._augment(node, reader)
            case ast.For() | ast.AsyncFor():
                self._round(node, reader)
            case ast.If() | ast.While():
                self.by_hand.keep_test(self.statement, reader.read(node.test))
                self._after_rounds(set())
            case ast.Return(value=ast.expr() as value):
                self._shown_in(value, reader)
                self._give_back(value, reader)
            case ast.Expr(value=value):
                self._shown_in(value, reader)
                self._expression(value, reader)

    def _carry_over(self) -> None:
        """What a call has changed, or a loop, is what it was before."""
        known = self.by_hand.computed
        for old, new in self.chunk.changes:
            before = known.get(old)
            if before is not None and known.get(new) is None:
                known[new] = before

    def _bind(
        self, target: ast.expr, value: ast.expr, computed: Computed | None, reader: Reader
    ) -> None:
        if isinstance(target, ast.Name):
            for name, version in self.chunk.binds:
                if name == target.id:
                    self.by_hand.set(self.statement, name, version, computed)
                    self._is_value_of(computed, version)
            return
        if isinstance(target, ast.Tuple | ast.List):
            parts = computed.parts if computed is not None else None
            inner = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            if parts is None or len(parts) != len(target.elts):
                return
            for position, (into, part) in enumerate(zip(target.elts, parts, strict=True)):
                node = inner[position] if position < len(inner) else value
                self._bind(into, node, self._noted(node, part, _labels_of([into])), reader)
            return
        for part_name, version in self.chunk.parts.values():
            if computed is not None and part_name:
                self.by_hand.computed[version] = computed
                self._is_value_of(computed, version)

    def _is_value_of(self, computed: Computed | None, version: int) -> None:
        number = computed.found if computed is not None else None
        if number is None or number == TOLD:
            return
        found = self.by_hand.found[number]
        if found.value is None and self.by_hand.number(version) is not None:
            found.value = version
            if found.number is None:
                found.number = self.by_hand.number(version)

    def _augment(self, node: ast.AugAssign, reader: Reader) -> None:
        self._shown_in(node.value, reader)
        if isinstance(node.target, ast.Subscript) and isinstance(node.op, ast.Add):
            index = reader.read(node.target.slice)
            if index is not None and index.kind == "mixed":
                self._table(node.target.value, index)
                return
        added = reader.read(node.value)
        test = self.by_hand.test_around(self.statement)
        if added is not None and added.kind == "constant" and test is not None:
            added = test
        if isinstance(node.op, ast.Add | ast.Sub):
            before = self.name(node.target) if isinstance(node.target, ast.Name) else None
            computed = accumulated(before, added)
        else:
            loaded = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
            computed = reader.read(loaded)
            computed = self._noted(loaded, computed, _labels_of([node.target]))
        self._bind(node.target, node.value, computed, reader)

    def _table(self, holder: ast.expr, index: Computed) -> None:
        """A table of answers is counted: `table[truth, guess] += 1`."""
        computed = Computed("met", "array", "confusion_matrix", index.compares)
        name = holder.id if isinstance(holder, ast.Name) else ast.unparse(holder)
        before = [one for one in self.by_hand.found if one.node is holder]
        if before:  # one table, however often it is counted up
            number = self.by_hand.found.index(before[0])
        else:
            number = self.by_hand.add(Found(computed, self.statement, holder, None, [name]))
        changes = [*self.chunk.changes]
        changes.extend(pair for call in self.chunk.calls.values() for pair in call.changes)
        for _, new in changes:
            self.by_hand.computed[new] = replace(computed, found=number)

    def _round(self, node: ast.For | ast.AsyncFor, reader: Reader) -> None:
        rounds = targets(node.target, reader.read(node.iter))
        for name, version in self.chunk.binds:
            part = rounds.get(name)
            if part is not None and self.by_hand.is_plain(version):
                self.by_hand.set(self.statement, name, version, replace(part, shape="item"))
        self._after_rounds(set(rounds))

    def _after_rounds(self, own: set[str]) -> None:
        """What a loop leaves in a name is what its rounds have put there."""
        for name, version in self.chunk.binds:
            before = self.by_hand.last(self.statement, name)
            if name not in own and before is not None:
                found = before.found
                self.by_hand.computed[version] = before
                if found is not None and before.form is not None:
                    self.by_hand.computed[version] = replace(before, found=found)

    def _give_back(self, value: ast.expr, reader: Reader) -> None:
        computed = reader.read(value)
        function = self.by_hand.caller(self.statement)
        if function is not None and self.by_hand.gives_answers(function):
            return  # its call says so, whatever the answer was computed of
        if isinstance(value, ast.Tuple) and computed is not None and computed.parts is not None:
            parts = tuple(
                self._noted(node, part, [], function)
                for node, part in zip(value.elts, computed.parts, strict=True)
            )
            computed = replace(computed, parts=parts)
        else:
            computed = self._noted(value, computed, [], function)
            number = computed.found if computed is not None else None
            if number is not None and number != TOLD:
                self.by_hand.found[number].is_whole = function is not None
        self.by_hand.give_back(self.statement, computed)

    def _expression(self, value: ast.expr, reader: Reader) -> None:
        if isinstance(value, ast.Call):
            method = value.func.attr if isinstance(value.func, ast.Attribute) else ""
            if method in ("append", "add", "push") and len(value.args) == 1:
                holder = value.func.value if isinstance(value.func, ast.Attribute) else value
                self._noted(value.args[0], reader.read(value.args[0]), [_plain(holder)])
                return
            if method == "at" and len(value.args) > 1:
                index = reader.read(value.args[1])
                if index is not None and index.kind == "mixed":
                    self._table(value.args[0], index)
                return
        if self.by_hand.text_is_notebook(self.statement) or isinstance(value, ast.Call):
            computed = reader.read(value)
            if computed is not None and computed.kind == "met" and computed.found is None:
                self._noted(value, computed, [])

    # ---------------------------------------------------------------- numbers

    def _shown_in(self, value: ast.expr, reader: Reader) -> None:
        """Note what is printed, written into a text, or put into a dict under a name."""
        for label, node, is_kept in labelled_parts(value):
            self._noted(node, reader.read(node), [label], is_kept=is_kept)

    def _noted(
        self,
        node: ast.expr,
        computed: Computed | None,
        labels: list[str],
        function: Invocation | None = None,
        *,
        is_kept: bool = True,
    ) -> Computed | None:
        """Keep a number that was computed of both, once; whatever it is called adds to what is known of it."""
        if computed is None or computed.kind != "met":
            return computed
        if computed.found == TOLD:
            if not (isinstance(node, ast.BinOp) and _names_another(labels, computed.form)):
                return computed
            computed = formed(computed, None) or computed  # `gini = 2 * auc - 1`
        if computed.found is not None:
            self.by_hand.found[computed.found].labels.extend(labels)
            if function is not None:
                self.by_hand.found[computed.found].function = function
            return computed
        called = function if function is not None else self._own_call(node)
        found = Found(
            computed,
            self.statement,
            node,
            self._number(node),
            labels,
            function=called,
            is_kept=is_kept,
        )
        return replace(computed, found=self.by_hand.add(found))

    def _own_call(self, node: ast.expr) -> Invocation | None:
        call = self.chunk.calls.get(span(node)) if isinstance(node, ast.Call) else None
        if call is None:
            return None
        return self.by_hand.call_at(call.order, call.key)

    def _number(self, node: ast.expr) -> float | None:
        """Compute an expression's number again, from the numbers that its names and calls had."""
        if isinstance(node, ast.Constant):
            is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
            return float(node.value) if is_number else None  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            values = self.chunk.reads.get(place(node), [])
            return self.by_hand.number(values[0]) if values else None
        if isinstance(node, ast.Call):
            call = self.chunk.calls.get(span(node))
            return self.by_hand.number(call.result) if call is not None else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._number(node.operand)
            return -inner if inner is not None else None
        if isinstance(node, ast.BinOp):
            left, right = self._number(node.left), self._number(node.right)
            if left is not None and right is not None:
                return _combined(node.op, left, right)
        return None


def _combined(operator: ast.operator, left: float, right: float) -> float | None:
    try:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow() if abs(right) <= 4:
                powered = left**right
                return powered if isinstance(powered, float) else None
    except (ArithmeticError, ValueError):
        return None
    return None


def _labels_of(into: list[ast.expr]) -> list[str]:
    found: list[str] = []
    for target in into:
        if isinstance(target, ast.Subscript):
            if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                found.append(target.slice.value)
            found.append(_plain(target.value))
        elif not isinstance(target, ast.Tuple | ast.List):
            found.append(_plain(target))
    return found


def _plain(node: ast.expr) -> str:
    """Give the last name in an expression that holds something: `self.losses`, `results[name]`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return _plain(node.value)
    return node.id if isinstance(node, ast.Name) else ""
