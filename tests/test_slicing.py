"""Slices: what is kept of a program, that it runs alone, and that it gives what the program gave.

Each line that belongs to the slice of `c` ends in `#+`; no other may be there.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap

import pytest
from programs import run_program
from stored_example import EXAMPLE, make_store

from provkit.errors import BadInput, UsageError
from provkit.excerpt import SourceText
from provkit.facts import Facts
from provkit.mapping import quads_of
from provkit.slicing import slice_in

PROGRAMS = """
=== a way out that was first taken where nobody looked
class Account: #+
    def __init__(self): #+
        self.money = 30 #+
        self.log = [] #+
    def pay(self, x): #+
        if x > self.money: #+
            return False #+
        if x < 0: #+
            raise ValueError(x)
        self.money -= x #+
        self.log.append(x) #+
        return True #+
account = Account() #+
for x in [1] * 40: #+
    account.pay(x) #+
unused = Account()
c = account.money #+

=== an object of a library's that was given another as it was made
from collections import ChainMap #+
d = {"n": 0} #+
chain = ChainMap(d) #+
log = []
for i in range(300): #+
    log.append(i)
    chain["n"] = d["n"] + i #+
    last = d["n"] #+
c = last #+

=== what a comprehension hands over to threads that have not begun
import time #+
from concurrent.futures import ThreadPoolExecutor #+
class Fetcher: #+
    def __init__(self): #+
        self.failed = [] #+
    def fetch(self, name): #+
        time.sleep(0.1) #+
        self.failed.append(name) #+
fetcher = Fetcher() #+
other = Fetcher()
names = ["a", "b"] #+
with ThreadPoolExecutor(max_workers=1) as pool: #+
    jobs = {pool.submit(fetcher.fetch, name): name for name in names} #+
c = sorted(fetcher.failed) #+

=== a dictionary that an object has, and functions fill
class Load: #+
    def run(self, context): #+
        context["rows"] = [1, 2, 3] #+
class Double: #+
    def run(self, context): #+
        context["twice"] = [2 * x for x in context["rows"]] #+
class Add: #+
    def run(self, context): #+
        context["sum"] = sum(context["twice"]) #+
class Runner: #+
    def __init__(self): #+
        self.context = {} #+
    def run(self, steps): #+
        for step in steps: #+
            step.run(self.context) #+
        return self.context #+
    def seen(self):
        return len(self.context)
runner = Runner() #+
c = runner.run([Load(), Double(), Add()]) #+
other = runner.seen()

=== a list that an object has, under a local name
class Basket: #+
    def __init__(self): #+
        self.items = [] #+
    def add(self, x): #+
        items = self.items #+
        items.append(x) #+
basket = Basket() #+
basket.add(3) #+
basket.add(4) #+
other = 5
c = sum(basket.items) #+

=== a list that a lambda fills which a function is given
def walk(steps, hooks): #+
    for step in steps: #+
        for hook in hooks: #+
            hook(step) #+
seen = [] #+
other = []
walk("ab", [lambda step: seen.append(step)]) #+
walk("cd", [lambda step: other.append(step)])
c = len(seen) #+

=== a list that a generator inside others fills
def lines(): #+
    yield from ["a", "", "b"] #+
def parsed(source, empty): #+
    for line in source: #+
        if not line: #+
            empty.append(line) #+
            continue #+
        yield line #+
def upper(source): #+
    return (line.upper() for line in source) #+
c = [] #+
every = list(upper(parsed(lines(), c))) #+
other = len(every)

=== what makes a class when it is defined
class Base: #+
    def __init_subclass__(cls, **options): #+
        cls.tag = cls.__name__.lower() #+
    def unused(self):
        return 2
class Leaf(Base): #+
    pass
class Other(Base):
    pass
c = Leaf().tag #+

=== a decorator that sets what a class has
KINDS = {} #+
def species(name, energy): #+
    def register(cls): #+
        cls.kind = name #+
        cls.energy = energy #+
        KINDS[name] = cls #+
        return cls #+
    return register #+
@species("sheep", energy=6) #+
class Sheep: #+
    def graze(self): #+
        return self.energy + 1 #+
unused = 5
c = KINDS["sheep"]().graze() #+

=== methods that are listed, and what they say of themselves
class Commands: #+
    def cmd_pay(self): #+
        'Pay.' #+
        return 1 #+
    def cmd_list(self): #+
        'List.' #+
        return 2
unused = Commands().cmd_pay()
c = [getattr(Commands, name).__doc__ for name in dir(Commands) if name.startswith("cmd_")] #+

