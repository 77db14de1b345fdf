"""Programs of idioms that nobody tuned capture for: descriptors, generators that are sent to, chains of frames, files.

Lines that end in `#+` must be in the lineage of `c`, those that end in `#?` may be, no other may. Most of them
go on long after what they do has stopped being looked into. That the marks are true is shown by deleting
each line: a line that is not marked leaves `c` as it was, and one that must be there does not.
"""

from __future__ import annotations

import ast
import logging
import re
import textwrap
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from programs import Lineage, run_program, violations_of

_STAY = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass)
"""What a lineage does not tell of."""

PROGRAMS = r"""
=== property with a setter, asked long after
class Cell: #+
    def __init__(self, v): #?
        self._v = v #+
        self.other = 0 #?
    @property #?
    def v(self): #?
        return self._v * 2 #+
    @v.setter #?
    def v(self, x): #?
        self._v = x + 1 #?
cell = Cell(1) #+
unused = Cell(5)
for i in range(40): #+
    cell.v = cell.v + i #+
c = cell.v #+

=== descriptor that keeps values for its owner
class Kept: #+
    def __set_name__(self, owner, name): #?
        self.name = name #?
    def __get__(self, obj, owner): #?
        return obj.__dict__[self.name] #?
    def __set__(self, obj, value): #?
        obj.__dict__[self.name] = value #?
class Row: #+
    size = Kept() #?
row = Row() #+
spare = Row()
for i in range(30): #+
    row.size = i #+
    spare.size = i
c = row.size #+

=== slots and a class hierarchy
class Base: #?
    __slots__ = ("total",) #?
    def __init__(self): #?
        self.total = 0 #?
    def add(self, x): #?
        self.total += x #?
class Twice(Base): #+
    __slots__ = () #?
    def add(self, x): #?
        super().add(2 * x) #?
one = Twice() #+
two = Base()
for i in range(30): #+
    one.add(i) #+
for i in range(30):
    two.add(i)
c = one.total #+

=== closures made in a loop
makers = [] #+
k = 3 #+
u = 4
for i in range(30): #+
    def add(x, i=i): #+
        return x + i + k #+
    makers.append(add) #+
c = sum(f(1) for f in makers) #+

=== generator that is sent to, inside another
def inner(): #+
    total = 0 #?
    while True: #?
        got = yield total #?
        if got is None: #?
            return total #?
        total += got #?
def outer(into): #+
    result = yield from inner() #?
    into.append(result) #?
results = [] #+
idle = []
g = outer(results) #+
next(g) #+
for i in range(40): #+
    g.send(i) #+
try: #?
    g.send(None) #+
except StopIteration: #?
    pass
c = results[0] #+

=== context manager written as a generator
from contextlib import contextmanager
log = [] #+
other = []
@contextmanager #?
def noted(name): #+
    log.append("in " + name) #?
    try: #?
        yield name #?
    finally:
        log.append("out " + name) #?
for i in range(30): #+
    with noted(str(i)): #+
        other.append(i)
c = len(log) #+

=== partial in a long loop
from functools import partial
def scale(x, by, add): #+
    return x * by + add #+
by = 3 #+
unused = 9
f = partial(scale, by=by, add=1) #+
g = partial(scale, by=unused, add=2)
total = 0 #+
for i in range(50): #+
    total += f(i) #+
c = total #+

=== cache that remembers what was asked
from functools import lru_cache
calls = [] #+
@lru_cache #?
def slow(x): #+
    calls.append(x) #+
    return x * 2 #?
for i in range(60): #+
    slow(i % 3) #+
unused = slow(2)
c = len(calls) #+

=== singledispatch
from functools import singledispatch
@singledispatch #?
def tell(x): #+
    return "?" #?
@tell.register #?
def _(x: int): #?
    return x + n #?
@tell.register #?
def _(x: str): #?
    return len(x) #?
n = 2 #+
items = [1, "ab", 2.0] * 10 #+
found = [] #+
for item in items: #+
    found.append(tell(item)) #+
c = list(found) #+

=== reduce with a function of one's own
from functools import reduce
weight = 2 #+
other = 3
def join(a, b): #+
    return a + weight * b #+
parts = list(range(40)) #+
c = reduce(join, parts) #+

=== comprehension that has an effect
seen = set() #+
twice = {} #?
items = [1, 2, 1, 3] * 10 #+
first = [x for x in items if not (x in seen or seen.add(x))] #+
twice = {x: 2 * x for x in items}
c = sorted(seen) #+

=== dictionary comprehension that calls what has an effect
log = [] #+
def note(x): #+
    log.append(x) #+
    return x
d = {note(i): i for i in range(40)} #+
e = {i: i for i in range(40)}
c = len(log) #+

=== try, else and finally with a return in each
kept = [] #+
def f(x): #+
    try: #?
        y = 10 // x #?
    except ZeroDivisionError: #?
        return -1 #?
    else:
        return y #?
    finally:
        kept.append(x) #+
for i in range(30): #+
    f(i) #+
spare = f(2) #+
c = list(kept) #+

=== recursion that fills a list of all
found = [] #+
tree = {"v": 1, "kids": [{"v": 2, "kids": [{"v": 3, "kids": []}]}] * 20} #+
other = {"v": 5, "kids": []}
def walk(node): #+
    found.append(node["v"]) #+
    for kid in node["kids"]: #+
        walk(kid) #+
walk(tree) #+
c = sum(found) #+

=== pairs from tee
import itertools
k = 2 #+
items = [i * k for i in range(30)] #+
a, b = itertools.tee(items) #+
next(b) #+
gaps = [] #+
for x, y in zip(a, b): #+
    gaps.append(y - x) #+
unused = list(reversed(items))
c = list(gaps) #+

=== heap, bisect and deque
import bisect
import heapq
from collections import deque
heap = [] #+
ordered = []
last = deque(maxlen=3) #+
for i in [5, 3, 8, 1, 9, 2] * 6: #+
    heapq.heappush(heap, i) #+
    bisect.insort(ordered, i)
while heap: #+
    last.append(heapq.heappop(heap)) #?
c = list(last) #+

=== defaultdict and Counter
from collections import Counter, defaultdict
words = ["a", "bb", "a", "ccc"] * 10 #+
by_size = defaultdict(list) #+
tally = Counter()
for word in words: #+
    by_size[len(word)].append(word) #+
    tally[word] += 1
c = len(by_size[1]) #+

=== dataclass with a list of its own
from dataclasses import dataclass, field
@dataclass #?
class Basket: #+
    owner: str #?
    items: list = field(default_factory=list) #?
mine = Basket("me") #+
yours = Basket("you")
for i in range(30): #+
    mine.items.append(i) #+
    yours.items.append(-i)
c = sum(mine.items) #+

=== enum
from enum import Enum
class Kind(Enum): #+
    LOW = 1 #?
    HIGH = 2 #?
limit = 15 #+
other = 3
kinds = [] #+
for i in range(30): #+
    kinds.append(Kind.HIGH if i > limit else Kind.LOW) #+
c = kinds.count(Kind.HIGH) #+

=== object that adds to itself, is stored into and is called
class Acc: #+
    def __init__(self): #?
        self.d = {} #?
    def __iadd__(self, x): #?
        self.d["sum"] = self.d.get("sum", 0) + x #?
        return self #?
    def __setitem__(self, k, v): #?
        self.d[k] = v #?
    def __call__(self, k): #?
        return self.d[k] #?
acc = Acc() #+
off = Acc()
for i in range(30): #+
    acc += i #+
    acc[i] = i #?
    off[i] = i
c = acc("sum") #+

=== gathered tasks
import asyncio
log = [] #+
other = []
async def work(i): #+
    await asyncio.sleep(0) #?
    log.append(i) #?
    other.append(i)
async def main(): #+
    await asyncio.gather(*(work(i) for i in range(30))) #?
asyncio.run(main()) #+
c = sorted(log) #+

=== a generator's context manager changes a list as it is entered and left
import contextlib
events = [] #+
other = []
@contextlib.contextmanager #?
def section(name): #+
    events.append(name) #?
    try: #?
        yield name #?
    except KeyError as error: #?
        events.append(error.args[0]) #?
    finally: #?
        events.append(-name) #?
with section(1): #+
    other.append(1)
table = {} #?
with section(2): #+
    table["nope"] #?
c = list(events) #+

=== callbacks of an ExitStack
import contextlib
cleaned = [] #+
other = []
size = 3 #+
with contextlib.ExitStack() as stack: #+
    stack.callback(cleaned.append, "last") #+
    stack.callback(lambda: cleaned.append(size)) #+
    other.append(1)
closer = contextlib.ExitStack() #+
closer.callback(cleaned.append, "closed") #+
closer.close() #+
c = list(cleaned) #+

=== what is printed goes into a text in memory
import contextlib
import io
x = 2 #+
buffer = io.StringIO() #+
spare = io.StringIO()
with contextlib.redirect_stdout(buffer): #+
    y = 3
    for i in range(30): #+
        print("a", x, i) #+
c = buffer.getvalue() #+

=== variables of the environment
import os
class Mode: #+
    def __enter__(self): #?
        os.environ["MODE"] = "fast" #+
        return self #?
    def __exit__(self, *error): #?
        os.environ.pop("MODE") #?
depth = "5" #?
other = "6"
os.environ["DEPTH"] = depth #?
with Mode(): #+
    c = os.environ.get("MODE", "slow") + os.getenv("DEPTH") #+

=== how often a cache was asked
from functools import lru_cache
@lru_cache(maxsize=None) #?
def ways(n): #+
    return 1 if n < 2 else ways(n - 1) + ways(n - 2) #+
depth = 40 #+
other = 9
ways(depth) #+
c = ways.cache_info().misses #+

=== how often a cache was asked, in comprehensions
from functools import lru_cache
@lru_cache(maxsize=None) #?
def price(what): #+
    return len(what) #?
names = ["a", "bb", "a"] #+
other = 9
costs = {name: price(name) for name in names} #+
total = sum(price(name) for name in names) #+
c = price.cache_info().hits #+

=== settings in a parser's sections
import configparser
config = configparser.ConfigParser() #+
config.read_string("[a]\nk = 1\n[b]") #+
other = configparser.ConfigParser()
n = 4 #+
for i in range(30): #+
    config.set("b", f"k{i}", str(n)) #+
    other.read_string("[a]")
config["a"]["k"] = "2" #+
c = {name: dict(config[name]) for name in config.sections()} #+

=== a counter that a class keeps
class Step: #+
    registry = {} #?
    calls = 0 #?
    def __init_subclass__(cls): #?
        Step.registry[cls.__name__] = cls #?
    def run(self): #?
        type(self).calls += 1 #?
class Clip(Step): #+
    pass
class Spare: #?
    pass
clip = Clip() #+
for i in range(30): #+
    clip.run() #+
c = {name: kind.calls for name, kind in Step.registry.items()} #+

=== a file written through its descriptor, and put in its place
import os
import tempfile
def write(path, text): #+
    handle, name = tempfile.mkstemp(dir=".") #+
    with os.fdopen(handle, "w") as stream: #+
        stream.write(text) #+
    os.replace(name, path) #+
n = 3 #+
other = 4
write("a.txt", str(n)) #+
write("b.txt", str(other))
c = open("a.txt").read() #+

=== a table written to a named temporary file, and put in its place
import csv
import os
import tempfile
def write(path, rows): #+
    with tempfile.NamedTemporaryFile("w", dir=".", delete=False, newline="") as file: #+
        writer = csv.DictWriter(file, fieldnames=list(rows[0])) #+
        writer.writeheader() #+
        writer.writerows(rows) #+
        file.write("end") #+
    os.replace(file.name, path) #+
n = 3 #+
other = 4
write("a.csv", [{"n": n}]) #+
write("b.csv", [{"n": other}])
c = open("a.csv").read() #+

=== files that a comprehension opens
names = ["a.txt", "b.txt"] #+
other = 3
files = [open(name, "w") for name in names] #+
for i in range(30): #+
    files[i % 2].write(f"{i} ") #+
for file in files: #?
    file.close() #?
c = open("a.txt").read() #+

=== axes in an array of objects
import numpy as np
class Axis: #+
    def __init__(self): #?
        self.lines = [] #+
grid = np.array([[Axis(), Axis()]], dtype=object) #+
spare = Axis()
for axis in grid.flat: #?
    axis.lines.append(1) #+
    spare.lines.append(2)
c = sum(len(axis.lines) for axis in grid.flat) #+

=== threads that are started with a list and a name of the module's
import threading
lock = threading.Lock() #?
totals = {} #+
other = {}
count = 0 #+
k = 3 #+
u = 4
class Box: #+
    value = None
def tally(part, box): #+
    global count
    for name in part: #?
        with lock: #?
            totals[name] = len(name) * k #?
            count += 1 #?
    box.value = len(part) #?
def idle(): #?
    other["u"] = u
box = Box() #+
names = ["a", "bb", "ccc"] * 10 #+
threads = [threading.Thread(target=tally, args=(names[i::2], box)) for i in range(2)] #+
for thread in threads: #+
    thread.start() #+
for thread in threads: #?
    thread.join() #?
spare = threading.Thread(target=idle) #?
spare.start() #?
spare.join()
c = totals, count, box.value #+

=== a class of threads that take from a queue
import queue
import threading
jobs, results = queue.Queue(), queue.Queue() #+
class Worker(threading.Thread): #+
    def __init__(self, factor): #?
        super().__init__(daemon=True) #?
        self.factor = factor #+
        self.done = 0 #?
    def run(self): #?
        while (item := jobs.get()) is not None: #?
            results.put(item * self.factor) #?
            self.done += 1 #?
factor = 2 #+
other = 3
worker = Worker(factor) #+
worker.start() #+
for i in range(30): #+
    jobs.put(i) #+
jobs.put(None) #?
worker.join(2) #?
c = sorted(results.get_nowait() for _ in range(30)), worker.done #+

=== tasks that put into a queue of the event loop
import asyncio
k = 2 #+
u = 3
async def make(queue, n): #+
    for i in range(n): #?
        await queue.put(i * k) #?
async def main(n): #+
    queue = asyncio.Queue() #?
    await asyncio.gather(asyncio.create_task(make(queue, n))) #?
    return [queue.get_nowait() for _ in range(queue.qsize())] #?
n = 30 #+
c = asyncio.run(main(n)) #+

=== what a branch and a handler that did not run would have changed
a = 3 #+
other = 4
log = [] #+
if a > 5: #?
    log.append(1) #?
if other > 5:
    spare = 2
text = "5" #+
try: #?
    int(text) #?
except ValueError: #?
    log.append(text) #?
c = len(log) #+

=== objects of a class with slots that a function makes
class Interval: #+
    __slots__ = ("high", "low") #?
    def __init__(self, low, high): #?
        self.low, self.high = low, high #+
def around(x): #+
    return Interval(x - 1, x + 1) #+
wide = 3 #+
other = 4
intervals = {x: around(x + wide) for x in range(4)} #+
c = [intervals[x].high for x in intervals] #+

=== a file that a generator's context manager opens, and a closure writes to
import contextlib
@contextlib.contextmanager #?
def recording(path): #+
    stream = open(path, "w") #?
    try: #?
        yield lambda text: stream.write(text) #?
    finally: #?
        stream.close() #?
def run(n, record): #+
    for i in range(n): #+
        record(f"{i} ") #+
n = 30 #+
other = 3
with recording("a.txt") as record: #+
    run(n, record) #+
c = open("a.txt").read() #+

=== an array that lies in a file
import numpy as np
x = np.arange(4.0) #+
other = np.arange(3.0)
mapped = np.memmap("a.dat", dtype="f8", mode="w+", shape=(3, 4)) #+
for i in range(3): #+
    mapped[i] = x * i #+
mapped.flush() #?
c = np.memmap("a.dat", dtype="f8", mode="r", shape=(3, 4))[:, 2].tolist() #+

=== match on classes
class Point: #+
    __match_args__ = ("x", "y") #?
    def __init__(self, x, y): #?
        self.x = x #?
        self.y = y #?
total = 0 #+
other = 0
for i in range(30): #+
    match Point(i, i % 2): #+
        case Point(x, 0): #?
            total += x #+
        case Point(x, y):
            other += y
c = total #+

=== loops and functions in the cases of a match
def tell(kind, n): #+
    match kind: #?
        case "sum": #?
            total = 0 #?
            for i in range(n): #?
                total += i * k #?
            return total #?
        case "twice":
            def twice(x):
                return 2 * x
            return twice(n)
k = 3 #+
u = 4
a = tell("twice", 4)
match [40, 2]: #+
    case [n, m]: #?
        for i in range(n):
            u += i
        b = tell("sum", n) #+
    case _:
        b = 1
c = b #+

=== walrus in a comprehension
limit = 10 #+
other = 4
items = list(range(40)) #+
big = [y for x in items if (y := x * 2) > limit] #+
c = y #+

=== star unpacking
rows = [(1, 2, 3, 4)] * 30 #+
heads = [] #+
middles = []
for first, *middle, last in rows: #+
    heads.append(first + last) #+
    middles.append(middle)
c = list(heads) #+

=== global bound by exec
k = 2 #+
other = 3
exec("made = k * 5") #+
c = made #+

=== deleted and bound again in a long loop
total = 0 #+
for i in range(30): #+
    part = i * 2 #+
    total += part #+
    del part
part = 7
c = total #+

=== keys that a mapping makes because it is asked for them
from collections import defaultdict
class Squares(dict): #+
    def __missing__(self, key): #?
        self[key] = key * key #?
        return self[key] #?
class Holder: #+
    def __init__(self): #?
        self.groups = defaultdict(list) #?
holder = Holder() #+
spare = Holder()
d = defaultdict(list) #+
e = defaultdict(list)
key = "a" #+
d[key] #+
x = d["b"] #+
if d["n"] == []: #+
    y = len(d["p"]) #+
e["c"]
holder.groups["q"] #+
spare.groups["r"]
squares = Squares() #+
for i in range(30):
    e[i]
for i in range(30): #+
    squares[i] #+
c = sorted(d), sorted(squares), sorted(holder.groups) #+

=== attribute that is kept once it was asked for
from functools import cached_property
class Table: #+
    def __init__(self, rows): #?
        self.rows = rows #?
    @cached_property #?
    def total(self): #?
        return sum(self.rows) * k #?
k = 3 #+
u = 4
table = Table([1]) #+
for i in range(30):
    Table([i]).total
table.total #+
c = vars(table).get("total") #+

=== models in a dictionary that a function fits
class Model: #+
    def fit(self, x): #?
        self.seen = x #?
def train(models, x): #+
    for m in models.values(): #+
        m.fit(x) #+
x = 3 #+
models = {"a": Model(), "b": Model()} #+
others = {"a": Model()}
train(models, x) #+
train(others, 5)
c = [m.seen for m in models.values()] #+

=== files that are only looked at
import os
from pathlib import Path
k = "a" #+
Path("one.txt").write_text(k) #+
Path("two.txt").write_text("b")
Path("three.json").write_text("ccc") #+
Path("four.csv").write_text("dddd") #+
size = os.path.getsize("one.txt") #+
there = Path("four.csv").exists() #+
names = [p.name for p in Path(".").glob("*.json")] #+
c = (size, there, names) #+

=== files that are looked at in a long loop
import os
from pathlib import Path
for i in range(30): #+
    Path(f"{i}.txt").write_text("x" * i) #+
total = 0 #+
for i in range(30): #+
    total += os.path.getsize(f"{i}.txt") #+
c = total, len(os.listdir(".")) #+

=== what the later rounds of a loop return
def find(items, wanted): #+
    for i, item in enumerate(items): #+
        if item == wanted: #?
            return i + shift #?
shift = 1 #+
u = 2
items = list(range(40)) #+
other = [1]
find(other, 1)
c = find(items, 30) #+

=== stream that only the call holds which writes to it
import json
k = 3 #+
u = 4
json.dump({"k": k}, open("out.json", "w")) #+
json.dump(u, open("other.json", "w"))
with open("out.json") as f: #+
    c = json.load(f) #+

=== models that a comprehension fits, one of them under another name
class Model: #+
    def fit(self, x): #?
        self.seen = x #?
        return self #?
x = 3 #+
models = {"a": Model(), "b": Model()} #+
others = {"a": Model()}
first = models["a"] #?
fitted = {name: model.fit(x) for name, model in models.items()} #+
spare = {name: model.fit(4) for name, model in others.items()}
c = first.seen #+

=== connection that an object keeps
import sqlite3
class Store: #+
    def __init__(self, path): #?
        self.db = sqlite3.connect(path) #?
        self.db.execute("create table t (v)") #?
    def add(self, v): #?
        with self.db as db: #?
            db.execute("insert into t values (?)", (v,)) #?
    def total(self): #?
        return self.db.execute("select sum(v) from t").fetchone()[0] #?
store = Store(":memory:") #+
other = Store(":memory:")
for i in range(30): #+
    store.add(i) #+
store.add(7) #+
other.add(5)
c = store.total() #+

=== text built in a buffer
import io
out = io.StringIO() #+
err = io.StringIO()
sep = ";" #+
for i in range(30): #+
    out.write(str(i) + sep) #+
    err.write(sep)
c = out.getvalue() #+

=== CSV written and read back
import csv
rows = [(i, i * i) for i in range(30)] #+
other = [(1, 2)]
with open("rows.csv", "w", newline="") as f: #+
    writer = csv.writer(f) #+
    for row in rows: #+
        writer.writerow(row) #+
with open("other.csv", "w", newline="") as f:
    csv.writer(f).writerows(other)
total = 0 #+
with open("rows.csv", newline="") as f: #+
    for a, b in csv.reader(f): #+
        total += int(b) #+
c = total #+

=== JSON in many files
import json
from pathlib import Path
k = 3 #+
u = 4
for i in range(30): #+
    Path(f"part{i}.json").write_text(json.dumps({"v": i * k})) #+
Path("spare.json").write_text(json.dumps(u))
total = 0 #+
for i in range(30): #+
    total += json.loads(Path(f"part{i}.json").read_text())["v"] #+
c = total #+

=== database in a file
import sqlite3
rows = [(i,) for i in range(30)] #+
db = sqlite3.connect("numbers.db") #+
db.execute("create table t (v integer)") #+
for row in rows: #+
    db.execute("insert into t values (?)", row) #+
db.commit() #+
db.close() #?
unused = len(rows)
again = sqlite3.connect("numbers.db") #+
c = again.execute("select sum(v) from t").fetchone()[0] #+

=== objects pickled one after another
import pickle
k = 2 #+
u = 5
with open("many.pkl", "wb") as f: #+
    for i in range(30): #+
        pickle.dump(i * k, f) #+
found = [] #+
with open("many.pkl", "rb") as f: #+
    while True: #?
        try: #?
            found.append(pickle.load(f)) #?
        except EOFError: #?
            break #?
c = list(found) #+

=== archive of files
import zipfile
texts = {f"{i}.txt": "x" * i for i in range(30)} #+
other = "y"
with zipfile.ZipFile("texts.zip", "w") as z: #+
    for name, text in texts.items(): #+
        z.writestr(name, text) #+
with zipfile.ZipFile("texts.zip") as z: #+
    c = sum(len(z.read(name)) for name in z.namelist()) #+

=== temporary file
import tempfile
k = "a" #+
u = "b"
with tempfile.TemporaryDirectory() as folder: #+
    for i in range(30): #+
        with open(folder + f"/{i}", "w") as f: #+
            f.write(k * i) #+
    with open(folder + "/7") as f: #+
        c = f.read() #+

=== numpy: out, at, views
import numpy as np
a = np.arange(12.0) #+
b = np.zeros(12) #+
spare = np.zeros(12)
np.multiply(a, 2, out=b) #+
np.multiply(a, 3, out=spare)
flat = b.reshape(3, 4).T.ravel(order="K")
turned = b.reshape(3, 4).swapaxes(0, 1) #+
for i in range(30): #+
    np.add.at(b, [i % 12, i % 3], 1) #+
    turned[0, 0] += 1 #+
c = b.sum() #+

=== numpy: a view of a view is changed in a function
import numpy as np
def centre(m): #+
    m -= m.mean() #+
table = np.arange(24.0).reshape(4, 6) #+
copy = table[1].copy()
for i in range(30): #+
    centre(table[:2].T) #+
    centre(copy)
c = table.sum() #+

=== numpy: generators that come from one
import numpy as np
root = np.random.default_rng(7) #+
other = np.random.default_rng(8)
kids = root.spawn(3) #+
draws = [] #+
for i in range(30): #+
    draws.append(kids[i % 3].random()) #+
    other.random()
c = sum(draws) #+

=== pandas: groupby, apply, merge, pivot, assign
import pandas as pd
k = 2 #+
u = 3
sales = pd.DataFrame({"shop": ["a", "b"] * 30, "day": [1, 2, 2] * 20, "n": range(60)}) #+
shops = pd.DataFrame({"shop": ["a", "b"], "rent": [5, 7]}) #+
def net(group): #+
    return group.sum() * k #+
totals = sales.groupby(["shop", "day"])["n"].apply(net).reset_index() #+
joined = totals.merge(shops, on="shop").assign(left=lambda d: d["n"] - d["rent"]) #+
by_rent = shops.sort_values("rent")
wide = joined.pivot(index="shop", columns="day", values="left") #+
c = float(wide.to_numpy().sum()) #+

=== pandas: parts set in a long loop
import pandas as pd
df = pd.DataFrame({"x": range(40), "y": 0.0}) #+
other = pd.DataFrame({"x": range(40)})
for i in range(40): #+
    df.loc[i, "y"] = i / 2 #+
    other.loc[i, "x"] = 0
df.iloc[0, 1] = 100.0 #+
df.fillna(0, inplace=True) #?
c = float(df["y"].sum()) #+

=== pandas: what apply calls
import pandas as pd
rates = {"a": 2, "b": 3} #+
spare = {"a": 0}
def convert(row): #+
    return row["n"] * rates[row["k"]] #+
df = pd.DataFrame({"k": ["a", "b"] * 30, "n": range(60)}) #+
df["m"] = df.apply(convert, axis=1) #+
df["z"] = 0
c = int(df["m"].sum()) #+

=== state in a class attribute of a subclass
class Counted: #+
    made = [] #?
    def __init_subclass__(cls): #?
        cls.made = [] #?
    def __init__(self): #?
        type(self).made.append(self) #?
class A(Counted): #+
    pass
class B(Counted):
    pass
for i in range(30): #+
    A() #+
for i in range(30):
    B()
c = len(A.made) #+

=== registry filled by a decorator
registry = {} #+
def register(name): #+
    def keep(f): #?
        registry[name] = f #?
        return f #?
    return keep #?
@register("double") #?
def double(x): #+
    return 2 * x #+
@register("half") #?
def half(x): #?
    return x / 2
total = 0 #+
for i in range(30): #+
    total += registry["double"](i) #+
c = total #+

=== __getattr__ that makes what is missing
class Lazy: #+
    def __getattr__(self, name): #?
        value = len(name) * k #?
        setattr(self, name, value) #?
        return value #?
k = 3 #+
u = 4
lazy = Lazy() #+
total = 0 #+
for i in range(30): #+
    total += lazy.width #+
c = total #+

=== iterator of one's own
class Down: #+
    def __init__(self, n): #?
        self.n = n #?
    def __iter__(self): #?
        return self #?
    def __next__(self): #?
        if self.n == 0: #?
            raise StopIteration #?
        self.n -= step #?
        return self.n #?
step = 1 #+
other = 2
start = 30 #+
total = 0 #+
for v in Down(start): #+
    total += v #+
c = total #+

=== threads that share a list
from concurrent.futures import ThreadPoolExecutor
kept = [] #+
k = 2 #+
u = 3
def work(i): #+
    kept.append(i * k) #?
with ThreadPoolExecutor(1) as pool: #?
    for i in range(30): #+
        pool.submit(work, i) #+
c = sum(kept) #+

=== frame written, read in pieces
import pandas as pd
k = 2 #+
df = pd.DataFrame({"v": range(100)}) * k #+
df.to_csv("v.csv", index=False) #+
spare = pd.DataFrame({"v": [1]})
spare.to_csv("spare.csv")
total = 0 #+
with pd.read_csv("v.csv", chunksize=5) as pieces: #+
    for piece in pieces: #+
        total += int(piece["v"].sum()) #+
c = total #+

=== a count that a closure keeps, far beyond what is looked into
def make(start): #+
    n = start #?
    def up(by): #?
        nonlocal n
        n += by #?
        return n #?
    return up #?
up = make(2) #+
down = make(3)
for i in range(30): #+
    k = i * 2 #+
    up(k) #+
    down(i)
c = up(0) #+

=== an object that was chosen among others
class Model: #+
    def __init__(self, k): #?
        self.k = k #+
    def predict(self, x): #?
        return self.k * x #+
models = {"a": Model(2), "b": Model(3)} #+
scores = {"a": 1, "b": 4} #+
name = max(scores, key=scores.get) #+
other = min(scores, key=scores.get)
best = models[name] #?
worst = models[other]
c = best.predict(5) #+

=== a function that may give back what it was given
class Table: #+
    def __init__(self, rows): #?
        self.rows = rows #+
least = 3 #+
most = 9
def clean(table, drop): #+
    if len(table.rows) > least: #?
        table = Table(table.rows[:drop]) #?
    return table #?
table = Table([1, 2, 3]) #+
small = clean(table, 1) #?
other = clean(table, 2)
c = sum(small.rows) #+

=== what is logged is in the file
import logging
log = logging.Logger("x", logging.INFO) #+
log.addHandler(logging.FileHandler("run.log", mode="w")) #+
other = 3
first = 2 #+
log.info("first %d", first) #+
def told(i): #+
    k = i * 2 #?
    log.info("round %d", k) #?
for i in range(30): #+
    told(i) #+
for i in range(5):
    other += i
log.debug("never told")
with open("run.log") as file: #?
    c = file.read() #+
log.info("afterwards")

=== exchange through an environment of a function
def make(): #+
    n = 0 #?
    def up(by): #?
        nonlocal n
        n += by #?
    def get(): #?
        return n #?
    return up, get #?
up, get = make() #+
down, see = make()
for i in range(30): #+
    up(i) #+
    down(i)
c = get() #+
"""


