"""What was measured on which data: folds of cross-validations, rounds of comprehensions, batches, tests of hypotheses."""

from __future__ import annotations

import pytest
from programs import run_program, violations_of

from provkit.assembly.folds import Folds, folds_by_number, folds_by_splitter

pytest.importorskip("sklearn")

PROGRAM = """\
import numpy as np
from scipy import stats
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, confusion_matrix, f1_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.model_selection import learning_curve
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)
X_train, y_train, X_test, y_test = X[::2], y[::2], X[1::2], y[1::2]
cv = StratifiedKFold(n_splits=4, shuffle=True, random_state=1)
scores = cross_val_score(LogisticRegression(max_iter=500), X_train, y_train, cv=cv)
grid = GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}, cv=3).fit(X_train, y_train)
held = cross_val_predict(LogisticRegression(max_iter=500), X, y)
models = {"lr": LogisticRegression(max_iter=500), "tree": DecisionTreeClassifier(max_depth=2)}
fitted = {name: model.fit(X_train, y_train) for name, model in models.items()}
by_score = {name: model.score(X_test, y_test) for name, model in fitted.items()}
by_f1 = [f1_score(y_test, model.predict(X_test), average="macro") for model in fitted.values()]
trees = [DecisionTreeClassifier(max_depth=d).fit(X_train, y_train) for d in (1, 2, 3)]
of_trees = [tree.score(X_test, y_test) for tree in trees]
depths = [tree.get_depth() for tree in trees]
clusters = {k: KMeans(n_clusters=k, n_init=1, random_state=0).fit(X) for k in (2, 3)}
inertias = {k: one.inertia_ for k, one in clusters.items()}
together = AgglomerativeClustering(n_clusters=min(inertias, key=inertias.get)).fit_predict(X)
rand = adjusted_rand_score(y, together)
by_cv = {name: cross_val_score(model, X, y, cv=3).mean() for name, model in models.items()}
sizes, at_train, at_test = learning_curve(models["tree"], X, y, cv=3, train_sizes=[0.5, 1.0])
tn, fp, fn, tp = confusion_matrix(y_test > 0, fitted["lr"].predict(X_test) > 0).ravel()
total_cost = float(5 * fn + fp)
r, p = stats.pearsonr(X[:, 0], X[:, 1])
w, p_normal = stats.shapiro(X[:, 0])
rho, p_rho = stats.spearmanr(y_test, fitted["lr"].predict(X_test))


class Stump:
    def gini(self, labels):
        shares = np.bincount(labels) / len(labels)
        return 1 - (shares**2).sum()

    def fit(self, X, y):
        self.at, best = 0.0, 2.0
        for at in np.unique(X[:, 2])[1:4]:
            left = X[:, 2] < at
            gini = self.gini(y[left]) * left.mean() + self.gini(y[~left]) * (1 - left.mean())
            if gini < best:
                best, self.at = gini, at
        self.label = np.bincount(y[X[:, 2] < self.at]).argmax()
        return self

    def predict(self, X):
        return np.where(X[:, 2] < self.at, self.label, 2)


stump = Stump().fit(X_train, y_train)
accuracy = (stump.predict(X_test) == y_test).mean()


class Line:
    def __init__(self, rounds=4):
        self.rounds = rounds

    def cost(self, X, y):
        return ((X @ self.w - y) ** 2).mean()

    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        for _ in range(self.rounds):
            self.w -= 0.01 * X.T @ (X @ self.w - y) / len(y)
            cost = self.cost(X, y)
        return self


line = Line().fit(X_train, y_train)
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return run_program(tmp_path_factory.mktemp("measured"), PROGRAM)


@pytest.fixture(scope="module")
def told(trial):
    steps = {one.order: one.step.partition(".")[0] for one in trial.executions}
    lines = PROGRAM.splitlines()
    found = {}
    for one in trial.learning.evaluations:
        text = lines[int(steps[one.execution]) - 1].split(" = ")[0].strip()
        found.setdefault(text, []).append(one)
    return found


def test_folds_are_tied_to_the_data_and_rows_that_they_part(trial):
    runs = {run.key: run for run in trial.learning.runs}
    parted = [
        (run.implementation.qualified_name.rpartition(".")[2], run.folds, run.folded_by, run.target)
        for run in runs.values()
        if run.kind in ("cross-validation", "search")
    ]
    stratified = "sklearn.model_selection.StratifiedKFold"
    assert parted == [
        ("cross_val_score", 4, stratified, "y_train.1"),
        ("GridSearchCV", 3, stratified, "y_train.1"),
        ("cross_val_predict", 5, stratified, "y.1"),
        ("learning_curve", 3, stratified, "y.1"),
    ]
    folds = [run for run in runs.values() if run.kind == "fold"]
    assert [run.held_out for run in folds] == [19, 19, 19, 18]
    inputs = {reference.key for run in folds for reference in run.inputs}
    assert inputs == {"X_train.1", "y_train.1"}


def test_what_a_comprehension_fits_is_a_run_and_what_it_scores_is_of_it(trial, told):
    made = {
        run.key: (run.implementation.qualified_name.rpartition(".")[2], run.target)
        for run in trial.learning.runs
        if run.kind == "fit"
    }
    classes = ["LogisticRegression", "DecisionTreeClassifier"]
    for name in ("by_score", "by_f1"):
        assert [made[one.run] for one in told[name]] == [(cls, "y_train.1") for cls in classes]
        assert all(one.split == "test" and one.number > 0.5 for one in told[name])
    assert [made[one.run][0] for one in told["of_trees"]] == ["DecisionTreeClassifier"] * 3
    assert sorted({one.measure for one in told["by_score"]}) == ["accuracy"]
    assert [(one.measure, one.number > 0) for one in told["inertias"]] == [("inertia", True)] * 2
    assert {made[one.run][0] for one in told["inertias"]} == {"KMeans"}
    assert [made[one.run][0] for one in told["rand"]] == ["AgglomerativeClustering"]
    assert [one.measure for one in told["by_cv"]] == ["accuracy"] * 2
    assert not [one for run in trial.learning.runs for one in run.inputs if "clusters" in one.key]


def test_a_curve_of_learning_measures_no_sizes_and_a_cost_of_cells_is_no_matrix(told):
    assert [one.measure for one in told["sizes, at_train, at_test"]] == ["accuracy"]
    assert [one.measure for one in told["total_cost"]] == ["total_cost"]


def test_a_test_of_hypothesis_is_no_measure_unless_it_sets_predictions_beside_labels(told):
    assert not [name for name in told if name.startswith(("r,", "w,"))]
    assert [one.measure for one in told["rho, p_rho"]] == ["spearman"]
    assert told["rho, p_rho"][0].number == pytest.approx(1, abs=0.2)


def test_what_a_tree_parts_its_nodes_by_is_no_measure_of_it(trial, told):
    assert not [one for ones in told.values() for one in ones if one.measure == "gini"]
    assert [one.measure for one in told["accuracy"]] == ["accuracy"]


def test_a_class_without_a_constructor_is_the_programs_own_where_it_is_made(trial):
    called = {one.called.qualified_name for one in trial.executions if one.called is not None}
    assert "Stump" in called
    assert "__main__.Stump" not in called


def test_a_cost_that_a_method_gives_in_the_rounds_of_a_fit_is_its_curve(trial, told):
    (curve,) = [one for one in trial.learning.curves if one.measure == "mse"]
    assert (curve.series, curve.rounds, len(curve.numbers) > 1) == ("train", None, True)
    assert {one.split for one in told["cost"]} == {"train"}


def test_the_graph_of_it_is_valid(trial):
    assert violations_of(trial) == []


def test_rows_held_out_follow_from_the_splitter():
    assert folds_by_number(None, "regression", 11) == Folds(
        5, "sklearn.model_selection.KFold", (3, 2, 2, 2, 2)
    )
    assert folds_by_number(3, None, None) == Folds(3, None)
    cases = [
        ("TimeSeriesSplit", {"n_splits": 3}, 3, (5, 5, 5)),
        ("RepeatedKFold", {"n_splits": 2, "n_repeats": 2}, 4, (10, 10, 10, 10)),
        ("ShuffleSplit", {"n_splits": 2, "test_size": 0.25}, 2, (5, 5)),
        ("LeaveOneOut", {}, 20, (1,) * 20),
        ("GroupKFold", {"n_splits": 4}, 4, ()),
        ("LeaveOneGroupOut", {}, 7, ()),
    ]
    for name, settings, count, held in cases:
        found = folds_by_splitter(f"sklearn.model_selection.{name}", settings, 20, count)
        assert (found.count, found.held_out) == (count, held), name


BATCHES = """\
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split



