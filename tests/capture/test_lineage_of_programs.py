"""Tiny programs, one trap each, and the lines that a name's last value must have come from: these and no others."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from programs import PYTHONS, Lineage, run_program, violations_of

from provkit.model import Reference


class Case(NamedTuple):
    """A program, a name (or file) in it, and the lines whose statements made what it came from."""

    name: str
    source: str
    of: str
    lines: set[int]


CASES = [
    Case("constant", "a = 1\nb = 2\nc = a\n", "c", {1, 3}),
    Case("expression", "a = 1\nb = 2\nx = 3\nc = a + b\n", "c", {1, 2, 4}),
    Case("rebinding forgets", "a = 1\na = 2\nb = a\n", "b", {2, 3}),
    Case("augmented assignment remembers", "a = 1\na += 2\nb = a\n", "b", {1, 2, 3}),
    Case("augmented list is a revision", "a = [1]\na += [2]\nb = len(a)\n", "b", {1, 2, 3}),
    Case("alias of a list sees the change", "a = [1]\nb = a\nb.append(2)\nc = len(a)\n", "c", {1, 3, 4}),
    Case("alias of an object through a call", "a = [1]\nb = a\nb.sort()\nc = a[0]\n", "c", {1, 3, 4}),
    Case("copy does not see the change", "a = [1]\nb = list(a)\nb.append(2)\nc = len(a)\n", "c", {1, 4}),
    Case("copy comes from the original", "a = [1]\nb = list(a)\nb.append(2)\nc = len(b)\n", "c", {1, 2, 3, 4}),
    Case("tuple targets are told apart", "x = 1\ny = 2\na, b = x, y\nc = a\n", "c", {1, 3, 4}),
    Case("unpacked call", "x = 3\na, b = divmod(7, x)\nc = b\n", "c", {1, 2, 3}),
    Case("starred targets", "x = [1, 2, 3]\na, *b = x\nc = b\n", "c", {1, 2}),
    Case("swap", "a = 1\nb = 2\na, b = b, a\nc = a\n", "c", {2, 3, 4}),
    Case("chained assignment", "x = 1\na = b = x\nc = b\n", "c", {1, 2, 3}),
    Case("item store", "d = {}\nk = 'a'\nd[k] = 1\nc = d['a']\n", "c", {1, 2, 3, 4}),
    Case("item store of a value", "v = 5\nd = {}\nw = 6\nd['a'] = v\nc = d['a']\n", "c", {1, 2, 4, 5}),
    Case("item deletion", "d = {'a': 1, 'b': 2}\ndel d['a']\nc = len(d)\n", "c", {1, 2, 3}),
    Case("augmented item", "d = {'a': 1}\nv = 2\nd['a'] += v\nc = d['a']\n", "c", {1, 2, 3, 4}),
    Case("slice store", "a = [1, 2, 3]\nb = [9]\na[0:1] = b\nc = a[0]\n", "c", {1, 2, 3, 4}),
    Case(
        "attribute store",
        "import types\nn = types.SimpleNamespace()\nv = 1\nn.x = v\nc = n.x\n",
        "c",
        {2, 3, 4, 5},
    ),
    Case(
        "nested store reaches the outer object",
        "d = {'a': {}}\nv = 1\nd['a']['b'] = v\nc = d\n",
        "c",
        {1, 2, 3},
    ),
    Case("method that changes its receiver", "a = [3, 1]\na.sort()\nb = a[0]\n", "b", {1, 2, 3}),
    Case("method that does not", "a = [3, 1]\nn = a.count(3)\nb = a[0]\n", "b", {1, 3}),
    Case("call inside a call", "a = [1]\nb = max(len(a), 0)\n", "b", {1, 2}),
    Case("call in an f-string", "a = 'x'\nb = f'{a.upper()}!'\n", "b", {1, 2}),
    Case("keyword argument", "k = 2\na = round(3.14159, ndigits=k)\n", "a", {1, 2}),
    Case("starred arguments", "p = [7, 2]\na = divmod(*p)\n", "a", {1, 2}),
    Case("mapping arguments", "p = {'a': 1}\nd = dict(**p)\n", "d", {1, 2}),
    Case("callee from a variable", "f = [len, max]\ng = f[0]\nc = (lambda q: q)(3)\n", "g", {1, 2}),
    Case("short circuit leaves out what was not read", "a = 0\nb = 5\nc = a and b\n", "c", {1, 3}),
    Case("short circuit reads", "a = 1\nb = 5\nc = a and b\n", "c", {1, 2, 3}),
    Case("conditional expression", "t = True\na = 1\nb = 2\nc = a if t else b\n", "c", {1, 2, 4}),
    Case("if decides", "t = True\na = 1\nif t:\n    c = a\n", "c", {1, 2, 4}),
    Case("else branch", "t = False\na = 1\nb = 2\nif t:\n    c = a\nelse:\n    c = b\n", "c", {1, 3, 7}),
    Case("elif", "t = 2\nif t == 1:\n    c = 1\nelif t == 2:\n    c = 2\n", "c", {1, 5}),
    Case("a branch not taken could have bound it", "t = False\nc = 1\nif t:\n    c = 2\nd = c\n", "d", {1, 2, 5}),
    Case("bound again after the branch", "t = False\nc = 1\nif t:\n    c = 2\nc = 3\nd = c\n", "d", {5, 6}),
    Case("a branch that binds another name", "t = False\nc = 1\nif t:\n    e = 2\nd = c\n", "d", {2, 5}),
    Case("walrus", "a = [1, 2]\nif (n := len(a)) > 1:\n    c = n\n", "c", {1, 2, 3}),
    Case("loop total", "t = 0\nxs = [1, 2]\nfor x in xs:\n    t += x\nc = t\n", "c", {1, 2, 3, 4, 5}),
    Case("loop variable comes from the iterable", "t = 0\nxs = [1]\nfor x in xs:\n    t += x\nc = x\n", "c", {2, 3, 5}),
    Case("loop that appends", "r = []\nxs = [1]\nfor x in xs:\n    r.append(x)\nc = r\n", "c", {1, 2, 3, 4}),
    Case("loop that stores items", "r = {}\nxs = [1]\nfor x in xs:\n    r[x] = x\nc = r\n", "c", {1, 2, 3, 4}),
    Case("loop that runs no round", "r = [0]\nxs = []\nfor x in xs:\n    r.append(x)\nc = r\n", "c", {1, 2, 5}),
    Case("name chosen by an index", "m = {'a': [1], 'b': [2]}\nk = 'a'\nu = 2\nc = m[k]\n", "c", {1, 2, 4}),
    Case("name chosen under a test", "a = [1]\nb = [2]\nn = 3\nif n:\n    c = a\n", "c", {1, 3, 5}),
    Case("name chosen where nobody looks", "m = [[1], [2]]\nk = 9\nfor i in range(40):\n    if i % k == 3:\n        c = m[i % 2]\n", "c", {1, 2, 3, 4, 5}),
    Case("name of an older object again", "m = [1]\nc = m\nc = [2]\nc = m\n", "c", {1, 4}),
    Case("name that a test could have bound", "n = 0\nc = 1\nif n:\n    c = 2\n", "c", {1, 2, 3}),
    Case("object that a handler could have changed", "t = '5'\nc = [1]\ntry:\n    int(t)\nexcept ValueError:\n    c.append(2)\n", "c", {1, 2, 3, 4}),
    Case("object that a function picks", "m = [[1], [2]]\nk = 1\ndef pick():\n    return m[k]\nc = pick()\n", "c", {1, 2, 3, 4, 5}),
    Case("part of what a function picks", "class M: pass\na = M()\na.x = 4\nm = [a, M()]\nk = 0\ndef pick():\n    return m[k]\nc = pick().x\n", "c", {1, 2, 3, 4, 5, 6, 8}),
    Case("part chosen by an index", "import types\no = types.SimpleNamespace()\nm = [[1], [2]]\nk = 1\no.x = m[k]\nc = len(o.x)\n", "c", {2, 3, 4, 5, 6}),
    Case("alias is nothing of its own", "n = 1\na = [n]\nc = a\n", "c", {1, 2}),
    Case("deleted name holds nothing", "k = 0\nm = [[1]]\nc = m[k]\ndel c\nc = 5\n", "c", {5}),
    Case("loop whose name is bound inside", "k = 9\nxs = [1]\nfor x in xs:\n    k = x\n    y = k\nc = y\n", "c", {2, 3, 4, 5, 6}),
    Case("while loop", "n = 3\nt = 0\nwhile n:\n    t += n\n    n -= 1\nc = t\n", "c", {1, 2, 4, 5, 6}),
    Case("break and else", "xs = [1]\nfor x in xs:\n    break\nelse:\n    y = 1\nc = x\n", "c", {1, 2, 6}),
    Case("comprehension reads names unseen", "k = 2\nxs = [1]\nu = 5\nc = [x * k for x in xs]\n", "c", {1, 2, 4}),
    Case("comprehension variable is its own", "x = 9\nxs = [1]\nc = [x for x in xs]\n", "c", {2, 3}),
    Case("set and dict comprehension", "xs = [1]\ns = {x for x in xs}\nd = {x: s for x in s}\n", "d", {1, 2, 3}),
    Case("generator argument", "xs = [1, 2]\nc = sum(x for x in xs)\n", "c", {1, 2}),
    Case("deleted name is gone", "a = 1\ndel a\na = 2\nc = a\n", "c", {3, 4}),
    Case("function is what it is called by", "def f(x):\n    return x + 1\na = 1\nb = f(a)\n", "b", {1, 2, 3, 4}),
    Case("class is what its object came from", "class A:\n    n = 1\na = A()\nb = a.n\n", "b", {1, 3, 4}),
    Case("default argument", "k = 3\ndef f(x=k):\n    return x\nb = f()\n", "b", {1, 2, 3, 4}),
    Case("object changed by a method of its own", "class A:\n    def inc(self):\n        self.n = 1\na = A()\na.inc()\nb = a.n\n", "b", {1, 3, 4, 5, 6}),
    Case("method that only looks", "class A:\n    n = 1\n    def get(self):\n        return self.n\na = A()\ng = a.get()\nb = a.n\n", "b", {1, 5, 7}),
    Case("function that changes its argument", "def f(x):\n    x.append(1)\na = []\nf(a)\nb = a\n", "b", {1, 2, 3, 4}),
    Case("caught exception decides", "x = 'no'\ntry:\n    n = int(x)\nexcept ValueError:\n    n = 0\nc = n\n", "c", {1, 5, 6}),
    Case("exception's message", "x = 'no'\ntry:\n    int(x)\nexcept ValueError as e:\n    m = str(e)\n", "m", {1, 2, 5}),
    Case("no exception", "x = '3'\ntry:\n    n = int(x)\nexcept ValueError:\n    n = 0\nc = n\n", "c", {1, 3, 6}),
    Case("finally", "x = 1\ntry:\n    y = x\nfinally:\n    z = x\nc = z\n", "c", {1, 5, 6}),
    Case("match binds", "p = (1, 2)\nmatch p:\n    case (a, b):\n        c = b\n", "c", {1, 2, 4}),
    Case("suppressed exception", "import contextlib\nx = 1\nwith contextlib.suppress(ValueError):\n    y = int('no')\nc = x\n", "c", {2, 5}),
    Case("import gives no value", "import math\na = 4\nb = math.sqrt(a)\n", "b", {2, 3}),
    Case("annotated assignment", "a: int = 1\nb: int = a\n", "b", {1, 2}),
    Case("assert and pass leave nothing", "a = 1\nassert a\npass\nb = a\n", "b", {1, 4}),
    Case("deque", "from collections import deque\nd = deque()\nv = 1\nd.append(v)\nb = d.popleft()\n", "b", {2, 3, 4, 5}),
    Case("generator object with state", "import random\nr = random.Random(1)\na = r.random()\nb = r.random()\n", "b", {2, 3, 4}),
    Case("text written through a handle", "t = 'x'\nu = 'y'\nwith open('out.txt', 'w') as f:\n    n = f.write(t)\n", "out.txt", {1, 3, 4}),
    Case("file read back", "t = 'x'\nwith open('out.txt', 'w') as f:\n    n = f.write(t)\nwith open('out.txt') as g:\n    c = g.read()\n", "c", {1, 2, 3, 4, 5}),
    Case("json through a handle", "import json\nm = {'a': 1}\nwith open('m.json', 'w') as f:\n    json.dump(m, f)\n", "m.json", {2, 3, 4}),
    Case("path object writes", "from pathlib import Path\nt = 'x'\np = Path('o.txt')\nn = p.write_text(t)\nc = p.read_text()\n", "c", {2, 3, 4, 5}),
    Case("appended file keeps what was there", "with open('l.txt', 'w') as f:\n    n = f.write('a')\nwith open('l.txt', 'a') as f:\n    n = f.write('b')\n", "l.txt@2", {1, 2, 3, 4}),
    Case("renamed file", "import os\nwith open('a.txt', 'w') as f:\n    n = f.write('a')\nos.rename('a.txt', 'b.txt')\nc = open('b.txt').read()\n", "c", {2, 3, 4, 5}),
]  # fmt: skip


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_value_came_from_these_lines(case: Case, python: str, tmp_path: Path) -> None:
    trial = run_program(tmp_path, case.source, python=python)
    assert not trial.warnings
    assert violations_of(trial) == []
    assert Lineage(trial).lines(case.of) == case.lines


def test_plain_assignments_of_a_long_text_are_told_one_by_one(tmp_path):
    """Beyond a thousand statements they are told of together, and each still comes from what it read."""
    lines = ["a0 = 1", *(f"a{i} = a{i - 1} + {i}" for i in range(1, 1400)), "b = len([a7, a1300])"]
    lines += ["x = a1", "x = x + a2", "y = x", "x = 5", "z = y, x"]
    lineage = Lineage(run_program(tmp_path, "\n".join(lines)))
    assert lineage.lines("a1399") == set(range(1, 1401))
    assert lineage.lines("x@2") == {1, 2, 3, 1402, 1403}
    assert lineage.lines("z") == {1, 2, 3, 1402, 1403, 1404, 1405, 1406}
    orders = [execution.order for execution in lineage.trial.executions]
    assert orders == sorted(orders)
    assert not violations_of(lineage.trial)


@pytest.mark.parametrize("failing", [1_050, 1_051, 1_300])
def test_what_fails_among_plain_assignments_of_a_long_text_is_the_statement_that_failed(
    tmp_path, failing
):
    lines = ["a0 = 1", *(f"a{i} = a{i - 1} + {i}" for i in range(1, 1400))]
    lines[failing - 1] = f"a{failing - 1} = a0 / 0"
    trial = run_program(tmp_path, "\n".join(lines), expect=1)
    last = trial.executions[-1]
    assert int(last.step.split(".")[0]) == failing
    assert last.failure is not None
    assert last.failure.type == "ZeroDivisionError"
    assert len(trial.executions) == failing


SETTINGS = "X = 1\nY = 1\ndef scaled(value):\n    return value * X\n"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("import settings\nk = 5\nsettings.X = k\nc = settings.scaled(2)\n", {2, 3, 4}),
        ("import settings\nsettings.X = 3\nc = settings.X\n", {2, 3}),
        ("import settings\nsettings.Y = 3\nc = settings.X\n", {3}),
        (
            "import settings as s\nk = 1\nfor i in range(3000):\n    s.X += k\nc = s.scaled(2)\n",
            {2, 3, 4, 5},
        ),
        ("import settings as s\nfor i in range(3):\n    s.X += i\nc = s.scaled(2)\n", {2, 3, 4}),
    ],
    ids=[
        "read by its function",
        "read through the module",
        "another name",
        "in a long loop",
        "in a loop",
    ],
)
def test_what_is_stored_into_a_module_is_its_name(tmp_path, source, lines):
    trial = run_program(tmp_path, source, files={"settings.py": SETTINGS})
    lineage = Lineage(trial)
    made = {Reference("value", value.key): value.generated_by for value in trial.values}
    orders = {made.get(found) for found in {lineage.find("c"), *lineage.of("c")}}
    executions = {execution.order: execution for execution in trial.executions}
    found = {
        lineage.line(order)
        for order in orders
        if order is not None and executions[order].plan == trial.plan.digest
    }
    assert found == lines
    assert not violations_of(trial)


@pytest.mark.parametrize(
    ("rounds", "body"),
    [(50, "x = i"), (50, "pass"), (50, "print(i, end='')"), (50, "if i == 2: x = i")],
)
def test_a_loop_whose_last_rounds_nobody_looked_into_says_so(rounds, body, tmp_path):
    source = f"for i in range({rounds}):\n    {body}\nfor j in range(3):\n    y = j\n"
    trial = run_program(tmp_path, source)
    loops = [one for one in trial.executions if one.iterations is not None]
    assert [(one.iterations, one.summarised) for one in loops] == [(rounds, True), (3, False)]


def test_what_a_loop_has_made_that_an_exception_left_is_told(tmp_path):
    source = (
        "total = 0\nseen = []\ntry:\n    for i in range(100):\n        total += i\n        seen.append(i)\n"
        "        if i == 50:\n            raise ValueError(i)\nexcept ValueError:\n    pass\n"
        "half = total / 2\nn = len(seen)\n"
    )
    trial = run_program(tmp_path, source)
    last = {name: value for value in trial.values for name in value.variables}
    assert (last["total"].scalar, last["i"].scalar) == (1275, 50)
    assert not violations_of(trial)
