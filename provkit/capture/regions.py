"""What the tables of a rewritten program hold: statements, names, calls, functions and blocks.

The hooks of a rewritten program pass numbers; these tables say what stands behind them. One set of tables
serves all programs of a process: the script's and those of the project's modules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from provkit.bindings import (
    Place,
    Scope,
    bound_names,
    children_of,
    looks_at_files,
    names_stored,
    own_nodes,
)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
SLOT_NAME = "None"
_NOTED = frozenset(
    {ast.Attribute, ast.Subscript, ast.Call, ast.AugAssign, ast.alias}
    | {ast.Await, ast.Yield, ast.YieldFrom}
)


class Slot:
    """A number that code counts in or looks at: a constant of it, so that it has to be hashable.

    Attributes are as fast as items of a list, which would make code unhashable. Where code is serialised
    by value, its slots become plain ones that hold 0: every guard is closed.

    Code finds the number under the name `None`: any other name of an attribute would be one more that
    `inspect.getclosurevars` could not make sense of.
    """

    __slots__ = (SLOT_NAME,)
    value: int

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def __reduce__(self) -> tuple[object, ...]:
        """Give a stand-in that needs nothing of provkit's."""
        from types import SimpleNamespace

        return SimpleNamespace, (), {SLOT_NAME: 0}


Slot.value = Slot.__dict__[SLOT_NAME]  # the same place, as it is written here


class Statement:
    """What the recorder needs to know of a statement before it runs."""

    kind: str
    """`plain`, `loop`, `import`, `definition`, `augmented`, `star` (import), `match`, `return`, `with` or `block`."""
    region: int | None
    """The function it stands in; None at module level."""
    writes: tuple[str, ...] = ()
    """Names that are bound once the statement, or its header, is done."""
    unbinds: tuple[str, ...] = ()
    """Local names that it deletes."""
    reads: tuple[tuple[str, str], ...] = ()
    """Names that it reads as it begins, and their places: no hook stands there."""
    peeks: tuple[str, ...] = ()
    """Names that are read where no hook stands."""
    targets: tuple[str, ...] = ()
    """Names that a loop binds for each round."""
    mutated: tuple[str, ...] = ()
    """Names whose objects a loop's body stores into."""
    part: tuple[str, object, bool] | None = None
    """The part of what a name holds that it stores into: as text, its key, and whether that is an attribute."""
    enters = False
    """A `with` whose managers may be of the program's own: they are made by more than `open`."""
    own_call: str | None = None
    """Place of the call that is the whole statement or its whole right-hand side."""
    is_secret: bool | None = None
    """It binds a name that sounds like a secret's; found out when it first runs."""
    seen = False
    """It has been told at least once."""
    until = 0
    """If it is the first of a run of plain assignments that are told of together, the number after the last one's."""
    previous = 0
    """The statement that ends when this one begins, if they share a hook."""

    # Most of this is as it is here: slots would have to be filled for each of thousands of statements.
    def __init__(self, key: str, kind: str, program: int, region: int | None, scope: Scope) -> None:
        self.key = key
        self.kind = kind
        self.program = program
        self.region = region
        self.scope = scope


class Region:
    """A function or the body of a loop: what can be run instrumented or plainly."""

    __slots__ = ("count", "is_loop", "key", "name", "parameters", "parent", "program")

    def __init__(self, program: int, key: str, name: str, parent: int | None) -> None:
        self.program = program
        self.key = key
        """Place of the `def` or of the loop."""
        self.name = name
        self.parent = parent
        """The function around it."""
        self.parameters: tuple[str, ...] = ()
        self.is_loop = False
        self.count = 0
        """How often it was entered with its guard open."""


class Block:
    """Statements of plain code that run one after the other, and what they can read and write."""

    __slots__ = ("first", "flows", "is_summed_up", "last", "program", "reads", "region", "writes")

    def __init__(self, program: int, region: int | None) -> None:
        self.program = program
        self.region = region
        self.first = self.last = (0, 0)
        """Line and column of its first and its last statement; both stand in the same body."""
        self.reads: dict[Place, None] = {}
        self.writes: dict[Place, None] = {}
        self.flows: list[BlockFlow] = []
        self.is_summed_up = True
        """It is plain code at all: not what stands at a module's own level."""


