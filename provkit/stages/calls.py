"""Reading calls: what a call does, by the knowledge base, by what it is called on, or by its name."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from provkit.knowledge import Entry
from provkit.stages.meanings import DATA, RESULTS, UNKNOWN, Meaning, Sort, join
from provkit.stages.names import function_hint
from provkit.stages.units import Work

if TYPE_CHECKING:
    from provkit.stages.expressions import Expressions, Read

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
    "file": "file",
}
"""What a call gives, by the concept of what is called."""

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
_NEUTRAL = frozenset({"operation", "maker", "composition", "table", "array", "show", "grouping"})
_CLASS_CONCEPTS: dict[Sort, tuple[str, ...]] = {
    "model": ("estimator", "network", "booster"),
    "transformer": ("transformer", "sampler"),
    "splitter": ("splitter",),
    "display": ("display",),
}
_TABLES = ("pandas.DataFrame", "pandas.Series", "numpy.ndarray")
_METRIC_KEYWORD = re.compile(r"metric|scor(ing|er)|^feval$")
_SHOWING = frozenset({"builtins.print", "builtins.repr", "builtins.str", "logging.info"})
_FILLING = frozenset({"append", "extend", "insert", "add", "update", "setdefault"})
_READING = frozenset({"read", "readlines", "readline"})
_WRITING = frozenset({"write", "writelines", "writerow", "writerows", "writeheader"})
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
_REDUCING = frozenset(
    {"mean", "sum", "std", "var", "min", "max", "median", "count", "nunique", "corr"}
)


@dataclass(slots=True)
class Arguments:
    """The arguments of a call, read."""

    positional: list[Meaning]
    named: dict[str | None, Meaning]
    works: list[Read]

    @property
    def all(self) -> list[Meaning]:
        """All of them, in the order of the text."""
        return [*self.positional, *self.named.values()]


def read_call(reader: Expressions, node: ast.Call) -> Read:
    """Read a call: what it gives, and what work it does."""
    receiver: Meaning | None = None
    if isinstance(node.func, ast.Attribute):
        receiver, before = reader.read(node.func.value)
        function, _ = reader.attribute_of(receiver, before, node.func.attr)
        receiver = receiver if function.name is None else None
    else:
        function, before = reader.read(node.func)
    if function.definition is not None:
        return _own(reader, node, function, before)
    entry = _entry_of(reader, node, function, receiver)
    arguments = _arguments(reader, node, entry, shows=function.name in _SHOWING)
    _fill(reader, node, arguments)
    if entry is not None:
        return _known(reader, node, entry, receiver, arguments, before, function.name)
    if function.name is not None:
        return _unknown_function(function.name, arguments)
    if receiver is not None:
        return _unknown_method(node, receiver, arguments, before)
    return _called_value(function, arguments, node)


def _arguments(
    reader: Expressions, node: ast.Call, entry: Entry | None, *, shows: bool = False
) -> Arguments:
    stage = entry.stage if entry is not None else None
    # What a mere operation is, its inputs decide; and an operation says nothing about what flows into it.
    if entry is not None and entry.concept in _NEUTRAL:
        stage = None
    outer = reader.context[-1] if reader.context and stage is None else (stage, None)
    if shows or (entry is not None and entry.concept == "tracker"):
        outer, stage = (None, "shown"), None
    positional, works = [], []
    for position, argument in enumerate(node.args):
        role = entry.role(position) if entry is not None and stage is not None else outer[1]
        read = reader.in_context(argument, outer[0], role)
        works.append(read)
        positional.append(read[0])
    named: dict[str | None, Meaning] = {}
    for keyword in node.keywords:
        known = entry.role(keyword.arg) if entry is not None and keyword.arg and stage else None
        role = known or (outer[1] if stage is None else _unlisted(entry, stage, keyword.arg))
        read = reader.in_context(keyword.value, outer[0], role)
        works.append(read)
        named[keyword.arg] = read[0]
    return Arguments(positional, named, works)


def _unlisted(entry: Entry | None, stage: str, keyword: str | None) -> str | None:
    """Say what a keyword is that the knowledge base does not list."""
    if keyword is not None and _METRIC_KEYWORD.search(keyword):
        return "metric"
    if entry is not None and entry.concept == "display":
        return "style"
    return "hyperparameter" if stage in ("training", "model_definition") else None


def _fill(reader: Expressions, node: ast.Call, arguments: Arguments) -> None:
    """Note that a container of the program's own is filled: what is in it says what it is."""
    function = node.func
    if not (
        isinstance(function, ast.Attribute)
        and function.attr in _FILLING
        and isinstance(function.value, ast.Name)
    ):
        return
    binding = reader.names.find(function.value.id)
    if binding is not None and binding.meaning.type is None and binding.meaning.name is None:
        reader.use(binding, fills=True)
        binding.meaning = replace(
            join([binding.meaning, *arguments.all]), parts=(), literal=False, type=None
        )