@torch.no_grad()
def evaluate(model, loader):
    loss, correct, total = 0.0, 0, 0
    for xb, yb in loader:
        logits = model(xb)
        loss += torch.nn.functional.cross_entropy(logits, yb, reduction="sum").item()
        correct += (logits.argmax(dim=1) == yb).sum().item()
        total += yb.size(0)
    return loss / total, correct / total


data = TensorDataset(torch.randn(40, 3), torch.randint(0, 2, (40,)))
train_part, val_part, test_part = random_split(data, [20, 10, 10])
train_loader, val_loader = DataLoader(train_part, batch_size=5), DataLoader(val_part, batch_size=1)
test_loader = DataLoader(test_part, batch_size=1)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = torch.nn.CrossEntropyLoss()
for epoch in range(2):
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss_fn(model(xb), yb).backward()
        optimizer.step()
    val_loss, val_accuracy = evaluate(model, val_loader)
test_loss, test_accuracy = evaluate(model, test_loader)
"""


def test_what_is_measured_on_batches_is_measured_on_their_loader(tmp_path):
    pytest.importorskip("torch")
    trial = run_program(tmp_path, BATCHES)
    (run,) = trial.learning.runs
    assert {one.key for one in run.inputs} == {"train_loader.1", "val_loader.1", "test_loader.1"}
    # What its loop did where nobody looked any more is told as it was where somebody did.
    last = [(one.measure, one.split) for one in trial.learning.evaluations][-2:]
    assert last == [("cross_entropy", "test"), ("accuracy", "test")]
    assert violations_of(trial) == []


TAPE = """\
import tensorflow as tf

