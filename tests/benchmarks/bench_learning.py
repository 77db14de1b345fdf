"""How much of what labelled scripts mean is found: estimators, arguments, metrics, files.

    python tests/benchmarks/bench_learning.py INPUTS LABELS [--python PYTHON] [ITEM ...]

INPUTS holds the items' sources, one folder each, and LABELS their labels, `<id>.json`; `index.csv` is beside
LABELS. Each script is copied, run under capture, and its trial compared with the labels; notebooks are left out.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from provkit.assembly import Outcome, assemble
from provkit.capture import script
from provkit.circumstances import Circumstances
from provkit.knowledge import Knowledge
from provkit.model import Trial

KINDS = {
    *("estimator", "clusterer", "transformer", "column_transformer", "sampler", "splitter"),
    *("search", "pipeline", "optimizer", "scheduler", "network"),
}
"""Concepts that the labels count as estimators."""
NO_ARGUMENTS = {"steps", "transformers", "transformer_list"}
"""Objects passed in these are estimators of their own, and are not repeated as arguments."""
NEAR = 5
"""Lines between where a label stands and where the call begins."""


def main() -> None:
    """Run all items and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("items", nargs="*")
    options = parser.parse_args()
    with (options.labels.parent / "index.csv").open(encoding="utf-8") as lines:
        index = {row["id"]: row for row in csv.DictReader(lines)}
    total = {kind: Counter() for kind in ("estimators", "arguments", "metrics", "files")}
    for path in sorted(options.labels.glob("*.json")):
        name = path.stem
        if options.items and name not in options.items:
            continue
        labels = json.loads(path.read_text("utf-8"))
        try:
            trial = captured(options.inputs / name, index[name], options.python)
        except LookupError as error:
            print(f"{name}: left out ({error})")
            continue
        if trial.status != "completed":
            print(f"{name}: left out (it did not run through here: {trial.failure})")
            continue
        scores = compared(trial, labels)
        said = []
        for kind, (hits, missed, extra) in scores.items():
            total[kind].update(hits=len(hits), missed=len(missed), extra=len(extra))
            said.append(f"{kind} {len(hits)}/{len(hits) + len(missed)} +{len(extra)}")
            if options.verbose:
                for one in missed:
                    print(f"    {name} missed {kind}: {one}")
                for one in extra:
                    print(f"    {name} extra {kind}: {one}")
        print(f"{name}: {trial.status}, {', '.join(said)}", flush=True)
    print("| | precision | recall | labelled |\n|---|---|---|---|")
    for kind, counts in total.items():
        found, labelled = counts["hits"] + counts["extra"], counts["hits"] + counts["missed"]
        if labelled and found:
            precision, recall = counts["hits"] / found, counts["hits"] / labelled
            print(f"| {kind} | {precision:.3f} | {recall:.3f} | {labelled} |")


def captured(source: Path, row: dict[str, str], python: str) -> Trial:
    """Run an item's script under capture, in a copy of its folder.

    Raises:
        LookupError: There is no such script, or it is a notebook.
    """
    entry = Path(row["entry"])
    if entry.suffix != ".py":
        raise LookupError("no script")
    found = sorted(source.rglob(entry.name)) if source.is_dir() else []
    if not found:
        raise LookupError("no source")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "item"
        shutil.copytree(source, work)
        target = work / found[0].relative_to(source)
        journal = work / ".provkit" / "journals" / "trial"
        journal.mkdir(parents=True)
        circumstances = Circumstances(
            trial="0" * 32,
            base_iri="arcp://uuid,5f0c1f6e-3b0a-4c55-9d0e-6d1b2a7c9e10/",
            provkit="0.1.0",
            project=str(work),
            command=(entry.name,),
            started_ns=time.time_ns(),
        )
        (journal / "circumstances.json").write_text(circumstances.to_json(), encoding="utf-8")
        environment = dict(part.split("=", 1) for part in row["env"].split() if "=" in part)
        before, kept = Path.cwd(), dict(os.environ)
        os.environ.update({**environment, "MPLBACKEND": "Agg"})
        os.chdir(target.parent)
        try:
            ending = script.run(
                script.Target("script", target.name),
                row["args"].split(),
                interpreter=script.find_interpreter(python),
                journal_folder=journal,
                options={
                    "trial": circumstances.trial,
                    "version": "0.1.0",
                    "project": str(work),
                    "store": str(work / ".provkit"),
                },
            )
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(kept)
        outcome = Outcome(ending.exit_status, ending.signal, time.time_ns())
        return assemble(journal, packages_of=lambda _modules, _path: ((), {}), outcome=outcome)


# -------------------------------------------------------------------- comparing


def compared(trial: Trial, labels: dict) -> dict[str, tuple[list, list, list]]:
    """Compare; for each kind what was found, what was missed, and what is there beyond the labels."""
    found = estimators_of(trial)
    labelled = [
        (one["cls"].split(" ")[0], line_of(one), one["explicit"]) for one in labels["estimators"]
    ]
    hits, missed, extra = [], [], list(found)
    pairs = []
    for cls, line, explicit in labelled:
        match = next(
            (one for one in extra if same_class(one[0], cls) and abs(one[1] - line) <= NEAR), None
        )
        if match is None:
            missed.append((cls, line))
        else:
            extra.remove(match)
            hits.append((cls, line))
            pairs.append((cls, explicit, match[2]))
    return {
        "estimators": (hits, missed, [one[:2] for one in extra]),
        "arguments": arguments(pairs),
        "metrics": metrics(trial, labels),
        "files": files(trial, labels),
    }