def _entry_of(
    reader: Expressions, node: ast.Call, function: Meaning, receiver: Meaning | None
) -> Entry | None:
    knowledge = reader.knowledge
    if function.name is not None:
        return function.entry or knowledge.entry(function.name)
    if receiver is None or not isinstance(node.func, ast.Attribute):
        return None
    name = node.func.attr
    if receiver.type is not None:
        found = knowledge.entry(f"{receiver.type}.{name}")
        if found is not None:
            return found
    if receiver.sort in DATA:
        for table in _TABLES:
            found = knowledge.entry(f"{table}.{name}")
            if found is not None:
                return found
        by_name = knowledge.method(None, name)
        return by_name if by_name is not None and by_name.stage == "saving" else None
    for concept in (receiver.concept, *_CLASS_CONCEPTS.get(receiver.sort, ())):
        found = knowledge.method(concept, name, "torch" if concept == "network" else "")
        if concept is not None and found is not None:
            return found
    if receiver.sort in ("unknown", "model", "transformer") and not receiver.literal:
        return knowledge.method(None, name)
    return None


def _known(
    reader: Expressions,
    node: ast.Call,
    entry: Entry,
    receiver: Meaning | None,
    arguments: Arguments,
    before: Work | None,
    name: str | None,
) -> Read:
    """Read the call of something that the knowledge base knows."""
    from provkit.stages.expressions import strongest

    inner = strongest([*arguments.works, *([(UNKNOWN, before)] if before else [])])
    everything = join([*([receiver] if receiver is not None else []), *arguments.all])
    if entry.concept in _NEUTRAL:
        return _operation(node, entry, receiver, arguments, everything, inner)
    if entry.concept == "file":
        return _opened(node)
    stage = _stage_of(entry, receiver, arguments, inner)
    if stage is None:
        return everything, inner
    meaning = _result(reader, entry, receiver, arguments, name, stage)
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
    learns = entry.concept == "cross_validation"
    return meaning, Work(
        stage, confidence if firm else 0.75, f"calls {what}", firm=firm, learns=learns
    )


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
    if entry.concept == "transformer" and receiver is None:
        return stage
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
    reader: Expressions,
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
        parts = tuple(_instance(reader, result) for result in entry.result)
        return replace(join(list(parts)), parts=parts)
    if entry.returns and entry.returns[0] in _ROLE_SORTS and entry.concept not in _SOURCES:
        sort = _ROLE_SORTS[entry.returns[0]]
        is_class = entry.concept in ("container", "dataset") and not entry.is_method
        type_name = entry.result[0] if entry.result else name if is_class else None
        return Meaning(sort, type=type_name, concept=_concept(reader, type_name))
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


def _instance(reader: Expressions, type_name: str) -> Meaning:
    concept = _concept(reader, type_name)
    return Meaning(_SORTS.get(concept or "", "unknown"), type=type_name, concept=concept)


def _concept(reader: Expressions, type_name: str | None) -> str | None:
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
    keeps = entry.result[0] if entry.result and entry.result[0] != "self" else None
    if entry.result[:1] == ("self",) and receiver is not None:
        keeps = receiver.type
    if entry.concept == "show":
        if everything.sort in RESULTS:
            return everything, Work("evaluation", 0.7, f"{what} of results", firm=False)
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
        return Meaning("generated", type=keeps), Work("data_loading", 0.6, what, firm=False)
    if everything.sort in RESULTS:
        return replace(everything, parts=()), inner or Work(
            "evaluation", 0.6, f"{what} on results", firm=False
        )
    if entry.concept == "table" and everything.sort in ("constant", "text"):
        return Meaning("generated", type="pandas.DataFrame"), Work(
            "data_loading", 0.7, "writes out a table", firm=False
        )
    if everything.sort == "unknown" and entry.stage is not None:
        return Meaning("data", type=keeps), Work(entry.stage, 0.5, what, firm=False)
    literal = all(argument.literal for argument in arguments.all)
    return replace(everything, parts=(), type=None, literal=literal), inner


def _adds_columns(node: ast.Call, entry: Entry) -> bool:
    """Tell whether arrays are put side by side."""
    if entry.pattern.rpartition(".")[2] not in ("concatenate", "append", "insert"):
        return True
    axis = next((keyword.value for keyword in node.keywords if keyword.arg == "axis"), None)
    if axis is None and len(node.args) > 1:
        axis = node.args[-1]
    return isinstance(axis, ast.Constant) and axis.value == 1


def _opened(node: ast.Call) -> Read:
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


