"""Hyperparameters: each source of one by a tiny program, and defaults nobody typed."""

from __future__ import annotations

import json
import warnings

import pytest
from programs import run_program

pytest.importorskip("sklearn")

IMPORTS = """\
import argparse, configparser, dataclasses, json
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
"""
LINES = IMPORTS.count("\n")


def settings(trial, name):
    """What a parameter was set to, each time: value, origin, who set it."""
    return [
        (one.scalar if one.repr is None else one.repr, one.origin, one.set_by)
        for one in trial.learning.parameters
        if one.name == name
    ]


# program, parameter, and value, origin and who set it, each time it was
GIVEN = {
    "keyword": ("m = Lasso(alpha=0.5)", "alpha", [(0.5, "given", "source")]),
    "position": ("m = Lasso(0.5)", "alpha", [(0.5, "given", "source")]),
    "default": ("m = Lasso()", "alpha", [(1.0, "default", None)]),
    "given though it is the default": ("m = Lasso(alpha=1.0)", "alpha", [(1.0, "given", "source")]),
    "variable": ("a = 0.5\nm = Lasso(alpha=a)", "alpha", [(0.5, "given", "source")]),
    "computed": ("a = 2\nm = Lasso(alpha=a / 4)", "alpha", [(0.5, "given", "source")]),
    "item of a dict": (
        "c = {'a': 0.5}\nm = Lasso(alpha=c['a'])",
        "alpha",
        [(0.5, "given", "source")],
    ),
    "negative": ("m = SVC(max_iter=-1)", "max_iter", [(-1, "given", "source")]),
    "none": ("m = SVC(random_state=None)", "random_state", [("None", "given", "source")]),
    "mapping": ("p = {'alpha': 0.5}\nm = Lasso(**p)", "alpha", [(0.5, "given", "**")]),
    "default in a mapping": ("p = {'alpha': 1.0}\nm = Lasso(**p)", "alpha", [(1.0, "given", "**")]),
    "beside a mapping": (
        "p = {'alpha': 0.5}\nm = Lasso(**p, tol=1e-3)",
        "tol",
        [(0.001, "given", "source")],
    ),
    "not in the mapping": (
        "p = {'alpha': 0.5}\nm = Lasso(**p)",
        "tol",
        [(0.0001, "default", None)],
    ),
    "mapping inside another": (
        "c = {'m': {'alpha': 0.5}}\nm = Lasso(**c['m'])",
        "alpha",
        [(0.5, "given", "**")],
    ),
    "sequence": ("a = [0.5]\nm = Lasso(*a)", "alpha", [(0.5, "given", "**")]),
    "assignment": (
        "m = Lasso()\nm.alpha = 0.5",
        "alpha",
        [(1.0, "default", None), (0.5, "given", "assignment")],
    ),
    "set_params": (
        "m = Lasso()\nm.set_params(alpha=0.5)",
        "alpha",
        [(1.0, "default", None), (0.5, "given", "set_params")],
    ),
    "set_params with a mapping": (
        "m = Lasso()\np = {'alpha': 0.5}\nm.set_params(**p)",
        "alpha",
        [(1.0, "default", None), (0.5, "given", "set_params")],
    ),
    "command line": (
        (
            "p = argparse.ArgumentParser()\np.add_argument('--alpha', type=float, default=2.0)\n"
            "a = p.parse_args()\nm = Lasso(alpha=a.alpha)"
        ),
        "alpha",
        [(0.5, "given", "command line")],
    ),
    "option put over a setting": (
        (
            "p = argparse.ArgumentParser()\np.add_argument('--alpha', type=float)\n"
            "a = p.parse_args()\nc = {'alpha': 3.0, 'tol': 0.2}\nif a.alpha is not None:\n    c['alpha'] = a.alpha\n"
            "m = Lasso(alpha=c['alpha'])"
        ),
        "alpha",
        [(0.5, "given", "command line")],
    ),
    "option put over a setting of a mapping taken apart": (
        (
            "p = argparse.ArgumentParser()\np.add_argument('--alpha', type=float)\n"
            "a = p.parse_args()\nc = dict(alpha=3.0, tol=0.2)\n"
            "c.update({k: v for k, v in vars(a).items() if v is not None})\nm = Lasso(**c)"
        ),
        "alpha",
        [(0.5, "given", "command line")],
    ),
    "setting of a file with options put over others": (
        (
            "p = argparse.ArgumentParser()\np.add_argument('--alpha', type=float)\n"
            "a = p.parse_args()\nf = configparser.ConfigParser()\nf.read('params.ini')\n"
            "c = dict(alpha=3.0, tol=f.getfloat('a', 'tol'))\n"
            "c.update({k: v for k, v in vars(a).items() if v is not None})\nm = Lasso(**c)"
        ),
        "tol",
        [(0.2, "given", "file")],
    ),
    "default of an object of settings": (
        (
            "@dataclasses.dataclass\nclass Settings:\n    alpha: float\n    tol: float = 0.2\n"
            "s = Settings(3.0)\nm = Lasso(alpha=s.alpha, tol=s.tol)"
        ),
        "tol",
        [(0.2, "default", None), (0.2, "given", "default of a parameter")],
    ),
    "option left unset": (
        (
            "p = argparse.ArgumentParser()\np.add_argument('--alpha')\np.add_argument('--tol', type=float, default=0.1)\n"
            "a = p.parse_args()\nm = Lasso(tol=a.tol)"
        ),
        "tol",
        [(0.1, "given", "default of an option")],
    ),
    "file": (
        "c = json.load(open('params.json'))\nm = Lasso(alpha=c['alpha'])",
        "alpha",
        [(0.25, "given", "file")],
    ),
    "mapping of a file": (
        "c = json.load(open('params.json'))\nm = Lasso(**c)",
        "alpha",
        [(0.25, "given", "file")],
    ),
    "parameters cell": (
        "# %% parameters\nalpha = 0.5\n# %% model\nm = Lasso(alpha=alpha)",
        "alpha",
        [(0.5, "given", "parameters cell")],
    ),
    "inside a pipeline": (
        "m = Pipeline([('s', StandardScaler()), ('c', SVC(C=3))])",
        "c__C",
        [(3, "given", "source")],
    ),
    "made by a function": (
        "m = make_pipeline(StandardScaler(), SVC(C=3))",
        "svc__C",
        [(3, "given", "source")],
    ),
    "through a pipeline": (
        "m = make_pipeline(StandardScaler(), SVC())\nm.set_params(svc__C=3)",
        "svc__C",
        [(1.0, "default", None), (3, "given", "set_params")],
    ),
    "inside a search": (
        "m = GridSearchCV(SVC(C=3), {'gamma': [1]})",
        "estimator__C",
        [(3, "given", "source")],
    ),
    "splitter": ("k = KFold(4, shuffle=True)", "n_splits", [(4, "given", "source")]),
    "default of a splitter": ("k = KFold(4)", "shuffle", [(False, "default", None)]),
    "function": (
        "a, b = train_test_split([1, 2, 3, 4], test_size=0.5)",
        "test_size",
        [(0.5, "given", "source")],
    ),
}


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """All the programs one after the other: what each has set, by its lines."""
    source, lines = IMPORTS, {}
    for case, (program, _, _) in GIVEN.items():
        first = source.count("\n") + 1
        source += program + "\n# %% next\n"
        lines[case] = (first, source.count("\n"))
    trial = run_program(
        tmp_path_factory.mktemp("given"),
        source,
        arguments=["--alpha", "0.5"],
        files={
            "params.json": json.dumps({"alpha": 0.25}),
            "params.ini": "[a]\ntol = 0.2\n",
        },
    )
    return trial, lines


