"""A program behaves under the bootstrap exactly as under plain python.

The same interpreter runs the same file in the same folder twice; standard output, standard error
and exit status are compared byte by byte. Only addresses (`at 0x7f...`) are blanked: they differ
between two runs of plain python. What cannot be the same is in the tests of known differences.
"""

# a case is one line

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from provkit.capture import script

INTERPRETERS = [
    sys.executable,
    *filter(None, os.environ.get("PROVKIT_PYTHONS", "").split(os.pathsep)),
]


@dataclass(frozen=True)
class Case:
    name: str
    source: str | bytes
    arguments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    stdin: bytes = b""
    kind: str = "script"
    text: str = "program.py"
    files: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    says: str = ""
    """Part of what plain python must say, lest the case compare two nothings."""


WHAT_MAIN_IS = """
import sys
main = sys.modules["__main__"]
print(list(globals()), globals() is vars(main), main.__name__)
print(__name__, globals().get("__file__"), globals().get("__cached__"), __package__, __doc__)
print(type(__loader__), getattr(__loader__, "name", 0), getattr(__loader__, "path", 0))
print(__builtins__, globals().get("__annotations__"))
print(__spec__ and (__spec__.name, __spec__.origin, __spec__.cached, __spec__.parent))
print(sys.argv, sys.orig_argv, sys.path, sys.flags)
print([name for name in sys.modules if "provkit" in name], sys.meta_path, sys.path_hooks)
"""

