"""JupyterLab and Notebook 7 in Chromium: what somebody who works in a browser does, and what they get to see.

`PROVKIT_BROWSER=needed` makes it an error that there is no browser; `PROVKIT_PICTURES` is a folder for screenshots.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from commands import REPOSITORY, provkit
from live_kernels import trials_in
from notebook_files import notebook

_IS_NEEDED = os.environ.get("PROVKIT_BROWSER") == "needed"
if not _IS_NEEDED:
    pytest.importorskip("selenium")
    pytest.importorskip("jupyterlab")
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("chromium and chromedriver are not here", allow_module_level=True)

from laboratory import THEMES, Laboratory, laboratory  # noqa: E402  selenium may be missing

pytestmark = [
    pytest.mark.slow,
    # Selenium and the browser leave sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

CELLS = (
    "%load_ext provkit",
    "rows = [4, 8, 15, 16, 23, 42]",
    "kept = [row for row in rows if row > 5]",
    "score = sum(kept) / len(kept)\nscore",
    "%prov lineage score",
    "%prov stale",
    "%prov why score rows",
    "%prov slice score",
    "%prov",
    "note = '<b id=\"planted\">not bold</b>'\nshout = note.upper()",
    "%prov lineage shout",
    "def quite_a_long_name(quite_a_long_argument):\n    return [quite_a_long_argument] * 9",
    "quite_a_long_result = quite_a_long_name(quite_a_long_argument=quite_a_long_name(quite_a_long_argument=score))",
    "%prov lineage quite_a_long_result",
    "%prov lineage nothing",
)
LOAD, ROWS, KEPT, SCORE, LINEAGE, STALE, WHY, SLICE, STATUS, _, MARKUP, *_, UNKNOWN = range(
    len(CELLS)
)

CONTRAST = """
const channels = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
const light = colour => {
  const [r, g, b] = channels(colour).slice(0, 3).map(c => {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
  for (let one = element; one; one = one.parentElement) {
    const colour = channels(getComputedStyle(one).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return getComputedStyle(one).backgroundColor;
  }
  return 'rgb(255, 255, 255)';
};
return [...arguments[0].querySelectorAll('*')]
  .filter(one => [...one.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
  .map(one => {
    const [a, b] = [light(getComputedStyle(one).color), light(behind(one))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), one.textContent];
  });
"""
"""The contrast of each text below an element with what is behind it, by WCAG 2.2's formula."""
ENOUGH_CONTRAST = 4.5
"""What WCAG 2.2 asks of text, success criterion 1.4.3."""

WIDTHS = "return [arguments[0].clientWidth];"
CLIPPED = """
return [arguments[0], ...arguments[0].querySelectorAll('*')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
                 && getComputedStyle(one).overflowX !== 'visible')
  .map(one => one.outerHTML.slice(0, 200));
"""
"""What has to be scrolled sideways to be read."""


@pytest.mark.parametrize("theme", THEMES)
def test_a_session_out_of_order_is_recorded_answered_and_readable(
    theme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = _pictures(tmp_path)
    for name in [name for name in os.environ if name.startswith("PROVKIT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    nbformat.write(notebook(*CELLS), tmp_path / "session.ipynb")
    with laboratory(tmp_path, "session.ipynb", theme=theme) as lab:
        _lineage_is_shown(lab)
        _an_edit_makes_later_cells_stale(lab)
        _cells_out_of_order_are_told(lab, pictures / f"jupyterlab-{theme}-stale.png")
        _other_answers_are_shown(lab)
        for index in range(len(CELLS)):
            _can_be_read(lab, index)
        lab.picture(pictures / f"jupyterlab-{theme}.png")
        assert lab.complaints() == []


def test_a_saved_session_comes_back_with_its_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PROVKIT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    path = tmp_path / "session.ipynb"
    made = notebook("%load_ext provkit", "x = 20", "%%time\ny = x + 1\ny")
    made.cells.insert(0, nbformat.v4.new_markdown_cell("# Prices"))
    nbformat.write(made, path)
    with laboratory(tmp_path, path.name) as lab:
        for index in (1, 2, 3):
            lab.run(index)
        lab.save(3, path)
    trials_in(tmp_path)
    back = nbformat.reads(provkit(tmp_path, "export", "last", "-f", "notebook").stdout, 4)
    assert [cell.source for cell in back.cells] == [cell.source for cell in made.cells]
    assert back.cells[0].cell_type == "markdown"
    assert back.cells[3].outputs[-1]["data"] == {"text/plain": "21"}


def test_notebook_7_shows_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("notebook")
    pictures = _pictures(tmp_path)
    for name in [name for name in os.environ if name.startswith("PROVKIT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    nbformat.write(notebook(*CELLS[: STALE + 1]), tmp_path / "session.ipynb")
    with laboratory(tmp_path, "session.ipynb", application="notebook") as lab:
        lab.complaints()  # Notebook's own, of its settings, which it makes as it starts
        _lineage_is_shown(lab)
        _an_edit_makes_later_cells_stale(lab)
        lab.picture(pictures / "notebook-7.png")
        assert lab.complaints() == []


def _lineage_is_shown(lab: Laboratory) -> None:
    for index in (LOAD, ROWS, KEPT, SCORE, LINEAGE):
        lab.run(index)
    assert lab.text(LOAD) == ""
    assert lab.text(SCORE) == "20.8"
    rows = lab.table(LINEAGE)
    assert rows[0] == ["score@1 = 20.8", "[4]", "score = sum(kept) / len(kept)"]
    assert _labels(rows) == {
        "score@1": "[4]",
        "sum(kept)": "[4]",
        "len(kept)": "[4]",
        "kept@1": "[3]",
        "rows@1": "[2]",
    }


def _an_edit_makes_later_cells_stale(lab: Laboratory) -> None:
    lab.run(STALE)
    assert lab.text(STALE).startswith("Nothing is stale")
    lab.replace(ROWS, "rows = [4, 8, 15]")
    lab.run(ROWS)
    lab.run(STALE)
    assert (
        "cell 3 used rows as cell 2 left it; cell 2 has been run again since, as cell 7"
        in lab.text(STALE)
    )


def _cells_out_of_order_are_told(lab: Laboratory, picture: Path) -> None:
    """The score is computed before what it is computed from is made anew."""
    lab.run(SCORE)
    assert lab.text(SCORE) == "20.8"
    lab.run(KEPT)
    lab.run(STALE)
    assert "used kept as" in lab.text(STALE)
    lab.picture(picture)
    lab.run(SCORE)
    assert lab.text(SCORE) == "11.5"
    lab.run(LINEAGE)
    rows = lab.table(LINEAGE)
    assert rows[0][0] == "score@3 = 11.5"
    assert {"kept@2", "rows@2"} <= set(_labels(rows))
    assert not {"kept@1", "rows@1"} & set(_labels(rows))
    lab.run(STALE)
    assert lab.text(STALE).startswith("Nothing is stale")


def _other_answers_are_shown(lab: Laboratory) -> None:
    for index in range(WHY, len(CELLS)):
        lab.run(index)
    assert {"score@3", "kept@2", "rows@2"} <= set(_labels(lab.table(WHY)))
    assert "kept = [row for row in rows if row > 5]" in lab.text(SLICE)
    assert "being recorded" in lab.text(STATUS)
    assert "<b id=" in lab.text(MARKUP)
    assert not lab.has("#planted")
    assert "nothing" in lab.text(UNKNOWN)


def _labels(rows: list[list[str]]) -> dict[str, str]:
    """Tell for each thing of a lineage in which run of a cell it was made, as the brackets say it."""
    return {row[0].lstrip("│├└─ ").split(" ")[0]: row[1] for row in rows}


def _can_be_read(lab: Laboratory, index: int) -> None:
    faint = [
        (round(ratio, 1), text)
        for ratio, text in lab.ask(CONTRAST, index)
        if ratio < ENOUGH_CONTRAST
    ]
    assert index == UNKNOWN or faint == []  # the colours of errors are IPython's
    if lab.text(index):
        assert min(lab.ask(WIDTHS, index)) > 100  # else nothing was drawn that could be cut off
    assert lab.ask(CLIPPED, index) == []


def _pictures(otherwise: Path) -> Path:
    folder = Path(os.environ.get("PROVKIT_PICTURES") or otherwise)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