@pytest.mark.parametrize("case", GIVEN)
def test_a_parameter_says_who_set_it(given, case):
    trial, lines = given
    _, name, expected = GIVEN[case]
    first, last = lines[case]
    steps = {one.order: int(one.step.partition(".")[0]) for one in trial.executions}
    here = [one for one in trial.learning.parameters if first <= steps[one.execution] <= last]
    told = [
        (one.scalar if one.repr is None else one.repr, one.origin, one.set_by)
        for one in here
        if one.name == name
    ]
    assert told == expected
    assert trial.warnings == ()


def test_a_parameter_says_where_it_was_set(tmp_path):
    source = IMPORTS + (
        "alpha = 0.5\nm = Lasso(\n    alpha=alpha,\n    tol=0.1,\n)\nm.max_iter = 7\n"
    )
    trial = run_program(tmp_path, source)
    where = {one.name: one.where for one in trial.learning.parameters if one.origin == "given"}
    assert where == {
        "alpha": f"program.py:{LINES + 1}",
        "tol": f"program.py:{LINES + 4}",
        "max_iter": f"program.py:{LINES + 6}",
    }


FIT = "X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]\n"


def test_what_fitting_resolved_stands_beside_what_was_set(tmp_path):
    source = (
        IMPORTS
        + FIT
        + "m = SVC(C=2)\nm.fit(X, y)\np = make_pipeline(StandardScaler(), SVC())\np.fit(X, y)\n"
    )
    trial = run_program(tmp_path, source)
    resolved = [one for one in trial.learning.parameters if one.origin == "resolved"]
    keys = {one.key: one for one in trial.learning.parameters}
    assert [one.name for one in resolved] == ["gamma", "svc__gamma"]
    assert resolved[0].scalar == pytest.approx(1 / 1.25)
    assert [keys[one.resolves].scalar for one in resolved] == ["scale", "scale"]


