"""Loading and asking, side by side with plain rdflib in one run: CPU of this process, medians.

    PYTHONPATH=. python tests/benchmarks/bench_query.py [trials]

Both sides give the same rows (counted) as terms in Python. `memory` is provkit's database
in memory, as rdflib's is: the same work, to which the bars apply. `disk` is the index, whose
loading and answers outlive the process. 28 trials are 1e5 quads.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyoxigraph
import rdflib
from store.trials_made_up import BASE, quads_of, trial_id

from provkit.query import QueryResult, ask
from provkit.query.asking import _answer
from provkit.store import LocalStore
from provkit.store.index import in_memory
from provkit.store.segment import read_segment
from provkit.vocabulary import PREFIXES

VALUE = f"<{BASE}trial/{trial_id(3)}/value/v.100>"
TRIAL = f"<{BASE}trial/{trial_id(3)}>"
QUERIES = {
    "count of everything": "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
    "trials, latest first": """SELECT ?t ?l ?s { ?t a repr:Trial ; rdfs:label ?l ; pk:status ?st ;
        prov:startedAtTime ?s } ORDER BY DESC(?s)""",
    "values above a number": """SELECT ?v ?x { ?v prov:value ?x ; prov:wasGeneratedBy ?e
        FILTER(DATATYPE(?x) = xsd:double && ?x > 0.9) } ORDER BY ?x""",
    "backward closure of 100 values": f"SELECT ?f {{ {VALUE} prov:wasDerivedFrom+ ?f }}",
    "forward closure of 120 values": f"SELECT ?t {{ ?t prov:wasDerivedFrom+ {VALUE} }}",
    "files with the same bytes": """SELECT ?b (COUNT(?f) AS ?n) { ?f prov:specializationOf ?b }
        GROUP BY ?b HAVING (COUNT(?f) > 1)""",
    "packages and in how many trials": """SELECT ?p (COUNT(DISTINCT ?t) AS ?n) {
        ?p a repr:Library . ?t prov:used ?p ; a repr:Trial } GROUP BY ?p""",
    "regex on labels": 'SELECT ?s { ?s rdfs:label ?l FILTER(REGEX(?l, "^v@1.7$")) }',
    "what ran in one trial": f"""SELECT ?n ?src {{ ?e provone:wasPartOf {TRIAL} ; pk:order ?n ;
        p-plan:correspondsToStep/prov:value ?src }} ORDER BY ?n""",
    "construct one trial": f"""CONSTRUCT {{ ?s ?p ?o }} WHERE {{
        GRAPH <{BASE}trial/{trial_id(3)}/graph> {{ ?s ?p ?o }} }}""",
}


class Comparison(NamedTuple):
    """CPU milliseconds; the bar is for the same work, both sides in memory."""

    what: str
    memory: float
    disk: float
    theirs: float
    bar: float

    def __str__(self) -> str:
        ratio = self.theirs / self.memory
        return (
            f"{self.what:<33}{self.memory:>9.2f}{self.disk:>9.2f}{self.theirs:>10.1f}"
            f"{ratio:>8.1f}x{self.theirs / self.disk:>8.1f}x"
            f"  bar {self.bar:g}x {'met' if ratio >= self.bar else 'MISSED'}"
        )


def cpu_milliseconds(work: Callable[[], object], repetitions: int) -> float:
    times = []
    for _ in range(repetitions):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def rdflib_rows(dataset: rdflib.Dataset, sparql: str) -> int:
    return len(list(dataset.query(sparql, initNs=PREFIXES)))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 28
    folder = Path(tempfile.mkdtemp(prefix="provkit-bench-"))
    try:
        compare(folder, count)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare_query(
    what: str,
    sparql: str,
    memory: pyoxigraph.Store,
    disk: pyoxigraph.Store,
    dataset: rdflib.Dataset,
) -> Comparison:
    counts = [len(answered(database, sparql)) for database in (memory, disk)]
    counts.append(rdflib_rows(dataset, sparql))
    assert len(set(counts)) == 1, (what, counts)
    assert counts[0] > 0, what
    return Comparison(
        what,
        cpu_milliseconds(lambda: answered(memory, sparql), 7),
        cpu_milliseconds(lambda: answered(disk, sparql), 7),
        cpu_milliseconds(lambda: rdflib_rows(dataset, sparql), 3),
        5,
    )


def answered(database: pyoxigraph.Store, sparql: str) -> QueryResult:
    return _answer(database, sparql, None, (), "query")


def compare(folder: Path, count: int) -> None:
    store = LocalStore.create(folder / ".provkit", base_iri=BASE)
    paths = [store.seal(trial_id(n), quads_of(n, plan=f"{n // 10:064x}")) for n in range(count)]

    def build() -> None:
        shutil.rmtree(store.folder / "index", ignore_errors=True)
        with store.index():
            pass

    dataset = rdflib.Dataset(default_union=True)

    def parse() -> None:
        for path in paths:
            dataset.parse(data=read_segment(path).lines.decode(), format="nquads")

    print(f"{count} trials, {sum(s.quads for s in store.summaries())} quads")
    print(
        f"{'CPU milliseconds':<33}{'memory':>9}{'disk':>9}{'rdflib':>10}{'ratio':>9}{'of disk':>9}",
        flush=True,
    )
    load = Comparison(
        "loading",
        cpu_milliseconds(lambda: in_memory(store.holdings(), []), 3),
        cpu_milliseconds(build, 3),
        cpu_milliseconds(parse, 1),
        10,
    )
    print(load, flush=True)

    compared = []
    memory = in_memory(store.holdings(), [])
    with store.index() as disk:
        for what, sparql in QUERIES.items():
            compared.append(compare_query(what, sparql, memory, disk, dataset))
            print(compared[-1], flush=True)
    sums = (sum(c[field] for c in compared) for field in (1, 2, 3))
    print(Comparison("sum of the queries", *sums, 10))

    def wall(**options: object) -> float:
        start = time.perf_counter()
        ask(store, QUERIES["backward closure of 100 values"], **options)  # type: ignore[arg-type]
        return (time.perf_counter() - start) * 1000

    print("\nwall milliseconds of ask(), closure of 100 values, opening included")
    for what, options in (
        ("whole store", {}),
        ("one trial, from its segment", {"trial": trial_id(3)}),
        ("whole store, in a child (timeout)", {"timeout": 60.0}),
    ):
        print(f"{what:<36}{statistics.median(wall(**options) for _ in range(5)):>10.1f}")


if __name__ == "__main__":
    main()
