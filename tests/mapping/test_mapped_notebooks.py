"""The worked example's notebook gives the worked example's graphs, but for what is listed here; and two stay two."""

import re
from dataclasses import replace

import pyoxigraph
import pytest
from mapped_quads import nquads, statements_in
from notebook_trial import BASE_IRI, DIGEST, FULL_ID, TRIAL_ID, full_notebook, worked_example
from shared_material import SHARED, needs_shared

from provkit.constraints import check
from provkit.mapping import quads_of
from provkit.vocabulary import term, undeclared

SAID_OTHERWISE = {
    "a kernel is a setting as all others are, with its name as the value": (
        ("<T/kernel>", "<T/setting/kernel>"),
        ('rdfs:label "python3"', 'prov:value "python3"'),
    ),
}
LEFT_OUT = {
    "no execution uses what it has made itself": (r"<T/execution/\d> prov:used <T/value/x\.\d>",),
}
ADDED = {
    "what a cell's text says: its statements, which make it a plan of steps": (
        r"<P/step/",
        r"<P/cell/c790615e> rdf:type (p-plan:MultiStep|p-plan:Plan|prov:Plan)",
    ),
    "the bytes that a plan follows from": (r"<P> prov:wasDerivedFrom <ni:", r"<ni:.* <P/graph>"),
    "a plan's types, whichever graph one reads": (r"<P> rdf:type ",),
    "the shared graph": (r" <shared>",),
    "kind of a cell": (r" pk:cellKind ",),
    "kind, place and number of what is shown": (
        r"<T/output/.* pk:(outputKind|outputIndex|executionCount) ",
    ),
    "the format of a text": (r"<T/source/.* schema:encodingFormat ",),
    "labels of settings, people and software": (r" rdfs:label ",),
    "the project's experiment": (r"<experiment",),
}


NAMES = {f"{BASE_IRI}trial/{TRIAL_ID}": "T", f"{BASE_IRI}plan/{DIGEST}": "P", BASE_IRI: ""}
"""What IRIs begin with, the longest first, and what stands for that here."""


@pytest.fixture(scope="module")
def mapped():
    return statements_in(
        nquads(quads_of(worked_example())).encode(), pyoxigraph.RdfFormat.N_QUADS, NAMES
    )


@pytest.fixture(scope="module")
def worked_out():
    text = (SHARED / "reference" / "example-trial.trig").read_text(encoding="utf-8")
    head = text.partition(
        "# ===================================================================== 1."
    )[0]
    notebook = text.partition(
        "# ===================================================================== 4."
    )[2]
    statements = statements_in((head + "#" + notebook).encode(), pyoxigraph.RdfFormat.TRIG, NAMES)
    for pairs in SAID_OTHERWISE.values():
        for before, after in pairs:
            assert any(before in one for one in statements), before
            statements = {
                one.replace(before, after) if before in one else one for one in statements
            }
    return statements


def _is_listed(statement, table):
    return any(re.search(pattern, statement) for patterns in table.values() for pattern in patterns)


@needs_shared
def test_everything_worked_out_is_said_but_what_is_listed(mapped, worked_out):
    assert sorted(one for one in worked_out - mapped if not _is_listed(one, LEFT_OUT)) == []


@needs_shared
def test_nothing_else_is_said_but_what_is_listed(mapped, worked_out):
    assert sorted(one for one in mapped - worked_out if not _is_listed(one, ADDED)) == []


@pytest.mark.parametrize("made", [worked_example, full_notebook])
def test_every_term_is_declared_and_no_statement_comes_twice(made):
    quads = list(quads_of(made()))
    assert list(undeclared(quads)) == []
    assert len(quads) == len(set(quads))


def test_cells_of_two_notebooks_stay_apart_when_they_are_merged():
    """ProvBook's Cell0 of every notebook is one IRI; here, the same id in another notebook is another cell."""
    one = worked_example()
    cells = one.plan.cells
    other = replace(one, id=FULL_ID, plan=replace(one.plan, digest="ab" * 32))
    merged = {*quads_of(one), *quads_of(other)}
    found = {s for s, p, o, _ in merged if p == term("rdf:type") and o == term("repr:Cell")}
    assert len(found) == 2 * len(cells)
    for kind in ("repr:Source", "repr:CellExecution"):
        named = {s for s, p, o, _ in merged if p == term("rdf:type") and o == term(kind)}
        alone = {s for s, p, o, _ in quads_of(one) if p == term("rdf:type") and o == term(kind)}
        assert len(named) == 2 * len(alone)


def test_an_edit_is_a_revision_of_the_text_and_the_step_stays():
    quads = list(quads_of(full_notebook()))
    revisions = [(s, o) for s, p, o, _ in quads if p == term("prov:wasRevisionOf")]
    assert [(s.rsplit("/", 1)[1], o.rsplit("/", 1)[1]) for s, o in revisions] == [
        ("load.2>", "load.1>")
    ]
    steps = {
        o for s, p, o, _ in quads
        if p == term("p-plan:correspondsToStep") and s.endswith(("/execution/1>", "/execution/3>"))
    }  # fmt: skip
    assert len(steps) == 1


def test_a_cell_uses_what_came_from_outside_and_not_what_it_made():
    quads = list(quads_of(full_notebook()))
    used = {
        o.rsplit("/", 1)[1]
        for s, p, o, _ in quads
        if p == term("prov:used") and s.endswith("/execution/5>")
    }
    assert used == {"mean.1>", "prices.2>"}


@pytest.mark.parametrize("made", [worked_example, full_notebook])
def test_the_graphs_are_valid_prov(made):
    from provkit.prov_document import document_of

    report = check(document_of(list(quads_of(made()))))
    assert report.valid, report
