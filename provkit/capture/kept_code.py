"""Rewritten code is kept, as Python keeps byte code: rewriting a text takes longer than all else at a program's start.

A file holds the code of one text as the compiler gave it, with placeholders where hooks and numbers go, and what the
rewriting has put into tables of the text's own. Its name is a digest of all that this follows from: the text, the
interpreter and provkit's own code. Where that cannot be read or does not fit, the text is rewritten. Nothing is kept
where Python was told to write no byte code, nor of a text that holds what looks like a secret, or that the compiler
would warn of, as it then has to be asked again each time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from types import CodeType

from provkit.bindings import Scope
from provkit.capture.files import bytes_of, keep_bytes
from provkit.capture.regions import Block, BlockFlow, Region, Statement, Tables
from provkit.quiet_parsing import with_filter
from provkit.redaction import redact

# The program may replace any of these in its own time.
_makedirs = os.makedirs
_replace = os.replace
_unlink = os.unlink
_stat = os.stat
_utime = os.utime

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from typing import Any

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_OWN_FILE = "bindings.py"
"""What rewriting imports of the package's top; all the rest of it lies in this folder."""
_ANY = ("error", None, Warning, None, 0)
_DIGEST = 32
_WRITABLE_BY_OTHERS = 0o022
_PLACES = ("augmented", "calls", "reads", "stored", "writes")
_FACTS = ("acts", "decides", "looks", "returns")