def test_seeds_that_were_left_unset_are_told(tmp_path):
    source = IMPORTS + "a = SVC(probability=True)\nb = SVC(random_state=3)\nc = SVC()\n"
    trial = run_program(tmp_path, source)
    keys = {one.key: one for one in trial.learning.parameters}
    assert [keys[key].of for key in trial.learning.unseeded] == ["a.1"]
    assert [one.scalar for one in keys.values() if one.is_seed and one.origin == "given"] == [3]


def test_pythons_own_seed_is_one(tmp_path):
    trial = run_program(tmp_path, "import random\nrandom.seed(3)\nx = random.random()\n")
    assert settings(trial, "a") == [(3, "given", "source")]


def test_parameters_of_the_projects_functions_count_where_they_feed_training(tmp_path):
    source = (
        IMPORTS
        + FIT
        + (
            "def train(alpha, rounds=5):\n"
            "    m = Lasso(alpha=alpha, max_iter=rounds)\n"
            "    m.fit(X, y)\n"
            "    return m\n"
            "def add(a, b=2):\n"
            "    return a + b\n"
            "m = train(0.5)\n"
            "n = add(1)\n"
        )
    )
    trial = run_program(tmp_path, source, expect=0)
    own = [
        (one.name, one.scalar, one.origin)
        for one in trial.learning.parameters
        if one.owner.qualified_name.endswith(("train", "add"))
    ]
    assert own == [("alpha", 0.5, "given"), ("rounds", 5, "default")]


# what a program can do to who asks it; the parameters are as far as true, and it ends as it would have
HOSTILE = {
    "get_params that raises": (
        "class M(SVC):\n    def get_params(self, deep=True):\n        raise ValueError('no')\nm = M(C=3)",
        "C",
        [(3, "given", "source")],
    ),
    "a class that lies about its name": (
        "class M(SVC):\n    pass\nM.__name__ = M.__qualname__ = 'Lasso'\nM.__module__ = 'sklearn.linear_model'\nm = M(C=3)",
        "C",
        [(3, "given", "source")],
    ),
    "a pipeline that contains itself": (
        "m = Pipeline([('c', SVC(C=3))])\nm.steps.append(('again', m))\nm.verbose = True",
        "verbose",
        [(False, "default", None), (False, "default", None), (True, "given", "assignment")],
    ),
    "a patched fit": (
        FIT + "SVC.fit = lambda self, X, y: self\nm = SVC(C=3)\nm.fit(X, y)",
        "C",
        [(3, "given", "source")],
    ),
    "a property that raises": (
        (
            "class M(Lasso):\n    @property\n    def alpha_(self):\n        raise ValueError\n"
            "m = M(alpha=0.5)\nm.fit([[0.0], [1.0]], [0, 1])"
        ),
        "alpha",
        [(0.5, "given", "source")],
    ),
    "get_params that prints": (
        "class M(SVC):\n    def get_params(self, deep=True):\n        print('asked')\n        return {}\nm = M(C=3)",
        "C",
        [(3, "given", "source")],
    ),
}


