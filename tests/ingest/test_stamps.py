"""A time that carries no information is not believed, and one that does is: many small campaigns."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pytest

from abuse.settings import Times as Rules
from abuse.steps.ingest.stamps import Times, judged, time_warnings, times_of

START = 1_772_323_200  # 2026-03-01T00:00:00Z
HOUR, DAY, WEEK = 3_600, 86_400, 604_800
Acts = Mapping[str, Iterable[int]]
"""account -> seconds at which it acted"""


def table(**sources: Acts) -> pa.Table:
    """As `instants` counts a campaign of these sources."""
    whole: dict[str, set[int]] = {}
    for acts in sources.values():
        for account, seconds in acts.items():
            whole.setdefault(account, set()).update(seconds)
    rows = []
    for scope, acts in {"": whole, **(sources if len(sources) > 1 else {})}.items():
        times = {account: set(seconds) for account, seconds in acts.items()}
        accounts = Counter(second for own in times.values() for second in own)
        firsts = Counter(min(own) for own in times.values() if own)
        rows += [(scope, second, number, firsts[second]) for second, number in accounts.items()]
    return pa.Table.from_pylist(
        [dict(zip(("scope", "second", "accounts", "firsts"), row, strict=True)) for row in rows],
        schema=pa.schema([("scope", pa.string()), *[(n, pa.int64()) for n in ("second", "accounts", "firsts")]]),
    )


def found(acts: Acts) -> Times:
    return judged(table(list=acts), ("list",), Rules())


def spread(num: int, seed: int = 1, days: float = 30, acts: int = 1, block: int = 1) -> dict[str, list[int]]:
    """Accounts that act whenever they like, in blocks of so many seconds."""
    draw = random.Random(seed)
    return {
        f"{seed}-{n}": [START + int(draw.random() * days * DAY) // block * block for _ in range(acts)]
        for n in range(num)
    }


def stamped(acts: Acts, step: int, offset: int = 0) -> dict[str, list[int]]:
    """The same, as a load of every `step` seconds after `offset` would write them."""
    return {account: [(at - offset) // step * step + offset for at in own] for account, own in acts.items()}


def farm(num: int, at: int, apart: int) -> dict[str, list[int]]:
    return {f"farm-{n}": [at + n * apart] for n in range(num)}


def busy(num: int) -> dict[str, list[int]]:
    """Everybody at once at an opening, block upon block."""
    draw = random.Random(5)
    return {f"{n}": [START + 17 * HOUR + 12 * int(draw.expovariate(1 / 400)) + n % 7 * DAY] for n in range(num)}


WHAT_IS_BELIEVED: dict[str, tuple[Acts, float]] = {  # the precision; no stamp, and no source without times
    "people, whenever they like": (spread(60), 0),
    "many acts each": (spread(300, acts=40), 0),
    "a busy chain of slow blocks": (spread(3_000, acts=30, block=12), 0),
    "a crowd at an opening, dozens in a block": (busy(20_000), 0),
    "a farm within a minute": (spread(40) | farm(12, START + 9 * DAY + 1234, 5), 0),
    "a farm in one block, under a quarter": (spread(40) | farm(12, START + 9 * DAY + 1234, 0), 0),
    "a farm seven minutes apart": (spread(40) | farm(12, START + 9 * DAY, 420), 0),
    "five people": (spread(5), 0),
    "two people on two dates": ({"a": [START], "b": [START + 3 * DAY]}, 0),
    "dates": (stamped(spread(400), DAY), DAY),
    "dates of a few": (stamped(spread(52, acts=2), DAY), DAY),
    "dates of a zone eight hours ahead": (stamped(spread(400), DAY, -8 * HOUR), DAY),
    "dates of a zone half an hour off": (stamped(spread(400), DAY, -5 * HOUR - 1800), DAY),
    "dates over the change to summer time": (
        stamped(spread(200), DAY, -HOUR)
        | {f"s{a}": [at + 30 * DAY for at in own] for a, own in stamped(spread(150), DAY, -2 * HOUR).items()},
        DAY,
    ),
    "a load of every night at an odd second": (stamped(spread(400), DAY, 2 * HOUR + 745), DAY),
    "whole hours": (stamped(spread(400, acts=3), HOUR), HOUR),
    "dates, and a few times": (stamped(spread(400), DAY) | spread(20, seed=2), DAY),
    "minutes are exact enough": (stamped(spread(400, acts=2), 60), 0),
}


@pytest.mark.parametrize(("acts", "precision_s"), WHAT_IS_BELIEVED.values(), ids=WHAT_IS_BELIEVED)
def test_times_of_behaviour_are_believed_to_their_precision(acts: Acts, precision_s: float) -> None:
    assert found(acts) == Times(precision_s=precision_s)


def jittered(acts: Acts, step: int) -> dict[str, list[int]]:
    """A load that begins at another second each time."""
    return {a: [at // step * step + at // step * 7919 % 4000 for at in own] for a, own in acts.items()}


def drawn_out(acts: Acts, step: int) -> dict[str, list[int]]:
    """A load that stamps each row when it writes it, in the course of half a minute."""
    return {a: [at // step * step + 3 * HOUR + n % 30 for at in own] for n, (a, own) in enumerate(acts.items())}


def all_of(acts: Acts, believed: Times) -> float:
    """Share of the acts that are not believed."""
    stamps = {second for second, _ in believed.stamps}
    every = [at for own in acts.values() for at in own]
    return 1.0 if believed.untimed else sum(at in stamps for at in every) / len(every)


NOTHING_BELIEVED: dict[str, Acts] = {
    "one for all": {f"{n}": [START + 29 * DAY] for n in range(50)},
    "one for all at an odd second": {f"{n}": [START + 29 * DAY + 4711] for n in range(9)},
    "one for all, many acts each": {f"{n}": [START] * (1 + n % 4) for n in range(30)},
    "two exports": {f"{n}": [START + n % 2 * 11 * DAY + 77] for n in range(40)},
    "the first of each month": {f"{n}": [START + n % 6 * 30 * DAY] for n in range(90)},
    "loads of every week at midnight": stamped(spread(400), WEEK),
    "loads of every week at an odd second": stamped(spread(400), WEEK, 5 * HOUR + 13),
    "loads of every night, each at another second": jittered(spread(600), DAY),
    "loads of every hour, each at another second": jittered(spread(9_000, days=7), HOUR),
    "loads that take half a minute": drawn_out(spread(900, days=60), WEEK),
    "a few accounts on dates weeks apart": stamped(spread(25, days=60), WEEK),
    "all of a campaign loaded in ten minutes": {f"{n}": [START + n % 600] for n in range(700)},
}


@pytest.mark.parametrize("acts", NOTHING_BELIEVED.values(), ids=NOTHING_BELIEVED)
def test_times_of_an_export_or_a_load_are_not_believed(acts: Acts) -> None:
    assert all_of(acts, found(acts)) == 1


def test_who_acted_at_other_times_than_the_stamp_is_believed() -> None:
    people, snapshot = spread(60), START + 30 * DAY
    believed = found({a: [*own, snapshot] for a, own in people.items()} | {f"{n}": [snapshot] for n in range(40)})
    assert believed == Times(stamps=((snapshot, 1.0),))
    half = found(people | {f"{n}": [START + 99] for n in range(40)})
    assert half == Times(stamps=((START + 99, 0.4),))


def test_each_source_is_judged_by_itself() -> None:
    loaded = {f"l{n}": [START + 5 * DAY + 33] for n in range(12)}
    dated = stamped({f"d{a}": own for a, own in spread(30).items()}, DAY)
    hour = {f"h{n}": [START + 7 * DAY + 61 * n] for n in range(30)}
    rules, exact = Rules(), spread(2_000, seed=3)
    believed = judged(
        table(loaded=loaded, dated=dated, hour=hour, exact=exact), ("dated", "exact", "hour", "loaded"), rules
    )
    assert believed == Times(stamps=((START + 5 * DAY + 33, 1.0),), untimed=("dated",))


def test_nothing_is_said_of_a_campaign_without_times() -> None:
    assert judged(table(), (), Rules()) == Times()
    assert time_warnings({"times": Times().record(), "without_time": 1.0}) == [
        "When 100% of the accounts began is unknown: their times are no evidence."
    ]


def test_the_report_names_the_stamps_with_their_share() -> None:
    stamps = tuple((START + n * DAY, 0.25 + n / 100) for n in range(5))
    times = Times(precision_s=DAY, stamps=stamps, untimed=("weekly",))
    assert times_of(times.record()) == times, "a step reads what ingest wrote"
    said = time_warnings({"times": times.record(), "without_time": 0.38})
    assert said[0] == "29% of the accounts share the time 2026-03-05T00:00:00Z: taken as unknown."
    assert said[3:] == [
        "2 more times are shared by many accounts: taken as unknown.",
        "weekly: its times are those of its export or of a load, not of actions: taken as unknown.",
        "Times of participation are dates: two are believed to be near only to the day.",
        "When 38% of the accounts began is unknown: their times are no evidence.",
    ]
    assert time_warnings({}) == []
