"""Values that raise, hang, lie or are too large are passed around under capture as without it.

Each program is run plain and captured: output and exit status are the same, the recording goes on to the end with at most
one warning, and the captured run takes little longer. A program tells itself, in what it prints, which of its
special methods were called: nobody but itself may have called one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap

import pytest
from commands import ENVIRONMENT, command, sealed

from provkit.store import LocalStore

CPU_SECONDS = 60
"""CPU time that the captured run, provkit's own included, may take beyond one and a half times the plain one's."""

SPECIAL = (
    *("abs", "add", "aenter", "aiter", "anext", "await", "bool", "bytes", "call", "complex"),
    *("contains", "copy", "deepcopy", "delattr", "delete", "delitem", "dir", "divmod", "enter"),
    *("eq", "exit", "float", "floordiv", "format", "fspath", "ge", "get", "getattr", "getattribute"),
    *("getitem", "getnewargs", "getstate", "gt", "hash", "iadd", "index", "instancecheck", "int"),
    *("invert", "iter", "le", "len", "length_hint", "lt", "missing", "ne", "neg", "next", "pos"),
    *("reduce", "reduce_ex", "repr", "reversed", "round", "set", "setattr", "setitem", "setstate"),
    *("sizeof", "str", "subclasscheck", "trunc"),
    *("array", "array_function", "array_interface", "array_ufunc", "arrow_c_array", "dataframe"),
    *("dlpack", "cuda_array_interface", "provkit", "tensor", "torch_function"),
)  # fmt: skip
ATTRIBUTES = (
    *("class", "dict", "doc", "module", "name", "qualname", "wrapped", "self", "func", "slots"),
    *("weakref", "annotations", "code", "closure", "globals", "defaults", "text_signature"),
)
LIBRARY_ATTRIBUTES = (
    *("shape", "dtype", "columns", "nbytes", "size", "values", "name", "index", "_mgr", "blocks"),
    *("get_params", "_version", "read", "write", "fileno", "path", "bit_generator", "state_dict"),
    *("nnz", "ndim", "axes", "canvas", "savefig", "items", "keys"),
)
ACTS = {
    "raises": "raise ArithmeticError(name)",
    "raises what no handler takes": "raise SystemExit(name)",
    "hangs": "time.sleep(60)",
    "never ends": "while True: pass",
    "lies": "return 10**12",
    "lies with text": "return 'no'",
}

HEAD = """
import time
CALLED = []
def act(name):
    CALLED.append(name)
    {act}
class Asked:
    def __init__(self, name):
        self.name = name
    def __get__(self, instance, owner):
        return act(self.name) if instance is not None else self
"""
KIND = """
class {kind}:
    {members}
def identity_{kind}(x):
    return x
def wrap_{kind}(x, *more, key=None):
    y = [x, key]
    y.append(more)
    return y
class Holder_{kind}:
    def __init__(self, x):
        self.x = x
        self.xs = [x]
    def get(self):
        return self.x
    def put(self, x):
        self.x = x
        self.xs.append(x)
        return self
def gives_{kind}(x):
    yield x
    yield from [x, x]
h = {kind}()
a = h
xs = [h, h]
d = {{"k": h}}
t = (h, xs, d)
xs.append(h)
d["z"] = h
xs[0] = h
xs[1:] = [h, h]
b = identity_{kind}(h)
c = wrap_{kind}(h, h, key=h)
o = Holder_{kind}(h)
e = o.get()
o.y = h
o.put(h).put(e)
del o.y
class Model_{kind}:
    def __init__(self, alpha=h, *, steps=None):
        self.alpha = alpha
        self.steps = steps
    def get_params(self, deep=True):
        return act("get_params")
    def fit(self, x, y=h, **more):
        self.coef_ = x
        self.classes_ = [y, h]
        self.history_ = {{"loss": [h, h], "deep": {{"a": h}}}}
        self.cv_results_ = {{"params": [{{"alpha": h}}], "mean_test_score": [h]}}
        self.loss_curve_ = [h]
        return self
