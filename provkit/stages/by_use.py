"""Deciding a statement whose own work says little: by what its result is, and by who uses it."""

from __future__ import annotations

import ast
from collections import Counter

from provkit.model import Stage
from provkit.stages.handwritten import writes_out_records, writes_out_rows
from provkit.stages.meanings import PRINTS_DATA, SHOWS_DATA, Sort, Unit, Use, Work
from provkit.stages.names import (
    lists_features,
    lists_settings,
    names_a_hyperparameter,
    names_a_place,
    names_weights,
)

SORT_STAGES: dict[Sort, str] = {
    "scores": "evaluation",
    "prediction": "evaluation",
    "display": "evaluation",
    "plot": "visualisation",
    "model": "model_definition",
    "transformer": "preprocessing",
    "splitter": "split",
    "order": "preprocessing",
    "data": "preprocessing",
    "bundle": "data_loading",
    "generated": "data_loading",
    "weights": "evaluation",
    "clock": "other",
    "path": "other",
    "file": "data_loading",
    "sink": "saving",
}
"""The stage of a statement of which only the sort of its result is known."""
_SETTLED = frozenset({"clock", "path", "prediction", "scores", "display", "plot", "weights"})
DOWNSTREAM = frozenset({"evaluation", "visualisation"})
"""Stages that use what others are made with once more, to show it."""
_UPSTREAM = frozenset({"data_loading", "preprocessing", "feature_engineering", "split", "saving"})
"""Stages that no dictionary of hyperparameters is used in."""
PREPARING = frozenset({"preprocessing", "feature_engineering"})
SEVERAL = "several"
"""Stands for a loop that plots, and does other things before."""
_PART = 0.7
"""How sure at most it is that taking a part of data, or summing it up, is a step of its own."""
_DATA_ROLES = frozenset({"features", "label", "data"})
CONSTANTS = frozenset({"constant", "text", "unknown", "option", "meta", "random"})


