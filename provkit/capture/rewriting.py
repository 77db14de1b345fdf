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
from typing import Any, NamedTuple

from provkit.bindings import (
    COMPREHENSIONS,
    DEFINITIONS,
    IMPORTS,
    Scope,
    bound_names,
    children_of,
    exposed_reads,
    fields_of,
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
)

Hooks = dict[str, Callable[..., object] | type]
"""The hooks by name, and `NameError`."""

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_PATH = 1024
"""Characters of a text that may be a path."""
_OPERATORS = frozenset(
    {ast.BinOp, ast.UnaryOp, ast.Compare, ast.Tuple, ast.List, ast.Subscript, ast.Attribute}
)
_DETAILED = 1_000
"""Statements of a process's programs, in the order of their texts, each of which tells of itself as it runs."""
_RUN = 32
"""Plain assignments that are told of together, at most."""
_SHORT_RUN = 4
_KINDS: dict[type[ast.AST], str] = {
    **dict.fromkeys(IMPORTS, "import"),
    **dict.fromkeys(DEFINITIONS, "definition"),
    **dict.fromkeys(_LOOPS, "loop"),
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.Expr), "plain"),
    ast.AugAssign: "augmented",
    ast.Match: "match",
    ast.Return: "return",
}
"""Kinds of statements; the others are blocks or plain."""
_DECLARATIONS = frozenset({ast.Global, ast.Nonlocal})
_SIMPLE = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr})
_TOLD = (ast.Name, ast.Constant, ast.Call, ast.Lambda, *COMPREHENSIONS)
"""Arguments that other hooks tell of, that stand in the text, or that are no immutable values."""
_STATEMENT_HOOKS = frozenset(
    {"begin", "bind", "caught", "end", "jump", "look", "looked", "next", "ran", "run"}
)
"""Hooks that stand by themselves at the level of a module."""


def rewrite(
    tree: ast.Module,
    twin: ast.Module | None,
    filename: str,
    hooks: Hooks,
    tables: Tables,
    program: int,
) -> types.CodeType:
    """Instrument a program; both trees are changed.

    Args:
        tree: As `ast.parse` gave it.
        twin: The same once more: what runs when it is not looked into is taken from it. None if `needs_twin` says so.
        filename: Stands in tracebacks.
        hooks: What the constants stand for.
        tables: Where the numbers that hooks are called with point into; added to.
        program: Number of the source text.
    """
    marker = Marker(tables, program)
    scope = marker.module(twin.body if twin is not None else [])
    instrumenter = _Instrumenter(tables, program, marker, scope)
    tree.body = instrumenter.module(tree.body)
    code = compile(tree, filename, "exec", dont_inherit=True)
    return with_hooks(code, hooks, tables)


def needs_twin(tree: ast.Module) -> bool:
    """Tell whether a program has functions or loops, which are there twice."""
    return any(isinstance(node, (*FUNCTIONS, *_LOOPS)) for node in statements_below(tree.body))


def rewrite_statement(
    tree: ast.Module | ast.Interactive,
    twin: ast.stmt,
    tables: Tables,
    program: int,
    imported: set[str],
) -> None:
    """Instrument one statement of a notebook's cell, in its place; `with_hooks` has to follow its compilation.

    Args:
        tree: Holds the statement and nothing else; what is shown of an `Interactive` one stays what was shown.
        twin: The statement once more, which is changed, too.
        tables: As for `rewrite`.
        program: Number of the cell's text.
        imported: Names that may hold modules, after all statements so far; added to.
    """
    marker = Marker(tables, program)
    scope = marker.module([twin])
    instrumenter = _Instrumenter(tables, program, marker, scope)
    tree.body = instrumenter.statement_of_cell(tree.body[0], imported)
    if isinstance(tree, ast.Interactive):
        tree.body = [_Unshown().visit(node) for node in tree.body]


def with_hooks(code: types.CodeType, hooks: Hooks, tables: Tables) -> types.CodeType:
    """Put the hooks in place of the placeholders in compiled code."""
    constants: list[object] = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constants.append(with_hooks(constant, hooks, tables))
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


