"""The commands, as a person types them, on saved notebooks."""

import json

import pytest
from commands import provkit
from saved_files import code, error, made, markdown, result, stream

DOCUMENT = made(
    markdown("# Prices"),
    code(
        "prices = [1, 2]\nprices", result("[1, 2]", 3), count=3, metadata={"tags": ["parameters"]}
    ),
    code("print(1)\n1 / 0", stream("1\n"), error("ZeroDivisionError", "division by zero"), count=2),
    code("later"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    (folder / "nb.ipynb").write_text(json.dumps(DOCUMENT))
    said = provkit(folder, "capture", "nb.ipynb", "--no-execute", "--name", "saved")
    assert said.returncode == 0, said.stderr
    return folder


@pytest.mark.parametrize(
    "words", [("nb.ipynb", "--no-execute"), ("--no-execute", "nb.ipynb", "--tag", "a")]
)
def test_the_option_stands_on_either_side(folder, words):
    said = provkit(folder, "capture", *words)
    assert (said.returncode, said.stdout) == (0, "")
    first, *warnings = said.stderr.splitlines()
    assert "read as it was saved - 4 cells, 2 runs, 3 outputs · provkit show " in first
    assert warnings == [
        "provkit: warning: execution counts 1 are missing: what ran then is not in the file as it was",
        "provkit: warning: cells ran in another order than they stand: cell 1 after one further down",
    ]


def test_show_lists_cells(folder):
    # A table in a file is as wide as it has to be.
    provkit(folder, "show", "saved", "--cells", "-o", "cells.txt")
    lines = (folder / "cells.txt").read_text("utf-8").splitlines()
    [start] = [n for n, line in enumerate(lines) if line == "cells"]
    heading, *rows = (line.split() for line in lines[start + 1 : start + 6])
    assert heading == ["CELL", "RUNS", "STATUS", "TEXT", "SHOWS", "REMARKS", "ID"]
    assert rows[0] == ["cell", "0", "markdown", "#", "Prices", "cell-0"]
    assert rows[1] == [
        "cell",
        "1",
        "[3]",
        "1",
        "completed",
        "prices",
        "=",
        "[1,",
        "2]",
        "…",
        "text/plain",
        "parameters",
        "cell-1",
    ]
    assert rows[2][:5] == ["cell", "2", "[2]", "1", "failed"]
    assert "ZeroDivisionError:" in rows[2]
    assert rows[3] == ["cell", "3", "0", "later", "cell-3"]


def test_show_tells_of_cells_that_failed_without_being_asked(folder):
    said = provkit(folder, "show", "saved").stdout
    assert "cells that did not complete" in said
    assert "\n  cell 1 " not in said


def test_show_gives_cells_as_json(folder):
    cells = json.loads(provkit(folder, "show", "saved", "--format", "json").stdout)["cells"]
    assert [(cell["index"], cell["execution_count"], cell["outputs"]) for cell in cells] == [
        (0, None, []), (1, 3, ["text/plain"]), (2, 2, ["stdout", "error"]), (3, None, []),
    ]  # fmt: skip


def test_export_rebuilds_the_notebook(folder):
    assert provkit(folder, "export", "saved", "-o", "back.ipynb").returncode == 0
    back = json.loads((folder / "back.ipynb").read_text())
    assert back["cells"][1]["outputs"][0]["data"] == {"text/plain": ["[1, 2]"]}
    assert [cell["id"] for cell in back["cells"]] == [cell["id"] for cell in DOCUMENT["cells"]]


def test_a_saved_notebook_conforms(folder):
    said = provkit(folder, "validate", "saved", "--profile", "strict")
    assert said.returncode == 0, said.stdout
    assert provkit(folder, "validate", "saved", "--constraints").returncode == 0


def test_trials_lists_it_with_its_file(folder):
    rows = json.loads(provkit(folder, "trials", "-f", "json").stdout)
    assert {"nb.ipynb"} == {row["script"] for row in rows}


REFUSED = {
    "no such file": (("nowhere.ipynb", "--no-execute"), 3, "Couldn't find the notebook 'nowhere.ipynb'"),
    "no notebook": (("bad.ipynb", "--no-execute"), 3, "Couldn't read 'bad.ipynb' as a notebook: it is not JSON"),
    "a kernel": (("nb.ipynb", "--no-execute", "-k", "x"), 2, "Nothing is run with --no-execute: leave out --kernel."),
    "a parameter": (("nb.ipynb", "--no-execute", "-p", "a", "1"), 2, "leave out --parameter"),
    "an interpreter": (("--python", "x", "--no-execute", "nb.ipynb"), 2, "leave out --python"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_one_sentence(folder, name):
    words, status, sentence = REFUSED[name]
    (folder / "bad.ipynb").write_text("{")
    said = provkit(folder, "capture", *words)
    assert said.returncode == status
    assert sentence in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_notebook_is_that_of_one_trial_that_ran_one(folder):
    (folder / "s.py").write_text("x = 1\n")
    provkit(folder, "capture", "--name", "script", "s.py")
    said = provkit(folder, "export", "script", "-f", "notebook")
    assert (said.returncode, "it ran none" in said.stderr) == (3, True)
    said = provkit(folder, "export", "script", "saved", "-f", "notebook")
    assert (said.returncode, "that of one trial: 2 were named" in said.stderr) == (2, True)
