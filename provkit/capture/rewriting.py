"""Source text -> code that says what it reads, calls and binds, and does what it did before.

Each statement of a module's own level is put between two calls of hooks, and inside it every name
that is read, every call that is made and every object that is stored into passes through a hook
that gives back what it got. The calls themselves stay in the user's frame, so `sys._getframe`,
`locals`, `eval` and tracebacks see what they always saw. Nodes keep their places in the source.

Bodies of functions, classes, lambdas and comprehensions, and of loops, are left as they are: a loop
is one step whose reads and writes are the static ones of its text.

The hooks are not names, they are constants of the code object: nothing is added to any namespace,
and nothing in the program can shadow them. `ast` refuses such constants, so that placeholders are
compiled and then replaced.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from provkit.bindings import (
    DEFINITIONS,
    IMPORTS,
    bound_names,
    exposed_reads,
    free_names,
    names_read_by_definition,
    names_stored,
    own_call_of,
    pattern_names,
    place,
    roots_stored_into,
    span,
    walrus_names,
)

Hooks = dict[str, Callable[..., object] | list[int]]
"""The eight hooks by name, and `rounds`, the list in which loops count."""

_Node = TypeVar("_Node", bound=ast.AST)

_MARK = b"\x00provkit\x00"
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


class Statement:
    """What the recorder needs to know of a statement before it runs."""

    __slots__ = ("key", "kind", "mutated", "own_call", "peeks", "writes")

    def __init__(self, key: str, kind: str) -> None:
        self.key = key
        self.kind = kind
        """`plain`, `loop`, `import`, `definition`, `augmented`, `star` (import), `match` or `block`."""
        self.writes: tuple[str, ...] = ()
        """Names that are bound once the statement, or its header, is done."""
        self.peeks: tuple[str, ...] = ()
        """Names that are read where no hook stands."""
        self.mutated: tuple[str, ...] = ()
        """Names whose objects a loop's body stores into."""
        self.own_call: str | None = None
        """Place of the call that is the whole statement or its whole right-hand side."""


class Rewritten:
    """An instrumented code object and the tables that its hooks' numbers point into."""

    __slots__ = ("calls", "code", "names", "statements")

    def __init__(
        self,
        code: types.CodeType,
        statements: list[Statement],
        names: list[tuple[str, str]],
        calls: list[tuple[str, bool]],
    ) -> None:
        self.code = code
        self.statements = statements
        self.names = names
        """Name and place of each read."""
        self.calls = calls
        """Place of each call, and whether it is its statement's own."""


def rewrite(tree: ast.Module, filename: str, hooks: Hooks, *, flags: int = 0) -> Rewritten:
    """Instrument the module level of a tree; the tree is changed.

    Args:
        tree: As `ast.parse` gave it.
        filename: Stands in tracebacks.
        hooks: `begin`, `bind`, `end`, `caught`, `name`, `callee`, `result`, `owner`, `closed` and `rounds`.
        flags: Of `compile`.
    """
    instrumenter = _Instrumenter()
    tree.body = instrumenter.module(tree.body)
    code = compile(tree, filename, "exec", flags=flags, dont_inherit=True)
    rounds = hooks["rounds"]
    assert isinstance(rounds, list)
    rounds.extend([0] * (len(instrumenter.statements) - len(rounds)))
    return Rewritten(
        _with_hooks(code, hooks),
        instrumenter.statements,
        instrumenter.names,
        instrumenter.calls,
    )


def _with_hooks(code: types.CodeType, hooks: Hooks) -> types.CodeType:
    constants = tuple(
        hooks[constant[len(_MARK) :].decode()]
        if isinstance(constant, bytes) and constant.startswith(_MARK)
        else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=constants)


