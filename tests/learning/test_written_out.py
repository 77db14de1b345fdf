"""What programs write out that libraries have: groups, thresholds moved by mistakes, intervals; and what comprehensions measure."""

from __future__ import annotations

import sqlite3

import pytest
from programs import run_program

pytest.importorskip("sklearn")

SOURCE = """\
import sqlite3

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, recall_score
from sklearn.model_selection import cross_val_score

ROUNDS = 6
RATE = 0.1

rows = np.array(sqlite3.connect("rows.db").execute("select a, b, c from rows").fetchall())
X, y = rows[:, :2], rows[:, 2].astype(int)
X_train, X_test, y_train, y_test = X[:60], X[60:], y[:60], y[60:]

centers = X[:2]
for _ in range(ROUNDS):
    distances = np.linalg.norm(X[:, None] - centers[None], axis=2)
    nearest = distances.argmin(axis=1)
    centers = np.array([X[nearest == k].mean(axis=0) for k in range(2)])
purity = sum(np.bincount(y[nearest == k]).max() for k in range(2)) / len(y)


def perceptron(rows, truth, rate=RATE):
    w = np.zeros(3)
    for _ in range(8):
        for x, t in zip(rows, truth):
            said = 1 if w[0] + x @ w[1:] > 0 else 0
            if said != t:
                w[1:] += rate * (t - said) * x
                w[0] += rate * (t - said)
    return w


weights = perceptron(X_train, y_train)
guess = (weights[0] + X_test @ weights[1:] > 0).astype(int)
accuracy = np.mean(guess == y_test)

models = {c: LogisticRegression(C=c).fit(X_train, y_train) for c in (0.1, 1.0)}
table = {c: (f1_score(y_test, m.predict(X_test)), recall_score(y_test, m.predict(X_test))) for c, m in models.items()}
folds = [cross_val_score(LogisticRegression(C=c), X, y, cv=2).mean() for c in (0.1, 1.0)]

line = LinearRegression().fit(X_train[:, :1], X_train[:, 1])
middle = line.predict(X_test[:, :1])
covered = ((X_test[:, 1] > middle - 1) & (X_test[:, 1] < middle + 1)).mean()
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("written")
    with sqlite3.connect(folder / "rows.db") as database:
        database.execute("create table rows (a, b, c)")
        for number in range(80):
            side = number % 2
            row = (side * 2 + number % 7 / 10, side * 2 - number % 5 / 10, side)
            database.execute("insert into rows values (?, ?, ?)", row)
    return run_program(folder, SOURCE)


def measured_in(trial, text):
    line = SOURCE[: SOURCE.index(text)].count("\n") + 1
    steps = {one.order: one.step.partition(".")[0] for one in trial.executions}
    return [one.measure for one in trial.learning.evaluations if steps[one.execution] == str(line)]


def test_groups_and_perceptrons_by_hand_are_runs(trial):
    told = {one.model.rpartition(".")[0]: one for one in trial.learning.runs if one.model}
    assert told["centers"].task == "clustering"
    assert told["centers"].features == "X.1"
    assert told["perceptron.w"].target == "y_train.1"


def test_constants_that_a_training_loop_reads_are_its_settings(trial):
    (run,) = [one for one in trial.learning.runs if one.task == "clustering"]
    told = {one.key: one for one in trial.learning.parameters}
    mine = [told[key] for key in run.parameters]
    assert [(one.name, one.scalar, one.origin) for one in mine] == [("ROUNDS", 6, "given")]
    assert mine[0].where.endswith(":8")


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("purity =", ["purity"]),
        ("accuracy =", ["accuracy"]),
        ("table =", ["f1", "recall"]),
        ("folds =", ["accuracy"]),
        ("covered =", ["coverage"]),
    ],
)
def test_measures_are_told(trial, text, measures):
    assert measured_in(trial, text) == measures


def test_a_database_that_is_only_asked_is_read_and_not_written(trial):
    assert [(one.key, one.generated_by) for one in trial.files if one.path.endswith(".db")] == [
        ("rows.db", None)
    ]
