"""How far the words of a statement lean towards each stage: fitted to hand labels, written as a table.

    python tests/benchmarks/learn_words.py SOURCES [--note SET] [--write]

What is fitted is a softmax over the signs of a unit (`provkit.stages.words.signs_of`), its words, what the rules say
of it and of the units around it, and what statements with such words usually are (`learn_usual.py`). The rules have been mended by the labelled programs since, and are surer there
than on any other program; so what they had said of each program before anybody looked, its first look, is kept in
`first_looks.json`, and used here. `--note SET` adds that of a set that has just been labelled, with the rules as they
are. Without `--write` each set is left out once, and judged by weights that know nothing of it.
"""

import argparse
import collections
import json
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
from bench_accuracy import HERE, source_of
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import provkit.stages
from provkit.knowledge import STAGES
from provkit.model import Stage
from provkit.planning import plan_of_file
from provkit.stages import parsed, words
from provkit.stages.ipython_syntax import python_of_cell

LABELS = HERE / "stage_labels"
LOOKS = HERE / "first_looks.json"
TABLE = Path(str(words.FOLDER.joinpath(words.TABLE)))
PROGRAMS = 3
"""In how many programs a sign must stand."""
STRENGTH = 0.3
"""The inverse of how much is asked for small weights."""
LEAST = 0.05
"""Weights below it are left out."""


def items_of(name):
    """Read the labels of a set."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((LABELS / name).glob("*.json"))]


def noted(item, sources):
    """Give what the rules alone say of an item's units: stage, confidence, kinds of evidence, stages inside."""
    rows = []
    plain = provkit.stages.reconsidered

    def hold(units):
        rows.extend(units)
        return [unit.stage for unit in units]

    provkit.stages.reconsidered = hold
    try:
        plan_of_file(source_of(item, sources))
    finally:
        provkit.stages.reconsidered = plain
    if len(rows) != len(item["units"]):
        sys.exit(f"{item['id']} has {len(item['units'])} labels and {len(rows)} units")
    return [
        [
            STAGES.index(row.stage.name),
            round(row.stage.confidence, 2),
            [words.kind_of(evidence) for evidence in row.stage.evidence[:4]],
            [STAGES.index(stage) for stage in row.inside],
        ]
        for row in rows
    ]


def nodes_at(source, places):
    """Read each unit of a program by itself."""
    if source.suffix == ".ipynb":
        cells = json.loads(source.read_text("utf-8"))["cells"]
        texts = [
            python_of_cell("".join(cells[place["cell_index"]].get("source", "")))
            for place in places
        ]
    else:
        lines = source.read_text("utf-8", errors="replace").split("\n")
        parts = (lines[place["first_line"] - 1 : place["last_line"]] for place in places)
        texts = [textwrap.dedent("\n".join(part)) for part in parts]
    for text in texts:
        tree = parsed(text) if text else None
        tree = tree or (parsed(f"{text}\n    pass") if text else None)
        yield tree.body if tree is not None else []


def examples(sources):
    """Give for each unit its signs, what is right, what the rules said, its program and its set."""
    found = []
    for name, looks in json.loads(LOOKS.read_text("utf-8")).items():
        for item in items_of(name):
            if item["id"] not in looks or source_of(item, sources) is None:
                continue
            units = [
                words.Seen(
                    nodes, Stage(STAGES[stage], sure, tuple(kinds)), [STAGES[s] for s in inside]
                )
                for nodes, (stage, sure, kinds, inside) in zip(
                    nodes_at(source_of(item, sources), item["units"]),
                    looks[item["id"]],
                    strict=True,
                )
            ]
            shares = [words.usual_shares(unit.nodes) for unit in units]
            for number, unit in enumerate(item["units"]):
                right = (unit["label"], unit["alt"])
                found.append(
                    (
                        words.signs_of(units, number, shares),
                        right,
                        units[number].stage.name,
                        item["id"],
                        name,
                    )
                )
    return found


