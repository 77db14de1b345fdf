"""The values, files and settings of one trial: found by the names people use, and described."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, unquote

from provkit.errors import UsageError
from provkit.facts import Facts, is_iri, scalar_of, text_of
from provkit.model import Scalar
from provkit.vocabulary import Term, term

NodeKind = Literal["value", "file", "setting", "output", "entity"]
_UNSET = (term("pk:default"), term("pk:resolved"))
"""Origins of a parameter that nobody set."""

_NOTEBOOK = ".ipynb"
_KINDS: tuple[NodeKind, ...] = ("value", "file", "setting", "output")


@dataclass(frozen=True, slots=True)
class Node:
    """One value, file state, setting or output, described for people."""

    iri: str
    kind: NodeKind
    label: str
    """`score@1`, the source text of a temporary, the path of a file, the name of a setting."""
    description: str = ""
    """`= 0.6134`, `(404, 3)`, `sha256 4025eb7e4ff6`; empty if nothing is known."""
    value: Scalar | None = None
    """What a scalar is, with all its digits; `description` rounds."""
    type: str | None = None
    path: str | None = None
    """A file's path, relative to the project; for others the file of `line`."""
    line: int | None = None
    """Line of the statement that made it, from 1."""
    source: str | None = None
    """Text of the step that made it."""
    called: str | None = None
    """Qualified name of what that step called."""
    digest: str | None = None
    order: int = 0
    """Place of its making in the trial; 0 for what was there before."""
    is_default: bool = False
    """A parameter that nobody set."""
    between: str | None = None
    """Of what was made while no cell of a notebook ran: what set that going."""

    @property
    def place(self) -> str:
        """Say where it was made, `train.py:16`; empty for what was there before."""
        return f"{self.path or ''}:{self.line}" if self.line is not None else ""

    @property
    def said_between(self) -> str:
        """Say that it was made between cells, and by what; empty for all else."""
        return f"(between cells: {self.between})" if self.between is not None else ""


def fields_of(node: Node) -> dict[str, Any]:
    """Give a node's fields by name, without its IRI."""
    return {name: getattr(node, name) for name in Node.__slots__ if name != "iri"}


# ------------------------------------------------------------------ describing


def _kind(iri: Term, trial_id: str) -> NodeKind:
    _, found, rest = iri.partition(f"/{trial_id}/")
    folder = rest.partition("/")[0] if found else ""
    return next((kind for kind in _KINDS if kind == folder), "entity")


def _key(iri: Term, trial_id: str) -> str:
    _, _, rest = text_of(iri).partition(f"/{trial_id}/")
    return unquote(rest.partition("/")[2]) or text_of(iri)


def _path(facts: Facts, iri: Term) -> str:
    location = facts.object(iri, "prov:atLocation")
    label = facts.text(location, "rdfs:label") if location else None
    return label or facts.text(iri, "rdfs:label") or text_of(iri)


def _order(facts: Facts, iri: Term) -> int:
    maker = facts.object(iri, "prov:wasGeneratedBy")
    order = facts.scalar(maker, "pk:order") if maker else None
    return order if isinstance(order, int) else 0


@dataclass(frozen=True, slots=True)
class Place:
    """A step in the user's own text."""

    path: str
    line: int
    source: str


class StepPlace(NamedTuple):
    """What the key of a step says: where it stands."""

    cell: str | None
    """Id of the notebook's cell, with `@n` for an earlier text of it; None in a script."""
    line: int
    column: int
    is_call: bool
    """It is a call inside a statement, named by its end too."""


_STEP = re.compile(
    r"(?:(?P<cell>.+)\.)?(?P<line>\d+)\.(?P<column>\d+)(?P<call>-\d+\.\d+)?", re.DOTALL
)


def step_place(key: str) -> StepPlace | None:
    """Read the key of a step; None if it is the key of something else, a cell's for one.

    >>> step_place("12.4-12.19")
    StepPlace(cell=None, line=12, column=4, is_call=True)
    >>> step_place("9f3c@1.2.0")
    StepPlace(cell='9f3c@1', line=2, column=0, is_call=False)
    """
    found = _STEP.fullmatch(key)
    if found is None:
        return None
    return StepPlace(
        found["cell"], int(found["line"]), int(found["column"]), found["call"] is not None
    )


