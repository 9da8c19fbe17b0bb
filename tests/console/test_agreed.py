"""How often people agreed with the machine: counted where they decided, and told with how little it may mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from abuse.console.read.agreed import agreed, wilson
from abuse.console.read.now import Stand
from tests.console.conftest import ConsoleOf
from tests.console.lakes import FARM, MEMBERS
from tests.console.people import ON, text_of


def stand(account: str, action: str | None, cluster: str | None = "c", machine: str = "disqualified") -> Stand:
    return Stand(account, cluster, machine, machine, machine, action, frozenset())


def test_only_what_people_decided_of_whom_the_machine_put_out_counts() -> None:
    stands = [
        *(stand(f"a{n}", "confirm") for n in range(3)),
        *(stand(name, name, "d") for name in ("overturn", "split", "exempt", "confirm")),
        stand("alone", "confirm", None),
        stand("held", "hold"),
        stand("remark", None),
        stand("in review", "confirm", "e", "review"),
        stand("clear", "confirm", "f", "clear"),
    ]
    found = agreed(stands)
    assert found is not None
    assert (found.num, found.num_stayed, found.num_clusters) == (8, 5, 3)
    assert found.share == pytest.approx(5 / 8)
    assert found.least == pytest.approx(wilson(2, 3)), "one of three clusters was not right as a whole"
    assert agreed(stands[-4:]) is None


@pytest.mark.parametrize(("num", "of", "least"), [(0, 5, 0.0), (1, 1, 0.270), (10, 10, 0.787), (95, 100, 0.900)])
def test_the_bound_is_wilsons_and_says_little_where_little_was_seen(num: int, of: int, least: float) -> None:
    assert wilson(num, of) == pytest.approx(least, abs=0.001)


def test_campaign_and_overview_tell_it_once_somebody_decided(console_of: ConsoleOf, ours: Path) -> None:
    ann, cluster = console_of("ann"), f"{ON}/clusters/{FARM}"
    for page in ("/", ON):
        assert "stayed out" not in text_of(ann.page(page))
    ann.done(cluster, cluster, action="confirm", reason_code="one_operator")
    account = f"{ON}/accounts/{MEMBERS[0]}"
    ann.done(account, account, action="overturn", reason_code="shared_payer")
    for page in ("/", ON):
        told = text_of(ann.page(page))
        assert "of the accounts that the machine put out, in 1 cluster: 88.9% stayed out" in told, told
        assert "0.0% or more with 95% confidence" in told