CASES = [
    Case("nothing", ""),
    Case("prints", "print('hello')", says="hello"),
    Case("what main is", WHAT_MAIN_IS, ("a", "--b", "ü", "")),
    Case("docstring", '"""Mine."""\nprint(__doc__)', says="Mine."),
    Case("what main is, -m", WHAT_MAIN_IS, ("a",), kind="module", text="program"),
    Case("what main is, -c", WHAT_MAIN_IS, ("a", "b"), kind="command"),
    Case(
        "what main is, -m package",
        "",
        ("a",),
        kind="module",
        text="package",
        files={"package/__init__.py": "import sys; print(sys.argv)", "package/__main__.py": WHAT_MAIN_IS},
        says="['-m', 'a']",
    ),
    Case(
        "-m submodule, relative import",
        "",
        kind="module",
        text="package.sub",
        files={"package/__init__.py": "X = 1", "package/sub.py": "from . import X\nprint(X, __package__)\n1/0"},
        says="ZeroDivisionError",
    ),
    Case("-m missing", "", kind="module", text="no_such_module", says="No module named"),
    Case("-m package without main", "", kind="module", text="p", files={"p/__init__.py": ""}, says="cannot be directly executed"),
    Case("-m with a syntax error", "def f(:\n", kind="module", text="program", says="SyntaxError"),
    Case("-m failing in the package", "", kind="module", text="p.q", files={"p/__init__.py": "1/0", "p/q.py": ""}, says="ZeroDivisionError"),
    Case("-m imported by its package", "", kind="module", text="p.q", files={"p/__init__.py": "import p.q", "p/q.py": ""}, says="RuntimeWarning"),
    Case("-m of the standard library", "", ("--help",), kind="module", text="json.tool", says="usage"),
    Case("-c exception", "x = 1\ndef f():\n    1/0\nf()", kind="command", says="ZeroDivisionError"),
    Case("-c syntax error", "x = = 1", kind="command", says="SyntaxError"),
    Case("-c empty", "", kind="command"),
    Case("-c coding cookie is a comment", "# coding: latin-1\nprint(ascii('ü'))", kind="command", says="'\\xfc'"),
    Case("-c long", "x = 1\n" * 15000 + "print(x)", kind="command"),
    Case("isolated", WHAT_MAIN_IS, flags=("-I",)),
    Case("safe path", WHAT_MAIN_IS, flags=("-P",)),
    Case("safe path from the environment", WHAT_MAIN_IS, environment={"PYTHONSAFEPATH": "1"}),
    Case("safe path, -m", WHAT_MAIN_IS, flags=("-P",), kind="module", text="json.tool"),
    Case("no site", "import sys; print(sys.flags, sys.path)", flags=("-S",)),
    Case("optimised", "assert False\nprint(__debug__, sys.flags if 0 else 1)", flags=("-OO",)),
    Case("environment", "import os; print(sorted(os.environ.items()))"),
    Case("path entry of PYTHONPATH", "import sys; print(sys.path)", environment={"PYTHONPATH": "/nowhere:/x"}),
    Case("import from its own folder", "import beside; print(beside.X)", files={"beside.py": "X = 3"}, says="3"),
    Case(
        "a module beside it named as one of the standard library's",
        "import ast, random, linecache; print(ast.X, random.X)",
        files={"ast.py": "X = 1", "random.py": "X = 2", "linecache.py": "X = 3"},
        says="1 2",
    ),
    Case("modules named as ours", "import values, start; print(values.X)", files={"values.py": "X = 5", "start.py": ""}, says="5"),
    Case("provkit is not importable", "import provkit", flags=("-I",)),
    Case("provkit.capture is not importable", "import provkit.capture.start", flags=("-I",)),
    Case("script in another folder", "", text="deep/er/run.py", files={"deep/er/run.py": WHAT_MAIN_IS}),
    Case("script by a path with dots", WHAT_MAIN_IS, text="./deep/../program.py", files={"deep/x": ""}),
    Case("script without .py", "", text="tool", files={"tool": WHAT_MAIN_IS + "\n1/0"}),
    Case("script starting with a dash dash", "", ("--x",), text="./--x.py", files={"--x.py": "import sys; print(sys.argv)"}),
    # ------------------------------------------------------ how it ends
    Case("exception", "def f(x):\n    return 1 / x\n\nf(0)", says="ZeroDivisionError"),
    Case("exception chain", "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e", says="direct cause"),
    Case("exception context", "try:\n    {}['a']\nexcept KeyError:\n    int('x')", says="During handling"),
    Case("notes", "e = ValueError('x')\ne.add_note('hint')\nraise e", says="hint"),
    Case("group", "try:\n    1/0\nexcept Exception as e:\n    raise ExceptionGroup('g', [e, KeyError(1)])", says="ExceptionGroup"),
    Case("exception without traceback", "raise ValueError('x').with_traceback(None)", says="ValueError"),
    Case("exception of another module", "import beside; beside.f()", files={"beside.py": "def f():\n    raise LookupError('é')"}, says="LookupError"),
    Case("own exception", "class E(Exception):\n    def __str__(self): return 'mine'\nraise E()", says="E: mine"),
    Case("exception whose str fails", "class E(Exception):\n    def __str__(self): 1/0\nraise E()"),
    Case("bare BaseException", "raise BaseException('x')", says="BaseException"),
    Case("deep recursion", "try:\n    f = lambda: f()\n    f()\nexcept RecursionError as e: print(e)", says="recursion"),
    Case("recursion of a thousand", "def f(n): return n and f(n - 1)\nprint(f(900))", says="0"),
    Case("exit", "import sys; sys.exit()"),
    Case("exit 3", "import sys; sys.exit(3)"),
    Case("exit -1", "import sys; sys.exit(-1)"),
    Case("exit 256", "import sys; sys.exit(256)"),
    Case("exit huge", "import sys; sys.exit(2**70)"),
    Case("exit True", "import sys; sys.exit(True)"),
    Case("exit text", "import sys; sys.exit('no luck')", says="no luck"),
    Case("exit None", "raise SystemExit(None)"),
    Case("exit tuple", "raise SystemExit(1, 'two')", says="two"),
    Case("exit object", "class C:\n    def __str__(self): return 'obj'\nimport sys; sys.exit(C())", says="obj"),
    Case("os._exit", "import os; print('x', flush=True); os._exit(9)"),
    Case("abort", "import os; os.abort()"),
    Case("killed", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    Case("KeyboardInterrupt", "def f():\n    raise KeyboardInterrupt\nf()", says="KeyboardInterrupt"),
    Case("SIGINT", "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(5)", says="KeyboardInterrupt"),
    Case("exec of another program", "import os; os.execvp('echo', ['echo', 'other'])", says="other"),
    Case("excepthook", "import sys\nsys.excepthook = lambda t, v, tb: print(t, v, tb.tb_frame.f_lineno, tb.tb_next)\n1/0", says="None"),
    Case("excepthook that fails", "import sys\ndef hook(t, v, tb): raise KeyError('in hook')\nsys.excepthook = hook\n1/0", says="in hook"),
    Case("excepthook is the original", "import sys; print(sys.excepthook is sys.__excepthook__, sys.stderr is sys.__stderr__)"),
    Case("last exception", "import sys, atexit\natexit.register(lambda: print(sys.last_type, sys.last_traceback.tb_lineno, sys.last_traceback.tb_next))\n1/0", says="None"),
    Case("traceback walked by the user", "import traceback, sys\ntry:\n    1/0\nexcept Exception:\n    traceback.print_exc()", says="Zero"),
    Case("atexit order", "import atexit\nfor i in range(3): atexit.register(print, i)\nprint('end')", says="end\n2\n1\n0"),
    Case("atexit sees main", "import atexit, sys\natexit.register(lambda: print(sorted(vars(sys.modules['__main__']))))"),
    Case("atexit sees main, -m", "import atexit, sys\natexit.register(lambda: print(sorted(vars(sys.modules['__main__']))))", kind="module", text="program"),
    Case("atexit that fails", "import atexit\natexit.register(lambda: 1/0)"),
    Case("finalisers at the end", "class C:\n    def __init__(s, n): s.n = n\n    def __del__(s): print('del', s.n)\na = C(1); b = C(2)", says="del"),
    Case("finaliser that fails", "class C:\n    def __del__(s): 1/0\nC()", says="Exception ignored"),
    Case("threads are joined", "import threading, time\ndef f():\n    time.sleep(.1); print('late')\nthreading.Thread(target=f).start()\nprint('end')", says="end\nlate"),
    Case("thread that fails", "import threading\nt = threading.Thread(target=lambda: 1/0, name='t')\nt.start(); t.join()", says="Zero"),
    Case("exit in a thread", "import threading, sys\nt = threading.Thread(target=sys.exit, args=(4,))\nt.start(); t.join(); print('on')", says="on"),
    Case("thread after the main module", "import threading, time, sys\ndef f():\n    time.sleep(.1); print(sorted(vars(sys.modules['__main__'])))\nthreading.Thread(target=f).start()"),
    Case("main exits while a thread runs", "import threading, time, sys\nthreading.Thread(target=lambda: (time.sleep(.1), print('late'))).start()\nsys.exit(5)", says="late"),
    Case("stdout that cannot be flushed", "import os\nprint('x'); os.close(1)"),
    Case("all descriptors closed", "import os\nos.closerange(0, 256)"),
    Case("stdout replaced", "import sys, io\nsys.stdout = io.StringIO()\nprint('unseen')"),
    Case("stderr None", "import sys\nsys.stderr = None\n1/0"),
    # ---------------------------------------------------------- warnings
    Case("deprecation in main", "import warnings\nwarnings.warn('old', DeprecationWarning)", says="program.py:2"),
    Case("deprecation above main", "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)"),
    Case("warning above main", "import warnings\nwarnings.warn('old', stacklevel=2)", says="old"),
    Case("warning above main, from a function", "import warnings\ndef f(): warnings.warn('old', stacklevel=3)\nf()", says="old"),
    Case("warnings as errors", "import warnings\nwarnings.warn('old')", flags=("-W", "error"), says="UserWarning"),
    Case("all warnings", "import warnings\nopen(__file__)\nwarnings.warn('x', ImportWarning)", flags=("-W", "always"), says="ImportWarning"),
    Case("unclosed file in dev mode", "def f():\n    open(__file__)\nf()", flags=("-X", "dev"), says="ResourceWarning"),
    Case("syntax warning", "x = 1\nprint(x is 1)\ns = '\\d'", says="Warning"),
    Case("syntax warning as error", "x = 1\nprint(x is 1)", flags=("-W", "error"), says="SyntaxError"),
    Case("syntax warning and error", "x = 1\nprint(x is 1, '\\d')\nreturn 3", says="SyntaxError"),
    Case("calls a literal", "x = [(1, 2)\n    (3, 4)]", says="perhaps you missed a comma"),
    Case("calls a literal, with warnings as errors", "x = [(1, 2)\n    (3, 4)]", flags=("-W", "error"), says="SyntaxError"),
    Case("calls a literal in a function", "def f():\n    return 'a'(1)\nf()", says="perhaps you missed a comma"),
    Case("late declaration", "x = 1\nglobal x", says="SyntaxError"),
    Case("late declaration in a function", "x = 1\ndef f():\n    x = 2\n    global x\nf()", says="SyntaxError"),
    # ------------------------------------------------------------ source
    Case("syntax error", "x = 1\nif x\n    pass", says="SyntaxError"),
    Case("indentation error", "if 1:\nx = 1", says="IndentationError"),
    Case("tabs and spaces", "if 1:\n        x = 1\n\ty = 2", says="TabError"),
    Case("syntax error at the end", "print((1,", says="SyntaxError"),
    Case("syntax error of the compiler", "def f():\n    nonlocal x", says="SyntaxError"),
    Case("null byte", b"x = 1\nprint('\0')\n"),
    Case("latin-1", "# -*- coding: latin-1 -*-\nprint(ascii('ü'))".encode("latin-1"), says="xfc"),
    Case("byte order mark", b"\xef\xbb\xbfprint('bom')", says="bom"),
    Case("byte order mark and another coding", b"\xef\xbb\xbf# coding: latin-1\nprint(1)"),
    Case("not UTF-8", b"x = 1\nprint('\xff')\n", says="SyntaxError"),
    Case("not UTF-8 in a comment", b"x = 1\nprint(x)  # \xff\n"),
    Case("unknown coding", b"# coding: klingon\nprint(1)", says="SyntaxError"),
    Case("carriage returns", b"print(1)\r\nx = '''a\r\nb'''\r\nprint(ascii(x))\r1/0", says="Zero"),
    Case("no newline at the end", b"if 1:\n    print(1)", says="1"),
    Case("form feed", b"\x0cprint(1)\n\x0c\n1/0"),
    Case("future import", "from __future__ import annotations\nx: undefined = 1\nprint(__annotations__)", says="undefined"),
    Case("shebang", "#!/usr/bin/env python\nprint(1)\n1/0", says="line 3"),
    # ---------------------------------------------------------- the rest
    Case("stdin", "import sys\nprint(sys.stdin.read().upper(), input if 0 else '')", stdin=b"abc", says="ABC"),
    Case("input", "print(input('? '))", stdin=b"yes\n", says="? yes"),
    Case("input at the end of file", "input()", says="EOFError"),
    Case("is no terminal", "import sys; print([f.isatty() for f in (sys.stdin, sys.stdout, sys.stderr)], sys.stdout.line_buffering, sys.stdout.encoding)"),
    Case("descriptors", "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:3])"),
    Case("signals", "import signal\nprint({s.name: str(signal.getsignal(s)).split(' at ')[0] for s in signal.valid_signals() if hasattr(s, 'name')}, signal.pthread_sigmask(signal.SIG_BLOCK, ()))"),
    Case("pickle of a class of main", "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C, pickle.dumps(C))", says="True"),
    Case("pickle, -m", "import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))) is C, pickle.dumps(C))", kind="module", text="program", says="True"),
    Case("dataclass and type hints of main", "import dataclasses, typing\n@dataclasses.dataclass\nclass C:\n    x: 'int'\nprint(typing.get_type_hints(C), C(1))", says="C(x=1)"),
    Case("inspect source", "import inspect\ndef f():\n    return 1\nprint(inspect.getsource(f), inspect.getsourcefile(f))", says="return 1"),
    Case("doctest", "import doctest\ndef f():\n    '''\n    >>> f()\n    1\n    '''\n    return 1\nprint(doctest.testmod())", says="failed=0"),
    Case("unittest", "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(__name__, '__main__')\nunittest.main(verbosity=0, argv=['x', '-q'], exit=False)\nprint('ok')", says="ok"),
    Case("names and scopes", "x = 1\nprint(locals() is globals(), [x for _ in '1'], eval('x'))\nexec('y = 2')\nprint(y)\ndel x\ntry: x\nexcept NameError as e: print(e)", says="not defined"),
    Case("global count of names", "a = 1\nprint(len(dir()), dir())"),
    Case("import main", "import __main__\nx = 3\nprint(__main__.x)", says="3"),
    Case("runpy within", "import runpy; print(sorted(runpy.run_path('beside.py'))); print(__name__)", files={"beside.py": "print(__name__)"}, says="__main__"),
    *(
        Case(
            f"multiprocessing {method}{', -m' if kind == 'module' else ''}",
            "import multiprocessing as mp\nclass C:\n    pass\ndef f(x):\n    return x * 2, type(C()).__module__, __name__\n"
            f"if __name__ == '__main__':\n    mp.set_start_method('{method}')\n    with mp.Pool(2) as pool: print(pool.map(f, [1, 2]))",
            kind=kind,
            text="program" if kind == "module" else "program.py",
            says="(4, '__m",
        )
        for method in ("fork", "spawn", "forkserver")
        for kind in ("script", "module")
    ),
    Case("subprocess of itself", "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout, sys.executable)", says="1"),
    Case("reruns itself", "import os, sys\nif len(sys.argv) < 2:\n    sys.stdout.flush(); os.execv(sys.executable, [*sys.orig_argv, 'again'])\nprint(sys.argv, sys.orig_argv)", says="again"),
    Case("deletes itself", "import os\nos.remove(__file__)\nprint('gone')\n1/0", says="gone"),
    Case("changes folder", "import os\nos.chdir('/')\nprint(__file__)\n1/0", says="Zero"),
    Case("settrace", "import sys\nseen = []\ndef t(f, e, a):\n    seen.append((e, f.f_code.co_name)); return t\nsys.settrace(t)\ndef f(): return 1\nf()\nsys.settrace(None)\nprint(seen)", says="call"),
    Case("interpreter state", "import sys, gc, threading\nprint(sys.gettrace(), sys.getprofile(), sys.getrecursionlimit(), gc.isenabled(), gc.get_threshold(), threading.active_count(), sys.dont_write_bytecode)"),
    Case("asyncio", "import asyncio\nasync def main():\n    await asyncio.sleep(0); print('in'); raise OSError('x')\nasyncio.run(main())", says="OSError: x"),
    Case("bytes that are no text", "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')"),
    Case("argument that is no text", "import sys, os; print([os.fsencode(a) for a in sys.argv])", (os.fsdecode(b"a\xff"), "\U0001f600")),
    Case("C locale", "import sys, os; print(sys.argv, sys.stdout.encoding, sys.flags.utf8_mode)", ("ü",), environment={"LC_ALL": "C"}),
    Case("unbuffered", "import sys; print(sys.stdout.write_through, sys.flags.unbuffered)", flags=("-u",)),
    Case("hash seed", "print(hash('abc'))", environment={"PYTHONHASHSEED": "7"}),
    Case("warns of an unawaited coroutine", "async def f(): pass\nf()", says="never awaited"),
]  # fmt: skip


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.strip("/").replace("/", "-"))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behaves_as_under_plain_python(case, python, tmp_path):
    target = script.Target(case.kind, case.source if case.kind == "command" else case.text)
    plainly = run(
        case,
        script.plain_command(target, case.arguments, python=python, flags=case.flags),
        tmp_path,
    )
    options = {"journal": str(journal_folder(tmp_path)), "trial": "0" * 32}
    watched = run(case, script.watched_command(target, case.arguments, python=python, flags=case.flags, options=options), tmp_path)  # fmt: skip
    assert watched == plainly
    assert case.says in "".join(text.decode("utf-8", "replace") for text in plainly[1:])


