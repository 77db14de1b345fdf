"""A program cut down to some of its statements: valid Python, in the author's own lines.

A statement is named by its place, `line.column`, as plans do. Of a compound statement its header is kept, and
of each of its blocks what is kept of it, or `pass`. Which statements a slice needs is found elsewhere
(`provkit.slicing`); here is what the text alone says: what encloses a statement, which imports and definitions
the names in it mean, which jumps a loop or a function cannot do without.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from provkit.bindings import (
    DEFINITIONS,
    bound_names,
    children_of,
    declarations,
    dotted,
    own_nodes,
    parameters_of,
    part_of,
    place,
)
from provkit.statement_syntax import (
    FUNCTIONS,
    JUMPS,
    OPENS_NOTHING,
    blocks_of,
    body_of_magic,
    imported_as,
    is_docstring,
    names_bound,
    names_expanded,
    names_read,
    own_parts,
    suspends,
)

_WRITING = re.compile(r"[rb+t]*[wax][b+t]*")
"""A mode in which a file is opened for writing."""


@dataclass(slots=True)
class Statement:
    """A statement of a text: what it stands in, where, and which lines are its own."""

    key: str
    node: ast.stmt
    parent: str | None
    """Key of the statement around it, a definition included; None for one of the module."""
    scope: str | None
    """Key of the function or class whose names are its own; None for the module's."""
    blocks: list[Block] = field(default_factory=list)
    first_line: int = 0
    last_header_line: int = 0
    """Last line of a compound statement's header; of a simple statement, its last."""

    @property
    def is_compound(self) -> bool:
        """Tell whether other statements stand in it."""
        return bool(self.blocks)


@dataclass(slots=True)
class Block:
    """A block of a compound statement: the lines that introduce it, and its statements."""

    statements: list[str]
    opening: range
    """Lines of `else:`, `except ...:`, `case ...:`; none for the block after the header."""
    is_always_kept: bool = False
    """It decides what runs, so its opening stays when nothing in it does."""


