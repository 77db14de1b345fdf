"""Whatever is killed or missing: what was recorded is stored, once, and the rest is said clearly."""

import fcntl
import os
import shutil
import signal
import subprocess
import time

import pytest
from commands import ENVIRONMENT, command, journals, provkit, sealed

from provkit import api
from provkit.store import LocalStore

SEEN = "import os, sys\nbefore = 7\nprint('begun', before, flush=True)\n"
KILLS_ITSELF = SEEN + "os.kill(os.getpid(), 9)\nafter = 8\n"
WAITS = SEEN + "import time\ntime.sleep(30)\n"
ENDS = SEEN + "after = before + 1\nsys.exit(5)\n"
LEAVES = SEEN + "os._exit(6)\n"

MOMENTS = {
    "before assembling": "import provkit.assembly as a; a.assemble = kill",
    "before mapping": "import provkit.mapping as m; m.quads_of = kill",
    "before annotating": "from provkit.store import LocalStore as S; S.annotate = kill",
    "after annotating": "from provkit.store import LocalStore as S; old = S.annotate; S.annotate = lambda *a: (old(*a), kill())",
    "before sealing": "from provkit.store import LocalStore as S; S.seal = kill",
    "while sealing": "import os as o; o.fsync = kill",
    "after sealing": "from provkit.store import LocalStore as S; old = S.seal; S.seal = lambda *a: (old(*a), kill())",
    "while noting it in the catalog": "from provkit.store.catalog import Catalog as C; C.add = kill",
    "while removing the journal": "import shutil, os as o; shutil.rmtree = lambda f, **_: (o.unlink(f / 'circumstances.json'), kill())",
}


@pytest.fixture
def folder(tmp_path):
    for name, source in {
        "kills": KILLS_ITSELF,
        "waits": WAITS,
        "ends": ENDS,
        "leaves": LEAVES,
    }.items():
        (tmp_path / f"{name}.py").write_text(source)
    LocalStore.create(tmp_path / ".provkit")
    return tmp_path


@pytest.fixture
def orphan(folder):
    """A store with the journal of one capture whose parent was killed before it assembled."""
    result = provkit(folder, "capture", "ends.py", doctored=MOMENTS["before assembling"])
    assert result.returncode == -signal.SIGKILL
    (journal,) = journals(folder)
    return journal


def summaries(folder):
    return LocalStore.find(folder).summaries()


# ------------------------------------------------------------------ killed


def test_a_killed_program_is_an_aborted_trial_and_the_parent_dies_alike(folder):
    result = provkit(folder, "capture", "kills.py")
    assert (result.returncode, result.stdout) == (-signal.SIGKILL, "begun 7\n")
    (trial,) = summaries(folder)
    (text,) = sealed(folder).values()
    assert (trial.status, journals(folder)) == ("aborted", [])
    assert "before@1" in text or "/before" in text
    assert "begun 7" in text


