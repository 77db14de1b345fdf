"""The recorder of a kernel: each cell that its shell runs, and the steps in it.

Runs in the kernel: the standard library only, IPython is what the kernel brings. The shell is let be: its events
are listened to, and its compiler gives code that is rewritten. What a cell displays is displayed by IPython.
"""

from __future__ import annotations

import ast
import copy
import os
import re
import sys
from hashlib import sha256
from types import CodeType
from typing import Any

from provkit.bindings import place
from provkit.capture.cell_text import files_named
from provkit.capture.exceptions import failure_of
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.kept_models import is_model
from provkit.capture.open_cells import OpenCell, is_program, move, twins_of
from provkit.capture.outputs import OutputTail
from provkit.capture.placeholders import OF_HOOKS, with_hooks
from provkit.capture.reloaded_modules import ReloadedModules
from provkit.capture.rewriting import needs_twin
from provkit.capture.running import Calling, Running
from provkit.capture.shell_arrival import when_shell_is_made
from provkit.capture.shown_outputs import ShownOutputs
from provkit.capture.values import is_atom
from provkit.magic_bodies import Opened
from provkit.quiet_parsing import with_filter
from provkit.redaction import remember_arguments

_TEXTS = "source-texts"
_COMMANDS = ("system", "system_piped", "system_raw", "getoutput", "run_cell_magic")
_STAGE = re.compile(r"\s*%%stage[ \t]+(\S[^\n]*?)[ \t]*(?:\n|$)")


