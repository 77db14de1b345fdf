"""What one statement's own text says: what it reads, binds and may change, and where its blocks are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from provkit.bindings import (
    COMPREHENSIONS,
    DEFINITIONS,
    IMPORTS,
    bound_names,
    free_names,
)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
TRIES = (ast.Try, ast.TryStar)
DECIDES = (ast.If, ast.Match, *LOOPS, *TRIES)
JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_SUSPENSIONS = (ast.Yield, ast.YieldFrom, ast.Await)
_CHANGE_NOTHING = frozenset(
    (
        *("abs", "all", "any", "bool", "bytes", "callable", "chr", "complex", "dict", "divmod"),
        *("float", "format", "frozenset", "hasattr", "hash", "hex", "id", "int", "isinstance"),
        *("issubclass", "len", "list", "max", "min", "ord", "pow", "print", "range", "repr"),
        *("reversed", "round", "set", "sorted", "str", "sum", "tuple", "type"),
    )
)
"""Builtins that leave what they are given as it was."""
OPENS_NOTHING = _CHANGE_NOTHING | {"enumerate", "zip"}
"""Builtins that open no file."""
_CHANGE_THEIR_OWN = frozenset(
    (
        *("add", "append", "appendleft", "count", "discard", "endswith", "extend", "format", "get"),
        *("index", "insert", "join", "remove", "replace", "setdefault", "split", "startswith"),
        *("strip", "update", "write", "writerow", "writerows"),
    )
)
"""Methods that change at most the object that they are called on."""


def own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """List what a statement evaluates itself, without the statements in it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ExceptHandler):
            yield from filter(None, [child.type])
        elif isinstance(child, ast.match_case):
            yield child.pattern
            yield from filter(None, [child.guard])
        elif not isinstance(child, ast.stmt):
            yield child


def names_read(node: ast.stmt) -> set[str]:
    """List the names that a statement's own text reads; what a comprehension or lambda binds is its own."""
    found: set[str] = set()
    for part in own_parts(node):
        hidden = {
            name.id
            for inner in ast.walk(part)
            if isinstance(inner, COMPREHENSIONS)
            for generator in inner.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        hidden |= {
            argument.arg
            for inner in ast.walk(part)
            if isinstance(inner, ast.Lambda)
            for argument in ast.walk(inner.args)
            if isinstance(argument, ast.arg)
        }
        found |= {
            name.id
            for name in ast.walk(part)
            if isinstance(name, ast.Name)
            and isinstance(name.ctx, ast.Load)
            and name.id not in hidden
        }
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        found.add(node.target.id)
    if isinstance(node, ast.Delete):
        found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return found


def names_bound(node: ast.stmt) -> tuple[str, ...]:
    """List the names that a statement's own text binds, without those of its blocks."""
    if isinstance(node, DEFINITIONS):
        return (node.name,)
    if not any(
        isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        for child in ast.iter_child_nodes(node)
    ):
        return bound_names(node)
    names = [name for part in own_parts(node) for name in bound_names(part)]
    names.extend(one.name for one in getattr(node, "handlers", ()) if one.name)
    return tuple(dict.fromkeys(names))


def is_import(node: ast.stmt) -> bool:
    """Tell whether a statement is an import."""
    return isinstance(node, IMPORTS)


def imported_as(node: ast.stmt, name: str) -> Iterator[str]:
    """Give the whole name of what an import binds to a name."""
    if not isinstance(node, IMPORTS):
        return
    module = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
    for alias in node.names:
        if (alias.asname or alias.name.partition(".")[0]) == name:
            yield module + (alias.name if alias.asname or module else name)


def _changes_nothing(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Name)
        and call.func.id in _CHANGE_NOTHING
        and not any(keyword.arg in ("file", None) for keyword in call.keywords)
    )


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is a constant alone, which does nothing."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def suspends(node: ast.stmt) -> bool:
    """Tell whether a statement yields or waits."""
    return any(
        isinstance(inner, _SUSPENSIONS) for part in own_parts(node) for inner in ast.walk(part)
    )


def roots_changed(node: ast.stmt) -> set[str]:
    """List the names whose object a statement may change: stored into, given away, or asked to do something."""
    found: set[str] = set()
    for part in own_parts(node):
        for inner in ast.walk(part):
            if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(
                inner.ctx, ast.Load
            ):
                found |= _roots(inner)
            elif isinstance(inner, ast.Call):
                function = inner.func
                if isinstance(function, ast.Name) and function.id in _CHANGE_NOTHING:
                    continue
                if isinstance(function, ast.Attribute):
                    found |= _roots(function)
                    if function.attr in _CHANGE_THEIR_OWN:
                        continue
                for given in [*inner.args, *(keyword.value for keyword in inner.keywords)]:
                    found |= _roots(given)
    return found


