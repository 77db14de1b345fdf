"""Native trainers and networks: parameters given as one dict, histories that they fill, what they resolve."""

from __future__ import annotations

import pytest
from programs import run_program, violations_of

XGBOOST = """\
import numpy as np
import xgboost as xgb

X = np.arange(40.0).reshape(20, 2)
y = np.arange(20) % 2
params = {"max_depth": 2, "eta": 0.3, "objective": "binary:logistic"}
train, test = xgb.DMatrix(X, label=y), xgb.DMatrix(X, label=y)
history = {}
booster = xgb.train(
    params, train, num_boost_round=3, evals=[(test, "eval")], evals_result=history, verbose_eval=False
)
model = xgb.XGBClassifier(n_estimators=3)
model.fit(X, y)
"""


def test_xgboost_tells_its_parameters_and_what_it_measured(tmp_path):
    pytest.importorskip("xgboost")
    learning = run_program(tmp_path, XGBOOST).learning
    given = {
        one.name: one.scalar
        for one in learning.parameters
        if one.origin == "given" and one.owner.qualified_name == "xgboost.train"
    }
    assert given == {
        "max_depth": 2,
        "eta": 0.3,
        "objective": "binary:logistic",
        "num_boost_round": 3,
        "verbose_eval": False,
    }
    (curve,) = learning.curves
    assert (curve.series, curve.measure, len(curve.numbers)) == ("eval", "logloss", 3)
    resolved = {one.name: one.scalar for one in learning.parameters if one.origin == "resolved"}
    assert resolved["max_depth"] == 6
    assert [run.implementation.qualified_name for run in learning.runs] == [
        *("xgboost.train", "xgboost.XGBClassifier"),
    ]


TORCH = """\
import torch

net = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
"""


def test_what_lightgbm_measures_beside_what_was_asked_is_marked(tmp_path):
    pytest.importorskip("lightgbm")
    trial = run_program(
        tmp_path,
        """\
import lightgbm as lgb
import numpy as np

X = np.random.default_rng(0).random((80, 3))
y = X @ [1.0, 2.0, 3.0]
asked = lgb.LGBMRegressor(n_estimators=3, verbose=-1)
asked.fit(X[:60], y[:60], eval_set=[(X[60:], y[60:])], eval_metric="l1")
unasked = lgb.LGBMRegressor(n_estimators=3, verbose=-1)
unasked.fit(X[:60], y[:60], eval_set=[(X[60:], y[60:])])
""",
    )
    told = [(one.measure, one.is_implied) for one in trial.learning.evaluations]
    assert told == [("l1", False), ("l2", True), ("l2", True)]
    assert violations_of(trial) == []


def test_torch_tells_the_parameters_of_optimizers_schedulers_and_layers(tmp_path):
    pytest.importorskip("torch")
    told = {
        (one.owner.qualified_name.rpartition(".")[2], one.name): (one.scalar, one.origin)
        for one in run_program(tmp_path, TORCH).learning.parameters
    }
    assert told["SGD", "lr"] == (0.1, "given")
    assert told["SGD", "nesterov"] == (False, "default")
    assert told["StepLR", "step_size"] == (2, "given")
    assert told["StepLR", "gamma"] == (0.1, "default")
    assert told["Linear", "in_features"] == (4, "given")
