"""What a stored trial says of learning: its parameters, the models it fitted, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING

from provkit.entities import Describer
from provkit.errors import UsageError
from provkit.facts import Facts, scalar_of, text_of
from provkit.identifiers import digest_of
from provkit.model import Scalar
from provkit.model_formula import names_of_formula
from provkit.vocabulary import Term

if TYPE_CHECKING:
    from provkit.store import LocalStore


@dataclass(frozen=True, slots=True)
class Parameter:
    """A hyperparameter of an object or a call, and who set it to what."""

    name: str
    """`alpha`; `svc__C` where only the object around it has said so."""
    value: Scalar
    """What it was set to; what is no number, text or truth value as it would be written."""
    origin: str
    """`given` by the program, left at its `default`, or `resolved` while fitting."""
    of: str
    """The class or function that has it: `sklearn.svm.SVC`."""
    holder: str
    """The object that was set up with it, `svc@1`; empty for a call's own parameter."""
    set_by: str
    """Of a given one: `source`, `command line`, `default of an option`, `default of a parameter`, `file`, `assignment`,
    `set_params`, `**`."""
    where: str
    """The place: `train.py:14`, `--alpha`, `params.yaml`."""
    resolved: Scalar | None
    """The number that fitting has made of it, if it has said one."""
    unseeded: bool
    """A seed that was left unset."""
    place: str
    """Statement that got it: `train.py:14`."""
    models: tuple[str, ...] = ()
    """Models that were fitted with it: `forest@2`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of a model."""

    measure: str
    value: float | None
    """None where it is no single number, or was computed and not kept."""
    on: str
    """`train`, `validation` or `test`; empty if nobody can tell."""
    averaging: str
    via: str
    """How it came to be computed: `call`, `score`, `search`, `cross-validation`, ..."""
    model: str
    """`forest@2`; the class of one that has no name, as `KMeans`; empty for one of a fold or a candidate."""
    run: str
    """`1`, `2.fold-0`, `3.candidate-4`."""
    tried: str
    """What a search had set: `C=10, kernel=rbf`."""
    name: str
    """The variable that holds it, `accuracy@1`; empty if none does."""
    place: str
    implied: bool = False
    """Nobody asked for it: the library has computed it on its own."""

    @property
    def how(self) -> str:
        """How it came to be computed, and whether anybody asked."""
        return f"{self.via}, unasked" if self.implied else self.via


@dataclass(frozen=True, slots=True)
class KeptCopy:
    """A model in the artifacts of the store."""

    name: str
    """`forest@2.skops`."""
    media_type: str
    sha256: str
    size_bytes: int | None

    @property
    def is_safe(self) -> bool:
        """Reading it runs no code that it holds; unpickling does."""
        return self.media_type != "application/x-python-pickle"


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A model that was fitted, on what."""

    label: str
    """`forest@2`."""
    implementation: str
    task: str
    features: tuple[str, ...]
    target: tuple[str, ...]
    classes: str
    """How often each class was among the labels: `no: 310, yes: 94`; empty if they were not counted."""
    inputs: tuple[str, ...]
    """Data that it was fitted on."""
    evaluated_on: tuple[str, ...]
    """Data that went into its measures, and that it was not fitted on."""
    run: str
    place: str
    size_bytes: int | None = None
    """Bytes of its arrays; None where they were not counted."""
    sha256: str = ""
    """Of its arrays in the order of their names; empty where they were too many, or not all."""
    kept: KeptCopy | None = None
    """Where its bytes are kept, if they are."""
    chosen: str = ""
    """What a search has set it to: `{'C': 10, 'kernel': 'rbf'}`; empty for any other model."""
    continues: str = ""
    """The earlier model that is the same object: it was fitted once more; empty if there is none."""


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Fits on folds of data, by a function that cross-validates or by a search."""

    run: str
    by: str
    """`sklearn.model_selection.cross_val_score`."""
    kind: str
    """`cross-validation` or `search`."""
    estimators: tuple[str, ...]
    """Classes of what was fitted, as far as their settings tell."""
    on: tuple[str, ...]
    """Data that was parted: `X_train@1`."""
    folds: int | None
    folded_by: str
    """The splitter's class; empty where nobody knows."""
    held_out: tuple[int, ...]
    """Rows held out, by fold; empty where only the library knows."""
    place: str
    chosen: str = ""
    """What a search has chosen that fits no model itself: `C=10, kernel=rbf`."""


