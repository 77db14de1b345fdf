"""What capture believes of methods before they are called, and what the knowledge base says of them, is the same."""

from __future__ import annotations

import pytest

from provkit.capture.effects import FIRST_ARGUMENT, FITTING_METHODS, MUTATING_METHODS
from provkit.knowledge import Knowledge

KNOWLEDGE = Knowledge()
METHODS = sorted(f"{of}.{name}" for of, names in MUTATING_METHODS.items() for name in names)


def test_methods_that_change_their_receiver_do_so_in_the_base_too() -> None:
    """Of what the base has an entry for that says anything of changes."""
    entries = {name: KNOWLEDGE.entry(name) for name in METHODS}
    told = {name: entry.mutates for name, entry in entries.items() if entry and entry.mutates}
    assert len(told) >= 5, "else nothing is compared"
    assert all("self" in mutates for mutates in told.values()), told


@pytest.mark.parametrize("method", sorted(FITTING_METHODS))
def test_fitting_changes_an_estimator(method: str) -> None:
    of = {"fit_predict": "sklearn.cluster.KMeans", "fit_transform": "sklearn.decomposition.PCA"}
    entry = KNOWLEDGE.entry(f"{of.get(method, 'sklearn.linear_model.SGDClassifier')}.{method}")
    assert entry is None or not entry.mutates or "self" in entry.mutates


@pytest.mark.parametrize("name", sorted(FIRST_ARGUMENT))
def test_functions_that_change_their_first_argument(name: str) -> None:
    entry = KNOWLEDGE.entry(name)
    assert entry is None or not entry.mutates or set(entry.mutates) - {"self"}


def test_a_permutation_is_a_copy() -> None:
    for name in ("numpy.random.permutation", "numpy.random.Generator.permutation"):
        entry = KNOWLEDGE.entry(name)
        assert entry is not None
        assert "x" not in entry.mutates
