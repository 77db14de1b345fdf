"""What capture costs: CPU time of the watched process against the same program under plain python.

Run by hand: `python tests/benchmarks/bench_capture.py [NAME ...]`. Plain and watched runs take turns; medians are
given, net of the fixed cost, which is that of a program of one line: of a text that is watched for the first time, and
of one whose rewritten code has been kept. What is over its limit has a `!`. Peak memory stands beside; what a program
lets go has to be gone under capture as well.

Other tools stand beside in the same run, a line for each below a program's, where the environment names them:
`PROVKIT_NOWORKFLOW=/path/to/now`, `PROVKIT_IPYFLOW=/path/to/python`; `PROVKIT_PEER_SECONDS` is what each may take for a
program. Their environments need numpy, pandas and scikit-learn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

from capture_peers import told_by_all

from provkit.capture import script

REPETITIONS = 3

TABULAR = """
import json
import numpy as np, pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
rng = np.random.default_rng(0)
def made_up(rows, columns):
    X = rng.normal(size=(rows, columns))
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(columns)])
    frame["target"] = (X[:, 0] + X[:, 1] ** 2 + rng.normal(size=rows) > 1).astype(int)
    return frame
made_up(12000, 20).to_csv("data.csv", index=False)
def clean(frame):
    frame = frame.dropna()
    for column in frame.columns[:-1]:
        frame[column] = frame[column].clip(-4, 4)
    return frame
