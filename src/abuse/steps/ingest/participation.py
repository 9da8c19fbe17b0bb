"""participation and account_addresses rows -> Participation, AccountAddresses."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.settings import Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import REASONS
from abuse.tables import AccountAddresses, Participation

SAID = ("at", "action", "num_actions", "volume_usd", "reward", "tx_hash")
"""What tells two actions apart where the source numbers them not; rows equal in all of it are duplicates."""


def participation(
    raw: DataFrame, campaign_id: str, chain: str, chains: Mapping[str, Chain], *, is_address: bool
) -> DataFrame:
    """One row per action or account. `is_address`: accounts are addresses of the campaign's chain; else they may be."""
    named = F.col("account")
    account = checks.address(named, F.lit(chain), chains) if is_address else _name(named, chain, chains)
    bad_account = F.when(account.isNull(), F.lit("bad_address")) if is_address else F.lit(None).cast("string")
    at = checks.moment(F.col("at"))
    volume, reward = checks.number(F.col("volume_usd"), "double"), checks.number(F.col("reward"), "double")
    actions = checks.number(F.col("num_actions"), "bigint")
    said = F.concat_ws("|", *[F.coalesce(F.col(c), F.lit("")) for c in SAID])
    return raw.withColumns(
        {
            Participation.campaign_id: F.lit(campaign_id),
            Participation.account: account,
            Participation.position: F.coalesce(checks.blank_as_null(F.col("position")), F.md5(said)),
            Participation.at: at,
            Participation.num_actions: F.coalesce(actions, F.lit(1).cast("bigint")),
            Participation.volume_usd: volume,
            Participation.reward: reward,
            Participation.tx_hash: F.lower(checks.blank_as_null(F.col("tx_hash"))),
            REASONS: checks.reasons(
                checks.null_reason(named, "account"),
                F.when(checks.blank_as_null(named).isNotNull(), bad_account),
                checks.moment_reason(F.col("at"), at),
                checks.number_reason(F.col("volume_usd"), volume, "volume"),
                checks.number_reason(F.col("reward"), reward, "reward"),
                checks.number_reason(F.col("num_actions"), actions, "num_actions"),
            ),
        }
    )


def _name(column: Column, chain: str, chains: Mapping[str, Chain]) -> Column:
    """What the campaign calls an account; an address as facts write it."""
    return F.coalesce(checks.address(column, F.lit(chain), chains), checks.blank_as_null(column))


def account_addresses(raw: DataFrame, campaign_id: str, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """Which addresses belong to an account, and since when; the account may be named by one of them."""
    on = checks.chain_of(F.col("chain"), chain)
    address = checks.address(F.col("address"), on, chains)
    valid_from = checks.moment(F.col("valid_from"))
    bad_time = F.when(checks.blank_as_null(F.col("valid_from")).isNotNull() & valid_from.isNull(), F.lit("bad_time"))
    return raw.withColumns(
        {
            AccountAddresses.campaign_id: F.lit(campaign_id),
            AccountAddresses.account: _name(F.col("account"), chain, chains),
            AccountAddresses.chain: on,
            AccountAddresses.address: address,
            AccountAddresses.valid_from: valid_from,
            REASONS: checks.reasons(
                checks.null_reason(F.col("account"), "account"),
                F.when(~on.isin(list(chains)), F.lit("unknown_chain")),
                checks.address_reason(F.col("address"), address, "address"),
                bad_time,
            ),
        }
    )
