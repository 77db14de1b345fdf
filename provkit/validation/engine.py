"""Run SHACL shapes over a graph: the only place that knows pyshacl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rdflib
from rdflib.namespace import RDF, RDFS, SH

from provkit.errors import BadInput
from provkit.validation.report import Severity

_SEVERITIES: dict[rdflib.term.Node | None, Severity] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}
_TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
# What only the Advanced Features know; without asking for them pyshacl would pass over it.
_ADVANCED = (SH.target, SH.rule, SH.expression)
_ORDER = ("MinCount", "MaxCount", "NodeKind", "Datatype", "Class", "Pattern", "In")


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result, as the W3C's report has it."""

    shape: rdflib.term.Node
    component: str
    """`MinCount`, `Datatype`, ..."""
    severity: Severity
    focus: rdflib.term.Node
    path: rdflib.term.Node | None
    value: rdflib.term.Node | None
    message: str


def results_of(data: rdflib.Graph, shapes: rdflib.Graph) -> list[Result]:
    """Validate a graph, without inference and without fetching anything.

    Returns:
        The results without those that only follow from another one.

    Raises:
        BadInput: The engine cannot use the shapes.
    """
    report = _run(data, shapes, meta_shacl=False)
    results = [_result(report, node) for node in report.subjects(RDF.type, SH.ValidationResult)]
    return _causes(_once(results), shapes)


def focus_nodes(data: rdflib.Graph, shapes: rdflib.Graph) -> set[rdflib.term.Node]:
    """Find the nodes that shapes are aimed at; those of SHACL Core's targets only."""
    found: set[rdflib.term.Node] = set()
    for wanted in set(shapes.objects(None, SH.targetClass)):
        found.update(data.subjects(RDF.type, wanted))
    for shape in shapes.subjects(RDF.type, SH.NodeShape):
        if (shape, RDF.type, RDFS.Class) in shapes:
            found.update(data.subjects(RDF.type, shape))
    for wanted in set(shapes.objects(None, SH.targetSubjectsOf)):
        found.update(data.subjects(wanted, None))
    for wanted in set(shapes.objects(None, SH.targetObjectsOf)):
        found.update(data.objects(None, wanted))
    found.update(shapes.objects(None, SH.targetNode))
    return found


def malformed(shapes: rdflib.Graph) -> str | None:
    """Say what is wrong with shapes by the shapes for shapes, or None if nothing is."""
    if not any((None, target, None) in shapes for target in (*_TARGETS, *_ADVANCED)) and not any(
        (shape, RDF.type, RDFS.Class) in shapes for shape in shapes.subjects(RDF.type, SH.NodeShape)
    ):
        return "no shape in it has a target, so nothing would ever be checked; add sh:targetClass."
    try:
        _run(rdflib.Graph(), shapes, meta_shacl=True)
    except BadInput as error:
        return str(error)
    return None


def _run(data: rdflib.Graph, shapes: rdflib.Graph, *, meta_shacl: bool) -> rdflib.Graph:
    import pyshacl
    from pyshacl.errors import ReportableRuntimeError, ShapeLoadError, ValidationFailure

    try:
        _, report, text = pyshacl.validate(
            data,
            shacl_graph=shapes,
            inference="none",
            advanced=any((None, predicate, None) in shapes for predicate in _ADVANCED),
            meta_shacl=meta_shacl,
            inplace=False,
            do_owl_imports=False,
        )
    except (ReportableRuntimeError, ShapeLoadError, ValidationFailure) as error:
        raise BadInput(_in_one_sentence(error)) from error
    if not isinstance(report, rdflib.Graph):
        raise BadInput(_in_one_sentence(text))
    return report


def _in_one_sentence(error: Any) -> str:
    message = " ".join(str(getattr(error, "message", error)).split())
    return f"the engine refuses them: {message[:400].rstrip('.')}."


def _result(report: rdflib.Graph, node: rdflib.term.Node) -> Result:
    component = str(report.value(node, SH.sourceConstraintComponent) or "")
    focus = report.value(node, SH.focusNode)
    shape = report.value(node, SH.sourceShape)
    return Result(
        shape=shape if shape is not None else SH.Shape,
        component=component.rpartition("#")[2].removesuffix("ConstraintComponent"),
        severity=_SEVERITIES.get(report.value(node, SH.resultSeverity), "violation"),
        focus=focus if focus is not None else rdflib.BNode(),
        path=report.value(node, SH.resultPath),
        value=report.value(node, SH.value),
        message=" ".join(sorted(map(str, report.objects(node, SH.resultMessage)))),
    )


# ------------------------------------------------------------------ causes before consequences


def _once(results: list[Result]) -> list[Result]:
    """Keep of what one shape says about one value the most telling result."""
    kept: dict[tuple[object, ...], Result] = {}
    for result in sorted(results, key=_telling):
        kept.setdefault((result.shape, result.focus, result.path, result.value), result)
    return list(kept.values())


def _telling(result: Result) -> tuple[int, str]:
    known = result.component in _ORDER
    return (_ORDER.index(result.component) if known else len(_ORDER), result.component)


def _causes(results: list[Result], shapes: rdflib.Graph) -> list[Result]:
    """Leave out what could not have been otherwise, so that one fault is one finding.

    A node without any type lacks each one that was asked of it. Two values of which one is
    missing its form cannot be compared.
    """
    untyped = {r.focus for r in results if r.path == RDF.type and r.component == "MinCount"}
    misshapen = {(r.focus, r.path) for r in results if not r.component.startswith("LessThan")}

    def follows(result: Result) -> bool:
        if result.path == RDF.type and result.component != "MinCount":
            return result.focus in untyped
        if result.component.startswith("LessThan"):
            other = shapes.value(result.shape, SH[_lower(result.component)])
            return bool({(result.focus, result.path), (result.focus, other)} & misshapen)
        return False

    return [result for result in results if not follows(result)]


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
