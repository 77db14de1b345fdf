"""What calls do to their receivers and arguments, as far as it is known before they are made.

A call that is in no table here is looked at: a mutable receiver or argument whose fingerprint differs
afterwards has changed.
"""

from __future__ import annotations

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
    "numpy.ndarray": frozenset({"fill", "itemset", "partition", "put", "resize", "sort"}),
    "pandas.DataFrame": frozenset({"insert", "pop", "update"}),
    "pandas.Series": frozenset({"pop", "update"}),
}
"""By class, the methods that always change their receiver."""

FITTING_METHODS = frozenset(
    {"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit", "set_params"}
)
"""Methods that change the object they are called on, whatever its class (the estimators' contract)."""

GENERATORS = frozenset(
    {
        "numpy.random.Generator",
        "numpy.random.RandomState",
        "numpy.random._generator.Generator",
        "numpy.random.mtrand.RandomState",
        "random.Random",
        "random.SystemRandom",
    }
)
"""Classes of which every drawing method advances the state."""

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


def always_changes(type_name: str, method: str | None) -> bool:
    """Tell whether a method is known to change its receiver."""
    if type_name in STREAMS or type_name in GENERATORS:
        return True
    if method is None:
        return False
    return method in FITTING_METHODS or method in MUTATING_METHODS.get(type_name, ())
