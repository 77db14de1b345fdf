"""The worked example's graphs, kept and asked."""

import pyoxigraph
import pytest
from shared_material import SHARED, needs_shared

from provkit.query import ask, named_query
from provkit.store import LocalStore
from provkit.store.terms import parts

SCRIPT, NOTEBOOK = "3f9a6c0d1b7e4a52a8d4c1e09b5f7723", "8c11d2a7f0b94e3c9a6655d21e07ab34"
GRAPHS = {
    SCRIPT: (f"{SCRIPT}/graph>", "plan/ea2f", "/shared>"),
    NOTEBOOK: (f"{NOTEBOOK}/graph>", "plan/665077"),
}

pytestmark = needs_shared


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = LocalStore.create(tmp_path_factory.mktemp("example") / ".provkit")
    quads = [
        (str(q.subject), str(q.predicate), str(q.object), str(q.graph_name))
        for q in pyoxigraph.parse(
            path=SHARED / "reference" / "example-trial.trig", format=pyoxigraph.RdfFormat.TRIG
        )
    ]
    for trial_id, graphs in GRAPHS.items():
        store.seal(trial_id, [q for q in quads if any(graph in q[3] for graph in graphs)])
    return store


def test_the_summary_knows_the_script_among_the_files_used(store):
    script, notebook = store.summaries()
    assert (script.label, script.script) == ("train.py --alpha 0.1", "train.py")
    assert (script.status, script.exit_status, script.duration_seconds) == ("completed", 0, 2.25)
    assert (notebook.label, notebook.exit_status) == ("answer.ipynb", None)


def test_the_score_came_from_the_file_the_training_data_and_the_settings(store):
    result = ask(store, named_query("lineage").bound({"name": "score@1"}), trial="last~1")
    found = {parts(row[0]).text.rpartition(f"{SCRIPT}/")[2] for row in result.rows}
    assert {"file/houses.csv", "value/X_train.1", "value/y_train.1", "setting/argv"} <= found
    assert len([name for name in found if name.startswith("setting/")]) == 8


def test_the_files_and_packages_of_a_trial_are_found(store):
    def column(name, variable):
        result = ask(store, named_query(name).text, trial=SCRIPT)
        place = result.variables.index(variable)
        return {parts(row[place]).text for row in result.rows}

    assert column("files-read", "label") == {"houses.csv", "train.py"}
    assert column("files-written", "label") == {"model.joblib"}
    assert column("packages", "version") == {"1.5.2", "2.3.3", "1.7.2"}
