"""Training, parting and measuring that a program does itself: loops, slices, splitters, expressions."""

from __future__ import annotations

import pytest
from programs import run_program, violations_of

from provkit.mapping import quads_of
from provkit.vocabulary import term

PARTED = """\
import numpy as np
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

X = np.random.default_rng(0).random((60, 3))
y = X @ [1.0, 2.0, 3.0]
for picked, left in KFold(3).split(X):
    model = LinearRegression().fit(X[picked], y[picked])
    of_fold = model.score(X[left], y[left])
A, B = X[:40], X[40:]
a, b = y[:40], y[40:]
model = LinearRegression().fit(A, a)
of_rest = model.score(B, b)
of_same = model.score(A, a)
model = LinearRegression().fit(X[:30], y[:30])
of_slice = model.score(X[30:], y[30:])
guess = model.predict(B)
print("deviance=%f" % (2 * np.sum((b - guess) ** 2)))


def relative(truth, found):
    return "rel", np.mean(np.abs(truth - found)), False


print(relative(b, guess))
lasso = Lasso().fit(X, y)
logistic = LogisticRegression().fit(X, y > 3)
tree = DecisionTreeClassifier().fit(X, y > 3)
shuffling = ShuffleSplit(2)
"""

PREDICTED = """\
import math

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

X = np.random.default_rng(0).random((60, 3))
y = (X.sum(axis=1) > 1.5).astype(int)
X_train, X_test, y_train, truth = X[:40], X[40:], y[:40], y[40:]
model = LogisticRegression().fit(X_train, y_train)
guess = model.predict(X_test)
proba = model.predict_proba(X_test)[:, 1]
"""

LOOP = """\
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.first = nn.Linear(4, hidden)
        self.last = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))


torch.manual_seed(0)
X = torch.rand(200, 4)
y = X.sum(1, keepdim=True)
X_train, X_test, y_train, y_test = X[:150], X[150:], y[:150], y[150:]
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=50)
model = Net(hidden=16)
criterion = nn.MSELoss()
optimizer = optim.SGD(model.parameters(), lr=0.1)
for epoch in range(12):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
with torch.no_grad():
    guess = model(X_test)
    mse = criterion(guess, y_test).item()
"""


SCHEDULED = LOOP.replace(
    "for epoch in", "scheduler = optim.lr_scheduler.StepLR(optimizer, 3)\nfor epoch in"
)
"""torch's schedulers stand before their optimizer's `step`."""


def test_a_network_is_a_run_also_where_a_scheduler_moves_its_rate(tmp_path):
    pytest.importorskip("torch")
    trial = run_program(tmp_path, SCHEDULED)
    (run,) = trial.learning.runs
    assert run.implementation.qualified_name.endswith("Net")


def test_a_mean_of_losses_is_named_for_the_loss(tmp_path):
    pytest.importorskip("torch")
    trial = run_program(
        tmp_path,
        LOOP
        + """\
test_loss = 0.0
model.eval()
with torch.no_grad():
    for xb, yb in DataLoader(TensorDataset(X_test, y_test), batch_size=25):
        test_loss += torch.nn.functional.mse_loss(model(xb), yb, reduction="sum").item()
test_loss /= len(X_test)
print(f"average loss {test_loss:.3f}")
""",
    )
    told = [one for one in trial.learning.evaluations if one.value == "test_loss.4"]
    print([(one.measure, one.value) for one in trial.learning.evaluations])
    assert [one.measure for one in told] == ["mse_loss"]


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    pytest.importorskip("sklearn")
    return run_program(tmp_path_factory.mktemp("parted"), PARTED)


@pytest.fixture(scope="module")
def looped(tmp_path_factory):
    pytest.importorskip("torch")
    return run_program(tmp_path_factory.mktemp("looped"), LOOP)


def measured(trial, name):
    return next(one for one in trial.learning.evaluations if (one.value or "").startswith(name))


@pytest.mark.parametrize(
    ("name", "role"),
    [("of_fold", "test"), ("of_rest", "test"), ("of_same", "train"), ("of_slice", "test")],
)
def test_data_that_a_program_parts_has_its_role(parted, name, role):
    assert measured(parted, name).split == role


