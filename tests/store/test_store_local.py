"""The store's folder: made, found, refused; trials kept, named, removed."""

import json
import multiprocessing
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from store.trials_made_up import BASE, annotation_quads, quads_of, trial_id

from provkit.errors import (
    AmbiguousTrial,
    BadInput,
    StoreError,
    StoreNotFound,
    StoreTooNew,
    UnknownTrial,
)
from provkit.store import Annotations, LocalStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    return LocalStore.create(tmp_path / ".provkit", base_iri=BASE)


def fill(store, count, **options):
    for number in range(count):
        store.seal(trial_id(number), quads_of(number, values=5, **options))


# ------------------------------------------------------------ making


def test_the_folder_is_private_and_git_leaves_it_alone(store):
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert (store.folder / ".gitignore").read_text() == "*\n"
    assert store.project == store.folder.parent
    assert store.journals == store.folder / "journals"


def test_the_default_base_needs_no_domain(tmp_path):
    base = LocalStore.create(tmp_path / ".provkit").base_iri
    assert base.startswith("arcp://uuid,")
    assert base.endswith("/")


def test_the_project_says_its_base(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "houses"\n[tool.provkit]\nbase-iri = "https://example.org/houses/"\n'
    )
    store = LocalStore.create(tmp_path / ".provkit")
    assert (store.base_iri, store.project_name) == ("https://example.org/houses/", "houses")


def test_creating_again_keeps_the_base(store):
    assert LocalStore.create(store.folder, base_iri="https://example.org/x/").base_iri == BASE


@pytest.mark.parametrize("base", ["houses", "https://example.org/x", "https://a b/", "x:<>/"])
def test_a_base_that_cannot_begin_iris_is_refused(tmp_path, base):
    with pytest.raises(BadInput, match="as base IRI"):
        LocalStore.create(tmp_path / ".provkit", base_iri=base)


def test_a_broken_pyproject_is_named(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(BadInput, match=r"pyproject\.toml"):
        LocalStore.create(tmp_path / ".provkit")


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / ".provkit").write_text("")
    with pytest.raises(StoreError, match=r"Couldn't make the store .*\.provkit"):
        LocalStore.create(tmp_path / ".provkit")


def _create(folder):
    return LocalStore.create(Path(folder)).base_iri


def test_processes_that_create_at_once_get_one_store(tmp_path):
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        bases = pool.map(_create, [str(tmp_path / ".provkit")] * 8, chunksize=1)
    assert len(set(bases)) == 1


# ------------------------------------------------------------ finding


def test_it_is_found_from_a_sub_folder(store):
    deep = store.project / "a" / "b"
    deep.mkdir(parents=True)
    assert LocalStore.find(deep).folder == store.folder


@pytest.mark.parametrize("inside", ["", ".provkit"])
def test_the_variable_wins_over_looking(store, tmp_path, monkeypatch, inside):
    other = LocalStore.create(tmp_path / "other" / ".provkit")
    monkeypatch.setenv("PROVKIT_STORE", str(tmp_path / "other" / inside))
    assert LocalStore.find(store.project).folder == other.folder
    assert LocalStore.find(explicit=store.folder).folder == store.folder


def test_no_store_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    with pytest.raises(StoreNotFound, match="provkit init"):
        LocalStore.find(tmp_path)


@pytest.mark.parametrize("what", ["missing", "file"])
def test_an_explicit_store_that_is_not_there_is_named(tmp_path, what):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreNotFound, match=what):
        LocalStore.find(explicit=tmp_path / what)


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"no config\.json"):
        LocalStore.find(explicit=tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}'])
def test_a_damaged_config_is_named(store, content):
    (store.folder / "config.json").write_text(content)
    with pytest.raises(StoreError, match=r"config\.json is damaged"):
        LocalStore.find(explicit=store.folder)


def test_a_newer_store_is_left_alone(store):
    path = store.folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    before = sorted((p, p.stat().st_mtime_ns) for p in store.folder.rglob("*"))
    for opening in (
        lambda: LocalStore.find(explicit=store.folder),
        lambda: LocalStore.create(store.folder),
    ):
        with pytest.raises(StoreTooNew, match="upgrade provkit"):
            opening()
    assert sorted((p, p.stat().st_mtime_ns) for p in store.folder.rglob("*")) == before


# ------------------------------------------------------------ keeping


def test_a_trial_comes_back_as_it_was_sealed(store):
    quads = quads_of(0)
    path = store.seal(trial_id(0), quads)
    assert path == store.folder / "trials" / f"{trial_id(0)}.nq.gz"
    assert list(store.quads(trial_id(0))) == quads


