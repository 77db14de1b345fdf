"""Trials of programs that really run are valid PROV, and lose nothing on the way out."""

from __future__ import annotations

from collections import Counter

import pytest
from programs import run_program

from provkit.constraints import check, equivalent, normalize
from provkit.export import FORMATS, render
from provkit.export.conversion import write_document
from provkit.mapping import quads_of
from provkit.model import Trial
from provkit.prov_document import document_of, import_quads, read_document

PROGRAMS = {
    "completes": "x = 2\ny = x + 40\nprint(y)\n",
    "fails": "x = 2\ny = x / 0\n",
    "exits": "import sys\nx = 3\nsys.exit(x)\n",
    "files": (
        "with open('in.txt') as source:\n    text = source.read()\n"
        "with open('out.txt', 'w') as target:\n    target.write(text.upper())\n"
        "with open('out.txt', 'a') as target:\n    target.write('more')\n"
        "again = open('out.txt').read()\n"
    ),
    "exceptions": (
        "def parse(text):\n    return int(text)\n"
        "total = 0\n"
        "try:\n    total += parse('1')\n    total += parse('none')\n"
        "except ValueError as error:\n    total = -1\nfinally:\n    done = True\n"
    ),
    "loops": (
        "rows = [1]\nwhile rows:\n    last = rows.pop()\nnames = {k: v for k, v in zip('ab', [1, 2])}\n"
    ),
    "a loop over a range": "rows = []\nfor i in range(4):\n    rows.append(i * i)\n",
    "objects": (
        "class Model:\n    def __init__(self, alpha):\n        self.alpha = alpha\n"
        "    def fit(self, data):\n        self.mean = sum(data) / len(data)\n        return self\n"
        "model = Model(0.5).fit([1, 2, 3])\nalias = model\nalias.alpha = 1\nscore = model.mean\n"
        "first, *rest = [score, 2, 3]\ndel first\n"
    ),
    "deleted names": (
        "a = [1]\nb = a\ndel a\nc = [len(b)]\nbox = [c]\ndel c\nn = sum(b)\ndel b\nprint(n, box)\n"
    ),
    # A comprehension tells what it has read when it is done: the counter as the last call left it.
    "a comprehension that calls what changes an object": (
        "class Model:\n    def __init__(self):\n        self.seen = []\n"
        "    def fit(self, q):\n        self.seen.append(q)\n        return len(self.seen) * q\n"
        "model = Model()\n"
        "def fitted(q):\n    result = model.fit(q=q)\n    return [q, result]\n"
        "models = [fitted(q) for q in list(range(30))]\n"
    ),
}
STATUS = {"fails": 1, "exits": 3}
PROV_FORMATS = [name for name in FORMATS if name.startswith("prov-")]
BASE = "https://example.org/lab/"


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trial]:
    """Each program, run once."""
    return {
        name: run_program(
            tmp_path_factory.mktemp(name) / "project",
            source,
            files={"in.txt": "some text\n"},
            expect=STATUS.get(name, 0),
        )
        for name, source in PROGRAMS.items()
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_captured_trial_is_valid(trials: dict[str, Trial], name: str) -> None:
    document = document_of(quads_of(trials[name]))
    assert sum(len(bundle.records) for bundle in document.bundles) > 20
    assert [str(violation) for violation in check(document).violations] == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_captured_trial_is_equivalent_to_its_normal_form(
    trials: dict[str, Trial], name: str
) -> None:
    document = document_of(quads_of(trials[name]))
    normal = normalize(document)
    assert check(normal).valid
    assert equivalent(document, normal)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_record_of_a_captured_trial_is_exported(
    trials: dict[str, Trial], name: str, format: str
) -> None:
    quads = list(quads_of(trials[name]))
    document = document_of(quads)
    found = read_document(render(quads, format))
    if format in ("turtle", "ntriples", "rdf-xml"):  # these merge the graphs into one
        merged = document_of((*quad[:3], "") for quad in quads)
        assert counted(found) == counted(merged)
        assert found == merged
    else:
        assert counted(found) == counted(document)
        assert found == document


@pytest.mark.parametrize("format", PROV_FORMATS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_captured_trial_stays_valid_and_the_same_import_in_every_format(
    trials: dict[str, Trial], name: str, format: str
) -> None:
    document = document_of(quads_of(trials[name]))
    found = read_document(write_document(document, format))
    assert check(found).valid == check(document).valid
    assert import_quads(found, BASE)[0] == import_quads(document, BASE)[0]


def counted(document: object) -> Counter[tuple[str, str]]:
    """Records by bundle and kind."""
    return Counter(
        (str(part.identifier and part.identifier.uri), str(record.get_type()))
        for part in (document, *document.bundles)
        for record in part.records
    )
