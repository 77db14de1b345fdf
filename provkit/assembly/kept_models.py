"""Models that were written down beside a journal -> artifacts of the store, each in the format that it is kept in."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from provkit.assembly.contents import Keep
from provkit.assembly.data_roles import KeyOf
from provkit.events import ModelKept
from provkit.model import Content, KeptModel


class _Format(NamedTuple):
    mime: str
    suffix: str


_FORMATS = {
    "tensors": _Format("application/x-safetensors", "safetensors"),
    "skops": _Format("application/x-skops+zip", "skops"),
    "xgboost-json": _Format("application/json", "json"),
    "lightgbm-text": _Format("text/plain", "txt"),
    "catboost-cbm": _Format("application/x-catboost", "cbm"),
    "pickle": _Format("application/x-python-pickle", "pickle"),
}


def kept_models(
    events: Iterable[ModelKept],
    folder: Path,
    keep: Keep,
    key_of: KeyOf,
    at_end: Callable[[str], str],
    warnings: list[str],
) -> Iterator[KeptModel]:
    """Put models into the store.

    Args:
        events: What was written down.
        folder: Where the files lie.
        keep: Takes the bytes.
        key_of: Gives a value's key, if it has one.
        at_end: Gives the key of what a version has become when the program ended.
        warnings: Takes in what was written down and cannot be kept.
    """
    last: dict[str, tuple[ModelKept, _Format]] = {}
    for event in events:
        key = key_of(event.value) or key_of(event.fitted)
        if key is not None and event.at_end:
            key = at_end(key)
        form = _FORMATS.get(event.format)
        if key is not None and form is not None:
            last.pop(key, None)
            last[key] = event, form
    for key, (event, form) in last.items():
        try:
            written = (folder / event.file).read_bytes()
            content = written if event.format != "tensors" else _as_safetensors(written, event)
        except (OSError, ValueError) as error:
            warnings.append(f"the model {key} is not kept: {error}")
            continue
        yield KeptModel(key, form.suffix, Content(form.mime, None, keep(content), len(content)))


def last_model(key: str, models: Iterable[str], before: Mapping[str, str | None]) -> str:
    """Find the model that a version has become; what trains a network changes it through its parameters.

    Args:
        key: A version of an object.
        models: Keys of models, in the order in which they were fitted.
        before: The version before each, by key.
    """
    found = key
    for model in models:
        current: str | None = model
        while current is not None and current != key:
            current = before.get(current)
        if current is not None:
            found = model
    return found


def _as_safetensors(octets: bytes, event: ModelKept) -> bytes:
    """Write tensors in the format of that name.

    Raises:
        ValueError: It has no word for the type of one.
    """
    from safetensors import SafetensorError, TensorSpec, serialize

    buffer = ctypes.create_string_buffer(octets, len(octets) or 1)
    place = ctypes.addressof(buffer)
    tensors = {}
    try:
        for name, dtype, shape, size in event.tensors:
            tensors[name] = TensorSpec(dtype=dtype, shape=shape, data_ptr=place, data_len=size)
            place += size
        return bytes(serialize(tensors))
    except (SafetensorError, TypeError) as error:
        raise ValueError(str(error)) from error
