"""PROV-O both ways, against `prov`'s own RDF in the same run: CPU seconds and ratios.

    python tests/benchmarks/bench_formats.py [--largest 100000] [--prov-up-to 10000]

A document of N statements is written as TriG and read back. The times of growing documents
show whether it is linear; `prov` is left out above `--prov-up-to`, where it takes minutes.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import io
import time
import warnings
from collections.abc import Callable

from prov.model import PROV, ProvDocument

from provkit.export.conversion import write_document
from provkit.prov_document import read_document

START = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


def document_of(statements: int) -> ProvDocument:
    """A document like a workflow's trace: eight statements for each step."""
    document = ProvDocument()
    document.add_namespace("ex", "http://example.org/run/")
    document.agent("ex:agent", {"prov:label": "an agent"})
    for step in range(statements // 8):
        time_ = START + dt.timedelta(seconds=step)
        document.activity(f"ex:a{step}", time_, None, {"ex:order": step, "prov:type": "ex:Step"})
        document.entity(f"ex:e{step}", {"prov:label": f"value {step}", "ex:score": step / 7})
        document.wasGeneratedBy(f"ex:e{step}", f"ex:a{step}", time_)
        document.used(f"ex:a{step}", f"ex:e{step - 1}")
        document.used(
            f"ex:a{step}",
            "ex:data",
            identifier=f"ex:u{step}",
            other_attributes={"prov:role": "ex:input"},
        )
        document.wasDerivedFrom(f"ex:e{step}", f"ex:e{step - 1}")
        document.wasAssociatedWith(f"ex:a{step}", "ex:agent", "ex:plan")
        document.new_record(
            PROV["Membership"], None, {"prov:collection": "ex:all", "prov:entity": f"ex:e{step}"}
        )
    return document


def written_by_prov(document: ProvDocument) -> bytes:
    """TriG by `prov`."""
    stream = io.BytesIO()
    document.serialize(stream, format="rdf", rdf_format="trig")
    return stream.getvalue()


def read_by_prov(content: bytes) -> ProvDocument:
    """TriG read by `prov`."""
    return ProvDocument.deserialize(content=content, format="rdf", rdf_format="trig")


def cpu(work: Callable[[], object], *, times: int) -> float:
    """The least CPU time of several runs."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=100_000)
    parser.add_argument("--prov-up-to", type=int, default=10_000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("statements  writing: provkit    prov  ratio   reading: provkit    prov  ratio   equal")
    for statements in (1_000, 10_000, 100_000):
        if statements > options.largest:
            break
        document = document_of(statements)
        times = 3 if statements < 100_000 else 1
        content = write_document(document, "trig")
        ours = [
            cpu(lambda document=document: write_document(document, "trig"), times=times),
            cpu(lambda content=content: read_document(content), times=times),
        ]
        equal = read_document(content) == document
        cells = [f"{seconds:8.3f}        -      -" for seconds in ours]
        if statements <= options.prov_up_to:
            theirs_written = written_by_prov(document)
            theirs = [
                cpu(lambda document=document: written_by_prov(document), times=1),
                cpu(lambda content=theirs_written: read_by_prov(content), times=1),
            ]
            cells = [
                f"{mine:8.3f} {other:8.3f} {other / mine:6.1f}"
                for mine, other in zip(ours, theirs, strict=True)
            ]
        print(f"{statements:10d}  {'':9s} {cells[0]}   {'':9s} {cells[1]}   {equal}")


if __name__ == "__main__":
    main()
