"""Magics of cells: those whose Python is followed statement by statement, and those that must not be looked into.

`%%time` and `%time` compile their text themselves, `%%capture` has IPython run it as a cell: either is met at the
shell's compiler. What `%timeit` and `%prun` measure is the program alone: nothing is recorded inside.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from provkit.bindings import place
from provkit.capture.hooks import Hook
from provkit.capture.journal import Journal
from provkit.capture.open_cells import BodyPart, OpenBody, OpenCell, move, twins_of
from provkit.capture.placeholders import at, hook_constant
from provkit.capture.recorder import Recorder
from provkit.capture.regions import Statement
from provkit.capture.running import Cell, Running
from provkit.magic_bodies import Body, Opened, opened

_TIMED = ("<timed exec>", "<timed eval>")
"""What `%time` calls the files that it compiles."""
_OWN = "IPython.core.magics.execution"
_OWN_FILE = __file__.replace("cell_magics", "kernel")
"""Where the compiler is that IPython asks."""
_MEASURING = frozenset({"timeit", "prun", "lprun", "mprun", "memit", "debug", "pdb"})
"""Magics that measure what runs in them, or let somebody step through it."""


class CellMagics(Recorder):
    """Follows what magics run."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        self._shell: Any = None
        self._cells: list[OpenCell] = []
        self._module_names: set[str] = set()
        """Names that may hold modules, in any cell so far."""
        self._known_bodies: list[tuple[OpenCell, Body, bool, bool]] = []
        """Their cells, whether what they give is displayed, and whether they run inside another."""
        self._expressions: dict[int, tuple[str, ast.expr, int]] = {}
        """By number of a statement that binds what a magic's expression gives: how that reads, with hooks, and moved by
        how many lines."""
        self._inside: list[OpenBody] = []
        self._evaluated: Running | None = None
        self._paused: list[int] | None = None
        """Regions whose guards were open, while nothing is recorded."""
        self._paused_for: int | None = None
        """Number of the statement that is not looked into."""

    def constants(self) -> dict[str, object]:
        """Give what the placeholders in code stand for."""
        own = ("inside", "outside", "evaluated", "without_own_frames")
        return {**super().constants(), **{hook: Hook(getattr(self, hook)) for hook in own}}

    def _instrument(
        self, cell: OpenCell, node: ast.stmt, twin: ast.stmt | None, symbol: str
    ) -> list[ast.stmt]:
        """Instrument a statement of a cell's own level."""
        raise NotImplementedError

    # ---------------------------------------------------------------- bodies

    def _opened(self, cell: OpenCell) -> Opened:
        """Open the bodies of a cell's magics, where IPython's own magics will run them as they stand."""
        if self._shell.ast_transformers:
            return Opened(cell.text)
        return opened(cell.text, self._shell.transform_cell, self._is_ipythons)

    def _is_ipythons(self, kind: str, name: str) -> bool:
        found = self._shell.find_magic(name, kind)
        return getattr(found, "__module__", None) == _OWN

    def _around_body(self, cell: OpenCell, tree: Any, body: Body) -> ast.AST:
        """Tell when a magic's body begins and ends; the call itself is no step."""
        tree.body = self._around_call(
            cell, tree.body[0], body, is_shown=isinstance(tree, ast.Interactive)
        )
        return tree  # type: ignore[no-any-return]

    def _around_call(
        self,
        cell: OpenCell,
        node: ast.stmt,
        body: Body,
        outer: OpenBody | None = None,
        *,
        is_shown: bool = False,
    ) -> list[ast.stmt]:
        number = self._known_body(cell, body, outer, is_shown=is_shown)
        before, strip, after = (
            # Where expressions are displayed, a hook decides about nothing instead of standing by itself.
            ast.If(test=call, body=[ast.Pass()], orelse=[]) if is_shown else ast.Expr(call)
            for call in (
                ast.Call(hook_constant("inside"), [ast.Constant(number)], []),
                ast.Call(hook_constant("without_own_frames"), [], []),
                ast.Call(hook_constant("outside"), [ast.Constant(number)], []),
            )
        )
        guarded = ast.Try(body=[node], handlers=[], orelse=[], finalbody=[strip])
        return [at(before, node), at(guarded, node), at(after, node)]

    def _known_body(
        self,
        cell: OpenCell,
        body: Body,
        outer: OpenBody | None,
        *,
        is_shown: bool = False,
    ) -> int:
        is_inner = outer is not None or cell.within is not None
        self._known_bodies.append((cell.whole, body, is_shown, is_inner))
        self._files.user_files.update(_TIMED)
        return len(self._known_bodies) - 1

    def _assigned_body(self, cell: OpenCell, tree: Any, body: Body) -> ast.AST:
        """Instrument a statement that binds what its magic's expression gives: that is compiled when the magic runs."""
        tree.body = self._assigned(cell, tree.body[0], body, cell.within)
        return tree  # type: ignore[no-any-return]

    def _assigned(
        self, cell: OpenCell, node: ast.stmt, body: Body, outer: OpenBody | None
    ) -> list[ast.stmt]:
        place = OpenBody(cell.whole, body, outer)
        opened = twins_of(cell.whole.opened)[place.first]
        assert isinstance(opened, ast.Assign)
        assert isinstance(node, ast.Assign)
        expression = ast.dump(opened.value)
        number = len(self._tables.statements)
        told = self._instrument(cell.whole, opened, None, "exec")
        self._expressions[number] = (expression, opened.value, place.shift)
        opened.value = node.value
        self._files.user_files.update(_TIMED)
        return told

    def _expression_code(self, tree: ast.AST) -> ast.AST | None:
        """Instrument the expression whose value the statement that is going on will bind; None if it is another."""
        running = self._stack[-1] if self._stack else None
        if not isinstance(running, Running) or not isinstance(tree, ast.Expression):
            return None
        known = self._expressions.pop(running.number, None)
        if known is None or known[0] != ast.dump(tree.body):
            return None
        tree.body = known[1]
        move([tree], -known[2])
        return tree

    def without_own_frames(self) -> None:
        """A magic has run its body: what it has failed with is shown without the frames of the watched compiler."""
        error = sys.exc_info()[1]
        entry = error.__traceback__ if error is not None else None
        while entry is not None:
            following = entry.tb_next
            while following is not None and following.tb_frame.f_code.co_filename == _OWN_FILE:
                following = following.tb_next
            if following is not entry.tb_next:
                entry.tb_next = following
            entry = following

    def inside(self, number: int) -> None:
        """A magic is about to run its body."""
        if not self._off:
            cell, body, is_shown, is_inner = self._known_bodies[number]
            outer = self._inside[-1] if is_inner and self._inside else None
            self._inside.append(OpenBody(cell, body, outer))
            self._inside[-1].is_shown = is_shown

    def outside(self, number: int) -> None:
        """A magic has run its body, and what it gave has been displayed."""
        if not self._off and self._inside:
            self._guarded(self._leave_body, self._known_bodies[number][1])

    def evaluated(self, number: int) -> None:
        """The last expression of a body has been evaluated, and may be displayed yet."""
        if not self._off:
            self._evaluated = self._unwound_to(number)

    def _leave_body(self, body: Body) -> None:
        inside = self._inside.pop()
        last, self._evaluated = self._evaluated, None
        if last is not None and self._stack[-1] is last:
            self._end(last)
        self._leave_statements(inside.cell, None)
        if body.output is not None:
            self._bind_output(inside)
        if inside.is_untouched and body.magic == "time":
            self._degrade(
                f"what %{body.magic} ran was not what stands in the cell: it was not seen"
            )
        self._journal.flush()

    def _leave_statements(self, cell: OpenCell, error: BaseException | None) -> None:
        """Take off the stack what a magic has let fail, or IPython in it."""
        for index, item in enumerate(self._stack):
            if isinstance(item, Cell) and item.order == cell.order:
                self._leave(index + 1, error)
                return

    def _bind_output(self, inside: OpenBody) -> None:
        """Bind the name of a `%%capture` to what its body has shown."""
        cell, body = inside.cell, inside.body
        assert body.output is not None
        head = twins_of(cell.opened)[inside.first - 1]
        number = len(self._tables.statements)
        scope = self._tables.statements[-1].scope
        known = Statement(f"{head.lineno}.{head.col_offset}", "plain", cell.plan, None, scope)
        known.writes = (body.output,)
        known.peeks = tuple(
            dict.fromkeys(
                node.id
                for twin in twins_of(cell.opened)[inside.first : inside.first + body.length]
                for node in ast.walk(twin)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            )
        )
        self._tables.statements.append(known)
        self._begin(number)
        running = self._unwound_to(number)
        if running is not None:
            self._end(running)

    def _body_code(self, tree: ast.AST, filename: str) -> ast.AST | None:
        """Instrument what `%time` has compiled; None if it is to run as it is."""
        if filename not in _TIMED:
            return None
        found = self._expression_code(tree)
        if found is not None:
            return found
        inside = self._inside[-1] if self._inside else None
        if inside is None or inside.cell is not self._cells[-1].whole:
            return None
        if isinstance(tree, ast.Module):
            parts = inside.take(tree.body)
            if parts is None:
                return None
            pairs = zip(tree.body, parts, strict=True)
            tree.body = [one for node, part in pairs for one in self._told(inside, node, part)]
            return tree
        return self._evaluated_code(inside, tree) if isinstance(tree, ast.Expression) else None

    def _told(self, inside: OpenBody, node: ast.stmt, part: BodyPart) -> list[ast.stmt]:
        """Instrument a statement of a body, or tell when what it runs itself begins and ends."""
        cell = inside.cell
        if part.body is not None and part.body.is_assigned:
            return self._assigned(cell, node, part.body, inside)
        if part.body is not None:
            return self._around_call(cell, node, part.body, inside)
        move([node], inside.shift)
        told = self._instrument(cell, node, part.twins[0], "exec")
        move(told, -inside.shift)
        return told

    def _evaluated_code(self, inside: OpenBody, tree: ast.Expression) -> ast.AST | None:
        """Instrument a body that is an expression."""
        node = at(ast.Expr(tree.body), tree.body)
        parts = inside.take([node])
        if parts is None:
            return None
        body = parts[0].body
        if body is not None:
            inner = self._known_body(inside.cell, body, inside)
            hooks = (("inside", inner), ("outside", inner))
            begin, end = (
                ast.Call(hook_constant(name), [ast.Constant(given)], []) for name, given in hooks
            )
            value: ast.expr = tree.body
        else:
            move([node], inside.shift)
            number = len(self._tables.statements)
            symbol = "shown" if inside.is_shown else "eval"
            told = self._instrument(inside.cell, node, parts[0].twins[0], symbol)
            begin, value = (one.value for one in told[:2])  # type: ignore[attr-defined]
            end = ast.Call(hook_constant("evaluated"), [ast.Constant(number)], [])
        listed = ast.Subscript(
            ast.List([begin, value, end], ast.Load()), ast.Constant(1), ast.Load()
        )
        tree.body = at(listed, node)
        if body is None:
            move([tree], -inside.shift)
        return tree

    def _body_begun(self, cell: OpenCell) -> None:
        """Take a cell that a `%%capture` has run for what it is: the rest of the cell around it."""
        inside = self._inside[-1] if self._inside else None
        if (
            inside is not None
            and inside.body.magic == "capture"
            and cell.info.raw_cell == inside.body.text
            and self._cells
            and self._cells[-1].whole is inside.cell
        ):
            cell.within = inside

    def _body_met(self, cell: OpenCell) -> None:
        """Place the statements of a body that IPython runs as a cell; one that is another stays a cell."""
        inside = cell.within
        assert inside is not None
        parts = inside.take(twins_of(cell.text))
        if parts is None:
            cell.within = None
            return
        cell.order, cell.plan = inside.cell.order, inside.cell.plan
        cell.twins = {place(part.twins[0]): part.twins[0] for part in parts if part.body is None}
        cell.bodies = {body.line: body for body in inside.body.bodies}
        if cell.filename is not None:
            self._files.user_files.add(cell.filename)

    # ---------------------------------------------------------------- pauses

    def _pause(self, number: int | None = None) -> None:
        """Record nothing, and look into nothing, until a statement ends; or until nobody traces any more."""
        guards = self._tables.guards
        self._paused = [region for region, guard in enumerate(guards) if guard.value]
        self._paused_for = number
        for region in self._paused:
            self._tables.close(region)
        self._off = True

    def _resume(self) -> None:
        for region in self._paused or ():
            self._tables.guards[region].value = 1
        self._paused = self._paused_for = None
        self._off = False

    def _make_way(self) -> None:
        """Look into nothing while a debugger or profiler is to see the program's own steps."""
        if self._off:
            return
        self._pause()
        self._degrade(
            "not recorded: what ran while the program had set a trace or profile function"
        )

    def _resume_untraced(self) -> None:
        """Go on recording, if nobody traces any more; what was going on then is not told to its end."""
        if self._paused is None or self._paused_for is not None:
            return
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return
        self._resume()
        while self._stack and not isinstance(self._stack[-1], Cell):
            self._pop()
        self._activation = None

    def end(self, number: int, names: tuple[str, ...] = (), *values: object) -> None:
        """A statement ended without an exception."""
        if self._off and self._paused_for == number:
            self._guarded(self._resume)
        super().end(number, names, *values)

    def _is_measuring(self, calls: list[ast.Call]) -> bool:
        """Tell whether magics are among those that measure what runs in them."""
        return any(
            isinstance(one, ast.Constant) and one.value in _MEASURING
            for call in calls
            for one in call.args[:1]
        )
