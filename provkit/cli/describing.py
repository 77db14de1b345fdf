"""`provkit describe`: a trial as a page that a person reads."""

from __future__ import annotations

from typing import Annotated

from provkit import api
from provkit.cli.words import Output, Store, Trial, format_of, format_option
from provkit.cli.writing import put


def describe(
    trial: Trial = "last",
    *,
    format: Annotated[str | None, format_option("markdown or html")] = None,
    output: Output = None,
    store: Store = None,
) -> None:
    """Write a trial as a page: a model card for each model, and a methods section.

    Without --format the suffix of the output file decides, else it is Markdown.
    What the page says comes from the trial alone; check it before you publish it.

    Examples:
        provkit describe last
        provkit describe baseline -o baseline.html
    """
    chosen = format_of(format, output, ("markdown", "html"))
    put(api.describe(trial, format=chosen, store=store), output)
