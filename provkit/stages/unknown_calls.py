"""What a call does that nobody described: by what it is called on, by what it is given, or by its name."""

from __future__ import annotations

import ast
from dataclasses import replace

from provkit.bindings import dotted
from provkit.stages.arguments import Arguments
from provkit.stages.meanings import (
    DATA,
    RESULTS,
    UNKNOWN,
    Meaning,
    Read,
    Sort,
    Work,
    element_of,
    join,
    strongest,
)
from provkit.stages.names import function_hint, logs, names_an_estimator, plots

_READING = frozenset(
    {"read", "readlines", "readline", "open", "extract", "extractall", "extractfile"}
)
_WRITING = frozenset(
    {"write", "writelines", "writerow", "writerows", "writeheader", "write_text", "write_bytes"}
)
_KEEPING = frozenset({"list", "tuple", "sorted", "reversed", "iter", "set"})
_SORT_OF_STAGE: dict[str, Sort] = {
    "data_loading": "data",
    "preprocessing": "data",
    "feature_engineering": "data",
    "split": "data",
    "model_definition": "model",
    "training": "model",
    "evaluation": "scores",
    "visualisation": "plot",
}
"""What a function gives of which only the name's stage is known."""
_COMPUTING = frozenset(
    {
        "numpy", "scipy", "pandas", "torch", "math", "statistics", "tensorflow", "itertools",
        "functools", "collections", "operator", "copy", "re", "string",
    }
)  # fmt: skip
"""Modules whose functions compute something from what they are given."""


def unknown_function(name: str, arguments: Arguments) -> Read:
    """Read the call of a function that no file of knowledge has."""
    inner = strongest(arguments.works)
    everything = join(arguments.all)
    last = name.rpartition(".")[2]
    if name.startswith("builtins."):
        return _builtin(last, arguments, everything, inner)
    if logs(name):
        return _logged(everything)
    if names_an_estimator(last):
        return Meaning("model", concept="estimator"), Work(
            "model_definition", 0.85, f"makes a {last}, by its name"
        )
    module = name.partition(".")[0]
    if module in _COMPUTING:
        if inner is None and everything.sort == "data":
            return Meaning("data"), Work("preprocessing", 0.5, f"calls {name} on data", firm=False)
        if inner is None and everything.sort == "generated":
            return Meaning("generated"), Work(
                "data_loading", 0.5, f"calls {name} on generated data", firm=False
            )
        literal = all(argument.literal for argument in arguments.all)
        return replace(everything, parts=(), type=None, name=None, literal=literal), inner
    if inner is not None and inner.firm:
        return everything, inner
    if any(argument.sort == "plot" for argument in arguments.all):
        return Meaning("plot"), Work("visualisation", 0.6, f"gives a plot to {name}", firm=False)
    if last == "open" and inner is None and everything.sort in ("path", "text", "unknown"):
        return Meaning("file"), Work("data_loading", 0.7, f"calls {name}, by its name")
    if (
        inner is None
        and function_hint(last) in (None, "evaluation")
        and any(
            part.concept == "fitted_model"
            for argument in arguments.all
            for part in (argument, *argument.parts)
        )
    ):
        return Meaning("scores"), Work(
            "evaluation", 0.65, f"gives what was fitted to {name}", firm=False
        )
    is_reader = function_hint(last) == "data_loading" and everything.sort not in DATA | RESULTS
    if last[:1].isupper() and not is_reader:  # a class, by the custom of naming
        return Meaning("unknown", type=name), inner
    stage = "visualisation" if last.startswith("show_") else function_hint(last)
    if stage is None and everything.sort in DATA | RESULTS:  # `tools.visualise.columns(table)`
        inner_modules = name.split(".")[1:-1]
        stage = next(
            (hint for part in reversed(inner_modules) if (hint := function_hint(part))), None
        )
    if stage is not None:
        return Meaning(_SORT_OF_STAGE.get(stage, "unknown"), guessed=True), Work(
            stage, 0.55, f"calls {name}, by its name", firm=False, by_name=True
        )
    if everything.sort == "path":
        return UNKNOWN, inner
    return replace(everything, parts=(), type=None, name=None, literal=False, guessed=True), inner


