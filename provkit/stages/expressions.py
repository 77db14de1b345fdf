"""Reading expressions: what each stands for, and what work it does, without running anything."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from dataclasses import replace

from provkit.knowledge import Knowledge
from provkit.stages import calls, parts
from provkit.stages.meanings import (
    CONSTANT,
    DATA,
    RESULTS,
    UNKNOWN,
    Binding,
    Definition,
    Meaning,
    Read,
    Unit,
    Use,
    Work,
    element_of,
    join,
    strongest,
)
from provkit.stages.names import names_results, variable_hint
from provkit.stages.reading import Names

_BUILTINS = frozenset(dir(builtins))

PLOTTERS = frozenset({"matplotlib.pyplot", "seaborn", "plotly.express", "plotly.graph_objects"})
"""Modules that stand for a figure where they are given to a function."""
_SUBMODULES = frozenset({"numpy.random", "numpy.linalg", "numpy.fft"})
"""Modules that come with all names of another one."""
_META = frozenset(
    {"shape", "size", "columns", "index", "dtypes", "dtype", "ndim", "feature_names", "n_features"}
)
_VIEWS = frozenset({"T", "values", "loc", "iloc", "at", "iat", "str", "dt", "cat", "flat", "real"})
_LEARNT = frozenset(
    {"weight", "bias", "coef", "coefs", "intercept", "params", "history", "best_iteration"}
)
"""Attributes that hold what a model has learnt, without the underscore of scikit-learn."""
_LEARNT_OF_DATA = frozenset(
    {
        "vocabulary_",
        "idf_",
        "stop_words_",
        "classes_",
        "categories_",
        "feature_names_in_",
        "n_features_in_",
    }
    | {"mean_", "scale_", "var_", "data_min_", "data_max_", "statistics_"}
)
"""Attributes in which a transformer keeps what it has seen of data."""
_BEST = frozenset({"best_estimator_", "best_model", "best_estimator", "final_estimator_"})
_MODEL_PARTS = frozenset({"steps", "named_steps", "estimator", "transformers_", "module"})


class Expressions:
    """Reads the expressions of one statement after the other; knows the names bound so far."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.names = Names()
        self.unit: Unit | None = None
        self.context: list[tuple[str | None, str | None]] = []
        """Around the expression being read: the stage of each call, and the role of the argument."""
        self.starred: list[str] = []
        """Modules of which all names were imported."""
        self.filled: list[Unit] = []
        """Units that bound the containers filled so far."""
        self.by_methods: dict[str, Meaning] = {}
        """What names of unknown things stand for, by the methods that are called on them."""
        self.parted: set[str] = set()
        """Names of arrays of which a single column is taken somewhere: X and y are separated."""
        self.part_names: set[str] = set()
        """Names bound that are those of parts of the data: a test set has a training set beside it."""
        self.divided: set[tuple[str, str, bool]] = set()
        """Where ranges of rows of arrays begin and end."""

    # ---------------------------------------------------------------- reading

    def read(self, node: ast.expr | None) -> Read:
        """Read an expression: what it stands for, and what work it does."""
        if node is None:
            return CONSTANT, None
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Read = method(node)
            return found
        return self._mixed([c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)])

    def read_all(self, nodes: Iterable[ast.expr]) -> list[Read]:
        """Read several expressions in their order."""
        return [self.read(node) for node in nodes]

    def in_context(self, node: ast.expr, stage: str | None, role: str | None) -> Read:
        """Read an argument of a call of a stage."""
        self.context.append((stage, role))
        try:
            return self.read(node)
        finally:
            self.context.pop()

    def use(self, binding: Binding, *, fills: bool = False) -> None:
        """Note that the statement being read uses what another one bound."""
        if binding.unit is None or self.unit is None or binding.unit is self.unit:
            return
        stage, role = self.context[-1] if self.context else (None, None)
        binding.unit.uses.append(Use(self.unit, role, stage, fills))
        if fills:
            self.filled.append(binding.unit)

    def _mixed(self, nodes: Sequence[ast.expr]) -> Read:
        reads = self.read_all(nodes)
        return join([meaning for meaning, _ in reads]), strongest(reads)

    # ---------------------------------------------------------------- leaves

    def _constant(self, node: ast.Constant) -> Read:
        return (Meaning("text", literal=True) if isinstance(node.value, str) else CONSTANT), None

    def _joinedstr(self, node: ast.JoinedStr) -> Read:
        parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        if not parts:
            return Meaning("text", literal=True), None
        meaning, work = self._mixed(parts)
        return (meaning if meaning.sort != "constant" else Meaning("text")), work

    def _name(self, node: ast.Name) -> Read:
        binding = self.names.find(node.id)
        if binding is not None:
            self.use(binding)
            return binding.meaning, None
        for module in reversed(self.starred):  # `from numpy import *`
            name = f"{module}.{node.id}"
            if self.knowledge.entry(name) is not None or name in _SUBMODULES:
                return self._member(name), None
        if node.id in _BUILTINS:
            return Meaning("constant", name=f"builtins.{node.id}"), None
        if node.id in ("__file__", "__name__", "__doc__"):
            return Meaning("path" if node.id == "__file__" else "text"), None
        return variable_hint(node.id) or UNKNOWN, None

    def _lambda(self, node: ast.Lambda) -> Read:
        return self._inside([], node.body)

    def _await(self, node: ast.Await) -> Read:
        return self.read(node.value)

    def _starred(self, node: ast.Starred) -> Read:
        return self.read(node.value)

    def _namedexpr(self, node: ast.NamedExpr) -> Read:
        meaning, work = self.read(node.value)
        self.names.own[node.target.id] = Binding(meaning, self.unit)
        return meaning, work

    # ---------------------------------------------------------------- containers

    def _tuple(self, node: ast.Tuple) -> Read:
        reads = self.read_all(node.elts)
        meanings = [meaning for meaning, _ in reads]
        whole = join(meanings)
        literal = all(meaning.literal for meaning in meanings)
        return replace(whole, type=None, parts=tuple(meanings), literal=literal), strongest(reads)

    _list = _tuple
    _set = _tuple

    def _dict(self, node: ast.Dict) -> Read:
        self.read_all([key for key in node.keys if key is not None])
        reads = self.read_all([value for value in node.values if value is not None])
        literal = all(meaning.literal for meaning, _ in reads)
        return replace(join([meaning for meaning, _ in reads]), literal=literal), strongest(reads)

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Read:
        return self._inside(node.generators, node.elt)

    _setcomp = _listcomp
    _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Read:
        return self._inside(node.generators, node.key, node.value)

    def _inside(self, generators: Sequence[ast.comprehension], *results: ast.expr) -> Read:
        """Read a comprehension or a lambda, whose names are its own."""
        outer = self.names
        self.names = Names(outer)
        works = []
        try:
            for generator in generators:
                meaning, work = self.read(generator.iter)
                if meaning.sort == "file":
                    work = Work("data_loading", 0.75, "reads a file line by line")
                works.append((meaning, work))
                self.bind_target(generator.target, element_of(meaning), None)
                works.extend(self.read_all(generator.ifs))
            reads = self.read_all(results)
        finally:
            self.names = outer
        meaning = join([meaning for meaning, _ in reads])
        if generators and meaning.sort in ("constant", "text", "unknown"):
            meaning = join([meaning, *(meaning for meaning, _ in works)])
        if meaning.sort == "data" and not strongest([*works, *reads]):
            return meaning, Work("preprocessing", 0.6, "goes through data item by item", firm=False)
        return meaning, strongest([*works, *reads])

    # ---------------------------------------------------------------- operations

    def _binop(self, node: ast.BinOp) -> Read:
        # A sum of hundreds of terms is as deep as it is long: it is gone through, not descended into.
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        read = self.read(chain[-1].left)
        for part in reversed(chain):
            both = [read, self.read(part.right)]
            read = self._arithmetic(both, formats=isinstance(part.op, ast.Mod))
            if isinstance(part.op, ast.Div) and both[1][0].sort == "text":
                read = Meaning("path"), read[1]  # nothing else is divided by a text
        return read

    def _arithmetic(self, reads: list[Read], *, formats: bool = False) -> Read:
        work = strongest(reads)
        meaning = join([meaning for meaning, _ in reads])
        if formats and reads[0][0].sort == "text":
            return meaning, work
        if reads[0][0].sort == "path" and not work:
            return Meaning("path"), work
        if work is not None and work.stage == "training":
            return Meaning("weights"), work
        if meaning.sort in RESULTS and work is not None and not work.firm and _takes_part(work):
            work = Work("evaluation", 0.7, "holds predictions against data", firm=False)
        if meaning.sort in DATA and (
            work is None or (meaning.sort == "data" and _only_takes(work))
        ):
            stage = "preprocessing" if meaning.sort == "data" else "data_loading"
            work = Work(stage, 0.6, "arithmetic on data", firm=False)
        return replace(meaning, parts=(), literal=meaning.literal and work is None), work

    def _compare(self, node: ast.Compare) -> Read:
        reads = self.read_all([node.left, *node.comparators])
        return self._arithmetic(reads)

    def _ifexp(self, node: ast.IfExp) -> Read:
        self.read(node.test)
        return self._mixed([node.body, node.orelse])

    # ---------------------------------------------------------------- parts

    def _attribute(self, node: ast.Attribute) -> Read:
        owner, work = self.read(node.value)
        return self.attribute_of(owner, work, node.attr)

    def attribute_of(self, owner: Meaning, work: Work | None, name: str) -> Read:
        """Say what an attribute of something is."""
        if owner.name is not None:
            return self._member(f"{owner.name}.{name}"), work
        if (
            owner.definition is not None
            and owner.definition.nature is not None
            and name in owner.definition.methods
            # What everybody means by `fit` and `predict` says more than a body full of arithmetic.
            and self.knowledge.method(owner.definition.nature.concept, name) is None
        ):
            return Meaning(definition=owner.definition.methods[name]), work
        if owner.sort in ("model", "transformer"):
            if name in _MODEL_PARTS:
                return Meaning(owner.sort), work
            if name in _BEST:
                look = Work("evaluation", 0.8, f"takes .{name} of a search", firm=False)
                return Meaning("model", concept="estimator"), strongest(
                    [(owner, work), (owner, look)]
                )
            hint = variable_hint(name)
            if owner.sort == "model" and hint is not None and hint.sort == "transformer":
                return hint, work
            if owner.sort == "transformer" and name in _LEARNT_OF_DATA:
                return Meaning("meta"), work if work is not None and work.firm else None
            if name.endswith("_") and not name.startswith("_"):
                look = Work("evaluation", 0.8, f"looks at .{name} of what was fitted", firm=False)
                return Meaning("scores"), strongest([(owner, work), (owner, look)])
            if owner.concept == "fitted_model" or name in _LEARNT:
                look = Work("evaluation", 0.75, f"looks at .{name} of a model", firm=False)
                return Meaning("scores"), strongest([(owner, work), (owner, look)])
            return Meaning("unknown" if owner.sort == "transformer" else "option"), work
        if owner.sort in ("display", "plot"):
            shown = name in ("ax_", "figure_", "axes_") or owner.sort == "plot"
            return Meaning("plot" if shown else "scores"), work
        if owner.sort in RESULTS and name in ("shape", "size", "index", "columns"):
            return Meaning("meta"), None
        if owner.sort == "meta" and name == "plot":
            return Meaning("plot"), Work("visualisation", 0.9, "plots a table")
        if owner.sort in DATA or owner.sort in RESULTS:
            if name == "plot":
                return Meaning("plot"), Work("visualisation", 0.9, "plots a table")
            if owner.sort in RESULTS:
                return Meaning(owner.sort), work
            if name in ("dtype", "dtypes", "ndim"):
                return Meaning("meta"), work if work is not None and work.firm else None
            if name in _META:
                return Meaning("meta"), work
            if owner.sort == "bundle":
                found = Meaning("data")
                return found, work or Work(
                    "data_loading", 0.85, f"takes .{name} out of a data set", firm=False
                )
            return Meaning(owner.sort, type=owner.type if name in _VIEWS else None), work
        if owner.sort == "constant" and owner.literal and name in _VIEWS:
            return owner, work
        return Meaning(owner.sort if owner.sort not in ("constant", "text") else "unknown"), work

    def _member(self, name: str) -> Meaning:
        entry = self.knowledge.entry(name)
        plots = entry.stage == "visualisation" if entry is not None else name in PLOTTERS
        sort = "plot" if plots else "constant"
        return Meaning(sort, name=name, entry=entry)  # type: ignore[arg-type]

    def _subscript(self, node: ast.Subscript) -> Read:
        owner, work = self.read(node.value)
        # What picks columns or rows is not itself given to whom the part is given.
        index, _ = self.in_context(node.slice, None, "index")
        if owner.parts and isinstance(node.slice, ast.Constant):
            position = node.slice.value
            if isinstance(position, int) and -len(owner.parts) <= position < len(owner.parts):
                return owner.parts[position], work
        if owner.sort == "order":
            return Meaning("splitter"), Work("split", 0.7, "takes a part of the rows", firm=False)
        if owner.sort in DATA:
            return self._part_of_data(node, owner, index, work)
        if owner.name in ("numpy.c_", "numpy.r_"):  # puts side by side what stands in the brackets
            what = f"calls {owner.name}"
            if index.sort in DATA:
                stage = "feature_engineering" if index.sort == "data" else "data_loading"
                return Meaning(index.sort), work or Work(stage, 0.6, what, firm=False)
            return replace(index, parts=()), work
        if owner.name is not None and owner.name.startswith("typing."):
            return Meaning("option"), None
        if owner.name is not None:  # a generic class, or `plt.rcParams[...]`
            return (owner if owner.sort == "plot" else UNKNOWN), work
        return replace(owner, parts=(), literal=False), work

    def _part_of_data(
        self, node: ast.Subscript, owner: Meaning, index: Meaning, work: Work | None
    ) -> Read:
        kept = Meaning("data" if owner.sort == "bundle" else owner.sort, type=owner.type)
        if index.sort in RESULTS and owner.sort != "bundle":
            return Meaning("scores"), work
        if work is not None and (work.firm or (work.by_name and work.stage == "split")):
            return kept, work
        stage, evidence = parts.slicing(node, owner, index)
        if evidence == "chooses columns" and ast.unparse(node.value) in self.parted:
            stage, evidence = "preprocessing", "separates columns"
        elif stage == "split" and not self._is_divided(node):
            stage = "preprocessing"
        if owner.sort == "generated" and stage != "split" and evidence != "adds an axis":
            return kept, Work("data_loading", 0.5, "part of generated data", firm=False)
        return kept, Work(stage, 0.7, evidence, firm=False)

    def _is_divided(self, node: ast.Subscript) -> bool:
        """Tell whether rows are taken of what is divided: those before a point here, those after it elsewhere."""
        point = parts.point_of_division(node)
        return point is None or (point[0], point[1], not point[2]) in self.divided

    def _slice(self, node: ast.Slice) -> Read:
        parts = [part for part in (node.lower, node.upper, node.step) if part is not None]
        return self._mixed(parts)

    # ---------------------------------------------------------------- calls

    def _call(self, node: ast.Call) -> Read:
        return calls.read_call(self, node)

    def run(self, definition: Definition, arguments: list[Meaning]) -> Meaning:
        """Say what a function of the program's own gives back; its body is read when it is first called."""
        del arguments
        return definition.result or UNKNOWN

    # ---------------------------------------------------------------- binding

    def bind_target(self, target: ast.expr, meaning: Meaning, unit: Unit | None) -> None:
        """Bind what is assigned to: names, parts of tuples."""
        if isinstance(target, ast.Name):
            if meaning.guessed and target.id in self.by_methods:
                meaning = self.by_methods[target.id]
            elif meaning.guessed and (hint := names_results(target.id)) is not None:
                meaning = hint
            elif meaning.sort == "unknown" and meaning.name is None and meaning.definition is None:
                meaning = self.by_methods.get(target.id) or variable_hint(target.id) or meaning
            self.names.own[target.id] = Binding(replace(meaning, literal=False), unit)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, meaning, unit)
        elif isinstance(target, ast.Tuple | ast.List):
            parts = meaning.parts if len(meaning.parts) == len(target.elts) else ()
            for position, part in enumerate(target.elts):
                inner = parts[position] if parts else element_of(meaning)
                self.bind_target(part, inner, unit)


def _takes_part(work: Work) -> bool:
    return work.stage in ("split", "preprocessing", "data_loading", "feature_engineering")


def _only_takes(work: Work) -> bool:
    return not work.firm and work.stage == "data_loading"
