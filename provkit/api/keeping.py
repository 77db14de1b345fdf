"""What people say of trials, and the store kept in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from provkit.api.stores import Place, find, open_store
from provkit.errors import UsageError

if TYPE_CHECKING:
    from provkit.store import LocalStore
    from provkit.upkeep import Clearing, Health, Leftover


def tag(
    trial: str, tags: Iterable[str] = (), *, remove: Iterable[str] = (), store: Place = None
) -> tuple[str, ...]:
    """Put tags on a trial, and take others off.

    Returns:
        The tags it has now, in the order of the alphabet.
    """
    removed = set(remove)
    added = [text.strip() for text in tags]
    if not all(added):
        raise UsageError("A tag cannot be empty.")
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    said = opened.annotations(trial_id)
    kept = tuple(sorted({*said.tags, *added} - removed))
    annotate(opened, trial_id, name=said.name, tags=kept, note=said.note)
    return kept


def note(trial: str, text: str, *, store: Place = None) -> None:
    """Write a note on a trial in place of the one it has; an empty text takes it away."""
    opened = open_store(store)
    trial_id = opened.resolve(trial)
    said = opened.annotations(trial_id)
    annotate(opened, trial_id, name=said.name, tags=said.tags, note=text or None)


def rename(trial: str, name: str, *, store: Place = None) -> None:
    """Give a trial a name; an empty one takes it away.

    Raises:
        UsageError: Another trial has that name, or it would be taken for an id or for `last`.
    """
    from provkit.recording import check_name

    opened = open_store(store)
    trial_id = opened.resolve(trial)
    if name:
        check_name(opened, name, of=trial_id)
    said = opened.annotations(trial_id)
    annotate(opened, trial_id, name=name or None, tags=said.tags, note=said.note)


def remove(trials: str | Iterable[str], *, store: Place = None) -> list[str]:
    """Remove trials from the store, for good.

    Returns:
        Their ids.

    Raises:
        UnknownTrial: One of them is not there; none is removed then.
    """
    opened = open_store(store)
    names = [trials] if isinstance(trials, str) else list(trials)
    ids = list(dict.fromkeys(opened.resolve(name) for name in names))
    opened.remove(ids)
    return ids


def doctor(*, store: Place = None) -> Health:
    """Look at the store and at this machine; mend the index and the catalog, never a segment.

    Returns:
        What was looked at; `is_good` unless a person has to see to something. A store that
        is not there, or cannot be opened, is part of the answer.
    """
    from provkit.upkeep import examine

    return examine(lambda: find(store))


def leftovers(*, store: Place = None) -> list[Leftover]:
    """List what nothing in the store refers to, with sizes, and touch none of it."""
    from provkit.upkeep import find_leftovers

    return find_leftovers(find(store))


def gc(found: Sequence[Leftover] | None = None, *, store: Place = None) -> list[Clearing]:
    """Remove what nothing refers to: never a segment, never a journal in use.

    Args:
        found: What to remove, from `leftovers`; None for all that there is.
        store: The store's folder.

    Returns:
        For each whether it is gone, and if not, why.
    """
    from provkit.upkeep import clear

    opened = find(store)
    return clear(opened, leftovers(store=store) if found is None else found)


def annotate(
    opened: LocalStore,
    trial_id: str,
    *,
    name: str | None,
    tags: tuple[str, ...],
    note: str | None,
) -> None:
    """Write down what people say of a trial."""
    from provkit.mapping import annotation_quads, remarks

    summary = opened.summary(trial_id)
    if summary.status == "imported":
        graph, beside = f"<{summary.iri}/graph>", f"<{summary.iri}/annotations>"
        quads = remarks(graph, beside, name=name, tags=tags, note=note)
    else:
        base_iri = summary.iri.removesuffix(f"trial/{trial_id}")
        quads = annotation_quads(base_iri, trial_id, name=name, tags=tags, note=note)
    opened.annotate(trial_id, quads)
