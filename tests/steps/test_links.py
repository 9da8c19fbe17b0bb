"""What ties two accounts, and what never does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pyspark.sql import SparkSession

from abuse import settings
from abuse.steps.links import links
from abuse.tables import ParticipantAddresses, Participants, Services, Trails, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, pair, placed_all, token

MOST = 5
RULES = settings.Links(
    disperse_min_recipients=3, sweep_min_accounts=3, max_group=MOST, num_evidence=4, token_dust_usd=1.0
)
ASSETS = ("native", "usdc")
Tie = tuple[str, str, str]


def trail(kind: str, address: str, reached: str, tx: str, hop: int, ended_by: str | None, funded: str) -> Fact:
    row: Fact = {"kind": kind, "chain": "ethereum", "address": address, "hop": hop, "reached": reached, "tx_hash": tx}
    return row | {"funded": funded, "at": hour(0), "amount": 1.0, "asset": "native", "ended_by": ended_by}


def gas(
    address: str, funder: str, tx: str = "", hop: int = 1, ended_by: str | None = None, funded: str | None = None
) -> Fact:
    funded = funded or address
    return trail("first_gas", address, funder, tx or f"{funder}>{funded}", hop, ended_by, funded)


def swept(address: str, sink: str, tx: str = "", ended_by: str | None = None) -> Fact:
    return trail("sweep", address, sink, tx or f"{address}>{sink}", 1, ended_by, address)


def dispersed(recipients: str, tx: str = "t", signer: str | None = "op", contract: str = "k") -> list[Fact]:
    """One transaction that `signer` sent through `contract`."""
    return [
        paid(contract, to, kind="internal", tx_hash=tx, initiator=signer, position=f"1:{n:04d}")
        for n, to in enumerate(recipients.split())
    ]


@dataclass(frozen=True, kw_only=True)
class World:
    """`accounts` in the order in which they began; an account owns the address of its name unless `owns` says more."""

    accounts: str
    ties: set[Tie]
    trails: list[Fact] = field(default_factory=list)
    transfers: list[Fact] = field(default_factory=list)
    services: str = ""
    owns: Mapping[str, str] = field(default_factory=dict)


NOBODY: set[Tie] = set()
SHARED: dict[str, World] = {
    "a shared funder ties all to the earliest": World(
        accounts="b c a",
        trails=[gas("a", "f"), gas("b", "f"), gas("c", "f")],
        ties={("a", "b", "first_gas"), ("b", "c", "first_gas")},
    ),
    "of those who began at once the first by name is the centre": World(
        accounts="b=a=c",
        trails=[gas("a", "f"), gas("b", "f"), gas("c", "f")],
        ties={("a", "b", "first_gas"), ("a", "c", "first_gas")},
    ),
    "two funders tie nobody to each other": World(accounts="a b", trails=[gas("a", "f"), gas("b", "g")], ties=NOBODY),
    "a funder that takes part is tied to whom it funded": World(
        accounts="a f b",
        trails=[gas("a", "f"), gas("b", "f")],
        ties={("a", "f", "first_gas"), ("a", "b", "first_gas")},
    ),
    "a funder that takes part and funded one is tied to it": World(
        accounts="a f", trails=[gas("a", "f")], ties={("a", "f", "first_gas")}
    ),
    "an exchange that funds ties nobody": World(
        accounts="a b",
        trails=[gas("a", "exchange", ended_by="service"), gas("b", "exchange", ended_by="service")],
        services="exchange",
        ties=NOBODY,
    ),
    "a hub that takes part and funds ties nobody": World(
        accounts="hub a b",
        trails=[gas("a", "hub", ended_by="service"), gas("b", "hub", ended_by="service")],
        transfers=[paid("hub", "a"), paid("hub", "b"), paid("a", "hub")],
        services="hub",
        ties=NOBODY,
    ),
    "a funder between them and an exchange ties them": World(
        accounts="a b",
        trails=[
            *[gas("a", "f"), gas("a", "exchange", hop=2, ended_by="service", funded="f")],
            *[gas("b", "f"), gas("b", "exchange", hop=2, ended_by="service", funded="f")],
        ],
        services="exchange",
        ties={("a", "b", "first_gas")},
    ),
    "the funder of their funders ties them": World(
        accounts="a b",
        trails=[
            *[gas("a", "f"), gas("a", "top", hop=2, funded="f")],
            *[gas("b", "g"), gas("b", "top", hop=2, funded="g")],
        ],
        ties={("a", "b", "first_gas")},
    ),
    "a trail cut at the depth still reached its last address": World(
        accounts="a b",
        trails=[gas("a", "top", hop=4, ended_by="depth", funded="f"), gas("b", "top", funded="b")],
        ties={("a", "b", "first_gas")},
    ),
    "where a trail turned in a circle it reached nobody new": World(
        accounts="a b",
        trails=[gas("a", "top", hop=3, ended_by="cycle", funded="f"), gas("b", "top", hop=3, ended_by="cycle")],
        ties=NOBODY,
    ),
    "as many as the largest group": World(
        accounts="a b c d e",
        trails=[gas(n, "f") for n in "abcde"],
        ties={("a", n, "first_gas") for n in "bcde"},
    ),
    "more than the largest group, so it is a service nobody listed": World(
        accounts="a b c d e g", trails=[gas(n, "f") for n in "abcdeg"], ties=NOBODY
    ),
    "an account with two addresses is one account": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        trails=[gas("p", "f"), gas("q", "f"), gas("b", "f")],
        ties={("b", "one", "first_gas")},
    ),
    "an account alone behind a funder is tied to nobody": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        trails=[gas("p", "f"), gas("q", "f")],
        transfers=[paid("p", "q"), paid("q", "p")],
        ties=NOBODY,
    ),
    "one destination after the reward ties all to the earliest": World(
        accounts="c a b",
        trails=[swept("a", "s"), swept("b", "s"), swept("c", "s")],
        ties={("a", "c", "sweep"), ("b", "c", "sweep")},
    ),
    "two with one destination may be customers of one shop": World(
        accounts="a b", trails=[swept("a", "s"), swept("b", "s")], ties=NOBODY
    ),
    "an exchange they all cash out at ties nobody": World(
        accounts="a b c",
        trails=[swept(n, "exchange", ended_by="service") for n in "abc"],
        services="exchange",
        ties=NOBODY,
    ),
    "a destination of more than the largest group ties nobody": World(
        accounts="a b c d e g", trails=[swept(n, "s") for n in "abcdeg"], ties=NOBODY
    ),
    "an account that sweeps two addresses is one account": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        trails=[swept("p", "s"), swept("q", "s"), swept("b", "s")],
        ties=NOBODY,
    ),
}
DIRECT: dict[str, World] = {
    "dust ties nobody": World(accounts="a b", transfers=[paid("a", "b", 0.0004)], ties=NOBODY),
    "dust however often ties nobody": World(
        accounts="a b", transfers=[paid("a", "b", 0.0004, at=n) for n in range(9)], ties=NOBODY
    ),
    "one payment above dust ties": World(
        accounts="a b", transfers=[paid("b", "a", 0.0005)], ties={("a", "b", "direct")}
    ),
    "each side signed once ties, dust or not": World(
        accounts="a b",
        transfers=[paid("a", "b", 0.0001), paid("b", "a", 0.0001, at=1)],
        ties={("a", "b", "direct")},
    ),
    "dust that came back unsigned ties nobody": World(
        accounts="a b",
        transfers=[paid("a", "b", 0.0001), paid("b", "a", 0.0001, at=1, kind="internal", initiator="a")],
        ties=NOBODY,
    ),
    "coins moved by a contract above dust tie": World(
        accounts="a b", transfers=[paid("a", "b", kind="internal", initiator="o")], ties={("a", "b", "direct")}
    ),
    "a listed token above dust ties": World(
        accounts="a b", transfers=[token("a", "b", 1.0)], ties={("a", "b", "direct")}
    ),
    "a listed token under a dollar ties nobody": World(accounts="a b", transfers=[token("a", "b", 0.99)], ties=NOBODY),
    "a listed token without a price ties nobody": World(accounts="a b", transfers=[token("a", "b", None)], ties=NOBODY),
    "forged events between two strangers tie nobody": World(
        accounts="a b",
        transfers=[
            token("a", "b", 1e6, asset="fake", initiator="forger"),
            token("b", "a", 1e6, asset="fake", initiator="forger", at=1),
        ],
        ties=NOBODY,
    ),
    "forged events of which nobody knows the signer tie nobody": World(
        accounts="a b",
        transfers=[token("a", "b", 1e6, asset="fake"), token("b", "a", 1e6, asset="fake", at=1)],
        ties=NOBODY,
    ),
    "a forged event is no answer to dust": World(
        accounts="a b",
        transfers=[paid("a", "b", 0.0001), token("b", "a", 1e6, asset="fake", initiator="forger", at=1)],
        ties=NOBODY,
    ),
    "a token of one's own sent to a stranger ties nobody": World(
        accounts="a b", transfers=[token("a", "b", 1e6, asset="fake", initiator="a")], ties=NOBODY
    ),
    "a worthless token that each side signed once ties": World(
        accounts="a b",
        transfers=[
            token("a", "b", None, asset="points", initiator="a"),
            token("b", "a", None, asset="points", initiator="b", at=1),
        ],
        ties={("a", "b", "direct")},
    ),
    "what a third account paid ties nobody else": World(
        accounts="a b c",
        transfers=[paid("a", "b", 0.0001), paid("b", "c", 0.0001), paid("c", "a", 0.0001)],
        ties=NOBODY,
    ),
    "a pair-only row ties": World(accounts="a b", transfers=[pair("a", "b", 7)], ties={("a", "b", "direct")}),
    "a pair-only row ties in the other direction": World(
        accounts="a b", transfers=[pair("b", "a", 2)], ties={("a", "b", "direct")}
    ),
    "a service that takes part pays and is paid and ties nobody": World(
        accounts="a hub",
        transfers=[paid("a", "hub"), paid("hub", "a", at=1), pair("a", "hub")],
        services="hub",
        ties=NOBODY,
    ),
    "an account pays from any of its addresses": World(
        accounts="one b", owns={"one": "p q", "b": "b"}, transfers=[paid("q", "b")], ties={("b", "one", "direct")}
    ),
    "each side signed once, from different addresses": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        transfers=[paid("q", "b", 0.0001), paid("b", "p", 0.0001, at=1)],
        ties={("b", "one", "direct")},
    ),
    "five payments": World(
        accounts="a b",
        transfers=[paid("b", "a", at=n) for n in (5, 4, 3)] + [paid("a", "b", at=n) for n in (2, 1)],
        ties={("a", "b", "direct")},
    ),
}
DISPERSE: dict[str, World] = {
    "one transaction that pays enough accounts ties them": World(
        accounts="c a b",
        transfers=dispersed("a b c"),
        services="k",
        ties={("a", "c", "disperse"), ("b", "c", "disperse")},
    ),
    "one that pays fewer ties nobody": World(accounts="a b", transfers=dispersed("a b stranger"), ties=NOBODY),
    "payments in a transaction each tie nobody": World(
        accounts="a b c",
        transfers=[*dispersed("a", "t1"), *dispersed("b", "t2"), *dispersed("c", "t3")],
        ties=NOBODY,
    ),
    "an exchange's payout ties nobody": World(
        accounts="a b c", transfers=dispersed("a b c", signer="exchange"), services="exchange", ties=NOBODY
    ),
    "a service's payout of which nobody knows the signer ties nobody": World(
        accounts="a b c", transfers=dispersed("a b c", signer=None), services="k", ties=NOBODY
    ),
    "a payout of dust ties nobody": World(
        accounts="a b c", transfers=[row | {"amount": 0.0001} for row in dispersed("a b c")], ties=NOBODY
    ),
    "an airdrop of an unlisted token ties nobody": World(
        accounts="a b c",
        transfers=[token("k", n, 1e6, asset="fake", initiator="op", tx_hash="t") for n in "abc"],
        ties=NOBODY,
    ),
    "a payout of a listed token ties": World(
        accounts="a b c",
        transfers=[token("k", n, 9.0, initiator="op", tx_hash="t") for n in "abc"],
        ties={("a", "b", "disperse"), ("a", "c", "disperse")},
    ),
    "two payouts of one signer are one group": World(
        accounts="a b c d",
        transfers=[*dispersed("a b c", "t1"), *dispersed("b c d", "t2")],
        ties={("a", n, "disperse") for n in "bcd"},
    ),
    "payouts of more than the largest group tie nobody": World(
        accounts="a b c d e g", transfers=dispersed("a b c d e g"), ties=NOBODY
    ),
    "three addresses of one account are one account": World(
        accounts="one b", owns={"one": "p q r", "b": "b"}, transfers=dispersed("p q r b"), ties=NOBODY
    ),
    "what the signer pays itself does not count": World(accounts="a b op", transfers=dispersed("a b op"), ties=NOBODY),
}
ONCE: dict[str, World] = {  # two kinds of evidence never rest on one transaction
    "a payment to a common destination is no direct payment too": World(
        accounts="a b c s",
        trails=[swept(n, "s", f"{n}>s@0.0") for n in "abc"],
        transfers=[paid(n, "s") for n in "abc"],
        ties={("a", "b", "sweep"), ("a", "c", "sweep")},
    ),
    "an earlier payment to the destination is a direct one": World(
        accounts="a b c s",
        trails=[swept(n, "s", f"{n}>s@9") for n in "abc"],
        transfers=[paid(n, "s", at=9) for n in "abc"] + [paid("a", "s", at=1)],
        ties={("a", "b", "sweep"), ("a", "c", "sweep"), ("a", "s", "direct")},
    ),
    "where too few share the destination the payments are direct": World(
        accounts="a b s",
        trails=[swept(n, "s", f"{n}>s@0.0") for n in "ab"],
        transfers=[paid(n, "s") for n in "ab"],
        ties={("a", "s", "direct"), ("b", "s", "direct")},
    ),
    "a payment that was somebody's first gas is no sweep too": World(
        accounts="a b c s",
        trails=[swept("a", "s", "first"), swept("b", "s"), swept("c", "s"), gas("s", "a", "first")],
        ties={("a", "s", "first_gas")},
    ),
    "one transaction is no payout and common destination at once": World(
        accounts="a b c",
        trails=[swept(n, "s", "t") for n in "abc"],
        transfers=[*dispersed("a b c", "t"), *[token(n, "s", initiator="op", tx_hash="t") for n in "abc"]],
        ties={("a", "b", "sweep"), ("a", "c", "sweep")},
    ),
}
WORLDS = SHARED | DIRECT | DISPERSE | ONCE
KIND_OF = {"first_gas": "money", "direct": "money", "disperse": "money", "sweep": "sink"}


def people(world: World) -> list[Fact]:
    """In the order in which they began; `=` stands between those who began at once."""
    turns = [turn.split("=") for turn in world.accounts.split()]
    return [
        {"account": account, "first_action_at": hour(n), "last_action_at": hour(99)}
        for n, turn in enumerate(turns)
        for account in turn
    ]


def owned(world: World) -> list[Fact]:
    return [
        {"account": row["account"], "chain": "ethereum", "address": address}
        for row in people(world)
        for address in world.owns.get(str(row["account"]), str(row["account"])).split()
    ]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    assert len(WORLDS) == len(SHARED) + len(DIRECT) + len(DISPERSE) + len(ONCE)
    served = placed_all({n: [{"address": a, "kind": "hub"} for a in w.services.split()] for n, w in WORLDS.items()})
    whole = links(
        frame(spark, Trails, placed_all({name: world.trails for name, world in WORLDS.items()})),
        frame(spark, Transfers, placed_all({name: world.transfers for name, world in WORLDS.items()})),
        frame(spark, Services, served),
        frame(spark, Participants, placed_all({name: people(world) for name, world in WORLDS.items()})),
        frame(spark, ParticipantAddresses, placed_all({name: owned(world) for name, world in WORLDS.items()})),
        ASSETS,
        RULES,
        settings.Settings().chains,
    )
    return by_world(whole.collect(), "src")


@pytest.mark.parametrize("name", WORLDS)
def test_who_is_tied_to_whom(found: Mapping[str, list[Fact]], name: str) -> None:
    rows = [(str(r["src"]), str(r["dst"]), str(r["kind"])) for r in found.get(name, [])]
    assert sorted(rows) == sorted(WORLDS[name].ties)


def test_every_link_has_its_kind_of_evidence_a_strength_and_little_of_it(found: Mapping[str, list[Fact]]) -> None:
    for row in (row for rows in found.values() for row in rows):
        evidence = items(row)
        assert row["evidence_kind"] == KIND_OF[str(row["kind"])]
        assert 1 <= len(evidence) <= RULES.num_evidence
        assert {e["kind"] for e in evidence} == {row["kind"]}
        assert isinstance(row["strength"], int)
        assert row["strength"] >= sum(int(str(e["n"])) for e in evidence)


def test_the_first_movements_are_kept_and_all_are_counted(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["five payments"]
    assert link["strength"] == 5
    assert [(e["from"], e["to"], e["at"], e["amount"]) for e in items(link)] == [
        (sender, recipient, hour(n).replace(tzinfo=None), 1.0)
        for n, sender, recipient in ((1, "a", "b"), (2, "a", "b"), (3, "b", "a"), (4, "b", "a"))
    ]
    assert link["via"] is None


def test_a_pair_only_link_counts_what_its_row_stands_for(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["a pair-only row ties"]
    assert link["strength"] == 7
    (item,) = items(link)
    assert [item[c] for c in ("tx_hash", "from", "to", "at", "n", "source")] == [None, "a", "b", None, 7, "moves"]


def test_a_shared_funder_is_named_and_both_its_payments_shown(found: Mapping[str, list[Fact]]) -> None:
    link = next(r for r in found["a shared funder ties all to the earliest"] if r["src"] == "a")
    assert (link["via"], link["strength"]) == ("f", 2)
    assert {(e["from"], e["to"], e["tx_hash"]) for e in items(link)} == {("f", "a", "f>a"), ("f", "b", "f>b")}


def test_a_common_destination_is_named_and_both_payments_shown(found: Mapping[str, list[Fact]]) -> None:
    link = next(r for r in found["one destination after the reward ties all to the earliest"] if r["src"] == "a")
    assert (link["via"], link["strength"]) == ("s", 2)
    assert {(e["from"], e["to"]) for e in items(link)} == {("a", "s"), ("c", "s")}


def test_a_payout_is_shown_with_its_signer(found: Mapping[str, list[Fact]]) -> None:
    link = next(r for r in found["one transaction that pays enough accounts ties them"] if r["src"] == "a")
    assert link["via"] == "op"
    assert {(e["from"], e["to"], e["tx_hash"]) for e in items(link)} == {("k", "a", "t"), ("k", "c", "t")}


@pytest.mark.parametrize("name", ["the funder of their funders ties them"])
def test_the_movements_of_a_link_lead_to_both_its_accounts(found: Mapping[str, list[Fact]], name: str) -> None:
    (link,) = found[name]
    named = {e[end] for e in items(link) for end in ("from", "to")}
    assert {link["src"], link["dst"]} <= named


def items(link: Fact) -> list[Fact]:
    evidence = link["evidence"]
    assert isinstance(evidence, list)
    return evidence