class ByUse:
    """Stages of statements that bind what others work with."""

    def stage(self, unit: Unit) -> Stage | None:
        """Say which stage a unit is; None while it is being decided."""
        raise NotImplementedError

    def open(self, unit: Unit, work: Work | None) -> Stage:
        """Decide a statement whose own work says little: by what its result is, and who uses it."""
        if work is None and unit.sort in _SETTLED:
            return Stage(SORT_STAGES[unit.sort], 0.75, (f"is about {unit.sort}",))
        used = self.used_in(unit)
        if work is not None and work.stage is not None:
            return self._weak(unit, work, used)
        if unit.sort in CONSTANTS or unit.literal:
            return self._constant(unit, used)
        only = _only(used)
        if only == "visualisation":
            return Stage("visualisation", 0.7, ("only plots use it",))
        if unit.sort == "transformer" and only == "feature_engineering":
            return Stage(only, 0.65, ("makes features",))
        if only in ("evaluation", "model_definition", "data_loading") and isinstance(
            getattr(unit.node, "value", None), ast.List | ast.Tuple | ast.Dict
        ):
            return Stage(only, 0.65, (f"only {only} uses it",))
        return Stage(SORT_STAGES[unit.sort], 0.6, (f"is about {unit.sort}",))

    def _weak(self, unit: Unit, work: Work, used: Counter[str]) -> Stage:
        assert work.stage is not None
        only = _only(used)
        if work.evidence.startswith("calls numpy.random.") and _is_corrected(unit):
            return Stage("model_definition", 0.65, (work.evidence, "training corrects it"))
        if unit.sort == "generated" and names_weights(unit.names):
            return Stage("model_definition", 0.6, (work.evidence, "is named for weights"))
        # What a cell of its own prepares is not made for the plot of another cell alone.
        apart = work.confidence > _PART and all(use.unit.cell != unit.cell for use in unit.uses)
        if (
            only == "visualisation"
            and not apart
            and work.stage in ("preprocessing", "data_loading", "feature_engineering", "split")
        ):
            return Stage("visualisation", 0.7, (work.evidence, "only plots use it"))
        if (
            only == "other"
            and work.stage == "preprocessing"
            and work.confidence <= _PART
            and not work.evidence.startswith("calls numpy.")
            and all(
                any(inner.evidence in (SHOWS_DATA, PRINTS_DATA) for inner in use.unit.works)
                for use in unit.uses
            )
        ):
            return Stage("other", 0.65, (work.evidence, "only looked at"))
        if unit.sort == "generated" and only in ("feature_engineering", "split"):
            return Stage(only, 0.65, (work.evidence, f"only {only} uses it"))
        if (
            work.confidence < 0.5
            and work.stage != "data_loading"
            and only is not None
            and only not in ("other", "imports", "training")
        ):
            return Stage(only, 0.6, (work.evidence, f"only {only} uses it"))
        return Stage(work.stage, work.confidence, (work.evidence,))

    def _constant(self, unit: Unit, used: Counter[str]) -> Stage:
        """Decide what works on nothing: by what it says, by how it is used, by who uses it."""
        told = self._written(unit) or self._given(unit, used)
        return told if told is not None else self._of_users(unit, used)

    def _written(self, unit: Unit) -> Stage | None:
        """Decide a constant by its own text, or by what fills it."""
        value = getattr(unit.node, "value", None)
        if unit.renames:
            return Stage("other", 0.75, (f"another name for {unit.renames}",))
        if names_a_place(value):
            return Stage("other", 0.85, ("a path",))
        if isinstance(value, ast.Constant) and value.value is None:
            return Stage("other", 0.6, ("nothing yet",))
        if _is_corrected(unit) or (isinstance(value, ast.Call) and names_weights(unit.names)):
            return Stage("model_definition", 0.65, ("training corrects it, or its name says so",))
        filled = [
            use
            for use in unit.uses
            if use.fills and (not _only_stores(use.unit) or _fills_in_turn(use.unit, unit))
        ]
        if filled:
            found = self.stage(_beside(filled[0].unit, unit)) or self.stage(filled[0].unit)
            if found is not None and found.name not in ("imports", "other"):
                return Stage(found.name, 0.7, (f"{found.name} fills it",))
        return None

    def _given(self, unit: Unit, used: Counter[str]) -> Stage | None:
        """Decide a constant by what it is given as, and what it writes out."""
        value = getattr(unit.node, "value", None)
        if any(
            (use.role in _DATA_ROLES and use.stage in ("training", "split"))
            or (use.role == "label" and use.stage == "evaluation")
            or (use.role == "features" and use.stage in PREPARING)
            for use in unit.uses
        ):
            return Stage("data_loading", 0.75, ("is given as data",))
        if isinstance(value, ast.List | ast.Tuple) and any(
            use.role == "index" and lists_features(unit.names) for use in unit.uses
        ):
            return Stage("feature_engineering", 0.7, ("chooses the features",))
        if (
            writes_out_rows(value)
            and not lists_settings(unit.names)
            and "visualisation" not in used
            and "model_definition" not in used
        ):
            return Stage("data_loading", 0.65, ("writes out rows",))
        if writes_out_records(value, unit.names) and not any(
            use.role == "hyperparameter" for use in unit.uses
        ):
            return Stage("data_loading", 0.7, ("writes out records",))
        is_list = isinstance(unit.node, ast.Assign) and isinstance(
            unit.node.value, ast.Dict | ast.List
        )
        if is_list and "model_definition" in used and not used.keys() & _UPSTREAM:
            return Stage("model_definition", 0.75, ("holds hyperparameters",))
        return None

    def _of_users(self, unit: Unit, used: Counter[str]) -> Stage:
        """Decide a constant by the stages that use it."""
        stages = list(
            dict.fromkeys(
                "visualisation" if stage == SEVERAL else stage
                for stage in used
                if stage != "imports"
            )
        )
        upstream = [stage for stage in stages if stage not in DOWNSTREAM]
        if len(stages) > 1 and len(upstream) == 1:
            return Stage(upstream[0], 0.6, (f"{upstream[0]} uses it, and what follows from that",))
        if (
            len(stages) == 1
            and (stages[0] in _UPSTREAM or stages[0] == "evaluation")
            and names_a_hyperparameter(unit.names)
        ):
            return Stage("model_definition", 0.65, ("is named for a hyperparameter",))
        if len(stages) == 1:
            return Stage(
                stages[0], 0.8 if stages[0] != "other" else 0.7, (f"only {stages[0]} uses it",)
            )
        if set(stages) == {"evaluation", "visualisation"}:
            return Stage("evaluation", 0.55, ("results and their plots use it",))
        if _only_stores(unit) and unit.filled:
            found = self.stage(unit.filled[0])
            if found is not None:
                return Stage(found.name, 0.6, (f"changes what {found.name} made",))
        reason = "several stages use it" if stages else "nobody uses it"
        return Stage("other", 0.6, (f"a constant; {reason}",))

    def used_in(self, unit: Unit) -> Counter[str]:
        """Count the stages in which what a statement binds is used."""
        found: Counter[str] = Counter()
        # What is only printed or logged beside its use is used in one stage all the same.
        acting = [
            use
            for use in unit.uses
            if use.role != "shown" and not (use.fills and _only_stores(use.unit))
        ]
        for use in acting or unit.uses:
            stage = self._of_use(use)
            if stage is not None:
                found[stage] += 1
        return found

    def _of_use(self, use: Use) -> str | None:
        """Say what a use tells: the role of the argument, or else the stage of the statement."""
        if use.role in ("seed", "path"):
            return "other"
        if use.role == "style":
            return "visualisation"
        if use.role == "scores" and use.stage == "training":
            return "evaluation"
        if use.role in ("hyperparameter", "callback") and use.stage in (
            "training",
            "evaluation",
            "model_definition",
        ):
            return "model_definition"
        if use.role == "evaluation_data" and use.stage == "training":
            return "evaluation"
        found = self.stage(use.unit)
        block = use.unit.parent
        # What only decides, or is only filled, is part of the work around it.
        while (
            found is not None
            and found.name == "other"
            and not use.unit.works
            and use.unit.prints is None
            and block is not None
            and not block.is_header
        ):
            found, block = self.stage(block), block.parent
        if found is None or not use.unit.is_block or found.name != "visualisation":
            return found.name if found is not None else None
        # A loop that plots in the end may well have worked on it before.
        inside = {inner.name for part in use.unit.children if (inner := self.stage(part))}
        return "visualisation" if inside <= {"visualisation", "other"} else SEVERAL


