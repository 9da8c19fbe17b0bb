"""Participation -> ties of accounts that did the same acts in the same order at a near-constant lag.

Three things let strangers keep a lag, and each has its guard. The clock: quests open daily and cooldowns end after
hours, so gaps of whole hours and gaps of one length say nothing. The crowd: an announcement or a batch job moves
everybody at once, so where many others with other sequences did the same in the same minutes the act says nothing.
Chance: of a popular sequence some pair always agrees, so a share of the pairs compared must. An account's first act is
left out: time evidence rests on it. Acts that moved the money of another tie prove nothing a second time: enough must
be left without them.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from abuse import settings
from abuse.tables import Links, Participants, Participation

MICROS = 1_000_000
ROW = (  # in the order of which Participants.first_tx_hash is the least
    *(Participation.at, Participation.position, Participation.tx_hash),
    *(Participation.action, Participation.num_actions, Participation.source),
)


def co_activity(
    participation: DataFrame, participants: DataFrame, moved: DataFrame, rules: settings.Links
) -> DataFrame:
    """Pairs of accounts in step, one row per act shown; acts of unknown time do not count. `moved`: `_moved`, the
    transactions of other ties.
    """
    lines = sequences(participation, participants, rules)
    pairs = in_step(neighbours(lines.where(is_telling(rules)), rules), rules)
    own = with_own_timing(pairs, lines, participants, rules)
    shown = unspent(lines.join(own, on=Participation.account, how="left_semi"), moved, rules)
    for end in ("a", "b"):
        acts = shown.select(F.col(Participation.account).alias(end), F.col("_items").alias(f"_{end}"))
        pairs = pairs.join(acts, on=end)
    return pairs.select(
        F.lit("co_activity").alias(Links.kind),
        F.lit("sequence").alias(Links.evidence_kind),
        "a",
        "b",
        F.lit(None).cast("string").alias("via"),
        F.lit(1).alias("rank"),
        F.explode(F.concat("_a", "_b")).alias("item"),
    )


def sequences(participation: DataFrame, participants: DataFrame, rules: settings.Links) -> DataFrame:
    """account -> `_all` its rows in order, `_acts` those that count, their `_times`, `_span`, `_digest` of their words,
    and the `_gaps` no clock explains.
    """
    known = participants.where(F.col(Participants.num_actions) <= rules.co_max_actions).select(Participants.account)
    lines = (
        participation.where(F.col(Participation.at).isNotNull())
        .join(known, on=Participation.account, how="left_semi")
        .groupBy(Participation.account)
        .agg(F.sort_array(F.collect_list(F.struct(*ROW))).alias("_all"))
    )
    lines = lines.withColumn("_acts", F.filter(_rest("_all"), _counts))
    lines = lines.withColumns(
        {
            "_times": F.transform("_acts", lambda act: F.unix_micros(act[Participation.at])),
            "_words": F.transform("_acts", lambda act: act[Participation.action]),
        }
    )
    return lines.withColumns(
        {
            "_span": F.get("_times", F.size("_times") - 1) - F.get("_times", F.lit(0)),
            "_digest": F.sha2(F.to_json("_words"), 256),
            "_gaps": gaps(rules),
        }
    )


def unspent(lines: DataFrame, moved: DataFrame, rules: settings.Links) -> DataFrame:
    """account -> `_items`: the first of its acts that moved the money of no tie, of whom enough such are left."""
    acts = lines.select(Participation.account, F.posexplode("_acts").alias("_place", "_act"))
    left = acts.join(moved, F.col(f"_act.{Participation.tx_hash}") == F.col("_moved"), "left_anti")
    own = left.groupBy(Participation.account).agg(
        F.sort_array(F.collect_list(F.struct("_place", "_act"))).alias("_own")
    )
    first = F.slice("_own", 1, max(1, rules.num_evidence // 2))
    items = F.transform(first, lambda place: _item(place["_act"])).alias("_items")
    return own.where(F.size("_own") >= rules.co_min_actions).select(Participation.account, items)


def gaps(rules: settings.Links) -> Column:
    """The account's absences that no clock explains, and the act that ended each. Those of one `_rounded` length count
    once, since a cooldown makes all alike.
    """
    clock, near = rules.co_clock_s * MICROS, rules.co_clock_tolerance_s * MICROS

    def gap(act: Column, place: Column) -> Column:
        ended = F.get("_times", place + 1)
        length = ended - F.get("_times", place)
        return F.struct(
            act[Participation.action].alias("_word"),
            _slot(ended, rules).alias("_slot"),
            length.alias("_length"),
            F.round(length / near).alias("_rounded"),
        )

    def is_own(one: Column) -> Column:
        length = one["_length"]
        off_clock = F.abs(length - F.round(length / clock) * clock) > near
        return (length >= rules.co_min_gap_s * MICROS) & off_clock

    return F.filter(F.transform(_rest("_acts"), gap), is_own)


def is_telling(rules: settings.Links) -> Column:
    """Long enough, varied enough, and with gaps of its own."""
    num_acts, num_words = F.size("_acts"), F.size(F.array_distinct("_words"))
    is_varied = (num_words >= rules.co_min_words) | (num_acts >= rules.co_one_word_actions)
    is_long = (num_acts >= rules.co_min_actions) & (F.col("_span") >= rules.co_min_span_s * MICROS)
    return is_long & is_varied & (F.size(F.array_distinct("_gaps._rounded")) >= rules.co_min_gaps)


def neighbours(scripts: DataFrame, rules: settings.Links) -> DataFrame:
    """(_digest, _place, _a, _b): each account with the next few of its place to begin the same sequence.

    Spans of a tie differ by two jitters at most, so accounts are placed by span, in two rows of places that overlap by
    half: a tie always shares one, and the many strangers of a popular sequence lie elsewhere. Pairs carry times alone.
    """
    width = 4 * rules.co_max_jitter_s * MICROS
    places = [
        F.struct(F.lit(shift).alias("shift"), F.floor(F.col("_span") / width + shift).alias("number"))
        for shift in (0.0, 0.5)
    ]
    placed = scripts.select(
        "_digest",
        F.struct(Participation.account, "_times", "_span").alias("_a"),
        F.get("_times", F.lit(0)).alias("_start"),
        F.explode(F.array(*places)).alias("_place"),
    )
    begun = Window.partitionBy("_digest", "_place").orderBy("_start", f"_a.{Participation.account}")
    after = placed.withColumn("_next", F.collect_list("_a").over(begun.rowsBetween(1, rules.co_neighbours)))
    return after.select("_digest", "_place", "_a", F.explode("_next").alias("_b"))


def in_step(pairs: DataFrame, rules: settings.Links) -> DataFrame:
    """(a, b): pairs that keep their lag, where more do than chance lets."""
    lags = F.sort_array(F.zip_with("_b._times", "_a._times", lambda later, earlier: later - earlier))
    last = F.size("_lags") - 1
    middle = (F.get("_lags", F.floor(last / 2).cast("int")) + F.get("_lags", F.ceil(last / 2).cast("int"))) / 2
    off = F.greatest(F.get("_lags", last) - middle, middle - F.get("_lags", F.lit(0)))
    span = F.least("_a._span", "_b._span")
    keeps = off <= F.least(F.lit(rules.co_max_jitter_s * MICROS), span * rules.co_max_jitter_share)
    a, b = (F.col(f"{end}.{Participation.account}").alias(end[1]) for end in ("_a", "_b"))
    tried = pairs.withColumn("_lags", lags).select("_digest", "_place", a, b, keeps.alias("_keeps"))
    share = F.avg(F.col("_keeps").cast("int")).over(Window.partitionBy("_digest", "_place"))
    kept = tried.withColumn("_share", share).where(F.col("_keeps") & (F.col("_share") >= rules.co_min_share))
    return kept.select("a", "b").distinct()  # two that share both their places were compared twice


def with_own_timing(pairs: DataFrame, lines: DataFrame, participants: DataFrame, rules: settings.Links) -> DataFrame:
    """Accounts of the pairs with enough gaps of their own that no crowd ended."""
    ends = pairs.select(F.explode(F.array("a", "b")).alias(Participation.account))
    ended = lines.join(ends, on=Participation.account, how="left_semi")
    moments = ended.select(Participation.account, "_digest", F.inline("_gaps"))
    crowds = acts_per_slot(lines, participants, rules)
    others = F.col("_whole") - F.col("_alike")
    is_crowd = (others >= rules.co_crowd_min) & (others >= rules.co_crowd_factor * F.col("_usual"))
    alone = moments.join(crowds, on=["_word", "_slot", "_digest"]).where(~is_crowd)
    enough = F.count_distinct("_rounded") >= rules.co_min_gaps
    return alone.groupBy(Participation.account).agg(enough.alias("_own")).where("_own").select(Participation.account)


def acts_per_slot(lines: DataFrame, participants: DataFrame, rules: settings.Links) -> DataFrame:
    """(_word, _slot, _digest) -> accounts of that sequence, `_alike`, and of all, `_whole`, and the mean slot's."""
    acts = lines.select(Participation.account, "_digest", F.explode("_all").alias("_row")).select(
        Participation.account,
        "_digest",
        F.col(f"_row.{Participation.action}").alias("_word"),
        _slot(F.unix_micros(f"_row.{Participation.at}"), rules).alias("_slot"),
    )
    first, last = F.min(Participants.first_action_at), F.max(Participants.last_action_at)
    num_slots = _slot(F.unix_micros(last) - F.unix_micros(first), rules) + 1
    counts = acts.groupBy("_word", "_slot", "_digest").agg(F.count_distinct(Participation.account).alias("_alike"))
    totals = counts.groupBy("_word").agg(F.sum("_alike").alias("_total"))
    totals = totals.crossJoin(F.broadcast(participants.agg(num_slots.alias("_slots"))))
    usual = totals.select("_word", (F.col("_total") / F.col("_slots")).alias("_usual"))
    whole = counts.withColumn("_whole", F.sum("_alike").over(Window.partitionBy("_word", "_slot")))
    return whole.join(usual, on="_word")


def _rest(column: str) -> Column:
    return F.slice(column, 2, F.size(column))


def _counts(row: Column) -> Column:
    """A row that sums acts up has the time of none of them, and one in the first act's transaction is the first act."""
    is_later = F.coalesce(row[Participation.tx_hash] != F.get("_all", F.lit(0))[Participation.tx_hash], F.lit(True))
    return (F.trim(row[Participation.action]) != "") & (row[Participation.num_actions] == 1) & is_later


def _slot(micros: Column, rules: settings.Links) -> Column:
    return F.floor(micros / (rules.co_slot_s * MICROS))


def _item(act: Column) -> Column:
    """One act as evidence; columns named as in tables.EVIDENCE."""
    missing = F.lit(None)
    return F.struct(
        F.lit("co_activity").alias("kind"),
        missing.cast("string").alias("chain"),
        act[Participation.tx_hash].alias("tx_hash"),
        F.col(Participation.account).alias("from"),
        missing.cast("string").alias("to"),
        act[Participation.at].alias("at"),
        missing.cast("double").alias("amount"),
        missing.cast("string").alias("asset"),
        F.lit(1).cast("bigint").alias("n"),
        act[Participation.source].alias("source"),
    )
