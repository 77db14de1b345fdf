"""`doctor` finds what is wrong and mends what is disposable; `gc` clears what nothing refers to, while others work."""

import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from store.trials_made_up import BASE, quads_of, trial_id

from provkit import api
from provkit.cli import main
from provkit.errors import StoreBusy, StoreError
from provkit.store import LocalStore, config, migration
from provkit.store.lock import locked
from provkit.upkeep import clear, examine, find_leftovers, machine
from provkit.upkeep.checks import Check

REPOSITORY = Path(__file__).resolve().parents[1]
IDS = [trial_id(number) for number in (1, 2, 3)]
LONG_AGO = time.time() - 100_000


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of three trials, one with a name, its index and catalog up to date."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    made = LocalStore.create(tmp_path / ".provkit", base_iri=BASE)
    for number in (1, 2, 3):
        made.seal(trial_id(number), quads_of(number, values=12))
    made.annotate(IDS[0], named(IDS[0], "first"))
    with made.index() as database:
        assert len(database) > 0
    made.summaries()
    return made


@pytest.fixture
def looked_at(monkeypatch):
    """What a doctor says of the store alone; the machine is looked at in tests of its own."""
    monkeypatch.setattr(machine, "sight", lambda: iter(()))
    monkeypatch.setattr(machine, "versions", lambda: iter(()))

    def look(store):
        found = examine(lambda: LocalStore.find(explicit=store.folder)).checks
        return {check.subject: check for check in found if check.state != "ok"}

    return look


def named(of, name):
    trial = f"<{BASE}trial/{of}>"
    graph = f"<{BASE}trial/{of}/annotations>"
    return [(trial, "<https://w3id.org/provkit/ns#name>", f'"{name}"', graph)]


def segment(store, of=IDS[0]):
    return store.folder / "trials" / f"{of}.nq.gz"


def segments(store):
    """Bytes of every segment, which nothing here may change."""
    return {path.name: path.read_bytes() for path in (store.folder / "trials").iterdir()}


def made_old(path):
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


# ------------------------------------------------------------------ doctor


def test_a_sound_store_is_well(store, looked_at):
    assert looked_at(store) == {}


def truncated(store):
    path = segment(store)
    path.write_bytes(path.read_bytes()[:-40])


def altered(store):
    path = segment(store)
    lines = gzip.decompress(path.read_bytes()).replace(b"completed", b"failed")
    path.write_bytes(gzip.compress(lines))


def garbage(store):
    segment(store).write_bytes(b"garbage")


def sealed_again(store, change):
    """Change the lines and seal them as another tool might."""
    path = segment(store)
    lines, seal = gzip.decompress(path.read_bytes()).rsplit(b"# sealed", 1)
    lines = change(lines)
    count = seal.split(b"quads=")[1].split()[0]
    digest = hashlib.sha256(lines).hexdigest().encode()
    seal = b"# sealed quads=%s sha256=%s\n" % (count, digest)
    path.write_bytes(gzip.compress(lines + seal))


def no_quads(store):
    sealed_again(store, lambda lines: lines.replace(b"> .\n", b"> ;\n", 1))


def miscounted(store):
    sealed_again(store, lambda lines: lines.split(b"\n", 1)[1])


@pytest.mark.parametrize("damage", [truncated, altered, garbage, no_quads, miscounted])
def test_a_damaged_segment_is_a_problem_that_names_the_trial_and_the_way_out(
    store, looked_at, damage
):
    before = segments(store)
    damage(store)
    damaged = segments(store)
    found = looked_at(store)

    assert before != damaged == segments(store)
    assert found["segments"].state == "problem"
    assert str(segment(store)) in found["segments"].found
    assert f"provkit rm {IDS[0]} -y" in found["segments"].advice


def test_the_way_out_works(store, looked_at):
    truncated(store)
    assert main(["rm", IDS[0], "-y"]) == 0
    assert looked_at(store) == {}


def test_a_segment_under_the_name_of_another_trial_is_a_problem(store, looked_at):
    shutil.copy(segment(store), segment(store, "f" * 32))
    found = looked_at(store)

    assert "f" * 32 in found["segments"].found
    assert found["segments"].state == "problem"


def broken_manifest(store):
    (store.folder / "index" / "manifest.json").write_text("{")


def garbage_index(store):
    for path in (store.folder / "index" / "database").iterdir():
        path.write_bytes(b"garbage")


def lost_quad(store):
    with store.index() as database:
        database.remove(next(iter(database)))
        database.flush()


def strange_quad(store):
    import pyoxigraph as ox

    graph = ox.NamedNode(f"{BASE}trial/{IDS[1]}/graph")
    node = ox.NamedNode("https://example.org/strange")
    with store.index() as database:
        database.add(ox.Quad(node, node, node, graph))
        database.flush()


