"""What a trial is: its page, its parts, its plan."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provkit.api.stores import Place, find, open_store, tell
from provkit.errors import StoreNotFound, UsageError

if TYPE_CHECKING:
    from provkit.description import DocumentDescription, TrialDescription
    from provkit.learning import FittedModel, Measured, Parameter
    from provkit.planning import ProspectivePlan
    from provkit.store import TrialSummary


def trials(
    *,
    tag: str | None = None,
    status: str | None = None,
    script: str | None = None,
    since: datetime | None = None,
    store: Place = None,
) -> list[TrialSummary]:
    """List the trials, the newest first.

    Args:
        tag: Only those that have it.
        status: Only those that ended so: `completed`, `failed` or `aborted`; `imported` for
            documents made elsewhere.
        script: Only those of a script, by path or by the end of its path.
        since: Only those started at this moment or later; it has to know its zone.
        store: The store's folder.

    A trial whose file is damaged is left out, and named on stderr.
    """
    opened = open_store(store)
    found = reversed(opened.summaries())
    for warning in opened.warnings:
        tell(f"warning: {warning}")
    return [
        trial
        for trial in found
        if (tag is None or tag in trial.tags)
        and (status is None or trial.status == status)
        and (script is None or _is_script(trial, script))
        and (since is None or (trial.started_at is not None and trial.started_at >= since))
    ]


def _is_script(trial: TrialSummary, script: str) -> bool:
    path = trial.script or ""
    return path == script or path.endswith("/" + script.removeprefix("./"))


def show(trial: str, *, store: Place = None) -> TrialDescription | DocumentDescription:
    """Tell what happened in a trial, or what an imported document holds.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.
    """
    from provkit.description import describe_document, describe_trial

    opened = open_store(store)
    trial_id = opened.resolve(trial)
    if opened.summary(trial_id).status == "imported":
        return describe_document(opened, trial_id)
    return describe_trial(opened, trial_id)


def parameters(trial: str, *, store: Place = None) -> tuple[Parameter, ...]:
    """List the hyperparameters of a trial: what each was set to, by whom, and where.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.

    Returns:
        In the order of the calls that got them; of one call the given ones first.
    """
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).parameters()


def models(trial: str, *, store: Place = None) -> tuple[FittedModel, ...]:
    """List the models that a trial has fitted, and on what; arguments as for `parameters`."""
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).models()


def restore(trial: str, model: str | None = None, *, store: Place = None) -> bytes:
    """Give the bytes of a model that a trial keeps, in the format that `models` names; nothing is unpickled.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        model: Its label, `forest@2`, or the variable that held it; None for the only one that is kept.
        store: The store's folder.

    Raises:
        UsageError: No model, or several, are kept under that name.
        StoreError: Its bytes are gone, or are not what they were.
    """
    from provkit.learning import kept_model

    opened = open_store(store)
    return kept_model(opened, opened.resolve(trial), model)[1]


def measures(trial: str, *, folds: bool = False, store: Place = None) -> tuple[Measured, ...]:
    """List the measures of a trial's models.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        folds: Those of single folds and candidates of a search too.
        store: The store's folder.
    """
    from provkit.learning import learning_of

    opened = open_store(store)
    return learning_of(opened, opened.resolve(trial)).measures(folds=folds)


def specification(trial: str, *, store: Place = None) -> dict[str, Any]:
    """Write down a trial as a declarative representation: task, data, stages, parameters, evaluation, seeds, software.

    Returns:
        Mappings, lists and scalars, as `provkit/specification/schema.json` has them.

    Raises:
        UsageError: There is no such trial, or there are several.
    """
    from provkit.specification import specification_of

    opened = open_store(store)
    return specification_of(opened, opened.resolve(trial))


def describe(trial: str, *, format: str = "markdown", store: Place = None) -> str:
    """Write a trial as a page that a person reads: a model card for each model, and a methods section.

    Args:
        trial: An id, the beginning of one, a name, or `last`.
        format: `markdown` or `html`.
        store: The store's folder.

    Raises:
        UsageError: There is no such trial or format.
    """
    from provkit.reporting import report

    if format not in ("markdown", "html"):
        raise UsageError(f"There is no page format {format!r}; use markdown or html.")
    return report(specification(trial, store=store), format=format)


def plan(file: str | os.PathLike[str], *, project: str | os.PathLike[str] = ".") -> ProspectivePlan:
    """Say what a script or notebook is going to do, stage by stage, without running it.

    Args:
        file: The script, or the notebook (`.ipynb`).
        project: The folder whose pyproject.toml may name files of knowledge.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no Python and no notebook, or a file of knowledge does not keep to its format.
    """
    from provkit.knowledge import project_knowledge
    from provkit.planning import plan_of_file

    return plan_of_file(Path(file), project_knowledge(Path(project)))


def trial_plan(trial: str, *, store: Place = None) -> ProspectivePlan:
    """Say what a trial's program does, stage by stage, and how often each step ran.

    Args:
        trial: Its id or the beginning of it, its name, `last` or `last~1`.
        store: The store's folder.

    Raises:
        BadInput: The trial does not hold its program's text.
    """
    from provkit.knowledge import project_knowledge
    from provkit.trial_plan import plan_of_trial

    opened = open_store(store)
    return plan_of_trial(opened, opened.resolve(trial), project_knowledge(Path()))


def plan_graph(file: str | os.PathLike[str], *, store: Place = None) -> bytes:
    """Write the plan of a script as Turtle: the graph that each trial of this text has.

    Args:
        file: The script.
        store: A store whose base IRI is to be used; without any, IRIs begin with the folder's name.

    Raises:
        TargetNotFound: There is no such file.
        BadInput: It is no Python.
    """
    from provkit.knowledge import project_knowledge
    from provkit.mapping.plans import plan_quads
    from provkit.planning import written_plan

    base = f"arcp://name,{Path(file).resolve().parent.name or 'root'}/"
    with contextlib.suppress(StoreNotFound):
        base = find(store).base_iri
    from provkit.export.rdf import turtle
    from provkit.vocabulary import PREFIXES

    found = written_plan(Path(file), project_knowledge(Path()))
    return turtle(plan_quads(found, base), PREFIXES)
