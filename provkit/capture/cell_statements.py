"""Statements at a cell's own level: what IPython adds to them, by displaying what they give and by running magics."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from provkit.bindings import place
from provkit.capture.cell_magics import CellMagics
from provkit.capture.cell_text import (
    magics_in,
    names_mentioned,
    names_read_by_script,
    names_stored,
    scripts_run,
)
from provkit.capture.fingerprints import fingerprint
from provkit.capture.journal import Journal
from provkit.capture.objects import Places
from provkit.capture.observation import ABSENT
from provkit.capture.open_cells import OpenCell
from provkit.capture.rewriting import rewrite_statement
from provkit.capture.running import Cell, Running
from provkit.capture.summaries import Found
from provkit.capture.values import is_atom, is_code

_RESULTS = ("_", "__", "___")
_RESULT = re.compile(r"_\d+")
_HISTORIES = ("Out", "_oh")
_MANIPULATING = frozenset(
    {
        *("globals", "locals", "vars", "user_ns", "user_global_ns", "push", "ex", "run_code"),
        *("run_cell", "run_line_magic", "run_cell_magic", "safe_execfile"),
    }
)
"""What gets at the notebook's names as a whole: built-ins, and attributes of the shell."""
_REACHING = (*_HISTORIES, *_MANIPULATING, "get_ipython", "await", "async")
"""Words of cells in which an assignment may do more than it says."""


class CellStatements(CellMagics):
    """Follows the statements of cells."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        self._names = Places({}, None, None)
        self._aliases: dict[int, str] = {}
        """By number of a statement that only shows what a name holds, the name."""
        self._numbered: dict[int, list[ast.expr | None]] = {}
        """By number of a statement that reads results by their numbers, what gives these; None if that is not said."""
        self._mentioned: dict[int, dict[str, None]] = {}
        """By number of a magic in a block, the names in its text."""
        self._scripts: dict[int, list[str]] = {}
        """By number of a statement, the files that it runs as if they stood in the notebook."""
        self._stores: dict[int, tuple[list[str], list[str]]] = {}
        """By number of a statement, the names that `%store` puts away and brings back in it."""
        self._put_away: dict[str, int] = {}
        """The versions that `%store` has put away in this session."""
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
        numbers = _results_read(node) if any(name in text_run for name in _HISTORIES) else []
        value = node.value if isinstance(node, ast.Expr) else None
        name_shown = value.id if isinstance(value, ast.Name) else None
        scripts = scripts_run(magics)
        stored = names_stored(magics, restored=False)
        restored = names_stored(magics, restored=True)
        # Looked at before hooks are put into the calls.
        inside = {at: self._known_of(calls) for at, calls in _magics_inside(node)} if magics else {}
        is_plain = self._is_plain(cell, text_run, node, symbol)
        rewrite_statement(
            tree,
            twin,
            self._tables,
            cell.plan,
            self._module_names,
            self._is_settled if is_plain else None,
        )
        statement = self._tables.statements[first]
        if magics and statement.kind == "plain":
            statement.kind = "magic"
            names |= mentioned
            if is_measuring:
                self._measuring.add(first)
            self._scripts[first] = scripts
            if stored or restored:
                self._stores[first] = (stored, restored)
        elif magics:
            self._see_magics_inside(inside, first + 1)
        elif symbol in ("single", "shown") and isinstance(node, ast.Expr):
            statement.kind = "display"
            statement.writes = ("_", f"_{cell.count}")
            if name_shown is not None:
                self._aliases[first] = name_shown
        statement.peeks = (*statement.peeks, *names)
        if numbers:
            self._numbered[first] = numbers
            statement.reads = tuple(read for read in statement.reads if read[0] not in _HISTORIES)
            statement.peeks = tuple(name for name in statement.peeks if name not in _HISTORIES)
        if statement.kind == "plain" and _may_bind_any(text_run, node):
            statement.kind = "manipulating"
        return tree.body

    @staticmethod
    def _is_plain(cell: OpenCell, text_run: str, node: ast.stmt, symbol: str) -> bool:
        """Tell whether nothing that IPython adds, and nothing in the cell's text, reaches into an assignment."""
        return (
            symbol == "exec"
            and isinstance(node, ast.Assign)
            and cell.within is None
            and not any(word in text_run for word in _REACHING)
        )

    def _is_settled(self, name: str) -> bool:
        return is_atom((self._names.namespace or {}).get(name))

    def _known_of(self, magics: list[ast.Call]) -> tuple[dict[str, None], list[str], bool]:
        """Tell of magics the names in their texts, the files that they run, and whether one measures."""
        return names_mentioned(magics), scripts_run(magics), self._is_measuring(magics)

    def _see_magics_inside(
        self, parts: Mapping[str, tuple[dict[str, None], list[str], bool]], first: int
    ) -> None:
        """Take note of the magics in the blocks of a statement: each is a call whose doings are looked for."""
        for number in range(first, len(self._tables.statements)):
            statement = self._tables.statements[number]
            known = parts.get(statement.key)
            if known is not None and statement.region is None and statement.kind == "plain":
                statement.kind = "magic"
                self._mentioned[number], self._scripts[number], is_measuring = known
                statement.peeks = (*statement.peeks, *self._mentioned[number])
                if is_measuring:
                    self._measuring.add(number)

    def _begin(self, number: int) -> None:
        if self._tables.statements[number].region is None:
            self._pass_over_modules()
        super()._begin(number)
        running = self._stack[-1] if self._stack else None
        if not isinstance(running, Running) or running.number != number:
            return
        if number in self._numbered:
            self._read_results(running)
        read = [*self._mentioned.get(number, ())]
        for script in self._scripts.get(number, ()):
            read += names_read_by_script(script, self._names.namespace or {})
        for name in self._stores.get(number, ([], []))[1]:
            kept = self._put_away
            values = kept.values() if name == "*" else [kept[name]] if name in kept else []
            running.reads.extend(("", value) for value in values)
        if read:
            found: list[Found] = [
                ("global", name, running.statement.program, None) for name in read
            ]
            running.reads.extend(("", value) for value in self._values_of(found))
        kind = running.statement.kind
        if kind not in ("magic", "display", "manipulating"):
            return
        namespace = self._namespace(running.statement)
        names = running.statement.writes if kind == "display" else list(namespace)
        watched = {*running.statement.peeks, *read}
        for name in names:
            obj = namespace.get(name)
            is_watched = name in watched and not is_atom(obj) and not is_code(obj)
            mark = fingerprint(obj) if is_watched else None
            running.before.append((name, id(obj) if name in namespace else 0, mark, None))
        if number in self._measuring:
            self._pause(number)

    def _read_results(self, running: Running) -> None:
        """Read the results that a statement asks for by number."""
        namespace = self._names.namespace or {}
        wanted: dict[str, None] = {}
        for number in self._numbered[running.number]:
            found = _number_of(number, namespace) if number is not None else None
            if found is None:
                wanted.update((name, None) for name in namespace if _RESULT.fullmatch(name))
            else:
                wanted[f"_{found}"] = None
        places = self._names
        for name in wanted:
            if name in namespace:
                value = self._value_of(places, name, namespace[name])
                if value is not None:
                    running.reads.append(("", value))

    def _read(self, number: int, obj: object) -> None:
        if self._tables.names[number][0] in _HISTORIES:
            running = self._statement()
            if running is not None and running.number in self._numbered:
                # Which of the results it was is told, and not that there are others.
                return
        super()._read(number, obj)

    def _end(self, running: Running) -> None:
        kind = running.statement.kind
        if kind == "magic":
            namespace = self._namespace(running.statement)
            for name, identity, mark, _ in running.before:
                obj = namespace.get(name)
                if mark is not None and id(obj) == identity and fingerprint(obj) != mark:
                    running.stored.append(obj)
        super()._end(running)
        for name in self._stores.get(running.number, ([], []))[0]:
            if name in self._names.names:
                self._put_away[name] = self._names.names[name][1]
        if running.statement.region is None:
            self._see_what_is_gone(running)
            self._look_at_modules()

    def _statement_told(self) -> None:
        # At a cell's own level nothing of the user's runs before the next statement begins, or the cell ends.
        if not (self._stack and isinstance(self._stack[-1], Cell)):
            super()._statement_told()

    def _see_what_is_gone(self, running: Running) -> None:
        """Tell what names there are no more, or hold another object: one deleted or bound by whatever means.

        `%reset`, `globals().pop(...)`, a function with `global`, a magic in a loop: no hook stands there.
        """
        running.unbinds = [name for name in self._names.gone() if not is_history(name)]
        running.binds = []
        namespace, names = self._names.namespace or {}, self._names.names
        found = {name: namespace.get(name, ABSENT) for name in names}
        other = [name for name, bound in names.items() if id(found[name]) != bound[0]]
        for name in other:
            obj = found[name]
            if is_history(name) or obj is ABSENT:  # another thread's
                continue
            if is_code(obj):
                del names[name]
                continue
            value = self._value_under(name, obj, None)
            self._objects.hold(obj, value, self._names, name)
            running.binds.append((name, value))
        if running.unbinds or running.binds:
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
        if running.statement.kind not in ("magic", "manipulating"):
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