def _own(reader: Expressions, node: ast.Call, function: Meaning, before: Work | None) -> Read:
    """Read the call of a function or class of the program's own."""
    definition = function.definition
    assert definition is not None
    arguments = _arguments(reader, node, None)
    if definition.nature is not None and function.sort == "unknown":
        nature = definition.nature
        stage = {
            "model": "model_definition",
            "transformer": "preprocessing",
            "data": "data_loading",
        }.get(nature.sort)
        work = Work(
            stage, 0.85, f"makes a {definition.name}", definition=None if stage else definition
        )
        return replace(nature, definition=definition), work
    if definition.nature is not None:
        return _called_value(function, arguments, node)
    result = reader.run(definition, arguments.positional)
    if result.sort == "unknown" and result.definition is None:
        result = replace(join(arguments.all), parts=(), literal=False)
    work = Work(None, 0.85, f"calls {definition.name}()", definition=definition)
    if before is not None and before.firm and before.stage == "training":
        return result, before
    return result, work


def _unknown_function(name: str, arguments: Arguments) -> Read:
    """Read the call of a function that no file of knowledge has."""
    from provkit.stages.expressions import strongest

    inner = strongest(arguments.works)
    everything = join(arguments.all)
    last = name.rpartition(".")[2]
    if name.startswith("builtins."):
        return _builtin(last, arguments, everything, inner)
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
    if last[:1].isupper() and not last.isupper():  # a class, by the custom of naming
        return Meaning("unknown", type=name), inner
    stage = function_hint(last)
    if stage is not None:
        return Meaning(_SORT_OF_STAGE.get(stage, "unknown")), Work(
            stage, 0.55, f"calls {name}, by its name", firm=False
        )
    return replace(everything, parts=(), type=None, name=None, literal=False), inner


_KEEPING = frozenset({"list", "tuple", "sorted", "reversed", "iter", "set"})


def _builtin(name: str, arguments: Arguments, everything: Meaning, inner: Work | None) -> Read:
    if name in ("zip", "enumerate"):
        parts = tuple(_element(argument) for argument in arguments.positional)
        if name == "enumerate":
            parts = (Meaning("constant"), *parts[:1])
        pairs = Meaning(everything.sort, parts=parts) if parts else everything
        return Meaning(everything.sort, parts=(pairs,)), inner
    if name in ("len", "range"):
        sort: Sort = "meta" if everything.sort in DATA else everything.sort
        literal = all(argument.literal for argument in arguments.all)
        return Meaning(sort, literal=literal), inner if inner and inner.firm else None
    if name in _KEEPING and arguments.positional:
        return replace(arguments.positional[0], type=None), inner
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


def _element(meaning: Meaning) -> Meaning:
    from provkit.stages.expressions import element_of

    return element_of(meaning)


def _unknown_method(
    node: ast.Call, receiver: Meaning, arguments: Arguments, before: Work | None
) -> Read:
    """Read a method that no file of knowledge has, by what it is called on."""
    from provkit.stages.expressions import strongest

    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    inner = strongest([*arguments.works, *([(UNKNOWN, before)] if before else [])])
    if receiver.sort == "plot":
        if name.startswith("savefig"):
            return UNKNOWN, Work("saving", 0.9, "saves a figure")
        return Meaning("plot"), Work("visualisation", 0.9, f"calls .{name}() of a plot")
    if receiver.sort == "file" and name in _READING:
        return Meaning("data"), Work("data_loading", 0.8, "reads a file")
    if receiver.sort == "sink" or name in _WRITING:
        return UNKNOWN, Work("saving", 0.8, f"calls .{name}() of a file")
    if receiver.sort == "path":
        return Meaning("path"), inner
    if receiver.sort in ("data", "bundle"):
        if name == "split" and receiver.type is None:
            return Meaning("data"), inner or Work("preprocessing", 0.5, "splits text", firm=False)
        return Meaning("data", type=receiver.type), inner or Work(
            "preprocessing", 0.45, f"calls .{name}() of data", firm=False
        )
    if receiver.sort == "generated":
        return Meaning("generated"), inner or Work(
            "data_loading", 0.5, f"calls .{name}() of generated data", firm=False
        )
    if receiver.sort in ("text", "constant"):
        if name in ("format", "join"):
            return join([receiver, *arguments.all]), inner
        return join([receiver, *arguments.all]), inner
    if receiver.sort in RESULTS:
        if name in ("plot", "hist"):
            return Meaning("plot"), Work("visualisation", 0.85, "plots results")
        return Meaning(receiver.sort), inner
    if receiver.sort == "model" and receiver.definition is None:
        return Meaning("unknown" if not name.startswith("get") else "scores"), inner
    joined = join([receiver, *arguments.all])
    stage = function_hint(name) if receiver.sort == "unknown" else None
    if inner is None and stage is not None:
        return replace(joined, parts=(), type=None), Work(
            stage, 0.45, f"calls .{name}(), by its name", firm=False
        )
    return replace(joined, parts=(), type=None, literal=False), inner


def _called_value(function: Meaning, arguments: Arguments, node: ast.Call) -> Read:
    """Read the call of an object: a network gives predictions, a loss gives numbers."""
    from provkit.stages.expressions import strongest

    inner = strongest(arguments.works)
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
            return UNKNOWN, Work(stage, 0.55, f"calls {node.func.id}(), by its name", firm=False)
    return replace(joined, parts=(), type=None, literal=False), inner
