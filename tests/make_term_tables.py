"""Make provkit's term tables from the published vocabulary files.

    python tests/make_term_tables.py FOLDER

FOLDER holds the published files in the layout of `PUBLISHED`. Only facts are taken: names,
kinds, parents, domains and ranges, never labels or definitions, because P-Plan and
REPRODUCE-ME are published under terms that provkit's licence cannot carry. The table of
provkit's own terms is made from ontologies/provkit.ttl,
that of its PROV-ML terms from ontologies/prov-ml.ttl.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS
from rdflib.term import Node

from provkit.vocabulary import PREFIXES, TABLES

REPOSITORY = Path(__file__).resolve().parents[1]
OWN = REPOSITORY / "ontologies" / "provkit.ttl"
OWN_PROV_ML = REPOSITORY / "ontologies" / "prov-ml.ttl"

# The first file that declares a term is named as its source; facts are joined over all files.
PUBLISHED = {
    "prov": ("w3c-ns/prov-o.ttl", "w3c-ns/prov.ttl"),
    "p-plan": ("p-plan/p-plan.owl",),
    "repr": ("reproduceme/v1.1/reproduce-me.owl",),
    # the copy that w3.org serves has no domains and ranges, the repository's has
    "mls": ("w3c-ns/mls.ttl", "mls/MLSchema.ttl"),
    "provone": ("provone/provone.dataone.owl",),
    "schema": ("schemaorg/schemaorg-current-https-30.0.ttl",),
}
# The whole of schema.org is a thousand times what is used of it.
ONLY = {
    "schema": {
        "schema:encodingFormat",
        "schema:sha256",
        "schema:softwareVersion",
        "schema:text",
    }
}

_KINDS = {
    OWL.Class: "class",
    RDFS.Class: "class",
    OWL.ObjectProperty: "property",
    OWL.DatatypeProperty: "property",
    OWL.AnnotationProperty: "property",
    RDF.Property: "property",
    OWL.NamedIndividual: "individual",
}
_DOMAINS = (RDFS.domain, URIRef(PREFIXES["schema"] + "domainIncludes"))
_RANGES = (RDFS.range, URIRef(PREFIXES["schema"] + "rangeIncludes"))
_PARENTS = (RDFS.subClassOf, RDFS.subPropertyOf)
HEADER = "name\tkind\tparents\tdomain\trange\tsource"


def table(prefix: str, files: dict[str, Path]) -> str:
    """Write the table of one vocabulary from its files, given by the name to cite."""
    facts: dict[str, _Facts] = {}
    for cited, path in files.items():
        graph = Graph().parse(path)
        for subject, kind in _declarations(graph, PREFIXES[prefix]):
            name = _name(subject)
            if name not in ONLY.get(prefix, {name}):
                continue
            known = facts.setdefault(name, _Facts(cited))
            known.kinds.add(kind)
            known.parents |= _named(graph, subject, _PARENTS)
            known.domain |= _named(graph, subject, _DOMAINS)
            known.range |= _named(graph, subject, _RANGES)
    lines = [f"{name}\t{known.row()}" for name, known in sorted(facts.items())]
    return "\n".join([HEADER, *lines]) + "\n"


@dataclass
class _Facts:
    """What the files read so far say of one term."""

    source: str
    kinds: set[str] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)
    domain: set[str] = field(default_factory=set)
    range: set[str] = field(default_factory=set)

    def row(self) -> str:
        lists = (" ".join(sorted(names)) for names in (self.parents, self.domain, self.range))
        return "\t".join(["+".join(sorted(self.kinds)), *lists, self.source])


def _declarations(graph: Graph, namespace: str) -> Iterator[tuple[URIRef, str]]:
    for rdf_class, kind in _KINDS.items():
        for subject in graph.subjects(RDF.type, rdf_class):
            in_namespace = isinstance(subject, URIRef) and subject.startswith(namespace)
            if in_namespace and str(subject) != namespace:
                yield subject, kind


def _named(graph: Graph, subject: Node, predicates: tuple[URIRef, ...]) -> set[str]:
    """Collect named classes, those inside a union (as in a domain of several) included."""
    found: set[str] = set()
    for predicate in predicates:
        for value in graph.objects(subject, predicate):
            union = graph.value(value, OWL.unionOf)
            members = Collection(graph, union) if union is not None else [value]
            found |= {_name(member) for member in members if isinstance(member, URIRef)}
    return found


def _name(iri: URIRef) -> str:
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return str(iri)


def tables(folder: Path) -> dict[str, str]:
    """Make every table that the published files in the folder give."""
    return {
        prefix: table(prefix, {file: folder / file for file in files})
        for prefix, files in PUBLISHED.items()
    }


def own_table() -> str:
    """Make the table of provkit's own terms."""
    return table("pk", {f"ontologies/{OWN.name}": OWN})


def own_prov_ml_table() -> str:
    """Make the table of provkit's PROV-ML terms."""
    return table("pml", {f"ontologies/{OWN_PROV_ML.name}": OWN_PROV_ML})


def main() -> None:
    """Write the tables that the command line asks for."""
    TABLES.mkdir(exist_ok=True)
    made = {"pk": own_table(), "pml": own_prov_ml_table()}
    if len(sys.argv) > 1:
        made.update(tables(Path(sys.argv[1])))
    for prefix, text in made.items():
        (TABLES / f"{prefix}.tsv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
