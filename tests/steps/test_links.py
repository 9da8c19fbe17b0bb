"""What ties two accounts, and what never does.

Longer than 200 lines because it is one table of cases.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from pyspark.sql import SparkSession

from abuse import settings
from abuse.steps.links import links
from abuse.tables import (
    FirstFunders,
    ParticipantAddresses,
    Participants,
    Participation,
    Services,
    Trails,
    Transfers,
)
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, pair, placed, placed_all, token

MOST = 5
RULES = settings.Links(
    disperse_min_recipients=3,
    disperse_min_fresh=0.8,
    sweep_min_accounts=3,
    deposit_min_accounts=2,
    counterparty_window_s=3600.0,
    max_group=MOST,
    num_evidence=4,
    token_dust_usd=1.0,
    history_min_share=0.5,
    history_min_outsiders=4,
)
ASSETS = ("native", "usdc")
Tie = tuple[str, str, str]


def trail(kind: str, address: str, reached: str, tx: str, hop: int, ended_by: str | None, funded: str) -> Fact:
    row: Fact = {"kind": kind, "chain": "ethereum", "address": address, "hop": hop, "reached": reached, "tx_hash": tx}
    row |= {"funded": funded, "at": hour(0), "begun_at": hour(0), "ended_by": ended_by}
    return row | {"amount": 1.0, "asset": "native", "source": "moves"}


def gas(
    address: str, funder: str, tx: str = "", hop: int = 1, ended_by: str | None = None, funded: str | None = None
) -> Fact:
    funded = funded or address
    return trail("first_gas", address, funder, tx or f"{funder}>{funded}", hop, ended_by, funded)


def walked(payers: Mapping[str, str], accounts: str, depth: int = 3) -> list[Fact]:
    """The trails of the accounts, `depth` hops each, where `payers` says who first paid whom."""
    hops = []
    for account in accounts.split():
        funded = account
        for hop in range(1, depth + 1):
            if funded in payers:
                ended_by = "depth" if hop == depth else None
                hops.append(gas(account, payers[funded], hop=hop, ended_by=ended_by, funded=funded))
                funded = payers[funded]
    return hops


def peel(chain: str) -> dict[str, str]:
    """Each passes the rest on to the next."""
    names = chain.split()
    return dict(zip(names[1:], names, strict=False))


def swept(address: str, sink: str, tx: str = "", ended_by: str | None = None) -> Fact:
    return trail("sweep", address, sink, tx or f"{address}>{sink}", 1, ended_by, address)


def dispersed(recipients: str, tx: str = "t", signer: str | None = "op", contract: str = "k") -> list[Fact]:
    """One transaction that `signer` sent through `contract`."""
    return [
        paid(contract, to, kind="internal", tx_hash=tx, initiator=signer, position=f"1:{n:04d}")
        for n, to in enumerate(recipients.split())
    ]


def did(account: str, lag_s: float) -> list[Fact]:
    """A script's run, in transactions of its own: `a0`, `a1` and so on."""
    minutes = (0, 25, 112, 254, 1704, 2139, 3000)
    return [
        {"account": account, "position": f"{n}", "at": hour((60 * at + lag_s) / 3600), "action": f"act {n}"}
        | {"tx_hash": f"{account}{n}", "num_actions": 1, "source": "acts"}
        for n, at in enumerate(minutes)
    ]


@dataclass(frozen=True, kw_only=True)
class World:
    """`accounts` in the order in which they began, one an hour, at once with `=` between them, nobody in the hour of a
    `-`; an account owns the address of its name unless `owns` says more. `services` are hubs unless they say more, as
    in `x=deposit`. `acted` says at which hour an address first did anything; all payments are at hour 0.
    """

    accounts: str
    ties: set[Tie]
    trails: list[Fact] = field(default_factory=list)
    transfers: list[Fact] = field(default_factory=list)
    services: str = ""
    owns: Mapping[str, str] = field(default_factory=dict)
    acted: Mapping[str, float] = field(default_factory=dict)
    acted_on: str = "ethereum"
    acts: list[Fact] = field(default_factory=list)
    held: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    """Of an address, from which hour and until which it was the account's; of others it always was."""
    on: Mapping[str, str] = field(default_factory=dict)
    """Of an address, the only chain on which it is the account's."""
    unknown: set[Tie] | None = None
    """Ties that are no evidence, for nothing else is known of what they go through; not asked where it is None."""


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


def chain_of(names: str) -> set[Tie]:
    """Each tied to the next, by first gas."""
    return {(min(pair), max(pair), "first_gas") for pair in itertools.pairwise(names.split())}


