"""What ProvONE says of a trial: which execution is part of which, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.mapping.resources import Resources
from provkit.model import Trial
from provkit.vocabulary import Quad, term

_PART_OF = term("provone:wasPartOf")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Nest executions in each other, the outermost in the trial."""
    names = resources.names
    for execution in trial.executions:
        parent = execution.parent
        whole = names.trial if parent is None else names.execution(parent)
        yield names.execution(execution.order), _PART_OF, whole, names.trial_graph
    for run in trial.learning.runs:
        whole = names.trial if run.parent is None else names.run(run.parent)
        yield names.run(run.key), _PART_OF, whole, names.trial_graph
    for cell in trial.notebook.executions if trial.notebook is not None else ():
        whole = names.trial if cell.parent is None else names.execution(cell.parent)
        yield names.execution(cell.order), _PART_OF, whole, names.trial_graph
