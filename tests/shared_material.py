"""Where the published vocabularies and test suites are, if they are here."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("PROVKIT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the published suites are not beside the repository"
)
