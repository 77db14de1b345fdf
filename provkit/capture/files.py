"""Which files the program reads, writes, renames and removes, seen through audit events.

The event of an `open` comes before the file is emptied, and there is none for closing: so what is
read is hashed at once if it is small, what is about to be overwritten or removed is hashed first if this
program has touched it, and what was written is hashed by the parent when the program has ended.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from types import CodeType

from provkit.capture.interruptions import is_interruption
from provkit.capture.journal import Journal, json_of, text
from provkit.capture.values import attributes_of
from provkit.redaction import redact, redact_arguments, redact_path

_AT_ONCE = 1 << 20
"""Files up to this size are hashed when they are opened."""
_BEFORE_LOSS = 1 << 24
"""Files up to this size are hashed before they are overwritten or removed."""
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib/", "/lib64/", "/run/")
_STARTERS = ("/subprocess.py", "/os.py")
_SETTERS = ("<frozen os>", "<frozen _collections_abc>", "/os.py", "/_collections_abc.py")
"""Files whose code sets variables of the environment for others."""
_COMMAND = 2_000
"""Characters of a command line that are told."""
_METHODS = frozenset({b"GET", b"POST", b"PUT", b"PATCH"})
_HTTPS = 443
_SOURCE_READERS = ("linecache.py", "tokenize.py", "inspect.py", "traceback.py")
_MAGIC = re.compile(r"[*?\[]")
_STACK = 60
"""Frames that are gone back through to see whether a module is being imported."""
_BYTECODE = re.compile(r"\.pyc(\.\d+)?$")
"""Also as it is written, before it gets its name."""
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR

_os_open, _os_read, _os_write, _os_close, _os_stat = os.open, os.read, os.write, os.close, os.stat
_fspath, _abspath, _getcwd, _readlink = os.fspath, os.path.abspath, os.getcwd, os.readlink
_STANDARD = 2
"""The last descriptor of the standard streams."""
_ITERDIR = "iterdir"
_TRIES = "_get_default_tempdir"
_TEMPFILE = os.sep + "tempfile.py"
_frame = sys._getframe  # noqa: SLF001  the only way to know who opens a file

State = tuple[int, int, int | None, int, str | None]
"""Of a file: device, inode, size of a regular one, nanoseconds of its last change, SHA-256 if it was computed."""


class FileWatch:
    """Turns audit events into `file` events of the journal."""

    def __init__(
        self,
        journal: Journal,
        *,
        order: Callable[[], int | None],
        own_folder: str,
        project: str,
        libraries: list[str],
        set_environment: Callable[[], None] = lambda: None,
        was_absent: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Prepare; nothing is seen before `attach`.

        Args:
            journal: Where the events go.
            order: Gives the execution that is going on.
            own_folder: The store's folder, whose files are provkit's.
            project: Folder of the project: what lies there is data even below a system's folder.
            libraries: Folders of the interpreter and of installed packages.
            set_environment: Is told that the program's own text sets or removes a variable of the environment.
            was_absent: Tells whether there was no such file when the call that is going on began.
        """
        self._journal = journal
        self._order = order
        self._was_absent = was_absent
        self._tell_of_environment = set_environment
        home = os.path.expanduser("~")
        hidden = [
            f"{home}/.cache/",
            f"{home}/.config/",
            f"{home}/.matplotlib/",
            f"{home}/.ipython/",
        ]
        self._never = tuple(f"{folder.rstrip('/')}/" for folder in [own_folder] if folder)
        self._libraries = tuple(
            f"{folder.rstrip('/')}/"
            for folder in libraries
            if folder not in ("", "/") and not f"{project}/".startswith(f"{folder.rstrip('/')}/")
        )
        self._project = f"{project.rstrip('/')}/"
        self._hidden = f"{home}/." if home not in ("", "/") else "\0"
        self._unless_asked = (*(hidden if home not in ("", "/") else ()), *_SYSTEM)
        self._touched: set[str] = set()
        self._told: dict[str, int | None] = {}
        """The execution in which each file was told of last."""
        self._busy = False
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._opened,
            "os.rename": self._renamed,
            "os.remove": self._removed,
            "shutil.move": self._nothing,
            "os.truncate": self._truncated,
            "sqlite3.connect": self._connected,
            "subprocess.Popen": self._started,
            "os.system": self._started_shell,
            "os.posix_spawn": self._started,
            "http.client.send": self._sent,
            "os.putenv": self._set_environment,
            "os.unsetenv": self._set_environment,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "os.walk": self._walked,
            "glob.glob": self._matched,
            "pathlib.Path.glob": self._matched_below,
            "pathlib.Path.rglob": self._matched_far_below,
        }
        self.only_inside = False
        """What is opened while nothing of the user's runs is a kernel's own."""
        self.user_files: set[str] = set()
        """Source files of the program itself: what they open is the user's data wherever it lies."""

    def also(self, event: str, handler: Callable[..., None]) -> None:
        """Let another audit event be seen."""
        self._handlers[event] = handler

    def attach(self) -> None:
        """Begin to look."""
        handlers = self._handlers

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            handler = handlers.get(event)
            if handler is None or self._busy or self._journal.broken:
                return
            self._busy = True
            try:
                handler(*arguments)
            except Exception as error:
                if is_interruption(error):
                    raise
                # Else an odd argument, which is the program's own affair.
            finally:
                self._busy = False

        # Coverage and debuggers look into audit hooks only if they are told to; they are not.
        sys.addaudithook(hook)

    def read_unseen(self, name: str) -> bytes | None:
        """Read a file for the recorder itself; None if it cannot be read."""
        with self.unseen():
            return bytes_of(name)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Let what is done with files meanwhile be the recorder's own."""
        busy, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = busy

    # ---------------------------------------------------------------- events

    def _opened(self, path: object, mode: object, flags: object) -> None:
        if not isinstance(flags, int):
            return
        name = _path_behind(path) if isinstance(path, int) else self._name_of(path)
        if name is None or not self._is_data(name):
            return
        if flags & os.O_EXCL and _tries_a_folder():
            return
        action = _action(mode if isinstance(mode, str) else None, flags)
        state = self._state(name, before_loss=action != "read")
        if (action == "read" and state is None) or _is_folder(name, state):
            return
        if action in ("append", "update") and state is None:
            action = "write"
        elif action != "write" and name not in self._touched and self._was_absent(name):
            # Other than Python code has made it just now.
            self._write("write", name, None)
        self._touched.add(name)
        self._write(action, name, state)

    def _renamed(self, source: object, target: object, *folders: object) -> None:
        if any(folder not in (-1, None) for folder in folders):
            return
        old, new = self._name_of(source), self._name_of(target)
        if old is None or new is None or not (self._is_data(old) or self._is_data(new)):
            return
        if new in self._touched:
            state = self._state(new, before_loss=True)
            if state is not None:
                self._write("remove", new, state)
        self._touched.add(new)
        self._write("rename", old, self._state(old, before_loss=True), new)

    def _removed(self, path: object, folder: object = -1) -> None:
        name = self._name_of(path) if folder in (-1, None) else None
        if name is not None and name in self._touched:
            self._write("remove", name, self._state(name, before_loss=True))

    def _truncated(self, path: object, _length: object = 0) -> None:
        name = None if isinstance(path, int) else self._name_of(path)
        if name is not None and self._is_data(name):
            self._touched.add(name)
            self._write("update", name, self._state(name, before_loss=True))

    def _connected(self, path: object) -> None:
        name = self._name_of(path)
        if name is not None and not name.endswith("/:memory:") and self._is_data(name):
            state = self._state(name, before_loss=True)
            self._touched.add(name)
            self._write("write" if state is None else "update", name, state)

    def _started(self, executable: object, arguments: object = (), *_: object) -> None:
        """Tell which other program this one starts, if its own text does."""
        if type(arguments) is str or type(arguments) is bytes:
            self._started_shell(arguments)
            return
        given = [_word(one) for one in arguments] if type(arguments) in (list, tuple) else []  # type: ignore[attr-defined]
        self._tell_process(given or [_word(executable)])

    def _started_shell(self, command: object) -> None:
        self._tell_process(_word(command).split(" "))

    def _tell_process(self, words: list[str]) -> None:
        if not self._is_asked_for(past=_STARTERS):
            return
        command = redact(" ".join(redact_arguments(words)))[:_COMMAND]
        self._journal.write(
            f'["process",{json_of(self._order())},{text(command)},{self._journal.now()}]'
        )

    def _sent(self, connection: object, data: object) -> None:
        """Tell which address is read from, by the first line of a request."""
        if type(data) is not bytes:
            return
        method, _, rest = data.partition(b" ")
        path, _, protocol = rest.partition(b" ")
        if method not in _METHODS or not protocol.startswith(b"HTTP/"):
            return
        parts = attributes_of(connection) or {}
        host, port = parts.get("host"), parts.get("port")
        scheme = "https" if "sock" in parts and port == _HTTPS else "http"
        place = host if port in (80, _HTTPS) else f"{host}:{port}"
        if type(host) is str:
            self._write("read", redact(f"{scheme}://{place}{path.decode('latin-1')}"), None)

    def _listed(self, path: object) -> None:
        """Tell that the program lists a folder: what matches names, or removes folders, does so as well."""
        if isinstance(path, int) or not self._touched:
            return
        code = _caller()
        if code is not None and (code.co_filename in self.user_files or code.co_name == _ITERDIR):
            self._look_for("." if path is None else path, "*")

    def _walked(self, top: object, *_: object) -> None:
        self._look_for(top, "**")

    def _matched(self, pattern: object, *_: object) -> None:
        self._look_for(pattern)

    def _matched_below(self, folder: object, pattern: object) -> None:
        self._look_for(folder, pattern)

    def _matched_far_below(self, folder: object, pattern: object) -> None:
        self._look_for(folder, "**", pattern)

    def _look_for(self, place: object, *parts: object) -> None:
        name = self._name_of(place) if self._touched else None
        order = self._order() if name is not None else None
        if name is not None and order is not None:
            self.tell_of_look(os.path.join(name, *map(_fspath, parts)), order)  # type: ignore[arg-type]

    def _set_environment(self, *_: object) -> None:
        if self._is_asked_for(past=_SETTERS):
            self._tell_of_environment()

    def _nothing(self, *_: object) -> None:
        """A move is told again by the rename or the copy that it is made of."""

    # ---------------------------------------------------------------- what it is

    @staticmethod
    def _name_of(path: object) -> str | None:
        name = _fspath(path)  # type: ignore[call-overload]
        if isinstance(name, bytes):
            name = os.fsdecode(name)
        return _abspath(name) if isinstance(name, str) and name else None

    def _is_data(self, name: str) -> bool:
        if name.startswith(self._never) or name.endswith(".so"):
            return False
        if ".pyc" in name and _BYTECODE.search(name):
            return False
        if name.endswith(".py") and _reader_of_source():
            return False
        if name.startswith(self._libraries):
            return self._is_asked_for()
        if name.startswith(self._unless_asked) and not name.startswith(self._project):
            return self._is_asked_for()
        return not (name.startswith(self._hidden) and self._is_imported())

    def _is_imported(self) -> bool:
        """Tell whether a library that is being imported opens a file, as some read settings of their own."""
        frame = _frame(1)
        for _ in range(_STACK):
            if frame is None or frame.f_code.co_filename in self.user_files:
                return False
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return True
            frame = frame.f_back  # type: ignore[assignment]
        return False

    def _is_asked_for(self, past: tuple[str, ...] = ()) -> bool:
        """Tell whether the program's own text, and no library but files `past`, makes this call."""
        code = _caller(past)
        return code is not None and code.co_filename in self.user_files

    def _state(self, name: str, *, before_loss: bool) -> State | None:
        """Look at a file as it is now."""
        try:
            status = _os_stat(name)
        except OSError:
            return None
        size = status.st_size
        digest = None
        regular = stat.S_ISREG(status.st_mode)
        limit = _BEFORE_LOSS if before_loss else _AT_ONCE
        if (
            regular
            and size <= limit
            and (not before_loss or name in self._touched or size <= _AT_ONCE)
        ):
            digest = digest_of(name)
        return status.st_dev, status.st_ino, size if regular else None, status.st_mtime_ns, digest

    def tell_of(self, action: str, name: str, order: int) -> None:
        """Tell of a file that was opened by other than Python code, unless an event has told of it."""
        if self._told.get(name) == order or name.startswith((*self._never, *self._libraries)):
            return
        if name.startswith(self._unless_asked) and not name.startswith(self._project):
            return
        state = self._state(name, before_loss=False) if action == "read" else None
        self._touched.add(name)
        self._write(action, name, state, order=order)

    def tell_of_look(self, pattern: str, order: int) -> None:
        """Tell that files were looked at, if the program has touched any that they may be."""
        root = _MAGIC.split(pattern, maxsplit=1)[0]
        if self._told.get(pattern, -1) != order and any(
            name.startswith(root) for name in self._touched
        ):
            self._write("look", pattern, None, order=order)

    def _write(
        self,
        action: str,
        name: str,
        state: State | None,
        target: str | None = None,
        *,
        order: int | None = None,
    ) -> None:
        order = self._order() if order is None else order
        if order is None and self.only_inside:
            return
        self._told[name] = order
        # A name that holds a secret is not told, so the parent cannot look at that file.
        self._journal.write(
            f'["file",{json_of(order)},{text(action)},{text(redact_path(name))},{self._journal.now()},'
            f"{_state_as_json(state)},{text(target and redact_path(target))}]"
        )


