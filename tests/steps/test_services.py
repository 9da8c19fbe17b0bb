"""Who serves many: by a list, or by its own figures.

Longer than 200 lines because it is one table of cases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from pyspark.sql import Row, SparkSession

from abuse import settings
from abuse.steps.services import services
from abuse.tables import FirstFunders, Labels, ParticipantAddresses, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, pair, placed, placed_all, token

FEW, MANY, BURST, DAY = 1, 10, 20, 24.0
RULES = settings.Services(
    max_counterparties=6,
    max_outside_counterparties=4,
    max_operator_senders=FEW,
    max_operator_recipients=MANY,
    min_operator_share=0.7,
    max_burst_recipients=BURST,
    operator_days=DAY / 24,
    min_operator_fresh=0.9,
    max_operator_strangers=12,
    max_customer_share=0.5,
    min_like_share=0.5,
    max_contract_signers=1,
    payroll_min_recipients=5,
    min_fresh_share=0.8,
    max_deposit_senders=3,
    min_deposit_share=0.95,
    omnibus_min_memos=3,
)
NULL = settings.Chain().null_address
TON = settings.Settings().chains["ton"].null_address
Said = list[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`ours` take part; `acted` says when they first did anything; `funded` had their first coins of `x`, `between` of
    them funded somebody new in turn.
    """

    labels: list[Fact] = field(default_factory=list)
    moves: list[Fact] = field(default_factory=list)
    ours: str = ""
    acted: Mapping[str, float] = field(default_factory=dict)
    acted_on: str = "ethereum"
    funded: str = ""
    between: str = ""
    rows: Said


def says(address: str, label: str, source: str = "list", **rest: object) -> Fact:
    row = {"source": source, "file_digest": "d", "chain": "ethereum", "address": address, "label": label}
    return row | {"name": f"{address} of {source}"} | rest


def payers(n: int, recipient: str = "x") -> list[Fact]:
    return [paid(f"payer{i}", recipient) for i in range(n)]


def elsewhere(n: int) -> list[Fact]:
    """What the payers pay others, so that they pay not only `x`."""
    return [paid(f"payer{i}", f"shop{i}") for i in range(n)]


def payees(n: int, sender: str = "x", over: float = 0.0, source: str = "moves") -> list[Fact]:
    """Paid one after another, `over` hours in all."""
    return [paid(sender, f"payee{i}", at=over * i / max(1, n - 1), source=source) for i in range(n)]


def people(n: int, who: str = "payee") -> str:
    return " ".join(f"{who}{i}" for i in range(n))


def before(n: int) -> dict[str, float]:
    """So many payees had acted before they were paid."""
    return {f"payee{i}": -1.0 for i in range(n)}


def noted(*memos: object) -> list[Fact]:
    return [paid(f"payer{n}", "x", memo=None if m is None else str(m)) for n, m in enumerate(memos)]


def old(n: int, amount: float = 1.0, at: float = 0.0) -> list[Fact]:
    """Payments of `x` to addresses that nobody knows to have had their first coins from it."""
    return [paid("x", f"old{i}", amount, at) for i in range(n)]


def served(n: int, over: float, back: float = 1.0) -> list[Fact]:
    """Paid `x` one after another, `over` hours in all, and were paid `back` hours later."""
    came = [over * i / (n - 1) for i in range(n)]
    return [
        row for i, at in enumerate(came) for row in (paid(f"old{i}", "x", at=at), paid("x", f"old{i}", at=at + back))
    ]


def through(contract: str, n: int) -> list[Fact]:
    """One transaction of `x` in which a contract pays so many."""
    return [paid(contract, f"payee{i}", kind="internal", position=f"1:{i:04d}", initiator="x") for i in range(n)]


def on_behalf(*signers: str | None) -> list[Fact]:
    """Coins that the code of `x` paid, for each of those who signed."""
    return [
        paid("x", f"payee{n}", kind="internal", position="1:0000", initiator=who, tx_hash=f"t{n}")
        for n, who in enumerate(signers)
    ]