=== what is set of the context that a calculation is made in
import decimal #+
from decimal import Decimal #+
decimal.getcontext().prec = 9 #+
with decimal.localcontext() as context: #+
    context.prec = 6 #+
    unused = 5
    c = Decimal(1) / Decimal(7) #+

=== a descriptor and a context manager of the program's own
class Size: #+
    def __set_name__(self, owner, name): #+
        self.name = "_" + name #+
    def __get__(self, one, owner): #+
        return getattr(one, self.name) #+
    def __set__(self, one, value): #+
        setattr(one, self.name, value) #+
class Box: #+
    size = Size() #+
    def __init__(self, size): #+
        self.size = size #+
    def __enter__(self): #+
        return self #+
    def __exit__(self, *error): #+
        return True #+
    def __add__(self, other): #+
        return Box(self.size + other.size) #+
    def __repr__(self):
        return "Box"
boxes = [Box(i) for i in range(40)] #+
with boxes[3] as box: #+
    c = sum(boxes, start=box).size #+
    unused = 2

=== a function that other processes run
import multiprocessing #+
def square(x): #+
    y = x * x #+
    return y #+
with multiprocessing.get_context("fork").Pool(1) as pool: #+
    c = pool.map(square, [2, 3]) #+

=== a method that was looked into for something else
class Model: #+
    def __init__(self, rate): #+
        self.rate = rate #+
    def score(self, x): #+
        return self.rate * x #+
    def predict(self, x): #+
        return int(self.score(x) > 9) #+
model = Model(2) #+
rows = [(i, i % 2) for i in range(20)] #+
hits = sum(model.predict(x) == y for x, y in rows)
c = sum(1 for x, y in rows if y == 1 and model.predict(x) == 1) #+

=== a decorated function in one line
import functools #+
@functools.lru_cache #+
def f(x): return x * 2 #+
c = f(4) #+

=== an iterator that a comprehension moves on
import itertools #+
count = itertools.count(5) #+
used = {name: next(count) for name in "abc"} #+
c = next(count) #+

=== members that a loop changed, read in a generator expression
rows = [[1, 2], [3, 4]] #+
for row in rows: #+
    row.reverse() #+
c = sum(rows[i][i] for i in range(2)) #+

=== what a context manager does as it is left
import contextlib #+
out = {} #+
@contextlib.contextmanager #+
def noting(name): #+
    parts = [] #+
    try: #+
        yield parts #+
    finally: #+
        out[name] = len(parts) #+
with noting("a") as parts: #+
    parts.append(1) #+
    other = 2
c = out["a"] #+

=== special methods of what is used where nobody looks
class Timer: #+
    def __enter__(self): #+
        self.t = 1 #+
        return self #+
    def __exit__(self, *error): #+
        self.t = self.t + 5 #+
    def unused(self):
        return 3
for i in range(30): #+
    with Timer() as timer: #+
        pass
c = timer.t #+

=== generators that only a comprehension asks
def words(text): #+
    for word in text.split(): #+
        yield half(word) #+
def half(word): #+
    return word[:2] #+
def unused(text):
    yield text
texts = ["one two", "three"] #+
other = [list(unused(text)) for text in texts]
c = [list(words(text)) for text in texts] #+

=== an exception that was raised where nobody looks
class Tree: #+
    def __init__(self): #+
        self.depth = 0 #+
    def down(self, left): #+
        if left == 0: #+
            raise ValueError("deep") #+
        for one in range(1): #+
            self.down(left - 1) #+
    def unused(self):
        return 3
tree = Tree() #+
try: #+
    tree.down(40) #+
except ValueError as error: #+
    c = str(error) #+

=== a file that a generator reads as a loop goes over it
def written(path): #+
    with open(path, "w") as file: #+
        for i in range(9): #+
            file.write(f"{i}\\n") #+
def read(path): #+
    with open(path) as file: #+
        for line in file: #+
            yield int(line) #+
written("n.txt") #+
found = [] #+
for n in read("n.txt"): #+
    found.append(n) #+
c = sum(found) #+

=== files that hot rounds of a loop read
for i in range(12): #+
    with open(f"{i}.t", "w") as f: #+
        f.write("x" * i) #+
c = 0 #+
for i in range(12): #+
    text = open(f"{i}.t").read() #+
    c += len(text) #+
    last = i

=== what does not matter is left out
a = 1 #+
b = 2
c = a + 1 #+
print(b)

=== what is given to a call is kept, used or not
def f(x, y): #+
    z = y
    return x #+
a = 1 #+
b = 2 #+
c = f(a, b) #+