@pytest.mark.parametrize("damage", [broken_manifest, garbage_index, lost_quad, strange_quad])
def test_a_wrong_index_is_built_anew(store, looked_at, damage):
    before = segments(store)
    damage(store)

    assert looked_at(store)["index"].state == "repaired"
    assert looked_at(store) == {}
    assert segments(store) == before


HOLD_INDEX = """\
import sys
from pathlib import Path
from provkit.store import LocalStore
with LocalStore.find(explicit=Path(sys.argv[1])).index():
    print("open", flush=True)
    sys.stdin.read()
"""


def test_an_index_in_use_is_left_alone(store, looked_at, monkeypatch):
    monkeypatch.setattr("provkit.upkeep.health._WAIT_SECONDS", 0.1)
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD_INDEX, str(store.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    with held:
        assert held.stdout.readline() == b"open\n"
        found = looked_at(store)
        held.stdin.close()
    assert found["index"].state == "note"


def wrong_line(store):
    path = store.folder / "catalog.jsonl"
    path.write_text(path.read_text().replace('"completed"', '"aborted"'))


def test_a_wrong_catalog_is_made_anew(store, looked_at):
    wrong_line(store)
    assert {trial.status for trial in store.summaries()} == {"aborted"}

    assert looked_at(store)["catalog"].state == "repaired"
    assert {trial.status for trial in store.summaries()} == {"completed"}
    assert looked_at(store) == {}


def test_a_lost_catalog_or_index_is_no_matter(store, looked_at):
    (store.folder / "catalog.jsonl").unlink()
    shutil.rmtree(store.folder / "index")
    assert all(check.state != "problem" for check in looked_at(store).values())
    assert looked_at(store) == {}


def test_a_journal_that_cannot_be_stored_is_a_problem(store, looked_at):
    journal = store.journals / ("a" * 32)
    journal.mkdir()
    (journal / "1.jsonl").write_text("no journal\n")
    made_old(journal)
    found = looked_at(store)["journals"]

    assert found.state == "problem"
    assert str(journal) in found.advice


def test_a_journal_being_written_is_no_orphan(store, looked_at):
    journal = store.journals / ("a" * 32)
    journal.mkdir()
    with locked(journal / "parent.lock", wait_seconds=1):
        made_old(journal)
        assert looked_at(store) == {}
        assert journal.exists()


def test_others_who_may_read_are_noted(store, looked_at):
    store.folder.chmod(0o755)
    assert "0755" in looked_at(store)["permissions"].found


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_cannot_be_written_is_a_problem(store, looked_at):
    (store.folder / "trials").chmod(0o500)
    assert looked_at(store)["permissions"].state == "problem"


def test_little_space_is_a_problem(store, looked_at, monkeypatch):
    usage = shutil._ntuple_diskusage(10**9, 10**9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert looked_at(store)["space"].state == "problem"


def test_the_command_exits_with_1_for_a_problem_and_0_without(store, looked_at, capsys):
    assert main(["doctor"]) == 0
    truncated(store)
    capsys.readouterr()
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "problem   segments" in out
    assert "what to do: " in out


def test_json_is_for_bug_reports(store, capsys):
    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    checks = {check["subject"]: check for check in said["checks"]}

    assert said["healthy"] is True
    assert {"provkit", "python", "packages", "store", "segments", "capture", "git"} <= set(checks)
    assert checks["capture"]["found"].startswith("statements, values and files")


def test_without_a_store_the_machine_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVKIT_STORE", raising=False)
    assert main(["doctor"]) == 0
    assert "no store" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_machine_on_which_nothing_can_be_captured_is_a_problem(monkeypatch):
    def refuse(*_):
        raise StoreError("no.")

    monkeypatch.setattr("provkit.recording.record", refuse)
    found = {check.subject: check for check in machine.sight()}
    assert found["capture"].state == "problem"


def test_a_missing_package_is_a_problem_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(machine, "_PACKAGES", ("rdflib", "no-such-package"))
    assert machine.Check(
        "packages",
        "problem",
        "missing: no-such-package",
        "Install what is missing: pip install no-such-package",
    ) in list(machine.versions())


# ------------------------------------------------------------------ gc


def temporary(store):
    return made_old(write(store.folder / "trials" / ".tmp-abc"))


def temporary_of_catalog(store):
    return made_old(write(store.folder / ".tmp-123-catalog.jsonl"))


def stored_journal(store):
    folder = store.journals / IDS[0]
    write(folder / "1.jsonl")
    write(folder / "parent.lock", b"")
    return folder


def empty_journal(store):
    folder = store.journals / ("b" * 32)
    write(folder / "parent.lock", b"")
    return made_old(folder)


def lonely_annotations(store):
    return made_old(write(store.folder / "annotations" / f"{'c' * 32}.nq"))


def unusable_index(store):
    broken_manifest(store)
    return store.folder / "index"


def write(path, content=b"x" * 1000):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


GARBAGE = [
    temporary,
    temporary_of_catalog,
    stored_journal,
    empty_journal,
    lonely_annotations,
    unusable_index,
]


@pytest.mark.parametrize("leave", GARBAGE)
def test_what_nothing_refers_to_is_found_and_cleared(store, leave):
    path = leave(store)
    before = segments(store)
    (found,) = find_leftovers(store)

    assert found.path == path
    assert path.exists()
    assert [clearing.problem for clearing in clear(store, [found])] == [None]
    assert not path.exists()
    assert find_leftovers(store) == []
    assert {n: b for n, b in segments(store).items() if not n.startswith(".")} == {
        n: b for n, b in before.items() if not n.startswith(".")
    }


def new_temporary(store):
    return write(store.folder / "trials" / ".tmp-abc")


def new_empty_journal(store):
    return write(store.journals / ("b" * 32) / "parent.lock", b"").parent


def orphan(store):
    """The only record of a trial that was interrupted."""
    return made_old(write(store.journals / ("b" * 32) / "1.jsonl").parent)


def journal_of_damaged_trial(store):
    """The segment cannot be read: the journal may be all there is."""
    folder = stored_journal(store)
    truncated(store)
    return made_old(folder)


def new_annotations(store):
    return write(store.folder / "annotations" / f"{'c' * 32}.nq")


def annotations_of_a_trial_being_recorded(store):
    write(store.journals / ("c" * 32) / "1.jsonl")
    return made_old(new_annotations(store))


def annotations(store):
    return made_old(store.folder / "annotations" / f"{IDS[0]}.nq")


NEEDED = [
    new_temporary,
    new_empty_journal,
    orphan,
    journal_of_damaged_trial,
    new_annotations,
    annotations_of_a_trial_being_recorded,
    annotations,
    segment,
]


@pytest.mark.parametrize("leave", NEEDED)
def test_what_somebody_may_need_is_no_garbage(store, leave):
    path = leave(store)
    assert find_leftovers(store) == []
    assert path.exists()


@pytest.mark.parametrize("name", ["parent.lock", "1.jsonl"])
def test_a_journal_in_use_stays_though_its_trial_is_sealed(store, name):
    folder = stored_journal(store)
    (found,) = find_leftovers(store)
    with locked(folder / name, wait_seconds=1):
        assert find_leftovers(store) == []
        assert clear(store, [found])[0].problem is not None
    assert folder.exists()
    assert clear(store, [found])[0].problem is None


def test_what_was_found_is_looked_at_again_before_it_goes(store):
    path = temporary(store)
    said = lonely_annotations(store)
    found = find_leftovers(store)
    path.write_bytes(b"a writer came back")
    write(segment(store, "c" * 32))
    problems = [clearing.problem for clearing in clear(store, found)]

    assert None not in problems
    assert path.exists()
    assert said.exists()


def test_an_index_in_use_stays(store, monkeypatch):
    monkeypatch.setattr("provkit.upkeep.leftovers._INDEX_WAIT_SECONDS", 0.1)
    unusable_index(store)
    with locked(store.folder / "index.lock", wait_seconds=1):
        (clearing,) = clear(store, find_leftovers(store))
    assert clearing.problem is not None
    assert (store.folder / "index").exists()


def test_the_command_shows_and_removes_only_if_told_to(store, capsys):
    path = temporary(store)
    assert main(["gc"]) == 0
    said = capsys.readouterr()
    assert "temporary file" in said.out
    assert "1.0 kB" in said.out
    assert "say -y" in said.err
    assert path.exists()

    assert main(["gc", "-y"]) == 0
    assert "removed 1 thing" in capsys.readouterr().err
    assert not path.exists()

    assert main(["gc", "-y"]) == 0
    assert "nothing is left over" in capsys.readouterr().err


def test_json_gives_sizes_in_bytes(store, capsys):
    temporary(store)
    assert main(["gc", "-f", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["size"]) == ("temporary file", 1000)


PROGRAM = """\
import sys
total = 0
for i in [1, 2, 3]:
    total += i
with open(f"out{sys.argv[1]}.txt", "w") as f:
    f.write(str(total))
"""


def test_captures_that_run_at_the_same_time_lose_nothing(tmp_path, monkeypatch):
    """Real captures, a kill -9 now and then, and gc all the while with no grace at all but for files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    environment.pop("PROVKIT_STORE", None)
    opened = LocalStore.create(tmp_path / ".provkit")
    statuses, done = [], threading.Event()

    def capture(lane):
        for number in range(6):
            with subprocess.Popen(
                [sys.executable, "-m", "provkit", "capture", "program.py", f"{lane}{number}"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            ) as process:
                if number == 3:
                    time.sleep(0.15)
                    os.killpg(process.pid, signal.SIGKILL)
                statuses.append((number, process.wait(60), process.stderr.read()))

    def collect():
        while not done.is_set():
            clear(opened, find_leftovers(opened))

    lanes = [threading.Thread(target=capture, args=(lane,)) for lane in "ab"]
    collector = threading.Thread(target=collect)
    for thread in (collector, *lanes):
        thread.start()
    for thread in lanes:
        thread.join()
    done.set()
    collector.join()

    untouched = [said for number, status, said in statuses if number != 3 and status != 0]
    assert untouched == []
    assert all(b"couldn't" not in said for _, _, said in statuses)
    api.recover(store=opened.folder)
    assert len(opened.summaries()) >= 10
    assert find_leftovers(opened) == []
    assert opened.warnings == []


# ------------------------------------------------------------------ formats, older and newer


def fingerprint(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def set_format(store, version):
    path = store.folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": version}))


COMMANDS = [
    ["trials"],
    ["show", "last"],
    ["query", "ASK {}"],
    ["validate"],
    ["capture", "-c", "1"],
    ["gc", "-y"],
    ["rm", IDS[0], "-y"],
    ["init"],
    ["recover"],
    ["tag", "last", "x"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_store_of_a_newer_provkit_is_refused_unharmed(store, words, capsys):
    set_format(store, 99)
    temporary(store)
    before = fingerprint(store.folder)

    assert main(words) == 4
    assert "upgrade provkit" in capsys.readouterr().err
    assert fingerprint(store.folder) == before


def test_doctor_says_of_a_newer_store_what_to_do_and_harms_it_not(store, looked_at, capsys):
    set_format(store, 99)
    before = fingerprint(store.folder)

    assert main(["doctor"]) == 1
    assert "upgrade provkit" in capsys.readouterr().out
    assert fingerprint(store.folder) == before


@pytest.fixture
def older(store, monkeypatch):
    """A store of format 1 under a provkit whose format is 3; annotations lie in `said/` in format 1."""
    done = []

    def rename(folder):
        done.append(1)
        if (folder / "said").exists():
            (folder / "said").rename(folder / "annotations")

    def mark(folder):
        done.append(2)
        (folder / "marked").write_text("3")

    (store.folder / "annotations").rename(store.folder / "said")
    monkeypatch.setattr(config, "FORMAT", 3)
    monkeypatch.setattr(migration, "STEPS", {1: rename, 2: mark})
    return store.folder, done


def test_an_older_store_is_brought_to_the_current_format_step_by_step(older):
    folder, done = older
    opened = LocalStore.find(explicit=folder)

    assert done == [1, 2]
    assert json.loads((folder / "config.json").read_text())["format"] == 3
    assert opened.annotations(IDS[0]).name == "first"
    assert len(opened.summaries()) == 3
    LocalStore.find(explicit=folder)
    assert done == [1, 2]


def test_a_step_that_fails_is_taken_up_again(older, monkeypatch):
    folder, done = older
    mark = migration.STEPS[2]

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(migration.STEPS, 2, fail)
    with pytest.raises(StoreError, match=r"no space left on device.*No trial is lost"):
        LocalStore.find(explicit=folder)
    assert json.loads((folder / "config.json").read_text())["format"] == 2

    monkeypatch.setitem(migration.STEPS, 2, mark)
    assert len(LocalStore.find(explicit=folder).summaries()) == 3
    assert done == [1, 2]


def test_many_that_open_an_older_store_at_once_find_it_brought_over_once(older):
    folder, done = older
    threads = [
        threading.Thread(target=LocalStore.find, kwargs={"explicit": folder}) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1, 2]


def test_an_older_store_that_is_being_written_to_is_left_for_later(older):
    folder, done = older
    journal = folder / "journals" / ("d" * 32)
    journal.mkdir()
    with (
        locked(journal / "parent.lock", wait_seconds=1),
        pytest.raises(StoreBusy, match="a capture is writing to it"),
    ):
        LocalStore.find(explicit=folder)
    assert done == []
    LocalStore.find(explicit=folder)
    assert done == [1, 2]


def test_a_store_from_which_no_step_leads_is_refused_unharmed(store, monkeypatch):
    monkeypatch.setattr(config, "FORMAT", 2)
    before = fingerprint(store.folder)
    with pytest.raises(StoreError, match="no step leads to format 2"):
        LocalStore.find(explicit=store.folder)
    assert fingerprint(store.folder) == before


def test_there_is_a_step_from_every_format_there_was():
    assert set(migration.STEPS) == set(range(1, config.FORMAT))


def test_a_check_is_plain_data():
    assert Check("x", "ok", "y").advice == ""
