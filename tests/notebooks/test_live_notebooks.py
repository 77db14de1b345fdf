"""Live notebooks: what happened in a kernel that somebody works in is known, whatever the order was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

import ipykernel
import nbformat
import pytest
from commands import ENVIRONMENT, provkit
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from live_kernels import Kernel, events_in, kernel, trials_in

from provkit import api


def named(events: list[list[object]], name: str) -> list[list[object]]:
    """List the events of one kind."""
    return [event[1:] for event in events if event[0] == name]


def test_every_execution_is_told_in_its_order_with_its_text_as_it_was(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("x = 1", "a")
        live.run("y = x", "b")
        live.run("x = 2", "a")
        live.run("y = x", "b")
        live.run("1 +", "c")
        events = events_in(tmp_path)
    cells = named(events, "cell")
    assert [cell[2] for cell in cells] == ["a", "b", "a", "b", "c"]
    assert [cell[5] for cell in cells] == [2, 3, 4, 5, 6]
    assert [end[2] for end in named(events, "cell-done")] == ["ok", "ok", "ok", "ok", "error"]
    texts = [cell[4] for cell in cells]
    assert texts[0] != texts[2]
    assert texts[1] == texts[3]
    (trial,) = trials_in(tmp_path)
    assert api.trials(store=tmp_path / ".provkit")[0].id == trial


def test_outputs_are_told_and_left_as_they_are(tmp_path: Path) -> None:
    cells = [
        "print('a'); print('b', flush=True)\nimport sys\nprint('c', file=sys.stderr)",
        "[1, 2]",
        "from IPython.display import HTML, display\nh = display(HTML('<b>1</b>'), display_id='x')",
        "h.update(HTML('<i>2</i>'))",
        "1/0",
    ]
    with kernel(tmp_path, live=False) as plain:
        plain.run("pass")
        expected = [plain.run(cell) for cell in cells]
    with kernel(tmp_path) as live:
        assert [live.run(cell) for cell in cells] == expected
        live.run("pass")
        shown = named(events_in(tmp_path), "shown")
    kinds = [output["output_type"] for _, output, *_ in shown]
    assert [kind for kind in kinds if kind != "stream"] == [
        *("execute_result", "display_data", "update_display_data", "error")
    ]
    streams = [output for _, output, *_ in shown if output["output_type"] == "stream"]
    assert "".join(one["text"] for one in streams if one["name"] == "stdout") == "a\nb\n"
    orders = {order for order, *_ in shown}
    assert None not in orders
    assert len(orders) == 5
    result = next(rest for _, output, *rest in shown if output["output_type"] == "execute_result")
    assert len(result) == 1  # the number of the value


def test_a_killed_kernel_loses_nothing_written_before(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("x = [1]")
        live.run("y = x * 2")
        live.kill()
    (trial,) = trials_in(tmp_path)
    labels = {node.label for node in api.lineage(trial, "y", store=tmp_path / ".provkit").nodes}
    assert {"x@1", "y@1"} <= labels


def test_a_restart_begins_a_trial_that_knows_the_one_before(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("x = 1")
        first = named(events_in(tmp_path), "journal")[0][1]
        live.restart()
        trials_in(tmp_path)
        live.run("%load_ext provkit")
        live.run("x = 2")
        events = events_in(tmp_path)
    assert named(events, "notebook")[0][4] == first
    assert len(trials_in(tmp_path, 2)) == 2


def test_stale_cells_and_reads_out_of_order_are_told(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("df = [3, 1]", "a")
        live.run("best = min(df)", "b")
        live.run("best + 1", "c")
        assert "Nothing is stale" in live.text("%prov stale")
        live.run("df = [9]", "a")
        stale = live.text("%prov stale")
        assert (
            "cell 3 used `df` as cell 2 left it; cell 2 has been run again since, as cell 6."
            in stale
        )
        assert "cell 4 used `best` as cell 3 left it, and cell 3 is stale." in stale
        live.run("best = min(df)", "b")
        live.run("best + 1", "c")
        assert "Nothing is stale" in live.text("%prov stale")
        live.run("del df", "e")
        assert live.text("%prov stale").strip() == (
            "cell 8 used `df` as cell 6 left it; cell 11 has deleted it since."
        )
        live.run("late = 1", "d")
        live.run("df = [late]", "a")
        assert "first ran after it" in live.text("%prov stale")


def test_what_was_changed_in_place_is_stale_too(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("rows = [1, 2]\nn = 1", "a")
        live.run("rows.append(3)", "b")
        live.run("mean = sum(rows) / len(rows)", "c")
        live.run("rows.append(3)", "b")
        assert (
            "cell 4 used `rows` as cell 3 left it; cell 3 has been run again since, as cell 5."
            in live.text("%prov stale")
        )
        live.run("rows = [1, 2]\nn = 1", "a")
        assert (
            "cell 5 used `rows` as cell 2 left it; cell 2 has been run again since, as cell 7."
            in live.text("%prov stale")
        )
        live.run("n += 1", "d")
        assert "changed `n` again" not in live.text("%prov stale")
        live.run("n += 1", "d")
        assert (
            "cell 11 changed `n` again, as the same cell had as cell 9; run from the top, that happens once."
            in live.text("%prov stale")
        )
        live.run("n = n / 0", "d")
        assert "cell 13" not in live.text("%prov stale")
        live.run("kept = rows\ndel rows", "e")
        assert "cell 15 used `rows`" not in live.text("%prov stale")


def test_what_was_shown_keeps_its_name_and_a_slice_has_the_last_definition(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("def made(x):\n    return [x]", "a")
        live.run("def made(x):\n    return [x, 2]", "a")
        live.run("%%time\nfound = made(1)\nfound.sort()\nfound", "b")
        live.run("total = sum(found)", "c")
        live.run("%%time\nfound = made(3)\nfound.sort()\nfound", "b")
        assert (
            "cell 5 used `found` as cell 4 left it; cell 4 has been run again since, as cell 6."
            in live.text("%prov stale")
        )
        live.run("import math\n%time other = 3", "d")
        live.run("%%capture said\nmore = math.floor(total)\nprint(more)", "e")
        live.run("text = said.stdout", "f")
        sliced = live.text("%prov slice text")
        assert sliced.count("def made") == 1
        assert "return [x, 2]" in sliced
        assert "import math" in sliced
        assert "other" not in sliced
        assert r"('capture', 'said', 'more = math.floor(total)\nprint(more)\n')" in sliced


def test_deletions_are_told_of_the_cell_that_made_them(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("frame = [1]\nother = 2", "a")
        live.run("del frame", "b")
        live.run("globals().pop('other')", "c")
        live.run("%%time\nd = 1\ndel d", "d")
    trials_in(tmp_path)
    shown = provkit(
        tmp_path, "show", "last", "--cells", env={**ENVIRONMENT, "COLUMNS": "160"}
    ).stdout
    told = {line.split()[-1]: line for line in shown.splitlines() if line.startswith("  cell ")}
    assert "deletes frame " in told["b"]
    assert "deletes other " in told["c"]
    assert "deletes d " in told["d"]
    assert "deletes" not in told["a"]
    cells = {cell.id: cell.deletes for cell in api.show("last", store=tmp_path / ".provkit").cells}
    assert cells == {"a": (), "b": ("frame",), "c": ("other",), "d": ("d",)}


@pytest.mark.parametrize(
    "saved",
    [
        "after the last cell",
        "in VS Code",
        pytest.param("before it", marks=pytest.mark.slow),
        pytest.param("with other ids", marks=pytest.mark.slow),
    ],
)
def test_a_lived_notebook_comes_back_as_it_was_saved_after_all_had_run(
    saved: str, tmp_path: Path
) -> None:
    path = tmp_path / "work.ipynb"
    made = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "P"}}
    )
    made.cells = [
        nbformat.v4.new_markdown_cell("# Prices", id="head"),
        nbformat.v4.new_code_cell("x = 1", id="a"),
        nbformat.v4.new_markdown_cell("and *more*", id="said"),
        nbformat.v4.new_code_cell("y = x + 1\ny", id="b"),
        nbformat.v4.new_code_cell("never", id="c"),
    ]
    if saved == "with other ids":
        for cell in made.cells:
            cell.id = f"other-{cell.id}"
    nbformat.write(made, path)
    in_editor = saved == "in VS Code"
    # It tells the kernel of the file as a variable, and of the cells by names of its own.
    names = [
        f"vscode-notebook-cell:{path}#W{n}sZmlsZQ%3D%3D" if in_editor else "dab"[n]
        for n in range(3)
    ]
    told = {} if in_editor else {"JPY_SESSION_NAME": str(path)}
    with kernel(tmp_path, **told) as live:
        live.run("gone = 0", names[0])
        live.run("x = 1", names[1])
        live.run("y = x + 2\ny", names[2])
        live.run("y = x + 1\ny", names[2])
        if saved != "before it":
            nbformat.write(made, path)
    trials_in(tmp_path)
    written = provkit(tmp_path, "export", "last", "-f", "notebook").stdout
    back = nbformat.reads(written, as_version=4)
    found = [(cell.cell_type, cell.id, cell.source) for cell in back.cells]
    if saved in ("after the last cell", "in VS Code"):
        assert found == [(cell.cell_type, cell.id, cell.source) for cell in made.cells]
        assert back.cells[3].outputs[0]["data"] == {"text/plain": "2"}
        assert back.metadata == made.metadata
        cells = api.show("last", store=tmp_path / ".provkit").cells
        assert {cell.id for cell in cells if cell.is_deleted} == {"W0sZmlsZQ" if in_editor else "d"}
    else:
        texts = ["gone = 0", "x = 1", "y = x + 1\ny"]
        assert found == [("code", name, text) for name, text in zip("dab", texts, strict=True)]
    assert provkit(tmp_path, "validate", "last").returncode == 0


def test_an_interrupted_loop_left_what_it_had_made(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("import time\ntotal = 0", "a")
        live.interrupt_after(2)
        live.run("for i in range(1000):\n    total += 1\n    time.sleep(0.02)", "b")
        live.run("half = total / 2", "c")
        said = live.text("%prov lineage half --depth 1")
        half, total = re.findall(r"(?:half|total)@\d+ = ([\d.]+)", said)
        assert float(half) == float(total) / 2
        assert float(total) > 6


def test_plain_assignments_are_told_of_one_by_one_also_where_one_fails(tmp_path: Path) -> None:
    own = "class Own:\n    def __add__(self, other):\n        return other * n\nn = 3\no = Own()"
    with kernel(tmp_path) as live:
        live.run(own, "a")
        live.run("x = 2\ny = x + 1\nz = o + y\nw = z / (x - 2)\nv = 5", "b")
        said = live.text("%prov lineage z")
        events = events_in(tmp_path)
    (plan,) = [cell[1] for cell in named(events, "cell") if cell[2] == "b"]
    steps = {step[0]: step[2] for step in named(events, "step") if step[1] == plan}
    assert list(steps.values()) == ["1.0", "2.0", "3.0", "4.0"]
    ended = {end[0] for end in named(events, "done")}
    assert [place for order, place in steps.items() if order not in ended] == ["4.0"]
    failed = [steps[one[0]] for one in named(events, "failed") if one[0] in steps]
    assert failed == ["4.0"]
    for label in ("z@1 = 9", "y@1 = 3", "x@1 = 2", "n@1 = 3"):
        assert label in said


def test_questions_are_answered_from_the_journal(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("import math")
        live.run("def half(v):\n    return math.floor(v / 2)")
        live.run("raw = [3, 1, 2]\nother = 5")
        live.run("%%stage training\nbest = half(max(raw))")
        live.run("import provkit\nprovkit.tag(best, 'target')\nprovkit.tag_cell('selection')")
        assert "raw@1" in live.text("%prov lineage best")
        assert "best@1" in live.text("%prov forward raw")
        assert "did not come from" in live.text("%prov why best other")
        program = live.text("%prov slice best")
        assert "other" not in program
        # What has another name by now, and a module that the notebook itself has written.
        live.run("same = best\nagain = same")
        assert "same = best\nagain = same" in live.text("%prov slice again")
        live.run("%%writefile own_rates.py\nRATE = 3\ndef rated(v):\n    return v * RATE")
        live.run("import own_rates\npaid = own_rates.rated(best)")
        assert "%%writefile own_rates.py" in live.text("%prov lineage paid")
        live.run("!sort -u < own_rates.py > sorted.txt\nlines = open('sorted.txt').readlines()")
        assert "!sort -u" in live.text("%prov lineage lines")
        assert "it has '_" not in live.text("%prov lineage nothing_like_it")
        names: dict[str, object] = {}
        exec(program, names)
        assert names["best"] == 1
        status = live.run("%prov")[0]["data"]
        assert "being recorded" in status["text/plain"]
        assert "<script" not in status["text/html"]
        picture = live.run("%prov lineage best")[0]["data"]
        assert picture["image/svg+xml"].startswith("<svg")
        assert "UsageError" in live.text("%prov lineage nix")
        assert "UsageError" in live.text("%prov nonsense")
        tags = named(events_in(tmp_path), "tag")
    assert [(kind, said) for kind, _, said in tags] == [
        ("stage", "training"),
        ("value", "target"),
        ("cell", "selection"),
    ]


def test_html_of_answers_is_escaped(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("x = '<script>alert(1)</script>'")
        live.run("y = x.upper()")
        html = live.run("%prov lineage y")[0]["data"]["text/html"]
    assert "<script>" not in html.lower()


def test_unloading_stores_what_was_recorded(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("x = 1")
        live.run("%unload_ext provkit")
        (trial,) = trials_in(tmp_path)
        assert live.text("x + 1") == "2"
        assert "nothing is being recorded" in live.text(
            "from provkit.magics import ProvMagics\nget_ipython().register_magics(ProvMagics)\n%prov"
        )
    assert api.trials(store=tmp_path / ".provkit")[0].id == trial


def test_a_store_that_cannot_be_made_is_said_and_the_notebook_goes_on(tmp_path: Path) -> None:
    (tmp_path / ".provkit").write_text("in the way")
    with kernel(tmp_path, live=False) as live:
        assert "nothing is recorded" in live.text("%load_ext provkit")
        assert live.text("1 + 1") == "2"


def test_plain_ipython_is_recorded_too(tmp_path: Path) -> None:
    commands = "%load_ext provkit\nx = 20\ny = x * 2\nprint(y)\n%prov lineage y\nexit\n"
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors=nocolor"],
        input=commands,
        cwd=tmp_path,
        env={**ENVIRONMENT, "IPYTHONDIR": str(tmp_path / "ipython")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "y@1 = 40" in run.stdout, run.stdout + run.stderr
    trials_in(tmp_path)


# ------------------------------------------------------------------ strange orders

CELLS = {
    "a": ("a = [1]", (), "a"),
    "b": ("b = a + [2]", ("a",), "b"),
    "c": ("c = [sum(a), len(b)]", ("a", "b"), "c"),
    "grow": ("a.append(len(a))", ("a",), "a"),
    "again": ("b = list(reversed(b))", ("b",), "b"),
    "both": ("c = c + a", ("c", "a"), "c"),
}
"""By id: text, what it reads, what it binds or changes."""


def replay(order: list[str]) -> dict[str, frozenset[int]]:
    """Say for each name which executions it came from, the model of what a notebook's dataflow is."""
    came_from: dict[str, frozenset[int]] = {}
    for number, cell in enumerate(order):
        _, reads, bound = CELLS[cell]
        if all(name in came_from for name in reads):
            sources = frozenset().union(*(came_from[name] for name in reads))
            came_from[bound] = sources | {number}
    return came_from


