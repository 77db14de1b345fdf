"""What the capture of a saved notebook says, the capture of its execution says as well."""

import re

import nbformat
import pytest
from commands import provkit
from notebook_files import notebook

from provkit.store import LocalStore
from provkit.vocabulary import PREFIXES, term

CELLS = (
    "import math\nprices = [1.0, 2.5, 4.0]",
    "def mean(xs):\n    return sum(xs) / len(xs)\n\nm = mean(prices)\nm",
    "!echo hello\nprint('m is', m)\nfrom IPython.display import HTML\nHTML('<b>%s</b>' % m)",
    "long = 'x' * 9_000\nprint(long)",
    "prices.append(7.0)\n1 / 0 if len(prices) > 9 else math.sqrt(mean(prices))",
    "%%time\n\ntwice = [2 * x for x in prices]\n%time most = max(twice)\nmost",
    "%%capture said\nfor x in twice:\n    print(x)",
    "%%prun -q\nleast = min(twice)",
    "%time total = sum(twice); count = len(twice)\nsaid.stdout, least / total * count",
)
ONLY_RUNNING_TELLS = (
    # a saved notebook knows no clock, no machine and no command
    r" prov:(startedAtTime|endedAtTime) ",
    r"^<T> pk:(exitStatus|cpuSeconds|peakMemory) ",
)
SAVED_ALONE = (
    # what it says of itself: that nothing was run, and in which words it was captured
    r"^<T/setting/(argv|notebook\.way|notebook\.times)> ",
    r"^<T> (repr:hasSetting|rdfs:label|prov:used|prov:wasAssociatedWith) ",
    r"^<T/association> prov:agent ",
    r"^<T/file/",
    r"^<T> repr:hasSetting <pkg:generic/python@",
    # what it is called, and where it lies
    r"^<T> pk:name ",
    r"/path/executed\.ipynb> ",
    # of the file it is the bytes after the execution
    r"<ni:",
)


def _statements(store, trial_id):
    """Statements with the trial's own name taken out, and executions of cells by their counts."""
    quads = list(store.quads(trial_id))
    counts = {s: o for s, p, o, _ in quads if p == term("pk:executionCount") and "/execution/" in s}
    names = {s.rsplit("/", 1)[1][:-1]: re.search(r"\d+", o)[0] for s, o in counts.items()}

    def short(text):
        text = re.sub(
            rf"/{trial_id}/(execution|output)/(\d+)(?=[>./])",
            lambda m: f"/{trial_id}/{m[1]}/[{names[m[2]]}]" if m[2] in names else m[0],
            text,
        )
        text = re.sub(rf"<[^<>]*trial/{trial_id}", "<T", text)
        for prefix, namespace in PREFIXES.items():
            text = re.sub(f"<{re.escape(namespace)}([^>]*)>", rf"{prefix}:\1", text)
        return text

    return {short(f"{s} {p} {o}") for s, p, o, _ in quads if p != term("pk:order")}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    nbformat.write(notebook(*CELLS), folder / "nb.ipynb")
    assert (
        provkit(folder, "capture", "--name", "run", "nb.ipynb", "-o", "executed.ipynb").returncode
        == 0
    )
    said = provkit(folder, "capture", "--name", "saved", "--no-execute", "executed.ipynb")
    assert said.returncode == 0, said.stderr
    store = LocalStore.find(explicit=folder / ".provkit")
    return store, store.resolve("run"), store.resolve("saved")


def test_what_the_saved_notebook_says_its_execution_says(both):
    store, executed, saved = both
    missing = _statements(store, saved) - _statements(store, executed)
    allowed = (*ONLY_RUNNING_TELLS, *SAVED_ALONE)
    found = sorted(one for one in missing if not any(re.search(a, one) for a in allowed))
    assert found == [], "\n".join(found)


def test_their_plans_are_one(both):
    store, executed, saved = both
    graphs = [
        {quad for quad in store.quads(trial) if "/plan/" in quad[3]} for trial in (executed, saved)
    ]
    assert graphs[0] == graphs[1] != set()


def test_running_tells_more(both):
    store, executed, saved = both
    values = [sum("/value/" in s for s, *_ in store.quads(trial)) for trial in (saved, executed)]
    assert values[0] == 0 < values[1]