def test_a_splitter_tells_its_folds(parted):
    (split,) = [one for one in parted.learning.splits if one.folds is not None]

    assert (split.method.rpartition(".")[2], split.folds, split.shuffled) == ("KFold", 3, False)


FOLDS = """\
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold

X = np.random.default_rng(0).random((60, 3))
y = X @ [1.0, 2.0, 3.0]
errors = {"ridge": [], "stiff": []}
for fold, (train, test) in enumerate(KFold(3).split(X)):
    for name, model in {"ridge": Ridge(), "stiff": Ridge(alpha=9.0)}.items():
        model.fit(X[train], y[train])
        pred = model.predict(X[test])
        rmse = np.sqrt(np.mean((y[test] - pred) ** 2))
        errors[name].append(rmse)
    last = mean_absolute_error(y[test], model.predict(X[test]))
print({name: np.mean(found) for name, found in errors.items()})
"""


def test_each_fold_has_a_measure_of_its_own_tied_to_its_rows(tmp_path):
    pytest.importorskip("sklearn")
    trial = run_program(tmp_path, FOLDS)
    learning = trial.learning
    (split,) = [one for one in learning.splits if one.folds is not None]
    rows = {key: part.fold for part in split.parts if part.role == "test" for key in part.values}

    def folds_of(measure):
        told = [one for one in learning.evaluations if one.measure == measure]
        return [[rows[key] for key in one.compares if key in rows] for one in told]

    assert folds_of("mean_absolute_error") == [[1], [2], [3]]
    assert folds_of("rmse") == [[1], [1], [2], [2], [3]]
    assert {one.split for one in learning.evaluations} == {"test"}
    for run in learning.runs:
        inputs = {reference.key for reference in run.inputs}
        assert any(set(part.values) & inputs for part in split.parts if part.role == "train")
    assert violations_of(trial) == []


MEASURED = (
    ("accuracy = np.mean(guess == truth)", "accuracy"),
    ("share = (guess != truth).mean()", "error_rate"),
    ("score = 1 - np.mean(np.abs(guess - truth))", None),
    ("a = np.sqrt(np.mean((truth - guess) ** 2))", "rmse"),
    ("a = math.sqrt(sum((t - g) ** 2 for t, g in zip(truth, guess)) / len(truth))", "rmse"),
    ("rest = truth - guess\na = rest @ rest / len(rest)", "mse"),
    ("a = np.square(np.subtract(truth, guess)).mean()", None),
    ("a = np.abs(truth - guess).mean()", "mae"),
    (
        "res = np.sum((truth - guess) ** 2)\ntot = np.sum((truth - truth.mean()) ** 2)\na = 1 - res / tot",
        "r2",
    ),
    ("a = -np.mean(truth * np.log(proba) + (1 - truth) * np.log(1 - proba))", "log_loss"),
    (
        "tp = np.sum((guess == 1) & (truth == 1))\nfp = np.sum((guess == 1) & (truth == 0))\na = tp / (tp + fp)",
        "precision",
    ),
    (
        "tp = sum(1 for t, g in zip(truth, guess) if t == 1 and g == 1)\nrecall = tp / sum(truth)",
        "recall",
    ),
    (
        "right = 0\nfor t, g in zip(truth, guess):\n    if t == g:\n        right += 1\nprint(f'{right / len(truth):.2f}')",
        "accuracy",
    ),
    ("found = {}\nfound['accuracy'] = float((guess == truth).mean())", "accuracy"),
    (
        "found = {'f1': 2 * ((guess == 1) & (truth == 1)).sum() / (guess.sum() + truth.sum())}",
        "f1",
    ),
    ("print('Accuracy: %.1f %%' % (100 * (guess == truth).mean()))", "accuracy"),
    ("print('MAE', round(abs(truth - guess).mean(), 3))", "mae"),
    ("def rate(a, b):\n    return (a == b).mean()\nprint(rate(truth, guess))", "accuracy"),
    (
        "def both(a, b):\n    return (a == b).mean(), (a != b).mean()\nup, down = both(truth, guess)",
        "accuracy",
    ),
    (
        "table = pd.DataFrame({'truth': truth, 'guess': guess})\nacc = (table.truth == table.guess).mean()",
        "accuracy",
    ),
    (
        "table = np.zeros((2, 2))\nfor t, g in zip(truth, guess):\n    table[t, g] += 1",
        "confusion_matrix",
    ),
    ("table = pd.crosstab(truth, guess)", None),
)
UNMEASURED = (
    "far = np.mean((X_test - X_train.mean(axis=0)) ** 2)",
    "share = (truth == 1).mean()",
    "positive = guess.mean()",
    "both = np.column_stack([truth, guess])\nrows = len(both)",
    "scaled = (guess - guess.mean()) / guess.std()\ntotal = scaled.sum()",
    "order = truth[np.argsort(X_test[:, 0])]\nhighest = order.max()",
)


