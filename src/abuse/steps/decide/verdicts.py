"""The machine's verdicts under people's word: one function for the night and for a publication that is refreshed.

Whose word counts is settled in `abuse.authority`, for Spark and for readers without it alike.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from abuse.authority import PEOPLES_CODES
from abuse.tables import Decisions, Standings

VERDICT, REASONS = "_peoples_verdict", "_peoples_reasons"


def overlaid(decisions: DataFrame, standings: DataFrame) -> DataFrame:
    """Any verdict and people's reasons of before are replaced; the machine's verdict and reasons stay."""
    said = standings.select(
        F.col(Standings.account).alias(Decisions.account),
        F.col(Standings.verdict).alias(VERDICT),
        F.col(Standings.reasons).alias(REASONS),
    )
    machines = F.filter(Decisions.reasons, lambda reason: ~F.substring_index(reason, ":", 1).isin(*PEOPLES_CODES))
    peoples = F.coalesce(F.col(REASONS), F.array().cast("array<string>"))
    whole = decisions.join(said, on=Decisions.account, how="left")
    return whole.withColumns(
        {
            Decisions.verdict: F.coalesce(F.col(VERDICT), F.col(Decisions.machine_verdict)),
            Decisions.reasons: F.concat(peoples, machines),
        }
    ).drop(VERDICT, REASONS)
