"""ethereum-etl transactions, traces and token_transfers rows -> Transfers.

Schema: the ethereum-etl documentation. With traces present, native value comes from traces only, because transactions
repeat it. A movement needs a time: its own column, else its block's, else `no_time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.settings import NATIVE, Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import CLAIM, REASONS, SKIPPED, UNKNOWN_STATUS
from abuse.steps.ingest.transfers import movement
from abuse.tables import Transfers

MOVES_VALUE = ("call", "create", "create2", "suicide", "selfdestruct")


@dataclass(frozen=True)
class Known:
    """What the other files of the same chain say; each may be empty, none is absent."""

    times: DataFrame
    """block_number, at: one row per block"""
    receipts: DataFrame
    """tx_hash, status, created: one row per transaction"""
    senders: DataFrame
    """what `signers` says: one row per transaction"""
    zone: str = ""
    """where times without an offset were written"""


def transactions(raw: DataFrame, known: Known, traced: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """Native movements of transactions that no trace repeats. `traced`: tx_hash of those that one does."""
    rows = _timed(raw.withColumn("tx_hash", checks.tx_hash(F.col("hash"), F.lit(chain), chains)), known)
    rows = rows.join(known.receipts, on="tx_hash", how="left")
    rows = rows.join(traced.withColumn("_traced", F.lit(True)), on="tx_hash", how="left")
    own_created = checks.address(F.col("receipt_contract_address"), F.lit(chain), chains)
    to = F.coalesce(checks.known(F.col("to_address")), F.col("created"), own_created)
    status = F.coalesce(F.col("status"), checks.status(F.col("receipt_status")))
    moved = _movement(rows, F.lit("native"), F.lit("0"), F.lit(NATIVE), to, chain, chains)
    is_zero = F.col(Transfers.amount_raw) == "0"
    skipped = (
        F.when(status == 0, F.lit("failed"))
        .when(is_zero, F.lit("zero_value"))
        .when(F.col("_traced"), F.lit("in_traces"))
    )
    no_recipient = F.when(F.col("_to").isNotNull() | ~is_zero, _recipient_reason())  # a creation pays nobody
    return moved.withColumns(
        {
            Transfers.initiator: F.col(Transfers.sender),
            SKIPPED: skipped,
            CLAIM: F.col("tx_hash"),
            UNKNOWN_STATUS: status.isNull() & F.col("_traced").isNull(),
            REASONS: checks.reasons(checks.null_reason(F.col("tx_hash"), "tx_hash"), *_shared_reasons(), no_recipient),
        }
    )


def traces(raw: DataFrame, known: Known, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """Native and internal movements: calls, creations and self-destructs that moved value and did not fail."""
    block, index = checks.number(F.col("block_number"), "bigint"), checks.number(F.col("transaction_index"), "bigint")
    by_place = known.senders.select(
        F.col("tx_hash").alias("_hash_by_place"), F.col("tx_block").alias("_block"), F.col("tx_order").alias("_order")
    )
    own_hash = checks.tx_hash(F.col("transaction_hash"), F.lit(chain), chains)
    rows = raw.withColumns({"_own_hash": own_hash, "_b": block, "_i": index})
    is_there = (F.col("_b") == F.col("_block")) & (F.col("_i") == F.col("_order"))
    rows = rows.join(by_place, on=is_there & F.col("_own_hash").isNull(), how="left")
    rows = _timed(rows.withColumn("tx_hash", F.coalesce("_own_hash", "_hash_by_place")), known)
    rows = rows.join(known.senders.select("tx_hash", "initiator", "tx_order", "tx_status"), on="tx_hash", how="left")
    path = checks.in_order(checks.known(F.regexp_replace("trace_address", r"^\s*\[\s*\]\s*$", "")))
    # without an address it is the root, but some exports leave it out of other traces too
    position = F.when(path.isNull(), F.lit("0")).otherwise(F.concat(F.lit("1:"), path))
    trace_type = F.lower(checks.trimmed_text(F.col("trace_type")))
    call_type = F.coalesce(F.lower(checks.known(F.col("call_type"))), F.lit("call"))
    own_status = checks.status(F.col("status"))
    kind = F.when(path.isNull(), F.lit("native")).otherwise(F.lit("internal"))
    skipped = (
        F.when(~trace_type.isin(*MOVES_VALUE), F.lit("not_a_call"))
        .when((trace_type == "call") & (call_type != "call"), F.lit("delegated"))
        .when((own_status == 0) | checks.known(F.col("error")).isNotNull(), "failed")
        .when(F.col("tx_status") == 0, F.lit("failed"))
        .when(F.col("amount_raw") == "0", F.lit("zero_value"))
    )
    moved = _movement(rows, kind, position, F.lit(NATIVE), F.col("to_address"), chain, chains)
    has_no_hash = F.when(F.col("tx_hash").isNull(), F.lit("no_hash"))
    broken = checks.reasons(has_no_hash, *_shared_reasons(), _recipient_reason())
    does_nothing = F.coalesce(skipped.isin("not_a_call", "delegated", "failed", "zero_value"), F.lit(False))
    return moved.withColumns(
        {
            Transfers.tx_index: F.coalesce(index, F.col("tx_order")),
            Transfers.initiator: F.col("initiator"),
            SKIPPED: skipped,
            UNKNOWN_STATUS: own_status.isNull() & F.col("tx_status").isNull(),
            CLAIM: F.when(path.isNotNull(), F.concat_ws("|", "tx_hash", "position")),
            REASONS: F.when(does_nothing, F.array().cast("array<string>")).otherwise(broken),
        }
    )


def token_transfers(raw: DataFrame, known: Known, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """Token movements, in the order of the log. Anyone's contract can emit one: `initiator` says who signed."""
    rows = _timed(raw.withColumn("tx_hash", checks.tx_hash(F.col("transaction_hash"), F.lit(chain), chains)), known)
    rows = rows.join(known.senders.select("tx_hash", "initiator", "tx_order"), on="tx_hash", how="left")
    log_index = checks.number(F.col("log_index"), "bigint")
    position = F.concat(F.lit("2:"), checks.in_order(log_index.cast("string")))
    asset = checks.address(F.col("token_address"), F.lit(chain), chains)
    moved = _movement(rows, F.lit("token"), position, asset, F.col("to_address"), chain, chains)
    return moved.withColumns(
        {
            Transfers.tx_index: F.col("tx_order"),
            Transfers.initiator: F.col("initiator"),
            SKIPPED: F.when(F.col(Transfers.amount_raw) == "0", F.lit("zero_value")),
            CLAIM: F.concat_ws("|", "tx_hash", "position"),
            REASONS: checks.reasons(
                checks.null_reason(F.col("tx_hash"), "tx_hash"),
                checks.null_reason(F.col("log_index"), "log_index"),
                checks.number_reason(F.col("log_index"), log_index, "log_index"),
                *_shared_reasons(),
                checks.address_reason(F.col("token_address"), asset, "asset"),
                _recipient_reason(),
            ),
        }
    )


