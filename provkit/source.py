"""Source text -> `Plan`: its steps and variables, found without running it, with the dataflow of each statement."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256

from provkit.bindings import (
    DEFINITIONS,
    IMPORTS,
    Scope,
    bound_names,
    exposed_reads,
    free_names,
    own_call_of,
    own_nodes,
    parameters_of,
    place,
    scope_of,
    span,
)
from provkit.dataflow import PART, Dataflow, dataflow_of, header_expressions, root_of
from provkit.knowledge import Knowledge
from provkit.magic_bodies import as_written
from provkit.model import Cell, Function, Plan, PlanKind, Stage, Step
from provkit.quiet_parsing import parsed
from provkit.redaction import redact
from provkit.source_secrets import redacted_source, secrets_of
from provkit.stages import Staged, stages_of_tree
from provkit.statement_syntax import names_handed_over

_CELL = re.compile(rb"^#\s*%%(?P<title>[^\[\n]*)(?:\[(?P<kind>\w+)\])?.*$")
_PREVIEW = 2_000
"""Characters of a step's source that are kept."""


class SourceAnalysis:
    """A source text, read once: its plan, and the dataflow of its statements."""

    def __init__(
        self,
        source: bytes,
        kind: PlanKind,
        *,
        shared: Collection[str] = (),
        knowledge: Knowledge | None = None,
        ran: Collection[str] | None = None,
    ) -> None:
        """Parse a text.

        Args:
            source: The text, in the encoding that it declares.
            kind: What it is a text of; of a notebook it is one cell.
            shared: Names that other texts bind in the same namespace.
            knowledge: What is known of libraries, for the stages; provkit's own without it.
            ran: Places of the statements that ran. Of a function in which none did only the definition is read, and no
                stages are looked for in a text that does nothing but define: a project has far more code than
                a run of it needs. All is read without it.

        Raises:
            SyntaxError: It is no Python; the plan of such a text has no steps (`plan_of_garbage`).
        """
        self._source = source
        self._kind: PlanKind = kind
        self._knowledge = knowledge
        self._tree = parsed(source)
        # `ast` counts columns in UTF-8, so lines are cut from the text in UTF-8, whatever the file is in.
        self._lines = decode(source).encode("utf-8", "surrogatepass").split(b"\n")
        self.dataflow: dict[str, Dataflow] = {}
        self._steps: list[Step] = []
        self._cells = () if kind == "notebook" else _cells_of(self._lines)
        self._shared = shared
        handed = [name for node in self._tree.body for name in self._handed_over(node)[1]]
        self._own_names = tuple(dict.fromkeys([*_variables_of(self._tree), *handed]))
        self._lines_run = None
        if ran is not None:
            self._lines_run = sorted({int(at.partition(".")[0]) for at in ran})
        self._reads_functions = ran is None
        self._secrets = secrets_of(self._tree)
        self.scopes: dict[str, Scope] = {}
        """By place of its `def`, the names of a function's own."""
        self.functions: dict[str, str] = {}
        """By place of its `def`, the name of a function."""
        self._variables_inside: dict[str, None] = {}
        self._scope = Scope(None, None)
        self._block(self._tree.body, None)

    @cached_property
    def plan(self) -> Plan:
        """The plan: a function of the text alone."""
        return Plan(
            digest=sha256(self._source).hexdigest(),
            kind=self._kind,
            size_bytes=len(self._source),
            steps=self._staged_steps(),
            variables=(*self._own_names, *self._variables_inside),
            functions=tuple(_functions_of(self._tree)),
            cells=self._cells,
            text=redacted_source(decode(self._source), self._tree, self._secrets),
        )

    @cached_property
    def _names_at(self) -> dict[str, str]:
        """The names of the text by their places."""
        nodes = ast.walk(self._tree)
        return {place(node): node.id for node in nodes if isinstance(node, ast.Name)}

    def _staged_steps(self) -> tuple[Step, ...]:
        """Give each statement the stage that the text shows; those of a cell follow from all cells."""
        only_defines = not self._reads_functions and all(map(_defines, self._tree.body))
        if self._kind == "notebook" or only_defines:
            return tuple(self._steps)
        try:
            lines = decode(self._source).split("\n")
            stages = stages_by_place(stages_of_tree(self._tree, lines, self._knowledge))
        except RecursionError:  # expressions nested so deeply that nobody wrote them
            return tuple(self._steps)
        return tuple(
            replace(step, stage=stages[step.key]) if step.key in stages else step
            for step in self._steps
        )

    @property
    def tree(self) -> ast.Module:
        """The text, parsed."""
        return self._tree

    def name_at(self, site: str) -> str | None:
        """Say which name stands at a place; what was read unseen is named by its name already."""
        site = site.partition(PART)[0]
        return self._names_at.get(site) if site[:1].isdigit() else site

    # ---------------------------------------------------------------- steps

    def _handed_over(self, node: ast.stmt) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """List the names that a statement of a cell's reads and binds through a magic that runs its text."""
        if self._kind != "notebook" or not isinstance(node, ast.Expr | ast.Assign):
            return (), ()
        return names_handed_over(node, self._tree)

    def _block(self, body: Sequence[ast.stmt], parent: str | None) -> None:
        before = None
        for statement in body:
            before = self._statement(statement, parent, before)

    def _statement(self, node: ast.stmt, parent: str | None, before: str | None) -> str:
        key = place(node)
        handed, given = self._handed_over(node)
        flow, calls = dataflow_of(node, self._scope, handed)
        own = own_call_of(node)
        self.dataflow[key] = flow
        blocks = _blocks_of(node)
        nested = [call for call in calls if call is not own]
        reads = self._variables((*_names_read(node), *handed))
        step = Step(
            key=key,
            source=redact(self._shown(node), self._secrets)[:_PREVIEW],
            parent=parent,
            preceded_by=before,
            reads=reads,
            writes=self._variables((*bound_names(node), *given), stored=_roots_stored(node)),
            is_call=own is not None,
            is_compound=bool(nested or blocks) or isinstance(node, DEFINITIONS),
            cell=self._cell_of(node.lineno),
        )
        self._steps.append(step)
        for call in nested:
            self._steps.append(self._call_step(call, key, calls, own))
        for block in blocks:
            self._block(block, key)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._function(node, key)
        elif isinstance(node, ast.ClassDef):
            self._methods(node, key)
        return key

    def _ran_in(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Tell whether something in a function ran, if that is asked."""
        lines = self._lines_run
        if lines is None:
            return True
        first = bisect_left(lines, node.body[0].lineno)
        return first < len(lines) and lines[first] <= (node.end_lineno or 0)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, key: str) -> None:
        """Read a function's body, whose statements are steps below its definition."""
        if not self._ran_in(node):
            return
        self._reads_functions = True
        outer = self._scope
        self._scope = scope_of(node, outer, path=f"{outer.path}{node.name}.")
        self.scopes[key] = self._scope
        self.functions[key] = node.name
        names = [
            *parameters_of(node),
            *(name for inner in node.body for name in bound_names(inner)),
        ]
        self._variables_inside.update(
            (f"{self._scope.path}{name}", None) for name in names if name in self._scope.own
        )
        self._block(node.body, key)
        self._scope = outer

    def _methods(self, node: ast.ClassDef, key: str) -> None:
        """Read the methods of a class; what stands beside them runs with the class's own statement."""
        outer = self._scope
        self._scope = Scope(
            outer.parent, None, outer.own, outer.declared_global, f"{outer.path}{node.name}."
        )
        found = [inner for inner in own_nodes(node.body) if isinstance(inner, DEFINITIONS)]
        for inner in sorted(found, key=_start):
            self._statement(inner, key, None)
        self._scope = outer

    def _call_step(
        self, call: ast.Call, statement: str, calls: list[ast.Call], own: ast.Call | None
    ) -> Step:
        outer = [
            other
            for other in calls
            if other is not call and other is not own and _encloses(other, call)
        ]
        innermost = min(outer, key=_extent, default=None)
        return Step(
            key=span(call),
            source=redact(self._segment(call), self._secrets)[:_PREVIEW],
            parent=span(innermost) if innermost is not None else statement,
            reads=self._variables(free_names(call)),
            is_call=True,
            is_compound=any(_encloses(call, other) for other in calls if other is not call),
            cell=self._cell_of(call.lineno),
        )

    def _variables(self, names: Sequence[str], *, stored: Sequence[str] = ()) -> tuple[str, ...]:
        found = []
        for name in dict.fromkeys([*names, *stored]):
            owner = self._scope.owner(name)
            if owner.parent is not None:
                found.append(f"{owner.path}{name}")
            elif name in self._own_names or name in self._shared:
                found.append(name)
        return tuple(found)

    def _cell_of(self, line: int) -> str | None:
        return next(
            (cell.key for cell in self._cells if cell.first_line <= line <= cell.last_line), None
        )

    def _shown(self, node: ast.stmt) -> str:
        """Give a statement as people write it: IPython's calls in a notebook in its own syntax."""
        text = self._text(node)
        return as_written(text) if self._kind == "notebook" else text

    def _text(self, node: ast.stmt) -> str:
        """Cut a statement out of the text; of a compound one only its header, up to the colon."""
        blocks = _blocks_of(node)
        if not blocks and not isinstance(node, DEFINITIONS):
            return self._segment(node)
        header = header_expressions(node)
        first = min(
            (decorator.lineno for decorator in getattr(node, "decorator_list", ())),
            default=node.lineno,
        )
        line, column = max(
            ((part.end_lineno or 0, part.end_col_offset or 0) for part in header), default=(0, 0)
        )
        if (line, column) < (node.lineno, node.col_offset):
            line, column = node.lineno, node.col_offset
        body = [statement for block in (blocks or [node.body]) for statement in block]  # type: ignore[attr-defined]
        limit = (
            min((statement.lineno, statement.col_offset) for statement in body)
            if body
            else (node.end_lineno or node.lineno, node.end_col_offset or 0)
        )
        rest = self._between(line, column, limit[0], limit[1])
        colon = rest.find(":")
        start_column = 0 if first != node.lineno else node.col_offset
        head = self._between(first, start_column, line, column)
        return (head + (rest[: colon + 1] if colon >= 0 else rest)).strip()

    def _segment(self, node: ast.AST) -> str:
        return self._between(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _between(self, line: int, column: int, end_line: int, end_column: int) -> str:
        if line == end_line:
            cut = self._lines[line - 1][column:end_column]
        else:
            middle = self._lines[line : end_line - 1]
            cut = b"\n".join(
                [self._lines[line - 1][column:], *middle, self._lines[end_line - 1][:end_column]]
            )
        return cut.decode("utf-8", "replace")


def decode(source: bytes) -> str:
    """Decode a source text as Python does: by its mark, its coding line, or as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = source.decode("utf-8", "replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def plan_without_steps(source: bytes, kind: PlanKind) -> Plan:
    """Make the plan of a text in which nothing was looked into: its digest, and the text, redacted.

    Raises:
        SyntaxError: It is no Python.
    """
    tree = parsed(source)
    text = redacted_source(decode(source), tree, secrets_of(tree))
    return Plan(sha256(source).hexdigest(), kind, len(source), text=text)


def plan_of_garbage(source: bytes, kind: PlanKind) -> Plan:
    """Make the plan of a text that is no Python: its digest and size, and no steps."""
    return Plan(digest=sha256(source).hexdigest(), kind=kind, size_bytes=len(source))


def _roots_stored(node: ast.stmt) -> list[str]:
    """List the names at the root of what a statement stores into, or whose method it calls."""
    names = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            root = root_of(inner)
            if isinstance(root, ast.Name):
                names.append(root.id)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            names.append(function.value.id)
    return names


def _blocks_of(node: ast.stmt) -> list[list[ast.stmt]]:
    """List the blocks of a compound statement whose statements are steps; a definition's are not."""
    if isinstance(node, DEFINITIONS):
        return []
    blocks = [getattr(node, part, []) for part in ("body", "orelse", "finalbody")]
    blocks[1:1] = [handler.body for handler in getattr(node, "handlers", [])]
    blocks.extend(case.body for case in getattr(node, "cases", []))
    return [block for block in blocks if block]


def _names_read(node: ast.stmt) -> tuple[str, ...]:
    if isinstance(node, ast.While | ast.For | ast.AsyncFor):
        header = free_names(node.iter) if not isinstance(node, ast.While) else ()
        return tuple(dict.fromkeys([*header, *exposed_reads(node)]))
    parts = [free_names(part) for part in header_expressions(node)]
    names = [name for part in parts for name in part]
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        names.append(node.target.id)
    return tuple(dict.fromkeys(names))


def _variables_of(tree: ast.Module) -> tuple[str, ...]:
    """List the names that hold values: those bound by anything but an import."""
    names: dict[str, None] = {}
    waiting: list[ast.stmt] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        blocks = _blocks_of(node)
        names.update(dict.fromkeys(bound_names(node) if not blocks else _header_bound(node)))
        for block in reversed(blocks):
            waiting.extend(reversed(block))
    return tuple(names)


def _defines(node: ast.stmt) -> bool:
    """Tell whether a statement at the level of a module only imports, defines or gives names to constants."""
    blocks = _blocks_of(node)
    if blocks:
        return all(_defines(inner) for block in blocks for inner in block)
    if isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Pass)):
        return True
    return not any(isinstance(inner, ast.Call | ast.Subscript) for inner in ast.walk(node))


