"""How much of what labelled scripts mean is found: estimators, arguments, metrics, files.

    python tests/benchmarks/bench_learning.py INPUTS LABELS [--python PYTHON] [ITEM ...]

INPUTS holds the items' sources, one folder each, and LABELS their labels, `<id>.json`; an `index.csv` beside LABELS
says what an item is run with, if it is there. Each script or notebook is copied, run under capture, and its trial
compared with the labels. Items whose labels are of stages alone are passed over.
"""

from __future__ import annotations

import argparse
import ast
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
from provkit.capture.notebook import NotebookWanted, Preparation
from provkit.circumstances import Circumstances
from provkit.knowledge import Knowledge
from provkit.model import Execution, Trial

KINDS = {
    *("estimator", "clusterer", "transformer", "column_transformer", "sampler", "splitter"),
    *("search", "pipeline", "optimizer", "scheduler", "network"),
}
"""Concepts that the labels count as estimators."""
NO_ARGUMENTS = {"steps", "transformers", "transformer_list"}
"""Objects passed in these are estimators of their own, and are not repeated as arguments."""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- learning: begin -->", "<!-- learning: end -->"
SYNONYMS = ({"logloss", "crossentropy"}, {"f1", "fscore", "fmeasure"}, {"recall", "sensitivity"})
"""Names in the field for one and the same measure."""
UNASKED = "unasked"
"""Marks a measure that a library computed on its own and that no label has: told, and counted apart."""
NEAR = 5
"""Lines between where a label stands and where the call begins."""


def main() -> None:
    """Run all items and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the table into docs/accuracy.md")
    parser.add_argument("items", nargs="*")
    options = parser.parse_args()
    index = {}
    if (options.labels.parent / "index.csv").exists():
        with (options.labels.parent / "index.csv").open(encoding="utf-8") as lines:
            index = {row["id"]: row for row in csv.DictReader(lines)}
    total = {kind: Counter() for kind in ("estimators", "arguments", "metrics", "files")}
    ran = unasked = 0
    for path in index_of(options.labels):
        name = path.stem
        if options.items and name not in options.items:
            continue
        labels = json.loads(path.read_text("utf-8"))
        try:
            row = index.get(name, {"entry": labels["source"], "args": "", "env": ""})
            trial = captured(options.inputs / name, row, options.python)
        except LookupError as error:
            print(f"{name}: left out ({error})")
            continue
        if trial.status != "completed":
            print(f"{name}: left out (it did not run through here: {trial.failure})")
            continue
        ran += 1
        scores = compared(trial, labels)
        said = []
        for kind, (hits, missed, beyond) in scores.items():
            extra = [one for one in beyond if kind != "metrics" or one[-1] != UNASKED]
            unasked += len(beyond) - len(extra)
            for one in beyond if options.verbose else ():
                if one not in extra:
                    print(f"    {name} unasked {kind}: {one}")
            total[kind].update(hits=len(hits), missed=len(missed), extra=len(extra))
            said.append(f"{kind} {len(hits)}/{len(hits) + len(missed)} +{len(extra)}")
            if options.verbose:
                for one in missed:
                    print(f"    {name} missed {kind}: {one}")
                for one in extra:
                    print(f"    {name} extra {kind}: {one}")
        print(f"{name}: {trial.status}, {', '.join(said)}", flush=True)
    table = [f"{ran} of {len(index_of(options.labels))} items ran.", ""]
    table += ["| | precision | recall | labelled |", "|---|---:|---:|---:|"]
    for kind, counts in total.items():
        found, labelled = counts["hits"] + counts["extra"], counts["hits"] + counts["missed"]
        if labelled and found:
            precision, recall = counts["hits"] / found, counts["hits"] / labelled
            table.append(f"| {kind} | {precision:.3f} | {recall:.3f} | {labelled} |")
    table += ["", f"Measures that nobody asked for and no label has, counted apart: {unasked}."]
    print("\n".join(table))
    if options.write:
        write(table)


def index_of(labels: Path) -> list[Path]:
    """List the files of labels."""
    return [
        path for path in sorted(labels.glob("*.json")) if '"estimators"' in path.read_text("utf-8")
    ]


def write(table: list[str]) -> None:
    """Put the table between its marks in the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text("\n".join([before + BEGIN, *table, END + after]), encoding="utf-8")


