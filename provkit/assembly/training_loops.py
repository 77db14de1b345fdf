"""Training that the program does itself: loops in which an optimizer moves a network's weights.

The optimizer knows the network (`SGD(model.parameters())`), what is called `backward` on is the loss, and what the
network and the loss were given came from the data. A journal looks into a few rounds of a loop; what those show holds
for all of them, and of the losses it is said how many there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from provkit.assembly.gathering import Statement, statement_of
from provkit.assembly.invocations import Invocation, Invocations
from provkit.assembly.measures import loss_name
from provkit.assembly.origins import values_behind, walked_back

_REACH = 60
_HOLDERS = frozenset({"container", "dataset", "data_reader", "array", "maker"})
DATASETS = "tensorflow.python.data."
"""Beginning of the names of classes of data sets, whatever was done to them: they are of the library's own making."""
_NETWORKS = frozenset({"network", "layer"})
_STEPS = frozenset({"step", "apply_gradients", "apply"})
"""Methods of optimizers that move weights: of torch's, and of keras's, which are given gradients and variables."""
_PARAMETERS = frozenset({"parameters", "named_parameters"})
_TASKS = (
    ("classification", ("crossentropy", "cross_entropy", "nll", "bce", "binary_cross", "hinge")),
    ("regression", ("mse", "l1", "huber", "smooth")),
)


@dataclass(slots=True)
class TrainingLoop:
    """A network that was trained by an optimizer, step by step."""

    step: Invocation
    """The first step of the optimizer's that was looked into."""
    model: int
    """The last version of the network."""
    versions: tuple[int, ...]
    """All versions of it from the first step on."""
    made_by: int | None
    """Order of the call that made the network."""
    optimizer_made_by: int | None
    loop: int | None
    """Order of the outermost loop around the steps; None if they stand in none."""
    features: int | None
    target: int | None
    measure: str
    """What the loss is called."""
    losses: tuple[float, ...]
    """In the rounds that were looked into."""
    rounds: int | None
    """Rounds in all, as far as the loops' counts tell."""
    epochs: int | None = None
    own_loss: str | None = None
    """The class or function of the program's own that the loss is of."""
    outputs: frozenset[int] = field(default_factory=frozenset)
    """What the network gave for other data than that of its training."""

    @property
    def task(self) -> str | None:
        """What the network learns, as far as the loss tells."""
        said = self.measure.lower()
        return next((task for task, marks in _TASKS if any(one in said for one in marks)), None)


def training_loops(invocations: Invocations) -> Iterator[TrainingLoop]:
    """Find the loops in which networks were trained, in the order of their first steps."""
    finder = _Finder(invocations)
    steps: dict[int, list[Invocation]] = {}
    for invocation in invocations.all:
        receiver = invocation.call.receiver
        if invocation.short_name in _STEPS and receiver is not None:
            root = finder.root(receiver)
            if finder.concept_of(root) == "optimizer":
                steps.setdefault(root, []).append(invocation)
    for optimizer, made in steps.items():
        found = finder.loop(optimizer, made)
        if found is not None:
            yield found