EX = says("ex", "exchange")
IS_HUB, IS_DISPERSER, IS_EXCHANGE = ([("x", kind, "inferred")] for kind in ("hub", "disperser", "exchange"))
LISTED: dict[str, Case] = {
    "a word of the settings makes a service": Case(labels=[says("x", "binance")], rows=[("x", "exchange", "label")]),
    "another word counts for nothing": Case(labels=[says("x", "whale")], moves=[paid("x", "a")], rows=[]),
    "being a contract alone is no service": Case(labels=[says("x", "contract")], moves=[paid("x", "a")], rows=[]),
    "two words of one kind are one row": Case(
        labels=[says("x", "binance"), says("x", "exchange"), says("x", "cex", "other")],
        rows=[("x", "exchange", "label")],
    ),
    "two kinds are two rows": Case(
        labels=[says("x", "binance"), says("x", "bridge")],
        rows=[("x", "bridge", "label"), ("x", "exchange", "label")],
    ),
    "a participant that a list calls an exchange is a row like any other": Case(
        labels=[EX], moves=[paid("ex", "a")], ours="ex", rows=[("ex", "exchange", "label")]
    ),
    "a listed address with a hub's traffic is both": Case(
        labels=[says("x", "mixer")], moves=payers(5), rows=[("x", "hub", "inferred"), ("x", "mixer", "label")]
    ),
    "the first list in order is the one that is named": Case(
        labels=[says("x", "binance", "b"), says("x", "exchange", "a", listed_at=hour(0)), says("x", "contract", "a")],
        moves=payers(2) + payees(1) + elsewhere(2),
        rows=[("x", "exchange", "label")],
    ),
}
HUBS: dict[str, Case] = {
    "more counterparties than the limit make a hub": Case(moves=payers(5), rows=IS_HUB),
    "as many counterparties as the limit are no hub": Case(moves=payers(4), rows=[]),
    "a participant may deal with more": Case(moves=payers(4) + payees(2), ours="x", rows=[]),
    "a participant that deals with more than that is a hub too": Case(
        moves=payers(4) + payees(3), ours="x", rows=IS_HUB
    ),
    "one counterparty however often is one": Case(moves=[paid("p", "x", at=n) for n in range(20)], rows=[]),
    "who pays and is paid by the same address deals with one": Case(moves=[*payers(4), paid("x", "payer0")], rows=[]),
    "paying itself is no counterparty": Case(moves=[*payers(4), paid("x", "x")], rows=[]),
    "a pair-only row counts as a counterparty": Case(moves=[*payers(4), pair("p", "x")], rows=IS_HUB),
    "one key holds its address on every chain": Case(
        moves=payers(3) + [paid(f"far{n}", "x", chain="polygon") for n in range(2)], rows=IS_HUB
    ),
    "figures of a hub": Case(
        labels=[says("x", "contract")],
        moves=[*payers(4), *payees(1), paid("x", "payer0"), paid("x", "payer1")],
        ours="payer0",
        acted={"payer0": -1.0},
        rows=IS_HUB,
    ),
}
OPERATORS: dict[str, Case] = {
    "few paid it and it pays participants, so it is an operator's wallet": Case(
        moves=payers(1) + payees(MANY), ours=people(MANY), rows=[]
    ),
    "nobody paid it and it pays participants": Case(moves=payees(MANY), ours=people(MANY), rows=[]),
    "few paid it and it pays strangers": Case(moves=payers(1) + payees(MANY), rows=IS_HUB),
    "seven in ten of its counterparties take part": Case(moves=payees(10), ours=people(7), rows=[]),
    "fewer than seven in ten take part": Case(
        moves=[pair("x", f"payee{n}") for n in range(10)], ours=people(6), rows=IS_HUB
    ),
    "one that takes part itself may pay strangers": Case(moves=payers(1) + payees(MANY), ours="x", rows=[]),
    "one that takes part itself and pays more strangers": Case(
        moves=payers(1) + payees(MANY + 1), ours="x", rows=IS_HUB
    ),
    "it pays strangers who had their first coins from it": Case(
        moves=payers(1) + payees(10), funded=people(9), rows=[]
    ),
    "it pays strangers of whom too few had their first coins from it": Case(
        moves=payers(1) + payees(10), funded=people(8), rows=IS_HUB
    ),
    "more senders than an operator has": Case(
        moves=payers(2) + [pair("x", f"payee{n}") for n in range(6)], ours=people(6), rows=IS_HUB
    ),
    "more recipients than an operator has, over days": Case(
        moves=payers(1) + payees(MANY + 1, over=4 * DAY), ours=people(MANY + 1), rows=IS_HUB
    ),
    "a collector is paid by participants and pays few": Case(
        moves=payers(MANY) + payees(1), ours=people(MANY, "payer"), rows=[]
    ),
    "a collector that strangers pay": Case(moves=payers(MANY), rows=IS_HUB),
    "a collector that strangers pay and whose one payee had its first coins from it": Case(
        moves=payers(MANY) + payees(1), funded="payee0", rows=IS_HUB
    ),
    "a collector that takes part may be paid by strangers": Case(moves=payers(MANY), ours="x", rows=[]),
    "a collector that more pay": Case(moves=payers(MANY + 1), ours=people(MANY + 1, "payer"), rows=IS_HUB),
    "a collector that pays more": Case(
        moves=[*payers(MANY), pair("x", "payee0"), pair("x", "payee1")],
        ours=f"{people(MANY, 'payer')} {people(2)}",
        rows=IS_HUB,
    ),
}
LARGE: dict[str, Case] = {  # operators of more recipients than that, who pay fresh wallets within a day
    "it paid fresh participants within a day": Case(moves=payers(1) + payees(BURST), ours=people(BURST), rows=[]),
    "just within a day": Case(
        moves=payees(10) + [row | {"at": hour(DAY)} for row in payees(20)[10:]], ours=people(BURST), rows=[]
    ),
    "over more than a day": Case(
        moves=payees(10) + [row | {"at": hour(DAY + 0.1)} for row in payees(20)[10:]], ours=people(BURST), rows=IS_HUB
    ),
    "one straggler in twenty does not count": Case(
        moves=[*payees(19), paid("x", "payee19", at=10 * DAY)], ours=people(BURST), rows=[]
    ),
    "two stragglers in twenty do": Case(
        moves=[*payees(18), *[paid("x", f"payee{n}", at=10 * DAY) for n in (18, 19)]], ours=people(BURST), rows=IS_HUB
    ),
    "the first payment to each is what counts": Case(
        moves=[*payees(BURST), *[row | {"at": hour(9 * DAY)} for row in payees(BURST, source="again")]],
        ours=people(BURST),
        rows=[],
    ),
    "more than the largest operator pays": Case(moves=payees(BURST + 1), ours=people(BURST + 1), rows=IS_HUB),
    "however many of them had acted before, four in five are fresh": Case(
        moves=payees(BURST), ours=people(BURST), acted=before(4), rows=[]
    ),
    "however few of those it paid take part": Case(moves=payees(BURST), ours=people(8), rows=[]),
    "however many paid it": Case(moves=payers(9) + payees(BURST), ours=people(BURST), rows=[]),
    "without times nobody knows that it was within a day": Case(
        moves=[pair("x", f"payee{n}") for n in range(BURST)], ours=people(BURST), rows=IS_HUB
    ),
}
LATER = 2 * DAY
KNOWN = {f"old{n}": -1.0 for n in range(40)}
NEWCOMERS: dict[str, Case] = {  # whom it funded, beside addresses with a history
    "newcomers, and as many with a history": Case(moves=payees(6) + old(6), ours=people(6), rows=[]),
    "one newcomer, and as many others as an operator deals with": Case(
        moves=payees(1) + old(12), ours="payee0", rows=[]
    ),
    "one newcomer, and more others than that": Case(moves=payees(1) + old(13), ours="payee0", rows=IS_HUB),
    "as many others as newcomers are never too many": Case(moves=payees(14) + old(14), ours=people(14), rows=[]),
    "newcomers over days": Case(moves=payees(6, over=4 * DAY) + old(12), ours=people(6), rows=[]),
    "more newcomers over days than one person's": Case(
        moves=payees(MANY + 1, over=4 * DAY) + old(6), ours=people(MANY + 1), rows=IS_HUB
    ),
    "one that takes part itself": Case(moves=payees(6) + old(12), ours=f"x {people(6)}", rows=[]),
    "some of those with a history take part": Case(
        moves=payees(6) + old(9), ours=f"{people(6)} {people(9, 'old')}", acted=KNOWN, rows=[]
    ),
    "all those it paid had acted before": Case(
        moves=payees(6) + old(6), ours=people(6), acted=before(6), rows=IS_DISPERSER
    ),
    "newcomers, and others that paid in over weeks and got back later, as at an exchange": Case(
        moves=payees(6) + served(8, over=30 * DAY), ours=people(6), rows=IS_HUB
    ),
    "newcomers, and others that paid in within a day": Case(
        moves=payees(6) + served(8, over=DAY / 2), ours=people(6), rows=[]
    ),
    "newcomers, and others that it paid first": Case(
        moves=payees(6) + served(8, over=30 * DAY, back=-1.0), ours=people(6), rows=[]
    ),
    "newcomers, and few others that paid in over weeks": Case(
        moves=payees(6) + served(3, over=30 * DAY) + old(9), ours=people(6), rows=[]
    ),
    "of ten newcomers at once three are strangers": Case(
        moves=payees(10) + old(6), ours=people(7), funded=people(10), rows=[]
    ),
    "of ten newcomers at once four are strangers, as a service's customers are": Case(
        moves=payees(10) + old(6), ours=people(6), funded=people(10), rows=IS_HUB
    ),
    "of ten newcomers over days one is a stranger": Case(
        moves=payees(10, over=4 * DAY) + old(6), ours=people(9), funded=people(10), rows=[]
    ),
    "of ten newcomers over days two are strangers": Case(
        moves=payees(10, over=4 * DAY) + old(6), ours=people(8), funded=people(10), rows=IS_HUB
    ),
    "strangers that funded others are wallets between": Case(
        moves=payees(10) + old(6), ours=people(4), funded=people(10), between=people(8), rows=[]
    ),
    "half of them paid it first": Case(
        moves=payees(6) + old(6) + [paid(f"payee{n}", "x", at=-1.0) for n in range(3)], ours=people(6), rows=[]
    ),
    "most of them paid it first, as who crosses a bridge does": Case(
        moves=payees(6) + old(6) + [paid(f"payee{n}", "x", at=-1.0) for n in range(4)], ours=people(6), rows=IS_HUB
    ),
    "all of them pay it back": Case(
        moves=payees(6) + old(6) + [paid(f"payee{n}", "x", at=1.0) for n in range(6)], ours=people(6), rows=[]
    ),
    "whom its transaction has a contract pay, it pays": Case(
        moves=through("contract", 6) + old(6), ours=people(6), rows=[]
    ),
    "one that funded a participant is nobody's deposit address": Case(
        labels=[EX],
        moves=[paid("p", "x"), *payees(1), *[paid("x", "ex", at=n) for n in range(1, 21)]],
        ours="payee0",
        rows=[("ex", "exchange", "label")],
    ),
    "an employer pays new and old alike, and goes on": Case(
        moves=payees(4) + [row | {"at": hour(LATER)} for row in payees(4, source="later")] + old(4),
        ours=f"{people(4)} {people(4, 'old')}",
        acted=KNOWN,
        rows=IS_DISPERSER,
    ),
    "an employer takes people on over weeks": Case(
        moves=payees(4, over=LATER) + old(4), ours=f"{people(4)} {people(4, 'old')}", acted=KNOWN, rows=IS_DISPERSER
    ),
    "an employer pays in tokens": Case(
        moves=[token("x", f"payee{n}", at=n * DAY) for n in range(4)] + [token("x", f"old{n}") for n in range(4)],
        ours=f"{people(4)} {people(4, 'old')}",
        acted=KNOWN,
        rows=IS_DISPERSER,
    ),
    "it funded all at once and never again, so it is no employer": Case(
        moves=payees(4) + old(4), ours=f"{people(4)} {people(4, 'old')}", acted=KNOWN, rows=[]
    ),
    "it pays those it knew a trifle, so it is no employer": Case(
        moves=payees(4, over=LATER) + old(4, 0.4), ours=f"{people(4)} {people(4, 'old')}", acted=KNOWN, rows=[]
    ),
}
IS_LISTED = ("ex", "exchange", "label")
IS_DEPOSIT = [IS_LISTED, ("x", "deposit", "inferred")]
DEPOSITS: dict[str, Case] = {
    "few pay it and all goes on to an exchange, so it is one customer's": Case(
        labels=[EX], moves=[*payers(3), paid("x", "ex")], rows=IS_DEPOSIT
    ),
    "more pay it than pay one customer": Case(
        labels=[EX], moves=[*payers(4), paid("x", "ex")], rows=[IS_LISTED, *IS_HUB]
    ),
    "nineteen in twenty of its movements go there": Case(
        labels=[EX], moves=[pair("p", "x"), pair("x", "ex", 19), pair("x", "o")], rows=IS_DEPOSIT
    ),
    "fewer of its movements go there": Case(
        labels=[EX], moves=[pair("p", "x"), pair("x", "ex", 18), pair("x", "o")], rows=[IS_LISTED]
    ),
    "what it pays itself does not count": Case(
        labels=[EX], moves=[paid("p", "x"), paid("x", "ex"), paid("x", "x", at=1)], rows=IS_DEPOSIT
    ),
    "half goes to one exchange and half to another": Case(
        labels=[EX, says("ey", "exchange")],
        moves=[paid("p", "x"), paid("x", "ex"), paid("x", "ey")],
        rows=[IS_LISTED, ("ey", "exchange", "label")],
    ),
    "all goes on to a bridge": Case(
        labels=[says("ex", "bridge")], moves=[paid("p", "x"), paid("x", "ex")], rows=[("ex", "bridge", "label")]
    ),
    "all goes on to an exchange that no list names": Case(
        moves=[*[paid(f"p{n}", "ex", memo=str(n)) for n in range(3)], paid("p", "x"), paid("x", "ex")],
        rows=[("ex", "exchange", "inferred")],
    ),
    "one that nobody ever paid is nobody's deposit address": Case(
        labels=[EX], moves=[paid("x", "ex")], rows=[IS_LISTED]
    ),
    "a participant that cashes out at an exchange is no deposit address": Case(
        labels=[EX], moves=[paid("p", "x"), paid("x", "ex")], ours="x", rows=[IS_LISTED]
    ),
    "a listed address that pays an exchange is what the list says": Case(
        labels=[EX, says("x", "bridge")],
        moves=[paid("p", "x"), paid("x", "ex")],
        rows=[IS_LISTED, ("x", "bridge", "label")],
    ),
    "an exchange's own wallets pay each other": Case(
        labels=[EX, says("x", "exchange")], moves=[paid("x", "ex")], rows=[IS_LISTED, ("x", "exchange", "label")]
    ),
}
OMNIBUS: dict[str, Case] = {
    "so many memos are so many customers": Case(moves=noted(1, 2, 3), rows=IS_EXCHANGE),
    "fewer memos": Case(moves=noted(1, 2), rows=[]),
    "one memo however often": Case(moves=noted(1, 1, 1, 1), rows=[]),
    "no memo is none": Case(moves=noted(1, 2, None, None), rows=[]),
    "memos that it sends are not its customers'": Case(
        moves=[paid("x", f"payee{n}", memo=str(n)) for n in range(3)], rows=[]
    ),
    "a listed exchange of many memos is one row": Case(
        labels=[says("x", "exchange")], moves=noted(1, 2, 3) + elsewhere(3), rows=[("x", "exchange", "label")]
    ),
}
PAYERS: dict[str, Case] = {
    "it paid participants of whom many had acted before: an employer": Case(
        moves=payees(5, over=4 * DAY), ours=people(5), acted=before(2), rows=IS_DISPERSER
    ),
    "four in five had not acted before": Case(moves=payees(5), ours=people(5), acted=before(1), rows=[]),
    "it paid too few participants to be judged by them": Case(
        moves=payees(4), ours=people(4), acted=before(4), rows=[]
    ),
    "strangers are not counted": Case(moves=payees(5), ours=people(4), acted=before(5), rows=[]),
    "they first acted as they were paid": Case(
        moves=payees(5), ours=people(5), acted={f"payee{n}": 0.0 for n in range(5)}, rows=[]
    ),
    "they acted before, on another chain": Case(
        moves=payees(5), ours=people(5), acted=before(5), acted_on="polygon", rows=[]
    ),
    "they acted between two payments": Case(
        moves=payees(5) + [row | {"at": hour(5)} for row in payees(5, source="again")],
        ours=people(5),
        acted={f"payee{n}": 1.0 for n in range(5)},
        rows=[],
    ),
    "a participant that pays others is no employer": Case(
        moves=payees(5), ours=f"x {people(5)}", acted=before(5), rows=[]
    ),
    "one that more pay than pay an employer is judged by its traffic": Case(
        moves=payers(2) + payees(5), ours=people(5), acted=before(5), rows=IS_HUB
    ),
    "dust scattered to many, and tokens of one's own, make nobody a hub": Case(
        moves=[paid("x", f"payee{n}", 0.0001) for n in range(9)]
        + [token("x", f"stranger{n}", 1e6, asset="fake", initiator="x") for n in range(9)],
        rows=[],
    ),
    "two people had its code pay others": Case(moves=on_behalf("ann", "bob"), rows=IS_DISPERSER),
    "one person had its code pay others": Case(moves=on_behalf("ann", "ann", "ann"), rows=[]),
    "nobody knows who had its code pay others": Case(moves=on_behalf(None, None, None), rows=[]),
    "others signed events of tokens in its name": Case(
        moves=[token("x", f"payee{n}", initiator=f"forger{n}") for n in range(3)], rows=[]
    ),
    "a listed disperser that many use is one row": Case(
        labels=[says("x", "disperse")], moves=on_behalf("ann", "bob"), rows=[("x", "disperser", "label")]
    ),
}
TABLES = (LISTED, HUBS, OPERATORS, LARGE, NEWCOMERS, DEPOSITS, OMNIBUS, PAYERS)
CASES = {name: case for table in TABLES for name, case in table.items()}


