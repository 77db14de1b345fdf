"""Executed notebooks: what comes out is what nbclient alone gives, and what went on is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import ipykernel
import nbformat
import pytest
from commands import ENVIRONMENT, provkit
from notebook_files import executed_plainly, outputs_of, written

from provkit import api
from provkit.capture.notebook_parameters import from_file, source_of, typed


def capture(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `provkit capture` in a folder, with the folders of Jupyter that the test has."""
    own = {
        name: value for name, value in os.environ.items() if "JUPYTER" in name or "IPYTHON" in name
    }
    return provkit(folder, "capture", *words, env={**ENVIRONMENT, **own})


EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
CELLS = {
    "results and prints": ("x = 1", "print(x)\nx + 1", "x; 2", "x;", "_ + _2, __", "Out[2]"),
    "rich outputs": (
        "from IPython.display import HTML, display, update_display",
        "h = display(HTML('<b>1</b>'), display_id='a')\nHTML('<i>2</i>')",
        "update_display(HTML('<b>3</b>'), display_id='a')",
        "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)",
    ),
    "an error in a cell": (
        "def f(x):\n    y = 1\n    return x.nope",
        "f(1)",
        "1 +\\",
        "f(",
        "1/0 + 2",
    ),
    "an error deep in a library": (
        "import json\n\ndef parse(text):\n    return json.loads(text)",
        "parse('{')",
    ),
    "errors that were caught, and chains": (
        "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise ValueError('no') from e",
        "for i in range(3):\n    if i == 2:\n        raise KeyError(i)\n",
        "[1/(x-1) for x in range(3)]",
        "assert False, 'said'",
        "raise ExceptionGroup('many', [ValueError(1), TypeError(2)])",
        "raise SystemExit(3)",
    ),
    "what IPython adds to Python": (
        "%time y = 3",
        "%%capture said\nprint('hidden')\nz = y",
        "said.stdout, z",
        "!echo {y}",
        "files = !echo one two\nfiles",
        "%%bash\necho $HOME | wc -l",
        "len?",
        "%whos",
        "import asyncio\nawait asyncio.sleep(0)\ny",
        "async def g():\n    return 5\nawait g()",
        "async for i in (i async for i in __import__('asyncio').as_completed([])):\n    pass",
        "%nosuchmagic",
        "%%nosuchmagic\n1",
    ),
    "warnings said once": (
        "x = 1\nx is 1",
        "def f():\n    return '\\d' is 1",
        "import warnings\nwarnings.warn('here')",
    ),
    "oddities of cells": (
        "'text'\n__doc__",
        "from __future__ import annotations\nx: nowhere = 1",
        "def f(x: nowhere): pass\nf.__annotations__",
        "return 1",
        "yield 1",
        "# nothing",
        "",
        "%config InteractiveShell.ast_node_interactivity = 'all'",
        "1\nfor i in range(2):\n    i\n'a' if i else 'b'\nNone\ni",
        "class A:\n    'doc'\n    def __repr__(self):\n        return 'A!'\nA()",
        "get_ipython().run_cell('5+5'); 7",
        "import sys\nsys.displayhook(3)",
        "len(locals()) == len(globals()), [n for n in dir() if 'provkit' in n]",
        "import sys; [name for name in sys.modules if 'provkit' in name]",
    ),
    "what a kernel refuses": ("input('?')",),
    "widgets": (
        "import ipywidgets as W\ns = W.IntSlider(value=3)\ns",
        "out = W.Output()\nwith out:\n    print('inside')\nout",
        "def g(v=2):\n    return v * 2\n\nW.interact(g, v=(0, 5))",
        "s.value = 7\ns.value",
    ),
}


TOGETHER = (
    (
        "results and prints",
        "an error in a cell",
        "an error deep in a library",
        "errors that were caught, and chains",
        "what a kernel refuses",
    ),
    ("rich outputs", "warnings said once"),
    # By themselves: nbclient has waited for ever for an `Output` that came after other displays, also without provkit.
    ("widgets",),
    ("what IPython adds to Python", "oddities of cells"),
)
"""What runs in one notebook: starting kernels is what takes time here."""


