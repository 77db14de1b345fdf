"""Source text -> `Plan`: its steps, variables and dataflow, found without running it.

The dataflow of a statement says which reads and which calls flow into each call, and into each name that is
bound. Places are those of `provkit.capture.rewriting`, so what a journal tells can be laid upon it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

from provkit.bindings import (
    COMPREHENSIONS,
    DEFINITIONS,
    Scope,
    bound_names,
    exposed_reads,
    free_names,
    is_literal,
    own_call_of,
    own_nodes,
    parameters_of,
    part_of,
    part_stored,
    place,
    scope_of,
    span,
)
from provkit.knowledge import Knowledge
from provkit.magic_bodies import as_written
from provkit.model import Cell, Function, Plan, PlanKind, Stage, Step
from provkit.redaction import redact
from provkit.source_secrets import redacted_source, secrets_of
from provkit.stages import Staged, stages_of_tree
from provkit.statement_syntax import names_handed_over

_CELL = re.compile(rb"^#\s*%%(?P<title>[^\[\n]*)(?:\[(?P<kind>\w+)\])?.*$")
_PREVIEW = 2_000
"""Characters of a step's source that are kept."""


_NO_SCOPE = Scope(None, None)


PART = "\t"
"""Stands between the place of a name and the part of what it holds that is read."""
DISPATCH = "()"
"""The part of an object that decides what its methods are: its class, and nothing that it holds."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What flows into an expression: places of the names read, of the calls, and names read unseen.

    A name of which only a part is read has that after its place and `PART`.
    """

    reads: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    peeks: tuple[str, ...] = ()
    command_line: bool = False
    """It reads `sys.argv`."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call.

    `parameter` is its position, counted from 0, or its keyword. `place` is that of the name or call it is, or is a part
    of, if it is nothing more complicated; `part` what is taken of it: `.alpha`, `["rooms"]`.
    """

    parameter: int | str | None
    place: str | None
    part: str | None
    flow: Flow = Flow()
    """What flows into it."""
    literal: str | None = None
    """Its text, if it is made of constants alone."""
    line: int = 0
    is_none: bool = False
    """It is `None` itself."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call in the text: what flows in, and what is bound to which parameter."""

    flow: Flow
    receiver: Argument | None
    arguments: tuple[Argument, ...]
    callee: Flow = Flow()
    """What flows into what is called."""


@dataclass(slots=True)
class Dataflow:
    """The dataflow of a statement, or of the header of a compound one."""

    flow: Flow = field(default_factory=Flow)
    targets: dict[str, Flow] = field(default_factory=dict)
    """For each name bound, what flows into it, where it is less than the whole."""
    calls: dict[str, CallSite] = field(default_factory=dict)
    own_call: str | None = None
    may_bind: tuple[str, ...] = ()
    """Names that the statement or anything in it may bind."""
    test: Flow | None = None
    """What flows into the test that decides what runs next (`if`, `while`, `for`, `match`)."""
    takes_all: bool = False
    """Whatever it binds comes from all it read (definitions, whose insides are one)."""
    is_loop: bool = False
    jumps: str | None = None
    """Its test can leave the function (`return`), or the loop or the round (`break`)."""
    stores: Flow | None = None
    """What flows into the one part of an object that it stores, if it does nothing else."""
    stored_into: str = ""
    """Name of what it stores a part of, and the part."""
    scope: Scope = _NO_SCOPE
    """Whose names the statement's are."""


