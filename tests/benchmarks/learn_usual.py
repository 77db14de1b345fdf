"""What statements with such words usually are, as the rules say of many programs that nobody labelled: a table.

    python tests/benchmarks/learn_usual.py say PROGRAMS SAID
    python tests/benchmarks/learn_usual.py fit PROGRAMS SAID

PROGRAMS is a folder of others' scripts and notebooks, none of which has labels here; they are not in the repository.
`say` writes what the rules alone say of each unit, in JSON; `fit` fits the weights of `provkit/stages/usual.json` to
it. Rules that have been mended by labelled programs know more of those than of any other program, and what is fitted
to them would, too; so that weights and figures of `learn_words.py` stay honest, `say` is run with the rules as they
were before any set had been measured (`PYTHONPATH` set to a checkout of commit 491b6fa), `fit` with those at hand.
"""

import argparse
import collections
import json
import signal
import sys
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import provkit.stages
from provkit.knowledge import STAGES
from provkit.planning import plan_of_file

PROGRAMS = 20
"""In how many programs a word must stand."""
STRENGTH = 0.3
"""The inverse of how much is asked for small weights."""
LEAST = 0.1
"""Weights are rounded to multiples of it."""
SECONDS = 15
"""A program that takes longer to plan is left out."""


def said(path):
    """Give what the rules say of each unit of a program: its place, its stage, how sure that is."""
    return list(_flat(plan_of_file(path).steps))


def _flat(steps):
    for step in steps:
        place = [step.first_line, step.last_line] if step.cell_index is None else step.cell_index
        yield [place, step.stage.name, step.stage.confidence]
        if step.cell_index is None and step.stage.evidence[:1] == ("the header of a block",):
            yield from _flat(step.children)


def say(programs):
    """Say it of every program of a folder that can be read."""
    if hasattr(provkit.stages, "reconsidered"):
        provkit.stages.reconsidered = lambda units: [unit.stage for unit in units]
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    found = {}
    for path in sorted(programs.iterdir()):
        signal.alarm(SECONDS)
        try:
            found[path.name] = said(path)
        except Exception as error:  # noqa: BLE001 (a defect of older rules costs one program)
            print(f"{path.name} is left out: {error!r}", file=sys.stderr)
        finally:
            signal.alarm(0)
    return found


def examples(programs, looks):
    """Give of each unit its words, its stage, how much it counts, and its program."""
    from learn_words import nodes_at

    from provkit.stages.words import all_words_of

    for name, rows in looks.items():
        places = [
            {"cell_index": place}
            if isinstance(place, int)
            else {"first_line": place[0], "last_line": place[1]}
            for place, _, _ in rows
        ]
        for nodes, (_, stage, sure) in zip(nodes_at(programs / name, places), rows, strict=True):
            if stage in STAGES:
                yield all_words_of(nodes), stage, min(max(2 * sure - 1, 0.02), 1.0), name


def fitted(rows):
    """Fit a softmax over the words."""
    programs = collections.defaultdict(set)
    for words, _, _, program in rows:
        for word in words:
            programs[word].add(program)
    kept = sorted(word for word, some in programs.items() if len(some) >= PROGRAMS)
    places = {word: place for place, word in enumerate(kept)}
    cells = [sorted(places[word] for word in row[0] if word in places) for row in rows]
    ends = np.cumsum([0, *map(len, cells)])
    table = sparse.csr_matrix(
        (np.ones(ends[-1]), np.concatenate(cells), ends), shape=(len(rows), len(kept))
    )
    model = LogisticRegression(C=STRENGTH, max_iter=100, tol=5e-3)
    model.fit(table, [row[1] for row in rows], sample_weight=[row[2] for row in rows])
    order = [list(model.classes_).index(stage) for stage in STAGES]
    weights = np.round(model.coef_[order].T / LEAST).astype(int) * round(LEAST * 100)
    lines = {"": np.round(model.intercept_[order] * 100).astype(int)}
    lines.update((word, weights[place]) for word, place in places.items())
    return lines


def main():
    """Say, or fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("step", choices=("say", "fit"))
    parser.add_argument("programs", type=Path)
    parser.add_argument("said", type=Path)
    options = parser.parse_args()
    if options.step == "say":
        options.said.write_text(json.dumps(say(options.programs)) + "\n", "utf-8")
        return
    from learn_words import write_table

    from provkit.stages.words import FOLDER, USUAL

    rows = list(examples(options.programs, json.loads(options.said.read_text("utf-8"))))
    write_table(Path(str(FOLDER.joinpath(USUAL))), fitted(rows))


if __name__ == "__main__":
    main()
