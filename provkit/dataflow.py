"""What flows into what, in each statement of a source text, from the syntax alone.

The dataflow of a statement says which reads and which calls flow into each call, and into each name that is
bound. Places are those of `provkit.capture.rewriting`, so what a journal tells can be laid upon it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
    part_of,
    part_stored,
    place,
    roots_stored_into,
    span,
)

_CHANGES = frozenset(
    {
        *(
            "add",
            "append",
            "appendleft",
            "clear",
            "discard",
            "extend",
            "extendleft",
            "fit",
            "insert",
        ),
        *(
            "partial_fit",
            "pop",
            "popitem",
            "popleft",
            "put",
            "remove",
            "reverse",
            "setdefault",
            "sort",
        ),
        *("subtract", "update", "write", "writelines", "writerow", "writerows"),
    }
)
"""Methods that change what they are called on, whatever it is, for as much as a name can tell."""
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


_NOTHING = Flow()


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
    untaken: tuple[str, ...] = ()
    """Names that what it decides on may bind or whose objects that may change: what is read of them hangs on it."""
    tries: bool = False
    """It has handlers: what is tried decides whether they run."""
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


def dataflow_of(
    node: ast.stmt, scope: Scope, given: Sequence[str] = ()
) -> tuple[Dataflow, list[ast.Call]]:
    """Find the dataflow of a statement, and the calls that it makes itself, not in its blocks.

    Args:
        node: The statement.
        scope: Whose names its names are.
        given: Names that it hands over to what no syntax shows.
    """
    known = Dataflow(
        may_bind=bound_names(node),
        takes_all=isinstance(node, DEFINITIONS),
        is_loop=isinstance(node, ast.While | ast.For | ast.AsyncFor),
        jumps=_jumps(node),
        scope=scope,
    )
    if isinstance(node, ast.Try | ast.TryStar):
        known.tries = bool(node.handlers)
        known.untaken = _untaken(node.handlers)
    elif isinstance(node, ast.While | ast.If | ast.For | ast.AsyncFor | ast.Match):
        known.untaken = tuple(dict.fromkeys([*known.may_bind, *_untaken([node])]))
    own = own_call_of(node)
    known.own_call = span(own) if own is not None else None
    calls: list[ast.Call] = []
    known.flow = _merge([_flow(part, known, calls) for part in header_expressions(node)])
    if isinstance(node, ast.While | ast.If | ast.For | ast.AsyncFor | ast.Match):
        known.test = known.flow
    if isinstance(node, ast.While | ast.For | ast.AsyncFor):
        known.flow = _merge([known.flow, Flow(peeks=exposed_reads(node))])
    _targets(node, known)
    _stores(node, known)
    if given:
        handed = Flow(peeks=tuple(given))
        known.flow = _merge([known.flow, handed])
        known.targets = {name: _merge([flow, handed]) for name, flow in known.targets.items()}
        if known.own_call is not None:
            site = known.calls[known.own_call]
            known.calls[known.own_call] = replace(site, flow=_merge([site.flow, handed]))
    return known, calls


def _untaken(parts: Sequence[ast.AST]) -> tuple[str, ...]:
    """List the names that parts of a statement bind, store into, or call a method of that is known to change things."""
    names = dict.fromkeys(name for part in parts for name in bound_names(part))
    for part in parts:
        names.update(dict.fromkeys(roots_stored_into(part)))
        for inner in own_nodes([part]):
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                root = inner.func.value
                while isinstance(root, ast.Attribute | ast.Subscript):
                    root = root.value
                if inner.func.attr in _CHANGES and isinstance(root, ast.Name):
                    names[root.id] = None
    return tuple(names)


def _flow(node: ast.AST | None, known: Dataflow, calls: list[ast.Call]) -> Flow:
    """Find what flows into an expression, and note the calls in it."""
    if node is None or isinstance(node, ast.Constant):
        return _NOTHING
    if isinstance(node, ast.Call):
        _call(node, known, calls)
    whole = _whole_flow(node)
    if whole is not None:
        return whole
    parts = [_flow(child, known, calls) for child in ast.iter_child_nodes(node)]
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        # What is stored into passes through a hook as well.
        root = root_of(node)
        if isinstance(root, ast.Name):
            parts.append(Flow(reads=(place(root),)))
    return _merge(parts)


def _call(node: ast.Call, known: Dataflow, calls: list[ast.Call]) -> None:
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
    flow = _merge([_flow(child, known, calls) for child in children])
    known.calls[span(node)] = CallSite(flow, receiver, tuple(arguments), _dispatch(node.func))


def _targets(node: ast.stmt, known: Dataflow) -> None:
    """Tell apart what flows into each name of `a, b = x, y`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            _match_target(target, node.value, known)
    elif isinstance(node, ast.For | ast.AsyncFor):
        # A loop's own variables come from what it goes through, whatever its body reads.
        flow = _quiet_flow(node.iter)
        known.targets.update(dict.fromkeys(bound_names(node.target), flow))


def _stores(node: ast.stmt, known: Dataflow) -> None:
    """Find what flows into the part of an object that a statement stores."""
    target = part_stored(node)
    if target is None:
        return
    flows = [_quiet_flow(node.value)]  # type: ignore[attr-defined]
    if isinstance(node, ast.AugAssign):
        flows.append(_part_read(target))
    known.stores = _merge(flows)
    known.stored_into = f"{target.value.id}{part_of(target)}"  # type: ignore[attr-defined]


def _match_target(target: ast.expr, value: ast.expr, known: Dataflow) -> None:
    if isinstance(target, ast.Name):
        known.targets[target.id] = _quiet_flow(value)
        return
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return
    starred = any(isinstance(part, ast.Starred) for part in [*target.elts, *value.elts])
    if starred or len(target.elts) != len(value.elts):
        return
    for inner_target, inner_value in zip(target.elts, value.elts, strict=True):
        _match_target(inner_target, inner_value, known)


def _merge(flows: Sequence[Flow]) -> Flow:
    # Of the numbers of a long list nothing flows in.
    flows = [flow for flow in flows if flow is not _NOTHING]
    if not flows:
        return _NOTHING

    def once(part: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item for flow in flows for item in getattr(flow, part)))

    return Flow(
        once("reads"), once("calls"), once("peeks"), any(flow.command_line for flow in flows)
    )


def _quiet_flow(node: ast.AST) -> Flow:
    """Find what flows into an expression whose calls are noted elsewhere."""
    whole = _whole_flow(node)
    if whole is not None:
        return whole
    return _merge([_quiet_flow(child) for child in ast.iter_child_nodes(node)])


def _whole_flow(node: ast.AST) -> Flow | None:
    """Tell what flows into what is not taken apart; None for what its parts tell."""
    if isinstance(node, ast.Constant | ast.expr_context):
        return _NOTHING
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
    return _part_read(node) if _is_part(node) else None


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


def root_of(node: ast.expr) -> ast.expr:
    """Find what an attribute or a subscript is reached through: `a` of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def header_expressions(node: ast.stmt) -> list[ast.expr]:
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
