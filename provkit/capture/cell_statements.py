"""Statements at a cell's own level: what IPython adds to them, by displaying what they give and by running magics."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable

from provkit.capture.cell_magics import CellMagics
from provkit.capture.cell_text import magics_in, names_mentioned
from provkit.capture.fingerprints import fingerprint
from provkit.capture.journal import Journal
from provkit.capture.objects import Places
from provkit.capture.open_cells import OpenCell
from provkit.capture.rewriting import rewrite_statement
from provkit.capture.running import Running
from provkit.capture.values import is_atom, is_code

_RESULTS = ("_", "__", "___")
_RESULT = re.compile(r"_\d+")
_HISTORIES = ("Out", "_oh")


class CellStatements(CellMagics):
    """Follows the statements of cells."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        self._names = Places({}, None, None)
        self._aliases: dict[int, str] = {}
        """By number of a statement that only shows what a name holds, the name."""
        self._measuring: set[int] = set()
        """Numbers of statements that measure what they run."""

    def _instrument(
        self, cell: OpenCell, node: ast.stmt, twin: ast.stmt | None, symbol: str
    ) -> list[ast.stmt]:
        if _has_to_come_first(node, symbol):
            return [node]
        text_run = cell.opened or cell.text
        magics = magics_in(node) if "get_ipython" in text_run else []
        mentioned, is_measuring = names_mentioned(magics), self._is_measuring(magics)
        first = len(self._tables.statements)
        tree = ast.Interactive([node]) if symbol == "single" else ast.Module([node], [])
        names: dict[str, None] = {}
        if any(name in text_run for name in _HISTORIES):
            names.update(dict.fromkeys(_results_read(node, self._names.namespace or {})))
        value = node.value if isinstance(node, ast.Expr) else None
        name_shown = value.id if isinstance(value, ast.Name) else None
        rewrite_statement(tree, twin, self._tables, cell.plan, self._module_names)
        statement = self._tables.statements[first]
        if magics and statement.kind == "plain":
            statement.kind = "magic"
            names |= mentioned
            if is_measuring:
                self._measuring.add(first)
        elif symbol in ("single", "shown") and isinstance(node, ast.Expr):
            statement.kind = "display"
            statement.writes = ("_", f"_{cell.count}")
            if name_shown is not None:
                self._aliases[first] = name_shown
        statement.peeks = (*statement.peeks, *names)
        return tree.body

    def _begin(self, number: int) -> None:
        if self._tables.statements[number].region is None:
            self._pass_over_modules()
        super()._begin(number)
        running = self._stack[-1] if self._stack else None
        if not isinstance(running, Running) or running.number != number:
            return
        kind = running.statement.kind
        if kind not in ("magic", "display"):
            return
        namespace = self._namespace(running.statement)
        names = running.statement.writes if kind == "display" else list(namespace)
        watched = set(running.statement.peeks)
        for name in names:
            obj = namespace.get(name)
            is_watched = name in watched and not is_atom(obj) and not is_code(obj)
            mark = fingerprint(obj) if is_watched else None
            running.before.append((name, id(obj) if name in namespace else 0, mark, None))
        if number in self._measuring:
            self._pause(number)

    def _end(self, running: Running) -> None:
        kind = running.statement.kind
        if kind == "magic":
            namespace = self._namespace(running.statement)
            for name, identity, mark, _ in running.before:
                obj = namespace.get(name)
                if mark is not None and id(obj) == identity and fingerprint(obj) != mark:
                    running.stored.append(obj)
        super()._end(running)
        if running.statement.region is None:
            self._see_what_is_gone(running)
            self._look_at_modules()

    def _see_what_is_gone(self, running: Running) -> None:
        """Tell what names there are no more: one deleted by whatever means, when the address of what it held is free.

        `%reset`, `globals().pop(...)`, a function with `global`: no hook stands there.
        """
        running.unbinds = [name for name in self._names.gone() if not is_history(name)]
        if running.unbinds:
            self._write_bind(running.order, running)

    def _settle_module_names(self, running: Running) -> None:
        if running.statement.kind != "display":
            super()._settle_module_names(running)
            return
        namespace = self._namespace(running.statement)
        latest, numbered = running.statement.writes
        before = {name: identity for name, identity, *_ in running.before}
        # Shown before, the same small number is the same object.
        is_shown = any(id(namespace.get(name)) != identity for name, identity in before.items())
        if not is_shown or numbered not in namespace:
            return
        held = self._names.names
        for older, newer in (("___", "__"), ("__", "_")):
            if newer in held:
                held[older] = held[newer]
        obj = namespace[numbered]
        if not self._bind_alias(running, obj, numbered):
            self._bind(running, self._names, numbered, obj)
        value = running.binds[-1][1]
        self._objects.hold(obj, value, self._names, latest)
        running.binds.append((latest, value))

    def _bind_alias(self, running: Running, obj: object, name: str) -> bool:
        """Bind a name to what another one holds, if all that was shown is that one."""
        alias = self._aliases.get(running.number)
        bound = self._names.names.get(alias) if alias is not None else None
        if bound is None or bound[0] != id(obj):
            return False
        self._objects.hold(obj, bound[1], self._names, name)
        running.binds.append((name, bound[1]))
        return True

    def _names_bound(self, running: Running, namespace: dict[str, object]) -> Iterable[str]:
        if running.statement.kind != "magic":
            return super()._names_bound(running, namespace)
        before = {name: identity for name, identity, *_ in running.before}
        held = self._names.names
        gone = [name for name in held if name not in namespace]
        bound = [
            name
            for name, obj in namespace.items()
            if before.get(name) != id(obj)
            # What ran inside and was looked into has been told.
            and (name not in held or held[name][0] != id(obj))
            and not is_history(name)
            # `%reset` puts it back, `%run` brings those of its module.
            and name != "get_ipython"
            and not (name.startswith("__") and name.endswith("__"))
        ]
        return [*dict.fromkeys([*running.statement.writes, *bound, *gone])]

    def _pass_over_modules(self) -> None:
        """Leave out what IPython has imported since the last statement, to show a traceback, say."""
        if len(sys.modules) != self._modules_count:
            self._modules_count = len(sys.modules)
            self._modules_seen.update(sys.modules)


def _has_to_come_first(node: ast.stmt, symbol: str) -> bool:
    """Tell whether nothing may be put before a statement: it would be no docstring or declaration any more."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return symbol == "exec" and is_text


def is_history(name: str) -> bool:
    """Tell whether a name is one of those in which IPython keeps what was typed and shown."""
    return (
        name in _RESULTS
        or bool(_RESULT.fullmatch(name))
        or name.startswith("_i")
        or name in _HISTORIES
    )


def _results_read(node: ast.stmt, namespace: dict[str, object]) -> list[str]:
    """List the names of earlier results that a statement reads through `Out`."""
    if not any(isinstance(part, ast.Name) and part.id in _HISTORIES for part in ast.walk(node)):
        return []
    wanted = [
        f"_{part.slice.value!r}"
        for part in ast.walk(node)
        if isinstance(part, ast.Subscript)
        and isinstance(part.value, ast.Name)
        and part.value.id in _HISTORIES
        and isinstance(part.slice, ast.Constant)
    ]
    return wanted or [name for name in namespace if _RESULT.fullmatch(name)]