def main():
    frame = clean(pd.read_csv("data.csv"))
    X, y = frame.drop(columns="target"), frame["target"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
    scaler = StandardScaler().fit(X_train)
    model = RandomForestClassifier(n_estimators=40, random_state=2).fit(scaler.transform(X_train), y_train)
    guess = model.predict(scaler.transform(X_test))
    chance = model.predict_proba(scaler.transform(X_test))[:, 1]
    scores = {"accuracy": accuracy_score(y_test, guess), "auc": roc_auc_score(y_test, chance)}
    with open("scores.json", "w") as file:
        json.dump(scores, file)
main()
"""
HOT = """
def step(value, other):
    if value % 3 == 0:
        return value + other
    return value - 1
total = 0
for i in range(1000):
    for j in range(1000):
        total = step(total, j)
print(total)
"""
FILES = """
import os
os.makedirs("in", exist_ok=True); os.makedirs("out", exist_ok=True)
def transform(text):
    return "\\n".join(sorted(line.upper() for line in text.split()))
for i in range(500):
    with open(f"in/{i}.txt", "w") as file:
        file.write("word " * (i % 50) + str(i))
for i in range(500):
    with open(f"in/{i}.txt") as file:
        text = file.read()
    with open(f"out/{i}.txt", "w") as file:
        file.write(transform(text))
"""
DESCENT = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(4000, 30)); y = (X @ rng.normal(size=30) > 0).astype(float)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def loss(w):
    p = sigmoid(X @ w)
    return -np.mean(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12))
def gradient(w):
    return X.T @ (sigmoid(X @ w) - y) / len(y)
w = np.zeros(30)
losses = []
for epoch in range(1500):
    w -= 0.1 * gradient(w)
    if epoch % 10 == 0:
        losses.append(loss(w))
print(losses[-1])
"""
RECURSION = """
class Shape:
    def area(self): return 0
class Square(Shape):
    def __init__(self, side): self.side = side
    def area(self): return super().area() + self.side ** 2
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(24), sum(Square(i).area() for i in range(3000)))
"""
STRAIGHT = "\n".join(f"a{i} = a{i - 1} + {i}" if i else "a0 = 0" for i in range(20_000))
FUNCTIONS = (
    "\n".join(f"def f{i}(x):\n    y = x + {i}\n    return y * 2" for i in range(1000))
    + "\ntotal = 0\nfor k in range(300):\n"
    + "\n".join(f"    total += f{i}(k)" for i in range(1000))
)
STRINGS = """
def build(n):
    text = ""
    for i in range(n):
        text += chr(97 + i % 26)
    return text
print(len(build(600_000)))
"""
COMPREHENSIONS = """
depth = [[[[a * b + c - d for a in range(12)] for b in range(12)] for c in range(12)] for d in range(60)]
print(len(depth), len([x for x in (y * y for y in range(400_000)) if x % 3]), len({k: v for k, v in zip(range(200_000), range(200_000))}))
"""
EXCEPTIONS = """
caught = 0
for i in range(300_000):
    try:
        if i % 2:
            raise ValueError(i)
    except ValueError as error:
        caught += error.args[0]
print(caught)
"""
GENERATORS = """
def numbers(n):
    for i in range(n):
        if i % 7:
            yield i * i
total = 0
for number in numbers(500_000):
    total += number
print(total)
"""
NOTHING = "pass\n"

FIRST = 20e-6
"""Seconds that each distinct statement which is executed may cost beside the ratio, in the adversarial programs."""


class Workload(NamedTuple):
    """A program, how many times the CPU time of a plain run it may take, and how many seconds more."""

    source: str
    ratio: float
    seconds: float = 0.0


WORKLOADS = {
    "tabular": Workload(TABULAR, 1.05),
    "hot loops": Workload(HOT, 1.6),
    "small files": Workload(FILES, 1.2, 0.06),
    "gradient descent": Workload(DESCENT, 1.05),
    "recursion": Workload(RECURSION, 2.5),
    "20,000 straight statements": Workload(STRAIGHT, 3.0, 20_000 * FIRST),
    "1,000 functions x 300 calls": Workload(FUNCTIONS, 3.0, 4_002 * FIRST),
    "deep comprehension": Workload(COMPREHENSIONS, 3.0, 2 * FIRST),
    "string building": Workload(STRINGS, 3.0, 6 * FIRST),
    "exceptions in a loop": Workload(EXCEPTIONS, 3.0, 7 * FIRST),
    "generator": Workload(GENERATORS, 3.0, 8 * FIRST),
}
MORE_MB = 40
"""Megabytes that a program may hold more under capture, at its peak."""
SHAPES = tuple(WORKLOADS)[:5]
"""Those whose memory is looked at as well: the others are no one's work."""
LET_GO = """
import gc, weakref
class Thing:
    def __init__(self): self.data = bytearray(50_000_000)
def make():
    return [Thing() for _ in range(2)]
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
before = resident()
things = make()
gone = [weakref.ref(thing) for thing in things]
held = resident() - before
del things
print(held > 90_000_000, [reference() for reference in gone], resident() - before < 5_000_000)
"""
"""Says that the memory was there, that the objects are gone without a collection, and their memory with them."""


PEAK = """
with open("/proc/self/status") as status:
    print("peak", next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
"""Says at a program's end how many kB it held at most; what `wait4` says is at least what its parent holds."""


def seconds_of(source: str, *, watched: bool, kept_code: Path | None = None) -> float:
    """Run a program once, watched or plainly, and give the CPU seconds of its process."""
    with tempfile.TemporaryDirectory() as name:
        command = prepared(source, Path(name), watched=watched, kept_code=kept_code)
        return seconds_of_command(command, Path(name))


def prepared(
    source: str, folder: Path, *, watched: bool, kept_code: Path | None = None
) -> list[str]:
    """Write a program into a folder, and give the command that runs it; `kept_code` is where rewritten code is kept."""
    (folder / "program.py").write_text(textwrap.dedent(source))
    if not watched:
        return [sys.executable, "program.py"]
    journal = folder / ".provkit" / "journals" / "t"
    journal.mkdir(parents=True)
    options = {"journal": str(journal), "trial": "0" * 32, "version": "0"}
    options |= {"project": str(folder), "store": str(folder / ".provkit")}
    if kept_code is not None:
        options["kept_code"] = str(kept_code)
    target = script.Target("script", "program.py")
    return script.watched_command(target, (), python=sys.executable, options=options)


def seconds_of_command(command: list[str], folder: Path) -> float:
    """Run a command in a folder, and see that it ends well."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0, command
    return usage.ru_utime + usage.ru_stime


def printed_by(source: str, *, watched: bool) -> str:
    """Run a program once and give what it printed."""
    with tempfile.TemporaryDirectory() as name:
        command = prepared(source, Path(name), watched=watched)
        done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=True)
        return done.stdout


def peak_of(source: str, *, watched: bool) -> float:
    """Give the most memory that a program holds, in MB."""
    return int(printed_by(source + PEAK, watched=watched).split()[-1]) / 1024


def measure(source: str, repetitions: int = REPETITIONS) -> tuple[float, float, float]:
    """Give the median CPU seconds of plain runs, of watched ones of a new text, and of one that was watched before.

    They take turns.
    """
    taken = []
    with tempfile.TemporaryDirectory() as name:
        again = Path(name, "again")
        seconds_of(source, watched=True, kept_code=again)
        for number in range(repetitions):
            plain = seconds_of(source, watched=False)
            first = seconds_of(source, watched=True, kept_code=Path(name, str(number)))
            taken.append((plain, first, seconds_of(source, watched=True, kept_code=again)))
    plain, first, later = (statistics.median(column) for column in zip(*taken, strict=True))
    return plain, first, later


def main(names: list[str]) -> None:
    """Measure the workloads, or those named, and print a table."""
    began = time.monotonic()
    plain, first, later = measure(NOTHING, 7)
    fixed = (first - plain, later - plain)
    print(f"fixed cost {fixed[0] * 1000:.0f} ms at first, {fixed[1] * 1000:.0f} ms later")
    others = told_by_all(NOTHING)
    print(
        f"{'program':30}{'plain s':>9}{'first':>9}{'':7}{'later':>9}{'':7}{'limit s':>9}{'MB more':>9}"
    )
    for name, workload in WORKLOADS.items():
        if names and name not in names:
            continue
        plain, *watched = measure(workload.source)
        limit = workload.ratio * plain + workload.seconds
        peaks = [peak_of(workload.source, watched=is_watched) for is_watched in (False, True)]
        more = peaks[1] - peaks[0]
        line = f"{name:30}{plain:9.3f}"
        for seconds, start in zip(watched, fixed, strict=True):
            net = seconds - start
            line += f"{net:9.3f}{net / plain:6.2f}{' ' if net <= limit else '!'}"
        too_much = "!" if name in SHAPES and more > MORE_MB else ""
        print(f"{line}{limit:9.3f}{more:9.0f}{too_much}", flush=True)
        for told in others(name, workload.source):
            print(f"{'':30}{told}", flush=True)
    let_go = [printed_by(LET_GO, watched=is_watched) for is_watched in (False, True)]
    print("memory after `del`:", "as without" if let_go[0] == let_go[1] else f"differs {let_go}")
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main(sys.argv[1:])
