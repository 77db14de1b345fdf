"""One library's file of knowledge: TOML to checked entries, every mistake with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provkit.errors import BadKnowledge
from provkit.knowledge.entries import CLASS_STAGE, CONCEPTS, ROLES, STAGES, TASKS, Entry

_HEADER = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")
_TABLE = re.compile(r"\s*\[{1,2}\s*(\w+)\s*\]")
_NAME = re.compile(r"[\w*]+(\.[\w*]+)*")
_MODULE = re.compile(r"\w+(\.\w+)*")
_MODULES = re.compile(r"\w+(\.[\w*]+)*")
_TOP = {"library", "modules", "checked", "unchecked", "homes", "entry", "method"}
_FIELDS = {
    "names",
    "stage",
    "concept",
    "task",
    "measure",
    "arguments",
    "mutates",
    "returns",
    "result",
}


@dataclass(frozen=True, slots=True)
class MethodRule:
    """What a method means on objects of certain kinds: of a concept, or of classes by name."""

    of: tuple[str, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """What one file says.

    `homes` maps the modules where names are defined to those where they are documented
    (`torch.nn.modules.*` to `torch.nn`). `checked` is the version of the library that the file was last held against,
    `unchecked` why it could not be.
    """

    library: str
    modules: tuple[str, ...]
    homes: Mapping[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    methods: tuple[MethodRule, ...] = ()
    checked: str = ""
    unchecked: str = ""


def read_library(path: Path) -> LibraryFile:
    """Read a file of knowledge.

    Raises:
        BadKnowledge: The file cannot be read, is no TOML, or does not keep to the format; the first mistake is said
            with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadKnowledge(
            f"Couldn't read the knowledge file {str(path)!r}: {reason.lower()}; check the path in "
            "`[tool.provkit] knowledge`."
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        position = f"{path}:{found[1]}:{found[2]}" if found else f"{path}:{text.count(chr(10)) + 1}"
        reason = re.sub(r" \(at .*\)$", "", str(error))
        reason = reason[:1].lower() + reason[1:]
        raise BadKnowledge(
            f"{position}: Couldn't read this knowledge file, as it is no TOML: {reason}."
        ) from error
    return _Reader(path, text).library(content)


class _Reader:
    """Checks one file's content; knows on which line each thing stands."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._headers: dict[str, list[int]] = {"entry": [], "method": []}
        for number, line in enumerate(self._lines, 1):
            match = _HEADER.match(line)
            if match and match[1] in self._headers:
                self._headers[match[1]].append(number)

    def library(self, content: dict[str, object]) -> LibraryFile:
        for key in content:
            if key not in _TOP:
                self._fail(self._line_of(key, 1), f"{key!r} is no key of it", _options(_TOP))
        name = content.get("library")
        if not isinstance(name, str) or not name:
            self._fail(self._line_of("library", 1), "`library` must name the distribution", "")
        modules = self._texts(content, "modules", 1) or (self._path.stem,)
        homes = content.get("homes", {})
        if not isinstance(homes, dict):
            self._fail(self._line_of("homes", 1), "`homes` must be a table of module names", "")
        assert isinstance(homes, dict)
        for defined, documented in homes.items():
            if not (
                _MODULES.fullmatch(defined)
                and isinstance(documented, str)
                and _MODULE.fullmatch(documented)
            ):
                line = self._line_of(f'"{defined}"', self._line_of("homes", 1))
                self._fail(line, f"the home of {defined!r} must be a module's name", "")
        assert isinstance(name, str)
        return LibraryFile(
            name,
            modules,
            homes,
            tuple(
                entry
                for index, table in enumerate(self._tables(content, "entry"))
                for entry in self._entries(name, table, self._headers["entry"][index], method=False)
            ),
            tuple(
                MethodRule(self._kinds(table, self._headers["method"][index]), entry)
                for index, table in enumerate(self._tables(content, "method"))
                for entry in self._entries(name, table, self._headers["method"][index], method=True)
            ),
            self._text(content, "checked", 1) or "",
            self._text(content, "unchecked", 1) or "",
        )

    def _tables(self, content: dict[str, object], kind: str) -> list[dict[str, object]]:
        tables = content.get(kind, [])
        if not isinstance(tables, list) or len(tables) != len(self._headers[kind]):
            self._fail(self._line_of(kind, 1), f"write each of them as a `[[{kind}]]` table", "")
        assert isinstance(tables, list)
        return tables

    def _kinds(self, table: dict[str, object], header: int) -> tuple[str, ...]:
        kinds = self._texts(table, "of", header)
        if not kinds:
            self._fail(header, "a method needs `of`: the concepts or classes it is known for", "")
        for kind in kinds:
            if "." not in kind and kind != "*" and kind not in CONCEPTS:
                self._fail(self._within("of", kind, header), *_unknown("concept", kind, CONCEPTS))
        return kinds

    def _entries(
        self, library: str, table: dict[str, object], header: int, *, method: bool
    ) -> list[Entry]:
        for key in table:
            if key not in _FIELDS and not (method and key == "of"):
                line = self._line_of(key, header)
                self._fail(line, f"{key!r} is no key of an entry", _options(_FIELDS))
        names = self._texts(table, "names", header)
        if not names:
            self._fail(header, "an entry needs `names`", "")
        for name in names:
            if not _NAME.fullmatch(name) or (method and "." in name):
                what = "a method's name" if method else "a qualified name"
                line = self._within("names", name, header)
                self._fail(line, f"{name!r} is not {what}", "")
        stage = self._word(table, "stage", {*STAGES, *([CLASS_STAGE] if method else [])}, header)
        concept = self._word(table, "concept", CONCEPTS, header)
        task = self._word(table, "task", TASKS, header)
        measure = self._text(table, "measure", header)
        arguments = self._arguments(table, header)
        returns = self._texts(table, "returns", header)
        for role in returns:
            if role not in ROLES:
                self._fail(self._within("returns", role, header), *_unknown("role", role, ROLES))
        return [
            Entry(
                name,
                library,
                stage,
                concept,
                task,
                measure,
                arguments,
                self._texts(table, "mutates", header),
                returns,
                self._texts(table, "result", header),
                f"{self._path.name}:{header}",
                method,
            )
            for name in names
        ]

    def _arguments(self, table: dict[str, object], header: int) -> dict[str, str]:
        arguments = table.get("arguments", {})
        line = self._line_of("arguments", header)
        if not isinstance(arguments, dict):
            self._fail(line, "`arguments` must be a table of parameter = role", "")
        assert isinstance(arguments, dict)
        for parameter, role in arguments.items():
            if role not in ROLES:
                self._fail(
                    self._within("arguments", parameter, header),
                    *_unknown("role", role, ROLES),
                )
        return arguments

    def _word(
        self, table: dict[str, object], key: str, allowed: frozenset[str] | set[str], header: int
    ) -> str | None:
        word = self._text(table, key, header)
        if word is not None and word not in allowed:
            self._fail(self._line_of(key, header), *_unknown(key, word, allowed))
        return word

    def _text(self, table: Mapping[str, object], key: str, header: int) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            self._fail(self._line_of(key, header), f"`{key}` must be a text", "")
        assert value is None or isinstance(value, str)
        return value

    def _texts(self, table: Mapping[str, object], key: str, header: int) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fail(self._line_of(key, header), f"`{key}` must be a list of texts", "")
        assert isinstance(value, list)
        return tuple(value)

    def _line_of(self, key: str, header: int) -> int:
        """Find the line of a key below a header, or else the header's."""
        pattern = re.compile(rf'\s*(\[+\s*)?"?{re.escape(key.strip(chr(34)))}"?\s*(=|\]|\.)')
        for number in range(header, len(self._lines) + 1):
            line = self._lines[number - 1]
            if pattern.match(line):
                return number
            if number > header and header > 1 and _TABLE.match(line):
                break
        return header

    def _within(self, key: str, word: object, header: int) -> int:
        """Find the line of a word in the value of a key, which may go over several lines."""
        start = self._line_of(key, header)
        for number in range(start, len(self._lines) + 1):
            if number > start and _TABLE.match(self._lines[number - 1]):
                break
            if str(word) in self._lines[number - 1]:
                return number
        return start

    def _fail(self, line: int, what: str, advice: str) -> None:
        rest = f"; {advice}" if advice else ""
        raise BadKnowledge(
            f"{self._path}:{line}: Couldn't use this knowledge file: {what}{rest}. "
            "docs/knowledge.md has the format."
        )


def _unknown(kind: str, word: object, allowed: frozenset[str] | set[str]) -> tuple[str, str]:
    from difflib import get_close_matches  # only for a message

    near = get_close_matches(str(word), sorted(allowed), n=1)
    advice = f"did you mean {near[0]!r}?" if near else _options(allowed)
    return f"{word!r} is no {kind}", advice.rstrip("?") + ("?" if near else "")


def _options(words: frozenset[str] | set[str]) -> str:
    return f"there are {', '.join(sorted(words))}"