class BlockFlow:
    """What one statement of a block can read, bind, change and call."""

    __slots__ = (
        "acts",
        "augmented",
        "calls",
        "decides",
        "looks",
        "reads",
        "returns",
        "stored",
        "writes",
    )

    def __init__(self, control: Iterable[BlockFlow] = ()) -> None:
        self.reads: dict[Place, None] = {}
        self.writes: dict[Place, None] = {}
        self.stored: dict[Place, None] = {}
        """Names whose objects are stored into, or have a method called."""
        self.calls: dict[str, None] = {}
        """Names of what is called, of methods the last part."""
        self.looks = False
        """It asks for the size or the date of a file, or whether there is one."""
        self.returns = False
        self.acts = False
        """It calls something, or stores into an object: it can change what is told of nowhere in it."""
        self.augmented: dict[Place, None] = {}
        """Names bound by `+=` and its kin, which may change the object that the name holds."""
        self.decides = False
        """It is a test with a `return`, `raise`, `break` or `continue` below it: all may hang on it."""
        for test in control:
            self.reads.update(test.reads)
            self.calls.update(test.calls)


def suspends(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function is a generator or a coroutine, whose frame comes and goes."""
    if isinstance(node, ast.AsyncFunctionDef):
        return True
    return any(
        inner.__class__ is ast.Yield or inner.__class__ is ast.YieldFrom
        for inner in own_nodes(node.body)
    )


def sure_writes(node: ast.stmt) -> tuple[str, ...]:
    """List the names that a simple statement is sure to have bound when it is done."""
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.AnnAssign) and node.value is not None
    ):
        targets = [node.target]
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        return bound_names(node)
    else:
        return ()
    names = [name for target in targets for name in names_stored(target)]
    return tuple(dict.fromkeys(names))


def note(block: Block, flow: BlockFlow, node: ast.AST, scope: Scope) -> None:
    """Add to a block and a flow in it what a piece of syntax can read, write and change."""
    nodes = every_node(node)
    hidden = _hidden(nodes)
    flow.looks |= looks_at_files(nodes)
    reads, writes, place = flow.reads, flow.writes, scope.place
    for inner in nodes:
        kind = inner.__class__
        if kind is ast.Name:
            name = inner.id  # type: ignore[attr-defined]
            if name not in hidden:
                is_read = inner.ctx.__class__ is ast.Load  # type: ignore[attr-defined]
                (reads if is_read else writes)[place(name)] = None
        elif kind in _NOTED:
            _note_other(flow, inner, scope)
    block.reads.update(reads)
    block.writes.update(writes)


def _note_other(flow: BlockFlow, node: ast.AST, scope: Scope) -> None:
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        if not isinstance(node.ctx, ast.Load):
            flow.acts = True
            _note_root(flow, node, scope)
    elif isinstance(node, ast.Call):
        flow.acts = True
        if isinstance(node.func, ast.Attribute):
            flow.calls[node.func.attr] = None
            _note_root(flow, node.func, scope)
        elif isinstance(node.func, ast.Name):
            flow.calls[node.func.id] = None
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        flow.reads[scope.place(node.target.id)] = None
        flow.augmented[scope.place(node.target.id)] = None
    elif isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
        flow.acts = True
    elif isinstance(node, ast.alias):
        flow.writes[scope.place(node.asname or node.name.partition(".")[0])] = None


def every_node(node: ast.AST) -> list[ast.AST]:
    """List a node and all below it."""
    found = [node]
    for inner in found:
        if inner.__class__ is not ast.Name and inner.__class__ is not ast.Constant:
            found.extend(children_of(inner))
    return found


def _hidden(nodes: list[ast.AST]) -> set[str]:
    """List the names that belong to comprehensions and lambdas in a piece of syntax."""
    hidden: set[str] = set()
    for inner in nodes:
        kind = inner.__class__
        if kind is ast.comprehension:
            hidden.update(
                name.id
                for name in ast.walk(inner.target)  # type: ignore[attr-defined]
                if isinstance(name, ast.Name)
            )
        elif kind is ast.Lambda:
            hidden.update(name.arg for name in ast.walk(inner.args) if isinstance(name, ast.arg))  # type: ignore[attr-defined]
    return hidden


def _note_root(flow: BlockFlow, node: ast.expr, scope: Scope) -> None:
    root = node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    if isinstance(root, ast.Name):
        flow.stored[scope.place(root.id)] = None


class Tables:
    """All that the numbers in the hooks of a process's programs point into.

    Those of one text can be made apart: what they number is put into the process's later, behind what is there, and
    in the code their numbers are placeholders until then.
    """

    def __init__(self, *, are_apart: bool = False) -> None:
        self.are_apart = are_apart
        self.statements: list[Statement] = []
        self.names: list[tuple[str, str, str, int]] = []
        """Name and place of each read, how the name is found, and its program."""
        self.calls: list[tuple[str, bool]] = []
        """Place of each call, and whether it is its statement's own."""
        self.texts: dict[int, tuple[str, ...]] = {}
        """By the number of a call, the texts among its arguments."""
        self.regions: list[Region] = []
        self.blocks: list[Block] = []
        self.rounds: dict[int, Slot] = {}
        """For each loop, by the number of its statement, how many rounds it made."""
        self.guards: list[Slot] = []
        """For each region 1 as long as it is to be looked into."""
        self._blocks_in: dict[int, list[int]] = {}
        """For each region that has always been looked into, the blocks of its plain code."""
        self._plain: dict[int, None] = {}
        """Blocks that can have run: those of the others."""
        self._read: dict[int, dict[str, None]] = {}
        self.clock = Slot(1)
        """Time, counted in what is looked at: statements, calls and functions."""
        self.latest = Slot()
        """The time at which something ran that was not looked at."""
        self.ran: list[Slot] = []
        """For each block the time at which it ran last."""

    def add_block(self, program: int, region: int | None, around: Iterable[int] = ()) -> int:
        """Make a block and give its number.

        Args:
            program: Number of the source text.
            region: The function it belongs to.
            around: The functions and loops in whose plain code it lies.
        """
        number = len(self.ran)
        self.blocks.append(Block(program, region))
        self.ran.append(Slot())
        for outer in around:
            self._blocks_in.setdefault(outer, []).append(number)
        return number

    def run_plainly(self, region: int) -> None:
        """Take notice that a function or a loop may run without being looked into from now on."""
        self._plain.update(dict.fromkeys(self._blocks_in.pop(region, ())))

    def sizes(self, program: int) -> dict[str, int]:
        """Tell from which number on what a program adds is counted, by what placeholders call it."""
        return {
            "statement": len(self.statements),
            "rounds": len(self.statements),
            "name": len(self.names),
            "call": len(self.calls),
            "region": len(self.regions),
            "guard": len(self.regions),
            "ran": len(self.blocks),
            "program": program,
        }

    def plain_code(self) -> tuple[dict[int, list[int]], tuple[int, ...]]:
        """Give for each region that has always been looked into its blocks of plain code, and the blocks of others."""
        return self._blocks_in, tuple(self._plain)

    def add_plain_code(self, region: int, blocks: Iterable[int]) -> None:
        """Take in the blocks of a region's plain code."""
        self._blocks_in[region] = list(blocks)

    def may_run(self, blocks: Iterable[int]) -> None:
        """Take notice that blocks may run without being looked into."""
        self._plain.update(dict.fromkeys(blocks))

    def close(self, region: int) -> None:
        """Close a region's guard."""
        self.guards[region].value = 0
        self.run_plainly(region)

    def plain_since(self, time: int) -> list[int]:
        """List the blocks that ran at or after a time, as far as they ran without being looked into."""
        ran = self.ran
        return sorted([number for number in self._plain if ran[number].value >= time])

    def add_region(self, region: Region) -> int:
        """Number a region; its guard is open."""
        self.regions.append(region)
        self.guards.append(Slot(1))
        return len(self.regions) - 1

    def slot(self, kind: str, number: int) -> Slot | None:
        """Find the slot of a kind, `ran`, `guard` or `rounds`, by its number; None if there are none of the kind."""
        if kind == "ran":
            return self.ran[number]
        if kind == "guard":
            return self.guards[number]
        return self.rounds.setdefault(number, Slot()) if kind == "rounds" else None

    def read_in_functions(self, program: int) -> dict[str, None]:
        """List the names of a module that its functions read."""
        found = self._read.get(program)
        if found is None:
            found = self._read[program] = {
                name: None
                for block in self.blocks
                if block.program == program and block.region is not None
                for kind, name in block.reads
                if kind == "global"
            }
        return found