def cases() -> list[ParameterSet]:
    """Take the table apart."""
    parts = re.split(r"^=== (.*)\n", PROGRAMS, flags=re.MULTILINE)[1:]
    found = []
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        name, _, reason = title.partition(" (xfail: ")
        marks = [pytest.mark.xfail(strict=True, reason=reason.rstrip(")"))] if reason else []
        found.append(pytest.param(textwrap.dedent(body).strip() + "\n", id=name, marks=marks))
    return found


def marked(source: str, mark: str) -> set[int]:
    """Give the lines that end in a mark."""
    return {n for n, line in enumerate(source.splitlines(), 1) if line.endswith(mark)}


@pytest.mark.parametrize("source", cases())
def test_value_came_from_the_marked_lines(source: str, tmp_path: Path) -> None:
    for library in re.findall(r"^import (numpy|pandas)", source, re.MULTILINE):
        pytest.importorskip(library)
    trial = run_program(tmp_path, source)
    assert not trial.warnings
    lines = Lineage(trial).lines("c")
    assert sorted(marked(source, "#+") - lines) == []
    assert sorted(lines - marked(source, "#+") - marked(source, "#?")) == []
    assert violations_of(trial) == []


def left_by(source: str, gone: set[int]) -> str:
    """Run a program without the statements of some lines and give what `c` is then, or how it failed."""

    class Deleting(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            if not isinstance(node, ast.stmt) or isinstance(node, _STAY):
                return self.generic_visit(node)
            inside = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            if node.lineno in gone and (len(gone) == 1 or gone.issuperset(inside)):
                return ast.copy_location(ast.Pass(), node)
            return self.generic_visit(node)

    names: dict[str, object] = {"__name__": "__main__"}
    try:
        code = compile(Deleting().visit(ast.parse(source)), "program.py", "exec", dont_inherit=True)
        exec(code, names)
    except Exception as error:  # noqa: BLE001  that is an answer too
        return f"failed: {error!r}"
    finally:
        for logger in [one for one in names.values() if isinstance(one, logging.Logger)]:
            for handler in logger.handlers:
                handler.close()
    return repr(names.get("c"))


# A file that nobody closes is closed when nothing holds it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("source", [pytest.param(*one.values, id=one.id) for one in cases()])
def test_marks_are_true(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in re.findall(r"^import (numpy|pandas)", source, re.MULTILINE):
        pytest.importorskip(library)

    def run(lines: set[int]) -> str:
        folder = tmp_path / "-".join(["without", *map(str, sorted(lines))])
        folder.mkdir()
        monkeypatch.chdir(folder)
        return left_by(source, lines)

    may, must = marked(source, "#?"), marked(source, "#+")
    wanted = run(set())
    assert not wanted.startswith("failed")
    assert run(set(range(1, source.count("\n") + 1)) - may - must) == wanted
    assert [line for line in sorted(must) if run({line}) == wanted] == []
