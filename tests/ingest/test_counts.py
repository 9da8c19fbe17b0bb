"""ingest, whole: counts add up to the row, facts are stored once, and a run is named by its rows before as_of."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from abuse.campaign import load_campaign
from abuse.edge.context import Night
from abuse.edge.counts import FACT_TABLES
from abuse.edge.ingest import ingest
from abuse.edge.units import units
from abuse.lake.delta import Lake
from abuse.settings import Settings
from abuse.tables import AccountAddresses, ParticipantAddresses, Participants, Participation, Quarantine, Transfers
from tests.ingest.mixtures import AS_OF, FATES, Mixture, at, late, mixture, transfer
from tests.ingest.written import Row, address, write

SEED = 20260301


def night_of(spark: SparkSession, settings: Settings, file: Path, lake: Path, as_of: datetime = AS_OF) -> Night:
    campaign, ours = load_campaign(file, settings)
    return Night(Lake(str(lake), spark), campaign, ours, as_of)


def manifests(lake: Path) -> dict[str, tuple[bytes, int]]:
    """Every unit stored, and when: a unit that is read again is written again."""
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in (lake / "work/units").iterdir()}


def stored(night: Night) -> Counter[str]:
    """Every row of the fact tables, with how often it is there."""
    rows: Counter[str] = Counter()
    for table in FACT_TABLES:
        rows.update(f"{table.table_name()} {row}" for row in night.lake.read(table).collect())
    return rows


@dataclasses.dataclass
class Twice:
    """One night ingested two times."""

    night: Night
    wanted: Mixture
    first: dict[str, Any]
    second: dict[str, Any]
    manifests: tuple[dict[str, tuple[bytes, int]], dict[str, tuple[bytes, int]]]
    facts: tuple[Counter[str], Counter[str]]


@pytest.fixture(scope="module")
def twice(spark: SparkSession, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Twice:
    folder = tmp_path_factory.mktemp("mixed")
    file, wanted = mixture(folder / "inputs", SEED)
    lake = folder / "lake"
    night = night_of(spark, settings, file, lake)
    first = ingest(night)
    before, facts = manifests(lake), stored(night)
    again = night_of(spark, settings, file, lake)
    second = ingest(again)
    return Twice(again, wanted, first, second, (before, manifests(lake)), (facts, stored(again)))


def test_every_row_of_every_source_comes_out_as_it_must(twice: Twice) -> None:
    found = {line["source"]: {fate: line[fate] for fate in FATES} for line in twice.first["sources"]}
    assert found == twice.wanted


def test_the_counts_of_a_source_add_up_to_its_rows(twice: Twice) -> None:
    wrong = [line for line in twice.first["sources"] if line["rows_in"] != sum(line[fate] for fate in FATES)]
    assert wrong == []
    assert len(twice.first["sources"]) == len(twice.wanted)


def test_the_quarantine_holds_a_row_for_each_that_was_counted(twice: Twice) -> None:
    rows = twice.night.lake.read(Quarantine).collect()
    found = Counter(row[Quarantine.source] for row in rows)
    assert found == {name: fates["quarantined"] for name, fates in twice.wanted.items()}
    assert len({tuple(row[k] for k in Quarantine.key) for row in rows}) == len(rows)
    reasons = Counter(reason for row in rows for reason in row[Quarantine.reasons])
    assert reasons == twice.first["quarantine_reasons"]


def test_ingesting_again_gives_the_same_run_and_reads_nothing_again(twice: Twice) -> None:
    assert twice.second["run_id"] == twice.first["run_id"]
    assert twice.second["sources"] == twice.first["sources"]
    assert twice.manifests[0] == twice.manifests[1]


def test_ingesting_again_doubles_no_fact(twice: Twice) -> None:
    assert twice.facts[0] == twice.facts[1]
    assert set(twice.facts[0].values()) == {1}


def test_no_scratch_file_is_left(twice: Twice) -> None:
    spilled = Path(twice.night.lake.uri) / "work/spill"
    assert not spilled.exists() or not any(spilled.iterdir())


def test_what_happened_at_or_after_as_of_is_counted_and_not_used(twice: Twice) -> None:
    everybody = twice.night.slice(Participants).collect()
    assert len(everybody) == twice.first["participants"]
    participants = [row for row in everybody if row[Participants.bad_row] is None]
    assert len(participants) == twice.wanted["actions"]["kept"]
    assert max(row[Participants.last_action_at].astimezone(UTC) for row in participants) < AS_OF
    owned = {row[AccountAddresses.account] for row in twice.night.facts(AccountAddresses).collect()}
    assert len(owned) == twice.wanted["owned"]["kept"]
    moved = twice.night.facts(Transfers).collect()
    sources = ("moves", "pairs", "transactions", "traces", "token_transfers")
    assert len(moved) == sum(twice.wanted[name]["kept"] for name in sources)


def test_whom_only_bad_rows_name_is_a_participant_of_whom_nothing_is_known(twice: Twice) -> None:
    """Everybody who is on the list has a verdict."""
    unread = [row for row in twice.night.slice(Participants).collect() if row[Participants.bad_row]]
    assert len(unread) == twice.wanted["actions"]["quarantined"] == twice.first["unreadable"]
    assert {row[Participants.bad_row] for row in unread} == {"bad_time"}
    assert {row[Participants.first_action_at] for row in unread} == {None}


def test_every_participant_has_an_address_and_only_known_movements_are_claimed(twice: Twice) -> None:
    rows = twice.night.slice(ParticipantAddresses).collect()
    everybody = twice.night.slice(Participants).collect()
    accounts = {row[Participants.account] for row in everybody if row[Participants.bad_row] is None}
    assert {row[ParticipantAddresses.account] for row in rows} == accounts
    moved = twice.night.facts(Transfers).collect()
    claimed = {row[ParticipantAddresses.address]: row[ParticipantAddresses.has_transfers] for row in rows}
    assert claimed == {row[ParticipantAddresses.address]: any(is_theirs(row, move) for move in moved) for row in rows}
    assert set(claimed.values()) == {True, False}


def is_theirs(owner: Any, move: Any) -> bool:
    """Of an address that is an account's since a time, only movements since then."""
    since, at = owner[ParticipantAddresses.valid_from], move[Transfers.at]
    is_end = owner[ParticipantAddresses.address] in (move[Transfers.sender], move[Transfers.recipient])
    return is_end and (since is None or (at is not None and at >= since))


