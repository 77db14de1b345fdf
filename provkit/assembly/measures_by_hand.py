"""Measures that a program computes itself: what is known of its values, and which numbers are measures.

Where predictions meet what they are held against, and a number comes out, that is one. What is bound, put into a dict
or a list, returned or printed is told if it was computed of both; counts and sums on the way to one are not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from provkit.assembly.answer_cells import CELLS
from provkit.assembly.computed import CHANGE, CONSTANT, DEVIATION, Computed, Shape
from provkit.assembly.gathering import Statement
from provkit.assembly.invocations import Invocation, Invocations
from provkit.assembly.measures import NAMED_SO, PREDICTED_SO, answers, loss_name, measure_said_by

TOLD = -1
"""The number of a measure that was told already, as a library's."""
_DEEP = 40
_COUNTED_SO = re.compile(
    r"(?:^|_)(?:costs?|gains?|hits?|mistakes?|penalty|profits?|utility)(?:_|$)"
)
"""Names of what is counted up of right and wrong answers, each weighed."""
_GRIDS = frozenset({"linspace", "arange", "logspace", "geomspace"})
"""Functions that make numbers to try, thresholds say, and no data."""
_BY_CLASS = frozenset({"precision", "recall", "specificity", "f1", "iou", "accuracy"})
"""What shares of the cells of a table of answers are, for each class one."""
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
        losses: Mapping[str, str],
    ) -> None:
        """Take what is known already.

        Args:
            invocations: The trial's calls.
            predictions: Versions that models gave.
            called: Of numbers that measures of libraries gave, the measure and what it compares.
            networks: The classes of networks that the program trained itself.
            weights: Versions of what its loops trained.
            learners: The program's own classes that were fitted.
            losses: By class or function of the program's own that its loops train by, what it is called.
        """
        self.invocations = invocations
        self.gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._names = invocations.derivations.names
        self._predictions = predictions
        self._called = called
        self._networks = networks
        self._weights = weights
        self._learners = learners
        self._losses = losses
        self._calls = {(one.order, one.call.key): one for one in invocations.all}
        self._tests: dict[int, Computed | None] = {}
        self._returned: dict[int, Computed | None] = {}
        self._last: dict[tuple[int | None, str], Computed] = {}
        self._gives: dict[str, Computed] = {}
        """By function of the program's, what it gave back when it was looked into last."""
        self.computed: dict[int, Computed | None] = {}
        """By version, what it is."""
        self.found: list[Found] = []

    # ---------------------------------------------------------------- what is known

    def text_is_notebook(self, statement: Statement) -> bool:
        """Tell whether a statement is one of a cell, which shows its last value."""
        source = self.gathered.sources.get(statement.plan)
        return source is not None and source.kind == "cell"

    def number(self, value: int | None) -> float | None:
        """Give a version's number."""
        seen = self.gathered.values.get(value or 0)
        scalar = seen.description.get("scalar") if seen is not None else None
        if isinstance(scalar, bool) or not isinstance(scalar, int | float):
            return None
        return float(scalar)

    def is_model(self, value: int) -> bool:
        """Tell whether a version is weights of the program's own, or an object of its own that was fitted."""
        seen = self.gathered.values.get(value)
        return value in self._weights or (seen is not None and seen.type in self._learners)

    def is_plain(self, value: int) -> bool:
        """Tell whether a version is a single number, text or truth value."""
        seen = self.gathered.values.get(value)
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
        seen = self.gathered.values.get(value)
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
        maker = self.invocations.by_result.get(value)
        if is_array and not sources and maker is not None and maker.short_name in _GRIDS:
            return CONSTANT
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
            seen = self.gathered.values.get(source)
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
            returned = self._returned[call_order]
            is_met = returned is not None and returned.kind in _TOLD_AGAIN
            before = self._gives.get(invocation.name)
            # What its loops did where nobody looked was done before where somebody did.
            if is_met or before is None or before.kind != "met":
                return returned
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

    def of_unseen_call(self, value: int | None, name: str) -> Computed | None:
        """Tell what a call gave that nobody saw, in a comprehension, by the object or function that was called."""
        seen = self.gathered.values.get(value or 0)
        if seen is None:
            return None
        if seen.type in self._networks:
            return Computed("prediction", "item", compares=(value,) if value is not None else ())
        loss = self._losses.get(seen.type) or self._losses.get(name)
        entry = self.invocations.knowledge.entry(seen.type)
        if loss is None and entry is not None and entry.concept == "loss":
            loss = loss_name(seen.type)
        return Computed("met", "number", loss) if loss is not None else None

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
        seen = self.gathered.values.get(invocation.call.receiver or 0)
        is_network = seen is not None and seen.type in self._networks
        is_learner = seen is not None and seen.type in self._learners
        return (is_network and invocation.short_name in _CALLS_OF_NETWORKS) or (
            is_learner and answers(invocation.short_name)
        )

    def _loss(self, invocation: Invocation) -> str | None:
        owner, _, method = invocation.name.rpartition(".")
        entry = self.invocations.knowledge.entry(owner)
        seen = self.gathered.values.get(invocation.call.receiver or 0)
        own = self._losses.get(seen.type if seen is not None else invocation.name)
        made = self.gathered.values.get(invocation.call.result or 0)
        is_made = made is not None and made.type in self._losses
        if own is not None and not is_made and (seen is None or method in _CALLS_OF_NETWORKS):
            return own
        if method not in _CALLS_OF_NETWORKS or entry is None or entry.concept != "loss":
            return None
        return loss_name(owner)

    # ---------------------------------------------------------------- keeping what was found

    def set(self, statement: Statement, name: str, value: int, computed: Computed | None) -> None:
        """Say what a version is that a name was bound to."""
        if computed is None or computed.kind == "constant" or self.is_model(value):
            return
        is_change = computed.form in (CHANGE, DEVIATION)
        if computed.shape != "item" and computed.kind in ("data", "mixed") and not is_change:
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
        activation = self.gathered.activations.get(statement.activation or 0)
        if activation is not None and activation.parent is not None:
            self._returned[activation.parent] = computed
            function = self.invocations.by_order.get(activation.parent)
            if function is not None and computed is not None and computed.kind in _TOLD_AGAIN:
                self._gives[function.name] = computed

    def caller(self, statement: Statement) -> Invocation | None:
        """Find the call that a statement's function ran for."""
        activation = self.gathered.activations.get(statement.activation or 0)
        parent = activation.parent if activation is not None else None
        return self.invocations.by_order.get(parent) if parent is not None else None

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

    def chosen(self) -> Iterator[Found]:
        """List the numbers that are measures; what only goes into another is left out."""
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
        is_way_there = self._has_told(one) and _COUNTED_SO.search(last) is None
        if not last.isidentifier() or is_spread or is_way_there or CELLS.search(last):
            return ""
        if one.computed.form is None and not (NAMED_SO.search(last) or _COUNTED_SO.search(last)):
            return ""
        return last if one.value is not None or one.number is not None else ""

    def _has_told(self, one: Found) -> bool:
        """Tell whether a measure went into a number, or another number on the way to one; arrays are of no account."""
        parts = [self.found[used] if used != TOLD else None for used in one.computed.used]
        return any(
            part is None or part.measure or part.computed.shape == "number" for part in parts
        )

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


def names_another(labels: list[str], form: str | None) -> bool:
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
        if wanted in ("confusion_matrix", "roc_curve"):
            return wanted
        if computed.form in _BY_CLASS:
            return computed.form or ""
        if wanted in _BY_CLASS and computed.form == "rate":
            return wanted
        last = one.labels[0] if one.labels else ""
        is_counted = (computed.form or "").startswith("total ") and _COUNTED_SO.search(last)
        return last if is_counted else ""
    if said in ("confusion_matrix", "roc_curve"):
        said = None  # one number is none of them
    if computed.form in ("confusion_matrix", "roc_curve") and said is None:
        return ""
    is_named = computed.form is not None and computed.form in ("cell", said)
    if one.number is None and one.value is None and computed.used and not is_named:
        return ""  # a mean over what was told, that nobody has seen
    if computed.form == "top_k_accuracy":
        return computed.form
    if computed.is_final and said is None:
        return computed.form or ""
    return said or ""
