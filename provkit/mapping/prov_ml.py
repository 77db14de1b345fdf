"""What provkit's PROV-ML terms say of a trial: which stage of learning each execution was.

No file of PROV-ML was ever published; ontologies/prov-ml.ttl declares the names that its papers use, each with its
source.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.mapping.resources import Resources
from provkit.mapping.stage_terms import STAGE_TERMS
from provkit.model import Trial
from provkit.vocabulary import Quad, term

_TYPE = term("rdf:type")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Type executions by their stage, and what was learned from by its part in learning."""
    names, graph = resources.names, resources.names.trial_graph
    orders = {execution.order for execution in trial.executions}
    for order, stage in trial.learning.stages:
        if order in orders and stage in STAGE_TERMS:
            yield names.execution(order), _TYPE, term(STAGE_TERMS[stage]), graph
    for run in trial.learning.runs:
        yield names.run(run.key), _TYPE, term("pml:Training"), graph
    for key in resources.learning.data:
        yield names.value(key), _TYPE, term("pml:LearningData"), graph
