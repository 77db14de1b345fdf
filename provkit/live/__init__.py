"""A notebook as somebody works in it: what its kernel records, and the sidecar process that answers questions.

The kernel only writes its journal and asks; `sidecar` runs beside it, reads the journal, answers, and stores the
trial when the kernel is gone, however it went.
"""

from __future__ import annotations
