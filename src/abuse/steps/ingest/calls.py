"""ethereum-etl transactions rows -> who signed what, and Calls."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.settings import Chain
from abuse.steps.ingest import checks
from abuse.tables import Calls

SELECTOR_CHARS = 10
"""0x and four bytes in hex."""


def signers(raw: DataFrame, receipts: DataFrame, chain: str, chains: Mapping[str, Chain], zone: str = "") -> DataFrame:
    """Who signed every transaction of the file, where it stands, and what it called; rows without a hash left out.

    `tip_wei` is the whole gas price of a transaction that names no tip.
    """
    rows = raw.withColumn("tx_hash", checks.tx_hash(F.col("hash"), F.lit(chain), chains)).where(
        F.col("tx_hash").isNotNull()
    )
    tip = F.coalesce(checks.known(F.col("max_priority_fee_per_gas")), F.col("gas_price"))
    method = F.lower(F.substring(F.trim("input"), 1, SELECTOR_CHARS))
    return rows.join(receipts, on="tx_hash", how="left").select(
        "tx_hash",
        checks.address(F.col("from_address"), F.lit(chain), chains).alias("initiator"),
        checks.number(F.col("block_number"), "bigint").alias("tx_block"),
        checks.moment(F.col("block_timestamp"), zone).alias("tx_at"),
        checks.number(F.col("transaction_index"), "bigint").alias("tx_order"),
        F.coalesce(F.col("status"), checks.status(F.col("receipt_status"))).alias("tx_status"),
        checks.address(F.col("to_address"), F.lit(chain), chains).alias("callee"),
        F.when(F.length(method) == SELECTOR_CHARS, method).alias("selector"),
        checks.number(F.col("nonce"), "bigint").alias("nonce"),
        checks.number(tip, "bigint").alias("tip_wei"),
    )


def calls(signed: DataFrame, times: DataFrame, chain: str) -> DataFrame:
    """Every signed transaction whose signer and time are known. What is wrong with the others, `transactions` says."""
    block_times = times.select(F.col("block_number").alias(Calls.block_number), F.col("at").alias("_block_at"))
    rows = signed.withColumnRenamed("tx_block", Calls.block_number)
    rows = rows.join(block_times, on=Calls.block_number, how="left")
    rows = rows.select(
        F.col("source").alias(Calls.source),
        F.lit(chain).alias(Calls.chain),
        F.col("tx_hash").alias(Calls.tx_hash),
        F.col("initiator").alias(Calls.caller),
        F.col("callee").alias(Calls.callee),
        F.col("selector").alias(Calls.selector),
        Calls.block_number,
        F.col("tx_order").alias(Calls.tx_index),
        F.coalesce("tx_at", "_block_at").alias(Calls.at),
        F.col("nonce").alias(Calls.nonce),
        F.col("tip_wei").alias(Calls.tip_wei),
        (F.col("tx_status") == 1).alias(Calls.is_ok),
    )
    return rows.where(F.col(Calls.caller).isNotNull() & F.col(Calls.at).isNotNull())
