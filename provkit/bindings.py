"""What a piece of syntax reads and binds in its own scope, and how its place is named.

Used on both sides: where code is rewritten inside the watched process, and where its plan is drawn outside.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_COMPREHENSIONS = frozenset(COMPREHENSIONS)
_PARTS = frozenset({ast.Attribute, ast.Subscript})
_SIMPLE = frozenset({ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise})
_WITHOUT_PARTS = frozenset({ast.Name, ast.Constant, ast.MatchSingleton})
_NO_NODES = {
    *("arg", "attr", "asname", "conversion", "ctx", "id", "is_async", "kind", "level", "lineno"),
    *("module", "name", "op", "ops", "rest", "simple", "tag", "type_comment"),
}
"""Fields that hold no nodes, or none that matter."""
_SCOPES = frozenset({*DEFINITIONS, ast.Lambda})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}

_ASKS_FOR_FILES = frozenset(
    (
        *("access", "exists", "is_dir", "is_file", "isdir", "isfile", "lexists", "lstat", "stat"),
        *("getatime", "getctime", "getmtime", "getsize"),
    )
)

Place = tuple[str, str]
"""How a name is found, `local`, `free` or `global`, and the name."""


def place(node: ast.AST) -> str:
    """Name a statement or a name by where it begins."""
    return f"{node.lineno}.{node.col_offset}"  # type: ignore[attr-defined]


def span(node: ast.AST) -> str:
    """Name an expression by where it begins and ends."""
    return f"{node.lineno}.{node.col_offset}-{node.end_lineno}.{node.end_col_offset}"  # type: ignore[attr-defined]


def own_call_of(statement: ast.stmt) -> ast.Call | None:
    """Find the call that is the whole statement or its whole right-hand side."""
    if not isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)):
        return None
    value = statement.value
    if not isinstance(value, ast.Call):
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    if any(
        target.__class__ is not ast.Name and roots_stored_into(target, any_root=True)
        for target in targets
    ):
        # `df["c"] = f()` is a call and then a store: two executions.
        return None
    return value


def is_literal(node: ast.expr) -> bool:
    """Tell whether an expression is made of constants alone, so that its text says its value."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return all(is_literal(member) for member in node.elts)
    if isinstance(node, ast.Dict):
        return all(key is not None and is_literal(key) for key in node.keys) and all(
            is_literal(member) for member in node.values
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant)


def _inside(node: ast.AST) -> list[ast.AST]:
    """List a node and what runs with it: not the bodies of functions, lambdas and classes."""
    waiting = [node]
    found = []
    while waiting:
        current = waiting.pop()
        found.append(current)
        kind = current.__class__
        if kind in _WITHOUT_PARTS:
            continue
        if kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
            waiting.extend(reversed([*current.decorator_list, *_defaults(current.args)]))  # type: ignore[attr-defined]
        elif kind is ast.Lambda:
            waiting.extend(reversed(_defaults(current.args)))  # type: ignore[attr-defined]
        else:
            children = children_of(current)
            children.reverse()
            waiting.extend(children)
    return found


def fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    """List the fields of a class of nodes that can hold nodes; operators and contexts are left out."""
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = tuple(field for field in kind._fields if field not in _NO_NODES)
        if kind.__name__ == "TypeAlias":
            fields = ("name", *fields)
        _FIELDS[kind] = fields
    return fields


def children_of(node: ast.AST) -> list[ast.AST]:
    """List the nodes directly below one; as `ast.iter_child_nodes`, at a third of the price, without operators."""
    children: list[ast.AST] = []
    kind = node.__class__
    for name in _FIELDS.get(kind) or fields_of(kind):
        value = getattr(node, name, None)
        if value.__class__ is list:
            children.extend([item for item in value if isinstance(item, ast.AST)])
        elif isinstance(value, ast.AST):
            children.append(value)
    return children


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default)]