SIX = "a b c d e g"
TREE = {"m": "top", "n": "top", "a": "m", "b": "m", "c": "n", "d": "n"}
SHAPES: dict[str, World] = {  # links by first gas lie as the money went
    "of a chain each is tied to the one that paid it": World(
        accounts=SIX, trails=walked(peel(f"f {SIX}"), SIX), ties=chain_of(SIX)
    ),
    "of a chain in which the last began first too": World(
        accounts="g e d c b a", trails=walked(peel(f"f {SIX}"), SIX), ties=chain_of(SIX)
    ),
    "of a chain with longer trails too": World(
        accounts=SIX, trails=walked(peel(f"f {SIX}"), SIX, depth=9), ties=chain_of(SIX)
    ),
    "a wallet between that takes no part lets the money through": World(
        accounts="a b c", trails=walked(peel("f a r b s t c"), "a b c"), ties=chain_of("a b c")
    ),
    "of a tree of strangers' wallets the leaves of each are tied, and one of each above": World(
        accounts="a b c d",
        trails=walked(TREE, "a b c d"),
        ties=chain_of("b a c d"),
    ),
    "of a tree that takes part each is tied to who paid it": World(
        accounts="top m n a b c d",
        trails=walked(TREE, "m n a b c d"),
        ties={(min(edge), max(edge), "first_gas") for edge in TREE.items()},
    ),
    "of a tree whose leaves began first the earliest is the centre of its branch": World(
        accounts="d c b a n m top",
        trails=walked(TREE, "m n a b c d"),
        ties=chain_of("a b m n top") | chain_of("c d n"),
    ),
    "of one branch the nearest is tied above, though a farther one began first": World(
        accounts="b a c",
        trails=walked({"m": "top", "c": "top", "a": "m", "q": "m", "b": "q"}, "a b c"),
        ties={("a", "b", "first_gas"), ("a", "c", "first_gas")},
    ),
    "of those as near the first to begin is": World(
        accounts="b a c",
        trails=walked({"m": "top", "c": "top", "a": "m", "b": "m"}, "a b c"),
        ties={("a", "b", "first_gas"), ("b", "c", "first_gas")},
    ),
    "of those who began at once the first by name is": World(
        accounts="c b=a",
        trails=walked({"m": "top", "c": "top", "a": "m", "b": "m"}, "a b c"),
        ties={("a", "b", "first_gas"), ("a", "c", "first_gas")},
    ),
    "the wallets it paid are counted, not the accounts behind them": World(
        accounts=SIX,
        trails=walked({"m": "top", "n": "top"} | dict.fromkeys("abc", "m") | dict.fromkeys("deg", "n"), SIX),
        ties={("a", n, "first_gas") for n in "bcd"} | {("d", n, "first_gas") for n in "eg"},
    ),
    "one that paid a wallet on two chains paid one": World(
        accounts="a b",
        trails=[gas("a", "f"), gas("a", "f") | {"chain": "polygon"}, gas("b", "f")],
        ties={("a", "b", "first_gas")},
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
    "who had acted before is not tied, where nearly all had not": World(
        accounts="e a b c d",
        transfers=dispersed("a b c d e"),
        acted={"e": -1},
        ties={("a", n, "disperse") for n in "bcd"},
    ),
    "where more had acted before it pays a staff, so nobody is tied": World(
        accounts="a b c d", transfers=dispersed("a b c d"), acted={"d": -1}, ties=NOBODY
    ),
    "strangers who had acted before are not counted": World(
        accounts="a b c",
        transfers=dispersed("a b c s t"),
        acted={"s": -1, "t": -1},
        ties={("a", "b", "disperse"), ("a", "c", "disperse")},
    ),
    "too few had not acted before": World(accounts="a b c", transfers=dispersed("a b c"), acted={"c": -1}, ties=NOBODY),
    "who acted as it was paid, or later, had not before": World(
        accounts="a b c",
        transfers=dispersed("a b c"),
        acted={"a": 0, "b": 0.001, "c": 99},
        ties={("a", "b", "disperse"), ("a", "c", "disperse")},
    ),
    "who had acted on another chain had not on this": World(
        accounts="a b c",
        transfers=dispersed("a b c"),
        acted={"a": -1, "b": -1},
        acted_on="polygon",
        ties={("a", "b", "disperse"), ("a", "c", "disperse")},
    ),
    "of two payouts each is judged by those whom it paid": World(
        accounts="a b c d",
        transfers=[*dispersed("a b c", "t1"), *dispersed("a b c d", "t2")],
        acted={"d": -1},
        ties={("a", "b", "disperse"), ("a", "c", "disperse")},
    ),
}


def memos(of: Mapping[str, str]) -> list[Fact]:
    """Who pays `x` with which memo."""
    return [paid(sender, "x", memo=memo) for sender, memo in of.items()]


OTHERS = memos({f"s{n}": f"200{n}" for n in range(6)})
"""Strangers who pay `x`, each with a memo of its own."""
MESSAGES = ("deposit", "thanks", "gm", "n.a.", "web3", "for Bob", "2026-03-01", "0000", "to 123 456")
REFERENCES = ("123", "4085441231", "a91f07c2", "ref-20417", "Xq7_112")
TO_ONE = {("a", "b", "deposit"), ("a", "c", "deposit")}
TO_ONE_BC = ("b", "c", "deposit")
DEPOSIT: dict[str, World] = {
    "who pays one customer's address at an exchange is tied to the earliest": World(
        accounts="a c b", services="x=deposit", transfers=[paid(n, "x") for n in "abc"], ties=TO_ONE
    ),
    "one who pays it alone is tied to nobody": World(
        accounts="a b", services="x=deposit", transfers=[paid("a", "x"), paid("a", "x", at=1)], ties=NOBODY
    ),
    "two customers' addresses tie nobody to each other": World(
        accounts="a b", services="x=deposit y=deposit", transfers=[paid("a", "x"), paid("b", "y")], ties=NOBODY
    ),
    "a listed token above dust counts": World(
        accounts="a b",
        services="x=deposit",
        transfers=[paid("a", "x"), token("b", "x", 1.0)],
        ties={("a", "b", "deposit")},
    ),
    "dust does not count": World(
        accounts="a b c",
        services="x=deposit",
        transfers=[paid("a", "x"), paid("b", "x", 0.0004), token("c", "x", 0.99)],
        ties=NOBODY,
    ),
    "an unlisted token does not count": World(
        accounts="a b",
        services="x=deposit",
        transfers=[paid("a", "x"), token("b", "x", 1e6, asset="fake", initiator="forger")],
        ties=NOBODY,
    ),
    "what the address pays ties nobody": World(
        accounts="a b", services="x=deposit", transfers=[paid("x", "a"), paid("x", "b")], ties=NOBODY
    ),
    "a pair-only row into it counts": World(
        accounts="a b",
        services="x=deposit",
        transfers=[pair("a", "x", 3), pair("b", "x", 4)],
        ties={("a", "b", "deposit")},
    ),
    "an exchange's wallet ties nobody": World(
        accounts="a b c", services="x=exchange", transfers=[paid(n, "x") for n in "abc"], ties=NOBODY
    ),
    "an exchange's wallet and a memo are one customer": World(
        accounts="a b c d",
        services="x=exchange",
        transfers=memos({"a": "1007", "b": "1007", "c": "1008", "d": "1009"}),
        ties={("a", "b", "deposit")},
    ),
    "one memo at two exchanges is two customers": World(
        accounts="a b",
        services="x=exchange y=exchange",
        transfers=[paid("a", "x", memo="1007"), paid("b", "y", memo="1007"), *OTHERS],
        ties=NOBODY,
    ),
    "a memo at a hub is nobody's": World(
        accounts="a b", services="x", transfers=memos({"a": "1007", "b": "1007"}) + OTHERS, ties=NOBODY
    ),
    "a memo at an address that serves nobody is nobody's": World(
        accounts="a b", transfers=memos({"a": "1007", "b": "1007"}) + OTHERS, ties=NOBODY
    ),
    "an account that pays from two addresses is one": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        services="x=deposit",
        transfers=[paid("p", "x"), paid("q", "x")],
        ties=NOBODY,
    ),
    "more accounts than the largest group": World(
        accounts=SIX, services="x=deposit", transfers=[paid(n, "x") for n in SIX.split()], ties=NOBODY
    ),
    "a participant that a list calls an exchange is tied by nothing": World(
        accounts="a b x",
        services="x=exchange",
        trails=[gas(n, "x", ended_by="service") for n in "ab"] + [swept("x", "s"), swept("a", "s"), swept("b", "s")],
        transfers=[paid("x", "a", at=1), paid("a", "x"), paid("b", "x"), pair("x", "o"), pair("a", "o")],
        ties=NOBODY,
    ),
}
DEPOSIT |= {
    f"the memo {text!r} is a message": World(
        accounts="a b c", services="x=exchange", transfers=memos(dict.fromkeys("abc", text)) + OTHERS, ties=NOBODY
    )
    for text in MESSAGES
}
DEPOSIT |= {
    f"the memo {text!r} is a customer's": World(
        accounts="a b c", services="x=exchange", transfers=memos(dict.fromkeys("abc", text)) + OTHERS, ties=TO_ONE
    )
    for text in REFERENCES
}
DEPOSIT |= {
    "a memo that most of the wallet's payers write is a default": World(
        accounts="a b c",
        services="x=exchange",
        transfers=memos(dict.fromkeys("abc", "1007")) + OTHERS[:2],
        ties=NOBODY,
    ),
    "that half of them write it may be chance": World(
        accounts="a b c",
        services="x=exchange",
        transfers=memos(dict.fromkeys("abc", "1007")) + OTHERS[:3],
        ties=TO_ONE,
    ),
    "a memo of more payers than a customer has, strangers too, is a service's": World(
        accounts="a b",
        services="x=exchange",
        transfers=memos(dict.fromkeys(("a", "b", "t1", "t2", "t3"), "1007")) + OTHERS,
        ties=NOBODY,
    ),
    "a customer's own address with a memo is the customer's still": World(
        accounts="a b", services="x=deposit", transfers=memos(dict.fromkeys("ab", "1007")), ties={("a", "b", "deposit")}
    ),
    "a deposit that was somebody's first gas is no deposit too": World(
        accounts="a b c",
        services="x=deposit",
        trails=[gas("a", "f", "t"), gas("b", "f")],
        transfers=[paid("b", "x", tx_hash="t"), paid("a", "x"), paid("c", "x")],
        ties={("a", "b", "first_gas"), ("a", "c", "deposit")},
    ),
}
COUNTERPARTY: dict[str, World] = {
    "who began within an hour of another and dealt with the same address": World(
        accounts="a b", transfers=[pair("o", "a"), pair("o", "b")], ties={("a", "b", "counterparty")}
    ),
    "whichever of them paid": World(
        accounts="a b", transfers=[pair("a", "o"), pair("o", "b")], ties={("a", "b", "counterparty")}
    ),
    "who began later than that": World(accounts="a - b", transfers=[pair("o", "a"), pair("o", "b")], ties=NOBODY),
    "each is tied to the one that began before it": World(
        accounts="c a - - b d",
        transfers=[pair("o", n) for n in "abcd"],
        ties={("a", "c", "counterparty"), ("b", "d", "counterparty")},
    ),
    "one that dealt with another address is no step between": World(
        accounts="a b c", transfers=[pair("o", "a"), pair("q", "b"), pair("o", "c")], ties=NOBODY
    ),
    "of those who began at once the name tells the order": World(
        accounts="c=a=b",
        transfers=[pair("o", n) for n in "abc"],
        ties={("a", "b", "counterparty"), ("b", "c", "counterparty")},
    ),
    "an address that serves many ties nobody": World(
        accounts="a b", services="o", transfers=[pair("o", "a"), pair("o", "b")], ties=NOBODY
    ),
    "an address that takes part was dealt with directly": World(
        accounts="o a b", transfers=[pair("o", "a"), pair("o", "b")], ties={("a", "o", "direct"), ("b", "o", "direct")}
    ),
    "where times are known the money says who funded whom": World(
        accounts="a b", transfers=[paid("o", "a"), paid("o", "b")], ties=NOBODY
    ),
    "an account that dealt with it twice is one": World(
        accounts="one - b",
        owns={"one": "p q", "b": "b"},
        transfers=[pair("o", "p"), pair("q", "o"), pair("p", "o"), pair("o", "b")],
        ties=NOBODY,
    ),
    "two addresses of one account are one": World(
        accounts="one b",
        owns={"one": "p q", "b": "b"},
        transfers=[pair("o", "p"), pair("o", "q"), pair("o", "b")],
        ties={("b", "one", "counterparty")},
    ),
    "two common counterparties are one link": World(
        accounts="a b",
        transfers=[pair("o", "a", 2), pair("o", "b", 3), pair("a", "q", 5), pair("b", "q", 7)],
        ties={("a", "b", "counterparty")},
    ),
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
    "one transaction is no payout and deposit at once": World(
        accounts="a b c",
        services="x=deposit",
        transfers=[*dispersed("a b c", "t"), *[token(n, "x", initiator="op", tx_hash="t") for n in "abc"]],
        ties=TO_ONE,
    ),
    "what ends at a deposit address is tied by that": World(
        accounts="a b c",
        services="x=deposit",
        trails=[swept(n, "x", f"{n}>x@0.0", ended_by="service") for n in "abc"],
        transfers=[paid(n, "x") for n in "abc"],
        ties=TO_ONE,
    ),
    "an act that is shown by no link, for it was its last movement of many": World(
        accounts="a b",
        acts=did("a", 0),
        transfers=[paid("a", "b", at=n) for n in range(9)] + [paid("a", "b", tx_hash="a0", at=99)],
        ties={("a", "b", "direct")},
    ),
    "acts in step in transactions of their own": World(
        accounts="a b", acts=did("a", 0) + did("b", 40), ties={("a", "b", "co_activity")}
    ),
    "of acts in step some moved money": World(
        accounts="a b",
        acts=did("a", 0) + did("b", 40),
        transfers=[paid("a", "b", tx_hash="a1")],
        ties={("a", "b", "co_activity"), ("a", "b", "direct")},
    ),
    "all acts in step that could be shown moved money": World(
        accounts="a b",
        acts=did("a", 0) + did("b", 40),
        transfers=[paid(tx[0], "b" if tx[0] == "a" else "a", tx_hash=tx) for tx in ("a1", "a2", "b1", "b2")],
        ties={("a", "b", "direct")},
    ),
}
BEFORE, SINCE, UNTIL = {"a": (1, None)}, {"a": (0, None)}, {"a": (-9, 0)}
"""All movements are at hour 0: a's address is its own from later on, from then on, and until then."""
ALL = {("a", "b", "first_gas"), ("b", "c", "first_gas")}
OWNED: dict[str, World] = {  # what an address did before it was the account's, or after, says nothing of the account
    "first coins of its former owner": World(
        accounts="b a c", trails=[gas(n, "f") for n in "abc"], held=BEFORE, ties={("b", "c", "first_gas")}
    ),
    "first coins as it became the account's": World(
        accounts="b a c", trails=[gas(n, "f") for n in "abc"], held=SINCE, ties=ALL
    ),
    "a trail belongs to whose the address was at its first hop": World(
        accounts="b a",
        trails=[
            *(gas("a", "g") | {"at": hour(2), "begun_at": hour(2)}, gas("b", "top")),
            gas("a", "top", hop=2, funded="g") | {"at": hour(0), "begun_at": hour(2)},
        ],
        held=BEFORE,
        ties={("a", "b", "first_gas")},
    ),
    "a funder whose address was another's when it paid": World(
        accounts="a f b", trails=[gas("a", "f"), gas("b", "f")], held={"f": (1, None)}, ties={("a", "b", "first_gas")}
    ),
    "payments of its former owner": World(accounts="a b", transfers=[paid("a", "b")], held=BEFORE, ties=NOBODY),
    "payments to its former owner": World(accounts="a b", transfers=[paid("b", "a")], held=BEFORE, ties=NOBODY),
    "a payment as it became the account's": World(
        accounts="a b", transfers=[paid("a", "b")], held=SINCE, ties={("a", "b", "direct")}
    ),
    "a payment as it was the account's no more": World(
        accounts="a b", transfers=[paid("a", "b")], held=UNTIL, ties=NOBODY
    ),
    "a payment without a time": World(accounts="a b", transfers=[pair("a", "b")], held=UNTIL, ties=NOBODY),
    "a counterparty without a time": World(
        accounts="a b", transfers=[pair("o", "a"), pair("o", "b")], held=SINCE, ties=NOBODY
    ),
    "a payout to its former owner": World(accounts="a b c", transfers=dispersed("a b c"), held=BEFORE, ties=NOBODY),
    "whether it had acted, where only its former owner is known to have": World(
        accounts="d a b c",
        transfers=dispersed("a b c d"),
        acted={"a": -5},
        held={"a": (-1, None)},
        ties={("b", "d", "disperse"), ("c", "d", "disperse")},
    ),
    "a deposit of its former owner": World(
        accounts="a b c", services="x=deposit", transfers=[paid(n, "x") for n in "abc"], held=BEFORE, ties={TO_ONE_BC}
    ),
    "what its former owner sent to one place": World(
        accounts="a b c",
        trails=[swept(n, "s") | {"begun_at": hour(0)} for n in "abc"],
        held=BEFORE,
        ties=NOBODY,
    ),
    "one address, of two accounts one after the other": World(
        accounts="old new b",
        owns={"old": "p", "new": "p", "b": "b"},
        transfers=[paid("p", "b", at=1), paid("b", "p", at=5)],
        held={"p of old": (-9, 3), "p of new": (3, 4)},
        ties={("b", "old", "direct")},
    ),
    "payments on another chain than the account's": World(
        accounts="a b", transfers=[paid("a", "b", chain="base")], on={"a": "polygon"}, ties=NOBODY
    ),
    "payments on the account's chain": World(
        accounts="a b", transfers=[paid("a", "b", chain="base")], on={"a": "base"}, ties={("a", "b", "direct")}
    ),
    "first coins on another chain": World(
        accounts="b a c", trails=[gas(n, "f") for n in "abc"], on={"a": "base"}, ties={("b", "c", "first_gas")}
    ),
    "an address that no chain is named for is the account's on each": World(
        accounts="a b", transfers=[paid("a", "b", chain="base")], ties={("a", "b", "direct")}
    ),
}
AB_GAS = {("a", "b", "first_gas")}
BOTH = [gas("a", "f"), gas("b", "f")]
PAID_BOTH = [paid("f", "a"), paid("f", "b")]
ABC_SWEPT = {("a", "b", "sweep"), ("a", "c", "sweep")}
SWEPT = [swept(n, "s") for n in "abc"]
SENT = [paid(n, "s") for n in "abc"]
DISPERSED = {("a", "b", "disperse"), ("a", "c", "disperse")}


