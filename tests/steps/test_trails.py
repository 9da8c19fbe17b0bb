"""Where an address's first coins came from, and where its last ones went.

Longer than 200 lines because it is one table of cases.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyspark.sql import SparkSession

from abuse import settings
from abuse.steps.funders import first_funders
from abuse.steps.trails import trails
from abuse.tables import FirstFunders, ParticipantAddresses, Participants, Services, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, pair, placed_all, token

LAST_ACTION = 10
HOPS = 3
ASSETS = ("native", "usdc")
Hop = tuple[str, int, str, str | None]


def block(row: Fact, tx_index: int, position: str = "0") -> Fact:
    """The row in block 7, whose time is hour 1."""
    return row | {"at": hour(1), "block_number": 7, "tx_index": tx_index, "position": position}


def inside(sender: str, recipient: str, at: float = 0.0, **rest: object) -> Fact:
    return paid(sender, recipient, at=at, kind="internal", position="1:0000") | rest


FIRST_GAS: dict[str, tuple[list[Fact], set[Hop]]] = {
    # name: transfers -> (address, hop, reached, ended_by); `a` takes part, `exchange` is a service
    "the first payment that pays for a transaction": (
        [paid("f", "a", at=1), paid("g", "a", at=2), paid("a", "z", at=3)],
        {("a", 1, "f", None)},
    ),
    "a stranger's dust before the real funding is no funding": (
        [paid("stranger", "a", 0.0004, at=1), paid("f", "a", 0.0005, at=2), paid("a", "z", at=3)],
        {("a", 1, "f", None)},
    ),
    "dust alone is no funding, though it might pay for gas": ([paid("f", "a", 0.0004, at=1)], set()),
    "a payment after its own first transaction came too late": ([paid("a", "z", at=1), paid("f", "a", at=2)], set()),
    "dust, then its own transaction, then money: it was not that money that let it act": (
        [paid("stranger", "a", 0.0001, at=1), paid("a", "z", at=2), paid("f", "a", at=3)],
        set(),
    ),
    "an address that never acted has a funder": ([paid("f", "a", at=1)], {("a", 1, "f", None)}),
    "signing a token movement is acting": ([token("a", "z", at=1, initiator="a"), paid("f", "a", at=2)], set()),
    "signing somebody else's movement is acting": (
        [inside("k", "z", at=1, initiator="a"), paid("f", "a", at=2)],
        set(),
    ),
    "a token movement that another signed in its name is not acting": (
        [token("a", "z", at=1, initiator="forger"), token("a", "z", at=1.5), paid("f", "a", at=2)],
        {("a", 1, "f", None)},
    ),
    "in one block the transaction index decides: paid, then acted": (
        [block(paid("f", "a"), 1), block(paid("a", "z"), 2)],
        {("a", 1, "f", None)},
    ),
    "in one block the transaction index decides: acted, then paid": (
        [block(paid("f", "a"), 2), block(paid("a", "z"), 1)],
        set(),
    ),
    "in one block the transaction index decides who was first": (
        [block(paid("late", "a"), 11), block(paid("f", "a"), 9)],
        {("a", 1, "f", None)},
    ),
    "in one transaction native comes before internal": (
        [block(inside("k", "a", tx_hash="t"), 1, "1:0000"), block(paid("f", "a", tx_hash="t"), 1, "0")],
        {("a", 1, "f", None)},
    ),
    "in one transaction the trace path decides": (
        [
            block(inside("late", "a", tx_hash="t", initiator="o"), 1, "1:0010"),
            block(inside("f", "a", tx_hash="t", initiator="o"), 1, "1:0002"),
        ],
        {("a", 1, "f", None)},
    ),
    "change of its own transaction is no funding": (
        [block(paid("a", "k", tx_hash="t"), 1, "0"), block(inside("k", "a", tx_hash="t", initiator="a"), 1, "1:0000")],
        set(),
    ),
    "a payment within the transaction it signed came too late": (
        [
            block(inside("k", "a", tx_hash="t"), 1, "1:0000"),
            block(token("a", "k", tx_hash="t", initiator="a"), 1, "2:0000000001"),
        ],
        set(),
    ),
    "a payment within the transaction that somebody else signed for it is funding": (
        [
            block(inside("k", "a", tx_hash="t", initiator="o"), 1, "1:0000"),
            block(token("a", "k", tx_hash="t", initiator="o"), 1, "2:0000000001"),
        ],
        {("a", 1, "k", None)},
    ),
    "an earlier block of the same second comes before": (
        [paid("f", "a", at=1, block_number=9, tx_index=5), paid("a", "z", at=1, block_number=10, tx_index=0)],
        {("a", 1, "f", None)},
    ),
    "a later block of the same second comes after": (
        [paid("f", "a", at=1, block_number=10, tx_index=0), paid("a", "z", at=1, block_number=9, tx_index=5)],
        set(),
    ),
    "at one instant without blocks nobody knows which was first, so it is no funding": (
        [paid("f", "a", at=1), paid("a", "z", at=1)],
        set(),
    ),
    "an internal transfer funds": ([inside("k", "a", at=1), paid("a", "z", at=2)], {("a", 1, "k", None)}),
    "a token does not pay for gas": ([token("f", "a", at=1), paid("g", "a", at=2)], {("a", 1, "g", None)}),
    "paying itself is no funding": ([paid("a", "a", at=1), paid("f", "a", at=2)], set()),
    "coins of an unknown amount are no funding": ([paid("f", "a", at=1) | {"amount": None}], set()),
    "a row without a time has no place in a trail": ([pair("f", "a")], set()),
    "the trail ends at the depth": (
        [paid("h", "g2", at=1), paid("g2", "g1", at=2), paid("g1", "f", at=3), paid("f", "a", at=4)],
        {("a", 1, "f", None), ("a", 2, "g1", None), ("a", HOPS, "g2", "depth")},
    ),
    "the trail ends at a service": (
        [paid("h", "exchange", at=1), paid("exchange", "f", at=2), paid("f", "a", at=3)],
        {("a", 1, "f", None), ("a", 2, "exchange", "service")},
    ),
    "a service that funds directly ends it at once": (
        [paid("h", "exchange", at=1), paid("exchange", "a", at=2)],
        {("a", 1, "exchange", "service")},
    ),
    "at the depth a service is still a service": (
        [paid("exchange", "g", at=1), paid("g", "f", at=2), paid("f", "a", at=3)],
        {("a", 1, "f", None), ("a", 2, "g", None), ("a", HOPS, "exchange", "service")},
    ),
    "the trail ends at a cycle": (
        [inside("a", "f", at=1, initiator="o"), paid("f", "a", at=2)],
        {("a", 1, "f", None), ("a", 2, "a", "cycle")},
    ),
    "a cycle further up ends it too": (
        [inside("f", "g", at=1, initiator="o"), paid("g", "f", at=2), paid("f", "a", at=3)],
        {("a", 1, "f", None), ("a", 2, "g", None), ("a", 3, "f", "cycle")},
    ),
    "a funder's money on another chain is another trail": (
        [paid("g", "f", at=1, chain="polygon"), paid("f", "a", at=2)],
        {("a", 1, "f", None)},
    ),
    "every chain has its own first gas": (
        [paid("f", "a", at=1), paid("g", "a", at=2, chain="polygon")],
        {("a", 1, "f", None), ("a", 1, "g", None)},
    ),
    "what is dust on one chain is told by that chain": (
        [paid("stranger", "a", 0.0019, at=1, chain="solana"), paid("f", "a", 0.002, at=2, chain="solana")],
        {("a", 1, "f", None)},
    ),
    "acting on one chain says nothing of another": (
        [paid("a", "z", at=1, chain="polygon"), paid("f", "a", at=2)],
        {("a", 1, "f", None)},
    ),
    "a funder that had acted before it was paid was funded by nobody": (
        [paid("f", "z", at=1), paid("g", "f", at=2), paid("f", "a", at=3)],
        {("a", 1, "f", None)},
    ),
    "two trails share what is above them": (
        [paid("g", "f", at=1), paid("f", "p", at=2), paid("f", "q", at=3)],
        {(x, n, r, None) for x in "pq" for n, r in ((1, "f"), (2, "g"))},
    ),
    "both addresses of an account have their trail": (
        [paid("f", "p", at=1), paid("g", "q", at=2)],
        {("p", 1, "f", None), ("q", 1, "g", None)},
    ),
    "an address of nobody has none": ([paid("f", "stranger", at=1)], set()),
}
SWEEPS: dict[str, tuple[list[Fact], set[Hop]]] = {
    # the last action of every account is at hour 10
    "the last payment after the last action": (
        [paid("a", "early", at=11), paid("a", "sink", at=13), paid("a", "middle", at=12)],
        {("a", 1, "sink", None)},
    ),
    "dust after it changes nothing": (
        [paid("a", "sink", 0.0005, at=11), paid("a", "d", 0.0004, at=12)],
        {("a", 1, "sink", None)},
    ),
    "a payment before the last action is no sweep": ([paid("a", "shop", at=9)], set()),
    "a payment at the last action is no sweep": ([paid("a", "shop", at=LAST_ACTION)], set()),
    "a payment to itself is no sweep": ([paid("a", "a", at=12)], set()),
    "coins that left by a contract count": ([inside("a", "sink", at=11)], {("a", 1, "sink", None)}),
    "a service is the end, and said to be one": ([paid("a", "exchange", at=11)], {("a", 1, "exchange", "service")}),
    "a token on the list counts": ([token("a", "sink", at=11)], {("a", 1, "sink", None)}),
    "a token that is not on the list does not": ([token("a", "sink", 1e6, at=11, asset="fake")], set()),
    "a token that is not on the list does not hide the sweep": (
        [paid("a", "sink", at=11), token("a", "d", 1e6, at=12, asset="fake", initiator="forger")],
        {("a", 1, "sink", None)},
    ),
    "a token that a thief took is no sweep": ([token("a", "thief", at=11, initiator="thief")], set()),
    "a token that a thief took does not hide the sweep": (
        [token("a", "sink", at=11, initiator="a"), token("a", "thief", at=12, initiator="thief")],
        {("a", 1, "sink", None)},
    ),
    "a listed token worth under a dollar is dust": ([token("a", "sink", 0.99, at=11)], set()),
    "a listed token without a price is dust": ([token("a", "sink", None, at=11)], set()),
    "in one block the transaction index decides which was last": (
        [paid("a", n, at=11, block_number=7, tx_index=i) for n, i in (("sink", 10), ("early", 9))],
        {("a", 1, "sink", None)},
    ),
    "an account with two addresses is done when its last action is done": (
        [paid("p", "sink", at=11), paid("q", "sink", at=12), paid("q", "early", at=5)],
        {("p", 1, "sink", None), ("q", 1, "sink", None)},
    ),
    "who took part in nothing has no sweep": ([paid("stranger", "sink", at=11)], set()),
}
OWNED: dict[str, tuple[list[Fact], set[Hop]]] = {
    # `h` is its account's from hour 5 until hour 20; `c` on polygon alone; `n` of one account until 12, then another's
    "first coins of its former owner are nobody's": (
        [paid("g", "f", at=1), paid("f", "h", at=4), paid("o", "h", at=7)],
        set(),
    ),
    "first coins as it became the account's": (
        [paid("g", "f", at=1), paid("f", "h", at=5)],
        {("h", 1, "f", None), ("h", 2, "g", None)},
    ),
    "first coins when it was the account's no more": ([paid("f", "h", at=20)], set()),
    "first coins on another chain than the account's": ([paid("f", "c", at=1)], set()),
    "first coins on the account's chain": (
        [paid("g", "f", at=1), paid("f", "c", at=2, chain="polygon"), paid("z", "f", at=1, chain="polygon")],
        {("c", 1, "f", None), ("c", 2, "z", None)},
    ),
    "first coins of an address that two accounts had": ([paid("f", "n", at=1)], {("n", 1, "f", None)}),
}
HANDED_ON: dict[str, tuple[list[Fact], set[Hop]]] = {
    "what its next owner sent away is no sweep": ([paid("h", "z", at=21)], set()),
    "what its next owner sent away hides no sweep": (
        [paid("h", "sink", at=19), paid("h", "z", at=20)],
        {("h", 1, "sink", None)},
    ),
    "what went away on another chain": ([paid("c", "z", at=11)], set()),
    "what went away on the account's chain": ([paid("c", "sink", at=11, chain="polygon")], {("c", 1, "sink", None)}),
    "each of its owners has a sweep": (
        [paid("n", "early", at=11), paid("n", "sink", at=11.5), paid("n", "other", at=13)],
        {("n", 1, "sink", None), ("n", 1, "other", None)},
    ),
}
FIRST_GAS |= OWNED
SWEEPS |= HANDED_ON
CASES = {("first_gas", name): case for name, case in FIRST_GAS.items()}
CASES |= {("sweep", name): case for name, case in SWEEPS.items()}
HOLDERS: list[Fact] = [
    {"account": "a", "address": "a"},
    {"account": "two", "address": "p"},
    {"account": "two", "address": "q"},
    {"account": "b", "address": "h", "valid_from": hour(5), "valid_to": hour(20)},
    {"account": "b", "address": "c", "chain": "polygon", "on_every_chain": False},
    {"account": "a", "address": "n", "valid_to": hour(12)},
    {"account": "b", "address": "n", "valid_from": hour(12)},
]
"""On every chain and always, where they do not say."""


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    """Every other movement is of another layer of first funders."""
    worlds = [name for _, name in CASES]
    assert len(set(worlds)) == len(CASES)
    acted: Fact = {"first_action_at": hour(-9), "last_action_at": hour(LAST_ACTION)}
    people = placed_all({w: [acted | {"account": a} for a in ("a", "two", "b")] for w in worlds})
    owned = placed_all({w: [{"chain": "ethereum", "on_every_chain": True} | row for row in HOLDERS] for w in worlds})
    served = placed_all({w: [{"address": "exchange", "kind": k} for k in ("exchange", "hub")] for w in worlds})
    rules = settings.Settings()
    moves = placed_all({name: case[0] for (_, name), case in CASES.items()})
    layers = [first_funders(frame(spark, Transfers, moves[n::2]), rules.chains, lambda rows: rows) for n in (0, 1)]
    funders = layers[0].unionByName(layers[1]).collect()  # every hop reads them: computed once
    whole = trails(
        frame(spark, FirstFunders, [row.asDict() for row in funders]),
        frame(spark, Transfers, moves),
        frame(spark, Participants, people),
        frame(spark, ParticipantAddresses, owned),
        frame(spark, Services, served),
        ASSETS,
        settings.Trails(max_hops=HOPS),
        rules.links,
        rules.chains,
        lambda rows: rows,
    )
    return by_world(whole.collect(), "address")


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[name for _, name in CASES])
def test_trails(found: Mapping[str, list[Fact]], kind: str, name: str) -> None:
    rows = [(r["address"], r["hop"], r["reached"], r["ended_by"]) for r in found.get(name, []) if r["kind"] == kind]
    assert len(rows) == len(set(rows))
    assert set(rows) == CASES[kind, name][1]


def test_a_hop_shows_the_payment_it_rests_on(found: Mapping[str, list[Fact]]) -> None:
    hops = sorted(found["the trail ends at a service"], key=lambda r: str(r["hop"]))
    shown = [(r["funded"], r["reached"], r["tx_hash"], r["amount"], r["asset"], r["source"]) for r in hops]
    assert shown == [
        ("a", "f", "f>a@3", 1.0, "native", "moves"),
        ("f", "exchange", "exchange>f@2", 1.0, "native", "moves"),
    ]


def test_a_sweep_shows_the_payment_it_rests_on(found: Mapping[str, list[Fact]]) -> None:
    (end,) = found["a token on the list counts"]
    assert [end[c] for c in ("funded", "tx_hash", "amount", "asset")] == ["a", "a>sink@11t", 1.0, "usdc"]


def test_every_hop_says_when_its_address_was_paid_or_paid(found: Mapping[str, list[Fact]]) -> None:
    """Whose the address was then, the trail is."""
    hops = found["first coins as it became the account's"]
    assert {(r["hop"], r["begun_at"]) for r in hops} == {(n, hour(5).replace(tzinfo=None)) for n in (1, 2)}
    ends = found["each of its owners has a sweep"]
    assert {(r["reached"], r["begun_at"]) for r in ends if r["kind"] == "sweep"} == {
        (sink, hour(at).replace(tzinfo=None)) for sink, at in (("sink", 11.5), ("other", 13))
    }
