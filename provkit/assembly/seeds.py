"""Whether the program said where its generators of random numbers start."""

from __future__ import annotations

from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Chunk, Gathered, statement_of
from provkit.assembly.origins import Origin
from provkit.model import Reference

_GENERATORS = frozenset({"Generator", "RandomState", "Random"})


def is_seeded(value: int, gathered: Gathered, derivations: Derivations) -> bool | None:
    """Tell whether the program said where a generator of random numbers starts; None for any other value."""
    if not _is_generator(gathered.values[value].type):
        return None
    visited: set[int] = set()
    while value not in visited:
        visited.add(value)
        origin = derivations.origins.get(value)
        if origin is None:
            return False
        if origin.revision_of is None:
            return _is_given_a_seed(origin, gathered, derivations)
        value = origin.revision_of
    return None


def _is_given_a_seed(origin: Origin, gathered: Gathered, derivations: Derivations) -> bool | None:
    """Tell whether the call that made a generator was given anything but `None`."""
    order = origin.generated_by
    if order is None:
        return None
    statement = statement_of(gathered, order)
    call = gathered.calls.get(order)
    if call is None:
        call = next((one for one in statement.calls.values() if one.order == order), None)
    site = derivations.dataflow(statement).calls.get(call.key) if call is not None else None
    if call is None or site is None:
        return None
    chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
    for argument in site.arguments:
        sources = list(derivations.into(statement, argument.flow, chunk))
        if not sources and not argument.is_none:
            return True
        for source in sources:
            if isinstance(source, Reference):
                return True
            if gathered.values[source].type != "NoneType":
                return True
    return False


def _is_generator(kind: str) -> bool:
    """Tell whether a class is one of the generators of random numbers that are known."""
    library, _, _ = kind.partition(".")
    return library in ("numpy", "random", "torch") and kind.rpartition(".")[2] in _GENERATORS