class SourceText:
    """A text that was parsed, its statements by place."""

    def __init__(self, text: str) -> None:
        """Parse a text.

        Raises:
            SyntaxError: It is no Python.
        """
        self.lines = text.split("\n")
        self.statements: dict[str, Statement] = {}
        self.module: list[str] = []
        self._bound: dict[tuple[str | None, str], list[str]] = {}
        self._globals: dict[str | None, frozenset[str]] = {None: frozenset()}
        self._nonlocals: dict[str | None, frozenset[str]] = {}
        self._starts: dict[int, list[str]] = {}
        self._magics: dict[str, ast.Module] = {}
        """Python that a statement hands to IPython as a text: what stands after `%%time`."""
        tree = ast.parse(text)
        self.module = self._block(tree.body, None, None)

    # ---------------------------------------------------------------- reading

    def _block(self, body: Iterable[ast.stmt], parent: str | None, scope: str | None) -> list[str]:
        return [self._statement(node, parent, scope) for node in body]

    def _statement(self, node: ast.stmt, parent: str | None, scope: str | None) -> str:
        key = place(node)
        decorators = [one.lineno for one in getattr(node, "decorator_list", ())]
        found = Statement(key, node, parent, scope, first_line=min([node.lineno, *decorators]))
        found.last_header_line = node.end_lineno or node.lineno
        self.statements[key] = found
        self._starts.setdefault(found.first_line, []).append(key)
        magic = body_of_magic(node)
        if magic is not None:
            self._magics[key] = magic
        for name in (*names_bound(node), *self._bound_by_magic(key)):
            self._bound.setdefault((self.owner_of(key, name), name), []).append(key)
        inner = scope
        if isinstance(node, DEFINITIONS):
            inner = key
            declared = declarations(node.body) if isinstance(node, FUNCTIONS) else (set(), set())
            self._globals[key] = frozenset(declared[0])
            self._nonlocals[key] = frozenset(declared[1])
        for number, (body, opening, is_always_kept) in enumerate(blocks_of(node, self.lines)):
            keys = self._block(body, key, inner)
            found.blocks.append(Block(keys, opening, is_always_kept))
            if number == 0:
                first = self.statements[keys[0]].first_line
                found.last_header_line = self._end_of_header(
                    max(found.first_line, node.lineno), first
                )
        return key

    def _end_of_header(self, first: int, body: int) -> int:
        """Find the last line of a header: that before its block, but for comments and empty lines."""
        line = max(first, body - 1)
        while line > first and self.lines[line - 1].strip()[:1] in ("", "#"):
            line -= 1
        return line

    def at(self, line: int, column: int) -> str | None:
        """Find the innermost statement that has a place in its own lines, or begins in that line."""
        if f"{line}.{column}" in self.statements:
            return f"{line}.{column}"
        inside = [
            one
            for one in self.statements.values()
            if one.first_line <= line <= one.last_header_line
        ]
        if not inside:
            return None
        before = [one for one in inside if _start(one.node) <= (line, column)] or inside
        return max(before, key=lambda one: _start(one.node)).key

    def around(self, key: str) -> Iterator[Statement]:
        """List the statements around one, from the inside out."""
        parent = self.statements[key].parent
        while parent is not None:
            yield self.statements[parent]
            parent = self.statements[parent].parent

    def inside(self, key: str) -> Iterator[Statement]:
        """List the statements in one, at any depth."""
        waiting = [inner for block in self.statements[key].blocks for inner in block.statements]
        while waiting:
            found = self.statements[waiting.pop()]
            yield found
            waiting.extend(inner for block in found.blocks for inner in block.statements)

    def function_of(self, key: str) -> Statement | None:
        """Find the function that a statement stands in."""
        return next((one for one in self.around(key) if isinstance(one.node, FUNCTIONS)), None)

    def definitions(self) -> Iterator[tuple[str, Statement]]:
        """List the functions and classes by qualified name, without `<locals>`."""
        for one in self.statements.values():
            if isinstance(one.node, DEFINITIONS):
                outer = [
                    other.node.name
                    for other in self.around(one.key)
                    if isinstance(other.node, DEFINITIONS)
                ]
                yield ".".join([*reversed(outer), one.node.name]), one

    # ---------------------------------------------------------------- names

    def bindings_of(self, name: str, scope: str | None) -> list[Statement]:
        """Find the statements that bind a name as it is seen in a scope.

        Returns:
            Those of the innermost scope that has the name; none if it is a parameter, a builtin or unknown.
        """
        current = scope
        first = True
        while True:
            owner = self.statements[current] if current is not None else None
            is_class = owner is not None and isinstance(owner.node, ast.ClassDef)
            if owner is None or name not in self._globals.get(current, ()):
                node = owner.node if owner is not None else None
                if isinstance(node, FUNCTIONS) and name in parameters_of(node):
                    return []
                found = self._bound.get((current, name))
                if found and (first or not is_class):
                    return [self.statements[key] for key in found]
            if owner is None:
                return []
            current, first = owner.scope, False

    def owner_of(self, key: str, name: str) -> str | None:
        """Find whose name a statement binds: the key of a function or class, None for the module's."""
        scope = self.statements[key].scope
        while scope is not None:
            if name in self._globals.get(scope, ()):
                return None
            if name not in self._nonlocals.get(scope, ()):
                return scope
            outer = self.statements[scope].scope
            while outer is not None and isinstance(self.statements[outer].node, ast.ClassDef):
                outer = self.statements[outer].scope
            scope = outer
        return None

    def bound_in(self, key: str) -> list[tuple[str, str | None]]:
        """List the names that a statement's own text binds, and whose each is."""
        own = names_bound(self.statements[key].node)
        return [(name, self.owner_of(key, name)) for name in (*own, *self._bound_by_magic(key))]

    def _bound_by_magic(self, key: str) -> tuple[str, ...]:
        return bound_names(self._magics[key]) if key in self._magics else ()

    @cached_property
    def docstring(self) -> list[str]:
        """Give the text's docstring, if it has one."""
        return [key for key in self.module[:1] if is_docstring(self.statements[key].node)]

    def docstring_of(self, key: str) -> list[str]:
        """Give the docstring of a function or class, if it has one."""
        first = [one for block in self.statements[key].blocks for one in block.statements][:1]
        return [one for one in first if is_docstring(self.statements[one].node)]

    @cached_property
    def future_imports(self) -> list[str]:
        """List the `from __future__` imports, and the star imports, which bind nobody knows what."""
        return [
            key
            for key in self.module
            if isinstance(node := self.statements[key].node, ast.ImportFrom)
            and (node.module == "__future__" or any(alias.name == "*" for alias in node.names))
        ]

    # ---------------------------------------------------------------- what a text needs to run

    def completed(self, kept: Iterable[str]) -> set[str]:
        """Add what encloses statements, and what shares a line with them."""
        found: set[str] = set()
        waiting = list(kept)
        while waiting:
            key = waiting.pop()
            if key in found:
                continue
            found.add(key)
            one = self.statements[key]
            if one.parent is not None:
                waiting.append(one.parent)
            lines: set[int] = set(range(one.first_line, one.last_header_line + 1))
            for block in one.blocks:
                if block.is_always_kept:
                    lines.update(block.opening)
            for line in lines:
                waiting.extend(self._starts.get(line, ()))
            if isinstance(one.node, ast.ClassDef):
                waiting.extend(self._beside_methods(one))
        return found

    def _beside_methods(self, one: Statement) -> Iterator[str]:
        """List what a class's own statement runs: all in it but its methods."""
        waiting = [inner for block in one.blocks for inner in block.statements]
        while waiting:
            key = waiting.pop()
            inner = self.statements[key]
            if isinstance(inner.node, FUNCTIONS) or is_docstring(inner.node):
                continue
            yield key
            if not isinstance(inner.node, ast.ClassDef):
                waiting.extend(deep for block in inner.blocks for deep in block.statements)

    def jumps_in(self, key: str) -> Iterator[str]:
        """List the statements of a loop or a function that leave it, its rounds, or wait inside it."""
        one = self.statements[key]
        is_function = isinstance(one.node, FUNCTIONS)
        own = {id(node) for node in own_nodes(ast.iter_child_nodes(one.node))}
        for inner in self.inside(key):
            if id(inner.node) not in own:
                continue
            if isinstance(inner.node, JUMPS) or (
                is_function
                and (suspends(inner.node) or isinstance(inner.node, ast.Global | ast.Nonlocal))
            ):
                yield inner.key

    def names_in(self, key: str) -> set[str]:
        """List the names that a statement's own text reads, without those of its blocks."""
        magic = self._magics.get(key)
        inside = ast.walk(magic) if magic is not None else ()
        node = self.statements[key].node
        return (
            names_read(node)
            | set(names_expanded(node))
            | {
                one.id
                for one in inside
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
            }
        )

    def attributes_in(self, key: str) -> set[str]:
        """List the attributes that a statement's own text reads."""
        return {
            node.attr
            for part in own_parts(self.statements[key].node)
            for node in ast.walk(part)
            if isinstance(node, ast.Attribute)
        }

    def calls_in(self, key: str) -> set[str]:
        """List what a statement's own text calls by a dotted name that begins with an import, in full."""
        one = self.statements[key]
        found: set[str] = set()
        for part in own_parts(one.node):
            for node in ast.walk(part):
                if isinstance(node, ast.Call):
                    found |= self._in_full(dotted(node.func), one)
        return found

    def bases_of(self, key: str) -> set[str]:
        """List the bases of a class that are named by what was imported, in full: `collections.abc.Mapping`."""
        one = self.statements[key]
        found: set[str] = set()
        for base in one.node.bases if isinstance(one.node, ast.ClassDef) else ():
            named = base.value if isinstance(base, ast.Subscript) else base
            found |= self._in_full(dotted(named), one)
        return found

    def writes_a_file(self, key: str) -> bool:
        """Tell whether a statement's own text opens something for writing: a call that is given `"w"` or the like."""
        return any(
            isinstance(node, ast.Call)
            and any(
                isinstance(given, ast.Constant)
                and isinstance(given.value, str)
                and _WRITING.fullmatch(given.value) is not None
                for given in (*node.args, *(keyword.value for keyword in node.keywords))
            )
            for part in own_parts(self.statements[key].node)
            for node in ast.walk(part)
        )

    def stored_in(self, key: str) -> set[str]:
        """List what a statement stores into by a dotted name that begins with an import, in full: `sys.path`."""
        one = self.statements[key]
        targets = getattr(one.node, "targets", None) or [getattr(one.node, "target", None)]
        found: set[str] = set()
        for target in targets:
            part = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(part, ast.Attribute):
                found |= self._in_full(dotted(part), one)
        return found

    def _in_full(self, name: str, one: Statement) -> set[str]:
        root, _, rest = name.partition(".")
        return {
            f"{whole}.{rest}".rstrip(".")
            for binding in (self.bindings_of(root, one.scope) if root else ())
            for whole in imported_as(binding.node, root)
        }

    def may_read_files(self, key: str) -> bool:
        """Tell whether a statement's own text calls anything that may open a file, but for what is known not to."""
        return any(
            isinstance(node, ast.Call)
            and not (isinstance(node.func, ast.Name) and node.func.id in OPENS_NOTHING)
            for part in own_parts(self.statements[key].node)
            for node in ast.walk(part)
        )

    def libraries_in(self, key: str) -> set[str]:
        """List the top-level modules that a statement's names were imported from."""
        one = self.statements[key]
        return {
            whole.partition(".")[0]
            for name in names_read(one.node)
            for binding in self.bindings_of(name, one.scope)
            for whole in imported_as(binding.node, name)
        }

    def parts_only(self, key: str) -> dict[str, set[str]]:
        """List the names of which a statement reads parts alone, and the parts (`.n`, `["k"]`)."""
        parts: dict[str, set[str]] = {}
        whole: set[str] = set()
        waiting = list(own_parts(self.statements[key].node))
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                whole.add(node.id)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                waiting.extend([node.func.value, *node.args])
                waiting.extend(keyword.value for keyword in node.keywords)
            elif (
                isinstance(node, ast.Attribute | ast.Subscript)
                and isinstance(node.ctx, ast.Load)
                and isinstance(node.value, ast.Name)
                and (part := part_of(node)) is not None
            ):
                parts.setdefault(node.value.id, set()).add(part)
            else:
                waiting.extend(children_of(node))
        return {name: found for name, found in parts.items() if name not in whole}

    # ---------------------------------------------------------------- cutting

    def cut_down(self, kept: Iterable[str]) -> str:
        """Write the text with these statements alone, and what encloses them.

        Returns:
            Valid Python, in the lines of the text; comments and docstrings between are left out.
        """
        written = [text for _, text in self.spaced(self.lines_of(kept))]
        return "\n".join([*written, ""]) if written else ""

    def lines_of(self, kept: Iterable[str]) -> dict[int, str]:
        """Give the lines of these statements and of what encloses them, `pass` where a block lost all of its own."""
        chosen: dict[int, str] = {}
        self._write(self.module, self.completed(kept), chosen)
        return dict(sorted(chosen.items()))

    def spaced(self, lines: Mapping[int, str]) -> list[tuple[int, str]]:
        """Write lines one below the other, with an empty one, number 0, where the text has any between them."""
        written: list[tuple[int, str]] = []
        before = 0
        for line, text in lines.items():
            if before and any(not other.strip() for other in self.lines[before : line - 1]):
                written.append((0, ""))
            written.append((line, text))
            before = line
        return written

    def _write(self, body: list[str], wanted: set[str], chosen: dict[int, str]) -> None:
        for key in body:
            if key not in wanted:
                continue
            one = self.statements[key]
            for line in range(one.first_line, one.last_header_line + 1):
                chosen.setdefault(line, self.lines[line - 1])
            for number, block in enumerate(one.blocks):
                is_there = any(inner in wanted for inner in block.statements)
                if not is_there and number and not block.is_always_kept:
                    continue
                for line in block.opening:
                    chosen.setdefault(line, self.lines[line - 1])
                self._write(block.statements, wanted, chosen)
                if not is_there:
                    first = self.statements[block.statements[0]]
                    indent = " " * first.node.col_offset
                    # An empty line of the block, or its first statement's, is where `pass` goes.
                    chosen[first.first_line] = f"{indent}pass"


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset
