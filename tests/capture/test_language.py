"""Functions and classes behave watched as under plain python: what each program prints is the same, byte for byte."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from provkit.capture import script

PYTHONS = [
    sys.executable,
    *filter(None, os.environ.get("PROVKIT_PYTHONS", "").split(os.pathsep)),
]

PROGRAMS = """
=== decorators, in order
def a(f):
    print("a", f.__name__); return f
def b(x):
    print("b", x)
    def inner(f):
        print("inner", f.__name__, f.__qualname__); return f
    return inner
@a
@b(1)
def g(x: int = 3, *y, z: "str" = "q", **w) -> None:
    "doc"
print(g.__doc__, g.__defaults__, g.__kwdefaults__, g.__annotations__, g.__code__.co_varnames, g.__code__.co_argcount)
print(g.__code__.co_freevars, g.__code__.co_cellvars, g.__code__.co_flags, g.__code__.co_firstlineno, g.__code__.co_name)

=== dataclasses
from dataclasses import dataclass, field
@dataclass(order=True)
class P:
    x: int
    y: list = field(default_factory=list)
    def __post_init__(self):
        self.y.append(self.x)
print(P(1), P(1) < P(2), P.__annotations__)

=== super and __class__
class A:
    def f(self): return "A"
class B(A):
    def f(self): return "B" + super().f() + __class__.__name__
    @classmethod
    def g(cls): return super().__repr__.__name__
    @property
    def p(self): return super().f()
    def h(self):
        return [super(B, self).f() for _ in range(2)]
print(B().f(), B.g(), B().p, B().h())

=== name mangling
class A:
    def __init__(self): self.__x = 1; __y = 2; self.z = __y
    def get(self, __a=3):
        for __i in range(2):
            __a += __i
        return self.__x, __a
print(A().get(), vars(A()), A.get.__code__.co_varnames)

=== nonlocal and global
n = 1
def f():
    n = 2
    def g():
        nonlocal n
        n += 1
        def h():
            global n
            n += 10
            if n:
                return n
        return h() + n
    return g() + n
print(f(), n)

=== global in the middle of a function
def f():
    print(1)
    if True:
        global zz
        zz = 5
f(); print(zz)

=== generators
def g(n):
    try:
        for i in range(n):
            got = yield i
            print("got", got)
        return "end"
    except ValueError as e:
        print("caught", e)
        yield "after"
    finally:
        print("finally")
it = g(3)
print(next(it), it.send("x"), it.throw(ValueError("v")))
it.close()
def outer():
    result = yield from g(1)
    print("result", result)
print(list(outer()))

=== async
import asyncio
async def work(n):
    await asyncio.sleep(0)
    async with Ctx() as c:
        return [i async for i in agen(n)] + [c]
async def agen(n):
    for i in range(n):
        yield i
class Ctx:
    async def __aenter__(self): return "c"
    async def __aexit__(self, *a): print("exit", a)
async def main():
    print(await asyncio.gather(work(2), work(3)))
asyncio.run(main())

=== pickling
import pickle, copy
class A:
    def __init__(self, x): self.x = x
    def __eq__(self, o): return self.x == o.x
    __hash__ = None
def f(x): return x
print(pickle.loads(pickle.dumps(A(3))).x, pickle.loads(pickle.dumps(f)) is f, copy.deepcopy(A([1])).x)

=== inspect
import inspect
def f(a, b=2):
    # comment
    return a + b
class K:
    def m(self): pass
print(inspect.getsource(f), inspect.getsource(K), inspect.signature(f), inspect.getsourcelines(K.m))
print(inspect.currentframe().f_lineno, inspect.getclosurevars(f))

=== locals
def f(a, *b, c=1, **d):
    x = 5
    for i in range(2):
        y = i
    print(sorted(locals()), locals()["x"])
    del x
    print(sorted(locals()))
    return locals()
print(f(1, 2, z=3))
class C:
    q = 1
    print(sorted(locals()))

=== exec and eval
def f(a):
    exec("b = a + 1")
    return eval("a * 2"), "b" in locals()
print(f(2))
ns = {}
exec("def g(x):\\n    return x * 2\\nprint(g(4))", ns)
print(sorted(k for k in ns if not k.startswith("__")), eval("k + 1", {"k": 1}))

=== future annotations
from __future__ import annotations
def f(x: Unknown, y: list[Nope] = None) -> Never2:
    z: Missing = 3
    return z
print(f.__annotations__, f(1))

=== frames
import sys
def f():
    return g()
def g():
    frame = sys._getframe()
    return frame.f_code.co_name, frame.f_back.f_code.co_name, frame.f_back.f_lineno, frame.f_lineno
print(f())
def depth():
    n, frame = 0, sys._getframe()
    while frame.f_code.co_name != "<module>":
        n, frame = n + 1, frame.f_back
    return n
print(depth(), (lambda: depth())(), [depth() for _ in range(1)] != [])

