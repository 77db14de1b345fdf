"""The index is disposable: whatever happens to it, every query sees what the segments hold."""

import gc
import gzip
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pyoxigraph
import pytest
from store.trials_made_up import BASE, annotation_quads, quads_of, trial_id

from provkit.errors import StoreBusy, StoreError
from provkit.store import LocalStore
from provkit.store.lock import locked

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture
def store(tmp_path):
    return LocalStore.create(tmp_path / ".provkit", base_iri=BASE)


def fill(store, numbers, **options):
    for number in numbers:
        store.seal(trial_id(number), quads_of(number, values=5, **options))


def content(store):
    with store.index() as database:
        return {str(quad) for quad in database}


def truth(store):
    """What a database says that never saw anything but the segments as they are now."""
    fresh = LocalStore.create(store.folder.parent / "fresh" / ".provkit", base_iri=BASE)
    for part in ("trials", "annotations"):
        shutil.copytree(store.folder / part, fresh.folder / part, dirs_exist_ok=True)
    try:
        return content(fresh)
    finally:
        shutil.rmtree(store.folder.parent / "fresh")


def indexed_trials(store):
    with store.index() as database:
        graphs = [graph.value for graph in database.named_graphs()]
    return {graph.split("/")[-2] for graph in graphs if "/trial/" in graph}


# ------------------------------------------------------------ following the segments


def test_what_is_sealed_is_in_the_index(store):
    fill(store, [0])
    assert indexed_trials(store) == {trial_id(0)}
    fill(store, [1])
    assert indexed_trials(store) == {trial_id(0), trial_id(1)}
    assert content(store) == truth(store)


def test_an_empty_store_has_an_empty_index(store):
    assert content(store) == set()


@pytest.mark.parametrize("count", [1, 12], ids=["one by one", "in bulk"])
def test_opening_again_loads_nothing(store, count, monkeypatch):
    fill(store, range(count))
    content(store)
    monkeypatch.setattr("provkit.store.index.read_segment", lambda path: pytest.fail(str(path)))
    assert len(indexed_trials(store)) == count


def test_removing_a_trial_takes_what_only_it_had(store):
    """Its plan's graph, which no other has, and its own statements in the shared graph."""
    fill(store, [0, 1])
    fill(store, [2], plan="b" * 64)
    store.annotate(trial_id(2), annotation_quads(2, named="x"))
    before = content(store)
    assert any("only2@" in quad for quad in before)
    store.remove([trial_id(2)])
    after = content(store)
    assert after == truth(store)
    for gone in (trial_id(2), "b" * 64, "only2@"):
        assert not any(gone in quad for quad in after)
    for kept in ("only0@", "only1@", "a" * 64, "package7@"):
        assert any(kept in quad for quad in after)


def test_removing_every_trial_leaves_nothing(store):
    fill(store, [0, 1])
    content(store)
    store.remove([trial_id(0), trial_id(1)])
    assert content(store) == set()


def test_annotations_follow(store):
    fill(store, [0, 1])
    content(store)
    for named in ("first", "second"):
        store.annotate(trial_id(0), annotation_quads(0, named=named))
        assert any(f'"{named}"' in quad for quad in content(store))
        assert content(store) == truth(store)
    store.annotate(trial_id(0), [])
    assert content(store) == truth(store)


def test_a_trial_sealed_with_other_content_replaces_the_first(store):
    fill(store, [0, 1])
    content(store)
    store.seal(trial_id(0), quads_of(0, values=3))
    assert content(store) == truth(store)


def test_a_copied_store_answers_the_same(store):
    """All its files have new times, so neither catalog nor index can be believed."""
    fill(store, range(8))
    expected, summaries = content(store), store.summaries()
    copied = store.folder.parent / "copied" / ".provkit"
    shutil.copytree(store.folder, copied, copy_function=shutil.copyfile)
    for path in (copied / "trials").iterdir():
        os.utime(path, (1, 1))
    copy = LocalStore.find(explicit=copied)
    assert content(copy) == expected
    assert copy.summaries() == summaries
    assert copy.base_iri == store.base_iri


