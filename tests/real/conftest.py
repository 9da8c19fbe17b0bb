"""Real labelled data, from ABUSE_REAL_DATA or the folder the campaign file names by default."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from abuse.settings import Settings

DEFAULT = "../../../shared/data"


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The defaults a user has; the small suite's shortcuts would be slow on real sizes."""
    return Settings()


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("ABUSE_REAL_DATA") or Path(__file__).parent / DEFAULT).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set ABUSE_REAL_DATA to a folder with hop/ and ethereum_etl/")
    return folder
