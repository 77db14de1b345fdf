"""Parameters, models and measures of a trial as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from provkit.cli import console
from provkit.cli.console import Cell, Column

if TYPE_CHECKING:
    from provkit.learning import FittedModel, KeptCopy, Measured, Parameter

_PARAMETERS = (
    Column("of", shrinks=True),
    Column("name"),
    Column("value", shrinks=True),
    Column("origin", styles={"given": "green", "default": "dim"}),
    Column("where", "where set", shrinks=True),
    Column("resolved"),
)
_PARAMETERS_WHOLE = tuple(
    Column(name)
    for name in (
        *("name", "value", "origin", "of", "holder", "set_by", "where", "resolved"),
        *("unseeded", "place"),
    )
)
_MODELS = (
    Column("label", "model"),
    Column("implementation", "class", shrinks=True),
    Column("task"),
    Column("inputs", "on", shrinks=True),
    Column("evaluated_on", "evaluated on", shrinks=True),
    Column("target"),
    Column("chosen", shrinks=True),
    Column("kept", shrinks=True),
    Column("place"),
)
_MODELS_WHOLE = tuple(
    Column(name)
    for name in (
        *("label", "implementation", "task", "features", "target", "classes", "inputs", "run"),
        *("place", "evaluated_on", "size_bytes", "sha256", "kept", "kept_sha256", "kept_bytes"),
        "chosen",
    )
)
_MEASURES = (
    Column("measure"),
    Column("value", right=True),
    Column("on"),
    Column("averaging"),
    Column("via"),
    Column("model"),
    Column("tried", shrinks=True),
    Column("place"),
)
_MEASURES_WHOLE = tuple(
    Column(name)
    for name in (
        *("measure", "value", "on", "averaging", "via", "model", "run", "tried", "name", "place"),
        "implied",
    )
)


def parameters(found: Sequence[Parameter], format: str) -> str:
    """Write parameters; of an unset seed the table says so."""
    if format != "table":
        return console.rows_as(format, _PARAMETERS_WHOLE, [asdict(one) for one in found])
    rows: list[dict[str, Cell]] = []
    for one in found:
        owner = one.of.rpartition(".")[2]
        where = one.where if one.set_by in ("", "source") else f"{one.where} ({one.set_by})".strip()
        rows.append(
            {
                "of": f"{owner} {one.holder}".strip(),
                "name": one.name,
                "value": _shown(one.value),
                "origin": one.origin,
                "where": "unseeded" if one.unseeded else where,
                "resolved": "" if one.resolved is None else _shown(one.resolved),
            }
        )
    return console.rows_as("table", _PARAMETERS, rows)


def models(found: Sequence[FittedModel], format: str) -> str:
    """Write models."""
    if format != "table":
        return console.rows_as(format, _MODELS_WHOLE, [_whole(one) for one in found])
    rows: list[dict[str, Cell]] = [
        {
            "label": one.label,
            "implementation": one.implementation.rpartition(".")[2],
            "task": one.task,
            "inputs": ", ".join(one.inputs),
            "evaluated_on": ", ".join(one.evaluated_on),
            "target": ", ".join(one.target),
            "chosen": one.chosen,
            "kept": _kept(one.kept) if one.kept is not None else "",
            "place": one.place,
        }
        for one in found
    ]
    unused = {name for name in ("chosen", "kept") if not any(getattr(one, name) for one in found)}
    columns = [column for column in _MODELS if column.name not in unused]
    return console.rows_as("table", columns, rows)


def _whole(one: FittedModel) -> dict[str, Any]:
    kept = one.kept
    return {
        **asdict(one),
        "kept": kept.name if kept is not None else "",
        "kept_sha256": kept.sha256 if kept is not None else "",
        "kept_bytes": kept.size_bytes if kept is not None else None,
    }


def _kept(copy: KeptCopy) -> str:
    size = f" {copy.size_bytes:,} bytes" if copy.size_bytes is not None else ""
    warned = "" if copy.is_safe else " (runs code when loaded)"
    return f"{copy.name.rpartition('.')[2]}{size}{warned}"


def measures(found: Sequence[Measured], format: str) -> str:
    """Write measures."""
    if format != "table":
        return console.rows_as(format, _MEASURES_WHOLE, [asdict(one) for one in found])
    rows: list[dict[str, Cell]] = [
        {
            "measure": one.measure,
            "value": "" if one.value is None else f"{one.value:.6g}",
            "on": one.on,
            "averaging": one.averaging,
            "via": one.how,
            "model": one.model,
            "tried": one.tried,
            "place": one.place,
        }
        for one in found
    ]
    return console.rows_as("table", _MEASURES, rows)


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