def _state_as_json(state: State | None) -> str:
    if state is None:
        return "null"
    device, inode, size, modified, digest = state
    return f"[{device},{inode},{'null' if size is None else size},{modified},{text(digest)}]"


def _path_behind(descriptor: int) -> str | None:
    """Find the path of the file that a descriptor leads to; None for a pipe, a standard stream, a file that is gone."""
    if descriptor <= _STANDARD:
        return None
    try:
        path = _readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None
    return path if path.startswith("/") and not path.endswith(" (deleted)") else None


def digest_of(name: str) -> str | None:
    """Compute the SHA-256 of a file's bytes, in hex; None if they cannot be read."""
    try:
        descriptor = _os_open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    digest = sha256()
    try:
        while block := _os_read(descriptor, 1 << 20):
            digest.update(block)
    except OSError:
        return None
    finally:
        _os_close(descriptor)
    return digest.hexdigest()


def _is_folder(name: str, state: State | None) -> bool:
    """Tell whether it is a folder that is opened: to read its names, or for a file in it that has none."""
    return state is not None and state[2] is None and stat.S_ISDIR(_os_stat(name).st_mode)


def bytes_of(name: str) -> bytes | None:
    """Read a file past the program's own `open`; None if it cannot be read."""
    try:
        descriptor = _os_open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    blocks = []
    try:
        while block := _os_read(descriptor, 1 << 20):
            blocks.append(block)
    except OSError:
        return None
    finally:
        _os_close(descriptor)
    return b"".join(blocks)


