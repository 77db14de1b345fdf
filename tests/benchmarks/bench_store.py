"""How long storing, listing, indexing and rebuilding take, against the bars of the spine.

    PYTHONPATH=. python tests/benchmarks/bench_store.py [trials]

Prints one line for each figure: what, the median of its repetitions, the bar.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from store.trials_made_up import BASE, annotation_quads, quads_of, trial_id

from provkit.store import LocalStore

LIST_PROGRAM = """
import sys, typer, rich.table
from provkit.store import LocalStore
from pathlib import Path
store = LocalStore.find(explicit=Path(sys.argv[1]))
assert len(store.summaries()) == int(sys.argv[2])
assert "pyoxigraph" not in sys.modules and "rdflib" not in sys.modules
"""
CLOSURE = """
SELECT ?from WHERE {{ <{value}> prov:wasDerivedFrom+ ?from }}
"""


def milliseconds(work: Callable[[], object], repetitions: int = 5) -> float:
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def report(what: str, measured: float, bar: float | None, unit: str = "ms") -> None:
    limit = "" if bar is None else f"bar {bar:g} {unit}  {'met' if measured <= bar else 'MISSED'}"
    print(f"{what:<58}{measured:>12.1f} {unit:<3} {limit}", flush=True)


def open_index(store: LocalStore) -> int:
    with store.index() as database:
        assert not store.warnings, store.warnings
        return bool(database.query("ASK { GRAPH ?g { ?s ?p ?o } }"))


def bench_one_trial(folder: Path) -> None:
    store = LocalStore.create(folder / ".provkit", base_iri=BASE)
    quads = quads_of(0)
    path = store.seal(trial_id(0), quads)
    report(f"segment of one trial, {len(quads)} quads", path.stat().st_size / 1000, 60, "kB")
    report(
        "seal one trial (join, gzip, fsync, rename)",
        milliseconds(lambda: (path.unlink(), store.seal(trial_id(0), quads))),
        60,
    )
    report(
        "read one trial back and verify its seal",
        milliseconds(lambda: store.read(trial_id(0))),
        None,
    )
    report("first opening, one trial", milliseconds(lambda: open_index(store), 1), 300)

    added = []
    for number in range(1, 10):
        store.seal(trial_id(number), quads_of(number))
        added.append(milliseconds(lambda: open_index(store), 1))
    report("opening that takes in one more trial", statistics.median(added), 300)
    report("opening with nothing to do", milliseconds(lambda: open_index(store)), None)
    store.annotate(trial_id(3), annotation_quads(3, tags=("later",)))
    report("opening after a new tag (flushed)", milliseconds(lambda: open_index(store), 1), None)


def bench_many(folder: Path, count: int) -> None:
    store = LocalStore.create(folder / ".provkit", base_iri=BASE)
    total = 0
    for number in range(count):
        plan = f"{number // 10:064x}"
        quads = quads_of(number, plan=plan)
        total += len(quads)
        store.seal(trial_id(number), quads)
        store.annotate(trial_id(number), annotation_quads(number, tags=("bench",)))
    size = sum(path.stat().st_size for path in (store.folder / "trials").iterdir())
    print(f"\n{count} trials, {total} quads, {size / 1e6:.1f} MB of segments")

    for path in ("index", "catalog.jsonl"):
        target = store.folder / path
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    report("catalog built anew from the segments", milliseconds(store.summaries, 1), None)
    report("summaries, catalog warm", milliseconds(store.summaries), 150)
    listing = [sys.executable, "-c", LIST_PROGRAM, str(store.folder), str(count)]
    report(
        "whole process: interpreter, typer, summaries",
        milliseconds(lambda: subprocess.run(listing, check=True)),
        600,
    )
    start = time.process_time()
    report("index built anew", milliseconds(lambda: open_index(store), 1) / 1000, 30, "s")
    report("  of which CPU of this process", time.process_time() - start, None, "s")
    disk = sum(p.stat().st_size for p in (store.folder / "index").rglob("*") if p.is_file())
    report("  index on disk", disk / 1e6, None, "MB")
    report("opening with nothing to do", milliseconds(lambda: open_index(store)), None)

    value = f"{BASE}trial/{trial_id(count // 2)}/value/v.100"
    query = CLOSURE.format(value=value)
    from provkit.vocabulary import PREFIXES

    with store.index() as database:

        def closure() -> None:
            found = list(database.query(query, prefixes=PREFIXES, use_default_graph_as_union=True))
            assert len(found) == 100, len(found)

        report("backward closure of 100 values, index open", milliseconds(closure, 20), 5)
    store.seal(trial_id(count), quads_of(count))
    report("opening that takes in one more trial", milliseconds(lambda: open_index(store), 1), 300)
    store.remove([trial_id(count)])
    report("opening after a trial was removed", milliseconds(lambda: open_index(store), 1), None)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for bench in (bench_one_trial, lambda folder: bench_many(folder, count)):
        folder = Path(tempfile.mkdtemp(prefix="provkit-bench-"))
        try:
            bench(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
