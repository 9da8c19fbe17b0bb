"""Whoever has rows in quarantine is told the cause of most of them, and what to do about that cause and no other."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession

from abuse.quality.causes import CAUSES, told
from abuse.settings import Settings
from abuse.steps.ingest import ethereum, lookups, participation, transfers
from abuse.steps.ingest.formats import COLUMNS, RAW, REASONS, SURPLUS

CHAINS = Settings().chains
CODE = re.compile(
    r"\b(?:(?:no|bad|null|unknown)_[a-z_]+|form_[a-z0-9_]+|lost_digits|[a-z_]+_(?:not_numeric|negative|hexadecimal|fraction|above_2_256))\b"
)
MADE_ELSEWHERE = {"surplus_fields", "conflict"}
COLUMNS_NAMED_LIKE_CODES = {"unknown_status"}

Parse = Callable[[DataFrame, ethereum.Known], DataFrame]
PARSERS: dict[tuple[str, str], Parse] = {
    ("participation", "participation"): lambda raw, known: participation.participation(
        raw, "c", "base", CHAINS, is_address=True
    ),
    ("account_addresses", "account_addresses"): lambda raw, known: participation.account_addresses(
        raw, "c", "base", CHAINS
    ),
    ("transfers", "transfers"): lambda raw, known: transfers.transfers(raw, "base", CHAINS),
    ("transfer_pairs", "transfers"): lambda raw, known: transfers.transfer_pairs(raw, "a", "base", CHAINS, None),
    ("tokens", "tokens"): lambda raw, known: lookups.tokens(raw, "base", CHAINS),
    ("address_labels", "labels"): lambda raw, known: lookups.labels(raw, "base", CHAINS, None),
    ("ethereum_etl", "blocks"): lambda raw, known: lookups.blocks(raw),
    ("ethereum_etl", "receipts"): lambda raw, known: lookups.receipts(raw, "base", CHAINS),
    ("ethereum_etl", "contracts"): lambda raw, known: lookups.contracts(raw, "base", CHAINS),
    ("ethereum_etl", "transactions"): lambda raw, known: ethereum.transactions(
        raw, known, raw.selectExpr("hash AS tx_hash"), "base", CHAINS
    ),
    ("ethereum_etl", "token_transfers"): lambda raw, known: ethereum.token_transfers(raw, known, "base", CHAINS),
    ("ethereum_etl", "traces"): lambda raw, known: ethereum.traces(raw, known, "base", CHAINS),
}


def test_every_reason_that_a_parser_can_give_has_a_cause_and_a_fix(spark: SparkSession) -> None:
    from abuse.edge.parse import NO_RECEIPTS, NO_SIGNERS

    spark.conf.set("spark.sql.debug.maxToStringFields", 10_000)  # or a plan leaves out what it is looked at for
    schemas = ("block_number bigint, at timestamp", NO_RECEIPTS, NO_SIGNERS)
    times, receipts, senders = (spark.createDataFrame([], schema) for schema in schemas)
    known = ethereum.Known(times, receipts, senders)
    given: set[str] = set()
    assert set(PARSERS) == set(COLUMNS)
    for table, parse in PARSERS.items():
        names = [name for group in COLUMNS[table] for name in group]
        raw = spark.createDataFrame(
            [], ", ".join(f"`{name}` string" for name in names) + f", {RAW} string, {SURPLUS} boolean"
        )
        plan = parse(raw, known).select(REASONS)._jdf.queryExecution().analyzed().toString()
        given |= set(CODE.findall(plan))
    given -= COLUMNS_NAMED_LIKE_CODES
    assert {"bad_sender", "null_tx_hash", "amount_fraction", "lost_digits"} <= given, "the plan names them"
    assert given - set(CAUSES) == set()
    assert set(CAUSES) - given == MADE_ELSEWHERE, "nothing is explained that nobody can say"


@pytest.mark.parametrize(("found", "fix"), CAUSES.values(), ids=CAUSES)
def test_a_cause_is_a_sentence_and_its_fix_says_what_to_do(found: str, fix: str) -> None:
    assert found[0].islower()
    assert not found.endswith(".")
    assert fix[0].isupper()
    assert fix.endswith(".")
    assert "Export it again" not in fix


def test_the_most_frequent_reason_is_told_with_its_own_fix() -> None:
    said = told({"bad_time": 3, "bad_address": 1_040, "surplus_fields": 1})
    assert "`bad_address`, 1,040 rows" in said
    assert said.endswith(CAUSES["bad_address"][1])
    assert "`bad_time`, 1 row)" in told({"surplus_fields": 1, "bad_time": 1})
    assert told({}).startswith("no reason is known")
    assert "`of_a_later_version`, 2 rows" in told({"of_a_later_version": 2})


def test_a_reason_that_names_the_form_goes_before_one_that_only_says_it_is_bad() -> None:
    assert "TON's user-friendly form" in told({"bad_address": 84, "form_ton_friendly": 84})
    assert "`bad_address`, 84 rows" in told({"bad_address": 84, "form_name": 3})