@pytest.fixture(scope="module")
def measured_by_hand(tmp_path_factory):
    """Run all that is computed as one program, and tell of each what was found on its lines."""
    pytest.importorskip("sklearn")
    program, begins = PREDICTED, []
    for computed in (*(computed for computed, _ in MEASURED), *UNMEASURED):
        begins.append(program.count("\n") + 1)
        program += computed + "\n"
    trial = run_program(tmp_path_factory.mktemp("by_hand"), program)
    lines = {one.order: int(one.step.partition(".")[0]) for one in trial.executions}
    found: dict[int, list] = {begin: [] for begin in begins}
    for one in trial.learning.evaluations:
        found[max(begin for begin in begins if begin <= lines[one.execution])].append(one)
    return list(found.values())


@pytest.mark.parametrize("case", range(len(MEASURED)))
def test_what_is_computed_of_predictions_and_labels_is_a_measure(measured_by_hand, case):
    computed, measure = MEASURED[case]
    found = measured_by_hand[case]
    if measure is not None:
        assert measure in [one.measure for one in found], computed
        assert all(one.run == "1" and one.split == "test" for one in found), computed
        assert len(found) == (2 if computed.startswith("def both") else 1), computed


@pytest.mark.parametrize("case", range(len(UNMEASURED)))
def test_what_is_computed_of_one_of_them_alone_is_none(measured_by_hand, case):
    found = measured_by_hand[len(MEASURED) + case]
    assert [one.measure for one in found] == [], UNMEASURED[case]


DESCENT = """\
import numpy as np

rng = np.random.default_rng(0)
X, X_test = rng.random((40, 2)), rng.random((10, 2))
y, y_test = X @ [1.0, 2.0], X_test @ [1.0, 2.0]


def descend(X, y, rate=0.1, rounds=30):
    w = np.zeros(X.shape[1])
    history = []
    for _ in range(rounds):
        error = X @ w - y
        w -= rate * X.T @ error / len(y)
        history.append((error**2).mean())
    return w, history


w, history = descend(X, y, rate=0.5)
mae = np.abs(y_test - X_test @ w).mean()

state, trace = 1.0, []
for x in X[:, 0]:
    state = 0.9 * state + 0.1 * x
    trace.append(state)
total = 0.0
for row in X:
    total += row.sum()
"""


def test_weights_that_a_program_moves_itself_are_a_model(tmp_path):
    trial = run_program(tmp_path, DESCENT)
    (run,) = trial.learning.runs
    assert run.implementation.qualified_name == "descend"
    assert run.model.startswith("descend.w.")
    assert (run.features, run.target) == ("X.1", "y.1")
    given = {one.name: one.scalar for one in trial.learning.parameters if one.key in run.parameters}
    assert given == {"rate": 0.5, "rounds": 30}
    (curve,) = trial.learning.curves
    assert (curve.measure, len(curve.numbers), curve.rounds) == ("mse", 5, 30)
    told = [(one.measure, one.split, one.run) for one in trial.learning.evaluations]
    assert told == [("mse", "train", run.key), ("mae", "test", run.key)]
    assert violations_of(trial) == []