class Describer:
    """Describes the entities of one trial, looking up each plan's file once."""

    def __init__(self, facts: Facts, trial_id: str) -> None:
        self._facts = facts
        self._trial_id = trial_id
        self._plans: dict[str, str] = {}
        self._ran_between: bool | None = None
        """Whether anything happened while no cell ran; None as long as nobody has asked."""

    def kind(self, iri: Term) -> NodeKind:
        """Tell what an entity is, from its place below the trial."""
        return _kind(iri, self._trial_id)

    def __call__(self, iri: Term) -> Node:
        """Describe one entity."""
        kind = self.kind(iri)
        facts = self._facts
        maker = facts.object(iri, "prov:wasGeneratedBy")
        place = self.place_of(maker) if maker else None
        called = facts.object(maker, "pk:called") if maker else None
        path = _path(facts, iri) if kind == "file" else None
        return Node(
            iri=text_of(iri),
            kind=kind,
            label=path or self._label(iri),
            description=self._description(iri, kind),
            value=self._value(iri),
            type=facts.text(iri, "pk:type"),
            path=path if place is None else place.path,
            line=place.line if place else None,
            source=place.source if place else None,
            called=text_of(called).rpartition("#")[2] if called else None,
            digest=self.digest_of(iri),
            order=_order(facts, iri),
            is_default=facts.object(iri, "pk:origin") in _UNSET,
            between=self._between(iri, maker),
        )

    def _between(self, iri: Term, maker: Term | None) -> str | None:
        """Tell what set going what made a value while no cell ran."""
        said = self._facts.text(iri, "pk:changedBetweenCells")
        if self._ran_between is None:
            self._ran_between = any(True for _ in self._facts.pairs("pk:ranBetweenCells"))
        while said is None and maker is not None and self._ran_between:
            said = self._facts.text(maker, "pk:ranBetweenCells")
            maker = self._facts.object(maker, "provone:wasPartOf")
        return said

    def place_of(self, execution: Term) -> Place | None:
        """Find the statement that an execution carried out."""
        step = self._facts.object(execution, "p-plan:correspondsToStep")
        plan, found, key = text_of(step).partition("/step/") if step else ("", "", "")
        at = step_place(unquote(key)) if found else None
        if step is None or at is None:
            return None
        path = self.file_of(plan)
        if at.cell is not None:
            path = f"{path} {self._cell(plan, at.cell)}".strip()
        return Place(path, at.line, self._facts.text(step, "prov:value") or "")

    def _cell(self, plan: str, name: str) -> str:
        """Say which cell of a notebook: its place, from 0, and its edit if it was another text then."""
        cell, _, edit = name.partition("@")
        index = self._facts.text(f"<{plan}/cell/{quote(cell)}>", "pk:cellIndex")
        return f"cell {cell if index is None else index}" + (f" text {edit}" if edit else "")

    def digest_of(self, iri: Term) -> str | None:
        """Give the SHA-256 of a file state's bytes, in hex."""
        content = self._facts.object(iri, "prov:specializationOf")
        return self._facts.text(content, "schema:sha256") if content else None

    def file_of(self, plan: str) -> str:
        """Find the path under which a plan's text was run; empty for a command's text."""
        if plan not in self._plans:
            content = self._facts.object(f"<{plan}>", "prov:wasDerivedFrom")
            files = self._facts.having("prov:specializationOf", content) if content else []
            files = files or self.notebooks_of(plan)
            self._plans[plan] = _path(self._facts, files[0]) if files else ""
        return self._plans[plan]

    def notebooks_of(self, plan: str) -> list[Term]:
        """Find the file of a notebook's plan, whose own bytes are not the file's: it is what the trial used."""
        facts = self._facts
        if not facts.is_a(f"<{plan}>", "repr:Notebook"):
            return []
        trial = next(iter(facts.instances("repr:Trial")), None)
        used = facts.objects(trial, "prov:used") if trial is not None else []
        return [file for file in used if _path(facts, file).endswith(_NOTEBOOK)]

    def _label(self, iri: Term) -> str:
        label = self._facts.text(iri, "rdfs:label")
        parameter = self._facts.object(iri, "mls:specifiedBy")
        if label is None and parameter is not None:
            label = text_of(parameter).rpartition("/")[2]
        key = _key(iri, self._trial_id)
        if label is None and key[:1].isdigit() and self._facts.is_a(iri, "repr:Output"):
            # Of a cell: what names it is a number.
            return "output"
        return label or key

    def _value(self, iri: Term) -> Scalar | None:
        found = self._facts.object(iri, "prov:value") or self._facts.object(iri, "mls:hasValue")
        return None if found is None else scalar_of(found)

    def _description(self, iri: Term, kind: NodeKind) -> str:
        told = self._told_of(iri, kind)
        if self._facts.object(iri, "prov:wasInvalidatedBy") is not None:
            return f"{told} (deleted)".lstrip()
        return told

    def _told_of(self, iri: Term, kind: NodeKind) -> str:
        facts = self._facts
        if kind == "file":
            digest = self.digest_of(iri)
            return f"sha256 {digest[:12]}" if digest else "no digest"
        value = self._value(iri)
        if value is not None:
            return f"= {said(value)}"
        text = facts.text(iri, "pk:repr")
        if text is not None:
            return f"= {text}"
        short = (facts.text(iri, "pk:type") or "").rpartition(".")[2]
        shape = facts.text(iri, "pk:shape")
        if shape is not None:
            return f"{short} {shape}".strip()
        return facts.text(iri, "pk:preview") or short


