"""How long mapping takes: a trial of about 3,000 triples, to be mapped in at most 20 ms of CPU.

    python tests/benchmarks/bench_mapping.py [ROUNDS]

The trial is the worked example's, its executions and values repeated under other names.
"""

import gzip
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

# run alone, so nothing has put the repository and its tests on the path
sys.path[:0] = [str(Path(__file__).resolve().parents[level]) for level in (1, 2)]

from example_trial import example_trial  # noqa: E402

from provkit.mapping import quads_of  # noqa: E402
from provkit.model import Derivation, Execution, Package, Reference, Trial, Usage, Value  # noqa: E402

LIMIT_MS = 20
COPIES = 6


def large_trial(copies: int = COPIES) -> Trial:
    """Repeat what happened in the worked example, and import sixty packages."""
    trial = example_trial()
    count = len(trial.executions)
    packages = tuple(Package(f"package-{number}", "1.0") for number in range(60))
    executions = [_execution(of, copy, count) for copy in range(copies) for of in trial.executions]
    values = [_value(of, copy, count) for copy in range(copies) for of in trial.values]
    return replace(trial, executions=tuple(executions), values=tuple(values), packages=packages)


def _execution(of: Execution, copy: int, count: int) -> Execution:
    parent = None if of.parent is None else of.parent + copy * count
    usages = tuple(
        Usage(_moved(usage.entity, copy), usage.parameter, usage.part) for usage in of.usages
    )
    return replace(of, order=of.order + copy * count, parent=parent, usages=usages)


def _value(of: Value, copy: int, count: int) -> Value:
    made_by = None if of.generated_by is None else of.generated_by + copy * count
    sources = tuple(Derivation(_moved(one.source, copy)) for one in of.derived_from)
    before = None if of.revision_of is None else _moved_key(of.revision_of, copy)
    key = _moved_key(of.key, copy)
    return replace(of, key=key, generated_by=made_by, derived_from=sources, revision_of=before)


def _moved(reference: Reference, copy: int) -> Reference:
    if reference.kind != "value":
        return reference
    return Reference("value", _moved_key(reference.key, copy))


def _moved_key(key: str, copy: int) -> str:
    return f"round{copy}.{key}" if copy else key


def main() -> int:
    """Measure, print, and say by the exit status whether the limit holds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    trial = large_trial()
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        quads = list(quads_of(trial))
        seconds.append(time.process_time() - started)
    segment = "".join(f"{s} {p} {o} {g} .\n" for s, p, o, g in quads).encode()
    median = statistics.median(seconds) * 1000
    print(f"triples: {len(quads)}")
    print(f"mapped: {median:.1f} ms median, {min(seconds) * 1000:.1f} ms best of {rounds}")
    print(f"first round (caches cold): {seconds[0] * 1000:.1f} ms; limit {LIMIT_MS} ms")
    compressed = len(gzip.compress(segment, 6))
    print(f"segment: {len(segment) / 1000:.0f} kB, {compressed / 1000:.1f} kB with gzip")
    return 0 if median <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