class LearningFacts:
    """Reads what the quads of one trial say of learning."""

    def __init__(self, facts: Facts, trial_id: str) -> None:
        self._facts = facts
        self._describe = Describer(facts, trial_id)
        self._fitted_with: dict[Term, list[str]] = {}
        """For each setting the labels of the models that were fitted with it."""
        for run in self._runs():
            model = self._model_of(run)
            if model is not None:
                for one in facts.objects(run, "mls:hasInput"):
                    self._fitted_with.setdefault(one, []).append(self._label(model))

    # ---------------------------------------------------------------- parameters

    def parameters(self) -> tuple[Parameter, ...]:
        """List all settings but those that are the resolution of another, in the order of the calls that got them."""
        facts = self._facts
        settings = facts.instances("mls:HyperParameterSetting")
        resolved = {
            before: scalar
            for iri in settings
            if facts.text(iri, "pk:origin") is not None and self._origin(iri) == "resolved"
            for before in facts.objects(iri, "prov:wasDerivedFrom")
            if (scalar := facts.scalar(iri, "mls:hasValue")) is not None
        }
        found = [iri for iri in settings if self._origin(iri) != "resolved"]
        return tuple(
            self._parameter(iri, resolved.get(iri)) for iri in sorted(found, key=self._order)
        )

    def _origin(self, setting: Term) -> str:
        return (self._facts.text(setting, "pk:origin") or "").rpartition("#")[2]

    def _user(self, setting: Term) -> Term | None:
        users = self._facts.having("prov:used", setting)
        return min(users, key=self._execution_order, default=None)

    def _execution_order(self, execution: Term) -> int:
        order = self._facts.scalar(execution, "pk:order")
        return order if isinstance(order, int) else 0

    def _order(self, setting: Term) -> tuple[int, bool]:
        user = self._user(setting)
        given = self._origin(setting) == "given"
        return (self._execution_order(user) if user else 0), not given

    def _parameter(self, iri: Term, resolved: Scalar | None) -> Parameter:
        facts = self._facts
        owner, _, name = (facts.text(iri, "mls:specifiedBy") or "").rpartition("/")
        user = self._user(iri)
        place = self._describe.place_of(user) if user else None
        held = facts.having("prov:wasDerivedFrom", iri)
        holders = [one for one in held if not facts.is_a(one, "mls:HyperParameterSetting")]
        holder = self._holder(holders, user, _qualified_name(owner))
        value = facts.scalar(iri, "mls:hasValue")
        return Parameter(
            name=facts.text(iri, "rdfs:label") or name,
            value=value if value is not None else facts.text(iri, "pk:repr") or "",
            origin=self._origin(iri),
            of=_qualified_name(owner),
            holder=self._label(holder) if holder else "",
            set_by=facts.text(iri, "pk:setBy") or "",
            where=facts.text(iri, "pk:setAt") or "",
            resolved=resolved,
            unseeded=bool(facts.scalar(iri, "pk:unseeded")),
            place=f"{place.path}:{place.line}" if place else "",
            models=tuple(self._fitted_with.get(iri, ())),
        )

    def _holder(self, found: list[Term], user: Term | None, owner: str) -> Term | None:
        """Choose what a setting belongs to: the object that was made with it, or what the call that got it gave."""
        facts = self._facts
        name = owner.rpartition(".")[2]
        of_class = [one for one in found if _last_part(facts.text(one, "pk:type")) == name]
        made = [one for one in found if user in facts.objects(one, "prov:wasGeneratedBy")]
        # A parameter of the program's own function is no object that has it.
        made = [one for one in made if f"{name}." not in self._label(one)]
        # Of all that a call has changed (a network and its layers) the model, or what has a name of its own.
        return min(of_class or made, key=self._by_rank, default=None)

    def _by_rank(self, holder: Term) -> tuple[bool, bool, str]:
        label = self._label(holder)
        return not self._facts.is_a(holder, "mls:Model"), "@" not in label, label

    def _label(self, iri: Term) -> str:
        return self._facts.text(iri, "rdfs:label") or ""

    # ---------------------------------------------------------------- models and measures

    def models(self) -> tuple[FittedModel, ...]:
        """List the models in the order of their runs."""
        runs = [run for run in self._runs() if self._model_of(run) is not None]
        return tuple(self._model(run) for run in runs)

    def measures(self, *, folds: bool = False) -> tuple[Measured, ...]:
        """List the measures in the order of their runs.

        Args:
            folds: Those of single folds and candidates; without it, the mean of those of a model's folds.
        """
        found: list[Measured] = []
        of_folds: dict[tuple[str, str, str], list[Measured]] = {}
        for run in self._runs():
            kind = self._facts.text(run, "pk:runKind")
            if folds or kind not in ("fold", "candidate"):
                found.extend(self._measured(run))
            elif kind == "fold":
                for one in self._measured(run):
                    of_run = one.run.partition(".")[0], one.measure, one.on
                    of_folds.setdefault(of_run, []).append(one)
        found.extend(
            replace(
                parts[0],
                value=fsum(values) / len(values),
                via=f"{parts[0].via}, mean of {len(values)}",
                run=run,
                name="",
            )
            for (run, _, _), parts in of_folds.items()
            if len(values := [one.value for one in parts if one.value is not None]) > 1
        )
        told = {one for run in self._runs() for one in self._facts.objects(run, "mls:hasOutput")}
        untied = [one for one in self._facts.instances("mls:ModelEvaluation") if one not in told]
        # Of these nobody knows which model gave what they compare.
        found.extend(self._one_measured(iri, "", "", "") for iri in untied)
        return tuple(sorted(found, key=lambda one: int(one.run.partition(".")[0] or 0)))

    def cross_validations(self) -> tuple[CrossValidation, ...]:
        """List what was fitted on folds, in the order of the runs."""
        facts = self._facts
        folds: dict[str, list[Term]] = {}
        for run in self._runs():
            if facts.text(run, "pk:runKind") == "fold":
                folds.setdefault(_run_key(run).partition(".")[0], []).append(run)
        found = []
        for run in self._runs():
            kind = facts.text(run, "pk:runKind") or ""
            count = facts.scalar(run, "pk:folds")
            if kind not in ("cross-validation", "search"):
                continue
            held = (facts.scalar(one, "pk:rowsHeldOut") for one in folds.get(_run_key(run), ()))
            parted = facts.objects(run, "pk:learnedFrom")
            makers = facts.having("pk:partOfRun", run)
            first = min(makers, key=self._execution_order, default=None)
            place = self._describe.place_of(first) if first else None
            found.append(
                CrossValidation(
                    run=_run_key(run),
                    by=_qualified_name(facts.text(run, "mls:executes") or ""),
                    kind=kind,
                    estimators=self._estimators_of(run),
                    on=tuple(self._label(one) for one in parted),
                    folds=count if isinstance(count, int) else None,
                    folded_by=facts.text(run, "pk:foldedBy") or "",
                    held_out=tuple(rows for rows in held if isinstance(rows, int)),
                    place=f"{place.path}:{place.line}" if place else "",
                    chosen=self._candidate_chosen(run) if self._model_of(run) is None else "",
                )
            )
        return tuple(found)

    def _candidate_chosen(self, search: Term) -> str:
        """Find what was set in the candidate whose number is the search's own."""
        own = {one.value for one in self._measured(search)}
        key = f"{_run_key(search)}.candidate"
        for run in self._runs() if own else ():
            if _run_key(run).startswith(key):
                for one in self._measured(run):
                    if one.value in own:
                        return one.tried
        return ""

    def _estimators_of(self, run: Term) -> tuple[str, ...]:
        """Name the classes whose settings went into a run, but for what ran it and what parted its data."""
        facts = self._facts
        itself = _qualified_name(facts.text(run, "mls:executes") or "")
        owners = (
            _qualified_name((facts.text(one, "mls:specifiedBy") or "").rpartition("/")[0])
            for one in facts.objects(run, "mls:hasInput")
            if facts.is_a(one, "mls:HyperParameterSetting")
        )
        named = (one for one in owners if one != itself and one.rpartition(".")[2][:1].isupper())
        return tuple(dict.fromkeys(named))

    def _runs(self) -> list[Term]:
        return sorted(self._facts.instances("mls:Run"), key=_run_number)

    def _model_of(self, run: Term) -> Term | None:
        outputs = self._facts.objects(run, "mls:hasOutput")
        return next((one for one in outputs if self._facts.is_a(one, "mls:Model")), None)

    def _model(self, run: Term) -> FittedModel:
        facts = self._facts
        model = self._model_of(run)
        assert model is not None
        inputs = [
            one
            for one in facts.objects(run, "mls:hasInput")
            if not facts.is_a(one, "mls:HyperParameterSetting")
        ]
        fitted_on = set(facts.objects(run, "pk:learnedFrom"))
        learned = [one for one in inputs if one in fitted_on or self._are_rows_of_training(one)]
        others = [one for one in inputs if one not in learned]
        formula = self._formula(run)
        task = facts.object(run, "mls:achieves")
        maker = facts.object(model, "prov:wasGeneratedBy")
        place = self._describe.place_of(maker) if maker else None
        size = facts.scalar(model, "pk:byteSize")
        return FittedModel(
            label=self._label(model),
            implementation=_qualified_name(facts.text(run, "mls:executes") or ""),
            task=self._label(task) if task else "",
            features=formula[1] or self._names(learned, "pk:featureNames"),
            target=formula[0] or self._names(learned, "pk:targetNames"),
            classes=self._classes(learned),
            inputs=tuple(self._label(one) for one in learned),
            evaluated_on=tuple(self._label(one) for one in others),
            run=_run_key(run),
            place=f"{place.path}:{place.line}" if place else "",
            size_bytes=size if isinstance(size, int) else None,
            sha256=facts.text(model, "pk:contentDigest") or "",
            kept=self._copies.get(model),
            chosen=self._chosen(model),
            continues=self._earlier_model(model),
        )

    def _are_rows_of_training(self, data: Term) -> bool:
        """Tell whether data is the rows of a fold by which a model was given what it learned from."""
        facts = self._facts
        role = facts.text(data, "pk:splitRole")
        return role == "train" and facts.object(data, "pk:fold") is not None

    def _formula(self, run: Term) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name what a run's formula explains, and by what; nothing if it has none."""
        facts = self._facts
        for one in facts.objects(run, "mls:hasInput"):
            if not facts.is_a(one, "mls:HyperParameterSetting"):
                continue
            parameter = facts.text(one, "mls:specifiedBy") or ""
            if "formula" in (facts.text(one, "rdfs:label"), parameter.rpartition("/")[2]):
                value = facts.scalar(one, "mls:hasValue")
                return names_of_formula(value if isinstance(value, str) else "")
        return (), ()

    def _chosen(self, model: Term) -> str:
        written = json.loads(self._facts.text(model, "pk:fitted") or "{}")
        return str(written.get("best_params_", ""))

    def _earlier_model(self, model: Term) -> str:
        earlier = self._facts.object(model, "prov:wasRevisionOf")
        while earlier is not None:
            if self._facts.is_a(earlier, "mls:Model"):
                return self._label(earlier)
            earlier = self._facts.object(earlier, "prov:wasRevisionOf")
        return ""

    @cached_property
    def _copies(self) -> dict[Term, KeptCopy]:
        """By model, the copy of it that is kept."""
        found: dict[Term, KeptCopy] = {}
        for of, kept in self._kept():
            found.setdefault(of, kept)
        return found

    def kept(self) -> tuple[tuple[str, KeptCopy], ...]:
        """List the models that are kept, each with its label: the model `forest@2`."""
        return tuple((self._label(of), kept) for of, kept in self._kept())

    def _kept(self) -> Iterator[tuple[Term, KeptCopy]]:
        facts = self._facts
        for node, of in facts.pairs("prov:alternateOf"):
            content = facts.object(node, "prov:specializationOf")
            media_type = facts.text(node, "schema:encodingFormat")
            if content is None or media_type is None or facts.text(of, "pk:type") is None:
                continue
            size = facts.scalar(content, "pk:byteSize")
            size_bytes = size if isinstance(size, int) else None
            copy = KeptCopy(self._label(node), media_type, digest_of(content), size_bytes)
            yield self._model_that_is(of), copy

    def _model_that_is(self, version: Term) -> Term:
        """Find the model that a version is of: what was kept at the end may be a later one than what was fitted."""
        current: Term | None = version
        while current is not None:
            if self._facts.is_a(current, "mls:Model"):
                return current
            current = self._facts.object(current, "prov:wasRevisionOf")
        return version

    def _names(self, inputs: list[Term], predicate: str) -> tuple[str, ...]:
        for one in inputs:
            written = self._facts.text(one, predicate)
            if written is not None:
                return tuple(json.loads(written))
        return ()

    def _classes(self, inputs: list[Term]) -> str:
        for one in inputs:
            for quality in self._facts.objects(one, "mls:hasQuality"):
                return self._facts.text(quality, "mls:hasValue") or ""
        return ""

    def _measured(self, run: Term) -> Iterator[Measured]:
        facts = self._facts
        model = self._model_of(run)
        tried = sorted(text_of(one) for one in facts.objects(run, "pk:tried"))
        for iri in facts.objects(run, "mls:hasOutput"):
            if facts.is_a(iri, "mls:ModelEvaluation"):
                label = self._label(model) if model else self._class_thrown_away(run)
                yield self._one_measured(iri, label, _run_key(run), ", ".join(tried))

    def _class_thrown_away(self, run: Term) -> str:
        """Name the class of what a run has fitted and nobody has given a name: in the rounds of a comprehension."""
        if self._facts.text(run, "pk:runKind") != "fit":
            return ""
        return _qualified_name(self._facts.text(run, "mls:executes") or "").rpartition(".")[2]

    def _one_measured(self, iri: Term, model: str, run: str, tried: str) -> Measured:
        facts = self._facts
        measure = facts.object(iri, "mls:specifiedBy")
        value = facts.object(iri, "mls:hasValue")
        number = scalar_of(value) if value is not None else None
        maker = facts.object(iri, "prov:wasGeneratedBy")
        place = self._describe.place_of(maker) if maker else None
        return Measured(
            measure=self._label(measure) if measure else "",
            value=float(number) if isinstance(number, int | float) else None,
            on=facts.text(iri, "pk:evaluatedOn") or "",
            averaging=facts.text(iri, "pk:averaging") or "",
            via=facts.text(iri, "pk:via") or "",
            model=model,
            run=run,
            tried=tried,
            name=self._label(iri),
            place=f"{place.path}:{place.line}" if place else "",
            implied=facts.object(iri, "pk:implied") is not None,
        )