class _Ending(NamedTuple):
    """What the end of a statement tells."""

    number: int
    node: ast.stmt
    names: tuple[str, ...]


class _Instrumenter:
    """Puts the hooks in; one for each source text."""

    def __init__(self, tables: Tables, program: int, marker: Marker, scope: Scope) -> None:
        self._tables = tables
        self._program = program
        self._marker = marker
        self._scope_now = scope
        self._own: ast.Call | None = None
        self._imported: frozenset[str] = frozenset()
        """Names that may hold modules."""
        self._visitors: dict[type[ast.AST], Callable[[Any], ast.expr]] = {
            ast.Name: self._name,
            ast.Constant: _as_it_is,
            ast.NamedExpr: self._named,
            ast.Call: self._call,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Lambda: self._lambda,
            **dict.fromkeys(COMPREHENSIONS, self._scope),
        }

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
        rest = self._block(body[first:], in_runs=True)
        if rest:
            start = ast.Call(hook_constant("module"), [ast.Constant(self._program)], [])
            rest.insert(0, at(ast.Expr(start), body[first]))
        return body[:first] + rest

    def statement_of_cell(self, node: ast.stmt, imported: set[str]) -> list[ast.stmt]:
        """Instrument a statement at the level of a cell."""
        for below in statements_below([node]):
            if isinstance(below, IMPORTS):
                imported.update(bound_names(below))
        self._imported = frozenset(imported)
        return self._statement(node)

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
        elif isinstance(node, _LOOPS):
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
        if not _only_operators(node.value, self._imported, names):
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
        packed = ast.Tuple([ast.Constant(number), *values], ast.Load())
        enter = ast.Call(hook_constant("enter"), [packed], [])
        left = ast.Expr(ast.Call(hook_constant("leave"), [ast.Constant(number)], []))
        first = rest[0]
        test = ast.BoolOp(ast.And(), [slot(f"guard:{number}", ast.Load()), enter])
        body = self._block(rest)
        if rest[-1].__class__ is not ast.Return:
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

    def visit(self, node: ast.AST) -> Any:
        """Instrument an expression, or what is part of one."""
        visitor = self._visitors.get(node.__class__)
        return visitor(node) if visitor is not None else self._visit_parts(node)

    def _visit_parts(self, node: ast.AST) -> ast.AST:
        visitors = self._visitors
        for field in fields_of(node.__class__):
            value = getattr(node, field, None)
            if value is None:
                continue
            if value.__class__ is list:
                value[:] = [
                    self.visit(item) if isinstance(item, ast.AST) else item for item in value
                ]
            elif isinstance(value, ast.AST):
                visitor = visitors.get(value.__class__, self._visit_parts)
                visited = visitor(value)
                if visited is not value:
                    setattr(node, field, visited)
        return node

    def _name(self, node: ast.Name) -> ast.expr:
        """Let the object that a name stands for pass through `name`."""
        if node.ctx.__class__ is not ast.Load:
            return node
        return self._passing("name", self._name_number(node), node)

    def _named(self, node: ast.NamedExpr) -> ast.expr:
        """In a function, let what is bound on the way pass through `walrus`."""
        node.value = self.visit(node.value)
        if not self._in_function:
            return node
        return self._passing("walrus", self._name_number(node.target), node)

    def _call(self, node: ast.Call) -> ast.expr:
        """Let the callee pass through `callee`, and what it gives through `result`."""
        if _is_shell(node):
            return node
        number = len(self._tables.calls)
        self._tables.calls.append((span(node), node is self._own))
        self._note_texts(node, number)
        node.func = self._passing("callee", number, self._function_called(node.func, number))
        node.args = self._arguments(node.args, number)
        for keyword in node.keywords:
            self._keyword(keyword, number)
        return self._passing("result", number, node)

    def _note_texts(self, node: ast.Call, number: int) -> None:
        """Keep the texts among a call's arguments: one may be the path of a file."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        texts = tuple(
            one.value
            for one in given
            if one.__class__ is ast.Constant
            and one.value.__class__ is str
            and len(one.value) < _PATH
        )
        if texts:
            self._tables.texts[number] = texts

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
            and isinstance(node.value, (ast.Attribute, ast.Subscript))
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
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node.value = self._reached(node.value, number)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("through", number, node)
        return self._passing("through", number, self.visit(node))

    def _attribute(self, node: ast.Attribute) -> ast.expr:
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

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        """As `_attribute`, and the subscript is read."""
        node.value = (
            self.visit(node.value) if isinstance(node.ctx, ast.Load) else self._owner(node.value)
        )
        node.slice = self.visit(node.slice)
        return node

    def _owner(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Name):
            return self._passing("owner", self._name_number(node), node)
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            node.value = self._owner(node.value)
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return self._passing("owner", -1, node)
        return self._passing("owner", -1, self.visit(node))

    def _scope(self, node: ast.expr) -> ast.expr:
        names = ast.Tuple([ast.Constant(name) for name in free_names(node)], ast.Load())
        return self._passing("closed", names, node)

    def _lambda(self, node: ast.Lambda) -> ast.expr:
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
        where = where_is(node)
        arguments: list[ast.expr] = [ast.Constant(number, **where)]  # type: ignore[arg-type]
        arguments.extend([at(one, node) for one in more])
        if names and self._in_function:
            arguments.append(ast.Constant(tuple(names), **where))  # type: ignore[arg-type]  # `compile` takes one
            arguments.extend([ast.Name(name, ast.Load(), **where) for name in names])
        call = ast.Call(hook_constant(hook, **where), arguments, [], **where)
        return ast.Expr(call, **where)

    def _values(self, names: Sequence[str]) -> list[ast.expr]:
        return [ast.Name(name, ast.Load()) for name in names] if self._in_function else []


def _is_shell(node: ast.Call) -> bool:
    """Tell whether a call is `get_ipython()`, which IPython writes where the user wrote `%` or `!`."""
    return isinstance(node.func, ast.Name) and node.func.id == "get_ipython" and not node.args


def _hook_named(node: ast.expr) -> str | None:
    constant: object = node.value if isinstance(node, ast.Constant) else None
    if type(constant) is not frozenset or len(constant) != 1:
        return None
    (only,) = constant
    is_mark = type(only) is bytes and only.startswith(MARK)
    return only[len(MARK) :].decode() if is_mark else None


class _Unshown(ast.NodeTransformer):
    """Keeps what hooks give back from being displayed, where every expression is that stands by itself."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """Let a hook's call decide about nothing instead of standing by itself."""
        call = node.value
        if not isinstance(call, ast.Call) or _hook_named(call.func) not in _STATEMENT_HOOKS:
            return node
        return ast.copy_location(ast.If(test=call, body=[at(ast.Pass(), node)], orelse=[]), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        """Leave functions alone: nothing in them is displayed."""
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815


def _only_operators(node: ast.expr, imported: frozenset[str], names: list[ast.Name]) -> bool:
    """Tell whether an expression reads its names, which are listed, whatever comes out, and calls nothing."""
    kind = node.__class__
    if kind is ast.Name:
        names.append(node)  # type: ignore[arg-type]
        return True
    if kind is ast.Constant:
        return True
    if kind is ast.BinOp:
        return _only_operators(node.left, imported, names) and _only_operators(  # type: ignore[attr-defined]
            node.right,  # type: ignore[attr-defined]
            imported,
            names,
        )
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        # It may be a module of the project, whose names are places like any others.
        return node.value.id not in imported and _only_operators(node.value, imported, names)
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return False
    return kind in _OPERATORS and all(
        _only_operators(part, imported, names)  # type: ignore[arg-type]
        for part in children_of(node)
    )


def _as_it_is(node: ast.expr) -> ast.expr:
    return node


def _root(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node


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