class _Instrumenter(ast.NodeTransformer):
    """Puts the hooks in; one for each source text."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.names: list[tuple[str, str]] = []
        self.calls: list[tuple[str, bool]] = []
        self._own: ast.Call | None = None

    # ---------------------------------------------------------------- statements

    def module(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Instrument a module's statements; its docstring and `__future__` imports come first."""
        first = 0
        if body and _is_docstring(body[0]):
            first = 1
        while first < len(body) and _is_future(body[first]):
            first += 1
        return body[:first] + self._block(body[first:])

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [part for statement in body for part in self._statement(statement)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        number = len(self.statements)
        known = Statement(place(node), _kind_of(node))
        self.statements.append(known)
        outer, self._own = self._own, own_call_of(node)
        known.own_call = span(self._own) if self._own is not None else None
        begin = self._call_statement("begin", number, node)
        end = self._call_statement("end", number, node)
        if isinstance(node, _LOOPS):
            self._loop(node, known, number)
        elif isinstance(node, DEFINITIONS):
            known.writes = (node.name,)
            known.peeks = names_read_by_definition(node)
        elif isinstance(node, ast.If):
            node.test = self.visit(node.test)
            known.writes = walrus_names(node.test)
            node.body = [self._call_statement("bind", number, node), *self._block(node.body)]
            if node.orelse:
                bind = self._call_statement("bind", number, node)
                node.orelse = [bind, *self._block(node.orelse)]
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node, known, number)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            self._try(node, number)  # type: ignore[arg-type]  # `TryStar` has the same fields
        elif isinstance(node, ast.Match):
            self._match(node, known, number)
        elif type(node).__name__ == "TypeAlias":
            known.writes = ()
        else:
            self._plain(node, known)
        self._own = outer
        return [begin, node, end]

    def _plain(self, node: ast.stmt, known: Statement) -> None:
        known.writes = bound_names(node)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            known.peeks = (node.target.id,)
        if isinstance(node, ast.AnnAssign):
            # The annotation is left alone: `__annotations__` holds what it gives.
            node.target = self.visit(node.target)
            node.value = self.visit(node.value) if node.value is not None else None
        elif not isinstance(node, IMPORTS):
            self.generic_visit(node)

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, known: Statement, number: int
    ) -> None:
        known.writes = bound_names(node)
        known.peeks = exposed_reads(node)
        known.mutated = roots_stored_into(node)
        if not isinstance(node, ast.While):
            node.iter = self.visit(node.iter)
        count = ast.AugAssign(
            target=ast.Subscript(
                value=ast.Constant(_MARK + b"rounds"), slice=ast.Constant(number), ctx=ast.Store()
            ),
            op=ast.Add(),
            value=ast.Constant(1),
        )
        node.body = [_at(count, node), *node.body]

    def _with(self, node: ast.With | ast.AsyncWith, known: Statement, number: int) -> None:
        known.writes = tuple(
            name
            for item in node.items
            for part in (item.context_expr, item.optional_vars)
            if part is not None
            for name in names_stored(part)
        )
        for item in node.items:
            item.context_expr = self.visit(item.context_expr)
            if item.optional_vars is not None:
                item.optional_vars = self.visit(item.optional_vars)
        node.body = [self._call_statement("bind", number, node), *self._block(node.body)]

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
        known.writes = tuple(
            dict.fromkeys(name for case in node.cases for name in pattern_names(case.pattern))
        )
        for case in node.cases:
            bind = self._call_statement("bind", number, node)
            case.body = [bind, *self._block(case.body)]

    # ---------------------------------------------------------------- expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Let the object that a name stands for pass through `name`."""
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._passing("name", self._name_number(node), node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Let the callee pass through `callee`, and what it gives through `result`."""
        number = len(self.calls)
        self.calls.append((span(node), node is self._own))
        call = ast.copy_location(
            ast.Call(
                func=self._passing("callee", number, self.visit(node.func)),
                args=[self.visit(argument) for argument in node.args],
                keywords=[self.visit(keyword) for keyword in node.keywords],
            ),
            node,
        )
        return self._passing("result", number, call)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Let the object that is stored into pass through `owner`."""
        if isinstance(node.ctx, ast.Load):
            node.value = self.visit(node.value)
        else:
            node.value = self._owner(node.value)
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
        """Leave a function's body alone."""
        return node

    def _name_number(self, node: ast.Name) -> int:
        self.names.append((node.id, place(node)))
        return len(self.names) - 1

    # ---------------------------------------------------------------- building nodes

    def _passing(self, hook: str, number: int | ast.expr, node: ast.expr) -> ast.expr:
        argument = ast.Constant(number) if isinstance(number, int) else number
        call = ast.Call(
            func=ast.Constant(_MARK + hook.encode()), args=[argument, node], keywords=[]
        )
        return _at(call, node)

    def _call_statement(self, hook: str, number: int, node: ast.AST, *more: ast.expr) -> ast.stmt:
        call = ast.Call(
            func=ast.Constant(_MARK + hook.encode()),
            args=[ast.Constant(number), *more],
            keywords=[],
        )
        return _at(ast.Expr(call), node)


def _at(new: _Node, old: ast.AST) -> _Node:
    """Give a new node, and what is new inside it, the place of an old one."""
    for node in (new, *_new_inside(new)):
        if "lineno" in type(node)._attributes and not hasattr(node, "lineno"):
            ast.copy_location(node, old)
    return new


def _new_inside(node: ast.AST) -> Iterable[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno"):
            yield child
            yield from _new_inside(child)


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


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
    return "block" if hasattr(node, "body") else "plain"
