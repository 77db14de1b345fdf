"""The store in a project's folder: `.provkit/`, files only, no server.

    config.json          format version, base IRI, name of the project
    trials/<id>.nq.gz    one sealed segment for each trial: the truth
    annotations/<id>.nq  name, tags and note of a trial
    journals/<id>/       what is being recorded, or was when it was interrupted
    artifacts/           what trials hold that is too long for their segments, by digest
    catalog.jsonl        disposable: one line for each trial, for the list of trials
    index/               disposable: the database that answers queries

Copying the folder copies everything; two stores merge by copying the files of one into the
other, as a trial keeps the base IRI that it was made with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.errors import (
    AmbiguousTrial,
    StoreBusy,
    StoreError,
    StoreNotFound,
    UnknownTrial,
)
from provkit.store.config import FOLDER_NAME, make_at_once, meant_folder, read_config, write_config
from provkit.store.durable import write_durably
from provkit.store.lock import locked
from provkit.store.stamps import SUFFIX, Holding, Stamp

if TYPE_CHECKING:
    import pyoxigraph

    from provkit.store.artifacts import Artifacts
    from provkit.store.catalog import Annotations, Catalog, TrialSummary
    from provkit.vocabulary import Quad

_ANNOTATIONS_SUFFIX = ".nq"
_TRIAL_ID = re.compile(r"[0-9a-f]{32}")
_IMPORT_ID = re.compile(r"(?:.*import/)?([0-9a-f]{32})[0-9a-f]{32}")
"""The id of a document that was imported, a digest: the first half of it is its id here."""
_PREFIX = re.compile(r"[0-9a-f]{4,32}", re.IGNORECASE)
_LAST = re.compile(r"last(?:~(\d+))?")
_LOCK_SECONDS = 5.0
_CANDIDATES_SHOWN = 8
# One trial of 3,500 quads is read into memory in about 10 ms without waiting for any lock; opening
# the index takes 16 to 90 ms, and 70 to 110 when a trial is to be taken in.
_IN_MEMORY_BYTES = 120_000


class LocalStore:
    """A store in a folder; made by `find` or `create`.

    `warnings` gathers a sentence for each file that had to be left out of an answer.
    """

    def __init__(self, folder: Path, *, base_iri: str, project_name: str) -> None:
        self.folder = folder
        self.base_iri = base_iri
        self.project_name = project_name
        self.warnings: list[str] = []
        self._trials = folder / "trials"
        self._annotations = folder / "annotations"

    @cached_property
    def _catalog(self) -> Catalog:
        # What reads and writes segments is loaded when one is: a capture starts its program first.
        from provkit.store.catalog import Catalog

        return Catalog(self.folder / "catalog.jsonl")

    @property
    def project(self) -> Path:
        """The folder whose trials these are."""
        return self.folder.parent

    @cached_property
    def artifacts(self) -> Artifacts:
        """What trials hold that is too long for their segments."""
        from provkit.store.artifacts import Artifacts

        return Artifacts(self.folder)

    def artifact(self, digest: str) -> bytes:
        """Give what is kept under a digest, SHA-256 in hex.

        Raises:
            StoreError: It is not there, or is not what it was.
        """
        return self.artifacts.read(digest)

    @property
    def journals(self) -> Path:
        """Where trials that run now are recorded, one folder each."""
        return self.folder / "journals"

    # -------------------------------------------------------- finding and making

    @classmethod
    def find(cls, start: Path | None = None, *, explicit: Path | None = None) -> LocalStore:
        """Open the store that a command means.

        Args:
            start: Folder from which to look upwards; the current one by default.
            explicit: The store's folder, or the project's that has one; wins over the
                variable `PROVKIT_STORE`, which wins over looking.

        Raises:
            StoreNotFound: There is none.
            StoreTooNew: A newer provkit made it.
            StoreError: The folder is there but is no store, or cannot be read.
        """
        if explicit is None and os.environ.get("PROVKIT_STORE"):
            explicit = Path(os.environ["PROVKIT_STORE"])
        if explicit is not None:
            return cls._open(meant_folder(explicit))
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / FOLDER_NAME).is_dir():
                return cls._open(folder / FOLDER_NAME)
        raise StoreNotFound(
            f"Found no store in {str(here)!r} or above it; capture something there, make one "
            "with `provkit init`, or name one with --store."
        )

    @classmethod
    def create(cls, folder: Path, *, base_iri: str | None = None) -> LocalStore:
        """Make a store, or open the one that is there already.

        Several processes can do so at once; they get the same store.

        Args:
            folder: The store's own folder, `.provkit` by custom.
            base_iri: Start of the IRIs of this project's trials. By default what
                `[tool.provkit] base-iri` of the project's pyproject.toml says, else
                `arcp://uuid,<a new uuid>/`, which is unique without a domain of one's own.

        Raises:
            StoreError: The folder cannot be made or written.
            BadInput: The base IRI is not absolute, or does not end in `/` or `#`.
        """
        folder = folder.absolute()
        if (folder / "config.json").exists():
            return cls._open(folder)
        try:
            make_at_once(folder, base_iri)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in ("trials", "annotations", "journals"):
                (folder / part).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"Couldn't make the store {str(folder)!r}: "
                f"{(error.strerror or str(error)).lower()}. Choose another place with --store."
            ) from error
        with locked(folder / "create.lock", wait_seconds=_LOCK_SECONDS):
            if not (folder / "config.json").exists():
                write_config(folder, base_iri)
        return cls._open(folder)

    @classmethod
    def _open(cls, folder: Path) -> LocalStore:
        folder = folder.resolve()
        config = read_config(folder)
        return cls(folder, base_iri=config.base_iri, project_name=config.project)

    # -------------------------------------------------------- trials

    def seal(self, trial_id: str, quads: Iterable[Quad]) -> Path:
        """Store a trial for good. Sealing the same quads again changes nothing.

        Raises:
            StoreError: It could not be written; nothing that was there is harmed.
        """
        from provkit.store.segment import sealed

        path = self._segment(trial_id)
        statements = list(quads)
        content = sealed(statements)
        if not (path.exists() and path.read_bytes() == content):
            write_durably(path, content)
        holding = _holding(path, self._annotations / f"{trial_id}{_ANNOTATIONS_SUFFIX}")
        if holding is not None:
            self._catalog.add(trial_id, holding, statements)
        return path

    def read(self, trial_id: str) -> bytes:
        """Give a trial's N-Quads lines as they were sealed, followed by its annotations.

        Raises:
            UnknownTrial: There is no trial of that id.
            StoreError: Its segment is damaged.
        """
        from provkit.store.segment import read_segment

        holding = self._holding(trial_id)
        content = read_segment(holding.segment).lines
        if holding.annotations is not None:
            content += holding.annotations.read_bytes()
        return content

    def quads(self, trial_id: str) -> Iterator[Quad]:
        """Give a trial's quads, its annotations last; raises as `read`."""
        from provkit.store.segment import quads_in

        return quads_in(self.read(trial_id), self._segment(trial_id))

    def annotate(self, trial_id: str, quads: Iterable[Quad]) -> None:
        """Replace what is said of a trial: its name, tags and note.

        Args:
            trial_id: Full id; the trial need not be sealed yet.
            quads: All that is to be said, in the trial's graph `<trial>/annotations`;
                none takes back what was said.

        Raises:
            StoreError: It could not be written; what was said before still is.
        """
        from provkit.store.segment import lines_of

        path = self._annotations / f"{_checked(trial_id)}{_ANNOTATIONS_SUFFIX}"
        lines = lines_of(quads)
        if lines:
            write_durably(path, lines)
        else:
            _remove(path)

    def annotations(self, trial_id: str) -> Annotations:
        """Tell what is said of a trial; nothing, by default."""
        from provkit.store.catalog import Annotations, annotations_in, read_annotations

        path = self._annotations / f"{_checked(trial_id)}{_ANNOTATIONS_SUFFIX}"
        return annotations_in(read_annotations(path)) if path.exists() else Annotations()

    def remove(self, trial_ids: Iterable[str]) -> None:
        """Remove trials for good, with all that only they had.

        Raises:
            UnknownTrial: One of them is not there; none is removed then.
            StoreError: A file could not be removed.
        """
        holdings = [self._holding(trial_id) for trial_id in trial_ids]
        for holding in holdings:
            if holding.annotations is not None:
                _remove(holding.annotations)
            _remove(holding.segment)

    def trial_ids(self) -> list[str]:
        """List the ids of all trials, the oldest first."""
        return [summary.id for summary in self.summaries()]

    def summaries(self) -> list[TrialSummary]:
        """Summarise all trials, the oldest first, without opening the index.

        A damaged trial is left out and named in `warnings`.
        """
        return self._catalog.summaries(self.holdings(), self.warnings)

    def summary(self, trial_id: str) -> TrialSummary:
        """Summarise one trial.

        Raises:
            UnknownTrial: There is no trial of that id.
            StoreError: Its segment is damaged.
        """
        from provkit.store.segment import read_segment

        for summary in self.summaries():
            if summary.id == trial_id:
                return summary
        read_segment(self._holding(trial_id).segment)
        raise _unknown(trial_id)

    def resolve(self, text: str) -> str:
        """Find the trial that a person means.

        Args:
            text: Its id, at least the first four characters of it, its IRI, its name,
                `last`, or `last~N` for the Nth before the last.

        Returns:
            Its full id.

        Raises:
            UnknownTrial: None answers to it.
            AmbiguousTrial: Several do; the message lists them.
        """
        holdings = self.holdings()
        wanted = text.strip().rstrip("/").rpartition("trial/")[2]
        imported = _IMPORT_ID.fullmatch(wanted)
        wanted = imported[1] if imported else wanted
        if wanted.lower() in holdings:
            return wanted.lower()
        last = _LAST.fullmatch(wanted)
        if last is not None:
            return self._last(int(last[1] or 0), text)
        summaries = self.summaries()
        found = [s for s in summaries if s.name == wanted or _begins(s.id, wanted)]
        if not found:
            whole = {summary.id for summary in summaries}
            damaged = [one for one in holdings if one not in whole and _begins(one, wanted)]
            if len(damaged) == 1:
                return damaged[0]  # whoever reads it says what is wrong with it
            raise _unknown(text)
        if len(found) > 1:
            raise AmbiguousTrial(
                f"Several trials answer to {text!r}: {_listed(found)}. Write more of the id."
            )
        return found[0].id

    def holdings(self) -> dict[str, Holding]:
        """List the files of each trial, by id."""
        said = _files(self._annotations, _ANNOTATIONS_SUFFIX)
        holdings: dict[str, Holding] = {}
        for trial_id, (path, stamp) in _files(self._trials, SUFFIX).items():
            annotations, annotations_stamp = said.get(trial_id, (None, None))
            holdings[trial_id] = Holding(path, stamp, annotations, annotations_stamp)
        return holdings

    # -------------------------------------------------------- asking

    @contextmanager
    def index(
        self, *, trials: Iterable[str] | None = None, wait_seconds: float = _LOCK_SECONDS
    ) -> Iterator[pyoxigraph.Store]:
        """Open a database that holds the trials, to be asked inside the `with`.

        It is the index on disk, brought up to date first; or, when another process has it
        open for too long or the folder cannot be written, one in memory. Use up its answers
        inside the `with`.

        Args:
            trials: Full ids of the only trials that matter; the database may hold more.
                A few small ones are read into memory, which is quicker.
            wait_seconds: How long to wait for another process to close the index.
        """
        from provkit.store.index import Index, in_memory

        holdings = self.holdings()
        wanted = holdings
        if trials is not None:
            wanted = {i: holdings[i] for i in trials if i in holdings}
            if sum(h.segment_stamp.size for h in wanted.values()) <= _IN_MEMORY_BYTES:
                yield in_memory(wanted, self.warnings)
                return
        index = Index(self.folder / "index")
        with ExitStack() as stack:
            try:
                database = stack.enter_context(
                    index.opened(holdings, self.warnings, wait_seconds=wait_seconds)
                )
            except StoreBusy:
                database = in_memory(wanted, self.warnings)
            except StoreError as error:
                self.warnings.append(str(error))
                database = in_memory(wanted, self.warnings)
            yield database

    # -------------------------------------------------------- inside

    def _segment(self, trial_id: str) -> Path:
        return self._trials / f"{_checked(trial_id)}{SUFFIX}"

    def _holding(self, trial_id: str) -> Holding:
        holding = _holding(
            self._segment(trial_id), self._annotations / f"{trial_id}{_ANNOTATIONS_SUFFIX}"
        )
        if holding is None:
            raise _unknown(trial_id)
        return holding

    def _last(self, back: int, text: str) -> str:
        summaries = self.summaries()
        if back >= len(summaries):
            count = len(summaries)
            raise UnknownTrial(
                f"No trial answers to {text!r}: the store {str(self.folder)!r} holds {count}."
            )
        return summaries[-1 - back].id


