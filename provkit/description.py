"""A stored trial told in a page: what ran, how it ended, what went in and what came out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provkit.entities import Describer, Node, Place
from provkit.facts import Facts, scalar_of, text_of
from provkit.learning import FittedModel, LearningFacts, Measured
from provkit.model import Scalar
from provkit.notebook_description import CellSeen, cells_of, happened_between
from provkit.vocabulary import Term

if TYPE_CHECKING:
    from prov.model import ProvBundle, ProvRecord

    from provkit.store import Annotations, LocalStore

_METRIC = re.compile(
    r"(?:^|_)(?:acc|accuracy|auc|auroc|average_precision|error|f1|f_?beta|iou|kappa|logloss|loss|"
    r"mae|mape|mcc|metric|mse|perplexity|precision|r2|recall|rmse|rmsle|roc|score|sensitivity|"
    r"silhouette|specificity)(?:_|\d*$)",
    re.IGNORECASE,
)
"""Names that people give to what they measure."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One state of a file, as the trial met it."""

    path: str
    digest: str | None
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class NamedScalar:
    """The last value of a variable that is one number, text or truth value."""

    name: str
    value: Scalar
    place: str
    """Where it was made, `train.py:16`."""
    source: str
    """The statement that made it."""
    is_metric: bool = False
    """An evaluation by the graph's own word, or by the name of the variable or of the callee."""


@dataclass(frozen=True, slots=True)
class FailureSeen:
    """The exception that ended a trial."""

    type: str
    message: str
    place: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class TrialDescription:
    """What a person wants to know of one trial."""

    id: str
    label: str
    """The command line."""
    status: str
    exit_status: int | None
    started_at: datetime | None
    ended_at: datetime | None
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    agent: str | None = None
    experiment: str | None = None
    script: FileState | None = None
    modules: tuple[FileState, ...] = ()
    """The project's own modules that were imported."""
    inputs: tuple[FileState, ...] = ()
    outputs: tuple[FileState, ...] = ()
    steps: int = 0
    """Statements and calls of the text that were carried out."""
    executions: int = 0
    values: int = 0
    scalars: tuple[NamedScalar, ...] = ()
    """In the order of their making."""
    models: tuple[FittedModel, ...] = ()
    measures: tuple[Measured, ...] = ()
    """Of models, but for those of single folds and candidates, and those nobody asked for."""
    settings: tuple[tuple[str, str, Scalar], ...] = ()
    """Key, label and value of what surrounded the run: git, machine, command line."""
    packages: tuple[tuple[str, str], ...] = ()
    """Name and version of what was imported."""
    interpreter: str | None = None
    platform: str | None = None
    failure: FailureSeen | None = None
    signal: int | None = None
    """Number of the signal that killed it."""
    cpu_seconds: float | None = None
    peak_memory_bytes: int | None = None
    written: tuple[tuple[str, str], ...] = ()
    """Stream and tail of what the program wrote."""
    warnings: tuple[str, ...] = ()
    cells: tuple[CellSeen, ...] = ()
    """Of a notebook; empty for anything else."""
    between: tuple[str, ...] = ()
    """What happened while none of the notebook's cells ran, in words."""

    @property
    def seconds(self) -> float | None:
        """How long it ran."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def setting(self, key: str) -> Scalar | None:
        """Give the value of a setting by its key, `git.commit`."""
        return next((value for found, _, value in self.settings if found == key), None)


@dataclass(frozen=True, slots=True)
class StatementCounts:
    """How much of what one part of a document says: its top, or one of its bundles."""

    bundle: str | None
    """The bundle's IRI; None for what stands outside bundles."""
    entities: int
    activities: int
    agents: int
    relations: tuple[tuple[str, int], ...]
    """Name in PROV-N and number of statements, by name."""


