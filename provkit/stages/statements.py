"""Reading a program statement by statement: units with the work found in each, in the order of the text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from provkit.bindings import bound_names, parameters_of, place
from provkit.knowledge import Knowledge
from provkit.stages import handwritten, parts, tags
from provkit.stages.assignments import Assignments
from provkit.stages.definitions import is_no_step, nature_by_use, nature_of, work_of_class
from provkit.stages.ipython_syntax import sets_up_notebook
from provkit.stages.known_calls import instance_of
from provkit.stages.meanings import (
    DATA,
    PRINTS_DATA,
    PRINTS_FILE,
    RESULTS,
    SHOWS_DATA,
    UNKNOWN,
    Binding,
    Definition,
    Meaning,
    Unit,
    Work,
    element_of,
    join,
    strongest,
)
from provkit.stages.names import (
    PROGRESS_WORDS,
    RESULT_WORDS,
    function_hint,
    names_a_data_set,
    names_a_part,
    variable_hint,
)
from provkit.stages.reading import Names

_SUMMARIES = frozenset(
    {
        "sum",
        "mean",
        "std",
        "var",
        "min",
        "max",
        "median",
        "count",
        "nunique",
        "unique",
        "any",
        "all",
    }
    | {"quantile", "value_counts", "corr", "describe", "head", "tail", "sample", "info", "size"}
    | {"sort_values", "sort_index", "nlargest", "nsmallest", "query", "isnull", "isna", "groupby"}
    | {"agg", "aggregate", "pivot_table", "pivot", "duplicated", "unstack"}
)
_PROJECTION = "sklearn.decomposition.PCA"
"""The class whose objects are used as those of one's own that is named for making features."""
_FAINT = 0.6
"""How sure at most an operation is of its stage that says nothing but what its input is."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_main_block(node: ast.stmt) -> bool:
    """Tell whether a statement is `if __name__ == "__main__":`."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def is_flattened(node: ast.stmt) -> bool:
    """Tell whether the statements of a block are units of their own: the main block, and a function `main`."""
    return is_main_block(node) or (isinstance(node, FUNCTIONS) and node.name == "main")


