"""Keep a store healthy: say what is wrong and mend what is disposable, and clear what is left over.

`health` looks at the store, `machine` at what capture can see here, `leftovers` at what nothing
refers to. None of them ever changes a segment or a journal that is in use.
"""

from provkit.upkeep.checks import Check, Health, State
from provkit.upkeep.health import examine
from provkit.upkeep.leftovers import Clearing, Leftover, clear, find_leftovers

__all__ = [
    "Check",
    "Clearing",
    "Health",
    "Leftover",
    "State",
    "clear",
    "examine",
    "find_leftovers",
]