def names_stored(node: ast.AST) -> list[str]:
    """List the names that a node binds in its own scope, in the order of the text."""
    names: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        kind = current.__class__
        if kind is ast.Name:
            if current.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
                names.append(current.id)  # type: ignore[attr-defined]
            continue
        if kind in _WITHOUT_PARTS:
            continue
        if kind in _COMPREHENSIONS:
            # What it goes through is its own; what it binds by `:=` is not.
            names.extend(
                inner.target.id for inner in ast.walk(current) if isinstance(inner, ast.NamedExpr)
            )
            continue
        waiting.extend(reversed(_parts_stored(current, names)))
    return names


def _parts_stored(node: ast.AST, names: list[str]) -> list[ast.AST]:
    """Add the names that a node itself binds; list the nodes below it that can bind more."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        names.append(node.name)
        return [*node.decorator_list, *_defaults(node.args)]
    if isinstance(node, ast.ClassDef):
        names.append(node.name)
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, ast.Lambda):
        return [*_defaults(node.args)]
    if isinstance(node, ast.alias):
        names.append(node.asname or node.name.partition(".")[0])
    elif isinstance(node, ast.ExceptHandler) and node.name:
        names.append(node.name)
    elif isinstance(node, ast.pattern):
        names.extend(_pattern_name(node))
    return children_of(node)


def bound_names(node: ast.AST) -> tuple[str, ...]:
    r"""List the names that a statement may bind in its own scope, each once, in the text's order.

    >>> bound_names(ast.parse("for i in range(3):\n    a, b.c = i, [x for x in y]").body[0])
    ('i', 'a')
    """
    return tuple(dict.fromkeys(names_stored(node)))


def dotted(node: ast.expr) -> str:
    """Write `a.b.c` out of what it was parsed into; empty for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def walrus_names(node: ast.expr) -> tuple[str, ...]:
    """List the names that an expression binds by `:=`."""
    return tuple(inner.target.id for inner in _inside(node) if isinstance(inner, ast.NamedExpr))


def _pattern_name(node: ast.pattern) -> list[str]:
    if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
        return [node.name]
    return [node.rest] if isinstance(node, ast.MatchMapping) and node.rest else []


def pattern_names(node: ast.pattern) -> list[str]:
    """List the names that a `case` binds."""
    return [
        name
        for inner in ast.walk(node)
        if isinstance(inner, ast.pattern)
        for name in _pattern_name(inner)
    ]


def free_names(node: ast.AST) -> tuple[str, ...]:
    """List the names that an expression reads and does not bind itself, in the text's order.

    >>> free_names(ast.parse("[f(x, k) for x in xs]").body[0])
    ('f', 'k', 'xs')
    """
    inside = _inside(node)
    read = [
        inner.id
        for inner in inside
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    ]
    hidden = {
        name.id
        for inner in inside
        if isinstance(inner, COMPREHENSIONS)
        for generator in inner.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name)
    }
    return tuple(dict.fromkeys(name for name in read if name not in hidden))


def names_called_with(node: ast.AST) -> tuple[str, ...]:
    """List the free names of an expression whose objects its calls may change: receivers, arguments, what is called.

    >>> names_called_with(ast.parse("[rng.random() + f(x, k, n + 1) for x in xs]").body[0])
    ('rng', 'f', 'k')
    """
    met: list[ast.expr] = []
    for inner in _inside(node):
        if isinstance(inner, ast.Call):
            met.extend([*inner.args, *(keyword.value for keyword in inner.keywords)])
            # What is called may keep something: a cache, an object of a class with `__call__`.
            met.append(inner.func.value if isinstance(inner.func, ast.Attribute) else inner.func)
    names = {root.id for root in map(_root_of, met) if isinstance(root, ast.Name)}
    return tuple(name for name in free_names(node) if name in names)


def _root_of(node: ast.expr) -> ast.expr:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node


