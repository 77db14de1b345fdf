"""Which data was for training and which for testing, and what its columns stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

from provkit.assembly.gathering import statement_of
from provkit.assembly.invocations import Given, Invocation, Invocations
from provkit.assembly.origins import walked_back
from provkit.dataflow import PART
from provkit.model import Dataset, Reference, Scalar, Split, SplitPart

Role = Literal["train", "validation", "test"]
_SAYS = (
    (
        "validation",
        re.compile(r"(?:^|_|\b)(?:val|valid|validation|dev|eval)(?:_|\b|$|\d|id)", re.IGNORECASE),
    ),
    (
        "test",
        re.compile(
            r"(?:^|_|\b)(?:x|y)?(?:test|tst|holdout)(?:_|\b|$|\d|ing)|^[xy]te$", re.IGNORECASE
        ),
    ),
    (
        "train",
        re.compile(r"(?:^|_|\b)(?:x|y)?(?:train|trn|fit)(?:_|\b|$|\d|ing)|^[xy]tr$", re.IGNORECASE),
    ),
)
_COLUMN = re.compile(r"""^\[["'](.+)["']\]$""")
_REACH = 60

KeyOf = Callable[[int], str | None]
SettingsOf = Callable[[int | None], Mapping[str, Scalar | None]]
"""What an object's parameters are, as far as they are single values."""


def role_said_by(name: str) -> Role | None:
    """Tell what a name says of the data it holds: `X_train`, `val_loader`, `df_test`."""
    last = name.rpartition(".")[2]
    for role, pattern in _SAYS:
        if pattern.search(last):
            return role  # type: ignore[return-value]
    return None


def _role_at(position: int, said: Role | None, *, of_train: bool) -> Role:
    """Tell what a result of a split is for, which gives training and test data by turns."""
    if said == "validation":
        return "validation"
    if position % 2 == 0:
        return "train"
    return "validation" if of_train and said != "test" else "test"


class DataRoles:
    """Knows of each value which part of a split it belongs to."""

    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._gathered = invocations.gathered
        self._origins = invocations.derivations.origins
        self._names = invocations.derivations.names
        self._roles: dict[int, Role] = {}
        self._found: list[tuple[Invocation, dict[Role, list[int]]]] = []
        self._folds: list[Invocation] = []
        self._pairs: dict[int, list[tuple[int, int]]] = {}
        """By order of a splitter's call, the rows for training and for testing of each fold that was looked into."""
        self.of_folds: set[int] = set()
        """Versions that are the rows of a fold."""
        for invocation in invocations.all:
            if invocation.concept == "split":
                self._take_split(invocation)
            elif invocation.short_name == "split" and self._is_splitter(invocation.call.receiver):
                self._take_folds(invocation)
        self._by_hand = list(self._parted_by_hand())

    # ---------------------------------------------------------------- splits

    def _take_split(self, invocation: Invocation) -> None:
        chunk = invocation.statement.chunk_at(invocation.call.moment)
        bound = [] if chunk is None else chunk.binds
        arrays = [name for name in invocation.given if name.startswith("arrays.")]
        alternates = len(bound) == 2 * len(arrays)
        parts: dict[Role, list[int]] = {}
        of_train = any(
            self.role_of(value) == "train"
            for name in arrays
            for value in [invocation.given[name].value]
            if value is not None
        )
        for position, (name, value) in enumerate(bound):
            said = role_said_by(name)
            role: Role | None = said
            if alternates:
                role = _role_at(position, said, of_train=of_train)
            if role is not None:
                self._roles[value] = role
                parts.setdefault(role, []).append(value)
        self._found.append((invocation, parts))

    def _is_splitter(self, value: int | None) -> bool:
        seen = self._gathered.values.get(value or 0)
        entry = self._invocations.knowledge.entry(seen.type) if seen is not None else None
        return entry is not None and entry.concept == "splitter"

    def _take_folds(self, invocation: Invocation) -> None:
        """`for train, test in KFold(5).split(X)`: the pairs of names are for training and testing by turns."""
        analysis = self._invocations.analysis(invocation.statement.plan)
        flow = analysis.dataflow.get(invocation.statement.key) if analysis is not None else None
        bound = {}
        for value, names in self._names.items():
            origin = self._origins.get(value)
            if origin is None:
                continue
            # Between the splitter and the loop there may be an `enumerate`.
            is_of_loop = (
                flow is not None
                and flow.is_loop
                and (
                    origin.generated_by == invocation.statement.order
                    and names[0].rpartition(".")[2] in flow.targets
                )
            )
            if is_of_loop or invocation.call.result in origin.data:
                bound[value] = names[0]
        pair = list(dict.fromkeys(bound.values()))[-2:] if flow is not None else []
        if len(pair) != 2:
            pair = []
        for value, names in self._names.items():
            if pair and names[0] in pair:
                self._roles.setdefault(value, "train" if names[0] == pair[0] else "test")
        self._folds.append(invocation)
        if pair:
            sides = [self._bound_by(invocation.statement.order, name) for name in pair]
            if len(sides[0]) == len(sides[1]):
                self._pairs[invocation.order] = list(zip(*sides, strict=True))
            self.of_folds.update(*sides)

    def _bound_by(self, loop: int, name: str) -> list[int]:
        """List what a loop bound to a name, round after round."""
        return [
            value
            for value, names in sorted(self._names.items())
            if names[0] == name
            and (origin := self._origins.get(value)) is not None
            and origin.generated_by == loop
        ]

    def _of_folds(self, key_of: KeyOf, settings: SettingsOf) -> Iterator[Split]:
        for invocation in self._folds:
            receiver = invocation.call.receiver
            seen = self._gathered.values.get(receiver or 0)
            found = settings(receiver)
            folds, shuffled = found.get("n_splits"), found.get("shuffle")
            parts = tuple(self._parts_of_folds(invocation, key_of))
            yield Split(
                invocation.order,
                seen.type if seen is not None else invocation.name,
                parts,
                ratio=_share(parts[:2]),
                folds=folds if isinstance(folds, int) else None,
                shuffled=shuffled if isinstance(shuffled, bool) else None,
                seed=found.get("random_state"),
            )

    def _parts_of_folds(self, invocation: Invocation, key_of: KeyOf) -> Iterator[SplitPart]:
        """Tell the rows of each fold: a splitter gives their positions."""
        for fold, (train, test) in enumerate(self._pairs.get(invocation.order, ()), start=1):
            sides: tuple[tuple[Role, int], ...] = (("train", train), ("test", test))
            for role, value in sides:
                key = key_of(value)
                yield SplitPart(role, (key,) if key is not None else (), self._rows(value), fold)

    def _parted_by_hand(self) -> Iterator[tuple[int, dict[Role, list[int]]]]:
        """Find rows cut out of one thing and named for training and testing: `train = rows[:80]`."""
        cut: dict[int, dict[Role, list[int]]] = {}
        for value, names in sorted(self._names.items()):
            origin = self._origins.get(value)
            role = role_said_by(names[0]) if names else None
            if value in self._roles or role is None or origin is None or value in self.of_folds:
                continue
            mine = self._shape(value)
            for source in origin.data:
                whole = self._shape(source) if isinstance(source, int) else []
                if mine and len(mine) == len(whole) and mine[1:] == whole[1:]:
                    if mine[0] < whole[0] and isinstance(source, int):
                        cut.setdefault(source, {}).setdefault(role, []).append(value)
                    break
        for source, parts in cut.items():
            rows = sum(self._shape(values[0])[0] for values in parts.values())
            if "train" in parts and len(parts) > 1 and rows <= self._shape(source)[0]:
                yield source, parts

    def _shape(self, value: int) -> list[int]:
        seen = self._gathered.values.get(value)
        return list(seen.description.get("shape") or ()) if seen is not None else []

    def _split_by_hand(self, parts: dict[Role, list[int]], key_of: KeyOf) -> Split:
        made = [
            self._origins[value].generated_by or 0 for values in parts.values() for value in values
        ]
        rows = {role: self._rows(values[0]) or 0 for role, values in parts.items()}
        told = tuple(
            SplitPart(role, tuple(key for key in map(key_of, values[:1]) if key), rows[role])
            for role, values in parts.items()
        )
        ratio = round(1 - rows["train"] / sum(rows.values()), 6) if all(rows.values()) else None
        return Split(min(made), "slicing", told, ratio=ratio)

    def splits(self, key_of: KeyOf, settings: SettingsOf) -> Iterator[Split]:
        """Tell of each split."""
        yield from self._of_folds(key_of, settings)
        for _, cut in self._by_hand:
            yield self._split_by_hand(cut, key_of)
        for invocation, parts in self._found:
            told = []
            rows: dict[Role, int | None] = {}
            for role, values in parts.items():
                keys = tuple(key for key in map(key_of, values) if key is not None)
                rows[role] = next((self._rows(value) for value in values), None)
                told.append(SplitPart(role, keys, rows[role]))
            total = sum(count or 0 for count in rows.values())
            ratio = None
            if len(rows) > 1 and None not in rows.values() and "train" in rows and total:
                ratio = round(1 - (rows["train"] or 0) / total, 6)
            given = invocation.given
            stratify = given.get("stratify")
            seed = given.get("random_state")
            shuffle = given.get("shuffle")
            yield Split(
                invocation.order,
                invocation.name,
                tuple(told),
                ratio=ratio,
                shuffled=shuffle.shown.scalar is not False if shuffle else True,
                stratified_by=self.name_of(stratify) if stratify is not None else None,
                seed=seed.shown.scalar if seed is not None else None,
            )

    def _rows(self, value: int) -> int | None:
        described = self._gathered.values[value].description
        shape = described.get("shape")
        return shape[0] if shape else described.get("length")

    # ---------------------------------------------------------------- roles

    def role_of(self, value: int | None) -> Role | None:
        """Tell which part of a split a value belongs to: by the split, by its name, or by what it came from."""
        if value is None:
            return None
        for current in walked_back([value], self.behind, _REACH):
            role = self._roles.get(current) or self._said(current)
            if role is not None:
                return role
        return None

    def behind(self, value: int) -> list[int]:
        """List what a value came from; of what a loop goes through in later rounds, what it did in the first."""
        origin = self._origins.get(value)
        if origin is None:
            return []
        # Only the first round of a loop says what it goes through.
        sources = list(origin.data) or self._gone_through.get(origin.generated_by or 0, [])
        return [source for source in sources if isinstance(source, int)]

    @cached_property
    def _gone_through(self) -> dict[int, list[Reference | int]]:
        """By loop, what the names of its first round came from."""
        found: dict[int, list[Reference | int]] = {}
        for origin in self._origins.values():
            statement = self._gathered.statements.get(origin.generated_by or 0)
            if statement is not None and statement.iterations is not None and origin.data:
                found.setdefault(statement.order, list(origin.data))
        return found

    def _said(self, value: int) -> Role | None:
        roles = (role_said_by(name) for name in self._names.get(value, ()))
        return next((role for role in roles if role is not None), None)

    # ---------------------------------------------------------------- columns

    def name_of(self, given: Given | None) -> str | None:
        """Name the one column that labels are: by the column, or by the variable."""
        if given is None:
            return None
        columns = self.columns_of(given.value) if given.value is not None else ()
        if len(columns) == 1:
            return columns[0]
        match = _COLUMN.match(given.part or "")
        if match:
            return match[1]
        names = self._names.get(given.value or 0, ())
        return names[0] if names else None

    def columns_of(self, value: int | None) -> tuple[str, ...]:
        """Name the columns of a value: its own, the one it was taken by, or those of the frame it was made of."""
        current = value
        width = None
        for _ in range(_REACH):
            if current is None or current not in self._gathered.values:
                return ()
            described = self._gathered.values[current].description
            shape = described.get("shape")
            here = (shape[1] if len(shape) > 1 else 1) if shape else None
            width = here if width is None else width
            columns = described.get("columns")
            if columns and (width is None or len(columns) == width):
                return tuple(columns)
            taken = self._column_taken(current)
            if taken is not None and width in (None, 1):
                return (taken,)
            origin = self._origins.get(current)
            if origin is None or (here is not None and here != width):
                return ()
            current = next((source for source in origin.data if isinstance(source, int)), None)
        return ()

    def _column_taken(self, value: int) -> str | None:
        """Find the column that a statement has taken out of a frame, where the result does not say."""
        origin = self._origins.get(value)
        if origin is None or origin.generated_by is None:
            return None
        statement = statement_of(self._gathered, origin.generated_by)
        analysis = self._invocations.analysis(statement.plan)
        flow = analysis.dataflow.get(statement.key) if analysis is not None else None
        if flow is None:
            return None
        for name in self._names.get(value, ()):
            part = flow.targets.get(name.rpartition(".")[2])
            for site in part.reads if part is not None else ():
                match = _COLUMN.match(site.partition(PART)[2])
                if match:
                    return match[1]
        return None

    def datasets(
        self,
        key_of: KeyOf,
        features: list[int],
        targets: list[int],
        classes: dict[int, tuple[tuple[str, int], ...]],
        picked: Mapping[tuple[int, str], tuple[str, ...]],
    ) -> Iterator[Dataset]:
        """Tell what the columns are of what was learned from, `picked` those that a model was given of a table."""
        for value in dict.fromkeys(features):
            key = key_of(value)
            if key is not None:
                columns = picked.get((value, "features")) or self.columns_of(value)
                yield Dataset(key, "features", features=columns)
        for value in dict.fromkeys(targets):
            key = key_of(value)
            column = picked.get((value, "target"), ())
            if key is not None and (column or value not in features):
                yield Dataset(
                    key,
                    "target",
                    target=column or self.columns_of(value),
                    classes=classes.get(value, ()),
                )


def _share(parts: Iterable[SplitPart]) -> float | None:
    """Give the share of the rows that a fold did not leave for training."""
    rows = {part.role: part.rows for part in parts}
    train, test = rows.get("train"), rows.get("test")
    if train is None or test is None or not train + test:
        return None
    return round(test / (train + test), 6)
