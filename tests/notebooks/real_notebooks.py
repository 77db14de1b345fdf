"""Real notebooks: executed plainly and under capture, outputs compared; then slices of what they end with, run alone.

    python tests/notebooks/real_notebooks.py [--inputs FOLDER] [--no-outputs] [--no-slices] [ID ...]

`PROVKIT_INPUTS` (or `--inputs`) holds a folder for each notebook, with the files that it reads. Prints a line for
each notebook and each difference, and the rates.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from notebook_files import joined, outputs_of

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "replay")]

from shared_material import SHARED  # noqa: E402

from provkit.errors import ProvkitError  # noqa: E402
from provkit.facts import Facts  # noqa: E402
from provkit.notebook_plan import plain_python  # noqa: E402
from provkit.slicing import slice_in  # noqa: E402
from provkit.store import LocalStore  # noqa: E402

INPUTS = Path(os.environ.get("PROVKIT_INPUTS", SHARED / "inputs" / "files"))
_CLOCKS = re.compile(
    r"\b\d{1,2}:\d{2}:\d{2}\b|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} \w{3} \d{4}|id=\"T_[0-9a-f_]+|#T_\w+"
    r"|(Wall|CPU) times?: [^\"\\]*|\bsk-container-id-\d+|\d+(\.\d+)?e[-+]\d+ seconds"
)
_STABLE = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_SEED = "import random as r, numpy as n; r.seed(0); n.random.seed(0); del r, n\n"
"""Run as each kernel starts: many notebooks draw numbers without a seed."""
_PLAINLY = """
import sys, nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
notebook = nbformat.read(sys.argv[1], 4)
failed = False
try:
    NotebookClient(notebook).execute(cwd=".")
except CellExecutionError:
    failed = True
nbformat.write(notebook, sys.argv[2])
sys.exit(failed)
"""


@dataclass(frozen=True)
class RealNotebook:
    """A notebook that runs offline."""

    id: str
    folder: Path
    """With all that it reads."""
    path: Path
    """Relative to the folder."""
    environment: dict[str, str]


@dataclass
class Compared:
    """What came of a notebook."""

    id: str
    differences: list[str] = field(default_factory=list)
    targets: int = 0
    same: int = 0
    misses: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def real_notebooks(inputs: Path = INPUTS) -> list[RealNotebook]:
    """List the notebooks of the index that lie in the folder; none if there is no index."""
    index = SHARED / "inputs" / "index.csv"
    if not index.is_file():
        return []
    found = []
    for row in csv.DictReader(index.read_text(encoding="utf-8").splitlines()):
        if row["kind"] != "notebook" or row["group"] != "notebooks":
            continue
        paths = sorted((inputs / row["id"]).rglob(Path(row["entry"]).name))
        if paths:
            words = [word.partition("=") for word in row["env"].split()]
            environment = {name: value for name, _, value in words}
            folder = inputs / row["id"]
            found.append(RealNotebook(row["id"], folder, paths[0].relative_to(folder), environment))
    return found


def compare(
    one: RealNotebook, scratch: Path, *, outputs: bool = True, slices: bool = True
) -> Compared:
    """Execute a notebook plainly and under capture, and slice what it ends with.

    Args:
        one: The notebook.
        scratch: An empty folder.
        outputs: Compare outputs and exit status.
        slices: Run slices alone.
    """
    compared = Compared(one.id)
    own = {"IPYTHONDIR": str(scratch / "ipython")}
    environment = {**os.environ, **_STABLE, **own, **one.environment}
    folder = _laid_out(one, scratch)
    if outputs:
        for name in ("plain.ipynb", "again.ipynb"):
            words = [sys.executable, "-c", _PLAINLY, one.path.name, scratch / name]
            plain = _run(words, folder, environment)
            folder = _laid_out(one, scratch)
    words = [sys.executable, "-m", "provkit", "capture", "--quiet", "--store", scratch / "store"]
    captured = _run([*words, one.path.name, "-o", scratch / "captured.ipynb"], folder, environment)
    if outputs:
        if plain.returncode != captured.returncode:
            compared.differences.append(f"exit {captured.returncode}, plainly {plain.returncode}")
        compared.differences += [
            line for line in captured.stderr.splitlines() if "recording stopped" in line
        ]
        unstable = _differences(scratch / "plain.ipynb", scratch / "again.ipynb")
        compared.left_out += [f"cell {cell} differs between two plain runs" for cell in unstable]
        compared.differences += [
            f"cell {cell}: {said}"
            for cell, said in _differences(
                scratch / "plain.ipynb", scratch / "captured.ipynb"
            ).items()
            if cell not in unstable
        ]
        for words in (["validate", "last"], ["validate", "--constraints", "last"]):
            said = _run(
                [sys.executable, "-m", "provkit", *words, "--store", scratch / "store"],
                folder,
                environment,
            )
            if said.returncode:
                compared.differences.append(f"{' '.join(words)}: {said.stdout} {said.stderr}"[:600])
    if slices:
        _replay(one, scratch, compared, environment)
    return compared


def _laid_out(one: RealNotebook, scratch: Path) -> Path:
    """Copy a notebook and its files to the same place anew; returns the notebook's own folder."""
    project = scratch / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(one.folder, project, ignore=shutil.ignore_patterns(".git", ".provkit"))
    folder = project / one.path.parent
    startup = folder / one.environment.get("IPYTHONDIR", str(scratch / "ipython"))
    startup = startup / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-seed.py").write_text(_SEED, encoding="utf-8")
    return folder