def learning_of(store: LocalStore, trial_id: str) -> LearningFacts:
    """Read what a trial of a store says of learning."""
    return LearningFacts(Facts(store.quads(trial_id)), trial_id)


def kept_model(store: LocalStore, trial_id: str, name: str | None) -> tuple[KeptCopy, bytes]:
    """Give a model that is kept, and its bytes; nothing of it is read as an object.

    Args:
        store: The trial's.
        trial_id: The trial.
        name: The model's label, the variable that held it, or the name of the copy; None for the only one.

    Raises:
        UsageError: No model, or several, are kept under that name.
        StoreError: Its bytes are gone, or are not what they were.
    """
    kept = learning_of(store, trial_id).kept()
    found = [copy for label, copy in kept if name is None or name in (copy.name, *_names_of(label))]
    if len(found) == 1:
        return found[0], store.artifacts.read(found[0].sha256)
    wanted = "one model" if name is None else f"a model {name!r}"
    if not kept:
        raise UsageError(
            f"Trial {trial_id[:8]} keeps no model: models are kept by provkit capture --keep-models, "
            "and when the program gives one to provkit.tag."
        )
    raise UsageError(
        f"Couldn't choose {wanted} of trial {trial_id[:8]}: it keeps "
        f"{', '.join(label for label, _ in kept)}."
    )


def _names_of(label: str) -> tuple[str, ...]:
    variable = label.partition("@")[0]
    return label, variable, label.rpartition(".")[2], variable.rpartition(".")[2]


def _qualified_name(implementation: str) -> str:
    """Take the name out of the IRI of something called, whether its package is known or not."""
    return implementation.rpartition("#")[2].rpartition("/")[2]


def _last_part(name: str | None) -> str | None:
    return name.rpartition(".")[2] if name else None


def _run_key(run: Term) -> str:
    return text_of(run).rpartition("/ml-run/")[2]


def _run_number(run: Term) -> tuple[int, int, str]:
    first, _, rest = _run_key(run).partition(".")
    ordinal = rest.rpartition("-")[2]
    return int(first or 0), int(ordinal) if ordinal.isdigit() else -1, rest
