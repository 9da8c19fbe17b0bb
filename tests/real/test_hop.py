"""Hop 2022: 43,052 participants, 758,877 transfer pairs, no list made for Hop."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.lake.publication import current
from abuse.settings import Settings
from abuse.tables import Decisions, DisqualifiedAccounts
from tests.night.lakes import run

CAMPAIGN = Path(__file__).parent / "hop.toml"
AS_OF = "2022-06-01T00:00:00Z"
LEAST = {"disqualified": (0.965, 0.60), "flagged": (0.95, 0.68)}
"""Precision and recall that the project promises on these labels."""


@pytest.fixture(scope="module")
def decisions(
    spark: SparkSession, settings: Settings, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    lake = tmp_path_factory.mktemp("hop")
    report = run(spark, settings, CAMPAIGN, lake, AS_OF)
    print(f"\nHop: {sum(report['seconds'].values()):.0f} s, {report['verdicts']}, clusters {report['clusters']}")
    publication = current(str(lake), "hop-2022")
    out = publication.read(DisqualifiedAccounts, [Decisions.account]).column(Decisions.account).to_pylist()
    rows: list[dict[str, Any]] = publication.read(Decisions).to_pylist()
    assert sorted(out) == sorted(r[Decisions.account] for r in rows if r[Decisions.verdict] == "disqualified")
    return rows


def test_every_participant_has_one_decision_with_the_designs_columns(
    decisions: list[dict[str, Any]], real_data: Path
) -> None:
    with (real_data / "hop/participants.csv").open(encoding="utf-8") as file:
        participants = sorted(row["address"] for row in csv.DictReader(file))
    assert sorted(row[Decisions.account] for row in decisions) == participants
    assert len(participants) == 43_052
    assert list(decisions[0]) == Decisions.columns()


def test_nobody_is_disqualified_on_fewer_than_two_kinds_of_evidence(decisions: list[dict[str, Any]]) -> None:
    for row in decisions:
        if row[Decisions.verdict] == "disqualified":
            assert len(set(row[Decisions.evidence_kinds])) >= 2
            assert len({item["kind"] for item in row[Decisions.evidence]}) >= 2


def test_flagged_accounts_agree_with_the_development_labels(decisions: list[dict[str, Any]], real_data: Path) -> None:
    with (real_data / "hop/labels_dev.csv").open(encoding="utf-8") as file:
        label = {row["address"]: row["label"] for row in csv.DictReader(file)}
    farms = {account for account, word in label.items() if word == "farm"}
    seen = [row for row in decisions if label[row[Decisions.account]] != "withheld"]
    out = {row[Decisions.account] for row in seen if row[Decisions.verdict] == "disqualified"}
    in_review = {
        row[Decisions.account] for row in seen if row[Decisions.verdict] == "review" and row[Decisions.cluster_id]
    }
    flagged = out | in_review
    for name, found in (("disqualified", out), ("flagged", flagged)):
        precision, recall = len(found & farms) / len(found), len(found & farms) / len(farms)
        print(f"{name}: precision {precision:.4f}, recall {recall:.4f}")
        assert precision >= LEAST[name][0]
        assert recall >= LEAST[name][1]
