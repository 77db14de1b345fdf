"""`provkit plan`: what a script or notebook is going to do, stage by stage, without running it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provkit import api
from provkit.cli import console
from provkit.cli.console import Column
from provkit.cli.words import Output, Store, format_of, format_option
from provkit.cli.writing import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from provkit.planning import PlannedStep, ProspectivePlan, Ran

_STYLES = {
    "training": "green",
    "evaluation": "cyan",
    "model_definition": "yellow",
    "imports": "dim",
    "other": "dim",
}


def plan(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", readable=False, help="a script, or a notebook (.ipynb)"),
    ],
    *,
    format: Annotated[
        str | None,
        format_option("table, json, dot, svg or ttl [by the suffix of FILE, else table]"),
    ] = None,
    evidence: Annotated[
        bool, typer.Option("-e", "--evidence", help="say why each step has its stage")
    ] = False,
    output: Output = None,
    store: Store = None,
) -> None:
    """Show the plan of a program with its stages, without running anything.

    Each statement of a script, or each cell of a notebook, with its stage in
    the data-science pipeline and how sure that is; --evidence says why.

    Examples:
        provkit plan train.py
        provkit plan analysis.ipynb --format svg -o plan.svg
    """
    chosen = format_of(format, output, ("table", "json", "dot", "svg", "ttl"))
    if chosen == "ttl":
        put(api.plan_graph(file, store=store), output)
        return
    found = api.plan(file)
    if chosen == "json":
        put(console.as_json([as_data(step) for step in found.steps]), output)
    elif chosen in ("dot", "svg"):
        from provkit.export import plan_picture

        draw = plan_picture.dot if chosen == "dot" else plan_picture.svg
        put(draw(found), output)
    else:
        put(as_table(found, evidence=evidence, to_file=output is not None), output)


def as_data(step: PlannedStep) -> dict[str, object]:
    """Give a step as JSON has it."""
    data: dict[str, object] = {"first_line": step.first_line, "last_line": step.last_line}
    if step.cell_index is not None:
        data["cell_index"] = step.cell_index
    data["stage"] = step.stage.name
    data["confidence"] = round(step.stage.confidence, 2)
    data["evidence"] = list(step.stage.evidence)
    data["source"] = step.text
    if step.ran is not None:
        data["executions"] = step.ran.executions
        data["seconds"] = round(step.ran.seconds, 3)
        data["iterations"] = step.ran.iterations or None
        data["failed"] = step.ran.failed
        data["stages_seen"] = list(step.ran.stages)
    data["children"] = [as_data(child) for child in step.children]
    return data


def as_table(found: ProspectivePlan, *, evidence: bool = False, to_file: bool = False) -> str:
    """Give a plan as a table for people."""
    is_notebook = found.kind == "notebook"
    columns = [
        Column("cell" if is_notebook else "line", right=True),
        Column("stage", styles=_STYLES),
        Column("sure", right=True),
        Column("source", shrinks=True),
    ]
    if any(step.ran is not None for step in found.steps):
        columns[3:3] = [Column("runs", right=True), Column("seconds", right=True)]
    if evidence:
        columns.append(Column("evidence", shrinks=True))
    rows = list(_rows(found.steps, 0))
    width = None if to_file else console.width_of_terminal(sys.stdout)
    colour = not to_file and console.wants_colour(sys.stdout)
    return console.table(columns, rows, width=width, colour=colour)


def _runs(ran: Ran | None) -> str:
    """Say how often a step ran, how many rounds its loop went, and whether it failed."""
    if ran is None or not ran.executions:
        return ""
    rounds = f" ({ran.iterations} rounds)" if ran.iterations else ""
    return f"{ran.executions}{rounds}{' failed' if ran.failed else ''}"


def _rows(steps: Sequence[PlannedStep], depth: int) -> Iterator[dict[str, console.Cell]]:
    for step in steps:
        place = step.first_line if step.cell_index is None else step.cell_index
        yield {
            "line": place,
            "cell": place,
            "stage": step.stage.name,
            "sure": f"{step.stage.confidence:.2f}",
            "runs": _runs(step.ran),
            "seconds": f"{step.ran.seconds:.3f}" if step.ran and step.ran.executions else "",
            "source": "  " * depth + console.printable(step.text),
            "evidence": "; ".join(step.stage.evidence),
        }
        if (
            step.cell_index is None
            and step.children
            and step.last_line < step.children[0].first_line
        ):
            yield from _rows(step.children, depth + 1)