@dataclass(frozen=True, slots=True)
class DocumentDescription:
    """What a person wants to know of an imported PROV document."""

    id: str
    iri: str
    parts: tuple[StatementCounts, ...]
    """The top first, then the bundles in the order of their names."""
    prefixes: tuple[tuple[str, str], ...]
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    status: str = "imported"


def describe_document(store: LocalStore, import_id: str) -> DocumentDescription:
    """Count what an imported document says, each thing once however often it is stated."""
    from provkit.prov_document import document_of, prefixes_in

    summary = store.summary(import_id)
    document = document_of(store.quads(import_id))
    return DocumentDescription(
        id=import_id,
        iri=summary.iri,
        parts=(
            _counts(document, None),
            *sorted(
                (_counts(bundle, _uri(bundle)) for bundle in document.bundles),
                key=lambda part: str(part.bundle),
            ),
        ),
        prefixes=tuple(sorted(prefixes_in(document).items())),
        name=summary.name,
        tags=summary.tags,
        note=summary.note,
    )


def _uri(named: ProvBundle | ProvRecord) -> str:
    return "" if named.identifier is None else str(named.identifier.uri)


def _counts(bundle: ProvBundle, name: str | None) -> StatementCounts:
    from prov.model import PROV_N_MAP, ProvElement

    things: dict[str, set[str]] = {"entity": set(), "activity": set(), "agent": set()}
    relations: Counter[str] = Counter()
    for record in bundle.records:
        kind = PROV_N_MAP[record.get_type()]
        if isinstance(record, ProvElement):
            things[kind].add(_uri(record))
        else:
            relations[kind] += 1
    return StatementCounts(
        bundle=name,
        entities=len(things["entity"]),
        activities=len(things["activity"]),
        agents=len(things["agent"]),
        relations=tuple(sorted(relations.items())),
    )


def describe_trial(store: LocalStore, trial_id: str) -> TrialDescription:
    """Read one trial from its segment, and its name, tags and note from beside it."""
    facts = Facts(store.quads(trial_id))
    return describe_facts(
        facts, LearningFacts(facts, trial_id), trial_id, store.annotations(trial_id)
    )


def describe_facts(
    facts: Facts, learning: LearningFacts, trial_id: str, annotations: Annotations
) -> TrialDescription:
    """Say what a person wants to know of a trial whose triples are read already.

    Args:
        facts: What its segment says.
        learning: What that says of learning.
        trial_id: Its full id.
        annotations: Its name, tags and note.
    """
    return _Reader(facts, learning, trial_id).description(
        name=annotations.name, tags=tuple(annotations.tags), note=annotations.note
    )