class KernelRecorder(ReloadedModules):
    """One kernel that is being watched."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        super().__init__(journal, options)
        # What cells write is kept with them.
        self._tails = []
        self._files.only_inside = True
        self._kind = str(options["notebook"])
        self._about: dict[str, object] = options.get("about", {})  # type: ignore[assignment]
        self._is_started = False
        self._stands_for = self.constants()
        self._shown: ShownOutputs | None = None
        self._texts: Journal | None = None
        self._texts_kept: set[str] = set()

    # ---------------------------------------------------------------- what the bootstrap calls

    def main(self, _namespace: dict[str, object]) -> None:
        """Wait for the kernel's shell."""
        when_shell_is_made(self.attend)

    def attend(self, shell: Any) -> None:
        """Begin to watch a shell; it may have run cells before."""
        self._guarded(self._attend_to, shell)

    def dismiss(self) -> None:
        """Let the shell alone again."""
        if self._shell is None:
            return
        self._shell.compile.__class__ = type(self._shell.compile).__mro__[1]
        if _without_stage in self._shell.input_transformers_cleanup:
            self._shell.input_transformers_cleanup.remove(_without_stage)
        for event, function in self._callbacks():
            self._shell.events.unregister(event, function)
        self.ended(0)
        self._journal.close()
        if self._texts is not None:
            self._texts.close()

    def settle(self) -> None:
        """Write down all that is known so far, for somebody who is about to read the journal."""
        self._guarded(self._drain)

    def tag(self, obj: object, said: str) -> None:
        """Note what somebody says that an object is."""
        if not self._off:
            self._guarded(self._tag, obj, said)

    def tag_cell(self, said: str) -> None:
        """Note what somebody says that the cell is which is being run."""
        if not self._off and self._cells and self._cells[-1].order is not None:
            self._journal.write(f'["tag","cell",{self._cells[-1].order},{text(said)}]')

    def _tag(self, obj: object, said: str) -> None:
        known = None if is_atom(obj) else self._objects.find(obj, self._made())
        value = known.value if known is not None else None
        running = self._statement()
        if value is None and running is not None and is_atom(obj):
            read = {value for _, value in running.reads}
            held = self._names.names.values()
            value = next((v for identity, v in held if identity == id(obj) and v in read), None)
        if value is None:
            value = self._objects.new_value(obj)
            if not is_atom(obj):
                self._objects.hold(obj, value, None, None)
        self._journal.write(f'["tag","value",{value},{text(said)}]')
        if not is_atom(obj) and is_model(obj):
            self._kept.keep(obj, value)

    def _attend_to(self, shell: Any) -> None:
        self._shell = shell
        self._names.namespace = shell.user_ns
        self._at_start = frozenset(sys.modules)
        facts = {"language": "python", "implementation": sys.implementation.name}
        for name in ("IPython", "ipykernel"):
            version = getattr(sys.modules.get(name), "__version__", None)
            if isinstance(version, str):
                facts[name.lower()] = version
        about = self._about
        self._journal.write(
            f'["notebook",{text(self._kind)},{json_of(about.get("path"))},{json_of(about.get("kernel"))},'
            f"{json_of(facts)},{json_of(about.get('previous'))}]"
        )
        if shell.user_ns is not shell.user_global_ns:
            self._degrade(
                "the shell keeps its names apart from its globals: cells are recorded whole"
            )
        else:
            shell.compile.__class__ = _watched_compiler(type(shell.compile), self)
        shell.input_transformers_cleanup.append(_without_stage)
        for event, function in self._callbacks():
            shell.events.register(event, function)
        if self._kind == "live":
            self._watch_outputs(shell)
        self._pass_over_modules()
        self._attach()

    def _watch_outputs(self, shell: Any) -> None:
        session = getattr(getattr(shell, "kernel", None), "session", None)
        if session is None:  # a terminal: what is written there is kept as that of a script
            self._tails = [OutputTail(self._journal, name) for name in ("stdout", "stderr")]
            return
        self._shown = ShownOutputs(session)

    def _drain(self) -> None:
        """Write down the outputs that have come."""
        if self._shown is None:
            self._flush()
            return
        for order, output in self._shown.taken(flush=bool(self._cells)):
            value = None
            if output["output_type"] == "execute_result":
                bound = self._names.names.get(f"_{output.get('execution_count')}")
                value = bound[1] if bound is not None else None
            self._journal.write(
                f'["shown",{json_of(order)},{json_of(output)}{"" if value is None else f",{value}"}]'
            )

    def _callbacks(self) -> list[tuple[str, Any]]:
        return [
            ("pre_execute", self.message_begins),
            ("post_execute", self.message_ends),
            ("pre_run_cell", self.cell_begins),
            ("post_run_cell", self.cell_ends),
        ]

    # ---------------------------------------------------------------- cells

    def cell_begins(self, info: Any) -> None:
        """IPython is about to run a cell."""
        self._resume_untraced()
        if self._off:
            return
        if not self._is_started:
            # Before the first request a kernel runs its owner's startup files, which are no cells.
            if not info.store_history:
                return
            self._is_started = True
        if not self._is_own_thread():
            self._degrade("a cell ran in another thread; it is not in the record")
            return
        if not self._cells:
            self._guarded(self._cell_awakes)
        cell = OpenCell(info, self._journal.now())
        self._body_begun(cell)
        self._cells.append(cell)

    def cell_ends(self, result: Any) -> None:
        """IPython has run a cell, or given it up."""
        self._paused_for = None
        self._resume_untraced()
        if not self._off and self._cells and self._is_own_thread():
            self._guarded(self._cell_ended, result)

    def cell_named(self, transformed: str, count: int, filename: str) -> None:
        """IPython has turned a cell's text into Python."""
        cell = self._cells[-1] if self._cells else None
        if cell is not None and cell.filename is None and not self._off:
            cell.text, cell.count, cell.filename = transformed, count, filename

    def is_straight(self, tree: object, filename: str) -> bool:
        """Tell whether code is a statement of the cell that is being run, and has neither functions nor loops in it."""
        return (
            isinstance(tree, ast.Module | ast.Interactive)
            and self._cell_of(filename) is not None
            and not self._shell.ast_transformers
            and not needs_twin(tree)
        )

    def statement_code(self, tree: ast.AST, filename: str, symbol: str) -> ast.AST | None:
        """Instrument one statement of the cell that is being run; None if it is to run as it is."""
        cell = self._cell_of(filename)
        try:
            if cell is None:
                return self._body_code(tree, filename) if self._is_followed() else None
            if not isinstance(tree, ast.Module | ast.Interactive) or len(tree.body) != 1:
                return None
            self._meet(cell)
            if self._off:
                return None
            return self._instrumented(cell, tree, symbol)
        except Exception as error:  # noqa: BLE001  whatever it is, the cell runs
            self._degrade(
                f"a statement of a cell could not be instrumented ({type(error).__name__}: {error})"
            )
            return None

    def _meet(self, cell: OpenCell) -> None:
        """Take notice of a cell that is a program, before its first statement runs."""
        if cell.order is None and cell.within is not None:
            self._guarded(self._body_met, cell)
        if cell.order is None:
            self._guarded(self._announce, cell, True)

    def pristine(self, tree: Any) -> Any:
        """Give a statement of the cell that is being run as it was before it was instrumented."""
        cell = self._cells[-1]
        first = {place(one): one for one in twins_of(cell.text)}
        tree.body = [found for node in tree.body if (found := first.get(place(node))) is not None]
        return tree

    def finished(self, code: CodeType) -> CodeType:
        """Put the hooks into code that was compiled from what `statement_code` gave."""
        return with_hooks(code, self._stands_for, self._tables)  # type: ignore[arg-type]

    def _cell_of(self, filename: str) -> OpenCell | None:
        if not self._is_followed() or self._cells[-1].filename != filename:
            return None
        return self._cells[-1]

    def _is_followed(self) -> bool:
        return not self._off and bool(self._cells) and self._is_own_thread()

    def _announce(self, cell: OpenCell, can_run: bool) -> None:  # noqa: FBT001
        """Tell that a cell runs, and what its text is."""
        raw = cell.info.raw_cell.encode("utf-8", "surrogatepass")
        digest = sha256(raw).hexdigest()
        self._keep_source(raw, digest)
        cell.plan = self._plans
        self._modules[cell.plan] = self._names
        opened = self._opened(cell) if can_run else Opened(cell.text)
        cell.opened, cell.bodies = opened.text, {body.line: body for body in opened.bodies}
        compiled = cell.opened.encode("utf-8", "surrogatepass")
        # Both go with the beginning of the first statement: a cell costs one `write(2)` less for each.
        self._journal.tell(self._source_met(compiled, None, "cell", can_run))
        parent = self._current_order()
        cell.order = self.open_cell()
        identifier, index = self._identity(cell, parent)
        if cell.filename is not None:
            self._files.user_files.add(cell.filename)
            self._plans_of_files[cell.filename] = cell.plan
        self._journal.tell(
            f'["cell",{cell.order},{cell.plan},{text(identifier)},{json_of(index)},"{digest}",'
            f"{json_of(cell.count)},{cell.time_ns},{json_of(parent)}]"
        )
        if self._shown is not None and parent is None:
            self._shown.begin(self._shell, cell.order)
        stage = _STAGE.match(cell.info.raw_cell)
        if stage is not None:
            self._journal.write(f'["tag","stage",{cell.order},{text(stage[1])}]')
        if parent is None:
            self._look_at_reloaded()

    def _keep_source(self, source: bytes, digest: str) -> None:
        """Put the text of a cell with those of the others, once: a file of its own takes as long as all the rest."""
        if digest in self._texts_kept:
            return
        self._texts_kept.add(digest)
        try:
            said = text(source.decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:  # a module in another encoding
            super()._keep_source(source, digest)
            return
        if self._texts is None:
            self._texts = Journal(f"{self._folder}/{_TEXTS}")
        self._texts.write(f'["{digest}",{said}]')

    def _identity(self, cell: OpenCell, parent: int | None) -> tuple[str | None, int | None]:
        """Find a cell's id and place, as far as whoever sent it said so."""
        if parent is not None:
            return None, None
        identifier = getattr(cell.info, "cell_id", None)
        metadata: dict[str, Any] = {}
        get_parent = getattr(self._shell, "get_parent", None)
        if get_parent is not None:
            metadata = (get_parent() or {}).get("metadata") or {}
        if identifier is None:
            identifier = metadata.get("cellId")
        index = (metadata.get("provkit") or {}).get("index")
        return identifier if type(identifier) is str else None, index if type(
            index
        ) is int else None

    def _cell_ended(self, result: Any) -> None:
        info = getattr(result, "info", None)
        if result is not None and all(cell.info is not info for cell in self._cells):
            return
        cell = self._cells.pop()
        while result is not None and cell.info is not info:
            self._close(cell, None, "aborted")
            cell = self._cells.pop()
        error = None
        if result is not None:
            error = result.error_before_exec or result.error_in_exec
            if cell.count is None:
                cell.count = result.execution_count
        self._close(cell, error, "aborted" if result is None else "error" if error else "ok")

    def _close(self, cell: OpenCell, error: BaseException | None, status: str) -> None:
        if cell.within is not None:
            self._leave_statements(cell.within.cell, error)
            return
        while self._inside and self._inside[-1].cell is cell:
            self._inside.pop()
        if cell.order is None:
            self._announce(cell, is_program(cell.text))
        assert cell.order is not None
        self._break_run(error)
        self.close_cell(cell.order, error)
        self._tell_plain_code()
        self._names.gone()
        self._drain()
        now = self._journal.now()
        if error is not None:
            self._journal.write(f'["failed",{cell.order},{now},{failure_of(error)}]')
        self._journal.write(
            f'["cell-done",{cell.order},{now},{text(status)},{json_of(cell.count)}]'
        )
        self._kept.at_once()
        if not self._cells:
            self._rest()

    # ---------------------------------------------------------------- statements of cells

    def _instrumented(self, cell: OpenCell, tree: Any, symbol: str) -> ast.AST | None:
        node = tree.body[0]
        body = cell.bodies.get(node.lineno)
        if body is not None:
            around = self._assigned_body if body.is_assigned else self._around_body
            return around(cell, tree, body)
        shift = cell.within.shift if cell.within is not None else 0
        move(tree.body, shift)
        twin = self._twin(cell, node) if needs_twin(tree) else None
        tree.body = self._instrument(cell, node, twin, symbol)
        move(tree.body, -shift)
        return tree  # type: ignore[no-any-return]

    def _twin(self, cell: OpenCell, node: ast.stmt) -> ast.stmt:
        if self._shell.ast_transformers:
            return copy.deepcopy(node)
        if not cell.twins:
            cell.twins = {place(one): one for one in twins_of(cell.text)}
        return cell.twins.get(place(node)) or copy.deepcopy(node)

    # ---------------------------------------------------------------- the shell is no value

    def _call(self, number: int, function: object) -> None:
        super()._call(number, function)
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Calling) and top.receiver and top.receiver[0] is self._shell:
            top.receiver = None
            if top.callee.name.rpartition(".")[2] in _COMMANDS:
                for name in files_named(self._tables.texts.get(number, ())):
                    top.look_for_file(name)

    def _result_value(self, calling: Calling, statement: Running, obj: object) -> int | None:
        return None if obj is self._shell else super()._result_value(calling, statement, obj)

    def _tell_end(self, status: int | None) -> None:
        self._look_between()
        while self._cells:
            self._close(self._cells.pop(), None, "aborted")
        self._drain()
        if self._shown is not None:
            self._shown.end()
        super()._tell_end(status)


