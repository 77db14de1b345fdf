"""Look at all of a store: every segment's seal, the index and the catalog against them, the rest."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provkit.capture import is_in_use
from provkit.errors import StoreBusy, StoreError, StoreNotFound
from provkit.store import LocalStore
from provkit.store.artifacts import kept_for
from provkit.store.catalog import Catalog, trial_iri
from provkit.store.segment import Segment, read_segment
from provkit.store.stamps import Holding
from provkit.upkeep import machine
from provkit.upkeep.checks import Check, Health
from provkit.upkeep.leftovers import find_leftovers

if TYPE_CHECKING:
    from provkit.store.index import Index

_SHOWN = 8
"""Digests named when artifacts are missing."""
_LITTLE_BYTES = 50_000_000
_SCARCE_BYTES = 1_000_000_000
_WAIT_SECONDS = 5.0
_NAMED = 5
_STARTING_SECONDS = 2.0


def examine(find_store: Callable[[], LocalStore]) -> Health:
    """Look at a store and at the machine; mend the index and the catalog, never a segment.

    Args:
        find_store: Opens the store. What it raises becomes part of the answer.
    """
    checks = list(machine.versions())
    try:
        store = find_store()
    except StoreNotFound as error:
        checks.append(Check("store", "note", str(error)))
    except StoreError as error:
        checks.append(Check("store", "problem", str(error), "See docs/store.md."))
    else:
        checks += _of_store(store)
    return Health((*checks, *machine.sight()))


def _of_store(store: LocalStore) -> Iterator[Check]:
    from provkit.store.config import FORMAT

    yield Check("store", "ok", f"{store.folder}, format {FORMAT}, base IRI {store.base_iri}")
    yield from _permissions(store)
    yield _space(store.folder)
    try:
        holdings = store.holdings()
    except StoreError as error:
        yield Check("segments", "problem", str(error), "Give yourself the right to read it.")
        return
    needed: set[str] = set()
    whole, damaged = _segments(holdings, needed)
    yield from damaged
    if not damaged:
        yield Check("segments", "ok", f"{len(holdings)}, every seal whole")
    yield from _artifacts(store, needed)
    yield _catalog(store, whole)
    yield _index(store, whole)
    yield from _journals(store)
    yield from _left_over(store)


# ------------------------------------------------------------------ folder


def _permissions(store: LocalStore) -> Iterator[Check]:
    parts = [store.folder, *(store.folder / name for name in ("trials", "annotations", "journals"))]
    closed = [part for part in parts if part.is_dir() and not os.access(part, os.W_OK | os.X_OK)]
    if closed:
        named = ", ".join(repr(str(part)) for part in closed)
        yield Check(
            "permissions",
            "problem",
            f"not writable for you: {named}; nothing can be captured into this store",
            "Have its owner give you write permission, or capture with --store elsewhere.",
        )
    mode = stat.S_IMODE(store.folder.stat().st_mode)
    if mode & 0o077:
        yield Check(
            "permissions",
            "note",
            f"the folder's mode is {mode:04o}: other users of this machine may read trials in it",
        )
    elif not closed:
        yield Check("permissions", "ok", "yours alone")


def _space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:,.1f} GB free where the store is"
    if free < _LITTLE_BYTES:
        return Check("space", "problem", words, "Make room there; `provkit gc` shows what can go.")
    return Check("space", "note" if free < _SCARCE_BYTES else "ok", words)


# ------------------------------------------------------------------ segments


def _artifacts(store: LocalStore, needed: set[str]) -> Iterator[Check]:
    """See that what trials hold is there; that it is whole is seen whenever it is read."""
    gone = sorted(digest for digest in needed if digest not in store.artifacts)
    if gone:
        named = ", ".join(digest[:12] for digest in gone[:_SHOWN]) + (
            " ..." if gone[_SHOWN:] else ""
        )
        yield Check(
            "artifacts",
            "problem",
            f"{len(gone)} of {len(needed)} that trials hold are not there: {named}",
            f"Copy {str(store.artifacts.folder)!r} from the store that the trials come from.",
        )
    elif needed:
        yield Check("artifacts", "ok", f"{len(needed)}, all there")


def _segments(
    holdings: dict[str, Holding], needed: set[str]
) -> tuple[dict[str, Holding], list[Check]]:
    """Read every segment; give those that are whole, and a problem for each of the others.

    Args:
        holdings: Of each trial.
        needed: Takes in the digests of the artifacts that trials hold.
    """
    whole: dict[str, Holding] = {}
    problems: list[Check] = []
    for trial_id, holding in holdings.items():
        try:
            segment = read_segment(holding.segment)
        except StoreError as error:
            if holding.segment.exists():  # else it was removed a moment ago
                problems.append(_damaged(trial_id, str(error)))
            continue
        mistake = _mistake(segment)
        if mistake is not None:
            sentence = f"The segment {str(holding.segment)!r} is sealed, but {mistake}."
            problems.append(_damaged(trial_id, sentence))
            continue
        if trial_iri(trial_id, _graphs(segment.lines)) is None:
            problems.append(_misnamed(trial_id, holding.segment))
        needed |= kept_for(segment.lines)
        whole[trial_id] = holding
    return whole, problems


def _mistake(segment: Segment) -> str | None:
    """Say what another tool did wrong that sealed it, or None."""
    import pyoxigraph

    try:
        count = sum(1 for _ in pyoxigraph.parse(segment.lines, format=pyoxigraph.RdfFormat.N_QUADS))
    except SyntaxError as error:
        return f"is no N-Quads: {error}"
    if count != segment.quads:
        return f"holds {count} statements where the seal says {segment.quads}"
    return None


def _graphs(lines: bytes) -> set[str]:
    return {
        line[line.rfind(b"<") + 1 : -3].decode() for line in lines.split(b"\n") if line[-1:] == b"."
    }


def _damaged(trial_id: str, sentence: str) -> Check:
    return Check(
        "segments",
        "problem",
        sentence,
        f"Copy it from a backup or another store; if there is none, take it away: "
        f"provkit rm {trial_id} -y",
    )


def _misnamed(trial_id: str, path: Path) -> Check:
    return Check(
        "segments",
        "problem",
        f"The segment {str(path)!r} is whole but holds no trial of the id {trial_id}.",
        "Give the file the name of the trial that it holds (`zcat` shows it).",
    )


# ------------------------------------------------------------------ what can be made again


def _catalog(store: LocalStore, whole: dict[str, Holding]) -> Check:
    """Compare the catalog with one made from the segments alone; make it anew if they differ."""
    path = store.folder / "catalog.jsonl"
    there = path.exists()
    kept = Catalog(path).summaries(whole, [])
    fresh = Catalog(store.folder / ".no-catalog" / "none").summaries(whole, [])
    if kept == fresh:
        return Check("catalog", "ok", f"tells {len(fresh)} trials as the segments do")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        return Check(
            "catalog",
            "problem",
            f"It tells other things than the segments, and cannot be made anew: {error.strerror}.",
            f"Have somebody who may do so remove {str(path)!r}.",
        )
    Catalog(path).summaries(whole, [])
    return Check("catalog", "repaired", "was wrong; made anew" if there else "was missing; made")


def _index(store: LocalStore, whole: dict[str, Holding]) -> Check:
    from provkit.store.index import Index

    folder = store.folder / "index"
    index = Index(folder)
    was_usable = index.is_usable()
    try:
        with _watched(folder / "database") as was_replaced:
            wrong = _differing(index, whole)
            if wrong:
                index.discard(wait_seconds=_WAIT_SECONDS)
                still = _differing(index, whole)
                if still:
                    return _unmended(still)
                return Check("index", "repaired", f"differed in {_named(wrong)}; built anew")
            if not was_usable or was_replaced():
                return Check("index", "repaired", "was damaged; built anew")
    except StoreBusy:
        return Check("index", "note", "in use by another process, so it was not looked at")
    except StoreError as error:
        return Check(
            "index", "problem", str(error), "Queries read the segments until it is mended."
        )
    return Check("index", "ok", f"holds {len(whole)} trials as the segments do")


@contextmanager
def _watched(folder: Path) -> Iterator[Callable[[], bool]]:
    """Give a way to tell whether a folder was replaced by another of its name meanwhile.

    It is kept open, or the new one could get its number.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield lambda: False  # there was none
        return
    try:
        yield (
            lambda: not folder.exists() or not os.path.samestat(os.fstat(descriptor), folder.stat())
        )
    finally:
        os.close(descriptor)


