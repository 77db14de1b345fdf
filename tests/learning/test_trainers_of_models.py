"""Objects that train a model which they are given: the model is what the run fitted, with the trainer's settings and data."""

from __future__ import annotations

import pytest
from programs import run_program

STAND_IN = """\
class BertModel:
    def __init__(self, hidden=4):
        self.weights = [0.0] * hidden


class TrainingArguments:
    def __init__(self, output_dir, learning_rate=5e-5, num_train_epochs=3.0):
        self.learning_rate, self.epochs = learning_rate, num_train_epochs


class State:
    def __init__(self):
        self.log_history = []


class Trainer:
    def __init__(self, model=None, args=None, train_dataset=None, eval_dataset=None):
        self.model, self.args, self.state = model, args, State()

    def train(self):
        for epoch in (1.0, 2.0):
            self.model.weights[0] += self.args.learning_rate
            self.state.log_history += [
                {"loss": 0.5, "learning_rate": 0.1, "epoch": epoch},
                {"eval_loss": 0.25, "eval_runtime": 3.5, "epoch": epoch},
            ]

    def evaluate(self, eval_dataset=None):
        return {"eval_loss": 0.25, "eval_accuracy": 0.75, "eval_runtime": 3.5, "epoch": 2.0}
"""
PROGRAM = """\
import sys

sys.path.insert(0, "../library")
from transformers import BertModel, Trainer, TrainingArguments

train_rows, eval_rows = [[1, 0], [2, 1]], [[3, 1]]
model = BertModel(hidden=8)
args = TrainingArguments("out", learning_rate=0.01)
trainer = Trainer(model=model, args=args, train_dataset=train_rows, eval_dataset=eval_rows)
trainer.train()
results = trainer.evaluate()
"""


@pytest.fixture(scope="module")
def learning(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trainers")
    (folder / "library" / "transformers").mkdir(parents=True)
    (folder / "library" / "transformers" / "__init__.py").write_text(STAND_IN)
    return run_program(folder / "project", PROGRAM).learning


def test_the_model_of_the_run_is_what_the_trainer_trains(learning):
    (run,) = learning.runs
    assert run.implementation.qualified_name == "transformers.BertModel"
    assert (run.features or "").startswith("train_rows")
    settings = {one.name: one.scalar for one in learning.parameters if one.key in run.parameters}
    assert (settings["hidden"], settings["learning_rate"]) == (8, 0.01)
    assert settings["num_train_epochs"] == 3.0, "its default"


def test_what_the_trainer_logged_and_evaluated_is_measured_of_the_model(learning):
    (run,) = learning.runs
    curves = {(one.series, one.measure): len(one.numbers) for one in learning.curves}
    assert curves == {(None, "loss"): 2, ("validation", "loss"): 2}
    told = {(one.via, one.measure, one.number) for one in learning.evaluations}
    assert told == {
        ("evaluation set", "loss", 0.25),
        ("call", "loss", 0.25),
        ("call", "accuracy", 0.75),
    }
    assert {one.run for one in learning.evaluations} == {run.key}
