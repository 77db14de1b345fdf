"""Deciding each unit's stage: from its own work, from what it is made of, from who uses what it binds."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from provkit.model import Stage
from provkit.stages.by_use import (
    CONSTANTS,
    DOWNSTREAM,
    PREPARING,
    SEVERAL,
    SORT_STAGES,
    ByUse,
)
from provkit.stages.handwritten import writes_out_records
from provkit.stages.meanings import PRINTS_DATA, SHOWS_DATA, Unit, Work
from provkit.stages.names import RESULT_WORDS, answers, checks, function_hints, network_part

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
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "route", "websocket"})
"""Decorators of a service that say which requests a function answers."""
_DEEPEST = 40
"""Units that wait for one another at most; beyond, a use tells nothing."""
_SETTLED_FROM = 0.95
"""How sure a statement's stage is at least that no words overrule."""


class Decisions(ByUse):
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
            if unit.sort not in CONSTANTS:
                return Stage(SORT_STAGES[unit.sort], 0.6, (work.evidence,))
            work = None
        if work is not None and work.firm and work.stage is not None:
            return Stage(work.stage, work.confidence, (work.evidence,))
        return self.open(unit, work)

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

    # ---------------------------------------------------------------- blocks

    def _of_block(self, unit: Unit) -> Stage:
        """Decide a compound statement by what most of it works on, the main work counting most."""
        told = self._of_uses(unit) or self._of_form(unit)
        if told is not None:
            return told
        weights, evidence = self._weighed(unit)
        told = self._of_name(unit, weights, evidence)
        if told is not None:
            return told
        is_definition = unit.definition is not None
        judges = is_definition and bool(DOWNSTREAM & set(_hints(unit)))
        chosen = _heaviest(weights, judges=judges)
        if chosen is None:
            return self._of_callers(unit)
        share = weights[chosen] / sum(weights.values())
        confidence = round(0.5 + 0.45 * share, 2)
        return Stage(chosen, confidence, tuple(dict.fromkeys(evidence[chosen]))[:4])

    def _of_uses(self, unit: Unit) -> Stage | None:
        """Decide a definition by what it is given to, or applied in."""
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
        return None

    def _of_form(self, unit: Unit) -> Stage | None:
        """Decide by what is plain without looking at each of its statements."""
        if (
            unit.definition is not None
            and (part := network_part(unit.definition.name)) is not None
            and _computes(unit, of_its_own=part == "model_definition")
        ):
            reason = f"is called {unit.definition.name}, as parts of a network by hand are"
            return Stage(part, 0.75, (reason,))
        if unit.definition is not None and self._only_shows(unit):
            return Stage("other", 0.7, ("only prints what it is given",))
        if _only_asks(unit):
            return Stage("other", 0.8, ("asks the user",))
        if _answers_requests(unit):
            return Stage("other", 0.75, ("answers requests, with what is at hand",))
        if unit.pattern is not None:
            return Stage(
                unit.pattern.stage or "other", unit.pattern.confidence, (unit.pattern.evidence,)
            )
        return None

    def _weighed(self, unit: Unit) -> tuple[defaultdict[str, float], dict[str, list[str]]]:
        """Weigh the stages of what it consists of; with what speaks for each."""
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
        self._weigh(unit.children, weights, evidence, in_loop=_is_loop(unit))
        if unit.node is None and unit.children and isinstance(unit.children[-1].node, ast.Expr):
            # A cell shows its last expression: that is what it is for.
            shown = self.stage(unit.children[-1])
            if shown is not None and shown.name == "evaluation":
                weights["evaluation"] += _WEIGHT["evaluation"] / 2
        return weights, evidence

    def _of_name(
        self, unit: Unit, weights: defaultdict[str, float], evidence: dict[str, list[str]]
    ) -> Stage | None:
        """Decide by what it does as a whole and what it is called, or let its name weigh, too."""
        in_loop = _is_loop(unit)
        if (kept := self._puts_together(unit)) is not None:
            return Stage("saving", 0.8, kept.evidence)
        if in_loop and self._only_prints(unit):
            return Stage("other", 0.65, ("only prints what it goes through",))
        name = unit.definition.name if unit.definition is not None else ""
        hints = _hints(unit)
        if in_loop and self._parses(unit):
            return Stage("data_loading", 0.75, ("goes through the lines of a file",))
        if checks(name) and not weights.keys() & {"evaluation", "training"} and _raises(unit.node):
            return Stage("other", 0.7, ("checks what it is given",))
        if hints:
            for named in hints:
                weights[named] += _NAME / len(hints)
                evidence.setdefault(named, []).append(f"is called {name}")
        if hints[:1] == ["data_loading"] and "training" not in weights and _draws(unit):
            return Stage("data_loading", 0.75, (f"is called {name}, and draws",))
        if unit.definition is not None and answers(name) and "training" not in weights:
            return Stage("evaluation", 0.8, (f"is called {name}",))
        return None

    def _of_callers(self, unit: Unit) -> Stage:
        """Decide what does nothing that has a stage by who calls it, or uses what it fills."""
        is_definition = unit.definition is not None
        if is_definition and unit.children and all(map(_only_says, unit.children)):
            return Stage("other", 0.7, ("only says how far the program is",))
        used = self.used_in(unit) if is_definition else Counter()
        stages = [stage for stage in used if stage not in ("imports", "other", SEVERAL)]
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
            stages = [stage for stage in self.used_in(container) if stage not in ("other", SEVERAL)]
            if len(stages) == 1:
                return Stage(stages[0], 0.55, (f"only {stages[0]} uses what it fills",))
        return Stage("other", 0.6, ("nothing in it tells of a stage",))

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

    def _only_shows(self, function: Unit) -> bool:
        """Tell whether a function only prints data, column by column, and gives nothing back."""
        inside = list(_within(function))
        return (
            any(work.evidence == PRINTS_DATA for part in inside for work in part.works)
            and not any(isinstance(part.node, ast.Return) for part in inside)
            and not function.filled
            and all(
                ((found := self.stage(part)) is None or found.name in ("preprocessing", "other"))
                and not any(work.firm and work.stage == "preprocessing" for work in part.works)
                for part in inside
                if not part.children
            )
        )

    def _parses(self, loop: Unit) -> bool:
        """Tell whether a loop over the lines of a file only takes them apart."""
        stages = {found.name for part in loop.children if (found := self.stage(part))}
        return any(work.evidence.startswith("reads a file") for work in loop.works) and stages <= {
            *PREPARING,
            *("data_loading", "other", "visualisation" if loop.filled else "other"),
        }

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
        return stages.pop() if len(stages) == 1 and stages <= PREPARING else None

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
            if not unit.works and not unit.is_block and (unit.literal or unit.sort in CONSTANTS):
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
            and not any(
                writes_out_records(getattr(unit.node, "value", None), unit.names) for unit in units
            )
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