def _without_stage(lines: list[str]) -> list[str]:
    """Take `%%stage` off a cell: the rest is run as if it were not there, and keeps its lines' numbers."""
    if lines and _STAGE.match(lines[0]):
        return ["\n", *lines[1:]]
    return lines


def _watched_compiler(plain: type[Any], recorder: KernelRecorder) -> type[Any]:
    """Make the class of a compiler whose statements of cells report what they do."""

    class Compiler(plain):  # type: ignore[misc]
        def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> Any:
            name = super().cache(transformed_code, number, raw_code)
            recorder.cell_named(transformed_code, number, name)
            return name

        def __call__(
            self, source: Any, filename: str, symbol: str, *more: Any, **flags: Any
        ) -> Any:
            is_straight = recorder.is_straight(source, filename)
            code = None
            if not is_straight:
                # First as it is: what it deserves to be warned of, and what is wrong with it, is said now and once.
                code = super().__call__(source, filename, symbol, *more, **flags)
            tree = recorder.statement_code(source, filename, symbol)
            if tree is not None:
                try:
                    with with_filter(*(OF_HOOKS,) * is_straight):
                        hooked = super().__call__(tree, filename, symbol, *more, **flags)
                    return recorder.finished(hooked)
                except Exception:  # noqa: BLE001, S110  whatever it is, the cell runs
                    pass
            if code is None:
                source = recorder.pristine(source)
                code = super().__call__(source, filename, symbol, *more, **flags)
            return code

    Compiler.__name__, Compiler.__qualname__ = plain.__name__, plain.__qualname__
    Compiler.__module__ = plain.__module__
    return Compiler


def begin(options: dict[str, object]) -> KernelRecorder | None:
    """Begin to watch this kernel.

    Args:
        options: Those of `recorder.begin`; `notebook` is `executed` or `live`, `about` holds what is known of it:
            `path`, `kernel`, `previous`.

    Returns:
        The recorder; None if the journal cannot be written, and so nothing will be watched.
    """
    try:
        remember_arguments(list(sys.argv))
        return KernelRecorder(Journal(f"{options['journal']}/{os.getpid()}.jsonl"), options)
    except Exception:  # noqa: BLE001  the kernel comes first; the parent sees that there is no journal
        return None