# ------------------------------------------------------------ damage


def _garbage_everywhere(index):
    for path in sorted(index.rglob("*")):
        if path.is_file():
            path.write_bytes(random.Random(1).randbytes(500))


def _garbage_in(pattern):
    def damage(index):
        for path in index.rglob(pattern):
            path.write_bytes(random.Random(2).randbytes(max(path.stat().st_size, 100)))

    return damage


def _without_current(index):
    next(index.rglob("CURRENT")).unlink()


def _file_in_place(index):
    shutil.rmtree(index)
    index.write_text("not a folder")


def _database_gone(index):
    shutil.rmtree(index / "database")


def _manifest_gone(index):
    (index / "manifest.json").unlink()


def _manifest_of_lies(index):
    """A manifest that came with another index names trials that this one does not have."""
    shutil.rmtree(index / "database")
    (index / "database").mkdir()


def _older_layout(index):
    path = index / "manifest.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 0'))


@pytest.mark.parametrize(
    "damage",
    [
        _garbage_everywhere,
        _garbage_in("MANIFEST-*"),
        _garbage_in("*.sst"),
        _garbage_in("*.log"),
        _garbage_in("manifest.json"),
        _without_current,
        _file_in_place,
        _database_gone,
        _manifest_gone,
        _manifest_of_lies,
        _older_layout,
    ],
)
@pytest.mark.parametrize("count", [2, 8], ids=["in the log", "in tables"])
def test_a_damaged_index_is_built_anew(store, damage, count):
    fill(store, range(count))
    expected = content(store)
    damage(store.folder / "index")
    try:
        found = content(store)
    except StoreError:  # damage met while reading is an error once, and gone the next time
        found = content(store)
    assert found == expected
    assert store.warnings == []


def test_a_damaged_segment_is_left_out_named_and_kept(store):
    fill(store, range(3))
    path = store.folder / "trials" / f"{trial_id(1)}.nq.gz"
    path.write_bytes(path.read_bytes()[:150])
    assert indexed_trials(store) == {trial_id(0), trial_id(2)}
    assert [trial_id(1) in warning for warning in store.warnings] == [True]
    assert path.exists()


def sealed_by_hand(statement):
    lines = statement + b"/graph> .\n"
    return gzip.compress(
        lines + f"# sealed quads=1 sha256={hashlib.sha256(lines).hexdigest()}\n".encode()
    )


@pytest.mark.parametrize("count", [1, 9], ids=["one by one", "in bulk"])
def test_a_sealed_file_that_is_no_n_quads_is_left_out_and_named(store, count):
    fill(store, range(count))
    path = store.folder / "trials" / f"{trial_id(50)}.nq.gz"
    path.write_bytes(
        sealed_by_hand(b'<x:s> <x:p> "a" "b" <' + f"{BASE}trial/{trial_id(50)}".encode())
    )
    assert indexed_trials(store) == {trial_id(number) for number in range(count)}
    assert "no N-Quads" in store.warnings[0]


def test_an_index_that_cannot_be_written_is_done_without(store):
    """Tests run as root, so a file in place of the lock's folder stands for no permission."""
    fill(store, range(2))
    (store.folder / "index.lock").mkdir()
    assert indexed_trials(store) == {trial_id(0), trial_id(1)}
    assert "Couldn't open the lock" in store.warnings[0]


READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
exec "$2" -c '
import sys
from pathlib import Path
from provkit.query import ask
from provkit.store import LocalStore
store = LocalStore.find(explicit=Path(sys.argv[1]))
print(len(store.summaries()), len(ask(store, "SELECT ?t { ?t a repr:Trial }")))
' "$1"
"""


def test_a_read_only_store_answers(store):
    """A bind mount in a mount namespace of its own is read-only for root too."""
    fill(store, range(2))
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(store.folder), sys.executable],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    if done.returncode in {99, 1} and not done.stdout:
        pytest.skip(f"no bind mounts here: {done.stderr.strip()[:100]}")
    assert done.stdout.split() == ["2", "2"], done.stderr


# ------------------------------------------------------------ several at once


def test_a_busy_index_is_answered_for_from_memory(store):
    fill(store, range(3))
    with locked(store.folder / "index.lock", wait_seconds=0):
        start = time.monotonic()
        with store.index(wait_seconds=0.2) as database:
            assert len(list(database.named_graphs())) == 5
        assert 0.2 <= time.monotonic() - start < 5
        with store.index(trials=[trial_id(1)], wait_seconds=0) as database:
            assert len(list(database.named_graphs())) == 3
    assert store.warnings == []


def test_the_lock_is_waited_for(store):
    path = store.folder / "some.lock"
    holding, release = threading.Event(), threading.Event()

    def hold():
        with locked(path, wait_seconds=0):
            holding.set()
            release.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(5)
    with pytest.raises(StoreBusy, match=r"some\.lock"), locked(path, wait_seconds=0.05):
        pytest.fail("two held it")
    threading.Timer(0.1, release.set).start()
    with locked(path, wait_seconds=5):
        pass
    thread.join()


def test_the_index_opens_again_inside_itself_and_in_threads(store):
    fill(store, range(2))
    found = []
    with store.index(wait_seconds=0) as outer, store.index(wait_seconds=0) as inner:
        thread = threading.Thread(target=lambda: found.append(len(content(store))))
        thread.start()
        thread.join()
        assert len(outer) == len(inner) == found[0]
    assert len(content(store)) == found[0]


def test_threads_that_open_at_once_share_one_index(store):
    fill(store, range(4))
    start = threading.Barrier(6)
    found = []

    def open_it():
        start.wait(5)
        with store.index(wait_seconds=0) as database:
            start.wait(5)
            found.append(len(database))

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [len(truth(store))] * 6


def test_the_lock_is_kept_until_the_last_user_leaves(store):
    fill(store, [0])
    first, second = store.index(wait_seconds=0), store.index(wait_seconds=0)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(StoreBusy), locked(store.folder / "index.lock", wait_seconds=0):
        pytest.fail("the index is open and its lock is free")
    second.__exit__(None, None, None)
    with locked(store.folder / "index.lock", wait_seconds=0):
        pass


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_child_forked_in_between_keeps_no_lock(store):
    fill(store, [0])
    with store.index(wait_seconds=0):
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
    try:
        with locked(store.folder / "index.lock", wait_seconds=0):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_variable_that_outlives_the_with_holds_nothing_open(store):
    fill(store, [0])
    with store.index() as first:
        pass
    with pytest.raises(StoreError, match="inside the `with`"):
        first.query("ASK {}")
    assert (store.folder / "index").is_dir()
    with store.index(wait_seconds=0) as second:
        assert len(second)
    assert store.warnings == []


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_child_never_writes_to_the_parents_database(store):
    """Two processes writing one database lose trials silently; the child waits, then reads."""
    fill(store, range(2))
    with store.index() as database:
        before = len(database)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with store.index(wait_seconds=0.05) as mine:
                    status = 0 if len(mine) == before and mine is not database else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert len(database) == before
    gc.collect()
    assert content(store) == truth(store)


SEALING = """
import sys
from pathlib import Path
from store.trials_made_up import quads_of, trial_id
from provkit.store import LocalStore
store = LocalStore.find(explicit=Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    store.seal(trial_id(number), quads_of(number, values=40))
    if number % 3 == 0:
        with store.index() as database:
            assert database.query("ASK { GRAPH ?g { ?s ?p ?o } }")
assert not store.warnings, store.warnings
"""


def test_two_captures_and_a_reader_at_once_lose_nothing(store):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", SEALING, str(store.folder), str(start), str(start + 8)],
            env=ENVIRONMENT,
        )
        for start in (0, 8)
    ]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        held = set(store.trial_ids())
        assert seen <= held
        assert held <= indexed_trials(store)
        seen = held
    assert [writer.returncode for writer in writers] == [0, 0]
    assert indexed_trials(store) == {trial_id(number) for number in range(16)}
    assert content(store) == truth(store)
    assert store.warnings == []


INGESTING = """
import sys
from pathlib import Path
from provkit.store import LocalStore
import provkit.store.index as index
index._BULK_FROM = int(sys.argv[2])
store = LocalStore.find(explicit=Path(sys.argv[1]))
print("go", flush=True)
with store.index() as database:
    print(len(database), flush=True)
"""


@pytest.mark.parametrize("bulk_from", [5, 1000], ids=["in bulk", "one by one"])
def test_killed_at_any_moment_the_index_is_sound(store, bulk_from):
    for number in range(12):
        store.seal(trial_id(number), quads_of(number, values=60))
    expected = truth(store)
    rnd = random.Random(7)
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", INGESTING, str(store.folder), str(bulk_from)],
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        assert child.stdout.readline() == b"go\n"
        time.sleep(rnd.uniform(0.01, 0.5))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        if rnd.random() < 0.5:
            assert content(store) == expected
            shutil.rmtree(store.folder / "index")
    assert content(store) == expected
    assert store.warnings == []


def opening_stopped(store, names, calls):
    """Open the index in a process that ends at the Nth call of these methods; its status."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPING, str(store.folder), names, str(calls)],
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode in {9, 0}
    return done.returncode


STOPPING = """
import os, sys
from pathlib import Path
import pyoxigraph
from provkit.store import LocalStore
import provkit.store.index as index
names, left = sys.argv[2].split(), int(sys.argv[3])
class Stopping:
    def __init__(self, path):
        self.real = Real(path)
    def __getattr__(self, name):
        def call(*args, **options):
            global left
            result = getattr(self.real, name)(*args, **options)
            left -= name in names
            if left == 0:
                os._exit(9)
            return result
        return call
Real = pyoxigraph.Store
store = LocalStore.find(explicit=Path(sys.argv[1]))
index.pyoxigraph.Store = lambda path=None: Stopping(path) if path else Real()
with store.index():
    pass
"""


def test_killed_while_removing_the_index_is_sound(store):
    """Stopped after each single step of dropping, the next opening does the rest."""
    fill(store, [0, 1])
    fill(store, [2], plan="b" * 64)
    store.annotate(trial_id(2), annotation_quads(2, named="x"))
    content(store)
    store.remove([trial_id(2)])
    expected = truth(store)
    saved = store.folder.parent / "saved"
    shutil.copytree(store.folder / "index", saved)
    endings = []
    for calls in range(1, 9):
        shutil.rmtree(store.folder / "index")
        shutil.copytree(saved, store.folder / "index")
        endings.append(opening_stopped(store, "remove remove_graph", calls))
        assert content(store) == expected, calls
    assert endings[:5] == [9] * 5
    assert endings[-1] == 0


def test_killed_after_loading_a_trial_that_is_then_removed_leaves_nothing_of_it(store):
    fill(store, [0])
    content(store)
    fill(store, [1])
    assert opening_stopped(store, "load", 1) == 9
    store.remove([trial_id(1)])
    assert content(store) == truth(store)


def test_an_announced_bulk_load_that_did_not_end_is_begun_anew(store):
    """Half a trial in the database has its graph, so it would be believed."""
    fill(store, range(6))
    expected = content(store)
    shutil.rmtree(store.folder / "index")
    assert opening_stopped(store, "bulk_load", 1) == 9
    database = pyoxigraph.Store(str(store.folder / "index" / "database"))
    graph = pyoxigraph.NamedNode("x:half")
    database.add(pyoxigraph.Quad(graph, graph, graph, graph))
    del database
    assert content(store) == expected