def known(name: str, case: Case) -> list[Fact]:
    """Rows of FirstFunders: who first acted, and who was first funded by `x`."""
    acted = [
        {"chain": case.acted_on, "address": f"{name}/{who}", "acted_at": hour(at)} for who, at in case.acted.items()
    ]
    funded = [
        {"chain": "ethereum", "address": f"{name}/{who}", "funder": f"{name}/x", "at": first_paid(case, who)}
        for who in case.funded.split()
    ]
    passed_on = [
        {"chain": "ethereum", "address": f"{name}/{who}-next", "funder": f"{name}/{who}", "at": hour(1)}
        for who in case.between.split()
    ]
    return [*acted, *funded, *passed_on]


def first_paid(case: Case, who: str) -> object:
    return min((row["at"] for row in case.moves if row["recipient"] == who), default=hour(0), key=str)


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> list[Row]:
    assert len(CASES) == sum(map(len, TABLES))
    labels = placed_all({name: case.labels for name, case in CASES.items()})
    transfers = placed_all({name: case.moves for name, case in CASES.items()})
    transfers.append(placed("toncoin", paid("a", "b", chain="ton")))
    labels.append(says(NULL, "burn"))
    ours: list[Fact] = [
        {"account": f"{name}/{who}", "chain": chain, "address": f"{name}/{who}"}
        for name, case in CASES.items()
        for who in case.ours.split()
        for chain in ("ethereum", "polygon")  # one key holds it on each
    ]
    funders = frame(spark, FirstFunders, [row for name, case in CASES.items() for row in known(name, case)])
    acted = funders.where("acted_at is not null").select("chain", "address", "acted_at")
    whole = services(
        frame(spark, Transfers, transfers),
        frame(spark, Labels, labels),
        frame(spark, ParticipantAddresses, ours),
        acted,
        funders,
        ("native", "usdc"),
        RULES,
        settings.Links(),
        settings.Settings().chains,
    )
    return whole.collect()


