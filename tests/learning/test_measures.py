"""Runs, splits and measures: each kind by a tiny program."""

from __future__ import annotations

from dataclasses import replace

import pytest
from full_trial import full_trial
from programs import run_program, violations_of

from provkit.mapping import quads_of
from provkit.vocabulary import literal, term

pytest.importorskip("sklearn")

SOURCE = """\
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, mean_squared_error
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = make_classification(n_samples=120, n_features=4, random_state=0)
table = pd.DataFrame(X, columns=["a", "b", "c", "d"])
table["label"] = y
features = table[["a", "b", "c", "d"]]
target = table["label"]
X_rest, X_test, y_rest, y_test = train_test_split(features, target, test_size=0.25, stratify=target, random_state=1)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, test_size=0.2, random_state=2)
scaler = StandardScaler().fit(X_train)
model = LogisticRegression(C=0.5)
model.fit(scaler.transform(X_train), y_train)
predicted = model.predict(scaler.transform(X_test))
accuracy = accuracy_score(y_test, predicted)
f1 = f1_score(y_test, predicted, average="macro")
matrix = confusion_matrix(y_test, predicted)
own = model.score(scaler.transform(X_val), y_val)
share_wrong = np.mean(predicted != y_test)


def misses(truth, guess):
    return int((truth != guess).sum())


count = misses(y_test, predicted)
folds = cross_val_score(LogisticRegression(), features, target, cv=3, scoring="f1")
both = cross_validate(LogisticRegression(), features, target, cv=2, scoring=["accuracy", "recall"])
search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2)
search.fit(X_train, y_train)
boosted = GradientBoostingClassifier(n_estimators=4).fit(X_train, y_train)
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return run_program(tmp_path_factory.mktemp("measures"), SOURCE)


@pytest.fixture(scope="module")
def learning(trial):
    return trial.learning


def measured(learning, via):
    return [
        (one.measure, one.split, one.averaging) for one in learning.evaluations if one.via == via
    ]


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        (
            "call",
            [
                ("accuracy", "test", None),
                ("f1", "test", "macro"),
                ("confusion_matrix", "test", None),
            ],
        ),
        ("score", [("accuracy", "validation", None)]),
        ("expression", [("error_rate", "test", None), ("misses", "test", None)]),
        (
            "cross-validation",
            [("f1", "test", None)] * 3
            + [("accuracy", "test", None)] * 2
            + [("recall", "test", None)] * 2,
        ),
        ("search", [("accuracy", "validation", None)] * (1 + 2 * 3)),
    ],
)
def test_measures_say_what_they_are_and_on_which_data(learning, via, expected):
    assert measured(learning, via) == expected


def test_a_search_that_was_not_told_what_to_measure_is_marked(learning):
    marked = {one.via for one in learning.evaluations if one.is_implied}
    assert marked == {"search"}
    assert all(one.is_implied for one in learning.evaluations if one.via == "search")


def test_a_search_that_was_told_what_to_measure_is_not_marked(tmp_path):
    told = run_program(
        tmp_path,
        """\
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

X, y = make_classification(n_samples=60, random_state=0)
search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2, scoring="f1").fit(X, y)
""",
    ).learning.evaluations
    assert {one.measure for one in told} == {"f1"}
    assert not any(one.is_implied for one in told)


def test_numbers_are_those_of_the_program(trial):
    scalars = {value.key: value.scalar for value in trial.values}
    for one in trial.learning.evaluations:
        if one.value in ("accuracy.1", "f1.1", "own.1", "share_wrong.1", "count.1"):
            assert one.number == pytest.approx(scalars[one.value])


def test_measures_are_of_the_model_that_predicted(learning):
    runs = {run.key: run for run in learning.runs}
    told = {one.value: one.run for one in learning.evaluations if one.value is not None}
    for name in ("accuracy.1", "f1.1", "own.1", "share_wrong.1", "count.1"):
        assert runs[told[name]].model == "model.2", name


def test_splits_say_parts_ratio_stratification_and_seed(learning):
    first, second = learning.splits
    assert (first.ratio, first.stratified_by, first.seed) == (0.25, "label", 1)
    assert (second.ratio, second.stratified_by, second.seed) == (0.2, None, 2)
    assert [(part.role, part.rows) for part in first.parts] == [("train", 90), ("test", 30)]
    assert [(part.role, part.rows) for part in second.parts] == [("train", 72), ("validation", 18)]


def test_data_sets_say_their_columns_and_classes(learning):
    told = {one.value: one for one in learning.datasets}
    assert told["y_train.1"].target == ("label",)
    assert sum(count for _, count in told["y_train.1"].classes) == 72
    assert told["features.1"].features == ("a", "b", "c", "d")


def test_each_model_has_one_run_and_what_prepares_has_none(learning):
    kinds = [run.kind for run in learning.runs if run.parent is None]
    assert kinds == ["fit", "cross-validation", "cross-validation", "search", "fit"]
    classes = {run.implementation.qualified_name.rpartition(".")[2] for run in learning.runs}
    assert "StandardScaler" not in classes
    candidates = [run.candidate for run in learning.runs if run.kind == "candidate"]
    assert candidates == [(("C", "0.1"),), (("C", "1.0"),)]
    assert [run.parent for run in learning.runs if run.kind == "fold"] == ["2"] * 3 + ["3"] * 2


def test_histories_of_libraries_are_curves(learning):
    (curve,) = learning.curves
    assert curve.measure == "train_score"
    assert len(curve.numbers) == 4


def test_the_graph_of_it_all_is_valid_and_keeps_ml_schemas_classes_apart(trial):
    assert violations_of(trial) == []
    quads = list(quads_of(trial))
    assert len(quads) == len(set(quads))
    kinds: dict[str, set[str]] = {}
    for subject, predicate, value, _ in quads:
        if predicate == term("rdf:type"):
            kinds.setdefault(subject, set()).add(value)
    apart = [
        {term("mls:Model")},
        {term("mls:ModelEvaluation")},
        {term("mls:HyperParameterSetting")},
        {term("mls:Data"), term("mls:Dataset"), term("mls:Feature")},
    ]
    for subject, told in kinds.items():
        assert sum(bool(told & group) for group in apart) <= 1, subject
    inputs = {value for _, predicate, value, _ in quads if predicate == term("mls:hasInput")}
    outputs = {value for _, predicate, value, _ in quads if predicate == term("mls:hasOutput")}
    assert not inputs & outputs
    models = {subject for subject, told in kinds.items() if term("mls:Model") in told}
    assert models <= outputs


def test_a_measure_that_is_a_whole_number_is_a_double():
    trial = full_trial()
    first, *others = trial.learning.evaluations
    learning = replace(trial.learning, evaluations=(replace(first, number=1), *others))
    said = {
        value
        for _, predicate, value, _ in quads_of(replace(trial, learning=learning))
        if predicate == term("mls:hasValue")
    }
    assert literal(1.0) in said
    assert literal(1) not in said
