"""Notebooks that others wrote: outputs under capture are those of a plain execution, slices run alone."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("numpy")

from real_notebooks import RealNotebook, compare, real_notebooks

FOUND = real_notebooks()


@pytest.mark.slow
@pytest.mark.skipif(not FOUND, reason="the notebooks of others are not here")
@pytest.mark.parametrize("one", FOUND, ids=lambda one: one.id)
def test_a_real_notebook_runs_as_it_does_plainly(one: RealNotebook, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    compared = compare(one, tmp_path, slices=False)
    assert not compared.differences
