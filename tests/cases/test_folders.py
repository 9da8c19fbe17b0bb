"""Every folder of inputs/ comes to what expected.toml says, by the real readers, checks and steps."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.settings import Settings
from abuse.tables import Participants
from tests.cases.running import CASES, Outcome, input_gates, outcome
from tests.cases.wanted import differences, first_accounts, transactions_of

EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "expected.toml").read_text())
FARM = (CASES / "farm.txt").read_text().split()


class Outcomes:
    """What came of each folder; several tests may ask about one."""

    def __init__(self, spark: SparkSession, settings: Settings, work: Path) -> None:
        self.spark, self.settings, self.work = spark, settings, work
        self.found: dict[str, Outcome] = {}

    def of(self, case: str) -> Outcome:
        if case not in self.found:
            self.found[case] = outcome(self.spark, self.settings, CASES / case, self.work / case)
        return self.found[case]


@pytest.fixture(scope="module")
def outcomes(spark: SparkSession, patient: Settings, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return Outcomes(spark, patient, tmp_path_factory.mktemp("cases"))


def farm_of(case: str) -> list[str]:
    """Its farm: farm.txt, or the first accounts of the list of those who take part, where they have other names."""
    num = EXPECTED[case].get("num_farm")
    return first_accounts(CASES / case / "participation.csv", "account", num) if num else FARM


def test_every_folder_has_an_entry() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(EXPECTED)


@pytest.mark.parametrize("case", EXPECTED)
def test_a_folder_comes_to_what_is_expected_of_it(outcomes: Outcomes, case: str) -> None:
    assert "\n".join(differences(EXPECTED[case], outcomes.of(case), farm_of(case))) == ""


def test_a_farm_whose_newest_movement_is_nine_days_old_is_held_by_default(
    outcomes: Outcomes, settings: Settings
) -> None:
    night = outcomes.of("00-base").night
    assert night is not None
    night.settings = settings
    assert [gate.gate for gate in input_gates(night) if not gate.passed] == ["stale:transfers"]


def test_rewards_in_wei_keep_every_digit(outcomes: Outcomes) -> None:
    night = outcomes.of("06b-list-wei").night
    assert night is not None
    given = first_accounts(CASES / "06b-list-wei" / "allocations.csv", "amount", 52)
    kept = {row[0] for row in night.slice(Participants).select(Participants.reward_exact).collect()}
    assert kept == set(given)


def test_signatures_of_solana_are_shown_as_they_were(outcomes: Outcomes) -> None:
    """In lower case no explorer finds them."""
    folder = CASES / "09-solana-signatures"
    shown = transactions_of(outcomes.of(folder.name))
    written = {name for file in folder.glob("*.csv") for name in first_accounts(file, "tx_hash", 1000)}
    assert shown
    assert shown <= written


def test_a_person_whose_address_cannot_be_read_has_a_verdict_under_what_was_written(outcomes: Outcomes) -> None:
    found = outcomes.of("06d-list-odd-addresses")
    assert found.verdicts["somebody.eth"] == "not_analysed"
    assert [reason for reason in found.reasons["somebody.eth"] if reason.startswith("bad_row:")]


def test_nobody_of_an_exchange_whose_other_customers_are_missing_is_tied_beyond_review(outcomes: Outcomes) -> None:
    found = outcomes.of("15-participant-scoped")
    assert set(found.verdicts.values()) <= {"clear", "review"}


def test_one_time_for_all_is_never_evidence(outcomes: Outcomes) -> None:
    """Nor is it said in anybody's reasons."""
    said = [reason for reasons in outcomes.of("19a-one-time-for-all").reasons.values() for reason in reasons]
    assert said
    assert not [reason for reason in said if reason.startswith(("same_time:", "farm_score:")) and "within" in reason]