def captured(source: Path, row: dict[str, str], python: str) -> Trial:
    """Run an item's script or notebook under capture, in a copy of its folder.

    Raises:
        LookupError: There is no such file.
    """
    entry = Path(row["entry"])
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
        before, kept = Path.cwd(), dict(os.environ)
        os.environ.update({**environment_of(row, target.parent, work), "MPLBACKEND": "Agg"})
        os.chdir(target.parent)
        try:
            ending = runner_of(target, row["args"].split(), python).run(
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


def runner_of(target: Path, arguments: list[str], python: str) -> script.Program | Preparation:
    """Make what runs a script or a notebook."""
    if target.suffix == ".ipynb":
        return Preparation(target.name, NotebookWanted())
    return script.Program(script.Target("script", target.name), arguments, python)


def environment_of(row: dict[str, str], folder: Path, item: Path) -> dict[str, str]:
    """Give the variables that an item wants; its search path and settings are relative to its folders."""
    found = dict(part.split("=", 1) for part in row["env"].split() if "=" in part)
    if found.get("PYTHONPATH") == "." or folder.parts[-2:-1] == ("example_pipelines",):
        found["PYTHONPATH"] = os.pathsep.join((str(item), os.environ.get("PYTHONPATH", "")))
    if "IPYTHONDIR" in found:
        found["IPYTHONDIR"] = str(folder / found["IPYTHONDIR"])
    return found


# -------------------------------------------------------------------- comparing


def compared(trial: Trial, labels: dict) -> dict[str, tuple[list, list, list]]:
    """Compare; for each kind what was found, what was missed, and what is there beyond the labels."""
    found = estimators_of(trial)
    labelled = [
        (one["cls"].split(" ")[0], line_of(one), one["explicit"], reach_of(one))
        for one in labels["estimators"]
    ]
    hits, missed, extra = [], [], list(found)
    pairs = []
    for cls, line, explicit, reach in labelled:
        match = min(
            (one for one in extra if same_class(one[0], cls) and abs(one[1] - line) <= reach),
            key=lambda one: abs(one[1] - line),
            default=None,
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
    """Read the line of a label, or the number of its cell."""
    where = label["line"]
    return where if isinstance(where, int) else int(where.removeprefix("cell "))


def place_of(trial: Trial, step: str) -> int:
    """Give the line of a step, or the number of its code cell, from 1."""
    plan = trial.plan
    cells = plan.cells if plan is not None and plan.kind == "notebook" else ()
    codes = [cell.key for cell in cells if cell.kind == "code"]
    first = step.partition(".")[0]
    return codes.index(first) + 1 if first in codes else int(first) if first.isdigit() else 0


def lines_of(trial: Trial, step: str) -> int:
    """Give the last line of a script's step; a cell is one place."""
    plan = trial.plan
    if plan is None or plan.kind == "notebook":
        return place_of(trial, step)
    first = place_of(trial, step)
    rows = {one.key: one.source.count("\n") for one in plan.steps}
    return first + rows.get(step, 0)


def reach_of(label: dict) -> int:
    """Give how far the call may be from where the label stands: lines; the cell has to be the one."""
    return NEAR if isinstance(label["line"], int) else 0


def same_class(found: str, cls: str) -> bool:
    """Tell whether two names are one class; a native trainer's is called Booster."""
    return found.rpartition(".")[2] == cls.rpartition(".")[2] or (
        cls.endswith(".Booster") and found.endswith(".train")
    )


def estimators_of(trial: Trial) -> list[tuple[str, int, dict]]:
    """List what was constructed: class, line, and what it was given."""
    knowledge = Knowledge()
    own = {run.implementation.qualified_name for run in trial.learning.runs if run.kind == "fit"}
    # Labels are of what is constructed: a function that trains by itself is none.
    networks = {
        name
        for name in own
        if knowledge.entry(name) is None and name.rpartition(".")[2][:1].isupper()
    }
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
        if name in networks:
            line = place_of(trial, execution.step)
            made = given.get(execution.order, {}) if name.rpartition(".")[2][:1].isupper() else {}
            found.setdefault((name, line, execution.step), (name, line, made))
            continue
        entry = knowledge.entry(name)
        owner, _, method = name.rpartition(".")
        if method == "from_formula":
            name, entry = owner, knowledge.entry(owner)
        if name.endswith("nn.Sequential") and is_inside_constructor(trial, execution):
            continue  # layers of a network that is counted itself
        is_class = name.rpartition(".")[2][:1].isupper()
        if entry is None or not (
            (entry.concept in KINDS and (is_class or entry.result) and not entry.is_method)
            or (entry.concept == "trainer" and name.endswith(".train"))
        ):
            continue
        shown = entry.result[0] if entry.result and entry.result[0] != "self" else name
        if entry.concept == "trainer":
            shown = name
        line = place_of(trial, execution.step)
        key = (shown, line, execution.step)
        found.setdefault(key, (shown, line, given.get(execution.order, {})))
    return list(found.values())


def is_inside_constructor(trial: Trial, execution: Execution) -> bool:
    """Tell whether something was made while another object was being made."""
    by_order = {one.order: one for one in trial.executions}
    current = execution.parent
    while current is not None and current in by_order:
        called = by_order[current].called
        if called is not None and called.qualified_name.rpartition(".")[2][:1].isupper():
            return True
        current = by_order[current].parent
    return False


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
    """Tell whether two values are one.

    Labels name what is no literal by an expression: `numpy.nan`, `RandomForestClassifier()`. Of an object that they
    name by a variable (`[early_stop]`), no more can be said than that it was given.
    """
    if isinstance(wanted, bool) or isinstance(told, bool):
        return told is wanted
    if isinstance(wanted, int | float) and isinstance(told, int | float):
        return told == wanted
    if told is None or wanted is None:
        return str(told) == str(wanted)
    if told == wanted:
        return True
    mine, theirs = literal_of(told), literal_of(wanted)
    if not isinstance(mine, str) and not isinstance(theirs, str):
        return mine == theirs
    return bool(last_names(str(told)) & last_names(str(wanted))) or (
        "<" in str(told) and str(wanted).strip("[]").isidentifier()
    )


def literal_of(value: object) -> object:
    """Read a literal that is written as text; lists, tuples and sets are one."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return sorted(value, key=repr) if isinstance(value, set | list | tuple) else value


def last_names(text: str) -> set[str]:
    """List the names in a text, without what they are in."""
    return {name.rpartition(".")[2].lower() for name in re.findall(r"[A-Za-z_][\w.]*", text)}


def metrics(trial: Trial, labels: dict) -> tuple[list, list, list]:
    """Compare measures by name and place.

    Of one call site each counts once. Labels have a measure once where several fits compute it without being asked
    (`eval_set`), and once where a root is taken of it: such are neither hits nor beyond the labels. What a function
    of the program's own measures may be told where it is computed or, as `called` has it, where the function is called.
    """
    steps = {execution.order: execution.step for execution in trial.executions}
    ends = {
        (one.measure, place_of(trial, steps[one.execution])): lines_of(trial, steps[one.execution])
        for one in trial.learning.evaluations
        if one.execution in steps
    }
    found = {
        (one.measure, place_of(trial, steps[one.execution]))
        for one in trial.learning.evaluations
        if one.execution in steps
    }
    hits, missed, extra = [], [], sorted(found)
    labelled = [one for one in labels["metrics"] if "not a metric" not in one.get("note", "")]
    for label in labelled:
        line = line_of(label)
        places = [line, *([line_of({"line": label["called"]})] if "called" in label else [])]
        match = min(
            (
                one
                for one in extra
                if one[1]
                and any(
                    one[1] - reach_of(label) <= line <= max(ends[one], one[1] + reach_of(label))
                    for line in places
                )
                and same_measure(one[0], label)
            ),
            key=lambda one: abs(one[1] - line),
            default=None,
        )
        if match is None:
            missed.append((label["name"], line, label.get("via")))
        else:
            extra.remove(match)
            hits.append(match)
    extra = [one for one in extra if not any(same_measure(one[0], label) for label in labelled)]
    asked = {
        (one.measure, place_of(trial, steps[one.execution]))
        for one in trial.learning.evaluations
        if one.execution in steps and not one.is_implied
    }
    return hits, missed, [one if one in asked else (*one, UNASKED) for one in extra]


def same_measure(found: str, label: dict) -> bool:
    """Tell whether two names are one measure; where a root is taken, the label's note says of what."""
    said = [label["name"], *label.get("note", "").split(), *label.get("via", "").split()]
    names = {plain_name(one) for text in said[:1] for one in text.split("/")}
    names |= {other for same in SYNONYMS if names & same for other in same}
    if any("root" in word or "sqrt" in word or word == "RMSE" for word in said):
        names.update(map(plain_name, said))
    mine = plain_name(found)
    return mine in names or any(
        len(one) > 2 and (mine in one or one in mine) for one in names if one and mine
    )


def plain_name(name: str) -> str:
    """Write a measure's name without what differs from library to library."""
    return re.sub(r"[_\W]", "", name.removesuffix("_score")).lower()


def files(trial: Trial, labels: dict) -> tuple[list, list, list]:
    """Compare files read and written by name; data sets that ship with libraries are not the user's.

    What lies in a folder that is labelled as a whole, and what the labels' own trace saw in the temporary folder, is
    not beyond the labels.
    """
    read = {
        reference.key.partition("@")[0]
        for execution in trial.executions
        for usage in execution.usages
        for reference in [usage.entity]
        if reference.kind == "file"
    }
    written = {one.path for one in trial.files if one.generated_by is not None}
    code = {one.path for one in trial.files if one.role == "code"}
    folders = [
        folder
        for one in labels["outputs"]
        if one.startswith("dir:")
        for folder in one.removeprefix("dir:").split(" or ")
    ]
    seen = labels.get("opened_by_strace", {})
    traced = {
        kind: {steady(one) for one in seen.get(kind, []) if one.startswith("tmp:")}
        for kind in ("read", "written")
    }
    hits, missed, extra = [], [], []
    for label, kind, found in (
        ("inputs", "read", read - code),
        ("outputs", "written", written),
    ):
        wanted = {steady(one) for one in labels[label] if one.startswith(("file:", "tmp:"))}
        names = {steady(one): one for one in sorted(found)}
        hits += sorted(names.keys() & wanted)
        missed += [(label, one) for one in sorted(wanted - names.keys())]
        extra += [
            (label, path)
            for name, path in sorted(names.items())
            if name not in wanted | traced[kind]
            and not any(folder in Path(path).parts for folder in folders)
            and (label == "outputs" or path not in written)
        ]
    return hits, missed, extra


def steady(path: str) -> str:
    """Give a file's name; names that `tempfile` draws are one."""
    name = Path(path.removeprefix("file:").removeprefix("tmp:")).name
    return re.sub(r"^tmp[a-z0-9_]{8}$", "tmp", name)


if __name__ == "__main__":
    main()