@pytest.fixture(scope="module")
def shared_kernel(tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    """Give one kernel for many orders; each begins by deleting what the one before has left."""
    folder = tmp_path_factory.mktemp("orders")
    with kernel(folder) as live:
        yield live


def check_order(live: Kernel, order: list[str]) -> None:
    """Run cells in an order, and hold the lineage of each name against the model."""
    live.run("for name in ('a', 'b', 'c'):\n    globals().pop(name, None)")
    before = len(named(events_in(live.folder), "cell"))
    for cell in order:
        live.run(CELLS[cell][0], cell)
    expected = replay(order)
    counts = {
        cell[5]: place for place, cell in enumerate(named(events_in(live.folder), "cell")[before:])
    }
    for name, executions in expected.items():
        shown = live.text(f"%prov lineage {name}")
        found = {
            counts[int(part.partition("]")[0])]
            for part in shown.replace("[", "\n[").split("\n[")
            if part.partition("]")[1]
            and part.partition("]")[0].isdecimal()
            and int(part.partition("]")[0]) in counts
        }
        assert found == set(executions), (order, name, shown)


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(st.lists(st.sampled_from(sorted(CELLS)), min_size=3, max_size=9))
def test_lineage_is_that_of_the_order_in_which_cells_ran(
    shared_kernel: Kernel, order: list[str]
) -> None:
    check_order(shared_kernel, ["a", *order])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(sorted(CELLS)), min_size=3, max_size=14))
