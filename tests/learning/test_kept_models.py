"""Models that are kept: in which format, what comes back, and what is refused."""

from __future__ import annotations

import json

import pytest

from provkit import api
from provkit.errors import UsageError

DATA = """\
import numpy as np
X = np.arange(40.0).reshape(20, 2)
y = np.arange(20) % 2
"""


def kept_by(folder, source, **options):
    """Capture a program, and give its models by label; the store is in the folder."""
    (folder / "program.py").write_text(DATA + source, encoding="utf-8")
    captured = api.capture(str(folder / "program.py"), store=folder / ".provkit", **options)
    assert captured.problem is None
    assert captured.ending.exit_status == 0
    models = {one.label: one for one in api.models("last", store=folder / ".provkit")}
    return models, captured.trial


def test_nothing_is_kept_that_nobody_asked_for(tmp_path):
    models, _ = kept_by(
        tmp_path, "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)\n"
    )
    assert models["model@1"].kept is None
    assert not (tmp_path / ".provkit" / "artifacts").exists()
    with pytest.raises(UsageError, match="keeps no model"):
        api.restore("last", store=tmp_path / ".provkit")


def test_an_estimator_inside_a_function_is_kept_and_found_by_its_variable(tmp_path):
    program = """
from sklearn.linear_model import Ridge
def main():
    model = Ridge(alpha=2.0).fit(X, y)
    return model.score(X, y)
main()
other = Ridge().fit(X, y)
"""
    models, trial = kept_by(tmp_path, program, keep_models=True)
    store = tmp_path / ".provkit"
    assert [label for label, one in models.items() if one.kept] == ["main.model@1", "other@1"]
    copy = models["main.model@1"].kept
    assert copy.size_bytes == len(api.restore(trial.id, "model", store=store))
    assert api.restore("last", "other", store=store) != api.restore("last", "model", store=store)
    with pytest.raises(UsageError, match=r"it keeps main\.model@1, other@1"):
        api.restore("last", store=store)


def test_skops_is_preferred_to_a_pickle_where_it_is_installed(tmp_path):
    skops = pytest.importorskip("skops.io")
    models, _ = kept_by(
        tmp_path,
        "from sklearn.linear_model import Ridge\nmodel = Ridge(alpha=2.0).fit(X, y)\n",
        keep_models=True,
    )
    assert models["model@1"].kept.is_safe
    assert skops.loads(api.restore("last", store=tmp_path / ".provkit")).alpha == 2.0


def test_a_pickle_is_marked_as_one(tmp_path):
    program = """
import sys
sys.modules["skops"] = None
from sklearn.linear_model import Ridge
model = Ridge(alpha=2.0).fit(X, y)
"""
    models, _ = kept_by(tmp_path, program, keep_models=True)
    assert models["model@1"].kept.name == "model@1.pickle"
    assert not models["model@1"].kept.is_safe


def test_code_of_the_projects_does_not_run_for_a_model_to_be_kept(tmp_path, capfd):
    program = """
from sklearn.base import BaseEstimator
class Own(BaseEstimator):
    def fit(self, X, y):
        return self
    def predict(self, X):
        return X
    def __getstate__(self):
        print("pickled")
        return {}
model = Own().fit(X, y)
"""
    models, trial = kept_by(tmp_path, program, keep_models=True)
    assert "pickled" not in capfd.readouterr().out
    assert not any(one.kept for one in models.values())
    assert any("has a pickling of its own" in warning for warning in trial.warnings)


def test_a_model_that_is_tagged_is_kept_without_being_asked_for(tmp_path):
    program = """
import provkit
from sklearn.linear_model import Ridge
first = Ridge().fit(X, y)
second = Ridge(alpha=2.0).fit(X, y)
provkit.tag(second, "final")
"""
    models, _ = kept_by(tmp_path, program)
    assert [label for label, one in models.items() if one.kept] == ["second@1"]


def test_boosters_are_kept_as_their_libraries_write_them(tmp_path):
    xgboost = pytest.importorskip("xgboost")
    lightgbm = pytest.importorskip("lightgbm")
    program = """
import xgboost, lightgbm
tree = xgboost.XGBClassifier(n_estimators=3).fit(X, y)
leaves = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1).fit(X, y)
"""
    models, _ = kept_by(tmp_path, program, keep_models=True)
    store = tmp_path / ".provkit"
    assert models["tree@1"].kept.media_type == "application/json"
    booster = xgboost.Booster(model_file=bytearray(api.restore("last", "tree", store=store)))
    assert booster.num_boosted_rounds() == 3
    assert json.loads(api.restore("last", "tree", store=store))["learner"]
    text = api.restore("last", "leaves", store=store).decode()
    assert lightgbm.Booster(model_str=text).num_trees() == 3


def test_a_network_is_kept_as_safetensors_that_equal_its_state(tmp_path):
    torch = pytest.importorskip("torch")
    program = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(2, 3)
        self.norm = torch.nn.BatchNorm1d(3)
        self.register_buffer("passing", torch.ones(1), persistent=False)
        self.last = torch.nn.Linear(3, 1)
    def forward(self, x):
        return self.last(self.norm(self.first(x)))
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
criterion = torch.nn.MSELoss()
inputs, target = torch.tensor(X).float(), torch.tensor(y).float()[:, None]
for epoch in range(3):
    optimizer.zero_grad()
    loss = criterion(net(inputs), target)
    loss.backward()
    optimizer.step()
torch.save(net.state_dict(), "state.pt")
"""
    source = program.replace('"state.pt"', repr(str(tmp_path / "state.pt")))
    models, _ = kept_by(tmp_path, source, keep_models=True)
    assert [one.kept.media_type for one in models.values() if one.kept] == [
        "application/x-safetensors"
    ]
    from safetensors.torch import load

    found = load(api.restore("last", store=tmp_path / ".provkit"))
    state = torch.load(tmp_path / "state.pt")
    assert set(found) == set(state)
    assert all(torch.equal(found[name], state[name]) for name in state)
