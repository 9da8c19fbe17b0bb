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
MIN_TIMED = 3
"""Members whose beginning must be known before their gaps say anything of the cluster, and half of all."""


def features(
    members: DataFrame,
    participants: DataFrame,
    links: DataFrame,
    rules: settings.Features,
    precision_s: float = 0.0,
) -> DataFrame:
    """One row per member; the cluster's figures repeat on each.

    A time that is unknown counts for nothing, and one that is known to `precision_s` only for what it proves: two lie
    at most that much further apart than they seem to.
    """
    began = F.unix_micros(Participants.first_action_at).alias("_t")
    born = participants.select(Participants.account, began)
    joined = members.select(ClusterMembers.cluster_id, ClusterMembers.account).join(born, on=Participants.account)
    held = inside(links, members)
    timed = near_in_time(with_own_act(joined, held), rules, precision_s)
    whole = timed.join(cluster_gaps(joined, precision_s), on=Features.cluster_id)
    whole = whole.join(crowd(born, rules, precision_s), on="_bucket", how="left")
    whole = whole.crossJoin(F.broadcast(born.agg(F.count("_t").alias("_all"))))
    for name, kind in PARTNERS.items():
        whole = whole.join(partners(held, kind, name), on=Features.account, how="left")
    whole = whole.join(unknown_partners(held), on=Features.account, how="left")
    counts = {name: F.coalesce(name, F.lit(0).cast("bigint")) for name in (*PARTNERS, Features.unknown_partners)}
    return whole.withColumns({Features.time_expected: by_chance()} | counts)


def with_own_act(joined: DataFrame, held: DataFrame) -> DataFrame:
    """`_own`: whether a member's first action moved no money of a tie. Two kinds never rest on one transaction, and
    whoever pays for others, or enrols them, can do both at once.
    """
    began = F.explode(Links.begun_by_payment).alias(Features.account)
    others = held.select(began, F.lit(False).alias("_own")).distinct()
    return joined.join(others, on=Features.account, how="left").withColumn("_own", F.coalesce("_own", F.lit(True)))


def near_in_time(joined: DataFrame, rules: settings.Features, precision_s: float = 0.0) -> DataFrame:
    """Per member: the gap to the nearest other, and how many others lie within the window by acts of their own."""
    micros = sure_micros(rules, precision_s)
    is_timed, can_be_near = F.col("_t").isNotNull(), F.lit(micros >= 0)
    joined = joined.withColumn("_own", F.col("_own") & is_timed & can_be_near)
    by_time = Window.partitionBy(Features.cluster_id).orderBy("_t", Features.account)
    around = Window.partitionBy(Features.cluster_id).orderBy("_t").rangeBetween(-max(micros, 0), max(micros, 0))
    before, after = F.col("_t") - F.lag("_t").over(by_time), F.lead("_t").over(by_time) - F.col("_t")
    return joined.withColumns(
        {
            Features.gap_s: F.when(is_timed, F.least(before, after) / 1e6 + precision_s),
            Features.time_partners: F.when(F.col("_own"), F.count_if("_own").over(around) - 1).otherwise(0),
            "_bucket": bucket(rules, precision_s),
        }
    )


def sure_micros(rules: settings.Features, precision_s: float) -> int:
    """How far apart two times may seem that lie within the window for sure; negative where none can."""
    return int((rules.time_window_s - precision_s) * 1_000_000)


