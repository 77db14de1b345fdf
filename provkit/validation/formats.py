"""Reports as other tools read them: the W3C's report in Turtle, and JUnit's XML."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import rdflib
from rdflib.namespace import RDF, SH, XSD

from provkit.validation.checking import NAMESPACE
from provkit.validation.graph import graph_of
from provkit.validation.report import Finding, Report, Severity
from provkit.vocabulary import PREFIXES

_NOT_IN_XML = dict.fromkeys([*(c for c in range(32) if c not in (9, 10, 13)), 0xFFFE, 0xFFFF], "�")


def as_turtle(reports: Sequence[Report], severity: Severity) -> str:
    """Write a `sh:ValidationReport` for each report, the same text for the same findings."""
    graph = rdflib.Graph()
    graph.bind("sh", SH)
    graph.bind("pks", NAMESPACE)
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    for number, report in enumerate(reports):
        node = rdflib.BNode(f"report{number}")
        graph.add((node, RDF.type, SH.ValidationReport))
        conforms = "true" if report.conforms(severity) else "false"
        graph.add((node, SH.conforms, rdflib.Literal(conforms, datatype=XSD.boolean)))
        for place, finding in enumerate(report.at_least(severity)):
            result = rdflib.BNode(f"{node}result{place:06}")
            graph.add((node, SH.result, result))
            _add_result(graph, result, finding)
    return graph.serialize(format="turtle")


def _add_result(graph: rdflib.Graph, node: rdflib.BNode, finding: Finding) -> None:
    def say(predicate: rdflib.URIRef, value: rdflib.term.Node) -> None:
        graph.add((node, predicate, value))

    say(RDF.type, SH.ValidationResult)
    say(SH.resultSeverity, SH[finding.severity.capitalize()])
    say(SH.sourceShape, rdflib.URIRef(_iri_of_shape(finding.shape)))
    say(SH.focusNode, _node(finding.node))
    where = f" [{finding.place}]" if finding.place else ""
    told = f"{finding.thing}{where}: {finding.rule} {finding.found}".strip()
    say(SH.resultMessage, rdflib.Literal(told))
    prefix, _, name = (finding.path or "").partition(":")
    if prefix in PREFIXES:
        say(SH.resultPath, rdflib.URIRef(PREFIXES[prefix] + name))
    elif finding.path:
        say(SH.resultPath, rdflib.URIRef(finding.path.strip("<>")))
    if finding.value is not None:
        triple = ("<urn:x>", "<urn:x>", finding.value, "")
        say(SH.value, next(iter(graph_of([triple])))[2])


def _iri_of_shape(shape: str) -> str:
    return shape if ":" in shape else NAMESPACE + shape.replace(" ", "-")


def _node(name: str) -> rdflib.term.Node:
    return rdflib.BNode(name[2:]) if name.startswith("_:") else rdflib.URIRef(name)


def as_junit(reports: Sequence[Report], severity: Severity) -> bytes:
    """Write JUnit's XML: a suite for each report, a failed case for each finding."""
    root = ET.Element("testsuites", name="provkit validate")
    for report in reports:
        findings = report.at_least(severity)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_plain(f"{report.target} against {report.profile}"),
            tests=str(max(len(findings), 1)),
            failures=str(len(findings)),
            errors="0",
        )
        for finding in findings:
            case = ET.SubElement(
                suite,
                "testcase",
                name=_plain(f"{finding.shape}: {finding.thing}"),
                classname=_plain(report.target),
            )
            if finding.place:
                path, _, line = finding.place.rpartition(":")
                case.set("file", _plain(path if line.isdecimal() else finding.place))
                if line.isdecimal():
                    case.set("line", line)
            message = f"{finding.rule} {finding.found}".strip()
            failure = ET.SubElement(case, "failure", type=finding.severity, message=_plain(message))
            failure.text = _plain(
                "\n".join(part for part in (finding.advice, finding.node) if part)
            )
        if not findings:
            ET.SubElement(suite, "testcase", name="conforms", classname=_plain(report.target))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _plain(text: str) -> str:
    """Take out the characters that no XML can hold."""
    return text.translate(_NOT_IN_XML)
