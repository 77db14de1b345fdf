"""The plan of a trial with its stages, and what running taught of each step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from provkit.errors import BadInput
from provkit.export.notebook import write as rebuilt_notebook
from provkit.facts import Facts, text_of
from provkit.knowledge import Knowledge
from provkit.planning import PlannedStep, ProspectivePlan, Ran, plan_of_content

if TYPE_CHECKING:
    from provkit.store import LocalStore
    from provkit.vocabulary import Quad, Term


def plan_of_trial(
    store: LocalStore, trial_id: str, knowledge: Knowledge | None = None
) -> ProspectivePlan:
    """Draw the plan of a trial's program, with the executions of each step.

    Raises:
        BadInput: The trial does not hold its program's text.
    """
    quads = list(store.quads(trial_id))
    facts = Facts(quads)
    plan = _plan_node(facts)
    label = next((facts.text(trial, "rdfs:label") for trial in facts.instances("repr:Trial")), None)
    found = _written(facts, plan, quads, store, label or trial_id, knowledge)
    ran = _executions(facts, plan)
    return replace(found, steps=tuple(_told(found.steps, ran)))


def _plan_node(facts: Facts) -> Term | None:
    for trial in facts.instances("repr:Trial"):
        for association in facts.objects(trial, "prov:qualifiedAssociation"):
            plan = facts.object(association, "prov:hadPlan")
            if plan is not None:
                return plan
    return None


def _written(
    facts: Facts,
    plan: Term | None,
    quads: Iterable[Quad],
    store: LocalStore,
    label: str,
    knowledge: Knowledge | None,
) -> ProspectivePlan:
    """Draw the plan of the text that the trial holds."""
    if plan is not None and facts.is_a(plan, "repr:Notebook"):
        content = rebuilt_notebook(quads, store.artifact)
        return plan_of_content(content, label, "notebook", knowledge)
    text = facts.text(plan, "schema:text") if plan is not None else None
    if text is None:
        raise BadInput(
            f"Couldn't show the plan of trial {label!r}: it does not hold its program's text, "
            "as trials of earlier versions and of other tools do not."
        )
    return plan_of_content(text.encode("utf-8", "surrogatepass"), label, "script", knowledge)


def _executions(facts: Facts, plan: Term | None) -> dict[str, Ran]:
    """Sum up the executions of each step and cell of a plan, by its key."""
    prefix = text_of(plan) if plan is not None else ""
    found: dict[str, Ran] = {}
    for execution in facts.instances("p-plan:Activity"):
        step = facts.text(execution, "p-plan:correspondsToStep") or ""
        of_plan, _, name = step.removeprefix(prefix).lstrip("/").partition("/")
        if not step.startswith(prefix) or of_plan not in ("step", "cell"):
            continue
        key = unquote(name)
        before = found.get(key, Ran())
        rounds = facts.scalar(execution, "pk:iterations")
        found[key] = Ran(
            before.executions + 1,
            before.seconds + _seconds(facts, execution),
            before.iterations + (rounds if isinstance(rounds, int) else 0),
            before.failed or facts.object(execution, "pk:failedWith") is not None,
        )
    return found


def _seconds(facts: Facts, execution: Term) -> float:
    moments = [facts.text(execution, name) for name in ("prov:startedAtTime", "prov:endedAtTime")]
    if None in moments:
        return 0.0
    start, end = (datetime.fromisoformat(moment) for moment in moments if moment is not None)
    return (end - start).total_seconds()


def _told(steps: Sequence[PlannedStep], ran: dict[str, Ran]) -> list[PlannedStep]:
    return [
        replace(step, ran=ran.get(step.key, Ran()), children=tuple(_told(step.children, ran)))
        for step in steps
    ]
