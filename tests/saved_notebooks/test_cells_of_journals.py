"""Journals of notebooks, written by hand: texts, edits, orders, outputs and names of what is in cells."""

import json
from hashlib import sha256

import pytest
from saved_files import METADATA, Kept, code, made, markdown, result, stream

from provkit.assembly import assemble
from provkit.circumstances import Circumstances
from provkit.constraints import check
from provkit.export import notebook
from provkit.facts import Facts
from provkit.mapping import quads_of
from provkit.notebook_description import python_texts
from provkit.prov_document import document_of

TRIAL = "cd" * 16


class Session:
    """Writes a journal as a watched kernel would."""

    def __init__(self, folder, kind="live", previous=None):
        self.folder = folder
        self.events = [
            [
                "journal",
                1,
                TRIAL,
                "0.1.0",
                1,
                0,
                10**18,
                "3.11.7",
                "cpython",
                "python",
                [],
                [],
                [],
                str(folder),
            ],
            ["notebook", kind, "nb.ipynb", "python3", {"language": "python"}, previous],
        ]
        self.order = self.programs = self.values = self.clock = self.count = 0

    def _kept(self, text):
        digest = sha256(text.encode()).hexdigest()
        (self.folder / f"source-{digest}").write_text(text)
        return digest

    def _tick(self):
        self.clock += 1_000_000
        return self.clock

    def value(self, type_="int", **description):
        self.values += 1
        self.events.append(["value", self.values, type_, description])
        return self.values

    def cell(
        self, name, raw, *steps, index=None, compiled=None, status="ok", failed=None, shows=()
    ):
        """Run a cell; each step is (key, reads, binds)."""
        self.order += 1
        self.count += 1
        cell, plan = self.order, self.programs
        self.programs += 1
        text = raw if compiled is None else compiled
        self.events.append(["source", plan, "cell", None, self._kept(text), len(text.encode())])
        self.events.append(
            ["cell", cell, plan, name, index, self._kept(raw), self.count, self._tick()]
        )
        for key, reads, binds in steps:
            self.order += 1
            self.events.append(["step", self.order, plan, key, cell, self._tick()])
            self.events.append(["bind", self.order, reads, binds, [], []])
            self.events.append(["done", self.order, self._tick()])
        for output, value in shows:
            self.events.append(["shown", cell, output, value])
        if failed is not None:
            self.events.append(["failed", cell, self._tick(), *failed])
        if status is not None:
            self.events.append(["cell-done", cell, self._tick(), status, self.count])
        return cell

    def trial(self, kept=None, *, ended=True):
        if ended:
            self.events.append(["end", self._tick(), 0])
        known = Circumstances(
            TRIAL, "https://example.org/lab/", "0.1.0", str(self.folder), ("nb.ipynb",), 10**18
        )
        (self.folder / "circumstances.json").write_text(known.to_json())
        (self.folder / "1.jsonl").write_text(
            "".join(json.dumps(event) + "\n" for event in self.events)
        )
        return assemble(
            self.folder,
            packages_of=lambda *_: ((), {}),
            keep=(Kept() if kept is None else kept).keep,
        )


def x_is(session, value):
    return ("1.0", [], [["x", session.value(scalar=value)]])


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path)


def steps_of(trial):
    return [(execution.order, execution.parent, execution.step) for execution in trial.executions]


def test_a_cell_is_the_parent_of_its_statements(session):
    session.cell("load", "x = 1", x_is(session, 1))
    trial = session.trial()
    assert [(run.order, run.cell, run.status) for run in trial.notebook.executions] == [
        (1, "load", "completed")
    ]
    assert steps_of(trial) == [(2, 1, "load.1.0")]
    assert (trial.plan.kind, trial.script) == ("notebook", None)


def test_an_edit_is_another_text_and_a_repetition_is_not(session):
    for text, value in (("x = 1", 1), ("x = 1", 1), ("x = 2", 2), ("x = 1", 1)):
        session.cell("a", text, x_is(session, value))
    trial = session.trial()
    assert [run.text for run in trial.notebook.executions] == [1, 1, 2, 3]
    assert [text.key for text in trial.notebook.texts] == ["a.1", "a.2", "a.3"]
    assert [step for _, _, step in steps_of(trial)] == ["a@1.1.0", "a@1.1.0", "a@2.1.0", "a.1.0"]
    assert [value.key for value in trial.values] == ["x.1", "x.2", "x.3", "x.4"]


