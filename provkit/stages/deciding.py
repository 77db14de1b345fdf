"""Deciding each unit's stage: from its own work, from what it is made of, from who uses what it binds."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from provkit.model import Stage
from provkit.stages.handwritten import writes_out_records
from provkit.stages.meanings import PRINTS_DATA, SHOWS_DATA, Sort, Unit, Use, Work
from provkit.stages.names import (
    RESULT_WORDS,
    answers,
    checks,
    function_hints,
    lists_features,
    names_a_place,
)

_WEIGHT = {
    "training": 4.0,
    "evaluation": 2.0,
    "data_loading": 2.0,
    "saving": 1.5,
    "split": 1.5,
    "preprocessing": 1.2,
    "feature_engineering": 1.5,
    "model_definition": 1.2,
    "visualisation": 1.2,
    "imports": 0.2,
    "other": 0.3,
}
"""What one statement of a stage counts in a block."""
_FURTHER = 0.5
"""What a further statement of the same stage counts, against the first."""
_NAME = 1.5
"""What the name of a function counts."""
_KEPT = 0.5
"""What keeping a figure counts, against making it."""
_CONSTANT = 0.3
"""What a constant counts, against a statement that does something."""
_SORT_STAGES: dict[Sort, str] = {
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
_DOWNSTREAM = frozenset({"evaluation", "visualisation"})
"""Stages that use what others are made with once more, to show it."""
_UPSTREAM = frozenset({"data_loading", "preprocessing", "feature_engineering", "split", "saving"})
"""Stages that no dictionary of hyperparameters is used in."""
_PREPARING = frozenset({"preprocessing", "feature_engineering"})
_SEVERAL = "several"
"""Stands for a loop that plots, and does other things before."""
_DEEPEST = 40
"""Units that wait for one another at most; beyond, a use tells nothing."""
_PART = 0.7
"""How sure at most it is that taking a part of data, or summing it up, is a step of its own."""
_SETTLED_FROM = 0.95
"""How sure a statement's stage is at least that no words overrule."""
_DATA_ROLES = frozenset({"features", "label", "data"})
_CONSTANTS = frozenset({"constant", "text", "unknown", "option", "meta", "random"})


