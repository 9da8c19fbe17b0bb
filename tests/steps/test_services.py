"""Who serves many: by a list, or by its own figures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyspark.sql import SparkSession

from abuse import settings
from abuse.steps.services import services
from abuse.tables import Labels, Transfers
from tests.conftest import frame
from tests.steps.worlds import Fact, by_world, hour, paid, placed, placed_all

RULES = settings.Services(max_counterparties=4, max_operator_senders=1, max_operator_recipients=6)
NULL = settings.Chain().null_address
TON = settings.Settings().chains["ton"].null_address


def says(address: str, label: str, source: str = "list", **rest: object) -> Fact:
    row = {"source": source, "file_digest": "d", "chain": "ethereum", "address": address, "label": label}
    return row | {"name": f"{address} of {source}"} | rest


def payers(n: int, recipient: str = "x") -> list[Fact]:
    return [paid(f"payer{i}", recipient) for i in range(n)]


def payees(n: int, sender: str = "x") -> list[Fact]:
    return [paid(sender, f"payee{i}") for i in range(n)]


CASES: dict[str, tuple[list[Fact], list[Fact], list[tuple[str, str, str]]]] = {
    # name: labels, transfers -> (address, kind, basis)
    "a word of the settings makes a service": ([says("x", "binance")], [], [("x", "exchange", "label")]),
    "another word counts for nothing": ([says("x", "whale")], [paid("x", "a")], []),
    "being a contract alone is no service": ([says("x", "contract")], [paid("x", "a")], []),
    "two words of one kind are one row": (
        [says("x", "binance"), says("x", "exchange"), says("x", "cex", "other")],
        [],
        [("x", "exchange", "label")],
    ),
    "two kinds are two rows": (
        [says("x", "binance"), says("x", "bridge")],
        [],
        [("x", "bridge", "label"), ("x", "exchange", "label")],
    ),
    "more counterparties than the limit make a hub": ([], payers(5), [("x", "hub", "inferred")]),
    "as many counterparties as the limit are no hub": ([], payers(4), []),
    "one counterparty however often is one": ([], [paid("p", "x", at=n) for n in range(20)], []),
    "who pays and is paid by the same address deals with one": ([], [*payers(4), paid("x", "payer0")], []),
    "paying itself is no counterparty": ([], [*payers(4), paid("x", "x")], []),
    "few ever paid it and it pays many, so it is an operator's wallet": ([], payers(1) + payees(6), []),
    "nobody ever paid it, so it is an operator's wallet": ([], payees(6), []),
    "more senders than an operator has": ([], payers(2) + payees(6), [("x", "hub", "inferred")]),
    "more recipients than an operator has": ([], payers(1) + payees(7), [("x", "hub", "inferred")]),
    "a listed address with a hub's traffic is both": (
        [says("x", "mixer")],
        payers(5),
        [("x", "hub", "inferred"), ("x", "mixer", "label")],
    ),
    "a pair-only row counts as a counterparty": (
        [],
        [*payers(4), paid("p", "x", at=1) | {"tx_hash": None, "at": None, "amount": None}],
        [("x", "hub", "inferred")],
    ),
    "figures of a hub": (
        [says("x", "contract")],
        [*payers(4), *payees(1), paid("x", "payer0"), paid("x", "payer1")],
        [("x", "hub", "inferred")],
    ),
    "the first list in order is the one that is named": (
        [says("x", "binance", "b"), says("x", "exchange", "a", listed_at=hour(0)), says("x", "contract", "a")],
        payers(2) + payees(1),
        [("x", "exchange", "label")],
    ),
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Mapping[str, list[Fact]]:
    labels = placed_all({name: case[0] for name, case in CASES.items()})
    transfers = placed_all({name: case[1] for name, case in CASES.items()})
    transfers.append(placed("toncoin", paid("a", "b", chain="ton")))
    labels.append(says(NULL, "burn"))
    whole = services(
        frame(spark, Transfers, transfers), frame(spark, Labels, labels), RULES, settings.Settings().chains
    )
    return by_world(whole.collect(), "address")


@pytest.mark.parametrize("name", CASES)
def test_who_serves_many(found: Mapping[str, list[Fact]], name: str) -> None:
    rows = [(str(r["address"]), str(r["kind"]), str(r["basis"])) for r in found.get(name, [])]
    assert sorted(rows) == CASES[name][2]


def test_a_hub_is_shown_with_the_figures_that_made_it_one(found: Mapping[str, list[Fact]]) -> None:
    (hub,) = found["figures of a hub"]
    figures = ("num_senders", "num_recipients", "num_counterparties", "one_way_share", "is_contract", "source")
    assert [hub[f] for f in figures] == [4, 3, 5, 0.6, True, None]


def test_a_listed_service_is_shown_with_its_list_and_its_figures(found: Mapping[str, list[Fact]]) -> None:
    (listed,) = found["the first list in order is the one that is named"]
    figures = ("source", "name", "listed_at", "num_senders", "num_recipients", "num_counterparties", "is_contract")
    assert [listed[f] for f in figures[:2]] == ["a", "x of a"]
    assert [listed[f] for f in figures[3:]] == [2, 1, 3, True]
    (quiet,) = found["a word of the settings makes a service"]
    assert [quiet[f] for f in figures[3:]] == [None, None, None, False]


def test_mints_and_burns_of_every_chain_that_occurs_are_services(found: Mapping[str, list[Fact]]) -> None:
    assert [(r["chain"], r["kind"], r["basis"]) for r in found[TON]] == [("ton", "null", "settings")]
    assert {r["kind"] for r in found[NULL]} == {"null"}


def test_the_null_address_is_one_row_per_chain_even_when_a_list_names_it(found: Mapping[str, list[Fact]]) -> None:
    keys = [(r["chain"], r["address"], r["kind"]) for r in found[NULL]]
    assert sorted(keys) == [("ethereum", NULL, "null")]  # the key of Services
