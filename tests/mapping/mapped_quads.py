"""Quads looked at as one does in tests: as text, by subject, as counts of PROV records."""

import re
from collections import defaultdict

import pyoxigraph

from provkit.vocabulary import PREFIXES, term

RELATIONS = {
    term(f"prov:{name}"): ends
    for name, ends in {
        "used": ("Activity", "Entity"),
        "wasGeneratedBy": ("Entity", "Activity"),
        "wasDerivedFrom": ("Entity", "Entity"),
        "wasRevisionOf": ("Entity", "Entity"),
        "wasAssociatedWith": ("Activity", "Agent"),
        "wasAttributedTo": ("Entity", "Agent"),
        "specializationOf": ("Entity", "Entity"),
        "qualifiedUsage": ("Activity", "Usage"),
        "qualifiedDerivation": ("Entity", "Derivation"),
        "qualifiedAssociation": ("Activity", "Association"),
        "agent": ("Association", "Agent"),
        "hadPlan": ("Association", "Plan"),
        "entity": (None, "Entity"),
    }.items()
}
"""The PROV relations that mapping uses, and the PROV class at either end."""

ELEMENTS = {term(f"prov:{name}") for name in ("Entity", "Activity", "Agent")}
QUALIFIED = {term(f"prov:{name}") for name in ("Usage", "Derivation", "Association")}


def nquads(quads):
    """The quads as an N-Quads text."""
    return "".join(f"{s} {p} {o} {g} .\n" for s, p, o, g in quads)


def statements_in(data, format_, names):
    """The statements of a text of RDF, each a line in which IRIs are prefixed or cut to what `names` has for them."""
    return {
        _abbreviated(f"{quad.subject} {quad.predicate} {quad.object} {quad.graph_name}", names)
        for quad in pyoxigraph.parse(data, format=format_)
    }


def _abbreviated(text, names):
    for prefix, namespace in PREFIXES.items():
        text = re.sub(f"<{re.escape(namespace)}([^>]*)>", rf"{prefix}:\1", text)
    for beginning, name in names.items():
        text = text.replace(f"<{beginning}", f"<{name}")
    return text


def types_by_graph(quads):
    """For each graph, the classes of each typed node."""
    types = defaultdict(lambda: defaultdict(set))
    for subject, predicate, value, graph in quads:
        if predicate == term("rdf:type"):
            types[graph][subject].add(value)
    return types


def short(text):
    """A term as people read it: prefixed."""
    for prefix, namespace in PREFIXES.items():
        if text.startswith("<" + namespace):
            return f"{prefix}:{text.removeprefix('<' + namespace)[:-1]}"
    return text


def prov_record_count(quads):
    """How many PROV records the quads are, counted from the triples.

    One for each element of a bundle, each plain relation and each qualified one. A plain
    association is the qualified one's shadow and no second record, a revision is an attribute
    of the derivation that stands beside it, and roles and places are elements too.
    """
    elements = {
        (subject, graph)
        for subject, predicate, value, graph in quads
        if predicate == term("rdf:type") and value in ELEMENTS
    }
    counted = (
        *("used", "wasGeneratedBy", "wasInvalidatedBy", "wasDerivedFrom"),
        *("wasAttributedTo", "specializationOf"),
    )
    qualified = ("qualifiedUsage", "qualifiedDerivation", "qualifiedAssociation")
    predicates = {term(f"prov:{name}") for name in counted + qualified}
    return len(elements) + sum(predicate in predicates for _, predicate, _, _ in quads)
