"""Plain code that leaves marks: which of its blocks ran, and when.

A mark stores the time of the clock that the recorder keeps into the block's slot. That is all
that code costs which is not looked into, and all that is known of it: its summary is made of the reads and
writes of the blocks that ran.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from provkit.bindings import (
    DEFINITIONS,
    Scope,
    declarations,
    names_read_by_definition,
    own_nodes,
    parameters_of,
    pattern_names,
    place,
    scope_of,
)
from provkit.capture.placeholders import at, slot
from provkit.capture.regions import (
    FUNCTIONS,
    LOOPS,
    Block,
    BlockFlow,
    Region,
    Tables,
    note,
    suspends,
)

_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_PAUSES = (ast.Yield, ast.YieldFrom, ast.Await)
_JUMP_KINDS = frozenset(_JUMPS)
_QUIET = frozenset({ast.Assign, ast.AugAssign, ast.Expr})


def head_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Split a function's body: its docstring and its declarations, gathered, and all the rest."""
    head: list[ast.stmt] = []
    rest = node.body
    if is_docstring(rest[0]):
        head, rest = rest[:1], rest[1:]
    declared_global, declared_nonlocal = declarations(node.body)
    if declared_global:
        head.append(at(ast.Global(names=sorted(declared_global)), node.body[0]))
    if declared_nonlocal:
        head.append(at(ast.Nonlocal(names=sorted(declared_nonlocal)), node.body[0]))
    return head, rest or [at(ast.Pass(), node.body[0])]


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement, as the first one, is a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class Marker:
    """Puts marks into a tree, and numbers its functions and loops; one for each source text."""

    def __init__(self, tables: Tables, program: int) -> None:
        self._tables = tables
        self._program = program
        self.numbers: dict[str, int] = {}
        """Region of each function and loop, by place."""
        self.bodies: dict[str, list[ast.stmt]] = {}
        """Marked body of each function and loop, by place."""
        self.tests: dict[str, ast.expr] = {}
        """Test of each `while`, by place."""
        self.scopes: dict[str, Scope] = {}
        """Names of each function, by place."""
        self.suspended: set[str] = set()
        """Places of the generators and coroutines."""
        self._around: tuple[int, ...] = ()
        """The functions and loops around what is being marked; where one is plain, all inside it is."""
        self._resumes = False
        """What is being marked belongs to a function that goes on where it was left."""
        self._pauses = True
        """What is being marked may be suspended; a cell at its own level as well."""

    def module(self, body: list[ast.stmt]) -> Scope:
        """Mark all functions and loops of a module; gives the module's scope."""
        scope = Scope(None, None)
        block = Block(self._program, None)
        block.is_summed_up = False
        for node in body:
            if hasattr(node, "body") or isinstance(node, ast.Match):
                self._statement(node, block, scope, ())
        return scope

    # ---------------------------------------------------------------- blocks

    def _block(
        self,
        body: Sequence[ast.stmt],
        scope: Scope,
        control: tuple[BlockFlow, ...],
        *,
        is_entry: bool = False,
    ) -> list[ast.stmt]:
        number, block = self._new_block(scope)
        block.first = (body[0].lineno, body[0].col_offset)
        marked = [self._mark(number, body[0], is_entry=is_entry or self._resumes)]
        for position, node in enumerate(body):
            block.last = (node.lineno, node.col_offset)
            if isinstance(node, (ast.Global, ast.Nonlocal)) and scope.parent is not None:
                marked.append(at(ast.Pass(), node))
                continue
            self._statement(node, block, scope, control)
            marked.append(node)
            if position + 1 < len(body) and _may_leave(node, pauses=self._pauses):
                number, block = self._new_block(scope)
                following = body[position + 1]
                block.first = (following.lineno, following.col_offset)
                marked.append(self._mark(number, following, is_entry=self._resumes))
        return marked

    def _new_block(self, scope: Scope) -> tuple[int, Block]:
        number = self._tables.add_block(self._program, scope.region, self._around)
        return number, self._tables.blocks[-1]

    @staticmethod
    def _mark(number: int, node: ast.AST, *, is_entry: bool = False) -> ast.stmt:
        targets: list[ast.expr] = [slot(f"ran:{number}", ast.Store())]
        if is_entry:
            targets.append(slot("latest", ast.Store()))
        return at(ast.Assign(targets=targets, value=slot("clock", ast.Load())), node)

    # ---------------------------------------------------------------- statements

    def _statement(
        self, node: ast.stmt, block: Block, scope: Scope, control: tuple[BlockFlow, ...]
    ) -> None:
        flow = BlockFlow(control)
        block.flows.append(flow)
        if isinstance(node, FUNCTIONS):
            self._note_definition(block, flow, node, scope)
            self._function(node, scope)
        elif isinstance(node, ast.ClassDef):
            self._note_definition(block, flow, node, scope)
            self._class_body(node.body, scope)
        elif isinstance(node, LOOPS):
            self._loop(node, block, flow, scope, control)
        elif hasattr(node, "body") or isinstance(node, ast.Match):
            self._compound(node, block, flow, scope, control)
        elif block.is_summed_up:
            flow.returns = node.__class__ is ast.Return
            note(block, flow, node, scope)

    def _note_definition(self, block: Block, flow: BlockFlow, node: ast.stmt, scope: Scope) -> None:
        flow.reads.update((scope.place(name), None) for name in names_read_by_definition(node))
        flow.writes[scope.place(node.name)] = None  # type: ignore[attr-defined]
        block.reads.update(flow.reads)
        block.writes.update(flow.writes)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        region = Region(self._program, place(node), node.name, scope.region)
        number = self._tables.add_region(region)
        region.parameters = parameters_of(node)
        inner = scope_of(node, scope, number)
        self.numbers[place(node)] = number
        self.scopes[place(node)] = inner
        head, rest = head_of(node)
        pauses, resumes = self._pauses, self._resumes
        self._pauses = self._resumes = suspends(node)
        around, self._around = self._around, (*self._around, number)
        body = self._block(rest, inner, (), is_entry=True)
        if self._pauses:
            self.suspended.add(place(node))
            self._tables.run_plainly(number)
        self._pauses, self._resumes, self._around = pauses, resumes, around
        self.bodies[place(node)] = body
        node.body = [*head, *body]

    def _class_body(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Mark the methods of a class; what stands beside them runs with the statement itself."""
        for node in own_nodes(body):
            if isinstance(node, FUNCTIONS):
                self._function(node, scope)
            elif isinstance(node, ast.ClassDef):
                self._class_body(node.body, scope)

    def _loop(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        block: Block,
        flow: BlockFlow,
        scope: Scope,
        control: tuple[BlockFlow, ...],
    ) -> None:
        region = Region(self._program, place(node), "", scope.region)
        region.is_loop = True
        self.numbers[place(node)] = self._tables.add_region(region)
        if isinstance(node, ast.While):
            note(block, flow, node.test, scope)
            self.tests[place(node)] = node.test
        else:
            note(block, flow, node.iter, scope)
            note(block, flow, node.target, scope)
        first = len(self._tables.blocks)
        around = self._around
        self._around = (*around, self.numbers[place(node)])
        node.body = self._block(node.body, scope, (*control, flow), is_entry=True)
        self._around = around
        # Each round reads the test, or binds the loop's variables.
        rounds = self._tables.blocks[first]
        rounds.flows.insert(0, flow)
        rounds.reads.update(flow.reads)
        rounds.writes.update(flow.writes)
        self.bodies[place(node)] = node.body
        if node.orelse:
            node.orelse = self._block(node.orelse, scope, (*control, flow))

    def _compound(
        self,
        node: ast.stmt,
        block: Block,
        flow: BlockFlow,
        scope: Scope,
        control: tuple[BlockFlow, ...],
    ) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.expr, ast.withitem)):
                note(block, flow, child, scope)
        inner = control
        if isinstance(node, (ast.If, ast.Match)):
            inner = (*control, flow)
            flow.decides = _may_leave(node, pauses=self._pauses)
        for holder in (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            for part in ("body", "orelse", "finalbody"):
                body = getattr(holder, part, None)
                if body:
                    setattr(holder, part, self._block(body, scope, inner))
            if isinstance(holder, ast.ExceptHandler) and holder.name:
                flow.writes[scope.place(holder.name)] = None
            elif isinstance(holder, ast.match_case):
                if holder.guard is not None:
                    note(block, flow, holder.guard, scope)
                for name in pattern_names(holder.pattern):
                    flow.writes[scope.place(name)] = None
        block.writes.update(flow.writes)


def _may_leave(node: ast.stmt, *, pauses: bool) -> bool:
    """Tell whether what follows a statement may not run at once: it jumps, or is suspended."""
    if isinstance(node, DEFINITIONS):
        return False
    if pauses:
        return any(isinstance(inner, (*_JUMPS, *_PAUSES)) for inner in own_nodes([node]))
    waiting: list[ast.AST] = [node]
    while waiting:
        inner = waiting.pop()
        if inner.__class__ in _JUMP_KINDS:
            return True
        if inner.__class__ not in _QUIET and not isinstance(inner, DEFINITIONS):
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                waiting.extend(getattr(inner, part, ()))
    return False
