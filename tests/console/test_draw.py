"""Pictures: the same rows draw the same, what is not drawn is counted, and axes are read."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abuse.console.draw.graph import facts, graph
from abuse.console.draw.radial import positions
from abuse.console.draw.timeline import BINS, timeline
from abuse.operate.draw.axes import share_ticks, time_ticks

START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * 1_000_000
CORE, SINK, CEX = "0xcore", "0xsink", "0xcex"


def member(name: str, degree: int = 1) -> dict[str, Any]:
    return {"account": name, "verdict": "disqualified", "role": "core", "num_neighbours": degree}


def hop(kind: str, account: str, reached: str, funded: str, number: int, n: int = 1) -> dict[str, Any]:
    about = {"kind": kind, "chain": "e", "account": account, "address": account, "hop": n, "reached": reached}
    return about | {"funded": funded, "tx_hash": f"{number}", "at": number, "amount": 0.5, "asset": "native"}


def star(size: int) -> dict[str, Any]:
    """One wallet funds all; each sends its coins to a place of its own; an exchange is above."""
    names = [f"0x{n:05}" for n in range(size)]
    hops = [hop("first_gas", name, CORE, name, n) for n, name in enumerate(names)]
    hops += [hop("first_gas", name, CEX, CORE, 99_999, 2) for name in names]
    hops += [hop("sweep", name, f"own {name}", name, 100_000 + n) for n, name in enumerate(names)]
    service = {CEX: {"address": CEX, "kind": "exchange", "name": "Some Exchange", "why": "a list says so"}}
    about = {"core_funder": CORE, "founder": "0x00000"}
    return {"members": [member(n) for n in names], "services": service, "cluster": about, "hops": hops}


def drawn(world: dict[str, Any], most: int = 150, **more: Any) -> dict[str, Any]:
    return graph(facts(**{"movements": [], "ties": [], "owner": {}} | world | more), most)


def test_a_picture_has_amounts_directions_and_the_excluded_service() -> None:
    found = drawn(star(12))
    kinds = {node["id"]: node["kind"] for node in found["nodes"]}
    assert (kinds[CORE], kinds[CEX]) == ("core", "service")
    assert not [name for name in kinds if name.startswith("own ")], "a place of its own ties nobody"
    one = next(edge for edge in found["edges"] if edge["target"] == "0x00003")
    assert (one["source"], one["group"], one["label"], one["is_directed"]) == (CORE, "funding", "0.5", True)
    above = next(edge for edge in found["edges"] if edge["source"] == CEX)
    assert above["about"] == "0.5", "one payment, however many trails pass through it"


@pytest.mark.parametrize("size", [2, 40, 149, 1000])
def test_what_is_not_drawn_is_counted(size: int) -> None:
    found = drawn(star(size), most=100)
    members = [node for node in found["nodes"] if node["kind"] == "member"]
    rest = [node for node in found["nodes"] if node["kind"] == "rest"]
    assert len(members) == found["num_members_drawn"]
    assert found["num_members"] == size
    told = sum(int(node["label"].lstrip("+").replace(",", "")) for node in rest)
    assert told == size - len(members)
    assert len(found["nodes"]) <= 100 + len(rest)


def test_the_same_rows_in_any_order_draw_the_same() -> None:
    world = star(60)
    first = drawn(world, most=50)
    for seed in range(5):
        mixed = dict(world)
        for name in ("members", "hops"):
            mixed[name] = random.Random(seed).sample(world[name], len(world[name]))
        assert drawn(mixed, most=50) == first


def test_no_two_wallets_lie_on_each_other() -> None:
    for size in (2, 30, 140):
        places = [(node["x"], node["y"]) for node in drawn(star(size))["nodes"]]
        nearest = min(math.dist(a, b) for i, a in enumerate(places) for b in places[:i])
        assert nearest > 15


def test_one_more_member_moves_the_others_a_little() -> None:
    before, after = ({n["id"]: (n["x"], n["y"]) for n in drawn(star(size))["nodes"]} for size in (40, 41))
    moved = sorted(math.dist(before[name], after[name]) for name in before)
    assert moved[len(moved) // 2] < 60


def test_links_without_trails_are_drawn_from_their_movements() -> None:
    paid = {"kind": "direct", "chain": "e", "tx_hash": "1", "sender": "0xa", "recipient": "0xb", "at": 1}
    paid |= {"amount": None, "asset": None, "n": 3}
    tie = {"src": "0xb", "dst": "0xc", "kind": "co_activity", "via": None, "strength": 7}
    world = {"members": [member(n) for n in ("0xa", "0xb", "0xc")], "services": {}, "hops": []}
    found = drawn(world | {"cluster": {"core_funder": None, "founder": "0xa"}}, movements=[paid], ties=[tie])
    assert [(e["group"], e["about"], e["is_directed"]) for e in found["edges"]] == [
        ("payment", "3 times", True),
        ("sequence", "7 times", False),
    ]


def test_who_signed_a_payout_is_drawn_not_the_contract_it_went_through() -> None:
    names = ["0xa", "0xb", "0xc"]
    paid = {"kind": "disperse", "chain": "e", "tx_hash": "1", "sender": CEX, "at": 1, "amount": 0.5, "asset": "native"}
    movements = [paid | {"recipient": name, "n": 1} for name in names]
    ties = [{"src": "0xa", "dst": name, "kind": "disperse", "via": CORE, "strength": 2} for name in names[1:]]
    world = star(0) | {"members": [member(n) for n in names], "cluster": {"core_funder": CORE, "founder": "0xa"}}
    world["hops"] = [hop("first_gas", name, CEX, name, 1) for name in names]
    found = drawn(world, movements=movements, ties=ties)
    assert {(edge["source"], edge["target"]) for edge in found["edges"]} == {(CORE, name) for name in names}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_every_node_has_a_place_whatever_the_graph(pairs: list[tuple[int, int]]) -> None:
    names = sorted({str(n) for pair in pairs for n in pair})
    near = {
        name: sorted({str(b) for a, b in [*pairs, *((y, x) for x, y in pairs)] if str(a) == name}) for name in names
    }
    found = positions(names, near)
    assert set(found) == set(names)
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in found.values())


@given(st.integers(0, 3_000_000_000), st.timedeltas(timedelta(minutes=1), timedelta(days=2000)))
def test_an_axis_of_time_has_a_few_round_ticks_inside_it(since: int, length: timedelta) -> None:
    start = datetime.fromtimestamp(since, UTC)
    ticks = time_ticks(start, start + length)
    assert len(ticks) <= 8
    assert all(start <= at <= start + length for at, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


@given(st.floats(0.001, 1.0))
def test_an_axis_of_shares_reaches_over_the_largest(most: float) -> None:
    ticks = share_ticks(most)
    assert ticks[0] == 0
    assert ticks[-1] >= most - 1e-6
    assert len(ticks) <= 7


def test_a_timeline_counts_every_instant_once() -> None:
    instants = [START + n * 60_000_000 for n in range(500)]
    found = timeline({"First coins": ("accounts", instants), "Coins going on": ("accounts", [])})
    assert found is not None
    first, last = found.lanes
    assert sum(int(bar.said.split(":")[0]) for bar in first.bars) == first.num == 500
    assert len(first.bars) <= BINS
    assert (last.bars, last.num) == ([], 0)
    assert timeline({"First coins": ("accounts", [])}) is None