class KeptCode:
    """The folder in which rewritten code is kept, for one process; without a folder, nothing is."""

    def __init__(
        self, folder: str | None, unseen: Callable[[], AbstractContextManager[None]]
    ) -> None:
        """Take the folder, which need not be there, and what hides what is done with files from the recorder."""
        self._folder = folder
        self._unseen = unseen
        self._own = b""

    def find(self, text: bytes | str) -> Rewritten | None:
        """Give what a text was rewritten to; None if it is not kept, or not as it was written."""
        if self._folder is None:
            return None
        with self._unseen():
            place = self._place(text)
            try:
                status = _stat(place)
                if status.st_uid != os.geteuid() or status.st_mode & _WRITABLE_BY_OTHERS:
                    return None  # whoever could write it would have it run
                _utime(place)  # what has not been used for long goes first
            except OSError:
                return None
            kept = bytes_of(place)
        if kept is None:
            return None
        if len(kept) < _DIGEST or sha256(kept[_DIGEST:]).digest() != kept[:_DIGEST]:
            return None
        # Written by `keep`, and whole.
        return Rewritten(*marshal.loads(memoryview(kept)[_DIGEST:]))  # noqa: S302

    def may_keep(self, text: bytes | str) -> bool:
        """Tell whether what a text is rewritten to may be kept; the compiler is asked what it warns of."""
        if self._folder is None or sys.dont_write_bytecode or _deserves_warnings(text):
            return False
        written = text if isinstance(text, str) else text.decode("latin-1")
        return redact(written) == written

    def keep(self, text: bytes | str, rewritten: Rewritten) -> None:
        """Keep what a text was rewritten to, if that can be done."""
        with self._unseen():
            place = self._place(text)
            beside = f"{place}.{os.getpid()}"
            try:
                payload = marshal.dumps((rewritten.code, rewritten.told))
                _makedirs(os.path.dirname(place), 0o700, exist_ok=True)
                keep_bytes(beside, sha256(payload).digest() + payload)
                _replace(beside, place)
            except (OSError, ValueError, RecursionError):  # a full disk; an odd constant
                with suppress(OSError):
                    _unlink(beside)

    def _place(self, text: bytes | str) -> str:
        digest = sha256(self._of_own())
        is_text = isinstance(text, str)
        digest.update(b"text" if is_text else b"bytes")
        digest.update(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        return f"{self._folder}/{digest.hexdigest()}"

    def _of_own(self) -> bytes:
        """Sum up the interpreter, how it compiles, and the files that rewrite."""
        if not self._own:
            external: Any = sys.modules["_frozen_importlib_external"]
            files = [os.path.join(os.path.dirname(_OWN_FOLDER), _OWN_FILE)]
            with os.scandir(_OWN_FOLDER) as entries:
                files += sorted(entry.path for entry in entries if entry.name.endswith(".py"))
            stamps = [
                (file, status.st_size, status.st_mtime_ns) for file, status in _statuses(files)
            ]
            shortened = "no_debug_ranges" in sys._xoptions or "PYTHONNODEBUGRANGES" in os.environ  # noqa: SLF001
            facts = (external.MAGIC_NUMBER, sys.version, sys.flags.optimize, shortened, stamps)
            self._own = sha256(repr(facts).encode()).digest()
        return self._own


def _deserves_warnings(text: bytes | str) -> bool:
    """Tell whether the compiler warns of something in a text, whatever filters there are."""
    with with_filter(_ANY):
        try:
            compile(text, "<text>", "exec", dont_inherit=True)
        except SyntaxError:
            return True
    return False


def _statuses(files: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    for file in files:
        yield file, os.stat(file)


# --------------------------------------------------------------- tables, as what `marshal` can write


class Rewritten:
    """What a text was rewritten to, in built-in types; numbers begin at 0."""

    __slots__ = ("code", "told")

    def __init__(self, code: CodeType, told: tuple[Any, ...]) -> None:
        """Take the code with its placeholders, and what `of` has written of its tables."""
        self.code = code
        self.told = told

    @classmethod
    def of(cls, code: CodeType, tables: Tables) -> Rewritten:
        """Take the code of a text and its tables, which are apart."""
        scopes: list[Scope] = []
        numbers: dict[int, int] = {}

        def number_of(scope: Scope) -> int:
            if id(scope) not in numbers:
                if scope.parent is not None:
                    number_of(scope.parent)
                numbers[id(scope)] = len(scopes)
                scopes.append(scope)
            return numbers[id(scope)]

        statements = [{**vars(one), "scope": number_of(one.scope)} for one in tables.statements]
        named = [
            (
                None if one.parent is None else number_of(one.parent),
                *(one.region, one.own, one.declared_global, one.path),
            )
            for one in scopes
        ]
        regions = [
            (one.key, one.name, one.parent, one.parameters, one.is_loop) for one in tables.regions
        ]
        blocks = [_told(block) for block in tables.blocks]
        texts, plain = tables.texts, tables.plain_code()
        told = (statements, named, tables.names, tables.calls, texts, regions, blocks, plain)
        return cls(code, told)

    def put_into(self, tables: Tables, program: int) -> dict[str, int]:
        """Put all but the code into the tables of the process, as a program's; gives from where on it is counted."""
        statements, scopes, names, calls, texts, regions, blocks, (blocks_in, plain) = self.told
        since = tables.sizes(program)
        first_region, first_block = since["region"], since["ran"]
        known: list[Scope] = []
        for parent, region, own, declared_global, path in scopes:
            around = None if parent is None else known[parent]
            known.append(Scope(around, _after(region, first_region), own, declared_global, path))
        for told in statements:
            facts = {**told, "program": program, "scope": known[told["scope"]]}
            facts["region"] = _after(told["region"], first_region)
            for other in ("until", "previous"):
                if other in facts:
                    facts[other] += since["statement"]
            statement = Statement.__new__(Statement)
            statement.__dict__ = facts
            if statement.kind == "loop":
                # Code of a loop that can never go round does not name its slot.
                tables.slot("rounds", len(tables.statements))
            tables.statements.append(statement)
        tables.names.extend([(name, place, kind, program) for name, place, kind, _ in names])
        tables.calls.extend(calls)
        tables.texts.update({since["call"] + number: found for number, found in texts.items()})
        for key, name, parent, parameters, is_loop in regions:
            added = Region(program, key, name, _after(parent, first_region))
            added.parameters, added.is_loop = parameters, is_loop
            tables.add_region(added)
        for block in blocks:
            tables.add_block(program, _after(block[0], first_region))
            _fill(tables.blocks[-1], block)
        for number, inside in blocks_in.items():
            tables.add_plain_code(first_region + number, [first_block + one for one in inside])
        tables.may_run([first_block + one for one in plain])
        return since


def _after(number: int | None, since: int) -> int | None:
    return None if number is None else number + since


def _told(block: Block) -> tuple[Any, ...]:
    flows = [
        (
            *[tuple(getattr(flow, name)) for name in _PLACES],
            *[getattr(flow, name) for name in _FACTS],
        )
        for flow in block.flows
    ]
    reads, writes = tuple(block.reads), tuple(block.writes)
    return block.region, block.first, block.last, block.is_summed_up, reads, writes, flows


def _fill(block: Block, told: tuple[Any, ...]) -> None:
    _, block.first, block.last, block.is_summed_up, reads, writes, flows = told
    block.reads, block.writes = dict.fromkeys(reads), dict.fromkeys(writes)
    for augmented, calls, reads, stored, writes, *facts in flows:
        flow = BlockFlow.__new__(BlockFlow)
        flow.augmented, flow.calls = dict.fromkeys(augmented), dict.fromkeys(calls)
        flow.reads, flow.stored = dict.fromkeys(reads), dict.fromkeys(stored)
        flow.writes = dict.fromkeys(writes)
        flow.acts, flow.decides, flow.looks, flow.returns = facts
        block.flows.append(flow)