CONFIGURATION = """\
from dataclasses import dataclass, field

@dataclass
class Config:
    seed: int = 0
    epochs: int = 4
    widths: list = field(default_factory=lambda: [64, 32])

@dataclass
class Unused:
    colour: str = "red"
"""


def test_settings_kept_in_an_object_count_where_it_goes_to_what_trains(tmp_path):
    source = f"""{IMPORTS}
from conf import Config, Unused
class Model:
    def __init__(self, cfg, widths, c=0.5):
        self.inner = LogisticRegression(C=c, max_iter=50 * cfg.epochs)
    def fit(self, X, y):
        self.inner.fit(X, y)
        return self
cfg = Config(epochs=3)
other = Unused()
model = Model(cfg, cfg.widths)
model.fit([[0], [1], [2], [3]], [0, 0, 1, 1])
"""
    trial = run_program(tmp_path, source, files={"conf.py": CONFIGURATION})
    assert settings(trial, "epochs") == [(3, "given", "source")]
    assert settings(trial, "seed") == [(0, "default", None)]
    assert settings(trial, "widths") == [("[64, 32]", "given", "source")]
    assert settings(trial, "c") == [(0.5, "default", None)]
    assert settings(trial, "colour") == []


def test_hostile_classes_are_told_as_far_as_true(tmp_path):
    source = IMPORTS + "\n".join(program for program, _, _ in HOSTILE.values()) + "\n"
    trial = run_program(tmp_path, source)
    assert trial.warnings == ()
    assert all("asked" not in one.text for one in trial.outputs)
    told = settings(trial, "C") + settings(trial, "verbose") + settings(trial, "alpha")
    for _, _, expected in HOSTILE.values():
        assert expected[-1] in told


def test_a_secret_among_parameters_is_hidden(tmp_path):
    source = (
        "from sklearn.base import BaseEstimator\n"
        "class Client(BaseEstimator):\n"
        "    def __init__(self, api_key=None, n=1):\n"
        "        self.api_key, self.n = api_key, n\n"
        "c = Client(api_key='hunter2-hunter2', n=3)\n"
    )
    trial = run_program(tmp_path, source)
    assert settings(trial, "api_key") == [("[redacted]", "given", "source")]
    assert settings(trial, "n") == [(3, "given", "source")]


# -------------------------------------------------------------------- all of scikit-learn


def test_arrays_and_own_classes_tell_what_they_were_given(tmp_path):
    trial = run_program(
        tmp_path,
        """\
import numpy as np
from sklearn.linear_model import LogisticRegressionCV


class Mean:
    def __init__(self, shrink=0.0, rounds=3):
        self.shrink = shrink

    def fit(self, X, y):
        self.value = y.mean() * (1 - self.shrink)
        return self


X, y = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2
model = LogisticRegressionCV(Cs=np.logspace(-2, 2, 5), l1_ratios=[0], use_legacy_attributes=False)
many = np.logspace(-1, 1, 5)
other = LogisticRegressionCV(Cs=many, l1_ratios=[0], use_legacy_attributes=False)
own = Mean(0.25)
own.fit(X, y)
""",
    )
    told = {(one.of, one.name): one for one in trial.learning.parameters}
    assert told["model.1", "Cs"].repr == "array of shape (5,): np.logspace(-2, 2, 5)"
    assert told["other.1", "Cs"].repr == "array of shape (5,): np.logspace(-1, 1, 5)"
    assert (told["own.1", "shrink"].scalar, told["own.1", "shrink"].origin) == (0.25, "given")
    assert (told["own.1", "rounds"].scalar, told["own.1", "rounds"].origin) == (3, "default")


