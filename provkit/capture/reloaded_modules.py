"""Modules of the project's whose functions `%autoreload` has given new code in place: what runs is what is told.

IPython compiles each changed function alone and puts its code into the function that is there. That code is replaced
by the same with hooks, at the same places, so that tracebacks stay what they are.
"""

from __future__ import annotations

import ast
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from provkit.bindings import bound_names, place
from provkit.capture.between_cells import BetweenCells
from provkit.capture.files import bytes_of
from provkit.capture.hooks import Hook
from provkit.capture.journal import Journal, json_of
from provkit.capture.objects import Changes
from provkit.capture.observation import ABSENT
from provkit.capture.placeholders import OF_HOOKS, with_hooks
from provkit.capture.regions import FUNCTIONS, Slot
from provkit.capture.rewriting import rewrite
from provkit.capture.values import is_module
from provkit.quiet_parsing import with_filter

_EXTENSION = "IPython.extensions.autoreload"
_ALONE = "<string>"
"""What IPython calls the file of a function that it has added."""
_Position = tuple[int, int, int, int]
_Path = tuple[str, ...]


class ReloadedModules(BetweenCells):
    """Looks at the project's modules again where `%autoreload` is at work."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        self._own_modules: dict[str, tuple[str, tuple[int, int] | None]] = {}
        """Of each module that was rewritten, its file, and the date and size of that."""

    def module_code(self, name: str, path: str, source: bytes) -> CodeType | None:
        """Compile a module of the project, instrumented; None for any other module, and if that cannot be done."""
        code = super().module_code(name, path, source)
        if code is not None:
            self._own_modules[name] = (path, _stamp(path))
        return code

    def _look_at_reloaded(self) -> None:
        """Take in what has been put into modules whose files have changed."""
        if _EXTENSION not in sys.modules:
            return
        for name, (path, known) in list(self._own_modules.items()):
            now = _stamp(path)
            module = sys.modules.get(name)
            if now is None or now == known or type(module) is not ModuleType:
                continue
            source = bytes_of(path)
            patched = dict(_patched(module.__dict__, name, path))
            if source is not None and self._take_in(name, module, path, source, patched):
                self._own_modules[name] = (path, now)

    def _take_in(
        self,
        name: str,
        module: ModuleType,
        path: str,
        source: bytes,
        patched: dict[_Path, FunctionType],
    ) -> bool:
        """Tell of a module's new text, and look into the functions that run it; tells whether there was anything."""
        try:
            tree = ast.parse(source, path)
        except (SyntaxError, ValueError, RecursionError):
            return False  # it is being written
        earlier = self._programs_of(module.__dict__)
        places = self._modules[earlier[-1]] if earlier else None
        defined = dict(_defined(tree.body))
        running = {at: one for at, one in patched.items() if at in defined}
        rebound = (
            []
            if places is None
            else [
                one
                for one, (identity, _) in places.names.items()
                if id(module.__dict__.get(one, ABSENT)) != identity
                and not is_module(module.__dict__.get(one))
            ]
        )
        if places is None or not (running or rebound):
            return False
        program = self._plans
        then = _anew({at: defined[at] for at in running})
        hooks: Any = self.constants()
        with with_filter(OF_HOOKS):
            twin = ast.parse(source, path)
            code = rewrite(tree, twin, path, self._tables, program, then=then)
        code = with_hooks(code, hooks, self._tables)
        self._journal.write(self._source_met(source, path, "module", True, name))
        self._modules[program] = places
        for at, function in running.items():
            new = _code_at(code, at, function.__code__.co_filename)
            if new is not None and new.co_freevars == function.__code__.co_freevars:
                function.__code__ = new
        changed = {at[0] for at in running} | set(rebound)
        for node in ast.parse(source, path).body:
            names = [one for one in bound_names(node) if one in changed]
            if names:
                self._tell_redefined(program, node, names, module)
        return True

    def _tell_redefined(
        self, program: int, node: ast.stmt, names: list[str], module: ModuleType
    ) -> None:
        """Tell that a statement of a module has bound its names anew, or changed what they hold."""
        self._order += 1
        order, around = self._order, json_of(self._current_order())
        self._journal.write(
            f'["step",{order},{program},"{place(node)}",{around},{self._journal.now()}]'
        )
        places = self._modules[program]
        changes: Changes = []
        binds = []
        for name in names:
            obj = module.__dict__.get(name, ABSENT)
            if obj is ABSENT:
                continue
            known = self._objects.find(obj, None)
            if known is not None and places.names.get(name, (0,))[0] == id(obj):
                value = self._objects.new_version(obj, known.value, changes)
            else:
                value = self._value_under(name, obj, None)
            self._objects.hold(obj, value, places, name)
            binds.append([name, value])
        self._journal.write(f'["bind",{order},[],{json_of(binds)},{json_of(changes)},[]]')
        self._journal.write(f'["done",{order},{self._journal.now()}]')


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _patched(
    namespace: dict[str, object], module: str, path: str, within: _Path = ()
) -> Iterator[tuple[_Path, FunctionType]]:
    """List the functions of a module, and of its classes, whose code has no hooks, by where they are."""
    for name, obj in list(namespace.items()):
        function: object = obj
        if type(obj) in (staticmethod, classmethod):
            function = obj.__func__  # type: ignore[attr-defined]
        elif type(obj) is property:
            function = obj.fget
        if type(function) is FunctionType:
            code = function.__code__
            is_here = code.co_filename in (path, _ALONE) and function.__module__ == module
            if is_here and not any(type(one) in (Hook, Slot) for one in code.co_consts):
                yield (*within, name), function
        elif (
            isinstance(obj, type)
            and type.__dict__["__dict__"].__get__(obj).get("__module__") == module
            and not within
        ):
            yield from _patched(dict(type.__dict__["__dict__"].__get__(obj)), module, path, (name,))


