"""`provkit capture`: what is the program's, what is provkit's, and how each ends."""

import json
import signal

import pytest

from provkit.cli.capture import split


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("PROVKIT_STORE", "PROVKIT_DISABLED", "PROVKIT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


PARTED = [
    (["train.py"], ("script", "train.py", ())),
    (["train.py", "--name", "x"], ("script", "train.py", ("--name", "x"))),
    (["train.py", "--help"], ("script", "train.py", ("--help",))),
    (["train.py", "--", "-x"], ("script", "train.py", ("--", "-x"))),
    (["--", "-odd.py", "-x"], ("script", "-odd.py", ("-x",))),
    (["--name", "n", "train.py", "-q"], ("script", "train.py", ("-q",))),
    (["--name=n", "train.py"], ("script", "train.py", ())),
    (["-m", "pkg.train", "--name", "x"], ("module", "pkg.train", ("--name", "x"))),
    (["-mpkg.train", "-c"], ("module", "pkg.train", ("-c",))),
    (["-c", "print(1)", "-m", "x"], ("command", "print(1)", ("-m", "x"))),
    (["-q", "-c", "pass"], ("command", "pass", ())),
]


@pytest.mark.parametrize(("words", "parted"), PARTED, ids=str)
def test_what_follows_the_target_is_the_programs(words, parted):
    asked = split(words)

    assert (asked.kind, asked.target, asked.arguments) == parted
    assert not asked.help


def test_help_before_the_target_is_provkits():
    assert split(["--name", "x", "-h", "train.py"]).help
    assert not split(["--name", "--help", "train.py"]).help


ENDINGS = [
    ("pass", 0, "completed"),
    ("raise SystemExit(7)", 7, "failed"),
    ("raise ValueError('no rows')", 1, "failed"),
    ("import os; os._exit(3)", 3, "failed"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "aborted"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, "aborted"),
]


@pytest.mark.parametrize(("text", "status", "told"), ENDINGS, ids=str)
def test_capture_ends_as_the_program_ends(folder, provkit_process, text, status, told):
    (folder / "p.py").write_text(text + "\n")

    assert provkit_process("capture", "-q", "p.py").returncode == status
    assert f"{told}" in provkit_process("trials").stdout


def test_streams_are_the_programs_own_but_for_one_line(folder, provkit_process):
    (folder / "p.py").write_text(
        "import sys\nprint(sys.argv[1:], sys.stdin.read())\nprint('oh', file=sys.stderr)\n"
    )
    said = provkit_process("run", "--name", "n", "p.py", "--name", "x", "--help", input="in")

    assert said.stdout == "['--name', 'x', '--help'] in\n"
    lines = said.stderr.splitlines()
    assert lines[0] == "oh"
    assert lines[1].startswith("provkit: trial ")
    assert lines[1].endswith("provkit show last")
    assert len(lines) == 2
    assert provkit_process("run", "-q", "p.py", input="").stderr == "oh\n"


def test_name_tags_and_note_are_said_of_the_trial(folder, provkit_process):
    (folder / "p.py").write_text("x = 1\n")
    provkit_process("capture", "--name", "n", "--tag", "a", "--tag=b", "--note", "why", "p.py")
    page = provkit_process("show", "n").stdout

    assert "tags       a, b" in page
    assert "note       why" in page


def test_the_parameter_may_be_a_module_or_a_text(folder, provkit_process):
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").touch()
    (folder / "pkg" / "train.py").write_text("import sys\nx = 2\nprint(__name__, sys.argv[1:])\n")

    assert provkit_process("run", "-m", "pkg.train", "-v").stdout == "__main__ ['-v']\n"
    assert provkit_process("run", "-c", "y = 3; print(y)", "-v").stdout == "3\n"
    assert "y@1 = 3" in provkit_process("lineage", "last", "y").stdout
    assert "x@1 = 2" in provkit_process("lineage", "last~1", "x").stdout


def test_what_was_removed_moved_or_written_over_is_no_file_that_came_out(folder, provkit_process):
    (folder / "p.py").write_text("""\
import os, shutil, tempfile
with tempfile.NamedTemporaryFile("w", dir=".", delete=False) as file:
    file.write("1")
os.replace(file.name, "placed.txt")
for round in range(3):
    with open("last.txt", "w") as file:
        file.write(str(round))
with open("gone.txt", "w") as file:
    file.write("2")
os.remove("gone.txt")
shutil.copy("placed.txt", "copy.txt")
""")

    told = provkit_process("capture", "p.py")
    shown = provkit_process("show", "last", "-f", "json")
    checked = provkit_process("validate", "last", "--constraints")

    assert "0 files in, 3 out" in told.stderr
    outputs = json.loads(shown.stdout)["outputs"]
    assert {one["path"] for one in outputs} == {"placed.txt", "last.txt", "copy.txt"}
    assert checked.returncode == 0


def test_disabled_runs_plainly(folder, provkit_process):
    (folder / "p.py").write_text("import sys\nprint(sys.argv)\nsys.exit(5)\n")
    said = provkit_process("capture", "p.py", "-x", env={"PROVKIT_DISABLED": "1"})

    assert (said.returncode, said.stdout, said.stderr) == (5, "['p.py', '-x']\n", "")
    assert not (folder / ".provkit").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("no-such.py",), 3),
        (("folder",), 3),
        (("--python", "/no/such/python", "p.py"), 3),
        (("--store", "/proc/no-such/store", "p.py"), 4),
        (("--detail", "everything", "p.py"), 2),
    ],
    ids=str,
)
def test_what_cannot_start_leaves_no_trace(folder, provkit_process, words, status):
    (folder / "p.py").write_text("open('ran', 'w').close()\n")
    (folder / "folder").mkdir()
    said = provkit_process("capture", *words)

    assert said.returncode == status
    assert said.stderr.startswith("provkit: error: ")
    assert said.stderr.count("\n") == 1
    assert not (folder / "ran").exists()
    assert not list(folder.glob(".provkit/journals/*"))