EVERY = """\
import json, warnings
warnings.simplefilter("ignore")
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
{data}
{lines}
found = {{}}
def plain(v):
    return v if type(v) in (bool, int, float, str) else None
{dump}
json.dump(found, open("found.json", "w"))
"""
DATA = """\
X = np.abs(np.random.default_rng(0).normal(size=(40, 3))) + 0.1
y = np.arange(40) % 2
Y = np.column_stack([y, 1 - y])
"""
BUILT = (
    "",
    "estimator=LogisticRegression()",
    "estimator=Ridge()",
    "estimators=[('one', LogisticRegression()), ('two', LogisticRegression())]",
    "estimators=[('one', Ridge()), ('two', Ridge())]",
    "estimator=LogisticRegression(), param_grid={'C': [1.0, 2.0]}",
    "estimator=LogisticRegression(), param_distributions={'C': [1.0, 2.0]}, n_iter=2",
    "steps=[('scale', StandardScaler())]",
    "transformers=[('scale', StandardScaler(), [0])]",
    "transformer_list=[('scale', StandardScaler())]",
)
"""Arguments without which some cannot be built."""
FITTED = (
    "X, y",
    "X, Y",
    "X",
    "X[:, 0], y",
    "['one two', 'two three'] * 20",
    "[{'a': 1}, {'a': 2}]",
    "y",
    "Y.tolist()",
)


def _buildable(count):
    """Find how each estimator is built and fitted on toy data; in pieces of straight code."""
    from sklearn.utils import all_estimators

    scope: dict = {}
    found = []
    with warnings.catch_warnings():
        # Of classes that will be removed, and of fits that do not converge.
        warnings.simplefilter("ignore")
        exec(
            "import numpy as np\nfrom sklearn.linear_model import LogisticRegression, Ridge", scope
        )
        exec("from sklearn.preprocessing import StandardScaler\n" + DATA, scope)
        for name, cls in all_estimators():
            scope["cls"] = cls
            tried = ((built, data) for built in BUILT for data in FITTED)
            for built, data in tried:
                try:
                    made = eval(f"cls({built})", scope)
                except TypeError:
                    continue
                try:
                    eval(f"made.fit({data})", {**scope, "made": made})
                except Exception:  # noqa: BLE001 - another way may do
                    continue
                found.append((name, cls.__module__, built, data))
                break
    size = -(-len(found) // count)
    return [found[start : start + size] for start in range(0, len(found), size)]


def _every_default_is_told(folder, estimators):
    lines = "\n".join(
        f"from {module} import {name}\nm_{name} = {name}({built})\nm_{name}.fit({data})"
        for name, module, built, data in estimators
    )
    dump = "\n".join(
        f"found['{name}'] = {{k: plain(v) for k, v in m_{name}.get_params(deep=False).items()}}"
        for name, *_ in estimators
    )
    trial = run_program(folder, EVERY.format(data=DATA, lines=lines, dump=dump))
    found = json.loads((folder / "found.json").read_text())
    told: dict[str, dict] = {name: {} for name in found}
    for one in trial.learning.parameters:
        name, _, version = (one.of or "").removeprefix("m_").partition(".")
        if name not in told or "__" in one.name:
            continue
        if version == "1":
            told[name][one.name] = one
        else:  # what fitting made of it was given by nobody
            assert one.origin == "resolved", (name, one.name)
    for name, _, built, _ in estimators:
        assert set(told[name]) == set(found[name]), name
        given = {part.partition("=")[0].strip() for part in built.split(", ") if "=" in part}
        for parameter, value in found[name].items():
            setting = told[name][parameter]
            assert setting.origin == ("given" if parameter in given else "default"), (
                name,
                parameter,
            )
            if value is not None and value == value:
                assert setting.scalar == value, (name, parameter)


def test_defaults_of_some_fitted_estimators_are_those_of_get_params(tmp_path):
    _every_default_is_told(tmp_path, _buildable(12)[5])


@pytest.mark.slow
@pytest.mark.parametrize("piece", range(6))
def test_defaults_of_every_fitted_estimator_are_those_of_get_params(tmp_path, piece):
    _every_default_is_told(tmp_path, _buildable(6)[piece])
