"""What capture costs: CPU time of the watched process against the same program under plain python.

Run by hand: `python tests/benchmarks/bench_capture.py [NAME ...]`. Plain and watched runs take turns; medians are
given, net of the fixed cost, which is that of a program of one line.
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
print(len(build(400_000)), len([x for x in (y * y for y in range(400_000)) if x % 3]))
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

WORKLOADS = {
    "tabular": (TABULAR, 1.05),
    "hot loops": (HOT, 1.6),
    "small files": (FILES, 1.2),
    "gradient descent": (DESCENT, 1.05),
    "recursion": (RECURSION, 2.5),
    "20,000 straight statements": (STRAIGHT, 3.0),
    "1,000 functions x 300 calls": (FUNCTIONS, 3.0),
    "strings and comprehensions": (STRINGS, 3.0),
    "exceptions in a loop": (EXCEPTIONS, 3.0),
    "generator": (GENERATORS, 3.0),
}


def cpu_seconds(source: str, *, watched: bool) -> float:
    """Run a program once, watched or plainly, and give the CPU seconds of its process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(textwrap.dedent(source))
        target = script.Target("script", "program.py")
        command = [sys.executable, "program.py"]
        if watched:
            journal = folder / ".provkit" / "journals" / "t"
            journal.mkdir(parents=True)
            options = {"journal": str(journal), "trial": "0" * 32, "version": "0", "project": name}
            options["store"] = str(folder / ".provkit")
            command = script.watched_command(target, (), python=sys.executable, options=options)
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        assert status == 0, name
        return usage.ru_utime + usage.ru_stime


def measure(source: str, repetitions: int = REPETITIONS) -> tuple[float, float]:
    """Give the median CPU seconds of plain and of watched runs, which take turns."""
    pairs = [
        (cpu_seconds(source, watched=False), cpu_seconds(source, watched=True))
        for _ in range(repetitions)
    ]
    return statistics.median(pair[0] for pair in pairs), statistics.median(
        pair[1] for pair in pairs
    )


def main(names: list[str]) -> None:
    """Measure the workloads, or those named, and print a table."""
    began = time.monotonic()
    plain, watched = measure(NOTHING, 7)
    fixed = watched - plain
    print(f"fixed cost {fixed * 1000:.0f} ms")
    print(
        f"{'workload':30}{'plain s':>9}{'watched s':>11}{'ratio':>8}{'net':>7}{'bar':>7}{'more s':>9}"
    )
    for name, (source, bar) in WORKLOADS.items():
        if names and name not in names:
            continue
        plain, watched = measure(source)
        net = (watched - fixed) / plain
        print(
            f"{name:30}{plain:9.3f}{watched:11.3f}{watched / plain:8.2f}{net:7.2f}{bar:7.2f}"
            f"{watched - fixed - plain:9.3f}"
        )
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main(sys.argv[1:])