def bucket(rules: settings.Features, precision_s: float) -> Column:
    return F.floor(F.col("_t") / max(sure_micros(rules, precision_s) // BUCKETS_PER_WINDOW, 1))


def cluster_gaps(joined: DataFrame, precision_s: float = 0.0) -> DataFrame:
    """Median of the gaps between consecutive first actions, and its distribution-free 95% upper bound. Empty where
    fewer than half of the members, or than three, began at a known time.

    The bound is the order statistic of rank m/2 + z sqrt(m)/2 (Conover, Practical Nonparametric Statistics, 3.2); it
    is empty where m gaps are too few to have one.
    """
    known_times = F.sort_array(F.collect_list("_t"))  # which leaves out the empty ones
    times = joined.groupBy(Features.cluster_id).agg(known_times.alias("_ts"), F.count("*").alias("_size"))
    timed = F.size("_ts")
    is_told = (timed >= F.least(F.lit(MIN_TIMED), "_size")) & (2 * timed >= F.col("_size"))
    gaps = F.expr("sort_array(transform(sequence(1, size(_ts) - 1), i -> (_ts[i] - _ts[i - 1]) / 1e6))")
    gaps = F.when(is_told, gaps).otherwise(F.array().cast("array<double>"))
    m = F.size("_gaps")
    middle = (F.get("_gaps", F.floor((m - 1) / 2).cast("int")) + F.get("_gaps", F.floor(m / 2).cast("int"))) / 2
    rank = F.ceil(m / 2 + F.lit(Z_95) * F.sqrt(m) / 2 + F.lit(0.5))
    upper = F.get("_gaps", (rank - 1).cast("int"))
    return times.withColumn("_gaps", gaps).select(
        Features.cluster_id,
        F.col("_size").alias(Features.size),
        timed.alias("_timed"),
        (middle + precision_s).alias(Features.median_gap_s),
        (upper + precision_s).alias(Features.median_gap_upper_s),
    )


def crowd(born: DataFrame, rules: settings.Features, precision_s: float = 0.0) -> DataFrame:
    """_bucket -> how many participants of the whole campaign began within about a window of it. Times on a grid may all
    lie at a bucket's edge, so of them nothing is scaled away.
    """
    timed = born.where(F.col("_t").isNotNull())
    counts = timed.groupBy(bucket(rules, precision_s).alias("_bucket")).count()
    near = F.sequence(F.col("_bucket") - BUCKETS_PER_WINDOW, F.col("_bucket") + BUCKETS_PER_WINDOW)
    scale = 1.0 if precision_s else 2 * BUCKETS_PER_WINDOW / (2 * BUCKETS_PER_WINDOW + 1)
    return (
        counts.select(F.explode(near).alias("_bucket"), "count")
        .groupBy("_bucket")
        .agg((F.sum("count") * scale).alias("_crowd"))
    )


def by_chance() -> Column:
    """Other members expected within the window, had the cluster begun when everyone else did. Of known times all."""
    own = F.col(Features.time_partners) + 1
    others = F.greatest(F.col("_all") - F.col("_timed"), F.lit(1))
    share = F.least(F.greatest(F.coalesce("_crowd", F.lit(0.0)) - own, F.lit(0.0)) / others, F.lit(1.0))
    return share * F.greatest(F.col("_timed") - 1, F.lit(0))


def partners(links: DataFrame, evidence_kind: str, name: str) -> DataFrame:
    """account -> distinct accounts it is tied to by that kind of evidence."""
    return _others(links.where((F.col(Links.evidence_kind) == evidence_kind) & _is_known()), name)


def unknown_partners(links: DataFrame) -> DataFrame:
    """account -> distinct accounts it is tied to by an address of which nothing else is known: that is no evidence."""
    return _others(links.where(~_is_known()), Features.unknown_partners)


def _is_known() -> Column:
    return F.coalesce(Links.is_known, F.lit(True))


def _others(links: DataFrame, name: str) -> DataFrame:
    kept = links.where(~F.col(Links.kind).isin(*CHOSEN_BY_TIME))
    forth = kept.select(F.col(Links.src).alias(Features.account), F.col(Links.dst).alias("_other"))
    back = kept.select(F.col(Links.dst).alias(Features.account), F.col(Links.src).alias("_other"))
    return forth.unionByName(back).groupBy(Features.account).agg(F.count_distinct("_other").alias(name))