def _is_corrected(unit: Unit) -> bool:
    """Tell whether what a statement draws are weights, which a loop corrects round by round."""
    blocks = [use.unit for use in unit.uses]
    while blocks:
        block = blocks.pop()
        said = block.pattern.evidence.split() if block.pattern is not None else []
        if said[:1] == ["corrects"] and said[1] in unit.names:
            return True
        blocks.extend([block.parent] if block.parent is not None else [])
    return False


def _only_stores(unit: Unit) -> bool:
    """Tell whether a statement only puts a constant into what another one bound: `labels[0] = 1`."""
    return not unit.names and not unit.works and not unit.is_block


def _only(used: Counter[str]) -> str | None:
    """Name the stage in which something is used, if it is one."""
    stage = next(iter(used)) if len(used) == 1 else None
    return stage if stage != SEVERAL else None


def _fills_in_turn(inner: Unit, unit: Unit) -> bool:
    """Tell whether a loop beside a statement fills what it bound, item by item: `seen.append(row)`, `y[i] = label`."""
    node = inner.node
    return _beside(inner, unit) is not inner and (
        isinstance(node, ast.Expr)
        or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript))
    )


def _beside(inner: Unit, unit: Unit) -> Unit:
    """Give the loop or block around a statement that stands beside another one; the statement itself if none does."""
    block = inner
    while block.parent is not None and block.parent is not unit.parent:
        block = block.parent
    is_loop = isinstance(block.node, ast.For | ast.AsyncFor | ast.While)
    return block if block.parent is unit.parent and is_loop else inner
