"""Models written down for the store, when the user asks: each in its library's own or a safe format, else pickled.

Nothing here runs code of the program's: what would need that is not kept, and the reason is told. The file lies
beside the journal; what is put into the store is decided when the trial is assembled.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, TypeVar

from provkit.capture.files import bytes_of, keep_bytes
from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.values import attributes_of, class_name, root_package
from provkit.redaction import redact

MOST_BYTES = 256 << 20
"""A model that takes more is not kept."""
MOST_BYTES_IN_ALL = 1 << 30
MOST_MODELS = 100
_MESSAGE = 200
_MAKES_A_MODEL = frozenset({"predict", "fit_predict", "forward"})
_RUNS_IN_PICKLING = (
    *("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs_ex__", "__getnewargs__"),
    *("__getattribute__", "__getattr__"),
)
_MRO = type.__dict__["__mro__"].__get__
_NAMESPACE = type.__dict__["__dict__"].__get__
_Content = TypeVar("_Content", bytes, bytearray)

Written = tuple[str, bytes, list[tuple[str, str, list[int], int]]]
"""A format, bytes, and of tensors that lie one after the other: name, type, shape and bytes of each."""


class NotKept(Exception):
    """A model is not kept, and this is why."""


def is_model(obj: object) -> bool:
    """Tell whether an object is something that predicts; a scaler is not."""
    if root_package(type(obj)) in ("xgboost", "lightgbm") and type(obj).__name__ == "Booster":
        return True
    return any(name in _NAMESPACE(cls) for cls in _MRO(type(obj)) for name in _MAKES_A_MODEL)


class KeptModels:
    """Holds the models that were fitted until the program ends, and writes them down then.

    Not where they are fitted: only the last state of each is worth keeping, and a library that writes a
    safe format may have to be imported, which the running program would see.
    """

    def __init__(
        self,
        journal: Journal,
        version_of: Callable[[object], int | None],
        is_own: Callable[[str], bool],
        *,
        all_wanted: bool,
    ) -> None:
        self._journal = journal
        self._version_of = version_of
        self._is_own = is_own
        self._all_wanted = all_wanted
        self._held: dict[int, tuple[object, int]] = {}
        self._left_out = 0
        self._written = 0
        self._bytes = 0

    def fitted(self, obj: object, value: int | None) -> None:
        """Hold a model that has been fitted, if all are to be kept."""
        if self._all_wanted and value is not None and is_model(obj):
            self.hold(obj, value)

    def hold(self, obj: object, value: int) -> None:
        """Hold a model until the program ends."""
        if id(obj) not in self._held and len(self._held) >= MOST_MODELS:
            self._held.pop(next(iter(self._held)))
            self._left_out += 1
        self._held[id(obj)] = (obj, value)

    def at_once(self) -> None:
        """Write down what is held as it is now, and let it go: a kernel may be killed at any time."""
        held, self._held = list(self._held.values()), {}
        for obj, value in held:
            self.keep(obj, value)

    def at_end(self) -> None:
        """Write down what is held, and let it go."""
        held, self._held = list(self._held.values()), {}
        if self._left_out:
            self._warn(f"{self._left_out} models are not kept: only the last {MOST_MODELS} are")
        for obj, value in held:
            self.keep(obj, value, at_end=True)

    def keep(self, obj: object, value: int, *, at_end: bool = False) -> None:
        """Write a model down as it is now."""
        now = self._version_of(obj) or value
        shown = class_name(type(obj))
        if self._journal.broken:
            return
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                form, content, parts = self._as_bytes(obj)
            self._make_room_for(content)
        except Exception as error:
            if is_interruption(error):
                raise
            reason = (
                str(error) if isinstance(error, NotKept) else f"{type(error).__name__}: {error}"
            )
            self._warn(f"the model {shown} is not kept: {redact(reason)[:_MESSAGE]}")
            return
        self._written += 1
        name = f"model-{self._written}"
        keep_bytes(f"{self._folder}/{name}", content)
        self._journal.write(
            f'["kept",{now},{value},{text(form)},{text(name)},{len(content)},{json_of(at_end)},'
            f"{json_of(parts)}]"
        )

    def _make_room_for(self, content: bytes) -> None:
        if self._bytes + len(content) > MOST_BYTES_IN_ALL:
            raise NotKept(f"the models of a trial may take {MOST_BYTES_IN_ALL >> 20} MiB in all")
        self._bytes += len(content)

    @property
    def _folder(self) -> str:
        return os.path.dirname(self._journal.path)

    def _warn(self, message: str) -> None:
        self._journal.warn(message)

    # ---------------------------------------------------------------- formats

    def _as_bytes(self, obj: Any) -> Written:
        root = root_package(type(obj))
        if self._is_a(obj, "torch.nn", "Module"):
            return _tensors_of(obj)
        if root == "xgboost":
            booster = obj.get_booster() if hasattr(type(obj), "get_booster") else obj
            return "xgboost-json", _within(bytes(booster.save_raw("json"))), []
        if root == "lightgbm":
            booster = obj if type(obj).__name__ == "Booster" else obj.booster_
            return "lightgbm-text", _within(booster.model_to_string().encode()), []
        if root == "catboost":
            return "catboost-cbm", self._by_file(obj.save_model), []
        pickled = self._pickled(obj)
        if "sklearn" in sys.modules:
            safe = _by_skops(obj)
            if safe is not None:
                return "skops", _within(safe), []
        return "pickle", pickled, []

    @staticmethod
    def _is_a(obj: object, module: str, name: str) -> bool:
        loaded = sys.modules.get(module)
        kind = loaded.__dict__.get(name) if loaded is not None else None
        return isinstance(kind, type) and kind in _MRO(type(obj))

    def _by_file(self, save: Callable[[str], object]) -> bytes:
        path = f"{self._folder}/model.part"
        try:
            save(path)
            return _within(bytes_of(path) or b"")
        finally:
            if os.path.exists(path):
                os.remove(path)

    def _pickled(self, obj: object) -> bytes:
        """Pickle an object, unless that would run code of the project's."""
        import copyreg
        import pickle

        is_own = self._is_own

        class Pickler(pickle.Pickler):
            def reducer_override(self, part: object) -> Any:
                kind = type(part)
                if issubclass(kind, type) or kind is FunctionType:
                    return NotImplemented
                for function in _run_by_pickling(kind, copyreg.dispatch_table):
                    if is_own(function.__code__.co_filename):
                        raise NotKept(f"{class_name(kind)} has a pickling of its own")
                return NotImplemented

        into = _Bounded()
        Pickler(into, protocol=5).dump(obj)
        return bytes(into.content)