=== traceback
import traceback
def f(x):
    return g(x) + 1
def g(x):
    for i in range(3):
        if i == 2:
            return 1 / x
try:
    f(0)
except ZeroDivisionError:
    traceback.print_exc(file=__import__("sys").stdout)
def h():
    try:
        f(0)
    except ZeroDivisionError as e:
        raise KeyError("k") from e
h()

=== uncaught in a loop
def f(xs):
    for x in xs:
        with open("/dev/null"):
            print(10 // x)
f([1, 2, 0])

=== exception state
import sys
def f():
    try:
        raise ValueError(1)
    except ValueError:
        g()
        return sys.exc_info()[0]
    finally:
        print("f", sys.exc_info()[0])
def g():
    print("g", sys.exc_info()[0])
    try:
        raise KeyError(2)
    except KeyError as e:
        print(repr(e.__context__))
    print("g", sys.exc_info()[0])
print(f(), sys.exc_info())

=== finally overrides
def f():
    for i in range(3):
        try:
            return i
        finally:
            if i < 2:
                continue
def g():
    try:
        raise ValueError
    finally:
        return "swallowed"
print(f(), g())

=== unbound names
def f(t):
    if t:
        x = 1
    for i in []:
        y = i
    try:
        print(y)
    except UnboundLocalError as e:
        print(e)
    print(x)
f(1)
try:
    f(0)
except UnboundLocalError as e:
    print(e)
def g():
    del z
try:
    g()
except NameError as e:
    print(type(e), e)

=== deleted names
def f():
    x = [1]
    for i in range(3):
        if i == 1:
            del x
    try:
        x
    except UnboundLocalError as e:
        return str(e)
print(f())

=== weak references and finalisers
import weakref, gc
class A: pass
def f():
    a = A()
    r = weakref.ref(a, lambda _: print("gone"))
    b = a
    del a
    print(r() is not None)
    del b
    print(r())
    c = A()
    weakref.finalize(c, print, "finalised")
    return None
f()
print("after")
x = A(); r = weakref.ref(x); x = None; print(r())
def g(o):
    return weakref.ref(o)
print(g(A())())

=== walrus, match, star
def f(v):
    match v:
        case {"a": [x, *rest], **more}:
            return x, rest, more
        case (a, b) | [a, b, _] if (s := a + b) > 2:
            return s
        case str() as t:
            return t
        case _:
            return None
print(f({"a": [1, 2], "b": 3}), f((1, 2)), f((0, 1)), f("s"), f(None))
def g(*xs):
    a, *b = xs
    if (n := len(b)) > 1 and (m := n * 2):
        return a, b, n, m
    return [y := 1, y ** 2]
print(g(1, 2, 3), g(1, 2))

=== class scopes
class A:
    x = 1
    y = [x for _ in range(2)] if False else x
    for i in range(3):
        z = i
    def f(self, d=x): return d
    class B:
        def g(self): return A.x
    if x:
        def h(self): return "h"
print(A().f(), A.B().g(), A().h(), A.z, A.i, A.__qualname__, A.B.g.__qualname__)

=== metaclass and descriptors
class M(type):
    def __new__(m, name, bases, ns, **kw):
        print(name, sorted(k for k in ns if not k.startswith("__")), kw)
        return super().__new__(m, name, bases, ns)
class D:
    def __set_name__(self, owner, name): print("set", owner.__name__, name)
    def __get__(self, o, t): return 42
class A(metaclass=M, k=1):
    d = D()
    def f(self): return self.d
print(A().f())

=== settrace
import sys
def f(n):
    t = 0
    for i in range(n):
        t += i
    return t
events = []
def tracer(frame, event, arg):
    events.append((frame.f_code.co_name, event, frame.f_lineno))
    return tracer
sys.settrace(tracer)
f(2)
sys.settrace(None)
print([event for event in events if event[0] == "f"])

=== settrace, where first statements take several lines
import sys
def f(n):
    total = sum(
        [n,
         2])
    while n:
        n = n.__sub__(
            1
        )
    match n:
        case 0 if (
            n
            == 0
        ):
            return (total +
                    1)
lines = []
def tracer(frame, event, arg):
    lines.append((frame.f_code.co_name, event, frame.f_lineno))
    return tracer
sys.settrace(tracer)
f(2)
sys.settrace(None)
print([line for line in lines if line[0] == "f"])

=== a partial function inside another is made flat
import functools
def f(*a, **k): return a, k
inner = functools.partial(f, 1)
outer = functools.partial(inner, b=2)
print(outer.func is f, outer.args, outer(3), vars(functools.partial(f)))

=== recursion
import sys
def f(n): return 0 if n == 0 else 1 + f(n - 1)
print(f(900))
def g(n):
    for i in range(1):
        return g(n + 1)
try:
    g(0)
except RecursionError as e:
    print(type(e).__name__)

=== odd objects
class Liar:
    def __getattr__(self, n): raise RuntimeError(n)
    def __eq__(self, o): raise RuntimeError("eq")
    def __hash__(self): raise RuntimeError("hash")
    def __len__(self): raise RuntimeError("len")
    def __bool__(self): raise RuntimeError("bool")
    def __repr__(self): raise RuntimeError("repr")
def f(o):
    l = [o]; l.append(l)
    d = {"o": o}
    return len(l), len(d)
class Empty:
    def __init__(self): self.__dict__ = {"a": 1}
class Slots:
    __slots__ = ("a",)
    def set(self): self.a = 1; return self
print(f(Liar()), Empty().a, Slots().set().a)
class Counting:
    def __getattribute__(self, name):
        print("asked", name); return object.__getattribute__(self, name)
    def m(self): return 1
print(Counting().m())

=== iterators are not consumed
def f(it):
    return next(it)
it = iter([1, 2, 3])
print(f(it), f(it), list(it), list(map(f, [iter("ab")])))

=== threads
import threading
out = []
def work(n):
    total = 0
    for i in range(n):
        total += i
    out.append(total)
threads = [threading.Thread(target=work, args=(n,)) for n in (10, 1000, 20)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(out))

=== contextlib and suppress
import contextlib
@contextlib.contextmanager
def ctx(x):
    print("in", x)
    try:
        yield x * 2
    except ValueError as e:
        print("swallowed", e)
    finally:
        print("out")
def f():
    with ctx(1) as a, ctx(a) as b:
        print(a, b)
        raise ValueError("v")
    with contextlib.suppress(KeyError):
        {}["k"]
    return "done"
print(f())

=== comprehension scopes
def f(n):
    fs = [lambda: i for i in range(n)]
    return [g() for g in fs], {i: j for i in range(2) for j in range(i)}, list(x for x in range(n) if (y := x)), y
print(f(3))

=== abstract classes, enums, named tuples
import abc, enum, collections, typing
class A(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
class E(enum.Enum):
    X = 1
    def up(self): return self.name + "!"
class T(typing.NamedTuple):
    a: int
    b: int = 2
    def s(self): return self.a + self.b
print(E.X.up(), T(1).s(), A.__abstractmethods__)
try: A()
except TypeError as e: print("abstract")

=== doctest
def f(x):
    '''
    >>> f(2)
    4
    '''
    return x * 2
import doctest
print(doctest.testmod())

=== copied code
import types
def f(x, y=1):
    def g(): return x + y
    return g()
h = types.FunctionType(f.__code__, globals(), "h", (5,))
f2 = lambda z: z
f2.__code__ = (lambda z: z + 1).__code__
print(h(1), f2(1), f.__code__ == f.__code__, hash(f.__code__) == hash(f.__code__))

=== sorting with a key that raises and is caught
def key(x):
    if x == 2: raise ValueError(x)
    return x
def f():
    try:
        return sorted([3, 2, 1], key=key)
    except ValueError as e:
        return "no", e.args
print(f(), f())
for _ in range(200):
    f()
print(f())

=== long loop with everything
def f(n):
    seen, total = {}, 0
    for i in range(n):
        if i % 3 == 0: continue
        try:
            if i % 7 == 0: raise ValueError(i)
            total += i
        except ValueError as e:
            seen[e.args[0]] = i
        else:
            seen.setdefault("n", []).append(i)
        if i > 2000: break
    else:
        return None
    return total, len(seen), len(seen["n"]), i
print(f(5000), f(10))
"""


def cases() -> list[tuple[str, str]]:
    """Take the table apart."""
    parts = re.split(r"^=== ", PROGRAMS, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], textwrap.dedent(part.partition("\n")[2])) for part in parts]


def behaviour(command: list[str], folder: Path) -> tuple[int, bytes, bytes]:
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, timeout=60, check=False
    )
    stdout, stderr = (
        re.sub(rb"0x[0-9a-f]{6,}", b"0x", text) for text in (done.stdout, done.stderr)
    )
    return done.returncode, stdout, stderr


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("name", "source"), cases(), ids=[case[0] for case in cases()])
def test_program_behaves_as_under_plain_python(
    name: str, source: str, python: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(source)
    journal = tmp_path / ".provkit" / "journals" / "trial"
    journal.mkdir(parents=True)
    options = {
        "journal": str(journal),
        "trial": "0" * 32,
        "version": "0",
        "project": str(tmp_path),
        "store": str(tmp_path / ".provkit"),
    }
    target = script.Target("script", "program.py")
    watched = script.watched_command(target, (), python=python, options=options)
    plain = behaviour([python, "program.py"], tmp_path)
    assert behaviour(watched, tmp_path) == plain
    assert plain[1]
    # `doctest` sets a trace function, too.
    (events,) = journal.glob("*.jsonl")
    assert ('["warning"' in events.read_text()) == name.startswith(("settrace", "doctest"))
