"""Which call made an object."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.assembly.invocations import Invocation, Invocations


class Makers:
    """Finds the calls that made objects."""

    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._derivations = invocations.derivations

    def maker_of(self, value: int) -> Invocation | None:
        """Find the call of a class of the program's own that made an object."""
        maker = next(self.makers_of(value), None)
        is_ours = maker is not None and maker.callee.kind == "own" and self.is_constructor(maker)
        return maker if is_ours else None

    def makers_of(self, value: int | None) -> Iterator[Invocation]:
        """List the calls that gave an object, or one of its versions before, the latest first."""
        while value is not None:
            maker = self._invocations.by_result.get(value)
            if maker is not None:
                yield maker
            origin = self._derivations.origins.get(value)
            value = origin.revision_of if origin is not None else None

    def is_constructor(self, invocation: Invocation) -> bool:
        """Tell whether what was called is the class of what it gave."""
        seen = self._gathered.values.get(invocation.call.result or 0)
        return seen is not None and seen.type.rpartition(".")[2] == invocation.short_name
