"""Programs of functions, classes and loops: what a value came from, far beyond what is looked into.

Each line that must be in the lineage of `c` ends in `#+`; no other may be there. Where something was summed up,
the line of the loop or of the call stands for what is inside it.
"""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from programs import Lineage, run_program, violations_of

PYTHON = os.environ.get("PROVKIT_PYTHON")
"""Another interpreter to run the programs with."""

PROGRAMS = """
=== result comes from what was returned, not from every argument
def f(x, y): #+
    return x #+
a = 1 #+
b = 2
c = f(a, b) #+

=== both arguments
def f(x, y): #+
    return x + y #+
a = 1 #+
b = 2 #+
c = f(a, b) #+

=== randomness asked by a generator that a later statement uses up
import random
dice = random.Random(3) #+
other = random.Random(4)
g = (dice.random() for _ in range(3)) #+
s = sum(g) #+
c = dice

=== global read in a function
k = 3 #+
u = 4
def f(x): #+
    return x * k #+
a = 1 #+
c = f(a) #+

=== global read by a callee of a callee
k = 3 #+
def g(x): #+
    return x + k #+
def f(x): #+
    return g(x) #+
c = f(1) #+

=== local variables chain
def f(x): #+
    y = x + 1 #+
    z = 5
    w = y * 2 #+
    return w #+
c = f(1) #+

=== keyword arguments find their parameters
def f(x, y=0, *, z=0): #+
    return z #+
a = 1
b = 2 #+
c = f(a, z=b) #+

=== star arguments
def f(*args): #+
    return args[0] #+
a = 1 #+
b = 2 #+
c = f(a, b) #+

=== default of a default
k = 5 #+
def f(x=k): #+
    y = x #+
    return y #+
c = f() #+

=== default that was not used
k = 5 #+
def f(x=k): #+
    return x + 0 #+
a = 1 #+
c = f(a) #+

=== branch in a function
def f(x): #+
    if x > 0:
        y = 1 #+
    else:
        y = 2
    return y #+
a = 1 #+
c = f(a) #+

=== early return decides about what comes after it
def f(x, y): #+
    if x > 5:
        return 0
    return y + 0 #+
a = 1 #+
b = 2 #+
c = f(a, b) #+

=== early return taken
def f(x, y): #+
    if x > 0:
        return x + 0 #+
    return y
a = 1 #+
b = 2
c = f(a, b) #+

=== called under a test
def f(x): #+
    return x + 0 #+
t = True #+
a = 1 #+
if t:
    c = f(a) #+

=== mutation of an argument
def f(l, v): #+
    l.append(v) #+
a = [] #+
b = 1 #+
u = 2
f(a, b) #+
c = len(a) #+

=== mutation of an argument under another name
def f(l): #+
    m = l
    m.append(1) #+
a = [] #+
f(a) #+
c = len(a) #+

=== mutation deep inside
def g(l): #+
    l.append(1) #+
def f(l): #+
    g(l) #+
a = [] #+
f(a) #+
c = len(a) #+

=== mutation of a global list
r = [] #+
def f(v): #+
    r.append(v) #+
a = 1 #+
f(a) #+
c = len(r) #+

=== global statement
n = 0 #+
def f(d): #+
    global n
    n = n + d #+
a = 2 #+
f(a) #+
c = n #+

=== global statement, augmented
n = 0 #+
b = 5 #+
def f(): #+
    global n
    n += b #+
f() #+
c = n #+

=== global bound for the first time in a function
def f(): #+
    global n
    n = 4 #+
f() #+
c = n #+

=== nonlocal
def outer(s): #+
    n = s #+
    def inc(): #+
        nonlocal n
        n += 1 #+
    inc() #+
    return n #+
a = 3 #+
c = outer(a) #+

=== closure reads where it was defined
def make(n): #+
    def inner(x): #+
        return x + n #+
    return inner
a = 1 #+
b = 2 #+
g = make(a) #+
c = g(b) #+

=== two closures of the same function
def make(n): #+
    def inner(x): #+
        return x + n #+
    return inner
a = 1 #+
b = 2
g = make(a) #+
h = make(b)
c = g(10) #+

=== closure over a list
def make(): #+
    seen = [] #+
    def add(x): #+
        seen.append(x) #+
        return len(seen) #+
    return add
g = make() #+
a = 1 #+
n = g(a) #+
c = g(2) #+

=== lambda reads a global
k = 2 #+
f = lambda x: x * k #+
a = 1 #+
c = f(a) #+

=== lambda reads a late global
f = lambda x: x * k #+
k = 2
k = 3 #+
c = f(1) #+

=== lambda in a function reads a local
def outer(n): #+
    f = lambda x: x + n #+
    return f(1) #+
a = 5 #+
c = outer(a) #+

=== function as an argument of a library
k = 3 #+
def key(x): #+
    return x * k #+
xs = [2, 1] #+
c = sorted(xs, key=key) #+

=== function as an argument of a function
k = 3 #+
def g(x): #+
    return x * k #+
def apply(f, x): #+
    return f(x) #+
a = 1 #+
c = apply(g, a) #+

=== map of a function
k = 3 #+
def g(x): #+
    return x * k #+
xs = [1, 2] #+
c = list(map(g, xs)) #+

=== recursion
def fact(n): #+
    if n <= 1:
        return 1 #+
    return n * fact(n - 1) #+
a = 4 #+
u = 1
c = fact(a) #+

=== mutual recursion
def even(n): #+
    return True if n == 0 else odd(n - 1) #+
def odd(n): #+
    return False if n == 0 else even(n - 1) #+
a = 3 #+
c = even(a) #+

=== constructor stores its argument
class A: #+
    def __init__(self, x, y):
        self.x = x #+
a = 1 #+
b = 2
o = A(a, b) #+
c = o.x #+

=== method changes its object
class A: #+
    def __init__(self):
        self.n = 0 #+
    def add(self, d):
        self.n += d #+
o = A() #+
a = 1 #+
o.add(a) #+
c = o.n #+

=== method appends to a list of its object
class A: #+
    def __init__(self):
        self.items = [] #+
    def add(self, v):
        self.items.append(v) #+
o = A() #+
a = 1 #+
o.add(a) #+
c = o.items[0] #+

=== method that returns what it keeps
class A: #+
    def __init__(self, x):
        self.x = x #+
    def get(self):
        return self.x #+
a = 1 #+
o = A(a) #+
c = o.get() #+

=== two objects of one class
class A: #+
    def __init__(self, x):
        self.x = x #+
a = 1 #+
b = 2
o = A(a) #+
p = A(b)
c = o.x #+

=== super
class A: #+
    def __init__(self, x):
        self.x = x #+
class B(A): #+
    def __init__(self, x):
        super().__init__(x) #+
a = 1 #+
o = B(a) #+
c = o.x #+

=== property
k = 2 #+
class A: #+
    def __init__(self, x):
        self._x = x #+
    @property
    def x(self):
        return self._x * k #+
a = 1 #+
o = A(a) #+
c = o.x #+

=== operator of a class
k = 2 #+
class V: #+
    def __init__(self, x):
        self.x = x #+
    def __add__(self, other):
        return self.x + other.x + k #+
a = 1 #+
b = 2 #+
p = V(a) #+
q = V(b) #+
c = p + q #+

=== class attribute changed by a method
class A: #+
    total = 0
    def add(self, d):
        A.total += d #+
a = 1 #+
o = A() #+
o.add(a) #+
c = A.total #+

=== static and class methods
k = 2 #+
class A: #+
    @staticmethod
    def s(x):
        return x * k #+
    @classmethod
    def m(cls, x):
        return cls.s(x) #+
a = 1 #+
c = A.m(a) #+

=== decorated function
import functools
k = 2 #+
def twice(f): #+
    @functools.wraps(f)
    def wrapper(*args): #+
        return f(*args) * k #+
    return wrapper
@twice
def g(x): #+
    return x + 1 #+
a = 1 #+
c = g(a) #+

=== cached function
import functools
k = 2 #+
@functools.lru_cache
def g(x): #+
    return x + k #+
a = 1 #+
c = g(a) #+

=== dataclass
from dataclasses import dataclass
@dataclass
class P: #+
    x: int
    def double(self):
        return self.x * 2 #+
a = 1 #+
p = P(a) #+
c = p.double() #+

=== generator
k = 2 #+
u = 3
def numbers(n): #+
    for i in range(n):
        yield i * k
a = 3 #+
c = list(numbers(a)) #+

=== generator in a loop
k = 2 #+
def numbers(n): #+
    for i in range(n):
        yield i * k
a = 3 #+
c = 0 #+
for x in numbers(a): #+
    c += x #+

=== comprehension calls a function
k = 2 #+
def f(x): #+
    return x * k #+
xs = [1, 2] #+
u = 1
c = [f(x) for x in xs] #+

=== generator expression calls a function
k = 2 #+
def f(x): #+
    return x * k #+
xs = [1, 2] #+
c = sum(f(x) for x in xs) #+

=== main function
def load(): #+
    return [3, 1, 2] #+
def main(): #+
    data = load() #+
    other = 5
    data.sort() #+
    best = data[0] #+
    return best #+
c = main() #+

=== caught exception of a function
def f(x): #+
    raise ValueError(x)
a = 1 #+
try: #+
    c = f(a)
except ValueError as e:
    c = e.args[0] #+

=== exception caught inside
def f(x): #+
    try:
        return int(x)
    except ValueError:
        return 0 #+
a = 'no' #+
c = f(a) #+

=== with statement of one's own
class Ctx: #+
    def __enter__(self):
        return [1] #+
    def __exit__(self, *args):
        pass
with Ctx() as l: #+
    c = l[0] #+

=== member changed after it was stored
a = [] #+
l = [a] #+
a.append(1) #+
def f(x): #+
    return len(x[0]) #+
c = f(l) #+

=== member changed through its container
a = [] #+
l = [a] #+
l[0].append(1) #+
c = len(a) #+

=== member appended to a container and changed
l = [] #+
a = {} #+
l.append(a) #+
v = 1 #+
a['k'] = v #+
c = str(l) #+

=== attribute object changed
class N: #+
    pass
o = N() #+
a = [] #+
o.l = a #+
a.append(1) #+
c = len(o.l) #+

=== dictionary of lists in a function
def group(pairs): #+
    d = {} #+
    for key, value in pairs: #+
        d.setdefault(key, []).append(value) #+
    return d
p = [(1, 2), (1, 3)] #+
c = group(p) #+

=== loop with a test inside
t = 0 #+
u = 0
for x in [1, 2, 3]: #+
    if x > 1:
        t += x #+
    else:
        u += x
c = t #+

=== break decides
xs = [1, 5, 9] #+
m = 4 #+
n = 0 #+
for x in xs: #+
    if x > m:
        break
    n += 1 #+
c = n #+

=== continue decides
xs = [1, 5, 9] #+
m = 4 #+
n = 0 #+
for x in xs: #+
    if x > m:
        continue
    n += 1 #+
c = n #+

=== two accumulators in a loop
x = 1 #+
y = 2
a = 0 #+
b = 0
for i in range(3): #+
    a += x #+
    b += y
c = a #+

=== nested loops
n = 2 #+
t = 0 #+
for i in range(n): #+
    for j in range(n): #+
        t += i * j #+
c = t #+

=== loop in a function returns early
def find(xs, v): #+
    for i, x in enumerate(xs): #+
        if x == v:
            return i #+
    return -1
xs = [4, 5, 6] #+
v = 5 #+
c = find(xs, v) #+

=== while loop in a function
def f(n): #+
    t = 0 #+
    while n > 0:
        t += n #+
        n -= 1 #+
    return t #+
a = 3 #+
c = f(a) #+

=== long loop: total
xs = list(range(5000)) #+
u = 1
t = 0 #+
for x in xs: #+
    t += x #+
c = t #+

=== long loop: two accumulators
x = 1 #+
y = 2
a = 0 #+
b = 0
for i in range(5000): #+
    a += x #+
    b += y
c = a #+

=== long loop: read for the first time late
k = 7 #+
u = 8
t = 0 #+
for i in range(5000): #+
    if i == 3000:
        t += k
    t += 1 #+
c = t #+

=== long loop: what is never read
k = 7
t = 0 #+
for i in range(5000): #+
    if i > 9000:
        t += k
    t += 1 #+
c = t #+

=== long loop: list that grows
r = [] #+
k = 2 #+
for i in range(5000): #+
    r.append(i * k) #+
c = len(r) #+

=== long loop: list that changes late
r = [] #+
k = 2 #+
u = 3
for i in range(5000): #+
    if i > 4000:
        r.append(k)
c = len(r) #+

=== long loop: dictionary
d = {} #+
for i in range(5000): #+
    d[i] = i #+
c = len(d) #+

=== long loop: calls a function
k = 2 #+
def f(x): #+
    return x * k #+
t = 0 #+
for i in range(5000): #+
    t += f(i) #+
c = t #+

=== long loop: function reads a global late
k = 2 #+
def f(x): #+
    if x > 4000:
        return k
    return 1 #+
t = 0 #+
for i in range(5000): #+
    t += f(i) #+
c = t #+

=== long loop: function reads a global never
k = 2
def f(x): #+
    if x > 9000:
        return k
    return 1 #+
t = 0 #+
for i in range(5000): #+
    t += f(i) #+
c = t #+

=== long loop: function that changes a global list late
r = [] #+
def f(x): #+
    if x > 4000:
        r.append(x)
for i in range(5000): #+
    f(i) #+
c = len(r) #+

=== long loop: function that binds a global
n = 0 #+
def f(x): #+
    global n
    n += x #+
for i in range(5000): #+
    f(i) #+
c = n #+

=== long loop: object with state
class A: #+
    def __init__(self):
        self.n = 0 #+
    def add(self, d):
        self.n += d #+
o = A() #+
for i in range(5000): #+
    o.add(i) #+
c = o.n #+

=== long loop in a function
def f(xs): #+
    t = 0 #+
    u = 0
    for x in xs: #+
        t += x #+
        u += 1
    return t #+
a = list(range(5000)) #+
c = f(a) #+

=== long loop in a function: late read of a local
def f(n): #+
    k = 5 #+
    w = 6
    t = 0 #+
    for i in range(n): #+
        if i == 3000:
            t += k
    return t #+
a = 5000 #+
c = f(a) #+

=== long loop in a function: list of its own
def f(n): #+
    r = [] #+
    for i in range(n): #+
        r.append(i) #+
    return r
a = 5000 #+
c = f(a) #+

=== long loop that is left by return
def find(xs, v): #+
    for x in xs: #+
        if x == v:
            return x
    return None
a = list(range(5000)) #+
b = 4000 #+
u = 1
c = find(a, b) #+

=== long while loop
n = 5000 #+
t = 0 #+
while n > 0: #+
    t += n #+
    n -= 1 #+
c = t #+

=== long while loop with break
n = 0 #+
m = 4000 #+
while True: #+
    n += 1 #+
    if n > m:
        break
c = n #+

=== value of the loop's variable at the end
xs = list(range(5000)) #+
for x in xs: #+
    pass
c = x #+

=== bound late in a loop
k = 1 #+
v = 0
for i in range(5000): #+
    if i == 4999:
        v = k
c = v #+

=== called two thousand times
k = 2 #+
u = 3
def f(x): #+
    return x * k #+
r = 0 #+
for i in range(2000): #+
    r += f(i) #+
c = r #+

=== called after its guard has closed: arguments
def f(x, y): #+
    return x + y
for i in range(2000):
    f(i, i)
a = 1 #+
b = 2 #+
c = f(a, b) #+

=== called after its guard has closed: a global that it reads
k = 1 #+
u = 2
def f(x): #+
    return x + k
for i in range(2000):
    f(i)
a = 1 #+
c = f(a) #+

=== called after its guard has closed: only the branch that runs
k = 1
m = 2 #+
def f(x): #+
    if x > 10 ** 6:
        return m
    return k
for i in range(2000):
    f(i)
a = 10 ** 7 #+
c = f(a) #+

=== called after its guard has closed: changes its argument
def f(l, v): #+
    l.append(v)
w = []
for i in range(2000):
    f(w, i)
a = [] #+
b = 1 #+
f(a, b) #+
c = len(a) #+

=== called after its guard has closed: changes its object
class A: #+
    def __init__(self):
        self.n = 0
    def set(self, v):
        self.n = v
for i in range(2000):
    A().set(i)
o = A() #+
v = 3 #+
o.set(v) #+
c = o.n #+

=== called after its guard has closed: closure
def make(n): #+
    def inner(x):
        return x + n
    return inner
g = make(0)
for i in range(2000):
    g(i)
    g = make(i)
a = 5 #+
h = make(a) #+
c = h(1) #+

=== called after its guard has closed: binds a global
def f(x): #+
    global n
    n = x
n = 0
for i in range(2000):
    f(i)
a = 1 #+
f(a) #+
c = n #+

=== nested long loops
t = 0 #+
k = 2 #+
for i in range(100): #+
    for j in range(100): #+
        t += k #+
c = t #+

=== try inside a long loop
k = 1 #+
n = 0 #+
for i in range(5000): #+
    try:
        if i % 2:
            raise ValueError
        n += k #+
    except ValueError:
        pass
c = n #+

=== file written in a function
def save(path, text): #+
    with open(path, 'w') as f: #+
        f.write(text) #+
t = 'x' #+
u = 'y'
save('o.txt', t) #+
c = open('o.txt').read() #+

=== file written in a long loop
with open('o.txt', 'w') as f: #+
    for i in range(5000): #+
        f.write(str(i)) #+
c = open('o.txt').read() #+

=== dict key does not pull in another
d = {} #+
a = 1 #+
b = 2
d['a'] = a #+
d['b'] = b
c = d['a'] #+

=== dict key that was overwritten
d = {} #+
d['a'] = 1
d['a'] = 2 #+
c = d['a'] #+

=== dict read whole has every key
d = {} #+
d['a'] = 1 #+
d['b'] = 2 #+
c = len(d) #+

=== dict updated between
d = {} #+
a = 1 #+
d['a'] = a #+
d.update(b=2) #+
c = d['a'] #+

=== attribute does not pull in another
class N: #+
    pass
o = N() #+
a = 1 #+
b = 2
o.a = a #+
o.b = b
c = o.a #+

=== attributes in a method
class A: #+
    def __init__(self, x, y):
        self.x = x #+
        self.y = y
a = 1 #+
b = 2
o = A(a, b) #+
c = o.x #+

=== view of an array
import numpy as np
a = np.zeros(4) #+
v = a[1:] #+
k = 3 #+
v[0] = k #+
c = a.sum() #+

=== view changed in place by an operator
import numpy as np
a = np.zeros(4) #+
v = a[1:] #+
k = 3 #+
v += k #+
c = a.sum() #+

=== rows written through a writer of CSV
import csv
a = [[1]] #+
b = [["u"]] #+
u = 2
h = open("t.csv", "w") #+
w = csv.writer(h) #+
w.writerow(b) #+
w.writerows(a) #+
h.close() #+
c = open("t.csv").read() #+

=== a table changed through a cursor
import sqlite3
d = sqlite3.connect(":memory:") #+
k = d.cursor() #+
a = "CREATE TABLE t (x)" #+
k.execute(a) #+
b = "SELECT count(*) FROM t" #+
c = d.execute(b).fetchone() #+

=== size of a file that was made
from pathlib import Path
p = Path("t.txt") #+
a = "xy" #+
p.write_text(a) #+
c = p.stat() #+

=== generator asked in a comprehension
import random
a = random.Random(5) #+
b = [a.random() for _ in range(3)] #+
c = a.getstate() #+

=== generator asked in a generator expression
import random
a = random.Random(5) #+
k = 3 #+
b = sum(a.random() for _ in range(k)) #+
c = a.getstate() #+

=== generator asked in a comprehension of a function
import random
def draw(a, k): #+
    return [a.random() for _ in range(k)] #+
a = random.Random(5) #+
d = 1
b = draw(a, 3) #+
c = a.random() #+

=== list filled in a comprehension
a = [] #+
k = 3 #+
z = [a.append(i) for i in range(k)] #+
d = [1]
c = len(a) #+

=== what a comprehension only reads does not change
a = [1, 2] #+
d = [abs(i) + a.count(i) for i in a]
c = a[0] #+

=== model fitted as a step of another
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
m = LinearRegression() #+
p = make_pipeline(m) #+
x = [[0.0], [1.0]] #+
p.fit(x, [1.0, 2.0]) #+
c = m.coef_ #+

=== view changed in a function
import numpy as np
a = np.zeros(4) #+
v = a[1:] #+
def f(x): #+
    x[0] = 9 #+
f(v) #+
c = a.sum() #+

=== array changed, view read
import numpy as np
a = np.zeros(4) #+
v = a.reshape(2, 2) #+
a[0] = 5 #+
c = v.sum() #+

=== frame column
import pandas as pd
d = pd.DataFrame({"a": [1, 2]}) #+
k = 2 #+
u = 3
d["b"] = k #+
d["c"] = u
c = d["b"] #+

=== frame changed in place in a function
import pandas as pd
def clean(d, name): #+
    d.drop(columns=name, inplace=True) #+
d = pd.DataFrame({"a": [1, 2], "b": [1, 2]}) #+
n = "b" #+
clean(d, n) #+
c = d.shape[1] #+

=== script with a main guard
import json
def read(path): #+
    with open(path) as f: #+
        return json.load(f) #+
def main(): #+
    with open("in.json", "w") as f: #+
        f.write("[1, 2]") #+
    data = read("in.json") #+
    other = 3
    result = {"n": len(data), "m": other}
    return sum(data) #+
if __name__ == "__main__":
    c = main() #+

=== model in a class (xfail: a summary does not tell the parts of an object apart)
import numpy as np
class Model: #+
    def __init__(self, rate):
        self.rate = rate #+
        self.w = 0.0 #+
        self.history = []
    def fit(self, xs, ys):
        for epoch in range(1000): #+
            g = ((xs * self.w - ys) * xs).mean() #+
            self.w -= self.rate * g #+
            self.history.append(g)
        return self
    def predict(self, xs):
        return xs * self.w #+
xs = np.arange(5.0) #+
ys = xs * 2 #+
m = Model(0.01) #+
m.fit(xs, ys) #+
c = m.predict(xs) #+

=== global config changed before a call
config = {"a": 1} #+
def f(): #+
    return config["a"] #+
config["a"] = 2 #+
config["b"] = 3
c = f() #+

=== list of objects changed by a loop
class A: #+
    def __init__(self, n):
        self.n = n #+
items = [A(1), A(2)] #+
k = 5 #+
for item in items:
    item.n += k #+
def total(l): #+
    t = 0 #+
    for x in l:
        t += x.n #+
    return t #+
c = total(items) #+

=== tuple returned and taken apart
def f(x): #+
    return x + 1, x + 2 #+
a = 1 #+
p, q = f(a) #+
c = q #+

=== result of a call in a call
def f(x): #+
    return x + 1 #+
def g(x): #+
    return x * 2 #+
a = 1 #+
u = 3
c = g(f(a)) #+

=== argument that is an expression
def f(x, y): #+
    return x #+
a = 1 #+
b = 2
c = f(a + 1, b) #+

=== mutable default
def f(x, acc=[]): #+
    acc.append(x) #+
    return len(acc) #+
f(1) #+
c = f(2) #+

=== exception used for control in a long loop
d = {} #+
for i in range(3000): #+
    try:
        d[i % 2] += 1 #+
    except KeyError:
        d[i % 2] = 1 #+
c = d[1] #+

=== sorted with a lambda key over objects
class A: #+
    def __init__(self, n):
        self.n = n #+
k = 3 #+
l = [A(2), A(1)] #+
s = sorted(l, key=lambda o: o.n * k) #+
c = s[0].n #+

=== partial
import functools
def f(x, y): #+
    return x * y #+
a = 2 #+
b = 3 #+
g = functools.partial(f, a) #+
c = g(b) #+

=== random generator passed to a function
import random
r = random.Random(0) #+
def draw(g): #+
    return g.random() #+
x = draw(r) #+
c = draw(r) #+

=== while with a function as its test
s = {"n": 3} #+
def more(): #+
    s["n"] -= 1 #+
    return s["n"] > 0 #+
t = 0 #+
while more(): #+
    t += 1 #+
c = t #+

=== swap in a function of a list
def swap(l, i, j): #+
    l[i], l[j] = l[j], l[i] #+
l = [1, 2, 3] #+
swap(l, 0, 2) #+
c = l[0] #+

=== string building in a long loop
s = "" #+
sep = "," #+
u = ";"
for i in range(2000): #+
    s += str(i) + sep #+
c = s #+

=== star unpacking of an argument
def f(*xs, **kw): #+
    return kw["k"] #+
d = {"k": 1} #+
c = f(**d) #+

=== memo in a dictionary
memo = {} #+
def fib(n): #+
    if n < 2:
        return n #+
    if n not in memo:
        memo[n] = fib(n - 1) + fib(n - 2) #+
    return memo[n] #+
a = 10 #+
c = fib(a) #+

=== class with a counter
class A: #+
    count = 0
    def __init__(self):
        A.count += 1 #+
x = A() #+
y = A() #+
c = A.count #+

=== conditional import and function
k = 2 #+
if k > 1:
    def f(x): #+
        return x + k #+
else:
    def f(x):
        return x
c = f(1) #+

=== mutable default given by keyword and in a method
class Store: #+
    def add(self, x, *, kept={}):
        kept[x] = x #+
        return sum(kept.values()) #+
s = Store() #+
s.add(1) #+
other = [5]
c = s.add(2) #+

=== default that is not used
def f(x, acc=[]):
    acc.append(x)
    return len(acc)
f(1)
mine = [] #+
c = len(mine) #+

=== default of another function
def f(x, acc=[]):
    acc.append(x)
    return len(acc)
def g(x, acc=[]): #+
    acc.append(x) #+
    return len(acc) #+
f(1)
c = g(2) #+

=== callback of a built-in
k = 2 #+
other = 3
def f(x): #+
    return x * k #+
c = list(map(f, [1, 2])) #+

=== callback of a library that calls it for long
import functools
k = 2 #+
def f(x, y): #+
    return x + y * k #+
c = functools.reduce(f, range(300)) #+

=== key of a sort
weights = {"a": 2, "b": 1} #+
def key(x): #+
    return weights[x] #+
names = ["a", "b"] #+
names.sort(key=key) #+
c = names[0] #+

=== deleted and bound again
def f(x): #+
    y = x
    del y
    y = 3 #+
    return y #+
a = 1
c = f(a) #+
"""


