"""Members, participants, links -> Features: what the time-gap rule and the policy read.

A feature's doc in tables.Features is the sentence a reviewer reads.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.steps.inside import inside
from abuse.tables import ClusterMembers, Features, Links, Participants

Z_95 = 1.645  # one-sided 95% point of the normal distribution
BUCKETS_PER_WINDOW = 4
PARTNERS = {
    Features.money_partners: "money",
    Features.sink_partners: "sink",
    Features.sequence_partners: "sequence",
}
CHOSEN_BY_TIME = ("counterparty",)
"""Kinds of link that near first actions made: beside evidence of time they would count the same fact twice."""


def features(members: DataFrame, participants: DataFrame, links: DataFrame, rules: settings.Features) -> DataFrame:
    """One row per member; the cluster's figures repeat on each."""
    began = F.unix_micros(Participants.first_action_at).alias("_t")
    born = participants.select(Participants.account, began, F.col(Participants.first_tx_hash).alias("_tx"))
    joined = members.select(ClusterMembers.cluster_id, ClusterMembers.account).join(born, on=Participants.account)
    held = inside(links, members)
    timed = near_in_time(with_own_act(joined, held), rules)
    whole = timed.join(cluster_gaps(joined), on=Features.cluster_id)
    whole = whole.join(crowd(born, rules), on="_bucket", how="left")
    whole = whole.crossJoin(F.broadcast(born.agg(F.count("*").alias("_all"))))
    for name, kind in PARTNERS.items():
        whole = whole.join(partners(held, kind, name), on=Features.account, how="left")
    counts = {name: F.coalesce(F.col(name), F.lit(0).cast("bigint")) for name in PARTNERS}
    return whole.withColumns({Features.time_expected: by_chance()} | counts)


def with_own_act(joined: DataFrame, held: DataFrame) -> DataFrame:
    """`_own`: whether a member's first action moved no money of a tie. Two kinds never rest on one transaction, and
    whoever pays for others, or enrols them, can do both at once.
    """
    moved = held.where(F.col(Links.evidence_kind) != "sequence").select(F.explode(Links.evidence).alias("_item"))
    moved = moved.select(F.col("_item.tx_hash").alias("_tx"), F.lit(False).alias("_own")).dropna().distinct()
    return joined.join(moved, on="_tx", how="left").withColumn("_own", F.coalesce("_own", F.lit(True)))


def near_in_time(joined: DataFrame, rules: settings.Features) -> DataFrame:
    """Per member: the gap to the nearest other, and how many others lie within the window by acts of their own."""
    micros = int(rules.time_window_s * 1_000_000)
    by_time = Window.partitionBy(Features.cluster_id).orderBy("_t", Features.account)
    around = Window.partitionBy(Features.cluster_id).orderBy("_t").rangeBetween(-micros, micros)
    before, after = F.col("_t") - F.lag("_t").over(by_time), F.lead("_t").over(by_time) - F.col("_t")
    return joined.withColumns(
        {
            Features.gap_s: F.least(before, after) / 1e6,
            Features.time_partners: F.when(F.col("_own"), F.count_if("_own").over(around) - 1).otherwise(0),
            "_bucket": bucket(rules),
        }
    )


def bucket(rules: settings.Features) -> Column:
    return F.floor(F.col("_t") / int(rules.time_window_s * 1_000_000 / BUCKETS_PER_WINDOW))


def cluster_gaps(joined: DataFrame) -> DataFrame:
    """Median of the gaps between consecutive first actions, and its distribution-free 95% upper bound.

    The bound is the order statistic of rank m/2 + z sqrt(m)/2 (Conover, Practical Nonparametric Statistics, 3.2); it
    is empty where m gaps are too few to have one.
    """
    times = joined.groupBy(Features.cluster_id).agg(F.sort_array(F.collect_list("_t")).alias("_ts"))
    gaps = F.expr("sort_array(transform(sequence(1, size(_ts) - 1), i -> (_ts[i] - _ts[i - 1]) / 1e6))")
    m = F.size("_gaps")
    middle = (F.get("_gaps", F.floor((m - 1) / 2).cast("int")) + F.get("_gaps", F.floor(m / 2).cast("int"))) / 2
    rank = F.ceil(m / 2 + F.lit(Z_95) * F.sqrt(m) / 2 + F.lit(0.5))
    upper = F.get("_gaps", (rank - 1).cast("int"))
    return times.withColumn("_gaps", gaps).select(
        Features.cluster_id,
        F.size("_ts").cast("bigint").alias(Features.size),
        middle.alias(Features.median_gap_s),
        upper.alias(Features.median_gap_upper_s),
    )


def crowd(born: DataFrame, rules: settings.Features) -> DataFrame:
    """_bucket -> how many participants of the whole campaign began within about a window of it."""
    counts = born.groupBy(bucket(rules).alias("_bucket")).count()
    near = F.sequence(F.col("_bucket") - BUCKETS_PER_WINDOW, F.col("_bucket") + BUCKETS_PER_WINDOW)
    scale = 2 * BUCKETS_PER_WINDOW / (2 * BUCKETS_PER_WINDOW + 1)
    return (
        counts.select(F.explode(near).alias("_bucket"), "count")
        .groupBy("_bucket")
        .agg((F.sum("count") * scale).alias("_crowd"))
    )


def by_chance() -> Column:
    """Other members expected within the window, had the cluster begun when everyone else did."""
    own = F.col(Features.time_partners) + 1
    others = F.greatest(F.col("_all") - F.col(Features.size), F.lit(1))
    share = F.least(F.greatest(F.coalesce("_crowd", F.lit(0.0)) - own, F.lit(0.0)) / others, F.lit(1.0))
    return share * (F.col(Features.size) - 1)


def partners(links: DataFrame, evidence_kind: str, name: str) -> DataFrame:
    """account -> distinct accounts it is tied to by that kind of evidence."""
    kept = links.where((F.col(Links.evidence_kind) == evidence_kind) & ~F.col(Links.kind).isin(*CHOSEN_BY_TIME))
    forth = kept.select(F.col(Links.src).alias(Features.account), F.col(Links.dst).alias("_other"))
    back = kept.select(F.col(Links.dst).alias(Features.account), F.col(Links.src).alias("_other"))
    return forth.unionByName(back).groupBy(Features.account).agg(F.count_distinct("_other").alias(name))
