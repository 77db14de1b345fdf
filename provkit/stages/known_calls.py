"""What a call does that the knowledge base knows."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from provkit.knowledge import NEUTRAL, Entry
from provkit.stages.arguments import Arguments
from provkit.stages.meanings import (
    DATA,
    RESULTS,
    UNKNOWN,
    Meaning,
    Read,
    Sort,
    Work,
    join,
    strongest,
)
from provkit.stages.reading import Reader

_SORTS: dict[str, Sort] = {
    "data_reader": "data",
    "data_generator": "data",
    "random_draw": "generated",
    "dataset": "data",
    "container": "data",
    "feature_maker": "data",
    "estimator": "model",
    "clusterer": "model",
    "search": "model",
    "network": "model",
    "layer": "model",
    "loss": "model",
    "optimizer": "model",
    "scheduler": "model",
    "booster": "model",
    "trainer": "model",
    "model_reader": "model",
    "fitted_model": "model",
    "pipeline": "model",
    "callback": "option",
    "transformer": "transformer",
    "column_transformer": "transformer",
    "sampler": "transformer",
    "splitter": "splitter",
    "split": "data",
    "metric": "scores",
    "statistical_test": "scores",
    "report": "scores",
    "inspection": "scores",
    "scorer": "option",
    "cross_validation": "scores",
    "prediction": "prediction",
    "display": "display",
    "plot": "plot",
    "figure": "plot",
    "axes": "plot",
    "figure_writer": "constant",
    "random_generator": "random",
    "clock": "clock",
    "path": "path",
    "argument_parser": "option",
    "arguments": "option",
    "option": "option",
    "logger": "option",
    "file": "file",
}
"""What a call gives, by the concept of what is called."""

_TAKING = frozenset({"preprocessing", "feature_engineering", "data_loading", "split"})
"""Stages of taking a part of data: put beside results, it is a part of theirs."""
_PREPARING_NAME = re.compile(r"enc|scal|imput|smote|sampl|balanc|norm|prep|clean")
"""What people call transformers that tidy data."""
_SOURCES = frozenset({"data_reader", "random_draw"})
_ROLE_SORTS: dict[str, Sort] = {
    "features": "data",
    "label": "data",
    "data": "data",
    "prediction": "prediction",
    "scores": "scores",
    "model": "model",
    "estimator": "model",
    "transformer": "transformer",
}
_REDUCING = frozenset(
    {"mean", "sum", "std", "var", "min", "max", "median", "count", "nunique", "corr"}
)


def known_call(
    reader: Reader,
    node: ast.Call,
    entry: Entry,
    receiver: Meaning | None,
    arguments: Arguments,
    before: Work | None,
    name: str | None,
) -> Read:
    """Read the call of something that the knowledge base knows."""
    inner = strongest([*arguments.works, *([(UNKNOWN, before)] if before else [])])
    everything = join([*([receiver] if receiver is not None else []), *arguments.all])
    if entry.concept in NEUTRAL:
        return _operation(node, entry, receiver, arguments, everything, inner)
    if entry.concept == "file":
        return opened(node)
    stage = _stage_of(entry, receiver, arguments, inner)
    if stage == "preprocessing" and _learns_from_labels(node, receiver, arguments):
        stage = "feature_engineering"
    if stage is None:
        return everything, inner
    meaning = _result(reader, entry, receiver, arguments, name, stage)
    if name == "numpy.load" and any(_is_archive(argument) for argument in node.args[:1]):
        meaning = Meaning("bundle")
    what = (
        name
        or f".{entry.pattern if '*' not in entry.pattern else getattr(node.func, 'attr', '')}()"
    )
    confidence = 0.97 if not entry.is_method else 0.93 if receiver and receiver.type else 0.8
    # A random draw is data only if nobody uses it for something else.
    firm = entry.concept != "random_draw"
    if entry.concept == "random_draw" and any(
        argument.sort in ("data", "meta") for argument in arguments.all
    ):
        drawn = arguments.positional[:1]
        if what.rpartition(".")[2].strip("()") in ("choice", "choices", "sample") and drawn:
            return Meaning("data" if drawn[0].sort == "data" else "order"), Work(
                "preprocessing", 0.6, f"{what} draws rows", firm=False
            )
        return Meaning("generated"), Work(
            "feature_engineering", 0.5, f"calls {what} as large as the data", firm=False
        )
    if (
        stage == "other"
        and entry.concept in ("path", "option", "clock")
        and inner is not None
        and inner.firm
    ):
        return meaning, inner
    return meaning, Work(
        stage,
        confidence if firm else 0.75,
        f"calls {what}",
        firm=firm,
        sets_up=entry.concept == "option",
        keeps=entry.concept == "figure_writer",
    )


def _learns_from_labels(node: ast.Call, receiver: Meaning | None, arguments: Arguments) -> bool:
    """Tell whether a transformer that nobody described is given labels, too: it projects or selects features."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return (
        receiver is not None
        and receiver.sort == "transformer"
        and receiver.type is None
        and receiver.definition is None
        and len([argument for argument in arguments.positional if argument.sort in DATA]) > 1
        and isinstance(owner, ast.Name)
        and _PREPARING_NAME.search(owner.id.lower()) is None
    )