def _logged(everything: Meaning) -> Read:
    """Read what is written to a log: results, or how far the program is."""
    if everything.sort in RESULTS:
        return everything, Work("evaluation", 0.65, "logs results", firm=False)
    return Meaning("option"), Work("other", 0.8, "writes to a log")


def _builtin(name: str, arguments: Arguments, everything: Meaning, inner: Work | None) -> Read:
    if name in ("zip", "enumerate"):
        parts = tuple(element_of(argument) for argument in arguments.positional)
        if name == "enumerate":
            parts = (Meaning("constant"), *parts[:1])
        pairs = Meaning(everything.sort, parts=parts) if parts else everything
        return Meaning(everything.sort, parts=(pairs,)), inner
    if name in ("len", "range"):
        sort: Sort = "meta" if everything.sort in DATA | {"transformer"} else everything.sort
        literal = all(argument.literal for argument in arguments.all)
        return Meaning(sort, literal=literal), inner if inner and inner.firm else None
    if name in ("type", "isinstance", "hasattr", "dir", "id"):
        if everything.sort in RESULTS:
            return replace(everything, parts=()), inner
        return Meaning("meta"), inner if inner and inner.firm else None
    if name in _KEEPING and arguments.positional:
        return replace(arguments.positional[0], type=None), inner
    if name == "input" and inner is None:
        return Meaning("text"), Work("other", 0.6, "asks the user", firm=False)
    if name in ("getattr", "setattr", "next", "input", "super", "object"):
        return Meaning(everything.sort if name != "super" else "unknown"), inner
    literal = all(argument.literal for argument in arguments.all)
    if (
        inner is None
        and everything.sort in DATA
        and name in ("sum", "min", "max", "abs", "round", "map", "filter")
    ):
        return Meaning("data"), Work("preprocessing", 0.4, f"{name}() of data", firm=False)
    return replace(everything, parts=(), type=None, name=None, literal=literal), inner


