"""Keep trials: sealed files are the truth, an index in front of them answers questions.

Nothing here loads an RDF library until the index is opened, so that storing a trial and
listing trials stay quick.
"""

from provkit.store.catalog import Annotations, TrialSummary
from provkit.store.local import LocalStore

__all__ = ["Annotations", "LocalStore", "TrialSummary"]