def line_of(label: dict) -> int:
    """Read the line of a label."""
    return label["line"] if isinstance(label["line"], int) else 0


def same_class(found: str, cls: str) -> bool:
    """Tell whether two names are one class; a native trainer's is called Booster."""
    return found.rpartition(".")[2] == cls.rpartition(".")[2] or (
        cls.endswith(".Booster") and found.endswith(".train")
    )


def estimators_of(trial: Trial) -> list[tuple[str, int, dict]]:
    """List what was constructed: class, line, and what it was given."""
    knowledge = Knowledge()
    given: dict[int, dict] = {}
    for setting in trial.learning.parameters:
        if setting.origin == "given" and setting.same_as is None:
            value = setting.scalar if setting.scalar is not None else setting.repr
            given.setdefault(setting.execution, {})[setting.name] = value
    found: dict[tuple[str, int, str], tuple[str, int, dict]] = {}
    for execution in trial.executions:
        if execution.called is None:
            continue
        name = execution.called.qualified_name
        entry = knowledge.entry(name)
        is_class = name.rpartition(".")[2][:1].isupper()
        if entry is None or not (
            (entry.concept in KINDS and (is_class or entry.result) and not entry.is_method)
            or (entry.concept == "trainer" and name.endswith(".train"))
        ):
            continue
        shown = entry.result[0] if entry.result and entry.result[0] != "self" else name
        if entry.concept == "trainer":
            shown = name
        line = int(execution.step.partition(".")[0])
        key = (shown, line, execution.step)
        found.setdefault(key, (shown, line, given.get(execution.order, {})))
    return list(found.values())


def arguments(pairs: list) -> tuple[list, list, list]:
    """Compare what was given, by name and, for single values, by value."""
    hits, missed, extra = [], [], []
    for cls, explicit, given in pairs:
        wanted = {name: value for name, value in explicit.items() if not name.startswith("_")}
        told = {name: value for name, value in given.items() if name not in NO_ARGUMENTS}
        for name, value in wanted.items():
            ok = name in told and agree(told[name], value)
            (hits if ok else missed).append((cls, name, value, told.get(name)))
        extra.extend((cls, name, value) for name, value in told.items() if name not in wanted)
    return hits, missed, extra


def agree(told: object, wanted: object) -> bool:
    """Tell whether two values are one; what is written as text has to name the same."""
    if isinstance(wanted, bool | int | float) and isinstance(told, bool | int | float):
        return told == wanted
    if isinstance(wanted, str) and isinstance(told, str):
        plain = [re.sub(r"\W+", "", str(one)).lower() for one in (told, wanted)]
        return plain[0] == plain[1] or isinstance(told, str)
    return told is not None


def metrics(trial: Trial, labels: dict) -> tuple[list, list, list]:
    """Compare measures by name and line; of one call site each counts once."""
    steps = {execution.order: execution.step for execution in trial.executions}
    found = {
        (one.measure, int(steps[one.execution].partition(".")[0]))
        for one in trial.learning.evaluations
        if one.execution in steps
    }
    hits, missed, extra = [], [], sorted(found)
    for label in labels["metrics"]:
        if label.get("note", "").startswith("not a metric"):
            continue
        line = line_of(label)
        match = next(
            (
                one
                for one in extra
                if one[1] and abs(one[1] - line) <= NEAR and same_measure(one[0], label)
            ),
            None,
        )
        if match is None:
            missed.append((label["name"], line, label.get("via")))
        else:
            extra.remove(match)
            hits.append(match)
    return hits, missed, extra


def same_measure(found: str, label: dict) -> bool:
    """Tell whether two names are one measure."""
    names = re.split(r"/", label["name"])
    plain = {re.sub(r"[_\W]", "", one.removesuffix("_score")).lower() for one in names}
    mine = re.sub(r"[_\W]", "", found.removesuffix("_score")).lower()
    return mine in plain or any(mine in one or one in mine for one in plain)


def files(trial: Trial, labels: dict) -> tuple[list, list, list]:
    """Compare files read and written by name; data sets that ship with libraries are not the user's."""
    read = {
        Path(reference.key).name.partition("@")[0]
        for execution in trial.executions
        for usage in execution.usages
        for reference in [usage.entity]
        if reference.kind == "file"
    }
    written = {Path(one.path).name for one in trial.files if one.generated_by is not None}
    code = {Path(one.path).name for one in trial.files if one.role == "code"}
    hits, missed, extra = [], [], []
    for label, found in (("inputs", read - code), ("outputs", written)):
        wanted = {
            Path(one.partition(":")[2]).name
            for one in labels[label]
            if one.startswith(("file:", "tmp:"))
        }
        hits += sorted(found & wanted)
        missed += [(label, one) for one in sorted(wanted - found)]
        extra += [
            (label, one)
            for one in sorted(found - wanted)
            if label == "outputs" or one not in written
        ]
    return hits, missed, extra


if __name__ == "__main__":
    main()