class SourceAnalysis:
    """A source text, read once: its plan, and the dataflow of its statements."""

    def __init__(
        self,
        source: bytes,
        kind: PlanKind,
        *,
        shared: Collection[str] = (),
        knowledge: Knowledge | None = None,
    ) -> None:
        """Parse a text.

        Args:
            source: The text, in the encoding that it declares.
            kind: What it is a text of; of a notebook it is one cell.
            shared: Names that other texts bind in the same namespace.
            knowledge: What is known of libraries, for the stages; provkit's own without it.

        Raises:
            SyntaxError: It is no Python; the plan of such a text has no steps (`plan_of_garbage`).
        """
        self._source = source
        self._kind: PlanKind = kind
        self._knowledge = knowledge
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._tree = ast.parse(source)
        # `ast` counts columns in UTF-8, so lines are cut from the text in UTF-8, whatever the file is in.
        self._lines = decode(source).encode("utf-8", "surrogatepass").split(b"\n")
        self.dataflow: dict[str, Dataflow] = {}
        self._steps: list[Step] = []
        self._cells = () if kind == "notebook" else _cells_of(self._lines)
        self._shared = shared
        handed = [name for node in self._tree.body for name in self._handed_over(node)[1]]
        self._own_names = tuple(dict.fromkeys([*_variables_of(self._tree), *handed]))
        self._names_at = {
            place(node): node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)
        }
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

    def _staged_steps(self) -> tuple[Step, ...]:
        """Give each statement the stage that the text shows; those of a cell follow from all cells."""
        if self._kind == "notebook":
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
        flow = Dataflow(
            may_bind=bound_names(node),
            takes_all=isinstance(node, DEFINITIONS),
            is_loop=isinstance(node, ast.While | ast.For | ast.AsyncFor),
            jumps=_jumps(node),
            scope=self._scope,
        )
        own = own_call_of(node)
        flow.own_call = span(own) if own is not None else None
        calls: list[ast.Call] = []
        header = _header_expressions(node)
        flow.flow = _merge([self._flow(part, flow, calls) for part in header])
        handed, given = self._handed_over(node)
        if handed:
            flow.flow = _merge([flow.flow, Flow(peeks=handed)])
        if isinstance(node, ast.While | ast.If | ast.For | ast.AsyncFor | ast.Match):
            flow.test = flow.flow
        if isinstance(node, ast.While | ast.For | ast.AsyncFor):
            flow.flow = _merge([flow.flow, Flow(peeks=exposed_reads(node))])
        self._targets(node, flow)
        self._stores(node, flow)
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

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, key: str) -> None:
        """Read a function's body, whose statements are steps below its definition."""
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
        header = _header_expressions(node)
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

    # ---------------------------------------------------------------- dataflow

    def _flow(self, node: ast.AST | None, known: Dataflow, calls: list[ast.Call]) -> Flow:
        """Find what flows into an expression, and note the calls in it."""
        if node is None:
            return Flow()
        if isinstance(node, ast.Name):
            return Flow(reads=(place(node),)) if isinstance(node.ctx, ast.Load) else Flow()
        if isinstance(node, ast.Call):
            self._call(node, known, calls)
            return Flow(calls=(span(node),))
        if isinstance(node, COMPREHENSIONS):
            return Flow(peeks=free_names(node))
        if isinstance(node, ast.Lambda):
            return Flow()
        if isinstance(node, ast.Attribute) and _is_command_line(node):
            return Flow(command_line=True)
        if _is_part(node):
            return _part_read(node)
        parts = [self._flow(child, known, calls) for child in ast.iter_child_nodes(node)]
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            # What is stored into passes through a hook as well.
            root = _root(node)
            if isinstance(root, ast.Name):
                parts.append(Flow(reads=(place(root),)))
        return _merge(parts)

    def _call(self, node: ast.Call, known: Dataflow, calls: list[ast.Call]) -> None:
        calls.append(node)
        receiver = None
        if isinstance(node.func, ast.Attribute):
            receiver = _argument(None, node.func.value)
        arguments: list[Argument] = []
        position: int | None = 0
        for value in node.args:
            if isinstance(value, ast.Starred):
                # From here on nobody knows which parameter an argument is.
                position = None
            arguments.append(_argument(position, value))
            position = position + 1 if position is not None else None
        arguments.extend(_argument(keyword.arg, keyword.value) for keyword in node.keywords)
        children = list(ast.iter_child_nodes(node))
        if isinstance(node.func, ast.Attribute):
            # A method may read all of its object.
            children[0] = node.func.value
        flow = _merge([self._flow(child, known, calls) for child in children])
        known.calls[span(node)] = CallSite(flow, receiver, tuple(arguments), _dispatch(node.func))

    def _targets(self, node: ast.stmt, known: Dataflow) -> None:
        """Tell apart what flows into each name of `a, b = x, y`."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._match_target(target, node.value, known)
        elif isinstance(node, ast.For | ast.AsyncFor):
            # A loop's own variables come from what it goes through, whatever its body reads.
            flow = _quiet_flow(node.iter)
            known.targets.update(dict.fromkeys(bound_names(node.target), flow))

    def _stores(self, node: ast.stmt, known: Dataflow) -> None:
        """Find what flows into the part of an object that a statement stores."""
        target = part_stored(node)
        if target is None:
            return
        flows = [_quiet_flow(node.value)]  # type: ignore[attr-defined]
        if isinstance(node, ast.AugAssign):
            flows.append(_part_read(target))
        known.stores = _merge(flows)
        known.stored_into = f"{target.value.id}{part_of(target)}"  # type: ignore[attr-defined]

    def _match_target(self, target: ast.expr, value: ast.expr, known: Dataflow) -> None:
        if isinstance(target, ast.Name):
            known.targets[target.id] = _quiet_flow(value)
            return
        if not isinstance(target, ast.Tuple | ast.List) or not isinstance(
            value, ast.Tuple | ast.List
        ):
            return
        starred = any(isinstance(part, ast.Starred) for part in [*target.elts, *value.elts])
        if starred or len(target.elts) != len(value.elts):
            return
        for inner_target, inner_value in zip(target.elts, value.elts, strict=True):
            self._match_target(inner_target, inner_value, known)


def decode(source: bytes) -> str:
    """Decode a source text as Python does: by its mark, its coding line, or as UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = source.decode("utf-8", "replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def plan_of_garbage(source: bytes, kind: PlanKind) -> Plan:
    """Make the plan of a text that is no Python: its digest and size, and no steps."""
    return Plan(digest=sha256(source).hexdigest(), kind=kind, size_bytes=len(source))


def _merge(flows: Sequence[Flow]) -> Flow:
    def once(part: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for flow in flows for item in getattr(flow, part)))

    return Flow(
        once("reads"), once("calls"), once("peeks"), any(flow.command_line for flow in flows)
    )