def journal_folder(tmp_path):
    folder = tmp_path / "journal"
    folder.mkdir(exist_ok=True)
    return folder


def run(case, command, tmp_path):
    folder = tmp_path / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if case.kind != "command" and case.text in ("program", "program.py", "./deep/../program.py"):
        source = case.source if isinstance(case.source, bytes) else case.source.encode()
        (folder / "program.py").write_bytes(source)
    for name, text in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", **case.environment}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=case.stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode, *(
        re.sub(rb"\b0x[0-9a-f]{6,}|(?<=^Ran 1 test in )[\d.]+", b"0x", text, flags=re.MULTILINE)
        for text in (done.stdout, done.stderr)
    )


def output_of(source, tmp_path, python=sys.executable, *, watched):
    case = Case("", source)
    target = script.Target("script", "program.py")
    if not watched:
        return run(case, script.plain_command(target, (), python=python), tmp_path)[1]
    options = {"journal": str(journal_folder(tmp_path)), "trial": "0" * 32}
    command = script.watched_command(target, (), python=python, options=options)
    return run(case, command, tmp_path)[1]


def test_known_difference_one_frame_below_the_users(tmp_path):
    """`exec` needs a frame to be called from; `warnings` steps over it, `print_stack` does not."""
    source = "import inspect; print(len(inspect.stack()))"
    assert output_of(source, tmp_path, watched=False) == b"1\n"
    assert output_of(source, tmp_path, watched=True) == b"2\n"


