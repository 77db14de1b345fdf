"""A store that holds the worked example's trial and one in which everything is said once."""

from pathlib import Path

from example_trial import example_trial
from full_trial import full_trial

from provkit.mapping import annotation_quads, quads_of
from provkit.store import LocalStore

EXAMPLE = example_trial().id
FULL = full_trial().id


def make_store(project: Path) -> LocalStore:
    """Make a store in a project's folder, the example's trial being the newer one."""
    store = LocalStore.create(project / ".provkit", base_iri="https://example.org/lab/")
    for trial in (full_trial(), example_trial()):
        store.seal(trial.id, quads_of(trial))
    said = annotation_quads(
        full_trial().base_iri, FULL, name="broken", tags=("paper", "draft"), note="why?"
    )
    store.annotate(FULL, said)
    return store
