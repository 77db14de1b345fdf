"""A trial as a page that a person reads: a model card for each model, and a methods section for a paper.

Everything on it comes from the trial's specification; what is not known is not mentioned.
"""

from __future__ import annotations

from collections.abc import Iterator

from provkit.reporting.blocks import Block, Code, Heading, Paragraph, Text, markdown, page
from provkit.reporting.methods import data_used, evaluation, procedure, randomness, surroundings
from provkit.reporting.model_cards import alike_in, distinct_models, model_card
from provkit.reporting.phrases import Part

_CARDS = 20
"""Model cards of one page."""


def report(specification: Part, *, format: str = "markdown") -> str:
    """Write a trial's specification as a page.

    Args:
        specification: As `provkit.specification.specification_of` gives it.
        format: `markdown` or `html`.
    """
    blocks = list(_blocks(specification))
    if format == "html":
        return page(blocks, title=_title(specification))
    return markdown(blocks)


def _title(specification: Part) -> str:
    trial = specification["trial"]
    return str(trial["name"] or trial["command"])


def _blocks(specification: Part) -> Iterator[Block]:
    yield Heading(1, _title(specification))
    yield Paragraph(_summary(specification["trial"]))
    models = alike_in(distinct_models(specification), specification["parameters"])
    for alike in models[:_CARDS]:
        yield from model_card(alike, specification)
    if len(models) > _CARDS:
        yield Paragraph(f"... and {len(models) - _CARDS} more models.")
    yield Heading(2, "Methods")
    for title, blocks in (
        ("Data", data_used(specification)),
        ("Procedure", procedure(specification)),
        ("Evaluation", evaluation(specification)),
        ("Randomness", randomness(specification)),
        ("Software and hardware", surroundings(specification)),
    ):
        found = list(blocks)
        if found:
            yield Heading(3, title)
            yield from found


def _summary(trial: Part) -> Text:
    words: list[str] = [Code(trial["command"])]
    words.append(f" was run{' by ' + trial['by'] if trial['by'] else ''}")
    if trial["started"]:
        words.append(f" on {trial['started'][:10]}")
    if trial["seconds"] is not None:
        words.append(f"; it {trial['status']} after {trial['seconds']:.1f} s")
    words += [". Trial ", Code(trial["id"])]
    if trial["tags"]:
        words.append(f", tagged {', '.join(trial['tags'])}")
    words.append(".")
    if trial["note"]:
        words.append(f" {trial['note']}")
    return words
