"""One campaign, written once for all tests that only read it."""

from __future__ import annotations

import pytest

from abuse.simulate import write_campaign
from tests.simulate.written import ACCOUNTS, SEED, Files


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(write_campaign(tmp_path_factory.mktemp("sim"), accounts=ACCOUNTS, seed=SEED).parent)
