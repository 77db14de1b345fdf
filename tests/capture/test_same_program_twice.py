"""The same program twice gives the same graph, but for times, the process's number and what it took.

Both runs take place in the same folder under the same identifier of a trial, with hashes of text seeded otherwise,
so that nothing has to be matched: the quads are compared as they are. What the program prints tells first that it does
not itself depend on the seed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import test_language
import test_lineage_in_functions
import test_lineage_of_programs
from commands import ENVIRONMENT, provkit, sealed
from programs import run_program

from provkit.mapping import quads_of

TAKEN = ("# sealed ", "provkit/ns#cpuSeconds>", "provkit/ns#peakMemory>")
WINE = Path(__file__).parents[2] / "examples" / "wine_quality" / "train.py"

SETS = """
words = {"one", "two", "three", "four", "five"}
more = frozenset(words | {"six"})
lengths = {word: len(word) for word in sorted(words)}
def longest(texts):
    best = ""
    for text in sorted(texts):
        if len(text) > len(best):
            best = text
    return best
found = longest(words), longest(more)
groups = {}
for word in sorted(words):
    groups.setdefault(len(word), set()).add(word)
sizes = [len(group) for group in groups.values()]
class Bag:
    def __init__(self, *items):
        self.items = set(items)
        self.by_name = {item: self for item in items}
    def add(self, item):
        self.items.add(item)
        return self
bag = Bag("x", "y", "z").add("w")
total = len(bag.items) + len(more & {"one", "six"})
print(found, sizes, total)
"""
MANY = """
class Node:
    def __init__(self, value, parents):
        self.value = value
        self.parents = parents
def build(n):
    nodes = [Node(0, ())]
    for i in range(1, n):
        nodes.append(Node(nodes[-1].value + i, (nodes[-1], nodes[i // 2])))
    return nodes
nodes = build(300)
total = sum(node.value for node in nodes)
by_value = {node.value: node for node in nodes}
seen = set()
def walk(node):
    if node in seen:
        return 0
    seen.add(node)
    return 1 + sum(walk(parent) for parent in node.parents)
reached = walk(nodes[200])
print(total, len(by_value), reached)
"""
FILES = """
import json, os, tempfile
for i in range(30):
    with open(f"part{i:02}.json", "w") as file:
        json.dump({"part": i, "names": ["a", "b"]}, file)
parts = [json.load(open(name)) for name in sorted(os.listdir(".")) if name.startswith("part")]
total = sum(part["part"] for part in parts)
os.rename("part00.json", "first.json")
os.remove("part01.json")
print(total)
"""
FAILING = """
def check(items):
    done = 0
    for item in items:
        try:
            done += 10 // item
        except ZeroDivisionError as error:
            done -= len(str(error))
    return done
total = check([5, 0, 2] * 20)
late = {"a": total}
raise KeyError(late)
"""
OWN = {
    "sets and dictionaries of words": SETS,
    "objects by identity": MANY,
    "files": FILES,
    "a failing program": FAILING,
}


SEEDED = frozenset({"copied code", "threads"})
"""What differs of itself: a hash is shown; threads take turns as they like."""


def tabled():
    """Give the programs of the other tables, by name."""
    found = {f"functions: {name}": source for name, source, _ in test_lineage_in_functions.cases()}
    found |= {f"values: {case.name}": case.source for case in test_lineage_of_programs.CASES}
    found |= {
        f"language: {name}": source for name, source in test_language.cases() if name not in SEEDED
    }
    return found


@pytest.mark.parametrize("name", OWN)
def test_the_same_program_twice_gives_the_same_graph(name, tmp_path, monkeypatch):
    first, second = graphs(OWN[name], tmp_path, monkeypatch)
    assert only_in(first, second) == only_in(second, first) == []


TOGETHER = 12
"""So many programs of the tables are run as modules of one: most of what a run takes is its start."""


@pytest.mark.parametrize("first_of", range(0, len(tabled()), TOGETHER))
def test_the_programs_of_the_tables_twice_give_the_same_graphs(first_of, tmp_path, monkeypatch):
    chosen = list(tabled().items())[first_of : first_of + TOGETHER]
    files = {f"{_as_module(name)}.py": source for name, source in chosen}
    lines = [
        f"try:\n    import {file.removesuffix('.py')}\nexcept BaseException as error:\n    print(repr(error))"
        for file in files
    ]
    first, second = graphs("\n".join([*lines, "all_ran = 1\n"]), tmp_path, monkeypatch, files)
    assert only_in(first, second) == only_in(second, first) == []
    assert any("all_ran" in quad for quad in first)


def _as_module(name):
    return "p_" + re.sub(r"\W", "_", name)


def test_a_program_of_scikit_learn_twice_gives_the_same_graph(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    pytest.importorskip("pandas")
    first, second = graphs(WINE.read_text(encoding="utf-8"), tmp_path, monkeypatch)
    assert only_in(first, second) == only_in(second, first) == []


def graphs(source, folder, monkeypatch, files=None):
    """Run a program twice in the same place; gives the quads of each run."""
    found = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        place = folder / "project"
        if place.exists():
            shutil.rmtree(place)
        trial = run_program(place, source, files=files, may_fail=True)
        found.append({" ".join(map(str, map(settled, quad))) for quad in quads_of(trial)})
    return found


def settled(part):
    """Take out of a term what is another one at each run: a time."""
    return re.sub(r'"[^"]*"\^\^<http://www.w3.org/2001/XMLSchema#dateTime>', '"time"', str(part))


def only_in(these, those):
    """List what only the first of two sets of quads has."""
    return sorted(these - those)


def test_a_captured_and_sealed_trial_is_the_same_but_for_what_it_took(tmp_path):
    (tmp_path / "program.py").write_text(SETS, encoding="utf-8")
    for seed in ("1", "2"):
        done = provkit(
            tmp_path, "capture", "-q", "program.py", env={**ENVIRONMENT, "PYTHONHASHSEED": seed}
        )
        assert done.returncode == 0, done.stderr
    first, second = (
        {settled(quad.replace(trial, "trial")) for quad in text.splitlines()}
        for trial, text in sealed(tmp_path).items()
    )
    different = only_in(first, second) + only_in(second, first)
    assert [quad for quad in different if not any(word in quad for word in TAKEN)] == []
