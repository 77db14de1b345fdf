"""Rewritten code is kept, as Python keeps byte code: rewriting a text takes longer than all else at a program's start.

A file holds the code of one text as the compiler gave it, with placeholders where the hooks go, and what the
rewriting has put into the tables. Its name is a digest of all that this follows from: the text, the interpreter,
provkit's own code, and the numbers at which the text's own begin. Where that cannot be read or does not fit,
the text is rewritten. Nothing is kept where Python was told to write no byte code, nor of a text that holds what
looks like a secret, or that the compiler would warn of, as it then has to be asked again each time.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from types import CodeType
from typing import Any

from provkit.bindings import Scope
from provkit.capture.files import bytes_of, keep_bytes
from provkit.capture.regions import Block, BlockFlow, Region, Slot, Statement, Tables
from provkit.quiet_parsing import with_filter
from provkit.redaction import redact

# The program may replace any of these in its own time.
_makedirs = os.makedirs
_replace = os.replace
_unlink = os.unlink
_utime = os.utime

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_OWN_FILES = ("bindings.py", "statement_syntax.py")
"""What rewriting imports of the package's top; all the rest of it lies in this folder."""
_ANY = ("error", None, Warning, None, 0)
_DIGEST = 32
_FLAGS = ("augmented", "calls", "reads", "stored", "writes")
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

    def find(self, text: bytes | str, tables: Tables, program: int) -> CodeType | None:
        """Give the code of a text with its placeholders, and fill the tables as rewriting it would.

        Returns:
            None if it is not kept, or not as it was written.
        """
        if self._folder is None:
            return None
        with self._unseen():
            place = self._place(text, tables, program)
            kept = bytes_of(place)
            if kept is None:
                return None
            with suppress(OSError):
                _utime(place)  # what has not been used for long goes first
        if len(kept) < _DIGEST or sha256(kept[_DIGEST:]).digest() != kept[:_DIGEST]:
            return None
        code, added = marshal.loads(memoryview(kept)[_DIGEST:])  # noqa: S302  written by `keep`, and whole
        _add(tables, program, added)
        return code  # type: ignore[no-any-return]

    def place_of(self, text: bytes | str, tables: Tables, program: int) -> str | None:
        """Tell where the code of a text is to be kept; to be asked before it is rewritten. None if it is not to be."""
        if self._folder is None or sys.dont_write_bytecode:
            return None
        with self._unseen():
            return self._place(text, tables, program)

    def keep(
        self, place: str, text: bytes | str, code: CodeType, tables: Tables, since: Sizes
    ) -> None:
        """Keep what a text was rewritten to, if that can be done.

        Args:
            place: As `place_of` told it.
            text: The text, which is looked at once more.
            code: With the placeholders.
            tables: As they are now.
            since: Their sizes before.
        """
        written = text if isinstance(text, str) else text.decode("latin-1")
        if redact(written) != written:
            return
        beside = f"{place}.{os.getpid()}"
        try:
            payload = marshal.dumps((code, _added(tables, since)))  # type: ignore[arg-type]
            with self._unseen():
                _makedirs(os.path.dirname(place), 0o700, exist_ok=True)
                keep_bytes(beside, sha256(payload).digest() + payload)
                _replace(beside, place)
        except (
            OSError,
            ValueError,
            RecursionError,
        ):  # a full disk; a constant that cannot be written
            with self._unseen(), suppress(OSError):
                _unlink(beside)

    def _place(self, text: bytes | str, tables: Tables, program: int) -> str:
        said = repr((self._of_own(), sizes_of(tables), program, isinstance(text, str)))
        digest = sha256(said.encode())
        digest.update(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        return f"{self._folder}/{digest.hexdigest()}"

    def _of_own(self) -> bytes:
        """Sum up the interpreter, how it compiles, and the files that rewrite."""
        if not self._own:
            external: Any = sys.modules["_frozen_importlib_external"]
            files = [os.path.join(os.path.dirname(_OWN_FOLDER), name) for name in _OWN_FILES]
            with os.scandir(_OWN_FOLDER) as entries:
                files += sorted(entry.path for entry in entries if entry.name.endswith(".py"))
            stamps = [
                (file, status.st_size, status.st_mtime_ns) for file, status in _statuses(files)
            ]
            shortened = "no_debug_ranges" in sys._xoptions or "PYTHONNODEBUGRANGES" in os.environ  # noqa: SLF001
            facts = (external.MAGIC_NUMBER, sys.version, sys.flags.optimize, shortened, stamps)
            self._own = sha256(repr(facts).encode()).digest()
        return self._own


def deserves_warnings(text: bytes | str) -> bool:
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

Sizes = tuple[int, int, int, int, int]
"""Of the tables: statements, names, calls, functions and loops, blocks."""


def sizes_of(tables: Tables) -> Sizes:
    """Count what is in the tables."""
    return (
        len(tables.statements),
        len(tables.names),
        len(tables.calls),
        len(tables.regions),
        len(tables.blocks),
    )


def _added(tables: Tables, since: Sizes) -> tuple[object, ...]:
    """Give what has come into the tables since they had these sizes, in built-in types alone."""
    statements, names, calls, regions, blocks = since
    scopes: dict[int, tuple[int, Scope]] = {}

    def number_of(scope: Scope) -> int:
        found = scopes.get(id(scope))
        if found is None:
            if scope.parent is not None:
                number_of(scope.parent)
            found = scopes[id(scope)] = (len(scopes), scope)
        return found[0]

    told = []
    for one in tables.statements[statements:]:
        facts = dict(vars(one))
        facts["scope"] = number_of(facts["scope"])
        told.append(facts)
    return (
        told,
        [
            (
                None if one.parent is None else number_of(one.parent),
                one.region,
                one.own,
                one.declared_global,
                one.path,
            )
            for _, one in scopes.values()
        ],
        tables.names[names:],
        tables.calls[calls:],
        {number: texts for number, texts in tables.texts.items() if number >= calls},
        [
            (one.key, one.name, one.parent, one.parameters, one.is_loop)
            for one in tables.regions[regions:]
        ],
        [
            (
                one.region,
                one.first,
                one.last,
                one.is_summed_up,
                tuple(one.reads),
                tuple(one.writes),
                [_flow(flow) for flow in one.flows],
            )
            for one in tables.blocks[blocks:]
        ],
        *tables.plain_code_since(regions, blocks),
    )


def _flow(flow: BlockFlow) -> tuple[object, ...]:
    return (
        *[tuple(getattr(flow, name)) for name in _FLAGS],
        *[getattr(flow, name) for name in _FACTS],
    )


def _add(tables: Tables, program: int, added: Any) -> None:
    """Put into the tables what `_added` has given, as that of a program."""
    statements, scopes, names, calls, texts, regions, blocks, blocks_in, plain = added
    known: list[Scope] = []
    for parent, region, own, declared_global, path in scopes:
        known.append(
            Scope(None if parent is None else known[parent], region, own, declared_global, path)
        )
    for facts in statements:
        facts["scope"] = known[facts["scope"]]
        statement = Statement.__new__(Statement)
        statement.__dict__ = facts
        tables.statements.append(statement)
    tables.names.extend(names)
    tables.calls.extend(calls)
    tables.texts.update(texts)
    for key, name, parent, parameters, is_loop in regions:
        region = Region(program, key, name, parent)
        region.parameters, region.is_loop = parameters, is_loop
        tables.add_region(region)
    for region, first, last, is_summed_up, reads, writes, flows in blocks:
        block = Block(program, region)
        block.first, block.last, block.is_summed_up = first, last, is_summed_up
        block.reads, block.writes = dict.fromkeys(reads), dict.fromkeys(writes)
        block.flows = [_as_flow(flow) for flow in flows]
        tables.blocks.append(block)
        tables.ran.append(Slot())
    tables.add_plain_code(blocks_in, plain)


def _as_flow(told: tuple[Any, ...]) -> BlockFlow:
    flow = BlockFlow.__new__(BlockFlow)
    augmented, calls, reads, stored, writes, *facts = told
    flow.augmented, flow.calls = dict.fromkeys(augmented), dict.fromkeys(calls)
    flow.reads, flow.stored, flow.writes = (
        dict.fromkeys(reads),
        dict.fromkeys(stored),
        dict.fromkeys(writes),
    )
    flow.acts, flow.decides, flow.looks, flow.returns = facts
    return flow