def _header_bound(node: ast.stmt) -> list[str]:
    names = [name for part in header_expressions(node) for name in bound_names(part)]
    names.extend(handler.name for handler in getattr(node, "handlers", []) if handler.name)
    for case in getattr(node, "cases", []):
        names.extend(bound_names(case.pattern))
    return names


def stages_by_place(staged: Iterable[Staged]) -> dict[str, Stage]:
    """List the stages of statements, and of those inside them, by their places."""
    found: dict[str, Stage] = {}
    for statement in staged:
        found[place(statement.node)] = statement.stage
        found.update(stages_by_place(statement.children))
    return found


def _functions_of(tree: ast.Module) -> Iterator[Function]:
    waiting: list[tuple[ast.AST, str]] = [(node, "") for node in reversed(tree.body)]
    while waiting:
        node, scope = waiting.pop()
        inner = scope
        if isinstance(node, DEFINITIONS):
            yield Function(f"{scope}{node.name}", node.lineno, node.end_lineno or node.lineno)
            inner = (
                f"{scope}{node.name}."
                if isinstance(node, ast.ClassDef)
                else f"{scope}{node.name}.<locals>."
            )
        waiting.extend(
            (child, inner)
            for child in reversed(list(ast.iter_child_nodes(node)))
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        )


def _cells_of(lines: list[bytes]) -> tuple[Cell, ...]:
    """Find the `# %%` cells; what stands before the first mark, if anything, is a cell of its own."""
    marks = [
        (number, match) for number, line in enumerate(lines, 1) if (match := _CELL.match(line))
    ]
    if not marks:
        return ()
    cells = []
    first = marks[0][0]
    if any(line.strip() and not line.startswith(b"#") for line in lines[: first - 1]):
        cells.append(Cell(0, 1, first - 1, ""))
    ends = [number for number, _ in marks[1:]] + [len(lines) + 1]
    for (number, match), end in zip(marks, ends, strict=True):
        named = (match["kind"] or b"").decode("ascii", "replace")
        kind = "markdown" if named in ("markdown", "md") else "raw" if named == "raw" else "code"
        title = match["title"].decode("utf-8", "replace").strip()
        cells.append(Cell(len(cells), number, end - 1, title, kind))  # type: ignore[arg-type]
    return tuple(cells)


def _encloses(outer: ast.AST, inner: ast.AST) -> bool:
    return _start(outer) <= _start(inner) and _end(inner) <= _end(outer) and outer is not inner


def _extent(node: ast.AST) -> tuple[int, int, int, int]:
    """Order nested expressions from the inside out: the later start, then the earlier end."""
    return (-_start(node)[0], -_start(node)[1], *_end(node))


def _start(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
