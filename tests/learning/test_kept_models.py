"""Models that are kept: in which format, what comes back, and what is refused."""

from __future__ import annotations

import json

import pytest

from provkit import api
from provkit.capture import journal, kept_models
from provkit.errors import UsageError
from provkit.store import LocalStore
from provkit.upkeep.leftovers import find_leftovers

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


def test_what_a_tag_says_is_kept_with_the_value(tmp_path):
    program = """
import provkit
from sklearn.linear_model import Ridge
model = provkit.tag(Ridge().fit(X, y), "final")
score = model.score(X, y)
provkit.tag(score, f"of {len(y)} rows")
"""
    models, trial = kept_by(tmp_path, program)
    assert models["model@1"].kept
    said = {value.key: value.tags for value in trial.values if value.tags}
    assert said["model.1"] == ("final",)


class Journal:
    """Takes lines, as that of a watched program does."""

    broken = False

    def __init__(self, folder):
        self.path = f"{folder}/events"
        self.lines = []

    warn = journal.Journal.warn

    def write(self, line):
        self.lines.append(line)


def test_a_model_that_is_too_large_is_told_in_words(tmp_path, monkeypatch):
    linear = pytest.importorskip("sklearn.linear_model")
    monkeypatch.setattr(kept_models, "MOST_BYTES", 100)
    journal = Journal(tmp_path)
    kept = kept_models.KeptModels(journal, lambda _: 1, lambda _: False, all_wanted=True)
    kept.fitted(linear.Ridge().fit([[1.0], [2.0]], [1.0, 2.0]), 1)
    kept.at_end()
    (line,) = journal.lines
    assert json.loads(line) == [
        "warning",
        "the model sklearn.linear_model.Ridge is not kept: it takes more than 0 MiB",
    ]


def test_catboost_keeps_its_own_format(tmp_path):
    pytest.importorskip("catboost")
    program = """
from catboost import CatBoostClassifier
model = CatBoostClassifier(iterations=3, verbose=False, allow_writing_files=False).fit(X, y)
"""
    models, _ = kept_by(tmp_path, program, keep_models=True)
    assert models["model@1"].kept.media_type == "application/x-catboost"
    content = api.restore("last", "model", store=tmp_path / ".provkit")
    assert content[:4] == b"CBM1"


def test_models_of_a_notebook_are_kept(tmp_path):
    notebook = {
        "cells": [
            {
                "id": f"c{number}",
                "cell_type": "code",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for number, source in enumerate(
                [
                    DATA,
                    "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)",
                    "model.score(X, y)",
                ]
            )
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "book.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    store = tmp_path / ".provkit"
    captured = api.capture_notebook(str(tmp_path / "book.ipynb"), store=store, keep_models=True)
    assert captured.problem is None
    assert [one.label for one in api.models("last", store=store) if one.kept] == ["model@1"]
    assert api.restore("last", "model", store=store)


def test_a_model_lives_as_long_as_a_trial_names_it(tmp_path):
    program = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit(X, y)\n"
    store = tmp_path / ".provkit"
    _, first = kept_by(tmp_path, program, keep_models=True)
    _, second = kept_by(tmp_path, program, keep_models=True)
    api.remove(first.id, store=store)
    api.gc(find_leftovers(LocalStore.find(explicit=store), grace_seconds=0), store=store)
    assert api.restore(second.id, "model", store=store)
    api.remove(second.id, store=store)
    left = find_leftovers(LocalStore.find(explicit=store), grace_seconds=0)
    assert "artifact" in {one.kind for one in left}