def test_lineage_is_that_of_many_orders(shared_kernel: Kernel, order: list[str]) -> None:
    check_order(shared_kernel, order)


def test_an_installed_kernel_records_without_a_line_in_the_notebook(
    tmp_path: Path, own_jupyter_folders: Path
) -> None:
    own = {**ENVIRONMENT, "JUPYTER_DATA_DIR": str(own_jupyter_folders / "jupyter_data_dir")}
    assert (
        "there as" in provkit(tmp_path, "kernel", "install", "--name", "recorded", env=own).stderr
    )
    assert "recorded" in provkit(tmp_path, "kernel", "list", env=own).stdout
    with kernel(tmp_path, live=False, name="recorded") as live:
        live.run("x = 20")
        live.run("y = x + 1")
        assert "x@1 = 20" in live.text("%prov lineage y")
    trials_in(tmp_path)
    assert "removed" in provkit(tmp_path, "kernel", "remove", "--name", "recorded", env=own).stderr
    again = provkit(tmp_path, "kernel", "remove", "--name", "recorded", env=own)
    assert (again.returncode, "No kernel of provkit's" in again.stderr) == (2, True)
    other = provkit(tmp_path, "kernel", "install", "--name", "python3", env=own)
    assert (other.returncode, "not provkit's" in other.stderr) == (2, True)


