"""What is worth knowing of every trial at a glance, without opening the index.

The catalog is one JSON line for each segment, keyed by the sizes and times of the files it
was read from. It is disposable: a line that is missing, damaged or older than its files is
made again from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from provkit.errors import StoreError
from provkit.store.durable import write_if_possible
from provkit.store.segment import quads_in, read_segment
from provkit.store.stamps import Holding, Stamp
from provkit.store.terms import parts
from provkit.vocabulary import PREFIXES, Quad

if TYPE_CHECKING:
    # Importing the model takes as long as all of the store, and listing trials needs none of it.
    from provkit.model import Status

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Annotations:
    """What people say about a trial; unlike the trial, it can change."""

    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One line of the list of trials."""

    id: str
    iri: str
    label: str
    status: Status | Literal["imported", "unknown"]
    """`imported` for a PROV document from elsewhere, which has no run of its own; `unknown` only
    for a segment that another tool wrote without a status."""
    exit_status: int | None
    started_at: datetime | None
    ended_at: datetime | None
    script: str | None
    graphs: tuple[str, ...]
    """IRIs of the named graphs that its segment has statements in."""
    quads: int
    size_bytes: int
    """Of its segment on disk."""
    name: str | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None

    @property
    def duration_seconds(self) -> float | None:
        """Time from start to end; None while either is unknown."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class Catalog:
    """The file of summaries, as far as it is still true."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def summaries(self, holdings: Mapping[str, Holding], warnings: list[str]) -> list[TrialSummary]:
        """Summarise the trials held, the oldest first.

        Args:
            holdings: What is in the store now.
            warnings: Gets a sentence for each trial that cannot be read; it is left out.
        """
        known = self._entries()
        entries: dict[str, dict[str, Any]] = {}
        for trial_id, holding in holdings.items():
            entry = known.get(trial_id)
            if entry is None or entry["key"] != _key(holding):
                try:
                    entry = _entry(trial_id, holding, warnings=warnings)
                except StoreError as error:
                    warnings.append(str(error))
                    continue
            entries[trial_id] = entry
        if entries != known:
            self._write(entries.values())
        found = [_summary(entry["trial"]) for entry in entries.values()]
        return sorted(found, key=_age)

    def add(self, trial_id: str, holding: Holding, quads: Iterable[Quad]) -> None:
        """Note a trial whose quads are at hand, which saves reading them back."""
        # What fails here is made again from the segment when it is asked for.
        with suppress(OSError, StoreError):
            entry = _entry(trial_id, holding, quads)
            with self._path.open("ab") as file:
                file.write(_line(entry))

    def _entries(self) -> dict[str, dict[str, Any]]:
        """Read what is there; a later line about the same trial wins."""
        entries: dict[str, dict[str, Any]] = {}
        try:
            content = self._path.read_bytes()
        except OSError:
            return entries
        for line in content.splitlines():
            try:
                entry = json.loads(line)
                if entry["version"] == _VERSION:
                    _summary(entry["trial"])
                    entries[entry["trial"]["id"]] = entry
            except (ValueError, KeyError, TypeError):
                continue  # two writers met, or a disk lied: the segment still knows
        return entries

    def _write(self, entries: Iterable[dict[str, Any]]) -> None:
        write_if_possible(self._path, b"".join(map(_line, entries)))


def annotations_in(quads: Iterable[Quad]) -> Annotations:
    """Read a trial's name, tags and note from the quads that say them."""
    name: str | None = None
    note: str | None = None
    tags: list[str] = []
    for _, predicate, value, _ in quads:
        if predicate == _NAME:
            name = parts(value).text
        elif predicate == _TAG:
            tags.append(parts(value).text)
        elif predicate == _COMMENT:
            note = parts(value).text
    return Annotations(name, tuple(sorted(set(tags))), note)


def trial_iri(trial_id: str, graphs: Iterable[str]) -> str | None:
    """Find a trial's IRI from the named graphs of its segment, whatever base it was made with.

    That of an imported document, whose id is the first half of a digest, is found likewise.
    """
    own = re.compile(rf"(.*(?:trial/{trial_id}(?=/graph)|import/{trial_id}[0-9a-f]{{32}}))/\w+")
    return next((found[1] for graph in graphs if (found := own.fullmatch(graph))), None)


def is_import(iri: str | None) -> bool:
    """Tell the IRI of an imported document from that of a trial."""
    return iri is not None and _IMPORT.fullmatch(iri) is not None


_IMPORT = re.compile(r".*import/[0-9a-f]{64}")


# ------------------------------------------------------------ one line of the catalog


def _entry(
    trial_id: str,
    holding: Holding,
    quads: Iterable[Quad] | None = None,
    *,
    warnings: list[str] | None = None,
) -> dict[str, Any]:
    """Gather a trial's entry, from its quads or else from its files.

    If its annotations cannot be read, `warnings` is told each time, and the rest is as without any.
    """
    if quads is None:
        segment = read_segment(holding.segment)
        quads = quads_in(segment.lines, holding.segment)
    facts = _facts(trial_id, quads)
    said = Annotations()
    key = _key(holding)
    if holding.annotations is not None:
        try:
            said = annotations_in(read_annotations(holding.annotations))
        except StoreError as error:
            if warnings is None:
                raise
            warnings.append(str(error))
            key = []
    trial = {
        "id": trial_id,
        **facts,
        "size_bytes": holding.segment_stamp.size,
        **asdict(said),
    }
    return {"version": _VERSION, "key": key, "trial": json.loads(json.dumps(trial))}


