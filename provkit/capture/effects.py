"""What calls do to their receivers and arguments, as far as it is known before they are made.

A call that is in no table here is looked at: a mutable receiver or argument whose fingerprint differs
afterwards has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provkit.capture.drawings import only_looks

MUTATING_METHODS: dict[str, frozenset[str]] = {
    "builtins.list": frozenset(
        {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"}
    ),
    "builtins.dict": frozenset({"update", "setdefault", "pop", "popitem", "clear"}),
    "builtins.set": frozenset(
        {
            "add",
            "discard",
            "remove",
            "pop",
            "clear",
            "update",
            "difference_update",
            "intersection_update",
            "symmetric_difference_update",
        }
    ),
    "builtins.bytearray": frozenset(
        {"append", "extend", "insert", "pop", "remove", "clear", "reverse"}
    ),
    "collections.deque": frozenset(
        {
            "append",
            "appendleft",
            "extend",
            "extendleft",
            "insert",
            "pop",
            "popleft",
            "remove",
            "rotate",
            "reverse",
            "clear",
        }
    ),
    "collections.OrderedDict": frozenset(
        {"update", "setdefault", "pop", "popitem", "clear", "move_to_end"}
    ),
    "collections.defaultdict": frozenset({"update", "setdefault", "pop", "popitem", "clear"}),
    "collections.Counter": frozenset(
        {"update", "subtract", "setdefault", "pop", "popitem", "clear"}
    ),
    "array.array": frozenset(
        {
            "append",
            "byteswap",
            "extend",
            "frombytes",
            "fromfile",
            "fromlist",
            "fromunicode",
            "insert",
            "pop",
            "remove",
            "reverse",
        }
    ),
    "numpy.ndarray": frozenset(
        {"fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "sort"}
    ),
    "pandas.DataFrame": frozenset({"insert", "pop", "update"}),
    "pandas.Series": frozenset({"pop", "update"}),
    "xgboost.Booster": frozenset(
        {"boost", "load_config", "load_model", "reset", "set_attr", "set_param", "update"}
    ),
    "xgboost.DMatrix": frozenset(
        {
            "set_base_margin",
            "set_float_info",
            "set_group",
            "set_info",
            "set_label",
            "set_uint_info",
            "set_weight",
        }
    ),
    "lightgbm.Booster": frozenset(
        {
            "add_valid",
            "model_from_string",
            "refit",
            "reset_parameter",
            "rollback_one_iter",
            "set_leaf_output",
            "shuffle_models",
            "update",
        }
    ),
    "csv.DictWriter": frozenset({"writeheader", "writerow", "writerows"}),
    "_csv.writer": frozenset({"writerow", "writerows"}),
    "h5py.File": frozenset(
        {"copy", "create_dataset", "create_group", "move", "require_dataset", "require_group"}
    ),
    "pyarrow.parquet.ParquetWriter": frozenset({"write", "write_batch", "write_table"}),
    "configparser.ConfigParser": frozenset(
        {
            *("add_section", "read", "read_dict", "read_file", "read_string"),
            *("remove_option", "remove_section", "set"),
        }
    ),
    **dict.fromkeys(
        ("queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "asyncio.queues.Queue"),
        frozenset({"get", "get_nowait", "put", "put_nowait", "task_done"}),
    ),
    "_queue.SimpleQueue": frozenset({"get", "get_nowait", "put", "put_nowait"}),
    "sqlite3.Connection": frozenset(
        {"backup", "commit", "execute", "executemany", "executescript", "rollback"}
    ),
    "sqlite3.Cursor": frozenset(
        {"execute", "executemany", "executescript", "fetchall", "fetchmany", "fetchone"}
    ),
}
"""By class, the methods that always change their receiver."""

FITTING_METHODS = frozenset(
    {"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit", "set_params"}
)
"""Methods that change the object they are called on, whatever its class (the estimators' contract)."""

TENSORS = frozenset({"torch.Tensor", "torch.nn.Parameter", "torch.nn.parameter.Parameter"})
"""Classes of which every method whose name ends in an underscore changes its receiver."""

FIRST_ARGUMENT = {
    "numpy.copyto",
    "numpy.fill_diagonal",
    "numpy.place",
    "numpy.put",
    "numpy.put_along_axis",
    "numpy.putmask",
    "random.Random.shuffle",
    "numpy.random.Generator.shuffle",
    "numpy.random.RandomState.shuffle",
}
"""Functions that always change what they are given first."""

STREAMS = frozenset(
    {
        "_io.TextIOWrapper",
        "_io.BufferedWriter",
        "_io.BufferedReader",
        "_io.BufferedRandom",
        "_io.FileIO",
        "_io.StringIO",
        "_io.BytesIO",
        "_csv.writer",
        "_csv.reader",
        "gzip.GzipFile",
        "bz2.BZ2File",
        "lzma.LZMAFile",
        "zipfile.ZipFile",
        "tarfile.TarFile",
        "tempfile.SpooledTemporaryFile",
        "tempfile._TemporaryFileWrapper",
        "codecs.StreamReaderWriter",
    }
)
"""Classes whose objects move on with every use: as receiver or as argument, they have changed after a call."""

HARMLESS = frozenset(
    {
        "abs",
        "all",
        "any",
        "bool",
        "callable",
        "chr",
        "dict",
        "dir",
        "enumerate",
        "float",
        "format",
        "frozenset",
        "getattr",
        "hasattr",
        "hash",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "list",
        "max",
        "min",
        "ord",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    }
)
"""Built-ins that change none of their arguments (but for what `__iter__` and its kin of the user's classes do)."""


def learn(changes: Mapping[str, Any]) -> None:
    """Take in what the project's own files of knowledge say; see `provkit.knowledge.changing`."""
    for kind, methods in changes["methods"].items():
        MUTATING_METHODS[kind] = MUTATING_METHODS.get(kind, frozenset()) | frozenset(methods)
    FIRST_ARGUMENT.update(changes["first"])


def changing_methods(type_name: str) -> frozenset[str]:
    """List the methods that are known to change an object of a class."""
    return MUTATING_METHODS.get(type_name, frozenset())


def always_changes(type_name: str, method: str | None) -> bool:
    """Tell whether a method is known to change its receiver."""
    if type_name in STREAMS:
        return True
    if method is None:
        return False
    if type_name.startswith("matplotlib."):
        return not only_looks(method)
    if type_name in TENSORS and method.endswith("_") and not method.endswith("__"):
        return True
    return method in FITTING_METHODS or method in MUTATING_METHODS.get(type_name, ())


_PLAIN = frozenset({"builtins", "collections", "numpy", "pandas"})


def is_plain(type_name: str) -> bool:
    """Tell whether methods of a class leave the members of a container, or what an array is made of, as they are."""
    return type_name.partition(".")[0] in _PLAIN


def never_changes(type_name: str, method: str | None) -> bool:
    """Tell whether a method is known to leave its receiver as it is, so that nobody has to look."""
    if method is None:
        return False
    return type_name.startswith("matplotlib.") and only_looks(method)
