"""The machine's verdict under people's: one function for publish, console, export and `why`."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from abuse.tables import Decisions, Reviews

PERSON = "_person"
"""Which authority rules the account: allow_listed, review_exempt, review_overturned, review_confirmed or none."""


def people(reviews: DataFrame, allow_list: Collection[str]) -> DataFrame:
    """account -> PERSON. An exemption beats everything; else the latest of overturned and confirmed counts."""
    superseded = reviews.where(F.col(Reviews.supersedes).isNotNull()).select(
        F.col(Reviews.supersedes).alias(Reviews.review_id)
    )
    live = reviews.join(superseded, on=Reviews.review_id, how="left_anti")
    is_exempt = F.col(Reviews.action) == "exempt"
    word = F.when(is_exempt, "review_exempt").when(F.col(Reviews.action) == "overturn", "review_overturned")
    ranked = live.where(F.col(Reviews.action).isin("exempt", "overturn", "confirm")).select(
        Reviews.account,
        F.struct(
            is_exempt.alias("beats"),
            Reviews.decided_at,
            Reviews.review_id,
            word.otherwise("review_confirmed").alias(PERSON),
        ).alias("_word"),
    )
    listed = F.explode(F.array(*[F.lit(a) for a in sorted(set(allow_list))]).cast("array<string>"))
    allowed = reviews.sparkSession.range(1).select(
        listed.alias(Reviews.account), F.lit("allow_listed").alias("_listed")
    )
    latest = ranked.groupBy(Reviews.account).agg(F.max("_word").alias("_last"))
    both = latest.join(allowed, on=Reviews.account, how="full")
    return both.select(Reviews.account, F.coalesce("_listed", F.col(f"_last.{PERSON}")).alias(PERSON))


def effective_verdict() -> Column:
    """From machine_verdict and PERSON. Overturned is clear for ever; exempt is exempt."""
    person = F.col(PERSON)
    return (
        F.when(person.isin("allow_listed", "review_exempt"), F.lit("exempt"))
        .when(person == "review_overturned", F.lit("clear"))
        .when(person == "review_confirmed", F.lit("disqualified"))
        .otherwise(F.col(Decisions.machine_verdict))
    )