class Decisions:
    """Stages of units; each is decided once, when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[int, Stage] = {}
        self._deciding: set[int] = set()

    def stage(self, unit: Unit) -> Stage | None:
        """Say which stage a unit is; None while it is being decided."""
        if id(unit) in self._made:
            return self._made[id(unit)]
        if id(unit) in self._deciding or len(self._deciding) > _DEEPEST:
            return None
        self._deciding.add(id(unit))
        try:
            found = self._decide(unit)
        finally:
            self._deciding.discard(id(unit))
        self._made[id(unit)] = found
        return found

    def decided(self, unit: Unit) -> Stage:
        """Give the stage of a unit of a block that has been decided."""
        return self._made[id(unit)]

    def is_settled(self, unit: Unit) -> bool:
        """Tell whether nothing can know better: the user said it, or it does what somebody described."""
        return (
            unit.tag is not None
            or unit.is_header
            or (not unit.is_block and self._made[id(unit)].confidence >= _SETTLED_FROM)
        )

    def overrule(self, unit: Unit, stage: Stage) -> None:
        """Put another stage in the place of the one that was decided; those that were told by it stay."""
        self._made[id(unit)] = stage

    def block(self, units: Sequence[Unit]) -> None:
        """Decide the statements of a block: those that use what others bind before those, then what is only said."""
        self._backwards(units)
        for position, unit in enumerate(units):
            if unit.prints is not None and unit.tag is None:
                self._made[id(unit)] = self._announcement(units, position)
            self.stage(unit)
            self.block(unit.children)

    def _backwards(self, units: Sequence[Unit]) -> None:
        for unit in reversed(units):
            self._backwards(unit.children)
            if unit.prints is None:
                self.stage(unit)

    def _decide(self, unit: Unit) -> Stage:
        if unit.tag is not None:
            return Stage(unit.tag, 1.0, ("tagged by the user",))
        if unit.is_header:
            return Stage("other", 0.95, ("the header of a block",))
        if unit.is_block:
            return self._of_block(unit)
        work = unit.works[0] if unit.works else None
        if work is not None and work.definition is not None:
            found = self.stage(work.definition.unit)
            if found is not None and found.name in ("preprocessing", "feature_engineering"):
                loads = self._loading_within(work) or self._loads_itself(work)
                if loads is not None:
                    return Stage("data_loading", 0.7, (work.evidence, loads))
            if found is not None and found.name != "other":
                return Stage(found.name, min(found.confidence, work.confidence), (work.evidence,))
            if found is not None and isinstance(unit.node, ast.Expr):
                return Stage("other", 0.6, (work.evidence,))
            if unit.sort not in _CONSTANTS:
                return Stage(_SORT_STAGES[unit.sort], 0.6, (work.evidence,))
            work = None
        if work is not None and work.firm and work.stage is not None:
            return Stage(work.stage, work.confidence, (work.evidence,))
        return self._open(unit, work)

    def _loading_within(self, work: Work) -> str | None:
        """Say what brings in the data that functions of the program's own then go over: `tidy(load(path))`."""
        for inner in work.within:
            found = self.stage(inner.definition.unit) if inner.definition is not None else None
            stage = found.name if found is not None else inner.stage
            if stage == "data_loading" and (inner.firm or found is not None):
                return inner.evidence
            if (deeper := self._loading_within(inner)) is not None:
                return deeper
        return None

    def _loads_itself(self, work: Work) -> str | None:
        """Say what brings in the data that a function tidies, which is given none: `load_and_clean(path)`."""
        if work.definition is None or work.fed:
            return None
        for unit in work.definition.unit.children:
            found = self.stage(unit)
            if found is not None and found.name == "data_loading" and unit.works:
                return found.evidence[0]
        return None

    # ---------------------------------------------------------------- by use

    def _open(self, unit: Unit, work: Work | None) -> Stage:
        """Decide a statement whose own work says little: by what its result is, and who uses it."""
        if work is None and unit.sort in _SETTLED:
            return Stage(_SORT_STAGES[unit.sort], 0.75, (f"is about {unit.sort}",))
        used = self._used_in(unit)
        if work is not None and work.stage is not None:
            return self._weak(unit, work, used)
        if unit.sort in _CONSTANTS or unit.literal:
            return self._constant(unit, used)
        only = _only(used)
        if only == "visualisation":
            return Stage("visualisation", 0.7, ("only plots use it",))
        if only in ("evaluation", "model_definition", "data_loading") and isinstance(
            getattr(unit.node, "value", None), ast.List | ast.Tuple | ast.Dict
        ):
            return Stage(only, 0.65, (f"only {only} uses it",))
        return Stage(_SORT_STAGES[unit.sort], 0.6, (f"is about {unit.sort}",))

    def _weak(self, unit: Unit, work: Work, used: Counter[str]) -> Stage:
        assert work.stage is not None
        only = _only(used)
        if work.evidence.startswith("calls numpy.random.") and _is_corrected(unit):
            return Stage("model_definition", 0.65, (work.evidence, "training corrects it"))
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
        value = getattr(unit.node, "value", None)
        if names_a_place(value):
            return Stage("other", 0.85, ("a path",))
        if isinstance(value, ast.Constant) and value.value is None:
            return Stage("other", 0.6, ("nothing yet",))
        if _is_corrected(unit):
            return Stage("model_definition", 0.65, ("training corrects it",))
        filled = [use for use in unit.uses if use.fills and not _only_stores(use.unit)]
        if filled:
            found = self.stage(filled[0].unit)
            if found is not None and found.name not in ("imports", "other"):
                return Stage(found.name, 0.7, (f"{found.name} fills it",))
        if any(
            (use.role in _DATA_ROLES and use.stage in ("training", "split"))
            or (use.role == "label" and use.stage == "evaluation")
            or (use.role == "features" and use.stage in _PREPARING)
            for use in unit.uses
        ):
            return Stage("data_loading", 0.75, ("is given as data",))
        if isinstance(value, ast.List | ast.Tuple) and any(
            use.role == "index" and lists_features(unit.names) for use in unit.uses
        ):
            return Stage("feature_engineering", 0.7, ("chooses the features",))
        if writes_out_records(getattr(unit.node, "value", None)) and not any(
            use.role == "hyperparameter" for use in unit.uses
        ):
            return Stage("data_loading", 0.7, ("writes out records",))
        is_list = isinstance(unit.node, ast.Assign) and isinstance(
            unit.node.value, ast.Dict | ast.List
        )
        if is_list and "model_definition" in used and not used.keys() & _UPSTREAM:
            return Stage("model_definition", 0.75, ("holds hyperparameters",))
        stages = list(
            dict.fromkeys(
                "visualisation" if stage == _SEVERAL else stage
                for stage in used
                if stage != "imports"
            )
        )
        upstream = [stage for stage in stages if stage not in _DOWNSTREAM]
        if len(stages) > 1 and len(upstream) == 1:
            return Stage(upstream[0], 0.6, (f"{upstream[0]} uses it, and what follows from that",))
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

    def _used_in(self, unit: Unit) -> Counter[str]:
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
        return "visualisation" if inside <= {"visualisation", "other"} else _SEVERAL

    # ---------------------------------------------------------------- blocks

    def _of_block(self, unit: Unit) -> Stage:
        """Decide a compound statement by what most of it works on, the main work counting most."""
        given = (
            {(use.role, use.stage) for use in unit.uses} if unit.definition is not None else set()
        )
        if any(role == "metric" for role, _ in given):
            return Stage("evaluation", 0.85, ("is given as a metric",))
        if given & {("hyperparameter", "training"), ("hyperparameter", "evaluation")}:
            return Stage("training", 0.7, ("is given to a trainer",))
        takers = {
            stage for role, stage in given if role not in ("called", "style", "index") and stage
        }
        if len(takers) == 1 and not takers & {"evaluation", "visualisation", "other"}:
            (taker,) = takers
            return Stage(taker, 0.75, (f"is given to {taker}",))
        if unit.definition is not None and (applied := self._applied_in(unit)) is not None:
            return Stage(applied, 0.7, (f"is applied in {applied}",))
        if unit.pattern is not None:
            return Stage(
                unit.pattern.stage or "other", unit.pattern.confidence, (unit.pattern.evidence,)
            )
        is_definition = unit.definition is not None
        weights: defaultdict[str, float] = defaultdict(float)
        evidence: dict[str, list[str]] = {}
        for work in unit.works:
            stage = work.stage
            if work.definition is not None:
                found = self.stage(work.definition.unit)
                stage = found.name if found is not None else None
            if stage is not None and stage not in ("other", "imports"):
                weights[stage] += _WEIGHT[stage] * (1.0 if work.firm else 0.4)
                evidence.setdefault(stage, []).append(work.evidence)
        in_loop = isinstance(unit.node, ast.For | ast.AsyncFor | ast.While)
        self._weigh(unit.children, weights, evidence, in_loop=in_loop)
        if unit.node is None and unit.children and isinstance(unit.children[-1].node, ast.Expr):
            # A cell shows its last expression: that is what it is for.
            shown = self.stage(unit.children[-1])
            if shown is not None and shown.name == "evaluation":
                weights["evaluation"] += _WEIGHT["evaluation"] / 2
        if (kept := self._puts_together(unit)) is not None:
            return Stage("saving", 0.8, kept.evidence)
        if in_loop and self._only_prints(unit):
            return Stage("other", 0.65, ("only prints what it goes through",))
        name = unit.definition.name if unit.definition is not None else ""
        hints = function_hints(name)
        if checks(name) and not weights.keys() & {"evaluation", "training"} and _raises(unit.node):
            return Stage("other", 0.7, ("checks what it is given",))
        if hints:
            for named in hints:
                weights[named] += _NAME / len(hints)
                evidence.setdefault(named, []).append(f"is called {name}")
        if is_definition and answers(name) and "training" not in weights:
            return Stage("evaluation", 0.8, (f"is called {name}",))
        chosen = _heaviest(weights, judges=is_definition and bool(_DOWNSTREAM & set(hints)))
        if chosen is None:
            if is_definition and unit.children and all(map(_only_says, unit.children)):
                return Stage("other", 0.7, ("only says how far the program is",))
            used = self._used_in(unit) if is_definition else Counter()
            stages = [stage for stage in used if stage not in ("imports", "other", _SEVERAL)]
            if not stages and is_definition:
                stages = sorted(self._around(unit))
            if len(stages) == 1:
                return Stage(stages[0], 0.6, (f"only {stages[0]} calls it",))
            if (
                is_definition
                and unit.uses
                and all(use.role == "called" and use.unit.sort == "generated" for use in unit.uses)
            ):
                return Stage("data_loading", 0.6, ("data is made with it",))
            for container in unit.filled:
                stages = [
                    stage for stage in self._used_in(container) if stage not in ("other", _SEVERAL)
                ]
                if len(stages) == 1:
                    return Stage(stages[0], 0.55, (f"only {stages[0]} uses what it fills",))
            return Stage("other", 0.6, ("nothing in it tells of a stage",))
        share = weights[chosen] / sum(weights.values())
        confidence = round(0.5 + 0.45 * share, 2)
        return Stage(chosen, confidence, tuple(dict.fromkeys(evidence[chosen]))[:4])

    def _puts_together(self, cell: Unit) -> Stage | None:
        """Say how a cell, or a branch, saves a table, if all else in it puts it together or looks at it."""
        if cell.node is not None and not isinstance(cell.node, ast.If | ast.With | ast.Try):
            return None
        saving = [
            unit
            for unit in cell.children
            if (found := self.stage(unit)) is not None
            and found.name == "saving"
            and not any(work.keeps for work in unit.works)
        ]
        for unit in cell.children if saving else ():
            found = self.stage(unit)
            is_look = isinstance(unit.node, ast.Expr) and (
                found is None or found.name in ("evaluation", "other")
            )
            is_saved = (
                bool(unit.names)
                and any(use.unit in saving for use in unit.uses)
                and _makes_a_table(unit.node)
            )
            is_quiet = found is not None and found.name in ("imports", "other")
            if unit not in saving and not (is_look or is_saved or is_quiet):
                return None
        return self.stage(saving[0]) if saving else None

    def _only_prints(self, loop: Unit) -> bool:
        """Tell whether a loop computes nothing but what it prints of data, round by round."""
        if loop.filled or not loop.children:
            return False
        inside = {id(part) for part in _within(loop)}
        return any(work.evidence == PRINTS_DATA for work in loop.children[-1].works) and all(
            ((found := self.stage(part)) is None or found.name in ("preprocessing", "other"))
            and all(id(use.unit) in inside for use in part.uses)
            for part in loop.children
        )

    def _around(self, unit: Unit) -> set[str]:
        """Name the stages of the blocks in which something is used."""
        found = set()
        for use in unit.uses:
            block = use.unit.parent
            stage = self.stage(block) if block is not None and block is not unit else None
            if stage is not None and stage.name not in ("imports", "other"):
                found.add(stage.name)
        return found

    def _applied_in(self, unit: Unit) -> str | None:
        """Name the stage in which a function is applied to data, if all it is for is to be given: `df.a.map(f)`."""
        given = [use for use in unit.uses if use.role not in ("called", "shown")]
        if not given or len(given) < len(unit.uses) or any(use.unit.is_block for use in given):
            return None
        stages = {found.name for use in given if (found := self.stage(use.unit)) is not None}
        return stages.pop() if len(stages) == 1 and stages <= _PREPARING else None

    def _weigh(
        self,
        units: Sequence[Unit],
        weights: defaultdict[str, float],
        evidence: dict[str, list[str]],
        *,
        in_loop: bool = False,
    ) -> None:
        counted: defaultdict[str, list[float]] = defaultdict(list)
        # Rounds of training that are drawn as they go are training, however long the drawing.
        fits = in_loop and any(
            found.name == "training" for unit in units if (found := self.stage(unit))
        )
        for unit in units:
            found = self.stage(unit)
            if found is None:
                continue
            sure = found.confidence if found.name == "training" else found.confidence**2
            weight = _WEIGHT[found.name] * sure
            if any(work.keeps for work in unit.works):
                weight *= _KEPT
            if not unit.works and not unit.is_block and (unit.literal or unit.sort in _CONSTANTS):
                weight = min(weight, _WEIGHT["model_definition"]) * _CONSTANT
            counted[found.name].append(weight)
            evidence.setdefault(found.name, []).extend(found.evidence)
        for stage, several in counted.items():
            main, rest = max(several), sum(several) - max(several)
            further = _FURTHER if stage != "visualisation" or fits else 1.0
            weights[stage] += main + rest * further

    def cell(self, units: Sequence[Unit], tag: str | None) -> Stage:
        """Decide a notebook's cell."""
        whole = Unit(None, "", children=list(units), is_block=True, tag=tag)
        meaningful = list(units)
        looks = [
            shown
            for shown in (SHOWS_DATA, PRINTS_DATA)
            if any(_says(unit, shown) for unit in units)
        ]
        if (
            tag is None
            and meaningful
            and all(
                any(work.sets_up for work in unit.works)
                or (looks and _renames(unit.node))
                or ((found := self.stage(unit)) and found.name in ("imports", "other"))
                for unit in meaningful
            )
        ):
            some = any(found.name == "imports" for unit in units if (found := self.stage(unit)))
            if looks:
                return Stage("other", 0.85, (looks[0],))
            return Stage("imports" if some else "other", 0.9, ("imports and settings",))
        if tag is None and self._only_settings(meaningful):
            return Stage("other", 0.75, ("settings of several stages",))
        return self._decide(whole)

    def _only_settings(self, units: Sequence[Unit]) -> bool:
        """Tell whether a cell holds nothing but constants of several stages, with seeds and the like."""
        stages = {found.name for unit in units if (found := self.stage(unit)) is not None}
        constants = [unit for unit in units if unit.literal and not unit.works]
        rest = [unit for unit in units if not (unit.literal and not unit.works)]
        return (
            len(constants) > 1
            and not any(writes_out_records(getattr(unit.node, "value", None)) for unit in units)
            and len(stages - {"imports"}) > 1
            and all(
                (found := self.stage(unit)) is not None and found.name in ("other", "imports")
                for unit in rest
            )
        )

    # ---------------------------------------------------------------- what is only said

    def _announcement(self, units: Sequence[Unit], position: int) -> Stage:
        """Decide a print of a text alone: it announces results, or says how far the program is."""
        said = units[position].prints or ""
        if not units[position].is_progress and RESULT_WORDS.search(said):
            following = next(
                (
                    found
                    for unit in units[position + 1 : position + 4]
                    if (found := self._plain(unit))
                ),
                None,
            )
            if following == "evaluation":
                return Stage("evaluation", 0.7, ("announces results",))
        if said.strip() and not said.strip("\n -=*#_"):
            around = [
                next((s for unit in part if (s := self._plain(unit))), None)
                for part in (reversed(units[:position]), units[position + 1 :])
            ]
            if around[0] == around[1] == "evaluation":
                return Stage("evaluation", 0.6, ("stands between results",))
        return Stage("other", 0.85, ("says how far the program is",))

    def _plain(self, unit: Unit) -> str | None:
        if unit.prints is not None:
            return None
        found = self.stage(unit)
        return found.name if found is not None else None


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