def unknown_method(
    node: ast.Call, receiver: Meaning, arguments: Arguments, before: Work | None
) -> Read:
    """Read a method that no file of knowledge has, by what it is called on."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    inner = strongest([*arguments.works, *([(UNKNOWN, before)] if before else [])])
    if logs(dotted(node.func)):
        return _logged(join(arguments.all))
    if receiver.sort in ("unknown", "model", "transformer", "data", "display", *RESULTS) and plots(
        name
    ):
        return Meaning("plot"), Work("visualisation", 0.85, f"calls .{name}(), by its name")
    if receiver.sort == "plot":
        if name.startswith("savefig"):
            return UNKNOWN, Work("saving", 0.9, "saves a figure", keeps=True)
        return Meaning("plot"), Work("visualisation", 0.9, f"calls .{name}() of a plot")
    if receiver.sort == "file" and name in _READING:
        return Meaning("data"), Work("data_loading", 0.8, "reads a file")
    if receiver.sort == "sink" or name in _WRITING:
        return UNKNOWN, Work("saving", 0.8, f"calls .{name}() of a file")
    if receiver.sort == "path":
        return Meaning("path"), inner
    if receiver.sort in ("data", "bundle", "generated"):
        return _method_of_data(name, receiver, inner)
    if receiver.sort in ("text", "constant"):
        return join([receiver, *arguments.all]), inner
    if receiver.sort in RESULTS:
        return Meaning(receiver.sort), inner
    if receiver.sort == "model" and function_hint(name) == "saving":
        return UNKNOWN, Work("saving", 0.85, f"calls .{name}() of a model")
    if receiver.sort == "model" and receiver.definition is None:
        return _method_of_model(name, receiver, arguments, inner)
    joined = join([receiver, *arguments.all])
    is_text = name == "split" and all(a.sort in ("text", "constant") for a in arguments.all)
    stage = function_hint(name) if receiver.sort == "unknown" and not is_text else None
    if inner is None and stage is not None:
        return replace(joined, parts=(), type=None), Work(
            stage, 0.45, f"calls .{name}(), by its name", firm=False, by_name=True
        )
    return replace(joined, parts=(), type=None, literal=False), inner


def _method_of_data(name: str, receiver: Meaning, inner: Work | None) -> Read:
    if receiver.sort == "generated":
        return Meaning("generated"), inner or Work(
            "data_loading", 0.5, f"calls .{name}() of generated data", firm=False
        )
    if receiver.sort == "bundle" and function_hint(name) == "data_loading":
        return Meaning("data"), inner or Work("data_loading", 0.7, f"calls .{name}(), by its name")
    if name == "split" and receiver.type is None:
        return Meaning("data"), inner or Work("preprocessing", 0.5, "splits text", firm=False)
    return Meaning("data", type=receiver.type), inner or Work(
        "preprocessing", 0.45, f"calls .{name}() of data", firm=False
    )


def _method_of_model(
    name: str, receiver: Meaning, arguments: Arguments, inner: Work | None
) -> Read:
    if (
        receiver.concept in (None, "estimator", "fitted_model")
        and function_hint(name) == "training"
    ):
        return receiver, Work("training", 0.75, f"calls .{name}(), by its name")
    if receiver.concept == "estimator" and function_hint(name) == "evaluation":
        is_done_before = inner is not None and inner.firm and inner.definition is None
        return Meaning("scores"), (inner if is_done_before else None) or Work(
            "evaluation", 0.65, f"calls .{name}(), by its name", firm=False, by_name=True
        )
    if receiver.concept == "network" and any(a.sort in DATA | RESULTS for a in arguments.all):
        return Meaning("prediction"), inner or Work(
            "evaluation", 0.6, f"gives data to .{name}() of a model", firm=False
        )
    if receiver.concept == "fitted_model":
        return Meaning("scores"), inner or Work(
            "evaluation", 0.7, f"asks .{name}() of what was fitted", firm=False
        )
    if (
        receiver.concept in (None, "estimator")
        and inner is None
        and function_hint(name) in (None, "model_definition")
        and not name.startswith("get")
        and not any(argument.sort in DATA | RESULTS for argument in arguments.all)
    ):
        what = f"calls .{name}() of what is not fitted yet"
        return Meaning("unknown"), Work("model_definition", 0.6, what, firm=False)
    return Meaning("unknown" if not name.startswith("get") else "scores"), inner


def called_value(function: Meaning, arguments: Arguments, node: ast.Call) -> Read:
    """Read the call of an object: a network gives predictions, a loss gives numbers."""
    inner = strongest(arguments.works)
    if function.sort in ("model", "transformer") and inner is not None and not inner.firm:
        inner = inner if inner.stage in ("training", "evaluation") else None
    if function.sort == "model":
        if function.concept == "layer":
            return Meaning("model", concept="layer"), inner or Work(
                "model_definition", 0.7, "connects a layer", firm=False
            )
        if function.concept == "loss":
            return Meaning("scores"), inner or Work(
                "evaluation", 0.6, "computes a loss", firm=False
            )
        return Meaning("prediction"), inner or Work(
            "evaluation", 0.6, "applies a model", firm=False
        )
    if function.sort == "transformer":
        return Meaning("data"), inner or Work(
            "preprocessing", 0.6, "applies a transformation", firm=False
        )
    if function.sort == "plot":
        return Meaning("plot"), Work("visualisation", 0.85, "calls a plotting function")
    joined = join(arguments.all)
    if isinstance(node.func, ast.Name):
        stage = function_hint(node.func.id)
        if stage is not None and inner is None:
            return UNKNOWN, Work(
                stage, 0.55, f"calls {node.func.id}(), by its name", firm=False, by_name=True
            )
    return replace(joined, parts=(), type=None, literal=False), inner