def _differing(index: Index, whole: dict[str, Holding]) -> list[str]:
    """Find trials of which the index, brought up to date, holds more or less than the segment."""
    import pyoxigraph

    wrong = []
    warnings: list[str] = []
    with index.opened(whole, warnings, wait_seconds=_WAIT_SECONDS) as database:
        for trial_id, holding in whole.items():
            lines = read_segment(holding.segment).lines
            quads = set(pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_QUADS))
            own = pyoxigraph.NamedNode(f"{trial_iri(trial_id, _graphs(lines)) or 'urn:none'}/graph")
            count = sum(1 for _ in database.quads_for_pattern(None, None, None, own))
            sealed = sum(1 for quad in quads if quad.graph_name == own)
            if count != sealed or not all(quad in database for quad in quads):
                wrong.append(trial_id)
    return wrong


def _unmended(wrong: list[str]) -> Check:
    return Check(
        "index",
        "problem",
        f"Even built anew it differs in {_named(wrong)}.",
        "Report it with what `provkit doctor --json` prints.",
    )


def _named(trial_ids: list[str]) -> str:
    shown = ", ".join(trial_id[:8] for trial_id in trial_ids[:_NAMED])
    rest = len(trial_ids) - _NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown


# ------------------------------------------------------------------ journals and left-overs