def _defined(body: list[ast.stmt], within: _Path = ()) -> Iterator[tuple[_Path, ast.stmt]]:
    """List the functions of a text, and those of its classes, by name."""
    for node in body:
        if isinstance(node, FUNCTIONS):
            yield (*within, node.name), node
        elif isinstance(node, ast.ClassDef) and not within:
            yield from _defined(node.body, (node.name,))


def _anew(functions: dict[_Path, ast.stmt]) -> Callable[[ast.Module], None]:
    """Make what puts functions into the lines and columns in which IPython has compiled each of them."""
    moved: dict[_Position, _Position] = {}
    for at, node in functions.items():
        text = textwrap.dedent(ast.unparse(node))
        if len(at) > 1:
            text = "class __autoreload_class__:\n" + textwrap.indent(text, "    ")
        alone = ast.parse(text).body[0]
        alone = alone.body[0] if isinstance(alone, ast.ClassDef) else alone
        for one, other in zip(ast.walk(node), ast.walk(alone), strict=False):
            if type(one) is type(other) and hasattr(one, "lineno"):
                moved[_position(one)] = _position(other)

    def place_anew(rewritten: ast.Module) -> None:
        for node in ast.walk(rewritten):
            to = moved.get(_position(node)) if hasattr(node, "lineno") else None
            if to is not None:
                node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = to  # type: ignore[attr-defined]

    return place_anew


def _position(node: ast.AST) -> _Position:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def _code_at(code: CodeType, at: _Path, filename: str) -> CodeType | None:
    """Find the code of a function in that of its module."""
    current: CodeType | None = code
    for name in at:
        inside = [one for one in (current.co_consts if current else ()) if type(one) is CodeType]
        current = next((one for one in inside if one.co_name == name), None)
    return None if current is None else _in_file(current, filename)


def _in_file(code: CodeType, filename: str) -> CodeType:
    if code.co_filename == filename:
        return code
    constants = [
        _in_file(one, filename) if type(one) is CodeType else one for one in code.co_consts
    ]
    return code.replace(co_consts=tuple(constants), co_filename=filename)