@pytest.mark.parametrize("handler", ["n", "last(n)", "sorted([last(n), last(n)])[0]"])
def test_known_difference_recursion_ends_a_little_earlier(handler, tmp_path):
    """What stands below the program, and the hook that asks for room, take what little there is left."""
    source = (
        "def last(n):\n    m = [n]\n    return m[0]\n"
        f"def f(n):\n    try: return f(n + 1)\n    except RecursionError: return {handler}\nprint(f(0))"
    )
    plainly, watched = (int(output_of(source, tmp_path, watched=w)) for w in (False, True))
    assert plainly - 5 <= watched < plainly


@pytest.mark.parametrize("python", INTERPRETERS)
def test_known_difference_no_hint_that_a_script_hides_a_module(python, tmp_path):
    """Python compares with the folder of the file it was told to run, which is ours."""
    if script.find_interpreter(python).version < (3, 13):
        pytest.skip("python began to give the hint in 3.13")
    source = (
        "import sys\nopen('random.py', 'w').close()\nimport random\n"
        "try: random.choice\nexcept AttributeError as error: print(error)"
    )
    plainly, watched = (output_of(source, tmp_path, python, watched=w) for w in (False, True))
    assert b"consider renaming" in plainly
    assert watched == b"module 'random' has no attribute 'choice'\n"


