"""Of what is dear to make only so much stays in memory as somebody may ask for again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from abuse.console.kept import Kept
from tests.console.conftest import ConsoleOf, Served
from tests.console.lakes import FARM
from tests.console.people import ON

CLUSTER = f"{ON}/clusters/{FARM}"


def test_of_what_has_versions_one_stays_and_the_least_asked_for_goes() -> None:
    kept = Kept(2)
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [kept.latest("a", version, make) for version in (1, 1, 2, 2)] == [0, 0, 1, 1]
    assert [kept.latest(key, 1, make) for key in ("b", "b")] == [2, 2]
    assert kept.latest("a", 2, make) == 1, "it was asked for before b"
    assert kept.latest("c", 1, make) == 3
    assert [kept.latest("a", 2, make), kept.latest("b", 1, make)] == [1, 4], "b was asked for longest ago"


def test_what_people_said_is_kept_once_however_much_they_say(console_of: ConsoleOf) -> None:
    ann = console_of("ann")
    for note in ("one", "two", "three"):
        ann.done(CLUSTER, CLUSTER, action="note", note=note)
        ann.page(f"{ON}/queue")
    keys = [key[0] for key in _kept(ann.client, "kept")]
    assert (keys.count("spoken"), keys.count("waits")) == (1, 1)


def test_what_is_as_long_as_who_changed_is_kept_apart_and_few(served: Served, lake: Path) -> None:
    client = served(lake)
    for size in range(2, 8):
        assert client.get(f"{ON}/dry-run?min_cluster_size={size}").status_code == 200
    assert client.get(f"{ON}/nights").status_code == 200
    assert [key[0] for key in _kept(client, "compared")] == ["dry run", "proven", "dry run", "diff"]
    assert not {"dry run", "diff"} & {key[0] for key in _kept(client, "kept")}


def _kept(client: TestClient, name: str) -> list[Any]:
    """The keys, longest ago first."""
    return list(getattr(client.app.app.state, name)._found)  # type: ignore[attr-defined] # inside the guard
