"""Which of the values that a program made a trial tells of, and what each is called there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from provkit.assembly.deletions import Deletions
from provkit.assembly.derivation import Derivations
from provkit.assembly.gathering import Gathered, statement_of
from provkit.assembly.origins import Source
from provkit.assembly.seeds import is_seeded
from provkit.assembly.tags_said import tags_said
from provkit.model import Derivation, Reference, Value
from provkit.source import SourceAnalysis

_SHOWN_AS = re.compile(r"_{1,3}|_\d+|Out\b.*", re.DOTALL)
"""Names that IPython gives to what a cell shows."""


class Naming:
    """Gives every value that matters its key and label."""

    def __init__(
        self,
        gathered: Gathered,
        analyses: dict[int, SourceAnalysis],
        derivations: Derivations,
        step_prefix: Callable[[int], str],
    ) -> None:
        self._gathered = gathered
        self._derivations = derivations
        self._step_prefix = step_prefix
        self._tags: dict[int, list[str]] = {}
        for tag in gathered.tags:
            if tag.kind == "value":
                self._tags.setdefault(tag.target, []).append(tag.text)
        for value, said in tags_said(gathered, analyses):
            self._tags.setdefault(value, []).append(said)
        self._texts = {
            f"{self._prefix_of(number)}{step.key}": step.source
            for number, analysis in analyses.items()
            for step in analysis.plan.steps
        }
        self._plan_variables = {
            f"{derivations.prefix(number)}{variable}"
            for number, analysis in analyses.items()
            for variable in analysis.plan.variables
        }
        self._revised = {
            origin.revision_of: number
            for number, origin in sorted(derivations.origins.items())
            if origin.revision_of is not None
        }
        self.deletions = Deletions(gathered, derivations)
        self._kept = self._needed()
        self._keys: dict[int, str] = {}
        self._labels: dict[int, str] = {}
        self._name_all()

    def _prefix_of(self, plan: int) -> str:
        return self._step_prefix(plan) or self._derivations.prefix(plan)

    def reference(self, source: Source) -> Reference | None:
        """Turn a value's number into its reference; None for a value that was left out."""
        if isinstance(source, Reference):
            return source
        key = self._keys.get(source)
        return Reference("value", key) if key is not None else None

    def key(self, value: int) -> str | None:
        """Give the key of a value; None for one that was left out."""
        return self._keys.get(value)

    def values(self) -> Iterable[Value]:
        """List the values that matter, in the order in which they were made."""
        for number in self._derivations.in_order(self._keys):
            yield self._value(number)

    def _needed(self) -> set[int]:
        """Choose the values that were bound, used or led to others that were."""
        derivations = self._derivations
        needed = {
            number
            for number, names in derivations.names.items()
            if number in derivations.origins or not all(_is_dunder(name) for name in names)
        }
        needed |= self._last_versions(needed)
        for used in derivations.used.values():
            needed.update(
                source
                for source in used
                if isinstance(source, int) and source in derivations.origins
            )
        told = [*self._tags, *(event.value for event in self._gathered.shown)]
        needed.update(number for number in told if number in derivations.origins)
        waiting = list(needed)
        while waiting:
            origin = derivations.origins.get(waiting.pop())
            if origin is None:
                continue
            for source in (*origin.data, *origin.control):
                if isinstance(source, int) and source not in needed and self._is_told(source):
                    needed.add(source)
                    waiting.append(source)
        for state in derivations.file_states():
            needed.update(
                source
                for source in state.derived
                if isinstance(source, int) and self._is_told(source)
            )
        return needed

    def _last_versions(self, named: set[int]) -> set[int]:
        """Find what became of each object that has a name, whether or not it was read again."""
        later = {
            origin.revision_of: number
            for number, origin in sorted(self._derivations.origins.items())
            if origin.revision_of is not None
        }
        found = set()
        for number in named & later.keys():
            if not self._plan_variables.intersection(self._derivations.names.get(number, ())):
                continue
            last = number
            while last in later:
                last = later[last]
            found.add(last)
        return found

    def _is_told(self, number: int) -> bool:
        names = self._derivations.names.get(number, ())
        return number in self._derivations.origins or not all(_is_dunder(name) for name in names)

    def _name_all(self) -> None:
        counts: dict[str, int] = {}
        for number in self._derivations.in_order(self._kept):
            stem = self._stem(number)
            counts[stem] = counts.get(stem, 0) + 1
            self._keys[number] = f"{stem}.{counts[stem]}"
            if stem in self._texts or stem[:1].isdigit():
                self._labels[number] = self._texts.get(stem, stem)
            else:
                self._labels[number] = f"{stem}@{counts[stem]}"

    def _stem(self, number: int) -> str:
        """Find the name that an object is called by: the first it was bound to, or its place in the source.

        The names that IPython gives to what a cell shows count only where there is no other; so do parameters that
        were given a later version of what has a name.
        """
        current = number
        visited = set()
        given_as = shown_as = None
        while True:
            names = self._derivations.names.get(current, ())
            own = [name for name in names if not self._is_given_by_ipython(name)]
            origin = self._derivations.origins.get(current)
            before = origin.revision_of if origin is not None else None
            # What its own methods call an object is no name that anybody else knows it by.
            outside = [name for name in own if not name.endswith(".self")]
            if outside:
                hidden = self._gathered.values[current].description.get("place")
                name = next((name for name in outside if name != hidden), outside[0])
                if before is None or current not in self._derivations.named_by_parameters:
                    return name
            given_as = given_as or next(iter(outside or own), None)
            shown_as = shown_as or next(iter(names), None)
            visited.add(current)
            if before is None or before in visited:
                break
            current = before
        if given_as is not None and given_as.endswith(".self") and not _is_in_the_making(given_as):
            given_as = self._named_later(number) or given_as
        return given_as or shown_as or self._place_of(current)

    def _named_later(self, number: int) -> str | None:
        """Find the name that a later version of an object was bound to: `model = Model().fit(X)`."""
        later = self._revised.get(number)
        visited = {number}
        while later is not None and later not in visited:
            visited.add(later)
            for name in self._derivations.names.get(later, ()):
                if not name.endswith(".self") and not self._is_given_by_ipython(name):
                    return name
            later = self._revised.get(later)
        return None

    def _is_given_by_ipython(self, name: str) -> bool:
        return self._gathered.notebook is not None and _SHOWN_AS.fullmatch(name) is not None

    def _place_of(self, number: int) -> str:
        origin = self._derivations.origins.get(number)
        order = origin.generated_by if origin is not None else None
        if order not in self._gathered.calls and order not in self._gathered.statements:
            return "0.0"
        assert order is not None
        call = self._gathered.calls.get(order)
        statement = statement_of(self._gathered, order)
        prefix = self._prefix_of(statement.plan)
        return f"{prefix}{call.key if call is not None else statement.key}"

    def _value(self, number: int) -> Value:
        seen = self._gathered.values[number]
        origin = self._derivations.origins.get(number)
        described = seen.description
        data: list[Derivation] = []
        if origin is not None:
            data = list(self.derivations(origin.data, origin.control))
        return Value(
            key=self._keys[number],
            label=self._labels[number],
            type=seen.type,
            variables=self._variables(number),
            shape=tuple(described["shape"]) if "shape" in described else None,
            columns=tuple(described["columns"]) if "columns" in described else None,
            length=described.get("length"),
            dtype=described.get("dtype"),
            preview=described.get("preview"),
            scalar=described.get("scalar"),
            column_types=tuple(described["column_types"]) if "column_types" in described else None,
            missing=described.get("missing"),
            missing_in=tuple((name, count) for name, count in described.get("missing_in", ())),
            size_bytes=described.get("size_bytes"),
            digest=described.get("digest"),
            seeded=is_seeded(number, self._gathered, self._derivations),
            generated_by=origin.generated_by if origin is not None else None,
            derived_from=tuple(data),
            revision_of=self._keys.get(origin.revision_of)
            if origin is not None and origin.revision_of is not None
            else None,
            holds=self._keys.get(origin.holds)
            if origin is not None and origin.holds is not None
            else None,
            tags=tuple(dict.fromkeys(self._tags.get(number, ()))),
            ended_by=self.deletions.ended.get(number),
            between=self._derivations.between.get(number),
        )

    def _variables(self, number: int) -> tuple[str, ...]:
        """List the variables that hold a version: those it was bound to, and those of the versions before."""
        names: dict[str, None] = {}
        current: int | None = number
        visited: set[int] = set()
        while current is not None and current not in visited:
            visited.add(current)
            names.update(dict.fromkeys(self._derivations.names.get(current, ())))
            origin = self._derivations.origins.get(current)
            current = origin.revision_of if origin is not None else None
        return tuple(names)

    def derivations(
        self, data: Mapping[Source, None], control: Mapping[Source, None]
    ) -> Iterable[Derivation]:
        """Turn sources into derivations; what is a source by data is not told again as control."""
        seen: set[Reference] = set()
        for sources, is_control in ((data, False), (control, True)):
            for source in sources:
                reference = self.reference(source)
                if reference is not None and reference not in seen:
                    seen.add(reference)
                    yield Derivation(reference, is_control)


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_in_the_making(name: str) -> bool:
    """Tell whether a name is that of an object in its constructor: what it becomes is bound first as it returns."""
    return ".__init__." in f".{name}"
