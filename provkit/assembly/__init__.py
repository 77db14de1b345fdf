"""Journal -> Trial: what happened, told once, with every value under a name and its origins.

Runs outside the watched process, after it: when it has ended, or when a journal is found whose process is gone.
`trial` puts together what the other modules find, each of them one question.
"""

from __future__ import annotations

from provkit.assembly.trial import Outcome, PackagesOf, assemble

__all__ = ["Outcome", "PackagesOf", "assemble"]
