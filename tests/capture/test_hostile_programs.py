"""Programs that do their worst run under `provkit capture` as without it, and their trial tells what is known.

Each is run twice in the same folder: by plain python, and captured. Standard output, standard error and exit
status are compared byte by byte (addresses are blanked); then the sealed trial is read.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field

import pytest
from commands import ENVIRONMENT, command, journals, sealed

from provkit.store import LocalStore


@dataclass(frozen=True)
class Hostile:
    name: str
    source: str | bytes
    says: str = ""
    """Part of what plain python must say, lest two nothings are compared."""
    status: str = "completed"
    tells: tuple[str, ...] = ()
    """What the sealed trial must hold."""
    arguments: tuple[str, ...] = ()
    files: dict = field(default_factory=dict)
    stderr_differs: bool = False
    may_stop: bool = False
    """It may keep the recorder from going on, as long as the trial tells."""


OBJECT_FROM_HELL = """
import sys, time
class Hell:
    __slots__ = ("x",)
    def no(self, *a, **k):
        print("the program's own code was run by", sys._getframe(1).f_code.co_name)
        raise ArithmeticError("no")
    __getattr__ = __getattribute__ = __eq__ = __ne__ = __hash__ = __len__ = __bool__ = __repr__ = __str__ = no
    __iter__ = __contains__ = __getitem__ = __format__ = __dir__ = __sizeof__ = __reduce_ex__ = __index__ = no
    __instancecheck__ = __call__ = __lt__ = __fspath__ = __array__ = __enter__ = no
    __class__ = property(no)
"""
METACLASS_FROM_HELL = """
class Meta(type):
    def no(cls, *a, **k):
        print("the metaclass was asked by", __import__("sys")._getframe(1).f_code.co_name)
        raise ArithmeticError("no")
    __getattribute__ = __eq__ = __hash__ = __len__ = __bool__ = __repr__ = __instancecheck__ = no
    __subclasscheck__ = __call__ = __iter__ = __contains__ = __dir__ = no
    def make(): return object.__new__(Thing)