def test_cells_share_their_names(session):
    x = session.value(scalar=1)
    y = session.value(scalar=2)
    session.cell("a", "x = 1", ("1.0", [], [["x", x]]))
    session.cell("b", "y = x + 1", ("1.0", [["1.4", x]], [["y", y]]))
    trial = session.trial()
    values = {value.key: value for value in trial.values}
    assert [derivation.source.key for derivation in values["y.1"].derived_from] == ["x.1"]
    reads = {step.key: step.reads for step in trial.plan.steps}
    assert reads["b.1.0"] == ("x",)


def test_a_test_in_one_cell_decides_over_a_name_read_in_another(session):
    """`if flag: x = 2` that was not taken: what reads x later came from the flag, by control."""
    flag, x, y = (
        session.value("bool", scalar=False),
        session.value(scalar=1),
        session.value(scalar=1),
    )
    session.cell("a", "flag = False\nx = 1", ("1.0", [], [["flag", flag]]), ("2.0", [], [["x", x]]))
    session.cell("b", "if flag:\n    x = 2", ("1.0", [["1.3", flag]], []))
    session.cell("c", "y = x", ("1.0", [["1.4", x]], [["y", y]]))
    session.cell("d", "z = -x", ("1.0", [["1.5", x]], [["z", session.value(scalar=-1)]]))
    values = {value.key: value for value in session.trial().values}
    assert ("flag.1", True) in {(one.source.key, one.control) for one in values["z.1"].derived_from}


def test_steps_are_those_of_the_text_as_it_was_compiled(session):
    session.cell("a", "!ls", ("1.0", [], []), compiled="get_ipython().system('ls')\n")
    trial = session.trial()
    assert trial.plan.steps[0].source == "!ls"
    assert trial.notebook.texts[0].source.text == "!ls"


def test_the_python_of_each_text_comes_back_from_the_store(session):
    session.cell(
        "a", "\n\nx = 1", ("1.0", [], [["x", session.value(scalar=1)]]), compiled="x = 1\n"
    )
    session.cell("a", "!ls", ("1.0", [], []), compiled="get_ipython().system('ls')\n")
    long = "y = 2  # " + "-" * 9_000
    session.cell("b", long, ("1.0", [], [["y", session.value(scalar=2)]]), compiled=long + "\n")
    kept = Kept()
    facts = Facts(quads_of(session.trial(kept)))
    assert python_texts(facts, kept.__getitem__) == {
        "a@1": "x = 1\n",
        "a": "get_ipython().system('ls')\n",
        "b": long + "\n",
    }


def test_what_a_cell_shows_is_called_by_its_own_name(session):
    """`model.fit(X)` shows the model, which IPython binds to `_` and `_2`, and that is called `model`."""
    old, new, other = (session.value("Lasso") for _ in range(3))
    session.cell("a", "model = Lasso()", ("1.0", [], [["model", old]]))
    session.cell("b", "model.fit(X)", ("1.0", [["1.0", old]], [["_", new], ["_2", new]]))
    session.events[-3][4].append([old, new])
    session.cell("c", "Lasso()", ("1.0", [], [["_", other], ["_3", other]]))
    assert [value.label for value in session.trial().values] == ["model@1", "model@2", "_@1"]


def test_cells_stand_in_the_order_of_their_places_where_these_are_known(session):
    session.cell("second", "x = 1", index=4)
    session.cell("first", "y = 1", index=2)
    session.cell(None, "z = 1")
    trial = session.trial()
    assert [cell.id[:6] for cell in trial.plan.cells] == [
        "first",
        "second",
        "t-" + sha256(b"z = 1").hexdigest()[:4],
    ]


def test_what_a_cell_shows_comes_from_what_was_shown(session):
    x = session.value(scalar=41)
    session.cell(
        "a",
        "x = 41\nx",
        ("1.0", [], [["x", x]]),
        shows=[(stream("hi\n"), None), (result("41", 1), x)],
    )
    first, second = session.trial().notebook.outputs
    assert (first.kind, first.derived_from) == ("stream", ())
    assert [one.source.key for one in second.derived_from] == ["x.1"]


def test_text_of_one_stream_is_joined_and_what_was_cleared_is_gone(session):
    shows = [
        (stream("a"), None),
        ({"output_type": "clear_output", "wait": False}, None),
        (stream("b"), None),
        (stream("c"), None),
        (stream("d", "stderr"), None),
        ({"output_type": "clear_output", "wait": True}, None),
    ]
    session.cell("a", "f()", shows=shows)
    assert [output.contents[0].text for output in session.trial().notebook.outputs] == ["bc", "d"]