def test_all_cells_are_run() -> None:
    assert sorted(name for names in TOGETHER for name in names) == sorted(CELLS)


@pytest.mark.parametrize("names", TOGETHER, ids=", ".join)
def test_outputs_are_those_of_a_plain_execution(tmp_path: Path, names: tuple[str, ...]) -> None:
    cells = [cell for name in names for cell in CELLS[name]]
    path = written(tmp_path, *[(cell, "raises-exception") for cell in cells])
    before = path.read_bytes()
    run = capture(tmp_path, "nb.ipynb", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    assert "recording stopped" not in run.stderr
    assert outputs_of(nbformat.read(tmp_path / "out.ipynb", 4)) == outputs_of(
        executed_plainly(path)
    )
    assert path.read_bytes() == before
    assert run.stdout == ""


def test_lineage_crosses_cells(tmp_path: Path) -> None:
    written(
        tmp_path,
        "raw = [3, 1, 2]",
        "def ranked(values):\n    return sorted(values)",
        "unused = 9",
        "%%time\nbest = ranked(raw)[0]",
        "raw.append(7)",
        "total = best + len(raw)\ntotal",
        "shown = _6 * 2",
        "import numpy as np\nrng = np.random.default_rng(4)",
    )
    assert capture(tmp_path, "nb.ipynb").returncode == 0
    names = {node.label for node in _nodes(tmp_path, "shown")}
    assert {"raw@1", "raw@2", "best@1", "total@1"} <= names
    assert "unused@1" not in names
    set_at = api.specification("last", store=tmp_path / ".provkit")["parameters"]
    assert {(one["value"], one["where"]) for one in set_at} >= {(4, "nb.ipynb cell 7:2")}


def _nodes(folder: Path, name: str) -> list[object]:
    lineage = api.lineage("last", name, store=folder / ".provkit")
    return list(lineage.nodes)


def test_parameters_are_set_after_the_cell_that_declares_them(tmp_path: Path) -> None:
    written(tmp_path, "import math", ("alpha = 1\nname = 'x'", "parameters"), "print(alpha, name)")
    run = capture(tmp_path, "nb.ipynb", "-p", "alpha", "2.5", "-r", "name", "7", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", 4)["cells"]
    assert [cell["id"] for cell in cells] == ["cell-0", "cell-1", "injected-parameters", "cell-2"]
    assert cells[2]["metadata"]["tags"] == ["injected-parameters"]
    assert cells[2]["source"] == '# Parameters\nalpha = 2.5\nname = "7"\n'
    assert cells[3]["outputs"][0]["text"] == "2.5 7\n"
    again = capture(tmp_path, "out.ipynb", "-p", "alpha", "3", "-o", "again.ipynb")
    assert again.returncode == 0
    cells = nbformat.read(tmp_path / "again.ipynb", 4)["cells"]
    assert [cell["source"] for cell in cells][2:3] == ["# Parameters\nalpha = 3\n"]


def test_an_unknown_parameter_is_told(tmp_path: Path) -> None:
    written(tmp_path, ("alpha = 1", "parameters"))
    run = capture(tmp_path, "nb.ipynb", "-p", "alhpa", "2")
    assert run.returncode == 0
    assert "the parameter 'alhpa' is unknown" in run.stderr


def test_parameters_come_from_files(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    texts = {
        "p.yaml": "alpha: 2\nwords: [a, b]\n",
        "p.json": '{"alpha": 2, "words": ["a", "b"]}',
        "p.toml": 'alpha = 2\nwords = ["a", "b"]\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert from_file(str(tmp_path / name)) == {"alpha": 2, "words": ["a", "b"]}
    written(tmp_path, ("alpha = 1\nwords = []", "parameters"), "alpha, words")
    run = capture(tmp_path, "nb.ipynb", "-f", "p.yaml", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    shown = nbformat.read(tmp_path / "out.ipynb", 4)["cells"][-1]["outputs"][0]
    assert shown["data"]["text/plain"] == "(2, ['a', 'b'])"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1", 1),
        ("-2.5", -2.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("[1, 2]", [1, 2]),
        ("[a, 1]", ["a", 1]),
        ('{"a": 1}', {"a": 1}),
        ("1e3", 1000.0),
        ("a b", "a b"),
        ("[", "["),
        ("nan", pytest.approx(float("nan"), nan_ok=True)),
    ],
)
def test_words_are_read_as_what_they_look_like(word: str, value: object) -> None:
    assert typed(word) == value


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("python", 'p = [1.5, None, True, "x\'\\""]'),
        ("R", 'p = list(1.5, NULL, TRUE, "x\'\\"")'),
        ("julia", 'p = [1.5, nothing, true, "x\'\\""]'),
    ],
)
def test_parameters_are_written_in_the_language_of_the_kernel(language: str, line: str) -> None:
    assert source_of({"p": [1.5, None, True, "x'\""]}, language).splitlines()[1] == line


def test_a_failing_cell_ends_the_execution_and_keeps_what_was_before(tmp_path: Path) -> None:
    written(tmp_path, "x = 1\nprint(x)", "1/0", "y = 2")
    run = capture(tmp_path, "nb.ipynb", "-o", "out.ipynb")
    assert run.returncode == 1
    assert "ZeroDivisionError" in run.stderr
    assert "error: cell 2 failed (ZeroDivisionError: division by zero)" in run.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", 4)["cells"]
    assert cells[0]["outputs"][0]["text"] == "1\n"
    assert cells[1]["outputs"][0]["ename"] == "ZeroDivisionError"
    assert cells[2]["outputs"] == []
    (trial,) = api.trials(store=tmp_path / ".provkit")
    assert trial.status == "failed"


def test_a_killed_kernel_loses_nothing_written_before(tmp_path: Path) -> None:
    written(
        tmp_path, "x = 41", "y = x + 1", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    run = capture(tmp_path, "nb.ipynb", "-o", "out.ipynb")
    assert run.returncode == 1
    assert "the kernel died (killed by SIGKILL) in cell 3" in run.stderr
    assert {node.label for node in _nodes(tmp_path, "y")} >= {"x@1", "y@1"}


def test_a_cell_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    written(tmp_path, "x = 1", "import time\ntime.sleep(60)")
    run = capture(tmp_path, "nb.ipynb", "--timeout", "1")
    assert run.returncode == 1
    assert "cell 2 took longer than 1 s" in run.stderr


def test_a_notebook_runs_in_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "data.txt").write_text("3")
    written(tmp_path / "below", "n = int(open('data.txt').read())")
    assert capture(tmp_path, "below/nb.ipynb").returncode == 0
    assert any(node.label.endswith("data.txt") for node in _nodes(tmp_path, "n"))


@pytest.mark.parametrize(
    ("content", "words", "status", "said"),
    [
        ("{", (), 3, "as a notebook"),
        ("[]", (), 3, "it has no cells"),
        (None, (), 3, "there is no such file"),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            ("-k", "nosuch"),
            3,
            "there is no kernel 'nosuch'",
        ),
        (
            '{"cells": [], "metadata": {"kernelspec": {"name": "gone"}}, "nbformat": 4, "nbformat_minor": 5}',
            (),
            3,
            "wants the kernel 'gone'",
        ),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            ("-p", "a-b", "1"),
            2,
            "no variable could be",
        ),
        ("", (), 3, "it is empty"),
        ("{nope", (), 3, "it is no JSON (line 1: "),
        (EMPTY, ("-o", "nb.ipynb"), 3, "that is the notebook itself"),
        (EMPTY, ("-o", "./nb.ipynb"), 3, "that is the notebook itself"),
        (EMPTY, ("-o", "."), 3, "it is a folder"),
        (EMPTY, ("-o", "nowhere/out.ipynb"), 3, "there is no folder 'nowhere'"),
        ("{}", ("-p", "a"), 2, "needs a name and a value"),
        ("{}", ("out.ipynb",), 2, "takes no arguments"),
        ("{}", ("--timeot", "3"), 2, "did you mean '--timeout'"),
        ("{}", ("--timeout", "x"), 2, "a number of seconds"),
    ],
)
def test_bad_input_is_said_in_a_sentence(
    tmp_path: Path, content: str | None, words: tuple[str, ...], status: int, said: str
) -> None:
    if content is not None:
        (tmp_path / "nb.ipynb").write_text(content)
    run = capture(tmp_path, "nb.ipynb", *words)
    assert (run.returncode, said in run.stderr) == (status, True), run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.glob(".provkit/journals/*"))