def _magics_inside(node: ast.stmt) -> Iterator[tuple[str, list[ast.Call]]]:
    """List the magics of the simple statements in a statement, by the places of these."""
    for part in ast.walk(node):
        if isinstance(part, ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign):
            magics = magics_in(part)
            if magics:
                yield place(part), magics


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


def _results_read(node: ast.stmt) -> list[ast.expr | None]:
    """List the numbers by which a statement reads earlier results through `Out`; None for one that is not said."""
    parts = list(ast.walk(node))
    named = [one for one in parts if isinstance(one, ast.Name) and one.id in _HISTORIES]
    numbers: list[ast.expr | None] = [
        part.slice
        for part in parts
        if isinstance(part, ast.Subscript)
        and isinstance(part.value, ast.Name)
        and part.value.id in _HISTORIES
    ]
    return numbers + [None] * (len(named) - len(numbers))


def _number_of(node: ast.expr, namespace: dict[str, object]) -> int | None:
    """Compute a number as a statement is about to; None if that would take more than sums of names and numbers."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        held = namespace.get(node.id)
        return held if type(held) is int else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        left, right = _number_of(node.left, namespace), _number_of(node.right, namespace)
        if left is None or right is None:
            return None
        return left + right if isinstance(node.op, ast.Add) else left - right
    is_length = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "len"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id == "In"
    )
    inputs = namespace.get("In")
    return len(inputs) if is_length and isinstance(inputs, list) else None


def _may_bind_any(text: str, node: ast.stmt) -> bool:
    """Tell whether a statement gets at the notebook's names as a whole: what it binds is seen when it is done."""
    if not any(word in text for word in _MANIPULATING):
        return False
    return any(
        (isinstance(one, ast.Attribute) and one.attr in _MANIPULATING)
        or (isinstance(one, ast.Name) and one.id in _MANIPULATING)
        for one in ast.walk(node)
    )