=== imports and definitions that names mean
import math, json #+
import os
from collections import Counter as Bag #+
def half(x): #+
    return x / 2 #+
def unused(x):
    return os.sep
c = half(math.sqrt(sum(Bag("aab").values()))) #+

=== what a function gives back as it was given is given back
def keep(x): #+
    return x #+
def unused(x):
    return x
a = [1] #+
b = [2]
c = keep(a) #+
unused(b)

=== a mutation is kept, another object's is not
c = [] #+
d = []
c.append(1) #+
d.append(2)

=== the branch that ran
a = 3 #+
if a > 2: #+
    c = 1 #+
else:
    c = 2

=== elif and else keep their ladder
a = 2 #+
if a > 3: #+
    c = "large"
elif a > 1: #+
    c = "middle" #+
else:
    c = "small"

=== early return
def f(x): #+
    log = []
    if x > 1: #+
        return "big" #+
    log.append(x)
    return "small"
c = f(2) #+

=== a loop without what others do in it
c = 0 #+
n = []
for i in range(4): #+
    n.append(i)
    c += i #+

=== a loop far beyond what is looked into
c = 0 #+
n = []
for i in range(400): #+
    n.append(i)
    k = i % 7 #+
    if k == 3: #+
        c += i #+

=== continue and break are kept where they happen
c = 0 #+
for i in range(4): #+
    if i == 1: #+
        continue #+
    if i == 3: #+
        break #+
    c += i #+

=== a handler needs what was raised
try: #+
    a = int("x") #+
    b = 2
except ValueError: #+
    c = 1 #+
else:
    c = 2
finally:
    d = 3

=== a file written and read back
with open("t.txt", "w") as handle: #+
    handle.write("7") #+
with open("u.txt", "w") as other:
    other.write("8")
with open("t.txt") as handle: #+
    c = int(handle.read()) #+

=== a class with the methods that matter
class Account: #+
    rate = 2 #+
    def __init__(self, owner): #+
        self.owner = owner #+
        self.total = 0 #+
    def add(self, x): #+
        self.total += x * self.rate #+
    def __repr__(self):
        return f"Account({self.total})"
    def close(self):
        self.total = -1
a = Account("me") #+
a.add(3) #+
print(a)
c = a.total #+

=== what is held has changed since
a = [1] #+
b = [2]
c = {"a": a} #+
a.append(3) #+
b.append(4)

=== bound to what was there already
first = None #+
for x in ["u", "v"]: #+
    first = first or x #+
    y = x
c = first #+

=== the last round far beyond what is looked into
def half(n): #+
    return n // 2 #+
for i in range(90): #+
    c = half(i) #+
    d = i

=== a class that has to have methods
import abc #+
from collections.abc import MutableMapping #+
class Shape(abc.ABC): #+
    @abc.abstractmethod #+
    def area(self): ... #+
class Kept(MutableMapping, Shape): #+
    def __init__(self): #+
        self.items_ = {} #+
    def __getitem__(self, key): #+
        return self.items_[key] #+
    def __setitem__(self, key, value): #+
        self.items_[key] = value #+
    def __delitem__(self, key): #+
        del self.items_[key]
    def __iter__(self): #+
        return iter(self.items_)
    def __len__(self): #+
        return len(self.items_)
    def area(self): #+
        return 4 #+
    def name(self):
        return "kept"
k = Kept() #+
k["a"] = 1 #+
c = k["a"] + k.area() #+

=== an exception with a text of its own
class Bad(Exception): #+
    def __init__(self, rule, rows): #+
        super().__init__(f"{rule}: {rows}") #+
        self.rule = rule #+
bad = Bad("x", 3) #+
c = str(bad) #+

=== what is tried in rounds that nobody looks into
found, wrong = [], {} #+
for i, word in enumerate(["1", "x", "2"] * 20): #+
    try: #+
        n = int(word) #+
        found.append(n) #+
    except ValueError as error: #+
        wrong[i] = str(error) #+
c = len(wrong) #+

=== a folder for a file that nothing is written into
from pathlib import Path #+
out = Path("out") #+
out.mkdir(exist_ok=True) #+
rows = {"a": 1} #+
with (out / "t.txt").open("w") as handle: #+
    for name, c in rows.items(): #+
        handle.write(name)

=== what generators in a queue change
stock, other = {"n": 0}, {"n": 0} #+
class Env: #+
    def __init__(self): #+
        self.queue = [] #+
    def run(self): #+
        while self.queue: #+
            process = self.queue.pop(0) #+
            try: #+
                process.send(None) #+
                self.queue.append(process) #+
            except StopIteration: #+
                pass