def funded(transfers: list[Fact], unknown: bool, accounts: str = "a b") -> World:
    return World(
        accounts=accounts, trails=BOTH, transfers=transfers, ties=AB_GAS, unknown=AB_GAS if unknown else NOBODY
    )


def paid_on(transfers: list[Fact], unknown: bool) -> World:
    """To a common destination."""
    return World(
        accounts="a b c",
        trails=SWEPT,
        transfers=SENT + transfers,
        ties=ABC_SWEPT,
        unknown=ABC_SWEPT if unknown else NOBODY,
    )


def paid_out(transfers: list[Fact], unknown: bool) -> World:
    """By one transaction through a contract for everybody."""
    return World(
        accounts="a b c",
        transfers=[paid("op", "k", tx_hash="t"), *dispersed("a b c"), *transfers],
        services="k",
        ties=DISPERSED,
        unknown=DISPERSED if unknown else NOBODY,
    )


def by_memo(payers: str, unknown: bool, accounts: str = "a b c") -> World:
    return World(
        accounts=accounts,
        services="x=exchange",
        transfers=memos(dict.fromkeys(payers.split(), "1007") | {f"c{n}": f"300{n}" for n in range(4)}),
        ties={("a", "b", "deposit")},
        unknown={("a", "b", "deposit")} if unknown else NOBODY,
    )


