"""Files that libraries read of their own accord while they are imported are not the user's data."""

from programs import run_program

LIBRARY = """\
import json
import os

with open(os.path.expanduser("~/.settled/settled.json")) as file:
    SETTINGS = json.load(file)


def load():
    with open(os.path.expanduser("~/.settled/cached.json")) as file:
        return json.load(file)
"""
PROGRAM = """\
import json
import os
import sys

sys.path.insert(0, "../site")
import settled

with open(os.path.expanduser("~/.mine.json")) as file:
    mine = json.load(file)
cached = settled.load()
"""


def test_settings_that_a_library_reads_when_it_is_imported_are_no_input(tmp_path, monkeypatch):
    home, site = tmp_path / "home", tmp_path / "site"
    (home / ".settled").mkdir(parents=True)
    site.mkdir()
    for name in (".settled/settled.json", ".settled/cached.json", ".mine.json"):
        (home / name).write_text("{}")
    (site / "settled.py").write_text(LIBRARY)
    monkeypatch.setenv("HOME", str(home))
    trial = run_program(tmp_path / "work", PROGRAM)
    assert [one.path.rpartition("/")[2] for one in trial.files if one.role != "code"] == [
        *(".mine.json", "cached.json"),
    ]
