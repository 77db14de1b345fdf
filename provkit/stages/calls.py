"""Reading calls: what a call does, by the knowledge base, by what it is called on, or by its name."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from provkit.bindings import dotted
from provkit.knowledge import Entry
from provkit.stages.arguments import Arguments, note_filling, read_arguments
from provkit.stages.known_calls import known_call
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
from provkit.stages.names import answers
from provkit.stages.reading import Reader
from provkit.stages.unknown_calls import called_value, unknown_function, unknown_method

_CLASS_CONCEPTS: dict[Sort, tuple[str, ...]] = {
    "model": ("estimator", "network", "booster"),
    "transformer": ("transformer", "sampler"),
    "splitter": ("splitter",),
    "display": ("display",),
}
_TABLES = ("pandas.DataFrame", "pandas.Series", "numpy.ndarray", "torch.Tensor")
_FORMULA = re.compile(r"\s*[\w.()\[\]]+\s*~\s*[\w(]")
_SHOWING = frozenset({"builtins.print", "builtins.repr", "builtins.str", "logging.info"})


def read_call(reader: Reader, node: ast.Call) -> Read:
    """Read a call: what it gives, and what work it does."""
    receiver: Meaning | None = None
    if (module := imported_module(node)) is not None:
        return Meaning("constant", name=module), Work("imports", 0.9, "imports by a call")
    if isinstance(node.func, ast.Attribute):
        receiver, before = reader.read(node.func.value)
        function, _ = reader.attribute_of(receiver, before, node.func.attr)
        receiver = receiver if function.name is None else None
    elif isinstance(node.func, ast.Name):
        # What is called is not itself given to whom its result is given.
        function, before = reader.in_context(node.func, None, "called")
    else:
        function, before = reader.read(node.func)
    if function.definition is not None:
        return _own(reader, node, function, before)
    entry = _entry_of(reader, node, function, receiver)
    arguments = read_arguments(reader, node, entry, shows=function.name in _SHOWING)
    note_filling(reader, node, arguments)
    if entry is not None:
        found = known_call(reader, node, entry, receiver, arguments, before, function.name)
    elif (
        function.name is not None
        and not function.name.startswith("statsmodels.")  # whose models are fitted afterwards
        and _fits_a_formula(node, arguments)
    ):
        found = (
            Meaning("model", concept="fitted_model"),
            Work("training", 0.75, f"gives {function.name} a formula and data"),
        )
    elif function.name is not None:
        found = unknown_function(function.name, arguments)
    elif receiver is not None:
        found = unknown_method(node, receiver, arguments, before)
    else:
        found = called_value(function, arguments, node)
    if receiver is not None and found[1] is not None and found[1].stage == "training":
        return _fitted(reader, node, receiver, found[0]), found[1]
    return found


def _fitted(reader: Reader, node: ast.Call, receiver: Meaning, result: Meaning) -> Meaning:
    """Note that an object of a class that nobody described is fitted: what it says from now on are results."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    binding = reader.names.find(owner.id) if isinstance(owner, ast.Name) else None
    if (
        receiver.sort not in ("unknown", "model")
        or receiver.concept not in (None, "estimator", "fitted_model")
        or (receiver.type is not None and reader.knowledge.entry(receiver.type) is not None)
        or receiver.definition is not None
    ):
        return result
    if binding is not None:
        binding.meaning = replace(binding.meaning, sort="model", concept="fitted_model")
    is_model = result.sort in ("unknown", "model") and result.type is None
    return replace(result, sort="model", concept="fitted_model") if is_model else result


def imported_module(node: ast.Call) -> str | None:
    """Name the module that a call imports: `__import__("0-pca")`, `importlib.import_module("tools")`."""
    called = dotted(node.func)
    name = node.args[0] if node.args else None
    if (
        called in ("__import__", "importlib.import_module", "import_module")
        and isinstance(name, ast.Constant)
        and isinstance(name.value, str)
    ):
        return name.value
    return None


def _fits_a_formula(node: ast.Call, arguments: Arguments) -> bool:
    """Tell whether a function is given data and a formula of what depends on what: `feols("wage ~ age", data=df)`."""
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(argument.sort in DATA for argument in arguments.all) and any(
        isinstance(part, ast.Constant)
        and isinstance(part.value, str)
        and _FORMULA.match(part.value) is not None
        for part in given
    )


def _flowing(arguments: Arguments) -> Meaning:
    """Say what comes of what a function is given, where nobody knows the function: of a path, anything."""
    joined = join(arguments.all)
    return UNKNOWN if joined.sort == "path" else joined


def _entry_of(
    reader: Reader, node: ast.Call, function: Meaning, receiver: Meaning | None
) -> Entry | None:
    knowledge = reader.knowledge
    if function.name is not None:
        found = function.entry or knowledge.entry(function.name)
        owner, _, method = function.name.rpartition(".")
        if (
            found is None and owner.rpartition(".")[2][:1].isupper()
        ):  # of a class that nobody described
            return knowledge.method(None, method)
        return found
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
    if name == "backward":
        return knowledge.method(None, name)
    if receiver.sort in RESULTS and not receiver.literal:  # results are kept in tables, too
        written = [knowledge.method(None, name), *(knowledge.entry(f"{t}.{name}") for t in _TABLES)]
        return next((e for e in written if e is not None and e.stage == "saving"), None)
    return None


def _own(reader: Reader, node: ast.Call, function: Meaning, before: Work | None) -> Read:
    """Read the call of a function or class of the program's own."""
    definition = function.definition
    assert definition is not None
    arguments = read_arguments(reader, node, None)
    if definition.nature is not None and function.sort == "unknown":
        nature = definition.nature
        stage = {
            "model": "model_definition",
            "transformer": "preprocessing",
            "data": "data_loading",
        }.get(nature.sort)
        inherited = reader.knowledge.entry(nature.type) if nature.type is not None else None
        stage = inherited.stage if inherited is not None else stage
        if nature.sort == "data" and any(argument.sort in DATA for argument in arguments.all):
            stage = "preprocessing"  # what is at hand is only wrapped
        work = Work(
            stage, 0.85, f"makes a {definition.name}", definition=None if stage else definition
        )
        return replace(nature, definition=definition), work
    if definition.nature is not None:
        return called_value(function, arguments, node)
    result = reader.run(definition, arguments.positional)
    if answers(definition.name) and result.sort not in RESULTS:
        result = Meaning("prediction")
    if result.sort == "unknown" and result.definition is None:
        result = replace(_flowing(arguments), parts=(), literal=False)
    if result.sort == "generated":
        result = replace(result, sort="data")  # what a function has drawn is complete
    if result.sort in ("data", "generated"):
        result = replace(result, guessed=True)
    fed = any(argument.sort in DATA | RESULTS for argument in arguments.all)
    work = Work(None, 0.85, f"calls {definition.name}()", definition=definition, fed=fed)
    if arguments.works and (inner := strongest(arguments.works)) is not None:
        work = replace(work, within=(inner,))
    if before is not None and before.firm and before.stage == "training":
        return result, before
    return result, work