X = tf.random.normal((32, 3), seed=1)
y = tf.cast(tf.reduce_sum(X, axis=1) > 0, tf.int32)
dataset = tf.data.Dataset.from_tensor_slices((X, y)).batch(16)
model = tf.keras.Sequential([tf.keras.layers.Dense(2)])
optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for epoch in range(2):
    for xb, yb in dataset:
        with tf.GradientTape() as tape:
            loss = loss_fn(yb, model(xb, training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
"""


BOOSTED = """\
import lightgbm as lgb
import numpy as np
import pandas as pd
import xgboost as xgb

rng = np.random.default_rng(0)
table = pd.DataFrame(rng.random((90, 3)), columns=["a", "b", "y"])
features = ["a", "b"]
train, valid, test = table[:50], table[50:70], table[70:]
one = xgb.XGBRegressor(n_estimators=3, early_stopping_rounds=2, eval_metric="mae")
one.fit(train[features], train.y, eval_set=[(valid[features], valid.y)], verbose=False)
held, beside = lgb.Dataset(train[features], train["y"]), lgb.Dataset(valid[features], valid["y"])
params = {"objective": "regression", "verbose": -1}
other = lgb.train(params, held, num_boost_round=3, valid_sets=[beside])
mixed = 0.5 * one.predict(test[features]) + 0.5 * other.predict(test[features])
mae = np.abs(test["y"] - mixed).mean()
mae_of_one = np.abs(test["y"] - one.predict(test[features])).mean()
"""


def test_what_boosters_were_measured_on_is_data_and_a_blend_is_of_no_one_model(tmp_path):
    pytest.importorskip("xgboost")
    pytest.importorskip("lightgbm")
    learning = run_program(tmp_path, BOOSTED).learning
    one, other = learning.runs
    assert {reference.key for reference in one.inputs} == {"train.1", "valid.1", "test.1"}
    assert {reference.key for reference in other.inputs} == {"held.1", "beside.1"}
    asked = {item.via: item.is_implied for item in learning.evaluations if item.run == one.key}
    assert asked == {"evaluation set": False, "expression": False}
    by_hand = {item.value: item.run for item in learning.evaluations if item.via == "expression"}
    assert by_hand == {"mae.1": None, "mae_of_one.1": one.key}
    (told,) = [item for item in learning.datasets if item.value == "held.1"]
    assert told.features == ("a", "b")


def test_a_loop_around_a_gradient_tape_trains(tmp_path):
    pytest.importorskip("tensorflow")
    trial = run_program(tmp_path, TAPE)
    (run,) = trial.learning.runs
    assert (run.kind, run.task, run.features) == ("fit", "classification", "dataset.1")
    assert run.model is not None
    assert run.model.startswith("model.")
    given = {one.name: one.scalar for one in trial.learning.parameters if one.key in run.parameters}
    assert given["learning_rate"] == 0.01


STUDY = """\
import optuna
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

X, y = load_iris(return_X_y=True)


def objective(trial):
    depth = trial.suggest_int("max_depth", 1, 4)
    return -cross_val_score(DecisionTreeClassifier(max_depth=depth), X, y, cv=3).mean()


optuna.logging.disable_default_handler()
study = optuna.create_study(direction="minimize", sampler=optuna.samplers.RandomSampler(seed=0))
study.optimize(objective, n_trials=3)
"""


def test_a_study_of_optuna_is_a_search(tmp_path):
    pytest.importorskip("optuna")
    trial = run_program(tmp_path, STUDY)
    (search,) = [run for run in trial.learning.runs if run.kind == "search"]
    tried = [run for run in trial.learning.runs if run.parent == search.key]
    assert [run.candidate[0][0] for run in tried] == ["max_depth"] * 3
    (best,) = [one for one in trial.learning.evaluations if one.run == search.key]
    assert (best.measure, best.via, best.is_implied) == ("accuracy", "search", False)
    numbers = [one.number for one in trial.learning.evaluations if one.via == "search"]
    assert best.number == max(numbers) > 0.5
    given = {one.name: one.scalar for one in trial.learning.parameters if one.origin == "given"}
    assert (given["n_trials"], given["direction"]) == (3, "minimize")
    assert violations_of(trial) == []


TRIALS = """\
from hyperopt import Trials, fmin, hp, rand
import numpy as np

trials = Trials()
best = fmin(
    lambda x: (x - 0.5) ** 2,
    hp.uniform("x", 0, 1),
    algo=rand.suggest,
    max_evals=3,
    trials=trials,
    rstate=np.random.default_rng(0),
    show_progressbar=False,
)
"""


def test_what_hyperopt_has_tried_is_a_search_and_its_best_no_model(tmp_path):
    pytest.importorskip("hyperopt")
    learning = run_program(tmp_path, TRIALS).learning
    (search,) = [run for run in learning.runs if run.kind == "search"]
    assert search.model is None
    assert [run.candidate[0][0] for run in learning.runs if run.parent] == ["x"] * 3
    (best,) = [one for one in learning.evaluations if one.run == search.key]
    assert best.measure == "objective"
    assert best.number == min(one.number for one in learning.evaluations)


PIPELINE = """\
import argparse

from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1.0)
args = parser.parse_args()
model = Pipeline([("scale", StandardScaler()), ("ridge", Ridge(alpha=args.alpha))])
"""


def test_steps_are_set_by_the_source_whatever_set_what_they_hold(tmp_path):
    learning = run_program(tmp_path, PIPELINE, arguments=["--alpha", "0.5"]).learning
    given = {one.name: one for one in learning.parameters if one.origin == "given"}
    assert (given["steps"].set_by, given["steps"].where) == ("source", "program.py:10")
    assert (given["alpha"].set_by, given["alpha"].where) == ("command line", "--alpha")
