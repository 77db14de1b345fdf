"""Statements between two calls of hooks, and the bodies of functions and loops, which are there twice.

A body is there instrumented, and plain with marks, behind a guard that is an attribute of a constant.
Generators, coroutines and what stands in a class beside its methods are plain.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from provkit.bindings import (
    DEFINITIONS,
    IMPORTS,
    Scope,
    bound_names,
    exposed_reads,
    names_read_by_definition,
    names_stored,
    own_call_of,
    own_nodes,
    parameters_of,
    part_of,
    part_stored,
    pattern_names,
    place,
    roots_stored_into,
    span,
    statements_below,
    walrus_names,
)
from provkit.capture.hooked_expressions import Expressions, only_operators
from provkit.capture.marking import Marker, head_of, is_docstring
from provkit.capture.placeholders import at, hook_constant, number_constant, slot, where_is
from provkit.capture.regions import FUNCTIONS, LOOPS, Statement, Tables, sure_writes

_DETAILED = 1_000
"""Statements of a text, in its order, each of which tells of itself as it runs."""
_RUN = 32
"""Plain assignments that are told of together, at most."""
_SHORT_RUN = 4
_KINDS: dict[type[ast.AST], str] = {
    **dict.fromkeys(IMPORTS, "import"),
    **dict.fromkeys(DEFINITIONS, "definition"),
    **dict.fromkeys(LOOPS, "loop"),
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.Expr), "plain"),
    ast.AugAssign: "augmented",
    **dict.fromkeys((ast.With, ast.AsyncWith), "with"),
    ast.Match: "match",
    ast.Return: "return",
}
"""Kinds of statements; the others are blocks or plain."""
_DECLARATIONS = frozenset({ast.Global, ast.Nonlocal})
_SIMPLE = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr})


class _Ending(NamedTuple):
    """What the end of a statement tells."""

    number: int
    node: ast.stmt
    names: tuple[str, ...]


class Statements(Expressions):
    """Puts hooks around the statements of one source text, and into them."""

    def __init__(self, tables: Tables, program: int, marker: Marker, scope: Scope) -> None:
        super().__init__(tables, program, scope)
        self._marker = marker

    def module(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Instrument a module's statements; its docstring and `__future__` imports come first."""
        self._imported = frozenset(
            name
            for node in statements_below(body)
            if isinstance(node, IMPORTS)
            for name in bound_names(node)
        )
        first = 0
        if body and is_docstring(body[0]):
            first = 1
        while first < len(body) and _is_future(body[first]):
            first += 1
        rest = self._block(body[first:], in_runs=True)
        if rest:
            number = number_constant(self._tables, "program", self._program)
            start = ast.Call(hook_constant("module"), [number], [])
            rest.insert(0, at(ast.Expr(start), body[first]))
        return body[:first] + rest

    def statement_of_cell(self, node: ast.stmt, imported: set[str]) -> list[ast.stmt]:
        """Instrument a statement at the level of a cell."""
        for below in statements_below([node]):
            if isinstance(below, IMPORTS):
                imported.update(bound_names(below))
        self._imported = frozenset(imported)
        return self._statement(node)

    def run_of_cell(self, node: ast.stmt, imported: set[str]) -> Statement | None:
        """Number a plain assignment at the level of a cell that can be told of when it has run; None for any other."""
        self._imported = frozenset(imported)
        known = Statement(place(node), "plain", self._program, None, self._scope_now)
        if not self._is_read_at_once(node, known):
            return None
        known.until = len(self._tables.statements) + 1
        return known

    def in_run(self, node: ast.stmt, known: Statement) -> list[ast.stmt]:
        """Put a statement that was numbered by `run_of_cell` between the hooks of a run."""
        number = len(self._tables.statements)
        self._tables.statements.append(known)
        return [
            self._call_statement("run", number, node),
            node,
            self._call_statement("ran", number, node),
        ]

    def _block(self, body: Sequence[ast.stmt], *, in_runs: bool = False) -> list[ast.stmt]:
        """Instrument statements that follow one another: one's end and the next one's beginning are one hook.

        With `in_runs` plain assignments are told of together once there have been many statements.
        """
        parts: list[ast.stmt] = []
        last: _Ending | None = None
        after = 0
        for position, node in enumerate(body):
            if position < after:
                continue
            number = len(self._tables.statements)
            if in_runs and number > _DETAILED:
                run = self._run(body, position)
                if run:
                    after = position + len(run)
                    if last is not None:
                        parts.append(self._end(last))
                        last = None
                    parts.append(self._call_statement("run", number, node))
                    parts.extend(run)
                    parts.append(self._call_statement("ran", number, run[-1]))
                    continue
            begun, ending = self._begun(node)
            if last is not None:
                if ending is None and isinstance(begun[0], ast.Pass):
                    parts.append(self._end(last))
                else:
                    self._tables.statements[number].previous = last.number
                    begun[0] = self._call_statement("next", number, node, names=last.names)
            parts.extend(begun)
            last = ending
        if last is not None:
            parts.append(self._end(last))
        return parts

    def _run(self, body: Sequence[ast.stmt], position: int) -> list[ast.stmt]:
        """Number the plain assignments from a position on that can be told of together; none if they are too few.

        What one binds is not bound again and was not read before, so that it can be looked at after the last one; each
        stands in lines of its own, so that the line of an exception says which one failed.
        """
        numbered: list[Statement] = []
        touched: set[str] = set()
        line = 0
        for node in body[position : position + _RUN]:
            known = Statement(place(node), "plain", self._program, None, self._scope_now)
            if node.lineno <= line or not self._is_read_at_once(node, known):
                break
            if not touched.isdisjoint(known.writes):
                break
            numbered.append(known)
            touched.update(known.writes)
            touched.update([name for name, _ in known.reads])
            line = node.end_lineno or node.lineno
        if len(numbered) < _SHORT_RUN:
            return []
        numbered[0].until = len(self._tables.statements) + len(numbered)
        self._tables.statements.extend(numbered)
        return list(body[position : position + len(numbered)])

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        """Instrument a statement by itself."""
        begun, ending = self._begun(node)
        return begun if ending is None else [*begun, self._end(ending)]

    def _end(self, ending: _Ending) -> ast.stmt:
        return self._call_statement("end", ending.number, ending.node, names=ending.names)

    def _begun(self, node: ast.stmt) -> tuple[list[ast.stmt], _Ending | None]:
        """Instrument a statement but for its end, if it has one: a jump has none."""
        kind = node.__class__
        if kind in _DECLARATIONS and self._in_function:
            # The declaration stands at the function's beginning.
            return [at(ast.Pass(), node)], None
        scope = self._scope_now
        number = len(self._tables.statements)
        known = Statement(place(node), _kind_of(node), self._program, scope.region, scope)
        self._tables.statements.append(known)
        outer, self._own = self._own, own_call_of(node)
        known.own_call = span(self._own) if self._own is not None else None
        before: list[ast.stmt] = []
        after: list[ast.stmt] = []
        begin = self._call_statement("begin", number, node)
        if kind in _SIMPLE:
            self._plain(node, known)
        elif isinstance(node, LOOPS):
            before, after = self._loop(node, known, number)
        elif isinstance(node, DEFINITIONS):
            known.writes = (node.name,)
            known.peeks = names_read_by_definition(node)
            self._definition(node)
        elif kind is ast.Break or kind is ast.Continue:
            self._own = outer
            return [begin, self._call_statement("jump", number, node), node], None
        elif isinstance(node, ast.Return):
            value = (
                self.visit(node.value) if node.value is not None else at(ast.Constant(None), node)
            )
            node.value = self._passing("returned", number, value)
            self._own = outer
            return [begin, node], None
        elif hasattr(node, "body") or isinstance(node, ast.Match):
            self._compound(node, known, number)
        elif kind.__name__ == "TypeAlias":
            known.writes = ()
        else:
            self._plain(node, known)
        self._own = outer
        names = known.writes if known.kind in ("plain", "augmented", "import", "definition") else ()
        return [begin, *before, node, *after], _Ending(number, node, names)

    def _compound(self, node: ast.stmt, known: Statement, number: int) -> None:
        if isinstance(node, ast.If):
            self._if(node, known, number)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._with(node, known, number)
        elif isinstance(node, ast.Match):
            self._match(node, known, number)
        else:
            self._try(node, number)  # type: ignore[arg-type]  # `TryStar` has the same fields

    def _plain(self, node: ast.stmt, known: Statement) -> None:
        if self._is_read_at_once(node, known):
            return
        known.writes = sure_writes(node) if self._in_function else bound_names(node)
        part = part_stored(node)
        if isinstance(part, ast.Attribute):
            known.part = (f".{part.attr}", part.attr, True)
        elif part is not None:
            known.part = (str(part_of(part)), part.slice.value, False)  # type: ignore[attr-defined]
        if isinstance(node, ast.Delete) and self._in_function:
            known.unbinds = bound_names(node)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            known.peeks = (node.target.id,)
        if isinstance(node, ast.AnnAssign):
            # The annotation is left alone: `__annotations__` holds what it gives.
            node.target = self.visit(node.target)
            node.value = self.visit(node.value) if node.value is not None else None
        elif not isinstance(node, IMPORTS):
            self._visit_parts(node)

    def _is_read_at_once(self, node: ast.stmt, known: Statement) -> bool:
        """Note what a plain assignment of a module's reads, if it can be looked at as it begins, without hooks."""
        if self._in_function or node.__class__ is not ast.Assign:
            return False
        names: list[ast.Name] = []
        for target in node.targets:
            if target.__class__ is not ast.Name:
                return False
        if not only_operators(node.value, self._imported, names):
            return False
        known.reads = tuple([(name.id, place(name)) for name in names])
        known.writes = tuple(dict.fromkeys([target.id for target in node.targets]))  # type: ignore[attr-defined]
        return True

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if isinstance(node, FUNCTIONS):
            self._function(node)
            return
        for inner in own_nodes(node.body):
            if isinstance(inner, DEFINITIONS):
                self._definition(inner)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        number = self._marker.numbers[place(node)]
        plain = self._marker.bodies[place(node)]
        head, rest = head_of(node)
        if place(node) in self._marker.suspended:
            node.body = [*head, *plain]
            return
        outer, own = self._scope_now, self._own
        self._scope_now = self._marker.scopes[place(node)]
        names = parameters_of(node)
        values = [ast.Name(name, ast.Load()) for name in names]
        said = number_constant(self._tables, "region", number)
        packed = ast.Tuple([said, *values], ast.Load())
        enter = ast.Call(hook_constant("enter"), [packed], [])
        said = number_constant(self._tables, "region", number)
        leaving = ast.Call(hook_constant("leaving"), [said], [])
        first = rest[0]
        test = ast.BoolOp(ast.And(), [slot(f"guard:{number}", ast.Load()), enter])
        body = self._block(rest)
        if rest[-1].__class__ is not ast.Return:
            body.append(self._call_statement("fell", number, rest[-1], kind="region"))
        # No `finally`: a frame that an exception has left would say that it stands there, and IPython believes it.
        looked = at(ast.With(items=[ast.withitem(context_expr=leaving)], body=body), first)
        twin = ast.If(test=at(test, first), body=[looked], orelse=plain)
        node.body = [*head, at(twin, first)]
        self._scope_now, self._own = outer, own

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, known: Statement, number: int
    ) -> tuple[list[ast.stmt], list[ast.stmt]]:
        # Code of a loop that can never go round does not name its slot.
        self._tables.slot("rounds", number)
        known.writes = bound_names(node)
        known.peeks = exposed_reads(node)
        known.mutated = roots_stored_into(node)
        region = self._marker.numbers[place(node)]
        every = tuple(dict.fromkeys([*known.writes, *known.peeks, *known.mutated]))
        before, after = (
            self._looks("look", number, every, node),
            self._looks("looked", number, every, node),
        )
        targets: tuple[str, ...] = ()
        if isinstance(node, ast.While):
            plain_test = self._marker.tests[place(node)]
            guard = slot(f"guard:{region}", ast.Load())
            node.test = at(
                ast.IfExp(test=guard, body=self.visit(node.test), orelse=plain_test), node.test
            )
        else:
            node.iter = self.visit(node.iter)
            targets = known.targets = tuple(dict.fromkeys(names_stored(node.target)))
        count = ast.AugAssign(
            target=slot(f"rounds:{number}", ast.Store()), op=ast.Add(), value=ast.Constant(1)
        )
        numbers = [("statement", number), ("region", region)]
        said = [number_constant(self._tables, kind, one) for kind, one in numbers]
        arguments = [*said, *self._values(targets)]
        turn = ast.Call(hook_constant("turn"), arguments, [])
        test = ast.BoolOp(ast.And(), [slot(f"guard:{region}", ast.Load()), turn])
        twin = ast.If(
            test=at(test, node),
            body=self._block(node.body),
            orelse=self._marker.bodies[place(node)],
        )
        node.body = [at(count, node), at(twin, node)]
        node.orelse = self._block(node.orelse)
        return before, after

    def _looks(self, hook: str, number: int, names: Sequence[str], node: ast.AST) -> list[ast.stmt]:
        """Show local names, which may not be bound, to a hook, each by itself."""
        if not self._in_function:
            return []
        statements: list[ast.stmt] = []
        for name in names:
            if self._scope_now.place(name)[0] == "global":
                continue
            said = number_constant(self._tables, "statement", number)
            arguments = [said, ast.Constant(name), ast.Name(name, ast.Load())]
            look = ast.Expr(ast.Call(hook_constant(hook), arguments, []))
            handler = ast.ExceptHandler(
                type=hook_constant("NameError"), name=None, body=[ast.Pass()]
            )
            statements.append(
                at(ast.Try(body=[look], handlers=[handler], orelse=[], finalbody=[]), node)
            )
        return statements

    def _if(self, node: ast.If, known: Statement, number: int) -> None:
        known.writes = () if self._in_function else walrus_names(node.test)
        node.test = self.visit(node.test)
        node.body = [self._call_statement("bind", number, node), *self._block(node.body)]
        if node.orelse:
            bind = self._call_statement("bind", number, node)
            node.orelse = [bind, *self._block(node.orelse)]

    def _with(self, node: ast.With | ast.AsyncWith, known: Statement, number: int) -> None:
        parts = [
            part
            for item in node.items
            for part in (item.context_expr, item.optional_vars)
            if part is not None and (not self._in_function or part is item.optional_vars)
        ]
        known.writes = tuple(dict.fromkeys(name for part in parts for name in names_stored(part)))
        known.enters = not all(_is_open(item.context_expr) for item in node.items)
        for item in node.items:
            item.context_expr = self.visit(item.context_expr)
            if item.optional_vars is not None:
                item.optional_vars = self.visit(item.optional_vars)
        bind = self._call_statement("bind", number, node, names=known.writes)
        node.body = [bind, *self._block(node.body)]

    def _try(self, node: ast.Try, number: int) -> None:
        node.body = self._block(node.body)
        for handler in node.handlers:
            names = ast.Constant(handler.name)
            caught = self._call_statement("caught", number, handler, names)
            handler.body = [caught, *self._block(handler.body)]
        node.orelse = self._block(node.orelse)
        if node.finalbody:
            caught = self._call_statement("caught", number, node, ast.Constant(None))
            node.finalbody = [caught, *self._block(node.finalbody)]

    def _match(self, node: ast.Match, known: Statement, number: int) -> None:
        node.subject = self.visit(node.subject)
        every = tuple(
            dict.fromkeys(name for case in node.cases for name in pattern_names(case.pattern))
        )
        known.writes = () if self._in_function else every
        for case in node.cases:
            names = tuple(pattern_names(case.pattern))
            bind = self._call_statement("bind", number, node, names=names)
            case.body = [bind, *self._block(case.body)]

    def _call_statement(
        self,
        hook: str,
        number: int,
        node: ast.AST,
        *more: ast.expr,
        names: Sequence[str] = (),
        kind: str = "statement",
    ) -> ast.stmt:
        """Call a hook; in a function, with what names hold that are sure to be bound."""
        where = where_is(node)
        arguments: list[ast.expr] = [number_constant(self._tables, kind, number, **where)]
        arguments.extend([at(one, node) for one in more])
        if names and self._in_function:
            arguments.append(ast.Constant(tuple(names), **where))  # type: ignore[arg-type]  # `compile` takes one
            arguments.extend([ast.Name(name, ast.Load(), **where) for name in names])
        call = ast.Call(hook_constant(hook, **where), arguments, [], **where)
        return ast.Expr(call, **where)

    def _values(self, names: Sequence[str]) -> list[ast.expr]:
        return [ast.Name(name, ast.Load()) for name in names] if self._in_function else []


def _is_open(node: ast.expr) -> bool:
    """Tell whether an expression opens a file."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    return (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) == "open"


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _kind_of(node: ast.stmt) -> str:
    kind = _KINDS.get(node.__class__)
    if kind is not None:
        is_star = (
            kind == "import" and isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        )
        return "star" if is_star else kind
    return "block" if hasattr(node, "body") else "plain"
