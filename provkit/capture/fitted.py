"""What fitting leaves in a model: resolved parameters, single numbers, histories, results of a search.

Everything is read from the object's own attributes, in bounded time; libraries are only asked where they keep it in
compiled code. Nothing here imports a library or runs code of the program's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.parameters import Parameters, brief
from provkit.capture.studies import OBJECTIVE, Tried
from provkit.capture.values import (
    Description,
    attributes_of,
    class_name,
    describe,
    is_atom,
    root_package,
)
from provkit.redaction import redact

FITS = frozenset({"fit", "fit_transform", "fit_predict", "fit_resample", "partial_fit", "train"})
"""Methods after which a model is looked at."""
_MEASURES = frozenset(
    {
        "classification_report",
        "cross_val_score",
        "cross_validate",
        "cv",
        "evaluate",
        "learning_curve",
        "permutation_test_score",
        "precision_recall_fscore_support",
        "test",
        "validate",
        "validation_curve",
    }
)
"""Functions whose result is many measures at once."""
_CURVES = frozenset(
    {
        "loss_curve_",
        "oob_improvement_",
        "oob_scores_",
        "train_score_",
        "validation_score_",
        "validation_scores_",
    }
)
_BESIDE = ("epoch", "step", "learning_rate", "grad_norm", "train_", "total_flos")
_COSTS = ("_runtime", "_per_second", "_time")
"""What a log tells of the training besides what was measured."""
_FACTS = 40
_ROUNDS = 1_000
_ROWS = 200
_LABELS = 20
_LOOKED_AT = 200_000
"""Labels that are counted; of more, none."""
_HASHED = 1 << 20


class Fitted:
    """Tells what a call has left in the model that it fitted."""

    def __init__(self, journal: Journal, parameters: Parameters) -> None:
        self._journal = journal
        self._parameters = parameters

    def tell(self, order: int, obj: object, value: int, given: Iterable[object]) -> None:
        """Look at a model after a fit.

        Args:
            order: Of the execution.
            obj: The model.
            value: Its version after it.
            given: The arguments that are known: labels and validation results may be among them.
        """
        given = list(given)
        attributes = attributes_of(obj) or {}
        self._tell_resolved(order, obj, value)
        facts = list(islice(_facts(attributes), _FACTS))
        histories = [*_histories(obj, attributes), *_given_histories(given)]
        candidates = _candidates(attributes)
        labels = next((found for found in map(_labels, given) if found), [])
        size, digest = _bytes_of(attributes)
        told_facts = ",".join([f"[{text(name)},{json_of(shown)}]" for name, shown in facts])
        self._journal.write(
            f'["fitted",{order},{value},[{told_facts}],{json_of(redacted(histories))},'
            f"{json_of(redacted(candidates))},{json_of(redacted(labels))},{json_of(size)},{json_of(digest)}]"
        )

    def tell_tried(
        self, order: int, value: int, tried: list[Tried], best: dict[str, object]
    ) -> None:
        """Tell what a search of another library's has tried, as if it were one of scikit-learn's."""
        if not tried and not best:
            return
        facts = ",".join(
            f"[{text(name)},{json_of(brief(_plain_items(shown)))}]" for name, shown in best.items()
        )
        candidates = {
            "params": [
                {str(name): brief(member) for name, member in _items(settings)}
                for settings, _ in tried[:_ROWS]
            ],
            f"mean_test_{OBJECTIVE}": [number for _, number in tried[:_ROWS]],
        }
        self._journal.write(
            f'["fitted",{order},{value},[{facts}],[],{json_of(redacted(candidates))},[],null,null]'
        )

    def tell_numbers(self, order: int, key: str, name: str, result: object) -> None:
        """Tell the numbers that a function has given that measures many things at once."""
        if name.rpartition(".")[2] not in _MEASURES:
            return
        columns = list(islice(_columns(result), _LABELS * 2))
        if columns:
            self._journal.write(f'["numbers",{order},"{key}",{json_of(redacted(columns))}]')

    def _tell_resolved(self, order: int, obj: object, value: int) -> None:
        resolved = []
        for prefix, part in self._parameters.parts_of(obj):
            attributes = attributes_of(part) or {}
            inner = _configuration(part)
            for name, set_to, _, owner in self._parameters.settings_of(part):
                twins = (attributes.get(f"{name}_"), attributes.get(f"_{name}"), inner.get(name))
                for shown in filter(None, map(_single, twins)):
                    if shown != _single(set_to):
                        path = text(f"{prefix}{name}")
                        resolved.append(f"[{path},{json_of(shown)},false,{text(owner)}]")
                        break
        if resolved:
            owner = class_name(type(obj))
            self._journal.write(
                f'["parameters",{order},{value},{text(owner)},"fitted",[{",".join(resolved)}]]'
            )


def _single(obj: object) -> Description | None:
    """Describe a value if it is a single one."""
    if obj is None:
        return None
    described = describe(obj)
    return {"scalar": described["scalar"]} if "scalar" in described else None


def _facts(attributes: dict[str, object]) -> Iterator[tuple[str, Description]]:
    for name, member in list(attributes.items()):
        if not name.endswith("_") or name.startswith("_"):
            continue
        single = _single(member)
        if single is not None:
            yield name, single
        elif type(member) is dict and 0 < len(member) <= _LABELS:
            plain = {key: _plain(one) for key, one in list(member.items()) if is_atom(key)}
            # What a search has chosen may be objects, and is told by their classes.
            if name == "best_params_" or all(map(is_atom, plain.values())):
                yield name, brief(plain)


def _plain_items(found: object) -> object:
    return {name: _plain(one) for name, one in _items(found)} if type(found) is dict else found


def _plain(member: object) -> object:
    """Give what a number or a text of numpy's is as one of Python's."""
    single = None if is_atom(member) else _single(member)
    return member if single is None else single["scalar"]


# -------------------------------------------------------------------- what libraries keep in compiled code


def _configuration(obj: object) -> dict[str, object]:
    """Ask a library which values it trained with, where its objects say `None` for them."""
    try:
        root = root_package(type(obj))
        if root == "xgboost" and hasattr(type(obj), "get_booster"):
            return _numbers_below(obj.get_booster().save_config())  # type: ignore[attr-defined]
        if root == "catboost" and hasattr(type(obj), "get_all_params"):
            answer = obj.get_all_params()  # type: ignore[attr-defined]
            return answer if type(answer) is dict else {}
    except Exception as error:
        if is_interruption(error):
            raise
    return {}


def _numbers_below(document: str) -> dict[str, object]:
    """Gather the leaves of a JSON document by name; numbers, written as text there, become numbers."""
    json = sys.modules.get("json")
    if json is None:
        return {}
    found: dict[str, object] = {}
    waiting = [json.loads(document)]
    while waiting:
        for name, member in waiting.pop().items():
            if type(member) is dict:
                waiting.append(member)
            elif type(member) is str:
                found.setdefault(name, _as_number(member))
    return found


def _as_number(shown: str) -> object:
    for kind in (int, float):
        try:
            return kind(shown)
        except ValueError:
            continue
    return shown


# -------------------------------------------------------------------- histories and searches


def _histories(obj: object, attributes: dict[str, object]) -> Iterator[tuple[str, list[float]]]:
    for name, member in list(attributes.items()):
        if name in _CURVES:
            numbers = _numbers(member)
            if numbers:
                yield name, numbers
    for name in ("evals_result_", "_evals_result"):
        yield from _series(attributes.get(name))
    yield from _series(_history_of(attributes))
    yield from _logged(attributes)
    if root_package(type(obj)) == "catboost":
        try:
            yield from _series(obj.get_evals_result())  # type: ignore[attr-defined]
        except Exception as error:
            if is_interruption(error):
                raise


def keeps_history(obj: object) -> bool:
    """Tell whether an object without parameters of its own keeps what was measured while it was trained."""
    attributes = attributes_of(obj) or {}
    return type(_history_of(attributes)) is dict or type(_log_of(attributes)) is list


def _history_of(attributes: dict[str, object]) -> object:
    """Find what was measured after each epoch; keras keeps it in an object of its own."""
    history = attributes.get("history")
    return (attributes_of(history) or {}).get("history", history)


def _log_of(attributes: dict[str, object]) -> object:
    """Find what a trainer of transformers has logged."""
    return (attributes_of(attributes.get("state")) or {}).get("log_history")


def _logged(attributes: dict[str, object]) -> Iterator[tuple[str, list[float]]]:
    """Gather each number that a log has by its name: `[{"loss": 0.7, "epoch": 1.0}, {"eval_loss": 0.6}]`."""
    log = _log_of(attributes)
    series: dict[str, list[float]] = {}
    for line in log[:_ROUNDS] if type(log) is list else ():
        for name, member in _items(line) if type(line) is dict else ():
            number = _number(member)
            if number is not None and type(name) is str and not name.startswith(_BESIDE):
                series.setdefault(name, []).append(number)
    yield from islice(
        ((name, told) for name, told in series.items() if not name.endswith(_COSTS)), _LABELS
    )


def _given_histories(given: list[object]) -> Iterator[tuple[str, list[float]]]:
    """Find what `evals_result={}` has been filled with."""
    for one in given:
        if type(one) is not dict:
            continue
        if any(issubclass(type(member), dict) for member in islice(one.values(), 1)):
            yield from _series(one)


def _series(found: object, path: str = "") -> Iterator[tuple[str, list[float]]]:
    if not issubclass(type(found), dict):
        return
    for name, member in _items(found):
        if type(name) is not str:
            continue
        if issubclass(type(member), dict) and not path:
            yield from _series(member, f"{name}/")
        else:
            numbers = _numbers(member)
            if numbers:
                yield f"{path}{name}", numbers


def _items(found: object) -> list[tuple[object, object]]:
    return list(islice(dict.items(found), _LABELS))  # type: ignore[arg-type]


def _candidates(attributes: dict[str, object]) -> dict[str, object]:
    """Take the results of a search: what was tried, and its scores by fold."""
    results = attributes.get("cv_results_")
    if type(results) is not dict:
        return {}
    columns: dict[str, object] = {}
    for name, column in list(results.items()):
        if type(name) is not str:
            continue
        if name == "params" and type(column) is list:
            columns[name] = [
                {str(key): brief(member) for key, member in _items(tried)}
                for tried in column[:_ROWS]
                if issubclass(type(tried), dict)
            ]
        elif "_test_" in name or "_train_" in name:
            numbers = _numbers(column)
            if numbers:
                columns[name] = numbers[:_ROWS]
    return columns


def redacted(part: Any) -> Any:
    """Redact all texts in lists and dicts, those that are keys too."""
    if type(part) is str:
        return redact(part)
    if type(part) is dict:
        return {redact(name): redacted(inner) for name, inner in part.items()}
    if type(part) in (list, tuple):
        return [redacted(inner) for inner in part]
    return part


# -------------------------------------------------------------------- numbers, labels, bytes


def _numbers(found: object) -> list[float]:
    """List the numbers of a list or of an array with one axis; nothing if it holds anything else."""
    if type(found) is list or type(found) is tuple:
        members = list(found[:_ROUNDS])
    elif root_package(type(found)) in ("numpy", "pandas") and hasattr(found, "tolist"):
        if getattr(found, "ndim", 0) != 1 or getattr(found, "dtype", None) is None:
            return []
        if found.dtype.kind not in "fiu":  # type: ignore[attr-defined]
            return []
        members = found[:_ROUNDS].tolist()  # type: ignore[index]
    else:
        return []
    numbers = [_number(member) for member in members]
    return [number for number in numbers if number is not None] if None not in numbers else []


def _number(member: object) -> float | int | None:
    if type(member) is float or type(member) is int:
        return member
    if root_package(type(member)) == "numpy":
        scalar = describe(member).get("scalar")
        return scalar if type(scalar) is float or type(scalar) is int else None
    return None


def _columns(result: object) -> Iterator[tuple[str, list[float]]]:
    """Take apart the result of a function that measures."""
    if type(result) is list and len(result) == 1 and issubclass(type(result[0]), dict):
        result = result[0]  # one for each set of data: `trainer.test(...)`
    single = _numbers(result)
    if single:
        yield "", single
        return
    if root_package(type(result)) == "pandas" and type(result).__name__ == "DataFrame":
        for name in islice(result.columns, _LABELS):  # type: ignore[attr-defined]
            if type(name) is str:
                yield name, _numbers(result[name])  # type: ignore[index]
    elif issubclass(type(result), dict):
        yield from _series(result)
        for name, member in _items(result):
            number = _number(member)
            if number is not None and type(name) is str:
                yield name, [number]
            elif type(member) is dict and type(name) is str:
                for inner, deeper in islice(member.items(), _LABELS):
                    number = _number(deeper)
                    if number is not None:
                        yield f"{name}/{inner}", [number]
    elif type(result) is tuple:
        for position, member in enumerate(result[:_LABELS]):
            number = _number(member)
            numbers = [number] if number is not None else _numbers(member)
            if numbers:
                yield str(position), numbers


def _labels(given: object) -> list[tuple[str, int]]:
    """Count the classes among labels: whole numbers, truth values or texts with one axis, at most twenty of them."""
    root = root_package(type(given))
    name = type(given).__name__
    if (root, name) not in (("numpy", "ndarray"), ("pandas", "Series")):
        return []
    try:
        if given.ndim != 1 or not 1 < given.shape[0] <= _LOOKED_AT:  # type: ignore[attr-defined]
            return []
        kind = getattr(given.dtype, "kind", "")  # type: ignore[attr-defined]
        if kind not in "iubOU":
            return []
        few: dict[object, int] = {}
        for label in given[:_ROUNDS].tolist():  # type: ignore[index]
            if not is_atom(label):
                return []
            few[label] = few.get(label, 0) + 1
            if len(few) > _LABELS:
                return []
        for label in given[_ROUNDS:].tolist():  # type: ignore[index]
            few[label] = few.get(label, 0) + 1
    except Exception as error:
        if is_interruption(error):
            raise
        return []
    if len(few) > _LABELS:
        return []
    ordered = sorted(few.items(), key=lambda item: -item[1])
    return [(str(brief(label).get("scalar", label)), count) for label, count in ordered]


def _bytes_of(attributes: dict[str, object]) -> tuple[int | None, str | None]:
    """Add up the arrays of a model, and hash them if there is nothing but arrays and single values."""
    size = 0
    digest = sha256()
    is_whole = True
    for name in sorted(name for name in attributes if name.endswith("_")):
        member = attributes[name]
        kind = type(member)
        if root_package(kind) == "numpy" and kind.__name__ == "ndarray":
            dtype = member.dtype  # type: ignore[attr-defined]
            size += member.nbytes  # type: ignore[attr-defined]
            is_whole = is_whole and not dtype.hasobject and size <= _HASHED
            if is_whole:
                digest.update(f"{name} {dtype} {member.shape}\n".encode())  # type: ignore[attr-defined]
                digest.update(kind.tobytes(member))  # type: ignore[attr-defined]
        elif _single(member) is not None:
            digest.update(f"{name} {_single(member)}\n".encode())
        elif member is not None:
            is_whole = False
    if not size:
        return None, None
    return size, digest.hexdigest() if is_whole else None
