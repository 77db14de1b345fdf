"""Runs programs plainly, many in a row, and tells what each printed, wrote and was left with.

A server: it loads what the programs import once and forks for each, so that a run costs what the program
itself costs. A line of JSON in, `{"folder", "script", "arguments", "environment", "seconds"}`; a line of JSON out.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass
class Observed:
    """What a run left."""

    status: str
    """`ok`, or how it failed."""
    names: dict[str, str] = field(default_factory=dict)
    """Digest of each module-level name's last value."""
    printed: dict[str, list[str]] = field(default_factory=dict)
    """By the function and the text of the statement, what it printed."""
    lines: dict[str, list[int]] = field(default_factory=dict)
    """By the same, the lines of the statement."""
    at_lines: dict[str, list[str]] = field(default_factory=dict)
    """By the line of the statement, what it printed."""
    files: dict[str, str] = field(default_factory=dict)
    """Digest of each file that was made or changed."""


class Observer:
    """The server, from the outside."""

    def __init__(self, *, libraries: Iterable[str] = (), python: str = sys.executable) -> None:
        environment = {
            **os.environ,
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
        }
        words = [
            python,
            "-W",
            "ignore",
            str(HERE / "observing.py"),
            *sorted(set(libraries)),
        ]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )

    def run(
        self,
        folder: Path,
        script: str,
        arguments: Iterable[str] = (),
        *,
        directory: str = ".",
        environment: dict[str, str] | None = None,
        seconds: float = 120,
    ) -> Observed:
        """Run a script in a directory of a folder, and say what changed in the folder."""
        before = _files(folder)
        job = {
            "folder": str(folder / directory),
            "script": script,
            "arguments": list(arguments),
            "environment": environment or {},
            "seconds": seconds,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        after = _files(folder)
        changed = {path: found for path, found in after.items() if before.get(path) != found}
        return Observed(files=changed, **said)

    def close(self) -> None:
        """End the server."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in folder.rglob("*")
        if path.is_file() and not {".provkit", "__pycache__"} & set(path.relative_to(folder).parts)
    }


# ------------------------------------------------------------------ inside the server


def serve() -> None:
    """Answer until the standard input ends."""
    for library in sys.argv[1:]:
        with contextlib.suppress(ImportError):
            __import__(library)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        try:
            result = _observe(job)
        except BaseException as error:  # noqa: BLE001  whatever it is, it is the answer
            result = {"status": f"observing failed: {error!r}"}
        with os.fdopen(writing, "w") as stream:
            stream.write(json.dumps(result))
        os._exit(0)
    os.close(writing)
    content = _read_until(reading, time.monotonic() + job["seconds"])
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return json.loads(content) if content else {"status": "took too long, or died"}


def _read_until(descriptor: int, end: float) -> bytes:
    content = b""
    while (left := end - time.monotonic()) > 0:
        if not select.select([descriptor], [], [], left)[0]:
            return b""
        block = os.read(descriptor, 1 << 16)
        if not block:
            return content
        content += block
    return b""


def _observe(job: dict[str, Any]) -> dict[str, Any]:
    from digests import digest, is_left_out

    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    added = job["environment"].get("PYTHONPATH", "")
    sys.path[1:1] = [str(Path(path).resolve()) for path in added.split(os.pathsep) if path]
    script = job["script"]
    source = Path(script).read_bytes()
    sys.argv = [script, *job["arguments"]]
    sys.path[0] = str(Path(script).resolve().parent)
    sys.dont_write_bytecode = True
    module = types.ModuleType("__main__")
    module.__file__ = str(Path(script).resolve())
    sys.modules["__main__"] = module
    sys.stdin = open(os.devnull)  # noqa: SIM115
    tree = ast.parse(source)
    at_line = _statements_by_line(tree)
    printed: dict[str, list[str]] = {}
    lines: dict[str, list[int]] = {}
    at_lines: dict[str, list[str]] = {}
    plain = builtins.print

    def observed_print(*values: object, **options: Any) -> None:
        plain(*values, **options)
        frame = sys._getframe(1)
        if frame.f_code.co_filename != script or options.get("file") not in (None, sys.stdout):
            return
        line, text = at_line.get(frame.f_lineno, (frame.f_lineno, "?"))
        if frame.f_code.co_name != "<module>":
            text = f"{frame.f_code.co_qualname}: {text}"
        said = (
            options.get("sep", " ").join(map(str, values))
            if options.get("sep")
            else " ".join(map(str, values))
        )
        said += str(options.get("end", "\n"))
        printed.setdefault(text, []).append(said)
        at_lines.setdefault(str(line), []).append(said)
        if line not in lines.setdefault(text, []):
            lines[text].append(line)

    builtins.print = observed_print
    status = "ok"
    try:
        exec(compile(source, script, "exec"), module.__dict__)
    except SystemExit as error:
        status = "ok" if error.code in (None, 0) else f"exit {error.code}"
    except BaseException as error:  # noqa: BLE001
        status = f"{type(error).__name__}: {error}"[:300]
    builtins.print = plain
    names = {}
    imported = _imported(tree)
    for name, value in list(module.__dict__.items()):
        if name.startswith("__") or name in imported or is_left_out(value):
            continue
        names[name] = digest(value)
    sys.stdout.flush()
    found = {"names": names, "printed": printed, "lines": lines, "at_lines": at_lines}
    return {"status": status, **found}


def _statements_by_line(tree: ast.AST) -> dict[int, tuple[int, str]]:
    found: dict[int, tuple[int, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            text = ast.unparse(node)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                found[line] = (node.lineno, text)
    return found


def _imported(tree: ast.AST) -> set[str]:
    return {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


if __name__ == "__main__":
    serve()
