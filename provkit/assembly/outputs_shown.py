"""Outputs as nbformat 4 has them -> `CellOutput`, and which of those that came still stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provkit.assembly.contents import Contents
from provkit.events import OutputShown
from provkit.model import CellOutput, Derivation, Failure

_ERROR = "application/vnd.jupyter.error+json"
_ERROR_KEYS = ("ename", "evalue", "traceback")


def shown_at_the_end(events: Iterable[OutputShown]) -> list[OutputShown]:
    """Go through what a cell sent, as whoever shows it does, and give what stands at the end.

    A `clear_output` takes away what came before (once the next thing comes, if it is to wait), an
    `update_display_data` what has the same display id, and text joins the text of the same stream before it.
    """
    stands: list[OutputShown] = []
    is_to_clear = False
    for event in events:
        kind = event.output.get("output_type")
        if kind == "clear_output":
            is_to_clear = bool(event.output.get("wait"))
            if not is_to_clear:
                stands.clear()
            continue
        if kind == "update_display_data":
            _update(stands, event)
            continue
        if is_to_clear:
            stands.clear()
            is_to_clear = False
        if kind == "stream" and stands and _is_same_stream(stands[-1], event):
            text = stands[-1].output["text"] + event.output["text"]
            stands[-1] = event._replace(output={**event.output, "text": text})
        elif kind in ("stream", "display_data", "execute_result", "error"):
            stands.append(event)
    return stands


def _is_same_stream(before: OutputShown, event: OutputShown) -> bool:
    return before.output["output_type"] == "stream" and before.output.get(
        "name"
    ) == event.output.get("name")


def _update(stands: list[OutputShown], event: OutputShown) -> None:
    display_id = _display_id(event)
    for place, one in enumerate(stands):
        if display_id is not None and _display_id(one) == display_id:
            output = {
                **one.output,
                "data": event.output.get("data", {}),
                "metadata": event.output.get("metadata", {}),
            }
            stands[place] = one._replace(output=output, value=event.value)


def _display_id(event: OutputShown) -> object:
    transient = event.output.get("transient")
    return transient.get("display_id") if isinstance(transient, dict) else None


def output_of(
    contents: Contents,
    output: dict[str, Any],
    execution: int,
    number: int,
    derived_from: tuple[Derivation, ...] = (),
) -> CellOutput:
    """Tell an output.

    Args:
        contents: Makes its contents.
        output: As nbformat 4 has it.
        execution: Order of the cell's execution.
        number: Its place among the outputs, from 1.
        derived_from: What it shows.
    """
    kind = output["output_type"]
    if kind == "stream":
        return CellOutput(
            execution,
            number,
            "stream",
            (contents.text("text/plain", output["text"]),),
            stream=contents.redacted(output["name"]),
        )
    if kind == "error":
        return CellOutput(
            execution,
            number,
            "error",
            (contents.json({key: output[key] for key in _ERROR_KEYS}, _ERROR),),
            failure=Failure(
                contents.redacted(output["ename"]), contents.redacted(output["evalue"])
            ),
        )
    metadata = output.get("metadata")
    return CellOutput(
        execution,
        number,
        kind,
        tuple(contents.in_bundle(mime, value) for mime, value in output["data"].items()),
        execution_count=output.get("execution_count"),
        metadata=contents.json(metadata) if metadata else None,
        derived_from=derived_from,
    )
