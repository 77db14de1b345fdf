"""docs/vocabulary.md shows statements that are made, and all of provkit's own terms."""

import re
from hashlib import sha256
from pathlib import Path

import full_trial as full
import pytest
from example_trial import BASE_IRI, DIGEST, TRIAL_ID, example_trial
from notebook_trial import FULL_ID, full_notebook
from rdflib import RDF, RDFS, Graph, URIRef

from provkit.identifiers import Identifiers, content
from provkit.mapping import quads_of
from provkit.model import Reference
from provkit.vocabulary import PREFIXES, declared_terms

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = (REPOSITORY / "docs" / "vocabulary.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```turtle\n(.*?)```", PAGE, re.DOTALL)
TRIAL = f"{BASE_IRI}trial/{TRIAL_ID}"
PLAN = f"{BASE_IRI}plan/{DIGEST}"
SHORT = {
    "e": f"{TRIAL}/execution/",
    "v": f"{TRIAL}/value/",
    "f": f"{TRIAL}/file/",
    "s": f"{TRIAL}/setting/",
    "u": f"{TRIAL}/usage/",
    "p": f"{PLAN}/step/",
    "pv": f"{PLAN}/variable/",
    "full": "full:",
    "note": "note:",
}
_FULL = Identifiers(full.BASE, full.TRIAL_ID)
_NOTE = Identifiers("https://example.org/lab/", FULL_ID)
_NOTEBOOK = full_notebook().plan.digest
# The page's names for nodes of the second trial, whose IRIs would only be in the way.
NODES = {
    "full:trial": _FULL.trial,
    "full:execution2": _FULL.execution(2),
    "full:a1": _FULL.value("a.1"),
    "full:b1": _FULL.value("b.1"),
    "full:c1": _FULL.value("c.1"),
    "full:derivation": _FULL.derivation(Reference("value", "b.1"), Reference("value", "c.1")),
    "full:stderr": _FULL.output("stderr"),
    "full:plan": _FULL.plan(full.SCRIPT),
    "full:clean": _FULL.function(full.SCRIPT, "clean"),
    "full:cell0": _FULL.cell(full.SCRIPT, "0"),
    "full:source0": _FULL.cell_source(full.SCRIPT, "0"),
    "note:trial": _NOTE.trial,
    "note:plan": _NOTE.plan(_NOTEBOOK),
    "note:load": _NOTE.cell(_NOTEBOOK, "load"),
    "note:source": _NOTE.cell_source(_NOTEBOOK, "load"),
    "note:output": _NOTE.cell_output(_NOTEBOOK, "load"),
    "note:prices": _NOTE.variable(_NOTEBOOK, "prices"),
    "note:prices2": _NOTE.value("prices.2"),
    "note:load1": _NOTE.cell_text("load.1"),
    "note:load2": _NOTE.cell_text("load.2"),
    "note:execution3": _NOTE.execution(3),
    "note:execution4": _NOTE.execution(4),
    "note:shown": _NOTE.output("3.2"),
    "note:picture": f"{_NOTE.output('3.2')[:-1]}/format/image%2Fpng>",
    "note:bytes": content(sha256(b"\x89PNG2").hexdigest()),
    "note:kernel": _NOTE.setting("kernel"),
    # a name that ends with its prefix stands for the trial and the plan themselves
    f"{TRIAL}/": f"<{TRIAL}>",
    f"{PLAN}/": f"<{PLAN}>",
}


@pytest.fixture(scope="module")
def made():
    """Every statement of the trials."""
    trials = (example_trial(), full.full_trial(), full_notebook())
    lines = (f"{s} {p} {o} ." for trial in trials for s, p, o, _ in quads_of(trial))
    return set(Graph().parse(data="\n".join(lines), format="nt"))


def _statements(block):
    prefixes = {**PREFIXES, **SHORT, "t": f"{TRIAL}/", "plan": f"{PLAN}/"}
    header = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    graph = Graph().parse(data=header + block, format="turtle", publicID=BASE_IRI)
    return {tuple(_node(one) for one in statement) for statement in graph}


def _node(one):
    named = NODES.get(str(one))
    return URIRef(named[1:-1]) if named else one


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split()[0])
def test_turtle_on_the_page_is_what_is_made(made, block):
    assert _statements(block) - made == set()


def test_page_shows_turtle():
    assert len(BLOCKS) == 9


def test_page_lists_own_terms_and_no_other():
    rows = re.findall(r"^\| `(pk:\w+)` \|", PAGE, re.MULTILINE)
    assert rows == sorted(rows)
    assert set(rows) == set(declared_terms("pk"))
    assert {f"pk:{name}" for name in re.findall(r"\bpk:(\w+)", PAGE)} == set(rows)


def test_page_gives_the_reasons_of_the_ontology():
    graph = Graph().parse(REPOSITORY / "ontologies" / "provkit.ttl")
    for subject, comment in graph.subject_objects(RDFS.comment):
        assert f"| {comment} |" in PAGE, subject
    assert (None, RDF.type, None) in graph
