"""A notebook's file, of nbformat 2 to 4.5, as plain nbformat 4, with all repairs told.

What is read back is what was saved, but for lists of lines, which are joined. A file that is not
quite what its version says is repaired as far as its cells can still be told apart; nothing is
repaired in silence.
"""

from __future__ import annotations

import json
import logging
import warnings
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provkit.errors import BadInput
from provkit.notebook_cells import ids_of, is_cell_id

_KINDS = ("code", "markdown", "raw")
_OF_ANY_CELL = {"id", "cell_type", "metadata", "source"}
_OF_CELL = {
    "code": _OF_ANY_CELL | {"execution_count", "outputs"},
    "markdown": _OF_ANY_CELL | {"attachments"},
    "raw": _OF_ANY_CELL | {"attachments"},
}
_OF_OUTPUT: dict[str, dict[str, Any]] = {
    "stream": {"name": "stdout", "text": ""},
    "display_data": {"data": {}, "metadata": {}},
    "execute_result": {"data": {}, "metadata": {}, "execution_count": None},
    "error": {"ename": "", "evalue": "", "traceback": []},
}
_FIRST_WITH_IDS = 5


@dataclass(frozen=True, slots=True)
class NotebookFile:
    """A notebook as it was saved."""

    format: tuple[int, int]
    """Version of nbformat in the file."""
    metadata: dict[str, Any]
    cells: list[dict[str, Any]]
    """As nbformat 4 has them, each with an id, whatever its version."""
    repairs: tuple[str, ...] = ()
    """What had to be put right, each in one sentence."""
    has_ids: bool = True
    """The ids are the file's own, and are not made of place and text."""

    @property
    def language(self) -> str:
        """The language of its code cells, in small letters; `python` if it says none."""
        told = self.metadata.get("language_info", {}), self.metadata.get("kernelspec", {})
        for facts, key in zip(told, ("name", "language"), strict=True):
            if isinstance(facts, dict) and isinstance(facts.get(key), str) and facts[key].strip():
                return str(facts[key]).strip().lower()
        own = self.metadata.get("language")
        return own.lower() if isinstance(own, str) and own else "python"

    @property
    def is_python(self) -> bool:
        """Its code cells are Python."""
        return self.language in ("python", "python3", "ipython", "ipython3")