def matrix(signs, places):
    """Write how strong each sign is."""
    cells = [
        (row, places[sign], strength)
        for row, some in enumerate(signs)
        for sign, strength in sorted(some.items())
        if sign in places
    ]
    rows, columns, strengths = zip(*cells, strict=True)
    return sparse.csr_matrix((strengths, (rows, columns)), shape=(len(signs), len(places)))


def fitted(rows):
    """Fit; what the rules say counts as right where a person accepts it. Repeats within a program count less."""
    programs = collections.defaultdict(set)
    for signs, _, _, program, _ in rows:
        for sign in signs:
            programs[sign].add(program)
    kept = sorted(sign for sign, some in programs.items() if len(some) >= PROGRAMS)
    places = {sign: place for place, sign in enumerate(kept)}
    targets = [said if said in right else right[0] for _, right, said, _, _ in rows]
    keys = [(row[3], target, row[2]) for row, target in zip(rows, targets, strict=True)]
    often = collections.Counter(keys)
    model = LogisticRegression(C=STRENGTH, max_iter=150, tol=1e-3)
    model.fit(
        matrix([row[0] for row in rows], places),
        targets,
        sample_weight=[often[k] ** -0.5 for k in keys],
    )
    order = [list(model.classes_).index(stage) for stage in STAGES]
    weights = np.round(model.coef_[order].T, 2)
    return (
        places,
        np.where(np.abs(weights) >= LEAST, weights, 0),
        np.round(model.intercept_[order], 2),
    )


def figures(rows, found):
    """Score as `bench_accuracy` does: accuracy, the same without imports and other, macro-F1."""
    right, false, missed = (collections.Counter() for _ in range(3))
    for (_, labels, _, _, _), stage in zip(rows, found, strict=True):
        if stage in labels:
            right[labels[0]] += 1
        else:
            false[stage] += 1
            missed[labels[0]] += 1
    core = [s for s in STAGES if s not in ("imports", "other")]
    shares = [2 * right[s] / max(2 * right[s] + false[s] + missed[s], 1) for s in STAGES]
    hits = sum(right[s] for s in core)
    return (
        f"{right.total() / len(rows):.3f} {hits / (hits + sum(missed[s] for s in core)):.3f} "
        f"{sum(shares) / len(shares):.3f}"
    )


def left_out(rows):
    """Judge each set by weights fitted to all others."""
    judged, found = [], []
    for name in dict.fromkeys(row[4] for row in rows):
        held = [row for row in rows if row[4] == name]
        places, weights, bias = fitted([row for row in rows if row[4] != name])
        sums = matrix([row[0] for row in held], places) @ weights + bias
        stages = [STAGES[place] for place in sums.argmax(axis=1)]
        print(name, len(held), figures(held, [row[2] for row in held]), "->", figures(held, stages))
        judged += held
        found += stages
    print("all", len(judged), figures(judged, [r[2] for r in judged]), "->", figures(judged, found))


def write(rows):
    """Write the table: for each sign the numbers of stages and their weights in hundredths."""
    places, weights, bias = fitted(rows)
    lines = {"": bias, **{sign: weights[place] for sign, place in places.items()}}
    write_table(TABLE, {sign: np.round(row * 100).astype(int) for sign, row in lines.items()})


def write_table(path, lines):
    """Write for each sign the numbers of stages, each followed by its weight, where it has one."""
    written = []
    for sign, row in lines.items():
        pairs = [int(x) for place, weight in enumerate(row) if weight for x in (place, weight)]
        if pairs:
            written.append(f"{json.dumps(sign)}:{json.dumps(pairs, separators=(',', ':'))}")
    path.write_text("{\n" + ",\n".join(written) + "\n}\n", "utf-8")


def main():
    """Note, judge or write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("--note", metavar="SET")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.note:
        looks = json.loads(LOOKS.read_text("utf-8")) if LOOKS.exists() else {}
        looks[options.note] = {i["id"]: noted(i, options.sources) for i in items_of(options.note)}
        text = json.dumps(looks, indent=1)
        LOOKS.write_text(re.sub(r"\n {3,}", " ", text) + "\n", "utf-8")
        return
    rows = examples(options.sources)
    if options.write:
        write(rows)
    else:
        left_out(rows)


if __name__ == "__main__":
    main()
