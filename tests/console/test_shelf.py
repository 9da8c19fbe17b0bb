"""A request is answered from one publication, whole; the next one takes its place without anybody waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from anyio import to_thread

from abuse.console.problems import NotFound, NotReady
from abuse.console.read import accounts
from abuse.console.read.build import build
from abuse.console.read.ledgers import Ledgers
from abuse.console.read.shelf import Shelf, build_apart
from abuse.errors import LakeError
from abuse.lake.publication import Publication, current
from abuse.settings import Console
from tests.console.conftest import RULES, Served
from tests.console.lakes import MEMBERS, public_rows, publish, work_rows
from tests.lake.test_publication import NIGHT


class Made:
    """`build`, held back while `gate` is closed, or that of its run."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.gates: dict[str, threading.Event] = {}

    def __call__(self, publication: Publication, file: Path) -> None:
        self.gates.get(publication.run.run_id, self.gate).wait(30)
        build(publication, file)


@pytest.fixture
def made() -> Iterator[Made]:
    held = Made()
    yield held
    held.gate.set()


def shelf(lake: Path, made: Made, rules: Console = RULES) -> Shelf:
    folder = lake / "work" / "console"
    folder.mkdir(parents=True, exist_ok=True)
    return Shelf(Ledgers(str(lake), rules.poll_s), folder, rules, made)


def verdict(found: Shelf, as_of: Any = None) -> str:
    with found.view("drop", as_of) as view:
        return str(accounts.account(view, MEMBERS[0])["verdict"])


def test_a_request_keeps_the_publication_it_began_with(tmp_path: Path, made: Made) -> None:
    publish(tmp_path, public_rows("clear"))
    found = shelf(tmp_path, made)
    with found.view("drop") as view:
        before = accounts.account(view, MEMBERS[0])["verdict"]
        publish(tmp_path, run_id="run2", minutes=1)
        for file in (tmp_path / "decisions").rglob("*.parquet"):
            file.unlink()  # the lake of this request may even go
        assert accounts.account(view, MEMBERS[0])["verdict"] == before == "clear"
        assert view.publication.run.run_id == "run1"


def test_the_newer_publication_is_swapped_in_whole(tmp_path: Path, made: Made) -> None:
    publish(tmp_path, public_rows("clear"))
    found = shelf(tmp_path, made)
    assert verdict(found) == "clear"
    made.gate.clear()
    publish(tmp_path, run_id="run2", minutes=1)
    assert verdict(found) == "clear", "the next one is not read yet, and nobody waits for it"
    made.gate.set()
    _wait_until(lambda: verdict(found) == "disqualified")


def test_of_nights_that_come_faster_than_they_are_read_each_is_shown_once_it_is(tmp_path: Path, made: Made) -> None:
    publish(tmp_path, public_rows("clear"))
    found = shelf(tmp_path, made)
    assert verdict(found) == "clear"
    made.gates = {"run2": threading.Event(), "run3": threading.Event()}
    for number, word in ((2, "disqualified"), (3, "exempt")):
        publish(tmp_path, public_rows(word), run_id=f"run{number}", minutes=number)
        assert verdict(found) == "clear"
    made.gates["run2"].set()
    _wait_until(lambda: verdict(found) == "disqualified")
    assert found.behind() == ["drop"]
    made.gates["run3"].set()
    _wait_until(lambda: verdict(found) == "exempt")
    assert found.behind() == []


def test_a_rewritten_night_is_another_publication(tmp_path: Path, made: Made) -> None:
    """The same run again: same run_id, other versions."""
    publish(tmp_path, public_rows("clear"))
    found = shelf(tmp_path, made)
    assert verdict(found) == "clear"
    publish(tmp_path, attempt=2, minutes=1)
    _wait_until(lambda: verdict(found) == "disqualified")


def test_a_night_that_takes_long_says_to_come_back(tmp_path: Path, made: Made) -> None:
    publish(tmp_path)
    made.gate.clear()
    found = shelf(tmp_path, made, Console(poll_s=0.0, wait_s=0.05))
    assert not found.is_ready()
    with pytest.raises(NotReady, match="still being read"):
        verdict(found)
    made.gate.set()
    _wait_until(found.is_ready)
    assert verdict(found) == "disqualified"


