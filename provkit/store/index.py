"""The index: a pyoxigraph database beside the segments, disposable and never the truth.

Its database admits one process, so it is opened under a lock. A manifest beside it says
what was put in. How a kill at any moment stays harmless:

- one segment is loaded in one transaction, so its trial's graph is there wholly or not at
  all, and a manifest entry is believed only if that graph is there;
- the manifest is written before the loading, so nothing is in the database that no entry
  names; what is dropped goes from the database first and from the manifest last;
- a bulk load, which is no transaction, is announced in the manifest; if the announcement
  is still there at the next opening, the database is built anew.

`load` reaches the disk's cache, not the disk: after a power loss the database lacks its
last trials, and as their graphs are missing they are loaded again. What replaces or removes
statements leaves no such trace, so that is flushed.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph

from provkit.errors import StoreBusy, StoreError
from provkit.store.catalog import is_import, trial_iri
from provkit.store.lock import locked
from provkit.store.opened import leave, share
from provkit.store.segment import read_segment
from provkit.store.stamps import Holding

_VERSION = 1
_NQUADS = pyoxigraph.RdfFormat.N_QUADS
# `lenient` below: terms were checked when they were sealed (200 instead of 310 ms for 1e5 quads).
# From here on a bulk load is quicker than one load() each: 135 against 250 ms for 5 trials of
# 3,500 quads, 2.6 against 7.8 s for 100.
_BULK_FROM = 5
_HELD = re.compile("lock hold by current process|LOCK: (Resource temporarily|No locks)")


@dataclass(slots=True)
class _Manifest:
    bulk: bool = False
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)


class Index:
    """The index of one store."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = folder.with_name("index.lock")
        self._manifest = folder / "manifest.json"

    @contextmanager
    def opened(
        self, holdings: Mapping[str, Holding], warnings: list[str], *, wait_seconds: float
    ) -> Iterator[pyoxigraph.Store]:
        """Open the index, brought up to date with the trials held.

        Inside one process it can be opened again while it is open; the inner user sees
        what the outer one does.

        Raises:
            StoreBusy: Another process has it open for longer than `wait_seconds`.
            StoreError: It cannot be written here.
        """
        sharing = share(
            self._folder,
            locked(self._lock, wait_seconds=wait_seconds),
            lambda: self._current(holdings, warnings),
        )
        try:
            yield cast("pyoxigraph.Store", sharing.opened)
        except BaseException as error:
            if not _is_damage(error):
                raise
            # Reading met what opening did not: throw it away, it is rebuilt.
            sharing.opened.close()
            self._discard()
            raise StoreError(
                f"The index {str(self._folder)!r} was damaged and has been thrown away; "
                "no trial is lost. Ask again, and it is built anew."
            ) from error
        finally:
            leave(self._folder, sharing)

    def is_usable(self) -> bool:
        """Tell whether it is known what was put in; so it is where there is no index at all."""
        if not self._folder.exists():
            return True
        manifest = self._read_manifest()
        return manifest is not None and not manifest.bulk

    def discard(self, *, wait_seconds: float) -> None:
        """Throw it away; it is built anew by whoever asks next.

        Raises:
            StoreBusy: Another process has it open for longer than `wait_seconds`.
            StoreError: It cannot be written here.
        """
        with locked(self._lock, wait_seconds=wait_seconds):
            self._discard()

    def _current(self, holdings: Mapping[str, Holding], warnings: list[str]) -> pyoxigraph.Store:
        """Open the database and bring it up to date; if it is damaged, build it anew."""
        try:
            return self._refreshed(holdings, warnings)
        except BaseException as error:
            if _HELD.search(str(error)):
                raise StoreBusy(
                    f"Couldn't open the index {str(self._folder)!r}: another process has it "
                    "open; try again when it has ended."
                ) from error
            if not (isinstance(error, OSError) or _is_damage(error)):
                raise
        self._discard()
        try:
            return self._refreshed(holdings, warnings)
        except OSError as error:
            raise StoreError(
                f"Couldn't build the index {str(self._folder)!r}: {error}. "
                "Make room or give write permission there."
            ) from error

    def _refreshed(self, holdings: Mapping[str, Holding], warnings: list[str]) -> pyoxigraph.Store:
        manifest = self._read_manifest()
        if manifest is None or manifest.bulk or _mostly_gone(manifest, holdings):
            self._discard()
            manifest = _Manifest()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        database = pyoxigraph.Store(str(self._folder / "database"))
        _forget_unfinished(database, manifest)
        if self._drop_gone(database, manifest, holdings):
            database.flush()
            self._write_manifest(manifest)
        missing = {i: h for i, h in holdings.items() if i not in manifest.trials}
        # A bulk load that is killed costs the whole index, so it must be worth it.
        if len(missing) >= max(_BULK_FROM, len(manifest.trials) // 10):
            database = self._bulk_load(database, manifest, missing, warnings)
        else:
            self._load(database, manifest, missing, warnings)
        self._renew_annotations(database, manifest, holdings)
        return database

    # -------------------------------------------------------- putting in

    def _load(
        self,
        database: pyoxigraph.Store,
        manifest: _Manifest,
        missing: Mapping[str, Holding],
        warnings: list[str],
    ) -> None:
        for trial_id, holding in missing.items():
            content = _readable(trial_id, holding, warnings)
            if content is None:
                continue
            manifest.trials[trial_id] = _manifest_entry(trial_id, holding, content)
            self._write_manifest(manifest)
            try:
                database.load(content, format=_NQUADS, lenient=True)
            except SyntaxError as error:
                warnings.append(_unreadable(holding, error))

    def _bulk_load(
        self,
        database: pyoxigraph.Store,
        manifest: _Manifest,
        missing: Mapping[str, Holding],
        warnings: list[str],
    ) -> pyoxigraph.Store:
        """Put in many trials at once, several times quicker than one by one."""
        self._write_manifest(_Manifest(bulk=True))

        def contents() -> Iterator[bytes]:
            for trial_id, holding in missing.items():
                content = _readable(trial_id, holding, warnings)
                if content is not None:
                    manifest.trials[trial_id] = _manifest_entry(trial_id, holding, content)
                    yield content

        said = len(warnings)
        try:
            database.bulk_load(cast("IO[bytes]", _Stream(contents())), format=_NQUADS, lenient=True)
        except SyntaxError:
            # A sealed segment that is no N-Quads: find out which, one by one.
            del warnings[said:]
            del database
            self._discard()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            database = pyoxigraph.Store(str(self._folder / "database"))
            manifest.trials.clear()
            self._load(database, manifest, missing, warnings)
        self._write_manifest(manifest)
        return database

    def _renew_annotations(
        self,
        database: pyoxigraph.Store,
        manifest: _Manifest,
        holdings: Mapping[str, Holding],
    ) -> None:
        renewed = False
        for trial_id, entry in manifest.trials.items():
            holding = holdings.get(trial_id)
            if holding is None or entry["annotations"] == _annotations_key(holding):
                continue
            graph = pyoxigraph.NamedNode(f"{entry['iri']}/annotations")
            database.remove_graph(graph)
            if holding.annotations is not None:
                with suppress(FileNotFoundError, SyntaxError):
                    database.load(holding.annotations.read_bytes(), format=_NQUADS, lenient=True)
            entry["annotations"] = _annotations_key(holding)
            renewed = True
        if renewed:
            database.flush()
            self._write_manifest(manifest)

    # -------------------------------------------------------- taking out

    def _drop_gone(
        self,
        database: pyoxigraph.Store,
        manifest: _Manifest,
        holdings: Mapping[str, Holding],
    ) -> bool:
        """Take out trials that are removed or replaced, and what only they had.

        Plans are counted by the manifest. Shared statements are not counted: those that
        no remaining segment holds are found by reading the segments, about 2 ms each.
        """
        gone = _gone(manifest, holdings)
        if not gone:
            return False
        kept = {i: h for i, h in holdings.items() if i not in gone}
        still_named = {
            graph for i, entry in manifest.trials.items() if i in kept for graph in entry["graphs"]
        }
        own = {_own_graph(entry) for entry in gone.values()}
        named = {graph for entry in gone.values() for graph in entry["graphs"]} - own
        _keep_only_held(database, named & still_named, kept)
        for graph in named - still_named:
            database.remove_graph(pyoxigraph.NamedNode(graph))
        for entry in gone.values():
            # The trial's own graph goes last: while it is there, the rest is done again.
            beside = (f"{entry['iri']}/{part}" for part in ("annotations", "inferred"))
            for graph in (*beside, _own_graph(entry)):
                database.remove_graph(pyoxigraph.NamedNode(graph))
        for trial_id in gone:
            del manifest.trials[trial_id]
        return True

    def _discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._folder.exists() and not self._folder.is_dir():
            self._folder.unlink()

    # -------------------------------------------------------- manifest

    def _read_manifest(self) -> _Manifest | None:
        """Read what was put in; None if that cannot be known, so nothing can be kept."""
        try:
            content = json.loads(self._manifest.read_bytes())
            if content["version"] != _VERSION:
                return None
            return _Manifest(bool(content["bulk"]), dict(content["trials"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_manifest(self, manifest: _Manifest) -> None:
        content = {"version": _VERSION, "bulk": manifest.bulk, "trials": manifest.trials}
        # Not believed further than the database goes, so it need not reach the disk.
        temporary = self._manifest.with_suffix(".tmp")
        temporary.write_bytes(json.dumps(content).encode())
        temporary.replace(self._manifest)


def in_memory(holdings: Mapping[str, Holding], warnings: list[str]) -> pyoxigraph.Store:
    """Build a database of the trials given in memory, for when the index is not to be had."""
    database = pyoxigraph.Store()
    for trial_id, holding in holdings.items():
        content = _readable(trial_id, holding, warnings)
        if content is None:
            continue
        try:
            database.load(content, format=_NQUADS, lenient=True)
        except SyntaxError as error:
            warnings.append(_unreadable(holding, error))
    return database


# ------------------------------------------------------------ segments as content


def _readable(trial_id: str, holding: Holding, warnings: list[str]) -> bytes | None:
    """A trial's statements and what is said of it; None, and a warning, if damaged or gone."""
    try:
        content = read_segment(holding.segment).lines
    except StoreError as error:
        if holding.segment.exists():
            warnings.append(f"Left out trial {trial_id[:8]}. {error}")
        return None
    if holding.annotations is not None:
        with suppress(FileNotFoundError):
            content += holding.annotations.read_bytes()
    return content


def _unreadable(holding: Holding, error: SyntaxError) -> str:
    return f"Left out the segment {str(holding.segment)!r}: it is sealed but no N-Quads: {error}."


def _manifest_entry(trial_id: str, holding: Holding, content: bytes) -> dict[str, Any]:
    graphs = _graphs_in(content)
    iri = trial_iri(trial_id, graphs)
    return {
        "segment": list(holding.segment_stamp),
        "annotations": _annotations_key(holding),
        "iri": iri or f"urn:uuid:{trial_id}",
        "graphs": sorted(graph for graph in graphs if graph != f"{iri}/annotations"),
    }


def _graphs_in(content: bytes) -> set[str]:
    """Named graphs of N-Quads lines: each line ends in `<graph> .`."""
    endings = {line[line.rfind(b"<") + 1 : -3] for line in content.split(b"\n") if line}
    return {ending.decode() for ending in endings}


def _annotations_key(holding: Holding) -> list[int] | None:
    return None if holding.annotations_stamp is None else list(holding.annotations_stamp)


def _gone(manifest: _Manifest, holdings: Mapping[str, Holding]) -> dict[str, dict[str, Any]]:
    """Entries whose segment is no longer there, or is another one."""
    return {
        trial_id: entry
        for trial_id, entry in manifest.trials.items()
        if trial_id not in holdings or entry["segment"] != list(holdings[trial_id].segment_stamp)
    }


def _mostly_gone(manifest: _Manifest, holdings: Mapping[str, Holding]) -> bool:
    """Building anew is quicker, as when a copied folder's files all have new times."""
    return len(_gone(manifest, holdings)) > max(_BULK_FROM, len(manifest.trials) // 2)


def _own_graph(entry: Mapping[str, Any]) -> str:
    """Name the graph that nothing else adds to: of an import what is known of it, always there."""
    return f"{entry['iri']}/{'about' if is_import(entry['iri']) else 'graph'}"


def _forget_unfinished(database: pyoxigraph.Store, manifest: _Manifest) -> None:
    """Believe no entry whose graph is not in the database: its loading was interrupted."""
    for trial_id, entry in list(manifest.trials.items()):
        if not database.contains_named_graph(pyoxigraph.NamedNode(_own_graph(entry))):
            del manifest.trials[trial_id]


def _keep_only_held(
    database: pyoxigraph.Store, graphs: Iterable[str], kept: Mapping[str, Holding]
) -> None:
    """Remove from graphs that many trials add to what none of those kept still says."""
    endings = tuple(f"<{graph}> .".encode() for graph in graphs)
    if not endings:
        return
    lines: set[bytes] = set()
    for holding in kept.values():
        with suppress(StoreError):
            content = read_segment(holding.segment).lines
            lines.update(line for line in content.split(b"\n") if line.endswith(endings))
    # Through a database, because loading may change how a literal is written.
    held = pyoxigraph.Store()
    held.load(b"\n".join(lines), format=_NQUADS, lenient=True)
    for graph in graphs:
        node = pyoxigraph.NamedNode(graph)
        for quad in database.quads_for_pattern(None, None, None, node):
            if quad not in held:
                database.remove(quad)


class _Stream(io.RawIOBase):
    """Many pieces of bytes, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _is_damage(error: BaseException) -> bool:
    """Tell the database's complaints about its files from everybody else's errors.

    Seen on damaged files: OSError without a number, RuntimeError, and Rust's panic, which
    is no `Exception`.
    """
    if isinstance(error, OSError):
        return error.errno is None
    if isinstance(error, RuntimeError):
        return "corruption" in str(error).lower()
    return type(error).__name__ == "PanicException"