def test_sealing_again_changes_nothing(store):
    path = store.seal(trial_id(0), quads_of(0))
    before = path.stat()
    store.seal(trial_id(0), quads_of(0))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


@pytest.mark.parametrize("bad", ["../../etc/passwd", "", "ABC", "0" * 31])
def test_what_is_no_id_never_becomes_a_path(store, bad):
    for use in (
        lambda: store.seal(bad, []),
        lambda: store.annotate(bad, []),
        lambda: store.read(bad),
        lambda: store.remove([bad]),
    ):
        with pytest.raises(UnknownTrial):
            use()


def test_the_annotations_of_a_trial_can_change(store):
    fill(store, 1)
    assert store.annotations(trial_id(0)) == Annotations()
    store.annotate(trial_id(0), annotation_quads(0, named="first", tags=("b", "a")))
    assert store.annotations(trial_id(0)) == Annotations("first", ("a", "b"))
    assert store.summaries()[0].name == "first"
    store.annotate(trial_id(0), annotation_quads(0, named="second"))
    assert store.summaries()[0].name == "second"
    assert list(store.quads(trial_id(0)))[-1] == annotation_quads(0, named="second")[0]
    store.annotate(trial_id(0), [])
    assert store.annotations(trial_id(0)) == Annotations()


def test_a_store_copied_without_its_empty_folders_still_takes_trials(store):
    for part in ("trials", "annotations", "journals"):
        (store.folder / part).rmdir()
    assert store.summaries() == []
    fill(store, 1)
    store.annotate(trial_id(0), annotation_quads(0, named="kept"))
    assert store.summaries()[0].name == "kept"


def test_removing_is_all_or_nothing(store):
    fill(store, 2)
    with pytest.raises(UnknownTrial):
        store.remove([trial_id(0), "0" * 32])
    assert len(store.trial_ids()) == 2
    store.annotate(trial_id(0), annotation_quads(0, named="gone"))
    store.remove([trial_id(0)])
    assert store.trial_ids() == [trial_id(1)]
    assert not list((store.folder / "annotations").iterdir())


def test_two_stores_merge_by_copying(store, tmp_path):
    other = LocalStore.create(tmp_path / "other" / ".provkit", base_iri="https://example.org/b/")
    fill(store, 1)
    other.seal(trial_id(1), quads_of(1, values=5, base=other.base_iri))
    for path in (other.folder / "trials").iterdir():
        (store.folder / "trials" / path.name).write_bytes(path.read_bytes())
    assert [s.iri for s in store.summaries()] == [
        f"{BASE}trial/{trial_id(0)}",
        f"https://example.org/b/trial/{trial_id(1)}",
    ]


# ------------------------------------------------------------ when writing fails

SEAL_WITH_LITTLE_ROOM = """
import resource, signal, sys
from pathlib import Path
from store.trials_made_up import quads_of, trial_id
from provkit.errors import StoreError
from provkit.store import LocalStore
store = LocalStore.find(explicit=Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.seal(trial_id(1), quads_of(1))
except StoreError as error:
    print(error)
"""


def test_a_full_disk_harms_nothing_that_was_stored(store):
    """The tests run as root, whom no permission stops; a limit on file sizes stops anybody."""
    fill(store, 1)
    before = sorted(store.folder.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", SEAL_WITH_LITTLE_ROOM, str(store.folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "Couldn't write" in done.stdout
    assert "file too large" in done.stdout
    assert sorted(store.folder.rglob("*")) == before
    assert store.trial_ids() == [trial_id(0)]


def test_a_folder_that_cannot_be_written_is_named(store):
    (store.folder / "trials").rmdir()
    (store.folder / "trials").write_text("a file in place of a folder")
    with pytest.raises(StoreError, match=r"Couldn't write .*: file exists"):
        store.seal(trial_id(0), quads_of(0, values=2))


# ------------------------------------------------------------ summaries


def test_a_summary_says_what_the_list_of_trials_needs(store):
    store.seal(trial_id(3), quads_of(3, status="failed", script="fit.py"))
    [summary] = store.summaries()
    assert summary.id == trial_id(3)
    assert summary.label == "fit.py --alpha 0.3"
    assert (summary.status, summary.exit_status, summary.script) == ("failed", 1, "fit.py")
    assert summary.started_at == datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
    assert summary.duration_seconds == 2
    assert f"{BASE}trial/{trial_id(3)}/graph" in summary.graphs
    assert summary.quads == len(quads_of(3))


def test_the_oldest_trial_comes_first(store):
    for number in (2, 0, 1):
        store.seal(trial_id(number), quads_of(number, values=2))
    assert store.trial_ids() == [trial_id(0), trial_id(1), trial_id(2)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"\x00\xff garbage\n{}\n"),
        lambda path: path.write_bytes(path.read_bytes()[:-40]),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":9')),
    ],
)
def test_a_damaged_catalog_is_made_again(store, damage):
    fill(store, 3)
    expected = store.summaries()
    damage(store.folder / "catalog.jsonl")
    assert store.summaries() == expected
    assert store.warnings == []


