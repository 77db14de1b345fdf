"""From nodes of a graph back to what a person knows: the script, its lines, variables and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from provkit.facts import Facts, is_iri
from provkit.store.terms import parts
from provkit.vocabulary import PREFIXES, Term

_LONGEST = 60


class Thing(NamedTuple):
    """What a node stands for."""

    words: str
    """`file houses.csv`, ``execution 5 (`b = f(a)`)``."""
    place: str | None
    """`train.py:11`, `train.py`, or None."""


class Words:
    """Tells what the nodes of one trial or document stand for."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._by_kind: tuple[tuple[Callable[[Term], bool], Callable[[Term], Thing]], ...] = (
            (self._is_trial, self._trial),
            (self._is_execution, self._execution),
            (self._is("repr:Cell", "/cell/"), self._cell),
            (self._is("p-plan:Step", "/step/"), self._step),
            (self._is("p-plan:Variable", "/variable/"), self._named("variable", "/variable/")),
            (self._is("repr:Function", "/function/"), self._function),
            (self._is("repr:File", "/file/"), self._file),
            (self._is("repr:Output", "/output/"), self._named("output", "/output/")),
            (self._is("repr:Setting", "/setting/"), self._named("setting", "/setting/")),
            (self._has("pk:type", "p-plan:correspondsToVariable"), self._value),
            (self._points("prov:qualifiedUsage"), self._part("usage", "prov:qualifiedUsage")),
            (
                self._points("prov:qualifiedDerivation"),
                self._part("derivation", "prov:qualifiedDerivation"),
            ),
            (
                self._points("prov:qualifiedAssociation"),
                self._part("association", "prov:qualifiedAssociation"),
            ),
            (self._is("prov:Bundle", "/graph"), self._record),
            (self._is("repr:Library"), self._software),
            (self._is("prov:Role"), self._named("parameter")),
            (self._is("prov:Location"), self._named("place")),
            (self._is("prov:Plan"), self._plan),
            (self._is("prov:Agent"), self._named("agent")),
            (lambda node: node.startswith("<ni:///"), self._bytes),
        )

    def __call__(self, node: Term) -> Thing:
        """Tell what a node stands for, as well as it can be told."""
        for fits, describe in self._by_kind:
            if fits(node):
                return describe(node)
        label = self._label(node)
        return Thing(f"{label} {short(node)}".strip() if label else short(node), None)

    def listed(self, nodes: list[Term]) -> str:
        """List values: things by their words, literals as they are written."""
        return ", ".join(shown(node) for node in nodes[:4]) + (", ..." if len(nodes) > 4 else "")

    # -------------------------------------------------------- telling kinds

    def _is(self, kind: str, part: str = "") -> Callable[[Term], bool]:
        # By the name too: the type may be just what is missing.
        return lambda node: (
            self._facts.is_a(node, kind)
            or (
                bool(part)
                and is_iri(node)
                and part in node
                and ("/trial/" in node or "/plan/" in node)
            )
        )

    def _has(self, *predicates: str) -> Callable[[Term], bool]:
        return lambda node: (
            any(self._facts.objects(node, predicate) for predicate in predicates)
            or ("/value/" in node and "/trial/" in node)
        )

    def _points(self, predicate: str) -> Callable[[Term], bool]:
        return lambda node: bool(self._facts.having(predicate, node))

    def _is_trial(self, node: Term) -> bool:
        return self._facts.is_a(node, "repr:Trial") or bool(self._facts.objects(node, "pk:status"))

    def _is_execution(self, node: Term) -> bool:
        return any(
            self._facts.objects(node, predicate)
            for predicate in ("pk:order", "p-plan:correspondsToStep", "provone:wasPartOf")
        )

    # -------------------------------------------------------- saying them

    def _label(self, node: Term) -> str | None:
        return self._facts.text(node, "rdfs:label") if is_iri(node) or node[:2] == "_:" else None

    def _named(self, kind: str, part: str = "") -> Callable[[Term], Thing]:
        def described(node: Term) -> Thing:
            plan = self._facts.object(node, "p-plan:isVariableOfPlan")
            name = self._label(node) or _tail(node, part)
            return Thing(f"{kind} {_cut(name)}", self._path_of_plan(plan) if plan else None)

        return described

    def _part(self, kind: str, predicate: str) -> Callable[[Term], Thing]:
        def described(node: Term) -> Thing:
            whole = self(self._facts.having(predicate, node)[0])
            joint = "by" if kind == "usage" else "of"
            return Thing(f"{kind} {joint} {whole.words}", whole.place)

        return described

    def _trial(self, node: Term) -> Thing:
        label = self._label(node)
        number = _tail(node, "/trial/")[:8]
        return Thing(f"trial {label or number}", self._script_of(node))

    def _execution(self, node: Term) -> Thing:
        order = self._facts.text(node, "pk:order") or _tail(node, "/execution/")
        step = self._facts.object(node, "p-plan:correspondsToStep")
        source = self._facts.text(step, "prov:value") if step else None
        return Thing(
            f"execution {order}" + (f" (`{_cut(source)}`)" if source else ""),
            self._place_of_execution(node),
        )

    def _place_of_execution(self, node: Term) -> str | None:
        seen: set[Term] = set()
        inside = node
        while inside not in seen:
            seen.add(inside)
            step = self._facts.object(inside, "p-plan:correspondsToStep")
            place = self._place_of_step(step) if step else None
            if place is not None:
                return place
            # Without a step of its own it is at least known what it was part of.
            whole = self._facts.object(inside, "provone:wasPartOf")
            if whole is None:
                break
            inside = whole
        return self._script_of(inside)

    def _step(self, node: Term) -> Thing:
        source = self._facts.text(node, "prov:value")
        words = f"step `{_cut(source)}`" if source else f"step {_tail(node, '/step/')}"
        return Thing(words, self._place_of_step(node))

    def _place_of_step(self, step: Term) -> str | None:
        plan, found, key = step[1:-1].partition("/step/")
        line = key.partition(".")[0]
        if not found or not line.isdecimal():
            return None
        path = self._path_of_plan(f"<{plan}>")
        return f"{path}:{line}" if path else f"line {line}"

    def _function(self, node: Term) -> Thing:
        name = self._label(node) or _tail(node, "/function/")
        return Thing(f"function {name}", self._place_of_lines(node))

    def _cell(self, node: Term) -> Thing:
        index = self._facts.text(node, "pk:cellIndex") or _tail(node, "/cell/")
        return Thing(f"cell {index}", self._place_of_lines(node))

    def _place_of_lines(self, node: Term) -> str | None:
        plan = next((node.partition(p)[0] for p in ("/function/", "/cell/") if p in node), "")
        path = self._path_of_plan(f"{plan}>") if plan else None
        line = self._facts.text(node, "pk:firstLine")
        if path is None:
            return f"line {line}" if line else None
        return f"{path}:{line}" if line else path

    def _value(self, node: Term) -> Thing:
        label = self._label(node) or _tail(node, "/value/")
        maker = self._facts.object(node, "prov:wasGeneratedBy")
        return Thing(f"value {_cut(label)}", self._place_of_execution(maker) if maker else None)

    def _file(self, node: Term) -> Thing:
        return Thing(f"file {self._label(node) or _tail(node, '/file/')}", self._path(node))

    def _path(self, file: Term) -> str | None:
        location = self._facts.object(file, "prov:atLocation")
        label = self._facts.text(location, "rdfs:label") if location else None
        return label or self._label(file) or _tail(file, "/file/") or None

    def _bytes(self, node: Term) -> Thing:
        files = self._facts.having("prov:specializationOf", node)
        if files:
            path = self._path(files[0])
            return Thing(f"bytes of {path}", path)
        return Thing(f"bytes {short(node)}", None)

    def _record(self, node: Term) -> Thing:
        of = node.removesuffix("/graph>") + ">"
        return Thing(f"record of {self(of).words}" if of != node else short(node), None)

    def _software(self, node: Term) -> Thing:
        version = self._facts.text(node, "schema:softwareVersion") or ""
        return Thing(f"package {self._label(node) or short(node)} {version}".strip(), None)

    def _plan(self, node: Term) -> Thing:
        path = self._path_of_plan(node)
        return Thing(
            f"plan of {path}" if path else f"plan {self._label(node) or short(node)}", path
        )

    def _path_of_plan(self, plan: Term) -> str | None:
        text = self._facts.object(plan, "prov:wasDerivedFrom")
        files = self._facts.having("prov:specializationOf", text) if text else []
        return self._path(files[0]) if files else None

    def _script_of(self, trial: Term) -> str | None:
        association = self._facts.object(trial, "prov:qualifiedAssociation")
        plan = self._facts.object(association, "prov:hadPlan") if association else None
        return self._path_of_plan(plan) if plan else None


def short(node: Term) -> str:
    """Write an IRI with a known prefix, or in brackets; anything else as it is."""
    if not is_iri(node):
        return "a node without a name" if node.startswith("_:") else shown(node)
    for prefix, namespace in PREFIXES.items():
        if node.startswith("<" + namespace):
            return f"{prefix}:{node[1 + len(namespace) : -1]}"
    return node


def shown(node: Term) -> str:
    """Write a value for people: a name, or a literal with its datatype if it is no plain text."""
    if not node.startswith('"'):
        return short(node)
    _, text, datatype, language = parts(node)
    kind = language or short(f"<{datatype}>")
    return f'"{_cut(text)}"' + ("" if kind == "xsd:string" else f" ({kind})")


def _tail(node: Term, part: str) -> str:
    tail = node[1:-1].rpartition(part)[2] if part else node[1:-1]
    return unquote(tail)


def _cut(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