def test_a_display_that_was_updated_shows_the_last(session):
    def display(kind, text):
        return {
            "output_type": kind,
            "data": {"text/plain": text},
            "metadata": {},
            "transient": {"display_id": "p"},
        }

    session.cell(
        "a",
        "f()",
        shows=[
            (display("display_data", "1 %"), None),
            (display("update_display_data", "100 %"), None),
        ],
    )
    [output] = session.trial().notebook.outputs
    assert output.contents[0].text == "100 %"


def test_a_cell_that_fails_says_how(session):
    session.cell("a", "1/0", status="error", failed=("ZeroDivisionError", "division by zero"))
    [run] = session.trial().notebook.executions
    assert (run.status, run.failure.type) == ("failed", "ZeroDivisionError")


def test_a_kernel_killed_in_a_cell_leaves_an_aborted_execution(session):
    session.cell("a", "x = 1", x_is(session, 1))
    session.cell("b", "while True: pass", status=None)
    trial = session.trial(ended=False)
    assert [run.status for run in trial.notebook.executions] == ["completed", "aborted"]
    assert trial.status == "aborted"


def test_a_cell_that_is_no_python_has_no_steps(session):
    session.cell("a", "x =", status="error", failed=("SyntaxError", "invalid syntax"))
    session.cell("b", "y = 1", ("1.0", [], [["y", session.value(scalar=1)]]))
    trial = session.trial()
    assert {step.cell for step in trial.plan.steps} == {"b"}


def test_tags_stand_on_values_and_on_executions(session):
    x = session.value(scalar=1)
    cell = session.cell("a", "x = 1", ("1.0", [], [["x", x]]))
    session.events.append(["tag", "value", x, "target"])
    session.events.append(["tag", "cell", cell, "loading"])
    trial = session.trial()
    assert [value.tags for value in trial.values] == [("target",)]
    assert [run.tags for run in trial.notebook.executions] == [("loading",)]


def test_the_kernel_is_a_setting(session):
    session.cell("a", "x = 1", x_is(session, 1))
    settings = {setting.key: setting.value for setting in session.trial().settings}
    assert (settings["kernel"], settings["language"]) == ("python3", "python")


def test_the_trial_before_a_restart_is_named(tmp_path):
    session = Session(tmp_path, previous="11" * 16)
    session.cell("a", "x = 1", x_is(session, 1))
    assert session.trial().notebook.previous == "11" * 16


def test_a_text_that_is_not_beside_the_journal_is_told(session, tmp_path):
    session.cell("a", "x = 1", x_is(session, 1))
    for path in tmp_path.glob("source-*"):
        path.unlink()
    trial = session.trial()
    assert any("is not beside the journal" in warning for warning in trial.warnings)
    assert [run.cell for run in trial.notebook.executions] == ["a"]


def test_the_executed_notebook_tells_outputs_and_cells_that_did_not_run(tmp_path):
    executed = made(
        markdown("# T", id="top"),
        code("x = 1\nx", result("1", 1), count=1, id="a", metadata={"tags": ["t"]}),
        code("never", id="b"),
    )
    (tmp_path / "notebook.ipynb").write_text(json.dumps(executed))
    (tmp_path / "original.ipynb").write_text(json.dumps(made(metadata=METADATA)))
    session = Session(tmp_path, kind="executed")
    x = session.value(scalar=1)
    session.cell("a", "x = 1\nx", ("1.0", [], [["x", x]]), index=1)
    kept = Kept()
    trial = session.trial(kept)
    assert [(cell.id, cell.kind) for cell in trial.plan.cells] == [
        ("top", "markdown"),
        ("a", "code"),
        ("b", "code"),
    ]
    assert [output.contents[0].text for output in trial.notebook.outputs] == ["1"]
    assert trial.notebook.texts[1].tags == ("t",)
    assert trial.script == "nb.ipynb"
    rebuilt = json.loads(notebook.write(quads_of(trial), kept.__getitem__))
    assert [cell["id"] for cell in rebuilt["cells"]] == ["top", "a", "b"]


@pytest.mark.parametrize("kind", ["live", "executed"])
def test_every_such_trial_is_valid_and_says_nothing_twice(tmp_path, kind):
    session = Session(tmp_path, kind=kind)
    for text in ("x = 1", "x = 2", "x = 2"):
        session.cell("a", text, x_is(session, 1), shows=[(result("1", 1), session.values)])
    session.cell("b", "1/0", status="error", failed=("ZeroDivisionError", "division by zero"))
    quads = list(quads_of(session.trial()))
    assert len(quads) == len(set(quads))
    assert check(document_of(quads)).valid