def _within(unit: Unit) -> Iterator[Unit]:
    for part in unit.children:
        yield part
        yield from _within(part)


def _computes(unit: Unit, *, of_its_own: bool) -> bool:
    """Tell whether a function calculates: with operators, or functions of arrays, perhaps of what it is given alone."""
    if not isinstance(unit.node, ast.FunctionDef) or (of_its_own and not unit.node.args.args):
        return False
    return any(
        isinstance(part, ast.BinOp)
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute))
        for part in ast.walk(unit.node)
    )


def _only_asks(unit: Unit) -> bool:
    """Tell whether a loop only asks the user until the answer will do."""
    return isinstance(unit.node, ast.While) and all(
        isinstance(part, ast.Assign | ast.Expr)
        and any(
            isinstance(inner, ast.Call) and getattr(inner.func, "id", "") in ("input", "print")
            for inner in ast.walk(part)
        )
        for part in unit.node.body
    )


def _draws(unit: Unit) -> bool:
    """Tell whether random numbers are drawn somewhere in a function."""
    return any(
        work.evidence.startswith(("calls numpy.random.", "calls random.", "calls torch.rand"))
        for part in _within(unit)
        for work in part.works
    )


def _answers_requests(unit: Unit) -> bool:
    """Tell whether a function answers a service's requests, and computes nothing itself: `@app.get("/alerts")`."""
    if not isinstance(unit.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if "evaluation" in function_hints(unit.node.name):
        return False
    routes = [
        part.func.attr
        for part in unit.node.decorator_list
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.args
    ]
    return bool(_ROUTES & set(routes)) and not any(
        work.firm and work.stage not in ("other", "imports", None)
        for part in _within(unit)
        for work in part.works
    )


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


def _is_loop(unit: Unit) -> bool:
    return isinstance(unit.node, ast.For | ast.AsyncFor | ast.While)


def _hints(unit: Unit) -> list[str]:
    """List the stages that a definition's name speaks for."""
    name = unit.definition.name if unit.definition is not None else ""
    hints = function_hints(name)
    is_class = isinstance(unit.node, ast.ClassDef)
    if is_class and hints == ["visualisation"] and "plot" not in name.lower():
        return []  # a class of graphs
    return hints


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
