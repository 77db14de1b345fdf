"""The verbs from Python: lazy, typed, and the twins of the commands."""

import inspect
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from stored_example import EXAMPLE, FULL, make_store

import provkit
from provkit import api
from provkit.cli import COMMANDS
from provkit.errors import ProvkitError, StoreError, UnknownTrial, UsageError

TWINS = {
    "kernel": "kernel_install",
    "import": "import_",
    "rm": "remove",
    "slice": "slice_",
    "validate": "validate_constraints",
}
WITHOUT_TWIN = {"completion"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    make_store(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    return tmp_path


def test_what_is_visible_is_what_is_public():
    assert sorted(provkit.__all__) == dir(provkit)
    assert all(getattr(provkit, name) is not None for name in provkit.__all__)
    assert provkit.api is api
    assert provkit.ProvkitError is ProvkitError
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = provkit.nothing


def test_every_command_has_its_twin():
    for name in COMMANDS.keys() - WITHOUT_TWIN:
        assert inspect.isfunction(getattr(api, TWINS.get(name, name)))


def test_every_verb_is_typed_and_documented():
    verbs = [f for name, f in vars(api).items() if inspect.isfunction(f) and name[0] != "_"]

    for verb in verbs:
        if not verb.__module__.startswith("provkit.api."):
            continue
        signature = inspect.signature(verb)
        assert signature.return_annotation is not inspect.Signature.empty, verb
        assert all(p.annotation is not p.empty for p in signature.parameters.values()), verb
        assert inspect.getdoc(verb), verb


def test_trials_come_newest_first_and_are_filtered(project):
    assert {trial.id for trial in api.trials()} == {EXAMPLE, FULL}
    assert [trial.id for trial in api.trials(tag="paper", status="failed")] == [FULL]
    assert api.trials(since=datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_show_and_lineage_take_any_name_of_a_trial(project):
    assert api.show("broken").id == api.show(FULL[:6]).id == FULL
    assert api.lineage("3f9a", "score").root.label == "score@1"
    with pytest.raises(UnknownTrial):
        api.show("nothing")


def test_a_query_answers_with_rows(project):
    answer = api.query("SELECT ?t WHERE { ?t a repr:Trial ; pk:status pk:failed }")

    assert answer.kind == "select"
    assert [row[0].endswith(f"{FULL}>") for row in answer.rows] == [True]


def test_tags_of_a_foreign_base_stay_with_the_trials_own(project):
    """A trial keeps the base IRI that it was made with, whatever the store's is."""
    api.tag("broken", ["x"])
    opened = api.open_store()

    assert opened.base_iri not in {EXAMPLE, FULL}
    subjects = {s for s, _, _, g in opened.quads(FULL) if g.endswith("/annotations>")}
    assert subjects == {f"<{opened.summary(FULL).iri}>"}


def test_remove_is_all_or_nothing(project):
    with pytest.raises(UnknownTrial):
        api.remove(["broken", "nothing"])
    assert api.remove("broken") == [FULL]
    assert [trial.id for trial in api.trials()] == [EXAMPLE]


def test_init_keeps_a_base_iri(tmp_path):
    made = api.init(tmp_path, base_iri="https://example.org/a/")

    assert api.init(tmp_path) == made
    with pytest.raises(StoreError, match="there already"):
        api.init(tmp_path, base_iri="https://example.org/b/")


def test_a_detail_that_is_not_built_is_refused(tmp_path):
    with pytest.raises(UsageError, match="'call'"):
        api.capture("x.py", detail="call", store=tmp_path)  # type: ignore[arg-type]


def test_capture_stores_a_trial(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    (tmp_path / "two.py").write_text("a = 1\nb = a + 1\nprint(b)\n")
    captured = api.capture("two.py", name="first", tags=["t"], note="n")

    assert (captured.ending.exit_status, captured.problem) == (0, None)
    shown = api.show("first")
    assert (shown.status, shown.tags, shown.note) == ("completed", ("t",), "n")
    found = api.lineage("first", "b")
    assert [node.label for node in found.nodes] == ["b@1", "a@1"]
    assert found.root.source == "b = a + 1"


def test_a_name_that_is_taken_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.py").write_text("open('ran', 'w').close()\n")
    api.capture("one.py", name="first")
    (tmp_path / "ran").unlink()

    with pytest.raises(UsageError, match="first"):
        api.capture("one.py", name="first")
    assert not (tmp_path / "ran").exists()


def test_import_provkit_is_cheap():
    code = "import provkit, sys; print(*sorted(m for m in sys.modules if m.startswith('provkit')))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60,
        env={"PYTHONPATH": str(Path(api.__file__).parents[2])},
    )  # fmt: skip

    assert said.stdout.split() == ["provkit", "provkit.version"]
