"""transfers and transfer_pairs rows -> Transfers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.settings import NATIVE, Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import REASONS, SKIPPED
from abuse.tables import Transfers

KINDS = ("native", "internal", "token")


def transfers(raw: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """Rows that already have our columns; amounts in coins and dollars are added by `valued`."""
    on = checks.chain_of(F.col("chain"), chain)
    sender, recipient = (checks.address(F.col(c), on, chains) for c in ("sender", "recipient"))
    is_native = F.lower(F.trim("asset")) == NATIVE
    asset = F.when(is_native, F.lit(NATIVE)).otherwise(checks.address(F.col("asset"), on, chains))
    kind = F.coalesce(F.lower(checks.blank_as_null(F.col("kind"))), F.when(is_native, "native").otherwise("token"))
    raw_amount, at = checks.whole_amount(F.col("amount_raw")), checks.moment(F.col("at"))
    block, index = (checks.number(F.col(c), "bigint") for c in ("block_number", "tx_index"))
    initiator = checks.address(F.col("initiator"), on, chains)
    is_bad_initiator = checks.blank_as_null(F.col("initiator")).isNotNull() & initiator.isNull()
    addresses = {Transfers.sender: sender, Transfers.recipient: recipient, Transfers.asset: asset}
    places = {Transfers.block_number: block, Transfers.tx_index: index}
    return raw.withColumns(
        {
            Transfers.chain: on,
            Transfers.tx_hash: F.lower(checks.blank_as_null(F.col("tx_hash"))),
            Transfers.position: _position(kind, sender, recipient, asset, raw_amount),
            Transfers.kind: kind,
            **places,
            Transfers.at: at,
            **addresses,
            Transfers.amount_raw: raw_amount,
            Transfers.initiator: initiator,
            Transfers.memo: checks.blank_as_null(F.col("memo")),
            Transfers.num_transfers: F.lit(1).cast("bigint"),
            Transfers.observed_at: F.lit(None).cast("timestamp"),
            SKIPPED: F.when(raw_amount == "0", F.lit("zero_value")),
            REASONS: checks.reasons(
                checks.null_reason(F.col("tx_hash"), "tx_hash"),
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                F.when(~kind.isin(*KINDS), F.lit("unknown_kind")),
                *[checks.address_reason(F.col(n), found, n) for n, found in addresses.items()],
                F.when(is_bad_initiator, F.lit("bad_initiator")),
                checks.amount_reason(F.col("amount_raw"), raw_amount),
                checks.moment_reason(F.col("at"), at),
                *[checks.number_reason(F.col(n), found, n) for n, found in places.items()],
            ),
        }
    )


def _position(*said: Column) -> Column:
    """The row's place in its transaction; where it gives none, a synthetic key of who paid whom how much of what."""
    key = F.md5(F.concat_ws("|", *[F.coalesce(found, F.lit("")) for found in said]))
    return F.coalesce(checks.blank_as_null(F.col("position")), key)


def transfer_pairs(
    raw: DataFrame, name: str, chain: str, chains: Mapping[str, Chain], observed_at: datetime | None
) -> DataFrame:
    """Who paid whom, without hash, time or amount; `position` is a synthetic key."""
    on = checks.chain_of(F.col("chain"), chain)
    sender, recipient = (checks.address(F.col(c), on, chains) for c in ("from_address", "to_address"))
    kind = F.coalesce(F.lower(checks.blank_as_null(F.col("kind"))), F.lit("token"))
    count = checks.number(F.col("n_transfers"), "bigint")
    empty = F.lit(None)
    return raw.withColumns(
        {
            Transfers.chain: on,
            Transfers.tx_hash: empty.cast("string"),
            Transfers.position: F.md5(F.concat_ws("|", F.lit(name), on, kind, sender, recipient)),
            Transfers.kind: kind,
            Transfers.block_number: empty.cast("bigint"),
            Transfers.tx_index: empty.cast("bigint"),
            Transfers.at: empty.cast("timestamp"),
            Transfers.sender: sender,
            Transfers.recipient: recipient,
            Transfers.asset: empty.cast("string"),
            Transfers.amount_raw: empty.cast("string"),
            Transfers.initiator: empty.cast("string"),
            Transfers.memo: empty.cast("string"),
            Transfers.num_transfers: F.coalesce(count, F.lit(1).cast("bigint")),
            Transfers.observed_at: F.lit(observed_at).cast("timestamp"),
            SKIPPED: F.when(count == 0, F.lit("zero_value")).when(sender == recipient, F.lit("to_itself")),
            REASONS: checks.reasons(
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                F.when(~kind.isin(*KINDS), F.lit("unknown_kind")),
                checks.address_reason(F.col("from_address"), sender, "sender"),
                checks.address_reason(F.col("to_address"), recipient, "recipient"),
                checks.number_reason(F.col("n_transfers"), count, "num_transfers"),
            ),
        }
    )


def valued(rows: DataFrame, tokens: DataFrame, chains: Mapping[str, Chain]) -> DataFrame:
    """Adds amount, amount_usd, event_date. Decimals and prices come from `tokens`, else from the chain's settings."""
    coin = F.create_map(*[F.lit(x) for name, rules in chains.items() for x in (name, rules.decimals)])
    price = F.create_map(*[F.lit(x) for name, rules in chains.items() for x in (name, rules.native_usd)])
    is_native = F.col(Transfers.asset) == NATIVE
    known = F.broadcast(tokens.select("chain", "asset", "decimals", "usd"))
    decimals = F.coalesce(F.col("decimals"), F.when(is_native, F.try_element_at(coin, F.col(Transfers.chain))))
    listed: Column = F.when(is_native, F.try_element_at(price, F.col(Transfers.chain)))
    usd = F.coalesce(F.col("usd"), F.when(listed > 0, listed))
    amount = F.col(Transfers.amount_raw).cast("double") / F.pow(F.lit(10.0), decimals)
    return rows.join(known, on=["chain", "asset"], how="left").withColumns(
        {
            Transfers.amount: amount,
            Transfers.amount_usd: amount * usd,
            Transfers.event_date: F.to_date(Transfers.at),
        }
    )