class Program(Assignments):
    """Reads a program's statements; what each unit is, is decided afterwards."""

    def __init__(self, knowledge: Knowledge, lines: Sequence[str] = ()) -> None:
        super().__init__(knowledge)
        self._tags = tags.tags_of(lines)
        self._definitions: list[Definition] = []
        self._result: list[Meaning] | None = None
        self._depth = 0
        self.cell: int | None = None
        """Number of the notebook's cell being read."""

    # ---------------------------------------------------------------- blocks

    def note_methods(self, tree: ast.Module) -> None:
        """Note what each name is by what is read and called of it: what is fitted and predicts is a model."""
        used: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if (table := parts.parted_array(node)) is not None:
                self.parted.add(table)
            if (point := parts.point_of_division(node)) is not None:
                self.divided.add(point)
            if (
                isinstance(node, ast.Name)
                and isinstance(node.ctx, ast.Store)
                and names_a_part(node.id)
            ):
                self.part_names.add(node.id)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
        for name, attributes in used.items():
            if attributes & {"items", "keys", "values"}:
                self.mappings.add(name)
            nature = nature_by_use(attributes)
            if nature is not UNKNOWN:
                self.by_methods[name] = nature

    def block(self, body: Sequence[ast.stmt]) -> list[Unit]:
        """Read statements; give a unit for each."""
        return [self.statement(node) for node in body]

    def finish(self) -> None:
        """Read the functions that nobody called."""
        for definition in self._definitions:
            self.run(definition, [])

    def statement(self, node: ast.stmt) -> Unit:
        """Read one statement."""
        unit = Unit(
            node,
            place(node),
            tag=self._tags.get(node.lineno),
            names=bound_names(node),
            parent=self.unit,
            cell=self.cell,
        )
        outer, self.unit = self.unit, unit
        filled_before = len(self.filled)
        try:
            self._dispatch(node, unit)
        finally:
            self.unit = outer
        unit.filled = self.filled[filled_before:]
        return unit

    def _dispatch(self, node: ast.stmt, unit: Unit) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node, unit)
        elif isinstance(node, FUNCTIONS):
            self._function(node, unit)
        elif isinstance(node, ast.ClassDef):
            self._class(node, unit)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            self._assign(node, unit)
        elif isinstance(node, ast.Expr):
            self._expression(node, unit)
        elif isinstance(node, ast.Return):
            self._return(node, unit)
        elif isinstance(node, ast.Delete) and all(isinstance(t, ast.Name) for t in node.targets):
            unit.works.append(Work("other", 0.8, "lets go of names"))
        elif isinstance(node, ast.Raise):
            self.read_all([part for part in (node.exc, node.cause) if part is not None])
            unit.works.append(Work("other", 0.8, "raises an error"))
        elif isinstance(node, ast.For | ast.AsyncFor | ast.While):
            self._loop(node, unit)
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node, unit)
        elif isinstance(node, ast.If | ast.Try | ast.Match) or type(node).__name__ == "TryStar":
            self._branches(node, unit)
        else:
            reads = self.read_all(
                [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
            )
            unit.sort = join([meaning for meaning, _ in reads]).sort
            self._add(unit, strongest(reads))

    @staticmethod
    def _add(unit: Unit, work: Work | None) -> None:
        if work is not None:
            unit.works.append(work)

    # ---------------------------------------------------------------- names

    def _import(self, node: ast.Import | ast.ImportFrom, unit: Unit) -> None:
        unit.works.append(Work("imports", 0.99, "imports names"))
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) and alias.name == "*":
                self.starred.append(node.module or "")
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                meaning = self._member(f"{module}.{alias.name}")
                self.names.own[alias.asname or alias.name] = Binding(meaning, None)
            elif alias.asname:
                self.names.own[alias.asname] = Binding(self._member(alias.name), None)
            else:
                top = alias.name.partition(".")[0]
                self.names.own[top] = Binding(self._member(top), None)

    # ---------------------------------------------------------------- simple statements

    def _expression(self, node: ast.Expr, unit: Unit) -> None:
        value = node.value
        if isinstance(value, ast.Constant):
            unit.works.append(Work("other", 0.97, "a text or constant that nobody uses"))
            return
        if sets_up_notebook(value):
            unit.works.append(Work("imports", 0.9, "sets up the notebook"))
            return
        meaning, work = self.read(value)
        unit.sort = meaning.sort
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id
            in (
                "print",
                "pprint",
                "display",
            )
        ):
            self._print(value, meaning, work, unit)
            return
        if isinstance(value, ast.JoinedStr):
            self._print(value, meaning, work, unit)
            return
        only_shows = (work is None or not work.firm) and (
            not isinstance(value, ast.Call)
            or _summarises(value)
            or (
                work is not None
                and work.confidence <= _FAINT
                and not work.by_name
                and not _in_place(value)
            )
        )
        if work is None and meaning.sort == "model" and isinstance(value, ast.Name):
            stage = "evaluation" if meaning.concept == "fitted_model" else "other"
            unit.works.append(Work(stage, 0.6, "shows a model"))
        elif only_shows and meaning.sort in DATA | {"meta"}:
            unit.works.append(Work("other", 0.8, SHOWS_DATA))
        else:
            self._add(unit, work)

    def _print(
        self, call: ast.Call | ast.JoinedStr, meaning: Meaning, work: Work | None, unit: Unit
    ) -> None:
        """Read a print: results are evaluation; what is only said, or shown of raw data, is not."""
        texts = [
            inner.value
            for inner in ast.walk(call)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
        ]
        said = " ".join(texts)
        if any(getattr(inner, "attr", "") == "__version__" for inner in ast.walk(call)):
            unit.works.append(Work("other", 0.85, "prints a version", sets_up=True))
            return
        if work is not None and work.evidence == "reads a file":
            unit.works.append(Work("other", 0.75, PRINTS_FILE))
        elif meaning.sort == "model" and meaning.concept in ("fitted_model", "trainer"):
            unit.works.append(Work("evaluation", 0.75, "prints what was fitted"))
        elif meaning.sort == "clock" and (work is None or not work.firm):
            unit.works.append(Work("other", 0.9, "prints a time"))
        elif work is not None and (work.firm or work.stage == "evaluation"):
            unit.works.append(
                Work("evaluation", 0.9, f"prints what {work.evidence}")
                if work.stage in ("training", "visualisation")
                else work
            )
        elif meaning.sort in ("scores", "prediction", "display"):
            unit.works.append(Work("evaluation", 0.9, "prints results"))
        elif meaning.sort in ("constant", "text") and not _names_in(call):
            unit.prints = said
            unit.is_progress = bool(PROGRESS_WORDS.search(said)) or not RESULT_WORDS.search(said)
        elif (
            RESULT_WORDS.search(said)
            and not PROGRESS_WORDS.search(said)
            and meaning.sort not in DATA
            and meaning.sort != "option"
        ):
            unit.works.append(Work("evaluation", 0.65, "prints what its text calls results"))
        else:
            unit.works.append(Work("other", 0.8, PRINTS_DATA))

    def _return(self, node: ast.Return, unit: Unit) -> None:
        meaning, work = self.read(node.value)
        unit.sort = meaning.sort
        self._add(unit, work)
        if self._result is not None:
            self._result.append(meaning)

    # ---------------------------------------------------------------- compound statements

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, unit: Unit) -> None:
        unit.is_block = True
        if isinstance(node, ast.While):
            self.read(node.test)
        else:
            meaning, work = self.read(node.iter)
            if meaning.sort == "file":
                work = Work("data_loading", 0.75, "reads a file line by line")
            self._add(unit, work)
            element = element_of(meaning)
            if (
                isinstance(node.iter, ast.Call)
                and isinstance(node.iter.func, ast.Attribute)
                and (node.iter.func.attr == "split" and work is not None and work.stage == "split")
            ):
                element = Meaning("splitter", parts=(Meaning("splitter"), Meaning("splitter")))
            self.bind_target(node.target, element, unit)
        unit.pattern = handwritten.iterated_correction(node, self.names)
        if unit.pattern is None:
            unit.pattern = handwritten.corrected_cell(node)
        else:
            for name in handwritten.corrected_names(node):
                binding = self.names.find(name)
                if binding is not None:
                    binding.meaning = Meaning("weights")
        unit.children = self.block([*node.body, *node.orelse])

    def _with(self, node: ast.With | ast.AsyncWith, unit: Unit) -> None:
        unit.is_block = True
        for item in node.items:
            meaning, work = self.read(item.context_expr)
            if work is not None and work.stage not in ("other", None):
                self._add(unit, work)
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, meaning, unit)
        unit.children = self.block(node.body)
        if all(any(w.evidence == PRINTS_FILE for w in part.works) for part in unit.children):
            unit.pattern = Work("other", 0.75, PRINTS_FILE)

    def _branches(self, node: ast.stmt, unit: Unit) -> None:
        unit.is_block = True
        unit.is_header = is_main_block(node)
        if handwritten.tries_to_import(node):
            unit.pattern = Work("imports", 0.9, "imports what may not be installed")
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self.read(part)
        blocks: list[ast.stmt] = list(getattr(node, "body", []))
        for handler in getattr(node, "handlers", []):
            if handler.name:
                self.names.own[handler.name] = Binding(Meaning("option"), unit)
            blocks.extend(handler.body)
        for case in getattr(node, "cases", []):
            blocks.extend(case.body)
        unit.children = self.block(
            [*blocks, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        )

    # ---------------------------------------------------------------- definitions

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, unit: Unit) -> None:
        unit.is_block = True
        unit.is_header = node.name == "main" and self.names is self.module and self.cell is None
        for default in (*node.args.defaults, *node.args.kw_defaults):
            self.read(default)
        definition = Definition(node.name, node, unit)
        unit.definition = definition
        self.names.own[node.name] = Binding(Meaning(definition=definition), unit)
        self._definitions.append(definition)

    def run(self, definition: Definition, arguments: list[Meaning]) -> Meaning:
        """Say what a function gives back; its body is read when it is first called, with what it was given."""
        if definition.result is not None or definition.is_running:
            return definition.result or UNKNOWN
        node = definition.node
        if isinstance(node, ast.ClassDef) or self._depth > 8:
            return UNKNOWN
        definition.is_running = True
        outer = (self.names, self.unit, self._result, self.context)
        self.names, self._result, self.context = Names(self.module), [], []
        self._depth += 1
        parameters = [name for name in parameters_of(node) if name not in ("self", "cls")]
        for position, name in enumerate(parameters):
            given = arguments[position] if position < len(arguments) else UNKNOWN
            known = given.sort != "unknown" or given.definition is not None
            if not known:
                hint = variable_hint(name) or UNKNOWN
                said = self._annotated(node, name)
                given = said if said.sort != "unknown" and hint.sort not in RESULTS else hint
            self.names.own[name] = Binding(replace(given, literal=False), None)
        self.unit = definition.unit
        try:
            definition.unit.children = self.block(node.body)
            if not any(child.pattern for child in definition.unit.children):
                definition.unit.pattern = handwritten.comparison(
                    node
                ) or handwritten.corrected_cell(node)
            results = self._result or []
            definition.result = (
                results[0] if len(results) == 1 else join(results) if results else UNKNOWN
            )
        finally:
            self.names, self.unit, self._result, self.context = outer
            self._depth -= 1
            definition.is_running = False
        return definition.result

    def _annotated(self, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Meaning:
        """Say what a parameter is by its annotation: `model: SentenceTransformer`, `table: pd.DataFrame | None`."""
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        said = next((argument.annotation for argument in every if argument.arg == name), None)
        if isinstance(said, ast.Subscript) and getattr(said.value, "id", "") == "Optional":
            said = said.slice
        if isinstance(said, ast.BinOp):
            said = said.left
        if not isinstance(said, ast.Name | ast.Attribute):
            return UNKNOWN
        meaning, _ = self.read(said)
        named = meaning.name
        return instance_of(self, named) if named and not named.startswith("builtins.") else UNKNOWN

    def _class(self, node: ast.ClassDef, unit: Unit) -> None:
        unit.is_block = True
        bases = [self.read(base)[0] for base in node.bases]
        methods = {inner.name for inner in node.body if isinstance(inner, FUNCTIONS)}
        definition = Definition(node.name, node, unit)
        unit.definition = definition
        definition.nature = nature_of(bases, methods)
        if (
            definition.nature.sort == "transformer"
            and definition.nature.type is None
            and function_hint(node.name) == "feature_engineering"
        ):
            definition.nature = replace(definition.nature, type=_PROJECTION)
        if definition.nature is UNKNOWN and names_a_data_set(node.name):
            definition.nature = Meaning("data", concept="dataset")
        self.names.own[node.name] = Binding(Meaning(definition=definition), unit)
        outer = self.names
        self.names = Names(outer)
        unit.children = self.block(node.body)
        for child in unit.children:
            if child.definition is not None:
                definition.methods[child.definition.name] = child.definition
        self.names = outer
        if any(is_no_step(base) for base in bases):
            unit.pattern = Work("other", 0.85, "defines an error, or what a service is given")
            return
        inherited = self.knowledge.entry(definition.nature.type) if definition.nature.type else None
        unit.pattern = work_of_class(
            definition.nature, methods, inherited.stage if inherited is not None else None
        )


def _summarises(call: ast.Call) -> bool:
    """Tell whether a method only sums up what it is called on: shown, and kept nowhere, it is a look at it."""
    if isinstance(call.func, ast.Name):
        return call.func.id in (
            "sum",
            "len",
            "min",
            "max",
            "round",
            "set",
            "list",
            "sorted",
            "type",
        )
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in _SUMMARIES
        and not _in_place(call)
    )


def _in_place(call: ast.Call) -> bool:
    return any(keyword.arg == "inplace" for keyword in call.keywords)


def _names_in(call: ast.Call | ast.JoinedStr) -> bool:
    if isinstance(call, ast.JoinedStr):
        return any(isinstance(inner, ast.Name) for inner in ast.walk(call))
    return any(
        isinstance(inner, ast.Name) and inner is not call.func
        for argument in [*call.args, *(keyword.value for keyword in call.keywords)]
        for inner in ast.walk(argument)
    )