def cases() -> list[tuple[str, str, set[int]]]:
    """Take the table apart: name, program, and the lines that are marked."""
    found = []
    for part in re.split(r"^=== ", PROGRAMS, flags=re.MULTILINE)[1:]:
        name, _, source = part.partition("\n")
        source = textwrap.dedent(source).strip("\n") + "\n"
        lines = {
            number
            for number, line in enumerate(source.split("\n"), start=1)
            if line.rstrip().endswith("#+")
        }
        found.append((name, source, lines))
    return found


def parameters() -> list[ParameterSet]:
    """Mark what is known to be wrong, each with its reason."""
    return [
        pytest.param(
            *case,
            id=case[0].partition(" (xfail")[0],
            marks=[pytest.mark.xfail(strict=True, reason=case[0].partition("xfail: ")[2])]
            if "(xfail" in case[0]
            else [],
        )
        for case in cases()
    ]


@pytest.mark.parametrize(("name", "source", "lines"), parameters())
def test_value_came_from_the_marked_lines(
    name: str, source: str, lines: set[int], tmp_path: Path
) -> None:
    if PYTHON and re.search("import (numpy|pandas)", source):
        pytest.skip("the other interpreter may not have it")
    trial = run_program(tmp_path, source, python=PYTHON)
    assert not trial.warnings
    assert violations_of(trial) == []
    assert Lineage(trial).lines("c") == lines