M = Model_{kind}(h, steps=[("a", h), ("b", Model_{kind}())])
M.fit(h, y=h, weights=[h], history={{"a": h}}).fit([h])
M.alpha = h
f = [x for x in xs]
g = list(map(identity_{kind}, xs))
for i in range(8):
    k = h
    xs.append(k)
    m = identity_{kind}(k)
try:
    raise ValueError(h, "and", [h])
except ValueError as error:
    n = error
try:
    raise ValueError(h)
except ValueError as error:
    n = error
p = (lambda: h)()
q = list(gives_{kind}(h))
match h:
    case whole:
        r = whole
u, *v = xs
w = h if xs else None
(z := h)
def default_{kind}(x=h):
    return x
default_{kind}()
assert h is a is b is e is k is m is p is r is u is w is z
"""


def passed_around(act):
    """Write a program that passes objects around whose every method acts when it is called."""
    parts = [HEAD.format(act=act)]
    # Whoever passes an object around does not call these; making it, or letting go of it, is another matter.
    for number, name in enumerate(SPECIAL):
        members = f"def __{name}__(self, *more, **named): return act({name!r})"
        parts.append(KIND.format(kind=f"K{number}", members=members))
    for names, form in ((ATTRIBUTES, "__{}__"), (LIBRARY_ATTRIBUTES, "{}")):
        left = [name for name in names if name not in ("slots", "qualname", "doc", "dict")]
        members = "; ".join(f"{form.format(name)} = Asked({name!r})" for name in left)
        parts.append(KIND.format(kind=f"A{len(parts)}", members=members))
    parts.append(
        KIND.format(
            kind="Dictless", members="__slots__ = ('__weakref__',); __dict__ = Asked('dict')"
        )
    )
    parts.append(KIND.format(kind="Slotted", members="__slots__ = ()"))
    parts.append("print(CALLED)")
    return "\n".join(parts)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "hangs" else pytest.mark.slow) for name in ACTS]
)
def test_objects_whose_methods_act_are_passed_around(name, tmp_path):
    text = compare(passed_around(ACTS[name]), tmp_path, says="[]")
    assert "/z" in text


class Program:
    """A program of the table, and what it prints."""

    def __init__(self, name, source, says, *, needs=None, status=0, files=None, is_run=True):
        self.name = name
        self.source = source
        self.says = says
        self.needs = needs
        self.status = status
        self.files = files or {}
        self.is_run = is_run


VALUES = [
    # ------------------------------------------------------------ shapes
    Program("containers that hold themselves", """
        import collections
        x = []
        x += [x, (x, {"x": x})]
        d = {}
        d["d"] = d
        q = collections.deque()
        q.append(q)
        class C:
            pass
        c = C()
        c.c = c
        c.all = [c, x, d, q]
        def f(x, d=d):
            x.append(d)
            return [x, d]
        for i in range(30):
            y = f(x)
        x[0] = y
        print(len(x), len(y))
        """, "32 2"),
    Program("deep nesting", """
        def nest(n, make):
            x = ()
            for _ in range(n):
                x = make(x)
            return x
        a = nest(50_000, lambda x: [x])
        b = nest(50_000, lambda x: {"k": x})
        c = nest(50_000, lambda x: (x, x))
        class Node:
            def __init__(self, inner):
                self.inner = inner
        d = nest(5_000, Node)
        e = [a, b, c, d]
        e.append(a)
        for part in e:
            kept = part
        def first(x):
            return x[0]
        f = first(a)
        print(len(e))
        # Taken apart one by one, lest Python recurses.
        while d:
            d = d.inner
        """, "5"),
    Program("ten million tiny objects", """
        x = [object() for _ in range(10_000_000)]
        def count(items):
            return len(items)
        n = count(x)
        y = x
        x.append(None)
        for i in range(50):
            n += count(x)
        x[5] = 3
        print(n)
        """, "510000050"),
    Program("a dictionary and a set of a million", """
        d = {i: str(i) for i in range(1_000_000)}
        s = set(d)
        def f(d, s):
            d["k"] = 1
            s.add("k")
            return len(d) + len(s)
        for i in range(50):
            n = f(d, s)
        t = tuple(d)
        u = frozenset(s)
        print(n, len(t), len(u))
        """, "2000002 1000001 1000001"),
    Program("text and bytes of 200 MB", """
        x = "a" * 200_000_000
        y = b"b" * 200_000_000
        z = bytearray(200_000_000)
        def f(x, y, z):
            z[0] = 1
            return len(x) + len(y) + len(z)
        n = f(x, y, z)
        k = x
        print(n)
        """, "600000000"),
    Program("bytes that another thread makes longer", """
        import threading
        x = bytearray(50_000_000)
        done = []
        def grow():
            for i in range(200):
                x.extend(b"more")
                done.append(i)
        thread = threading.Thread(target=grow)
        thread.start()
        def f(x):
            return len(x) > 0
        for i in range(200):
            y = f(x)
        thread.join()
        for i in range(20):
            y = f(x)
        print(len(x), len(done))
        """, "50000800 200"),
    Program("integers without end", """
        x = 1 << 50_000_000
        def f(x):
            return x & 1
        y = [x, -x]
        z = f(x)
        print(z, len(y))
        """, "0 2"),
    Program("arrays of 10 GB that nobody has touched", """
        import numpy as np
        flat = np.zeros(10 * 2**30 // 8)
        wide = np.zeros((128, 10 * 2**30 // 8 // 128))
        turned = wide.T
        every = wide[::2, ::3]
        def corner(x):
            return x[:1].sum() if x.ndim == 1 else x[:1, :1].sum()
        total = 0
        for i in range(30):
            for x in (flat, wide, turned, every):
                total += corner(x)
        flat[0] = 1
        wide[0, 0] = 2
        class Model:
            def __init__(self, x):
                self.x = x
            def fit(self, x):
                self.mean = x[:1].mean()
                return self
        model = Model(wide).fit(flat)
        held = [flat, wide, turned, every]
        held.append(model)
        # Not `ru_maxrss`, which a process takes over from the one that started it.
        (peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(total, model.mean, int(peak.split()[1]) < 400_000)
        """, "0.0 1.0 True", needs="numpy"),
    Program("arrays of odd kinds", """
        import numpy as np
        class Loud:
            def __repr__(self):
                print("told")
                return "loud"
            def __eq__(self, other):
                print("compared")
                return self
            __hash__ = None
        a = np.array([Loud(), None], dtype=object)
        b = np.zeros(3, dtype=[("x", "f8"), ("y", "U4")])
        c = np.ma.masked_array([1, 2], mask=[0, 1])
        d = np.array(3.5)
        e = np.zeros((0, 5))
        f = np.broadcast_to(1.0, (10**6, 10**6))
        g = np.lib.stride_tricks.as_strided(np.zeros(4), (10**5, 10**5), (0, 0))
        h = np.array(["2020-01-01", "NaT"], dtype="M8[D]")
        i = np.frombuffer(b"abcd", dtype="u1")
        j = np.float16(1.5), np.datetime64("NaT"), np.void(b"x"), np.str_("s"), np.longdouble(1)
        def f2(x):
            return x
        kept = [f2(x) for x in (a, b, c, d, e, f, g, h, i, j)]
        b["x"][0] = 1
        b.flags.writeable = False
        c[0] = 5
        print(len(kept), b["x"][0], c.sum())
        """, "10 1.0 5", needs="numpy"),
    Program("an array class that lies", """
        import numpy as np
        class Loud(np.ndarray):
            shape = property(lambda self: print("shape"))
            dtype = property(lambda self: print("dtype"))
            nbytes = property(lambda self: print("nbytes"))
            def __getitem__(self, key):
                print("item")
                raise IndexError
            def tobytes(self, *a):
                print("bytes")
            def __array_finalize__(self, other):
                print("finalized")
            def __array_ufunc__(self, *a, **k):
                print("ufunc")
            def __array__(self, *a, **k):
                print("array")
        x = np.zeros(5).view(Loud)
        large = np.zeros((300, 400)).view(Loud)
        y = x
        z = [x, y]
        def f(x):
            return x
        w = f(x)
        z.append(f(large))
        print("end")
        """, "end", needs="numpy"),
    Program("a frame class that lies, and objects in cells", """
        import pandas as pd
        class Loud:
            def __repr__(self):
                print("told")
                return "loud"
            __str__ = __eq__ = __hash__ = __len__ = __bool__ = __iter__ = __repr__
        class Frame(pd.DataFrame):
            @property
            def shape(self):
                print("shape")
                raise ValueError
            @property
            def columns(self):
                print("columns")
                raise ValueError
        cells = pd.Series([Loud(), Loud()], name="cells", dtype=object)
        table = pd.DataFrame({"a": [1, 2], "b": cells})
        def f(table):
            table["c"] = 3
            return table
        more = f(table)
        held = [cells, table, more]
        x = Frame({"a": [1]})
        print("made")
        y = x
        def g(x):
            return x
        z = g(x)
        held.append(y)
        print(len(held))
        """, "made\n4", needs="pandas"),
    # ------------------------------------------------------------ classes
    Program("a class that replaces its own attributes", """
        class Logged(dict):
            def __getitem__(self, key):
                print("read", key)
                return dict.__getitem__(self, key)
            def __iter__(self):
                print("iterated")
                return iter(())
            def items(self):
                print("items")
                return ()
            def __len__(self):
                print("measured")
                return 10**9
        class C:
            def __init__(self):
                self.__dict__ = Logged(a=1)
        class D:
            def __init__(self, depth=0):
                self.x = depth
            def swap(self):
                self.__dict__ = {"x": self.x + 1}
                return self
        c = C()
        d = D()
        def f(x):
            x.b = 2
            return x
        for i in range(30):
            f(c)
            d.swap()
        held = [c, d]
        other = D()
        other.__dict__ = d.__dict__
        other.x = 100
        print(d.x, len(vars(d)))
        """, "100 1"),
    Program("objects that change class", """
        class A:
            def who(self):
                return "A"
        class B:
            def who(self):
                return "B"
            def __getattribute__(self, name):
                return object.__getattribute__(self, name)
            def __eq__(self, other):
                raise ArithmeticError
        x = A()
        y = x
        seen = []
        def turn(x):
            x.__class__ = B if type(x) is A else A
            seen.append(x.who())
            return x
        for i in range(31):
            x = turn(x)
        x.__class__ = B
        import sys, types
        module = sys.modules[__name__]
        class Lazy(types.ModuleType):
            def __getattr__(self, name):
                return name
        module.__class__ = Lazy
        print(seen[-1], y.who(), x is y, module.anything)
        """, "B B True anything"),
    Program("metaclasses that count", """
        calls = []
        class Meta(type):
            def __new__(meta, name, bases, space, **more):
                calls.append("new")
                return super().__new__(meta, name, bases, dict(space))
            def __init__(cls, name, bases, space, **more):
                calls.append("init")
            def __call__(cls, *args):
                calls.append("call")
                return super().__call__(*args)
            def __instancecheck__(cls, x):
                calls.append("instance")
                return True
            def __subclasscheck__(cls, x):
                calls.append("subclass")
                return True
            def __getattribute__(cls, name):
                calls.append(name)
                return super().__getattribute__(name)
            def __hash__(cls):
                calls.append("hash")
                return 1
            def __eq__(cls, other):
                calls.append("eq")
                return True
            __prepare__ = classmethod(lambda meta, *a, **k: {"prepared": 1})
            mro = lambda cls: type.mro(cls)
        class A(metaclass=Meta, extra=1):
            def f(self):
                return self
        class B(A):
            pass
        def make(n):
            return [B() for _ in range(n)]
        held = make(3)
        for i in range(30):
            b = B().f()
        del b
        print(len(calls), list(dict.fromkeys(calls)))
        """, "'new', 'init', 'call'"),
    Program("classes that name themselves", """
        import datetime
        asked = []
        class Text(str):
            def __str__(self):
                asked.append("str")
                raise ValueError
            __format__ = __repr__ = __hash__ = __eq__ = partition = split = __str__
        class Meta(type):
            @property
            def __module__(cls):
                asked.append("module")
                raise ZeroDivisionError
            @property
            def __name__(cls):
                asked.append("name")
                raise ZeroDivisionError
            __bases__ = __mro__ = __dict__ = __module__
        class Asked:
            def __get__(self, instance, owner):
                asked.append("get")
                raise OSError
            def __call__(self, *more):
                pass
        A = type.__new__(Meta, "A", (), {})
        class B:
            __init__ = Asked()
        class C:
            pass
        C.__qualname__ = Text("C")
        C.__module__ = Text("mine")
        class D:
            def f(self):
                return self
        D2 = type("D2", (C,), {"__dict__": vars(D)["__dict__"], "f": D.f})
        class Zone(datetime.tzinfo):
            def utcoffset(self, at):
                asked.append("offset")
                raise KeyError
        def f(x):
            return x
        for i in range(25):
            a, c, d = f(A()), f(C()), f(D().f())
        t = datetime.datetime(2020, 1, 2, tzinfo=Zone())
        u = f(t)
        s = f(D2().f())
        held = [a, c, d, s, t, A, B, C, D]
        try:
            b = B()
        except OSError:
            b = asked.pop()
        try:
            raise ValueError(t)
        except ValueError as error:
            e = error
        print(asked)
        """, "[]"),
    Program("objects without weak references or attributes", """
        class S:
            __slots__ = ("x",)
            def __init__(self, x):
                self.x = x
            def add(self, y):
                self.x += y
                return self
        class T(tuple):
            __slots__ = ()
        class I(int):
            pass
        def f(s, t):
            s.add(len(t))
            return s
        s, t, i = S(1), T((1, 2)), I(5)
        for n in range(40):
            s = f(s, t)
        gone = S(0)
        del gone.x
        held = [s, t, i, gone]
        print(s.x, hasattr(gone, "x"))
        """, "81 False"),
    Program("finalisers that raise, print and bring back", """
        import gc
        kept = []
        class Back:
            def __del__(self):
                kept.append(self)
                print("back")
        class Loud:
            def __init__(self, n):
                self.n = n
            def __del__(self):
                print("gone", self.n)
        class Raises:
            def __del__(self):
                raise ValueError("late")
        def f(n):
            x = Loud(n)
            y = [x, Raises()]
            return n
        import sys
        sys.unraisablehook = lambda hook: print("unraisable", hook.exc_value)
        for n in range(25):
            f(n)
        b = Back()
        del b
        b = kept.pop()
        c = Loud("last but one")
        c = None
        ring = [Loud("ring")]
        ring.append(ring)
        del ring
        gc.collect()
        print("end")
        """, "unraisable late"),
    Program("a size that lies, and a length that raises", """
        import sys
        class C:
            def __sizeof__(self):
                print("sized")
                raise OSError
            def __len__(self):
                print("measured")
                raise OSError
        class L(list):
            def __len__(self):
                return -1
            def __sizeof__(self):
                return -5
        x, y = C(), L([1])
        z = [x, y, len]
        def f(*xs):
            return xs
        w = f(x, y, z)
        print(len(w))
        """, "3"),
    Program("iterators are left alone", """
        import itertools
        class Once:
            def __init__(self):
                self.n = 0
            def __iter__(self):
                print("asked")
                return self
            def __next__(self):
                self.n += 1
                if self.n > 3:
                    raise StopIteration
                return self.n
        def f(it):
            return it
        x = f(Once())
        y = f(iter([1, 2, 3]))
        z = f(itertools.count())
        w = f(n for n in range(3))
        m = f(map(print, [1]))
        r = f(reversed([1, 2]))
        q = f(open(__file__))
        held = [x, y, z, w, m, r, q]
        held.append(zip(x, y))
        print(next(y), next(z), next(w), next(r), q.tell())
        q.close()
        """, "1 0 0 2 0"),
    Program("comparisons that give arrays or nothing", """
        import numpy as np
        class Nothing:
            def __eq__(self, other):
                raise TypeError
            def __bool__(self):
                raise TypeError
            __hash__ = None
        x = np.arange(6)
        y = x == 3
        n = Nothing()
        def f(a, b):
            return b
        for i in range(30):
            z = f(x, n)
            w = f(n, y)
        d = {"x": x, "n": n}
        d["x"] = y
        d["n"] = n
        print(y.sum(), z is n)
        """, "1 True", needs="numpy"),
    Program("descriptors that act when looked at", """
        looked = []
        class Looks:
            def __set_name__(self, owner, name):
                self.name = name
            def __get__(self, instance, owner):
                looked.append(self.name)
                return 1
            def __set__(self, instance, value):
                looked.append("set " + self.name)
        class C:
            a = Looks()
            b = property(lambda self: looked.append("b") or 2)
            def __init__(self):
                self.a = 5
        def f(c):
            return c
        for i in range(30):
            c = f(C())
        held = [c]
        d = c.a + c.b
        print(len(looked), looked[-2:])
        """, "32 ['a', 'b']"),
    Program("exceptions whose text is the program's", """
        class Loud:
            def __repr__(self):
                print("told")
                raise RuntimeError
            __str__ = __repr__
        class E(Exception):
            def __str__(self):
                print("asked")
                return "E"
        class F(E):
            pass
        def f(kind, *args):
            raise kind(*args)
        for kind, args in [(E, ()), (F, (1,)), (ValueError, (Loud(),)), (KeyError, (Loud(),)), (OSError, (2, "no", Loud()))]:
            for i in range(3):
                try:
                    f(kind, *args)
                except Exception as error:
                    kept = error
        try:
            raise ExceptionGroup("group", [ValueError(Loud()), E()])
        except* ValueError:
            pass
        except* E:
            pass
        print("end")
        """, "end"),
    Program("loops that never go round", """
        while 0:
            x = 1
        while False:
            x = 2
        for x in ():
            y = 3
        if 0:
            for z in range(3):
                y = z
        def f():
            while 0:
                x = 1
            while True:
                break
            return 5
        z = f()
        print(z)
        """, "5"),
]  # fmt: skip

SOURCES = [
    Program("latin-1", "# -*- coding: latin-1 -*-\nx = 'ü'\nprint(ascii(x))\n".encode("latin-1"), "xfc"),
    Program("coding on the second line", "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\nprint(ascii(x))\n".encode("cp1252"), "u20ac"),
    Program("byte order mark", b"\xef\xbb\xbfx = '\xc3\xbc'\nprint(ascii(x))\n", "xfc"),
    Program("byte order mark and coding", b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xbc'\nprint(ascii(x))\n", "xfc"),
    Program("byte order mark and another coding", b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "SyntaxError", status=1, is_run=False),
    Program("utf-16", "x = 1\nprint(x)\n".encode("utf-16"), "SyntaxError", status=1, is_run=False),
    Program("utf-16 that says so", "# coding: utf-16\nx = 1\n".encode("utf-16-le"), "Error", status=1, is_run=False),
    Program("an unknown coding", b"# coding: klingon\nx = 1\n", "SyntaxError", status=1, is_run=False),
    Program("not UTF-8", b"x = 1\ny = '\xff'\n", "SyntaxError", status=1, is_run=False),
    Program("not UTF-8 in a comment", b"x = 1\n# \xff\nprint(x)\n", "SyntaxError", status=1, is_run=False),
    Program("null bytes", b"x = 1\x00\nprint(x)\n", "null byte", status=1, is_run=False),
    Program("form feeds", b"\x0cx = 1\nif x:\n\x0c    y = 2\n    \x0c\nprint(x, y)\n", "1 2"),
    Program("carriage returns and line feeds", b"x = '''a\r\nb'''\r\ndef f():\r\n    return x\r\nprint(ascii(f()))\r\n", "a\\nb"),
    Program("carriage returns alone", b"x = 1\rdef f():\r    return x\rprint(f())\r", "1"),
    Program("tabs", b"if 1:\n\tx = 1\n\tif x:\n\t\ty = 2\nprint(x, y)\n", "1 2"),
    Program("tabs and spaces", b"if 1:\n\tx = 1\n        y = 2\n", "TabError", status=1, is_run=False),
    Program("no line end", b"x = 1\nprint(x)", "1"),
    Program("a backslash at the end", b"x = 1 + \\\n    1\nprint(x)\n\\\n", "SyntaxError", status=1, is_run=False),
    Program("nothing", b"", "", is_run=False),
    Program("control characters", b"x = 'a\x01\x1b\x7f'\nprint(ascii(x))\n", "x7f"),
    Program("line ends that only others see", "x = 'a\u2028b\x85c'\ny = len(x)\nprint(y)\n".encode(), "5"),
    Program("modules of its own in other codings", b"import one, two, three\nprint(ascii(one.f() + two.f() + three.f()))\n", "'\\xfc\\xfc\\xfc'", files={
        "one.py": "# coding: latin-1\ndef f():\n    return 'ü'\n".encode("latin-1"),
        "two.py": b"\xef\xbb\xbfdef f():\r\n    return '\xc3\xbc'\r\n",
        "three.py": "# coding: cp1252\n\x0c\ndef f():\n\treturn 'ü'".encode("cp1252"),
    }),
    Program("a module of its own that is none", b"try:\n    import bad\nexcept (SyntaxError, ValueError) as error:\n    print(type(error).__name__)\nx = 1\n", "Error", files={"bad.py": b"x = 1\x00\n"}),
    Program("a module of its own that is not UTF-8", b"try:\n    import bad\nexcept SyntaxError as error:\n    print('refused')\nx = 1\n", "refused", files={"bad.py": b"x = '\xff'\n"}),
]  # fmt: skip
SAMPLE = frozenset({"a class that replaces its own attributes", "exceptions whose text is the program's", "arrays of 10 GB that nobody has touched", "utf-16", "modules of its own in other codings"})  # fmt: skip


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(one, id=one.name, marks=() if one.name in SAMPLE else pytest.mark.slow)
        for one in [*VALUES, *SOURCES]
    ],
)
def test_a_program_behaves_as_without_capture(program, tmp_path):
    if program.needs:
        pytest.importorskip(program.needs)
    for name, content in program.files.items():
        (tmp_path / name).write_bytes(content)
    text = compare(program.source, tmp_path, says=program.says, status=program.status)
    assert ("/execution/" in text) == program.is_run


def compare(source, folder, *, says, status=0):
    """Run a program plain and captured, and compare; gives the sealed trial's text."""
    source = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    (folder / "program.py").write_bytes(source)
    plain, plain_cpu = measured([sys.executable, "program.py"], folder)
    watched, watched_cpu = measured(command("capture", "-q", "program.py"), folder)
    assert says in plain.stdout + plain.stderr
    assert plain.returncode == status, plain.stderr
    assert (watched.returncode, watched.stdout) == (plain.returncode, plain.stdout)
    assert watched.stderr == plain.stderr
    assert watched_cpu < 1.5 * plain_cpu + CPU_SECONDS
    (text,) = sealed(folder).values()
    assert re.findall(r"recording stopped[^\n]*|could not be instrumented[^\n]*", text) == []
    (trial,) = LocalStore.find(folder).summaries()
    assert trial.status == ("completed" if status == 0 else "failed")
    return text


def measured(words, folder):
    """Run a command; gives how it ended, with addresses blanked, and the CPU time of it and its children."""
    before = os.times()
    done = subprocess.run(
        words,
        cwd=folder,
        env={**ENVIRONMENT, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    out, err = (
        re.sub(r"0x[0-9a-f]+", "0x", text.decode("latin-1")) for text in (done.stdout, done.stderr)
    )
    return subprocess.CompletedProcess(words, done.returncode, out, err), cpu
