"""A digest of any value, equal for equal values whatever their place in memory."""

from __future__ import annotations

import hashlib
import pickle
import re
import types
from collections.abc import Callable
from typing import Any

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_LEFT_OUT = (
    *(types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType),
    type,
)
_CLOCKED = {f"{of}_{what}_time" for of in ("mean", "std") for what in ("fit", "score")}
"""How long it took, in the results of a grid search."""
_OF_LIBRARIES = ("matplotlib.", "_io.", "sqlite3.", "csv.", "_csv.", "threading.", "re.Pattern")


def is_left_out(value: Any) -> bool:
    """Tell whether a value has no content to compare: a module, a function, a handle, a figure, a generator."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    return isinstance(value, (*_LEFT_OUT, types.GeneratorType)) or kind.startswith(_OF_LIBRARIES)


def digest(value: Any) -> str:
    """Compute a digest, 16 hex digits."""
    hasher = hashlib.sha256()
    _feed(value, hasher, {}, 0)
    return hasher.hexdigest()[:16]


def _feed(value: Any, hasher: Any, seen: dict[int, tuple[int, Any]], depth: int) -> None:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    hasher.update(f"|{name}:".encode())
    if value is None or kind in (bool, int, float, complex, str, bytes):
        hasher.update(repr(value).encode("utf-8", "surrogatepass"))
        return
    if id(value) in seen:
        hasher.update(f"again {seen[id(value)][0]}".encode())
        return
    if is_left_out(value) and depth:
        hasher.update(str(getattr(value, "__qualname__", "")).encode())
        return
    # Held, as what is taken apart may be made for that, and another would get its identity.
    seen[id(value)] = (len(seen), value)
    parts = _parts(value, name)
    if parts is None:
        hasher.update(_plain(value))
        return
    for part in parts:
        _feed(part, hasher, seen, depth + 1)


def _parts(value: Any, name: str) -> Any:
    """Take a value apart into values that can be digested; None for one that is a whole."""
    if isinstance(value, dict):
        items = [item for item in value.items() if item[0] not in _CLOCKED]
        return [part for item in items for part in item] + _state(value)
    if isinstance(value, (list, tuple)):
        return [len(value), *value, *_state(value)]
    if isinstance(value, (set, frozenset)):
        return sorted(digest(item) for item in value)
    if name == "numpy.ndarray":
        if value.dtype == object:
            return [value.shape, *value.ravel().tolist()]
        return [str(value.dtype), value.shape, value.tobytes()]
    if name.startswith("numpy.ma.") and hasattr(value, "mask"):
        # Not what stands for its gaps, which it finds when somebody asks.
        gaps = value.mask.tolist() if hasattr(value.mask, "tolist") else value.mask
        return [str(value.dtype), value.shape, repr(value.tolist()), gaps]
    if name.startswith("pandas.") and hasattr(value, "columns"):
        columns = [value.iloc[:, place] for place in range(value.shape[1])]
        return [list(value.columns), value.index.tolist(), *columns]
    if name.startswith("pandas.") and hasattr(value, "tolist"):
        return [str(value.dtype), str(getattr(value, "name", "")), list(map(repr, value.tolist()))]
    if name.startswith("numpy.random.") and hasattr(value, "bit_generator"):
        return [value.bit_generator.state]
    if hasattr(value, "get_state") and name.startswith("numpy.random."):
        return [value.get_state(legacy=False)]
    if name.startswith("logging."):
        return _of_logging(value)
    if name == "random.Random":
        return [value.getstate()]
    if name == "torch.Tensor" or name.endswith("nn.parameter.Parameter"):
        return [str(value.dtype), bool(value.requires_grad), value.detach().numpy()]
    if name == "xgboost.core.Booster":
        return [bytes(value.save_raw("ubj"))]
    if name == "lightgbm.basic.Booster":
        return [value.model_to_string()]
    if name == "xgboost.core.DMatrix":
        return [
            value.num_row(),
            value.num_col(),
            value.get_label(),
            value.get_weight(),
            value.get_data(),
        ]
    if name.startswith("sklearn.neighbors.") and hasattr(value, "get_arrays"):
        # Not how often it has been asked, which it counts.
        return [*value.get_arrays()]
    if hasattr(value, "tocsr") and hasattr(value, "indptr"):
        return [value.shape, value.data, value.indices, value.indptr]
    state = _state(value)
    return state or None


def _of_logging(value: Any) -> list[Any]:
    """Take a logger or a handler apart into what says what it logs, and where, but for the folder."""
    known = [getattr(value, name, None) for name in ("name", "level", "disabled", "propagate")]
    path = getattr(value, "baseFilename", "").rpartition("/")[2]
    pattern = getattr(getattr(value, "formatter", None), "_fmt", None)
    return [*known, path, pattern, *map(_of_logging, getattr(value, "handlers", ()))]


def _state(value: Any) -> list[Any]:
    own = getattr(value, "__dict__", None)
    if isinstance(own, dict) and own:
        left_out = _not_content(type(value).__module__)
        keys = [key for key in sorted(own, key=str) if not left_out(str(key))]
        return [part for key in keys for part in (key, own[key])]
    return []


def _not_content(module: str) -> Callable[[str], bool]:
    """Tell which attributes say how an object was used or how long it took, and not what it is."""
    if module.startswith("statsmodels."):
        return lambda name: name == "_cache"  # what somebody has asked for so far, computed then
    if module.startswith("sklearn."):
        return lambda name: name == "refit_time_"
    return lambda _name: False


def _plain(value: Any) -> bytes:
    try:
        return pickle.dumps(value, protocol=4)
    except Exception:  # noqa: BLE001  a value of any kind, pickled by its own code
        return _ADDRESS.sub("", repr(value)).encode("utf-8", "surrogatepass")
