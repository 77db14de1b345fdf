"""How long checking, normalizing and comparing take as documents grow.

    PYTHONPATH=$PWD python tests/benchmarks/bench_constraints.py [--normal-form] [SIZE ...]

Prints a line for each size: statements, seconds, CPU seconds, the same per 1,000 statements,
the peak memory of the process so far.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time

from prov.model import ProvDocument

from provkit.constraints import check, equivalent, normalize

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def pipeline(statements: int) -> ProvDocument:
    """A long pipeline: each step reads what the last wrote, on behalf of a few people.

    Nine statements a step, all kinds of event among them, and one chain of
    derivations and one of revisions through the whole document.
    """
    document = ProvDocument()
    document.add_namespace("ex", "http://example.org/")
    document.entity("ex:e0")
    for step in range(1, max(statements // 9, 1) + 1):
        made, read, run = f"ex:e{step}", f"ex:e{step - 1}", f"ex:a{step}"
        agent = f"ex:ag{step % 7}"
        document.entity(made, {"ex:step": step})
        document.activity(run, EPOCH + dt.timedelta(seconds=step))
        document.agent(agent)
        document.usage(run, read, identifier=f"ex:use{step}")
        document.generation(made, run, identifier=f"ex:gen{step}")
        document.derivation(made, read, run, f"ex:gen{step}", f"ex:use{step}")
        document.association(run, agent)
        document.attribution(made, agent)
        if step % 2:
            document.delegation(agent, f"ex:ag{(step + 1) % 7}", run)
        else:
            document.start(run, trigger=read)
    return document


def measure(what, size: int) -> None:
    document = pipeline(size)
    count = len(document.records)
    started, started_cpu = time.perf_counter(), time.process_time()
    what(document)
    seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what.__name__:>10} {count:>8} statements {seconds:8.2f} s {cpu:8.2f} s CPU"
        f" {1000 * cpu / count:7.3f} s/1000 {peak:7.0f} MB",
        flush=True,
    )


def compare(document: ProvDocument) -> None:
    """Compare a document with one that states the same in reverse."""
    other = ProvDocument(records=list(reversed(document.records)), namespaces=document.namespaces)
    assert equivalent(document, other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--normal-form", action="store_true", help="normalize and compare too")
    options = parser.parse_args()
    for what in (check, normalize, compare) if options.normal_form else (check,):
        for size in options.sizes:
            measure(what, size)


if __name__ == "__main__":
    main()