@pytest.mark.parametrize("victims", ["parent", "both"])
def test_a_killed_parent_leaves_an_orphan_that_the_next_command_stores(folder, victims):
    parent = subprocess.Popen(
        command("capture", "waits.py", "--name-of-program"),
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout.readline() == b"begun 7\n"
    (journal,) = journals(folder)
    (program,) = journal.glob("*.jsonl")
    until = time.monotonic() + 10
    while "begun 7" not in program.read_text() and time.monotonic() < until:
        time.sleep(0.01)
    if victims == "both":
        os.kill(int(program.stem), signal.SIGKILL)
    parent.kill()
    parent.communicate(timeout=10)
    until = time.monotonic() + 10
    while is_alive(int(program.stem)) and time.monotonic() < until:
        time.sleep(0.01)

    listed = provkit(folder, "trials")

    assert f"recovered trial {journal.name[:8]}, which was interrupted" in listed.stderr
    assert [trial.status for trial in summaries(folder)] == ["aborted"]
    assert "begun 7" in sealed(folder)[journal.name]
    assert journals(folder) == []
    assert provkit(folder, "recover").stderr.count("recovered") == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_parent_killed_after_the_end_leaves_all_that_is_known(folder, moment):
    words = ("capture", "--name", "first", "--tag", "t", "ends.py")
    result = provkit(folder, *words, doctored=MOMENTS[moment])
    assert (result.returncode, result.stdout) == (-signal.SIGKILL, "begun 7\n")
    before = sealed(folder)

    api.recover(store=folder)

    (trial,) = summaries(folder)
    assert (trial.status, trial.exit_status, trial.name, trial.tags) == (
        "failed",
        5,
        "first",
        ("t",),
    )
    assert journals(folder) == []
    assert not before or sealed(folder) == before
    assert "cpuSeconds" in sealed(folder)[trial.id]


def test_the_status_of_a_program_that_said_no_end_is_recovered_too(folder):
    provkit(folder, "capture", "leaves.py", doctored=MOMENTS["before assembling"])
    api.recover(store=folder)
    (trial,) = summaries(folder)
    assert (trial.status, trial.exit_status) == ("failed", 6)


# ------------------------------------------------------------------ races


def test_eight_recoveries_at_once_store_a_trial_once(orphan, folder):
    racers = [
        subprocess.Popen(
            command("recover"), cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    said = [racer.communicate(timeout=60)[1] for racer in racers]
    assert "couldn't" not in "".join(said)
    assert [trial.exit_status for trial in summaries(folder)] == [5]
    assert journals(folder) == []


def test_a_journal_whose_parent_lives_is_left_alone(orphan, folder):
    with (orphan / "parent.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert api.recover(store=folder) == []
    assert api.recover(store=folder) == [orphan.name]


def test_a_journal_whose_program_lives_is_left_alone(orphan, folder):
    (journal,) = orphan.glob("*.jsonl")
    with journal.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert api.recover(store=folder) == []
    assert api.recover(store=folder) == [orphan.name]


def test_a_stored_trial_is_not_made_poorer_by_what_is_left_of_its_journal(orphan, folder):
    shutil.copytree(orphan, folder / "kept")
    api.recover(store=folder)
    before = sealed(folder)
    shutil.copytree(folder / "kept", orphan)
    for journal in orphan.glob("*.jsonl"):
        journal.unlink()
    assert api.recover(store=folder) == []
    assert (sealed(folder), journals(folder)) == (before, [])


def test_a_stored_trial_that_was_damaged_is_made_again_from_its_journal(orphan, folder):
    shutil.copytree(orphan, folder / "kept")
    api.recover(store=folder)
    before = sealed(folder)
    (segment,) = (folder / ".provkit" / "trials").iterdir()
    segment.write_bytes(segment.read_bytes()[:-20])
    shutil.copytree(folder / "kept", orphan)
    assert api.recover(store=folder) == [orphan.name]
    assert sealed(folder) == before


# ------------------------------------------------------------------ what is left of a journal


def the_journal(orphan):
    (journal,) = orphan.glob("*.jsonl")
    return journal


def cut_in_a_line(orphan):
    content = the_journal(orphan).read_bytes()
    the_journal(orphan).write_bytes(content[: content.rindex(b'"done"') + 3])


def garbage(orphan):
    the_journal(orphan).write_bytes(os.urandom(4096))


def nonsense_events(orphan):
    lines = the_journal(orphan).read_text().splitlines(keepends=True)
    more = [
        '["done",99,5]\n',
        '["bind","x",7,[],[],[]]\n',
        "[]\n",
        '{"a":1}\n',
        '["value",[],{},3]\n',
        '["call",77,"1.0",1,2,3,null,null,[]]\n',
        '["step",4,0,"99.7",null,3]\n',
        '["failed",88,1,"E","m"]\n',
        '["end","soon",0]\n',
    ]
    the_journal(orphan).write_text("".join([*lines[:4], *more, *lines[4:]]))


def emptied(orphan):
    the_journal(orphan).write_bytes(b"")


def no_journal(orphan):
    the_journal(orphan).unlink()


def no_source(orphan):
    for source in orphan.glob("source-*"):
        source.unlink()


def unknown_version(orphan):
    text = the_journal(orphan).read_text()
    the_journal(orphan).write_text(text.replace('["journal",1,', '["journal",99,', 1))


def no_outcome(orphan):
    (orphan / "outcome.json").unlink()


def damaged_outcome(orphan):
    (orphan / "outcome.json").write_text('{"exit_status": ')


def cut_everywhere(orphan):
    cut_in_a_line(orphan)
    no_outcome(orphan)


STORED = {
    cut_in_a_line: "",
    garbage: "it does not begin with a 'journal' event",
    nonsense_events: "of the journal could not be",
    emptied: "it is empty",
    no_journal: "no journal",
    no_source: "is not beside the journal",
    unknown_version: "it is of version 99",
    no_outcome: "",
    damaged_outcome: "",
    cut_everywhere: "",
}


@pytest.mark.parametrize("damage", STORED, ids=lambda damage: damage.__name__)
def test_what_is_left_of_a_journal_is_stored_and_what_is_missing_is_said(orphan, folder, damage):
    damage(orphan)
    assert api.recoveries(store=folder) == [(orphan.name, None)]
    assert STORED[damage] in sealed(folder)[orphan.name]
    assert provkit(folder, "show", "last").returncode == 0


def no_circumstances(orphan):
    (orphan / "circumstances.json").unlink()


def circumstances_of_garbage(orphan):
    (orphan / "circumstances.json").write_bytes(os.urandom(100))


def circumstances_of_another_kind(orphan):
    (orphan / "circumstances.json").write_text("[1, 2]")


def circumstances_of_another_trial(orphan):
    path = orphan / "circumstances.json"
    path.write_text(path.read_text().replace(orphan.name, "../../escaped"))


KEPT = [
    no_circumstances,
    circumstances_of_garbage,
    circumstances_of_another_kind,
    circumstances_of_another_trial,
]


@pytest.mark.parametrize("damage", KEPT, ids=lambda damage: damage.__name__)
def test_what_cannot_be_stored_is_kept_and_hides_no_other(orphan, folder, damage):
    damage(orphan)
    before = {path.name: path.read_bytes() for path in orphan.iterdir()}
    provkit(folder, "capture", "ends.py", doctored=MOMENTS["before assembling"])

    said = provkit(folder, "trials")

    assert said.stderr.count("recovered trial") == 1
    assert said.stderr.count(f"couldn't recover trial {orphan.name[:8]}") == 1
    assert said.returncode == 0
    assert "Traceback" not in said.stderr
    assert {path.name: path.read_bytes() for path in orphan.iterdir()} == before
    assert len(summaries(folder)) == 1


@pytest.mark.parametrize("content", [[], ["parent.lock"], ["parent.lock", "circumstances.part"]])
def test_a_folder_in_which_nothing_is_told_is_cleared_away(folder, content):
    store = LocalStore.create(folder / ".provkit")
    empty = store.journals / ("a" * 32)
    empty.mkdir()
    for name in content:
        (empty / name).touch()
    assert api.recoveries(store=folder) == []
    assert journals(folder) == []


def test_a_folder_that_cannot_be_read_is_said_and_hides_no_other(orphan, folder):
    closed = orphan.with_name("b" * 32)
    closed.mkdir(mode=0)
    said = provkit(folder, "trials", bound=True)
    assert "recovered trial" in said.stderr
    assert f"couldn't recover trial {closed.name[:8]}: Permission denied" in said.stderr
    assert said.returncode == 0
    closed.chmod(0o700)


# ------------------------------------------------------------------ a store that cannot be written


def test_a_store_removed_while_the_program_ran_leaves_its_status_and_a_word(folder):
    (folder / "removes.py").write_text(
        SEEN + "import shutil\nshutil.rmtree('.provkit')\nsys.exit(7)\n"
    )
    result = provkit(folder, "capture", "removes.py")
    assert (result.returncode, result.stdout) == (7, "begun 7\n")
    assert "couldn't store trial" in result.stderr
    assert "journal is gone" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_store_that_could_not_be_written_is_told_and_recovered_later(folder):
    """The folder of segments has become a file while the program ran."""
    (folder / "blocks.py").write_text(
        SEEN
        + "os.rename('.provkit/trials', 'aside')\nopen('.provkit/trials', 'w').close()\nsys.exit(7)\n"
    )
    result = provkit(folder, "capture", "blocks.py")
    assert (result.returncode, result.stdout) == (7, "begun 7\n")
    assert 'its journal is kept, try "provkit recover"' in result.stderr
    (folder / ".provkit" / "trials").unlink()
    (folder / "aside").rename(folder / ".provkit" / "trials")
    recovered = provkit(folder, "recover")
    assert recovered.returncode == 0
    (trial,) = summaries(folder)
    assert (trial.status, trial.exit_status, journals(folder)) == ("failed", 7, [])


def test_nothing_is_started_if_the_store_cannot_be_written_at_first(folder):
    LocalStore.create(folder / ".provkit")
    (folder / ".provkit" / "journals").rmdir()
    (folder / ".provkit" / "journals").write_text("in the way")
    result = provkit(folder, "capture", "ends.py")
    assert (result.returncode, result.stdout) == (4, "")
    assert "nothing was started" in result.stderr


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
