"""What a saved notebook tells by itself: order, outputs, histories, times, and nothing that it must not."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import nbformat
import pytest
from saved_files import (
    PNG,
    Kept,
    code,
    error,
    made,
    markdown,
    rebuilt,
    result,
    shown,
    stream,
    trial_of,
)

from provkit import api
from provkit.assembly.contents import INLINE
from provkit.mapping import quads_of
from provkit.store import LocalStore


def runs_of(trial):
    return [(run.cell, run.execution_count, run.status) for run in trial.notebook.executions]


ORDERS = {
    "in order": ([1, 2, 3], []),
    "gaps": ([2, 3, 7], ["execution counts 1, 4-6 are missing"]),
    "a count twice": ([1, 2, 2], ["cells 1, 2 have the same execution count 2"]),
    "out of order": (
        [3, 1, 2],
        ["cells ran in another order than they stand: cell 0 after one further down"],
    ),
    "not all ran": ([1, None, 2], []),
    "none ran": ([None, None, None], []),
}


@pytest.mark.parametrize("name", ORDERS)
def test_order_is_that_of_the_counts_and_what_is_odd_is_told(tmp_path, name):
    counts, said = ORDERS[name]
    trial = trial_of(
        tmp_path, made(*(code(f"x = {n}", count=count) for n, count in enumerate(counts)))
    )
    told = [run.execution_count for run in trial.notebook.executions]
    assert told == sorted(count for count in counts if count is not None)
    assert len(trial.warnings) == len(said)
    assert all(one in warning for one, warning in zip(said, trial.warnings, strict=True))


def test_a_cell_with_outputs_ran_though_its_count_was_lost(tmp_path):
    trial = trial_of(tmp_path, made(code("print(1)", stream("1\n")), code("x = 2", count=4)))
    assert [run.execution_count for run in trial.notebook.executions] == [4, None]


def test_dataflow_across_cells_is_in_the_plan(tmp_path):
    trial = trial_of(
        tmp_path, made(code("df = load()"), markdown("x"), code("def f():\n    return df\nm = f()"))
    )
    reads = {step.key: step.reads for step in trial.plan.steps}
    writes = {step.key: step.writes for step in trial.plan.steps}
    assert writes["cell-0.1.0"] == ("df",)
    assert "df" in reads["cell-2.2.4"]
    assert {step.cell for step in trial.plan.steps} == {"cell-0", "cell-2"}


def test_syntax_of_ipython_is_read_as_the_calls_that_it_stands_for(tmp_path):
    pytest.importorskip("IPython")
    cells = [
        "%matplotlib inline\n!ls {x}\nfiles = !ls",
        "%%bash\nls",
        "x?",
        "y = await f(x)",
        "\n\nz = 1",
    ]
    trial = trial_of(tmp_path, made(*map(code, cells)))
    assert trial.warnings == ()
    assert {step.cell for step in trial.plan.steps} == {f"cell-{n}" for n in range(5)}
    assert "cell-4.1.0" in {step.key for step in trial.plan.steps}


def test_without_ipython_what_is_plain_python_is_read_all_the_same(tmp_path):
    """In a process of its own, where importing IPython fails."""
    (tmp_path / "nb.ipynb").write_text(
        json.dumps(made(code("!ls"), code("\n\nx = 1"), code("await f(x)")))
    )
    program = (
        "import sys; sys.modules['IPython'] = None\n"
        "from provkit import api\n"
        "trial = api.capture_saved('nb.ipynb', store='s')\n"
        "print([step.key for step in trial.plan.steps if '-' not in step.key[7:]])\n"
        "print(*trial.warnings, sep='\\n')\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    keys, warning = said.stdout.splitlines()
    assert keys == "['cell-1.1.0', 'cell-2.1.0']"
    assert warning == (
        "cell 0 could not be read as plain Python, and IPython, which knows its own syntax, is not "
        "installed: pip install 'provkit[notebook]'"
    )


def test_a_cell_that_is_no_python_is_told_and_the_others_are_read(tmp_path):
    trial = trial_of(tmp_path, made(code("x ="), code("y = 1")))
    assert [step.cell for step in trial.plan.steps] == ["cell-1"]
    assert trial.warnings[0].startswith("cell 0 could not be read as Python: line 1: ")


def test_an_error_in_a_cell_is_the_trials_failure(tmp_path):
    trial = trial_of(
        tmp_path, made(code("a", count=1), code("b", error("KeyError", "'b'"), count=2))
    )
    assert (trial.status, trial.failure.type, trial.failed_in) == ("failed", "KeyError", 2)
    assert runs_of(trial) == [("cell-0", 1, "completed"), ("cell-1", 2, "failed")]


def test_a_plan_does_not_depend_on_what_running_leaves(tmp_path):
    plain = trial_of(tmp_path, made(code("x = 1"), markdown("t")))
    ran = trial_of(
        tmp_path,
        made(
            code("x = 1", stream("1"), count=9, metadata={"tags": ["a"]}),
            markdown("t"),
            metadata={},
        ),
    )
    assert plain.plan == ran.plan
    assert plain.plan.digest != trial_of(tmp_path, made(code("x = 2"), markdown("t"))).plan.digest


# ------------------------------------------------------------------ times and histories

JUPYTER = {
    "execution": {
        "iopub.execute_input": "2026-11-20T10:00:01.5Z",
        "iopub.status.busy": "2026-11-20T10:00:01Z",
        "shell.execute_reply": "2026-11-20T10:00:03Z",
    }
}
PAPERMILL = {
    "papermill": {
        "start_time": "2026-11-20T10:00:01.500000+00:00",
        "end_time": "2026-11-20T12:00:03+02:00",
        "status": "completed",
        "exception": False,
    }
}
COLAB = {"executionInfo": {"elapsed": 1500, "status": "ok", "timestamp": 1795168803000}}
EXECUTE_TIME = {
    "ExecuteTime": {"start_time": "2026-11-20T10:00:01.5Z", "end_time": "2026-11-20T10:00:03Z"}
}


@pytest.mark.parametrize(
    "metadata",
    [JUPYTER, PAPERMILL, COLAB, EXECUTE_TIME],
    ids=["jupyter", "papermill", "colab", "ExecuteTime"],
)
def test_times_in_the_metadata_are_those_of_the_run(tmp_path, metadata):
    trial = trial_of(tmp_path, made(code("x", count=1, metadata=metadata)))
    [run] = trial.notebook.executions
    assert run.started_at == datetime(2026, 11, 20, 10, 0, 1, 500_000, tzinfo=UTC)
    assert run.ended_at == datetime(2026, 11, 20, 10, 0, 3, tzinfo=UTC)
    assert (trial.started_at, trial.ended_at) == (run.started_at, run.ended_at)


@pytest.mark.parametrize(
    "told", ["yesterday", "2026-11-20T10:00:00", 7e300, True, None, {}, "2026-13-40T00:00:00Z"]
)
def test_a_time_that_is_none_is_left_out(tmp_path, told):
    metadata = {"ExecuteTime": {"start_time": told, "end_time": "2026-11-20T10:00:03Z"}}
    [run] = trial_of(tmp_path, made(code("x", count=1, metadata=metadata))).notebook.executions
    assert run.started_at is None


def test_an_end_before_its_beginning_is_left_out(tmp_path):
    metadata = {
        "ExecuteTime": {"start_time": "2026-11-20T10:00:03Z", "end_time": "2026-11-20T10:00:01Z"}
    }
    [run] = trial_of(tmp_path, made(code("x", count=1, metadata=metadata))).notebook.executions
    assert run.started_at is not None
    assert run.ended_at is None


def test_papermill_tells_that_a_cell_failed(tmp_path):
    metadata = {"papermill": {"status": "failed", "exception": True}}
    [run] = trial_of(tmp_path, made(code("x", count=1, metadata=metadata))).notebook.executions
    assert run.status == "failed"


def provbook(source, outputs, second):
    return {
        "source": source,
        "outputs": outputs,
        "start_time": f"2026-11-20T10:00:0{second}Z",
        "end_time": f"2026-11-20T10:00:0{second}.5Z",
        "execution_time": "500ms",
    }


def test_the_history_that_provbook_keeps_becomes_executions(tmp_path):
    history = [provbook("x = 1\nx", [result("1", 1)], 1), provbook("x = 2\nx", [result("2", 2)], 2)]
    document = made(code("x = 2\nx", result("2", 2), count=2, metadata={"provenance": history}))
    trial = trial_of(tmp_path, document)
    assert [(run.text, run.execution_count) for run in trial.notebook.executions] == [
        (1, None),
        (2, 2),
    ]
    assert [text.source.text for text in trial.notebook.texts] == ["x = 1\nx", "x = 2\nx"]
    assert [output.contents[0].text for output in trial.notebook.outputs] == ["1", "2"]
    assert trial.notebook.executions[1].started_at == datetime(2026, 11, 20, 10, 0, 2, tzinfo=UTC)
    assert {step.key for step in trial.plan.steps} >= {"cell-0@1.1.0", "cell-0.1.0"}
    assert json.loads(rebuilt(tmp_path, document))["cells"][0]["outputs"][0]["data"] == {
        "text/plain": ["2"]
    }


def test_a_cell_cleared_after_its_history_is_rebuilt_empty(tmp_path):
    document = made(code("x = 2", metadata={"provenance": [provbook("x = 1", [stream("1")], 1)]}))
    [cell] = json.loads(rebuilt(tmp_path, document))["cells"]
    assert (cell["outputs"], cell["execution_count"], cell["source"]) == ([], None, ["x = 2"])


def epoch(*runs):
    data = [
        {
            "cell_id": cell,
            "cell_source": source,
            "cell_outputs": [stream(text)],
            "execution_count": count,
            "time": time,
            "type": kind,
        }
        for cell, source, text, count, time, kind in runs
    ]
    return {"data": data, "cells": [], "modules": {}, "environment": {}}


def test_the_history_that_mlprovlab_keeps_becomes_executions_and_deleted_cells(tmp_path):
    told = {
        "cells": [],
        "epochs": [
            epoch(
                ("first", "a = 1", "one", 1, "Thu, 24 Jun 2021 09:57:28 GMT", "execution"),
                ("lost", "b = 1", "gone", 2, "Thu, 24 Jun 2021 09:58:28 GMT", "error"),
            ),
            epoch(("first", "a = 2", "two", 1, "Fri, 25 Jun 2021 09:57:28 GMT", "execution")),
        ],
    }
    document = made(
        code("a = 2", stream("two"), count=1, metadata={"prov_id": "first"}),
        metadata={"provenance": told},
    )
    trial = trial_of(tmp_path, document)
    assert runs_of(trial) == [
        ("cell-0", 1, "completed"),
        ("lost", 2, "failed"),
        ("cell-0", 1, "completed"),
    ]
    assert [run.text for run in trial.notebook.executions] == [1, 1, 2]
    assert [cell.id for cell in trial.plan.cells] == ["cell-0", "lost"]
    assert trial.started_at == datetime(2021, 6, 24, 9, 57, 28, tzinfo=UTC)
    assert [cell["id"] for cell in json.loads(rebuilt(tmp_path, document))["cells"]] == ["cell-0"]


ODD_HISTORIES = [
    3,
    "x",
    [3, None],
    [{}],
    [{"source": 3, "outputs": "x"}],
    {"epochs": 3},
    {"epochs": [{"data": [{"cell_id": 3}]}]},
]


@pytest.mark.parametrize("odd", ODD_HISTORIES, ids=str)
def test_a_history_of_another_form_is_metadata_and_no_more(tmp_path, odd):
    trial = trial_of(
        tmp_path,
        made(code("x", count=1, metadata={"provenance": odd}), metadata={"provenance": odd}),
    )
    assert trial.notebook.executions[-1].execution_count == 1


# ------------------------------------------------------------------ contents


def test_a_mime_bundle_keeps_all_its_formats(tmp_path):
    kept = Kept()
    output = shown(
        {
            "text/plain": "fig",
            "image/png": PNG + "\n",
            "application/json": {"a": [1]},
            "text/html": "<b>",
        },
        {"image/png": {"width": 3}},
    )
    trial = trial_of(tmp_path, made(code("x", output, count=1)), kept)
    contents = {content.mime: content for content in trial.notebook.outputs[0].contents}
    assert kept[contents["image/png"].digest].startswith(b"\x89PNG")
    assert contents["image/png"].encoding == "base64-line"
    assert json.loads(contents["application/json"].text) == {"a": [1]}
    assert trial.notebook.outputs[0].metadata is not None


def test_a_long_output_is_kept_and_not_told(tmp_path):
    kept = Kept()
    long = "a line\n" * INLINE
    trial = trial_of(tmp_path, made(code("x", stream(long), count=1)), kept)
    [content] = trial.notebook.outputs[0].contents
    assert (content.text, kept[content.digest]) == (None, long.encode())
    assert sum(len(value) for _, _, value, _ in quads_of(trial)) < 20_000


SECRET = "ghp_" + "a1B2c3D4e5" * 4


@pytest.mark.parametrize(
    "cell",
    [
        code(f"token = '{SECRET}'"),
        code("x", stream(f"the token is {SECRET}\n"), count=1),
        code("x", result(f"'{SECRET}'", 1, text_html=f"<b>{SECRET}</b>"), count=1),
        code("x", shown({"application/json": {"token": SECRET}}), count=1),
        code("x", error("ValueError", f"bad {SECRET}", f"ValueError: bad {SECRET}"), count=1),
        code("x", metadata={"note": SECRET}),
        code("x", shown({"text/plain": "x"}, {"by": SECRET}), count=1),
        markdown(f"use {SECRET}"),
        code("password = 'correct-horse-7'\nprint(password)", stream("correct-horse-7\n"), count=1),
    ],
    ids=[
        "source",
        "stream",
        "result",
        "json",
        "traceback",
        "metadata",
        "output metadata",
        "markdown",
        "said elsewhere",
    ],
)
def test_no_secret_is_kept_anywhere(tmp_path, cell):
    kept = Kept()
    written = "".join(" ".join(quad) for quad in quads_of(trial_of(tmp_path, made(cell), kept)))
    everything = written + "".join(content.decode("latin-1") for content in kept.values())
    assert SECRET not in everything
    assert "correct-horse-7" not in everything
    assert "[redacted]" in everything


@pytest.mark.slow
def test_a_notebook_of_100_megabytes_bounds_memory_and_segment(tmp_path):
    output = "0123456789abcdef " * 60_000
    cells = [
        code(f"x{n}", stream(f"{n} {output}"), shown({"image/png": PNG * 1}), count=n + 1)
        for n in range(100)
    ]
    (tmp_path / "nb.ipynb").write_text(json.dumps(made(*cells)))
    size = (tmp_path / "nb.ipynb").stat().st_size
    assert size > 100e6
    # Of the process itself: `getrusage` would count what this one held when it started it.
    program = (
        "from provkit import api; api.capture_saved('nb.ipynb', store='s'); import re, pathlib; "
        "print(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
    )
    peak = int(done.stdout) * 1024
    assert peak < 4 * size
    [segment] = (tmp_path / "s" / "trials").iterdir()
    assert segment.stat().st_size < 100_000


# ------------------------------------------------------------------ the store


def test_what_jupyter_saved_comes_back_byte_for_byte(tmp_path):
    rich = {
        "image/png": PNG,
        "image/svg+xml": "<svg>\n</svg>",
        "text/html": "<b>\n1</b>",
        "application/json": {"a": 1},
    }
    document = made(
        code("x = 1\nx", shown(rich), stream("a\nb\n"), error("E", "é", "one\ntwo"), count=1),
        markdown("# T\ntext", attachments={"a.png": {"image/png": PNG}}),
    )
    path = tmp_path / "nb.ipynb"
    nbformat.write(nbformat.from_dict(document), path)
    trial = api.capture_saved(str(path), store=tmp_path / "store")
    assert api.export(trial.id, "notebook", store=tmp_path / "store") == path.read_bytes()


def test_artifacts_that_no_trial_names_are_left_over(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(made(code("x", shown({"image/png": PNG}), count=1))))
    trial = api.capture_saved(str(path), store=tmp_path / "store")
    store = LocalStore.find(explicit=tmp_path / "store")
    assert len(list(store.artifacts.files())) == 1
    from provkit.upkeep.leftovers import clear, find_leftovers

    def artifacts():
        return [one for one in find_leftovers(store, grace_seconds=-1) if one.kind == "artifact"]

    assert artifacts() == []
    api.remove(trial.id, store=tmp_path / "store")
    [left] = artifacts()
    assert [one.problem for one in clear(store, [left], grace_seconds=-1)] == [None]
    assert list(store.artifacts.files()) == []


def test_doctor_tells_of_an_artifact_that_is_gone(tmp_path):
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(made(code("x", shown({"image/png": PNG}), count=1))))
    api.capture_saved(str(path), store=tmp_path / "store")
    assert not [
        check
        for check in api.doctor(store=tmp_path / "store").checks
        if check.subject == "artifacts" and check.state != "ok"
    ]
    [(digest, file)] = LocalStore.find(explicit=tmp_path / "store").artifacts.files()
    file.unlink()
    [check] = [
        one for one in api.doctor(store=tmp_path / "store").checks if one.subject == "artifacts"
    ]
    assert check.state == "problem"
    assert digest[:12] in str(check)
