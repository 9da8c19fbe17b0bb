"""The same bytes from the same seed, a truth that leaks nowhere, and groups that are what it says."""

from __future__ import annotations

import gzip
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from abuse.simulate import write_campaign
from abuse.simulate.groups import CANDIDATE, FARMS, farm_sizes
from abuse.simulate.world import STARTS_AT
from tests.simulate.written import ACCOUNTS, SEED, Files, read_csv

TRUTH_WORDS = ("is_farm", "group_kind", "group_id", "level", "truth", "star", "payroll", "crowd", "family")


def test_the_same_seed_gives_the_same_bytes(files: Files, tmp_path: Path) -> None:
    again = write_campaign(tmp_path / "again", accounts=ACCOUNTS, seed=SEED).parent
    other = write_campaign(tmp_path / "other", accounts=ACCOUNTS, seed=SEED + 1).parent
    for path in sorted(files.folder.iterdir()):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
        assert (other / path.name).read_bytes() != path.read_bytes(), path.name


def test_the_campaign_file_names_every_file_but_the_truth(files: Files) -> None:
    campaign = tomllib.loads((files.folder / "campaign.toml").read_text())
    paths = {source["path"] for source in campaign["sources"]}
    assert paths == {path.name for path in files.folder.iterdir()} - {"campaign.toml", "truth.csv"}
    assert campaign["id"] == f"sim-{SEED}-{ACCOUNTS}"
    assert campaign["starts_at"] == STARTS_AT
    assert len(campaign["assets"]) == 3


def test_truth_stays_in_its_file(files: Files) -> None:
    for path in files.folder.iterdir():
        if path.name == "truth.csv":
            continue
        if path.suffix == ".parquet":
            text = str(pq.read_schema(path))
        else:
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
        assert not [word for word in TRUTH_WORDS if word in text.replace("starts_at", "")], path.name
    actions = gzip.decompress((files.folder / "participation.csv.gz").read_bytes())
    assert not any(group.encode() in actions for group in files.groups())


@pytest.mark.parametrize(("accounts", "seed"), [(100, 1), (300, 2), (2_000, 3)])
def test_farms_are_a_sixth_and_look_alikes_at_least_half_of_the_groups(
    accounts: int, seed: int, tmp_path: Path
) -> None:
    write_campaign(tmp_path, accounts=accounts, seed=seed)
    truth = read_csv(tmp_path / "truth.csv")
    assert len(truth) == accounts
    assert 0.14 <= sum(row["is_farm"] == "1" for row in truth) / accounts <= 0.2
    sizes = Counter((row["group_id"], row["group_kind"]) for row in truth if row["group_id"])
    candidates = [kind for (_, kind), size in sizes.items() if size >= CANDIDATE]
    assert 2 * sum(kind not in FARMS for kind in candidates) >= len(candidates)


def test_farm_sizes_are_mostly_small_with_a_tail_under_the_cap() -> None:
    sizes = farm_sizes(np.random.default_rng(1), 50_000)
    assert max(sizes) <= 1_500
    assert min(sizes[:-1]) >= 2
    assert np.median(sizes) < 12 < np.mean(sizes)


def test_members_are_funded_as_their_groups_kind_says(files: Files) -> None:
    gas = files.first_gas()
    for members in files.groups().values():
        first = [gas[member] for member in members if member in gas]
        payers = {move["from_address"] for move in first}
        signers = {files.by_hash[move["transaction_hash"]]["from_address"] for move in first}
        kind = files.kind(members)
        if kind in ("star", "exchange_crowd"):
            assert len(payers) == len(first[:1]), kind
        elif kind == "chain":
            assert len(payers) == len(first)
            assert len(payers - set(members)) == len(first[:1])
        elif kind == "family":
            assert len(payers - set(members)) == len(first[:1])
        elif kind == "disperse":
            assert len(signers) == len(first[:1])
            assert {files.labels[payer] for payer in payers} <= {"disperse"}


def test_progress_is_told_and_too_few_accounts_are_refused(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_campaign(tmp_path, accounts=100, seed=1, on_progress=lambda *part: told.append(part))
    assert {what for what, _, _ in told} == {"people", "movements", "files"}
    assert told[-1][1] == told[-1][2]
    with pytest.raises(ValueError, match="accounts"):
        write_campaign(tmp_path, accounts=10, seed=1)
