"""A notebook that is read, stored and rebuilt is the one that was read; what older versions lose is listed."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from saved_files import (
    METADATA,
    PNG,
    code,
    error,
    made,
    markdown,
    read,
    rebuilt,
    result,
    shown,
    stream,
)

from provkit.errors import BadInput

INPUTS = Path(os.environ.get("PROVKIT_INPUTS", "/nonexistent"))
"""Folder with real notebooks, which are not part of this repository."""

WHOLE = made(
    markdown("# T\n![a](attachment:a.png)", attachments={"a.png": {"image/png": PNG}, "b": {"text/plain": "x", "text/html": "y"}}),
    code("x = 1\nx", stream("a\n"), stream("b\n", "stderr"), result("1", 7, text_html="<b>1</b>"), count=7, metadata={"tags": ["a", "b"], "collapsed": True}),
    code("fig", shown({"image/png": PNG + "\n", "application/json": {"k": [1, None, 2.5]}, "image/svg+xml": "<svg/>"}, {"image/png": {"width": 3}}), count=9),
    code("1/0", error("ZeroDivisionError", "division by zero", "\x1b[31mline\n two", "end"), count=3),
    {"cell_type": "raw", "id": "raw", "metadata": {"raw_mimetype": "text/latex"}, "source": "\\x"},
    code("empty bundle", shown({}), shown({"text/plain": ""})),
    code(""),
    metadata={**METADATA, "title": "é \ud83d\ude00", "authors": [{"name": "Ada"}], "nested": {"a": {"b": [1, {"c": None}]}}},
)  # fmt: skip


def test_everything_comes_back(tmp_path):
    assert read(rebuilt(tmp_path, WHOLE)) == read(WHOLE)


def test_nbformat_reads_the_same_from_both(tmp_path):
    back = rebuilt(tmp_path, WHOLE)
    nbformat.validate(nbformat.reads(back.decode(), as_version=4))
    assert nbformat.reads(back.decode(), as_version=4) == nbformat.reads(
        json.dumps(WHOLE), as_version=4
    )


@pytest.mark.parametrize("minor", range(5))
def test_versions_before_ids_come_back_without_them(tmp_path, minor):
    document = made(markdown("# T"), code("x", stream("1"), count=2), minor=minor)
    back = json.loads(rebuilt(tmp_path, document))
    assert all("id" not in cell for cell in back["cells"])
    assert read(json.dumps(back).encode()) == read(document)


LOST = {
    "nbformat 3: its version": {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [], "metadata": {}}]},
    "nbformat 3: headings": {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "a", "metadata": {}}]}]},
    "nbformat 3: worksheets": {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}, {"cells": []}]},
    "repaired: unknown keys": made({**code("x"), "colour": "red"}),
    "repaired: equal ids": made(code("x", id="a"), code("y", id="a")),
    "redacted: secrets": made(code("t = 'ghp_a1B2c3D4e5a1B2c3D4e5a1B2c3D4e5a1B2c3'")),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
@pytest.mark.xfail(strict=True, reason="docs/notebooks.md: what does not come back")
def test_what_does_not_come_back(tmp_path, name):
    assert json.loads(rebuilt(tmp_path, LOST[name])) == LOST[name]


def test_the_page_lists_what_does_not_come_back():
    page = (Path(__file__).resolve().parents[2] / "docs" / "notebooks.md").read_text()
    assert all(f"| {name} |" in page for name in LOST)


# ------------------------------------------------------------------ generated notebooks

texts = st.text(st.characters(codec=None), max_size=30)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
metadata = st.dictionaries(texts, any_json, max_size=3)
mimes = st.sampled_from(
    [
        "text/plain",
        "text/html",
        "image/png",
        "image/svg+xml",
        "application/pdf",
        "application/vnd.x.v1",
    ]
)
bundles = st.dictionaries(
    mimes,
    texts
    | st.binary(max_size=80).map(lambda octets: __import__("base64").b64encode(octets).decode()),
    max_size=4,
)
bundles = st.builds(
    lambda plain, rich: {**plain, **rich},
    bundles,
    st.dictionaries(
        st.sampled_from(["application/json", "application/x+json"]), any_json, max_size=2
    ),
)
counts = st.none() | st.integers(0, 10**6)
outputs = st.one_of(
    st.builds(stream, texts, st.sampled_from(["stdout", "stderr"])),
    st.builds(shown, bundles, metadata),
    st.builds(
        lambda data, more, count: {
            **shown(data, more),
            "output_type": "execute_result",
            "execution_count": count,
        },
        bundles,
        metadata,
        counts,
    ),
    st.builds(
        lambda name, message, lines: {
            "output_type": "error",
            "ename": name,
            "evalue": message,
            "traceback": lines,
        },
        texts,
        texts,
        st.lists(texts, max_size=3),
    ),
)
sources = texts | st.sampled_from(
    ["x = 1", "print(x)", "%matplotlib inline", "def f():\n    return x", "await y"]
)
cells = st.one_of(
    st.builds(
        lambda source, outs, count, more: code(source, *outs, count=count, metadata=more),
        sources,
        st.lists(outputs, max_size=3),
        counts,
        metadata,
    ),
    st.builds(lambda source, more: {**markdown(source), "metadata": more}, sources, metadata),
    st.builds(
        lambda source, files: markdown(source, attachments=files),
        sources,
        st.dictionaries(
            st.text("abc.é ", min_size=1, max_size=5),
            st.dictionaries(mimes, texts, min_size=1, max_size=2),
            min_size=1,
            max_size=2,
        ),
    ),
)
notebooks = st.builds(
    lambda found, minor, more: made(*found, minor=minor, metadata=more),
    st.lists(cells, max_size=5),
    st.integers(0, 5),
    metadata,
)


def _round_trip(folder, document):
    assert read(rebuilt(folder, document)) == read(document)


@given(notebooks)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_notebook_comes_back(tmp_path, document):
    _round_trip(tmp_path, document)


@pytest.mark.slow
@given(notebooks)
@settings(
    max_examples=1500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_notebook_of_many_comes_back(tmp_path, document):
    _round_trip(tmp_path, document)


# ------------------------------------------------------------------ real notebooks


def _real():
    return sorted(path for path in INPUTS.glob("*.ipynb/**/*.ipynb") if path.is_file())


@pytest.mark.skipif(
    not INPUTS.is_dir(), reason="PROVKIT_INPUTS names no folder with real notebooks"
)
def test_real_notebooks_come_back_or_are_refused_in_one_sentence(tmp_path):
    """Those of nbformat 3 come back as the 4 that Jupyter makes of them."""
    paths = _real()
    assert len(paths) >= 40
    refused, redacted = [], []
    for path in paths:
        content = path.read_bytes()
        try:
            before = read(content)
        except BadInput as error:
            refused.append(str(error))
            continue
        written = rebuilt(tmp_path, content)
        back = read(written)
        if b"[redacted]" in written:
            redacted.append(path.name)
            continue
        assert back[1:] == before[1:], path
        assert back[0] == before[0] or before[0][0] == 3, path
    assert all("\n" not in said for said in refused)
    assert len(refused) <= 1
    # `%lsmagic` lists the magic `pwd`, which is taken for the name of a password
    assert set(redacted) <= {"Beyond Plain Python.ipynb", "Cell Magics.ipynb"}
