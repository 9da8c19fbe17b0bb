"""Facts of members -> Events: one act of a member each, with what it has to do with the other members' acts.

The relations are computed here, over the whole cluster, so that a model which reads one member at a time sees them.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse.steps.features.facts import OWNER, Known, first_coins, last_coins
from abuse.tables import Calls, ClusterMembers, Events, Participants, Participation, Services, Transfers

NUM_FIRST, NUM_LAST, NUM_ACTS = 16, 16, 32
"""Events kept of a member: its first, its last, and its first campaign actions; 64 at most (research: 2.2)."""
MERGED_WITHIN_S = 3 * 86_400
"""Like passive movements in a row become one, as BERT4ETH does; campaign actions never, their times are evidence."""
NEAR_S = 600
NEIGHBOURS = 8
"""Like acts before and after among which the nearest of another member is looked for."""
MEMBER = [Events.cluster_id, Events.account]
LIKE = [Events.cluster_id, Events.kind, Events.what]
ORDER = ["_us", Events.kind, "_tie"]


def events(known: Known) -> DataFrame:
    """At most 64 rows per member, in order of time."""
    owners = known.owners
    rows = reduce(DataFrame.unionByName, [campaign_acts(known), other_calls(known), *moves(known)])
    rows = with_siblings(with_amounts(merged(rows)))
    rows = with_roles(with_tips(rows), known, owners)
    start = known.participants.agg(F.min(Participants.first_action_at).alias("_start"))
    rows = rows.crossJoin(F.broadcast(start))
    days = (F.unix_micros(Events.at) - F.unix_micros("_start")) / 86_400e6
    return kept(rows.withColumn(Events.campaign_day, F.coalesce(days, F.lit(0.0))))


def campaign_acts(known: Known) -> DataFrame:
    """Single actions of known time, with what is known of their transactions."""
    who = known.members.select(*MEMBER)
    is_one = (F.col(Participation.num_actions) == 1) & F.col(Participation.at).isNotNull()
    single = known.participation.where(is_one).join(who, on=Participation.account)
    calls = known.calls.select(Calls.tx_hash, Events.account, *_CALL)
    joined = single.join(calls, on=[Participation.tx_hash, Participation.account], how="left")
    return joined.select(
        *_row("act", F.col(Participation.action), F.col(Participation.at), F.col(Participation.position)),
        *[F.col(name) for name in _CALL],
        F.lit(None).cast("double").alias(Events.amount),
    )


_CALL = (Calls.callee, Calls.tip_wei, Calls.nonce, Calls.is_ok)


def other_calls(known: Known) -> DataFrame:
    """Methods called outside the campaign. A plain payment that went through is a movement already."""
    is_plain = F.col(Calls.selector).isNull() & F.coalesce(Calls.is_ok, F.lit(True))
    calls = known.calls.where(~F.col("is_act") & ~is_plain)
    row = _row("call", F.col(Calls.selector), F.col(Calls.at), F.col(Calls.tx_hash))
    return calls.select(*row, *[F.col(name) for name in _CALL], F.lit(None).cast("double").alias(Events.amount))


def moves(known: Known) -> list[DataFrame]:
    """Coins and tokens that came and went."""
    if known.movements is None:
        return []
    ends = (("paid", Transfers.recipient, Transfers.sender), ("pays", Transfers.sender, Transfers.recipient))
    found = []
    for kind, end, other in ends:
        rows = known.movements.where(F.col("_end") == end)
        word = F.when(F.col(Transfers.kind) == "token", F.lit(f"{kind}_token")).otherwise(F.lit(kind))
        tie = F.concat_ws("|", Transfers.tx_hash, Transfers.position)
        nothing = {Calls.tip_wei: "bigint", Calls.nonce: "bigint", Calls.is_ok: "boolean"}
        found.append(
            rows.select(
                *_row(word, F.col(Transfers.asset), F.col(Transfers.at), tie),
                F.col(other).alias(Calls.callee),
                *[F.lit(None).cast(of).alias(name) for name, of in nothing.items()],
                F.col(Transfers.amount).alias(Events.amount),
            )
        )
    return found


def _row(kind: str | Column, what: Column, at: Column, tie: Column) -> list[Column]:
    """The columns every event has; `_tie` orders acts of one instant."""
    word = F.lit(kind) if isinstance(kind, str) else kind
    return [
        F.col(Events.cluster_id),
        F.col(Events.account),
        word.alias(Events.kind),
        what.alias(Events.what),
        at.alias(Events.at),
        F.unix_micros(at).alias("_us"),
        tie.alias("_tie"),
    ]


def merged(rows: DataFrame) -> DataFrame:
    """Like movements in a row as the first of them."""
    own = Window.partitionBy(*MEMBER).orderBy(*ORDER)
    same = [F.col(name).eqNullSafe(F.lag(name).over(own)) for name in (Events.kind, Events.what, Calls.callee)]
    is_near = F.col("_us") - F.lag("_us").over(own) < MERGED_WITHIN_S * 1_000_000
    goes_on = same[0] & same[1] & same[2] & is_near & ~F.col(Events.kind).isin("act", "call")
    marked = rows.withColumn("_new", (~F.coalesce(goes_on, F.lit(False))).cast("int"))
    runs = marked.withColumn("_run", F.sum("_new").over(own.rowsBetween(Window.unboundedPreceding, 0)))
    rest = [name for name in rows.columns if name not in MEMBER]
    first = F.min(F.struct(*ORDER, *[name for name in rest if name not in ORDER])).alias("_first")
    whole = runs.groupBy(*MEMBER, "_run").agg(first, F.count("*").alias(Events.num_merged))
    return whole.select(*MEMBER, Events.num_merged, *[F.col(f"_first.{name}") for name in rest])


def with_amounts(rows: DataFrame) -> DataFrame:
    """The digits an amount is written with, and who else moved the same."""
    written = F.regexp_replace(F.format_string("%.9f", F.col(Events.amount)), r"^[0.]+|\.?0+$", "")
    rows = rows.withColumns(
        {
            Events.amount_digits: F.when(
                F.col(Events.amount).isNotNull(), F.length(F.regexp_replace(written, r"\.", "")).cast("bigint")
            ),
            "_same": F.format_string("%.2e", F.col(Events.amount)),
        }
    )
    alike = [Events.cluster_id, Events.kind, "_same"]
    holders = rows.where(F.col(Events.amount).isNotNull()).groupBy(*alike)
    sizes = rows.groupBy(Events.cluster_id).agg(F.count_distinct(Events.account).alias("_size"))
    counted = holders.agg(F.count_distinct(Events.account).alias("_holders"))
    share = (F.col("_holders") - 1) / F.greatest(F.col("_size") - 1, F.lit(1))
    joined = rows.join(counted, on=alike, how="left").join(sizes, on=Events.cluster_id)
    return joined.withColumn(Events.same_amount_share, share)


def with_siblings(rows: DataFrame) -> DataFrame:
    """The nearest like act of another member, and how many there are within ten minutes."""
    by_time = Window.partitionBy(*LIKE).orderBy(*ORDER, Events.account)
    around = F.collect_list(F.struct("_us", Events.account))
    before, after = (around.over(by_time.rowsBetween(*of)) for of in ((-NEIGHBOURS, -1), (1, NEIGHBOURS)))
    near = Window.orderBy("_us").rangeBetween(-NEAR_S * 1_000_000, NEAR_S * 1_000_000)
    everyone, own = (F.count("*").over(near.partitionBy(*of)) for of in (LIKE, [*LIKE, Events.account]))
    others = F.filter(F.concat("_before", "_after"), lambda one: one[Events.account] != F.col(Events.account))
    lags = F.transform(others, lambda one: F.abs(one["_us"] - F.col("_us")) / 1e6)
    found = rows.withColumns({"_before": before, "_after": after, Events.siblings_near: everyone - own})
    return found.withColumn(Events.sibling_lag_s, F.array_min(lags)).drop("_before", "_after")


def with_tips(rows: DataFrame) -> DataFrame:
    """Whether a call's tip is its cluster's most common one, of equally common ones the least."""
    counts = rows.where(F.col(Calls.tip_wei).isNotNull()).groupBy(Events.cluster_id, Calls.tip_wei).count()
    common = counts.groupBy(Events.cluster_id).agg(
        F.max_by(Calls.tip_wei, F.struct("count", -F.col(Calls.tip_wei))).alias("_tip")
    )
    joined = rows.join(common, on=Events.cluster_id, how="left")
    return joined.withColumn(Events.tip_is_common, F.col(Calls.tip_wei) == F.col("_tip"))


def with_roles(rows: DataFrame, known: Known, owners: DataFrame) -> DataFrame:
    """What the address at the other end is to the member."""
    serves = known.services.where(F.col(Services.kind) != "deposit").select(F.col(Services.address).alias(Calls.callee))
    inside = owners.select(Events.cluster_id, F.col(OWNER[1]).alias(Calls.callee)).distinct()
    coins = first_coins(known, owners).select(Events.account, "funder")
    gone = last_coins(known, owners).select(Events.account, "sink")
    joined = (
        rows.join(serves.distinct().withColumn("_serves", F.lit(True)), on=Calls.callee, how="left")
        .join(inside.withColumn("_inside", F.lit(True)), on=[Events.cluster_id, Calls.callee], how="left")
        .join(coins, on=ClusterMembers.account, how="left")
        .join(gone, on=ClusterMembers.account, how="left")
    )
    role = (
        F.when(F.col(Calls.callee).isNull(), F.lit("none"))
        .when(F.col("_serves"), F.lit("service"))
        .when(F.col("_inside"), F.lit("member"))
        .when(F.col(Calls.callee) == F.col("funder"), F.lit("funder"))
        .when(F.col(Calls.callee) == F.col("sink"), F.lit("sink"))
        .when(F.col(Events.kind).isin("act", "call"), F.lit("contract"))
        .otherwise(F.lit("other"))
    )
    return joined.withColumns({Events.role: role, Events.counterparty: F.col(Calls.callee)})


def kept(rows: DataFrame) -> DataFrame:
    """The events of a member that are kept, numbered, with the time since the one before."""
    own = Window.partitionBy(*MEMBER).orderBy(*ORDER)
    back = Window.partitionBy(*MEMBER).orderBy(*[F.desc(name) for name in ORDER])
    of_kind = Window.partitionBy(*MEMBER, Events.kind).orderBy(*ORDER)
    is_early_act = (F.col(Events.kind) == "act") & (F.row_number().over(of_kind) <= NUM_ACTS)
    is_kept = (F.row_number().over(own) <= NUM_FIRST) | (F.row_number().over(back) <= NUM_LAST) | is_early_act
    gap = (F.col("_us") - F.lag("_us").over(own)) / 1e6
    marked = rows.withColumns({"_kept": is_kept, Events.gap_s: gap}).where("_kept")
    return marked.withColumn(Events.position, (F.row_number().over(own) - 1).cast("bigint"))
