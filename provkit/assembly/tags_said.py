"""What a script says of its values by `provkit.tag(value, "text")`, read where it stands and as it ran."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from provkit.assembly.gathering import Call, Chunk, Gathered, Statement
from provkit.dataflow import Argument
from provkit.redaction import redact
from provkit.source import SourceAnalysis

_SAID = (1, "_said")


def tags_said(
    gathered: Gathered, analyses: Mapping[int, SourceAnalysis]
) -> Iterator[tuple[int, str]]:
    """List the versions that a script tags, each with the text; a text that nobody saw is left out."""
    told = {
        number
        for number, callee in gathered.callees.items()
        if (callee.module, callee.name) == ("provkit.untagged", "tag")
    }
    for statement in gathered.statements.values() if told else ():
        for call in statement.made:
            if call.callee not in told:
                continue
            analysis = analyses.get(statement.plan)
            flow = analysis.dataflow.get(statement.key) if analysis is not None else None
            site = flow.calls.get(call.key) if flow is not None else None
            for value in (
                [_value_of(statement, call, one) for one in site.arguments[:1]] if site else ()
            ):
                text = _text_of(gathered, call, site.arguments[1:]) if site else None
                if value is not None and text:
                    yield value, redact(text)


def _value_of(statement: Statement, call: Call, argument: Argument) -> int | None:
    if argument.place is None or argument.part is not None:
        return None
    chunk = statement.chunk_at(call.moment) or Chunk(call.moment)
    if argument.place in chunk.reads:
        return chunk.reads[argument.place][0]
    inner = chunk.calls.get(argument.place)
    return inner.result if inner is not None else None


def _text_of(gathered: Gathered, call: Call, arguments: tuple[Argument, ...]) -> str | None:
    for argument in arguments:
        if argument.literal is not None:
            said = ast.literal_eval(argument.literal)
            return said if isinstance(said, str) else None
    seen = gathered.arguments.get((call.order, call.key))
    for parameter, described, _ in seen.given if seen is not None else ():
        if parameter in _SAID and isinstance(described.get("scalar"), str):
            return str(described["scalar"])
    return None