class _Reader:
    def __init__(self, facts: Facts, learning: LearningFacts, trial_id: str) -> None:
        self.facts = facts
        self.learning = learning
        self.trial_id = trial_id
        self.describer = Describer(facts, trial_id)
        self.trial = next(
            (iri for iri in facts.instances("repr:Trial") if iri.endswith(f"trial/{trial_id}>")),
            "",
        )
        self.executions = [
            iri for iri in facts.subjects() if facts.object(iri, "pk:order") is not None
        ]
        self.below = [iri for iri in facts.subjects() if f"/{trial_id}/" in iri]

    def description(
        self, *, name: str | None, tags: tuple[str, ...], note: str | None
    ) -> TrialDescription:
        facts, trial = self.facts, self.trial
        data, code = self._files()
        script, modules = self._texts(code)
        learning = self.learning
        return TrialDescription(
            id=self.trial_id,
            label=facts.text(trial, "rdfs:label") or self.trial_id,
            status=_local(facts.object(trial, "pk:status")),
            exit_status=_whole(facts.scalar(trial, "pk:exitStatus")),
            started_at=_moment(facts.text(trial, "prov:startedAtTime")),
            ended_at=_moment(facts.text(trial, "prov:endedAtTime")),
            name=name,
            tags=tags,
            note=note,
            agent=self._agent(),
            experiment=next(
                (facts.text(iri, "rdfs:label") for iri in facts.instances("repr:Experiment")), None
            ),
            script=script,
            modules=modules,
            inputs=tuple(self._state(iri) for iri in data if not self._was_made(iri)),
            outputs=tuple(self._state(iri) for iri in self._left(data)),
            steps=len({facts.object(e, "p-plan:correspondsToStep") for e in self.executions}),
            executions=len(self.executions),
            values=len([iri for iri in self.below if self.describer.kind(iri) == "value"]),
            scalars=self._scalars(),
            models=learning.models(),
            measures=tuple(one for one in learning.measures() if not one.implied),
            settings=self._settings(),
            packages=self._packages(),
            interpreter=self._software("repr:ProgrammingLanguage"),
            platform=self._software("repr:OperatingSystem"),
            failure=self._failure(),
            signal=_whole(facts.scalar(trial, "pk:signal")),
            cpu_seconds=_number(facts.scalar(trial, "pk:cpuSeconds")),
            peak_memory_bytes=_whole(facts.scalar(trial, "pk:peakMemory")),
            written=self._written(),
            warnings=tuple(text_of(text) for text in facts.objects(trial, "pk:warning")),
            cells=cells_of(facts),
            between=happened_between(facts),
        )

    # -------------------------------------------------------------- who and where

    def _agent(self) -> str | None:
        agent = self.facts.object(self.trial, "prov:wasAssociatedWith")
        return self.facts.text(agent, "rdfs:label") if agent else None

    def _software(self, kind: str) -> str | None:
        for iri in self.facts.instances(kind):
            label = self.facts.text(iri, "rdfs:label") or ""
            version = self.facts.text(iri, "schema:softwareVersion") or ""
            return f"{label} {version}".strip()
        return None

    def _packages(self) -> tuple[tuple[str, str], ...]:
        used = self.facts.objects(self.trial, "prov:used")
        found = []
        for iri in used:
            name, at, version = text_of(iri).rpartition("@")
            if name.startswith("pkg:pypi/") and at:
                found.append((unquote(name.removeprefix("pkg:pypi/")), unquote(version)))
        return tuple(sorted(found))

    def _settings(self) -> tuple[tuple[str, str, Scalar], ...]:
        found = []
        for iri in self.facts.objects(self.trial, "repr:hasSetting"):
            value = self.facts.object(iri, "prov:value")
            if value is None:
                continue
            key = text_of(iri).rpartition("/setting/")[2]
            label = self.facts.text(iri, "rdfs:label") or key
            found.append((key, label, scalar_of(value)))
        return tuple(sorted(found, key=lambda setting: setting[0]))

    # -------------------------------------------------------------- files

    def _files(self) -> tuple[list[Term], list[Term]]:
        """Part the files into data, in the order of first use, and the program's own text."""
        own = {
            text_of(content)
            for plan in self.facts.instances("p-plan:Plan")
            for content in self.facts.objects(plan, "prov:wasDerivedFrom")
        }
        used = self.facts.objects(self.trial, "prov:used")
        notebook = self._notebook()
        data: list[Term] = []
        code: list[Term] = []
        for iri in self.below:
            if self.describer.kind(iri) != "file":
                continue
            content = self.facts.text(iri, "prov:specializationOf")
            is_code = iri in used and (content in own or iri == notebook)
            (code if is_code else data).append(iri)
        return data, code

    def _texts(self, code: list[Term]) -> tuple[FileState | None, tuple[FileState, ...]]:
        association = self.facts.object(self.trial, "prov:qualifiedAssociation")
        plan = self.facts.object(association, "prov:hadPlan") if association else None
        content = self.facts.object(plan, "prov:wasDerivedFrom") if plan else None
        notebook = self._notebook()
        script, modules = None, []
        for iri in code:
            is_script = (
                self.facts.object(iri, "prov:specializationOf") == content or iri == notebook
            )
            if script is None and is_script:
                script = self._state(iri)
            else:
                modules.append(self._state(iri))
        return script, tuple(sorted(modules, key=lambda state: state.path))

    def _notebook(self) -> Term | None:
        """Find the file of the notebook that was run; None if it was none, or had none."""
        for plan in self.facts.instances("repr:Notebook"):
            return next(iter(self.describer.notebooks_of(text_of(plan))), None)
        return None

    def _was_made(self, iri: Term) -> bool:
        return self.facts.object(iri, "prov:wasGeneratedBy") is not None

    def _left(self, data: list[Term]) -> list[Term]:
        """List the files that the program has made and left: not what it removed, moved or wrote over since."""
        last: dict[str, Term] = {}
        for iri in data:
            if self._was_made(iri):
                label = self.facts.text(iri, "rdfs:label") or iri
                last.pop(label, None)
                last[label] = iri
        return [
            iri for iri in last.values() if self.facts.object(iri, "prov:wasInvalidatedBy") is None
        ]

    def _state(self, iri: Term) -> FileState:
        node = self.describer(iri)
        content = self.facts.object(iri, "prov:specializationOf")
        size = _whole(self.facts.scalar(content or iri, "pk:byteSize"))
        return FileState(node.label, node.digest, size)

    # -------------------------------------------------------------- values

    def _scalars(self) -> tuple[NamedScalar, ...]:
        last: dict[str, tuple[int, Node, Term]] = {}
        for iri in self.below:
            if self.describer.kind(iri) != "value":
                continue
            node = self.describer(iri)
            name, at, version = node.label.rpartition("@")
            is_named = bool(at and self.facts.objects(iri, "p-plan:correspondsToVariable"))
            # By number: what a loop leaves is the last version, and made by what began before its rounds.
            number = int(version) if version.isdigit() else 0
            if is_named and (name not in last or last[name][0] <= number):
                last[name] = (number, node, iri)
        found = sorted(last.items(), key=lambda item: item[1][1].order)
        return tuple(
            self._scalar(name, node, iri)
            for name, (_, node, iri) in found
            if self.facts.objects(iri, "prov:value")
        )

    def _scalar(self, name: str, node: Node, iri: Term) -> NamedScalar:
        value = scalar_of(self.facts.objects(iri, "prov:value")[0])
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_metric = self.facts.is_a(iri, "mls:ModelEvaluation") or (
            # Where measures are known, a name alone says less: it may be a sum on the way to one.
            is_number
            and not self._are_measures_known
            and bool(_METRIC.search(name) or ".metrics." in f".{node.called or ''}.")
        )
        return NamedScalar(name, value, node.place, node.source or "", is_metric)

    @cached_property
    def _are_measures_known(self) -> bool:
        return any(
            self.facts.objects(one, "mls:hasValue")
            for one in self.facts.instances("mls:ModelEvaluation")
        )

    # -------------------------------------------------------------- the end

    def _failure(self) -> FailureSeen | None:
        kind = self.facts.text(self.trial, "pk:failedWith")
        if kind is None:
            return None
        message = self.facts.text(self.trial, "pk:failureMessage") or ""
        execution = self.facts.object(self.trial, "pk:failedIn")
        place = self.describer.place_of(execution) if execution else None
        place = place or Place("", 0, "")
        where = f"{place.path}:{place.line}" if place.line else ""
        return FailureSeen(kind, message, where, place.source)

    def _written(self) -> tuple[tuple[str, str], ...]:
        found = []
        for iri in self.below:
            if self.facts.object(iri, "pk:characterCount") is not None:
                stream = text_of(iri).rpartition("/")[2]
                found.append((stream, self.facts.text(iri, "prov:value") or ""))
        return tuple(sorted(found, reverse=True))


def _local(iri: Term | None) -> str:
    return re.split(r"[#/]", text_of(iri))[-1] if iri else "unknown"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _whole(value: Scalar | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Scalar | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None