@pytest.fixture(scope="module")
def found(rows: list[Row]) -> Mapping[str, list[Fact]]:
    return by_world(rows, "address")


@pytest.mark.parametrize("name", CASES)
def test_who_serves_many(found: Mapping[str, list[Fact]], name: str) -> None:
    said = [(str(r["address"]), str(r["kind"]), str(r["basis"])) for r in found.get(name, [])]
    assert sorted(said) == sorted(CASES[name].rows)


def test_a_hub_is_shown_with_the_figures_that_made_it_one(found: Mapping[str, list[Fact]]) -> None:
    (hub,) = found["figures of a hub"]
    figures = ("num_senders", "num_recipients", "num_counterparties", "one_way_share", "is_contract", "source")
    assert [hub[f] for f in figures] == [4, 3, 5, 0.6, True, None]
    assert hub["participant_share"] == pytest.approx(1 / 3)


def test_a_listed_service_is_shown_with_its_list_and_its_figures(found: Mapping[str, list[Fact]]) -> None:
    (listed,) = found["the first list in order is the one that is named"]
    figures = ("source", "name", "listed_at", "num_senders", "num_recipients", "num_counterparties", "is_contract")
    assert [listed[f] for f in figures[:2]] == ["a", "x of a"]
    assert [listed[f] for f in figures[3:]] == [2, 1, 3, True]
    (quiet,) = found["a word of the settings makes a service"]
    assert [quiet[f] for f in figures[3:]] == [None, None, None, False]