def test_each_fold_tells_its_rows(parted):
    (split,) = [one for one in parted.learning.splits if one.folds is not None]

    assert [(part.fold, part.role, part.rows) for part in split.parts] == [
        (fold, role, rows) for fold in (1, 2, 3) for role, rows in (("train", 40), ("test", 20))
    ]
    assert split.ratio == pytest.approx(1 / 3, abs=1e-6)
    folds = [quad for quad in quads_of(parted) if quad[1] == term("pk:fold")]
    assert len(folds) == 6


def test_what_is_only_printed_is_measured_too(parted):
    by_hand = {one.measure for one in parted.learning.evaluations if one.via == "expression"}

    assert {"deviance", "mae"} <= by_hand


def test_only_a_seed_that_is_drawn_from_is_missed(parted):
    owners = {setting.key: setting.owner.qualified_name for setting in parted.learning.parameters}
    missed = {owners[key].rpartition(".")[2] for key in parted.learning.unseeded}

    assert missed == {"DecisionTreeClassifier", "ShuffleSplit"}


def test_a_run_tells_what_it_learned_from_and_not_what_it_was_tested_on(parted):
    runs = {run.model: run for run in parted.learning.runs if run.features == "A.1"}
    (run,) = runs.values()
    learned = {
        str(entity).rpartition("/")[2].rstrip(">")
        for node, predicate, entity, _ in quads_of(parted)
        if predicate == term("pk:learnedFrom") and str(node).rstrip(">").endswith(f"/{run.key}")
    }

    assert learned == {"A.1", "a.1"}
    assert "B.1" in {one.key for one in run.inputs}
    assert not violations_of(parted)


def test_a_training_loop_is_a_run_of_its_network(looped):
    (run,) = looped.learning.runs
    settings = {one.key: one for one in looped.learning.parameters}
    told = {settings[key].name: settings[key].scalar for key in run.parameters}

    assert run.implementation.qualified_name.endswith("Net")
    assert (run.features, run.target, run.task) == ("X_train.1", "y_train.1", "regression")
    assert (told["lr"], told["hidden"]) == (0.1, 16)


def test_the_losses_of_the_rounds_that_were_seen_are_a_curve_of_all(looped):
    (curve,) = looped.learning.curves

    assert (curve.measure, curve.rounds) == ("MSELoss", 36)
    assert 2 <= len(curve.numbers) < 36
    assert curve.numbers[0] > curve.numbers[-1]


def test_what_a_trained_network_gives_is_compared_on_test_data(looped):
    evaluation = measured(looped, "mse")

    assert (evaluation.split, evaluation.run) == ("test", looped.learning.runs[0].key)
    assert not violations_of(looped)


OWN_CLASSIFIER = """\
import math
import random

class Classifier:
    def __init__(self, rate=0.1, epochs=20):
        self.rate, self.epochs = rate, epochs
        self.w, self.b = [0.0, 0.0], 0.0
        self.losses = []

    def predict_proba(self, x):
        return squashed(sum(w * v for w, v in zip(self.w, x)) + self.b)

    def fit(self, rows):
        for epoch in range(self.epochs):
            loss = 0.0
            for x, y in rows:
                p = self.predict_proba(x)
                wrong = p - y
                self.w = [w - self.rate * wrong * v for w, v in zip(self.w, x)]
                self.b -= self.rate * wrong
                loss -= y * math.log(p + 1e-9) + (1 - y) * math.log(1 - p + 1e-9)
            self.losses.append(loss / len(rows))
        return self

    def predict(self, x):
        return int(self.predict_proba(x) > 0.5)

def squashed(z):
    return 1 / (1 + math.exp(-z))

random.seed(3)
rows = [([random.gauss(y, 1), random.gauss(-y, 1)], y) for y in [0, 1] * 60]
train, test = rows[:90], rows[90:]
model = Classifier(epochs=8).fit(train)
hits = sum(model.predict(x) == y for x, y in test)
accuracy = hits / len(test)
tp = sum(1 for x, y in test if y == 1 and model.predict(x) == 1)
fp = sum(1 for x, y in test if y == 0 and model.predict(x) == 1)
precision = tp / (tp + fp)
print(accuracy, precision)
"""


