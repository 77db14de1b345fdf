"""The recorder of a watched process: what surrounds the program, and the program through its hooks."""

from __future__ import annotations

import ast
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from types import CodeType, ModuleType, TracebackType

from provkit.capture import callees, effects
from provkit.capture.exceptions import MESSAGE, failure_of, traceback_of
from provkit.capture.files import FileWatch, bytes_of, keep_bytes
from provkit.capture.held_objects import OWN_MODULES
from provkit.capture.hooks import Hooks
from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import VERSION, Journal, json_of, text
from provkit.capture.kept_code import KeptCode, Rewritten
from provkit.capture.long_packages import LongPackages
from provkit.capture.meaning import Meaning
from provkit.capture.objects import Places
from provkit.capture.observation import FULL
from provkit.capture.opaque_files import (
    listing_of,
    looks_at_files,
    says_it_reads,
    touched,
)
from provkit.capture.outputs import OutputTail
from provkit.capture.placeholders import OF_HOOKS, with_hooks
from provkit.capture.regions import Tables
from provkit.capture.rewriting import needs_twin, rewrite
from provkit.capture.running import Calling, Returned
from provkit.capture.values import is_atom, is_code
from provkit.quiet_parsing import with_filter
from provkit.redaction import redact, redact_arguments, redact_path, remember, remember_arguments

_TOO_LONG = "{!r} is long and taken for a library's: what happens inside the functions of such code is not looked into"


