"""tokens, blocks, receipts and labels rows -> what other rows are read with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.settings import NATIVE, Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import REASONS
from abuse.tables import Labels


def tokens(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """chain, asset, decimals, usd: `native` is the coin itself."""
    on = checks.chain_of(F.col("chain"), chain)
    is_native = F.lower(F.trim("address")) == NATIVE
    asset = F.when(is_native, F.lit(NATIVE)).otherwise(checks.address(F.col("address"), on, chains))
    decimals, usd = checks.number(F.col("decimals"), "int"), checks.number(F.col("usd"), "double")
    return raw.withColumns(
        {
            "chain": on,
            "asset": asset,
            "decimals": decimals,
            "usd": usd,
            REASONS: checks.reasons(
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                checks.address_reason(F.col("address"), asset, "address"),
                checks.null_reason(F.col("decimals"), "decimals"),
                checks.number_reason(F.col("decimals"), decimals, "decimals"),
                checks.number_reason(F.col("usd"), usd, "usd"),
            ),
        }
    )


def blocks(raw: DataFrame) -> DataFrame:
    """block_number, at."""
    block, at = checks.number(F.col("number"), "bigint"), checks.moment(F.col("timestamp"))
    return raw.withColumns(
        {
            "block_number": block,
            "at": at,
            REASONS: checks.reasons(
                checks.null_reason(F.col("number"), "block_number"),
                checks.number_reason(F.col("number"), block, "block_number"),
                checks.moment_reason(F.col("timestamp"), at),
            ),
        }
    )


def receipts(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """tx_hash, status (1, 0 or unknown), created (the address of a created contract)."""
    return raw.withColumns(
        {
            "tx_hash": F.lower(checks.blank_as_null(F.col("transaction_hash"))),
            "status": checks.number(F.col("status"), "int"),
            "created": checks.address(F.col("contract_address"), F.lit(chain), chains),
            REASONS: checks.reasons(checks.null_reason(F.col("transaction_hash"), "tx_hash")),
        }
    )


def labels(raw: DataFrame, chain: str, chains: Mapping[str, Chain], listed_at: datetime | None) -> DataFrame:
    """One row per raw row; `label` still holds every word of it, parted by `|`."""
    on = checks.chain_of(F.col("chain"), chain)
    address = checks.address(F.col("address"), on, chains)
    return raw.withColumns(
        {
            Labels.chain: on,
            Labels.address: address,
            Labels.label: F.lower(checks.blank_as_null(F.col("label"))),
            Labels.name: checks.blank_as_null(F.col("name")),
            Labels.listed_at: F.lit(listed_at).cast("timestamp"),
            REASONS: checks.reasons(
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                checks.address_reason(F.col("address"), address, "address"),
                checks.null_reason(F.col("label"), "label"),
            ),
        }
    )


def contracts(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """A contract is an address with the label `contract`."""
    as_labels = raw.withColumns({"label": F.lit("contract"), "chain": F.lit(chain), "name": F.lit(None).cast("string")})
    return labels(as_labels, chain, chains, None)


def one_word_per_row(kept: DataFrame) -> DataFrame:
    """Labels rows, one per word."""
    split = F.transform(F.split(Labels.label, r"\|"), lambda w: F.trim(w))  # noqa: PLW0108 -- trim takes no index
    words = F.array_distinct(F.filter(split, lambda w: w != ""))
    return kept.withColumn(Labels.label, F.explode(words))
