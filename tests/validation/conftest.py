"""Real trials to be checked: small programs captured once, by the command that a person types."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from validated_quads import Trials

REPOSITORY = Path(__file__).resolve().parents[2]

FILES = {
    "stats.py": """\
def mean(xs):
    total = 0.0
    for x in xs:
        total += x
    return total / len(xs)
""",
    "houses.csv": "rooms,price\n1,10\n2,19\n3,31\n",
    "tidy.py": """\
# %% load
import csv
import json
from stats import mean
with open("houses.csv") as f:
    rows = list(csv.DictReader(f))
prices = [float(r["price"]) for r in rows]
# %% describe
m = mean(prices)
names = {"a": 1}
names["b"] = 2
if m > 10:
    level = "high"
else:
    level = "low"
for i in [1, 2, 3]:
    m = m + i
print("mean", m, level)


def spare():
    return None


with open("result.json", "w") as f:
    json.dump({"mean": m}, f)
""",
    "broken.py": """\
def invert(x):
    return 1 / x


a = 3
b = invert(a - 3)
""",
    "exits.py": "import sys\n\nsys.exit(3)\n",
    "slow.py": """\
import os
import time

a = 1
b = [a, a + 1]
os.write(1, b"ready\\n")
time.sleep(60)
""",
}


def _environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PROVKIT_")}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


def _provkit(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "provkit", *words],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )


def _killed(folder):
    """Kill a program and the provkit above it, and let the next command store what they left."""
    with subprocess.Popen(
        [sys.executable, "-m", "provkit", "capture", "--name", "killed", "slow.py"],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    deadline = time.monotonic() + 20
    while not (said := _provkit(folder, "recover")).stdout.strip():
        assert time.monotonic() < deadline, said.stderr


@pytest.fixture(scope="session")
def trials(tmp_path_factory):
    """The store's folder, and the quads of each trial by its name."""
    folder = tmp_path_factory.mktemp("validated").resolve()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    for name in ("tidy", "broken", "exits"):
        said = _provkit(folder, "capture", "--name", name, f"{name}.py")
        assert b"trial" in said.stderr, said.stderr
    _killed(folder)
    return Trials(folder / ".provkit")
