"""Tables, columns and the words for times and sizes."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provkit.cli import console
from provkit.cli.console import Column

COLUMNS = (Column("id"), Column("name", shrinks=True), Column("took", right=True))
ROWS = [
    {"id": "3f9a6c0d", "name": "a name that is rather long for a table", "took": "2.1 s"},
    {"id": "8c11d2a7", "name": None, "took": "10.0 s"},
]


def test_a_table_is_cut_to_the_terminal_only_where_it_may_be():
    lines = console.table(COLUMNS, ROWS, width=36).splitlines()

    assert (
        lines
        == [
            "ID        NAME                TOOK",
            "3f9a6c0d  a name that is rat…   2.1 s",
            "8c11d2a7                       10.0 s",
        ]
        or max(map(len, lines)) <= 36
    )
    assert lines[1].startswith("3f9a6c0d  a name")
    assert lines[1].endswith("2.1 s")
    assert "…" in lines[1]


def test_a_table_for_a_file_is_not_cut():
    assert "rather long for a table" in console.table(COLUMNS, ROWS, width=None)


texts = st.text(max_size=30)


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=6), st.integers(30, 120))
def test_whatever_the_cells_hold_each_row_is_one_line_that_fits(cells, width):
    columns = (Column("a", shrinks=True), Column("b", shrinks=True))
    drawn = console.table(columns, [{"a": a, "b": b} for a, b in cells], width=width)

    lines = drawn.split("\n")
    assert len(lines) == len(cells) + 2
    assert all(console.columns_of(line) <= width for line in lines)


@settings(deadline=None)
@given(texts)
def test_no_control_character_of_a_program_reaches_the_terminal(text):
    assert console.printable(text).isprintable()


def test_wide_characters_count_twice():
    assert console.columns_of("日本") == 4
    assert console.shortened("日本語の名前", 7) == "日本語…"


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"id": texts, "name": texts}), max_size=5))
def test_json_has_the_values_as_they_are(rows):
    columns = (Column("id"), Column("name"))

    assert json.loads(console.rows_as("json", columns, rows)) == rows


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"id": texts, "name": texts}), max_size=5))
def test_csv_reads_back(rows):
    import csv

    written = console.rows_as("csv", (Column("id"), Column("name")), rows)
    assert list(csv.DictReader(io.StringIO(written, newline=""))) == rows


def test_markdown_escapes_what_would_end_a_cell():
    written = console.rows_as("md", (Column("a"),), [{"a": "x|y\nz"}])

    assert written == "| a |\n|---|\n| x\\|y ⏎ z |\n"


@pytest.mark.parametrize(
    ("environment", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colour_follows_the_terminal_and_the_wish(monkeypatch, environment, terminal, wanted):
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]

    assert console.wants_colour(stream) is wanted


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(milliseconds=300), "just now"),
        (timedelta(seconds=42), "42 s ago"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=23), "23 h ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=60), "21 Sep 2026"),
    ],
)
def test_a_moment_is_said_as_a_person_would(before, said):
    assert console.ago(NOW - before, now=NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0.084, "0.08 s"), (2.14, "2.1 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")],
)
def test_a_duration_is_said_with_its_unit(seconds, said):
    assert console.lasted(seconds) == said


@pytest.mark.parametrize(
    ("size", "said"), [(845, "845 B"), (11264, "11.3 kB"), (1_400_000_000, "1.4 GB")]
)
def test_a_size_is_said_with_its_unit(size, said):
    assert console.sized(size) == said


def test_columns_of_lines_are_cut_at_their_end_only():
    lines = [("root", "a.py:1", "x = " + "y" * 60), ("└─ leaf", "", "")]
    drawn = console.aligned(lines, width=40, styles=("", "cyan", "dim"), colour=False)

    assert drawn.splitlines()[0] == "root     a.py:1  x = yyyyyyyyyyyyyyyyyy…"
    assert drawn.splitlines()[1] == "└─ leaf"


def test_colour_does_not_shift_columns():
    lines = [("root", "a.py:1", "x"), ("└─ leaf", "b.py:22", "y")]
    plain = console.aligned(lines, width=None, styles=("bold", "cyan", "dim"), colour=False)
    coloured = console.aligned(lines, width=None, styles=("bold", "cyan", "dim"), colour=True)

    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain
