"""What a program reaches outside itself: other programs, addresses, databases, files that vanish."""

from __future__ import annotations

from pathlib import Path

import pytest
from programs import Lineage, run_program, violations_of

from provkit.model import Reference

SERVER = """
import http.server, threading, urllib.request
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a,b")
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), H)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/data.csv?token=ghp_abcdefghijklmnopqrstuvwxyz0123456789"
with urllib.request.urlopen(address) as answer:
    c = answer.read()
server.shutdown()
"""


def test_command_lines_of_other_programs_are_told_and_used(tmp_path: Path) -> None:
    source = (
        "import os, subprocess\n"
        "a = subprocess.run(['echo', '--password', 'correct horse', 'b'], capture_output=True).stdout\n"
        "s = os.system('true')\n"
    )
    trial = run_program(tmp_path, source)
    told = {one.key: one.value for one in trial.settings if one.key.startswith("process.")}
    assert told == {"process.1": "echo --password [redacted] b", "process.2": "true"}
    used = {use.entity for execution in trial.executions for use in execution.usages}
    assert {Reference("setting", key) for key in told} <= used
    assert violations_of(trial) == []


def test_programs_that_a_library_starts_for_itself_are_not_told(tmp_path: Path) -> None:
    trial = run_program(tmp_path, "import ctypes.util\na = ctypes.util.find_library('c')\n")
    assert not any(one.key.startswith("process.") for one in trial.settings)


def test_an_address_that_was_read_is_where_it_came_from(tmp_path: Path) -> None:
    trial = run_program(tmp_path, SERVER)
    found = [ref.key for ref in Lineage(trial).of("c") if ref.kind == "file"]
    assert len(found) == 1
    assert found[0].startswith("http://127.0.0.1:")
    assert "/data.csv" in found[0]
    assert "ghp_" not in found[0]
    assert violations_of(trial) == []


def test_a_file_that_vanishes_is_still_a_link(tmp_path: Path) -> None:
    source = (
        "import os, tempfile\n"
        "v = 'x'\n"
        "with tempfile.TemporaryDirectory(dir='.') as folder:\n"
        "    path = os.path.join(folder, 'a.txt')\n"
        "    with open(path, 'w') as f:\n"
        "        n = f.write(v)\n"
        "    with open(path) as g:\n"
        "        c = g.read()\n"
    )
    trial = run_program(tmp_path, source)
    assert {2, 6, 8} <= Lineage(trial).lines("c")
    state = next(file for file in trial.files if file.path.endswith("a.txt"))
    assert state.digest is not None


@pytest.mark.parametrize("verb", ["execute", "cursor().execute"])
def test_a_database_came_from_what_was_put_into_it(verb: str, tmp_path: Path) -> None:
    source = (
        "import sqlite3\n"
        "db = sqlite3.connect('t.db')\n"
        "v = 3\n"
        "r = db.execute('create table t (a)')\n"
        f"s = db.{verb}('insert into t values (?)', (v,))\n"
        "db.commit()\n"
        "db.close()\n"
        "again = sqlite3.connect('t.db')\n"
        "c = again.execute('select a from t').fetchall()\n"
    )
    trial = run_program(tmp_path, source)
    assert {2, 3, 4, 5, 6} <= Lineage(trial).lines("c")


MOVED = """
import os, shutil, tempfile
os.mkdir("new")
x = [1, 2]
with open("new/a.txt", "w") as f:
    f.write(str(x))
with tempfile.TemporaryFile("w+") as t:
    t.write("nowhere")
os.mkdir("old")
shutil.rmtree("old")
os.rename("new", "old")
c = open("old/a.txt").read()
"""


def test_what_is_in_a_folder_moves_with_it_and_folders_are_no_files(tmp_path: Path) -> None:
    trial = run_program(tmp_path, MOVED)
    files = {file.path: file for file in trial.files if not file.path.endswith(".py")}
    assert sorted(files) == ["new/a.txt", "old/a.txt"]
    assert files["new/a.txt"].digest == files["old/a.txt"].digest is not None
    lineage = Lineage(trial)
    assert lineage.lines("c") == {4, 5, 6, 11, 12}
    assert violations_of(trial) == []


WORKERS = """
from multiprocessing import get_context
def work(n):
    with open(f"part{n}.txt", "w") as f:
        f.write(str(n))
    return n
if __name__ == "__main__":
    with get_context("spawn").Pool(2) as pool:
        a = pool.map(work, [1, 2])
"""


def test_processes_that_are_not_looked_into_are_said(tmp_path: Path) -> None:
    trial = run_program(tmp_path, WORKERS)
    assert [one for one in trial.warnings if "files that 2 processes of multiprocessing" in one]
    assert run_program(tmp_path / "none", "import multiprocessing.pool\na = 1\n").warnings == ()


def test_byte_code_is_no_file_of_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    trial = run_program(tmp_path, "import mine\na = mine.b\n", files={"mine.py": "b = 1\n"})
    assert (tmp_path / "__pycache__").is_dir()
    assert sorted(file.path for file in trial.files) == ["mine.py", "program.py"]
