"""Reading assignments: what is bound, and what a store into a part of something does."""

from __future__ import annotations

import ast
from dataclasses import replace

from provkit.knowledge import Knowledge
from provkit.stages import parts
from provkit.stages.expressions import Expressions
from provkit.stages.meanings import (
    DATA,
    RESULTS,
    UNKNOWN,
    Meaning,
    Unit,
    Work,
    join,
)
from provkit.stages.names import names_a_part, names_answers, names_results, variable_hint


class Assignments(Expressions):
    """Reads assignments of all kinds."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self.module = self.names
        self.mappings: set[str] = set()
        """Names of what the program goes through by key: no model is."""

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, unit: Unit) -> None:
        meaning, work = self.read(node.value)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if isinstance(node, ast.AugAssign):
            meaning, work = self._augmented(node, meaning, work)
        if isinstance(node.value, ast.Call | ast.Attribute | ast.Subscript) and any(
            getattr(part, "attr", "") == "__version__" for part in ast.walk(node.value)
        ):
            meaning, work = Meaning("option"), Work("other", 0.85, "asks for a version")
        elif _reads_settings(node.value, unit.names):
            meaning, work = Meaning("option"), Work("other", 0.8, "reads settings")
        unit.sort = meaning.sort
        unit.literal = meaning.literal
        if len(unit.names) == 1 and work is None:
            name = unit.names[0]
            hint = self.by_methods.get(name)
            if meaning.sort == "unknown":
                hint = hint or variable_hint(name)
                unit.sort = hint.sort if hint is not None else "unknown"
            elif meaning.guessed and (hint := hint or names_results(name)) is not None:
                unit.sort = hint.sort
        if isinstance(node.value, ast.Attribute) and meaning.name is None and len(unit.names) == 1:
            hint = variable_hint(unit.names[0])
            if hint is not None and hint.sort == "transformer":
                meaning, unit.sort = hint, "transformer"
        if names_answers(unit.names) and meaning.sort in DATA and (work is None or not work.firm):
            meaning = Meaning("prediction")
            unit.sort = "prediction"
            work = Work("evaluation", 0.65, f"is called {unit.names[0]}", firm=False)
        work = self._parted(unit, meaning, work)
        if work is not None:
            unit.works.append(work)
        if self._loads_data(unit):
            meaning = Meaning("data")
            unit.sort = "data"
        elif self._loads_model(unit):
            meaning = Meaning("model", concept="fitted_model")
        if (
            meaning.name is not None
            and (meaning.entry is None or meaning.entry.stage is None)
            and isinstance(node.value, ast.Name | ast.Attribute)
            and len(unit.names) == 1
            and not unit.works
        ):
            unit.renames = meaning.name
        for target in targets:
            if isinstance(target, ast.Attribute | ast.Subscript):
                self._store(target, meaning, unit)
            else:
                self.bind_target(target, meaning, unit)

    def _loads_data(self, unit: Unit) -> bool:
        """Tell whether what reads a model elsewhere reads data here: `data = torch.load(path)`."""
        hint = variable_hint(unit.names[0]) if unit.names else None
        found = unit.works[-1] if unit.works else None
        if (
            found is None
            or found.stage != "model_definition"
            or "load" not in found.evidence
            or not (
                (hint is not None and hint.sort == "data") or self.mappings.intersection(unit.names)
            )
        ):
            return False
        unit.works[-1] = replace(found, stage="data_loading", confidence=0.7)
        return True

    def _loads_model(self, unit: Unit) -> bool:
        """Take what is loaded for a model, where only a name says that something is, and it predicts later."""
        nature = self.by_methods.get(unit.names[0]) if len(unit.names) == 1 else None
        found = unit.works[-1] if unit.works else None
        if (
            nature is not None
            and nature.sort == "model"
            and found is not None
            and found.by_name
            and found.stage == "data_loading"
        ):
            unit.works[-1] = replace(found, stage="model_definition", firm=True)
            return True
        return False

    def _parted(self, unit: Unit, meaning: Meaning, work: Work | None) -> Work | None:
        """Take a choice of rows for a part of the split, where the names say what the part is kept for."""
        if (
            work is not None
            and work.by_name
            and work.stage == "split"
            and unit.names
            and any(map(names_a_part, unit.names))
        ):
            return replace(work, confidence=0.8, firm=True)
        chosen = ("filters rows", "takes the rows of a fold", "takes a range of rows")
        if (
            work is not None
            and not work.firm
            and meaning.sort in DATA
            and unit.names
            and all(map(names_a_part, unit.names))
            and len(self.part_names) > 1
            and work.evidence in chosen
            and not (work.evidence == "filters rows" and parts.filters_a_part(unit.node))
        ):
            return replace(work, stage="split", evidence=f"{work.evidence}, for {unit.names[0]}")
        if (
            work is not None
            and work.evidence == "takes a range of rows"
            and self.names is self.module
            and parts.takes_rows_apart(unit.node, unit.names)
        ):
            return replace(work, stage="split")
        return work

    def _augmented(
        self, node: ast.AugAssign, meaning: Meaning, work: Work | None
    ) -> tuple[Meaning, Work | None]:
        held = UNKNOWN
        if isinstance(node.target, ast.Name):
            binding = self.names.find(node.target.id)
            if binding is not None:
                self.use(binding, fills=isinstance(node.op, ast.Add))
                held = binding.meaning
        else:
            held, _ = self.read(ast.copy_location(_loaded(node.target), node.target))
        both = self._arithmetic([(held, None), (meaning, work)])
        return replace(both[0], literal=False), both[1]

    def _store(self, target: ast.Attribute | ast.Subscript, meaning: Meaning, unit: Unit) -> None:
        """Read a store into a part of something: a new column, an option, an attribute of a model."""
        owner, _ = self.read(_loaded(target.value))
        root = target.value
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        binding = self.names.find(root.id) if isinstance(root, ast.Name) else None
        index = self.read(target.slice)[0] if isinstance(target, ast.Subscript) else UNKNOWN
        if owner.sort == "plot":
            sets_up = owner.name is not None
            unit.works.append(
                Work("visualisation", 0.85, "sets a property of a plot", sets_up=sets_up)
            )
        elif owner.sort in ("model", "transformer") and owner.name is None:
            firm = isinstance(target, ast.Attribute)
            unit.works.append(
                Work("model_definition", 0.8, "sets an attribute of a model", firm=firm)
            )
        elif owner.sort in RESULTS:
            if binding is not None:
                self.use(binding, fills=True)
            unit.works.append(Work("evaluation", 0.7, "changes results", firm=False))
        elif owner.sort in DATA:
            self._stored_in_data(target, owner, meaning, unit)
        elif owner.sort in ("option", "constant", "unknown") and owner.name is None:
            if binding is not None:
                self.use(binding, fills=True)
                if owner.sort != "option":
                    binding.meaning = replace(
                        join([binding.meaning, meaning, *_counted(index)]),
                        parts=(),
                        literal=False,
                        type=None,
                    )
            if index.sort in RESULTS:
                unit.works.append(Work("evaluation", 0.7, "counts predictions", firm=False))
            unit.sort = meaning.sort if meaning.sort != "constant" else owner.sort

    def _stored_in_data(
        self,
        target: ast.Attribute | ast.Subscript,
        owner: Meaning,
        meaning: Meaning,
        unit: Unit,
    ) -> None:
        if any(work.firm for work in unit.works):
            return
        if meaning.sort in ("prediction", "scores"):
            unit.works.append(Work("evaluation", 0.7, "adds results to a table"))
            return
        name = parts.column_of(target)
        value = getattr(unit.node, "value", None)
        remade = any(
            name is not None
            and (parts.column_of(inner) or getattr(inner, "attr", None)) == name
            and parts.root_of(inner) == parts.root_of(target)
            for inner in (ast.walk(value) if isinstance(value, ast.AST) else ())
        )
        if owner.sort == "generated":
            unit.works.insert(0, Work("data_loading", 0.5, "changes generated data", firm=False))
        elif name is not None and _encodes(value):
            unit.works.insert(0, Work("preprocessing", 0.75, "encodes a column", firm=True))
        elif name is not None and not remade:
            unit.works.insert(0, Work("feature_engineering", 0.75, "adds a column", firm=True))
        else:
            unit.works.insert(0, Work("preprocessing", 0.75, "changes data in place", firm=True))


def _reads_settings(value: ast.expr | None, names: tuple[str, ...]) -> bool:
    """Tell whether settings are read from a file of them: `params = yaml.safe_load(open("params.yaml"))["train"]`."""
    hint = variable_hint(names[0]) if len(names) == 1 else None
    return (
        value is not None
        and hint is not None
        and hint.sort == "option"
        and any(
            isinstance(part, ast.Attribute)
            and isinstance(part.value, ast.Name)
            and part.value.id in ("yaml", "json", "toml", "tomllib")
            and part.attr in ("load", "loads", "safe_load", "full_load")
            for part in ast.walk(value)
        )
    )


def _encodes(value: ast.AST | None) -> bool:
    """Tell whether values are mapped to others that are written out: `df.species.map({"setosa": 0})`."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("map", "replace")
        and len(value.args) == 1
        and isinstance(value.args[0], ast.Dict)
    )


def _loaded(node: ast.expr) -> ast.expr:
    """Take the target of a store as an expression that is read."""
    if isinstance(node, ast.Attribute):
        return ast.copy_location(ast.Attribute(node.value, node.attr, ast.Load()), node)
    if isinstance(node, ast.Subscript):
        return ast.copy_location(ast.Subscript(node.value, node.slice, ast.Load()), node)
    return node


def _counted(index: Meaning) -> list[Meaning]:
    """Say what a table holds whose cells are found by predictions: counts of them."""
    return [Meaning("scores")] if index.sort in RESULTS else []
