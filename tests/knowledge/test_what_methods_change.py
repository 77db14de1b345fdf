"""What the tables say of changes is held against running: what is listed changes, what has an entry without `mutates` does not."""

from __future__ import annotations

import pickle
import sys
import warnings

import pytest

from provkit.capture.effects import MUTATING_METHODS, always_changes
from provkit.knowledge import Knowledge

TOYS = {
    "builtins.list": "[3, 1, 2]",
    "builtins.dict": "{'a': 1, 'b': 2}",
    "builtins.set": "{1, 2, 3}",
    "builtins.bytearray": "bytearray(b'cab')",
    "collections.deque": "collections.deque([3, 1, 2])",
    "collections.OrderedDict": "collections.OrderedDict(a=1, b=2)",
    "collections.defaultdict": "collections.defaultdict(int, a=1, b=2)",
    "collections.Counter": "collections.Counter('aab')",
    "array.array": "array.array('h', [3, 1, 2])",
    "numpy.ndarray": "numpy.array([3.0, 1.0, 2.0])",
    "numpy.random.RandomState": "numpy.random.RandomState(0)",
    "numpy.random.Generator": "numpy.random.default_rng(0)",
    "pandas.DataFrame": "pandas.DataFrame({'a': [3.0, None, 2.0], 'b': [1, 2, 3]})",
    "pandas.Series": "pandas.Series([3.0, None, 2.0], name='a')",
    "scipy.sparse.csr_matrix": "scipy.sparse.csr_matrix([[0.0, 1.0], [2.0, 0.0]])",
    "torch.Tensor": "torch.tensor([3.0, 1.0, 2.0])",
    "networkx.Graph": "networkx.Graph([(1, 2), (2, 3)])",
    "sklearn.preprocessing.StandardScaler": "sklearn.preprocessing.StandardScaler()",
    "sklearn.linear_model.Ridge": "sklearn.linear_model.Ridge()",
    "sklearn.cluster.KMeans": "sklearn.cluster.KMeans(2, n_init=1, random_state=0)",
}
"""By class, an object of it that is small and in no order."""
X = "[[1.0, 2.0], [3.0, 5.0], [8.0, 1.0]]"
ARGUMENTS = {
    "append": ["(7,)"],
    "appendleft": ["(7,)"],
    "extend": ["([7],)"],
    "extendleft": ["([7],)"],
    "insert": ["(0, 7)", "(0, 'c', 7)"],
    "pop": ["()", "('a',)", "(1,)"],
    "remove": ["(1,)", "(97,)"],
    "rotate": ["(1,)"],
    "add": ["(7,)"],
    "discard": ["(1,)"],
    "update": [
        "({'a': 7},)",
        "({7: 7},)",
        "([9],)",
        "(pandas.DataFrame({'a': [9.0]}),)",
        "(pandas.Series([9.0]),)",
    ],
    "setdefault": ["('z', 1)"],
    "subtract": ["({'a': 7},)"],
    "move_to_end": ["('a',)"],
    "difference_update": ["({1},)"],
    "intersection_update": ["({1},)"],
    "symmetric_difference_update": ["({1, 9},)"],
    "frombytes": ["(b'\\0\\1',)"],
    "fromlist": ["([7],)"],
    "fill": ["(7.0,)"],
    "partition": ["(1,)"],
    "put": ["([0], [7.0])"],
    "resize": ["((5,), None)", "(5, refcheck=False)", "((3, 3),)"],
    "setfield": ["(7.0, 'f8')"],
    "setflags": ["(False,)"],
    "fit": [f"({X}, [0, 1, 0])", f"({X},)"],
    "partial_fit": [f"({X},)"],
    "fit_transform": [f"({X},)"],
    "fit_predict": [f"({X},)"],
    "set_params": ["(copy=False)", "(alpha=7.0)", "(max_iter=7)"],
    "add_node": ["(9,)"],
    "add_edge": ["(8, 9)"],
    "add_nodes_from": ["([8, 9],)"],
    "add_edges_from": ["([(8, 9)],)"],
    "add_weighted_edges_from": ["([(8, 9, 1.0)],)"],
    "remove_node": ["(1,)"],
    "remove_edge": ["(1, 2)"],
    "remove_nodes_from": ["([1],)"],
    "remove_edges_from": ["([(1, 2)],)"],
    "shuffle": ["([1, 2, 3],)"],
    "seed": ["(7,)"],
}
"""By method, arguments that are tried in turn, until one of them is taken."""
TRIED = [
    "()",
    "(1,)",
    "('a',)",
    "(0.5,)",
    "(1, 1)",
    "((3, 1),)",
    "([0],)",
    f"({X},)",
    f"({X}, [0, 1, 0])",
]
"""Arguments for all others."""
NOT_HERE = {
    ("array.array", "fromfile"): "wants a file",
    ("array.array", "fromunicode"): "of arrays of letters",
    ("numpy.ndarray", "itemset"): "until numpy 1",
}