# what a run is made of ------------------------------------------------------------------------------------------------

ACTIONS: list[Row] = [{"account": address(n), "at": at(n)} for n in range(5)]
MOVES: list[Row] = [transfer(n) for n in range(5)]
TOO_LATE: Row = {"account": address(9), "at": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ")}


def small(folder: Path, *, actions: list[Row], moves: Path, campaign_id: str = "small", extra: str = "") -> Path:
    write(folder / "actions.csv", actions)
    (folder / "campaign.toml").write_text(
        f"""id = "{campaign_id}"
name = "Small"
chain = "base"
starts_at = 2026-03-01T00:00:00Z
ends_at = 2026-03-29T00:00:00Z

[[sources]]
format = "participation"
path = "actions.csv"

[[sources]]
format = "transfers"
path = "{moves}"
{extra}"""
    )
    return folder / "campaign.toml"


@dataclasses.dataclass
class Runs:
    """Nights of small campaigns on one lake."""

    ids: dict[str, str]
    records: dict[str, dict[str, Any]]
    nights: dict[str, Night]


VARIANTS: dict[str, list[Row]] = {
    "as it was": [*ACTIONS, TOO_LATE],
    "in another order": [TOO_LATE, *ACTIONS[::-1]],
    "a row before as_of changed": [ACTIONS[0] | {"at": at(77)}, *ACTIONS[1:], TOO_LATE],
    "other rows after as_of": [*ACTIONS, TOO_LATE | {"at": late(77)}, {"account": address(8), "at": late(1)}],
}


@pytest.fixture(scope="module")
def runs(spark: SparkSession, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("small")
    moves = write(folder / "moves.csv", MOVES)
    found = Runs({}, {}, {})
    for n, (name, actions) in enumerate(VARIANTS.items()):
        night = night_of(spark, settings, small(folder / str(n), actions=actions, moves=moves), folder / "lake")
        found.records[name] = ingest(night)
        found.ids[name], found.nights[name] = found.records[name]["run_id"], night
    other = small(folder / "other", actions=ACTIONS, moves=moves, campaign_id="other")
    night = night_of(spark, settings, other, folder / "lake")
    found.records["another campaign"], found.nights["another campaign"] = ingest(night), night
    found.ids["another campaign"] = night.run.run_id
    return found


@pytest.mark.parametrize("same", ["in another order", "other rows after as_of"])
def test_what_cannot_change_an_answer_changes_no_run(runs: Runs, same: str) -> None:
    assert runs.ids[same] == runs.ids["as it was"]


@pytest.mark.parametrize("other", ["a row before as_of changed", "another campaign"])
def test_what_can_change_an_answer_makes_another_run(runs: Runs, other: str) -> None:
    assert runs.ids[other] != runs.ids["as it was"]


def test_a_row_at_as_of_is_after_it(runs: Runs) -> None:
    after = {name: record["sources"][0]["after_as_of"] for name, record in runs.records.items()}
    assert after == dict.fromkeys(VARIANTS, 1) | {"other rows after as_of": 2, "another campaign": 0}
    assert {record["participants"] for record in runs.records.values()} == {5}


def test_two_campaigns_store_the_same_transfers_once(runs: Runs) -> None:
    night = runs.nights["another campaign"]
    assert night.lake.read(Transfers).count() == len(MOVES)
    assert night.facts(Transfers).count() == len(MOVES)
    campaigns = {row[0] for row in night.facts(Participation).select(Participation.campaign_id).collect()}
    assert campaigns == {"other"}


def digest_of_transfers(folder: Path, **changes: Any) -> str:
    campaign, settings = load_campaign(small(folder, actions=ACTIONS, **changes), Settings())
    return next(u.digest for u in units(campaign, settings, str(folder / "lake")) if u.kind == "transfers")


OWNED = '[[sources]]\nformat = "account_addresses"\npath = "owned.csv"\n'
PRICES = '[[sources]]\nformat = "tokens"\npath = "owned.csv"\nname = "prices"\n'


@pytest.mark.parametrize(
    ("extra", "is_same"),
    [("", True), (OWNED, True), (PRICES, False), ('chain = "polygon"\n', False), ('columns = {at = "at"}\n', False)],
    ids=["as it is", "accounts have addresses", "prices", "another chain", "other columns"],
)
def test_transfers_are_read_again_only_when_what_they_are_read_with_changes(
    tmp_path: Path, extra: str, is_same: bool
) -> None:
    """Which accounts have which addresses says nothing about transfers."""
    moves = write(tmp_path / "moves.csv", MOVES)
    write(tmp_path / "b" / "owned.csv", [{"account": "a", "address": address(1)}])
    plain = digest_of_transfers(tmp_path / "a", moves=moves)
    other = digest_of_transfers(tmp_path / "b", moves=moves, campaign_id="other", extra=extra)
    assert (other == plain) is is_same


def test_a_units_digest_follows_its_bytes_and_not_its_place(tmp_path: Path) -> None:
    first = digest_of_transfers(tmp_path / "a", moves=write(tmp_path / "moves.csv", MOVES))
    moved = digest_of_transfers(tmp_path / "a", moves=write(tmp_path / "elsewhere" / "moves.csv", MOVES))
    changed = digest_of_transfers(tmp_path / "a", moves=write(tmp_path / "moves.csv", MOVES[1:]))
    assert first == moved != changed