def test_a_kernel_of_another_environment_records_where_that_has_provkit(
    tmp_path: Path, own_jupyter_folders: Path
) -> None:
    own = {**ENVIRONMENT, "JUPYTER_DATA_DIR": str(own_jupyter_folders / "jupyter_data_dir")}
    environment = tmp_path / "other"
    venv.create(environment, with_pip=False)
    python = str(environment / "bin" / "python")
    words = ["kernel", "install", "--name", "trees", "--python"]
    for wrong, said in (
        (python, "no ipykernel. Install what is missing"),
        ("/nowhere/python", "there is no such interpreter"),
        ("/bin/true", "does not answer as a Python interpreter does"),
    ):
        refused = provkit(tmp_path, *words, wrong, env=own)
        assert refused.returncode != 0
        assert said in refused.stderr
    (packages,) = environment.glob("lib/python*/site-packages")
    beside = Path(ipykernel.__file__ or "").parents[1]
    (packages / "others.pth").write_text(f"{beside}\n{Path(api.__file__).parents[2]}")
    made = provkit(tmp_path, *words, python, env=own)
    assert made.returncode == 0, made.stderr
    assert "'Python 3 (provkit: trees)'" in made.stderr
    with kernel(tmp_path, live=False, name="trees") as other:
        assert str(environment) in other.text("import sys\nx = sys.prefix\nx")
        assert "being recorded" in other.text("%prov")
    assert len(trials_in(tmp_path)) == 1


