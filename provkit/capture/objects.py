"""The objects that have been seen, their versions, and the names that hold them.

Objects are known by identity as long as they live: through weak references or, where a class allows none, through
a name that is sure to hold them still. Nothing is kept alive. Immutable built-ins have no identity that means
anything: they are known by the name they are bound to.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from types import FunctionType

from provkit.capture.drawings import owners_of
from provkit.capture.fingerprints import (
    family_of,
    fingerprint,
    holds_streams,
    is_learner,
    is_optimizer,
    parts_of,
    tensors_of,
)
from provkit.capture.held_objects import (
    CONTAINERS,
    MEMBERS,
    buffers_of,
    passed_on_to,
    reachable,
)
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.values import attributes_of, describe, is_atom, is_module, type_name
from provkit.redaction import redact_path, remember, remember_key

_ABSENT = object()
_PLAIN = 1 << 62
"""Integers below this are written as they are."""

Changes = list[tuple[int, int]]
Made = dict[int, tuple[object, int]]


class Places:
    """The names of a module, or of one activation of a function, and what they hold."""

    __slots__ = ("functions", "is_left", "names", "namespace", "parent", "region")

    def __init__(
        self, namespace: dict[str, object] | None, region: int | None, parent: Places | None
    ) -> None:
        self.namespace = namespace
        """Of a module; the names of a function are known by what its hooks have shown."""
        self.region = region
        self.parent = parent
        """The activation in which the function was defined."""
        self.names: dict[str, tuple[int, int]] = {}
        """Identity and version of what each name was last bound to."""
        self.functions: list[weakref.ref[object]] = []
        """Functions defined here: as long as one lives, so does what they read."""
        self.is_left = False

    def holds(self, name: str, obj: object) -> bool:
        """Tell whether a name is sure to hold an object now, and to have held it since it was bound.

        What a name holds and was not told of may be another object, at the address that one had before.
        """
        bound = self.names.get(name)
        if self.namespace is not None:
            is_told = bound is not None and bound[0] == id(obj)
            return is_told and self.namespace.get(name, _ABSENT) is obj
        if self.is_left and all(function() is None for function in self.functions):
            return False
        return bound is not None and bound[0] == id(obj)

    def gone(self) -> list[str]:
        """Forget the names of a module that it has no more, and list them."""
        namespace = self.namespace
        if namespace is None:
            return []
        names = [name for name in self.names if name not in namespace]
        for name in names:
            del self.names[name]
        return names


class Defaults(Places):
    """The defaults of a function's parameters: it holds them as long as it lives."""

    __slots__ = ("function",)

    def __init__(self, function: FunctionType) -> None:
        super().__init__(None, None, None)
        self.function = weakref.ref(function)

    def holds(self, name: str, obj: object) -> bool:  # noqa: ARG002  any of them will do
        """Tell whether the function is alive and has an object as a default."""
        function = self.function()
        return function is not None and any(default is obj for default in defaults_of(function))


class Attributes(Places):
    """What an object keeps as attributes and no weak reference leads to: a connection, a writer of CSV."""

    __slots__ = ("owner",)

    def __init__(self, owner: object) -> None:
        super().__init__(None, None, None)
        self.owner = weakref.ref(owner)

    def holds(self, name: str, obj: object) -> bool:
        """Tell whether the object is alive and still has another as an attribute."""
        owner = self.owner()
        return owner is not None and (attributes_of(owner) or {}).get(name) is obj


def defaults_of(function: FunctionType) -> list[object]:
    """List the defaults of a function's parameters."""
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


class Known:
    """An object that has been seen: its latest version, and how to tell that it is still the same."""

    __slots__ = ("names", "reference", "value")

    def __init__(self, value: int, reference: weakref.ref[object] | None) -> None:
        self.value = value
        self.reference = reference
        self.names: set[tuple[Places, str]] = set()


