"""participation and account_addresses rows -> Participation, AccountAddresses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.settings import Chain
from abuse.steps.ingest import checks
from abuse.steps.ingest.formats import CLAIM, NO_OFFSET, REASONS, UNREAD
from abuse.tables import AccountAddresses, Participants, Participation, Quarantine


def participation(
    raw: DataFrame, campaign_id: str, chain: str, chains: Mapping[str, Chain], *, is_address: bool, zone: str = ""
) -> DataFrame:
    """One row per action or account. `is_address`: accounts are addresses of the campaign's chain; else they may be.

    A figure that cannot be read is unknown and counted; it does not decide whether a person exists. Two actions are
    told apart by what was done, when, in which transaction and for how much: two exports may both number theirs from 1.
    """
    on = F.lit(chain)
    account, reasons = named(F.col("account"), chain, chains, is_address=is_address)
    at = checks.moment(F.col("at"), zone)
    has_time = checks.known_id(F.col("at")).isNotNull()
    actions = checks.figure(F.col("num_actions"), "bigint")
    figures = {name: checks.figure(F.col(name), "double") for name in ("volume_usd", "reward")}
    unread = [checks.is_unread(F.col(name), found) for name, found in ({"num_actions": actions} | figures).items()]
    place = checks.in_order(F.col("position"))
    tx = checks.tx_hash(F.col("tx_hash"), on, chains)
    action, reward = checks.known(F.col("action")), checks.exact(F.col("reward"))
    act = [F.unix_micros(at).cast("string"), action, tx]
    said = F.md5(checks.together([*act, actions.cast("string"), figures["volume_usd"].cast("string"), reward]))
    return raw.withColumns(
        {
            Participation.campaign_id: F.lit(campaign_id),
            Participation.account: account,
            Participation.account_as_given: checks.trimmed_text(F.col("account")),
            Participation.position: F.when(place.isNull(), said).otherwise(F.concat_ws("|", place, said)),
            CLAIM: F.when(place.isNotNull(), checks.together([account, place, *act])),
            Participation.at: at,
            Participation.action: action,
            Participation.num_actions: F.coalesce(actions, F.lit(1).cast("bigint")),
            Participation.volume_usd: figures["volume_usd"],
            Participation.reward: figures["reward"],
            Participation.reward_exact: reward,
            Participation.tx_hash: tx,
            UNREAD: reduce(add, [one.cast("int") for one in unread]),
            NO_OFFSET: checks.has_no_offset(F.col("at")),
            REASONS: checks.reasons(*reasons, F.when(has_time & at.isNull(), F.lit("bad_time"))),
        }
    )


def named(column: Column, chain: str, chains: Mapping[str, Chain], *, is_address: bool) -> tuple[Column, list[Column]]:
    """What tables call an account, and why a text is none."""
    account = checks.address(column, F.lit(chain), chains) if is_address else _name(column, chain, chains)
    lost = checks.lost_digits(column)
    is_bad = checks.known(column).isNotNull() & account.isNull() if is_address else F.lit(False)
    is_bad = is_bad & lost.isNull()
    return F.when(lost.isNull(), account), [
        checks.null_reason(column, "account"),
        lost,
        F.when(is_bad, F.lit("bad_address")),
        F.when(is_bad, checks.odd_form(column, account)),
    ]


def account_name(rows: DataFrame, chain: str, chains: Mapping[str, Chain]) -> DataFrame:
    """account, account_as_given, bad_row of quarantined rows that name one, an unreadable one by its raw text."""
    written = checks.trimmed_text(F.col("account"))
    named_rows = rows.where(written != "").select(
        F.coalesce(checks.address(F.col("account"), F.lit(chain), chains), written).alias(Participants.account),
        written.alias(Participants.account_as_given),
        F.explode(Quarantine.reasons).alias("_reason"),
    )
    return named_rows.groupBy(Participants.account).agg(
        F.min(Participants.account_as_given).alias(Participants.account_as_given),
        F.array_join(F.sort_array(F.collect_set("_reason")), ", ").alias(Participants.bad_row),
    )


def _name(column: Column, chain: str, chains: Mapping[str, Chain]) -> Column:
    """What the campaign calls an account; an address as facts write it."""
    return F.coalesce(checks.address(column, F.lit(chain), chains), checks.known(column))


def account_addresses(
    raw: DataFrame,
    campaign_id: str,
    chain: str,
    chains: Mapping[str, Chain],
    *,
    is_chain_named: bool = False,
    zone: str = "",
) -> DataFrame:
    """Which addresses belong to an account, from when and until when; the account may be named by one of them.

    `is_chain_named`: the campaign file says on which chain the source's addresses are, where its rows do not.
    """
    on = checks.chain_of(F.col("chain"), chain)
    address = checks.address(F.col("address"), on, chains)
    is_chain = on.isin(list(chains))
    account, bad_account = named(F.col("account"), chain, chains, is_address=False)
    since, until = checks.moment(F.col("valid_from"), zone), checks.moment(F.col("valid_to"), zone)
    ends = ((F.col("valid_from"), since), (F.col("valid_to"), until))
    is_unread = [checks.known_id(raw_end).isNotNull() & end.isNull() for raw_end, end in ends]
    return raw.withColumns(
        {
            AccountAddresses.campaign_id: F.lit(campaign_id),
            AccountAddresses.account: account,
            AccountAddresses.chain: on,
            AccountAddresses.address: address,
            AccountAddresses.valid_from: since,
            AccountAddresses.valid_to: until,
            AccountAddresses.on_every_chain: checks.known(F.col("chain")).isNull() & ~F.lit(is_chain_named),
            REASONS: checks.reasons(
                *bad_account,
                F.when(~is_chain, F.lit("unknown_chain")),
                F.when(is_chain, checks.address_reason(F.col("address"), address, "address")),
                F.when(is_chain, checks.odd_form(F.col("address"), address)),
                F.when(is_unread[0] | is_unread[1], F.lit("bad_time")),
                F.when(until <= since, F.lit("bad_interval")),
            ),
        }
    )