def test_a_deposit_address_names_the_exchange_it_belongs_to(found: Mapping[str, list[Fact]]) -> None:
    ends = {(r["kind"], r["sends_to"]) for name in DEPOSITS for r in found[name]}
    assert ends == {("deposit", "ex"), *((kind, None) for kind in ("exchange", "bridge", "hub"))}


def test_the_share_of_fresh_wallets_is_of_the_participants_it_paid(found: Mapping[str, list[Fact]]) -> None:
    (employer,) = found["it paid participants of whom many had acted before: an employer"]
    (hub,) = found["more newcomers over days than one person's"]
    assert [r["fresh_share"] for r in (employer, hub)] == [0.6, 1.0]


WHYS = {
    ("label", None): r"The list (list|a) calls it (exchange|bridge|mixer|disperser|null)\.",
    ("settings", "null"): r"Mints and burns go through it\.",
    ("inferred", "hub"): r"It dealt with \d+ addresses \(\d+ paid it, it paid \d+\); "
    r"more than one person's wallet does\.",
    ("inferred", "deposit"): r"\d address(es)? paid it and nearly all went on to .*/ex, an exchange: "
    r"it belongs to one customer\.",
    ("inferred", "exchange"): r"It was paid with 3 different memos: each is a customer\.",
    ("inferred", "disperser"): r"(Of the participants it paid only \d+% had not acted before: employers pay so, "
    r"operators fund fresh wallets\.|2 people had it pay others: a contract for everybody\.)",
}


