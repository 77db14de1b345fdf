"""Runs in the making, and told: who fitted which model on what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from provkit.assembly.data_roles import KeyOf
from provkit.assembly.folds import Folds
from provkit.assembly.invocations import Invocation
from provkit.assembly.measures import series_of
from provkit.assembly.parameter_drafts import Draft
from provkit.assembly.training_loops import TrainingLoop
from provkit.assembly.weights_by_hand import Weights
from provkit.events import ModelFitted
from provkit.model import Implementation, LearningRun, Reference, TrainingCurve


@dataclass(slots=True)
class Run:
    """A run in the making: it names values by their numbers."""

    key: str
    invocation: Invocation
    implementation: Implementation
    kind: str
    model: int | None
    features: int | None
    target: int | None
    data: list[int]
    task: str | None
    settings: list[Draft] = field(default_factory=list)
    executions: list[int] = field(default_factory=list)
    parent: str | None = None
    candidate: tuple[tuple[str, str], ...] = ()
    fitted: ModelFitted | None = None
    loop: TrainingLoop | None = None
    """The program's own loop that fitted the model."""
    weights: Weights | None = None
    """What a loop of the program's own has moved, without an optimizer."""
    losses: list[tuple[str, float]] = field(default_factory=list)
    """What that loop has measured of itself, round after round."""
    rounds: int | None = None
    """Its rounds in all."""
    folds: Folds = field(default_factory=Folds)
    """Into what a cross-validation or a search parted its data."""
    held_out: int | None = None
    """Of a fold: rows that its model was not fitted on."""

    def part(self, key: str, kind: str, data: list[int]) -> Run:
        """Make the run of one candidate or fold, of which no call is known."""
        return Run(
            key,
            self.invocation,
            self.implementation,
            kind,
            None,
            self.features,
            self.target,
            data,
            self.task,
            executions=[self.invocation.order],
            parent=self.key,
        )


def learning_runs(found: Iterable[Run], key_of: KeyOf) -> Iterator[LearningRun]:
    """Tell of each run."""
    for run in found:
        inputs = [
            Reference("value", key)
            for key in dict.fromkeys(map(key_of, run.data))
            if key is not None
        ]
        yield LearningRun(
            run.key,
            run.kind,  # type: ignore[arg-type]
            run.implementation,
            tuple(dict.fromkeys(run.executions)),
            model=key_of(run.model) if run.model is not None else None,
            inputs=tuple(inputs),
            features=key_of(run.features) if run.features is not None else None,
            target=key_of(run.target) if run.target is not None else None,
            parameters=tuple(draft.key for draft in run.settings),
            parent=run.parent,
            task=run.task,
            candidate=run.candidate,
            folds=run.folds.count,
            folded_by=run.folds.by,
            held_out=run.held_out,
        )


def training_curves(found: Iterable[Run]) -> Iterator[TrainingCurve]:
    """Tell of what libraries have measured after each round."""
    for run in found:
        if run.loop is not None and run.loop.losses:
            loop = run.loop
            rounds = loop.rounds if loop.rounds != len(loop.losses) else None
            yield TrainingCurve(
                *(loop.measure, loop.losses, run.executions[0], run.key, "train", rounds)
            )
        if run.losses:
            measure = run.losses[0][0]
            told = tuple(number for name, number in run.losses if name == measure)
            rounds = run.rounds if run.rounds != len(told) else None
            yield TrainingCurve(measure, told, run.executions[0], run.key, "train", rounds)
        for name, numbers in run.fitted.histories if run.fitted is not None else ():
            series, measure = series_of(name)
            yield TrainingCurve(
                measure.rstrip("_"),
                tuple(float(number) for number in numbers),
                run.invocation.order,
                run.key,
                series or None,
            )


def label_counts(found: Iterable[Run]) -> dict[int, tuple[tuple[str, int], ...]]:
    """Give the class balance of the labels that models were fitted on."""
    counts = {}
    for run in found:
        if run.target is not None and run.fitted is not None and run.fitted.labels:
            counts[run.target] = tuple((label, count) for label, count in run.fitted.labels)
    return counts
