"""`provkit plan` and `provkit show --plan`: steps with their stages, before and after running."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from commands import ENVIRONMENT, REPOSITORY, provkit

SCRIPT = '''"""Fit."""
import argparse
from sklearn.svm import SVC


def main():
    # the options
    parser = argparse.ArgumentParser()
    clf = SVC()
    clf.fit([[0], [1]], [0, 1])
    print(clf.score([[0]], [0]))


@staticmethod
def unused(x):
    return x


if __name__ == "__main__":
    main()
'''
CELLS = ["%matplotlib inline\nimport pandas as pd", "df = pd.read_csv('a.csv')\n!ls", "df.head()"]


@pytest.fixture
def script(tmp_path):
    (tmp_path / "fit.py").write_text(SCRIPT)
    return tmp_path


def _notebook(cells, **metadata):
    found = [{"cell_type": "markdown", "metadata": {}, "source": ["# Title"], "id": "m"}]
    found += [
        {
            "cell_type": "code",
            "metadata": {},
            "id": f"c{n}",
            "source": text.splitlines(keepends=True),
            "outputs": [],
            "execution_count": None,
        }
        for n, text in enumerate(cells)
    ]
    return {"cells": found, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _flat(steps):
    for step in steps:
        yield step
        yield from _flat(step["children"])


def test_units_are_counted_as_labels_count_them(script):
    said = provkit(script, "plan", "fit.py", "--format", "json")
    assert (said.returncode, said.stderr) == (0, "")
    steps = json.loads(said.stdout)
    lines = [(step["first_line"], step["last_line"]) for step in steps]
    assert lines == [(1, 1), (2, 2), (3, 3), (6, 7), (14, 16), (19, 19)]
    stages = [step["stage"] for step in steps]
    assert stages[:4] == ["other", "imports", "imports", "other"]
    inside = [(step["first_line"], step["stage"]) for step in steps[3]["children"]]
    assert inside == [(8, "other"), (9, "model_definition"), (10, "training"), (11, "evaluation")]
    for step in _flat(steps):
        assert 0 < step["confidence"] <= 1
        assert step["evidence"]


def test_a_notebook_has_a_step_for_each_code_cell(tmp_path):
    (tmp_path / "nb.ipynb").write_text(json.dumps(_notebook(CELLS)))
    steps = json.loads(provkit(tmp_path, "plan", "nb.ipynb", "--format", "json").stdout)
    assert [(step["cell_index"], step["stage"]) for step in steps] == [
        (1, "imports"),
        (2, "data_loading"),
        (3, "other"),
    ]
    assert [child["first_line"] for child in steps[1]["children"]] == [1, 2]


def test_a_notebook_in_another_language_has_cells_without_stages(tmp_path):
    metadata = {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}
    (tmp_path / "nb.ipynb").write_text(json.dumps(_notebook(["x <- 3"], **metadata)))
    (step,) = json.loads(provkit(tmp_path, "plan", "nb.ipynb", "--format", "json").stdout)
    assert (step["stage"], step["children"]) == ("other", [])


def test_the_table_shows_blocks_and_says_why_if_asked(script):
    said = provkit(script, "plan", "fit.py").stdout
    assert "training" in said
    assert "  clf.fit([[0], [1]], [0, 1])" in said
    assert "calls .fit()" not in said
    assert "calls .fit()" in provkit(script, "plan", "fit.py", "--evidence").stdout


def test_pictures_are_drawn(script):
    drawn = provkit(script, "plan", "fit.py", "--format", "svg").stdout
    root = ET.fromstring(drawn)
    texts = " ".join(node.text or "" for node in root.iter() if node.text)
    assert "training (line 10)" in texts
    dot = provkit(script, "plan", "fit.py", "--format", "dot").stdout
    assert dot.startswith("digraph plan {")
    assert '[label="clf"]' in dot


def test_turtle_is_the_graph_that_a_trial_of_the_text_has(script):
    import pyoxigraph

    said = provkit(script, "plan", "fit.py", "--format", "ttl")
    assert said.returncode == 0, said.stderr
    triples = list(pyoxigraph.parse(said.stdout.encode(), format=pyoxigraph.RdfFormat.TURTLE))
    assert any("p-plan#Step" in str(triple.object) for triple in triples)


def test_python_2_is_planned_and_has_no_graph(tmp_path):
    (tmp_path / "old.py").write_text(
        "from sklearn.svm import SVC\nclf = SVC()\nprint clf.fit(X, y).score(X, y)\n"
    )
    (tmp_path / "magic.py").write_text("%matplotlib inline\nx = 1\n")
    steps = json.loads(provkit(tmp_path, "plan", "old.py", "--format", "json").stdout)
    assert [step["stage"] for step in steps] == ["imports", "model_definition", "evaluation"]
    assert provkit(tmp_path, "plan", "magic.py").returncode == 0
    said = provkit(tmp_path, "plan", "old.py", "--format", "ttl")
    assert said.returncode == 3
    assert "it is Python 2, or has IPython's lines in it" in said.stderr


def test_a_sum_of_hundreds_of_terms_is_planned(tmp_path):
    (tmp_path / "a.py").write_text("x = " + " + ".join(["1.0"] * 800) + "\n")
    assert provkit(tmp_path, "plan", "a.py").returncode == 0


def test_table_and_json_load_nothing_of_rdf():
    program = (
        "import sys; from provkit.cli import main; status = main(['plan', sys.argv[1], '-f', 'json']);"
        "heavy = {'rdflib', 'pyoxigraph', 'prov', 'pyshacl', 'networkx', 'nbformat', 'IPython'} & set(sys.modules);"
        "sys.stderr.write(' '.join(sorted(heavy))); sys.exit(status)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(REPOSITORY / "tests" / "commands.py")],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert (said.returncode, said.stderr) == (0, "")


WRONG = {
    "no such file": ("gone.py", None, 3, "Couldn't plan 'gone.py': there is no such file"),
    "no Python": ("a.py", "x = (\n", 3, "a.py:1:5: Couldn't plan this script, as it is no Python"),
    "no notebook": ("a.ipynb", "[]", 3, "a.ipynb"),
    "a folder": (".", None, 3, "is a directory"),
}


@pytest.mark.parametrize(("name", "text", "status", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_planned_is_said(tmp_path, name, text, status, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    said = provkit(tmp_path, "plan", name)
    assert said.returncode == status
    assert message in said.stderr
    assert "Traceback" not in said.stderr


def test_a_projects_own_knowledge_counts_and_its_mistakes_are_said(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.provkit]\nknowledge = ["ours.toml"]\n')
    (tmp_path / "a.py").write_text("import ours\nours.brew()\n")
    ours = tmp_path / "ours.toml"
    ours.write_text('library = "ours"\n[[entry]]\nnames = ["ours.brew"]\nstage = "training"\n')
    steps = json.loads(provkit(tmp_path, "plan", "a.py", "-f", "json").stdout)
    assert steps[1]["stage"] == "training"
    ours.write_text('library = "ours"\n[[entry]]\nnames = ["ours.brew"]\nstage = "brewing"\n')
    said = provkit(tmp_path, "plan", "a.py")
    assert said.returncode == 3
    assert "ours.toml:4: Couldn't use this knowledge file: 'brewing' is no stage" in said.stderr


def test_a_secret_in_the_text_is_not_shown(tmp_path):
    (tmp_path / "a.py").write_text('password = "correct-horse-battery"\n')
    said = provkit(tmp_path, "plan", "a.py", "-f", "json").stdout
    assert "correct-horse" not in said


def test_a_trials_plan_says_how_often_each_step_ran(tmp_path):
    (tmp_path / "a.py").write_text(
        "n = 0\nfor i in range(3):\n    n += i\nif n > 5:\n    print(n)\n"
    )
    assert provkit(tmp_path, "capture", "a.py").returncode == 0
    steps = json.loads(provkit(tmp_path, "show", "--plan", "-f", "json").stdout)
    told = {(step["first_line"], step["executions"], step["iterations"]) for step in _flat(steps)}
    assert {(1, 1, None), (2, 1, 3), (4, 1, None), (5, 0, None)} <= told
    assert not any(step["failed"] for step in steps)
    assert "(3 rounds)" in provkit(tmp_path, "show", "--plan").stdout


def test_planning_runs_nothing(tmp_path):
    (tmp_path / "a.py").write_text("open('made', 'w').write('x')\n")
    assert provkit(tmp_path, "plan", "a.py").returncode == 0
    assert [path.name for path in Path(tmp_path).iterdir()] == ["a.py"]
