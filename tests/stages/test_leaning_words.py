"""Words that lean towards a stage, where the rules know too little."""

import ast
import json

import pytest

from provkit.knowledge import STAGES
from provkit.model import Stage
from provkit.stages import stages_of_cells, stages_of_tree, words
from provkit.stages.words import Seen, reconsidered, words_of

EVALUATION = STAGES.index("evaluation")


@pytest.fixture
def leaning(monkeypatch):
    """Let `appraise` lean to evaluation, and nothing else to anything."""
    row = [0.0] * len(STAGES)
    row[EVALUATION] = 2.0
    table = {"": tuple([0.0] * len(STAGES)), "appraise()": tuple(row), "call appraise": tuple(row)}
    monkeypatch.setattr(words, "_weights", lambda: table)


def units(text, stage=None, **changed):
    """Give the statements of a program as the rules might leave them."""
    said = stage or Stage("other", 0.6, ("nobody uses it",))
    return [Seen([node], said, (), **changed) for node in ast.parse(text).body]


LINES = "a = 1\n" * 7 + "b = appraise(a)\n"


def test_words_overrule_where_they_are_clear_and_say_why(leaning):
    found = reconsidered(units(LINES))
    assert [stage.name for stage in found] == ["other"] * 7 + ["evaluation"]
    assert found[-1].evidence == (
        "words and place as in evaluation: appraise",
        "rather than other: nobody uses it",
    )
    assert 0.5 < found[-1].confidence < 1


def test_words_change_nothing_that_is_settled_or_stands_in_a_fragment(leaning):
    assert {stage.name for stage in reconsidered(units(LINES, settled=True))} == {"other"}
    assert {stage.name for stage in reconsidered(units(LINES[6:]))} == {"other"}


def test_a_tag_and_a_described_call_win_over_words(leaning):
    text = LINES + "c = appraise(b)  # stage: saving\nimport appraise\n"
    found = stages_of_tree(ast.parse(text), text.split("\n"))
    assert [staged.stage.name for staged in found][7:] == ["evaluation", "saving", "imports"]


def test_the_only_statement_of_a_cell_has_the_cells_stage(leaning):
    found = stages_of_cells(["a = 1"] * 7 + ["b = appraise(a)", "", "# later"])
    assert [stage.name for stage, _ in found[7:]] == ["evaluation", "other", "other"]
    assert [stage.evidence[0] for stage, _ in found[8:]] == [
        "an empty cell",
        "nothing but comments",
    ]
    assert found[7][1][0].stage.name == "evaluation"


def test_words_are_named_with_how_they_stand_in_the_text():
    tree = ast.parse("def fitBest(rows):\n    bestScore = model.fit(rows, n_jobs=2)")
    assert words_of(tree.body) == {
        *("def fit", "def best", "to best", "to score", "bestScore", ".fit()", "call fit", ".fit"),
        *("n_jobs=", "of model", "model", "of rows", "rows"),
    }


def test_the_table_holds_a_few_weights_for_each_sign():
    text = words.TABLE.read_text("utf-8")
    table = json.loads(text)
    assert "" in table
    assert len(table) > 1000
    for leaning in table.values():
        assert all(stage in range(len(STAGES)) for stage in leaning[::2])
        assert all(abs(weight) < 500 for weight in leaning[1::2])
