"""Asking the knowledge base: a qualified name to its entry, library by library."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from provkit.errors import BadKnowledge
from provkit.knowledge.entries import CLASS_STAGE, Entry
from provkit.knowledge.reading import LibraryFile, MethodRule, read_library

_FOLDER = Path(__file__).parent
_STANDARD = "python"
GENERIC = "generic"


_TYPICAL = {
    concept: Entry("*", "any", stage, concept)
    for concept, stage in (
        ("estimator", "model_definition"),
        ("pipeline", "model_definition"),
        ("search", "model_definition"),
        ("clusterer", "model_definition"),
        ("transformer", "preprocessing"),
        ("column_transformer", "preprocessing"),
    )
}
"""What a class of a concept is, where nobody knows the class."""


class Knowledge:
    """What is known of names, in the project's own files first, then in provkit's."""

    def __init__(self, files: Sequence[Path] = ()) -> None:
        """Read the project's own files; provkit's are read when they are asked for.

        Raises:
            BadKnowledge: One of the files does not keep to the format.
        """
        self._own: dict[str, list[_Library]] = {}
        for path in files:
            library = _Library(read_library(path))
            for module in library.modules:
                self._own.setdefault(module, []).append(library)
        self._found: dict[str, Entry | None] = {}

    def entry(self, qualified_name: str) -> Entry | None:
        """Find what is known of a function, class or method by its qualified name.

        A method is found by its class: `sklearn.svm.SVC.fit` is what `fit` means for estimators.
        Where a name is defined and where it is documented are the same to this:
        `sklearn.linear_model._coordinate_descent.Lasso` is `sklearn.linear_model.Lasso`.
        """
        if qualified_name not in self._found:
            self._found[qualified_name] = self._look_up(qualified_name)
        return self._found[qualified_name]

    def method(self, concept: str | None, name: str, library: str = "") -> Entry | None:
        """Find what a method means on an object of a concept, whatever its class is called.

        Without a concept, what a method of that name does by convention on whatever has it.

        Args:
            concept: What the object is; None where nobody knows.
            name: The method's name.
            library: A module of the library whose own rules count first.
        """
        for part in [*self._libraries(library.partition(".")[0]), _generic()]:
            found = part.method("", concept, name)
            if found is not None:
                return _of_class(found, _TYPICAL.get(concept or ""))
        return None

    def public_name(self, qualified_name: str) -> str:
        """Name a thing by where it is documented instead of where it is defined."""
        parts = self._libraries(qualified_name.partition(".")[0])
        return parts[0].public_name(qualified_name) if parts else _without_private(qualified_name)

    def _look_up(self, qualified_name: str) -> Entry | None:
        name = self.public_name(qualified_name)
        module = name.partition(".")[0]
        parts = self._libraries(module)
        for library in parts:
            found = library.entry(name)
            if found is not None:
                return found
        owner, _, method = name.rpartition(".")
        of_class = self.entry(owner) if "." in owner else None
        concept = of_class.concept if of_class is not None else None
        for library in parts:
            found = library.method(owner, concept, method)
            if found is not None:
                return _of_class(found, of_class)
        found = None
        if concept is not None:
            found = _generic().method("", concept, method, only_concept=True)
        return _of_class(found, of_class) if found is not None else None

    def _libraries(self, module: str) -> list[_Library]:
        shipped = _shipped(module)
        return [*self._own.get(module, []), *([shipped] if shipped is not None else [])]


class _Library:
    """One file, arranged for looking things up."""

    def __init__(self, file: LibraryFile) -> None:
        self.modules = file.modules
        self._homes = [
            (re.compile(rf"{_as_pattern(defined)}(?=\.|$)"), documented)
            for defined, documented in file.homes.items()
        ]
        self._exact: dict[str, Entry] = {}
        self._patterns: list[tuple[re.Pattern[str], Entry]] = []
        for entry in file.entries:
            if "*" in entry.pattern:
                self._patterns.append((re.compile(_as_pattern(entry.pattern)), entry))
            else:
                self._exact.setdefault(entry.pattern, entry)
        self._methods: dict[str, list[MethodRule]] = {}
        for rule in file.methods:
            self._methods.setdefault(rule.entry.pattern, []).append(rule)
        self._wild = [
            (re.compile(_as_pattern(name)), rules)
            for name, rules in self._methods.items()
            if "*" in name
        ]

    def entry(self, name: str) -> Entry | None:
        found = self._exact.get(name)
        if found is None:
            found = next(
                (entry for pattern, entry in self._patterns if pattern.fullmatch(name)), None
            )
        if found is not None and found.measure == "*":
            return replace(found, measure=name.rpartition(".")[2])
        return found

    def method(
        self, class_name: str, concept: str | None, name: str, *, only_concept: bool = False
    ) -> Entry | None:
        rules = list(self._methods.get(name, ()))
        for pattern, wild in self._wild:
            if pattern.fullmatch(name):
                rules.extend(wild)
        if class_name:
            for rule in rules:
                if any("." in kind and _matches(kind, class_name) for kind in rule.of):
                    return rule.entry
        if concept is not None:
            for rule in rules:
                if concept in rule.of:
                    return rule.entry
        if only_concept:
            return None
        return next((rule.entry for rule in rules if "*" in rule.of), None)

    def public_name(self, name: str) -> str:
        name = _without_private(name)
        for pattern, documented in self._homes:
            match = pattern.match(name)
            if match:
                return documented + name[match.end() :]
        return name


@cache
def _shipped(module: str) -> _Library | None:
    """Read provkit's file for a module, once for each process."""
    name = _STANDARD if module in sys.stdlib_module_names or module == "builtins" else module
    path = _FOLDER / f"{name}.toml"
    return _Library(read_library(path)) if name.isidentifier() and path.exists() else None


@cache
def _generic() -> _Library:
    return _Library(read_library(_FOLDER / f"{GENERIC}.toml"))


@cache
def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(_as_pattern(pattern), name) is not None


def _as_pattern(pattern: str) -> str:
    """A `*` stands for any part of a name between two dots."""
    return re.escape(pattern).replace(r"\*", r"\w*")


def _without_private(name: str) -> str:
    parts = name.split(".")
    inner = [part for part in parts[1:-1] if not part.startswith("_")]
    return ".".join([parts[0], *inner, *parts[1:][-1:]])


def _of_class(entry: Entry, of_class: Entry | None) -> Entry:
    """Give a method what it has of its class: the stage, and the task that it learns."""
    stage = (of_class.stage if of_class else None) if entry.stage == CLASS_STAGE else entry.stage
    task = entry.task or (of_class.task if of_class else None)
    return replace(entry, stage=stage, task=task)


def project_knowledge(folder: Path) -> Knowledge:
    """Take the knowledge base with the files that a project's pyproject.toml names.

    Raises:
        BadKnowledge: pyproject.toml or one of the files is not what it should be.
    """
    return Knowledge(files_named_by(folder))


def files_named_by(folder: Path) -> list[Path]:
    """List the files of knowledge that a project's pyproject.toml names.

    Raises:
        BadKnowledge: pyproject.toml is not what it should be.
    """
    import tomllib

    path = folder / "pyproject.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise BadKnowledge(f"Couldn't read {str(path)!r}: {error}.") from error
    tool = content.get("tool", {})
    named = (tool.get("provkit") or {}).get("knowledge", []) if isinstance(tool, dict) else []
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise BadKnowledge(
            f"Couldn't use `knowledge` in {str(path)!r}: it must be a list of paths, "
            'as `knowledge = ["our_library.toml"]` is.'
        )
    return [folder / name for name in named]