def read_notebook(path: Path) -> NotebookFile:
    """Read a notebook's file.

    Raises:
        BadInput: It cannot be read, or is no notebook.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"Couldn't read the notebook {str(path)!r}: {reason}.") from error
    return parse_notebook(content, str(path))


def parse_notebook(content: bytes, name: str) -> NotebookFile:
    """Read a notebook from its bytes.

    Args:
        content: What the file holds.
        name: What to call it in messages.

    Raises:
        BadInput: It is no notebook.
    """
    repairs = _Repairs()
    document = _json(content, name, repairs)
    major, minor = _version(document, name, repairs)
    if major != 4:
        document = _converted(document, name, major)
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise _no_notebook(name, "it has no list of cells")
    document["cells"] = [
        repairs.cell(cell, index)
        for index, cell in enumerate(cells)
        if repairs.is_cell(cell, index)
    ]
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        repairs.say("the notebook's metadata is not an object; it counts as empty")
        metadata = {}
    unknown = set(document) - {"cells", "metadata", "nbformat", "nbformat_minor"}
    if unknown and major == 4:
        repairs.say(f"the notebook has {_listed(unknown)}, which nbformat does not know; left out")
    has_ids = _name_cells(
        document["cells"], repairs, expected=(major, minor) >= (4, _FIRST_WITH_IDS)
    )
    return NotebookFile((major, minor), metadata, document["cells"], tuple(repairs.said), has_ids)


def _json(content: bytes, name: str, repairs: _Repairs) -> dict[str, Any]:
    if not content.strip():
        raise _no_notebook(name, "it is empty")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_notebook(name, f"byte {error.start} is not UTF-8") from error
    if content.startswith(b"\xef\xbb\xbf"):
        repairs.say("the file begins with a byte order mark, which JSON does not have; left out")
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise _no_notebook(name, "it is nested too deeply") from error
    except ValueError as error:
        reason = f"it is not JSON ({error})"
        if text.lstrip().startswith("<<<<<<<") or "\n<<<<<<< " in text:
            reason = "it holds the marks of a merge that was not finished"
        elif text.startswith("version https://git-lfs"):
            reason = "it is a pointer of Git LFS, and the notebook itself is not here"
        raise _no_notebook(name, reason) from error
    if not isinstance(document, dict):
        raise _no_notebook(name, "its JSON is not an object")
    return document


def _version(document: dict[str, Any], name: str, repairs: _Repairs) -> tuple[int, int]:
    major, minor = document.get("nbformat"), document.get("nbformat_minor")
    if "worksheets" in document and major is None:
        major = 3
    if type(major) is not int or major < 2:
        said = "does not say its nbformat" if major is None else f"is of nbformat {major!r}"
        raise _no_notebook(name, f"it {said}, and versions 2 to 4 can be read")
    if major > 4:
        raise _no_notebook(name, f"it is of nbformat {major}, which this provkit does not know")
    if type(minor) is not int or minor < 0:
        repairs.say("it does not say its minor version; it counts as 0")
        minor = 0
    return major, minor


def _converted(document: dict[str, Any], name: str, major: int) -> dict[str, Any]:
    """Bring an older notebook to nbformat 4, as Jupyter does when it opens it."""
    import nbformat
    from nbformat.reader import reads

    if not isinstance(document.get("worksheets"), list):
        raise _no_notebook(name, f"it says that it is of nbformat {major} and has no worksheets")
    for sheet in document["worksheets"]:
        if isinstance(sheet, dict):
            for cell in sheet.get("cells") or ():
                if isinstance(cell, dict):
                    cell.setdefault("metadata", {})
    logger = logging.getLogger(
        "traitlets"
    )  # where `convert` tells what it does not like, and goes on
    was_disabled, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old = reads(json.dumps(document))  # type: ignore[no-untyped-call]
            converted = nbformat.convert(old, 4)  # type: ignore[no-untyped-call]
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise _no_notebook(
            name, f"it cannot be brought from nbformat {major} to 4 ({said})"
        ) from error
    finally:
        logger.disabled = was_disabled
    plain: dict[str, Any] = json.loads(json.dumps(converted))
    for cell in plain.get("cells", ()):
        cell.pop("id", None)  # random ones, made by the conversion
    return plain


def _name_cells(cells: list[dict[str, Any]], repairs: _Repairs, *, expected: bool) -> bool:
    own = [cell.get("id") for cell in cells]
    names = ids_of(cells)
    for index, (said, name) in enumerate(zip(own, names, strict=True)):
        cells[index]["id"] = name
        if said == name or (said is None and not expected):
            continue
        if said is None:
            repairs.say(f"cell {index} has no id; it is called {name!r}")
        elif is_cell_id(said):
            repairs.say(f"cell {index} has the id {said!r} of another; it is called {name!r}")
        else:
            repairs.say(
                f"cell {index} has the id {str(said)[:80]!r}, which no id may be; it is called {name!r}"
            )
    return any(said is not None for said in own) or (expected and not cells)


def _no_notebook(name: str, reason: str) -> BadInput:
    return BadInput(f"Couldn't read {name!r} as a notebook: {reason}.")


def _listed(names: set[str]) -> str:
    shown = sorted(map(str, names))
    return ", ".join(map(repr, shown[:4])) + (" and more" if len(shown) > 4 else "")


@dataclass
class _Repairs:
    """Puts cells and outputs right, and keeps what it did."""

    said: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Note a repair."""
        self.said.append(sentence)

    def is_cell(self, cell: Any, index: int) -> bool:
        """Tell a cell from what cannot be one."""
        if isinstance(cell, dict) and cell.get("cell_type") in (*_KINDS, "heading", "html"):
            return True
        kind = f"of type {cell.get('cell_type')!r}" if isinstance(cell, dict) else "not an object"
        self.say(f"cell {index} is {kind}; left out")
        return False

    def cell(self, cell: dict[str, Any], index: int) -> dict[str, Any]:
        """Put a cell right."""
        where = f"cell {index}"
        if cell["cell_type"] not in _KINDS:
            self.say(
                f"{where} is of type {cell['cell_type']!r}, of another version; it counts as markdown"
            )
            cell["cell_type"] = "markdown"
        kind = cell["cell_type"]
        if kind == "code" and "input" in cell and "source" not in cell:
            self.say(f"{where} has its text under 'input', as nbformat 3 has it")
            cell["source"] = cell.pop("input")
        if kind == "code" and "prompt_number" in cell and "execution_count" not in cell:
            self.say(f"{where} has its count under 'prompt_number', as nbformat 3 has it")
            cell["execution_count"] = cell.pop("prompt_number")
        cell["source"] = self._text(cell.get("source"), f"the text of {where}")
        cell["metadata"] = self._object(cell, "metadata", where, required=True)
        if kind == "code":
            self._code(cell, where)
        elif "attachments" in cell:
            cell["attachments"] = self._object(cell, "attachments", where, required=False)
            self._bundles(cell["attachments"], f"an attachment of {where}")
        unknown = set(cell) - _OF_CELL[kind]
        if unknown:
            self.say(f"{where} has {_listed(unknown)}, which nbformat does not know; left out")
            for key in unknown:
                del cell[key]
        return cell

    def _code(self, cell: dict[str, Any], where: str) -> None:
        count = cell.setdefault("execution_count", None)
        if count is not None and type(count) is not int:
            self.say(
                f"{where} has the execution count {str(count)[:20]!r}, which is no number; it counts as none"
            )
            cell["execution_count"] = None
        elif type(count) is int and count < 0:
            self.say(f"{where} has the execution count {count}; it counts as none")
            cell["execution_count"] = None
        outputs = cell.get("outputs")
        if not isinstance(outputs, list):
            self.say(f"{where} has no list of outputs; it counts as empty")
            outputs = []
        found = (
            self.output(output, f"output {number} of {where}")
            for number, output in enumerate(outputs, 1)
        )
        cell["outputs"] = [output for output in found if output is not None]

    def output(self, output: Any, where: str) -> dict[str, Any] | None:
        """Put an output right; None if it is none."""
        kind = output.get("output_type") if isinstance(output, dict) else None
        if kind == "pyout":
            kind, output["output_type"] = "execute_result", "execute_result"
            self.say(f"{where} is a 'pyout' of nbformat 3; it counts as an execute_result")
        if kind == "pyerr":
            kind, output["output_type"] = "error", "error"
            self.say(f"{where} is a 'pyerr' of nbformat 3; it counts as an error")
        if not isinstance(kind, str) or kind not in _OF_OUTPUT:
            self.say(f"{where} is of no type that nbformat knows ({str(kind)[:40]!r}); left out")
            return None
        for key, default in _OF_OUTPUT[kind].items():
            if key not in output:
                self.say(f"{where} has no {key!r}")
                output[key] = copy(default)
        unknown = set(output) - set(_OF_OUTPUT[kind]) - {"output_type"}
        if unknown:
            self.say(f"{where} has {_listed(unknown)}, which nbformat does not know; left out")
            for key in unknown:
                del output[key]
        if kind == "stream":
            output["text"] = self._text(output["text"], f"the text of {where}")
            output["name"] = self._text(output["name"], f"the name of {where}")
        elif kind == "error":
            lines = output["traceback"]
            if not isinstance(lines, list):
                self.say(f"the traceback of {where} is no list of lines")
                lines = [str(lines)]
            output["traceback"] = [self._text(line, f"the traceback of {where}") for line in lines]
            for key in ("ename", "evalue"):
                output[key] = self._text(output[key], f"the {key!r} of {where}")
        else:
            output["metadata"] = self._object(output, "metadata", where, required=True)
            output["data"] = self._object(output, "data", where, required=True)
            self._bundle(output["data"], where)
            if kind == "execute_result" and type(output["execution_count"]) not in (
                int,
                type(None),
            ):
                self.say(f"the execution count of {where} is no number; it counts as none")
                output["execution_count"] = None
        return dict(output)

    def _bundles(self, attachments: dict[str, Any], where: str) -> None:
        for name, bundle in list(attachments.items()):
            if isinstance(bundle, dict):
                self._bundle(bundle, where)
            else:
                self.say(f"{where}, {name!r}, is not an object; left out")
                del attachments[name]

    def _bundle(self, bundle: dict[str, Any], where: str) -> None:
        """Join the lines of a mime bundle's texts; JSON stays as it is."""
        for mime, value in bundle.items():
            is_json = mime == "application/json" or mime.endswith("+json")
            if is_json:
                continue
            if not isinstance(value, str):
                bundle[mime] = self._text(value, f"the {mime} of {where}")

    def _object(
        self, holder: dict[str, Any], key: str, where: str, *, required: bool
    ) -> dict[str, Any]:
        value = holder.get(key)
        if isinstance(value, dict):
            return value
        if required or value is not None:
            self.say(f"the {key} of {where} is not an object; it counts as empty")
        return {}

    def _text(self, value: Any, where: str) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, list) and all(isinstance(line, str) for line in value):
            return "".join(value)
        if value is None:
            self.say(f"{where} is missing; it counts as empty")
            return ""
        self.say(f"{where} is no text")
        return "".join(map(str, value)) if isinstance(value, list) else str(value)


def repaired_outputs(outputs: Any) -> list[dict[str, Any]]:
    """Take a list of outputs from elsewhere (a history in the metadata), as far as they are any."""
    repairs = _Repairs()
    found = (
        repairs.output(dict(one), "an output")
        for one in (outputs if isinstance(outputs, list) else ())
        if isinstance(one, dict)
    )
    return [output for output in found if output is not None]