def worker(stock, k): #+
    for i in range(k): #+
        yield #+
        stock["n"] += 1 #+
env = Env() #+
env.queue.append(worker(stock, 40)) #+
env.run() #+
c = stock #+

=== elements of a tree
import xml.etree.ElementTree as ET #+
tree, other = ET.Element("t"), ET.Element("o") #+
part = ET.SubElement(tree, "a") #+
part.text = "hello" #+
ET.SubElement(other, "a")
for i in range(30): #+
    ET.SubElement(tree, "b").text = str(i) #+
c = ET.tostring(tree) #+

=== objects that a comprehension makes
class Model: #+
    def __init__(self, k): #+
        self.k = k #+
        self.label = str(k) #+
models = {n: Model(n) for n in (1, 5)} #+
others = [Model(n) for n in (2, 3)]
c = sum(m.k for m in models.values()) #+

=== the text's own description
'''Says what it is.''' #+
a = 1
c = __doc__ #+

=== a generator
def numbers(n): #+
    for i in range(n): #+
        label = str(i)
        yield i #+
c = list(numbers(3)) #+

=== statements on one line stay together
a = 1; b = 2 #+
c = a #+

=== a decorator and its closure
def twice(f): #+
    def inner(x): #+
        return f(f(x)) #+
    return inner #+
@twice #+
def add(x): #+
    note = x
    return x + 1 #+
c = add(1) #+

=== recursion
def fib(n): #+
    if n < 2: #+
        return n #+
    return fib(n - 1) + fib(n - 2) #+
c = fib(9) #+

=== a text over several lines
a = \"\"\"one #+
two\"\"\" #+
b = (1, #not
     2)
c = len(a) #+

=== where modules are found is said for what is imported
import os #+
import sys #+
extra = os.getcwd() + "/extra" #+
sys.path.insert(0, extra) #+
sys.path += ["/nowhere"] #+
import numpy #+
print(sys.path)
c = numpy.arange(3).tolist() #+

=== where modules are found does not matter to Python's own
import sys
import math #+
sys.path.append("/nowhere")
c = math.sqrt(4.0) #+

=== a global that a function binds
n = 0 #+
def count(): #+
    global n #+
    n += 1 #+
count() #+
c = n #+
"""


def _cases() -> list[pytest.ParameterSet]:
    found = re.findall(r"^=== (.*)\n((?:(?!===).*\n)+)", PROGRAMS, re.MULTILINE)
    return [pytest.param(source.strip("\n") + "\n", id=title) for title, source in found]


def _value_of_c(folder, source: str) -> str:
    """Run a program alone and give what `c` is at its end."""
    (folder / "alone.py").write_text(source + "\nimport sys; sys.stderr.write(repr(c))\n")
    ran = subprocess.run(
        [sys.executable, "alone.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, f"{source}\n{ran.stderr}"
    return ran.stderr


@pytest.mark.parametrize("source", _cases())
def test_a_slice_is_what_the_value_needs_and_gives_it(tmp_path, source):
    plain = "".join(re.sub(r" *#(?:\+|not)$", "", line) + "\n" for line in source.splitlines())
    facts = Facts(quads_of(run_program(tmp_path, plain)))
    found = slice_in(facts, "3f9a6c0d1b7e4a52a8d4c1e09b5f7723", "c").main

    wanted = [
        number for number, line in enumerate(source.splitlines(), 1) if line.rstrip().endswith("#+")
    ]
    lines = plain.splitlines()
    kept = [line for line in found.text.splitlines() if line.strip() not in ("", "pass")]
    assert kept == [lines[number - 1] for number in wanted]
    for file in ("t.txt", "u.txt"):
        (tmp_path / file).unlink(missing_ok=True)
    assert _value_of_c(tmp_path, found.text) == _value_of_c(tmp_path, plain)


def test_a_line_that_was_printed_has_a_slice(tmp_path):
    trial = run_program(tmp_path, "a = 1\nb = 2\nprint(a)\nprint(b)\n")
    found = slice_in(Facts(quads_of(trial)), trial.id, "program.py:4")

    assert found.main.text == "b = 2\nprint(b)\n"
    assert (found.main.statements, found.main.of) == (2, 4)
    with pytest.raises(UsageError, match="near it ran line 2, 3, 4"):
        slice_in(Facts(quads_of(trial)), trial.id, "program.py:7")


def test_a_module_of_the_project_is_cut_down_too(tmp_path):
    helpers = "import os\nLIMIT = 3\nOTHER = 4\n\ndef low(x):\n    return x < LIMIT\n\ndef high(x):\n    return x\n"
    trial = run_program(
        tmp_path,
        "import helpers\nu = helpers.high(1)\nc = helpers.low(2)\n",
        files={"helpers.py": helpers},
    )
    found = slice_in(Facts(quads_of(trial)), trial.id, "c")

    assert found.main.text == "import helpers\n\nc = helpers.low(2)\n".replace("\n\n", "\n")
    assert [file.path for file in found.files] == ["program.py", "helpers.py"]
    assert found.files[1].text == "LIMIT = 3\n\ndef low(x):\n    return x < LIMIT\n"


def test_what_was_there_before_has_no_slice(tmp_path):
    trial = run_program(tmp_path, "c = open('in.txt').read()\n", files={"in.txt": "1"})

    with pytest.raises(UsageError, match="there is no slice of it"):
        slice_in(Facts(quads_of(trial)), trial.id, "in.txt")


def test_a_trial_without_its_text_says_so(tmp_path):
    store = make_store(tmp_path)

    with pytest.raises(BadInput, match="does not hold the text of its program"):
        slice_in(Facts(store.quads(EXAMPLE)), EXAMPLE, "score")


def test_a_secret_over_several_lines_leaves_every_line_where_it_was(tmp_path):
    source = (
        'key = """-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n'
        '-----END RSA PRIVATE KEY-----"""\na = 1\nc = a + len(key)\n'
    )
    trial = run_program(tmp_path, source)
    found = slice_in(Facts(quads_of(trial)), trial.id, "c").main.text

    assert "MIIE" not in found
    assert "[redacted]" in found
    assert found.endswith("a = 1\nc = a + len(key)\n")
    ast.parse(found)


