"""Pictures of a lineage: well-formed, without scripts, nothing over anything else."""

import re
import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stored_example import EXAMPLE, make_store
from test_lineage import BASE, DERIVED, TRIAL, facts_of

from provkit.export import picture
from provkit.facts import Facts
from provkit.lineage import lineage, lineage_in
from provkit.vocabulary import literal, term

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def score(tmp_path_factory):
    return lineage(make_store(tmp_path_factory.mktemp("project")), EXAMPLE, "score")


def test_svg_says_what_it_shows_and_runs_nothing(score):
    root = ET.fromstring(picture.svg(score))

    assert root.find(f"{SVG}title").text == "Where score@1 came from (trial 3f9a6c0d)"
    assert "derivations" in root.find(f"{SVG}desc").text
    assert root.get("role") == "img"
    assert not {element.tag for element in root.iter()} & {f"{SVG}script", f"{SVG}image"}
    assert not [a for e in root.iter() for a in e.attrib if a.startswith("on") or "href" in a]
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_every_node_and_every_derivation_is_drawn(score):
    root = ET.fromstring(picture.svg(score))

    assert len(root.findall(f"{SVG}g")) == len(score.nodes)
    assert len(root.findall(f"{SVG}path")) == len(score.edges)
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"houses.csv", "score@1 = 0.6134"} <= texts


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(), max_size=40),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_whatever_a_label_holds_the_picture_is_well_formed(label, preview):
    iri = f"<{BASE}value/x.1>"
    facts = Facts(
        [
            (iri, term("rdfs:label"), literal(label), "<g>"),
            (iri, term("pk:preview"), literal(preview), "<g>"),
            (iri, DERIVED, f"<{BASE}value/y.1>", "<g>"),
        ]
    )
    found = lineage_in(facts, TRIAL, iri[1:-1])

    assert len(ET.fromstring(picture.svg(found)).findall(f"{SVG}g")) == 2
    quoted = re.findall(r'label="((?:[^"\\]|\\.)*)"', picture.dot(found))
    assert (
        len(quoted) == 3
    )  # the title's too; a label that ended its string would change the number


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 24), st.integers(0, 23)), min_size=1, max_size=60))
def test_no_two_nodes_overlap_and_edges_lead_down(pairs):
    pairs = [(max(pair), min(pair)) for pair in pairs if pair[0] != pair[1]] or [(1, 0)]
    pairs += [(25, n) for n in range(25)]
    facts = facts_of(*((f"value/v.{a}", f"value/v.{b}") for a, b in pairs))
    drawing = picture._drawn(lineage_in(facts, TRIAL, f"{BASE}value/v.25"))

    boxes = [box for box in drawing.boxes if box.node is not None]
    for i, one in enumerate(boxes):
        assert one.x - one.width / 2 >= 0
        assert one.x + one.width / 2 <= drawing.width
        for other in boxes[i + 1 :]:
            beside = abs(one.x - other.x) >= (one.width + other.width) / 2
            above = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert beside or above
    for _, path in drawing.paths:
        layers = [drawing.boxes[n].layer for n in path]
        assert layers == sorted(layers)


def test_crossings_are_counted():
    below = [[3], [2], [], []]
    assert picture._crossings([[0, 1], [2, 3]], below) == 1
    assert picture._crossings([[1, 0], [2, 3]], below) == 0


def test_a_cycle_of_a_foreign_file_is_drawn():
    facts = facts_of(("value/a.1", "value/b.1"), ("value/b.1", "value/a.1"))

    assert "<svg" in picture.svg(lineage_in(facts, TRIAL, f"{BASE}value/a.1"))


def test_a_large_lineage_is_drawn_with_bounded_effort():
    pairs = [(n, n - step) for n in range(60, 3_000) for step in (1, 17, 59)]
    facts = facts_of(*((f"value/v.{a}", f"value/v.{b}") for a, b in pairs))
    found = lineage_in(facts, TRIAL, f"{BASE}value/v.2999")
    began = time.process_time()

    assert picture.svg(found)
    assert time.process_time() - began < 10


def test_dot_marks_files_and_control(score):
    text = picture.dot(score)

    assert text.count(" -> ") == len(score.edges)
    assert "shape=note" in text
    control = facts_of(control=(("value/a.1", "value/b.1"),))
    assert "style=dashed" in picture.dot(lineage_in(control, TRIAL, f"{BASE}value/a.1"))
    assert "edge control" in picture.svg(lineage_in(control, TRIAL, f"{BASE}value/a.1"))