def read_annotations(path: Path) -> Iterator[Quad]:
    """Read what is said of a trial.

    Raises:
        StoreError: The file cannot be read.
    """
    try:
        lines = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"Couldn't read {str(path)!r}: {(error.strerror or str(error)).lower()}. "
            "Check who may read the store's folder."
        ) from error
    return quads_in(lines, path)


def _key(holding: Holding) -> list[int]:
    annotations = holding.annotations_stamp or Stamp(-1, -1)
    return [*holding.segment_stamp, *annotations]


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _summary(trial: dict[str, Any]) -> TrialSummary:
    return TrialSummary(
        **{
            **trial,
            "started_at": _moment(trial["started_at"]),
            "ended_at": _moment(trial["ended_at"]),
            "graphs": tuple(trial["graphs"]),
            "tags": tuple(trial["tags"]),
        }
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _age(trial: TrialSummary) -> tuple[float, str]:
    return (trial.started_at.timestamp() if trial.started_at else 0.0, trial.id)


# ------------------------------------------------------------ facts in the quads


def _term(prefix: str, name: str) -> str:
    return f"<{PREFIXES[prefix]}{name}>"


_NAME = _term("pk", "name")
_TAG = _term("pk", "tag")
_COMMENT = _term("rdfs", "comment")
_LABEL = _term("rdfs", "label")
_STATUS = _term("pk", "status")
_EXIT_STATUS = _term("pk", "exitStatus")
_STARTED = _term("prov", "startedAtTime")
_ENDED = _term("prov", "endedAtTime")
_USED = _term("prov", "used")
_PLAN = _term("prov", "hadPlan")
_DERIVED = _term("prov", "wasDerivedFrom")
_BYTES = _term("prov", "specializationOf")
_KNOWN: tuple[Status, ...] = ("completed", "failed", "aborted")
_STATUSES = {_term("pk", status): status for status in _KNOWN}
_OF_TRIAL = frozenset({_LABEL, _STATUS, _EXIT_STATUS, _STARTED, _ENDED})
_OF_FILES = frozenset({_LABEL, _BYTES})


def _facts(trial_id: str, quads: Iterable[Quad]) -> dict[str, Any]:
    """Pick the few facts of a summary out of a trial's quads, in one pass."""
    own = f"trial/{trial_id}>"
    association = f"trial/{trial_id}/association>"
    of_trial: dict[str, str] = {}
    of_files: dict[tuple[str, str], str] = {}
    derived: dict[str, str] = {}
    used: list[str] = []
    plan: str | None = None
    graphs: dict[str, None] = {}
    count = 0
    for subject, predicate, value, graph in quads:
        count += 1
        graphs[graph] = None
        if subject.endswith(own):
            if predicate in _OF_TRIAL:
                of_trial[predicate] = value
            elif predicate == _USED:
                used.append(value)
        elif predicate in _OF_FILES:
            of_files[subject, predicate] = value
        elif predicate == _PLAN and subject.endswith(association):
            plan = value
        elif predicate == _DERIVED and "/plan/" in subject:
            derived[subject] = value
    names = tuple(graph.strip("<>") for graph in graphs)
    iri = trial_iri(trial_id, names)
    unsaid = ("PROV document", "imported") if is_import(iri) else (trial_id, "unknown")
    source = derived.get(plan or "")
    script = next((file for file in used if of_files.get((file, _BYTES)) == source), None)
    if script is None or source is None:
        script = _notebook(used, of_files)
    script_label = of_files.get((script, _LABEL)) if script else None
    exit_status = _text(of_trial.get(_EXIT_STATUS))
    return {
        "iri": iri or f"trial/{trial_id}",
        "label": _text(of_trial.get(_LABEL)) or unsaid[0],
        "status": _STATUSES.get(of_trial.get(_STATUS, ""), unsaid[1]),
        "exit_status": _integer(exit_status),
        "started_at": _time(of_trial.get(_STARTED)),
        "ended_at": _time(of_trial.get(_ENDED)),
        "script": _text(script_label),
        "graphs": names,
        "quads": count,
    }


def _notebook(used: Iterable[str], of_files: Mapping[tuple[str, str], str]) -> str | None:
    """Find a notebook's file, whose bytes hold more than its plan: it is what the trial itself used."""
    names = ((file, _text(of_files.get((file, _LABEL)))) for file in used)
    return next((file for file, name in names if name and name.endswith(".ipynb")), None)


def _text(term: str | None) -> str | None:
    return None if term is None else parts(term).text


def _integer(text: str | None) -> int | None:
    if text is None or not re.fullmatch(r"[+-]?\d+", text):
        return None
    return int(text)


def _time(term: str | None) -> str | None:
    text = _text(term)
    try:
        return None if text is None else datetime.fromisoformat(text).isoformat()
    except ValueError:
        return None
