"""What schema.org says of a trial: versions, digests, the format of a text, and the text of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from provkit.identifiers import content
from provkit.mapping.resources import Resources
from provkit.model import Trial
from provkit.vocabulary import Quad, literal, term

_SHA256 = term("schema:sha256")


def quads(trial: Trial, resources: Resources) -> Iterator[Quad]:
    """Say what schema.org has the words for."""
    names = resources.names
    graph, shared = names.trial_graph, names.shared_graph
    for output in trial.outputs:
        node = names.output(output.stream)
        yield node, term("schema:encodingFormat"), literal("text/plain"), graph
    for node, told in resources.notebook.contents:
        yield node, term("schema:encodingFormat"), literal(told.mime), graph
    for kept in trial.learning.kept:
        node = names.kept_model(kept.value)
        yield node, term("schema:encodingFormat"), literal(kept.content.mime), graph
    for file in trial.files:
        if file.digest and not file.verified:
            # the bytes when they were hashed, which may not be those that were read
            yield names.file(file.key), _SHA256, literal(file.digest), graph
    for plan in resources.plans:
        if plan.text is not None:
            of = names.plan(plan.digest)
            yield of, term("schema:text"), literal(plan.text), names.plan_graph(plan.digest)
    for digest in resources.contents:
        yield content(digest), _SHA256, literal(digest), shared
    for software in (*resources.libraries, *resources.platform):
        version = literal(software.package.version)
        yield software.node, term("schema:softwareVersion"), version, shared
