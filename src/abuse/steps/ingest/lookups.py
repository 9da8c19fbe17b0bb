"""tokens, blocks, receipts and labels rows -> what other rows are read with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.settings import Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import CLAIM, REASONS, UNREAD
from abuse.tables import Labels


def tokens(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """chain, asset, decimals, usd: `native` is the coin itself."""
    on = checks.chain_of(F.col("chain"), chain)
    asset = checks.asset(F.col("address"), on, chains)
    decimals, usd = checks.number(F.col("decimals"), "int"), checks.figure(F.col("usd"), "double")
    return raw.withColumns(
        {
            "chain": on,
            "asset": asset,
            "decimals": decimals,
            "usd": usd,
            CLAIM: F.concat_ws("|", on, asset),
            UNREAD: checks.is_unread(F.col("usd"), usd).cast("int"),
            REASONS: checks.reasons(
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                F.when(on.isin(list(chains)), checks.address_reason(F.col("address"), asset, "address")),
                checks.null_reason(F.col("decimals"), "decimals"),
                checks.number_reason(F.col("decimals"), decimals, "decimals"),
            ),
        }
    )


def blocks(raw: DataFrame, zone: str = "") -> DataFrame:
    """block_number, at."""
    block, at = checks.number(F.col("number"), "bigint"), checks.moment(F.col("timestamp"), zone)
    return raw.withColumns(
        {
            "block_number": block,
            "at": at,
            CLAIM: block.cast("string"),
            REASONS: checks.reasons(
                checks.null_reason(F.col("number"), "block_number"),
                checks.number_reason(F.col("number"), block, "block_number"),
                checks.moment_reason(F.col("timestamp"), at),
            ),
        }
    )


def receipts(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """tx_hash, status (1, 0 or unknown), created (the address of a created contract)."""
    named = checks.tx_hash(F.col("transaction_hash"), F.lit(chain), chains)
    return raw.withColumns(
        {
            "tx_hash": named,
            CLAIM: named,
            "status": checks.status(F.col("status")),
            "created": checks.address(F.col("contract_address"), F.lit(chain), chains),
            REASONS: checks.reasons(F.when(named.isNull(), F.lit("null_tx_hash"))),
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
            Labels.label: F.lower(checks.known(F.col("label"))),
            Labels.name: checks.known(F.col("name")),
            Labels.listed_at: F.lit(listed_at).cast("timestamp"),
            REASONS: checks.reasons(
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                F.when(on.isin(list(chains)), checks.address_reason(F.col("address"), address, "address")),
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