def said(value: Scalar) -> str:
    """Write a scalar for people: text in quotes, a float to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


# ------------------------------------------------------------------ names

_LINE = re.compile(r"(?P<path>.*):(?P<line>\d+)", re.DOTALL)
_PART = re.compile(r"(?P<object>\w[\w.]*?)(?:\.\w+|\[[^\]]*\])(?P<version>@\d+)?")
_BY_CLASS = ("mls:ModelEvaluation", "mls:Model")
"""What is found by its label although it is no variable: a metric, a model."""


def find(facts: Facts, trial_id: str, name: str) -> Term:
    """Find the one thing in a trial that a person means by a name; see `lineage`.

    Raises:
        UsageError: Nothing answers to the name, or several things do; the message lists them.
    """
    for candidates in _candidates(facts, trial_id, name):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            listed = ", ".join(repr(_key(iri, trial_id)) for iri in sorted(candidates)[:8])
            raise UsageError(
                f"The name {name!r} is ambiguous in trial {trial_id[:8]}: it may be {listed}; "
                "give one of these."
            )
    raise UsageError(_unknown(facts, trial_id, name))


def find_versions(facts: Facts, trial_id: str, name: str) -> list[Term]:
    """Find all versions of what a person means by a name without a version, the last first.

    Raises:
        UsageError: As `find`.
    """
    found = find(facts, trial_id, name)
    kind = _kind(found, trial_id)
    if "@" in name or kind not in ("value", "file"):
        return [found]
    if kind == "file":
        path = _path(facts, found)
        others = [iri for iri in _of_kind(facts, trial_id, "file") if _path(facts, iri) == path]
    else:
        wanted = set(_spellings(name))
        others = [
            iri
            for iri in _of_kind(facts, trial_id, "value")
            if wanted & set(_variables(facts, iri))
        ]
    ordered = sorted(others, key=lambda iri: (_order(facts, iri), _version(iri)), reverse=True)
    return [found, *(iri for iri in ordered if iri != found)]


def find_executions(facts: Facts, trial_id: str, name: str) -> list[Term]:
    """Find what was carried out on a line, which a person writes as `train.py:42` or `:42`.

    Returns:
        The executions of the statement on that line, in their order; none if the name is no line.

    Raises:
        UsageError: Nothing was carried out there, or several files are called so.
    """
    said = _LINE.fullmatch(name)
    if said is None or f"<{name}>" in facts:
        return []
    describe = Describer(facts, trial_id)
    path, line = said["path"], int(said["line"])
    found: dict[str, list[Term]] = {}
    near: dict[int, None] = {}
    for execution in facts.instances("p-plan:Activity"):
        place = describe.place_of(execution)
        if place is None or not _is_path(place.path, path):
            continue
        near[place.line] = None
        if place.line <= line <= place.line + place.source.count("\n"):
            found.setdefault(place.path, []).append(execution)
    if len(found) > 1:
        listed = ", ".join(repr(f"{known}:{line}") for known in sorted(found))
        raise UsageError(
            f"The line {name!r} is ambiguous in trial {trial_id[:8]}: it may be {listed}."
        )
    if not found:
        raise UsageError(_nothing_on(trial_id, name, line, near))
    return next(iter(found.values()))


def _is_path(known: str, wanted: str) -> bool:
    return not wanted or wanted == known or _base_name(known) == wanted


def _nothing_on(trial_id: str, name: str, line: int, near: Iterable[int]) -> str:
    closest = sorted(near, key=lambda other: (abs(other - line), other))[:3]
    if not closest:
        return f"Nothing was carried out on {name!r} in trial {trial_id[:8]}: it ran no such file."
    listed = ", ".join(map(str, sorted(closest)))
    return (
        f"Nothing was carried out on {name!r} in trial {trial_id[:8]}: near it ran line {listed}."
    )


def _of_kind(facts: Facts, trial_id: str, *kinds: NodeKind) -> list[Term]:
    below = (iri for iri in facts.subjects() if f"trial/{trial_id}/" in iri and is_iri(iri))
    return [iri for iri in below if _kind(iri, trial_id) in kinds]


def _candidates(facts: Facts, trial_id: str, name: str) -> Iterator[list[Term]]:
    """Give what a name may mean, the likeliest reading first."""
    yield [iri for iri in (f"<{name}>",) if iri in facts]
    values = _of_kind(facts, trial_id, "value")
    for spelled in _spellings(name):
        yield [iri for iri in values if facts.text(iri, "rdfs:label") == spelled and "@" in spelled]
        yield _last(facts, [iri for iri in values if spelled in _variables(facts, iri)])
    yield [iri for iri in values if _key(iri, trial_id) == name]
    yield _last(facts, [iri for iri in values if facts.text(iri, "rdfs:label") == name])
    files = _of_kind(facts, trial_id, "file")
    plain, _, version = name.partition("@")
    for shorten in (str, _base_name):
        states: dict[str, list[Term]] = {}
        for iri in files:
            path = _path(facts, iri)
            if shorten(path) in (name, plain):
                states.setdefault(path, []).append(iri)
        yield [_state(found, trial_id, version) for found in states.values()]
    yield [
        iri
        for iri in _of_kind(facts, trial_id, "setting", "output")
        if name in (facts.text(iri, "rdfs:label"), _key(iri, trial_id).rpartition(".")[2])
    ]
    for kind in _BY_CLASS:
        yield [iri for iri in facts.instances(kind) if name in _titles(facts, iri)]
    yield from _in_functions(facts, values, name)
    yield _last(facts, _whole_of_part(facts, values, name))


def _spellings(name: str) -> Iterator[str]:
    """Give a name as values are called: `fit:x` is `fit.x`, `df['a']` is `df["a"]`."""
    plain = re.sub(r"\['([^'\"]*)'\]", r'["\1"]', name)
    yield from dict.fromkeys((name, plain))
    if ":" in plain and "/" not in plain:
        yield plain.replace("::", ":").replace(":", ".")


def _in_functions(facts: Facts, values: list[Term], name: str) -> Iterator[list[Term]]:
    """Find `function:name` where the function is a method, or stands in a module or another function."""
    if ":" not in name:
        return
    wanted, at, version = name.replace(":", ".").partition("@")
    ends = [
        iri
        for iri in values
        if any(variable.endswith(f".{wanted}") for variable in _variables(facts, iri))
    ]
    if at:
        yield [iri for iri in ends if (facts.text(iri, "rdfs:label") or "").endswith(f"@{version}")]
    else:
        yield _last(facts, ends)


def _whole_of_part(facts: Facts, values: list[Term], name: str) -> list[Term]:
    """Find the object of `model.coef_` or `df["price"]` where the part was never told apart from it."""
    said = _PART.fullmatch(name)
    if said is None:
        return []
    whole = said["object"]
    if said["version"]:
        return [iri for iri in values if facts.text(iri, "rdfs:label") == whole + said["version"]]
    return [iri for iri in values if whole in _variables(facts, iri)]


def _titles(facts: Facts, iri: Term) -> set[str]:
    """List what a metric or a model is called: its label, and the name of its measure."""
    said = {facts.text(iri, "rdfs:label") or ""}
    for measure in facts.objects(iri, "mls:specifiedBy"):
        said |= {
            facts.text(measure, "rdfs:label") or "",
            re.split(r"[/#]", text_of(measure))[-1],
        }
    return said - {""}


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]


def _last(facts: Facts, values: list[Term]) -> list[Term]:
    """Keep the version made last: what a person means by a variable's bare name.

    Of one name's versions it is the highest. What a loop's rounds made that were not looked into is told of its
    end, so what matters between names is when that which made a version had ended. What a name holds, where that is
    told apart from the object that it holds, goes before the object.
    """
    highest: dict[str, Term] = {}
    for iri in values:
        stem = text_of(iri).rpartition(".")[0]
        if stem not in highest or _version(iri) > _version(highest[stem]):
            highest[stem] = iri
    held = {facts.object(iri, "prov:specializationOf") for iri in highest.values()}
    highest = {stem: iri for stem, iri in highest.items() if iri not in held}
    if len(highest) < 2:
        return list(highest.values())
    return [max(highest.values(), key=lambda iri: (_last_order(facts, iri), _version(iri)))]


def _last_order(facts: Facts, iri: Term) -> int:
    """Give the order of the last execution inside the one that made something, if it sums up others."""
    maker = facts.object(iri, "prov:wasGeneratedBy")
    if maker is None or facts.object(maker, "pk:iterations") is None:
        return _order(facts, iri)
    inside = [maker]
    for execution in inside:
        inside.extend(facts.having("provone:wasPartOf", execution))
    orders = (facts.scalar(execution, "pk:order") for execution in inside)
    return max(order for order in orders if isinstance(order, int))


def _state(states: list[Term], trial_id: str, version: str) -> Term:
    """Choose the state asked for, or else the last of a file."""
    for iri in states:
        if version and _key(iri, trial_id).endswith("@" + version):
            return iri
    if version == "1":
        return min(states, key=_version)
    return max(states, key=_version)


def _version(iri: Term) -> int:
    tail = unquote(iri[1:-1].rpartition("/")[2])
    number = tail.rpartition("@")[2] if "@" in tail else tail.rpartition(".")[2]
    return int(number) if number.isdecimal() else 1


def _variables(facts: Facts, iri: Term) -> list[str]:
    names = [unquote(text_of(v).rpartition("/variable/")[2]) for v in _bound_to(facts, iri)]
    labels = [facts.text(v, "rdfs:label") or "" for v in _bound_to(facts, iri)]
    return names + labels


def _bound_to(facts: Facts, iri: Term) -> list[Term]:
    return facts.objects(iri, "p-plan:correspondsToVariable")


def _unknown(facts: Facts, trial_id: str, name: str) -> str:
    known = dict.fromkeys(_names(facts, trial_id))
    for one in list(known):
        # `df` says as much as `df@1` and `df@2`.
        if one.rpartition("@")[0] in known:
            del known[one]
    # What IPython keeps of what was shown is found, but nobody asks for it by mistake.
    known = {one: None for one in known if not one.startswith("_")} or known
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else _some(list(known))
    return f"Nothing in trial {trial_id[:8]} is named {name!r}: {hint}"


def _some(known: list[str]) -> str:
    if not known:
        return "it recorded no values and no files."
    return f"it has {', '.join(map(repr, known[:8]))}{', ...' if len(known) > 8 else ''}."


def _names(facts: Facts, trial_id: str) -> Iterator[str]:
    for iri in facts.subjects():
        kind = _kind(iri, trial_id)
        if kind == "file":
            yield _path(facts, iri)
        elif kind == "value":
            label = facts.text(iri, "rdfs:label") or ""
            if _bound_to(facts, iri) and label:
                yield label.partition("@")[0]
                yield label
                yield from _variables(facts, iri)
