"""The journal: what is written can be read, up to the last whole line, and what is documented is what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provkit.capture.journal import json_of, quote
from provkit.errors import BadJournal
from provkit.events import (
    EVENTS,
    CaptureDegraded,
    JournalBegan,
    StepBegan,
)
from provkit.journal_file import parse_event, read_journal

BEGAN = '["journal",1,"3f","0.1.0",1,1,0,"3.11.7","cpython","/usr/bin/python3",["/usr"],["/usr"],["a.py"],"/"]\n'
STEP = '["step",1,0,"1.0",null,5]\n'


def journal(folder: Path, text: str) -> Path:
    path = folder / "1.jsonl"
    path.write_text(text, encoding="ascii")
    return path


def test_reading_stops_before_a_line_that_was_being_written(tmp_path: Path) -> None:
    events = list(read_journal(journal(tmp_path, BEGAN + STEP + '["done",1')))
    assert [type(event) for event in events] == [JournalBegan, StepBegan]


@pytest.mark.parametrize(
    "garbage", ["{}\n", "nonsense\n", "[]\n", '["step",1]\n', "\n", "[" * 100_000 + "\n"]
)
def test_a_garbled_line_is_told_and_what_follows_is_kept(tmp_path: Path, garbage: str) -> None:
    events = list(read_journal(journal(tmp_path, BEGAN + garbage + STEP)))
    assert isinstance(events[1], CaptureDegraded)
    assert "line 2" in events[1].text
    assert isinstance(events[2], StepBegan)


def test_events_and_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    text = BEGAN + '["telepathy",1,2]\n["step",1,0,"1.0",null,5,"more"]\n'
    assert [type(event) for event in read_journal(journal(tmp_path, text))] == [
        JournalBegan,
        StepBegan,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        (STEP, "its first line is another event"),
        ("garbage\n", "does not begin with a 'journal' event"),
        (BEGAN.replace("1,", "2,", 1), "it is of version 2, and this provkit reads version 1"),
    ],
)
def test_what_is_no_journal_is_refused_in_one_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadJournal, match=re.escape(said)):
        list(read_journal(journal(tmp_path, text)))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(plain)
def test_plain_values_written_by_hand_read_back_equal(value: object) -> None:
    """The writer formats by hand, since `json.dumps` costs four times the write."""
    assert json.loads(json_of(value)) == value


@given(st.text())
def test_text_is_written_in_ascii_on_one_line(text: str) -> None:
    written = quote(text)
    assert written.isascii()
    assert "\n" not in written
    assert json.loads(written) == text


def test_numbers_that_json_lacks_read_back() -> None:
    assert json.loads(json_of(float("inf"))) == float("inf")
    assert json.loads(json_of(float("-inf"))) == float("-inf")
    assert json.loads(json_of(float("nan"))) != 0


def test_every_event_and_field_is_on_the_page() -> None:
    page = (Path(__file__).parents[1] / "docs" / "journal.md").read_text("utf-8")
    for name, kind in EVENTS.items():
        section = re.search(rf"^### `{name}`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
        assert section is not None, name
        fields = re.findall(r"^\| \d+ \| `(\w+)` \|", section[1], re.MULTILINE)
        assert fields == list(kind._fields)
    assert len(re.findall(r"^### `", page, re.MULTILINE)) == len(EVENTS)


def test_page_shows_lines_that_can_be_read() -> None:
    page = (Path(__file__).parents[1] / "docs" / "journal.md").read_text("utf-8")
    shown = re.findall(r"^\[\".*\]$", page, re.MULTILINE)
    assert len(shown) >= len(EVENTS)
    assert all(parse_event(line) is not None for line in shown)