def test_a_slice_says_an_import_once_however_often_its_cell_was_run(tmp_path: Path) -> None:
    with kernel(tmp_path) as live:
        live.run("from math import floor as cut\nx = cut(2.5)", "a")
        live.run("from math import floor as cut\nx = cut(2.5)", "a")
        live.run("y = x + cut(1.5)", "b")
        once = live.text("%prov slice y")
        live.run("from math import ceil as cut", "c")
        live.run("from math import floor as cut\nx = cut(2.5)", "a")
        live.run("y = x + cut(1.5)", "b")
        changed = live.text("%prov slice y")
    assert once.count("import floor as cut") == 1
    names: dict[str, object] = {}
    exec(changed, names)
    assert names["y"] == 3


def message(
    live: Kernel, comm: str, data: dict[str, object], subshell: str | None = None
) -> list[str]:
    """Send a widget what a front end sends it; gives the kinds of what came back."""
    session = live.client.session
    sent = session.msg("comm_msg", {"comm_id": comm, "data": data})
    if subshell is not None:
        sent["header"]["subshell_id"] = subshell
    live.client.shell_channel.send(sent)
    kinds: list[str] = []
    while True:
        told = live.client.get_iopub_msg(timeout=60)
        if told["parent_header"].get("msg_id") == sent["header"]["msg_id"]:
            kinds.append(told["msg_type"])
            if told["content"].get("execution_state") == "idle":
                return kinds


def waited(live: Kernel, name: str) -> None:
    """Wait, without a cell that is recorded, until something that runs beside the cells has set a name."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        live.client.session.metadata = {}
        reply = live.client.execute_interactive(
            "", silent=True, user_expressions={"done": f"{name}"}, timeout=60
        )
        if "True" in str(reply["content"]["user_expressions"]["done"]):
            return
        time.sleep(0.05)
    raise AssertionError(name)


CLICK: dict[str, object] = {"method": "custom", "content": {"event": "click"}}


def test_what_runs_between_cells_is_told_as_that(tmp_path: Path) -> None:
    pytest.importorskip("ipywidgets")
    with kernel(tmp_path) as live:
        live.run("import asyncio, threading, time, json\nimport ipywidgets as W")
        live.run("n = 0\nlog = []\nkept = []\nready = [False]", "start")
        live.run(
            "button = W.Button()\ndef bump(_):\n    global n\n    n += 1\n    log.append(n)\n"
            "    if n > 1:\n        raise KeyError(n)\nbutton.on_click(bump)",
            "button",
        )
        live.run("slider = W.IntSlider(value=3)\nslider.observe(kept.append, 'value')", "slider")
        live.run("total = n + len(log)", "total")
        live.run("x = slider.value", "x")
        ids = json.loads(live.text("print(json.dumps([button.comm.comm_id, slider.comm.comm_id]))"))
        assert "Nothing is stale" in live.text("%prov stale")
        assert message(live, ids[0], CLICK) == ["status", "status"]
        moved: dict[str, object] = {"method": "update", "state": {"value": 7}, "buffer_paths": []}
        assert message(live, ids[1], moved) == ["status", "comm_msg", "status"]
        stale = live.text("%prov stale")
        assert (
            "cell 6 used `n` as cell 3 left it; `bump` has changed it since, between cells."
            in stale
        )
        assert (
            "cell 7 used `slider` as cell 5 left it; a message from the front end to IntSlider has "
            "changed it since, between cells." in stale
        )
        live.run("total = n + len(log)", "total")
        live.run("x = slider.value", "x")
        live.run("new = kept[-1]['new']", "new")
        told = live.text("%prov lineage total")
        assert re.search(
            r"n@2 = 1 +after \[9\] +n \+= 1 \(a message from the front end to Button\)", told
        )
        assert re.search(r"log@2 \[1\] +after \[9\] +log.append\(n\) \(a message", told)
        assert re.search(
            r"slider@3 .*between +\(a message from the front end to IntSlider\)",
            live.text("%prov lineage x"),
        )
        # Nobody's function of the notebook: a method of a list.
        assert re.search(r"kept@2 .*\(a message from", live.text("%prov lineage new"))
        assert "after [9]" in live.text("%prov why total log")
        assert (
            "cell 11 used `n` as `bump` left it between cells (a message from the front end to Button): "
            "run from the top, that may not happen, or at another time." in live.text("%prov stale")
        )
        assert "# between cells bump ran: a message from the front end to Button" in live.text(
            "%prov slice total"
        )
        assert "error" in message(live, ids[0], CLICK)
        for _ in range(6):  # more often than it is looked into
            message(live, ids[0], CLICK)
        live.run("often = n")
        assert re.search(r"n@9 = 8 .*def bump\(_\): \(a message", live.text("%prov lineage often"))
        live.run(
            "async def tick():\n    global n\n    await asyncio.sleep(0.1)\n    n = -1\n    ready[0] = True\n"
            "task = asyncio.create_task(tick())"
        )
        waited(live, "ready[0]")
        live.run("ticked = n\nready[0] = False")
        assert re.search(
            r"n@10 = -1 .*async def tick\(\): \(a task of the event loop\)",
            live.text("%prov lineage ticked"),
        )
        live.run(
            "def work():\n    time.sleep(0.1)\n    log.append('w')\n    ready[0] = True\n"
            "thread = threading.Thread(target=work)\nthread.start()"
        )
        waited(live, "ready[0]")
        live.run("worked = log[-1]\nready[0] = False")
        assert re.search(r"log@\d+ .*def work\(\): \(a thread\)", live.text("%prov lineage worked"))
        live.run("handle = asyncio.get_running_loop().call_later(0.1, lambda: ready.append(True))")
        waited(live, "ready[-1]")
        live.run("timed = ready[-1]")
        assert re.search(r"ready@\d+ .*\(a timer\)", live.text("%prov lineage timed"))
        # A front end may have threads of its own for what it sends to widgets.
        asked = live.client.session.msg("create_subshell_request", {})
        live.client.control_channel.send(asked)
        subshell = live.client.get_control_msg(timeout=60)["content"].get("subshell_id")
        if subshell is not None:
            live.run(
                "type(button.comm)._reply_subshell_for = lambda self, data, default: default\nprobed = []\n"
                "button.on_click(lambda _: probed.append(threading.current_thread().name))"
            )
            message(live, ids[0], CLICK, subshell)
            live.run("heard = n, probed[0]")
            told = live.text("%prov lineage heard")
            assert re.search(r"n@11 = 0 .*def bump\(_\): \(a message from", told)
            assert re.search(
                r"probed@2 .*between +\(a message from the front end to Button\)", told
            )
        live.run("late = 1")
        message(live, ids[1], {**moved, "state": {"value": 9}})
    (trial,) = trials_in(tmp_path)
    at = str(tmp_path / ".provkit")
    found = api.slice_(trial, "total", store=at)
    assert found.between == ("bump ran (a message from the front end to Button)",)
    page = provkit(tmp_path, "show", trial).stdout
    assert re.search(
        r"between +cells: bump ran \(a message from the front end to Button\), \d+ times", page
    )
    assert re.search(r"between +cells: slider changed \(a message", page)
    assert "slider@4" in {node.label for node in api.lineage(trial, "slider", store=at).nodes}
    assert provkit(tmp_path, "validate", trial, "--profile", "strict").returncode == 0


MODULE = "SCALE = 2\n\ndef area(w, h):\n    return w * h * SCALE\n\nclass Box:\n    def size(self):\n        return 1\n"
EDITED = (
    "SCALE = 5\n# one line more\n\ndef area(w, h):\n    extra = w\n    return w * h * SCALE + extra\n\n"
    "class Box:\n    def size(self):\n        bonus = 100\n        return 1 / (bonus - 100)\n"
)


def test_code_that_autoreload_puts_into_functions_is_told(tmp_path: Path) -> None:
    first = (
        "%load_ext autoreload\n%autoreload 2\nimport mod\nfrom mod import area, Box\nbox = Box()",
    )
    asked = ("b = area(2, 3)\nb", "box.size()")
    outputs = []
    for live in (False, True):
        (tmp_path / "mod.py").write_text(MODULE)
        with kernel(tmp_path, live=live) as one:
            for cell in (*first, "a = area(2, 3)"):
                assert one.text(cell) == ""
            (tmp_path / "mod.py").write_text(EDITED)
            os.utime(tmp_path / "mod.py", ns=(0, time.time_ns() + 10**9))
            shown = [one.text(cell) for cell in asked]
            outputs.append([re.sub(r"In\[\d+\]", "In[]", said) for said in shown])
            if live:
                told = one.text("%prov lineage b")
                assert re.search(r"b@1 = 32 .*return w \* h \* SCALE \+ extra", told)
                assert re.search(r"mod.SCALE@2 = 5 .*SCALE = 5", told)
                assert re.search(r"mod.area@2 .*def area", told)
                assert "return w * h * SCALE\n" in one.text("%prov lineage a") + "\n"
                assert "SCALE = 5" not in one.text("%prov slice b")
    # Tracebacks are in the same lines.
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == "32"
    (trial,) = trials_in(tmp_path)
    files = {
        one.path: one.text for one in api.slice_(trial, "b", store=tmp_path / ".provkit").files
    }
    assert "return w * h * SCALE + extra" in files["mod.py"]
    assert "SCALE = 5" in files["mod.py"]


def test_what_gets_at_names_in_other_ways_is_told(tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text("derived = seed * 3\n")
    with kernel(tmp_path, IPYTHONDIR=str(tmp_path / "ipython")) as live:
        for cell in (
            "seed = 7\ni = 3",
            "seed + 100",
            "numbered = Out[i]",
            "get_ipython().user_ns['one'] = seed + 5\nget_ipython().push({'two': one})\nglobals()['three'] = two",
            "%run -i uses.py",
            "def f(x):\n    return x + 1\nif seed:\n    %time timed = f(seed)",
            "with open('uses.py') as file:\n    out = !echo {seed}",
            "for j in range(9):\n    %time last = f(j)",
            "total = three + derived + timed + last",
            "class Box:\n    def __init__(self):\n        self.parts = ()\nbox = Box()",
            "()",
            "same = box",
            "import asyncio\nasync def fill(items):\n    await asyncio.sleep(0)\n    items.append(seed)\nfilled = []",
            "await asyncio.gather(fill(filled))",
            "put = [seed]\n%store put\ndel put\n%store -r put\nagain = put[0]",
            "full = filled[0]",
        ):
            live.run(cell)
        told = live.text("%prov lineage numbered")
        assert re.search(r"_3@1 = 107 .*seed \+ 100", told)
        assert "Out@" not in told
        total = live.text("%prov lineage total")
        for said in (
            r"three@1 = 12 .*globals\(\)\['three'\] = two",
            r"two@1 = 12 .*push\(",
            r"one@1 = 12 .*user_ns",
            r"derived@1 = 21 .*%run -i uses.py",
            r"timed@1 = 8 .*%time timed = f\(seed\)",
            r"last@\d = 9 .*for j in range\(9\):",
        ):
            assert re.search(said, total), said
        assert re.search(r"seed@1 = 7 .*\[2\]", live.text("%prov lineage out"))
        # There is but one empty tuple, and it is no part of the box that was changed.
        assert "_" not in live.text("%prov lineage same").replace("__init__", "")
        assert re.search(r"put@1 .*put = \[seed\]", live.text("%prov lineage again"))
        assert re.search(r"filled@2 \[7\] .*await asyncio", live.text("%prov lineage full"))
        assert "between" not in live.text("%prov")