HISTORY: dict[str, World] = {  # what serves many whom the data leave out looks like an operator's
    "a funder of whom nothing but this is known": funded(PAID_BOTH, unknown=True),
    "a funder of whom not even a movement is known": funded([], unknown=True),
    "a funder that somebody paid": funded([*PAID_BOTH, paid("o", "f")], unknown=False),
    "a funder that paid somebody": funded([*PAID_BOTH, paid("f", "o")], unknown=False),
    "a funder that paid itself": funded([*PAID_BOTH, paid("f", "f")], unknown=True),
    "a funder that a third participant paid": funded([*PAID_BOTH, paid("c", "f")], unknown=True, accounts="a b c"),
    "a funder that dealt with a stranger, in a source of pairs": funded([*PAID_BOTH, pair("f", "o")], unknown=False),
    "a funder seen with strangers in a source of participants' transactions": funded(
        [*PAID_BOTH, paid("o", "f", source="scoped"), pair("f", "o") | {"source": "scoped"}], unknown=True
    ),
    "a funder that paid a stranger in a participant's transaction": funded(
        [paid("f", "a", tx_hash="t"), paid("f", "o", tx_hash="t"), paid("f", "b")], unknown=True
    ),
    "a funder that passed on what a participant signed": funded(
        [*PAID_BOTH, paid("f", "o", kind="internal", initiator="a")], unknown=True
    ),
    "a funder that takes part": World(
        accounts="a f b", trails=BOTH, ties={("a", "f", "first_gas"), ("a", "b", "first_gas")}, unknown=NOBODY
    ),
    "a payment between them goes through nobody": World(
        accounts="a b", transfers=[paid("a", "b")], ties={("a", "b", "direct")}, unknown=NOBODY
    ),
    "of two funders one is known": World(
        accounts="a b",
        trails=BOTH + [gas(n, "g") | {"chain": "polygon"} for n in "ab"],
        transfers=[*PAID_BOTH, paid("o", "g")],
        ties=AB_GAS,
        unknown=NOBODY,
    ),
    "a funder that has no dealings where other payers have": World(
        accounts="a b", trails=[row | {"source": "whole"} for row in BOTH], ties=AB_GAS, unknown=NOBODY
    ),
    "a funder that has no dealings where other payers have, in a source of participants' transactions": World(
        accounts="a b", trails=[row | {"source": "scoped"} for row in BOTH], ties=AB_GAS, unknown=AB_GAS
    ),
    "a destination that has no dealings where payers have, and destinations have not": World(
        accounts="a b c",
        trails=[row | {"source": "whole"} for row in SWEPT],
        ties=ABC_SWEPT,
        unknown=ABC_SWEPT,
    ),
    "payers who have dealings": World(
        accounts="c d e",
        trails=[gas(n, f"f{n}") | {"source": source} for n in "cde" for source in ("whole", "scoped")],
        transfers=[paid(f"f{n}", "o") for n in "cde"],
        ties=NOBODY,
    ),
    "a destination of which nothing but this is known": paid_on([], unknown=True),
    "a destination that paid on": paid_on([paid("s", "o", at=2)], unknown=False),
    "a destination that strangers pay": paid_on([pair("o", "s")], unknown=False),
    "a payout's signer of whom nothing but this is known": paid_out([], unknown=True),
    "a payout's signer that another transaction paid": paid_out([paid("o", "op")], unknown=False),
    "a deposit address in pairs of participants alone": World(
        accounts="a b",
        services="x=deposit",
        transfers=[pair("a", "x"), pair("b", "x")],
        ties={("a", "b", "deposit")},
        unknown={("a", "b", "deposit")},
    ),
    "a memo at a wallet that strangers pay": by_memo("a b", unknown=False),
    "a memo at a wallet that participants alone pay": by_memo("a b", unknown=True, accounts="a b c c0 c1 c2 c3"),
    "a memo that mostly strangers pay with": by_memo("a b t", unknown=True),
}
TABLES = (SHARED, SHAPES, DIRECT, DISPERSE, DEPOSIT, COUNTERPARTY, ONCE, OWNED, HISTORY)
WORLDS = {name: world for table in TABLES for name, world in table.items()}
KIND_OF = dict.fromkeys(("first_gas", "direct", "disperse", "counterparty"), "money")
KIND_OF |= {"sweep": "sink", "deposit": "sink", "co_activity": "sequence"}