def test_a_tracer_that_cannot_start_leaves_word_and_the_program_runs(tmp_path):
    installation = copy_of_bootstrap(tmp_path, recorder="def begin(options): 1/0")
    done = run_in_copy(installation, "print('runs')", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"runs\n", b"")
    assert "ZeroDivisionError" in (tmp_path / "problems").read_text()


RECORDER = """
import json, sys, threading
from provkit.capture import values
class Recorder:
    def __init__(self, options): self.options = options; self.calls = []
    def code(self, source, filename, kind):
        self.calls.append(("code", filename, kind))
        return compile(source, filename, "exec", dont_inherit=True)
    def main(self, namespace): self.calls.append(("main", namespace["__name__"]))
    def failed(self, error): self.calls.append(("failed", repr(error), error.__traceback__ and error.__traceback__.tb_frame.f_code.co_filename))
    def ended(self, status):
        open(self.options["journal"], "w").write(repr([*self.calls, ("ended", status)]))
def begin(options): return Recorder(options)
"""


def copy_of_bootstrap(tmp_path, *, recorder):
    capture = tmp_path / "installed" / "provkit" / "capture"
    capture.mkdir(parents=True)
    for name in ("importlib_bootstrap.py", "start.py"):
        shutil.copy(script.BOOTSTRAP.with_name(name), capture)
    for path, text in (
        ("__init__.py", ""),
        ("values.py", ""),
        ("recorder.py", recorder),
        ("../__init__.py", ""),
    ):
        (capture / path).write_text(text)
    return capture / "importlib_bootstrap.py"


