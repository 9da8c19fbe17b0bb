"""One lake, one console and one browser for all; a campaign or a cluster of its own for each test that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.farms import Farm, put
from tests.browser.reader import Reader, browsing
from tests.browser.server import Server, serving
from tests.browser.showcase import showcase

Someone = Callable[..., Reader]
FARMS = [Farm(number) for number in range(1, 65)]
"""Of the campaign `drop`; each test takes the next."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("browser") / "lake"
    showcase(found)
    put(found, "drop", FARMS, name="Spring drop")
    return found


@pytest.fixture(scope="session")
def server(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What it logs is looked at in the end: no fault, and nobody's token."""
    with serving(lake, tmp_path_factory.mktemp("console")) as found:
        yield found
    assert "Traceback" not in found.logged
    assert not [token for token in found.staff.token.values() if token in found.logged]


@pytest.fixture(scope="session")
def _farms() -> Iterator[Farm]:
    return iter(FARMS)


@pytest.fixture
def farm(_farms: Iterator[Farm]) -> Farm:
    """One that no other test decides on."""
    return next(_farms)


@pytest.fixture
def another_farm(_farms: Iterator[Farm]) -> Farm:
    return next(_farms)


@pytest.fixture
def someone(chromium: Browser, server: Server) -> Iterator[Someone]:
    """name -> their browser, logged in unless the name is empty; how: as `Reader.at`."""
    readers: list[Reader] = []

    def come(name: str = "", to: str = "", **how: object) -> Reader:
        reader = Reader.at(chromium, server, **how)  # type: ignore[arg-type] # told by the caller
        readers.append(reader)
        return reader.log_in(name, to) if name else reader

    yield come
    for reader in readers:
        reader.leave()
