"""How an interpreter that was told to run provkit's bootstrap comes to run the user's program.

Runs in the user's process, with the user's interpreter: standard library only, few imports, and
nothing of provkit left where the program could see it. `importlib_bootstrap.py` is the script
that the interpreter was given, and loads this file. The command line is

    PYTHON [FLAG ...] importlib_bootstrap.py OPTIONS TARGET [ARGUMENT ...]

with OPTIONS an ASCII Python literal (a dict; `script.run` says which keys), so that no JSON
parser has to be loaded, and the rest as the system gave it, so that it decodes as it would have.

Until the user's code starts, whatever goes wrong (a syntax error in the script, an error of
ours) ends in replacing the process by plain python, which then says what it has to say.
"""

# pathlib would cost 4 ms, and python's own private doors are what is mimicked:
# ruff: noqa: SLF001

import sys

TYPE_CHECKING = False  # of typing, which costs 3 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec
    from types import ModuleType, TracebackType
    from typing import Any

MAIN_NAMES = frozenset(
    {
        "__annotations__",
        "__builtins__",
        "__cached__",
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__spec__",
    }
)
"""What plain python has put into `__main__` before it runs a script."""

TRACER = ("bindings", "capture", "magic_bodies", "quiet_parsing", "redaction")
"""Top-level names below `provkit` that the tracer may import while it loads."""


class Unwatched:
    """The recorder of a program that nobody watches; every recorder has these methods."""

    def code(self, source: bytes, filename: str, kind: str) -> object:
        """Compile the program; `kind` is `script`, `module` or `command`.

        A command comes as UTF-8 and has no coding cookie.
        """
        text = source.decode("utf-8") if kind == "command" else source
        return compile(text, filename, "exec", dont_inherit=True)

    def main(self, namespace: dict[str, object]) -> None:
        """Take note of the `__main__` namespace, just before the program starts."""

    def failed(self, error: BaseException) -> None:
        """Take note of the exception that nothing caught; its traceback is the user's."""

    def ended(self, exit_status: int | None) -> None:
        """Take note that the main module has ended; threads and `atexit` may go on."""