def test_a_classifier_of_the_programs_own_has_its_measures_and_no_others(tmp_path):
    trial = run_program(tmp_path, OWN_CLASSIFIER)
    told = {(one.measure, one.split) for one in trial.learning.evaluations}

    assert told == {("log_loss", "train"), ("accuracy", "test"), ("precision", "test")}
    (run,) = trial.learning.runs
    assert {one.run for one in trial.learning.evaluations} == {run.key}
    # Batches of the training data are no data that it was evaluated on.
    assert {reference.key for reference in run.inputs} == {"train.1", "test.1"}


BOOSTED = """\
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

ROUNDS = 4
X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
current = np.full(len(y_train), y_train.mean())
tested = np.full(len(y_test), y_train.mean())
trees = []
for m in range(ROUNDS):
    tree = DecisionTreeRegressor(max_depth=2).fit(X_train, y_train - current)
    current = current + 0.1 * tree.predict(X_train)
    tested += 0.1 * tree.predict(X_test)
    trees.append(tree)
    print(m, np.mean((y_train - current) ** 2))
pred = y_train.mean() + 0.1 * sum(t.predict(X_test) for t in trees)
left = mean_squared_error(y_test, pred)
ridges = {a: Ridge(alpha=a) for a in (0.1, 1.0)}
for ridge in ridges.values():
    ridge.fit(X_train, y_train)
losses = cross_val_score(Ridge(), X, y, cv=2, scoring="neg_mean_absolute_error")


class Boost:
    def __init__(self, rounds=3):
        self.rounds = rounds

    def fit(self, X, y):
        w = np.ones(len(y)) / len(y)
        self.stumps = []
        for _ in range(self.rounds):
            stump = DecisionTreeClassifier(max_depth=1)
            stump.fit(X, y, sample_weight=w)
            w *= np.exp(np.where(stump.predict(X) != y, 1, -1))
            self.stumps.append(stump)
        return self

    def predict(self, X):
        return np.sign(sum(s.predict(X) for s in self.stumps))


boost = Boost(rounds=2).fit(X_train, np.sign(y_train - 150))
hits = np.mean(boost.predict(X_test) == np.sign(y_test - 150))
"""


@pytest.fixture(scope="module")
def boosted(tmp_path_factory):
    return run_program(tmp_path_factory.mktemp("boosted"), BOOSTED)


def test_boosting_by_hand_is_one_run_with_a_curve_whose_rounds_are_its_parts(boosted):
    learning = boosted.learning
    whole = [run for run in learning.runs if run.implementation.qualified_name == "training_loop"]
    assert [(run.model, run.target, run.task) for run in whole] == [
        ("trees.5", "y_train.1", "regression")
    ]
    parts = [run for run in learning.runs if run.parent == whole[0].key]
    assert len(parts) == 4
    (curve,) = [one for one in learning.curves if one.run == whole[0].key]
    assert (curve.measure, curve.rounds, len(curve.numbers)) == ("mse", None, 4)
    (left,) = [one for one in learning.evaluations if one.measure == "mean_squared_error"]
    assert left.run == whole[0].key
    # A prediction is no data that a model was evaluated on.
    assert "pred.1" not in {one.key for one in whole[0].inputs}


def test_a_class_that_boosts_is_one_model_by_the_name_of_its_variable(boosted):
    (run,) = [one for one in boosted.learning.runs if one.implementation.qualified_name == "Boost"]
    assert (run.model or "").startswith("boost.")
    hits = [one for one in boosted.learning.evaluations if one.measure == "accuracy"]
    assert [one.run for one in hits] == [run.key]


def test_what_is_made_in_a_comprehension_was_given_what_its_text_says(boosted):
    told = [
        (one.scalar, one.origin, one.where)
        for one in boosted.learning.parameters
        if one.name == "alpha" and one.where is not None
    ]
    assert [(value, origin) for value, origin, _ in told] == [(0.1, "given"), (1.0, "given")]
    assert {where.rpartition(":")[2] for _, _, where in told} == {"22"}


def test_a_loss_is_told_as_itself_where_its_scorer_turned_its_sign(boosted):
    found = [
        one.number for one in boosted.learning.evaluations if one.measure == "mean_absolute_error"
    ]
    assert len(found) == 2
    assert all(number is not None and number > 0 for number in found)
