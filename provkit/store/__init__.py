"""Keep trials: sealed files are the truth, an index in front of them answers questions.

Nothing here loads an RDF library until the index is opened, so that storing a trial and
listing trials stay quick; finding a store loads nothing but its settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from provkit.store.local import LocalStore

if TYPE_CHECKING:
    from provkit.store.catalog import Annotations, TrialSummary

__all__ = ["Annotations", "LocalStore", "TrialSummary"]


def __getattr__(name: str) -> object:
    """Load what only annotations and summaries need when one of them is asked for (PEP 562)."""
    if name in ("Annotations", "TrialSummary"):
        from provkit.store import catalog

        return getattr(catalog, name)
    raise AttributeError(f"module 'provkit.store' has no attribute {name!r}")