class Program:
    """The user's program: prepared on entering, run inside, its ending noted on leaving.

    `call(*arguments())` in the `with` block runs it, so that the frame of that block is the only
    one of ours below the user's.
    """

    def __init__(self, main: "dict[str, Any]") -> None:
        """Take the `__main__` namespace that the interpreter made."""
        options, self.target, *self.user_arguments = sys.argv[1:]
        # Written by script.run.
        self.options: dict[str, Any] = eval(options, {"__builtins__": {}})  # noqa: S307
        self.kind: str = self.options["target"]["kind"]
        self.main = main
        self.recorder = Unwatched()
        self.own_files: set[str] = {__file__, main["__file__"]}
        self.is_running = False
        self.call: Callable[..., object] = exec
        self.given: tuple[object, ...] = ()

    def __enter__(self) -> "Program":  # noqa: PYI034  # Self is in typing
        """Make everything as if the interpreter had been told to run the program itself."""
        prepare = {
            "script": self._script,
            "module": self._module,
            "command": self._command,
            "kernel": self._kernel,
        }
        try:
            self._restore_arguments()
            loaded = self._load_recorder()
            self._restore_path()
            _make_way(loaded)
            prepare[self.kind]()
        except KeyboardInterrupt:
            _die_of_interrupt()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the program has to run
            self._run_plainly(error)
        return self

    def arguments(self) -> tuple[object, ...]:
        """Hand over what `call` is to be given, and leave `__main__` as python makes it."""
        for name in self.main.keys() - MAIN_NAMES:
            del self.main[name]
        given, self.given = self.given, ()
        self.is_running = True
        return given

    def __exit__(
        self, kind: object, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        """Tell the recorder and take our frames out of the traceback; python does the rest."""
        try:
            if error is not None:
                error.__traceback__ = self._users_part(traceback)
                if not isinstance(error, SystemExit):
                    self.recorder.failed(error)
            self.recorder.ended(_exit_status(error))
        except Exception:  # noqa: BLE001, S110  # the ending is the program's own
            pass

    # ---------------------------------------------------------------- preparing

    def _restore_arguments(self) -> None:
        before = {"script": [], "command": ["-c"]}.get(self.kind, ["-m"])
        sys.orig_argv[-len(sys.argv) :] = [*before, self.target, *self.user_arguments]
        sys.argv[:] = [*(before or [self.target]), *self.user_arguments]

    def _load_recorder(self) -> set[str]:
        """Load the tracer where the program will not find it; return what modules came with it."""
        hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_ours(name)}
        before = set(sys.modules)
        path = sys.path[:]
        finder = Finder(__file__.removesuffix("/capture/start.py"))
        sys.path[:] = path[_standard_library(path) :]
        sys.meta_path.insert(0, finder)
        try:
            # By name: whether it is there is found out now, and `import provkit` binds nothing.
            name = "kernel" if self.kind == "kernel" else "recorder"
            tracer = __import__(f"provkit.capture.{name}", fromlist=["begin"])
            self.recorder = tracer.begin(self.options) or self.recorder
        except Exception as error:  # noqa: BLE001  # the program runs unwatched then
            _note_problem(self.options, error)
        finally:
            sys.meta_path.remove(finder)
            sys.path[:] = path
            self.own_files |= finder.files
            for name in [name for name in sys.modules if _is_ours(name)]:
                del sys.modules[name]
            sys.modules.update(hidden)
        return set(sys.modules) - before - set(hidden)

    def _restore_path(self) -> None:
        sys.path_importer_cache.pop(self.main["__file__"], None)
        if sys.flags.safe_path:
            return
        if self.kind == "command":
            sys.path.insert(0, "")
            return
        import os

        if self.kind in ("module", "kernel"):
            sys.path.insert(0, os.getcwd())
        else:
            sys.path.insert(0, os.path.dirname(os.path.realpath(self.target)))

    def _script(self) -> None:
        import os

        filename = os.path.join(os.getcwd(), self.target)  # unnormalised, as python has it
        with open(filename, "rb") as file:
            source = file.read()
        _check_text(source)
        sys.path_importer_cache[filename] = None
        self.main["__doc__"] = None
        self.main["__file__"] = filename
        self.main["__loader__"] = type(self.main["__loader__"])("__main__", filename)
        self._will_run(self._compile(source, filename))

    def _command(self) -> None:
        source = self.target + "\n"
        del self.main["__file__"], self.main["__cached__"]
        self.main["__doc__"] = None
        self.main["__loader__"] = sys.modules["_frozen_importlib"].BuiltinImporter
        code = self._compile(source.encode(), "<string>")
        _remember_lines(code, source)
        self._will_run(code)

    def _module(self) -> None:
        """Run through `runpy` as `-m` does, giving it watched code for the module."""
        runpy, main = self._as_module()
        details = runpy._get_module_details  # what is called under -m, too

        def watched_details(name: str, error: type) -> "tuple[str, Any, Any]":
            runpy._get_module_details = details
            found, spec, code = details(name, error)
            try:
                code = self._compile(spec.loader.get_data(spec.origin), code.co_filename)
                self.recorder.main(main.__dict__)
            except Exception as problem:  # noqa: BLE001  # no source: then as it is
                _note_problem(self.options, problem)
            return found, spec, code

        runpy._get_module_details = watched_details

    def _kernel(self) -> None:
        """Run a kernel as `-m` does; what is watched is what it is given to run, not the kernel."""
        self._as_module()
        self.recorder.main(self.main)

    def _as_module(self) -> "tuple[Any, ModuleType]":
        import runpy as module_runner

        runpy: Any = module_runner
        # A module object of its own: python removes `__file__` from the one it began a script in.
        main = sys.modules["__main__"] = type(sys)("__main__")
        main.__dict__.update(
            __loader__=sys.modules["_frozen_importlib"].BuiltinImporter,
            __annotations__={},
            __builtins__=sys.modules["builtins"],
        )
        self.call = runpy._run_module_as_main
        self.given = (self.target,)
        return runpy, main

    def _compile(self, source: bytes, filename: str) -> object:
        """Compile through the recorder; its warnings come out if it succeeds.

        (If it does not, plain python will say them, and must not be the second to do so.)
        """
        stderr, held = sys.stderr, Held()
        sys.stderr = held
        try:
            code = self.recorder.code(source, filename, self.kind)
        finally:
            sys.stderr = stderr
        for text in held.texts:
            stderr.write(text)
        return code

    def _will_run(self, code: object) -> None:
        self.recorder.main(self.main)
        self.call = exec
        self.given = (code, self.main)

    def _run_plainly(self, error: BaseException) -> None:
        """Become plain python; nothing of the program has run yet."""
        import os

        try:
            if isinstance(error, SyntaxError):
                self.recorder.failed(error)
                self.recorder.ended(1)
            else:
                _note_problem(self.options, error)
        except Exception:  # noqa: BLE001, S110  # the program is about to run
            pass
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606

    def _users_part(self, traceback: "TracebackType | None") -> "TracebackType | None":
        """Take our own frames out of a traceback; before the program's start all are ours."""
        if not self.is_running:
            return None
        first = self._next_of_users(traceback)
        entry = first
        while entry is not None:
            following = self._next_of_users(entry.tb_next)
            if following is not entry.tb_next:
                entry.tb_next = following
            entry = following
        return first

    def _next_of_users(self, entry: "TracebackType | None") -> "TracebackType | None":
        while entry is not None and entry.tb_frame.f_code.co_filename in self.own_files:
            entry = entry.tb_next
        return entry


