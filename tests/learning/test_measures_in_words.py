"""Measures by hand that have a name of their own: ranks, directions, tolerances, costs per threshold, tables by class."""

from __future__ import annotations

import pytest
from programs import run_program

pytest.importorskip("sklearn")

SOURCE = """\
import numpy as np
from sklearn.datasets import make_classification
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LassoCV, LinearRegression, LogisticRegression
from sklearn.metrics import confusion_matrix, roc_curve
from sklearn.model_selection import validation_curve

X, y = make_classification(n_samples=200, random_state=0)
X_train, X_test, y_train, truth = X[:140], X[140:], y[:140], y[140:]
model = LogisticRegression().fit(X_train, y_train)
probs = model.predict_proba(X_test)[:, 1]
guess = model.predict(X_test)
fpr, tpr, thresholds = roc_curve(truth, probs)
j = tpr - fpr
print("Youden J", j.max(), "at", thresholds[j.argmax()])
grid = np.linspace(0, 1, 9)
profits = [((probs < t) & (truth == 0)).sum() * 9 - ((probs < t) & (truth == 1)).sum() for t in grid]
weights = np.ones(len(truth)) / len(truth)
miss = guess != truth
err = np.sum(weights[miss])


def lift_at(y, p, share=0.1):
    top = np.argsort(-p)[: max(1, int(len(y) * share))]
    return y[top].mean() / y.mean()


def gains(values):
    return sum(v / np.log2(i + 2) for i, v in enumerate(values))


lift = lift_at(truth, probs)
order = np.argsort(-probs)[:9]
ndcg = gains(truth[order]) / gains(sorted(truth, reverse=True)[:9])
table = np.zeros((2, 2))
for is_so, said in zip(truth, guess):
    table[is_so, said] += 1
precision = np.diag(table) / table.sum(axis=0)
spent = [X_test[guess == 1].mean()]

line = LinearRegression().fit(X_train, X_train[:, 0] * 2)
y_hat = line.predict(X_test)
level = X_test[:, 0] * 2
near = np.mean(np.abs(np.round(y_hat) - level) <= 1)
moves = np.mean(np.sign(np.diff(level)) == np.sign(np.diff(y_hat)))
linked = np.corrcoef(level, y_hat)[0, 1]


def rae(a, b):
    return np.sum(np.abs(a - b)) / np.sum(np.abs(a - a.mean()))


print("RAE", rae(level, y_hat))
mse = np.mean((level - y_hat) ** 2)
psnr = 10 * np.log10(np.ptp(level) ** 2 / mse)
chosen = LassoCV(cv=3).fit(X_train, X_train[:, 1])
path = chosen.mse_path_
fl = (guess == 0) & (truth == 1)
costs = []
for limit in (0.3, 0.6):
    fn = ((probs < limit) & (truth == 1)).sum()
    fp = ((probs >= limit) & (truth == 0)).sum()
    costs.append(5 * fn + fp)
gauss = GaussianProcessRegressor(alpha=0.5).fit(X_train[:50], X_train[:50, 0])
mean, std = gauss.predict(X_test, return_std=True)
inside = np.abs(X_test[:, 0] - mean) < 1.96 * std
print("coverage", inside.mean())
found = confusion_matrix(truth, guess)
shares = found.diagonal() / found.sum(axis=1)
curve = validation_curve(
    LogisticRegression(), X, y, param_name="C", param_range=[0.1, 1.0], cv=2, scoring="f1"
)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    trial = run_program(tmp_path_factory.mktemp("words"), SOURCE)
    steps = {one.order: one.step for one in trial.executions}
    found: dict[int, list[str]] = {}
    for one in trial.learning.evaluations:
        found.setdefault(int(steps[one.execution].partition(".")[0]), []).append(one.measure)
    return found


def line_of(text):
    return next(
        number for number, line in enumerate(SOURCE.splitlines(), 1) if line.startswith(text)
    )


@pytest.mark.parametrize(
    ("at", "measures"),
    [
        ('print("Youden J', ["youden"]),
        ("profits =", ["profits"]),
        ("err =", ["err"]),
        ("lift =", ["lift"]),
        ("ndcg =", ["ndcg"]),
        ("precision =", ["precision"]),
        ("spent =", []),
        ("    fn =", []),
        ("    costs.append", ["costs", "costs"]),
        ('print("coverage', ["coverage"]),
        ("shares =", ["recall"]),
        ("near =", ["accuracy_within_tolerance"]),
        ("moves =", ["directional_accuracy"]),
        ("linked =", ["correlation"]),
        ('print("RAE', ["rae"]),
        ("psnr =", ["psnr"]),
        ("path =", ["mean_squared_error"]),
        ("curve =", ["f1"]),
        ("chosen =", ["mean_squared_error"]),
    ],
)
def test_a_measure_is_told_once_by_what_it_is(told, at, measures):
    assert told.get(line_of(at), []) == measures
