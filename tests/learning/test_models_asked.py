"""What models are asked for, what searches have chosen, and what functions measure that run where nobody looks."""

from __future__ import annotations

import pytest
from programs import run_program

from provkit.assembly.invocations import Shown
from provkit.assembly.parameter_texts import pairs_in

pytest.importorskip("sklearn")

SOURCE = """\
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.linear_model import LinearRegression, LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.metrics import RocCurveDisplay, make_scorer, accuracy_score, mean_absolute_error, roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = make_classification(n_samples=120, n_features=4, random_state=0)
X_train, X_test, y_train, y_test = X[:80], X[80:], y[:80], y[80:]

within = []
for k in (2, 3):
    groups = KMeans(n_clusters=k, n_init=1, random_state=0)
    groups.fit(X)
    within.append(groups.inertia_)
mixture = GaussianMixture(n_components=2, random_state=0).fit(X)
criterion = mixture.bic(X)

grid = [{"C": [0.1, 1.0], "solver": ["lbfgs"]}, {"C": [10.0], "class_weight": [None, "balanced"]}]
scoring = {"AUC": "roc_auc", "hits": make_scorer(accuracy_score)}
search = GridSearchCV(LogisticRegression(max_iter=200), grid, scoring=scoring, refit="AUC", cv=2)
search.fit(X_train, y_train)
print(search.best_estimator_.score(X_test, y_test))
calibrated = CalibratedClassifierCV(search.best_estimator_, cv=2).fit(X_train, y_train)
display = RocCurveDisplay.from_estimator(calibrated, X_test, y_test)

choosing = make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=2, cv=2, scoring="f1"))
choosing.fit(X_train, y_train)
ridge = RidgeCV(alphas=[0.1, 1.0]).fit(X_train, y_train)

line = LinearRegression().fit(X_train, y_train)
predicted = line.predict(X_test)
share_missed = np.abs(y_test - predicted).sum() / y_test.sum()
naive = mean_absolute_error(y_test, np.full(len(y_test), y_train.mean()))
print("better by", 1 - mean_absolute_error(y_test, predicted) / naive)


def check(truth, guess):
    off = np.abs(truth - guess)
    return off.mean(), (off**2).mean()


for _ in range(30):
    check(y_train, line.predict(X_train))
final_off, final_squares = check(y_test, predicted)


class Threshold:
    def fit(self, X, y):
        self.cut = float(X[y == 1, 0].mean())
        return self

    def predict(self, X):
        return (X[:, 0] > self.cut).astype(int)


rule = Threshold()
rule.fit(X_train, y_train)

area = roc_auc_score(y_test, calibrated.predict_proba(X_test)[:, 1])
gini = 2 * area - 1
costs = []
for flagged in (rule.predict(X_test), calibrated.predict(X_test)):
    missed = ((y_test == 1) & (flagged == 0)).sum()
    wrong = ((y_test == 0) & (flagged == 1)).sum()
    costs.append(10 * missed + wrong)
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return run_program(tmp_path_factory.mktemp("asked"), SOURCE)


@pytest.fixture(scope="module")
def told(trial):
    steps = {one.order: int(one.step.partition(".")[0]) for one in trial.executions}
    lines = SOURCE.splitlines()
    return [(one, lines[steps[one.execution] - 1]) for one in trial.learning.evaluations]


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("within.append", "inertia"),
        ("criterion =", "bic"),
        ("search.best_estimator_.score", "accuracy"),
        ("display =", "roc_curve"),
        ("choosing.fit", "f1"),
        ("share_missed =", "wape"),
        ("better by", "skill_score"),
        ("final_off", "mae"),
        ("final_off", "mse"),
        ("gini =", "gini"),
        ("costs.append", "costs"),
    ],
)
def test_what_was_measured_is_told_where_it_was(told, text, measure):
    assert (measure, False) in [(one.measure, one.is_implied) for one, line in told if text in line]


def test_what_nobody_asked_a_model_to_choose_by_is_marked(told):
    assert [(one.measure, one.is_implied) for one, line in told if "ridge =" in line] == [
        ("mean_squared_error", True)
    ]


def test_the_last_call_of_a_function_has_its_own_numbers(trial, told):
    values = {value.key: value.scalar for value in trial.values}
    for one, line in told:
        if "final_off" in line:
            name = {"mae": "final_off.1", "mse": "final_squares.1"}[one.measure]
            assert one.number == pytest.approx(values[name])
            assert one.split == "test"


def test_a_searchs_best_is_by_the_measure_that_it_was_refitted_by(told):
    of_search = {one.measure for one, line in told if "search.fit" in line}
    assert of_search == {"AUC", "hits"}


def test_settings_that_a_search_has_chosen_are_on_its_model(trial):
    facts = {one.value: dict(one.facts) for one in trial.learning.models}
    assert facts["search.2"]["best_params_"].startswith("{'C': ")


def test_grids_are_told_with_what_is_nested_in_them(trial):
    (told,) = [one for one in trial.learning.parameters if one.name == "param_grid"]
    assert told.repr == (
        "[{'C': [0.1, 1.0], 'solver': ['lbfgs']}, {'C': [10.0], 'class_weight': [None, 'balanced']}]"
    )


def test_parameters_given_as_pairs_are_taken_apart():
    text = "[('max_depth', 2), ('eval_metric', 'logloss'), ('eval_metric', 'error')]"
    assert pairs_in(Shown(text=text)) == {
        "max_depth": Shown(scalar=2),
        "eval_metric": Shown(text="['logloss', 'error']"),
    }
    assert pairs_in(Shown(text="[1, 2]")) == {}


def test_settings_of_what_came_out_of_a_search_are_not_given_again(trial):
    line = SOURCE[: SOURCE.index("calibrated =")].count("\n") + 1
    there = {one.order for one in trial.executions if one.step.partition(".")[0] == str(line)}
    again = [
        one.name
        for one in trial.learning.parameters
        if one.origin == "given"
        and one.same_as is None
        and one.name.startswith("estimator__")
        and one.execution in there
    ]
    assert there
    assert again == []


def test_a_fitted_object_is_named_by_the_programs_variable(trial):
    (run,) = [
        one
        for one in trial.learning.runs
        if one.implementation.qualified_name.endswith("Threshold")
    ]
    assert run.model.startswith("rule.")