def people(world: World) -> list[Fact]:
    """In the order in which they began."""
    turns = [turn.split("=") for turn in world.accounts.split()]
    return [
        {"account": account, "first_action_at": hour(n), "last_action_at": hour(99)}
        | {"num_actions": len(acts := [act for act in world.acts if act["account"] == account])}
        | {"first_tx_hash": acts[0]["tx_hash"] if acts else None}
        for n, turn in enumerate(turns)
        for account in turn
        if account != "-"
    ]


def served(world: World) -> list[Fact]:
    named = (f"{service}=hub".split("=")[:2] for service in world.services.split())
    return [{"address": address, "kind": kind} for address, kind in named]


def owned(world: World) -> list[Fact]:
    return [
        {"account": row["account"], "chain": world.on.get(address, "ethereum"), "address": address}
        | {"on_every_chain": address not in world.on}
        | spell(world.held.get(f"{address} of {row['account']}", world.held.get(address)))
        for row in people(world)
        for address in world.owns.get(str(row["account"]), str(row["account"])).split()
    ]


def spell(hours: tuple[float, float | None] | None) -> Fact:
    since, until = hours or (None, None)
    return {name: None if at is None else hour(at) for name, at in (("valid_from", since), ("valid_to", until))}


def found_in(spark: SparkSession, worlds: Mapping[str, World], rules: settings.Links) -> Mapping[str, list[Fact]]:
    """world -> its links."""
    acted = placed_all(
        {
            name: [{"chain": world.acted_on, "address": a, "acted_at": hour(at)} for a, at in world.acted.items()]
            for name, world in worlds.items()
        }
    )
    acts = [placed(name, act) | {"action": f"{name} {act['action']}"} for name, w in worlds.items() for act in w.acts]
    whole = links(
        frame(spark, Trails, placed_all({name: world.trails for name, world in worlds.items()})),
        frame(spark, Transfers, placed_all({name: world.transfers for name, world in worlds.items()})),
        frame(spark, Services, placed_all({name: served(world) for name, world in worlds.items()})),
        frame(spark, Participants, placed_all({name: people(world) for name, world in worlds.items()})),
        frame(spark, ParticipantAddresses, placed_all({name: owned(world) for name, world in worlds.items()})),
        frame(spark, FirstFunders, acted).select("chain", "address", "acted_at"),
        frame(spark, Participation, acts),
        ASSETS,
        rules,
        settings.Settings().chains,
        customers=settings.Services(max_deposit_senders=4),
        scoped=["scoped"],
        spill=lambda rows: rows.localCheckpoint(),
    )
    found = by_world(whole.collect(), "src")
    return {name: [row | {"world": name} for row in rows] for name, rows in found.items()}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    assert len(WORLDS) == sum(map(len, TABLES))
    return found_in(spark, WORLDS, RULES)


