"""Ten times the iterations make at most 1.2 times the journal and the graph.

File events are excepted, at most 300 bytes each: what a loop opens ten times as often is told ten times as often.
"""

from __future__ import annotations

import json
import textwrap

import pytest
from programs import run_program

from provkit.mapping import quads_of

BAR = 1.2
FILE_BYTES = 300
OUTPUT_BYTES = 7_000
"""Of what is printed between two statements the last 4,000 characters are kept; the first rounds' come before."""

PROGRAMS = {
    "a loop": """
        total = 0
        for i in range(N):
            total += i
        print(total)
        """,
    "a loop that stores": """
        kept, by_key = [], {}
        for i in range(N):
            kept.append(i)
            by_key[f"key{i}"] = kept[-1]
        kept[0] = by_key["key1"]
        """,
    "nested loops": """
        total = 0
        for i in range(N):
            for j in range(3):
                for k in (1, 2):
                    total += i * j * k
        """,
    "a loop whose body has many branches": """
        counts = [0, 0, 0, 0]
        for i in range(N):
            if i % 7 == 0:
                counts[0] += 1
            elif i % 5 == 0:
                counts[1] += 1
                continue
            elif i % 3 == 0:
                counts[2] += 1
            else:
                counts[3] += 1
        """,
    "a while loop": """
        n, steps = N, 0
        while n > 0:
            n -= 1
            steps = steps + 1
        """,
    "functions": """
        def square(x):
            y = x * x
            return y
        def add(a, b):
            return square(a) + square(b)
        total = 0
        for i in range(N):
            total = add(total % 10, i)
        """,
    "functions called from a comprehension": """
        def square(x):
            return x * x
        squares = [square(i) for i in range(N)]
        total = sum(map(square, range(N)))
        """,
    "comprehensions": """
        squares = [i * i for i in range(N)]
        by_number = {i: i + 1 for i in squares}
        odd = {i for i in squares if i % 2}
        pairs = [(i, j) for i in range(N) for j in (1, 2)]
        """,
    "generators": """
        def count(n):
            i = 0
            while i < n:
                yield i
                i += 1
        def doubled(numbers):
            for number in numbers:
                yield number * 2
        total = sum(doubled(count(N)))
        for number in doubled(count(N)):
            total += number
        """,
    "recursion": """
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        def down(n):
            return 0 if n == 0 else 1 + down(n - 1)
        import math
        f = fibonacci(int(math.log(N, 1.6)) + 1)
        depths = [down(50) for _ in range(N // 50)]
        """,
    "exceptions in a loop": """
        failed = 0
        for i in range(N):
            try:
                if i % 2:
                    raise ValueError(i)
                int("x")
            except ValueError as error:
                failed += len(error.args)
            finally:
                failed += 0
        """,
    "exceptions out of functions": """
        class Odd(Exception):
            pass
        def even(i):
            if i % 2:
                raise Odd(f"{i} is odd")
            return i
        def tried(i):
            try:
                return even(i)
            except Odd as error:
                return len(str(error))
        total = 0
        for i in range(N):
            total += tried(i)
        """,
    "instances of classes": """
        class Account:
            rate = 2
            def __init__(self, owner):
                self.owner = owner
                self.balance = 0
                self.history = []
            def pay(self, amount):
                self.balance += amount * self.rate
                self.history.append(amount)
                return self
            @property
            def size(self):
                return len(self.history)
        accounts = []
        for i in range(N):
            account = Account(f"owner{i}")
            account.pay(i).pay(1)
            accounts.append(account)
        total = sum(account.balance + account.size for account in accounts)
        """,
    "prints": """
        for i in range(N):
            print("line", i, "of the output")
        """,
    "prints out of functions": """
        def say(i):
            print("line", i, "of the output")
            print()
        for i in range(N):
            say(i)
        """,
    "text that is built": """
        text = ""
        for i in range(N):
            text += str(i)
            text = text[-50:]
        lines = "\\n".join(str(i) for i in range(N)).splitlines()
        """,
    "definitions in a loop": """
        made = []
        for i in range(N):
            def give(x, i=i):
                return x + i
            class Holder:
                def __init__(self, x):
                    self.x = give(x)
            made.append(Holder(i).x)
            made.append((lambda y: y + i)(1))
        """,
    "with in a loop": """
        import contextlib
        @contextlib.contextmanager
        def opened(i):
            yield i
        total = 0
        for i in range(N):
            with opened(i) as j, contextlib.suppress(KeyError):
                total += j
                {}[j]
        """,
    "matching": """
        kinds = {}
        for item in [0, (1, 2), [3], {"a": 4}, "t"] * (N // 5):
            match item:
                case int(n):
                    kind = "number"
                case (a, b):
                    kind = "pair"
                case {"a": n}:
                    kind = "mapping"
                case _:
                    kind = "other"
            kinds[kind] = kinds.get(kind, 0) + 1
        """,
    "exec and eval": """
        space = {}
        for i in range(N):
            exec("x = 1", space)
            y = eval("x + i", space, {"i": i})
        """,
    "asyncio": """
        import asyncio
        async def work(i):
            await asyncio.sleep(0)
            return i
        async def main():
            total = 0
            for i in range(N):
                total += await work(i)
            return total + sum(await asyncio.gather(*map(work, range(N))))
        total = asyncio.run(main())
        """,
    "threads": """
        import threading
        done = []
        def work(i):
            for j in range(3):
                done.append(i * j)
        for i in range(N // 10):
            thread = threading.Thread(target=work, args=(i,))
            thread.start()
            thread.join()
        """,
    "libraries in a loop": """
        import json, re, collections, random
        counts = collections.Counter()
        generator = random.Random(1)
        for i in range(N):
            data = json.loads(json.dumps({"i": i}))
            counts[re.sub("[0-9]", "x", str(data["i"]))] += 1
            number = generator.random()
        """,
    "small files": """
        import os
        os.mkdir("parts")
        total = 0
        for i in range(N):
            with open(f"parts/{i:05}.txt", "w") as file:
                file.write(str(i))
        for i in range(N):
            with open(f"parts/{i:05}.txt") as file:
                total += int(file.read())
        """,
    "one file again and again": """
        for i in range(N):
            with open("log.txt", "a") as file:
                file.write(f"{i}\\n")
        """,
    "files that go": """
        import os, tempfile
        for i in range(N):
            with tempfile.NamedTemporaryFile("w", dir=".", delete=False) as file:
                file.write(str(i))
            os.rename(file.name, "now.txt")
            os.remove("now.txt")
        """,
}
WITH_FILES = frozenset({"small files", "one file again and again", "files that go"})
SAMPLE = frozenset({"nested loops", "exceptions out of functions", "prints out of functions", "small files"})  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow) for name in PROGRAMS])  # fmt: skip
@pytest.mark.parametrize("count", [100, 1000])
def test_ten_times_the_iterations(name, count, tmp_path):
    once = sizes(PROGRAMS[name], count, tmp_path / "once")
    often = sizes(PROGRAMS[name], 10 * count, tmp_path / "often")
    assert often["journal"] <= BAR * once["journal"]
    assert often["outputs"] <= max(BAR * once["outputs"], OUTPUT_BYTES)
    assert often["file events"] <= FILE_BYTES * often["files"]
    assert (often["file events"] > 0) == (name in WITH_FILES)
    if name not in WITH_FILES:
        assert often["quads"] <= BAR * once["quads"]


def sizes(source, count, folder):
    """Run a program for so many rounds; gives bytes of the journal by kind of event, and the number of quads."""
    program = f"N = {count}\n" + textwrap.dedent(source)
    trial = run_program(folder, program)
    (journal,) = (folder / ".provkit" / "journals" / "trial").glob("*.jsonl")
    found = {
        "journal": 0,
        "outputs": 0,
        "file events": 0,
        "files": 0,
        "quads": sum(1 for _ in quads_of(trial)),
    }
    for line in journal.read_bytes().splitlines(keepends=True):
        event = json.loads(line)
        if event[0] == "file":
            found["files"] += 1
            found["file events"] += len(line)
        else:
            found["outputs" if event[0] == "output" else "journal"] += len(line)
    return found
