"""The lake that most tests here begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.made_up import published


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return published(tmp_path / "lake")