def _quiet_flow(node: ast.AST) -> Flow:
    """Find what flows into an expression whose calls are noted elsewhere."""
    if isinstance(node, ast.Name):
        return Flow(reads=(place(node),)) if isinstance(node.ctx, ast.Load) else Flow()
    if isinstance(node, ast.Call):
        return Flow(calls=(span(node),))
    if isinstance(node, COMPREHENSIONS):
        return Flow(peeks=free_names(node))
    if isinstance(node, ast.Lambda):
        return Flow()
    if isinstance(node, ast.Attribute) and _is_command_line(node):
        return Flow(command_line=True)
    if _is_part(node):
        return _part_read(node)
    return _merge([_quiet_flow(child) for child in ast.iter_child_nodes(node)])


def _is_part(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute | ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and part_of(node) is not None
    )


def _part_read(node: ast.AST) -> Flow:
    return Flow(reads=(f"{place(node.value)}{PART}{part_of(node)}",))  # type: ignore[attr-defined]


def _dispatch(node: ast.expr) -> Flow:
    """Find what decides which function is called."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return Flow(reads=(f"{place(node.value)}{PART}{DISPATCH}",))
    return _quiet_flow(node)


def _argument(parameter: int | str | None, node: ast.expr) -> Argument:
    """Describe an argument: which name or call it is, or is a part of."""
    inner: ast.expr = node
    part = ""
    while isinstance(inner, ast.Attribute | ast.Subscript):
        if isinstance(inner, ast.Attribute):
            part = f".{inner.attr}{part}"
        elif isinstance(inner.slice, ast.Constant | ast.Name | ast.UnaryOp):
            part = f"[{ast.unparse(inner.slice)}]{part}".replace("['", '["').replace("']", '"]')
        else:
            part = f"[…]{part}"
        inner = inner.value
    flow = _quiet_flow(node)
    if isinstance(inner, ast.Name):
        return Argument(parameter, place(inner), part or None, flow, line=node.lineno)
    if isinstance(inner, ast.Call):
        return Argument(parameter, span(inner), part or None, flow, line=node.lineno)
    is_none = isinstance(inner, ast.Constant) and inner.value is None and not part
    text = ast.unparse(node) if is_literal(node) else None
    return Argument(parameter, None, None, flow, text, node.lineno, is_none)


def _is_command_line(node: ast.Attribute) -> bool:
    return node.attr == "argv" and isinstance(node.value, ast.Name) and node.value.id == "sys"


def _jumps(node: ast.stmt) -> str | None:
    """Say what a test can leave: the function it stands in, its loop, or nothing."""
    if not isinstance(node, ast.If | ast.Match):
        return None
    inside = list(own_nodes([node]))
    if any(isinstance(inner, ast.Return) for inner in inside):
        return "return"
    loops = [inner for inner in inside if isinstance(inner, ast.While | ast.For | ast.AsyncFor)]
    within = {id(inner) for loop in loops for inner in own_nodes([loop])}
    leaves = (ast.Break, ast.Continue)
    if any(isinstance(inner, leaves) and id(inner) not in within for inner in inside):
        return "break"
    return None


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _roots_stored(node: ast.stmt) -> list[str]:
    """List the names at the root of what a statement stores into, or whose method it calls."""
    names = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            root = _root(inner)
            if isinstance(root, ast.Name):
                names.append(root.id)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            names.append(function.value.id)
    return names


def _header_expressions(node: ast.stmt) -> list[ast.expr]:
    """List the expressions that a statement evaluates before or without its blocks."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = node.args
        parts = [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]
        annotations = [
            argument.annotation
            for argument in [
                *arguments.posonlyargs,
                *arguments.args,
                *arguments.kwonlyargs,
                *([arguments.vararg] if arguments.vararg else []),
                *([arguments.kwarg] if arguments.kwarg else []),
            ]
            if argument.annotation is not None
        ]
        return [
            *node.decorator_list,
            *parts,
            *annotations,
            *([node.returns] if node.returns else []),
        ]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.AnnAssign):
        # The annotation is looked at by nobody.
        return [part for part in (node.target, node.value) if part is not None]
    parts: list[ast.expr] = []  # type: ignore[no-redef]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            parts.append(child)
        elif isinstance(child, ast.withitem):
            parts.append(child.context_expr)
            if child.optional_vars is not None:
                parts.append(child.optional_vars)
    return parts


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
    parts = [free_names(part) for part in _header_expressions(node)]
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


def _header_bound(node: ast.stmt) -> list[str]:
    names = [name for part in _header_expressions(node) for name in bound_names(part)]
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