class _Bounded:
    """A file in memory that may not get too long."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, some: bytes) -> int:
        self.content += some
        _within(self.content)
        return memoryview(some).nbytes


def _within(content: _Content) -> _Content:
    if len(content) > MOST_BYTES:
        raise NotKept(f"it takes more than {MOST_BYTES >> 20} MiB")
    return content


def _run_by_pickling(kind: type, reducers: dict[Any, Any]) -> Iterator[FunctionType]:
    if type(reducers.get(kind)) is FunctionType:
        yield reducers[kind]
    for cls in _MRO(kind):
        for name in _RUNS_IN_PICKLING:
            function = _NAMESPACE(cls).get(name)
            if type(function) is FunctionType:
                yield function


def _by_skops(obj: object) -> bytes | None:
    """Write an object as skops does; None where that is not installed or does not know a part of it."""
    try:
        written: bytes = __import__("skops.io", fromlist=["dumps"]).dumps(obj)
    except Exception as error:
        if is_interruption(error):
            raise
        return None
    return written


def _tensors_of(network: object) -> Written:
    """Put the tensors that make up a network's `state_dict` one after the other.

    The modules' own dicts are walked: `state_dict` itself runs hooks, and may be the program's.
    """
    import ctypes

    parts: list[tuple[str, str, list[int], int]] = []
    content = bytearray()
    for name, tensor in _named_tensors(network, "", set()):
        if str(tensor.layout) != "torch.strided" or tensor.is_quantized:
            raise NotKept(f"its {name} is no plain tensor")
        if len(content) + tensor.numel() * tensor.element_size() > MOST_BYTES:
            raise NotKept(f"it takes more than {MOST_BYTES >> 20} MiB")
        plain = tensor.detach().cpu().contiguous().resolve_conj().resolve_neg()
        octets = plain.numel() * plain.element_size()
        content += ctypes.string_at(plain.data_ptr(), octets) if octets else b""
        parts.append((name, str(plain.dtype).rpartition(".")[2], list(plain.shape), octets))
    if not parts:
        raise NotKept("it has no tensors")
    return "tensors", bytes(content), parts


def _named_tensors(module: object, prefix: str, above: set[int]) -> Iterator[tuple[str, Any]]:
    attributes: dict[str, Any] = attributes_of(module) or {}
    passing = attributes.get("_non_persistent_buffers_set", ())
    for kind in ("_parameters", "_buffers"):
        for name, tensor in list((attributes.get(kind) or {}).items()):
            if tensor is not None and name not in passing:
                yield prefix + name, tensor
    for name, inner in list((attributes.get("_modules") or {}).items()):
        if inner is not None and id(inner) not in above:
            yield from _named_tensors(inner, f"{prefix}{name}.", above | {id(module)})