def test_older_nights_are_read_when_asked_for_and_the_oldest_asked_are_let_go(tmp_path: Path, made: Made) -> None:
    for day in range(4):
        publish(tmp_path, public_rows(("clear", "review", "exempt", "disqualified")[day]),
                as_of=NIGHT + timedelta(days=day), run_id=f"run{day}", minutes=day)  # fmt: skip
    found = shelf(tmp_path, made, Console(poll_s=0.0, kept_nights=1))
    for _ in range(2):
        told = [verdict(found, NIGHT + timedelta(days=day)) for day in range(4)]
        assert told == ["clear", "review", "exempt", "disqualified"]
    assert verdict(found) == "disqualified"
    with pytest.raises(NotFound, match="4 published nights, not this"):
        verdict(found, NIGHT - timedelta(days=1))


def test_the_current_night_waits_for_no_old_one_and_of_old_ones_few_wait(tmp_path: Path, made: Made) -> None:
    for day in range(5):
        publish(tmp_path, public_rows("clear"), as_of=NIGHT + timedelta(days=day), run_id=f"run{day}", minutes=day)
    made.gates = {f"run{day}": threading.Event() for day in range(4)}
    found = shelf(tmp_path, made, Console(poll_s=0.0, wait_s=0.05))
    for day, said in ((0, "still being read, wanted a moment"), (1, "still being read, wanted a moment"),
                      (2, "2 other nights are still being read, wanted fewer than 2"),
                      (1, "still being read, wanted a moment")):  # fmt: skip
        with pytest.raises(NotReady, match=said):
            verdict(found, NIGHT + timedelta(days=day))
    _wait_until(found.is_ready)
    publish(tmp_path, as_of=NIGHT + timedelta(days=5), run_id="run5", minutes=5)
    _wait_until(lambda: verdict(found) == "disqualified")
    for gate in made.gates.values():
        gate.set()
    _wait_until(lambda: _is_read(found, 2))


def _is_read(found: Shelf, day: int) -> bool:
    try:
        return verdict(found, NIGHT + timedelta(days=day)) == "clear"
    except NotReady:
        return False


def test_health_is_told_while_every_thread_waits_for_a_night(served: Served, tmp_path: Path, made: Made) -> None:
    publish(tmp_path / "lake")
    made.gate.clear()
    client = served(tmp_path / "lake", RULES, made)
    assert client.portal is not None
    client.portal.call(lambda: setattr(to_thread.current_default_thread_limiter(), "total_tokens", 1))
    with ThreadPoolExecutor(1) as other:
        page = other.submit(client.get, "/campaigns/drop/queue")
        threading.Event().wait(0.3)
        assert client.get("/healthz").json() == {"status": "ok"}
        assert not page.done()
        made.gate.set()
        assert page.result().status_code == 200


def test_what_was_read_is_not_read_again_after_a_start(tmp_path: Path, made: Made) -> None:
    publish(tmp_path)
    assert verdict(shelf(tmp_path, made)) == "disqualified"
    made.gate.clear()
    assert verdict(shelf(tmp_path, made, Console(poll_s=0.0, wait_s=0.05))) == "disqualified"


def test_a_night_that_cannot_be_read_leaves_the_one_before_and_says_why(tmp_path: Path, made: Made) -> None:
    publish(tmp_path, public_rows("clear"))
    found = shelf(tmp_path, made)
    assert verdict(found) == "clear"
    publish(tmp_path, as_of=NIGHT + timedelta(days=1), run_id="run2", minutes=1)
    for file in (tmp_path / "clusters").rglob("*2026-04-02*/*.parquet"):
        file.unlink()
    for _ in range(3):
        assert verdict(found) == "clear"
    assert found.behind() == ["drop"]
    with pytest.raises(LakeError, match="table clusters of run run2"):
        verdict(found, NIGHT + timedelta(days=1))
    assert not list((tmp_path / "work" / "console").glob(".building*")), "no half of a file stays"


