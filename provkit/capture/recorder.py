"""What the hooks of a rewritten program do: they turn what happens into events of the journal.

The recorder gives every object that is seen a number for each of its versions. Objects are known by
identity as long as they live, through weak references or, where a class allows none, through a
name that holds them still; nothing is kept alive beyond the statement in which it was seen. Immutable
built-ins have no identity that means anything: they are known by the name they are bound to.

No hook raises: whatever goes wrong inside is told once, as a warning in the journal, and the recorder
leaves the program alone from then on.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
import weakref
from hashlib import sha256
from types import CodeType, ModuleType, TracebackType

from provkit.capture import callees
from provkit.capture.effects import HARMLESS, always_changes
from provkit.capture.files import FileWatch, bytes_of, keep_bytes
from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import VERSION, Journal, json_of, text
from provkit.capture.outputs import OutputTail
from provkit.capture.rewriting import Rewritten, Statement, rewrite
from provkit.capture.values import describe, fingerprint, is_atom, is_code, type_name
from provkit.redaction import (
    is_secret_name,
    redact,
    redact_arguments,
    redact_path,
    remember,
    remember_arguments,
)

_MESSAGE = 2_000
_ABSENT = object()


class _Known:
    """An object that has been seen: its latest version, and how to tell that it is still the same."""

    __slots__ = ("names", "reference", "value")

    def __init__(self, value: int, reference: weakref.ref[object] | None) -> None:
        self.value = value
        self.reference = reference
        self.names: set[str] = set()


class _Running:
    """A statement that has begun and not ended."""

    __slots__ = (
        "before",
        "binds",
        "changes",
        "made",
        "number",
        "order",
        "reads",
        "rounds",
        "settled",
        "statement",
        "stored",
    )

    def __init__(self, number: int, order: int, statement: Statement) -> None:
        self.number = number
        self.order = order
        self.statement = statement
        self.reads: list[tuple[str, int]] = []
        self.binds: list[tuple[str, int]] = []
        self.changes: list[tuple[int, int]] = []
        self.stored: list[object] = []
        """Objects that were stored into."""
        self.made: dict[int, tuple[object, int]] = {}
        """Results of calls, held until the statement ends, by identity."""
        self.before: list[tuple[str, int, object]] = []
        """Name, identity and fingerprint of what a loop read, or names there were before `import *`."""
        self.rounds = 0
        self.settled = False
        """Its header is done: what it read and bound there has been told."""


class _Calling:
    """A call whose callee is known and which has not returned."""

    __slots__ = ("arguments", "begin", "callee", "harmless", "order", "own", "place", "receiver")

    def __init__(self, place: str, order: int, callee: callees.Callee, *, own: bool) -> None:
        self.place = place
        self.order = order
        self.own = own
        self.callee = callee
        self.harmless = callee.kind == "builtin" and callee.name in HARMLESS
        self.begin = 0
        self.receiver: tuple[object, int | None, object] | None = None
        self.arguments: list[tuple[object, int, object]] = []
        """Object, version and fingerprint of every name read on the way to the call."""


class Recorder:
    """One watched program."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        self._journal = journal
        self._folder = os.path.dirname(journal.path)
        self._project = str(options["project"])
        self._off = False
        self._namespace: dict[str, object] = {}
        self._stack: list[_Running | _Calling] = []
        self._order = 0
        self._secret = False
        """The statement that runs binds a name that sounds like a secret's."""
        self._values = 0
        self._known: dict[int, _Known] = {}
        self._names: dict[str, tuple[int, int]] = {}
        """Identity and version of what each name was last bound to."""
        self._callees: dict[str, callees.Callee] = {}
        self._modules_seen: set[str] = set()
        self._modules_count = 0
        self._plans = 0
        self._tails = [OutputTail(journal, "stdout"), OutputTail(journal, "stderr")]
        self._program = Rewritten(compile("", "", "exec"), [], [], [])
        self._rounds: list[int] = []
        self._libraries = list(
            dict.fromkeys(
                [sys.prefix, sys.base_prefix, sys.exec_prefix]
                + [
                    folder
                    for folder in sys.path
                    if folder.endswith(("site-packages", "dist-packages"))
                ]
            )
        )
        self._files = FileWatch(
            journal,
            order=self._current_order,
            own_folder=str(options["store"]),
            project=self._project,
            libraries=self._libraries,
        )
        self._at_start = frozenset(sys.modules)
        journal.write(
            f'["journal",{VERSION},{text(str(options["trial"]))},{text(str(options["version"]))},{os.getpid()},'
            f"{os.getppid()},{journal.wall_ns},{text(sys.version.split()[0])},{text(sys.implementation.name)},"
            f"{text(sys.executable)},{json_of([sys.prefix, sys.base_prefix])},{json_of(list(sys.path))},"
            f"{json_of(redact_arguments(list(sys.argv)))},{text(os.getcwd())}]"
        )

    # ---------------------------------------------------------------- what the bootstrap calls

    def code(self, source: bytes, filename: str, kind: str) -> CodeType:
        """Compile the program's own text, instrumented if that can be done.

        Raises:
            SyntaxError: The text is no program; as `compile` says it.
        """
        # A command has no coding line: it is text already.
        program = source.decode() if kind == "command" else source
        plain = compile(program, filename, "exec", dont_inherit=True)
        rewritten = None
        try:
            rewritten = self._rewritten(program, filename)
        except Exception as error:  # noqa: BLE001  whatever it is, the program runs
            self._degrade(
                f"the program could not be instrumented ({type(error).__name__}: {error})"
            )
        self._guarded(
            self._tell_source,
            source,
            None if kind == "command" else filename,
            kind,
            rewritten is not None,
        )
        self._files.user_files.add(filename)
        if rewritten is None:
            return plain
        self._program = rewritten
        return rewritten.code

    def main(self, namespace: dict[str, object]) -> None:
        """Take notice of the program's namespace, just before it runs."""
        self._namespace = namespace
        self._guarded(self._attach)

    def failed(self, exception: BaseException) -> None:
        """Tell that nobody caught an exception."""
        self._guarded(self._tell_failure, exception)

    def ended(self, status: int | None) -> None:
        """Tell that the program's main module ended, and with which status, if that is known."""
        self._guarded(self._tell_end, status)

    # ---------------------------------------------------------------- the hooks

    def begin(self, number: int) -> None:
        """A statement begins."""
        if self._off:
            return
        try:
            self._begin(number)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def bind(self, number: int) -> None:
        """A compound statement's header is done, and its body begins."""
        if self._off:
            return
        try:
            running = self._unwound_to(number)
            if running is not None:
                self._settle(running)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def end(self, number: int) -> None:
        """A statement ended without an exception."""
        if self._off:
            return
        try:
            self._end(number)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def caught(self, number: int, name: str | None) -> None:
        """A handler, or a `finally`, of a `try` statement begins."""
        if self._off:
            return
        try:
            self._caught(number, name)
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def name(self, number: int, obj: object) -> object:
        """A name was read; gives back what it stands for."""
        if not self._off:
            try:
                self._read(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def callee(self, number: int, function: object) -> object:
        """Something is about to be called; gives it back."""
        if not self._off:
            try:
                self._call(number, function)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return function

    def result(self, number: int, obj: object) -> object:
        """A call returned; gives back its result."""
        if not self._off:
            try:
                self._return(number, obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def owner(self, number: int, obj: object) -> object:
        """An object will be stored into; gives it back."""
        if not self._off:
            try:
                if number >= 0:
                    self._read(number, obj)
                self._statement().stored.append(obj)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    def closed(self, names: tuple[str, ...], obj: object) -> object:
        """A comprehension was evaluated that read these names; gives it back."""
        if not self._off:
            try:
                self._peek(self._statement(), names)
            except Exception as error:  # noqa: BLE001
                self._give_up(error)
        return obj

    # ---------------------------------------------------------------- statements

    def _begin(self, number: int) -> None:
        statement = self._program.statements[number]
        self._order += 1
        parent = self._stack[-1].order if self._stack else None
        running = _Running(number, self._order, statement)
        self._secret = any(is_secret_name(name) for name in statement.writes)
        self._stack.append(running)
        self._journal.write(
            f'["step",{running.order},0,"{statement.key}",{"null" if parent is None else parent},{self._journal.now()}]'
        )
        if statement.kind == "loop":
            running.rounds = self._rounds[number]
            for name in statement.peeks:
                obj = self._namespace.get(name, _ABSENT)
                if obj is not _ABSENT and not is_atom(obj):
                    running.before.append((name, id(obj), fingerprint(obj)))
        elif statement.kind == "star":
            running.before.extend((name, id(obj), None) for name, obj in self._namespace.items())
        self._peek(running, statement.peeks)

    def _end(self, number: int) -> None:
        running = self._unwound_to(number)
        if running is None:
            return
        statement = running.statement
        if statement.kind == "loop":
            self._look_at_loop(running)
        if statement.kind == "match" and not running.settled:
            # No case fitted, so that nothing was bound.
            self._settle_reads(running)
        elif statement.kind not in ("block", "match") or not running.settled:
            self._settle(running)
        self._stack.pop()
        if statement.kind == "loop":
            rounds = self._rounds[number] - running.rounds
            self._journal.write(f'["done",{running.order},{self._journal.now()},{rounds},true]')
        else:
            self._journal.write(f'["done",{running.order},{self._journal.now()}]')
        if statement.kind in ("import", "star"):
            self._look_at_modules()
        for tail in self._tails:
            tail.flush()

    def _settle(self, running: _Running) -> None:
        """Number what the statement has bound and changed, and write all it did since the last time."""
        seen: set[int] = set()
        for obj in running.stored:
            if id(obj) not in seen:
                seen.add(id(obj))
                self._changed(obj, running.changes)
        unbinds = []
        for name in self._names_bound(running):
            obj = self._namespace.get(name, _ABSENT)
            if obj is _ABSENT:
                if self._names.pop(name, None) is not None:
                    unbinds.append(name)
            else:
                self._bind(running, name, obj)
        if running.reads or running.binds or running.changes or unbinds:
            reads = ",".join([f"[{text(site)},{value}]" for site, value in running.reads])
            binds = ",".join([f"[{text(name)},{value}]" for name, value in running.binds])
            changes = ",".join([f"[{old},{new}]" for old, new in running.changes])
            self._journal.write(
                f'["bind",{running.order},[{reads}],[{binds}],[{changes}],{json_of(unbinds)}]'
            )
        running.settled = True
        running.reads = []
        running.binds = []
        running.changes = []
        running.stored = []
        running.made = {}

    def _names_bound(self, running: _Running) -> tuple[str, ...]:
        if running.statement.kind != "star":
            return running.statement.writes
        before = {name: identity for name, identity, _ in running.before}
        return tuple(name for name, obj in self._namespace.items() if before.get(name) != id(obj))

    def _bind(self, running: _Running, name: str, obj: object) -> None:
        kind = running.statement.kind
        if kind in ("import", "star") and is_code(obj):
            return
        remember(name, obj)
        earlier = self._names.get(name)
        value: int | None = None
        if not is_atom(obj):
            known = self._find(obj, running)
            value = known.value if known is not None else None
            same_object = earlier is not None and earlier[0] == id(obj)
            if kind == "augmented" and same_object and value is not None:
                value = self._new_version(obj, value, running.changes)
            elif kind == "loop" and same_object:
                return
        elif running.statement.own_call is not None and id(obj) in running.made:
            value = running.made[id(obj)][1]
        if value is None:
            value = self._new_value(obj)
        self._hold(obj, value, name)
        running.binds.append((name, value))

    def _look_at_loop(self, running: _Running) -> None:
        """See which of the objects that a loop read it has changed."""
        for name, identity, mark in running.before:
            obj = self._namespace.get(name, _ABSENT)
            if obj is _ABSENT or id(obj) != identity:
                continue
            went_round = self._rounds[running.number] > running.rounds
            if (name in running.statement.mutated and went_round) or fingerprint(obj) != mark:
                running.stored.append(obj)

    def _unwound_to(self, number: int) -> _Running | None:
        """Find a statement on the stack; what lies above it was left by an exception."""
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if isinstance(item, _Running) and item.number == number:
                self._leave(index + 1, sys.exc_info()[1])
                return item
        return None

    def _leave(self, index: int, error: BaseException | None) -> list[int]:
        """Take off the stack what an exception has left, the innermost first."""
        failed = []
        kind = "" if error is None else type_name(error)
        message = "" if error is None else callees.message_of(error)
        while len(self._stack) > index:
            item = self._stack.pop()
            if isinstance(item, _Running):
                self._settle_reads(item)
            elif item.own:
                continue
            failed.append(item.order)
            self._journal.write(
                f'["failed",{item.order},{self._journal.now()},{text(kind)},{text(redact(message)[:_MESSAGE])}]'
            )
        return failed

    def _settle_reads(self, running: _Running) -> None:
        """Write what a statement read before it failed."""
        if running.reads:
            reads = ",".join([f"[{text(site)},{value}]" for site, value in running.reads])
            self._journal.write(f'["bind",{running.order},[{reads}],[],[],[]]')

    def _caught(self, number: int, name: str | None) -> None:
        for index in range(len(self._stack) - 1, -1, -1):
            item = self._stack[index]
            if not isinstance(item, _Running) or item.number != number:
                continue
            error = sys.exc_info()[1]
            failed = self._leave(index + 1, error)
            if failed:
                self._journal.write(f'["caught",{item.order},{json_of(failed)}]')
            if name is not None and error is not None:
                value = self._new_value(error)
                self._hold(error, value, name)
                self._journal.write(f'["bind",{item.order},[],[[{text(name)},{value}]],[],[]]')
            return

    # ---------------------------------------------------------------- reads and calls

    def _statement(self) -> _Running:
        for item in reversed(self._stack):
            if isinstance(item, _Running):
                return item
        raise LookupError("no statement is running")

    def _read(self, number: int, obj: object) -> None:
        name, place = self._program.names[number]
        value = self._value_of(name, obj)
        if value is None:
            return
        top = self._stack[-1]
        if isinstance(top, _Calling):
            if not top.harmless and not is_atom(obj):
                top.arguments.append((obj, value, fingerprint(obj)))
            self._statement().reads.append((place, value))
        else:
            top.reads.append((place, value))

    def _peek(self, running: _Running, names: tuple[str, ...]) -> None:
        """Note reads where no hook stands, by looking at what the names hold."""
        for name in names:
            obj = self._namespace.get(name, _ABSENT)
            if obj is not _ABSENT:
                value = self._value_of(name, obj)
                if value is not None:
                    running.reads.append((name, value))

    def _value_of(self, name: str, obj: object) -> int | None:
        """Get the version of the object a name holds; None for what is no value, such as a module."""
        bound = self._names.get(name)
        if is_atom(obj):
            if bound is not None and bound[0] == id(obj):
                return bound[1]
            if name not in self._namespace:
                return None
        else:
            known = self._find(obj, None)
            if known is not None:
                return known.value
            if is_code(obj):
                return None
        value = self._new_value(obj, secret=is_secret_name(name))
        self._hold(obj, value, name)
        return value

    def _call(self, number: int, function: object) -> None:
        place, own = self._program.calls[number]
        callee = callees.identify(function)
        known = self._callees.get(callee.key)
        if known is None:
            callees.settle(callee, function, self._project, self._libraries)
            callee.number = len(self._callees) + 1
            known = self._callees[callee.key] = callee.without_receiver()
            self._journal.write(
                f'["callee",{known.number},{text(callee.module)},{text(callee.name)},{text(callee.kind)},'
                f"{json_of(callee.parameters)},{text(callee.file)}]"
            )
        statement = self._statement()
        order = statement.order
        if not own:
            self._order += 1
            order = self._order
            self._journal.write(
                f'["calling",{order},0,"{place}",{self._stack[-1].order},{self._journal.now()}]'
            )
        calling = _Calling(place, order, known, own=own)
        receiver = callee.receiver
        if (
            receiver is not None
            and not is_atom(receiver)
            and not issubclass(type(receiver), ModuleType | type)
        ):
            found = self._find(receiver, statement)
            mark = (
                None if always_changes(known.receiver_type, known.method) else fingerprint(receiver)
            )
            calling.receiver = (receiver, found.value if found is not None else None, mark)
        calling.begin = self._journal.now()
        self._stack.append(calling)

    def _return(self, number: int, obj: object) -> None:
        place, _ = self._program.calls[number]
        while True:
            calling = self._stack.pop()
            if isinstance(calling, _Running):
                self._stack.append(calling)
                return
            if calling.place == place:
                break
        statement = self._statement()
        end = self._journal.now()
        remember(_giver(calling.callee.name), obj)
        changes: list[tuple[int, int]] = []
        receiver = self._look_at_receiver(calling, changes)
        self._look_at_arguments(calling, changes)
        result = self._result_value(calling, statement, obj)
        own_code = calling.callee.kind == "own"
        changed = ",".join([f"[{old},{new}]" for old, new in changes])
        self._journal.write(
            f'["call",{calling.order},"{place}",{calling.callee.number},{calling.begin},{end},'
            f"{json_of(result)},{json_of(receiver)},[{changed}]{',true' if own_code else ''}]"
        )
        if self._stack and isinstance(self._stack[-1], _Calling):
            # The outer call proper begins when the last of its arguments is there.
            outer = self._stack[-1]
            outer.begin = end
            if result is not None and not is_atom(obj) and not outer.harmless:
                outer.arguments.append((obj, result, fingerprint(obj)))

    def _look_at_receiver(self, calling: _Calling, changes: list[tuple[int, int]]) -> int | None:
        if calling.receiver is None:
            return None
        obj, value, mark = calling.receiver
        if value is None:
            return None
        known = always_changes(calling.callee.receiver_type, calling.callee.method)
        if known or (mark is not None and fingerprint(obj) != mark):
            self._changed(obj, changes)
        return value

    def _look_at_arguments(self, calling: _Calling, changes: list[tuple[int, int]]) -> None:
        done = {id(calling.receiver[0])} if calling.receiver is not None else set()
        for obj, value, mark in calling.arguments:
            if id(obj) in done:
                continue
            done.add(id(obj))
            moved_on = always_changes(type_name(obj), None)
            if moved_on or (mark is not None and fingerprint(obj) != mark):
                known = self._find(obj, self._statement())
                if known is not None and known.value == value:
                    self._changed(obj, changes)

    def _result_value(self, calling: _Calling, statement: _Running, obj: object) -> int | None:
        if obj is None or issubclass(type(obj), ModuleType):
            return None
        if is_atom(obj):
            value = self._new_value(obj)
        else:
            known = self._find(obj, statement)
            if known is None and is_code(obj) and calling.callee.kind != "own":
                return None
            if known is None:
                known = self._among(calling, obj)
            value = known.value if known is not None else self._new_value(obj)
            if known is None:
                self._hold(obj, value, None)
        statement.made[id(obj)] = (obj, value)
        return value

    def _among(self, calling: _Calling, obj: object) -> _Known | None:
        """Find an object among the receiver and the arguments of a call, which are alive for sure."""
        candidates = [argument[0] for argument in calling.arguments]
        if calling.receiver is not None:
            candidates.append(calling.receiver[0])
        return (
            self._known.get(id(obj)) if any(candidate is obj for candidate in candidates) else None
        )

    # ---------------------------------------------------------------- versions

    def _find(self, obj: object, running: _Running | None) -> _Known | None:
        """Find what is known of an object, if it is sure to be the same one as before."""
        known = self._known.get(id(obj))
        if known is None:
            return None
        if known.reference is not None:
            return known if known.reference() is obj else None
        if any(self._namespace.get(name) is obj for name in known.names):
            return known
        if running is not None and running.made.get(id(obj), (None,))[0] is obj:
            return known
        return None

    def _hold(self, obj: object, value: int, name: str | None) -> None:
        """Remember the version of an object, and the name that holds it."""
        if name is not None:
            self._names[name] = (id(obj), value)
            remember(name, obj)
        if is_atom(obj):
            return
        known = self._known.get(id(obj))
        if known is None or known.value != value:
            identity = id(obj)
            reference: weakref.ref[object] | None
            try:
                reference = weakref.ref(obj, lambda _: self._known.pop(identity, None))
            except TypeError:
                reference = None
            known = self._known[identity] = _Known(value, reference)
        if name is not None:
            known.names.add(name)

    def _new_value(self, obj: object, *, secret: bool = False) -> int:
        self._values += 1
        # What a secret-sounding name will hold is described by its type alone.
        description = {"preview": "[redacted]"} if self._secret or secret else describe(obj)
        self._journal.write(
            f'["value",{self._values},{text(type_name(obj))},{json_of(description)}]'
        )
        return self._values

    def _new_version(self, obj: object, old: int, changes: list[tuple[int, int]]) -> int:
        value = self._new_value(obj)
        known = self._known.get(id(obj))
        if known is not None:
            known.value = value
            for name in known.names:
                if self._names.get(name, (None,))[0] == id(obj):
                    self._names[name] = (id(obj), value)
        changes.append((old, value))
        return value

    def _changed(self, obj: object, changes: list[tuple[int, int]]) -> None:
        """Give an object that has changed its next version, if it is known at all."""
        if is_atom(obj) or issubclass(type(obj), ModuleType):
            return
        known = self._find(obj, self._statement())
        if known is not None:
            self._new_version(obj, known.value, changes)

    # ---------------------------------------------------------------- around the program

    def _current_order(self) -> int | None:
        return self._stack[-1].order if self._stack else None

    def _rewritten(self, source: bytes | str, filename: str) -> Rewritten:
        # It may not be there any more, and the compiler looks for its filters there.
        beside = {"warnings": sys.modules["warnings"]} if "warnings" in sys.modules else {}
        sys.modules["warnings"] = warnings
        try:
            with warnings.catch_warnings():
                # What the text deserves to be warned of has been said when it was compiled as it is.
                warnings.simplefilter("ignore")
                tree = ast.parse(source, filename)
                return rewrite(tree, filename, self._hooks())
        finally:
            del sys.modules["warnings"]
            sys.modules.update(beside)

    def _hooks(self) -> dict[str, object]:
        hooks = ("begin", "bind", "end", "caught", "name", "callee", "result", "owner", "closed")
        return {**{hook: getattr(self, hook) for hook in hooks}, "rounds": self._rounds}

    def _tell_source(self, source: bytes, path: str | None, kind: str, instrumented: bool) -> None:  # noqa: FBT001
        digest = sha256(source).hexdigest()
        self._keep_source(source, digest)
        told = path and redact_path(os.path.abspath(path))
        self._journal.write(
            f'["source",{self._plans},{text(kind)},{text(told)},"{digest}",{len(source)},'
            f"{json_of(instrumented)}]"
        )
        self._plans += 1

    def _keep_source(self, source: bytes, digest: str) -> None:
        """Put a source text beside the journal: the file may be gone when the program ends."""
        keep_bytes(f"{self._folder}/source-{digest}", source)

    def _attach(self) -> None:
        for tail in self._tails:
            tail.attach()
        self._files.attach()

    def _look_at_modules(self) -> None:
        """Tell which modules have been imported since the last time."""
        if len(sys.modules) == self._modules_count:
            return
        self._modules_count = len(sys.modules)
        for name, module in list(sys.modules.items()):
            if (
                name in self._modules_seen
                or name in self._at_start
                or type(module) is not ModuleType
            ):
                continue
            if name in ("__main__", "__mp_main__"):
                continue
            self._modules_seen.add(name)
            file = module.__dict__.get("__file__")
            own = isinstance(file, str) and callees.is_own(file, self._project, self._libraries)
            if own and isinstance(file, str) and file.endswith(".py"):
                self._tell_own_module(name, file)
            elif "." not in name and name not in sys.stdlib_module_names:
                self._journal.write(
                    f'["module",{text(name)},{text(file if isinstance(file, str) else None)}]'
                )

    def _tell_own_module(self, name: str, file: str) -> None:
        for held, value in list(sys.modules[name].__dict__.items()):
            if type(held) is str:
                remember(held, value)
        source = bytes_of(file)
        if source is None:
            return
        digest = sha256(source).hexdigest()
        self._keep_source(source, digest)
        self._journal.write(
            f'["module",{text(name)},{text(os.path.abspath(file))},"{digest}",{len(source)}]'
        )

    def _tell_failure(self, exception: BaseException) -> None:
        self._leave(0, exception)
        shown = callees.traceback_of(exception)
        message = redact(callees.message_of(exception))[:_MESSAGE]
        self._journal.write(
            f'["raised",{text(type_name(exception))},{text(message)},{text(redact(shown))}]'
        )

    def _tell_end(self, status: int | None) -> None:
        self._look_at_modules()
        for tail in self._tails:
            tail.flush(at_end=True)
        self._journal.write(f'["end",{self._journal.now()},{json_of(status)}]')
        self._off = True
        # Held on, the program's objects would not be finalised when the interpreter ends.
        self._namespace = {}
        self._stack = []

    # ---------------------------------------------------------------- when something goes wrong

    def _guarded(self, action: object, *arguments: object) -> None:
        try:
            action(*arguments)  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Leave the program alone from now on, and say why."""
        if is_interruption(error):
            raise error
        self._off = True
        self._degrade(
            f"recording stopped: {type(error).__name__}: {error} ({_innermost(error.__traceback__)})"
        )

    def _degrade(self, message: str) -> None:
        try:
            self._journal.write(f'["warning",{text(redact(message)[:_MESSAGE])}]')
        except Exception:  # noqa: BLE001, S110  there is nowhere left to say it
            pass


def begin(options: dict[str, object]) -> Recorder | None:
    """Begin to watch this process.

    Args:
        options: `journal` (the folder to write to), `trial`, `version`, `project` and `store` (folders).

    Returns:
        The recorder; None if the journal cannot be written, and so nothing will be watched.
    """
    try:
        remember_arguments(list(sys.argv))
        return Recorder(Journal(f"{options['journal']}/{os.getpid()}.jsonl"), options)
    except Exception:  # noqa: BLE001  the program comes first; the parent sees that there is no journal
        return None


def _giver(name: str) -> str:
    """Give the name that says whether a function's result is a secret: `getpass` does not say so itself."""
    last = name.rpartition(".")[2]
    return "password" if last.endswith("getpass") else last


def _innermost(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
