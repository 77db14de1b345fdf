"""Holding files of knowledge against the libraries that are installed: python tests/knowledge/holding.py [--record] [NAME ...].

Every name must exist, every argument be a parameter, every class of a result be there, and what a running program calls
a thing (`keras.src.layers.Dense`) must lead to the same entry as what its documentation calls it (`keras.layers.Dense`).
With `--record` the version that a file was held against is written into it, if it holds.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import inspect
import pkgutil
import platform
import re
import sys
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import provkit.knowledge
from provkit.capture.callees import identify
from provkit.knowledge import Entry, Knowledge, LibraryFile, read_library

FOLDER = Path(provkit.knowledge.__file__).parent
LIBRARIES = [path for path in sorted(FOLDER.glob("*.toml")) if path.stem != "generic"]


@dataclass(slots=True)
class Held:
    """What came of holding one file against what is installed; each list names the lines that do not hold."""

    library: LibraryFile
    version: str
    missing: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    homes: list[str] = field(default_factory=list)

    @property
    def mistakes(self) -> list[str]:
        """All of them."""
        return [*self.missing, *self.arguments, *self.results, *self.homes]


def import_library(library: LibraryFile) -> None:
    """Import the modules that a file is about, with what they show only after a second import.

    Raises:
        ImportError: One of them is not installed, or cannot be imported.
    """
    for module in library.modules:
        importlib.import_module(module)
    if "safetensors" in library.modules:
        importlib.import_module("torch")  # half of its names are for torch's tensors
    if "sklearn" in library.modules:
        importlib.import_module("sklearn.experimental.enable_halving_search_cv")


def installed_version(library: LibraryFile) -> str:
    """Say which version of a library is installed."""
    if library.library == "python":
        return platform.python_version()
    names = [library.library]
    if len(library.modules) == 1:
        owners = importlib.metadata.packages_distributions()
        names += owners.get(library.modules[0].partition(".")[0], ())
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return str(getattr(importlib.import_module(library.modules[0]), "__version__", "unknown"))


def hold(library: LibraryFile) -> Held:
    """Hold a file against the library, which is imported."""
    held = Held(library, installed_version(library))
    found = [(entry, list(candidates(entry.pattern))) for entry in library.entries]
    held.missing = [
        f"{entry.source} {entry.pattern}: no such name" for entry, things in found if not things
    ]
    held.missing += _methods_missing(library, found)
    held.arguments = _arguments_wrong(found) + _changed_arguments_wrong(library, found)
    held.results = [
        f"{entry.source} {entry.pattern}: its result {name} does not exist"
        for entry in [*library.entries, *(rule.entry for rule in library.methods)]
        for name in entry.result
        if name.partition(".")[0] in library.modules
        and name != "builtins.file"  # any of the classes of open files
        and resolve(name) is None
    ]
    held.homes = _homes_wrong(library, found)
    return held


def resolve(name: str) -> object:
    """Find what a qualified name names, or None."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except Exception:  # noqa: BLE001  no module, or one that cannot be imported here
            continue
        for part in parts[cut:]:
            found = _attribute(found, part)
            if found is None:
                return None
        return found
    return None


def candidates(pattern: str) -> list[tuple[str, object]]:
    """List what exists that a pattern with wildcards names; modules that nobody has imported count if nothing else does."""
    return _candidates(pattern, importing=False) or _candidates(pattern, importing=True)


def _candidates(pattern: str, *, importing: bool) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = [("", None)]
    parts = pattern.split(".")
    for place, part in enumerate(parts):
        expression = re.compile(re.escape(part).replace(r"\*", r"\w*"))
        longer = []
        for prefix, owner in found:
            names = [part]
            if "*" in part:
                listed = {*_names_in(owner), *_published(owner)}
                if importing and place < len(parts) - 1:
                    listed |= _modules_of(owner)
                names = [n for n in sorted(listed) if expression.fullmatch(n) and n[0] != "_"]
            for name in names:
                whole = f"{prefix}.{name}" if prefix else name
                thing = resolve(whole) if owner is None else _attribute(owner, name)
                thing = resolve(whole) if thing is None else thing
                if thing is not None:
                    longer.append((whole, thing))
        found = longer
    return found


def _names_in(owner: object) -> list[str]:
    try:
        return dir(owner)
    except Exception:  # noqa: BLE001  a lazy module that is not there
        return []


def _published(owner: object) -> list[str]:
    names = _attribute(owner, "__all__")
    return list(names) if isinstance(names, list | tuple) else []


def _modules_of(owner: object) -> set[str]:
    """List the modules of a package, imported or not."""
    places = getattr(owner, "__path__", None) if isinstance(owner, types.ModuleType) else None
    names = {module.name for module in pkgutil.iter_modules(places)} if places else set()
    return names - {"examples", "tests", "conftest"}


def _attribute(owner: object, name: str) -> object:
    try:
        found = getattr(owner, name, None)
        isinstance(found, type)  # of a lazy module this may import what is not there
        return found
    except Exception:  # noqa: BLE001  a lazy module that lacks an optional package
        return None


_Found = list[tuple[Entry, list[tuple[str, object]]]]


def _methods_missing(library: LibraryFile, found: _Found) -> list[str]:
    missing = []
    for rule in library.methods:
        owners = list(_owners(library, rule.of, found))
        expression = re.compile(re.escape(rule.entry.pattern).replace(r"\*", r"\w*"))
        if not any(expression.fullmatch(name) for owner in owners for name in dir(owner)):
            missing.append(f"{rule.entry.source} {rule.entry.pattern}: no such method")
        missing.extend(
            f"{rule.entry.source} {kind}: no such class"
            for kind in rule.of
            if "." in kind and not candidates(kind)
        )
    return missing