def looks_at_files(nodes: Iterable[ast.AST]) -> bool:
    """Tell whether nodes ask whether a file is there, how large or how old it is, as far as their text shows."""
    for node in nodes:
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Name) and function.id in _ASKS_FOR_FILES:
            return True
        if isinstance(function, ast.Attribute) and function.attr in _ASKS_FOR_FILES:
            root = _root_of(function)
            if not isinstance(root, ast.Name) or root.id in ("os", "path", "pathlib"):
                # Of a path that a name holds, what it was made from has told.
                return True
    return False


def names_read_by_definition(node: ast.stmt) -> tuple[str, ...]:
    """List what `def` and `class` read when they run: decorators, defaults, bases, a class's body."""
    names = list(free_names(node))
    if isinstance(node, ast.ClassDef):
        own = {name for statement in node.body for name in names_stored(statement)}
        names = [name for name in names if name not in own]
    return tuple(names)


def exposed_reads(node: ast.For | ast.AsyncFor | ast.While) -> tuple[str, ...]:
    """List the names a loop reads that may hold what they held before it, in the text's order.

    A name counts unless the loop's text is sure to have bound it before every read of it: as its own
    target, or by a plain statement of the body ahead of the read.
    """
    exposed: dict[str, None] = {}
    if isinstance(node, ast.While):
        exposed.update(dict.fromkeys(free_names(node.test)))
        bound = set(walrus_names(node.test))
    else:
        bound = set(names_stored(node.target))
        # The iterable passes through hooks of its own.
    _expose(node.body, bound, exposed)
    _expose(node.orelse, set(), exposed)
    return tuple(exposed)


def _expose(body: Iterable[ast.stmt], bound: set[str], exposed: dict[str, None]) -> set[str]:
    """Add to `exposed` what a block reads before it binds it; return what it is sure to bind."""
    sure = set(bound)
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr, ast.NamedExpr)):
            value = statement.value
            if value is not None:
                _add_reads(value, sure, exposed)
            for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
                if target is not None:
                    _add_reads(target, sure, exposed)
            sure |= set(names_stored(statement))
        elif isinstance(statement, ast.AugAssign):
            _add_reads(statement.value, sure, exposed)
            _add_reads(statement.target, sure, exposed)
            if isinstance(statement.target, ast.Name) and statement.target.id not in sure:
                exposed.setdefault(statement.target.id)
            sure |= set(names_stored(statement))
        elif isinstance(statement, (ast.For, ast.AsyncFor)):
            _add_reads(statement.iter, sure, exposed)
            _expose(statement.body, sure | set(names_stored(statement.target)), exposed)
            _expose(statement.orelse, sure, exposed)
        elif isinstance(statement, ast.If):
            _add_reads(statement.test, sure, exposed)
            left = _expose(statement.body, sure, exposed)
            right = _expose(statement.orelse, sure, exposed)
            sure |= left & right
        elif isinstance(statement, (ast.With, ast.AsyncWith)):
            for item in statement.items:
                _add_reads(item.context_expr, sure, exposed)
                sure |= set(names_stored(item.optional_vars)) if item.optional_vars else set()
            sure |= _expose(statement.body, sure, exposed)
        elif isinstance(statement, IMPORTS):
            sure |= set(names_stored(statement))
        elif isinstance(statement, DEFINITIONS):
            _add_reads(statement, sure, exposed)
            sure.add(statement.name)
        else:
            _add_reads(statement, sure, exposed)
    return sure


def _add_reads(node: ast.AST, sure: set[str], exposed: dict[str, None]) -> None:
    for name in free_names(node):
        if name not in sure:
            exposed.setdefault(name)


def roots_stored_into(node: ast.AST, *, any_root: bool = False) -> tuple[str, ...]:
    """List the names at the root of every attribute or item that a text stores into.

    With `any_root`, what is no name but is stored into (`f().x = 1`) counts as `""`.
    """
    names: dict[str, None] = {}
    for inner in _inside(node):
        if inner.__class__ in _PARTS and not isinstance(inner.ctx, ast.Load):  # type: ignore[attr-defined]
            root: ast.expr = inner  # type: ignore[assignment]
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name):
                names.setdefault(root.id)
            elif any_root:
                names.setdefault("")
    return tuple(names)