def test_a_syntax_error_is_reported_as_python_does(folder, provkit_process):
    (folder / "p.py").write_text("x = (\n")
    said = provkit_process("capture", "-q", "p.py")

    assert said.returncode == 1
    assert "SyntaxError" in said.stderr


def test_a_store_that_fails_at_the_end_keeps_journal_and_status(folder, provkit_process):
    (folder / "p.py").write_text(
        "import os, sys\nx = 41\nos.chmod('.provkit/trials', 0o500)\n"
        "os.rename('.provkit/trials', '.provkit/away')\nopen('.provkit/trials', 'w').close()\n"
        "sys.exit(6)\n"
    )
    said = provkit_process("capture", "p.py")

    assert said.returncode == 6
    assert "provkit recover" in said.stderr
    assert "Traceback" not in said.stderr
    assert list((folder / ".provkit" / "journals").iterdir())

    (folder / ".provkit" / "trials").unlink()
    (folder / ".provkit" / "away").rename(folder / ".provkit" / "trials")
    (folder / ".provkit" / "trials").chmod(0o700)
    recovered = provkit_process("recover")
    assert recovered.returncode == 0
    assert len(recovered.stdout.split()) == 1
    assert not list((folder / ".provkit" / "journals").iterdir())
    assert "x@1 = 41" in provkit_process("lineage", "last", "x").stdout


def test_a_killed_capture_is_taken_in_by_the_next_command(folder, provkit_process):
    (folder / "p.py").write_text(
        "import os, signal\nx = 41\nos.kill(os.getppid(), signal.SIGKILL)\n"
    )
    killed = provkit_process("capture", "p.py")
    assert killed.returncode == -signal.SIGKILL

    import time

    for _ in range(50):  # the program notices that its parent is gone
        said = provkit_process("trials")
        if "recovered trial" in said.stderr:
            break
        time.sleep(0.1)
    assert "recovered trial" in said.stderr
    assert "x@1 = 41" in provkit_process("lineage", "last", "x").stdout


def test_the_first_capture_makes_the_store_and_a_later_one_below_finds_it(folder, provkit_process):
    (folder / "sub").mkdir()
    (folder / "sub" / "p.py").write_text("x = 1\n")
    provkit_process("capture", "-q", "sub/p.py")
    provkit_process("capture", "-q", "p.py", cwd=folder / "sub")

    assert not (folder / "sub" / ".provkit").exists()
    assert len(provkit_process("trials").stdout.splitlines()) == 3