def _owners(library: LibraryFile, kinds: tuple[str, ...], found: _Found) -> Iterator[object]:
    """List the classes that have a method, by name or by concept."""
    for kind in kinds:
        if "." in kind:
            yield from (thing for _, thing in candidates(kind))
    for entry, things in found:
        if entry.concept in kinds:
            yield from (thing for _, thing in things if inspect.isclass(thing))


def _arguments_wrong(found: _Found) -> list[str]:
    wrong = []
    used: set[tuple[str, str]] = set()
    sizes: dict[str, int] = {}
    for entry, _ in found:
        sizes[entry.source] = sizes.get(entry.source, 0) + 1
    for entry, things in found:
        listed = [name.lstrip("*") for name in entry.arguments]
        for name, thing in things if listed else ():
            parameters = parameters_of(thing)
            if parameters is None:
                used.update((entry.source, argument) for argument in listed)
                continue
            known = [parameter for parameter in parameters if parameter in listed]
            used.update((entry.source, argument) for argument in known)
            # Several names in one table share the union of their parameters; one alone has its order.
            alone = sizes[entry.source] == 1 and "*" not in entry.pattern
            if alone and known != [argument for argument in listed if argument in known]:
                wrong.append(f"{entry.source} {name}: its parameters are {parameters}")
    for entry, _ in found:
        wrong.extend(
            f"{entry.source} {entry.pattern}: {argument} is no parameter of it"
            for argument in (name.lstrip("*") for name in entry.arguments)
            if (entry.source, argument) not in used
        )
    return wrong


def parameters_of(thing: object) -> list[str] | None:
    """List a callable's parameters; None if it takes any, or nobody can tell."""
    try:
        parameters = inspect.signature(thing).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return [parameter.name for parameter in parameters]


def _changed_arguments_wrong(library: LibraryFile, found: _Found) -> list[str]:
    return [
        f"{entry.source} {name}: what it changes, {changed}, is no parameter of it"
        for entry, things in found
        for name, thing in things
        for changed in entry.mutates
        if changed != "self"
        and "*" not in entry.pattern
        and (parameters := parameters_of(thing)) is not None
        and changed not in parameters
    ]


def _homes_wrong(library: LibraryFile, found: _Found) -> list[str]:
    """List what a running program calls by a name that leads elsewhere than the documented one."""
    knowledge = Knowledge()
    wrong: dict[str, str] = {}
    for entry, things in found:
        for name, thing in things:
            if not (inspect.isclass(thing) or inspect.isroutine(thing)):
                continue  # an object (`scipy.stats.norm`) is known by its class
            running = running_name(thing)
            if "<" in running or not _is_own(entry, name, thing, running, library):
                continue
            told = knowledge.entry(running)
            documented = knowledge.entry(name)
            if told and "*" in entry.pattern:
                continue  # another entry that is more exact
            if documented is None or _says(told) == _says(documented):
                continue
            wrong.setdefault(
                running,
                f"{entry.source} {name}: as a program runs it is {running}, which "
                + (f"{told.source} tells otherwise" if told else "nothing tells of"),
            )
    return list(wrong.values())


_QUIET = frozenset(
    {"option", "operation", "show", "text", "tracker", "logger", "plot", "path", None}
)
"""Concepts that the recording of a run asks nothing of: what a pattern with a `*` takes in besides is no matter."""


def _is_own(entry: Entry, name: str, thing: object, running: str, library: LibraryFile) -> bool:
    """Tell whether a thing is what a pattern means, and not what a module merely imports."""
    if running.partition(".")[0] not in {module.partition(".")[0] for module in library.modules}:
        return False
    if "*" not in entry.pattern:
        return True
    if entry.concept in _QUIET:
        return False
    owner = resolve(name.rpartition(".")[0])
    if not isinstance(owner, types.ModuleType):
        return False
    published = _published(owner)
    if published:
        return name.rpartition(".")[2] in published
    if owner.__spec__ is not None and owner.__spec__.submodule_search_locations is not None:
        return True  # a package is there to show what its modules define
    return getattr(thing, "__module__", None) == owner.__name__


def running_name(thing: object) -> str:
    """Name a thing as the recording of a program does."""
    callee = identify(thing)
    return f"{callee.module}.{callee.name}"


def _says(entry: Entry | None) -> tuple[object, ...] | None:
    return entry and (entry.stage, entry.concept, entry.task)


def record(path: Path, version: str) -> None:
    """Write into a file which version it was held against."""
    lines = [
        line
        for line in path.read_text("utf-8").splitlines(True)
        if not line.startswith("checked = ")
    ]
    place = next(n for n, line in enumerate(lines) if line.startswith("library = ")) + 1
    if lines[place].startswith("modules = "):
        place += 1
    lines.insert(place, f'checked = "{version}"\n')
    path.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Hold the files that are named, or all of what is installed; the status is 1 if one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", help="libraries, by the name that is imported")
    parser.add_argument(
        "--record", action="store_true", help="write the versions into the files that hold"
    )
    options = parser.parse_args()
    status = 0
    for path in LIBRARIES:
        if options.names and path.stem not in options.names:
            continue
        library = read_library(path)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import_library(library)
                held = hold(library)
        except ImportError as error:
            if options.names:
                print(f"{path.stem}: not held, as {error}")
            continue
        print(f"{path.stem} {held.version}: {len(held.mistakes) or 'no'} mistakes")
        for mistake in held.mistakes:
            print(f"  {mistake}")
        if held.mistakes:
            status = 1
        elif options.record:
            record(path, held.version)
    return status


if __name__ == "__main__":
    sys.exit(main())