def test_every_row_says_why_in_a_sentence_of_its_kind(rows: list[Row]) -> None:
    seen = set()
    for row in rows:
        key = row.basis, None if row.basis == "label" else row.kind
        seen.add(key)
        assert re.fullmatch(WHYS[key], row.why), row.why
    assert seen == set(WHYS)


def test_why_names_the_figures(found: Mapping[str, list[Fact]]) -> None:
    (hub,) = found["figures of a hub"]
    assert str(hub["why"]).startswith("It dealt with 5 addresses (4 paid it, it paid 3); ")
    (contract,) = found["two people had its code pay others"]
    assert str(contract["why"]).startswith("2 people had it pay others")


def test_mints_and_burns_of_every_chain_that_occurs_are_services(found: Mapping[str, list[Fact]]) -> None:
    assert [(r["chain"], r["kind"], r["basis"]) for r in found[TON]] == [("ton", "null", "settings")]
    assert {r["kind"] for r in found[NULL]} == {"null"}


def test_no_two_rows_have_one_key(found: Mapping[str, list[Fact]]) -> None:
    """The null address too is one row per chain, even where a list names it."""
    for name, rows in found.items():
        keys = [(r["chain"], r["address"], r["kind"]) for r in rows]
        assert len(keys) == len(set(keys)), name
    assert {r["chain"] for r in found[NULL]} == {"ethereum", "polygon"}
