"""The rule as SQLite reads it and as Spark does, against the rule in plain Python."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from abuse import policy as rule
from abuse.settings import Features, Policy

COLUMNS = (*rule.FIGURES, rule.KNOWN)
POLICY, TOGETHER = Policy(min_score_lower=0.55, min_score_review=0.3), Features()
SCORES = st.sampled_from([0.0, 0.2999, 0.3, 0.55, 0.5499, 0.9137, 1.0]) | st.floats(0, 1).map(lambda x: round(x, 4))
PARTNERS = st.integers(0, 40)
FACTS = st.fixed_dictionaries(
    {
        "size": st.none() | st.integers(2, 40) | st.sampled_from([7, 8, 9]),
        "money_partners": PARTNERS,
        "sink_partners": PARTNERS,
        "sequence_partners": PARTNERS,
        "time_partners": PARTNERS,
        "time_expected": st.sampled_from([0.0, 0.5, 1.0, 4.0, 9.0]) | st.floats(0, 40),
        "score": SCORES,
        "score_lower": SCORES,
        "is_giant": st.booleans(),
        "is_weak": st.booleans(),
        "_known": st.none() | st.booleans(),
    }
)
POLICIES = st.builds(
    lambda size, review, lower, num: dataclasses.replace(
        POLICY, min_cluster_size=size, min_score_review=review, min_score_lower=lower, min_evidence_kinds=num
    ),
    st.integers(2, 12),
    SCORES,
    SCORES,
    st.integers(2, 4),
)


def in_words(facts: dict[str, Any], policy: Policy, together: Features = TOGETHER) -> str:
    """The written policy, a second time."""
    if facts["size"] is not None and facts["size"] >= policy.min_cluster_size:
        partners, expected = facts["time_partners"], facts["time_expected"]
        is_timely = partners >= together.min_time_partners
        is_timely &= partners >= expected + together.time_surprise * math.sqrt(max(expected, 1.0))
        kinds = [facts["money_partners"] > 0, facts["sink_partners"] > 0, facts["sequence_partners"] > 0, is_timely]
        if facts["score"] >= policy.min_score_review:
            is_out = sum(kinds) >= policy.min_evidence_kinds and facts["score_lower"] >= policy.min_score_lower
            return "disqualified" if is_out and not facts["is_giant"] and not facts["is_weak"] else "review"
    return "clear" if facts["_known"] else "not_analysed"


def of_nobody(facts: dict[str, Any]) -> dict[str, Any]:
    """As a join leaves an account that nothing ties."""
    return facts if facts["size"] is not None else dict.fromkeys(facts) | {"_known": facts["_known"]}


def by_sqlite(facts: list[dict[str, Any]], policy: Policy) -> list[str]:
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE facts ({', '.join(COLUMNS)})")
    db.executemany(
        f"INSERT INTO facts VALUES ({', '.join('?' * len(COLUMNS))})",  # noqa: S608 -- our own names
        [[one[name] for name in COLUMNS] for one in facts],
    )
    verdict = rule.machine_verdict(policy, TOGETHER)
    return [word for (word,) in db.execute(f"SELECT {verdict} FROM facts")]  # noqa: S608 -- our own rule


@given(st.lists(FACTS.map(of_nobody), min_size=1, max_size=30), POLICIES)
def test_sqlite_says_what_the_written_policy_says(facts: list[dict[str, Any]], policy: Policy) -> None:
    assert by_sqlite(facts, policy) == [in_words(one, policy) for one in facts]


@pytest.mark.parametrize("value", [0.1, 0.3, 0.55, 1 / 3, 1e-9, 0.0, 1.0])
def test_a_number_is_written_exactly(value: float) -> None:
    assert float(rule.real(value)) == value
    assert sqlite3.connect(":memory:").execute(f"SELECT {rule.real(value)}").fetchone() == (value,)


def test_spark_says_what_sqlite_says(spark: SparkSession) -> None:
    """Everything the bars can turn on, at once."""
    facts = [
        of_nobody(
            {"size": size, "money_partners": money, "sink_partners": 0, "sequence_partners": money // 2}
            | {"time_partners": timely, "time_expected": expected, "score": score, "score_lower": lower}
            | {"is_giant": is_giant, "is_weak": not is_giant and money == 2, "_known": known}
        )
        for size in (None, 2, 7, 8, 9)
        for money in (0, 1, 2)
        for timely, expected in ((2, 0.0), (3, 0.0), (9, 4.0), (10, 4.0), (12, 1 / 3))
        for score, lower in ((0.2999, 0.1), (0.3, 0.3), (0.9, 0.5499), (0.9, 0.55))
        for is_giant in (False, True)
        for known in (None, False, True)
    ]
    kinds = dict.fromkeys(COLUMNS, "bigint") | dict.fromkeys(("time_expected", "score", "score_lower"), "double")
    kinds |= dict.fromkeys(("is_giant", "is_weak", "_known"), "boolean")
    schema = ", ".join(["place int", *(f"{name} {kind}" for name, kind in kinds.items())])
    rows = [(place, *(one[name] for name in COLUMNS)) for place, one in enumerate(facts)]
    frame = spark.createDataFrame(rows, schema)
    for policy in (POLICY, dataclasses.replace(POLICY, min_cluster_size=2, min_evidence_kinds=3, min_score_review=0.9)):
        said = frame.withColumn("said", F.expr(rule.machine_verdict(policy, TOGETHER))).orderBy("place")
        assert [row["said"] for row in said.collect()] == by_sqlite(facts, policy)
