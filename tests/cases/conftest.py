"""Settings under which cases are judged."""

from __future__ import annotations

import dataclasses

import pytest

from abuse.settings import Ingest, Settings

MAX_STALE_DAYS = 10.0
"""Movements of the cases end nine days before their as_of, so that only a case about stale data is held for that."""


@pytest.fixture(scope="session")
def patient(settings: Settings) -> Settings:
    return dataclasses.replace(settings, ingest=Ingest(max_stale_days=MAX_STALE_DAYS))
