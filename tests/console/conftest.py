"""The console on a small lake, its read models made in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from abuse.console.app import READ_ONLY, console
from abuse.console.read.build import build
from abuse.console.read.making import Make
from abuse.console.who.access import Access
from abuse.settings import Console, Review
from abuse.tables import ClusterLineage
from tests.console.lakes import FARM, public_rows, publish
from tests.console.people import Browser, Staff, logged_in
from tests.lake.test_publication import NIGHT

RULES = Console(poll_s=0.0, wait_s=30.0, page_rows=4, failed_login_s=0.0)
Served = Callable[..., TestClient]
ConsoleOf = Callable[[str], Browser]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """lake -> a browser's view of its console."""
    clients: list[TestClient] = []

    def serve(
        lake: Path, rules: Console = RULES, make: Make = build, access: Access = READ_ONLY, review: Review | None = None
    ) -> TestClient:
        folder = tmp_path / "models"
        folder.mkdir(exist_ok=True)
        app = console(str(lake), folder, rules, ("testserver", "127.0.0.1"), make, access, review)
        scheme = "https" if access.is_closed else "http"
        clients.append(TestClient(app, f"{scheme}://testserver", raise_server_exceptions=False, follow_redirects=False))
        return clients[-1].__enter__()

    yield serve
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights: all clear but one in review, then all out but one. Nobody writes to it."""
    found = tmp_path_factory.mktemp("lake")
    publish(found, public_rows("clear"), as_of=NIGHT, run_id="run0")
    same = {"cluster_id": FARM, "parent_id": FARM, "change": "same", "num_shared": 10, "parent_as_of": NIGHT}
    rows = public_rows() | {ClusterLineage: [same]}
    publish(found, rows, as_of=NIGHT + timedelta(days=1), run_id="run1", minutes=1)
    return found


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return Staff.of(tmp_path)


@pytest.fixture
def ours(lake: Path, tmp_path: Path) -> Path:
    """A lake of one's own, to write in."""
    shutil.copytree(lake, tmp_path / "lake")
    return tmp_path / "lake"


@pytest.fixture
def console_of(served: Served, ours: Path, staff: Staff) -> ConsoleOf:
    """name -> their browser, logged in to one console."""
    client = served(ours, access=staff.access, review=Review(max_alone=5))
    return lambda name: logged_in(client, staff, name)
