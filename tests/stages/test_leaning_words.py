"""Words that lean towards a stage, where the rules know too little."""

import ast
import json

import pytest

from provkit.knowledge import STAGES
from provkit.model import Stage
from provkit.stages import stages_of_cells, stages_of_tree, words
from provkit.stages.words import (
    Seen,
    all_words_of,
    reconsidered,
    signs_of,
    usual_shares,
    words_of,
)

EVALUATION = STAGES.index("evaluation")


@pytest.fixture
def leaning(monkeypatch):
    """Let `appraise` lean to evaluation, and nothing else to anything."""
    sure = [EVALUATION, 200]
    tables = {
        words.TABLE: {"appraise()": sure, "call appraise": sure},
        words.USUAL: {"in verdict": sure},
    }
    tables[words.TABLE]["[usual evaluation]"] = [EVALUATION, 400]
    tables[words.TABLE]["[other]"] = [STAGES.index("other"), 200]
    monkeypatch.setattr(words, "_table", tables.__getitem__)


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


def test_what_such_words_usually_are_counts_with_the_rest(leaning):
    found = reconsidered(units("a = 1\n" * 7 + "say('the verdict')\n"))
    assert found[-1].name == "evaluation"
    assert found[-1].evidence[0] == "words and place as in evaluation: verdict"


def test_words_change_nothing_that_is_settled_or_stands_in_a_fragment(leaning):
    assert {stage.name for stage in reconsidered(units(LINES, settled=True))} == {"other"}
    assert {stage.name for stage in reconsidered(units(LINES[6:]))} == {"other"}


def test_a_tag_and_a_described_call_win_over_words(leaning):
    text = LINES + "c = appraise(b)  # stage: saving\nimport appraise\n"
    found = stages_of_tree(ast.parse(text), text.split("\n"))
    assert [staged.stage.name for staged in found][7:] == ["evaluation", "saving", "imports"]


def test_a_call_goes_with_the_function_whose_stage_the_words_changed(leaning):
    text = "a = 1\n" * 7 + "def f(n):\n    return appraise() + n\nb = f(2)\n"
    found = [staged.stage for staged in stages_of_tree(ast.parse(text))]
    assert [stage.name for stage in found[7:]] == ["evaluation", "evaluation"]


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


def test_texts_and_attributes_are_read_for_what_is_usual():
    further = all_words_of(ast.parse("print('Best score', model.bestScore_)").body)
    assert {"in best", "in score", "at best", "at score", "<ends Expr Call>"} <= further


def test_neighbours_are_weighed_by_what_their_words_usually_are(leaning):
    seen = units("say('verdict')\na = 1\n")
    shares = [usual_shares(unit.nodes) for unit in seen]
    signs = signs_of(seen, 1, shares)
    assert signs["[before evaluation]"] > signs["[before other]"]
    assert signs["[usual evaluation]"] == signs["[usual other]"]
    assert "[after other]" not in signs


@pytest.mark.parametrize("table", [words.TABLE, words.USUAL])
def test_a_table_holds_a_few_weights_for_each_sign(table):
    found = json.loads(words.FOLDER.joinpath(table).read_text("utf-8"))
    assert "" in found
    assert len(found) > 1000
    for leaning in found.values():
        assert all(stage in range(len(STAGES)) for stage in leaning[::2])
        assert all(type(weight) is int and abs(weight) < 500 for weight in leaning[1::2])