def _timed(rows: DataFrame, known: Known) -> DataFrame:
    """Adds `at`, from the row itself or from its block; the raw block number stays as `_block_text`."""
    block, own = checks.number(F.col("block_number"), "bigint"), checks.moment(F.col("block_timestamp"), known.zone)
    rows = rows.withColumns({"_block_text": F.col("block_number"), "_own_at": own}).withColumn("block_number", block)
    times = known.times.select("block_number", F.col("at").alias("_block_at"))
    return rows.join(times, on="block_number", how="left").withColumn("at", F.coalesce("_own_at", "_block_at"))


def _movement(
    rows: DataFrame, kind: Column, position: Column, asset: Column, to: Column, chain: str, chains: Mapping[str, Chain]
) -> DataFrame:
    """The columns all three share; the text they came from stays beside them for the reasons."""
    index = F.col("transaction_index") if "transaction_index" in rows.columns else F.lit(None).cast("string")
    sender, recipient = (checks.address(end, F.lit(chain), chains) for end in (F.col("from_address"), to))
    amount = checks.whole_amount(F.col("value"))
    return rows.withColumns(
        {
            "_from": F.col("from_address"),
            "_to": to,
            Transfers.chain: F.lit(chain),
            Transfers.position: position,
            Transfers.kind: kind,
            Transfers.tx_index: checks.number(index, "bigint"),
            Transfers.sender: sender,
            Transfers.recipient: recipient,
            Transfers.asset: asset,
            Transfers.amount_raw: amount,
            Transfers.movement: movement(sender, recipient, asset, amount),
            Transfers.memo: F.lit(None).cast("string"),
            Transfers.num_transfers: F.lit(1).cast("bigint"),
            Transfers.observed_at: F.lit(None).cast("timestamp"),
        }
    )


def _shared_reasons() -> list[Column]:
    return [
        checks.number_reason(F.col("_block_text"), F.col(Transfers.block_number), "block_number"),
        checks.address_reason(F.col("_from"), F.col(Transfers.sender), "sender"),
        checks.amount_reason(F.col("value"), F.col(Transfers.amount_raw)),
        F.when(F.col("at").isNull(), F.lit("no_time")),
    ]


def _recipient_reason() -> Column:
    return checks.address_reason(F.col("_to"), F.col(Transfers.recipient), "recipient")