# ------------------------------------------------------------ files of trials


def _files(folder: Path, suffix: str) -> dict[str, tuple[Path, Stamp]]:
    """List the files named `<trial id><suffix>`, by id; half-written ones have other names."""
    found: dict[str, tuple[Path, Stamp]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                trial_id = entry.name.removesuffix(suffix)
                is_named_so = entry.name.endswith(suffix) and _TRIAL_ID.fullmatch(trial_id)
                stamp = _stamp(Path(entry.path)) if is_named_so else None
                if stamp is not None:
                    found[trial_id] = (Path(entry.path), stamp)
    except FileNotFoundError:
        return found  # nothing was ever stored
    except OSError as error:
        raise StoreError(
            f"Couldn't list {str(folder)!r}: {(error.strerror or str(error)).lower()}. "
            "Check who may read the store's folder."
        ) from error
    return dict(sorted(found.items()))


def _holding(segment: Path, annotations: Path) -> Holding | None:
    stamp = _stamp(segment)
    if stamp is None:
        return None
    said = _stamp(annotations)
    return Holding(segment, stamp, annotations if said else None, said)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"Couldn't remove {str(path)!r}: {(error.strerror or str(error)).lower()}. "
            "Check who may write to the store's folder."
        ) from error


# ------------------------------------------------------------ names of trials


def _checked(trial_id: str) -> str:
    """Refuse what is no id before it becomes part of a path."""
    if not _TRIAL_ID.fullmatch(trial_id):
        raise _unknown(trial_id)
    return trial_id


def _begins(trial_id: str, text: str) -> bool:
    return bool(_PREFIX.fullmatch(text)) and trial_id.startswith(text.lower())


def _unknown(text: str) -> UnknownTrial:
    hint = " An id needs at least four of its characters." if len(text) < 4 else ""
    return UnknownTrial(
        f"No trial answers to {text!r}.{hint} `provkit trials` lists them with their names."
    )


def _listed(summaries: list[TrialSummary]) -> str:
    shown = [f"{s.id[:8]} ({s.name or s.label})" for s in summaries[:_CANDIDATES_SHOWN]]
    rest = len(summaries) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