def _make(of):
    """Make a toy; its library has been imported, and others are not for it."""
    roots = {name.partition(".")[0] for name in TOYS}
    names = {root: sys.modules[root] for root in roots if root in sys.modules}
    return eval(TOYS[of], names), names


def _look(obj):
    """Give what an object is, in bytes; `setflags` shows in no bytes."""
    flags = repr(getattr(obj, "flags", "")) if type(obj).__module__ == "numpy" else ""
    return pickle.dumps(obj), flags


def _after(of, method, arguments):
    """Call a method on a new toy; None if it does not take these arguments."""
    toy, names = _make(of)
    before = _look(toy)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            eval(f"toy.{method}{arguments}", {**names, "toy": toy})
    except Exception:  # noqa: BLE001  whatever it does with what is none of its arguments
        return None
    return _look(toy) != before


def _changes(of, method):
    """Tell whether any of the calls that a method takes has changed its toy; None if it takes none."""
    tried = [_after(of, method, arguments) for arguments in ARGUMENTS.get(method, TRIED)]
    taken = [found for found in tried if found is not None]
    return any(taken) if taken else None


DEAR = frozenset({"pandas.DataFrame"})
"""With so many methods that trying them takes seconds."""


@pytest.fixture(
    params=[pytest.param(of, marks=pytest.mark.slow) if of in DEAR else of for of in TOYS]
)
def of(request, tmp_path, monkeypatch):
    """Name a class; what its methods write goes into a folder of its own."""
    monkeypatch.chdir(tmp_path)
    pytest.importorskip(request.param.rpartition(".")[0])
    return request.param


def test_what_is_listed_changes_its_receiver(of):
    listed = set(MUTATING_METHODS.get(of, ()))
    toy, _ = _make(of)
    listed |= {name for name in dir(toy) if name[0] != "_" and always_changes(of, name)}
    found = {
        name: _changes(of, name)
        for name in sorted(listed)
        if (of, name) not in NOT_HERE and (of != "torch.Tensor" or name in TENSORS_METHODS)
    }
    assert {name: changed for name, changed in found.items() if not changed} == {}


TENSORS_METHODS = {
    "zero_",
    "add_",
    "neg_",
    "fill_",
    "exp_",
    "sqrt_",
    "clamp_",
    "mul_",
    "normal_",
    "uniform_",
}
"""Of the hundred and more whose names end so."""
ARGUMENTS |= {
    "neg_": ["()"],
    "random_integers": ["(9,)"],
    "set_output": ["(transform='pandas')"],
    "clamp_": ["(0.0, 1.5)"],
    "mul_": ["(2.0,)"],
    "fill_": ["(7.0,)"],
}


def test_what_has_an_entry_without_changes_leaves_its_receiver_as_it_was(of):
    knowledge = Knowledge()
    toy, _ = _make(of)
    names = [
        name for name in dir(toy) if name[0] != "_" and callable(getattr(type(toy), name, None))
    ]
    entries = {name: knowledge.entry(f"{of}.{name}") for name in names}
    silent = [name for name, entry in entries.items() if entry and "self" not in entry.mutates]
    assert {name for name in silent if _changes(of, name)} == set()


def test_what_has_an_entry_with_changes_makes_them(of):
    knowledge = Knowledge()
    toy, _ = _make(of)
    entries = {name: knowledge.entry(f"{of}.{name}") for name in dir(toy) if name[0] != "_"}
    told = [name for name, entry in entries.items() if entry and "self" in entry.mutates]
    assert {name for name in told if _changes(of, name) is False} == set()