class Thing(metaclass=Meta): pass
"""

CASES = [
    # -------------------------------------------------------- descriptors and streams
    Hostile("closes stdout", "x = 1\nprint('before', flush=True)\nimport sys\nsys.stdout.close()\ny = 2\n", "before", tells=("/y",)),
    Hostile("closes descriptor 1", "import os\nprint('a', flush=True)\nos.close(1)\nx = 5\nprint('b')\n", "a", "failed"),
    Hostile(
        "closes all descriptors and opens files of its own",
        "import os\nx = 1\nos.closerange(0, 4096)\nmine = [os.open(f'mine{i}', os.O_RDWR | os.O_CREAT) for i in range(300)]\n"
        "for i in range(50): os.write(mine[i], b'x')\ny = [1]\ny.append(2)\nz = len(y)\nos._exit(sum(os.path.getsize(f'mine{i}') for i in range(300)) - 50)\n",
        tells=("/z",),
    ),
    Hostile("takes the descriptors above 200", "import os\nfor n in range(150, 260): os.dup2(1, n)\nx = 1\nos.write(205, b'mine')\ny = 2\n", "mine", tells=("/y",)),
    Hostile("print is replaced", "import builtins\nold = print\nbuiltins.print = lambda *a: old('mine', *a)\nprint(1)\nx = 3\n", "mine 1", tells=("/x",)),
    Hostile("stdout is replaced", "import sys, io\nkept = sys.stdout\nsys.stdout = io.StringIO()\nprint('unseen')\nkept.write('seen' + sys.stdout.getvalue())\n", "seenunseen"),
    Hostile("stdout becomes an object without write", "import sys\nsys.stdout = object()\nx = 1\nsys.stdout = sys.__stdout__\nprint(x)\n", "1"),
    Hostile("write of stdout is replaced", "import sys\nkept = sys.stdout.write\nsys.stdout.write = lambda s: kept(s.upper())\nprint('abc')\ndel sys.stdout.write\nprint('d')\n", "ABC"),
    Hostile("bytes that are no UTF-8", "import sys\nsys.stdout.buffer.write(bytes(range(256)))\nsys.stdout.flush()\nprint('\\udcff'.encode('utf-8', 'surrogateescape'))\nx = '\\ud800\\udfff\\x00'\n", tells=("/x",)),
    Hostile("half a surrogate pair printed", "x = '\\ud800'\nprint(x)\n", "UnicodeEncodeError", "failed"),
    Hostile("control characters and line breaks of Unicode", "x = 'a\\r\\n\\x00\\x1b[31m\\u2028\\u2029\\x85\\ufeff'\nprint(repr(x))\n", "u2028", tells=("/x",)),
    # -------------------------------------------------------- ends
    Hostile("os._exit", "import os\nx = 1\nprint('x', flush=True)\nos._exit(7)\n", "x", "failed", ("/x",)),
    Hostile("exec of another program", "import os\nx = 1\nos.execvp('echo', ['echo', 'other'])\n", "other", tells=("/x",)),
    Hostile("exec of another python", "import os, sys\nx = 1\nos.execv(sys.executable, [sys.executable, '-c', 'print(2); raise SystemExit(3)'])\n", "2", "failed", ("/x",)),
    Hostile("sys.exit of a text", "import sys\nsys.exit('no luck')\n", "no luck", "failed"),
    Hostile("KeyboardInterrupt", "x = 1\nraise KeyboardInterrupt\n", "KeyboardInterrupt", "failed", ("/x", "KeyboardInterrupt")),
    Hostile("SIGINT to itself", "import os, signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(1)\n", "KeyboardInterrupt", "failed"),
    Hostile("abort", "import os\nx = 1\nos.abort()\n", status="aborted", tells=("/x",)),
    Hostile("segmentation fault with faulthandler", "import faulthandler, os, signal\nfaulthandler.enable()\nx = 1\nos.kill(os.getpid(), signal.SIGSEGV)\n", "Segmentation fault", "aborted", ("/x",), stderr_differs=True),
    Hostile("raises in __del__", "class C:\n    def __del__(self): raise ValueError('late')\nc = C()\ndel c\nx = 1\nd = C()\n", "late", tells=("/x",)),
    Hostile("SystemExit in __del__ and atexit", "import atexit, sys\natexit.register(lambda: sys.exit(4))\nclass C:\n    def __del__(self): raise SystemExit(5)\nc = C()\ndel c\nprint('on')\n", "on"),
    Hostile("an exception that hides", "class E(Exception):\n    def __str__(self): raise KeyError('hidden')\n    __repr__ = __str__\nraise E('x')\n", "E", "failed"),
    Hostile("an exception whose class lies", "class E(BaseException):\n    __class__ = property(lambda self: print('asked'))\n    def __getattribute__(self, name): raise MemoryError\nraise E\n", "E", "failed"),
    Hostile("exit inside a comprehension inside a call", "import sys\nx = sorted([sys.exit(3) for _ in [1]], key=len)\n", status="failed"),
    # -------------------------------------------------------- the ground is pulled away
    Hostile("changes directory and deletes its own source", "import os, sys\nx = 1\nos.remove(__file__)\nos.chdir('/')\ny = x + 1\nprint(y, os.path.exists(__file__))\n1 / 0\n", "2 False", "failed", ("/y", "ZeroDivisionError")),
    Hostile("its working directory is removed", "import os\nos.mkdir('gone')\nos.chdir('gone')\nos.rmdir('../gone')\nx = 1\ntry: open('f', 'w')\nexcept OSError as e: print(e)\ny = 2\n", "No such file", tells=("/y",)),
    Hostile("rewrites its own source while it runs", "open(__file__, 'w').write('raise SystemExit(9)')\nx = 1\nprint('old text')\n", "old text", tells=("/x",)),
    Hostile("replaces open, time, json and os", "import builtins, io, json, os, time\ndef no(*a, **k): raise RuntimeError('replaced')\nbuiltins.open = io.open = os.open = os.write = os.stat = os.fstat = os.close = os.read = no\ntime.time = time.monotonic = time.time_ns = time.monotonic_ns = time.perf_counter = no\njson.dumps = json.loads = os.getcwd = os.path.abspath = os.fspath = os.getpid = no\nx = [1]\nx.append(2)\nprint(len(x))\n", "2", tells=("/x",)),
    Hostile("replaces parts of the standard library that a tracer uses", "import ast, re, hashlib, zlib, weakref, itertools, sys, types, linecache, traceback\ndef no(*a, **k): raise RuntimeError('replaced')\nfor m in (ast, re, hashlib, zlib, weakref, itertools, types, linecache, traceback):\n    for n in list(vars(m)):\n        if not n.startswith('__'): setattr(m, n, no)\nx = {'password': 'a', 'k': [1]}\nx['z'] = 2\nprint('https://u:p@h')\ny = len(x)\n", "https", may_stop=True),
    Hostile("deletes modules", "import sys\nfor name in list(sys.modules):\n    if name not in ('sys', 'builtins', '__main__'): del sys.modules[name]\nx = [3]\nx.append(4)\nimport json\nprint(json.dumps(x))\n", "[3, 4]", tells=("/x",)),
    Hostile("puts nothing in the place of modules", "import sys\nfor name in ('re', 'hashlib', 'zlib', 'os', 'ast', 'warnings'): sys.modules[name] = None\nx = 'https://a:b@c password=1'\nprint(x)\ny = [2]\n", "https", tells=("/y",)),
    Hostile("replaces __import__", "import builtins\nold = builtins.__import__\ndef mine(name, *a, **k):\n    print('import of', name)\n    return old(name, *a, **k)\nbuiltins.__import__ = mine\nimport colorsys\nx = 'password=abc'\nprint(x)\ny = 4\n", "import of colorsys", tells=("/y",)),
    Hostile("deletes the names of builtins", "import builtins\nx = [1, 2]\nkeep = {'print', '__build_class__', '__import__'}\nd = delattr\nfor name in list(vars(builtins)):\n    if name not in keep: d(builtins, name)\ny = [3]\ny.append(4)\nprint(y)\nz = x\n", "[3, 4]", tells=("/z",)),
    Hostile("lies about isinstance, type and len", "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda x: -1\nbuiltins.id = lambda x: 7\nbuiltins.type = print\nbuiltins.str = builtins.int = builtins.list = None\nx = [1]\nx.append(2)\nprint(x)\n", "[1, 2]", tells=("/x",)),
    Hostile("clears its own globals", "x = 1\nk = globals()\nfor n in list(k):\n    if n[0] != '_' and n not in 'kn': del k[n]\nprint(sorted(k))\n", "k"),
    Hostile("replaces main", "import sys, types\nsys.modules['__main__'] = types.ModuleType('other')\nx = 1\nprint(x)\n", "1", tells=("/x",)),
    Hostile("fills globals with hostile names", "globals().update({'a b': 1, '': 2, '\\ud800': 3, 'x\"\\n': 4})\nglobals()[5] = 6\nx = 1\nfrom os.path import *\nprint(x)\n", "1", tells=("/x",)),
    # -------------------------------------------------------- tracers, frames, limits
    Hostile("settrace", "import sys\nseen = []\ndef t(frame, event, arg):\n    seen.append((frame.f_code.co_filename.rpartition('/')[2], event))\n    return t\ndef f(x):\n    return x + 1\nsys.settrace(t)\ny = f(1)\nsys.settrace(None)\nprint(seen)\n", "call", tells=("/y",)),
    Hostile("setprofile", "import sys\nseen = []\ndef p(frame, event, arg): seen.append((frame.f_code.co_filename.rpartition('/')[2], event))\nsys.setprofile(p)\ny = abs(-1)\nsys.setprofile(None)\nprint([s for s in seen if s[1] == 'call'])\n", "["),
    Hostile("frames and locals", "import sys, inspect\ndef f(): return [(s.function, s.lineno) for s in inspect.stack()[:2]], sorted(sys._getframe(1).f_locals), sys._getframe(1).f_lineno\nprint(f())\nprint(sorted(locals()) == sorted(globals()))\n", "<module>"),
    Hostile("recursion to the limit", "import sys\ndef f(n):\n    try: return f(n + 1)\n    except RecursionError: return n\nx = f(0) > 900\nprint(x)\n", "True", tells=("/x",)),
    Hostile("a function called first where the stack is all but full", "import sys\ndef last(n):\n    a = [n]\n    b = dict(k=a)\n    return b\ndef down(n):\n    return down(n - 1) if n else last(7)\nd = down(sys.getrecursionlimit() - 60)\nx = len(d)\nprint(d)\n", "{'k': [7]}", tells=("/x", "/d")),
    Hostile("recursion to the limit whose handlers call a function", "def last(n):\n    m = n + 1\n    return m - 1\ndef f(n):\n    try: return f(n + 1)\n    except RecursionError: return last(n)\nx = f(0) > 900\nprint(x)\n", "True", tells=("/x",)),
    Hostile("functions called at every depth to the limit", "def last(n):\n    m = [n]\n    return m\ndef f(n):\n    try:\n        last(n)\n        return f(n + 1)\n    except RecursionError as error: return n, str(error)[:31]\nx = f(0)\nprint(x[1], x[0] > 900)\n", "maximum recursion depth exceede True", tells=("/x",)),
    Hostile("a path that no file can have", "import os\nthere = os.path.exists('\\udad1')\nx = not there\nprint(x)\n", "True", tells=("/x",)),
    Hostile("recursion through repr", "class C:\n    def __repr__(self): return repr(self)\nc = C()\ntry: repr(c)\nexcept RecursionError: print('deep')\nx = 1\n", "deep", tells=("/x",)),
    Hostile("a low limit of recursion", "import sys\nsys.setrecursionlimit(30)\nx = [1]\nx.append(2)\ny = {'a': x}\nprint(len(y))\n", "1", tells=("/y",)),
    Hostile("signal handlers and alarm", "import signal, time\nhits = []\nsignal.signal(signal.SIGALRM, lambda *a: hits.append(1))\nsignal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\nend = time.monotonic() + 0.3\nx = 0\nwhile time.monotonic() < end: x += 1\nfor i in range(200): y = [i]\nsignal.setitimer(signal.ITIMER_REAL, 0)\nprint(len(hits) > 5)\n", "True", tells=("/hits",)),
    Hostile("an alarm that raises", "import signal, time\ndef no(*a): raise TimeoutError('late')\nsignal.signal(signal.SIGALRM, no)\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ntry:\n    while True:\n        x = {}\n        y = x.get(1)\nexcept TimeoutError as e: print('caught', e)\ny = 2\n", "caught late", tells=("/y",)),
    Hostile("gc walks all objects", "import gc, sys\nown = [o for o in gc.get_objects() if type(o).__module__.startswith('provkit') and False]\nx = len(gc.get_objects()) > 10\ngc.set_threshold(1)\nclass C: pass\na = C(); a.a = a\ndel a\nprint(x, gc.collect() >= 0)\n", "True True", tells=("/x",)),
    Hostile("weak references and finalisers", "import weakref, gc\nclass C: pass\nlog = []\nc = C()\nr = weakref.ref(c, lambda _: log.append('dead'))\nc = None\nprint(log, r())\nd = C(); weakref.finalize(d, print, 'finalised')\ndel d\nprint('after')\n", "['dead'] None"),
    Hostile("memory is let go", "import resource\nfor i in range(60): x = bytearray(20_000_000)\nx = None\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 200_000)\n", "True"),
    # -------------------------------------------------------- objects
    Hostile("an object from hell", OBJECT_FROM_HELL + "h = Hell()\nlist_of = [h]\nd = {'h': h}\nt = (h, h)\ni = h\nh2 = h\nlist_of.append(h)\nx = id(h) > 0\nprint(x, len(list_of))\ndel h\n", "True 2", tells=("/list_of", "/x")),
    Hostile("a class from hell", METACLASS_FROM_HELL + "x = object.__new__(Thing)\ny = [x, Thing]\nz = Thing\nprint(len(y))\n", "2", tells=("/y",)),
    Hostile("an object that lies", "class Liar:\n    __class__ = int\n    __len__ = lambda s: 10**9\n    __hash__ = lambda s: 1\n    __eq__ = lambda s, o: True\n    __bool__ = lambda s: False\n    __module__ = 'numpy'\n    __name__ = 'ndarray'\n    shape = dtype = columns = property(lambda s: print('asked'))\nx = Liar()\ny = [x]\nz = {x: x}\nprint(isinstance(x, int), len(y), len(z))\n", "True 1 1", tells=("/x",)),
    Hostile("a module that lies", "import types\nclass M(types.ModuleType):\n    def __getattr__(self, n):\n        print('asked', n)\n        raise RuntimeError\nimport sys\nsys.modules['liar'] = M('liar')\nimport liar\nx = liar\nclass ndarray: pass\nndarray.__module__ = 'numpy'\ny = ndarray()\nclass DataFrame: pass\nDataFrame.__module__ = 'pandas'\nz = DataFrame()\nprint(1)\n", "1", tells=("/z",)),
    Hostile("an object that hangs", "import time\nclass Slow:\n    def __getattribute__(self, n): time.sleep(60)\n    __eq__ = __hash__ = __repr__ = __len__ = __bool__ = __iter__ = lambda *a: time.sleep(60)\nx = Slow()\ny = [x] * 3\nprint(len(y))\n", "3", tells=("/y",)),
    Hostile("descriptors that act", "class D:\n    def __get__(self, o, c):\n        print('got')\n        raise OSError\nclass C:\n    __dict__ = D(); __name__ = D(); __qualname__ = 'C'; __slots__ = (); __self__ = D(); __wrapped__ = D(); __func__ = D()\n    def __call__(self): return 1\nx = C()\ny = x()\nprint(y)\n", "1", tells=("/y",)),
    Hostile("subclasses of builtins", "class L(list):\n    def __iter__(self): print('iterated'); return iter(())\n    def __len__(self): print('measured'); return 5\n    def __getitem__(self, i): print('indexed')\nclass S(str):\n    def __str__(self): print('told'); return 's'\n    def __eq__(self, o): print('compared')\n    def __hash__(self): print('hashed'); return 1\nclass I(int):\n    def __index__(self): print('index')\n    def __repr__(self): print('repr')\nclass D(dict):\n    def items(self): print('items')\n    def __iter__(self): print('iter')\na = L([1]); b = S('x'); c = I(3); d = D(a=1); e = [a, b, c, d]\nf = a\nf.append(2)\nprint(len(e))\n", "4", tells=("/e",)),
    Hostile("containers that hold themselves", "x = []\nx.append(x)\nd = {}\nd['d'] = d\nt = (x, d)\nx.extend([t, x])\nprint(len(x))\ny = [x, d, t]\n", "3", tells=("/y",)),
    Hostile("deep nesting", "x = []\nfor _ in range(100000): x = [x]\ny = x\nprint(len(y))\nwhile x: x = x[0]\n", "1", tells=("/y",)),
    Hostile("huge integers", "x = 1 << 10_000_000\ny = -x\nz = [x, 10**400, -(10**400)]\nd = {10**5000: 1}\nprint(z[0] > 0)\nw = float('inf'); v = float('nan'); u = -0.0; t = 1e400 * 0\n", "True", tells=("/z",)),
    Hostile("many objects", "class C: pass\nx = [C() for _ in range(1_000_000)]\ny = len(x)\nx.append(1)\nfor o in x: pass\nprint(y)\n", "1000000", tells=("/y",)),
    Hostile("dictionaries that change when looked at", "class K:\n    def __hash__(self): return 1\n    def __eq__(self, o):\n        d.clear()\n        return False\nd = {}\nd[K()] = 1\nd[K()] = 2\nx = d\nprint(type(x))\n", "dict", tells=("/x",)),
    Hostile("a function with a hostile body", "def f(): pass\nf.__module__ = 5; f.__qualname__ = 'a b <c> \"'; f.__wrapped__ = f; f.__name__ = '\\n'\nx = f()\nf.__code__ = (lambda: 3).__code__\ny = f()\nprint(y)\n", "3", tells=("/y",)),
    Hostile("names that are no ASCII", "größe = 1\n\uff46ull = 2\n变量 = größe + full\nprint(变量)\n", "3"),
    # -------------------------------------------------------- processes and threads
    Hostile("forks and both write", "import os, sys\nx = 1\nr, w = os.pipe()\npid = os.fork()\nif pid == 0:\n    y = 'child'\n    print(y)\n    sys.stdout.flush()\n    os.write(w, b'!')\n    os._exit(3)\nstatus = os.waitpid(pid, 0)[1]\nz = os.read(r, 1)\nprint('parent', status >> 8, z)\n", "parent 3", tells=("/z",)),
    Hostile("the child goes on to the end", "import os, sys\nx = 1\npid = os.fork()\nif pid: os.waitpid(pid, 0)\ny = 2\nprint('both')\nsys.exit(0 if pid else 1)\n", "both\nboth", tells=("/y",)),
    Hostile("forks without knowing it", "import ctypes, os\nx = 1\npid = ctypes.CDLL(None).fork()\nif pid == 0:\n    a = 'child'\n    os._exit(0)\nos.waitpid(pid, 0)\ny = 2\nprint('parent')\n", "parent", tells=("/y",)),
    Hostile("multiprocessing, fork", "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == '__main__':\n    with m.get_context('fork').Pool(2) as p: y = p.map(f, range(5))\n    print(y)\n", "16", tells=("/y",)),
    Hostile("multiprocessing, spawn", "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == '__main__':\n    with m.get_context('spawn').Pool(2) as p: y = p.map(f, range(5))\n    print(y)\n", "16", tells=("/y",)),
    Hostile("multiprocessing, forkserver", "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == '__main__':\n    with m.get_context('forkserver').Pool(2) as p: y = p.map(f, range(5))\n    print(y)\n", "16", tells=("/y",)),
    Hostile("processes of concurrent.futures", "from concurrent.futures import ProcessPoolExecutor\nif __name__ == '__main__':\n    with ProcessPoolExecutor(2) as p: y = list(p.map(abs, [-1, 2]))\n    print(y)\n", "[1, 2]", tells=("/y",)),
    Hostile("threads", "import threading\nout = []\ndef f(n):\n    for i in range(500): out.append(n)\nts = [threading.Thread(target=f, args=(n,)) for n in range(8)]\nfor t in ts: t.start()\nx = [1]\nfor i in range(200):\n    x = [i]\nfor t in ts: t.join()\nprint(len(out))\n", "4000", tells=("/out",)),
    Hostile("threads that print at the end", "import threading, time\ndef f():\n    time.sleep(0.2)\n    print('late')\nthreading.Thread(target=f).start()\nx = 1\n", "late", tells=("/x",)),
    Hostile("subprocesses", "import subprocess, sys\ny = subprocess.run([sys.executable, '-c', 'print(5)'], capture_output=True, text=True).stdout\nprint(y)\nsubprocess.run(['sh', '-c', 'echo shell; echo err >&2'])\n", "shell", tells=("/y",)),
    Hostile("asyncio", "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n\nasync def main(): return await asyncio.gather(*map(f, range(3)))\nx = asyncio.run(main())\nprint(x)\n", "[0, 1, 2]", tells=("/x",)),
    Hostile("uses up its descriptors", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\nfs = []\ntry:\n    while True: fs.append(open(__file__))\nexcept OSError as e: print(e.strerror)\nx = 1\n", "Too many", tells=("/x",)),
    Hostile("allows itself no file", "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\nx = 1\nprint(x)\n", "1"),
    Hostile("runs out of memory", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (300_000_000, 300_000_000))\nx = 1\ntry: y = bytearray(400_000_000)\nexcept MemoryError: print('none left')\nz = 2\n", "none left", tells=("/z",)),
    # -------------------------------------------------------- sources
    Hostile("byte order mark", b"\xef\xbb\xbfx = 1\nprint('bom')\n", "bom", tells=("/x",)),
    Hostile("carriage returns", b"x = 1\r\nif x:\r\n    y = '''a\r\nb'''\r\nprint(ascii(y))\r\n", "a\\nb", tells=("/y",)),
    Hostile("form feeds and tabs", b"\x0cx = 1\n\x0c\nif x:\n\ty = 2\n\tif y:\n\t\tz = 3\n\x0cprint(x, y, z)\n", "1 2 3", tells=("/z",)),
    Hostile("latin-1", "# -*- coding: latin-1 -*-\nx = 'ü'\nprint(ascii(x))\n".encode("latin-1"), "xfc", tells=("/x",)),
    Hostile("shift_jis", "# coding: shift_jis\nx = '表示'\nprint(ascii(x))\n".encode("shift_jis"), "u8868", tells=("/x",)),
    Hostile("utf-7", b"# coding: utf-7\nx = 'a+AOk-'\nprint(ascii(x))\n", "xe9", tells=("/x",)),
    Hostile("a line of a megabyte", "x = [" + "12345678, " * 100_000 + "]\nprint(len(x))\n", "100000", tells=("/x",)),
    Hostile("a chain of statements in one line", "; ".join(f"a{i} = {i}" for i in range(3000)) + "; print(a2999)\n", "2999", tells=("/a2999",)),
    Hostile("6,000 statements", "\n".join(f"a{i % 100} = {i}" for i in range(6_000)) + "\nprint(a99)\n", "5999"),
    Hostile("deeply nested source", "x = " + "(" * 90 + "1" + ")" * 90 + "\n" + "".join(" " * i + "if x:\n" for i in range(90)) + " " * 90 + "y = 2\nprint(y)\n", "2", tells=("/y",)),
    Hostile("a long chain of operators", "x = " + "1 + " * 900 + "1\nprint(x)\n", "901", tells=("/x",)),
    Hostile("too deep for the parser", "x = " + "(" * 300 + "1" + ")" * 300 + "\n", "SyntaxError", "failed"),
    Hostile("no program", b"\x00\x01\x02", "Error", "failed"),
    Hostile("no statement", b"# nothing\n"),
    Hostile("modules of its own that take the names of the standard library's", "import hashlib, re, json, warnings\nprint(hashlib.x, re.x, json.x, warnings.x)\n", "1 2 3 4", files={"hashlib.py": "x = 1\nprint('h')", "re.py": "x = 2\nprint('r')", "json.py": "x = 3\nprint('j')", "warnings.py": "x = 4\nprint('w')"}, status="completed"),
    Hostile("modules of those names that it does not import", "x = 'https://u:p@h/ password=1'\nprint(x)\n", "https", files={"hashlib.py": "print('h')", "re.py": "print('r')", "traceback.py": "print('t')", "warnings.py": "print('w')", "ast.py": "print('a')", "zlib.py": "print('z')"}, tells=("/x",)),
    Hostile("all statements at once", "from dataclasses import dataclass\nimport contextlib\nx: int = 1\nx += 1\ny, *z = range(3)\n(a := 5)\nwith contextlib.suppress(KeyError) as s: {}['x']\ntry: 1/0\nexcept ZeroDivisionError as e: pass\nelse: pass\nfinally: b = 2\nfor c in z: continue\nelse: d = 1\nwhile True: break\nmatch y:\n    case 0: m = 1\n    case _: m = 2\nglobal g\ng = 3\ndel a\nassert x\nlambda: 0\n@dataclass\nclass K:\n    q: int = 1\nk = K()\nk.q = 5\nl = [1, 2, 3]\nl[1:] = []\ndel l[0]\nprint(x, y, z, b, c, d, m, g, k, l, f'{x!r:>4}')\n", "2 0 [1, 2] 2 2 1 1 3 K(q=5) []", tells=("/k",)),
]  # fmt: skip


SEEN_BY_TRACERS = pytest.mark.xfail(
    strict=False, reason="a tracer of the program's own sees the calls of the hooks"
)
SAMPLE = {
    "closes all descriptors and opens files of its own",
    "os._exit",
    "exec of another program",
    "raises in __del__",
    "changes directory and deletes its own source",
    "replaces open, time, json and os",
    "deletes the names of builtins",
    "an alarm that raises",
    "an object from hell",
    "a class from hell",
    "the child goes on to the end",
    "carriage returns",
    "modules of those names that it does not import",
    "a module that lies",
}
"""Run always; all the others are marked as slow, since together they take more than a minute."""


def parameter(case):
    marks = [] if case.name in SAMPLE else [pytest.mark.slow]
    if case.name in ("settrace", "setprofile"):
        marks.append(SEEN_BY_TRACERS)
    return pytest.param(case, id=case.name, marks=marks)


PARAMETERS = [parameter(case) for case in CASES]


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_hostile_program_runs_as_without_capture(case, tmp_path):
    plain = run([sys.executable, "program.py", *case.arguments], case, tmp_path / "here")
    watched = run(command("capture", "--quiet", "program.py", *case.arguments), case, tmp_path / "here")  # fmt: skip

    assert case.says in plain.stdout + plain.stderr, plain
    assert watched.stdout == plain.stdout
    assert case.stderr_differs or watched.stderr == plain.stderr
    assert watched.returncode == plain.returncode
    (trial,) = LocalStore.find(tmp_path / "here").summaries()
    assert trial.status == case.status
    (text,) = sealed(tmp_path / "here").values()
    assert [word for word in case.tells if word not in text] == []
    assert case.may_stop or "recording stopped" not in text, re.findall(
        r".*recording stopped[^\n]*", text
    )
    assert journals(tmp_path / "here") == []


def run(words, case, folder):
    """Run in a fresh folder of the same name, so that the program cannot tell the two apart."""
    store = folder.with_name("store")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    source = case.source if isinstance(case.source, bytes) else case.source.encode()
    (folder / "program.py").write_bytes(source)
    for name, text in case.files.items():
        (folder / name).write_text(text)
    assert not store.exists()
    done = subprocess.run(
        words,
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    out, err = (re.sub(rb"0x[0-9a-f]+", b"0x", text).decode("latin-1") for text in (done.stdout, done.stderr))  # fmt: skip
    return subprocess.CompletedProcess(words, done.returncode, out, err)


@pytest.mark.slow
def test_a_line_of_200_megabytes_passes_in_bounded_memory(tmp_path):
    source = "import sys\nsys.stdout.write('x' * 200_000_000)\nsys.stdout.write('\\n')\nprint('password=hunter2')\n"
    (tmp_path / "program.py").write_text(source)
    read, write = os.pipe()
    counting = subprocess.Popen(
        ["wc", "-c"], stdin=read, stdout=subprocess.PIPE, text=True, close_fds=True
    )
    os.close(read)
    parent = subprocess.Popen(
        command("capture", "-q", "program.py"), cwd=tmp_path, env=ENVIRONMENT, stdout=write
    )
    os.close(write)
    _, status, usage = os.wait4(parent.pid, 0)
    parent.returncode = status
    assert counting.communicate(timeout=60)[0].strip() == str(200_000_001 + 17)
    assert status == 0
    own = "import resource, subprocess, sys; p = subprocess.run([sys.executable, 'program.py'], stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    plain = subprocess.run([sys.executable, "-c", own], cwd=tmp_path, capture_output=True, check=True)  # fmt: skip
    # ru_maxrss of the parent covers itself and those it waited for.
    assert usage.ru_maxrss < int(plain.stdout) + 60_000
    (text,) = sealed(tmp_path).values()
    assert "hunter2" not in text


def test_a_daemon_lives_on_and_keeps_no_journal(tmp_path):
    """The captured process ends; its child goes on writing where it likes, and holds nothing of provkit's."""
    (tmp_path / "program.py").write_text(
        "import os, time\nx = 1\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.closerange(0, 300)\n        time.sleep(1)\n        y = 2\n        open('lived', 'w').write('on')\n"
        "        os._exit(0)\n    os._exit(0)\nz = 3\n"
    )
    began = time.monotonic()
    done = subprocess.run(command("capture", "-q", "program.py"), cwd=tmp_path, env=ENVIRONMENT, check=False, timeout=60)  # fmt: skip
    assert done.returncode == 0
    assert journals(tmp_path) == []
    until = time.monotonic() + 20
    while not (tmp_path / "lived").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert (tmp_path / "lived").exists(), time.monotonic() - began
    assert journals(tmp_path) == []
    assert [trial.status for trial in LocalStore.find(tmp_path).summaries()] == ["completed"]


def test_a_script_that_is_a_symbolic_link_imports_from_where_it_lies(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real.py").write_text("import beside, sys\nprint(beside.x, __file__, sys.path[0])\n")  # fmt: skip
    (tmp_path / "far" / "beside.py").write_text("x = 4\n")
    (tmp_path / "link.py").symlink_to("far/real.py")
    plain, watched = (
        subprocess.run(words, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
        for words in ([sys.executable, "link.py"], command("capture", "-q", "link.py"))
    )
    assert (watched.stdout, watched.stderr) == (plain.stdout, plain.stderr)
    assert b"4 " in plain.stdout