def keep_bytes(name: str, content: bytes) -> None:
    """Write a file of provkit's own.

    Raises:
        OSError: It cannot be written, or not as a whole.
    """
    descriptor = _os_open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        while content:
            content = content[_os_write(descriptor, content) :]
    finally:
        _os_close(descriptor)


def _action(mode: str | None, flags: int) -> str:
    """Say what an `open` is for: read, write, append or update."""
    access = flags & _ACCESS
    if access == os.O_RDONLY:
        return "read"
    if flags & os.O_TRUNC or (mode is not None and ("w" in mode or "x" in mode)):
        return "write"
    if flags & os.O_APPEND:
        return "append"
    return "update"


def _word(argument: object) -> str:
    """Write a word of a command line."""
    found = _fspath(argument)  # type: ignore[call-overload]
    return found if type(found) is str else os.fsdecode(found)


def _caller(past: tuple[str, ...] = ()) -> CodeType | None:
    """Find the code that made a call, past provkit's own frames and those of files whose names end so."""
    frame = _frame(1)
    while frame is not None and (
        frame.f_code.co_filename == __file__ or (past and frame.f_code.co_filename.endswith(past))
    ):
        frame = frame.f_back  # type: ignore[assignment]
    return frame.f_code if frame is not None else None


def _tries_a_folder() -> bool:
    """Tell whether `tempfile` opens a file only to see whether its folder can be written to."""
    for depth in range(2, 7):  # below: the audit hook; above: tempfile's own opener
        try:
            code = _frame(depth).f_code
        except ValueError:
            return False
        if code.co_name == _TRIES and code.co_filename.endswith(_TEMPFILE):
            return True
    return False


def _reader_of_source() -> bool:
    """Tell whether the import system, or what shows source lines, opens this file."""
    frame = _frame(1)
    for _ in range(12):
        if frame is None:
            return False
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or name.endswith(_SOURCE_READERS):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False
