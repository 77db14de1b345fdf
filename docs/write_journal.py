"""Write docs/journal.md from the events themselves: python docs/write_journal.py."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from provkit import events

PAGE = Path(__file__).with_name("journal.md")
MARK = "## Events, version 1\n"

EXAMPLES = {
    "enter": '["enter",1,12,0,"3.0",81230011,[["rows",5]]]',
    "left": '["left","bank",31,96,[88,93]]',
    "between": '["between",31,"a message from the front end to Button","bump",[],[],[]]',
    "plain": '["plain",0,[["12.8","14.8"],["31.4","31.4"]]]',
    "notebook": '["notebook","executed","analysis.ipynb","python3",{"language":"python","ipython":"9.18.1"},null]',
    "cell": '["cell",14,3,"5f0c2a91",4,"8f1c4a0be2d94ae7c5d1b7a2a6c9f3e08b64d2f7a1c05e9384bd76fa10c2e35d",3,91230011,null]',
    "cell-done": '["cell-done",14,98230011,"ok",3]',
    "process": '["process",14,"gzip -k data.csv",91230011]',
    "shown": '["shown",14,{"output_type":"stream","name":"stdout","text":"120 rows"},null]',
    "arguments": '["arguments",17,"17.6-17.33",[["C",{"scalar":10},true],["tol",{"scalar":0.001},false]],[[15,{"C":{"scalar":10}}]]]',
    "parameters": '["parameters",10,14,"sklearn.linear_model.Lasso","made",[["alpha",{"scalar":0.1},false,"sklearn.linear_model.Lasso"],["max_iter",{"scalar":1000},true,"sklearn.linear_model.Lasso"]],[]]',
    "kept": '["kept",15,15,"skops","model-1",6377,true,[]]',
    "fitted": '["fitted",11,15,[["n_iter_",{"scalar":12}]],[],{},[["yes",310],["no",94]],232,null]',
    "numbers": '["numbers",12,"16.9-16.70",[["",[0.95,0.91,0.9]]]]',
    "tag": '["tag","value",27,"target"]',
}
"""Of events whose examples on the page are not there yet; the page's own are kept."""


def page() -> str:
    """Write the page: what stands above the events as it is, and each event from its class."""
    written = PAGE.read_text("utf-8")
    parts = [written.partition(MARK)[0] + MARK]
    examples = {
        **EXAMPLES,
        **dict(
            re.findall(r"^### `([\w-]+)`\n.*?```\n(.*?)\n```", written, re.MULTILINE | re.DOTALL)
        ),
    }
    notes = field_notes()
    for name, kind in events.EVENTS.items():
        said = re.sub(r"^`[\w-]+`: ", "", inspect.getdoc(kind) or "")
        parts.append(f"### `{name}`\n\n{said[0].upper()}{said[1:]}\n")
        parts.append("| place | field | type | what |\n| --- | --- | --- | --- |")
        for place, field in enumerate(kind._fields, 1):
            kind_of = annotation_of(kind, field).replace("|", "or")
            absent = " (may be absent)" if field in kind._field_defaults else ""
            parts.append(
                f"| {place} | `{field}` | {kind_of} | {notes[kind.__name__].get(field, '')}{absent} |"
            )
        parts.append(f"\n```\n{examples[name]}\n```\n")
    return "\n".join(parts).rstrip() + "\n"


def annotation_of(kind: type, field: str) -> str:
    """Write a field's type as the source does."""
    annotation = kind.__annotations__[field]
    return str(getattr(annotation, "__forward_arg__", annotation))


def field_notes() -> dict[str, dict[str, str]]:
    """Find what the source says below each field."""
    notes: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(events)).body:
        if isinstance(node, ast.ClassDef):
            own = notes.setdefault(node.name, {})
            for field, note in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(note, ast.Expr):
                    own[field.target.id] = " ".join(note.value.value.split())
    return notes


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
