"""Source text -> code that says what it reads, calls and binds, and does what it did before.

Each statement is put between two calls of hooks, and inside it every name that is read, every call
that is made and every object that is stored into passes through a hook that gives back what it got. The
calls themselves stay in the user's frame, so `sys._getframe`, `locals`, `eval` and tracebacks see what they
always saw. Nodes keep their places in the source.

Bodies of functions and loops are there twice: instrumented, and plain with marks, behind a guard that is an
attribute of a constant.
Generators, coroutines, lambdas, comprehensions and what stands in a class beside its methods are plain.

The hooks are not names, they are constants of the code object: nothing is added to any namespace,
and nothing in the program can shadow them. `ast` refuses such constants, so that placeholders are
compiled and then replaced.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Sequence

from provkit.bindings import (
    COMPREHENSIONS,
    DEFINITIONS,
    IMPORTS,
    Scope,
    bound_names,
    exposed_reads,
    free_names,
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
    scope_of,
    span,
    statements_below,
    walrus_names,
)
from provkit.capture.marking import (
    MARK,
    Marker,
    at,
    head_of,
    hook_constant,
    is_docstring,
    slot,
    where_is,
)
from provkit.capture.regions import (
    FUNCTIONS,
    Slot,
    Statement,
    Tables,
    sure_writes,
    suspends,
)

Hooks = dict[str, Callable[..., object] | type]
"""The hooks by name, and `NameError`."""

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_TOLD = (ast.Name, ast.Constant, ast.Call, ast.Lambda, *COMPREHENSIONS)
"""Arguments that other hooks tell of, that stand in the text, or that are no immutable values."""


def rewrite(
    tree: ast.Module, twin: ast.Module, filename: str, hooks: Hooks, tables: Tables, program: int
) -> types.CodeType:
    """Instrument a program; both trees are changed.

    Args:
        tree: As `ast.parse` gave it.
        twin: The same once more: what runs when it is not looked into is taken from it.
        filename: Stands in tracebacks.
        hooks: What the constants stand for.
        tables: Where the numbers that hooks are called with point into; added to.
        program: Number of the source text.
    """
    marker = Marker(tables, program)
    scope = marker.module(twin.body)
    instrumenter = _Instrumenter(tables, program, marker, scope)
    tree.body = instrumenter.module(tree.body)
    code = compile(tree, filename, "exec", dont_inherit=True)
    return _with_hooks(code, hooks, tables)


def _with_hooks(code: types.CodeType, hooks: Hooks, tables: Tables) -> types.CodeType:
    constants: list[object] = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constants.append(_with_hooks(constant, hooks, tables))
        elif type(constant) is frozenset and len(constant) == 1:
            (only,) = constant
            is_mark = type(only) is bytes and only.startswith(MARK)
            if is_mark:
                name = only[len(MARK) :].decode()
                constants.append(hooks[name] if name in hooks else tables.slot(name))
            else:
                constants.append(constant)
        else:
            constants.append(constant)
    return code.replace(co_consts=tuple(constants))


class _Instrumenter(ast.NodeTransformer):
    """Puts the hooks in; one for each source text."""

    def __init__(self, tables: Tables, program: int, marker: Marker, scope: Scope) -> None:
        self._tables = tables
        self._program = program
        self._marker = marker
        self._scope_now = scope
        self._own: ast.Call | None = None
        self._imported: frozenset[str] = frozenset()
        """Names that may hold modules."""

    @property
    def _in_function(self) -> bool:
        return self._scope_now.parent is not None

    # ---------------------------------------------------------------- statements

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
        rest = self._block(body[first:])
        if rest:
            start = ast.Call(hook_constant("module"), [ast.Constant(self._program)], [])
            rest.insert(0, at(ast.Expr(start), body[first]))
        return body[:first] + rest

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [part for statement in body for part in self._statement(statement)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Global | ast.Nonlocal) and self._in_function:
            return [at(ast.Pass(), node)]  # the declaration stands at the function's beginning
        scope = self._scope_now
        number = len(self._tables.statements)
        known = Statement(place(node), _kind_of(node), self._program, scope.region, scope)
        self._tables.statements.append(known)
        outer, self._own = self._own, own_call_of(node)
        known.own_call = span(self._own) if self._own is not None else None
        before: list[ast.stmt] = []
        after: list[ast.stmt] = []
        begin = self._call_statement("begin", number, node)
        if isinstance(node, _LOOPS):
            before, after = self._loop(node, known, number)
        elif isinstance(node, DEFINITIONS):
            known.writes = (node.name,)
            known.peeks = names_read_by_definition(node)
            self._definition(node)
        elif isinstance(node, ast.If):
            self._if(node, known, number)
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node, known, number)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            self._try(node, number)  # type: ignore[arg-type]  # `TryStar` has the same fields
        elif isinstance(node, ast.Match):
            self._match(node, known, number)
        elif isinstance(node, ast.Break | ast.Continue):
            self._own = outer
            return [begin, self._call_statement("jump", number, node), node]
        elif isinstance(node, ast.Return):
            value = (
                self.visit(node.value) if node.value is not None else at(ast.Constant(None), node)
            )
            node.value = self._passing("returned", number, value)
            self._own = outer
            return [begin, node]
        elif type(node).__name__ == "TypeAlias":
            known.writes = ()
        else:
            self._plain(node, known)
        self._own = outer
        names = known.writes if known.kind in ("plain", "augmented", "import", "definition") else ()
        end = self._call_statement("end", number, node, names=names)
        return [begin, *before, node, *after, end]

    def _plain(self, node: ast.stmt, known: Statement) -> None:
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
            self.generic_visit(node)

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
        if suspends(node):
            node.body = [*head, *plain]
            return
        outer, own = self._scope_now, self._own
        self._scope_now = scope_of(node, outer, number)
        names = parameters_of(node)
        values = [ast.Name(name, ast.Load()) for name in names]
        packed = ast.Tuple([ast.Constant(number), *values], ast.Load())
        enter = ast.Call(hook_constant("enter"), [packed], [])
        left = ast.Expr(ast.Call(hook_constant("leave"), [ast.Constant(number)], []))
        first = rest[0]
        test = ast.BoolOp(ast.And(), [slot(f"guard:{number}", ast.Load()), enter])
        body = self._block(rest)
        body.append(self._call_statement("fell", number, rest[-1]))
        looked = at(ast.Try(body=body, handlers=[], orelse=[], finalbody=[at(left, first)]), first)
        twin = ast.If(test=at(test, first), body=[looked], orelse=plain)
        node.body = [*head, at(twin, first)]
        self._scope_now, self._own = outer, own

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, known: Statement, number: int
    ) -> tuple[list[ast.stmt], list[ast.stmt]]:
        # Code of a loop that can never go round does not name its slot.
        self._tables.rounds[number] = Slot()
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
        arguments = [ast.Constant(number), ast.Constant(region), *self._values(targets)]
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
            arguments = [ast.Constant(number), ast.Constant(name), ast.Name(name, ast.Load())]
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

    # ---------------------------------------------------------------- expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Let the object that a name stands for pass through `name`."""
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._passing("name", self._name_number(node), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        """In a function, let what is bound on the way pass through `walrus`."""
        node.value = self.visit(node.value)
        if not self._in_function:
            return node
        return self._passing("walrus", self._name_number(node.target), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Let the callee pass through `callee`, and what it gives through `result`."""
        number = len(self._tables.calls)
        self._tables.calls.append((span(node), node is self._own))
        call = ast.copy_location(
            ast.Call(
                func=self._passing("callee", number, self._function_called(node.func, number)),
                args=self._arguments(node.args, number),
                keywords=[self._keyword(keyword, number) for keyword in node.keywords],
            ),
            node,
        )
        return self._passing("result", number, call)

    def _arguments(self, nodes: Sequence[ast.expr], number: int) -> list[ast.expr]:
        """Let arguments that are computed on the spot pass through `given`, as far as their positions are known."""
        arguments: list[ast.expr] = []
        is_known = True
        for position, node in enumerate(nodes):
            if isinstance(node, ast.Starred):
                value: ast.expr = self.visit(node.value)
                node.value = self._given(number, -1 - position, value) if is_known else value
                is_known = False
                arguments.append(node)
            else:
                arguments.append(
                    self._argument(position, node, number) if is_known else self.visit(node)
                )
        return arguments

    def _keyword(self, keyword: ast.keyword, number: int) -> ast.keyword:
        keyword.value = (
            self._argument(keyword.arg, keyword.value, number)
            if keyword.arg is not None
            else self._given(number, "**", self.visit(keyword.value))
        )
        return keyword

    def _argument(self, parameter: int | str, node: ast.expr, number: int) -> ast.expr:
        visited: ast.expr = self.visit(node)
        return visited if isinstance(node, _TOLD) else self._given(number, parameter, visited)

    def _given(self, number: int, parameter: int | str, node: ast.expr) -> ast.expr:
        where = where_is(node)
        told = [at(ast.Constant(value), node) for value in (number, parameter)]
        return ast.Call(hook_constant("given", **where), [*told, node], [], **where)

    def _function_called(self, node: ast.expr, number: int) -> ast.expr:
        """Let what a receiver is reached through, as `a` and `a.b` in `a.b.append(1)`, pass through `through`."""
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute | ast.Subscript)
            and isinstance(_root(node), ast.Name)
        ):
            receiver = node.value
            receiver.value = self._reached(receiver.value, number)
            if isinstance(receiver, ast.Subscript):
                receiver.slice = self.visit(receiver.slice)
            return node
        visited: ast.expr = self.visit(node)
        return visited

    def _reached(self, node: ast.expr, number: int) -> ast.expr:
        if isinstance(node, ast.Attribute | ast.Subscript):
            node.value = self._reached(node.value, number)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("through", number, node)
        return self._passing("through", number, self.visit(node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Let the object that is stored into pass through `owner`."""
        if not isinstance(node.ctx, ast.Load):
            node.value = self._owner(node.value)
            return node
        base = node.value
        node.value = self.visit(base)
        if isinstance(base, ast.Name) and base.id in self._imported:
            # It may be a module of the project, whose names are places like any others.
            self._tables.names.append((node.attr, place(base), base.id, self._program))
            return self._passing("member", len(self._tables.names) - 1, node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """As `visit_Attribute`, and the subscript is read."""
        node.value = (
            self.visit(node.value) if isinstance(node.ctx, ast.Load) else self._owner(node.value)
        )
        node.slice = self.visit(node.slice)
        return node

    def _owner(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return self._passing("owner", self._name_number(node), node)
        if isinstance(node, ast.Attribute | ast.Subscript):
            node.value = self._owner(node.value)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("owner", -1, node)
        return self._passing("owner", -1, self.visit(node))

    def _scope(self, node: ast.expr) -> ast.expr:
        names = ast.Tuple([ast.Constant(name) for name in free_names(node)], ast.Load())
        return self._passing("closed", names, node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _scope  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        """Leave a function's body alone; say that it was made, as it may hold on to what it reads."""
        return self._passing("defined", 0, node)

    def _name_number(self, node: ast.Name) -> int:
        found = self._scope_now.place(node.id)[0]
        self._tables.names.append((node.id, place(node), found, self._program))
        return len(self._tables.names) - 1

    # ---------------------------------------------------------------- building nodes

    def _passing(self, hook: str, number: int | ast.expr, node: ast.expr) -> ast.expr:
        where = where_is(node)
        if isinstance(number, int):
            argument: ast.expr = ast.Constant(number, **where)  # type: ignore[arg-type]
        else:
            argument = at(number, node)
        return ast.Call(hook_constant(hook, **where), [argument, node], [], **where)

    def _call_statement(
        self, hook: str, number: int, node: ast.AST, *more: ast.expr, names: Sequence[str] = ()
    ) -> ast.stmt:
        """Call a hook; in a function, with what names hold that are sure to be bound."""
        shown = self._values(names)
        if shown:
            more = (ast.Constant(tuple(names)), *shown)  # type: ignore[arg-type]  # `compile` takes one
        where = where_is(node)
        arguments = [at(ast.Constant(number), node), *(at(one, node) for one in more)]
        call = ast.Call(hook_constant(hook, **where), arguments, [], **where)
        return ast.Expr(call, **where)

    def _values(self, names: Sequence[str]) -> list[ast.expr]:
        return [ast.Name(name, ast.Load()) for name in names] if self._in_function else []


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _kind_of(node: ast.stmt) -> str:
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        return "star"
    if isinstance(node, IMPORTS):
        return "import"
    if isinstance(node, DEFINITIONS):
        return "definition"
    if isinstance(node, _LOOPS):
        return "loop"
    if isinstance(node, ast.AugAssign):
        return "augmented"
    if isinstance(node, ast.Match):
        return "match"
    if isinstance(node, ast.Return):
        return "return"
    return "block" if hasattr(node, "body") else "plain"
