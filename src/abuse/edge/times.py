"""What of a run's times is believed, found once by ingest, and participation as every later step reads it."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse import settings
from abuse.edge.context import Night
from abuse.steps.ingest.stamps import HOUR_S, Times, instants, judged, times_of, with_known_times
from abuse.tables import Participation


def judge_times(night: Night) -> Times:
    """Of the campaign's participation before as_of."""
    sources = tuple(source.name for source in night.campaign.sources if source.table == "participation")
    found = instants(night.facts(Participation), is_one_source=len(sources) == 1)
    return judged(found.toArrow(), sources, night.settings.times)


def known_times(night: Night) -> Times:
    """What ingest found."""
    return times_of(night.record["ingest"].get("times"))


def is_ordered(night: Night) -> bool:
    """Whether times say in which order acts were done; known to the hour or the day they do not."""
    return known_times(night).precision_s < HOUR_S


def ordered_acts(night: Night) -> DataFrame:
    """Participation, `at` empty where it places an act in no order."""
    rows = with_known_times(night.facts(Participation), known_times(night))
    nothing = F.lit(None).cast("timestamp")
    return rows if is_ordered(night) else rows.withColumn(Participation.at, nothing)


def pair_rules(night: Night) -> settings.Links | None:
    """The rules of links where accounts tie by when they began: within the window for sure. None where nobody can."""
    rules = night.settings.links
    window_s = rules.counterparty_window_s - known_times(night).precision_s
    return replace(rules, counterparty_window_s=window_s) if window_s > 0 else None