def test_a_work_table_of_another_run_is_not_mixed_in(tmp_path: Path, made: Made) -> None:
    """Trails and first actions are the run's own, or unknown."""
    publish(tmp_path)
    publish(tmp_path, as_of=NIGHT + timedelta(days=1), run_id="run2", minutes=1)
    found = shelf(tmp_path, made)
    for as_of, num in ((NIGHT, 0), (NIGHT + timedelta(days=1), 30)):
        with found.view("drop", as_of) as view:
            assert view.value("SELECT count(*) FROM hops") == num
            assert (accounts.account(view, MEMBERS[0])["first_action_at"] is None) == (num == 0)


def test_the_read_model_says_what_the_lake_says(tmp_path: Path, made: Made) -> None:
    from abuse.console.pages.account import for_ops, for_user
    from abuse.operate.why import explain

    publish(tmp_path)
    found, publication = shelf(tmp_path, made), current(str(tmp_path), "drop")
    with found.view("drop") as view:
        for name in MEMBERS:
            row = accounts.account(view, name)
            assert for_ops(view, row, []) == explain(publication, name, "ops")
            own = frozenset(one["address"] for one in accounts.addresses(view, name))
            assert for_user(view, row) == explain(publication, name, "user", own)


def test_pages_go_on_while_a_newer_night_is_published(served: Served, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish(lake, public_rows("clear"))
    client = served(lake)
    seen = set()
    for night in range(1, 5):
        publish(
            lake, public_rows(("clear", "disqualified")[night % 2]), run_id=f"run{night}", attempt=night, minutes=night
        )
        for _ in range(3):
            page = client.get("/api/v1/campaigns/drop/decisions?limit=20").json()
            verdicts = {row["verdict"] for row in page["decisions"] if row["account"] in MEMBERS[:9]}
            assert len(verdicts) == 1, "never a mixture"
            seen.add(page["run_id"])
    assert len(seen) > 1


def _wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    waited = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if holds():
            return
        waited.wait(0.05)
    pytest.fail("it never came")


def test_a_process_of_its_own_makes_the_same_and_brings_its_errors_back(tmp_path: Path) -> None:
    publish(tmp_path)
    publication = current(str(tmp_path), "drop")
    build_apart(publication, tmp_path / "apart.sqlite")
    build(publication, tmp_path / "here.sqlite")
    assert (tmp_path / "apart.sqlite").stat().st_size == (tmp_path / "here.sqlite").stat().st_size
    for file in (tmp_path / "decisions").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(LakeError, match="table decisions of run run1") as told:
        build_apart(publication, tmp_path / "none.sqlite")
    assert told.value.fix == "Publish the slice again."


def test_a_page_of_a_night_that_takes_long_asks_again_by_itself(served: Served, tmp_path: Path, made: Made) -> None:
    publish(tmp_path / "lake")
    made.gate.clear()
    answer = served(tmp_path / "lake", Console(poll_s=0.0, wait_s=0.05), made).get("/campaigns/drop/queue")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert 'http-equiv="refresh"' in answer.text


def test_of_a_night_that_ran_again_and_was_held_nobody_is_told_whose_the_addresses_are(
    served: Served, tmp_path: Path
) -> None:
    lake, second = tmp_path / "lake", "0x" + "d0" * 20
    publish(lake)
    publish(lake, work=work_rows(), run_id="run2", status="held", minutes=1)
    client = served(lake)
    page = client.get(f"/campaigns/drop/accounts/{second}")
    assert page.status_code == 404
    assert "which addresses belong to whom is kept no more" in page.text
    assert "did not take part" not in page.text
    page = client.get(f"/campaigns/drop/accounts/{MEMBERS[0]}")
    assert page.text.count("Which addresses belong to whom is kept no more: run its night again.") == 2
    assert 'id="letter"' not in page.text
    told = client.get(f"/api/v1/campaigns/drop/accounts/{MEMBERS[0]}").json()
    assert (told["for_user"], told["withheld"], told["addresses"]) == (
        None, "Which addresses belong to whom is kept no more: run its night again.", [])  # fmt: skip