@pytest.mark.parametrize("name", WORLDS)
def test_who_is_tied_to_whom(found: Mapping[str, list[Fact]], name: str) -> None:
    rows = [(str(r["src"]), str(r["dst"]), str(r["kind"])) for r in found.get(name, [])]
    assert sorted(rows) == sorted(WORLDS[name].ties)


@pytest.mark.parametrize("name", [name for name, world in WORLDS.items() if world.unknown is not None])
def test_what_goes_through_an_address_without_a_history_is_no_evidence(
    found: Mapping[str, list[Fact]], name: str
) -> None:
    doubtful = {(r["src"], r["dst"], r["kind"]) for r in found[name] if not r["is_known"]}
    assert doubtful == WORLDS[name].unknown


def test_who_began_by_a_movement_that_is_not_shown_is_named_too(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["an act that is shown by no link, for it was its last movement of many"]
    assert "a0" not in {movement["tx_hash"] for movement in items(link)}
    assert link["begun_by_payment"] == ["a"]
    assert {tuple(texts(row["begun_by_payment"])) for row in found["acts in step in transactions of their own"]} == {()}


def test_of_two_shared_addresses_the_known_one_is_named(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["of two funders one is known"]
    assert link["via"] == "g"


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


def test_a_customers_address_is_named_and_both_payments_shown(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["a pair-only row into it counts"]
    assert (link["via"], link["strength"], link["evidence_kind"]) == ("x", 7, "sink")
    assert {(e["from"], e["to"], e["n"]) for e in items(link)} == {("a", "x", 3), ("b", "x", 4)}
    (link,) = found["an exchange's wallet and a memo are one customer"]
    assert (link["via"], link["strength"]) == ("x memo 1007", 2)


def test_a_common_counterparty_is_named_and_the_rows_of_both_shown(found: Mapping[str, list[Fact]]) -> None:
    (link,) = found["two common counterparties are one link"]
    assert (link["via"], link["strength"], link["evidence_kind"]) == ("o", 17, "money")
    shown = {(e["from"], e["to"], e["n"], e["at"]) for e in items(link)}
    assert shown == {("o", "a", 2, None), ("o", "b", 3, None), ("a", "q", 5, None), ("b", "q", 7, None)}


def test_a_sequence_is_shown_by_the_acts_that_moved_no_money(found: Mapping[str, list[Fact]]) -> None:
    def acts(name: str) -> set[object]:
        return {e["tx_hash"] for link in found[name] if link["kind"] == "co_activity" for e in items(link)}

    assert acts("acts in step in transactions of their own") == {"a1", "a2", "b1", "b2"}
    assert acts("of acts in step some moved money") == {"a2", "a3", "b1", "b2"}


@pytest.mark.parametrize(
    "name",
    [
        "the funder of their funders ties them",
        "who pays one customer's address at an exchange is tied to the earliest",
        "who began within an hour of another and dealt with the same address",
        "of a chain each is tied to the one that paid it",
    ],
)
def test_the_movements_of_a_link_lead_to_both_its_accounts(found: Mapping[str, list[Fact]], name: str) -> None:
    for link in found[name]:
        named = {e[end] for e in items(link) for end in ("from", "to")}
        assert {link["src"], link["dst"]} <= named


def items(link: Fact) -> list[Fact]:
    evidence = link["evidence"]
    assert isinstance(evidence, list)
    return evidence


def texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


# two kinds never rest on one transaction ------------------------------------------------------------------------------

NUM_MIXED, FEW_TX, MANY = 120, 14, 1000
"""Worlds; transactions in each, so few that most have many movements; more than a link has movements."""
SOME = "a b c d e"


def mixed(seed: int) -> World:
    """Payments, deposits, first coins, cash-outs and acts of five accounts, at random, in the same few transactions."""
    rng = random.Random(seed)

    def tx() -> str:
        return f"t{rng.randrange(FEW_TX)}"

    def two(of: str) -> list[str]:
        return rng.sample(of.split(), 2)

    moves = []
    for n in range(rng.randrange(5, 60)):
        sender, recipient = two(f"{SOME} s x f")
        moves.append(paid(sender, recipient, tx_hash=tx(), position=f"{n}", at=n / 99))
    trails = [gas(n, rng.choice("fgs"), tx()) for n in SOME.split() if rng.random() < 0.6]
    trails += [swept(n, rng.choice("sf"), tx()) for n in SOME.split() if rng.random() < 0.6]
    lag = rng.uniform(1, 50)
    acts = [
        act | ({"tx_hash": tx()} if rng.random() < 0.2 else {})
        for n, account in enumerate(SOME.split())
        for act in did(account, n * lag)
    ]
    return World(accounts=SOME, trails=trails, transfers=moves, services="x=deposit", acts=acts, ties=NOBODY)


@pytest.fixture(scope="module")
def mixes() -> dict[str, World]:
    return {f"mix {seed}": mixed(seed) for seed in range(NUM_MIXED)}


@pytest.fixture(scope="module")
def uncut(spark: SparkSession, mixes: dict[str, World]) -> list[Fact]:
    """Their links with all of their movements, and with one each."""
    tied = found_in(spark, mixes, replace(RULES, num_evidence=MANY, co_min_share=0.01, co_crowd_min=MANY))
    return [row for rows in tied.values() for row in rows]


def test_no_transaction_is_evidence_of_two_kinds_however_many_movements(
    uncut: list[Fact], mixes: dict[str, World]
) -> None:
    kinds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    held: defaultdict[str, set[str]] = defaultdict(set)
    for row in uncut:
        for movement in items(row):
            assert row["evidence_kind"] in KIND_OF.values()
            kinds[str(row["world"]), str(movement["tx_hash"])].add(str(row["evidence_kind"]))
            held[str(row["evidence_kind"])].add(str(movement["tx_hash"]))
    assert {tuple(found) for found in kinds.values()} == {("money",), ("sink",), ("sequence",)}
    assert min(len(found) for found in held.values()) > FEW_TX / 2, "each kind is there often enough to clash"
    assert max(len(items(row)) for row in uncut) > settings.Links().num_evidence


def test_who_began_by_a_transaction_of_a_tie_is_named_however_many_there_are(
    uncut: list[Fact], mixes: dict[str, World]
) -> None:
    moved: defaultdict[str, set[object]] = defaultdict(set)
    for row in uncut:
        if row["evidence_kind"] != "sequence":
            moved[str(row["world"])] |= {movement["tx_hash"] for movement in items(row)}
    seen = set()
    for row in uncut:
        world = str(row["world"])
        starts = {str(act["account"]): act["tx_hash"] for act in reversed(mixes[world].acts)}
        expected = {end for end in (str(row["src"]), str(row["dst"])) if starts[end] in moved[world]}
        assert set(texts(row["begun_by_payment"])) == expected
        seen.add(len(expected))
    assert seen == {0, 1, 2}