def run_in_copy(bootstrap, source, tmp_path, *arguments):
    (tmp_path / "program.py").write_text(source)
    target = script.Target("script", "program.py")
    options = {"journal": str(tmp_path / "journal.txt"), "problems": str(tmp_path / "problems")}
    command = script.watched_command(target, arguments, python=sys.executable, options=options)
    command[command.index(str(script.BOOTSTRAP))] = str(bootstrap)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=tmp_path, capture_output=True, timeout=60, env=environment, check=False
    )


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ("print(1)", [("ended", 0)]),
        ("import sys; sys.exit(7)", [("ended", 7)]),
        ("import sys; sys.exit('x')", [("ended", 1)]),
        ("1/0", [("failed", "ZeroDivisionError('division by zero')", "program.py"), ("ended", 1)]),
        (
            "raise KeyboardInterrupt",
            [("failed", "KeyboardInterrupt()", "program.py"), ("ended", None)],
        ),
    ],
)
def test_the_recorder_is_told_what_happens(source, ending, tmp_path):
    done = run_in_copy(copy_of_bootstrap(tmp_path, recorder=RECORDER), source, tmp_path)
    told = eval((tmp_path / "journal.txt").read_text().replace(str(tmp_path) + "/", ""))
    assert told == [("code", "program.py", "script"), ("main", "__main__"), *ending], done


