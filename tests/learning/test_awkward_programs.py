"""Programs that are awkward to watch: what they learn and measure is told as far as it is true, and they run as ever."""

from __future__ import annotations

import math

import pytest
from programs import run_program, violations_of

from provkit.mapping import quads_of
from provkit.validation import PROFILES, validate_document

pytest.importorskip("sklearn")

CLASSES = """\
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

X = np.random.default_rng(0).random((60, 3))
y = (X.sum(axis=1) > 1.5).astype(int)


class Raises(BaseEstimator, ClassifierMixin):
    def __init__(self, depth=3):
        self.depth = depth

    def get_params(self, deep=True):
        raise RuntimeError("there are none")

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.ones(len(X), dtype=int)


raising = Raises(depth=5)
raising.fit(X, y)
of_raising = accuracy_score(y, raising.predict(X))


class Liar(LogisticRegression):
    pass


Liar.__name__ = Liar.__qualname__ = "RandomForestClassifier"
Liar.__module__ = "sklearn.ensemble"
liar = Liar(C=0.25)
liar.fit(X, y)
of_liar = liar.score(X, y)

fit = Ridge.fit


def patched(self, X, y, sample_weight=None):
    return fit(self, X, y, sample_weight=sample_weight)


Ridge.fit = patched
ridge = Ridge(alpha=2.0)
ridge.fit(X, y)
of_ridge = ridge.score(X, y)
Ridge.fit = fit
one = LogisticRegression()
fit_of_one = one.fit
one.fit = lambda X, y: fit_of_one(X, y)
one.fit(X, y)
of_one = one.score(X, y)

pipeline = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
pipeline.fit(X, y)
of_pipeline = pipeline.score(X, y)
pipeline.steps.append(("itself", pipeline))
try:
    pipeline.get_params()
except RecursionError:
    print("around and around")


def as_dict(truth, guess):
    return {"accuracy": float(np.mean(truth == guess)), "rows": len(truth), "nothing": float("nan")}


told = as_dict(y, liar.predict(X))
nothing = np.mean(np.where(y > 5, 1.0, np.nan) - liar.predict(X))
lost = cross_val_score(LogisticRegression(), X, y, cv=2, scoring=make_scorer(lambda t, g: float("nan")))
known = cross_val_score(LogisticRegression(), X, y, cv=2, scoring=make_scorer(f1_score))
"""

TENSORS = """\
import torch
from torch import nn

torch.manual_seed(0)
X = torch.rand(60, 3)
y = X.sum(1, keepdim=True)
net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
criterion = nn.MSELoss()
for _ in range(7):
    optimizer.zero_grad()
    loss = criterion(net(X), y)
    loss.backward()
    optimizer.step()


def rmse(guess, truth):
    return torch.sqrt(((guess - truth) ** 2).mean())


with torch.no_grad():
    out = net(X)
    error = rmse(out, y)
    by_row = ((out - y) ** 2).mean(dim=1)
    found = {"mae": (out - y).abs().mean()}
"""

WITH_MLFLOW = """\
import os

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
import numpy as np
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_squared_error

mlflow.set_tracking_uri("file:./mlruns")
X = np.random.default_rng(0).random((60, 3))
y = X @ [1.0, 2.0, 3.0]
mlflow.sklearn.autolog(log_models=False)
with mlflow.start_run():
    model = ElasticNet(alpha=0.1, l1_ratio=0.3)
    model.fit(X[:40], y[:40])
    pred = model.predict(X[40:])
    rmse = np.sqrt(mean_squared_error(y[40:], pred))
    mlflow.log_param("alpha", 0.1)
    mlflow.log_metric("rmse", rmse)
    mlflow.log_metrics({"mae": float(np.mean(np.abs(y[40:] - pred)))})
"""


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    return run_program(tmp_path_factory.mktemp("awkward"), CLASSES)


def number_of(trial, name):
    return next(value.scalar for value in trial.values if value.key == name)


@pytest.mark.parametrize(
    ("name", "measure", "model"),
    [
        ("of_raising.1", "accuracy", "raising"),
        ("of_liar.1", "accuracy", "liar"),
        ("of_ridge.1", "r2", "ridge"),
        ("of_one.1", "accuracy", "one"),
        ("of_pipeline.1", "accuracy", "pipeline"),
    ],
)
def test_models_whose_classes_are_awkward_are_runs_and_measured(awkward, name, measure, model):
    (told,) = [one for one in awkward.learning.evaluations if one.value == name]
    runs = {run.key: run for run in awkward.learning.runs}
    assert (told.measure, told.number) == (measure, number_of(awkward, name))
    assert runs[told.run].model.partition(".")[0] == model
    assert len([run for run in runs.values() if run.model == runs[told.run].model]) == 1


def test_parameters_are_told_though_get_params_raises_and_a_class_lies(awkward):
    given = {(one.name, one.scalar) for one in awkward.learning.parameters if one.origin == "given"}
    assert {("depth", 5), ("C", 0.25), ("alpha", 2.0)} <= given


def test_measures_in_a_dict_and_those_that_are_no_number_are_told(awkward):
    told = [one for one in awkward.learning.evaluations if one.via == "expression"]
    accuracy = next(one for one in told if one.measure == "accuracy")
    assert accuracy.number == pytest.approx(number_of(awkward, "of_liar.1"))
    assert not any(one.measure in ("rows", "nothing") for one in told if one.value is None)
    folds = [one for one in awkward.learning.evaluations if one.via == "cross-validation"]
    assert [one.measure for one in folds] == ["score"] * 2 + ["f1"] * 2
    assert all(math.isnan(one.number or 0) for one in folds[:2])


def test_the_graph_of_it_is_valid(awkward):
    assert violations_of(awkward) == []
    lines = "".join(" ".join(quad) + " .\n" for quad in quads_of(awkward))
    report = validate_document(lines.encode(), profile=PROFILES["strict"])
    assert [finding for finding in report.findings if finding.severity == "violation"] == []


def test_a_measure_that_is_a_tensor_has_its_number_and_an_array_is_none(tmp_path):
    pytest.importorskip("torch")
    trial = run_program(tmp_path, TENSORS)
    told = {one.value: one for one in trial.learning.evaluations}
    assert (told["error.1"].measure, told["error.1"].number) == (
        "rmse",
        pytest.approx(number_of(trial, "error.1")),
    )
    assert "by_row.1" not in told
    losses, rest = trial.learning.evaluations[:-2], trial.learning.evaluations[-2:]
    assert {(one.measure, one.split) for one in losses} == {("mse", "train")}
    assert [one.measure for one in rest] == ["rmse", "mae"]


@pytest.mark.slow
def test_mlflow_logs_at_the_same_time(tmp_path):
    pytest.importorskip("mlflow")
    trial = run_program(tmp_path, WITH_MLFLOW)
    (run,) = trial.learning.runs
    told = {one.measure: one for one in trial.learning.evaluations}
    assert run.implementation.qualified_name.endswith("ElasticNet")
    assert told.keys() == {"mean_squared_error", "rmse", "mae"}
    assert {one.run for one in told.values()} == {run.key}
    logged = next((tmp_path / "mlruns").rglob("metrics/rmse")).read_text()
    assert float(logged.split()[1]) == pytest.approx(told["rmse"].number)
