"""How many stages of real programs `provkit plan` finds: hand labels against what the text alone shows.

    python tests/benchmarks/bench_accuracy.py SOURCES [--labels FOLDER] [--misses] [--write]

SOURCES holds the programs, each in a folder named by its id; they are others' work and not in the repository.
Labels: tests/benchmarks/stage_labels (ten programs labelled before
tuning, three in `held_out` labelled after it, thirteen in `unseen`, and those in `fresh_a` to `fresh_t`, labelled and committed before any figure was taken),
and those of another folder with `--labels`. Programs of `own_programs` are found there. `--write` puts the table into
docs/accuracy.md, `--misses` prints each unit whose stage is another one.
"""

import argparse
import collections
import json
import re
import sys
from pathlib import Path

from provkit.knowledge import STAGES
from provkit.planning import plan_of_file

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "accuracy.md"
MARKS = "<!-- stages: begin -->", "<!-- stages: end -->"


def source_of(item, sources):
    """Find the program of an item: at its path, or anywhere in the item's folder."""
    own = HERE / "own_programs" / item["id"]
    folder = own if own.exists() else sources / item["id"]
    exact = folder / item["source"]
    return exact if exact.exists() else next(folder.rglob(Path(item["source"]).name), None)


def steps_by_place(steps, found=None):
    """Index steps by their lines, or by the cell; blocks before what is in them."""
    found = {} if found is None else found
    for step in steps:
        if step.cell_index is not None:
            found[step.cell_index] = step
            continue
        found.setdefault((step.first_line, step.last_line), step)
        steps_by_place(step.children, found)
    return found


def stages_of(item, sources):
    """Plan an item's program, and give the stage of each labelled unit by its number."""
    found = steps_by_place(plan_of_file(source_of(item, sources)).steps)
    stages = {}
    for unit in item["units"]:
        step = found.get(
            unit["cell_index"] if "cell_index" in unit else (unit["first_line"], unit["last_line"])
        )
        stages[unit["unit"]] = step.stage if step is not None else None
    return stages


def score(items, predicted):
    """Score: a hit is the label or its alternative."""
    units = hits = core = core_hits = 0
    right, false, missed = (collections.Counter() for _ in range(3))
    for item in items:
        for unit in item["units"]:
            stage = predicted[item["id"]][unit["unit"]]
            guess = stage.name if stage is not None else "missing"
            hit = guess in (unit["label"], unit["alt"])
            units, hits = units + 1, hits + hit
            if unit["label"] not in ("imports", "other"):
                core, core_hits = core + 1, core_hits + hit
            if hit:
                right[unit["label"]] += 1
            else:
                false[guess] += 1
                missed[unit["label"]] += 1
    f1 = {
        name: 2 * right[name] / (2 * right[name] + false[name] + missed[name])
        for name in STAGES
        if right[name] + missed[name] + false[name]
    }
    return {
        "programs": len(items),
        "units": units,
        "accuracy": hits / units,
        "without imports and other": core_hits / core,
        "macro-F1": sum(f1.values()) / len(f1),
        "by stage": f1,
    }


def calibration(items, predicted):
    """Compare how sure the plan is with how often it is right: by tenths of confidence."""
    by_tenth = collections.defaultdict(lambda: [0, 0])
    for item in items:
        for unit in item["units"]:
            stage = predicted[item["id"]][unit["unit"]]
            if stage is not None:
                cell = by_tenth[min(int(stage.confidence * 10), 9)]
                cell[0] += 1
                cell[1] += stage.name in (unit["label"], unit["alt"])
    return {tenth: (number, right / number) for tenth, (number, right) in sorted(by_tenth.items())}


def table(results, sure):
    """Write what was measured as Markdown."""
    lines = [
        "| labels | programs | units | accuracy | without imports and other | macro-F1 |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {name} | {r['programs']} | {r['units']} | {r['accuracy']:.3f} | "
        f"{r['without imports and other']:.3f} | {r['macro-F1']:.3f} |"
        for name, r in results.items()
    ]
    lines += ["", "F1 of each stage, over all of them:", "", "| stage | F1 |", "|---|---:|"]
    lines += [f"| {name} | {f1:.3f} |" for name, f1 in results["all"]["by stage"].items()]
    lines += ["", "How sure the plan is, and how often it is right:", ""]
    lines += ["| confidence | units | right |", "|---|---:|---:|"]
    lines += [
        f"| {tenth / 10:.1f} to {(tenth + 1) / 10:.1f} | {number} | {right:.3f} |"
        for tenth, (number, right) in sure.items()
    ]
    return "\n".join(lines)


def main():
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    folders = {
        "ten of our own, labelled before tuning": HERE / "stage_labels",
        "three more, labelled after it": HERE / "stage_labels" / "held_out",
        "thirteen unseen, labelled before measuring": HERE / "stage_labels" / "unseen",
        "ten more, set A": HERE / "stage_labels" / "fresh_a",
        "ten more, set B": HERE / "stage_labels" / "fresh_b",
        "twelve more, set C": HERE / "stage_labels" / "fresh_c",
        "21 more, set D": HERE / "stage_labels" / "fresh_d",
        "22 more, set E": HERE / "stage_labels" / "fresh_e",
        "twelve more, set F": HERE / "stage_labels" / "fresh_f",
        "18 more, set G": HERE / "stage_labels" / "fresh_g",
        "15 more, set H": HERE / "stage_labels" / "fresh_h",
        "14 more, set I": HERE / "stage_labels" / "fresh_i",
        "16 more, set J": HERE / "stage_labels" / "fresh_j",
        "17 more, set K": HERE / "stage_labels" / "fresh_k",
        "14 more, set L": HERE / "stage_labels" / "fresh_l",
        "15 more, set M": HERE / "stage_labels" / "fresh_m",
        "13 more, set N": HERE / "stage_labels" / "fresh_n",
        "17 more, set O": HERE / "stage_labels" / "fresh_o",
        "15 more, set P": HERE / "stage_labels" / "fresh_p",
        "13 more, set Q": HERE / "stage_labels" / "fresh_q",
        "ten without libraries, set R": HERE / "stage_labels" / "fresh_r",
        "8 more, set S": HERE / "stage_labels" / "fresh_s",
        "21 more, set T": HERE / "stage_labels" / "fresh_t",
    }
    if options.labels is not None:
        folders = {"those given": options.labels, **folders}
    results, every, predicted = {}, [], {}
    for name, folder in folders.items():
        items = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
        present = [item for item in items if source_of(item, options.sources) is not None]
        if len(present) < len(items):
            print(
                f"{len(items) - len(present)} programs of {folder} are not in {options.sources}",
                file=sys.stderr,
            )
        if not present:
            continue
        predicted.update({item["id"]: stages_of(item, options.sources) for item in present})
        results[name] = score(present, predicted)
        every += present
    results["all"] = score(every, predicted)
    if options.misses:
        for item in every:
            for unit in item["units"]:
                stage = predicted[item["id"]][unit["unit"]]
                if stage is None or stage.name not in (unit["label"], unit["alt"]):
                    place = unit.get("first_line", f"cell {unit.get('cell_index')}")
                    print(f"{item['id']}:{place}: {unit['label']}, found {stage}")
    text = table(results, calibration(every, predicted))
    print(text)
    if options.write:
        page = PAGE.read_text("utf-8")
        pattern = re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1])
        PAGE.write_text(
            re.sub(pattern, lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", page, flags=re.DOTALL),
            "utf-8",
        )


if __name__ == "__main__":
    main()