def _is_archive(node: ast.expr) -> bool:
    """Tell whether a path is that of several arrays in one file, which are taken out of it one by one."""
    return isinstance(node, ast.Constant) and str(node.value).endswith(".npz")


def _stage_of(
    entry: Entry, receiver: Meaning | None, arguments: Arguments, inner: Work | None
) -> str | None:
    stage = entry.stage
    if entry.concept == "pipeline":
        prepared = _steps(arguments)
        if prepared and all(argument.sort == "transformer" for argument in prepared):
            return inner.stage if inner is not None and inner.stage else "preprocessing"
    if entry.concept == "container" and any(
        argument.sort in ("path", "text") for argument in arguments.positional[:1]
    ):
        return "data_loading"
    if (
        entry.is_method
        and stage == "training"
        and receiver is not None
        and receiver.sort == "transformer"
    ):
        return "preprocessing"
    if (
        entry.is_method
        and entry.returns == ("features",)
        and any(argument.sort in RESULTS for argument in arguments.all)
    ):
        return "evaluation"
    return stage


def _steps(arguments: Arguments) -> list[Meaning]:
    """List the steps of a pipeline, given one by one or as a list of pairs."""
    found: list[Meaning] = []
    for argument in arguments.all:
        if argument.parts:
            found.extend(part.parts[-1] if part.parts else part for part in argument.parts)
        else:
            found.append(argument)
    return [step for step in found if step.sort not in ("text", "constant", "option")]


def _result(
    reader: Reader,
    entry: Entry,
    receiver: Meaning | None,
    arguments: Arguments,
    name: str | None,
    stage: str,
) -> Meaning:
    """Say what a known call gives."""
    if entry.result[:1] == ("self",):
        return receiver or Meaning(_SORTS.get(entry.concept or "", "unknown"))
    if len(entry.result) > 1:
        parts = tuple(instance_of(reader, result) for result in entry.result)
        return replace(join(list(parts)), parts=parts)
    if entry.returns and entry.returns[0] in _ROLE_SORTS and entry.concept not in _SOURCES:
        sort = _ROLE_SORTS[entry.returns[0]]
        is_class = entry.concept in ("container", "dataset") and not entry.is_method
        type_name = entry.result[0] if entry.result else name if is_class else None
        concept = _concept(reader, type_name)
        if sort == "model" and stage == "training":
            concept = concept or "fitted_model"
        return Meaning(sort, type=type_name, concept=concept)
    sort = _SORTS.get(entry.concept or "", "unknown")
    type_name = entry.result[0] if entry.result else (name if not entry.is_method else None)
    if entry.concept == "pipeline" and stage != "model_definition":
        sort = "transformer"
    if entry.concept == "data_reader" and not entry.result and "return_X_y" not in arguments.named:
        sort = "bundle" if name and name.startswith("sklearn.") else "data"
        type_name = None
    if entry.concept in ("data_generator", "split", "random_draw"):
        type_name = None
    return Meaning(sort, type=type_name, concept=entry.concept)


def instance_of(reader: Reader, type_name: str) -> Meaning:
    """Say what an object of a class is."""
    entry = reader.knowledge.entry(type_name)
    concept = entry.concept if entry is not None else None
    sort = _SORTS.get(concept or "", "unknown")
    if sort == "unknown" and entry is not None and entry.returns:
        sort = _ROLE_SORTS.get(entry.returns[0], "unknown")
    return Meaning(sort, type=type_name, concept=concept)


def _concept(reader: Reader, type_name: str | None) -> str | None:
    entry = reader.knowledge.entry(type_name) if type_name else None
    return entry.concept if entry is not None else None