def _roots(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def blocks_of(node: ast.stmt, lines: list[str]) -> Iterator[tuple[list[ast.stmt], range, bool]]:
    """List the blocks of a statement, with the lines that open them, and whether those always stay."""
    none = range(0)
    if isinstance(node, ast.Match):
        for case in node.cases:
            first = case.pattern.lineno
            yield case.body, range(first, max(first + 1, case.body[0].lineno)), True
        return
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body or not isinstance(body[0], ast.stmt):
        return
    yield body, none, True
    end = body[-1].end_lineno or 0
    for handler in getattr(node, "handlers", ()):
        yield (
            handler.body,
            range(handler.lineno, max(handler.lineno + 1, first_line(handler.body[0]))),
            True,
        )
        end = handler.body[-1].end_lineno or 0
    for name, word in (("orelse", "else"), ("finalbody", "finally")):
        block = getattr(node, name, None)
        if not block:
            continue
        opening = _opening(lines, word, end, first_line(block[0]))
        yield block, opening, False
        end = block[-1].end_lineno or 0


def first_line(node: ast.stmt) -> int:
    """Give the first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _opening(lines: list[str], word: str, after: int, before: int) -> range:
    """Find the line of an `else:` or `finally:`; none for `elif`, which is the line of its own test."""
    for line in range(before, after, -1):
        if lines[line - 1].strip().startswith(word):
            return range(line, line + 1)
    return range(0)


def is_idle(node: ast.stmt) -> bool:
    """Tell whether all that a statement can do is to bind names of its function's own, or to print."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign):
        calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
        targets = [*getattr(node, "targets", ()), *filter(None, [getattr(node, "target", None)])]
        return (
            all(isinstance(target, ast.Name) for target in targets)
            and not suspends(node)
            and all(_changes_nothing(call) for call in calls)
        )
    return isinstance(node, ast.Pass)


_OF_PYTHON = frozenset({"time", "timeit", "capture", "prun", "memit", "mprun", "stage", "debug"})
"""IPython's magics that run Python."""
_IN_A_FUNCTION = frozenset({"timeit", "memit"})
"""Those of them that run it in a function, whose names are its own."""
_MOST_OPTIONS = 6
_LINES = {"run_line_magic": 1, "run_cell_magic": 1, "system": 0, "getoutput": 0}
"""IPython's calls whose lines have values put in, and which argument that is."""
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)")


def body_of_magic(node: ast.stmt) -> ast.Module | None:
    """Parse the Python that a statement hands to one of IPython's magics; None for any other statement.

    >>> ast.unparse(body_of_magic(ast.parse("get_ipython().run_line_magic('timeit', '-n 3 f(x)')").body[0]))
    'f(x)'
    """
    call = getattr(node, "value", None)
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return None
    given = [one.value for one in call.args if isinstance(one, ast.Constant)]
    is_magic = call.func.attr in ("run_line_magic", "run_cell_magic")
    if not is_magic or not given or given[0] not in _OF_PYTHON or not isinstance(given[-1], str):
        return None
    words = given[-1]
    if not words.strip():
        return None
    for _ in range(_MOST_OPTIONS):
        try:
            return ast.parse(words)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            _, _, words = words.strip().partition(" ")
    return None


def names_handed_over(node: ast.stmt, cell: ast.Module) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the names that Python reads and binds which a statement hands to one of IPython's magics as a text.

    Args:
        node: The statement.
        cell: The text it stands in: a `%%capture out` whose body stands in the open shows what that does.
    """
    call = getattr(node, "value", None)
    output = output_of_capture(call) if isinstance(call, ast.Call) else None
    if output is not None:
        rest = ast.Module([one for one in cell.body if one is not node], [])
        return free_names(rest), (output,)
    expanded = names_expanded(node)
    body = body_of_magic(node)
    if body is None:
        return expanded, ()
    assert isinstance(call, ast.Call)
    first = call.args[0]
    is_apart = isinstance(first, ast.Constant) and first.value in _IN_A_FUNCTION
    return (*free_names(body), *expanded), () if is_apart else bound_names(body)


def names_expanded(node: ast.stmt) -> tuple[str, ...]:
    """List the names whose values IPython puts into the line of a command or a magic: `!ls {folder}`, `%cd $folder`.

    >>> names_expanded(ast.parse("files = get_ipython().getoutput('ls {folder} $more')").body[0])
    ('folder', 'more')
    """
    call = getattr(node, "value", None)
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return ()
    place = _LINES.get(call.func.attr)
    line = call.args[place] if place is not None and place < len(call.args) else None
    if not isinstance(line, ast.Constant) or not isinstance(line.value, str):
        return ()
    found: list[str] = []
    for expression, name in _EXPANDED.findall(line.value):
        try:
            found += [name] if name else free_names(ast.parse(expression.strip()))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return tuple(dict.fromkeys(found))


def output_of_capture(call: ast.Call) -> str | None:
    """Give the name that a `%%capture` binds to what its body shows, where that stands in the open."""
    given = [one.value for one in call.args if isinstance(one, ast.Constant)]
    if len(given) != 3 or given[0] != "capture" or given[2] != "" or not isinstance(given[1], str):
        return None
    names = [word for word in given[1].split() if not word.startswith("-")]
    return names[0] if names and names[0].isidentifier() else None