def _journals(store: LocalStore) -> Iterator[Check]:
    folders = sorted(store.journals.iterdir()) if store.journals.is_dir() else []
    stored = set(store.holdings())
    running = [folder for folder in folders if _is_running(folder)]
    waiting = [folder for folder in folders if folder not in running and folder.name not in stored]
    if running:
        named = _named([folder.name for folder in running])
        yield Check("journals", "ok", f"{len(running)} being written by a capture: {named}")
    for folder in waiting:
        yield _orphan(folder)
    if not running and not waiting:
        yield Check("journals", "ok", "none is left of an interrupted capture")


def _is_running(folder: Path) -> bool:
    """Tell whether a capture is at work on a journal, or may be about to.

    One that starts in this moment is not looked at: trying its lock could take it away.
    """
    try:
        if time.time() - folder.stat().st_mtime < _STARTING_SECONDS:
            return True
        return is_in_use(folder)
    except FileNotFoundError:
        return True  # it has ended just now


def _orphan(folder: Path) -> Check:
    """Say whether an interrupted capture can be stored, by assembling it without storing it."""
    from provkit.assembly import assemble
    from provkit.capture import settings

    name = f"trial {folder.name[:8]}"
    try:
        assemble(folder, packages_of=settings.packages_of)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
        return Check(
            "journals",
            "problem",
            f"{name} was interrupted and cannot be stored: {error}",
            f"Report it; its journal {str(folder)!r} is kept until you remove it.",
        )
    return Check(
        "journals", "note", f"{name} was interrupted; the next command stores it (provkit recover)"
    )


def _left_over(store: LocalStore) -> Iterator[Check]:
    found = find_leftovers(store)
    if found:
        size = sum(leftover.size_bytes for leftover in found)
        yield Check(
            "left over",
            "note",
            f"{len(found)} files or folders that nothing refers to, {size / 1e6:,.1f} MB; "
            "`provkit gc` shows them",
        )
