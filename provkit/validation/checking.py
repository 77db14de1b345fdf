"""Check a trial of the store, or a document, against a profile and a person's own shapes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import rdflib
from rdflib.namespace import RDFS, SH

from provkit.errors import BadInput
from provkit.facts import Facts
from provkit.prov_document import quads_of_document, read_document
from provkit.prov_document.rdf_reading import SYNTAXES, quads_of_rdf
from provkit.prov_document.reading import content_of, format_of
from provkit.store import LocalStore
from provkit.validation.engine import Result, focus_nodes, results_of
from provkit.validation.graph import graph_of, term_of
from provkit.validation.profiles import Profile, shapes_of
from provkit.validation.report import SEVERITIES, Finding, Report
from provkit.validation.wording import Words, short, shown
from provkit.vocabulary import Quad, Term, declared_terms, tabled_prefixes, term, undeclared

NAMESPACE = "https://w3id.org/provkit/shapes#"
UNDECLARED = "undeclared-term"
_NUMBER = re.compile(r"(?<![0-9a-f])[0-9]{1,9}(?![0-9a-f])")


def validate_trial(
    store: LocalStore,
    trial_id: str,
    *,
    profile: Profile,
    shapes: Iterable[Path] = (),
    target: str | None = None,
) -> Report:
    """Check a stored trial: its own graph, those of its plans, what it shares, what is said of it.

    Args:
        store: Where it is.
        trial_id: Its full id.
        profile: The shapes of provkit's to hold it against.
        shapes: Files with shapes of one's own, in any RDF syntax.
        target: What the report calls it; its id by default.

    Raises:
        BadInput: A file of shapes cannot be used.
        StoreError: The trial cannot be read.
    """
    quads = list(store.quads(trial_id))
    return _checked(quads, profile, shapes, target or trial_id)


def validate_document(
    source: Path | bytes,
    *,
    profile: Profile,
    shapes: Iterable[Path] = (),
    target: str | None = None,
) -> Report:
    """Check a document, in any syntax of RDF or PROV; all its graphs are merged.

    Raises:
        BadInput: It cannot be read, or a file of shapes cannot be used.
    """
    called = target or (str(source) if isinstance(source, Path) else "standard input")
    return _checked(_quads_of(source, called), profile, shapes, called)


def _quads_of(source: Path | bytes, called: str) -> list[Quad]:
    content = content_of(source, called)
    try:
        syntax = format_of(content)
        if syntax in SYNTAXES:
            return quads_of_rdf(content, syntax)[0]
    except BadInput as error:
        raise BadInput(f"Couldn't read {called!r}: {error}") from error
    return list(quads_of_document(read_document(content, name=called, format=syntax)))


def _checked(quads: Sequence[Quad], profile: Profile, extra: Iterable[Path], target: str) -> Report:
    shapes = shapes_of(profile, extra)
    try:
        data = graph_of(quads)
    except BadInput as error:
        raise BadInput(f"Couldn't check {target!r}: {error}") from error
    facts = Facts(quads)
    findings = [_finding(result, shapes, facts) for result in results_of(data, shapes)]
    if profile.declared_terms_only:
        findings = _with_undeclared(findings, quads, facts)
    return Report(
        target=target,
        profile=profile.name,
        checked=len(focus_nodes(data, shapes)),
        triples=len(data),
        findings=tuple(sorted(findings, key=_rank)),
    )


def _rank(finding: Finding) -> tuple[object, ...]:
    path, _, line = (finding.place or "").rpartition(":")
    where = (path, int(line)) if line.isdecimal() else (finding.place or "", 0)
    return (
        SEVERITIES.index(finding.severity),
        where,
        finding.shape,
        _NUMBER.sub(lambda number: number[0].zfill(12), finding.node),
        finding.path or "",
        finding.value or "",
    )


# ------------------------------------------------------------------ one finding


def _finding(result: Result, shapes: rdflib.Graph, facts: Facts) -> Finding:
    shape, focus = result.shape, term_of(result.focus)
    words = Words(facts)
    thing = words(focus)
    path = term_of(result.path) if isinstance(result.path, rdflib.URIRef) else None
    value = None if result.value is None else term_of(result.value)
    if value == focus:
        value = None
    advice = shapes.value(shape, SH.description) or shapes.value(shape, RDFS.comment)
    return Finding(
        shape=_name_of(shape, shapes),
        title=str(
            shapes.value(shape, SH.name) or shapes.value(shape, RDFS.label) or result.component
        ),
        severity=result.severity,
        thing=thing.words,
        place=thing.place,
        rule=result.message,
        found=_found(result, path, value, shapes, facts, words),
        advice=str(advice or ""),
        node=focus[1:-1] if focus.startswith("<") else focus,
        path=short(path) if path else None,
        value=value,
    )


def _name_of(shape: rdflib.term.Node, shapes: rdflib.Graph) -> str:
    """Name a shape; a property shape without a name by the shape that has it."""
    seen: set[rdflib.term.Node] = set()
    while isinstance(shape, rdflib.BNode) and shape not in seen:
        seen.add(shape)
        named = shapes.value(shape, SH.name) or shapes.value(shape, RDFS.label)
        whole = next(iter(shapes.subjects(None, shape)), None)
        if named is not None or whole is None:
            return str(named or "a shape without a name")
        shape = whole
    return str(shape).removeprefix(NAMESPACE)


def _found(
    result: Result,
    path: Term | None,
    value: Term | None,
    shapes: rdflib.Graph,
    facts: Facts,
    words: Words,
) -> str:
    """Say what is there instead of what the rule asks for."""
    focus = term_of(result.focus)
    # Of a longer path only what the engine says can be told: the values are not the node's own.
    values = _values(facts, focus, path)
    if path == term("rdf:type"):
        return _found_types(result, value, values)
    if result.component in ("MinCount", "QualifiedMinCount", "HasValue"):
        return "There is none." if not values else f"There is only {words.listed(values)}."
    if result.component in ("MaxCount", "QualifiedMaxCount"):
        listed = f": {words.listed(values)}" if values else ""
        count = "is one" if len(values) == 1 else f"are {len(values) or 'several'}"
        return f"There {count}{listed}."
    if result.component.startswith("LessThan"):
        other = shapes.value(result.shape, SH[_lower(result.component)])
        against = _values(facts, focus, term_of(other) if other is not None else None)
        return f"{shown(value or '')} comes after {words.listed(against)}."
    if result.component == "Closed":
        return f"It has {short(path or '')} {shown(value) if value else ''}".rstrip() + "."
    if result.component == "Class" and value is not None:
        return f"{short(value)} is not described so."
    return f"It says {shown(value)}." if value is not None else ""


def _values(facts: Facts, focus: Term, path: Term | None) -> list[Term]:
    return [] if path is None else facts.values(focus, path)


def _found_types(result: Result, value: Term | None, types: list[Term]) -> str:
    if result.component in ("Not", "In") and value is not None:
        return f"It is typed {short(value)}."
    if not types:
        return "It has no type at all."
    return f"It is typed {', '.join(sorted(map(short, types)))} only."


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


# ------------------------------------------------------------------ terms that nobody declares


def _with_undeclared(findings: list[Finding], quads: Sequence[Quad], facts: Facts) -> list[Finding]:
    """Add a finding for each undeclared term; that such a property is outside the profile follows."""
    unknown = undeclared(quads)
    names = {short(found) for found in unknown}
    kept = [f for f in findings if not (f.shape.startswith("closed-") and f.path in names)]
    return kept + list(_undeclared_findings(unknown, quads, facts))


def _undeclared_findings(
    unknown: list[Term], quads: Sequence[Quad], facts: Facts
) -> Iterator[Finding]:
    words = Words(facts)
    declared = [name for prefix in tabled_prefixes() for name in declared_terms(prefix)]
    for wrong in unknown:
        uses = [quad for quad in quads if wrong in (quad[1], quad[2])]
        thing = words(uses[0][0])
        close = difflib.get_close_matches(short(wrong), declared, n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}? " if close else ""
        times = "once" if len(uses) == 1 else f"{len(uses)} times"
        yield Finding(
            shape=UNDECLARED,
            title="declaration of a term",
            severity="violation",
            thing=thing.words,
            place=thing.place,
            rule="A term in the namespace of a vocabulary is one that the vocabulary declares.",
            found=f"{short(wrong)} is not, and is used {times}.",
            advice=f"{hint}Correct it, or use a namespace of your own.",
            node=uses[0][0][1:-1] if uses[0][0].startswith("<") else uses[0][0],
            path=short(uses[0][1]),
            value=uses[0][2],
        )
