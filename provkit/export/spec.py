"""The declarative representation of a trial, as YAML and as JSON; `provkit/specification/schema.json` is its schema."""

from __future__ import annotations

import json
import math
from typing import Any

import yaml

from provkit.specification import Specification


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML says no types
    """Writes no anchors, and texts of several lines as blocks: for people."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  PyYAML's name for it
        """Repeat what occurs twice."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(specifications: list[Specification]) -> bytes:
    """Write specifications as YAML 1.1, one document for each."""
    written: bytes = yaml.dump_all(
        specifications,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        explicit_start=len(specifications) > 1,
        encoding="utf-8",
    )
    return written


def as_json(specifications: list[Specification]) -> bytes:
    """Write one specification as JSON, several as an array; numbers that JSON lacks become text."""
    written = specifications[0] if len(specifications) == 1 else specifications
    text = json.dumps(_finite(written), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "replace")


def _finite(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _finite(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_finite(value) for value in part]
    if isinstance(part, float) and not math.isfinite(part):
        return str(part)
    return part