class Held:
    """A stream that only remembers what was written to it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        """Remember a text."""
        self.texts.append(text)

    def flush(self) -> None:
        """Do nothing."""


class Finder:
    """Finds the tracer's modules below `provkit`, and nothing else, while it is installed.

    `files` are those it has found.
    """

    def __init__(self, folder: str) -> None:
        """Take provkit's package folder."""
        self.folder = folder
        self.files: set[str] = set()
        self.builtins = dict(sys.modules["builtins"].__dict__)

    def find_spec(
        self,
        name: str,
        path: "Iterable[str] | None" = None,  # noqa: ARG002  # importlib passes them
        target: "ModuleType | None" = None,  # noqa: ARG002
    ) -> "ModuleSpec | None":
        """Find a module of the tracer, as `importlib` asks a finder to."""
        top, *below = name.split(".")
        if top != "provkit" or (below and below[0] not in TRACER):
            return None
        import os

        place = "/".join([self.folder, *below])
        is_package = os.path.isdir(place)
        file = place + ("/__init__.py" if is_package else ".py")
        if not os.path.isfile(file):
            return None
        self.files.add(file)
        loading = sys.modules["_frozen_importlib_external"]
        spec = loading.spec_from_file_location(
            name, file, submodule_search_locations=[place] if is_package else None
        )
        spec.loader.create_module = self.module
        return spec  # type: ignore[no-any-return]

    def module(self, spec: "ModuleSpec") -> "ModuleType":
        """Make a module whose builtins are its own, whatever the program does to those of `builtins`."""
        module = type(sys)(spec.name)
        module.__dict__["__builtins__"] = self.builtins
        return module


def _is_ours(name: str) -> bool:
    return name == "provkit" or name.startswith("provkit.")


def _standard_library(path: list[str]) -> int:
    """Find where on the path the standard library begins; what is before could hide it."""
    folder: str = sys._stdlib_dir  # type: ignore[attr-defined]  # os.__file__ would need os, and may be frozen
    return path.index(folder) if folder in path else 0


def _make_way(loaded: set[str]) -> None:
    """Forget the modules that came with the tracer if the program has one of the same name.

    A script beside a `random.py` of its own gets that one, as it would have.
    """
    import os

    suffixes = [".py", "/__init__.py", *sys.modules["_imp"].extension_suffixes()]
    in_files = {
        name
        for name in loaded
        if "." not in name and getattr(sys.modules[name], "__file__", None) is not None
    }
    for place in sys.path[: _standard_library(sys.path)]:
        for name in in_files:
            if any(os.path.exists(os.path.join(place, name + suffix)) for suffix in suffixes):
                for module in loaded:
                    sys.modules.pop(module, None)
                return


def _die_of_interrupt() -> None:
    """End by SIGINT, as python does; no traceback, since none of its lines is the user's."""
    import os
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _check_text(source: bytes) -> None:
    """See that a script's bytes are text where `compile` is laxer than python reading a file.

    Raises:
        SyntaxError: They are not UTF-8 and do not say what else they are (in a comment, say).
    """
    try:
        source.decode()
    except UnicodeDecodeError as error:
        cookies = b"\n".join(source.replace(b"\r", b"\n").split(b"\n")[:2]).lower()
        if b"coding" not in cookies or b"utf" in cookies:
            raise SyntaxError(f"not UTF-8 from byte {error.start} on") from error


def _remember_lines(code: object, source: str) -> None:
    """Let tracebacks show the lines of a command, as python 3.13 began to do."""
    if sys.version_info < (3, 13):
        return
    import linecache

    by_code = hasattr(linecache, "_interactive_cache")  # since 3.13.1; by file name before
    linecache._register_code(code if by_code else "<string>", source, "<string>")


def _exit_status(error: BaseException | None) -> int | None:
    """Tell the status that python will exit with; None when it will die by SIGINT."""
    if error is None:
        return 0
    if isinstance(error, KeyboardInterrupt):
        return None
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def _note_problem(options: "dict[str, Any]", error: BaseException) -> None:
    """Leave word of what went wrong with the tracer; standard error is the program's."""
    place = options.get("problems")
    if place is None:
        return
    import traceback

    with open(place, "a", encoding="utf-8", errors="backslashreplace") as file:
        file.write("".join(traceback.format_exception(error)))