def test_a_catalog_in_the_way_is_done_without(store):
    fill(store, 2)
    (store.folder / "catalog.jsonl").unlink()
    (store.folder / "catalog.jsonl").mkdir()
    store.seal(trial_id(2), quads_of(2, values=2))
    assert len(store.summaries()) == 3


def test_summaries_made_at_sealing_equal_those_read_back(store):
    fill(store, 2)
    at_sealing = (store.folder / "catalog.jsonl").read_bytes()
    (store.folder / "catalog.jsonl").unlink()
    store.summaries()
    assert sorted((store.folder / "catalog.jsonl").read_bytes().splitlines()) == sorted(
        at_sealing.splitlines()
    )


def test_a_damaged_trial_is_left_out_and_named(store):
    fill(store, 2)
    path = store.folder / "trials" / f"{trial_id(0)}.nq.gz"
    path.write_bytes(path.read_bytes()[:100])
    assert [s.id for s in store.summaries()] == [trial_id(1)]
    assert len(store.warnings) == 1
    assert trial_id(0) in store.warnings[0]
    assert path.exists()


LISTING = """
import sys
from pathlib import Path
from provkit.store import LocalStore
store = LocalStore.find(explicit=Path(sys.argv[1]))
store.summaries(), store.resolve("last")
print([name for name in ("pyoxigraph", "rdflib") if name in sys.modules])
"""


def test_listing_loads_no_rdf_library(store):
    fill(store, 1)
    done = subprocess.run(
        [sys.executable, "-c", LISTING, str(store.folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------ naming trials


@pytest.fixture
def named(store):
    fill(store, 3)
    store.annotate(trial_id(0), annotation_quads(0, named="baseline"))
    store.annotate(trial_id(1), annotation_quads(1, named="twin"))
    store.annotate(trial_id(2), annotation_quads(2, named="twin"))
    return store


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (trial_id(1), 1),
        (trial_id(1).upper(), 1),
        (trial_id(1)[:4], 1),
        (trial_id(0)[:31], 0),
        (f"{BASE}trial/{trial_id(2)}", 2),
        ("last", 2),
        ("last~0", 2),
        ("last~1", 1),
        ("last~2", 0),
        ("baseline", 0),
    ],
)
def test_a_trial_answers_to(named, text, number):
    assert named.resolve(text) == trial_id(number)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (trial_id(1)[:3], "at least four"),
        ("last~3", "holds 3"),
        ("last~x", "No trial"),
        ("nobody", "provkit trials"),
        ("", "No trial"),
        ("Baseline", "No trial"),
    ],
)
def test_no_trial_answers_to(named, text, said):
    with pytest.raises(UnknownTrial, match=said):
        named.resolve(text)


def test_several_trials_of_one_name_are_listed(named):
    with pytest.raises(AmbiguousTrial, match=trial_id(1)[:8]) as raised:
        named.resolve("twin")
    assert trial_id(2)[:8] in str(raised.value)


def test_a_prefix_of_two_ids_is_ambiguous(store):
    for ending in ("0", "1"):
        quads = [
            tuple(term.replace(trial_id(0), "abcd" + ending * 28) for term in quad)
            for quad in quads_of(0, values=2)
        ]
        store.seal("abcd" + ending * 28, quads)
    with pytest.raises(AmbiguousTrial, match="'abcd'"):
        store.resolve("abcd")
    assert store.resolve("abcd0") == "abcd" + "0" * 28


def test_an_empty_store_has_no_last_trial(store):
    with pytest.raises(UnknownTrial, match="holds 0"):
        store.resolve("last")


def test_a_damaged_trial_is_there_and_cannot_be_read(store):
    fill(store, 2)
    path = store.folder / "trials" / f"{trial_id(1)}.nq.gz"
    path.write_bytes(b"garbage")
    (store.folder / "catalog.jsonl").unlink()
    assert store.resolve(trial_id(1)[:12]) == trial_id(1)
    with pytest.raises(StoreError, match="Couldn't read the segment"):
        store.read(trial_id(1))
    assert [summary.id for summary in store.summaries()] == [trial_id(0)]