class _Finder:
    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._versions: dict[int, list[int]] = {}
        for value in self._gathered.values:
            self._versions.setdefault(self.root(value), []).append(value)
        self._giving = {
            invocation.call.receiver
            for invocation in invocations.all
            if invocation.short_name in _PARAMETERS
        }

    def loop(self, optimizer: int, steps: list[Invocation]) -> TrainingLoop | None:
        """Put together what belongs to the steps of one optimizer; None if its network is unknown."""
        maker = self._invocations.by_result.get(optimizer)
        network = self._network_behind([optimizer])
        if network is None:
            network = self._network_given(steps)
        if network is None:
            return None
        root = self.root(network)
        around = list(self._loops_around(steps[0].order))
        outermost = around[-1] if around else None
        begin = outermost.order if outermost is not None else steps[0].order
        last = steps[-1].order
        since = [
            version
            for version in self._versions.get(root, [network])
            if network <= version and self._made_at(version) <= last
        ]
        backward = [
            one
            for one in self._invocations.all
            if one.short_name == "backward" and begin <= one.order <= last
        ]
        calls = [one for one in self._calls_of(root) if one.call.result is not None]
        losses = [one.call.receiver for one in backward if one.call.receiver is not None]
        losses += list(self._losses_of_tapes(begin, last))
        trained = self._behind(losses, begin)
        features, target = self._data(calls, losses, begin, trained)
        measure, own_loss = self._measure(losses)
        return TrainingLoop(
            step=steps[0],
            model=max(since, default=network),
            versions=tuple(since) or (network,),
            made_by=self._maker_of(root),
            optimizer_made_by=maker.order if maker is not None else None,
            loop=outermost.order if outermost is not None else None,
            features=features,
            target=target,
            measure=measure,
            own_loss=own_loss,
            losses=tuple(number for number in map(self._number, losses) if number is not None),
            rounds=_rounds(around),
            epochs=outermost.iterations if outermost is not None else None,
            outputs=frozenset(
                one.call.result
                for one in calls
                if one.call.result is not None and one.call.result not in trained
            ),
        )

    # ---------------------------------------------------------------- versions

    def root(self, value: int) -> int:
        """Give the first version of what a value is a version of."""
        current = value
        for _ in range(len(self._origins)):
            origin = self._origins.get(current)
            if origin is None or origin.revision_of is None:
                return current
            current = origin.revision_of
        return current

    def concept_of(self, value: int) -> str | None:
        """Say what the class of a value is, in the words of the knowledge base."""
        seen = self._gathered.values.get(value)
        entry = self._invocations.knowledge.entry(seen.type) if seen is not None else None
        return entry.concept if entry is not None else None

    def _made_at(self, value: int) -> int:
        origin = self._origins.get(value)
        return (origin.generated_by or 0) if origin is not None else 0

    def _sources(self, value: int) -> list[int]:
        return values_behind(self._origins, value)

    def _number(self, value: int) -> float | None:
        seen = self._gathered.values.get(value)
        scalar = seen.description.get("scalar") if seen is not None else None
        return float(scalar) if isinstance(scalar, int | float) else None

    # ---------------------------------------------------------------- the network

    def _network_behind(self, values: list[int]) -> int | None:
        """Find the network whose parameters an optimizer was given."""
        for current in walked_back(values, self._sources, _REACH):
            if current in self._giving or self.concept_of(current) in _NETWORKS:
                return current
        return None

    def _network_given(self, steps: list[Invocation]) -> int | None:
        """Find the network whose variables an optimizer is given: `zip(grads, model.trainable_variables)`."""
        for given in steps[0].given.values():
            behind = [one for one in (given.value, *given.sources) if isinstance(one, int)]
            network = self._network_behind(behind)
            if network is not None:
                return network
        return None

    def _losses_of_tapes(self, begin: int, last: int) -> Iterator[int]:
        """List what gradient tapes were asked for the gradient of."""
        for invocation in self._invocations.all:
            if invocation.short_name == "gradient" and begin <= invocation.order <= last:
                seen = self._gathered.values.get(invocation.call.receiver or 0)
                if seen is not None and seen.type.endswith("GradientTape"):
                    first = next(iter(invocation.given.values()), None)
                    if first is not None and first.value is not None:
                        yield first.value

    def _calls_of(self, root: int) -> Iterator[Invocation]:
        for invocation in self._invocations.all:
            receiver = invocation.call.receiver
            is_call = receiver is not None and invocation.short_name in ("__call__", "forward")
            if is_call and self.root(receiver or 0) == root:
                yield invocation

    def _maker_of(self, root: int) -> int | None:
        """Find the call that made the network: of a class of the program's it encloses the constructor's statements."""
        versions = set(self._versions.get(root, ()))
        for invocation in self._invocations.all:
            if invocation.call.result in versions and invocation.call.receiver is None:
                return invocation.order
        return None

    # ---------------------------------------------------------------- the data

    def _behind(self, values: Iterable[int], begin: int) -> set[int]:
        """List what values came from, as far as it was made in the loop."""

        def sources(value: int) -> list[int]:
            return [one for one in self._sources(value) if self._made_at(one) >= begin]

        begun = [value for value in values if self._made_at(value) >= begin]
        return set(walked_back(begun, sources, len(self._origins) + 1))

    def _data(
        self, calls: list[Invocation], losses: list[int], begin: int, trained: set[int]
    ) -> tuple[int | None, int | None]:
        """Find the features that the network was given in training, and what the loss compared its output with."""
        features = target = None
        for call in calls:
            if call.call.result in trained:
                given = [one.value for one in call.given.values() if one.value is not None]
                features = self._before(given[:1], begin)
                break
        outputs = {call.call.result for call in calls}
        for loss in losses:
            maker = self._maker_of_loss(loss)
            if maker is not None:
                given = [one.value for one in maker.given.values() if one.value is not None]
                others = [value for value in given if not self._comes_from(value, outputs, begin)]
                target = self._before(others[:1], begin)
                break
        if features is None:
            return None, target
        arrays = self._arrays_in(features)
        if target in (None, features) and len(arrays) > 1:
            return arrays[0], arrays[1]
        if target == features:
            target = None
        return (arrays[0] if arrays else features), target

    def _maker_of_loss(self, loss: int) -> Invocation | None:
        """Find the call that gave a loss: of a library's, or else of the program's own that came last."""
        own = None
        for current in walked_back([loss], self._sources, _REACH):
            maker = self._invocations.by_result.get(current)
            if maker is not None and self._is_loss(maker):
                return maker
            if maker is not None and own is None and self._is_own_loss(maker, current):
                own = maker
        return own

    def _is_own_loss(self, maker: Invocation, value: int) -> bool:
        """Tell whether something of the program's gave one number for two things that it was given."""
        given = [one for one in maker.given.values() if one.value is not None]
        seen = self._gathered.values.get(value)
        is_number = seen is not None and seen.description.get("shape", []) == []
        is_called = maker.short_name == "__call__" or maker.call.receiver is None
        owner = self._gathered.values.get(maker.call.receiver or 0)
        is_own = maker.callee.kind == "own" or (
            owner is not None
            and maker.short_name == "__call__"
            and self._invocations.knowledge.entry(owner.type) is None
        )
        return is_own and is_called and len(given) > 1 and is_number

    def _is_loss(self, maker: Invocation) -> bool:
        if maker.concept == "loss" or maker.concept == "metric":
            return True
        owner = self._invocations.knowledge.entry(maker.name.rpartition(".")[0])
        return owner is not None and owner.concept == "loss"

    def _comes_from(self, value: int, outputs: set[int | None], begin: int) -> bool:
        return value in outputs or not self._behind([value], begin).isdisjoint(
            one for one in outputs if one is not None
        )

    def _before(self, values: list[int], begin: int) -> int | None:
        """Go back to the data that was there before the loop."""

        def sources(value: int) -> list[int]:
            return self._sources(value) if self._made_at(value) >= begin else []

        for current in walked_back(values, sources, _REACH):
            if self._made_at(current) < begin and self._holds_data(current):
                return current
        return None

    def _holds_data(self, value: int) -> bool:
        seen = self._gathered.values.get(value)
        if seen is None:
            return False
        has_members = bool(seen.description.get("shape")) or seen.description.get("length", 0) > 1
        return has_members or self.concept_of(value) in _HOLDERS or seen.type.startswith(DATASETS)

    def _arrays_in(self, value: int) -> list[int]:
        """List the arrays that a loader gives out, in the order in which its data set was given them."""
        current = value
        for _ in range(_REACH):
            maker = self._invocations.by_result.get(current)
            if maker is None or maker.concept not in ("container", "dataset"):
                return []
            given = [one.value for one in maker.given.values() if one.value is not None]
            arrays = [one for one in given if self._gathered.values[one].description.get("shape")]
            if arrays:
                return arrays
            if not given:
                return []
            current = given[0]
        return []

    # ---------------------------------------------------------------- rounds

    def _measure(self, losses: list[int]) -> tuple[str, str | None]:
        """Say what the loss is called, and of one of the program's own its class or function."""
        for loss in losses:
            maker = self._maker_of_loss(loss)
            if maker is None:
                continue
            name = maker.name.removesuffix(".__call__").removesuffix(".forward")
            if self._is_loss(maker):
                return name.rpartition(".")[2], None
            seen = self._gathered.values.get(maker.call.receiver or 0)
            owner = seen.type if seen is not None else name
            return loss_name(owner), owner
        return "loss", None

    def _loops_around(self, order: int) -> Iterator[Statement]:
        """List the loops around an execution, the innermost first."""
        innermost = statement_of(self._gathered, order).order
        for around in self._invocations.calls_around(innermost):
            statement = self._gathered.statements.get(around)
            if statement is not None and statement.iterations is not None:
                yield statement


def _rounds(around: list[Statement]) -> int | None:
    """Multiply the counts of nested loops: each was the same in all rounds, as far as anyone has seen."""
    total = 1
    for loop in around:
        if not loop.iterations:
            return None
        total *= loop.iterations
    return total if around else None
