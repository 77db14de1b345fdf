"""Functions of the project's that are looked into: what came in, and what they have returned."""

from __future__ import annotations

import sys
from types import FunctionType, MethodType

from provkit.capture.calls import Calls
from provkit.capture.journal import json_of, text
from provkit.capture.objects import Defaults, Made, Places
from provkit.capture.running import Activation, Calling, Item, Running
from provkit.capture.summaries import returned_by
from provkit.capture.values import is_atom, is_class, is_code, is_module
from provkit.redaction import is_secret_name, remember


class Functions(Calls):
    """Follows functions from their beginning to wherever they are left."""

    def _enter(self, number: int, values: tuple[object, ...]) -> bool:
        if not self._stack:
            return False
        top = self._stack[-1]
        is_called = isinstance(top, Calling) and top.callee.kind in ("own", "class")
        if not self._admit(number, is_called=is_called):
            return False
        region = self._tables.regions[number]
        made = self._made()
        parent = top.places if isinstance(top, Calling) else None
        if parent is None and region.parent is not None:
            parent = self._latest.get(region.parent)
        places = Places(None, number, parent)
        self._latest[number] = places
        self._activations += 1
        bound = []
        defaults = self._defaults_of(top)
        for name, obj in zip(region.parameters, values, strict=True):
            remember(name, obj)
            value = self._value_given(name, obj, made, top)
            if value is not None:
                is_new = not is_atom(obj) and self._objects.find(obj, made) is None
                self._objects.hold(obj, value, places, name)
                if is_new and isinstance(top, Calling):
                    self._objects.keep_by_owner(obj, value, top.reached())
                if defaults is not None and not is_atom(obj) and defaults.holds(name, obj):
                    self._objects.hold(obj, value, defaults, name)
                bound.append(f"[{text(name)},{value}]")
        activation = Activation(
            self._activations, top.order, number, places, self._activation, self._tick()
        )
        activation.handled = id(sys.exc_info()[1])
        self._stack.append(activation)
        self._activation = activation
        self._journal.write(
            f'["enter",{activation.number},{json_of(top.order)},{region.program},"{region.key}",'
            f"{self._journal.now()},[{','.join(bound)}]]"
        )
        return True

    @staticmethod
    def _defaults_of(top: Item) -> Defaults | None:
        """Find the defaults of what is called, if it has any: one that is changed is so in the next call as well."""
        called = top.called if isinstance(top, Calling) else None
        function = called.__func__ if type(called) is MethodType else called
        if type(function) is FunctionType and (function.__defaults__ or function.__kwdefaults__):
            return Defaults(function)
        return None

    def _value_given(self, name: str, obj: object, made: Made | None, top: Item) -> int | None:
        if is_module(obj):
            return None
        if not is_atom(obj):
            known = self._objects.find(obj, made)
            if known is None and isinstance(top, Calling):
                known = self._among(top, obj)
            if known is not None:
                return known.value
            if is_code(obj):
                return None
        return self._objects.new_value(obj, secret=is_secret_name(name))

    def _returned(self, number: int, obj: object) -> None:
        running = self._unwound_to(number)
        activation = self._activation
        if running is None or activation is None:
            return
        activation.is_done = True
        self._read_unseen(running)
        if obj is not None and not is_module(obj):
            value = self._value_returned(running, obj)
            if value is not None:
                running.binds.append(("return", value))
                activation.returned = (obj, value)
        for changed in running.stored:
            self._changed(changed, running.changes)
        self._see_asked(running)
        running.asked = []
        self._write_bind(running.order, running)
        while self._stack[-1] is not activation:
            self._finish(self._stack[-1])

    def _value_returned(self, running: Running, obj: object) -> int | None:
        if is_atom(obj):
            if running.statement.own_call is not None and id(obj) in running.made:
                return running.made[id(obj)][1]
            return self._objects.new_value(obj)
        known = self._objects.find(obj, running.made)
        if known is not None:
            return known.value
        return None if is_code(obj) else self._objects.new_value(obj)

    def _leave_function(self, number: int) -> None:
        index = self._activation_of(number)
        if index is None:
            return
        item = self._stack[index]
        assert isinstance(item, Activation)
        error = sys.exc_info()[1]
        given: list[int] = []
        if item.is_done or id(error) == item.handled:
            # What is still there was left by a jump, or by a `return` in plain code.
            while self._stack[-1] is not item:
                left = self._stack[-1]
                if isinstance(left, Running) and self._is_loop(left):
                    blocks = self._own_blocks(left)
                    self._settle_loop(left)
                    given.extend(self._values_of(returned_by(blocks)) if not item.is_done else ())
                elif isinstance(left, Running):
                    self._settle(left)
                self._finish(left)
        else:
            self._leave(index + 1, error)
        self._pop()
        self._deactivate(item)
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Calling) and top.callee.kind == "own":
            top.returned = item.returned
            top.left = item.places
            parameters = self._tables.regions[number].parameters
            if is_class(top.called) and parameters:
                # The object that `__init__` has made is what the call gives.
                top.constructed = item.places.names.get(parameters[0])
        elif item.returned is not None and isinstance(top, Calling):
            # A library has called it, and what it gives may be made of that.
            top.given_back.append(item.returned[1])
        if isinstance(top, Calling):
            # Plain rounds of a loop have returned.
            top.given_back.extend(given)
        elif isinstance(top, Running):
            top.reads.extend([("", value) for value in given])
        self._flush()

    def _activation_of(self, region: int) -> int | None:
        """Find the place on the stack of the innermost run of a function."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, Activation) and item.region == region:
                return index
        return None