def _operation(
    node: ast.Call,
    entry: Entry,
    receiver: Meaning | None,
    arguments: Arguments,
    everything: Meaning,
    inner: Work | None,
) -> Read:
    """Read an operation that is what its inputs make of it."""
    what = f"calls {entry.pattern}"
    if _draws_an_order(node, arguments):
        return Meaning("order"), Work("preprocessing", 0.45, "draws an order of rows", firm=False)
    if (
        inner is not None
        and inner.firm
        and not (
            entry.concept == "operation"
            and inner.stage in ("data_loading", "other")
            and receiver is None
        )
    ):
        return replace(everything, parts=()), inner
    if entry.stage == "training" and everything.sort in DATA:
        return Meaning("weights"), Work("training", 0.6, f"{what} of data", firm=False)
    keeps = entry.result[0] if entry.result and entry.result[0] != "self" else None
    if entry.result[:1] == ("self",) and receiver is not None:
        keeps = receiver.type
    if entry.concept == "show":
        if everything.sort in RESULTS:
            return everything, Work("evaluation", 0.7, f"{what} of results", firm=False)
        if getattr(node.func, "attr", "") in ("head", "tail"):  # some rows, which may be kept
            return replace(everything, type=keeps), inner or Work(
                "preprocessing", 0.5, "takes the first or last rows", firm=False
            )
        return Meaning("meta"), Work("other", 0.85, f"{what} of data")
    if everything.sort in ("data", "bundle"):
        if entry.concept == "composition" and not _adds_columns(node, entry):
            return Meaning("data", type=keeps), Work("preprocessing", 0.6, what, firm=False)
        stage = entry.stage
        if stage is None and receiver is not None and getattr(node.func, "attr", "") in _REDUCING:
            return Meaning("data", type=keeps), Work("preprocessing", 0.4, what, firm=False)
        meaning = Meaning("data", type=keeps)
        return meaning, (Work(stage, 0.8, what, firm=False) if stage else inner)
    if everything.sort == "generated":
        if entry.stage in _TAKING and entry.library == "pandas":
            return Meaning("data", type=keeps), Work(entry.stage, 0.7, what, firm=False)
        return Meaning("generated", type=keeps), Work("data_loading", 0.6, what, firm=False)
    if everything.sort in RESULTS:
        if inner is None or (not inner.firm and inner.stage in _TAKING):
            inner = Work("evaluation", 0.6, f"{what} on results", firm=False)
        return replace(everything, parts=()), inner
    if entry.concept == "table" and not arguments.positional and "data" not in arguments.named:
        return Meaning("constant", type=keeps, literal=True), inner  # an empty one, to be filled
    if entry.concept == "table" and everything.sort in ("constant", "text"):
        is_complete = all(argument.literal for argument in arguments.all)
        return Meaning("data" if is_complete else "generated", type="pandas.DataFrame"), Work(
            "data_loading", 0.7, "writes out a table", firm=False
        )
    if _makes_an_operation(node, entry, everything):
        return Meaning("transformer"), inner or Work(entry.stage, 0.85, f"makes {entry.pattern}")
    if everything.sort == "unknown" and entry.stage is not None:
        return Meaning("data", type=keeps), Work(entry.stage, 0.5, what, firm=False)
    literal = all(argument.literal for argument in arguments.all)
    return replace(everything, parts=(), type=None, literal=literal), inner


def _makes_an_operation(node: ast.Call, entry: Entry, everything: Meaning) -> bool:
    """Tell whether a class of operations is called for an object, which is given data later."""
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return (
        entry.stage is not None
        and entry.concept == "operation"
        and not entry.is_method
        and called[:1].isupper()
        and everything.sort in ("constant", "text", "transformer", "option", "unknown")
    )


def _draws_an_order(node: ast.Call, arguments: Arguments) -> bool:
    """Tell whether row numbers are drawn in an order: a permutation of how many there are, not of the data."""
    called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return (
        called in ("permutation", "randperm")
        and bool(arguments.positional)
        and all(argument.sort not in DATA | RESULTS for argument in arguments.positional)
    )


def _adds_columns(node: ast.Call, entry: Entry) -> bool:
    """Tell whether arrays are put side by side."""
    if entry.pattern.rpartition(".")[2] not in ("concatenate", "append", "insert"):
        return True
    axis = next((keyword.value for keyword in node.keywords if keyword.arg == "axis"), None)
    if axis is None and len(node.args) > 1:
        axis = node.args[-1]
    return isinstance(axis, ast.Constant) and axis.value == 1


def opened(node: ast.Call) -> Read:
    """Read the opening of a file, for reading or for writing."""
    mode = next((k.value for k in node.keywords if k.arg == "mode"), None)
    if mode is None and len(node.args) > 1:
        mode = node.args[1]
    text = mode.value if isinstance(mode, ast.Constant) else ""
    if isinstance(text, str) and set(text) & set("wax"):
        return Meaning("sink", type="builtins.file"), Work(
            "saving", 0.6, "opens a file for writing", firm=False
        )
    return Meaning("file", type="builtins.file"), Work(
        "data_loading", 0.6, "opens a file", firm=False
    )
