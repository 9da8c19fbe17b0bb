"""transfers and transfer_pairs rows -> Transfers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse.settings import NATIVE, Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import CLAIM, IN_COINS, IS_SMALL, NO_OFFSET, REASONS, SKIPPED, UNKNOWN_STATUS
from abuse.tables import Transfers

KINDS = ("native", "internal", "token")
SMALL_DIGITS = 6
"""A millionth of a millionth of a coin of 18 decimals; a whole column of such amounts is in another unit."""


def transfers(raw: DataFrame, chain: str, chains: Mapping[str, Chain], zone: str = "") -> DataFrame:
    """Rows that already have our columns; amounts in coins and dollars are added by `valued`."""
    on = checks.chain_of(F.col("chain"), chain)
    sender, recipient = (checks.address(F.col(c), on, chains) for c in ("sender", "recipient"))
    asset = checks.asset(F.col("asset"), on, chains)
    kind = _kind(asset)
    raw_amount, at = checks.whole_amount(F.col("amount_raw")), checks.moment(F.col("at"), zone)
    block, index = (checks.number(F.col(c), "bigint") for c in ("block_number", "tx_index"))
    initiator = checks.address(checks.known_id(F.col("initiator")), on, chains)
    addresses = {Transfers.sender: sender, Transfers.recipient: recipient, Transfers.asset: asset}
    places = {Transfers.block_number: block, Transfers.tx_index: index}
    tx, place = checks.tx_hash(F.col("tx_hash"), on, chains), checks.in_order(F.col("position"))
    said = movement(sender, recipient, asset, raw_amount)
    skipped = F.when(checks.status(F.col("status")) == 0, F.lit("failed"))
    return raw.withColumns(
        {
            Transfers.chain: on,
            Transfers.tx_hash: tx,
            Transfers.position: F.coalesce(place, said),
            Transfers.movement: said,
            Transfers.kind: kind,
            **places,
            Transfers.at: at,
            **addresses,
            Transfers.amount_raw: raw_amount,
            Transfers.initiator: initiator,
            Transfers.memo: checks.known_id(F.col("memo")),
            Transfers.num_transfers: F.lit(1).cast("bigint"),
            Transfers.observed_at: F.lit(None).cast("timestamp"),
            SKIPPED: skipped.when(raw_amount == "0", F.lit("zero_value")),
            **_notes(on, tx, place, raw_amount),
            REASONS: _broken(on.isin(list(chains)), kind, addresses, initiator, raw_amount, at, places),
        }
    )


def _broken(
    is_chain: Column,
    kind: Column,
    addresses: Mapping[str, Column],
    initiator: Column,
    amount: Column,
    at: Column,
    places: Mapping[str, Column],
) -> Column:
    """Every rule that a row of `transfers` breaks, by what was made of its texts."""
    is_signed = checks.known_id(F.col("initiator")).isNotNull()
    return checks.reasons(
        checks.null_reason(checks.known_id(F.col("tx_hash")), "tx_hash"),
        F.when(~is_chain, F.lit("unknown_chain")),
        F.when(~kind.isin(*KINDS), F.lit("unknown_kind")),
        *[F.when(is_chain, checks.address_reason(F.col(n), found, n)) for n, found in addresses.items()],
        F.when(is_chain & is_signed & initiator.isNull(), F.lit("bad_initiator")),
        checks.amount_reason(F.col("amount_raw"), amount),
        checks.moment_reason(F.col("at"), at),
        *[checks.number_reason(F.col(n), found, n) for n, found in places.items()],
    )


def _kind(asset: Column) -> Column:
    """What the row says; a coin that is written as a token's address is no token."""
    said = F.coalesce(F.lower(checks.known(F.col("kind"))), F.lit("token"))
    return F.when((asset == NATIVE) & (said == "token"), F.lit("native")).otherwise(said)


def _notes(on: Column, tx: Column, place: Column, amount: Column) -> dict[str, Column]:
    """What is odd about a row, or which place it claims, beside its reasons."""
    is_small = (F.length(amount) <= SMALL_DIGITS) & (amount != "0")
    return {
        CLAIM: F.when(place.isNotNull(), F.concat_ws("|", on, tx, place)),
        UNKNOWN_STATUS: checks.known(F.col("status")).isNotNull() & checks.status(F.col("status")).isNull(),
        NO_OFFSET: checks.has_no_offset(F.col("at")),
        IN_COINS: checks.is_fraction(F.col("amount_raw")),
        IS_SMALL: F.coalesce(is_small, F.lit(False)),
    }


def movement(sender: Column, recipient: Column, asset: Column, amount: Column) -> Column:
    """Who paid whom how much of what: what a movement of a transaction is told by, whichever vendor numbers it how."""
    return F.md5(checks.together([sender, recipient, asset, amount]))


def numbered(rows: DataFrame) -> DataFrame:
    """Equal movements of one transaction, told apart by their order in it: the second of a source is the second of
    another's, whatever either calls its place.
    """
    alike = Window.partitionBy(Transfers.chain, Transfers.tx_hash, Transfers.movement).orderBy(Transfers.position)
    nth = F.row_number().over(alike)
    own = F.when(nth == 1, F.col(Transfers.movement)).otherwise(F.concat_ws("#", Transfers.movement, nth))
    return rows.withColumn(Transfers.movement, own)


def transfer_pairs(
    raw: DataFrame, name: str, chain: str, chains: Mapping[str, Chain], observed_at: datetime | None
) -> DataFrame:
    """Who paid whom, without hash, time or amount; `position` is a synthetic key."""
    on = checks.chain_of(F.col("chain"), chain)
    is_chain = on.isin(list(chains))
    sender, recipient = (checks.address(F.col(c), on, chains) for c in ("from_address", "to_address"))
    kind = F.coalesce(F.lower(checks.known(F.col("kind"))), F.lit("token"))
    pair = F.md5(F.concat_ws("|", F.lit(name), on, kind, sender, recipient))
    count = checks.number(F.col("n_transfers"), "bigint")
    empty = F.lit(None)
    return raw.withColumns(
        {
            Transfers.chain: on,
            Transfers.tx_hash: empty.cast("string"),
            Transfers.position: pair,
            Transfers.movement: pair,
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
                F.when(~is_chain, F.lit("unknown_chain")),
                F.when(~kind.isin(*KINDS), F.lit("unknown_kind")),
                F.when(is_chain, checks.address_reason(F.col("from_address"), sender, "sender")),
                F.when(is_chain, checks.address_reason(F.col("to_address"), recipient, "recipient")),
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