def _run(
    words: list[Any], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, words)),
        cwd=folder,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


def _differences(plain: Path, captured: Path) -> dict[int, str]:
    """Say in which cells the outputs of two executions differ, but for times and addresses."""
    one, other = nbformat.read(plain, 4), nbformat.read(captured, 4)
    first, second = (
        _CLOCKS.sub("…", json.dumps([joined(outputs) for outputs in outputs_of(each)]))
        for each in (one, other)
    )
    if first == second:
        return {}
    found = {}
    pairs = zip(json.loads(first), json.loads(second), strict=True)
    for place, (before, after) in enumerate(pairs):
        if before != after:
            found[place] = _first_difference(str(before), str(after))
    return found


def _first_difference(before: str, after: str) -> str:
    place = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, place - 80)
    return f"{before[start : place + 80]!r} became {after[start : place + 80]!r}"


# ------------------------------------------------------------------ slices


def _replay(
    one: RealNotebook, scratch: Path, compared: Compared, environment: dict[str, str]
) -> None:
    """Slice each name that the last cell binds or reads, run the slice alone, and compare the name's value."""
    executed = nbformat.read(scratch / "captured.ipynb", 4)
    texts = []
    for cell in executed.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        texts.append(cell.source)
        if any(output.output_type == "error" for output in cell.outputs):
            break  # so did the execution
    plain = _observed(one, scratch, texts, environment)
    last = next(
        (names for text in reversed(texts) if (names := _names(text) & plain.keys())), set()
    )
    again = _observed(one, scratch, texts, environment)
    opened = LocalStore.find(explicit=scratch / "store")
    trial = opened.resolve("last")
    facts = Facts(opened.quads(trial))
    slices: dict[str, list[str]] = {}
    cells: dict[str, list[str]] = {}
    for name in sorted(last & plain.keys()):
        if plain[name] != again.get(name):
            compared.left_out.append(f"{name} differs between two plain runs")
            continue
        compared.targets += 1
        try:
            found = slice_in(facts, trial, name, read=opened.artifact)
        except ProvkitError as error:
            compared.misses.append(f"{name}: {error}")
            continue
        slices.setdefault(found.main.text, []).append(name)
        cells[found.main.text] = [cell.text for cell in found.cells]
        compared.shares.append(found.main.statements / max(found.main.of, 1))
    for text, names in slices.items():
        observed = _observed(one, scratch, cells[text], environment)
        for name in names:
            if observed.get(name) == plain[name]:
                compared.same += 1
            else:
                said = observed.get("!", "another value" if name in observed else "no value")
                compared.misses.append(f"{name}: {said}")
                (scratch.parent / f"{one.id}-{name}.slice.py").write_text(text, encoding="utf-8")


def _names(text: str) -> set[str]:
    """List the names that a cell's own text reads and binds."""
    try:
        tree = ast.parse(plain_python(text))
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _observed(
    one: RealNotebook, scratch: Path, texts: list[str], environment: dict[str, str]
) -> dict[str, str]:
    """Run cells in a shell of IPython of their own, and digest each name's last value."""
    folder = _laid_out(one, scratch)
    (scratch / "cells.json").write_text(json.dumps(texts), encoding="utf-8")
    words = [
        sys.executable,
        "-W",
        "ignore",
        HERE / "observed_cells.py",
        scratch / "cells.json",
        scratch / "names.json",
    ]
    (scratch / "names.json").write_text('{"!": "it died"}', encoding="utf-8")
    _run(words, folder, {**environment, "MPLBACKEND": "Agg"})
    found: dict[str, str] = json.loads((scratch / "names.json").read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Compare the notebooks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--inputs", type=Path, default=INPUTS)
    parser.add_argument("--no-outputs", action="store_true")
    parser.add_argument("--no-slices", action="store_true")
    parser.add_argument("--keep", type=Path, help="where slices that miss, and stores, are left")
    options = parser.parse_args()
    every = []
    for one in real_notebooks(options.inputs):
        if options.ids and one.id not in options.ids:
            continue
        kept = options.keep or Path(tempfile.mkdtemp())
        scratch = kept / one.id
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        compared = compare(
            one, scratch, outputs=not options.no_outputs, slices=not options.no_slices
        )
        every.append(compared)
        print(
            f"{one.id}: {len(compared.differences)} differences, slices {compared.same} of {compared.targets}"
        )
        for kind in ("differences", "misses", "left_out"):
            for line in getattr(compared, kind):
                print(f"    {kind}: {line}")
        sys.stdout.flush()
        if options.keep is None:
            shutil.rmtree(kept)
    equal = sum(not one.differences for one in every)
    targets, same = sum(one.targets for one in every), sum(one.same for one in every)
    print(f"{equal} of {len(every)} notebooks with equal outputs, exit status and valid trials")
    print(f"replayed {same} of {targets} ({same / max(targets, 1):.1%})")


if __name__ == "__main__":
    main()
