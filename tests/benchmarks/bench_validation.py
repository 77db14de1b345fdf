"""How long checking a trial against the shapes takes: python tests/benchmarks/bench_validation.py [STATEMENTS ...].

Captures a program of so many statements for real, and prints CPU seconds for each profile.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HEAD = """\
def shares(xs):
    total = sum(xs)
    return [x / total for x in xs]
data = [float(i) for i in range(1, 20)]
"""


def captured(folder: Path, statements: int) -> None:
    """Capture a program of so many calls and assignments."""
    lines = [f"a{i} = shares(data)\nb{i} = max(a{i}) + {i}\n" for i in range(statements // 2)]
    (folder / "program.py").write_text(HEAD + "".join(lines))
    subprocess.run(
        [sys.executable, "-m", "provkit", "capture", "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.DEVNULL,
        check=True,
    )


def main(sizes: list[int]) -> None:
    """Print a line for each size and profile."""
    sys.path.insert(0, str(REPOSITORY))
    began = time.process_time()
    from provkit.store import LocalStore
    from provkit.validation import PROFILES, validate_trial

    print(f"importing {time.process_time() - began:.2f} s")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            LocalStore.create(Path(name) / ".provkit")
            captured(Path(name), size)
            store = LocalStore.find(explicit=Path(name) / ".provkit")
            for profile in ("prov", "trial", "strict"):
                validate_trial(store, store.resolve("last"), profile=PROFILES[profile])
                began = time.process_time()
                report = validate_trial(store, store.resolve("last"), profile=PROFILES[profile])
                taken = time.process_time() - began
                print(
                    f"{report.triples:6} triples, {report.checked:5} nodes, {profile:6} "
                    f"{taken:5.2f} s, {len(report.findings)} findings"
                )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [60, 150])