class Recorder(Hooks):
    """One watched program."""

    def __init__(self, journal: Journal, options: dict[str, object]) -> None:
        libraries = list(
            dict.fromkeys(
                [sys.prefix, sys.base_prefix, sys.exec_prefix]
                + [
                    folder
                    for folder in sys.path
                    if folder.endswith(("site-packages", "dist-packages"))
                ]
            )
        )
        super().__init__(journal, str(options["project"]), libraries)
        self._installed = tuple(libraries)
        self._long = LongPackages(libraries)
        changes = options.get("changes")
        if isinstance(changes, dict):
            effects.learn(changes)
        self._folder = os.path.dirname(journal.path)
        self._modules_seen: set[str] = set()
        self._modules_count = 0
        self._plain_told: set[int] = set()
        """Blocks of plain code that have been told to have run."""
        self._plans = 0
        self._tails = [OutputTail(journal, "stdout"), OutputTail(journal, "stderr")]
        self._files = FileWatch(
            journal,
            order=self._current_order,
            own_folder=str(options["store"]),
            project=self._project,
            libraries=self._libraries,
            set_environment=self._hidden.process.set_environment,
            was_absent=self._was_absent,
        )
        folder = options.get("kept_code")
        self._kept_code = KeptCode(folder if isinstance(folder, str) else None, self._files.unseen)
        self.listeners.append(self._look_at_paths)
        meaning = Meaning(
            journal,
            self._version_of,
            self._project,
            self._libraries,
            keep_models=bool(options.get("keep_models")),
        )
        self._kept = meaning.kept
        self.listeners.append(meaning.returned)
        self.stores.append(meaning.stored)
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
        plain: CodeType | None = None
        rewritten = self._code_kept(program, filename)
        if rewritten is None:
            try:
                with _no_collection():
                    tree = ast.parse(program, filename)
                    # Without functions and loops nothing is there twice or moved: what the text deserves to be warned
                    # of is said as ever.
                    if needs_twin(tree):
                        plain = compile(tree, filename, "exec", dont_inherit=True)
                    rewritten = self._rewritten(tree, program, filename, is_said=plain is not None)
            except SyntaxError:
                raise
            except Exception as error:  # noqa: BLE001  whatever it is, the program runs
                self._degrade(
                    f"the program could not be instrumented ({type(error).__name__}: {error})"
                )
        path = None if kind == "command" else filename
        is_instrumented = rewritten is not None
        self._guarded(
            lambda: self._journal.write(self._source_met(source, path, kind, is_instrumented))
        )
        self._files.user_files.add(filename)
        self._long.program = filename
        if rewritten is not None:
            return rewritten
        return compile(program, filename, "exec", dont_inherit=True) if plain is None else plain

    def main(self, namespace: dict[str, object]) -> None:
        """Take notice of the program's namespace, just before it runs."""
        self._modules[0] = Places(namespace, None, None)
        self._guarded(self._attach)

    def failed(self, exception: BaseException) -> None:
        """Tell that nobody caught an exception."""
        self._guarded(self._tell_failure, exception)

    def ended(self, status: int | None) -> None:
        """Tell that the program's main module ended, and with which status, if that is known."""
        self._guarded(self._tell_end, status)

    # ---------------------------------------------------------------- around the program

    def _current_order(self) -> int | None:
        return self._stack[-1].order if self._stack else None

    def _code_kept(self, source: bytes | str, filename: str) -> CodeType | None:
        """Give a program's instrumented code if it has been kept."""
        try:
            kept = self._kept_code.find(source)
            return None if kept is None else self._hooked(kept, filename)
        except Exception as error:  # noqa: BLE001  then it is made anew
            self._degrade(f"kept code could not be used ({type(error).__name__}: {error})")
            return None

    def _hooked(self, rewritten: Rewritten, filename: str) -> CodeType:
        since = rewritten.put_into(self._tables, self._plans)
        return with_hooks(rewritten.code, self.constants(), self._tables, filename, since)  # type: ignore[arg-type]

    def _rewritten(
        self, tree: ast.Module, source: bytes | str, filename: str, *, is_said: bool
    ) -> CodeType:
        """Instrument a program, and keep the code.

        Args:
            tree: The program; changed.
            source: Its text.
            filename: Stands in tracebacks.
            is_said: It has been compiled as it is, so that all has been said that it deserves to be warned of.
        """
        # It may not be there any more, and the compiler looks for its filters there.
        beside = {"warnings": sys.modules["warnings"]} if "warnings" in sys.modules else {}
        sys.modules["warnings"] = warnings
        try:
            with with_filter(*(OF_HOOKS,) * (not is_said)):
                twin = ast.parse(source, filename) if is_said and needs_twin(tree) else None
                tables = Tables(are_apart=True)
                rewritten = Rewritten.of(rewrite(tree, twin, filename, tables, 0), tables)
                is_to_be_kept = self._kept_code.may_keep(source)
        finally:
            del sys.modules["warnings"]
            sys.modules.update(beside)
        if is_to_be_kept:
            self._kept_code.keep(source, rewritten)
        return self._hooked(rewritten, filename)

    def module_code(self, name: str, path: str, source: bytes) -> CodeType | None:
        """Compile a module of the project, instrumented; None for any other module, and if that cannot be done."""
        if self._off or not callees.is_own(path, self._project, self._libraries):
            return None
        if self._long.takes(name, path, len(source)):
            if len(self._long.taken) == 1:
                what = redact_path(os.path.relpath(self._long.taken[0], self._project))
                self._journal.warn(_TOO_LONG.format(what))
            return None
        try:
            code = self._code_kept(source, path)
            if code is None:
                with _no_collection():
                    code = self._rewritten(ast.parse(source, path), source, path, is_said=True)
            self._files.user_files.add(path)
            OWN_MODULES.add(name)
            self._journal.write(self._source_met(source, path, "module", True, name))
        except Exception as error:  # noqa: BLE001  whatever it is, the program runs
            self._degrade(
                f"the module {name!r} could not be instrumented ({type(error).__name__}: {error})"
            )
            return None
        return code

    def _watch_imports(self) -> None:
        """Let the loader of source files give the code of the project's modules as it is rewritten.

        The loader's own code is asked for first: what it says and writes is said and written as ever. What stands in
        its place counts as the import system's in tracebacks, which leave that out.
        """
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        original = loader.get_code
        module_code = self.module_code

        def get_code(self: object, fullname: str) -> object:
            code = original(self, fullname)
            if code is None or type(self) is not loader:
                return code
            rewritten = module_code(fullname, code.co_filename, bytes_of(code.co_filename) or b"")
            return code if rewritten is None else rewritten

        plain = get_code.__code__
        get_code.__code__ = plain.replace(co_filename=original.__code__.co_filename)
        loader.get_code = get_code

    def _source_met(
        self,
        source: bytes,
        path: str | None,
        kind: str,
        instrumented: bool,  # noqa: FBT001
        module: str | None = None,
    ) -> str:
        """Number a source text, keep it, and give the event that tells of it."""
        digest = sha256(source).hexdigest()
        self._keep_source(source, digest)
        told = path and redact_path(os.path.abspath(path))
        number = self._plans
        self._plans += 1
        return (
            f'["source",{number},{text(kind)},{text(told)},"{digest}",{len(source)},'
            f"{json_of(instrumented)}{',' + text(module) if module else ''}]"
        )

    def _keep_source(self, source: bytes, digest: str) -> None:
        """Put a source text beside the journal: the file may be gone when the program ends."""
        keep_bytes(f"{self._folder}/source-{digest}", source)

    def _flush(self) -> None:
        for tail in self._tails:
            tail.flush()

    def _attach(self) -> None:
        for tail in self._tails:
            tail.attach()
        self._files.also("sys.settrace", self._make_way)
        self._files.also("sys.setprofile", self._make_way)
        self._files.attach()
        self._watch_imports()

    def _was_absent(self, path: str) -> bool:
        """Tell whether there was no such file when the call that is going on began."""
        top = self._stack[-1] if self._stack else None
        if not isinstance(top, Calling) or top.paths is None:
            return False
        return top.paths.get(path, path) is None

    def _look_at_paths(self, returned: Returned) -> None:
        """Tell of the files that a call has opened past Python, or has looked at."""
        if returned.paths is not None and looks_at_files(returned.callee):
            for path in returned.paths:
                self._files.tell_of_look(path, returned.order)
            return
        for path, before in (returned.paths or {}).items():
            reads = says_it_reads(returned.callee)
            for action, name in touched(path, before, listing_of(path), reads=reads):
                self._files.tell_of(action, name, returned.order)

    def _look_at_all_files(self, order: int) -> None:
        self._files.tell_of_look(os.path.join(os.path.abspath("."), "**"), order)

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
            own = isinstance(file, str) and callees.is_own(file, self._project, self._installed)
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
        source = self._files.read_unseen(file)
        if source is None:
            return
        digest = sha256(source).hexdigest()
        self._keep_source(source, digest)
        self._journal.write(
            f'["module",{text(name)},{text(os.path.abspath(file))},"{digest}",{len(source)}]'
        )

    def _tell_failure(self, exception: BaseException) -> None:
        self._break_run(exception)
        self._leave(0, exception)
        shown = traceback_of(exception)
        self._journal.write(f'["raised",{failure_of(exception)},{text(redact(shown))}]')

    def _tell_what_is_left(self) -> None:
        """Tell of the program's own names whose objects hold what has changed since they did themselves."""
        self._tell_what_others_left()
        places = self._modules.get(0)
        if places is None or places.namespace is None:
            return
        for name, (identity, value) in list(places.names.items()):
            obj = places.namespace.get(name)
            if id(obj) != identity or is_atom(obj) or is_code(obj):
                continue
            members = self._objects.newer_members(obj, value)
            if members:
                self._tell_left(name, value, self._objects.new_value(obj), members)

    def _tell_left(self, name: str, old: int, new: int, sources: list[int]) -> None:
        self._journal.write(f'["left",{text(name)},{old},{new},{json_of(sources)}]')

    def _tell_plain_code(self) -> None:
        """Tell which statements have run without being looked into, of those that were not told of so far."""
        told: dict[int, list[str]] = {}
        for number in self._tables.plain_since(1):
            block = self._tables.blocks[number]
            if number in self._plain_told or block.first == (0, 0):
                continue
            self._plain_told.add(number)
            (line, column), (last_line, last_column) = block.first, block.last
            found = f'["{line}.{column}","{last_line}.{last_column}"]'
            told.setdefault(block.program, []).append(found)
        for program, blocks in told.items():
            self._journal.write(f'["plain",{program},[{",".join(blocks)}]]')

    def _tell_of_workers(self) -> None:
        """Say that processes which `multiprocessing` has started were not looked into, if there were any."""
        module = sys.modules.get("multiprocessing.process")
        counter = module.__dict__.get("_process_counter") if type(module) is ModuleType else None
        if type(counter) is not count:
            return
        started = int(repr(counter)[len("count(") : -1]) - 1
        if started > 0:
            what = "a process" if started == 1 else f"{started} processes"
            self._journal.warn(
                f"the files that {what} of multiprocessing read and wrote are not told"
            )

    def _tell_end(self, status: int | None) -> None:
        self._tell_plain_code()
        self._look_at_modules()
        if self._ran_out:
            self._degrade(
                f"recording stopped: {FULL}" if self._off else f"not all was seen: {FULL}"
            )
        if not self._off:
            self._tell_what_is_left()
            self._kept.at_end()
            self._tell_of_workers()
        for tail in self._tails:
            tail.flush(at_end=True)
        self._journal.write(f'["end",{self._journal.now()},{json_of(status)}]')
        self._off = True
        # Held on, the program's objects would not be finalised when the interpreter ends.
        self._modules.clear()
        self._latest.clear()
        self._closures.clear()
        self._pending.clear()
        self._stack.clear()
        self._objects.forget()
        self._hidden.forget()
        self._activation = None

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
            self._journal.warn(redact(message)[:MESSAGE])
        except Exception:  # noqa: BLE001, S110  there is nowhere left to say it
            pass


def begin(options: dict[str, object]) -> Recorder | None:
    """Begin to watch this process.

    Args:
        options: `journal` (the folder to write to), `trial`, `version`, `project` and `store` (folders); `keep_models`.

    Returns:
        The recorder; None if the journal cannot be written, and so nothing will be watched.
    """
    try:
        remember_arguments(list(sys.argv))
        return Recorder(Journal(f"{options['journal']}/{os.getpid()}.jsonl"), options)
    except Exception:  # noqa: BLE001  the program comes first; the parent sees that there is no journal
        return None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no cycles: trees are large and have none, and it would take longer than all the rest."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _innermost(trace: TracebackType | None) -> str:
    place = ""
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