def test_a_syntax_error_is_recorded_and_reported_by_python(tmp_path):
    done = run_in_copy(copy_of_bootstrap(tmp_path, recorder=RECORDER), "if x", tmp_path)
    told = eval((tmp_path / "journal.txt").read_text())
    assert [call[0] for call in told] == ["code", "failed", "ended"]
    assert done.returncode == 1
    assert done.stderr.count(b"SyntaxError") == 1


def test_nothing_of_the_tracer_is_visible_to_the_program(tmp_path):
    bootstrap = copy_of_bootstrap(tmp_path, recorder=RECORDER)
    source = (
        "import sys\nprint([m for m in sys.modules if 'provkit' in m], [p for p in sys.path if 'installed' in p],"
        " [f for f in sys.meta_path if 'Finder' in repr(type(f)) and 'provkit' in repr(f)],"
        " [p for p in sys.path_importer_cache if 'installed' in p])\n"
        # This interpreter may have a provkit of its own; the tracer's is not the one that is found.
        "try:\n    import provkit\nexcept ModuleNotFoundError:\n    print(False)\n"
        "else:\n    print('installed' in provkit.__file__)\n"
    )
    done = run_in_copy(bootstrap, source, tmp_path)
    assert done.stdout == b"[] [] [] []\nFalse\n"
    assert done.stderr == b""