def test_without_nbclient_the_extra_is_named(tmp_path: Path) -> None:
    written(tmp_path, "x = 1")
    hidden = "import sys; sys.modules['nbclient'] = None"
    run = provkit(tmp_path, "capture", "nb.ipynb", doctored=hidden)
    assert run.returncode == 5
    assert "pip install 'provkit[notebook]'" in run.stderr


def test_a_kernel_that_is_not_python_is_recorded_by_its_cells(
    tmp_path: Path, own_jupyter_folders: Path
) -> None:
    """The kernel is Python in disguise: a kernelspec that says its language is R."""
    folder = own_jupyter_folders / "jupyter_data_dir" / "kernels" / "disguised"
    folder.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "R",
        "language": "R",
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    written(tmp_path, "x = 1", "print(x)")
    run = capture(tmp_path, "nb.ipynb", "-k", "disguised", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    assert "the kernel 'disguised' is not watched (its language is R)" in run.stderr
    assert nbformat.read(tmp_path / "out.ipynb", 4)["cells"][1]["outputs"][0]["text"] == "1\n"


def test_a_kernel_of_an_environment_without_provkit_is_watched(
    tmp_path: Path, own_jupyter_folders: Path
) -> None:
    """The environment has ipykernel, as it sees this one's packages, and cannot import provkit."""
    environment = tmp_path / "foreign"
    venv.create(environment, with_pip=False)
    (found,) = environment.glob("lib/python*/site-packages")
    packages = {str(Path(module.__file__ or "").parents[1]) for module in (nbformat, ipykernel)}
    (found / "others.pth").write_text("\n".join(sorted(packages)))
    folder = own_jupyter_folders / "jupyter_data_dir" / "kernels" / "foreign"
    folder.mkdir(parents=True)
    python = str(environment / "bin" / "python")
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "foreign", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    written(
        tmp_path,
        "import sys\nx = [len(sys.prefix)]",
        "y = x * 2",
        "[name for name in (*sys.modules, *sys.path) if 'provkit' in name.lower() and 'pytest' not in name]",
    )
    run = capture(tmp_path, "nb.ipynb", "-k", "foreign", "-o", "out.ipynb", "--store", ".provkit")
    assert run.returncode == 0, run.stderr
    assert {node.label for node in _nodes(tmp_path, "y")} >= {"x@1", "y@1"}
    shown = nbformat.read(tmp_path / "out.ipynb", 4)["cells"][2]["outputs"][0]["data"]
    assert "provkit.capture" not in shown["text/plain"]


def test_a_notebook_without_ids_keeps_its_version(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    cell = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "x = 1",
    }
    old = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    path.write_text(json.dumps(old))
    run = capture(tmp_path, "nb.ipynb", "-k", "python3", "-p", "y", "2", "-o", "out.ipynb")
    assert run.returncode == 0, run.stderr
    made = json.loads((tmp_path / "out.ipynb").read_text())
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 2)
    assert [one.get("id") for one in made["cells"]] == [None, None]
    assert {node.label for node in _nodes(tmp_path, "x")} >= {"x@1"}