# ------------------------------------------------------------------ cutting

CUTS = [
    ("while a:\n    b = 1\nelse:\n    c = 2\n", {"4.4"}, "while a:\n    pass\nelse:\n    c = 2\n"),
    (
        "try:\n    a\nexcept E:\n    b\nfinally:\n    c\n",
        {"6.4"},
        "try:\n    pass\nexcept E:\n    pass\nfinally:\n    c\n",
    ),
    (
        "match a:\n    case 1:\n        b\n    case _:\n        c\n",
        {"5.8"},
        "match a:\n    case 1:\n        pass\n    case _:\n        c\n",
    ),
    ("if a: b = 1\nelse: c = 2\n", {"2.6"}, "if a: b = 1\nelse: c = 2\n"),
    (
        "def f(\n    x,\n):\n    '''Doc.'''\n    return x\n",
        {"1.0"},
        "def f(\n    x,\n):\n    pass\n",
    ),
    (
        "async def f():\n    async with a as b:\n        await b\n",
        {"3.8"},
        "async def f():\n    async with a as b:\n        await b\n",
    ),
]


@pytest.mark.parametrize(("text", "kept", "wanted"), CUTS)
def test_what_is_cut_is_still_python(text, kept, wanted):
    cut = SourceText(text).cut_down(kept)

    assert cut == wanted
    ast.parse(cut)


def test_every_choice_of_statements_is_python():
    text = textwrap.dedent(
        """
        import os
        class A:
            x = 1
            def f(self):
                for i in range(3):
                    if i:
                        continue
                    elif i == 1:
                        a = 1
                    else:
                        b = 2
                else:
                    c = 3
                return c
        try:
            with open(os.devnull) as h: d = 1
        except (OSError,
                ValueError) as e:
            d = 2
        """
    )
    source = SourceText(text)
    for key in source.statements:
        ast.parse(source.cut_down({key}))


def test_a_file_that_a_long_loop_wrote_has_the_loop_in_its_slice(tmp_path):
    source = "unused = 1\nfor i in range(20):\n    with open(f't{i}.txt', 'w') as file:\n        file.write(str(i))\n"
    trial = run_program(tmp_path, source)
    sliced = slice_in(Facts(quads_of(trial)), trial.id, "t17.txt").main.text
    assert sliced == source.partition("\n")[2]


def test_slice_writes_a_file_before_it_looks_at_it_below_the_projects_folder(tmp_path):
    source = "import os\npath = 'made.txt'\nwith open(path, 'w') as made:\n    made.write('abc')\nd = 1\nc = os.path.getsize(path)\n"
    trial = run_program(tmp_path / "below", source, project=tmp_path)

    found = slice_in(Facts(quads_of(trial)), trial.id, "c").main.text

    assert "made.write('abc')" in found
    assert "d = 1" not in found