# -------------------------------------------------------------------- parts


def part_of(node: ast.AST) -> str | None:
    """Write the part of what a name holds that an expression is: `.x`, `["key"]`, `[0]`; None if it is none.

    >>> part_of(ast.parse("d['a']", mode="eval").body)
    '["a"]'
    """
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f".{node.attr}"
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return None
    if isinstance(node.slice, ast.Constant):
        return part_text(node.slice.value)
    return None


def part_text(key: object) -> str | None:
    """Write a key as part of an expression; None for a key that is no text and no number."""
    if type(key) is str:
        return f'["{key}"]'
    return f"[{key}]" if type(key) is int else None


def part_stored(node: ast.stmt) -> ast.Attribute | ast.Subscript | None:
    """Find the part of what a name holds that a statement stores into, if that is all that it binds or changes."""
    target: ast.AST | None = None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    ):
        target = node.target
    if isinstance(target, (ast.Attribute, ast.Subscript)) and part_of(target) is not None:
        return target
    return None


# -------------------------------------------------------------------- whose name it is


class Scope:
    """Which names belong to a function, and how the others are found from it."""

    __slots__ = ("declared_global", "own", "parent", "path", "region")

    def __init__(
        self,
        parent: Scope | None,
        region: int | None,
        own: Iterable[str] = (),
        declared_global: Iterable[str] = (),
        path: str = "",
    ) -> None:
        self.parent = parent
        self.region = region
        self.own = frozenset(own)
        self.declared_global = frozenset(declared_global)
        self.path = path
        """Names of the functions around, each followed by a dot; empty for a module."""

    def owner(self, name: str) -> Scope:
        """Find the scope whose name it is."""
        kind = self.place(name)[0]
        scope = self if kind == "local" else self.parent or self
        while scope.parent is not None and (kind == "global" or name not in scope.own):
            scope = scope.parent
        return scope

    def place(self, name: str) -> Place:
        """Say how a name is found."""
        if self.parent is None or name in self.declared_global:
            return "global", name
        if name in self.own:
            return "local", name
        outer: Scope | None = self.parent
        while outer is not None and outer.parent is not None:
            if name in outer.own:
                return "free", name
            outer = outer.parent
        return "global", name


def scope_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    parent: Scope,
    region: int | None = None,
    path: str = "",
) -> Scope:
    """Find the names of a function's own."""
    declared_global, declared_nonlocal = declarations(node.body)
    own = {*parameters_of(node), *(name for inner in node.body for name in bound_names(inner))}
    return Scope(parent, region, own - declared_global - declared_nonlocal, declared_global, path)


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """List a function's parameters in the order of its text."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args]
    every.extend([arguments.vararg] if arguments.vararg else [])
    every.extend(arguments.kwonlyargs)
    every.extend([arguments.kwarg] if arguments.kwarg else [])
    return tuple(argument.arg for argument in every)


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk what belongs to a function itself: not the bodies of functions, lambdas and classes in it."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        kind = node.__class__
        if kind not in _WITHOUT_PARTS and kind not in _SCOPES:
            waiting.extend(children_of(node))


def statements_below(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Walk all statements, those in functions and classes too, without going into expressions."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
            if node.__class__ in _SIMPLE:
                continue
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(getattr(node, part, ()))


def declarations(body: list[ast.stmt]) -> tuple[set[str], set[str]]:
    """List the names that a function declares `global`, and those it declares `nonlocal`."""
    found: tuple[set[str], set[str]] = (set(), set())
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            found[0].update(node.names)
        elif isinstance(node, ast.Nonlocal):
            found[1].update(node.names)
        elif not isinstance(node, DEFINITIONS) and node.__class__ not in _SIMPLE:
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                waiting.extend(getattr(node, part, ()))
    return found