class Objects:
    """Numbers the versions of all objects that are seen."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._values = 0
        self.is_secret = False
        """The statement that runs binds a name that sounds like a secret's."""
        self._known: dict[int, Known] = {}
        self._memory: dict[int, set[int]] = {}
        """For each buffer, by identity, the identities of the arrays and frames that have used it."""
        self._tensors: dict[int, object] = {}
        """What the tensors of models and optimizers looked like when one of those was last seen, by identity."""

    def find(self, obj: object, made: Made | None) -> Known | None:
        """Find what is known of an object, if it is sure to be the same one as before."""
        known = self._known.get(id(obj))
        if known is None:
            return None
        if known.reference is not None:
            return known if known.reference() is obj else None
        if any(places.holds(name, obj) for places, name in known.names):
            return known
        if made is not None and made.get(id(obj), (None,))[0] is obj:
            return known
        return None

    def keep_as_attribute(self, owner: object, name: str, obj: object) -> None:
        """Know an object, if it is no container and there is no other way, for as long as an attribute holds it."""
        known = self._known.get(id(obj))
        if known is None or known.reference is not None or type(obj) in CONTAINERS:
            return
        try:
            self.hold(obj, known.value, Attributes(owner), name)
        except TypeError:  # the owner cannot be referred to weakly
            return

    def keep_by_owner(self, obj: object, value: int, owners: Iterator[object]) -> None:
        """Know a container that an object has as an attribute as long as it has, and not as long as a local name."""
        if type(obj) not in CONTAINERS:
            return
        for owner in owners:
            for name, member in islice((attributes_of(owner) or {}).items(), MEMBERS):
                if member is obj:
                    try:
                        places = Attributes(owner)
                    except TypeError:  # it cannot be referred to weakly
                        return
                    known = self._known.get(id(obj))
                    if known is not None and known.value == value:
                        places.names[name] = (id(obj), value)
                        known.names.add((places, name))
                    return

    def is_known_weakly(self, obj: object) -> bool:
        """Tell whether an object is known by a weak reference, so that nobody has to hold it."""
        known = self._known.get(id(obj))
        return known is not None and known.reference is not None and not is_atom(obj)

    def entry(self, obj: object) -> Known | None:
        """Get what is known under an object's identity; the caller knows that it is alive."""
        return self._known.get(id(obj))

    def getter_of(self, obj: object) -> Callable[[], object]:
        """Give how to get at a known object later on, without keeping it alive."""
        try:
            return weakref.ref(obj)
        except TypeError:
            return partial(self.held_at, id(obj))

    def held_at(self, identity: int) -> object | None:
        """Get at a known object by its identity; None if nothing leads there."""
        known = self._known.get(identity)
        return self._held(known) if known is not None else None

    def hold(self, obj: object, value: int, places: Places | None, name: str | None) -> None:
        """Remember the version of an object, and the name that holds it."""
        if name is not None and places is not None:
            places.names[name] = (id(obj), value)
            remember(name, obj)
        if is_atom(obj):
            return
        identity = id(obj)
        known = self._known.get(identity)
        if known is None or known.value != value:
            reference: weakref.ref[object] | None
            try:
                reference = weakref.ref(obj, lambda _: self._known.pop(identity, None))
            except TypeError:
                reference = None
            known = self._known[identity] = Known(value, reference)
            for buffer in buffers_of(obj):
                self._memory.setdefault(buffer, set()).add(identity)
            for tensor in tensors_of(obj) if is_learner(obj) else ():
                self._tensors.setdefault(id(tensor), fingerprint(tensor))
        if name is not None and places is not None:
            known.names.add((places, name))

    def leave(self, places: Places) -> None:
        """Forget the names of an activation that has ended, but for those that closures may read."""
        places.is_left = True
        places.functions = [function for function in places.functions if function() is not None]
        if places.functions:
            return
        for name, (identity, _) in places.names.items():
            known = self._known.get(identity)
            if known is not None:
                known.names.discard((places, name))
                if not known.names and known.reference is None:
                    del self._known[identity]

    def new_value(
        self,
        obj: object,
        *,
        secret: bool = False,
        place: str | None = None,
        log: str | None = None,
    ) -> int:
        """Number an object that was not seen before, and describe it.

        What a secret-sounding name will hold is described by its type alone. `place` is what state that no name
        of the program holds is told under, `log` the file that a handler of logs writes to.
        """
        self._values += 1
        if type(obj) is int and -_PLAIN < obj < _PLAIN and not (secret or self.is_secret or place):
            self._journal.tell(f'["value",{self._values},"int",{{"scalar":{obj}}}]')
            return self._values
        remember_key(obj)
        secret = secret or self.is_secret
        description = {"preview": "[redacted]"} if secret else describe(obj)
        if holds_streams(obj):
            description = {**description, "streams": True}
        if place is not None:
            description = {**description, "place": place}
        if log is not None:
            description = {**description, "log": redact_path(log)}
        described = json_of(description)
        self._journal.tell(f'["value",{self._values},{text(type_name(obj))},{described}]')
        return self._values

    def forget(self) -> None:
        """Let go of everything: what names things hold keeps whole modules alive."""
        self._known.clear()
        self._tensors.clear()
        self._memory.clear()

    def new_version(self, obj: object, old: int, changes: Changes) -> int:
        """Number the next version of an object."""
        value = self.new_value(obj)
        known = self._known.get(id(obj))
        if known is not None:
            known.value = value
            for places, name in known.names:
                if places.names.get(name, (None,))[0] == id(obj):
                    places.names[name] = (id(obj), value)
        changes.append((old, value))
        return value

    def changed(self, obj: object, made: Made | None, changes: Changes) -> None:
        """Give an object that has changed its next version, if it is known; and those that share its memory."""
        if is_atom(obj) or is_module(obj):
            return
        known = self.find(obj, made)
        if known is not None:
            self.new_version(obj, known.value, changes)
        self.changed_beside(obj, made, changes)

    def changed_beside(self, obj: object, made: Made | None, changes: Changes) -> None:
        """Give those that share the memory of an object that has changed, or are drawn on, their next versions."""
        sharing = list(self._sharing(obj))
        if is_learner(obj) and not self._have_moved(obj):
            # A rate or a mode was set: what an optimizer moves is not what it is, nor the other way round.
            sharing = [] if is_optimizer(obj) else [one for one in sharing if not is_optimizer(one)]
            sharing += [one for one in parts_of(obj) if id(one) not in map(id, sharing)]
        for other in (*sharing, *self._drawn_on(obj), *passed_on_to(obj)):
            also = self.find(other, made)
            if also is not None and all(new != also.value for _, new in changes):
                self.new_version(other, also.value, changes)

    def _have_moved(self, learner: object) -> bool:
        """Tell whether the tensors of a model or an optimizer have changed since one was last seen."""
        marks = {id(tensor): fingerprint(tensor) for tensor in tensors_of(learner)}
        before = self._tensors
        moved = any([before.get(one) != mark for one, mark in marks.items()])  # noqa: C419  a list is quicker
        before.update(marks)
        return moved

    @staticmethod
    def _drawn_on(obj: object) -> list[object]:
        """List what an object is part of: the figure that it is drawn on."""
        found = family_of(type(obj))
        return owners_of(obj) if found is not None and found[0] == "artist" else []

    def learners(self) -> Iterator[tuple[object, int]]:
        """List the models, optimizers and leaf tensors of torch that are known, with their versions."""
        for known in list(self._known.values()):
            obj = known.reference() if known.reference is not None else None
            found = family_of(type(obj)) if obj is not None else None
            if found is None or found[0] not in ("learner", "tensor"):
                continue
            if found[0] == "learner" or (obj.is_leaf and obj.requires_grad):  # type: ignore[attr-defined]
                yield obj, known.value

    def _sharing(self, obj: object) -> Iterator[object]:
        for buffer in buffers_of(obj):
            for identity in sorted(self._memory.get(buffer, ()), key=self._age):
                known = self._known.get(identity)
                other = self._held(known) if known is not None else None
                if other is not None and other is not obj and buffer in buffers_of(other):
                    yield other

    @staticmethod
    def _held(known: Known) -> object:
        """Get at an object: through its weak reference or, where its class has none, a name of a module."""
        if known.reference is not None:
            return known.reference()
        for places, name in known.names:
            if places.namespace is not None and name in places.names:
                obj = places.namespace.get(name)
                return obj if id(obj) == places.names[name][0] else None
        return None

    def _age(self, identity: int) -> int:
        known = self._known.get(identity)
        return known.value if known is not None else 0

    def newer_members(self, obj: object, value: int) -> list[int]:
        """List the versions of members of a container that are later than the container's own."""
        found = []
        for member in reachable(obj):
            known = self._known.get(id(member))
            if known is not None and known.value > value and self._is_still(known, member):
                found.append(known.value)
        return found

    def known_members(self, obj: object) -> Iterator[tuple[object, int]]:
        """List the members of a container that are known, with their versions."""
        for member in reachable(obj):
            known = self._known.get(id(member))
            if known is not None and self._is_still(known, member):
                yield member, known.value

    @staticmethod
    def _is_still(known: Known, obj: object) -> bool:
        if known.reference is not None:
            return known.reference() is obj
        return any(places.holds(name, obj) for places, name in known.names)