def _within(unit: Unit) -> Iterator[Unit]:
    for part in unit.children:
        yield part
        yield from _within(part)


def _only_says(unit: Unit) -> bool:
    """Tell whether a statement only prints or logs, or is a text of its own."""
    return unit.prints is not None or any(
        work.stage == "other" and not work.sets_up for work in unit.works
    )


def _makes_a_table(node: ast.stmt | None) -> bool:
    """Tell whether a table is made of what is at hand: `pd.DataFrame({"id": ids, "y": predicted})`, `{"f1": f1}`."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Dict):
        return True
    called = value.func if isinstance(value, ast.Call) else None
    return getattr(called, "attr", getattr(called, "id", "")) in (
        "DataFrame",
        "Series",
        "from_dict",
    )


def _renames(node: ast.stmt | None) -> bool:
    """Tell whether a statement only gives what has a name another one: `df = train`."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)


def _raises(node: ast.stmt | None) -> bool:
    return node is not None and any(
        isinstance(part, ast.Raise | ast.Assert) for part in ast.walk(node)
    )


def _says(unit: Unit, evidence: str) -> bool:
    """Tell whether a piece of work of that evidence is in a statement, or in what it encloses."""
    return any(work.evidence == evidence for work in unit.works) or any(
        _says(part, evidence) for part in unit.children
    )


def _only_stores(unit: Unit) -> bool:
    """Tell whether a statement only puts a constant into what another one bound: `labels[0] = 1`."""
    return not unit.names and not unit.works and not unit.is_block


def _only(used: Counter[str]) -> str | None:
    """Name the stage in which something is used, if it is one."""
    stage = next(iter(used)) if len(used) == 1 else None
    return stage if stage != _SEVERAL else None


def _heaviest(weights: Mapping[str, float], *, judges: bool) -> str | None:
    """Choose the stage of a block: training where something is fitted, unless most of the block is a plot.

    `judges` says that it is a function which is named for judging or drawing what it fits.
    """
    meant = {
        stage: weight for stage, weight in weights.items() if stage not in ("other", "imports")
    }
    if not meant:
        only_imports = weights.get("imports", 0.0) > weights.get("other", 0.0)
        return "imports" if only_imports else None
    chosen = max(meant, key=lambda stage: meant[stage])
    training = meant.get("training", 0.0)
    is_plot = chosen == "visualisation" and meant[chosen] >= 2 * training
    if training >= _WEIGHT["training"] / 2 and not judges and not is_plot:
        return "training"
    return chosen
