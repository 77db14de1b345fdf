"""Statements read for what they compute of predictions and of what those are held against.

Each statement that was looked into is read with what its names held as it ran.
"""

from __future__ import annotations

import ast
import contextlib
from dataclasses import dataclass, replace

from provkit.assembly.computed import Computed, accumulated, formed
from provkit.assembly.formulas import Reader, targets
from provkit.assembly.gathering import Chunk, Statement
from provkit.assembly.invocations import Invocation
from provkit.assembly.measures import answers
from provkit.assembly.measures_by_hand import TOLD, ByHand, Found, names_another
from provkit.assembly.texts_shown import labelled_parts
from provkit.bindings import place, span


def find_measures(by_hand: ByHand) -> list[Found]:
    """Go through a trial's statements in the order in which they came to an end, and find what they measure."""
    parts = [
        (chunk.moment, statement, chunk)
        for statement in by_hand.gathered.statements.values()
        for chunk in statement.chunks
    ]
    for _, statement, chunk in sorted(parts, key=lambda part: part[0]):
        node = by_hand.invocations.node_of(statement)
        with contextlib.suppress(RecursionError):  # an expression of thousands of parts is none
            if node is not None:
                _Statement(by_hand, statement, chunk).take(node)
    return list(by_hand.chosen())


@dataclass(slots=True)
class _Statement:
    """One part of a statement as it ran."""

    by_hand: ByHand
    statement: Statement
    chunk: Chunk

    # What the reader of expressions asks.

    def name(self, node: ast.Name) -> Computed | None:
        """Tell what a name held."""
        values = self._held(node)
        return self.by_hand.of(values[0]) if values else None

    def _held(self, node: ast.expr | None) -> tuple[int, ...]:
        """Give the versions that a name held; nothing for anything else."""
        if not isinstance(node, ast.Name):
            return ()
        site = place(node)
        values = self.chunk.reads.get(site) or self.chunk.reads.get(node.id)
        if values is None:
            values = [value for where, value in self.statement.reads if where == site]
        return tuple(values)

    def call(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave, if that is known by what was called."""
        call = self.chunk.calls.get(span(node))
        if call is None:
            # One of many, in a comprehension: its name tells.
            if not answers(_plain(node.func)):
                held = self._held(node.func)
                return self.by_hand.of_unseen_call(held[0] if held else None, _plain(node.func))
            asked = node.func.value if isinstance(node.func, ast.Attribute) else None
            return Computed("prediction", "item", compares=self._held(asked)[:1])
        return self.by_hand.of_call(call.order, call.key, call.result)

    def result(self, node: ast.Call) -> Computed | None:
        """Tell what a call gave by what the result came from."""
        call = self.chunk.calls.get(span(node))
        return self.by_hand.of(call.result) if call is not None else None

    def is_number(self, node: ast.expr) -> bool | None:
        """Tell whether an expression's value is a number."""
        call = self.chunk.calls.get(span(node))
        if call is None or call.result is None:
            return None
        return self.by_hand.is_plain(call.result)

    # ---------------------------------------------------------------- statements

    def take(self, node: ast.stmt) -> None:
        """Read the statement, or the header of a compound one."""
        reader = Reader(self)
        self._carry_over()
        match node:
            case ast.Assign(targets=[*into]):
                self._shown_in(node.value, reader)
                computed = self._noted(node.value, reader.read(node.value), _labels_of(into))
                for target in into:
                    self._bind(target, node.value, computed, reader)
            case ast.AnnAssign(value=ast.expr() as value):
                self._shown_in(value, reader)
                computed = self._noted(value, reader.read(value), _labels_of([node.target]))
                self._bind(node.target, value, computed, reader)
            case ast.AugAssign():
                self._augment(node, reader)
            case ast.For() | ast.AsyncFor():
                self._round(node, reader)
            case ast.If() | ast.While():
                self.by_hand.keep_test(self.statement, reader.read(node.test))
                self._after_rounds(set())
            case ast.Return(value=ast.expr() as value):
                self._shown_in(value, reader)
                self._give_back(value, reader)
            case ast.Expr(value=value):
                self._shown_in(value, reader)
                self._expression(value, reader)

    def _carry_over(self) -> None:
        """What a call has changed, or a loop, is what it was before."""
        known = self.by_hand.computed
        for old, new in self.chunk.changes:
            before = known.get(old)
            if before is not None and known.get(new) is None:
                known[new] = before

    def _bind(
        self, target: ast.expr, value: ast.expr, computed: Computed | None, reader: Reader
    ) -> None:
        if isinstance(target, ast.Name):
            for name, version in self.chunk.binds:
                if name == target.id:
                    self.by_hand.set(self.statement, name, version, computed)
                    self._is_value_of(computed, version)
            return
        if isinstance(target, ast.Tuple | ast.List):
            parts = computed.parts if computed is not None else None
            inner = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            if parts is None or len(parts) != len(target.elts):
                if computed is not None and computed.found == TOLD:
                    self._bind_curve(target, computed)
                elif computed is not None and computed.kind == "prediction":
                    self._bind_answers(target, computed)
                return
            for position, (into, part) in enumerate(zip(target.elts, parts, strict=True)):
                node = inner[position] if position < len(inner) else value
                self._bind(into, node, self._noted(node, part, _labels_of([into])), reader)
            return
        for part_name, version in self.chunk.parts.values():
            if computed is not None and part_name:
                self.by_hand.computed[version] = computed
                self._is_value_of(computed, version)

    def _bind_curve(self, target: ast.Tuple | ast.List, computed: Computed) -> None:
        """The arrays that a measure of a library's gives side by side are of it: `fpr, tpr, _ = roc_curve(...)`."""
        names = {one.id for one in target.elts if isinstance(one, ast.Name)}
        part = replace(
            computed, shape="array", form=None, parts=None, found=None, used=frozenset({TOLD})
        )
        for name, version in self.chunk.binds:
            if name in names and not self.by_hand.is_plain(version):
                self.by_hand.set(self.statement, name, version, part)

    def _bind_answers(self, target: ast.Tuple | ast.List, computed: Computed) -> None:
        """What a model says in several arrays is all predictions: `mean, std = model.predict(X, return_std=True)`."""
        names = {one.id for one in target.elts if isinstance(one, ast.Name)}
        for name, version in self.chunk.binds:
            if name in names and not self.by_hand.is_plain(version):
                part = replace(computed, shape="array", parts=None, compares=(version,))
                self.by_hand.set(self.statement, name, version, part)

    def _is_value_of(self, computed: Computed | None, version: int) -> None:
        number = computed.found if computed is not None else None
        if number is None or number == TOLD:
            return
        found = self.by_hand.found[number]
        if found.value is None and self.by_hand.number(version) is not None:
            found.value = version
            if found.number is None:
                found.number = self.by_hand.number(version)

    def _augment(self, node: ast.AugAssign, reader: Reader) -> None:
        self._shown_in(node.value, reader)
        if isinstance(node.target, ast.Subscript) and isinstance(node.op, ast.Add):
            index = reader.read(node.target.slice)
            if index is not None and index.kind == "mixed":
                self._table(node.target.value, index)
                return
        added = reader.read(node.value)
        test = self.by_hand.test_around(self.statement)
        if added is not None and added.kind == "constant" and test is not None:
            added = test
        if isinstance(node.op, ast.Add | ast.Sub):
            before = self.name(node.target) if isinstance(node.target, ast.Name) else None
            computed = accumulated(before, added)
        else:
            loaded = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
            computed = reader.read(loaded)
            computed = self._noted(loaded, computed, _labels_of([node.target]))
        self._bind(node.target, node.value, computed, reader)

    def _table(self, holder: ast.expr, index: Computed) -> None:
        """A table of answers is counted: `table[truth, guess] += 1`."""
        computed = Computed("met", "array", "confusion_matrix", index.compares)
        name = holder.id if isinstance(holder, ast.Name) else ast.unparse(holder)
        before = [one for one in self.by_hand.found if one.node is holder]
        if before:  # one table, however often it is counted up
            number = self.by_hand.found.index(before[0])
        else:
            number = self.by_hand.add(Found(computed, self.statement, holder, None, [name]))
        changes = [*self.chunk.changes]
        changes.extend(pair for call in self.chunk.calls.values() for pair in call.changes)
        for _, new in changes:
            self.by_hand.computed[new] = replace(computed, found=number)

    def _round(self, node: ast.For | ast.AsyncFor, reader: Reader) -> None:
        rounds = targets(node.target, reader.read(node.iter))
        for name, version in self.chunk.binds:
            part = rounds.get(name)
            if part is not None and self.by_hand.is_plain(version):
                self.by_hand.set(self.statement, name, version, replace(part, shape="item"))
        self._after_rounds(set(rounds))

    def _after_rounds(self, own: set[str]) -> None:
        """What a loop leaves in a name is what its rounds have put there."""
        for name, version in self.chunk.binds:
            before = self.by_hand.last(self.statement, name)
            if name not in own and before is not None:
                found = before.found
                self.by_hand.computed[version] = before
                if found is not None and before.form is not None:
                    self.by_hand.computed[version] = replace(before, found=found)

    def _give_back(self, value: ast.expr, reader: Reader) -> None:
        computed = reader.read(value)
        function = self.by_hand.caller(self.statement)
        if function is not None and self.by_hand.gives_answers(function):
            return  # its call says so, whatever the answer was computed of
        if isinstance(value, ast.Tuple) and computed is not None and computed.parts is not None:
            parts = tuple(
                self._noted(node, part, [], function)
                for node, part in zip(value.elts, computed.parts, strict=True)
            )
            computed = replace(computed, parts=parts)
        else:
            computed = self._noted(value, computed, [], function)
            number = computed.found if computed is not None else None
            if number is not None and number != TOLD:
                self.by_hand.found[number].is_whole = function is not None
        self.by_hand.give_back(self.statement, computed)

    def _expression(self, value: ast.expr, reader: Reader) -> None:
        if isinstance(value, ast.Call):
            method = value.func.attr if isinstance(value.func, ast.Attribute) else ""
            if method in ("append", "add", "push") and len(value.args) == 1:
                holder = value.func.value if isinstance(value.func, ast.Attribute) else value
                given = value.args[0]
                for one in given.elts if isinstance(given, ast.Tuple) else [given]:
                    self._noted(
                        one,
                        reader.read(one),
                        [name for name in (_plain(holder), _plain(one)) if name],
                    )
                return
            if method == "at" and len(value.args) > 1:
                index = reader.read(value.args[1])
                if index is not None and index.kind == "mixed":
                    self._table(value.args[0], index)
                return
        if self.by_hand.text_is_notebook(self.statement) or isinstance(value, ast.Call):
            computed = reader.read(value)
            if computed is not None and computed.kind == "met" and computed.found is None:
                self._noted(value, computed, [])

    # ---------------------------------------------------------------- numbers

    def _shown_in(self, value: ast.expr, reader: Reader) -> None:
        """Note what is printed, written into a text, or put into a dict under a name."""
        for label, node, is_kept in labelled_parts(value):
            self._noted(node, reader.read(node), [label], is_kept=is_kept)

    def _noted(
        self,
        node: ast.expr,
        computed: Computed | None,
        labels: list[str],
        function: Invocation | None = None,
        *,
        is_kept: bool = True,
    ) -> Computed | None:
        """Keep a number that was computed of both, once; whatever it is called adds to what is known of it."""
        if computed is None or computed.kind != "met":
            return computed
        if computed.found == TOLD:
            if not (isinstance(node, ast.BinOp) and names_another(labels, computed.form)):
                return computed
            computed = formed(computed, None) or computed  # `gini = 2 * auc - 1`
        if computed.found is not None:
            self.by_hand.found[computed.found].labels.extend(labels)
            if function is not None:
                self.by_hand.found[computed.found].function = function
            return computed
        called = function if function is not None else self._own_call(node)
        found = Found(
            computed,
            self.statement,
            node,
            self._number(node),
            labels,
            function=called,
            is_kept=is_kept,
        )
        return replace(computed, found=self.by_hand.add(found))

    def _own_call(self, node: ast.expr) -> Invocation | None:
        call = self.chunk.calls.get(span(node)) if isinstance(node, ast.Call) else None
        if call is None:
            return None
        return self.by_hand.call_at(call.order, call.key)

    def _number(self, node: ast.expr) -> float | None:
        """Compute an expression's number again, from the numbers that its names and calls had."""
        if isinstance(node, ast.Constant):
            is_number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
            return float(node.value) if is_number else None  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            values = self.chunk.reads.get(place(node), [])
            return self.by_hand.number(values[0]) if values else None
        if isinstance(node, ast.Call):
            call = self.chunk.calls.get(span(node))
            return self.by_hand.number(call.result) if call is not None else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._number(node.operand)
            return -inner if inner is not None else None
        if isinstance(node, ast.BinOp):
            left, right = self._number(node.left), self._number(node.right)
            if left is not None and right is not None:
                return _combined(node.op, left, right)
        return None


def _combined(operator: ast.operator, left: float, right: float) -> float | None:
    try:
        match operator:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow() if abs(right) <= 4:
                powered = left**right
                return powered if isinstance(powered, float) else None
    except (ArithmeticError, ValueError):
        return None
    return None


def _labels_of(into: list[ast.expr]) -> list[str]:
    found: list[str] = []
    for target in into:
        if isinstance(target, ast.Subscript):
            if isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str):
                found.append(target.slice.value)
            found.append(_plain(target.value))
        elif not isinstance(target, ast.Tuple | ast.List):
            found.append(_plain(target))
    return found


def _plain(node: ast.expr) -> str:
    """Give the last name in an expression that holds something: `self.losses`, `results[name]`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return _plain(node.value)
    return node.id if isinstance(node, ast.Name) else ""
